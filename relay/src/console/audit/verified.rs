//! How far each company's audit log is known to be whole, so that a page costs what it shows and not what was ever written.
//!
//! The place up to which a log was followed is kept, and only what came behind it is followed for the next page. All of it is gone through when
//! the server has just started, once a day, and when somebody asks; a long one beside everything else, with its progress.

use std::{collections::HashMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use protocol::id::TenantId;
use store::{AuditBreak, AuditHead, AuditVerified, StoreError};
use tokio::sync::Mutex;

use super::super::App;

/// Lines that are followed while somebody waits for a page.
const AT_ONCE: u32 = 2_000;
/// Lines of a whole walk between two looks at whether the server stops.
const STRIDE: u32 = 5_000;
/// All of a log is gone through again after this time.
const WHOLE_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Whoever asks for all of it within this time is told what was found.
const ASKED_AGAIN: SignedDuration = SignedDuration::from_secs(60);

struct Known {
    /// What has been followed so far.
    seen: AuditVerified,
    /// When all of it was, the last time.
    whole_at: Option<Timestamp>,
    /// It is being gone through: lines so far, and of how many.
    walk: Option<(u64, u64)>,
}

/// What is shown of a log.
pub(super) struct Shown {
    pub(super) lines: u64,
    pub(super) broken: Option<AuditBreak>,
    pub(super) whole_at: Option<Timestamp>,
    pub(super) walk: Option<(u64, u64)>,
}

/// How far the logs were followed.
#[derive(Clone, Default)]
pub(in crate::console) struct Verified(Arc<Mutex<HashMap<TenantId, Known>>>);

impl Verified {
    /// How a log stands: what is new is followed, and what is due is begun.
    pub(super) async fn of(&self, app: &App, tenant: TenantId) -> Result<Shown, StoreError> {
        let mut known = self.0.lock().await;
        let log = known.entry(tenant).or_insert_with(|| Known {
            seen: AuditVerified { lines: 0, head: AuditHead::NONE, broken: None },
            whole_at: None,
            walk: None,
        });
        let mut due = false;
        if log.walk.is_none() && log.seen.broken.is_none() {
            let now = Timestamp::now();
            let first = log.seen.lines == 0;
            let (more, at_end) = app.shared.store.audit_verify_on(tenant, log.seen.head, AT_ONCE).await?;
            log.seen = add(&log.seen, more);
            if first && at_end {
                log.whole_at = Some(now);
            }
            due = log.seen.broken.is_none()
                && (!at_end || log.whole_at.is_none_or(|at| now.duration_since(at) > WHOLE_FOR));
        }
        if due {
            self.begin(app, tenant, log).await?;
        }
        Ok(Shown { lines: log.seen.lines, broken: log.seen.broken, whole_at: log.whole_at, walk: log.walk })
    }

    /// All of a log, gone through now; as it was found, when that was within the last minute.
    pub(in crate::console) async fn all(&self, app: &App, tenant: TenantId) -> Result<AuditVerified, StoreError> {
        let lately = |log: &Known| {
            log.whole_at.is_some_and(|at| Timestamp::now().duration_since(at) < ASKED_AGAIN)
                && log.seen.broken.is_none()
        };
        if self.0.lock().await.get(&tenant).is_some_and(lately) {
            let Shown { lines, broken, .. } = self.of(app, tenant).await?;
            return Ok(AuditVerified { lines, head: app.shared.store.audit_head(tenant).await?, broken });
        }
        let seen = self.go_through(app, tenant).await?;
        let mut known = self.0.lock().await;
        let walk = known.get(&tenant).and_then(|log| log.walk);
        known.insert(tenant, Known { seen: seen.clone(), whole_at: Some(Timestamp::now()), walk });
        Ok(seen)
    }

    /// Goes through all of a log, unless that is under way.
    pub(super) async fn walk(&self, app: &App, tenant: TenantId) -> Result<(), StoreError> {
        let mut known = self.0.lock().await;
        let Some(log) = known.get_mut(&tenant).filter(|log| log.walk.is_none()) else { return Ok(()) };
        self.begin(app, tenant, log).await
    }

    async fn begin(&self, app: &App, tenant: TenantId, log: &mut Known) -> Result<(), StoreError> {
        log.walk = Some((0, app.shared.store.audit_head(tenant).await?.seq));
        let (all, app) = (self.clone(), app.clone());
        // Ends with the server, and with the log.
        tokio::spawn(async move {
            let ended = tokio::select! {
                ended = all.go_through(&app, tenant) => ended,
                () = app.shutdown.cancelled() => return,
            };
            if let Some(log) = all.0.lock().await.get_mut(&tenant) {
                log.walk = None;
                match ended {
                    Ok(seen) => (log.seen, log.whole_at) = (seen, Some(Timestamp::now())),
                    Err(error) => {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "the audit log cannot be gone through now"
                        );
                    }
                }
            }
        });
        Ok(())
    }

    async fn go_through(&self, app: &App, tenant: TenantId) -> Result<AuditVerified, StoreError> {
        let mut seen = AuditVerified { lines: 0, head: AuditHead::NONE, broken: None };
        loop {
            let (more, at_end) = app.shared.store.audit_verify_on(tenant, seen.head, STRIDE).await?;
            seen = add(&seen, more);
            if let Some(found) = &seen.broken {
                tracing::error!(company = %tenant, %found, "the audit log was tampered with");
            }
            if at_end || seen.broken.is_some() {
                return Ok(seen);
            }
            if let Some(log) = self.0.lock().await.get_mut(&tenant)
                && let Some((done, _)) = &mut log.walk
            {
                *done = seen.lines;
            }
        }
    }
}

fn add(before: &AuditVerified, more: AuditVerified) -> AuditVerified {
    AuditVerified { lines: before.lines + more.lines, ..more }
}
