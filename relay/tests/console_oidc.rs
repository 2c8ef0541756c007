//! Getting in by the company's own provider: whose identity opens what, and who may link one to whom.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;
mod oidc;
mod passkey_support;

use std::time::Duration;

use amparo_relay::account::Roles;
use axum::http::StatusCode;
use console_support::*;
use jiff::SignedDuration;
use oidc::{Manner, SECRET, scene::*};
use passkey_support::{Authenticator, question};
use protocol::id::{OperatorId, TenantId};
use serde_json::json;
use store::{NewOperator, OidcIdentity, OidcProvider, Tenant};
use tickets::clock::Clock;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_linked_their_identity_gets_in_by_it() {
    let scene = scene().await;
    let mut ana = scene.ana().await;
    assert!(ana.get("/account").await.body.contains("Vinculada desde"));
    let before = ana.cookie.clone();
    ana.post("/logout", &[]).await;
    assert!(ana.get("/login").await.body.contains("Entrar com Entra"));
    for _ in 0..2 {
        let mut browser = scene.browser();
        let answer = log_in(&mut browser, &scene.provider).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"), "{}", answer.body);
        assert!(browser.cookie.is_some() && browser.cookie != before && browser.flow.is_none());
        assert_eq!(browser.get("/").await.status, StatusCode::OK);
        // A provider that let her through without asking proves nothing about now.
        assert_eq!(browser.get("/account/factor").await.location(), "/confirm?to=/account/factor");
        let back = browser.post(BACK, &[("state", "x"), ("code", "y")]).await;
        assert_eq!(back.location(), "/", "back to that page once more");
    }
    scene.provider.says(json!({ "auth_time": scene.clock.now().as_second() }));
    let mut browser = scene.browser();
    log_in(&mut browser, &scene.provider).await;
    assert_eq!(browser.get("/account/factor").await.status, StatusCode::OK, "asked just now");
    assert_eq!(scene.audited("identity.linked").await.len(), 1);
    assert_eq!(scene.audited("login").await.iter().filter(|detail| *detail == "provider").count(), 3);

    let mut ana = scene.browser();
    ana.log_in("ana", PASSWORD).await;
    assert_eq!(ana.post("/account/identity/remove", &[]).await.location(), "/account?identity=unlinked");
    let mut browser = scene.browser();
    let answer = log_in(&mut browser, &scene.provider).await;
    refused(&browser, &answer, "não está vinculada a nenhum usuário");
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_that_is_nobodys_opens_nothing_whatever_it_says_about_itself() {
    let mut scene = scene().await;
    // The token says that its e-mail address and its name are the administrator's.
    let mut browser = scene.browser();
    let unknown = log_in(&mut browser, &scene.provider).await;
    refused(&browser, &unknown, "Esta conta de Entra não está vinculada a nenhum usuário");
    // A disabled user's is told the same.
    scene.ana().await;
    let id = scene.user("ana").await;
    scene.chief.post(&format!("/users/{id}/disabled"), &[("disabled", "true")]).await;
    let disabled = log_in(&mut browser, &scene.provider).await;
    refused(&browser, &disabled, "Esta conta de Entra não está vinculada a nenhum usuário");
    assert_eq!(unknown.body, disabled.body);
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_of_another_company_opens_nothing_here() {
    let scene = scene().await;
    let (store, other) = (&scene.relay.shared.store, TenantId::from_bytes([9; 16]));
    let now = scene.clock.now();
    store.add_tenant(&Tenant::new(other, "Outra", now)).await.unwrap();
    let bruno = NewOperator {
        id: OperatorId::from_bytes([8; 16]),
        tenant: other,
        login: "bruno".to_owned(),
        name: "Bruno".to_owned(),
        password_hash: String::new(),
        roles: EVERYTHING,
        created_at: now,
    };
    store.add_operator(&bruno).await.unwrap();
    let identity = OidcIdentity { issuer: scene.provider.issuer.clone(), subject: "ana-no-provedor".to_owned() };
    store.link_identity(other, bruno.id, &identity, now).await.unwrap();
    let mut browser = scene.browser();
    let answer = log_in(&mut browser, &scene.provider).await;
    refused(&browser, &answer, "não está vinculada a nenhum usuário");
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_unless_the_provider_did_and_is_trusted() {
    let mut scene = scene().await;
    let mut ana = scene.ana().await;
    let page = ana.get("/account/factor").await.body;
    let (sealed, key) = (between(&page, "name=\"sealed\" value=\"", "\""), between(&page, "id=\"secret\">", "<"));
    let code = totp(key, &scene.clock);
    let on = ana.post("/account/factor", &[("sealed", sealed), ("code", &code)]).await;
    assert_eq!(on.status, StatusCode::OK);

    let mut browser = scene.browser();
    scene.provider.says(json!({ "amr": ["pwd", "mfa"] }));
    let half = log_in(&mut browser, &scene.provider).await;
    assert!(half.status == StatusCode::OK && browser.cookie.is_none(), "not trusted: a code is asked for");
    scene.clock.set(scene.clock.now() + SignedDuration::from_secs(30));
    let (half, code) = (between(&half.body, "name=\"half\" value=\"", "\"").to_owned(), totp(key, &scene.clock));
    let entered = browser.post("/login/code", &[("half", &half), ("code", &code)]).await;
    assert_eq!(entered.location(), "/");
    assert!(scene.audited("login").await.contains(&"provider factor=app".to_owned()));

    scene.save(&[("trust_factor", "1"), ("client_secret", "")]).await;
    for (claims, asks) in [(json!({}), true), (json!({ "amr": ["pwd"] }), true), (json!({ "amr": ["mfa"] }), false)] {
        scene.provider.says(claims.clone());
        let mut browser = scene.browser();
        log_in(&mut browser, &scene.provider).await;
        assert_eq!(browser.cookie.is_none(), asks, "{claims}");
    }

    // A company that requires one: who has none is led there first, unless the provider asked.
    let id = scene.user("ana").await;
    assert_eq!(scene.chief.post(&format!("/users/{id}/factor"), &[]).await.location(), format!("/users/{id}"));
    scene.relay.shared.store.require_second_factor(scene.tenant(), true).await.unwrap();
    for (claims, place) in [(json!({ "amr": ["pwd"] }), "/account/factor"), (json!({ "amr": ["mfa"] }), "")] {
        scene.provider.says(claims.clone());
        let mut browser = scene.browser();
        log_in(&mut browser, &scene.provider).await;
        assert_eq!(browser.get("/").await.location(), place, "{claims}");
        if place.is_empty() {
            scene.relay.shared.store.require_second_factor(scene.tenant(), false).await.unwrap();
            scene.save(&[("client_secret", "")]).await;
            scene.relay.shared.store.require_second_factor(scene.tenant(), true).await.unwrap();
            assert_eq!(browser.get("/").await.location(), "/account/factor", "it is trusted no more");
        }
    }
    scene.ends().await;
}

/// What an authenticator app shows, written from the standards and not from the server's code.
fn totp(key: &str, clock: &Clock) -> String {
    let key = data_encoding::BASE32_NOPAD.decode(key.replace(' ', "").as_bytes()).unwrap();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let step = u64::try_from(clock.now().as_second() / 30).unwrap();
    let tag = ring::hmac::sign(&key, &step.to_be_bytes());
    let from = usize::from(tag.as_ref()[19] & 15);
    let number = u32::from_be_bytes(tag.as_ref()[from..from + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_invited_may_use_the_provider_instead_of_a_password() {
    let mut scene = scene().await;
    let new = [("name", "Duda Lima"), ("login", "duda"), ("attend", "1"), ("how", "link")];
    let made = scene.chief.post("/users", &new).await.body;
    let link = between(&made, "id=\"secret\">", "<").to_owned();
    let path = &link[link.find("/welcome/").unwrap()..];
    let mut duda = scene.browser();
    assert!(duda.get(path).await.body.contains("Usar Entra em vez de uma senha"));
    let address = sent_by(&mut duda, &format!("{path}/oidc"), &[]).await;
    let entered = comes_back(&mut duda, &scene.provider.approve(&address)).await;
    assert_eq!(entered.location(), "/", "{}", entered.body);
    assert_eq!(duda.get("/").await.status, StatusCode::OK);
    let mut again = scene.browser();
    assert_eq!(again.post(&format!("{path}/oidc"), &[]).await.status, StatusCode::GONE, "used up");
    for password in ["", " ", PASSWORD] {
        assert_eq!(scene.browser().log_in("duda", password).await.status, StatusCode::UNAUTHORIZED);
    }

    // She has no password to confirm with: the provider has to ask her again.
    assert_eq!(duda.get("/account/factor").await.location(), "/confirm?to=/account/factor");
    let question = duda.get("/confirm?to=/account").await.body;
    assert!(question.contains("Confirmar com Entra") && !question.contains("name=\"own\""), "{question}");
    assert_eq!(duda.post("/confirm", &[("own", PASSWORD)]).await.status, StatusCode::UNAUTHORIZED);
    let only = duda.post("/account/identity/remove", &[]).await;
    assert_eq!(only.location(), "/confirm?to=/account");
    let confirm = async |duda: &mut Browser, claims: serde_json::Value| {
        let address = sent_by(duda, "/confirm/oidc", &[("to", "/account")]).await;
        assert!(address.contains("&prompt=login&max_age=0"), "{address}");
        scene.provider.says(claims);
        comes_back(duda, &scene.provider.approve(&address)).await
    };
    let now = scene.clock.now().as_second();
    for (claims, words) in [
        (json!({}), "Entra não pediu para você se identificar de novo"),
        (json!({ "auth_time": now - 3600 }), "Entra não pediu para você se identificar de novo"),
        (json!({ "auth_time": now, "sub": "outra-pessoa" }), "não é a sua"),
    ] {
        let answer = confirm(&mut duda, claims).await;
        assert!(answer.status == StatusCode::UNAUTHORIZED && answer.body.contains(words), "{}", answer.body);
        assert_eq!(duda.get("/account/factor").await.location(), "/confirm?to=/account/factor");
    }
    let before = duda.cookie.clone();
    let confirmed = confirm(&mut duda, json!({ "auth_time": now })).await;
    assert_eq!(confirmed.location(), "/account", "{}", confirmed.body);
    assert!(duda.cookie.is_some() && duda.cookie != before, "the login has a new token");
    assert_eq!(duda.get("/account/factor").await.status, StatusCode::OK);
    assert_eq!(duda.post("/account/identity/remove", &[]).await.location(), "/account?identity=only");
    assert!(duda.get("/account?identity=only").await.body.contains("Crie antes uma senha"));

    let made = duda.post("/account/password", &[("password", PASSWORD), ("again", PASSWORD)]).await;
    assert_eq!(made.location(), "/account?changed=1", "{}", made.body);
    assert_eq!(scene.browser().log_in("duda", PASSWORD).await.location(), "/");
    // Whoever has a password confirms with it.
    assert_eq!(duda.post("/confirm/oidc", &[("to", "/")]).await.status, StatusCode::BAD_REQUEST);
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_is_linked_by_its_own_user_in_their_own_login_only() {
    let scene = scene().await;
    scene.ana().await;
    operator(&scene.relay.shared, scene.tenant(), "bruno", ATTENDS).await;
    let mut bruno = scene.browser();
    bruno.log_in("bruno", PASSWORD).await;
    // Ana's identity is hers.
    let address = sent_by(&mut bruno, "/account/identity", &[]).await;
    let taken = comes_back(&mut bruno, &scene.provider.approve(&address)).await;
    assert!(taken.status == StatusCode::UNAUTHORIZED && taken.body.contains("já está vinculada a outro usuário"));
    // Begun in his login, ended in another one of his, or in nobody's.
    scene.provider.says(json!({ "sub": "bruno-no-provedor" }));
    for logged_in in [true, false] {
        let address = sent_by(&mut bruno, "/account/identity", &[]).await;
        let mut other = scene.browser();
        if logged_in {
            other.log_in("bruno", PASSWORD).await;
        }
        other.flow = bruno.flow.take();
        let answer = comes_back(&mut other, &scene.provider.approve(&address)).await;
        assert_ne!(answer.location(), "/account?identity=linked");
    }
    // Long after his password he is asked for it first.
    bruno.later = Duration::from_secs(16 * 60);
    assert_eq!(bruno.post("/account/identity", &[]).await.location(), "/confirm?to=/account");
    bruno.later = Duration::ZERO;
    assert_eq!(scene.audited("identity.linked").await.len(), 1, "Ana's");
    let mut browser = scene.browser();
    let answer = log_in(&mut browser, &scene.provider).await;
    refused(&browser, &answer, "não está vinculada a nenhum usuário");

    // An administrator takes Ana's away, and what it opened ends.
    scene.provider.says(json!({}));
    let mut ana = scene.browser();
    log_in(&mut ana, &scene.provider).await;
    let (id, mut chief) = (scene.user("ana").await, scene.chief.clone());
    assert!(chief.get(&format!("/users/{id}")).await.body.contains("Vinculada desde"));
    let path = format!("/users/{id}/identity/remove");
    assert_eq!(chief.post(&path, &[]).await.location(), format!("/users/{id}"));
    assert_eq!(ana.get("/").await.location(), "/login?over=1");
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_are_administrators_and_the_secret_is_nobodys() {
    let mut scene = scene().await;
    let shown = scene.chief.get("/users/provider").await.body;
    assert!(shown.contains(&format!("{}{BACK}", scene.relay.shared.public_url)), "the address to be copied");
    assert!(!shown.contains(SECRET) && shown.contains(&scene.provider.issuer));
    let wrong = form(&scene.provider, &[("issuer", "http://id.example"), ("name", "")]);
    let wrong = scene.chief.post("/users/provider", &wrong).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("Precisa começar com https://.") && !wrong.body.contains(SECRET));
    scene.save(&[("client_secret", ""), ("name", "Outro <b>")]).await;
    let login = scene.browser().get("/login").await.body;
    assert!(login.contains("Entrar com Outro &#60;b&#62;"), "{login}");
    scene.chief.later = Duration::from_secs(16 * 60);
    for path in ["/users/provider", "/users/provider/test", "/users/provider/remove"] {
        assert_eq!(scene.chief.post(path, &[]).await.location(), "/confirm?to=/users/provider", "{path}");
    }
    scene.chief.later = Duration::ZERO;

    // Whoever has no other way in does not take this one away.
    let boss = OperatorId::from_bytes([7; 16]);
    let roles = Roles { admin: true, ..Roles::default() };
    let (store, now) = (&scene.relay.shared.store, scene.clock.now());
    let row = NewOperator {
        id: boss,
        tenant: scene.tenant(),
        login: "boss".to_owned(),
        name: "Boss".to_owned(),
        password_hash: String::new(),
        roles,
        created_at: now,
    };
    store.add_operator(&row).await.unwrap();
    let identity = OidcIdentity { issuer: scene.provider.issuer.clone(), subject: "ana-no-provedor".to_owned() };
    store.link_identity(scene.tenant(), boss, &identity, now).await.unwrap();
    scene.provider.says(json!({ "auth_time": now.as_second() }));
    let mut browser = scene.browser();
    log_in(&mut browser, &scene.provider).await;
    let own = format!("/users/{boss}/identity/remove");
    assert_eq!(browser.post(&own, &[]).await.location(), "/account?identity=only");
    let moved = form(&scene.provider, &[("issuer", "https://outro.example")]);
    for answer in [browser.post("/users/provider/remove", &[]).await, browser.post("/users/provider", &moved).await] {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains("Crie antes uma senha"), "{}", answer.body);
    }
    assert_eq!(scene.chief.post("/users/provider/remove", &[]).await.location(), "/users/provider?removed");
    let mut stranger = scene.browser();
    assert!(!stranger.get("/login").await.body.contains("/login/oidc"));
    assert!(stranger.post("/login/oidc", &[]).await.body.contains("não usa este modo de entrar"));
    scene.ends().await;
}

/// A form of Ana's that is sent when her login is over: what it becomes in the login page.
async fn kept(scene: &Scene, browser: &mut Browser) -> String {
    let (csrf, own) = (browser.csrf().await, format!("https://{}", browser.host));
    let id = scene.user("ana").await;
    scene.relay.shared.store.end_all_logins(scene.tenant(), id).await.unwrap();
    let form = [
        ("_csrf", csrf.as_str()),
        ("subject", "Nota fiscal"),
        ("name", "Cida"),
        ("text", "Sai erro 225."),
        ("own", "s3gredo"),
    ];
    let from = [("origin", own.as_str()), ("sec-fetch-site", "same-origin")];
    let login = browser.post_bare("/tickets", &form, &from).await;
    let start = between(&login.body, "action=\"/login/oidc\"", "</form>");
    browser.cookie = None;
    between(start, "name=\"kept\" value=\"", "\"").to_owned()
}

fn is_shown(answer: &Answer) -> bool {
    answer.body.contains("Sai erro 225.") && answer.body.contains("action=\"/tickets\"")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_being_written_goes_to_the_provider_and_back() {
    let scene = scene().await;
    let mut ana = scene.ana().await;
    let sealed = kept(&scene, &mut ana).await;
    let address = sent_by(&mut ana, "/login/oidc", &[("kept", &sealed)]).await;
    assert!(address.len() < 1000, "it does not go there: {address}");
    let shown = comes_back(&mut ana, &scene.provider.approve(&address)).await;
    assert!(shown.status == StatusCode::OK && is_shown(&shown) && !shown.body.contains("s3gredo"), "{}", shown.body);
    let form = [("subject", "Nota fiscal"), ("name", "Cida"), ("text", "Sai erro 225.")];
    assert_eq!(ana.post("/tickets", &form).await.location(), "/tickets/1001", "she is in, and sends it");

    // The provider says no: the password does as well, and what was written is still there.
    let sealed = kept(&scene, &mut ana).await;
    let address = sent_by(&mut ana, "/login/oidc", &[("kept", &sealed)]).await;
    let back = scene.provider.approve(&address);
    let denied = back.replace(between(&back, "code=", "&"), "").replace("code=", "error=access_denied");
    let refused = comes_back(&mut ana, &denied).await;
    assert!(refused.status == StatusCode::UNAUTHORIZED && ana.cookie.is_none());
    let sealed = between(&refused.body, "name=\"kept\" value=\"", "\"").to_owned();
    let login = [("user", "ana"), ("password", PASSWORD), ("kept", &sealed)];
    assert!(is_shown(&ana.post("/login", &login).await));
    // … also before anybody went anywhere.
    let sealed = kept(&scene, &mut ana).await;
    scene.provider.goes("discovery", Manner::Broken);
    scene.clock.set(scene.clock.now() + SignedDuration::from_mins(11));
    let refused = ana.post("/login/oidc", &[("kept", &sealed)]).await;
    assert!(refused.status == StatusCode::UNAUTHORIZED && refused.body.contains(&sealed), "{}", refused.body);
    scene.provider.goes("discovery", Manner::Fine);

    // It came back too late for what was held here: she is in, and is told.
    let address = sent_by(&mut ana, "/login/oidc", &[("kept", &sealed)]).await;
    ana.later = Duration::from_secs(601);
    let lost = comes_back(&mut ana, &scene.provider.approve(&address)).await;
    ana.later = Duration::ZERO;
    assert!(lost.body.contains("foi descartado") && ana.cookie.is_some(), "{}", lost.body);
    // Somebody else's is not shown to whoever comes back.
    let sealed = kept(&scene, &mut ana).await;
    operator(&scene.relay.shared, scene.tenant(), "bruno", ATTENDS).await;
    let bruno = scene.user("bruno").await;
    let identity = OidcIdentity { issuer: scene.provider.issuer.clone(), subject: "bruno-no-provedor".to_owned() };
    scene.relay.shared.store.link_identity(scene.tenant(), bruno, &identity, scene.clock.now()).await.unwrap();
    scene.provider.says(json!({ "sub": "bruno-no-provedor" }));
    let address = sent_by(&mut ana, "/login/oidc", &[("kept", &sealed)]).await;
    let others = comes_back(&mut ana, &scene.provider.approve(&address)).await;
    assert!(ana.cookie.is_some() && !others.body.contains("Sai erro 225."), "{}", others.body);
    // What was not made here is not held.
    let mut stranger = scene.browser();
    for foreign in ["x".to_owned(), sealed[1..].to_owned(), "A".repeat(300 * 1024)] {
        let address = sent_by(&mut stranger, "/login/oidc", &[("kept", &foreign)]).await;
        assert_eq!(comes_back(&mut stranger, &scene.provider.approve(&address)).await.location(), "/");
        stranger.cookie = None;
    }
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_the_second_step_behind_the_provider_and_shows_that_it_is_still_them() {
    let scene = scene_at(Some(NAME)).await;
    let (mut ana, mut key) = (scene.ana().await, Authenticator::at(NAME));
    let made = key.make(&question(&ana.get("/account/passkeys/new").await.body));
    let mut fields = vec![("name", "Notebook")];
    fields.extend(made.iter().map(|(name, value)| (*name, value.as_str())));
    let added = ana.post("/account/passkeys", &fields).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);

    let sealed = kept(&scene, &mut ana).await;
    let address = sent_by(&mut ana, "/login/oidc", &[("kept", &sealed)]).await;
    let step = comes_back(&mut ana, &scene.provider.approve(&address)).await;
    assert!(step.status == StatusCode::OK && ana.cookie.is_none(), "half a login: {}", step.body);
    let half = between(&step.body, "name=\"half\" value=\"", "\"").to_owned();
    let sealed = between(&step.body, "name=\"kept\" value=\"", "\"").to_owned();
    let proof = key.prove(&question(&step.body));
    let mut fields = vec![("half", half.as_str()), ("kept", &sealed)];
    fields.extend(proof.iter().map(|(name, value)| (*name, value.as_str())));
    assert!(is_shown(&ana.post("/login/code/passkey", &fields).await));
    assert_eq!(scene.audited("login").await[0], "provider factor=passkey");
    assert_eq!(ana.get("/account/factor").await.status, StatusCode::OK, "they have just shown who they are");

    // Without a password, and some time later: the passkey, or a code, and not the provider.
    let accounts = &scene.relay.shared.accounts;
    let who = accounts.user(scene.tenant(), scene.user("ana").await).await.unwrap().operator;
    let until = jiff::Timestamp::now() + SignedDuration::from_hours(1);
    let link = accounts.password_link(&who, until).await.unwrap();
    let path = format!("/welcome/{}", link.as_str());
    let address = sent_by(&mut ana, &format!("{path}/oidc"), &[]).await;
    let step = comes_back(&mut ana, &scene.provider.approve(&address)).await;
    let half = between(&step.body, "name=\"half\" value=\"", "\"").to_owned();
    let proof = key.prove(&question(&step.body));
    let mut fields = vec![("half", half.as_str())];
    fields.extend(proof.iter().map(|(name, value)| (*name, value.as_str())));
    assert_eq!(ana.post("/login/code/passkey", &fields).await.location(), "/");
    ana.later = Duration::from_secs(16 * 60);
    assert_eq!(ana.get("/account/factor").await.location(), "/confirm?to=/account/factor");
    let page = ana.get("/confirm?to=/account").await.body;
    assert!(page.contains("name=\"code\"") && !page.contains("name=\"own\"") && !page.contains("/confirm/oidc"));
    assert_eq!(ana.post("/confirm/oidc", &[]).await.status, StatusCode::BAD_REQUEST);
    let (proof, before) = (key.prove(&question(&page)), ana.cookie.clone());
    let mut fields = vec![("to", "/account")];
    fields.extend(proof.iter().map(|(name, value)| (*name, value.as_str())));
    assert_eq!(ana.post("/confirm/passkey", &fields).await.location(), "/account");
    assert!(ana.cookie != before && ana.get("/account/factor").await.status == StatusCode::OK);
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_the_provider_a_password_logs_in_and_administers() {
    let mut scene = scene().await;
    let store = scene.relay.shared.store.clone();
    let recorded = store.oidc_provider(scene.tenant()).await.unwrap().unwrap();
    let settings = recorded.settings.clone();
    for trouble in ["broken", "gone", "sealed by another key", "no settings at all"] {
        match trouble {
            "broken" => ["discovery", "keys", "token"].map(|place| scene.provider.goes(place, Manner::Broken)),
            "gone" => {
                let moved = [("issuer", "https://127.0.0.1:1"), ("client_secret", "")];
                scene.save(&moved).await;
                [(); 3]
            }
            _ => {
                let settings = if trouble.starts_with("sealed") { settings.clone() } else { Default::default() };
                let spoiled = OidcProvider { settings, sealed: b"nothing that opens".to_vec() };
                store.set_oidc_provider(scene.tenant(), Some(&spoiled)).await.unwrap();
                [(); 3]
            }
        };
        scene.clock.set(scene.clock.now() + SignedDuration::from_mins(11));
        let asked = scene.provider.asked("discovery");
        let mut chief = scene.browser();
        let login = chief.get("/login").await;
        assert!(login.status == StatusCode::OK && login.body.contains("name=\"password\""), "{trouble}");
        assert_eq!(chief.log_in("chefe", PASSWORD).await.location(), "/", "{trouble}");
        let id = scene.user("chefe").await;
        for page in ["/", "/account", "/users", "/users/provider", "/confirm", "/tokens", &format!("/users/{id}")] {
            assert_eq!(chief.get(page).await.status, StatusCode::OK, "{trouble}: {page}");
        }
        assert_eq!(chief.post("/confirm", &[("own", PASSWORD), ("to", "/users")]).await.location(), "/users");
        assert_eq!(scene.provider.asked("discovery"), asked, "{trouble}: nobody waits for it");
        let mut stranger = scene.browser();
        let refused = stranger.post("/login/oidc", &[]).await;
        assert!(refused.status == StatusCode::UNAUTHORIZED && refused.body.contains("name=\"password\""), "{trouble}");
        scene.chief = chief;
    }
    // And they mend it.
    for place in ["discovery", "keys", "token"] {
        scene.provider.goes(place, Manner::Fine);
    }
    scene.save(&[]).await;
    let mut browser = scene.browser();
    let answer = log_in(&mut browser, &scene.provider).await;
    refused(&browser, &answer, "não está vinculada a nenhum usuário");
    scene.ends().await;
}
