//! The desk's customers as a company keeps them: with its own fields, how it classifies them, and two that are one person.
//!
//! A change names the revision it is a change of, in If-Match. What may be in a contact is decided where the page decides it.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Contact as Record, CustomerDetails, CustomerId, StoreError};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        App,
        customers::{self as pages, CLASS_CHARS, VALUE_CHARS},
    },
    auth::Caller,
    desk::NewCustomer,
    extract::{Body, Named, Page, Params, condition, cursor, limit, tag},
    problem::ApiError,
};
use crate::contact;

/// A customer of the desk as the company keeps them. Empty: unknown.
#[derive(Serialize, ToSchema)]
pub(super) struct Contact {
    /// Which.
    id: i64,
    /// How often they were written; also the ETag.
    revision: u32,
    /// The person's name.
    name: String,
    /// E-mail address.
    email: String,
    /// Company.
    company: String,
    /// Telephone number.
    phone: String,
    /// CPF or CNPJ.
    document: String,
    /// How the company classifies them: a contract, a priority.
    class: String,
    /// What the company's own fields hold, by their names; those that hold nothing are left out.
    fields: BTreeMap<String, String>,
    /// Since when they are known.
    created_at: Timestamp,
}

impl From<Record> for Contact {
    fn from(c: Record) -> Self {
        let CustomerDetails { name, email, company, phone, document } = c.customer.details;
        let mut fields = c.extra;
        fields.retain(|_, value| !value.is_empty());
        Self {
            id: c.customer.id.0,
            revision: c.revision,
            name,
            email,
            company,
            phone,
            document,
            class: c.class,
            fields,
            created_at: c.customer.created_at,
        }
    }
}

/// Which customers.
#[derive(Deserialize, IntoParams, Default)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CustomersQuery {
    /// Part of name, company, e-mail, telephone, document or a field of the company's own.
    q: Option<String>,
    /// At most this many, 1 to 200.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the piece before.
    cursor: Option<String>,
}

/// Customers of the desk, in the order in which they became known
#[utoipa::path(get, path = "/api/v1/customers", tag = "Customers", params(CustomersQuery),
    responses((status = 200, description = "A piece of the list", body = Page<Contact>)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(asked): Params<CustomersQuery>,
) -> Result<Json<Page<Contact>>, ApiError> {
    let limit = limit(asked.limit)?;
    let after: Option<i64> = cursor(asked.cursor.as_deref())?;
    let (tenant, q) = (caller.who.operator.tenant, asked.q.unwrap_or_default());
    let found = app.shared.store.customers_after(tenant, &q, after.map(CustomerId), limit + 1).await?;
    Ok(Json(Page::cut(found, limit, |last| last.customer.id.0.to_string(), Contact::from)))
}

fn answer(contact: Record) -> Response {
    ([(header::ETAG, tag(contact.revision))], Json(Contact::from(contact))).into_response()
}

/// One customer, with their ETag; the one they were merged into, if they were
#[utoipa::path(get, path = "/api/v1/customers/{id}", tag = "Customers",
    params(("id" = i64, Path, description = "Which")),
    responses((status = 200, description = "The customer", body = Contact, headers(("etag" = String, description = "Their revision")),
        example = json!({ "id": 12, "revision": 3, "name": "Cida Nogueira", "email": "cida@padaria-aurora.example",
            "company": "Padaria Aurora", "phone": "(11) 98765-4321", "document": "", "class": "Ouro",
            "fields": { "Contrato": "2026/118" }, "created_at": "2026-11-21T14:05:00Z" }))))]
pub(super) async fn show(State(app): State<App>, caller: Caller, id: Named) -> Result<Response, ApiError> {
    Ok(answer(app.shared.store.contact(caller.who.operator.tenant, CustomerId(id.parse()?)).await?))
}

/// Find a customer by what is known of them, or add them when new
#[utoipa::path(post, path = "/api/v1/customers", tag = "Customers", request_body = NewCustomer,
    responses((status = 200, description = "The customer", body = Contact)))]
