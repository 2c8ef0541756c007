//! A missed request of a customer who came by a ticket's link: on that ticket while it is open, else on one that says so; in every system, whatever
//! becomes of the calls.

#![allow(clippy::unwrap_used)]

extern crate amparo_tickets as tickets;

mod common;
mod fakes;
#[path = "common/far.rs"]
mod far;

use std::{sync::Arc, time::Duration};

use common::{TENANT, World, at};
use fakes::Fate;
use far::Far;
use protocol::{id::TicketNumber, message::ticket::TicketStatus};
use store::{EventKind, Language, Store, TicketFilter, TicketOf};
use tickets::desk::{Author, Desk};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Meanwhile {
    Nothing,
    Closed,
    Removed,
}

/// The texts of a ticket there.
fn words(f: &Far, number: &str) -> String {
    f.server.tickets().into_iter().filter(|ticket| ticket.number == number).flat_map(|ticket| ticket.texts).collect()
}

#[tokio::test]
async fn in_every_system_it_is_on_the_ticket_while_that_is_open() {
    for kind in tickets::kind::KINDS {
        let mut f = Far::new(kind.name).await;
        let reads = f.systems.0.system.capabilities().reads;
        for meanwhile in [Meanwhile::Nothing, Meanwhile::Closed, Meanwhile::Removed] {
            if !reads && meanwhile != Meanwhile::Nothing {
                continue;
            }
            let what = format!("{}: {meanwhile:?}", kind.name);
            let ticket = f.ticket();
            match meanwhile {
                Meanwhile::Nothing => {}
                Meanwhile::Closed => f.server.close(ticket.as_str()),
                Meanwhile::Removed => _ = f.server.remove(ticket.as_str()),
            }
            let missed = f.world.missed_on(Some(TicketOf::desk(ticket.clone()))).await;
            assert_eq!(f.work_off().await, 0, "{what}: nobody has to see to it");
            let told = f.told(missed);
            let on = f.world.store.session(missed).await.unwrap().ticket.unwrap();
            assert_eq!(told, [(on.to_string(), EventKind::Missed)], "{what}");
            assert_eq!(on == ticket, meanwhile == Meanwhile::Nothing, "{what}: on {on}");
            let said = words(&f, on.as_str());
            assert!(said.contains("Liguem amanh"), "{what}: {said}");
            let why = match meanwhile {
                Meanwhile::Nothing => continue,
                Meanwhile::Closed => "fechado",
                Meanwhile::Removed => "existe",
            };
            assert!(said.contains(ticket.as_str()) && said.contains(why), "{what}: {said}");
            assert!(meanwhile != Meanwhile::Closed || f.server.is_closed(ticket.as_str()), "{what}: opened again");
            f.restart().await;
        }
    }
}

#[tokio::test]
async fn whatever_becomes_of_its_calls_it_is_told_once() {
    for kind in tickets::kind::KINDS {
        let mut f = Far::new(kind.name).await;
        for fate in [Fate::OkButReset, Fate::Reset, Fate::Status(503), Fate::Garbage] {
            for nth in 0..4 {
                let ticket = f.ticket();
                f.restart().await;
                f.server.fates(std::iter::repeat_n(Fate::Ok, nth).chain([fate]));
                let missed = f.world.missed_on(Some(TicketOf::desk(ticket.clone()))).await;
                f.work_off().await;
                f.server.fates([]);
                let expected = [(ticket.to_string(), EventKind::Missed)];
                assert_eq!(f.told(missed), expected, "{}, call {nth}, {fate:?}", kind.name);
            }
        }
    }
}

#[tokio::test]
async fn on_the_built_in_desk_a_ticket_that_was_closed_is_left_alone_and_followed_by_another() {
    let mut w = World::new().await;
    let desk = Desk::new(w.store.clone());
    let ana = Author { operator: common::ANA, name: "Ana".into(), language: Language::PtBr };
    let store: Arc<dyn Store> = w.store.clone();
    let on = async |store: &Arc<dyn Store>, session| store.session(session).await.unwrap().ticket.unwrap();
    let ticket = w.ticket().await;
    let open = w.missed_on(Some(TicketOf::desk(ticket.clone()))).await;
    w.work_off().await;
    assert_eq!(on(&store, open).await, ticket);
    let before = store.desk_actions(TENANT, &ticket).await.unwrap();
    assert!(before[0].action.text.starts_with("Solicitação não atendida"), "{before:?}");
    assert_eq!(store.desk_tickets(TENANT, &TicketFilter::default()).await.unwrap().len(), 1, "no other was opened");

    for status in [TicketStatus::Resolved, TicketStatus::Closed] {
        desk.set_status(TENANT, &ana, &ticket, status, at(200)).await.unwrap();
        let actions = store.desk_actions(TENANT, &ticket).await.unwrap().len();
        let late = w.missed_on(Some(TicketOf::desk(ticket.clone()))).await;
        w.work_off().await;
        let other = on(&store, late).await;
        assert_ne!(other, ticket);
        assert_eq!(store.desk_actions(TENANT, &ticket).await.unwrap().len(), actions, "{status:?}: left alone");
        let said = store.desk_actions(TENANT, &other).await.unwrap().remove(0).action.text;
        assert!(said.contains(&format!("O ticket {ticket} está fechado")), "{said}");
        assert!(store.desk_ticket(TENANT, &other).await.unwrap().subject.starts_with("Não atendida: "));
    }

    // One that never was, and a system that is away for a while.
    let never = w.missed_on(Some(TicketOf::desk(TicketNumber::new("9999").unwrap()))).await;
    w.work_off().await;
    let said = store.desk_actions(TENANT, &on(&store, never).await).await.unwrap().remove(0).action.text;
    assert!(said.contains("9999, que não existe"), "{said}");
    w.now = w.now.checked_add(Duration::from_secs(60)).unwrap();
    desk.set_status(TENANT, &ana, &ticket, TicketStatus::Open, at(300)).await.unwrap();
    let again = w.missed_on(Some(TicketOf::desk(ticket.clone()))).await;
    w.work_off().await;
    assert_eq!(on(&store, again).await, ticket, "opened again, it is good again");
}
