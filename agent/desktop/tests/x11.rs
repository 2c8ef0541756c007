//! Input on a real display: an Xvfb of the test's own, a terminal that writes what it was typed, a window that tells what it got.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use amparo_desktop::{self as desktop, Choice, end_key::EndKey};
use protocol::message::input::{Button, Input};
use x11rb::{
    connection::Connection as _,
    protocol::{
        Event,
        xproto::{ConnectionExt as _, CreateWindowAux, EventMask, WindowClass},
    },
    rust_connection::RustConnection,
};

/// Ends the process and waits for it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn display() -> (Running, String) {
    let mut server = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp", "-ac", "-noreset"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Xvfb is needed");
    let mut number = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
    assert!(!number.trim().is_empty(), "Xvfb did not start");
    (Running(server), format!(":{}", number.trim()))
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn open(display: &str) -> Box<dyn desktop::Injector> {
    desktop::open(&Choice { backend: Some("x11".to_owned()), display: Some(display.to_owned()) }).unwrap()
}

#[test]
fn typed_text_arrives_exactly_in_a_terminal_whatever_is_held() {
    let (_server, display) = display();
    let folder = std::env::temp_dir().join(format!("amparo-desktop-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (ready, typed): (PathBuf, PathBuf) = (folder.join("ready"), folder.join("typed"));
    let script = format!(
        "touch {}; IFS= read -r line; printf %s \"$line\" > {1}.new; mv {1}.new {1}",
        ready.display(),
        typed.display()
    );
    let _terminal = Running(
        Command::new("xterm")
            .args(["-u8", "-geometry", "80x24+0+0", "-e", "sh", "-c", &script])
            .env("DISPLAY", &display)
            .env("LC_ALL", "C.UTF-8")
            .stderr(Stdio::null())
            .spawn()
            .expect("xterm is needed"),
    );
    until("the terminal", || ready.exists().then_some(()));
    let mut injector = open(&display);
    let mut inject = |input: Input| injector.inject(&input).unwrap();
    // Without a window manager the keyboard goes where the pointer is.
    inject(Input::Move { x: 100, y: 100 });
    inject(Input::Key { code: 42, down: true });
    inject(Input::Text("Olá, ação! ß €".to_owned().try_into().unwrap()));
    inject(Input::ReleaseAll);
    for code in [28, 28] {
        inject(Input::Key { code, down: true });
        inject(Input::Key { code, down: false });
    }
    assert_eq!(until("the line", || fs::read_to_string(&typed).ok()), "Olá, ação! ß €");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn keys_buttons_and_wheel_arrive_and_nothing_stays_held() {
    let (_server, display) = display();
    let (connection, screen) = RustConnection::connect(Some(&display)).unwrap();
    let root = connection.setup().roots[screen].root;
    let window = connection.generate_id().unwrap();
    let mask = EventMask::KEY_PRESS | EventMask::KEY_RELEASE | EventMask::BUTTON_PRESS | EventMask::BUTTON_RELEASE;
    let attributes = CreateWindowAux::new().event_mask(mask);
    connection.create_window(0, window, root, 0, 0, 800, 600, 0, WindowClass::INPUT_OUTPUT, 0, &attributes).unwrap();
    connection.map_window(window).unwrap();
    connection.get_input_focus().unwrap().reply().unwrap();

    let mut injector = open(&display);
    for input in [
        Input::Move { x: 321, y: 234 },
        Input::Key { code: 30, down: true },
        Input::Key { code: 30, down: false },
        Input::Button { button: Button::Right, down: true },
        Input::Button { button: Button::Right, down: false },
        Input::Wheel { dx: 0, dy: 240 },
        Input::Wheel { dx: -120, dy: 0 },
        Input::Key { code: 29, down: true },
        Input::Button { button: Button::Left, down: true },
    ] {
        injector.inject(&input).unwrap();
    }
    assert!(matches!(injector.inject(&Input::Key { code: 700, down: true }), Err(desktop::Error::Key(700))));
    drop(injector);

    let mut seen = Vec::new();
    until("the last release", || {
        while let Some(event) = connection.poll_for_event().unwrap() {
            match event {
                Event::KeyPress(key) => seen.push(('k', key.detail, true)),
                Event::KeyRelease(key) => seen.push(('k', key.detail, false)),
                Event::ButtonPress(button) => seen.push(('b', button.detail, true)),
                Event::ButtonRelease(button) => seen.push(('b', button.detail, false)),
                _ => {}
            }
        }
        (seen.last() == Some(&('b', 1, false))).then_some(())
    });
    let click = |button| [('b', button, true), ('b', button, false)];
    let expected = [
        &[('k', 38, true), ('k', 38, false)][..],
        &click(3),
        &click(5),
        &click(5),
        &click(6),
        &[('k', 37, true), ('b', 1, true), ('k', 37, false), ('b', 1, false)],
    ]
    .concat();
    assert_eq!(seen, expected);
    let pointer = connection.query_pointer(root).unwrap().reply().unwrap();
    assert_eq!((pointer.root_x, pointer.root_y, u16::from(pointer.mask)), (321, 234, 0));
}

#[test]
fn a_display_that_is_not_there_is_an_error() {
    let choice = Choice { backend: None, display: Some(":4711".to_owned()) };
    assert!(matches!(desktop::open(&choice), Err(desktop::Error::Open { .. })));
    let choice = Choice { backend: Some("nonsense".to_owned()), display: None };
    assert!(matches!(desktop::open(&choice), Err(desktop::Error::Unknown(_))));
}

/// Presses a chord the way a person's keyboard does.
fn chord(keyboard: &mut dyn desktop::Injector, codes: &[u16]) {
    for code in codes {
        keyboard.inject(&Input::Key { code: *code, down: true }).unwrap();
    }
    for code in codes.iter().rev() {
        keyboard.inject(&Input::Key { code: *code, down: false }).unwrap();
    }
}

#[test]
fn the_end_key_is_heard_whatever_has_the_focus_and_lock_keys_are_on_and_is_given_back() {
    // Linux evdev codes.
    const CTRL: u16 = 29;
    const SHIFT: u16 = 42;
    const F12: u16 = 88;
    const F11: u16 = 87;
    const CAPS: u16 = 58;
    const NUM: u16 = 69;
    let (_server, name) = display();
    let mut keyboard = open(&name);
    let (press, pressed) = std::sync::mpsc::channel();
    let take = || {
        let press = press.clone();
        EndKey::take(Some(&name), move || press.send(()).unwrap())
    };
    let key = take().unwrap();
    assert!(matches!(take(), Err(desktop::Error::Refused(_))), "the key has one owner");

    for locks in [&[][..], &[CAPS], &[NUM], &[CAPS]] {
        chord(&mut *keyboard, locks);
        chord(&mut *keyboard, &[CTRL, F12]);
        chord(&mut *keyboard, &[CTRL, SHIFT, F11]);
        chord(&mut *keyboard, &[CTRL, SHIFT, F12]);
        pressed.recv_timeout(Duration::from_secs(30)).unwrap();
    }
    assert!(pressed.try_recv().is_err(), "only the whole chord is the key");

    drop(key);
    until("the key to be given back", || take().ok());
}
