//! A session's page, its receipt and the API tell who watched it.

#![allow(missing_docs, clippy::unwrap_used)]

mod api_support;
mod console_support;

use std::time::Duration;

use amparo_relay::relay::Shared;
use api_support::Api;
use axum::http::StatusCode;
use console_support::*;
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
use store::{Ended, NewSession, NewWatch, Operator, Scope, Session, Started};

fn at(second: i64) -> Timestamp {
    "2026-11-21T15:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

fn field(key: FieldKey, value: &str) -> Field {
    Field { key, value: ShownText::lossy(value) }
}

async fn user(shared: &Shared, login: &str) -> Operator {
    shared.store.operator_by_login(shared.first_tenant, login).await.unwrap().unwrap()
}

fn over(second: i64, why: CloseReason) -> Ended {
    Ended { why, at: at(second), reconnects: 0 }
}

/// A session of Ana's that is under way and on a ticket.
async fn helped(shared: &Shared, app: AppId) -> Session {
    let (id, ana) = (SessionId::from_bytes([1; 16]), user(shared, "ana").await);
    let new = NewSession {
        id,
        tenant: shared.first_tenant,
        app,
        device: DeviceId::from_entropy(77_777_777),
        fields: vec![field(FieldKey::Name, "Cida"), field(FieldKey::Email, "cida@aurora.example")],
        attendant: ana.id,
        attendant_name: ana.name,
        ticket: TicketChoice::OpenNew { subject: ShownText::default() },
        dialled_at: at(0),
    };
    shared.store.open_session(&new).await.unwrap();
    let started = Started { granted: Grants::CONTROL, attendant_name: String::new(), at: at(10) };
    shared.store.start_session(id, &started, at(10)).await.unwrap();
    shared.outbox.notify_one();
    for _ in 0..200 {
        let session = shared.store.session(id).await.unwrap();
        if session.ticket.is_some() {
            return session;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it is on no ticket");
}

/// Somebody asks to watch it. Allowed from and until these seconds; without them the customer says no.
async fn watch(
    shared: &Shared,
    n: u8,
    watched: &Session,
    name: &str,
    allowed: Option<(i64, Option<i64>)>,
) -> SessionId {
    let id = SessionId::from_bytes([n; 16]);
    let bia = user(shared, "bia").await;
    let new = NewWatch {
        id,
        tenant: watched.tenant,
        watched: watched.id,
        attendant: bia.id,
        attendant_name: name.to_owned(),
        dialled_at: at(20),
    };
    shared.store.open_watch(&new).await.unwrap();
    match allowed {
        Some((from, to)) => {
            let started = Started { granted: Grants::VIEW, attendant_name: String::new(), at: at(from) };
            shared.store.start_session(id, &started, at(from)).await.unwrap();
            if let Some(to) = to {
                shared.store.end_session(id, &over(to, CloseReason::EndedByAttendant), at(to)).await.unwrap();
            }
        }
        None => {
            shared.store.end_session(id, &over(30, CloseReason::Refused), at(30)).await.unwrap();
        }
    }
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn who_watched_a_session_is_on_its_page_on_its_receipt_and_in_the_api() {
    let (relay, _folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "ana", EVERYTHING).await;
    operator(shared, tenant, "bia", ATTENDS).await;
    let app = shared.store.apps(tenant).await.unwrap()[0].id;
    let main = helped(shared, app).await;
    let mut ana = Browser::new(shared);
    ana.log_in("ana", PASSWORD).await;
    let mut api = Api::of(shared, tenant, "ana", &[Scope::SessionsRead]).await;
    let (page, receipt) = (format!("/sessions/{}", main.id), format!("/sessions/{}/receipt", main.protocol));
    assert!(!ana.get(&page).await.body.contains("Quem acompanhou"), "nobody yet");
    assert_eq!(api.get(&format!("/api/v1{page}")).await["watched_by"], serde_json::json!([]));

    let first = watch(shared, 2, &main, "Bia <b>Costa</b>", Some((60, Some(125)))).await;
    let refused = watch(shared, 3, &main, "Recusada", None).await;
    let running = watch(shared, 4, &main, "Davi", Some((300, None))).await;
    for path in [&page, &receipt] {
        let shown = ana.get(path).await;
        assert_eq!(shown.status, StatusCode::OK);
        for text in ["Quem acompanhou", "Bia &#60;b&#62;Costa&#60;/b&#62;", "12:01:00 às 12:02:05", "desde 12:05:00"] {
            assert!(shown.body.contains(text), "{path}: {text}\n{}", shown.body);
        }
        assert!(!shown.body.contains("Recusada") && !shown.body.contains(&refused.to_string()), "{path}");
    }
    let shown = ana.get(&page).await.body;
    for id in [first, running] {
        assert!(shown.contains(&format!("href=\"/sessions/{id}\"")), "{shown}");
    }
    assert!(!ana.get(&format!("/sessions/{first}")).await.body.contains("Quem acompanhou"), "a watch is not watched");
    for (language, words) in [("en", "Who watched"), ("es", "Quién observó")] {
        ana.language = language;
        assert!(ana.get(&page).await.body.contains(words), "{language}");
    }

    let told = api.get(&format!("/api/v1{page}")).await["watched_by"].clone();
    let names: Vec<_> = told.as_array().unwrap().iter().map(|by| by["attendant"].as_str().unwrap()).collect();
    assert_eq!(names, ["Bia <b>Costa</b>", "Davi"]);
    assert_eq!((&told[0]["id"], &told[0]["ended_at"]), (&first.to_string().into(), &at(125).to_string().into()));
    assert!(told[1]["ended_at"].is_null());
    let list = api.get("/api/v1/sessions").await;
    assert!(list["items"].as_array().unwrap().iter().all(|one| one.get("watched_by").is_none()), "{list}");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_watched_very_often_lists_the_first_and_says_that_there_are_more() {
    let (relay, _folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "ana", EVERYTHING).await;
    operator(shared, tenant, "bia", ATTENDS).await;
    let app = shared.store.apps(tenant).await.unwrap()[0].id;
    let main = helped(shared, app).await;
    for n in 2..=52 {
        let from = i64::from(n) * 10;
        watch(shared, n, &main, &format!("Pessoa {n}."), Some((from, Some(from + 5)))).await;
    }
    let mut ana = Browser::new(shared);
    ana.log_in("ana", PASSWORD).await;
    for path in [format!("/sessions/{}", main.id), format!("/sessions/{}/receipt", main.id)] {
        let shown = ana.get(&path).await.body;
        assert!(shown.contains("Pessoa 2.") && shown.contains("Pessoa 51.") && !shown.contains("Pessoa 52."), "{path}");
        assert!(shown.contains("São mais: veja o histórico."), "{path}");
    }
    relay.shutdown().await.unwrap();
}
