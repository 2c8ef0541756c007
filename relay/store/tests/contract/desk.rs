//! The built-in desk: whose customer, whose ticket, one action per marker.

use protocol::message::ticket::TicketStatus;
use store::{
    ActionKind, Customer, CustomerDetails, CustomerId, DeskTicket, NewAction, NewDeskTicket, StoreError, TicketFilter,
};

use super::{World, at, number};

fn details(name: &str, email: &str, company: &str, phone: &str, document: &str) -> CustomerDetails {
    CustomerDetails {
        name: name.into(),
        email: email.into(),
        company: company.into(),
        phone: phone.into(),
        document: document.into(),
    }
}

fn cida() -> CustomerDetails {
    details("Cida Nogueira", "cida@padaria-aurora.example", "Padaria Aurora", "(11) 5555-0188", "12.345.678/0001-95")
}

async fn made(w: &World, details: &CustomerDetails) -> Customer {
    w.store().await.desk_find_or_create_customer(w.varanda.tenant, details, at(0)).await.unwrap()
}

fn action(marker: Option<&str>) -> NewAction {
    NewAction {
        author: None,
        author_name: "Ana Ribeiro".into(),
        text: "Certificado <b>A1</b>\nvencido".into(),
        public: false,
        kind: ActionKind::SessionStart,
        marker: marker.map(str::to_owned),
        session: None,
        at: at(10),
    }
}

fn ticket(requester: CustomerId, marker: Option<&str>) -> NewDeskTicket {
    NewDeskTicket {
        subject: "Erro ao emitir nota".into(),
        requester,
        owner: None,
        status: TicketStatus::Open,
        first: marker.map(|m| action(Some(m))),
        at: at(10),
    }
}

async fn opened(w: &World, requester: CustomerId, marker: Option<&str>) -> DeskTicket {
    w.store().await.desk_open_ticket(w.varanda.tenant, &ticket(requester, marker)).await.unwrap()
}

pub async fn a_customer_is_known_by_the_strongest_thing_they_tell(w: &World) {
    let known = made(w, &cida()).await;
    assert_eq!(known.details, cida());
    for told in [
        details("C. N.", " CIDA@padaria-aurora.example ", "", "", ""),
        details("", "", "", "", "12345678000195"),
        details("", "", "", "11 55550188", ""),
        details("CIDA NOGUEIRA", "", "padaria aurora", "", ""),
        details("Cida", "cida@padaria-aurora.example", "Outra", "99999999", "1"),
    ] {
        assert_eq!(made(w, &told).await.id, known.id, "{told:?}");
        assert_eq!(
            w.store().await.desk_match_customer(w.varanda.tenant, &told).await.unwrap().unwrap().details,
            cida()
        );
    }
}

pub async fn colleagues_and_strangers_are_not_taken_for_a_customer(w: &World) {
    let known = made(w, &cida()).await;
    for told in [
        // A colleague: same company, telephone and CNPJ, another address.
        details("João", "joao@padaria-aurora.example", "Padaria Aurora", "(11) 5555-0188", "12.345.678/0001-95"),
        // A namesake whose CNPJ is another.
        details("Cida Nogueira", "", "Padaria Aurora", "", "98.765.432/0001-00"),
        details("Cida Nogueira", "", "Mercado Sol", "", ""),
        // An extension is nobody's own.
        details("", "", "Mercado Sol", "0188", ""),
    ] {
        assert!(w.store().await.desk_match_customer(w.varanda.tenant, &told).await.unwrap().is_none(), "{told:?}");
        assert_ne!(made(w, &told).await.id, known.id, "{told:?}");
    }
    assert!(w.store().await.desk_match_customer(w.other.tenant, &cida()).await.unwrap().is_none());
    assert!(matches!(w.store().await.desk_customer(w.other.tenant, known.id).await, Err(StoreError::NotFound { .. })));
    let found = w.store().await.desk_customers(w.varanda.tenant, "JOAO", 10).await.unwrap();
    assert_eq!(found.iter().map(|c| c.details.name.as_str()).collect::<Vec<_>>(), ["João"]);
}

