//! What the encoder sends, and that a canvas makes the same picture of it.

#![allow(clippy::unwrap_used)]
use proptest::prelude::*;
use protocol::media::Batch;

use super::*;
use crate::Canvas;

/// A screen that is drawn to, an encoder that looks at it, and a viewer's canvas.
struct Story {
    screen: Frame,
    encoder: Encoder,
    canvas: Canvas,
    now: Instant,
    number: u64,
    bytes: usize,
    kinds: [usize; 4],
}

impl Story {
    fn new(width: u16, height: u16) -> Self {
        let size = Size { width, height };
        Self {
            screen: Frame::black(size),
            encoder: Encoder::new(size, None),
            canvas: Canvas::new(),
            now: Instant::now(),
            number: 0,
            bytes: 0,
            kinds: [0; 4],
        }
    }

    fn look(&mut self, rect: Rect) {
        let pixels: Vec<u8> =
            (rect.y..rect.y + rect.height).flat_map(|y| self.screen.span(rect.x, y, rect.width)).copied().collect();
        // Servers leave anything in the fourth byte.
        let pixels: Vec<u8> = pixels.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 77]).collect();
        self.encoder.look(Piece { rect, bgrx: &pixels }, self.now);
    }

    /// One batch; false when there is none.
    fn send(&mut self) -> bool {
        let updates = self.encoder.updates(self.now, None);
        if updates.is_empty() {
            return false;
        }
        for update in &updates {
            let (kind, bytes) = match update {
                Update::Resize(_) => (0, 0),
                Update::Copy { .. } => (1, 8),
                Update::Patch { data, .. } => (2, data.0.len()),
                Update::Video { data, .. } => (3, data.0.len()),
            };
            self.kinds[kind] += 1;
            self.bytes += bytes;
        }
        self.number += 1;
        self.canvas.apply(&Batch { number: self.number, captured_us: 0, updates }).unwrap();
        true
    }

    /// Lets the screen rest until nothing is left to send.
    fn rest(&mut self) {
        let mut batches = 0;
        while let Some(due) = self.encoder.due(self.now) {
            self.now = self.now.max(due);
            assert!(self.send(), "due, and nothing to send");
            batches += 1;
            assert!(batches < 10_000, "never done");
        }
    }

    fn exact(&self) -> bool {
        self.canvas.bgrx() == self.screen.bytes()
    }

    fn paint(&mut self, rect: Rect, mut colour: impl FnMut(u16, u16) -> [u8; 3]) {
        for y in rect.y..rect.y + rect.height {
            for x in rect.x..rect.x + rect.width {
                let [r, g, b] = colour(x, y);
                self.screen.span_mut(x, y, 1)[..3].copy_from_slice(&[b, g, r]);
            }
        }
    }

    /// Lines of something like text.
    fn write(&mut self, rect: Rect, first_line: u32) {
        let top = rect.y;
        self.paint(rect, |x, y| {
            let (line, row) = (first_line + u32::from(y - top) / 14, u32::from(y - top) % 14);
            let letter = (line * 7919 + u32::from(x) / 7 * 104_729) >> 3;
            let ink = row > 2
                && row < 12
                && !u32::from(x).is_multiple_of(7)
                && (letter >> (row % 5 + u32::from(x) % 5)) & 1 == 1;
            if ink { [30, 30, 60] } else { [250, 250, 245] }
        });
    }

    /// One picture of something like a film.
    fn film(&mut self, rect: Rect, step: u32) {
        self.paint(rect, |x, y| {
            let (x, y, t) = (f64::from(x), f64::from(y), f64::from(step) * 0.3);
            let wave = |a: f64, b: f64| (127.0 + 110.0 * ((x * a + t).sin() * (y * b - t).cos())) as u8;
            [wave(0.09, 0.13), wave(0.05, 0.07), wave(0.031, 0.11)]
        });
    }

    fn likeness(&self, rect: Rect) -> f64 {
        let mut sum = 0.0;
        for y in rect.y..rect.y + rect.height {
            let at = (usize::from(y) * self.screen.stride()) + usize::from(rect.x) * 4;
            let seen = &self.canvas.bgrx()[at..at + usize::from(rect.width) * 4];
            let pairs = seen.iter().zip(self.screen.span(rect.x, y, rect.width));
            sum += pairs.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum::<f64>();
        }
        10.0 * (255.0 * 255.0 / (sum / (f64::from(rect.area()) * 3.0)).max(1e-9)).log10()
    }
}

fn rect(x: u16, y: u16, width: u16, height: u16) -> Rect {
    Rect { x, y, width, height }
}

#[test]
fn the_first_picture_comes_whole_and_a_typed_letter_costs_a_hundred_bytes() {
    let mut story = Story::new(801, 603);
    story.write(rect(10, 10, 700, 500), 0);
    story.look(rect(0, 0, 801, 603));
    story.rest();
    assert!(story.exact());
    assert_eq!(story.kinds[3], 0, "text is no film");

    story.bytes = 0;
    story.write(rect(94, 40, 8, 14), 900);
    story.look(rect(64, 0, 256, 128));
    story.rest();
    assert!(story.exact());
    assert!(story.bytes < 120, "{} bytes", story.bytes);

    story.look(rect(0, 0, 801, 603));
    assert!(!story.send(), "damage that changed nothing sends nothing");
}

