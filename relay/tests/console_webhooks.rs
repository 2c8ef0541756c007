//! Webhooks against a real receiver: signed, sent until taken, always the same, off after five days; and the pages about them.

#![allow(missing_docs, clippy::unwrap_used)]

mod api_support;
mod console_support;

use std::sync::{Arc, Mutex};

use amparo_relay::{
    config::{Config, FirstStart},
    relay::{Relay, Running, Shared},
};
use api_support::{Api, json};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use console_support::*;
use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::{DeviceId, SessionId},
    message::{ShownText, directory::FieldKey, grant::Grants, pairing::CloseReason, ticket::TicketChoice},
};
use ring::hmac;
use serde_json::{Value, json};
use store::{Category, CustomerDetails, DeliveryState, Ended, Event, NewSession, Scope, Started, WebhookId, WrappedUp};
use tickets::{clock::Clock, desk::Author, hooks::Hooks, seal::SealKey};

/// A message as it came.
type Message = (HeaderMap, String);

/// What a receiver has got, and what it answers.
#[derive(Clone, Default)]
struct Got(Arc<Mutex<(Vec<Message>, Vec<u16>)>>);

impl Got {
    fn all(&self) -> Vec<Message> {
        self.0.lock().unwrap().0.clone()
    }

    /// The next answers; afterwards 204 again.
    fn answer(&self, statuses: &[u16]) {
        self.0.lock().unwrap().1 = statuses.to_vec();
    }
}

/// A real server on an address of this machine.
async fn receiver() -> (String, Got) {
    let got = Got::default();
    let take = |State(got): State<Got>, headers: HeaderMap, body: Bytes| async move {
        let mut held = got.0.lock().unwrap();
        held.0.push((headers, String::from_utf8(body.to_vec()).unwrap()));
        let status = if held.1.is_empty() { 204 } else { held.1.remove(0) };
        StatusCode::from_u16(status).unwrap()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/amparo", listener.local_addr().unwrap());
    let router = Router::new().route("/amparo", post(take)).with_state(got.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, got)
}

/// Whether one of a message's signatures is of this secret.
fn is_signed(headers: &HeaderMap, body: &str, secret: &str) -> bool {
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let said = format!("{}.{}.{body}", text("webhook-id"), text("webhook-timestamp"));
    let signatures = text("webhook-signature");
    signatures
        .split(' ')
        .filter_map(|one| one.strip_prefix("v1,"))
        .any(|one| STANDARD.decode(one).is_ok_and(|signature| hmac::verify(&key, said.as_bytes(), &signature).is_ok()))
}

fn id(headers: &HeaderMap) -> String {
    headers["webhook-id"].to_str().unwrap().to_owned()
}

/// A relay that may tell addresses of this machine.
async fn relay_with_private() -> (Running, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path(), "127.0.0.1:0".parse().unwrap());
    config.first = FirstStart { company: "Varanda Sistemas".to_owned(), ..FirstStart::default() };
    config.webhooks_private = true;
    (Relay::start(config).await.unwrap(), folder)
}

/// Webhooks over records of their own, by a clock that stands until it is moved.
async fn hooks(private: bool) -> (Hooks, Arc<dyn store::Store>, Clock, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = store::SqliteStore::open(&folder.path().join("amparo.db")).await.unwrap();
    let store: Arc<dyn store::Store> = Arc::new(store);
    let tenant = store::Tenant::new(TENANT, "Varanda", now());
    store.add_tenant(&tenant).await.unwrap();
    let clock = Clock::standing_at(now());
    (Hooks::new(store.clone(), SealKey::new(&[7; 32]), clock.clone(), private), store, clock, folder)
}

const TENANT: protocol::id::TenantId = protocol::id::TenantId::from_bytes([1; 16]);

fn now() -> Timestamp {
    "2026-11-21T14:00:00Z".parse().unwrap()
}

