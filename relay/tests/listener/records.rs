//! What is written down: exactly one start and one end, whatever breaks.

use std::sync::Arc;

use protocol::{
    id::{SessionId, TicketNumber},
    message::{
        FromRelay, ToRelay,
        grant::{Change, Grants, RightsChange},
        hello::Refusal,
        pairing::{self, CloseReason, Happened},
    },
};
use store::{EventKind, NewSession, OutboxState, Session, SessionRecords, SessionState, SqliteStore};

use crate::world::{World, ended, eventually, now_ms, short, started};

#[tokio::test]
async fn a_session_leaves_a_start_and_an_end_on_one_ticket_that_both_are_told() {
    let world = World::new().await;
    let mut pair = world.pair(true).await;
    let mut tickets: Vec<TicketNumber> = Vec::new();
    for program in [&mut pair.customer, &mut pair.attendant] {
        tickets.push(program.hear_that(|m| if let FromRelay::SessionTicket(t) = m { t.ticket } else { None }).await);
    }
    assert_eq!(tickets[0], tickets[1]);
    pair.customer.report(pair.session, ended(CloseReason::EndedByCustomer)).await;
    let noted = pair.customer.kept(pair.session, pairing::Step::Ended).await.map(|mark| mark.to_string());
    assert_eq!(pair.attendant.closed(pair.session).await, CloseReason::EndedByCustomer);
    // The other half tells it too, later: known already.
    pair.attendant.report(pair.session, ended(CloseReason::ProgramGone)).await;
    assert_eq!(pair.attendant.kept(pair.session, pairing::Step::Ended).await.map(|mark| mark.to_string()), noted);
    let rows = eventually(async || {
        let rows = world.outbox(pair.session).await;
        rows.iter().all(|r| r.state == OutboxState::Done).then_some(rows)
    })
    .await;
    assert_eq!(rows.iter().map(|r| r.kind).collect::<Vec<_>>(), [EventKind::Start, EventKind::End]);
    assert!(rows.iter().all(|r| r.ticket.as_ref() == Some(&tickets[0])));
    let row = world.row(pair.session).await;
    assert_eq!((row.close_reason, row.ticket.as_ref()), (Some(CloseReason::EndedByCustomer), Some(&tickets[0])));
    let round_trip = row.round_trip_ms.expect("both connections were measured");
    assert!((1..5_000).contains(&round_trip), "{round_trip} ms");
    let (_, actions) = world.relay().shared.desk.ticket(world.tenant, &tickets[0]).await.unwrap();
    assert_eq!(actions.len(), 2);
    let path = format!(
        "\nCaminho: pelo servidor, cifrado de ponta a ponta\nReconexões: 0\nTempo de ida e volta: {round_trip} ms\n"
    );
    assert!(actions[1].action.text.contains(&path), "{}", actions[1].action.text);
    assert!(!actions[0].action.text.contains("Caminho"), "{}", actions[0].action.text);
    // Ticket, customer and the log itself agree on where the end stands in it.
    let line = world.relay().shared.store.audit_page(world.tenant, None, 1).await.unwrap().remove(0);
    assert_eq!((line.entry.what.as_str(), Some(line.place.short())), ("session.ended", noted.clone()));
    assert!(
        actions[1].action.text.ends_with(&format!("Registro de auditoria: {}", noted.unwrap())),
        "{}",
        actions[1].action.text
    );
}

#[tokio::test]
async fn an_operator_of_the_console_ends_a_session_of_the_own_company_only() {
    let world = World::new().await;
    let mut pair = world.pair(true).await;
    let shared = &world.relay().shared;
    let by = pair.attendant.logged_in.as_ref().unwrap().operator;
    let other = protocol::id::TenantId::from_bytes([9; 16]);
    assert!(!shared.sessions.end(other, pair.session, by).await.unwrap());
    assert!(shared.sessions.end(world.tenant, pair.session, by).await.unwrap());
    assert_eq!(pair.customer.closed(pair.session).await, CloseReason::EndedByAttendant);
    assert_eq!(pair.attendant.closed(pair.session).await, CloseReason::EndedByAttendant);
    let over = world.over(pair.session).await;
    assert_eq!((over.state, over.round_trip_ms.is_some()), (SessionState::Ended, true));
    assert!(!shared.sessions.end(world.tenant, pair.session, by).await.unwrap());
}