#[test]
fn a_scrolled_text_is_moved_and_only_the_new_lines_are_sent() {
    let mut story = Story::new(700, 600);
    let text = rect(40, 50, 500, 490);
    let scroll_bar = |story: &mut Story, at: u16| {
        story.paint(rect(545, 50, 12, 490), |_, y| if y / 40 == at { [90; 3] } else { [200; 3] })
    };
    story.write(text, 0);
    scroll_bar(&mut story, 2);
    story.look(rect(0, 0, 700, 600));
    story.rest();
    for (first_line, bar) in [(3, 3), (6, 4), (1, 2)] {
        story.bytes = 0;
        story.kinds = [0; 4];
        story.write(text, first_line);
        scroll_bar(&mut story, bar);
        story.look(rect(40, 50, 520, 490));
        story.rest();
        assert!(story.exact());
        assert!(story.kinds[1] > 0, "line {first_line}: nothing was moved");
        assert!(story.bytes < 60_000, "line {first_line}: {} bytes", story.bytes);
    }
}

#[test]
fn a_dragged_window_is_moved_and_only_what_it_uncovers_is_sent() {
    let mut story = Story::new(900, 700);
    let desk = |x: u16, y: u16| [(30 + y / 20) as u8, (60 + x / 30) as u8, (120 + (x + y) / 25) as u8];
    let window = |story: &mut Story, at: Rect| {
        story.write(rect(at.x + 4, at.y + 20, at.width - 8, at.height - 24), 0);
    };
    let mut at = rect(200, 150, 400, 300);
    story.paint(rect(0, 0, 900, 700), desk);
    story.paint(at, |_, _| [90, 90, 100]);
    window(&mut story, at);
    story.look(rect(0, 0, 900, 700));
    story.rest();
    let picture: Vec<u8> =
        (at.y..at.y + at.height).flat_map(|y| story.screen.span(at.x, y, at.width).to_vec()).collect();
    for (right, down) in [(9, 4), (-7, 3), (0, -11), (13, 0), (-60, -35), (1, 1)] {
        let before = at;
        at.x = at.x.checked_add_signed(right).unwrap();
        at.y = at.y.checked_add_signed(down).unwrap();
        story.paint(before, desk);
        for (row, pixels) in picture.chunks_exact(usize::from(at.width) * 4).enumerate() {
            story.screen.span_mut(at.x, at.y + row as u16, at.width).copy_from_slice(pixels);
        }
        story.bytes = 0;
        story.kinds = [0; 4];
        story.look(before.union(at));
        story.rest();
        assert!(story.exact());
        assert_eq!(story.kinds[1], 1, "by {right}, {down}: {:?}", story.kinds);
        assert!(story.bytes < 6_000, "by {right}, {down}: {} bytes", story.bytes);
    }
}

#[test]
fn a_film_goes_as_video_alike_and_is_exact_once_it_rests() {
    let mut story = Story::new(640, 480);
    story.look(rect(0, 0, 640, 480));
    story.rest();
    let film = rect(100, 90, 320, 240);
    for step in 0..40 {
        story.film(film, step);
        story.look(film);
        story.send();
        story.now += Duration::from_millis(33);
        assert!(story.likeness(film) > 24.0, "step {step}: {} dB", story.likeness(film));
    }
    assert!(story.kinds[3] > 30, "{:?}", story.kinds);
    assert!(story.encoder.video_permille() > 200);
    assert!(!story.exact());
    let stopped = story.now;
    story.rest();
    assert!(story.exact());
    assert!(story.now - stopped <= Duration::from_millis(300), "exact after {:?}", story.now - stopped);
    assert_eq!(story.encoder.video_permille(), 0);
}

#[test]
fn a_letter_typed_beside_a_film_stays_exact() {
    let mut story = Story::new(640, 480);
    let (film, text) = (rect(0, 0, 256, 256), rect(320, 300, 200, 28));
    for step in 0..30 {
        story.film(film, step);
        story.write(text, step);
        story.look(film);
        story.look(text);
        story.send();
        assert!(story.likeness(text) > 80.0);
        story.now += Duration::from_millis(33);
    }
    story.rest();
    assert!(story.exact());
}

#[test]
fn a_large_photograph_comes_roughly_at_once_and_exactly_later() {
    let mut story = Story::new(1024, 768);
    story.look(rect(0, 0, 1024, 768));
    story.rest();
    story.film(rect(0, 0, 1024, 768), 3);
    story.look(rect(0, 0, 1024, 768));
    assert!(story.send());
    assert!(story.likeness(rect(0, 0, 1024, 768)) > 26.0);
    story.rest();
    assert!(story.exact());
}

