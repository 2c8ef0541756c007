//! Windows: a hotkey of the thread that waits for it. The system sends it to us before any window sees the key.
#![allow(unsafe_code)]

use std::sync::mpsc;

use windows::Win32::{
    Foundation::{LPARAM, WPARAM},
    System::Threading::GetCurrentThreadId,
    UI::{
        Input::KeyboardAndMouse::{MOD_CONTROL, MOD_NOREPEAT, MOD_SHIFT, RegisterHotKey, UnregisterHotKey, VK_F12},
        WindowsAndMessaging::{GetMessageW, MSG, PostThreadMessageW, WM_HOTKEY, WM_QUIT},
    },
};

use crate::Error;

/// Ours alone on that thread.
const HOTKEY: i32 = 1;

#[derive(Debug)]
pub(super) struct Grab {
    thread: u32,
}

impl Grab {
    pub(super) fn new(_display: Option<&str>, pressed: impl Fn() + Send + 'static) -> Result<Self, Error> {
        let (tell, told) = mpsc::sync_channel(1);
        std::thread::Builder::new()
            .name("end key".to_owned())
            .spawn(move || {
                // SAFETY: a hotkey without a window belongs to this thread, which stays until it is given back below.
                let taken = unsafe {
                    RegisterHotKey(None, HOTKEY, MOD_CONTROL | MOD_SHIFT | MOD_NOREPEAT, u32::from(VK_F12.0))
                };
                // SAFETY: reads a number.
                let thread = unsafe { GetCurrentThreadId() };
                let failed = taken.is_err();
                if tell.send(taken.map(|()| thread)).is_err() || failed {
                    return;
                }
                let mut message = MSG::default();
                // SAFETY: `message` is valid for the call; this thread has a queue since the hotkey was registered.
                while unsafe { GetMessageW(&raw mut message, None, 0, 0) }.0 > 0 {
                    if message.message == WM_HOTKEY {
                        pressed();
                    }
                }
                // SAFETY: registered by this thread above.
                if let Err(error) = unsafe { UnregisterHotKey(None, HOTKEY) } {
                    tracing::debug!(%error, "the end key was not given back");
                }
            })
            .map_err(|error| Error::Refused(error.to_string()))?;
        match told.recv() {
            Ok(Ok(thread)) => Ok(Self { thread }),
            Ok(Err(error)) => Err(Error::Refused(error.message())),
            Err(_) => Err(Error::Refused("the end key's thread ended".to_owned())),
        }
    }
}

impl Drop for Grab {
    fn drop(&mut self) {
        // SAFETY: a message without pointers; a thread that is gone is an error, not harm.
        if let Err(error) = unsafe { PostThreadMessageW(self.thread, WM_QUIT, WPARAM(0), LPARAM(0)) } {
            tracing::debug!(%error, "the end key's thread was gone");
        }
    }
}
