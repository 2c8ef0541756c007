//! The page of one session: what happened when, its facts, its receipt, and whether all of that is still what was written and signed.
//!
//! Reached from the history, the attendance page, tickets and the links in ticketing systems, by the session's id or its protocol
//! number. Whoever does not see the session's app finds nothing here. Going through the whole log is done only when asked for.

mod check;
mod texts;
mod timeline;

use askama::Template;
use axum::extract::{Path, Query, State};
use jiff::Timestamp;
use protocol::{
    id::{ProtocolNumber, SessionId},
    message::directory::FieldKey,
};
use serde::Deserialize;
use store::{AuditBreak, AuditLink, Session, SessionState};

use self::{
    check::{Check, Lines, Signature, Verdict},
    texts::Words,
    timeline::Event,
};
use super::{
    App,
    error::{AppError, Page, page},
    session_view::{EndedRow, SessionCard},
    shell::{Here, Shell},
    strings::fill,
    visitor::Who,
    when::{between, stopwatch},
};

/// Lines of one session: a dozen and two for each lost connection; a session cut more often than this says so by the first ones.
const LINES: u32 = 500;

/// Watches that are listed: each was allowed by the customer, one after the other.
pub(super) const WATCHES: u32 = 50;

/// A session of an app that whoever asks has to do with.
async fn seen(app: &App, who: &Who, name: &str) -> Result<Session, AppError> {
    let session = match (name.parse::<SessionId>(), ProtocolNumber::new(name)) {
        (Ok(id), _) => app.shared.store.session(id).await?,
        (_, Ok(protocol)) => app.shared.store.session_by_protocol(who.operator.tenant, &protocol).await?,
        _ => return Err(AppError::NotFound),
    };
    let theirs = session.tenant == who.operator.tenant && who.reach.sees(session.app);
    theirs.then_some(session).ok_or(AppError::NotFound)
}

/// What is asked of the page.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    /// The whole log is to be gone through.
    check: Option<String>,
}

/// A line of the tamper check: colour, icon, words.
type Finding = (&'static str, &'static str, String);

/// Somebody who watched the session.
struct Watcher {
    name: String,
    /// From when to when.
    when: String,
    /// The page of their watch; `None`: whoever looks does not see it.
    link: Option<SessionId>,
}

/// Who watched a session, and whether there are more than are listed.
async fn watchers(app: &App, who: &Who, s: &Shell, session: &Session) -> Result<(Vec<Watcher>, bool), AppError> {
    let mut watches = app.shared.store.watches_of(session.tenant, &session.protocol, WATCHES + 1).await?;
    let more = watches.len() > WATCHES as usize;
    watches.truncate(WATCHES as usize);
    let watcher = |watch: &Session| {
        let from = s.clock.exact(&watch.started_at.unwrap_or(watch.dialled_at));
        Watcher {
            name: watch.attendant_name.clone(),
            when: match watch.ended_at {
                Some(to) => fill(s.t.from_to, &[&from, &s.clock.exact(&to)]),
                None => fill(s.t.since, &[&from]),
            },
            link: who.reach.sees(watch.app).then_some(watch.id),
        }
    };
    Ok((watches.iter().map(watcher).collect(), more))
}

