//! Words and rules of Amparo, shared by the programs and the relay.
//!
//! Ids, limits, framing, messages, session machines and screen updates. Nothing here does I/O, reads a clock, starts a task or
//! knows an operating system: time and bytes come in as arguments, effects come out as values.

#![forbid(unsafe_code)]

mod capped;
pub mod frame;
pub mod id;
pub mod limits;
pub mod media;
pub mod message;
pub mod session;
pub mod version;
