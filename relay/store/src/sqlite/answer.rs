//! Tags on tickets and canned answers in SQLite.

use async_trait::async_trait;
use protocol::id::{TenantId, TicketNumber};

use super::{
    LISTED_AT_MOST, SqliteStore, desk, error,
    row::{Columns, fold},
};
use crate::{
    answer::{AnswerRecords, CannedAnswer},
    error::StoreError,
};

#[async_trait]
impl AnswerRecords for SqliteStore {
    async fn desk_tags(&self, tenant: TenantId, ticket: &TicketNumber) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query("SELECT tag FROM desk_tags WHERE tenant = ? AND ticket = ? ORDER BY tag_key")
            .bind(tenant.as_bytes().as_slice())
            .bind(desk::parse(ticket).unwrap_or(0))
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(|row| row.plain("tag")).collect()
    }

    async fn all_desk_tags(&self, tenant: TenantId) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT min(tag) AS tag FROM desk_tags WHERE tenant = ? GROUP BY tag_key ORDER BY tag_key LIMIT ?";
        let rows = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(LISTED_AT_MOST)
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(|row| row.plain("tag")).collect()
    }

    async fn add_desk_tag(
        &self,
        tenant: TenantId,
        ticket: &TicketNumber,
        tag: &str,
        most: u32,
    ) -> Result<(), StoreError> {
        let number = desk::parse(ticket).ok_or(desk::NO_TICKET)?;
        let mut tx = self.write().await?;
        let row = sqlx::query("SELECT count(*) AS n FROM desk_tags WHERE tenant = ? AND ticket = ? AND tag_key <> ?")
            .bind(tenant.as_bytes().as_slice())
            .bind(number)
            .bind(fold(tag))
            .fetch_one(&mut *tx)
            .await
            .map_err(error::of)?;
        if row.count("n")? >= most {
            return Err(StoreError::Conflict { what: "too many tags" });
        }
        sqlx::query("INSERT INTO desk_tags (tenant, ticket, tag, tag_key) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(tenant.as_bytes().as_slice())
            .bind(number)
            .bind(tag)
            .bind(fold(tag))
            .execute(&mut *tx)
            .await
            .map_err(error::referring("tag", "ticket"))?;
        tx.commit().await.map_err(error::of)
    }

    async fn remove_desk_tag(&self, tenant: TenantId, ticket: &TicketNumber, tag: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM desk_tags WHERE tenant = ? AND ticket = ? AND tag_key = ?")
            .bind(tenant.as_bytes().as_slice())
            .bind(desk::parse(ticket).ok_or(desk::NO_TICKET)?)
            .bind(fold(tag))
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        Ok(())
    }

    async fn canned_answers(&self, tenant: TenantId) -> Result<Vec<CannedAnswer>, StoreError> {
        let rows = sqlx::query("SELECT * FROM canned_answers WHERE tenant = ? ORDER BY title_key LIMIT ?")
            .bind(tenant.as_bytes().as_slice())
            .bind(LISTED_AT_MOST)
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        let answer = |row: &sqlx::sqlite::SqliteRow| {
            Ok(CannedAnswer { id: row.plain("id")?, title: row.plain("title")?, text: row.plain("text")? })
        };
        rows.iter().map(answer).collect()
    }

    async fn write_canned_answer(
        &self,
        tenant: TenantId,
        id: Option<i64>,
        title: &str,
        text: &str,
    ) -> Result<i64, StoreError> {
        let sql = match id {
            None => {
                "INSERT INTO canned_answers (tenant, title, title_key, text) SELECT ?1, ?3, ?4, ?5 WHERE ?2 IS NULL RETURNING id"
            }
            Some(_) => {
                "UPDATE canned_answers SET title = ?3, title_key = ?4, text = ?5 WHERE tenant = ?1 AND id = ?2 RETURNING id"
            }
        };
        let written = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(id)
            .bind(title)
            .bind(fold(title))
            .bind(text)
            .fetch_optional(&self.writer)
            .await
            .map_err(error::referring("title", "tenant"))?;
        written.ok_or(StoreError::NotFound { what: "answer" })?.plain("id")
    }

    async fn remove_canned_answer(&self, tenant: TenantId, id: i64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM canned_answers WHERE tenant = ? AND id = ?")
            .bind(tenant.as_bytes().as_slice())
            .bind(id)
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        Ok(())
    }
}
