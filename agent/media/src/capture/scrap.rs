//! The `scrap` crate: whole pictures at a steady pace. For systems without a backend of their own.
//!
//! It sees no damage, no pointer and no new size, and on X11 its shared memory can be read by every local user, which is why it is there only
//! by name.

use std::{
    collections::VecDeque,
    io::ErrorKind,
    time::{Duration, Instant},
};

use protocol::media::{Rect, Size};
use scrap::{Capturer, Display};

use super::{Backend, Error, Event, Piece};
use crate::waker::Wakeup;

/// Time between two looks.
const EVERY: Duration = Duration::from_millis(33);

pub(super) struct Scrap {
    capturer: Capturer,
    size: Size,
    due: Instant,
}

impl Scrap {
    pub(super) fn open(display: Option<&str>) -> Result<Self, Error> {
        let default = std::env::var("DISPLAY").unwrap_or_default();
        if display.is_some_and(|display| display != default) {
            return Err(Error::Missing("choice of a display with scrap"));
        }
        let failed = |error: std::io::Error| Error::Open { display: default.clone(), why: error.to_string() };
        let capturer = Display::primary().and_then(Capturer::new).map_err(failed)?;
        let (width, height) = (capturer.width(), capturer.height());
        let size = u16::try_from(width).ok().zip(u16::try_from(height).ok());
        let size = size.map(|(width, height)| Size { width, height }).filter(|size| size.allowed());
        let size = size.ok_or(Error::Size { width: width as u32, height: height as u32 })?;
        Ok(Self { capturer, size, due: Instant::now() })
    }
}

impl Backend for Scrap {
    fn size(&self) -> Size {
        self.size
    }

    fn wait(
        &mut self,
        wakeup: &mut Wakeup,
        picture: bool,
        timeout: Duration,
        events: &mut VecDeque<Event>,
    ) -> Result<(), Error> {
        let until_due = self.due.saturating_duration_since(Instant::now());
        let pause = if picture { timeout.min(until_due) } else { timeout };
        wakeup.wait(pause).map_err(|error| Error::Gone(error.to_string()))?;
        let now = Instant::now();
        if picture && now >= self.due {
            self.due = now + EVERY;
            events.push_back(Event::Damaged(vec![self.size.rect()]));
        }
        Ok(())
    }

    fn read(&mut self, rects: &[Rect], sink: &mut dyn FnMut(Piece<'_>)) -> Result<(), Error> {
        let frame = match self.capturer.frame() {
            Ok(frame) => frame,
            // Nothing new yet, on systems where it can say so.
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(Error::Gone(error.to_string())),
        };
        let stride = frame.len() / usize::from(self.size.height);
        let mut pixels = Vec::new();
        for &rect in rects {
            pixels.clear();
            for y in usize::from(rect.y)..rect.bottom() as usize {
                let start = y * stride + usize::from(rect.x) * 4;
                let row = frame.get(start..start + usize::from(rect.width) * 4);
                pixels.extend_from_slice(row.ok_or_else(|| Error::Gone("a picture of the wrong size".to_owned()))?);
            }
            sink(Piece { rect, bgrx: &pixels });
        }
        Ok(())
    }
}
