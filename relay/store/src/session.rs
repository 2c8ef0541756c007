//! Support sessions: the row of each, and that its start and its end are written together with their outbox rows.
//!
//! Reports come from two programs, twice, late or in the wrong order. What holds: a session that was allowed has exactly one start
//! and one end in the outbox, the start first; one that was never allowed has none. Each step is also a line of the audit log, written
//! by the same transaction.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::{AppId, ConnectionId, DeviceId, OperatorId, ProtocolNumber, SessionId, TenantId, TicketNumber},
    limits,
    message::{
        directory::{Field, FieldKey},
        grant::{Change, Grants, RightsChange},
        pairing::{CloseReason, Role},
        ticket::TicketChoice,
    },
};
use serde::{Deserialize, Serialize};

use crate::{TicketOf, app::Category, audit::AuditHead, error::StoreError};

/// How long the end of a session waits for what the attendant says about it, before it is told without that.
pub const WRAP_UP_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// A session that is being dialled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub tenant: TenantId,
    /// The customer's app.
    pub app: AppId,
    /// The customer's device.
    pub device: DeviceId,
    /// What the customer typed.
    pub fields: Vec<Field>,
    /// Who dials.
    pub attendant: OperatorId,
    /// Their name at this time.
    pub attendant_name: String,
    /// The ticket that was chosen.
    pub ticket: TicketChoice,
    /// When; its UTC day is the protocol number's.
    pub dialled_at: Timestamp,
}

/// Somebody wants to watch a session that is under way. App, customer and ticket are that session's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWatch {
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub tenant: TenantId,
    /// The session that is watched.
    pub watched: SessionId,
    /// Who watches.
    pub attendant: OperatorId,
    /// Their name at this time.
    pub attendant_name: String,
    /// When; its day is the protocol number's.
    pub dialled_at: Timestamp,
}

/// A session was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedSession {
    /// The number both people know it by.
    pub protocol: ProtocolNumber,
    /// The ticketing system it is told to; `None`: the built-in desk.
    pub connection: Option<ConnectionId>,
}

/// The customer allowed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// What was allowed.
    pub granted: Grants,
    /// The attendant's name as certified; empty: as dialled.
    pub attendant_name: String,
    /// When. Before the dialling: taken as then.
    pub at: Timestamp,
}

/// It is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Why.
    pub why: CloseReason,
    /// When. Before the start: taken as then.
    pub at: Timestamp,
    /// Times the connection was lost and came back.
    pub reconnects: u32,
}

/// What the attendant says about a session that is over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WrappedUp {
    /// What it was put into.
    pub category: Option<Category>,
    /// The note; may be empty.
    pub note: String,
}

/// Why nobody took a customer's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissedWhy {
    /// The app was not attended at this time.
    OutOfHours,
    /// … because of a holiday.
    Holiday,
    /// Nobody was available.
    NobodyAvailable,
    /// The customer left before anybody took it.
    GaveUp,
}

/// A request that nobody took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMissed {
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub tenant: TenantId,
    /// The customer's app.
    pub app: AppId,
    /// The customer's device.
    pub device: DeviceId,
    /// What the customer typed.
    pub fields: Vec<Field>,
    /// Why.
    pub why: MissedWhy,
    /// What the customer wants to say; may be empty.
    pub text: String,
    /// The ticket that a link has invited the customer to. It counts while the app's sessions are told to its system.
    pub ticket: Option<TicketOf>,
    /// Since when the customer waited.
    pub since: Timestamp,
    /// When it was missed; its UTC day is the protocol number's.
    pub at: Timestamp,
}

/// What a report did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kept {
    /// It was written down.
    New,
    /// It was known already; nothing was written.
    Already,
}

/// What one end of a session has signed of it, as the relay has found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seal {
    /// It fits what is recorded.
    Signed {
        /// What both ends must have signed alike.
        witness: Vec<u8>,
        /// The line's detail.
        detail: String,
    },
    /// It does not.
    Disputed {
        /// Why.
        why: String,
    },
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Not yet allowed.
    Dialling,
    /// Allowed and under way.
    Started,
    /// Allowed and over.
    Ended,
    /// Over without having been allowed.
    NotStarted,
    /// A request that nobody took: there was no attendant.
    Missed,
}

