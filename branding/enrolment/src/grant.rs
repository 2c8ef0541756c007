//! The proof with which a program takes a one-time grant: that it holds the key of an attendant's certificate, on this connection.

use jiff::Timestamp;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::certificate::{Attendant, EnrolError, check};

/// What a proof is bound to.
#[derive(Debug, Clone, Copy)]
pub struct Bound<'a> {
    /// From the connection's TLS exporter: a proof is worth nothing on another connection.
    pub exporter: &'a [u8; 32],
    /// The grant.
    pub grant: &'a [u8],
}

/// Label of the connection's exporter.
pub const EXPORTER_LABEL: &[u8] = b"EXPERIMENTAL amparo grant v1";

/// What is signed.
pub fn grant_message(bound: Bound<'_>) -> Vec<u8> {
    [b"amparo one-time grant v1".as_slice(), bound.exporter, bound.grant].concat()
}

/// Checks that the certificate is this attendant's, under this root and good now, and that its key made this signature.
///
/// # Errors
/// [`EnrolError::Wrong`].
pub fn verify_grant(
    root: &[u8],
    attendant: &Attendant,
    certificate: &[u8],
    bound: Bound<'_>,
    signature: &[u8],
    now: Timestamp,
) -> Result<(), EnrolError> {
    let unreadable = EnrolError::Wrong("it cannot be read");
    let Ok((_, leaf)) = X509Certificate::from_der(certificate) else { return Err(unreadable) };
    check(root, attendant, leaf.public_key().raw, certificate, now)?;
    let point = leaf.public_key().subject_public_key.as_ref();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
        .verify(&grant_message(bound), signature)
        .map_err(|_| EnrolError::Wrong("the program does not hold its key"))
}