#[tokio::test]
async fn with_a_full_disk_nothing_begins_unrecorded_and_what_has_begun_is_recorded_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(&folder.path().join("test.db")).await.unwrap());
    let world = World::with(|config| config.store = Some(store.clone())).await;
    let mut pair = world.pair(false).await;
    let mut rita = world.customer("Rita").await;
    let mut rui = world.attendant("rui").await;

    fill(&store, &world, &world.row(pair.session).await).await;
    let refused = rui.dial(rita.id(), crate::world::open_new()).await;
    assert!(
        matches!(&refused, FromRelay::DialRefused(r) if r.why == protocol::message::pairing::DialError::CannotRecord),
        "{refused:?}"
    );

    // Allowed on a full disk: not acknowledged, told again, and neither lost nor doubled.
    pair.customer.report(pair.session, started()).await;
    pair.customer.report(pair.session, ended(CloseReason::EndedByCustomer)).await;
    assert_eq!(pair.attendant.closed(pair.session).await, CloseReason::EndedByCustomer);
    assert!(world.outbox(pair.session).await.is_empty());
    store.limit_pages(1_000_000).await.unwrap();
    pair.customer.report(pair.session, started()).await;
    pair.customer.kept(pair.session, pairing::Step::Started).await;
    pair.customer.report(pair.session, ended(CloseReason::EndedByCustomer)).await;
    pair.customer.kept(pair.session, pairing::Step::Ended).await;
    let kinds: Vec<_> = world.outbox(pair.session).await.iter().map(|r| r.kind).collect();
    assert_eq!(kinds, [EventKind::Start, EventKind::End]);
    let (dialled, _) = rui.dial_ok(&mut rita).await;
    assert_eq!(world.row(dialled.session).await.state, SessionState::Dialling);
}

/// Fills the database until it takes neither another start nor another session.
async fn fill(store: &SqliteStore, world: &World, like: &Session) {
    let now = jiff::Timestamp::now();
    let open = async |small: bool| {
        let session = NewSession {
            id: SessionId::from_bytes(rand::random()),
            tenant: world.tenant,
            app: world.app,
            device: like.device,
            fields: if small { Vec::new() } else { like.fields.clone() },
            attendant: like.attendant.unwrap(),
            attendant_name: if small { String::new() } else { like.attendant_name.clone() },
            ticket: like.choice.clone(),
            dialled_at: now,
        };
        store.open_session(&session).await.map(|_| session.id)
    };
    let mut opened = Vec::new();
    for _ in 0..150 {
        opened.push(open(false).await.unwrap());
    }
    store.limit_pages(1).await.unwrap();
    let started = store::Started { granted: Grants::CONTROL, attendant_name: "ana Ribeiro".into(), at: now };
    let mut refused = 0;
    for id in opened {
        let kept = store.start_session(id, &started, now).await;
        refused = if kept.is_err() { refused + 1 } else { 0 };
    }
    assert!(refused >= 8, "the database is not full");
    // Rows smaller than any that the relay writes fill what is left; ids are random: one that meets a full leaf of an index says nothing
    // about the next.
    let mut refused = 0;
    while refused < 100 {
        refused = if open(true).await.is_err() { refused + 1 } else { 0 };
    }
}

/// Where the relay is killed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Dialled,
    OneJoined,
    Paired,
    Started,
    StartAgain,
    EndUnacknowledged,
    Ended,
}

