//! The outbox in SQLite.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    id::{SessionId, TenantId},
    message::ticket::TicketChoice,
};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{
    LISTED_AT_MOST, SqliteStore, connection, error,
    row::{Columns, damaged, json, ms, word},
    session, webhook,
};
use crate::{
    connection::KeptFields,
    error::StoreError,
    outbox::{Claimed, EventKind, Lease, OutboxEntry, OutboxFigures, OutboxRecords, OutboxState, Settled},
    session::Session,
};

/// Why a row is not done is cut to this many characters.
const WHY_CHARS: usize = 500;

/// SQL: it is the turn of row `o`. Every older row of its session is done, and no older row of its order key is under way or to come;
/// one that itself waits behind a parked row is not to come before a person has seen to it.
macro_rules! its_turn {
    () => {
        "NOT EXISTS (SELECT 1 FROM outbox e WHERE e.session = o.session AND e.id < o.id AND e.state NOT IN ('done', 'dropped'))
         AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.tenant = o.tenant AND e.order_key = o.order_key AND e.id < o.id
                         AND e.state IN ('pending', 'leased')
                         AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.session = e.session AND p.id < e.id AND p.state = 'parked'))"
    };
}

/// SQL: rows whose time and turn it is. That they are not settled is said in the words of the index that holds only those: without them
/// every row that was ever told is looked at.
const DUE: &str = concat!(
    "SELECT o.id FROM outbox o
     WHERE o.state IN ('pending', 'leased')
           AND ((o.state = 'pending' AND o.due_at <= ?1) OR (o.state = 'leased' AND o.leased_until <= ?1)) AND ",
    its_turn!(),
    " ORDER BY o.id LIMIT ?2"
);

/// SQL: how much is still to be told, in the words of the index that holds only that.
const WAITING: &str = "SELECT sum(state IN ('pending', 'leased')) AS pending, sum(state = 'parked') AS parked,
                              min(CASE WHEN state IN ('pending', 'leased') THEN due_at END) AS oldest
                       FROM outbox WHERE state IN ('pending', 'leased', 'parked')";

pub(super) fn state_word(state: OutboxState) -> &'static str {
    match state {
        OutboxState::Pending => "pending",
        OutboxState::Leased => "leased",
        OutboxState::Done => "done",
        OutboxState::Parked => "parked",
        OutboxState::Dropped => "dropped",
    }
}

pub(super) fn kind_of(word: &str) -> Result<EventKind, StoreError> {
    let all = [EventKind::Start, EventKind::End, EventKind::WrapUp, EventKind::Missed];
    all.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| damaged("kind"))
}

pub(super) fn entry(row: &SqliteRow) -> Result<OutboxEntry, StoreError> {
    let kind = kind_of(row.plain("kind")?)?;
    let state = match row.plain("state")? {
        "pending" => OutboxState::Pending,
        "leased" => OutboxState::Leased,
        "done" => OutboxState::Done,
        "parked" => OutboxState::Parked,
        "dropped" => OutboxState::Dropped,
        _ => return Err(damaged("state")),
    };
    Ok(OutboxEntry {
        id: row.plain("id")?,
        tenant: row.id("tenant")?,
        session: row.id("session")?,
        protocol: row.plain("protocol")?,
        kind,
        marker: row.plain("marker")?,
        order_key: row.plain("order_key")?,
        state,
        attempts: row.count("attempts")?,
        uncertain: row.plain("uncertain")?,
        uncertain_at: row.time_if_any("uncertain_at")?,
        due_at: row.time("due_at")?,
        why: row.plain("why")?,
        reason: row.word_if_known("reason")?,
        ticket: row.parsed_if_any("ticket")?,
        external_id: row.plain("external_id")?,
        created_at: row.time("created_at")?,
        settled_at: row.time_if_any("settled_at")?,
    })
}

/// Rows of one ticket have one key. A session that opened its ticket has that ticket's from then on.
fn order_key(session: &Session) -> String {
    let number = match (&session.ticket, &session.choice) {
        (Some(number), _) | (None, TicketChoice::Number(number)) => number,
        (None, TicketChoice::OpenNew { .. }) => return format!("session:{}", session.id),
    };
    match session.connection {
        None => format!("ticket:{number}"),
        Some(connection) => format!("ticket:{connection}:{number}"),
    }
}

