//! What the operating system lets Amparo do with mouse and keyboard: move and press them, called by the customer's input thread after
//! consent and by nobody else; ask for Ctrl+Alt+Del; hear the key that ends a session; and have links of ours opened by this program;
//! see whether the system has the desktop for itself; start a program with more rights, if the person in front of the screen tells the system
//! to; and what kind of session the user sits in.
//!
//! Must never decide whether an input is allowed: that is the session machine's, before it comes here. What is typed is never logged.

// Not forbidden: the Windows back ends call the system.
#![deny(unsafe_code)]

use protocol::message::input::Input;

pub mod attention;
pub mod desk;
pub mod elevation;
pub mod end_key;
mod hands;
pub mod inject;
pub mod scheme;
pub mod sitting;
pub mod wayland;

/// Whose mouse and keyboard, and through what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// A backend by name; the system's own if `None`.
    pub backend: Option<String>,
    /// The display, as in `:7`; the one this program's own windows are on if `None`.
    pub display: Option<String>,
}

/// Why mouse and keyboard cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// This system has no way yet.
    #[error("mouse and keyboard cannot be driven on this system")]
    Unsupported,
    /// There is no backend of that name on this system.
    #[error("no input backend is called {0:?} on this system")]
    Unknown(String),
    /// The display cannot be opened.
    #[error("opening display {display} for input: {why}")]
    Open {
        /// What was opened.
        display: String,
        /// The reason.
        why: String,
    },
    /// A key this system has no code for.
    #[error("no key has the code {0} here")]
    Key(u16),
    /// The system refused it.
    #[error("the system refused an input: {0}")]
    Refused(String),
}

/// Moves the mouse and presses keys. What is held when it is dropped is released.
pub trait Injector {
    /// Does one thing. A key that is held is not pressed again, one that is not held is not released.
    fn inject(&mut self, input: &Input) -> Result<(), Error>;
}

/// Opens it, on the thread that will use it.
pub fn open(choice: &Choice) -> Result<Box<dyn Injector>, Error> {
    inject::open(choice)
}
