//! Canned answers: texts that are used often, read by whoever answers tickets and written by administrators, as on the pages.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use store::CannedAnswer;
use utoipa::ToSchema;

use super::{
    super::{
        App,
        answers::{self as pages, NotWritten},
        tickets,
    },
    auth::Caller,
    desk::number,
    extract::{Body, Named, Page},
    problem::{ApiError, FieldError},
};

/// An answer that is used often.
#[derive(Serialize, ToSchema)]
pub(super) struct Answer {
    /// Which.
    id: i64,
    /// What it is chosen by.
    title: String,
    /// What it says; `{customer}`, `{attendant}`, `{ticket}` and `{download_link}` stand for those of the ticket.
    text: String,
}

impl From<CannedAnswer> for Answer {
    fn from(answer: CannedAnswer) -> Self {
        Self { id: answer.id, title: answer.title, text: answer.text }
    }
}

impl From<NotWritten> for ApiError {
    fn from(why: NotWritten) -> Self {
        match why {
            NotWritten::Wrong { title, text } => {
                let wrong = [("title", title), ("text", text)].into_iter();
                let wrong =
                    wrong.filter_map(|(field, why)| Some(FieldError { field: field.to_owned(), message: why? }));
                Self::wrong(wrong.collect())
            }
            NotWritten::Failed(error) => error.into(),
        }
    }
}

/// Canned answers of the company, by title
#[utoipa::path(get, path = "/api/v1/answers", tag = "Tickets",
    responses((status = 200, description = "All of them", body = Page<Answer>, example = json!({
        "items": [{ "id": 3, "title": "Link", "text": "Oi {customer}, baixe aqui: {download_link}" }], "next": null
    }))))]
pub(super) async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Page<Answer>>, ApiError> {
    let all = app.shared.store.canned_answers(caller.who.operator.tenant).await?;
    Ok(Json(Page::whole(all.into_iter().map(Answer::from).collect())))
}

/// Canned answers of the company, filled in for a ticket and the token's user
#[utoipa::path(get, path = "/api/v1/tickets/{number}/answers", tag = "Tickets",
    params(("number" = String, Path, description = "The ticket's number")),
    responses((status = 200, description = "All of them", body = Page<Answer>, example = json!({
        "items": [{ "id": 3, "title": "Link", "text": "Oi Cida, baixe aqui: https://support.example/d/4729?ticket=…" }], "next": null
    }))))]
pub(super) async fn filled(
    State(app): State<App>,
    caller: Caller,
    name: Named,
) -> Result<Json<Page<Answer>>, ApiError> {
    let who = &caller.who;
    let ticket = app.shared.store.desk_ticket(who.operator.tenant, &number(&name)?).await?;
    let link = tickets::link(&app, who, &ticket.number).await?;
    let all = tickets::canned(&app, who, &ticket, &link).await?;
    let one = |answer: tickets::Canned| Answer { id: answer.id, title: answer.title, text: answer.text };
    Ok(Json(Page::whole(all.into_iter().map(one).collect())))
}

/// One canned answer
#[utoipa::path(get, path = "/api/v1/answers/{id}", tag = "Tickets",
    params(("id" = i64, Path, description = "Which")),
    responses((status = 200, description = "The answer", body = Answer,
        example = json!({ "id": 3, "title": "Link", "text": "Oi {customer}, baixe aqui: {download_link}" }))))]
pub(super) async fn show(State(app): State<App>, caller: Caller, id: Named) -> Result<Json<Answer>, ApiError> {
    Ok(Json(pages::one(&app, &caller.who, id.parse()?).await?.into()))
}

/// An answer to be written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAnswer {
    /// What it is chosen by; no two have the same.
    #[schema(min_length = 1, max_length = 80)]
    title: String,
    /// What it says; may hold `{customer}`, `{attendant}`, `{ticket}` and `{download_link}`.
    #[schema(min_length = 1, max_length = 16384)]
    text: String,
}

/// Add a canned answer; for administrators
#[utoipa::path(post, path = "/api/v1/answers", tag = "Tickets",
    request_body(content = NewAnswer, example = json!({ "title": "Link", "text": "Oi {customer}, baixe aqui: {download_link}" })),
    responses((status = 201, description = "It is there", body = Answer,
        example = json!({ "id": 3, "title": "Link", "text": "Oi {customer}, baixe aqui: {download_link}" }))))]
pub(super) async fn add(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewAnswer>,
) -> Result<Response, ApiError> {
    let made = pages::put(&app, &caller.who, None, &new.title, &new.text).await?;
    let place = format!("/api/v1/answers/{}", made.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(Answer::from(made))).into_response())
}

/// What changes of an answer; what is left out stays.
#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AnswerChange {
    /// What it is chosen by; no two have the same.
    #[schema(min_length = 1, max_length = 80)]
    title: Option<String>,
    /// What it says; may hold `{customer}`, `{attendant}`, `{ticket}` and `{download_link}`.
    #[schema(min_length = 1, max_length = 16384)]
    text: Option<String>,
}

/// Change a canned answer; for administrators
#[utoipa::path(patch, path = "/api/v1/answers/{id}", tag = "Tickets",
    request_body(content = AnswerChange, example = json!({ "title": "Baixar" })),
    params(("id" = i64, Path, description = "Which")),
    responses((status = 200, description = "As it is now", body = Answer,
        example = json!({ "id": 3, "title": "Baixar", "text": "Oi {customer}, baixe aqui: {download_link}" }))))]
pub(super) async fn change(
    State(app): State<App>,
    caller: Caller,
    id: Named,
    Body(change): Body<AnswerChange>,
) -> Result<Json<Answer>, ApiError> {
    let before = pages::one(&app, &caller.who, id.parse()?).await?;
    let (title, text) = (change.title.unwrap_or(before.title), change.text.unwrap_or(before.text));
    Ok(Json(pages::put(&app, &caller.who, Some(before.id), &title, &text).await?.into()))
}

/// Remove a canned answer; for administrators
#[utoipa::path(delete, path = "/api/v1/answers/{id}", tag = "Tickets",
    params(("id" = i64, Path, description = "Which")),
    responses((status = 204, description = "It is gone")))]
pub(super) async fn remove(State(app): State<App>, caller: Caller, id: Named) -> Result<StatusCode, ApiError> {
    pages::forget(&app, &caller.who, id.parse()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
