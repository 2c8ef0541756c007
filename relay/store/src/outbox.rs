//! What the ticketing system has still to be told. Written only together with the session it is about; worked off by lease.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{SessionId, TenantId, TicketNumber};

use crate::{
    connection::KeptFields,
    error::StoreError,
    reason::{Reason, Why},
    session::Session,
};

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// The session began.
    Start,
    /// The session is over.
    End,
    /// What the attendant said about it, when its end had been told already.
    WrapUp,
    /// A customer's request that nobody took.
    Missed,
}

impl EventKind {
    /// The word in markers and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::End => "end",
            Self::WrapUp => "wrap_up",
            Self::Missed => "missed",
        }
    }

    /// What a session's action of this kind is found by in a ticketing system.
    pub fn marker(self, session: SessionId) -> String {
        format!("amparo:{session}:{}", self.as_str())
    }
}

/// Where an outbox row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutboxState {
    /// Waits for its turn and its time.
    Pending,
    /// A worker has it.
    Leased,
    /// The ticketing system has it.
    Done,
    /// Waits for a person.
    Parked,
    /// A person has decided that it is not told.
    Dropped,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Which; rows of one session are in the order of their ids.
    pub id: i64,
    /// Whose.
    pub tenant: TenantId,
    /// The session it is about.
    pub session: SessionId,
    /// Its protocol number.
    pub protocol: String,
    /// What is told.
    pub kind: EventKind,
    /// What the action is found by.
    pub marker: String,
    /// Rows with the same key go one after the other.
    pub order_key: String,
    /// Where it stands.
    pub state: OutboxState,
    /// Times it was claimed.
    pub attempts: u32,
    /// An earlier attempt may have had its effect: look for the marker first.
    pub uncertain: bool,
    /// When an attempt last may have had its effect.
    pub uncertain_at: Option<Timestamp>,
    /// Not before.
    pub due_at: Timestamp,
    /// Why the last attempt failed, in the words of whoever said so.
    pub why: Option<String>,
    /// And which kind of reason that is; `None`: of none that is known.
    pub reason: Option<Reason>,
    /// The ticket it ended on.
    pub ticket: Option<TicketNumber>,
    /// The action's id in the ticketing system, where it tells one.
    pub external_id: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was done or parked.
    pub settled_at: Option<Timestamp>,
}

/// The right to settle a row; void when the lease ran out and another worker claimed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The row.
    pub entry: i64,
    /// Which claim of it.
    pub attempt: u32,
}

/// A row to be worked on, with the session as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The right to settle it.
    pub lease: Lease,
    /// The row.
    pub entry: OutboxEntry,
    /// The session it is about.
    pub session: Session,
}

/// How a claimed row goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The ticketing system has it. Sets the session's ticket in the same transaction.
    Done {
        /// On which ticket.
        ticket: TicketNumber,
        /// The action's id in the ticketing system, where it tells one.
        external_id: Option<String>,
        /// What became of the mapped fields of a ticket that was opened: what is left out is noted on the connection.
        fields: KeptFields,
    },
    /// Again, not before then.
    RetryAt {
        /// When.
        at: Timestamp,
        /// Why it failed.
        why: Why,
        /// The attempt may have had its effect. Once set it stays until the row is done.
        uncertain: bool,
    },
    /// A person has to look at it.
    Parked {
        /// What the person is told.
        why: Why,
        /// The attempt may have had its effect.
        uncertain: bool,
    },
}

/// How much is still to be told, of all companies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxFigures {
    /// Waits for its turn, its time, or an answer.
    pub pending: u64,
    /// Waits for a person.
    pub parked: u64,
    /// How long the oldest has been due that is not told, in seconds.
    pub oldest_due_s: u64,
}

/// Records of the outbox.
#[async_trait]
pub trait OutboxRecords: Send + Sync {
    /// Leases up to `limit` rows whose time and turn it is, oldest first.
    ///
    /// It is a row's turn when no older row with its order key is pending or leased, and every older row of its session is done or dropped: a
    /// parked row holds up its own session, not other sessions of the ticket. A row whose lease ran out is claimed as `uncertain`.
    async fn claim(&self, now: Timestamp, lease: Duration, limit: u32) -> Result<Vec<Claimed>, StoreError>;
    /// Settles a row. [`StoreError::Conflict`] (`lease`) when the lease is void: another has it now, nothing was written.
    async fn settle(&self, lease: Lease, how: &Settled, now: Timestamp) -> Result<(), StoreError>;
    /// Ends every lease and marks its row uncertain. For the start of the only worker of a database, after a crash.
    async fn expire_leases(&self, now: Timestamp) -> Result<u64, StoreError>;
    /// When there is something to claim next; `None` when nothing is pending or leased.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;
    /// How much is still to be told.
    async fn outbox_figures(&self, now: Timestamp) -> Result<OutboxFigures, StoreError>;
    /// A tenant's rows in one of these states (empty: pending, leased, parked), newest first.
    async fn outbox_list(
        &self,
        tenant: TenantId,
        states: &[OutboxState],
        limit: u32,
    ) -> Result<Vec<OutboxEntry>, StoreError>;
    /// A session's rows, oldest first.
    async fn outbox_of_session(&self, session: SessionId) -> Result<Vec<OutboxEntry>, StoreError>;
    /// A person has seen to it: the parked row is pending again. [`StoreError::NotFound`] when it is not parked or not the tenant's.
    async fn retry_parked(&self, tenant: TenantId, entry: i64, now: Timestamp) -> Result<(), StoreError>;
    /// The same for every parked row of the tenant. Tells how many.
    async fn retry_all_parked(&self, tenant: TenantId, now: Timestamp) -> Result<u64, StoreError>;
    /// A person has decided that the parked row is not told. [`StoreError::NotFound`] as above.
    async fn drop_parked(&self, tenant: TenantId, entry: i64, why: &str, now: Timestamp) -> Result<(), StoreError>;
}
