//! What each end of a session signs when it is over, so that nobody can claim another session later.

use serde::{Deserialize, Serialize};

use super::{directory::Opaque, grant::Grants, pairing::CloseReason};
use crate::limits;

/// What the signer alone can know. What the relay knows as well (company, session, protocol number, whose word it is) is signed with it
/// and is not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What was ever allowed.
    pub granted: Grants,
    /// When it began, by the relay's clock, in milliseconds since 1970 UTC.
    pub started_unix_ms: u64,
    /// When it ended, by the relay's clock, in milliseconds since 1970 UTC.
    pub ended_unix_ms: u64,
    /// Times the connection was lost and came back.
    pub reconnects: u32,
    /// Why it ended.
    pub why: CloseReason,
    /// Stands for the inner connection on which it began: only its two ends can compute it.
    pub connection: [u8; 32],
    /// SHA-256 of the customer's public key on that connection (SubjectPublicKeyInfo in DER).
    pub customer_key: [u8; 32],
    /// SHA-256 of the attendant's.
    pub attendant_key: [u8; 32],
}

/// A signed statement about a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// What is signed.
    pub told: Told,
    /// Whose key.
    pub key: SignerKey,
    /// ECDSA on P-256 with SHA-256, in DER.
    pub signature: Opaque,
}

/// What a signature is checked with, in DER, at most [`limits::CERTIFICATE_BYTES`]: the customer's SubjectPublicKeyInfo or the
/// attendant's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct SignerKey(Vec<u8>);

impl SignerKey {
    /// The DER bytes.
    pub fn der(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<Vec<u8>> for SignerKey {
    type Error = &'static str;
    fn try_from(der: Vec<u8>) -> Result<Self, &'static str> {
        if der.len() <= limits::CERTIFICATE_BYTES { Ok(Self(der)) } else { Err("a key that is too long") }
    }
}

impl From<SignerKey> for Vec<u8> {
    fn from(key: SignerKey) -> Vec<u8> {
        key.0
    }
}
