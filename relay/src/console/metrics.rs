//! Figures of the running relay for Prometheus: how many are here, what waits to be told, whether the records can be read.
//!
//! Of all companies together, and only for this machine: from elsewhere there is no such page. Must never hold a name, an ID or an address.

use std::fmt::Write as _;

use axum::{
    Extension,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use super::{App, error::AppError, visitor::Source};

/// `GET /metrics`
pub(super) async fn show(
    State(app): State<App>,
    Extension(Source(source)): Extension<Source>,
) -> Result<Response, AppError> {
    if !source.to_canonical().is_loopback() {
        return Err(AppError::NotFound);
    }
    let shared = &app.shared;
    let outbox = shared.store.outbox_figures(jiff::Timestamp::now()).await;
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, value: u64| {
        // Writing into a text cannot fail.
        let _ = write!(text, "# HELP amparo_{name} {help}\n# TYPE amparo_{name} gauge\namparo_{name} {value}\n");
    };
    gauge("programs", "Registered programs that are connected.", count(shared.directory.count()));
    gauge("customers_waiting", "Customers in waiting lists.", count(shared.directory.waiting_total()));
    gauge("sessions", "Sessions that are dialled or under way.", count(shared.sessions.count()));
    gauge("store_up", "Whether the records can be read.", u64::from(outbox.is_ok()));
    if let Ok(outbox) = outbox {
        gauge("outbox_pending", "Ticket actions that wait for their turn or their time.", outbox.pending);
        gauge("outbox_parked", "Ticket actions that wait for a person.", outbox.parked);
        gauge(
            "outbox_oldest_seconds",
            "Age of the oldest ticket action that is due and not told.",
            outbox.oldest_due_s,
        );
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
