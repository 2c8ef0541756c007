//! Invitations: a link by which somebody chooses their own password, and nothing else.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;
mod smtp;

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use console_support::*;
use smtp::Receiver;

const CHOSEN: &str = "uma senha que escolhi";

/// The path of the link that a page shows once.
fn link(page: &str) -> String {
    let link = page.split("/welcome/").nth(1).unwrap_or_else(|| panic!("no link: {page}"));
    format!("/welcome/{}", link.split(['"', '<']).next().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_invited_chooses_their_own_password_once() {
    let (relay, _folder) = relay().await;
    let tenant = relay.shared.first_tenant;
    operator(&relay.shared, tenant, "chefe", EVERYTHING).await;
    let mut chief = Browser::new(&relay.shared);
    chief.log_in("chefe", PASSWORD).await;
    let invited = [("name", "Bia <Souza>"), ("login", "bia"), ("attend", "1"), ("how", "link")];
    let page = chief.post("/users", &invited).await;
    assert!(page.status.is_success() && !page.body.contains("<Souza>"), "{}", page.body);
    let first = link(&page.body);
    let bia = relay.shared.store.operator_by_login(tenant, "bia").await.unwrap().unwrap();
    let again = chief.post(&format!("/users/{}/link", bia.id), &[]).await;
    let path = link(&again.body);
    assert_ne!(first, path);

    let mut stranger = Browser::new(&relay.shared);
    assert_eq!(stranger.get(&first).await.status, StatusCode::GONE, "a new link ends it");
    for wrong in ["/welcome/", "/welcome/00", &format!("/welcome/{}", "a".repeat(5000))] {
        let status = stranger.get(wrong).await.status;
        assert!(matches!(status, StatusCode::GONE | StatusCode::NOT_FOUND), "{wrong}: {status}");
    }
    assert!(stranger.get(&path).await.body.contains("bia"));
    for (password, again, field) in [("x7!q", "x7!q", "password"), (CHOSEN, "outra senha diferente", "again")] {
        let refused = stranger.post(&path, &[("password", password), ("again", again)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(refused.body.contains("aria-invalid=\"true\"") && !refused.body.contains(password));
    }
    let entered = stranger.post(&path, &[("password", CHOSEN), ("again", CHOSEN)]).await;
    assert_eq!(entered.location(), "/");
    assert!(stranger.get("/").await.status.is_success(), "they are in");
    let used =
        Browser::new(&relay.shared).post(&path, &[("password", "mais uma senha"), ("again", "mais uma senha")]).await;
    assert_eq!(used.status, StatusCode::GONE);
    assert_eq!(Browser::new(&relay.shared).log_in("bia", CHOSEN).await.location(), "/");
    let audit = relay.shared.store.audit_list(tenant, 50).await.unwrap();
    for what in ["operator.added", "operator.link.made", "operator.link.used"] {
        assert!(audit.iter().any(|line| line.what == what), "{what}");
    }
    let token = path.trim_start_matches("/welcome/");
    assert!(audit.iter().all(|line| !line.subject.contains(token) && !line.detail.contains(token)));
    assert!(!chief.get("/users").await.body.contains("/welcome/"), "shown once");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_mailed_where_the_login_is_an_address_and_nobody_else_makes_one() {
    let (relay, _folder) = relay().await;
    let tenant = relay.shared.first_tenant;
    operator(&relay.shared, tenant, "chefe", EVERYTHING).await;
    operator(&relay.shared, tenant, "ana", ATTENDS).await;
    let (mut chief, mut ana) = (Browser::new(&relay.shared), Browser::new(&relay.shared));
    chief.log_in("chefe", PASSWORD).await;
    ana.log_in("ana", PASSWORD).await;
    let id = relay.shared.store.operator_by_login(tenant, "chefe").await.unwrap().unwrap().id;
    assert_eq!(ana.post(&format!("/users/{id}/link"), &[]).await.status, StatusCode::FORBIDDEN);
    let receiver = Receiver::plain().await;
    let port = receiver.port.to_string();
    let server = [("host", "127.0.0.1"), ("port", port.as_str()), ("tls", "none"), ("from", "s@varanda.example")];
    assert_eq!(chief.post("/mail", &server).await.location(), "/mail?saved");
    let invited = [("name", "Bia"), ("login", "bia@varanda.example"), ("attend", "1"), ("how", "link")];
    let page = chief.post("/users", &invited).await.body;
    let path = link(&page);
    let begun = Instant::now();
    while receiver.letters().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "no letter");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let letter = receiver.letters()[0].replace("=\r\n", "");
    assert!(letter.contains("bia@varanda.example") && letter.contains(&path), "{letter}");
    relay.shutdown().await.unwrap();
}
