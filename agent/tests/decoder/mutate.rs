//! Batches made worse, from a seed: bits, lengths, places, dimensions, and pieces of other batches.

use protocol::media::{Batch, Bytes, Point, Rect, Size, Update};
use rand::{Rng as _, rngs::StdRng, seq::IndexedRandom as _};

use super::body;

/// Sides and places at the edges of what their type and the protocol allow.
const SIDES: [u16; 12] = [0, 1, 2, 15, 16, 17, 16_383, 16_384, 16_385, 32_767, 32_768, u16::MAX];

/// One batch like `batch`, damaged. `others` lend pieces.
pub(crate) fn mutated(random: &mut StdRng, batch: &Batch, others: &[Batch]) -> Vec<u8> {
    let mut batch = batch.clone();
    match random.random_range(0..10) {
        0 => return flipped(random, body(&batch)),
        1 => {
            let mut body = body(&batch);
            body.truncate(random.random_range(0..body.len()));
            return body;
        }
        2 => return lengthened(random, body(&batch)),
        3 => {
            let (mut body, other) = (body(&batch), body(others.choose(random).unwrap()));
            let (at, from) = (random.random_range(0..body.len()), random.random_range(0..other.len()));
            body.truncate(at);
            body.extend_from_slice(&other[from..]);
            return body;
        }
        4 => {
            if let Some(update) = pick(random, &mut batch) {
                move_it(random, update);
            }
        }
        5 => {
            for data in data(&mut batch) {
                resized(random, data);
            }
        }
        6 => {
            let other = others.choose(random).unwrap();
            let lent: Vec<Vec<u8>> = data(&mut other.clone()).map(|data| data.clone()).collect();
            for data in data(&mut batch) {
                if let Some(lent) = lent.choose(random) {
                    let at = random.random_range(0..=data.len());
                    data.truncate(at);
                    data.extend_from_slice(&lent[at.min(lent.len())..]);
                }
            }
        }
        7 => {
            let extra = others.choose(random).unwrap().updates.clone();
            batch.updates.extend(extra);
        }
        _ => {
            for data in data(&mut batch) {
                *data = flipped(random, std::mem::take(data));
                if random.random_bool(0.3) {
                    data.truncate(random.random_range(0..=data.len()));
                }
            }
        }
    }
    body(&batch)
}

fn pick<'a>(random: &mut StdRng, batch: &'a mut Batch) -> Option<&'a mut Update> {
    let index = random.random_range(0..batch.updates.len().max(1));
    batch.updates.get_mut(index)
}

fn data(batch: &mut Batch) -> impl Iterator<Item = &mut Vec<u8>> {
    batch.updates.iter_mut().filter_map(|update| match update {
        Update::Patch { data: Bytes(data), .. } | Update::Video { data: Bytes(data), .. } => Some(data),
        _ => None,
    })
}

fn flipped(random: &mut StdRng, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..random.random_range(1..12) {
        if bytes.is_empty() {
            break;
        }
        // The headers are at the front: damage there is seen by more code.
        let near = if random.random_bool(0.5) { bytes.len().min(48) } else { bytes.len() };
        bytes[random.random_range(0..near)] ^= 1 << random.random_range(0..8);
    }
    bytes
}

/// A length of two, four or eight bytes where none was.
fn lengthened(random: &mut StdRng, mut bytes: Vec<u8>) -> Vec<u8> {
    let at = random.random_range(0..bytes.len());
    let huge = [
        0,
        1,
        4_095,
        4_096,
        4_097,
        (16 << 20) + 1,
        (1 << 31) - 1,
        1 << 31,
        (1 << 31) + 1,
        (1 << 32) - 1,
        1 << 62,
        u64::MAX,
    ];
    let value = *huge.choose(random).unwrap();
    let (mark, width) = [(251, 2), (252, 4), (253, 8)][random.random_range(0..3)];
    bytes.splice(at..=at, [mark].into_iter().chain(value.to_le_bytes()[..width].iter().copied()));
    bytes
}

fn move_it(random: &mut StdRng, update: &mut Update) {
    let mut side = || *SIDES.choose(random).unwrap();
    match update {
        Update::Resize(size) => *size = Size { width: side(), height: side().min(64) },
        Update::Copy { from, to } => {
            *from = Rect { width: side(), ..*from };
            *to = Point { x: side(), y: side() };
        }
        Update::Patch { rect, .. } | Update::Video { rect, .. } => match side() % 4 {
            0 => rect.width = side(),
            1 => rect.height = side(),
            2 => rect.x = side(),
            _ => rect.y = side(),
        },
    }
}

/// The size in a sequence parameter set is changed, the picture stays as it was: bits from the seventh byte of the unit on.
fn resized(random: &mut StdRng, data: &mut [u8]) {
    let Some(start) = data.windows(4).position(|four| four[..3] == [0, 0, 1] && four[3] & 0x1f == 7) else { return };
    let end = data.len().min(start + 20);
    for _ in 0..random.random_range(1..4) {
        let at = random.random_range((start + 4).min(end - 1)..end);
        data[at] = random.random();
    }
}
