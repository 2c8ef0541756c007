//! A company whose sessions are told to a ticketing system over HTTP: the adapter as it is, the fake of its kind, and a clock that both go by.

#![allow(clippy::unwrap_used, dead_code)]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    id::{ConnectionId, SessionId, TenantId, TicketNumber},
    message::ticket::TicketChoice,
};
use store::{EventKind, OutboxState};
use tickets::{Reached, ReportError, Systems, Worker, clock::Clock, kind::Means};
use tokio::sync::Notify;

use crate::common::{TENANT, World, at};
use crate::fakes::{self, Server};

pub struct Far {
    pub world: World,
    pub server: Server,
    pub clock: Clock,
    pub systems: Arc<Fixed>,
}

/// The same system for everybody, with its gate.
pub struct Fixed(pub Reached);

#[async_trait]
impl Systems for Fixed {
    async fn reach(&self, _: TenantId, _: Option<ConnectionId>) -> Result<Reached, ReportError> {
        Ok(self.0.clone())
    }
}

impl Far {
    pub async fn new(kind: &str) -> Self {
        let mut world = World::new().await;
        world.strangers = true;
        let clock = Clock::standing_at(world.now);
        let server = Server::start(fakes::of(kind), clock.clone()).await;
        let systems = Arc::new(Fixed(server.reached(&Means::new(clock.clone()))));
        Self { world, server, clock, systems }
    }

    /// The relay starts anew: nothing that the adapter or its gate knew is left, and all leases are over.
    pub async fn restart(&mut self) {
        // What was sent before the end arrives before anything that is sent after it.
        self.server.quiet().await;
        self.systems = Arc::new(Fixed(self.server.reached(&Means::new(self.clock.clone()))));
        self.world.store.expire_leases(self.world.now).await.unwrap();
    }

    pub fn worker(&self) -> Worker {
        Worker::new(self.world.store.clone(), self.systems.clone(), Arc::new(Notify::new()))
            .with_pages("https://relay.example".into())
    }

    pub fn set_now(&mut self, now: Timestamp) {
        self.world.now = self.world.now.max(now);
        self.clock.set(self.world.now);
    }

    /// Works one batch off and jumps to when there is something to do again; `false`: there is nothing more.
    pub async fn step(&mut self) -> bool {
        self.worker().drain(self.world.now).await.unwrap();
        match self.world.store.next_due().await.unwrap() {
            None => false,
            Some(due) => {
                self.set_now(due);
                true
            }
        }
    }

    /// Works until nothing is pending. A person presses "again" on what is parked.
    pub async fn work_off(&mut self) -> usize {
        let mut parked = 0;
        for _ in 0..10_000 {
            if self.step().await {
                continue;
            }
            let rows = self.world.store.outbox_list(TENANT, &[OutboxState::Parked], 200).await.unwrap();
            if rows.is_empty() {
                return parked;
            }
            parked += rows.len();
            // People take their time.
            let later = self.world.now.checked_add(Duration::from_secs(900)).unwrap();
            self.set_now(later);
            for row in &rows {
                println!("parked: {} {:?}", row.marker, row.why);
            }
            self.world.store.retry_all_parked(TENANT, self.world.now).await.unwrap();
        }
        let rows = self.world.store.outbox_list(TENANT, &[], 9).await.unwrap();
        panic!("the outbox is never empty: {rows:?}");
    }

    /// A ticket that is there already.
    pub fn ticket(&self) -> TicketNumber {
        TicketNumber::new(&self.server.open("Caixa 2").unwrap()).unwrap()
    }

    pub async fn ended(&mut self, choice: TicketChoice) -> SessionId {
        self.world.ended(choice).await
    }

    /// Where the session's actions are: ticket, place among its texts, kind.
    pub fn told(&self, session: SessionId) -> Vec<(String, EventKind)> {
        told(&self.server).remove(&session.to_string()).unwrap_or_default()
    }

    /// Exactly one start and one end, in this order, on one ticket.
    pub async fn assert_told_once(&self, session: SessionId, what: &str) {
        let told = self.told(session);
        let kinds: Vec<EventKind> = told.iter().map(|(_, kind)| *kind).collect();
        assert_eq!(kinds, [EventKind::Start, EventKind::End], "{what}: {told:?}");
        assert_eq!(told[0].0, told[1].0, "{what}");
        let ticket = self.world.store.session(session).await.unwrap().ticket.unwrap();
        assert_eq!(ticket.as_str(), told[0].0, "{what}");
    }
}

/// Every action on every ticket, by session.
pub fn told(server: &Server) -> BTreeMap<String, Vec<(String, EventKind)>> {
    let mut told: BTreeMap<String, Vec<(String, EventKind)>> = BTreeMap::new();
    for ticket in server.tickets() {
        for text in &ticket.texts {
            let mut rest = text.as_str();
            while let Some(found) = rest.find("amparo:") {
                let after = &rest[found + "amparo:".len()..];
                if let Some((session, tail)) = after.split_once(':')
                    && session.len() == 32
                {
                    let word = tail.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap();
                    let all = [EventKind::Start, EventKind::End, EventKind::WrapUp, EventKind::Missed];
                    let kind = all.into_iter().find(|kind| kind.as_str() == word).unwrap();
                    told.entry(session.to_owned()).or_default().push((ticket.number.clone(), kind));
                }
                rest = after;
            }
        }
    }
    told
}

/// On each ticket the sessions are in the order in which they began.
pub fn assert_in_order(server: &Server, sessions: &[SessionId], what: &str) {
    let place: BTreeMap<String, usize> = sessions.iter().enumerate().map(|(n, s)| (s.to_string(), n)).collect();
    for ticket in server.tickets() {
        let markers = ticket.texts.iter().filter_map(|text| text.split_once("amparo:"));
        let places: Vec<usize> = markers.map(|(_, rest)| place[&rest[..32]]).collect();
        assert!(places.is_sorted(), "{what}: ticket {} is out of order: {places:?}", ticket.number);
    }
}

/// So long after the beginning.
pub fn since_start(now: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(now.as_second() - at(1000).as_second()).unwrap())
}
