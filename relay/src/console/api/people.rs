//! Whose token it is, and the company's users. Never a password.

use axum::{Json, extract::State};
use jiff::Timestamp;
use protocol::id::OperatorId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::App,
    auth::Caller,
    extract::{Named, Page, Params, cursor, limit},
    problem::ApiError,
};
use crate::account;

/// The token that asks, its user and its company.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    /// In whose name the token acts.
    user: User,
    /// The token.
    token: Token,
    /// The company.
    company: Company,
}

/// A token, without itself.
#[derive(Serialize, ToSchema)]
pub(super) struct Token {
    /// What people call it.
    name: String,
    /// What it may do now: its scopes without those that its user may not do.
    scopes: Vec<String>,
    /// Until when it is good.
    expires_at: Timestamp,
}

/// A company.
#[derive(Serialize, ToSchema)]
pub(super) struct Company {
    /// Which.
    id: String,
    /// Its name.
    name: String,
    /// What its tickets are written in.
    language: String,
    /// The time zone of its days.
    time_zone: String,
}

/// A user.
#[derive(Serialize, ToSchema)]
pub(super) struct User {
    /// Which.
    id: String,
    /// The name to log in with.
    login: String,
    /// The name others see.
    name: String,
    /// Connects to customers.
    attends: bool,
    /// Administers the company.
    administers: bool,
    /// Makes apps.
    makes_apps: bool,
    /// Watches sessions of the apps that they attend.
    watches: bool,
    /// Since when they may not log in.
    #[schema(required)]
    disabled_at: Option<Timestamp>,
    /// Since when they exist.
    created_at: Timestamp,
}

impl From<account::User> for User {
    fn from(user: account::User) -> Self {
        let (o, roles) = (user.operator.clone(), user.operator.roles);
        Self {
            id: o.id.to_string(),
            login: o.login,
            name: o.name,
            attends: roles.attend,
            administers: roles.admin,
            makes_apps: roles.may_create_apps,
            watches: roles.may_watch,
            disabled_at: user.disabled_at,
            created_at: user.created_at,
        }
    }
}

/// Whose token this is and what it may do
#[utoipa::path(get, path = "/api/v1/me", tag = "People",
    responses((status = 200, description = "The token that asks", body = Me)))]
pub(super) async fn me(State(app): State<App>, caller: Caller) -> Result<Json<Me>, ApiError> {
    let operator = &caller.who.operator;
    let user = app.shared.accounts.user(operator.tenant, operator.id).await?;
    let tenant = app.shared.store.tenant(operator.tenant).await?;
    Ok(Json(Me {
        user: user.into(),
        token: Token {
            name: caller.token.name.clone(),
            scopes: caller.scopes.iter().map(|scope| scope.word().to_owned()).collect(),
            expires_at: caller.token.expires_at,
        },
        company: Company {
            id: tenant.id.to_string(),
            name: tenant.name,
            language: tenant.language.tag().to_owned(),
            time_zone: tenant.time_zone,
        },
    }))
}

/// A piece of a list.
#[derive(Deserialize, IntoParams, Default)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PieceQuery {
    /// At most this many, 1 to 200.
    #[param(minimum = 1, maximum = 200)]
    pub(super) limit: Option<u32>,
    /// `next` of the piece before.
    pub(super) cursor: Option<String>,
}

/// Users of the company
#[utoipa::path(get, path = "/api/v1/users", tag = "People", params(PieceQuery),
    responses((status = 200, description = "A piece of the list", body = Page<User>)))]
pub(super) async fn users(
    State(app): State<App>,
    caller: Caller,
    Params(asked): Params<PieceQuery>,
) -> Result<Json<Page<User>>, ApiError> {
    let limit = limit(asked.limit)?;
    let after: Option<OperatorId> = cursor(asked.cursor.as_deref())?;
    let mut all = app.shared.accounts.list(caller.who.operator.tenant).await?;
    all.sort_by_key(|user| user.operator.id);
    all.retain(|user| after.is_none_or(|after| user.operator.id > after));
    Ok(Json(Page::cut(all, limit, |last| last.operator.id.to_string(), User::from)))
}

/// One user
#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "People",
    params(("id" = String, Path, description = "Which")),
    responses((status = 200, description = "The user", body = User)))]
pub(super) async fn user(State(app): State<App>, caller: Caller, id: Named) -> Result<Json<User>, ApiError> {
    Ok(Json(app.shared.accounts.user(caller.who.operator.tenant, id.parse()?).await?.into()))
}
