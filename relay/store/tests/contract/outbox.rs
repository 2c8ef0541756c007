//! The outbox: whose turn it is, leases, settling.

use std::time::Duration;

use jiff::Timestamp;
use store::{Claimed, EventKind, HistoryQuery, OutboxState, Reason, Settled, StoreError, Why};

use super::{World, at, end, number, on, open_new};

const LEASE: Duration = Duration::from_secs(60);

async fn claim(w: &World, second: i64) -> Vec<Claimed> {
    w.store().await.claim(at(second), LEASE, 100).await.unwrap()
}

fn what(claimed: &[Claimed]) -> Vec<(u8, EventKind)> {
    claimed.iter().map(|c| (c.session.id.as_bytes()[0], c.entry.kind)).collect()
}

fn done(ticket: &str) -> Settled {
    Settled::Done { ticket: number(ticket), external_id: Some("77".into()), fields: Default::default() }
}

fn retry(second: i64, uncertain: bool) -> Settled {
    Settled::RetryAt { at: at(second), why: "down".into(), uncertain }
}

fn parked() -> Settled {
    Settled::Parked { why: "400".into(), uncertain: false }
}

pub async fn the_end_waits_for_the_start(w: &World) {
    let id = w.ended(1, open_new()).await;
    let first = claim(w, 100).await;
    assert_eq!(what(&first), [(1, EventKind::Start)]);
    assert!(claim(w, 101).await.is_empty(), "it is leased");
    w.store().await.settle(first[0].lease, &done("1001"), at(102)).await.unwrap();
    let of_ticket = HistoryQuery { search: "1001".into(), ..HistoryQuery::default() };
    let found = w.store().await.history(w.varanda.tenant, &of_ticket).await.unwrap();
    assert_eq!(found.len(), 1, "a session is found by the ticket that was opened for it");
    let second = claim(w, 103).await;
    assert_eq!(what(&second), [(1, EventKind::End)]);
    assert_eq!(
        second[0].session.ticket,
        Some(number("1001")),
        "the ticket is the session's from the settling of the start"
    );
    w.store().await.settle(second[0].lease, &done("1001"), at(104)).await.unwrap();
    assert!(claim(w, 105).await.is_empty());
    assert_eq!(w.store().await.next_due().await.unwrap(), None);
    let rows = w.store().await.outbox_of_session(id).await.unwrap();
    assert!(rows.iter().all(|r| r.state == OutboxState::Done && r.attempts == 1 && r.ticket == Some(number("1001"))));
    assert_eq!((rows[0].settled_at, rows[0].external_id.as_deref()), (Some(at(102)), Some("77")));
}

pub async fn sessions_on_one_ticket_go_one_after_the_other_and_others_side_by_side(w: &World) {
    w.started(1, on("4821")).await;
    w.started(2, on("4821")).await;
    w.started(3, on("9")).await;
    w.started(4, open_new()).await;
    w.started(5, open_new()).await;
    let first = claim(w, 100).await;
    let start = EventKind::Start;
    assert_eq!(what(&first), [(1, start), (3, start), (4, start), (5, start)]);
    // One that has to wait keeps the others of its ticket waiting, in their order.
    w.store().await.settle(first[0].lease, &retry(200, true), at(101)).await.unwrap();
    assert!(claim(w, 150).await.is_empty());
    let again = claim(w, 200).await;
    assert_eq!(what(&again)[0], (1, start));
    assert!(again[0].entry.uncertain);
    assert_eq!((again[0].entry.attempts, again[0].entry.why.as_deref()), (2, Some("down")));
    w.store().await.settle(again[0].lease, &done("4821"), at(201)).await.unwrap();
    assert_eq!(what(&claim(w, 202).await)[0], (2, start));
}

pub async fn a_session_that_opened_its_ticket_is_told_in_the_order_of_that_ticket(w: &World) {
    let store = w.store().await;
    // Its end comes when its ticket is known already, or is there before: either way it is before whatever follows on that ticket.
    let late = w.started(1, open_new()).await;
    let _early = w.ended(2, open_new()).await;
    let first = claim(w, 100).await;
    assert_eq!(what(&first), [(1, EventKind::Start), (2, EventKind::Start)]);
    store.settle(first[0].lease, &done("1001"), at(101)).await.unwrap();
    store.end_session(late, &end(102), at(102)).await.unwrap();
    w.started(3, on("1001")).await;
    w.started(4, on("1002")).await;
    store.settle(first[1].lease, &parked(), at(103)).await.unwrap();
    let next = claim(w, 104).await;
    assert_eq!(what(&next), [(1, EventKind::End), (4, EventKind::Start)]);
    store.settle(next[0].lease, &retry(200, false), at(105)).await.unwrap();
    store.settle(next[1].lease, &done("1002"), at(105)).await.unwrap();
    assert!(claim(w, 106).await.is_empty(), "the next session of the ticket waits");
    let again = claim(w, 200).await;
    assert_eq!(what(&again), [(1, EventKind::End)]);
    store.settle(again[0].lease, &done("1001"), at(201)).await.unwrap();
    assert_eq!(what(&claim(w, 202).await), [(3, EventKind::Start)]);

    // What waited for a person goes on the ticket that was opened for it, in the order in which it happened.
    store.retry_parked(w.varanda.tenant, first[1].entry.id, at(204)).await.unwrap();
    let opened = claim(w, 205).await;
    assert_eq!(what(&opened), [(2, EventKind::Start)]);
    w.started(5, on("1003")).await;
    store.settle(opened[0].lease, &done("1003"), at(206)).await.unwrap();
    let next = claim(w, 207).await;
    assert_eq!(what(&next), [(2, EventKind::End)]);
    store.settle(next[0].lease, &done("1003"), at(208)).await.unwrap();
    assert_eq!(what(&claim(w, 209).await), [(5, EventKind::Start)]);
}

