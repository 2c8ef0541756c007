//! What every ticketing system must do behind [`tickets::TicketSystem`]: each sentence takes a system. Run on the built-in desk, the plain
//! system of the tests, through the wrapper of the fault tests, on every adapter against its fake, and, where `AMPARO_TICKETING` tells where
//! they are, on every adapter against a real server.

#![allow(clippy::unwrap_used)]

extern crate amparo_tickets as tickets;

mod common;
mod fakes;

use std::{collections::BTreeMap, sync::Arc};

use common::{ANA, World, action, at, cida, session_id};
use jiff::Timestamp;
use protocol::id::{SessionId, TicketNumber};
use store::{CustomerDetails, EventKind};
use tickets::{
    Capabilities, CustomerRef, DeskSystem, NewTicket, Owner, Refusal, ReportError, TicketSystem,
    clock::Clock,
    event::{Action, Link},
    kind::{self, Means},
    system::Repeats,
};

/// A system under test.
struct Tested {
    system: Arc<dyn TicketSystem>,
    /// Different for each run against a server that stays.
    run: u32,
    /// Now, as the system sees it.
    now: Timestamp,
    /// Takes time, where the system needs it to show what was written.
    settle: Box<dyn Fn() + Send + Sync>,
    _kept: Box<dyn std::any::Any + Send + Sync>,
}

impl Tested {
    fn session(&self, n: u32) -> SessionId {
        session_id(1000 + self.run.wrapping_mul(10) + n)
    }

    fn customer(&self) -> CustomerDetails {
        cida(&self.run.to_string())
    }

    async fn opened(&self, n: u32) -> TicketNumber {
        let requester = self.system.find_or_create_customer(&self.customer()).await.unwrap();
        let owner = Some(Owner { operator: ANA, name: "Ana Ribeiro".into(), email: String::new() });
        let first = action(EventKind::Start, self.session(n));
        let new = NewTicket {
            subject: "Nota fiscal".into(),
            requester,
            owner,
            first,
            values: Default::default(),
            continues: None,
        };
        self.system.open_ticket(&new).await.unwrap().ticket
    }
}

async fn a_ticket_that_was_opened_is_looked_up(t: &Tested) {
    let number = t.opened(1).await;
    (t.settle)();
    let can = t.system.capabilities();
    if !can.reads {
        assert!(matches!(t.system.look_up(&number).await, Err(ReportError::Rejected { .. })));
        return;
    }
    let found = t.system.look_up(&number).await.unwrap().unwrap();
    assert_eq!(found.brief.number, number);
    assert_eq!(found.brief.subject.as_str(), "Nota fiscal");
    if can.customers {
        let shown = found.brief.customer.as_str();
        assert!(shown.contains("Cida Nogueira") || shown.contains(&t.customer().email), "{shown}");
        let who = &found.requester;
        assert!(who.name.contains("Cida Nogueira") || who.email == t.customer().email, "{who:?}");
    }
    assert!(found.brief.opened_unix_ms > 0);
    if let Some(address) = found.address {
        assert!(address.starts_with("http"), "{address}");
    }
}

async fn a_ticket_that_is_not_there_is_none_and_takes_no_action(t: &Tested) {
    if !t.system.capabilities().reads {
        return;
    }
    for wrong in ["99999", "SUP-12", "../1", "1 OR 1=1", "12'"] {
        let number = TicketNumber::new(wrong).unwrap();
        assert_eq!(t.system.look_up(&number).await.unwrap(), None, "{wrong}");
        (t.settle)();
        let appended = t.system.append_action(&number, &action(EventKind::Start, t.session(2))).await;
        assert!(
            matches!(appended, Err(ReportError::Rejected { refusal: Refusal::NoTicket, .. })),
            "{wrong}: {appended:?}"
        );
        (t.settle)();
        let since = t.now;
        let marker = EventKind::Start.marker(t.session(2));
        let found = t.system.find_marker(Some(&number), &marker, since).await;
        assert!(
            matches!(found, Ok(None) | Err(ReportError::Rejected { refusal: Refusal::NoTicket, .. })),
            "{wrong}: {found:?}"
        );
        (t.settle)();
    }
}

