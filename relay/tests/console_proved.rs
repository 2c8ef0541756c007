//! What a carried-off cookie may not do: every change of who gets in and of where things are sent asks "is it still you" first.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use amparo_relay::console::{Source, routes};
use axum::http::StatusCode;
use console_support::*;

/// What a hidden field holds.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) =
        page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name}: {page}"));
    rest.split('"').next().unwrap().to_owned()
}

/// Ana's cookie in another place.
fn carried_off(ana: &Browser) -> Browser {
    let mut elsewhere = ana.clone();
    elsewhere.source = Source([192, 0, 2, 66].into());
    elsewhere
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_from_elsewhere_changes_nothing_that_matters() {
    let (relay, _folder) = relay().await;
    let tenant = relay.shared.first_tenant;
    operator(&relay.shared, tenant, "ana", EVERYTHING).await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let mut thief = carried_off(&ana);
    let before = relay.shared.accounts.list(tenant).await.unwrap().len();
    let proved: Vec<_> = routes().into_iter().filter(|route| route.proved).collect();
    for path in [
        "/users",
        "/users/{id}",
        "/users/{id}/password",
        "/users/{id}/link",
        "/users/{id}/disabled",
        "/mail",
        "/mail/test",
        "/connections/new/{kind}",
        "/connections/{id}",
        "/webhooks",
        "/webhooks/{id}/secret",
    ] {
        assert!(proved.iter().any(|route| route.path == path), "{path} asks nothing");
    }
    for route in proved {
        let path = route.path.replace("{kind}", "zendesk").replace("{id}", "1");
        // With nothing typed there is nothing to keep, and one comes out at the page that the form stands on.
        let bare = thief.post(&path, &[]).await;
        let stands_on = match path.as_str() {
            "/mail/test" => "/mail",
            "/users/factor" => "/users",
            "/users/provider/test" | "/users/provider/remove" => "/users/provider",
            own if own.starts_with("/apps/1/") => "/apps",
            own if own.starts_with("/users/1/") => "/users/1",
            "/connections/1/fields" | "/connections/1/people" => path.as_str(),
            own if own.starts_with("/connections/1/") => "/connections/1",
            own if own.starts_with("/webhooks/1/") => "/webhooks/1",
            own => own,
        };
        assert_eq!(bare.location(), format!("/confirm?to={stands_on}"), "{path}");
        let typed = thief.post(&path, &[("name", "Eva"), ("login", "eva"), ("attend", "1"), ("how", "password")]).await;
        let kept = route.path != "/users/factor" && route.path != "/users/{id}/disabled";
        if kept {
            assert_eq!(typed.status, StatusCode::UNAUTHORIZED, "{path}");
            assert!(
                typed.body.contains("confirme que é você")
                    && !typed.body.contains("\"Eva\"")
                    && !typed.body.contains(">Eva"),
                "{path}: {}",
                typed.body
            );
        } else {
            assert_eq!(typed.location(), format!("/confirm?to={stands_on}"), "{path}");
        }
    }
    assert_eq!(relay.shared.accounts.list(tenant).await.unwrap().len(), before, "nobody was made");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_waits_for_the_proof_and_is_done_when_it_is_sent_again() {
    let (relay, _folder) = relay().await;
    let tenant = relay.shared.first_tenant;
    operator(&relay.shared, tenant, "ana", EVERYTHING).await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    ana.source = Source([192, 0, 2, 7].into());
    let form = [("name", "Eva Prado"), ("login", "eva"), ("attend", ""), ("how", "password")];
    let asked = ana.post("/users", &form).await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    let kept = hidden(&asked.body, "kept");
    // A wrong answer loses nothing, and proves nothing.
    let wrong = ana.post("/confirm", &[("own", "não é esta senha"), ("to", "/users"), ("kept", &kept)]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(hidden(&wrong.body, "kept"), kept);
    let csrf = ana.csrf().await;
    let shown = ana.post("/confirm", &[("own", PASSWORD), ("to", "/users"), ("kept", &kept)]).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.body.contains("Eva Prado") && shown.body.contains("Nada foi enviado ainda"), "{}", shown.body);
    assert!(shown.body.contains("action=\"/users\"") && !shown.body.contains("código de recuperação"));
    assert_eq!(ana.csrf().await, csrf, "pages that are open go on");
    assert!(relay.shared.store.operator_by_login(tenant, "eva").await.unwrap().is_none(), "it was only shown");
    let done = ana.post("/users", &form).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert!(relay.shared.store.operator_by_login(tenant, "eva").await.unwrap().is_some());
    // What comes back changed is dropped, and said; the proof counts all the same.
    ana.source = Source([192, 0, 2, 8].into());
    let changed = ana.post("/confirm", &[("own", PASSWORD), ("to", "/users"), ("kept", &kept[1..])]).await;
    assert!(changed.body.contains("chegou alterado ou incompleto"), "{}", changed.body);
    assert_eq!(ana.post("/users/factor", &[]).await.location(), "/users");
    relay.shutdown().await.unwrap();
}
