//! The second factor: setting it up, logging in with it, losing it, and what keeps others from doing so.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use amparo_relay::{
    account::NewUser,
    console::Source,
    relay::{Relay, Running},
};
use axum::http::{StatusCode, header};
use console_support::*;
use jiff::{SignedDuration, Timestamp};
use protocol::message::directory::FieldKey;
use tickets::clock::Clock;

/// A relay whose clock stands, with Ana, who administers.
async fn standing() -> (Running, Clock, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = amparo_relay::config::Config::new(folder.path(), "127.0.0.1:0".parse().unwrap());
    let clock = Clock::standing_at("2026-11-21T14:00:00Z".parse().unwrap());
    config.clock = clock.clone();
    let relay = Relay::start(config).await.unwrap();
    operator(&relay.shared, relay.shared.first_tenant, "ana", EVERYTHING).await;
    (relay, clock, folder)
}

fn pass(clock: &Clock, seconds: i64) {
    clock.set(clock.now() + SignedDuration::from_secs(seconds));
}

/// An authenticator app, written from the standards and not from the server's code.
struct Phone(Vec<u8>);

impl Phone {
    fn reads(key: &str) -> Self {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
        for c in key.bytes().filter(|c| *c != b' ') {
            bits = bits << 5 | u32::try_from(alphabet.iter().position(|a| *a == c).unwrap()).unwrap();
            held += 5;
            if held >= 8 {
                held -= 8;
                bytes.push((bits >> held & 0xff) as u8);
            }
        }
        Self(bytes)
    }