async fn a_customer_is_the_same_when_asked_again_and_sees_their_open_tickets(t: &Tested) {
    let first = t.system.find_or_create_customer(&t.customer()).await.unwrap();
    assert_eq!(t.system.find_or_create_customer(&t.customer()).await.unwrap(), first);
    if !t.system.capabilities().reads {
        return;
    }
    assert!(t.system.open_tickets(&t.customer()).await.unwrap().is_empty());
    let number = t.opened(3).await;
    (t.settle)();
    let open = t.system.open_tickets(&t.customer()).await.unwrap();
    assert_eq!(open.iter().map(|t| &t.number).collect::<Vec<_>>(), [&number]);
    let stranger = CustomerDetails { email: "x'y@nobody.example".into(), ..Default::default() };
    assert!(t.system.open_tickets(&stranger).await.unwrap().is_empty());
    assert!(t.system.open_tickets(&CustomerDetails::default()).await.unwrap().is_empty());
}

async fn somebody_who_told_next_to_nothing_can_have_a_ticket(t: &Tested) {
    let unknown = CustomerDetails { name: format!("ID 123 456 {:03}", t.run % 1000), ..CustomerDetails::default() };
    let requester: CustomerRef = t.system.find_or_create_customer(&unknown).await.unwrap();
    (t.settle)();
    assert_eq!(t.system.find_or_create_customer(&unknown).await.unwrap(), requester);
    let first = action(EventKind::Start, t.session(4));
    let new = NewTicket {
        subject: "Acesso remoto".into(),
        requester,
        owner: None,
        first,
        values: Default::default(),
        continues: None,
    };
    t.system.open_ticket(&new).await.unwrap();
}

async fn an_action_is_found_by_its_marker(t: &Tested) {
    let session = t.session(5);
    let (start, end) = (EventKind::Start.marker(session), EventKind::End.marker(session));
    let system = &t.system;
    if system.capabilities().repeats == Repeats::LeftToReceiver {
        return;
    }
    assert_eq!(system.find_marker(None, &start, t.now).await.unwrap(), None);
    let number = t.opened(5).await;
    (t.settle)();
    // The marker of a ticket's first action is the way to find the ticket.
    assert_eq!(system.find_marker(None, &start, t.now).await.unwrap().unwrap().ticket, number);
    assert_eq!(system.find_marker(Some(&number), &start, t.now).await.unwrap().unwrap().ticket, number);
    assert_eq!(system.find_marker(Some(&number), &end, t.now).await.unwrap(), None);
    let appended = system.append_action(&number, &action(EventKind::End, session)).await.unwrap();
    assert_eq!(appended.ticket, number);
    if system.capabilities().returns_id {
        assert!(appended.external_id.is_some());
    }
    (t.settle)();
    assert_eq!(system.find_marker(Some(&number), &end, t.now).await.unwrap().unwrap().ticket, number);
    // And the other way round is nobody's.
    let other = EventKind::End.marker(t.session(6));
    assert_eq!(system.find_marker(Some(&number), &other, t.now).await.unwrap(), None);
}

async fn a_start_and_an_end_on_a_ticket_of_somebody_elses_are_both_found(t: &Tested) {
    if t.system.capabilities().repeats == Repeats::LeftToReceiver {
        return;
    }
    let number = t.opened(7).await;
    let session = t.session(8);
    (t.settle)();
    for kind in [EventKind::Start, EventKind::End] {
        t.system.append_action(&number, &action(kind, session)).await.unwrap();
        (t.settle)();
    }
    for kind in [EventKind::Start, EventKind::End] {
        let found = t.system.find_marker(Some(&number), &kind.marker(session), t.now).await.unwrap();
        assert_eq!(found.unwrap().ticket, number, "{kind:?}");
    }
}

