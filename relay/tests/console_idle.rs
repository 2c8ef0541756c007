//! A login that nobody uses is over, whatever a page that is left open asks by itself.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use std::time::Duration;

use amparo_relay::{
    config::{Config, FirstStart},
    relay::{Relay, Running},
};
use axum::{
    body::{Body, BodyDataStream},
    http::{Method, StatusCode},
};
use console_support::*;
use futures::StreamExt;
use jiff::SignedDuration;
use tickets::clock::Clock;

/// A relay whose clock stands, with Ana.
async fn office() -> (Running, Clock, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path(), "127.0.0.1:0".parse().unwrap());
    let clock = Clock::standing_at("2026-11-21T14:00:00Z".parse().unwrap());
    config.clock = clock.clone();
    config.first = FirstStart { company: "Varanda Sistemas".to_owned(), ..FirstStart::default() };
    let relay = Relay::start(config).await.unwrap();
    operator(&relay.shared, relay.shared.first_tenant, "ana", EVERYTHING).await;
    (relay, clock, folder)
}

fn pass(clock: &Clock, minutes: i64) {
    clock.set(clock.now() + SignedDuration::from_mins(minutes));
}

async fn live(browser: &Browser, path: &str) -> BodyDataStream {
    let request = browser.request(Method::GET, path).header("sec-fetch-site", "same-origin");
    let answer = browser.open(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.into_body().into_data_stream()
}

/// Reads the stream to its end.
async fn rest(mut stream: BodyDataStream) -> String {
    let mut heard = String::new();
    let read = async {
        while let Some(piece) = stream.next().await {
            heard.push_str(&String::from_utf8_lossy(&piece.unwrap()));
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("the stream ends with the login");
    heard
}

/// What a page asks by itself.
async fn by_itself(browser: &mut Browser, path: &str) -> Answer {
    let request = browser.request(Method::GET, path).header("x-amparo-by-itself", "1").header("hx-request", "true");
    browser.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_left_open_is_logged_out_after_half_an_hour_and_says_why() {
    let (relay, clock, _folder) = office().await;
    let shared = &relay.shared;
    let mut ana = Browser::new(shared);
    ana.log_in("ana", PASSWORD).await;
    let (page, news) = (live(&ana, "/live").await, live(&ana, "/live?only=news").await);
    // A person's requests keep it …
    for _ in 0..3 {
        pass(&clock, 20);
        assert_eq!(ana.get("/tickets").await.status, StatusCode::OK);
    }
    // … and nothing else does.
    pass(&clock, 20);
    drop(live(&ana, "/live").await);
    assert_eq!(by_itself(&mut ana, "/audit").await.status, StatusCode::OK);
    pass(&clock, 11);
    for stream in [page, news] {
        let heard = rest(stream).await;
        assert!(heard.contains("event: over\ndata: idle"), "{heard}");
    }
    assert_eq!(ana.get("/tickets").await.location(), "/login?over=idle");
    let login = ana.get("/login?over=idle").await.body;
    assert!(login.contains("mais de 30 minutos"), "{login}");
    let refused = by_itself(&mut ana, "/audit").await;
    assert_eq!(refused.headers["hx-redirect"], "/login?over=idle");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_when_the_login_was_idle_is_sent_behind_a_new_one() {
    let (relay, clock, _folder) = office().await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let csrf = ana.csrf().await;
    pass(&clock, 31);
    let own = format!("https://{}", ana.host);
    let typed = [("title", "Saudação"), ("text", "Bom dia, como posso ajudar?"), ("_csrf", csrf.as_str())];
    let answer = ana.post_bare("/answers", &typed, &[("origin", &own), ("sec-fetch-site", "same-origin")]).await;
    assert!(answer.body.contains("name=\"password\"") && !answer.body.contains("Bom dia"), "{}", answer.body);
    assert!(relay.shared.store.canned_answers(relay.shared.first_tenant).await.unwrap().is_empty());
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_was_ended_is_not_called_idle() {
    let (relay, clock, _folder) = office().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    let mut ana = Browser::new(shared);
    ana.log_in("ana", PASSWORD).await;
    let user = shared.accounts.list(tenant).await.unwrap().pop().unwrap().operator;
    shared.accounts.logout(&user).await.unwrap();
    pass(&clock, 40);
    assert_eq!(ana.get("/tickets").await.location(), "/login?over=1");
    relay.shutdown().await.unwrap();
}