    fn shows(&self, at: Timestamp) -> String {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = ring::hmac::sign(&key, &u64::try_from(at.as_second() / 30).unwrap().to_be_bytes());
        let from = usize::from(tag.as_ref()[19] & 15);
        let number = u32::from_be_bytes(tag.as_ref()[from..from + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

fn between<'a>(page: &'a str, before: &str, after: &str) -> &'a str {
    page.split(before)
        .nth(1)
        .and_then(|rest| rest.split(after).next())
        .unwrap_or_else(|| panic!("no {before} in {page}"))
}

/// Ana's second factor, and her recovery codes.
async fn set_up(browser: &mut Browser, clock: &Clock) -> (Phone, Vec<String>) {
    let page = browser.get("/account/factor").await;
    assert_eq!(page.status, StatusCode::OK);
    let phone = Phone::reads(between(&page.body, "id=\"secret\">", "<"));
    let sealed = between(&page.body, "name=\"sealed\" value=\"", "\"").to_owned();
    let code = phone.shows(clock.now());
    let answer = browser.post("/account/factor", &[("sealed", &sealed), ("code", &code)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let list = between(&answer.body, "<ul class=\"codes code\">", "</ul>");
    let codes: Vec<String> =
        list.split("<li>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10);
    (phone, codes)
}

/// Right password; what the page for the code carries.
async fn first_step(browser: &mut Browser) -> String {
    let answer = browser.log_in("ana", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.headers.contains_key(header::SET_COOKIE), "the password alone is no login");
    between(&answer.body, "name=\"half\" value=\"", "\"").to_owned()
}

async fn second_step(browser: &mut Browser, half: &str, field: &str, code: &str) -> Answer {
    browser.post("/login/code", &[("half", half), (field, code)]).await
}

async fn audited(relay: &Running, what: &str) -> usize {
    let lines = relay.shared.store.audit_list(relay.shared.first_tenant, 100).await.unwrap();
    lines.iter().filter(|line| line.what == what).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_takes_two_steps_and_a_code_opens_once() {
    let (relay, clock, _folder) = standing().await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let (phone, _) = set_up(&mut ana, &clock).await;
    assert!(ana.get("/account").await.body.contains("Ligado desde"));
    assert_eq!(audited(&relay, "factor.enabled").await, 1);

    let mut browser = Browser::new(&relay.shared);
    let half = first_step(&mut browser).await;
    let confirmed = phone.shows(clock.now());
    let replayed = second_step(&mut browser, &half, "code", &confirmed).await;
    assert_eq!(replayed.status, StatusCode::UNAUTHORIZED, "the code it was switched on with is used up");
    assert!(replayed.body.contains("já foi usado") && replayed.body.contains(&half), "one may type another");
    assert_eq!(browser.get("/").await.location(), "/login?over=1");
    pass(&clock, 30);
    let code = phone.shows(clock.now());
    let answer = second_step(&mut browser, &half, "code", &format!(" {} {} ", &code[..3], &code[3..])).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(browser.get("/").await.status, StatusCode::OK);

    // The same code, the same half login, and the code before it: nothing of it opens again.
    let mut thief = Browser::new(&relay.shared);
    assert_eq!(second_step(&mut thief, &half, "code", &code).await.status, StatusCode::UNAUTHORIZED);
    let half = first_step(&mut thief).await;
    for used in [&code, &confirmed] {
        assert_eq!(second_step(&mut thief, &half, "code", used).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(audited(&relay, "factor.refused").await, 3);
    assert_eq!(audited(&relay, "login").await, 2);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_taken_one_step_early_or_late_and_no_more() {
    let (relay, clock, _folder) = standing().await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let (phone, _) = set_up(&mut ana, &clock).await;
    pass(&clock, 600);
    let at = |seconds: i64| clock.now() + SignedDuration::from_secs(seconds);
    let mut browser = Browser::new(&relay.shared);
    for (seconds, status) in [
        (-60, StatusCode::UNAUTHORIZED),
        (60, StatusCode::UNAUTHORIZED),
        (-30, StatusCode::SEE_OTHER),
        (30, StatusCode::SEE_OTHER),
    ] {
        let half = first_step(&mut browser).await;
        let answer = second_step(&mut browser, &half, "code", &phone.shows(at(seconds))).await;
        assert_eq!(answer.status, status, "{seconds} s");
        browser.cookie = None;
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_codes_is_slowed_down_and_a_right_password_does_not_begin_it_anew() {
    let (relay, clock, _folder) = standing().await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let (phone, codes) = set_up(&mut ana, &clock).await;
    pass(&clock, 60);
    let wrong = if phone.shows(clock.now()) == "000000" { "000001" } else { "000000" };
    let mut guesser = Browser::new(&relay.shared);
    guesser.source = Source([203, 0, 113, 9].into());
    for _ in 0..4 {
        let half = first_step(&mut guesser).await;
        assert_eq!(second_step(&mut guesser, &half, "code", wrong).await.status, StatusCode::UNAUTHORIZED);
    }
    let half = first_step(&mut guesser).await;
    assert_eq!(second_step(&mut guesser, &half, "code", wrong).await.status, StatusCode::UNAUTHORIZED);
    let slowed = second_step(&mut guesser, &half, "code", &phone.shows(clock.now())).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS, "also with the right code");
    assert!(slowed.headers.contains_key(header::RETRY_AFTER));
    // The owner is elsewhere, or has a recovery code.
    let half = first_step(&mut guesser).await;
    assert_eq!(second_step(&mut guesser, &half, "recovery", &codes[0]).await.status, StatusCode::SEE_OTHER);
    let mut owner = Browser::new(&relay.shared);
    let half = first_step(&mut owner).await;
    assert_eq!(second_step(&mut owner, &half, "code", &phone.shows(clock.now())).await.status, StatusCode::SEE_OTHER);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_login_is_worth_nothing_late_elsewhere_or_after_a_new_password() {
    let (relay, clock, _folder) = standing().await;
    let tenant = relay.shared.first_tenant;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let (phone, _) = set_up(&mut ana, &clock).await;
    pass(&clock, 30);
    let code = phone.shows(clock.now());
    let mut browser = Browser::new(&relay.shared);
    let half = first_step(&mut browser).await;
    let mut late = browser.clone();
    late.later = std::time::Duration::from_secs(301);
    let mut elsewhere = browser.clone();
    elsewhere.source = Source([203, 0, 113, 9].into());
    for (mut other, half) in [(late, half.as_str()), (elsewhere, &half), (browser.clone(), ""), (browser.clone(), "0")]
    {
        let answer = second_step(&mut other, half, "code", &code).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(answer.body.contains("Passou tempo demais") && answer.body.contains("name=\"password\""));
    }
    // One who may log in no more does not come in by the second step either.
    let user = NewUser { login: "eva".into(), name: "Eva".into(), roles: EVERYTHING };
    relay.shared.accounts.create(tenant, user, Some(PASSWORD)).await.unwrap();
    let id = relay.shared.store.operator_by_login(tenant, "ana").await.unwrap().unwrap().id;
    relay.shared.accounts.set_disabled(tenant, id, true).await.unwrap();
    assert_eq!(second_step(&mut browser, &half, "code", &code).await.status, StatusCode::UNAUTHORIZED);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_opens_once_and_new_ones_take_their_place() {
    let (relay, clock, _folder) = standing().await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let (_, codes) = set_up(&mut ana, &clock).await;
    let mut browser = Browser::new(&relay.shared);
    let half = first_step(&mut browser).await;
    let typed = codes[0].to_lowercase().replace('-', " ");
    let answer = second_step(&mut browser, &half, "recovery", &typed).await;
    assert_eq!(answer.location(), "/account?recovered=1");
    let page = browser.get("/account?recovered=1").await.body;
    assert!(page.contains("código de recuperação, que agora não vale mais") && page.contains("Restam 9 de 10."));
    let mut other = Browser::new(&relay.shared);
    let half = first_step(&mut other).await;
    assert_eq!(second_step(&mut other, &half, "recovery", &codes[0]).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(audited(&relay, "factor.recovery.used").await, 1);

    let page = browser.post("/account/factor/codes", &[]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains(&codes[1]));
    assert_eq!(second_step(&mut other, &half, "recovery", &codes[1]).await.status, StatusCode::UNAUTHORIZED);
    let fresh = between(&page.body, "<li>", "<").to_owned();
    assert_eq!(second_step(&mut other, &half, "recovery", &fresh).await.status, StatusCode::SEE_OTHER);
    assert!(!browser.get("/account").await.body.contains(&fresh), "shown once");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_switched_on_by_its_own_code_only() {
    let (relay, clock, _folder) = standing().await;
    operator(&relay.shared, relay.shared.first_tenant, "bruno", ATTENDS).await;
    let (mut ana, mut bruno) = (Browser::new(&relay.shared), Browser::new(&relay.shared));
    ana.log_in("ana", PASSWORD).await;
    bruno.log_in("bruno", PASSWORD).await;
    let page = ana.get("/account/factor").await.body;
    let sealed = between(&page, "name=\"sealed\" value=\"", "\"").to_owned();
    let key = between(&page, "id=\"secret\">", "<").to_owned();
    assert!(page.contains("<path d=\"M"), "a picture of it");
    let phone = Phone::reads(&key);
    let code = phone.shows(clock.now());

    let wrong = ana.post("/account/factor", &[("sealed", &sealed), ("code", "12345")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains(&key), "the same key is still there to be typed");
    // Another's offer, a changed one, and an old one give a new key.
    let other = if &sealed[30..31] == "A" { "B" } else { "A" };
    let changed = format!("{}{other}{}", &sealed[..30], &sealed[31..]);
    let theirs = bruno.post("/account/factor", &[("sealed", &sealed), ("code", &code)]).await;
    let mut answers = vec![theirs];
    for sealed in [changed, "x".repeat(5000), String::new()] {
        answers.push(ana.post("/account/factor", &[("sealed", &sealed), ("code", &code)]).await);
    }
    for answer in answers {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!answer.body.contains(&key));
    }
    // Not left alone meanwhile: that would be another end.
    pass(&clock, 16 * 60);
    ana.get("/account").await;
    pass(&clock, 15 * 60);
    let late = ana.post("/account/factor", &[("sealed", &sealed), ("code", &phone.shows(clock.now()))]).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.body.contains("Esta chave ficou velha"));
    assert!(ana.get("/account").await.body.contains("Desligado"));

    // What is kept does not hold the key.
    let (phone, codes) = set_up(&mut ana, &clock).await;
    let id = relay.shared.store.operator_by_login(relay.shared.first_tenant, "ana").await.unwrap().unwrap().id;
    let kept = relay.shared.store.second_factor(relay.shared.first_tenant, id).await.unwrap().unwrap();
    assert!(!kept.sealed.windows(10).any(|w| w == &phone.0[..10]));
    let lines = relay.shared.store.audit_list(relay.shared.first_tenant, 100).await.unwrap();
    assert!(lines.iter().all(|line| !format!("{line:?}").contains(&codes[0])));
    assert_eq!(ana.get("/account/factor").await.location(), "/account", "there is one already");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_it_off_takes_the_own_password() {
    let (relay, clock, _folder) = standing().await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    set_up(&mut ana, &clock).await;
    let wrong = ana.post("/account/factor/off", &[("own", "não é esta senha")]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(wrong.body.contains("Esta não é a sua senha.") && wrong.body.contains("Ligado desde"));
    assert_eq!(ana.post("/account/factor/off", &[("own", PASSWORD)]).await.location(), "/account?off=1");
    assert_eq!(audited(&relay, "factor.disabled").await, 1);
    let mut browser = Browser::new(&relay.shared);
    assert_eq!(browser.log_in("ana", PASSWORD).await.location(), "/");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_who_gets_in_takes_password_and_code_and_gives_the_login_a_new_token() {
    let (relay, clock, _folder) = standing().await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let (phone, _) = set_up(&mut ana, &clock).await;
    ana.later = std::time::Duration::from_secs(16 * 60);
    pass(&clock, 16 * 60);
    assert_eq!(ana.post("/account/factor/codes", &[]).await.location(), "/confirm?to=/account");
    assert_eq!(ana.post("/users/factor", &[("required", "1")]).await.location(), "/confirm?to=/users");
    let page = ana.get("/confirm?to=/users").await.body;
    assert!(page.contains("name=\"own\"") && page.contains("name=\"code\""));
    let code = phone.shows(clock.now());
    for form in [
        [("own", "não é esta senha"), ("code", code.as_str()), ("to", "/users")],
        [("own", PASSWORD), ("code", ""), ("to", "/users")],
        [("own", PASSWORD), ("code", "12345"), ("to", "/users")],
    ] {
        assert_eq!(ana.post("/confirm", &form).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(ana.post("/users/factor", &[("required", "1")]).await.location(), "/confirm?to=/users");
    let (before, mut thief) = (ana.cookie.clone(), ana.clone());
    let csrf = ana.csrf().await;
    let answer = ana.post("/confirm", &[("own", PASSWORD), ("code", &code), ("to", "/users")]).await;
    assert_eq!(answer.location(), "/users");
    assert_ne!(ana.cookie, before, "a new token");
    assert_eq!(thief.get("/users").await.location(), "/login?over=1", "the old one is worth nothing");
    assert_eq!(ana.csrf().await, csrf, "pages that are open go on");
    assert_eq!(ana.post("/users/factor", &[("required", "1")]).await.location(), "/users");
    assert!(relay.shared.store.second_factor_required(relay.shared.first_tenant).await.unwrap());
    let strange = ana.get("/confirm?to=//evil.example").await.body;
    assert!(strange.contains("name=\"to\" value=\"/\""));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_password_takes_the_code_too_and_the_answer_carries_the_new_token() {
    let (relay, clock, _folder) = standing().await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let (phone, _) = set_up(&mut ana, &clock).await;
    ana.later = std::time::Duration::from_secs(16 * 60);
    pass(&clock, 60);
    let customer = Customer::wait(&relay.shared, &[(FieldKey::Name, "Cida")]).await;
    let path = format!("/waiting/{}/password", customer.registered.id.number());
    let (own, htmx) = (format!("https://{}", ana.host), ("hx-request", "true"));
    let csrf = ana.csrf().await;
    let headers = [("origin", own.as_str()), ("sec-fetch-site", "same-origin"), htmx];
    let code = phone.shows(clock.now());
    let asked = ana.post_bare(&path, &[("_csrf", &csrf)], &headers).await;
    assert!(asked.body.contains("name=\"own\"") && asked.body.contains("name=\"code\""));
    let without = ana.post_bare(&path, &[("_csrf", &csrf), ("own", PASSWORD)], &headers).await;
    assert_eq!(without.status, StatusCode::UNAUTHORIZED);
    assert!(!without.body.contains(&customer.password.reveal()));
    let before = ana.cookie.clone();
    let shown = ana.post_bare(&path, &[("_csrf", &csrf), ("own", PASSWORD), ("code", &code)], &headers).await;
    assert!(shown.body.contains(&customer.password.reveal()));
    assert_ne!(ana.cookie, before);
    // A browser without the script is given a page instead, and written down as well.
    let page = ana.post(&path, &[]).await.body;
    assert!(page.contains(&customer.password.reveal()) && page.contains("Cida") && page.contains("</html>"));
    assert_eq!(audited(&relay, "password.shown").await, 2);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_requires_it_leads_everybody_there_first() {
    let (relay, clock, _folder) = standing().await;
    operator(&relay.shared, relay.shared.first_tenant, "bruno", ATTENDS).await;
    let (mut ana, mut bruno) = (Browser::new(&relay.shared), Browser::new(&relay.shared));
    ana.log_in("ana", PASSWORD).await;
    bruno.log_in("bruno", PASSWORD).await;
    assert_eq!(bruno.post("/users/factor", &[("required", "1")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ana.post("/users/factor", &[("required", "1")]).await.location(), "/users");
    assert_eq!(audited(&relay, "factor.required").await, 1);
    for path in ["/", "/tickets", "/history", "/live", "/apps"] {
        let request = bruno
            .request(axum::http::Method::GET, path)
            .header("sec-fetch-site", "same-origin")
            .body(axum::body::Body::empty())
            .unwrap();
        assert_eq!(bruno.send(request).await.location(), "/account/factor", "{path}");
    }
    assert!(bruno.get("/account/factor").await.body.contains("A sua empresa pede um segundo fator."));
    for path in ["/help", "/help/attendant", "/help/customer"] {
        assert_eq!(bruno.get(path).await.status, StatusCode::OK, "{path} tells how it is done");
    }
    set_up(&mut bruno, &clock).await;
    assert_eq!(bruno.get("/").await.status, StatusCode::OK);

    // The administrator has to as well; then says otherwise.
    assert_eq!(ana.get("/users").await.location(), "/account/factor");
    set_up(&mut ana, &clock).await;
    assert!(ana.get("/users").await.body.contains("2 de 2 usuários já têm."));
    assert_eq!(ana.post("/users/factor", &[]).await.location(), "/users");
    assert!(!relay.shared.store.second_factor_required(relay.shared.first_tenant).await.unwrap());
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_takes_a_lost_second_factor_away() {
    let (relay, clock, _folder) = standing().await;
    operator(&relay.shared, relay.shared.first_tenant, "bruno", ATTENDS).await;
    let (mut ana, mut bruno) = (Browser::new(&relay.shared), Browser::new(&relay.shared));
    ana.log_in("ana", PASSWORD).await;
    bruno.log_in("bruno", PASSWORD).await;
    set_up(&mut bruno, &clock).await;
    let tenant = relay.shared.first_tenant;
    let id = relay.shared.store.operator_by_login(tenant, "bruno").await.unwrap().unwrap().id;
    let path = format!("/users/{id}");
    assert!(ana.get("/users").await.body.contains("Segundo fator ligado"));
    assert!(ana.get(&path).await.body.contains("Tirar o segundo fator"));
    assert_eq!(ana.post(&format!("{path}/factor"), &[]).await.location(), path);
    assert_eq!(audited(&relay, "factor.reset").await, 1);
    let mut again = Browser::new(&relay.shared);
    assert_eq!(again.log_in("bruno", PASSWORD).await.location(), "/");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_of_ones_own_ends_every_other_login() {
    let (relay, _clock, _folder) = standing().await;
    let (mut ana, mut other) = (Browser::new(&relay.shared), Browser::new(&relay.shared));
    ana.log_in("ana", PASSWORD).await;
    other.log_in("ana", PASSWORD).await;
    let new = "outra frase comprida";
    let form = |own: &'static str, password: &'static str, again: &'static str| {
        [("own", own), ("password", password), ("again", again)]
    };
    for (sent, status, said) in [
        (form("não é esta", new, new), StatusCode::UNAUTHORIZED, "Esta não é a sua senha."),
        (form(PASSWORD, "curta", "curta"), StatusCode::UNPROCESSABLE_ENTITY, "Esta senha é fraca"),
        (form(PASSWORD, new, "outra"), StatusCode::UNPROCESSABLE_ENTITY, "As duas senhas são diferentes."),
    ] {
        let answer = ana.post("/account/password", &sent).await;
        assert_eq!(answer.status, status);
        assert!(answer.body.contains(said) && !answer.body.contains(new));
    }
    assert_eq!(ana.post("/account/password", &form(PASSWORD, new, new)).await.location(), "/account?changed=1");
    assert_eq!(ana.get("/").await.status, StatusCode::OK);
    assert_eq!(other.get("/").await.location(), "/login?over=1");
    let mut browser = Browser::new(&relay.shared);
    assert_eq!(browser.log_in("ana", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.log_in("ana", new).await.location(), "/");
    assert_eq!(audited(&relay, "password.changed").await, 1);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_being_written_goes_through_both_steps_and_a_wrong_code() {
    let (relay, clock, _folder) = standing().await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let (phone, recovery) = set_up(&mut ana, &clock).await;
    let csrf = ana.csrf().await;
    let own = format!("https://{}", ana.host);
    let from = [("origin", own.as_str()), ("sec-fetch-site", "same-origin")];
    let form = [("_csrf", csrf.as_str()), ("subject", "Nota fiscal"), ("name", "Cida"), ("text", "Sai erro 225.")];
    for by_phone in [true, false] {
        let who = relay.shared.store.operator_by_login(relay.shared.first_tenant, "ana").await.unwrap().unwrap();
        relay.shared.store.end_all_logins(who.tenant, who.id).await.unwrap();
        let login = ana.post_bare("/tickets", &form, &from).await.body;
        let kept = between(&login, "name=\"kept\" value=\"", "\"").to_owned();
        let step = ana.post("/login", &[("user", "ana"), ("password", PASSWORD), ("kept", &kept)]).await.body;
        let half = between(&step, "name=\"half\" value=\"", "\"").to_owned();
        let kept = between(&step, "name=\"kept\" value=\"", "\"").to_owned();
        let wrong = ana.post("/login/code", &[("half", &half), ("code", "12345"), ("kept", &kept)]).await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
        let kept = between(&wrong.body, "name=\"kept\" value=\"", "\"").to_owned();
        pass(&clock, 60);
        let code = phone.shows(clock.now());
        let (field, code) = if by_phone { ("code", &code) } else { ("recovery", &recovery[0]) };
        let shown = ana.post("/login/code", &[("half", &half), (field, code), ("kept", &kept)]).await;
        assert!(shown.body.contains("Sai erro 225.") && shown.body.contains("action=\"/tickets\""));
        assert_eq!(shown.body.contains("código de recuperação"), !by_phone);
        assert_eq!(ana.get("/").await.status, StatusCode::OK);
    }
    // Whoever takes too long for the code begins anew, with what is kept.
    let anew = Browser::new(&relay.shared).post("/login/code", &[("half", "0"), ("code", "1"), ("kept", "abc")]).await;
    assert_eq!((anew.status, between(&anew.body, "name=\"kept\" value=\"", "\"")), (StatusCode::UNAUTHORIZED, "abc"));
    relay.shutdown().await.unwrap();
}
