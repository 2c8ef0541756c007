//! Attendants and whether they take customers: one's own status, and for whoever administers apps that of those who attend them.
//!
//! Nobody's status is set but one's own, as on the pages.

use axum::{Json, extract::State};
use jiff::Timestamp;
use protocol::message::offer::{BreakReason as Reason, Status};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::{App, error::AppError, people as pages, strings::Texts, when::between},
    auth::Caller,
    extract::{Body, Page},
    problem::ApiError,
};

/// Whether an attendant takes customers.
#[derive(Serialize, Deserialize, ToSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum AttendantStatus {
    Available,
    Break,
    Offline,
}

/// Why somebody is on a break.
#[derive(Serialize, Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(super) enum BreakReason {
    Meal,
    Rest,
    Meeting,
    Training,
    OtherWork,
}

impl From<Reason> for BreakReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Meal => Self::Meal,
            Reason::Rest => Self::Rest,
            Reason::Meeting => Self::Meeting,
            Reason::Training => Self::Training,
            Reason::OtherWork => Self::OtherWork,
        }
    }
}

impl From<BreakReason> for Reason {
    fn from(reason: BreakReason) -> Self {
        match reason {
            BreakReason::Meal => Self::Meal,
            BreakReason::Rest => Self::Rest,
            BreakReason::Meeting => Self::Meeting,
            BreakReason::Training => Self::Training,
            BreakReason::OtherWork => Self::OtherWork,
        }
    }
}

fn parts(status: Status) -> (AttendantStatus, Option<BreakReason>) {
    match status {
        Status::Available => (AttendantStatus::Available, None),
        Status::Break(reason) => (AttendantStatus::Break, Some(reason.into())),
        Status::Offline => (AttendantStatus::Offline, None),
    }
}

/// An attendant who is there, or was since the server's start.
#[derive(Serialize, ToSchema)]
pub(super) struct Attendant {
    /// The user.
    user_id: String,
    /// Their name.
    name: String,
    /// Whether they take customers.
    status: AttendantStatus,
    /// Why not, on a break.
    #[schema(required)]
    reason: Option<BreakReason>,
    /// Since when.
    since: Timestamp,
    /// How long that is.
    in_status_s: u64,
    /// In a session now.
    in_session: bool,
}

/// Who attends the apps that the token's user administers, and whether they take customers, by name
///
/// Those of whom a program was connected since the server's start. Whoever administers no app may not (403).
#[utoipa::path(get, path = "/api/v1/attendants", tag = "Attendants",
    responses((status = 200, description = "All of them", body = Page<Attendant>, example = json!({ "items": [
        { "user_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "name": "Ana Ribeiro", "status": "break", "reason": "meal",
          "since": "2026-11-21T15:00:00Z", "in_status_s": 900, "in_session": false }
    ], "next": null }))))]
pub(super) async fn attendants(State(app): State<App>, caller: Caller) -> Result<Json<Page<Attendant>>, ApiError> {
    let (who, now) = (&caller.who, Timestamp::now());
    if !who.reach.has_indicators() {
        return Err(AppError::Forbidden.into());
    }
    let apps = app.shared.apps.of(who.operator.tenant).await?;
    let one = |(a, in_session): (crate::queue::Attendant, bool)| {
        let (status, reason) = parts(a.status);
        let in_status_s = between(a.since, now).as_secs();
        let (user_id, name) = (a.operator.id.to_string(), a.operator.name);
        Attendant { user_id, name, status, reason, since: a.since, in_status_s, in_session }
    };
    Ok(Json(Page::whole(pages::shown(&app, who, &apps).into_iter().map(one).collect())))
}

/// A reason that a break can have.
#[derive(Serialize, ToSchema)]
pub(super) struct KnownBreakReason {
    /// Its word in the API.
    reason: BreakReason,
    /// Its name in the company's language.
    name: &'static str,
}

/// Reasons that a break can have, in the order of the choice
#[utoipa::path(get, path = "/api/v1/break-reasons", tag = "Attendants",
    responses((status = 200, description = "All of them", body = Page<KnownBreakReason>, example = json!({ "items": [
        { "reason": "meal", "name": "Refeição" }, { "reason": "rest", "name": "Descanso" }
    ], "next": null }))))]
pub(super) async fn break_reasons(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<Page<KnownBreakReason>>, ApiError> {
    let texts = Texts::of(app.shared.store.tenant(caller.who.operator.tenant).await?.language);
    let one = |reason: Reason| KnownBreakReason { reason: reason.into(), name: pages::reason(texts, reason) };
    Ok(Json(Page::whole(Reason::ALL.map(one).into())))
}

/// The status of the token's user.
#[derive(Serialize, ToSchema)]
pub(super) struct OwnStatus {
    /// Whether they take customers.
    status: AttendantStatus,
    /// Why not, on a break.
    #[schema(required)]
    reason: Option<BreakReason>,
    /// Since when; `null`: no program of theirs was connected since the server's start.
    #[schema(required)]
    since: Option<Timestamp>,
    /// How long that is.
    #[schema(required)]
    in_status_s: Option<u64>,
}

fn own(app: &App, caller: &Caller) -> OwnStatus {
    let me = pages::own(app, &caller.who);
    let (status, reason) = parts(me.as_ref().map_or(Status::Offline, |me| me.status));
    let since = me.map(|me| me.since);
    let in_status_s = since.map(|since| between(since, Timestamp::now()).as_secs());
    OwnStatus { status, reason, since, in_status_s }
}

/// Whether the token's user takes customers
#[utoipa::path(get, path = "/api/v1/me/status", tag = "Attendants",
    responses((status = 200, description = "Their status", body = OwnStatus, example = json!({
        "status": "available", "reason": null, "since": "2026-11-21T12:00:00Z", "in_status_s": 7500
    }))))]
pub(super) async fn show(State(app): State<App>, caller: Caller) -> Json<OwnStatus> {
    Json(own(&app, &caller))
}

/// The status to be set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StatusChange {
    /// Whether to take customers.
    status: AttendantStatus,
    /// Why not: with `break`, and only with it.
    #[serde(default)]
    reason: Option<BreakReason>,
}

/// Set whether the token's user takes customers
///
/// Without a connected program they are offline all the same; a break that is set then counts from the next login on.
#[utoipa::path(put, path = "/api/v1/me/status", tag = "Attendants",
    request_body(content = StatusChange, example = json!({ "status": "break", "reason": "meal" })),
    responses((status = 200, description = "As it is now", body = OwnStatus, example = json!({
                  "status": "break", "reason": "meal", "since": "2026-11-21T15:00:00Z", "in_status_s": 0 })),
              (status = 409, description = "No program of theirs was connected since the server's start")))]
pub(super) async fn set(
    State(app): State<App>,
    caller: Caller,
    Body(change): Body<StatusChange>,
) -> Result<Json<OwnStatus>, ApiError> {
    let status = match (change.status, change.reason) {
        (AttendantStatus::Available, None) => Status::Available,
        (AttendantStatus::Break, Some(reason)) => Status::Break(reason.into()),
        (AttendantStatus::Offline, None) => Status::Offline,
        (AttendantStatus::Break, None) => return Err(ApiError::field("reason", "a break has one")),
        _ => return Err(ApiError::field("reason", "only a break has one")),
    };
    match pages::set(&app, &caller.who, status).await {
        Ok(()) => Ok(Json(own(&app, &caller))),
        Err(AppError::NotFound) => Err(ApiError::conflict("log in with the program first")),
        Err(error) => Err(error.into()),
    }
}