#[tokio::test]
async fn a_relay_killed_at_any_step_leaves_one_start_and_one_end_or_none_of_both() {
    use Step::*;
    for step in [Dialled, OneJoined, Paired, Started, StartAgain, EndUnacknowledged, Ended] {
        let mut world = World::with(|config| config.times = short()).await;
        let mut customer = world.customer("João").await;
        let mut ana = world.attendant("ana").await;
        let (dialled, incoming) = ana.dial_ok(&mut customer).await;
        let session = dialled.session;
        if step != Dialled {
            customer.say(ToRelay::Join(incoming.token)).await;
        }
        if !matches!(step, Dialled | OneJoined) {
            ana.say(ToRelay::Join(dialled.token)).await;
            customer.paired(session).await;
        }
        if matches!(step, Started | StartAgain | EndUnacknowledged | Ended) {
            customer.report_start(session).await;
        }
        if step == EndUnacknowledged {
            customer.report(session, ended(CloseReason::EndedByCustomer)).await;
        }
        if step == Ended {
            customer.report(session, ended(CloseReason::EndedByCustomer)).await;
            customer.kept(session, pairing::Step::Ended).await;
        }
        world.kill().await;
        world.start().await;
        if matches!(step, StartAgain | EndUnacknowledged) {
            // The program is back and tells again what it does not know to be kept.
            let mut again = world.program().await;
            again.register(world.app, "João", customer.previous()).await;
            again.report(session, started()).await;
            again.kept(session, pairing::Step::Started).await;
            again.report(session, ended(CloseReason::EndedByCustomer)).await;
            again.kept(session, pairing::Step::Ended).await;
        }
        let row = world.over(session).await;
        let begun = !matches!(step, Dialled | OneJoined | Paired);
        assert_eq!(row.state, if begun { SessionState::Ended } else { SessionState::NotStarted }, "{step:?}");
        let rows = eventually(async || {
            let rows = world.outbox(session).await;
            rows.iter().all(|r| r.state == OutboxState::Done).then_some(rows)
        })
        .await;
        let kinds: Vec<_> = rows.iter().map(|r| r.kind).collect();
        let expected: &[EventKind] = if begun { &[EventKind::Start, EventKind::End] } else { &[] };
        assert_eq!(kinds, expected, "{step:?}");
        let tickets: std::collections::BTreeSet<_> = rows.iter().map(|r| r.ticket.clone()).collect();
        assert!(tickets.len() <= 1 && !tickets.contains(&None), "{step:?}: {tickets:?}");
        if let Some(Some(ticket)) = tickets.first() {
            let (_, actions) = world.relay().shared.desk.ticket(world.tenant, ticket).await.unwrap();
            assert_eq!(actions.len(), 2, "{step:?}");
        }
    }
}

#[tokio::test]
async fn a_customers_alarm_after_the_end_is_kept_and_an_attendant_cannot_raise_one() {
    let world = World::new().await;
    let mut pair = world.pair(true).await;
    pair.customer.report_start(pair.session).await;
    pair.customer.report(pair.session, ended(CloseReason::EndedByCustomer)).await;
    pair.customer.kept(pair.session, pairing::Step::Ended).await;
    let alarm = || Happened::Alarm { at_unix_ms: now_ms() };
    for _ in 0..2 {
        pair.customer.report(pair.session, alarm()).await;
        pair.customer.kept(pair.session, pairing::Step::Alarm).await;
    }
    let row = world.row(pair.session).await;
    assert!(row.alarm_at.is_some_and(|at| at >= row.ended_at.unwrap()));
    assert_eq!(
        world.relay().shared.store.audit_alarms(row.tenant, row.dialled_at).await.unwrap(),
        1,
        "told twice, written once"
    );

    // A session of somebody else's, and the attendant of this one.
    let mut stranger = world.customer("Rita").await;
    stranger.report(pair.session, alarm()).await;
    assert_eq!(stranger.closed(pair.session).await, CloseReason::Violation);
    pair.attendant.report(pair.session, alarm()).await;
    pair.attendant.hear_that(|m| (m == FromRelay::Refused(Refusal::Violation)).then_some(())).await;
}

