//! Two companies on one server: each has a door of its own, and what opens one opens nothing of the other.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;
mod oidc;
mod passkey_support;

use std::{path::Path, process::Command};

use amparo_relay::{
    account::{NewUser, Operator, Roles},
    console::Source,
    relay::{Running, Shared},
};
use axum::http::{Method, StatusCode, header};
use console_support::*;
use jiff::{SignedDuration, Timestamp};
use oidc::scene::{comes_back, refused, scene, sent_by};
use passkey_support::{Authenticator, question};
use protocol::id::{AppId, ConnectionId, TenantId};
use store::{App, Language, OidcIdentity, Tenant};

/// The password of the other Ana.
const OTHER: &str = "outra frase comprida";
const BETA: TenantId = TenantId::from_bytes([9; 16]);

async fn user(shared: &Shared, tenant: TenantId, login: &str, name: &str, roles: Roles, password: &str) -> Operator {
    let user = NewUser { login: login.to_owned(), name: name.to_owned(), roles };
    shared.accounts.create(tenant, user, Some(password)).await.unwrap().0
}

/// Varanda, which is the first and has no word, and Beta; `ana` is a user of each, with another password.
async fn two() -> (Running, tempfile::TempDir) {
    let (relay, folder) = relay_with_a_name().await;
    let shared = &relay.shared;
    beta(shared).await;
    user(shared, shared.first_tenant, "ana", "Ana Varanda", EVERYTHING, PASSWORD).await;
    user(shared, BETA, "ana", "Ana Beta", EVERYTHING, OTHER).await;
    (relay, folder)
}

async fn beta(shared: &Shared) {
    let word = Some("beta".parse().unwrap());
    let tenant = Tenant { word, language: Language::Es, ..Tenant::new(BETA, "Beta Ltda", Timestamp::now()) };
    shared.keys.make_tenant(BETA, &tenant.name).unwrap();
    shared.store.add_tenant(&tenant).await.unwrap();
    let app = App::new(AppId::from_bytes([9; 16]), BETA, "App Beta", "Beta Ltda", "", Timestamp::now());
    amparo_relay::apps::add(&*shared.store, app).await.unwrap();
}

fn browser(relay: &Running) -> Browser {
    let mut browser = Browser::new(&relay.shared);
    browser.host = NAME.to_owned();
    browser
}

/// What a page says of whom it is.
fn whose(page: &str) -> [bool; 2] {
    [
        page.contains("Ana Varanda") || page.contains("Varanda Sistemas"),
        page.contains("Ana Beta") || page.contains("Beta Ltda"),
    ]
}

const FIRST: [bool; 2] = [true, false];
const SECOND: [bool; 2] = [false, true];

