//! A newer program: whether there is one, and its bytes, part by part.
//!
//! What the relay says here is never believed: the release is signed elsewhere, and the program is looked at when all of it is there.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{id::AppId, limits};

/// A system that programs are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum System {
    /// Linux, x86-64.
    Linux,
    /// Windows, x86-64.
    Windows,
}

/// Is there a newer program than this one?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskUpdate {
    /// The app of its profile.
    pub app: AppId,
    /// Its system.
    pub system: System,
    /// Major, minor, patch of its version.
    pub version: [u16; 3],
}

/// Whether there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum UpdateIs {
    /// None that this relay knows of.
    None,
    /// There is.
    Newer(Newer),
}

/// A newer program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newer {
    /// The signed statement that it is real.
    pub release: Release,
    /// The digest of the file with this app's brand: it names what is fetched.
    pub sha256: [u8; 32],
    /// The file's length in bytes.
    pub bytes: u64,
    /// The company wants it installed without a question, when nobody uses the program.
    pub quietly: bool,
}

/// A signed release, at most [`limits::RELEASE_BYTES`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct Release(Vec<u8>);

impl Release {
    /// The bytes as they are.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<Vec<u8>> for Release {
    type Error = &'static str;
    fn try_from(bytes: Vec<u8>) -> Result<Self, &'static str> {
        if bytes.len() <= limits::RELEASE_BYTES { Ok(Self(bytes)) } else { Err("a release that is too long") }
    }
}

impl From<Release> for Vec<u8> {
    fn from(release: Release) -> Vec<u8> {
        release.0
    }
}

impl fmt::Debug for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Release({} bytes)", self.0.len())
    }
}

/// Asks for the part of an offered file that begins here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchUpdate {
    /// The app of the program's profile.
    pub app: AppId,
    /// Its system.
    pub system: System,
    /// As offered.
    pub sha256: [u8; 32],
    /// Bytes of it that are there already.
    pub from: u64,
}

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum UpdatePart {
    /// Its bytes.
    Bytes {
        /// Where it begins.
        from: u64,
        /// What there is, not empty before the file's end.
        bytes: Part,
    },
    /// This file is no longer offered: ask anew.
    Gone,
    /// Many are fetching: again after this many seconds.
    Later {
        /// Seconds to wait.
        retry_after_s: u32,
    },
}

/// Bytes of a file, at most [`limits::UPDATE_PART_BYTES`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct Part(Vec<u8>);

impl Part {
    /// The bytes as they are.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<Vec<u8>> for Part {
    type Error = &'static str;
    fn try_from(bytes: Vec<u8>) -> Result<Self, &'static str> {
        if bytes.len() <= limits::UPDATE_PART_BYTES { Ok(Self(bytes)) } else { Err("a part that is too long") }
    }
}

impl From<Part> for Vec<u8> {
    fn from(part: Part) -> Vec<u8> {
        part.0
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Part({} bytes)", self.0.len())
    }
}