async fn an_action_of_any_kind_opens_a_ticket_is_added_to_one_and_is_found(t: &Tested) {
    if t.system.capabilities().repeats == Repeats::LeftToReceiver {
        return;
    }
    let kinds = [EventKind::Start, EventKind::End, EventKind::WrapUp, EventKind::Missed];
    for (n, opening) in kinds.into_iter().enumerate() {
        let session = t.session(1 + u32::try_from(n).unwrap());
        let requester = t.system.find_or_create_customer(&t.customer()).await.unwrap();
        (t.settle)();
        let first = Action { author: None, ..action(opening, session) };
        let new = NewTicket {
            subject: "Nota fiscal".into(),
            requester,
            owner: None,
            first,
            values: Default::default(),
            continues: None,
        };
        let number = t.system.open_ticket(&new).await.unwrap().ticket;
        (t.settle)();
        for kind in kinds.into_iter().filter(|kind| *kind != opening) {
            t.system.append_action(&number, &action(kind, session)).await.unwrap();
            (t.settle)();
        }
        let found = t.system.find_marker(None, &opening.marker(session), t.now).await.unwrap();
        assert_eq!(found.unwrap().ticket, number, "opened with {opening:?}");
        (t.settle)();
        for kind in kinds {
            let found = t.system.find_marker(Some(&number), &kind.marker(session), t.now).await.unwrap();
            assert_eq!(found.unwrap().ticket, number, "{kind:?} on one opened with {opening:?}");
            (t.settle)();
        }
    }
}

async fn a_link_is_kept_once_or_refused_in_words(t: &Tested) {
    let number = t.opened(9).await;
    (t.settle)();
    let link = Link { title: "Gravação".into(), url: "https://relay.example/r/9f3c".into() };
    for _ in 0..2 {
        let kept = t.system.attach_link(&number, &link).await;
        match t.system.capabilities().links {
            true => kept.unwrap(),
            false => assert!(matches!(kept, Err(ReportError::Rejected { .. })), "{kept:?}"),
        }
    }
}

async fn the_account_is_told(t: &Tested) {
    t.system.account().await.unwrap();
}

macro_rules! conforms {
    ($tested:expr; $($sentence:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $sentence() {
            if let Some(tested) = $tested.await {
                $crate::$sentence(&tested).await;
            }
        })*
    };
}

macro_rules! whole_suite {
    ($tested:expr) => {
        conforms!($tested; a_ticket_that_was_opened_is_looked_up, a_ticket_that_is_not_there_is_none_and_takes_no_action,
            a_customer_is_the_same_when_asked_again_and_sees_their_open_tickets, an_action_is_found_by_its_marker,
            somebody_who_told_next_to_nothing_can_have_a_ticket, a_link_is_kept_once_or_refused_in_words, the_account_is_told,
            a_start_and_an_end_on_a_ticket_of_somebody_elses_are_both_found,
            an_action_of_any_kind_opens_a_ticket_is_added_to_one_and_is_found);
    };
}

async fn ours(system: impl FnOnce(&World) -> Arc<dyn TicketSystem>) -> Option<Tested> {
    let mut world = World::new().await;
    // The desk's actions are of sessions that it knows.
    for n in 1..10 {
        world.sessions = 1000 + n - 1;
        world.dialled(common::open_new()).await;
    }
    Some(Tested { system: system(&world), run: 0, now: at(0), settle: Box::new(|| ()), _kept: Box::new(world) })
}

mod a_plain_system {
    use super::*;
    whole_suite!(ours(|_| Arc::new(common::plain::Plain::default())));
}

mod the_built_in_desk {
    use super::*;
    whole_suite!(ours(|w| Arc::new(DeskSystem::new(w.store.clone(), common::TENANT))));
}

mod the_desk_behind_faults {
    use super::*;
    whole_suite!(ours(|w| w.system.clone()));
}

async fn fake(kind: &str) -> Option<Tested> {
    served(fakes::of(kind)).await
}

async fn served(fake: Box<dyn fakes::Fake>) -> Option<Tested> {
    let clock = Clock::standing_at(at(0));
    let server = fakes::Server::start(fake, clock.clone()).await;
    let system = server.system(&Means::new(clock.clone()));
    let settle = {
        let clock = clock.clone();
        move || clock.set(clock.now().checked_add(std::time::Duration::from_secs(900)).unwrap())
    };
    Some(Tested { system, run: 0, now: at(0), settle: Box::new(settle), _kept: Box::new(server) })
}

/// A system's row in the README.
fn row(title: &str, can: &Capabilities, against: &str) -> String {
    let tick = |can: bool| if can { "yes" } else { "no" };
    let notes = match (can.internal_notes, can.public_notes) {
        (true, true) => "internal, public",
        (true, false) => "internal",
        (false, true) => "public",
        (false, false) => "none",
    };
    let repeats = match can.repeats {
        Repeats::Refused => "is refused by it",
        Repeats::LookedFor => "is looked for first",
        Repeats::LeftToReceiver => "is the receiver's to drop",
    };
    let seen = match can.visible_after.as_secs() {
        0 => "at once".to_owned(),
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    };
    format!(
        "| {title} | {} | {notes} | {} | {} | {} | {repeats} | {seen} | {against} |\n",
        tick(can.reads),
        tick(can.returns_id),
        tick(can.links),
        tick(can.customers)
    )
}

