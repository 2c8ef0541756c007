//! No way yet.

use std::io;

pub(super) fn answer(_scheme: &str, _name: &str, _program: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn forget(_scheme: &str, _program: &str) -> io::Result<bool> {
    Ok(false)
}
