//! Each step of a picture's way in this crate beside what it is made of, in one run: `cargo bench -p amparo-media --bench stages`.
//!
//! Ratios count, not times: `raw` is the copy, the compression or the codec alone on the same pixels.

#![allow(clippy::unwrap_used)]

use std::{collections::VecDeque, time::Duration};

use amparo_media::{
    Canvas, Choice, capture,
    stages::{Patches, Sample, Video},
};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use openh264::{
    OpenH264API, Timestamp,
    encoder::{Complexity, EncoderConfig, UsageType},
    formats::YUVBuffer,
};
use protocol::media::{Batch, Bytes, Rect, Size, Update};

mod support;

use support::{Display, SCREEN, WINDOW, film, text};

fn main() {
    divan::main();
}

/// A typed letter, a line of a text, a page.
const LETTER: Rect = Rect { x: 64, y: 64, width: 8, height: 14 };
const LINE: Rect = Rect { x: 0, y: 64, width: 640, height: 14 };
const PAGE: Rect = Rect { x: 0, y: 0, width: 640, height: 480 };

#[divan::bench_group(max_time = 1)]
mod damage {
    use super::*;

    /// A whole screen in which nothing has changed.
    #[divan::bench]
    fn compare_screen(bencher: divan::Bencher<'_, '_>) {
        let pixels = text(SCREEN);
        let sample = Sample::new(SCREEN, &pixels);
        bencher.bench_local(|| assert_eq!(sample.rows_changed(&pixels), 0));
    }

    #[divan::bench]
    fn raw_memcmp(bencher: divan::Bencher<'_, '_>) {
        let (pixels, others) = (text(SCREEN), text(SCREEN));
        bencher.bench_local(|| assert!(divan::black_box(&pixels) == divan::black_box(&others)));
    }
}

#[cfg(target_os = "linux")]
#[divan::bench_group(max_time = 1)]
mod capture_x11 {
    use x11rb::{
        connection::Connection,
        protocol::xproto::{ConnectionExt, CreateGCAux, Rectangle},
    };

    use super::*;

    /// Pixels of a part of the screen out of the memory shared with the X server.
    #[divan::bench(args = [LETTER, LINE, PAGE, SCREEN.rect()])]
    fn read(bencher: divan::Bencher<'_, '_>, rect: Rect) {
        let Some(display) = Display::start() else { return };
        let (_, mut backend) = capture::open(&Choice::named("x11").on(display.name())).unwrap();
        let mut bytes = 0;
        bencher.bench_local(|| backend.read(&[rect], &mut |piece| bytes += piece.bgrx.len()).unwrap());
        assert!(bytes > 0);
    }

    #[divan::bench(args = [LETTER, LINE, PAGE, SCREEN.rect()])]
    fn raw_copy(bencher: divan::Bencher<'_, '_>, rect: Rect) {
        let source = vec![7_u8; rect.area() as usize * 4];
        let mut target = source.clone();
        bencher.bench_local(|| divan::black_box(&mut target).copy_from_slice(divan::black_box(&source)));
    }

    /// From a drawn letter to knowing of it.
    #[divan::bench]
    fn notice(bencher: divan::Bencher<'_, '_>) {
        let Some(display) = Display::start() else { return };
        let (connection, screen) = x11rb::connect(Some(display.name())).unwrap();
        let root = connection.setup().roots[screen].root;
        let gc = connection.generate_id().unwrap();
        connection.create_gc(gc, root, &CreateGCAux::new().foreground(0x00ff_0000)).unwrap().check().unwrap();
        let (_, mut backend) = capture::open(&Choice::named("x11").on(display.name())).unwrap();
        let mut wakeup = amparo_media::waker::Wakeup::new().unwrap();
        let mut events = VecDeque::new();
        backend.read(&[SCREEN.rect()], &mut |_| ()).unwrap();
        bencher.bench_local(|| {
            let letter = Rectangle { x: 64, y: 64, width: 8, height: 14 };
            connection.poly_fill_rectangle(root, gc, &[letter]).unwrap();
            connection.flush().unwrap();
            while !events.iter().any(|event| matches!(event, capture::Event::Damaged(_))) {
                backend.wait(&mut wakeup, true, Duration::from_secs(5), &mut events).unwrap();
            }
            events.clear();
        });
    }

    /// The same letter and one question to the server after it.
    #[divan::bench]
    fn raw_round_trip(bencher: divan::Bencher<'_, '_>) {
        let Some(display) = Display::start() else { return };
        let (connection, _) = x11rb::connect(Some(display.name())).unwrap();
        bencher.bench_local(|| connection.get_input_focus().unwrap().reply().unwrap());
    }
}

#[divan::bench_group(max_time = 1)]
mod convert {
    use super::*;

    #[divan::bench(args = [WINDOW, SCREEN])]
    fn to_420(bencher: divan::Bencher<'_, '_>, size: Size) {
        let sample = Sample::new(size, &film(size, 0.0));
        let mut video = Video::new(size.rect()).unwrap();
        bencher.bench_local(|| assert!(video.convert(&sample)));
    }

    #[divan::bench(args = [WINDOW, SCREEN])]
    fn raw_copy(bencher: divan::Bencher<'_, '_>, size: Size) {
        let source = film(size, 0.0);
        let mut target = source.clone();
        bencher.bench_local(|| divan::black_box(&mut target).copy_from_slice(divan::black_box(&source)));
    }
}

#[divan::bench_group(max_time = 2)]
mod encode {
    use super::*;

    #[divan::bench(args = [LETTER, LINE, PAGE])]
    fn patch(bencher: divan::Bencher<'_, '_>, rect: Rect) {
        let sample = Sample::new(WINDOW, &text(WINDOW));
        let mut patches = Patches::new();
        bencher.bench_local(|| patches.encode(&sample, rect));
    }

