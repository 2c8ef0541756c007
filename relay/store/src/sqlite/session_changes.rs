//! What a customer's program tells of a session while it goes on, in SQLite: what is allowed, and whether it has administrator's rights.
//!
//! Each change is one line of the audit log, however often it is told. Must never believe a time outside the session.

use jiff::Timestamp;
use protocol::{
    id::SessionId,
    message::grant::{Change, RightsChange},
};
use serde::Serialize;

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

/// Something that is so from a moment of a session on.
pub(super) trait Told: Copy + Serialize {
    /// Writes all of them on the session's row.
    const KEEP: &'static str;
    /// What a line of the audit log about one is called.
    const LINE: &'static str;
    /// Those on record.
    fn known(session: &Session) -> &[Self];
    /// From when on, in milliseconds since 1970 UTC.
    fn at(&mut self) -> &mut u64;
    /// Do both say the same, whenever?
    fn same(&self, other: &Self) -> bool;
    /// What is so, as a line of the audit log says it.
    fn words(&self) -> String;
}

impl Told for Change {
    const KEEP: &'static str = "UPDATE sessions SET changes = ?2 WHERE id = ?1";
    const LINE: &'static str = SESSION_CHANGED;

    fn known(session: &Session) -> &[Self] {
        &session.changes
    }
    fn at(&mut self) -> &mut u64 {
        &mut self.at_unix_ms
    }
    fn same(&self, other: &Self) -> bool {
        self.granted == other.granted
    }
    fn words(&self) -> String {
        format!("grants={}", granted_words(self.granted))
    }
}

impl Told for RightsChange {
    const KEEP: &'static str = "UPDATE sessions SET rights = ?2 WHERE id = ?1";
    const LINE: &'static str = SESSION_RIGHTS;

    fn known(session: &Session) -> &[Self] {
        &session.rights
    }
    fn at(&mut self) -> &mut u64 {
        &mut self.at_unix_ms
    }
    fn same(&self, other: &Self) -> bool {
        self.administrator == other.administrator
    }
    fn words(&self) -> String {
        format!("administrator={}", if self.administrator { "on" } else { "off" })
    }
}

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

/// Row and audit lines of what is new in one transaction. A repeat tells the same again, or less.
pub(super) async fn keep<T: Told>(
    store: &SqliteStore,
    id: SessionId,
    told: &[T],
    now: Timestamp,
) -> Result<Kept, StoreError> {
    let mut tx = store.write().await?;
    let session = one(&mut tx, id).await?;
    let span = span(&session, now)?;
    let mut told = told.to_vec();
    for change in &mut told {
        let at = change.at();
        *at = within(span, *at);
    }
    let known = T::known(&session);
    let Some(mut kept) = changes_with(known, &told, T::same) else { return Ok(Kept::Already) };
    let row = sqlx::query(T::KEEP).bind(id.as_bytes().as_slice()).bind(json(&kept));
    row.execute(&mut *tx).await.map_err(error::of)?;
    for change in &mut kept[known.len()..] {
        let detail = format!("session={} {} at_ms={}", session.id, change.words(), change.at());
        audit::add(&mut tx, &line(&session, T::LINE, detail, now)).await?;
    }
    tx.commit().await.map_err(error::of)?;
    Ok(Kept::New)
}
