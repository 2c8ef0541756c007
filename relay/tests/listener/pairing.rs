//! Dialling, tokens, coming back.

use std::{sync::Arc, time::Duration};

use protocol::{
    id::{DeviceId, TicketNumber},
    limits,
    message::{
        FromRelay, ToRelay,
        directory::{CertificateRequest, Opaque},
        grant::Grants,
        hello::Refusal,
        pairing::{CloseReason, DialError, Rejoin, RejoinReady},
        ticket::{FindTicket, ListTickets, TicketChoice, TicketError},
    },
};
use store::{SessionState, SqliteStore, Store};
use tickets::{Desks, adapter::faulty::FaultySystems};

use crate::world::{Pair, Program, World, ended, eventually, open_new, short};

fn refused(answer: FromRelay) -> DialError {
    match answer {
        FromRelay::DialRefused(refused) => refused.why,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn two_programs_are_paired_and_the_session_is_written_down_before_anybody_is_told() {
    let world = World::new().await;
    let mut customer = world.customer("João Prado").await;
    let mut ana = world.attendant("ana").await;
    let (dialled, incoming) = ana.dial_ok(&mut customer).await;
    let row = world.row(dialled.session).await;
    assert_eq!(
        (row.state, row.device, row.customer_name.as_str()),
        (SessionState::Dialling, customer.id(), "João Prado")
    );
    assert_eq!((&row.protocol, &incoming.protocol), (&dialled.protocol, &dialled.protocol));
    assert!(world.relay().shared.directory.waiting(world.tenant).is_empty(), "who is being dialled waits no more");

    ana.say(ToRelay::Join(dialled.token)).await;
    customer.say(ToRelay::Join(incoming.token)).await;
    customer.paired(dialled.session).await;
    ana.paired(dialled.session).await;
    let list = world.relay().shared.sessions.list(world.tenant);
    assert_eq!((list.len(), list[0].customer.as_str(), list[0].attendant.as_str()), (1, "João Prado", "ana Ribeiro"));
}

#[tokio::test]
async fn unknown_offline_another_companys_and_oneself_get_the_same_answer() {
    let world = World::new().await;
    let shared = &world.relay().shared;
    let offline = world.customer("gone").await;
    offline.connection.close(0_u32.into(), b"");
    let mut ana = world.attendant("ana").await;
    ana.register_as(world.app, "ana", None, false).await;
    let me =
        shared.directory.present(world.tenant, ana.register_as(world.app, "ana", None, false).await.id).unwrap().id;
    eventually(async || shared.directory.present(world.tenant, offline.id()).is_none().then_some(())).await;
    for partner in [DeviceId::new(100_000_001).unwrap(), offline.id(), me] {
        assert_eq!(refused(ana.dial(partner, open_new()).await), DialError::Unreachable);
    }
}

#[tokio::test]
async fn only_attendants_dial_and_not_without_end() {
    let world = World::with(|config| config.limits.dials_per_minute = 2).await;
    let customer = world.customer("João").await;
    let mut other = world.customer("Rita").await;
    assert_eq!(refused(other.dial(customer.id(), open_new()).await), DialError::NotAllowed);
    let mut ana = world.attendant("ana").await;
    let nobody = DeviceId::new(100_000_001).unwrap();
    for _ in 0..2 {
        assert_eq!(refused(ana.dial(nobody, open_new()).await), DialError::Unreachable);
    }
    assert!(matches!(refused(ana.dial(customer.id(), open_new()).await), DialError::TooMany { retry_after_s: 1..=60 }));
}

#[tokio::test]
async fn of_two_attendants_for_one_customer_one_is_told_that_the_customer_is_busy() {
    let world = World::new().await;
    let mut customer = world.customer("João").await;
    let mut ana = world.attendant("ana").await;
    let mut rui = world.attendant("rui").await;
    let (dialled, _) = ana.dial_ok(&mut customer).await;
    assert_eq!(refused(rui.dial(customer.id(), open_new()).await), DialError::Busy);
    // The first gives up; then the second gets through.
    ana.report(dialled.session, ended(CloseReason::Cancelled)).await;
    assert_eq!(customer.closed(dialled.session).await, CloseReason::Cancelled);
    rui.dial_ok(&mut customer).await;
    assert_eq!(world.row(dialled.session).await.state, SessionState::NotStarted);
}

#[tokio::test]
async fn a_token_is_good_once_for_its_program_and_in_time() {
    // Somebody else's.
    let world = World::new().await;
    let mut customer = world.customer("João").await;
    let mut eve = world.customer("Eve").await;
    let mut ana = world.attendant("ana").await;
    let (dialled, incoming) = ana.dial_ok(&mut customer).await;
    for (program, token) in [
        (&mut eve, incoming.token.clone()),
        (&mut world.attendant("rui").await, dialled.token.clone()),
        (&mut world.program().await, Opaque::try_from(vec![0; 60]).unwrap()),
        (&mut world.program().await, Opaque::try_from(Vec::new()).unwrap()),
    ] {
        program.say(ToRelay::Join(token)).await;
        program.hear_that(|m| (m == FromRelay::Refused(Refusal::Violation)).then_some(())).await;
        assert_eq!(program.close_code().await, Some(2));
    }
    // Used twice.
    customer.say(ToRelay::Join(incoming.token.clone())).await;
    ana.say(ToRelay::Join(dialled.token)).await;
    customer.paired(dialled.session).await;
    customer.say(ToRelay::Join(incoming.token)).await;
    customer.hear_that(|m| (m == FromRelay::Refused(Refusal::Violation)).then_some(())).await;

    // Too late.
    let world = World::with(|config| config.times.token = Duration::ZERO).await;
    let mut customer = world.customer("João").await;
    let mut ana = world.attendant("ana").await;
    let (dialled, incoming) = ana.dial_ok(&mut customer).await;
    customer.say(ToRelay::Join(incoming.token)).await;
    assert_eq!(customer.closed(dialled.session).await, CloseReason::ConnectionLost);
}

#[tokio::test]
async fn a_pairing_that_does_not_come_about_is_given_up() {
    let world = World::with(|config| config.times = short()).await;
    let mut customer = world.customer("João").await;
    let mut ana = world.attendant("ana").await;
    let (dialled, _) = ana.dial_ok(&mut customer).await;
    assert_eq!(customer.closed(dialled.session).await, CloseReason::ConnectionLost);
    assert_eq!(ana.closed(dialled.session).await, CloseReason::ConnectionLost);
    assert_eq!(world.over(dialled.session).await.state, SessionState::NotStarted);
    assert!(world.outbox(dialled.session).await.is_empty());
    assert_eq!(world.relay().shared.directory.waiting(world.tenant).len(), 1, "and the customer waits again");
}

/// The customer is back on a new connection, and both are paired again.
async fn customer_comes_back(world: &World, pair: &mut Pair) {
    let mut again = world.program().await;
    assert_eq!(again.register(world.app, "João Prado", pair.customer.previous()).await.id, pair.customer.id());
    let ready = rejoin(&mut again, pair, pair.customer_resume.clone()).await;
    again.say(ToRelay::Join(ready.token)).await;
    again.paired(pair.session).await;
    pair.customer_resume = ready.resume;
    pair.customer = again;
}

async fn rejoin(program: &mut Program, pair: &Pair, resume: Opaque) -> RejoinReady {
    program.say(ToRelay::Rejoin(Rejoin { session: pair.session, resume })).await;
    program.hear_that(|m| if let FromRelay::RejoinReady(ready) = m { Some(ready) } else { None }).await
}

#[tokio::test]
async fn a_half_that_was_cut_comes_back_and_the_other_one_is_told_of_both() {
    let world = World::new().await;
    let mut pair = world.pair(true).await;
    for _ in 0..2 {
        pair.customer.connection.close(0_u32.into(), b"cut");
        pair.attendant.hear_that(|m| (m == FromRelay::PeerAway(pair.session)).then_some(())).await;
        customer_comes_back(&world, &mut pair).await;
        pair.attendant.paired(pair.session).await;
    }
    let row = world.row(pair.session).await;
    assert_eq!(row.state, SessionState::Started);
    assert_eq!(noted(&world, &row, 4).await, ["away customer", "back", "away customer", "back"]);
}

/// What the audit log says of lost and regained connections of a session, once it says so much.
async fn noted(world: &World, row: &store::Session, lines: usize) -> Vec<String> {
    let store = &world.relay().shared.store;
    eventually(async || {
        let about = store.audit_about(row.tenant, row.protocol.as_str(), 50).await.unwrap();
        let noted: Vec<String> = about
            .into_iter()
            .filter_map(|link| {
                assert!(link.fits);
                let entry = link.line.entry;
                let role = entry.detail.split(' ').find_map(|part| part.strip_prefix("role="));
                match entry.what.as_str() {
                    store::SESSION_AWAY => Some(format!("away {}", role.unwrap())),
                    store::SESSION_BACK => Some("back".to_owned()),
                    _ => None,
                }
            })
            .collect();
        (noted.len() >= lines).then_some(noted)
    })
    .await
}

#[tokio::test]
async fn a_half_is_back_before_its_old_connection_has_timed_out() {
    let world = World::new().await;
    let mut pair = world.pair(true).await;
    customer_comes_back(&world, &mut pair).await;
    pair.attendant.hear_that(|m| (m == FromRelay::PeerAway(pair.session)).then_some(())).await;
    pair.attendant.paired(pair.session).await;
    let row = world.row(pair.session).await;
    assert_eq!(noted(&world, &row, 2).await, ["away customer", "back"]);
}

#[tokio::test]
async fn who_does_not_come_back_in_time_has_ended_the_session() {
    let world = World::with(|config| config.times = short()).await;
    let mut pair = world.pair(true).await;
    pair.customer.connection.close(0_u32.into(), b"cut");
    assert_eq!(pair.attendant.closed(pair.session).await, CloseReason::ConnectionLost);
    let row = world.over(pair.session).await;
    assert_eq!((row.state, row.close_reason), (SessionState::Ended, Some(CloseReason::ConnectionLost)));
    assert!(row.round_trip_ms.is_some(), "measured when both were still here");
    // Too late.
    let mut again = world.program().await;
    again.register(world.app, "João Prado", pair.customer.previous()).await;
    again.say(ToRelay::Rejoin(Rejoin { session: pair.session, resume: pair.customer_resume.clone() })).await;
    assert_eq!(again.closed(pair.session).await, CloseReason::ConnectionLost);
}

#[tokio::test]
async fn a_program_that_says_goodbye_ends_its_session_at_once() {
    let world = World::new().await;
    let mut pair = world.pair(true).await;
    pair.attendant.connection.close(1_u32.into(), b"");
    assert_eq!(pair.customer.closed(pair.session).await, CloseReason::ProgramGone);
    assert_eq!(world.over(pair.session).await.close_reason, Some(CloseReason::ProgramGone));
}

#[tokio::test]
async fn a_resume_token_is_worth_nothing_to_others_nor_for_another_session() {
    let world = World::new().await;
    let pair = world.pair(true).await;
    let mut eve = world.customer("Eve").await;
    eve.say(ToRelay::Rejoin(Rejoin { session: pair.session, resume: pair.customer_resume.clone() })).await;
    eve.hear_that(|m| (m == FromRelay::Refused(Refusal::Violation)).then_some(())).await;
    let mut rui = world.attendant("rui").await;
    rui.say(ToRelay::Rejoin(Rejoin { session: pair.session, resume: pair.attendant_resume.clone() })).await;
    rui.hear_that(|m| (m == FromRelay::Refused(Refusal::Violation)).then_some(())).await;
    assert!(pair.customer.connection.close_reason().is_none() && pair.attendant.connection.close_reason().is_none());
}

#[tokio::test]
async fn a_ticket_that_does_not_exist_stops_the_dialling_and_a_ticketing_system_that_is_down_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&folder.path().join("test.db")).await.unwrap());
    let faulty = Arc::new(FaultySystems::new(Arc::new(Desks(store.clone()))));
    let world = World::with(|config| {
        config.store = Some(store.clone());
        config.tickets = Some(faulty.clone());
    })
    .await;
    let mut customer = world.customer("João").await;
    let mut ana = world.attendant("ana").await;
    let number = TicketNumber::new("4711").unwrap();
    assert_eq!(refused(ana.dial(customer.id(), TicketChoice::Number(number.clone())).await), DialError::NoSuchTicket);
    ana.say(ToRelay::FindTicket(FindTicket {
        request: 5,
        partner: DeviceId::new(123_456_789).unwrap(),
        number: number.clone(),
    }))
    .await;
    let found = ana.hear_that(|m| if let FromRelay::TicketFound(f) = m { Some(f) } else { None }).await;
    assert_eq!((found.request, found.ticket), (5, Err(TicketError::NotFound)));

    faulty.set_down(true);
    ana.say(ToRelay::ListTickets(ListTickets { request: 6, partner: customer.id() })).await;
    let list = ana.hear_that(|m| if let FromRelay::TicketList(l) = m { Some(l) } else { None }).await;
    assert_eq!((list.request, list.tickets), (6, Err(TicketError::Down)));
    assert!(matches!(ana.dial(customer.id(), TicketChoice::Number(number)).await, FromRelay::Dialled(_)));
    let incoming = customer.hear_that(|m| if let FromRelay::Incoming(i) = m { Some(i) } else { None }).await;
    assert_eq!(incoming.ticket, None);
}

