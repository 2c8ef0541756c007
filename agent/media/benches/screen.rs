//! What the two halves cost: `cargo bench -p amparo-media`. The pattern scrolls a text and shows a film, 640x480.

use std::time::{Duration, Instant};

use amparo_media::{Canvas, Choice, Screen};
use protocol::media::{Batch, Update};

fn main() {
    divan::main();
}

/// Batches of the pattern's first pictures.
fn batches(count: usize) -> Vec<Batch> {
    let mut screen = Screen::open(&Choice::named("synthetic")).expect("the pattern needs nothing");
    let mut batches = Vec::new();
    while batches.len() < count {
        screen.wait(true, Duration::from_secs(1)).expect("the pattern goes on");
        batches.extend(screen.take_batch(Instant::now()).expect("the pattern goes on"));
    }
    batches
}

/// Comparing, searching moves, compressing: the customer's side of one moving picture.
#[divan::bench(max_time = 5)]
fn customer_side(bencher: divan::Bencher<'_, '_>) {
    let screen = Screen::open(&Choice::named("synthetic")).expect("the pattern needs nothing");
    let screen = std::cell::RefCell::new(screen);
    bencher
        .with_inputs(|| screen.borrow_mut().wait(true, Duration::from_secs(1)).expect("the pattern goes on"))
        .bench_local_values(|()| screen.borrow_mut().take_batch(Instant::now()).expect("the pattern goes on"));
}

/// The first whole picture.
#[divan::bench]
fn customer_side_first_picture(bencher: divan::Bencher<'_, '_>) {
    bencher
        .with_inputs(|| Screen::open(&Choice::named("synthetic")).expect("the pattern needs nothing"))
        .bench_local_values(|mut screen| screen.take_batch(Instant::now()).expect("the pattern goes on"));
}

/// Inflating, decoding, converting, moving: thirty pictures on the attendant's side.
#[divan::bench]
fn attendant_side_thirty_pictures(bencher: divan::Bencher<'_, '_>) {
    let batches = batches(30);
    let video = batches.iter().flat_map(|batch| &batch.updates).any(|update| matches!(update, Update::Video { .. }));
    assert!(video, "the pattern has a film");
    bencher.with_inputs(Canvas::new).bench_local_values(|mut canvas| {
        for batch in &batches {
            canvas.apply(batch).expect("what we make, we take");
        }
    });
}
