//! Exact pixels of a rectangle, small: rows of `R G B` filtered as in PNG, in one raw DEFLATE stream.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use protocol::media::Rect;

use crate::frame::Frame;

/// Filter bytes of PNG: the pixel to the left, or the one above, is taken off.
const SUB: u8 = 1;
const UP: u8 = 2;

/// Compresses rectangles; keeps its memory from one to the next.
pub(crate) struct Encoder {
    deflate: Compress,
    row: Vec<u8>,
    above: Vec<u8>,
    filtered: Vec<u8>,
}

impl Encoder {
    pub(crate) fn new() -> Self {
        Self {
            deflate: Compress::new(Compression::new(1), false),
            row: Vec::new(),
            above: Vec::new(),
            filtered: Vec::new(),
        }
    }

    /// The rectangle of the frame, compressed.
    pub(crate) fn encode(&mut self, frame: &Frame, rect: Rect) -> Vec<u8> {
        self.filter(frame, rect);
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
        self.filtered.clear();
        self.filtered.reserve((length + 1) * usize::from(rect.height));
        self.above.clear();
        self.above.resize(length, 0);
        self.row.resize(length, 0);
        for y in rect.y..rect.y + rect.height {
            let pixels = frame.span(rect.x, y, rect.width);
            for (rgb, bgrx) in self.row.chunks_exact_mut(3).zip(pixels.chunks_exact(4)) {
                rgb.copy_from_slice(&[bgrx[2], bgrx[1], bgrx[0]]);
            }
            // What is written is usually like what is above it or flat sideways: the filter with more zeroes compresses better.
            let zeroes = |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| pairs.filter(|(a, b)| a == b).count();
            let up = zeroes(&mut self.row.iter().zip(&self.above));
            let sub = zeroes(&mut self.row[3.min(length)..].iter().zip(&self.row));
            if up >= sub {
                self.filtered.push(UP);
                self.filtered.extend(self.row.iter().zip(&self.above).map(|(value, above)| value.wrapping_sub(*above)));
            } else {
                self.filtered.push(SUB);
                self.filtered.extend_from_slice(&self.row[..3]);
                self.filtered
                    .extend(self.row[3..].iter().zip(&self.row).map(|(value, left)| value.wrapping_sub(*left)));
            }
            std::mem::swap(&mut self.row, &mut self.above);
        }
    }
}

/// Decompresses into a frame, row by row: a stream that would grow beyond its rectangle is noticed before it takes memory.
pub(crate) struct Decoder {
    inflate: Decompress,
    row: Vec<u8>,
    above: Vec<u8>,
}

impl Decoder {
    pub(crate) fn new() -> Self {
        Self { inflate: Decompress::new(false), row: Vec::new(), above: Vec::new() }
    }

    /// Draws the patch; `rect` is inside the frame. On an error the rows before it are drawn.
    pub(crate) fn decode(&mut self, frame: &mut Frame, rect: Rect, mut data: &[u8]) -> Result<(), &'static str> {
        self.inflate.reset(false);
        let length = usize::from(rect.width) * 3 + 1;
        self.row.clear();
        self.row.resize(length, 0);
        self.above.clear();
        self.above.resize(length, 0);
        for y in rect.y..rect.y + rect.height {
            self.read(&mut data)?;
            let (filter, row) = self.row.split_first_mut().expect("a row has at least its filter byte");
            match *filter {
                UP => {
                    row.iter_mut().zip(&self.above[1..]).for_each(|(value, above)| *value = value.wrapping_add(*above))
                }
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
            let target = frame.span_mut(rect.x, y, rect.width);
            for (bgrx, rgb) in target.chunks_exact_mut(4).zip(row.chunks_exact(3)) {
                bgrx.copy_from_slice(&[rgb[2], rgb[1], rgb[0], 255]);
            }
            std::mem::swap(&mut self.row, &mut self.above);
        }
        self.end(data)
    }

    /// Fills `row` from the stream.
    fn read(&mut self, data: &mut &[u8]) -> Result<(), &'static str> {
        let mut filled = 0;
        while filled < self.row.len() {
            let (status, taken, made) = self.step(data, filled)?;
            *data = &data[taken..];
            filled += made;
            if filled < self.row.len() && (status == Status::StreamEnd || taken + made == 0) {
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
            .decompress(data, &mut self.row[filled..], FlushDecompress::None)
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
    fn a_typed_letter_is_a_few_dozen_bytes() {
        let size = Size { width: 8, height: 14 };
        let mut frame = Frame::black(size);
        for y in 2..12 {
            frame.span_mut(2 + y % 3, y, 2).fill(255);
        }
        assert!(Encoder::new().encode(&frame, size.rect()).len() < 90);
    }
}
