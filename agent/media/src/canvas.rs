//! The attendant's side: the picture that batches of updates add up to.
//!
//! Owned by the thread that draws. Everything in a batch is hostile until checked: dimensions first ([`Batch::check`]), then lengths,
//! then the video's own headers. An error leaves the canvas as it is or partly changed, never broken; the caller ends the session or,
//! where [`Error::recoverable`], asks for a refresh.

use protocol::{
    limits,
    media::{Batch, Flaw, Rect, Shown, Size, Update},
};

use crate::{frame::Frame, h264, patch};

/// A batch that draws more than this many times the canvas is refused before it is drawn: bytes that decompress well must not buy hours.
const DRAWN_MAX: u64 = 8;
/// What every batch may draw, however small the canvas, in pixels.
const DRAWN_ALWAYS: u64 = 1 << 20;

/// A look at a picture, wherever its pixels are.
#[derive(Clone, Copy, Default)]
pub struct Picture<'a> {
    size: Option<Size>,
    bgrx: &'a [u8],
}

impl<'a> Picture<'a> {
    pub(crate) fn new(size: Size, bgrx: &'a [u8]) -> Self {
        Self { size: Some(size), bgrx }
    }

    /// Pixels, once known.
    pub fn size(self) -> Option<Size> {
        self.size
    }

    /// Rows of `B G R x` without gaps; `x` is 255. Empty before the first size.
    pub fn bgrx(self) -> &'a [u8] {
        self.bgrx
    }

    /// The whole picture as `R G B` rows, for a screenshot.
    pub fn rgb(self) -> Vec<u8> {
        self.bgrx.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect()
    }
}

/// The picture.
#[derive(Default)]
pub struct Canvas {
    frame: Option<Frame>,
    last: Option<u64>,
    patches: Option<patch::Decoder>,
    slots: [Option<h264::Decoder>; limits::VIDEO_SLOTS as usize],
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
    /// There is no memory for a picture of this size.
    #[error("no memory for the picture")]
    Memory(#[source] std::io::Error),
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
        self.frame.as_ref().map(Frame::size)
    }

    /// Rows of `B G R x` without gaps; `x` is 255. Empty before the first size.
    pub fn bgrx(&self) -> &[u8] {
        self.frame.as_ref().map_or(&[], Frame::bytes)
    }

    /// The whole picture as `R G B` rows, for a screenshot.
    pub fn rgb(&self) -> Vec<u8> {
        self.picture().rgb()
    }

    /// What it shows.
    pub fn picture(&self) -> Picture<'_> {
        self.frame.as_ref().map_or(Picture::default(), |frame| Picture::new(frame.size(), frame.bytes()))
    }

    /// Draws a batch. It follows the one before by one; a batch that begins with a size may leave some out.
    pub fn apply(&mut self, batch: &Batch) -> Result<Applied, Error> {
        self.apply_in(batch, &mut |size| Ok(Frame::black(size)))
    }

    /// The same, with the memory of a new size made by `memory`: all black.
    pub(crate) fn apply_in(
        &mut self,
        batch: &Batch,
        memory: &mut dyn FnMut(Size) -> std::io::Result<Frame>,
    ) -> Result<Applied, Error> {
        let before = self.size();
        batch.check(before)?;
        self.check_order(batch)?;
        check_work(batch, before)?;
        self.last = Some(batch.number);
        let mut damaged = Vec::with_capacity(batch.updates.len());
        for update in &batch.updates {
            let rect = self.draw(update, memory)?;
            damaged.push(rect);
        }
        let after = self.size();
        let whole = after.filter(|_| batch.updates.iter().any(|update| matches!(update, Update::Resize(_))));
        if let Some(size) = whole {
            damaged = vec![size.rect()];
        }
        let shown = Shown { number: batch.number, captured_us: batch.captured_us };
        Ok(Applied { damaged, resized: after.filter(|_| after != before), shown })
    }

    fn check_order(&self, batch: &Batch) -> Result<(), Error> {
        let Some(last) = self.last else { return Ok(()) };
        let anew = matches!(batch.updates.first(), Some(Update::Resize(_)));
        let follows = last.checked_add(1) == Some(batch.number) || anew && batch.number > last;
        if follows { Ok(()) } else { Err(Flaw::Order { last, got: batch.number }.into()) }
    }

    /// Draws one update, which was checked, and says where.
    fn draw(&mut self, update: &Update, memory: &mut dyn FnMut(Size) -> std::io::Result<Frame>) -> Result<Rect, Error> {
        let frame = self.frame.as_mut().ok_or(Flaw::NoCanvas);
        match update {
            Update::Resize(size) => {
                self.slots = Default::default();
                match frame {
                    Ok(frame) if frame.size() == *size => frame.clear(),
                    _ => {
                        // The old picture's memory goes before the new one's comes.
                        self.frame = None;
                        self.frame = Some(memory(*size).map_err(Error::Memory)?);
                    }
                }
                Ok(size.rect())
            }
            Update::Copy { from, to } => {
                frame?.copy(*from, *to);
                Ok(Rect { x: to.x, y: to.y, ..*from })
            }
            Update::Patch { rect, data } => {
                let patches = self.patches.get_or_insert_with(patch::Decoder::new);
                patches.decode(frame?, *rect, &data.0).map_err(|why| Error::Patch { rect: *rect, why })?;
                Ok(*rect)
            }
            Update::Video { slot, rect, keyframe, data } => {
                let failed = |why| Error::Video { slot: *slot, why };
                let place = &mut self.slots[usize::from(*slot)];
                let decoder = match place {
                    Some(decoder) if decoder.rect() == *rect => decoder,
                    _ if *keyframe => place.insert(h264::Decoder::new(*rect).map_err(failed)?),
                    _ => return Err(failed("no keyframe for this area")),
                };
                decoder.decode(frame?, &data.0, *keyframe).map_err(failed)?;
                Ok(*rect)
            }
        }
    }
}

/// What one batch may draw on a canvas of this area, in pixels.
pub(crate) fn drawn_max(area: u32) -> u64 {
    (u64::from(area) * DRAWN_MAX).max(DRAWN_ALWAYS)
}

/// Adds up what the batch draws, with the canvas it draws on.
fn check_work(batch: &Batch, canvas: Option<Size>) -> Result<(), Error> {
    let (mut drawn, mut largest) = (0, canvas.map_or(0, Size::area));
    for update in &batch.updates {
        drawn += u64::from(match update {
            Update::Resize(size) => {
                largest = largest.max(size.area());
                size.area()
            }
            Update::Copy { from, .. } => from.area(),
            Update::Patch { rect, .. } | Update::Video { rect, .. } => rect.area(),
        });
    }
    if drawn > drawn_max(largest) { Err(Error::TooMuch(drawn)) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
