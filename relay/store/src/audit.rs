//! Who did what, when and from where. Only ever added to; never a password or a token in it.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};

use crate::error::StoreError;

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Whose.
    pub tenant: TenantId,
    /// Who; `None`: nobody logged in, or the system.
    pub operator: Option<OperatorId>,
    /// Their name at this time, or the login name that was tried.
    pub who: String,
    /// What, as a fixed word: `login`, `password.shown`, `operator.disabled`.
    pub what: String,
    /// On what: an id, a number, a name.
    pub subject: String,
    /// From which address.
    pub from: String,
    /// When.
    pub at: Timestamp,
}

/// Records of the audit log.
#[async_trait]
pub trait AuditRecords: Send + Sync {
    /// Adds a line.
    async fn audit(&self, entry: &AuditEntry) -> Result<(), StoreError>;
    /// A tenant's lines, newest first.
    async fn audit_list(&self, tenant: TenantId, limit: u32) -> Result<Vec<AuditEntry>, StoreError>;
}
