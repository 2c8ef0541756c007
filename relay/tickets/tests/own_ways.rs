//! What only one ticketing system does: how it ends a list, what it keeps of a session, how it knows a customer again.

#![allow(clippy::unwrap_used)]

extern crate amparo_tickets as tickets;

mod common;
mod fakes;

use std::sync::Arc;

use common::{action, at, cida, session_id};
use fakes::{
    Asked, Fake, OnTicket, Reply, Server, json,
    salesforce::{Contact, Salesforce},
};
use jiff::Timestamp;
use protocol::id::TicketNumber;
use serde_json::json as value;
use store::{CustomerDetails, EventKind};
use tickets::{Cause, Refusal, ReportError, TicketSystem, clock::Clock, event::Action, kind::Means};

async fn served(fake: Box<dyn Fake>) -> (Server, Arc<dyn TicketSystem>) {
    let clock = Clock::standing_at(at(0));
    let server = Server::start(fake, clock.clone()).await;
    let system = server.system(&Means::new(clock));
    (server, system)
}

fn number(text: &str) -> TicketNumber {
    TicketNumber::new(text).unwrap()
}

fn is_garbage<T>(answer: &Result<T, ReportError>) -> bool {
    matches!(answer, Err(ReportError::Unreachable(Cause::Garbage(_))))
}

#[tokio::test]
async fn salesforce_tells_lists_in_pages_and_a_marker_is_found_on_the_last_of_them() {
    let (server, system) = served(Box::<Salesforce>::default()).await;
    let case = number(&server.open("Caixa 2").unwrap());
    for n in 1..=250 {
        system.append_action(&case, &action(EventKind::Start, session_id(n))).await.unwrap();
    }
    let oldest = EventKind::Start.marker(session_id(1));
    assert_eq!(system.find_marker(Some(&case), &oldest, at(0)).await.unwrap().unwrap().ticket, case);
    // The end completes the Task that the start has made, however many were made since.
    system.append_action(&case, &action(EventKind::End, session_id(1))).await.unwrap();
    assert_eq!(server.tickets()[0].texts.len(), 1 + 250);
    // What was made before the session is not looked at.
    let asked = server.calls();
    assert_eq!(system.find_marker(Some(&case), &oldest, at(1)).await.unwrap(), None);
    assert!(server.calls() - asked <= 4);

    // The same of tickets that were opened for nobody we know.
    for _ in 0..120 {
        server.open("Outro").unwrap();
    }
    let requester = system.find_or_create_customer(&cida("1")).await.unwrap();
    let first = action(EventKind::Start, session_id(300));
    let new = tickets::NewTicket {
        subject: "Nota".into(),
        requester,
        owner: None,
        first,
        values: Default::default(),
        continues: None,
    };
    let ours = system.open_ticket(&new).await.unwrap().ticket;
    assert_eq!(system.find_marker(None, &new.first.marker, at(0)).await.unwrap().unwrap().ticket, ours);
    let nobody = EventKind::Start.marker(session_id(301));
    assert_eq!(system.find_marker(None, &nobody, at(0)).await.unwrap(), None);
}

