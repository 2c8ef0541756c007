//! The search over everything: what it finds, and for whom.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use axum::http::StatusCode;
use console_support::*;
use jiff::Timestamp;
use protocol::{
    id::{AppId, DeviceId, SessionId},
    message::{
        ShownText,
        directory::{Field, FieldKey},
        ticket::TicketChoice,
    },
};
use store::{App, NewSession, Staff};

/// The titles of the kinds that something was found of.
fn kinds(page: &str) -> Vec<String> {
    page.split("<h2 id=\"h-").skip(1).map(|kind| kind.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_one_may_see_is_found_and_nothing_else() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    let tenant = shared.first_tenant;
    operator(shared, tenant, "aurora", EVERYTHING).await;
    operator(shared, tenant, "rui", ATTENDS).await;
    let users = shared.accounts.list(tenant).await.unwrap();
    let chief = &users.iter().find(|u| u.operator.login == "aurora").unwrap().operator;
    // An app that only the chief attends.
    let hers = AppId::from_bytes([60; 16]);
    let staff = Staff { everyone: false, administrators: Vec::new(), attendants: vec![chief.id] };
    let app = App { staff, ..App::new(hers, tenant, "Aurora Fiscal", "Varanda", "", Timestamp::now()) };
    amparo_relay::apps::add(&*shared.store, app).await.unwrap();
    shared.apps.changed(tenant);
    let (mut ana, mut rui) = (Browser::new(shared), Browser::new(shared));
    ana.log_in("aurora", PASSWORD).await;
    rui.log_in("rui", PASSWORD).await;
    let form = [("subject", "Nota <b>da Aurora"), ("name", "Cida"), ("email", "cida@aurora.example")];
    ana.post("/tickets", &form).await;
    let new = NewSession {
        id: SessionId::from_bytes([7; 16]),
        tenant,
        app: hers,
        device: DeviceId::from_entropy(7),
        fields: vec![Field { key: FieldKey::Name, value: ShownText::lossy("Padaria Aurora") }],
        attendant: chief.id,
        attendant_name: chief.name.clone(),
        ticket: TicketChoice::OpenNew { subject: ShownText::default() },
        dialled_at: Timestamp::now(),
    };
    let protocol = shared.store.open_session(&new).await.unwrap().protocol;
    let app = shared.store.apps(tenant).await.unwrap()[0].id;
    let typed = [(FieldKey::Name, "Aurora Lima")];
    let waits = Customer::register(shared.listen(), tenant, app, &typed).await;
    let own = Customer::register(shared.listen(), tenant, hers, &[(FieldKey::Name, "Aurora Nunes")]).await;

    let page = ana.get("/search?q=AURORA").await.body;
    assert_eq!(kinds(&page), ["waiting", "tickets", "contacts", "sessions", "apps", "users"], "{page}");
    assert!(page.contains("Nota &#60;b&#62;da Aurora") && page.contains("Aurora Nunes"));
    let number = waits.registered.id.number();
    assert!(page.contains(&format!("href=\"/?q={number}#w-{number}\"")));
    let page = rui.get("/search?q=aurora").await.body;
    assert_eq!(kinds(&page), ["waiting", "tickets", "contacts"], "{page}");
    assert!(page.contains("Aurora Lima") && !page.contains("Aurora Nunes"), "of the apps that he attends");
    assert_eq!(kinds(&ana.get(&format!("/search?q={protocol}")).await.body), ["sessions"]);
    let nothing = rui.get(&format!("/search?q={protocol}")).await.body;
    assert!(kinds(&nothing).is_empty() && nothing.contains("Nada encontrado com"), "{nothing}");

    // Without the accents, as the lists find.
    assert_eq!(kinds(&ana.get("/search?q=%C3%81URORA+fiscal").await.body), ["apps"]);

    // More than are shown: the list has them.
    for n in 0..7 {
        ana.post("/tickets", &[("subject", format!("Caixa {n}").as_str()), ("name", "Davi")]).await;
    }
    let many = ana.get("/search?q=caixa").await.body;
    assert_eq!(many.matches("href=\"/tickets/").count(), 6);
    assert!(many.contains("href=\"/tickets?q=caixa\""), "{many}");
    drop((waits, own));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_looked_for_is_text() {
    let (relay, _folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", ATTENDS).await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    for empty in ["/search", "/search?q=", "/search?q=+++"] {
        let page = ana.get(empty).await;
        assert!(page.status == StatusCode::OK && page.body.contains("Procure por nome"), "{empty}");
    }
    for odd in ["%25", "_", "%00", "%22", "%5C", "%F0%9F%8F%B7", "(a", "-", "*", "NEAR%2F", "\u{300}"] {
        assert_eq!(ana.get(&format!("/search?q={odd}")).await.status, StatusCode::OK, "{odd}");
    }
    let script = ana.get("/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E").await.body;
    assert!(!script.contains("<script>alert") && script.contains("&#60;script&#62;alert"));
    let long = ana.get(&format!("/search?q={}", "a".repeat(5_000))).await;
    assert!(long.status == StatusCode::OK && !long.body.contains(&"a".repeat(201)), "cut to what a field holds");
    let mut stranger = Browser::new(&relay.shared);
    assert!(stranger.get("/search?q=a").await.location().starts_with("/login"));
    relay.shutdown().await.unwrap();
}
