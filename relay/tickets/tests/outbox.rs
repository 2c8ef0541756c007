//! One start and one end on one ticket, through the real adapters and HTTP: every call of every system with every outcome, random kills, and how
//! long it takes to tell what has piled up while a system was down.

#![allow(clippy::unwrap_used)]

extern crate amparo_tickets as tickets;

mod common;
mod fakes;
#[path = "common/far.rs"]
mod far;

use std::{collections::BTreeMap, time::Duration};

use common::{TENANT, at, killed_after, open_new};
use fakes::{Asked, Fate};
use far::{Far, since_start, told};
use futures::future::join_all;
use protocol::{
    id::{AppId, ConnectionId},
    message::{grant::RightsChange, ticket::TicketChoice},
};
use store::{Category, EventKind, NewConnection, OutboxState, Reason, TicketOf, TicketSeen, WrappedUp};
use tickets::{kind::Means, system::Repeats};

/// Everything that can become of a call. Whether a person is needed.
fn fates() -> Vec<(Fate, bool)> {
    vec![
        (Fate::OkButReset, false),
        (Fate::OkButSilent, false),
        (Fate::Silent, false),
        (Fate::Reset, false),
        (Fate::Slow, false),
        (Fate::Garbage, false),
        (Fate::Redirect, true),
        (Fate::Status(400), true),
        (Fate::Status(401), true),
        (Fate::Status(403), true),
        (Fate::Status(404), true),
        (Fate::Status(409), false),
        (Fate::Status(422), true),
        (Fate::Status(429), false),
        (Fate::Status(500), false),
        (Fate::Status(503), false),
    ]
}

/// Tells a session while these are the fates of the first calls, and whatever a person has to see to. How many times that was; `None`: there
/// are not so many calls.
async fn told_with(f: &mut Far, chosen: bool, fates: &[Fate], what: &str) -> Option<usize> {
    let choice = if chosen { TicketChoice::Number(f.ticket()) } else { open_new() };
    // Anew each time: what an adapter remembers must not spare it a call.
    f.restart().await;
    f.server.fates(fates.iter().copied());
    let session = f.ended(choice).await;
    let parked = f.work_off().await;
    f.assert_told_once(session, what).await;
    let all = f.server.fates_left() == 0;
    f.server.fates([]);
    all.then_some(parked)
}

/// Every call that telling a session takes, with every fate. Most of the time it waits for what does not answer, so several systems are told
/// side by side.
async fn every_call_with_every_fate(kind: &str) {
    let all = fates();
    let parts = [false, true].into_iter().flat_map(|chosen| all.chunks(2).map(move |fates| (chosen, fates)));
    join_all(parts.map(|(chosen, fates)| every_call_with(kind, chosen, fates))).await;
}

async fn every_call_with(kind: &str, chosen: bool, fates: &[(Fate, bool)]) {
    let mut f = Far::new(kind).await;
    for &(fate, person) in fates {
        let (mut cases, mut parked) = (0, 0);
        for nth in 0.. {
            let what = format!("{kind}, chosen {chosen}, call {nth}, {fate:?}");
            let fates: Vec<Fate> = std::iter::repeat_n(Fate::Ok, nth).chain([fate]).collect();
            // There are no more calls than that.
            let Some(seen_to) = told_with(&mut f, chosen, &fates, &what).await else { break };
            assert!(seen_to <= usize::from(person), "{what}: {seen_to} times somebody had to see to it");
            (cases, parked) = (cases + 1, parked + seen_to);
            assert!(nth < 30, "it never ends");
        }
        assert!(cases >= 2, "{cases}");
        assert_eq!(parked > 0, person, "{kind}, chosen {chosen}, {fate:?}: whether somebody has to see to it");
    }
}

/// A call that changes something.
fn writes(asked: &Asked) -> bool {
    asked.method != "GET" && asked.path != "/services/oauth2/token"
}