pub(super) async fn add(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewCustomer>,
) -> Result<Response, ApiError> {
    let (who, details) = (&caller.who, new.details()?);
    let named = if details.name.is_empty() { &details.email } else { &details.name };
    who.audit(&app, "customer.added", named.trim()).await?;
    let tenant = who.operator.tenant;
    let found = app.shared.desk.find_or_create_customer(tenant, &details, Timestamp::now()).await?;
    Ok(answer(app.shared.store.contact(tenant, found.id).await?))
}

/// What changes of a customer; what is left out stays.
#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ContactChange {
    /// The person's name.
    #[schema(max_length = 254)]
    name: Option<String>,
    /// E-mail address.
    #[schema(max_length = 254)]
    email: Option<String>,
    /// Company.
    #[schema(max_length = 254)]
    company: Option<String>,
    /// Telephone number.
    #[schema(max_length = 254)]
    phone: Option<String>,
    /// CPF or CNPJ.
    #[schema(max_length = 254)]
    document: Option<String>,
    /// How the company classifies them; empty: not any more.
    #[schema(max_length = 40)]
    class: Option<String>,
    /// What the company's own fields hold, by their names; empty: nothing any more. Those that are left out stay.
    fields: Option<BTreeMap<String, String>>,
}

/// A value of one line, within its length.
fn line(field: &str, text: &str, most: usize) -> Result<String, ApiError> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(ApiError::field(field, "one line that can be shown"));
    }
    if text.chars().count() > most {
        return Err(ApiError::field(field, &format!("at most {most} characters")));
    }
    Ok(text.to_owned())
}

/// Change a customer; what is left out stays. Whoever waits and is meant is classified anew
#[utoipa::path(patch, path = "/api/v1/customers/{id}", tag = "Customers", request_body(content = ContactChange,
        example = json!({ "class": "Ouro", "fields": { "Contrato": "2026/118" } })),
    params(("id" = i64, Path, description = "Which"),
           ("if-match" = String, Header, description = "The ETag of the customer as it was read")),
    responses((status = 200, description = "As they are now", body = Contact, headers(("etag" = String, description = "Their revision"))),
              (status = 409, description = "Another customer has this e-mail address"),
              (status = 412, description = "They were changed meanwhile"),
              (status = 428, description = "The ETag is not named")))]
pub(super) async fn change(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    id: Named,
    Body(change): Body<ContactChange>,
) -> Result<Response, ApiError> {
    let (who, tenant) = (&caller.who, caller.who.operator.tenant);
    let before = app.shared.store.contact(tenant, CustomerId(id.parse()?)).await?;
    condition(&headers, before.revision)?;
    let mut details = before.customer.details.clone();
    for (name, said, into) in [
        ("name", &change.name, &mut details.name),
        ("email", &change.email, &mut details.email),
        ("company", &change.company, &mut details.company),
        ("phone", &change.phone, &mut details.phone),
        ("document", &change.document, &mut details.document),
    ] {
        if let Some(said) = said {
            *into = line(name, said, VALUE_CHARS)?;
        }
    }
    if change.email.is_some() && !details.email.is_empty() && !pages::looks_like_email(&details.email) {
        return Err(ApiError::field("email", "no address that mail can be sent to"));
    }
    if details.name.is_empty() && details.email.is_empty() {
        return Err(ApiError::field("name", "a name or an e-mail address must be left"));
    }
    let class = change.class.as_deref().map(|class| line("class", class, CLASS_CHARS)).transpose()?;
    let mut extra = before.extra.clone();
    if let Some(fields) = change.fields {
        let own = app.shared.store.contact_fields(tenant).await?;
        for (name, value) in fields {
            let field = format!("fields.{name}");
            if !own.contains(&name) {
                return Err(ApiError::field(&field, "no field of the company"));
            }
            let value = line(&field, &value, VALUE_CHARS)?;
            if value.is_empty() {
                extra.remove(&name)
            } else {
                extra.insert(name, value)
            };
        }
    }
    let same = details == before.customer.details && extra == before.extra;
    if same && class.as_ref().is_none_or(|class| *class == before.class) {
        return Ok(answer(before));
    }
    let (id, was) = (before.customer.id, &before.customer.details);
    who.audit(&app, "contact.changed", &format!("{} {}", id.0, details.name)).await?;
    let written =
        app.shared.store.change_contact(tenant, id, &details, &extra, class.as_deref(), Some(before.revision));
    let changed = match written.await {
        Ok(changed) => changed,
        Err(StoreError::Conflict { what: "revision" }) => return Err(ApiError::stale()),
        Err(StoreError::Conflict { .. }) => return Err(ApiError::conflict("another customer has this e-mail address")),
        Err(error) => return Err(error.into()),
    };
    contact::changed(&app.shared, tenant, &[was, &details]).await?;
    Ok(answer(changed))
}

