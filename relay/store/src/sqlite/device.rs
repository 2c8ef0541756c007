//! Device ids in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{DeviceId, TenantId};

use super::{
    SqliteStore, error,
    row::{Columns, ms},
};
use crate::{
    device::{DeviceRecords, Generation, NOT_REUSED_FOR},
    error::StoreError,
};

#[async_trait]
impl DeviceRecords for SqliteStore {
    async fn take_device_id(
        &self,
        tenant: TenantId,
        id: DeviceId,
        now: Timestamp,
    ) -> Result<Option<Generation>, StoreError> {
        // One statement: two takers of one id cannot both get it. The generation grows even where the clock goes back.
        let sql = "INSERT INTO device_ids (id, tenant, generation) VALUES (?1, ?2, ?3)
                   ON CONFLICT (id) DO UPDATE SET
                       tenant = excluded.tenant, generation = max(device_ids.generation + 1, excluded.generation), released_at = NULL
                   WHERE device_ids.released_at IS NOT NULL AND device_ids.released_at <= ?4
                   RETURNING generation";
        let row = sqlx::query(sql)
            .bind(i64::from(id.number()))
            .bind(tenant.as_bytes().as_slice())
            .bind(ms(now))
            .bind(ms(now) - i64::try_from(NOT_REUSED_FOR.as_millis()).expect("a day is short"))
            .fetch_optional(&self.writer)
            .await
            .map_err(error::referring("device id", "tenant"))?;
        row.map(|row| row.plain("generation")).transpose()
    }

    async fn renew_device_id(
        &self,
        tenant: TenantId,
        id: DeviceId,
        generation: Generation,
    ) -> Result<bool, StoreError> {
        let done =
            sqlx::query("UPDATE device_ids SET released_at = NULL WHERE id = ? AND tenant = ? AND generation = ?")
                .bind(i64::from(id.number()))
                .bind(tenant.as_bytes().as_slice())
                .bind(generation)
                .execute(&self.writer)
                .await
                .map_err(error::of)?;
        Ok(done.rows_affected() == 1)
    }

    async fn release_device_id(
        &self,
        tenant: TenantId,
        id: DeviceId,
        generation: Generation,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE device_ids SET released_at = ?4 WHERE id = ?1 AND tenant = ?2 AND generation = ?3 AND released_at IS NULL";
        sqlx::query(sql)
            .bind(i64::from(id.number()))
            .bind(tenant.as_bytes().as_slice())
            .bind(generation)
            .bind(ms(now))
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        Ok(())
    }

    async fn release_all_device_ids(&self, now: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query("UPDATE device_ids SET released_at = ? WHERE released_at IS NULL")
            .bind(ms(now))
            .execute(&self.writer)
            .await;
        Ok(done.map_err(error::of)?.rows_affected())
    }
}
