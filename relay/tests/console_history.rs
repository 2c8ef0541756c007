//! The history: its filters, its files, and whose sessions they hold.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;
#[path = "console_support/copies.rs"]
mod copies;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use amparo_relay::{account::Operator, relay::Shared};
use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use console_support::*;
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::{AppId, DeviceId, SessionId},
    message::{
        ShownText,
        directory::{Field, FieldKey},
        grant::Grants,
        pairing::CloseReason,
        ticket::TicketChoice,
    },
};
use rustls_pki_types::ServerName;
use store::{App, Ended, NewSession, Staff, Started};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Noon of the company's 21st of November.
const NOON: &str = "2026-11-21T15:00:00Z";

struct Made<'a> {
    n: u8,
    app: AppId,
    who: &'a Operator,
    customer: &'a str,
    /// Days after the 21st.
    day: i64,
    minutes: i64,
    why: CloseReason,
}

async fn session(shared: &Shared, made: Made<'_>) {
    let noon: Timestamp = NOON.parse().unwrap();
    let (id, at) = (SessionId::from_bytes([made.n; 16]), noon + SignedDuration::from_hours(24 * made.day));
    let new = NewSession {
        id,
        tenant: shared.first_tenant,
        app: made.app,
        device: DeviceId::from_entropy(u64::from(made.n) * 77_777_777),
        fields: vec![Field { key: FieldKey::Name, value: ShownText::lossy(made.customer) }],
        attendant: made.who.id,
        attendant_name: made.who.name.clone(),
        ticket: TicketChoice::OpenNew { subject: ShownText::default() },
        dialled_at: at,
    };
    shared.store.open_session(&new).await.unwrap();
    if made.why != CloseReason::Refused {
        let started = Started { granted: Grants::CONTROL, attendant_name: String::new(), at };
        shared.store.start_session(id, &started, at).await.unwrap();
    }
    let over = at + SignedDuration::from_mins(made.minutes);
    shared.store.end_session(id, &Ended { why: made.why, at: over, reconnects: 0 }, over).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_filtered_and_its_files_hold_what_the_filters_find_and_nothing_out_of_reach() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    let tenant = shared.first_tenant;
    operator(shared, tenant, "chefe", EVERYTHING).await;
    operator(shared, tenant, "ana", ATTENDS).await;
    let users = shared.accounts.list(tenant).await.unwrap();
    let who = |login: &str| &users.iter().find(|u| u.operator.login == login).unwrap().operator;
    let (chief, ana) = (who("chefe"), who("ana"));
    let first = shared.store.apps(tenant).await.unwrap()[0].id;
    let fiscal = AppId::from_bytes([60; 16]);
    let staff = Staff { everyone: false, administrators: Vec::new(), attendants: vec![chief.id] };
    let app = App { staff, ..App::new(fiscal, tenant, "Fiscal", "Varanda", "", Timestamp::now()) };
    amparo_relay::apps::add(&*shared.store, app).await.unwrap();
    shared.apps.changed(tenant);
    for (n, app, who, customer, day, minutes, why) in [
        (1, first, ana, "Alberto", 0, 5, CloseReason::EndedByCustomer),
        (2, first, chief, "=Beatriz()", 1, 40, CloseReason::EndedByAttendant),
        (3, first, ana, "Carla", 2, 0, CloseReason::Refused),
        (4, fiscal, chief, "Dario", 3, 20, CloseReason::EndedByCustomer),
    ] {
        session(shared, Made { n, app, who, customer, day, minutes, why }).await;
    }
    let mut b = Browser::new(shared);
    b.log_in("chefe", PASSWORD).await;
    let (ana_id, fiscal_id) = (ana.id.to_string(), fiscal.to_string());
    let names = ["Alberto", "Beatriz", "Carla", "Dario"];
    let found = |text: &str| names.iter().filter(|n| text.contains(**n)).map(|n| &n[..1]).collect::<String>();
    for (filter, expected) in [
        (String::new(), "ABCD"),
        ("from=2026-11-22&to=2026-11-22".to_owned(), "B"),
        ("from=2026-11-22".to_owned(), "BCD"),
        ("to=2026-11-22".to_owned(), "AB"),
        (format!("attendant={ana_id}"), "AC"),
        (format!("app={fiscal_id}"), "D"),
        ("result=ended_by_customer".to_owned(), "AD"),
        ("result=refused".to_owned(), "C"),
        ("min=10".to_owned(), "BD"),
        ("min=10&max=30".to_owned(), "D"),
        (format!("app={first}&result=ended_by_customer&q=alb"), "A"),
        ("q=nobody".to_owned(), ""),
    ] {
        for path in ["/history", "/history.csv", "/history.json"] {
            let got = b.get(&format!("{path}?{filter}")).await;
            assert_eq!((got.status, found(&got.body).as_str()), (StatusCode::OK, expected), "{path} {filter}");
        }
    }
    let csv = b.get("/history.csv").await;
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    assert!(csv.body.starts_with('\u{feff}') && csv.body.lines().count() == 5, "{}", csv.body);
    assert!(csv.body.contains("\"'=Beatriz()\";"), "what a customer typed is no formula");
    let json: serde_json::Value = serde_json::from_str(&b.get("/history.json").await.body).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 4);
    assert_eq!((json[0]["app"].as_str(), json[0]["duration_s"].as_u64()), (Some("Fiscal"), Some(1200)));
    let none: serde_json::Value = serde_json::from_str(&b.get("/history.json?q=nobody").await.body).unwrap();
    assert_eq!(none, serde_json::json!([]));

    for wrong in ["from=ontem", "from=2026-11-22&to=2026-11-21", "min=x", "max=99999", "result=sure", "attendant=x"] {
        let shown = b.get(&format!("/history?{wrong}")).await.body;
        assert!(shown.contains("aria-invalid") && shown.contains("role=\"alert\""), "{wrong}");
        assert_eq!(b.get(&format!("/history.csv?{wrong}")).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }

    // Who does not attend Fiscal finds nothing of it, whatever is asked.
    let mut b = Browser::new(shared);
    b.log_in("ana", PASSWORD).await;
    for path in ["/history", "/history.csv", "/history.json"] {
        assert_eq!(found(&b.get(path).await.body), "ABC", "{path}");
        assert_eq!(found(&b.get(&format!("{path}?app={fiscal_id}")).await.body), "", "{path}");
    }
    assert!(!b.get("/history").await.body.contains("Fiscal"));
    let audit = shared.store.audit_list(tenant, 100).await.unwrap();
    let exports: Vec<_> = audit.iter().filter(|line| line.what == "history.exported").collect();
    assert!(exports.iter().any(|line| line.who == "ANA") && exports.iter().any(|line| line.subject == "min=10"));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_more_sessions_than_are_read_at_once_holds_each_of_them_once() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    let tenant = shared.first_tenant;
    operator(shared, tenant, "chefe", EVERYTHING).await;
    let chief = shared.accounts.list(tenant).await.unwrap()[0].operator.clone();
    let app = shared.store.apps(tenant).await.unwrap()[0].id;
    for n in 0..1001_u32 {
        let new = NewSession {
            id: SessionId::from_bytes(std::array::from_fn(|i| n.to_be_bytes()[i % 4])),
            tenant,
            app,
            device: DeviceId::from_entropy(u64::from(n) * 77_777_777),
            fields: Vec::new(),
            attendant: chief.id,
            attendant_name: chief.name.clone(),
            ticket: TicketChoice::OpenNew { subject: ShownText::default() },
            dialled_at: NOON.parse().unwrap(),
        };
        shared.store.open_session(&new).await.unwrap();
    }
    let mut b = Browser::new(shared);
    b.log_in("chefe", PASSWORD).await;
    let json: serde_json::Value = serde_json::from_str(&b.get("/history.json").await.body).unwrap();
    let mut numbers: Vec<_> = json.as_array().unwrap().iter().map(|s| s["protocol"].to_string()).collect();
    numbers.sort();
    numbers.dedup();
    assert_eq!((json.as_array().unwrap().len(), numbers.len()), (1001, 1001));
    // Both pages of the list say what the file holds, all of it.
    let first = b.get("/history").await.body;
    assert!(first.contains("1.001 linhas no arquivo"), "{first}");
    let next = first.split("&amp;before=").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(b.get(&format!("/history?before={next}")).await.body.contains("1.001 linhas no arquivo"));
    assert!(b.get("/history?q=nobody").await.body.contains("0 linhas no arquivo"));
    assert!(!b.get("/history?from=ontem").await.body.contains("no arquivo"), "there is no file of that");
    // It comes a piece of the records at a time, and the next one is read when this one is taken.
    for path in ["/history.csv", "/history.json"] {
        let request = b.request(Method::GET, path).header("sec-fetch-site", "same-origin");
        let mut body = b.open(request.body(Body::empty()).unwrap()).await.into_body().into_data_stream();
        let mut pieces = Vec::new();
        while let Some(piece) = body.next().await {
            pieces.push(piece.unwrap().iter().filter(|byte| **byte == b'\n').count());
        }
        assert_eq!(pieces.len(), 3, "{path}");
        assert!(pieces.iter().all(|lines| *lines <= 502), "{path}: {pieces:?}");
    }
    relay.shutdown().await.unwrap();
}

