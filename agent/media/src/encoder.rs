//! From pixels that were read to updates of the viewer's canvas. No I/O, no clock.
//!
//! [`Encoder::look`] compares what was read with what was read before and keeps, block by block, which pixels the viewer does not have yet:
//! *unsent* ones, or *rough* ones that went as video. [`Encoder::updates`] turns as much of it into updates as one batch should hold: moved
//! areas are already copied, what keeps changing and looks like a film or a photograph goes as video, the rest as exact patches. What is
//! rough is made exact once it has been quiet for [`QUIET`]. Nothing is queued: what changes twice before it is sent is sent once.

use std::time::{Duration, Instant};

use protocol::{
    limits,
    media::{Bytes, Point, Rect, Size, Update},
};

use crate::{
    capture::Piece,
    frame::{self, Frame},
    patch,
    waker::Waker,
};

mod drag;
mod films;
mod scroll;
mod studio;
mod video;

/// Side of a block, in pixels. Even, so that regions of blocks suit 4:2:0.
const BLOCK: u16 = 64;
/// What went as video is made exact after this time without a change.
const QUIET: Duration = Duration::from_millis(200);
/// A batch ends after this many compressed bytes: the first part of a large picture is drawn while the next is made.
const BATCH_BYTES: usize = 256 * 1024;
/// Or sooner, when the line takes longer than this for it; but not before [`BATCH_BYTES_MIN`].
const BATCH_TIME: Duration = Duration::from_millis(60);
const BATCH_BYTES_MIN: usize = 8 * 1024;
/// On lines narrower than this, in bits a second, a patch of fewer bytes is worth more time.
const THOROUGH_BELOW: f64 = 8e6;
/// Exact pixels for rough ones come in smaller portions, so that a change meanwhile does not wait for them.
const REFINE_BYTES: usize = 64 * 1024;
/// A batch ends after this many pixels compressed, about 10 ms of one core.
const BATCH_PIXELS: u32 = 512 * 1024;
/// The largest patch, in pixels.
const PATCH_PIXELS: u32 = 128 * 1024;
/// Changes of fewer pixels than this warm nothing: a caret, a second hand.
const NOTICED: u32 = 48;
/// What changed before a block was as cool as this is no part of what keeps changing.
const COLD: f32 = 0.25;
/// Updates of one batch, far below the limit.
const UPDATES_MAX: usize = limits::UPDATES_PER_BATCH / 4;

/// What the viewer lacks of one block.
#[derive(Clone, Copy, Default)]
struct Block {
    /// Pixels that are not, or only roughly, on the viewer's canvas.
    stale: Option<Rect>,
    /// They are there roughly.
    rough: bool,
    /// When one of its pixels changed last.
    changed: Option<Instant>,
    /// How often it changed lately.
    heat: f32,
    /// What of it changed while it was warm.
    lively: Option<Rect>,
}

/// The customer's side of the canvas.
pub(crate) struct Encoder {
    frame: Frame,
    columns: usize,
    blocks: Vec<Block>,
    /// Decided while looking, to go before everything else.
    first: Vec<Update>,
    drags: drag::Search,
    patches: patch::Encoder,
    batch_bytes: usize,
    films: films::Films,
}

impl Encoder {
    /// For a screen of this size, of which the viewer has nothing: the first updates begin with its size.
    /// With a `waker` films are encoded on a thread of their own, which calls it.
    pub(crate) fn new(size: Size, waker: Option<Waker>) -> Self {
        let columns = usize::from(size.width.div_ceil(BLOCK));
        let rows = usize::from(size.height.div_ceil(BLOCK));
        Self {
            frame: Frame::black(size),
            columns,
            blocks: vec![Block::default(); columns * rows],
            first: vec![Update::Resize(size)],
            drags: drag::Search::default(),
            patches: patch::Encoder::new(),
            batch_bytes: BATCH_BYTES,
            films: films::Films::new(waker),
        }
    }

