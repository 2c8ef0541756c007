//! One region's decoder. The stream comes from a peer: its headers are read by us first, and the library sees only streams of exactly the
//! expected size and kind.

use openh264::formats::YUVSource;
use protocol::media::Rect;
use yuv::{YuvPlanarImage, YuvRange, YuvStandardMatrix, yuv420_to_bgra};

use super::{even, headers};
use crate::frame::Frame;

pub(crate) struct Decoder {
    rect: Rect,
    decoder: openh264::decoder::Decoder,
    /// A keyframe was decoded and nothing failed since.
    running: bool,
    pixels: Vec<u8>,
}

impl Decoder {
    /// For this rectangle.
    pub(crate) fn new(rect: Rect) -> Result<Self, &'static str> {
        let decoder = openh264::decoder::Decoder::new().map_err(|_| "no decoder")?;
        Ok(Self { rect, decoder, running: false, pixels: Vec::new() })
    }

    pub(crate) fn rect(&self) -> Rect {
        self.rect
    }

    /// Draws one access unit; the rectangle is inside the frame. After an error only a keyframe is taken.
    pub(crate) fn decode(&mut self, frame: &mut Frame, data: &[u8], keyframe: bool) -> Result<(), &'static str> {
        if !keyframe && !self.running {
            return Err("no keyframe before it");
        }
        self.running = false;
        let (width, height) = (even(self.rect.width), even(self.rect.height));
        headers::check(data, keyframe, width, height)?;
        let picture = self.decoder.decode(data).map_err(|_| "not decodable")?.ok_or("no picture")?;
        if picture.dimensions() != (width, height) {
            return Err("a picture of another size");
        }
        let (y_stride, u_stride, v_stride) = picture.strides();
        self.pixels.resize(width * height * 4, 255);
        let image = YuvPlanarImage {
            y_plane: picture.y(),
            y_stride: y_stride as u32,
            u_plane: picture.u(),
            u_stride: u_stride as u32,
            v_plane: picture.v(),
            v_stride: v_stride as u32,
            width: width as u32,
            height: height as u32,
        };
        let (range, matrix) = (YuvRange::Limited, YuvStandardMatrix::Bt709);
        yuv420_to_bgra(&image, &mut self.pixels, width as u32 * 4, range, matrix)
            .map_err(|_| "planes of another size")?;
        let rect = self.rect;
        for (row, pixels) in self.pixels.chunks_exact(width * 4).take(rect.height.into()).enumerate() {
            let target = frame.span_mut(rect.x, rect.y + row as u16, rect.width);
            target.copy_from_slice(&pixels[..usize::from(rect.width) * 4]);
        }
        self.running = true;
        Ok(())
    }
}
