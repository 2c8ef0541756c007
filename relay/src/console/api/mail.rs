//! What letters to customers say, in each language. For administrators; the mail server itself is set up in the console only.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use store::{Language, MailText as Record};
use utoipa::ToSchema;

use super::{
    super::{
        App,
        mail::{self as pages, NotWritten},
    },
    auth::Caller,
    extract::{Body, Named, Page},
    problem::ApiError,
};

/// What letters say in one language.
#[derive(Serialize, ToSchema)]
pub(super) struct MailText {
    /// `pt-BR`, `en` or `es`.
    language: String,
    /// The subject; placeholders as in the text.
    subject: String,
    /// The text; `{customer}`, `{attendant}`, `{ticket}`, `{subject}`, `{text}` and `{company}` stand for what there is.
    text: String,
    /// It is the company's own, not the standard text.
    own: bool,
}

impl From<(Language, Record, bool)> for MailText {
    fn from((language, says, own): (Language, Record, bool)) -> Self {
        Self { language: language.tag().to_owned(), subject: says.subject, text: says.text, own }
    }
}

/// What letters to customers say, in each language; for administrators
#[utoipa::path(get, path = "/api/v1/mail-texts", tag = "Tickets",
    responses((status = 200, description = "All of them", body = Page<MailText>, example = json!({ "items": [
        { "language": "en", "subject": "[Ticket {ticket}] {subject}", "text": "Hello {customer},\n\n{text}\n\n{attendant}", "own": true }
    ], "next": null }))))]
pub(super) async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Page<MailText>>, ApiError> {
    let all = pages::texts(&app, &caller.who).await?;
    Ok(Json(Page::whole(all.map(MailText::from).into())))
}

/// What letters are to say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMailText {
    /// The subject; empty, with an empty text: the standard text.
    #[schema(max_length = 200)]
    subject: String,
    /// The text; holds `{text}`, the answer itself.
    #[schema(max_length = 16384)]
    text: String,
}

/// Set what letters to customers say in a language; for administrators
#[utoipa::path(put, path = "/api/v1/mail-texts/{language}", tag = "Tickets",
    request_body(content = NewMailText,
        example = json!({ "subject": "[Ticket {ticket}] {subject}", "text": "Hello {customer},\n\n{text}\n\n{attendant}" })),
    params(("language" = String, Path, description = "`pt-BR`, `en` or `es`")),
    responses((status = 200, description = "What they say now", body = MailText, example = json!({
        "language": "en", "subject": "[Ticket {ticket}] {subject}", "text": "Hello {customer},\n\n{text}\n\n{attendant}", "own": true
    }))))]
pub(super) async fn set(
    State(app): State<App>,
    caller: Caller,
    language: Named,
    Body(new): Body<NewMailText>,
) -> Result<Json<MailText>, ApiError> {
    let language = Language::from_tag(&language.0).ok_or_else(ApiError::not_found)?;
    match pages::put_text(&app, &caller.who, language, &new.subject, &new.text).await {
        Ok(()) => {}
        Err(NotWritten::Wrong(why)) => return Err(ApiError::field("text", &why)),
        Err(NotWritten::Failed(error)) => return Err(error.into()),
    }
    let all = pages::texts(&app, &caller.who).await?;
    let now = all.into_iter().find(|(known, ..)| *known == language);
    Ok(Json(now.ok_or_else(ApiError::not_found)?.into()))
}
