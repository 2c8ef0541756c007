//! The page of a request that nobody took, and its entry on a ticket.

#![allow(missing_docs, clippy::unwrap_used)]

mod api_support;
mod console_support;

use api_support::Api;
use axum::http::Method;
use console_support::*;
use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::{DeviceId, SessionId},
    message::{
        ShownText,
        directory::{Field, FieldKey},
    },
};
use store::{MissedWhy, NewMissed, Scope};

fn at(second: i64) -> Timestamp {
    "2026-11-21T15:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

fn field(key: FieldKey, value: &str) -> Field {
    Field { key, value: ShownText::lossy(value) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_missed_request_tells_who_asked_for_what_and_speaks_of_no_session() {
    let (relay, _folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "ana", EVERYTHING).await;
    let app = shared.store.apps(tenant).await.unwrap()[0].id;
    let missed = |n: u8, text: &str| NewMissed {
        id: SessionId::from_bytes([n; 16]),
        tenant,
        app,
        device: DeviceId::from_entropy(77_777_777),
        fields: vec![
            field(FieldKey::Name, "Cida"),
            field(FieldKey::Phone, "11 5555-0100"),
            field(FieldKey::Subject, "Nota <fiscal>"),
        ],
        why: MissedWhy::OutOfHours,
        text: text.to_owned(),
        ticket: None,
        since: at(0),
        at: at(95),
    };
    for request in [missed(1, "Liguem <amanhã>."), missed(2, "")] {
        shared.store.miss_request(&request).await.unwrap();
    }
    let mut ana = Browser::new(shared);
    ana.log_in("ana", PASSWORD).await;
    let shown = ana.get(&format!("/sessions/{}", SessionId::from_bytes([1; 16]))).await.body;
    for text in [
        "Cida pediu ajuda. Não atendida: fora do horário",
        "Liguem &#60;amanhã&#62;.",
        "11 5555-0100",
        "Nota &#60;fiscal&#62;",
        "01:35",
        "Ninguém atendeu",
    ] {
        assert!(shown.contains(text), "{text}\n{shown}");
    }
    for text in ["/receipt\"", "Sem assinaturas", "Assinatura do cliente", "Até permitir", "Conclusão"] {
        assert!(!shown.contains(text), "{text}\n{shown}");
    }
    let silent = ana.get(&format!("/sessions/{}", SessionId::from_bytes([2; 16]))).await.body;
    assert!(silent.contains("O que o cliente escreveu ao sair") && silent.contains("Nada."), "{silent}");
    let mut api = Api::of(shared, tenant, "ana", &[Scope::SessionsRead]).await;
    let told = api.get(&format!("/api/v1/sessions/{}", SessionId::from_bytes([1; 16]))).await;
    assert_eq!((&told["state"], &told["note"]), (&"missed".into(), &"Liguem <amanhã>.".into()));
    assert_eq!(api.status(Method::GET, "/api/v1/sessions/2026-11-21-999999", None).await, 404);
    relay.shutdown().await.unwrap();
}
