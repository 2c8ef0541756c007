//! The process with more rights as it is shipped, though without these rights and over pipes of its own: it is there for its hands and no longer,
//! is missed when it goes, and takes nothing from anybody else.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use amparo_agent::elevated::{self, Hands, StartError, WORD, Way};
use protocol::message::{
    control::Attention,
    input::{Button, Input},
};
use tokio::runtime::Runtime;

const PROGRAM: &str = env!("CARGO_BIN_EXE_amparo");
const PATIENCE: Duration = Duration::from_secs(30);

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// A shell with the program as `$0` and a folder as `$1`.
fn way(script: &str, folder: &Path) -> Way {
    Way::Pretended(vec!["sh".into(), "-c".into(), script.into(), PROGRAM.into(), folder.into()])
}

/// The hands, and what is told once for each time that they were lost.
fn start(runtime: &Runtime, way: &Way) -> (Result<Hands, StartError>, mpsc::Receiver<()>) {
    let (tell, told) = mpsc::channel();
    (runtime.block_on(elevated::start(way, move || tell.send(()).unwrap())), told)
}

/// How often it was told, once nobody is left who could.
fn times(told: &mpsc::Receiver<()>) -> usize {
    let mut times = 0;
    loop {
        match told.recv_timeout(PATIENCE) {
            Ok(()) => times += 1,
            Err(mpsc::RecvTimeoutError::Disconnected) => return times,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("the hands' task has not ended"),
        }
    }
}

/// What is in a file, once it is there.
fn text(file: &Path) -> String {
    let by = Instant::now() + PATIENCE;
    loop {
        match std::fs::read_to_string(file) {
            Ok(text) => return text.trim().to_owned(),
            Err(error) => assert!(Instant::now() < by, "{}: {error}", file.display()),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The program alone, with this said to it.
fn called(arguments: &[&str], said: &[u8]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.arg(WORD).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who refuses to begin does not read it either.
    let _ = child.stdin.take().unwrap().write_all(said);
    child.wait_with_output().unwrap()
}

#[test]
fn the_process_does_what_it_is_told_and_ends_well_with_its_hands() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let script = r#""$0" elevated --stdio --backend recorder; echo $? >"$1/new"; mv "$1/new" "$1/ended""#;
    let (hands, told) = start(&runtime, &way(script, folder.path()));
    let hands = hands.unwrap();
    for input in [
        Input::Move { x: 1, y: 2 },
        Input::Button { button: Button::Left, down: true },
        Input::Text("ß".to_owned().try_into().unwrap()),
        Input::ReleaseAll,
    ] {
        hands.inject(&input).unwrap();
    }
    if cfg!(target_os = "linux") {
        assert_eq!(hands.ctrl_alt_del(), Some(Attention::Typed));
    }
    assert!(!folder.path().join("ended").exists());
    drop(hands);
    assert_eq!(text(&folder.path().join("ended")), "0");
    assert_eq!(times(&told), 0);
}

#[test]
fn a_process_that_is_killed_is_missed_once() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let script = r#"echo $$ >"$1/process"; exec "$0" elevated --stdio --backend recorder"#;
    let (hands, told) = start(&runtime, &way(script, folder.path()));
    let hands = hands.unwrap();
    hands.inject(&Input::Key { code: 30, down: true }).unwrap();
    let process = text(&folder.path().join("process"));
    assert!(Command::new("kill").args(["-9", &process]).status().unwrap().success());
    assert_eq!(times(&told), 1);
    assert!(hands.inject(&Input::ReleaseAll).is_err());
    assert_eq!(hands.ctrl_alt_del(), Some(Attention::NeedsAdministrator));
}

#[test]
fn a_process_that_has_no_mouse_and_keyboard_is_none() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let (hands, told) = start(&runtime, &way(r#"exec "$0" elevated --stdio --backend nothing"#, folder.path()));
    assert!(matches!(hands, Err(StartError::Failed(_))), "{hands:?}");
    assert_eq!(times(&told), 0);
}

#[test]
fn what_is_no_word_ends_the_process_with_an_error() {
    for said in [&u32::MAX.to_le_bytes()[..], &[1, 0, 0, 0, 0xff], &[9, 0]] {
        let output = called(&["--stdio", "--backend", "recorder"], said);
        assert!(!output.status.success(), "{said:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains("amparo elevated: answering the other process"), "{error}");
    }
    assert!(called(&["--stdio", "--backend", "recorder"], &[]).status.success());
}

#[test]
fn called_by_a_person_or_another_program_it_does_nothing() {
    let ours = r"\\.\pipe\amparo-0123456789abcdef0123456789abcdef";
    let parent: &str = &std::process::id().to_string();
    let cases: [(&[&str], &str); 6] = [
        (&[], "only another process of this program starts this"),
        (&["--pipe", ours], "only another process of this program starts this"),
        (&["--parent", parent], "only another process of this program starts this"),
        (&["--pipe", "/tmp/pipe", "--parent", parent], "not the name of a pipe of this program"),
        (&["--pipe", ours, "--parent", parent], "this system has no such rights"),
        (&["--backend", "recorder"], "--stdio"),
    ];
    for (arguments, why) in cases {
        let output = called(arguments, &[]);
        assert!(!output.status.success(), "{arguments:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(why), "{arguments:?}: {error}");
    }
    let help = Command::new(PROGRAM).arg("--help").output().unwrap();
    assert!(!String::from_utf8_lossy(&help.stdout).contains("levated"));
}
