//! A tenant's root: the certificate every customer's program knows, and whether one may become it.

use jiff::Timestamp;
use ring::digest;
use rustls_pki_types::{CertificateDer, pem::PemObject};
use x509_parser::prelude::{FromDer, X509Certificate};

/// A certificate that can be a tenant's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    der: Vec<u8>,
    key: Vec<u8>,
}

/// Why a certificate cannot be a tenant's root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RootError {
    /// Not X.509.
    #[error("it is not a certificate")]
    NotACertificate,
    /// May not sign others.
    #[error("it is not a certificate authority's: make one with `amparo-brand root new`")]
    NotAnAuthority,
    /// Not signed with its own key.
    #[error("it is not its own root")]
    NotSelfSigned,
    /// Not valid at this time.
    #[error("it is expired, or not valid yet")]
    Expired,
}

impl Root {
    /// Reads a root from PEM or DER and checks that it can be one now.
    ///
    /// # Errors
    /// See [`RootError`].
    pub fn read(bytes: &[u8], now: Timestamp) -> Result<Self, RootError> {
        let der = CertificateDer::from_pem_slice(bytes).map_or_else(|_| bytes.to_vec(), |der| der.to_vec());
        let (rest, certificate) = X509Certificate::from_der(&der).map_err(|_| RootError::NotACertificate)?;
        if !rest.is_empty() {
            return Err(RootError::NotACertificate);
        }
        let signs = certificate.key_usage().ok().flatten().is_some_and(|usage| usage.value.key_cert_sign());
        if !certificate.is_ca() || !signs {
            return Err(RootError::NotAnAuthority);
        }
        certificate.verify_signature(None).map_err(|_| RootError::NotSelfSigned)?;
        let validity = certificate.validity();
        if !(validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&now.as_second()) {
            return Err(RootError::Expired);
        }
        let key = certificate.public_key().raw.to_vec();
        Ok(Self { key, der })
    }

    /// The certificate, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its public key, SubjectPublicKeyInfo in DER.
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// SHA-256 of a root's certificate in hexadecimal: what files of requests name it by.
    pub fn id_of(der: &[u8]) -> String {
        digest::digest(&digest::SHA256, der).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
