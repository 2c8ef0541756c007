//! Branded programs in the console: made of a template by its hash, handed out whole or in parts, made anew when the app changes.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use std::{path::Path, sync::Arc, time::Duration};

use amparo_relay::{
    account::Roles,
    programs::{Failure, State, System},
    relay::Shared,
};
use axum::{
    body::{Body, to_bytes},
    http::{Method, StatusCode, header},
};
use bundle::Carried;
use console_support::*;

/// A program of this system as the template, and its hash.
fn templates(data: &Path) -> Vec<u8> {
    let folder = data.join("templates");
    std::fs::create_dir_all(&folder).unwrap();
    let template = std::fs::read("/bin/true").unwrap();
    std::fs::write(folder.join("amparo"), &template).unwrap();
    let sha256 = branding::file::hex(&branding::file::sha256(&template));
    std::fs::write(folder.join("SHA256SUMS"), format!("{sha256}  amparo\n")).unwrap();
    template
}

async fn fetch(browser: &Browser, path: &str, range: Option<&str>) -> (StatusCode, axum::http::HeaderMap, Vec<u8>) {
    let mut request = browser.request(Method::GET, path);
    if let Some(range) = range {
        request = request.header(header::RANGE, range);
    }
    let (parts, body) = browser.open(request.body(Body::empty()).unwrap()).await.into_parts();
    (parts.status, parts.headers, to_bytes(body, 64 << 20).await.unwrap().to_vec())
}

async fn app(shared: &Shared) -> store::App {
    shared.store.apps(shared.first_tenant).await.unwrap().remove(0)
}

