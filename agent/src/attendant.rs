//! The controlling side: one session from dialling to its end, the thread that draws the picture, and the map of the keyboard.
//!
//! `session` drives `protocol::session::attendant`, with its own streams in `streams`; `viewer` applies and draws updates outside the toolkit; `key_map` chooses between
//! text and scan codes.

pub mod key_map;
pub mod session;
mod streams;
pub mod surface;
pub mod viewer;
