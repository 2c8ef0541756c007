//! Guessing that reached a limit: counted here, written to the audit log as soon as the store can.
//!
//! Nothing waits for an alarm: the dial that causes it is answered by then, and takes no longer than another one.

use std::sync::MutexGuard;

use super::*;
use crate::session::guess::{Alarm, Subject};

/// The caps of guessing among the relay's.
pub(super) fn caps(limits: &Limits) -> Caps {
    let cap = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    Caps {
        attendant_minute: cap(limits.failed_per_minute),
        attendant_hour: cap(limits.failed_per_hour),
        id: cap(limits.failed_per_id),
        company_minute: cap(limits.failed_per_company),
    }
}

impl Sessions {
    pub(super) fn guesses(&self) -> MutexGuard<'_, Guesses> {
        // Every change under this lock is complete in itself.
        self.guesses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The customer's program has told that the attendant's password was wrong.
    pub(super) fn count_wrong_password(&self, row: &Session, attendant: OperatorId) {
        let what = Try { tenant: row.tenant, operator: attendant, device: row.device };
        let mut guesses = self.guesses();
        guesses.wrong_password(row.id, what, Instant::now());
        let alarms = guesses.take_alarms();
        drop(guesses);
        self.raise(alarms);
    }

    pub(super) fn raise(&self, alarms: Vec<Alarm>) {
        if alarms.is_empty() {
            return;
        }
        for alarm in &alarms {
            tracing::warn!(tenant = %alarm.tenant, operator = %alarm.operator, subject = ?alarm.subject, tries = alarm.tries, "guessing has reached a limit");
        }
        self.record.alarms_later(alarms, Timestamp::now());
    }

    /// Writes an alarm to the audit log.
    pub(super) async fn write_alarm(&self, alarm: &Alarm, at: Timestamp) -> Result<(), StoreError> {
        let who = self.store.operator(alarm.tenant, alarm.operator).await?.name;
        let (subject, limit) = match alarm.subject {
            Subject::Attendant(_) => (who.clone(), "attendant"),
            Subject::Id(device) => (device.to_string(), "id"),
            Subject::Company => (String::new(), "company"),
        };
        let entry = store::AuditEntry {
            tenant: alarm.tenant,
            operator: Some(alarm.operator),
            who,
            what: store::ALARM.to_owned(),
            subject,
            detail: format!("limit={limit} tries={}", alarm.tries),
            from: String::new(),
            at,
        };
        self.store.audit(&entry).await?;
        self.changes.bump();
        Ok(())
    }
}
