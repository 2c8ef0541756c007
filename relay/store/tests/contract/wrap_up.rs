//! What attendants say about sessions that are over: once, and as a part of the end's action as long as that can be.

use protocol::id::SessionId;
use store::{Category, EventKind, HistoryQuery, Kept, OutboxState, Settled, StoreError, WRAP_UP_WITHIN, WrappedUp};

use super::{World, at, end, number, on, open_new, start};

const LEASE: std::time::Duration = std::time::Duration::from_secs(60);

fn solved(note: &str) -> WrappedUp {
    WrappedUp { category: Some(Category { name: "Resolvido".into(), solved: true }), note: note.into() }
}

/// A session whose start is told and whose end waits.
async fn over(w: &World, n: u8) -> SessionId {
    let store = w.store().await;
    let id = w.dialled(n, on("4821")).await;
    store.ask_wrap_up(id).await.unwrap();
    store.start_session(id, &start(5), at(5)).await.unwrap();
    tell(w, 6, EventKind::Start).await;
    store.end_session(id, &end(65), at(65)).await.unwrap();
    id
}

/// Tells the one row that is due, which is of this kind.
async fn tell(w: &World, second: i64, kind: EventKind) {
    let claimed = w.store().await.claim(at(second), LEASE, 10).await.unwrap();
    assert_eq!(claimed.iter().map(|c| c.entry.kind).collect::<Vec<_>>(), [kind]);
    let done = Settled::Done { ticket: number("4821"), external_id: None, fields: Default::default() };
    w.store().await.settle(claimed[0].lease, &done, at(second)).await.unwrap();
}

async fn nothing_due(w: &World, second: i64) -> bool {
    w.store().await.claim(at(second), LEASE, 10).await.unwrap().is_empty()
}

pub async fn an_end_waits_for_what_the_attendant_says_and_holds_it(w: &World) {
    let id = over(w, 1).await;
    assert!(nothing_due(w, 70).await, "it waits");
    let store = w.store().await;
    assert_eq!(store.wrap_up_session(id, &solved("Certificado renovado."), at(80)).await.unwrap(), Kept::New);
    assert_eq!(store.wrap_up_session(id, &solved("outra"), at(81)).await.unwrap(), Kept::Already, "once");
    let claimed = store.claim(at(82), LEASE, 10).await.unwrap();
    assert_eq!(claimed[0].entry.kind, EventKind::End);
    assert_eq!(claimed[0].session.wrap_up, Some(solved("Certificado renovado.")));
    assert_eq!(store.outbox_of_session(id).await.unwrap().len(), 2, "no action of its own");
    let line = store.audit_page(w.varanda.tenant, None, 1).await.unwrap().remove(0);
    assert_eq!(line.entry.what, "session.wrapped_up");
    let found = async |category: &str| {
        let query = HistoryQuery { category: Some(category.into()), ..HistoryQuery::default() };
        store.history(w.varanda.tenant, &query).await.unwrap().len()
    };
    assert_eq!((found("Resolvido").await, found("Pendente").await), (1, 0));
}

pub async fn an_answer_that_does_not_come_holds_nothing_up_and_comes_later_by_itself(w: &World) {
    let id = over(w, 1).await;
    let late = 65 + WRAP_UP_WITHIN.as_secs();
    assert!(nothing_due(w, late - 1).await);
    tell(w, late, EventKind::End).await;
    w.store().await.wrap_up_session(id, &solved(""), at(late + 60)).await.unwrap();
    tell(w, late + 61, EventKind::WrapUp).await;
    let rows = w.store().await.outbox_of_session(id).await.unwrap();
    assert!(rows.iter().all(|row| row.state == OutboxState::Done) && rows.len() == 3);
}

