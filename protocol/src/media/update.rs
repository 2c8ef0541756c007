//! Updates of the canvas, and the checks that make them safe to apply.

use serde::{Deserialize, Serialize};

use crate::{
    capped,
    frame::{self, FrameError},
    limits,
};

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Size {
    /// Pixels from left to right.
    pub width: u16,
    /// Pixels from top to bottom.
    pub height: u16,
}

/// A pixel of the canvas; the top left one is 0, 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Point {
    /// From the left.
    pub x: u16,
    /// From the top.
    pub y: u16,
}

/// A rectangle of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rect {
    /// Left edge.
    pub x: u16,
    /// Top edge.
    pub y: u16,
    /// Pixels wide.
    pub width: u16,
    /// Pixels high.
    pub height: u16,
}

impl Size {
    /// How many pixels.
    pub fn area(self) -> u32 {
        u32::from(self.width) * u32::from(self.height)
    }

    /// The whole canvas as a rectangle.
    pub fn rect(self) -> Rect {
        Rect { x: 0, y: 0, width: self.width, height: self.height }
    }

    /// Not empty and within the limits.
    pub fn allowed(self) -> bool {
        self.width > 0
            && self.height > 0
            && self.width <= limits::SCREEN_SIDE_PX
            && self.height <= limits::SCREEN_SIDE_PX
            && self.area() <= limits::SCREEN_AREA_PX
    }
}

impl Rect {
    /// How many pixels.
    pub fn area(self) -> u32 {
        u32::from(self.width) * u32::from(self.height)
    }

    /// First column to the right of it.
    pub fn right(self) -> u32 {
        u32::from(self.x) + u32::from(self.width)
    }

    /// First row below it.
    pub fn bottom(self) -> u32 {
        u32::from(self.y) + u32::from(self.height)
    }

    /// Not empty and inside a canvas of this size.
    pub fn within(self, size: Size) -> bool {
        self.width > 0
            && self.height > 0
            && self.right() <= u32::from(size.width)
            && self.bottom() <= u32::from(size.height)
    }

    /// The part in both, if any.
    pub fn intersect(self, other: Self) -> Option<Self> {
        let x = self.x.max(other.x);
        let y = self.y.max(other.y);
        let width = u16::try_from(self.right().min(other.right()).checked_sub(u32::from(x))?).ok()?;
        let height = u16::try_from(self.bottom().min(other.bottom()).checked_sub(u32::from(y))?).ok()?;
        (width > 0 && height > 0).then_some(Self { x, y, width, height })
    }

    /// The smallest rectangle that holds both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        let x = self.x.min(other.x);
        let y = self.y.min(other.y);
        let side = |far: u32, near: u16| u16::try_from(far - u32::from(near)).unwrap_or(u16::MAX);
        Self {
            x,
            y,
            width: side(self.right().max(other.right()), x),
            height: side(self.bottom().max(other.bottom()), y),
        }
    }
}

/// One change of the canvas. They are applied in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Update {
    /// The canvas has this size from now on, all black, and no video slot is in use.
    Resize(Size),
    /// What was scrolled or moved: the pixels of `from` (as they were before this update) appear at `to`.
    Copy {
        /// Source.
        from: Rect,
        /// Top left corner of the target.
        to: Point,
    },
    /// Exact pixels, in one raw DEFLATE stream (RFC 1951), which a browser can inflate by itself. Its first byte says which of two forms:
    ///
    /// - 1 or 2: `R G B` rows of the rectangle, each row filtered as in PNG ("sub" or "up", one filter byte a row);
    /// - 0: few colours. A byte with one less than their number, `R G B` of each, then rows of places in that list, 1, 2, 4 or 8 bits each as
    ///   up to 2, 4, 16 or 256 colours need, the first pixel in the highest bits, each row beginning with a new byte.
    Patch {
        /// Where.
        rect: Rect,
        /// The compressed rows.
        data: Bytes,
    },
    /// One H.264 access unit (Annex B, 4:2:0, BT.709 limited range) of a region; odd sides are padded by a pixel that is not shown.
    Video {
        /// Which of the [`limits::VIDEO_SLOTS`] decoders.
        slot: u8,
        /// Where.
        rect: Rect,
        /// Starts anew: needs nothing decoded before.
        keyframe: bool,
        /// The access unit.
        data: Bytes,
    },
}

/// Bytes that are serialised as one block.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Bytes(pub Vec<u8>);

impl std::fmt::Debug for Bytes {
    /// What is on a screen does not belong in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bytes({})", self.0.len())
    }
}

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Bytes;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Visitor)
    }
}

/// What changed between two looks at the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Counts up by one; acknowledged when shown.
    pub number: u64,
    /// When the pixels were read, in microseconds of the customer's own clock: comes back in [`Shown`].
    pub captured_us: u64,
    /// The changes, in order; at most [`limits::UPDATES_PER_BATCH`].
    #[serde(deserialize_with = "capped::list::<_, _, { limits::UPDATES_PER_BATCH }>")]
    pub updates: Vec<Update>,
}

/// The attendant's screen shows a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its number; all before it are shown too.
    pub number: u64,
    /// Its capture time, as sent.
    pub captured_us: u64,
}

