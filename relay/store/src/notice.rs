//! Notices: attendants who want to be told when a ticket's requester has the program open. Each is good once.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{DeviceId, OperatorId, TenantId, TicketNumber};

use crate::{desk::CustomerDetails, error::StoreError};

/// One who wants to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Which.
    pub id: i64,
    /// Whose.
    pub tenant: TenantId,
    /// Of which ticket's requester.
    pub ticket: TicketNumber,
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
    /// Writes one down. Who waits already on this ticket waits until the new time.
    async fn add_notice(
        &self,
        tenant: TenantId,
        ticket: &TicketNumber,
        operator: OperatorId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError>;
    /// Takes one back.
    async fn cancel_notice(&self, tenant: TenantId, id: i64, now: Timestamp) -> Result<(), StoreError>;
    /// Those that wait now: not expired, their ticket not resolved or closed, their operator not disabled. Of every company, or of one
    /// ticket.
    async fn open_notices(
        &self,
        of: Option<(TenantId, &TicketNumber)>,
        now: Timestamp,
    ) -> Result<Vec<Notice>, StoreError>;
    /// The requester is here. `false`: it was told, or taken back, already.
    async fn notice_came(&self, id: i64, device: DeviceId, now: Timestamp) -> Result<bool, StoreError>;
    /// What an operator was to be told since then.
    async fn came_notices(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        since: Timestamp,
    ) -> Result<Vec<Notice>, StoreError>;
}
