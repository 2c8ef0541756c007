//! Logins in SQLite: one table for browsers and programs, told apart by their kind so that neither token works as the other.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{
    SqliteStore, error, operator,
    row::{Columns, damaged, ms},
};
use crate::{
    error::StoreError,
    login::{CONSOLE_IDLE, CONSOLE_LIFE, Login, LoginFamily, LoginRecords, PROGRAM_LIFE, SEEN_GRANULARITY, TokenHash},
};

const CONSOLE: &str = "console";
const PROGRAM: &str = "program";

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).expect("our times are short")
}

/// Reads a login; `row` holds every column of `operators` and what it has of its own.
fn login(row: &SqliteRow) -> Result<Login, StoreError> {
    let family: Option<&[u8]> = row.plain("family")?;
    let family =
        family.map(|f| f.try_into().map(LoginFamily::from_bytes).map_err(|_| damaged("family"))).transpose()?;
    Ok(Login {
        operator: operator::operator(row)?,
        created_at: row.time("begun_at")?,
        seen_at: row.time("seen_at")?,
        family,
        factor_elsewhere: row.plain("factor_elsewhere")?,
    })
}

/// Ends every login of an operator inside a transaction.
pub(super) async fn end_all(tx: &mut SqliteConnection, operator: OperatorId) -> Result<(), StoreError> {
    let ended =
        sqlx::query("DELETE FROM logins WHERE operator = ?").bind(operator.as_bytes().as_slice()).execute(tx).await;
    ended.map_err(error::of)?;
    Ok(())
}

impl SqliteStore {
    async fn begin_login(
        &self,
        kind: &str,
        token: &TokenHash,
        family: Option<&LoginFamily>,
        tenant: TenantId,
        operator: OperatorId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO logins (hash, kind, operator, created_at, seen_at, family)
                   SELECT ?1, ?2, id, ?5, ?5, ?6 FROM operators WHERE id = ?4 AND tenant = ?3 AND disabled_at IS NULL";
        let done = sqlx::query(sql)
            .bind(token.as_bytes().as_slice())
            .bind(kind)
            .bind(tenant.as_bytes().as_slice())
            .bind(operator.as_bytes().as_slice())
            .bind(ms(now))
            .bind(family.map(|f| f.as_bytes().as_slice()))
            .execute(&self.writer)
            .await
            .map_err(error::unique("token"))?;
        if done.rows_affected() == 0 { Err(StoreError::NotFound { what: "operator" }) } else { Ok(()) }
    }

    async fn login(
        &self,
        kind: &'static str,
        token: &TokenHash,
        idle: Duration,
        life: Duration,
        now: Timestamp,
        used: bool,
    ) -> Result<Option<Login>, StoreError> {
        let sql = "SELECT o.*, l.created_at AS begun_at, l.seen_at, l.family, l.factor_elsewhere
                   FROM logins l JOIN operators o ON o.id = l.operator
                   WHERE l.hash = ?1 AND l.kind = ?2 AND o.disabled_at IS NULL AND l.seen_at > ?3 AND l.created_at > ?4";
        let row = sqlx::query(sql)
            .bind(token.as_bytes().as_slice())
            .bind(kind)
            .bind(ms(now).saturating_sub(millis(idle)))
            .bind(ms(now).saturating_sub(millis(life)))
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        let Some(row) = row else { return Ok(None) };
        let login = login(&row)?;
        if used && ms(now) - ms(login.seen_at) >= millis(SEEN_GRANULARITY) {
            self.seen("UPDATE logins SET seen_at = max(seen_at, ?2) WHERE hash = ?1", token.as_bytes(), now).await;
        }
        Ok(Some(login))
    }

    /// Writes the use of a login down. One that was ended meanwhile stays ended. Looking must work on a full disk too: then the use is not
    /// written down.
    async fn seen(&self, sql: &'static str, which: &[u8], now: Timestamp) {
        let seen = sqlx::query(sql).bind(which).bind(ms(now)).execute(&self.writer).await.map_err(error::of);
        if let Err(error) = seen {
            tracing::warn!(error = &error as &dyn std::error::Error, "the use of a login cannot be written down");
        }
    }

    async fn end_login(&self, kind: &'static str, token: &TokenHash) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM logins WHERE hash = ? AND kind = ?")
            .bind(token.as_bytes().as_slice())
            .bind(kind)
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        Ok(())
    }
}

#[async_trait]
impl LoginRecords for SqliteStore {
    async fn begin_console_session(
        &self,
        token: &TokenHash,
        family: &LoginFamily,
        tenant: TenantId,
        operator: OperatorId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.begin_login(CONSOLE, token, Some(family), tenant, operator, now).await
    }

