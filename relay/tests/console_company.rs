//! The company's page: what it takes, who may, what two administrators at once are told, and that everything follows it.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use std::{sync::Arc, time::Duration};

use amparo_relay::{
    console::Source,
    relay::{Running, Shared},
};
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use console_support::*;
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use protocol::{
    id::{DeviceId, SessionId, TenantId},
    message::{ShownText, grant::Grants, pairing::CloseReason, request::Attended, ticket::TicketChoice},
};
use store::{Ended, Hour, Language, NewSession, Started, Tenant};

/// Half a day apart, all the year round.
const ZONES: [&str; 2] = ["America/Sao_Paulo", "Asia/Tokyo"];

async fn office() -> (Running, tempfile::TempDir, Browser) {
    let (relay, folder) = relay().await;
    operator(&relay.shared, relay.shared.first_tenant, "chefe", EVERYTHING).await;
    let chief = log_in(&relay.shared, "chefe").await;
    (relay, folder, chief)
}

async fn log_in(shared: &Arc<Shared>, login: &str) -> Browser {
    let mut browser = Browser::new(shared);
    browser.log_in(login, PASSWORD).await;
    assert!(browser.cookie.is_some(), "{login} is not in");
    browser
}

async fn recorded(shared: &Shared) -> Tenant {
    shared.store.tenant(shared.first_tenant).await.unwrap()
}

/// What the company's form sends.
fn form<'a>(name: &'a str, language: &'a str, zone: &'a str) -> [(&'a str, &'a str); 3] {
    [("name", name), ("language", language), ("time_zone", zone)]
}

/// What a page's form remembers to have begun with.
fn base(page: &str) -> String {
    let value = page.split("name=\"_base\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    value.replace("&#34;", "\"").replace("&quot;", "\"").replace("&#x22;", "\"")
}

/// What is chosen in this list.
fn chosen<'a>(page: &'a str, list: &str) -> Vec<&'a str> {
    let list = page.split(&format!("<select class=\"in\" id=\"{list}\"")).nth(1).unwrap().split("</select>").next();
    let options = list.unwrap().split("<option value=\"").skip(1);
    options.filter(|option| option.contains(" selected")).map(|option| option.split('"').next().unwrap()).collect()
}

