//! Getting in by the company's own provider: everything that is refused on the way, and what a provider in trouble comes to.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;
mod oidc;

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use amparo_relay::oidc::{Found, Look, Purpose, Settings};
use axum::http::StatusCode;
use console_support::*;
use jiff::SignedDuration;
use oidc::{CLIENT, Manner, Signing, scene::*};
use serde_json::json;
use tickets::http::Patience;

#[tokio::test(flavor = "multi_thread")]
async fn only_the_browser_that_went_comes_back_once_and_soon() {
    let scene = scene().await;
    scene.ana().await;
    let again = "Este pedido não vale mais";
    let went = async || {
        let mut browser = scene.browser();
        let address = sent_by(&mut browser, "/login/oidc", &[]).await;
        let back = scene.provider.approve(&address);
        (browser, back)
    };
    let with_state = |back: &str, state: &str| {
        let old = between(back, "state=", "&").to_owned();
        back.replace(&old, state)
    };
    let asked = scene.provider.asked("token");

    let (mut browser, back) = went().await;
    let answer = comes_back(&mut browser, &with_state(&back, "outro")).await;
    refused(&browser, &answer, again);
    let (mut browser, back) = went().await;
    let answer = comes_back(&mut browser, &with_state(&back, "")).await;
    refused(&browser, &answer, again);
    // Another browser, which began nothing: somebody was handed this address.
    let (_, back) = went().await;
    let mut other = scene.browser();
    let answer = comes_back(&mut other, &back).await;
    refused(&other, &answer, again);
    // … or began something else.
    let (mut other, _) = went().await;
    let answer = comes_back(&mut other, &back).await;
    refused(&other, &answer, again);
    let (mut browser, back) = went().await;
    browser.flow = Some("__Host-amparo-provider=AAAA".to_owned());
    let answer = comes_back(&mut browser, &back).await;
    refused(&browser, &answer, again);
    let (mut browser, back) = went().await;
    scene.clock.set(scene.clock.now() + SignedDuration::from_secs(600));
    let answer = comes_back(&mut browser, &back).await;
    refused(&browser, &answer, again);
    assert_eq!(scene.provider.asked("token"), asked, "none of them got as far as the provider");

    let (mut browser, back) = went().await;
    let mut thief = browser.clone();
    assert_eq!(comes_back(&mut browser, &back).await.location(), "/");
    let answer = comes_back(&mut thief, &back).await;
    refused(&thief, &answer, again);
    assert_eq!(scene.provider.asked("token"), asked + 1);
    // A code that was used before, in a login of one's own.
    let (mut browser, fresh) = went().await;
    let used = between(&back, "code=", "&").to_owned();
    let own = between(&fresh, "code=", "&").to_owned();
    let answer = comes_back(&mut browser, &fresh.replace(&own, &used)).await;
    refused(&browser, &answer, "não passou na verificação");
    // Somebody else's code: it is bound to their verifier.
    let ((mut browser, mine), (_, theirs)) = (went().await, went().await);
    let (own, stolen) = (between(&mine, "code=", "&").to_owned(), between(&theirs, "code=", "&").to_owned());
    let answer = comes_back(&mut browser, &mine.replace(&own, &stolen)).await;
    refused(&browser, &answer, "não passou na verificação");
    // Another provider's answer, or one that does not say whose it is.
    for iss in ["https%3A%2F%2Fevil.example", ""] {
        let (mut browser, back) = went().await;
        let old = back.split("&iss=").next().unwrap().to_owned();
        let answer = comes_back(&mut browser, &format!("{old}&iss={iss}")).await;
        refused(&browser, &answer, "não passou na verificação");
    }
    let (mut browser, back) = went().await;
    let denied = back.replace(between(&back, "code=", "&"), "").replace("code=", "error=access_denied");
    let answer = comes_back(&mut browser, &denied).await;
    refused(&browser, &answer, "Entra não confirmou quem você é");
    let mut browser = scene.browser();
    let long = format!("{BACK}?state={}", "x".repeat(5000));
    assert_eq!(browser.get(&long).await.status, StatusCode::BAD_REQUEST);
    let elsewhere = browser.post_bare(BACK, &[("state", "x")], &[("origin", "https://evil.example")]).await;
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN);
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_right_in_everything_opens_nothing() {
    let scene = scene().await;
    scene.ana().await;
    let now = scene.clock.now().as_second();
    let words = "não passou na verificação";
    for claims in [
        json!({ "nonce": "outro" }),
        json!({ "nonce": null }),
        json!({ "iss": "https://evil.example" }),
        json!({ "aud": "outro" }),
        json!({ "aud": [CLIENT, "outro"] }),
        json!({ "azp": "outro" }),
        json!({ "exp": now - 3600 }),
        json!({ "iat": now + 3600 }),
        json!({ "iat": now - 3600 }),
        json!({ "nbf": now + 3600 }),
        json!({ "sub": "" }),
        json!({ "sub": null }),
    ] {
        scene.provider.says(claims);
        let mut browser = scene.browser();
        let answer = log_in(&mut browser, &scene.provider).await;
        refused(&browser, &answer, words);
    }
    scene.provider.says(json!({}));
    for signing in [Signing::None, Signing::Hs256, Signing::Rsa, Signing::Unknown, Signing::Forged, Signing::Nonsense] {
        scene.provider.signs(signing);
        let mut browser = scene.browser();
        let answer = log_in(&mut browser, &scene.provider).await;
        refused(&browser, &answer, words);
    }
    scene.provider.signs(Signing::Good);
    assert_eq!(log_in(&mut scene.browser(), &scene.provider).await.location(), "/");
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_of_the_provider_are_looked_for_once() {
    let scene = scene().await;
    scene.ana().await;
    let asked = scene.provider.asked("keys");
    assert_eq!(log_in(&mut scene.browser(), &scene.provider).await.location(), "/");
    assert_eq!(scene.provider.asked("keys"), asked, "known already");
    scene.provider.rotate();
    assert_eq!(log_in(&mut scene.browser(), &scene.provider).await.location(), "/");
    assert_eq!(log_in(&mut scene.browser(), &scene.provider).await.location(), "/");
    assert_eq!(scene.provider.asked("keys"), asked + 1);
    scene.provider.signs(Signing::Unknown);
    let mut browser = scene.browser();
    let answer = log_in(&mut browser, &scene.provider).await;
    refused(&browser, &answer, "não passou na verificação");
    assert_eq!(scene.provider.asked("keys"), asked + 2, "once and not again and again");
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_provider_answers_is_said_as_what_it_is() {
    let mut scene = scene().await;
    scene.ana().await;
    let typed = form(&scene.provider, &[]).into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let settings = Settings::typed(&typed, None).unwrap();
    let patience = Patience { connect: Duration::from_secs(5), answer: Duration::from_millis(500) };
    let oidc = scene.relay.shared.oidc.clone().with_patience(patience);
    let (down, strange) = ("Entra não respondeu", "não passou na verificação");
    for (manner, at_login) in [
        (Manner::Garbage, strange),
        (Manner::Huge, strange),
        (Manner::Redirect, strange),
        (Manner::Broken, down),
        (Manner::Silent, down),
    ] {
        for (place, look) in [("discovery", Look::Discovery), ("keys", Look::Keys)] {
            scene.provider.goes(place, manner);
            let report = oidc.look(&settings).await;
            let (at, found) = report.looked_at.last().unwrap();
            assert!(*at == look && matches!(found, Found::Bad(_)), "{place} {manner:?}: {report:?}");
            scene.provider.goes(place, Manner::Fine);
        }
        if manner != Manner::Silent {
            let mut browser = scene.browser();
            let address = sent_by(&mut browser, "/login/oidc", &[]).await;
            scene.provider.goes("token", manner);
            let answer = comes_back(&mut browser, &scene.provider.approve(&address)).await;
            refused(&browser, &answer, at_login);
            scene.provider.goes("token", Manner::Fine);
        }
    }
    // Nobody waits for a provider that says nothing.
    scene.provider.goes("discovery", Manner::Silent);
    scene.clock.set(scene.clock.now() + SignedDuration::from_mins(11));
    let silent = oidc.begin(scene.tenant(), Purpose::LogIn(false)).await.err().unwrap();
    assert!(silent.to_string().contains("no connection"), "{silent}");
    scene.provider.goes("discovery", Manner::Broken);
    let mut browser = scene.browser();
    let answer = browser.post("/login/oidc", &[]).await;
    assert!(answer.status == StatusCode::UNAUTHORIZED && answer.body.contains(down), "{}", answer.body);
    assert!(answer.body.contains("name=\"password\""), "the password still works");
    scene.provider.goes("discovery", Manner::Fine);

    // What a test says about a document.
    let good = scene.chief.post("/users/provider/test", &[]).await.body;
    assert_eq!(good.matches("data-state=\"ok\"").count(), 6, "{good}");
    assert!(good.contains("S256") && good.contains("RS256, ES256") && good.contains("2 que servem"));
    for (name, value, words) in [
        ("issuer", json!("https://outro.example"), "O provedor se chama https://outro.example"),
        ("code_challenge_methods_supported", json!(["plain"]), "não usa S256"),
        ("id_token_signing_alg_values_supported", json!(["HS256", "PS256"]), "nem com ES256"),
        ("token_endpoint", json!("http://127.0.0.1/token"), "token_endpoint"),
        ("jwks_uri", json!("https://localhost:1/keys"), "within the own network"),
        ("code_challenge_methods_supported", json!(null), "O provedor não diz se usa"),
    ] {
        let before = if name == "jwks_uri" || name == "token_endpoint" {
            let piece = if name == "jwks_uri" { "keys" } else { "token" };
            json!(format!("{}/{piece}", scene.provider.issuer))
        } else if name == "issuer" {
            json!(scene.provider.issuer)
        } else {
            json!(["S256", "RS256"])
        };
        scene.provider.document(name, value);
        let page = scene.chief.post("/users/provider/test", &[]).await.body;
        assert!(page.contains(words), "{name}: {page}");
        scene.provider.document(name, before);
    }
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_at_the_way_back_is_slowed_down_where_it_comes_from() {
    let scene = scene().await;
    scene.ana().await;
    let mut browser = scene.browser();
    browser.source = amparo_relay::console::Source([203, 0, 113, 5].into());
    let mut statuses = Vec::new();
    for n in 0..32 {
        statuses.push(browser.post(BACK, &[("state", &n.to_string()), ("code", "x")]).await.status);
    }
    assert_eq!(statuses[..30], [StatusCode::UNAUTHORIZED; 30], "an office behind one address stays below it");
    assert_eq!(statuses[30..], [StatusCode::TOO_MANY_REQUESTS; 2]);
    let mut colleague = scene.browser();
    assert_eq!(log_in(&mut colleague, &scene.provider).await.location(), "/", "elsewhere nothing is slower");
    let mut ana = scene.browser();
    ana.source = browser.source;
    assert_eq!(ana.log_in("ana", PASSWORD).await.location(), "/", "nor is a password there");
    scene.ends().await;
}

struct Tee(Arc<Mutex<Vec<u8>>>);

impl Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_code_or_token_is_in_a_log_a_page_or_the_records() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || Tee(writer.clone()))
        .try_init()
        .expect("no other test of this process logs");
    let mut scene = scene().await;
    scene.ana().await;
    let mut pages = String::new();
    let mut more = Vec::new();
    for (claims, signing) in [
        (json!({}), Signing::Good),
        (json!({ "nonce": "outro" }), Signing::Good),
        (json!({}), Signing::Forged),
        (json!({}), Signing::Nonsense),
    ] {
        scene.provider.says(claims);
        scene.provider.signs(signing);
        let mut browser = scene.browser();
        let address = sent_by(&mut browser, "/login/oidc", &[]).await;
        more.push(browser.flow.clone().unwrap().split_once('=').unwrap().1.to_owned());
        let back = scene.provider.approve(&address);
        pages.push_str(&comes_back(&mut browser, &back).await.body);
        more.extend(browser.cookie.map(|cookie| cookie.split_once('=').unwrap().1.to_owned()));
        // The provider repeats in its refusal what it was sent.
        let mut browser = scene.browser();
        sent_by(&mut browser, "/login/oidc", &[]).await;
        let flow = browser.flow.clone();
        let address = sent_by(&mut browser, "/login/oidc", &[]).await;
        assert_ne!(browser.flow, flow);
        let used = between(&back, "code=", "&");
        let fresh = scene.provider.approve(&address);
        let own = between(&fresh, "code=", "&").to_owned();
        pages.push_str(&comes_back(&mut browser, &fresh.replace(&own, used)).await.body);
    }
    for path in ["/users/provider", "/audit", "/users"] {
        pages.push_str(&scene.chief.get(path).await.body);
    }
    pages.push_str(&scene.chief.post("/users/provider/test", &[]).await.body);
    let audit = format!("{:?}", scene.relay.shared.store.audit_list(scene.tenant(), 500).await.unwrap());
    let mut secrets = scene.provider.secrets();
    secrets.extend(more);
    secrets.push("acesso-secreto".to_owned());
    let database: Vec<u8> = {
        let folder = scene.folder.path().to_owned();
        scene.relay.shutdown().await.unwrap();
        std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|file| std::fs::read(file.unwrap().path()).ok())
            .flatten()
            .collect()
    };
    let log = log.lock().unwrap();
    assert!(holds(&log, "no login by the provider"), "the log is looked at");
    assert!(secrets.len() > 10);
    for secret in secrets.iter().filter(|secret| *secret != "isto-nao-e-um-token") {
        assert!(!holds(&log, secret), "{secret} is logged");
        assert!(!pages.contains(secret.as_str()) && !audit.contains(secret.as_str()), "{secret} is shown");
        assert!(!holds(&database, secret), "{secret} is recorded");
    }
}

fn holds(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}