    /// The same colours, not filtered, pressed as quickly as the library can.
    #[divan::bench(args = [LETTER, LINE, PAGE])]
    fn raw_deflate(bencher: divan::Bencher<'_, '_>, rect: Rect) {
        let rgb = rgb(rect);
        let mut deflate = Compress::new(Compression::new(1), false);
        bencher.bench_local(|| {
            deflate.reset();
            let mut out = Vec::with_capacity(rgb.len() + 1024);
            deflate.compress_vec(&rgb, &mut out, FlushCompress::Finish).unwrap();
            out
        });
    }

    /// A picture of a film after the first.
    #[divan::bench]
    fn h264_window(bencher: divan::Bencher<'_, '_>) {
        let samples: Vec<Sample> = (0..8).map(|i| Sample::new(WINDOW, &film(WINDOW, f64::from(i) * 0.1))).collect();
        let mut video = Video::new(WINDOW.rect()).unwrap();
        let mut number = 0;
        bencher.bench_local(|| {
            number += 1;
            video.encode(&samples[number % samples.len()], number as u64 * 33).unwrap()
        });
    }

    /// The codec alone, set up the usual way.
    #[divan::bench]
    fn raw_openh264(bencher: divan::Bencher<'_, '_>) {
        let planes: Vec<YUVBuffer> = (0..8).map(|i| luma(&film(WINDOW, f64::from(i) * 0.1))).collect();
        let config = EncoderConfig::new()
            .usage_type(UsageType::ScreenContentRealTime)
            .complexity(Complexity::Low)
            .skip_frames(false)
            .num_threads(1);
        let mut encoder = openh264::encoder::Encoder::with_api_config(OpenH264API::from_source(), config).unwrap();
        let mut number = 0;
        bencher.bench_local(|| {
            number += 1;
            let at = Timestamp::from_millis(number as u64 * 33);
            encoder.encode_at(&planes[number % planes.len()], at).unwrap().to_vec()
        });
    }
}

#[divan::bench_group(max_time = 2)]
mod decode {
    use super::*;

    #[divan::bench(args = [LETTER, LINE, PAGE])]
    fn patch(bencher: divan::Bencher<'_, '_>, rect: Rect) {
        let data = Patches::new().encode(&Sample::new(WINDOW, &text(WINDOW)), rect);
        let mut canvas = canvas();
        let mut number = 1;
        bencher.bench_local(|| {
            number += 1;
            let updates = vec![Update::Patch { rect, data: Bytes(data.clone()) }];
            canvas.apply(&Batch { number, captured_us: 0, updates }).unwrap();
        });
    }

    #[divan::bench(args = [LETTER, LINE, PAGE])]
    fn raw_inflate(bencher: divan::Bencher<'_, '_>, rect: Rect) {
        let data = Patches::new().encode(&Sample::new(WINDOW, &text(WINDOW)), rect);
        let mut inflate = Decompress::new(false);
        bencher.bench_local(|| {
            inflate.reset(false);
            let mut out = Vec::with_capacity(rect.area() as usize * 4);
            inflate.decompress_vec(&data, &mut out, FlushDecompress::Finish).unwrap();
            out
        });
    }

    #[divan::bench]
    fn h264_window(bencher: divan::Bencher<'_, '_>) {
        let units = units();
        let mut canvas = canvas();
        let (mut number, mut at) = (1, 0);
        bencher.bench_local(|| {
            number += 1;
            let (data, keyframe) = units[at % units.len()].clone();
            at += 1;
            let updates = vec![Update::Video { slot: 0, rect: WINDOW.rect(), keyframe, data: Bytes(data) }];
            canvas.apply(&Batch { number, captured_us: 0, updates }).unwrap();
        });
    }

    #[divan::bench]
    fn raw_openh264(bencher: divan::Bencher<'_, '_>) {
        let units = units();
        let mut decoder = openh264::decoder::Decoder::new().unwrap();
        let mut at = 0;
        bencher.bench_local(|| {
            at += 1;
            assert!(decoder.decode(&units[(at - 1) % units.len()].0).unwrap().is_some());
        });
    }

    /// A keyframe and what follows it; goes round.
    fn units() -> Vec<(Vec<u8>, bool)> {
        let mut video = Video::new(WINDOW.rect()).unwrap();
        let sample = |i: u32| Sample::new(WINDOW, &film(WINDOW, f64::from(i) * 0.1));
        (0..30).filter_map(|i| video.encode(&sample(i), u64::from(i) * 33)).collect()
    }

    fn canvas() -> Canvas {
        let mut canvas = Canvas::new();
        canvas.apply(&Batch { number: 1, captured_us: 0, updates: vec![Update::Resize(WINDOW)] }).unwrap();
        canvas
    }
}

/// The colours of a part of the text, as patches have them.
fn rgb(rect: Rect) -> Vec<u8> {
    let pixels = text(WINDOW);
    let stride = usize::from(WINDOW.width) * 4;
    let rows = pixels.chunks_exact(stride).skip(rect.y.into()).take(rect.height.into());
    let row = |row: &[u8]| row[usize::from(rect.x) * 4..][..usize::from(rect.width) * 4].to_vec();
    rows.flat_map(row).collect::<Vec<u8>>().chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect()
}

/// The brightness of a picture, without colour.
fn luma(bgrx: &[u8]) -> YUVBuffer {
    let (width, height) = (usize::from(WINDOW.width), usize::from(WINDOW.height));
    let mut planes = vec![128; width * height * 3 / 2];
    planes.iter_mut().zip(bgrx.chunks_exact(4)).for_each(|(luma, pixel)| *luma = pixel[1]);
    YUVBuffer::from_vec(planes, width, height)
}
