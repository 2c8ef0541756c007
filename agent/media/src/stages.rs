//! Single steps of a picture's way, for benches and for nothing else: no part of what this crate promises, and nothing in here decides
//! anything.

use protocol::media::{Rect, Size};

use crate::{frame, frame::Frame, h264, patch};

/// A picture that steps are tried on.
pub struct Sample(Frame);

impl Sample {
    /// Rows of `B G R x` without gaps, of exactly this size.
    pub fn new(size: Size, bgrx: &[u8]) -> Self {
        let mut frame = Frame::black(size);
        for (y, row) in (0..size.height).zip(bgrx.chunks_exact(usize::from(size.width) * 4)) {
            frame::take(frame.span_mut(0, y, size.width), row);
        }
        Self(frame)
    }

    /// How many of its rows another picture of the same size has otherwise.
    pub fn rows_changed(&self, bgrx: &[u8]) -> usize {
        let Size { width, height } = self.0.size();
        let rows = (0..height).zip(bgrx.chunks_exact(usize::from(width) * 4));
        rows.filter(|&(y, row)| frame::differ(self.0.span(0, y, width), row)).count()
    }
}

/// Exact patches.
pub struct Patches(patch::Encoder);

impl Patches {
    /// Keeps its memory from one to the next.
    #[expect(clippy::new_without_default, reason = "as what it stands for")]
    pub fn new() -> Self {
        Self(patch::Encoder::new())
    }

    /// The rectangle, compressed.
    pub fn encode(&mut self, sample: &Sample, rect: Rect) -> Vec<u8> {
        self.0.encode(&sample.0, rect)
    }
}

/// A region's video.
pub struct Video(h264::Encoder);

impl Video {
    /// For this rectangle; `None` when the library cannot be set up.
    pub fn new(rect: Rect) -> Option<Self> {
        h264::Encoder::new(rect).ok().map(Self)
    }

    /// Colours to 4:2:0, the first half of encoding.
    pub fn convert(&mut self, sample: &Sample) -> bool {
        self.0.convert(&sample.0).is_ok()
    }

    /// An access unit and whether it is a keyframe.
    pub fn encode(&mut self, sample: &Sample, now_ms: u64) -> Option<(Vec<u8>, bool)> {
        self.0.encode(&sample.0, now_ms).ok().flatten().map(|unit| (unit.data, unit.keyframe))
    }
}
