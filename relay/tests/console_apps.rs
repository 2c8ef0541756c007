//! Apps in the console: who makes, changes and attends which, and what becomes of two who change the same.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use std::sync::Arc;

use amparo_relay::{
    account::{Operator, Roles},
    relay::Shared,
};
use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use console_support::*;
use jiff::Timestamp;
use protocol::{
    id::{AppId, DeviceId},
    message::directory::FieldKey,
};
use store::{App, Staff};

const MAKES: Roles =
    Roles { attend: true, admin: false, may_see_passwords: true, may_create_apps: true, may_watch: false };
const SEES: Roles =
    Roles { attend: true, admin: false, may_see_passwords: true, may_create_apps: false, may_watch: false };

async fn user(shared: &Shared, login: &str, roles: Roles) -> Operator {
    operator(shared, shared.first_tenant, login, roles).await;
    let users = shared.accounts.list(shared.first_tenant).await.unwrap();
    users.into_iter().map(|u| u.operator).find(|o| o.login == login).unwrap()
}

async fn browser(shared: &Arc<Shared>, login: &str) -> Browser {
    let mut browser = Browser::new(shared);
    browser.log_in(login, PASSWORD).await;
    browser
}

/// Another app, with just these people.
async fn app_of(shared: &Shared, name: &str, administrators: &[&Operator], attendants: &[&Operator]) -> App {
    let ids = |people: &[&Operator]| people.iter().map(|o| o.id).collect();
    let staff = Staff { everyone: false, administrators: ids(administrators), attendants: ids(attendants) };
    let id =
        AppId::from_bytes(name.as_bytes().iter().copied().cycle().take(16).collect::<Vec<_>>().try_into().unwrap());
    let app = App { staff, ..App::new(id, shared.first_tenant, name, "Varanda Sistemas", "", Timestamp::now()) };
    let app = amparo_relay::apps::add(&*shared.store, app).await.unwrap();
    shared.apps.changed(shared.first_tenant);
    app
}

async fn read(shared: &Shared, id: AppId) -> App {
    shared.store.app(id).await.unwrap()
}

