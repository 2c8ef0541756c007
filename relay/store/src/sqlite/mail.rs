//! Mail in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{TenantId, TicketNumber};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{
    LISTED_AT_MOST, SqliteStore, desk, error,
    row::{Columns, json, ms},
};
use crate::{
    desk::{NewAction, TicketAction},
    error::StoreError,
    mail::{Mail, MailOutcome, MailRecords, MailServer, MailText, NewMail},
    tenant::Language,
};

/// Bytes of a reason that are kept.
const WHY_BYTES: usize = 500;

fn mail(row: &SqliteRow) -> Result<Mail, StoreError> {
    let ticket: Option<i64> = row.plain("ticket")?;
    let ticket = ticket.map(|_| desk::number(row, "ticket")).transpose()?;
    Ok(Mail {
        id: row.plain("id")?,
        tenant: row.id("tenant")?,
        ticket,
        action: row.plain("action")?,
        what: NewMail {
            to: row.plain("recipient")?,
            name: row.plain("name")?,
            subject: row.plain("subject")?,
            text: row.plain("text")?,
            message_id: row.plain("message_id")?,
        },
        state: row.word("state")?,
        attempts: row.count("attempts")?,
        due_at: row.time("due_at")?,
        why: row.plain("why")?,
        settled_at: row.time_if_any("settled_at")?,
    })
}

fn cut(why: &str) -> &str {
    let mut end = why.len().min(WHY_BYTES);
    while !why.is_char_boundary(end) {
        end -= 1;
    }
    &why[..end]
}

async fn insert(
    tx: &mut SqliteConnection,
    tenant: TenantId,
    ticket: Option<i64>,
    action: Option<i64>,
    mail: &NewMail,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO mails (tenant, ticket, action, recipient, name, subject, text, message_id, state, due_at, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'pending', ?9, ?9)";
    sqlx::query(sql)
        .bind(tenant.as_bytes().as_slice())
        .bind(ticket)
        .bind(action)
        .bind(&mail.to)
        .bind(&mail.name)
        .bind(&mail.subject)
        .bind(&mail.text)
        .bind(&mail.message_id)
        .bind(ms(now))
        .execute(tx)
        .await
        .map_err(error::referring("message id", "ticket"))?;
    Ok(())
}

#[async_trait]
impl MailRecords for SqliteStore {
    async fn mail_server(&self, tenant: TenantId) -> Result<Option<MailServer>, StoreError> {
        let row = sqlx::query("SELECT * FROM mail_servers WHERE tenant = ?")
            .bind(tenant.as_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        row.map(|row| Ok(MailServer { settings: row.json("settings")?, sealed: row.plain("sealed")? })).transpose()
    }

    async fn set_mail_server(&self, tenant: TenantId, server: Option<&MailServer>) -> Result<(), StoreError> {
        let query = match server {
            Some(server) => sqlx::query(
                "INSERT INTO mail_servers (tenant, settings, sealed) VALUES (?1, ?2, ?3)
                 ON CONFLICT (tenant) DO UPDATE SET settings = excluded.settings, sealed = excluded.sealed",
            )
            .bind(tenant.as_bytes().as_slice())
            .bind(json(&server.settings))
            .bind(server.sealed.as_slice()),
            None => sqlx::query("DELETE FROM mail_servers WHERE tenant = ?1").bind(tenant.as_bytes().as_slice()),
        };
        query.execute(&self.writer).await.map_err(error::referring("mail server", "tenant"))?;
        Ok(())
    }

    async fn mail_text(&self, tenant: TenantId, language: Language) -> Result<Option<MailText>, StoreError> {
        let row = sqlx::query("SELECT * FROM mail_texts WHERE tenant = ? AND language = ?")
            .bind(tenant.as_bytes().as_slice())
            .bind(language.tag())
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        row.map(|row| Ok(MailText { subject: row.plain("subject")?, text: row.plain("text")? })).transpose()
    }

    async fn set_mail_text(
        &self,
        tenant: TenantId,
        language: Language,
        text: Option<&MailText>,
    ) -> Result<(), StoreError> {
        let query = match text {
            Some(text) => sqlx::query(
                "INSERT INTO mail_texts (tenant, language, subject, text) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (tenant, language) DO UPDATE SET subject = excluded.subject, text = excluded.text",
            )
            .bind(tenant.as_bytes().as_slice())
            .bind(language.tag())
            .bind(&text.subject)
            .bind(&text.text),
            None => sqlx::query("DELETE FROM mail_texts WHERE tenant = ?1 AND language = ?2")
                .bind(tenant.as_bytes().as_slice())
                .bind(language.tag()),
        };
        query.execute(&self.writer).await.map_err(error::referring("mail text", "tenant"))?;
        Ok(())
    }

    async fn desk_append_with_mail(
        &self,
        tenant: TenantId,
        ticket: &TicketNumber,
        action: &NewAction,
        mail: &NewMail,
    ) -> Result<TicketAction, StoreError> {
        let number = desk::parse(ticket).ok_or(desk::NO_TICKET)?;
        let mut tx = self.write().await?;
        let added = desk::append(&mut tx, tenant, number, action).await?;
        insert(&mut tx, tenant, Some(number), Some(added.id), mail, action.at).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(added)
    }

    async fn add_mail(
        &self,
        tenant: TenantId,
        ticket: Option<&TicketNumber>,
        mail: &NewMail,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let number = ticket.map(|ticket| desk::parse(ticket).ok_or(desk::NO_TICKET)).transpose()?;
        let mut tx = self.write().await?;
        insert(&mut tx, tenant, number, None, mail, now).await?;
        tx.commit().await.map_err(error::of)
    }

    async fn due_mails(&self, now: Timestamp, limit: u32) -> Result<Vec<Mail>, StoreError> {
        let sql = "SELECT * FROM mails WHERE state = 'pending' AND due_at <= ? ORDER BY due_at, id LIMIT ?";
        let rows = sqlx::query(sql)
            .bind(ms(now))
            .bind(limit.min(LISTED_AT_MOST))
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(mail).collect()
    }

    async fn next_mail_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query("SELECT min(due_at) AS due_at FROM mails WHERE state = 'pending'")
            .fetch_one(&self.readers)
            .await
            .map_err(error::of)?;
        row.time_if_any("due_at")
    }

