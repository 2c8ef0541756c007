//! The audit log: every line, newest first, whether the log is whole, and alarms. For administrators.

mod verified;
mod words;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect},
};
use serde::Deserialize;
use store::{AuditBreak, AuditHead, AuditLine};

use super::{
    App,
    error::{Page, page},
    shell::{Here, Shell},
    strings::{Texts, fill},
    visitor::Who,
    when::Clock,
};
pub(super) use verified::Verified;

/// Lines on one page.
const ROWS: usize = 50;
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
    /// When all of it was gone through, in words.
    whole: Option<String>,
    /// It is being gone through: lines that were seen, of how many, in words.
    walk: Option<(u64, u64, String)>,
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
    let before = lines.get(ROWS).map_or(AuditHead::NONE, |line| line.place);
    lines.truncate(ROWS);
    let next = lines.last().filter(|_| more).map(|last| last.place.seq);
    // What is read on this page is checked now, whenever all of it was.
    let shown = match (q.is_empty(), u32::try_from(lines.len()).expect("a page is small")) {
        (true, lines @ 1..) => app.shared.store.audit_verify_on(tenant, before, lines).await?.0.broken,
        _ => None,
    };
    let t = s.t;
    let walk = seen.walk.map(|(done, of)| {
        let words = fill(t.log_being_checked, &[&done.to_string(), &of.to_string()]);
        (done, of, words)
    });
    let head = app.shared.store.audit_head(tenant).await?;
    page(&AuditPage {
        rows: lines.into_iter().map(|line| LineRow::new(line, s.t, &s.clock)).collect(),
        q,
        next,
        is_first: form.before.is_none(),
        head: head.to_string(),
        short: head.short(),
        lines: fill(t.log_whole, &[&seen.lines.to_string()]),
        whole: seen.whole_at.map(|at| fill(t.log_checked_at, &[&s.clock.lately(&at)])),
        walk,
        broken: seen.broken.or(shown).map(|b| broken(t, b)),
        s,
    })
}

/// `POST /audit/verify`: goes through the whole log, beside everything else.
pub(super) async fn verify(State(app): State<App>, who: Who) -> Page {
    app.verified.walk(&app, who.operator.tenant).await?;
    Ok(Redirect::to("/audit").into_response())
}