async fn lines(shared: &Shared) -> Vec<store::AuditEntry> {
    let all = shared.store.audit_list(shared.first_tenant, 100).await.unwrap();
    all.into_iter().filter(|line| line.what == "company.changed").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_company_is_changed_and_the_log_says_who_what_before_and_after() {
    let (relay, _folder, mut chief) = office().await;
    let shared = &relay.shared;
    for (language, words) in [
        ("pt-BR", ["Empresa", "Idioma padrão", "Fuso horário", "Mais usados"]),
        ("en", ["Company", "Default language", "Time zone", "Used most"]),
        ("es", ["Empresa", "Idioma predeterminado", "Zona horaria", "Más usadas"]),
    ] {
        chief.language = language;
        let page = chief.get("/company").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(words.iter().all(|word| page.body.contains(word)), "{language}: {}", page.body);
        assert_eq!(chosen(&page.body, "language"), ["pt-BR"]);
        assert_eq!(chosen(&page.body, "time_zone"), ["America/Sao_Paulo"], "chosen once");
    }
    chief.language = "pt-BR";
    let before = recorded(shared).await;
    let saved = chief.post("/company", &form("  Varanda & Filhos ", "es", "Europe/Madrid")).await;
    assert_eq!(saved.location(), "/company?saved=1");
    let now = recorded(shared).await;
    assert_eq!(
        (now.name.as_str(), now.language, now.time_zone.as_str()),
        ("Varanda & Filhos", Language::Es, "Europe/Madrid")
    );
    assert_eq!((now.revision, now.changed.by.as_str()), (before.revision + 1, "CHEFE"));
    let page = chief.get("/company?saved=1").await.body;
    assert!(page.contains("Alterações salvas.") && page.contains("por CHEFE"), "{page}");
    assert!(page.contains("Varanda &#38; Filhos") && page.contains("Europe/Madrid (UTC+0"), "{page}");
    assert!(page.contains("href=\"/company\" title=\"Empresa\" aria-current=\"page\""), "it is in the menu");
    let log = lines(shared).await;
    assert_eq!(log.len(), 1);
    assert_eq!((log[0].who.as_str(), log[0].subject.as_str()), ("CHEFE", "Varanda Sistemas"));
    assert_eq!(
        log[0].detail,
        "name=Varanda Sistemas→Varanda & Filhos language=pt-BR→es time_zone=America/Sao_Paulo→Europe/Madrid"
    );
    assert!(chief.get("/audit").await.body.contains("Mudou os dados da empresa"));
    // The same again is no change.
    assert_eq!(
        chief.post("/company", &form("Varanda & Filhos", "es", "Europe/Madrid")).await.location(),
        "/company?saved=1"
    );
    assert_eq!((recorded(shared).await, lines(shared).await.len()), (now, 1));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_said_beside_its_field_and_nothing_is_written() {
    let (relay, _folder, mut chief) = office().await;
    let before = recorded(&relay.shared).await;
    let (name, zone) = ("Varanda Sistemas", "America/Sao_Paulo");
    let huge = "x".repeat(50_000);
    for (field, sent) in [
        ("name", form("", "pt-BR", zone)),
        ("name", form("   ", "pt-BR", zone)),
        ("name", form("a\u{7}b", "pt-BR", zone)),
        ("name", form(&huge, "pt-BR", zone)),
        ("language", form(name, "", zone)),
        ("language", form(name, "de", zone)),
        ("language", form(name, &huge, zone)),
        ("time_zone", form(name, "pt-BR", "")),
        ("time_zone", form(name, "pt-BR", "Mars/Olympus_Mons")),
        ("time_zone", form(name, "pt-BR", "Etc/Unknown")),
        ("time_zone", form(name, "pt-BR", "america/sao_paulo")),
        ("time_zone", form(name, "pt-BR", "America/../Europe/Madrid")),
        ("time_zone", form(name, "pt-BR", "../../../etc/localtime")),
        ("time_zone", form(name, "pt-BR", "America/Sao_Paulo'; DROP TABLE tenants; --")),
        ("time_zone", form(name, "pt-BR", &huge)),
    ] {
        let answer = chief.post("/company", &sent).await;
        let what = format!("{field}: {:.60?}", sent);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
        assert!(answer.body.contains(&format!("id=\"e-{field}\" role=\"alert\"")), "{what}");
        assert_eq!(answer.body.matches("aria-invalid=\"true\"").count(), 1, "{what}");
    }
    // With nothing in it every field is named; what else was typed stays; of two of one name the first counts.
    let empty = chief.post("/company", &[]).await.body;
    assert!(["name", "language", "time_zone"].iter().all(|field| empty.contains(&format!("id=\"e-{field}\""))));
    let kept = chief.post("/company", &form("Nome <Novo>", "en", "Nowhere/At_All")).await.body;
    assert!(kept.contains("value=\"Nome &#60;Novo&#62;\"") && chosen(&kept, "language") == ["en"], "{kept}");
    let twice = [("time_zone", "Mars/Olympus"), ("name", name), ("language", "es"), ("time_zone", zone)];
    assert_eq!(chief.post("/company", &twice).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let strange = [&form(name, "es", zone)[..], &[("_base", "{\"name\":"), ("_step", "take:nothing")]].concat();
    assert_eq!(chief.post("/company", &strange).await.status, StatusCode::OK, "a step that is none changes nothing");
    assert_eq!((recorded(&relay.shared).await, lines(&relay.shared).await.len()), (before, 0));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_administrators_the_second_is_told_and_what_does_not_touch_is_put_together() {
    let (relay, _folder, mut chief) = office().await;
    let shared = &relay.shared;
    operator(shared, shared.first_tenant, "dona", EVERYTHING).await;
    let mut dona = log_in(shared, "dona").await;
    let begun = base(&chief.get("/company").await.body);
    let with = |base: &str, fields: [(&'static str, &'static str); 3]| -> Vec<(&'static str, String)> {
        let fields = fields.into_iter().map(|(name, value)| (name, value.to_owned()));
        fields.chain([("_base", base.to_owned())]).collect()
    };
    let post = async |browser: &mut Browser, form: Vec<(&'static str, String)>| {
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post("/company", &form).await
    };
    let first = post(&mut dona, with(&begun, form("Varanda Sistemas", "en", "Europe/Lisbon"))).await;
    assert_eq!(first.location(), "/company?saved=1");
    // Another field: both are kept, and it is said.
    let merged = post(&mut chief, with(&begun, form("Varanda Ltda", "pt-BR", "America/Sao_Paulo"))).await;
    assert_eq!(merged.location(), "/company?saved=merged");
    let now = recorded(shared).await;
    assert_eq!(
        (now.name.as_str(), now.language, now.time_zone.as_str()),
        ("Varanda Ltda", Language::En, "Europe/Lisbon")
    );
    // The same field: nothing is written, and the second sees what the first chose.
    let stale = post(&mut dona, with(&begun, form("Varanda S.A.", "en", "Europe/Lisbon"))).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.body.contains("CHEFE mudou a empresa enquanto você editava"), "{}", stale.body);
    assert!(stale.body.contains("value=\"Varanda S.A.\"") && stale.body.contains("Varanda Ltda</span>"));
    assert_eq!(recorded(shared).await, now);
    // They take it, or insist.
    let mut taking = with(&base(&stale.body), form("Varanda S.A.", "en", "Europe/Lisbon"));
    taking.push(("_step", "take:name".to_owned()));
    let taken = post(&mut dona, taking).await;
    assert_eq!(taken.status, StatusCode::OK);
    assert!(taken.body.contains("value=\"Varanda Ltda\""));
    assert_eq!(recorded(shared).await, now, "nothing is written by taking");
    let insisted = post(&mut dona, with(&base(&stale.body), form("Varanda S.A.", "en", "Europe/Lisbon"))).await;
    assert_eq!(insisted.location(), "/company?saved=1");
    assert_eq!(recorded(shared).await.name, "Varanda S.A.");
    // Many at once: each is written or told, and none lost.
    let before = recorded(shared).await.revision;
    let mut at_once = Vec::new();
    for n in 0..6 {
        let (mut browser, name) = (chief.clone(), format!("Varanda {n}"));
        at_once.push(tokio::spawn(async move {
            browser.post("/company", &form(&name, "en", "Europe/Lisbon")).await.location().to_owned()
        }));
    }
    let mut written = 0;
    for one in at_once {
        written += u32::from(one.await.unwrap().starts_with("/company?saved="));
    }
    assert_eq!(recorded(shared).await.revision, before + written);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_who_have_just_proved_that_it_is_them_change_their_own_company() {
    let (relay, _folder, mut chief) = office().await;
    let shared = &relay.shared;
    let before = recorded(shared).await;
    let new = form("Outra", "en", "Europe/Madrid");
    let mut stranger = Browser::new(shared);
    assert_eq!(stranger.get("/company").await.location(), "/login?over=1");
    assert_eq!(stranger.post("/company", &new).await.location(), "/login?over=1");
    for (login, roles) in [
        ("ana", ATTENDS),
        ("criador", amparo_relay::account::Roles { may_create_apps: true, may_see_passwords: true, ..ATTENDS }),
    ] {
        operator(shared, shared.first_tenant, login, roles).await;
        let mut other = log_in(shared, login).await;
        assert_eq!(other.get("/company").await.status, StatusCode::FORBIDDEN, "{login}");
        assert_eq!(other.post("/company", &new).await.status, StatusCode::FORBIDDEN, "{login}");
        assert!(!other.get("/").await.body.contains("/company"), "{login} has no such entry");
    }
    // A cookie that was carried elsewhere changes nothing until its user says who they are.
    chief.source = Source([192, 0, 2, 7].into());
    let asked = chief.post("/company", &new).await;
    assert!(asked.location() == "/confirm?to=/company" || asked.status == StatusCode::UNAUTHORIZED, "{}", asked.status);
    assert_eq!(recorded(shared).await, before);
    chief.post("/confirm", &[("own", PASSWORD), ("to", "/company")]).await;
    // Another company's page is its own.
    let other = Tenant::new(TenantId::from_bytes([9; 16]), "Alheia", Timestamp::now());
    shared.store.add_tenant(&other).await.unwrap();
    let other = shared.store.tenant(other.id).await.unwrap();
    assert!(!chief.get("/company").await.body.contains("Alheia"));
    assert_eq!(chief.post("/company", &new).await.location(), "/company?saved=1");
    assert_eq!(shared.store.tenant(other.id).await.unwrap(), other);
    assert_eq!(recorded(shared).await.name, "Outra");
    relay.shutdown().await.unwrap();
}

/// A session of half a day ago, that lasted a minute.
async fn half_a_day_ago(shared: &Shared) -> (SessionId, Timestamp) {
    let (tenant, id) = (shared.first_tenant, SessionId::from_bytes([5; 16]));
    let who = shared.accounts.list(tenant).await.unwrap().remove(0).operator;
    let at = Timestamp::now() - SignedDuration::from_hours(12);
    let new = NewSession {
        id,
        tenant,
        app: shared.store.apps(tenant).await.unwrap()[0].id,
        device: DeviceId::from_entropy(77_777_777),
        fields: Vec::new(),
        attendant: who.id,
        attendant_name: who.name,
        ticket: TicketChoice::OpenNew { subject: ShownText::default() },
        dialled_at: at,
    };
    shared.store.open_session(&new).await.unwrap();
    let started = Started { granted: Grants::CONTROL, attendant_name: String::new(), at };
    shared.store.start_session(id, &started, at).await.unwrap();
    let over = at + SignedDuration::from_mins(1);
    let ended = Ended { why: CloseReason::EndedByCustomer, at: over, reconnects: 0 };
    shared.store.end_session(id, &ended, over).await.unwrap();
    (id, at)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_time_zone_moves_today_and_what_has_happened_stays_as_it_was() {
    let (relay, _folder, mut chief) = office().await;
    let shared = &relay.shared;
    let (id, at) = half_a_day_ago(shared).await;
    let stored = shared.store.session(id).await.unwrap();
    let mut seen = Vec::new();
    for zone in ZONES {
        chief.post("/company", &form("Varanda Sistemas", "pt-BR", zone)).await;
        let there = at.to_zoned(TimeZone::get(zone).unwrap());
        let day = there.date();
        // The day that it was there finds it, the days around it do not.
        let found = |from: jiff::civil::Date| format!("/history.csv?from={from}&to={from}");
        let number = stored.protocol.as_str();
        let file = chief.get(&found(day)).await.body;
        let written = there.strftime("%d/%m/%Y, %H:%M").to_string();
        assert!(file.contains(number) && file.contains(&written), "{zone} {written}: {file}");
        for other in [day.yesterday().unwrap(), day.tomorrow().unwrap()] {
            assert!(!chief.get(&found(other)).await.body.contains(number), "{zone}");
        }
        let json: serde_json::Value =
            serde_json::from_str(&chief.get("/indicators.json?range=today").await.body).unwrap();
        let today = json["by_app"][0]["sessions"].as_u64().unwrap_or(0);
        let ended = chief.get("/").await.body.contains(&format!("id=\"e-{}\"", stored.row));
        assert_eq!(ended, today == 1, "{zone}: the list of today and the indicators are of one mind");
        seen.push(today);
    }
    // Half a day ago was today where it is afternoon, and yesterday where it is morning.
    seen.sort_unstable();
    assert_eq!(seen, [0, 1]);
    assert_eq!(shared.store.session(id).await.unwrap(), stored);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_time_zone_moves_opening_hours_and_the_year_of_the_holidays() {
    let (relay, _folder, mut chief) = office().await;
    let shared = &relay.shared;
    let mut app = shared.store.apps(shared.first_tenant).await.unwrap().remove(0);
    app.availability.by_hours = true;
    app.availability.hours = std::array::from_fn(|_| vec![Hour { from_min: 8 * 60, to_min: 18 * 60 }]);
    app.revision = shared.store.update_app(&app).await.unwrap();
    shared.apps.changed(shared.first_tenant);
    // Half past nine in São Paulo, half past nine in the evening in Tokyo.
    let now: Timestamp = "2026-11-19T12:30:00Z".parse().unwrap();
    assert_eq!(shared.queue.attended(shared, &app, now).await, Attended::Open);
    chief.post("/company", &form("Varanda Sistemas", "pt-BR", "Asia/Tokyo")).await;
    let Attended::Closed { opens_unix_ms, .. } = shared.queue.attended(shared, &app, now).await else {
        panic!("it is night in Tokyo");
    };
    let opens: Timestamp = "2026-11-19T23:00:00Z".parse().unwrap();
    assert_eq!(opens_unix_ms, u64::try_from(opens.as_millisecond()).ok(), "at eight there");
    let year = Timestamp::now().to_zoned(TimeZone::get("Asia/Tokyo").unwrap()).year();
    let step = [("_step", "holidays"), ("by_hours", "1")];
    let page = chief.post(&format!("/apps/{}/availability", app.id), &step).await.body;
    assert!(page.contains(&format!("value=\"{year}-12-25\"")) && !page.contains(&format!("\"{}-12-25\"", year - 1)));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_browser_names_no_language_of_ours_the_companys_is_spoken() {
    let (relay, _folder, mut chief) = office().await;
    let shared = &relay.shared;
    let opened = [("subject", "Nota fiscal"), ("name", "Cida"), ("email", "cida@a.example")];
    assert_eq!(chief.post("/tickets", &opened).await.location(), "/tickets/1001");
    let code = shared.store.apps(shared.first_tenant).await.unwrap()[0].code.clone();
    let mut guest = Browser::new(shared);
    guest.language = "de";
    for (tag, log_in, nothing, get, changed, word) in [
        ("pt-BR", "Entrar", "Não está aqui", "Baixar", "Situação alterada", "Empresa"),
        ("en", "Log in", "Not here", "Download", "Status changed", "Company"),
        ("es", "Entrar", "No está aquí", "Descargar", "Estado cambiado", "Empresa"),
    ] {
        let saved = chief.post("/company", &form("Varanda Sistemas", tag, "America/Sao_Paulo")).await;
        assert_eq!(saved.location(), "/company?saved=1");
        let head = format!("<html lang=\"{tag}\"");
        for (path, words) in [("/login", log_in), ("/nothing", nothing), (&*format!("/d/{code}"), get)] {
            let page = guest.get(path).await.body;
            assert!(page.contains(&head), "{path}: {page}");
            assert!(page.contains(words), "{path} says {words}: {page}");
        }
        // Who has chosen speaks as they chose, whatever the company does; whoever is in and has not, as the company does.
        assert!(chief.get("/company").await.body.contains("<html lang=\"pt-BR\""));
        let mut undecided = chief.clone();
        undecided.language = "";
        let undecided = undecided.get("/company").await.body;
        assert!(undecided.contains(&head) && undecided.contains(word), "{tag}");
        // What is written on a ticket is the company's, whoever's page it comes from.
        let status = if tag == "en" { "open" } else { "waiting" };
        chief.post("/tickets/1001/change", &[("status", status)]).await;
        let (_, actions) = shared.desk.ticket(shared.first_tenant, &"1001".parse().unwrap()).await.unwrap();
        let text = &actions.last().unwrap().action.text;
        assert!(text.starts_with(changed), "{tag}: {text}");
        // A new app begins with it.
        let made = chief.post("/apps", &[("name", tag)]).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{tag}: {}", made.body);
        let id = made.location().split('/').nth(2).unwrap().parse().unwrap();
        assert_eq!(shared.store.app(id).await.unwrap().language.tag(), tag);
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_hears_of_a_new_time_zone() {
    let (relay, _folder, mut chief) = office().await;
    let shared = &relay.shared;
    let (id, _) = half_a_day_ago(shared).await;
    // Begins in the zone in which half a day ago was today.
    let now = Timestamp::now();
    let hour = |zone: &str| now.to_zoned(TimeZone::get(zone).unwrap()).hour();
    let [first, second] = if hour(ZONES[0]) >= 12 { ZONES } else { [ZONES[1], ZONES[0]] };
    chief.post("/company", &form("Varanda Sistemas", "pt-BR", first)).await;
    let request = chief.request(Method::GET, "/live").header("sec-fetch-site", "same-origin");
    let live = chief.open(request.body(Body::empty()).unwrap()).await;
    let mut chunks = live.into_body().into_data_stream();
    let mut until = async |wanted: &str| {
        let mut heard = String::new();
        let listening = async {
            while !heard.contains(wanted) {
                heard.push_str(&String::from_utf8_lossy(&chunks.next().await.expect("the stream goes on").unwrap()));
            }
        };
        tokio::time::timeout(Duration::from_secs(20), listening).await.unwrap_or_else(|_| panic!("{wanted} is said"));
    };
    let row = format!("e-{}", shared.store.session(id).await.unwrap().row);
    until(&row).await;
    chief.post("/company", &form("Varanda Sistemas", "pt-BR", second)).await;
    until(&format!("<tr id=\"{row}\" hx-swap-oob=\"delete\"")).await;
    relay.shutdown().await.unwrap();
}
