//! What every ticketing system must do behind [`tickets::TicketSystem`]: each sentence takes a system. Run on the built-in desk, the plain system of
//! the tests, and through the wrapper that the fault tests use.

#![allow(clippy::unwrap_used)]

extern crate amparo_tickets as tickets;

mod common;

use common::{ANA, TENANT, World, at};
use protocol::{
    id::{SessionId, TicketNumber},
    message::ticket::TicketStatus,
};
use store::{CustomerDetails, EventKind};
use tickets::{DeskSystem, NewTicket, Owner, ReportError, TicketSystem, event::Action};

fn cida() -> CustomerDetails {
    CustomerDetails {
        name: "Cida Nogueira".into(),
        company: "Padaria Aurora".into(),
        email: "c@p.example".into(),
        ..Default::default()
    }
}

fn action(kind: EventKind, session: SessionId) -> Action {
    Action {
        kind,
        marker: kind.marker(session),
        session,
        at: at(5),
        author: Owner { operator: ANA, name: "Ana Ribeiro".into() },
        text: "Acesso remoto iniciado\nCliente: <Cida & Cia>".into(),
    }
}

async fn opened(system: &dyn TicketSystem, session: SessionId) -> TicketNumber {
    let requester = system.find_or_create_customer(TENANT, &cida()).await.unwrap();
    let owner = Some(Owner { operator: ANA, name: "Ana Ribeiro".into() });
    let new = NewTicket { subject: "Nota fiscal".into(), requester, owner, first: action(EventKind::Start, session) };
    system.open_ticket(TENANT, &new).await.unwrap().ticket
}

async fn a_ticket_that_was_opened_is_looked_up(system: &dyn TicketSystem, session: SessionId) {
    let number = opened(system, session).await;
    let brief = system.look_up(TENANT, &number).await.unwrap().unwrap();
    assert_eq!(brief.number, number);
    assert_eq!((brief.subject.as_str(), brief.customer.as_str()), ("Nota fiscal", "Cida Nogueira, Padaria Aurora"));
    assert_eq!((brief.owner.as_str(), brief.status), ("Ana Ribeiro", TicketStatus::Open));
    assert!(brief.opened_unix_ms > 0);
}

async fn a_ticket_that_is_not_there_is_none_and_takes_no_action(system: &dyn TicketSystem, session: SessionId) {
    for wrong in ["99999", "SUP-12"] {
        let number = TicketNumber::new(wrong).unwrap();
        assert_eq!(system.look_up(TENANT, &number).await.unwrap(), None);
        let appended = system.append_action(TENANT, &number, &action(EventKind::Start, session)).await;
        assert!(matches!(appended, Err(ReportError::Rejected { .. })), "{appended:?}");
    }
}

async fn a_customer_is_the_same_when_asked_again_and_sees_their_open_tickets(
    system: &dyn TicketSystem,
    session: SessionId,
) {
    assert!(system.open_tickets(TENANT, &cida()).await.unwrap().is_empty());
    let first = system.find_or_create_customer(TENANT, &cida()).await.unwrap();
    assert_eq!(system.find_or_create_customer(TENANT, &cida()).await.unwrap(), first);
    let number = opened(system, session).await;
    let open = system.open_tickets(TENANT, &cida()).await.unwrap();
    assert_eq!(open.iter().map(|t| &t.number).collect::<Vec<_>>(), [&number]);
    let stranger = CustomerDetails { email: "x@y.example".into(), ..Default::default() };
    assert!(system.open_tickets(TENANT, &stranger).await.unwrap().is_empty());
}

async fn an_action_is_found_by_its_marker(system: &dyn TicketSystem, session: SessionId) {
    let (start, end) = (EventKind::Start.marker(session), EventKind::End.marker(session));
    assert_eq!(system.find_marker(TENANT, None, &start).await.unwrap(), None);
    let number = opened(system, session).await;
    // The marker of a ticket's first action is the way to find the ticket.
    assert_eq!(system.find_marker(TENANT, None, &start).await.unwrap().unwrap().ticket, number);
    assert_eq!(system.find_marker(TENANT, Some(&number), &end).await.unwrap(), None);
    let appended = system.append_action(TENANT, &number, &action(EventKind::End, session)).await.unwrap();
    assert_eq!(appended.ticket, number);
    assert_eq!(system.find_marker(TENANT, Some(&number), &end).await.unwrap(), Some(appended));
}

macro_rules! conforms {
    ($system:expr; $($sentence:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $sentence() {
            let mut world = $crate::World::new().await;
            let session = world.dialled($crate::common::open_new()).await;
            let system = ($system)(&world);
            $crate::$sentence(&*system, session).await;
        })*
    };
}

macro_rules! whole_suite {
    ($system:expr) => {
        conforms!($system; a_ticket_that_was_opened_is_looked_up, a_ticket_that_is_not_there_is_none_and_takes_no_action,
            a_customer_is_the_same_when_asked_again_and_sees_their_open_tickets, an_action_is_found_by_its_marker);
    };
}

mod a_plain_system {
    use super::*;
    whole_suite!(|_: &World| Box::new(common::plain::Plain::default()));
}

mod the_built_in_desk {
    use super::*;
    whole_suite!(|w: &World| Box::new(DeskSystem::new(w.store.clone())));
}

mod the_desk_behind_faults {
    use super::*;
    whole_suite!(|w: &World| w.system.clone());
}