#[test]
fn every_batch_of_a_noisy_screen_stays_within_what_may_be_sent() {
    let mut story = Story::new(1920, 1080);
    let mut state = 1u32;
    story.paint(rect(0, 0, 1920, 1080), |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        [(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8]
    });
    story.look(rect(0, 0, 1920, 1080));
    while story.encoder.due(story.now).is_some() {
        story.now += QUIET;
        let before = story.bytes;
        story.send();
        assert!(story.bytes - before < limits::PICTURE_MESSAGE_BYTES / 4);
    }
    assert!(story.exact());
}

#[derive(Debug, Clone)]
enum Edit {
    Fill(Rect, [u8; 3]),
    Write(Rect, u32),
    Film(Rect, u32),
    Move(Rect, Point),
    Wait(u64),
    Send,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let place = || {
        (0u16..290, 0u16..230, 1u16..200, 1u16..200)
            .prop_map(|(x, y, width, height)| rect(x, y, width.min(291 - x), height.min(231 - y)))
    };
    let edit = prop_oneof![
        (place(), any::<[u8; 3]>()).prop_map(|(rect, colour)| Edit::Fill(rect, colour)),
        (place(), 0u32..50).prop_map(|(rect, line)| Edit::Write(rect, line)),
        (place(), 0u32..50).prop_map(|(rect, step)| Edit::Film(rect, step)),
        (place(), 0u16..290, 0u16..230).prop_map(|(from, x, y)| {
            Edit::Move(from, Point { x: x.min(291 - from.width), y: y.min(231 - from.height) })
        }),
        (0u64..400).prop_map(Edit::Wait),
        Just(Edit::Send),
        Just(Edit::Send),
    ];
    prop::collection::vec(edit, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_is_drawn_the_viewer_sees_it_exactly_after_a_rest(edits in edits()) {
        let mut story = Story::new(291, 231);
        for edit in edits {
            let damaged = match edit {
                Edit::Fill(rect, colour) => { story.paint(rect, |_, _| colour); rect }
                Edit::Write(rect, line) => { story.write(rect, line); rect }
                Edit::Film(rect, step) => { story.film(rect, step); rect }
                Edit::Move(from, to) => { story.screen.copy(from, to); Rect { x: to.x, y: to.y, ..from } }
                Edit::Wait(ms) => { story.now += Duration::from_millis(ms); continue }
                Edit::Send => { story.send(); continue }
            };
            story.look(damaged);
        }
        prop_assert!(story.encoder.frame().bytes() == story.screen.bytes());
        story.rest();
        prop_assert!(story.exact());
    }
}

/// The film of the measuring stick: moving gradients, hard-edged sprites, light grain.
struct Grainy(u32);

impl Grainy {
    fn pixel(&mut self, (x, y): (i32, i32), (width, height): (i32, i32), step: u32) -> [u8; 3] {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let grain = (self.0 >> 28) as i32 - 8;
        let phase = (step % 60 * 256 / 60) as i32;
        let wave = |at: i32| (127.5 + 127.5 * (f64::from(at & 255) * std::f64::consts::TAU / 256.0).sin()) as i32;
        let mut colour =
            [(wave(x / 2 + phase) + wave(y / 2 - 2 * phase)) / 2, wave((x + y) / 3 + phase), wave((x - y) / 4 - phase)];
        for sprite in 0..3 {
            let turn = |at: i32| f64::from(at) * std::f64::consts::TAU / 256.0;
            let dx = x - width / 2 - (f64::from(width / 3) * turn(phase + sprite * 85).cos()) as i32;
            let dy = y - height / 2 - (f64::from(height / 3) * turn(phase * (sprite + 1) + sprite * 60).sin()) as i32;
            if dx.abs() < 50 && dy.abs() < 35 {
                let light = ((dx >> 3) ^ (dy >> 3)) & 1 == 1;
                colour = [if light { 230 } else { 40 }, 60 + 60 * sprite, if light { 30 } else { 200 }];
            }
        }
        colour.map(|value| (value + grain).clamp(0, 255) as u8)
    }
}

#[test]
fn a_grainy_film_that_lies_on_no_block_costs_its_rate_and_no_rim_of_exact_pixels() {
    let mut story = Story::new(1280, 720);
    story.look(rect(0, 0, 1280, 720));
    story.rest();
    let (film, mut grain) = (rect(301, 133, 640, 480), Grainy(777));
    for step in 0..90 {
        story.paint(film, |x, y| grain.pixel((i32::from(x - film.x), i32::from(y - film.y)), (640, 480), step));
        story.look(film);
        if step == 60 {
            (story.bytes, story.kinds) = (0, [0; 4]);
        }
        story.send();
        story.now += Duration::from_millis(33);
    }
    assert_eq!(story.kinds, [0, 0, 0, 30], "one picture of the film each time, and nothing beside it");
    assert!(story.bytes / 30 < 33_000, "{} bytes a picture", story.bytes / 30);
}
