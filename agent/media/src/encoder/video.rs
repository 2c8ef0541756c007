//! Which areas should go as video.
//!
//! Patches are exact and cheap for flat and written areas at any pace; what is like a film or a photograph costs many bytes as patches.
//! So an area becomes a film when it looks like one and either keeps changing or is very large. Its rectangle is what changes, to the
//! pixel: a rim of exact pixels around it would cost more than the film.

use std::time::{Duration, Instant};

use protocol::{limits, media::Rect};

use super::{BLOCK, Block, cell, films::Films};
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
/// What moves along at the sides may make a film larger by one part in so many.
const GROWTH: u32 = 8;
/// Part of sampled pixels that are unlike their neighbours, in hundredths, from which on a block looks like a photograph. Text has 10 to 30.
const BUSY: usize = 45;

/// What the decision is made from.
#[derive(Clone, Copy)]
pub(super) struct Grid<'a> {
    pub(super) frame: &'a Frame,
    pub(super) blocks: &'a [Block],
    pub(super) columns: usize,
}

/// The areas that should be films and are not.
pub(super) fn wanted(grid: Grid<'_>, films: &Films, now: Instant) -> Vec<Rect> {
    let unsent = |block: &Block| block.stale.is_some() && !block.rough;
    let area = |block: &Block| block.stale.map_or(0, Rect::area);
    let large = grid.blocks.iter().filter(|block| unsent(block)).map(area).sum::<u32>() >= AREA_LARGE;
    // What of each block would be film. The look at the pixels comes last: most of the time no block gets that far.
    let part = |index: usize| {
        let block = &grid.blocks[index];
        let place = cell(index, grid.columns, grid.frame.size())?;
        let lively = block.lively.filter(|_| block.heat_at(now) >= HOT);
        let new = block.stale.filter(|stale| large && stale.area() * 2 >= place.area());
        let part = lively.or(new).filter(|_| unsent(block))?;
        (!films.covers(part) && busy(grid.frame, part)).then_some(part)
    };
    let mut film: Vec<Option<Rect>> = (0..grid.blocks.len()).map(part).collect();
    if film.iter().all(Option::is_none) {
        return Vec::new();
    }
    let mut areas: Vec<Rect> = Vec::new();
    for index in 0..film.len() {
        if let Some(area) = connected(&mut film, index, grid.columns) {
            areas.push(area);
        }
    }
    // What lies beside a film is part of it, however small.
    areas.retain(|area| area.area() >= AREA_MIN || films.rects().any(|film| touch(*area, film)));
    for area in &mut areas {
        grow(grid, area, now);
        // Areas that overlap, each other or what is a film already, become one.
        while let Some(joined) =
            films.rects().filter(|film| touch(*area, *film)).map(|film| area.union(film)).find(|joined| joined != area)
        {
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

/// Takes in what changes along at the sides: a strip of a film that is too narrow to look like one.
fn grow(grid: Grid<'_>, area: &mut Rect, now: Instant) {
    let unsent = |block: &Block| block.stale.filter(|_| !block.rough && block.changed == Some(now));
    let strips = |block: &Block| block.lively.filter(|_| block.heat_at(now) >= HOT).or(unsent(block));
    for strip in grid.blocks.iter().filter_map(strips) {
        let joined = area.union(strip);
        if touch(*area, strip) && joined.area() - area.area() <= area.area() / GROWTH {
            *area = joined;
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
fn connected(film: &mut [Option<Rect>], index: usize, columns: usize) -> Option<Rect> {
    let mut waiting = vec![index];
    let mut area: Option<Rect> = None;
    while let Some(index) = waiting.pop() {
        let Some(part) = film[index].take() else { continue };
        area = Some(area.map_or(part, |area| area.union(part)));
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
