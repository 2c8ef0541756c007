//! Getting into the console, and what keeps others out.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use amparo_relay::console::{Act, Source, routes};
use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use console_support::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_set_up_link_makes_one_administrator_and_is_gone() {
    let (relay, _folder) = relay().await;
    let link = relay.setup_link.clone().unwrap();
    let path = link.splitn(4, '/').nth(3).map(|p| format!("/{p}")).unwrap();
    let mut browser = Browser::new(&relay.shared);
    assert!(browser.get(&path).await.body.contains("Primeira configuração"));

    let form = |password: &'static str, again: &'static str| {
        [
            ("company", "Padaria Aurora"),
            ("name", "Bruno Castro"),
            ("login", "bruno"),
            ("password", password),
            ("again", again),
        ]
    };
    let weak = browser.post(&path, &form("curta", "curta")).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(weak.body.contains("Esta senha é fraca") && !weak.body.contains("curta\""));
    assert_eq!(browser.post(&path, &form(PASSWORD, "outra coisa")).await.status, StatusCode::UNPROCESSABLE_ENTITY);

    let done = browser.post(&path, &form(PASSWORD, PASSWORD)).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/"));
    let home = browser.get("/").await;
    assert!(home.body.contains("Bruno Castro") && home.body.contains("Padaria Aurora"));
    let app = relay.shared.store.apps(relay.shared.first_tenant).await.unwrap().remove(0);
    assert_eq!((app.company.as_str(), app.title.as_str()), ("Padaria Aurora", "Suporte Padaria Aurora"));

    let mut other = Browser::new(&relay.shared);
    for answer in [other.get(&path).await, other.post(&path, &form(PASSWORD, PASSWORD)).await] {
        assert_eq!(answer.status, StatusCode::GONE);
        assert!(answer.body.contains("Este link já foi usado"));
    }
    assert_eq!(other.get("/setup/00000000000000000000000000000000").await.status, StatusCode::GONE);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_a_hardened_cookie_and_ends_everywhere() {
    let (relay, _folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", ATTENDS).await;
    let mut browser = Browser::new(&relay.shared);
    assert_eq!(browser.get("/").await.location(), "/login?over=1");

    let wrong = browser.log_in("ana", "errada errada").await;
    let unknown = browser.log_in("ninguem", "errada errada").await;
    assert_eq!((wrong.status, unknown.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert_eq!(wrong.body.replace("ana", "X"), unknown.body.replace("ninguem", "X"), "the answers tell users apart");

    let right = browser.log_in(" ANA ", PASSWORD).await;
    let cookie = right.headers[header::SET_COOKIE].to_str().unwrap();
    for part in ["__Host-amparo=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(browser.get("/").await.status, StatusCode::OK);

    let mut second = Browser::new(&relay.shared);
    second.log_in("ana", PASSWORD).await;
    assert_ne!(second.cookie, browser.cookie);
    assert_eq!(second.post("/logout", &[]).await.location(), "/login?out=1");
    assert_eq!(browser.get("/").await.location(), "/login?over=1", "logout ends the login everywhere");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down_and_a_colleague_still_gets_in() {
    let (relay, _folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", ATTENDS).await;
    let mut guesser = Browser::new(&relay.shared);
    guesser.source = Source([203, 0, 113, 9].into());
    for _ in 0..5 {
        assert_eq!(guesser.log_in("ana", "errada errada").await.status, StatusCode::UNAUTHORIZED);
    }
    let slowed = guesser.log_in("ana", PASSWORD).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS, "also with the right password");
    assert!(slowed.headers.contains_key(header::RETRY_AFTER) && slowed.body.contains("Muitas tentativas"));
    let mut ana = Browser::new(&relay.shared);
    assert_eq!(ana.log_in("ana", PASSWORD).await.status, StatusCode::SEE_OTHER);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_from_elsewhere_is_refused() {
    let (relay, _folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", EVERYTHING).await;
    let mut browser = Browser::new(&relay.shared);
    browser.log_in("ana", PASSWORD).await;
    let csrf = browser.csrf().await;
    let own = format!("https://{}", browser.host);
    let user = [("name", "Eva"), ("login", "eva"), ("attend", "1"), ("_csrf", csrf.as_str())];
    let foreign: [&[(&str, &str)]; 5] = [
        &[],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", &own), ("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
    ];
    for headers in foreign {
        assert_eq!(browser.post_bare("/users", &user, headers).await.status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    for token in ["", "0", &"0".repeat(32)] {
        let without = [("name", "Eva"), ("login", "eva"), ("attend", "1"), ("_csrf", token)];
        assert_eq!(browser.post_bare("/users", &without, &[("origin", &own)]).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(relay.shared.accounts.list(relay.shared.first_tenant).await.unwrap().len(), 1);
    assert_eq!(browser.post_bare("/users", &user, &[("origin", &own)]).await.status, StatusCode::OK);

    let mut rebound = browser.clone();
    rebound.host = "evil.example".to_owned();
    assert_eq!(rebound.get("/").await.status, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(browser.get("/live").await.status, StatusCode::FORBIDDEN, "the live stream says where it is read from");
    let large = "x".repeat(300 * 1024);
    assert_eq!(
        browser.post_bare("/users", &[("name", &large)], &[("origin", &own)]).await.status,
        StatusCode::BAD_REQUEST
    );
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_asks_who_and_whether_they_may() {
    let (relay, _folder) = relay().await;
    let tenant = relay.shared.first_tenant;
    operator(&relay.shared, tenant, "ana", ATTENDS).await;
    operator(&relay.shared, tenant, "nobody", amparo_relay::account::Roles::default()).await;
    let mut stranger = Browser::new(&relay.shared);
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let csrf = ana.csrf().await;
    let mut nobody = Browser::new(&relay.shared);
    nobody.log_in("nobody", PASSWORD).await;
    let own = format!("https://{}", ana.host);
    let from = [("origin", own.as_str())];
    for route in routes() {
        let path = route
            .path
            .replace("{id}", "1")
            .replace("{number}", "1001")
            .replace("{token}", "1")
            .replace("{name}", "console.css");
        let post = route.method == Method::POST;
        if route.act != Act::Anybody {
            let answer =
                if post { stranger.post_bare(&path, &[], &from).await } else { ask(&mut stranger, &path).await };
            assert_eq!(answer.location(), "/login?over=1", "{route:?}");
        }
        if !matches!(route.act, Act::Anybody | Act::LoggedIn) && !post {
            assert_eq!(ask(&mut nobody, &path).await.status, StatusCode::FORBIDDEN, "{route:?}");
        }
        if matches!(route.act, Act::Administer | Act::SeePasswords) {
            let answer =
                if post { ana.post_bare(&path, &[("_csrf", &csrf)], &from).await } else { ana.get(&path).await };
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{route:?}");
        }
    }
    for (path, method) in
        [("/users/1", Method::DELETE), ("/nothing", Method::GET), ("/assets/..%2Fsrc%2Flib.rs", Method::GET)]
    {
        let request = ana.request(method, path).header("origin", &own).body(Body::empty()).unwrap();
        assert!(ana.send(request).await.status.is_client_error(), "{path}");
    }
    relay.shutdown().await.unwrap();
}

/// A GET as one of our own pages makes it.
async fn ask(browser: &mut Browser, path: &str) -> Answer {
    let request =
        browser.request(Method::GET, path).header("sec-fetch-site", "same-origin").body(Body::empty()).unwrap();
    browser.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_tells_the_browser_what_it_must_not_do() {
    let (relay, _folder) = relay().await;
    let mut browser = Browser::new(&relay.shared);
    for path in ["/login", "/nothing", "/assets/console.js", "/healthz", "/"] {
        let headers = browser.get(path).await.headers;
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert!(headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
        assert!(path.starts_with("/assets") || headers[header::CACHE_CONTROL] == "no-store", "{path}");
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_speak_the_language_of_the_browser_until_another_is_chosen() {
    let (relay, _folder) = relay().await;
    let mut browser = Browser::new(&relay.shared);
    browser.language = "es-AR,es;q=0.9";
    let page = browser.get("/login").await.body;
    assert!(page.contains("<html lang=\"es\">") && page.contains("Contraseña"));
    let chosen = browser.post("/language", &[("language", "en")]).await;
    assert!(chosen.headers[header::SET_COOKIE].to_str().unwrap().starts_with("__Host-amparo-language=en;"));
    browser.cookie = Some("__Host-amparo-language=en".to_owned());
    assert!(browser.get("/login").await.body.contains("<html lang=\"en\">"));
    browser.cookie = None;
    assert_eq!(browser.post("/language", &[("language", "../x")]).await.status, StatusCode::BAD_REQUEST);
    // A page for anybody carries no token, also for somebody who is logged in; from elsewhere it is refused all the same.
    operator(&relay.shared, relay.shared.first_tenant, "ana", EVERYTHING).await;
    browser.log_in("ana", PASSWORD).await;
    let ours = [("origin", &*format!("https://{}", browser.host)), ("sec-fetch-site", "same-origin")]
        .map(|(n, v)| (n, v.to_owned()));
    let ours: Vec<(&str, &str)> = ours.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let chosen = browser.post_bare("/language", &[("language", "es")], &ours).await;
    assert!(chosen.headers[header::SET_COOKIE].to_str().unwrap().starts_with("__Host-amparo-language=es;"));
    let foreign = browser.post_bare("/language", &[("language", "es")], &[("origin", "https://evil.example")]).await;
    assert_ne!(foreign.status, StatusCode::SEE_OTHER);
    relay.shutdown().await.unwrap();
}

/// A browser that asks for a page to look at, and says which site led it there.
async fn look_at(browser: &mut Browser, path: &str, site: &str) -> console_support::Answer {
    let request = browser.request(Method::GET, path);
    let request = request.header("sec-fetch-dest", "document").header("sec-fetch-site", site);
    browser.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_comes_out_at_the_page_that_one_had_asked_for() {
    let (relay, _folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", EVERYTHING).await;
    let mut browser = Browser::new(&relay.shared);

    assert_eq!(look_at(&mut browser, "/history?q=nota%20fiscal", "none").await.location(), "/login?over=1");
    let wrong = browser.log_in("ana", "errada errada").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.log_in("ana", PASSWORD).await.location(), "/history?q=nota%20fiscal", "also after a wrong try");
    assert_eq!(browser.destination, None, "once");

    // What a script fetched, a file or a stream is no page to come out at.
    let mut other = Browser::new(&relay.shared);
    for (name, value) in [("hx-request", "true"), ("sec-fetch-dest", "empty"), ("accept", "text/event-stream")] {
        let request = other.request(Method::GET, "/history").header(name, value);
        other.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(other.destination, None, "{name}: {value}");
    }
    // Nor is what somebody else has put there.
    for forged in ["//evil.example/", "https://evil.example/", "/\\evil.example", "/login?over=1", "/logout"] {
        other.destination = Some(format!("__Host-amparo-to={forged}"));
        assert_eq!(other.log_in("ana", PASSWORD).await.location(), "/", "{forged}");
        other.post("/logout", &[]).await;
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_in_a_letter_leads_whoever_is_in_straight_to_its_page() {
    let (relay, _folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", EVERYTHING).await;
    let mut browser = Browser::new(&relay.shared);
    browser.log_in("ana", PASSWORD).await;

    // The login's cookie stays behind when another site leads here: a page of ours asks once more.
    let cookie = browser.cookie.take();
    let again = look_at(&mut browser, "/history?q=a&result=missed", "cross-site").await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.body);
    assert!(again.body.contains(r#"content="0; url=/history?q=a&#38;result=missed""#), "{}", again.body);
    browser.cookie = cookie;
    assert_eq!(look_at(&mut browser, "/history?q=a&result=missed", "same-origin").await.status, StatusCode::OK);

    // Whoever is not in comes to the login by it, and not round and round.
    let mut out = Browser::new(&relay.shared);
    assert_eq!(look_at(&mut out, "/history", "cross-site").await.status, StatusCode::OK);
    assert_eq!(look_at(&mut out, "/history", "same-origin").await.location(), "/login?over=1");
    assert_eq!(out.log_in("ana", PASSWORD).await.location(), "/history");
    relay.shutdown().await.unwrap();
}
