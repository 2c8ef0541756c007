//! What an operator has to go by: whether the server is well, and the number of a request in its answer and in the log.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use std::{
    collections::HashSet,
    io::Write,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use console_support::*;

#[derive(Clone)]
struct Tee(Arc<Mutex<Vec<u8>>>);

impl Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The log of this process as `amparo-relay` writes it, without colours.
fn log() -> &'static Tee {
    static LOG: OnceLock<Tee> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Tee(Arc::default());
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::DEBUG)
            .with_writer(move || writer.clone())
            .try_init()
            .expect("no other test of this process logs");
        log
    })
}

fn lines_with(text: &str) -> Vec<String> {
    let log = log().0.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&log).lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
}

fn number_of(answer: &Answer) -> String {
    let numbers: Vec<_> = answer.headers.get_all("x-request-id").iter().collect();
    assert_eq!(numbers.len(), 1, "one number an answer");
    let number = numbers[0].to_str().unwrap().to_owned();
    assert!(number.len() == 16 && number.bytes().all(|b| b.is_ascii_hexdigit()), "{number}");
    number
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_a_number_of_its_own_that_is_in_the_log_with_the_route_and_no_secret() {
    log();
    let (relay, _folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", ATTENDS).await;
    let mut browser = Browser::new(&relay.shared);
    assert_eq!(browser.log_in("ana", PASSWORD).await.status, StatusCode::SEE_OTHER);
    let asked = [
        (200, "/", "/"),
        (200, "/healthz", "/healthz"),
        (404, "/nothing", "none"),
        (403, "/users", "/users"),
        (410, "/setup/0123456789abcdef0123456789abcdef", "/setup/{token}"),
        (401, "/api/v1/me", "/api/v1/me"),
        (404, "/api/v1/nothing", "/api/{*rest}"),
        (403, "/live", "/live"),
    ];
    let mut numbers = HashSet::new();
    for (status, path, route) in asked {
        let answer = browser.get(path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        let number = number_of(&answer);
        let lines = lines_with(&format!("request{{id=\"{number}\"}}"));
        let told = lines.iter().filter(|l| l.contains("answered") && l.contains(&format!("route=\"{route}\""))).count();
        assert_eq!(told, 1, "{path}: {lines:?}");
        assert!(numbers.insert(number), "{path}: a number that another request has");
    }
    assert!(lines_with("0123456789abcdef0123456789abcdef").is_empty(), "a path is not in the log");

    // What a request brings along is neither told back nor written down.
    for brought in ["deadbeefdeadbeef", "", "x\ty", &"9".repeat(4_000)] {
        let request = browser.request(Method::GET, "/login").header("x-request-id", brought).body(Body::empty());
        assert_ne!(number_of(&browser.send(request.unwrap()).await), brought);
    }
    assert!(lines_with("deadbeefdeadbeef").is_empty());
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_records_cannot_be_read_the_server_is_not_well_and_the_log_says_for_which_request() {
    log();
    let (relay, _folder) = relay().await;
    let (mut balancer, mut browser) = (Browser::new(&relay.shared), Browser::new(&relay.shared));
    let well = balancer.get("/healthz").await;
    assert_eq!((well.status, well.body.as_str()), (StatusCode::OK, "ok\n"));
    operator(&relay.shared, relay.shared.first_tenant, "ana", ATTENDS).await;
    browser.log_in("ana", PASSWORD).await;

    relay.shared.store.close().await;
    let ill = balancer.get("/healthz").await;
    assert_eq!((ill.status, ill.body.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "the records cannot be read\n"));
    let page = browser.get("/").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    let lines = lines_with(&number_of(&page));
    assert!(lines.len() > 1, "why it failed is told beside the number, not only that it did: {lines:?}");
    // It stops all the same; whether its last words could be written is not asked here.
    let _ = relay.shutdown().await;
}
