//! Lists of contacts that were brought: one a company, looked at first, then put on record in batches, then told of.
//!
//! Held in memory: a server that stops forgets what was not confirmed, and what was put on record until then stays. Putting the same list
//! there again makes nobody twice.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;
use protocol::id::TenantId;
use store::{Found, ListedContact, Put};
use tokio_util::sync::CancellationToken;

use super::plan::{Plan, Refused};
use crate::{
    console::{App, visitor::Who},
    telling::{Ended, News},
};

/// Contacts that are put on record in one transaction.
const BATCH: usize = 250;
/// How long a list waits to be confirmed.
const WAITS: Duration = Duration::from_secs(60 * 60);
/// Lists of all companies that wait; the oldest gives way.
const HELD: usize = 8;
/// Lines that are shown of a list.
pub(super) const SHOWN: usize = 50;

/// A list, as it stands.
#[derive(Clone)]
pub(super) struct Import {
    pub(super) id: u64,
    /// Who brought it.
    pub(super) by: String,
    /// The file's name.
    pub(super) file: String,
    pub(super) used: Vec<String>,
    pub(super) unused: Vec<String>,
    pub(super) refused: Arc<[Refused]>,
    pub(super) refused_all: usize,
    pub(super) state: State,
    since: Instant,
}

#[derive(Clone)]
pub(super) enum State {
    /// It waits to be confirmed.
    Planned(Arc<Planned>),
    Running(Arc<Running>),
    Over(Put, Ended),
}

/// Who would be put on record, and how they are found.
pub(super) struct Planned {
    pub(super) list: Vec<ListedContact>,
    pub(super) lines: Vec<usize>,
    pub(super) found: Vec<Found>,
}

impl Planned {
    pub(super) fn count(&self, how: Found) -> usize {
        self.found.iter().filter(|found| **found == how).count()
    }
}

/// How far it is.
pub(super) struct Running {
    pub(super) all: usize,
    pub(super) done: AtomicUsize,
    made: AtomicU32,
    changed: AtomicU32,
    same: AtomicU32,
    pub(super) stop: CancellationToken,
}

impl Running {
    fn add(&self, lines: usize, put: Put) {
        for (all, some) in [(&self.made, put.made), (&self.changed, put.changed), (&self.same, put.same)] {
            all.fetch_add(some, Ordering::Relaxed);
        }
        self.done.fetch_add(lines, Ordering::Relaxed);
    }

    fn put(&self) -> Put {
        let of = |count: &AtomicU32| count.load(Ordering::Relaxed);
        Put { made: of(&self.made), changed: of(&self.changed), same: of(&self.same) }
    }
}

/// The lists of all companies.
#[derive(Default)]
pub(in crate::console) struct Imports(Mutex<HashMap<TenantId, Import>>);

impl Imports {
    fn all(&self) -> MutexGuard<'_, HashMap<TenantId, Import>> {
        // Each change is complete in itself.
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, import| !matches!(import.state, State::Planned(_)) || import.since.elapsed() < WAITS);
        all
    }

    /// The company's list, as it stands.
    pub(super) fn of(&self, tenant: TenantId) -> Option<Import> {
        self.all().get(&tenant).cloned()
    }

    /// Takes a list in place of the one before; `false` while that is being put on record.
    pub(super) fn plan(&self, tenant: TenantId, by: String, file: String, plan: Plan, found: Vec<Found>) -> bool {
        let mut all = self.all();
        if all.get(&tenant).is_some_and(|import| matches!(import.state, State::Running(_))) {
            return false;
        }
        let Plan { used, unused, list, lines, refused, refused_all } = plan;
        let import = Import {
            id: rand::random(),
            by,
            file,
            used,
            unused,
            refused: refused.into(),
            refused_all,
            state: State::Planned(Arc::new(Planned { list, lines, found })),
            since: Instant::now(),
        };
        all.insert(tenant, import);
        let waiting = || all.iter().filter(|(_, import)| matches!(import.state, State::Planned(_)));
        if waiting().count() > HELD
            && let Some(oldest) = waiting().min_by_key(|(_, import)| import.since).map(|(tenant, _)| *tenant)
        {
            all.remove(&oldest);
        }
        true
    }

    /// Confirms this list: what to do. `None`: it is another one by now, or none, or confirmed already.
    fn start(&self, tenant: TenantId, id: u64) -> Option<(Import, Arc<Planned>, Arc<Running>)> {
        let mut all = self.all();
        let import = all.get_mut(&tenant).filter(|import| import.id == id)?;
        let State::Planned(planned) = &import.state else { return None };
        let planned = planned.clone();
        let running = Arc::new(Running {
            all: planned.list.len(),
            done: AtomicUsize::new(0),
            made: AtomicU32::new(0),
            changed: AtomicU32::new(0),
            same: AtomicU32::new(0),
            stop: CancellationToken::new(),
        });
        import.state = State::Running(running.clone());
        Some((import.clone(), planned, running))
    }

    /// Throws a list away that waits, or stops one behind its batch. `None`: it is neither.
    pub(super) fn cancel(&self, tenant: TenantId, id: u64) -> Option<()> {
        let mut all = self.all();
        let import = all.get(&tenant).filter(|import| import.id == id)?;
        match &import.state {
            State::Planned(_) => _ = all.remove(&tenant),
            State::Running(running) => running.stop.cancel(),
            State::Over(..) => return None,
        }
        Some(())
    }

    fn over(&self, tenant: TenantId, id: u64, put: Put, ended: Ended) {
        if let Some(import) = self.all().get_mut(&tenant).filter(|import| import.id == id) {
            import.state = State::Over(put, ended);
        }
    }

    /// Whether this list, which waits, is the company's.
    pub(super) fn waits(&self, tenant: TenantId, id: u64) -> Option<Import> {
        self.of(tenant).filter(|import| import.id == id && matches!(import.state, State::Planned(_)))
    }
}

