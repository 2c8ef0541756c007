//! The worker as a process of its own over a database on disk, ended by the kernel (SIGKILL) at random moments while it tells sessions to a
//! system in this process: nothing is lost, nothing is told twice, and the order of each ticket is kept.
//!
//! The process is this test binary, started again with the one test that is the worker and the places in its environment.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

extern crate amparo_tickets as tickets;

mod common;
mod fakes;
#[path = "common/far.rs"]
mod far;

use std::{
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use common::{TENANT, World, open_new};
use fakes::Server;
use far::told;
use jiff::Timestamp;
use protocol::{
    id::TicketNumber,
    message::ticket::{TicketBrief, TicketChoice},
};
use store::{CustomerDetails, EventKind, OutboxState, SqliteStore, Store};
use tickets::{
    Appended, Capabilities, CustomerRef, FoundTicket, NewTicket, Opened, Reached, ReportError, TicketSystem, Worker,
    clock::Clock,
    event::{Action, Link},
    kind::{self, Means},
    mapping::Values,
    system::Account,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const KIND: &str = "redmine";
const DATABASE: &str = "AMPARO_KILLED_DATABASE";
const ADDRESS: &str = "AMPARO_KILLED_ADDRESS";

/// How often the worker is killed: `AMPARO_KILLS` for the long form.
fn kills() -> usize {
    std::env::var("AMPARO_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(200)
}

/// The adapter as it is, but that whatever was written is seen at once, as it is in this fake once its calls are worked on: nobody
/// has to wait half a minute after each kill.
struct SeenAtOnce(Arc<dyn TicketSystem>);

#[async_trait]
impl TicketSystem for SeenAtOnce {
    fn capabilities(&self) -> Capabilities {
        Capabilities { visible_after: Duration::ZERO, ..self.0.capabilities() }
    }

    async fn account(&self) -> Result<Account, ReportError> {
        self.0.account().await
    }

    async fn look_up(&self, number: &TicketNumber) -> Result<Option<FoundTicket>, ReportError> {
        self.0.look_up(number).await
    }

    async fn open_tickets(&self, customer: &CustomerDetails) -> Result<Vec<TicketBrief>, ReportError> {
        self.0.open_tickets(customer).await
    }

    async fn find_or_create_customer(&self, customer: &CustomerDetails) -> Result<CustomerRef, ReportError> {
        self.0.find_or_create_customer(customer).await
    }

    async fn open_ticket(&self, ticket: &NewTicket) -> Result<Opened, ReportError> {
        self.0.open_ticket(ticket).await
    }

    async fn append_action(&self, ticket: &TicketNumber, action: &Action) -> Result<Appended, ReportError> {
        self.0.append_action(ticket, action).await
    }

    async fn fill(&self, ticket: &TicketNumber, values: &Values) -> Result<(), ReportError> {
        self.0.fill(ticket, values).await
    }

    async fn find_marker(
        &self,
        ticket: Option<&TicketNumber>,
        marker: &str,
        since: Timestamp,
    ) -> Result<Option<Appended>, ReportError> {
        self.0.find_marker(ticket, marker, since).await
    }

    async fn attach_link(&self, ticket: &TicketNumber, link: &Link) -> Result<(), ReportError> {
        self.0.attach_link(ticket, link).await
    }
}

/// The worker's process. Does nothing when it is run as a test like the others.
#[test]
#[ignore = "it is the process that is killed by the test below"]
fn the_worker() {
    let (Ok(database), Ok(address)) = (std::env::var(DATABASE), std::env::var(ADDRESS)) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(database.as_ref()).await.unwrap());
        let kind = kind::of(KIND).unwrap();
        let mut typed = fakes::typed_for(fakes::of(KIND).as_ref());
        typed.insert("base".into(), address);
        let settings = kind.parse(&typed).unwrap();
        let means = Means::new(Clock::system());
        let system: Arc<dyn TicketSystem> = Arc::new(SeenAtOnce((kind.connect)(&settings, &means).unwrap()));
        let reached = Reached { system, gate: means.gate(kind, &settings) };
        let worker = Worker::new(store, Arc::new(far::Fixed(reached)), Arc::new(Notify::new()));
        println!("at work");
        worker.run(CancellationToken::new()).await;
    });
}