/// Why a batch must not be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// More updates than allowed.
    #[error("{0} updates in one batch")]
    TooMany(usize),
    /// A screen size that is empty or too large.
    #[error("a screen of {0:?}")]
    Size(Size),
    /// A rectangle that is empty or not on the canvas.
    #[error("{rect:?} is not on a canvas of {canvas:?}")]
    Outside {
        /// The rectangle.
        rect: Rect,
        /// The canvas then.
        canvas: Size,
    },
    /// A video slot that does not exist.
    #[error("video slot {0}")]
    Slot(u8),
    /// Something is drawn before the first size is known.
    #[error("an update before the size of the screen")]
    NoCanvas,
    /// The batch does not follow the one before.
    #[error("batch {got} after batch {last}")]
    Order {
        /// The last one.
        last: u64,
        /// This one.
        got: u64,
    },
}

impl Shown {
    /// The acknowledgement of a batch, from its body. Nothing behind the batch's two numbers is read.
    pub fn of(body: &[u8]) -> Result<Self, FrameError> {
        frame::decode_head(body)
    }
}

impl Batch {
    /// Checks every dimension before any is used. `canvas` is the size before the batch; the size after it comes back.
    pub fn check(&self, canvas: Option<Size>) -> Result<Option<Size>, Flaw> {
        if self.updates.len() > limits::UPDATES_PER_BATCH {
            return Err(Flaw::TooMany(self.updates.len()));
        }
        let mut canvas = canvas;
        for update in &self.updates {
            let inside = |rect: Rect| {
                let size = canvas.ok_or(Flaw::NoCanvas)?;
                if rect.within(size) { Ok(()) } else { Err(Flaw::Outside { rect, canvas: size }) }
            };
            match update {
                Update::Resize(size) if size.allowed() => canvas = Some(*size),
                Update::Resize(size) => return Err(Flaw::Size(*size)),
                Update::Copy { from, to } => {
                    inside(*from)?;
                    inside(Rect { x: to.x, y: to.y, ..*from })?;
                }
                Update::Patch { rect, .. } => inside(*rect)?,
                Update::Video { slot, rect, .. } => {
                    if *slot >= limits::VIDEO_SLOTS {
                        return Err(Flaw::Slot(*slot));
                    }
                    inside(*rect)?;
                }
            }
        }
        Ok(canvas)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rect(x: u16, y: u16, width: u16, height: u16) -> Rect {
        Rect { x, y, width, height }
    }

    fn batch(updates: Vec<Update>) -> Batch {
        Batch { number: 1, captured_us: 0, updates }
    }

    #[test]
    fn an_acknowledgement_is_read_from_a_batch_and_nothing_behind_its_numbers_is() {
        for number in [0, 1, 250, 251, (1 << 31) - 1, 1 << 31, u64::from(u32::MAX), u64::MAX] {
            let captured_us = number / 2;
            let mut body = frame::encode_body(&Batch { number, captured_us, ..batch(vec![]) }, 64).unwrap();
            body.pop();
            body.extend([253; 40]);
            assert_eq!(Shown::of(&body), Ok(Shown { number, captured_us }));
        }
        assert!(Shown::of(&[]).is_err());
        assert!(Shown::of(&[253, 1]).is_err());
    }

    #[test]
    fn every_dimension_is_checked_at_its_edges() {
        let size = Size { width: 100, height: 50 };
        for (x, y, w, h, good) in [
            (0, 0, 100, 50, true),
            (99, 49, 1, 1, true),
            (0, 0, 0, 1, false),
            (0, 0, 1, 0, false),
            (1, 0, 100, 1, false),
            (0, 1, 1, 50, false),
            (u16::MAX, 0, u16::MAX, 1, false),
        ] {
            let patch = batch(vec![Update::Patch { rect: rect(x, y, w, h), data: Bytes::default() }]);
            assert_eq!(patch.check(Some(size)).is_ok(), good, "{x} {y} {w} {h}");
        }
        let copy = |to| batch(vec![Update::Copy { from: rect(0, 0, 50, 50), to }]);
        assert!(copy(Point { x: 50, y: 0 }).check(Some(size)).is_ok());
        assert!(copy(Point { x: 51, y: 0 }).check(Some(size)).is_err());
    }

    #[test]
    fn screens_that_are_empty_or_too_large_are_refused() {
        let max = limits::SCREEN_SIDE_PX;
        for (width, height, good) in [
            (1, 1, true),
            (max, 1, true),
            (max, 4_000, true),
            (0, 1, false),
            (1, 0, false),
            (max, max, false),
            (u16::MAX, 1, false),
        ] {
            assert_eq!(
                batch(vec![Update::Resize(Size { width, height })]).check(None).is_ok(),
                good,
                "{width} {height}"
            );
        }
    }

    #[test]
    fn nothing_is_drawn_before_there_is_a_canvas_or_in_a_slot_that_does_not_exist() {
        let video =
            |slot| batch(vec![Update::Video { slot, rect: rect(0, 0, 1, 1), keyframe: true, data: Bytes::default() }]);
        assert_eq!(video(0).check(None), Err(Flaw::NoCanvas));
        let size = Some(Size { width: 1, height: 1 });
        assert!(video(limits::VIDEO_SLOTS - 1).check(size).is_ok());
        assert_eq!(video(limits::VIDEO_SLOTS).check(size), Err(Flaw::Slot(limits::VIDEO_SLOTS)));
    }

    #[test]
    fn the_size_in_a_batch_counts_for_what_follows_it() {
        let shrink = batch(vec![
            Update::Resize(Size { width: 10, height: 10 }),
            Update::Patch { rect: rect(0, 0, 11, 1), data: Bytes::default() },
        ]);
        assert!(shrink.check(Some(Size { width: 100, height: 100 })).is_err());
    }
}
