//! A company with an attendant, a store on disk, and sessions on demand: what the tests of this crate begin with.

#![allow(clippy::unwrap_used, dead_code, missing_docs)]

pub mod plain;

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use protocol::{
    id::{AppId, DeviceId, OperatorId, SessionId, TenantId, TicketNumber},
    message::{
        ShownText,
        directory::{Field, FieldKey},
        grant::Grants,
        pairing::CloseReason,
        ticket::TicketChoice,
    },
};
use store::{
    ActionKind, App, CustomerDetails, Ended, EventKind, MissedWhy, NewDeskTicket, NewMissed, NewOperator, NewSession,
    OutboxState, Roles, SqliteStore, Started, Store, Tenant, TicketAction, TicketFilter, TicketOf,
};
use tickets::{
    Always, DeskSystem, Owner, TicketSystem, Worker,
    adapter::faulty::Faulty,
    event::{Action, Facts, Link},
};
use tokio::sync::{Notify, OnceCell};

use plain::Plain;

pub const TENANT: TenantId = TenantId::from_bytes([1; 16]);
pub const ANA: OperatorId = OperatorId::from_bytes([3; 16]);

static FURNISHED: OnceCell<Vec<u8>> = OnceCell::const_new();

/// A database with the company and its attendant.
async fn furnished() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("relay.sqlite");
    let store: Box<dyn Store> = Box::new(SqliteStore::open(&database).await.unwrap());
    let created_at = at(0);
    let tenant = Tenant::new(TENANT, "Varanda", created_at);
    store.add_tenant(&tenant).await.unwrap();
    let app = App::new(AppId::from_bytes([2; 16]), TENANT, "Suporte", "Varanda", "4729", created_at);
    store.add_app(&app).await.unwrap();
    let roles = Roles { attend: true, ..Roles::default() };
    let ana = NewOperator {
        id: ANA,
        tenant: TENANT,
        login: "ana".into(),
        name: "Ana Ribeiro".into(),
        password_hash: String::new(),
        roles,
        created_at,
    };
    store.add_operator(&ana).await.unwrap();
    // The last one who closes it writes everything into the one file.
    store.close().await;
    std::fs::read(&database).unwrap()
}

pub struct World {
    folder: tempfile::TempDir,
    pub sqlite: SqliteStore,
    pub store: Arc<dyn Store>,
    /// The ticketing system, failing on demand: the built-in desk, or `plain`.
    pub system: Arc<Faulty>,
    plain: Option<Arc<Plain>>,
    /// The time of the worker.
    pub now: Timestamp,
    pub sessions: u32,
    /// Each session is of another customer.
    pub strangers: bool,
}

impl World {
    /// As [`World::new`], with a ticketing system that outlives the relay and does nothing against doubles.
    pub async fn plain() -> Self {
        let plain = Arc::new(Plain::default());
        let system = Arc::new(Faulty::new(plain.clone()));
        Self { system, plain: Some(plain), ..Self::new().await }
    }

