//! Contacts, tags, canned answers, letters: what a desk keeps beside its tickets, each company for itself.

use std::collections::BTreeMap;

use protocol::{
    id::{DeviceId, TicketNumber},
    message::ticket::TicketStatus,
};
use store::{
    ActionKind, ContactFilter, Customer, CustomerDetails, CustomerId, Found, Language, ListedContact, MailOutcome,
    MailServer, MailState, MailText, NewAction, NewDeskTicket, NewMail, Put, StoreError, TicketFilter, TicketOf,
    TicketSeen,
};

use super::{World, at, number};

fn details(name: &str, email: &str, company: &str) -> CustomerDetails {
    CustomerDetails { name: name.into(), email: email.into(), company: company.into(), ..CustomerDetails::default() }
}

async fn made(w: &World, details: &CustomerDetails) -> Customer {
    w.store().await.desk_find_or_create_customer(w.varanda.tenant, details, at(0)).await.unwrap()
}

async fn ticket(w: &World, requester: CustomerId, subject: &str, said: &str) -> TicketNumber {
    let first = NewAction {
        author: None,
        author_name: "Ana".into(),
        text: said.into(),
        public: false,
        kind: ActionKind::Note,
        marker: None,
        session: None,
        at: at(1),
    };
    let new = NewDeskTicket {
        subject: subject.into(),
        requester,
        owner: None,
        status: TicketStatus::Open,
        first: Some(first),
        at: at(1),
    };
    w.store().await.desk_open_ticket(w.varanda.tenant, &new).await.unwrap().number
}

fn all() -> ContactFilter {
    ContactFilter { search: String::new(), after: None, limit: 50 }
}

async fn found(w: &World, filter: &TicketFilter) -> Vec<String> {
    let tickets = w.store().await.desk_tickets(w.varanda.tenant, filter).await.unwrap();
    tickets.into_iter().map(|t| t.number.into()).collect()
}

pub async fn contacts_are_listed_by_name_in_pages_and_found_by_what_is_known(w: &World) {
    for (name, company) in [("Élio", "B"), ("ana", "A"), ("Davi", "C"), ("Davi", "A")] {
        made(w, &details(name, "", company)).await;
    }
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = store.contacts(tenant, &ContactFilter { after, limit: 2, ..all() }).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.customer.id);
        seen.extend(page.iter().map(|c| format!("{} {}", c.customer.details.name, c.customer.details.company)));
    }
    assert_eq!(seen, ["ana A", "Davi A", "Davi C", "Élio B"]);
    let elio = store.contacts(tenant, &ContactFilter { search: "ELIO".into(), ..all() }).await.unwrap().remove(0);
    let extra = BTreeMap::from([("Plano".to_owned(), "Ouro".to_owned())]);
    let changed = CustomerDetails { phone: "11 5555-0000".into(), ..elio.customer.details.clone() };
    store.change_contact(tenant, elio.customer.id, &changed, &extra, None, None).await.unwrap();
    let gold = store.contacts(tenant, &ContactFilter { search: "ouro".into(), ..all() }).await.unwrap();
    assert_eq!((gold.len(), gold[0].customer.details.phone.as_str()), (1, "11 5555-0000"));
    assert_eq!(gold[0].extra, extra);
    assert!(w.store().await.contacts(w.other.tenant, &all()).await.unwrap().is_empty());
    let stranger = store.contact(w.other.tenant, elio.customer.id).await;
    assert!(matches!(stranger, Err(StoreError::NotFound { .. })));
}

