//! What becomes of customers who ask for help before anybody dials them: whether their app is attended now, whom they are offered to, and
//! requests that nobody took.
//!
//! Used by the connections and the console. Decisions are in `hours` and `rules`, without a clock; this module carries them out. Must never
//! keep a customer out of the waiting list: who wants to wait out of hours may, and an attendant who is there may connect.

mod distribute;
mod ended;
mod hours;
mod missed;
mod presence;
mod rules;

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::{Timestamp, tz::TimeZone};
use protocol::{
    id::{AppId, DeviceId, OperatorId, TenantId},
    message::{FromRelay, offer::Status, request::Attended},
};
use store::{App, PresenceChange, StoreError};
use tokio::sync::Notify;

use crate::{config::Limits, listener::peer::Peer, relay::Shared, session::rate::Rate};

use missed::Away;
use presence::Presence;
use rules::Rules;

pub(crate) use missed::{miss, why};
pub use presence::Attendant;

/// The version of the words that this takes.
pub(crate) const SINCE: u16 = 3;
/// Changes within this time are decided together.
const TOGETHER: Duration = Duration::from_millis(50);

/// Customers' requests, and the attendants they are offered to.
pub struct Queue {
    state: Mutex<State>,
    /// What the customers of an app were told last; an app that is not here is open.
    told: Mutex<HashMap<AppId, Attended>>,
    left: Mutex<Rate<IpAddr>>,
    /// Somebody's status has changed, an offer was answered, a customer has gone.
    news: Notify,
}

#[derive(Default)]
struct State {
    presence: Presence,
    rules: Rules,
    away: HashMap<DeviceId, Away>,
}

impl Queue {
    /// Nobody asks for anything yet, and nobody is there.
    pub fn new(limits: &Limits) -> Self {
        Self {
            state: Mutex::default(),
            told: Mutex::default(),
            left: Mutex::new(Rate::new(limits.requests_per_minute, limits.requests_per_hour)),
            news: Notify::new(),
        }
    }

    /// Whether an app is attended now. A company that cannot be read now is open: whoever wants to wait waits.
    pub async fn attended(&self, shared: &Shared, app: &App, now: Timestamp) -> Attended {
        if app.archived.is_some() {
            return Attended::Ended;
        }
        let (Ok(apps), Ok(zone)) = (shared.apps.of(app.tenant).await, zone(shared, app.tenant).await) else {
            return Attended::Open;
        };
        let there = shared.queue.there(app.tenant);
        hours::of(app, &apps, &zone, &there, now)
    }

    /// Counts a request that is left from this address.
    ///
    /// # Errors
    /// How long to wait for the next.
    pub fn may_leave(&self, source: IpAddr) -> Result<(), Duration> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).count(source, Instant::now())
    }

    /// A company's attendants who are there, or were since the start.
    pub fn there(&self, tenant: TenantId) -> Vec<Attendant> {
        self.state().presence.of(tenant)
    }

    /// Programs of this attendant are here, and none of them knows the words of this version.
    pub fn has_only_older(&self, who: OperatorId, version: u16) -> bool {
        let programs = self.state().presence.programs(who, false);
        !programs.is_empty() && !programs.iter().any(|peer| peer.knows(version))
    }

    /// An attendant chooses their status, in a program or in the console. `false`: they were never here.
    ///
    /// # Errors
    /// When it cannot be written down. It counts all the same.
    pub async fn choose(&self, shared: &Shared, who: OperatorId, status: Status) -> Result<bool, StoreError> {
        let (known, change) = {
            let mut state = self.state();
            let change = state.presence.choose(who, status, Timestamp::now());
            (state.presence.told(who).is_some(), change)
        };
        self.changed(shared, who, change).await.map(|()| known)
    }

    /// Somebody's status has changed: it is written down, their programs are told, and it is looked at whom they get.
    async fn changed(
        &self,
        shared: &Shared,
        who: OperatorId,
        change: Option<PresenceChange>,
    ) -> Result<(), StoreError> {
        let (told, programs) = {
            let mut state = self.state();
            let now = state.presence.state(who);
            state.rules.attendant(who, now);
            (state.presence.told(who), state.presence.programs(who, false))
        };
        self.news.notify_one();
        shared.changes.bump();
        let Some(change) = change else { return Ok(()) };
        if let Some(told) = told {
            programs.iter().for_each(|peer| peer.send(FromRelay::StatusIs(told)));
        }
        shared.store.add_presence(&change).await
    }

    /// Goes on with what is due, as long as the relay runs.
    pub async fn keep(&self, shared: &Shared) {
        let mut changes = shared.changes();
        // Who waits changes with every customer, whether apps are attended does not.
        let mut hours = true;
        loop {
            changes.mark_unchanged();
            let now = Timestamp::now();
            if hours {
                self.tell_hours(shared, now).await;
            }
            let due = self.distribute(shared, Instant::now()).await;
            let missed = self.miss_those_gone(shared, Instant::now()).await;
            // Hours are in whole minutes.
            let minute = u64::try_from(60_000 - now.as_millisecond().rem_euclid(60_000)).unwrap_or(60_000);
            let due = [due, missed].into_iter().flatten().min();
            let left = due.map_or(Duration::MAX, |due| due.saturating_duration_since(Instant::now()));
            hours = true;
            tokio::select! {
                () = tokio::time::sleep(left.min(Duration::from_millis(minute))) => continue,
                () = shared.apps.changes() => {}
                () = self.news.notified() => {}
                changed = changes.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    hours = false;
                }
            }
            tokio::time::sleep(TOGETHER).await;
        }
    }

    async fn tell_hours(&self, shared: &Shared, now: Timestamp) {
        for (tenant, waiting) in shared.directory.apps_waited_for() {
            // Not readable now: looked at again in a minute.
            let (Ok(apps), Ok(zone)) = (shared.apps.of(tenant).await, zone(shared, tenant).await) else { continue };
            let there = self.there(tenant);
            for app in apps.iter().filter(|app| waiting.contains(&app.id)) {
                let attended = hours::of(app, &apps, &zone, &there, now);
                if self.replace(app.id, &attended) != attended {
                    shared.directory.peers_waiting(tenant, app.id).iter().for_each(|peer| tell(peer, &attended));
                }
            }
        }
    }

    /// Tells a customer who has just registered, and everybody else of the app when it is news.
    pub(crate) async fn greet(&self, shared: &Shared, app: &App, peer: &Peer) {
        let attended = self.attended(shared, app, Timestamp::now()).await;
        if attended == Attended::Ended {
            return ended::tell(peer, app);
        }
        let news = self.replace(app.id, &attended) != attended;
        if attended != Attended::Open {
            tell(peer, &attended);
        }
        if news {
            let others = shared.directory.peers_waiting(app.tenant, app.id);
            others.iter().filter(|other| other.number() != peer.number()).for_each(|other| tell(other, &attended));
        }
    }

    /// Remembers what an app's customers are told. What they were told before.
    fn replace(&self, app: AppId, attended: &Attended) -> Attended {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match attended {
            Attended::Open => told.remove(&app),
            other => told.insert(app, other.clone()),
        };
        before.unwrap_or(Attended::Open)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change under this lock is complete in itself.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A company's time zone.
async fn zone(shared: &Shared, tenant: TenantId) -> Result<TimeZone, StoreError> {
    Ok(shared.store.tenant(tenant).await?.zone())
}

/// Tells a customer's program, if it knows the words.
fn tell(peer: &Peer, attended: &Attended) {
    if peer.knows(SINCE) {
        peer.send(FromRelay::Attended(attended.clone()));
    }
}