#[tokio::test]
async fn what_a_customer_takes_back_is_on_the_ticket_and_nobody_else_tells_of_it() {
    let world = World::new().await;
    let mut pair = world.pair(true).await;
    let change = |granted| Change { granted, at_unix_ms: now_ms() };
    let first = change(Grants::VIEW);
    pair.customer.report_start(pair.session).await;
    let ticket =
        pair.customer.hear_that(|m| if let FromRelay::SessionTicket(told) = m { told.ticket } else { None }).await;
    for changes in [vec![first], vec![first], vec![first, change(Grants::CONTROL)], vec![first]] {
        pair.customer.report(pair.session, Happened::Changed(changes)).await;
        pair.customer.kept(pair.session, pairing::Step::Changed).await;
    }
    pair.customer.report(pair.session, ended(CloseReason::EndedByCustomer)).await;
    pair.customer.kept(pair.session, pairing::Step::Ended).await;
    let row = world.row(pair.session).await;
    let granted: Vec<Grants> = row.changes.iter().map(|change| change.granted).collect();
    assert_eq!((row.granted, granted), (Grants::CONTROL, vec![Grants::VIEW, Grants::CONTROL]));
    let store = &world.relay().shared.store;
    let lines = store.audit_about(row.tenant, row.protocol.as_str(), 99).await.unwrap();
    let changed = lines.iter().filter(|link| link.line.entry.what == store::SESSION_CHANGED).count();
    assert_eq!(changed, 2, "told four times, written once each");
    eventually(async || {
        let rows = world.outbox(pair.session).await;
        (rows.len() == 2 && rows.iter().all(|row| row.state == OutboxState::Done)).then_some(())
    })
    .await;
    let (_, actions) = world.relay().shared.desk.ticket(world.tenant, &ticket).await.unwrap();
    let end = &actions.last().unwrap().action.text;
    assert!(
        end.contains("Permitido: tela, mouse e teclado; desde ") && end.contains(" somente ver a tela; desde "),
        "{end}"
    );

    // A stranger, and the attendant of another session.
    let mut stranger = world.customer("Rita").await;
    stranger.report(pair.session, Happened::Changed(vec![first])).await;
    assert_eq!(stranger.closed(pair.session).await, CloseReason::Violation);
    pair.attendant.report(pair.session, Happened::Changed(vec![first])).await;
    pair.attendant.hear_that(|m| (m == FromRelay::Refused(Refusal::Violation)).then_some(())).await;
}

#[tokio::test]
async fn from_when_to_when_it_had_administrators_rights_is_on_the_ticket_and_nobody_else_tells_of_it() {
    let world = World::new().await;
    let mut pair = world.pair(true).await;
    let change = |administrator| RightsChange { administrator, at_unix_ms: now_ms() };
    pair.customer.report_start(pair.session).await;
    let ticket =
        pair.customer.hear_that(|m| if let FromRelay::SessionTicket(told) = m { told.ticket } else { None }).await;
    let first = change(true);
    for rights in [vec![first], vec![first], vec![first, change(false)], vec![first]] {
        pair.customer.report(pair.session, Happened::Rights(rights)).await;
        pair.customer.kept(pair.session, pairing::Step::Rights).await;
    }
    pair.customer.report(pair.session, ended(CloseReason::EndedByCustomer)).await;
    pair.customer.kept(pair.session, pairing::Step::Ended).await;
    let row = world.row(pair.session).await;
    assert_eq!(row.rights.iter().map(|change| change.administrator).collect::<Vec<_>>(), [true, false]);
    let store = &world.relay().shared.store;
    let lines = store.audit_about(row.tenant, row.protocol.as_str(), 99).await.unwrap();
    let told = lines.iter().filter(|link| link.line.entry.what == store::SESSION_RIGHTS).count();
    assert_eq!(told, 2, "told four times, written once each");
    eventually(async || {
        let rows = world.outbox(pair.session).await;
        (rows.len() == 2 && rows.iter().all(|row| row.state == OutboxState::Done)).then_some(())
    })
    .await;
    let (_, actions) = world.relay().shared.desk.ticket(world.tenant, &ticket).await.unwrap();
    let [start, end] = [&actions[0].action.text, &actions[1].action.text];
    assert!(end.contains("\nDireitos de administrador: das ") && !end.contains('…'), "{end}");
    assert!(!start.contains("administrador"), "{start}");

    // A stranger, and the attendant of this session.
    let mut stranger = world.customer("Rita").await;
    stranger.report(pair.session, Happened::Rights(vec![first])).await;
    assert_eq!(stranger.closed(pair.session).await, CloseReason::Violation);
    pair.attendant.report(pair.session, Happened::Rights(vec![first])).await;
    pair.attendant.hear_that(|m| (m == FromRelay::Refused(Refusal::Violation)).then_some(())).await;
}
