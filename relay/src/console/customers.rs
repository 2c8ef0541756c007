//! Contacts: the built-in desk's customers, what is known of them, their tickets and sessions; merging two that are one.

pub(super) mod import;

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Form, Path, Query, State},
    response::{IntoResponse, Redirect},
};
use protocol::message::ShownText;
use serde::Deserialize;
use store::{Contact, ContactFilter, CustomerDetails, CustomerId, StoreError, TicketFilter};

use super::{
    App,
    desk_words::{self, Words},
    error::{AppError, Page, page, unprocessable},
    session_view::Mention,
    shell::{self, Here, Shell},
    strings::fill,
    visitor::Who,
};
use crate::contact;

/// Contacts on one page.
const ROWS: usize = 50;
/// Tickets and sessions shown of one contact.
const SHOWN: u32 = 50;
/// Others that are offered for merging.
const OFFERED: u32 = 8;
/// Fields of the company's own, at most.
const FIELDS: usize = 12;
/// Characters of a field's name, at most.
const FIELD_CHARS: usize = 40;
/// Characters of anything known of a contact, at most.
pub(super) const VALUE_CHARS: usize = 254;
/// Characters of a classification, at most.
pub(super) const CLASS_CHARS: usize = 40;
/// In a form, before the name of a field of the company's own.
const OWN: &str = "x:";

struct Row {
    id: i64,
    initials: String,
    name: String,
    company: String,
    email: String,
    phone: String,
    class: String,
}

impl Row {
    fn new(contact: &Contact) -> Self {
        let CustomerDetails { name, company, email, phone, .. } = contact.customer.details.clone();
        Self {
            id: contact.customer.id.0,
            initials: shell::initials(&name),
            name,
            company,
            email,
            phone,
            class: contact.class.clone(),
        }
    }
}

/// Which contacts.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ListForm {
    q: String,
    after: Option<i64>,
    saved: Option<String>,
}

#[derive(Template)]
#[template(path = "customers.html")]
struct ListPage {
    s: Shell,
    w: &'static Words,
    q: String,
    rows: Vec<Row>,
    next: Option<i64>,
    is_first: bool,
    own_fields: String,
    fields_error: Option<&'static str>,
    saved: bool,
}

impl ListPage {
    /// What the page where a list is brought is called.
    fn bring(&self) -> &'static str {
        import::title(self.s.t.language)
    }

    fn nothing(&self) -> String {
        if self.q.is_empty() { self.w.no_contacts.to_owned() } else { fill(self.s.t.none_found, &[&self.q]) }
    }
}

/// `GET /customers`
pub(super) async fn list(State(app): State<App>, who: Who, Query(form): Query<ListForm>) -> Page {
    page(&listed(&app, &who, form).await?)
}

async fn listed(app: &App, who: &Who, form: ListForm) -> Result<ListPage, AppError> {
    let s = Shell::load(app, who, Here::Customers).await?;
    let tenant = who.operator.tenant;
    let limit = u32::try_from(ROWS + 1).expect("a page is small");
    let q = form.q.trim().to_owned();
    let filter = ContactFilter { search: q.clone(), after: form.after.map(CustomerId), limit };
    let mut found = app.shared.store.contacts(tenant, &filter).await?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    Ok(ListPage {
        w: desk_words::of(s.t.language),
        q,
        next: found.last().filter(|_| more).map(|last| last.customer.id.0),
        is_first: form.after.is_none(),
        rows: found.iter().map(Row::new).collect(),
        own_fields: app.shared.store.contact_fields(tenant).await?.join("\n"),
        fields_error: None,
        saved: form.saved.is_some(),
        s,
    })
}

/// The company's own fields, one name a line.
#[derive(Deserialize)]
pub(super) struct FieldsForm {
    names: String,
}

/// `POST /customers/fields`
pub(super) async fn set_fields(State(app): State<App>, who: Who, Form(form): Form<FieldsForm>) -> Page {
    let Some(names) = own_fields(form.names.lines()) else {
        let shown = listed(&app, &who, ListForm::default()).await?;
        let fields_error = Some(shown.w.bad_fields);
        return unprocessable(page(&ListPage { own_fields: form.names, fields_error, ..shown }));
    };
    who.audit(&app, "contact_fields.changed", &names.join(", ")).await?;
    app.shared.store.set_contact_fields(who.operator.tenant, &names).await?;
    Ok(Redirect::to("/customers?saved").into_response())
}

