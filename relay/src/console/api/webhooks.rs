//! Webhooks: which other systems are told what happens. A secret is given once, when it is made.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Event as EventRecord, Webhook as Record, WebhookId};
use tickets::hooks::HookError;
use utoipa::ToSchema;

use super::{
    super::{
        App,
        error::AppError,
        webhooks::{self as pages, NotMade},
    },
    auth::Caller,
    extract::{Body, Named, Page},
    problem::ApiError,
};

/// A webhook, without its secret.
#[derive(Serialize, ToSchema)]
pub(super) struct Webhook {
    /// Which.
    id: i64,
    /// Where messages go.
    address: String,
    /// What it is told of.
    events: Vec<String>,
    /// It is told nothing, because a person wants it so or because it failed for five days.
    off: bool,
    /// Since when every try has failed.
    #[schema(required)]
    failing_since: Option<Timestamp>,
    /// Since when.
    created_at: Timestamp,
}

impl From<Record> for Webhook {
    fn from(w: Record) -> Self {
        Self {
            id: w.id.0,
            address: w.address,
            events: w.events.iter().map(|event| event.word().to_owned()).collect(),
            off: w.disabled_at.is_some(),
            failing_since: w.failing_since,
            created_at: w.created_at,
        }
    }
}

/// A webhook that was just made, with its secret.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeWebhook {
    /// The webhook.
    webhook: Webhook,
    /// What its messages are signed with, `whsec_…`. Given this once.
    secret: String,
}

/// A secret that was just made.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeSecret {
    /// What messages are signed with, `whsec_…`. For 24 hours the one before signs too. Given this once.
    secret: String,
}

/// A webhook to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhook {
    /// Where messages go, `https://…`.
    #[schema(max_length = 500)]
    address: String,
    /// What it is told of: `session.started`, …
    #[schema(min_items = 1)]
    events: Vec<String>,
}

/// What changes of a webhook; what is left out stays.
#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WebhookChange {
    /// Where messages go, `https://…`.
    #[schema(max_length = 500)]
    address: Option<String>,
    /// What it is told of: `session.started`, …
    #[schema(min_items = 1)]
    events: Option<Vec<String>>,
    /// Whether it is told nothing.
    off: Option<bool>,
}

fn events(words: &[String]) -> Result<Vec<EventRecord>, ApiError> {
    let one = |word: &String| EventRecord::of(word).ok_or_else(|| ApiError::field("events", "not one that there is"));
    words.iter().map(one).collect()
}

impl From<NotMade> for ApiError {
    fn from(error: NotMade) -> Self {
        match error {
            NotMade::Failed(error) => error.into(),
            NotMade::Hook(HookError::Store(error)) => error.into(),
            NotMade::Hook(HookError::Sealed(_)) => AppError::Trouble.into(),
            NotMade::Hook(HookError::TooMany) => Self::conflict("the company has as many webhooks as there may be"),
            NotMade::Hook(HookError::NoEvent) => Self::field("events", "at least one"),
            NotMade::Hook(error @ (HookError::Address | HookError::Private)) => {
                Self::field("address", &error.to_string())
            }
        }
    }
}

async fn recorded(app: &App, caller: &Caller, id: &Named) -> Result<Record, ApiError> {
    Ok(app.shared.store.webhook(caller.who.operator.tenant, WebhookId(id.parse()?)).await?)
}

/// Webhooks of the company
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "Webhooks",
    responses((status = 200, description = "All of them", body = Page<Webhook>)))]
pub(super) async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Page<Webhook>>, ApiError> {
    let all = app.shared.store.webhooks(caller.who.operator.tenant).await?;
    Ok(Json(Page::whole(all.into_iter().map(Webhook::from).collect())))
}

/// Make a webhook
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "Webhooks", request_body = NewWebhook,
    responses((status = 201, description = "It is there", body = MadeWebhook),
              (status = 409, description = "The company has as many as there may be")))]
pub(super) async fn make(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewWebhook>,
) -> Result<Response, ApiError> {
    let (webhook, secret) = pages::make(&app, &caller.who, &new.address, &events(&new.events)?).await?;
    let place = format!("/api/v1/webhooks/{}", webhook.id.0);
    let made = MadeWebhook { webhook: webhook.into(), secret: secret.expose().to_owned() };
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(made)).into_response())
}

/// One webhook
#[utoipa::path(get, path = "/api/v1/webhooks/{id}", tag = "Webhooks",
    params(("id" = i64, Path, description = "Which")),
    responses((status = 200, description = "The webhook", body = Webhook)))]
pub(super) async fn show(State(app): State<App>, caller: Caller, id: Named) -> Result<Json<Webhook>, ApiError> {
    Ok(Json(recorded(&app, &caller, &id).await?.into()))
}

/// Change a webhook; what is left out stays
#[utoipa::path(patch, path = "/api/v1/webhooks/{id}", tag = "Webhooks", request_body = WebhookChange,
    params(("id" = i64, Path, description = "Which")),
    responses((status = 200, description = "As it is now", body = Webhook)))]
pub(super) async fn change(
    State(app): State<App>,
    caller: Caller,
    id: Named,
    Body(change): Body<WebhookChange>,
) -> Result<Json<Webhook>, ApiError> {
    let before = recorded(&app, &caller, &id).await?;
    let address = change.address.unwrap_or_else(|| before.address.clone());
    let chosen = change.events.map_or_else(|| Ok(before.events.clone()), |words| events(&words))?;
    let off = change.off.unwrap_or(before.disabled_at.is_some());
    Ok(Json(pages::change(&app, &caller.who, before, &address, &chosen, off).await?.into()))
}

/// Remove a webhook; what is not yet sent is lost
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", tag = "Webhooks",
    params(("id" = i64, Path, description = "Which")),
    responses((status = 204, description = "It is gone")))]
pub(super) async fn remove(State(app): State<App>, caller: Caller, id: Named) -> Result<StatusCode, ApiError> {
    pages::forget(&app, &caller.who, &recorded(&app, &caller, &id).await?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change a webhook's secret
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/secret", tag = "Webhooks",
    params(("id" = i64, Path, description = "Which")),
    responses((status = 200, description = "The new secret", body = MadeSecret)))]
pub(super) async fn secret(State(app): State<App>, caller: Caller, id: Named) -> Result<Json<MadeSecret>, ApiError> {
    let webhook = recorded(&app, &caller, &id).await?;
    let secret = pages::change_secret(&app, &caller.who, &webhook).await?;
    Ok(Json(MadeSecret { secret: secret.expose().to_owned() }))
}
