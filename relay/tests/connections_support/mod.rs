//! What the tests of connections share: fakes of ticketing systems, their forms, and sessions without programs.

#![allow(dead_code, missing_docs, clippy::unwrap_used)]

#[path = "../../tickets/tests/fakes/mod.rs"]
pub mod fakes;

use std::time::Duration;

use amparo_relay::relay::Running;
use axum::http::StatusCode;
use jiff::Timestamp;
use protocol::{
    id::{DeviceId, SessionId},
    message::{
        ShownText,
        directory::{Field, FieldKey},
        grant::Grants,
        pairing::CloseReason,
        ticket::TicketChoice,
    },
};
use store::{Ended, NewSession, OutboxState, Started};
use tickets::clock::Clock;

use crate::console_support::*;
use fakes::Server;

/// The form of a connection to this fake, as it is typed.
pub fn typed(server: &Server, name: &str) -> Vec<(String, String)> {
    let mut typed: Vec<(String, String)> = server.typed().into_iter().collect();
    typed.push(("name".into(), name.into()));
    typed
}

pub async fn post(browser: &mut Browser, path: &str, form: &[(String, String)]) -> Answer {
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    browser.post(path, &form).await
}

pub async fn chief(relay: &Running) -> Browser {
    operator(&relay.shared, relay.shared.first_tenant, "chefe", EVERYTHING).await;
    let mut chief = Browser::new(&relay.shared);
    chief.log_in("chefe", PASSWORD).await;
    chief
}

/// A whole session without its programs: what they report.
pub async fn session(relay: &Running, choice: TicketChoice) -> SessionId {
    let (shared, store) = (&relay.shared, &relay.shared.store);
    let tenant = shared.first_tenant;
    let app = store.apps(tenant).await.unwrap().remove(0).id;
    let attendant = shared.accounts.list(tenant).await.unwrap().remove(0).operator.id;
    let id = SessionId::from_bytes(rand::random());
    let now = Timestamp::now();
    let new = NewSession {
        id,
        tenant,
        app,
        device: DeviceId::new(123_456_789).unwrap(),
        fields: vec![
            Field { key: FieldKey::Name, value: ShownText::lossy("Cida Nogueira") },
            Field { key: FieldKey::Email, value: ShownText::lossy("cida@aurora.example") },
        ],
        attendant,
        attendant_name: "Ana Ribeiro".into(),
        ticket: choice,
        dialled_at: now,
    };
    store.open_session(&new).await.unwrap();
    let started = Started { granted: Grants::CONTROL, attendant_name: String::new(), at: now };
    store.start_session(id, &started, now).await.unwrap();
    let ended = Ended { why: CloseReason::EndedByCustomer, at: now, reconnects: 0 };
    store.end_session(id, &ended, now).await.unwrap();
    shared.outbox.notify_one();
    id
}

/// Waits until every row of the session is in one of these states.
pub async fn settled(relay: &Running, session: SessionId, states: &[OutboxState]) {
    let told = async {
        loop {
            let rows = relay.shared.store.outbox_of_session(session).await.unwrap();
            if rows.iter().all(|r| states.contains(&r.state)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), told).await.expect("it is told in time");
}

pub async fn fake(kind: &str) -> Server {
    Server::start(fakes::of(kind), Clock::system()).await
}

pub async fn use_for_the_app(relay: &Running, browser: &mut Browser, connection: &str) {
    let app = relay.shared.store.apps(relay.shared.first_tenant).await.unwrap().remove(0).id;
    let chosen = browser.post(&format!("/apps/{app}/connection"), &[("connection", connection)]).await;
    assert_eq!(chosen.location(), "/connections");
}

/// The id in `/connections/{id}?saved`.
pub fn id_of(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.location().trim_start_matches("/connections/").trim_end_matches("?saved").to_owned()
}

/// The first row that waits for a person.
pub async fn parked(relay: &Running) -> store::OutboxEntry {
    let parked = async {
        loop {
            let rows = relay.shared.store.outbox_list(relay.shared.first_tenant, &[OutboxState::Parked], 9).await;
            if let Some(row) = rows.unwrap().into_iter().next() {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), parked).await.expect("it is parked in time")
}
