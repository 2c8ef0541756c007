//! Customers through the API: read with everything the company keeps of them, changed, classified, merged; and notices on tickets elsewhere.

#![allow(missing_docs, clippy::unwrap_used)]

mod api_support;
mod console_support;

use std::sync::Arc;

use amparo_relay::relay::Shared;
use api_support::{Api, json};
use axum::http::Method;
use console_support::*;
use jiff::Timestamp;
use protocol::{
    id::{AppId, TenantId},
    message::directory::FieldKey,
};
use serde_json::{Value, json};
use store::{App, CustomerDetails, Scope, Tenant};

const OTHER: TenantId = TenantId::from_bytes([9; 16]);

async fn known(shared: &Shared, name: &str, email: &str, phone: &str) -> i64 {
    let details =
        CustomerDetails { name: name.into(), email: email.into(), phone: phone.into(), ..CustomerDetails::default() };
    let found = shared.desk.find_or_create_customer(shared.first_tenant, &details, Timestamp::now()).await;
    found.unwrap().id.0
}

async fn api(shared: &Arc<Shared>, login: &str) -> Api {
    let tenant = if login == "outra" { OTHER } else { shared.first_tenant };
    Api::of(shared, tenant, login, &Scope::ALL).await
}

async fn office() -> (amparo_relay::relay::Running, tempfile::TempDir) {
    let (relay, folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "chefe", EVERYTHING).await;
    operator(shared, tenant, "ana", ATTENDS).await;
    shared.store.add_tenant(&Tenant::new(OTHER, "Outra", Timestamp::now())).await.unwrap();
    let app = App::new(AppId::from_bytes([9; 16]), OTHER, "Alheio", "Outra", "9999", Timestamp::now());
    shared.store.add_app(&app).await.unwrap();
    operator(shared, OTHER, "outra", EVERYTHING).await;
    (relay, folder)
}

