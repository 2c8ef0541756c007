//! Exactly one start and one end on exactly one ticket: whatever the ticketing system does, and wherever the relay is killed.

#![allow(clippy::unwrap_used)]

extern crate amparo_tickets as tickets;

mod common;

use std::{sync::Arc, time::Duration};

use common::{ANA, TENANT, World, at, ended, killed_after, open_new, started};
use proptest::prelude::*;
use protocol::{
    id::TicketNumber,
    message::{
        ShownText,
        directory::{Field, FieldKey},
        pairing::CloseReason,
        ticket::TicketChoice,
    },
};
use store::{ActionKind, Ended, EventKind, Kept, NewSession, OutboxState, Started, StoreError};
use tickets::adapter::faulty::{Call, Fault};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn a_session_without_a_ticket_opens_one_for_its_customer_with_the_attendant_as_owner() {
    let mut w = World::new().await;
    let id = w.ended(open_new()).await;
    w.work_off().await;
    w.assert_told_once(id).await;
    let session = w.store.session(id).await.unwrap();
    let ticket = w.store.desk_ticket(TENANT, session.ticket.as_ref().unwrap()).await.unwrap();
    assert_eq!(ticket.subject, format!("Acesso remoto {}", session.protocol));
    assert_eq!(ticket.requester.details.email, "cida@padaria.example");
    assert_eq!((ticket.owner, ticket.owner_name.as_str()), (Some(ANA), "Ana Ribeiro"));
    let actions = w.actions().await.remove(0);
    assert!(
        actions[0].action.text.starts_with("Acesso remoto iniciado\nProtocolo: 2026-11-21-000001\n"),
        "{}",
        actions[0].action.text
    );
    assert!(actions[1].action.text.contains("Duração: 1 min 00 s"), "{}", actions[1].action.text);
    assert_eq!(actions[1].action.author, Some(ANA));
}

#[tokio::test]
async fn a_chosen_ticket_gets_both_actions_and_no_other_is_opened() {
    let mut w = World::new().await;
    let number = w.ticket().await;
    let id = w.ended(TicketChoice::Number(number.clone())).await;
    w.work_off().await;
    w.assert_told_once(id).await;
    assert_eq!(w.store.session(id).await.unwrap().ticket, Some(number));
    assert_eq!(w.actions().await.len(), 1);
}

#[tokio::test]
async fn a_chosen_ticket_that_does_not_exist_becomes_a_new_one_that_says_so() {
    let mut w = World::new().await;
    let id = w.ended(TicketChoice::Number(TicketNumber::new("4821").unwrap())).await;
    w.work_off().await;
    w.assert_told_once(id).await;
    let actions = w.actions().await.remove(0);
    assert!(actions[0].action.text.contains("Foi pedido o ticket 4821, que não existe"), "{}", actions[0].action.text);
    assert!(!actions[1].action.text.contains("4821"), "{}", actions[1].action.text);
}

#[tokio::test]
async fn sessions_on_one_ticket_follow_each_other() {
    let mut w = World::new().await;
    let number = w.ticket().await;
    for _ in 0..3 {
        w.ended(TicketChoice::Number(number.clone())).await;
    }
    w.work_off().await;
    let kinds: Vec<_> =
        w.actions().await.remove(0).iter().map(|a| (a.action.session.unwrap().as_bytes()[0], a.action.kind)).collect();
    let (start, end) = (ActionKind::SessionStart, ActionKind::SessionEnd);
    assert_eq!(kinds, [(1, start), (1, end), (2, start), (2, end), (3, start), (3, end)]);
}

#[tokio::test]
async fn a_session_goes_on_while_the_ticketing_system_is_down_and_is_told_once_when_it_is_back() {
    let mut w = World::new().await;
    w.system.set_down(true);
    let id = w.ended(open_new()).await;
    let worker = w.worker();
    for _ in 0..5 {
        worker.drain(w.now).await.unwrap();
        w.now = w.store.next_due().await.unwrap().unwrap();
    }
    let rows = w.store.outbox_of_session(id).await.unwrap();
    assert_eq!((rows[0].state, rows[0].attempts, rows[0].uncertain), (OutboxState::Pending, 5, false));
    assert_eq!(rows[0].why.as_deref(), Some("the ticketing system cannot be reached: no connection"));
    assert_eq!(rows[1].attempts, 0, "the end waits for its turn");
    w.system.set_down(false);
    w.work_off().await;
    w.assert_told_once(id).await;
}

/// What a fault leaves behind: told after retries, or parked for a person.
fn outcomes() -> Vec<(Fault, bool)> {
    vec![
        (Fault::Ok, false),
        (Fault::OkButReset, false),
        (Fault::OkButTimedOut, false),
        (Fault::TimedOut, false),
        (Fault::Rejected(400), true),
        (Fault::Rejected(401), true),
        (Fault::RateLimited(Duration::from_secs(30)), false),
        (Fault::Failed(500), false),
        (Fault::Garbage, false),
    ]
}

