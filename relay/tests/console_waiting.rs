//! The waiting list in the console: pieces of it, filters, and what a browser is told of changes.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use std::time::Duration;

use amparo_relay::{
    account::{NewUser, Operator, Roles},
    relay::Shared,
};
use axum::{body::Body, http::Method};
use console_support::*;
use futures::StreamExt;
use jiff::Timestamp;
use protocol::{id::AppId, message::directory::FieldKey};
use store::{App, Staff};

/// As many as a page shows.
const PIECE: usize = 50;

async fn user(shared: &Shared, login: &str, roles: Roles) -> Operator {
    let user = NewUser { login: login.to_owned(), name: login.to_owned(), roles };
    shared.accounts.create(shared.first_tenant, user, Some(PASSWORD)).await.unwrap().0
}

/// An app that only these attend.
async fn app_of(shared: &Shared, name: &str, attendants: &[&Operator]) -> AppId {
    let id = AppId::from_bytes(*name.as_bytes().first_chunk().unwrap());
    let mut app = App::new(id, shared.first_tenant, name, "Varanda Sistemas", "", Timestamp::now());
    let attendants = attendants.iter().map(|who| who.id).collect();
    app.staff = Staff { everyone: false, administrators: Vec::new(), attendants };
    amparo_relay::apps::add(&*shared.store, app).await.unwrap();
    shared.apps.changed(shared.first_tenant);
    id
}

async fn named(shared: &Shared, name: &str) -> Customer {
    Customer::wait(shared, &[(FieldKey::Name, name), (FieldKey::Company, "Padaria Aurora")]).await
}

async fn to_app(shared: &Shared, app: AppId, name: &str) -> Customer {
    Customer::register(shared.listen(), shared.first_tenant, app, &[(FieldKey::Name, name)]).await
}

/// The rows of a page, as their numbers.
fn rows(page: &str) -> Vec<u32> {
    let list = page.split("id=\"waiting-rows\"").nth(1).unwrap().split("</tbody>").next().unwrap();
    list.split("<tr id=\"w-").skip(1).map(|row| row.split('"').next().unwrap().parse().unwrap()).collect()
}

/// Where a link of the list's own leads.
fn link(page: &str, word: &str) -> Option<String> {
    let pages = page.split("id=\"waiting-pages\"").nth(1)?.split("</nav>").next()?;
    let before = pages.split(&format!(">{word}<")).next().filter(|before| *before != pages)?;
    Some(before.rsplit("href=\"").next()?.split('"').next()?.replace("&#38;", "&").replace("&amp;", "&"))
}

struct Live {
    chunks: axum::body::BodyDataStream,
    heard: String,
}

impl Live {
    async fn open(browser: &Browser, path: &str) -> Self {
        let request = browser.request(Method::GET, path).header("sec-fetch-site", "same-origin");
        let answer = browser.open(request.body(Body::empty()).unwrap()).await;
        assert!(answer.status().is_success(), "{path}");
        Self { chunks: answer.into_body().into_data_stream(), heard: String::new() }
    }

