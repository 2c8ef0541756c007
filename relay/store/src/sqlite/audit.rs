//! The audit log in SQLite. Triggers refuse to change or delete a line; whoever gets around them breaks the chain.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::TenantId;
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{
    LISTED_AT_MOST, SqliteStore, audit_search, error,
    row::{Columns, damaged, ms},
    session,
};
use crate::{
    audit::{
        ALARM, AuditBreak, AuditEntry, AuditHead, AuditLine, AuditLink, AuditMark, AuditRecords, AuditVerified,
        RawLine, SESSION_ALARM, link,
    },
    error::StoreError,
};

/// Lines that are held in memory while a log is gone through.
const AT_A_TIME: u32 = 1000;

pub(super) fn entry(row: &SqliteRow) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        tenant: row.id("tenant")?,
        operator: row.id_if_any("operator")?,
        who: row.plain("who")?,
        what: row.plain("what")?,
        subject: row.plain("subject")?,
        detail: row.plain("detail")?,
        from: row.plain("source")?,
        at: row.time("at")?,
    })
}

pub(super) fn raw(row: &SqliteRow) -> Result<RawLine<'_>, StoreError> {
    Ok(RawLine {
        tenant: row.plain("tenant")?,
        seq: row.plain("seq")?,
        operator: row.plain("operator")?,
        who: row.plain("who")?,
        what: row.plain("what")?,
        subject: row.plain("subject")?,
        detail: row.plain("detail")?,
        source: row.plain("source")?,
        at: row.plain("at")?,
    })
}

pub(super) fn place(row: &SqliteRow) -> Result<AuditHead, StoreError> {
    let seq: i64 = row.plain("seq")?;
    let hash: &[u8] = row.plain("hash")?;
    Ok(AuditHead {
        seq: u64::try_from(seq).map_err(|_| damaged("seq"))?,
        hash: hash.try_into().map_err(|_| damaged("hash"))?,
    })
}

/// Where the chain stands.
async fn head(connection: &mut SqliteConnection, tenant: &[u8]) -> Result<AuditHead, StoreError> {
    let row = sqlx::query("SELECT seq, hash FROM audit WHERE tenant = ? ORDER BY seq DESC LIMIT 1")
        .bind(tenant)
        .fetch_optional(connection)
        .await
        .map_err(error::of)?;
    row.as_ref().map_or(Ok(AuditHead::NONE), place)
}

/// Adds a line within a transaction that writes: nobody else can have read the same head.
pub(super) async fn add(tx: &mut SqliteConnection, entry: &AuditEntry) -> Result<AuditHead, StoreError> {
    let operator = entry.operator.as_ref().map(|id| id.as_bytes().as_slice());
    let line = RawLine {
        tenant: entry.tenant.as_bytes(),
        seq: 0,
        operator,
        who: &entry.who,
        what: &entry.what,
        subject: &entry.subject,
        detail: &entry.detail,
        source: &entry.from,
        at: ms(entry.at),
    };
    append(tx, line).await
}

async fn append(tx: &mut SqliteConnection, line: RawLine<'_>) -> Result<AuditHead, StoreError> {
    let before = head(tx, line.tenant).await?;
    let seq = before.seq + 1;
    let line = RawLine { seq: i64::try_from(seq).map_err(|_| damaged("seq"))?, ..line };
    let hash = link(&before.hash, &line);
    sqlx::query(
        "INSERT INTO audit (tenant, seq, operator, who, what, subject, detail, source, at, hash)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(line.tenant)
    .bind(line.seq)
    .bind(line.operator)
    .bind(line.who)
    .bind(line.what)
    .bind(line.subject)
    .bind(line.detail)
    .bind(line.source)
    .bind(line.at)
    .bind(hash.as_slice())
    .execute(&mut *tx)
    .await
    .map_err(error::referring("audit entry", "tenant"))?;
    audit_search::index(tx, &line).await?;
    Ok(AuditHead { seq, hash })
}

/// Chains the lines that an earlier schema wrote, all or none. Before anything is served.
pub(super) async fn chain_earlier_lines(store: &SqliteStore) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    let waiting = sqlx::query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'audit_unchained'")
        .fetch_optional(&mut *tx)
        .await
        .map_err(error::of)?;
    if waiting.is_none() {
        return Ok(());
    }
    let mut after = i64::MIN;
    loop {
        let rows = sqlx::query(
            "SELECT id, tenant, 0 AS seq, operator, who, what, subject, '' AS detail, source, at
                         FROM audit_unchained WHERE id > ? ORDER BY id LIMIT ?",
        )
        .bind(after)
        .bind(AT_A_TIME)
        .fetch_all(&mut *tx)
        .await
        .map_err(error::of)?;
        let Some(last) = rows.last() else { break };
        after = last.plain("id")?;
        for row in &rows {
            append(&mut tx, raw(row)?).await?;
        }
    }
    sqlx::query("DROP TABLE audit_unchained").execute(&mut *tx).await.map_err(error::of)?;
    tx.commit().await.map_err(error::of)
}

