//! Who an attendant is in another system: named by the company or found by e-mail address, and left out without harm when that does not work.

#![allow(clippy::unwrap_used)]

extern crate amparo_tickets as tickets;

mod common;
mod fakes;

use std::{collections::BTreeMap, sync::Arc};

use common::{ANA, action, at, cida, session_id};
use fakes::{ANA_THERE, Server};
use protocol::id::TicketNumber;
use serde_json::{Value, json};
use store::EventKind;
use tickets::{
    NewTicket, Owner, TicketSystem,
    clock::Clock,
    event::Action,
    kind::{self, Means},
    mapping::Values,
};

type Sample = (&'static str, Value, &'static str, &'static str, bool, &'static str);

/// Of each kind: who somebody is there, where that stands when a ticket is opened, where when an action is added, whether our credential finds
/// people by their address, and somebody who is not there.
fn samples() -> Vec<Sample> {
    vec![
        ("movidesk", json!("agente-ana"), "/actions/0/createdBy/id", "/actions/0/createdBy/id", true, "ninguem"),
        ("salesforce", json!("005000000000001AAA"), "/OwnerId", "/OwnerId", true, "005000000000009AAA"),
        ("zendesk", json!(35436), "/ticket/comment/author_id", "/ticket/comment/author_id", true, "99"),
        ("zammad", json!(5), "/article/origin_by_id", "/origin_by_id", true, "99"),
        ("glpi", json!(77), "/input/_users_id_assign", "/input/users_id", true, "99"),
        ("rt", json!("ana"), "/Owner", "", true, ""),
        ("redmine", json!(5), "/issue/assigned_to_id", "", false, "99"),
        ("webhook", json!("ana-1"), "/data/attendant_id", "/data/attendant_id", false, ""),
    ]
}

fn text(person: &Value) -> String {
    person.as_str().map_or_else(|| person.to_string(), str::to_owned)
}

struct Tried {
    server: Server,
    system: Arc<dyn TicketSystem>,
    clock: Clock,
    email: &'static str,
}

impl Tried {
    async fn new(kind: &str, given: Option<&str>, email: &'static str) -> Self {
        let clock = Clock::standing_at(at(0));
        let server = Server::start(fakes::of(kind), clock.clone()).await;
        let people: BTreeMap<_, _> = given.map(|there| (ANA, there.to_owned())).into_iter().collect();
        let system = server.reached_by(&Means::new(clock.clone()), |settings| settings.with_people(people)).system;
        Self { server, system, clock, email }
    }

    fn action(&self, kind: EventKind) -> Action {
        let author = Owner { operator: ANA, name: "Ana Ribeiro".into(), email: self.email.into() };
        Action { author: Some(author), ..action(kind, session_id(1)) }
    }

    async fn opened(&self) -> TicketNumber {
        let requester = self.system.find_or_create_customer(&cida("1")).await.unwrap();
        let first = self.action(EventKind::Start);
        let owner = first.author.clone();
        let new = NewTicket { subject: "Nota".into(), requester, owner, first, values: Values::new(), continues: None };
        let ticket = self.system.open_ticket(&new).await.unwrap().ticket;
        self.clock.set(self.clock.now().checked_add(std::time::Duration::from_secs(900)).unwrap());
        ticket
    }

    async fn appended(&self, ticket: &TicketNumber) {
        self.system.append_action(ticket, &self.action(EventKind::End)).await.unwrap();
        self.clock.set(self.clock.now().checked_add(std::time::Duration::from_secs(900)).unwrap());
    }

    /// What stood there in each call that named somebody, or was the last of its kind.
    fn named(&self, pointer: &str) -> Vec<Value> {
        self.server.asked().iter().filter_map(|asked| asked.json().pointer(pointer).cloned()).collect()
    }

    fn texts(&self) -> usize {
        self.server.tickets().iter().map(|ticket| ticket.texts.len()).sum()
    }
}

#[tokio::test]
async fn every_kind_names_whoever_the_company_says() {
    let samples = samples();
    for kind in kind::KINDS {
        let (_, person, opening, appending, ..) =
            samples.iter().find(|sample| sample.0 == kind.name).unwrap_or_else(|| panic!("no sample of {}", kind.name));
        assert!(kind.people.takes(&text(person)), "{}", kind.name);
        let tried = Tried::new(kind.name, Some(&text(person)), "").await;
        let ticket = tried.opened().await;
        assert_eq!(tried.named(opening), std::slice::from_ref(person), "{}", kind.name);
        tried.appended(&ticket).await;
        if !appending.is_empty() {
            assert_eq!(tried.named(appending).last(), Some(person), "{}", kind.name);
        }
        assert_eq!(tried.texts(), 2, "{}", kind.name);
    }
}