#[tokio::test(flavor = "multi_thread")]
async fn the_same_login_name_comes_only_into_its_own_company() {
    let (relay, _folder) = two().await;
    let mut first = browser(&relay);
    let page = first.get("/login").await;
    assert_eq!(whose(&page.body), FIRST);
    assert!(!page.headers.contains_key(header::SET_COOKIE), "nothing is remembered of who came to the first");
    let mut second = browser(&relay);
    let page = second.get("/c/beta/login").await;
    assert_eq!(whose(&page.body), SECOND);
    let cookie = page.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    for part in ["__Host-amparo-company=beta", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(whose(&second.get("/login").await.body), SECOND, "it is remembered");

    // Each password opens at its own door and nowhere else; a wrong one is answered as everywhere.
    for (word, password, enters) in
        [("", PASSWORD, Some(FIRST)), ("", OTHER, None), ("beta", OTHER, Some(SECOND)), ("beta", PASSWORD, None)]
    {
        let mut browser = browser(&relay);
        let form = [("company", word), ("user", "ana"), ("password", password)];
        let answer = browser.post("/login", &form).await;
        match enters {
            Some(company) => {
                assert_eq!(answer.location(), "/");
                for path in ["/", "/users", "/apps", "/history", "/audit", "/company", "/account", "/tokens"] {
                    assert_eq!(whose(&browser.get(path).await.body), company, "{word} {path}");
                }
            }
            None => {
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{word}");
                assert!(answer.body.contains("Usuário ou senha não confere.") && browser.cookie.is_none());
            }
        }
    }
    // The form's own company counts, whatever the browser was shown since in another window.
    let mut windows = browser(&relay);
    windows.get("/c/beta/login").await;
    assert!(windows.company.is_some());
    let answer = windows.post("/login", &[("company", ""), ("user", "ana"), ("password", PASSWORD)]).await;
    assert_eq!((answer.location(), whose(&windows.get("/").await.body)), ("/", FIRST));
    assert_eq!(windows.company, None, "it is remembered where one belongs");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_of_one_company_opens_no_door_of_the_other() {
    let (relay, _folder) = two().await;
    let shared = &relay.shared;
    let mut ana = browser(&relay);
    ana.log_in_at("beta", "ana", OTHER).await;
    assert_eq!(ana.get("/c/beta/login").await.location(), "/", "she is in already");
    // A cookie that says another company changes nothing about who is in.
    let mut first = ana.clone();
    first.company = None;
    let mut forged = ana.clone();
    forged.company = Some("__Host-amparo-company=nowhere".to_owned());
    for mut browser in [first, forged] {
        assert_eq!(whose(&browser.get("/users").await.body), SECOND);
    }
    // At the other door she may log in as somebody there, and is out here then.
    shared.store.set_tenant_word(shared.first_tenant, &"varanda".parse().unwrap()).await.unwrap();
    let before = ana.clone();
    let page = ana.get("/c/varanda/login").await;
    assert!(page.status == StatusCode::OK && page.body.contains("Varanda Sistemas") && !page.body.contains("Ana Beta"));
    let form = [("company", "varanda"), ("user", "ana"), ("password", OTHER)];
    assert_eq!(ana.post("/login", &form).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(whose(&ana.get("/account").await.body), SECOND, "a wrong password leaves her where she is");
    let form = [("company", "varanda"), ("user", "ana"), ("password", PASSWORD)];
    assert_eq!(ana.post("/login", &form).await.location(), "/");
    assert_eq!(whose(&ana.get("/account").await.body), FIRST);
    assert_eq!(before.clone().get("/").await.location(), "/login?over=1", "the login before is over");
    // Logout and the end of a session lead back to one's own door.
    assert_eq!(ana.post("/logout", &[]).await.location(), "/c/varanda/login?out=1");
    assert_eq!(whose(&ana.get("/login?over=1").await.body), FIRST);
    let mut other = browser(&relay);
    other.log_in_at("beta", "ana", OTHER).await;
    other.cookie = Some("__Host-amparo=00000000000000000000000000000000".to_owned());
    assert_eq!(other.get("/tickets").await.location(), "/login?over=1");
    assert_eq!(whose(&other.get("/login?over=1").await.body), SECOND);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_word_is_as_a_page_that_is_not_there() {
    let (relay, _folder) = two().await;
    let mut browser = browser(&relay);
    let nothing = browser.get("/nothing/here").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    let long = "x".repeat(5_000);
    for word in ["gama", "Beta", "BETA", "beta%20", "beta%00", "b%65ta-", "-", "%2e%2e", "caf%C3%A9", "beta;a=b", &long]
    {
        for path in [format!("/c/{word}/login"), format!("/c/{word}"), format!("/c/{word}/tickets/1001")] {
            let answer = browser.get(&path).await;
            assert_eq!((answer.status, &answer.body), (StatusCode::NOT_FOUND, &nothing.body), "{path}");
            assert!(!answer.headers.contains_key(header::SET_COOKIE), "{path}");
        }
        if !word.contains('%') {
            let form = [("company", word), ("user", "ana"), ("password", PASSWORD)];
            assert_eq!(browser.post("/login", &form).await.status, StatusCode::NOT_FOUND, "{word}");
            assert_eq!(browser.post("/login/oidc", &[("company", word)]).await.status, StatusCode::NOT_FOUND, "{word}");
        }
    }
    // A cookie of nobody is as none.
    for value in ["gama", "../beta", "Beta", "beta\"", &long] {
        browser.company = Some(format!("__Host-amparo-company={value}"));
        assert_eq!(whose(&browser.get("/login").await.body), FIRST, "{value}");
    }
    // Nor does a path lead out of this server, or past its login.
    browser.company = None;
    assert_eq!(browser.get("/c/beta/tickets/1001").await.location(), "/c/beta/login?over=1");
    browser.log_in_at("beta", "ana", OTHER).await;
    for (path, to) in [
        ("/c/beta", "/"),
        ("/c/beta/tickets/1001", "/tickets/1001"),
        ("/c/beta/t/zendesk/5%2F3?name=Cida&email=a%40b", "/t/zendesk/5%2F3?name=Cida&email=a%40b"),
    ] {
        assert_eq!(browser.get(path).await.location(), to);
    }
    for path in ["/c/beta//evil.example", "/c/beta/%5Cevil.example", "/c/beta///"] {
        let answer = browser.get(path).await;
        let inside = answer.location().is_empty() || answer.location() == "/%5Cevil.example";
        assert!(inside, "{path}: {} {}", answer.status, answer.location());
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_at_one_company_keeps_nobody_out_of_another() {
    let (relay, _folder) = two().await;
    let mut guesser = browser(&relay);
    guesser.source = Source([203, 0, 113, 9].into());
    // More than this place may, and than this name may from here; all of it at Beta.
    for n in 0..40 {
        let name = if n < 30 { format!("alguem{n}") } else { "ana".to_owned() };
        let form = [("company", "beta"), ("user", name.as_str()), ("password", "errada errada")];
        let status = guesser.post("/login", &form).await.status;
        assert!([StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS].contains(&status), "{n}: {status}");
    }
    let form = [("company", "beta"), ("user", "ana"), ("password", OTHER)];
    let slowed = guesser.post("/login", &form).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS, "also with the right password");
    // At the other door of the same place it is as if nothing had been, and Ana of Beta gets in from where she is.
    let form = [("company", ""), ("user", "ana"), ("password", PASSWORD)];
    assert_eq!(guesser.post("/login", &form).await.location(), "/");
    assert_eq!(browser(&relay).log_in_at("beta", "ana", OTHER).await.location(), "/");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_name_their_company_lead_to_its_door() {
    let (relay, folder) = two().await;
    let shared = &relay.shared;
    // A welcome link: whoever was invited by Beta is in at Beta, and is led back there.
    let bia = user(shared, BETA, "bia", "Bia Souza", ATTENDS, "ainda não escolhida").await;
    let link = async |user: &Operator| {
        shared.accounts.password_link(user, Timestamp::now() + SignedDuration::from_hours(1)).await.unwrap()
    };
    let mut invited = browser(&relay);
    invited.language = "de";
    let path = format!("/welcome/{}", *link(&bia).await);
    let page = invited.get(&path).await.body;
    assert!(page.contains("<html lang=\"es\"") && page.contains("Beta Ltda"), "in the company's language: {page}");
    let chosen = invited.post(&path, &[("password", "bia escolheu esta"), ("again", "bia escolheu esta")]).await;
    assert_eq!(chosen.location(), "/");
    assert!(invited.get("/").await.body.contains("Bia Souza"));
    assert_eq!(invited.company.as_deref(), Some("__Host-amparo-company=beta"));
    // A set-up link likewise; the apps of the company take its new name, and only those.
    let done = Command::new(env!("CARGO_BIN_EXE_amparo-relay"))
        .args(["admin", "--data"])
        .arg(folder.path())
        .args(["tenant", "add", "--name", "Gama", "--word", "gama", "--language", "en"])
        .output()
        .unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    let setup = said.lines().find_map(|line| line.split_once("/setup/")).unwrap().1;
    let mut gama = browser(&relay);
    let form = [("company", "Gama S.A."), ("name", "Gil"), ("login", "ana"), ("password", OTHER), ("again", OTHER)];
    assert_eq!(gama.post(&format!("/setup/{setup}"), &form).await.location(), "/");
    assert_eq!(gama.company.as_deref(), Some("__Host-amparo-company=gama"));
    let apps = gama.get("/apps").await.body;
    assert!(apps.contains("Suporte Gama S.A.") && !apps.contains("Beta") && !apps.contains("Varanda"));
    // A ticket of another system: by the connection that the address names.
    let mut beta = browser(&relay);
    beta.log_in_at("beta", "ana", OTHER).await;
    let redmine = [
        ("name", "Redmine"),
        ("base", "https://127.0.0.1:9"),
        ("key", "x"),
        ("project", "suporte"),
        ("format", "textile"),
        ("visibility", "internal"),
        ("plain", "no"),
        ("patience", "1"),
    ];
    let added = beta.post("/connections/new/redmine", &redmine).await;
    assert!(added.location().ends_with("?saved"), "{} {}", added.status, added.body);
    let connection = added.location().trim_start_matches("/connections/").trim_end_matches("?saved").to_owned();
    let mut stranger = browser(&relay);
    assert_eq!(stranger.get(&format!("/t/{connection}/77")).await.location(), "/c/beta/login?over=1");
    assert_eq!(stranger.get(&format!("/t/{}/77", ConnectionId::from_bytes([6; 16]))).await.location(), "/login?over=1");
    let widget = stranger.get(&format!("/t/{connection}/77/widget")).await;
    assert!(
        widget.status == StatusCode::OK && !widget.body.contains("Beta"),
        "it says nothing that its address does not"
    );
    let mut ana = browser(&relay);
    ana.log_in("ana", PASSWORD).await;
    assert_eq!(ana.get(&format!("/t/{connection}/77")).await.status, StatusCode::NOT_FOUND, "of the other company");
    assert_eq!(beta.get(&format!("/t/{connection}/77")).await.status, StatusCode::OK);
    // … and where that system says that a ticket has changed.
    let page = beta.get(&format!("/connections/{connection}")).await.body;
    let hook = format!("/hooks/{}", page.split("/hooks/").nth(1).unwrap().split(['"', '<']).next().unwrap());
    let told = async |path: &str| {
        let request = browser(&relay).request(Method::POST, path).body("{\"id\": 77}".into()).unwrap();
        browser(&relay).open(request).await.status()
    };
    assert_eq!(told(&hook).await, StatusCode::NO_CONTENT);
    let last = if hook.ends_with('0') { '1' } else { '0' };
    assert_eq!(told(&format!("{}{last}", &hook[..hook.len() - 1])).await, StatusCode::NOT_FOUND);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_waits_at_the_door_of_its_own_company() {
    let (relay, _folder) = two().await;
    let mut ana = browser(&relay);
    ana.log_in_at("beta", "ana", OTHER).await;
    let csrf = ana.csrf().await;
    let form = [("subject", "Nota fiscal"), ("name", "Cida"), ("_csrf", csrf.as_str())];
    // Another browser of hers that remembers nothing, and is not in.
    let mut late = browser(&relay);
    let own = format!("https://{}", late.host);
    let headers = [("origin", own.as_str()), ("sec-fetch-site", "same-origin")];
    let page = late.post_bare("/tickets", &form, &headers).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(page.body.contains("name=\"company\" value=\"beta\"") && whose(&page.body) == SECOND, "{}", page.body);
    let kept = page.body.split("name=\"kept\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    // With another language it is still of Beta.
    let page = late.post_bare("/language", &[("language", "es"), ("kept", &kept)], &headers).await;
    assert!(page.body.contains("name=\"company\" value=\"beta\"") && page.body.contains("lang=\"es\""));
    // The first company's Ana is not given it.
    let mut other = browser(&relay);
    let form = [("company", ""), ("user", "ana"), ("password", PASSWORD), ("kept", kept.as_str())];
    let lost = other.post("/login", &form).await;
    assert!(!lost.body.contains("Nota fiscal") && other.cookie.is_some(), "{}", lost.body);
    let form = [("company", "beta"), ("user", "ana"), ("password", OTHER), ("kept", kept.as_str())];
    let shown = late.post("/login", &form).await;
    assert!(shown.body.contains("Nota fiscal") && shown.body.contains("Ana Beta"), "{}", shown.body);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_opens_the_company_of_its_user() {
    let (relay, _folder) = two().await;
    let mut ana = browser(&relay);
    ana.log_in_at("beta", "ana", OTHER).await;
    let mut key = Authenticator::at(NAME);
    let made = key.make(&question(&ana.get("/account/passkeys/new").await.body));
    let mut form = vec![("name", "Notebook")];
    form.extend(made.iter().map(|(name, value)| (*name, value.as_str())));
    assert_eq!(ana.post("/account/passkeys", &form).await.status, StatusCode::OK);
    let mut enters = async |word: &str, second: bool| {
        let mut browser = browser(&relay);
        let (path, asked, mut form) = if second {
            let half = browser.log_in_at(word, "ana", OTHER).await.body;
            let token = half.split("name=\"half\" value=\"").nth(1).unwrap().split('"').next().unwrap();
            ("/login/code/passkey", question(&half), vec![("half".to_owned(), token.to_owned())])
        } else {
            let asked = browser.post("/login/passkey/options", &[]).await;
            browser.cookie = asked.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().map(str::to_owned);
            let asked = serde_json::from_str(&asked.body).unwrap();
            ("/login/passkey", asked, vec![("company".to_owned(), word.to_owned())])
        };
        form.extend(key.prove(&asked).into_iter().map(|(name, value)| (name.to_owned(), value)));
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = browser.post(path, &form).await;
        (answer.location() == "/").then_some(browser)
    };
    assert!(enters("", false).await.is_none(), "at the first company's door it is nobody's");
    assert_eq!(whose(&enters("beta", false).await.unwrap().get("/").await.body), SECOND);
    assert_eq!(whose(&enters("beta", true).await.unwrap().get("/").await.body), SECOND);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_identity_at_a_provider_is_somebody_else_in_each_company() {
    let scene = scene().await;
    let shared = &scene.relay.shared;
    beta(shared).await;
    let other = user(shared, BETA, "ana", "Ana Beta", EVERYTHING, OTHER).await;
    scene.ana().await;
    // The same provider, set up by Beta as well; one person is linked in both.
    let settings = shared.oidc.settings(scene.tenant()).await.unwrap().unwrap();
    shared.oidc.set(BETA, Some(&settings)).await.unwrap();
    let identity = OidcIdentity { issuer: scene.provider.issuer.clone(), subject: "ana-no-provedor".to_owned() };
    shared.store.link_identity(BETA, other.id, &identity, scene.clock.now()).await.unwrap();
    for (word, name) in [("", "ANA"), ("beta", "Ana Beta")] {
        let mut browser = scene.browser();
        let address = sent_by(&mut browser, "/login/oidc", &[("company", word)]).await;
        // What the browser is shown meanwhile does not count: the login is of where it was begun.
        browser.get(if word.is_empty() { "/c/beta/login" } else { "/login" }).await;
        let back = comes_back(&mut browser, &scene.provider.approve(&address)).await;
        assert_eq!(back.location(), "/", "{word}: {}", back.body);
        assert!(browser.get("/account").await.body.contains(name), "{word}");
        assert_eq!(browser.company.is_some(), !word.is_empty());
    }
    // Who is nobody at Beta is told so at Beta's door, whatever they are elsewhere.
    shared.store.unlink_identity(BETA, other.id).await.unwrap();
    let mut browser = scene.browser();
    let address = sent_by(&mut browser, "/login/oidc", &[("company", "beta")]).await;
    let nobody = comes_back(&mut browser, &scene.provider.approve(&address)).await;
    refused(&browser, &nobody, "não está vinculada a nenhum usuário");
    assert!(nobody.body.contains("Beta Ltda") && nobody.body.contains("name=\"company\" value=\"beta\""));
    scene.ends().await;
}

fn admin(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_amparo-relay"))
        .args(["admin", "--public-url", "https://console.example", "--data"])
        .arg(folder)
        .args(arguments)
        .output()
        .unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8(said).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_machines_administrator_makes_companies_and_their_words() {
    let (relay, folder) = relay_with_a_name().await;
    let shared = &relay.shared;
    let add = |name: &str, word: &str| admin(folder.path(), &["tenant", "add", "--name", name, "--word", word]);
    let (good, said) = add("Beta Ltda", "beta");
    assert!(good && said.contains("https://console.example/c/beta/login\n") && said.contains("/setup/"), "{said}");
    for word in ["beta", "Beta", "be ta", "-beta", "", "beta/", &"x".repeat(41)] {
        let (good, said) = add("Gama", word);
        assert!(!good && !said.contains("/c/"), "{word}: {said}");
    }
    assert!(!add("  ", "gama").0);
    for more in [["--language", "de"], ["--time-zone", "Mars/Olympus"], ["--time-zone", "Etc/Unknown"]] {
        let all = [&["tenant", "add", "--name", "Gama", "--word", "gama"][..], &more].concat();
        assert!(!admin(folder.path(), &all).0, "{more:?}");
    }
    let all = shared.store.tenants().await.unwrap();
    assert_eq!(all.len(), 2, "what is refused makes nothing");
    assert!(relay.shared.keys.tenant(all[1].id).is_ok());
    // The first gets one as well; a new one takes the place of the old, and is in the log.
    let (good, said) = admin(folder.path(), &["tenant", "word", "--word", "varanda"]);
    assert!(good && said.contains("https://console.example/c/varanda/login"), "{said}");
    assert!(!admin(folder.path(), &["tenant", "word", "--word", "beta"]).0, "Beta has it");
    assert!(admin(folder.path(), &["tenant", "word", "--word", "varanda-2"]).0);
    let mut browser = browser(&relay);
    assert_eq!(browser.get("/c/varanda/login").await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/c/varanda-2/login").await.status, StatusCode::OK);
    let log = shared.store.audit_list(shared.first_tenant, 10).await.unwrap();
    let details: Vec<&str> =
        log.iter().filter(|line| line.what == "company.changed").map(|line| line.detail.as_str()).collect();
    assert_eq!(details, ["word=varanda→varanda-2", "word=→varanda"]);
    let (_, list) = admin(folder.path(), &["tenant", "list"]);
    assert!(list.contains("Varanda Sistemas\tvaranda-2") && list.contains("Beta Ltda\tbeta"), "{list}");
    // Its administrator sees where people log in.
    operator(shared, shared.first_tenant, "chefe", EVERYTHING).await;
    browser.log_in_at("varanda-2", "chefe", PASSWORD).await;
    assert!(browser.get("/company").await.body.contains("https://console.example/c/varanda-2/login"));
    relay.shutdown().await.unwrap();
}
