//! One region's encoder.

use openh264::{
    OpenH264API, Timestamp,
    encoder::{
        BitRate, Complexity, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, QpRange, RateControlMode,
        SpsPpsStrategy, UsageType, VuiConfig,
    },
    formats::YUVSource,
};
use protocol::media::Rect;
use yuv::{BufferStoreMut, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix, bgra_to_yuv420};

use super::even;
use crate::frame::Frame;

/// Bits for each pixel and picture. A window of 640x480 at 30 a second stays under 1000 kB/s; at 0.4 and 480 kB/s light grain is gone.
const BITS_PER_PIXEL: f64 = 0.8;
/// No region gets more than this, in bits a second.
const RATE_MAX: f64 = 16e6;
/// Nor less, however slow the line: the pace of pictures gives way then.
pub(crate) const RATE_MIN: f64 = 300e3;
/// Not below 1: the library would put its own, blurred range in its place. Not to the end: text must stay readable.
const QP: QpRange = QpRange::new(12, 36);
/// Pictures a second the rate control counts on.
const FRAME_RATE: f32 = 30.0;

/// One access unit.
pub(crate) struct Unit {
    pub(crate) keyframe: bool,
    pub(crate) data: Vec<u8>,
}

/// What a region of this size is worth on a line that carries everything, in bits a second.
pub(crate) fn rate(rect: Rect) -> f64 {
    (even(rect.width) as f64 * even(rect.height) as f64 * f64::from(FRAME_RATE) * BITS_PER_PIXEL).clamp(500e3, RATE_MAX)
}

pub(crate) struct Encoder {
    rect: Rect,
    encoder: openh264::encoder::Encoder,
    planes: Planes,
    padded: Vec<u8>,
}

/// 4:2:0, as the library takes it.
struct Planes {
    width: usize,
    height: usize,
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl Encoder {
    /// For this rectangle of the frame, at so many bits a second; an error when the library cannot be set up.
    pub(crate) fn new(rect: Rect, rate: f64) -> Result<Self, openh264::Error> {
        let (width, height) = (even(rect.width), even(rect.height));
        let config = EncoderConfig::new()
            .usage_type(UsageType::ScreenContentRealTime)
            .complexity(Complexity::Low)
            .rate_control_mode(RateControlMode::Bitrate)
            .bitrate(BitRate::from_bps(rate as u32))
            .max_frame_rate(FrameRate::from_hz(FRAME_RATE))
            .qp(QP)
            // A skipped frame would be a frozen picture, and the window of unshown batches holds the rate already.
            .skip_frames(false)
            .intra_frame_period(IntraFramePeriod::from_num_frames(0))
            .sps_pps_strategy(SpsPpsStrategy::ConstantId)
            // More threads are silently one, see the measurements.
            .num_threads(1)
            .vui(VuiConfig::bt709());
        let encoder = openh264::encoder::Encoder::with_api_config(OpenH264API::from_source(), config)?;
        let planes = Planes {
            width,
            height,
            y: vec![0; width * height],
            u: vec![0; width * height / 4],
            v: vec![0; width * height / 4],
        };
        Ok(Self { rect, encoder, planes, padded: Vec::new() })
    }

    /// The picture taken in last. `None` when the library left it out.
    pub(crate) fn encode(&mut self, now_ms: u64) -> Result<Option<Unit>, String> {
        let stream = self.encoder.encode_at(&self.planes, Timestamp::from_millis(now_ms)).map_err(|e| e.to_string())?;
        let keyframe = match stream.frame_type() {
            FrameType::IDR => true,
            FrameType::P | FrameType::I | FrameType::IPMixed => false,
            FrameType::Invalid | FrameType::Skip => return Ok(None),
        };
        let data = stream.to_vec();
        Ok((!data.is_empty()).then_some(Unit { keyframe, data }))
    }

    /// Takes in the region as it is now.
    pub(crate) fn take_in(&mut self, frame: &Frame) -> Result<(), String> {
        let Planes { width, height, .. } = self.planes;
        let (rect, even_already) = (self.rect, (width, height) == (self.rect.width.into(), self.rect.height.into()));
        let (pixels, stride) = if even_already {
            (frame.starting_at(rect), frame.stride())
        } else {
            self.padded.clear();
            for row in 0..height {
                let y = rect.y + (row as u16).min(rect.height - 1);
                let span = frame.span(rect.x, y, rect.width);
                self.padded.extend_from_slice(span);
                if width > rect.width.into() {
                    self.padded.extend_from_slice(&span[span.len() - 4..]);
                }
            }
            (self.padded.as_slice(), width * 4)
        };
        let mut image = YuvPlanarImageMut {
            y_plane: BufferStoreMut::Borrowed(&mut self.planes.y),
            y_stride: width as u32,
            u_plane: BufferStoreMut::Borrowed(&mut self.planes.u),
            u_stride: width as u32 / 2,
            v_plane: BufferStoreMut::Borrowed(&mut self.planes.v),
            v_stride: width as u32 / 2,
            width: width as u32,
            height: height as u32,
        };
        let (range, matrix) = (YuvRange::Limited, YuvStandardMatrix::Bt709);
        bgra_to_yuv420(&mut image, pixels, stride as u32, range, matrix, YuvConversionMode::Balanced)
            .map_err(|error| error.to_string())
    }
}

impl YUVSource for Planes {
    fn dimensions(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    fn strides(&self) -> (usize, usize, usize) {
        (self.width, self.width / 2, self.width / 2)
    }

    fn y(&self) -> &[u8] {
        &self.y
    }

    fn u(&self) -> &[u8] {
        &self.u
    }

    fn v(&self) -> &[u8] {
        &self.v
    }
}
