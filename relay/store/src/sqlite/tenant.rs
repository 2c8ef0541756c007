//! Tenants and set-up links in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::TenantId;
use sqlx::sqlite::SqliteRow;

use super::{
    SqliteStore, error, operator,
    row::{Columns, ms, word},
};
use crate::{
    app::Stamp,
    error::StoreError,
    login::TokenHash,
    operator::{NewOperator, Operator},
    tenant::{CompanyWord, NoWord, Tenant, TenantRecords},
};

fn tenant(row: &SqliteRow) -> Result<Tenant, StoreError> {
    Ok(Tenant {
        id: row.id("id")?,
        name: row.plain("name")?,
        word: word_of(row)?,
        language: row.word("language")?,
        time_zone: row.plain("time_zone")?,
        revision: row.count("revision")?,
        changed: Stamp { at: row.time("changed_at")?, by: row.plain("changed_by")? },
        created_at: row.time("created_at")?,
    })
}

fn word_of(row: &SqliteRow) -> Result<Option<CompanyWord>, StoreError> {
    let word: Option<String> = row.plain("word")?;
    let damage = |error: NoWord| StoreError::Corrupt { what: format!("tenants.word: {error}") };
    word.map(|word| word.parse().map_err(damage)).transpose()
}

#[async_trait]
impl TenantRecords for SqliteStore {
    async fn add_tenant(&self, tenant: &Tenant) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO tenants (id, name, word, language, time_zone, revision, changed_at, changed_by, created_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
        sqlx::query(sql)
            .bind(tenant.id.as_bytes().as_slice())
            .bind(&tenant.name)
            .bind(tenant.word.as_ref().map(CompanyWord::as_str))
            .bind(word(tenant.language))
            .bind(&tenant.time_zone)
            .bind(tenant.revision)
            .bind(ms(tenant.changed.at))
            .bind(&tenant.changed.by)
            .bind(ms(tenant.created_at))
            .execute(&self.writer)
            .await
            .map_err(error::unique("tenant"))?;
        Ok(())
    }

    async fn tenant(&self, id: TenantId) -> Result<Tenant, StoreError> {
        let row = sqlx::query("SELECT * FROM tenants WHERE id = ?")
            .bind(id.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await;
        tenant(&row.map_err(error::of)?.ok_or(StoreError::NotFound { what: "tenant" })?)
    }

    async fn tenant_by_word(&self, word: &CompanyWord) -> Result<Option<Tenant>, StoreError> {
        let row = sqlx::query("SELECT * FROM tenants WHERE word = ?")
            .bind(word.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        row.as_ref().map(tenant).transpose()
    }

    async fn set_tenant_word(&self, tenant: TenantId, word: &CompanyWord) -> Result<(), StoreError> {
        let done = sqlx::query("UPDATE tenants SET word = ?2 WHERE id = ?1")
            .bind(tenant.as_bytes().as_slice())
            .bind(word.as_str())
            .execute(&self.writer)
            .await
            .map_err(error::unique("word"))?;
        if done.rows_affected() == 0 { Err(StoreError::NotFound { what: "tenant" }) } else { Ok(()) }
    }

    async fn tenants(&self) -> Result<Vec<Tenant>, StoreError> {
        let rows = sqlx::query("SELECT * FROM tenants ORDER BY created_at, rowid")
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(tenant).collect()
    }

    async fn update_tenant(&self, tenant: &Tenant) -> Result<u32, StoreError> {
        let sql = "UPDATE tenants SET name = ?3, language = ?4, time_zone = ?5, changed_at = ?6, changed_by = ?7,
                       revision = revision + 1
                   WHERE id = ?1 AND revision = ?2";
        let done = sqlx::query(sql)
            .bind(tenant.id.as_bytes().as_slice())
            .bind(tenant.revision)
            .bind(&tenant.name)
            .bind(word(tenant.language))
            .bind(&tenant.time_zone)
            .bind(ms(tenant.changed.at))
            .bind(&tenant.changed.by)
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 {
            // Companies are never removed: one that is there has another revision.
            self.tenant(tenant.id).await?;
            return Err(StoreError::Conflict { what: "revision" });
        }
        Ok(tenant.revision + 1)
    }

    async fn put_setup_token(&self, tenant: TenantId, token: &TokenHash, now: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO setup_tokens (tenant, hash, created_at) VALUES (?, ?, ?)
                   ON CONFLICT (tenant) DO UPDATE SET hash = excluded.hash, created_at = excluded.created_at";
        sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(token.as_bytes().as_slice())
            .bind(ms(now))
            .execute(&self.writer)
            .await
            .map_err(error::referring("set-up link", "tenant"))?;
        Ok(())
    }

    async fn setup_tenant(&self, token: &TokenHash) -> Result<Option<TenantId>, StoreError> {
        let row = sqlx::query("SELECT tenant FROM setup_tokens WHERE hash = ?")
            .bind(token.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        row.map(|row| row.id("tenant")).transpose()
    }

    async fn complete_setup(
        &self,
        token: &TokenHash,
        company: &str,
        administrator: &NewOperator,
    ) -> Result<Operator, StoreError> {
        let mut tx = self.write().await?;
        let used = sqlx::query("DELETE FROM setup_tokens WHERE hash = ? AND tenant = ?")
            .bind(token.as_bytes().as_slice())
            .bind(administrator.tenant.as_bytes().as_slice())
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        if used.rows_affected() == 0 {
            return Err(StoreError::NotFound { what: "set-up link" });
        }
        sqlx::query("UPDATE tenants SET name = ?2, revision = revision + 1 WHERE id = ?1")
            .bind(administrator.tenant.as_bytes().as_slice())
            .bind(company)
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        let added = operator::add(&mut tx, administrator).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(added)
    }
}
