//! Notices: who wants to be told when a ticket's requester has the program open. Asked for oneself only.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Serialize;
use store::{Notice as Record, TicketOf};
use utoipa::ToSchema;

use super::{
    super::{
        App, external,
        tickets::{self as pages, NotAsked},
        visitor::Who,
    },
    auth::Caller,
    desk::number,
    extract::{Named, NamedDeep, NamedWithin, Page},
    problem::ApiError,
};

/// Somebody who wants to be told, once, that the requester has the program open.
#[derive(Serialize, ToSchema)]
pub(super) struct Notice {
    /// Which.
    id: i64,
    /// The user who is told.
    user_id: String,
    /// Their name.
    user: String,
    /// Until when they wait for it.
    expires_at: Timestamp,
    /// It is the token's user.
    own: bool,
    /// The token's user may cancel it: one's own, an administrator anybody's.
    may_cancel: bool,
}

impl Notice {
    fn of(record: &Record, who: &Who) -> Self {
        Self {
            id: record.id,
            user_id: record.operator.to_string(),
            user: record.operator_name.clone(),
            expires_at: record.expires_at,
            own: pages::is_own(who, record),
            may_cancel: pages::may_cancel(who, record),
        }
    }
}

/// Who is to be told when a ticket's requester comes
#[utoipa::path(get, path = "/api/v1/tickets/{number}/notices", tag = "Tickets",
    params(("number" = String, Path, description = "The ticket's number")),
    responses((status = 200, description = "All that wait; none on a resolved or closed ticket", body = Page<Notice>, example = json!({
        "items": [{ "id": 12, "user_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "user": "Ana Ribeiro",
            "expires_at": "2026-11-28T14:05:00Z", "own": true, "may_cancel": true }], "next": null
    }))))]
pub(super) async fn list(State(app): State<App>, caller: Caller, name: Named) -> Result<Json<Page<Notice>>, ApiError> {
    let (who, tenant, number) = (&caller.who, caller.who.operator.tenant, number(&name)?);
    app.shared.store.desk_ticket(tenant, &number).await?;
    let open = app.shared.store.open_notices(Some((tenant, &TicketOf::desk(number))), Timestamp::now()).await?;
    Ok(Json(Page::whole(open.iter().map(|notice| Notice::of(notice, who)).collect())))
}

/// Be told when a ticket's requester has the program open
///
/// For the token's user, once, within seven days: on every open page of the console, and by e-mail where the company has a mail
/// server. Asked again it is the same notice, for seven days from now.
#[utoipa::path(post, path = "/api/v1/tickets/{number}/notices", tag = "Tickets",
    params(("number" = String, Path, description = "The ticket's number")),
    responses((status = 201, description = "The notice", body = Notice, example = json!({
                  "id": 12, "user_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "user": "Ana Ribeiro",
                  "expires_at": "2026-11-28T14:05:00Z", "own": true, "may_cancel": true })),
              (status = 204, description = "The requester is here, and the user was told"),
              (status = 409, description = "The ticket is resolved or closed")))]
pub(super) async fn ask(State(app): State<App>, caller: Caller, name: Named) -> Result<Response, ApiError> {
    match pages::ask_on(&app, &caller.who, &number(&name)?).await {
        Ok(Some(notice)) => Ok((StatusCode::CREATED, Json(Notice::of(&notice, &caller.who))).into_response()),
        Ok(None) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(NotAsked::Closed) => Err(ApiError::conflict("the ticket is resolved or closed")),
        Err(NotAsked::Failed(error)) => Err(error.into()),
    }
}

/// Cancel a notice: one's own, an administrator anybody's
#[utoipa::path(delete, path = "/api/v1/tickets/{number}/notices/{id}", tag = "Tickets",
    params(("number" = String, Path, description = "The ticket's number"), ("id" = i64, Path, description = "Which notice")),
    responses((status = 204, description = "Nobody is told")))]
pub(super) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    NamedWithin(name, id): NamedWithin,
) -> Result<StatusCode, ApiError> {
    pages::cancel_on(&app, &caller.who, &TicketOf::desk(number(&name)?), id.parse()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who is to be told when the requester of another system's ticket comes
#[utoipa::path(get, path = "/api/v1/connections/{id}/tickets/{number}/notices", tag = "Tickets",
    params(("id" = String, Path, description = "The connection"), ("number" = String, Path, description = "The ticket's number there")),
    responses((status = 200, description = "All that wait", body = Page<Notice>)))]
pub(super) async fn list_elsewhere(
    State(app): State<App>,
    caller: Caller,
    NamedWithin(system, name): NamedWithin,
) -> Result<Json<Page<Notice>>, ApiError> {
    let who = &caller.who;
    let ticket = external::ticket_of(&app, who, &system.0, number(&name)?).await?;
    let open = app.shared.store.open_notices(Some((who.operator.tenant, &ticket)), Timestamp::now()).await?;
    Ok(Json(Page::whole(open.iter().map(|notice| Notice::of(notice, who)).collect())))
}

/// Be told when the requester of another system's ticket has the program open
///
/// As on a ticket of the desk. Its system is asked whose it is; where it cannot be reached there is nobody to wait for.
#[utoipa::path(post, path = "/api/v1/connections/{id}/tickets/{number}/notices", tag = "Tickets",
    params(("id" = String, Path, description = "The connection"), ("number" = String, Path, description = "The ticket's number there")),
    responses((status = 201, description = "The notice", body = Notice, example = json!({
                  "id": 13, "user_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "user": "Ana Ribeiro",
                  "expires_at": "2026-11-28T14:05:00Z", "own": true, "may_cancel": true })),
              (status = 204, description = "The requester is here, and the user was told"),
              (status = 409, description = "The ticket is resolved or closed, or its system does not say whose it is")))]
pub(super) async fn ask_elsewhere(
    State(app): State<App>,
    caller: Caller,
    NamedWithin(system, name): NamedWithin,
) -> Result<Response, ApiError> {
    let ticket = external::ticket_of(&app, &caller.who, &system.0, number(&name)?).await?;
    match external::ask_on(&app, &caller.who, &ticket, external::LinkQuery::default()).await {
        Ok(Some(notice)) => Ok((StatusCode::CREATED, Json(Notice::of(&notice, &caller.who))).into_response()),
        Ok(None) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(NotAsked::Closed) => {
            Err(ApiError::conflict("the ticket is resolved or closed, or its system does not say whose it is"))
        }
        Err(NotAsked::Failed(error)) => Err(error.into()),
    }
}

/// Cancel a notice on another system's ticket: one's own, an administrator anybody's
#[utoipa::path(delete, path = "/api/v1/connections/{id}/tickets/{number}/notices/{notice}", tag = "Tickets",
    params(("id" = String, Path, description = "The connection"), ("number" = String, Path, description = "The ticket's number there"),
           ("notice" = i64, Path, description = "Which notice")),
    responses((status = 204, description = "Nobody is told")))]
pub(super) async fn cancel_elsewhere(
    State(app): State<App>,
    caller: Caller,
    NamedDeep(system, name, notice): NamedDeep,
) -> Result<StatusCode, ApiError> {
    let ticket = external::ticket_of(&app, &caller.who, &system.0, number(&name)?).await?;
    pages::cancel_on(&app, &caller.who, &ticket, notice.parse()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