pub async fn a_claim_takes_no_more_than_it_is_told(w: &World) {
    for n in 1..=3 {
        w.started(n, open_new()).await;
    }
    assert_eq!(w.store().await.claim(at(10), LEASE, 2).await.unwrap().len(), 2);
    assert_eq!(w.store().await.claim(at(10), LEASE, 2).await.unwrap().len(), 1);
    assert_eq!(w.store().await.claim(at(10), LEASE, 0).await.unwrap().len(), 0);
}

pub async fn a_parked_row_holds_up_its_own_session_only(w: &World) {
    w.ended(1, on("4821")).await;
    w.ended(2, on("4821")).await;
    let first = claim(w, 100).await;
    w.store().await.settle(first[0].lease, &parked(), at(101)).await.unwrap();
    let next = claim(w, 102).await;
    assert_eq!(what(&next), [(2, EventKind::Start)], "the end of the first waits for a person too");
    let listed = w.store().await.outbox_list(w.varanda.tenant, &[OutboxState::Parked], 10).await.unwrap();
    assert_eq!(
        (listed.len(), listed[0].why.as_deref(), listed[0].protocol.as_str()),
        (1, Some("400"), "2026-11-21-000001")
    );
    assert_eq!(w.store().await.outbox_list(w.varanda.tenant, &[], 10).await.unwrap().len(), 4);
    assert!(w.store().await.outbox_list(w.other.tenant, &[], 10).await.unwrap().is_empty());

    // A person sees to it: only of their own tenant, and once.
    assert!(matches!(
        w.store().await.retry_parked(w.other.tenant, listed[0].id, at(110)).await,
        Err(StoreError::NotFound { .. })
    ));
    w.store().await.retry_parked(w.varanda.tenant, listed[0].id, at(110)).await.unwrap();
    assert!(w.store().await.retry_parked(w.varanda.tenant, listed[0].id, at(110)).await.is_err());
    assert_eq!(what(&claim(w, 111).await), [(1, EventKind::Start)]);
}

pub async fn a_lease_that_ran_out_makes_the_row_uncertain_and_its_holder_powerless(w: &World) {
    w.started(1, open_new()).await;
    let first = claim(w, 100).await;
    assert!(!first[0].entry.uncertain);
    assert_eq!(w.store().await.next_due().await.unwrap(), Some(at(160)));
    assert!(claim(w, 159).await.is_empty());
    let second = claim(w, 160).await;
    assert!(second[0].entry.uncertain);
    for how in [done("1"), retry(1, false), parked()] {
        let late = w.store().await.settle(first[0].lease, &how, at(161)).await;
        assert!(matches!(late, Err(StoreError::Conflict { what: "lease" })));
    }
    // Uncertain stays until it is done.
    w.store().await.settle(second[0].lease, &retry(170, false), at(162)).await.unwrap();
    let third = claim(w, 170).await;
    assert!(third[0].entry.uncertain);
    w.store().await.settle(third[0].lease, &done("1"), at(171)).await.unwrap();
    assert!(matches!(
        w.store().await.settle(third[0].lease, &done("2"), at(172)).await,
        Err(StoreError::Conflict { .. })
    ));
}

pub async fn a_restart_takes_leased_rows_up_at_once_as_uncertain(w: &World) {
    w.started(1, open_new()).await;
    w.started(2, open_new()).await;
    let first = claim(w, 100).await;
    w.store().await.settle(first[1].lease, &done("1"), at(101)).await.unwrap();
    assert_eq!(w.store().await.expire_leases(at(102)).await.unwrap(), 1);
    assert!(w.store().await.settle(first[0].lease, &done("1"), at(103)).await.is_err());
    let again = claim(w, 103).await;
    assert_eq!((again.len(), again[0].entry.uncertain), (1, true));
}

pub async fn next_due_is_when_there_is_something_to_claim(w: &World) {
    let due = async || w.store().await.next_due().await.unwrap();
    assert_eq!(due().await, None::<Timestamp>);
    let id = w.started(1, open_new()).await;
    assert_eq!(due().await, Some(at(5)));
    let first = claim(w, 10).await;
    w.store().await.end_session(id, &end(20), at(20)).await.unwrap();
    assert_eq!(due().await, Some(at(70)), "the end has to wait for the start's lease");
    w.store().await.settle(first[0].lease, &parked(), at(21)).await.unwrap();
    assert_eq!(due().await, None, "and then for a person");
}

pub async fn a_long_reason_is_cut(w: &World) {
    w.started(1, open_new()).await;
    let first = claim(w, 10).await;
    let why = "é".repeat(10_000);
    w.store()
        .await
        .settle(first[0].lease, &Settled::Parked { why: Why::of(Reason::Refused, why), uncertain: false }, at(11))
        .await
        .unwrap();
    let listed = w.store().await.outbox_list(w.varanda.tenant, &[], 10).await.unwrap();
    assert_eq!((listed[0].why.as_ref().unwrap().chars().count(), listed[0].reason), (500, Some(Reason::Refused)));
    w.store().await.drop_parked(w.varanda.tenant, listed[0].id, "de teste", at(12)).await.unwrap();
    let dropped = w.store().await.outbox_list(w.varanda.tenant, &[OutboxState::Dropped], 10).await.unwrap();
    assert_eq!((dropped[0].why.as_deref(), dropped[0].reason), (Some("de teste"), None), "a person's own words");
}
