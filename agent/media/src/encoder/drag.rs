//! Finds what was moved in any direction, a dragged window above all, so that it is moved instead of sent.
//!
//! Places are known by a hash of the pixels that begin there, rolled along the rows. What stood in a few places of the old picture is looked up
//! in the new one, and the distance that most of them moved by is taken; the rectangle is what agrees under that distance. As with
//! [`super::scroll`], a wrong guess costs bytes and never a wrong picture. Called when nothing was scrolled.

use protocol::media::{Point, Rect};

use crate::{capture::Piece, frame::Frame};

/// Pixels that make a place known.
const LENGTH: usize = 16;
/// Every so many rows of the new picture are in the table; as many neighbouring rows of the old one are looked up.
const ROWS: usize = 8;
/// Groups of rows that are looked up.
const GROUPS: usize = 10;
/// Smaller pieces are sent at once, in pixels.
const SIDE_MIN: u16 = 48;
/// So many places must agree.
const VOTES_MIN: u32 = 24;
/// Side of the cells by which the moved area is found.
const CELL: usize = 16;
/// Smaller areas are sent, in pixels.
const AREA_MIN: u32 = 64 * 48;
/// Places in the table; a power of two. Those that fall on another are left out.
const TABLE: usize = 1 << 15;

/// Memory that is kept from one search to the next.
#[derive(Default)]
pub(super) struct Search {
    /// Hash and place, by the hash's last bits; a place that is not the only one of its hash says nothing.
    table: Vec<(u64, u32)>,
    votes: Vec<((i32, i32), u32)>,
}

const NOWHERE: u32 = u32::MAX;

impl Search {
    /// What to move and where to. Both are inside the piece.
    pub(super) fn find(&mut self, frame: &Frame, piece: Piece<'_>) -> Option<(Rect, Point)> {
        let rect = piece.rect;
        if rect.width < SIDE_MIN || rect.height < SIDE_MIN || !much_changed(frame, piece) {
            return None;
        }
        self.learn(piece);
        let distance = self.vote(frame, piece)?;
        Agreement { frame, piece, distance }.area()
    }

    /// Puts the new picture's places into the table.
    fn learn(&mut self, piece: Piece<'_>) {
        self.table.clear();
        self.table.resize(TABLE, (0, NOWHERE));
        for y in (0..usize::from(piece.rect.height)).step_by(ROWS) {
            let table = &mut self.table;
            places(row(piece, y), |x, hash| {
                let place = &mut table[hash as usize % TABLE];
                if place.1 == NOWHERE && place.0 == 0 {
                    *place = (hash, (y << 16 | x) as u32);
                } else if place.0 == hash {
                    place.1 = NOWHERE;
                }
            });
        }
    }

    /// The distance that most places of the old picture moved by, as right and down.
    fn vote(&mut self, frame: &Frame, piece: Piece<'_>) -> Option<(i32, i32)> {
        self.votes.clear();
        let rect = piece.rect;
        let groups = (usize::from(rect.height) / ROWS).clamp(1, GROUPS);
        for group in 0..groups {
            let first = group * (usize::from(rect.height) - ROWS) / groups;
            for y in first..first + ROWS {
                let (table, votes) = (&self.table, &mut self.votes);
                places(frame.span(rect.x, rect.y + y as u16, rect.width), |x, hash| {
                    let (known, place) = table[hash as usize % TABLE];
                    if known != hash || place == NOWHERE {
                        return;
                    }
                    let distance = ((place & 0xffff) as i32 - x as i32, (place >> 16) as i32 - y as i32);
                    match votes.iter().position(|(other, _)| *other == distance) {
                        Some(at) => votes[at].1 += 1,
                        // Chance gives many distances one vote each: they are not worth keeping.
                        None if votes.len() < 256 => votes.push((distance, 1)),
                        None => {}
                    }
                });
            }
        }
        let moved = self.votes.iter().filter(|(distance, _)| *distance != (0, 0));
        let (distance, count) = moved.max_by_key(|(_, count)| *count)?;
        (*count >= VOTES_MIN).then_some(*distance)
    }
}

/// Is every tenth row or more another than before?
fn much_changed(frame: &Frame, piece: Piece<'_>) -> bool {
    let rect = piece.rect;
    let rows = || (0..usize::from(rect.height)).step_by(ROWS);
    let changed = rows()
        .filter(|y| crate::frame::differ(frame.span(rect.x, rect.y + *y as u16, rect.width), row(piece, *y)))
        .count();
    changed * 10 >= rows().count() && changed >= 4
}

/// One row of a piece, counted from its top.
fn row<'a>(piece: Piece<'a>, y: usize) -> &'a [u8] {
    let stride = usize::from(piece.rect.width) * 4;
    &piece.bgrx[y * stride..(y + 1) * stride]
}