pub async fn two_contacts_do_not_share_an_address_and_a_changed_one_is_found_by_the_new(w: &World) {
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    let cida = made(w, &details("Cida", "cida@a.example", "A")).await;
    let rosa = made(w, &details("Rosa", "rosa@a.example", "A")).await;
    let taken = store
        .change_contact(tenant, rosa.id, &details("Rosa", "CIDA@a.example", "A"), &BTreeMap::new(), None, None)
        .await;
    assert!(matches!(taken, Err(StoreError::Conflict { .. })));
    store
        .change_contact(tenant, cida.id, &details("Cida", "new@a.example", "A"), &BTreeMap::new(), None, None)
        .await
        .unwrap();
    assert_eq!(made(w, &details("", "NEW@a.example", "")).await.id, cida.id);
    assert_ne!(made(w, &details("", "cida@a.example", "")).await.id, cida.id);
    let stranger =
        store.change_contact(w.other.tenant, cida.id, &details("X", "", ""), &BTreeMap::new(), None, None).await;
    assert!(matches!(stranger, Err(StoreError::NotFound { .. })));
}

pub async fn of_two_contacts_one_is_made_with_the_tickets_of_both(w: &World) {
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    let keep = made(w, &details("Cida", "cida@a.example", "")).await;
    let other = made(w, &details("Aparecida", "aparecida@b.example", "Padaria")).await;
    let third = made(w, &details("C. Nogueira", "c@c.example", "")).await;
    let (first, second) = (ticket(w, keep.id, "um", "x").await, ticket(w, other.id, "dois", "x").await);
    store.merge_contacts(tenant, other.id, third.id).await.unwrap();
    let merged = store.merge_contacts(tenant, keep.id, other.id).await.unwrap();
    assert_eq!(merged.customer.details, details("Cida", "cida@a.example", "Padaria"));
    for number in [&first, &second] {
        assert_eq!(store.desk_ticket(tenant, number).await.unwrap().requester.id, keep.id);
    }
    for address in ["aparecida@b.example", "c@c.example", "cida@a.example"] {
        assert_eq!(made(w, &details("", address, "")).await.id, keep.id, "{address} leads to the one that is left");
    }
    assert_eq!(store.contact(tenant, third.id).await.unwrap().customer.id, keep.id);
    assert_eq!(store.contacts(tenant, &all()).await.unwrap().len(), 1);
    assert_eq!(store.desk_customers(tenant, "", 50).await.unwrap().len(), 1);
    let itself = store.merge_contacts(tenant, keep.id, other.id).await;
    assert!(matches!(itself, Err(StoreError::Conflict { .. })));
    assert!(matches!(store.merge_contacts(w.other.tenant, keep.id, other.id).await, Err(StoreError::NotFound { .. })));
}

pub async fn a_contact_is_classified_and_found_by_it(w: &World) {
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    let cida = made(w, &details("Cida", "cida@a.example", "Padaria")).await;
    let other = made(w, &details("Aparecida", "aparecida@b.example", "")).await;
    let known = async |email: &str| store.known_contact(tenant, &details("", email, "")).await.unwrap();
    assert_eq!(known("cida@a.example").await.unwrap().class, "");
    assert_eq!(known("rosa@a.example").await, None, "nobody is added by a look");
    store.classify_contact(tenant, other.id, "Contrato Ação").await.unwrap();
    assert_eq!(store.contact_classes(tenant).await.unwrap(), ["Contrato Ação"]);
    let found = ContactFilter { search: "contrato ACAO".into(), ..all() };
    assert_eq!(store.contacts(tenant, &found).await.unwrap()[0].customer.id, other.id);
    // What else is known of them may change without it.
    store
        .change_contact(tenant, other.id, &details("A. N.", "aparecida@b.example", ""), &BTreeMap::new(), None, None)
        .await
        .unwrap();
    assert_eq!(store.contacts(tenant, &found).await.unwrap().len(), 1);
    // Who had none gets the other's; who had one keeps it.
    assert_eq!(store.merge_contacts(tenant, cida.id, other.id).await.unwrap().class, "Contrato Ação");
    assert_eq!(known("APARECIDA@b.example").await.unwrap().class, "Contrato Ação");
    let third = made(w, &details("Davi", "davi@a.example", "")).await;
    store.classify_contact(tenant, third.id, "Avulso").await.unwrap();
    assert_eq!(store.merge_contacts(tenant, cida.id, third.id).await.unwrap().class, "Contrato Ação");
    // The one that is left, also by the number of one that was merged into it.
    store.classify_contact(tenant, third.id, "Ouro").await.unwrap();
    assert_eq!(store.contact(tenant, cida.id).await.unwrap().class, "Ouro");
    assert!(store.contact_classes(w.other.tenant).await.unwrap().is_empty());
    let stranger = store.classify_contact(w.other.tenant, cida.id, "x").await;
    assert!(matches!(stranger, Err(StoreError::NotFound { .. })));
    store.classify_contact(tenant, cida.id, "").await.unwrap();
    assert_eq!(w.store().await.contact(tenant, cida.id).await.unwrap().class, "");
}

