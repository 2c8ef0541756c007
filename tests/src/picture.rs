//! Pixels of a display or a window, compared and written as PNG.

use std::path::Path;

use anyhow::{Context, Result};

/// A picture in memory, three bytes a pixel, red first.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// `width * height * 3` bytes.
    pub rgb: Vec<u8>,
}

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
    /// Never negative.
    pub width: i32,
    /// Never negative.
    pub height: i32,
}

impl Rect {
    /// Its middle.
    pub fn centre(&self) -> (i32, i32) {
        (self.x + self.width / 2, self.y + self.height / 2)
    }
}

impl Picture {
    /// From what an X server gives for depth 24: blue, green, red, nothing.
    pub fn from_bgrx(width: usize, height: usize, bgrx: &[u8]) -> Self {
        let rgb = bgrx.chunks_exact(4).flat_map(|p| [p[2], p[1], p[0]]).collect();
        Self { width, height, rgb }
    }

    /// A part of it. What lies outside is left out.
    pub fn cut(&self, rect: Rect) -> Picture {
        let x0 = rect.x.clamp(0, self.width as i32) as usize;
        let y0 = rect.y.clamp(0, self.height as i32) as usize;
        let x1 = (rect.x + rect.width).clamp(x0 as i32, self.width as i32) as usize;
        let y1 = (rect.y + rect.height).clamp(y0 as i32, self.height as i32) as usize;
        let mut rgb = Vec::with_capacity((x1 - x0) * (y1 - y0) * 3);
        for y in y0..y1 {
            rgb.extend_from_slice(&self.rgb[(y * self.width + x0) * 3..(y * self.width + x1) * 3]);
        }
        Picture { width: x1 - x0, height: y1 - y0, rgb }
    }

    /// One pixel.
    pub fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let i = (y * self.width + x) * 3;
        [self.rgb[i], self.rgb[i + 1], self.rgb[i + 2]]
    }

    /// How many pixels differ from a picture of the same size; all of them when the sizes differ.
    pub fn differing(&self, other: &Picture) -> usize {
        if (self.width, self.height) != (other.width, other.height) {
            return self.width * self.height;
        }
        self.rgb.chunks_exact(3).zip(other.rgb.chunks_exact(3)).filter(|(a, b)| a != b).count()
    }

    /// How many different colours it holds, counted up to `limit`: a blank window has one or two.
    pub fn colours(&self, limit: usize) -> usize {
        let mut seen = std::collections::HashSet::new();
        for p in self.rgb.chunks_exact(3) {
            seen.insert([p[0], p[1], p[2]]);
            if seen.len() >= limit {
                break;
            }
        }
        seen.len()
    }

    /// Where `part` lies in this picture, pixel by pixel, if it does.
    pub fn find(&self, part: &Picture) -> Option<(usize, usize)> {
        if part.width == 0 || part.height == 0 || part.width > self.width || part.height > self.height {
            return None;
        }
        let row = |p: &Picture, x: usize, y: usize, w: usize| -> std::ops::Range<usize> {
            let from = (y * p.width + x) * 3;
            from..from + w * 3
        };
        for y in 0..=self.height - part.height {
            for x in 0..=self.width - part.width {
                let same = (0..part.height)
                    .all(|dy| self.rgb[row(self, x, y + dy, part.width)] == part.rgb[row(part, 0, dy, part.width)]);
                if same {
                    return Some((x, y));
                }
            }
        }
        None
    }

    /// Writes it as PNG.
    pub fn save(&self, file: &Path) -> Result<()> {
        let out = std::fs::File::create(file).with_context(|| format!("creating {file:?}"))?;
        let mut encoder = png::Encoder::new(std::io::BufWriter::new(out), self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header()?.write_image_data(&self.rgb)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn painted(width: usize, height: usize) -> Picture {
        let bgrx: Vec<u8> = (0..width * height).flat_map(|i| [(i % 251) as u8, (i / width) as u8, 7, 0]).collect();
        Picture::from_bgrx(width, height, &bgrx)
    }

    #[test]
    fn a_part_is_found_where_it_was_cut() {
        let whole = painted(60, 40);
        let part = whole.cut(Rect { x: 13, y: 9, width: 20, height: 11 });
        assert_eq!(whole.find(&part), Some((13, 9)));
        assert_eq!(part.differing(&whole.cut(Rect { x: 14, y: 9, width: 20, height: 11 })), 20 * 11);
    }

    #[test]
    fn a_cut_outside_is_empty_and_found_nowhere() {
        let whole = painted(10, 10);
        let part = whole.cut(Rect { x: 50, y: 0, width: 5, height: 5 });
        assert_eq!((part.width, part.height), (0, 5));
        assert_eq!(whole.find(&part), None);
    }
}
