//! The code signature of programs for Windows that the server makes: a stage of its own, whose it is, and what becomes of programs while
//! it cannot be made. The certificates are thrown away.

#![allow(missing_docs, clippy::unwrap_used)]

// As the helpers of the crate `branding` know it.
extern crate branding as amparo_branding;

mod console_support;
#[allow(dead_code)]
#[path = "../../branding/tests/programs/mod.rs"]
mod programs;
#[allow(dead_code)]
#[path = "../../branding/tests/throwaway/mod.rs"]
mod throwaway;

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use amparo_relay::{
    config::Config,
    programs::{Failure, Stage, State, System},
    relay::{Running, Shared},
};
use axum::{
    body::{Body, to_bytes},
    http::{Method, StatusCode},
};
use branding::{
    codesign::{Signer, Unsigned, signature},
    file::{hex, sha256},
};
use bundle::{Carried, carried::carried, release::Program as Released, version};
use console_support::*;
use rcgen::date_time_ymd;
use store::App;
use throwaway::{PUBLISHER, Throwaway};

const WINDOWS: System = System::Windows;

/// A template for Windows that says its version, and one for Linux.
fn templates(data: &Path) -> Vec<u8> {
    let folder = data.join("templates");
    fs::create_dir_all(&folder).unwrap();
    let (mut windows, linux) = (programs::pe(), programs::elf());
    let (at, mark) = (windows.len() - 100, version::mark("0.2.0"));
    windows[at..at + mark.len()].copy_from_slice(&mark);
    let lines = [("amparo.exe", &windows), ("amparo", &linux)].map(|(name, bytes)| {
        fs::write(folder.join(name), bytes).unwrap();
        format!("{}  {name}\n", hex(&sha256(bytes)))
    });
    fs::write(folder.join("SHA256SUMS"), lines.concat()).unwrap();
    windows
}

async fn app(shared: &Shared) -> App {
    shared.store.apps(shared.first_tenant).await.unwrap().remove(0)
}

async fn chief(relay: &Running) -> Browser {
    let shared = &relay.shared;
    operator(shared, shared.first_tenant, "chefe", EVERYTHING).await;
    let mut chief = Browser::new(shared);
    chief.log_in("chefe", PASSWORD).await;
    chief
}

