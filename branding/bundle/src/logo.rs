//! Logos: small PNG pictures that are decoded and written anew before anything else sees them.
//!
//! Used when a profile is made and again when it is opened, so that the bytes a program shows were written by this crate, with no
//! chunk, no profile and no animation of somebody else's in them.

mod mark;

use std::io::Cursor;

/// A logo as PNG, in bytes, before and after it is written anew.
pub const MAX_LOGO_BYTES: usize = 256 * 1024;
/// The sides of a logo, in pixels: from too small to see to more than any window shows.
pub const LOGO_SIDE_PX: std::ops::RangeInclusive<u32> = 8..=512;

/// Amparo's own logo, 64 pixels square: a headset on a rounded square of [`crate::AMPARO_ACCENT`].
pub const DEFAULT_LOGO: &[u8] = include_bytes!("logo/default.png");

/// A picture that has been decoded once: known to be small and well-formed.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo {
    png: Vec<u8>,
    rgba: Vec<u8>,
    width_px: u32,
    height_px: u32,
}

/// Why a picture cannot be a logo.
#[derive(Debug, thiserror::Error)]
pub enum LogoError {
    /// Too many bytes.
    #[error("a logo of {bytes} bytes, where {MAX_LOGO_BYTES} are allowed")]
    TooLong {
        /// Bytes it has.
        bytes: usize,
    },
    /// Too small or too large.
    #[error("a logo of {width_px} x {height_px} pixels, where each side may have {} to {}", LOGO_SIDE_PX.start(), LOGO_SIDE_PX.end())]
    Side {
        /// Its width.
        width_px: u32,
        /// Its height.
        height_px: u32,
    },
    /// Not a PNG that can be read.
    #[error("not a PNG picture that can be read")]
    NotPng(#[source] png::DecodingError),
}

impl Logo {
    /// The logo in this PNG of any colour type; of an animation, its first picture.
    pub fn from_png(bytes: &[u8]) -> Result<Self, LogoError> {
        if bytes.len() > MAX_LOGO_BYTES {
            return Err(LogoError::TooLong { bytes: bytes.len() });
        }
        let side = *LOGO_SIDE_PX.end() as usize;
        let limits = png::Limits { bytes: 4 * (side * side * 4) };
        let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
        let head = decoder.read_header_info().map_err(LogoError::NotPng)?;
        let (width_px, height_px) = (head.width, head.height);
        if !LOGO_SIDE_PX.contains(&width_px) || !LOGO_SIDE_PX.contains(&height_px) {
            return Err(LogoError::Side { width_px, height_px });
        }
        let mut reader = decoder.read_info().map_err(LogoError::NotPng)?;
        let mut pixels = vec![0; reader.output_buffer_size().unwrap_or(0).min(side * side * 4)];
        let read = reader.next_frame(&mut pixels).map_err(LogoError::NotPng)?;
        pixels.truncate(read.buffer_size());
        let rgba = match read.color_type {
            png::ColorType::Rgba => pixels,
            png::ColorType::GrayscaleAlpha => pixels.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect(),
            png::ColorType::Rgb => pixels.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect(),
            png::ColorType::Grayscale | png::ColorType::Indexed => {
                pixels.iter().flat_map(|v| [*v, *v, *v, 255]).collect()
            }
        };
        // An animation's first picture may be smaller than the head says.
        Self::from_rgba(read.width, read.height, rgba)
    }

    /// The logo with these pixels: red, green, blue and straight alpha, row by row.
    pub fn from_rgba(width_px: u32, height_px: u32, rgba: Vec<u8>) -> Result<Self, LogoError> {
        let side_is_wrong = !LOGO_SIDE_PX.contains(&width_px) || !LOGO_SIDE_PX.contains(&height_px);
        if side_is_wrong || rgba.len() as u64 != u64::from(width_px) * u64::from(height_px) * 4 {
            return Err(LogoError::Side { width_px, height_px });
        }
        let png = written(width_px, height_px, &rgba);
        if png.len() > MAX_LOGO_BYTES {
            return Err(LogoError::TooLong { bytes: png.len() });
        }
        Ok(Self { png, rgba, width_px, height_px })
    }

    /// Amparo's mark on a rounded square of this colour, 64 pixels square: a logo for a company that has given none.
    pub fn mark(colour: crate::palette::Rgb) -> Self {
        const SIDE_PX: u32 = 64;
        Self::from_rgba(SIDE_PX, SIDE_PX, mark::drawn(colour, SIDE_PX)).expect("64 by 64 pixels are within every cap")
    }

    /// The picture as PNG, written by this crate.
    pub fn png(&self) -> &[u8] {
        &self.png
    }

    /// The picture as PNG, written by this crate.
    pub fn into_png(self) -> Vec<u8> {
        self.png
    }

    /// The pixels: red, green, blue and straight alpha, row by row.
    pub fn rgba(&self) -> &[u8] {
        &self.rgba
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

impl std::fmt::Debug for Logo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Logo({} x {}, {} bytes)", self.width_px, self.height_px, self.png.len())
    }
}

fn written(width_px: u32, height_px: u32, rgba: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width_px, height_px);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().expect("the sides are checked and memory takes all bytes");
    writer.write_image_data(rgba).expect("there are as many bytes as the head says");
    writer.finish().expect("memory takes all bytes");
    bytes
}
