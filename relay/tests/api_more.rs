//! The API around sessions and tickets: indicators, status, who waits, notices, tags, answers, letters. Who may, what it gives and takes,
//! and that it does what the pages do.

#![allow(missing_docs, clippy::unwrap_used)]

mod api_support;
mod console_support;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use amparo_relay::relay::{Running, Shared};
use api_support::{Api, json};
use axum::http::{Method, StatusCode, header};
use console_support::*;
use jiff::Timestamp;
use protocol::{
    id::{AppId, TenantId},
    message::directory::FieldKey,
};
use serde_json::{Value, json};
use store::{App, CustomerDetails, Language, Scope, Staff, Tenant};
use tickets::desk::Author;

const OTHER: TenantId = TenantId::from_bytes([9; 16]);
const FISCAL: AppId = AppId::from_bytes([60; 16]);

/// A company with two apps: Bia looks after the second and does not attend it, Ana attends both. And another company, with nothing but
/// an app and somebody who may everything.
async fn office() -> (Running, tempfile::TempDir) {
    let (relay, folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "chefe", EVERYTHING).await;
    operator(shared, tenant, "ana", ATTENDS).await;
    operator(shared, tenant, "bia", ATTENDS).await;
    let staff = Staff {
        everyone: false,
        administrators: vec![id(shared, "bia").await],
        attendants: vec![id(shared, "ana").await],
    };
    let app = App { staff, ..App::new(FISCAL, tenant, "Fiscal", "Varanda", "", Timestamp::now()) };
    amparo_relay::apps::add(&*shared.store, app).await.unwrap();
    shared.apps.changed(tenant);
    let other = Tenant::new(OTHER, "Outra", Timestamp::now());
    shared.store.add_tenant(&other).await.unwrap();
    let app = App::new(AppId::from_bytes([9; 16]), OTHER, "Alheio", "Outra", "9999", Timestamp::now());
    shared.store.add_app(&app).await.unwrap();
    operator(shared, OTHER, "outra", EVERYTHING).await;
    (relay, folder)
}

async fn id(shared: &Shared, login: &str) -> protocol::id::OperatorId {
    shared.store.operator_by_login(shared.first_tenant, login).await.unwrap().unwrap().id
}

/// A token of this user with every scope.
async fn api(shared: &Arc<Shared>, login: &str) -> Api {
    let tenant = if login == "outra" { OTHER } else { shared.first_tenant };
    Api::of(shared, tenant, login, &Scope::ALL).await
}

/// … with every scope but this.
async fn without(shared: &Arc<Shared>, login: &str, scope: Scope) -> Api {
    let others: Vec<Scope> = Scope::ALL.into_iter().filter(|other| *other != scope).collect();
    Api::of(shared, shared.first_tenant, login, &others).await
}

/// A ticket of the first company, as the path of the API has it.
async fn ticket(shared: &Shared, name: &str, email: &str) -> String {
    let (tenant, now) = (shared.first_tenant, Timestamp::now());
    let details = CustomerDetails { name: name.into(), email: email.into(), ..CustomerDetails::default() };
    let customer = shared.desk.find_or_create_customer(tenant, &details, now).await.unwrap();
    let author = Author { operator: id(shared, "chefe").await, name: "Chefe".into(), language: Language::PtBr };
    let ticket = shared.desk.open_ticket(tenant, &author, customer.id, "Nota", "", now).await.unwrap();
    format!("/api/v1/tickets/{}", ticket.number)
}

fn items(page: &Value) -> &Vec<Value> {
    page["items"].as_array().unwrap()
}

/// The values of one field of a list.
fn each<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|item| item[key].as_str().unwrap()).collect()
}

