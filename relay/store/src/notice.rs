//! Notices: attendants who want to be told when a ticket's requester has the program open. Each is good once.
//!
//! Also of tickets of other systems: what was known of them is kept with the notice, and that they are closed once it was told.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{ConnectionId, DeviceId, OperatorId, TenantId, TicketNumber};

use crate::{desk::CustomerDetails, error::StoreError};

/// A ticket, and whose: the built-in desk's, or that of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TicketOf {
    /// Of which connection; `None`: the built-in desk.
    pub system: Option<ConnectionId>,
    /// Its number there.
    pub number: TicketNumber,
}

impl TicketOf {
    /// A ticket of the built-in desk.
    pub fn desk(number: TicketNumber) -> Self {
        Self { system: None, number }
    }
}

/// What was known of a ticket of another system when it was looked up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TicketSeen {
    /// What it is about.
    pub subject: String,
    /// Who asks.
    pub requester: CustomerDetails,
}

/// One who wants to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Which.
    pub id: i64,
    /// Whose.
    pub tenant: TenantId,
    /// Of which ticket's requester.
    pub ticket: TicketOf,
    /// What the ticket is about.
    pub subject: String,
    /// The requester.
    pub requester: CustomerDetails,
    /// Who is to be told.
    pub operator: OperatorId,
    /// Their name.
    pub operator_name: String,
    /// Until when.
    pub expires_at: Timestamp,
    /// The requester came: when, and with which program.
    pub came: Option<(Timestamp, DeviceId)>,
}

/// Records of notices.
#[async_trait]
pub trait NoticeRecords: Send + Sync {
    /// Writes one down. Who waits already on this ticket waits until the new time. `seen` is kept of a ticket of another system; the
    /// desk's are on record. [`StoreError::NotFound`] when the ticket, its connection or the operator is not the tenant's.
    async fn add_notice(
        &self,
        tenant: TenantId,
        ticket: &TicketOf,
        seen: &TicketSeen,
        operator: OperatorId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError>;
    /// Takes one back.
    async fn cancel_notice(&self, tenant: TenantId, id: i64, now: Timestamp) -> Result<(), StoreError>;
    /// Those that wait now: not expired, their ticket not resolved or closed, their operator not disabled. Of every company, or of one
    /// ticket.
    async fn open_notices(&self, of: Option<(TenantId, &TicketOf)>, now: Timestamp) -> Result<Vec<Notice>, StoreError>;
    /// The requester is here. `false`: it was told, or taken back, already.
    async fn notice_came(&self, id: i64, device: DeviceId, now: Timestamp) -> Result<bool, StoreError>;
    /// What an operator was to be told since then.
    async fn came_notices(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        since: Timestamp,
    ) -> Result<Vec<Notice>, StoreError>;
    /// A ticket of another system was looked up, and is open or not. Nobody waits on a closed one any more: how many did.
    async fn note_ticket(
        &self,
        tenant: TenantId,
        system: ConnectionId,
        number: &TicketNumber,
        open: bool,
        now: Timestamp,
    ) -> Result<u64, StoreError>;
    /// Which of these numbers are tickets of a system that something here is bound to: a notice that waits, or a session.
    async fn known_tickets(
        &self,
        tenant: TenantId,
        system: ConnectionId,
        numbers: &[TicketNumber],
    ) -> Result<Vec<TicketNumber>, StoreError>;
    /// Whether a ticket of another system was closed when it was last looked up.
    async fn is_closed(&self, system: ConnectionId, number: &TicketNumber) -> Result<bool, StoreError>;
}
