//! Being told when a ticket's requester has the program open: once, by whom it concerns, and not for ever.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;
mod smtp;

use std::time::{Duration, Instant};

use axum::{body::Body, http::StatusCode};
use console_support::*;
use futures::StreamExt;
use protocol::{id::TicketNumber, message::directory::FieldKey};
use smtp::Receiver;
use store::{Notice, TicketOf};

async fn office() -> (amparo_relay::relay::Running, tempfile::TempDir, Browser, Browser) {
    let (relay, folder) = relay().await;
    let tenant = relay.shared.first_tenant;
    operator(&relay.shared, tenant, "ana@varanda.example", ATTENDS).await;
    operator(&relay.shared, tenant, "bruno", EVERYTHING).await;
    let (mut ana, mut bruno) = (Browser::new(&relay.shared), Browser::new(&relay.shared));
    ana.log_in("ana@varanda.example", PASSWORD).await;
    bruno.log_in("bruno", PASSWORD).await;
    let opened = [("subject", "Nota"), ("name", "Cida <i>N</i>"), ("email", "cida@a.example")];
    assert_eq!(ana.post("/tickets", &opened).await.location(), "/tickets/1001");
    (relay, folder, ana, bruno)
}

async fn open(relay: &amparo_relay::relay::Running) -> Vec<Notice> {
    let of = TicketOf::desk(TicketNumber::new("1001").unwrap());
    let of = Some((relay.shared.first_tenant, &of));
    relay.shared.store.open_notices(of, jiff::Timestamp::now()).await.unwrap()
}

/// Waits until nobody waits any more.
async fn told(relay: &amparo_relay::relay::Running) {
    let begun = Instant::now();
    while !open(relay).await.is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "nobody is told");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What a new live stream says until it shows the customers' list and what comes with it.
async fn stream(browser: &Browser, wanted: &str) -> String {
    let host = format!("https://{}", browser.host);
    let request = browser
        .request(axum::http::Method::GET, "/live")
        .header("origin", &host)
        .header("sec-fetch-site", "same-origin")
        .body(Body::empty())
        .unwrap();
    let mut chunks = browser.open(request).await.into_body().into_data_stream();
    let mut heard = String::new();
    let listening = async {
        while !heard.contains(wanted) {
            heard.push_str(std::str::from_utf8(&chunks.next().await.unwrap().unwrap()).unwrap());
        }
    };
    tokio::time::timeout(Duration::from_secs(20), listening).await.expect("what was wanted is said");
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_is_told_once_when_the_requester_comes_and_nobody_else_is() {
    let (relay, _folder, mut ana, bruno) = office().await;
    assert!(ana.get("/tickets/1001").await.body.contains("/tickets/1001/notices"));
    for _ in 0..2 {
        assert_eq!(ana.post("/tickets/1001/notices", &[]).await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(open(&relay).await.len(), 1, "asked twice is asked once");
    let stranger = Customer::wait(&relay.shared, &[(FieldKey::Name, "Rosa")]).await;
    stream(&ana, "event: news").await;
    assert_eq!(open(&relay).await.len(), 1, "somebody else came");
    let customer = Customer::wait(&relay.shared, &[(FieldKey::Email, "CIDA@a.example")]).await;
    told(&relay).await;
    let heard = stream(&ana, "event: ready").await;
    let said = heard.split("event: ready").nth(1).unwrap();
    assert!(said.contains("\"ticket\":\"1001\"") && said.contains(&customer.registered.id.to_string()), "{said}");
    assert!(!said.contains(&stranger.registered.id.to_string()));
    assert!(!stream(&bruno, "event: beat").await.contains("event: ready"), "it is nobody else's");
    customer.leave().await;
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_is_told_at_once_and_the_attendant_by_mail() {
    let (relay, _folder, mut ana, mut bruno) = office().await;
    let receiver = Receiver::plain().await;
    let port = receiver.port.to_string();
    let server = [("host", "127.0.0.1"), ("port", port.as_str()), ("tls", "none"), ("from", "s@varanda.example")];
    assert_eq!(bruno.post("/mail", &server).await.location(), "/mail?saved");
    ana.post("/tickets/1001/notices", &[]).await;
    let page = ana.clone();
    let listening = tokio::spawn(async move { stream(&page, "event: ready").await });
    let _customer = Customer::wait(&relay.shared, &[(FieldKey::Email, "cida@a.example")]).await;
    assert!(listening.await.unwrap().contains("\"ticket\":\"1001\""));
    let begun = Instant::now();
    while receiver.letters().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "no letter");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let letter = &receiver.letters()[0];
    assert!(letter.contains("ana@varanda.example") && letter.contains("/tickets/1001"), "{letter}");
    assert_eq!(receiver.letters().len(), 1);
    assert!(!ana.get("/tickets/1001").await.body.contains("Enviada por e-mail"), "it is no answer");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_was_taken_back_or_whose_ticket_is_closed_tells_nobody() {
    let (relay, _folder, mut ana, mut bruno) = office().await;
    ana.post("/tickets/1001/notices", &[]).await;
    bruno.post("/tickets/1001/notices", &[]).await;
    let of = |name: &str, all: &[Notice]| all.iter().find(|n| n.operator_name == name).map(|n| n.id).unwrap();
    let all = open(&relay).await;
    let (anas, brunos) = (of("ANA@VARANDA.EXAMPLE", &all), of("BRUNO", &all));
    let page = ana.get("/tickets/1001").await.body;
    assert!(page.contains(&format!("/notices/{anas}/cancel")) && !page.contains(&format!("/notices/{brunos}/cancel")));
    assert_eq!(ana.post(&format!("/tickets/1001/notices/{brunos}/cancel"), &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(bruno.post(&format!("/tickets/1001/notices/{anas}/cancel"), &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(bruno.post(&format!("/tickets/1001/notices/{anas}/cancel"), &[]).await.status, StatusCode::NOT_FOUND);
    bruno.post("/tickets/1001/change", &[("status", "closed")]).await;
    assert!(open(&relay).await.is_empty(), "a closed ticket waits for nobody");
    assert_eq!(ana.post("/tickets/1001/notices", &[]).await.status, StatusCode::BAD_REQUEST);
    let _customer = Customer::wait(&relay.shared, &[(FieldKey::Email, "cida@a.example")]).await;
    stream(&ana, "event: news").await;
    let since = jiff::Timestamp::UNIX_EPOCH;
    for user in relay.shared.accounts.list(relay.shared.first_tenant).await.unwrap() {
        let came = relay.shared.store.came_notices(relay.shared.first_tenant, user.operator.id, since).await.unwrap();
        assert!(came.is_empty());
    }
    let audit = relay.shared.store.audit_list(relay.shared.first_tenant, 50).await.unwrap();
    for what in ["notice.asked", "notice.cancelled"] {
        assert!(audit.iter().any(|line| line.what == what), "{what}");
    }
    relay.shutdown().await.unwrap();
}
