//! A release: which programs of a version are the real ones, signed where no server can reach.
//!
//! The layout is that of every signed envelope (`envelope.rs`), the content the release's JSON in a closed schema. It names a program by its code
//! ([`crate::code`]), so that one release is good for every brand. It has no address, path or name of a file in it.
//!
//! A program trusts the keys it was compiled with and no other: [`Standing::keys`]. An empty list trusts nobody.

use serde::{Deserialize, Serialize};

use crate::{
    carried::{self, Carried, CarriedError, MAX_PROGRAM_BYTES},
    code::{self, NotTold, System},
    envelope::{self, EnvelopeError},
    signed::{KeyId, SigningKey},
    spelling,
    version::{self, Version},
};

/// A signed release, in bytes.
pub const MAX_RELEASE_BYTES: usize = 16 * 1024;
/// What a release is of.
pub const PRODUCT: &str = "amparo";
/// The channel that programs follow.
pub const CHANNEL: &str = "stable";
/// A brand and a code signature make a program this much longer at most, in bytes.
pub const MAX_BRAND_BYTES: u64 = 4 * 1024 * 1024;
/// A clock that is this much behind is not taken for a sign that something is wrong, in seconds.
const CLOCKS_DIFFER_S: u64 = 24 * 3600;

const LINE: &[u8] = b"AMPARORELEASE1\n";
const MAX_KEYS: usize = 16;
const MAX_RINGS: usize = 16;

/// What a release says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// [`PRODUCT`].
    pub product: String,
    /// [`CHANNEL`], or another that programs of this one do not take.
    pub channel: String,
    /// The version of its programs.
    pub version: Version,
    /// Programs never go to a version below this one again.
    pub minimum: Version,
    /// When it was made, in seconds since 1970 UTC.
    pub made_at_unix_s: u64,
    /// Until when it may be installed, in seconds since 1970 UTC.
    pub valid_until_unix_s: u64,
    /// How many take it from when on; empty: all at once.
    #[serde(default)]
    pub rings: Vec<Ring>,
    /// Keys that are trusted no longer, although programs were compiled with them.
    #[serde(default)]
    pub revoked: Vec<Revoked>,
    /// One a system.
    pub programs: Vec<Program>,
}

impl Release {
    /// What an envelope has in it. [`parse`] reads it.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a release is plain data")
    }
}

/// From when on how many take a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ring {
    /// Of a hundred programs.
    pub percent: u8,
    /// In seconds since 1970 UTC.
    pub from_unix_s: u64,
}

/// The public half of a key that is trusted no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revoked(#[serde(with = "spelling::hex")] pub [u8; 32]);

/// The program of a system, before it gets a brand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// For which.
    pub system: System,
    /// Its length in bytes.
    pub bytes: u64,
    /// The digest of the whole file, for whoever gives it brands.
    #[serde(with = "spelling::hex")]
    pub sha256: [u8; 32],
    /// The digest of its code, for whoever installs it: see [`code::digest`].
    #[serde(with = "spelling::hex")]
    pub code_sha256: [u8; 32],
}

impl Program {
    /// The one in this file, and its version.
    pub fn of(file: &[u8]) -> Result<(Self, Version), ReleaseError> {
        let system = System::of(file).ok_or(ReleaseError::NotAProgram)?;
        if file.len() > MAX_PROGRAM_BYTES {
            return Err(ReleaseError::TooLarge);
        }
        if !matches!(carried::carried(file), Ok(None)) {
            return Err(ReleaseError::Branded);
        }
        let version = version::of_program(file).ok_or(ReleaseError::NoVersion)?;
        let sha256 = ring::digest::digest(&ring::digest::SHA256, file);
        let sha256 = sha256.as_ref().try_into().map_err(|_| ReleaseError::NotAProgram)?;
        Ok((Self { system, bytes: file.len() as u64, sha256, code_sha256: code::digest(file)? }, version))
    }
}

