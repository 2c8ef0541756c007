//! Who is here: registered programs, their passwords, the waiting list.
//!
//! In memory only: an idle customer costs no write, and a password never reaches a disk. Used by the connections, the sessions and
//! the console. Every look-up names the tenant: nobody sees another company's customers. No step takes longer the more programs are
//! here: who waits is kept in order, company by company, and lists are made of shared entries.

mod waiting;

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
use store::TicketOf;
use tokio::sync::watch;

use crate::listener::peer::Peer;

use waiting::Waiting;
pub use waiting::{Identity, Moved, NoPlace, Place, Since};

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
    /// How the company classifies them; empty: not.
    pub class: String,
    /// The ticket that a link of ours has invited them to.
    pub invited: Option<TicketOf>,
    /// In the waiting list (an attendant's own program is not).
    pub listed: bool,
    /// In a session, or being dialled.
    pub busy: bool,
    /// Since when it is here without a longer break.
    pub since: Timestamp,
    /// Its request was answered: a session has begun, or it was left as a ticket. It is offered to nobody until it asks anew.
    pub settled: bool,
    /// Its app is archived: it waits for nobody until that is brought back.
    pub ended: bool,
}

impl Present {
    /// Nobody is connected, and it wants somebody to be.
    pub fn waits(&self) -> bool {
        self.listed && !self.busy && !self.ended
    }

    /// What the customer typed in this field; empty if nothing.
    pub fn field(&self, key: FieldKey) -> &str {
        self.fields.iter().find(|f| f.key == key).map_or("", |f| f.value.as_str())
    }
}

