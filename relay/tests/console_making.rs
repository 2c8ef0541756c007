//! Programs while they are made: why one is not, how far it is, stopping it, and who is told how it came out.

#![allow(missing_docs, clippy::unwrap_used)]

mod console_support;

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use amparo_relay::{
    programs::{Failure, Stage, State, System},
    relay::{Running, Shared},
};
use axum::{
    body::{Body, BodyDataStream, to_bytes},
    http::{Method, StatusCode},
};
use console_support::*;
use futures::StreamExt;
use store::App;

const LINUX: System = System::Linux;
const WORDS_OF_OURS: [&str; 5] = ["SHA-256 is", "reading /", "writing /", "making /", "Error"];

/// A template of these bytes, listed.
fn list(data: &Path, template: &[u8]) -> PathBuf {
    let folder = data.join("templates");
    std::fs::create_dir_all(&folder).unwrap();
    let sha256 = branding::file::hex(&branding::file::sha256(template));
    std::fs::write(folder.join("SHA256SUMS"), format!("{sha256}  amparo\n")).unwrap();
    let place = folder.join("amparo");
    std::fs::write(&place, template).unwrap();
    place
}

fn template() -> Vec<u8> {
    std::fs::read("/bin/true").unwrap()
}

/// A template that gives nothing until [`Pipe::flow`].
struct Pipe {
    place: PathBuf,
    aside: PathBuf,
}

impl Pipe {
    fn lay(data: &Path) -> Self {
        let place = list(data, &template());
        std::fs::remove_file(&place).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&place).status().unwrap().success());
        Self { aside: place.with_extension("pipe"), place }
    }

    /// Whoever reads gets the template now; whoever comes later finds it as a file.
    async fn flow(self) {
        tokio::task::spawn_blocking(move || {
            std::fs::rename(&self.place, &self.aside).unwrap();
            std::fs::write(&self.place, template()).unwrap();
            // Opened for reading too, so that it waits for nobody: who has not come by now finds the file.
            let mut pipe = std::fs::File::options().read(true).write(true).open(&self.aside).unwrap();
            pipe.write_all(&template()).unwrap();
        })
        .await
        .unwrap();
    }
}

async fn app(shared: &Shared) -> App {
    shared.store.apps(shared.first_tenant).await.unwrap().remove(0)
}

