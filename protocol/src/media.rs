//! A screen is a canvas plus ordered updates, not a film.
//!
//! Made by the customer's `media` crate, shown by the attendant's; the relay only carries the sealed bytes.

mod cursor;
mod pacing;
mod update;

pub use cursor::{Pointer, PointerShape};
pub use pacing::Window;
pub use update::{Batch, Bytes, Flaw, Point, Rect, Shown, Size, Update};