#[async_trait]
impl AuditRecords for SqliteStore {
    async fn audit(&self, entry: &AuditEntry) -> Result<AuditHead, StoreError> {
        let mut tx = self.write().await?;
        let head = add(&mut tx, entry).await?;
        tx.commit().await.map_err(error::of)?;
        Ok(head)
    }

    async fn audit_list(&self, tenant: TenantId, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(self.audit_page(tenant, None, limit).await?.into_iter().map(|line| line.entry).collect())
    }

    async fn audit_page(
        &self,
        tenant: TenantId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditLine>, StoreError> {
        let before = before.map_or(i64::MAX, |seq| i64::try_from(seq).unwrap_or(i64::MAX));
        let rows = sqlx::query("SELECT * FROM audit WHERE tenant = ? AND seq < ? ORDER BY seq DESC LIMIT ?")
            .bind(tenant.as_bytes().as_slice())
            .bind(before)
            .bind(limit.min(LISTED_AT_MOST))
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(|row| Ok(AuditLine { entry: entry(row)?, place: place(row)? })).collect()
    }

    async fn audit_search(
        &self,
        tenant: TenantId,
        search: &str,
        whats: &[&str],
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditLine>, StoreError> {
        self.lines_found(tenant, search, whats, before, limit).await
    }

    async fn audit_about(&self, tenant: TenantId, subject: &str, limit: u32) -> Result<Vec<AuditLink>, StoreError> {
        // The index is named: without statistics SQLite would rather walk the tenant's whole log in its order.
        let sql = "SELECT a.*, (SELECT b.hash FROM audit b WHERE b.tenant = a.tenant AND b.seq = a.seq - 1) AS before
                   FROM audit a INDEXED BY audit_about WHERE a.tenant = ?1 AND a.subject = ?2 ORDER BY a.seq LIMIT ?3";
        let rows = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(subject)
            .bind(limit.min(LISTED_AT_MOST))
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter()
            .map(|row| {
                let (line, place) = (raw(row)?, place(row)?);
                let before: Option<Vec<u8>> = row.plain("before")?;
                let before = match before {
                    Some(hash) => <[u8; 32]>::try_from(hash).ok(),
                    None => (line.seq == 1).then_some(AuditHead::NONE.hash),
                };
                let fits = before.is_some_and(|before| link(&before, &line) == place.hash);
                Ok(AuditLink { line: AuditLine { entry: entry(row)?, place }, fits })
            })
            .collect()
    }

    async fn audit_head(&self, tenant: TenantId) -> Result<AuditHead, StoreError> {
        head(&mut *self.readers.acquire().await.map_err(error::of)?, tenant.as_bytes()).await
    }

    async fn audit_verify(&self, tenant: TenantId, noted: Option<&AuditMark>) -> Result<AuditVerified, StoreError> {
        Ok(self.walk(tenant, AuditHead::NONE, noted, u32::MAX).await?.0)
    }

    async fn audit_verify_on(
        &self,
        tenant: TenantId,
        from: AuditHead,
        at_most: u32,
    ) -> Result<(AuditVerified, bool), StoreError> {
        self.walk(tenant, from, None, at_most).await
    }

    async fn audit_alarms(&self, tenant: TenantId, since: Timestamp) -> Result<u32, StoreError> {
        // The word stands in the text: only so the index of alarms is used.
        let row = sqlx::query(
            "SELECT count(*) AS alarms FROM audit WHERE tenant = ? AND what IN ('alarm.guessing', 'alarm.session') AND at >= ?",
        )
        .bind(tenant.as_bytes().as_slice())
        .bind(ms(since))
        .fetch_one(&self.readers)
        .await
        .map_err(error::of)?;
        debug_assert_eq!((ALARM, SESSION_ALARM), ("alarm.guessing", "alarm.session"));
        row.count("alarms")
    }
}

impl SqliteStore {
    /// Goes through a log from a place on, a few lines in memory at a time, up to the first that does not fit or so many of them; and whether
    /// that was its end.
    async fn walk(
        &self,
        tenant: TenantId,
        from: AuditHead,
        noted: Option<&AuditMark>,
        at_most: u32,
    ) -> Result<(AuditVerified, bool), StoreError> {
        let mut seen = AuditVerified { lines: 0, head: from, broken: None };
        if from != AuditHead::NONE {
            seen.broken = self.still_there(tenant, &from).await?;
        }
        // The newest session's end has noted a line too: whoever cuts the log must think of it.
        let row = sqlx::query(
            "SELECT audit_seq, audit_hash FROM sessions WHERE tenant = ? AND audit_seq IS NOT NULL
             ORDER BY audit_seq DESC LIMIT 1",
        )
        .bind(tenant.as_bytes().as_slice())
        .fetch_optional(&self.readers)
        .await
        .map_err(error::of)?;
        let of_session = row.as_ref().map(session::noted).transpose()?.flatten().map(AuditMark::from);
        let noted: Vec<&AuditMark> = of_session.iter().chain(noted).collect();
        // Lines that were put in before the first are found as well.
        let mut after = if from == AuditHead::NONE { i64::MIN } else { i64::try_from(from.seq).unwrap_or(i64::MAX) };
        let (mut left, mut at_end) = (at_most, false);
        while seen.broken.is_none() && left > 0 {
            let asked = left.min(AT_A_TIME);
            let rows = sqlx::query("SELECT * FROM audit WHERE tenant = ? AND seq > ? ORDER BY seq LIMIT ?")
                .bind(tenant.as_bytes().as_slice())
                .bind(after)
                .bind(asked)
                .fetch_all(&self.readers)
                .await
                .map_err(error::of)?;
            if let Some(last) = rows.last() {
                after = last.plain("seq")?;
            }
            for row in &rows {
                seen.broken = follow(&mut seen, row, &noted)?;
                if seen.broken.is_some() {
                    break;
                }
            }
            left -= asked;
            at_end = rows.len() < asked as usize;
            if at_end {
                break;
            }
        }
        if seen.broken.is_none()
            && at_end
            && let Some(noted) = noted.iter().max_by_key(|noted| noted.seq).filter(|noted| noted.seq > seen.head.seq)
        {
            seen.broken = Some(AuditBreak::Cut { expected: noted.seq, last: seen.head.seq });
        }
        Ok((seen, at_end))
    }

    /// Whether a line that was seen is there as it was; otherwise what became of it.
    async fn still_there(&self, tenant: TenantId, was: &AuditHead) -> Result<Option<AuditBreak>, StoreError> {
        let seq = i64::try_from(was.seq).unwrap_or(i64::MAX);
        let row = sqlx::query("SELECT seq, hash FROM audit WHERE tenant = ? AND seq = ?")
            .bind(tenant.as_bytes().as_slice())
            .bind(seq)
            .fetch_optional(&self.readers)
            .await
            .map_err(error::of)?;
        let Some(row) = row else {
            let last = self.audit_head(tenant).await?.seq;
            let cut = AuditBreak::Cut { expected: was.seq, last };
            return Ok(Some(if last < was.seq { cut } else { AuditBreak::Missing { seq: was.seq } }));
        };
        Ok((place(&row)? != *was).then_some(AuditBreak::Rewritten { seq: was.seq }))
    }
}

/// Takes the next line in, or says what is wrong with it.
fn follow(seen: &mut AuditVerified, row: &SqliteRow, noted: &[&AuditMark]) -> Result<Option<AuditBreak>, StoreError> {
    let line = raw(row)?;
    let next = seen.head.seq + 1;
    let Ok(seq) = u64::try_from(line.seq) else { return Ok(Some(AuditBreak::Changed { seq: line.seq })) };
    if seq > next {
        return Ok(Some(AuditBreak::Missing { seq: next }));
    }
    let hash: &[u8] = row.plain("hash")?;
    let here = AuditHead { seq, hash: link(&seen.head.hash, &line) };
    if seq < next || hash != here.hash {
        return Ok(Some(AuditBreak::Changed { seq: line.seq }));
    }
    if noted.iter().any(|noted| noted.seq == seq && !noted.is(&here)) {
        return Ok(Some(AuditBreak::Rewritten { seq }));
    }
    seen.lines += 1;
    seen.head = here;
    Ok(None)
}
