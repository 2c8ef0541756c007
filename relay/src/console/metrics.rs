//! Figures of the running relay for Prometheus: how many are here, what waits to be told, whether the records can be read.
//!
//! Of all companies together, and only for this machine: from elsewhere there is no such page. Must never hold a name, a customer's
//! ID or an address; apps are told apart by their ids.

use std::fmt::{Display, Write as _};

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
    let mut text = Figures::default();
    text.gauge("programs", "Registered programs that are connected.", count(shared.directory.count()));
    text.gauge("customers_waiting", "Customers in waiting lists.", count(shared.directory.waiting_total()));
    text.head("app_customers_waiting", "gauge", "Customers in the waiting list of an app.");
    for (tenant, apps) in shared.directory.apps_waited_for() {
        for of in apps {
            let waiting = shared.directory.waiting_count_of(tenant, |id| id == of);
            text.line(&format!("app_customers_waiting{{app=\"{of}\"}}"), waiting);
        }
    }
    text.gauge("sessions", "Sessions that are dialled or under way.", count(shared.sessions.count()));
    text.counter("logins_refused_total", "Passwords, codes and passkeys that were refused.", shared.accounts.refused());
    let built = shared.programs.built();
    text.head("program_build_seconds", "summary", "How long it took to make programs.");
    text.line("program_build_seconds_sum", built.took.as_secs_f64());
    text.line("program_build_seconds_count", built.made);
    text.counter("program_builds_failed_total", "Programs that could not be made.", built.failed);
    text.gauge("store_up", "Whether the records can be read.", u64::from(outbox.is_ok()));
    if let Ok(bytes) = shared.store.size_bytes().await {
        text.gauge("database_size_bytes", "Size of the records' file.", bytes);
    }
    if let Ok(outbox) = outbox {
        text.gauge("outbox_pending", "Ticket actions that wait for their turn or their time.", outbox.pending);
        text.gauge("outbox_parked", "Ticket actions that wait for a person.", outbox.parked);
        let oldest = "Age of the oldest ticket action that is due and not told.";
        text.gauge("outbox_oldest_seconds", oldest, outbox.oldest_due_s);
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text.0).into_response())
}

/// Figures as Prometheus reads them.
#[derive(Default)]
struct Figures(String);

impl Figures {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing into a text cannot fail.
        let _ = write!(self.0, "# HELP amparo_{name} {help}\n# TYPE amparo_{name} {kind}\n");
    }

    fn line(&mut self, name: &str, value: impl Display) {
        let _ = writeln!(self.0, "amparo_{name} {value}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "gauge", help);
        self.line(name, value);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "counter", help);
        self.line(name, value);
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
