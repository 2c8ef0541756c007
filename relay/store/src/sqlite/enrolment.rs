//! Enrolments in SQLite.

use async_trait::async_trait;
use protocol::id::{OperatorId, TenantId};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{
    SqliteStore, error,
    row::{Columns, ms},
};
use crate::{
    enrolment::{AttendantCertificate, EnrolmentRecords, EnrolmentRequest},
    error::StoreError,
};

fn request(row: &SqliteRow) -> Result<EnrolmentRequest, StoreError> {
    Ok(EnrolmentRequest {
        operator: row.id("operator")?,
        tenant: row.id("tenant")?,
        login: row.plain("login")?,
        name: row.plain("name")?,
        request: row.plain("request")?,
        asked_at: row.time("asked_at")?,
    })
}

/// Takes away what a disabled operator asked for and was given; inside the transaction that disables.
pub(super) async fn revoke(tx: &mut SqliteConnection, operator: OperatorId) -> Result<(), StoreError> {
    for sql in
        ["DELETE FROM enrolment_requests WHERE operator = ?", "DELETE FROM attendant_certificates WHERE operator = ?"]
    {
        sqlx::query(sql).bind(operator.as_bytes().as_slice()).execute(&mut *tx).await.map_err(error::of)?;
    }
    Ok(())
}

async fn enabled(tx: &mut SqliteConnection, tenant: TenantId, operator: OperatorId) -> Result<(), StoreError> {
    let found = sqlx::query("SELECT 1 FROM operators WHERE id = ? AND tenant = ? AND disabled_at IS NULL")
        .bind(operator.as_bytes().as_slice())
        .bind(tenant.as_bytes().as_slice())
        .fetch_optional(tx)
        .await
        .map_err(error::of)?;
    found.map(drop).ok_or(StoreError::NotFound { what: "operator" })
}

#[async_trait]
impl EnrolmentRecords for SqliteStore {
    async fn ask_enrolment(&self, new: &EnrolmentRequest) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        enabled(&mut tx, new.tenant, new.operator).await?;
        let sql = "INSERT INTO enrolment_requests (operator, tenant, name, request, asked_at) VALUES (?, ?, ?, ?, ?)
                   ON CONFLICT (operator) DO UPDATE
                   SET name = excluded.name, request = excluded.request, asked_at = excluded.asked_at
                   WHERE name <> excluded.name OR request <> excluded.request";
        let done = sqlx::query(sql)
            .bind(new.operator.as_bytes().as_slice())
            .bind(new.tenant.as_bytes().as_slice())
            .bind(&new.name)
            .bind(&new.request)
            .bind(ms(new.asked_at))
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        tx.commit().await.map_err(error::of)?;
        Ok(done.rows_affected() > 0)
    }

    async fn enrolment_requests(&self, tenant: TenantId) -> Result<Vec<EnrolmentRequest>, StoreError> {
        let sql = "SELECT r.*, o.login FROM enrolment_requests r JOIN operators o ON o.id = r.operator
                   WHERE r.tenant = ? ORDER BY r.asked_at, o.login";
        let rows =
            sqlx::query(sql).bind(tenant.as_bytes().as_slice()).fetch_all(&self.readers).await.map_err(error::of)?;
        rows.iter().map(request).collect()
    }

    async fn keep_certificate(&self, new: &AttendantCertificate, answers: bool) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        enabled(&mut tx, new.tenant, new.operator).await?;
        let sql = "INSERT INTO attendant_certificates (operator, tenant, certificate, expires_at) VALUES (?, ?, ?, ?)
                   ON CONFLICT (operator) DO UPDATE
                   SET certificate = excluded.certificate, expires_at = excluded.expires_at";
        sqlx::query(sql)
            .bind(new.operator.as_bytes().as_slice())
            .bind(new.tenant.as_bytes().as_slice())
            .bind(&new.certificate)
            .bind(ms(new.expires_at))
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        if answers {
            sqlx::query("DELETE FROM enrolment_requests WHERE operator = ?")
                .bind(new.operator.as_bytes().as_slice())
                .execute(&mut *tx)
                .await
                .map_err(error::of)?;
        }
        tx.commit().await.map_err(error::of)
    }

    async fn attendant_certificate(
        &self,
        tenant: TenantId,
        operator: OperatorId,
    ) -> Result<Option<AttendantCertificate>, StoreError> {
        let row = sqlx::query("SELECT * FROM attendant_certificates WHERE operator = ? AND tenant = ?")
            .bind(operator.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(AttendantCertificate {
            operator: row.id("operator")?,
            tenant: row.id("tenant")?,
            certificate: row.plain("certificate")?,
            expires_at: row.time("expires_at")?,
        }))
    }

    async fn root_is_trusted(&self, tenant: TenantId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM device_ids WHERE tenant = ?1)
                       OR EXISTS (SELECT 1 FROM sessions WHERE tenant = ?1)
                       OR EXISTS (SELECT 1 FROM attendant_certificates WHERE tenant = ?1)
                       OR EXISTS (SELECT 1 FROM audit WHERE tenant = ?1 AND what = 'profile.downloaded')";
        let row =
            sqlx::query(sql).bind(tenant.as_bytes().as_slice()).fetch_one(&self.readers).await.map_err(error::of)?;
        row.try_get::<bool, _>(0).map_err(error::of)
    }

    async fn forget_enrolments(&self, tenant: TenantId) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        for sql in
            ["DELETE FROM enrolment_requests WHERE tenant = ?", "DELETE FROM attendant_certificates WHERE tenant = ?"]
        {
            sqlx::query(sql).bind(tenant.as_bytes().as_slice()).execute(&mut *tx).await.map_err(error::of)?;
        }
        tx.commit().await.map_err(error::of)
    }
}