async fn until(shared: &Shared, app: &App, wanted: impl Fn(&State) -> bool) -> State {
    let waiting = async {
        loop {
            let state = shared.programs.state(app, LINUX);
            if wanted(&state) {
                break state;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap_or_else(|_| {
        panic!("still {:?}", shared.programs.state(app, LINUX));
    })
}

fn is_ready(state: &State) -> bool {
    matches!(state, State::Ready { .. })
}

/// `chefe` edits the app, `ana` attends it.
async fn office() -> (Running, tempfile::TempDir, Browser, Browser) {
    let (relay, folder) = relay().await;
    let shared = &relay.shared;
    operator(shared, shared.first_tenant, "chefe", EVERYTHING).await;
    operator(shared, shared.first_tenant, "ana", ATTENDS).await;
    let (mut chief, mut ana) = (Browser::new(shared), Browser::new(shared));
    chief.log_in("chefe", PASSWORD).await;
    ana.log_in("ana", PASSWORD).await;
    (relay, folder, chief, ana)
}

async fn save(browser: &mut Browser, app: &App, title: &str) {
    let form = [("title", title), ("company", &app.company), ("accent", "#A02F4F"), ("phone", ""), ("welcome", "")];
    assert_eq!(browser.post(&format!("/apps/{}/look", app.id), &form).await.status, StatusCode::SEE_OTHER);
}

/// Files of an app's programs.
fn made(data: &Path, app: &App) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(data.join("programs").join(app.id.to_string())) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_for_people_why_there_is_no_program_and_it_can_be_tried_again() {
    let (relay, folder, mut chief, mut ana) = office().await;
    let (shared, data) = (&relay.shared, folder.path());
    let record = app(shared).await;
    let (page, place) = (format!("/apps/{}/download", record.id), format!("/apps/{}/program/linux", record.id));
    let shown = chief.get(&page).await.body;
    assert!(shown.contains("Não há modelo deste sistema no servidor"), "said before anybody tries: {shown}");
    assert!(!ana.get(&page).await.body.contains("Não há modelo"), "who cannot do anything about it is not bothered");
    assert_eq!(chief.post(&place, &[]).await.location(), page, "and it is looked for again");

    let spoilt = |spoil: &dyn Fn(&Path)| {
        let place = list(data, &template());
        spoil(&place);
    };
    type Case<'a> = (&'a dyn Fn(&Path), Failure, [&'a str; 3]);
    let cases: [Case<'_>; 4] = [
        (
            &|place| std::fs::remove_file(place).unwrap(),
            Failure::NoTemplate,
            ["Não há modelo deste sistema", "no template for this system", "No hay plantilla de este sistema"],
        ),
        (
            &|place| std::fs::write(place, b"another").unwrap(),
            Failure::OtherTemplate,
            ["não é o que está na lista", "not the one on its list", "no es la de su lista"],
        ),
        (
            &|_| _ = list(data, b"\x7fELF, almost"),
            Failure::BadTemplate,
            ["não aceita a marca", "does not take the app", "no acepta la marca"],
        ),
        (
            &|_| std::fs::write(data.join("programs"), b"in the way").unwrap(),
            Failure::Disk,
            ["libere espaço em disco", "free disk space", "libere espacio en disco"],
        ),
    ];
    for (spoil, wanted, words) in cases {
        spoilt(spoil);
        assert_eq!(chief.post(&place, &[]).await.location(), page);
        let state = until(shared, &record, |state| !matches!(state, State::Making { .. } | State::NotMade)).await;
        assert_eq!(state, State::Failed { why: wanted });
        for (language, words) in ["pt-BR", "en", "es"].into_iter().zip(words) {
            chief.language = language;
            let shown = chief.get(&page).await.body;
            assert!(shown.contains(words), "{language} {wanted:?}: {shown}");
            assert!(!WORDS_OF_OURS.iter().any(|ours| shown.contains(ours)), "{wanted:?}: {shown}");
            assert!(!shown.contains(data.to_str().unwrap()), "no path of the server's");
            assert!(shown.contains(&format!("action=\"{place}\"")), "it can be tried again");
        }
        chief.language = "pt-BR";
        let shown = ana.get(&page).await.body;
        assert!(!shown.contains(&format!("action=\"{place}\"")), "by those who edit the app");
    }
    std::fs::remove_file(data.join("programs")).unwrap();
    chief.post(&place, &[]).await;
    until(shared, &record, is_ready).await;
    let shown = chief.get(&page).await.body;
    assert!(shown.contains("Pronto · ") && !shown.contains(&format!("action=\"{place}\"")), "{shown}");
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_is_made_the_page_shows_how_far_it_is_and_stopping_it_leaves_nothing() {
    let (relay, folder, mut chief, mut ana) = office().await;
    let (shared, data) = (&relay.shared, folder.path());
    let pipe = Pipe::lay(data);
    let record = app(shared).await;
    let (page, place) = (format!("/apps/{}/download", record.id), format!("/apps/{}/program/linux", record.id));
    let stop = format!("{place}/cancel");
    assert_eq!(chief.post(&stop, &[]).await.location(), page, "nothing is made: nothing to stop");
    assert_eq!(shared.programs.state(&record, LINUX), State::NotMade);
    // Asked for as often as somebody likes, it is made once.
    for _ in 0..20 {
        assert_eq!(chief.post(&place, &[]).await.location(), page);
    }
    until(shared, &record, |state| matches!(state, State::Making { at, .. } if *at == Stage::Template)).await;
    let shown = chief.get(&page).await.body;
    assert!(shown.contains("<progress") && shown.contains("value=\"2\"") && shown.contains("max=\"5\""), "{shown}");
    assert!(shown.contains("Etapa 2 de 5: lendo o modelo"), "{shown}");
    assert!(shown.contains("<noscript><meta http-equiv=\"refresh\""), "it looks again without JavaScript too");
    assert!(shown.contains(&format!("action=\"{stop}\"")));
    let theirs = ana.get(&page).await.body;
    assert!(theirs.contains("<progress") && !theirs.contains(&stop), "who does not edit the app does not stop it");
    for refused in [&stop, &place] {
        assert_eq!(ana.post(refused, &[]).await.status, StatusCode::FORBIDDEN, "{refused}");
    }
    for nothing in ["solaris", "%2e%2e", "linux%00"] {
        let path = format!("/apps/{}/program/{nothing}", record.id);
        assert_eq!(chief.post(&path, &[]).await.status, StatusCode::NOT_FOUND, "{nothing}");
        assert_eq!(chief.post(&format!("{path}/cancel"), &[]).await.status, StatusCode::NOT_FOUND, "{nothing}");
    }
    for _ in 0..3 {
        assert_eq!(chief.post(&stop, &[]).await.location(), page);
    }
    let shown = chief.get(&page).await.body;
    assert!(shown.contains("Cancelando…") && !shown.contains(&format!("action=\"{stop}\"")), "{shown}");
    pipe.flow().await;
    let state = until(shared, &record, |state| !matches!(state, State::Making { .. })).await;
    assert_eq!(state, State::Failed { why: Failure::Cancelled });
    assert!(made(data, &record).is_empty(), "{:?}", made(data, &record));
    let shown = chief.get(&page).await.body;
    assert!(shown.contains("Cancelado antes de ficar pronto") && shown.contains("Tentar de novo"), "{shown}");
    assert!(!shown.contains("role=\"status\"><svg"), "who stops it is not told that it is stopped");
    chief.post(&place, &[]).await;
    until(shared, &record, is_ready).await;
    assert_eq!(made(data, &record).len(), 2, "the program and its hash");
    // Told behind the line of the audit log.
    shows(&mut chief, "/tickets", "pronto para baixar").await;
    let audit = shared.store.audit_list(shared.first_tenant, 100).await.unwrap();
    let count = |what: &str| audit.iter().filter(|line| line.what == what).count();
    assert_eq!((count("program.asked"), count("program.cancelled"), count("program.built")), (2, 1, 1));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_waits_for_a_program_that_is_stopped_gets_it_all_the_same() {
    let (relay, folder, mut chief, _) = office().await;
    let (shared, data) = (&relay.shared, folder.path());
    let pipe = Pipe::lay(data);
    let record = app(shared).await;
    let place = format!("/apps/{}/program/linux", record.id);
    let customer = Browser::new(shared);
    let request = customer.request(Method::GET, &format!("/d/{}/program/linux", record.code));
    let request = request.body(Body::empty()).unwrap();
    let waiting = tokio::spawn(async move {
        let (parts, body) = customer.open(request).await.into_parts();
        (parts.status, to_bytes(body, 64 << 20).await.unwrap())
    });
    until(shared, &record, |state| matches!(state, State::Making { at, .. } if *at == Stage::Template)).await;
    chief.post(&place, &[]).await;
    chief.post(&format!("{place}/cancel"), &[]).await;
    assert!(matches!(shared.programs.state(&record, LINUX), State::Making { stopping: true, .. }));
    pipe.flow().await;
    let (status, program) = tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap().unwrap();
    assert_eq!(status, StatusCode::OK);
    assert!(bundle::carried::carried(&program).unwrap().is_some(), "whole, and with its brand");
    assert!(is_ready(&shared.programs.state(&record, LINUX)), "{:?}", shared.programs.state(&record, LINUX));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_server_has_left_half_written_goes_with_the_next_program() {
    let (relay, folder, mut chief, _) = office().await;
    let (shared, data) = (&relay.shared, folder.path());
    list(data, &template());
    let record = app(shared).await;
    let programs = data.join("programs").join(record.id.to_string());
    std::fs::create_dir_all(&programs).unwrap();
    std::fs::write(programs.join("linux-00000001-abc.77.new"), b"half").unwrap();
    std::fs::write(programs.join("windows-00000001-abc"), b"another system's").unwrap();
    chief.post(&format!("/apps/{}/program/linux", record.id), &[]).await;
    until(shared, &record, is_ready).await;
    let left = made(data, &record);
    assert!(!left.iter().any(|name| name.ends_with(".new")), "{left:?}");
    assert_eq!(left.len(), 3, "{left:?}");
    relay.shutdown().await.unwrap();
}

/// A live stream, as an open page has it.
struct Live {
    chunks: BodyDataStream,
}

impl Live {
    async fn open(browser: &Browser, path: &str) -> Self {
        let host = format!("https://{}", browser.host);
        let request = browser.request(Method::GET, path).header("origin", &host);
        let request = request.header("sec-fetch-site", "same-origin").body(Body::empty()).unwrap();
        let mut page = Self { chunks: browser.open(request).await.into_body().into_data_stream() };
        page.hear("event: beat").await;
        page
    }

    /// What it says until this comes.
    async fn hear(&mut self, wanted: &str) -> String {
        let mut heard = String::new();
        let listening = async {
            while !heard.contains(wanted) {
                heard.push_str(std::str::from_utf8(&self.chunks.next().await.unwrap().unwrap()).unwrap());
            }
        };
        tokio::time::timeout(Duration::from_secs(20), listening).await.expect("what was wanted is said");
        heard
    }
}

/// The page, once these words are on it.
async fn shows(browser: &mut Browser, path: &str, words: &str) -> String {
    let looking = async {
        loop {
            let shown = browser.get(path).await.body;
            if shown.contains(words) {
                break shown;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looking).await.expect("it is shown")
}

async fn saved(shared: &Arc<Shared>, browser: &mut Browser, record: &App, title: &str) -> App {
    save(browser, record, title).await;
    app(shared).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_saved_the_app_is_told_once_when_its_program_is_ready_and_nobody_else_is() {
    let (relay, folder, mut chief, mut ana) = office().await;
    let (shared, data) = (&relay.shared, folder.path());
    list(data, &template());
    let first = app(shared).await;
    // Without JavaScript: by a note on the next page, whichever it is; a part of a page takes nothing away.
    let record = saved(shared, &mut chief, &first, "Ajuda <b>já</b>").await;
    until(shared, &record, is_ready).await;
    let name = record.name.clone();
    let part = chief.request(Method::GET, "/apps").header("hx-request", "true").body(Body::empty()).unwrap();
    chief.send(part).await;
    assert!(!ana.get("/tickets").await.body.contains("pronto para baixar"), "it is nobody else's");
    let shown = shows(&mut chief, "/tickets", "pronto para baixar").await;
    let link = format!("href=\"/apps/{}/download\"", record.id);
    assert!(shown.contains("role=\"status\"") && shown.contains(&name) && shown.contains(&link), "{shown}");
    assert!(!chief.get("/tickets").await.body.contains("pronto para baixar"), "told once");

    // With it: on every page that is open, and then by none that comes.
    let mut pages = [Live::open(&chief, "/live?only=news").await, Live::open(&chief, "/live").await];
    let pipe = Pipe::lay(data);
    // Another template hash would be another program; this is the same one behind a pipe.
    let record = saved(shared, &mut chief, &record, "Outra ajuda").await;
    pipe.flow().await;
    for page in &mut pages {
        let heard = page.hear("event: done").await;
        let said = heard.split("event: done").nth(1).unwrap();
        assert!(
            said.contains("pronto para baixar") && said.contains(&format!("/apps/{}/download", record.id)),
            "{said}"
        );
        assert!(said.contains("\"failed\":false") && said.contains("Linux"), "{said}");
    }
    assert!(!chief.get("/tickets").await.body.contains("pronto para baixar"), "told by the pages that were open");
    let mut late = Live::open(&chief, "/live?only=news").await;
    assert!(!late.hear("event: beat").await.contains("event: done"), "and by none that comes");
    drop((pages, late));

    // A failure is told too, in the reader's language, without what is for the log.
    std::fs::write(data.join("templates/amparo"), b"another").unwrap();
    let record = saved(shared, &mut chief, &record, "Terceira").await;
    until(shared, &record, |state| matches!(state, State::Failed { .. })).await;
    chief.language = "es";
    let shown = shows(&mut chief, "/customers", "el programa no está listo").await;
    assert!(shown.contains("Linux: La plantilla del servidor no es la de su lista"), "{shown}");
    assert!(!WORDS_OF_OURS.iter().any(|ours| shown.contains(ours)), "{shown}");
    relay.shutdown().await.unwrap();
}
