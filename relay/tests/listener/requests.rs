//! Customers whom nobody attends: what they are told, and that the request they leave is a ticket.

use protocol::message::{
    FromRelay, ToRelay, WrittenText,
    hello::Refusal,
    request::{Attended, LeaveRequest, LeftRequest, RequestError, RequestLeft},
};
use store::{EventKind, MissedWhy, OutboxState, SessionState};

use crate::world::{Program, World, eventually};

/// The app has hours, and none of them.
async fn close(world: &World, closed: bool) {
    let shared = &world.relay().shared;
    let mut app = shared.store.app(world.app).await.unwrap();
    app.availability.by_hours = closed;
    app.availability.hours = Default::default();
    shared.store.update_app(&app).await.unwrap();
    shared.apps.changed(world.tenant);
}

async fn attended(program: &mut Program) -> Attended {
    program.hear_that(|m| if let FromRelay::Attended(attended) = m { Some(attended) } else { None }).await
}

async fn leave(program: &mut Program, text: &str) -> Result<LeftRequest, RequestError> {
    program.say(ToRelay::LeaveRequest(LeaveRequest { text: WrittenText::lossy(text) })).await;
    let left: RequestLeft =
        program.hear_that(|m| if let FromRelay::RequestLeft(left) = m { Some(left) } else { None }).await;
    left.outcome
}

#[tokio::test]
async fn a_customer_is_told_that_nobody_attends_at_once_and_when_that_changes() {
    let world = World::new().await;
    close(&world, true).await;
    let mut customer = world.customer("João Prado").await;
    assert!(matches!(attended(&mut customer).await, Attended::Closed { opens_unix_ms: None, .. }));
    // The minute in which it was registered may have told it twice.
    close(&world, false).await;
    customer.hear_that(|m| (m == FromRelay::Attended(Attended::Open)).then_some(())).await;
}

#[tokio::test]
async fn a_request_that_is_left_is_a_ticket_marked_as_missed_with_what_the_customer_said() {
    let world = World::new().await;
    close(&world, true).await;
    let mut customer = world.customer("João Prado").await;
    let left = leave(&mut customer, "Liguem amanhã.").await.unwrap();
    let ticket = customer
        .hear_that(|m| match m {
            FromRelay::SessionTicket(told) if told.session == left.session => told.ticket,
            _ => None,
        })
        .await;
    let row = world.row(left.session).await;
    assert_eq!((row.state, row.missed), (SessionState::Missed, Some(MissedWhy::OutOfHours)));
    assert_eq!((row.protocol.clone(), row.ticket.as_ref()), (left.protocol, Some(&ticket)));
    let rows = eventually(async || {
        let rows = world.outbox(left.session).await;
        rows.iter().all(|r| r.state == OutboxState::Done).then_some(rows)
    })
    .await;
    assert_eq!(rows.iter().map(|r| r.kind).collect::<Vec<_>>(), [EventKind::Missed]);
    let (found, actions) = world.relay().shared.desk.ticket(world.tenant, &ticket).await.unwrap();
    assert!(found.subject.starts_with("Não atendida: "), "{}", found.subject);
    assert_eq!((found.requester.details.name.as_str(), found.owner), ("João Prado", None));
    let text = &actions[0].action.text;
    assert!(text.contains("Motivo: fora do horário\nMensagem: Liguem amanhã."), "{text}");
}

#[tokio::test]
async fn requests_from_one_address_are_few_and_come_from_registered_customers_only() {
    let world = World::with(|config| config.limits.requests_per_minute = 2).await;
    let mut customer = world.customer("João Prado").await;
    for text in ["um", "dois"] {
        leave(&mut customer, text).await.unwrap();
    }
    assert!(matches!(leave(&mut customer, "três").await, Err(RequestError::TooMany { retry_after_s: 1.. })));
    let mut other = world.program().await;
    other.say(ToRelay::LeaveRequest(LeaveRequest { text: WrittenText::default() })).await;
    other.hear_that(|m| (m == FromRelay::Refused(Refusal::Violation)).then_some(())).await;
    // An attendant's own program is registered without being in the list.
    let mut unlisted = world.program().await;
    unlisted.register_as(world.app, "Ana", None, false).await;
    assert_eq!(leave(&mut unlisted, "quatro").await, Err(RequestError::CannotRecord));
}
