//! Bytes in a signed envelope, whatever they say: profiles and releases are in one each.
//!
//! The layout: a line that says what kind it is, the signer's Ed25519 public key (32 bytes), the length of the content (`u32`,
//! little-endian), the content, and a signature (64 bytes) over everything in front of it. The line opens the signed bytes, so that a
//! signature made for one kind can never pass for one over another. The signature is checked first and the content parsed second.

use ring::signature::{ED25519, UnparsedPublicKey};

use crate::signed::{KeyId, SigningKey};

const PUBLIC_KEY_BYTES: usize = 32;
const SIGNATURE_BYTES: usize = 64;
/// What an envelope has beside its line and its content.
pub(crate) const AROUND_BYTES: usize = PUBLIC_KEY_BYTES + 4 + SIGNATURE_BYTES;

/// Why an envelope is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// It does not begin like one of its kind.
    #[error("not a signed envelope of this kind")]
    Kind,
    /// Longer than any of its kind.
    #[error("longer than the {0} bytes it may have")]
    TooLong(usize),
    /// Cut off, or with something behind its end.
    #[error("it has {found} bytes, where it says {announced}")]
    WrongLength {
        /// Bytes it should have.
        announced: u64,
        /// Bytes it has.
        found: usize,
    },
    /// Somebody else's signature.
    #[error("signed by {0}, which is not a key to trust")]
    NotTrusted(KeyId),
    /// The bytes are not those that were signed.
    #[error("the signature does not hold: it was altered")]
    Signature,
}

/// The content in an envelope signed by `key`.
///
/// # Panics
/// For a content of 4 GiB and more: every kind has its cap.
pub(crate) fn seal(line: &[u8], content: &[u8], key: &SigningKey) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("every kind of content is capped");
    let mut bytes = Vec::with_capacity(line.len() + AROUND_BYTES + content.len());
    bytes.extend_from_slice(line);
    bytes.extend_from_slice(key.id().public_key());
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(content);
    let signature = key.sign(&bytes);
    bytes.extend_from_slice(&signature);
    bytes
}

/// Whose signature an envelope claims to have. Only [`open`] tells whether that is true.
pub(crate) fn signer(line: &[u8], bytes: &[u8]) -> Result<KeyId, EnvelopeError> {
    let rest = bytes.strip_prefix(line).ok_or(EnvelopeError::Kind)?;
    rest.first_chunk().copied().map(KeyId::from_public_key).ok_or(EnvelopeError::Kind)
}

/// The content of this envelope and whose key signed it, if `trusted` says yes to that key.
pub(crate) fn open<'a>(
    line: &[u8],
    max: usize,
    bytes: &'a [u8],
    trusted: impl FnOnce(&KeyId) -> bool,
) -> Result<(&'a [u8], KeyId), EnvelopeError> {
    if bytes.len() > max {
        return Err(EnvelopeError::TooLong(max));
    }
    let rest = bytes.strip_prefix(line).ok_or(EnvelopeError::Kind)?;
    let (public, rest) = rest.split_first_chunk::<PUBLIC_KEY_BYTES>().ok_or(EnvelopeError::Kind)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(EnvelopeError::Kind)?;
    let key = KeyId::from_public_key(*public);
    if !trusted(&key) {
        return Err(EnvelopeError::NotTrusted(key));
    }
    let head = bytes.len() - rest.len();
    let announced = head as u64 + u64::from(u32::from_le_bytes(*length)) + SIGNATURE_BYTES as u64;
    if announced != bytes.len() as u64 {
        return Err(EnvelopeError::WrongLength { announced, found: bytes.len() });
    }
    let (signed, signature) = bytes.split_at(bytes.len() - SIGNATURE_BYTES);
    UnparsedPublicKey::new(&ED25519, public).verify(signed, signature).map_err(|_| EnvelopeError::Signature)?;
    Ok((&signed[head..], key))
}
