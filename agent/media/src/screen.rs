//! The customer's side: what the screen shows, as batches of updates.
//!
//! One named thread opens the [`Screen`], owns it and drops it; other threads hold its [`Waker`]. It decides *what* to send, the caller
//! decides *when*: only while [`protocol::media::Window::has_room`]. Nothing is captured before [`Screen::take_batch`] is called, so
//! what is sent is always the newest and nothing old waits anywhere.
//!
//! ```no_run
//! # use std::time::{Duration, Instant};
//! # use amparo_media::{self as media, Choice, Screen};
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

use protocol::media::{Batch, Pointer, Rect, Size};

use crate::{
    capture::{self, Backend, Choice, Error, Event},
    encoder::Encoder,
    waker::{Waker, Wakeup},
};

/// So many pixels more may come with two rectangles read as one.
const JOIN_PIXELS: u32 = 4096;

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
    encoder: Encoder,
    /// To be read with the next batch.
    damaged: Vec<Rect>,
    events: VecDeque<Event>,
    shape: Fresh,
    at: Fresh,
    /// The last batch's.
    number: u64,
    /// See [`Screen::line`].
    line: Option<f64>,
}

/// The last of its kind that the pointer did, and whether it was taken.
#[derive(Default)]
struct Fresh {
    last: Option<Pointer>,
    taken: bool,
}

impl Fresh {
    fn set(&mut self, pointer: Pointer) {
        *self = Self { last: Some(pointer), taken: false };
    }

    fn take(&mut self) -> Option<Pointer> {
        if std::mem::replace(&mut self.taken, true) { None } else { self.last.clone() }
    }
}

impl Screen {
    /// Opens it, on the thread that will use it.
    pub fn open(choice: &Choice) -> Result<Self, Error> {
        let (name, backend) = capture::open(choice)?;
        let wakeup = Wakeup::new().map_err(|error| Error::Gone(error.to_string()))?;
        let size = backend.size();
        Ok(Self {
            backend,
            name,
            clock: Clock(Instant::now()),
            encoder: Encoder::new(size, Some(wakeup.waker())),
            wakeup,
            damaged: vec![size.rect()],
            events: VecDeque::new(),
            shape: Fresh::default(),
            at: Fresh::default(),
            number: 0,
            line: None,
        })
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
    /// something for [`Screen::take_batch`]. It may return early.
    pub fn wait(&mut self, picture: bool, timeout: Duration) -> Result<(), Error> {
        let now = Instant::now();
        let mut timeout = timeout;
        if picture {
            let due = if self.damaged.is_empty() { self.encoder.due(now) } else { Some(now) };
            timeout = due.map_or(timeout, |due| timeout.min(due.saturating_duration_since(now)));
        }
        self.notice(picture, timeout)
    }

    /// What the pointer did, its look before its place; of several changes the last.
    pub fn take_pointer(&mut self) -> Option<Pointer> {
        self.shape.take().or_else(|| self.at.take())
    }

    /// Captures what changed, if anything did. The first batch begins with the size of the screen; large pictures come in several
    /// batches, one a call.
    pub fn take_batch(&mut self, now: Instant) -> Result<Option<Batch>, Error> {
        // What was drawn since the last wait belongs to this picture too.
        self.notice(true, Duration::ZERO)?;
        if !self.damaged.is_empty() {
            let damaged = joined(std::mem::take(&mut self.damaged));
            let encoder = &mut self.encoder;
            self.backend.read(&damaged, &mut |piece| encoder.look(piece, now))?;
        }
        let focus = match self.at.last {
            Some(Pointer::At(at)) => Some(at),
            _ => None,
        };
        let updates = self.encoder.updates(now, focus);
        if updates.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(Batch { number: self.number, captured_us: self.clock.micros(now), updates }))
    }

    /// Starts anew for a viewer that has nothing, after a resumed connection: size, the whole picture and the pointer come again.
    /// Batch numbers go on.
    pub fn refresh(&mut self) {
        let size = self.backend.size();
        self.begin(size);
        self.shape.taken = false;
        self.at.taken = false;
    }

    /// What the line to the viewer carries, in bits a second, when it is known to be narrow: batches are made smaller, films get their share.
    pub fn line(&mut self, rate: Option<f64>) {
        self.line = rate;
        self.encoder.line(rate);
    }

    /// Part of the screen that is sent as video now, in thousandths.
    pub fn video_permille(&self) -> u16 {
        self.encoder.video_permille()
    }

    /// The viewer has nothing of this screen.
    fn begin(&mut self, size: Size) {
        self.encoder = Encoder::new(size, Some(self.wakeup.waker()));
        self.encoder.line(self.line);
        self.damaged = vec![size.rect()];
    }

    /// Sorts what the backend noticed.
    fn notice(&mut self, picture: bool, timeout: Duration) -> Result<(), Error> {
        self.backend.wait(&mut self.wakeup, picture, timeout, &mut self.events)?;
        while let Some(event) = self.events.pop_front() {
            match event {
                Event::Damaged(mut rects) => self.damaged.append(&mut rects),
                Event::Resized(size) => {
                    self.begin(size);
                }
                Event::Pointer(at @ Pointer::At(_)) => self.at.set(at),
                Event::Pointer(shape) => self.shape.set(shape),
            }
        }
        Ok(())
    }
}

/// Neighbours as one, where hardly anything else comes with them: fewer requests, and what was moved is found as a whole.
fn joined(rects: Vec<Rect>) -> Vec<Rect> {
    let mut done: Vec<Rect> = Vec::with_capacity(rects.len());
    for mut rect in rects {
        let close = |a: Rect, b: Rect| a.union(b).area() <= (a.area() + b.area()) / 4 * 5 + JOIN_PIXELS;
        while let Some(at) = done.iter().position(|other| close(rect, *other)) {
            rect = rect.union(done.swap_remove(at));
        }
        done.push(rect);
    }
    done
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Screen").field("backend", &self.name).field("size", &self.size()).finish_non_exhaustive()
    }
}
