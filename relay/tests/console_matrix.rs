//! Every route asked by every kind of user, and with the things of another company: exactly those who may are answered, and what is refused
//! changes nothing.
//!
//! The table of routes is the console's own; a route whose thing in `{…}` is not known here fails the test until it is.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use std::{collections::BTreeMap, path::Path};

use amparo_relay::{
    account::{NewUser, Operator, Roles, api_token::Wanted},
    console::{Act, Route, routes},
    relay::Shared,
};
use axum::http::{Method, StatusCode};
use console_support::*;
use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::{AppId, ConnectionId, DeviceId, OperatorId, SessionId, TenantId},
    message::{
        ShownText,
        directory::{Field, FieldKey},
        grant::Grants,
        pairing::CloseReason,
        ticket::TicketChoice,
    },
};
use sqlx::{ConnectOptions, Row, sqlite::SqliteConnectOptions};
use store::{
    ActionKind, App, CustomerDetails, Ended, Event, Language, MailOutcome, NewAction, NewAppointment, NewConnection,
    NewMail, NewPasskey, NewSession, NewWebhook, Scope, Staff, Started, Tenant, TicketOf, TicketSeen,
};
use tickets::desk::Author;

/// Kinds of users, by their logins. Of the app, `ana` and `bia` are attendants and `carla` is administrator; `eva` attends another app only.
const USERS: [(&str, Roles); 7] = [
    ("nobody", NONE),
    ("eva", Roles { attend: true, ..NONE }),
    ("ana", Roles { attend: true, ..NONE }),
    ("bia", Roles { attend: true, may_see_passwords: true, ..NONE }),
    ("carla", Roles { may_create_apps: true, ..NONE }),
    ("dora", Roles { may_create_apps: true, ..NONE }),
    ("chief", Roles { admin: true, ..NONE }),
];
const NONE: Roles =
    Roles { attend: false, admin: false, may_see_passwords: false, may_create_apps: false, may_watch: false };

/// Who of those whom a route's act lets in may use it on the app's things.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Rule {
    /// Whoever the act lets in.
    Act,
    /// Whoever sees the app's customers.
    Sees,
    /// Whoever connects to them.
    Attends,
    /// Whoever changes the app.
    Edits,
    /// Whoever sees indicators of at least one app.
    Indicators,
    /// Whoever sees at least one app.
    AnyApp,
    /// `ana`, whose it is, and administrators.
    Anas,
    /// Nobody here: what it acts on exists only with a program that is connected, which other tests do.
    NotHere,
}

fn rule(route: &Route) -> Rule {
    match route.path {
        "/waiting/{id}/masked" => Rule::Sees,
        "/waiting/{id}/password" | "/waiting/{id}/credentials" => Rule::Attends,
        "/sessions/{id}" | "/sessions/{id}/receipt" => Rule::Sees,
        // See console_session.rs, listener/presence.rs and listener/offers.rs.
        "/sessions/{id}/end" | "/status" | "/next" => Rule::NotHere,
        // See console_factor.rs: nobody here has a second factor whose codes could be made anew.
        "/account/factor/codes" => Rule::NotHere,
        // It is alvo's, who is not among those who ask; console_passkeys.rs has whose it is.
        "/account/passkeys/{id}/remove" => Rule::NotHere,
        path if path.starts_with("/indicators") => Rule::Indicators,
        "/app" | "/apps/profile" => Rule::AnyApp,
        "/apps/{id}/connection" => Rule::Act,
        "/apps/{id}/archive" | "/apps/{id}/restore" | "/apps/{id}/remove" => Rule::Edits,
        "/apps/{id}/{tab}" | "/apps/{id}/code" | "/apps/{id}/preview" => Rule::Edits,
        path if path.starts_with("/apps/{id}/program/") && route.method == Method::POST => Rule::Edits,
        "/apps/{id}/logo" | "/apps/{id}/logo/remove" if route.method == Method::POST => Rule::Edits,
        path if path.starts_with("/apps/{id}/") => Rule::Sees,
        "/tokens/{id}/revoke" => Rule::Anas,
        path if path.ends_with("/notices/{id}/cancel") || path.ends_with("/returns/{id}/cancel") => Rule::Anas,
        _ => Rule::Act,
    }
}

