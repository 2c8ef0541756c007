//! What the console shows, to whom, and what it does.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use std::time::Duration;

use amparo_relay::{account::Roles, console::Source};
use axum::http::{StatusCode, header};
use console_support::*;
use jiff::Timestamp;
use protocol::{
    id::{DeviceId, TenantId},
    message::{directory::FieldKey, ticket::TicketStatus},
};
use store::{CustomerDetails, Language, Tenant};
use tickets::desk::Author;

const SCRIPT: &str = "<script>alert(1)</script>";

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_customer_is_shown_and_what_they_typed_is_only_text() {
    let (relay, _folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", EVERYTHING).await;
    let mut browser = Browser::new(&relay.shared);
    browser.log_in("ana", PASSWORD).await;
    assert!(browser.get("/").await.body.contains("Ninguém aguardando"));
    let typed = [
        (FieldKey::Name, SCRIPT),
        (FieldKey::Company, "\"><img src=x onerror=alert(1)>"),
        (FieldKey::Subject, "' onclick='x"),
    ];
    let customer = Customer::wait(&relay.shared, &typed).await;
    let page = browser.get("/").await.body;
    assert!(page.contains(&customer.registered.id.to_string()));
    assert!(!page.contains(SCRIPT) && !page.contains("<img src=x") && !page.contains("' onclick='"));
    assert!(page.contains("alert(1)"), "it is shown as text");
    assert!(!page.contains(&customer.password.reveal()), "a password is not part of the page");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_shown_one_at_a_time_to_whom_may_and_is_audited() {
    let (relay, _folder) = relay().await;
    let tenant = relay.shared.first_tenant;
    operator(&relay.shared, tenant, "chefe", EVERYTHING).await;
    operator(&relay.shared, tenant, "ana", ATTENDS).await;
    let customer = Customer::wait(&relay.shared, &[(FieldKey::Name, "Cida")]).await;
    let id = customer.registered.id;
    let (shown, copied) =
        (format!("/waiting/{}/password", id.number()), format!("/waiting/{}/credentials", id.number()));

    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    assert!(!ana.get("/").await.body.contains("/password"));
    assert_eq!(ana.post(&shown, &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ana.post(&copied, &[]).await.status, StatusCode::FORBIDDEN);

    let mut chief = Browser::new(&relay.shared);
    chief.log_in("chefe", PASSWORD).await;
    let cell = look(&mut chief, id, None).await;
    assert!(cell.body.contains(&customer.password.reveal()), "{}", cell.body);
    let copied = chief.post(&copied, &[]).await.body;
    assert!(copied.starts_with(&format!("{id} ")) && !copied.contains(&customer.password.reveal()), "{copied}");
    assert_eq!(chief.post("/waiting/100000000/password", &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(chief.get(&shown).await.status, StatusCode::METHOD_NOT_ALLOWED, "no effect on GET");

    let audit = relay.shared.store.audit_list(tenant, 20).await.unwrap();
    let words: Vec<_> =
        audit.iter().filter(|a| a.subject == id.to_string()).map(|a| (a.what.as_str(), a.who.as_str())).collect();
    assert_eq!(words, [("grant.made", "CHEFE"), ("password.shown", "CHEFE")]);
    assert!(audit.iter().all(|a| !format!("{a:?}").contains(&customer.password.reveal())));
    relay.shutdown().await.unwrap();
}

/// A click on the eye beside a waiting customer, or the answer to the question that may come.
async fn look(browser: &mut Browser, customer: DeviceId, own: Option<&str>) -> Answer {
    let (csrf, ours) = (browser.csrf().await, format!("https://{}", browser.host));
    let mut form = vec![("_csrf", csrf.as_str())];
    form.extend(own.map(|own| ("own", own)));
    let path = format!("/waiting/{}/password", customer.number());
    browser.post_bare(&path, &form, &[("origin", &ours), ("hx-request", "true")]).await
}

/// Whether a cell asks for one's own password.
fn asks(cell: &Answer) -> bool {
    cell.body.contains("name=\"own\" type=\"password\"")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_replayed_from_elsewhere_sees_no_password_without_its_own() {
    let (relay, _folder) = relay().await;
    let tenant = relay.shared.first_tenant;
    operator(&relay.shared, tenant, "ana", EVERYTHING).await;
    let customer = Customer::wait(&relay.shared, &[(FieldKey::Name, "Cida")]).await;
    let (id, secret) = (customer.registered.id, customer.password.reveal());
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;

    let mut elsewhere = ana.clone();
    elsewhere.source = Source([203, 0, 113, 9].into());
    let question = look(&mut elsewhere, id, None).await;
    assert!(question.status == StatusCode::OK && asks(&question) && !question.body.contains(&secret));
    for _ in 0..5 {
        let wrong = look(&mut elsewhere, id, Some("errada errada")).await;
        assert!(wrong.status == StatusCode::UNAUTHORIZED && asks(&wrong) && !wrong.body.contains(&secret));
        assert!(wrong.body.contains("Esta não é a sua senha") && wrong.body.contains("aria-invalid=\"true\""));
    }
    let slowed = look(&mut elsewhere, id, Some(PASSWORD)).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS, "also with the right password");
    assert!(slowed.headers.contains_key(header::RETRY_AFTER) && slowed.body.contains("Muitas tentativas"));
    assert!(asks(&slowed) && !slowed.body.contains(&secret));
    let audit = relay.shared.store.audit_list(tenant, 20).await.unwrap();
    assert!(audit.iter().all(|line| line.what != "password.shown"));

    assert!(look(&mut ana, id, None).await.body.contains(&secret), "where she logged in nothing is asked");
    let mut moved = ana.clone();
    moved.source = Source([198, 51, 100, 7].into());
    let bare = moved.post(&format!("/waiting/{}/password", id.number()), &[("own", PASSWORD)]).await;
    assert_eq!(bare.location(), "/confirm?to=/", "without the script the question is a page");
    assert!(asks(&look(&mut moved, id, None).await));
    assert!(look(&mut moved, id, Some(PASSWORD)).await.body.contains(&secret));
    assert!(look(&mut moved, id, None).await.body.contains(&secret), "asked once");
    let carried_off = look(&mut elsewhere, id, None).await;
    assert_eq!(
        carried_off.status,
        StatusCode::UNAUTHORIZED,
        "her proof gave the login a new token: the old one has ended"
    );
    assert!(!carried_off.body.contains(&secret));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_quarter_of_an_hour_ones_own_password_is_asked_for_again() {
    let (relay, _folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", EVERYTHING).await;
    let customer = Customer::wait(&relay.shared, &[]).await;
    let (id, secret) = (customer.registered.id, customer.password.reveal());
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    ana.later = Duration::from_secs(14 * 60);
    assert!(look(&mut ana, id, None).await.body.contains(&secret));
    ana.later = Duration::from_secs(15 * 60);
    let question = look(&mut ana, id, None).await;
    assert!(asks(&question) && !question.body.contains(&secret), "looking does not make it last longer");
    assert!(look(&mut ana, id, Some(PASSWORD)).await.body.contains(&secret));
    ana.later = Duration::from_secs(29 * 60);
    assert!(look(&mut ana, id, None).await.body.contains(&secret));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn logout_a_new_password_and_disabling_end_what_was_proved() {
    let (relay, _folder) = relay().await;
    let tenant = relay.shared.first_tenant;
    operator(&relay.shared, tenant, "chefe", EVERYTHING).await;
    operator(&relay.shared, tenant, "ana", EVERYTHING).await;
    let users = relay.shared.accounts.list(tenant).await.unwrap();
    let user = users.iter().find(|u| u.operator.login == "ana").unwrap().operator.id;
    let customer = Customer::wait(&relay.shared, &[]).await;
    let (id, secret) = (customer.registered.id, customer.password.reveal());
    let mut chief = Browser::new(&relay.shared);
    let mut ana = chief.clone();
    chief.log_in("chefe", PASSWORD).await;

    let mut own = PASSWORD.to_owned();
    for end in ["logout", "password", "disabled"] {
        ana.log_in("ana", &own).await;
        let mut stepped_up = ana.clone();
        stepped_up.source = Source([203, 0, 113, 9].into());
        assert!(look(&mut stepped_up, id, Some(&own)).await.body.contains(&secret));
        match end {
            // The login has another token since it was stepped up.
            "logout" => assert_eq!(stepped_up.clone().post("/logout", &[]).await.location(), "/login?out=1"),
            "password" => own = self::secret(&chief.post(&format!("/users/{user}/password"), &[]).await.body),
            _ => {
                let form = [("disabled", "true")];
                assert_eq!(chief.post(&format!("/users/{user}/disabled"), &form).await.location(), "/users");
            }
        }
        for proved in [None, Some(own.as_str())] {
            let refused = look(&mut stepped_up, id, proved).await;
            assert!(refused.status == StatusCode::UNAUTHORIZED && !refused.body.contains(&secret), "{end}");
        }
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_opened_written_on_and_resolved() {
    let (relay, _folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", ATTENDS).await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    assert_eq!(
        ana.post("/tickets", &[("subject", " "), ("name", "Cida")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        ana.post("/tickets", &[("subject", "Nota"), ("name", "")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let opened = ana
        .post(
            "/tickets",
            &[
                ("subject", SCRIPT),
                ("name", "Cida Nogueira"),
                ("email", "cida@aurora.example"),
                ("text", "linha 1\r\nlinha 2"),
            ],
        )
        .await;
    assert_eq!((opened.status, opened.location()), (StatusCode::SEE_OTHER, "/tickets/1001"));
    assert_eq!(
        ana.post("/tickets/1001/actions", &[("kind", "reply"), ("text", "Oi <b>Cida</b>")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        ana.post("/tickets/1001/actions", &[("kind", "note"), ("text", "  ")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(ana.post("/tickets/1001/change", &[("status", "resolved")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ana.post("/tickets/1001/change", &[("status", "eaten")]).await.status, StatusCode::BAD_REQUEST);
    let page = ana.get("/tickets/1001").await.body;
    assert!(page.contains("linha 1\nlinha 2") && page.contains("Resolvido") && page.contains("cida@aurora.example"));
    assert!(!page.contains(SCRIPT) && !page.contains("<b>Cida</b>"));
    assert!(ana.get("/tickets").await.body.contains("Nenhum ticket aqui"));
    assert!(ana.get("/tickets?all=1&q=aurora").await.body.contains("/tickets/1001"));
    assert!(ana.get("/tickets?all=1&q=%3Cscript%3Ezzz").await.body.contains("Nada encontrado"));
    assert_eq!(ana.get("/tickets/9999").await.status, StatusCode::NOT_FOUND);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_makes_disables_and_resets_users() {
    let (relay, _folder) = relay().await;
    let tenant = relay.shared.first_tenant;
    operator(&relay.shared, tenant, "chefe", EVERYTHING).await;
    let mut chief = Browser::new(&relay.shared);
    chief.log_in("chefe", PASSWORD).await;
    let made = chief.post("/users", &[("name", "Ana Ribeiro"), ("login", "ana"), ("attend", "1")]).await;
    let password = secret(&made.body);
    assert_eq!(password.len(), 19);
    assert!(!chief.get("/users").await.body.contains(&password), "shown once");
    assert_eq!(
        chief.post("/users", &[("name", "Outra"), ("login", "ANA"), ("attend", "1")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        chief.post("/users", &[("name", "Sem papel"), ("login", "x")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );

    let mut ana = Browser::new(&relay.shared);
    assert_eq!(ana.log_in("ana", &password).await.location(), "/");
    let users = relay.shared.accounts.list(tenant).await.unwrap();
    let id = |login: &str| users.iter().find(|u| u.operator.login == login).unwrap().operator.id;
    let reset = chief.post(&format!("/users/{}/password", id("ana")), &[]).await;
    assert_eq!(ana.get("/").await.location(), "/login?over=1", "a new password ends the logins");
    assert_eq!(ana.log_in("ana", &secret(&reset.body)).await.location(), "/");
    chief.post(&format!("/users/{}/disabled", id("ana")), &[("disabled", "true")]).await;
    assert_eq!(ana.get("/").await.location(), "/login?over=1");
    assert_eq!(ana.log_in("ana", &secret(&reset.body)).await.status, StatusCode::UNAUTHORIZED);
    let last = chief.post(&format!("/users/{}/disabled", id("chefe")), &[("disabled", "true")]).await;
    assert_eq!(last.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(last.body.contains("último administrador"));
    relay.shutdown().await.unwrap();
}

fn secret(page: &str) -> String {
    page.split("id=\"secret\">").nth(1).and_then(|rest| rest.split('<').next()).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_company_sees_nothing_of_another() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    operator(shared, shared.first_tenant, "ana", EVERYTHING).await;
    let other = TenantId::from_bytes([9; 16]);
    let tenant = Tenant { time_zone: "UTC".to_owned(), ..Tenant::new(other, "Outra Ltda", Timestamp::now()) };
    shared.store.add_tenant(&tenant).await.unwrap();
    operator(shared, other, "espia", Roles { ..EVERYTHING }).await;
    let stranger = shared.accounts.list(other).await.unwrap()[0].operator.clone();
    let author = Author { operator: stranger.id, name: stranger.name.clone(), language: Language::PtBr };
    let details = CustomerDetails { name: "Segredo da Outra".to_owned(), ..CustomerDetails::default() };
    let customer = shared.desk.find_or_create_customer(other, &details, Timestamp::now()).await.unwrap();
    let ticket = shared
        .desk
        .open_ticket(other, &author, customer.id, "Assunto da Outra", "texto", Timestamp::now())
        .await
        .unwrap();

    let mut ana = Browser::new(shared);
    ana.log_in("ana", PASSWORD).await;
    let number = ticket.number.as_str();
    for path in ["/", "/tickets?all=1", "/history", "/users", "/outbox", "/audit", "/apps", "/tickets?all=1&q=Outra"] {
        let page = ana.get(path).await.body;
        for secret in ["Segredo da Outra", "Assunto da Outra", "ESPIA", "Outra Ltda"] {
            assert!(!page.contains(secret), "{secret} in {path}");
        }
    }
    assert_eq!(ana.get(&format!("/tickets/{number}")).await.status, StatusCode::NOT_FOUND);
    for (path, form) in [
        (format!("/tickets/{number}/actions"), vec![("kind", "note"), ("text", "x")]),
        (format!("/tickets/{number}/change"), vec![("status", "closed")]),
        (format!("/users/{}/password", stranger.id), vec![]),
        (format!("/users/{}/disabled", stranger.id), vec![("disabled", "true")]),
        (format!("/sessions/{}/end", stranger.id), vec![]),
        ("/outbox/1/retry".to_owned(), vec![]),
    ] {
        assert_eq!(ana.post(&path, &form).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let (kept, actions) = shared.desk.ticket(other, &ticket.number).await.unwrap();
    assert_eq!((kept.status, actions.len()), (TicketStatus::Open, 1));
    assert!(shared.accounts.user(other, stranger.id).await.unwrap().disabled_at.is_none());

    let owned = ana.post("/tickets", &[("subject", "Nosso"), ("name", "Cida")]).await;
    let foreign_owner = ana.post(&format!("{}/change", owned.location()), &[("owner", &stranger.id.to_string())]).await;
    assert_eq!(foreign_owner.status, StatusCode::NOT_FOUND, "nobody of another company becomes responsible");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profile_that_is_downloaded_is_the_one_programs_accept() {
    let (relay, _folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "ana", ATTENDS).await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    let place = ana.get("/app").await.location().to_owned();
    assert!(ana.get(&place).await.body.contains("Suporte Varanda Sistemas"));
    let file = ana.get("/apps/profile").await;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(file.headers[header::CONTENT_DISPOSITION], "attachment; filename=\"amparo.profile\"");
    assert!(!file.body.is_empty());
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_finds_nothing_offers_the_way_back_to_everything() {
    let (relay, _folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "chefe", EVERYTHING).await;
    let mut chief = Browser::new(&relay.shared);
    chief.log_in("chefe", PASSWORD).await;
    for place in ["/audit", "/customers", "/apps"] {
        let way_back = format!("<a class=\"b o\" href=\"{place}\">Limpar filtros</a>");
        assert!(!chief.get(place).await.body.contains(&way_back), "{place}");
        let nothing = chief.get(&format!("{place}?q=nobody+wrote+this")).await.body;
        assert!(nothing.contains(&way_back) && nothing.contains("Nada encontrado"), "{place}: {nothing}");
    }
    relay.shutdown().await.unwrap();
}
