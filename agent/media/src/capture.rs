//! Reading the customer's screen: a small trait, one file per backend, and the table that says which is preferred.

use std::{collections::VecDeque, time::Duration};

use protocol::media::{Pointer, Rect, Size};

use crate::waker::Wakeup;

#[cfg(windows)]
mod dxgi;
#[cfg(windows)]
mod gdi;
#[cfg(any(windows, test))]
mod lasting;
#[cfg(unix)]
mod scrap;
mod synthetic;
#[cfg(target_os = "linux")]
mod x11;

/// Which screen to read and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// A backend by name; the best one that works here if `None`.
    pub backend: Option<String>,
    /// The display, as in `:7`; the one this program's own windows are on if `None`.
    pub display: Option<String>,
}

impl Choice {
    /// The backend with this name, or the error that says why not.
    pub fn named(backend: &str) -> Self {
        Self { backend: Some(backend.to_owned()), display: None }
    }

    /// The same on this display.
    #[must_use]
    pub fn on(self, display: &str) -> Self {
        Self { display: Some(display.to_owned()), ..self }
    }
}

/// Why the screen cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no backend of that name on this system.
    #[error("no capture backend is called {0:?} on this system")]
    Unknown(String),
    /// No backend works here.
    #[error("no capture backend works on display {display}: {tried}")]
    None {
        /// What was opened.
        display: String,
        /// Each backend with its reason.
        tried: String,
    },
    /// The display cannot be opened.
    #[error("opening display {display}: {why}")]
    Open {
        /// What was opened.
        display: String,
        /// The reason.
        why: String,
    },
    /// The display offers no way to do this.
    #[error("the display has no {0}")]
    Missing(&'static str),
    /// A screen of a size that is not allowed, see [`protocol::limits`].
    #[error("a screen of {width}x{height} pixels")]
    Size {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
    /// The display was there and is gone: unplugged, logged out, its server killed.
    #[error("the display is gone: {0}")]
    Gone(String),
}

/// What a backend noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Something in these rectangles may look different; [`Backend::read`] them.
    Damaged(Vec<Rect>),
    /// The screen has a new size; everything on it counts as damaged.
    Resized(Size),
    /// The pointer moved or looks different.
    Pointer(Pointer),
}

/// The pixels of one rectangle.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    /// Where they are on the screen.
    pub rect: Rect,
    /// Rows of `B G R x`, no gaps between rows.
    pub bgrx: &'a [u8],
}

/// A way to read the screen. Owned by one thread.
pub trait Backend {
    /// The size now.
    fn size(&self) -> Size;
    /// Waits until something is noticed, the time is over or `wakeup` is called. Everything noticed goes to the end of `events`.
    /// With `picture` false, damage alone ends no wait and is kept for the next call with `picture` true.
    fn wait(
        &mut self,
        wakeup: &mut Wakeup,
        picture: bool,
        timeout: Duration,
        events: &mut VecDeque<Event>,
    ) -> Result<(), Error>;
    /// Reads the rectangles as they are now and hands each to `sink`, split where the backend must. They are inside [`Backend::size`];
    /// a screen that has shrunk meanwhile leaves out what is gone and reports the new size with the next wait.
    fn read(&mut self, rects: &[Rect], sink: &mut dyn FnMut(Piece<'_>)) -> Result<(), Error>;
}

/// One row of the table of backends.
struct Candidate {
    name: &'static str,
    /// Tried when no name is given.
    preferred: bool,
    /// The system may take it away and give it back: it is opened again, or the next preferred one in its place.
    lasting: bool,
    open: Open,
}

/// Opens a backend on a display.
type Open = fn(Option<&str>) -> Result<Box<dyn Backend>, Error>;

/// In order of preference.
const CANDIDATES: &[Candidate] = &[
    #[cfg(target_os = "linux")]
    Candidate { name: "x11", preferred: true, lasting: false, open: |display| Ok(Box::new(x11::X11::open(display)?)) },
    #[cfg(windows)]
    Candidate {
        name: "dxgi",
        preferred: true,
        lasting: true,
        open: |display| Ok(Box::new(dxgi::Dxgi::open(display)?)),
    },
    #[cfg(windows)]
    Candidate { name: "gdi", preferred: true, lasting: false, open: |display| Ok(Box::new(gdi::Gdi::open(display)?)) },
    // On X11 its memory can be read by every local user, and it sees neither damage nor pointer: there only by name.
    #[cfg(unix)]
    Candidate {
        name: "scrap",
        preferred: cfg!(not(target_os = "linux")),
        lasting: false,
        open: |display| Ok(Box::new(scrap::Scrap::open(display)?)),
    },
    Candidate {
        name: "synthetic",
        preferred: false,
        lasting: false,
        open: |_| Ok(Box::new(synthetic::Synthetic::open())),
    },
];

/// The names of the backends of this system, best first.
pub fn names() -> impl Iterator<Item = &'static str> {
    CANDIDATES.iter().map(|candidate| candidate.name)
}

/// Opens the chosen backend, on the thread that will use it.
pub fn open(choice: &Choice) -> Result<(&'static str, Box<dyn Backend>), Error> {
    let display = choice.display.as_deref();
    if let Some(name) = &choice.backend {
        let candidate =
            CANDIDATES.iter().find(|candidate| candidate.name == name).ok_or_else(|| Error::Unknown(name.clone()))?;
        return Ok((candidate.name, opened(candidate, display, (candidate.open)(display)?, &[])));
    }
    let mut tried = String::new();
    for candidate in CANDIDATES.iter().filter(|candidate| candidate.preferred) {
        match (candidate.open)(display) {
            Ok(backend) => return Ok((candidate.name, opened(candidate, display, backend, CANDIDATES))),
            Err(error) => {
                tracing::warn!(backend = candidate.name, %error, "capture backend does not work");
                tried.push_str(&format!("{}{}: {error}", if tried.is_empty() { "" } else { "; " }, candidate.name));
            }
        }
    }
    let display =
        display.map_or_else(|| std::env::var("DISPLAY").unwrap_or_else(|_| "(none)".to_owned()), str::to_owned);
    Err(Error::None { display, tried: if tried.is_empty() { "none exists for this system".to_owned() } else { tried } })
}

/// A backend that was opened, with what it gives way to among these where it may be taken away.
fn opened(
    candidate: &'static Candidate,
    display: Option<&str>,
    backend: Box<dyn Backend>,
    others: &'static [Candidate],
) -> Box<dyn Backend> {
    #[cfg(windows)]
    if candidate.lasting {
        let others = others.iter().filter(|other| other.preferred && other.name != candidate.name);
        let way = |candidate: &'static Candidate| {
            let display = display.map(str::to_owned);
            lasting::Way { name: candidate.name, open: Box::new(move || (candidate.open)(display.as_deref())) }
        };
        let ways = std::iter::once(candidate).chain(others).map(way).collect();
        return Box::new(lasting::Lasting::new(backend, ways, lasting::Patience::default()));
    }
    debug_assert!(!candidate.lasting, "{}: {display:?}, {} others", candidate.name, others.len());
    backend
}
