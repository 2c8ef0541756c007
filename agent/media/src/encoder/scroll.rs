//! Finds what was scrolled up or down, so that it is moved instead of sent.
//!
//! The piece is cut into strips; rows of a strip are compared by hash. Rows that occur once vote for the distance they moved; strips side
//! by side that agree move together. A wrong guess costs bytes, never a wrong picture: what differs after the move is sent as usual.

use std::collections::HashMap;

use protocol::media::{Point, Rect};

use crate::{capture::Piece, frame::Frame};

/// Pixels of one strip: a scroll bar beside a text must not hide that the text moved.
const STRIP: u16 = 64;
/// Fewer rows than this are not worth a search, nor a move.
const ROWS_MIN: usize = 16;
/// A distance counts from this many rows that occur once.
const VOTES_MIN: usize = 6;

/// One strip's rows.
struct Strip {
    x: u16,
    width: u16,
    old: Vec<u64>,
    new: Vec<u64>,
    /// Rows from the new place to the old one; 0 for nothing found.
    distance: isize,
}

/// What to move and where to, in an order in which no move takes what a later one needs.
pub(super) fn find(frame: &Frame, piece: Piece<'_>) -> Vec<(Rect, Point)> {
    let rect = piece.rect;
    if usize::from(rect.height) < ROWS_MIN * 2 || rect.width < STRIP / 2 {
        return Vec::new();
    }
    let mut strips: Vec<Strip> = Vec::new();
    let mut x = rect.x;
    while u32::from(x) < rect.right() {
        let width = STRIP.min((rect.right() - u32::from(x)) as u16);
        strips.push(Strip::new(frame, piece, x, width));
        x += width;
    }
    let mut moves = Vec::new();
    let mut from = 0;
    while from < strips.len() {
        let distance = strips[from].distance;
        let same = strips[from..].iter().take_while(|strip| strip.distance == distance).count();
        if distance != 0 {
            together(&strips[from..from + same], distance, rect, &mut moves);
        }
        from += same;
    }
    moves
}

/// The runs of rows that all strips moved by the same distance.
fn together(strips: &[Strip], distance: isize, rect: Rect, moves: &mut Vec<(Rect, Point)>) {
    let height = usize::from(rect.height);
    let first = strips[0].x;
    let width = strips.iter().map(|strip| strip.width).sum();
    let matches = |row: usize| {
        let source = row.checked_add_signed(distance).filter(|source| *source < height);
        source.is_some_and(|source| strips.iter().all(|strip| strip.new[row] == strip.old[source]))
    };
    let start = moves.len();
    let mut row = 0;
    while row < height {
        let run = (row..height).take_while(|row| matches(*row)).count();
        let changed = (row..row + run).any(|row| strips.iter().any(|strip| strip.new[row] != strip.old[row]));
        if run >= ROWS_MIN && changed {
            let source = row.checked_add_signed(distance).expect("the rows match, so the source is there");
            let at = |row: usize| rect.y + row as u16;
            moves.push((Rect { x: first, y: at(source), width, height: run as u16 }, Point { x: first, y: at(row) }));
        }
        row += run.max(1);
    }
    if distance < 0 {
        moves[start..].reverse();
    }
}

impl Strip {
    fn new(frame: &Frame, piece: Piece<'_>, x: u16, width: u16) -> Self {
        let rect = piece.rect;
        let (stride, skip) = (usize::from(rect.width) * 4, usize::from(x - rect.x) * 4);
        let length = usize::from(width) * 4;
        let old: Vec<u64> = (rect.y..rect.y + rect.height).map(|y| hash(frame.span(x, y, width))).collect();
        let new: Vec<u64> = piece.bgrx.chunks_exact(stride).map(|row| hash(&row[skip..skip + length])).collect();
        let distance = distance(&old, &new);
        Self { x, width, old, new, distance }
    }
}

