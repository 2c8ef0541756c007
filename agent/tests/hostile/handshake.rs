//! Every record of the inner TLS, each direction, from the first to the customer's answer, attacked in every way.

use std::sync::Arc;

use amparo_agent::customer::session as helped;
use protocol::message::{pairing::CloseReason, stream::StreamKind};
use tokio::task::JoinSet;

use crate::{
    middle::{Tapes, session},
    wire::{Aim, Attack, Way},
    world,
};

/// The records of an honest session up to the customer's question, by their number in each direction.
async fn honest() -> (Arc<Tapes>, usize, usize) {
    let mut session = session(None, &Arc::default()).await;
    assert!(
        session.customer.until(|out| matches!(out, helped::Out::Ask { .. })).await,
        "an honest relay is no trouble"
    );
    assert!(session.attendant.until(world::is_asking).await);
    let tapes = session.tapes();
    let count = |way| tapes[&(way, StreamKind::Secure)].len();
    let (to_customer, to_attendant) = (count(Way::ToCustomer), count(Way::ToAttendant));
    assert!(to_customer >= 4, "hello, certificate, opening, confirmation");
    assert!(to_attendant >= 4, "hello, certificate, PAKE, question");
    (Arc::new(tapes), to_customer, to_attendant)
}

/// A case of the table and how it ended.
struct Row {
    name: String,
    started: (bool, bool),
    asked: bool,
    why: (CloseReason, CloseReason),
}

async fn run(way: Way, aim: Aim, foreign: Arc<Tapes>) -> Row {
    let name = format!("{way:?} {} {:?}", aim.unit, aim.attack);
    let mut session = session(Some(((way, StreamKind::Secure), aim)), &foreign).await;
    let attendant = session.attendant.over().await;
    let asked = session.customer.asked();
    // A customer who waits for an answer, or was allowed to go on, is ended by the person.
    if asked {
        drop(session.customer.tell.send(helped::In::End(CloseReason::EndedByCustomer)).await);
    }
    let customer = session.customer.over().await;
    assert_eq!(session.leaks(), [""; 0], "{name}");
    Row { name, started: (session.customer.started(), session.attendant.started()), asked, why: (customer, attendant) }
}

/// Runs cases all at once and gives those that did not end as they must.
async fn wrong(cases: Vec<(Way, Aim)>, foreign: Arc<Tapes>, question: usize) -> Vec<String> {
    let mut running = JoinSet::new();
    for (way, aim) in cases {
        let foreign = foreign.clone();
        // The customer's own question may stand there when it is the news of it that is attacked, and only then.
        let may_ask = way == Way::ToAttendant && aim.unit >= question;
        running.spawn(async move { (may_ask, run(way, aim, foreign).await) });
    }
    let mut wrong = Vec::new();
    while let Some(row) = running.join_next().await {
        let (may_ask, Row { name, started, asked, why }) = row.unwrap();
        let good =
            |why| matches!(why, CloseReason::Violation | CloseReason::ConnectionLost | CloseReason::WrongPassword);
        let customer = good(why.0) || matches!(why.0, CloseReason::Cancelled) || may_ask;
        let line = format!("{name}: started {started:?}, asked {asked}, {why:?}");
        if started.1 || (!may_ask && (started.0 || asked)) || !customer || !good(why.1) {
            wrong.push(line);
        } else {
            println!("{line}");
        }
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_a_relay_touches_before_consent_begins_no_session() {
    let (foreign, to_customer, to_attendant) = honest().await;
    let units = |way, count: usize| (0..count).map(move |unit| (way, unit));
    let cases: Vec<_> = units(Way::ToCustomer, to_customer)
        .chain(units(Way::ToAttendant, to_attendant))
        .flat_map(|(way, unit)| Attack::PLAIN.into_iter().map(move |attack| (way, Aim { unit, attack })))
        .collect();
    assert!(cases.len() >= 100, "{} cases", cases.len());
    println!("{} attacks on records before consent", cases.len());
    let wrong = wrong(cases, foreign, to_attendant - 1).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hello_that_asks_for_less_begins_no_session() {
    let (foreign, ..) = honest().await;
    let replaced = |way, find, with| (way, Aim { unit: 0, attack: Attack::Replace(find, with) });
    let cases = vec![
        // supported_versions of the client: TLS 1.2 instead of 1.3, and a version that does not exist.
        replaced(Way::ToCustomer, b"\x00\x2b\x00\x03\x02\x03\x04", b"\x00\x2b\x00\x03\x02\x03\x03"),
        replaced(Way::ToCustomer, b"\x00\x2b\x00\x03\x02\x03\x04", b"\x00\x2b\x00\x03\x02\x7f\x7f"),
        // The extension becomes an unknown one: as a client that knows nothing newer than TLS 1.2.
        replaced(Way::ToCustomer, b"\x00\x2b\x00\x03\x02\x03\x04", b"\xfa\x2b\x00\x03\x02\x03\x04"),
        // Another application protocol, and none.
        replaced(Way::ToCustomer, b"amparo-e2e/5", b"amparo-e2e/0"),
        replaced(
            Way::ToCustomer,
            b"\x00\x10\x00\x36\x00\x34\x0camparo-e2e/5",
            b"\xfa\x10\x00\x36\x00\x34\x0camparo-e2e/5",
        ),
        // AES-256 becomes a suite that is not there, so that another is chosen.
        replaced(Way::ToCustomer, b"\x13\x02\x13\x01", b"\x13\x7f\x13\x01"),
        // supported_versions of the server.
        replaced(Way::ToAttendant, b"\x00\x2b\x00\x02\x03\x04", b"\x00\x2b\x00\x02\x03\x03"),
        replaced(Way::ToAttendant, b"\x00\x2b\x00\x02\x03\x04", b"\xfa\x2b\x00\x02\x03\x04"),
        // The suite that the server chose.
        replaced(Way::ToAttendant, b"\x13\x02\x00", b"\x13\x01\x00"),
    ];
    let wrong = wrong(cases, foreign, usize::MAX).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}