/// A call that writes is cut off after its effect, and then every call that looks for what it has left, with every fate.
async fn every_look_for_a_marker_with_every_fate(kind: &str) {
    let asked = Far::new(kind).await.systems.0.system.capabilities().repeats == Repeats::LookedFor;
    // What a read would have done makes no difference.
    let all: Vec<_> = fates().into_iter().filter(|(f, _)| !matches!(f, Fate::OkButReset | Fate::OkButSilent)).collect();
    let parts = [false, true].into_iter().flat_map(|chosen| all.chunks(2).map(move |fates| (chosen, fates)));
    let counts = join_all(parts.map(|(chosen, fates)| every_look_with(kind, chosen, fates))).await;
    let (cases, parked) = counts.iter().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    assert_eq!((cases > 0, parked > 0), (asked, asked), "{kind}: {cases} looks, {parked} seen to");
}

/// How many looks there were, and how often a person had to see to one.
async fn every_look_with(kind: &str, chosen: bool, fates: &[(Fate, bool)]) -> (usize, usize) {
    let mut f = Far::new(kind).await;
    let (mut cases, mut parked) = (0, 0);
    for nth in 0.. {
        let mut cut: Vec<Fate> = std::iter::repeat_n(Fate::Ok, nth).chain([Fate::OkButReset]).collect();
        let from = f.server.calls();
        let what = format!("{kind}, chosen {chosen}, call {nth} cut off");
        if told_with(&mut f, chosen, &cut, &what).await.is_none() {
            break;
        }
        let asked = f.server.asked_since(from);
        if !writes(&asked[nth]) {
            continue;
        }
        let looks = asked[nth + 1..].iter().take_while(|asked| !writes(asked)).count();
        for look in 0..looks {
            for &(fate, person) in fates {
                let what = format!("{what}, look {look}, {fate:?}");
                cut.truncate(nth + 1);
                cut.extend(std::iter::repeat_n(Fate::Ok, look).chain([fate]));
                let seen_to = told_with(&mut f, chosen, &cut, &what).await;
                let seen_to = seen_to.unwrap_or_else(|| panic!("{what}: there is no such call"));
                assert!(seen_to <= usize::from(person), "{what}: {seen_to} times somebody had to see to it");
                (cases, parked) = (cases + 1, parked + seen_to);
            }
        }
    }
    (cases, parked)
}

/// What is told beside starts and ends: what an attendant says of a session whose end has been told, and a request that nobody took.
async fn late_words_and_missed_requests(kind: &str) {
    let mut f = Far::new(kind).await;
    for nth in 0..4 {
        let session = f.ended(open_new()).await;
        f.work_off().await;
        let note = format!("Certificado renovado pela {nth}a vez");
        let said =
            WrappedUp { category: Some(Category { name: "Resolvido".into(), solved: true }), note: note.clone() };
        f.world.store.wrap_up_session(session, &said, f.world.now).await.unwrap();
        let missed = f.world.missed().await;
        f.restart().await;
        f.server.fates(std::iter::repeat_n(Fate::Ok, nth).chain([Fate::OkButReset]));
        f.work_off().await;
        f.server.fates([]);
        let kinds = |session| f.told(session).into_iter().map(|(_, kind)| kind).collect::<Vec<_>>();
        assert_eq!(kinds(session), [EventKind::Start, EventKind::End, EventKind::WrapUp], "{kind}, call {nth}");
        assert_eq!(kinds(missed), [EventKind::Missed], "{kind}, call {nth}");
        let (told, of) = (f.told(session), f.world.store.session(session).await.unwrap().ticket.unwrap());
        assert!(told.iter().all(|(ticket, _)| *ticket == of.as_str()), "{kind}: {told:?}");
        let texts = f.server.tickets().into_iter().filter(|ticket| ticket.number == of.as_str());
        let words: String = texts.flat_map(|ticket| ticket.texts).collect();
        assert!(words.contains(&note) && words.contains("Resolvido"), "{kind}: {words}");
        let of = f.world.store.session(missed).await.unwrap().ticket.unwrap();
        let texts = f.server.tickets().into_iter().filter(|ticket| ticket.number == of.as_str());
        let words: String = texts.flat_map(|ticket| ticket.texts).collect();
        assert!(words.contains("Liguem amanh"), "{kind}: {words}");
    }
}

