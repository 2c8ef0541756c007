//! Passkeys in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};
use sqlx::{Row, sqlite::SqliteRow};

use super::{
    SqliteStore, error,
    row::{Columns, ms},
    second_factor::{has_any, known, replace_codes},
};
use crate::{
    error::StoreError,
    login::TokenHash,
    passkey::{NewPasskey, PASSKEYS_PER_OPERATOR, Passkey, PasskeyId, PasskeyRecords},
};

fn passkey(row: &SqliteRow) -> Result<Passkey, StoreError> {
    Ok(Passkey {
        id: PasskeyId(row.plain("id")?),
        operator: row.id("operator")?,
        name: row.plain("name")?,
        credential: row.plain("credential")?,
        public_key: row.plain("public_key")?,
        counter: row.count("counter")?,
        made_at: row.time("made_at")?,
        used_at: row.time_if_any("used_at")?,
    })
}

#[async_trait]
impl PasskeyRecords for SqliteStore {
    async fn passkeys(&self, tenant: TenantId, operator: OperatorId) -> Result<Vec<Passkey>, StoreError> {
        let sql = "SELECT p.* FROM passkeys p JOIN operators o ON o.id = p.operator
                   WHERE p.operator = ? AND o.tenant = ? ORDER BY p.id";
        let rows = sqlx::query(sql)
            .bind(operator.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(passkey).collect()
    }

    async fn passkey(&self, tenant: TenantId, credential: &[u8]) -> Result<Option<Passkey>, StoreError> {
        let sql = "SELECT p.* FROM passkeys p JOIN operators o ON o.id = p.operator
                   WHERE p.credential = ? AND o.tenant = ?";
        let row = sqlx::query(sql)
            .bind(credential)
            .bind(tenant.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        row.as_ref().map(passkey).transpose()
    }

    async fn add_passkey(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        passkey: NewPasskey<'_>,
        recovery: &[TokenHash],
    ) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        known(&mut tx, tenant, operator).await?;
        let first = !has_any(&mut tx, operator).await?;
        let row = sqlx::query("SELECT count(*) FROM passkeys WHERE operator = ?")
            .bind(operator.as_bytes().as_slice())
            .fetch_one(&mut *tx)
            .await
            .map_err(error::of)?;
        if row.try_get::<i64, _>(0).map_err(error::of)? >= i64::from(PASSKEYS_PER_OPERATOR) {
            return Err(StoreError::Conflict { what: "passkeys" });
        }
        let sql =
            "INSERT INTO passkeys (operator, name, credential, public_key, counter, made_at) VALUES (?, ?, ?, ?, ?, ?)";
        sqlx::query(sql)
            .bind(operator.as_bytes().as_slice())
            .bind(passkey.name)
            .bind(passkey.credential)
            .bind(passkey.public_key)
            .bind(i64::from(passkey.counter))
            .bind(ms(passkey.made_at))
            .execute(&mut *tx)
            .await
            .map_err(error::unique("passkey"))?;
        if first {
            replace_codes(&mut tx, operator, recovery).await?;
        }
        tx.commit().await.map_err(error::of)?;
        Ok(first)
    }

    async fn remove_passkey(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        passkey: PasskeyId,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        known(&mut tx, tenant, operator).await?;
        let done = sqlx::query("DELETE FROM passkeys WHERE id = ? AND operator = ?")
            .bind(passkey.0)
            .bind(operator.as_bytes().as_slice())
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound { what: "passkey" });
        }
        if !has_any(&mut tx, operator).await? {
            replace_codes(&mut tx, operator, &[]).await?;
        }
        tx.commit().await.map_err(error::of)
    }

    async fn use_passkey(
        &self,
        tenant: TenantId,
        passkey: PasskeyId,
        counter: u32,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE passkeys SET counter = ?3, used_at = ?4 WHERE id = ?1
                   AND (?3 > counter OR (?3 = 0 AND counter = 0))
                   AND operator IN (SELECT id FROM operators WHERE tenant = ?2)";
        let done = sqlx::query(sql)
            .bind(passkey.0)
            .bind(tenant.as_bytes().as_slice())
            .bind(i64::from(counter))
            .bind(ms(now))
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        Ok(done.rows_affected() > 0)
    }
}
