//! Apps that have ended: archived, brought back, and deleted for good when nothing hangs on them.
//!
//! The past of an archived app stays, with its name; nobody waits there any more and nobody is asked. Sessions in progress go on. What an
//! app's customers are told is in [`crate::queue`].

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use jiff::Timestamp;
use store::{App as Record, Stamp, StoreError};

use super::{
    super::{
        App,
        error::{AppError, Page},
        strings::fill,
        visitor::Who,
        when::Clock,
    },
    ListForm, download, editable, list_page, tell, with_status,
    words::Words,
};

/// Why an app is not archived or deleted.
#[derive(Debug)]
pub(in crate::console) enum NotDone {
    /// The company would have none left.
    LastApp,
    /// It is not archived.
    Current,
    /// It has sessions.
    Sessions,
    /// Customers of another app would flow over to it.
    Overflow,
    /// The server could not.
    Failed(AppError),
}

impl<E: Into<AppError>> From<E> for NotDone {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl NotDone {
    fn of(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { what: "last app" } => Self::LastApp,
            StoreError::Conflict { what: "archived" } => Self::Current,
            StoreError::Conflict { what: "sessions" } => Self::Sessions,
            StoreError::Conflict { what: "overflow" } => Self::Overflow,
            other => Self::Failed(other.into()),
        }
    }

    /// In words, with a place for the app's name; an error like any other is one.
    pub(in crate::console) fn why(&self, language: store::Language) -> Result<&'static str, AppError> {
        let w = Words::of(language);
        Ok(match self {
            Self::LastApp => w.last_app,
            Self::Current => w.not_archived,
            Self::Sessions => w.has_sessions,
            Self::Overflow => w.is_overflow,
            Self::Failed(error) => return Err(*error),
        })
    }
}

/// When an app was archived, and by whom.
pub(super) fn said(app: &Record, w: &Words, clock: &Clock) -> Option<String> {
    let stamp = app.archived.as_ref()?;
    let at = clock.lately(&stamp.at);
    Some(if stamp.by.is_empty() { fill(w.archived_at, &[&at]) } else { fill(w.archived_by, &[&at, &stamp.by]) })
}

/// Archives an app; one that is stays so.
pub(in crate::console) async fn end(app: &App, who: &Who, record: &Record) -> Result<(), NotDone> {
    if record.archived.is_some() {
        return Ok(());
    }
    let company = app.shared.apps.of(record.tenant).await?;
    if !company.iter().any(|other| other.id != record.id) {
        return Err(NotDone::LastApp);
    }
    who.audit(app, "app.archived", &record.name).await?;
    app.shared.store.archive_app(record.tenant, record.id, &stamp(who)).await.map_err(NotDone::of)?;
    changed(app, who, record).await
}

/// Brings an archived app back; one that is there stays so.
pub(in crate::console) async fn bring_back(app: &App, who: &Who, record: &Record) -> Result<(), NotDone> {
    if record.archived.is_none() {
        return Ok(());
    }
    who.audit(app, "app.restored", &record.name).await?;
    app.shared.store.restore_app(record.tenant, record.id, &stamp(who)).await.map_err(NotDone::of)?;
    changed(app, who, record).await?;
    download::prepare(app, who, &app.shared.store.app(record.id).await?);
    Ok(())
}

/// Deletes an archived app for good.
pub(in crate::console) async fn delete(app: &App, who: &Who, record: &Record) -> Result<(), NotDone> {
    app.shared.store.remove_app(record.tenant, record.id).await.map_err(NotDone::of)?;
    tell(app, who);
    // Only now is it known that nothing hung on it.
    who.audit(app, "app.removed", &record.name).await?;
    Ok(())
}

fn stamp(who: &Who) -> Stamp {
    Stamp { at: Timestamp::now(), by: who.operator.name.clone() }
}

/// Everybody who shows the app looks again, and its customers are told.
async fn changed(app: &App, who: &Who, before: &Record) -> Result<(), NotDone> {
    tell(app, who);
    let now = app.shared.store.app(before.id).await?;
    app.shared.queue.ended_or_back(&app.shared, &now).await;
    Ok(())
}

/// The list behind what was done; on a refusal with the reason.
async fn answer(app: &App, who: &Who, record: &Record, done: Result<(), NotDone>, next: &str) -> Page {
    let Err(refused) = done else { return Ok(Redirect::to(next).into_response()) };
    let why = fill(refused.why(who.texts.language)?, &[&record.name]);
    let form =
        ListForm { show: if record.archived.is_some() { "archived" } else { "" }.to_owned(), ..ListForm::default() };
    with_status(list_page(app, who, form, Some(why)).await, StatusCode::CONFLICT)
}

/// `POST /apps/{id}/archive`
pub(in crate::console) async fn archive(State(app): State<App>, who: Who, Path(id): Path<String>) -> Page {
    let record = editable(&app, &who, &id).await?;
    answer(&app, &who, &record, end(&app, &who, &record).await, "/apps?show=archived").await
}

/// `POST /apps/{id}/restore`
pub(in crate::console) async fn restore(State(app): State<App>, who: Who, Path(id): Path<String>) -> Page {
    let record = editable(&app, &who, &id).await?;
    answer(&app, &who, &record, bring_back(&app, &who, &record).await, "/apps").await
}

/// `POST /apps/{id}/remove`
pub(in crate::console) async fn remove(State(app): State<App>, who: Who, Path(id): Path<String>) -> Page {
    let record = editable(&app, &who, &id).await?;
    answer(&app, &who, &record, delete(&app, &who, &record).await, "/apps?show=archived").await
}