pub async fn a_companys_own_fields_are_kept_in_order(w: &World) {
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    assert!(store.contact_fields(tenant).await.unwrap().is_empty());
    let names = ["Plano".to_owned(), "Classificação".to_owned()];
    store.set_contact_fields(tenant, &names).await.unwrap();
    store.set_contact_fields(w.other.tenant, &[]).await.unwrap();
    assert_eq!(w.store().await.contact_fields(tenant).await.unwrap(), names);
}

pub async fn tickets_are_found_by_tag_text_owner_app_and_category(w: &World) {
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    let cida = made(w, &details("Cida", "cida@a.example", "Padaria Aurora")).await;
    let (a, b) = (ticket(w, cida.id, "Nota", "Certificado vencido").await, ticket(w, cida.id, "Caixa", "nada").await);
    for tag in ["Fiscal", "FISCAL", "urgência"] {
        store.add_desk_tag(tenant, &a, tag, 2).await.unwrap();
    }
    assert_eq!(store.desk_tags(tenant, &a).await.unwrap(), ["Fiscal", "urgência"]);
    assert!(matches!(store.add_desk_tag(tenant, &a, "mais", 2).await, Err(StoreError::Conflict { .. })));
    assert!(matches!(store.add_desk_tag(tenant, &number("77"), "x", 2).await, Err(StoreError::NotFound { .. })));
    store.add_desk_tag(tenant, &b, "fiscal", 2).await.unwrap();
    assert_eq!(store.all_desk_tags(tenant).await.unwrap(), ["Fiscal", "urgência"]);
    assert!(store.all_desk_tags(w.other.tenant).await.unwrap().is_empty());
    let tagged = |tag: &str| TicketFilter { tag: Some(tag.into()), ..TicketFilter::default() };
    assert_eq!(found(w, &tagged("URGENCIA")).await, [a.as_str()]);
    assert_eq!(found(w, &tagged("fiscal")).await, [b.as_str(), a.as_str()]);
    store.remove_desk_tag(tenant, &b, "FISCAL").await.unwrap();
    assert_eq!(found(w, &tagged("fiscal")).await, [a.as_str()]);

    let says = |text: &str| TicketFilter { search: text.into(), ..TicketFilter::default() };
    assert_eq!(found(w, &says("CERTIFICÁDO venc")).await, [a.as_str()], "what was written on it");
    store
        .change_contact(tenant, cida.id, &details("Aparecida", "cida@a.example", ""), &BTreeMap::new(), None, None)
        .await
        .unwrap();
    assert_eq!(found(w, &says("aparecida")).await.len(), 2, "its customer as they are called now");

    store
        .desk_change_ticket(
            tenant,
            &b,
            TicketStatus::Open,
            Some(w.varanda.ana),
            &NewAction {
                author: None,
                author_name: String::new(),
                text: "x".into(),
                public: false,
                kind: ActionKind::Change,
                marker: None,
                session: None,
                at: at(2),
            },
        )
        .await
        .unwrap();
    assert_eq!(found(w, &TicketFilter { unowned: true, ..TicketFilter::default() }).await, [a.as_str()]);
    let of_ana = TicketFilter { owner: Some(w.varanda.ana), ..TicketFilter::default() };
    assert_eq!(found(w, &of_ana).await, [b.as_str()]);
    let of_app = TicketFilter { app: Some(w.varanda.app), ..TicketFilter::default() };
    assert!(found(w, &of_app).await.is_empty(), "no session is on any");
    let category = TicketFilter { category: Some("Resolvido".into()), ..TicketFilter::default() };
    assert!(found(w, &category).await.is_empty());
}

