//! Every record of the inner TLS, each direction, from the first to the customer's answer, attacked in every way.

use amparo_agent::{attendant::session as attending, customer::session as helped};
use protocol::message::{grant::Grants, pairing::CloseReason, stream::HEAD_BYTES};
use tokio::task::JoinSet;

use crate::{
    wire::{Aim, Attack, Layout, Pipe, Tape, Way, shared},
    world::{self, AttendantSide, Authority, Carried, CustomerSide, Program, Relay, soon},
};

/// One session through a relay, with its tapes.
struct Session {
    customer: CustomerSide,
    attendant: AttendantSide,
    to_customer: Tape,
    to_attendant: Tape,
    carried: Carried,
    _relay: (Relay, [quinn::Connection; 2]),
}

/// The records before consent as another session had them: to the customer, to the attendant.
type Foreign = (Vec<Vec<u8>>, Vec<Vec<u8>>);

async fn session(aim: Option<(Way, Aim)>, foreign: &Foreign) -> Session {
    let (authority, relay, id) = (Authority::new(), Relay::open(), world::a_session());
    let mut customer = world::plug(&relay.address);
    let customer_there = soon("the customer's program", relay.welcome()).await;
    customer.up().await;
    let mut attendant = world::plug(&relay.address);
    let attendant_there = soon("the attendant's program", relay.welcome()).await;
    let connection = attendant.up().await;
    let customer = world::customer(customer, world::Helped::new(id, &authority.root));
    let attendant = world::attendant(attendant, connection, id, authority.attendant(), Grants::CONTROL);
    let (to_customer, to_attendant, carried) = (Tape::default(), Tape::default(), Carried::default());
    let pipe = |way: Way, foreign: &[Vec<u8>], tape: &Tape| Pipe {
        layout: Layout::Tls,
        aim: aim.as_ref().filter(|(aimed, _)| *aimed == way).map(|(_, aim)| aim.clone()),
        foreign: foreign.to_vec(),
        tape: tape.clone(),
        carried: carried.clone(),
    };
    let pipes = [pipe(Way::ToCustomer, &foreign.0, &to_customer), pipe(Way::ToAttendant, &foreign.1, &to_attendant)];
    let both = [customer_there.connection.clone(), attendant_there.connection.clone()];
    tokio::spawn(splice(customer_there, attendant_there, pipes, carried.clone()));
    Session { customer, attendant, to_customer, to_attendant, carried, _relay: (relay, both) }
}

/// The first stream through these pipes, all others as they are.
async fn splice(customer: Program, attendant: Program, [there, back]: [Pipe; 2], carried: Carried) {
    let (to_attendant, mut from_attendant) = attendant.connection.accept_bi().await.unwrap();
    let mut head = [0; HEAD_BYTES];
    from_attendant.read_exact(&mut head).await.unwrap();
    let (mut to_customer, from_customer) = customer.connection.open_bi().await.unwrap();
    to_customer.write_all(&head).await.unwrap();
    let (to_customer, to_attendant) = (shared(to_customer), shared(to_attendant));
    tokio::join!(
        there.carry(from_attendant, to_customer.clone(), Some(to_attendant.clone())),
        back.carry(from_customer, to_attendant, Some(to_customer)),
        pass(customer.connection.clone(), attendant.connection.clone(), carried.clone()),
        pass(attendant.connection, customer.connection, carried),
    );
}

async fn pass(from: quinn::Connection, to: quinn::Connection, carried: Carried) {
    while let Ok(mut recv) = from.accept_uni().await {
        let Ok(mut send) = to.open_uni().await else { return };
        let carried = carried.clone();
        tokio::spawn(async move {
            while let Ok(Some(chunk)) = recv.read_chunk(64 * 1024, true).await {
                carried.lock().unwrap().extend_from_slice(&chunk.bytes);
                if send.write_all(&chunk.bytes).await.is_err() {
                    return;
                }
            }
            drop(send.finish());
        });
    }
}

/// The records of an honest session up to the customer's question, by their number in each direction.
async fn honest() -> Foreign {
    let mut session = session(None, &Foreign::default()).await;
    assert!(
        session.customer.until(|out| matches!(out, helped::Out::Ask { .. })).await,
        "an honest relay is no trouble"
    );
    assert!(session.attendant.until(|out| matches!(out, attending::Out::Asking)).await);
    let tapes = (session.to_customer.lock().unwrap().clone(), session.to_attendant.lock().unwrap().clone());
    assert!(tapes.0.len() >= 4, "hello, certificate, opening, confirmation");
    assert!(tapes.1.len() >= 4, "hello, certificate, PAKE, question");
    tapes
}

