//! Operators in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{
    SqliteStore, api_token, enrolment, error, login,
    row::{Columns, ms},
    webhook,
};
use crate::{
    error::StoreError,
    login::TokenHash,
    operator::{NewOperator, Operator, OperatorRecords, Roles},
};

/// Whose link this is (1), if it is good then (2).
const LINKED: &str = "SELECT o.* FROM password_links l JOIN operators o ON o.id = l.operator
     WHERE l.hash = ?1 AND l.expires_at > ?2 AND o.disabled_at IS NULL";

/// Reads an operator; `row` holds every column of `operators`.
pub(super) fn operator(row: &SqliteRow) -> Result<Operator, StoreError> {
    Ok(Operator {
        id: row.id("id")?,
        tenant: row.id("tenant")?,
        login: row.plain("login")?,
        name: row.plain("name")?,
        password_hash: row.plain("password_hash")?,
        roles: Roles {
            attend: row.plain("attend")?,
            admin: row.plain("admin")?,
            may_see_passwords: row.plain("may_see_passwords")?,
            may_create_apps: row.plain("may_create_apps")?,
            may_watch: row.plain("may_watch")?,
        },
        disabled_at: row.time_if_any("disabled_at")?,
        created_at: row.time("created_at")?,
    })
}

/// Adds an operator inside a transaction.
pub(super) async fn add(tx: &mut SqliteConnection, new: &NewOperator) -> Result<Operator, StoreError> {
    let sql = "INSERT INTO operators
               (id, tenant, login, login_key, name, password_hash, attend, admin, may_see_passwords, may_create_apps,
                may_watch, created_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *";
    let row = sqlx::query(sql)
        .bind(new.id.as_bytes().as_slice())
        .bind(new.tenant.as_bytes().as_slice())
        .bind(&new.login)
        .bind(new.login.to_lowercase())
        .bind(&new.name)
        .bind(&new.password_hash)
        .bind(new.roles.attend)
        .bind(new.roles.admin)
        .bind(new.roles.may_see_passwords)
        .bind(new.roles.may_create_apps)
        .bind(new.roles.may_watch)
        .bind(ms(new.created_at))
        .fetch_one(tx)
        .await
        .map_err(error::referring("login", "tenant"))?;
    operator(&row)
}

async fn one(tx: &mut SqliteConnection, tenant: TenantId, id: OperatorId) -> Result<Operator, StoreError> {
    let row = sqlx::query("SELECT * FROM operators WHERE id = ? AND tenant = ?")
        .bind(id.as_bytes().as_slice())
        .bind(tenant.as_bytes().as_slice())
        .fetch_optional(tx)
        .await
        .map_err(error::of)?;
    operator(&row.ok_or(StoreError::NotFound { what: "operator" })?)
}

/// Somebody must be left who can administer; otherwise the change around this is rolled back.
async fn somebody_administers(tx: &mut SqliteConnection, tenant: TenantId) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT count(*) AS n FROM operators WHERE tenant = ? AND admin AND disabled_at IS NULL")
        .bind(tenant.as_bytes().as_slice())
        .fetch_one(tx)
        .await
        .map_err(error::of)?;
    if row.count("n")? == 0 { Err(StoreError::Conflict { what: "last administrator" }) } else { Ok(()) }
}

/// Uses a link for a password up inside a transaction: this hash is the user's.
pub(super) async fn use_link(
    tx: &mut SqliteConnection,
    token: &TokenHash,
    password_hash: &str,
    now: Timestamp,
) -> Result<Operator, StoreError> {
    let row = sqlx::query(LINKED)
        .bind(token.as_bytes().as_slice())
        .bind(ms(now))
        .fetch_optional(&mut *tx)
        .await
        .map_err(error::of)?
        .ok_or(StoreError::NotFound { what: "password link" })?;
    let found = operator(&row)?;
    sqlx::query("DELETE FROM password_links WHERE operator = ?")
        .bind(found.id.as_bytes().as_slice())
        .execute(&mut *tx)
        .await
        .map_err(error::of)?;
    sqlx::query("UPDATE operators SET password_hash = ?2 WHERE id = ?1")
        .bind(found.id.as_bytes().as_slice())
        .bind(password_hash)
        .execute(&mut *tx)
        .await
        .map_err(error::of)?;
    Ok(Operator { password_hash: password_hash.to_owned(), ..found })
}