pub async fn canned_answers_are_a_companys_own_and_have_different_titles(w: &World) {
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    store.write_canned_answer(tenant, None, "Saudação", "Oi {customer}").await.unwrap();
    store.write_canned_answer(tenant, None, "Link", "{download_link}").await.unwrap();
    assert!(matches!(store.write_canned_answer(tenant, None, "SAUDAÇAO", "x").await, Err(StoreError::Conflict { .. })));
    let kept = w.store().await.canned_answers(tenant).await.unwrap();
    let titles: Vec<_> = kept.iter().map(|a| a.title.as_str()).collect();
    assert_eq!(titles, ["Link", "Saudação"]);
    assert!(store.canned_answers(w.other.tenant).await.unwrap().is_empty());
    let foreign = store.write_canned_answer(w.other.tenant, Some(kept[0].id), "Meu", "x").await;
    assert!(matches!(foreign, Err(StoreError::NotFound { .. })));
    store.remove_canned_answer(w.other.tenant, kept[0].id).await.unwrap();
    assert_eq!(store.canned_answers(tenant).await.unwrap().len(), 2, "another company takes nothing away");
    assert_eq!(store.write_canned_answer(tenant, Some(kept[0].id), "Baixar", "aqui").await.unwrap(), kept[0].id);
    store.remove_canned_answer(tenant, kept[1].id).await.unwrap();
    let left = store.canned_answers(tenant).await.unwrap();
    assert_eq!((left.len(), left[0].title.as_str(), left[0].text.as_str()), (1, "Baixar", "aqui"));
}

pub async fn a_letter_and_its_action_are_written_both_or_neither_and_settled_once(w: &World) {
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    let cida = made(w, &details("Cida", "cida@a.example", "")).await;
    let number = ticket(w, cida.id, "Nota", "x").await;
    let answer = NewAction {
        author: None,
        author_name: "Ana".into(),
        text: "Oi".into(),
        public: true,
        kind: ActionKind::Note,
        marker: None,
        session: None,
        at: at(5),
    };
    let mail = NewMail {
        to: "cida@a.example".into(),
        name: "Cida".into(),
        subject: "s".into(),
        text: "t".into(),
        message_id: "1@x".into(),
    };
    let action = store.desk_append_with_mail(tenant, &number, &answer, &mail).await.unwrap();
    let twice = store.desk_append_with_mail(tenant, &number, &answer, &mail).await;
    assert!(matches!(twice, Err(StoreError::Conflict { .. })));
    assert_eq!(store.desk_actions(tenant, &number).await.unwrap().len(), 2, "the second answer was not written either");
    let nowhere = NewMail { message_id: "2@x".into(), ..mail.clone() };
    let foreign = store.desk_append_with_mail(w.other.tenant, &number, &answer, &nowhere).await;
    assert!(matches!(foreign, Err(StoreError::NotFound { .. })));
    assert!(w.store().await.due_mails(at(4), 10).await.unwrap().is_empty());
    let due = w.store().await.due_mails(at(5), 10).await.unwrap();
    assert_eq!((due.len(), due[0].action, &due[0].what), (1, Some(action.id), &mail));
    let later = MailOutcome::Later { due_at: at(60), why: "é".repeat(400) };
    store.settle_mail(due[0].id, &later, at(6)).await.unwrap();
    assert_eq!(store.next_mail_due().await.unwrap(), Some(at(60)));
    store.hurry_mails(tenant, at(7)).await.unwrap();
    assert_eq!(store.next_mail_due().await.unwrap(), Some(at(7)));
    store.settle_mail(due[0].id, &MailOutcome::Parked { why: "550".into() }, at(8)).await.unwrap();
    assert_eq!(store.next_mail_due().await.unwrap(), None);
    let foreign = store.retry_mail(w.other.tenant, &number, due[0].id, at(9)).await;
    assert!(matches!(foreign, Err(StoreError::NotFound { .. })));
    store.retry_mail(tenant, &number, due[0].id, at(9)).await.unwrap();
    store.settle_mail(due[0].id, &MailOutcome::Sent, at(10)).await.unwrap();
    store.settle_mail(due[0].id, &MailOutcome::Parked { why: "x".into() }, at(11)).await.unwrap();
    let sent = w.store().await.ticket_mails(tenant, &number).await.unwrap().remove(0);
    assert_eq!((sent.state, sent.why.as_str(), sent.settled_at), (MailState::Sent, "", Some(at(10))));
    assert!(matches!(store.retry_mail(tenant, &number, sent.id, at(12)).await, Err(StoreError::NotFound { .. })));
}

