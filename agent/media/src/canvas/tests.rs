//! The canvas with good, odd and hostile batches.

#![allow(clippy::unwrap_used)]
use std::time::{Duration, Instant};

use proptest::prelude::*;
use protocol::media::{Bytes, Point};

use super::*;
use crate::{capture::Piece, encoder::Encoder};

fn batch(number: u64, updates: Vec<Update>) -> Batch {
    Batch { number, captured_us: number * 1000, updates }
}

fn rect(x: u16, y: u16, width: u16, height: u16) -> Rect {
    Rect { x, y, width, height }
}

/// Batches as a customer's side makes them, with every kind of update.
fn real() -> Vec<Batch> {
    let size = Size { width: 200, height: 160 };
    let mut encoder = Encoder::new(size, None);
    let mut now = Instant::now();
    let mut batches = Vec::new();
    for step in 0..12u32 {
        let pixels: Vec<u8> = (0..size.area())
            .flat_map(|at| {
                let (x, y) = (at % 200, at / 200 + if step > 6 { 20 } else { 0 });
                let film = x > 60;
                if film {
                    [(x * y + step * 31) as u8, ((x * 3) ^ (y * 5)) as u8, (x + y * step) as u8, 0]
                } else {
                    [(y * 37 % 251) as u8, (x / 4 * y) as u8, 20, 0]
                }
            })
            .collect();
        encoder.look(Piece { rect: size.rect(), bgrx: &pixels }, now);
        let updates = encoder.updates(now, None);
        batches.push(batch(batches.len() as u64 + 1, updates));
        now += Duration::from_millis(33);
    }
    assert!(batches.iter().flat_map(|batch| &batch.updates).any(|update| matches!(update, Update::Video { .. })));
    batches
}

#[test]
fn batches_that_are_out_of_order_are_refused_and_a_new_size_may_leave_some_out() {
    let size = |width| Update::Resize(Size { width, height: 10 });
    let mut canvas = Canvas::new();
    let applied = canvas.apply(&batch(1, vec![size(10)])).unwrap();
    assert_eq!(applied.resized, Some(Size { width: 10, height: 10 }));
    assert_eq!(applied.shown, Shown { number: 1, captured_us: 1000 });
    for number in [0, 1, 3] {
        let refused = canvas.apply(&batch(number, vec![]));
        assert!(matches!(refused, Err(Error::Flaw(Flaw::Order { last: 1, got })) if got == number));
    }
    assert!(canvas.apply(&batch(1, vec![size(10)])).is_err());
    assert_eq!(canvas.apply(&batch(9, vec![size(10)])).unwrap().resized, None);
    assert!(canvas.apply(&batch(10, vec![])).unwrap().damaged.is_empty());
}

#[test]
fn a_small_message_cannot_buy_much_work() {
    let mut canvas = Canvas::new();
    let size = Size { width: 7_680, height: 4_320 };
    let copies = std::iter::repeat_n(Update::Copy { from: size.rect(), to: Point { x: 0, y: 0 } }, 4_000);
    let hostile = batch(1, std::iter::once(Update::Resize(size)).chain(copies).collect());
    assert!(matches!(canvas.apply(&hostile), Err(Error::TooMuch(_))));
    assert_eq!(canvas.size(), None);
}

#[test]
fn video_without_a_keyframe_for_its_area_asks_for_a_refresh() {
    let mut canvas = Canvas::new();
    canvas.apply(&batch(1, vec![Update::Resize(Size { width: 64, height: 64 })])).unwrap();
    let video =
        Update::Video { slot: 0, rect: rect(0, 0, 64, 64), keyframe: false, data: Bytes(vec![0, 0, 1, 0x41, 9]) };
    assert!(canvas.apply(&batch(2, vec![video])).unwrap_err().recoverable());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn damaged_batches_are_refused_or_drawn_and_never_worse(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut batches = real();
        let which = which.index(batches.len());
        let updates = &mut batches[which].updates;
        for (update, at, byte) in changes {
            if updates.is_empty() {
                break;
            }
            let update = update.index(updates.len());
            match &mut updates[update] {
                Update::Patch { data, .. } | Update::Video { data, .. } if !data.0.is_empty() => {
                    let at = at.index(data.0.len());
                    data.0[at] = byte;
                    if let Some(cut) = cut {
                        data.0.truncate(cut.index(data.0.len()));
                    }
                }
                Update::Copy { from, .. } => from.width = from.width.wrapping_add(u16::from(byte)),
                Update::Resize(size) => size.height = u16::from(byte) * 3,
                _ => {}
            }
        }
        let mut canvas = Canvas::new();
        for batch in &batches {
            if canvas.apply(batch).is_err() {
                break;
            }
            prop_assert_eq!(canvas.bgrx().len(), canvas.size().map_or(0, |size| size.area() as usize * 4));
        }
    }
}
