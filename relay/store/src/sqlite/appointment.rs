//! Returns in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId, TicketNumber};
use sqlx::{Row, sqlite::SqliteRow};

use super::{
    LISTED_AT_MOST, SqliteStore, desk, error,
    row::{Columns, ms},
};
use crate::{
    appointment::{APPOINTMENTS_PER_TICKET, Appointment, AppointmentRecords, NewAppointment},
    error::StoreError,
};

const WHOLE: &str = "SELECT a.*, o.name AS operator_name, o.login, t.subject, c.name AS customer
     FROM appointments a JOIN operators o ON o.id = a.operator
     JOIN desk_tickets t ON t.tenant = a.tenant AND t.number = a.ticket JOIN desk_customers c ON c.id = t.requester
     WHERE a.told_at IS NULL AND a.cancelled_at IS NULL";
/// On tickets on which something is still to be done.
const OPEN: &str = "AND t.status NOT IN ('resolved', 'closed')";

fn appointment(row: &SqliteRow) -> Result<Appointment, StoreError> {
    Ok(Appointment {
        id: row.plain("id")?,
        what: NewAppointment {
            tenant: row.id("tenant")?,
            ticket: desk::number(row, "ticket")?,
            operator: row.id("operator")?,
            at: row.time("at")?,
            note: row.plain("note")?,
        },
        operator_name: row.plain("operator_name")?,
        login: row.plain("login")?,
        subject: row.plain("subject")?,
        customer: row.plain("customer")?,
    })
}

#[async_trait]
impl AppointmentRecords for SqliteStore {
    async fn add_appointment(&self, new: &NewAppointment, now: Timestamp) -> Result<(), StoreError> {
        let ticket = desk::parse(&new.ticket).ok_or(desk::NO_TICKET)?;
        let mut tx = self.write().await?;
        let ahead = sqlx::query(
            "SELECT count(*) AS n FROM appointments WHERE tenant = ? AND ticket = ? AND told_at IS NULL AND cancelled_at IS NULL",
        )
        .bind(new.tenant.as_bytes().as_slice())
        .bind(ticket)
        .fetch_one(&mut *tx)
        .await
        .map_err(error::of)?;
        if ahead.try_get::<i64, _>("n").map_err(error::of)? >= i64::from(APPOINTMENTS_PER_TICKET) {
            return Err(StoreError::Conflict { what: "appointments" });
        }
        let sql = "INSERT INTO appointments (tenant, ticket, operator, at, note, created_at)
                   SELECT ?1, ?2, id, ?4, ?5, ?6 FROM operators WHERE id = ?3 AND tenant = ?1 AND disabled_at IS NULL";
        let done = sqlx::query(sql)
            .bind(new.tenant.as_bytes().as_slice())
            .bind(ticket)
            .bind(new.operator.as_bytes().as_slice())
            .bind(ms(new.at))
            .bind(&new.note)
            .bind(ms(now))
            .execute(&mut *tx)
            .await
            .map_err(error::referring("appointment", "ticket"))?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound { what: "operator" });
        }
        tx.commit().await.map_err(error::of)
    }

    async fn cancel_appointment(
        &self,
        tenant: TenantId,
        ticket: &TicketNumber,
        id: i64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE appointments SET cancelled_at = ?4
                   WHERE tenant = ?1 AND ticket = ?2 AND id = ?3 AND told_at IS NULL AND cancelled_at IS NULL";
        let done = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(desk::parse(ticket).ok_or(desk::NO_TICKET)?)
            .bind(id)
            .bind(ms(now))
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 { Err(StoreError::NotFound { what: "appointment" }) } else { Ok(()) }
    }

    async fn appointments_on(&self, tenant: TenantId, ticket: &TicketNumber) -> Result<Vec<Appointment>, StoreError> {
        let sql = format!("{WHOLE} AND a.tenant = ? AND a.ticket = ? ORDER BY a.at, a.id LIMIT ?");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(tenant.as_bytes().as_slice())
            .bind(desk::parse(ticket).ok_or(desk::NO_TICKET)?)
            .bind(LISTED_AT_MOST)
            .fetch_all(&self.readers)
            .await;
        rows.map_err(error::of)?.iter().map(appointment).collect()
    }

    async fn appointments_of(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        until: Timestamp,
    ) -> Result<Vec<Appointment>, StoreError> {
        let sql =
            format!("{WHOLE} {OPEN} AND a.tenant = ? AND a.operator = ? AND a.at <= ? ORDER BY a.at, a.id LIMIT ?");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(tenant.as_bytes().as_slice())
            .bind(operator.as_bytes().as_slice())
            .bind(ms(until))
            .bind(LISTED_AT_MOST)
            .fetch_all(&self.readers)
            .await;
        rows.map_err(error::of)?.iter().map(appointment).collect()
    }

    async fn due_appointments(&self, now: Timestamp) -> Result<Vec<Appointment>, StoreError> {
        let sql = format!("{WHOLE} {OPEN} AND o.disabled_at IS NULL AND a.at <= ? ORDER BY a.at, a.id LIMIT ?");
        let rows =
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(ms(now)).bind(LISTED_AT_MOST).fetch_all(&self.readers).await;
        rows.map_err(error::of)?.iter().map(appointment).collect()
    }

    async fn next_appointment(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT min(at) AS at FROM appointments WHERE told_at IS NULL AND cancelled_at IS NULL AND at > ?";
        let row = sqlx::query(sql).bind(ms(after)).fetch_one(&self.readers).await.map_err(error::of)?;
        row.time_if_any("at")
    }

    async fn appointment_told(&self, id: i64, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE appointments SET told_at = ?2 WHERE id = ?1 AND told_at IS NULL AND cancelled_at IS NULL";
        let done = sqlx::query(sql).bind(id).bind(ms(now)).execute(&self.writer).await.map_err(error::of)?;
        Ok(done.rows_affected() == 1)
    }
}
