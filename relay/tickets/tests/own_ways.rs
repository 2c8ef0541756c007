//! What only one ticketing system does: how it ends a list, what it keeps of a session, how it knows a customer again.

#![allow(clippy::unwrap_used)]

extern crate amparo_tickets as tickets;

mod common;
mod fakes;

use std::sync::Arc;

use common::{action, at, cida, session_id};
use fakes::{
    Asked, Fake, OnTicket, Reply, Server, json,
    salesforce::Salesforce,
};
use jiff::Timestamp;
use protocol::id::TicketNumber;
use serde_json::json as value;
use store::EventKind;
use tickets::{Cause, ReportError, TicketSystem, clock::Clock, kind::Means};

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
    let new = tickets::NewTicket { subject: "Nota".into(), requester, owner: None, first };
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