/// The names of a company's own fields as they are kept; `None`: too many, too long, or one twice.
pub(super) fn own_fields<'a>(names: impl Iterator<Item = &'a str>) -> Option<Vec<String>> {
    let names: Vec<String> =
        names.map(|line| ShownText::lossy(line).as_str().to_owned()).filter(|l| !l.is_empty()).collect();
    let twice = names.iter().enumerate().any(|(n, a)| names[..n].iter().any(|b| a.to_lowercase() == b.to_lowercase()));
    let fits = names.len() <= FIELDS && !twice && names.iter().all(|name| name.chars().count() <= FIELD_CHARS);
    fits.then_some(names)
}

struct TicketLine {
    number: String,
    subject: String,
    status: (&'static str, &'static str, &'static str),
    updated: String,
}

/// A field of the company's own, with what it holds.
struct Own {
    name: String,
    value: String,
}

#[derive(Template)]
#[template(path = "customer.html")]
struct ContactPage {
    s: Shell,
    w: &'static Words,
    id: i64,
    /// As recorded, for the title.
    name: String,
    initials: String,
    /// As typed.
    details: CustomerDetails,
    own: Vec<Own>,
    since: String,
    tickets: Vec<TicketLine>,
    sessions: Vec<Mention>,
    /// What somebody looks for to merge; `None`: nothing yet.
    find: Option<String>,
    others: Vec<Row>,
    /// How the company classifies them, and the classifications that there are.
    class: String,
    classes: Vec<String>,
    email_error: Option<&'static str>,
    name_error: Option<&'static str>,
    saved: bool,
}

/// What to show beside the contact.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ShowQuery {
    find: Option<String>,
    saved: Option<String>,
}

/// `GET /customers/{id}`
pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Query(query): Query<ShowQuery>,
) -> Page {
    let contact = app.shared.store.contact(who.operator.tenant, CustomerId(id)).await?;
    if contact.customer.id.0 != id {
        return Ok(Redirect::to(&format!("/customers/{}", contact.customer.id.0)).into_response());
    }
    let shown = shown(&app, &who, contact, query.find).await?;
    page(&ContactPage { saved: query.saved.is_some(), ..shown })
}

async fn shown(app: &App, who: &Who, contact: Contact, find: Option<String>) -> Result<ContactPage, AppError> {
    let s = Shell::load(app, who, Here::Customers).await?;
    let (tenant, store, id) = (who.operator.tenant, &app.shared.store, contact.customer.id);
    let filter = TicketFilter { requester: Some(id), limit: SHOWN, ..TicketFilter::default() };
    let tickets = app.shared.desk.tickets(tenant, &filter).await?;
    let tickets = tickets
        .into_iter()
        .map(|ticket| TicketLine {
            number: ticket.number.into(),
            subject: ticket.subject,
            status: shell::status(s.t, &ticket.status),
            updated: s.clock.lately(&ticket.updated_at),
        })
        .collect();
    let sessions = store.contact_sessions(tenant, id, SHOWN).await?;
    let sessions = sessions
        .iter()
        .filter(|session| who.reach.sees(session.app))
        .map(|session| Mention::new(session, true, &s.clock))
        .collect();
    let own = store.contact_fields(tenant).await?;
    let own = own
        .into_iter()
        .map(|name| Own { value: contact.extra.get(&name).cloned().unwrap_or_default(), name })
        .collect();
    let others = match &find {
        Some(find) => {
            let filter = ContactFilter { search: find.clone(), after: None, limit: OFFERED + 1 };
            store.contacts(tenant, &filter).await?.iter().filter(|c| c.customer.id != id).map(Row::new).collect()
        }
        None => Vec::new(),
    };
    let w = desk_words::of(s.t.language);
    let details = contact.customer.details;
    Ok(ContactPage {
        id: id.0,
        initials: shell::initials(&details.name),
        name: details.name.clone(),
        since: fill(w.since, &[&s.clock.date(&contact.customer.created_at)]),
        details,
        own,
        tickets,
        sessions,
        find,
        others,
        class: contact.class,
        classes: store.contact_classes(tenant).await?,
        email_error: None,
        name_error: None,
        saved: false,
        w,
        s,
    })
}

