//! A profile in its signed envelope.
//!
//! The layout is that of every signed envelope (`envelope.rs`), the content the profile's JSON.

use std::fmt;

use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use zeroize::Zeroizing;

use crate::{
    envelope::{self, EnvelopeError},
    profile::{MAX_JSON_BYTES, Profile, ProfileError},
    spelling::Hex,
};

/// A signed profile, in bytes.
pub const MAX_BUNDLE_BYTES: usize = 1024 * 1024;

const MAGIC: &[u8; 15] = b"AMPAROPROFILE1\n";
const PUBLIC_KEY_BYTES: usize = 32;
const SIGNATURE_BYTES: usize = 64;

const _: () = assert!(MAGIC.len() + envelope::AROUND_BYTES + MAX_JSON_BYTES <= MAX_BUNDLE_BYTES);

/// The key that signs a tenant's profiles.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    pkcs8: Zeroizing<Vec<u8>>,
}

/// Whose key signed a profile: the Ed25519 public key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; PUBLIC_KEY_BYTES]);

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    NoRandomness,
    /// Not an Ed25519 key in PKCS#8.
    #[error("not an Ed25519 key in PKCS#8")]
    NotAKey,
}

/// Why a file is not a profile to be trusted.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It does not begin like a profile.
    #[error("not a signed profile")]
    NotAProfile,
    /// Longer than any profile.
    #[error("longer than the {MAX_BUNDLE_BYTES} bytes a signed profile may have")]
    TooLong,
    /// Cut off, or with something behind its end.
    #[error("the signed profile has {found} bytes, where it says {announced}")]
    WrongLength {
        /// Bytes it should have.
        announced: u64,
        /// Bytes it has.
        found: usize,
    },
    /// Somebody else's signature.
    #[error("signed by {0}, which is not the key to trust")]
    NotTrusted(KeyId),
    /// The bytes are not those that were signed.
    #[error("the signature does not hold: the file was altered")]
    Signature,
    /// Signed, and still not a profile.
    #[error("the signed profile cannot be read")]
    Profile(#[from] ProfileError),
}

impl SigningKey {
    /// A new key from the system's random bytes.
    pub fn generate() -> Result<Self, KeyError> {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyError::NoRandomness)?;
        Self::from_pkcs8(pkcs8.as_ref())
    }

    /// The key in these bytes (PKCS#8, version 1 or 2, DER).
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map_err(|_| KeyError::NotAKey)?;
        Ok(Self { pair, pkcs8: Zeroizing::new(pkcs8.to_vec()) })
    }

    /// The key as PKCS#8 in DER, to be kept where only its owner can read it.
    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        self.pkcs8.clone()
    }

    /// The public half, which programs trust.
    pub fn id(&self) -> KeyId {
        let mut public = [0; PUBLIC_KEY_BYTES];
        public.copy_from_slice(self.pair.public_key().as_ref());
        KeyId(public)
    }
}

impl SigningKey {
    /// A signature over bytes that begin with a line of their own kind.
    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let mut signature = [0; SIGNATURE_BYTES];
        signature.copy_from_slice(self.pair.sign(bytes).as_ref());
        signature
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.id())
    }
}

impl KeyId {
    /// The key with this public half.
    pub fn from_public_key(public: [u8; PUBLIC_KEY_BYTES]) -> Self {
        Self(public)
    }

    /// The public key itself.
    pub fn public_key(&self) -> &[u8; PUBLIC_KEY_BYTES] {
        &self.0
    }
}

/// Shown by the first 16 hexadecimal digits of its SHA-256, in groups of four.
impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = digest(&SHA256, &self.0);
        let [a, b, c, d] = [0, 2, 4, 6].map(|at| Hex(&digest.as_ref()[at..at + 2]));
        write!(f, "{a} {b} {c} {d}")
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// The profile in an envelope signed by `key`.
pub fn sign(profile: &Profile, key: &SigningKey) -> Vec<u8> {
    envelope::seal(MAGIC, &profile.to_json(), key)
}

/// Whose signature an envelope claims to have. Only [`open`] tells whether that is true.
pub(crate) fn signer(bytes: &[u8]) -> Result<KeyId, BundleError> {
    Ok(envelope::signer(MAGIC, bytes)?)
}

/// The profile in this envelope and whose key signed it.
///
/// With `trusted`, only that key's signature is accepted. Without, any key's is: the bytes are then known to be unaltered since that
/// key signed them, and whether to trust the key is the caller's question.
pub fn open(bytes: &[u8], trusted: Option<&[u8; 32]>) -> Result<(Profile, KeyId), BundleError> {
    let wanted = |key: &KeyId| trusted.is_none_or(|trusted| trusted == key.public_key());
    let (json, key) = envelope::open(MAGIC, MAX_BUNDLE_BYTES, bytes, wanted)?;
    Ok((Profile::parse(json)?, key))
}

impl From<EnvelopeError> for BundleError {
    fn from(error: EnvelopeError) -> Self {
        match error {
            EnvelopeError::Kind => Self::NotAProfile,
            EnvelopeError::TooLong(_) => Self::TooLong,
            EnvelopeError::WrongLength { announced, found } => Self::WrongLength { announced, found },
            EnvelopeError::NotTrusted(key) => Self::NotTrusted(key),
            EnvelopeError::Signature => Self::Signature,
        }
    }
}
