//! Apps that have ended: archived, brought back, deleted for good. Who may, what customers and attendants notice, what stays.

#![allow(missing_docs, clippy::unwrap_used)]

mod api_support;
mod console_support;

use std::{sync::Arc, time::Duration};

use amparo_relay::{
    account::Roles,
    config::{Config, FirstStart},
    relay::{Relay, Running, Shared},
};
use api_support::Api;
use axum::http::{Method, StatusCode};
use console_support::*;
use jiff::Timestamp;
use protocol::{
    id::{AppId, TenantId},
    message::{FromRelay, directory::FieldKey, request::Attended},
};
use serde_json::json;
use store::{App, Scope, Staff, Tenant};

const FISCAL: AppId = AppId::from_bytes([60; 16]);
const OTHER: TenantId = TenantId::from_bytes([9; 16]);

/// A company with two apps, of which Carla looks after the second; and another company.
async fn office() -> (Running, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path(), "127.0.0.1:0".parse().unwrap());
    config.first = FirstStart { company: "Varanda Sistemas".to_owned(), ..FirstStart::default() };
    config.times.waited = Duration::from_millis(20);
    let relay = Relay::start(config).await.unwrap();
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "chefe", EVERYTHING).await;
    operator(shared, tenant, "ana", ATTENDS).await;
    operator(shared, tenant, "carla", Roles { attend: true, ..Roles::default() }).await;
    let carla = shared.store.operator_by_login(tenant, "carla").await.unwrap().unwrap().id;
    let staff = Staff { everyone: true, administrators: vec![carla], attendants: Vec::new() };
    let app = App { staff, ..App::new(FISCAL, tenant, "Fiscal", "Varanda Sistemas", "", Timestamp::now()) };
    amparo_relay::apps::add(&*shared.store, app).await.unwrap();
    shared.apps.changed(tenant);
    shared.store.add_tenant(&Tenant::new(OTHER, "Outra", Timestamp::now())).await.unwrap();
    let app = App::new(AppId::from_bytes([9; 16]), OTHER, "Alheio", "Outra", "9999", Timestamp::now());
    shared.store.add_app(&app).await.unwrap();
    operator(shared, OTHER, "outra", EVERYTHING).await;
    (relay, folder)
}

async fn browser(shared: &Arc<Shared>, login: &str) -> Browser {
    let mut browser = Browser::new(shared);
    browser.log_in(login, PASSWORD).await;
    browser
}

async fn read(shared: &Shared) -> App {
    shared.store.app(FISCAL).await.unwrap()
}

async fn audited(shared: &Shared) -> Vec<String> {
    let lines = shared.store.audit_list(shared.first_tenant, 100).await.unwrap();
    let mut lines: Vec<String> = lines.into_iter().map(|l| l.what).filter(|what| what.starts_with("app.")).collect();
    lines.reverse();
    lines
}

