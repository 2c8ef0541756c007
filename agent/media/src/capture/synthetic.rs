//! A test pattern, by name only: a written part that scrolls, a part like a film, and the picture's number, 30 times a second.
//!
//! The number is a row of 32 squares at the top, white for 1, the lowest bit first: delay can be measured from what is seen.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use protocol::media::{Rect, Size};

use super::{Backend, Error, Event, Piece};
use crate::waker::Wakeup;

/// The pattern's size.
const SIZE: Size = Size { width: 640, height: 480 };
/// Time between two pictures.
const EVERY: Duration = Duration::from_millis(33);
/// Side of one square of the number.
const SQUARE: u16 = 16;

pub(super) struct Synthetic {
    number: u32,
    due: Instant,
}

impl Synthetic {
    pub(super) fn open() -> Self {
        Self { number: 0, due: Instant::now() + EVERY }
    }

    /// A pixel of the picture with this number, `B G R x`.
    fn pixel(&self, x: u16, y: u16) -> [u8; 4] {
        let (column, row, number) = (u32::from(x), u32::from(y), self.number);
        if y < SQUARE {
            let bit = if x / SQUARE < 32 { number >> (x / SQUARE) & 1 } else { 0 };
            return [if bit == 1 { 255 } else { 0 }, if bit == 1 { 255 } else { 0 }, if bit == 1 { 255 } else { 0 }, 0];
        }
        if x < SIZE.width / 2 {
            let row = row + number;
            let ink = row % 14 > 3 && (row / 14 * 7919 + column / 7 * 104_729) >> (row % 14 % 5) & 1 == 1;
            return if ink { [60, 30, 30, 0] } else { [245, 250, 250, 0] };
        }
        let wave = |by: u32| (column * by + row * (9 - by) + number * 5) as u8;
        [wave(2), wave(3), wave(5), 0]
    }
}

impl Backend for Synthetic {
    fn size(&self) -> Size {
        SIZE
    }

    fn wait(
        &mut self,
        wakeup: &mut Wakeup,
        picture: bool,
        timeout: Duration,
        events: &mut VecDeque<Event>,
    ) -> Result<(), Error> {
        let left = self.due.saturating_duration_since(Instant::now());
        wakeup
            .wait(if picture { timeout.min(left) } else { timeout })
            .map_err(|error| Error::Gone(error.to_string()))?;
        let now = Instant::now();
        if picture && now >= self.due {
            self.due = now + EVERY;
            self.number += 1;
            events.push_back(Event::Damaged(vec![SIZE.rect()]));
        }
        Ok(())
    }

    fn read(&mut self, rects: &[Rect], sink: &mut dyn FnMut(Piece<'_>)) -> Result<(), Error> {
        for &rect in rects {
            let rows = rect.y..rect.y + rect.height;
            let bgrx: Vec<u8> = rows
                .flat_map(|y| (rect.x..rect.x + rect.width).map(move |x| (x, y)))
                .flat_map(|(x, y)| self.pixel(x, y))
                .collect();
            sink(Piece { rect, bgrx: &bgrx });
        }
        Ok(())
    }
}
