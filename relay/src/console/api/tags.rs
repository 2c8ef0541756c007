//! Tags on tickets of the built-in desk. Two that differ in case or accents only are one.

use axum::{Json, extract::State, http::StatusCode};
use protocol::id::TicketNumber;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    super::{
        App,
        tickets::{self as pages, NotPut, TAGS},
    },
    auth::Caller,
    desk::number,
    extract::{Body, Named, NamedWithin, Page},
    problem::ApiError,
};

fn refused(field: &str, why: NotPut) -> ApiError {
    match why {
        NotPut::Tag => ApiError::field(field, "1 to 40 characters that can be shown"),
        NotPut::TooMany => ApiError::conflict("a ticket has at most 12 tags"),
        NotPut::Failed(error) => error.into(),
    }
}

async fn on(app: &App, caller: &Caller, number: &TicketNumber) -> Result<Json<Page<String>>, ApiError> {
    Ok(Json(Page::whole(app.shared.store.desk_tags(caller.who.operator.tenant, number).await?)))
}

/// Every tag that is on some ticket, by name
#[utoipa::path(get, path = "/api/v1/tags", tag = "Tickets",
    responses((status = 200, description = "All of them", body = Page<String>,
        example = json!({ "items": ["fiscal", "urgente"], "next": null }))))]
pub(super) async fn all(State(app): State<App>, caller: Caller) -> Result<Json<Page<String>>, ApiError> {
    Ok(Json(Page::whole(app.shared.store.all_desk_tags(caller.who.operator.tenant).await?)))
}

/// The tags of a ticket, by name
#[utoipa::path(get, path = "/api/v1/tickets/{number}/tags", tag = "Tickets",
    params(("number" = String, Path, description = "The ticket's number")),
    responses((status = 200, description = "All of them", body = Page<String>,
        example = json!({ "items": ["fiscal"], "next": null }))))]
pub(super) async fn list(State(app): State<App>, caller: Caller, name: Named) -> Result<Json<Page<String>>, ApiError> {
    let number = number(&name)?;
    app.shared.store.desk_ticket(caller.who.operator.tenant, &number).await?;
    on(&app, &caller, &number).await
}

/// A tag to be put on a ticket.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTag {
    /// What it says.
    #[schema(min_length = 1, max_length = 40)]
    tag: String,
}

/// Put a tag on a ticket; one that is there already stays
#[utoipa::path(post, path = "/api/v1/tickets/{number}/tags", tag = "Tickets",
    request_body(content = NewTag, example = json!({ "tag": "fiscal" })),
    params(("number" = String, Path, description = "The ticket's number")),
    responses((status = 200, description = "The tags that are on it now", body = Page<String>,
                  example = json!({ "items": ["fiscal", "urgente"], "next": null })),
              (status = 409, description = "It has as many as there may be")))]
pub(super) async fn add(
    State(app): State<App>,
    caller: Caller,
    name: Named,
    Body(new): Body<NewTag>,
) -> Result<Json<Page<String>>, ApiError> {
    let number = number(&name)?;
    pages::put_on(&app, &caller.who, &number, &new.tag).await.map_err(|why| refused("tag", why))?;
    on(&app, &caller, &number).await
}

/// The tags that a ticket is to have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Tags {
    /// All of them; others are taken off.
    #[schema(max_items = 12)]
    tags: Vec<String>,
}

/// Set the tags of a ticket: these and no others
#[utoipa::path(put, path = "/api/v1/tickets/{number}/tags", tag = "Tickets",
    request_body(content = Tags, example = json!({ "tags": ["fiscal", "urgente"] })),
    params(("number" = String, Path, description = "The ticket's number")),
    responses((status = 200, description = "The tags that are on it now", body = Page<String>,
                  example = json!({ "items": ["fiscal", "urgente"], "next": null })),
              (status = 409, description = "Somebody else put others on it at the same time")))]
pub(super) async fn set(
    State(app): State<App>,
    caller: Caller,
    name: Named,
    Body(wanted): Body<Tags>,
) -> Result<Json<Page<String>>, ApiError> {
    let (who, number) = (&caller.who, number(&name)?);
    if wanted.tags.len() > TAGS as usize {
        return Err(ApiError::field("tags", "at most 12"));
    }
    // All are looked at before one is changed.
    let wanted: Option<Vec<String>> = wanted.tags.iter().map(|tag| pages::shown_tag(tag)).collect();
    let wanted = wanted.ok_or_else(|| refused("tags", NotPut::Tag))?;
    app.shared.store.desk_ticket(who.operator.tenant, &number).await?;
    let there = app.shared.store.desk_tags(who.operator.tenant, &number).await?;
    for tag in there.iter().filter(|tag| !wanted.contains(tag)) {
        pages::take_off(&app, who, &number, tag).await?;
    }
    for tag in wanted.iter().filter(|tag| !there.contains(tag)) {
        pages::put_on(&app, who, &number, tag).await.map_err(|why| refused("tags", why))?;
    }
    on(&app, &caller, &number).await
}

/// Take a tag off a ticket; one that is not there is none either
#[utoipa::path(delete, path = "/api/v1/tickets/{number}/tags/{tag}", tag = "Tickets",
    params(("number" = String, Path, description = "The ticket's number"), ("tag" = String, Path, description = "The tag")),
    responses((status = 204, description = "It is not on the ticket")))]
pub(super) async fn remove(
    State(app): State<App>,
    caller: Caller,
    NamedWithin(name, Named(tag)): NamedWithin,
) -> Result<StatusCode, ApiError> {
    pages::take_off(&app, &caller.who, &number(&name)?, &tag).await?;
    Ok(StatusCode::NO_CONTENT)
}