/// Why a release cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// Neither for Linux nor for Windows of 64 bits.
    #[error("it is no program for Linux or Windows of 64 bits")]
    NotAProgram,
    /// Larger than any program of ours.
    #[error("it has more than {MAX_PROGRAM_BYTES} bytes")]
    TooLarge,
    /// Releases are of programs without a brand.
    #[error("it has a brand already, or a damaged one: release the template it was made from")]
    Branded,
    /// There is no mark in it, or there are two.
    #[error("it does not say which version it is of")]
    NoVersion,
    /// See [`NotTold`].
    #[error(transparent)]
    Code(#[from] NotTold),
}

/// A release, in an envelope signed by `key`.
pub fn sign(release: &Release, key: &SigningKey) -> Vec<u8> {
    envelope::seal(LINE, &release.to_json(), key)
}

/// Why a release, or the program that came with it, is not installed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// This program was compiled without a key: it takes no updates.
    #[error("this program was built without a release key and takes no updates")]
    NoKeys,
    /// Not signed by a key to trust, or not what was signed.
    #[error("the release is not one to trust")]
    Envelope(#[source] EnvelopeError),
    /// Signed by a key that an earlier release has revoked.
    #[error("the release is signed by {0}, which was revoked")]
    RevokedKey(KeyId),
    /// Signed, and not in the schema.
    #[error("the release cannot be read")]
    Unreadable(#[source] serde_json::Error),
    /// Of something else.
    #[error("the release is of {0:?}, not of this program")]
    OtherProduct(String),
    /// Of another channel.
    #[error("the release is of the channel {0:?}")]
    OtherChannel(String),
    /// Its time is over, or this computer's clock is ahead.
    #[error("the release may no longer be installed, or this computer's clock is wrong")]
    Expired,
    /// Made later than this computer says it is.
    #[error("the release is made later than this computer says it is")]
    FromTheFuture,
    /// It is what runs, or older.
    #[error("version {0} is not newer than this one")]
    NotNewer(Version),
    /// A newer one was seen, or a release that allows none so old.
    #[error("version {version} is below {floor}, the newest seen or the oldest allowed")]
    BelowFloor {
        /// The release's.
        version: Version,
        /// What it is below.
        floor: Version,
    },
    /// Others take it first.
    #[error("the release is not for this computer yet")]
    NotYet,
    /// It was installed here and did not start.
    #[error("version {0} did not start on this computer")]
    FailedBefore(Version),
    /// There is no program of this system in it.
    #[error("the release has no program for this system")]
    OtherSystem,
    /// What came with it has not the length it may have.
    #[error("the new program has {found} bytes, where {allowed} are allowed")]
    Length {
        /// Bytes it has.
        found: u64,
        /// Bytes it may have.
        allowed: u64,
    },
    /// What came with it cannot be looked at.
    #[error("the new program cannot be read")]
    Program(#[from] NotTold),
    /// What came with it is another program.
    #[error("the new program is not the released one")]
    OtherCode,
    /// What came with it says another version than the release.
    #[error("the new program does not say that it is version {0}")]
    OtherVersion(Version),
    /// What came with it has no brand that holds.
    #[error("the new program's brand does not hold")]
    Brand(#[from] CarriedError),
    /// What came with it is of another company or app, older, or has no brand.
    #[error("the new program has another brand than this one")]
    OtherBrand,
}

/// The release in this envelope, whoever signed it: for those who hand it on. Whoever installs it asks [`Standing::open`].
pub fn read(bytes: &[u8]) -> Result<Trusted, Refused> {
    let (json, key) = envelope::open(LINE, MAX_RELEASE_BYTES, bytes, |_| true).map_err(Refused::Envelope)?;
    Ok(Trusted { release: parse(json)?, key })
}

/// The release in this JSON, which is what an envelope has in it: whether anybody signed it is not asked.
pub fn parse(json: &[u8]) -> Result<Release, Refused> {
    let release: Release = serde_json::from_slice(json).map_err(Refused::Unreadable)?;
    if release.revoked.len() > MAX_KEYS || release.rings.len() > MAX_RINGS || release.programs.len() > MAX_KEYS {
        return Err(Refused::Unreadable(serde::de::Error::custom("a list in it is too long")));
    }
    Ok(release)
}

/// Who is asked to take a release.
#[derive(Debug, Clone)]
pub struct Standing<'a> {
    /// Keys whose releases are taken.
    pub keys: &'a [KeyId],
    /// Those of them that an earlier release has revoked.
    pub revoked: &'a [KeyId],
    /// The version that runs.
    pub version: Version,
    /// The newest version seen in any release that was to be trusted, or the oldest that one allowed.
    pub floor: Version,
    /// A version that was installed and did not start.
    pub failed: Option<Version>,
    /// This program's place among a hundred, from 0 on.
    pub draw: u8,
    /// Its system.
    pub system: System,
    /// In seconds since 1970 UTC.
    pub now_unix_s: u64,
}

/// A release with a signature that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// What it says.
    pub release: Release,
    /// Whose signature it has.
    pub key: KeyId,
}

impl Standing<'_> {
    /// The release in this envelope, if its signature is one to trust. Its time and version are [`Self::judge`]'s.
    pub fn open(&self, bytes: &[u8]) -> Result<Trusted, Refused> {
        if self.keys.is_empty() {
            return Err(Refused::NoKeys);
        }
        let known = |key: &KeyId| self.keys.contains(key);
        let (json, key) = envelope::open(LINE, MAX_RELEASE_BYTES, bytes, known).map_err(Refused::Envelope)?;
        if self.revoked.contains(&key) {
            return Err(Refused::RevokedKey(key));
        }
        Ok(Trusted { release: parse(json)?, key })
    }

    /// The program to install now.
    pub fn judge(&self, trusted: &Trusted) -> Result<Program, Refused> {
        let release = &trusted.release;
        if release.product != PRODUCT {
            return Err(Refused::OtherProduct(release.product.clone()));
        }
        if release.channel != CHANNEL {
            return Err(Refused::OtherChannel(release.channel.clone()));
        }
        if release.made_at_unix_s > self.now_unix_s.saturating_add(CLOCKS_DIFFER_S) {
            return Err(Refused::FromTheFuture);
        }
        if release.valid_until_unix_s < self.now_unix_s {
            return Err(Refused::Expired);
        }
        let (version, floor) = (release.version, self.floor.max(release.minimum));
        if version < floor {
            return Err(Refused::BelowFloor { version, floor });
        }
        if version <= self.version {
            return Err(Refused::NotNewer(version));
        }
        if self.failed == Some(version) {
            return Err(Refused::FailedBefore(version));
        }
        let now = |ring: &&Ring| ring.from_unix_s <= self.now_unix_s;
        let percent = release.rings.iter().filter(now).map(|ring| ring.percent).max().unwrap_or(0);
        if !release.rings.is_empty() && self.draw >= percent {
            return Err(Refused::NotYet);
        }
        let program = release.programs.iter().find(|program| program.system == self.system);
        program.copied().ok_or(Refused::OtherSystem)
    }
}

