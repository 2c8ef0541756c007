//! Lists in pieces, in SQLite.

use async_trait::async_trait;
use protocol::id::TenantId;

use super::{
    LISTED_AT_MOST, SqliteStore,
    contact::contact,
    error, outbox,
    row::{fold, json},
};
use crate::{
    contact::Contact,
    desk::CustomerId,
    error::StoreError,
    listing::ListingRecords,
    outbox::{OutboxEntry, OutboxState},
};

#[async_trait]
impl ListingRecords for SqliteStore {
    async fn customers_after(
        &self,
        tenant: TenantId,
        search: &str,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Result<Vec<Contact>, StoreError> {
        let sql = "SELECT * FROM desk_customers
                   WHERE tenant = ?1 AND id > ?2 AND merged_into IS NULL AND (?3 = '' OR instr(search, ?3) > 0) ORDER BY id LIMIT ?4";
        let rows = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(after.map_or(i64::MIN, |id| id.0))
            .bind(fold(search.trim()))
            .bind(limit.min(LISTED_AT_MOST))
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(contact).collect()
    }

    async fn outbox_before(
        &self,
        tenant: TenantId,
        states: &[OutboxState],
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        let states: Vec<&str> = states.iter().map(|state| outbox::state_word(*state)).collect();
        let sql = "SELECT o.*, s.protocol FROM outbox o JOIN sessions s ON s.id = o.session
                   WHERE o.tenant = ?1 AND o.state IN (SELECT value FROM json_each(?2)) AND o.id < ?3
                   ORDER BY o.id DESC LIMIT ?4";
        let rows = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(json(&states))
            .bind(before.unwrap_or(i64::MAX))
            .bind(limit.min(LISTED_AT_MOST))
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(outbox::entry).collect()
    }
}
