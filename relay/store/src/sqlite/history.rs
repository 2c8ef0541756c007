//! Sessions that are looked for in SQLite: one question, asked for the sessions themselves or for how many they are.

use protocol::id::TenantId;
use sqlx::{QueryBuilder, Sqlite};

use super::{
    LISTED_AT_MOST, SqliteStore, error,
    row::{fold, ms, words},
    session::{hex_ids, session},
    words::trigrams,
};
use crate::{
    error::StoreError,
    session::{HistoryQuery, Session},
};

/// Sessions between two times that are gone through to find those that are asked for.
const NARROW: i64 = 5_000;

impl SqliteStore {
    /// The newest sessions that fit.
    pub(super) async fn found(&self, tenant: TenantId, query: &HistoryQuery) -> Result<Vec<Session>, StoreError> {
        let limit = query.limit.min(LISTED_AT_MOST);
        let mut sql = QueryBuilder::new("SELECT sessions.* FROM ");
        self.ask(&mut sql, tenant.as_bytes().as_slice(), query, limit).await?;
        let rows = sql.build().fetch_all(&self.readers).await.map_err(error::of)?;
        rows.iter().map(session).collect()
    }

    /// How many there are; no more than so many are counted.
    pub(super) async fn count_found(
        &self,
        tenant: TenantId,
        query: &HistoryQuery,
        at_most: u32,
    ) -> Result<u32, StoreError> {
        let mut sql = QueryBuilder::new("SELECT count(*) FROM (SELECT 1 FROM ");
        self.ask(&mut sql, tenant.as_bytes().as_slice(), query, at_most).await?;
        sql.push(")");
        let counted: i64 = sql.build_query_scalar().fetch_one(&self.readers).await.map_err(error::of)?;
        Ok(u32::try_from(counted).unwrap_or(at_most))
    }

    /// Writes the question behind its `SELECT … FROM `.
    async fn ask(
        &self,
        sql: &mut QueryBuilder<Sqlite>,
        tenant: &[u8],
        query: &HistoryQuery,
        limit: u32,
    ) -> Result<(), StoreError> {
        let narrow = self.is_narrow(tenant, query).await?;
        let rare = !query.results.is_empty() && self.few_ended_by(tenant, &words(&query.results)).await?;
        let search = fold(query.search.trim());
        // Only what is asked for is in the query, so that it can go by an index.
        // Words are found newest first, and as many as are wanted: whether they are many or none makes no difference.
        let trigrams = trigrams(&search).filter(|_| !narrow);
        let by_words = trigrams.is_some();
        match trigrams {
            Some(trigrams) => {
                sql.push("session_words CROSS JOIN sessions ON sessions.row = session_words.rowid WHERE session_words MATCH ");
                sql.push_bind(trigrams);
                if let Some(before) = query.before {
                    sql.push(" AND session_words.rowid < ").push_bind(before);
                }
                sql.push(" AND tenant = ");
            }
            None => _ = sql.push("sessions WHERE tenant = "),
        }
        sql.push_bind(tenant);
        // A range of few sessions is gone through whole; in a long one the newest that fit are found sooner.
        let time = if narrow { " AND dialled_at" } else { " AND +dialled_at" };
        if let Some(from) = query.from {
            sql.push(time).push(" >= ").push_bind(ms(from));
        }
        if let Some(to) = query.to {
            sql.push(time).push(" < ").push_bind(ms(to));
        }
        if let Some(attendant) = &query.attendant {
            sql.push(" AND attendant = ").push_bind(attendant.as_bytes().as_slice());
        }
        if let Some(ticket) = &query.ticket {
            sql.push(" AND coalesce(ticket, choice_number) = ").push_bind(ticket.as_str());
        }
        if !query.states.is_empty() {
            let states = words(&query.states);
            sql.push(" AND state IN (SELECT value FROM json_each(").push_bind(states).push("))");
        }
        if !search.is_empty() {
            sql.push(" AND (instr(search, ").push_bind(search.clone());
            sql.push(") > 0 OR instr(lower(coalesce(ticket, choice_number, '')), ").push_bind(search).push(") > 0)");
        }
        if let Some(before) = query.before {
            sql.push(" AND row < ").push_bind(before);
        }
        if let Some(apps) = &query.apps {
            sql.push(" AND hex(app) IN (SELECT value FROM json_each(").push_bind(hex_ids(apps)).push("))");
        }
        if !query.results.is_empty() {
            let results = words(&query.results);
            // What few sessions ended by is found by its index; what many did, among the newest.
            sql.push(if rare { " AND close_reason" } else { " AND +close_reason" });
            sql.push(" IN (SELECT value FROM json_each(").push_bind(results).push("))");
        }
        if let Some(least) = query.min_s {
            sql.push(" AND ended_at - started_at >= 1000 * ").push_bind(least);
        }
        if let Some(most) = query.max_s {
            sql.push(" AND ended_at - started_at <= 1000 * ").push_bind(most);
        }
        if let Some(category) = &query.category {
            sql.push(" AND category = ").push_bind(category.as_str());
        }
        sql.push(match (narrow || (rare && !by_words), by_words) {
            (true, _) => " ORDER BY +row DESC LIMIT ",
            (false, true) => " ORDER BY session_words.rowid DESC LIMIT ",
            (false, false) => " ORDER BY row DESC LIMIT ",
        });
        sql.push_bind(limit);
        Ok(())
    }

    /// Whether few sessions lie between the times that are asked for.
    async fn is_narrow(&self, tenant: &[u8], query: &HistoryQuery) -> Result<bool, StoreError> {
        let Some(from) = query.from else { return Ok(false) };
        let sql = "SELECT count(*) FROM (SELECT 1 FROM sessions
                   WHERE tenant = ?1 AND dialled_at >= ?2 AND dialled_at < ?3 LIMIT ?4)";
        let found: i64 = sqlx::query_scalar(sql)
            .bind(tenant)
            .bind(ms(from))
            .bind(query.to.map_or(i64::MAX, ms))
            .bind(NARROW)
            .fetch_one(&self.readers)
            .await
            .map_err(error::of)?;
        Ok(found < NARROW)
    }

    /// Whether few sessions ended by one of these.
    async fn few_ended_by(&self, tenant: &[u8], results: &str) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM sessions INDEXED BY sessions_by_result
                   WHERE tenant = ?1 AND close_reason IN (SELECT value FROM json_each(?2)) LIMIT ?3)";
        let asked = sqlx::query_scalar(sql).bind(tenant).bind(results).bind(NARROW);
        let found: i64 = asked.fetch_one(&self.readers).await.map_err(error::of)?;
        Ok(found < NARROW)
    }

    /// Whether few sessions were wrapped up under this category.
    pub(super) async fn few_in_category(&self, tenant: TenantId, category: &str) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM sessions INDEXED BY sessions_by_category
                   WHERE tenant = ?1 AND category = ?2 LIMIT ?3)";
        let asked = sqlx::query_scalar(sql).bind(tenant.as_bytes().as_slice()).bind(category).bind(NARROW);
        let found: i64 = asked.fetch_one(&self.readers).await.map_err(error::of)?;
        Ok(found < NARROW)
    }
}
