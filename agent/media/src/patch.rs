//! Exact pixels of a rectangle, small, in one raw DEFLATE stream: as places in a [`palette`] where there are few colours, as in written text, or
//! as rows of `R G B` filtered as in PNG. See [`protocol::media::Update::Patch`] for the bytes.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use protocol::media::Rect;

use crate::frame::Frame;

mod palette;

/// What a stream begins with whose pixels are places in a palette; otherwise it is a filter byte.
const PALETTE: u8 = 0;
/// Filter bytes of PNG: the pixel to the left, or the one above, is taken off.
const SUB: u8 = 1;
const UP: u8 = 2;

/// Levels of DEFLATE. A page of text: 1 takes a quarter of the time of 6 and a third more bytes.
const QUICK: u32 = 1;
const THOROUGH: u32 = 6;

/// Compresses rectangles; keeps its memory from one to the next.
pub(crate) struct Encoder {
    deflate: Compress,
    thorough: bool,
    row: Vec<u8>,
    above: Vec<u8>,
    filtered: Vec<u8>,
    palette: palette::Encoder,
}

impl Encoder {
    pub(crate) fn new() -> Self {
        Self {
            deflate: Compress::new(Compression::new(QUICK), false),
            thorough: false,
            row: Vec::new(),
            above: Vec::new(),
            filtered: Vec::new(),
            palette: palette::Encoder::default(),
        }
    }

    /// Fewer bytes for more time, for a narrow line; or the other way round.
    pub(crate) fn thorough(&mut self, thorough: bool) {
        if self.thorough != thorough {
            self.thorough = thorough;
            self.deflate = Compress::new(Compression::new(if thorough { THOROUGH } else { QUICK }), false);
        }
    }

    /// The rectangle of the frame, compressed.
    pub(crate) fn encode(&mut self, frame: &Frame, rect: Rect) -> Vec<u8> {
        self.filtered.clear();
        if self.palette.take(frame, rect) {
            self.palette.write(&mut self.filtered, rect.width);
        } else {
            self.filter(frame, rect);
        }
        self.deflate.reset();
        let mut out = Vec::with_capacity(self.filtered.len() / 4 + 64);
        loop {
            let done = self.deflate.total_in() as usize;
            let status = self
                .deflate
                .compress_vec(&self.filtered[done..], &mut out, FlushCompress::Finish)
                .expect("compressing has no wrong input");
            if status == Status::StreamEnd {
                return out;
            }
            out.reserve(out.capacity().max(1024));
        }
    }

    fn filter(&mut self, frame: &Frame, rect: Rect) {
        let length = usize::from(rect.width) * 3;
        self.filtered.reserve((length + 1) * usize::from(rect.height));
        self.above.clear();
        self.above.resize(length, 0);
        self.row.resize(length, 0);
        for y in rect.y..rect.y + rect.height {
            to_rgb(frame.span(rect.x, y, rect.width), &mut self.row, rect.width);
            // What is written is usually like what is above it or flat sideways: the filter with more zeroes compresses better.
            let shifted = &self.row[3.min(length)..];
            let (filter, at) =
                if alike(&self.row, &self.above) >= alike(shifted, &self.row) { (UP, 0) } else { (SUB, 3) };
            self.filtered.push(filter);
            self.filtered.extend_from_slice(&self.row[..at]);
            let before: &[u8] = if filter == UP { &self.above } else { &self.row };
            self.filtered.extend(self.row[at..].iter().zip(before).map(|(value, before)| value.wrapping_sub(*before)));
            std::mem::swap(&mut self.row, &mut self.above);
        }
    }
}

/// Bytes that are the same at the same place.
fn alike(a: &[u8], b: &[u8]) -> usize {
    // In sums that fit a byte, so that many are added at a time.
    let same = |(a, b): (&[u8], &[u8])| usize::from(a.iter().zip(b).map(|(a, b)| u8::from(a == b)).sum::<u8>());
    a.chunks(128).zip(b.chunks(128)).map(same).sum()
}

/// Gives a row the pixels that its filter has taken off.
fn undo(filter: u8, row: &mut [u8], above: &[u8]) -> Result<(), &'static str> {
    match filter {
        UP => row.iter_mut().zip(above).for_each(|(value, above)| *value = value.wrapping_add(*above)),
        SUB => {
            let mut left = [0; 3];
            for pixel in row.chunks_exact_mut(3) {
                for (value, left) in pixel.iter_mut().zip(&mut left) {
                    *value = value.wrapping_add(*left);
                    *left = *value;
                }
            }
        }
        _ => return Err("a filter that is not in use"),
    }
    Ok(())
}

/// One row from the display's order of colours to that of patches.
fn to_rgb(bgrx: &[u8], rgb: &mut [u8], width: u16) {
    let (from, to) = (bgrx.len() as u32, rgb.len() as u32);
    yuv::bgra_to_rgb(bgrx, from, rgb, to, width.into(), 1).expect("both rows have this many pixels");
}

