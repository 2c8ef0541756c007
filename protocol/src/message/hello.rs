//! The first words with the relay: versions, and what the program is.

use serde::{Deserialize, Serialize};

use super::ShownText;
use crate::{id::TenantId, version::VersionRange};

/// Opens the control stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// What the program speaks.
    pub versions: VersionRange,
    /// The company its profile belongs to.
    pub tenant: TenantId,
    /// The program's version and system, for the operator's eyes: `0.1.0 linux`.
    pub program: ShownText,
}

/// The relay speaks a common version and goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The version spoken from here on.
    pub version: u16,
    /// The company's name.
    pub company: ShownText,
    /// The relay's clock, in milliseconds since 1970 UTC: protocol times follow it.
    pub now_unix_ms: u64,
}

/// Why the relay does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// No common version: the program is older or newer than the relay.
    #[error("the relay speaks versions {} to {}", .0.oldest, .0.newest)]
    Version(VersionRange),
    /// The relay serves no such company.
    #[error("the relay does not serve this company")]
    UnknownTenant,
    /// The relay has no room; come back later.
    #[error("the relay is full")]
    Busy,
    /// Something was said that cannot be said here.
    #[error("the relay did not accept what the program said")]
    Violation,
}
