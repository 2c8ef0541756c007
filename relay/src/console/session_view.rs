//! A recorded session as pages show it: a row of a list, or the card on a ticket.
//!
//! Used by attendance, history and tickets, so that the same session reads the same everywhere.

use protocol::message::directory::FieldKey;
use store::{Session, SessionState};

use super::{
    shell,
    strings::{Texts, fill},
    when::{Clock, between, spoken, stopwatch},
};

/// A session in a list.
#[derive(Clone)]
pub(super) struct EndedRow {
    pub(super) row: i64,
    pub(super) day: String,
    pub(super) began: String,
    pub(super) customer: String,
    pub(super) company: String,
    pub(super) attendant: String,
    pub(super) result: (&'static str, &'static str, &'static str),
    /// What the attendant put it into; empty: nothing.
    pub(super) category: String,
    pub(super) duration: String,
    pub(super) ticket: Option<String>,
    /// The ticket is of the built-in desk.
    pub(super) at_desk: bool,
    pub(super) protocol: String,
    /// Never allowed: it is on no ticket.
    pub(super) never: bool,
    /// The customer raised an alarm.
    pub(super) alarm: bool,
    pub(super) oob: bool,
}

impl EndedRow {
    pub(super) fn new(s: &Session, t: &'static Texts, clock: &Clock) -> Self {
        let began = s.started_at.unwrap_or(s.dialled_at);
        let result = match (&s.close_reason, s.state) {
            (Some(why), _) => shell::result(t, why),
            (None, SessionState::Started) => ("inf", "circle-dot", t.under_way),
            (None, _) => ("t3", "circle-dashed", t.dialling),
        };
        let duration = match (s.started_at, s.ended_at) {
            (Some(from), Some(to)) => stopwatch(between(from, to)),
            (Some(from), None) => stopwatch(between(from, clock.now())),
            (None, _) => "–".to_owned(),
        };
        Self {
            row: s.row,
            day: clock.day(&began),
            began: clock.time(&began),
            customer: s.customer_name.clone(),
            company: s.field(FieldKey::Company).to_owned(),
            attendant: s.attendant_name.clone(),
            result,
            category: category(s).to_owned(),
            duration,
            ticket: s.ticket_shown().map(|n| n.as_str().to_owned()),
            at_desk: s.connection.is_none(),
            protocol: s.protocol.to_string(),
            never: s.state == SessionState::NotStarted,
            alarm: s.alarm_at.is_some(),
            oob: false,
        }
    }
}

/// A session on its ticket.
pub(super) struct SessionCard {
    pub(super) title: String,
    pub(super) protocol: String,
    pub(super) when: String,
    pub(super) allowed: &'static str,
    pub(super) attendant: String,
    pub(super) customer: String,
    pub(super) reconnects: u32,
    /// The customer raised an alarm.
    pub(super) alarm: bool,
    /// What the attendant put it into; empty: nothing.
    pub(super) category: String,
    /// … and whether that means that the customer was helped.
    pub(super) outcome: &'static str,
    /// What the attendant noted.
    pub(super) note: String,
    /// Nothing while it is under way.
    pub(super) result: Option<(&'static str, &'static str, &'static str)>,
}

impl SessionCard {
    pub(super) fn new(s: &Session, t: &'static Texts, clock: &Clock) -> Self {
        let from = s.started_at.unwrap_or(s.dialled_at);
        let (title, when) = match s.ended_at {
            Some(to) => (
                fill(t.session_of, &[&spoken(between(from, to))]),
                fill(t.from_to, &[&clock.lately(&from), &clock.time(&to)]),
            ),
            None => (t.session_running.to_owned(), fill(t.since, &[&clock.lately(&from)])),
        };
        Self {
            title,
            protocol: s.protocol.to_string(),
            when,
            allowed: if s.granted.control { t.allowed_control } else { t.allowed_view },
            attendant: s.attendant_name.clone(),
            customer: s.customer_name.clone(),
            reconnects: s.reconnects,
            alarm: s.alarm_at.is_some(),
            category: category(s).to_owned(),
            outcome: match s.wrap_up.as_ref().and_then(|said| said.category.as_ref()) {
                Some(category) if category.solved => t.solved,
                Some(_) => t.not_solved,
                None => "",
            },
            note: s.wrap_up.as_ref().map(|said| said.note.clone()).unwrap_or_default(),
            result: s.close_reason.as_ref().map(|why| shell::result(t, why)),
        }
    }
}

/// What the attendant put it into; empty: nothing, or not yet.
pub(super) fn category(s: &Session) -> &str {
    s.wrap_up.as_ref().and_then(|said| said.category.as_ref()).map_or("", |category| category.name.as_str())
}

/// A session in a ticket's margin.
pub(super) struct Mention {
    pub(super) when: String,
    pub(super) duration: String,
}

impl Mention {
    pub(super) fn new(s: &Session, clock: &Clock) -> Self {
        let from = s.started_at.unwrap_or(s.dialled_at);
        let duration = s.ended_at.map_or("…".to_owned(), |to| spoken(between(from, to)));
        Self { when: clock.date_time(&from), duration }
    }
}