fn may(route: &Route, login: &str, roles: Roles) -> bool {
    let by_act = match route.act {
        Act::Anybody | Act::LoggedIn => true,
        Act::Attend => roles.attend || roles.admin || roles.may_create_apps,
        Act::SeePasswords => roles.may_see_passwords,
        Act::MakeApps => roles.may_create_apps || roles.admin,
        Act::Administer => roles.admin,
    };
    by_act
        && match rule(route) {
            Rule::Act => true,
            Rule::Sees => ["ana", "bia", "carla", "chief"].contains(&login),
            Rule::Attends => ["ana", "bia"].contains(&login),
            Rule::Edits | Rule::Indicators => ["carla", "chief"].contains(&login),
            Rule::AnyApp => login != "dora",
            Rule::Anas => ["ana", "chief"].contains(&login),
            Rule::NotHere => false,
        }
}

/// Paths that use their thing up: whoever comes later finds nothing.
fn uses_up(path: &str) -> bool {
    ["remove", "revoke", "cancel", "merge", "drop", "retry", "disabled", "removed"]
        .iter()
        .any(|word| path.ends_with(word))
}

/// A form that says something, where an empty one would be refused before it is looked at who asks.
fn form(path: &str, things: &Things) -> Vec<(&'static str, String)> {
    let text =
        |pairs: &[(&'static str, &str)]| pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    match path {
        "/status" => text(&[("status", "available")]),
        "/tickets/{number}/actions" => text(&[("text", "Olá"), ("kind", "internal")]),
        "/tickets/{number}/returns" => {
            let soon = (Timestamp::now() + SignedDuration::from_hours(48)).to_string();
            vec![("at", soon[..16].to_owned())]
        }
        "/tickets/{number}/tags" | "/tickets/{number}/tags/remove" => text(&[("tag", "fiscal")]),
        "/customers/{id}" => text(&[("name", "Outro Nome")]),
        "/customers/{id}/merge" => vec![("other", things.0["other contact"].clone())],
        "/customers/fields" => text(&[("names", "Plano")]),
        "/apps" => text(&[("name", "Mais um app")]),
        "/answers" | "/answers/{id}" => text(&[("title", "Outra"), ("text", "Outro texto")]),
        "/users/{id}/disabled" => text(&[("disabled", "true")]),
        "/users/{id}" | "/users" => text(&[("name", "Alvo"), ("login", "alvo2"), ("role", "attendant")]),
        "/users/enrolments" => text(&[("certificates", "nothing")]),
        "/outbox/{id}/drop" => text(&[("why", "Registrado à mão")]),
        "/webhooks" | "/webhooks/{id}" => text(&[("address", "https://outro.example/"), ("event", "ticket.changed")]),
        "/company" => text(&[("name", "Alfa Ltda"), ("language", "pt-BR"), ("time_zone", "America/Sao_Paulo")]),
        "/mail/test" => text(&[("to", "x@y.example")]),
        "/mail/texts" => text(&[("language", "pt-BR"), ("subject", "Assunto"), ("text", "Texto")]),
        "/account/factor/off" => text(&[("own", "errada errada")]),
        "/account/factor" => text(&[("sealed", "x"), ("code", "123456")]),
        "/account/password" => text(&[("own", "errada errada"), ("password", "x"), ("again", "y")]),
        "/confirm" => text(&[("own", "errada errada")]),
        // Nobody answers there: that is said, and is an answer.
        "/users/provider" => text(&[("name", "Entra"), ("issuer", "https://127.0.0.1:1"), ("client_id", "amparo")]),
        "/apps/{id}/connection" => text(&[("connection", "")]),
        _ => Vec::new(),
    }
}

/// One thing of each kind in a company, as addresses name it, by the part of the path before it.
struct Things(BTreeMap<&'static str, String>);

impl Things {
    /// A route's path with these in it; the parts that are words of ours are the same for everybody.
    fn path(&self, path: &str) -> String {
        let words = [("{tab}", "main"), ("{system}", "windows"), ("{kind}", "webhook"), ("{guide}", "attendant")];
        let words = words.into_iter().filter(|(part, _)| !(path.starts_with("/t/") && *part == "{system}"));
        let mut filled = words.fold(path.to_owned(), |path, (part, word)| path.replace(part, word));
        filled = filled.replace("{number}", &self.0["ticket"]);
        if path.starts_with("/t/") {
            filled = filled.replace("{system}", &self.0["connections"]).replace("{ticket}", "77");
        }
        filled = filled.replace("/deliveries/{message}", "/deliveries/1");
        if filled.contains("{id}") {
            let parts: Vec<&str> = path.split('/').collect();
            let place = parts.iter().position(|part| *part == "{id}").unwrap();
            let mut of = parts[place - 1];
            if path.starts_with("/t/") {
                of = "notices elsewhere";
            }
            let thing = self.0.get(of).unwrap_or_else(|| panic!("what is the {{id}} of {path}?"));
            filled = filled.replace("{id}", thing);
        }
        assert!(!filled.contains('{'), "what are the parts of {path}?");
        filled
    }
}

async fn user(shared: &Shared, tenant: TenantId, login: &str, roles: Roles) -> Operator {
    let user = NewUser { login: login.to_owned(), name: login.to_owned(), roles };
    shared.accounts.create(tenant, user, Some(PASSWORD)).await.unwrap().0
}

/// One of everything, all of it with this mark in its name. `ana`'s are what belongs to somebody.
async fn furnish(shared: &Shared, tenant: TenantId, mark: &str, staff: Staff, ana: &Operator) -> (Things, Customer) {
    let (store, now) = (&shared.store, Timestamp::now());
    let id = *tenant.as_bytes();
    let app = App::new(AppId::from_bytes(id), tenant, &format!("App {mark}"), mark, "", now);
    let app = amparo_relay::apps::add(&**store, App { staff, ..app }).await.unwrap();
    shared.apps.changed(tenant);
    let name = format!("Cliente {mark}");
    let customer = Customer::register(shared.listen(), tenant, app.id, &[(FieldKey::Name, &name)]).await;

    let target = user(shared, tenant, &format!("alvo.{}", mark.to_lowercase()), Roles { attend: true, ..NONE }).await;
    let passkey = NewPasskey { name: "Chave", credential: &id, public_key: &id, counter: 0, made_at: now };
    store.add_passkey(tenant, target.id, passkey, &[]).await.unwrap();
    let passkey = store.passkeys(tenant, target.id).await.unwrap()[0].id;
    let author = Author { operator: ana.id, name: ana.name.clone(), language: Language::PtBr };
    let details = |name: String| CustomerDetails { name, ..CustomerDetails::default() };
    let contact = shared.desk.find_or_create_customer(tenant, &details(format!("Contato {mark}")), now).await.unwrap();
    let other = shared.desk.find_or_create_customer(tenant, &details(format!("Sósia {mark}")), now).await.unwrap();
    let subject = format!("Assunto {mark}");
    let ticket = shared.desk.open_ticket(tenant, &author, contact.id, &subject, "texto", now).await.unwrap().number;
    store.add_desk_tag(tenant, &ticket, "fiscal", 10).await.unwrap();

    let session = SessionId::from_bytes(id);
    let began = now - SignedDuration::from_mins(5);
    let new = NewSession {
        id: session,
        tenant,
        app: app.id,
        device: DeviceId::from_entropy(u64::from(id[0])),
        fields: vec![Field { key: FieldKey::Name, value: ShownText::lossy(&name) }],
        attendant: ana.id,
        attendant_name: ana.name.clone(),
        ticket: TicketChoice::Number(ticket.clone()),
        dialled_at: began,
    };
    store.open_session(&new).await.unwrap();
    let started = Started { granted: Grants::CONTROL, attendant_name: String::new(), at: began };
    store.start_session(session, &started, began).await.unwrap();
    let ended = Ended { why: CloseReason::EndedByAttendant, at: now, reconnects: 0 };
    store.end_session(session, &ended, now).await.unwrap();
    shared.outbox.notify_one();
    let outbox = store.outbox_of_session(session).await.unwrap()[0].id;

    store.write_canned_answer(tenant, None, &format!("Resposta {mark}"), "texto").await.unwrap();
    let answer = store.canned_answers(tenant).await.unwrap()[0].id;
    let message_id = format!("<{mark}@x.example>");
    let mail = NewMail { to: "x@y.example".into(), name: String::new(), subject, text: "texto".into(), message_id };
    let action = NewAction {
        author: Some(ana.id),
        author_name: ana.name.clone(),
        text: "texto".into(),
        public: true,
        kind: ActionKind::Note,
        marker: None,
        session: None,
        at: now,
    };
    store.desk_append_with_mail(tenant, &ticket, &action, &mail).await.unwrap();
    let mail = store.ticket_mails(tenant, &ticket).await.unwrap()[0].id;
    store.settle_mail(mail, &MailOutcome::Parked { why: "no".into() }, now).await.unwrap();
    let webhook = NewWebhook {
        tenant,
        address: format!("https://127.0.0.1:9/{mark}"),
        events: vec![Event::RequestMissed],
        sealed: Vec::new(),
        created_at: now,
    };
    let webhook = store.add_webhook(&webhook).await.unwrap().id.0;
    let wanted = Wanted { name: format!("Token {mark}"), scopes: vec![Scope::SessionsRead], days: 30 };
    let token = shared.accounts.make_api_token(ana, &wanted, now).await.unwrap();
    let connection = ConnectionId::from_bytes(id);
    let new = NewConnection {
        id: connection,
        tenant,
        kind: "webhook".into(),
        name: format!("Sistema {mark}"),
        settings: BTreeMap::from([("url".to_owned(), "https://127.0.0.1:9/".to_owned())]),
        sealed: Vec::new(),
    };
    store.add_connection(&new, now).await.unwrap();
    let soon = now + SignedDuration::from_hours(1);
    let mut notices = Vec::new();
    for of in [TicketOf::desk(ticket.clone()), TicketOf { system: Some(connection), number: "77".parse().unwrap() }] {
        store.add_notice(tenant, &of, &TicketSeen::default(), ana.id, now, soon).await.unwrap();
        notices.push(store.open_notices(Some((tenant, &of)), now).await.unwrap()[0].id.to_string());
    }
    let back = NewAppointment {
        tenant,
        ticket: ticket.clone(),
        operator: ana.id,
        at: now + SignedDuration::from_hours(24),
        note: format!("Retorno {mark}"),
    };
    store.add_appointment(&back, now).await.unwrap();
    let back = store.appointments_on(tenant, &ticket).await.unwrap()[0].id;
    let things = BTreeMap::from([
        ("returns", back.to_string()),
        ("waiting", customer.registered.id.number().to_string()),
        ("sessions", session.to_string()),
        ("ticket", ticket.as_str().to_owned()),
        ("customers", contact.id.0.to_string()),
        ("other contact", other.id.0.to_string()),
        ("answers", answer.to_string()),
        ("mails", mail.to_string()),
        ("webhooks", webhook.to_string()),
        ("tokens", token.id.0.to_string()),
        ("connections", connection.to_string()),
        ("notices", notices[0].clone()),
        ("notices elsewhere", notices[1].clone()),
        ("apps", app.id.to_string()),
        ("users", target.id.to_string()),
        ("outbox", outbox.to_string()),
        ("passkeys", passkey.0.to_string()),
    ]);
    (Things(things), customer)
}

/// Everything on record but when logins were used last.
async fn records(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let mut file =
        SqliteConnectOptions::new().filename(folder.join(amparo_relay::relay::DATABASE)).connect().await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('logins', 'sqlite_sequence')",
    )
    .fetch_all(&mut file)
    .await
    .unwrap();
    let mut all = BTreeMap::new();
    for table in tables {
        let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?)")
            .bind(&table)
            .fetch_all(&mut file)
            .await
            .unwrap();
        let columns: Vec<String> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
        let sql = format!("SELECT {} FROM \"{table}\"", columns.join(" || ',' || "));
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut file).await.unwrap();
        all.insert(table, rows.iter().map(|row| row.get::<Option<String>, _>(0).unwrap_or_default()).collect());
    }
    all
}