#[async_trait]
impl OperatorRecords for SqliteStore {
    async fn add_operator(&self, new: &NewOperator) -> Result<Operator, StoreError> {
        let mut tx = self.write().await?;
        let added = add(&mut tx, new).await?;
        webhook::user(&mut tx, &added).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(added)
    }

    async fn operator(&self, tenant: TenantId, id: OperatorId) -> Result<Operator, StoreError> {
        one(&mut *self.readers.acquire().await.map_err(error::of)?, tenant, id).await
    }

    async fn operator_by_login(&self, tenant: TenantId, login: &str) -> Result<Option<Operator>, StoreError> {
        let row = sqlx::query("SELECT * FROM operators WHERE tenant = ? AND login_key = ?")
            .bind(tenant.as_bytes().as_slice())
            .bind(login.to_lowercase())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        row.as_ref().map(operator).transpose()
    }

    async fn operators(&self, tenant: TenantId) -> Result<Vec<Operator>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM operators WHERE tenant = ? ORDER BY disabled_at IS NOT NULL, name, login")
                .bind(tenant.as_bytes().as_slice())
                .fetch_all(&self.readers)
                .await
                .map_err(error::of)?;
        rows.iter().map(operator).collect()
    }

    async fn update_operator(
        &self,
        tenant: TenantId,
        id: OperatorId,
        name: &str,
        roles: Roles,
    ) -> Result<Operator, StoreError> {
        let mut tx = self.write().await?;
        let before = one(&mut tx, tenant, id).await?;
        let sql =
            "UPDATE operators SET name = ?2, attend = ?3, admin = ?4, may_see_passwords = ?5, may_create_apps = ?6,
                   may_watch = ?7 WHERE id = ?1";
        sqlx::query(sql)
            .bind(id.as_bytes().as_slice())
            .bind(name)
            .bind(roles.attend)
            .bind(roles.admin)
            .bind(roles.may_see_passwords)
            .bind(roles.may_create_apps)
            .bind(roles.may_watch)
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        if before.roles.admin && !roles.admin {
            somebody_administers(&mut tx, tenant).await?;
        }
        let after = one(&mut tx, tenant, id).await?;
        webhook::user(&mut tx, &after).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(after)
    }

    async fn set_operator_password(
        &self,
        tenant: TenantId,
        id: OperatorId,
        password_hash: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        one(&mut tx, tenant, id).await?;
        sqlx::query("UPDATE operators SET password_hash = ?2 WHERE id = ?1")
            .bind(id.as_bytes().as_slice())
            .bind(password_hash)
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        // A link that was on its way is over: the password it was for is there.
        sqlx::query("DELETE FROM password_links WHERE operator = ?")
            .bind(id.as_bytes().as_slice())
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        login::end_all(&mut tx, id).await?;
        tx.commit().await.map_err(error::of)
    }

    async fn put_password_link(
        &self,
        tenant: TenantId,
        id: OperatorId,
        token: &TokenHash,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        one(&mut tx, tenant, id).await?;
        sqlx::query("INSERT OR REPLACE INTO password_links (hash, tenant, operator, expires_at) VALUES (?, ?, ?, ?)")
            .bind(token.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .bind(ms(expires_at))
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        tx.commit().await.map_err(error::of)
    }

    async fn password_link(&self, token: &TokenHash, now: Timestamp) -> Result<Option<Operator>, StoreError> {
        let row = sqlx::query(LINKED)
            .bind(token.as_bytes().as_slice())
            .bind(ms(now))
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        row.as_ref().map(operator).transpose()
    }

    async fn use_password_link(
        &self,
        token: &TokenHash,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<Operator, StoreError> {
        let mut tx = self.write().await?;
        let found = use_link(&mut tx, token, password_hash, now).await?;
        login::end_all(&mut tx, found.id).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(found)
    }

    async fn set_operator_disabled(
        &self,
        tenant: TenantId,
        id: OperatorId,
        disabled: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let before = one(&mut tx, tenant, id).await?;
        if before.is_enabled() != disabled {
            return Ok(());
        }
        sqlx::query("UPDATE operators SET disabled_at = ?2 WHERE id = ?1")
            .bind(id.as_bytes().as_slice())
            .bind(disabled.then(|| ms(now)))
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        if disabled {
            if before.roles.admin {
                somebody_administers(&mut tx, tenant).await?;
            }
            login::end_all(&mut tx, id).await?;
            api_token::revoke_all(&mut tx, id, now).await?;
            enrolment::revoke(&mut tx, id).await?;
        }
        webhook::user_by_id(&mut tx, id).await?;
        tx.commit().await.map_err(error::of)
    }
}
