//! The customer's side: what the screen shows, as batches of updates.
//!
//! One named thread opens the [`Screen`], owns it and drops it; other threads hold its [`Waker`]. It decides *what* to send, the caller
//! decides *when*: only while [`protocol::media::Window::has_room`]. Nothing is captured before [`Screen::take_batch`] is called, so
//! what is sent is always the newest and nothing old waits anywhere.
//!
//! ```no_run
//! # use std::time::{Duration, Instant};
//! # use media::{Choice, Screen};
//! # fn send(_: &protocol::media::Batch) -> usize { 0 }
//! # fn send_pointer(_: protocol::media::Pointer) {}
//! # let (over, mut window) = (false, protocol::media::Window::default());
//! let mut screen = Screen::open(&Choice::default())?;
//! while !over {
//!     screen.wait(window.has_room(), Duration::from_secs(1))?;
//!     while let Some(pointer) = screen.take_pointer() {
//!         send_pointer(pointer);
//!     }
//!     // Acknowledgements: `window.shown(shown, screen.clock().micros(Instant::now()))`.
//!     if window.has_room()
//!         && let Some(batch) = screen.take_batch(Instant::now())?
//!     {
//!         window.sent(batch.number, send(&batch));
//!     }
//! }
//! # Ok::<(), media::capture::Error>(())
//! ```

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use protocol::media::{Batch, Pointer, Size};

use crate::{
    capture::{self, Backend, Choice, Error},
    waker::{Wakeup, Waker},
};

/// The clock that stamps batches: microseconds since the screen was opened.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    /// This moment on it; 0 for what was before.
    pub fn micros(self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.0).as_micros()).unwrap_or(u64::MAX)
    }
}

/// The customer's screen. Not `Send`: see the module.
pub struct Screen {
    backend: Box<dyn Backend>,
    name: &'static str,
    wakeup: Wakeup,
    clock: Clock,
    pointers: VecDeque<Pointer>,
}

impl Screen {
    /// Opens it, on the thread that will use it.
    pub fn open(choice: &Choice) -> Result<Self, Error> {
        let (name, backend) = capture::open(choice)?;
        let wakeup = Wakeup::new().map_err(|error| Error::Gone(error.to_string()))?;
        Ok(Self { backend, name, wakeup, clock: Clock(Instant::now()), pointers: VecDeque::new() })
    }

    /// The name of the backend, for the connection details.
    pub fn backend(&self) -> &'static str {
        self.name
    }

    /// Pixels now.
    pub fn size(&self) -> Size {
        self.backend.size()
    }

    /// The clock of [`Batch::captured_us`].
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Ends a [`Screen::wait`] from another thread.
    pub fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    /// Waits until the pointer did something, the waker was called or the time is over; with `picture` also until there may be
    /// something for [`Screen::take_batch`].
    pub fn wait(&mut self, _picture: bool, _timeout: Duration) -> Result<(), Error> {
        Ok(())
    }

    /// What the pointer did, oldest first; of several moves only the last.
    pub fn take_pointer(&mut self) -> Option<Pointer> {
        self.pointers.pop_front()
    }

    /// Captures what changed, if anything did. The first batch begins with the size of the screen; large pictures come in several
    /// batches, one a call.
    pub fn take_batch(&mut self, _now: Instant) -> Result<Option<Batch>, Error> {
        Ok(None)
    }

    /// Starts anew for a viewer that has nothing, after a resumed connection: size, the whole picture and the pointer come again.
    /// Batch numbers go on.
    pub fn refresh(&mut self) {}

    /// Part of the screen that is sent as video now, in thousandths.
    pub fn video_permille(&self) -> u16 {
        0
    }
}