/// A Salesforce whose lists go on like this.
struct GoesOn(Salesforce, &'static str);

impl Fake for GoesOn {
    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    fn settings(&self) -> Vec<(&'static str, &'static str)> {
        self.0.settings()
    }

    fn answer(&mut self, asked: &Asked, now: Timestamp) -> Reply {
        if asked.path.contains("/query") && !asked.query("q").is_some_and(|soql| soql.contains("CaseNumber=")) {
            return json(200, value!({ "totalSize": 9, "done": false, "nextRecordsUrl": self.1, "records": [] }));
        }
        self.0.answer(asked, now)
    }

    fn fields(&self, number: &str) -> serde_json::Value {
        self.0.fields(number)
    }

    fn tickets(&self) -> Vec<OnTicket> {
        self.0.tickets()
    }

    fn open(&mut self, subject: &str, now: Timestamp) -> Option<String> {
        self.0.open(subject, now)
    }
}

#[tokio::test]
async fn a_list_of_salesforces_that_never_ends_or_goes_on_elsewhere_is_no_proof_that_nothing_was_written() {
    for next in [
        "/services/data/v60.0/query/01g0000000000-2",
        "",
        "https://elsewhere.example/services/data/v60.0/query/01g-2",
        "/services/data/v60.0/query/../sobjects/User",
        "/services/oauth2/token",
        "/services/data/v60.0/query/",
    ] {
        let (server, system) = served(Box::new(GoesOn(Salesforce::default(), next))).await;
        let case = number(&server.open("Caixa 2").unwrap());
        let marker = EventKind::End.marker(session_id(1));
        let on_it = system.find_marker(Some(&case), &marker, at(0)).await;
        assert!(is_garbage(&on_it), "{next}: {on_it:?}");
        let anywhere = system.find_marker(None, &marker, at(0)).await;
        assert!(is_garbage(&anywhere), "{next}: {anywhere:?}");
        let appended = system.append_action(&case, &action(EventKind::End, session_id(1))).await;
        assert!(is_garbage(&appended), "{next}: {appended:?}");
        let elsewhere = |asked: &Asked| asked.method == "GET" && !asked.path.starts_with("/services/data/v60.0/query");
        assert!(!server.asked().iter().any(|asked| elsewhere(asked) || asked.path.contains("..")), "{next}");
    }
}

#[tokio::test]
async fn more_new_tickets_than_zammad_tells_of_are_no_proof_that_none_was_opened() {
    let clock = Clock::standing_at(at(0));
    let server = Server::start(fakes::of("zammad"), clock.clone()).await;
    let system = server.system(&Means::new(clock.clone()));
    let marker = EventKind::Start.marker(session_id(1));
    for _ in 0..199 {
        server.open("Outro").unwrap();
    }
    assert_eq!(system.find_marker(None, &marker, at(0)).await.unwrap(), None);
    server.open("Outro").unwrap();
    let found = system.find_marker(None, &marker, at(0)).await;
    assert!(is_garbage(&found), "{found:?}");
    // All that were opened since are among them: that is a proof.
    clock.set(at(60));
    assert_eq!(system.find_marker(None, &marker, at(60)).await.unwrap(), None);
}

#[tokio::test]
async fn in_a_call_centre_of_salesforces_a_session_is_one_call_with_its_number_duration_and_disposition() {
    for call_centre in [true, false] {
        let (server, system) = served(Box::new(Salesforce::of(call_centre, Vec::new()))).await;
        let case = number(&server.open("Caixa 2").unwrap());
        let start = action(EventKind::Start, session_id(1));
        system.append_action(&case, &start).await.unwrap();
        let begun = server.kept()[0].clone();
        assert_eq!((&begun["Subject"], &begun["Status"]), (&value!("2026-11-21-000001"), &value!("In Progress")));
        assert_eq!(begun["CallDurationInSeconds"], value!(null));
        let end = Action { category: Some("Resolvido".into()), ..action(EventKind::End, session_id(1)) };
        system.append_action(&case, &end).await.unwrap();
        // Without a word of the attendant's the disposition is how it ended; a start that is not there makes no difference.
        system.append_action(&case, &action(EventKind::End, session_id(2))).await.unwrap();
        let kept = server.kept();
        assert_eq!(kept.as_array().unwrap().len(), 2, "{kept}");
        for (task, disposition, session) in [(&kept[0], "Resolvido", 1), (&kept[1], "encerrado pelo cliente", 2)] {
            assert_eq!(task["Subject"], "2026-11-21-000001");
            assert_eq!(task["Status"], "Completed");
            assert_eq!(task["ActivityDate"], "2026-11-21");
            let description = task["Description"].as_str().unwrap();
            assert!(description.contains("https://relay.example/history?q=1&x=2"), "{description}");
            assert!(description.contains(&EventKind::End.marker(session_id(session))), "{description}");
            if call_centre {
                assert_eq!(task["CallDurationInSeconds"], 60);
                assert_eq!(task["CallDisposition"], disposition);
                assert_eq!(task["CallObject"], session_id(session).to_string());
                assert_eq!((&task["TaskSubtype"], &task["CallType"]), (&value!("Call"), &value!("Outbound")));
            } else {
                let calls = task.as_object().unwrap().keys().filter(|key| key.starts_with("Call")).count();
                assert_eq!(calls, 0, "{task}");
            }
        }
        assert_eq!(kept[0]["WhatId"], "500000000000001");
    }
}

#[tokio::test]
async fn salesforce_knows_a_contact_by_tax_number_then_by_address_then_by_either_telephone() {
    let known = |n: u32, email: &str, phone: &str, mobile: &str, document: &str| Contact {
        id: format!("003{n:012}"),
        name: format!("Pessoa {n}"),
        email: email.into(),
        phone: phone.into(),
        mobile: mobile.into(),
        document: document.into(),
    };
    let contacts = vec![
        known(1, "cida@padaria.example", "(11) 5555-0188", "", ""),
        known(2, "outra@padaria.example", "", "(11) 98888-0001", "12345678909"),
    ];
    let (server, system) = served(Box::new(Salesforce::of(false, contacts))).await;
    for (who, details) in [
        (1, CustomerDetails { email: "cida@padaria.example".into(), ..CustomerDetails::default() }),
        (1, CustomerDetails { phone: "(11) 5555-0188".into(), ..CustomerDetails::default() }),
        (2, CustomerDetails { phone: "(11) 98888-0001".into(), ..CustomerDetails::default() }),
        (2, CustomerDetails { document: "123.456.789-09".into(), ..CustomerDetails::default() }),
        (
            2,
            CustomerDetails {
                document: "123.456.789-09".into(),
                email: "cida@padaria.example".into(),
                phone: "(11) 5555-0188".into(),
                ..CustomerDetails::default()
            },
        ),
        (
            1,
            CustomerDetails {
                email: "cida@padaria.example".into(),
                phone: "(11) 98888-0001".into(),
                ..CustomerDetails::default()
            },
        ),
    ] {
        let found = system.find_or_create_customer(&details).await.unwrap();
        assert_eq!(found.0, format!("003{who:012}"), "{details:?}");
    }
    assert!(!server.asked().iter().any(|asked| asked.method == "POST" && asked.path.ends_with("/Contact")));
    // Somebody new is made with everything that was told, and is found again by each of it.
    let new = CustomerDetails {
        name: "Rui d'Ávila Lima".into(),
        email: "o'rui@mercado.example".into(),
        phone: "(21) 3333-1111".into(),
        document: "11.222.333/0001-81".into(),
        ..CustomerDetails::default()
    };
    let made = system.find_or_create_customer(&new).await.unwrap();
    for details in [
        CustomerDetails { document: "11222333000181".into(), ..CustomerDetails::default() },
        CustomerDetails { email: new.email.clone(), ..CustomerDetails::default() },
        CustomerDetails { phone: new.phone.clone(), ..CustomerDetails::default() },
    ] {
        assert_eq!(system.find_or_create_customer(&details).await.unwrap(), made, "{details:?}");
    }
}

#[tokio::test]
async fn movidesk_knows_somebody_by_their_tax_number_and_has_old_tickets_in_the_past() {
    let clock = Clock::standing_at(at(0));
    let server = Server::start(fakes::of("movidesk"), clock.clone()).await;
    let later = |seconds| clock.set(clock.now().checked_add(std::time::Duration::from_secs(seconds)).unwrap());
    let whole = CustomerDetails { document: "123.456.789-09".into(), ..cida("1") };
    let made = server.system(&Means::new(clock.clone())).find_or_create_customer(&whole).await.unwrap();
    later(600);
    // One who has forgotten everything, and a customer who tells no more than this.
    let system = server.system(&Means::new(clock.clone()));
    let papers = CustomerDetails { document: "12345678909".into(), ..CustomerDetails::default() };
    assert_eq!(system.find_or_create_customer(&papers).await.unwrap(), made);

    let ticket = number(&server.open("Caixa 2").unwrap());
    system.append_action(&ticket, &action(EventKind::Start, session_id(1))).await.unwrap();
    later(100 * 86_400);
    let found = system.look_up(&ticket).await.unwrap().unwrap();
    assert_eq!((found.brief.number, found.brief.subject.as_str()), (ticket.clone(), "Caixa 2"));
    later(600);
    let marker = EventKind::Start.marker(session_id(1));
    assert_eq!(system.find_marker(Some(&ticket), &marker, at(0)).await.unwrap().unwrap().ticket, ticket);
    let paths: Vec<String> =
        server.asked().into_iter().map(|asked| asked.path).filter(|path| path.contains("past")).collect();
    assert_eq!(paths.len(), 2, "{paths:?}");
}

#[tokio::test]
async fn zendesk_leaves_whoever_is_there_as_they_are_whatever_a_customer_typed() {
    let (server, system) = served(fakes::of("zendesk")).await;
    // Somebody types an agent's address, in whatever letters: the ticket is theirs, and they stay what they are.
    for address in [fakes::ANA_THERE.to_owned(), fakes::ANA_THERE.to_uppercase()] {
        let posing = CustomerDetails { name: "Fulano".into(), email: address, ..CustomerDetails::default() };
        assert_eq!(system.find_or_create_customer(&posing).await.unwrap().0, "35436");
    }
    assert!(server.kept()["overwritten"].is_null(), "{}", server.kept());
    // And a customer who is known keeps their name.
    let made = system.find_or_create_customer(&cida("1")).await.unwrap();
    let anew = server.system(&Means::new(server.clock.clone()));
    let other = CustomerDetails { name: "Outro nome".into(), ..cida("1") };
    assert_eq!(anew.find_or_create_customer(&other).await.unwrap(), made);
    assert_eq!(server.kept()["users"][0]["name"], cida("1").name);
    // Nobody is made anything by us: what they are is Zendesk's to say.
    let told = server.asked().into_iter().filter(|asked| asked.path.ends_with("create_or_update.json"));
    assert!(told.into_iter().all(|asked| asked.json()["user"]["role"].is_null()));
}

/// A Zendesk to which we are this.
struct As(fakes::zendesk::Zendesk, &'static str);

impl Fake for As {
    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    fn settings(&self) -> Vec<(&'static str, &'static str)> {
        self.0.settings()
    }

    fn answer(&mut self, asked: &Asked, now: Timestamp) -> Reply {
        if asked.path.ends_with("/users/me.json") {
            return json(200, value!({ "user": { "id": null, "name": "Anonymous user", "role": self.1 } }));
        }
        self.0.answer(asked, now)
    }

    fn fields(&self, number: &str) -> serde_json::Value {
        self.0.fields(number)
    }

    fn tickets(&self) -> Vec<OnTicket> {
        self.0.tickets()
    }

    fn open(&mut self, subject: &str, now: Timestamp) -> Option<String> {
        self.0.open(subject, now)
    }
}

#[tokio::test]
async fn zendesk_says_that_all_is_well_to_somebody_it_does_not_know() {
    for (role, works) in [("end-user", false), ("agent", true), ("admin", true)] {
        let (_server, system) = served(Box::new(As(fakes::zendesk::Zendesk::default(), role))).await;
        assert_eq!(system.account().await.is_ok(), works, "{role}");
    }
}

#[tokio::test]
async fn a_note_for_the_team_is_not_written_where_redmine_would_show_it_to_everybody() {
    let (server, system) = served(Box::new(fakes::redmine::Redmine::that_shows_all())).await;
    let lacks = |told: Option<ReportError>| matches!(told, Some(ReportError::Rejected { refusal: Refusal::Rights, why }) if why.contains("Set notes as private"));
    assert!(lacks(system.account().await.err()), "the test button says so");
    let issue = number(&server.open("Caixa 2").unwrap());
    assert!(lacks(system.append_action(&issue, &action(EventKind::Start, session_id(1))).await.err()));
    assert_eq!(server.kept(), value!([]), "nothing was written");
    // What everybody may see is written.
    let typed = server.typed().into_iter().chain([("visibility".to_owned(), "public".to_owned())]).collect();
    let redmine = tickets::kind::of("redmine").unwrap();
    let public = (redmine.connect)(&redmine.parse(&typed).unwrap(), &Means::new(server.clock.clone())).unwrap();
    public.account().await.unwrap();
    public.append_action(&issue, &action(EventKind::Start, session_id(1))).await.unwrap();
    assert_eq!(server.kept()[0][1], false);
    // Once the right is given it goes on, without anything being saved or started anew.
    server.mend();
    system.append_action(&issue, &action(EventKind::End, session_id(1))).await.unwrap();
    assert_eq!(server.kept()[1][1], true);
    system.account().await.unwrap();
    // And is not asked about with every note.
    let calls = server.calls();
    system.append_action(&issue, &action(EventKind::End, session_id(2))).await.unwrap();
    assert_eq!(server.calls() - calls, 1);
}

#[tokio::test]
async fn a_ticket_in_glpis_bin_is_not_there() {
    let (server, system) = served(fakes::of("glpi")).await;
    let ticket = number(&server.open("Caixa 2").unwrap());
    assert!(system.look_up(&ticket).await.unwrap().is_some());
    server.bin(ticket.as_str());
    assert_eq!(system.look_up(&ticket).await.unwrap(), None);
    let found = system.find_marker(Some(&ticket), &EventKind::Start.marker(session_id(1)), at(0)).await;
    assert!(matches!(found, Err(ReportError::Rejected { refusal: Refusal::NoTicket, .. })), "{found:?}");
}

#[tokio::test]
async fn zendesks_key_of_an_earlier_attempt_with_other_words_is_a_reason_to_look_and_not_to_give_up() {
    let (server, system) = served(fakes::of("zendesk")).await;
    let requester = system.find_or_create_customer(&cida("1")).await.unwrap();
    let first = action(EventKind::Start, session_id(1));
    let new = |subject: &str| tickets::NewTicket {
        subject: subject.into(),
        requester: requester.clone(),
        owner: None,
        first: first.clone(),
        values: Default::default(),
        continues: None,
    };
    let ticket = system.open_ticket(&new("Nota")).await.unwrap().ticket;
    // Whatever has changed since: a text, the attendant's name, a field.
    let again = system.open_ticket(&new("Outra nota")).await;
    assert!(again.as_ref().is_err_and(ReportError::is_uncertain), "{again:?}");
    assert_eq!(system.find_marker(None, &first.marker, at(0)).await.unwrap().unwrap().ticket, ticket);
    assert_eq!(server.tickets().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_joined_is_opened_alone() {
    for kind in ["zendesk", "glpi"] {
        let (server, system) = served(fakes::of(kind)).await;
        let open = number(&server.open("Caixa 2").unwrap());
        for continues in [open, number("99999"), number("SUP-12")] {
            let requester = system.find_or_create_customer(&cida("1")).await.unwrap();
            let first = action(EventKind::Start, session_id(u32::try_from(server.tickets().len()).unwrap()));
            let continues = Some(continues);
            let new = tickets::NewTicket {
                subject: "Nota".into(),
                requester,
                owner: None,
                first,
                values: Default::default(),
                continues,
            };
            system.open_ticket(&new).await.unwrap();
        }
        assert_eq!(server.tickets().len(), 4, "{kind}");
    }
}
