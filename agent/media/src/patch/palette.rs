//! Pixels as places in a list of colours: 1, 2, 4 or 8 bits each, the first pixel in the highest bits, every row beginning with a new byte.
//!
//! Written text has few colours; its bits are a twentieth of its bytes, for the deflating too.

use protocol::media::Rect;

use super::PALETTE;
use crate::frame::Frame;

/// Colours at the most.
const COLOURS: usize = 256;
/// Places of the table that finds a colour; a power of two, four times as many as colours.
const TABLE: usize = 1024;

/// Bits of a place among so many colours.
fn bits(colours: usize) -> usize {
    match colours {
        0..=2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        _ => 8,
    }
}

/// Bytes of a row of so many pixels.
fn row_bytes(width: u16, bits: usize) -> usize {
    (usize::from(width) * bits).div_ceil(8)
}

/// Keeps its memory from one rectangle to the next.
pub(super) struct Encoder {
    /// `B G R 0` of each colour.
    colours: Vec<u32>,
    /// A colour's place, counted from 1, where its hash points or behind.
    table: [u16; TABLE],
    places: Vec<u8>,
}

impl Default for Encoder {
    fn default() -> Self {
        Self { colours: Vec::new(), table: [0; TABLE], places: Vec::new() }
    }
}

impl Encoder {
    /// Takes in a rectangle. `false`: it has too many colours.
    pub(super) fn take(&mut self, frame: &Frame, rect: Rect) -> bool {
        self.colours.clear();
        self.places.clear();
        self.table.fill(0);
        self.places.reserve(rect.area() as usize);
        let mut last = None;
        for y in rect.y..rect.y + rect.height {
            for pixel in frame.span(rect.x, y, rect.width).chunks_exact(4) {
                let colour = u32::from_le_bytes([pixel[0], pixel[1], pixel[2], 0]);
                let place = match last {
                    Some((same, place)) if same == colour => place,
                    _ => match self.place(colour) {
                        Some(place) => place,
                        None => return false,
                    },
                };
                last = Some((colour, place));
                self.places.push(place);
            }
        }
        true
    }

    fn place(&mut self, colour: u32) -> Option<u8> {
        let mut at = (colour.wrapping_mul(0x9e37_79b1) >> 22) as usize;
        loop {
            match usize::from(self.table[at]) {
                0 => break,
                place if self.colours[place - 1] == colour => return u8::try_from(place - 1).ok(),
                _ => at = (at + 1) % TABLE,
            }
        }
        if self.colours.len() == COLOURS {
            return None;
        }
        self.colours.push(colour);
        self.table[at] = self.colours.len() as u16;
        u8::try_from(self.colours.len() - 1).ok()
    }

    /// Writes what was taken in, of this width.
    pub(super) fn write(&self, out: &mut Vec<u8>, width: u16) {
        out.extend([PALETTE, (self.colours.len() - 1) as u8]);
        for colour in &self.colours {
            let [blue, green, red, _] = colour.to_le_bytes();
            out.extend([red, green, blue]);
        }
        let bits = bits(self.colours.len());
        let in_byte = 8 / bits;
        out.reserve(self.places.len() / in_byte + self.places.len() / usize::from(width));
        for row in self.places.chunks_exact(width.into()) {
            out.extend(row.chunks(in_byte).map(|group| {
                let packed = group.iter().fold(0_u32, |packed, place| packed << bits | u32::from(*place));
                (packed << (bits * (in_byte - group.len()))) as u8
            }));
        }
    }
}

/// A list of colours that came.
pub(super) struct Decoder {
    /// `B G R x` of each.
    colours: Vec<[u8; 4]>,
    bits: usize,
}

impl Decoder {
    /// From `R G B` of each colour.
    pub(super) fn new(rgb: &[u8]) -> Self {
        let colours: Vec<[u8; 4]> = rgb.chunks_exact(3).map(|rgb| [rgb[2], rgb[1], rgb[0], 255]).collect();
        let bits = bits(colours.len());
        Self { colours, bits }
    }

    /// Bytes of a row of so many pixels.
    pub(super) fn row_bytes(&self, width: u16) -> usize {
        row_bytes(width, self.bits)
    }

    /// Draws a row. A place that has no colour is an error; what is left of the last byte says nothing.
    pub(super) fn draw(&self, row: &[u8], target: &mut [u8]) -> Result<(), &'static str> {
        let (in_byte, mask) = (8 / self.bits, (1_usize << self.bits) - 1);
        for (byte, pixels) in row.iter().zip(target.chunks_mut(in_byte * 4)) {
            for (at, pixel) in pixels.chunks_exact_mut(4).enumerate() {
                let place = usize::from(*byte) >> (8 - self.bits * (at + 1)) & mask;
                pixel.copy_from_slice(self.colours.get(place).ok_or("a colour that is not in the palette")?);
            }
        }
        Ok(())
    }
}
