//! Which areas go as video, and their encoders.
//!
//! Patches are exact and cheap for flat and written areas at any pace; what is like a film or a photograph costs many bytes as patches.
//! So an area becomes video when it looks like one and either keeps changing or is very large. It stays video until it has been quiet for
//! [`QUIET`]; then its exact pixels follow.

use std::time::{Duration, Instant};

use protocol::{limits, media::Rect};

use super::{BLOCK, Block, QUIET, cell, h264};
use crate::frame::Frame;

/// The heat of a block halves in this time.
pub(super) const HEAT_HALVES: Duration = Duration::from_millis(1200);
/// A block keeps changing when it is this hot: three large changes within a second, however few pictures the line takes.
const HOT: f32 = 2.4;
/// Areas smaller than this stay patches, in pixels.
const AREA_MIN: u32 = 4 * BLOCK as u32 * BLOCK as u32;
/// A single change this large, in pixels, goes as video first if it looks like a photograph.
const AREA_LARGE: u32 = 256 * 1024;
/// What the encoder can take.
const SIDE_MAX: u16 = 2160;
/// Part of sampled pixels that are unlike their neighbours, in hundredths, from which on a block looks like a photograph. Text has 10 to 30.
const BUSY: usize = 45;

/// What the decision is made from.
#[derive(Clone, Copy)]
pub(super) struct Grid<'a> {
    pub(super) frame: &'a Frame,
    pub(super) blocks: &'a [Block],
    pub(super) columns: usize,
}

struct Slot {
    encoder: h264::Encoder,
    used: Instant,
}

/// The encoders.
#[derive(Default)]
pub(super) struct Slots {
    slots: [Option<Slot>; limits::VIDEO_SLOTS as usize],
    epoch: Option<Instant>,
}

impl Slots {
    pub(super) fn rects(&self) -> impl Iterator<Item = Rect> {
        self.slots.iter().flatten().map(|slot| slot.encoder.rect())
    }

    pub(super) fn rect(&self, slot: u8) -> Option<Rect> {
        self.slots[usize::from(slot)].as_ref().map(|slot| slot.encoder.rect())
    }

    /// Is all of it video now?
    pub(super) fn covers(&self, rect: Rect) -> bool {
        self.rects().any(|covered| rect.intersect(covered) == Some(rect))
    }

    /// When the video that touches this area was used last.
    pub(super) fn used_last(&self, rect: Rect) -> Option<Instant> {
        let touching = self.slots.iter().flatten().filter(|slot| slot.encoder.rect().intersect(rect).is_some());
        touching.map(|slot| slot.used).max()
    }

    /// Closes what has been quiet.
    pub(super) fn close_quiet(&mut self, now: Instant) {
        for slot in &mut self.slots {
            slot.take_if(|slot| now.saturating_duration_since(slot.used) >= QUIET);
        }
    }

    /// The areas that should be video and are not.
    pub(super) fn wanted(&self, grid: Grid<'_>, now: Instant) -> Vec<Rect> {
        let place =
            |index| cell(index, grid.columns, grid.frame.size()).expect("an index of the grid is on the screen");
        let unsent = |block: &Block| block.stale.is_some() && !block.rough;
        let area = |block: &Block| block.stale.map_or(0, Rect::area);
        let large = grid.blocks.iter().filter(|block| unsent(block)).map(area).sum::<u32>() >= AREA_LARGE;
        // The look at the pixels comes last: most of the time no block gets that far.
        let mut film: Vec<bool> = grid
            .blocks
            .iter()
            .enumerate()
            .map(|(index, block)| {
                let moving = block.heat_at(now) >= HOT;
                let new = large && unsent(block) && area(block) * 2 >= place(index).area();
                unsent(block) && (moving || new) && !self.covers(place(index)) && busy(grid.frame, place(index))
            })
            .collect();
        let count: u32 = film.iter().enumerate().filter(|(_, film)| **film).map(|(index, _)| place(index).area()).sum();
        if count < AREA_MIN {
            return Vec::new();
        }
        let mut areas = Vec::new();
        for index in 0..film.len() {
            if let Some(area) = connected(&mut film, index, grid.columns, &place) {
                areas.push(area);
            }
        }
        // Areas that overlap, each other or what is video already, become one.
        let mut areas: Vec<Rect> = areas.into_iter().filter(|area| area.area() >= AREA_MIN).collect();
        for area in &mut areas {
            while let Some(joined) = self.rects().map(|rect| area.union(rect)).find(|joined| {
                joined != area && self.rects().any(|rect| area.union(rect) == *joined && touch(*area, rect))
            }) {
                *area = joined;
            }
        }
        let mut wanted: Vec<Rect> = Vec::new();
        for mut area in areas {
            while let Some(at) = wanted.iter().position(|other| other.intersect(area).is_some()) {
                area = area.union(wanted.swap_remove(at));
            }
            wanted.push(area);
        }
        wanted.retain(|area| area.width.min(area.height) <= SIDE_MAX && area.width.max(area.height) <= 3840);
        wanted.sort_by_key(|area| std::cmp::Reverse(area.area()));
        wanted.truncate(limits::VIDEO_SLOTS.into());
        wanted
    }