/// A case of the table and how it ended.
struct Row {
    name: String,
    started: (bool, bool),
    asked: bool,
    why: (CloseReason, CloseReason),
}

async fn run(way: Way, aim: Aim, foreign: Foreign) -> Row {
    let name = format!("{way:?} {} {:?}", aim.unit, aim.attack);
    let mut session = session(Some((way, aim)), &foreign).await;
    let attendant = session.attendant.over().await;
    let asked = session.customer.asked();
    // A customer who waits for an answer, or was allowed to go on, is ended by the person.
    if asked {
        drop(session.customer.tell.send(helped::In::End(CloseReason::EndedByCustomer)).await);
    }
    let customer = session.customer.over().await;
    Row { name, started: (session.customer.started(), session.attendant.started()), asked, why: (customer, attendant) }
}

/// Runs cases all at once and gives those that did not end as they must.
async fn wrong(cases: Vec<(Way, Aim)>, foreign: Foreign, question: usize) -> Vec<String> {
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
    let foreign = honest().await;
    let counts = (foreign.0.len(), foreign.1.len());
    let units = |way, count: usize| (0..count).map(move |unit| (way, unit));
    let cases: Vec<_> = units(Way::ToCustomer, counts.0)
        .chain(units(Way::ToAttendant, counts.1))
        .flat_map(|(way, unit)| Attack::PLAIN.into_iter().map(move |attack| (way, Aim { unit, attack })))
        .collect();
    assert!(cases.len() >= 100, "{} cases", cases.len());
    let wrong = wrong(cases, foreign, counts.1 - 1).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hello_that_asks_for_less_begins_no_session() {
    let foreign = honest().await;
    let replaced = |way, find, with| (way, Aim { unit: 0, attack: Attack::Replace(find, with) });
    let cases = vec![
        // supported_versions of the client: TLS 1.2 instead of 1.3, and a version that does not exist.
        replaced(Way::ToCustomer, b"\x00\x2b\x00\x03\x02\x03\x04", b"\x00\x2b\x00\x03\x02\x03\x03"),
        replaced(Way::ToCustomer, b"\x00\x2b\x00\x03\x02\x03\x04", b"\x00\x2b\x00\x03\x02\x7f\x7f"),
        // The extension becomes an unknown one: as a client that knows nothing newer than TLS 1.2.
        replaced(Way::ToCustomer, b"\x00\x2b\x00\x03\x02\x03\x04", b"\xfa\x2b\x00\x03\x02\x03\x04"),
        // Another application protocol, and none.
        replaced(Way::ToCustomer, b"amparo-e2e/1", b"amparo-e2e/0"),
        replaced(
            Way::ToCustomer,
            b"\x00\x10\x00\x0f\x00\x0d\x0camparo-e2e/1",
            b"\xfa\x10\x00\x0f\x00\x0d\x0camparo-e2e/1",
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_honest_session_leaves_no_password_text_or_picture_with_the_relay() {
    let mut session = session(None, &Foreign::default()).await;
    assert!(session.attendant.until(|out| matches!(out, attending::Out::FirstPicture)).await);
    let text = "quatorze-girafas-amarelas";
    let typed = protocol::message::input::Input::Text(text.to_owned().try_into().unwrap());
    for _ in 0..20 {
        session.attendant.tell.send(attending::In::Input(typed.clone())).await.unwrap();
    }
    assert!(session.attendant.until(|out| matches!(out, attending::Out::Figures(f) if f.customer.is_some())).await);
    session.customer.tell.send(helped::In::End(CloseReason::EndedByCustomer)).await.unwrap();
    assert_eq!(session.customer.over().await, CloseReason::EndedByCustomer);
    assert_eq!(session.attendant.over().await, CloseReason::EndedByCustomer);
    let carried = session.carried.lock().unwrap();
    assert!(carried.len() > 10_000, "{} bytes were looked at", carried.len());
    let contains = |part: &[u8]| carried.windows(part.len()).any(|window| window == part);
    assert!(!contains(world::password().symbols()) && !contains(world::password().reveal().as_bytes()));
    assert!(!contains(text.as_bytes()) && !contains(b"girafas"));
    // Pictures have long runs of equal bytes, sealed ones have none; a session's id in the heads is random.
    let longest = carried.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or(0);
    assert!(longest < 12, "{longest} equal bytes in a row");
}