/// And back.
fn to_bgrx(rgb: &[u8], bgrx: &mut [u8], width: u16) {
    let (from, to) = (rgb.len() as u32, bgrx.len() as u32);
    yuv::rgb_to_bgra(rgb, from, bgrx, to, width.into(), 1).expect("both rows have this many pixels");
}

/// Bytes decompressed at a time, or one row.
const BAND: usize = 64 * 1024;

/// Decompresses into a frame, a band of rows at a time: a stream that would grow beyond its rectangle is noticed before it takes memory.
pub(crate) struct Decoder {
    inflate: Decompress,
    band: Vec<u8>,
    above: Vec<u8>,
}

impl Decoder {
    pub(crate) fn new() -> Self {
        Self { inflate: Decompress::new(false), band: Vec::new(), above: Vec::new() }
    }

    /// Draws the patch; `rect` is inside the frame. On an error some of its rows are drawn.
    pub(crate) fn decode(&mut self, frame: &mut Frame, rect: Rect, mut data: &[u8]) -> Result<(), &'static str> {
        self.inflate.reset(false);
        self.take(&mut data, 0, 1)?;
        if self.band[0] == PALETTE {
            self.take(&mut data, 0, 1)?;
            let colours = usize::from(self.band[0]) + 1;
            self.take(&mut data, 0, colours * 3)?;
            let palette = palette::Decoder::new(&self.band);
            let length = palette.row_bytes(rect.width);
            self.bands(frame, rect, &mut data, length, 0, |row, _, target| palette.draw(row, target))?;
        } else {
            let length = usize::from(rect.width) * 3 + 1;
            self.above.clear();
            self.above.resize(length - 1, 0);
            self.bands(frame, rect, &mut data, length, 1, |row, above, target| {
                let (filter, row) = row.split_first_mut().ok_or("a row without a filter")?;
                undo(*filter, row, above)?;
                to_bgrx(row, target, rect.width);
                above.copy_from_slice(row);
                Ok(())
            })?;
        }
        self.end(data)
    }

    /// Rows of `length` bytes, each drawn by `draw`; the first bytes of the first one may be there already.
    fn bands(
        &mut self,
        frame: &mut Frame,
        rect: Rect,
        data: &mut &[u8],
        length: usize,
        mut there: usize,
        draw: impl Fn(&mut [u8], &mut [u8], &mut [u8]) -> Result<(), &'static str>,
    ) -> Result<(), &'static str> {
        let rows = (BAND / length).clamp(1, usize::from(rect.height));
        for top in (0..rect.height).step_by(rows) {
            let rows = rows.min(usize::from(rect.height - top));
            self.take(data, std::mem::take(&mut there), rows * length)?;
            for (y, row) in (rect.y + top..).zip(self.band.chunks_exact_mut(length)) {
                draw(row, &mut self.above, frame.span_mut(rect.x, y, rect.width))?;
            }
        }
        Ok(())
    }

    /// Takes the next bytes of the stream into the band, after those that are there, until there are so many.
    fn take(&mut self, data: &mut &[u8], there: usize, length: usize) -> Result<(), &'static str> {
        self.band.resize(length, 0);
        let mut filled = there;
        while filled < self.band.len() {
            let (status, taken, made) = self.step(data, filled)?;
            *data = &data[taken..];
            filled += made;
            if filled < self.band.len() && (status == Status::StreamEnd || taken + made == 0) {
                return Err("too short");
            }
        }
        Ok(())
    }

    /// After the last row there is nothing but the end of the stream.
    fn end(&mut self, mut data: &[u8]) -> Result<(), &'static str> {
        let mut beyond = [0];
        loop {
            let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
            let status =
                self.inflate.decompress(data, &mut beyond, FlushDecompress::None).map_err(|_| "not a stream")?;
            let taken = (self.inflate.total_in() - before_in) as usize;
            data = &data[taken..];
            if self.inflate.total_out() != before_out {
                return Err("too long");
            }
            match status {
                Status::StreamEnd if data.is_empty() => return Ok(()),
                Status::StreamEnd => return Err("bytes after its end"),
                _ if taken == 0 => return Err("no end"),
                _ => {}
            }
        }
    }

    fn step(&mut self, data: &[u8], filled: usize) -> Result<(Status, usize, usize), &'static str> {
        let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self
            .inflate
            .decompress(data, &mut self.band[filled..], FlushDecompress::None)
            .map_err(|_| "not a stream")?;
        let taken = (self.inflate.total_in() - before_in) as usize;
        let made = (self.inflate.total_out() - before_out) as usize;
        Ok((status, taken, made))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use protocol::media::Size;

    use super::*;

    fn painted(size: Size, seed: &[u8]) -> Frame {
        let mut frame = Frame::black(size);
        for y in 0..size.height {
            for (x, pixel) in frame.span_mut(0, y, size.width).chunks_exact_mut(4).enumerate() {
                let at = (usize::from(y) / 3 * 7 + x / 5) % seed.len();
                pixel[..3].copy_from_slice(&[seed[at], seed[(at * 3) % seed.len()], seed[(at + x) % seed.len()]]);
            }
        }
        frame
    }

    proptest! {
        #[test]
        fn what_is_encoded_comes_out_exactly(width in 1u16..90, height in 1u16..40, x in 0u16..9, y in 0u16..9, seed in prop::collection::vec(any::<u8>(), 1..300)) {
            let size = Size { width: width + x + 3, height: height + y + 2 };
            let rect = Rect { x, y, width, height };
            let frame = painted(size, &seed);
            let data = Encoder::new().encode(&frame, rect);
            let mut canvas = Frame::black(size);
            Decoder::new().decode(&mut canvas, rect, &data).unwrap();
            let mut expected = Frame::black(size);
            for row in y..y + height {
                expected.span_mut(x, row, width).copy_from_slice(frame.span(x, row, width));
            }
            prop_assert!(canvas.bytes() == expected.bytes());
        }

        #[test]
        fn damaged_bytes_are_refused_or_drawn_but_never_worse(seed in prop::collection::vec(any::<u8>(), 1..50), at in any::<prop::sample::Index>(), bit in 0u8..8, cut in any::<prop::sample::Index>()) {
            let size = Size { width: 40, height: 20 };
            let mut data = Encoder::new().encode(&painted(size, &seed), size.rect());
            let at = at.index(data.len());
            data[at] ^= 1 << bit;
            data.truncate(cut.index(data.len()) + 1);
            let mut canvas = Frame::black(size);
            let _ = Decoder::new().decode(&mut canvas, Rect { x: 1, y: 1, width: 39, height: 19 }, &data);
        }
    }

    #[test]
    fn a_stream_that_is_not_exactly_its_rectangle_is_refused() {
        let size = Size { width: 64, height: 64 };
        let frame = painted(size, &[1, 2, 3, 200]);
        let rect = size.rect();
        let good = Encoder::new().encode(&frame, rect);
        let decode = |rect, data: &[u8]| Decoder::new().decode(&mut Frame::black(size), rect, data);
        assert_eq!(decode(rect, &good), Ok(()));
        assert_eq!(decode(Rect { height: 63, ..rect }, &good), Err("too long"));
        let short = Encoder::new().encode(&frame, Rect { height: 63, ..rect });
        assert_eq!(decode(rect, &short), Err("too short"));
        assert!(decode(rect, &good[..good.len() - 1]).is_err());
        assert_eq!(decode(rect, &[good.as_slice(), &[0]].concat()), Err("bytes after its end"));
        assert!(decode(rect, &[]).is_err());
    }

    #[test]
    fn any_number_of_colours_comes_out_exactly_and_few_of_them_small() {
        for colours in [1, 2, 3, 4, 5, 16, 17, 255, 256, 257, 4000] {
            for width in [1, 7, 8, 9, 61, 300] {
                let size = Size { width, height: 41 };
                let mut frame = Frame::black(size);
                for y in 0..size.height {
                    for (x, pixel) in frame.span_mut(0, y, width).chunks_exact_mut(4).enumerate() {
                        let colour = (x as u32 * 7 + u32::from(y) * 131) % colours;
                        pixel[..3].copy_from_slice(&colour.wrapping_mul(0x01_03_07).to_le_bytes()[..3]);
                    }
                }
                let data = Encoder::new().encode(&frame, size.rect());
                let mut canvas = Frame::black(size);
                Decoder::new().decode(&mut canvas, size.rect(), &data).unwrap();
                assert!(canvas.bytes() == frame.bytes(), "{colours} colours, {width} wide");
                assert!(
                    colours > 4 || data.len() < size.rect().area() as usize / 3 + 40,
                    "{colours} colours: {}",
                    data.len()
                );
            }
        }
    }

    #[test]
    fn a_place_without_a_colour_and_a_palette_that_is_cut_off_are_refused() {
        let deflated = |plain: &[u8]| {
            let mut out = Vec::with_capacity(1000);
            Compress::new(Compression::new(1), false).compress_vec(plain, &mut out, FlushCompress::Finish).unwrap();
            out
        };
        let size = Size { width: 4, height: 1 };
        let decode = |plain: &[u8]| Decoder::new().decode(&mut Frame::black(size), size.rect(), &deflated(plain));
        let three = [0, 2, 1, 1, 1, 2, 2, 2, 3, 3, 3];
        assert_eq!(decode(&[&three[..], &[0b0001_1000]].concat()), Ok(()));
        assert_eq!(decode(&[&three[..], &[0b0001_1100]].concat()), Err("a colour that is not in the palette"));
        for cut in 0..three.len() {
            assert_eq!(decode(&three[..cut]), Err("too short"), "{cut}");
        }
        assert_eq!(decode(&[&three[..], &[0, 0]].concat()), Err("too long"));
        assert_eq!(decode(&[3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Err("a filter that is not in use"));
    }

    #[test]
    fn a_typed_letter_is_a_few_dozen_bytes() {
        let size = Size { width: 8, height: 14 };
        let mut frame = Frame::black(size);
        for y in 2..12 {
            frame.span_mut(2 + y % 3, y, 2).fill(255);
        }
        assert!(Encoder::new().encode(&frame, size.rect()).len() < 90);
    }
}
