//! Lists that are read a piece at a time, each piece beginning after the last thing of the one before: what comes or goes meanwhile
//! neither repeats nor hides anything else.

use async_trait::async_trait;
use protocol::id::TenantId;

use crate::{
    contact::Contact,
    desk::CustomerId,
    error::StoreError,
    outbox::{OutboxEntry, OutboxState},
};

/// Pieces of lists that have no cursor of their own.
#[async_trait]
pub trait ListingRecords: Send + Sync {
    /// A tenant's contacts after this one, in the order in which they became known, with this text in name, company, e-mail, telephone,
    /// document or a field of the company's own. One that was merged into another is not among them.
    async fn customers_after(
        &self,
        tenant: TenantId,
        search: &str,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Result<Vec<Contact>, StoreError>;
    /// A tenant's outbox rows before this one that are in one of these states, newest first.
    async fn outbox_before(
        &self,
        tenant: TenantId,
        states: &[OutboxState],
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<OutboxEntry>, StoreError>;
}
