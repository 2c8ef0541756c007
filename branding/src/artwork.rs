//! A company's picture made into a logo and an icon: read under caps, fitted into a square, its corners rounded, written anew.
//!
//! PNG, JPEG and SVG. Sides are looked at before a pixel is decoded, and of what else a file holds (places, cameras, comments, colour
//! profiles, scripts) nothing goes on: the pixels are all that is taken over. The program's windows are drawn without rounded clipping, so
//! the corners are cut here.

use std::io::Cursor;

use bundle::logo::{Logo, LogoError};
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, metadata::Orientation};

pub mod icon;
mod svg;

/// The side of a made logo, in pixels: the largest that a window shows, at twice its size.
pub const SIDE_PX: u32 = 96;
/// A picture as a file, in bytes.
pub const MAX_PICTURE_BYTES: usize = 4 * 1024 * 1024;
/// A side of a picture, in pixels.
pub const PICTURE_SIDE_PX: std::ops::RangeInclusive<u32> = 8..=4096;

/// A corner's radius as a share of the side.
const CORNER: f64 = 0.22;
/// Samples along each side of a pixel, for corners and for pictures larger than the logo.
const SAMPLES: u32 = 8;

/// Pixels of a picture, known to be few enough.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width_px: u32,
    height_px: u32,
    /// Red, green, blue and straight alpha, row by row.
    rgba: Vec<u8>,
}

/// Why a file is no picture for a brand.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Too many bytes.
    #[error("a picture of {bytes} bytes, where {MAX_PICTURE_BYTES} are allowed")]
    TooLong {
        /// Bytes it has.
        bytes: usize,
    },
    /// Too small or too large.
    #[error(
        "a picture of {width_px} x {height_px} pixels, where each side may have {} to {}",
        PICTURE_SIDE_PX.start(),
        PICTURE_SIDE_PX.end()
    )]
    Side {
        /// Its width.
        width_px: u32,
        /// Its height.
        height_px: u32,
    },
    /// None of the three kinds.
    #[error("neither PNG, JPEG nor SVG")]
    Kind,
    /// It cannot be decoded.
    #[error("the picture cannot be read")]
    Unreadable(#[source] image::ImageError),
    /// It cannot be drawn.
    #[error("the SVG drawing cannot be read: {0}")]
    Drawing(String),
    /// A drawing does more than draw.
    #[error("the SVG drawing holds {0}, which is not allowed in a logo")]
    NotADrawing(Beside),
}

/// What a drawing has in it beside what it draws.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Beside {
    /// An element that runs, loads or moves something; its name, in printable characters.
    #[error("<{0}>")]
    Element(String),
    /// An attribute with a script in it; its name, in printable characters.
    #[error("a script in `{0}`")]
    Script(String),
    /// Something that is read from elsewhere, and the attribute that says so.
    #[error("a reference to something outside of it in `{0}`")]
    Reference(String),
    /// A style sheet that loads something.
    #[error("a style that loads something")]
    Style,
    /// Letters in a font that only its maker has.
    #[error("<text>, whose font is not here (turn it into outlines)")]
    Text,
    /// A document type, which could name files and multiply text.
    #[error("a document type")]
    DocumentType,
    /// More elements than a logo needs.
    #[error("more than {0} elements")]
    Elements(usize),
}

impl Picture {
    /// The picture in this file.
    pub fn read(bytes: &[u8]) -> Result<Self, PictureError> {
        if bytes.len() > MAX_PICTURE_BYTES {
            return Err(PictureError::TooLong { bytes: bytes.len() });
        }
        match bytes {
            [0x89, b'P', b'N', b'G', ..] => Self::decoded(bytes, ImageFormat::Png),
            [0xff, 0xd8, 0xff, ..] => Self::decoded(bytes, ImageFormat::Jpeg),
            _ => match std::str::from_utf8(bytes) {
                Ok(text) if text.trim_start_matches('\u{feff}').trim_start().starts_with('<') => svg::drawn(text),
                _ => Err(PictureError::Kind),
            },
        }
    }