    /// With the built-in desk.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("relay.sqlite");
        // The steps to the newest schema take longer than most of what is told: they are taken once.
        std::fs::write(&database, FURNISHED.get_or_init(furnished).await).unwrap();
        let sqlite = SqliteStore::open(&database).await.unwrap();
        let store: Arc<dyn Store> = Arc::new(sqlite.clone());
        let system = Arc::new(Faulty::new(Arc::new(DeskSystem::new(store.clone(), TENANT))));
        Self { folder, sqlite, store, system, plain: None, now: at(1000), sessions: 0, strangers: false }
    }

    /// The database's file.
    pub fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("relay.sqlite")
    }

    /// The relay is killed: all that is left is the file.
    pub async fn restart(&mut self) {
        self.store.close().await;
        self.sqlite = SqliteStore::open(&self.folder.path().join("relay.sqlite")).await.unwrap();
        self.store = Arc::new(self.sqlite.clone());
        self.system = match &self.plain {
            Some(plain) => Arc::new(Faulty::new(plain.clone())),
            None => Arc::new(Faulty::new(Arc::new(DeskSystem::new(self.store.clone(), TENANT)))),
        };
        self.store.expire_leases(self.now).await.unwrap();
    }

    pub fn worker(&self) -> Worker {
        Worker::new(self.store.clone(), Arc::new(Always(self.system.clone())), Arc::new(Notify::new()))
    }

    /// Lets the worker work until nothing is pending, jumping over its pauses.
    pub async fn work_off(&mut self) {
        let worker = self.worker();
        for _ in 0..100 {
            worker.drain(self.now).await.unwrap();
            match self.store.next_due().await.unwrap() {
                None => return,
                Some(due) => self.now = self.now.max(due),
            }
        }
        panic!("the outbox is never empty");
    }

    pub async fn dialled(&mut self, choice: TicketChoice) -> SessionId {
        self.sessions += 1;
        let field = |key, value: &str| Field { key, value: ShownText::lossy(value) };
        let email =
            if self.strangers { format!("c{}@padaria.example", self.sessions) } else { "cida@padaria.example".into() };
        let new = NewSession {
            id: session_id(self.sessions),
            tenant: TENANT,
            app: AppId::from_bytes([2; 16]),
            device: DeviceId::new(123_456_789).unwrap(),
            fields: vec![field(FieldKey::Name, "Cida Nogueira"), field(FieldKey::Email, &email)],
            attendant: ANA,
            attendant_name: "Ana Ribeiro".into(),
            ticket: choice,
            dialled_at: at(0),
        };
        self.store.open_session(&new).await.unwrap();
        new.id
    }

    pub async fn ended(&mut self, choice: TicketChoice) -> SessionId {
        let id = self.dialled(choice).await;
        self.store.start_session(id, &started(), at(5)).await.unwrap();
        self.store.end_session(id, &ended(), at(65)).await.unwrap();
        id
    }

    /// A request that nobody took.
    pub async fn missed(&mut self) -> SessionId {
        self.missed_on(None).await
    }

    /// The same of a customer who was invited to this ticket.
    pub async fn missed_on(&mut self, ticket: Option<TicketOf>) -> SessionId {
        self.sessions += 1;
        let field = |key, value: &str| Field { key, value: ShownText::lossy(value) };
        let email = format!("c{}@padaria.example", self.sessions);
        let new = NewMissed {
            id: session_id(self.sessions),
            tenant: TENANT,
            app: AppId::from_bytes([2; 16]),
            device: DeviceId::new(123_456_789).unwrap(),
            fields: vec![field(FieldKey::Name, "Cida Nogueira"), field(FieldKey::Email, &email)],
            why: MissedWhy::OutOfHours,
            text: "Liguem amanhã.".into(),
            ticket,
            since: at(0),
            at: at(95),
        };
        self.store.miss_request(&new).await.unwrap();
        new.id
    }

    /// A ticket that is there already.
    pub async fn ticket(&self) -> TicketNumber {
        if let Some(plain) = &self.plain {
            return plain.ticket();
        }
        let details =
            CustomerDetails {
                name: "João".into(), email: "joao@mercado.example".into(), ..CustomerDetails::default()
            };
        let requester = self.store.desk_find_or_create_customer(TENANT, &details, at(0)).await.unwrap().id;
        let status = protocol::message::ticket::TicketStatus::Open;
        let new = NewDeskTicket { subject: "Caixa 2".into(), requester, owner: None, status, first: None, at: at(0) };
        self.store.desk_open_ticket(TENANT, &new).await.unwrap().number
    }

    /// Every action on every ticket, by ticket.
    pub async fn actions(&self) -> Vec<Vec<TicketAction>> {
        let mut all = Vec::new();
        for ticket in self.store.desk_tickets(TENANT, &TicketFilter::default()).await.unwrap() {
            all.push(self.store.desk_actions(TENANT, &ticket.number).await.unwrap());
        }
        all
    }

    /// As [`World::assert_told_once`], looking only at the session's own ticket: for worlds with very many.
    pub async fn assert_pair(&self, session: SessionId) {
        let ticket = self.store.session(session).await.unwrap().ticket.unwrap();
        let actions = self.store.desk_actions(TENANT, &ticket).await.unwrap();
        let kinds: Vec<_> =
            actions.iter().filter(|a| a.action.session == Some(session)).map(|a| a.action.kind).collect();
        assert_eq!(kinds, [ActionKind::SessionStart, ActionKind::SessionEnd]);
    }

    /// The session is on exactly one ticket with exactly one start and one end, in this order, and the records say so.
    pub async fn assert_told_once(&self, session: SessionId) {
        let all: Vec<Vec<_>> = match &self.plain {
            Some(plain) => {
                plain.actions().iter().map(|on| on.iter().map(|a| (Some(a.session), kind(a.kind))).collect()).collect()
            }
            None => self
                .actions()
                .await
                .iter()
                .map(|on| on.iter().map(|a| (a.action.session, a.action.kind)).collect())
                .collect(),
        };
        let of_session =
            |on: &Vec<_>| on.iter().filter(|(of, _)| *of == Some(session)).map(|(_, kind)| *kind).collect::<Vec<_>>();
        let told: Vec<_> = all.iter().map(of_session).filter(|kinds| !kinds.is_empty()).collect();
        assert_eq!(told, [[ActionKind::SessionStart, ActionKind::SessionEnd]]);
        let rows = self.store.outbox_of_session(session).await.unwrap();
        assert!(rows.iter().all(|r| r.state == OutboxState::Done), "{rows:?}");
        let ticket = self.store.session(session).await.unwrap().ticket;
        assert!(ticket.is_some());
        assert!(rows.iter().all(|r| r.ticket == ticket), "{rows:?}");
        self.system.heal();
        let on = self.system.find_marker(None, &rows[0].marker, at(0)).await.unwrap().unwrap().ticket;
        assert_eq!(Some(on), ticket);
    }
}

