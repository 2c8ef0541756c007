//! What a customer's program tells of a session while it goes on, in SQLite: what is allowed, and whether it has administrator's rights.
//!
//! Each change is one line of the audit log, however often it is told. Must never believe a time outside the session.

use jiff::Timestamp;
use protocol::{
    id::SessionId,
    message::grant::{Change, RightsChange},
};
use serde::Serialize;
use sqlx::SqliteConnection;

use super::{
    SqliteStore, audit, error,
    row::{json, ms},
    session::{granted_words, line, one},
};
use crate::{
    audit::{SESSION_CHANGED, SESSION_RIGHTS},
    error::StoreError,
    session::{Kept, Session, SessionState, changes_with},
};

/// When it began, and the last moment that can be told of. Of a session that has not begun nothing can be told.
fn span(session: &Session, now: Timestamp) -> Result<(i64, i64), StoreError> {
    let (Some(started), SessionState::Started | SessionState::Ended) = (session.started_at, session.state) else {
        return Err(StoreError::Conflict { what: "state" });
    };
    let (first, last) = (ms(started), ms(session.ended_at.unwrap_or(now)));
    Ok((first, last.max(first)))
}

/// A time as it is believed: not before it began and not in what is still to come.
fn within((first, last): (i64, i64), told: u64) -> u64 {
    let at = i64::try_from(told).unwrap_or(i64::MAX).clamp(first, last);
    u64::try_from(at).unwrap_or(0)
}

async fn keep(
    tx: &mut SqliteConnection,
    sql: &'static str,
    id: SessionId,
    kept: &impl Serialize,
) -> Result<(), StoreError> {
    sqlx::query(sql).bind(id.as_bytes().as_slice()).bind(json(kept)).execute(tx).await.map_err(error::of)?;
    Ok(())
}

/// What the customer allows from when on.
pub(super) async fn granted(
    store: &SqliteStore,
    id: SessionId,
    told: &[Change],
    now: Timestamp,
) -> Result<Kept, StoreError> {
    let mut tx = store.write().await?;
    let session = one(&mut tx, id).await?;
    let span = span(&session, now)?;
    let at = |change: &Change| Change { at_unix_ms: within(span, change.at_unix_ms), ..*change };
    let told: Vec<Change> = told.iter().map(at).collect();
    // A repeat tells the same again, or less.
    let kept = changes_with(&session.changes, &told, |was, is| was.granted == is.granted);
    let Some(kept) = kept else { return Ok(Kept::Already) };
    keep(&mut tx, "UPDATE sessions SET changes = ?2 WHERE id = ?1", id, &kept).await?;
    for change in &kept[session.changes.len()..] {
        let at = change.at_unix_ms;
        let detail = format!("session={} grants={} at_ms={at}", session.id, granted_words(change.granted));
        audit::add(&mut tx, &line(&session, SESSION_CHANGED, detail, now)).await?;
    }
    tx.commit().await.map_err(error::of)?;
    Ok(Kept::New)
}

/// Whether it has administrator's rights from when on.
pub(super) async fn rights(
    store: &SqliteStore,
    id: SessionId,
    told: &[RightsChange],
    now: Timestamp,
) -> Result<Kept, StoreError> {
    let mut tx = store.write().await?;
    let session = one(&mut tx, id).await?;
    let span = span(&session, now)?;
    let at = |change: &RightsChange| RightsChange { at_unix_ms: within(span, change.at_unix_ms), ..*change };
    let told: Vec<RightsChange> = told.iter().map(at).collect();
    let kept = changes_with(&session.rights, &told, |was, is| was.administrator == is.administrator);
    let Some(kept) = kept else { return Ok(Kept::Already) };
    keep(&mut tx, "UPDATE sessions SET rights = ?2 WHERE id = ?1", id, &kept).await?;
    for change in &kept[session.rights.len()..] {
        let administrator = if change.administrator { "on" } else { "off" };
        let detail = format!("session={} administrator={administrator} at_ms={}", session.id, change.at_unix_ms);
        audit::add(&mut tx, &line(&session, SESSION_RIGHTS, detail, now)).await?;
    }
    tx.commit().await.map_err(error::of)?;
    Ok(Kept::New)
}
