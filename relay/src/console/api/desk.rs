//! The built-in desk: tickets, their actions, customers.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use protocol::{
    id::{OperatorId, TicketNumber},
    message::ticket::TicketStatus,
};
use serde::{Deserialize, Serialize};
use store::{
    ActionKind, Customer as CustomerRecord, CustomerDetails, CustomerId, DeskTicket, TicketAction, TicketFilter,
};
use tickets::desk::SUBJECT_CHARS;
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{App, tickets as pages},
    auth::Caller,
    extract::{Body, Named, Page, Params, cursor, limit, parameter, said},
    problem::ApiError,
};

/// A customer of the desk. Empty: unknown.
#[derive(Serialize, ToSchema)]
pub(super) struct Customer {
    /// Which.
    id: i64,
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
    /// Since when they are known.
    created_at: Timestamp,
}

impl From<CustomerRecord> for Customer {
    fn from(c: CustomerRecord) -> Self {
        let CustomerDetails { name, email, company, phone, document } = c.details;
        Self { id: c.id.0, name, email, company, phone, document, created_at: c.created_at }
    }
}

/// A customer by what is known of them: at least one of these.
#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NewCustomer {
    /// The person's name.
    #[schema(max_length = 200)]
    name: String,
    /// E-mail address.
    #[schema(max_length = 200)]
    email: String,
    /// Company.
    #[schema(max_length = 200)]
    company: String,
    /// Telephone number.
    #[schema(max_length = 200)]
    phone: String,
    /// CPF or CNPJ.
    #[schema(max_length = 200)]
    document: String,
}

impl NewCustomer {
    pub(super) fn details(self) -> Result<CustomerDetails, ApiError> {
        let Self { name, email, company, phone, document } = self;
        let all =
            [("name", &name), ("email", &email), ("company", &company), ("phone", &phone), ("document", &document)];
        if let Some((field, _)) = all.iter().find(|(_, text)| text.chars().count() > SUBJECT_CHARS) {
            return Err(ApiError::field(field, "at most 200 characters"));
        }
        Ok(CustomerDetails { name, email, company, phone, document })
    }
}

/// Where a ticket stands.
#[derive(Serialize, Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    New,
    Open,
    Waiting,
    Resolved,
    Closed,
}

impl From<TicketStatus> for Status {
    fn from(status: TicketStatus) -> Self {
        match status {
            TicketStatus::New => Self::New,
            TicketStatus::Open => Self::Open,
            TicketStatus::Waiting => Self::Waiting,
            TicketStatus::Resolved => Self::Resolved,
            TicketStatus::Closed => Self::Closed,
        }
    }
}

impl From<Status> for TicketStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::New => Self::New,
            Status::Open => Self::Open,
            Status::Waiting => Self::Waiting,
            Status::Resolved => Self::Resolved,
            Status::Closed => Self::Closed,
        }
    }
}

/// A ticket.
#[derive(Serialize, ToSchema)]
pub(super) struct Ticket {
    /// Its number.
    number: String,
    /// What it is about.
    subject: String,
    /// Where it stands.
    status: Status,
    /// Who asked.
    requester: Customer,
    /// Who is responsible.
    #[schema(required)]
    owner_id: Option<String>,
    /// Their name; empty when nobody is.
    owner: String,
    /// Since when.
    opened_at: Timestamp,
    /// Last action or change.
    updated_at: Timestamp,
}

impl From<DeskTicket> for Ticket {
    fn from(t: DeskTicket) -> Self {
        Self {
            number: t.number.into(),
            subject: t.subject,
            status: t.status.into(),
            requester: t.requester.into(),
            owner_id: t.owner.map(|id| id.to_string()),
            owner: t.owner_name,
            opened_at: t.opened_at,
            updated_at: t.updated_at,
        }
    }
}

/// What an action of a ticket is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Note,
    SessionStart,
    SessionEnd,
    Change,
}

/// An action on a ticket.
#[derive(Serialize, ToSchema)]
pub(super) struct Action {
    /// Which; a ticket's actions are in the order of these.
    id: i64,
    /// What it is.
    kind: Kind,
    /// Who; `null`: the system.
    #[schema(required)]
    author_id: Option<String>,
    /// Their name at that time.
    author: String,
    /// What it says.
    text: String,
    /// The customer may read it.
    public: bool,
    /// The session it is about.
    #[schema(required)]
    session_id: Option<String>,
    /// When.
    at: Timestamp,
}

