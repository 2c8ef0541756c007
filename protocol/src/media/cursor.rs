//! The mouse pointer, apart from the picture: drawn at once on the attendant's side.

use serde::{Deserialize, Serialize};

use super::{Point, update::Bytes};
use crate::limits;

/// What happens to the customer's pointer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pointer {
    /// It looks like this.
    Shape(PointerShape),
    /// Its hot spot is here.
    At(Point),
    /// It is not shown.
    Hidden,
}

/// How a pointer looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointerShape {
    /// Pixels wide, 1 to [`limits::POINTER_SIDE_PX`].
    pub width: u16,
    /// Pixels high, 1 to [`limits::POINTER_SIDE_PX`].
    pub height: u16,
    /// The pixel that points, from the left.
    pub hot_x: u16,
    /// The pixel that points, from the top.
    pub hot_y: u16,
    /// `R G B A` rows, colour multiplied by alpha; exactly `width * height * 4` bytes.
    pub rgba: Bytes,
}

impl PointerShape {
    /// Sides within the limits, hot spot inside, and as many bytes as pixels.
    pub fn allowed(&self) -> bool {
        let side = 1..=limits::POINTER_SIDE_PX;
        side.contains(&self.width)
            && side.contains(&self.height)
            && self.hot_x < self.width
            && self.hot_y < self.height
            && self.rgba.0.len() == usize::from(self.width) * usize::from(self.height) * 4
    }
}
