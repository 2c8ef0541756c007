//! Whether attendants take customers: each change, so that time in a status can be counted.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    id::{OperatorId, TenantId},
    message::offer::Status,
};

use crate::error::StoreError;

/// An attendant's status from some moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresenceChange {
    /// Whose company.
    pub tenant: TenantId,
    /// Who.
    pub operator: OperatorId,
    /// From when.
    pub at: Timestamp,
    /// Which.
    pub status: Status,
}

/// Records of attendants' statuses.
#[async_trait]
pub trait PresenceRecords: Send + Sync {
    /// Adds a change.
    async fn add_presence(&self, change: &PresenceChange) -> Result<(), StoreError>;
    /// A company's changes from `from` up to `to`, oldest first, and before them what each attendant's status was at `from`.
    async fn presence(
        &self,
        tenant: TenantId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<PresenceChange>, StoreError>;
    /// Whoever is on record as there is not: the relay has just started, and nobody is connected.
    async fn nobody_is_present(&self, now: Timestamp) -> Result<(), StoreError>;
}