fn ticket(n: u32, at: Timestamp) -> store::Happening {
    let data = json!({ "number": n.to_string() });
    store::Happening { tenant: TENANT, event: Event::TicketCreated, which: n.to_string(), data, at }
}

async fn waited(what: &str, mut is: impl AsyncFnMut() -> bool) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !is().await {
        assert!(std::time::Instant::now() < until, "{what}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_signed_sent_until_it_is_taken_and_always_the_same() {
    let (address, got) = receiver().await;
    let (hooks, store, clock, _folder) = hooks(true).await;
    let (webhook, secret) = hooks.add(TENANT, &address, &[Event::TicketCreated], now()).await.unwrap();
    got.answer(&[500, 302, 404]);
    for _ in 0..2 {
        // The same event again is no other message.
        store.happened(&ticket(1, now())).await.unwrap();
    }
    assert_eq!(hooks.drain().await.unwrap(), 1);
    assert_eq!(hooks.drain().await.unwrap(), 0, "not before its time");
    for minutes in [1, 10, 100] {
        clock.set(now() + SignedDuration::from_mins(minutes));
        assert_eq!(hooks.drain().await.unwrap(), 1);
    }
    assert_eq!(hooks.drain().await.unwrap(), 0);
    let all = got.all();
    assert_eq!(all.len(), 4, "three failures and one that was taken");
    for (headers, body) in &all {
        assert!(is_signed(headers, body, secret.expose()));
        assert_eq!((id(headers), body), (id(&all[0].0), &all[0].1), "sent again it is the same");
        assert!(!body.contains(secret.expose()) && body.contains("\"type\":\"ticket.created\""));
    }
    let told = store.deliveries(TENANT, webhook.id, 10).await.unwrap();
    assert_eq!((told.len(), told[0].state, told[0].attempts), (1, DeliveryState::Done, 4));
    assert!(store.webhook(TENANT, webhook.id).await.unwrap().failing_since.is_none(), "it works again");
    store.happened(&ticket(2, now())).await.unwrap();
    hooks.drain().await.unwrap();
    assert_ne!(id(&got.all()[4].0), id(&all[0].0), "another event is another message");
    assert!(!format!("{webhook:?}").contains(secret.expose()));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_change_of_the_secret_both_sign_for_a_day_and_then_the_new_one_alone() {
    let (address, got) = receiver().await;
    let (hooks, store, clock, _folder) = hooks(true).await;
    let (webhook, old) = hooks.add(TENANT, &address, &[Event::TicketCreated], now()).await.unwrap();
    let new = hooks.rotate(&webhook, now()).await.unwrap();
    let mut signed = Vec::new();
    for (n, hours) in [(1, 23), (2, 24)] {
        let at = now() + SignedDuration::from_hours(hours);
        clock.set(at);
        store.happened(&ticket(n, at)).await.unwrap();
        hooks.drain().await.unwrap();
        let (headers, body) = got.all().pop().unwrap();
        signed.push([&old, &new].map(|secret| is_signed(&headers, &body, secret.expose())));
    }
    assert_eq!(signed, [[true, true], [false, true]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_only_fails_for_five_days_is_switched_off_and_one_that_is_gone_at_once() {
    let (address, got) = receiver().await;
    let (hooks, store, clock, _folder) = hooks(true).await;
    let (webhook, _) = hooks.add(TENANT, &address, &[Event::TicketCreated], now()).await.unwrap();
    got.answer(&[500; 400]);
    store.happened(&ticket(1, now())).await.unwrap();
    let mut hours = 0;
    while store.webhook(TENANT, webhook.id).await.unwrap().disabled_at.is_none() {
        hours += 6;
        assert!(hours <= 6 * 24, "never switched off");
        clock.set(now() + SignedDuration::from_hours(hours));
        store.happened(&ticket(1 + u32::try_from(hours).unwrap(), clock.now())).await.unwrap();
        hooks.drain().await.unwrap();
    }
    assert!((5 * 24..=5 * 24 + 6).contains(&hours), "{hours} hours");
    let told = store.deliveries(TENANT, webhook.id, 100).await.unwrap();
    assert!(told.iter().all(|message| message.state == DeliveryState::Failed), "nothing waits for it any more");
    store.happened(&ticket(900, clock.now())).await.unwrap();
    assert_eq!(store.deliveries(TENANT, webhook.id, 100).await.unwrap().len(), told.len(), "and nothing is added");
    // Switched on again it begins anew; a receiver that says it is gone is believed.
    let off = store.webhook(TENANT, webhook.id).await.unwrap();
    let on = hooks.change(off, &address, &[Event::TicketCreated], false, clock.now()).await.unwrap();
    assert!(store.webhook(TENANT, on.id).await.unwrap().failing_since.is_none());
    got.answer(&[410]);
    store.happened(&ticket(901, clock.now())).await.unwrap();
    hooks.drain().await.unwrap();
    assert!(store.webhook(TENANT, on.id).await.unwrap().disabled_at.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_within_the_own_network_is_refused_unless_it_was_allowed() {
    let (address, got) = receiver().await;
    let (strict, store, _, _folder) = hooks(false).await;
    for wrong in [
        address.as_str(),
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://localhost/x",
        "https://intranet/x",
        "https://10.0.0.1/x",
        "https://user:word@hooks.example/x",
        "https://hooks.example/x?token=1",
        "ftp://hooks.example/x",
        "hooks.example",
        "",
    ] {
        assert!(strict.add(TENANT, wrong, &[Event::TicketCreated], now()).await.is_err(), "{wrong}");
    }
    assert!(store.webhooks(TENANT).await.unwrap().is_empty());
    // One that was written down while it was allowed is not told any more.
    let (loose, store, clock, folder) = hooks(true).await;
    let (webhook, _) = loose.add(TENANT, &address, &[Event::TicketCreated], now()).await.unwrap();
    let strict = Hooks::new(store, SealKey::new(&[7; 32]), clock, false);
    assert!(strict.try_out(&webhook).await.is_err());
    assert!(got.all().is_empty());
    drop(folder);
}

async fn chief(shared: &Arc<Shared>) -> Browser {
    operator(shared, shared.first_tenant, "chefe", EVERYTHING).await;
    let mut chief = Browser::new(shared);
    chief.log_in("chefe", PASSWORD).await;
    chief
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_makes_tries_and_removes_a_webhook_and_sees_what_it_was_told() {
    let (address, got) = receiver().await;
    let (relay, folder) = relay_with_private().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    let mut chief = chief(shared).await;
    let refused = chief.post("/webhooks", &[("address", "nonsense"), ("event", "user.changed")]).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("value=\"nonsense\""));
    assert_eq!(chief.post("/webhooks", &[("address", &address)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let events =
        ["customer.waiting", "customer.left", "ticket.created", "ticket.changed", "app.changed", "user.changed"];
    let mut form = vec![("address", address.as_str())];
    form.extend(events.iter().map(|event| ("event", *event)));
    let made = chief.post("/webhooks", &form).await;
    let secret = made.body.split("id=\"secret\">").nth(1).and_then(|rest| rest.split('<').next()).unwrap().to_owned();
    let id = shared.store.webhooks(tenant).await.unwrap()[0].id.0;
    let place = format!("/webhooks/{id}");
    assert!(!chief.get(&place).await.body.contains(&secret), "shown once");
    let tried = chief.post(&format!("{place}/test"), &[]).await;
    assert!(tried.body.contains("204"), "{}", tried.body);
    let (headers, body) = got.all().pop().unwrap();
    assert!(is_signed(&headers, &body, &secret) && body.contains("\"ping\""));
    got.answer(&[503]);
    assert!(chief.post(&format!("{place}/test"), &[]).await.body.contains("503"), "the answer is shown");

    // One of everything happens, and each is told once.
    let customer = Customer::wait(shared, &[(FieldKey::Name, "Cida")]).await;
    let password = customer.password.reveal();
    let user = shared.store.operator_by_login(tenant, "chefe").await.unwrap().unwrap();
    let details = CustomerDetails { name: "Cida".into(), ..CustomerDetails::default() };
    let at = Timestamp::now();
    let requester = shared.desk.find_or_create_customer(tenant, &details, at).await.unwrap();
    let author = Author { operator: user.id, name: user.name, language: store::Language::PtBr };
    let opened = shared.desk.open_ticket(tenant, &author, requester.id, "Nota", "Texto", at).await.unwrap();
    shared.desk.add_action(tenant, &author, &opened.number, "Ligamos", true, at).await.unwrap();
    operator(shared, tenant, "ana", ATTENDS).await;
    chief.post("/apps", &[("name", "Fiscal")]).await;
    let kinds = |got: &Got| -> Vec<String> {
        let mut kinds: Vec<String> = got
            .all()
            .iter()
            .map(|(_, body)| serde_json::from_str::<Value>(body).unwrap()["type"].as_str().unwrap().to_owned())
            .filter(|kind| kind != "ping")
            .collect();
        kinds.sort();
        kinds
    };
    waited("a customer who waits", async || kinds(&got).contains(&"customer.waiting".to_owned())).await;
    customer.leave().await;
    let mut expected = events.map(str::to_owned);
    expected.sort();
    waited("everything to be told", async || kinds(&got).len() >= 6).await;
    assert_eq!(kinds(&got), expected);
    assert!(got.all().iter().all(|(h, body)| is_signed(h, body, &secret) && !body.contains(&password)));
    assert!(chief.get(&place).await.body.contains("ticket.created"));
    got.answer(&[422]);
    chief.post("/apps", &[("name", "Folha")]).await;
    // In words: the number alone may stand anywhere, in a token too.
    let refused = [
        ("pt-BR", "O outro sistema recusou"),
        ("en", "The other system refuses"),
        ("es", "El otro sistema lo rechazó"),
    ];
    waited("a refusal on the page", async || chief.get(&place).await.body.contains(refused[0].1)).await;
    for (language, words) in refused {
        chief.language = language;
        let page = chief.get(&place).await.body;
        assert!(page.contains(words) && page.contains("422"), "{language}: {page}");
    }
    assert_eq!(chief.post(&format!("{place}/remove"), &[]).await.location(), "/webhooks");
    assert!(shared.store.webhook(tenant, WebhookId(id)).await.is_err());
    let audit = shared.store.audit_list(tenant, 50).await.unwrap();
    for what in ["webhook.added", "webhook.tested", "webhook.removed"] {
        assert!(audit.iter().any(|line| line.what == what), "{what}");
    }
    relay.shutdown().await.unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        assert!(!bytes.windows(secret.len()).any(|piece| piece == secret.as_bytes()), "sealed at rest");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_receiver_that_is_not_there_the_readers_own_words_are_said_and_no_others() {
    let (relay, _folder) = relay_with_private().await;
    let shared = &relay.shared;
    let mut chief = chief(shared).await;
    // Nothing listens there any more.
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let address = format!("http://{gone}/amparo");
    chief.post("/webhooks", &[("address", &address), ("event", "user.changed")]).await;
    let id = shared.store.webhooks(shared.first_tenant).await.unwrap()[0].id.0;
    let tried = chief.post(&format!("/webhooks/{id}/test"), &[]).await.body;
    assert!(tried.contains("Não recebido: Sem conexão com o outro sistema</span>"), "{tried}");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_told_at_its_start_its_end_and_its_wrap_up_each_once() {
    let (address, got) = receiver().await;
    let (relay, _folder) = relay_with_private().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "ana", ATTENDS).await;
    let at = Timestamp::now();
    let events = [Event::SessionStarted, Event::SessionEnded, Event::SessionWrappedUp];
    shared.hooks.add(tenant, &address, &events, at).await.unwrap();
    let ana = shared.store.operator_by_login(tenant, "ana").await.unwrap().unwrap();
    let id = SessionId::from_bytes([5; 16]);
    let new = NewSession {
        id,
        tenant,
        app: shared.store.apps(tenant).await.unwrap()[0].id,
        device: DeviceId::new(123_456_789).unwrap(),
        fields: Vec::new(),
        attendant: ana.id,
        attendant_name: ana.name,
        ticket: TicketChoice::OpenNew { subject: ShownText::default() },
        dialled_at: at,
    };
    shared.store.open_session(&new).await.unwrap();
    let started = Started { granted: Grants::CONTROL, attendant_name: String::new(), at };
    let ended = Ended { why: CloseReason::EndedByCustomer, at, reconnects: 0 };
    let said = WrappedUp { category: Some(Category { name: "Resolvido".into(), solved: true }), note: "Ok".into() };
    for _ in 0..2 {
        // Reported twice, as programs do.
        shared.store.start_session(id, &started, at).await.unwrap();
        shared.store.end_session(id, &ended, at).await.unwrap();
        shared.store.wrap_up_session(id, &said, at).await.unwrap();
    }
    waited("the session to be told", async || got.all().len() >= 3).await;
    let mut told: Vec<Value> = got.all().iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect();
    told.sort_by_key(|told| told["type"].to_string());
    let kinds: Vec<_> = told.iter().map(|told| told["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["session.ended", "session.started", "session.wrapped_up"]);
    assert_eq!((&told[0]["data"]["reason"], &told[1]["data"]["ended_at"]), (&json!("ended_by_customer"), &Value::Null));
    assert_eq!((&told[2]["data"]["category"], &told[2]["data"]["note"]), (&json!("Resolvido"), &json!("Ok")));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_kept_by_another_system_through_the_api_and_by_nobody_of_another_company() {
    let (relay, _folder) = relay_with_private().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    operator(shared, tenant, "chefe", EVERYTHING).await;
    let mut api = Api::of(shared, tenant, "chefe", &[Scope::WebhooksManage]).await;
    let new = json!({ "address": "http://127.0.0.1:9/x", "events": ["session.ended"] });
    let made = api.call(Method::POST, "/api/v1/webhooks", Some(&new)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let (place, secret) = (made.location().to_owned(), json(&made)["secret"].as_str().unwrap().to_owned());
    assert!(secret.starts_with("whsec_") && !api.get(&place).await.to_string().contains(&secret));
    let off = api.call(Method::PATCH, &place, Some(&json!({ "off": true }))).await;
    assert_eq!((json(&off)["off"].clone(), json(&off)["events"].clone()), (json!(true), json!(["session.ended"])));
    let other = api.call(Method::POST, &format!("{place}/secret"), None).await;
    assert_ne!(json(&other)["secret"].as_str(), Some(secret.as_str()));
    for (body, status) in [
        (json!({ "address": "nonsense", "events": ["session.ended"] }), 422),
        (json!({ "address": "http://127.0.0.1:9/x", "events": [] }), 422),
        (json!({ "address": "http://127.0.0.1:9/x", "events": ["password.shown"] }), 422),
    ] {
        assert_eq!(api.status(Method::POST, "/api/v1/webhooks", Some(&body)).await, status, "{body}");
    }
    let foreign = store::Tenant::new(TENANT, "Outra", now());
    shared.store.add_tenant(&foreign).await.unwrap();
    operator(shared, TENANT, "outra", EVERYTHING).await;
    let mut other = Api::of(shared, TENANT, "outra", &[Scope::WebhooksManage]).await;
    assert_eq!(other.status(Method::GET, &place, None).await, 404);
    assert_eq!(other.status(Method::DELETE, &place, None).await, 404);
    assert_eq!(api.status(Method::DELETE, &place, None).await, 204);
    assert_eq!(api.status(Method::GET, &place, None).await, 404);
    relay.shutdown().await.unwrap();
}
