//! Notices in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{ConnectionId, DeviceId, OperatorId, TenantId, TicketNumber};
use sqlx::sqlite::SqliteRow;

use super::{
    LISTED_AT_MOST, SqliteStore, desk, desk_customers as customers, error,
    row::{Columns, json, ms},
};
use crate::{
    error::StoreError,
    notice::{Notice, NoticeRecords, TicketOf, TicketSeen},
};

const WHOLE: &str =
    "SELECT n.id, n.tenant, n.ticket, n.connection, n.number, n.operator, n.expires_at, n.came_at, n.device,
            coalesce(t.subject, n.seen_subject, '') AS subject, coalesce(c.name, n.seen_name, '') AS name,
            coalesce(c.email, n.seen_email, '') AS email, coalesce(c.company, n.seen_company, '') AS company,
            coalesce(c.phone, n.seen_phone, '') AS phone, coalesce(c.document, n.seen_document, '') AS document,
            o.name AS operator_name
     FROM notices n LEFT JOIN desk_tickets t ON t.tenant = n.tenant AND t.number = n.ticket
     LEFT JOIN desk_customers c ON c.id = t.requester JOIN operators o ON o.id = n.operator";

fn notice(row: &SqliteRow) -> Result<Notice, StoreError> {
    let came = match row.time_if_any("came_at")? {
        Some(at) => Some((at, row.device("device")?)),
        None => None,
    };
    let system: Option<ConnectionId> = row.id_if_any("connection")?;
    let number = if system.is_some() { row.parsed("number")? } else { desk::number(row, "ticket")? };
    let ticket = TicketOf { system, number };
    Ok(Notice {
        id: row.plain("id")?,
        tenant: row.id("tenant")?,
        ticket,
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
        ticket: &TicketOf,
        seen: &TicketSeen,
        operator: OperatorId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let who = &seen.requester;
        let query = match ticket.system {
            None => {
                let sql = "INSERT INTO notices (tenant, ticket, operator, created_at, expires_at)
                           SELECT ?1, ?2, id, ?4, ?5 FROM operators WHERE id = ?3 AND tenant = ?1
                           ON CONFLICT (tenant, ticket, operator)
                           WHERE ticket IS NOT NULL AND came_at IS NULL AND cancelled_at IS NULL
                           DO UPDATE SET expires_at = excluded.expires_at";
                sqlx::query(sql)
                    .bind(tenant.as_bytes().to_vec())
                    .bind(desk::parse(&ticket.number).ok_or(desk::NO_TICKET)?)
                    .bind(operator.as_bytes().to_vec())
                    .bind(ms(now))
                    .bind(ms(expires_at))
            }
            Some(system) => {
                let sql = "INSERT INTO notices (tenant, operator, created_at, expires_at, connection, number, seen_subject, seen_name,
                                                seen_email, seen_company, seen_phone, seen_document)
                           SELECT ?1, o.id, ?3, ?4, k.id, ?6, ?7, ?8, ?9, ?10, ?11, ?12 FROM operators o, connections k
                           WHERE o.id = ?2 AND o.tenant = ?1 AND k.id = ?5 AND k.tenant = ?1 AND k.removed_at IS NULL
                           ON CONFLICT (connection, number, operator)
                           WHERE connection IS NOT NULL AND came_at IS NULL AND cancelled_at IS NULL
                           DO UPDATE SET expires_at = excluded.expires_at";
                sqlx::query(sql)
                    .bind(tenant.as_bytes().to_vec())
                    .bind(operator.as_bytes().to_vec())
                    .bind(ms(now))
                    .bind(ms(expires_at))
                    .bind(system.as_bytes().to_vec())
                    .bind(ticket.number.as_str())
                    .bind(&seen.subject)
                    .bind(&who.name)
                    .bind(&who.email)
                    .bind(&who.company)
                    .bind(&who.phone)
                    .bind(&who.document)
            }
        };
        let done = query.execute(&self.writer).await.map_err(error::referring("notice", "ticket"))?;
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

    async fn open_notices(&self, of: Option<(TenantId, &TicketOf)>, now: Timestamp) -> Result<Vec<Notice>, StoreError> {
        let sql = format!(
            "{WHOLE} LEFT JOIN connections k ON k.id = n.connection
             WHERE n.came_at IS NULL AND n.cancelled_at IS NULL AND n.expires_at > ?1 AND o.disabled_at IS NULL
             AND k.removed_at IS NULL AND (t.status IS NULL OR t.status NOT IN ('resolved', 'closed'))
             AND (?2 IS NULL OR (n.tenant = ?2 AND n.ticket IS ?3 AND n.connection IS ?4 AND n.number IS ?5))
             ORDER BY n.id LIMIT ?6"
        );
        let (mut ticket, mut system, mut number) = (None, None, None);
        if let Some((_, of)) = of {
            match of.system {
                None => ticket = Some(desk::parse(&of.number).ok_or(desk::NO_TICKET)?),
                Some(id) => (system, number) = (Some(id), Some(of.number.as_str())),
            }
        }
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(ms(now))
            .bind(of.as_ref().map(|(tenant, _)| tenant.as_bytes().as_slice()))
            .bind(ticket)
            .bind(system.as_ref().map(|id| id.as_bytes().as_slice()))
            .bind(number)
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

    async fn note_ticket(
        &self,
        tenant: TenantId,
        system: ConnectionId,
        number: &TicketNumber,
        open: bool,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let (system, number) = (system.as_bytes().as_slice(), number.as_str());
        if open {
            let sql = "DELETE FROM closed_tickets WHERE connection = ?1 AND number = ?2";
            sqlx::query(sql).bind(system).bind(number).execute(&self.writer).await.map_err(error::of)?;
            return Ok(0);
        }
        let mut tx = self.write().await?;
        let sql = "INSERT OR IGNORE INTO closed_tickets (connection, number, closed_at)
                   SELECT id, ?3, ?4 FROM connections WHERE id = ?2 AND tenant = ?1";
        sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(system)
            .bind(number)
            .bind(ms(now))
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        let sql = "UPDATE notices SET cancelled_at = ?4
                   WHERE tenant = ?1 AND connection = ?2 AND number = ?3 AND came_at IS NULL AND cancelled_at IS NULL";
        let done = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(system)
            .bind(number)
            .bind(ms(now))
            .execute(&mut *tx)
            .await
            .map_err(error::of)?;
        tx.commit().await.map_err(error::of)?;
        Ok(done.rows_affected())
    }

    async fn known_tickets(
        &self,
        tenant: TenantId,
        system: ConnectionId,
        numbers: &[TicketNumber],
    ) -> Result<Vec<TicketNumber>, StoreError> {
        let named: Vec<&str> = numbers.iter().map(|number| number.as_str()).collect();
        let sql = "SELECT value AS number FROM json_each(?3) WHERE
                   EXISTS (SELECT 1 FROM notices n WHERE n.connection = ?2 AND n.tenant = ?1 AND n.number = value
                           AND n.came_at IS NULL AND n.cancelled_at IS NULL)
                   OR EXISTS (SELECT 1 FROM sessions s WHERE s.tenant = ?1 AND s.ticket = value AND s.connection = ?2)";
        let rows = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(system.as_bytes().as_slice())
            .bind(json(&named))
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(|row| row.parsed("number")).collect()
    }

    async fn is_closed(&self, system: ConnectionId, number: &TicketNumber) -> Result<bool, StoreError> {
        let found = sqlx::query("SELECT 1 FROM closed_tickets WHERE connection = ?1 AND number = ?2")
            .bind(system.as_bytes().as_slice())
            .bind(number.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        Ok(found.is_some())
    }
}