/// Nobody vouches for its certificate: nothing is said to it, and nothing is uncertain.
async fn a_certificate_that_nobody_vouches_for_stops_everything_before_a_word_is_said(kind: &str) {
    let mut f = Far::new(kind).await;
    let issued = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let front = fakes::tls::front(&f.server, &issued).await;
    let kind = tickets::kind::of(kind).unwrap();
    let mut typed = f.server.typed();
    typed.insert("base".into(), front.base.clone());
    let means = Means::new(f.clock.clone());
    let reached = |typed: &std::collections::BTreeMap<String, String>| {
        let settings = kind.parse(typed).unwrap();
        let system = (kind.connect)(&settings, &means).unwrap();
        tickets::Reached { system, gate: means.gate(kind, &settings) }
    };
    f.systems = std::sync::Arc::new(far::Fixed(reached(&typed)));
    for choice in [open_new(), TicketChoice::Number(f.ticket())] {
        let session = f.ended(choice).await;
        f.worker().drain(f.world.now).await.unwrap();
        let row = f.world.store.outbox_of_session(session).await.unwrap().remove(0);
        assert!(row.why.as_ref().unwrap().contains("no safe connection"), "{row:?}");
        assert!(!row.uncertain && row.state == OutboxState::Pending, "{row:?}");
        assert_eq!(f.server.calls(), 0);
        means.gate(kind, &kind.parse(&typed).unwrap()).reset_pause();
    }
    // The company's own authority, and everything works.
    typed.insert("certificates".into(), issued.cert.pem());
    f.systems = std::sync::Arc::new(far::Fixed(reached(&typed)));
    means.gate(kind, &kind.parse(&typed).unwrap()).reset_pause();
    f.work_off().await;
    for n in 1..=2 {
        f.assert_told_once(common::session_id(n), "with the authority").await;
    }
}

/// What is done to a ticket between a session and its report.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Meanwhile {
    Closed,
    Removed,
}

