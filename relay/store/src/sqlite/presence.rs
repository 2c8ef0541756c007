//! Attendants' statuses in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{id::TenantId, message::offer::Status};
use sqlx::sqlite::SqliteRow;

use super::{
    SqliteStore, error,
    row::{Columns, damaged, ms, word},
};
use crate::{
    error::StoreError,
    presence::{PresenceChange, PresenceRecords},
};

fn change(row: &SqliteRow) -> Result<PresenceChange, StoreError> {
    let status = match row.plain("status")? {
        "available" => Status::Available,
        "break" => Status::Break(row.word("reason")?),
        "offline" => Status::Offline,
        _ => return Err(damaged("status")),
    };
    Ok(PresenceChange { tenant: row.id("tenant")?, operator: row.id("operator")?, at: row.time("at")?, status })
}

#[async_trait]
impl PresenceRecords for SqliteStore {
    async fn add_presence(&self, change: &PresenceChange) -> Result<(), StoreError> {
        let (status, reason) = match change.status {
            Status::Available => ("available", None),
            Status::Break(reason) => ("break", Some(word(reason))),
            Status::Offline => ("offline", None),
        };
        sqlx::query("INSERT INTO presence (tenant, operator, at, status, reason) VALUES (?, ?, ?, ?, ?)")
            .bind(change.tenant.as_bytes().as_slice())
            .bind(change.operator.as_bytes().as_slice())
            .bind(ms(change.at))
            .bind(status)
            .bind(reason)
            .execute(&self.writer)
            .await
            .map_err(error::referring("presence", "operator"))?;
        Ok(())
    }

    async fn presence(
        &self,
        tenant: TenantId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<PresenceChange>, StoreError> {
        let sql = "SELECT * FROM presence
                   WHERE tenant = ?1 AND at < ?3
                     AND (at >= ?2 OR id IN (SELECT max(id) FROM presence WHERE tenant = ?1 AND at < ?2 GROUP BY operator))
                   ORDER BY id";
        let rows = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(ms(from))
            .bind(ms(to))
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(change).collect()
    }

    async fn nobody_is_present(&self, now: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO presence (tenant, operator, at, status)
                   SELECT tenant, operator, ?, 'offline' FROM presence
                   WHERE id IN (SELECT max(id) FROM presence GROUP BY operator) AND status <> 'offline'";
        sqlx::query(sql).bind(ms(now)).execute(&self.writer).await.map_err(error::of)?;
        Ok(())
    }
}
