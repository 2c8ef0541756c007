//! Who is here: registered programs, their passwords, the waiting list.
//!
//! In memory only: an idle customer costs no write, and a password never reaches a disk. Used by the connections, the sessions and
//! the console. Every look-up names the tenant: nobody sees another company's customers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use protocol::{
    id::{AppId, DeviceId, Password, TenantId},
    message::{
        ShownText,
        directory::{Field, FieldKey, WaitingCustomer},
    },
};
use tokio::sync::watch;

use crate::listener::peer::Peer;

/// Counts changes; whoever shows live state waits for the next count. Newest state wins, nothing is queued.
#[derive(Debug, Clone)]
pub struct Changes(Arc<watch::Sender<u64>>);

impl Changes {
    /// Nothing has changed yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    /// Something that is shown has changed.
    pub fn bump(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    /// To wait for changes with `changed().await`.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self::new()
    }
}

/// A registered program as others see it. Without its password: see [`Directory::password`].
#[derive(Debug, Clone)]
pub struct Present {
    /// Its ID.
    pub id: DeviceId,
    /// Its company.
    pub tenant: TenantId,
    /// Its app.
    pub app: AppId,
    /// The app's title.
    pub app_title: ShownText,
    /// What the customer typed.
    pub fields: Vec<Field>,
    /// In the waiting list (an attendant's own program is not).
    pub listed: bool,
    /// In a session, or being dialled.
    pub busy: bool,
    /// Since when it is here without a longer break.
    pub since: Timestamp,
}

impl Present {
    /// What the customer typed in this field; empty if nothing.
    pub fn field(&self, key: FieldKey) -> &str {
        self.fields.iter().find(|f| f.key == key).map_or("", |f| f.value.as_str())
    }
}

impl From<Present> for WaitingCustomer {
    fn from(p: Present) -> Self {
        Self {
            id: p.id,
            fields: p.fields,
            app_title: p.app_title,
            since_unix_ms: u64::try_from(p.since.as_millisecond()).unwrap_or(0),
        }
    }
}

/// Why a partner cannot be claimed for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimError {
    /// Unknown, offline, of another company or locked.
    Unreachable,
    /// In a session already.
    Busy,
}

struct Entry {
    present: Present,
    password: Password,
    peer: Arc<Peer>,
}

/// The programs that are here.
pub struct Directory {
    entries: Mutex<HashMap<DeviceId, Entry>>,
    changes: Changes,
}

impl Directory {
    /// Nobody is here.
    pub fn new(changes: Changes) -> Self {
        Self { entries: Mutex::new(HashMap::new()), changes }
    }

    /// Customers who wait for an attendant: listed and not in a session; who waits longest comes first.
    pub fn waiting(&self, tenant: TenantId) -> Vec<Present> {
        let mut waiting: Vec<Present> = self
            .entries()
            .values()
            .map(|entry| &entry.present)
            .filter(|p| p.tenant == tenant && p.listed && !p.busy)
            .cloned()
            .collect();
        waiting.sort_by_key(|p| (p.since, p.id));
        waiting
    }

    /// A program that is here.
    pub fn present(&self, tenant: TenantId, id: DeviceId) -> Option<Present> {
        self.entries().get(&id).map(|e| &e.present).filter(|p| p.tenant == tenant).cloned()
    }

    /// The password of a program that is here. Whoever shows it checks the permission and writes it to the audit log first.
    pub fn password(&self, tenant: TenantId, id: DeviceId) -> Option<Password> {
        self.entries().get(&id).filter(|e| e.present.tenant == tenant).map(|e| e.password.clone())
    }

    /// How many programs are here, of all companies.
    pub fn count(&self) -> usize {
        self.entries().len()
    }

    /// Puts a program in, or renews what is known of it. A program that was here under this ID on another connection is given
    /// back: its connection has been replaced and is to be closed.
    pub fn register(&self, mut present: Present, password: Password, peer: Arc<Peer>) -> Option<Arc<Peer>> {
        let mut entries = self.entries();
        let mut replaced = None;
        if let Some(old) = entries.get(&present.id) {
            present.busy = old.present.busy;
            // Waiting goes on through a short break; it begins anew when the customer comes back into the list.
            if old.present.listed == present.listed {
                present.since = old.present.since;
            }
            replaced = (old.peer.number() != peer.number()).then(|| old.peer.clone());
        }
        entries.insert(present.id, Entry { present, password, peer });
        drop(entries);
        self.changes.bump();
        replaced
    }

    /// The program on this connection has a new password. `false` when it is not registered on this connection (any more).
    pub fn renew_password(&self, id: DeviceId, peer: &Peer, password: Password) -> bool {
        let mut entries = self.entries();
        let Some(entry) = entries.get_mut(&id).filter(|e| e.peer.number() == peer.number()) else { return false };
        entry.password = password;
        drop(entries);
        self.changes.bump();
        true
    }

    /// Takes a program out, if it is still the one on this connection.
    pub fn leave(&self, id: DeviceId, peer: &Peer) -> bool {
        let mut entries = self.entries();
        let own = entries.get(&id).is_some_and(|e| e.peer.number() == peer.number());
        if own {
            entries.remove(&id);
        }
        drop(entries);
        if own {
            self.changes.bump();
        }
        own
    }

    /// Marks a program as busy and gives its connection; of two attendants who ask at the same time, one gets it. Not `reachable`:
    /// nobody is found, by the same steps.
    pub fn claim(
        &self,
        tenant: TenantId,
        id: DeviceId,
        reachable: impl FnOnce(&Present) -> bool,
    ) -> Result<(Arc<Peer>, Present), ClaimError> {
        let mut entries = self.entries();
        let entry = entries.get_mut(&id).filter(|e| e.present.tenant == tenant && reachable(&e.present));
        let entry = entry.ok_or(ClaimError::Unreachable)?;
        if entry.present.busy {
            return Err(ClaimError::Busy);
        }
        entry.present.busy = true;
        let claimed = (entry.peer.clone(), entry.present.clone());
        drop(entries);
        self.changes.bump();
        Ok(claimed)
    }

    /// Marks a program as in a session or free again. It may have left meanwhile.
    pub fn set_busy(&self, id: DeviceId, busy: bool) {
        let mut entries = self.entries();
        let Some(entry) = entries.get_mut(&id).filter(|e| e.present.busy != busy) else { return };
        entry.present.busy = busy;
        if !busy {
            entry.present.since = Timestamp::now();
        }
        drop(entries);
        self.changes.bump();
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<DeviceId, Entry>> {
        // Every change under this lock is complete in itself, so a panic elsewhere leaves nothing half-done behind.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