/// A ticket that is closed or deleted while the system is down, before anything is told on it or after the start: nothing is lost, nothing
/// is opened again, and where the action has no place any more another ticket goes on, or a person is told why.
async fn a_ticket_that_is_closed_meanwhile(kind: &str) {
    let mut f = Far::new(kind).await;
    if !f.systems.0.system.capabilities().reads {
        return;
    }
    let connection = NewConnection {
        id: ConnectionId::from_bytes([9; 16]),
        tenant: TENANT,
        kind: kind.into(),
        name: kind.into(),
        settings: BTreeMap::new(),
        sealed: Vec::new(),
    };
    let (store, id) = (f.world.store.clone(), connection.id);
    store.add_connection(&connection, common::at(0)).await.unwrap();
    store.set_app_connection(TENANT, AppId::from_bytes([2; 16]), Some(id)).await.unwrap();
    // These keep a closed ticket as it is; the others take notes on it, and it stays closed.
    let refuses = ["zendesk", "glpi"].contains(&kind);
    for (meanwhile, started) in
        [(Meanwhile::Closed, false), (Meanwhile::Closed, true), (Meanwhile::Removed, false), (Meanwhile::Removed, true)]
    {
        let what = format!("{kind}: {meanwhile:?}, started {started}");
        let ticket = f.ticket();
        let waits = TicketOf { system: Some(id), number: ticket.clone() };
        let until = f.world.now.checked_add(Duration::from_secs(86_400)).unwrap();
        store.add_notice(TENANT, &waits, &TicketSeen::default(), common::ANA, f.world.now, until).await.unwrap();
        let session = f.world.dialled(TicketChoice::Number(ticket.clone())).await;
        store.start_session(session, &common::started(), common::at(5)).await.unwrap();
        if started {
            f.work_off().await;
        }
        f.server.set_down(true);
        store.end_session(session, &common::ended(), common::at(65)).await.unwrap();
        let back = f.world.now.checked_add(Duration::from_secs(3600)).unwrap();
        while f.world.now < back && f.step().await {}
        f.set_now(back);
        let (mut there, closed) = (ticket.to_string(), meanwhile == Meanwhile::Closed);
        if closed {
            f.server.close(ticket.as_str());
        } else {
            there = f.server.remove(ticket.as_str());
        }
        f.server.set_down(false);
        while f.step().await {}
        assert!(!closed || f.server.is_closed(&there), "{what}: it was opened again");
        let parked = store.outbox_list(TENANT, &[OutboxState::Parked], 9).await.unwrap();
        let has_no_place = started && (kind == "glpi" || !closed);
        assert_eq!(parked.len(), usize::from(has_no_place), "{what}: {parked:?}");
        if let Some(row) = parked.first() {
            // The start is where it was, and a person is told what became of the ticket.
            assert_eq!(
                row.reason,
                Some(if closed { Reason::TicketClosed } else { Reason::NoTicket }),
                "{what}: {row:?}"
            );
            assert_eq!(f.told(session), [(there.clone(), EventKind::Start)], "{what}");
            if closed {
                f.server.reopen(&there);
                store.retry_parked(TENANT, row.id, f.world.now).await.unwrap();
                while f.step().await {}
                f.assert_told_once(session, &what).await;
            } else {
                store.drop_parked(TENANT, row.id, "o ticket foi apagado", f.world.now).await.unwrap();
            }
        } else {
            if started && refuses {
                let kinds: Vec<EventKind> = f.told(session).into_iter().map(|(_, kind)| kind).collect();
                assert_eq!(kinds, [EventKind::Start, EventKind::End], "{what}: each on a ticket of its own");
            } else {
                f.assert_told_once(session, &what).await;
            }
            let on = store.session(session).await.unwrap().ticket.unwrap();
            assert_eq!(on != ticket, refuses || !closed, "{what}: it is on {on}");
            if on != ticket {
                let all = f.server.tickets();
                let new = all.iter().find(|t| t.number == on.as_str()).unwrap();
                let says = if closed { "fechado" } else { "existe" };
                let texts = new.texts.concat();
                assert!(texts.contains(ticket.as_str()) && texts.contains(says), "{what}: {texts}");
                // What goes on for a closed one is joined with it.
                let joined = [on.as_str(), ticket.as_str()].map(|number| number.parse::<u64>().unwrap());
                let all = f.server.kept()["joined"].as_array().cloned().unwrap_or_default();
                assert_eq!(all.iter().any(|one| *one == serde_json::json!(joined)), closed, "{what}: {all:?}");
            }
        }
        // Whoever waited for the customer of a ticket that is found closed waits no longer; of the others the next look tells.
        let waiting = store.open_notices(Some((TENANT, &waits)), f.world.now).await.unwrap();
        let found = closed && refuses;
        assert_eq!(waiting.is_empty(), found, "{what}: {waiting:?}");
        assert_eq!(store.is_closed(id, &ticket).await.unwrap(), found, "{what}");
        f.restart().await;
    }
}

macro_rules! for_every_kind {
    ($($name:ident: $kind:literal;)*) => {
        for_every_kind! { every_call_with_every_outcome_ends_in_one_start_and_one_end: every_call_with_every_fate; $($name: $kind;)* }
        for_every_kind! { so_does_every_look_for_what_a_broken_call_has_left: every_look_for_a_marker_with_every_fate; $($name: $kind;)* }
        for_every_kind! { late_words_and_missed_requests_are_told_once: late_words_and_missed_requests; $($name: $kind;)* }
        for_every_kind! { a_certificate_that_nobody_vouches_for_stops_everything_before_a_word_is_said: a_certificate_that_nobody_vouches_for_stops_everything_before_a_word_is_said; $($name: $kind;)* }
        for_every_kind! { an_action_on_a_ticket_that_was_closed_or_deleted_meanwhile_is_not_lost: a_ticket_that_is_closed_meanwhile; $($name: $kind;)* }
        for_every_kind! { killed_at_random_nothing_is_lost_or_doubled_and_order_is_kept: a_few_random_kills; $($name: $kind;)* }
        for_every_kind! { after_an_hour_without_the_system_two_hundred_sessions_are_told: drained; $($name: $kind;)* }

        #[test]
        fn every_kind_is_put_to_the_test() {
            let tested = [$($kind),*];
            for kind in tickets::kind::KINDS {
                assert!(tested.contains(&kind.name), "{} is not told anything here", kind.name);
            }
        }
    };
    ($sentence:ident: $story:ident; $($name:ident: $kind:literal;)*) => {
        mod $sentence {
            $(#[tokio::test]
            async fn $name() {
                super::$story($kind).await;
            })*
        }
    };
}

