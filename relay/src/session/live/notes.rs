//! Lost and regained connections of sessions, for the audit log: when each half was away, and when both were together again.
//!
//! Written behind what they tell of, as soon as the store can: nobody waits for them. They are about the relay's own connections, so
//! that no program's word is in them.

use std::collections::VecDeque;

use store::{AuditEntry, SESSION_AWAY, SESSION_BACK};

use super::*;

/// Notes that wait for a store that cannot write; with more, the first ones tell the story.
const WAITING: usize = 4_096;

/// What is still to be written.
#[derive(Default)]
pub(super) struct Notes(Mutex<VecDeque<AuditEntry>>);

impl Notes {
    fn add(&self, entry: AuditEntry) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < WAITING {
            waiting.push_back(entry);
        }
    }

    fn first(&self) -> Option<AuditEntry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).front().cloned()
    }

    fn done(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    }
}

fn entry(live: &LiveSession, what: &str, detail: String) -> AuditEntry {
    let now = Timestamp::now();
    AuditEntry {
        tenant: live.tenant,
        operator: Some(live.operator),
        who: live.attendant.clone(),
        what: what.to_owned(),
        subject: live.protocol.to_string(),
        detail: format!("session={}{detail} at_ms={}", live.id, now.as_millisecond()),
        from: String::new(),
        at: now,
    }
}

impl Sessions {
    /// This half of a session has lost its connection.
    pub(super) fn note_away(&self, live: &Live, role: Role) {
        let role = match role {
            Role::Customer => "customer",
            Role::Attendant => "attendant",
        };
        self.note(entry(&live.shown, SESSION_AWAY, format!(" role={role}")));
    }

    /// Both halves are together again.
    pub(super) fn note_back(&self, live: &Live) {
        self.note(entry(&live.shown, SESSION_BACK, String::new()));
    }

    fn note(&self, entry: AuditEntry) {
        self.record.notes.add(entry);
        self.record.wake.notify_one();
    }

    /// Writes what waits, in order; `false` when something is left.
    pub(super) async fn write_notes(&self) -> bool {
        while let Some(entry) = self.record.notes.first() {
            match self.store.audit(&entry).await {
                Ok(_) => {}
                Err(error) if error.is_transient() => return false,
                Err(error) => {
                    tracing::error!(
                        protocol = entry.subject,
                        error = &error as &dyn std::error::Error,
                        "a note about a session cannot be written"
                    );
                }
            }
            self.record.notes.done();
        }
        true
    }
}
