//! The automation socket of a test build: which page shows, and where on the screen a thing with a name is.
//!
//! It only tells; everything that is done is done by [`crate::hands::Hands`] through the X server, as by a person.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::picture::Rect;
use crate::wait;

/// The socket of one program.
pub struct Automation {
    place: Place,
}

/// Where a program answers.
enum Place {
    Socket(PathBuf),
    Address(SocketAddr),
}

trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

/// Which page a program shows, with everything on it.
#[derive(Debug, Clone)]
pub struct Page {
    /// Such as `waiting`.
    pub name: String,
    /// The page's view as the program's controller made it.
    pub view: Value,
    /// All windows' view: brand, session bar, viewer, notice.
    pub all: Value,
}

impl Page {
    /// A text of the page's view; empty when it is not there or not a text.
    pub fn text(&self, field: &str) -> &str {
        self.view[field].as_str().unwrap_or_default()
    }

    /// Why the last step did not work, as its name in the view model: `CannotEnter`, `Refused`.
    pub fn trouble(&self) -> Option<String> {
        name_of(&self.view["trouble"])
    }
}

/// The name of an enum's value in JSON: `"Refused"` or `{"NoAnswer": …}`.
pub fn name_of(value: &Value) -> Option<String> {
    match value {
        Value::String(name) => Some(name.clone()),
        Value::Object(fields) => fields.keys().next().cloned(),
        _ => None,
    }
}

impl Automation {
    /// For the program that was started with this socket in `AMPARO_AUTOMATION`.
    pub fn at(socket: &Path) -> Self {
        Self { place: Place::Socket(socket.into()) }
    }

    /// For the program that was started with this address in `AMPARO_AUTOMATION`.
    pub fn on(address: SocketAddr) -> Self {
        Self { place: Place::Address(address) }
    }

    fn reach(&self) -> std::io::Result<Box<dyn Wire>> {
        let patience = Some(Duration::from_secs(10));
        match &self.place {
            Place::Socket(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(patience)?;
                Ok(Box::new(stream))
            }
            Place::Address(address) => {
                let stream = TcpStream::connect(address)?;
                stream.set_read_timeout(patience)?;
                Ok(Box::new(stream))
            }
        }
    }

    /// One question, one answer.
    pub fn ask(&self, question: &Value) -> Result<Value> {
        let mut stream = self.reach().context("reaching the program's automation socket")?;
        stream.write_all(format!("{question}\n").as_bytes())?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).context("reading the program's answer")?;
        let answer: Value = serde_json::from_str(&line).with_context(|| format!("the program answered {line:?}"))?;
        if let Some(error) = answer.get("error").and_then(Value::as_str) {
            bail!("the program answered {error:?} to {question}");
        }
        Ok(answer)
    }

    /// The page that shows now.
    pub fn page(&self) -> Result<Page> {
        let answer = self.ask(&json!({ "op": "page" }))?;
        let name = answer["page"].as_str().context("no page name in the answer")?.to_owned();
        let all = answer["view"].clone();
        // The view model's `page` is an enum: one key, the page's name in the program, and below it the page's view.
        let view = match all.get("page") {
            Some(Value::Object(page)) => page.values().next().cloned().unwrap_or_default(),
            _ => all.clone(),
        };
        Ok(Page { name, view, all })
    }

    /// Waits for a page by name.
    pub fn wait_page(&self, name: &str) -> Result<Page> {
        self.wait_page_where(name, "to show", |_| true)
    }

    /// Waits for a page by name until something holds on it.
    pub fn wait_page_where(&self, name: &str, what: &str, holds: impl Fn(&Page) -> bool) -> Result<Page> {
        let mut last = None;
        let found = wait::until(&format!("the page {name:?} {what}"), wait::PATIENCE, || {
            let page = self.page()?;
            let good = page.name == name && holds(&page);
            last = Some(page.clone());
            Ok(good.then_some(page))
        });
        found.with_context(|| match last {
            Some(page) => format!("the program shows {:?}: {}", page.name, page.view),
            None => "the program showed no page at all".to_owned(),
        })
    }

    /// Whether the thing with this accessible name is in a window that has the keyboard, and what it holds if it is a field.
    pub fn field(&self, window: &str, label: &str) -> Result<(bool, Option<String>)> {
        let answer = self.ask(&json!({ "op": "where", "window": window, "label": label }))?;
        Ok((answer["keyboard"].as_bool().unwrap_or(false), answer["value"].as_str().map(str::to_owned)))
    }

    /// Where on the screen the thing with this accessible name is, if it is there.
    pub fn find(&self, window: &str, label: &str) -> Result<Option<Rect>> {
        let answer = self.ask(&json!({ "op": "where", "window": window, "label": label }))?;
        let side = |name: &str| answer[name].as_f64().map(|v| v.round() as i32);
        Ok(match (side("x"), side("y"), side("width"), side("height")) {
            (Some(x), Some(y), Some(width), Some(height)) if width > 0 && height > 0 => {
                Some(Rect { x, y, width, height })
            }
            _ => None,
        })
    }

    /// Waits until the thing with this accessible name is on the screen and has stopped moving.
    pub fn wait_for(&self, window: &str, label: &str) -> Result<Rect> {
        let mut before = None;
        wait::until(&format!("{label:?} in the window {window:?}"), wait::PATIENCE, || {
            let now = self.find(window, label)?;
            let still = now.is_some() && now == before;
            before = now;
            Ok(if still { now } else { None })
        })
    }
}