async fn until(shared: &Shared, app: &App, wanted: impl Fn(&State) -> bool) -> State {
    let waiting = async {
        loop {
            let state = shared.programs.state(app, WINDOWS);
            if wanted(&state) {
                break state;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap_or_else(|_| {
        panic!("still {:?}", shared.programs.state(app, WINDOWS));
    })
}

fn came_out(state: &State) -> bool {
    !matches!(state, State::Making { .. } | State::NotMade)
}

/// Has it made, and how it came out.
async fn make(relay: &Running, chief: &mut Browser) -> State {
    let record = app(&relay.shared).await;
    chief.post(&format!("/apps/{}/program/windows", record.id), &[]).await;
    until(&relay.shared, &record, came_out).await
}

async fn save(relay: &Running, chief: &mut Browser, title: &str) -> State {
    let record = app(&relay.shared).await;
    let form = [("title", title), ("company", &record.company), ("accent", "#A02F4F"), ("phone", ""), ("welcome", "")];
    let saved = chief.post(&format!("/apps/{}/look", record.id), &form).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    until(&relay.shared, &app(&relay.shared).await, came_out).await
}

/// What a customer downloads.
async fn download(relay: &Running) -> (StatusCode, Vec<u8>) {
    let place = format!("/d/{}/program/windows", app(&relay.shared).await.code);
    let customer = Browser::new(&relay.shared);
    let (parts, body) =
        customer.open(customer.request(Method::GET, &place).body(Body::empty()).unwrap()).await.into_parts();
    (parts.status, to_bytes(body, 64 << 20).await.unwrap().to_vec())
}

fn title(program: &[u8]) -> String {
    match carried(program).unwrap() {
        Some(Carried::Profile(profile, _)) => profile.title.clone(),
        other => panic!("{other:?}"),
    }
}

fn own(program: &[u8]) -> Carried {
    carried(program).unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_for_windows_is_signed_after_its_brand_and_the_page_says_by_whom() {
    let (desk, folder) = (Throwaway::new(), tempfile::tempdir().unwrap());
    let template = templates(folder.path());
    let signer = desk.signer(desk.pkcs12_rsa("office"));
    let relay = relay_told(folder.path(), |config| config.signer = Some(signer)).await;
    let mut chief = chief(&relay).await;
    let state = make(&relay, &mut chief).await;
    assert!(matches!(&state, State::Ready { signed_by: Some(by), .. } if by == PUBLISHER), "{state:?}");
    let (status, program) = download(&relay).await;
    assert_eq!((status, title(&program)), (StatusCode::OK, app(&relay.shared).await.title));
    assert_eq!(signature::of(&program).unwrap().unwrap().subject, PUBLISHER);
    desk.verify("office.pem", &program);

    let page = format!("/apps/{}/download", app(&relay.shared).await.id);
    for (language, words) in [("pt-BR", "Assinado por "), ("en", "Code-signed by "), ("es", "Firmado por ")] {
        chief.language = language;
        let shown = chief.get(&page).await.body;
        assert!(shown.contains(&format!("{words}{PUBLISHER}")) && !shown.contains("SmartScreen"), "{shown}");
    }
    let audit = relay.shared.store.audit_list(relay.shared.first_tenant, 50).await.unwrap();
    let built: Vec<_> = audit.iter().filter(|line| line.what == "program.built").collect();
    let detail = &built[0].detail;
    for part in [format!("template={}", hex(&sha256(&template))), format!("program={}", hex(&sha256(&program)))] {
        assert!(detail.contains(&part), "{detail}");
    }
    assert!(detail.contains("unsigned=") && detail.ends_with(&format!("signed_by={PUBLISHER}")), "{detail}");
    // The other system's programs have no such signature, and nothing is said of one.
    let record = app(&relay.shared).await;
    chief.post(&format!("/apps/{}/program/linux", record.id), &[]).await;
    let ready = async {
        while !matches!(relay.shared.programs.state(&record, System::Linux), State::Ready { signed_by: None, .. }) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ready).await.unwrap();
    assert!(!chief.get(&page).await.body.contains("SmartScreen"));
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_is_signed_the_page_says_so_and_stopping_it_ends_the_signer() {
    let (desk, folder) = (Throwaway::new(), tempfile::tempdir().unwrap());
    templates(folder.path());
    let waits = Signer::command(&desk.command("waits", "echo $$ > $3/pid; sleep 600")).unwrap();
    let relay = relay_told(folder.path(), |config| config.signer = Some(waits)).await;
    let (shared, mut chief) = (&relay.shared, chief(&relay).await);
    let record = app(shared).await;
    let (page, place) = (format!("/apps/{}/download", record.id), format!("/apps/{}/program/windows", record.id));
    chief.post(&place, &[]).await;
    until(shared, &record, |state| matches!(state, State::Making { at: Stage::Signing, .. })).await;
    for (language, words) in
        [("pt-BR", "Etapa 5 de 6: assinando"), ("en", "Step 5 of 6: signing"), ("es", "Paso 5 de 6: firmando")]
    {
        chief.language = language;
        let shown = chief.get(&page).await.body;
        assert!(shown.contains(words) && shown.contains("max=\"6\""), "{shown}");
    }
    // What is of another system waits for no signer.
    chief.post(&format!("/apps/{}/program/linux", record.id), &[]).await;
    let linux = async {
        while !matches!(shared.programs.state(&record, System::Linux), State::Ready { .. }) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), linux).await.unwrap();
    assert!(matches!(shared.programs.state(&record, WINDOWS), State::Making { at: Stage::Signing, .. }));
    let began = Instant::now();
    chief.post(&format!("{place}/cancel"), &[]).await;
    assert_eq!(until(shared, &record, came_out).await, State::Failed { why: Failure::Cancelled });
    assert!(began.elapsed() < Duration::from_secs(10));
    let pid = fs::read_to_string(desk.path("pid")).unwrap();
    assert!(!Path::new(&format!("/proc/{}", pid.trim())).exists(), "the signer goes on");
    // Nor does a server that stops.
    chief.post(&place, &[]).await;
    until(shared, &record, |state| matches!(state, State::Making { at: Stage::Signing, .. })).await;
    let began = Instant::now();
    tokio::time::timeout(Duration::from_secs(20), relay.shutdown()).await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(15));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_signs_wrongly_is_a_failed_build_with_its_reason_and_the_program_from_before_stays_on_offer() {
    let (desk, folder) = (Throwaway::new(), tempfile::tempdir().unwrap());
    templates(folder.path());
    desk.pkcs12("office", |_| {});
    desk.pkcs12("expired", |of| of.not_after = date_time_ymd(2024, 5, 1));
    let with = |name: &str, from: &str| {
        format!("osslsigncode sign -pkcs12 $3/{name}.p12 -readpass {} -in {from} -out $2", desk.password().display())
    };
    let mode = |lines: &str| fs::write(desk.path("mode"), lines).unwrap();
    // A signer that is told each time what to do, and notes that it was asked.
    let signer = Signer::command(&desk.command("told", "echo >> $3/tries; . $3/mode")).unwrap();
    let tries = || fs::read(desk.path("tries")).map_or(0, |all| all.len());
    let tell = |config: &mut Config| {
        config.public_url = Some("https://help.example.com:7443".parse().unwrap());
        config.signer = Some(signer.clone());
        config.times.signing = Duration::from_secs(2);
    };
    let relay = relay_told(folder.path(), tell).await;
    let mut chief = chief(&relay).await;
    let page = format!("/apps/{}/download", app(&relay.shared).await.id);

    // Before there is any program, there is none, and it is said why.
    mode("echo token 4711 is locked >&2; exit 1");
    assert_eq!(make(&relay, &mut chief).await, State::Failed { why: Failure::Unsigned(Unsigned::Refused) });
    assert_eq!(download(&relay).await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!chief.get(&page).await.body.contains("programa anterior"));

    mode(&with("office", "$1"));
    let state = save(&relay, &mut chief, "Ajuda de antes").await;
    assert!(matches!(state, State::Ready { .. }), "{state:?}");
    let (_, before) = download(&relay).await;
    assert_eq!(title(&before), "Ajuda de antes");

    let garbage = "cp $1 $2; head -c 4000 /dev/urandom >> $2".to_owned();
    let altered = format!("LC_ALL=C sed s/Varanda/Varando/g $1 > $3/x; {}", with("office", "$3/x"));
    let cases = [
        (
            "cp $1 $2".to_owned(),
            Unsigned::NotTrue,
            ["não é este programa", "is not this program", "no es este programa"],
        ),
        (garbage, Unsigned::NotTrue, ["não é este programa", "is not this program", "no es este programa"]),
        (altered, Unsigned::NotTrue, ["não é este programa", "is not this program", "no es este programa"]),
        ("exit 0".to_owned(), Unsigned::NotTrue, ["não é este programa", "is not this program", "no es este programa"]),
        ("echo no >&2; exit 1".to_owned(), Unsigned::Refused, ["recusou", "said no", "se negó"]),
        (
            "sleep 600".to_owned(),
            Unsigned::Hung,
            ["não terminou a tempo", "did not finish in time", "no terminó a tiempo"],
        ),
        (with("expired", "$1"), Unsigned::Certificate, ["venceu", "has expired", "venció"]),
    ];
    for (at, (lines, why, words)) in cases.into_iter().enumerate() {
        mode(&lines);
        let state = save(&relay, &mut chief, &format!("Ajuda {at}")).await;
        assert_eq!(state, State::Failed { why: Failure::Unsigned(why) }, "{lines}");
        for (language, words) in ["pt-BR", "en", "es"].into_iter().zip(words) {
            chief.language = language;
            let shown = chief.get(&page).await.body;
            assert!(shown.contains(words), "{language} {lines}: {shown}");
            assert!(!shown.contains("osslsigncode sign") && !shown.contains(desk.folder.path().to_str().unwrap()));
        }
        chief.language = "pt-BR";
        assert!(chief.get(&page).await.body.contains("os clientes recebem o programa anterior"), "{lines}");
        // Customers get the one from before at once: nobody tries again for them.
        let (asked, began) = (tries(), Instant::now());
        for _ in 0..3 {
            assert_eq!(download(&relay).await, (StatusCode::OK, before.clone()), "{lines}");
        }
        assert_eq!(tries(), asked, "{lines}");
        assert!(began.elapsed() < Duration::from_secs(2), "{lines}");
    }
    // Changed on the disk, the one from before is none.
    let made = folder.path().join("programs").join(app(&relay.shared).await.id.to_string());
    let of_windows = || {
        let all = fs::read_dir(&made).unwrap().map(|entry| entry.unwrap().path());
        all.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("windows")).collect::<Vec<_>>()
    };
    let file = of_windows().into_iter().find(|path| path.extension().is_none()).unwrap();
    let mut changed = before.clone();
    changed[0x500] ^= 1;
    fs::write(&file, &changed).unwrap();
    assert_eq!(download(&relay).await.0, StatusCode::SERVICE_UNAVAILABLE);
    fs::write(&file, &before).unwrap();
    assert_eq!(download(&relay).await.0, StatusCode::OK);

    // Many who wait for a signer that hangs wait for it once.
    relay.shutdown().await.unwrap();
    mode("sleep 600");
    let relay = relay_told(folder.path(), tell).await;
    let mut chief = Browser::new(&relay.shared);
    chief.log_in("chefe", PASSWORD).await;
    let (asked, began) = (tries(), Instant::now());
    let all = futures::future::join_all((0..5).map(|_| download(&relay))).await;
    assert!(all.iter().all(|got| *got == (StatusCode::OK, before.clone())));
    assert_eq!(tries(), asked + 1);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());

    mode(&with("office", "$1"));
    let state = make(&relay, &mut chief).await;
    assert!(matches!(state, State::Ready { signed_by: Some(_), .. }), "{state:?}");
    assert_eq!(title(&download(&relay).await.1), "Ajuda 6");
    assert_eq!(of_windows().len(), 6, "two programs, each with hash and signer: {:?}", of_windows());
    relay.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_comes_cannot_be_read_is_renewed_or_goes_makes_programs_that_update_each_other() {
    let (desk, folder) = (Throwaway::new(), tempfile::tempdir().unwrap());
    let template = templates(folder.path());
    let (released, newer) = Released::of(&template).unwrap();
    let mut made: Vec<(&str, Vec<u8>)> = Vec::new();

    // The same address at each start: programs know it, and one that knows another is no program of now.
    let here = |config: &mut Config| config.public_url = Some("https://help.example.com:7443".parse().unwrap());
    let relay = relay_told(folder.path(), here).await;
    let mut browser = chief(&relay).await;
    let state = make(&relay, &mut browser).await;
    assert!(matches!(state, State::Ready { signed_by: None, .. }), "{state:?}");
    let page = format!("/apps/{}/download", app(&relay.shared).await.id);
    for (language, words) in [
        ("pt-BR", "O Windows protegeu o computador"),
        ("en", "Windows protected your PC"),
        ("es", "Windows protegió su PC"),
    ] {
        browser.language = language;
        let shown = browser.get(&page).await.body;
        assert!(shown.contains(words) && shown.contains("--sign-pkcs12"), "{shown}");
    }
    operator(&relay.shared, relay.shared.first_tenant, "ana", ATTENDS).await;
    let mut ana = Browser::new(&relay.shared);
    ana.log_in("ana", PASSWORD).await;
    assert!(!ana.get(&page).await.body.contains("SmartScreen"), "who cannot see to it is not bothered");
    made.push(("unsigned", download(&relay).await.1));
    relay.shutdown().await.unwrap();

    // The certificate is to be there and is not: what was made before is on offer, as it is of this app.
    let file = desk.path("office.p12");
    let signer = desk.signer(file.clone());
    let tell = |config: &mut Config| {
        here(config);
        config.signer = Some(signer.clone());
    };
    let relay = relay_told(folder.path(), tell).await;
    let mut browser = Browser::new(&relay.shared);
    browser.log_in("chefe", PASSWORD).await;
    let state = make(&relay, &mut browser).await;
    assert_eq!(state, State::Failed { why: Failure::Unsigned(Unsigned::Unreadable) });
    assert!(browser.get(&page).await.body.contains("não consegue ler o certificado"));
    assert_eq!(download(&relay).await, (StatusCode::OK, made[0].1.clone()));
    let unreadable = State::Failed { why: Failure::Unsigned(Unsigned::Unreadable) };
    // A renewed certificate is another program, which is made when it is asked for.
    for (name, until_then) in [("signed", unreadable), ("signed anew", State::NotMade)] {
        desk.pkcs12("office", |_| {});
        assert_eq!(relay.shared.programs.state(&app(&relay.shared).await, WINDOWS), until_then, "{name}");
        assert!(matches!(make(&relay, &mut browser).await, State::Ready { signed_by: Some(_), .. }));
        made.push((name, download(&relay).await.1));
        desk.verify("office.pem", &made.last().unwrap().1);
    }
    relay.shutdown().await.unwrap();
    // Under another address, what knows the old one is not on offer.
    fs::remove_file(&file).unwrap();
    let relay = relay_told(folder.path(), |config| config.signer = Some(signer.clone())).await;
    assert_eq!(download(&relay).await.0, StatusCode::SERVICE_UNAVAILABLE);
    relay.shutdown().await.unwrap();

    for (from, old) in &made {
        for (to, new) in &made {
            released.check(new, newer, &own(old)).unwrap_or_else(|error| panic!("{from} to {to}: {error}"));
        }
    }
    assert!(made[0].1 != made[1].1 && made[1].1 != made[2].1);
}

#[test]
fn the_server_is_told_how_to_sign_by_options_or_the_environment_and_doctor_says_what_is_wrong_with_it() {
    use std::{os::unix::fs::PermissionsExt as _, process::Command};
    let desk = Throwaway::new();
    let file = desk.pkcs12("office", |_| {});
    let relay = |options: &[&str], environment: &[(&str, &Path)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_amparo-relay"));
        command.args(options).args(["--listen", "127.0.0.1:0", "--data"]).arg(desk.path("data"));
        let ended = command.envs(environment.iter().copied()).output().unwrap();
        (ended.status.success(), String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned())
    };
    let line =
        |(_, said): (bool, String)| said.lines().find(|line| line.contains("code signature")).unwrap().to_owned();
    assert!(line(relay(&["doctor"], &[])).starts_with("ok    code signature: nobody signs"));
    let missing = line(relay(&["doctor", "--sign-pkcs12", "/nowhere.p12"], &[]));
    assert!(missing.starts_with("WRONG code signature: reading") && missing.contains("/nowhere.p12"), "{missing}");
    let (file, password) = (file.as_path(), desk.password());
    let environment = [("AMPARO_SIGN_PKCS12", file), ("AMPARO_SIGN_PASSWORD_FILE", password.as_path())];
    for path in [file, &password] {
        let open = line(relay(&["doctor"], &environment));
        assert!(open.contains("can be read by others"), "{open}");
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let well = line(relay(&["doctor"], &environment));
    assert_eq!(well, "ok    code signature: programs for Windows are signed by osslsigncode");

    let (well, said) = relay(&["serve", "--sign-command", "sign {in} {out}"], &environment);
    assert!(!well && said.contains("more than one way to sign"), "{said}");
    let (well, said) = relay(&["serve", "--sign-command", "sign --pin=4711"], &[]);
    assert!(!well && said.contains("{in}") && !said.contains("4711"), "{said}");
    assert!(!desk.path("data").exists(), "nothing was begun");
}