/// The title of the profile in a program.
fn title(program: &[u8]) -> String {
    match bundle::carried::carried(program).unwrap() {
        Some(Carried::Profile(profile, _)) => profile.title.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_downloads_the_companys_program_whole_or_in_parts() {
    let (relay, folder) = relay().await;
    let shared = &relay.shared;
    templates(folder.path());
    let code = app(shared).await.code;
    let mut customer = Browser::new(shared);
    customer.language = "en";
    let page = customer.get(&format!("/d/{code}")).await.body;
    assert!(page.contains("Download for Linux") && !page.contains("Download for Windows"), "{page}");

    let place = format!("/d/{code}/program/linux");
    let (status, headers, whole) = fetch(&customer, &place, None).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::CONTENT_TYPE], "application/x-executable");
    let name = headers[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert!(name.starts_with("attachment; filename=\"") && name.is_ascii(), "{name}");
    assert_eq!(title(&whole), app(shared).await.title);
    let page = customer.get(&format!("/d/{code}")).await.body;
    let sha256 = branding::file::hex(&branding::file::sha256(&whole));
    assert!(page.contains(&sha256), "the hash is on the page");

    // A download that broke off goes on, with the very same file.
    let (status, headers, rest) = fetch(&customer, &place, Some("bytes=1000-")).await;
    assert_eq!(status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(headers[header::CONTENT_RANGE], format!("bytes 1000-{}/{}", whole.len() - 1, whole.len()).as_str());
    assert_eq!(rest, whole[1000..]);
    assert_eq!(fetch(&customer, &place, Some("bytes=99999999-")).await.0, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(fetch(&customer, &format!("/d/{code}/program/windows"), None).await.0, StatusCode::NOT_FOUND);
    assert_eq!(fetch(&customer, &format!("/d/{code}/program/solaris"), None).await.0, StatusCode::NOT_FOUND);

    let audit = shared.store.audit_list(shared.first_tenant, 50).await.unwrap();
    let built: Vec<_> = audit.iter().filter(|line| line.what == "program.built").collect();
    assert_eq!(built.len(), 1, "it was made once");
    assert!(built[0].detail.contains(&sha256) && built[0].detail.contains("template="), "{}", built[0].detail);
    relay.shutdown().await.unwrap();
}

/// The same with these headers, and the header lines of the answer.
async fn fetch_with(
    browser: &Browser,
    path: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, axum::http::HeaderMap, Vec<u8>) {
    let mut request = browser.request(Method::GET, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, body) = browser.open(request.body(Body::empty()).unwrap()).await.into_parts();
    (parts.status, parts.headers, to_bytes(body, 64 << 20).await.unwrap().to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_part_is_asked_for_is_a_part_of_the_very_file_or_all_of_it_or_refused() {
    let (relay, folder) = relay().await;
    templates(folder.path());
    let place = format!("/d/{}/program/linux", app(&relay.shared).await.code);
    let customer = Browser::new(&relay.shared);
    let (_, headers, whole) = fetch(&customer, &place, None).await;
    let (etag, length) = (headers[header::ETAG].to_str().unwrap().to_owned(), whole.len());
    assert_eq!(etag, format!("\"{}\"", branding::file::hex(&branding::file::sha256(&whole))));
    assert_eq!(
        (&headers[header::ACCEPT_RANGES], headers.contains_key(header::CONTENT_RANGE)),
        (&"bytes".parse().unwrap(), false)
    );
    assert_eq!(headers["x-content-type-options"], "nosniff", "the type is not guessed");
    let last = length - 1;
    for (asked, from, to) in [
        ("bytes=0-0", 0, 0),
        (&format!("bytes={last}-"), last, last),
        ("bytes=-1", last, last),
        ("bytes=7-18446744073709551615", 7, last),
        ("bytes=7-999999999999999999999999", 7, last),
        ("bytes=-999999999999999999999999", 0, last),
        ("BYTES=1-2", 1, 2),
    ] {
        let (status, headers, part) = fetch(&customer, &place, Some(asked)).await;
        assert_eq!((status, part.as_slice()), (StatusCode::PARTIAL_CONTENT, &whole[from..=to]), "{asked}");
        assert_eq!(headers[header::CONTENT_RANGE], format!("bytes {from}-{to}/{length}").as_str(), "{asked}");
        assert_eq!(headers[header::CONTENT_TYPE], "application/x-executable");
        assert_eq!(headers[header::ETAG], etag.as_str());
    }
    for outside in [format!("bytes={length}-"), "bytes=-0".to_owned(), "bytes=999999999999999999999999-".to_owned()] {
        let (status, headers, body) = fetch(&customer, &place, Some(&outside)).await;
        assert_eq!((status, body.len()), (StatusCode::RANGE_NOT_SATISFIABLE, 0), "{outside}");
        assert_eq!(headers[header::CONTENT_RANGE], format!("bytes */{length}").as_str());
    }
    let many = format!("bytes={}", (0..5000).map(|n| format!("{n}-{n},")).collect::<String>());
    for ignored in ["bytes=2-1", "bytes=0-1,4-5", &many, "bytes=+1-2", "bytes=a-b", "chapters=1-2", "bytes", "", "="] {
        let (status, headers, all) = fetch(&customer, &place, Some(ignored)).await;
        assert_eq!((status, all.len()), (StatusCode::OK, length), "{}", &ignored[..ignored.len().min(40)]);
        assert!(!headers.contains_key(header::CONTENT_RANGE));
    }
    // A part of another file, or of who knows which, is never given.
    for (if_range, status) in [
        (etag.as_str(), StatusCode::PARTIAL_CONTENT),
        (&format!("W/{etag}"), StatusCode::OK),
        ("\"another\"", StatusCode::OK),
        ("Sat, 28 Nov 2026 06:00:00 GMT", StatusCode::OK),
    ] {
        let asked = [("range", "bytes=0-9"), ("if-range", if_range)];
        assert_eq!(fetch_with(&customer, &place, &asked).await.0, status, "{if_range}");
    }
    // What lies there and was changed is not handed out, also where it was before: it is made anew.
    let made = std::fs::read_dir(folder.path().join("programs")).unwrap().next().unwrap().unwrap().path();
    let file =
        std::fs::read_dir(made).unwrap().map(|file| file.unwrap().path()).find(|file| file.extension().is_none());
    let mut changed = whole.clone();
    changed[length / 2] ^= 1;
    std::fs::write(file.unwrap(), changed).unwrap();
    let (status, _, again) = fetch(&customer, &place, None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(bundle::carried::carried(&again).is_ok(), "whole");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_downloaded_for_a_ticket_is_the_same_file_under_a_name_that_says_so() {
    let (relay, folder) = relay().await;
    let shared = &relay.shared;
    templates(folder.path());
    operator(shared, shared.first_tenant, "chefe", EVERYTHING).await;
    let mut chief = Browser::new(shared);
    chief.log_in("chefe", PASSWORD).await;
    let opened = chief.post("/tickets", &[("subject", "Nota"), ("name", "Cida"), ("email", "cida@a.example")]).await;
    let ticket = opened.location().to_owned();
    let page = chief.get(&ticket).await.body;
    let link = page.split("data-insert=\"https://").nth(1).unwrap().split('"').next().unwrap();
    let (_, link) = link.split_once('/').unwrap();
    let link = format!("/{link}");
    let token = link.split_once("?ticket=").unwrap().1;

    let mut customer = Browser::new(shared);
    let shown = customer.get(&link).await.body;
    let code = app(shared).await.code;
    let place = format!("/d/{code}/program/linux");
    assert!(shown.contains(&format!("href=\"{place}?ticket={token}\"")), "{shown}");
    let company = format!("&#38;company={}\"", shared.first_tenant);
    assert!(
        shown.contains(&format!("href=\"amparo:ticket?token={token}&#38;at=")) && shown.contains(&company),
        "{shown}"
    );
    assert!(shown.contains("já abre neste ticket") && shown.contains("Este link é do ticket 1001"));
    let (_, headers, plain) = fetch(&customer, &place, None).await;
    let name = |headers: &axum::http::HeaderMap| headers[header::CONTENT_DISPOSITION].to_str().unwrap().to_owned();
    assert!(!name(&headers).contains("ticket"));
    let (_, headers, named) = fetch(&customer, &format!("{place}?ticket={token}"), None).await;
    assert_eq!(plain, named, "no byte is another");
    assert!(name(&headers).ends_with(&format!("-ticket-{token}\"")), "{}", name(&headers));
    let invitation = protocol::message::invitation::Invitation::in_name(name(&headers).split('"').nth(1).unwrap());
    assert_eq!(invitation.unwrap().as_str(), token);
    for forged in ["1001", "", &token[1..], &format!("{}%22%0d%0aX-Evil:%201", token)] {
        let (status, headers, _) = fetch(&customer, &format!("{place}?ticket={forged}"), None).await;
        assert_eq!(status, StatusCode::OK, "the program works without");
        assert!(!name(&headers).contains("ticket") && !headers.contains_key("x-evil"), "{forged}");
    }
    chief.post(&format!("{ticket}/change"), &[("status", "closed")]).await;
    let (_, headers, _) = fetch(&customer, &format!("{place}?ticket={token}"), None).await;
    assert!(!name(&headers).contains("ticket"), "the ticket is closed");
    assert!(!customer.get(&link).await.body.contains("amparo:ticket"));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_app_has_its_new_program_before_anybody_asks_and_the_old_one_is_kept() {
    let (relay, folder) = relay().await;
    let shared: &Arc<Shared> = &relay.shared;
    templates(folder.path());
    operator(
        shared,
        shared.first_tenant,
        "chefe",
        Roles { attend: true, admin: true, may_see_passwords: true, may_create_apps: true, may_watch: true },
    )
    .await;
    let mut chief = Browser::new(shared);
    chief.log_in("chefe", PASSWORD).await;
    let before = app(shared).await;
    fetch(&chief, &format!("/d/{}/program/linux", before.code), None).await;

    let form =
        [("title", "Ajuda já"), ("company", &before.company), ("accent", "#A02F4F"), ("phone", ""), ("welcome", "")];
    let saved = chief.post(&format!("/apps/{}/look", before.id), &form).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    let after = app(shared).await;
    let ready = async {
        while !matches!(shared.programs.state(&after, System::Linux), State::Ready { .. }) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ready).await.unwrap();
    let (_, headers, program) = fetch(&chief, &format!("/apps/{}/program/linux", after.id), None).await;
    assert_eq!(title(&program), "Ajuda já");
    assert_eq!(headers[header::CONTENT_DISPOSITION], "attachment; filename=\"Ajuda-ja\"");
    assert!(matches!(shared.programs.state(&before, System::Linux), State::Ready { .. }), "the one before is kept");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_of_another_hash_makes_no_program_and_the_page_says_why() {
    let (relay, folder) = relay().await;
    let shared = &relay.shared;
    let mut template = templates(folder.path());
    template[5000] ^= 1;
    std::fs::write(folder.path().join("templates/amparo"), template).unwrap();
    let record = app(shared).await;
    let customer = Browser::new(shared);
    let (status, ..) = fetch(&customer, &format!("/d/{}/program/linux", record.code), None).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(shared.programs.state(&record, System::Linux), State::Failed { why: Failure::OtherTemplate });
    // Mended, it works again.
    templates(folder.path());
    assert_eq!(fetch(&customer, &format!("/d/{}/program/linux", record.code), None).await.0, StatusCode::OK);
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_program_is_made_the_page_answers_and_says_so_until_it_is_there() {
    let (relay, folder) = relay().await;
    let shared = &relay.shared;
    let template = templates(folder.path());
    // A template that gives nothing until somebody writes it.
    let place = folder.path().join("templates/amparo");
    std::fs::remove_file(&place).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&place).status().unwrap().success());
    operator(shared, shared.first_tenant, "chefe", EVERYTHING).await;
    let mut chief = Browser::new(shared);
    chief.log_in("chefe", PASSWORD).await;
    let before = app(shared).await;
    let page = format!("/apps/{}/download", before.id);
    let shown = chief.get(&page).await.body;
    assert!(shown.contains("Feito quando alguém pedir") && !shown.contains("hx-trigger=\"every"), "{shown}");

    let form =
        [("title", "Ajuda já"), ("company", &before.company), ("accent", "#A02F4F"), ("phone", ""), ("welcome", "")];
    assert_eq!(chief.post(&format!("/apps/{}/look", before.id), &form).await.status, StatusCode::SEE_OTHER);
    for _ in 0..2 {
        let shown = chief.get(&page).await.body;
        assert!(shown.contains("Sendo feito…") && shown.contains("hx-trigger=\"every"), "{shown}");
    }
    let customer = Browser::new(shared).get(&format!("/d/{}", before.code)).await;
    assert_eq!(customer.status, StatusCode::OK, "customers do not wait either");
    tokio::task::spawn_blocking(move || std::fs::write(place, template).unwrap()).await.unwrap();
    let ready = async {
        loop {
            let shown = chief.get(&page).await.body;
            if shown.contains("Pronto · ") {
                break shown;
            }
        }
    };
    let shown = tokio::time::timeout(Duration::from_secs(20), ready).await.unwrap();
    assert!(!shown.contains("Sendo feito…") && !shown.contains("hx-trigger=\"every"), "{shown}");
    relay.shutdown().await.unwrap();
}
