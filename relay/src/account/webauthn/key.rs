//! Public keys of passkeys: COSE (RFC 9052 section 7, RFC 9053 section 7, RFC 8230 section 4) to `ring`.
//!
//! Exactly the parameters of each kind, as WebAuthn 6.5.1 asks, and the curves of 5.8.5.

use ciborium::Value;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

use super::{Refused, cbor};

const KIND: i64 = 1;
const ALGORITHM: i64 = 3;
/// The longest RSA number: 8192 bits, as many as `ring` takes.
const MODULUS_BYTES: usize = 1024;

/// The public key of a passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// ECDSA on P-256 with SHA-256: the point, uncompressed.
    Es256([u8; 65]),
    /// Ed25519.
    Ed25519([u8; 32]),
    /// RSA with PKCS 1 v1.5 and SHA-256: modulus and exponent.
    Rs256(Vec<u8>, Vec<u8>),
}

impl PublicKey {
    /// Reads a key.
    ///
    /// # Errors
    /// `Unreadable` or `Key`.
    pub(super) fn read(cose: &[u8]) -> Result<Self, Refused> {
        let value = cbor::whole(cose)?;
        let map = value.as_map().ok_or(Refused::Key)?;
        let of = |name: i64| map.iter().find(|(key, _)| number(key) == Some(name)).map(|(_, value)| value);
        let is = |name, what| of(name).and_then(number) == Some(what);
        let bytes = |name| of(name).and_then(Value::as_bytes).map(Vec::as_slice).ok_or(Refused::Key);
        let side = |name| <[u8; 32]>::try_from(bytes(name)?).map_err(|_| Refused::Key);
        match map.len() {
            5 if is(KIND, 2) && is(ALGORITHM, -7) && is(-1, 1) => {
                let mut point = [4; 65];
                point[1..33].copy_from_slice(&side(-2)?);
                point[33..].copy_from_slice(&side(-3)?);
                Ok(Self::Es256(point))
            }
            4 if is(KIND, 1) && is(ALGORITHM, -8) && is(-1, 6) => Ok(Self::Ed25519(side(-2)?)),
            4 if is(KIND, 3) && is(ALGORITHM, -257) => {
                let (modulus, exponent) = (bytes(-1)?, bytes(-2)?);
                let plain = |number: &[u8]| number.first().is_some_and(|first| *first != 0);
                let fits = (256..=MODULUS_BYTES).contains(&modulus.len()) && (1..=5).contains(&exponent.len());
                if !fits || !plain(modulus) || !plain(exponent) {
                    return Err(Refused::Key);
                }
                Ok(Self::Rs256(modulus.to_vec(), exponent.to_vec()))
            }
            _ => Err(Refused::Key),
        }
    }

    /// Its number in COSE.
    pub(super) fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => -7,
            Self::Ed25519(_) => -8,
            Self::Rs256(..) => -257,
        }
    }

    /// Whether it has signed this.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Es256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature),
            Self::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            Self::Rs256(n, e) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        }
        .is_ok()
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_integer().and_then(|number| i64::try_from(i128::from(number)).ok())
}
