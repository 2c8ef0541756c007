//! Returns that are agreed on.

use protocol::{id::TicketNumber, message::ticket::TicketStatus};
use store::{
    APPOINTMENTS_PER_TICKET, ActionKind, CustomerDetails, NewAction, NewAppointment, NewDeskTicket, StoreError,
};

use super::{World, at};

async fn ticket(w: &World) -> TicketNumber {
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    let details = CustomerDetails { name: "Cida".into(), ..CustomerDetails::default() };
    let requester = store.desk_find_or_create_customer(tenant, &details, at(0)).await.unwrap().id;
    let status = TicketStatus::Open;
    let new = NewDeskTicket { subject: "Nota".into(), requester, owner: None, status, first: None, at: at(0) };
    store.desk_open_ticket(tenant, &new).await.unwrap().number
}

async fn set(w: &World, ticket: &TicketNumber, status: TicketStatus) {
    let change = NewAction {
        author: None,
        author_name: String::new(),
        text: "x".into(),
        public: false,
        kind: ActionKind::Change,
        marker: None,
        session: None,
        at: at(5),
    };
    w.store().await.desk_change_ticket(w.varanda.tenant, ticket, status, None, &change).await.unwrap();
}

fn new(w: &World, ticket: &TicketNumber, second: i64) -> NewAppointment {
    let (tenant, operator) = (w.varanda.tenant, w.varanda.ana);
    NewAppointment { tenant, ticket: ticket.clone(), operator, at: at(second), note: "Ligar".into() }
}

pub async fn a_return_is_ahead_until_it_is_told_or_taken_back_and_is_told_once(w: &World) {
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    let on = ticket(w).await;
    for second in [300, 100, 200] {
        store.add_appointment(&new(w, &on, second), at(1)).await.unwrap();
    }
    let ahead = store.appointments_on(tenant, &on).await.unwrap();
    assert_eq!(ahead.iter().map(|a| a.what.at).collect::<Vec<_>>(), [at(100), at(200), at(300)]);
    let first = &ahead[0];
    assert_eq!((first.operator_name.as_str(), first.login.as_str()), ("Ana Ribeiro", "ana"));
    assert_eq!((first.subject.as_str(), first.customer.as_str()), ("Nota", "Cida"));
    assert_eq!(store.next_appointment(at(0)).await.unwrap(), Some(at(100)));
    assert_eq!(store.next_appointment(at(100)).await.unwrap(), Some(at(200)));
    assert_eq!(store.next_appointment(at(300)).await.unwrap(), None);
    assert!(store.due_appointments(at(99)).await.unwrap().is_empty());
    assert_eq!(store.due_appointments(at(100)).await.unwrap(), std::slice::from_ref(first));
    assert!(store.appointment_told(first.id, at(100)).await.unwrap());
    assert!(!store.appointment_told(first.id, at(101)).await.unwrap(), "once");
    assert!(store.due_appointments(at(150)).await.unwrap().is_empty());
    store.cancel_appointment(tenant, &on, ahead[1].id, at(150)).await.unwrap();
    for id in [ahead[0].id, ahead[1].id, 999] {
        let late = store.cancel_appointment(tenant, &on, id, at(151)).await;
        assert!(matches!(late, Err(StoreError::NotFound { .. })), "{late:?}");
    }
    assert!(!store.appointment_told(ahead[1].id, at(201)).await.unwrap(), "it was taken back");
    let left = store.appointments_of(tenant, w.varanda.ana, at(1000)).await.unwrap();
    assert_eq!(left.iter().map(|a| a.id).collect::<Vec<_>>(), [ahead[2].id]);
    assert!(store.appointments_of(tenant, w.varanda.ana, at(299)).await.unwrap().is_empty());
    assert!(store.appointments_of(tenant, w.varanda.admin, at(1000)).await.unwrap().is_empty());
}

pub async fn a_return_is_of_the_companys_own_and_waits_while_its_ticket_is_closed(w: &World) {
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    let on = ticket(w).await;
    let missing: TicketNumber = "9999".parse().unwrap();
    for wrong in [
        NewAppointment { tenant: w.other.tenant, operator: w.other.ana, ..new(w, &on, 100) },
        NewAppointment { operator: w.other.ana, ..new(w, &on, 100) },
        new(w, &missing, 100),
        new(w, &"x".parse().unwrap(), 100),
    ] {
        let refused = store.add_appointment(&wrong, at(1)).await;
        assert!(matches!(refused, Err(StoreError::NotFound { .. })), "{wrong:?}: {refused:?}");
    }
    store.add_appointment(&new(w, &on, 100), at(1)).await.unwrap();
    let id = store.appointments_on(tenant, &on).await.unwrap()[0].id;
    assert!(store.appointments_on(w.other.tenant, &on).await.unwrap().is_empty());
    assert!(store.cancel_appointment(w.other.tenant, &on, id, at(2)).await.is_err());
    for status in [TicketStatus::Resolved, TicketStatus::Closed] {
        set(w, &on, status).await;
        assert!(store.due_appointments(at(200)).await.unwrap().is_empty(), "{status:?}");
        assert!(store.appointments_of(tenant, w.varanda.ana, at(1000)).await.unwrap().is_empty(), "{status:?}");
    }
    set(w, &on, TicketStatus::Open).await;
    assert_eq!(store.due_appointments(at(200)).await.unwrap().len(), 1);
    store.set_operator_disabled(tenant, w.varanda.ana, true, at(3)).await.unwrap();
    assert!(store.due_appointments(at(200)).await.unwrap().is_empty(), "who is disabled is told nothing");
    assert!(matches!(store.add_appointment(&new(w, &on, 100), at(4)).await, Err(StoreError::NotFound { .. })));
}

pub async fn a_ticket_takes_only_so_many_returns(w: &World) {
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    let on = ticket(w).await;
    for n in 0..APPOINTMENTS_PER_TICKET {
        store.add_appointment(&new(w, &on, 100 + i64::from(n)), at(1)).await.unwrap();
    }
    let more = store.add_appointment(&new(w, &on, 500), at(1)).await;
    assert!(matches!(more, Err(StoreError::Conflict { what: "appointments" })), "{more:?}");
    let id = store.appointments_on(tenant, &on).await.unwrap()[0].id;
    store.cancel_appointment(tenant, &on, id, at(2)).await.unwrap();
    store.add_appointment(&new(w, &on, 500), at(3)).await.unwrap();
}