/// Which other customer is the same person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Merge {
    /// The one who is not kept.
    other_id: i64,
}

/// Make one customer of two
///
/// The one that the path names is kept: they get the other's tickets, and what they lack themselves. The other's id stands for them from then
/// on.
#[utoipa::path(post, path = "/api/v1/customers/{id}/merge", tag = "Customers",
    request_body(content = Merge, example = json!({ "other_id": 31 })),
    params(("id" = i64, Path, description = "Who is kept")),
    responses((status = 200, description = "As they are now", body = Contact, headers(("etag" = String, description = "Their revision"))),
              (status = 409, description = "They are one already")))]
pub(super) async fn merge(
    State(app): State<App>,
    caller: Caller,
    id: Named,
    Body(merge): Body<Merge>,
) -> Result<Response, ApiError> {
    let (who, tenant) = (&caller.who, caller.who.operator.tenant);
    let keep = CustomerId(id.parse()?);
    app.shared.store.contact(tenant, keep).await?;
    match pages::merge_two(&app, who, keep, CustomerId(merge.other_id)).await {
        Ok(merged) => Ok(answer(merged)),
        Err(StoreError::Conflict { .. }) => Err(ApiError::conflict("they are one customer already")),
        Err(StoreError::NotFound { .. }) => Err(ApiError::field("other_id", "there is no such customer")),
        Err(error) => Err(error.into()),
    }
}

/// What a company wants to know of its customers beside what everybody does.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnFields {
    /// Their names, in order.
    #[schema(max_items = 12)]
    names: Vec<String>,
}

/// The company's own fields of customers
#[utoipa::path(get, path = "/api/v1/customer-fields", tag = "Customers",
    responses((status = 200, description = "Their names", body = OwnFields, example = json!({ "names": ["Contrato", "Aniversário"] }))))]
pub(super) async fn fields(State(app): State<App>, caller: Caller) -> Result<Json<OwnFields>, ApiError> {
    Ok(Json(OwnFields { names: app.shared.store.contact_fields(caller.who.operator.tenant).await? }))
}

/// Set the company's own fields of customers
///
/// What customers hold in a field that is no more stays on record, and is there again with the field.
#[utoipa::path(put, path = "/api/v1/customer-fields", tag = "Customers",
    request_body(content = OwnFields, example = json!({ "names": ["Contrato", "Aniversário"] })),
    responses((status = 200, description = "Their names", body = OwnFields)))]
pub(super) async fn set_fields(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<OwnFields>,
) -> Result<Json<OwnFields>, ApiError> {
    let (who, tenant) = (&caller.who, caller.who.operator.tenant);
    let Some(names) = pages::own_fields(new.names.iter().map(String::as_str)) else {
        return Err(ApiError::field("names", "at most 12, each once, of at most 40 characters"));
    };
    who.audit(&app, "contact_fields.changed", &names.join(", ")).await?;
    app.shared.store.set_contact_fields(tenant, &names).await?;
    Ok(Json(OwnFields { names }))
}