    async fn settle_mail(&self, id: i64, outcome: &MailOutcome, now: Timestamp) -> Result<(), StoreError> {
        let (state, due_at, why) = match outcome {
            MailOutcome::Sent => ("sent", None, ""),
            MailOutcome::Later { due_at, why } => ("pending", Some(*due_at), why.as_str()),
            MailOutcome::Parked { why } => ("parked", None, why.as_str()),
        };
        let sql = "UPDATE mails SET state = ?2, attempts = attempts + 1, due_at = coalesce(?3, due_at), why = ?4,
                          settled_at = CASE WHEN ?2 = 'pending' THEN NULL ELSE ?5 END
                   WHERE id = ?1 AND state = 'pending'";
        sqlx::query(sql)
            .bind(id)
            .bind(state)
            .bind(due_at.map(ms))
            .bind(cut(why))
            .bind(ms(now))
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        Ok(())
    }

    async fn ticket_mails(&self, tenant: TenantId, ticket: &TicketNumber) -> Result<Vec<Mail>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM mails WHERE tenant = ? AND ticket = ? AND action IS NOT NULL ORDER BY id")
                .bind(tenant.as_bytes().as_slice())
                .bind(desk::parse(ticket).ok_or(desk::NO_TICKET)?)
                .fetch_all(&self.readers)
                .await
                .map_err(error::of)?;
        rows.iter().map(mail).collect()
    }

    async fn retry_mail(
        &self,
        tenant: TenantId,
        ticket: &TicketNumber,
        id: i64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE mails SET state = 'pending', attempts = 0, due_at = ?4, settled_at = NULL
                   WHERE tenant = ?1 AND ticket = ?2 AND id = ?3 AND state <> 'sent'";
        let done = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(desk::parse(ticket).ok_or(desk::NO_TICKET)?)
            .bind(id)
            .bind(ms(now))
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        if done.rows_affected() == 0 { Err(StoreError::NotFound { what: "letter to be sent" }) } else { Ok(()) }
    }

    async fn hurry_mails(&self, tenant: TenantId, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE mails SET due_at = min(due_at, ?2) WHERE tenant = ?1 AND state = 'pending'")
            .bind(tenant.as_bytes().as_slice())
            .bind(ms(now))
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        Ok(())
    }
}