/// What the customer is told next of their app's hours.
async fn attended(customer: &mut Customer) -> Attended {
    loop {
        if let FromRelay::Attended(attended) = customer.hear().await {
            return attended;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_app_ends_for_its_customers_and_is_brought_back() {
    let (relay, _folder) = office().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    let mut chief = browser(shared, "chefe").await;
    let (place, code) = (format!("/apps/{FISCAL}"), read(shared).await.code);
    let mut customer = Customer::register(shared.listen(), tenant, FISCAL, &[(FieldKey::Name, "Rosa")]).await;
    assert!(chief.get("/").await.body.contains("Rosa"));
    assert!(chief.get(&format!("{place}/main")).await.body.contains(&format!("{place}/archive")));
    assert_eq!(chief.post(&format!("{place}/archive"), &[]).await.location(), "/apps?show=archived");

    // Whoever waits is told and waits no more, and so is whoever comes.
    assert_eq!(attended(&mut customer).await, Attended::Ended);
    assert!(!chief.get("/").await.body.contains("Rosa"));
    assert_eq!(shared.directory.waiting_count(tenant), 0);
    let mut late = Customer::register(shared.listen(), tenant, FISCAL, &[(FieldKey::Name, "Lia")]).await;
    assert_eq!(attended(&mut late).await, Attended::Ended);
    assert_eq!(shared.directory.waiting_count(tenant), 0);
    for (language, says) in [("pt-BR", "foi encerrado"), ("en", "has ended"), ("es", "ha terminado")] {
        let mut visitor = Browser::new(shared);
        visitor.language = language;
        for path in ["", "/profile", "/program/windows", "?ticket=x"] {
            let page = visitor.get(&format!("/d/{code}{path}")).await;
            assert_eq!(page.status, StatusCode::GONE, "{path}");
            assert!(page.body.contains(says) && page.body.contains("Varanda Sistemas"), "{language}{path}");
        }
        assert_eq!(visitor.get(&format!("/d/{code}/logo")).await.status, StatusCode::OK);
    }

    // It is no choice any more; its past has its name.
    let ana = shared.accounts.list(tenant).await.unwrap().into_iter().find(|u| u.operator.login == "ana").unwrap();
    past_session(shared, 1, FISCAL, &ana.operator, None).await;
    assert!(!chief.get("/apps").await.body.contains("Fiscal"));
    assert!(!chief.get("/").await.body.contains("Fiscal"));
    for page in ["/apps?show=archived", "/history", "/history.csv", "/indicators", &format!("{place}/main")] {
        assert!(chief.get(page).await.body.contains("Fiscal"), "{page}");
    }
    let mut attendant = browser(shared, "ana").await;
    assert!(attendant.get("/history").await.body.contains("Fiscal (arquivado)"), "who attended it sees what was");

    assert_eq!(chief.post(&format!("{place}/restore"), &[]).await.location(), "/apps");
    assert_eq!(attended(&mut customer).await, Attended::Open);
    assert_eq!(attended(&mut late).await, Attended::Open);
    assert_eq!(shared.directory.waiting_count(tenant), 2);
    assert!(chief.get("/").await.body.contains("Rosa"));
    assert_eq!(Browser::new(shared).get(&format!("/d/{code}")).await.status, StatusCode::OK);
    assert_eq!(audited(shared).await, ["app.archived", "app.restored"]);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_an_app_that_distributes_becomes_a_missed_request_and_a_session_goes_on() {
    let (relay, _folder) = office().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    let mut app = read(shared).await;
    app.availability.distribute = true;
    shared.store.update_app(&app).await.unwrap();
    shared.apps.changed(tenant);
    let mut chief = browser(shared, "chefe").await;
    let _waits = Customer::register(shared.listen(), tenant, FISCAL, &[(FieldKey::Name, "Rosa")]).await;
    let helped = Customer::register(shared.listen(), tenant, FISCAL, &[(FieldKey::Name, "Lia")]).await;
    shared.directory.set_busy(helped.registered.id, true);
    tokio::time::sleep(2 * shared.config.times.waited).await;
    chief.post(&format!("/apps/{FISCAL}/archive"), &[]).await;
    let past = chief.get("/history").await.body;
    assert!(past.contains("Rosa") && !past.contains("Lia"), "only whoever waited has asked in vain");
    assert!(shared.directory.present(tenant, helped.registered.id).unwrap().busy, "nobody ends a session");
    shared.directory.set_busy(helped.registered.id, false);
    assert_eq!(shared.directory.waiting_count(tenant), 0, "when it is over they are not in the queue");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_archives_and_a_repeat_changes_nothing() {
    let (relay, _folder) = office().await;
    let shared = &relay.shared;
    let (mut carla, mut ana) = (browser(shared, "carla").await, browser(shared, "ana").await);
    let mut outsider = Browser::new(shared);
    shared.store.set_tenant_word(OTHER, &"outra".parse().unwrap()).await.unwrap();
    outsider.log_in_at("outra", "outra", PASSWORD).await;
    for step in ["archive", "restore", "remove"] {
        let path = format!("/apps/{FISCAL}/{step}");
        assert_eq!(
            carla.post(&path, &[]).await.status,
            StatusCode::FORBIDDEN,
            "an app's administrator without the right"
        );
        assert_eq!(ana.post(&path, &[]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(outsider.post(&path, &[]).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!((read(shared).await.archived, audited(shared).await.len()), (None, 0));

    let mut chief = browser(shared, "chefe").await;
    let path = |step: &str| format!("/apps/{FISCAL}/{step}");
    chief.post(&path("restore"), &[]).await;
    assert_eq!(audited(shared).await.len(), 0);
    for _ in 0..2 {
        assert_eq!(chief.post(&path("archive"), &[]).await.status, StatusCode::SEE_OTHER);
    }
    let first = shared.store.apps(shared.first_tenant).await.unwrap()[0].clone();
    let last = chief.post(&format!("/apps/{}/archive", first.id), &[]).await;
    assert_eq!(last.status, StatusCode::CONFLICT);
    assert!(last.body.contains("único aplicativo em uso"));
    assert_eq!(audited(shared).await, ["app.archived"]);
    // What is configured while it is archived counts when it is back.
    assert_eq!(chief.post(&path("main"), &[("name", "Fiscal 2")]).await.status, StatusCode::SEE_OTHER);
    assert!(read(shared).await.archived.is_some());
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_deleted_only_when_nothing_hangs_on_it() {
    let (relay, _folder) = office().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    let mut chief = browser(shared, "chefe").await;
    let path = |step: &str| format!("/apps/{FISCAL}/{step}");
    let refused = async |chief: &mut Browser, why: &str| {
        let answer = chief.post(&path("remove"), &[]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{why}");
        assert!(answer.body.contains(why), "{why}");
    };
    refused(&mut chief, "está em uso").await;
    let mut first = shared.store.apps(tenant).await.unwrap()[0].clone();
    first.availability.overflow = vec![FISCAL];
    first.revision = shared.store.update_app(&first).await.unwrap();
    shared.apps.changed(tenant);
    chief.post(&path("archive"), &[]).await;
    refused(&mut chief, "transbordo de outro").await;

    // Whoever looks after that other app sees that its overflow leads nowhere, in the list and where it is configured.
    assert!(chief.get("/apps").await.body.contains("é pulado: Fiscal."));
    let tab = chief.get(&format!("/apps/{}/availability", first.id)).await.body;
    assert!(tab.contains("é pulado: Fiscal.") && tab.contains("Fiscal (arquivado)"));
    first.availability.overflow.clear();
    shared.store.update_app(&first).await.unwrap();
    shared.apps.changed(tenant);
    assert!(!chief.get(&format!("/apps/{}/availability", first.id)).await.body.contains("Fiscal"), "it is no choice");

    let ana = shared.accounts.list(tenant).await.unwrap().into_iter().find(|u| u.operator.login == "ana").unwrap();
    let code = read(shared).await.code;
    past_session(shared, 1, first.id, &ana.operator, None).await;
    assert_eq!(chief.post(&path("remove"), &[]).await.status, StatusCode::SEE_OTHER);
    assert!(shared.store.app(FISCAL).await.is_err());
    assert_eq!(chief.get(&path("main")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(chief.post(&path("remove"), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(Browser::new(shared).get(&format!("/d/{code}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(audited(shared).await, ["app.archived", "app.removed"]);
    shared.store.check().await.unwrap();

    // One with a past stays.
    let made = chief.post("/apps", &[("name", "Outro")]).await;
    let place = made.location().strip_suffix("/parameters").unwrap().to_owned();
    let id: AppId = place.rsplit('/').next().unwrap().parse().unwrap();
    past_session(shared, 2, id, &ana.operator, None).await;
    chief.post(&format!("{place}/archive"), &[]).await;
    let kept = chief.post(&format!("{place}/remove"), &[]).await;
    assert_eq!(kept.status, StatusCode::CONFLICT);
    assert!(kept.body.contains("tem sessões no histórico"));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_archives_brings_back_and_deletes_as_the_pages_do() {
    let (relay, _folder) = office().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    let mut api = Api::of(shared, tenant, "chefe", &Scope::ALL).await;
    let path = format!("/api/v1/apps/{FISCAL}");
    let mut carla = Api::of(shared, tenant, "carla", &Scope::ALL).await;
    let mut outsider = Api::of(shared, OTHER, "outra", &Scope::ALL).await;
    for (method, step) in [(Method::POST, "/archive"), (Method::POST, "/restore"), (Method::DELETE, "")] {
        assert_eq!(carla.status(method.clone(), &format!("{path}{step}"), None).await, 403);
        assert_eq!(outsider.status(method, &format!("{path}{step}"), None).await, 404);
    }
    let archived = api.call(Method::POST, &format!("{path}/archive"), None).await;
    assert!(api_support::json(&archived)["archived_at"].is_string());
    let names = |page: serde_json::Value| -> Vec<serde_json::Value> {
        page["items"].as_array().unwrap().iter().map(|app| app["name"].clone()).collect()
    };
    assert!(!names(api.get("/api/v1/apps").await).contains(&json!("Fiscal")));
    assert_eq!(names(api.get("/api/v1/apps?archived=true").await), ["Fiscal"]);
    let first = shared.store.apps(tenant).await.unwrap()[0].id;
    assert_eq!(api.status(Method::POST, &format!("/api/v1/apps/{first}/archive"), None).await, 409);
    assert_eq!(api.status(Method::DELETE, &format!("/api/v1/apps/{first}"), None).await, 409);
    let back = api.call(Method::POST, &format!("{path}/restore"), None).await;
    assert!(api_support::json(&back)["archived_at"].is_null());
    api.status(Method::POST, &format!("{path}/archive"), None).await;
    assert_eq!(api.status(Method::DELETE, &path, None).await, 204);
    assert_eq!(api.status(Method::GET, &path, None).await, 404);
    relay.shutdown().await.unwrap();
}
