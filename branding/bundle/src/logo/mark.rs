//! Amparo's mark, drawn: a headset with its microphone on a rounded square.
//!
//! Called by [`super::Logo::mark`]. Geometry in a square of 32, as in the vector drawing that the program's windows show.

use crate::palette::{Palette, Rgb};

/// Samples along each side of a pixel.
const SAMPLES: u32 = 8;
/// Half the width of a stroke.
const HALF_STROKE: f64 = 1.2;

/// The mark at `side_px`, as pixels of red, green, blue and straight alpha.
pub(super) fn drawn(ground: Rgb, side_px: u32) -> Vec<u8> {
    let ink = Palette::from_accent(ground).light.accent_on;
    let unit = 32.0 / f64::from(side_px * SAMPLES);
    let mut rgba = Vec::with_capacity(side_px as usize * side_px as usize * 4);
    for y in 0..side_px {
        for x in 0..side_px {
            let (mut inside, mut inked) = (0_u32, 0_u32);
            for sample in 0..SAMPLES * SAMPLES {
                let at = (
                    (f64::from(x * SAMPLES + sample % SAMPLES) + 0.5) * unit,
                    (f64::from(y * SAMPLES + sample / SAMPLES) + 0.5) * unit,
                );
                inside += u32::from(in_box(at, (0.0, 0.0), (32.0, 32.0), 8.0));
                inked += u32::from(in_headset(at));
            }
            let share = |part: u32, of: u32, value: u32| (part * value + of / 2).checked_div(of).unwrap_or(0);
            let byte = |v: u32| u8::try_from(v.min(255)).expect("at most 255");
            for channel in 0..3 {
                let mixed = inked * u32::from(ink[channel]) + inside.saturating_sub(inked) * u32::from(ground[channel]);
                rgba.push(byte((mixed + inside / 2).checked_div(inside).unwrap_or(0)));
            }
            rgba.push(byte(share(inside, SAMPLES * SAMPLES, 255)));
        }
    }
    rgba
}

type Point = (f64, f64);

fn in_headset(at: Point) -> bool {
    let band = at.1 <= 16.0 && on_ring(at, (16.0, 16.0), 8.0);
    let ears = in_box(at, (6.8, 15.4), (11.7, 22.7), 1.7) || in_box(at, (20.3, 15.4), (25.2, 22.7), 1.7);
    let bend = at.0 >= 20.5 && at.1 >= 21.5 && on_ring(at, (20.5, 21.5), 3.5);
    let boom = on_line(at, 16.8, 20.5, 25.0);
    band || ears || bend || boom
}

fn on_ring(at: Point, centre: Point, radius: f64) -> bool {
    ((at.0 - centre.0).hypot(at.1 - centre.1) - radius).abs() <= HALF_STROKE
}

/// A stroke with round ends along a level line.
fn on_line(at: Point, from: f64, to: f64, y: f64) -> bool {
    (at.0 - at.0.clamp(from, to)).hypot(at.1 - y) <= HALF_STROKE
}

fn in_box(at: Point, from: Point, to: Point, radius: f64) -> bool {
    let nearest = (at.0.clamp(from.0 + radius, to.0 - radius), at.1.clamp(from.1 + radius, to.1 - radius));
    (at.0 - nearest.0).hypot(at.1 - nearest.1) <= radius
}
