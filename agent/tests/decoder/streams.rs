//! Hostile streams through the real process: applied or refused, within its memory, and the parent none the worse.

use std::collections::BTreeMap;

use media::decoder::{Fault, Lost, Outcome, sandbox};
use protocol::media::{Bytes, Point, Rect};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use super::*;

/// How many mutations are tried; set the variable for a long run.
fn count() -> usize {
    std::env::var("AMPARO_DECODER_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(200)
}

fn memory(process: &str, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
}

/// One after the other, with numbers that follow each other whatever a mutation made of one.
struct Stream {
    decoder: Decoder,
    number: u64,
}

impl Stream {
    fn new() -> Self {
        Self { decoder: start().unwrap(), number: 0 }
    }

    fn next(&mut self, batch: &Batch) -> Batch {
        self.number += 1;
        Batch { number: self.number, ..batch.clone() }
    }

    /// A good stream from its start. A decoder that a mutation gave a large number is replaced first.
    fn play(&mut self, batches: &[Batch], seed: u64) {
        for (index, batch) in batches.iter().enumerate() {
            let body = body(&self.next(batch));
            match self.decoder.apply(&body, false) {
                Ok(Outcome::Applied(_)) => {}
                Ok(Outcome::Refused(Fault::Flaw)) if index == 0 => {
                    *self = Self::new();
                    return self.play(batches, seed);
                }
                other => panic!("seed {seed}: batch {index}, a good one after a bad one: {other:?}"),
            }
        }
    }
}

#[test]
fn mutated_streams_are_applied_or_refused_and_nothing_worse() {
    let batches = pattern(14);
    let film = |batch: &Batch| batch.updates.iter().any(|update| matches!(update, Update::Video { .. }));
    let first = batches.iter().position(film).unwrap();
    let mut stream = Stream::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut ended = 0;
    let before = memory("self", "RssAnon:");
    for seed in 0..count() as u64 {
        let random = &mut StdRng::seed_from_u64(seed);
        // The batch with the film's key frame, or one after it: then the decoders are running.
        let victim = random.random_range(first..batches.len());
        stream.play(&batches[..victim], seed);
        let body = mutate::mutated(random, &stream.next(&batches[victim]), &batches);
        let what = match stream.decoder.apply(&body, false) {
            Ok(Outcome::Applied(_)) => "applied".to_owned(),
            Ok(Outcome::Refused(fault)) => format!("{fault:?}"),
            Err(Error::Restarted(Lost::Ended(status)) | Error::TooOften(Lost::Ended(status))) => {
                // The library may fall over such bytes; that it falls alone is what the process is for.
                println!("seed {seed}: the process ended, {status:?}");
                stream = Stream::new();
                ended += 1;
                "ended".to_owned()
            }
            other => panic!("seed {seed}: {other:?}"),
        };
        *seen.entry(what).or_default() += 1;
        let picture = stream.decoder.picture();
        assert_eq!(picture.bgrx().len(), picture.size().map_or(0, |size| size.area() as usize * 4));
        let held = memory(&stream.decoder.process().unwrap().to_string(), "RssAnon:");
        assert!(held < sandbox::DATA_BYTES, "seed {seed}: {held} bytes");
    }
    let grown = memory("self", "RssAnon:").saturating_sub(before);
    println!("{seen:?}; the parent grew by {} KiB", grown / 1024);
    assert!(grown < 64 << 20, "the parent grew by {grown} bytes");
    for kind in ["applied", "Video", "Unreadable", "Flaw"] {
        assert!(seen.contains_key(kind), "{seen:?}");
    }
    assert!(ended * 50 <= count(), "{ended} of {} ended the process", count());
}

/// The edges of 16 bits, and of the sides of a picture.
const EDGES: [u16; 11] = [0, 1, 63, 64, 65, 16_383, 16_384, 16_385, 32_767, 32_768, u16::MAX];

#[test]
fn every_dimension_and_place_at_its_edges_is_checked_by_the_process() {
    let mut decoder = start().unwrap();
    let mut number = 0;
    let mut sent = |updates: Vec<Update>| {
        number += 1;
        decoder.apply(&body(&batch(number, updates)), false).unwrap()
    };
    let size = Size { width: 64, height: 64 };
    let inside = |rect: Rect| rect.within(size);
    let flaw = Outcome::Refused(Fault::Flaw);
    for (width, height) in EDGES.iter().flat_map(|width| EDGES.map(|height| (*width, height))) {
        let size = Size { width, height };
        if size.allowed() && size.area() > 1 << 21 {
            continue;
        }
        let outcome = sent(vec![Update::Resize(size)]);
        let expected = if size.allowed() { Outcome::Applied(vec![size.rect()]) } else { flaw.clone() };
        assert_eq!(outcome, expected, "{size:?}");
    }
    for edge in EDGES {
        for which in 0..4 {
            let mut sides = [0, 0, 1, 1];
            sides[which] = edge;
            let [x, y, width, height] = sides;
            let rect = Rect { x, y, width, height };
            let data = Bytes(vec![0, 0, 1, 0x67]);
            let resize = || resize(64, 64);
            let copy = sent(vec![resize(), Update::Copy { from: rect, to: Point { x: 0, y: 0 } }]);
            assert_eq!(copy != flaw, inside(rect), "{rect:?}");
            let to = sent(vec![
                resize(),
                Update::Copy { from: Rect { x: 0, y: 0, width: 1, height: 1 }, to: Point { x, y } },
            ]);
            assert_eq!(to != flaw, x < 64 && y < 64, "{x} {y}");
            let patch = sent(vec![resize(), Update::Patch { rect, data: data.clone() }]);
            let bad = if inside(rect) { Fault::Patch } else { Fault::Flaw };
            assert_eq!(patch, Outcome::Refused(bad), "{rect:?}");
            let video = sent(vec![resize(), Update::Video { slot: 0, rect, keyframe: true, data }]);
            let bad = if inside(rect) { Fault::Video } else { Fault::Flaw };
            assert_eq!(video, Outcome::Refused(bad), "{rect:?}");
        }
    }
    for slot in [0, 1, limits::VIDEO_SLOTS - 1, limits::VIDEO_SLOTS, limits::VIDEO_SLOTS + 1, 127, 128, u8::MAX] {
        let rect = size.rect();
        let video = Update::Video { slot, rect, keyframe: true, data: Bytes(vec![0]) };
        let bad = if slot < limits::VIDEO_SLOTS { Fault::Video } else { Fault::Flaw };
        assert_eq!(sent(vec![resize(64, 64), video]), Outcome::Refused(bad), "{slot}");
    }
    for many in [limits::UPDATES_PER_BATCH, limits::UPDATES_PER_BATCH + 1] {
        let copy = Update::Copy { from: Rect { x: 0, y: 0, width: 1, height: 1 }, to: Point { x: 1, y: 1 } };
        let updates = [vec![resize(64, 64)], vec![copy; many - 1]].concat();
        let outcome = sent(updates);
        assert_eq!(matches!(outcome, Outcome::Applied(_)), many <= limits::UPDATES_PER_BATCH, "{many}");
    }
}

#[test]
fn a_length_at_its_edges_inside_a_batch_buys_no_memory() {
    let mut decoder = start().unwrap();
    let small = batch(
        1,
        vec![resize(64, 64), Update::Patch { rect: Rect { x: 0, y: 0, width: 1, height: 1 }, data: Bytes(vec![7; 9]) }],
    );
    let body = body(&small);
    let at = body.len() - 10;
    assert_eq!(body[at], 9);
    for length in [
        0,
        1,
        10,
        (1 << 24) - 1,
        1 << 24,
        (1 << 24) + 1,
        (1 << 31) - 1,
        1 << 31,
        (1 << 31) + 1,
        (1 << 32) - 1,
        u64::MAX,
    ] {
        let mut body = body.clone();
        body.splice(at..=at, [253].into_iter().chain(length.to_le_bytes()));
        let outcome = decoder.apply(&body, false).unwrap();
        assert_eq!(outcome, Outcome::Refused(Fault::Unreadable), "{length}");
    }
    let mut large = vec![0; limits::PICTURE_MESSAGE_BYTES];
    assert_eq!(decoder.apply(&large, false).unwrap(), Outcome::Refused(Fault::Unreadable));
    let held = memory(&decoder.process().unwrap().to_string(), "VmHWM:");
    assert!(held < 256 << 20, "{held} bytes");
    large.push(0);
    assert!(decoder.apply(&large, false).is_err(), "a message over the cap does not go out");
}

#[test]
fn a_picture_of_the_largest_size_fits_into_the_limits() {
    let mut decoder = start().unwrap();
    let outcome = decoder.apply(&body(&batch(1, vec![resize(15_360, 4_320)])), false).unwrap();
    assert!(matches!(outcome, Outcome::Applied(_)));
    let other = decoder.apply(&body(&batch(2, vec![resize(4_320, 15_360)])), false).unwrap();
    assert!(matches!(other, Outcome::Applied(_)));
    assert_eq!(decoder.picture().bgrx().len(), limits::SCREEN_AREA_PX as usize * 4);
    assert!(decoder.picture().bgrx().chunks_exact(4).all(|pixel| pixel == [0, 0, 0, 255]));
}
