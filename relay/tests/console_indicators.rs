//! Indicators, their files, and figures for Prometheus: of whom, for whom.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use std::time::Duration;

use amparo_relay::{account::Operator, console::Source, relay::Shared};
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
        pairing::CloseReason,
        ticket::TicketChoice,
    },
};
use store::{App, Category, Ended, MissedWhy, NewMissed, NewSession, PresenceChange, Staff, Started, WrappedUp};

/// A session of a minute that was waited for half a minute, and put into a category.
async fn session(shared: &Shared, n: u8, app: AppId, who: &Operator, category: Option<(&str, bool)>) {
    let (id, at) = (SessionId::from_bytes([n; 16]), Timestamp::now() - SignedDuration::from_mins(5));
    let new = NewSession {
        id,
        tenant: shared.first_tenant,
        app,
        device: DeviceId::from_entropy(u64::from(n) * 77_777_777),
        fields: Vec::new(),
        attendant: who.id,
        attendant_name: who.name.clone(),
        ticket: TicketChoice::OpenNew { subject: ShownText::default() },
        dialled_at: at,
    };
    shared.store.open_session(&new).await.unwrap();
    shared.store.note_wait(id, Duration::from_secs(30)).await.unwrap();
    let started = Started { granted: Grants::CONTROL, attendant_name: String::new(), at };
    shared.store.start_session(id, &started, at).await.unwrap();
    let over = at + SignedDuration::from_mins(1);
    let ended = Ended { why: CloseReason::EndedByCustomer, at: over, reconnects: 0 };
    shared.store.end_session(id, &ended, over).await.unwrap();
    if let Some((name, solved)) = category {
        let said = WrappedUp { category: Some(Category { name: name.into(), solved }), note: String::new() };
        shared.store.wrap_up_session(id, &said, over).await.unwrap();
    }
}

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
    session(shared, 1, first, who("ana"), Some(("Impressora <b>", true))).await;
    session(shared, 2, fiscal, who("ana"), Some(("Nota", false))).await;
    session(shared, 3, fiscal, who("ana"), None).await;
    let missed = NewMissed {
        id: SessionId::from_bytes([9; 16]),
        tenant,
        app: fiscal,
        device: DeviceId::from_entropy(9),
        fields: Vec::new(),
        why: MissedWhy::GaveUp,
        text: String::new(),
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
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_for_prometheus_are_for_this_machine_only_and_name_nobody() {
    let (relay, _folder) = relay().await;
    let customer = Customer::wait(&relay.shared, &[(FieldKey::Name, "Cida Nogueira")]).await;
    let mut here = Browser::new(&relay.shared);
    let answer = here.get("/metrics").await;
    assert_eq!(answer.status, StatusCode::OK);
    for line in ["amparo_customers_waiting 1", "amparo_programs 1", "amparo_store_up 1", "amparo_outbox_parked 0"] {
        assert!(answer.body.lines().any(|l| l == line), "{line} in {}", answer.body);
    }
    assert!(!answer.body.contains("Cida") && !answer.body.contains(&customer.registered.id.to_string()));
    let mut elsewhere = Browser::new(&relay.shared);
    elsewhere.source = Source([203, 0, 113, 7].into());
    assert_eq!(elsewhere.get("/metrics").await.status, StatusCode::NOT_FOUND);
}