pub async fn an_end_that_waits_for_its_answer_holds_no_other_session_of_the_ticket_up(w: &World) {
    let store = w.store().await;
    let id = over(w, 1).await;
    let elsewhere = w.dialled(2, on("9")).await;
    store.start_session(elsewhere, &start(70), at(70)).await.unwrap();
    assert_eq!(store.claim(at(71), LEASE, 10).await.unwrap().len(), 1, "the start on the other ticket");
    let next = w.dialled(3, on("4821")).await;
    store.start_session(next, &start(72), at(72)).await.unwrap();
    tell(w, 73, EventKind::End).await;
    tell(w, 74, EventKind::Start).await;
    // What is said now is told by itself, after what was told before.
    store.wrap_up_session(id, &solved("Certificado renovado."), at(80)).await.unwrap();
    tell(w, 81, EventKind::WrapUp).await;

    // An answer that comes in time is still in the end.
    let other = over(w, 4).await;
    let next = w.dialled(5, on("4821")).await;
    store.start_session(next, &start(90), at(90)).await.unwrap();
    store.wrap_up_session(other, &solved(""), at(91)).await.unwrap();
    assert_eq!(store.outbox_of_session(other).await.unwrap().len(), 2);
    tell(w, 92, EventKind::End).await;
    tell(w, 93, EventKind::Start).await;

    // Also on a ticket that is known to be the same only later.
    let opens = w.dialled(6, open_new()).await;
    store.ask_wrap_up(opens).await.unwrap();
    store.start_session(opens, &start(100), at(100)).await.unwrap();
    store.end_session(opens, &end(101), at(101)).await.unwrap();
    let claimed = store.claim(at(102), LEASE, 10).await.unwrap();
    let next = w.dialled(7, on("1001")).await;
    store.start_session(next, &start(103), at(103)).await.unwrap();
    let done = Settled::Done { ticket: number("1001"), external_id: None, fields: Default::default() };
    store.settle(claimed[0].lease, &done, at(104)).await.unwrap();
    tell(w, 105, EventKind::End).await;
    tell(w, 106, EventKind::Start).await;
}

pub async fn an_answer_that_says_nothing_lets_the_end_go(w: &World) {
    let id = over(w, 1).await;
    let store = w.store().await;
    store.wrap_up_session(id, &WrappedUp::default(), at(70)).await.unwrap();
    tell(w, 71, EventKind::End).await;
    let other = over(w, 2).await;
    tell(w, 65 + WRAP_UP_WITHIN.as_secs(), EventKind::End).await;
    store.wrap_up_session(other, &WrappedUp::default(), at(900)).await.unwrap();
    assert!(nothing_due(w, 901).await, "nothing said late is nothing to tell");
}

pub async fn an_end_that_may_have_been_told_is_not_changed_by_a_late_answer(w: &World) {
    let late = 65 + WRAP_UP_WITHIN.as_secs() + 35;
    let store = w.store().await;
    // One that was refused has certainly not been told: it says it when it goes.
    let refused = over(w, 1).await;
    let claimed = store.claim(at(late), LEASE, 10).await.unwrap();
    let parked = Settled::Parked { why: "400".into(), uncertain: false };
    store.settle(claimed[0].lease, &parked, at(late + 1)).await.unwrap();
    store.wrap_up_session(refused, &solved(""), at(late + 2)).await.unwrap();
    assert_eq!(store.outbox_of_session(refused).await.unwrap().len(), 2);

    let id = over(w, 2).await;
    let claimed = store.claim(at(late), LEASE, 10).await.unwrap();
    let uncertain = Settled::RetryAt { at: at(late + 10), why: "cut".into(), uncertain: true };
    store.settle(claimed[0].lease, &uncertain, at(late + 1)).await.unwrap();
    store.wrap_up_session(id, &solved("tarde"), at(late + 2)).await.unwrap();
    let kinds: Vec<_> = store.outbox_of_session(id).await.unwrap().iter().map(|e| e.kind).collect();
    assert_eq!(kinds, [EventKind::Start, EventKind::End, EventKind::WrapUp]);
}

pub async fn nothing_is_said_about_a_session_that_is_not_over(w: &World) {
    let id = w.started(1, on("4821")).await;
    let said = w.store().await.wrap_up_session(id, &solved(""), at(10)).await;
    assert!(matches!(said, Err(StoreError::Conflict { what: "state" })));
    // Not asked: the end does not wait, and what is said before it is told is in it all the same.
    w.store().await.end_session(id, &end(65), at(65)).await.unwrap();
    tell(w, 66, EventKind::Start).await;
    w.store().await.wrap_up_session(id, &solved(""), at(67)).await.unwrap();
    tell(w, 68, EventKind::End).await;
}