fn kind(kind: EventKind) -> ActionKind {
    match kind {
        EventKind::Start => ActionKind::SessionStart,
        EventKind::End => ActionKind::SessionEnd,
        EventKind::WrapUp | EventKind::Missed => ActionKind::Note,
    }
}

/// Session number `n`; of the first 255 every byte is the number.
pub fn session_id(n: u32) -> SessionId {
    match u8::try_from(n) {
        Ok(n) => SessionId::from_bytes([n; 16]),
        Err(_) => SessionId::from_bytes([&n.to_be_bytes()[..], &[0xee; 12]].concat().try_into().unwrap()),
    }
}

/// A customer who is another in each run.
pub fn cida(unique: &str) -> CustomerDetails {
    CustomerDetails {
        name: "Cida Nogueira".into(),
        company: "Padaria Aurora".into(),
        email: format!("cida.{unique}@padaria.example"),
        ..CustomerDetails::default()
    }
}

/// An action as the worker makes it.
pub fn action(kind: EventKind, session: SessionId) -> Action {
    let over = kind == EventKind::End;
    Action {
        kind,
        marker: kind.marker(session),
        session,
        at: at(if over { 65 } else { 5 }),
        protocol: "2026-11-21-000001".into(),
        started: at(5),
        day: at(5).to_zoned(TimeZone::UTC).date(),
        ended: over.then(|| at(65)),
        reason: over.then_some("encerrado pelo cliente"),
        category: None,
        solved: None,
        note: None,
        author: Some(Owner { operator: ANA, name: "Ana Ribeiro".into(), email: String::new() }),
        links: vec![Link { title: "Sessão no console".into(), url: "https://relay.example/history?q=1&x=2".into() }],
        facts: Facts::default(),
        text: "Acesso remoto iniciado\nCliente: <Cida & Cia>".into(),
    }
}

pub fn started() -> Started {
    Started { granted: Grants::CONTROL, attendant_name: String::new(), at: at(5) }
}

pub fn ended() -> Ended {
    Ended { why: CloseReason::EndedByCustomer, at: at(65), reconnects: 0 }
}

/// Seconds after 2026-11-21 14:00 UTC.
pub fn at(second: i64) -> Timestamp {
    "2026-11-21T14:00:00Z".parse::<Timestamp>().unwrap().checked_add(SignedDuration::from_secs(second)).unwrap()
}

pub fn open_new() -> TicketChoice {
    TicketChoice::OpenNew { subject: ShownText::default() }
}

/// Polls a future this many times, waiting for its wake-up each time, then drops it. `None`: it was dropped.
pub async fn killed_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut polled = 0;
    std::future::poll_fn(move |cx: &mut Context<'_>| {
        if polled == polls {
            return Poll::Ready(None);
        }
        polled += 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}