impl From<TicketAction> for Action {
    fn from(a: TicketAction) -> Self {
        let (id, a) = (a.id, a.action);
        Self {
            id,
            kind: match a.kind {
                ActionKind::Note => Kind::Note,
                ActionKind::SessionStart => Kind::SessionStart,
                ActionKind::SessionEnd => Kind::SessionEnd,
                ActionKind::Change => Kind::Change,
            },
            author_id: a.author.map(|id| id.to_string()),
            author: a.author_name,
            text: a.text,
            public: a.public,
            session_id: a.session.map(|id| id.to_string()),
            at: a.at,
        }
    }
}

/// A ticket with all that happened on it.
#[derive(Serialize, ToSchema)]
pub(super) struct WholeTicket {
    /// The ticket.
    ticket: Ticket,
    /// Its actions, oldest first.
    actions: Vec<Action>,
    /// Its tags, by name.
    tags: Vec<String>,
}

/// Which tickets.
#[derive(Deserialize, IntoParams, Default)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TicketsQuery {
    /// Part of the number, subject, or the requester's name, company or e-mail.
    q: Option<String>,
    /// Only those that stand here.
    status: Option<Status>,
    /// Of this customer.
    requester: Option<i64>,
    /// Of this owner.
    owner: Option<String>,
    /// With this tag.
    tag: Option<String>,
    /// At most this many, 1 to 200.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the piece before.
    cursor: Option<String>,
}

/// Tickets, newest first
#[utoipa::path(get, path = "/api/v1/tickets", tag = "Tickets", params(TicketsQuery),
    responses((status = 200, description = "A piece of the list", body = Page<Ticket>)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(asked): Params<TicketsQuery>,
) -> Result<Json<Page<Ticket>>, ApiError> {
    let limit = limit(asked.limit)?;
    let before: Option<u64> = cursor(asked.cursor.as_deref())?;
    let filter = TicketFilter {
        statuses: asked.status.into_iter().map(TicketStatus::from).collect(),
        requester: asked.requester.map(CustomerId),
        owner: parameter::<OperatorId>("owner", asked.owner.as_deref())?,
        tag: asked.tag.filter(|tag| !tag.is_empty()),
        search: asked.q.unwrap_or_default(),
        before: before.and_then(|number| TicketNumber::new(&number.to_string()).ok()),
        limit: limit + 1,
        ..TicketFilter::default()
    };
    let found = app.shared.desk.tickets(caller.who.operator.tenant, &filter).await?;
    Ok(Json(Page::cut(found, limit, |last| last.number.as_str().to_owned(), Ticket::from)))
}

/// The number that a path names.
pub(super) fn number(name: &Named) -> Result<TicketNumber, ApiError> {
    TicketNumber::new(&name.0).map_err(|_| ApiError::not_found())
}

/// One ticket with its actions
#[utoipa::path(get, path = "/api/v1/tickets/{number}", tag = "Tickets",
    params(("number" = String, Path, description = "Its number")),
    responses((status = 200, description = "The ticket", body = WholeTicket)))]
pub(super) async fn show(State(app): State<App>, caller: Caller, name: Named) -> Result<Json<WholeTicket>, ApiError> {
    let (tenant, number) = (caller.who.operator.tenant, number(&name)?);
    let (ticket, actions) = app.shared.desk.ticket(tenant, &number).await?;
    let tags = app.shared.store.desk_tags(tenant, &number).await?;
    Ok(Json(WholeTicket { ticket: ticket.into(), actions: actions.into_iter().map(Action::from).collect(), tags }))
}

/// A ticket to be opened: of a known customer or of one by what is known of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTicket {
    /// What it is about.
    #[schema(min_length = 1, max_length = 200)]
    subject: String,
    /// Its first action; may be left out.
    #[serde(default)]
    #[schema(max_length = 65536)]
    text: String,
    /// A known customer.
    #[serde(default)]
    customer_id: Option<i64>,
    /// A customer by what is known of them: found, or added when new.
    #[serde(default)]
    customer: Option<NewCustomer>,
}

/// Open a ticket
#[utoipa::path(post, path = "/api/v1/tickets", tag = "Tickets", request_body = NewTicket,
    responses((status = 201, description = "It is open", body = Ticket)))]