    /// What is said up to and with this.
    async fn until(&mut self, wanted: &str) -> String {
        let listening = async {
            loop {
                if let Some(at) = self.heard.find(wanted) {
                    return self.heard.drain(..at + wanted.len()).collect();
                }
                let chunk = self.chunks.next().await.expect("the stream goes on").unwrap();
                self.heard.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        tokio::time::timeout(Duration::from_secs(20), listening).await.unwrap_or_else(|_| panic!("{wanted} is said"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_is_shown_in_pieces_that_a_link_leads_through() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    user(shared, "ana", EVERYTHING).await;
    let mut ana = Browser::new(shared);
    ana.log_in("ana", PASSWORD).await;
    let mut waiting = Vec::new();
    for n in 0..PIECE {
        waiting.push(named(shared, &format!("Cliente {n}")).await);
    }
    let whole = ana.get("/").await.body;
    assert_eq!(link(&whole, "Mostrar mais"), None, "a full page has no next one");
    for n in PIECE..PIECE + 3 {
        waiting.push(named(shared, &format!("Cliente {n}")).await);
    }
    let ids: Vec<u32> = waiting.iter().map(|customer| customer.registered.id.number()).collect();
    let first = ana.get("/").await.body;
    assert_eq!(rows(&first), ids[..PIECE], "who waits longest comes first");
    assert!(first.contains("id=\"n-waiting\">53<"), "all are counted");
    let next = link(&first, "Mostrar mais").unwrap();
    let second = ana.get(&next).await.body;
    assert_eq!(rows(&second), ids[PIECE..]);
    assert_eq!(link(&second, "Mostrar mais"), None);
    assert_eq!(rows(&ana.get(&link(&second, "Quem espera há mais tempo").unwrap()).await.body), ids[..PIECE]);

    // Whoever stood at the end of the first piece leaves: the second is where it was.
    waiting.remove(PIECE - 1).leave().await;
    let gone = async {
        while shared.directory.waiting_count(shared.first_tenant) > PIECE + 2 {
            tokio::task::yield_now().await
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.unwrap();
    assert_eq!(rows(&ana.get(&next).await.body), ids[PIECE..]);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_filtered_by_what_was_typed_the_id_and_the_app() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    let ana = user(shared, "ana", ATTENDS).await;
    let other = user(shared, "outra", ATTENDS).await;
    let fiscal = app_of(shared, "Aplicativo Fiscal", &[&ana]).await;
    let hidden = app_of(shared, "Baixo Sigilo Total", &[&other]).await;
    let mut browser = Browser::new(shared);
    browser.log_in("ana", PASSWORD).await;
    let cida = named(shared, "Cida Nogueira").await;
    let tomas = to_app(shared, fiscal, "Tomás Prado").await;
    let secret = to_app(shared, hidden, "Cida Secreta").await;
    let [cida, tomas, secret] = [&cida, &tomas, &secret].map(|customer| customer.registered.id);
    let mut found = async |address: &str| rows(&browser.get(&format!("/?{address}")).await.body);
    assert_eq!(found("").await, [cida.number(), tomas.number()], "whom others attend is not seen");
    assert_eq!(found("q=CIDA").await, [cida.number()]);
    assert_eq!(found("q=aurora").await, [cida.number()], "the company too");
    assert_eq!(found("q=tom%C3%A1s").await, [tomas.number()]);
    assert_eq!(
        found(&format!("q={}", tomas.to_string().replace(' ', "+"))).await,
        [tomas.number()],
        "an ID as it is read out"
    );
    assert_eq!(found(&format!("q={}", secret.number())).await, [] as [u32; 0]);
    assert_eq!(found(&format!("app={fiscal}")).await, [tomas.number()]);
    assert_eq!(found(&format!("app={fiscal}&q=cida")).await, [] as [u32; 0]);
    assert_eq!(found(&format!("app={hidden}")).await, [] as [u32; 0], "an app of others has nobody");
    for address in ["app=nonsense", "q=%00%FF", "q=ninguem", "app=%27%22%3E"] {
        assert_eq!(found(address).await, [] as [u32; 0], "{address}");
    }
    for address in
        ["after=", "after=x", "after=-", "after=1-", "after=999999999999999999999999999999999999999999-1", "after=1-1"]
    {
        assert_eq!(found(address).await.len(), 2, "what is no place is the beginning: {address}");
    }
    assert_eq!(found(&format!("q={}", "x".repeat(20_000))).await, [] as [u32; 0]);
    let page = browser.get("/?q=cida%22%3E%3Cscript%3E").await.body;
    assert!(
        page.contains("id=\"n-found\">0 de 2<") && page.contains("Nada encontrado") && !page.contains("<script>\"")
    );
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_told_of_what_it_shows_and_of_all_who_come_and_go() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    let ana = user(shared, "ana", ATTENDS).await;
    let other = user(shared, "outra", ATTENDS).await;
    app_of(shared, "Aplicativo Fiscal", &[&ana]).await;
    let hidden = app_of(shared, "Baixo Sigilo Total", &[&other]).await;
    let mut browser = Browser::new(shared);
    browser.log_in("ana", PASSWORD).await;
    let mut filtered = Live::open(&browser, "/live?q=nogueira").await;
    let mut news = Live::open(&browser, "/live?only=news").await;
    filtered.until("event: news").await;
    assert!(!news.until("\"waiting\":0").await.contains("event: rows"), "a page without lists is sent none");

    to_app(shared, hidden, "Vera Nogueira").await.leave().await;
    let rosa = named(shared, "Rosa Lima").await;
    let cida = named(shared, "Cida Nogueira").await;
    let id = |customer: &Customer| format!("w-{}", customer.registered.id.number());
    let said = filtered.until(&format!("tr id=\"{}\"", id(&cida))).await;
    assert!(!said.contains(&format!("tr id=\"{}\"", id(&rosa))), "the filter does not let Rosa through: {said}");
    let said = news.until("Cida Nogueira").await;
    assert!(said.contains("Rosa Lima") && !said.contains("Vera"), "everybody of one's own apps is announced: {said}");
    assert!(filtered.until("1 de 2").await.contains("id=\"n-waiting\" hx-swap-oob=\"true\">2<"));

    let (rosa_id, cida_id) = (id(&rosa), id(&cida));
    rosa.leave().await;
    news.until(&format!("\"gone\":[\"{rosa_id}\"]")).await;
    cida.leave().await;
    filtered.until(&format!("<tr id=\"{cida_id}\" hx-swap-oob=\"delete\"")).await;
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_behind_the_piece_moves_up_when_somebody_leaves() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    user(shared, "ana", EVERYTHING).await;
    let mut browser = Browser::new(shared);
    browser.log_in("ana", PASSWORD).await;
    let mut waiting = Vec::new();
    for n in 0..PIECE {
        waiting.push(named(shared, &format!("Cliente {n}")).await);
    }
    let mut live = Live::open(&browser, "/live").await;
    live.until("event: news").await;
    let last = named(shared, "Por Último").await;
    let said = live.until("\"came\":[{").await;
    assert!(!said.contains(&format!("tr id=\"w-{}\"", last.registered.id.number())), "there is no room for a row");
    assert!(said.contains(">Mostrar mais<"), "and the way to it is there");
    let said = live.until("}]").await;
    assert!(said.contains(&format!("\"href\":\"/?q={}\"", last.registered.id.number())), "its row is found: {said}");
    waiting.remove(0).leave().await;
    live.until(&format!("tr id=\"w-{}\"", last.registered.id.number())).await;
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_is_shown_as_the_company_classifies_them_and_with_all_they_typed() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    user(shared, "ana", EVERYTHING).await;
    let mut ana = Browser::new(shared);
    ana.log_in("ana", PASSWORD).await;
    let form = [("subject", "Nota"), ("name", "Cida"), ("email", "cida@a.example"), ("company", "Padaria")];
    ana.post("/tickets", &form).await;
    let filter = store::ContactFilter { search: "cida".into(), after: None, limit: 9 };
    let id = shared.store.contacts(shared.first_tenant, &filter).await.unwrap()[0].customer.id.0;
    let contact = format!("/customers/{id}");
    let change = async |ana: &mut Browser, class: &str, email: &str| {
        let form = [("name", "Cida"), ("email", email), ("company", "Padaria"), ("class", class)];
        ana.post(&contact, &form).await.status
    };
    change(&mut ana, "Ouro <b>", "cida@a.example").await;
    let typed = [
        (FieldKey::Name, "Cidinha"),
        (FieldKey::Email, "CIDA@a.example"),
        (FieldKey::Phone, "11 5555-0100"),
        (FieldKey::Document, "12.345/0001"),
        (FieldKey::Subject, "Impressora"),
    ];
    let cida = Customer::wait(shared, &typed).await;
    let stranger = named(shared, "Rita").await;
    let page = ana.get("/").await.body;
    assert!(page.contains("<span class=\"tag\">Ouro &#60;b&#62;</span>") && page.contains("Impressora"), "{page}");
    assert_eq!(page.matches("class=\"tag\"").count(), 1, "nobody knows Rita");
    for shown in ["CIDA@a.example", "11 5555-0100", "12.345/0001"] {
        assert_eq!(page.matches(shown).count(), 1, "{shown}");
    }
    let origin = format!("&#38;company={}\"", shared.first_tenant);
    let connect = format!("href=\"amparo:connect?id={}&#38;at=", cida.registered.id.number());
    let rest = page.split_once(&connect).expect("the attendant's program is one click away").1;
    assert!(rest.split_once('"').unwrap().0.ends_with(origin.trim_end_matches('"')), "{rest:.200}");
    assert_eq!(rows(&ana.get("/?q=ouro").await.body), [cida.registered.id.number()]);

    // A change is told to whoever looks, and what is no more her address does not stand for her.
    let mut live = Live::open(&ana, "/live").await;
    live.until("event: rows").await;
    change(&mut ana, "Prata", "cida@a.example").await;
    live.until("Prata").await;
    assert!(!ana.get("/").await.body.contains("Ouro"));
    change(&mut ana, "Prata", "outra@a.example").await;
    live.until(&format!("w-{}", cida.registered.id.number())).await;
    assert!(!ana.get("/").await.body.contains("Prata"));
    // A form without the field leaves it, and a long one is cut.
    ana.post(&contact, &[("name", "Cida"), ("email", "cida@a.example")]).await;
    assert!(ana.get("/").await.body.contains("Prata"));
    change(&mut ana, &"é".repeat(400), "cida@a.example").await;
    let known = shared.store.contacts(shared.first_tenant, &filter).await.unwrap().remove(0);
    assert_eq!(known.class, "é".repeat(40));
    drop((cida, stranger));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_app_says_how_many_wait_and_whether_it_is_open_to_whoever_administers_it() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    let chief = user(shared, "chefe", EVERYTHING).await;
    let rui = user(shared, "rui", Roles { attend: true, ..Roles::default() }).await;
    let fiscal = app_of(shared, "Fiscal de manhã e tarde", &[&rui, &chief]).await;
    let mut app = shared.store.app(fiscal).await.unwrap();
    // Never open.
    app.availability.by_hours = true;
    app.availability.hours = std::array::from_fn(|_| Vec::new());
    shared.store.update_app(&app).await.unwrap();
    shared.apps.changed(shared.first_tenant);
    let mut browser = Browser::new(shared);
    browser.log_in("chefe", PASSWORD).await;
    let line = |page: &str| {
        let (_, row) = page.split_once(&format!("<tr id=\"a-{fiscal}\"")).unwrap_or_else(|| panic!("{page}"));
        row.split("</tr>").next().unwrap().to_owned()
    };
    assert!(line(&browser.get("/").await.body).contains("fora do horário"));
    let mut live = Live::open(&browser, "/live").await;
    live.until("event: rows").await;
    let waits = to_app(shared, fiscal, "Rita").await;
    live.until("1 na fila, 0 em sessão · fora do horário").await;
    let mut of_rui = Browser::new(shared);
    of_rui.log_in("rui", PASSWORD).await;
    assert!(!of_rui.get("/").await.body.contains("id=\"app-rows\""), "no indicators for attendants");
    drop(waits);
    relay.shutdown().await.unwrap();
}