/// Writes an outbox row inside the transaction that changes its session.
pub(super) async fn add(
    tx: &mut SqliteConnection,
    session: &Session,
    kind: EventKind,
    now: Timestamp,
) -> Result<(), StoreError> {
    let order_key = order_key(session);
    let sql = "INSERT INTO outbox (tenant, session, kind, marker, order_key, state, due_at, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5, 'pending', ?6, ?6)";
    sqlx::query(sql)
        .bind(session.tenant.as_bytes().as_slice())
        .bind(session.id.as_bytes().as_slice())
        .bind(kind.as_str())
        .bind(kind.marker(session.id))
        .bind(&order_key)
        .bind(ms(now))
        .execute(&mut *tx)
        .await
        .map_err(error::unique("outbox row"))?;
    if kind == EventKind::Start {
        release(tx, session.tenant, &order_key, now).await?;
    }
    // The wrap-up tells webhooks itself: it has no row of its own when the end has not been told yet.
    if kind != EventKind::WrapUp {
        webhook::session(tx, session.id, kind, now).await?;
    }
    Ok(())
}

/// Ends that wait for what an attendant says about them wait no longer once another session has something to tell on their ticket:
/// what is said later is told by itself.
async fn release(
    tx: &mut SqliteConnection,
    tenant: TenantId,
    order_key: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE outbox AS held SET due_at = ?3
               WHERE tenant = ?1 AND order_key = ?2 AND kind = 'end' AND state = 'pending' AND attempts = 0 AND due_at > ?3
                     AND EXISTS (SELECT 1 FROM outbox o WHERE o.tenant = ?1 AND o.order_key = ?2 AND o.id > held.id
                                 AND o.session <> held.session AND o.kind = 'start' AND o.state IN ('pending', 'leased'))";
    sqlx::query(sql)
        .bind(tenant.as_bytes().as_slice())
        .bind(order_key)
        .bind(ms(now))
        .execute(tx)
        .await
        .map_err(error::of)?;
    Ok(())
}

/// What is still to be told of a session goes on its ticket, in the order of that ticket's rows.
async fn reorder(tx: &mut SqliteConnection, session: SessionId, now: Timestamp) -> Result<(), StoreError> {
    let session = session::one(tx, session).await?;
    let order_key = order_key(&session);
    let sql = "UPDATE outbox SET order_key = ?2 WHERE session = ?1 AND order_key <> ?2 AND state IN ('pending', 'leased', 'parked')";
    let moved = sqlx::query(sql)
        .bind(session.id.as_bytes().as_slice())
        .bind(&order_key)
        .execute(&mut *tx)
        .await
        .map_err(error::of)?;
    if moved.rows_affected() > 0 { release(tx, session.tenant, &order_key, now).await } else { Ok(()) }
}

/// Lets a session's row that nobody has tried wait until then.
pub(super) async fn hold(
    tx: &mut SqliteConnection,
    session: SessionId,
    kind: EventKind,
    until: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE outbox SET due_at = ?3 WHERE session = ?1 AND kind = ?2 AND state = 'pending' AND attempts = 0",
    )
    .bind(session.as_bytes().as_slice())
    .bind(kind.as_str())
    .bind(ms(until))
    .execute(tx)
    .await
    .map_err(error::of)?;
    Ok(())
}

/// A session's row need not wait any longer. `false` when it has been told, or may have been: what it says cannot change any more.
pub(super) async fn let_go(
    tx: &mut SqliteConnection,
    session: SessionId,
    kind: EventKind,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE outbox SET due_at = CASE WHEN attempts = 0 THEN min(due_at, ?3) ELSE due_at END
               WHERE session = ?1 AND kind = ?2 AND state IN ('pending', 'parked') AND uncertain = 0";
    let still = sqlx::query(sql)
        .bind(session.as_bytes().as_slice())
        .bind(kind.as_str())
        .bind(ms(now))
        .execute(tx)
        .await
        .map_err(error::of)?;
    Ok(still.rows_affected() > 0)
}

/// Cuts what a ticketing system said.
fn cut(why: &str) -> String {
    why.chars().take(WHY_CHARS).collect()
}

#[async_trait]
impl OutboxRecords for SqliteStore {
    async fn claim(&self, now: Timestamp, lease: Duration, limit: u32) -> Result<Vec<Claimed>, StoreError> {
        // Most looks find nothing and must not cost a write.
        if self.next_due().await?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let mut tx = self.write().await?;
        let due = sqlx::query(DUE).bind(ms(now)).bind(limit).fetch_all(&mut *tx).await.map_err(error::of)?;
        let until = now.checked_add(lease).unwrap_or(Timestamp::MAX);
        let mut claimed = Vec::with_capacity(due.len());
        for row in due {
            let sql = "UPDATE outbox SET uncertain_at = CASE WHEN state = 'leased' THEN leased_until ELSE uncertain_at END,
                                         uncertain = (uncertain OR state = 'leased'), state = 'leased', attempts = attempts + 1,
                                         leased_until = ?2
                       WHERE id = ?1
                       RETURNING *, (SELECT protocol FROM sessions s WHERE s.id = outbox.session) AS protocol";
            let row = sqlx::query(sql)
                .bind(row.plain::<i64>("id")?)
                .bind(ms(until))
                .fetch_one(&mut *tx)
                .await
                .map_err(error::of)?;
            let entry = entry(&row)?;
            let session = session::one(&mut tx, entry.session).await?;
            claimed.push(Claimed { lease: Lease { entry: entry.id, attempt: entry.attempts }, entry, session });
        }
        tx.commit().await.map_err(error::of)?;
        Ok(claimed)
    }