/// Waits until nothing is under way by itself.
async fn settled(shared: &Shared) {
    for _ in 0..400 {
        if shared.store.next_due().await.unwrap().is_none() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("sessions are not told");
}

async fn ask(browser: &mut Browser, csrf: &str, route: &Route, things: &Things) -> Answer {
    let path = things.path(route.path);
    let own = format!("https://{}", browser.host);
    let same = ("sec-fetch-site", "same-origin");
    if route.method != Method::POST {
        let request = browser.request(Method::GET, &path).header(same.0, same.1);
        let answer = browser.open(request.body(axum::body::Body::empty()).unwrap()).await;
        let (parts, body) = answer.into_parts();
        // A live stream has no end.
        let body = if route.path == "/live" { String::new() } else { text(body).await };
        return Answer { status: parts.status, headers: parts.headers, body };
    }
    if route.path == "/apps/{id}/logo" || route.path == "/customers/import" {
        let body = format!("--xx\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{csrf}\r\n--xx--\r\n");
        let request = browser.request(Method::POST, &path).header("content-type", "multipart/form-data; boundary=xx");
        let request = request.header("origin", own).header(same.0, same.1);
        return browser.send(request.body(body.into()).unwrap()).await;
    }
    let form = form(route.path, things);
    let mut fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.push(("_csrf", csrf));
    browser.post_bare(&path, &fields, &[("origin", &own), same, ("hx-request", "true")]).await
}

async fn text(body: axum::body::Body) -> String {
    String::from_utf8_lossy(&axum::body::to_bytes(body, 64 << 20).await.unwrap()).into_owned()
}

fn is_refused(answer: &Answer) -> bool {
    // A wrong password is an answer too.
    matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND)
        || answer.headers.get("location").is_some_and(|to| to.to_str().unwrap().starts_with("/login"))
        || answer.headers.get("hx-redirect").is_some_and(|to| to.to_str().unwrap().starts_with("/login"))
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_those_who_may_are_answered_and_what_is_refused_changes_nothing() {
    let (relay, folder) = relay_with_a_name().await;
    let (shared, tenant) = (&relay.shared, relay.shared.first_tenant);
    let mut people: BTreeMap<&str, Operator> = BTreeMap::new();
    for (login, roles) in USERS {
        people.insert(login, user(shared, tenant, login, roles).await);
    }
    let ids = |logins: &[&str]| -> Vec<OperatorId> { logins.iter().map(|login| people[login].id).collect() };
    let mut first = shared.store.apps(tenant).await.unwrap().remove(0);
    first.staff = Staff { everyone: false, administrators: Vec::new(), attendants: ids(&["eva"]) };
    shared.store.update_app(&first).await.unwrap();
    let staff = Staff { everyone: false, administrators: ids(&["carla"]), attendants: ids(&["ana", "bia"]) };
    let (mine, _customer) = furnish(shared, tenant, "Alfa", staff, &people["ana"]).await;

    let other = Tenant {
        time_zone: "UTC".to_owned(),
        ..Tenant::new(TenantId::from_bytes([9; 16]), "Beta Ltda", Timestamp::now())
    };
    shared.store.add_tenant(&other).await.unwrap();
    let spy = user(shared, other.id, "espia", EVERYTHING).await;
    let author = Author { operator: spy.id, name: spy.name.clone(), language: Language::PtBr };
    let details = CustomerDetails { name: "Beta".to_owned(), ..CustomerDetails::default() };
    let contact = shared.desk.find_or_create_customer(other.id, &details, Timestamp::now()).await.unwrap();
    // The two companies' tickets have different numbers.
    for _ in 0..3 {
        shared.desk.open_ticket(other.id, &author, contact.id, "Beta", "texto", Timestamp::now()).await.unwrap();
    }
    let staff = Staff { everyone: true, administrators: vec![spy.id], attendants: vec![spy.id] };
    let (theirs, _other) = furnish(shared, other.id, "Beta", staff, &spy).await;
    settled(shared).await;

    let mut browsers: BTreeMap<&str, (Browser, String)> = BTreeMap::new();
    for (login, _) in USERS {
        let mut browser = Browser::new(shared);
        browser.host = NAME.to_owned();
        browser.log_in(login, PASSWORD).await;
        let csrf = browser.csrf().await;
        assert!(!csrf.is_empty(), "{login} is not in");
        browsers.insert(login, (browser, csrf));
    }
    // Everything in the other company, come in by its own door; there the first one's things are not.
    let word = "beta".parse().unwrap();
    shared.store.set_tenant_word(other.id, &word).await.unwrap();
    let mut outsider = Browser::new(shared);
    outsider.host = NAME.to_owned();
    assert_eq!(outsider.log_in_at("beta", "espia", PASSWORD).await.location(), "/");
    let outside = outsider.csrf().await;
    let mut stranger = Browser::new(shared);
    stranger.host = NAME.to_owned();
    let guarded: Vec<Route> = routes().into_iter().filter(|route| route.act != Act::Anybody).collect();
    let before = records(folder.path()).await;
    let (mut refused, mut wrong) = (0, Vec::new());
    let expect = |wrong: &mut Vec<String>, what: String, answer: &Answer, is: bool| {
        if is_refused(answer) != is {
            wrong.push(format!("{what}: {}", answer.status));
        }
    };
    for route in &guarded {
        expect(&mut wrong, format!("stranger {route:?}"), &ask(&mut stranger, "", route, &mine).await, true);
        refused += 1;
        let named = ["{id}", "{number}", "/t/"].iter().any(|part| route.path.contains(part));
        // Numbers of tickets are there in both.
        if named && !route.path.contains("{number}") {
            let answer = ask(&mut outsider, &outside, route, &mine).await;
            expect(&mut wrong, format!("the other company's administrator {route:?}"), &answer, true);
            refused += 1;
            assert!(!answer.body.contains("Alfa"), "{route:?} tells the other company something");
        }
        for (login, roles) in USERS {
            let (browser, csrf) = browsers.get_mut(login).unwrap();
            if !may(route, login, roles) {
                let answer = ask(browser, csrf, route, &mine).await;
                expect(&mut wrong, format!("{login} {route:?}"), &answer, true);
                refused += 1;
                assert!(
                    !answer.body.contains("Alfa") && !answer.body.contains("Beta"),
                    "{login} {route:?} tells something"
                );
            }
            // With what is another company's nobody gets anywhere, an administrator least of all.
            if named {
                let answer = ask(browser, csrf, route, &theirs).await;
                expect(&mut wrong, format!("{login} of another company {route:?}"), &answer, true);
                refused += 1;
                assert!(!answer.body.contains("Beta"), "{login} {route:?} tells something");
            }
        }
    }
    let after = records(folder.path()).await;
    let changed = after.iter().flat_map(|(table, rows)| {
        let new = rows.iter().filter(|row| !before[table].contains(row));
        new.map(move |row| format!("a refused request has written into {table}: {row}"))
    });
    wrong.extend(changed);
    let gone = before.iter().flat_map(|(table, rows)| {
        rows.iter()
            .filter(|row| !after[table].contains(row))
            .map(move |row| format!("… and changed or removed in {table}: {row}"))
    });
    wrong.extend(gone);

    for route in &guarded {
        if route.path == "/logout" || route.path == "/live" {
            continue;
        }
        let allowed = USERS.iter().filter(|(login, roles)| may(route, login, *roles));
        for (login, _) in allowed.take(if uses_up(route.path) { 1 } else { usize::MAX }) {
            let (browser, csrf) = browsers.get_mut(login).unwrap();
            let answer = ask(browser, csrf, route, &mine).await;
            // What is made of the thing's own state is that there is none, and said.
            let none = [
                route.path.ends_with("/deliveries/{message}/retry"),
                route.path == "/outbox/{id}/retry",
                route.path == "/outbox/{id}/drop",
                route.path.contains("/program/"),
                route.path.ends_with("/logo") && route.method == Method::GET,
            ];
            if !none.contains(&true) {
                expect(&mut wrong, format!("{login} {route:?}"), &answer, false);
            }
            assert!(!answer.body.contains("Beta"), "{login} {route:?} tells something of another company");
        }
    }
    // What every page shows the other company's administrator is theirs.
    let pages = guarded.iter().filter(|route| route.method == Method::GET && route.path != "/live");
    for route in pages {
        let answer = ask(&mut outsider, &outside, route, &theirs).await;
        if !route.path.contains("/program/") && !route.path.ends_with("/logo") {
            expect(&mut wrong, format!("the other company's administrator at home {route:?}"), &answer, false);
        }
        let told = ["Alfa", "Varanda Sistemas"].into_iter().find(|told| answer.body.contains(told));
        assert_eq!(told, None, "{route:?} tells the other company something");
    }

    assert!(wrong.is_empty(), "{} of the answers are not as they should be:\n{}", wrong.len(), wrong.join("\n"));
    println!("{refused} refusals of {} routes", guarded.len());
    relay.shutdown().await.unwrap();
}