#[tokio::test]
async fn every_call_with_every_fault_ends_in_one_start_and_one_end() {
    let mut rows = 0;
    for call in Call::ALL {
        for (fault, parks) in outcomes() {
            // The fault hits the first such call, or the second one (the end's), of a session with and without a chosen ticket.
            for n in 0..8 {
                let (chosen, nth, plain) = (n & 1 != 0, n >> 1 & 1, n & 4 != 0);
                let mut w = if plain { World::plain().await } else { World::new().await };
                let choice = if chosen { TicketChoice::Number(w.ticket().await) } else { open_new() };
                for _ in 0..nth {
                    w.system.then(Some(call), Fault::Ok);
                }
                w.system.then(Some(call), fault.clone());
                // Looking for the marker is a call only after an uncertain one.
                if call == Call::Marker {
                    w.system.then(Some(if chosen { Call::Append } else { Call::Open }), Fault::OkButReset);
                }
                let id = w.ended(choice).await;
                w.work_off().await;
                let hit = w.system.steps_left() == 0;
                let parked = w.store.outbox_list(TENANT, &[OutboxState::Parked], 9).await.unwrap();
                assert_eq!(parked.len(), usize::from(parks && hit), "{call:?} {fault:?} {n}: {parked:?}");
                if let Some(row) = parked.first() {
                    let status = row.why.as_deref().unwrap();
                    assert!(matches!(fault, Fault::Rejected(s) if status == s.to_string()), "{status}");
                    // The person who saw to it presses "again".
                    w.store.retry_parked(TENANT, row.id, w.now).await.unwrap();
                    w.work_off().await;
                }
                w.assert_told_once(id).await;
                rows += 1;
            }
        }
    }
    assert_eq!(rows, 6 * 9 * 8);
}

#[tokio::test]
async fn a_call_that_never_answers_is_given_up_and_looked_for_first() {
    let mut w = World::new().await;
    w.system.then(Some(Call::Open), Fault::Hang);
    let id = w.ended(open_new()).await;
    w.worker().with_call_timeout(Duration::from_millis(20)).drain(w.now).await.unwrap();
    let row = w.store.outbox_of_session(id).await.unwrap().remove(0);
    assert!(row.uncertain && row.attempts == 1, "{row:?}");
    w.work_off().await;
    w.assert_told_once(id).await;
    let calls = w.system.calls();
    let hung = calls.iter().position(|c| *c == Call::Open).unwrap();
    assert_eq!(calls[hung + 1], Call::Marker, "{calls:?}");
}

#[tokio::test]
async fn killed_at_every_step_there_is_still_one_start_and_one_end_on_one_ticket() {
    for (choice, plain) in
        [("new", false), ("chosen", false), ("missing", false), ("new", true), ("chosen", true), ("missing", true)]
    {
        let mut kills = 0;
        loop {
            let mut w = if plain { World::plain().await } else { World::new().await };
            let choice = match choice {
                "new" => open_new(),
                "chosen" => TicketChoice::Number(w.ticket().await),
                _ => TicketChoice::Number(TicketNumber::new("4821").unwrap()),
            };
            let id = w.ended(choice).await;
            let survived = killed_after(kills, w.worker().drain(w.now)).await.is_some();
            w.restart().await;
            w.work_off().await;
            w.assert_told_once(id).await;
            if survived {
                break;
            }
            kills += 1;
        }
        assert!(kills > 10, "the work has many steps: {kills}");
    }
}

#[tokio::test]
async fn killed_while_the_report_itself_is_written_the_program_tells_it_again() {
    let mut kills = 0;
    loop {
        let mut w = World::new().await;
        let id = w.dialled(open_new()).await;
        let store = w.store.clone();
        let story = async {
            store.start_session(id, &started(), at(5)).await?;
            store.end_session(id, &ended(), at(65)).await
        };
        let survived = killed_after(kills, story).await.is_some();
        drop(store);
        w.restart().await;
        // Not acknowledged: both programs report again, in any order.
        w.store.start_session(id, &started(), at(70)).await.unwrap();
        w.store.end_session(id, &ended(), at(71)).await.unwrap();
        w.work_off().await;
        w.assert_told_once(id).await;
        if survived {
            break;
        }
        kills += 1;
    }
    assert!(kills > 5, "{kills}");
}