#[tokio::test]
async fn a_wish_to_control_without_seeing_is_a_violation() {
    let world = World::new().await;
    let customer = world.customer("João").await;
    let mut ana = world.attendant("ana").await;
    let want = Grants { view: false, control: true };
    let dial = protocol::message::pairing::Dial { request: 1, partner: customer.id(), ticket: open_new(), want };
    ana.say(ToRelay::Dial(dial)).await;
    ana.hear_that(|m| (m == FromRelay::Refused(Refusal::Violation)).then_some(())).await;
}

#[tokio::test]
async fn an_attendant_who_is_logged_in_is_given_a_certificate() {
    let world = World::new().await;
    let key = rcgen::KeyPair::generate().unwrap();
    let request = rcgen::CertificateParams::default().serialize_request(&key).unwrap();
    let request = CertificateRequest::try_from(request.der().to_vec()).unwrap();
    let mut stranger = world.customer("Eve").await;
    stranger.say(ToRelay::Enrol(request.clone())).await;
    stranger.hear_that(|m| matches!(m, FromRelay::EnrolFailed(_)).then_some(())).await;

    let mut ana = world.attendant("ana").await;
    ana.say(ToRelay::Enrol(request)).await;
    let chain = ana.hear_that(|m| if let FromRelay::Enrolled(chain) = m { Some(chain) } else { None }).await;
    let leaf = &chain.ders()[0];
    assert!(leaf.len() <= limits::CERTIFICATE_BYTES);
    let name = b"ana Ribeiro";
    assert!(leaf.windows(name.len()).any(|w| w == name));
}