    /// Makes an area video, in place of what overlaps it; nothing happens when every slot is taken.
    pub(super) fn open(&mut self, rect: Rect, now: Instant) {
        for slot in &mut self.slots {
            slot.take_if(|slot| slot.encoder.rect().intersect(rect).is_some());
        }
        let Some(free) = self.slots.iter_mut().find(|slot| slot.is_none()) else { return };
        match h264::Encoder::new(rect) {
            Ok(encoder) => *free = Some(Slot { encoder, used: now }),
            Err(error) => tracing::warn!(%error, "video encoder does not start, patches instead"),
        }
    }

    /// The area's picture now; `None` when the encoder gives none, and the area is no video any more when it fails.
    pub(super) fn encode(&mut self, slot: u8, frame: &Frame, now: Instant) -> Option<h264::Unit> {
        let epoch = *self.epoch.get_or_insert(now);
        let millis = u64::try_from(now.saturating_duration_since(epoch).as_millis()).unwrap_or(0);
        let place = &mut self.slots[usize::from(slot)];
        let open = place.as_mut()?;
        open.used = now;
        match open.encoder.encode(frame, millis) {
            Ok(unit) => unit,
            Err(error) => {
                tracing::warn!(%error, "video encoder failed, patches instead");
                *place = None;
                None
            }
        }
    }
}

/// Do they overlap or lie side by side?
fn touch(a: Rect, b: Rect) -> bool {
    u32::from(a.x) <= b.right()
        && u32::from(b.x) <= a.right()
        && u32::from(a.y) <= b.bottom()
        && u32::from(b.y) <= a.bottom()
}

/// Takes the blocks connected with this one out of `film`: their bounding rectangle.
fn connected(film: &mut [bool], index: usize, columns: usize, place: &impl Fn(usize) -> Rect) -> Option<Rect> {
    let mut waiting = vec![index];
    let mut area: Option<Rect> = None;
    while let Some(index) = waiting.pop() {
        if !std::mem::take(&mut film[index]) {
            continue;
        }
        area = Some(area.map_or(place(index), |area| area.union(place(index))));
        let (row, column) = (index / columns, index % columns);
        // One block between them that happens to rest does not part them.
        for row in row.saturating_sub(2)..=(row + 2).min(film.len() / columns - 1) {
            for column in column.saturating_sub(2)..=(column + 2).min(columns - 1) {
                waiting.push(row * columns + column);
            }
        }
    }
    area
}

/// Does it look like a photograph: do most pixels differ from the one to the left and the one above?
fn busy(frame: &Frame, rect: Rect) -> bool {
    let (mut unlike, mut seen) = (0, 0);
    for y in (rect.y + 1..rect.y + rect.height).step_by(4) {
        let (row, above) = (frame.span(rect.x, y, rect.width), frame.span(rect.x, y - 1, rect.width));
        for at in (4..row.len()).step_by(4) {
            let pixel = &row[at..at + 4];
            unlike += usize::from(pixel != &row[at - 4..at] && pixel != &above[at..at + 4]);
            seen += 1;
        }
    }
    unlike * 100 > seen * BUSY
}