/// A browser that has begun to load this, over a connection of its own.
async fn loads(console: SocketAddr, cookie: &str, path: &str) -> TlsStream<TcpStream> {
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
        .with_no_client_auth();
    let stream = TcpStream::connect(console).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(tls)).connect(name, stream).await.unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {console}\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Reads until this has come, with everything before it.
async fn until(stream: &mut TlsStream<TcpStream>, wanted: &str) -> String {
    let mut heard = Vec::new();
    let mut piece = vec![0; 16 * 1024];
    loop {
        let length = stream.read(&mut piece).await.unwrap();
        assert!(length > 0, "it ends before {wanted}: {}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&piece[..length]);
        let text = String::from_utf8_lossy(&heard);
        if text.contains(wanted) {
            return text.into_owned();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_comes_while_the_history_is_read_and_breaking_it_off_ends_the_reading() {
    let (relay, folder) = relay().await;
    let shared = &relay.shared;
    operator(shared, shared.first_tenant, "chefe", EVERYTHING).await;
    let chief = shared.accounts.list(shared.first_tenant).await.unwrap().remove(0).operator;
    let app = shared.store.apps(shared.first_tenant).await.unwrap()[0].id;
    let why = CloseReason::EndedByCustomer;
    session(shared, Made { n: 1, app, who: &chief, customer: "Alberto", day: 0, minutes: 5, why }).await;
    // More than every buffer on the way holds.
    copies::copy(folder.path(), 60_000, 0).await.unwrap();
    let mut browser = Browser::new(shared);
    browser.log_in("chefe", PASSWORD).await;
    let cookie = browser.cookie.take().unwrap();
    drop(browser);
    let held = || Arc::strong_count(shared);
    let before = held();
    for path in ["/history.json", "/history.csv"] {
        let mut file = loads(relay.console_addr, &cookie, path).await;
        let head = until(&mut file, "COPY-1\"").await;
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("attachment; filename="), "{head}");
        assert!(head.len() < 2_000_000, "the first sessions come before the last are read");
        assert!(held() > before, "the reading goes on");
        drop(file);
        let ended = async {
            while held() > before {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), ended).await.expect("nobody is read to any more");
    }
    relay.shutdown().await.unwrap();
}
