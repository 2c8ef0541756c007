//! Guessing: limits that hold, alarms that are written, and answers that tell nothing by what they say or by how long they take.

use std::{
    fmt,
    time::{Duration, Instant},
};

use amparo_relay::config::Config;
use jiff::Timestamp;
use protocol::{
    id::{AppId, DeviceId, SessionId, TenantId},
    message::{
        FromRelay,
        pairing::{CloseReason, DialError, Step},
    },
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use store::{AuditEntry, Tenant};

use crate::world::{Program, World, ended, eventually, open_new};

fn why(answer: FromRelay) -> DialError {
    match answer {
        FromRelay::DialRefused(refused) => refused.why,
        other => panic!("not refused: {other:?}"),
    }
}

/// The attendant dials and enters a wrong password; the customer's program says so.
async fn wrong_password(attendant: &mut Program, customer: &mut Program) -> SessionId {
    let (dialled, _) = attendant.dial_ok(customer).await;
    customer.report(dialled.session, ended(CloseReason::WrongPassword)).await;
    customer.kept(dialled.session, Step::Ended).await;
    attendant.closed(dialled.session).await;
    dialled.session
}

/// The alarms of the audit log, once there are this many.
async fn alarms(world: &World, wanted: usize) -> Vec<AuditEntry> {
    eventually(async || {
        let mut lines = world.relay().shared.store.audit_list(world.tenant, 100).await.unwrap();
        lines.retain(|line| line.what == store::ALARM);
        (lines.len() >= wanted).then_some(lines)
    })
    .await
}

/// Only an ID's own limit is in the way.
fn only_per_id(config: &mut Config) {
    let limits = &mut config.limits;
    limits.dials_per_minute = 1_000_000;
    limits.dials_per_hour = 1_000_000;
    limits.failed_per_minute = 1_000_000;
    limits.failed_per_hour = 1_000_000;
    limits.failed_per_company = 1_000_000;
}

#[tokio::test]
async fn who_enters_wrong_passwords_must_wait_and_it_is_an_alarm() {
    let world = World::new().await;
    let (mut cida, mut rita) = (world.customer("Cida").await, world.customer("Rita").await);
    let (mut ana, mut rui) = (world.attendant("ana").await, world.attendant("rui").await);
    for _ in 0..4 {
        wrong_password(&mut ana, &mut cida).await;
    }
    // Told again, it is the same one.
    let again = wrong_password(&mut ana, &mut rita).await;
    rita.report(again, ended(CloseReason::WrongPassword)).await;
    rita.kept(again, Step::Ended).await;
    assert!(matches!(why(ana.dial(cida.id(), open_new()).await), DialError::TooMany { retry_after_s: 1..=60 }));
    rui.dial_ok(&mut cida).await;

    let alarms = alarms(&world, 1).await;
    assert_eq!(alarms.len(), 1);
    let operator = ana.logged_in.as_ref().unwrap().operator;
    assert_eq!((alarms[0].operator, alarms[0].subject.as_str()), (Some(operator), "ana Ribeiro"));
    assert_eq!(alarms[0].detail, "limit=attendant tries=5");
}

#[tokio::test]
async fn an_attendants_program_that_calls_its_wrong_passwords_something_else_is_counted_too() {
    let world = World::new().await;
    let mut cida = world.customer("Cida").await;
    let mut ana = world.attendant("ana").await;
    for _ in 0..5 {
        let (dialled, _) = ana.dial_ok(&mut cida).await;
        ana.report(dialled.session, ended(CloseReason::Cancelled)).await;
        ana.kept(dialled.session, Step::Ended).await;
        cida.report(dialled.session, ended(CloseReason::WrongPassword)).await;
        cida.kept(dialled.session, Step::Ended).await;
    }
    assert!(matches!(why(ana.dial(cida.id(), open_new()).await), DialError::TooMany { .. }));
    // The attendant's own word about a password counts for nothing: nobody locks a colleague out.
    let mut rui = world.attendant("rui").await;
    for _ in 0..6 {
        let (dialled, _) = rui.dial_ok(&mut cida).await;
        rui.report(dialled.session, ended(CloseReason::WrongPassword)).await;
        rui.kept(dialled.session, Step::Ended).await;
        cida.closed(dialled.session).await;
    }
}

#[tokio::test]
async fn a_locked_id_is_reached_by_nobody_and_its_program_goes_on() {
    let world = World::with(|config| {
        only_per_id(config);
        config.limits.failed_per_id = 3;
    })
    .await;
    let (mut cida, mut rita) = (world.customer("Cida").await, world.customer("Rita").await);
    let (mut ana, mut rui) = (world.attendant("ana").await, world.attendant("rui").await);
    for _ in 0..3 {
        wrong_password(&mut ana, &mut cida).await;
    }
    for attendant in [&mut ana, &mut rui] {
        assert_eq!(why(attendant.dial(cida.id(), open_new()).await), DialError::Unreachable);
    }
    rui.dial_ok(&mut rita).await;
    let waiting = world.relay().shared.directory.waiting(world.tenant);
    assert!(waiting.iter().any(|w| w.id == cida.id() && !w.busy), "it waits as before");
    let again = cida.register(world.app, "Cida Nogueira", cida.previous()).await;
    assert_eq!(again.id, waiting[0].id, "and may renew its registration");

    let alarms = alarms(&world, 1).await;
    assert_eq!((alarms.len(), alarms[0].subject.clone()), (1, cida.id().to_string()));
    assert_eq!(alarms[0].detail, "limit=id tries=3");
}

/// Whom an attendant may dial in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Class {
    Unknown,
    Offline,
    OtherCompanys,
    Locked,
}

