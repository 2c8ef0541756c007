//! Tickets of other systems in the console: their page, the piece of it that the system's own pages show, notices, and the system's word
//! that a ticket has changed.

#![allow(missing_docs, clippy::unwrap_used)]

mod api_support;
mod console_support;
#[path = "../tickets/tests/fakes/mod.rs"]
mod fakes;

use std::time::{Duration, Instant};

use amparo_relay::relay::Running;
use api_support::{Api, json};
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use console_support::*;
use fakes::Server;
use jiff::Timestamp;
use protocol::{
    id::{DeviceId, SessionId, TicketNumber},
    message::{directory::FieldKey, grant::Grants, pairing::CloseReason, ticket::TicketChoice},
};
use store::{CustomerDetails, Ended, EventKind, NewSession, Scope, Started, TicketOf};
use tickets::{
    NewTicket,
    clock::Clock,
    event::{Action, Facts},
};

/// A company with a Zendesk in which Cida has ticket 1.
struct Office {
    relay: Running,
    _folder: tempfile::TempDir,
    system: Server,
    id: String,
    chief: Browser,
    ana: Browser,
}

impl Office {
    async fn open() -> Self {
        let (relay, folder) = relay().await;
        let tenant = relay.shared.first_tenant;
        operator(&relay.shared, tenant, "chefe", EVERYTHING).await;
        operator(&relay.shared, tenant, "ana", ATTENDS).await;
        let (mut chief, mut ana) = (Browser::new(&relay.shared), Browser::new(&relay.shared));
        chief.log_in("chefe", PASSWORD).await;
        ana.log_in("ana", PASSWORD).await;
        let system = Server::start(fakes::of("zendesk"), Clock::system()).await;
        let mut form: Vec<(String, String)> = system.typed().into_iter().collect();
        form.push(("name".into(), "Zendesk da Varanda".into()));
        let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let added = chief.post("/connections/new/zendesk", &form).await;
        let id = added.location().trim_start_matches("/connections/").trim_end_matches("?saved").to_owned();
        let reached = relay.shared.tickets.reach(tenant, Some(id.parse().unwrap())).await.unwrap().system;
        let cida =
            CustomerDetails { name: "Cida N".into(), email: "cida@a.example".into(), ..CustomerDetails::default() };
        let requester = reached.find_or_create_customer(&cida).await.unwrap();
        let new = NewTicket {
            subject: "Nota <i>fiscal</i>".into(),
            requester,
            owner: None,
            first: first(),
            values: Default::default(),
            continues: None,
        };
        let opened = reached.open_ticket(&new).await.unwrap().ticket;
        assert_eq!(opened.as_str(), "1");
        Self { relay, _folder: folder, system, id, chief, ana }
    }

    fn path(&self) -> String {
        format!("/t/{}/1", self.id)
    }

    /// Where the system tells of changes, as the console shows it.
    async fn hook(&mut self) -> String {
        let page = self.chief.get(&format!("/connections/{}", self.id)).await.body;
        let address = page.split("/hooks/").nth(1).unwrap().split(['"', '<']).next().unwrap();
        format!("/hooks/{address}")
    }

    /// A message of the system, as one that knows no cookie sends it.
    async fn tell(&self, hook: &str, message: &str) -> StatusCode {
        let mut stranger = Browser::new(&self.relay.shared);
        let request = stranger.request(Method::POST, hook).body(Body::from(message.to_owned())).unwrap();
        stranger.send(request).await.status
    }

    async fn waiting(&self) -> usize {
        let of = TicketOf { system: Some(self.id.parse().unwrap()), number: TicketNumber::new("1").unwrap() };
        let of = Some((self.relay.shared.first_tenant, &of));
        self.relay.shared.store.open_notices(of, Timestamp::now()).await.unwrap().len()
    }
}