    /// The screen as it was last read.
    #[cfg(test)]
    pub(crate) fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Takes in what was read at `now`. The piece is inside the screen.
    pub(crate) fn look(&mut self, piece: Piece<'_>, now: Instant) {
        if !self.films.covers(piece.rect) {
            let scrolled = scroll::find(&self.frame, piece);
            let moves =
                if scrolled.is_empty() { self.drags.find(&self.frame, piece).into_iter().collect() } else { scrolled };
            for (from, to) in moves {
                self.moved(from, to, now);
            }
        }
        let films: Vec<Rect> = self.films.rects().collect();
        for index in self.over(piece.rect) {
            let Some(cell) = self.cell(index).intersect(piece.rect) else { continue };
            for film in &films {
                if let Some(changed) = cell.intersect(*film).and_then(|part| self.take(piece, part)) {
                    self.blocks[index].warm(changed, now);
                    self.films.change(changed, now);
                }
            }
            for part in outside(cell, &films) {
                if let Some(changed) = self.take(piece, part) {
                    self.blocks[index].warm(changed, now);
                    self.blocks[index].miss(changed);
                }
            }
        }
    }

    /// Takes in a part of a piece. What of it changed.
    fn take(&mut self, piece: Piece<'_>, part: Rect) -> Option<Rect> {
        let stride = usize::from(piece.rect.width) * 4;
        let mut changed: Option<Rect> = None;
        for y in part.y..part.y + part.height {
            let start = usize::from(y - piece.rect.y) * stride + usize::from(part.x - piece.rect.x) * 4;
            let new = &piece.bgrx[start..start + usize::from(part.width) * 4];
            let old = self.frame.span_mut(part.x, y, part.width);
            if !frame::differ(old, new) {
                continue;
            }
            if let Some((first, last)) = frame::difference(old, new) {
                let row = Rect { x: part.x + first, y, width: last - first + 1, height: 1 };
                changed = Some(changed.map_or(row, |changed| changed.union(row)));
            }
            frame::take(old, new);
        }
        changed
    }

    /// Something moved: tells the viewer to move it too, when it has it.
    fn moved(&mut self, from: Rect, to: Point, now: Instant) {
        let target = Rect { x: to.x, y: to.y, ..from };
        let stale_in = |block: &Block, rough: bool, rect: Rect| {
            block.rough == rough && block.stale.is_some_and(|stale| stale.intersect(rect).is_some())
        };
        if self.first.len() >= UPDATES_MAX
            || self.films.touches(from)
            || self.films.touches(target)
            || self.over(from).any(|index| stale_in(&self.blocks[index], false, from))
        {
            return;
        }
        let rough = self.over(from).any(|index| stale_in(&self.blocks[index], true, from));
        self.frame.copy(from, to);
        self.first.push(Update::Copy { from, to });
        if rough {
            let targets: Vec<usize> = self.over(target).collect();
            for index in targets {
                let Some(part) = self.cell(index).intersect(target) else { continue };
                let block = &mut self.blocks[index];
                block.rough |= block.stale.is_none();
                block.stale = Some(block.stale.map_or(part, |stale| stale.union(part)));
                block.changed = Some(now);
            }
        }
    }

    /// The updates of one batch, empty when there is nothing to tell. What is near `focus` comes first.
    pub(crate) fn updates(&mut self, now: Instant, focus: Option<Point>) -> Vec<Update> {
        let mut updates = std::mem::take(&mut self.first);
        let mut bytes = self.film(now, &mut updates);
        let unsent = self.stale(|_, block| !block.rough);
        let more = !unsent.is_empty();
        bytes += self.patch(unsent, focus, self.batch_bytes.saturating_sub(bytes), &mut updates);
        let refine = REFINE_BYTES.min(self.batch_bytes);
        if !more && bytes < refine {
            let quiet = |_, block: &Block| block.rough && block.quiet_at().is_none_or(|quiet| quiet <= now);
            let rough = self.stale(quiet);
            self.patch(rough, focus, refine - bytes, &mut updates);
        }
        updates
    }

    /// When [`Encoder::updates`] will have something without a new look at the screen.
    pub(crate) fn due(&mut self, now: Instant) -> Option<Instant> {
        if !self.first.is_empty() {
            return Some(now);
        }
        let stale = self.blocks.iter().filter(|block| block.stale.is_some());
        let blocks = stale.map(|block| if block.rough { block.quiet_at().unwrap_or(now) } else { now }).min();
        blocks.into_iter().chain(self.films.due(now)).min()
    }

    /// What the line carries, in bits a second; `None` while it is not known to be little.
    pub(crate) fn line(&mut self, rate: Option<f64>) {
        self.films.line(rate);
        let bytes = rate.map_or(BATCH_BYTES as f64, |rate| rate / 8.0 * BATCH_TIME.as_secs_f64());
        self.batch_bytes = (bytes as usize).clamp(BATCH_BYTES_MIN, BATCH_BYTES);
        self.patches.thorough(rate.is_some_and(|rate| rate < THOROUGH_BELOW));
    }