    fn decoded(bytes: &[u8], format: ImageFormat) -> Result<Self, PictureError> {
        let side = *PICTURE_SIDE_PX.end();
        let mut limits = Limits::default();
        (limits.max_image_width, limits.max_image_height) = (Some(side), Some(side));
        limits.max_alloc = Some(u64::from(side) * u64::from(side) * 8);
        // The head alone, first.
        let (width_px, height_px) =
            ImageReader::with_format(Cursor::new(bytes), format).into_dimensions().map_err(PictureError::Unreadable)?;
        allowed(width_px, height_px)?;
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        reader.limits(limits);
        let mut decoder = reader.into_decoder().map_err(PictureError::Unreadable)?;
        // How a camera was held is the one thing beside the pixels that matters.
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut image = DynamicImage::from_decoder(decoder).map_err(PictureError::Unreadable)?;
        image.apply_orientation(orientation);
        let rgba = image.into_rgba8();
        Ok(Self { width_px: rgba.width(), height_px: rgba.height(), rgba: rgba.into_raw() })
    }

    /// Its width, in pixels.
    pub fn width_px(&self) -> u32 {
        self.width_px
    }

    /// Its height, in pixels.
    pub fn height_px(&self) -> u32 {
        self.height_px
    }
}

impl From<&Logo> for Picture {
    fn from(logo: &Logo) -> Self {
        Self { width_px: logo.width_px(), height_px: logo.height_px(), rgba: logo.rgba().to_vec() }
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} x {})", self.width_px, self.height_px)
    }
}

fn allowed(width_px: u32, height_px: u32) -> Result<(), PictureError> {
    if PICTURE_SIDE_PX.contains(&width_px) && PICTURE_SIDE_PX.contains(&height_px) {
        return Ok(());
    }
    Err(PictureError::Side { width_px, height_px })
}

/// `picture` fitted into a square of [`SIDE_PX`], centred, with round corners.
pub fn made(picture: &Picture) -> Result<Logo, LogoError> {
    Logo::from_rgba(SIDE_PX, SIDE_PX, fitted(picture, SIDE_PX))
}

/// The same as pixels in a square of any side.
fn fitted(picture: &Picture, side_px: u32) -> Vec<u8> {
    let (width, height) = (f64::from(picture.width_px), f64::from(picture.height_px));
    let scale = width.max(height) / f64::from(side_px);
    let (shown_width, shown_height) = (width / scale, height / scale);
    let (left, top) = ((f64::from(side_px) - shown_width) / 2.0, (f64::from(side_px) - shown_height) / 2.0);
    let radius = CORNER * shown_width.min(shown_height);

    let mut rgba = Vec::with_capacity((side_px * side_px * 4) as usize);
    for y in 0..side_px {
        for x in 0..side_px {
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
    rgba
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
fn pixel(picture: &Picture, x: f64, y: f64) -> [u8; 4] {
    let column = (x as usize).min(picture.width_px as usize - 1);
    let row = (y as usize).min(picture.height_px as usize - 1);
    let at = (row * picture.width_px as usize + column) * 4;
    std::array::from_fn(|i| picture.rgba[at + i])
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
        pixel(&Picture::from(logo), f64::from(x), f64::from(y))
    }

    fn plain(width_px: u32, height_px: u32, colour: [u8; 4]) -> Picture {
        Picture { width_px, height_px, rgba: colour.repeat((width_px * height_px) as usize) }
    }

    #[test]
    fn a_square_picture_fills_the_logo_up_to_its_round_corners() {
        let logo = made(&plain(200, 200, [10, 20, 30, 255])).unwrap();
        assert_eq!((logo.width_px(), logo.height_px()), (96, 96));
        assert_eq!(pixel_of(&logo, 48, 0), [10, 20, 30, 255]);
        assert_eq!(pixel_of(&logo, 48, 48), [10, 20, 30, 255]);
        for corner in [(0, 0), (95, 0), (0, 95), (95, 95)] {
            assert_eq!(pixel_of(&logo, corner.0, corner.1)[3], 0);
        }
    }

    #[test]
    fn a_wide_picture_is_centred_and_keeps_its_proportions() {
        let logo = made(&plain(96, 48, [255; 4])).unwrap();
        assert_eq!(pixel_of(&logo, 48, 23)[3], 0);
        assert_eq!(pixel_of(&logo, 48, 24)[3], 255);
        assert_eq!(pixel_of(&logo, 48, 71)[3], 255);
        assert_eq!(pixel_of(&logo, 48, 72)[3], 0);
    }
}
