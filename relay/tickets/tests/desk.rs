//! The desk as the console uses it.

#![allow(clippy::unwrap_used)]

extern crate amparo_tickets as tickets;

mod common;

use common::{ANA, TENANT, World, at};
use protocol::{
    id::{OperatorId, TenantId, TicketNumber},
    message::ticket::TicketStatus,
};
use store::{ActionKind, CustomerDetails, Language, StoreError, TicketFilter};
use tickets::desk::{Author, Desk, DeskError, TEXT_BYTES};

fn ana(language: Language) -> Author {
    Author { operator: ANA, name: "Ana Ribeiro".into(), language }
}

fn cida() -> CustomerDetails {
    CustomerDetails {
        name: "  Cida\u{202e} Nogueira ".into(),
        email: "c@p.example".into(),
        ..CustomerDetails::default()
    }
}

#[tokio::test]
async fn a_ticket_lives_from_its_opening_to_its_resolution() {
    let w = World::new().await;
    let desk = Desk::new(w.store.clone());
    let me = ana(Language::PtBr);
    let customer = desk.find_or_create_customer(TENANT, &cida(), at(0)).await.unwrap();
    assert_eq!(customer.details.name, "Cida Nogueira");
    let ticket =
        desk.open_ticket(TENANT, &me, customer.id, " Nota\nfiscal ", "Não sai\r\nno caixa 2", at(1)).await.unwrap();
    assert_eq!((ticket.subject.as_str(), ticket.owner_name.as_str()), ("Nota fiscal", "Ana Ribeiro"));
    desk.add_action(TENANT, &me, &ticket.number, "Já vejo", true, at(2)).await.unwrap();
    desk.set_status(TENANT, &me, &ticket.number, TicketStatus::Resolved, at(3)).await.unwrap();
    desk.set_status(TENANT, &me, &ticket.number, TicketStatus::Resolved, at(4)).await.unwrap();
    desk.set_owner(TENANT, &ana(Language::Es), &ticket.number, None, at(5)).await.unwrap();
    desk.set_owner(TENANT, &ana(Language::En), &ticket.number, Some(ANA), at(6)).await.unwrap();
    let (ticket, actions) = desk.ticket(TENANT, &ticket.number).await.unwrap();
    let read: Vec<_> = actions.iter().map(|a| (a.action.kind, a.action.public, a.action.text.as_str())).collect();
    assert_eq!(
        read,
        [
            (ActionKind::Note, false, "Não sai\nno caixa 2"),
            (ActionKind::Note, true, "Já vejo"),
            (ActionKind::Change, false, "Situação alterada de aberto para resolvido"),
            (ActionKind::Change, false, "Sin responsable"),
            (ActionKind::Change, false, "Owner: Ana Ribeiro"),
        ]
    );
    assert_eq!((ticket.status, ticket.owner, ticket.updated_at), (TicketStatus::Resolved, Some(ANA), at(6)));
    assert_eq!(desk.tickets(TENANT, &TicketFilter::default()).await.unwrap(), [ticket]);
    assert_eq!(desk.customers(TENANT, "nogueira", 10).await.unwrap(), [customer]);
}

#[tokio::test]
async fn what_says_nothing_or_too_much_is_refused() {
    let w = World::new().await;
    let desk = Desk::new(w.store.clone());
    let me = ana(Language::PtBr);
    let nobody = CustomerDetails { name: " \n ".into(), ..CustomerDetails::default() };
    assert!(matches!(desk.find_or_create_customer(TENANT, &nobody, at(0)).await, Err(DeskError::Empty { .. })));
    let customer = desk.find_or_create_customer(TENANT, &cida(), at(0)).await.unwrap().id;
    assert!(matches!(desk.open_ticket(TENANT, &me, customer, " ", "", at(0)).await, Err(DeskError::Empty { .. })));
    let ticket = desk.open_ticket(TENANT, &me, customer, &"x".repeat(300), "", at(0)).await.unwrap();
    assert_eq!(ticket.subject.chars().count(), 200);
    assert!(matches!(
        desk.add_action(TENANT, &me, &ticket.number, " \r\n", false, at(0)).await,
        Err(DeskError::Empty { .. })
    ));
    let long = "x".repeat(TEXT_BYTES + 1);
    assert!(matches!(desk.add_action(TENANT, &me, &ticket.number, &long, false, at(0)).await, Err(DeskError::TooLong)));
    let (_, actions) = desk.ticket(TENANT, &ticket.number).await.unwrap();
    assert!(actions.is_empty());
}

#[tokio::test]
async fn nothing_of_another_tenant_is_reached() {
    let w = World::new().await;
    let desk = Desk::new(w.store.clone());
    let me = ana(Language::PtBr);
    let customer = desk.find_or_create_customer(TENANT, &cida(), at(0)).await.unwrap().id;
    let number = desk.open_ticket(TENANT, &me, customer, "Nota", "", at(0)).await.unwrap().number;
    let other = TenantId::from_bytes([9; 16]);
    let missing = |e: DeskError| matches!(e, DeskError::Store(StoreError::NotFound { .. }));
    assert!(missing(desk.ticket(other, &number).await.unwrap_err()));
    assert!(missing(desk.customer(other, customer).await.unwrap_err()));
    assert!(missing(desk.add_action(other, &me, &number, "x", false, at(0)).await.unwrap_err()));
    assert!(missing(desk.set_status(other, &me, &number, TicketStatus::Closed, at(0)).await.unwrap_err()));
    assert!(missing(
        desk.set_owner(TENANT, &me, &number, Some(OperatorId::from_bytes([8; 16])), at(0)).await.unwrap_err()
    ));
    assert!(missing(desk.ticket(TENANT, &TicketNumber::new("x").unwrap()).await.unwrap_err()));
    assert!(desk.tickets(other, &TicketFilter::default()).await.unwrap().is_empty());
}