/// `POST /customers/{id}`
pub(super) async fn change(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Form(typed): Form<BTreeMap<String, String>>,
) -> Page {
    let (tenant, id) = (who.operator.tenant, CustomerId(id));
    let contact = app.shared.store.contact(tenant, id).await?;
    let value = |key: &str| {
        let line = ShownText::lossy(typed.get(key).map_or("", String::as_str));
        line.as_str().chars().take(VALUE_CHARS).collect::<String>()
    };
    let details = CustomerDetails {
        name: value("name"),
        email: value("email"),
        company: value("company"),
        phone: value("phone"),
        document: value("document"),
    };
    let class = match typed.get("class") {
        Some(_) => value("class").chars().take(CLASS_CHARS).collect(),
        None => contact.class.clone(),
    };
    let mut extra = contact.extra.clone();
    for name in app.shared.store.contact_fields(tenant).await? {
        let held = value(&format!("{OWN}{name}"));
        if held.is_empty() {
            extra.remove(&name)
        } else {
            extra.insert(name, held)
        };
    }
    let w = desk_words::of(who.texts.language);
    let (mut email_error, mut name_error) = (None, None);
    if !details.email.is_empty() && !looks_like_email(&details.email) {
        email_error = Some(w.bad_email);
    }
    if details.name.is_empty() && details.email.is_empty() {
        name_error = Some(w.nobody_left);
    }
    if email_error.is_none() && name_error.is_none() {
        who.audit(&app, "contact.changed", &format!("{} {}", id.0, details.name)).await?;
        match app.shared.store.change_contact(tenant, id, &details, &extra, Some(&class), None).await {
            Ok(_) => {
                contact::changed(&app.shared, tenant, &[&contact.customer.details, &details]).await?;
                return Ok(Redirect::to(&format!("/customers/{}?saved", id.0)).into_response());
            }
            Err(StoreError::Conflict { .. }) => email_error = Some(w.email_taken),
            Err(error) => return Err(error.into()),
        }
    }
    let name = contact.customer.details.name.clone();
    let shown = shown(&app, &who, Contact { extra, class, ..contact }, None).await?;
    unprocessable(page(&ContactPage { name, details, email_error, name_error, ..shown }))
}

/// Which other contact is the same person.
#[derive(Deserialize)]
pub(super) struct MergeForm {
    other: i64,
}

/// `POST /customers/{id}/merge`
pub(super) async fn merge(State(app): State<App>, who: Who, Path(id): Path<i64>, Form(form): Form<MergeForm>) -> Page {
    let merged = merge_two(&app, &who, CustomerId(id), CustomerId(form.other)).await?;
    Ok(Redirect::to(&format!("/customers/{}?saved", merged.customer.id.0)).into_response())
}

/// Makes one contact of two; whoever waits and is meant is classified anew.
pub(super) async fn merge_two(
    app: &App,
    who: &Who,
    keep: CustomerId,
    other: CustomerId,
) -> Result<Contact, StoreError> {
    let (tenant, store) = (who.operator.tenant, &app.shared.store);
    let keep = store.contact(tenant, keep).await?.customer.id;
    let other = store.contact(tenant, other).await?.customer;
    if keep == other.id {
        return Err(StoreError::Conflict { what: "the same contact" });
    }
    let entry = who.entry("contact.merged", &format!("{} <- {} {}", keep.0, other.id.0, other.details.name));
    store.audit(&entry).await?;
    let merged = store.merge_contacts(tenant, keep, other.id).await?;
    contact::changed(&app.shared, tenant, &[&other.details, &merged.customer.details]).await?;
    Ok(merged)
}

/// An address that mail can be sent to, as far as its form tells.
pub(super) fn looks_like_email(text: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>,;:\"()[]\\".contains(c);
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let labels = domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    !text.chars().any(odd) && !local.is_empty() && !local.contains('@') && local.len() <= 64 && labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mail_can_be_sent_to_is_told_from_what_it_cannot() {
        for good in ["cida@padaria.example", "a.b+c@x", "josé@padaria.com.br"] {
            assert!(looks_like_email(good), "{good}");
        }
        for bad in ["", "@", "a@", "@b", "a b@c", "a@b@c", "a@b..c", "a@-b", "a\r\nBcc: x@y", "<a@b>", "a@b,c@d"] {
            assert!(!looks_like_email(bad), "{bad}");
        }
    }
}
