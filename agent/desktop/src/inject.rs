//! The backends: one file per system, one for tests.

use protocol::message::input::Button;

use crate::{Choice, Error, Injector, hands::Hands};

pub mod recorder;

#[cfg(target_os = "linux")]
#[path = "inject/x11.rs"]
mod os;
#[cfg(windows)]
#[path = "inject/windows.rs"]
mod os;
#[cfg(not(any(target_os = "linux", windows)))]
#[path = "inject/none.rs"]
mod os;

/// Presses without remembering.
pub trait Backend {
    /// Puts the pointer on a pixel of the screen.
    fn place(&mut self, x: u16, y: u16) -> Result<(), Error>;
    /// Presses or releases a mouse button.
    fn button(&mut self, button: Button, down: bool) -> Result<(), Error>;
    /// Turns the wheel by whole notches, to the right and down.
    fn wheel(&mut self, right: i32, down: i32) -> Result<(), Error>;
    /// Presses or releases a key, by Linux evdev code.
    fn key(&mut self, code: u16, down: bool) -> Result<(), Error>;
    /// Types text, whatever the keyboard's layout.
    fn text(&mut self, text: &str) -> Result<(), Error>;
}

/// Opens the chosen backend.
pub(crate) fn open(choice: &Choice) -> Result<Box<dyn Injector>, Error> {
    match choice.backend.as_deref() {
        None => Ok(Box::new(Hands::new(os::Os::open(choice.display.as_deref())?))),
        Some(name) if name == os::NAME => Ok(Box::new(Hands::new(os::Os::open(choice.display.as_deref())?))),
        Some(recorder::NAME) => Ok(Box::new(Hands::new(recorder::Recorder::open(choice.display.as_deref())))),
        Some(name) => Err(Error::Unknown(name.to_owned())),
    }
}
