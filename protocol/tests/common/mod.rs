//! What the tests of the wire share: one sample of every message, ways to make others, and what holds for any bytes.

#![allow(dead_code, clippy::unwrap_used)]

pub mod samples;
pub mod strategies;
pub mod targets;
pub mod variants;