pub(super) async fn open(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewTicket>,
) -> Result<Response, ApiError> {
    let (who, tenant, now) = (&caller.who, caller.who.operator.tenant, Timestamp::now());
    if new.subject.trim().is_empty() || new.subject.chars().count() > SUBJECT_CHARS {
        return Err(ApiError::field("subject", "1 to 200 characters"));
    }
    if new.text.len() > tickets::desk::TEXT_BYTES {
        return Err(ApiError::field("text", "too long"));
    }
    let customer = match (new.customer_id, new.customer) {
        (Some(id), None) => match app.shared.desk.customer(tenant, CustomerId(id)).await {
            Ok(customer) => customer.id,
            Err(tickets::desk::DeskError::Store(store::StoreError::NotFound { .. })) => {
                return Err(ApiError::field("customer_id", "there is no such customer"));
            }
            Err(error) => return Err(error.into()),
        },
        (None, Some(details)) => {
            let details = details.details()?;
            who.audit(&app, "ticket.opened", new.subject.trim()).await?;
            app.shared.desk.find_or_create_customer(tenant, &details, now).await?.id
        }
        _ => return Err(ApiError::field("customer", "give either customer_id or customer")),
    };
    if new.customer_id.is_some() {
        who.audit(&app, "ticket.opened", new.subject.trim()).await?;
    }
    let author = pages::author(&app, who).await?;
    let ticket = app.shared.desk.open_ticket(tenant, &author, customer, &new.subject, &new.text, now).await?;
    let place = format!("/api/v1/tickets/{}", ticket.number);
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(Ticket::from(ticket))).into_response())
}

/// An action to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAction {
    /// What it says.
    #[schema(min_length = 1, max_length = 65536)]
    text: String,
    /// The customer may read it.
    #[serde(default)]
    public: bool,
}

/// Add an action to a ticket
#[utoipa::path(post, path = "/api/v1/tickets/{number}/actions", tag = "Tickets", request_body = NewAction,
    params(("number" = String, Path, description = "The ticket's number")),
    responses((status = 201, description = "It is on the ticket", body = Action)))]
pub(super) async fn add_action(
    State(app): State<App>,
    caller: Caller,
    name: Named,
    Body(new): Body<NewAction>,
) -> Result<(StatusCode, Json<Action>), ApiError> {
    let (who, tenant, number) = (&caller.who, caller.who.operator.tenant, number(&name)?);
    app.shared.store.desk_ticket(tenant, &number).await?;
    let author = pages::author(&app, who).await?;
    who.audit(&app, "ticket.action.added", number.as_str()).await?;
    let added = app.shared.desk.add_action(tenant, &author, &number, &new.text, new.public, Timestamp::now()).await?;
    Ok((StatusCode::CREATED, Json(added.into())))
}

/// What changes of a ticket; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TicketChange {
    /// Where it stands.
    #[serde(default)]
    status: Option<Status>,
    /// The id of who is responsible; `null`: nobody.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    owner_id: Option<Option<String>>,
}

/// Change where a ticket stands or who is responsible
#[utoipa::path(patch, path = "/api/v1/tickets/{number}", tag = "Tickets", request_body = TicketChange,
    params(("number" = String, Path, description = "Its number")),
    responses((status = 200, description = "As it is now", body = Ticket)))]
pub(super) async fn change(
    State(app): State<App>,
    caller: Caller,
    name: Named,
    Body(change): Body<TicketChange>,
) -> Result<Json<Ticket>, ApiError> {
    let (who, tenant, number) = (&caller.who, caller.who.operator.tenant, number(&name)?);
    let owner: Option<Option<OperatorId>> = match change.owner_id {
        None => None,
        Some(None) => Some(None),
        Some(Some(id)) => Some(Some(id.parse().map_err(|_| ApiError::field("owner_id", "no user's id"))?)),
    };
    app.shared.store.desk_ticket(tenant, &number).await?;
    if let Some(Some(owner)) = owner {
        app.shared.store.operator(tenant, owner).await?;
    }
    who.audit(&app, "ticket.changed", number.as_str()).await?;
    pages::change_ticket(&app, who, &number, change.status.map(TicketStatus::from), owner).await?;
    Ok(Json(app.shared.store.desk_ticket(tenant, &number).await?.into()))
}