pub async fn a_companys_mail_server_and_texts_are_its_own(w: &World) {
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    let server = MailServer {
        settings: BTreeMap::from([("host".to_owned(), "mail.example".to_owned())]),
        sealed: vec![1, 2, 3],
    };
    store.set_mail_server(tenant, Some(&server)).await.unwrap();
    assert_eq!(w.store().await.mail_server(tenant).await.unwrap(), Some(server));
    assert_eq!(store.mail_server(w.other.tenant).await.unwrap(), None);
    let text = MailText { subject: "s".into(), text: "{text}".into() };
    store.set_mail_text(tenant, Language::Es, Some(&text)).await.unwrap();
    assert_eq!(w.store().await.mail_text(tenant, Language::Es).await.unwrap(), Some(text));
    assert_eq!(store.mail_text(tenant, Language::En).await.unwrap(), None);
    assert_eq!(store.mail_text(w.other.tenant, Language::Es).await.unwrap(), None);
    store.set_mail_text(tenant, Language::Es, None).await.unwrap();
    store.set_mail_server(tenant, None).await.unwrap();
    assert_eq!(store.mail_text(tenant, Language::Es).await.unwrap(), None);
    assert_eq!(store.mail_server(tenant).await.unwrap(), None);
}

pub async fn a_notice_is_good_once_for_a_while_and_while_its_ticket_is_open(w: &World) {
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    let cida = made(w, &details("Cida", "cida@a.example", "")).await;
    let number = ticket(w, cida.id, "Nota", "x").await;
    let device = DeviceId::from_entropy(7);
    store
        .add_notice(tenant, &TicketOf::desk(number.clone()), &TicketSeen::default(), w.varanda.ana, at(1), at(50))
        .await
        .unwrap();
    store
        .add_notice(tenant, &TicketOf::desk(number.clone()), &TicketSeen::default(), w.varanda.ana, at(2), at(100))
        .await
        .unwrap();
    let foreign = store
        .add_notice(tenant, &TicketOf::desk(number.clone()), &TicketSeen::default(), w.other.ana, at(1), at(100))
        .await;
    assert!(matches!(foreign, Err(StoreError::NotFound { .. })), "of another company");
    let open = w.store().await.open_notices(None, at(60)).await.unwrap();
    assert_eq!((open.len(), open[0].requester.email.as_str()), (1, "cida@a.example"));
    assert!(store.open_notices(None, at(100)).await.unwrap().is_empty(), "its time is over");
    assert!(
        store.open_notices(Some((w.other.tenant, &TicketOf::desk(number.clone()))), at(60)).await.unwrap().is_empty()
    );
    assert!(matches!(store.cancel_notice(w.other.tenant, open[0].id, at(60)).await, Err(StoreError::NotFound { .. })));
    assert!(store.notice_came(open[0].id, device, at(61)).await.unwrap());
    assert!(!store.notice_came(open[0].id, device, at(62)).await.unwrap(), "once");
    let came = w.store().await.came_notices(tenant, w.varanda.ana, at(61)).await.unwrap();
    assert_eq!(came[0].came, Some((at(61), device)));
    assert!(store.came_notices(tenant, w.varanda.ana, at(62)).await.unwrap().is_empty());
    assert!(store.came_notices(tenant, w.varanda.admin, at(0)).await.unwrap().is_empty());
    store
        .add_notice(tenant, &TicketOf::desk(number.clone()), &TicketSeen::default(), w.varanda.ana, at(70), at(100))
        .await
        .unwrap();
    let again = store.open_notices(None, at(71)).await.unwrap();
    store.cancel_notice(tenant, again[0].id, at(72)).await.unwrap();
    assert!(!store.notice_came(again[0].id, device, at(73)).await.unwrap(), "it was taken back");
    assert!(store.open_notices(None, at(73)).await.unwrap().is_empty());
}

