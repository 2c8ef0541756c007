//! An attendant's key: what a certificate is asked for with, and what proves to customers and to the relay whose program this is.

use std::sync::Arc;

use enrolment::{Attendant, Bound, Fingerprint, grant_message};
use protocol::{
    id::OperatorId,
    message::{
        directory::{CertificateChain, Opaque},
        pairing::Role,
    },
};
use rcgen::PublicKeyData as _;
use ring::{rand::SystemRandom, signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::{
    record::{Signer, Witness},
    secure::SecureError,
};

/// An attendant's key and certificate chain.
#[derive(Clone)]
pub struct Identity {
    /// The attendant.
    pub operator: OperatorId,
    /// Milliseconds since 1970 UTC at which the certificate is worthless.
    pub expires_unix_ms: u64,
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: Arc<PrivateKeyDer<'static>>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("operator", &self.operator).finish_non_exhaustive()
    }
}

impl Identity {
    /// The certificates, as the relay takes them.
    pub fn chain(&self) -> Result<CertificateChain, SecureError> {
        let ders: Vec<Vec<u8>> = self.chain.iter().map(|der| der.to_vec()).collect();
        CertificateChain::try_from(ders).map_err(|error| SecureError::Own(error.to_owned()))
    }

    /// SHA-256 of the certificate's key.
    pub(super) fn key_hash(&self) -> Result<[u8; 32], SecureError> {
        let key = self.chain.first().and_then(|leaf| enrolment::key_of(leaf));
        key.map(|(spki, _)| enrolment::key_hash(&spki)).ok_or(SecureError::Certificate("it cannot be read"))
    }

    /// What signs the record of a session with this certificate's key. `None`: the certificate does not say whose it is.
    pub fn signer(&self, witness: Witness) -> Option<Signer> {
        let leaf = self.chain.first()?;
        let (tenant, _) = enrolment::named(leaf)?;
        Some(Signer::new(tenant, Role::Attendant, witness, self.key.clone(), leaf.as_ref().into()))
    }

    /// Proves on this connection that this program holds the certificate's key.
    pub fn prove(&self, exporter: &[u8; 32], grant: &[u8]) -> Result<Opaque, SecureError> {
        let own = |error: &dyn std::fmt::Display| SecureError::Own(error.to_string());
        let random = SystemRandom::new();
        let algorithm = &signature::ECDSA_P256_SHA256_ASN1_SIGNING;
        let key =
            signature::EcdsaKeyPair::from_pkcs8(algorithm, self.key.secret_der(), &random).map_err(|e| own(&e))?;
        let proof = key.sign(&random, &grant_message(Bound { exporter, grant })).map_err(|e| own(&e))?;
        Opaque::try_from(proof.as_ref().to_vec()).map_err(|e| own(&e))
    }
}

/// A key for which a certificate is asked.
pub struct EnrolmentKey {
    key: rcgen::KeyPair,
}

impl EnrolmentKey {
    /// A new key.
    pub fn generate() -> Result<Self, SecureError> {
        let key = rcgen::KeyPair::generate().map_err(|error| SecureError::Own(error.to_string()))?;
        Ok(Self { key })
    }

    /// The key that was kept: PKCS#8 in DER.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, SecureError> {
        let key = rcgen::KeyPair::try_from(der).map_err(|error| SecureError::Own(error.to_string()))?;
        Ok(Self { key })
    }

    /// To be kept, readable by this user only.
    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.key.serialize_der())
    }

    /// The request for its certificate (PKCS#10 in DER).
    pub fn request(&self) -> Result<Vec<u8>, SecureError> {
        let request = rcgen::CertificateParams::new(Vec::new()).and_then(|params| params.serialize_request(&self.key));
        Ok(request.map_err(|error| SecureError::Own(error.to_string()))?.der().to_vec())
    }

    /// What the attendant reads out to the administrator. Computed here: whoever passes the request on cannot choose it.
    pub fn fingerprint(&self, attendant: &Attendant) -> Fingerprint {
        Fingerprint::of(attendant, &self.key.subject_public_key_info())
    }

    /// The identity, once the certificates are there.
    pub fn certified(&self, operator: OperatorId, chain: &[Vec<u8>]) -> Result<Identity, SecureError> {
        let (key, expires) = chain
            .first()
            .and_then(|leaf| enrolment::key_of(leaf))
            .ok_or(SecureError::Certificate("it cannot be read"))?;
        if key != self.key.subject_public_key_info() {
            return Err(SecureError::Certificate("it is for another key than ours"));
        }
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).map_err(|e| SecureError::Own(e.to_owned()))?;
        Ok(Identity {
            operator,
            expires_unix_ms: u64::try_from(expires.as_millisecond()).unwrap_or(0),
            chain: chain.iter().map(|der| CertificateDer::from(der.clone())).collect(),
            key: Arc::new(key),
        })
    }
}