#[tokio::test]
async fn the_readme_tells_what_each_system_can_do() {
    let desk = ours(|w| Arc::new(DeskSystem::new(w.store.clone(), common::TENANT))).await.unwrap();
    let mut table = row("The built-in desk", &desk.system.capabilities(), "itself");
    for kind in kind::KINDS {
        let tested = fake(kind.name).await.unwrap();
        let against =
            if REAL.contains(&kind.name) { "a real server, a fake" } else { "a fake made from its documents" };
        table += &row(kind.title, &tested.system.capabilities(), against);
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
    let readme = std::fs::read_to_string(file).unwrap();
    let head = readme.find("| System | Is asked |").expect("the table's head");
    // Below the head and the line under it, up to the first line that is no row.
    let rows = head + readme[head..].match_indices('\n').nth(1).unwrap().0 + 1;
    let end = rows
        + readme[rows..].split_inclusive('\n').take_while(|line| line.starts_with('|')).map(str::len).sum::<usize>();
    let said = &readme[rows..end];
    if said == table {
        return;
    }
    assert!(std::env::var_os("AMPARO_BLESS").is_some(), "the README says\n{said}\nand it is\n{table}");
    std::fs::write(file, format!("{}{table}{}", &readme[..rows], &readme[end..])).unwrap();
}

/// Which have a real server in the tests, as well.
const REAL: [&str; 2] = ["rt", "redmine"];

macro_rules! fakes {
    ($($name:ident: $kind:literal;)*) => {
        $(mod $name {
            use super::*;
            whole_suite!(fake($kind));
        })*

        #[test]
        fn every_kind_is_put_to_the_test() {
            let tested = [$($kind),*];
            for kind in kind::KINDS {
                assert!(tested.contains(&kind.name), "{} has no fake", kind.name);
            }
        }
    };
}

fakes! {
    the_fake_movidesk: "movidesk";
    the_fake_salesforce: "salesforce";
    the_fake_zendesk: "zendesk";
    the_fake_zammad: "zammad";
    the_fake_glpi: "glpi";
    the_fake_request_tracker: "rt";
    the_fake_redmine: "redmine";
    a_webhooks_receiver: "webhook";
}

mod the_fake_salesforce_by_a_private_key {
    use super::*;
    whole_suite!(served(Box::new(fakes::salesforce::Salesforce::by_key("login", 0))));
}

/// A real server, as `tests/ticketing` has started it: `AMPARO_TICKETING` is a file of `kind.key=value` lines. Without it there is none here.
async fn real(kind: &'static str) -> Option<Tested> {
    let file = std::env::var_os("AMPARO_TICKETING")?;
    let text = std::fs::read_to_string(file).unwrap();
    let mut typed: BTreeMap<String, String> = BTreeMap::new();
    let known = kind::of(kind).unwrap();
    for field in known.fields() {
        typed.insert(field.key.into(), field.default.into());
    }
    let mut told = false;
    for line in text.lines() {
        if let Some((key, value)) =
            line.strip_prefix(kind).and_then(|l| l.strip_prefix('.')).and_then(|l| l.split_once('='))
        {
            typed.insert(key.into(), value.into());
            told = true;
        }
    }
    assert!(told, "AMPARO_TICKETING says nothing about {kind}");
    let settings = known.parse(&typed).unwrap();
    let system = (known.connect)(&settings, &Means::new(Clock::system())).unwrap();
    let now = Timestamp::now();
    let run = u32::from_be_bytes(session_bytes());
    Some(Tested { system, run, now, settle: Box::new(|| ()), _kept: Box::new(()) })
}

/// Different in each test of each run.
fn session_bytes() -> [u8; 4] {
    let mut bytes = [0; 4];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes).unwrap();
    bytes
}

mod the_real_request_tracker {
    use super::*;
    whole_suite!(real("rt"));
}

mod the_real_redmine {
    use super::*;
    whole_suite!(real("redmine"));
}
