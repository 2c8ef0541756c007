//! Canned answers: the page where administrators write them, and what becomes of their placeholders on a ticket.

use askama::Template;
use axum::{
    extract::{Form, Path, Query, State},
    response::{IntoResponse, Redirect},
};
use serde::Deserialize;
use store::{CannedAnswer, StoreError};

use super::{
    App,
    desk_words::{self, Words},
    error::{AppError, Page, page, unprocessable},
    shell::{Here, Shell},
    strings::fill,
    visitor::Who,
};
use crate::places;

/// Characters of a title, at most.
const TITLE_CHARS: usize = 80;
/// Bytes of a text, at most.
const TEXT_BYTES: usize = 16 * 1024;
/// What a text may hold in braces.
const PLACES: [&str; 4] = ["customer", "attendant", "ticket", "download_link"];

/// What stands for the placeholders on one ticket.
pub(super) struct Values<'a> {
    pub(super) customer: &'a str,
    pub(super) attendant: &'a str,
    pub(super) ticket: &'a str,
    pub(super) download_link: &'a str,
}

impl Values<'_> {
    /// A text with its placeholders filled in. What was filled in is not looked at again; other braces stay as they are.
    pub(super) fn fill(&self, text: &str) -> String {
        places::fill(text, |name| self.of(name))
    }

    fn of(&self, name: &str) -> Option<&str> {
        match name {
            "customer" => Some(self.customer),
            "attendant" => Some(self.attendant),
            "ticket" => Some(self.ticket),
            "download_link" => Some(self.download_link),
            _ => None,
        }
    }
}

/// What the form of an answer holds.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct AnswerForm {
    title: String,
    text: String,
}

#[derive(Template)]
#[template(path = "answers.html")]
struct AnswersPage {
    s: Shell,
    w: &'static Words,
    answers: Vec<CannedAnswer>,
    /// The one that is changed; `None`: a new one.
    id: Option<i64>,
    form: AnswerForm,
    title_error: Option<String>,
    text_error: Option<String>,
    saved: bool,
}

impl AnswersPage {
    async fn load(app: &App, who: &Who) -> Result<Self, AppError> {
        let s = Shell::load(app, who, Here::Answers).await?;
        let answers = app.shared.store.canned_answers(who.operator.tenant).await?;
        let w = desk_words::of(s.t.language);
        let form = AnswerForm::default();
        Ok(Self { s, w, answers, id: None, form, title_error: None, text_error: None, saved: false })
    }
}

/// Which answer is to be changed.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ListQuery {
    change: Option<i64>,
    saved: Option<String>,
}

/// `GET /answers`
pub(super) async fn list(State(app): State<App>, who: Who, Query(query): Query<ListQuery>) -> Page {
    let mut shown = AnswersPage::load(&app, &who).await?;
    shown.saved = query.saved.is_some();
    if let Some(id) = query.change {
        let answer = shown.answers.iter().find(|a| a.id == id).ok_or(AppError::NotFound)?;
        shown.form = AnswerForm { title: answer.title.clone(), text: answer.text.clone() };
        shown.id = Some(id);
    }
    page(&shown)
}

/// `POST /answers`
pub(super) async fn add(State(app): State<App>, who: Who, Form(form): Form<AnswerForm>) -> Page {
    write(&app, &who, None, form).await
}

/// `POST /answers/{id}`
pub(super) async fn change(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Form(form): Form<AnswerForm>,
) -> Page {
    write(&app, &who, Some(id), form).await
}

async fn write(app: &App, who: &Who, id: Option<i64>, form: AnswerForm) -> Page {
    match put(app, who, id, &form.title, &form.text).await {
        Ok(_) => Ok(Redirect::to("/answers?saved").into_response()),
        Err(NotWritten::Wrong { title: title_error, text: text_error }) => {
            let shown = AnswersPage::load(app, who).await?;
            unprocessable(page(&AnswersPage { id, form, title_error, text_error, ..shown }))
        }
        Err(NotWritten::Failed(error)) => Err(error),
    }
}

/// Why an answer is not written.
pub(super) enum NotWritten {
    /// What is wrong with its title, its text or both.
    Wrong { title: Option<String>, text: Option<String> },
    /// The server could not, or there is no such answer.
    Failed(AppError),
}

impl<E: Into<AppError>> From<E> for NotWritten {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// One answer of the company.
pub(super) async fn one(app: &App, who: &Who, id: i64) -> Result<CannedAnswer, AppError> {
    let answers = app.shared.store.canned_answers(who.operator.tenant).await?;
    answers.into_iter().find(|answer| answer.id == id).ok_or(AppError::NotFound)
}

/// Writes an answer; without an id a new one.
pub(super) async fn put(
    app: &App,
    who: &Who,
    id: Option<i64>,
    title: &str,
    text: &str,
) -> Result<CannedAnswer, NotWritten> {
    let w = desk_words::of(who.texts.language);
    let title = title.trim().to_owned();
    let text = text.trim().replace("\r\n", "\n");
    let mut title_error = if title.is_empty() {
        Some(w.missing.to_owned())
    } else if title.chars().count() > TITLE_CHARS || title.chars().any(char::is_control) {
        Some(w.too_long.to_owned())
    } else {
        None
    };
    let text_error = if text.is_empty() {
        Some(w.missing.to_owned())
    } else if text.len() > TEXT_BYTES {
        Some(w.too_long.to_owned())
    } else {
        places::unknown(&text, &PLACES).map(|place| fill(w.bad_place, &[&place]))
    };
    if let Some(id) = id {
        one(app, who, id).await?;
    }
    if title_error.is_none() && text_error.is_none() {
        who.audit(app, "answer.written", &title).await?;
        match app.shared.store.write_canned_answer(who.operator.tenant, id, &title, &text).await {
            Ok(id) => return Ok(CannedAnswer { id, title, text }),
            Err(StoreError::Conflict { .. }) => title_error = Some(w.canned_taken.to_owned()),
            Err(error) => return Err(error.into()),
        }
    }
    Err(NotWritten::Wrong { title: title_error, text: text_error })
}

/// `POST /answers/{id}/remove`
pub(super) async fn remove(State(app): State<App>, who: Who, Path(id): Path<i64>) -> Page {
    forget(&app, &who, id).await?;
    Ok(Redirect::to("/answers").into_response())
}

/// Forgets an answer.
pub(super) async fn forget(app: &App, who: &Who, id: i64) -> Result<(), AppError> {
    let answer = one(app, who, id).await?;
    who.audit(app, "answer.removed", &answer.title).await?;
    app.shared.store.remove_canned_answer(who.operator.tenant, id).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_once_and_other_braces_stay() {
        let values = Values { customer: "{ticket}", attendant: "Ana", ticket: "1001", download_link: "https://x/d/1" };
        assert_eq!(values.fill("Oi {customer}, {ticket}: {download_link}"), "Oi {ticket}, 1001: https://x/d/1");
        assert_eq!(values.fill("{ {attendant} {} {nada} {"), "{ Ana {} {nada} {");
    }
}