/// A session as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Which.
    pub id: SessionId,
    /// Its place in the order of dialling, for paging.
    pub row: i64,
    /// Whose.
    pub tenant: TenantId,
    /// The customer's app.
    pub app: AppId,
    /// The number both people know it by.
    pub protocol: ProtocolNumber,
    /// The customer's device.
    pub device: DeviceId,
    /// What the customer typed.
    pub fields: Vec<Field>,
    /// The customer's name from the fields; may be empty.
    pub customer_name: String,
    /// Who helped; of a missed request nobody.
    pub attendant: Option<OperatorId>,
    /// Their name at that time; of a missed request empty.
    pub attendant_name: String,
    /// The ticket that was chosen.
    pub choice: TicketChoice,
    /// The ticketing system it is told to; `None`: the built-in desk. The app's, when it was dialled.
    pub connection: Option<ConnectionId>,
    /// The ticket it is recorded on, once the ticketing system has it.
    pub ticket: Option<TicketNumber>,
    /// Where it stands.
    pub state: SessionState,
    /// What was allowed at its beginning.
    pub granted: Grants,
    /// What was allowed from when on after that, oldest first.
    pub changes: Vec<Change>,
    /// Whether it had administrator's rights from when on, oldest first; before the first it had none.
    pub rights: Vec<RightsChange>,
    /// When the attendant dialled.
    pub dialled_at: Timestamp,
    /// When the customer allowed it.
    pub started_at: Option<Timestamp>,
    /// When it was over; also of one that never started.
    pub ended_at: Option<Timestamp>,
    /// Why it was over.
    pub close_reason: Option<CloseReason>,
    /// Why nobody took it; only of a missed request.
    pub missed: Option<MissedWhy>,
    /// What the customer wanted to say; only of a missed request.
    pub message: String,
    /// Times the connection was lost and came back.
    pub reconnects: u32,
    /// How long a message between the two programs and its answer took through the server towards the end; `None`: not measured.
    pub round_trip_ms: Option<u32>,
    /// Where the audit log's chain stood after the line about its end.
    pub audit: Option<AuditHead>,
    /// When the customer raised an alarm about it.
    pub alarm_at: Option<Timestamp>,
    /// What the attendant said about it; `None`: nothing yet, or not asked.
    pub wrap_up: Option<WrappedUp>,
    /// The session that was watched in it; `None`: it is no watch.
    pub watches: Option<ProtocolNumber>,
}

impl Session {
    /// What the customer typed into this field; empty when not asked.
    pub fn field(&self, key: FieldKey) -> &str {
        self.fields.iter().find(|f| f.key == key).map_or("", |f| f.value.as_str())
    }

    /// The number to show for its ticket: the resolved one, else the chosen one.
    pub fn ticket_shown(&self) -> Option<&TicketNumber> {
        self.ticket.as_ref().or(match &self.choice {
            TicketChoice::Number(number) => Some(number),
            TicketChoice::OpenNew { .. } => None,
        })
    }
}

/// Which sessions to list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Dialled then or later.
    pub from: Option<Timestamp>,
    /// Dialled before.
    pub to: Option<Timestamp>,
    /// Of one of these apps; `None`: of any.
    pub apps: Option<Vec<AppId>>,
    /// Of this attendant.
    pub attendant: Option<OperatorId>,
    /// On this ticket.
    pub ticket: Option<TicketNumber>,
    /// Over for one of these reasons; empty: any.
    pub results: Vec<CloseReason>,
    /// Over, and at least this long.
    pub min_s: Option<u32>,
    /// Over, and at most this long.
    pub max_s: Option<u32>,
    /// Put into this category.
    pub category: Option<String>,
    /// In one of these states; empty: any.
    pub states: Vec<SessionState>,
    /// Part of a customer's, attendant's, company's name, a protocol or ticket number; empty: any.
    pub search: String,
    /// Only rows before this one ([`Session::row`]): the next page.
    pub before: Option<i64>,
    /// At most this many.
    pub limit: u32,
}

impl Default for HistoryQuery {
    fn default() -> Self {
        Self {
            from: None,
            to: None,
            apps: None,
            attendant: None,
            ticket: None,
            results: Vec::new(),
            min_s: None,
            max_s: None,
            category: None,
            states: Vec::new(),
            search: String::new(),
            before: None,
            limit: 50,
        }
    }
}

/// What is on record of a session's changes together with what is told now; `None`: nothing of it is new.
///
/// What is on record stays as it is: however often and with whatever times it is told again, each change is written down once. Only of a list
/// that is full the last may be another, how it is at last: `same` says whether two say the same but for their times.
pub(crate) fn changes_with<T: Copy>(known: &[T], told: &[T], same: impl Fn(&T, &T) -> bool) -> Option<Vec<T>> {
    let mut kept = known.to_vec();
    let new = told.get(kept.len()..)?;
    if new.is_empty() {
        let full = kept.len() == limits::CHANGES_TOLD;
        let (was, is) = (kept.pop()?, *told.last()?);
        if !full || same(&was, &is) {
            return None;
        }
        kept.push(is);
    }
    kept.extend_from_slice(new);
    Some(kept)
}

/// Records of sessions.
#[async_trait]
pub trait SessionRecords: Send + Sync {
    /// Writes a session down as dialling and gives it its protocol number: UTC date and a counter per tenant and day.
    async fn open_session(&self, session: &NewSession) -> Result<OpenedSession, StoreError>;

    /// Writes a watch down as dialling, with its own protocol number, on the ticket of the session that it watches. That must be under way
    /// and on a ticket: else [`StoreError::Conflict`] (`state`, `ticket`).
    async fn open_watch(&self, watch: &NewWatch) -> Result<OpenedSession, StoreError>;

