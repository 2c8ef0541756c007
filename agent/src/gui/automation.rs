//! A local control socket for tests, only in builds with the feature `_automation`: which page shows, and where on the screen a
//! thing with a name is. It tells, it never acts: tests act through the window system, as a person does. But for one thing that no person can
//! do: `{"op":"panic"}` has the program fail, with all that the windows show in its last words.
//!
//! One JSON line in, one out, at `$AMPARO_AUTOMATION`, the path of a Unix socket or (Windows) an address as in `127.0.0.1:4000`:
//! `{"op":"page"}` → `{"page":"waiting","view":{…}}` · `{"op":"where","window":"main|bar|viewer","label":"Conectar"}` →
//! `{"x":…,"y":…,"width":…,"height":…}` in physical pixels of the screen, or `{}`; with it `enabled`, what a field holds as `value`,
//! and as `keyboard` whether its window has the keyboard · `{"op":"windows"}` → `{"main":{…},…}`.

use std::io::{BufRead, BufReader, Write};
use std::rc::Rc;
use std::sync::mpsc::{SyncSender, sync_channel};

use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementRoot};
use i_slint_backend_winit::WinitWindowAccessor;
use serde::Deserialize;
use serde_json::{Value, json};
use slint::ComponentHandle;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::windows::Windows;

#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
enum Question {
    Page,
    Panic,
    Where { window: String, label: String },
    Windows,
}

type Asked = (Question, SyncSender<Value>);

#[cfg(unix)]
mod os {
    pub(super) use std::os::unix::net::{UnixListener as Listener, UnixStream as Stream};

    pub(super) fn listen(path: &std::ffi::OsStr) -> std::io::Result<Listener> {
        let _ = std::fs::remove_file(path);
        Listener::bind(path)
    }
}

#[cfg(not(unix))]
mod os {
    pub(super) use std::net::{TcpListener as Listener, TcpStream as Stream};

    pub(super) fn listen(address: &std::ffi::OsStr) -> std::io::Result<Listener> {
        let address: Option<std::net::SocketAddr> = address.to_str().and_then(|text| text.parse().ok());
        match address {
            Some(address) if address.ip().is_loopback() => {
                // The program that a new one takes the place of still has the address for a moment.
                let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
                loop {
                    match Listener::bind(address) {
                        Err(error)
                            if error.kind() == std::io::ErrorKind::AddrInUse && std::time::Instant::now() < until =>
                        {
                            std::thread::sleep(std::time::Duration::from_millis(100));
                        }
                        bound => return bound,
                    }
                }
            }
            _ => Err(std::io::ErrorKind::InvalidInput.into()),
        }
    }
}

/// Listens where `$AMPARO_AUTOMATION` says, if it does. Answers are made on the event loop.
pub(super) fn serve(windows: Rc<Windows>) {
    let Some(place) = std::env::var_os("AMPARO_AUTOMATION") else { return };
    let (ask, mut asked) = unbounded_channel::<Asked>();
    let answers = slint::spawn_local(async move {
        while let Some((question, reply)) = asked.recv().await {
            // A test that went away needs no answer.
            let _ = reply.send(answer(&windows, question));
        }
    });
    if let Err(error) = answers {
        tracing::error!(%error, "the automation socket has nobody to answer");
        return;
    }
    let accept = move || {
        let listener = match os::listen(&place) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(%error, ?place, "the automation socket cannot be opened");
                return;
            }
        };
        for stream in listener.incoming().flatten() {
            let ask = ask.clone();
            let _ = std::thread::Builder::new().name("automation client".into()).spawn(move || {
                if let Err(error) = client(stream, &ask) {
                    tracing::debug!(%error, "an automation client went away");
                }
            });
        }
    };
    if let Err(error) = std::thread::Builder::new().name("automation".into()).spawn(accept) {
        tracing::error!(%error, "the automation socket has no thread");
    }
}

fn client(stream: os::Stream, ask: &UnboundedSender<Asked>) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    for line in BufReader::new(stream).lines() {
        let answer = match serde_json::from_str::<Question>(&line?) {
            Ok(question) => {
                let (reply, replied) = sync_channel(1);
                if ask.send((question, reply)).is_err() {
                    return Ok(());
                }
                replied.recv().unwrap_or_else(|_| json!({ "error": "the windows are gone" }))
            }
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

fn answer(windows: &Windows, question: Question) -> Value {
    match question {
        Question::Page => match windows.shown.borrow().as_ref() {
            Some(view) => json!({ "page": view.page.name(), "view": view }),
            None => json!({ "page": "none", "view": null }),
        },
        Question::Panic => {
            let view = windows.shown.borrow().as_ref().map(|view| json!(view)).unwrap_or_default();
            let bare = view.to_string().replace(['"', '{', '}', '[', ']', ','], " ");
            let home = std::env::var("HOME").unwrap_or_default();
            panic!("a test wants it: {view}\nbare {bare}\nin {home}/Documents");
        }
        Question::Where { window, label } => match window.as_str() {
            "main" => windows.main.borrow().as_ref().map_or_else(|| json!({}), |w| find(w, &label)),
            "viewer" => windows.viewer.borrow().as_ref().map_or_else(|| json!({}), |w| find(w, &label)),
            "bar" => windows.bars.borrow().first().map_or_else(|| json!({}), |w| find(w, &label)),
            other => json!({ "error": format!("no window {other:?}") }),
        },
        Question::Windows => json!({
            "main": windows.main.borrow().as_ref().map(|w| place(w.window())),
            "viewer": windows.viewer.borrow().as_ref().map(|w| place(w.window())),
            "bars": windows.bars.borrow().iter().map(|b| place(b.window())).collect::<Vec<_>>(),
        }),
    }
}

/// The first thing of this name that is on the screen; a control before a mere text.
fn find(component: &(impl ElementRoot + ComponentHandle), label: &str) -> Value {
    let window = component.window();
    let Some((left, top)) = corner(window) else { return json!({}) };
    let mut found: Vec<ElementHandle> = ElementHandle::find_by_accessible_label(component, label)
        .filter(|e| e.size().width > 0. && e.size().height > 0. && e.computed_opacity() > 0.)
        .collect();
    found.sort_by_key(|e| e.accessible_role() == Some(AccessibleRole::Text));
    let Some(element) = found.first() else { return json!({}) };
    let (at, size, scale) = (element.absolute_position(), element.size(), window.scale_factor());
    json!({
        "x": f64::from(left) + f64::from(at.x * scale),
        "y": f64::from(top) + f64::from(at.y * scale),
        "width": size.width * scale,
        "height": size.height * scale,
        "enabled": element.accessible_enabled().unwrap_or(true),
        "value": element.accessible_value().map(String::from),
        "keyboard": window.with_winit_window(|w| w.has_focus()).unwrap_or(false),
    })
}

fn place(window: &slint::Window) -> Value {
    match corner(window) {
        Some((x, y)) if window.is_visible() => {
            let size = window.size();
            json!({ "x": x, "y": y, "width": size.width, "height": size.height })
        }
        _ => Value::Null,
    }
}

/// The top left of a window's inside on the screen.
fn corner(window: &slint::Window) -> Option<(i32, i32)> {
    window.with_winit_window(|w| w.inner_position().ok().map(|p| (p.x, p.y)))?
}