/// Puts a list on record that was confirmed; whether there was one. Goes on behind the answer.
pub(super) fn start(app: &App, who: &Who, id: u64) -> bool {
    let Some((import, planned, running)) = app.imports.start(who.operator.tenant, id) else { return false };
    let (app, who) = (app.clone(), who.clone());
    tokio::spawn(async move {
        let (tenant, of) = (who.operator.tenant, import.id);
        let (imports, now) = (app.imports.clone(), running.clone());
        let work = tokio::spawn(async move { run(&app, &who, import, &planned.list, &running).await });
        // Whatever happens to it, another list can come.
        if let Err(error) = work.await {
            tracing::error!(%error, "an import of contacts ended by itself");
            imports.over(tenant, of, now.put(), Ended::Failed);
        }
    });
    true
}

async fn run(app: &App, who: &Who, import: Import, list: &[ListedContact], running: &Running) {
    let tenant = who.operator.tenant;
    let mut ended = Ended::Done;
    for batch in list.chunks(BATCH) {
        if running.stop.is_cancelled() || app.shutdown.is_cancelled() {
            ended = Ended::Cancelled;
            break;
        }
        match app.shared.store.put_contacts(tenant, batch, Timestamp::now()).await {
            Ok(put) => running.add(batch.len(), put),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a list of contacts is cut short");
                ended = Ended::Failed;
                break;
            }
        }
    }
    let (put, refused) = (running.put(), import.refused_all);
    let detail = format!("made={} changed={} same={} refused={refused} {ended:?}", put.made, put.changed, put.same);
    let line = who.operator.entry("contacts.imported", &import.file, &detail, who.source);
    if let Err(error) = app.shared.store.audit(&line).await {
        tracing::error!(error = &error as &dyn std::error::Error, "the audit log does not say how an import ended");
    }
    app.imports.over(tenant, import.id, put, ended);
    app.shared.telling.tell(who.operator.id, News::Contacts { put, refused, ended });
    app.shared.changes.bump();
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tenant(n: u8) -> TenantId {
        TenantId::from_bytes([n; 16])
    }

    fn plan(imports: &Imports, of: TenantId) -> Option<u64> {
        let planned = imports.plan(of, "Chefe".to_owned(), "a.csv".to_owned(), Plan::default(), Vec::new());
        planned.then(|| imports.of(of).unwrap().id)
    }

    #[test]
    fn a_list_is_confirmed_once_by_whoever_has_seen_it() {
        let imports = Imports::default();
        let (first, second) = (plan(&imports, tenant(1)).unwrap(), plan(&imports, tenant(1)).unwrap());
        assert!(imports.start(tenant(1), first).is_none(), "another one is here by now");
        assert!(imports.start(tenant(2), second).is_none(), "it is another company's");
        assert!(imports.start(tenant(1), second).is_some());
        assert!(imports.start(tenant(1), second).is_none(), "it runs already");
        assert!(plan(&imports, tenant(1)).is_none(), "no other one meanwhile");
        assert!(imports.cancel(tenant(2), second).is_none());
        assert!(imports.cancel(tenant(1), second).is_some());
        imports.over(tenant(1), second, Put::default(), Ended::Cancelled);
        assert!(imports.cancel(tenant(1), second).is_none(), "it is over");
        assert!(plan(&imports, tenant(1)).is_some());
    }

    #[test]
    fn lists_that_wait_do_not_pile_up_and_one_that_runs_does_not_give_way() {
        let imports = Imports::default();
        let running = plan(&imports, tenant(200)).unwrap();
        imports.start(tenant(200), running).unwrap();
        for n in 0..50 {
            plan(&imports, tenant(n)).unwrap();
        }
        assert_eq!(imports.all().len(), HELD + 1);
        assert!(imports.of(tenant(0)).is_none() && imports.of(tenant(49)).is_some());
        assert!(imports.of(tenant(200)).is_some());
    }
}
