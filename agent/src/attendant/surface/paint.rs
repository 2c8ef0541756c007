//! Colours pixels of the picture area from the canvas. No display, no I/O.

use media::Picture;
use protocol::media::{Point, PointerShape};

use super::{Area, Mapping};

/// The picture area in memory: rows of `B G R x` without gaps.
pub(super) struct Target<'a> {
    pub(super) bytes: &'a mut [u8],
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Target<'_> {
    /// The part of `area` that is here.
    fn inside(&self, area: Area) -> Option<Area> {
        intersect(area, Area { x: 0, y: 0, width: self.width, height: self.height })
    }

    /// Part of a row; the place is inside.
    fn span(&mut self, x: i32, y: i32, width: u32) -> &mut [u8] {
        let start = (y as usize * self.width as usize + x as usize) * 4;
        &mut self.bytes[start..start + width as usize * 4]
    }

    /// Everything in one colour (red, green, blue).
    pub(super) fn fill(&mut self, colour: [u8; 3]) {
        let [red, green, blue] = colour;
        self.bytes.chunks_exact_mut(4).for_each(|pixel| pixel.copy_from_slice(&[blue, green, red, 255]));
    }

    /// The picture, as much of it as is in `area`.
    pub(super) fn picture(&mut self, canvas: Picture<'_>, mapping: &Mapping, area: Area) {
        let picture = mapping.picture();
        let Some(area) = intersect(area, picture).and_then(|area| self.inside(area)) else { return };
        let (part, stride) = (mapping.part(), usize::from(mapping.screen().width) * 4);
        let pixels = canvas.bgrx();
        if pixels.len() != stride * usize::from(mapping.screen().height) {
            return;
        }
        let plain = (picture.width, picture.height) == (part.width.into(), part.height.into());
        let columns: Vec<Tap> = (0..area.width)
            .map(|x| Tap::new((area.x - picture.x) as u32 + x, picture.width, part.x, part.width))
            .collect();
        for y in 0..area.height {
            let row = Tap::new((area.y - picture.y) as u32 + y, picture.height, part.y, part.height);
            let (first, second) = (&pixels[row.first * stride..][..stride], &pixels[row.second * stride..][..stride]);
            let target = self.span(area.x, area.y + y as i32, area.width);
            if plain {
                target.copy_from_slice(&first[columns[0].first * 4..][..target.len()]);
                continue;
            }
            for (pixel, column) in target.chunks_exact_mut(4).zip(&columns) {
                let (left, right) = (column.first * 4, column.second * 4);
                for byte in 0..3 {
                    let mix = |a: u8, b: u8, part: u32| u32::from(a) * (256 - part) + u32::from(b) * part;
                    let (upper, lower) = (
                        mix(first[left + byte], first[right + byte], column.part),
                        mix(second[left + byte], second[right + byte], column.part),
                    );
                    pixel[byte] = ((upper * (256 - row.part) + lower * row.part + (1 << 15)) >> 16) as u8;
                }
                pixel[3] = 255;
            }
        }
    }

    /// The pointer over it, as much as is in `area`.
    pub(super) fn pointer(&mut self, shape: &PointerShape, place: Area, area: Area) {
        let Some(seen) = intersect(place, area).and_then(|seen| self.inside(seen)) else { return };
        for y in seen.y..seen.y + seen.height as i32 {
            let start = (y - place.y) as usize * usize::from(shape.width) + (seen.x - place.x) as usize;
            let source = &shape.rgba.0[start * 4..][..seen.width as usize * 4];
            for (pixel, over) in self.span(seen.x, y, seen.width).chunks_exact_mut(4).zip(source.chunks_exact(4)) {
                let clear = 255 - u32::from(over[3]);
                for (under, over) in pixel.iter_mut().zip([over[2], over[1], over[0]]) {
                    *under = (u32::from(over) + (u32::from(*under) * clear + 127) / 255).min(255) as u8;
                }
            }
        }
    }
}

/// Where the pointer's picture is, pixel for pixel in every view.
pub(super) fn pointer_place(mapping: &Mapping, shape: &PointerShape, at: Point) -> Option<Area> {
    let (picture, part) = (mapping.picture(), mapping.part());
    let axis = |at: u16, start: i32, length: u32, from: u16, pixels: u16, hot: u16| {
        let inside = i64::from(at) - i64::from(from);
        let seen = (0..i64::from(pixels)).contains(&inside);
        let middle = (inside * 2 + 1) * i64::from(length) / (i64::from(pixels.max(1)) * 2);
        seen.then(|| start + i32::try_from(middle).unwrap_or(0) - i32::from(hot))
    };
    Some(Area {
        x: axis(at.x, picture.x, picture.width, part.x, part.width, shape.hot_x)?,
        y: axis(at.y, picture.y, picture.height, part.y, part.height, shape.hot_y)?,
        width: shape.width.into(),
        height: shape.height.into(),
    })
}

/// The part in both, if any.
pub(super) fn intersect(a: Area, b: Area) -> Option<Area> {
    let axis = |a: i32, a_length: u32, b: i32, b_length: u32| {
        let near = i64::from(a.max(b));
        let far = (i64::from(a) + i64::from(a_length)).min(i64::from(b) + i64::from(b_length));
        u32::try_from(far - near).ok().filter(|length| *length > 0).map(|length| (a.max(b), length))
    };
    let (x, width) = axis(a.x, a.width, b.x, b.width)?;
    let (y, height) = axis(a.y, a.height, b.y, b.height)?;
    Some(Area { x, y, width, height })
}

/// Two pixels of the canvas that one pixel of the area mixes, and how much of the second, of 256.
struct Tap {
    first: usize,
    second: usize,
    part: u32,
}

impl Tap {
    fn new(at: u32, length: u32, from: u16, pixels: u16) -> Self {
        // The middle of the pixel, in 256ths of a pixel of the canvas.
        let (length, pixels) = (i64::from(length.max(1)), i64::from(pixels.max(1)));
        let middle = ((i64::from(at) * 2 + 1) * pixels * 256 / (length * 2) - 128).clamp(0, (pixels - 1) * 256);
        let first = middle / 256;
        let place = |pixel: i64| usize::from(from) + usize::try_from(pixel.min(pixels - 1)).unwrap_or(0);
        Self { first: place(first), second: place(first + 1), part: u32::try_from(middle % 256).unwrap_or(0) }
    }
}