fn first() -> Action {
    let (kind, session, at) = (EventKind::Start, SessionId::from_bytes([9; 16]), Timestamp::now());
    Action {
        kind,
        marker: kind.marker(session),
        session,
        at,
        protocol: "2026-11-26-000001".into(),
        started: at,
        day: at.to_zoned(jiff::tz::TimeZone::UTC).date(),
        ended: None,
        reason: None,
        category: None,
        solved: None,
        note: None,
        author: None,
        links: Vec::new(),
        facts: Facts::default(),
        text: "Acesso remoto iniciado".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_of_another_system_shows_its_requesters_program_and_what_may_be_done() {
    let mut office = Office::open().await;
    let path = office.path();
    let away = office.ana.get(&path).await.body;
    assert!(
        away.contains("Nota &#60;i&#62;fiscal") && away.contains("Cida N") && away.contains("cida@a.example"),
        "{away}"
    );
    assert!(
        away.contains("id=\"away\"") && away.contains(&format!("{path}/notices")) && away.contains("/agent/tickets/1")
    );
    let customer = Customer::wait(&office.relay.shared, &[(FieldKey::Email, "CIDA@a.example")]).await;
    let here = office.ana.get(&path).await.body;
    let number = customer.registered.id.number();
    assert!(here.contains(&format!("amparo:connect?id={number}&amp;ticket=1")), "{here}");
    // By the kind's name too, as there is only one of it; and nothing of it for whoever is not logged in.
    assert!(office.ana.get("/t/zendesk/1").await.body.contains("amparo:connect"));
    assert_eq!(office.ana.get("/t/desk/1001").await.location(), "/tickets/1001");
    for wrong in ["/t/redmine/1", "/t/00/1", "/t/zendesk/%20", "/t//1"] {
        assert_eq!(office.ana.get(wrong).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }
    let mut stranger = Browser::new(&office.relay.shared);
    assert!(stranger.get(&path).await.location().starts_with("/login"));
    // A link in the system's own page: the browser keeps the login to itself, until a page of ours leads here.
    let from_there =
        stranger.request(Method::GET, &path).header("sec-fetch-site", "cross-site").body(Body::empty()).unwrap();
    let bounced = stranger.send(from_there).await;
    assert!(
        bounced.status.is_success() && bounced.body.contains(&format!("content=\"0; url={path}\"")),
        "{}",
        bounced.body
    );
    assert!(!bounced.body.contains("Cida"));
    customer.leave().await;
    office.relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_is_down_leaves_what_the_link_says_and_a_ticket_that_is_not_there_is_said() {
    let mut office = Office::open().await;
    let missing = office.ana.get("/t/zendesk/77").await;
    assert!(missing.status.is_success() && missing.body.contains("id=\"trouble\""), "{}", missing.body);
    assert_eq!(office.ana.post("/t/zendesk/77/notices", &[]).await.status, StatusCode::BAD_REQUEST);
    office.system.set_down(true);
    let customer = Customer::wait(&office.relay.shared, &[(FieldKey::Email, "cida@a.example")]).await;
    let alone = office.ana.get("/t/zendesk/1").await.body;
    assert!(alone.contains("id=\"trouble\"") && alone.contains("id=\"unknown\"") && !alone.contains("amparo:connect"));
    let asked = "/t/zendesk/1?email=cida%40a.example&name=%3Cb%3ECida";
    let helped = office.ana.get(asked).await.body;
    assert!(
        helped.contains("amparo:connect") && helped.contains("&#60;b&#62;Cida") && !helped.contains("<b>Cida"),
        "{helped}"
    );
    customer.leave().await;
    office.relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_leads_to_its_ticket_in_the_system_that_has_it() {
    let mut office = Office::open().await;
    let shared = office.relay.shared.clone();
    let tenant = shared.first_tenant;
    let app = shared.store.apps(tenant).await.unwrap()[0].id;
    office.chief.post(&format!("/apps/{app}/connection"), &[("connection", &office.id)]).await;
    let users = shared.accounts.list(tenant).await.unwrap();
    let ana = &users.iter().find(|u| u.operator.login == "ana").unwrap().operator;
    let open = async |n: u8| {
        let (id, at) = (SessionId::from_bytes([n; 16]), Timestamp::now());
        let new = NewSession {
            id,
            tenant,
            app,
            device: DeviceId::from_entropy(u64::from(n)),
            fields: Vec::new(),
            attendant: ana.id,
            attendant_name: ana.name.clone(),
            ticket: TicketChoice::Number(TicketNumber::new("1").unwrap()),
            dialled_at: at,
        };
        let opened = shared.store.open_session(&new).await.unwrap();
        assert_eq!(opened.connection.map(|c| c.to_string()), Some(office.id.clone()));
        let started = Started { granted: Grants::CONTROL, attendant_name: String::new(), at };
        shared.store.start_session(id, &started, at).await.unwrap();
        (id, at)
    };
    let (ended, at) = open(1).await;
    let end = Ended { why: CloseReason::EndedByCustomer, at, reconnects: 0 };
    shared.store.end_session(ended, &end, at).await.unwrap();
    let link = format!("href=\"{}\"", office.path());
    let board = office.chief.get("/").await.body;
    assert_eq!(board.matches(&link).count(), 1, "{board}");
    open(2).await;
    assert_eq!(shared.sessions.recover().await.unwrap(), 1, "one that is under way");
    let board = office.chief.get("/").await.body;
    assert_eq!(board.matches(&link).count(), 2, "{board}");
    let page = office.chief.get(&format!("/sessions/{ended}")).await.body;
    for shown in [board, office.chief.get("/history").await.body, page] {
        assert!(shown.contains(&link) && !shown.contains("\"/tickets/1\""), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_connections_own_system_may_frame_the_widget() {
    let mut office = Office::open().await;
    let widget = format!("{}/widget", office.path());
    let shown = office.ana.get(&widget).await;
    let policy = shown.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains(&format!("frame-ancestors {}", office.system.base)), "{policy}");
    assert!(!shown.headers.contains_key("x-frame-options") && shown.body.contains("id=\"away\""));
    let whole = office.ana.get(&office.path()).await;
    assert!(whole.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    // Without a login: a link, in anybody's frame, and nothing of the ticket.
    let outside = Browser::new(&office.relay.shared).get(&widget).await;
    assert!(
        outside.body.contains("target=\"_blank\"") && !outside.body.contains("Cida") && !outside.body.contains("Nota")
    );
    assert!(outside.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors https:"));
    office.relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_on_another_systems_ticket_is_told_when_the_requester_comes() {
    let mut office = Office::open().await;
    let path = office.path();
    for _ in 0..2 {
        assert_eq!(office.ana.post(&format!("{path}/notices"), &[]).await.location(), path);
    }
    assert_eq!(office.waiting().await, 1, "asked twice is asked once");
    assert!(office.ana.get(&path).await.body.contains("id=\"told\""));
    let customer = Customer::wait(&office.relay.shared, &[(FieldKey::Email, "cida@a.example")]).await;
    let begun = Instant::now();
    while office.waiting().await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "nobody is told");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let tenant = office.relay.shared.first_tenant;
    let ana = office.relay.shared.store.operator_by_login(tenant, "ana").await.unwrap().unwrap();
    let came = office.relay.shared.store.came_notices(tenant, ana.id, Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!((came.len(), came[0].subject.as_str(), came[0].ticket.number.as_str()), (1, "Nota <i>fiscal</i>", "1"));
    customer.leave().await;
    office.relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_its_system_closes_ends_its_notices_and_its_link() {
    let mut office = Office::open().await;
    let path = office.path();
    let link = office.ana.get(&path).await.body;
    let link = link.split("/d/").find(|part| part.contains("?ticket=")).unwrap();
    let link = format!("/d/{}", link.split(['"', '<']).next().unwrap());
    assert!(!office.ana.get(&link).await.body.contains("note warn\" id=\"invited"));
    office.ana.post(&format!("{path}/notices"), &[]).await;
    let hook = office.hook().await;

    // What it says is not believed but looked up, and only where something is bound to it.
    let calls = office.system.calls();
    assert_eq!(office.tell(&hook, r#"{"ticket":{"id":99,"status":"closed"}}"#).await, StatusCode::NO_CONTENT);
    assert_eq!(office.system.calls(), calls, "nothing here is bound to 99");
    assert_eq!(office.tell(&hook, r#"{"ticket":{"id":1,"status":"closed"}}"#).await, StatusCode::NO_CONTENT);
    assert_eq!(office.waiting().await, 1, "it is still open there");
    office.system.close("1");
    for forged in [format!("{}0", &hook[..hook.len() - 1]), hook[..hook.len() - 1].to_owned(), format!("{hook}0")] {
        if forged != hook {
            assert_eq!(office.tell(&forged, "1").await, StatusCode::NOT_FOUND, "{forged}");
        }
    }
    assert_eq!(office.waiting().await, 1);
    assert_eq!(office.tell(&hook, "").await, StatusCode::NO_CONTENT);
    assert_eq!(office.tell(&hook, &"1".repeat(70_000)).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(office.tell(&hook, "ticket[id]=1&status=closed").await, StatusCode::NO_CONTENT);
    assert_eq!(office.waiting().await, 0, "nobody waits on a closed ticket");
    assert!(office.ana.get(&link).await.body.contains("note warn\" id=\"invited"), "the link is over");
    assert!(office.ana.get(&path).await.body.contains("id=\"closed\""));
    assert_eq!(office.ana.post(&format!("{path}/notices"), &[]).await.status, StatusCode::BAD_REQUEST);
    office.relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_without_webhooks_is_asked_before_somebody_is_told() {
    let mut office = Office::open().await;
    office.ana.post(&format!("{}/notices", office.path()), &[]).await;
    office.system.close("1");
    let customer = Customer::wait(&office.relay.shared, &[(FieldKey::Email, "cida@a.example")]).await;
    let begun = Instant::now();
    while office.waiting().await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "it is not looked up");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let tenant = office.relay.shared.first_tenant;
    let ana = office.relay.shared.store.operator_by_login(tenant, "ana").await.unwrap().unwrap();
    assert!(office.relay.shared.store.came_notices(tenant, ana.id, Timestamp::UNIX_EPOCH).await.unwrap().is_empty());
    customer.leave().await;
    office.relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_on_its_tickets_are_asked_for_and_taken_back_through_the_api() {
    let office = Office::open().await;
    let (shared, tenant) = (&office.relay.shared, office.relay.shared.first_tenant);
    let path = format!("/api/v1/connections/{}/tickets/1/notices", office.id);
    let mut ana = Api::of(shared, tenant, "ana", &Scope::ALL).await;
    let mut reads = Api::of(shared, tenant, "ana", &[Scope::TicketsRead]).await;
    assert_eq!(reads.status(Method::POST, &path, None).await, 403);
    let asked = ana.call(Method::POST, &path, None).await;
    assert_eq!(asked.status, StatusCode::CREATED);
    let again = ana.call(Method::POST, &path, None).await;
    assert_eq!(json(&again)["id"], json(&asked)["id"], "asked again it is the same");
    assert_eq!(reads.get(&path).await["items"].as_array().unwrap().len(), 1);
    let one = format!("{path}/{}", json(&asked)["id"]);
    operator(shared, tenant, "bia", ATTENDS).await;
    let mut bia = Api::of(shared, tenant, "bia", &Scope::ALL).await;
    assert_eq!(bia.status(Method::DELETE, &one, None).await, 403, "it is another's");
    assert_eq!(ana.status(Method::DELETE, &one, None).await, 204);
    assert_eq!(ana.status(Method::DELETE, &one, None).await, 404);
    let elsewhere = "/api/v1/connections/00000000000000000000000000000000/tickets/1/notices";
    assert_eq!(ana.status(Method::POST, elsewhere, None).await, 404);
    assert_eq!(ana.status(Method::POST, &path.replace("/1/", "/999/"), None).await, 409, "there is no such ticket");
    office.system.close("1");
    assert_eq!(ana.status(Method::POST, &path, None).await, 409);
    office.relay.shutdown().await.unwrap();
}
