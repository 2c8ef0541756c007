//! Key files: written whole or not at all, readable by their owner only, refused when others can read them.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read or written.
    #[error("{doing} {}", path.display())]
    Io {
        /// `reading` or `writing`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others on this machine can read it.
    #[error("{} can be read by others on this machine: chmod 600 it, and think about who may have copied it", path.display())]
    Open {
        /// The file.
        path: PathBuf,
    },
}

pub(super) fn read_public(path: &Path) -> Result<Vec<u8>, KeyFileError> {
    fs::read(path).map_err(|source| KeyFileError::Io { doing: "reading", path: path.to_owned(), source })
}

pub(super) fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let failed = |source| KeyFileError::Io { doing: "reading", path: path.to_owned(), source };
    if open_to_others(&fs::metadata(path).map_err(failed)?) {
        return Err(KeyFileError::Open { path: path.to_owned() });
    }
    Ok(Zeroizing::new(fs::read(path).map_err(failed)?))
}

pub(super) fn write_public(path: &Path, bytes: &[u8]) -> Result<(), KeyFileError> {
    write(path, bytes, 0o644)
}

pub(super) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), KeyFileError> {
    write(path, bytes, 0o600)
}

/// Through a neighbour that is renamed: a crash leaves the whole file or none.
fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), KeyFileError> {
    let failed = |source| KeyFileError::Io { doing: "writing", path: path.to_owned(), source };
    let new = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    restrict(&mut options, mode);
    let mut file = options.open(&new).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&new, path).map_err(failed)
}

#[cfg(unix)]
fn restrict(options: &mut fs::OpenOptions, mode: u32) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(mode);
}

#[cfg(unix)]
fn open_to_others(file: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.permissions().mode() & 0o077 != 0
}

/// Elsewhere the folder's access list decides; `doctor` shows where it is.
#[cfg(not(unix))]
fn restrict(_options: &mut fs::OpenOptions, _mode: u32) {}

#[cfg(not(unix))]
fn open_to_others(_file: &fs::Metadata) -> bool {
    false
}