async fn audited(shared: &Shared, what: &str) -> Vec<String> {
    let mut lines = shared.store.audit_list(shared.first_tenant, 200).await.unwrap();
    lines.retain(|line| line.what == what);
    assert!(lines.iter().all(|line| line.detail == "token=Painel"), "each names its token: {lines:?}");
    lines.into_iter().map(|line| line.subject).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn indicators_are_of_the_apps_that_the_tokens_user_administers_and_say_what_the_page_says() {
    let (relay, _folder) = office().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    let first = shared.store.apps(tenant).await.unwrap()[0].id;
    let ana: amparo_relay::account::Operator =
        shared.store.operator_by_login(tenant, "ana").await.unwrap().unwrap().into();
    past_session(shared, 1, first, &ana, Some(("Impressora", true))).await;
    past_session(shared, 2, FISCAL, &ana, Some(("Nota", false))).await;
    past_session(shared, 3, FISCAL, &ana, None).await;
    let range = "/api/v1/indicators?range=7";

    let (mut chief, mut bia) = (api(shared, "chefe").await, api(shared, "bia").await);
    let all = chief.get(range).await;
    assert_eq!((&all["total"]["sessions"], &all["total"]["categorised"]), (&json!(3), &json!(2)));
    assert_eq!((&all["total"]["mean_duration_s"], &all["total"]["mean_wait_s"]), (&json!(60), &json!(30)));
    assert_eq!(all["time_zone"], shared.store.tenant(tenant).await.unwrap().time_zone.as_str());
    let days = all["days"].as_array().unwrap();
    assert_eq!((days.len(), &days[0]["date"], &days[6]["date"]), (7, &all["from"], &all["to"]));
    assert_eq!(days.iter().map(|day| day["sessions"].as_u64().unwrap()).sum::<u64>(), 3);
    let hers = bia.get(range).await;
    assert_eq!(each(&hers["by_app"], "id"), [FISCAL.to_string()]);
    assert_eq!(each(&hers["by_category"], "id"), ["", "Nota"], "nothing of the other app");
    let row = &hers["by_attendant"][0];
    assert_eq!((row["id"].as_str(), &row["sessions"]), (Some(&*ana.id.to_string()), &json!(2)));

    // The same as the page's own file.
    let mut page = Browser::new(shared);
    page.language = "en";
    page.log_in("bia", PASSWORD).await;
    let file: Value = serde_json::from_str(&page.get("/indicators.json?range=7").await.body).unwrap();
    for table in ["from", "to", "by_app", "by_attendant", "by_category"] {
        assert_eq!(hers[table], file[table], "{table}");
    }

    // An app out of reach is as one that is not there; of the other company there is nothing at all.
    let none = bia.get(&format!("{range}&app={first}")).await;
    assert_eq!(
        (&none["total"]["sessions"], &none["by_app"], &none["by_attendant"]),
        (&json!(0), &json!([]), &json!([]))
    );
    let mut other = api(shared, "outra").await;
    let theirs = other.get(range).await.to_string();
    assert!(!theirs.contains("ANA") && !theirs.contains("Nota") && theirs.contains("\"sessions\":0"), "{theirs}");
    assert_eq!(other.get(&format!("{range}&app={FISCAL}")).await["total"]["sessions"], 0);

    let mut attendant = api(shared, "ana").await;
    let mut narrow = without(shared, "chefe", Scope::IndicatorsRead).await;
    for path in ["/api/v1/indicators", "/api/v1/indicators/now"] {
        assert_eq!(attendant.status(Method::GET, path, None).await, 403, "{path}");
        assert_eq!(narrow.status(Method::GET, path, None).await, 403, "{path}");
    }
    let long = "9".repeat(5_000);
    for wrong in [
        "range=century",
        "range=",
        "range=own",
        "from=2026-01-01",
        "to=2026-01-01",
        "from=&to=",
        "from=2026-02-02&to=2026-01-01",
        "from=2024-01-01&to=2026-01-01",
        "from=9999-12-31&to=9999-12-31",
        "from=x&to=y",
        "range=today&from=2026-01-01&to=2026-01-02",
        "app=x",
        "more=1",
        &format!("from={long}&to={long}"),
    ] {
        assert_eq!(chief.status(Method::GET, &format!("/api/v1/indicators?{wrong}"), None).await, 400, "{wrong}");
    }
    let year = chief.get("/api/v1/indicators?from=2026-01-01&to=2026-12-31").await;
    assert_eq!(year["days"].as_array().unwrap().len(), 365);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_and_who_attends_now_is_counted_for_those_who_administer() {
    let (relay, _folder) = office().await;
    let shared = &relay.shared;
    let mut chief = api(shared, "chefe").await;
    let nobody = chief.get("/api/v1/indicators/now").await;
    assert_eq!(
        (&nobody["waiting"], &nobody["longest_since"], &nobody["longest_wait_s"]),
        (&json!(0), &Value::Null, &Value::Null)
    );
    let _customer = Customer::wait(shared, &[(FieldKey::Name, "Cida")]).await;
    let _other = Customer::register(shared.listen(), shared.first_tenant, FISCAL, &[]).await;
    let (_ana, _bia) = (Attendant::log_in(shared, "ana").await, Attendant::log_in(shared, "bia").await);
    let now = chief.get("/api/v1/indicators/now").await;
    assert_eq!((&now["waiting"], &now["available"], &now["on_break"]), (&json!(2), &json!(2), &json!(0)), "{now}");
    assert!(now["longest_since"].is_string() && now["longest_wait_s"].as_u64().unwrap() < 60);
    // Bia's app has one waiting and Ana to attend it.
    let mut bia = api(shared, "bia").await;
    let hers = bia.get("/api/v1/indicators/now").await;
    assert_eq!((&hers["waiting"], &hers["available"], &hers["sessions"]), (&json!(1), &json!(1), &json!(0)), "{hers}");
    let one = chief.get(&format!("/api/v1/indicators/now?app={FISCAL}")).await;
    assert_eq!((&one["waiting"], &one["available"]), (&json!(1), &json!(1)));
    let mut other = api(shared, "outra").await;
    let theirs = other.get("/api/v1/indicators/now").await;
    assert_eq!((&theirs["waiting"], &theirs["available"]), (&json!(0), &json!(0)));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attendant_sets_their_own_status_and_who_administers_sees_it() {
    let (relay, _folder) = office().await;
    let shared = &relay.shared;
    let (mut ana, mut chief, mut bia) =
        (api(shared, "ana").await, api(shared, "chefe").await, api(shared, "bia").await);
    let meal = json!({ "status": "break", "reason": "meal" });
    // No program of hers was ever here: she is offline, and there is nothing to be set.
    let offline = json!({ "status": "offline", "reason": null, "since": null, "in_status_s": null });
    assert_eq!(ana.get("/api/v1/me/status").await, offline);
    assert_eq!(ana.status(Method::PUT, "/api/v1/me/status", Some(&meal)).await, 409);

    let program = Attendant::log_in(shared, "ana").await;
    let here = ana.get("/api/v1/me/status").await;
    assert_eq!((&here["status"], &here["reason"]), (&json!("available"), &Value::Null));
    assert!(here["since"].is_string() && here["in_status_s"].is_u64(), "{here}");
    let set = ana.call(Method::PUT, "/api/v1/me/status", Some(&meal)).await;
    assert_eq!((json(&set)["status"].as_str(), json(&set)["reason"].as_str()), (Some("break"), Some("meal")));
    for who in [&mut chief, &mut bia] {
        let seen = who.get("/api/v1/attendants").await;
        let row = &items(&seen)[0];
        assert_eq!((items(&seen).len(), row["name"].as_str(), row["reason"].as_str()), (1, Some("ANA"), Some("meal")));
        assert_eq!(
            (row["user_id"].as_str(), &row["in_session"]),
            (Some(&*id(shared, "ana").await.to_string()), &json!(false))
        );
        assert!(row["in_status_s"].as_u64().unwrap() < 60 && row["since"].is_string());
    }
    assert_eq!(chief.get("/api/v1/indicators/now").await["on_break"], 1);
    // What was set here the console shows, and the other way round.
    let mut page = Browser::new(shared);
    page.log_in("ana", PASSWORD).await;
    assert_eq!(page.post("/status", &[("status", "other_work")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ana.get("/api/v1/me/status").await["reason"], "other_work");
    let changes = shared.store.presence(shared.first_tenant, Timestamp::UNIX_EPOCH, Timestamp::MAX).await.unwrap();
    assert_eq!(changes.len(), 3, "available, meal, other work: {changes:?}");

    // Whoever attends an app that somebody else looks after is not in that list; others administer nothing at all.
    let _bia = Attendant::log_in(shared, "bia").await;
    assert_eq!(each(&chief.get("/api/v1/attendants").await["items"], "name"), ["ANA", "BIA"]);
    assert_eq!(each(&bia.get("/api/v1/attendants").await["items"], "name"), ["ANA"]);
    assert_eq!(ana.status(Method::GET, "/api/v1/attendants", None).await, 403);
    let mut other = api(shared, "outra").await;
    assert!(items(&other.get("/api/v1/attendants").await).is_empty());
    assert_eq!(other.status(Method::PUT, "/api/v1/me/status", Some(&meal)).await, 409);

    let mut reads = without(shared, "ana", Scope::StatusWrite).await;
    let mut writes = without(shared, "ana", Scope::StatusRead).await;
    assert_eq!(reads.status(Method::PUT, "/api/v1/me/status", Some(&meal)).await, 403);
    assert_eq!(writes.status(Method::GET, "/api/v1/me/status", None).await, 403);
    assert_eq!(writes.status(Method::GET, "/api/v1/attendants", None).await, 403);
    for wrong in [
        json!({}),
        json!({ "status": "" }),
        json!({ "status": "break" }),
        json!({ "status": "break", "reason": null }),
        json!({ "status": "break", "reason": "nap" }),
        json!({ "status": "available", "reason": "meal" }),
        json!({ "status": "offline", "reason": "meal" }),
        json!({ "status": "x".repeat(100_000) }),
        json!({ "status": "available", "user_id": id(shared, "bia").await.to_string() }),
        json!([]),
    ] {
        assert_eq!(ana.status(Method::PUT, "/api/v1/me/status", Some(&wrong)).await, 422, "{wrong}");
    }
    assert_eq!(ana.get("/api/v1/me/status").await["reason"], "other_work", "nothing of it was done");
    let reasons = ana.get("/api/v1/break-reasons").await;
    assert_eq!(each(&reasons["items"], "reason"), ["meal", "rest", "meeting", "training", "other_work"]);
    assert!(each(&reasons["items"], "name").iter().all(|name| !name.is_empty()));

    program.leave().await;
    let begun = Instant::now();
    while ana.get("/api/v1/me/status").await["status"] != "offline" {
        assert!(begun.elapsed() < Duration::from_secs(20), "her program is gone");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_customer_who_waits_is_told_to_those_who_see_them_and_without_the_password() {
    let (relay, _folder) = office().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    let typed = [
        (FieldKey::Name, "Cida"),
        (FieldKey::Company, "Aurora"),
        (FieldKey::Subject, "<b>Nota</b>"),
        (FieldKey::Document, "123"),
    ];
    let customer = Customer::register(shared.listen(), tenant, FISCAL, &typed).await;
    let path = format!("/api/v1/waiting/{}", customer.registered.id.number());
    let (mut ana, mut bia, mut chief) =
        (api(shared, "ana").await, api(shared, "bia").await, api(shared, "chefe").await);
    let seen = ana.get(&path).await;
    for (key, value) in
        [("name", "Cida"), ("company", "Aurora"), ("subject", "<b>Nota</b>"), ("document", "123"), ("email", "")]
    {
        assert_eq!(seen[key], value, "{key}: {seen}");
    }
    assert_eq!((&seen["app_id"], &seen["may_connect"]), (&json!(FISCAL.to_string()), &json!(true)));
    assert!(!seen.to_string().contains(&customer.password.reveal()));
    assert_eq!(items(&ana.get("/api/v1/waiting").await)[0], seen, "as in the list");
    for who in [&mut bia, &mut chief] {
        assert_eq!(who.get(&path).await["may_connect"], false, "looks after the app and does not attend it");
    }
    operator(shared, tenant, "rui", ATTENDS).await;
    let mut rui = api(shared, "rui").await;
    let mut other = api(shared, "outra").await;
    let mut narrow = without(shared, "ana", Scope::WaitingRead).await;
    assert_eq!(rui.status(Method::GET, &path, None).await, 404, "of an app that he has nothing to do with");
    assert_eq!(other.status(Method::GET, &path, None).await, 404);
    assert_eq!(narrow.status(Method::GET, &path, None).await, 403);
    for nobody in ["0", "1", "x", "-1", "100000000", "99999999999999999999", "%20", &"9".repeat(5_000)] {
        assert_eq!(ana.status(Method::GET, &format!("/api/v1/waiting/{nobody}"), None).await, 404, "{nobody}");
    }
    shared.directory.set_busy(customer.registered.id, true);
    assert_eq!(ana.status(Method::GET, &path, None).await, 404, "whoever is in a session does not wait");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_asked_for_once_told_once_and_cancelled_by_whom_it_is_of() {
    let (relay, _folder) = office().await;
    let shared = &relay.shared;
    let path = ticket(shared, "Cida", "cida@a.example").await;
    let notices = format!("{path}/notices");
    let (mut ana, mut chief) = (api(shared, "ana").await, api(shared, "chefe").await);
    assert!(items(&ana.get(&notices).await).is_empty());
    let asked = ana.call(Method::POST, &notices, None).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.body);
    let asked = json(&asked);
    assert_eq!((&asked["user"], &asked["own"], &asked["may_cancel"]), (&json!("ANA"), &json!(true), &json!(true)));
    let again = json(&ana.call(Method::POST, &notices, None).await);
    assert_eq!(again["id"], asked["id"], "asked twice is asked once");
    let of_chief = json(&chief.call(Method::POST, &notices, None).await);
    let seen = ana.get(&notices).await;
    assert_eq!(each(&seen["items"], "user"), ["ANA", "CHEFE"]);
    assert_eq!((&items(&seen)[1]["own"], &items(&seen)[1]["may_cancel"]), (&json!(false), &json!(false)));
    let one = |notice: &Value| format!("{notices}/{}", notice["id"]);

    // Another's is theirs, unless one administers; another company's ticket is not there.
    assert_eq!(ana.status(Method::DELETE, &one(&of_chief), None).await, 403);
    let mut other = api(shared, "outra").await;
    let mut reads = without(shared, "ana", Scope::TicketsWrite).await;
    assert_eq!(other.status(Method::GET, &notices, None).await, 404);
    assert_eq!(other.status(Method::POST, &notices, None).await, 404);
    assert_eq!(other.status(Method::DELETE, &one(&asked), None).await, 404);
    assert_eq!(reads.status(Method::POST, &notices, None).await, 403);
    assert_eq!(reads.status(Method::DELETE, &one(&asked), None).await, 403);
    assert_eq!(reads.status(Method::GET, &notices, None).await, 200);
    for nothing in ["0", "x", "-1", "999999999999999999999", "%00", "a%2Fb"] {
        assert_eq!(ana.status(Method::DELETE, &format!("{notices}/{nothing}"), None).await, 404, "{nothing}");
        assert_eq!(
            ana.status(Method::POST, &format!("/api/v1/tickets/{nothing}/notices"), None).await,
            404,
            "{nothing}"
        );
    }
    let second = ticket(shared, "Rosa", "rosa@a.example").await;
    let misplaced = format!("{second}/notices/{}", asked["id"]);
    assert_eq!(ana.status(Method::DELETE, &misplaced, None).await, 404, "of another ticket");
    assert_eq!(chief.status(Method::DELETE, &one(&asked), None).await, 204);
    assert_eq!(ana.status(Method::DELETE, &one(&asked), None).await, 404, "it is gone");

    // Hers is told when the requester comes, and no longer waits then.
    ana.call(Method::POST, &notices, None).await;
    let _customer = Customer::wait(shared, &[(FieldKey::Email, "CIDA@a.example")]).await;
    let begun = Instant::now();
    while !items(&ana.get(&notices).await).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "nobody is told");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let came =
        shared.store.came_notices(shared.first_tenant, id(shared, "ana").await, Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(came.len(), 1);
    for status in ["resolved", "closed"] {
        assert_eq!(ana.status(Method::PATCH, &second, Some(&json!({ "status": status }))).await, 200);
        assert_eq!(ana.status(Method::POST, &format!("{second}/notices"), None).await, 409, "{status}");
    }
    assert_eq!(audited(shared, "notice.asked").await.len(), 4);
    assert_eq!(audited(shared, "notice.cancelled").await, ["1001 ANA"]);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tags_of_a_ticket_are_set_added_and_taken_off() {
    let (relay, _folder) = office().await;
    let shared = &relay.shared;
    let path = ticket(shared, "Cida", "").await;
    let tags = format!("{path}/tags");
    let mut ana = api(shared, "ana").await;
    let put = |tag: &str| json!({ "tag": tag });
    let added = json(&ana.call(Method::POST, &tags, Some(&put(" Fiscal "))).await);
    assert_eq!(added["items"], json!(["Fiscal"]));
    let again = json(&ana.call(Method::POST, &tags, Some(&put("FISCAL"))).await);
    assert_eq!(again["items"], json!(["Fiscal"]), "it is there already");
    let set = json!({ "tags": ["Fiscal", "a/b", "<script>"] });
    let now = json(&ana.call(Method::PUT, &tags, Some(&set)).await);
    assert_eq!(now["items"].as_array().unwrap().len(), 3, "{now}");
    assert_eq!(ana.get(&path).await["tags"], now["items"]);
    assert_eq!(ana.get(&tags).await, now);
    assert_eq!(ana.status(Method::DELETE, &format!("{tags}/a%2Fb"), None).await, 204);
    assert_eq!(ana.status(Method::DELETE, &format!("{tags}/a%2Fb"), None).await, 204, "it is not there either way");
    let respelt = json(&ana.call(Method::PUT, &tags, Some(&json!({ "tags": ["fiscal", "FISCAL", "Urgência"] }))).await);
    assert_eq!(respelt["items"], json!(["fiscal", "Urgência"]), "two that are one are one");
    assert_eq!(ana.get("/api/v1/tags").await["items"], json!(["fiscal", "Urgência"]));
    let second = ticket(shared, "Rosa", "").await;
    assert_eq!(each(&ana.get("/api/v1/tickets?tag=URGENCIA").await["items"], "number"), ["1001"]);
    assert!(items(&ana.get("/api/v1/tickets?tag=nada").await).is_empty());
    assert!(items(&ana.get(&format!("{second}/tags")).await).is_empty());

    for wrong in ["", "  \n", &"x".repeat(41), &"x".repeat(100_000)] {
        assert_eq!(ana.status(Method::POST, &tags, Some(&put(wrong))).await, 422);
        assert_eq!(ana.status(Method::PUT, &tags, Some(&json!({ "tags": ["good", wrong] }))).await, 422);
    }
    let many = |n: usize| json!({ "tags": (0..n).map(|n| format!("t{n}")).collect::<Vec<_>>() });
    assert_eq!(ana.status(Method::PUT, &tags, Some(&many(13))).await, 422);
    assert_eq!(ana.status(Method::PUT, &tags, Some(&json!({ "tags": "fiscal" }))).await, 422);
    assert_eq!(ana.get(&tags).await, respelt, "nothing of it was done");
    assert_eq!(ana.status(Method::PUT, &tags, Some(&many(12))).await, 200);
    assert_eq!(ana.status(Method::POST, &tags, Some(&put("one more"))).await, 409);
    assert_eq!(json(&ana.call(Method::PUT, &tags, Some(&many(0))).await)["items"], json!([]));

    let mut other = api(shared, "outra").await;
    let mut reads = without(shared, "ana", Scope::TicketsWrite).await;
    assert_eq!(other.status(Method::GET, &tags, None).await, 404);
    assert_eq!(other.status(Method::PUT, &tags, Some(&many(1))).await, 404);
    assert_eq!(other.status(Method::POST, &tags, Some(&put("x"))).await, 404);
    assert_eq!(other.status(Method::DELETE, &format!("{tags}/x"), None).await, 404);
    assert!(items(&other.get("/api/v1/tags").await).is_empty());
    assert_eq!(reads.status(Method::PUT, &tags, Some(&many(1))).await, 403);
    assert_eq!(reads.status(Method::POST, &tags, Some(&put("x"))).await, 403);
    assert_eq!(reads.status(Method::DELETE, &format!("{tags}/x"), None).await, 403);
    assert_eq!(audited(shared, "ticket.tagged").await.last().unwrap(), "1001 Fiscal");
    assert!(audited(shared, "ticket.untagged").await.contains(&"1001 a/b".to_owned()));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn canned_answers_are_read_by_who_answers_and_written_by_who_administers() {
    let (relay, _folder) = office().await;
    let shared = &relay.shared;
    let (mut chief, mut ana) = (api(shared, "chefe").await, api(shared, "ana").await);
    let link =
        json!({ "title": " Link ", "text": "Oi {customer}, sou {attendant}. Ticket {ticket}: {download_link}\r\n" });
    let made = chief.call(Method::POST, "/api/v1/answers", Some(&link)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let place = made.headers[header::LOCATION].to_str().unwrap().to_owned();
    assert_eq!(json(&made)["title"], "Link");
    assert_eq!(ana.get(&place).await, json(&made));
    assert_eq!(each(&ana.get("/api/v1/answers").await["items"], "title"), ["Link"]);
    let path = ticket(shared, "Cida {ticket}", "").await;
    let filled = ana.get(&format!("{path}/answers")).await;
    let text = items(&filled)[0]["text"].as_str().unwrap();
    assert!(text.starts_with("Oi Cida {ticket}, sou ANA. Ticket 1001: https://"), "{text}");

    let changed = chief.call(Method::PATCH, &place, Some(&json!({ "text": "Oi" }))).await;
    assert_eq!((json(&changed)["title"].as_str(), json(&changed)["text"].as_str()), (Some("Link"), Some("Oi")));
    assert_eq!(chief.status(Method::PATCH, &place, Some(&json!({}))).await, 200);
    let second =
        json(&chief.call(Method::POST, "/api/v1/answers", Some(&json!({ "title": "Até", "text": "Tchau" }))).await);
    let big = "x".repeat(17 * 1024);
    for (body, field) in [
        (json!({ "title": "", "text": "x" }), "title"),
        (json!({ "title": "LINK", "text": "x" }), "title"),
        (json!({ "title": "x".repeat(81), "text": "x" }), "title"),
        (json!({ "title": "a\nb", "text": "x" }), "title"),
        (json!({ "title": "A", "text": " " }), "text"),
        (json!({ "title": "A", "text": big }), "text"),
        (json!({ "title": "A", "text": "{nobody}" }), "text"),
    ] {
        let refused = chief.call(Method::POST, "/api/v1/answers", Some(&body)).await;
        assert_eq!(
            (refused.status, &json(&refused)["errors"][0]["field"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(field))
        );
        let other = format!("/api/v1/answers/{}", second["id"]);
        assert_eq!(chief.status(Method::PATCH, &other, Some(&body)).await, 422, "{field}");
    }
    let both = json(&chief.call(Method::POST, "/api/v1/answers", Some(&json!({ "title": "", "text": "" }))).await);
    assert_eq!(both["errors"].as_array().unwrap().len(), 2);
    assert_eq!(chief.status(Method::POST, "/api/v1/answers", Some(&json!({ "title": "x" }))).await, 422);

    let mut other = api(shared, "outra").await;
    let mut reads = without(shared, "chefe", Scope::TicketsWrite).await;
    let some = json!({ "title": "Z", "text": "z" });
    for (who, status) in [(&mut ana, 403), (&mut reads, 403), (&mut other, 404)] {
        assert_eq!(who.status(Method::PATCH, &place, Some(&some)).await, status);
        assert_eq!(who.status(Method::DELETE, &place, None).await, status);
    }
    assert_eq!(ana.status(Method::POST, "/api/v1/answers", Some(&some)).await, 403, "an attendant writes none");
    assert_eq!(other.status(Method::GET, &place, None).await, 404);
    assert_eq!(other.status(Method::GET, &format!("{path}/answers"), None).await, 404);
    assert!(items(&other.get("/api/v1/answers").await).is_empty());
    assert_eq!(chief.status(Method::DELETE, &place, None).await, 204);
    assert_eq!(chief.status(Method::DELETE, &place, None).await, 404);
    for nothing in ["0", "x", "-1", "99999999999999999999"] {
        let nothing = format!("/api/v1/answers/{nothing}");
        assert_eq!(chief.status(Method::GET, &nothing, None).await, 404);
        assert_eq!(chief.status(Method::PATCH, &nothing, Some(&some)).await, 404);
    }
    assert!(audited(shared, "answer.written").await.contains(&"Até".to_owned()));
    assert_eq!(audited(shared, "answer.removed").await, ["Link"]);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_letters_say_is_read_and_set_by_who_administers() {
    let (relay, _folder) = office().await;
    let shared = &relay.shared;
    let mut chief = api(shared, "chefe").await;
    let texts = chief.get("/api/v1/mail-texts").await;
    assert_eq!(each(&texts["items"], "language"), ["pt-BR", "en", "es"]);
    assert!(items(&texts).iter().all(|text| text["own"] == false && text["text"].as_str().unwrap().contains("{text}")));
    let ours = json!({ "subject": "[{ticket}] {subject}", "text": "Hi {customer}\r\n{text}" });
    let set = json(&chief.call(Method::PUT, "/api/v1/mail-texts/en", Some(&ours)).await);
    let wanted =
        json!({ "language": "en", "subject": "[{ticket}] {subject}", "text": "Hi {customer}\n{text}", "own": true });
    assert_eq!(set, wanted);
    assert_eq!(items(&chief.get("/api/v1/mail-texts").await)[1], wanted);
    for (subject, text) in [
        ("", "{text}"),
        ("x", ""),
        ("x", "no place"),
        ("x", "{text} {nobody}"),
        ("{nobody}", "{text}"),
        ("a\nb", "{text}"),
        (&"x".repeat(201), "{text}"),
        ("x", &format!("{{text}}{}", "x".repeat(17 * 1024))),
    ] {
        let body = json!({ "subject": subject, "text": text });
        assert_eq!(chief.status(Method::PUT, "/api/v1/mail-texts/en", Some(&body)).await, 422, "{subject}");
    }
    for nothing in ["fr", "EN", "x"] {
        assert_eq!(chief.status(Method::PUT, &format!("/api/v1/mail-texts/{nothing}"), Some(&ours)).await, 404);
    }
    let mut other = api(shared, "outra").await;
    assert!(items(&other.get("/api/v1/mail-texts").await).iter().all(|text| text["own"] == false));
    let mut ana = api(shared, "ana").await;
    let mut reads = without(shared, "chefe", Scope::TicketsWrite).await;
    assert_eq!(ana.status(Method::GET, "/api/v1/mail-texts", None).await, 403);
    for who in [&mut ana, &mut reads] {
        assert_eq!(who.status(Method::PUT, "/api/v1/mail-texts/en", Some(&ours)).await, 403);
    }
    let standing =
        json(&chief.call(Method::PUT, "/api/v1/mail-texts/en", Some(&json!({ "subject": "", "text": "" }))).await);
    assert_eq!((&standing["own"], &standing["text"]), (&json!(false), &items(&texts)[1]["text"]));
    assert_eq!(audited(shared, "mail_text.changed").await, ["en", "en"]);
    relay.shutdown().await.unwrap();
}