    async fn settle(&self, lease: Lease, how: &Settled, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let query = match how {
            Settled::Done { ticket, external_id, .. } => {
                let sql =
                    "UPDATE outbox SET state = 'done', leased_until = NULL, uncertain = 0, why = NULL, reason = NULL,
                                             settled_at = ?3, ticket = ?4, external_id = ?5
                           WHERE id = ?1 AND attempts = ?2 AND state = 'leased' RETURNING session";
                sqlx::query(sql)
                    .bind(lease.entry)
                    .bind(lease.attempt)
                    .bind(ms(now))
                    .bind(ticket.as_str())
                    .bind(external_id.as_deref())
            }
            Settled::RetryAt { at, why, uncertain } => {
                let sql = "UPDATE outbox SET state = 'pending', leased_until = NULL, uncertain = (uncertain OR ?5), due_at = ?3, why = ?4, reason = ?7,
                                             uncertain_at = CASE WHEN ?5 THEN ?6 ELSE uncertain_at END
                           WHERE id = ?1 AND attempts = ?2 AND state = 'leased' RETURNING session";
                sqlx::query(sql)
                    .bind(lease.entry)
                    .bind(lease.attempt)
                    .bind(ms(*at))
                    .bind(cut(&why.detail))
                    .bind(*uncertain)
                    .bind(ms(now))
                    .bind(why.reason.map(word))
            }
            Settled::Parked { why, uncertain } => {
                let sql = "UPDATE outbox SET state = 'parked', leased_until = NULL, uncertain = (uncertain OR ?5), settled_at = ?3, why = ?4, reason = ?7,
                                             uncertain_at = CASE WHEN ?5 THEN ?6 ELSE uncertain_at END
                           WHERE id = ?1 AND attempts = ?2 AND state = 'leased' RETURNING session";
                sqlx::query(sql)
                    .bind(lease.entry)
                    .bind(lease.attempt)
                    .bind(ms(now))
                    .bind(cut(&why.detail))
                    .bind(*uncertain)
                    .bind(ms(now))
                    .bind(why.reason.map(word))
            }
        };
        let row =
            query.fetch_optional(&mut *tx).await.map_err(error::of)?.ok_or(StoreError::Conflict { what: "lease" })?;
        if let Settled::Done { ticket, fields, .. } = how {
            let session: SessionId = row.id("session")?;
            if *fields != KeptFields::default() {
                connection::note_fields(&mut tx, session, fields, ticket, now).await?;
            }
            // Another one than before: that one is closed for good, and what is still to be told goes where this went.
            let set = sqlx::query("UPDATE sessions SET ticket = ?2 WHERE id = ?1 AND ticket IS NOT ?2")
                .bind(session.as_bytes().as_slice())
                .bind(ticket.as_str())
                .execute(&mut *tx)
                .await
                .map_err(error::of)?;
            if set.rows_affected() > 0 {
                reorder(&mut tx, session, now).await?;
            }
        }
        tx.commit().await.map_err(error::of)
    }

    async fn expire_leases(&self, now: Timestamp) -> Result<u64, StoreError> {
        let sql =
            "UPDATE outbox SET state = 'pending', leased_until = NULL, uncertain = 1, uncertain_at = ?1, due_at = ?1
                   WHERE state = 'leased' AND state IN ('pending', 'leased')";
        Ok(sqlx::query(sql).bind(ms(now)).execute(&self.writer).await.map_err(error::of)?.rows_affected())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = concat!(
            "SELECT min(CASE o.state WHEN 'pending' THEN o.due_at ELSE o.leased_until END) AS due FROM outbox o
             WHERE o.state IN ('pending', 'leased') AND ",
            its_turn!()
        );
        sqlx::query(sql).fetch_one(&self.readers).await.map_err(error::of)?.time_if_any("due")
    }

