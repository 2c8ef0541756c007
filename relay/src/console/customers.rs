//! Contacts: the built-in desk's customers, what is known of them, their tickets and sessions; merging two that are one.

pub(super) mod import;

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Form, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use protocol::message::ShownText;
use serde::Deserialize;
use store::{Contact, ContactFilter, Customer, CustomerDetails, CustomerId, StoreError, TicketFilter};

use super::{
    App,
    apps::fields::{Clash, Fields, SAVE_TRIES, merge as merge_fields},
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
    /// … and of its place in the form.
    key: String,
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
    saved: Option<&'static str>,
    /// What the form begins with, and what somebody else has written into it meanwhile.
    base: String,
    clashes: Vec<Clash>,
}

impl ContactPage {
    /// What somebody else has written into this field meanwhile.
    fn clash(&self, field: &str) -> Option<&str> {
        self.clashes.iter().find(|clash| clash.field == field).map(|clash| clash.theirs.as_str())
    }
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
    let saved = query.saved.map(|how| if how == "merged" { shown.s.t.saved_merged } else { shown.w.saved });
    page(&ContactPage { saved, ..shown })
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
    let base = kept(&contact, &own).to_json();
    let own = own
        .into_iter()
        .map(|name| Own {
            value: contact.extra.get(&name).cloned().unwrap_or_default(),
            key: format!("{OWN}{name}"),
            name,
        })
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
        saved: None,
        base,
        clashes: Vec::new(),
        w,
        s,
    })
}

/// What is on record, as a form has it.
fn kept(contact: &Contact, own: &[String]) -> Fields {
    let of = &contact.customer.details;
    let mut kept = Fields::default();
    for (key, value) in [
        ("name", &of.name),
        ("email", &of.email),
        ("company", &of.company),
        ("phone", &of.phone),
        ("document", &of.document),
        ("class", &contact.class),
    ] {
        kept.set(key, value.as_str());
    }
    for name in own {
        kept.set(&format!("{OWN}{name}"), contact.extra.get(name).map_or("", String::as_str));
    }
    kept
}

/// A contact as a form has it; what is in no form stays.
fn filled(contact: Contact, fields: &Fields, own: &[String]) -> Contact {
    let value = |key: &str| fields.get(key).to_owned();
    let details = CustomerDetails {
        name: value("name"),
        email: value("email"),
        company: value("company"),
        phone: value("phone"),
        document: value("document"),
    };
    let mut extra = contact.extra;
    for name in own {
        match value(&format!("{OWN}{name}")) {
            held if held.is_empty() => extra.remove(name),
            held => extra.insert(name.clone(), held),
        };
    }
    let customer = Customer { details, ..contact.customer };
    Contact { customer, extra, class: value("class"), ..contact }
}

/// `POST /customers/{id}`: of two who change the same field the second is told, and what each changed alone is put together.
pub(super) async fn change(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Form(typed): Form<BTreeMap<String, String>>,
) -> Page {
    let (tenant, id) = (who.operator.tenant, CustomerId(id));
    let w = desk_words::of(who.texts.language);
    for _ in 0..SAVE_TRIES {
        let contact = app.shared.store.contact(tenant, id).await?;
        let own = app.shared.store.contact_fields(tenant).await?;
        let theirs = kept(&contact, &own);
        let mut mine = theirs.clone();
        // What a form does not have it does not change.
        for key in theirs.names().map(str::to_owned).collect::<Vec<_>>() {
            if let Some(text) = typed.get(&key) {
                let most = if key == "class" { CLASS_CHARS } else { VALUE_CHARS };
                mine.set(&key, ShownText::lossy(text).as_str().chars().take(most).collect::<String>());
            }
        }
        let mut base = typed.get("_base").and_then(|text| Fields::from_json(text)).unwrap_or_else(|| theirs.clone());
        let name = contact.customer.details.name.clone();
        if let Some(step) = typed.get("_step") {
            let key = step.strip_prefix("take:").filter(|key| theirs.names().any(|known| known == *key));
            let key = key.ok_or(AppError::BadRequest)?;
            // What they wrote is known now: it is no surprise any more.
            for fields in [&mut mine, &mut base] {
                fields.set(key, theirs.get(key));
            }
            let shown = shown(&app, &who, filled(contact, &mine, &own), None).await?;
            return page(&ContactPage { name, base: base.to_json(), ..shown });
        }
        let (merged, clashes) = merge_fields(&base, &mine, &theirs);
        let changed = filled(contact.clone(), &merged, &own);
        let details = &changed.customer.details;
        let mut email_error = (!details.email.is_empty() && !looks_like_email(&details.email)).then_some(w.bad_email);
        let name_error = (details.name.is_empty() && details.email.is_empty()).then_some(w.nobody_left);
        if clashes.is_empty() && email_error.is_none() && name_error.is_none() {
            let revision = Some(contact.revision);
            let store = &app.shared.store;
            match store.change_contact(tenant, id, details, &changed.extra, Some(&changed.class), revision).await {
                Ok(_) => {
                    who.audit(&app, "contact.changed", &format!("{} {}", id.0, details.name)).await?;
                    contact::changed(&app.shared, tenant, &[&contact.customer.details, details]).await?;
                    let how = if base == theirs { "saved" } else { "saved=merged" };
                    return Ok(Redirect::to(&format!("/customers/{}?{how}", id.0)).into_response());
                }
                // Somebody else in this very moment.
                Err(StoreError::Conflict { what: "revision" }) => continue,
                Err(StoreError::Conflict { .. }) => email_error = Some(w.email_taken),
                Err(error) => return Err(error.into()),
            }
        }
        let clash = !clashes.is_empty();
        let shown = shown(&app, &who, changed, None).await?;
        let shown = ContactPage { name, email_error, name_error, clashes, base: theirs.to_json(), ..shown };
        if !clash {
            return unprocessable(page(&shown));
        }
        let mut answer = page(&shown)?;
        *answer.status_mut() = StatusCode::CONFLICT;
        return Ok(answer);
    }
    Err(AppError::Trouble)
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