    /// Part of the screen that is video now, in thousandths.
    pub(crate) fn video_permille(&self) -> u16 {
        let area: u64 = self.films.rects().map(|rect| u64::from(rect.area())).sum();
        u16::try_from(area * 1000 / u64::from(self.frame.size().area().max(1))).unwrap_or(1000).min(1000)
    }

    /// Opens and closes films, takes their pictures and sends those that are made. Returns the bytes made.
    fn film(&mut self, now: Instant, updates: &mut Vec<Update>) -> usize {
        let (blocks, columns) = (&self.blocks, self.columns);
        let moving = |rect: Rect| {
            let lately = |block: &&Block| block.changed.is_some_and(|at| now.saturating_duration_since(at) < QUIET * 2);
            let parts = over(rect, columns).map(|index| &blocks[index]).filter(lately).filter_map(|block| block.lively);
            parts.filter_map(|part| part.intersect(rect)).map(Rect::area).sum()
        };
        for rect in self.films.close_quiet(now, moving) {
            self.roughen(rect);
        }
        let grid = video::Grid { frame: &self.frame, blocks: &self.blocks, columns: self.columns };
        for rect in video::wanted(grid, &self.films, now) {
            let Some(closed) = self.films.open(rect, now) else { continue };
            closed.into_iter().for_each(|closed| self.roughen(closed));
            // Its first picture shows what was missing there.
            for index in self.over(rect) {
                let block = &mut self.blocks[index];
                block.stale = block.stale.filter(|stale| stale.intersect(rect) != Some(*stale));
                block.rough &= block.stale.is_some();
            }
        }
        for rect in self.films.shoot(&self.frame, now) {
            self.roughen(rect);
        }
        let (bytes, failed) = self.films.deliver(updates);
        failed.into_iter().for_each(|rect| self.roughen(rect));
        bytes
    }

    /// What was a film is to be made exact.
    fn roughen(&mut self, rect: Rect) {
        for index in self.over(rect) {
            let Some(part) = self.cell(index).intersect(rect) else { continue };
            let block = &mut self.blocks[index];
            block.rough |= block.stale.is_none();
            block.stale = Some(block.stale.map_or(part, |stale| stale.union(part)));
        }
    }

    /// Sends rectangles exactly, until so many bytes or [`BATCH_PIXELS`] are made; at least one. Returns the bytes made.
    fn patch(
        &mut self,
        mut rects: Vec<Rect>,
        focus: Option<Point>,
        bytes_max: usize,
        updates: &mut Vec<Update>,
    ) -> usize {
        let distance = |rect: &Rect| {
            let axis = |at: u16, near: u16, length: u16| {
                u32::from(near.saturating_sub(at)) + u32::from(at).saturating_sub(u32::from(near) + u32::from(length))
            };
            focus.map_or(0, |at| axis(at.x, rect.x, rect.width) + axis(at.y, rect.y, rect.height))
        };
        rects.sort_by_cached_key(distance);
        let (mut bytes, mut pixels) = (0, 0);
        for rect in rects {
            if pixels > 0 && (bytes >= bytes_max || pixels >= BATCH_PIXELS) || updates.len() >= UPDATES_MAX {
                break;
            }
            let data = self.patches.encode(&self.frame, rect);
            bytes += data.len();
            pixels += rect.area();
            updates.push(Update::Patch { rect, data: Bytes(data) });
            for index in over(rect, self.columns) {
                let block = &mut self.blocks[index];
                block.stale = block.stale.filter(|stale| stale.intersect(rect) != Some(*stale));
                block.rough &= block.stale.is_some();
            }
        }
        bytes
    }

    /// What the chosen blocks lack, neighbours joined where that costs little.
    fn stale(&self, chosen: impl Fn(usize, &Block) -> bool) -> Vec<Rect> {
        let mut done: Vec<Rect> = Vec::new();
        let mut above: Vec<Rect> = Vec::new();
        for row in 0..self.blocks.len() / self.columns {
            let mut runs: Vec<Rect> = Vec::new();
            for index in row * self.columns..(row + 1) * self.columns {
                let block = &self.blocks[index];
                let Some(stale) = block.stale.filter(|_| chosen(index, block)) else { continue };
                match runs.last_mut().and_then(|run| join(*run, stale).map(|joined| (run, joined))) {
                    Some((run, joined)) => *run = joined,
                    None => runs.push(stale),
                }
            }
            for run in &mut runs {
                if let Some(at) = above.iter().position(|above| join(*above, *run).is_some()) {
                    *run = above.swap_remove(at).union(*run);
                }
            }
            done.append(&mut above);
            above = runs;
        }
        done.append(&mut above);
        done
    }

