//! What somebody was writing when their login was over: kept through the login, shown after it, sent when they say so.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use amparo_relay::relay::{Relay, Running};
use axum::http::{StatusCode, header};
use console_support::*;
use jiff::SignedDuration;
use tickets::clock::Clock;

const TEXT: &str = "Prezada Cida,\r\n\r\no erro 225 vem do <certificado> & some com um novo. \"Renove\" hoje.\r\nAna";

/// A relay whose clock stands, and Ana logged in before a ticket of hers, with the token of its form.
async fn at_a_ticket() -> (Running, Clock, tempfile::TempDir, Browser, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = amparo_relay::config::Config::new(folder.path(), "127.0.0.1:0".parse().unwrap());
    let clock = Clock::standing_at("2026-11-21T14:00:00Z".parse().unwrap());
    config.clock = clock.clone();
    let relay = Relay::start(config).await.unwrap();
    for login in ["ana", "bruno"] {
        operator(&relay.shared, relay.shared.first_tenant, login, EVERYTHING).await;
    }
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let form = [("subject", "Nota fiscal"), ("name", "Cida"), ("text", "Não sai.")];
    assert_eq!(ana.post("/tickets", &form).await.location(), "/tickets/1001");
    let csrf = ana.csrf().await;
    (relay, clock, folder, ana, csrf)
}

/// The login ends on the server; the browser still has its cookie and its page.
async fn end(relay: &Running, login: &str) {
    let tenant = relay.shared.first_tenant;
    let who = relay.shared.store.operator_by_login(tenant, login).await.unwrap().unwrap();
    relay.shared.store.end_all_logins(tenant, who.id).await.unwrap();
}

/// Sends a form as the page of an earlier login does.
async fn send(browser: &mut Browser, path: &str, form: &[(&str, &str)]) -> Answer {
    let own = format!("https://{}", browser.host);
    browser.post_bare(path, form, &[("origin", &own), ("sec-fetch-site", "same-origin")]).await
}

async fn answer(browser: &mut Browser, csrf: &str) -> Answer {
    send(browser, "/tickets/1001/actions", &[("_csrf", csrf), ("kind", "reply"), ("text", TEXT)]).await
}

/// What a hidden field holds.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) =
        page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name}: {page}"));
    plain(rest.split('"').next().unwrap())
}

/// As a browser reads it.
fn plain(text: &str) -> String {
    let text = text.replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">");
    text.replace("&#39;", "'").replace("&#38;", "&")
}

/// What the page would send when its button is pressed.
fn what_it_sends(page: &str) -> (String, Vec<(String, String)>) {
    let (_, form) = page.split_once("<form method=\"post\" action=\"").unwrap();
    let (path, form) = form.split_once('"').unwrap();
    let form = form.split("</form>").next().unwrap();
    let mut fields = Vec::new();
    for part in form.split('<').skip(1) {
        let attribute = |name: &str| {
            let (_, rest) = part.split_once(&format!(" {name}=\""))?;
            Some(plain(rest.split('"').next()?))
        };
        if part.starts_with("input ") {
            fields.push((attribute("name").unwrap(), attribute("value").unwrap_or_default()));
        } else if part.starts_with("textarea ") {
            let text = part.split_once(">\n").unwrap().1;
            fields.push((attribute("name").unwrap(), plain(text)));
        }
    }
    (path.to_owned(), fields)
}

async fn press(browser: &mut Browser, page: &str) -> Answer {
    let (path, fields) = what_it_sends(page);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    send(browser, &path, &fields).await
}

