//! A recorded session as pages show it: a row of a list, or the card on a ticket.
//!
//! Used by attendance, history and tickets, so that the same session reads the same everywhere.

use protocol::{
    id::{ConnectionId, SessionId, TicketNumber},
    message::directory::FieldKey,
};
use store::{Session, SessionState, TicketOf};

use super::{
    shell,
    strings::{Texts, fill},
    watching,
    when::{Clock, between, spoken, stopwatch},
};

/// A ticket's number, and its page in the console: at the desk, or the one that stands for a ticket of another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TicketLink {
    pub(super) number: String,
    pub(super) page: String,
}

impl TicketLink {
    pub(super) fn new(system: Option<ConnectionId>, number: &TicketNumber) -> Self {
        let page = crate::notice::page_of(&TicketOf { system, number: number.clone() });
        Self { number: number.as_str().to_owned(), page }
    }
}

/// A session in a list.
#[derive(Clone)]
pub(super) struct EndedRow {
    pub(super) row: i64,
    pub(super) id: SessionId,
    pub(super) day: String,
    pub(super) began: String,
    pub(super) customer: String,
    pub(super) company: String,
    pub(super) attendant: String,
    /// Its app, where a list has several.
    pub(super) app: String,
    pub(super) result: (&'static str, &'static str, &'static str),
    /// What the attendant put it into; empty: nothing.
    pub(super) category: String,
    pub(super) duration: String,
    pub(super) ticket: Option<TicketLink>,
    pub(super) protocol: String,
    /// Never allowed: it is on no ticket.
    pub(super) never: bool,
    /// The customer raised an alarm.
    pub(super) alarm: bool,
    /// Nobody was helped in it: another session was watched.
    pub(super) is_watch: bool,
    pub(super) oob: bool,
}

impl EndedRow {
    pub(super) fn new(s: &Session, t: &'static Texts, clock: &Clock) -> Self {
        let began = s.started_at.unwrap_or(s.dialled_at);
        let result = match (&s.close_reason, s.state) {
            (Some(why), _) => shell::result(t, why),
            (None, SessionState::Missed) => shell::missed(t, s.missed),
            (None, SessionState::Started) => ("inf", "circle-dot", t.under_way),
            (None, _) => ("t3", "circle-dashed", t.dialling),
        };
        let duration = match (s.started_at, s.ended_at) {
            (Some(from), Some(to)) => stopwatch(between(from, to)),
            (Some(from), None) => stopwatch(between(from, clock.now())),
            // How long the customer waited in vain is no duration of a session.
            (None, _) => "–".to_owned(),
        };
        Self {
            row: s.row,
            id: s.id,
            day: clock.day(&began),
            began: clock.time(&began),
            customer: s.customer_name.clone(),
            company: s.field(FieldKey::Company).to_owned(),
            attendant: s.attendant_name.clone(),
            app: String::new(),
            result,
            category: category(s).to_owned(),
            duration,
            ticket: s.ticket_shown().map(|number| TicketLink::new(s.connection, number)),
            protocol: s.protocol.to_string(),
            never: s.state == SessionState::NotStarted,
            alarm: s.alarm_at.is_some(),
            is_watch: s.watches.is_some(),
            oob: false,
        }
    }
}

/// A session on its ticket.
pub(super) struct SessionCard {
    pub(super) title: String,
    /// Where its page is; `None`: whoever looks does not see its app.
    pub(super) link: Option<SessionId>,
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
    /// What stands before it, and the protocol number of the session that was watched in this one.
    pub(super) watched: Option<(&'static str, String)>,
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
            link: None,
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
            watched: s
                .watches
                .as_ref()
                .map(|number| (watching::Words::of(t.language).watched_session, number.to_string())),
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
    /// Where its page is; `None`: whoever looks does not see its app.
    pub(super) link: Option<SessionId>,
    pub(super) when: String,
    pub(super) duration: String,
    pub(super) attendant: String,
}

impl Mention {
    pub(super) fn new(s: &Session, seen: bool, clock: &Clock) -> Self {
        let from = s.started_at.unwrap_or(s.dialled_at);
        let duration = s.ended_at.map_or("…".to_owned(), |to| spoken(between(from, to)));
        Self { link: seen.then_some(s.id), when: clock.date_time(&from), duration, attendant: s.attendant_name.clone() }
    }
}
