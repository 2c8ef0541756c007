//! Lines of the audit log that are looked for in SQLite: what few of them have by an index of words, what many have newest first.

use protocol::id::TenantId;
use sqlx::SqliteConnection;

use super::{
    LISTED_AT_MOST, SqliteStore,
    audit::{entry, place},
    error,
    row::{fold, folded, json},
    words::{FEW, Index},
};
use crate::{
    audit::{AuditEntry, AuditLine, AuditRecords, RawLine},
    error::StoreError,
};

/// Lines that are written into the index in one go when an earlier version wrote them.
const AT_A_TIME: u32 = 5_000;

/// Writes a line's words down, in the transaction that writes the line.
pub(super) async fn index(tx: &mut SqliteConnection, line: &RawLine<'_>) -> Result<(), StoreError> {
    let row = sqlx::query("INSERT INTO audit_rows (tenant, seq) VALUES (?, ?)").bind(line.tenant).bind(line.seq);
    let row = row.execute(&mut *tx).await.map_err(error::of)?.last_insert_rowid();
    sqlx::query("INSERT INTO audit_words (rowid, words) VALUES (?, ?)")
        .bind(row)
        .bind(folded(&[line.who, line.what, line.subject, line.detail, line.source]))
        .execute(tx)
        .await
        .map_err(error::of)?;
    Ok(())
}

/// Writes down the words of lines that an earlier version wrote. Before anything is served; goes on where it was broken off.
pub(super) async fn index_earlier_lines(store: &SqliteStore) -> Result<(), StoreError> {
    let behind = "SELECT id FROM tenants t WHERE (SELECT coalesce(max(seq), 0) FROM audit WHERE tenant = t.id)
                  > (SELECT coalesce(max(seq), 0) FROM audit_rows WHERE tenant = t.id)";
    let tenants: Vec<Vec<u8>> = sqlx::query_scalar(behind).fetch_all(&store.readers).await.map_err(error::of)?;
    for tenant in &tenants {
        loop {
            let mut tx = store.write().await?;
            let sql = "SELECT * FROM audit WHERE tenant = ?1
                       AND seq > (SELECT coalesce(max(seq), 0) FROM audit_rows WHERE tenant = ?1) ORDER BY seq LIMIT ?2";
            let rows = sqlx::query(sql).bind(tenant).bind(AT_A_TIME).fetch_all(&mut *tx).await.map_err(error::of)?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                index(&mut tx, &super::audit::raw(row)?).await?;
            }
            tx.commit().await.map_err(error::of)?;
        }
    }
    Ok(())
}

/// Whether a line says this, or is of one of these kinds.
fn says(entry: &AuditEntry, search: &str, whats: &[&str]) -> bool {
    whats.contains(&entry.what.as_str())
        || folded(&[&entry.who, &entry.what, &entry.subject, &entry.detail, &entry.from]).contains(search)
}

impl SqliteStore {
    /// The newest lines that say this, or are of one of these kinds.
    pub(super) async fn lines_found(
        &self,
        tenant: TenantId,
        search: &str,
        whats: &[&str],
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditLine>, StoreError> {
        let (search, wanted) = (fold(search.trim()), limit.min(LISTED_AT_MOST) as usize);
        let few_whats = self.few_of(tenant, whats).await?;
        match self.narrow(&search, &[Index::Audit]).await? {
            Some(asked) if few_whats => {
                let sql = "SELECT a.* FROM audit a WHERE a.tenant = ?1 AND a.seq < ?2 AND a.seq IN (
                               SELECT r.seq FROM audit_words CROSS JOIN audit_rows r ON r.row = audit_words.rowid
                               WHERE audit_words MATCH ?3 AND r.tenant = ?1
                               UNION ALL SELECT w.seq FROM audit w INDEXED BY audit_by_what
                               WHERE w.tenant = ?1 AND w.what IN (SELECT value FROM json_each(?4)))
                           ORDER BY a.seq DESC";
                let rows = sqlx::query(sql)
                    .bind(tenant.as_bytes().as_slice())
                    .bind(before.map_or(i64::MAX, |seq| i64::try_from(seq).unwrap_or(i64::MAX)))
                    .bind(asked)
                    .bind(json(&whats))
                    .fetch_all(&self.readers)
                    .await
                    .map_err(error::of)?;
                let mut found = Vec::new();
                for row in &rows {
                    let line = AuditLine { entry: entry(row)?, place: place(row)? };
                    // The letters of what is searched for may stand apart.
                    if says(&line.entry, &search, whats) {
                        found.push(line);
                        if found.len() == wanted {
                            break;
                        }
                    }
                }
                Ok(found)
            }
            _ => self.lines_gone_through(tenant, &search, whats, before, wanted).await,
        }
    }

    /// Whether the log has few lines of these kinds.
    async fn few_of(&self, tenant: TenantId, whats: &[&str]) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM audit INDEXED BY audit_by_what
                   WHERE tenant = ?1 AND what IN (SELECT value FROM json_each(?2)) LIMIT ?3)";
        let found: i64 = sqlx::query_scalar(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(json(&whats))
            .bind(FEW)
            .fetch_one(&self.readers)
            .await
            .map_err(error::of)?;
        Ok(found < FEW)
    }

    /// Reads one page of the log after the other: sooner where many lines fit, and the only way for one or two letters.
    async fn lines_gone_through(
        &self,
        tenant: TenantId,
        search: &str,
        whats: &[&str],
        mut before: Option<u64>,
        wanted: usize,
    ) -> Result<Vec<AuditLine>, StoreError> {
        let mut found = Vec::new();
        loop {
            let lines = self.audit_page(tenant, before, LISTED_AT_MOST).await?;
            let Some(last) = lines.last().map(|line| line.place.seq) else { return Ok(found) };
            for line in lines {
                if says(&line.entry, search, whats) {
                    found.push(line);
                    if found.len() == wanted {
                        return Ok(found);
                    }
                }
            }
            before = Some(last);
        }
    }
}
