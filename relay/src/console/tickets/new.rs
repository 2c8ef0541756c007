//! A new ticket: of somebody who is typed, or of a contact whose page one comes from. What is wrong stands beside its field.

use askama::Template;
use axum::{
    extract::{Form, Query, State},
    response::IntoResponse,
};
use jiff::Timestamp;
use serde::Deserialize;
use store::{Customer, CustomerDetails, CustomerId};
use tickets::desk::TEXT_BYTES;

use super::{
    super::{
        App,
        customers::looks_like_email,
        desk_words::{self, Words},
        error::{AppError, Page, page, unprocessable},
        shell::{Here, Shell},
        visitor::Who,
    },
    author, to_ticket,
};

/// What the form of a new ticket holds.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in super::super) struct NewForm {
    subject: String,
    /// A contact's number; empty: whoever is typed.
    customer: String,
    name: String,
    email: String,
    company: String,
    phone: String,
    document: String,
    text: String,
}

/// What is wrong with a field, in words.
#[derive(Default)]
struct Wrong {
    subject: Option<&'static str>,
    name: Option<&'static str>,
    email: Option<&'static str>,
    text: Option<&'static str>,
}

impl Wrong {
    fn of(form: &NewForm, of_a_contact: bool, who: &Who) -> Self {
        let (t, w) = (who.texts, desk_words::of(who.texts.language));
        let email = form.email.trim();
        let nobody = form.name.trim().is_empty() && email.is_empty();
        Self {
            subject: form.subject.trim().is_empty().then_some(t.empty_subject),
            name: (!of_a_contact && nobody).then_some(t.empty_customer),
            email: (!of_a_contact && !email.is_empty() && !looks_like_email(email)).then_some(w.bad_email),
            text: (form.text.len() > TEXT_BYTES).then_some(w.too_long),
        }
    }

    /// Whether one types here first: what is wrong, else the subject.
    fn first(&self, field: &str) -> bool {
        let wrong = [("subject", self.subject), ("name", self.name), ("email", self.email), ("text", self.text)];
        wrong.iter().find(|(_, why)| why.is_some()).map_or("subject", |(name, _)| name) == field
    }

    fn is_nothing(&self) -> bool {
        [self.subject, self.name, self.email, self.text].iter().all(Option::is_none)
    }
}

#[derive(Template)]
#[template(path = "ticket_new.html")]
struct NewPage {
    s: Shell,
    w: &'static Words,
    form: NewForm,
    /// The contact whose ticket it will be.
    of: Option<Customer>,
    wrong: Wrong,
}

/// Whose page one comes from.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in super::super) struct NewQuery {
    customer: String,
}

/// `GET /tickets/new`
pub(in super::super) async fn form(State(app): State<App>, who: Who, Query(query): Query<NewQuery>) -> Page {
    let of = contact(&app, &who, &query.customer).await?;
    shown(&app, &who, NewForm::default(), of, Wrong::default()).await
}

async fn shown(app: &App, who: &Who, form: NewForm, of: Option<Customer>, wrong: Wrong) -> Page {
    let s = Shell::load(app, who, Here::Tickets).await?;
    page(&NewPage { w: desk_words::of(s.t.language), s, form, of, wrong })
}

/// The contact with this number, or the one that it was merged into.
async fn contact(app: &App, who: &Who, number: &str) -> Result<Option<Customer>, AppError> {
    if number.is_empty() {
        return Ok(None);
    }
    let id = number.parse().map_err(|_| AppError::NotFound)?;
    Ok(Some(app.shared.store.contact(who.operator.tenant, CustomerId(id)).await?.customer))
}

/// `POST /tickets`
pub(in super::super) async fn open(State(app): State<App>, who: Who, Form(form): Form<NewForm>) -> Page {
    let of = contact(&app, &who, &form.customer).await?;
    let wrong = Wrong::of(&form, of.is_some(), &who);
    if !wrong.is_nothing() {
        return unprocessable(shown(&app, &who, form, of, wrong).await);
    }
    let (tenant, now, desk) = (who.operator.tenant, Timestamp::now(), &app.shared.desk);
    let requester = match of {
        Some(contact) => contact.id,
        None => {
            let NewForm { name, email, company, phone, document, .. } = form;
            let details = CustomerDetails { name, email, company, phone, document };
            desk.find_or_create_customer(tenant, &details, now).await?.id
        }
    };
    let author = author(&app, &who).await?;
    let ticket = desk.open_ticket(tenant, &author, requester, &form.subject, &form.text, now).await?;
    Ok(to_ticket(&ticket.number).into_response())
}
