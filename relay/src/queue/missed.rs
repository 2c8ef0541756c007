//! Requests that nobody took: left by the customer, or by a customer who gave up waiting.
//!
//! Who gives up an app that distributes has asked in vain, and the company is to know it. A lost connection is no giving up until the program
//! has had time to come back. A request of a customer who came by a ticket's link is an action on that ticket, as long as it is open.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use protocol::{
    id::{DeviceId, SessionId},
    message::request::Attended,
};
use store::{MissedWhy, NewMissed, OpenedSession, StoreError};

use super::Queue;
use crate::{config::Times, directory::Present, listener::peer::Peer, relay::Shared};

/// A customer who has gone.
pub(super) struct Away {
    present: Arc<Present>,
    until: Instant,
}

impl Queue {
    /// A customer's program is gone; `goodbye`: its user has closed it.
    pub(crate) fn gone(&self, times: &Times, present: Arc<Present>, goodbye: bool) {
        // Whose app has ended was told so.
        if !present.listed || present.busy || present.ended {
            return;
        }
        let until = Instant::now() + if goodbye { Duration::ZERO } else { times.comes_back };
        self.state().away.insert(present.id, Away { present, until });
        self.news.notify_one();
    }

    /// A program is back in time: what is known of its request.
    pub(crate) fn back(&self, device: DeviceId) -> Option<Arc<Present>> {
        self.state().away.remove(&device).map(|away| away.present)
    }

    /// Writes down whoever has given up. When the next has, if nothing happens before.
    pub(super) async fn miss_those_gone(&self, shared: &Shared, now: Instant) -> Option<Instant> {
        let (gone, due) = {
            let mut state = self.state();
            let gone: Vec<_> =
                state.away.values().filter(|away| away.until <= now).map(|away| away.present.clone()).collect();
            state.away.retain(|_, away| away.until > now);
            (gone, state.away.values().map(|away| away.until).min())
        };
        for present in gone {
            if let Err(error) = self.miss_one(shared, &present).await {
                tracing::error!(device = %present.id, error = &error as &dyn std::error::Error, "a request that was given up cannot be recorded");
                if error.is_transient() {
                    let until = now + shared.config.times.comes_back;
                    self.state().away.insert(present.id, Away { present, until });
                }
            }
        }
        due
    }

    async fn miss_one(&self, shared: &Shared, present: &Present) -> Result<(), StoreError> {
        let waited = Timestamp::now().duration_since(present.since);
        if present.settled || waited.unsigned_abs() < shared.config.times.waited {
            return Ok(());
        }
        let apps = shared.apps.every(present.tenant).await?;
        let Some(app) = apps.iter().find(|app| app.id == present.app && app.availability.distribute) else {
            return Ok(());
        };
        let why = match self.attended(shared, app, Timestamp::now()).await {
            Attended::Open => MissedWhy::GaveUp,
            attended => why(&attended),
        };
        miss(shared, present, why, String::new(), None).await.map(|_| ())
    }
}

/// Writes a request down that nobody takes, and gives it to the ticketing system. `peer` is told the ticket once there is one.
///
/// # Errors
/// When it cannot be written down; then nothing was.
pub(crate) async fn miss(
    shared: &Shared,
    present: &Present,
    why: MissedWhy,
    text: String,
    peer: Option<Arc<Peer>>,
) -> Result<(SessionId, OpenedSession), StoreError> {
    let id = SessionId::from_bytes(rand::random());
    let missed = NewMissed {
        id,
        tenant: present.tenant,
        app: present.app,
        device: present.id,
        fields: present.fields.clone(),
        why,
        text,
        ticket: present.invited.clone(),
        since: present.since,
        at: Timestamp::now(),
    };
    let opened = shared.store.miss_request(&missed).await?;
    tracing::info!(request = %id, device = %present.id, ?why, "request missed");
    shared.directory.settle(present.id);
    shared.outbox.notify_one();
    shared.sessions.await_ticket(id, &opened.protocol, peer);
    shared.changes.bump();
    Ok((id, opened))
}

/// Why a request that is left now was not taken.
pub(crate) fn why(attended: &Attended) -> MissedWhy {
    match attended {
        Attended::Closed { holiday, .. } if !holiday.as_str().is_empty() => MissedWhy::Holiday,
        Attended::Closed { .. } => MissedWhy::OutOfHours,
        Attended::Open | Attended::Nobody | Attended::Ended => MissedWhy::NobodyAvailable,
    }
}
