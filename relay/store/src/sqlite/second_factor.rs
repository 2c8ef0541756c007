//! Second factors in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};
use sqlx::SqliteConnection;

use super::{
    SqliteStore, error,
    row::{Columns, damaged, ms},
};
use crate::{
    error::StoreError,
    login::TokenHash,
    second_factor::{SecondFactor, SecondFactorRecords},
};

/// Steps are half minutes since 1970.
fn column(step: u64) -> Result<i64, StoreError> {
    i64::try_from(step).map_err(|_| damaged("last_step"))
}

/// The operator is of this tenant.
pub(super) async fn known(tx: &mut SqliteConnection, tenant: TenantId, operator: OperatorId) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT 1 FROM operators WHERE id = ? AND tenant = ?")
        .bind(operator.as_bytes().as_slice())
        .bind(tenant.as_bytes().as_slice())
        .fetch_optional(tx)
        .await
        .map_err(error::of)?;
    row.map(drop).ok_or(StoreError::NotFound { what: "operator" })
}

/// Whether there is an app or a passkey.
pub(super) async fn has_any(tx: &mut SqliteConnection, operator: OperatorId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 WHERE EXISTS (SELECT 1 FROM second_factors WHERE operator = ?1) OR EXISTS (SELECT 1 FROM passkeys WHERE operator = ?1)";
    let row = sqlx::query(sql).bind(operator.as_bytes().as_slice()).fetch_optional(tx).await.map_err(error::of)?;
    Ok(row.is_some())
}

pub(super) async fn replace_codes(
    tx: &mut SqliteConnection,
    operator: OperatorId,
    codes: &[TokenHash],
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM recovery_codes WHERE operator = ?")
        .bind(operator.as_bytes().as_slice())
        .execute(&mut *tx)
        .await
        .map_err(error::of)?;
    for code in codes {
        sqlx::query("INSERT INTO recovery_codes (operator, hash) VALUES (?, ?)")
            .bind(operator.as_bytes().as_slice())
            .bind(code.as_bytes().as_slice())
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
    }
    Ok(())
}

#[async_trait]
impl SecondFactorRecords for SqliteStore {
    async fn second_factor(&self, tenant: TenantId, operator: OperatorId) -> Result<Option<SecondFactor>, StoreError> {
        let sql = "SELECT f.* FROM second_factors f JOIN operators o ON o.id = f.operator WHERE f.operator = ? AND o.tenant = ?";
        let row = sqlx::query(sql)
            .bind(operator.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(SecondFactor {
            sealed: row.plain("sealed")?,
            last_step: u64::try_from(row.plain::<i64>("last_step")?).map_err(|_| damaged("last_step"))?,
            since: row.time("since")?,
        }))
    }

    async fn second_factors(&self, tenant: TenantId) -> Result<Vec<OperatorId>, StoreError> {
        let sql = "SELECT o.id AS operator FROM operators o WHERE o.tenant = ? AND
                   (EXISTS (SELECT 1 FROM second_factors f WHERE f.operator = o.id)
                    OR EXISTS (SELECT 1 FROM passkeys p WHERE p.operator = o.id))";
        let rows =
            sqlx::query(sql).bind(tenant.as_bytes().as_slice()).fetch_all(&self.readers).await.map_err(error::of)?;
        rows.iter().map(|row| row.id("operator")).collect()
    }

    async fn add_second_factor(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        sealed: &[u8],
        used_step: u64,
        recovery: &[TokenHash],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        known(&mut tx, tenant, operator).await?;
        sqlx::query("INSERT INTO second_factors (operator, sealed, last_step, since) VALUES (?, ?, ?, ?)")
            .bind(operator.as_bytes().as_slice())
            .bind(sealed)
            .bind(column(used_step)?)
            .bind(ms(now))
            .execute(&mut *tx)
            .await
            .map_err(error::unique("second factor"))?;
        replace_codes(&mut tx, operator, recovery).await?;
        tx.commit().await.map_err(error::of)
    }