    fn cell(&self, index: usize) -> Rect {
        cell(index, self.columns, self.frame.size()).expect("an index of the grid is on the screen")
    }

    fn over(&self, rect: Rect) -> impl Iterator<Item = usize> + use<> {
        over(rect, self.columns)
    }
}

impl Block {
    /// This part of it is another now than on the viewer's canvas.
    fn miss(&mut self, rect: Rect) {
        // A block that was rough is unsent as a whole from now on: part of it changed, the rest is still to be made exact.
        self.stale = Some(self.stale.map_or(rect, |stale| stale.union(rect)));
        self.rough = false;
    }

    /// This part of it changed.
    fn warm(&mut self, rect: Rect, now: Instant) {
        let heat = self.heat_at(now);
        if heat < COLD {
            self.lively = None;
        }
        if rect.area() >= NOTICED {
            self.heat = heat + 1.0;
            self.lively = Some(self.lively.map_or(rect, |lively| lively.union(rect)));
        }
        self.changed = Some(now);
    }

    /// When it counts as quiet; `None`: it never changed.
    fn quiet_at(&self) -> Option<Instant> {
        self.changed.map(|changed| changed + QUIET)
    }

    /// The heat as it has cooled down since.
    fn heat_at(&self, now: Instant) -> f32 {
        let since = self.changed.map_or(Duration::ZERO, |changed| now.saturating_duration_since(changed));
        self.heat * (-since.as_secs_f32() / video::HEAT_HALVES.as_secs_f32()).exp2()
    }
}

/// What of a rectangle is in no film, as rectangles.
fn outside(rect: Rect, films: &[Rect]) -> Vec<Rect> {
    let mut parts = vec![rect];
    for film in films {
        parts = parts.into_iter().flat_map(|part| without(part, *film)).collect();
    }
    parts
}

/// A rectangle without another: above, below, left and right of it.
fn without(rect: Rect, gone: Rect) -> impl Iterator<Item = Rect> {
    let parts = match rect.intersect(gone) {
        None => [Some(rect), None, None, None],
        Some(hole) => {
            let side = |length: u32, part: Rect| (length > 0).then_some(part);
            let (above, left) = (u32::from(hole.y - rect.y), u32::from(hole.x - rect.x));
            let (below, right) = (rect.bottom() - hole.bottom(), rect.right() - hole.right());
            [
                side(above, Rect { height: above as u16, ..rect }),
                side(below, Rect { y: hole.bottom() as u16, height: below as u16, ..rect }),
                side(left, Rect { width: left as u16, y: hole.y, height: hole.height, ..rect }),
                side(right, Rect { x: hole.right() as u16, y: hole.y, width: right as u16, height: hole.height }),
            ]
        }
    };
    parts.into_iter().flatten()
}

/// A block's place.
fn cell(index: usize, columns: usize, size: Size) -> Option<Rect> {
    let (x, y) = (index % columns * usize::from(BLOCK), index / columns * usize::from(BLOCK));
    Rect { x: x as u16, y: y as u16, width: BLOCK, height: BLOCK }.intersect(size.rect())
}

/// The blocks that a rectangle touches.
fn over(rect: Rect, columns: usize) -> impl Iterator<Item = usize> + use<> {
    let side = usize::from(BLOCK);
    let across = usize::from(rect.x) / side..=(rect.right() as usize - 1) / side;
    let down = usize::from(rect.y) / side..=(rect.bottom() as usize - 1) / side;
    down.flat_map(move |row| across.clone().map(move |column| row * columns + column))
}

/// Both as one, if hardly anything else comes with them.
fn join(a: Rect, b: Rect) -> Option<Rect> {
    let joined = a.union(b);
    let separate = a.area() + b.area();
    (joined.area() <= PATCH_PIXELS && joined.area() <= separate + separate / 4 + 256).then_some(joined)
}

#[cfg(test)]
mod tests;