    async fn console_session(&self, token: &TokenHash, now: Timestamp) -> Result<Option<Login>, StoreError> {
        self.login(CONSOLE, token, CONSOLE_IDLE, CONSOLE_LIFE, now, true).await
    }

    async fn console_look(&self, token: &TokenHash, now: Timestamp) -> Result<Option<Login>, StoreError> {
        self.login(CONSOLE, token, CONSOLE_IDLE, CONSOLE_LIFE, now, false).await
    }

    async fn console_is_idle(
        &self,
        token: Option<&TokenHash>,
        family: Option<&LoginFamily>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM logins l JOIN operators o ON o.id = l.operator
                   WHERE (l.hash = ?1 OR l.family = ?2) AND l.kind = 'console' AND o.disabled_at IS NULL AND l.seen_at <= ?3 AND l.created_at > ?4)";
        sqlx::query_scalar(sql)
            .bind(token.map(|token| token.as_bytes().as_slice()))
            .bind(family.map(|family| family.as_bytes().as_slice()))
            .bind(ms(now).saturating_sub(millis(CONSOLE_IDLE)))
            .bind(ms(now).saturating_sub(millis(CONSOLE_LIFE)))
            .fetch_one(&self.readers)
            .await
            .map_err(error::of)
    }

    async fn console_family(&self, family: &LoginFamily, now: Timestamp) -> Result<Option<Login>, StoreError> {
        let sql = "SELECT o.*, l.created_at AS begun_at, l.seen_at, l.family, l.factor_elsewhere
                   FROM logins l JOIN operators o ON o.id = l.operator
                   WHERE l.family = ?1 AND l.kind = 'console' AND o.disabled_at IS NULL AND l.seen_at > ?2 AND l.created_at > ?3";
        let row = sqlx::query(sql)
            .bind(family.as_bytes().as_slice())
            .bind(ms(now).saturating_sub(millis(CONSOLE_IDLE)))
            .bind(ms(now).saturating_sub(millis(CONSOLE_LIFE)))
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        row.as_ref().map(login).transpose()
    }

    async fn renew_console_token(&self, old: &TokenHash, new: &TokenHash) -> Result<(), StoreError> {
        let done = sqlx::query("UPDATE logins SET hash = ?2 WHERE hash = ?1 AND kind = 'console'")
            .bind(old.as_bytes().as_slice())
            .bind(new.as_bytes().as_slice())
            .execute(&self.writer)
            .await
            .map_err(error::unique("token"))?;
        if done.rows_affected() == 0 { Err(StoreError::NotFound { what: "login" }) } else { Ok(()) }
    }

    async fn end_console_session(&self, token: &TokenHash) -> Result<(), StoreError> {
        self.end_login(CONSOLE, token).await
    }

    async fn begin_program_login(
        &self,
        token: &TokenHash,
        tenant: TenantId,
        operator: OperatorId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.begin_login(PROGRAM, token, None, tenant, operator, now).await
    }

    async fn program_login(&self, token: &TokenHash, now: Timestamp) -> Result<Option<Login>, StoreError> {
        self.login(PROGRAM, token, PROGRAM_LIFE, PROGRAM_LIFE, now, true).await
    }

    async fn renew_program_login(&self, token: &TokenHash, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE logins SET created_at = ?2, seen_at = max(seen_at, ?2)
                   WHERE hash = ?1 AND kind = 'program' AND created_at > ?3";
        sqlx::query(sql)
            .bind(token.as_bytes().as_slice())
            .bind(ms(now))
            .bind(ms(now).saturating_sub(millis(PROGRAM_LIFE)))
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        Ok(())
    }

    async fn end_program_login(&self, token: &TokenHash) -> Result<(), StoreError> {
        self.end_login(PROGRAM, token).await
    }

    async fn end_all_logins(&self, tenant: TenantId, operator: OperatorId) -> Result<(), StoreError> {
        let sql = "DELETE FROM logins WHERE operator IN (SELECT id FROM operators WHERE id = ? AND tenant = ?)";
        sqlx::query(sql)
            .bind(operator.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        Ok(())
    }

    async fn forget_old_logins(&self, now: Timestamp) -> Result<u64, StoreError> {
        let sql = "DELETE FROM logins WHERE (kind = 'console' AND (seen_at <= ?1 OR created_at <= ?2))
                   OR (kind = 'program' AND created_at <= ?3)";
        let done = sqlx::query(sql)
            .bind(ms(now).saturating_sub(millis(CONSOLE_IDLE)))
            .bind(ms(now).saturating_sub(millis(CONSOLE_LIFE)))
            .bind(ms(now).saturating_sub(millis(PROGRAM_LIFE)))
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        Ok(done.rows_affected())
    }
}
