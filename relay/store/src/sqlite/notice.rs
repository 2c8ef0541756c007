//! Notices in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{DeviceId, OperatorId, TenantId, TicketNumber};
use sqlx::sqlite::SqliteRow;

use super::{
    LISTED_AT_MOST, SqliteStore, desk, desk_customers as customers, error,
    row::{Columns, ms},
};
use crate::{
    error::StoreError,
    notice::{Notice, NoticeRecords},
};

const WHOLE: &str = "SELECT n.*, t.subject, c.name, c.email, c.company, c.phone, c.document, o.name AS operator_name
     FROM notices n JOIN desk_tickets t ON t.tenant = n.tenant AND t.number = n.ticket
     JOIN desk_customers c ON c.id = t.requester JOIN operators o ON o.id = n.operator";

fn notice(row: &SqliteRow) -> Result<Notice, StoreError> {
    let came = match row.time_if_any("came_at")? {
        Some(at) => Some((at, row.device("device")?)),
        None => None,
    };
    Ok(Notice {
        id: row.plain("id")?,
        tenant: row.id("tenant")?,
        ticket: desk::number(row, "ticket")?,
        subject: row.plain("subject")?,
        requester: customers::details(row)?,
        operator: row.id("operator")?,
        operator_name: row.plain("operator_name")?,
        expires_at: row.time("expires_at")?,
        came,
    })
}

#[async_trait]
impl NoticeRecords for SqliteStore {
    async fn add_notice(
        &self,
        tenant: TenantId,
        ticket: &TicketNumber,
        operator: OperatorId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO notices (tenant, ticket, operator, created_at, expires_at)
                   SELECT ?1, ?2, id, ?4, ?5 FROM operators WHERE id = ?3 AND tenant = ?1
                   ON CONFLICT (tenant, ticket, operator) WHERE came_at IS NULL AND cancelled_at IS NULL
                   DO UPDATE SET expires_at = excluded.expires_at";
        let done = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(desk::parse(ticket).ok_or(desk::NO_TICKET)?)
            .bind(operator.as_bytes().as_slice())
            .bind(ms(now))
            .bind(ms(expires_at))
            .execute(&self.writer)
            .await
            .map_err(error::referring("notice", "ticket"))?;
        if done.rows_affected() == 0 { Err(StoreError::NotFound { what: "operator" }) } else { Ok(()) }
    }

    async fn cancel_notice(&self, tenant: TenantId, id: i64, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE notices SET cancelled_at = ?3 WHERE tenant = ?1 AND id = ?2 AND came_at IS NULL AND cancelled_at IS NULL";
        let done = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(id)
            .bind(ms(now))
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 { Err(StoreError::NotFound { what: "notice" }) } else { Ok(()) }
    }

    async fn open_notices(
        &self,
        of: Option<(TenantId, &TicketNumber)>,
        now: Timestamp,
    ) -> Result<Vec<Notice>, StoreError> {
        let sql = format!(
            "{WHOLE} WHERE n.came_at IS NULL AND n.cancelled_at IS NULL AND n.expires_at > ?1 AND o.disabled_at IS NULL
             AND t.status NOT IN ('resolved', 'closed') AND (?2 IS NULL OR (n.tenant = ?2 AND n.ticket = ?3)) ORDER BY n.id LIMIT ?4"
        );
        let (tenant, ticket) = match of {
            Some((tenant, ticket)) => (Some(tenant), Some(desk::parse(ticket).ok_or(desk::NO_TICKET)?)),
            None => (None, None),
        };
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(ms(now))
            .bind(tenant.as_ref().map(|t| t.as_bytes().as_slice()))
            .bind(ticket)
            .bind(LISTED_AT_MOST)
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(notice).collect()
    }

    async fn notice_came(&self, id: i64, device: DeviceId, now: Timestamp) -> Result<bool, StoreError> {
        let sql =
            "UPDATE notices SET came_at = ?2, device = ?3 WHERE id = ?1 AND came_at IS NULL AND cancelled_at IS NULL";
        let done = sqlx::query(sql)
            .bind(id)
            .bind(ms(now))
            .bind(device.number())
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        Ok(done.rows_affected() == 1)
    }

    async fn came_notices(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        since: Timestamp,
    ) -> Result<Vec<Notice>, StoreError> {
        let sql =
            format!("{WHOLE} WHERE n.tenant = ?1 AND n.operator = ?2 AND n.came_at >= ?3 ORDER BY n.came_at LIMIT ?4");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(tenant.as_bytes().as_slice())
            .bind(operator.as_bytes().as_slice())
            .bind(ms(since))
            .bind(LISTED_AT_MOST)
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(notice).collect()
    }
}
