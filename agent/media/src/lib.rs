//! The screen, from pixels to updates and back.
//!
//! The customer's side opens a [`Screen`] on a thread of its own and takes [`Batch`](protocol::media::Batch)es from it; the attendant's side
//! applies them to a [`Canvas`] and draws what changed. No network and no windows of ours in here. Nothing that comes from a
//! peer is used before it is checked, and no picture content is ever logged.
//!
//! `unsafe` is allowed in [`shm`], memory shared with the X server and with the decoder's process, and in the files of the decoder's
//! sandbox.

#![deny(unsafe_code)]

pub mod canvas;
pub mod capture;
pub mod decoder;
mod encoder;
mod frame;
mod h264;
mod patch;
pub mod screen;
#[cfg(target_os = "linux")]
pub mod shm;
#[doc(hidden)]
pub mod stages;
pub mod waker;

pub use canvas::{Applied, Canvas, Picture};
pub use capture::Choice;
pub use decoder::Decoder;
pub use screen::{Clock, Screen};
pub use waker::Waker;