async fn patch(api: &mut Api, path: &str, etag: &str, body: &Value) -> Answer {
    let body = ("application/json", body.to_string());
    api.call_with(Method::PATCH, path, Some(body), &[("if-match", etag)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_changed_by_whoever_has_read_them_and_all_of_it_or_nothing() {
    let (relay, _folder) = office().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    let (cida, rosa) =
        (known(shared, "Cida", "cida@a.example", "").await, known(shared, "Rosa", "rosa@a.example", "").await);
    let (mut chief, mut ana) = (api(shared, "chefe").await, api(shared, "ana").await);
    let names = json!({ "names": ["Contrato", "Plano"] });
    assert_eq!(ana.status(Method::PUT, "/api/v1/customer-fields", Some(&names)).await, 403);
    assert_eq!(chief.status(Method::PUT, "/api/v1/customer-fields", Some(&names)).await, 200);
    assert_eq!(ana.get("/api/v1/customer-fields").await, names);
    let twice = json!({ "names": ["Plano", "PLANO"] });
    assert_eq!(chief.status(Method::PUT, "/api/v1/customer-fields", Some(&twice)).await, 422);

    let path = format!("/api/v1/customers/{cida}");
    let read = ana.call(Method::GET, &path, None).await;
    let etag = read.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!((json(&read)["class"].as_str(), &json(&read)["fields"]), (Some(""), &json!({})));
    let change = json!({ "company": "Padaria", "class": "Ouro", "fields": { "Contrato": "118" } });
    assert_eq!(ana.call(Method::PATCH, &path, Some(&change)).await.status.as_u16(), 428);
    let changed = patch(&mut ana, &path, &etag, &change).await;
    let now = changed.headers["etag"].to_str().unwrap().to_owned();
    let body = json(&changed);
    assert_eq!(
        (body["name"].as_str(), body["company"].as_str(), body["class"].as_str()),
        (Some("Cida"), Some("Padaria"), Some("Ouro"))
    );
    assert_eq!(body["fields"], json!({ "Contrato": "118" }));
    assert_ne!(now, etag);
    assert_eq!(
        patch(&mut ana, &path, &etag, &json!({ "class": "Prata" })).await.status.as_u16(),
        412,
        "it was read before"
    );
    // The same again changes nothing; what is emptied is taken away.
    assert_eq!(patch(&mut ana, &path, &now, &change).await.headers["etag"], now.as_str());
    let emptied = json(&patch(&mut ana, &path, &now, &json!({ "class": "", "fields": { "Contrato": "" } })).await);
    assert_eq!((emptied["class"].as_str(), &emptied["fields"]), (Some(""), &json!({})));

    // What cannot be changes nothing of the rest.
    for (wrong, status) in [
        (json!({ "class": "Ouro", "email": "nada" }), 422),
        (json!({ "class": "Ouro", "email": "rosa@a.example" }), 409),
        (json!({ "class": "x".repeat(41) }), 422),
        (json!({ "class": "Ouro", "name": "a\nb" }), 422),
        (json!({ "class": "Ouro", "name": "", "email": "" }), 422),
        (json!({ "class": "Ouro", "fields": { "Nada": "1" } }), 422),
        (json!({ "class": "Ouro", "fields": { "Plano": "x".repeat(255) } }), 422),
        (json!({ "classe": "Ouro" }), 422),
    ] {
        assert_eq!(patch(&mut ana, &path, "*", &wrong).await.status.as_u16(), status, "{wrong}");
    }
    let kept = ana.get(&path).await;
    assert_eq!((kept["class"].as_str(), kept["name"].as_str()), (Some(""), Some("Cida")));
    let mut outsider = api(shared, "outra").await;
    assert_eq!(outsider.status(Method::GET, &path, None).await, 404);
    assert_eq!(patch(&mut outsider, &path, "*", &change).await.status.as_u16(), 404);
    let lines = shared.store.audit_list(tenant, 20).await.unwrap();
    assert_eq!(lines.iter().filter(|l| l.what == "contact.changed" && l.detail == "token=Painel").count(), 3);
    assert!(rosa > 0);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_customers_that_are_one_person_are_merged_by_an_administrator() {
    let (relay, _folder) = office().await;
    let shared = &relay.shared;
    let (keep, other) =
        (known(shared, "Cida", "cida@a.example", "").await, known(shared, "Aparecida", "", "11987654321").await);
    let (mut chief, mut ana) = (api(shared, "chefe").await, api(shared, "ana").await);
    let path = format!("/api/v1/customers/{keep}/merge");
    assert_eq!(ana.status(Method::POST, &path, Some(&json!({ "other_id": other }))).await, 403);
    assert_eq!(chief.status(Method::POST, &path, Some(&json!({ "other_id": 999_999 }))).await, 422);
    assert_eq!(
        chief.status(Method::POST, "/api/v1/customers/999999/merge", Some(&json!({ "other_id": other }))).await,
        404
    );
    let merged = json(&chief.call(Method::POST, &path, Some(&json!({ "other_id": other }))).await);
    assert_eq!((merged["id"].as_i64(), merged["phone"].as_str()), (Some(keep), Some("11987654321")));
    assert_eq!(chief.status(Method::POST, &path, Some(&json!({ "other_id": other }))).await, 409);
    assert_eq!(chief.get(&format!("/api/v1/customers/{other}")).await["id"].as_i64(), Some(keep));
    let all = chief.get("/api/v1/customers").await;
    assert_eq!(all["items"].as_array().unwrap().len(), 1, "one that was merged is not listed");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_and_is_known_by_telephone_alone_is_classified_when_the_contact_is() {
    let (relay, _folder) = office().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    let cida = known(shared, "Cida", "", "(11) 98765-4321").await;
    let waiting =
        Customer::wait(shared, &[(FieldKey::Name, "Aparecida"), (FieldKey::Phone, "+55 11 98765 4321")]).await;
    let class = || shared.directory.present(tenant, waiting.registered.id).unwrap().class.clone();
    assert_eq!(class(), "");
    let mut ana = api(shared, "ana").await;
    let path = format!("/api/v1/customers/{cida}");
    assert_eq!(patch(&mut ana, &path, "*", &json!({ "class": "Ouro" })).await.status.as_u16(), 200);
    assert_eq!(class(), "Ouro");
    // The number is another one now: whoever types the old one is nobody.
    assert_eq!(patch(&mut ana, &path, "*", &json!({ "phone": "11 3333-4444" })).await.status.as_u16(), 200);
    assert_eq!(class(), "");
    relay.shutdown().await.unwrap();
}
