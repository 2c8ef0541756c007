//! How fast programs and relay send on the lines that people have: a [congestion controller](Steady) for pictures that must be new.
//!
//! No I/O and no clock; it is told what was sent, acknowledged and lost, and says how much may be on its way.

#![forbid(unsafe_code)]

mod steady;

pub use steady::{Steady, SteadyConfig};

#[cfg(test)]
mod simulation;