    /// A request was missed: row, outbox row and audit line in one transaction. A ticket of the system that the app's sessions are told to
    /// is the chosen one; any other counts for nothing.
    async fn miss_request(&self, missed: &NewMissed) -> Result<OpenedSession, StoreError>;

    /// The session was allowed: row and outbox row in one transaction.
    ///
    /// After the end of a session that is on record as never started, this writes start *and* end (a report that came late).
    async fn start_session(&self, id: SessionId, started: &Started, now: Timestamp) -> Result<Kept, StoreError>;

    /// The attendant is asked about it when it is over: its end waits for the answer, [`WRAP_UP_WITHIN`] at most.
    async fn ask_wrap_up(&self, id: SessionId) -> Result<(), StoreError>;

    /// The attendant's answer, once: row and audit line in one transaction. It becomes a part of the end's action, which need not wait any
    /// longer; when that was told already, an action of its own. Before the end nothing is written: [`StoreError::Conflict`] (`state`).
    async fn wrap_up_session(&self, id: SessionId, said: &WrappedUp, now: Timestamp) -> Result<Kept, StoreError>;

    /// What the customer has allowed or taken back during it, all of it so far: row and audit lines of what is new in one transaction. Of a
    /// session that has not begun nothing is written: [`StoreError::Conflict`] (`state`).
    async fn change_session(&self, id: SessionId, changes: &[Change], now: Timestamp) -> Result<Kept, StoreError>;

    /// Whether it has had administrator's rights, all of it so far: row and audit lines of what is new in one transaction. Of a session that
    /// has not begun nothing is written: [`StoreError::Conflict`] (`state`).
    async fn change_rights(&self, id: SessionId, rights: &[RightsChange], now: Timestamp) -> Result<Kept, StoreError>;

    /// How long a message and its answer take through the server, for what is told of the session's end: before it, or not at all.
    async fn note_round_trip(&self, id: SessionId, round_trip_ms: u32) -> Result<(), StoreError>;

    /// The session is over: row and outbox row in one transaction. One that never started is closed without an outbox row.
    async fn end_session(&self, id: SessionId, ended: &Ended, now: Timestamp) -> Result<Kept, StoreError>;

    /// The customer says that something was wrong: row and audit line in one transaction. Of a session that never began, too.
    async fn alarm_session(&self, id: SessionId, at: Timestamp, now: Timestamp) -> Result<Kept, StoreError>;

    /// One end's signature of a session that is over, once per end: row and audit line in one transaction. When both ends have signed and
    /// their witnesses differ, another line says so.
    async fn seal_session(&self, id: SessionId, role: Role, seal: &Seal, now: Timestamp) -> Result<Kept, StoreError>;

    /// One session of any tenant: programs name it by its random id and prove their part in it.
    async fn session(&self, id: SessionId) -> Result<Session, StoreError>;
    /// One session of the tenant, by its protocol number.
    async fn session_by_protocol(&self, tenant: TenantId, protocol: &ProtocolNumber) -> Result<Session, StoreError>;
    /// The sessions in which this one of the tenant was watched, oldest first; those that the customer never allowed are not among them.
    async fn watches_of(
        &self,
        tenant: TenantId,
        watched: &ProtocolNumber,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError>;
    /// Sessions of every tenant that are dialling or started, oldest first: what a restart has to wait for or to end.
    async fn unfinished_sessions(&self) -> Result<Vec<Session>, StoreError>;
    /// A tenant's sessions, newest first.
    async fn history(&self, tenant: TenantId, query: &HistoryQuery) -> Result<Vec<Session>, StoreError>;
    /// How many of a tenant's sessions fit, whatever the query's own limit; no more than `at_most` are counted.
    async fn count_history(&self, tenant: TenantId, query: &HistoryQuery, at_most: u32) -> Result<u32, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes_with(known: &[Change], told: &[Change]) -> Option<Vec<Change>> {
        super::changes_with(known, told, |was, is| was.granted == is.granted)
    }

    #[test]
    fn a_list_that_is_full_says_how_it_is_at_last_and_grows_no_more() {
        let of = |granted, at_unix_ms| Change { granted, at_unix_ms };
        let full = vec![of(Grants::VIEW, 1); limits::CHANGES_TOLD];
        let mut told = full.clone();
        told[0] = of(Grants::CONTROL, 9);
        assert_eq!(changes_with(&full, &told), None, "what is on record stays");
        told[limits::CHANGES_TOLD - 1] = of(Grants::CONTROL, 9);
        let kept = changes_with(&full, &told).unwrap_or_default();
        assert_eq!(
            (kept.len(), kept[0], kept[limits::CHANGES_TOLD - 1]),
            (full.len(), full[0], of(Grants::CONTROL, 9))
        );
        assert_eq!(changes_with(&[], &full[..2]), Some(full[..2].to_vec()));
        assert_eq!(changes_with(&full[..3], &full[..2]), None);
        assert_eq!(changes_with(&[], &[]), None);
    }
}