const CLASSES: [Class; 4] = [Class::Unknown, Class::Offline, Class::OtherCompanys, Class::Locked];
/// Dials of each class in a run.
const DIALS: usize = 240;
/// Cliff's delta between two classes: the probability that one takes longer, less that it takes less long. Of two that are the same it
/// is 0 with a standard deviation of 0.053 at this number of dials.
const BOUND: f64 = 0.25;
/// What must be found when it is there.
const TOLD_APART: Duration = Duration::from_millis(1);

struct Run([Vec<Duration>; 4]);

impl Run {
    /// The largest delta between two classes, when the second one's dials take this much longer.
    fn worst(&self, longer: [Duration; 4]) -> f64 {
        let pairs = (0..4).flat_map(|a| (a + 1..4).map(move |b| (a, b)));
        pairs.map(|(a, b)| self.delta((a, longer[a]), (b, longer[b])).abs()).fold(0.0, f64::max)
    }

    fn delta(&self, (a, a_longer): (usize, Duration), (b, b_longer): (usize, Duration)) -> f64 {
        let mut more = 0_i64;
        for x in &self.0[a] {
            for y in &self.0[b] {
                more += match (*x + a_longer).cmp(&(*y + b_longer)) {
                    std::cmp::Ordering::Less => -1,
                    std::cmp::Ordering::Equal => 0,
                    std::cmp::Ordering::Greater => 1,
                };
            }
        }
        more as f64 / (self.0[a].len() * self.0[b].len()) as f64
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (class, times) in CLASSES.iter().zip(&self.0) {
            let mut sorted = times.clone();
            sorted.sort();
            write!(f, "{class:?} {:?}; ", sorted[sorted.len() / 2])?;
        }
        write!(f, "largest delta {:.3}", self.worst([Duration::ZERO; 4]))
    }
}

/// Customers of another company whose programs are here.
async fn other_company(world: &World, n: usize) -> Vec<Program> {
    let store = &world.relay().shared.store;
    let (tenant, app) = (TenantId::from_bytes([9; 16]), AppId::from_bytes([9; 16]));
    let other = Tenant { time_zone: "UTC".into(), ..Tenant::new(tenant, "Outra", Timestamp::now()) };
    store.add_tenant(&other).await.unwrap();
    let like = store.apps(world.tenant).await.unwrap().remove(0);
    store.add_app(&store::App { id: app, tenant, code: "0001".to_owned(), ..like }).await.unwrap();
    let mut programs = Vec::new();
    for _ in 0..n {
        let mut program = world.connect().await;
        program.hello(tenant).await;
        program.register(app, "Cida", None).await;
        programs.push(program);
    }
    programs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_offline_another_companys_and_locked_ids_take_the_same_time() {
    const EACH: usize = 8;
    const CONNECTIONS: usize = 48;
    let world = World::with(|config| {
        only_per_id(config);
        // No ID of the other classes is dialled so often.
        config.limits.failed_per_id = 3 * u32::try_from(EACH).unwrap() + 1;
    })
    .await;
    // A connection says twenty things a second at most: with many of them, no dial waits for its turn.
    let mut ana = world.attendant("ana").await;
    let token = ana.logged_in.as_ref().unwrap().token.clone();
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut program = world.program().await;
        program.login_again(token.clone()).await;
        connections.push(program);
    }
    let others = other_company(&world, DIALS / EACH).await;
    let mut offline = Vec::new();
    for _ in 0..DIALS / EACH {
        let program = world.customer("gone").await;
        program.connection.close(0_u32.into(), b"");
        offline.push(program.id());
    }
    let mut locked = world.customer("Cida").await;
    for _ in 0..world.config().limits.failed_per_id {
        wrong_password(&mut ana, &mut locked).await;
    }
    let directory = &world.relay().shared.directory;
    eventually(async || (directory.count() == others.len() + 1).then_some(())).await;

    // Some machine may be busy with something else once; not three times in a row, and always the same class.
    let mut rng = StdRng::seed_from_u64(11);
    let (mut same, mut found, mut turn) = (false, false, 0..);
    for _ in 0..3 {
        let mut run = Run(std::array::from_fn(|_| Vec::with_capacity(DIALS)));
        for n in 0..DIALS {
            let mut order = [0, 1, 2, 3];
            order.shuffle(&mut rng);
            for class in order {
                let partner = match CLASSES[class] {
                    Class::Unknown => DeviceId::from_entropy(rng.random()),
                    Class::Offline => offline[n % offline.len()],
                    Class::OtherCompanys => others[n % others.len()].id(),
                    Class::Locked => locked.id(),
                };
                let program = turn.next().unwrap();
                let attendant = &mut connections[program % CONNECTIONS];
                let begun = Instant::now();
                let answer = attendant.dial(partner, open_new()).await;
                run.0[class].push(begun.elapsed());
                assert_eq!(why(answer), DialError::Unreachable);
            }
        }
        println!("{run}");
        same |= run.worst([Duration::ZERO; 4]) < BOUND;
        // Each class in turn made a millisecond longer is told apart from the rest.
        found |= (0..4).all(|slow| {
            let longer = std::array::from_fn(|class| if class == slow { TOLD_APART } else { Duration::ZERO });
            run.worst(longer) > BOUND
        });
        if same && found {
            return;
        }
    }
    assert!(same, "one class can be told from another by its time");
    assert!(found, "too noisy to find a difference of {TOLD_APART:?}");
}
