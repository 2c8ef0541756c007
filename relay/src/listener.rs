//! The QUIC end point: who may connect, how much each connection may cost, one task per connection.

pub mod peer;
pub mod program;
pub mod transport;

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use quinn::{Connection, Endpoint, Incoming};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{config::Limits, relay::Shared};

/// Takes connections until told to stop, then closes them all and waits for their tasks.
pub async fn serve(shared: Arc<Shared>, endpoint: Endpoint, shutdown: CancellationToken) {
    let door = Arc::new(Door::default());
    let tasks = TaskTracker::new();
    loop {
        let incoming = tokio::select! {
            () = shutdown.cancelled() => break,
            incoming = endpoint.accept() => incoming,
        };
        let Some(incoming) = incoming else { break };
        let source = incoming.remote_address().ip();
        match door.judge(source, incoming.remote_address_validated(), &shared.config.limits) {
            Verdict::Prove => prove(incoming),
            Verdict::Refuse(why) => {
                tracing::warn!(%source, why, "connection refused");
                incoming.refuse();
            }
            Verdict::Enter { busy } => {
                let visit = Visit::begin(door.clone(), source);
                tasks.spawn(connection(shared.clone(), Box::new(incoming), visit, busy));
            }
        }
    }
    // Closed as "normal": programs come back by themselves when the relay is here again, also to their sessions.
    endpoint.close(peer::CloseCode::Normal.into(), b"the relay stops");
    tasks.close();
    tasks.wait().await;
    // Until everybody has been told, or it takes too long.
    let _ = tokio::time::timeout(Duration::from_secs(2), endpoint.wait_idle()).await;
}

fn prove(incoming: Incoming) {
    // Fails only for an address that has been proved already, which was just looked at.
    let _ = incoming.retry();
}

/// What is large and needed only at the beginning is boxed: every waiting customer pays for the largest step of this task.
async fn connection(shared: Arc<Shared>, incoming: Box<Incoming>, mut visit: Visit, busy: bool) {
    let source = visit.source;
    let Some(connection) = Box::pin(shake_hands(incoming, source, shared.config.times.message)).await else { return };
    program::run(shared, connection, source, busy, || visit.welcomed()).await;
}

async fn shake_hands(incoming: Box<Incoming>, source: IpAddr, patience: Duration) -> Option<Connection> {
    let connecting = match incoming.accept() {
        Ok(connecting) => connecting,
        Err(error) => {
            tracing::debug!(%source, error = &error as &dyn std::error::Error, "not a connection");
            return None;
        }
    };
    match tokio::time::timeout(patience, connecting).await {
        Ok(Ok(connection)) => Some(connection),
        Ok(Err(error)) => {
            tracing::warn!(%source, error = &error as &dyn std::error::Error, "handshake failed");
            None
        }
        Err(_) => {
            tracing::warn!(%source, "handshake took too long");
            None
        }
    }
}

/// Who is inside, counted by source address.
#[derive(Debug, Default)]
struct Door {
    inside: AtomicUsize,
    unwelcomed: AtomicUsize,
    sources: Mutex<HashMap<IpAddr, Source>>,
}

#[derive(Debug, Default)]
struct Source {
    connections: usize,
    unwelcomed: usize,
}

enum Verdict {
    /// Must show that its address is its own.
    Prove,
    Refuse(&'static str),
    Enter {
        /// Is to be told that there is no room.
        busy: bool,
    },
}

/// Programs over the cap that are still told so, instead of meeting a shut door.
const TOLD_BUSY: usize = 64;

impl Door {
    fn judge(&self, source: IpAddr, proved: bool, limits: &Limits) -> Verdict {
        let inside = self.inside.load(Ordering::Relaxed);
        if inside >= limits.connections + TOLD_BUSY {
            return Verdict::Refuse("the relay is full");
        }
        if !proved && self.unwelcomed.load(Ordering::Relaxed) >= limits.retry_above {
            return Verdict::Prove;
        }
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = sources.get(&source) {
            if known.unwelcomed >= limits.unwelcomed_per_source {
                return Verdict::Refuse("too many connections from this address that have not said hello");
            }
            if known.connections >= limits.connections_per_source {
                return Verdict::Refuse("too many connections from this address");
            }
        }
        Verdict::Enter { busy: inside >= limits.connections }
    }
}

/// One connection as the door counts it; leaving is dropping it.
struct Visit {
    door: Arc<Door>,
    source: IpAddr,
    welcomed: bool,
}

impl Visit {
    fn begin(door: Arc<Door>, source: IpAddr) -> Self {
        door.inside.fetch_add(1, Ordering::Relaxed);
        door.unwelcomed.fetch_add(1, Ordering::Relaxed);
        let mut sources = door.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = sources.entry(source).or_default();
        counted.connections += 1;
        counted.unwelcomed += 1;
        drop(sources);
        Self { door, source, welcomed: false }
    }

    fn welcomed(&mut self) {
        if !std::mem::replace(&mut self.welcomed, true) {
            self.door.unwelcomed.fetch_sub(1, Ordering::Relaxed);
            if let Some(source) = self.door.sources.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&self.source)
            {
                source.unwelcomed = source.unwelcomed.saturating_sub(1);
            }
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.welcomed();
        self.door.inside.fetch_sub(1, Ordering::Relaxed);
        let mut sources = self.door.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = sources.get_mut(&self.source) {
            source.connections = source.connections.saturating_sub(1);
            if source.connections == 0 {
                sources.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_only_knocks_is_refused_and_others_are_not() {
        let door = Arc::new(Door::default());
        let limits = Limits { unwelcomed_per_source: 2, retry_above: 3, ..Limits::default() };
        let (noisy, quiet) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let mut first = Visit::begin(door.clone(), noisy);
        let _second = Visit::begin(door.clone(), noisy);
        assert!(matches!(door.judge(noisy, false, &limits), Verdict::Refuse(_)));
        assert!(matches!(door.judge(quiet, false, &limits), Verdict::Enter { busy: false }));
        let third = Visit::begin(door.clone(), quiet);
        assert!(matches!(door.judge(quiet, false, &limits), Verdict::Prove));
        assert!(matches!(door.judge(quiet, true, &limits), Verdict::Enter { .. }));
        first.welcomed();
        assert!(matches!(door.judge(noisy, true, &limits), Verdict::Enter { .. }));
        drop((first, third));
        assert_eq!(door.inside.load(Ordering::Relaxed), 1);
        assert!(!door.sources.lock().is_ok_and(|s| s.contains_key(&quiet)));
    }

    #[test]
    fn a_full_relay_says_so_and_a_crowd_meets_a_shut_door() {
        let door = Arc::new(Door::default());
        let limits = Limits { connections: 1, ..Limits::default() };
        let source = IpAddr::from([10, 0, 0, 1]);
        let mut visits = vec![Visit::begin(door.clone(), source)];
        assert!(matches!(door.judge(source, true, &limits), Verdict::Enter { busy: true }));
        visits.extend((0..TOLD_BUSY).map(|_| Visit::begin(door.clone(), source)));
        assert!(matches!(door.judge(source, true, &limits), Verdict::Refuse(_)));
    }
}
