//! Tokens of the API in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{
    SqliteStore, error, operator,
    row::{Columns, json, ms},
};
use crate::{
    api_token::{ApiToken, ApiTokenId, ApiTokenRecords, NewApiToken, TOKENS_PER_USER, TokenLogin},
    error::StoreError,
    login::{SEEN_GRANULARITY, TokenHash},
};

/// Reads a token; `row` holds every column of `api_tokens` and the user's name.
fn token(row: &SqliteRow) -> Result<ApiToken, StoreError> {
    Ok(ApiToken {
        id: ApiTokenId(row.plain("id")?),
        operator: row.id("operator")?,
        operator_name: row.plain("operator_name")?,
        name: row.plain("name")?,
        scopes: row.json("scopes")?,
        hint: row.plain("hint")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        used_at: row.time_if_any("used_at")?,
        used_from: row.plain::<Option<String>>("used_from")?.unwrap_or_default(),
        revoked_at: row.time_if_any("revoked_at")?,
    })
}

/// Takes every token of a user back: they are let in no more.
pub(super) async fn revoke_all(
    tx: &mut SqliteConnection,
    operator: OperatorId,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE api_tokens SET revoked_at = ?2 WHERE operator = ?1 AND revoked_at IS NULL")
        .bind(operator.as_bytes().as_slice())
        .bind(ms(now))
        .execute(tx)
        .await
        .map_err(error::of)?;
    Ok(())
}

#[async_trait]
impl ApiTokenRecords for SqliteStore {
    async fn add_api_token(&self, new: &NewApiToken) -> Result<ApiTokenId, StoreError> {
        let mut tx = self.write().await?;
        let user = sqlx::query("SELECT 1 FROM operators WHERE id = ? AND tenant = ? AND disabled_at IS NULL")
            .bind(new.operator.as_bytes().as_slice())
            .bind(new.tenant.as_bytes().as_slice())
            .fetch_optional(&mut *tx)
            .await
            .map_err(error::of)?;
        if user.is_none() {
            return Err(StoreError::NotFound { what: "operator" });
        }
        let sql = "SELECT count(*) AS n FROM api_tokens WHERE operator = ? AND revoked_at IS NULL AND expires_at > ?";
        let row = sqlx::query(sql)
            .bind(new.operator.as_bytes().as_slice())
            .bind(ms(new.created_at))
            .fetch_one(&mut *tx)
            .await
            .map_err(error::of)?;
        if row.count("n")? as usize >= TOKENS_PER_USER {
            return Err(StoreError::Conflict { what: "number of tokens" });
        }
        let sql = "INSERT INTO api_tokens (tenant, operator, name, scopes, hash, hint, created_at, expires_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id";
        let row = sqlx::query(sql)
            .bind(new.tenant.as_bytes().as_slice())
            .bind(new.operator.as_bytes().as_slice())
            .bind(&new.name)
            .bind(json(&new.scopes))
            .bind(new.hash.as_bytes().as_slice())
            .bind(&new.hint)
            .bind(ms(new.created_at))
            .bind(ms(new.expires_at))
            .fetch_one(&mut *tx)
            .await
            .map_err(error::unique("token"))?;
        let id = ApiTokenId(row.plain("id")?);
        tx.commit().await.map_err(error::of)?;
        Ok(id)
    }

    async fn api_token(&self, hash: &TokenHash, from: &str, now: Timestamp) -> Result<Option<TokenLogin>, StoreError> {
        let sql = "SELECT t.*, o.name AS operator_name FROM api_tokens t JOIN operators o ON o.id = t.operator
                   WHERE t.hash = ? AND t.revoked_at IS NULL AND t.expires_at > ? AND o.disabled_at IS NULL";
        let row = sqlx::query(sql)
            .bind(hash.as_bytes().as_slice())
            .bind(ms(now))
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        let Some(row) = row else { return Ok(None) };
        let token = token(&row)?;
        let row = sqlx::query("SELECT * FROM operators WHERE id = ?")
            .bind(token.operator.as_bytes().as_slice())
            .fetch_one(&self.readers)
            .await
            .map_err(error::of)?;
        let operator = operator::operator(&row)?;
        if !operator.is_enabled() {
            return Ok(None);
        }
        let stale = token.used_at.is_none_or(|used| now.duration_since(used).unsigned_abs() >= SEEN_GRANULARITY);
        if stale || token.used_from != from {
            sqlx::query("UPDATE api_tokens SET used_at = ?2, used_from = ?3 WHERE id = ?1")
                .bind(token.id.0)
                .bind(ms(now))
                .bind(from)
                .execute(&self.writer)
                .await
                .map_err(error::of)?;
        }
        Ok(Some(TokenLogin { token, operator }))
    }

    async fn api_tokens(&self, tenant: TenantId, of: Option<OperatorId>) -> Result<Vec<ApiToken>, StoreError> {
        let sql = "SELECT t.*, o.name AS operator_name FROM api_tokens t JOIN operators o ON o.id = t.operator
                   WHERE t.tenant = ?1 AND (?2 IS NULL OR t.operator = ?2) AND t.revoked_at IS NULL ORDER BY t.id DESC";
        let rows = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(of.as_ref().map(|id| id.as_bytes().as_slice()))
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(token).collect()
    }

    async fn revoke_api_token(
        &self,
        tenant: TenantId,
        of: Option<OperatorId>,
        id: ApiTokenId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE api_tokens SET revoked_at = ?4
                   WHERE id = ?1 AND tenant = ?2 AND (?3 IS NULL OR operator = ?3) AND revoked_at IS NULL";
        let done = sqlx::query(sql)
            .bind(id.0)
            .bind(tenant.as_bytes().as_slice())
            .bind(of.as_ref().map(|id| id.as_bytes().as_slice()))
            .bind(ms(now))
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 { Err(StoreError::NotFound { what: "token" }) } else { Ok(()) }
    }
}
