//! Counting in SQLite.

use std::time::Duration;

use async_trait::async_trait;
use protocol::id::{OperatorId, SessionId, TenantId};
use sqlx::{AssertSqlSafe, sqlite::SqliteRow};

use super::{
    SqliteStore, error,
    row::{Columns, damaged, ms},
    session::hex_ids,
};
use crate::{
    error::StoreError,
    figures::{By, Figures, FiguresQuery, FiguresRecords, FiguresRow},
};

fn row(row: &SqliteRow, by: By) -> Result<FiguresRow, StoreError> {
    let count = |column: &'static str| -> Result<u64, StoreError> {
        let n: Option<i64> = row.plain(column)?;
        u64::try_from(n.unwrap_or(0)).map_err(|_| damaged(column))
    };
    let key = match by {
        By::All => String::new(),
        By::App => row.id::<protocol::id::AppId>("key")?.to_string(),
        By::Attendant => row.id_if_any::<OperatorId>("key")?.map(|id| id.to_string()).unwrap_or_default(),
        By::Category => row.plain::<Option<String>>("key")?.unwrap_or_default(),
        By::Hour => row.plain::<i64>("key")?.to_string(),
    };
    let figures = Figures {
        sessions: count("sessions")?,
        lasted_ms: count("lasted_ms")?,
        over: count("over")?,
        waited_ms: count("waited_ms")?,
        waited: count("waited")?,
        not_started: count("not_started")?,
        missed: count("missed")?,
        solved: count("solved")?,
        categorised: count("categorised")?,
    };
    Ok(FiguresRow { key, figures })
}

#[async_trait]
impl FiguresRecords for SqliteStore {
    async fn figures(&self, tenant: TenantId, query: &FiguresQuery) -> Result<Vec<FiguresRow>, StoreError> {
        let key = match query.by {
            By::All => "NULL",
            By::App => "app",
            By::Attendant => "attendant",
            By::Category => "category",
            By::Hour => "dialled_at / 3600000",
        };
        let sql = format!(
            "SELECT {key} AS key,
                    sum(state IN ('started', 'ended')) AS sessions,
                    sum(CASE WHEN state = 'ended' THEN ended_at - started_at END) AS lasted_ms,
                    sum(state = 'ended') AS over,
                    sum(CASE WHEN started_at IS NOT NULL THEN waited_ms END) AS waited_ms,
                    sum(started_at IS NOT NULL AND waited_ms IS NOT NULL) AS waited,
                    sum(state = 'not_started') AS not_started,
                    sum(state = 'missed') AS missed,
                    sum(coalesce(solved, 0)) AS solved,
                    sum(category IS NOT NULL) AS categorised
             FROM sessions
             WHERE tenant = ?1 AND dialled_at >= ?2 AND dialled_at < ?3 AND watches IS NULL
               AND hex(app) IN (SELECT value FROM json_each(?4))
             GROUP BY 1 HAVING count(*) > 0 ORDER BY 1"
        );
        // Only words of this file are put into it.
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(tenant.as_bytes().as_slice())
            .bind(ms(query.from))
            .bind(ms(query.to))
            .bind(hex_ids(&query.apps))
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(|r| row(r, query.by)).collect()
    }

    async fn note_wait(&self, id: SessionId, waited: Duration) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET waited_ms = ?2 WHERE id = ?1")
            .bind(id.as_bytes().as_slice())
            .bind(i64::try_from(waited.as_millis()).unwrap_or(i64::MAX))
            .execute(&self.writer)
            .await
            .map_err(error::of)?;
        Ok(())
    }
}
