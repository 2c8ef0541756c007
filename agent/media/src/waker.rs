//! Ends the wait of a capture thread from another thread: a picture was shown, the session is over.

#[cfg(unix)]
#[path = "waker/unix.rs"]
mod os;
#[cfg(windows)]
#[path = "waker/windows.rs"]
mod os;
#[cfg(not(any(unix, windows)))]
#[path = "waker/condvar.rs"]
mod os;

pub use os::{Waker, Wakeup};
