//! A company's picture made into a logo: fitted into a square and its corners rounded.
//!
//! The program's windows are drawn without rounded clipping, so the corners are cut here, where a profile is made.

use bundle::logo::{Logo, LogoError};

/// The side of a made logo, in pixels: the largest that a window shows, at twice its size.
pub const SIDE_PX: u32 = 96;

/// A corner's radius as a share of the side.
const CORNER: f64 = 0.22;
/// Samples along each side of a pixel, for corners and for pictures larger than the logo.
const SAMPLES: u32 = 8;

/// `picture` fitted into a square of [`SIDE_PX`], centred, with round corners.
pub fn made(picture: &Logo) -> Result<Logo, LogoError> {
    let (width, height) = (f64::from(picture.width_px()), f64::from(picture.height_px()));
    let scale = width.max(height) / f64::from(SIDE_PX);
    let (shown_width, shown_height) = (width / scale, height / scale);
    let (left, top) = ((f64::from(SIDE_PX) - shown_width) / 2.0, (f64::from(SIDE_PX) - shown_height) / 2.0);
    let radius = CORNER * shown_width.min(shown_height);

    let mut rgba = Vec::with_capacity((SIDE_PX * SIDE_PX * 4) as usize);
    for y in 0..SIDE_PX {
        for x in 0..SIDE_PX {
            // Colours are weighted by their alpha, so that clear pixels do not bleed into the edge.
            let (mut colour, mut alpha) = ([0.0; 3], 0.0);
            for sample in 0..SAMPLES * SAMPLES {
                let at = |base: u32, part: u32| f64::from(base) + (f64::from(part) + 0.5) / f64::from(SAMPLES);
                let (px, py) = (at(x, sample % SAMPLES) - left, at(y, sample / SAMPLES) - top);
                if !in_rounded(px, py, shown_width, shown_height, radius) {
                    continue;
                }
                let [r, g, b, a] = pixel(picture, px * scale, py * scale).map(f64::from);
                for (sum, channel) in colour.iter_mut().zip([r, g, b]) {
                    *sum += channel * a;
                }
                alpha += a;
            }
            for sum in colour {
                rgba.push(byte(if alpha > 0.0 { sum / alpha } else { 0.0 }));
            }
            rgba.push(byte(alpha / f64::from(SAMPLES * SAMPLES)));
        }
    }
    Logo::from_rgba(SIDE_PX, SIDE_PX, rgba)
}

fn in_rounded(x: f64, y: f64, width: f64, height: f64, radius: f64) -> bool {
    let inside = (0.0..width).contains(&x) && (0.0..height).contains(&y);
    let (nearest_x, nearest_y) = (x.clamp(radius, width - radius), y.clamp(radius, height - radius));
    inside && (x - nearest_x).hypot(y - nearest_y) <= radius
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "inside the picture, and held to its sides"
)]
fn pixel(picture: &Logo, x: f64, y: f64) -> [u8; 4] {
    let column = (x as usize).min(picture.width_px() as usize - 1);
    let row = (y as usize).min(picture.height_px() as usize - 1);
    let at = (row * picture.width_px() as usize + column) * 4;
    std::array::from_fn(|i| picture.rgba()[at + i])
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=255 first")]
fn byte(v: f64) -> u8 {
    v.round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pixel_of(logo: &Logo, x: u32, y: u32) -> [u8; 4] {
        pixel(logo, f64::from(x), f64::from(y))
    }

    #[test]
    fn a_square_picture_fills_the_logo_up_to_its_round_corners() {
        let logo = made(&Logo::from_rgba(200, 200, [10, 20, 30, 255].repeat(200 * 200)).unwrap()).unwrap();
        assert_eq!((logo.width_px(), logo.height_px()), (96, 96));
        assert_eq!(pixel_of(&logo, 48, 0), [10, 20, 30, 255]);
        assert_eq!(pixel_of(&logo, 48, 48), [10, 20, 30, 255]);
        for corner in [(0, 0), (95, 0), (0, 95), (95, 95)] {
            assert_eq!(pixel_of(&logo, corner.0, corner.1)[3], 0);
        }
    }

    #[test]
    fn a_wide_picture_is_centred_and_keeps_its_proportions() {
        let logo = made(&Logo::from_rgba(96, 48, [255; 4].repeat(96 * 48)).unwrap()).unwrap();
        assert_eq!(pixel_of(&logo, 48, 23)[3], 0);
        assert_eq!(pixel_of(&logo, 48, 24)[3], 255);
        assert_eq!(pixel_of(&logo, 48, 71)[3], 255);
        assert_eq!(pixel_of(&logo, 48, 72)[3], 0);
    }
}