fn started(database: std::path::PathBuf, server: &Server) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_worker", "--ignored", "--nocapture", "--test-threads", "1"])
        .env(DATABASE, database)
        .env(ADDRESS, &server.base)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until the process says that it is at work.
fn at_work(child: &mut Child) {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("at work")), "the worker does not come up");
}

/// A generator that a seed repeats. When the kernel gets to it is nobody's to repeat.
fn roll(state: &mut u64, sides: u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 11) % sides
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_the_kernel_kills_at_any_moment_loses_doubles_and_disorders_nothing() {
    let began = Instant::now();
    let mut world = World::new().await;
    world.strangers = true;
    let server = Server::start(fakes::of(KIND), Clock::system()).await;
    let numbers: Vec<TicketNumber> =
        (0..10).map(|_| TicketNumber::new(&server.open("Caixa 2").unwrap()).unwrap()).collect();
    let mut dice = std::env::var("AMPARO_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0x5eed_0001);
    let (mut sessions, mut in_hand) = (Vec::new(), 0);
    let figures = async |world: &World| world.store.outbox_figures(Timestamp::now()).await.unwrap();
    for _ in 0..kills() {
        // As many as are told in a life, and some to spare: there is always something in hand.
        while figures(&world).await.pending < 40 {
            let choice = match roll(&mut dice, 8) {
                0 => open_new(),
                n => TicketChoice::Number(numbers[usize::try_from(n + roll(&mut dice, 3)).unwrap() % 10].clone()),
            };
            sessions.push(world.ended(choice).await);
        }
        let mut worker = started(world.database(), &server);
        if roll(&mut dice, 10) > 0 {
            worker = tokio::task::spawn_blocking(move || {
                at_work(&mut worker);
                worker
            })
            .await
            .unwrap();
        }
        tokio::time::sleep(Duration::from_micros(roll(&mut dice, 25_000))).await;
        worker.kill().unwrap();
        let ended = worker.wait().unwrap();
        assert_eq!(ended.signal(), Some(9), "it ended by itself: {ended}");
        // What was sent before the end arrives before anything that is sent after it.
        server.quiet().await;
        let rows = world.store.outbox_list(TENANT, &[], 200).await.unwrap();
        in_hand += usize::from(rows.iter().any(|row| row.state == OutboxState::Leased));
        assert!(rows.iter().all(|row| row.state != OutboxState::Parked), "{rows:?}");
    }
    let mut last = started(world.database(), &server);
    let deadline = Instant::now() + Duration::from_secs(60);
    while figures(&world).await.pending > 0 {
        assert!(Instant::now() < deadline, "{:?}", world.store.outbox_list(TENANT, &[], 9).await.unwrap());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    last.kill().unwrap();
    last.wait().unwrap();

    let told = told(&server);
    assert_eq!(told.len(), sessions.len(), "lost");
    for session in &sessions {
        let actions = &told[&session.to_string()];
        let kinds: Vec<EventKind> = actions.iter().map(|(_, kind)| *kind).collect();
        assert_eq!(kinds, [EventKind::Start, EventKind::End], "{session}: {actions:?}");
        assert_eq!(actions[0].0, actions[1].0, "{session} is on two tickets");
        let ticket = world.store.session(*session).await.unwrap().ticket.unwrap();
        assert_eq!(ticket.as_str(), actions[0].0, "{session}");
    }
    far::assert_in_order(&server, &sessions, "by kills of the kernel");
    assert!(in_hand * 4 > kills(), "only {in_hand} of {} kills met it with something in hand", kills());
    println!(
        "figure outbox killed by the kernel: {} actions, {} kills, {in_hand} with something in hand, {} calls: \
         0 lost, 0 doubled, order kept, {} s",
        sessions.len() * 2,
        kills(),
        server.calls(),
        began.elapsed().as_secs()
    );
}
