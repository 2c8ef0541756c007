//! The audit log: every line, newest first, whether the log is whole, and alarms. For administrators.

mod words;

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use askama::Template;
use axum::extract::{Query, State};
use protocol::id::TenantId;
use serde::Deserialize;
use store::{AuditBreak, AuditLine, AuditVerified, StoreError};
use tokio::sync::Mutex;

use super::{
    App,
    error::{Page, page},
    shell::{Here, Shell},
    strings::{Texts, fill},
    visitor::Who,
    when::Clock,
};

/// Lines on one page.
const ROWS: usize = 50;
/// How long a log that was found whole is not gone through again: leafing through it costs nothing.
const WHOLE_FOR: Duration = Duration::from_secs(60);

/// What going through each company's log has shown lately. One is gone through at a time.
#[derive(Clone, Default)]
pub(super) struct Verified(Arc<Mutex<HashMap<TenantId, (Instant, AuditVerified)>>>);

impl Verified {
    async fn of(&self, app: &App, tenant: TenantId) -> Result<AuditVerified, StoreError> {
        let mut known = self.0.lock().await;
        if let Some((at, seen)) = known.get(&tenant)
            && at.elapsed() < WHOLE_FOR
        {
            return Ok(seen.clone());
        }
        let seen = app.shared.store.audit_verify(tenant, None).await?;
        known.remove(&tenant);
        if seen.broken.is_none() {
            known.insert(tenant, (Instant::now(), seen.clone()));
        }
        Ok(seen)
    }
}

/// Where a page begins.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct AuditForm {
    q: String,
    before: Option<u64>,
}

struct LineRow {
    seq: u64,
    at: String,
    day: String,
    who: String,
    what: &'static str,
    /// The fixed word, when there are no words for it.
    word: String,
    subject: String,
    detail: String,
    from: String,
    hash: String,
    alarm: bool,
}

impl LineRow {
    fn new(line: AuditLine, t: &'static Texts, clock: &Clock) -> Self {
        let AuditLine { entry, place } = line;
        let what = words::meaning(t.language, &entry.what);
        Self {
            seq: place.seq,
            at: clock.time(&entry.at),
            day: clock.day(&entry.at),
            who: entry.who,
            what: what.unwrap_or_default(),
            word: if what.is_none() { entry.what.clone() } else { String::new() },
            subject: entry.subject,
            detail: entry.detail,
            from: entry.from,
            hash: place.short().split_once(':').map_or_else(String::new, |(_, hash)| hash.to_owned()),
            alarm: entry.what == store::ALARM,
        }
    }
}

fn broken(t: &'static Texts, broken: AuditBreak) -> String {
    match broken {
        AuditBreak::Missing { seq } => fill(t.line_missing, &[&seq.to_string()]),
        AuditBreak::Changed { seq } => fill(t.line_changed, &[&seq.to_string()]),
        AuditBreak::Cut { expected, last } => fill(t.log_cut, &[&last.to_string(), &expected.to_string()]),
        AuditBreak::Rewritten { seq } => fill(t.log_rewritten, &[&seq.to_string()]),
    }
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    s: Shell,
    q: String,
    rows: Vec<LineRow>,
    /// Where the next page begins.
    next: Option<u64>,
    is_first: bool,
    /// The head in full, as `amparo-relay audit verify` takes it.
    head: String,
    short: String,
    lines: String,
    broken: Option<String>,
}

impl AuditPage {
    /// Whether the row is the first of its day.
    fn begins_day(&self, index: &usize) -> bool {
        index.checked_sub(1).is_none_or(|before| self.rows[before].day != self.rows[*index].day)
    }
}

/// `GET /audit`
pub(super) async fn list(State(app): State<App>, who: Who, Query(form): Query<AuditForm>) -> Page {
    let s = Shell::load(&app, &who, Here::Audit).await?;
    let tenant = who.operator.tenant;
    let seen = app.verified.of(&app, tenant).await?;
    let limit = u32::try_from(ROWS + 1).expect("a page is small");
    let q = form.q.trim().to_owned();
    let mut lines = if q.is_empty() {
        app.shared.store.audit_page(tenant, form.before, limit).await?
    } else {
        app.shared.store.audit_search(tenant, &q, &words::meant(s.t.language, &q), form.before, limit).await?
    };
    let more = lines.len() > ROWS;
    lines.truncate(ROWS);
    let next = lines.last().filter(|_| more).map(|last| last.place.seq);
    let head = app.shared.store.audit_head(tenant).await?;
    page(&AuditPage {
        rows: lines.into_iter().map(|line| LineRow::new(line, s.t, &s.clock)).collect(),
        q,
        next,
        is_first: form.before.is_none(),
        head: head.to_string(),
        short: head.short(),
        lines: fill(s.t.log_whole, &[&seen.lines.to_string()]),
        broken: seen.broken.map(|b| broken(s.t, b)),
        s,
    })
}
