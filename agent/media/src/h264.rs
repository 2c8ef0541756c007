//! Regions that keep changing, as H.264: the encoder with the settings that suit a screen, and a decoder that reads only what that encoder
//! writes.
//!
//! 4:2:0, BT.709, limited range; sides are even, odd rectangles are padded by repeating their last column and row.

mod decode;
mod encode;
mod headers;

pub(crate) use decode::Decoder;
pub(crate) use encode::{Encoder, RATE_MIN, Unit, rate};

/// A side as the encoder sees it.
fn even(side: u16) -> usize {
    usize::from(side).next_multiple_of(2)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use protocol::media::{Rect, Size};

    use super::*;
    use crate::frame::Frame;

    /// Something like a photograph that moves.
    fn picture(size: Size, time: f64) -> Frame {
        let mut frame = Frame::black(size);
        for y in 0..size.height {
            for (x, pixel) in frame.span_mut(0, y, size.width).chunks_exact_mut(4).enumerate() {
                let (x, y) = (x as f64, f64::from(y));
                let wave = |a: f64, b: f64| (127.0 + 100.0 * ((x * a + time).sin() * (y * b - time).cos())) as u8;
                pixel[..3].copy_from_slice(&[wave(0.05, 0.03), wave(0.02, 0.07), wave(0.031, 0.011)]);
            }
        }
        frame
    }

    /// Its first picture.
    fn first(frame: &Frame) -> Unit {
        let rect = frame.size().rect();
        let mut encoder = Encoder::new(rect, rate(rect)).unwrap();
        encoder.take_in(frame).unwrap();
        encoder.encode(0).unwrap().unwrap()
    }

    fn psnr(a: &Frame, b: &Frame) -> f64 {
        let sum: f64 = a.bytes().iter().zip(b.bytes()).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
        10.0 * (255.0 * 255.0 / (sum / (a.bytes().len() as f64 * 0.75)).max(1e-9)).log10()
    }

    #[test]
    fn moving_pictures_come_out_alike_in_every_odd_and_even_size() {
        for (width, height) in [(320, 240), (321, 239), (64, 64), (17, 33), (700, 50)] {
            let size = Size { width, height };
            let rect = size.rect();
            let mut encoder = Encoder::new(rect, rate(rect)).unwrap();
            let mut decoder = Decoder::new(rect).unwrap();
            let mut canvas = Frame::black(size);
            for step in 0..8 {
                let frame = picture(size, f64::from(step) * 0.2);
                encoder.take_in(&frame).unwrap();
                let unit = encoder.encode(u64::try_from(step).unwrap() * 33).unwrap().unwrap();
                assert_eq!(unit.keyframe, step == 0);
                decoder.decode(&mut canvas, &unit.data, unit.keyframe).unwrap();
                let alike = psnr(&frame, &canvas);
                assert!(alike > 34.0, "{width}x{height} at {step}: {alike} dB");
            }
        }
    }

    #[test]
    fn grey_and_pure_colours_keep_their_tone() {
        let size = Size { width: 64, height: 64 };
        for colour in [[0, 0, 0], [255, 255, 255], [128, 128, 128], [0, 0, 255], [0, 255, 0], [255, 0, 0]] {
            let mut frame = Frame::black(size);
            for y in 0..64 {
                frame.span_mut(0, y, 64).chunks_exact_mut(4).for_each(|pixel| pixel[..3].copy_from_slice(&colour));
            }
            let unit = first(&frame);
            let mut canvas = Frame::black(size);
            Decoder::new(size.rect()).unwrap().decode(&mut canvas, &unit.data, true).unwrap();
            let seen = &canvas.span(30, 30, 1)[..3];
            assert!(seen.iter().zip(colour).all(|(seen, meant)| seen.abs_diff(meant) <= 4), "{seen:?} for {colour:?}");
        }
    }

    #[test]
    fn a_stream_of_another_size_is_refused_before_it_is_decoded() {
        let size = Size { width: 128, height: 96 };
        let unit = first(&picture(size, 0.0));
        let mut canvas = Frame::black(Size { width: 200, height: 200 });
        for rect in [Rect { x: 0, y: 0, width: 130, height: 96 }, Rect { x: 0, y: 0, width: 128, height: 64 }] {
            assert!(Decoder::new(rect).unwrap().decode(&mut canvas, &unit.data, true).is_err());
        }
        let mut decoder = Decoder::new(Rect { x: 3, y: 5, width: 127, height: 95 }).unwrap();
        assert_eq!(decoder.decode(&mut canvas, &unit.data, true), Ok(()));
    }
}
