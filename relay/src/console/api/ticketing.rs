//! Connections to ticketing systems (never their secrets), what is still to be told to them, and the audit log.

use axum::{Json, extract::State, http::StatusCode};
use jiff::Timestamp;
use protocol::id::ConnectionId;
use serde::{Deserialize, Serialize};
use store::{AuditLine as LineRecord, Connection as ConnectionRecord, OutboxEntry, OutboxState, StoreError};
use tickets::kind;
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{App, outbox as pages},
    auth::Caller,
    extract::{Named, Page, Params, cursor, limit},
    problem::ApiError,
};

/// A connection to a ticketing system, without its secrets.
#[derive(Serialize, ToSchema)]
pub(super) struct Connection {
    /// Which.
    id: String,
    /// What kind of system.
    kind: String,
    /// What people call it.
    name: String,
    /// Where it is.
    address: String,
    /// Since when.
    created_at: Timestamp,
}

impl From<ConnectionRecord> for Connection {
    fn from(c: ConnectionRecord) -> Self {
        Self {
            id: c.what.id.to_string(),
            kind: c.what.kind,
            name: c.what.name,
            address: c.what.settings.get(kind::BASE).cloned().unwrap_or_default(),
            created_at: c.created_at,
        }
    }
}

/// Connections to ticketing systems
#[utoipa::path(get, path = "/api/v1/connections", tag = "Ticketing",
    responses((status = 200, description = "All of them", body = Page<Connection>)))]
pub(super) async fn connections(State(app): State<App>, caller: Caller) -> Result<Json<Page<Connection>>, ApiError> {
    let all = app.shared.store.connections(caller.who.operator.tenant).await?;
    Ok(Json(Page::whole(all.into_iter().map(Connection::from).collect())))
}

/// One connection to a ticketing system
#[utoipa::path(get, path = "/api/v1/connections/{id}", tag = "Ticketing",
    params(("id" = String, Path, description = "Which")),
    responses((status = 200, description = "The connection", body = Connection)))]
pub(super) async fn connection(
    State(app): State<App>,
    caller: Caller,
    id: Named,
) -> Result<Json<Connection>, ApiError> {
    let found = app.shared.store.connection(caller.who.operator.tenant, id.parse::<ConnectionId>()?).await?;
    if found.removed_at.is_some() { Err(ApiError::not_found()) } else { Ok(Json(found.into())) }
}

/// Where an action that is to be told stands.
#[derive(Serialize, Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(super) enum Standing {
    Pending,
    Leased,
    Done,
    Parked,
    Dropped,
}

impl From<OutboxState> for Standing {
    fn from(state: OutboxState) -> Self {
        match state {
            OutboxState::Pending => Self::Pending,
            OutboxState::Leased => Self::Leased,
            OutboxState::Done => Self::Done,
            OutboxState::Parked => Self::Parked,
            OutboxState::Dropped => Self::Dropped,
        }
    }
}

/// An action that a ticketing system is to be told.
#[derive(Serialize, ToSchema)]
pub(super) struct Unsent {
    /// Which.
    id: i64,
    /// `start`, `end`, …: what is told of the session.
    kind: String,
    /// The session it is about.
    session_id: String,
    /// Its protocol number.
    protocol: String,
    /// Where it stands.
    state: Standing,
    /// How often it was tried.
    attempts: u32,
    /// Why the last try failed.
    #[schema(required)]
    why: Option<String>,
    /// The ticket it is on.
    #[schema(required)]
    ticket: Option<String>,
    /// When it is tried next.
    due_at: Timestamp,
    /// Since when.
    created_at: Timestamp,
}

impl From<OutboxEntry> for Unsent {
    fn from(e: OutboxEntry) -> Self {
        Self {
            id: e.id,
            kind: e.kind.as_str().to_owned(),
            session_id: e.session.to_string(),
            protocol: e.protocol,
            state: e.state.into(),
            attempts: e.attempts,
            why: e.why,
            ticket: e.ticket.map(String::from),
            due_at: e.due_at,
            created_at: e.created_at,
        }
    }
}

/// Which actions.
#[derive(Deserialize, IntoParams, Default)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct UnsentQuery {
    /// Only those that stand here. Without it: those that are not yet told.
    state: Option<Standing>,
    /// At most this many, 1 to 200.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the piece before.
    cursor: Option<String>,
}

/// Actions that ticketing systems are to be told, newest first
#[utoipa::path(get, path = "/api/v1/outbox", tag = "Ticketing", params(UnsentQuery),
    responses((status = 200, description = "A piece of the list", body = Page<Unsent>)))]
