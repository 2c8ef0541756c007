//! Actions that the ticketing system does not have yet: why, and a push. For administrators.

use askama::Template;
use axum::{
    extract::{Form, Path, State},
    response::{IntoResponse, Redirect},
};
use jiff::Timestamp;
use serde::Deserialize;
use store::{EventKind, OutboxEntry, OutboxState};

use super::strings::Texts;
use super::{
    App,
    connections::left_out::{self, Note},
    error::{AppError, Page, page},
    reasons,
    shell::{Here, Shell},
    visitor::Who,
    when::{Clock, between, spoken},
};

/// The longest reason for not telling.
const WHY_BYTES: usize = 200;
/// Rows shown.
const ROWS: u32 = 200;

struct QueueRow {
    id: i64,
    what: String,
    protocol: String,
    why: String,
    /// What was said, as it was said.
    said: String,
    tries: u32,
    next: String,
    parked: bool,
}

impl QueueRow {
    /// `stopped`: an action in front of it has to be seen to first.
    fn new(entry: OutboxEntry, stopped: bool, t: &'static Texts, clock: &Clock) -> Self {
        let kind = match entry.kind {
            EventKind::Start => t.start_of,
            EventKind::End => t.end_of,
            EventKind::WrapUp => t.wrap_up_of,
            EventKind::Missed => t.missed_of,
        };
        let next = match entry.state {
            OutboxState::Parked => t.parked.to_owned(),
            OutboxState::Dropped => t.dropped.to_owned(),
            OutboxState::Leased => t.sending.to_owned(),
            _ if stopped => t.after_stopped.to_owned(),
            _ if entry.due_at <= clock.now() => t.in_turn.to_owned(),
            _ => spoken(between(clock.now(), entry.due_at)),
        };
        let (mut why, said) = reasons::both(t.language, entry.reason, entry.why);
        if why.is_empty() {
            t.not_tried.clone_into(&mut why);
        }
        Self {
            id: entry.id,
            what: entry.ticket.map_or(kind.to_owned(), |ticket| format!("{kind}, ticket {}", ticket.as_str())),
            protocol: entry.protocol,
            why,
            said,
            tries: entry.attempts,
            next,
            parked: entry.state == OutboxState::Parked,
        }
    }
}

#[derive(Template)]
#[template(path = "outbox.html")]
struct OutboxPage {
    s: Shell,
    rows: Vec<QueueRow>,
    left_out: Vec<Note>,
}

/// `GET /outbox`
pub(super) async fn list(State(app): State<App>, who: Who) -> Page {
    let s = Shell::load(&app, &who, Here::Outbox).await?;
    let entries = app.shared.store.outbox_list(who.operator.tenant, &[], ROWS).await?;
    // All of them: one may be older than the rows that are shown.
    let stopped = app.shared.store.outbox_list(who.operator.tenant, &[OutboxState::Parked], u32::MAX).await?;
    let behind = |entry: &OutboxEntry| stopped.iter().any(|one| one.session == entry.session && one.id < entry.id);
    let row = |entry: OutboxEntry| {
        let stopped = behind(&entry);
        QueueRow::new(entry, stopped, s.t, &s.clock)
    };
    let rows = entries.into_iter().map(row).collect();
    // What was sent, but not wholly: nobody has to send it again, and somebody has to know.
    let connections = app.shared.store.connections(who.operator.tenant).await?;
    let left_out = connections.iter().filter_map(|connection| left_out::note(connection, &s)).collect();
    page(&OutboxPage { s, rows, left_out })
}

/// `POST /outbox/{id}/retry`
pub(super) async fn retry(State(app): State<App>, who: Who, Path(id): Path<i64>) -> Page {
    send_again(&app, &who, id).await?;
    Ok(Redirect::to("/outbox").into_response())
}

/// Has a held action sent again.
pub(super) async fn send_again(app: &App, who: &Who, id: i64) -> Result<(), AppError> {
    held(app, who, id).await?;
    who.audit(app, "outbox.retried", &id.to_string()).await?;
    app.shared.store.retry_parked(who.operator.tenant, id, Timestamp::now()).await?;
    app.shared.outbox.notify_one();
    Ok(())
}

/// What is not held, or another company's, is not there: nothing is written down of it either.
async fn held(app: &App, who: &Who, id: i64) -> Result<(), AppError> {
    let held = app.shared.store.outbox_list(who.operator.tenant, &[OutboxState::Parked], u32::MAX).await?;
    held.iter().any(|entry| entry.id == id).then_some(()).ok_or(AppError::NotFound)
}

/// `POST /outbox/retry`
pub(super) async fn retry_all(State(app): State<App>, who: Who) -> Page {
    who.audit(&app, "outbox.all_retried", "").await?;
    app.shared.store.retry_all_parked(who.operator.tenant, Timestamp::now()).await?;
    app.shared.outbox.notify_one();
    Ok(Redirect::to("/outbox").into_response())
}

/// Why an action is not told.
#[derive(Deserialize)]
pub(super) struct DropForm {
    #[serde(default)]
    why: String,
}

/// `POST /outbox/{id}/drop`
pub(super) async fn drop_one(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Form(form): Form<DropForm>,
) -> Page {
    let why = form.why.trim();
    if why.is_empty() || why.len() > WHY_BYTES || why.chars().any(char::is_control) {
        return Err(AppError::BadRequest);
    }
    held(&app, &who, id).await?;
    who.audit(&app, "outbox.dropped", &format!("{id} {why}")).await?;
    app.shared.store.drop_parked(who.operator.tenant, id, why, Timestamp::now()).await?;
    // What waited behind it may go on.
    app.shared.outbox.notify_one();
    Ok(Redirect::to("/outbox").into_response())
}