async fn on_the_ticket(relay: &Running) -> Vec<String> {
    let number = "1001".parse().unwrap();
    let (_, actions) = relay.shared.desk.ticket(relay.shared.first_tenant, &number).await.unwrap();
    actions.into_iter().map(|action| action.action.text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_sent_too_late_survives_the_login_and_is_sent_once() {
    let (relay, _clock, _folder, mut ana, csrf) = at_a_ticket().await;
    let before = on_the_ticket(&relay).await.len();
    end(&relay, "ana").await;
    let login = answer(&mut ana, &csrf).await;
    assert_eq!(login.status, StatusCode::UNAUTHORIZED);
    assert_eq!(login.headers[header::CACHE_CONTROL], "no-store");
    assert!(login.body.contains("O que você escreveu está guardado") && login.body.contains("name=\"password\""));
    assert!(!login.body.contains("erro 225"), "not to be read before the login");
    let kept = hidden(&login.body, "kept");

    let wrong = ana.post("/login", &[("user", "ana"), ("password", "errada errada"), ("kept", &kept)]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let kept = hidden(&wrong.body, "kept");
    let other = ana.post("/language", &[("language", "es"), ("kept", &kept)]).await;
    assert!(other.body.contains("Lo que escribió está guardado"));
    let kept = hidden(&other.body, "kept");

    let again = ana.post("/login", &[("user", "ana"), ("password", PASSWORD), ("kept", &kept)]).await;
    assert_eq!(again.status, StatusCode::OK);
    assert!(again.body.contains("O que você escreveu está aqui") && again.body.contains("/tickets/1001/actions"));
    assert_eq!(on_the_ticket(&relay).await.len(), before, "nothing is sent by itself");
    let (path, fields) = what_it_sends(&again.body);
    assert_eq!(path, "/tickets/1001/actions");
    let sent = |name: &str| fields.iter().find(|(known, _)| known == name).unwrap().1.clone();
    assert_eq!((sent("kind"), sent("text"), sent("_csrf")), ("reply".to_owned(), TEXT.to_owned(), ana.csrf().await));

    assert_eq!(press(&mut ana, &again.body).await.status, StatusCode::SEE_OTHER);
    let said = on_the_ticket(&relay).await;
    assert_eq!(said.len(), before + 1);
    assert_eq!(said.iter().filter(|text| text.contains("erro 225 vem do <certificado> & some")).count(), 1);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_user_does_not_get_it_and_is_told_so() {
    let (relay, _clock, _folder, mut ana, csrf) = at_a_ticket().await;
    end(&relay, "ana").await;
    let kept = hidden(&answer(&mut ana, &csrf).await.body, "kept");
    let bruno = ana.post("/login", &[("user", "bruno"), ("password", PASSWORD), ("kept", &kept)]).await;
    assert!(bruno.body.contains("era de outro usuário e foi descartado") && !bruno.body.contains("erro 225"));
    assert!(ana.get("/account").await.body.contains("BRUNO"), "he is logged in");
    // Her page in his browser: its form is not his either.
    let stale = answer(&mut ana, &csrf).await;
    assert_eq!(stale.status, StatusCode::FORBIDDEN);
    assert!(stale.body.contains("era de outro usuário") && !stale.body.contains("erro 225"));
    assert_eq!(on_the_ticket(&relay).await.len(), 1);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_earlier_login_gives_back_what_was_typed() {
    let (relay, _clock, _folder, mut ana, csrf) = at_a_ticket().await;
    end(&relay, "ana").await;
    // The login page of one window, and a login in another.
    let kept = hidden(&answer(&mut ana, &csrf).await.body, "kept");
    assert_eq!(ana.log_in("ana", PASSWORD).await.location(), "/");
    let stale = answer(&mut ana, &csrf).await;
    assert_eq!(stale.status, StatusCode::FORBIDDEN);
    assert!(stale.body.contains("era de um login anterior") && stale.body.contains("erro 225"));
    assert_eq!(on_the_ticket(&relay).await.len(), 1, "not done yet");
    let first = send(&mut ana, "/login", &[("user", "ana"), ("password", PASSWORD), ("kept", &kept)]).await;
    assert!(first.body.contains("erro 225") && !first.headers.contains_key(header::SET_COOKIE));
    assert_eq!(press(&mut ana, &stale.body).await.status, StatusCode::SEE_OTHER);
    assert_eq!(on_the_ticket(&relay).await.len(), 2);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_changed_cut_too_late_or_huge_is_dropped_and_said() {
    let (relay, clock, _folder, mut ana, csrf) = at_a_ticket().await;
    end(&relay, "ana").await;
    let kept = hidden(&answer(&mut ana, &csrf).await.body, "kept");
    let mut changed = kept.clone().into_bytes();
    let middle = changed.len() / 2;
    changed[middle] = if changed[middle] == b'x' { b'y' } else { b'x' };
    let changed = String::from_utf8(changed).unwrap();
    let strange = [changed.as_str(), &kept[..kept.len() / 2], "x", "ção", &"A".repeat(380 * 1024)];
    for strange in strange {
        let mut browser = Browser::new(&relay.shared);
        let form = [("user", "ana"), ("password", PASSWORD), ("kept", strange)];
        let answer = browser.post("/login", &form).await;
        assert_eq!(answer.status, StatusCode::OK, "the login itself is good");
        assert!(answer.body.contains("alterado ou incompleto") && !answer.body.contains("erro 225"));
        assert_eq!(browser.get("/").await.status, StatusCode::OK);
    }
    let mut browser = Browser::new(&relay.shared);
    let huge = "A".repeat(500 * 1024);
    let refused = browser.post("/login", &[("user", "ana"), ("password", PASSWORD), ("kept", &huge)]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);

    clock.set(clock.now() + SignedDuration::from_mins(61));
    let late = browser.post("/login", &[("user", "ana"), ("password", PASSWORD), ("kept", &kept)]).await;
    assert!(late.body.contains("passou de 1 hora") && !late.body.contains("erro 225"));
    assert_eq!(on_the_ticket(&relay).await.len(), 1);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_forms_of_our_pages_with_something_typed_are_kept_and_no_secret_is() {
    let (relay, _clock, _folder, mut ana, csrf) = at_a_ticket().await;
    let other = ana.clone();
    end(&relay, "ana").await;
    let forged = "A".repeat(csrf.len());
    let nothing: [(&str, &[(&str, &str)]); 6] = [
        ("/tickets/1001/actions", &[("_csrf", &forged), ("text", TEXT)]),
        ("/tickets/1001/actions", &[("text", TEXT)]),
        ("/tickets/1001/actions", &[("_csrf", &csrf), ("text", "  ")]),
        ("/sessions/00000000-0000-0000-0000-000000000000/end", &[("_csrf", &csrf)]),
        ("/account/password", &[("_csrf", &csrf), ("own", PASSWORD), ("password", "outra frase comprida")]),
        ("/users/factor", &[("_csrf", &csrf), ("required", "1")]),
    ];
    for (path, form) in nothing {
        assert_eq!(send(&mut ana, path, form).await.location(), "/login?over=1", "{path} {form:?}");
    }
    assert_eq!(send(&mut ana, "/nowhere", &[("_csrf", &csrf), ("text", TEXT)]).await.status, StatusCode::NOT_FOUND);

    let form =
        [("_csrf", csrf.as_str()), ("name", "Nosso Zendesk"), ("token", "tok-secreto"), ("email", "a@b.example")];
    let kept = hidden(&send(&mut ana, "/connections/new/zendesk", &form).await.body, "kept");
    let page = ana.post("/login", &[("user", "ana"), ("password", PASSWORD), ("kept", &kept)]).await.body;
    assert!(page.contains("Nosso Zendesk") && page.contains("Campo: token") && !page.contains("tok-secreto"));
    let (_, fields) = what_it_sends(&page);
    assert!(fields.contains(&("token".to_owned(), String::new())), "to be typed again");

    // A small script that asks for a piece of a page gets the whole login page, and never a form to be shown in a cell.
    let mut cell = other;
    let own = format!("https://{}", cell.host);
    let headers = [("origin", own.as_str()), ("sec-fetch-site", "same-origin"), ("hx-request", "true")];
    let path = "/waiting/123456789/password";
    let over = cell.post_bare(path, &[("_csrf", &csrf), ("own", PASSWORD)], &headers).await;
    assert_eq!((over.status, over.body.as_str()), (StatusCode::UNAUTHORIZED, ""));
    assert_eq!(over.headers["hx-redirect"], "/login?over=1");
    let answered = cell.post_bare("/tickets/1001/actions", &[("_csrf", &csrf), ("text", TEXT)], &headers).await;
    assert_eq!((answered.headers["hx-redirect"].to_str().unwrap(), answered.body.as_str()), ("/login?over=1", ""));
    let stale = ana.post_bare(path, &[("_csrf", &csrf), ("own", PASSWORD)], &headers).await;
    assert_eq!((stale.status, stale.body.as_str()), (StatusCode::FORBIDDEN, ""));
    assert_eq!(stale.headers["hx-refresh"], "true", "the page is loaded anew with forms of this login");
    // What only follows the typing leaves the page as it is: its form is kept when it is sent.
    let app = relay.shared.store.apps(relay.shared.first_tenant).await.unwrap()[0].id;
    let preview = cell.request(axum::http::Method::GET, &format!("/apps/{app}/preview")).header("hx-request", "true");
    let preview = cell.send(preview.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!((preview.status, preview.headers.contains_key("hx-redirect")), (StatusCode::NO_CONTENT, false));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_company_is_not_kept_here() {
    let (here, _clock, _folder, mut ana, _) = at_a_ticket().await;
    let (there, _other_clock, _other_folder, _, theirs) = at_a_ticket().await;
    end(&here, "ana").await;
    assert_eq!(answer(&mut ana, &theirs).await.location(), "/login?over=1");
    here.shutdown().await.unwrap();
    there.shutdown().await.unwrap();
}