    async fn outbox_figures(&self, now: Timestamp) -> Result<OutboxFigures, StoreError> {
        let row = sqlx::query(WAITING).fetch_one(&self.readers).await.map_err(error::of)?;
        let count = |column: &'static str| -> Result<u64, StoreError> {
            u64::try_from(row.plain::<Option<i64>>(column)?.unwrap_or(0)).map_err(|_| damaged(column))
        };
        let due = row.time_if_any("oldest")?.map_or(0, |due| now.as_second() - due.as_second());
        Ok(OutboxFigures {
            pending: count("pending")?,
            parked: count("parked")?,
            oldest_due_s: u64::try_from(due).unwrap_or(0),
        })
    }

    async fn outbox_list(
        &self,
        tenant: TenantId,
        states: &[OutboxState],
        limit: u32,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        let states =
            if states.is_empty() { &[OutboxState::Pending, OutboxState::Leased, OutboxState::Parked] } else { states };
        let states: Vec<&str> = states.iter().map(|s| state_word(*s)).collect();
        let sql = "SELECT o.*, s.protocol FROM outbox o JOIN sessions s ON s.id = o.session
                   WHERE o.tenant = ?1 AND o.state IN (SELECT value FROM json_each(?2)) ORDER BY o.id DESC LIMIT ?3";
        let rows = sqlx::query(sql)
            .bind(tenant.as_bytes().as_slice())
            .bind(json(&states))
            .bind(limit.min(LISTED_AT_MOST))
            .fetch_all(&self.readers)
            .await
            .map_err(error::of)?;
        rows.iter().map(entry).collect()
    }

    async fn outbox_of_session(&self, session: SessionId) -> Result<Vec<OutboxEntry>, StoreError> {
        let sql = "SELECT o.*, s.protocol FROM outbox o JOIN sessions s ON s.id = o.session WHERE o.session = ? ORDER BY o.id";
        let rows =
            sqlx::query(sql).bind(session.as_bytes().as_slice()).fetch_all(&self.readers).await.map_err(error::of)?;
        rows.iter().map(entry).collect()
    }

    async fn retry_parked(&self, tenant: TenantId, entry: i64, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET state = 'pending', due_at = ?3, settled_at = NULL
                   WHERE id = ?1 AND tenant = ?2 AND state = 'parked'";
        let done =
            sqlx::query(sql).bind(entry).bind(tenant.as_bytes().as_slice()).bind(ms(now)).execute(&self.writer).await;
        if done.map_err(error::of)?.rows_affected() == 0 {
            Err(StoreError::NotFound { what: "parked row" })
        } else {
            Ok(())
        }
    }

    async fn retry_all_parked(&self, tenant: TenantId, now: Timestamp) -> Result<u64, StoreError> {
        let sql = "UPDATE outbox SET state = 'pending', due_at = ?2, settled_at = NULL WHERE tenant = ?1 AND state = 'parked'";
        let done = sqlx::query(sql).bind(tenant.as_bytes().as_slice()).bind(ms(now)).execute(&self.writer).await;
        Ok(done.map_err(error::of)?.rows_affected())
    }

    async fn drop_parked(&self, tenant: TenantId, entry: i64, why: &str, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET state = 'dropped', why = ?4, reason = NULL, settled_at = ?3 WHERE id = ?1 AND tenant = ?2 AND state = 'parked'";
        let done = sqlx::query(sql)
            .bind(entry)
            .bind(tenant.as_bytes().as_slice())
            .bind(ms(now))
            .bind(cut(why))
            .execute(&self.writer)
            .await;
        if done.map_err(error::of)?.rows_affected() == 0 {
            Err(StoreError::NotFound { what: "parked row" })
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use sqlx::Row;

    use super::*;

    #[tokio::test]
    async fn what_was_told_long_ago_is_not_looked_at_for_what_is_due() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("relay.sqlite")).await.unwrap();
        let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {DUE}"));
        let plan = sqlx::query(sql).bind(0_i64).bind(1_i64).fetch_all(&store.readers).await.unwrap();
        let steps: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
        assert!(steps[0].contains("USING INDEX outbox_unsettled"), "{steps:?}");
        assert!(!steps.iter().any(|step| step.starts_with("SCAN") && !step.contains("USING")), "{steps:?}");
    }

    #[tokio::test]
    async fn nor_for_how_much_is_still_to_be_told() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("relay.sqlite")).await.unwrap();
        let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {WAITING}"));
        let plan = sqlx::query(sql).fetch_all(&store.readers).await.unwrap();
        let steps: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
        assert!(steps.iter().all(|step| step.contains("INDEX outbox_waiting")), "{steps:?}");
    }
}