fn listed(name: &str, email: &str, company: &str, phone: &str, document: &str) -> ListedContact {
    let details = CustomerDetails { phone: phone.into(), document: document.into(), ..details(name, email, company) };
    ListedContact { details, extra: BTreeMap::new(), class: String::new() }
}

pub async fn a_list_of_contacts_is_put_on_record_once_however_often_it_comes(w: &World) {
    let tenant = w.varanda.tenant;
    let gold = ListedContact {
        extra: BTreeMap::from([("Plano".into(), "Ouro".into()), ("Vazio".into(), String::new())]),
        class: "Contrato".into(),
        ..listed("Cida", "cida@a.example", "Padaria", "", "")
    };
    let list = [
        gold.clone(),
        listed("Rosa", "", "", "11 5555-0000", "111.222.333-44"),
        listed("Ivo", "", "Oficina", "11 5555-1111", ""),
        listed("Só Nome", "", "", "", ""),
    ];
    let put = async |list: &[ListedContact]| w.store().await.put_contacts(tenant, list, at(5)).await.unwrap();
    let look = async |list: &[ListedContact]| w.store().await.look_up_contacts(tenant, list).await.unwrap();
    assert_eq!(look(&list).await, [Found::New; 4]);
    assert!(w.store().await.contacts(tenant, &all()).await.unwrap().is_empty(), "looking writes nothing");
    assert_eq!(put(&list).await, Put { made: 4, changed: 0, same: 0 });
    for _ in 0..2 {
        assert_eq!(look(&list).await, [Found::Same; 4]);
        assert_eq!(put(&list).await, Put { made: 0, changed: 0, same: 4 });
    }
    let store = w.store().await;
    assert_eq!(store.contacts(tenant, &all()).await.unwrap().len(), 4);
    let found = store.contacts(tenant, &ContactFilter { search: "ouro".into(), ..all() }).await.unwrap();
    assert_eq!(found[0].extra, BTreeMap::from([("Plano".to_owned(), "Ouro".to_owned())]));
    // What a list does not say stays.
    let less = listed("", "CIDA@a.example", "", "11 9999-0000", "");
    assert_eq!(look(std::slice::from_ref(&less)).await, [Found::Changed]);
    assert_eq!(put(&[less]).await, Put { made: 0, changed: 1, same: 0 });
    let cida = store.contacts(tenant, &ContactFilter { search: "cida".into(), ..all() }).await.unwrap().remove(0);
    let details = &cida.customer.details;
    assert_eq!((details.name.as_str(), details.email.as_str()), ("Cida", "cida@a.example"));
    assert_eq!((details.company.as_str(), details.phone.as_str()), ("Padaria", "11 9999-0000"));
    assert_eq!((&cida.extra, cida.class.as_str()), (&found[0].extra, "Contrato"));
    let silver = ListedContact { class: "Prata".into(), ..listed("Cida", "cida@a.example", "", "", "") };
    assert_eq!(look(std::slice::from_ref(&silver)).await, [Found::Changed]);
    assert_eq!(put(&[silver]).await, Put { made: 0, changed: 1, same: 0 });
    assert_eq!(store.contact(tenant, cida.customer.id).await.unwrap().class, "Prata");
    assert!(store.contacts(w.other.tenant, &all()).await.unwrap().is_empty(), "it is nobody else's");
    assert_eq!(store.look_up_contacts(w.other.tenant, &list).await.unwrap(), [Found::New; 4]);
    assert_eq!(put(&[]).await, Put::default());
}

