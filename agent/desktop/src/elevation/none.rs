//! No such thing, or none that is of use to us: under X11 every window takes input from every program of its user.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{Can, LaunchError};

pub(super) fn can() -> Can {
    Can::No
}

/// There is none.
#[derive(Debug)]
pub(super) enum Launched {}

impl Launched {
    pub(super) fn id(&self) -> u32 {
        match *self {}
    }

    pub(super) fn has_ended(&self) -> bool {
        match *self {}
    }
}

pub(super) fn launch(_program: &Path, _arguments: &[String]) -> Result<Launched, LaunchError> {
    Err(LaunchError::Failed("this system has no such rights".to_owned()))
}

pub(super) fn program_of(_process: u32) -> io::Result<PathBuf> {
    Err(io::ErrorKind::Unsupported.into())
}
