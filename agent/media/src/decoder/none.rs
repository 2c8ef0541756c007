//! Says that this system has no protected decoder yet, and so no viewer.

use std::sync::Arc;

use super::{Error, Outcome, Program};
use crate::canvas::Picture;

/// A decoder in a process of its own.
pub enum Decoder {}

impl Decoder {
    /// Starts it.
    pub fn start(_: Program, _: Arc<dyn Fn() + Send + Sync>) -> Result<Self, Error> {
        Err(Error::Unsupported)
    }

    /// Applies the body of a batch.
    pub fn apply(&mut self, _: &[u8], _: bool) -> Result<Outcome, Error> {
        match *self {}
    }

    /// Looks after it.
    pub fn look_after(&mut self) -> Result<(), Error> {
        match *self {}
    }

    /// Its process.
    pub fn process(&self) -> Option<u32> {
        match *self {}
    }

    /// What it shows.
    pub fn picture(&self) -> Picture<'_> {
        match *self {}
    }
}