pub async fn of_a_list_those_are_known_who_are_on_record_and_no_others(w: &World) {
    let tenant = w.varanda.tenant;
    let put = async |list: &[ListedContact]| w.store().await.put_contacts(tenant, list, at(5)).await.unwrap();
    let look = async |list: &[ListedContact]| w.store().await.look_up_contacts(tenant, list).await.unwrap();
    let (cnpj, cpf) = ("11.222.333/0001-44", "111.222.333-44");
    put(&[
        listed("Ana", "ana@a.example", "Padaria", "11 5555-0000", cnpj),
        listed("Bia", "", "Padaria", "11 5555-0000", cnpj),
        listed("Caio", "", "", "", cpf),
    ])
    .await;
    for (line, how, why) in [
        (listed("Ana Maria", "ana@a.example", "", "", ""), Found::Changed, "by address"),
        (listed("Davi", "davi@a.example", "Padaria", "11 5555-0000", cnpj), Found::New, "a colleague"),
        (listed("Davi", "", "Padaria", "11 5555-0000", cnpj), Found::New, "a colleague without an address"),
        (listed("BIA", "", "Padaria", "", cnpj), Found::Changed, "by name and the company's document"),
        (listed("Bia", "bia@a.example", "", "", cnpj), Found::Changed, "she has got an address"),
        (listed("Caio Júnior", "", "", "", "11122233344"), Found::Changed, "by a person's document"),
        (listed("Caio", "caio@a.example", "", "", cpf), Found::Changed, "he has got an address"),
        (listed("Ana", "", "Padaria", "11 5555-0000", ""), Found::Same, "by name, company and telephone"),
        (listed("Ana", "", "Padaria", "11 7777-0000", ""), Found::New, "another telephone"),
        (listed("Eva", "", "Padaria", "11 5555-0000", ""), Found::New, "a telephone alone says nothing"),
        (listed("' OR 1=1 --", "", "", "", ""), Found::New, "a name"),
    ] {
        assert_eq!(look(&[line]).await, [how], "{why}");
    }
    // Of those in one list about the same contact the first counts.
    let list = [
        listed("Fábio", "fabio@a.example", "", "", "55566677788"),
        listed("Fabio", "FABIO@a.example", "", "", ""),
        listed("F.", "", "", "", "555.666.777-88"),
        listed("Gil", "gil@a.example", "", "", cnpj),
        listed("Hugo", "hugo@a.example", "", "", cnpj),
        listed("Ana", "ana@a.example", "", "", ""),
        listed("Ana", "", "Padaria", "", ""),
        listed("Só", "", "", "", ""),
        listed("só", "", "", "", ""),
    ];
    use Found::{New, Repeats, Same};
    assert_eq!(look(&list).await, [New, Repeats(0), Repeats(0), New, New, Same, Repeats(5), New, Repeats(7)]);
    // Merged into another, it is that one, whose own address stays.
    let store = w.store().await;
    let one = |search: &str| ContactFilter { search: search.into(), ..all() };
    let ana = store.contacts(tenant, &one("ana@")).await.unwrap()[0].customer.id;
    let caio = store.contacts(tenant, &one("caio")).await.unwrap()[0].customer.id;
    let bia = listed("Caio", "caio@b.example", "", "", cpf);
    put(&[bia]).await;
    store.merge_contacts(tenant, ana, caio).await.unwrap();
    put(&[listed("", "caio@b.example", "Mercado", "", "")]).await;
    let kept = store.contact(tenant, caio).await.unwrap().customer;
    assert_eq!((kept.id, kept.details.email.as_str()), (ana, "ana@a.example"));
    assert_eq!(kept.details.company, "Mercado");
}
