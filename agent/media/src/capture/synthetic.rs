//! A test pattern. By name only.

use std::{collections::VecDeque, time::Duration};

use protocol::media::{Rect, Size};

use super::{Backend, Error, Event, Piece};
use crate::waker::Wakeup;

/// The pattern's size.
const SIZE: Size = Size { width: 640, height: 480 };

pub(super) struct Synthetic;

impl Synthetic {
    pub(super) fn open() -> Self {
        Self
    }
}

impl Backend for Synthetic {
    fn size(&self) -> Size {
        SIZE
    }

    fn wait(
        &mut self,
        wakeup: &mut Wakeup,
        _picture: bool,
        timeout: Duration,
        _events: &mut VecDeque<Event>,
    ) -> Result<(), Error> {
        wakeup.wait(timeout).map_err(|error| Error::Gone(error.to_string()))?;
        Ok(())
    }

    fn read(&mut self, rects: &[Rect], sink: &mut dyn FnMut(Piece<'_>)) -> Result<(), Error> {
        for &rect in rects {
            sink(Piece { rect, bgrx: &vec![128; rect.area() as usize * 4] });
        }
        Ok(())
    }
}
