//! Presses nothing and remembers everything. For tests, by name only.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use protocol::message::input::Button;

use super::Backend;
use crate::Error;

pub(super) const NAME: &str = "recorder";

/// What recorders with a display's name have recorded: a test that only chooses a backend can look here.
static NAMED: Mutex<BTreeMap<String, Arc<Mutex<Vec<Event>>>>> = Mutex::new(BTreeMap::new());

/// What recorders on the display of this name have recorded so far; `None` when there never was one.
pub fn recorded(display: &str) -> Option<Vec<Event>> {
    let named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
    named.get(display).map(|events| events.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

/// What would have been done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The pointer put somewhere.
    Place(u16, u16),
    /// A button and whether it went down.
    Button(Button, bool),
    /// Notches to the right and down.
    Wheel(i32, i32),
    /// A key and whether it went down.
    Key(u16, bool),
    /// Text typed.
    Text(String),
}

/// The backend.
#[derive(Debug, Default)]
pub struct Recorder(Arc<Mutex<Vec<Event>>>);

impl Recorder {
    /// Opens one; with a display, what it records can be looked at from elsewhere.
    pub(super) fn open(display: Option<&str>) -> Self {
        let Some(display) = display else { return Self::default() };
        let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
        Self(named.entry(display.to_owned()).or_default().clone())
    }

    /// What was recorded, shared with the recorder.
    pub fn events(&self) -> Arc<Mutex<Vec<Event>>> {
        Arc::clone(&self.0)
    }

    fn record(&self, event: Event) -> Result<(), Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        Ok(())
    }
}

impl Backend for Recorder {
    fn place(&mut self, x: u16, y: u16) -> Result<(), Error> {
        self.record(Event::Place(x, y))
    }

    fn button(&mut self, button: Button, down: bool) -> Result<(), Error> {
        self.record(Event::Button(button, down))
    }

    fn wheel(&mut self, right: i32, down: i32) -> Result<(), Error> {
        self.record(Event::Wheel(right, down))
    }

    fn key(&mut self, code: u16, down: bool) -> Result<(), Error> {
        self.record(Event::Key(code, down))
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        self.record(Event::Text(text.to_owned()))
    }
}