pub(super) async fn outbox(
    State(app): State<App>,
    caller: Caller,
    Params(asked): Params<UnsentQuery>,
) -> Result<Json<Page<Unsent>>, ApiError> {
    let limit = limit(asked.limit)?;
    let states = match asked.state {
        None => vec![OutboxState::Pending, OutboxState::Leased, OutboxState::Parked],
        Some(Standing::Pending) => vec![OutboxState::Pending],
        Some(Standing::Leased) => vec![OutboxState::Leased],
        Some(Standing::Done) => vec![OutboxState::Done],
        Some(Standing::Parked) => vec![OutboxState::Parked],
        Some(Standing::Dropped) => vec![OutboxState::Dropped],
    };
    let before = cursor(asked.cursor.as_deref())?;
    let found = app.shared.store.outbox_before(caller.who.operator.tenant, &states, before, limit + 1).await?;
    Ok(Json(Page::cut(found, limit, |last| last.id.to_string(), Unsent::from)))
}

/// Send a held action again
#[utoipa::path(post, path = "/api/v1/outbox/{id}/retry", tag = "Ticketing",
    params(("id" = i64, Path, description = "Which")),
    responses((status = 204, description = "It is sent in its turn"), (status = 409, description = "It is not held")))]
pub(super) async fn retry(State(app): State<App>, caller: Caller, id: Named) -> Result<StatusCode, ApiError> {
    let id: i64 = id.parse()?;
    let tenant = caller.who.operator.tenant;
    let states =
        [OutboxState::Pending, OutboxState::Leased, OutboxState::Done, OutboxState::Parked, OutboxState::Dropped];
    let found = app.shared.store.outbox_before(tenant, &states, Some(id.saturating_add(1)), 1).await?;
    let entry = found.first().filter(|entry| entry.id == id).ok_or_else(ApiError::not_found)?;
    let not_held = || ApiError::conflict("it is not held");
    if entry.state != OutboxState::Parked {
        return Err(not_held());
    }
    match pages::send_again(&app, &caller.who, id).await {
        Err(super::super::error::AppError::NotFound) => Err(not_held()),
        done => Ok(done.map(|()| StatusCode::NO_CONTENT)?),
    }
}

/// A line of the audit log.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditLine {
    /// Its number.
    seq: u64,
    /// Its hash: over the one before and all that it says.
    hash: String,
    /// When.
    at: Timestamp,
    /// Who; `null`: nobody who was logged in.
    #[schema(required)]
    user_id: Option<String>,
    /// Their name at that time.
    who: String,
    /// What, as a fixed word.
    what: String,
    /// On what.
    subject: String,
    /// More of it, as `name=value`.
    detail: String,
    /// From which address.
    from: String,
}

impl From<LineRecord> for AuditLine {
    fn from(line: LineRecord) -> Self {
        let LineRecord { entry, place } = line;
        Self {
            seq: place.seq,
            hash: place.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            at: entry.at,
            user_id: entry.operator.map(|id| id.to_string()),
            who: entry.who,
            what: entry.what,
            subject: entry.subject,
            detail: entry.detail,
            from: entry.from,
        }
    }
}

/// Which lines.
#[derive(Deserialize, IntoParams, Default)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AuditQuery {
    /// Part of who, what, on what, detail or address.
    q: Option<String>,
    /// At most this many, 1 to 200.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the piece before.
    cursor: Option<String>,
}

/// The audit log, newest first
#[utoipa::path(get, path = "/api/v1/audit", tag = "Audit", params(AuditQuery),
    responses((status = 200, description = "A piece of the log", body = Page<AuditLine>)))]
pub(super) async fn audit(
    State(app): State<App>,
    caller: Caller,
    Params(asked): Params<AuditQuery>,
) -> Result<Json<Page<AuditLine>>, ApiError> {
    let limit = limit(asked.limit)?;
    let before: Option<u64> = cursor(asked.cursor.as_deref())?;
    let (store, tenant) = (&app.shared.store, caller.who.operator.tenant);
    let q = asked.q.unwrap_or_default();
    let found: Result<_, StoreError> = match q.trim() {
        "" => store.audit_page(tenant, before, limit + 1).await,
        q => store.audit_search(tenant, q, &[], before, limit + 1).await,
    };
    Ok(Json(Page::cut(found?, limit, |last| last.place.seq.to_string(), AuditLine::from)))
}