pub async fn one_customer_is_made_however_many_ask_at_once(w: &World) {
    let store = w.store().await;
    let all: Vec<_> = (0..8)
        .map(|_| {
            let (store, tenant) = (store.clone(), w.varanda.tenant);
            tokio::spawn(async move { store.desk_find_or_create_customer(tenant, &cida(), at(0)).await.unwrap().id })
        })
        .collect();
    let mut ids = Vec::new();
    for one in all {
        ids.push(one.await.unwrap());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

pub async fn tickets_count_from_1001_in_each_tenant(w: &World) {
    let here = made(w, &cida()).await.id;
    assert_eq!(opened(w, here, None).await.number, number("1001"));
    assert_eq!(opened(w, here, None).await.number, number("1002"));
    let there = w.store().await.desk_find_or_create_customer(w.other.tenant, &cida(), at(0)).await.unwrap().id;
    let other = w.store().await.desk_open_ticket(w.other.tenant, &ticket(there, None)).await.unwrap();
    assert_eq!(other.number, number("1001"));
    // Another tenant's customer or operator is not there; a number is not used up by it.
    assert!(matches!(
        w.store().await.desk_open_ticket(w.varanda.tenant, &ticket(there, None)).await,
        Err(StoreError::NotFound { what: "customer" })
    ));
    let foreign = NewDeskTicket { owner: Some(w.other.ana), ..ticket(here, None) };
    assert!(matches!(
        w.store().await.desk_open_ticket(w.varanda.tenant, &foreign).await,
        Err(StoreError::NotFound { what: "operator" })
    ));
    assert_eq!(opened(w, here, None).await.number, number("1003"));
}

pub async fn a_marker_stands_for_one_action_on_one_ticket(w: &World) {
    let id = made(w, &cida()).await.id;
    let first = opened(w, id, Some("m:start")).await;
    assert_eq!(opened(w, id, Some("m:start")).await.number, first.number);
    let tenant = w.varanda.tenant;
    let second = opened(w, id, None).await;
    assert_eq!(second.number, number("1002"), "the repeated opening used no number up");
    let there = w.store().await.desk_append(tenant, &second.number, &action(Some("m:start"))).await.unwrap();
    assert_eq!(there.ticket, first.number);
    w.store().await.desk_append(tenant, &first.number, &action(Some("m:end"))).await.unwrap();
    let again = w.store().await.desk_append(tenant, &first.number, &action(Some("m:end"))).await.unwrap();
    let actions = w.store().await.desk_actions(tenant, &first.number).await.unwrap();
    assert_eq!(actions.len(), 2);
    assert_eq!(actions[1], again);
    assert_eq!(actions[0].action, action(Some("m:start")));
    assert_eq!(w.store().await.desk_find_marker(tenant, "m:end").await.unwrap().unwrap(), again);
    assert!(w.store().await.desk_find_marker(w.other.tenant, "m:end").await.unwrap().is_none());
    assert!(w.store().await.desk_actions(tenant, &second.number).await.unwrap().is_empty());
}

pub async fn only_a_tickets_own_number_finds_it(w: &World) {
    let id = made(w, &cida()).await.id;
    opened(w, id, None).await;
    for wrong in ["1002", "01001", "+1001", "1001.0", "SUP-12", "99999999999999999999"] {
        assert!(
            matches!(
                w.store().await.desk_ticket(w.varanda.tenant, &number(wrong)).await,
                Err(StoreError::NotFound { .. })
            ),
            "{wrong}"
        );
        let appended = w.store().await.desk_append(w.varanda.tenant, &number(wrong), &action(None)).await;
        assert!(matches!(appended, Err(StoreError::NotFound { what: "ticket" })), "{wrong}: {appended:?}");
    }
    assert!(w.store().await.desk_ticket(w.other.tenant, &number("1001")).await.is_err());
}

pub async fn a_change_is_written_on_the_ticket(w: &World) {
    let id = made(w, &cida()).await.id;
    let before = opened(w, id, None).await;
    assert_eq!((before.owner, before.owner_name.as_str(), before.status), (None, "", TicketStatus::Open));
    let tenant = w.varanda.tenant;
    let change = NewAction { kind: ActionKind::Change, at: at(99), author: Some(w.varanda.ana), ..action(None) };
    let store = w.store().await;
    let after = store
        .desk_change_ticket(tenant, &before.number, TicketStatus::Resolved, Some(w.varanda.ana), &change)
        .await
        .unwrap();
    assert_eq!(
        (after.owner_name.as_str(), after.status, after.updated_at),
        ("Ana Ribeiro", TicketStatus::Resolved, at(99))
    );
    assert_eq!(store.desk_actions(tenant, &before.number).await.unwrap()[0].action, change);
    let foreign =
        store.desk_change_ticket(tenant, &before.number, TicketStatus::Closed, Some(w.other.ana), &change).await;
    assert!(matches!(foreign, Err(StoreError::NotFound { what: "operator" })));
    assert_eq!(store.desk_ticket(tenant, &before.number).await.unwrap(), after);
    assert_eq!(store.desk_actions(tenant, &before.number).await.unwrap().len(), 1);
}

pub async fn tickets_are_listed_newest_first_and_found(w: &World) {
    let id = made(w, &cida()).await.id;
    let other = made(w, &details("João", "", "Mercado Sol", "", "")).await.id;
    for n in 0..4 {
        opened(w, if n == 3 { other } else { id }, None).await;
    }
    let tenant = w.varanda.tenant;
    let resolved = NewAction { kind: ActionKind::Change, ..action(None) };
    w.store().await.desk_change_ticket(tenant, &number("1002"), TicketStatus::Resolved, None, &resolved).await.unwrap();
    let list = async |filter: TicketFilter| {
        let found = w.store().await.desk_tickets(tenant, &filter).await.unwrap();
        found.iter().map(|t| t.number.to_string()).collect::<Vec<_>>()
    };
    let all = TicketFilter::default;
    assert_eq!(list(all()).await, ["1004", "1003", "1002", "1001"]);
    assert_eq!(list(TicketFilter { limit: 2, ..all() }).await, ["1004", "1003"]);
    assert_eq!(list(TicketFilter { before: Some(number("1003")), ..all() }).await, ["1002", "1001"]);
    assert_eq!(
        list(TicketFilter { statuses: TicketFilter::OPEN.to_vec(), requester: Some(id), ..all() }).await,
        ["1003", "1001"]
    );
    assert_eq!(list(TicketFilter { search: "1002".into(), ..all() }).await, ["1002"]);
    assert_eq!(list(TicketFilter { search: "JOAO".into(), ..all() }).await, ["1004"]);
    assert_eq!(list(TicketFilter { search: "emitir NOTA".into(), ..all() }).await.len(), 4);
    assert_eq!(list(TicketFilter { owner: Some(w.varanda.ana), ..all() }).await, [""; 0]);
}

pub async fn whatever_a_text_holds_it_is_found_and_the_index_of_words_is_whole(w: &World) {
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    let odd =
        CustomerDetails { name: "Ana Clara\u{1f}\0".into(), company: "x".repeat(3_000), ..CustomerDetails::default() };
    let id = store.desk_find_or_create_customer(tenant, &odd, at(0)).await.unwrap().id;
    let new = NewDeskTicket { subject: "a\0b 𝕏 Nota Fiscal \"aspas\"".into(), ..ticket(id, None) };
    let odd = store.desk_open_ticket(tenant, &new).await.unwrap().number;
    let plain = opened(w, made(w, &cida()).await.id, None).await.number;
    for text in ["\0", "", "\0\0\0", "a\0b", "Boleto vencido\0", "ab", "\u{202e}abc"] {
        let said = NewAction { text: text.into(), ..action(None) };
        store.desk_append(tenant, &odd, &said).await.unwrap();
    }
    let last = NewAction { text: "Falta o cupom da balança".into(), ..action(None) };
    store.desk_append(tenant, &plain, &last).await.unwrap();
    let found = async |search: &str| {
        let filter = TicketFilter { search: search.into(), ..TicketFilter::default() };
        let found = w.store().await.desk_tickets(tenant, &filter).await.unwrap();
        found.into_iter().map(|ticket| ticket.number).collect::<Vec<_>>()
    };
    for search in ["nota fiscal", "\"aspas\"", "boleto vencido", "clara", "𝕏 nota", "xxxxxxxxx"] {
        assert_eq!(found(search).await, std::slice::from_ref(&odd), "{search}");
    }
    // In an action alone, with its accents folded; too short for the index; by what is in no text.
    assert_eq!(found("BALANCA").await, std::slice::from_ref(&plain));
    assert_eq!(found("bo").await, std::slice::from_ref(&odd));
    assert!(found("cupom da balanco").await.is_empty() && found("zzz").await.is_empty());
    // What is known of a requester changes: their tickets are found by what is so now.
    let details = CustomerDetails { name: "Rosa Prado".into(), ..CustomerDetails::default() };
    store.change_contact(tenant, id, &details, &Default::default(), Some("Contrato"), None).await.unwrap();
    assert_eq!(found("rosa prado").await, [odd]);
    let by_class = store::ContactFilter { search: "contrato".into(), after: None, limit: 9 };
    assert_eq!(store.contacts(tenant, &by_class).await.unwrap().len(), 1);
    store.check().await.unwrap();
}