#[tokio::test]
async fn who_is_not_named_is_found_by_their_address_once_where_the_system_can_look_for_people() {
    for (kind, person, opening, appending, finds, _) in samples() {
        let tried = Tried::new(kind, None, ANA_THERE).await;
        let ticket = tried.opened().await;
        let calls = tried.server.calls();
        tried.appended(&ticket).await;
        let found: Vec<Value> = if finds { vec![person.clone()] } else { Vec::new() };
        assert_eq!(tried.named(opening).first(), found.first(), "{kind}");
        if !appending.is_empty() {
            assert_eq!(tried.named(appending).last(), found.last(), "{kind}");
        }
        assert_eq!(tried.texts(), 2, "{kind}");
        let again = tried.server.asked_since(calls);
        // Who we are ourselves is another question.
        let looked = |asked: &&fakes::Asked| {
            format!("{asked:?}").contains("ana@varanda")
                || (asked.path.contains("users") && !asked.path.ends_with("/current.json"))
        };
        assert_eq!(again.iter().filter(looked).count(), 0, "{kind}: it was known already");

        // Somebody else's address is nobody's there; nothing is asked where none is known.
        let stranger = Tried::new(kind, None, "outra@varanda.example").await;
        let ticket = stranger.opened().await;
        stranger.appended(&ticket).await;
        assert_eq!((stranger.named(opening), stranger.texts()), (Vec::new(), 2), "{kind}");
        let without = Tried::new(kind, None, "").await;
        let ticket = without.opened().await;
        without.appended(&ticket).await;
        assert_eq!((without.named(opening), without.texts()), (Vec::new(), 2), "{kind}");
        assert!(without.server.calls() <= stranger.server.calls(), "{kind}");
    }
}

#[tokio::test]
async fn somebody_whom_the_system_does_not_take_is_left_out_and_everything_is_told_once() {
    for (kind, _, opening, appending, _, nobody) in samples() {
        if nobody.is_empty() {
            continue;
        }
        let tried = Tried::new(kind, Some(nobody), "").await;
        let ticket = tried.opened().await;
        assert_eq!(tried.named(opening).len(), 1, "{kind}: tried once");
        tried.appended(&ticket).await;
        assert_eq!(tried.texts(), 2, "{kind}");
        let named = tried.named(opening).len() + if appending == opening { 0 } else { tried.named(appending).len() };
        assert!(appending.is_empty() || named == 1, "{kind}: it is not tried again at once: {named}");
    }
}

#[tokio::test]
async fn redmine_writes_public_notes_as_the_attendant_when_our_key_may_and_private_ones_never() {
    for (administers, public, given, named) in [
        (true, true, None, Some("ana")),
        (true, true, Some("5"), Some("ana")),
        (true, false, Some("5"), None),
        (false, true, Some("5"), None),
        // Somebody who has left is tried, and the note is told as ours.
        (true, true, Some("6"), Some("leaver")),
    ] {
        let clock = Clock::standing_at(at(0));
        let fake = if administers { fakes::redmine::Redmine::by_an_administrator() } else { Default::default() };
        let server = Server::start(Box::new(fake), clock.clone()).await;
        let mut typed = server.typed();
        typed.insert("visibility".into(), if public { "public" } else { "internal" }.into());
        let kind = kind::of("redmine").unwrap();
        let people = given.map(|there: &str| (ANA, there.to_owned())).into_iter().collect();
        let settings = kind.parse(&typed).unwrap().with_people(people);
        let system = (kind.connect)(&settings, &Means::new(clock.clone())).unwrap();
        let tried = Tried { server, system, clock, email: ANA_THERE };
        let ticket = TicketNumber::new(&tried.server.open("Caixa 2").unwrap()).unwrap();
        tried.appended(&ticket).await;
        let asked = tried.server.asked();
        let switched = asked.iter().map(|asked| asked.header("x-redmine-switch-user")).find(|login| !login.is_empty());
        assert_eq!(switched, named, "{administers} {public} {given:?}");
        // Once, after the description that the issue had from the beginning.
        assert_eq!(tried.texts(), 2, "{administers} {public} {given:?}");
    }
}

#[test]
fn a_person_is_written_as_the_system_writes_people() {
    for (kind, wrong) in [
        ("salesforce", vec!["ana", "0050000", "006000000000001AAA", ""]),
        ("zendesk", vec!["ana", "-1", "1 2", "a b@c.example", ""]),
        ("zammad", vec!["ana", ""]),
        ("glpi", vec!["ana", ""]),
        ("redmine", vec!["ana", ""]),
        ("movidesk", vec!["", "a b"]),
        ("rt", vec!["", "a\nb"]),
        ("webhook", vec!["", "a\u{0}b"]),
    ] {
        let persons = kind::of(kind).unwrap().people;
        for text in wrong {
            assert!(!persons.takes(text), "{kind}: {text:?}");
        }
        assert!(!persons.takes(&"1".repeat(201)), "{kind}");
        assert_eq!(
            persons.takes("ana@varanda.example"),
            persons.by_email || ["rt", "webhook"].contains(&kind),
            "{kind}"
        );
    }
}
