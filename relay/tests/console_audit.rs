//! The audit log in the console: what is shown, to whom, and that tampering is.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use amparo_relay::relay::Shared;
use axum::http::StatusCode;
use console_support::*;
use jiff::{SignedDuration, Timestamp};
use protocol::id::TenantId;
use store::{AuditEntry, Tenant};

const SCRIPT: &str = "<script>alert(1)</script>";

async fn line(shared: &Shared, tenant: TenantId, what: &str, subject: &str, at: Timestamp) {
    let entry = AuditEntry {
        tenant,
        operator: None,
        who: "Ana".to_owned(),
        what: what.to_owned(),
        subject: subject.to_owned(),
        detail: "limit=id tries=10".to_owned(),
        from: "192.0.2.7".to_owned(),
        at,
    };
    shared.store.audit(&entry).await.unwrap();
}

async fn other_company(shared: &Shared) -> TenantId {
    let id = TenantId::from_bytes([9; 16]);
    let tenant = Tenant { time_zone: "UTC".to_owned(), ..Tenant::new(id, "Outra Ltda", Timestamp::now()) };
    shared.store.add_tenant(&tenant).await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sees_lines_newest_first_a_page_at_a_time_and_the_head_to_copy() {
    let (relay, _folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "chefe", EVERYTHING).await;
    let mut chief = Browser::new(shared);
    chief.log_in("chefe", PASSWORD).await;
    let now = Timestamp::now();
    line(shared, tenant, "password.shown", SCRIPT, now).await;
    for n in 0..60 {
        line(shared, tenant, "outbox.retried", &format!("assunto {n:02}"), now).await;
    }
    let lines = shared.store.audit_page(tenant, None, 100).await.unwrap();
    let head = shared.store.audit_head(tenant).await.unwrap();

    let first = chief.get("/audit").await.body;
    assert!(first.contains(&format!("Registro íntegro: {} linhas conferidas", lines.len())), "{first}");
    assert!(first.contains(&format!("data-copy=\"{head}\"")) && first.contains(&head.short()));
    let place = |page: &str, text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is not shown"));
    assert!(place(&first, "assunto 59") < place(&first, "assunto 10"));
    assert!(!first.contains("assunto 09"), "fifty on a page");
    let next = first.split("/audit?before=").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let second = chief.get(&format!("/audit?before={next}")).await.body;
    assert!(second.contains("assunto 09") && second.contains("Entrou") && !second.contains("/audit?before="));
    assert!(second.contains("alert(1)") && !second.contains(SCRIPT), "what it is about is only text");
    assert_eq!(chief.get("/audit?before=x").await.status, StatusCode::BAD_REQUEST);
    chief.language = "en";
    assert!(chief.get("/audit").await.body.contains("The log is whole"));
    chief.language = "es";
    assert!(chief.get("/audit").await.body.contains("Registro íntegro"));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn alarms_of_the_last_day_are_on_every_page_of_administrators_and_of_nobody_else() {
    let (relay, _folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "chefe", EVERYTHING).await;
    operator(shared, tenant, "ana", ATTENDS).await;
    let other = other_company(shared).await;
    for n in 0..5 {
        line(shared, other, store::ALARM, &format!("200 000 00{n}"), Timestamp::now()).await;
    }
    let badge = "id=\"badge-alarms\"";
    let empty = "id=\"badge-alarms\" title=\"Alarmes\"></span>";
    let mut chief = Browser::new(shared);
    chief.log_in("chefe", PASSWORD).await;
    let long_ago = Timestamp::now() - SignedDuration::from_hours(25);
    line(shared, tenant, store::ALARM, "100 000 001", long_ago).await;
    assert!(chief.get("/").await.body.contains(empty), "an old one");
    line(shared, tenant, store::ALARM, "100 000 002", Timestamp::now()).await;
    line(shared, tenant, store::ALARM, "100 000 003", Timestamp::now()).await;
    for path in ["/", "/tickets", "/history", "/users", "/outbox", "/apps", "/audit"] {
        let page = chief.get(path).await.body;
        let shown = page.split(badge).nth(1).and_then(|rest| rest.split("</span>").next());
        assert_eq!(shown, Some(" title=\"Alarmes\">2"), "{path}");
    }
    let page = chief.get("/audit").await.body;
    assert!(page.contains("Alarmes nas últimas 24 horas: 2") && page.contains("100 000 001"));
    assert_eq!(page.matches("Tentativas demais</span>").count(), 3, "each is marked");
    assert!(!page.contains("200 000 00"), "another company's alarms");

    let mut ana = Browser::new(shared);
    ana.log_in("ana", PASSWORD).await;
    let refused = ana.get("/audit").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(!refused.body.contains("100 000 002"));
    let home = ana.get("/").await.body;
    assert!(!home.contains(badge) && !home.contains("/audit"));

    let mut nobody = Browser::new(shared);
    assert_eq!(nobody.get("/audit").await.location(), "/login?over=1");
    relay.shutdown().await.unwrap();
}

/// Reads the live stream until this is in it.
async fn live(browser: &Browser, wanted: &str) -> String {
    let request = browser
        .request(axum::http::Method::GET, "/live")
        .header("sec-fetch-site", "same-origin")
        .body(axum::body::Body::empty())
        .unwrap();
    let mut chunks = browser.open(request).await.into_body().into_data_stream();
    let mut seen = String::new();
    let read = async {
        while !seen.contains(wanted) {
            let chunk = futures::StreamExt::next(&mut chunks).await.expect("the stream is over").unwrap();
            seen.push_str(&String::from_utf8_lossy(&chunk));
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), read).await.unwrap_or_else(|_| panic!("no {wanted}"));
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_of_an_administrator_counts_alarms_live_and_no_other_page_does() {
    let (relay, _folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "chefe", EVERYTHING).await;
    operator(shared, tenant, "ana", ATTENDS).await;
    let (mut chief, mut ana) = (Browser::new(shared), Browser::new(shared));
    chief.log_in("chefe", PASSWORD).await;
    ana.log_in("ana", PASSWORD).await;
    line(shared, tenant, store::ALARM, "100 000 001", Timestamp::now()).await;
    live(&chief, "id=\"badge-alarms\" title=\"Alarmes\" hx-swap-oob=\"true\">1</span>").await;
    let seen = live(&ana, "badge-bottom").await;
    assert!(!seen.contains("alarm"), "{seen}");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_touched_is_shown_as_such_with_the_place() {
    let (relay, folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "chefe", EVERYTHING).await;
    let mut chief = Browser::new(shared);
    chief.log_in("chefe", PASSWORD).await;
    line(shared, tenant, "password.shown", "123 456 789", Timestamp::now()).await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("amparo.db"));
    let raw = sqlx::SqlitePool::connect_with(options).await.unwrap();
    for sql in ["DROP TRIGGER audit_is_not_changed", "UPDATE audit SET who = 'Rui' WHERE what = 'password.shown'"] {
        sqlx::query(sql).execute(&raw).await.unwrap();
    }
    raw.close().await;
    let seq = shared.store.audit_head(tenant).await.unwrap().seq;
    for _ in 0..2 {
        let page = chief.get("/audit").await.body;
        assert!(page.contains("O registro foi alterado"), "{page}");
        assert!(page.contains(&format!("A linha {seq} não é a que foi escrita")), "{page}");
        assert!(!page.contains("Registro íntegro"));
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_to_a_line_far_back_is_found_when_all_of_the_log_is_gone_through() {
    let (relay, folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "chefe", EVERYTHING).await;
    let mut chief = Browser::new(shared);
    chief.log_in("chefe", PASSWORD).await;
    for n in 0..3_000 {
        line(shared, tenant, "outbox.retried", &format!("assunto {n}"), Timestamp::now()).await;
    }
    // More than is followed while somebody waits: the rest is followed beside the page.
    let whole = async |chief: &mut Browser| loop {
        let page = chief.get("/audit").await.body;
        if page.contains("/audit/verify") {
            return page;
        }
        assert!(page.contains("Conferindo o registro"), "{page}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    let head = shared.store.audit_head(tenant).await.unwrap();
    assert!(whole(&mut chief).await.contains(&format!("Registro íntegro: {} linhas", head.seq)));
    line(shared, tenant, "outbox.retried", "mais um", Timestamp::now()).await;
    assert!(chief.get("/audit").await.body.contains(&format!("Registro íntegro: {} linhas", head.seq + 1)));
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("amparo.db"));
    let raw = sqlx::SqlitePool::connect_with(options).await.unwrap();
    for sql in ["DROP TRIGGER audit_is_not_changed", "UPDATE audit SET who = 'Rui' WHERE subject = 'assunto 1500'"] {
        sqlx::query(sql).execute(&raw).await.unwrap();
    }
    raw.close().await;
    let seq = shared.store.audit_search(tenant, "assunto 1500", &[], None, 1).await.unwrap()[0].place.seq;
    let touched = format!("A linha {seq} não é a que foi escrita");
    assert!(!chief.get("/audit").await.body.contains(&touched), "a page follows what is new");
    // … and what it shows.
    assert!(chief.get(&format!("/audit?before={}", seq + 10)).await.body.contains(&touched));
    assert_eq!(chief.post("/audit/verify", &[]).await.location(), "/audit");
    assert!(whole(&mut chief).await.contains(&touched));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_searched_by_what_is_shown_and_by_what_is_recorded() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    let tenant = shared.first_tenant;
    operator(shared, tenant, "chefe", EVERYTHING).await;
    let other = other_company(shared).await;
    line(shared, other, "password.shown", "200 000 001", Timestamp::now()).await;
    let now = Timestamp::now();
    // More lines than are read at once lie above the oldest one.
    line(shared, tenant, "password.shown", "Conceição", now).await;
    for n in 0..1100 {
        line(shared, tenant, "session.started", &format!("2026-11-26-{n:06}"), now).await;
    }
    let mut chief = Browser::new(shared);
    chief.log_in("chefe", PASSWORD).await;
    for (q, found) in [
        ("viu%20a%20senha", "Conceição"),
        ("conceicao", "Conceição"),
        ("password.shown", "Conceição"),
        ("26-000007", "2026-11-26-000007"),
        ("chefe", "Entrou"),
    ] {
        let page = chief.get(&format!("/audit?q={q}")).await.body;
        assert!(page.contains(found), "{q}");
        assert!(!page.contains("200 000 001") && !page.contains("2026-11-26-000300"), "{q}");
    }
    assert!(chief.get("/audit?q=nobody%20did%20this").await.body.contains("Nada encontrado"));
    let first = chief.get("/audit?q=permitida").await.body;
    let next = first.split("/audit?q=permitida&amp;before=").nth(1).unwrap().split('"').next().unwrap();
    assert!(first.contains("2026-11-26-001099") && !first.contains("2026-11-26-001049"));
    let second = chief.get(&format!("/audit?q=permitida&before={next}")).await.body;
    assert!(second.contains("2026-11-26-001049") && !second.contains("2026-11-26-001099"));
    relay.shutdown().await.unwrap();
}
