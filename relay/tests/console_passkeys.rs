//! Passkeys in the console: made, used for each of the things they are for, refused when anything about them is wrong.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;
mod passkey_support;

use std::time::Duration;

use amparo_relay::{console::Source, relay::Running};
use axum::http::{StatusCode, header};
use console_support::*;
use passkey_support::*;
use protocol::message::directory::{FieldKey, LoginError};
use serde_json::Value;
use store::AuditEntry;

/// A relay that has a name, with Ana, who administers.
async fn named() -> (Running, tempfile::TempDir) {
    let (relay, folder) = relay_with_a_name().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", EVERYTHING).await;
    (relay, folder)
}

fn browser(relay: &Running) -> Browser {
    let mut browser = Browser::new(&relay.shared);
    browser.host = NAME.to_owned();
    browser
}

async fn logged_in(relay: &Running, user: &str) -> Browser {
    let mut browser = browser(relay);
    assert_eq!(browser.log_in(user, PASSWORD).await.location(), "/");
    browser
}

async fn send(browser: &mut Browser, path: &str, fields: &[(&str, &str)], answer: &[(&'static str, String)]) -> Answer {
    let mut form = fields.to_vec();
    form.extend(answer.iter().map(|(name, value)| (*name, value.as_str())));
    browser.post(path, &form).await
}

async fn add(browser: &mut Browser, key: &mut Authenticator, name: &str) -> Answer {
    let asked = question(&browser.get("/account/passkeys/new").await.body);
    let made = key.make(&asked);
    send(browser, "/account/passkeys", &[("name", name)], &made).await
}

/// Ana with a passkey, and her recovery codes.
async fn ana_with_key(relay: &Running) -> (Browser, Authenticator, Vec<String>) {
    let (mut ana, mut key) = (logged_in(relay, "ana").await, Authenticator::at(NAME));
    let answer = add(&mut ana, &mut key, "Notebook").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let list = answer.body.split("<ul class=\"codes code\">").nth(1).unwrap().split("</ul>").next().unwrap();
    let codes: Vec<String> =
        list.split("<li>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10);
    (ana, key, codes)
}

/// Right password: the half of a login, and the page's question.
async fn first_step(browser: &mut Browser, user: &str) -> (String, Value) {
    let answer = browser.log_in(user, PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.headers.contains_key(header::SET_COOKIE), "the password alone is no login");
    (between(&answer.body, "name=\"half\" value=\"", "\"").to_owned(), question(&answer.body))
}

async fn second_step(browser: &mut Browser, half: &str, answer: &[(&'static str, String)]) -> Answer {
    send(browser, "/login/code/passkey", &[("half", half)], answer).await
}

/// What is asked of a browser that is not logged in; it keeps the cookie.
async fn login_question(browser: &mut Browser) -> Value {
    let answer = browser.post("/login/passkey/options", &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let set = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(set.starts_with("__Host-amparo-passkey=") && set.contains("HttpOnly") && set.contains("SameSite=Strict"));
    browser.cookie = set.split(';').next().map(str::to_owned);
    serde_json::from_str(&answer.body).unwrap()
}

fn between<'a>(page: &'a str, before: &str, after: &str) -> &'a str {
    let rest = page.split(before).nth(1).unwrap_or_else(|| panic!("no {before} in {page}"));
    rest.split(after).next().unwrap()
}

async fn audited(relay: &Running, what: &str) -> Vec<AuditEntry> {
    let lines = relay.shared.store.audit_list(relay.shared.first_tenant, 200).await.unwrap();
    lines.into_iter().filter(|line| line.what == what).collect()
}

async fn last_refusal(relay: &Running) -> String {
    audited(relay, "passkey.refused").await.first().map(|line| line.detail.clone()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_made_takes_the_second_step_and_is_taken_away_by_who_is_still_there() {
    let (relay, _folder) = named().await;
    let (mut ana, mut key, _) = ana_with_key(&relay).await;
    let page = ana.get("/account").await.body;
    assert!(page.contains("Notebook") && page.contains("Nunca usada") && page.contains("Restam 10 de 10."));
    assert!(page.contains("O programa de atendimento não usa chaves de acesso."));
    assert_eq!(audited(&relay, "passkey.added").await[0].subject, "Notebook");
    assert!(ana.get("/users").await.body.contains("Segundo fator ligado"));

    let mut browser = browser(&relay);
    let (half, asked) = first_step(&mut browser, "ana").await;
    assert_eq!(asked["rpId"], NAME);
    assert_eq!(asked["userVerification"], "required");
    assert_eq!(asked["allowCredentials"].as_array().unwrap().len(), 1);
    let answer = key.prove(&asked);
    assert_eq!(second_step(&mut browser, &half, &answer).await.location(), "/");
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    assert_eq!(audited(&relay, "passkey.used").await[0].detail, "at=second step");
    assert_eq!(audited(&relay, "login").await[0].detail, "factor=passkey");
    assert!(browser.get("/account").await.body.contains("Último uso"));

    let path = format!("/account/passkeys/{}/remove", between(&page, "/account/passkeys/", "/remove"));
    browser.later = Duration::from_secs(16 * 60);
    assert_eq!(browser.post(&path, &[]).await.location(), "/confirm?to=/account", "is it still you");
    browser.later = Duration::ZERO;
    assert_eq!(browser.post(&path, &[]).await.location(), "/account?passkey=removed");
    assert_eq!(audited(&relay, "passkey.removed").await[0].subject, "Notebook");
    assert_eq!(browser.post(&path, &[]).await.status, StatusCode::NOT_FOUND);
    // Without any second factor the password does, and its recovery codes are gone.
    logged_in(&relay, "ana").await;
    let tenant = relay.shared.first_tenant;
    let id = relay.shared.store.operator_by_login(tenant, "ana").await.unwrap().unwrap().id;
    assert_eq!(relay.shared.store.recovery_left(tenant, id).await.unwrap(), 0);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_alone_logs_in_who_has_it_and_whom_it_was_made_for() {
    let (relay, _folder) = named().await;
    let (_, mut key, _) = ana_with_key(&relay).await;
    operator(&relay.shared, relay.shared.first_tenant, "bruno", ATTENDS).await;
    assert!(browser(&relay).get("/login").await.body.contains("Entrar com chave de acesso"));

    let mut here = browser(&relay);
    let asked = login_question(&mut here).await;
    assert!(asked["allowCredentials"].as_array().unwrap().is_empty(), "nobody is named");
    let answer = key.prove(&asked);
    let entered = send(&mut here, "/login/passkey", &[], &answer).await;
    assert_eq!(entered.location(), "/");
    let cookies: Vec<_> =
        entered.headers.get_all(header::SET_COOKIE).iter().map(|c| c.to_str().unwrap().to_owned()).collect();
    assert!(cookies.iter().any(|c| c.starts_with("__Host-amparo-passkey=;") && c.contains("Max-Age=0")), "{cookies:?}");
    assert!(here.get("/account").await.body.contains("ANA"));
    assert_eq!(audited(&relay, "login").await[0].detail, "factor=passkey alone");

    // Once more with the same answer, in another browser, too late, without the cookie, without a name, under another's name.
    let mut thief = browser(&relay);
    thief.cookie = Some("__Host-amparo-passkey=00000000000000000000000000000000".to_owned());
    assert_eq!(send(&mut thief, "/login/passkey", &[], &answer).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(last_refusal(&relay).await, "at=login why=challenge");
    let refused = audited(&relay, "passkey.refused").await.len();
    for (what, why) in
        [("late", "challenge"), ("no cookie", "challenge"), ("no name", "other user"), ("another's name", "other user")]
    {
        let mut browser = browser(&relay);
        let asked = login_question(&mut browser).await;
        let user = key.user.clone();
        match what {
            "late" => browser.later = Duration::from_secs(301),
            "no cookie" => browser.cookie = None,
            "no name" => key.user.clear(),
            _ => {
                let tenant = relay.shared.first_tenant;
                let bruno = relay.shared.store.operator_by_login(tenant, "bruno").await.unwrap().unwrap();
                key.user = bruno.id.as_bytes().to_vec();
            }
        }
        let answer = key.prove(&asked);
        key.user = user;
        let refused = send(&mut browser, "/login/passkey", &[], &answer).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{what}");
        assert!(refused.body.contains("Esta chave de acesso não foi aceita."), "{what}");
        assert_eq!(last_refusal(&relay).await, format!("at=login why={why}"), "{what}");
    }
    assert_eq!(audited(&relay, "passkey.refused").await.len(), refused + 4);

    // One that nobody has gets the same answer, and the log of a company is not filled by strangers.
    let mut stranger = Authenticator::at(NAME);
    stranger.user = key.user.clone();
    let mut browser = browser(&relay);
    let asked = login_question(&mut browser).await;
    let answer = stranger.prove(&asked);
    let unknown = send(&mut browser, "/login/passkey", &[], &answer).await;
    assert_eq!(unknown.status, StatusCode::UNAUTHORIZED);
    assert!(unknown.body.contains("Esta chave de acesso não foi aceita."));
    assert_eq!(audited(&relay, "passkey.refused").await.len(), refused + 4);

    // Nobody comes in whom an administrator has shut out.
    operator(&relay.shared, relay.shared.first_tenant, "eva", EVERYTHING).await;
    let tenant = relay.shared.first_tenant;
    let id = relay.shared.store.operator_by_login(tenant, "ana").await.unwrap().unwrap().id;
    relay.shared.accounts.set_disabled(tenant, id, true).await.unwrap();
    let asked = login_question(&mut browser).await;
    let answer = key.prove(&asked);
    assert_eq!(send(&mut browser, "/login/passkey", &[], &answer).await.status, StatusCode::UNAUTHORIZED);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_with_anything_wrong_in_it_is_refused_and_written_down() {
    let (relay, _folder) = named().await;
    let (_, mut key, _) = ana_with_key(&relay).await;
    type Wrong = fn(&mut Authenticator);
    let wrong: [(&str, Wrong); 14] = [
        ("origin", |key| key.origin = "https://console.example:8443".to_owned()),
        ("origin", |key| key.origin = "http://console.example".to_owned()),
        ("origin", |key| key.origin = "https://evil.example".to_owned()),
        ("origin", |key| key.cross_origin = true),
        ("party", |key| key.party = "example".to_owned()),
        ("presence", |key| key.flags = VERIFIED),
        ("verification", |key| key.flags = PRESENT),
        ("flags", |key| key.flags = PRESENT | VERIFIED | BACKED_UP),
        ("kind", |key| key.kind = Some("webauthn.create")),
        ("signature", |key| key.spoils = Spoils::Signature),
        ("signature", |key| key.spoils = Spoils::Data),
        ("unreadable", |key| key.spoils = Spoils::CutsData),
        ("unreadable", |key| key.spoils = Spoils::AddsToData),
        ("unreadable", |key| key.spoils = Spoils::LongClient),
    ];
    let (origin, party, flags) = (key.origin.clone(), key.party.clone(), key.flags);
    let mut browser = browser(&relay);
    let (half, mut asked) = first_step(&mut browser, "ana").await;
    for (n, (why, spoil)) in wrong.into_iter().enumerate() {
        spoil(&mut key);
        let answer = key.prove(&asked);
        let refused = second_step(&mut browser, &half, &answer).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{why} {n}");
        assert!(refused.body.contains("Esta chave de acesso não foi aceita.") && refused.body.contains(&half));
        assert_eq!(last_refusal(&relay).await, format!("at=second step why={why}"), "{n}");
        asked = question(&refused.body);
        (key.origin, key.party) = (origin.clone(), party.clone());
        (key.flags, key.kind, key.cross_origin, key.spoils) = (flags, None, false, Spoils::Nothing);
    }
    assert_eq!(browser.get("/").await.location(), "/login?over=1");
    // What was right in all this time is right still: the answer to the last question.
    let answer = key.prove(&asked);
    assert_eq!(second_step(&mut browser, &half, &answer).await.location(), "/");
    let mut again = self::browser(&relay);
    assert_eq!(second_step(&mut again, &half, &answer).await.status, StatusCode::UNAUTHORIZED, "the half is used up");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_once_also_when_the_answer_was_wrong_and_only_where_it_was_asked() {
    let (relay, _folder) = named().await;
    let (mut ana, mut key, _) = ana_with_key(&relay).await;
    let mut browser = browser(&relay);
    let (half, asked) = first_step(&mut browser, "ana").await;
    key.spoils = Spoils::Signature;
    let answer = key.prove(&asked);
    assert_eq!(second_step(&mut browser, &half, &answer).await.status, StatusCode::UNAUTHORIZED);
    key.spoils = Spoils::Nothing;
    let answer = key.prove(&asked);
    assert_eq!(second_step(&mut browser, &half, &answer).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(last_refusal(&relay).await, "at=second step why=challenge");

    // The question of another half, of a confirmation, and of a login are not this one's.
    let mut other = browser.clone();
    let (other_half, other_asked) = first_step(&mut other, "ana").await;
    let answer = key.prove(&other_asked);
    assert_eq!(second_step(&mut browser, &half, &answer).await.status, StatusCode::UNAUTHORIZED);
    let confirm = question(&ana.get("/confirm").await.body);
    let answer = key.prove(&confirm);
    assert_eq!(second_step(&mut browser, &other_half, &answer).await.status, StatusCode::UNAUTHORIZED);
    let mut third = browser.clone();
    let login = login_question(&mut third).await;
    let answer = key.prove(&login);
    assert_eq!(second_step(&mut browser, &other_half, &answer).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(last_refusal(&relay).await, "at=second step why=challenge");

    // Half a login is worth nothing late, elsewhere, or made up.
    let (half, asked) = first_step(&mut browser, "ana").await;
    let answer = key.prove(&asked);
    let (mut late, mut elsewhere) = (browser.clone(), browser.clone());
    late.later = Duration::from_secs(301);
    elsewhere.source = Source([203, 0, 113, 9].into());
    for (mut browser, half) in [(late, half.as_str()), (elsewhere, &half), (browser.clone(), "0")] {
        let refused = second_step(&mut browser, half, &answer).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert!(refused.body.contains("Passou tempo demais"));
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_that_does_not_go_on_is_a_copy_and_one_that_never_counts_is_not() {
    let (relay, _folder) = named().await;
    let (mut ana, mut key, _) = ana_with_key(&relay).await;
    let mut browser = browser(&relay);
    key.counter = 41;
    for (counter, good) in [(41, true), (41, false), (40, false), (0, false), (42, true), (u32::MAX, true), (7, false)]
    {
        let (half, asked) = first_step(&mut browser, "ana").await;
        (key.counter, key.step) = (counter, 0);
        let answer = key.prove(&asked);
        let answer = second_step(&mut browser, &half, &answer).await;
        assert_eq!(answer.status == StatusCode::SEE_OTHER, good, "{counter}");
        if !good {
            assert_eq!(last_refusal(&relay).await, "at=second step why=counter", "{counter}");
        }
        browser.cookie = None;
    }
    // One that never counts.
    let mut quiet = Authenticator::ed25519_at(NAME);
    quiet.step = 0;
    assert_eq!(add(&mut ana, &mut quiet, "Telefone").await.location(), "/account?passkey=added");
    for _ in 0..2 {
        let (half, asked) = first_step(&mut browser, "ana").await;
        let answer = quiet.prove(&asked);
        assert_eq!(second_step(&mut browser, &half, &answer).await.location(), "/");
        browser.cookie = None;
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_passkey_opens_nothing_of_mine() {
    let (relay, _folder) = named().await;
    let (_, mut of_ana, _) = ana_with_key(&relay).await;
    operator(&relay.shared, relay.shared.first_tenant, "bruno", ATTENDS).await;
    let (mut bruno, mut of_bruno) = (logged_in(&relay, "bruno").await, Authenticator::at(NAME));
    assert_eq!(add(&mut bruno, &mut of_bruno, "Chave do Bruno").await.status, StatusCode::OK);

    let mut browser = browser(&relay);
    let (half, asked) = first_step(&mut browser, "ana").await;
    let answer = of_bruno.prove(&asked);
    let refused = second_step(&mut browser, &half, &answer).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let line = &audited(&relay, "passkey.refused").await[0];
    assert_eq!((line.detail.as_str(), line.subject.as_str()), ("at=second step why=other user", "ana"));
    // Under Ana's name for her credential it is not signed by it.
    of_bruno.credential = of_ana.credential.clone();
    of_bruno.user = of_ana.user.clone();
    let answer = of_bruno.prove(&question(&refused.body));
    assert_eq!(second_step(&mut browser, &half, &answer).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(last_refusal(&relay).await, "at=second step why=signature");
    // Nor does anybody register what somebody has, or take another's away.
    let taken = add(&mut bruno, &mut of_bruno, "Da Ana").await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(taken.body.contains("já existe"));
    let tenant = relay.shared.first_tenant;
    let ana = relay.shared.store.operator_by_login(tenant, "ana").await.unwrap().unwrap();
    let theirs = relay.shared.store.passkeys(tenant, ana.id).await.unwrap()[0].id.0;
    let path = format!("/account/passkeys/{theirs}/remove");
    assert_eq!(bruno.post(&path, &[]).await.status, StatusCode::NOT_FOUND);
    // Bruno's confirmation is Bruno's.
    let mut confirming = bruno.clone();
    let asked = question(&confirming.get("/confirm").await.body);
    let answer = of_ana.prove(&asked);
    assert_eq!(send(&mut confirming, "/confirm/passkey", &[], &answer).await.status, StatusCode::UNAUTHORIZED);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn is_it_still_you_is_answered_by_a_passkey_and_the_login_gets_a_new_token() {
    let (relay, _folder) = named().await;
    let (mut ana, mut key, _) = ana_with_key(&relay).await;
    let customer = Customer::wait(&relay.shared, &[(FieldKey::Name, "Cida")]).await;
    let path = format!("/waiting/{}/password", customer.registered.id.number());
    ana.later = Duration::from_secs(16 * 60);
    assert_eq!(ana.post(&path, &[]).await.location(), "/confirm?to=/", "without the script the question is a page");
    let (csrf, ours) = (ana.csrf().await, format!("https://{NAME}"));
    let asked = ana.post_bare(&path, &[("_csrf", &csrf)], &[("origin", &ours), ("hx-request", "true")]).await;
    assert!(asked.body.contains("name=\"own\"") && asked.body.contains("href=\"/confirm\""), "{}", asked.body);
    assert!(ana.get("/tokens").await.body.contains("href=\"/confirm?to=/tokens\""));
    let page = ana.get("/confirm?to=/users").await.body;
    assert!(page.contains("Confirmar com chave de acesso") && page.contains("name=\"own\""));
    let (before, asked) = (ana.cookie.clone(), question(&page));
    key.flags = PRESENT;
    let answer = key.prove(&asked);
    let refused = send(&mut ana, "/confirm/passkey", &[("to", "/users")], &answer).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(last_refusal(&relay).await, "at=confirm why=verification");
    key.flags = PRESENT | VERIFIED;
    let answer = key.prove(&question(&refused.body));
    let mut thief = ana.clone();
    let done = send(&mut ana, "/confirm/passkey", &[("to", "/users")], &answer).await;
    assert_eq!(done.location(), "/users");
    assert_ne!(ana.cookie, before);
    assert_eq!(thief.get("/users").await.location(), "/login?over=1", "the old token is worth nothing");
    assert!(ana.post(&path, &[]).await.body.contains(&customer.password.reveal()));
    assert_eq!(send(&mut ana, "/confirm/passkey", &[], &answer).await.status, StatusCode::UNAUTHORIZED, "once");
    // The question of another login of the same user is not this one's.
    let mut other = browser(&relay);
    let (half, asked) = first_step(&mut other, "ana").await;
    let answer = key.prove(&asked);
    assert_eq!(second_step(&mut other, &half, &answer).await.location(), "/");
    let answer = key.prove(&question(&other.get("/confirm").await.body));
    assert_eq!(send(&mut ana, "/confirm/passkey", &[], &answer).await.status, StatusCode::UNAUTHORIZED);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_new_passkey_is_not_kept() {
    let (relay, _folder) = named().await;
    let mut ana = logged_in(&relay, "ana").await;
    let mut other = logged_in(&relay, "ana").await;
    let mut key = Authenticator::at(NAME);
    type Wrong = fn(&mut Authenticator);
    let wrong: [(&str, Wrong); 6] = [
        ("origin", |key| key.origin = "https://evil.example".to_owned()),
        ("party", |key| key.party = "evil.example".to_owned()),
        ("verification", |key| key.flags = PRESENT),
        ("presence", |key| key.flags = VERIFIED),
        ("kind", |key| key.kind = Some("webauthn.get")),
        ("unreadable", |key| key.credential = vec![1; 1024]),
    ];
    for (why, spoil) in wrong {
        let mut bad = Authenticator::at(NAME);
        spoil(&mut bad);
        let refused = add(&mut ana, &mut bad, "Notebook").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
        assert!(refused.body.contains("não pôde ser criada") && refused.body.contains("value=\"Notebook\""));
        assert_eq!(last_refusal(&relay).await, format!("why={why}"));
    }
    for name in ["", "  ", &"x".repeat(61), "a\u{202e}b"] {
        let refused = add(&mut ana, &mut key, name).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
        assert!(refused.body.contains("Dê um nome"), "{name:?}");
    }
    // Another login's question, one that is late, one that was answered; fields that are no base 64, missing, or huge.
    let asked = question(&other.get("/account/passkeys/new").await.body);
    let made = key.make(&asked);
    let post = |made: Vec<(&'static str, String)>| {
        move |mut browser: Browser| async move {
            send(&mut browser, "/account/passkeys", &[("name", "Notebook")], &made).await
        }
    };
    assert_eq!(post(made.clone())(ana.clone()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut late = other.clone();
    late.later = Duration::from_secs(301);
    assert_eq!(post(made.clone())(late).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(last_refusal(&relay).await, "why=challenge");
    for fields in [
        vec![],
        vec![("client", made[0].1.clone())],
        vec![("client", "é".to_owned()), ("object", "é".to_owned())],
        vec![("client", made[0].1.clone()), ("object", "A".repeat(100_000))],
    ] {
        let asked = question(&other.get("/account/passkeys/new").await.body);
        let fresh = key.make(&asked);
        let fields: Vec<_> = fields
            .into_iter()
            .map(
                |(name, value)| {
                    if name == "client" && value == made[0].1 { (name, fresh[0].1.clone()) } else { (name, value) }
                },
            )
            .collect();
        assert_eq!(post(fields)(other.clone()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(post(made.clone())(other.clone()).await.status, StatusCode::OK, "it was still unanswered");
    let again = post(made)(other.clone()).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(last_refusal(&relay).await, "why=challenge");
    // As many as one may have, and no more.
    for n in 1..20 {
        assert_eq!(
            add(&mut ana, &mut Authenticator::at(NAME), &n.to_string()).await.location(),
            "/account?passkey=added"
        );
    }
    let full = add(&mut ana, &mut Authenticator::at(NAME), "21").await;
    assert_eq!(full.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(full.body.contains("máximo de 20"));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_the_second_factor_that_a_company_requires_and_the_program_takes_a_recovery_code() {
    let (relay, _folder) = named().await;
    let tenant = relay.shared.first_tenant;
    relay.shared.store.require_second_factor(tenant, true).await.unwrap();
    let mut ana = logged_in(&relay, "ana").await;
    assert_eq!(ana.get("/users").await.location(), "/account/factor");
    assert!(ana.get("/account/factor").await.body.contains("href=\"/account/passkeys/new\""));
    let mut key = Authenticator::at(NAME);
    let codes = add(&mut ana, &mut key, "Notebook").await.body;
    let code = between(&codes, "<li>", "<").to_owned();
    assert!(ana.get("/users").await.body.contains("1 de 1 usuários já têm."));

    // The attendant's program has a password and a code, and says that it needs one.
    let (accounts, here) = (&relay.shared.accounts, [127, 0, 0, 1].into());
    let logs_in = |code: Option<String>| async move {
        accounts.check_attendant(tenant, "ana", PASSWORD, code.as_deref(), here).await.map(|ana| ana.login)
    };
    assert_eq!(logs_in(None).await, Err(LoginError::CodeNeeded));
    assert_eq!(logs_in(Some("123456".to_owned())).await, Err(LoginError::Wrong));
    assert_eq!(logs_in(Some(code.clone())).await, Ok("ana".to_owned()));
    assert_eq!(logs_in(Some(code)).await, Err(LoginError::Wrong), "once");
    assert!(ana.get("/account").await.body.contains("Restam 9 de 10."));

    // An administrator takes everything away.
    operator(&relay.shared, tenant, "eva", EVERYTHING).await;
    relay.shared.store.require_second_factor(tenant, false).await.unwrap();
    let mut eva = logged_in(&relay, "eva").await;
    let id = relay.shared.store.operator_by_login(tenant, "ana").await.unwrap().unwrap().id;
    eva.post(&format!("/users/{id}/factor"), &[]).await;
    assert!(relay.shared.store.passkeys(tenant, id).await.unwrap().is_empty());
    logged_in(&relay, "ana").await;
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_script_or_a_name_the_page_says_so_and_codes_go_on_working() {
    let (relay, _folder) = named().await;
    let (_, _, codes) = ana_with_key(&relay).await;
    let mut browser = browser(&relay);
    let page = browser.log_in("ana", PASSWORD).await.body;
    let form = between(&page, "<form class=\"passkey\"", ">");
    assert!(form.ends_with(" hidden"), "{form}");
    assert!(page.contains("data-passkey-missing") && page.contains("precisa de JavaScript"));
    assert!(!page.contains("onclick") && page.contains("<script src=\"/assets/passkey.js?"));
    let half = between(&page, "name=\"half\" value=\"", "\"").to_owned();
    let entered = browser.post("/login/code", &[("half", &half), ("recovery", &codes[0])]).await;
    assert_eq!(entered.location(), "/account?recovered=1");
    relay.shutdown().await.unwrap();

    let (relay, _folder) = relay_at_an_address().await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    assert!(ana.get("/account").await.body.contains("endereço IP"));
    for path in ["/login/passkey/options", "/login/passkey", "/login/code/passkey"] {
        assert_eq!(Browser::new(&relay.shared).post(path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(ana.get("/account/passkeys/new").await.status, StatusCode::NOT_FOUND);
    for path in ["/account/passkeys", "/confirm/passkey", "/account/passkeys/1/remove"] {
        assert_eq!(ana.post(path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    relay.shutdown().await.unwrap();
}

async fn relay_at_an_address() -> (Running, tempfile::TempDir) {
    let (relay, folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", EVERYTHING).await;
    (relay, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_floods_with_what_is_none_is_slowed_down_and_others_are_not() {
    let (relay, _folder) = named().await;
    let (_, mut key, _) = ana_with_key(&relay).await;
    let mut flood = browser(&relay);
    flood.source = Source([203, 0, 113, 9].into());
    let mut slowed = None;
    for n in 0..30 {
        let answer = flood.post("/login/passkey", &[("id", "AAAA")]).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.headers.contains_key(header::RETRY_AFTER));
            slowed = Some(n);
            break;
        }
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(slowed, Some(20));
    let mut browser = browser(&relay);
    let asked = login_question(&mut browser).await;
    let answer = key.prove(&asked);
    assert_eq!(send(&mut browser, "/login/passkey", &[], &answer).await.location(), "/");
    relay.shutdown().await.unwrap();
}