/// How far most rows moved.
fn distance(old: &[u64], new: &[u64]) -> isize {
    let changed = || (0..new.len()).filter(|row| old[*row] != new[*row]);
    if changed().count() < ROWS_MIN {
        return 0;
    }
    let places = Places::of(old);
    let mut votes: HashMap<isize, usize> = HashMap::new();
    for row in changed() {
        if let Some(source) = places.only(new[row]) {
            *votes.entry(source as isize - row as isize).or_default() += 1;
        }
    }
    let best = votes.into_iter().max_by_key(|(distance, votes)| (*votes, -distance.abs()));
    best.filter(|(_, votes)| *votes >= VOTES_MIN).map_or(0, |(distance, _)| distance)
}

/// Where each row was, by its hash. Rows that occur twice, blank ones above all, say nothing about the distance.
///
/// A table with linear probing, half full at most: the keys are hashes already, and one is filled for each strip of each change.
struct Places {
    /// The bits of a hash that are its place in the table are its highest.
    shift: u32,
    /// A row's hash and its number.
    table: Vec<(u64, u32)>,
}

const NOTHING: u32 = u32::MAX;
const SEVERAL: u32 = u32::MAX - 1;

impl Places {
    fn of(rows: &[u64]) -> Self {
        let size = (rows.len() * 2).next_power_of_two().max(2);
        let mut places = Self { shift: u64::BITS - size.trailing_zeros(), table: vec![(0, NOTHING); size] };
        for (row, hash) in rows.iter().enumerate() {
            let at = places.find(*hash);
            let place = &mut places.table[at];
            *place = (*hash, if place.1 == NOTHING { row as u32 } else { SEVERAL });
        }
        places
    }

    /// The row with this hash, if there is only one.
    fn only(&self, hash: u64) -> Option<usize> {
        let (_, row) = self.table[self.find(hash)];
        (row < SEVERAL).then_some(row as usize)
    }

    /// Where in the table the hash is, or would be.
    fn find(&self, hash: u64) -> usize {
        let mut at = (hash >> self.shift) as usize;
        while self.table[at].1 != NOTHING && self.table[at].0 != hash {
            at = (at + 1) % self.table.len();
        }
        at
    }
}

/// Fast and not secret: what collides is corrected afterwards. Four lanes side by side, of two pixels each, as one would wait for its own
/// multiplication at every pixel.
fn hash(span: &[u8]) -> u64 {
    const FACTOR: u64 = 0x517c_c1b7_2722_0a95;
    const COLOURS: u64 = 0x00ff_ffff_00ff_ffff;
    let mix = |lane: u64, colours: u64| (lane.rotate_left(5) ^ colours).wrapping_mul(FACTOR);
    let two = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_le_bytes) & COLOURS;
    let mut lanes = [0, 1, 2, 3];
    let chunks = span.chunks_exact(32);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, pixels) in lanes.iter_mut().zip(chunk.chunks_exact(8)) {
            *lane = mix(*lane, two(pixels));
        }
    }
    for pixel in rest.chunks_exact(4) {
        lanes[0] = mix(lanes[0], u64::from(pixel.try_into().map_or(0, u32::from_le_bytes) & 0x00ff_ffff));
    }
    lanes.into_iter().reduce(mix).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_by_its_hash_unless_it_occurs_twice() {
        let rows = [7 << 60, 1 << 60, 7 << 60, (7 << 60) + 1, 0];
        let places = Places::of(&rows);
        assert_eq!(
            [7 << 60, 1 << 60, (7 << 60) + 1, 0, 5].map(|hash| places.only(hash)),
            [None, Some(1), Some(3), Some(4), None]
        );
        assert_eq!(Places::of(&[]).only(3), None);
    }

    #[test]
    fn a_hash_takes_in_every_pixel_and_no_fourth_byte() {
        let row: Vec<u8> = (0..21 * 4).map(|byte| byte as u8).collect();
        for byte in 0..row.len() {
            let mut other = row.clone();
            other[byte] ^= 0x40;
            assert_eq!(hash(&row) == hash(&other), byte % 4 == 3, "byte {byte}");
        }
        let mut turned = row.clone();
        turned.rotate_left(4);
        assert_ne!(hash(&row), hash(&turned));
    }
}
