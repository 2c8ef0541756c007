//! Logging in to Salesforce with a private key, and how a Case knows who asked.

#![allow(clippy::unwrap_used)]

extern crate amparo_tickets as tickets;

mod common;
mod fakes;

use std::{collections::BTreeMap, sync::Arc};

use common::{action, at, cida, session_id};
use fakes::{
    Fake, Server,
    salesforce::{Contact, KEY, Salesforce},
};
use serde_json::{Value, json};
use store::{CustomerDetails, EventKind};
use tickets::{
    NewTicket, Refusal, ReportError, TicketSystem,
    clock::Clock,
    event::{Action, Facts},
    kind::{self, Input, Means, Problem},
    mapping::Values,
};

async fn served(fake: impl Fake + 'static) -> (Server, Arc<dyn TicketSystem>) {
    let clock = Clock::standing_at(at(0));
    let server = Server::start(Box::new(fake), clock.clone()).await;
    let system = server.system(&Means::new(clock));
    (server, system)
}

fn logins(server: &Server) -> usize {
    server.asked().iter().filter(|asked| asked.path.ends_with("/oauth2/token")).count()
}

#[tokio::test]
async fn a_signed_assertion_logs_in_to_each_environment_and_its_token_is_kept_until_it_is_refused() {
    for audience in ["login", "test", "own"] {
        let (server, system) = served(Salesforce::by_key(audience, 0)).await;
        let account = system.account().await.unwrap();
        assert_eq!(account.name, "amparo@varanda.example", "{audience}");
        assert_eq!(logins(&server), 1, "{audience}");
        // A token of the fake's is good for five calls: the sixth is refused, and asked again with a new one.
        for _ in 0..4 {
            system.account().await.unwrap();
        }
        let calls = server.asked();
        assert_eq!(logins(&server), 2, "{audience}");
        assert_eq!(calls.len(), 10 + 2 + 1, "{audience}: two calls each, two logins, one refused");
        let sent: Vec<String> = calls.iter().map(|asked| String::from_utf8_lossy(&asked.body).into_owned()).collect();
        assert!(sent[0].contains("grant-type%3Ajwt-bearer") && !sent[0].contains("PRIVATE"), "{}", sent[0]);
    }
}

#[tokio::test]
async fn clocks_that_differ_cost_one_more_call_and_no_session() {
    for ahead in [-3600, -200, 170, 3600] {
        let (server, system) = served(Salesforce::by_key("login", ahead)).await;
        system.account().await.unwrap();
        assert_eq!(logins(&server), 2, "{ahead}");
    }
    for ahead in [-30, 60] {
        let (server, system) = served(Salesforce::by_key("login", ahead)).await;
        system.account().await.unwrap();
        assert_eq!(logins(&server), 1, "{ahead}");
    }
}

#[tokio::test]
async fn what_is_signed_for_somebody_else_or_by_another_key_does_not_log_in() {
    let clock = Clock::standing_at(at(0));
    let server = Server::start(Box::new(Salesforce::by_key("login", 0)), clock.clone()).await;
    let kind = kind::of("salesforce").unwrap();
    let other = include_str!("fakes/salesforce_other_key.pem");
    for (key, value) in
        [("audience", "test"), ("username", "outra@varanda.example"), ("client_id", "x"), ("private_key", other)]
    {
        let mut typed = server.typed();
        typed.insert(key.into(), value.into());
        let settings = kind.parse(&typed).unwrap();
        let system = (kind.connect)(&settings, &Means::new(clock.clone())).unwrap();
        let refused = system.account().await.unwrap_err();
        let ReportError::Rejected { refusal: Refusal::Credential, why } = &refused else {
            panic!("{key}: {refused:?}")
        };
        assert!(why.contains("invalid assertion") && !why.contains("eyJ"), "{key}: {why}");
    }
}

