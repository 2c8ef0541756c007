//! An attendant's certificate: proves to customers, who know the company's root, who it is that asks.
//!
//! From the program's request nothing but its public key is taken, after checking that the program holds the private half. Name, company
//! and lifetime are ours.

use std::time::Duration;

use jiff::Timestamp;
use protocol::{
    id::{OperatorId, TenantId},
    limits,
    message::directory::{CertificateChain, CertificateRequest},
};
use rcgen::{
    CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose,
    IsCa, KeyUsagePurpose, SanType, SerialNumber,
};
use x509_parser::time::ASN1Time;

use crate::key::TenantKeys;

/// Clocks differ; a certificate is good from this long before it was made.
const CLOCKS_DIFFER: Duration = Duration::from_secs(5 * 60);

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// Not a request, or not signed with the key it names.
    #[error("the certificate request is not valid")]
    Request(#[source] rcgen::Error),
    /// The company's root is kept elsewhere.
    #[error("this server does not hold the company's root: attendants are enrolled by the administrator")]
    NoRoot,
    /// It could not be made.
    #[error("the certificate cannot be made")]
    Sign(#[source] rcgen::Error),
    /// It would be over its cap.
    #[error("the certificate cannot be made: {0}")]
    Size(&'static str),
}

/// The URI that names an attendant in a certificate.
pub fn attendant_uri(tenant: TenantId, operator: OperatorId) -> String {
    format!("amparo://{tenant}/attendant/{operator}")
}

/// Signs a certificate for whoever holds the key of this request.
///
/// # Errors
/// See [`EnrolError`].
pub fn certify(
    keys: &TenantKeys,
    operator: OperatorId,
    name: &str,
    request: &CertificateRequest,
    now: Timestamp,
) -> Result<CertificateChain, EnrolError> {
    let issuer = keys.issuer().ok_or(EnrolError::NoRoot)?;
    // Checks the request's signature with the key inside it.
    let request = CertificateSigningRequestParams::from_der(&request.der().into()).map_err(EnrolError::Request)?;

    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, DnValue::Utf8String(name.to_owned()));
    let uri = attendant_uri(keys.tenant, operator).try_into().map_err(EnrolError::Sign)?;
    params.subject_alt_names = vec![SanType::URI(uri)];
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(SerialNumber::from_slice(&serial()));
    // From its beginning to its end, so that the allowance for clocks does not make it live longer.
    let from = now - CLOCKS_DIFFER;
    params.not_before = date(from)?.to_datetime();
    params.not_after = date(from + limits::ATTENDANT_CERTIFICATE_LIFE)?.to_datetime();
    let certificate = params.signed_by(&request.public_key, issuer).map_err(EnrolError::Sign)?;
    CertificateChain::try_from(vec![certificate.der().to_vec()]).map_err(EnrolError::Size)
}

fn serial() -> [u8; 16] {
    let mut serial: [u8; 16] = rand::random();
    // Positive and of full length, as RFC 5280 wants it.
    serial[0] = serial[0] & 0x7f | 0x40;
    serial
}

fn date(at: Timestamp) -> Result<ASN1Time, EnrolError> {
    ASN1Time::from_timestamp(at.as_second()).map_err(|_| EnrolError::Size("a time that cannot be written"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rcgen::KeyPair;
    use x509_parser::prelude::*;

    use super::*;

    fn request(key: &KeyPair) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["evil.example".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "The Director");
        params.serialize_request(key).unwrap().der().to_vec()
    }

    #[test]
    fn a_certificate_names_the_attendant_and_takes_only_the_key_from_the_request() {
        let keys = TenantKeys::generate(TenantId::from_bytes([1; 16]), "Varanda").unwrap();
        let key = KeyPair::generate().unwrap();
        let operator = OperatorId::from_bytes([2; 16]);
        let now = Timestamp::now();
        let chain = certify(&keys, operator, "Ana Ribeiro", &request(&key).try_into().unwrap(), now).unwrap();
        assert_eq!(chain.ders().len(), 1);
        let (_, leaf) = X509Certificate::from_der(&chain.ders()[0]).unwrap();
        let (_, root) = X509Certificate::from_der(&keys.root_certificate).unwrap();
        leaf.verify_signature(Some(root.public_key())).unwrap();
        assert!(root.is_ca() && !leaf.is_ca());
        assert_eq!(leaf.subject().iter_common_name().next().unwrap().as_str().unwrap(), "Ana Ribeiro");
        assert_eq!(leaf.public_key().subject_public_key.as_ref(), key.public_key_raw());
        let names = &leaf.subject_alternative_name().unwrap().unwrap().value.general_names;
        assert_eq!(*names, [GeneralName::URI(&attendant_uri(keys.tenant, operator))]);
        assert!(leaf.extended_key_usage().unwrap().unwrap().value.client_auth);
        assert!(leaf.key_usage().unwrap().unwrap().value.digital_signature());
        let life = leaf.validity().not_after.timestamp() - leaf.validity().not_before.timestamp();
        assert!(life <= 7 * 24 * 3600);
        assert!(leaf.validity().is_valid());
    }

    #[test]
    fn a_request_that_is_changed_or_not_one_gets_no_certificate() {
        let keys = TenantKeys::generate(TenantId::from_bytes([1; 16]), "Varanda").unwrap();
        let good = request(&KeyPair::generate().unwrap());
        for i in (0..good.len()).step_by(7) {
            let mut changed = good.clone();
            changed[i] ^= 0x55;
            let error =
                certify(&keys, OperatorId::from_bytes([2; 16]), "A", &changed.try_into().unwrap(), Timestamp::now());
            assert!(error.is_err(), "byte {i}");
        }
        let empty = CertificateRequest::try_from(Vec::new()).unwrap();
        assert!(matches!(
            certify(&keys, OperatorId::from_bytes([2; 16]), "A", &empty, Timestamp::now()),
            Err(EnrolError::Request(_))
        ));
    }
}