for_every_kind! {
    of_movidesk: "movidesk";
    of_salesforce: "salesforce";
    of_zendesk: "zendesk";
    of_zammad: "zammad";
    of_glpi: "glpi";
    of_request_tracker: "rt";
    of_redmine: "redmine";
    of_a_webhook: "webhook";
}

/// How many actions: a few in every run, `AMPARO_ACTIONS` for the long form.
fn actions(usual: usize) -> usize {
    std::env::var("AMPARO_ACTIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// Actions that wait at once before no more sessions begin.
const WAITING: u64 = 200;

/// A generator that a seed repeats.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn fate(&mut self) -> Fate {
        match self.roll(40) {
            0 => Fate::OkButReset,
            1 => Fate::Reset,
            2 => Fate::Garbage,
            3 => Fate::Status(500),
            4 => Fate::Status(429),
            5 => Fate::Status(409),
            _ => Fate::Ok,
        }
    }
}

async fn a_few_random_kills(kind: &str) {
    random_kills(kind, actions(400), 20).await;
}

/// Sessions on a few tickets and on none, a system that fails now and then, a worker that is killed at any moment.
async fn random_kills(kind: &str, actions: usize, tickets: usize) {
    let seed = std::env::var("AMPARO_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0x5eed_0001);
    let mut dice = Dice(seed);
    let mut f = Far::new(kind).await;
    let numbers: Vec<_> = (0..tickets).map(|_| f.ticket()).collect();
    let mut sessions = Vec::new();
    let mut kills = 0;
    let began = std::time::Instant::now();
    while sessions.len() * 2 < actions {
        // However often the worker is killed: what waits does not grow without end.
        let waiting = f.world.store.outbox_figures(f.world.now).await.unwrap().pending;
        for _ in 0..if waiting < WAITING { dice.roll(8) } else { 0 } {
            let choice = match dice.roll(10) {
                0 => open_new(),
                _ => TicketChoice::Number(numbers[usize::try_from(dice.roll(tickets as u64)).unwrap()].clone()),
            };
            sessions.push(f.ended(choice).await);
        }
        f.server.fates((0..12).map(|_| dice.fate()));
        let polls = usize::try_from(dice.roll(200)).unwrap();
        let worker = f.worker();
        if killed_after(polls, worker.drain(f.world.now)).await.is_none() {
            kills += 1;
            f.restart().await;
        }
        if let Some(due) = f.world.store.next_due().await.unwrap() {
            f.set_now(due);
        }
    }
    f.server.fates([]);
    f.work_off().await;
    assert!(kills * 10 > sessions.len() / 10, "{kills} kills of {} sessions, seed {seed}", sessions.len());
    let told = told(&f.server);
    assert_eq!(told.len(), sessions.len(), "seed {seed}");
    for (session, actions) in &told {
        let kinds: Vec<EventKind> = actions.iter().map(|(_, kind)| *kind).collect();
        assert_eq!(kinds, [EventKind::Start, EventKind::End], "seed {seed}: {session} {actions:?}");
        assert_eq!(actions[0].0, actions[1].0, "seed {seed}: {session} is on two tickets");
    }
    far::assert_in_order(&f.server, &sessions, &format!("seed {seed}"));
    println!(
        "figure outbox with {kind}: {} actions on {tickets} tickets, {kills} kills, {} calls, seed {seed}: 0 lost, 0 doubled, order kept, {} s",
        sessions.len() * 2,
        f.server.calls(),
        began.elapsed().as_secs()
    );
}

/// An hour's outage in which two hundred sessions begin and end on fifty tickets; then how long until all is told.
async fn drained(kind: &str) {
    let mut f = Far::new(kind).await;
    let numbers: Vec<_> = (0..50).map(|_| f.ticket()).collect();
    f.server.set_down(true);
    let mut sessions = Vec::new();
    let hour = f.world.now.checked_add(Duration::from_secs(3600)).unwrap();
    for n in 0..200 {
        sessions.push(f.ended(TicketChoice::Number(numbers[n % 50].clone())).await);
    }
    while f.world.now < hour && f.step().await {}
    f.set_now(hour);
    f.server.set_down(false);
    let before = f.server.calls();
    f.work_off().await;
    let took = since_start(f.world.now) - Duration::from_secs(3600);
    for session in sessions {
        f.assert_told_once(session, kind).await;
    }
    let calls = f.server.calls() - before;
    println!("figure drain of 200 sessions after an hour without {kind}: {} s, {calls} calls", took.as_secs());
    // Movidesk takes ten calls a minute; the others are done before people notice.
    let limit = if kind == "movidesk" { 4500 } else { 900 };
    assert!(took <= Duration::from_secs(limit), "{kind}: {took:?}");
}

#[tokio::test]
#[ignore = "the long form: AMPARO_ACTIONS=100000 cargo nextest run -p amparo-tickets --run-ignored only a_hundred_thousand"]
async fn a_hundred_thousand_actions_on_two_hundred_tickets_with_the_worker_killed_at_random() {
    random_kills("redmine", actions(100_000), 200).await;
}

#[tokio::test]
async fn a_webhook_is_told_as_data_what_the_text_says_in_words() {
    let mut f = Far::new("webhook").await;
    let session = f.ended(open_new()).await;
    let rights = RightsChange { administrator: true, at_unix_ms: u64::try_from(at(20).as_millisecond()).unwrap() };
    f.world.store.change_rights(session, &[rights], at(66)).await.unwrap();
    f.world.missed().await;
    f.work_off().await;
    let told: Vec<serde_json::Value> = f.server.asked().iter().map(fakes::Asked::json).collect();
    let of = |kind: &str| told.iter().find(|message| message["type"] == kind).unwrap()["data"].clone();
    let (start, end, missed) = (of("session.started"), of("session.ended"), of("request.missed"));
    for data in [&start, &end] {
        let requester = serde_json::json!({ "name": "Cida Nogueira", "email": "c1@padaria.example" });
        assert_eq!(data["requester"], requester, "what was not told is not there");
        assert_eq!(data["allowed"], serde_json::json!({ "view": true, "control": true }));
    }
    assert!(start["reconnects"].is_null() && start["audit"].is_null(), "{start}");
    assert_eq!(end["reconnects"], 0);
    let administrator = serde_json::json!([{ "from": "2026-11-21T14:00:20Z", "to": "2026-11-21T14:01:05Z" }]);
    assert_eq!((&start["administrator"], &end["administrator"]), (&serde_json::json!([]), &administrator));
    let head = f.world.store.session(session).await.unwrap().audit.unwrap();
    assert_eq!(end["audit"], head.to_string());
    assert_eq!(missed["requester"]["email"], "c2@padaria.example");
    assert_eq!(missed["allowed"], serde_json::json!({ "view": false, "control": false }));
}

#[tokio::test]
async fn the_sessions_page_is_a_link_beside_its_end_and_an_end_without_it_is_told_all_the_same() {
    let mut f = Far::new("rt").await;
    let ticket = f.ticket();
    let mut calls = 0;
    let fates =
        [Fate::Ok, Fate::OkButReset, Fate::Reset, Fate::Silent, Fate::Garbage, Fate::Status(403), Fate::Status(500)];
    for fate in fates {
        f.restart().await;
        let before = f.server.calls();
        // The link is the last call of all.
        f.server.fates(std::iter::repeat_n(Fate::Ok, usize::saturating_sub(calls, 1)).chain([fate]));
        let session = f.ended(TicketChoice::Number(ticket.clone())).await;
        f.work_off().await;
        f.assert_told_once(session, &format!("{fate:?}")).await;
        assert_eq!(f.server.fates_left(), 0);
        let asked = f.server.asked_since(before);
        let links = asked.iter().filter(|asked| asked.method == "PUT").count();
        assert_eq!((links, asked.last().unwrap().method.as_str()), (1, "PUT"), "{fate:?}: it is not tried again");
        calls = asked.len();
        let rows = f.world.store.outbox_of_session(session).await.unwrap();
        assert!(rows.iter().all(|row| row.state == OutboxState::Done), "{fate:?}: {rows:?}");
        let page = format!("https://relay.example/sessions/{}", rows[0].protocol);
        let kept = f.server.kept()[0].as_array().unwrap().iter().filter(|uri| **uri == page.as_str()).count();
        let works = matches!(fate, Fate::Ok | Fate::OkButReset | Fate::Garbage);
        assert_eq!(kept, usize::from(works), "{fate:?}");
    }
}

#[tokio::test]
async fn a_link_to_a_session_leads_to_the_door_of_its_company() {
    let mut f = Far::new("rt").await;
    let ticket = f.ticket();
    f.world.store.set_tenant_word(TENANT, &"beta".parse().unwrap()).await.unwrap();
    let session = f.ended(TicketChoice::Number(ticket)).await;
    f.work_off().await;
    f.assert_told_once(session, "with a word").await;
    let protocol = f.world.store.session(session).await.unwrap().protocol;
    let page = format!("https://relay.example/c/beta/sessions/{protocol}");
    let kept = f.server.kept();
    assert!(kept[0].as_array().unwrap().iter().any(|uri| *uri == page.as_str()), "{kept:?}");
}

#[tokio::test]
async fn a_zendesk_ticket_that_takes_no_more_for_a_while_holds_up_nothing_but_itself() {
    let mut f = Far::new("zendesk").await;
    let (busy, quiet) = (f.ticket(), f.ticket());
    for _ in 0..16 {
        f.ended(TicketChoice::Number(busy.clone())).await;
    }
    let other = f.ended(TicketChoice::Number(quiet)).await;
    let new = f.ended(open_new()).await;
    let began = f.world.now;
    f.worker().drain(began).await.unwrap();
    let waits = f.world.store.outbox_list(TENANT, &[], 99).await.unwrap();
    assert_eq!(waits.len(), 2, "two of thirty-two actions are too many, and nothing else waits: {waits:?}");
    f.assert_told_once(other, "on another ticket").await;
    f.assert_told_once(new, "on a new one").await;
    f.work_off().await;
    assert_eq!(told(&f.server).len(), 18);
    assert!(since_start(f.world.now) >= Duration::from_secs(600), "as long as it was asked to");
    // The account's own limit is everybody's.
    f.server.fates([Fate::Status(429)]);
    f.ended(TicketChoice::Number(busy)).await;
    f.ended(open_new()).await;
    f.worker().drain(f.world.now).await.unwrap();
    assert_eq!(f.world.store.outbox_list(TENANT, &[], 99).await.unwrap().len(), 4);
}

#[tokio::test]
async fn movidesk_never_has_to_block_us_however_much_there_is_to_tell() {
    let mut f = Far::new("movidesk").await;
    for n in 0..30 {
        // Every third on a ticket that is not there: each of them is an error to Movidesk.
        let missing = protocol::id::TicketNumber::new(&format!("77{n}")).unwrap();
        let choice = if n % 3 == 0 { TicketChoice::Number(missing) } else { open_new() };
        f.ended(choice).await;
    }
    f.work_off().await;
    assert_eq!(told(&f.server).len(), 30);
    assert_eq!(f.server.blocked(), 0, "it had to make us wait");
    assert!(f.world.store.outbox_list(TENANT, &[OutboxState::Parked], 9).await.unwrap().is_empty());
}
