//! The page about API tokens: who makes one, what is shown of it, who takes it back.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use amparo_relay::{account::api_token::is_well_formed, console::Source};
use axum::http::StatusCode;
use console_support::*;

const FORM: [(&str, &str); 4] =
    [("name", "Painel"), ("scope", "sessions:read"), ("scope", "tickets:write"), ("days", "30")];

/// The token that a page shows this once.
fn shown(page: &Answer) -> String {
    let token = page.body.split("id=\"secret\">").nth(1).and_then(|rest| rest.split('<').next());
    token.unwrap_or_else(|| panic!("{}: {}", page.status, page.body)).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shown_once_and_kept_as_its_hash_only() {
    let (relay, folder) = relay().await;
    let tenant = relay.shared.first_tenant;
    operator(&relay.shared, tenant, "ana", ATTENDS).await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let page = ana.post("/tokens", &FORM).await;
    let token = shown(&page);
    assert!(page.status == StatusCode::OK && is_well_formed(&token), "{token}");
    let again = ana.get("/tokens").await.body;
    assert!(!again.contains(&token) && again.contains(&token[36..]) && again.contains(">Painel<"));
    let (kept, who) = relay.shared.accounts.api(&token, [203, 0, 113, 9].into()).await.unwrap();
    assert_eq!((kept.name.as_str(), who.login.as_str()), ("Painel", "ana"));
    assert!(ana.get("/tokens").await.body.contains("203.0.113.9"), "the last use is shown");
    let audit = relay.shared.store.audit_list(tenant, 20).await.unwrap();
    assert!(audit.iter().any(|line| line.what == "token.made" && line.subject == "Painel"));
    relay.shutdown().await.unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        assert!(!bytes.windows(token.len()).any(|piece| piece == token.as_bytes()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_token_is_said_beside_its_field_and_nothing_typed_is_lost() {
    let (relay, _folder) = relay().await;
    let tenant = relay.shared.first_tenant;
    operator(&relay.shared, tenant, "ana", ATTENDS).await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let page = ana.get("/tokens").await.body;
    assert!(page.contains("tickets:write") && !page.contains("audit:read"), "what she may not is not offered");
    let long = "x".repeat(61);
    for (form, field) in [
        (vec![("name", ""), ("scope", "sessions:read"), ("days", "30")], "name"),
        (vec![("name", &*long), ("scope", "sessions:read"), ("days", "30")], "name"),
        (vec![("name", "Painel"), ("days", "30")], "scopes"),
        (vec![("name", "Painel"), ("scope", "audit:read"), ("days", "30")], "scopes"),
        (vec![("name", "Painel"), ("scope", "everything"), ("days", "30")], "scopes"),
        (vec![("name", "Painel"), ("scope", "sessions:read"), ("days", "366")], "days"),
        (vec![("name", "Painel"), ("scope", "sessions:read")], "days"),
    ] {
        let refused = ana.post("/tokens", &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{form:?}");
        assert!(refused.body.contains("aria-describedby=\"error\""), "{field}");
        assert!(form.iter().all(|(name, value)| *name != "name" || refused.body.contains(*value)));
    }
    assert!(relay.shared.store.api_tokens(tenant, None).await.unwrap().is_empty());
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_carried_elsewhere_makes_no_token_without_its_users_password() {
    let (relay, _folder) = relay().await;
    let tenant = relay.shared.first_tenant;
    operator(&relay.shared, tenant, "ana", ATTENDS).await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let mut elsewhere = ana.clone();
    elsewhere.source = Source([203, 0, 113, 9].into());
    assert!(elsewhere.get("/tokens").await.body.contains("name=\"own\""));
    let refused = elsewhere.post("/tokens", &FORM).await;
    assert!(refused.status == StatusCode::UNAUTHORIZED && refused.body.contains("Painel"), "{}", refused.status);
    let with = |own| FORM.into_iter().chain([("own", own)]).collect::<Vec<_>>();
    assert_eq!(elsewhere.post("/tokens", &with("errada errada")).await.status, StatusCode::UNAUTHORIZED);
    assert!(relay.shared.store.api_tokens(tenant, None).await.unwrap().is_empty());
    assert!(is_well_formed(&shown(&elsewhere.post("/tokens", &with(PASSWORD)).await)));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_and_takes_back_their_own_tokens_and_administrators_all() {
    let (relay, _folder) = relay().await;
    let tenant = relay.shared.first_tenant;
    operator(&relay.shared, tenant, "chefe", EVERYTHING).await;
    operator(&relay.shared, tenant, "ana", ATTENDS).await;
    operator(&relay.shared, tenant, "bruno", ATTENDS).await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let token = shown(&ana.post("/tokens", &FORM).await);
    let id = relay.shared.store.api_tokens(tenant, None).await.unwrap()[0].id.0;
    let mut bruno = Browser::new(&relay.shared);
    bruno.log_in("bruno", PASSWORD).await;
    assert!(!bruno.get("/tokens").await.body.contains(">Painel<"));
    let revoke = format!("/tokens/{id}/revoke");
    assert_eq!(bruno.post(&revoke, &[]).await.status, StatusCode::NOT_FOUND);
    let mut chief = Browser::new(&relay.shared);
    chief.log_in("chefe", PASSWORD).await;
    assert!(chief.get("/tokens").await.body.contains("ANA"), "whose it is");
    assert!(relay.shared.accounts.api(&token, [127, 0, 0, 1].into()).await.is_ok());
    assert_eq!(chief.post(&revoke, &[]).await.location(), "/tokens");
    assert!(relay.shared.accounts.api(&token, [127, 0, 0, 1].into()).await.is_err());
    let audit = relay.shared.store.audit_list(tenant, 20).await.unwrap();
    assert!(audit.iter().any(|line| line.what == "token.revoked" && line.subject == "ANA · Painel"));
    relay.shutdown().await.unwrap();
}