#[tokio::test]
async fn a_full_disk_keeps_reports_waiting_and_loses_and_doubles_nothing() {
    let mut w = World::new().await;
    // Several sessions, so that the actions do not fit into pages that are there already.
    let mut sessions = Vec::new();
    for _ in 0..40 {
        sessions.push(w.ended(open_new()).await);
    }
    w.sqlite.limit_pages(1).await.unwrap();
    let worker = w.worker();
    let mut full = false;
    for _ in 0..300 {
        match worker.drain(w.now).await {
            Ok(_) => {}
            Err(StoreError::Full) => full = true,
            Err(error) => panic!("{error:?}"),
        }
        w.now = w.now.checked_add(Duration::from_secs(200)).unwrap();
    }
    let waiting = w.store.outbox_list(TENANT, &[], 200).await.unwrap();
    assert!(full || waiting.iter().any(|r| r.why.as_deref().is_some_and(|why| why.contains("no room"))), "{waiting:?}");
    assert!(!waiting.is_empty());
    assert!(waiting.iter().all(|r| r.state != OutboxState::Parked), "a full disk is nobody's refusal");
    w.sqlite.limit_pages(u32::MAX - 1).await.unwrap();
    w.work_off().await;
    for id in sessions {
        w.assert_told_once(id).await;
    }
}

#[tokio::test]
async fn a_running_worker_reports_when_woken_tells_its_listeners_and_stops() {
    let mut w = World::new().await;
    let wake = Arc::new(tokio::sync::Notify::new());
    let worker = tickets::Worker::new(w.store.clone(), Arc::new(tickets::Always(w.system.clone())), wake.clone());
    let mut reports = worker.reports();
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(worker.run(shutdown.clone()));
    let id = w.ended(open_new()).await;
    wake.notify_one();
    for kind in [EventKind::Start, EventKind::End] {
        let told = tokio::time::timeout(Duration::from_secs(20), reports.recv()).await.unwrap().unwrap();
        assert_eq!((told.session, told.kind, told.ticket), (id, kind, Some(TicketNumber::new("1001").unwrap())));
    }
    w.assert_told_once(id).await;
    shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(20), running).await.unwrap().unwrap();
}

/// What programs may tell of one session, in any order, any number of times.
#[derive(Debug, Clone, Copy)]
enum Told {
    Start,
    End(CloseReason),
    Work,
    Kill,
}

fn told() -> impl Strategy<Value = Told> {
    prop_oneof![
        Just(Told::Start),
        Just(Told::End(CloseReason::EndedByCustomer)),
        Just(Told::End(CloseReason::ConnectionLost)),
        Just(Told::Work),
        Just(Told::Kill),
    ]
}

#[test]
fn in_whatever_order_reports_come_a_session_that_started_has_one_pair_and_one_that_did_not_has_none() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = tokio::sync::Mutex::new(runtime.block_on(World::new()));
    let counter = std::sync::atomic::AtomicU32::new(0);
    proptest!(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() }, |(story in prop::collection::vec(told(), 0..9), chosen in any::<bool>())| {
        runtime.block_on(async {
            let mut w = world.lock().await;
            let n = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let mut id = [0; 16];
            id[..4].copy_from_slice(&n.to_be_bytes());
            let new = NewSession {
                id: protocol::id::SessionId::from_bytes(id),
                tenant: TENANT,
                app: protocol::id::AppId::from_bytes([2; 16]),
                device: protocol::id::DeviceId::new(123_456_789).unwrap(),
                fields: vec![Field { key: FieldKey::Name, value: ShownText::lossy(&format!("Cliente {n}")) }],
                attendant: ANA,
                attendant_name: "Ana Ribeiro".into(),
                ticket: if chosen { TicketChoice::Number(w.ticket().await) } else { open_new() },
                dialled_at: at(0),
            };
            w.store.open_session(&new).await.unwrap();
            let (mut start_told, mut end_told) = (false, false);
            for (second, step) in story.iter().enumerate() {
                let second = i64::try_from(second).unwrap();
                match step {
                    Told::Start => {
                        let start = Started { at: at(second), ..started() };
                        let kept = w.store.start_session(new.id, &start, at(second)).await.unwrap();
                        assert_eq!(kept == Kept::New, !start_told);
                        start_told = true;
                    }
                    Told::End(why) => {
                        let end = Ended { why: *why, at: at(second), reconnects: 0 };
                        let kept = w.store.end_session(new.id, &end, at(second)).await.unwrap();
                        assert_eq!(kept == Kept::New, !end_told);
                        end_told = true;
                    }
                    Told::Work => w.work_off().await,
                    Told::Kill => {
                        let worker = w.worker();
                        killed_after(3 + usize::from(id[3] % 9), worker.drain(w.now)).await;
                        w.store.expire_leases(w.now).await.unwrap();
                    }
                }
            }
            if !end_told {
                w.store.end_session(new.id, &ended(), at(99)).await.unwrap();
            }
            w.work_off().await;
            if start_told {
                // Also in time: the start is not after the end.
                let session = w.store.session(new.id).await.unwrap();
                assert!(session.started_at <= session.ended_at);
                w.assert_pair(new.id).await;
            } else {
                assert!(w.store.outbox_of_session(new.id).await.unwrap().is_empty());
            }
        });
    });
}