impl From<&Present> for WaitingCustomer {
    fn from(p: &Present) -> Self {
        Self {
            id: p.id,
            fields: p.fields.clone(),
            app_title: p.app_title.clone(),
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
    present: Arc<Present>,
    password: Password,
    peer: Arc<Peer>,
}

/// The programs and, always in step with them, who of them waits.
#[derive(Default)]
struct Entries {
    here: HashMap<DeviceId, Entry>,
    waiting: Waiting,
}

impl Entries {
    fn put(&mut self, present: Present, password: Password, peer: Arc<Peer>) {
        let present = Arc::new(present);
        let before = self.here.insert(present.id, Entry { present: present.clone(), password, peer });
        self.moved(before.map(|entry| entry.present), Some(&present));
    }

    fn take(&mut self, id: DeviceId) -> Option<Entry> {
        let entry = self.here.remove(&id)?;
        self.moved(Some(entry.present.clone()), None);
        Some(entry)
    }

    /// Changes what is known of a program that is here.
    fn change(&mut self, id: DeviceId, change: impl FnOnce(&mut Present)) {
        let Some(entry) = self.here.get_mut(&id) else { return };
        let mut present = (*entry.present).clone();
        change(&mut present);
        let present = Arc::new(present);
        let before = std::mem::replace(&mut entry.present, present.clone());
        self.moved(Some(before), Some(&present));
    }

    fn moved(&mut self, before: Option<Arc<Present>>, now: Option<&Arc<Present>>) {
        let before = before.filter(|present| present.waits());
        let now = now.filter(|present| present.waits());
        match (&before, now) {
            (None, None) => {}
            // An ID is of one company for ever, but what is known of a program is what it told last.
            (Some(was), Some(is)) if was.tenant != is.tenant => {
                self.waiting.change(was.tenant, before.as_ref(), None);
                self.waiting.change(is.tenant, None, Some(is));
            }
            (Some(known), _) => self.waiting.change(known.tenant, before.as_ref(), now.map(|present| &**present)),
            (None, Some(is)) => self.waiting.change(is.tenant, None, Some(is)),
        }
    }

    fn those(&self, places: impl IntoIterator<Item = DeviceId>) -> Vec<Arc<Present>> {
        places.into_iter().filter_map(|id| self.here.get(&id)).map(|entry| entry.present.clone()).collect()
    }
}

/// The programs that are here.
pub struct Directory {
    entries: Mutex<Entries>,
    changes: Changes,
}

impl Directory {
    /// Nobody is here.
    pub fn new(changes: Changes) -> Self {
        Self { entries: Mutex::default(), changes }
    }

    /// Customers who wait for an attendant: listed and not in a session; who waits longest comes first.
    pub fn waiting(&self, tenant: TenantId) -> Vec<Arc<Present>> {
        self.first_waiting(tenant, usize::MAX)
    }

    /// The first `most` of them.
    pub fn first_waiting(&self, tenant: TenantId, most: usize) -> Vec<Arc<Present>> {
        self.first_waiting_of(tenant, most, |_| true)
    }

    /// The first `most` of those who wait for an attendant of one of these apps.
    pub fn first_waiting_of(&self, tenant: TenantId, most: usize, of: impl Fn(AppId) -> bool) -> Vec<Arc<Present>> {
        self.waiting_behind(tenant, None, most, of)
    }

    /// The first `most` of those who stand behind a place in the list.
    pub fn waiting_behind(
        &self,
        tenant: TenantId,
        place: Option<Place>,
        most: usize,
        of: impl Fn(AppId) -> bool,
    ) -> Vec<Arc<Present>> {
        let entries = self.entries();
        entries.those(entries.waiting.behind(tenant, place, most, of).into_iter().map(|place| place.id))
    }

    /// Those of these who are here.
    pub fn presents(&self, tenant: TenantId, ids: impl IntoIterator<Item = DeviceId>) -> Vec<Arc<Present>> {
        let mut here = self.entries().those(ids);
        here.retain(|present| present.tenant == tenant);
        here
    }

    /// Those who wait and tell any of this, who waits longest first.
    pub fn waiting_as(&self, tenant: TenantId, identities: &[Identity]) -> Vec<Arc<Present>> {
        let entries = self.entries();
        let mut found = entries.those(entries.waiting.known_as(tenant, identities));
        found.sort_unstable_by_key(|present| Place::of(present));
        found
    }

    /// How many customers wait.
    pub fn waiting_count(&self, tenant: TenantId) -> usize {
        self.waiting_count_of(tenant, |_| true)
    }

    /// How many wait for an attendant of one of these apps.
    pub fn waiting_count_of(&self, tenant: TenantId, of: impl Fn(AppId) -> bool) -> usize {
        self.entries().waiting.count(tenant, of)
    }

    /// A mark for [`Self::waiting_since`]: what has changed until now counts as known. Taken before the list is read.
    pub fn waiting_mark(&self) -> u64 {
        self.entries().waiting.mark()
    }

    /// Who came, changed and went since a mark, and the next mark.
    pub fn waiting_since(&self, tenant: TenantId, mark: u64) -> (u64, Since) {
        let entries = self.entries();
        let Some(changed) = entries.waiting.since(tenant, mark) else {
            return (entries.waiting.mark(), Since::TooLong);
        };
        let moved = |(id, before): (DeviceId, Option<Arc<Present>>)| {
            let here = entries.here.get(&id).map(|entry| &entry.present);
            let now = here.filter(|present| present.tenant == tenant && present.waits()).cloned();
            (before.is_some() || now.is_some()).then_some(Moved { before, now })
        };
        (entries.waiting.mark(), Since::Moved(changed.into_iter().filter_map(moved).collect()))
    }

    /// How many customers wait, of all companies.
    pub fn waiting_total(&self) -> usize {
        self.entries().waiting.total()
    }

    /// The apps that somebody waits for.
    pub fn apps_waited_for(&self) -> Vec<(TenantId, Vec<AppId>)> {
        self.entries().waiting.apps()
    }

    /// The programs of those who wait for an attendant of this app.
    pub fn peers_waiting(&self, tenant: TenantId, app: AppId) -> Vec<Arc<Peer>> {
        let entries = self.entries();
        let queued = entries.waiting.behind(tenant, None, usize::MAX, |of| of == app);
        queued.iter().filter_map(|place| entries.here.get(&place.id)).map(|entry| entry.peer.clone()).collect()
    }

    /// A program that is here.
    pub fn present(&self, tenant: TenantId, id: DeviceId) -> Option<Arc<Present>> {
        self.entries().here.get(&id).map(|e| &e.present).filter(|p| p.tenant == tenant).cloned()
    }

    /// The password of a program that is here. Whoever shows it checks the permission and writes it to the audit log first.
    pub fn password(&self, tenant: TenantId, id: DeviceId) -> Option<Password> {
        self.entries().here.get(&id).filter(|e| e.present.tenant == tenant).map(|e| e.password.clone())
    }

    /// How many programs are here, of all companies.
    pub fn count(&self) -> usize {
        self.entries().here.len()
    }

    /// Puts a program in, or renews what is known of it. A program that was here under this ID on another connection is given
    /// back: its connection has been replaced and is to be closed.
    pub fn register(&self, mut present: Present, password: Password, peer: Arc<Peer>) -> Option<Arc<Peer>> {
        let mut entries = self.entries();
        let mut replaced = None;
        if let Some(old) = entries.here.get(&present.id) {
            present.busy = old.present.busy;
            // Waiting goes on through a short break; it begins anew when the customer comes back into the list, or asks again.
            let again = old.peer.number() == peer.number();
            present.settled = old.present.settled && !again;
            if old.present.listed == present.listed && !(old.present.settled && again) {
                present.since = old.present.since;
            }
            replaced = (old.peer.number() != peer.number()).then(|| old.peer.clone());
        }
        entries.put(present, password, peer);
        drop(entries);
        self.changes.bump();
        replaced
    }

    /// The program on this connection has a new password. `false` when it is not registered on this connection (any more).
    pub fn renew_password(&self, id: DeviceId, peer: &Peer, password: Password) -> bool {
        let mut entries = self.entries();
        let Some(entry) = entries.here.get_mut(&id).filter(|e| e.peer.number() == peer.number()) else { return false };
        entry.password = password;
        drop(entries);
        self.changes.bump();
        true
    }

    /// Takes a program out, if it is still the one on this connection, and gives what was known of it.
    pub fn leave(&self, id: DeviceId, peer: &Peer) -> Option<Arc<Present>> {
        let mut entries = self.entries();
        let own = entries.here.get(&id).is_some_and(|e| e.peer.number() == peer.number());
        let left = if own { entries.take(id).map(|entry| entry.present) } else { None };
        drop(entries);
        if left.is_some() {
            self.changes.bump();
        }
        left
    }

    /// The request of whoever is here under this ID is answered.
    pub fn settle(&self, id: DeviceId) {
        self.entries().change(id, |present| present.settled = true);
    }

    /// How the company classifies whoever is here under this ID; empty: not.
    pub fn classify(&self, id: DeviceId, class: String) {
        let mut entries = self.entries();
        if entries.here.get(&id).is_none_or(|entry| entry.present.class == class) {
            return;
        }
        entries.change(id, |present| present.class = class);
        drop(entries);
        self.changes.bump();
    }

    /// An app has ended, or is there again: its customers leave the list, or are in it anew. Those for whom that is news, with their programs.
    pub fn set_ended(&self, tenant: TenantId, app: AppId, ended: bool) -> Vec<(Arc<Present>, Arc<Peer>)> {
        let mut entries = self.entries();
        let is_news = |p: &Present| p.tenant == tenant && p.app == app && p.listed && p.ended != ended;
        let here = entries.here.values().filter(|entry| is_news(&entry.present));
        let told: Vec<_> = here.map(|entry| (entry.present.clone(), entry.peer.clone())).collect();
        for (present, _) in &told {
            entries.change(present.id, |present| present.ended = ended);
        }
        drop(entries);
        if !told.is_empty() {
            self.changes.bump();
        }
        told
    }

    /// Whose customer is here under this ID.
    pub fn tenant_of(&self, id: DeviceId) -> Option<TenantId> {
        self.entries().here.get(&id).map(|entry| entry.present.tenant)
    }

    /// Marks a program as busy and gives its connection; of two attendants who ask at the same time, one gets it. Not `reachable`:
    /// nobody is found, by the same steps.
    pub fn claim(
        &self,
        tenant: TenantId,
        id: DeviceId,
        reachable: impl FnOnce(&Present) -> bool,
    ) -> Result<(Arc<Peer>, Arc<Present>), ClaimError> {
        let mut entries = self.entries();
        let entry = entries.here.get(&id).filter(|e| e.present.tenant == tenant && reachable(&e.present));
        let entry = entry.ok_or(ClaimError::Unreachable)?;
        if entry.present.busy {
            return Err(ClaimError::Busy);
        }
        let peer = entry.peer.clone();
        entries.change(id, |present| present.busy = true);
        let present = entries.here.get(&id).map(|e| e.present.clone()).ok_or(ClaimError::Unreachable)?;
        drop(entries);
        self.changes.bump();
        Ok((peer, present))
    }

    /// Marks a program as in a session or free again. It may have left meanwhile.
    pub fn set_busy(&self, id: DeviceId, busy: bool) {
        let mut entries = self.entries();
        if entries.here.get(&id).is_none_or(|e| e.present.busy == busy) {
            return;
        }
        entries.change(id, |present| {
            present.busy = busy;
            if !busy {
                present.since = Timestamp::now();
            }
        });
        drop(entries);
        self.changes.bump();
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // Every change under this lock is complete in itself, so a panic elsewhere leaves nothing half-done behind.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