#[test]
fn each_way_of_logging_in_wants_what_it_needs_and_says_so_beside_the_field() {
    let kind = kind::of("salesforce").unwrap();
    let problems = |changes: &[(&str, &str)]| -> Vec<(&'static str, Problem)> {
        let mut typed: BTreeMap<String, String> =
            kind.fields().map(|field| (field.key.to_owned(), field.default.to_owned())).collect();
        typed.insert("base".into(), "https://varanda.my.salesforce.com".into());
        typed.insert("client_id".into(), "3MVG9".into());
        typed.extend(changes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        match kind.parse(&typed) {
            Err(problems) => problems,
            Ok(settings) => (kind.connect)(&settings, &Means::default()).err().unwrap_or_default(),
        }
    };
    assert_eq!(problems(&[]), [("client_secret", Problem::Missing)]);
    assert_eq!(problems(&[("client_secret", "s3cret-s3cret")]), []);
    let missing = [("username", Problem::Missing), ("private_key", Problem::Missing)];
    assert_eq!(problems(&[("flow", "jwt")]), missing);
    let good = [("flow", "jwt"), ("username", "a@b.example"), ("private_key", KEY)];
    assert_eq!(problems(&good), []);
    let rsa = KEY.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let public = KEY.replace("PRIVATE KEY", "CERTIFICATE");
    for key in ["abc", &rsa, &public, &KEY[..400], "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"] {
        let mut changed = good.to_vec();
        changed[2].1 = key;
        assert_eq!(problems(&changed), [("private_key", Problem::NotAKey)], "{key}");
    }
    let long = "x".repeat(30_000);
    assert_eq!(problems(&[good[0], good[1], ("private_key", &long)]), [("private_key", Problem::TooLong)]);
    assert_eq!(
        problems(&[("client_secret", "s"), ("document", "CPF__c' OR"), ("account_document", "1x")]),
        [("document", Problem::NotItsForm), ("account_document", Problem::NotItsForm)]
    );
    assert!(kind.fields().any(|field| field.input == Input::PrivateKey));
}

fn asks(details: &CustomerDetails, n: u32) -> Action {
    let facts = Facts { customer: details.clone(), ..Facts::default() };
    Action { facts, ..action(EventKind::Start, session_id(n)) }
}

async fn opened(server: &Server, system: &Arc<dyn TicketSystem>, details: &CustomerDetails) -> Value {
    let requester = system.find_or_create_customer(details).await.unwrap();
    let new = NewTicket {
        subject: "Nota".into(),
        requester,
        owner: None,
        first: asks(details, 1),
        values: Values::new(),
        continues: None,
    };
    system.open_ticket(&new).await.unwrap();
    let asked = server.asked();
    let of_cases = |asked: &&fakes::Asked| asked.method == "POST" && asked.path.ends_with("/sobjects/Case");
    asked.iter().rfind(of_cases).unwrap().json()
}

#[tokio::test]
async fn a_case_says_who_asked_as_they_told_it_beside_who_they_were_found_to_be() {
    let known = Contact {
        id: "003000000000007".into(),
        name: "Aparecida N.".into(),
        email: cida("1").email,
        phone: String::new(),
        mobile: String::new(),
        document: String::new(),
    };
    let (server, system) = served(Salesforce::of(false, vec![known])).await;
    let details = CustomerDetails { phone: format!("(11) {}", "5".repeat(60)), ..cida("1") };
    let case = opened(&server, &system, &details).await;
    assert_eq!(case["ContactId"], "003000000000007");
    let supplied =
        ["SuppliedName", "SuppliedEmail", "SuppliedCompany"].map(|name| case[name].as_str().unwrap().to_owned());
    assert_eq!(supplied, ["Cida Nogueira".to_owned(), cida("1").email, "Padaria Aurora".to_owned()]);
    assert_eq!(case["SuppliedPhone"].as_str().unwrap().chars().count(), 40, "as long as Salesforce takes it");
    assert_eq!((&case["Origin"], &case["Status"]), (&json!("Web"), &json!("New")));

    // An organisation that does not let us see these fields gets the Case without them.
    let (server, system) = served(Salesforce::without_supplied()).await;
    let case = opened(&server, &system, &cida("2")).await;
    assert!(case["SuppliedEmail"].is_null() && case["ContactId"].is_string(), "{case}");
    assert_eq!(server.tickets().len(), 1);
}

#[tokio::test]
async fn a_company_is_known_by_its_tax_number_and_its_people_are_made_under_it() {
    let account = "001000000000001";
    for written in ["11222333000181", "11.222.333/0001-81"] {
        let (server, system) = served(Salesforce::with_account(account, written)).await;
        let only_number = CustomerDetails { document: "11.222.333/0001-81".into(), ..CustomerDetails::default() };
        let case = opened(&server, &system, &only_number).await;
        assert_eq!((&case["AccountId"], &case["ContactId"]), (&json!(account), &Value::Null), "{written}");
        let open = system.open_tickets(&only_number).await.unwrap();
        assert_eq!(open.len(), 1, "{written}");

        let person = CustomerDetails { document: only_number.document.clone(), ..cida("1") };
        let case = opened(&server, &system, &person).await;
        assert!(case["ContactId"].is_string() && case["AccountId"].is_null(), "{case}");
        let asked = server.asked();
        let made =
            asked.iter().find(|asked| asked.method == "POST" && asked.path.ends_with("/Contact")).unwrap().json();
        assert_eq!((&made["AccountId"], &made["CPF__c"]), (&json!(account), &Value::Null), "{made}");
    }
}