impl Program {
    /// Bytes that a branded file of it may have.
    pub fn allowed_bytes(&self) -> u64 {
        self.bytes.saturating_add(MAX_BRAND_BYTES).min(MAX_PROGRAM_BYTES as u64)
    }

    /// Is this length one that a branded file of it can have?
    pub fn check_length(&self, found: u64) -> Result<(), Refused> {
        let allowed = self.allowed_bytes();
        if found == 0 || found > allowed { Err(Refused::Length { found, allowed }) } else { Ok(()) }
    }

    /// Is this file the program, as `version`, with a brand of the company and app that `own` has, and none older?
    pub fn check(&self, file: &[u8], version: Version, own: &Carried) -> Result<(), Refused> {
        self.check_length(file.len() as u64)?;
        if code::digest(file)? != self.code_sha256 {
            return Err(Refused::OtherCode);
        }
        if version::of_program(file) != Some(version) {
            return Err(Refused::OtherVersion(version));
        }
        let same = match (carried::carried(file)?, own) {
            (Some(Carried::Profile(new, new_key)), Carried::Profile(old, key)) => {
                new_key == *key
                    && (new.tenant, new.app) == (old.tenant, old.app)
                    && new.root == old.root
                    && new.serial >= old.serial
            }
            (Some(Carried::Pin(new)), Carried::Pin(old)) => new == *old,
            _ => false,
        };
        if same { Ok(()) } else { Err(Refused::OtherBrand) }
    }
}
