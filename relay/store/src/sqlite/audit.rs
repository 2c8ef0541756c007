//! The audit log in SQLite. Triggers refuse to change or delete a line.

use async_trait::async_trait;
use protocol::id::TenantId;
use sqlx::sqlite::SqliteRow;

use super::{
    LISTED_AT_MOST, SqliteStore, error,
    row::{Columns, ms},
};
use crate::{
    audit::{AuditEntry, AuditRecords},
    error::StoreError,
};

fn entry(row: &SqliteRow) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        tenant: row.id("tenant")?,
        operator: row.id_if_any("operator")?,
        who: row.plain("who")?,
        what: row.plain("what")?,
        subject: row.plain("subject")?,
        from: row.plain("source")?,
        at: row.time("at")?,
    })
}

#[async_trait]
impl AuditRecords for SqliteStore {
    async fn audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO audit (tenant, operator, who, what, subject, source, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(entry.tenant.as_bytes().as_slice())
        .bind(entry.operator.as_ref().map(|id| id.as_bytes().as_slice()))
        .bind(&entry.who)
        .bind(&entry.what)
        .bind(&entry.subject)
        .bind(&entry.from)
        .bind(ms(entry.at))
        .execute(&self.writer)
        .await
        .map_err(error::referring("audit entry", "tenant"))?;
        Ok(())
    }

    async fn audit_list(&self, tenant: TenantId, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let rows = sqlx::query("SELECT * FROM audit WHERE tenant = ? ORDER BY id DESC LIMIT ?")
            .bind(tenant.as_bytes().as_slice())
            .bind(limit.min(LISTED_AT_MOST))
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(entry).collect()
    }
}