/// What a form remembers to have begun with.
fn base(page: &str) -> String {
    let value = page.split("name=\"_base\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    value.replace("&#34;", "\"").replace("&quot;", "\"").replace("&#x22;", "\"")
}

const LOOK: [(&str, &str); 5] =
    [("title", "Ajuda"), ("company", "Varanda"), ("accent", "#A02F4F"), ("welcome", ""), ("phone", "")];

fn with<'a>(form: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all: Vec<_> = form.iter().filter(|(n, _)| !more.iter().any(|(m, _)| m == n)).copied().collect();
    all.extend(more);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_made_configured_in_every_tab_and_downloaded_by_a_customer() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    let chief = user(shared, "chefe", EVERYTHING).await;
    let ana = user(shared, "ana", ATTENDS).await;
    let mut b = browser(shared, "chefe").await;
    assert_eq!(b.post("/apps", &[("name", "  ")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let made = b.post("/apps", &[("name", "Varanda Fiscal")]).await;
    let place = made.location().strip_suffix("/parameters").unwrap().to_owned();
    let id: AppId = place.rsplit('/').next().unwrap().parse().unwrap();
    for tab in ["main", "parameters", "look", "administrators", "attendants", "availability", "wrap-up", "download"] {
        let page = b.get(&format!("{place}/{tab}")).await;
        assert_eq!(page.status, StatusCode::OK, "{tab}");
        assert!(page.body.contains("Varanda Fiscal") && page.body.contains("aria-current=\"page\""), "{tab}");
    }
    let first = read(shared, shared.store.apps(shared.first_tenant).await.unwrap()[0].id).await;
    let (ana_id, chief_id, first_id) = (ana.id.to_string(), chief.id.to_string(), first.id.to_string());
    let (place_ana, place_chief) = (format!("place-{ana_id}"), format!("place-{chief_id}"));
    let mut hours: Vec<(String, &str)> = Vec::new();
    for day in 0..7 {
        for (name, value) in [("from", "09:00"), ("to", "12:00"), ("from", ""), ("to", "")] {
            hours.push((format!("{name}{day}"), value));
        }
    }
    let mut availability: Vec<(&str, &str)> = hours.iter().map(|(n, v)| (n.as_str(), *v)).collect();
    availability.extend([
        ("by_hours", "1"),
        ("holiday_date", "2026-12-25"),
        ("holiday_name", "Natal"),
        ("overflow", &first_id),
        ("overflow", ""),
        ("distribute", "1"),
        ("answer_s", "45"),
    ]);
    let asks = [
        ("ask_name", "required"),
        ("ask_email", "hidden"),
        ("ask_company", "optional"),
        ("ask_phone", "hidden"),
        ("ask_document", "required"),
        ("ask_subject", "optional"),
    ];
    let people = [("people", ana_id.as_str()), (&place_ana, "2"), ("people", &chief_id), (&place_chief, "1")];
    let wrap_up = [("category", "Resolvido"), ("category_kind", "solved"), ("required", "1"), ("note", "hidden")];
    for (tab, form) in [
        ("main", vec![("name", "Fiscal"), ("quiet_updates", "1")]),
        ("parameters", asks.to_vec()),
        ("look", LOOK.to_vec()),
        ("administrators", vec![("people", chief_id.as_str())]),
        ("attendants", people.to_vec()),
        ("availability", availability),
        ("wrap-up", wrap_up.to_vec()),
    ] {
        let saved = b.post(&format!("{place}/{tab}"), &form).await;
        assert_eq!(
            (saved.status, saved.location()),
            (StatusCode::SEE_OTHER, format!("{place}/{tab}?saved=1").as_str())
        );
        assert!(b.get(saved.location()).await.body.contains("Alterações salvas"));
    }
    let app = read(shared, id).await;
    assert_eq!((app.name.as_str(), app.title.as_str(), app.accent.as_str()), ("Fiscal", "Ajuda", "A02F4F"));
    assert_eq!((app.staff.everyone, &app.staff.attendants), (false, &vec![chief.id, ana.id]));
    assert_eq!((app.availability.by_hours, app.availability.answer_s), (true, 45));
    assert_eq!((app.availability.overflow.clone(), app.availability.holidays.len()), (vec![first.id], 1));
    assert!(app.wrap_up.required && app.wrap_up.categories[0].solved);
    assert!(app.quiet_updates);
    assert_eq!(app.changed.by, "CHEFE");

    // A customer with the link, or with the code alone.
    let mut customer = Browser::new(shared);
    customer.language = "en";
    assert_eq!(customer.get(&format!("/d?code={}", app.code)).await.location(), format!("/d/{}", app.code));
    assert_eq!(customer.get("/d?code=12").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(customer.get("/d/12").await.status, StatusCode::NOT_FOUND);
    let page = customer.get(&format!("/d/{}", app.code)).await.body;
    assert!(page.contains("Ajuda") && page.contains("Support from Varanda") && page.contains("accent=A02F4F"));
    let file = customer.get(&format!("/d/{}/profile", app.code)).await;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(customer.get(&format!("/d/{}/logo", app.code)).await.headers[header::CONTENT_TYPE], "image/png");
    assert!(shared.store.root_is_trusted(shared.first_tenant).await.unwrap(), "somebody has a profile now");

    let old = app.code.clone();
    b.post(&format!("{place}/code"), &[]).await;
    let code = read(shared, id).await.code;
    assert_ne!(code, old);
    for works in [&old, &code] {
        assert_eq!(customer.get(&format!("/d/{works}")).await.status, StatusCode::OK);
    }
    assert!(b.get(&format!("{place}/qr.svg")).await.body.starts_with("<svg"));
    assert_eq!(b.get(&format!("{place}/qr.png")).await.headers[header::CONTENT_TYPE], "image/png");
    let audit: Vec<String> =
        shared.store.audit_list(shared.first_tenant, 50).await.unwrap().into_iter().map(|line| line.what).collect();
    for what in ["app.made", "app.changed", "app.code.changed", "profile.downloaded"] {
        assert!(audit.iter().any(|line| line == what), "{what}");
    }
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_operators_on_one_tab_the_second_is_told_and_merges() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    user(shared, "bruno", EVERYTHING).await;
    user(shared, "ana", EVERYTHING).await;
    let id = shared.store.apps(shared.first_tenant).await.unwrap()[0].id;
    let place = format!("/apps/{id}/look");
    let (mut bruno, mut ana) = (browser(shared, "bruno").await, browser(shared, "ana").await);
    let began = base(&ana.get(&place).await.body);
    let was = read(shared, id).await;
    let accent = format!("#{}", was.accent);
    let form = [
        ("title", was.title.as_str()),
        ("company", &was.company),
        ("accent", &accent),
        ("welcome", ""),
        ("phone", ""),
        ("_base", &began),
    ];
    bruno.post(&place, &with(&form, &[("title", "De Bruno"), ("phone", "(11) 5555-0142")])).await;

    // She changes something else: both are kept, and she is told.
    let merged = ana.post(&place, &with(&form, &[("welcome", "Antes de começar")])).await;
    assert_eq!(merged.location(), format!("{place}?saved=merged"));
    let app = read(shared, id).await;
    assert_eq!((app.title.as_str(), app.welcome.as_str()), ("De Bruno", "Antes de começar"));
    assert!(ana.get(merged.location()).await.body.contains("outra pessoa"));

    // She changes the same: nothing is written, nothing typed is lost, and his text is there.
    let mine = with(&form, &[("title", "De Ana"), ("company", "Varanda Nova")]);
    let clash = ana.post(&place, &mine).await;
    assert_eq!(clash.status, StatusCode::CONFLICT);
    assert!(clash.body.contains("mudou este aplicativo") && clash.body.contains("value=\"De Ana\""));
    assert!(clash.body.contains("De Bruno") && clash.body.contains("value=\"Varanda Nova\""));
    assert_eq!(read(shared, id).await.title, "De Bruno");
    let began = base(&clash.body);

    let taken = ana.post(&place, &with(&mine, &[("_base", &began), ("_step", "take:title")])).await;
    assert_eq!(taken.status, StatusCode::OK);
    assert!(taken.body.contains("value=\"De Bruno\"") && taken.body.contains("value=\"Varanda Nova\""));
    assert_eq!(read(shared, id).await.company, was.company, "taking over saves nothing yet");

    let kept = ana.post(&place, &with(&mine, &[("_base", &began)])).await;
    assert_eq!(kept.location(), format!("{place}?saved=1"), "told once, she decides");
    let app = read(shared, id).await;
    assert_eq!((app.title.as_str(), app.company.as_str(), app.changed.by.as_str()), ("De Ana", "Varanda Nova", "ANA"));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_saved_is_said_beside_its_field_and_nothing_typed_is_lost() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    user(shared, "chefe", EVERYTHING).await;
    let id = shared.store.apps(shared.first_tenant).await.unwrap()[0].id;
    let before = read(shared, id).await;
    let mut b = browser(shared, "chefe").await;
    let refused = b.post(&format!("/apps/{id}/look"), &with(&LOOK, &[("accent", "vermelho")])).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("id=\"e-accent\"") && refused.body.contains("value=\"vermelho\""));
    assert!(refused.body.contains("value=\"Ajuda\""));
    let day = [("from0", "12:00"), ("to0", "08:00"), ("answer_s", "30"), ("by_hours", "1")];
    let refused = b.post(&format!("/apps/{id}/availability"), &day).await;
    assert!(refused.body.contains("id=\"e-day0\"") && refused.body.contains("value=\"08:00\""), "{}", refused.body);
    let stranger = AppId::from_bytes([9; 16]).to_string();
    let nobody = b.post(&format!("/apps/{id}/administrators"), &[("people", stranger.as_str())]).await;
    assert_eq!(nobody.status, StatusCode::BAD_REQUEST, "who is not of the company");
    assert_eq!(read(shared, id).await, before, "nothing was written");

    // Steps of the form save nothing either.
    let loaded = b.post(&format!("/apps/{id}/availability"), &[("answer_s", "33"), ("_step", "holidays")]).await.body;
    assert!(loaded.contains("Sexta-feira Santa") && loaded.contains("Natal") && loaded.contains("value=\"33\""));
    let form = [("category", "Resolvido"), ("category_kind", "solved"), ("note", "required"), ("_step", "simulate")];
    let simulated = b.post(&format!("/apps/{id}/wrap-up"), &form).await.body;
    assert!(simulated.contains("id=\"simulation\"") && simulated.contains("<span class=\"chip\">Resolvido</span>"));
    assert_eq!(read(shared, id).await, before);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn attendants_and_administrators_of_an_app_see_and_do_what_their_part_allows_and_no_more() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    user(shared, "chefe", EVERYTHING).await;
    let adm = user(shared, "adm", SEES).await;
    let ana = user(shared, "ana", SEES).await;
    let maker = user(shared, "maker", MAKES).await;
    user(shared, "outro", SEES).await;
    let fiscal = app_of(shared, "Fiscal", &[&adm, &maker], &[&ana]).await;
    let tenant = shared.first_tenant;
    let fields = [(FieldKey::Name, "Cida da Fiscal")];
    let customer = Customer::register(shared.listen(), tenant, fiscal.id, &fields).await;
    let id = customer.registered.id;

    // Sees the customer; sees indicators; password; credentials; changes the app; makes one.
    let expected = [
        ("chefe", [true, true, false, false, true, true]),
        ("adm", [true, true, false, false, false, false]),
        ("ana", [true, false, true, true, false, false]),
        ("maker", [true, true, false, false, true, true]),
        ("outro", [false, false, false, false, false, false]),
    ];
    for (login, rights) in expected {
        let mut b = browser(shared, login).await;
        let home = b.get("/").await.body;
        let sees = home.contains("Cida da Fiscal");
        let indicators = home.contains("id=\"stats\"");
        let password = show(&mut b, id).await;
        let credentials = b.post(&format!("/waiting/{}/credentials", id.number()), &[]).await.status == StatusCode::OK;
        let edits = b.get(&format!("/apps/{}/main", fiscal.id)).await.status == StatusCode::OK;
        let makes = b.get("/apps/new").await.status == StatusCode::OK;
        assert_eq!([sees, indicators, password, credentials, edits, makes], rights, "{login}");
        let badge = home.split("id=\"badge-side\">").nth(1).unwrap().split('<').next().unwrap();
        assert_eq!(badge, if sees { "1" } else { "" }, "{login}");
        let write = b.post(&format!("/apps/{}/main", fiscal.id), &[("name", "Fiscal")]).await.status;
        assert_eq!(write == StatusCode::SEE_OTHER, edits, "{login}");
        for path in ["download", "logo", "profile", "qr.svg", "qr.png"] {
            let got = b.get(&format!("/apps/{}/{path}", fiscal.id)).await.status;
            assert_eq!(got, if sees { StatusCode::OK } else { StatusCode::NOT_FOUND }, "{login} {path}");
        }
        assert_eq!(b.get("/apps").await.body.contains(&fiscal.id.to_string()), sees, "{login}");
    }
    // Nobody but the attendants of Fiscal is told of its customers by their program either.
    let reach = shared.apps.reach(&adm).await.unwrap();
    assert!(!reach.attends(fiscal.id) && reach.administers(fiscal.id));
    relay.shutdown().await.unwrap();
}

/// Whether this browser gets to see a customer's password.
async fn show(browser: &mut Browser, customer: DeviceId) -> bool {
    let (csrf, ours) = (browser.csrf().await, format!("https://{}", browser.host));
    let path = format!("/waiting/{}/password", customer.number());
    let cell = browser.post_bare(&path, &[("_csrf", &csrf)], &[("origin", &ours), ("hx-request", "true")]).await;
    cell.body.contains("data-hide ")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_becomes_an_attendant_of_an_app_sees_its_customers_without_logging_in_again() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    user(shared, "chefe", EVERYTHING).await;
    let ana = user(shared, "ana", ATTENDS).await;
    let fiscal = app_of(shared, "Fiscal", &[], &[]).await;
    let fields = [(FieldKey::Name, "Cida")];
    let _customer = Customer::register(shared.listen(), shared.first_tenant, fiscal.id, &fields).await;
    let (mut chief, mut b) = (browser(shared, "chefe").await, browser(shared, "ana").await);
    assert!(!b.get("/").await.body.contains("Cida"));
    let id = ana.id.to_string();
    let saved = chief.post(&format!("/apps/{}/attendants", fiscal.id), &[("people", &id)]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    assert!(b.get("/").await.body.contains("Cida"));
    relay.shutdown().await.unwrap();
}

async fn upload(browser: &mut Browser, path: &str, file: &[u8]) -> Answer {
    upload_beside(browser, path, file, &[]).await
}

/// The same with what else stands in the form.
async fn upload_beside(browser: &mut Browser, path: &str, file: &[u8], typed: &[(&str, &str)]) -> Answer {
    let csrf = browser.csrf().await;
    let text = |(name, value): &(&str, &str)| {
        format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let mut body = text(&("_csrf", &csrf));
    body.extend(typed.iter().map(text));
    body.push_str(
        "--xx\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"logo.png\"\r\nContent-Type: image/png\r\n\r\n",
    );
    let mut body = body.into_bytes();
    body.extend(file);
    body.extend(b"\r\n--xx--\r\n");
    let request = browser
        .request(Method::POST, path)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=xx")
        .header("origin", format!("https://{}", browser.host))
        .body(Body::from(body))
        .unwrap();
    browser.send(request).await
}

/// A PNG of one colour, of which only the head is true when it is large.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().unwrap();
    let row = width.div_ceil(8) as usize;
    if width * height < 1 << 20 {
        writer.write_image_data(&vec![0; row * height as usize]).unwrap();
    } else {
        writer.write_chunk(png::chunk::IDAT, &[0x78, 0x9c, 3, 0, 0, 0, 0, 1]).unwrap();
    }
    drop(writer);
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_written_anew_and_what_is_none_is_refused_with_its_reason() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    user(shared, "chefe", EVERYTHING).await;
    let id = shared.store.apps(shared.first_tenant).await.unwrap()[0].id;
    let path = format!("/apps/{id}/logo");
    let mut b = browser(shared, "chefe").await;
    let mut sent = picture(64, 64);
    let saved = upload(&mut b, &path, &sent).await;
    assert_eq!(saved.location(), format!("/apps/{id}/look?saved=1"));
    let kept = read(shared, id).await.logo_png.unwrap();
    assert_ne!(kept, sent, "the bytes are ours");
    sent.extend(b"<script>");
    upload(&mut b, &path, &sent).await;
    assert_eq!(read(shared, id).await.logo_png.unwrap(), kept, "nothing behind the picture is kept");

    let svg = |inside: &str| {
        format!("<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\">{inside}</svg>")
            .into_bytes()
    };
    for good in
        [include_bytes!("console_support/photo.jpg").to_vec(), svg("<rect width='8' height='8'/>"), picture(600, 64)]
    {
        assert_eq!(upload(&mut b, &path, &good).await.location(), format!("/apps/{id}/look?saved=1"));
        let made = bundle::Logo::from_png(&read(shared, id).await.logo_png.unwrap()).unwrap();
        assert_eq!((made.width_px(), made.height_px()), (96, 96));
    }
    let kept = read(shared, id).await.logo_png.unwrap();
    let mut cut = picture(64, 64);
    cut.truncate(60);
    for (file, why) in [
        (picture(20_000, 20_000), "20000 x 20000"),
        (picture(600, 4), "600 x 4"),
        (svg("<script>alert(1)</script>"), "o elemento &#60;script&#62;"),
        (svg("<rect onload='alert(1)'/>"), "um script em “onload”"),
        (svg("<use href='https://elsewhere.example/x.svg#a'/>"), "de fora dele"),
        (b"\xFF\xD8\xFF\xE0 and more".to_vec(), "incompleto"),
        (cut, "incompleto"),
        (b"GIF89a".to_vec(), "é GIF"),
        (b"plain text".to_vec(), "não é PNG"),
        (Vec::new(), "Escolha um arquivo"),
        (vec![7; (4 << 20) + 60_000], "4,1 MB"),
    ] {
        let refused = upload(&mut b, &path, &file).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
        assert!(refused.body.contains("id=\"e-logo\"") && refused.body.contains(why), "{why}");
        assert!(!refused.body.contains("alert(1)"));
    }
    let huge = upload(&mut b, &path, &vec![0; 5 << 20]).await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(huge.body.contains("grande demais"));
    assert_eq!(read(shared, id).await.logo_png.unwrap(), kept, "what is refused changes nothing");

    let mut forged = b.clone();
    forged.cookie = None;
    assert_eq!(upload(&mut forged, &path, &picture(64, 64)).await.location(), "/login?over=1");
    let stale = b
        .request(Method::POST, &path)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=xx")
        .header("origin", format!("https://{}", b.host))
        .body(Body::from("--xx--\r\n"))
        .unwrap();
    assert_eq!(b.send(stale).await.status, StatusCode::FORBIDDEN, "a form without our token");
    b.post(&format!("{path}/remove"), &[]).await;
    assert_eq!(read(shared, id).await.logo_png, None);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_stays_when_a_picture_is_sent_or_taken_away() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    user(shared, "chefe", EVERYTHING).await;
    let mut b = Browser::new(shared);
    b.log_in("chefe", PASSWORD).await;
    let app = shared.store.apps(shared.first_tenant).await.unwrap().remove(0);
    let (path, accent) = (format!("/apps/{}/logo", app.id), format!("#{}", app.accent));
    let base = format!(
        r##"{{"title":"{}","company":"{}","accent":"{accent}","welcome":"","phone":""}}"##,
        app.title, app.company
    );
    let form = |title: &'static str| {
        [
            ("_base", base.as_str()),
            ("title", title),
            ("company", &app.company),
            ("accent", &accent),
            ("phone", "11 5555-0100"),
        ]
    };

    let sent = upload_beside(&mut b, &path, &picture(64, 64), &form("Ajuda & Cia")).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);
    for kept in [r#"value="Ajuda &#38; Cia""#, r#"value="11 5555-0100""#, "A logo foi salva."] {
        assert!(sent.body.contains(kept), "{kept}: {}", sent.body);
    }
    let saved = shared.store.app(app.id).await.unwrap();
    assert!(saved.logo_png.is_some() && saved.title == app.title, "only the picture is saved");

    let refused = upload_beside(&mut b, &path, b"GIF89a", &form("Ajuda & Cia")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains(r#"value="Ajuda &#38; Cia""#) && refused.body.contains("id=\"e-logo\""));

    // A colleague has another title by now: whoever saves what stayed is told of it.
    let mut theirs = shared.store.app(app.id).await.unwrap();
    theirs.title = "Suporte Novo".to_owned();
    shared.store.update_app(&theirs).await.unwrap();
    let removed = b.post(&format!("{path}/remove"), &form("Ajuda & Cia")).await;
    assert_eq!(removed.status, StatusCode::OK);
    assert!(removed.body.contains(r#"value="Ajuda &#38; Cia""#), "{}", removed.body);
    assert_eq!(shared.store.app(app.id).await.unwrap().logo_png, None);
    let look = format!("/apps/{}/look", app.id);
    let clash = b.post(&look, &form("Ajuda & Cia")).await;
    assert_eq!(clash.status, StatusCode::CONFLICT);
    assert!(clash.body.contains("Suporte Novo"), "{}", clash.body);

    // A picture that was chosen, and Save was pressed.
    let unsent =
        b.post(&look, &[("title", "Suporte"), ("company", "Varanda"), ("accent", &accent), ("logo", "a.png")]).await;
    let place = unsent.location().to_owned();
    assert!(b.get(&place).await.body.contains("a imagem escolhida não foi enviada"), "{place}");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preview_shows_what_is_typed_and_its_style_sheet_is_nothing_but_colours() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    user(shared, "chefe", EVERYTHING).await;
    let id = shared.store.apps(shared.first_tenant).await.unwrap()[0].id;
    let mut b = browser(shared, "chefe").await;
    let shown = b.get(&format!("/apps/{id}/preview?title=%3Cb%3EOi&accent=%23FFCC00&company=Padaria")).await.body;
    assert!(shown.contains("&#60;b&#62;Oi") && shown.contains("Padaria foi avisada"), "{shown}");
    assert!(shown.contains("/apps/preview.css?accent=FFCC00"));
    assert!(b.get(&format!("/apps/{id}/preview?accent=verme")).await.body.contains("accent=0B6B6F"), "as saved");
    let css = b.get("/apps/preview.css?accent=FFCC00").await;
    assert_eq!(css.headers[header::CONTENT_TYPE], "text/css; charset=utf-8");
    assert!(css.body.contains("--accent: light-dark(#FFCC00"));
    assert_eq!(b.get("/apps/preview.css?accent=FFCC00%7D").await.status, StatusCode::BAD_REQUEST);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_roles_are_changed_and_count_from_the_next_request_on() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    let chief = user(shared, "chefe", EVERYTHING).await;
    let ana = user(shared, "ana", ATTENDS).await;
    let (mut boss, mut b) = (browser(shared, "chefe").await, browser(shared, "ana").await);
    assert_eq!(b.get("/apps/new").await.status, StatusCode::FORBIDDEN);
    let place = format!("/users/{}", ana.id);
    let page = boss.get(&place).await.body;
    assert!(page.contains("value=\"ANA\"") && page.contains("name=\"attend\" value=\"1\" checked"));
    let saved = boss.post(&place, &[("name", "Ana Ribeiro"), ("attend", "1"), ("apps", "1")]).await;
    assert_eq!(saved.location(), "/users");
    assert_eq!(b.get("/apps/new").await.status, StatusCode::OK);
    assert!(b.get("/").await.body.contains("Ana Ribeiro"));

    assert_eq!(
        boss.post(&place, &[("name", "Ana"), ("passwords", "1")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(boss.post(&place, &[("name", " "), ("attend", "1")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let last = boss.post(&format!("/users/{}", chief.id), &[("name", "Chefe"), ("attend", "1")]).await;
    assert!(last.status == StatusCode::UNPROCESSABLE_ENTITY && last.body.contains("último administrador"));
    assert_eq!(b.post(&place, &[("name", "Ana"), ("admin", "1")]).await.status, StatusCode::FORBIDDEN);
    let nobody = format!("/users/{}", AppId::from_bytes([9; 16]));
    assert_eq!(boss.post(&nobody, &[("name", "x"), ("attend", "1")]).await.status, StatusCode::NOT_FOUND);
    let kept = shared.accounts.user(shared.first_tenant, ana.id).await.unwrap().operator;
    assert_eq!((kept.name.as_str(), kept.roles.may_create_apps, kept.roles.admin), ("Ana Ribeiro", true, false));
    let audit = shared.store.audit_list(shared.first_tenant, 20).await.unwrap();
    let changes: Vec<&str> =
        audit.iter().filter(|line| line.what == "operator.changed").map(|line| line.subject.as_str()).collect();
    assert_eq!(changes, ["ana"], "what was refused is no change");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_about_a_user_is_not_in_the_log() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    let chief = user(shared, "chefe", EVERYTHING).await;
    user(shared, "ana", ATTENDS).await;
    let mut boss = browser(shared, "chefe").await;
    for (name, login) in [("Bia", ""), ("Bia", "bia souza"), (" ", "bia"), ("Outra Ana", "ANA")] {
        let refused = boss.post("/users", &[("name", name), ("login", login), ("attend", "1")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?} {login:?}");
        assert!(refused.body.contains("id=\"error\""), "{name:?} {login:?}");
    }
    let last = boss.post(&format!("/users/{}/disabled", chief.id), &[("disabled", "true")]).await;
    assert_eq!(last.status, StatusCode::UNPROCESSABLE_ENTITY);
    let written = async || {
        let lines = shared.store.audit_list(shared.first_tenant, 50).await.unwrap();
        lines.into_iter().filter(|line| line.what.starts_with("operator.")).map(|line| line.what).collect::<Vec<_>>()
    };
    assert_eq!(written().await, Vec::<String>::new());
    assert!(!boss.get("/audit").await.body.contains("Criou usuário"));
    let made = boss.post("/users", &[("name", "Bia"), ("login", "bia"), ("attend", "1")]).await;
    assert_eq!(made.status, StatusCode::OK);
    assert_eq!(written().await, ["operator.added"]);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_does_not_fit_any_more_is_led_to_its_apps_page_whatever_its_code_is_now() {
    let (relay, _folder) = relay().await;
    let shared = &relay.shared;
    let app = shared.store.apps(shared.first_tenant).await.unwrap().remove(0);
    let mut anybody = Browser::new(shared);
    let page = format!("/d/app/{}", app.id);
    assert_eq!(anybody.get(&page).await.location(), format!("/d/{}", app.code));
    amparo_relay::apps::renew_code(&*shared.store, &app, jiff::Timestamp::now()).await.unwrap();
    let now = shared.store.app(app.id).await.unwrap().code;
    assert_ne!(now, app.code);
    assert_eq!(anybody.get(&page).await.location(), format!("/d/{now}"));
    assert_eq!(anybody.get(&format!("/d/{now}")).await.status, StatusCode::OK);
    let nobodys = "0".repeat(32);
    for none in [nobodys.as_str(), "1", "logo", "%00", "..", &app.code, &format!("{}0", app.id)] {
        assert_eq!(anybody.get(&format!("/d/app/{none}")).await.status, StatusCode::NOT_FOUND, "{none}");
    }
    relay.shutdown().await.unwrap();
}
