//! Indicators, their files, and figures for Prometheus: of whom, for whom.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use amparo_relay::console::Source;
use axum::http::{StatusCode, header};
use console_support::*;
use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::{AppId, DeviceId, SessionId},
    message::{
        ShownText,
        directory::FieldKey,
        grant::Grants,
        offer::{BreakReason, Status},
        ticket::TicketChoice,
    },
};
use store::{App, MissedWhy, NewMissed, NewSession, PresenceChange, Staff, Started};

#[tokio::test(flavor = "multi_thread")]
async fn indicators_are_of_the_apps_one_administers_and_their_files_say_what_the_page_says() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    let tenant = shared.first_tenant;
    operator(shared, tenant, "chefe", EVERYTHING).await;
    operator(shared, tenant, "ana", ATTENDS).await;
    operator(shared, tenant, "bia", ATTENDS).await;
    let users = shared.accounts.list(tenant).await.unwrap();
    let who = |login: &str| &users.iter().find(|u| u.operator.login == login).unwrap().operator;
    let first = shared.store.apps(tenant).await.unwrap()[0].id;
    let fiscal = AppId::from_bytes([60; 16]);
    // Bia looks after this app and does not attend it.
    let staff = Staff { everyone: false, administrators: vec![who("bia").id], attendants: vec![who("ana").id] };
    let app = App { staff, ..App::new(fiscal, tenant, "Fiscal", "Varanda", "", Timestamp::now()) };
    amparo_relay::apps::add(&*shared.store, app).await.unwrap();
    shared.apps.changed(tenant);
    past_session(shared, 1, first, who("ana"), Some(("Impressora <b>", true))).await;
    past_session(shared, 2, fiscal, who("ana"), Some(("Nota", false))).await;
    past_session(shared, 3, fiscal, who("ana"), None).await;
    let missed = NewMissed {
        id: SessionId::from_bytes([9; 16]),
        tenant,
        app: fiscal,
        device: DeviceId::from_entropy(9),
        fields: Vec::new(),
        why: MissedWhy::GaveUp,
        text: String::new(),
        ticket: None,
        since: Timestamp::now(),
        at: Timestamp::now(),
    };
    shared.store.miss_request(&missed).await.unwrap();
    let ago = |minutes| Timestamp::now() - SignedDuration::from_mins(minutes);
    for (minutes, status) in [(4, Status::Available), (3, Status::Break(BreakReason::Meal)), (1, Status::Offline)] {
        let change = PresenceChange { tenant, operator: who("ana").id, at: ago(minutes), status };
        shared.store.add_presence(&change).await.unwrap();
    }

    // Around midnight the sessions may be of the day before: both days are asked for.
    let range = "range=7";
    let mut bia = Browser::new(shared);
    bia.log_in("bia", PASSWORD).await;
    let page = bia.get(&format!("/indicators?{range}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Fiscal") && !page.body.contains("Impressora"), "another app's are not hers");
    let json = bia.get(&format!("/indicators.json?{range}")).await;
    assert_eq!(json.headers[header::CONTENT_TYPE], "application/json");
    let read: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    let of = &read["by_app"][0];
    let said = |key: &str| of[key].as_u64();
    assert_eq!((of["name"].as_str(), said("sessions"), said("missed")), (Some("Fiscal"), Some(2), Some(1)));
    assert_eq!((said("mean_duration_s"), said("mean_wait_s")), (Some(60), Some(30)));
    let ana = read["by_attendant"].as_array().unwrap().iter().find(|row| row["name"] == "ANA").unwrap();
    assert_eq!((ana["sessions"].as_u64(), ana["on_break_s"].as_u64()), (Some(2), Some(120)));
    assert!((59..=61).contains(&ana["available_s"].as_u64().unwrap()), "{ana}");

    let mut chief = Browser::new(shared);
    chief.log_in("chefe", PASSWORD).await;
    let page = chief.get(&format!("/indicators?{range}")).await.body;
    assert!(page.contains("Impressora &#60;b&#62;") && page.contains("Nota"), "all apps, and nothing of it is markup");
    let one = chief.get(&format!("/indicators?{range}&app={first}")).await.body;
    assert!(one.contains("Impressora") && !one.contains("Nota<"));
    let csv = chief.get(&format!("/indicators.csv?{range}")).await;
    assert!(csv.body.starts_with('\u{feff}') && csv.body.contains("\"Fiscal\";\"2\""), "{}", csv.body);
    let wrong = chief.get("/indicators?range=own&from=2026-02-02&to=2026-01-01").await;
    assert!(wrong.status == StatusCode::OK && wrong.body.contains("aria-invalid"));
    assert_eq!(chief.get("/indicators.csv?range=own&from=x&to=y").await.status, StatusCode::BAD_REQUEST);
    let exported = shared.store.audit_page(tenant, None, 2).await.unwrap();
    assert!(exported.iter().any(|line| line.entry.what == "indicators.exported"));

    let mut attendant = Browser::new(shared);
    attendant.log_in("ana", PASSWORD).await;
    for path in ["/indicators", "/indicators.csv", "/indicators.json"] {
        assert_eq!(attendant.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(!attendant.get("/").await.body.contains("/indicators"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_session_of_today_is_counted_however_many() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    let tenant = shared.first_tenant;
    operator(shared, tenant, "chefe", EVERYTHING).await;
    let users = shared.accounts.list(tenant).await.unwrap();
    let (who, app) = (&users[0].operator, shared.store.apps(tenant).await.unwrap()[0].id);
    let today = || Timestamp::now().in_tz("America/Sao_Paulo").unwrap().date();
    let begun = today();
    for n in 0..503_u16 {
        let mut id = [0; 16];
        id[..2].copy_from_slice(&n.to_be_bytes());
        let (id, at) = (SessionId::from_bytes(id), Timestamp::now());
        let new = NewSession {
            id,
            tenant,
            app,
            device: DeviceId::from_entropy(u64::from(n)),
            fields: Vec::new(),
            attendant: who.id,
            attendant_name: who.name.clone(),
            ticket: TicketChoice::OpenNew { subject: ShownText::default() },
            dialled_at: at,
        };
        shared.store.open_session(&new).await.unwrap();
        let started = Started { granted: Grants::CONTROL, attendant_name: String::new(), at };
        shared.store.start_session(id, &started, at).await.unwrap();
    }
    let mut chief = Browser::new(shared);
    chief.log_in("chefe", PASSWORD).await;
    let page = chief.get("/").await.body;
    // Not when midnight came between.
    if today() == begun {
        assert!(page.contains("<b>503</b><span>Sessões hoje"), "{page}");
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_available_is_counted_among_those_who_attend_the_apps_that_are_looked_at() {
    let (relay, _folder) = relay().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    for login in ["ana", "bia"] {
        operator(shared, tenant, login, ATTENDS).await;
    }
    operator(shared, tenant, "chefe", EVERYTHING).await;
    let users = shared.accounts.list(tenant).await.unwrap();
    let id = |login: &str| users.iter().find(|u| u.operator.login == login).unwrap().operator.id;
    let fiscal = AppId::from_bytes([60; 16]);
    let staff = Staff { everyone: false, administrators: vec![id("bia")], attendants: vec![id("ana")] };
    let app = App { staff, ..App::new(fiscal, tenant, "Fiscal", "Varanda", "", Timestamp::now()) };
    amparo_relay::apps::add(&*shared.store, app).await.unwrap();
    shared.apps.changed(tenant);
    let (_ana, _bia) = (Attendant::log_in(shared, "ana").await, Attendant::log_in(shared, "bia").await);
    for (login, path, available) in [
        ("bia", "/indicators", 1),
        ("chefe", "/indicators", 2),
        ("chefe", &*format!("/indicators?app={fiscal}"), 1),
        ("chefe", "/indicators?app=x", 0),
    ] {
        let mut browser = Browser::new(shared);
        browser.language = "en";
        browser.log_in(login, PASSWORD).await;
        let page = browser.get(path).await.body;
        assert!(page.contains(&format!("<b>{available}</b><span>Available</span>")), "{login} {path}");
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_for_prometheus_are_for_this_machine_only_and_name_nobody() {
    let (relay, _folder) = relay().await;
    let customer = Customer::wait(&relay.shared, &[(FieldKey::Name, "Cida Nogueira")]).await;
    let mut here = Browser::new(&relay.shared);
    here.log_in("nobody@varanda.example", "errada errada").await;
    let answer = here.get("/metrics").await;
    assert_eq!(answer.status, StatusCode::OK);
    let app = relay.shared.store.apps(relay.shared.first_tenant).await.unwrap()[0].id;
    let of_app = format!("amparo_app_customers_waiting{{app=\"{app}\"}} 1");
    let there = [
        "amparo_logins_refused_total 1",
        "amparo_program_build_seconds_count 0",
        "amparo_program_builds_failed_total 0",
    ];
    for line in there.into_iter().chain([of_app.as_str()]) {
        assert!(answer.body.lines().any(|l| l == line), "{line} in {}", answer.body);
    }
    let size = answer.body.lines().find_map(|l| l.strip_prefix("amparo_database_size_bytes ")).unwrap();
    assert!(size.parse::<u64>().unwrap() > 100_000);
    // Every figure says what it is and of which kind, once; what only grows is called so.
    let names: Vec<&str> =
        answer.body.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split(['{', ' ']).next()).collect();
    for name in names {
        let of = name.trim_end_matches("_sum").trim_end_matches("_count");
        let kind = answer.body.lines().filter_map(|l| l.strip_prefix(&format!("# TYPE {of} "))).collect::<Vec<_>>();
        assert_eq!((kind.len(), kind[0] == "counter"), (1, name.ends_with("_total")), "{name}");
        assert_eq!(answer.body.matches(&format!("# HELP {of} ")).count(), 1, "{name}");
    }
    for line in ["amparo_customers_waiting 1", "amparo_programs 1", "amparo_store_up 1", "amparo_outbox_parked 0"] {
        assert!(answer.body.lines().any(|l| l == line), "{line} in {}", answer.body);
    }
    assert!(!answer.body.contains("Cida") && !answer.body.contains(&customer.registered.id.to_string()));
    let mut elsewhere = Browser::new(&relay.shared);
    elsewhere.source = Source([203, 0, 113, 7].into());
    assert_eq!(elsewhere.get("/metrics").await.status, StatusCode::NOT_FOUND);
}
