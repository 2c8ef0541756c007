//! The API: who may, what it gives and takes, how it refuses, and that it does what the pages do.

#![allow(missing_docs, clippy::unwrap_used)]

mod api_support;
mod console_support;

use std::sync::Arc;

use amparo_relay::{account::Roles, console::api_routes, directory::Present, listener::peer::Peer, relay::Shared};
use api_support::{Api, json};
use axum::http::{Method, StatusCode, header};
use console_support::*;
use jiff::Timestamp;
use protocol::{
    id::{AppId, DeviceId, Password, TenantId},
    message::{
        ShownText,
        directory::{Field, FieldKey},
    },
};
use serde_json::{Value, json};
use store::{App, CustomerDetails, Language, Scope, Tenant};
use tickets::desk::Author;

const OTHER: TenantId = TenantId::from_bytes([9; 16]);
const MAKES: Roles =
    Roles { attend: false, admin: false, may_see_passwords: false, may_create_apps: true, may_watch: false };
const NOTHING: Roles =
    Roles { attend: false, admin: false, may_see_passwords: false, may_create_apps: false, may_watch: false };

/// A path of the table with a name for what varies.
fn named(path: &str, name: &str) -> String {
    ["{id}", "{number}", "{tag}", "{language}"].iter().fold(path.to_owned(), |path, place| path.replace(place, name))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_api_asks_for_a_token_with_its_scope_and_a_user_who_may() {
    let (relay, _folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    for (login, roles) in [("chefe", EVERYTHING), ("ana", ATTENDS), ("make", MAKES), ("nobody", NOTHING)] {
        operator(shared, tenant, login, roles).await;
    }
    let mut page = Browser::new(shared);
    page.log_in("chefe", PASSWORD).await;
    let mut cookie = Api { browser: page, token: String::new() };
    let mut none = Api { browser: Browser::new(shared), token: String::new() };
    for route in api_routes() {
        let path = named(route.path, "1");
        // Without a token, and with the cookie of somebody who may everything.
        for stranger in [&mut none, &mut cookie] {
            let refused = stranger.call(route.method.clone(), &path, None).await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{route:?}");
            assert!(refused.headers.contains_key(header::WWW_AUTHENTICATE));
        }
        let Some(scope) = route.scope else { continue };
        // For whoever administers an app, which neither of these two does.
        let counts = route.path.starts_with("/api/v1/indicators") || route.path == "/api/v1/attendants";
        let administers = matches!(route.act, amparo_relay::console::Act::Administer) || counts;
        let others: Vec<Scope> = Scope::ALL.into_iter().filter(|other| *other != scope).collect();
        for (login, scopes, expected) in [
            ("chefe", &others[..], false),
            ("chefe", &[scope][..], true),
            ("nobody", &[scope][..], false),
            ("ana", &[scope][..], !administers && scope != Scope::AppsWrite),
            ("make", &[scope][..], !administers),
        ] {
            let mut api = Api::of(shared, tenant, login, scopes).await;
            let status = api.status(route.method.clone(), &path, None).await;
            assert_eq!(status != 403, expected, "{login} {scopes:?} {route:?}: {status}");
            assert_ne!(status, 401, "{route:?}");
            let user = shared.store.operator_by_login(tenant, login).await.unwrap().unwrap();
            let made = shared.store.api_tokens(tenant, Some(user.id)).await.unwrap().remove(0);
            shared.store.revoke_api_token(tenant, None, made.id, Timestamp::now()).await.unwrap();
            assert_eq!(api.status(route.method.clone(), &path, None).await, 401, "taken back");
        }
    }
    // A token opens no page and makes no token.
    let mut chief = Api::of(shared, tenant, "chefe", &Scope::ALL).await;
    for path in ["/", "/tokens", "/history.json", "/users"] {
        let answer = chief.call(Method::GET, path, None).await;
        assert_eq!(answer.location(), "/login?over=1", "{path}");
    }
    relay.shutdown().await.unwrap();
}

/// A second company with one of everything, and the paths of its things.
async fn another_company(relay: &amparo_relay::relay::Running) -> Vec<String> {
    let shared = &relay.shared;
    let tenant = Tenant::new(OTHER, "Outra", Timestamp::now());
    shared.store.add_tenant(&tenant).await.unwrap();
    let app = App::new(AppId::from_bytes([9; 16]), OTHER, "Alheio", "Outra", "9999", Timestamp::now());
    shared.store.add_app(&app).await.unwrap();
    operator(shared, OTHER, "outra", EVERYTHING).await;
    let user = shared.store.operator_by_login(OTHER, "outra").await.unwrap().unwrap();
    let details = CustomerDetails { name: "Alheia".into(), ..CustomerDetails::default() };
    let customer = shared.desk.find_or_create_customer(OTHER, &details, Timestamp::now()).await.unwrap();
    let author = Author { operator: user.id, name: user.name, language: Language::PtBr };
    let mut last = None;
    // Numbers that the first company does not have.
    for _ in 0..3 {
        last =
            Some(shared.desk.open_ticket(OTHER, &author, customer.id, "Segredo", "", Timestamp::now()).await.unwrap());
    }
    vec![
        format!("/api/v1/apps/{}", app.id),
        format!("/api/v1/users/{}", user.id),
        format!("/api/v1/customers/{}", customer.id.0),
        format!("/api/v1/tickets/{}", last.unwrap().number),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thing_of_another_company_is_not_there() {
    let (relay, _folder) = relay().await;
    let tenant = relay.shared.first_tenant;
    operator(&relay.shared, tenant, "chefe", EVERYTHING).await;
    let theirs = another_company(&relay).await;
    let mut api = Api::of(&relay.shared, tenant, "chefe", &Scope::ALL).await;
    let mut own = Api::of(&relay.shared, OTHER, "outra", &Scope::ALL).await;
    for path in &theirs {
        assert_eq!(own.status(Method::GET, path, None).await, 200, "{path}");
        assert_eq!(api.status(Method::GET, path, None).await, 404, "{path}");
    }
    let change = json!({ "name": "Meu" });
    let stolen =
        api.call_with(Method::PATCH, &theirs[0], Some(("application/json", change.to_string())), &[("if-match", "*")]);
    assert_eq!(stolen.await.status, 404);
    assert_eq!(api.status(Method::PATCH, &theirs[3], Some(&json!({ "status": "closed" }))).await, 404);
    assert_eq!(api.status(Method::POST, &format!("{}/actions", theirs[3]), Some(&json!({ "text": "x" }))).await, 404);
    for list in ["apps", "users", "customers", "tickets", "sessions", "waiting", "connections", "outbox", "audit"] {
        let listed = api.get(&format!("/api/v1/{list}")).await.to_string();
        assert!(!listed.contains("Alhei") && !listed.contains("Segredo") && !listed.contains("OUTRA"), "{list}");
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_opened_answered_and_changed_by_another_system_and_each_step_names_its_token() {
    let (relay, _folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "ana", ATTENDS).await;
    let mut api = Api::of(shared, tenant, "ana", &[Scope::TicketsRead, Scope::TicketsWrite]).await;
    let me = api.get("/api/v1/me").await;
    assert_eq!(
        (me["user"]["login"].as_str(), me["token"]["scopes"].clone()),
        (Some("ana"), json!(["tickets:read", "tickets:write"]))
    );
    let new = json!({ "subject": "Nota fiscal", "text": "Não emite", "customer": { "name": "Cida", "email": "cida@aurora.example" } });
    let opened = api.call(Method::POST, "/api/v1/tickets", Some(&new)).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
    let place = opened.location().to_owned();
    let added =
        api.call(Method::POST, &format!("{place}/actions"), Some(&json!({ "text": "Ligamos", "public": true }))).await;
    assert_eq!((added.status, json(&added)["public"].clone()), (StatusCode::CREATED, json!(true)));
    let changed = api.call(Method::PATCH, &place, Some(&json!({ "status": "waiting", "owner_id": null }))).await;
    assert_eq!((json(&changed)["status"].clone(), json(&changed)["owner_id"].clone()), (json!("waiting"), Value::Null));
    let whole = api.get(&place).await;
    let texts: Vec<_> = whole["actions"].as_array().unwrap().iter().map(|a| a["kind"].as_str().unwrap()).collect();
    assert_eq!(texts, ["note", "note", "change", "change"]);
    // The same customer is found again, and the next ticket is of them.
    let customers = api.get("/api/v1/customers?q=aurora").await;
    let id = customers["items"][0]["id"].as_i64().unwrap();
    let again =
        api.call(Method::POST, "/api/v1/tickets", Some(&json!({ "subject": "Outra", "customer_id": id }))).await;
    assert_eq!(json(&again)["requester"]["id"].as_i64(), Some(id));
    let mut lines = shared.store.audit_list(tenant, 50).await.unwrap();
    lines.retain(|line| line.what.starts_with("ticket."));
    assert_eq!(lines.len(), 4);
    assert!(lines.iter().all(|line| line.who == "ANA" && line.detail == "token=Painel"), "{lines:?}");
    for (body, status) in [
        (json!({ "subject": "", "customer_id": id }), 422),
        (json!({ "subject": "x" }), 422),
        (json!({ "subject": "x", "customer_id": id, "customer": {} }), 422),
        (json!({ "subject": "x", "customer_id": 999_999 }), 422),
        (json!({ "subject": "x", "customer": {} }), 422),
        (json!({ "subject": "x", "customer_id": id, "more": 1 }), 422),
        (json!([]), 422),
    ] {
        assert_eq!(api.status(Method::POST, "/api/v1/tickets", Some(&body)).await, status, "{body}");
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_changed_only_by_who_names_the_revision_they_have_read() {
    let (relay, _folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "chefe", EVERYTHING).await;
    let mut api = Api::of(shared, tenant, "chefe", &[Scope::AppsRead, Scope::AppsWrite]).await;
    let made = api.call(Method::POST, "/api/v1/apps", Some(&json!({ "name": "Fiscal" }))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let (place, tag) = (made.location().to_owned(), made.headers[header::ETAG].to_str().unwrap().to_owned());
    let send = |body: Value| Some(("application/json", body.to_string()));
    let bare = api.call_with(Method::PATCH, &place, send(json!({ "title": "Novo" })), &[]).await;
    assert_eq!(bare.status, StatusCode::PRECONDITION_REQUIRED);
    let changed = api
        .call_with(
            Method::PATCH,
            &place,
            send(json!({ "title": "Novo", "quiet_updates": true })),
            &[("if-match", &tag)],
        )
        .await;
    assert_eq!(
        (changed.status, json(&changed)["title"].as_str().map(str::to_owned)),
        (StatusCode::OK, Some("Novo".to_owned()))
    );
    assert_eq!(json(&changed)["quiet_updates"], true);
    let newer = changed.headers[header::ETAG].to_str().unwrap().to_owned();
    let late = api.call_with(Method::PATCH, &place, send(json!({ "title": "Tarde" })), &[("if-match", &tag)]).await;
    assert_eq!(late.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(api.get(&place).await["title"], "Novo");
    // What the pages would not take, and what their way of writing would hide.
    let hours = |from: u16, to: u16| json!([[{ "from_min": from, "to_min": to }], [], [], [], [], [], []]);
    let open = |hours: Value| json!({ "availability": { "by_hours": true, "hours": hours, "holidays": [], "overflow": [], "distribute": true, "answer_s": 30 } });
    let category = |name: &str| json!({ "wrap_up": { "required": true, "note": "hidden", "categories": [{ "name": name, "solved": true }] } });
    for (body, field) in [
        (json!({ "name": "" }), "name"),
        (json!({ "accent": "vermelho" }), "accent"),
        (json!({ "everyone": false, "attendants": [] }), "attendants"),
        (json!({ "attendants": ["x"] }), "attendants"),
        (open(hours(60, 0)), "availability.hours"),
        (open(hours(60, 2000)), "availability.hours"),
        (open(json!([])), "availability.hours"),
        (category("a\n+ b"), "wrap_up.categories"),
        (category(" "), "wrap_up.categories"),
    ] {
        let refused = api.call_with(Method::PATCH, &place, send(body.clone()), &[("if-match", &newer)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(json(&refused)["errors"][0]["field"], field, "{body}");
    }
    let whole = open(hours(480, 1440));
    let kept = api.call_with(Method::PATCH, &place, send(whole.clone()), &[("if-match", &newer)]).await;
    assert_eq!(json(&kept)["availability"]["hours"], whole["availability"]["hours"], "{}", kept.body);
    let lines = shared.store.audit_list(tenant, 20).await.unwrap();
    assert!(lines.iter().any(|l| l.what == "app.changed" && l.subject == "Fiscal · API" && l.detail == "token=Painel"));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_customers_are_listed_in_pieces_and_without_their_passwords() {
    let (relay, _folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "ana", ATTENDS).await;
    let mut customers = Vec::new();
    for name in ["Cida", "Tomás", "Helena"] {
        customers.push(Customer::wait(shared, &[(FieldKey::Name, name)]).await);
    }
    let mut api = Api::of(shared, tenant, "ana", &[Scope::WaitingRead]).await;
    let (mut path, mut seen) = ("/api/v1/waiting?limit=1".to_owned(), Vec::new());
    loop {
        let page = api.get(&path).await;
        assert!(customers.iter().all(|c| !page.to_string().contains(&c.password.reveal())));
        seen.extend(page["items"].as_array().unwrap().iter().map(|w| w["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/waiting?limit=1&cursor={next}");
    }
    assert_eq!(seen, ["Cida", "Tomás", "Helena"]);
    assert_eq!(api.get("/api/v1/waiting?q=helen").await["items"].as_array().unwrap().len(), 1);
    // Her roles are taken away: the same token sees nothing from the next request on.
    let ana = shared.store.operator_by_login(tenant, "ana").await.unwrap().unwrap();
    shared.store.update_operator(tenant, ana.id, "Ana", NOTHING).await.unwrap();
    assert_eq!(api.status(Method::GET, "/api/v1/waiting", None).await, 403);
    shared.store.set_operator_disabled(tenant, ana.id, true, Timestamp::now()).await.unwrap();
    assert_eq!(api.status(Method::GET, "/api/v1/waiting", None).await, 401);
    relay.shutdown().await.unwrap();
}

/// As many wait at once, each for one of these apps in turn, two a millisecond. Nothing is sent to them.
async fn many_wait(shared: &Arc<Shared>, apps: &[AppId], customers: u32) -> Customer {
    let somebody = Customer::wait(shared, &[(FieldKey::Name, "Alguém")]).await;
    let peer = Peer::new(somebody.connection.clone(), 1);
    for n in 0..customers {
        let field = |key, text: String| Field { key, value: ShownText::lossy(&text) };
        let present = Present {
            id: DeviceId::new(200_000_000 + n).unwrap(),
            tenant: shared.first_tenant,
            app: apps[n as usize % apps.len()],
            app_title: ShownText::default(),
            fields: vec![
                field(FieldKey::Name, format!("Cliente {n}")),
                field(FieldKey::Company, format!("Loja {}", n % 7)),
            ],
            class: String::new(),
            invited: None,
            listed: true,
            busy: false,
            since: Timestamp::from_millisecond(i64::from(n / 2)).unwrap(),
            settled: false,
            ended: false,
        };
        assert!(shared.directory.register(present, Password::from_entropy([1, 2, 3, 4, 5]), peer.clone()).is_none());
    }
    somebody
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_waiting_list_is_given_once_each_in_order_whatever_comes_and_goes_between_the_pieces() {
    let (relay, _folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "ana", ATTENDS).await;
    let first = shared.store.apps(tenant).await.unwrap()[0].id;
    let (second, hidden) = (AppId::from_bytes([2; 16]), AppId::from_bytes([3; 16]));
    for (id, everyone) in [(second, true), (hidden, false)] {
        let mut app = App::new(id, tenant, &format!("App {id}"), "Varanda Sistemas", "", Timestamp::now());
        app.staff.everyone = everyone;
        amparo_relay::apps::add(&*shared.store, app).await.unwrap();
    }
    shared.apps.changed(tenant);
    let somebody = many_wait(shared, &[first, second, hidden], 6000).await;
    let mut api = Api::of(shared, tenant, "ana", &[Scope::WaitingRead]).await;
    let numbers = |page: &Value| -> Vec<i64> {
        page["items"].as_array().unwrap().iter().map(|waiting| waiting["id"].as_i64().unwrap() - 200_000_000).collect()
    };
    let mut read = async |query: &str| {
        let (mut seen, mut pieces, mut after) = (Vec::new(), 0, String::new());
        loop {
            let page = api.get(&format!("/api/v1/waiting?limit=200{query}{after}")).await;
            let items = numbers(&page);
            assert!(items.len() <= 200);
            (seen, pieces) = ([seen, items].concat(), pieces + 1);
            let Some(next) = page["next"].as_str() else { return (seen, pieces) };
            after = format!("&cursor={next}");
        }
    };
    // Whoever connected by themselves has waited less long than all others.
    let mut wanted: Vec<i64> = (0..6000).filter(|n| n % 3 != 2).collect();
    let (mut seen, pieces) = read("").await;
    assert_eq!(seen.pop(), Some(i64::from(somebody.registered.id.number()) - 200_000_000));
    assert_eq!((seen, pieces), (wanted.clone(), 21), "those whom others attend are not among them");
    wanted.retain(|n| n % 3 == 1);
    assert_eq!(read(&format!("&app={second}")).await, (wanted, 10));
    assert_eq!(read(&format!("&app={hidden}")).await, (Vec::new(), 1));
    let typed: Vec<i64> = (0..6000).filter(|n| n % 3 != 2 && n % 7 == 5).collect();
    assert_eq!(read("&q=LOJA%205").await, (typed.clone(), typed.len().div_ceil(200)));
    assert_eq!(read("&q=Cliente%205999").await, (Vec::new(), 1));
    assert_eq!(read("&q=Cliente%205998").await, (vec![5998], 1), "at the very end of the list");

    // Whoever stood at the end of a piece goes: the next one begins where it would have.
    let page = api.get("/api/v1/waiting?limit=3").await;
    assert_eq!(numbers(&page), [0, 1, 3]);
    shared.directory.set_busy(DeviceId::new(200_000_003).unwrap(), true);
    let next = format!("/api/v1/waiting?limit=3&cursor={}", page["next"].as_str().unwrap());
    assert_eq!(numbers(&api.get(&next).await), [4, 6, 7]);
    for cursor in ["", "x", "-", "1-", "-1", "1-1", "0-99999999999", "999999999999999999999999999999-200000000"] {
        let path = format!("/api/v1/waiting?cursor={cursor}");
        assert_eq!(api.status(Method::GET, &path, None).await, 400, "{cursor}");
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_a_problem_with_the_number_of_its_request() {
    let (relay, _folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "chefe", EVERYTHING).await;
    let mut api = Api::of(shared, tenant, "chefe", &Scope::ALL).await;
    let big = "x".repeat(300 * 1024);
    let problems: Vec<(u16, Answer)> = vec![
        (404, api.call(Method::GET, "/api/v1/nothing", None).await),
        (404, api.call(Method::GET, "/api", None).await),
        (404, api.call(Method::GET, "/api/v1/tickets/%FF", None).await),
        (405, api.call(Method::DELETE, "/api/v1/tickets", None).await),
        (400, api.call(Method::GET, "/api/v1/tickets?limit=0", None).await),
        (400, api.call(Method::GET, "/api/v1/tickets?nonsense=1", None).await),
        (400, api.call(Method::GET, "/api/v1/sessions?from=yesterday", None).await),
        (400, api.call(Method::GET, "/api/v1/audit?cursor=x", None).await),
        (415, api.call_with(Method::POST, "/api/v1/tickets", Some(("text/plain", "{}".into())), &[]).await),
        (400, api.call_with(Method::POST, "/api/v1/tickets", Some(("application/json", "{".into())), &[]).await),
        (413, api.call_with(Method::POST, "/api/v1/tickets", Some(("application/json", big)), &[]).await),
        (422, api.call(Method::POST, "/api/v1/tickets", Some(&json!({ "subject": 1 }))).await),
    ];
    for (n, (status, answer)) in problems.iter().enumerate() {
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "case {n}");
        let problem = json(answer);
        assert_eq!(answer.status.as_u16(), *status, "case {n}: {}", answer.body);
        assert_eq!(problem["status"].as_u64(), Some(u64::from(answer.status.as_u16())));
        assert_eq!(problem["request_id"].as_str(), answer.headers["x-request-id"].to_str().ok(), "case {n}");
    }
    let mut elsewhere = Api::of(shared, tenant, "chefe", &Scope::ALL).await;
    elsewhere.browser.host = "evil.example".to_owned();
    assert_eq!(elsewhere.status(Method::GET, "/api/v1/me", None).await, 421, "DNS that was made to point here");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_asks_too_often_is_told_how_long_to_wait_and_others_are_served() {
    let (relay, _folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "ana", ATTENDS).await;
    let mut eager = Api::of(shared, tenant, "ana", &[]).await;
    let mut calm = Api::of(shared, tenant, "ana", &[]).await;
    calm.browser = eager.browser.clone();
    let mut waited = None;
    for _ in 0..400 {
        // No time passes for it.
        eager.browser.later = std::time::Duration::ZERO;
        let answer = eager.call(Method::GET, "/api/v1/me", None).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            waited = answer.headers.get(header::RETRY_AFTER).and_then(|s| s.to_str().ok()?.parse::<u64>().ok());
            break;
        }
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert_eq!(waited, Some(1));
    assert_eq!(calm.status(Method::GET, "/api/v1/me", None).await, 200);
    eager.browser.later = std::time::Duration::from_secs(60);
    assert_eq!(eager.status(Method::GET, "/api/v1/me", None).await, 200);
    // Wrong tokens of one address are slowed down too, before the records are asked.
    let mut guess = Api { browser: calm.browser.clone(), token: format!("amp_{}", "a".repeat(36)) };
    let mut statuses = Vec::new();
    for _ in 0..60 {
        guess.browser.later = std::time::Duration::ZERO;
        statuses.push(guess.status(Method::GET, "/api/v1/me", None).await);
    }
    assert!(statuses.starts_with(&[401]) && statuses.ends_with(&[429]), "{statuses:?}");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_api_says_of_itself_is_for_anybody_and_can_be_read_in_the_console() {
    let (relay, _folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "ana", ATTENDS).await;
    let mut ana = Browser::new(shared);
    let told: Value = serde_json::from_str(&ana.get("/api/v1/openapi.json").await.body).unwrap();
    assert!(told["openapi"].as_str().unwrap().starts_with("3."));
    ana.log_in("ana", PASSWORD).await;
    let page = ana.get("/tokens/api").await.body;
    for path in told["paths"].as_object().unwrap().keys() {
        assert!(page.contains(path.as_str()), "{path}");
    }
    relay.shutdown().await.unwrap();
}
