//! Which program opens links of a scheme of ours, for this user alone: nothing that needs an administrator is touched.
//!
//! The program is started as `PROGRAM -- LINK`: what stands behind the two dashes is never taken for an option, whoever wrote the link.

use std::{io, path::Path};

#[cfg(target_os = "linux")]
#[path = "scheme/freedesktop.rs"]
mod os;
#[cfg(not(any(target_os = "linux", windows)))]
#[path = "scheme/none.rs"]
mod os;
#[cfg(windows)]
#[path = "scheme/windows.rs"]
mod os;

/// Has links of this scheme opened by this program from now on. May take a second: the system's own tools are asked.
///
/// # Errors
/// The path or the name cannot be written down, the user's settings cannot be written, or the tool that they need is not there.
pub fn answer(scheme: &str, name: &str, program: &Path) -> io::Result<()> {
    let program = program.to_str().ok_or_else(|| io::Error::other("the program's path is not UTF-8"))?;
    if [program, name].iter().any(|text| text.chars().any(char::is_control)) {
        return Err(io::Error::other("a control character in the program's path or name"));
    }
    os::answer(scheme, name, program)
}

/// Takes that back, where links of this scheme are opened by this program: what another program has registered since is left alone. Whether
/// there was anything to take back.
///
/// # Errors
/// The user's settings cannot be changed.
pub fn forget(scheme: &str, program: &Path) -> io::Result<bool> {
    let Some(program) = program.to_str() else { return Ok(false) };
    os::forget(scheme, program)
}
