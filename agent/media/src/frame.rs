//! A picture in memory: rows of `B G R x` without gaps, `x` always 255. Callers keep rectangles inside it.

use protocol::media::{Point, Rect, Size};

/// Where the bytes are.
pub(crate) enum Memory {
    /// Here alone.
    Own(Vec<u8>),
    /// Where another process sees them.
    #[cfg(target_os = "linux")]
    Shared(crate::shm::Segment),
}

/// The picture.
pub(crate) struct Frame {
    size: Size,
    memory: Memory,
}

impl Frame {
    /// All black.
    pub(crate) fn black(size: Size) -> Self {
        Self { size, memory: Memory::Own([0, 0, 0, 255].repeat(size.area() as usize)) }
    }

    /// All black, in this memory; `None` if it is too short.
    #[cfg(target_os = "linux")]
    pub(crate) fn black_in(size: Size, segment: crate::shm::Segment) -> Option<Self> {
        if segment.bytes().len() < size.area() as usize * 4 {
            return None;
        }
        let mut frame = Self { size, memory: Memory::Shared(segment) };
        frame.clear();
        Some(frame)
    }

    /// All black again.
    pub(crate) fn clear(&mut self) {
        self.bytes_mut().chunks_exact_mut(4).for_each(|pixel| pixel.copy_from_slice(&[0, 0, 0, 255]));
    }

    pub(crate) fn size(&self) -> Size {
        self.size
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.memory {
            Memory::Own(bytes) => bytes,
            #[cfg(target_os = "linux")]
            Memory::Shared(segment) => &segment.bytes()[..self.size.area() as usize * 4],
        }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.memory {
            Memory::Own(bytes) => bytes,
            #[cfg(target_os = "linux")]
            Memory::Shared(segment) => &mut segment.bytes_mut()[..self.size.area() as usize * 4],
        }
    }

    /// Bytes of one row.
    pub(crate) fn stride(&self) -> usize {
        usize::from(self.size.width) * 4
    }

    /// Where a pixel's bytes start.
    fn start(&self, x: u16, y: u16) -> usize {
        usize::from(y) * self.stride() + usize::from(x) * 4
    }

    /// Part of row `y`, `width` pixels from `x`.
    pub(crate) fn span(&self, x: u16, y: u16, width: u16) -> &[u8] {
        let start = self.start(x, y);
        &self.bytes()[start..start + usize::from(width) * 4]
    }

    /// The same, to be written.
    pub(crate) fn span_mut(&mut self, x: u16, y: u16, width: u16) -> &mut [u8] {
        let start = self.start(x, y);
        &mut self.bytes_mut()[start..start + usize::from(width) * 4]
    }

    /// From the top left pixel of `rect` to its last, all rows with their full stride.
    pub(crate) fn starting_at(&self, rect: Rect) -> &[u8] {
        let end = self.start(rect.x, (rect.bottom() - 1) as u16) + usize::from(rect.width) * 4;
        &self.bytes()[self.start(rect.x, rect.y)..end]
    }

    /// Moves pixels; source and target may overlap.
    pub(crate) fn copy(&mut self, from: Rect, to: Point) {
        let length = usize::from(from.width) * 4;
        let stride = self.stride();
        let start = |x: u16, y: u16| usize::from(y) * stride + usize::from(x) * 4;
        let bytes = self.bytes_mut();
        let mut row = |row: u16| {
            let source = start(from.x, from.y + row);
            let target = start(to.x, to.y + row);
            bytes.copy_within(source..source + length, target);
        };
        if to.y <= from.y { (0..from.height).for_each(&mut row) } else { (0..from.height).rev().for_each(&mut row) }
    }
}

/// A pixel without its fourth byte.
fn colour(pixel: &[u8]) -> u32 {
    u32::from_le_bytes([pixel[0], pixel[1], pixel[2], 0])
}

/// Do two spans of the same length show something different? The fourth byte shows nothing.
pub(crate) fn differ(a: &[u8], b: &[u8]) -> bool {
    let whole = |pixel: &[u8]| u32::from_le_bytes([pixel[0], pixel[1], pixel[2], pixel[3]]);
    let bits = a.chunks_exact(4).zip(b.chunks_exact(4)).fold(0, |bits, (a, b)| bits | (whole(a) ^ whole(b)));
    bits & 0x00ff_ffff != 0
}

/// First and last pixel that differ, counted from the left.
pub(crate) fn difference(a: &[u8], b: &[u8]) -> Option<(u16, u16)> {
    let differs = |(a, b): (&[u8], &[u8])| colour(a) != colour(b);
    let first = a.chunks_exact(4).zip(b.chunks_exact(4)).position(differs)?;
    let last = a.chunks_exact(4).zip(b.chunks_exact(4)).rposition(differs)?;
    Some((first as u16, last as u16))
}

/// Copies a span and makes the fourth byte 255.
pub(crate) fn take(target: &mut [u8], source: &[u8]) {
    for (target, source) in target.chunks_exact_mut(4).zip(source.chunks_exact(4)) {
        target.copy_from_slice(&[source[0], source[1], source[2], 255]);
    }
}
