//! The key that ends a session from anywhere: the system gives it to us, whatever window is in front and whatever that window does with
//! its keys.
//!
//! Taken only while a session runs. A library would be `global-hotkey`, but on X11 it looks twenty times a second whether a key was
//! pressed: a quarter of the time that the end may take, and a processor that never rests.

#[cfg(not(any(target_os = "linux", windows)))]
mod none;
#[cfg(windows)]
#[path = "end_key/windows.rs"]
mod os;
#[cfg(target_os = "linux")]
mod x11;

#[cfg(not(any(target_os = "linux", windows)))]
use none as os;
#[cfg(target_os = "linux")]
use x11 as os;

use crate::Error;

/// How the key is written for people.
pub const CHORD: &str = "Ctrl+Shift+F12";

/// The key is ours until this is dropped.
#[derive(Debug)]
pub struct EndKey {
    _grab: os::Grab,
}

impl EndKey {
    /// Takes the key on a display, the usual one if `None`. `pressed` is called on a thread of its own and may block.
    ///
    /// # Errors
    /// Somebody else has the key, or this system has no such thing: the session goes on without it.
    pub fn take(display: Option<&str>, pressed: impl Fn() + Send + 'static) -> Result<Self, Error> {
        os::Grab::new(display, pressed).map(|grab| Self { _grab: grab })
    }
}
