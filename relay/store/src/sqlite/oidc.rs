//! Login by OpenID Connect in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};
use sqlx::SqliteConnection;

use super::{
    SqliteStore, error, login, operator,
    row::{Columns, json, ms},
};
use crate::{
    error::StoreError,
    login::TokenHash,
    oidc::{OidcIdentity, OidcProvider, OidcRecords},
    operator::Operator,
};

async fn link(
    tx: &mut SqliteConnection,
    tenant: TenantId,
    operator: OperatorId,
    identity: &OidcIdentity,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM oidc_identities WHERE operator = ?")
        .bind(operator.as_bytes().as_slice())
        .execute(&mut *tx)
        .await
        .map_err(error::of)?;
    let sql = "INSERT INTO oidc_identities (tenant, issuer, subject, operator, linked_at)
               SELECT ?1, ?2, ?3, id, ?5 FROM operators WHERE id = ?4 AND tenant = ?1";
    let done = sqlx::query(sql)
        .bind(tenant.as_bytes().as_slice())
        .bind(&identity.issuer)
        .bind(&identity.subject)
        .bind(operator.as_bytes().as_slice())
        .bind(ms(now))
        .execute(tx)
        .await
        .map_err(error::unique("identity"))?;
    if done.rows_affected() == 0 { Err(StoreError::NotFound { what: "operator" }) } else { Ok(()) }
}

#[async_trait]
impl OidcRecords for SqliteStore {
    async fn oidc_provider(&self, tenant: TenantId) -> Result<Option<OidcProvider>, StoreError> {
        let row = sqlx::query("SELECT * FROM oidc_providers WHERE tenant = ?")
            .bind(tenant.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        row.map(|row| Ok(OidcProvider { settings: row.json("settings")?, sealed: row.plain("sealed")? })).transpose()
    }

    async fn set_oidc_provider(&self, tenant: TenantId, provider: Option<&OidcProvider>) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let query = match provider {
            Some(provider) => sqlx::query(
                "INSERT INTO oidc_providers (tenant, settings, sealed) VALUES (?1, ?2, ?3)
                 ON CONFLICT (tenant) DO UPDATE SET settings = excluded.settings, sealed = excluded.sealed",
            )
            .bind(tenant.as_bytes().as_slice())
            .bind(json(&provider.settings))
            .bind(provider.sealed.as_slice()),
            None => sqlx::query("DELETE FROM oidc_providers WHERE tenant = ?1").bind(tenant.as_bytes().as_slice()),
        };
        query.execute(&mut *tx).await.map_err(error::referring("provider", "tenant"))?;
        sqlx::query(
            "UPDATE logins SET factor_elsewhere = 0 WHERE operator IN (SELECT id FROM operators WHERE tenant = ?)",
        )
        .bind(tenant.as_bytes().as_slice())
        .execute(&mut *tx)
        .await
        .map_err(error::of)?;
        tx.commit().await.map_err(error::of)
    }

    async fn oidc_identity(
        &self,
        tenant: TenantId,
        operator: OperatorId,
    ) -> Result<Option<(OidcIdentity, Timestamp)>, StoreError> {
        let row = sqlx::query("SELECT * FROM oidc_identities WHERE tenant = ? AND operator = ?")
            .bind(tenant.as_bytes().as_slice())
            .bind(operator.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        let read = |row: sqlx::sqlite::SqliteRow| {
            let identity = OidcIdentity { issuer: row.plain("issuer")?, subject: row.plain("subject")? };
            Ok((identity, row.time("linked_at")?))
        };
        row.map(read).transpose()
    }

    async fn operator_of_identity(
        &self,
        tenant: TenantId,
        identity: &OidcIdentity,
    ) -> Result<Option<Operator>, StoreError> {
        let sql = "SELECT o.* FROM oidc_identities i JOIN operators o ON o.id = i.operator AND o.tenant = i.tenant
                   WHERE i.tenant = ? AND i.issuer = ? AND i.subject = ? AND o.disabled_at IS NULL";
        let row = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(&identity.issuer)
            .bind(&identity.subject)
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        row.as_ref().map(operator::operator).transpose()
    }

    async fn link_identity(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        identity: &OidcIdentity,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        link(&mut tx, tenant, operator, identity, now).await?;
        tx.commit().await.map_err(error::of)
    }

    async fn unlink_identity(&self, tenant: TenantId, operator: OperatorId) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM oidc_identities WHERE tenant = ? AND operator = ?")
            .bind(tenant.as_bytes().as_slice())
            .bind(operator.as_bytes().as_slice())
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        Ok(done.rows_affected() > 0)
    }

    async fn use_password_link_for_identity(
        &self,
        token: &TokenHash,
        identity: &OidcIdentity,
        now: Timestamp,
    ) -> Result<Operator, StoreError> {
        let mut tx = self.write().await?;
        let found = operator::use_link(&mut tx, token, Operator::NO_PASSWORD, now).await?;
        link(&mut tx, found.tenant, found.id, identity, now).await?;
        login::end_all(&mut tx, found.id).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(found)
    }

    async fn factor_asked_elsewhere(&self, token: &TokenHash) -> Result<(), StoreError> {
        let done = sqlx::query("UPDATE logins SET factor_elsewhere = 1 WHERE hash = ? AND kind = 'console'")
            .bind(token.as_bytes().as_slice())
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 { Err(StoreError::NotFound { what: "login" }) } else { Ok(()) }
    }
}
