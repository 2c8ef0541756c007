//! An event of the system, which a thread can await together with its windows' messages.
#![allow(unsafe_code)]

use std::{
    os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle},
    sync::Arc,
    time::Duration,
};

use windows::Win32::{
    Foundation::{HANDLE, WAIT_FAILED, WAIT_OBJECT_0},
    System::Threading::{CreateEventW, INFINITE, SetEvent, WaitForSingleObject},
    UI::WindowsAndMessaging::{MsgWaitForMultipleObjects, QS_ALLINPUT},
};

/// Wakes the thread that waits. Cheap to clone, usable from everywhere.
#[derive(Debug, Clone)]
pub struct Waker(Arc<OwnedHandle>);

/// The side that waits.
#[derive(Debug)]
pub struct Wakeup(Waker);

impl Waker {
    fn handle(&self) -> HANDLE {
        HANDLE(self.0.as_raw_handle())
    }

    /// Ends the wait that is going on, or the next one. Many calls before a wait count as one.
    pub fn wake(&self) {
        // SAFETY: the handle lives as long as `self`.
        if let Err(error) = unsafe { SetEvent(self.handle()) } {
            tracing::warn!(%error, "a thread could not be woken");
        }
    }
}

impl Wakeup {
    /// A new pair.
    pub fn new() -> std::io::Result<Self> {
        // SAFETY: an event without name or attributes, which resets itself.
        let event = unsafe { CreateEventW(None, false, false, None) }.map_err(std::io::Error::other)?;
        // SAFETY: the handle was just made and belongs to nobody else.
        Ok(Self(Waker(Arc::new(unsafe { OwnedHandle::from_raw_handle(event.0) }))))
    }

    /// For the other threads.
    pub fn waker(&self) -> Waker {
        self.0.clone()
    }

    /// Waits until woken or the time is over. True when woken.
    pub fn wait(&mut self, timeout: Duration) -> std::io::Result<bool> {
        // SAFETY: the handle lives as long as `self`.
        let ended = unsafe { WaitForSingleObject(self.0.handle(), millis(timeout)) };
        if ended == WAIT_FAILED { Err(std::io::Error::last_os_error()) } else { Ok(ended == WAIT_OBJECT_0) }
    }

    /// The same, or until this thread has a message of a window to look at.
    pub fn wait_messages(&mut self, timeout: Duration) -> std::io::Result<bool> {
        // SAFETY: the handle lives as long as `self`.
        let ended = unsafe { MsgWaitForMultipleObjects(Some(&[self.0.handle()]), false, millis(timeout), QS_ALLINPUT) };
        if ended == WAIT_FAILED { Err(std::io::Error::last_os_error()) } else { Ok(ended == WAIT_OBJECT_0) }
    }
}

/// Rounded up: a wait for less than a millisecond is one.
fn millis(timeout: Duration) -> u32 {
    u32::try_from(timeout.as_micros().div_ceil(1000)).unwrap_or(INFINITE - 1).min(INFINITE - 1)
}