    async fn remove_second_factor(&self, tenant: TenantId, operator: OperatorId) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        known(&mut tx, tenant, operator).await?;
        let had = has_any(&mut tx, operator).await?;
        for sql in ["DELETE FROM second_factors WHERE operator = ?", "DELETE FROM passkeys WHERE operator = ?"] {
            let deleting = sqlx::query(sql).bind(operator.as_bytes().as_slice());
            deleting.execute(&mut *tx).await.map_err(error::of)?;
        }
        replace_codes(&mut tx, operator, &[]).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(had)
    }

    async fn remove_authenticator(&self, tenant: TenantId, operator: OperatorId) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        known(&mut tx, tenant, operator).await?;
        let done = sqlx::query("DELETE FROM second_factors WHERE operator = ?")
            .bind(operator.as_bytes().as_slice())
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        if !has_any(&mut tx, operator).await? {
            replace_codes(&mut tx, operator, &[]).await?;
        }
        tx.commit().await.map_err(error::of)?;
        Ok(done.rows_affected() > 0)
    }

    async fn use_step(&self, tenant: TenantId, operator: OperatorId, step: u64) -> Result<bool, StoreError> {
        let sql = "UPDATE second_factors SET last_step = ?3 WHERE operator = ?1 AND last_step < ?3
                   AND operator IN (SELECT id FROM operators WHERE tenant = ?2)";
        let done = sqlx::query(sql)
            .bind(operator.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .bind(column(step)?)
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        Ok(done.rows_affected() > 0)
    }

    async fn recovery_left(&self, tenant: TenantId, operator: OperatorId) -> Result<u32, StoreError> {
        let sql = "SELECT count(*) AS unused FROM recovery_codes c JOIN operators o ON o.id = c.operator
                   WHERE c.operator = ? AND o.tenant = ? AND c.used_at IS NULL";
        let row = sqlx::query(sql)
            .bind(operator.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .fetch_one(&self.readers)
            .await
            .map_err(error::of)?;
        row.count("unused")
    }

    async fn recovery_code(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        code: &TokenHash,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM recovery_codes c JOIN operators o ON o.id = c.operator
                   WHERE c.operator = ? AND o.tenant = ? AND c.hash = ? AND c.used_at IS NULL";
        let row = sqlx::query(sql)
            .bind(operator.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .bind(code.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        Ok(row.is_some())
    }

    async fn use_recovery_code(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        code: &TokenHash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE recovery_codes SET used_at = ?4 WHERE operator = ?1 AND hash = ?3 AND used_at IS NULL
                   AND operator IN (SELECT id FROM operators WHERE tenant = ?2)";
        let done = sqlx::query(sql)
            .bind(operator.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .bind(code.as_bytes().as_slice())
            .bind(ms(now))
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        Ok(done.rows_affected() > 0)
    }

    async fn replace_recovery_codes(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        codes: &[TokenHash],
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        known(&mut tx, tenant, operator).await?;
        if !has_any(&mut tx, operator).await? {
            return Err(StoreError::NotFound { what: "second factor" });
        }
        replace_codes(&mut tx, operator, codes).await?;
        tx.commit().await.map_err(error::of)
    }

    async fn second_factor_required(&self, tenant: TenantId) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT required FROM second_factor_rules WHERE tenant = ?")
            .bind(tenant.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        row.map_or(Ok(false), |row| row.plain("required"))
    }

    async fn require_second_factor(&self, tenant: TenantId, required: bool) -> Result<(), StoreError> {
        let sql = "INSERT INTO second_factor_rules (tenant, required) VALUES (?, ?)
                   ON CONFLICT (tenant) DO UPDATE SET required = excluded.required";
        sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(required)
            .execute(&self.writer)
            .await
            .map_err(error::referring("second factor", "tenant"))?;
        Ok(())
    }

    async fn lacks_second_factor(&self, tenant: TenantId, operator: OperatorId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM second_factor_rules r WHERE r.tenant = ?1 AND r.required
                   AND NOT EXISTS (SELECT 1 FROM second_factors f WHERE f.operator = ?2)
                   AND NOT EXISTS (SELECT 1 FROM passkeys p WHERE p.operator = ?2)";
        let row = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(operator.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        Ok(row.is_some())
    }
}