fn colour(pixels: &[u8], x: usize) -> u32 {
    let at = x * 4;
    u32::from_le_bytes([pixels[at], pixels[at + 1], pixels[at + 2], 0])
}

/// Places of a row where the colour changes, with the hash of the pixels from there on: flat areas are the same everywhere. The hash is a
/// polynomial modulo 2^64 (Rabin and Karp), so that it is rolled from pixel to pixel.
fn places(pixels: &[u8], mut each: impl FnMut(usize, u64)) {
    const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
    let width = pixels.len() / 4;
    if width < LENGTH + 1 {
        return;
    }
    let gone = (0..LENGTH).fold(1_u64, |power, _| power.wrapping_mul(BASE));
    let take = |hash: u64, x: usize| hash.wrapping_mul(BASE).wrapping_add(u64::from(colour(pixels, x)) + 1);
    let mut hash = (0..LENGTH).fold(0, take);
    for x in 1..=width - LENGTH {
        hash = take(hash, x + LENGTH - 1).wrapping_sub((u64::from(colour(pixels, x - 1)) + 1).wrapping_mul(gone));
        if colour(pixels, x) != colour(pixels, x - 1) {
            // The low bits of a polynomial depend on the low bits of the colours alone.
            each(x, hash ^ hash >> 31);
        }
    }
}

/// A distance, and what agrees with it.
struct Agreement<'a> {
    frame: &'a Frame,
    piece: Piece<'a>,
    distance: (i32, i32),
}

impl Agreement<'_> {
    /// The moved rectangle, from where and to where.
    fn area(&self) -> Option<(Rect, Point)> {
        let rect = self.piece.rect;
        let (right, down) = self.distance;
        let side = |length: u16, by: i32| {
            let (low, high) = (by.max(0), i32::from(length) + by.min(0));
            (low < high).then_some((low as usize, high as usize))
        };
        // Targets whose source is inside the piece, too.
        let ((left, far_right), (top, bottom)) = (side(rect.width, right)?, side(rect.height, down)?);
        let (mut x0, mut y0, mut x1, mut y1) = (usize::MAX, usize::MAX, 0, 0);
        for y in (top..bottom).step_by(CELL) {
            let end = (y + CELL).min(bottom);
            for x in (left..far_right).step_by(CELL) {
                let width = CELL.min(far_right - x);
                let changed =
                    || (y..end).any(|y| crate::frame::differ(self.before(x, y, width), self.after(x, y, width)));
                if (y..end).all(|y| self.agrees(x, y, width)) && changed() {
                    (x0, y0, x1, y1) = (x0.min(x), y0.min(y), x1.max(x + width), y1.max(end));
                }
            }
        }
        if x0 >= x1 {
            return None;
        }
        // To the pixel, as the sides of the area need not be those of cells.
        let column = |x: usize, y0: usize, y1: usize| (y0..y1).all(|y| self.agrees(x, y, 1));
        while x0 > left && column(x0 - 1, y0, y1) {
            x0 -= 1;
        }
        while x1 < far_right && column(x1, y0, y1) {
            x1 += 1;
        }
        while y0 > top && self.agrees(x0, y0 - 1, x1 - x0) {
            y0 -= 1;
        }
        while y1 < bottom && self.agrees(x0, y1, x1 - x0) {
            y1 += 1;
        }
        let (width, height) = ((x1 - x0) as u16, (y1 - y0) as u16);
        let at = |origin: u16, offset: usize| origin + offset as u16;
        let to = Point { x: at(rect.x, x0), y: at(rect.y, y0) };
        let from = Rect { x: (i32::from(to.x) - right) as u16, y: (i32::from(to.y) - down) as u16, width, height };
        // Cells that agree by chance, far from each other, span an area that does not.
        let agreeing = (y0..y1).step_by(4).filter(|y| self.agrees(x0, *y, x1 - x0)).count();
        (from.area() >= AREA_MIN && agreeing * 2 >= (y1 - y0) / 4).then_some((from, to))
    }

    fn agrees(&self, x: usize, y: usize, width: usize) -> bool {
        let (right, down) = self.distance;
        let (from_x, from_y) = ((x as i32 - right) as usize, (y as i32 - down) as usize);
        !crate::frame::differ(self.before(from_x, from_y, width), self.after(x, y, width))
    }

    fn before(&self, x: usize, y: usize, width: usize) -> &[u8] {
        let rect = self.piece.rect;
        self.frame.span(rect.x + x as u16, rect.y + y as u16, width as u16)
    }

    fn after(&self, x: usize, y: usize, width: usize) -> &[u8] {
        &row(self.piece, y)[x * 4..(x + width) * 4]
    }
}