/// What the customer typed beside name and company, with its word.
fn typed(s: &Shell, session: &Session) -> Vec<(&'static str, String)> {
    let t = s.t;
    let keys = [
        (FieldKey::Email, t.email),
        (FieldKey::Phone, t.phone),
        (FieldKey::Document, t.document),
        (FieldKey::Subject, t.subject),
    ];
    let all = keys.map(|(key, word)| (word, session.field(key).to_owned()));
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

#[derive(Template)]
#[template(path = "session.html")]
struct SessionPage {
    s: Shell,
    w: &'static Words,
    id: SessionId,
    row: EndedRow,
    card: SessionCard,
    app: String,
    allowed: String,
    start_and_end: String,
    /// What the customer typed.
    typed: Vec<(&'static str, String)>,
    watchers: Vec<Watcher>,
    more_watchers: bool,
    /// How long it was waited, and what was left, of a request that nobody took.
    missed: Option<(String, String)>,
    /// From the wish to the consent.
    until_allowed: String,
    events: Vec<Event>,
    verdict: Finding,
    lead: &'static str,
    findings: Vec<Finding>,
    /// What going through the whole log has shown, when it was asked for.
    whole: Vec<Finding>,
    mark: Option<String>,
}

/// `GET /sessions/{id}`
pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Page {
    let session = seen(&app, &who, &name).await?;
    let s = Shell::load(&app, &who, Here::History).await?;
    let w = Words::of(s.t.language);
    let about = app.shared.store.audit_about(session.tenant, session.protocol.as_str(), LINES).await?;
    let check = Check::of(&session, &about);
    let whole = if asked.check.is_some() { whole(&app, &s, w, &session).await? } else { Vec::new() };
    let (verdict, lead) = verdict(w, check.verdict);
    let (watchers, more_watchers) = watchers(&app, &who, &s, &session).await?;
    let waited = stopwatch(between(session.dialled_at, session.ended_at.unwrap_or(session.dialled_at)));
    page(&SessionPage {
        id: session.id,
        row: EndedRow::new(&session, s.t, &s.clock),
        card: SessionCard::new(&session, s.t, &s.clock),
        app: app_name(&app, &session).await?,
        allowed: allowed(&s, w, &session),
        start_and_end: start_and_end(&s, &session),
        typed: typed(&s, &session),
        watchers,
        more_watchers,
        missed: (session.state == SessionState::Missed).then(|| (waited, session.message.clone())),
        until_allowed: session.started_at.map_or("–".to_owned(), |at| stopwatch(between(session.dialled_at, at))),
        events: timeline::of(&session, &about, &s, w),
        findings: findings(w, &check, &about),
        verdict,
        lead,
        whole,
        mark: session.audit.map(|head| head.short()),
        w,
        s,
    })
}

#[derive(Template)]
#[template(path = "session_receipt.html")]
struct ReceiptPage {
    s: Shell,
    w: &'static Words,
    id: SessionId,
    card: SessionCard,
    row: EndedRow,
    company: String,
    app: String,
    allowed: String,
    start_and_end: String,
    watchers: Vec<Watcher>,
    more_watchers: bool,
    verdict: Finding,
    lead: &'static str,
    mark: Option<String>,
    mark_why: String,
    issued: String,
}

/// `GET /sessions/{id}/receipt`: the same facts on one sheet of paper.
pub(super) async fn receipt(State(app): State<App>, who: Who, Path(name): Path<String>) -> Page {
    let session = seen(&app, &who, &name).await?;
    let s = Shell::load(&app, &who, Here::History).await?;
    let w = Words::of(s.t.language);
    let about = app.shared.store.audit_about(session.tenant, session.protocol.as_str(), LINES).await?;
    let (verdict, lead) = verdict(w, Check::of(&session, &about).verdict);
    let mark = session.audit.map(|head| head.short());
    let (watchers, more_watchers) = watchers(&app, &who, &s, &session).await?;
    page(&ReceiptPage {
        id: session.id,
        row: EndedRow::new(&session, s.t, &s.clock),
        card: SessionCard::new(&session, s.t, &s.clock),
        company: session.field(FieldKey::Company).to_owned(),
        app: app_name(&app, &session).await?,
        allowed: allowed(&s, w, &session),
        start_and_end: start_and_end(&s, &session),
        watchers,
        more_watchers,
        verdict,
        lead,
        mark_why: fill(w.mark_why, &[mark.as_deref().unwrap_or_default()]),
        mark,
        issued: fill(w.receipt_of, &[&s.clock.date_time(&s.clock.now()), &who.operator.name]),
        w,
        s,
    })
}

async fn app_name(app: &App, session: &Session) -> Result<String, AppError> {
    let apps = app.shared.apps.every(session.tenant).await?;
    Ok(apps.iter().find(|a| a.id == session.app).map(|a| a.name.clone()).unwrap_or_default())
}

/// What was allowed, in words.
fn allowed(s: &Shell, w: &Words, session: &Session) -> String {
    match session.granted {
        granted if granted.control => s.t.allowed_control,
        granted if granted.view => s.t.allowed_view,
        _ => w.nothing_allowed,
    }
    .to_owned()
}

fn start_and_end(s: &Shell, session: &Session) -> String {
    let from = session.started_at.unwrap_or(session.dialled_at);
    let began = format!("{}, {}", s.clock.date(&from), s.clock.exact(&from));
    match session.ended_at {
        Some(to) => fill(s.t.from_to, &[&began, &s.clock.exact(&to)]),
        None => fill(s.t.since, &[&began]),
    }
}

fn verdict(w: &'static Words, verdict: Verdict) -> (Finding, &'static str) {
    let (colour, icon, title, lead) = match verdict {
        Verdict::Verified => ("ok", "shield-check", w.verified, w.verified_lead),
        Verdict::OneEnd => ("warn", "triangle-alert", w.one_end, w.one_end_lead),
        Verdict::Unsigned => ("warn", "triangle-alert", w.unsigned, w.unsigned_lead),
        Verdict::Disputed => ("bad", "octagon-alert", w.in_dispute, w.in_dispute_lead),
        Verdict::Altered => ("bad", "octagon-alert", w.altered, w.altered_lead),
        Verdict::Running => ("inf", "clock", w.running, w.running_lead),
        Verdict::NotAllowed => ("", "ban", w.not_allowed, w.not_allowed_lead),
        Verdict::Missed => ("", "bell", w.nobody_took, w.nobody_took_lead),
    };
    ((colour, icon, title.to_owned()), lead)
}

/// What the check has found, one line each.
fn findings(w: &'static Words, check: &Check, about: &[AuditLink]) -> Vec<Finding> {
    let ok = |text: String| ("ok", "circle-check", text);
    let bad = |text: String| ("bad", "octagon-alert", text);
    let mut found = vec![match check.lines {
        Lines::Fit(count) => ok(fill(w.lines_fit, &[&count.to_string()])),
        Lines::Altered(seq) => bad(fill(w.lines_altered, &[&seq.to_string()])),
        Lines::Gone(seq) => bad(fill(w.lines_gone, &[&seq.to_string()])),
    }];
    if !about.is_empty() {
        found.push(if check.facts { ok(w.facts_fit.to_owned()) } else { bad(w.facts_differ.to_owned()) });
    }
    if !matches!(check.verdict, Verdict::Running | Verdict::NotAllowed | Verdict::Missed) {
        for (signature, signed, missing, disputed) in [
            (check.customer, w.customer_signed, w.customer_missing, w.customer_disputed),
            (check.attendant, w.attendant_signed, w.attendant_missing, w.attendant_disputed),
        ] {
            found.push(match signature {
                Signature::Fits => ok(signed.to_owned()),
                Signature::Missing => ("warn", "circle-dashed", missing.to_owned()),
                Signature::Disputed => bad(disputed.to_owned()),
            });
        }
    }
    match check.same {
        Some(true) => found.push(ok(w.same_connection.to_owned())),
        Some(false) => found.push(bad(w.other_connection.to_owned())),
        None => {}
    }
    found
}

/// Goes through the company's whole log.
async fn whole(app: &App, s: &Shell, w: &'static Words, session: &Session) -> Result<Vec<Finding>, AppError> {
    let seen = app.verified.all(app, session.tenant).await?;
    let at = ("t3", "clock", fill(w.checked_at, &[&s.clock.exact(&Timestamp::now())]));
    let Some(broken) = seen.broken else {
        return Ok(vec![("ok", "shield-check", fill(w.log_is_whole, &[&seen.lines.to_string()])), at]);
    };
    let seq = match broken {
        AuditBreak::Missing { seq } | AuditBreak::Rewritten { seq } => i64::try_from(seq).unwrap_or(i64::MAX),
        AuditBreak::Changed { seq } => seq,
        AuditBreak::Cut { last, .. } => i64::try_from(last.saturating_add(1)).unwrap_or(i64::MAX),
    };
    let mut found = vec![("bad", "octagon-alert", fill(w.log_is_broken, &[&seq.to_string()]))];
    if session.state != SessionState::Started
        && session.audit.is_some_and(|head| i64::try_from(head.seq).is_ok_and(|head| head < seq))
    {
        found.push(("ok", "circle-check", w.log_before.to_owned()));
    }
    found.push(at);
    Ok(found)
}
