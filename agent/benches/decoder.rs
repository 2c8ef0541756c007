//! What the decoder's process costs beside decoding in the program: `cargo bench -p amparo-agent --bench decoder`.

use std::sync::Arc;

use media::{Canvas, Decoder, decoder::Program};
use openh264::{
    OpenH264API, Timestamp,
    encoder::{EncoderConfig, UsageType},
    formats::YUVBuffer,
};
use protocol::{
    frame, limits,
    media::{Batch, Bytes, Rect, Size, Update},
};

const SIZE: Size = Size { width: 1920, height: 1080 };

fn main() {
    divan::main();
}

/// A typed letter: 8x14 pixels in one stored block.
fn letter() -> Update {
    let rect = Rect { x: 400, y: 300, width: 8, height: 14 };
    let rows = [[1].as_slice(), &[40; 24]].concat().repeat(14);
    let length = u16::try_from(rows.len()).expect("a letter is small");
    let data = [[1].as_slice(), &length.to_le_bytes(), &(!length).to_le_bytes(), &rows].concat();
    Update::Patch { rect, data: Bytes(data) }
}

/// A whole screen like a photograph.
fn key_frame() -> Update {
    let (width, height) = (usize::from(SIZE.width), usize::from(SIZE.height));
    let mut planes = vec![128; width * height * 3 / 2];
    for (at, pixel) in planes[..width * height].iter_mut().enumerate() {
        let (x, y) = ((at % width) as f64, (at / width) as f64);
        *pixel = (127.0 + 60.0 * ((x * 0.05).sin() * (y * 0.03).cos() + (x * y * 0.0007).sin())) as u8;
    }
    let config = EncoderConfig::new().usage_type(UsageType::ScreenContentRealTime).num_threads(1);
    let mut encoder =
        openh264::encoder::Encoder::with_api_config(OpenH264API::from_source(), config).expect("the library is here");
    let planes = YUVBuffer::from_vec(planes, width, height);
    let data = encoder.encode_at(&planes, Timestamp::ZERO).expect("a picture can be encoded").to_vec();
    Update::Video { slot: 0, rect: SIZE.rect(), keyframe: true, data: Bytes(data) }
}

/// Bodies one after the other: the size, then `update` again and again.
struct Stream {
    number: u64,
    update: Update,
}

impl Stream {
    fn new(update: Update) -> (Vec<u8>, Self) {
        let mut stream = Self { number: 0, update: Update::Resize(SIZE) };
        let first = stream.next();
        stream.update = update;
        (first, stream)
    }

    fn next(&mut self) -> Vec<u8> {
        self.number += 1;
        let batch = Batch { number: self.number, captured_us: 0, updates: vec![self.update.clone()] };
        frame::encode_body(&batch, limits::PICTURE_MESSAGE_BYTES).expect("a batch under its cap")
    }
}

fn inside(bencher: divan::Bencher<'_, '_>, update: Update) {
    let (first, mut stream) = Stream::new(update);
    let mut canvas = Canvas::new();
    let mut apply = |body: &[u8]| {
        let batch: Batch = frame::decode_body(body, limits::PICTURE_MESSAGE_BYTES).expect("what we make, we read");
        canvas.apply(&batch).expect("what we make, we take");
    };
    apply(&first);
    bencher.with_inputs(move || stream.next()).bench_local_refs(|body| apply(body));
}

fn process(bencher: divan::Bencher<'_, '_>, update: Update) {
    let (first, mut stream) = Stream::new(update);
    let program = Program::at(env!("CARGO_BIN_EXE_amparo"));
    let mut decoder = Decoder::start(program, Arc::new(|| {})).expect("the decoder starts");
    let mut apply = |body: &[u8]| match decoder.apply(body, false) {
        Ok(media::decoder::Outcome::Applied(_)) => {}
        other => panic!("{other:?}"),
    };
    apply(&first);
    bencher.with_inputs(move || stream.next()).bench_local_refs(|body| apply(body));
}

#[divan::bench(sample_count = 3000, sample_size = 1)]
fn letter_in_the_program(bencher: divan::Bencher<'_, '_>) {
    inside(bencher, letter());
}

#[divan::bench(sample_count = 3000, sample_size = 1)]
fn letter_in_the_process(bencher: divan::Bencher<'_, '_>) {
    process(bencher, letter());
}

#[divan::bench(sample_count = 200, sample_size = 1)]
fn key_frame_1080p_in_the_program(bencher: divan::Bencher<'_, '_>) {
    inside(bencher, key_frame());
}

#[divan::bench(sample_count = 200, sample_size = 1)]
fn key_frame_1080p_in_the_process(bencher: divan::Bencher<'_, '_>) {
    process(bencher, key_frame());
}

/// From nothing to having given up every right.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn start(bencher: divan::Bencher<'_, '_>) {
    let program = Program::at(env!("CARGO_BIN_EXE_amparo"));
    bencher.bench_local(|| Decoder::start(program.clone(), Arc::new(|| {})).expect("the decoder starts"));
}
