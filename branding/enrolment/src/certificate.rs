//! A certificate proves to customers, who know the company's root, who it is that asks.
//!
//! From the program's request nothing but its public key is taken, after checking that the program holds the private half. Name, company
//! and lifetime are the signer's.

use std::time::Duration;

use jiff::Timestamp;
use protocol::{
    id::{OperatorId, TenantId},
    limits,
};
use rcgen::{
    CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SanType, SerialNumber,
};
use x509_parser::{
    prelude::{FromDer, GeneralName, X509Certificate},
    time::ASN1Time,
};

/// Clocks differ; a certificate is good from this long before it was made.
const CLOCKS_DIFFER: Duration = Duration::from_secs(5 * 60);

/// Whom a certificate names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendant {
    /// The company.
    pub tenant: TenantId,
    /// The person.
    pub operator: OperatorId,
    /// The name that customers see.
    pub name: String,
}

/// Why there is no certificate, or why one is not taken.
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
    /// One that was made elsewhere does not say what it must.
    #[error("the certificate is not taken: {0}")]
    Wrong(&'static str),
}

/// A request that was signed with the key in it.
pub struct Request {
    key: rcgen::SubjectPublicKeyInfo,
    spki: Vec<u8>,
}

impl Request {
    /// Reads a PKCS#10 request in DER and checks its signature.
    ///
    /// # Errors
    /// [`EnrolError::Request`].
    pub fn read(der: &[u8]) -> Result<Self, EnrolError> {
        let request = CertificateSigningRequestParams::from_der(&der.into()).map_err(EnrolError::Request)?;
        let spki = request.public_key.subject_public_key_info();
        let key = rcgen::SubjectPublicKeyInfo::from_der(&spki).map_err(EnrolError::Request)?;
        Ok(Self { key, spki })
    }

    /// The key, SubjectPublicKeyInfo in DER.
    pub fn key(&self) -> &[u8] {
        &self.spki
    }
}

/// The URI that names an attendant in a certificate.
pub fn attendant_uri(tenant: TenantId, operator: OperatorId) -> String {
    format!("amparo://{tenant}/attendant/{operator}")
}

/// Signs a certificate (DER) for whoever holds the key of this request, for at most [`limits::ATTENDANT_CERTIFICATE_LIFE`].
///
/// # Errors
/// See [`EnrolError`].
pub fn sign(
    issuer: &Issuer<'_, KeyPair>,
    attendant: &Attendant,
    request: &Request,
    now: Timestamp,
    life: Duration,
) -> Result<Vec<u8>, EnrolError> {
    let life = life.min(limits::ATTENDANT_CERTIFICATE_LIFE);
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, DnValue::Utf8String(attendant.name.clone()));
    let uri = attendant_uri(attendant.tenant, attendant.operator).try_into().map_err(EnrolError::Sign)?;
    params.subject_alt_names = vec![SanType::URI(uri)];
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(SerialNumber::from_slice(&serial()));
    // From its beginning to its end, so that the allowance for clocks does not make it live longer.
    let from = now - CLOCKS_DIFFER;
    params.not_before = date(from)?.to_datetime();
    params.not_after = date(from + life)?.to_datetime();
    let certificate = params.signed_by(&request.key, issuer).map_err(EnrolError::Sign)?;
    let der = certificate.der().to_vec();
    if der.len() > limits::CERTIFICATE_BYTES {
        return Err(EnrolError::Size("it is too long"));
    }
    Ok(der)
}

/// A certificate that says what it must.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// From then on it is worthless.
    pub expires: Timestamp,
}

/// Checks a certificate that was signed elsewhere: by this root, for this attendant and this key (SubjectPublicKeyInfo in DER), good now
/// and for no longer than it may be.
///
/// # Errors
/// [`EnrolError::Wrong`] says what is not as it must be.
pub fn check(
    root: &[u8],
    attendant: &Attendant,
    key: &[u8],
    certificate: &[u8],
    now: Timestamp,
) -> Result<Checked, EnrolError> {
    use EnrolError::Wrong;
    if certificate.len() > limits::CERTIFICATE_BYTES {
        return Err(Wrong("it is too long"));
    }
    let unreadable = |_| Wrong("it cannot be read");
    let (_, root) = X509Certificate::from_der(root).map_err(|_| Wrong("the company's root cannot be read"))?;
    let (rest, leaf) = X509Certificate::from_der(certificate).map_err(unreadable)?;
    if !rest.is_empty() {
        return Err(Wrong("it cannot be read"));
    }
    leaf.verify_signature(Some(root.public_key())).map_err(|_| Wrong("the company's root has not signed it"))?;
    if leaf.issuer() != root.subject() {
        return Err(Wrong("the company's root has not signed it"));
    }
    if leaf.public_key().raw != key {
        return Err(Wrong("it is for another key than the one that was asked for"));
    }
    let uri = attendant_uri(attendant.tenant, attendant.operator);
    let names = leaf.subject_alternative_name().ok().flatten().ok_or(Wrong("it names nobody"))?;
    if names.value.general_names != [GeneralName::URI(&uri)] {
        return Err(Wrong("it names somebody else"));
    }
    if common_name(&leaf) != Some(attendant.name.as_str()) {
        return Err(Wrong("it has another name than the one that was asked for"));
    }
    let for_clients = leaf.extended_key_usage().ok().flatten().is_some_and(|usage| usage.value.client_auth);
    let signs = leaf.key_usage().ok().flatten().is_some_and(|usage| usage.value.digital_signature());
    if leaf.is_ca() || !for_clients || !signs {
        return Err(Wrong("it is not an attendant's"));
    }
    let (from, until) = (leaf.validity().not_before.timestamp(), leaf.validity().not_after.timestamp());
    if until - from > limits::ATTENDANT_CERTIFICATE_LIFE.as_secs().cast_signed() {
        return Err(Wrong("it lives longer than seven days"));
    }
    if !(from..=until).contains(&now.as_second()) {
        return Err(Wrong("it is expired, or not valid yet"));
    }
    let expires = Timestamp::from_second(until).map_err(|_| Wrong("it cannot be read"))?;
    Ok(Checked { expires })
}

/// The key of a certificate (SubjectPublicKeyInfo in DER) and when it expires; `None` if it cannot be read.
pub fn key_of(certificate: &[u8]) -> Option<(Vec<u8>, Timestamp)> {
    let (_, leaf) = X509Certificate::from_der(certificate).ok()?;
    Some((leaf.public_key().raw.to_vec(), Timestamp::from_second(leaf.validity().not_after.timestamp()).ok()?))
}

pub(crate) fn common_name<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a str> {
    certificate.subject().iter_common_name().next().and_then(|name| name.as_str().ok())
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
