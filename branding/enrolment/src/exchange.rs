//! The two files that travel between the server and whoever holds the root: what was asked for, and what was signed.
//!
//! Neither needs a signature of its own: a request is signed with the key in it and its fingerprint is compared with what the attendant
//! reads out; a certificate is signed by the root and compared with the request.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use protocol::{
    id::{OperatorId, TenantId},
    limits,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    certificate::{Attendant, EnrolError, Request},
    fingerprint::Fingerprint,
};

/// A file longer than this is none of ours: 200 requests with names fit many times.
pub const MAX_EXCHANGE_BYTES: usize = 1024 * 1024;
/// Entries of one file.
const MAX_ENTRIES: usize = 1_000;

const REQUESTS: &str = "amparo enrolment requests v1";
const CERTIFICATES: &str = "amparo enrolment certificates v1";

/// Why a file of requests or certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// Not one of ours.
    #[error("it is not a file of {what}")]
    Format {
        /// What was expected.
        what: &'static str,
        /// Why, where there is more to say.
        source: Option<serde_json::Error>,
    },
    /// Too long, or too many entries.
    #[error("it is too long")]
    TooLong,
    /// A request that was changed on its way.
    #[error("the request of {login} was changed on its way: {why}")]
    Changed {
        /// Whose.
        login: String,
        /// What does not fit.
        why: &'static str,
    },
    /// A request that is none.
    #[error("the request of {login}")]
    Request {
        /// Whose.
        login: String,
        /// Why.
        source: EnrolError,
    },
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Whom the certificate will name.
    pub attendant: Attendant,
    /// The name they log in with.
    pub login: String,
    /// PKCS#10, DER.
    pub request: Vec<u8>,
}

impl Asked {
    /// The request's fingerprint, after checking the request's own signature.
    ///
    /// # Errors
    /// [`EnrolError::Request`].
    pub fn fingerprint(&self) -> Result<Fingerprint, EnrolError> {
        Ok(Fingerprint::of(&self.attendant, Request::read(&self.request)?.key()))
    }
}

/// All requests of a company that wait for its administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requests {
    /// The company.
    pub tenant: TenantId,
    /// Its name, for people.
    pub company: String,
    /// The root that customers' programs know: [`crate::Root::id_of`].
    pub root: String,
    /// The requests.
    pub asked: Vec<Asked>,
}

/// One certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Whose.
    pub operator: OperatorId,
    /// DER.
    pub certificate: Vec<u8>,
}

/// What the administrator signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signatures {
    /// The company.
    pub tenant: TenantId,
    /// The certificates.
    pub signed: Vec<Signed>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestsFile {
    format: String,
    tenant: String,
    company: String,
    root_sha256: String,
    requests: Vec<RequestEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestEntry {
    operator: String,
    login: String,
    name: String,
    fingerprint: String,
    request: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificatesFile {
    format: String,
    tenant: String,
    certificates: Vec<CertificateEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateEntry {
    operator: String,
    certificate: String,
}

impl Requests {
    /// As a file.
    ///
    /// # Errors
    /// When a request is none.
    pub fn to_json(&self) -> Result<String, ExchangeError> {
        let entry = |asked: &Asked| {
            let fingerprint =
                asked.fingerprint().map_err(|source| ExchangeError::Request { login: asked.login.clone(), source })?;
            Ok(RequestEntry {
                operator: asked.attendant.operator.to_string(),
                login: asked.login.clone(),
                name: asked.attendant.name.clone(),
                fingerprint: fingerprint.to_string(),
                request: BASE64.encode(&asked.request),
            })
        };
        let file = RequestsFile {
            format: REQUESTS.to_owned(),
            tenant: self.tenant.to_string(),
            company: self.company.clone(),
            root_sha256: self.root.clone(),
            requests: self.asked.iter().map(entry).collect::<Result<_, ExchangeError>>()?,
        };
        Ok(pretty(&file))
    }

    /// From a file. Each request is checked: its own signature, and that its fingerprint is that of what it asks for.
    ///
    /// # Errors
    /// See [`ExchangeError`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, ExchangeError> {
        const WHAT: &str = "enrolment requests";
        let file: RequestsFile = parse(bytes, WHAT)?;
        let format = || ExchangeError::Format { what: WHAT, source: None };
        if file.format != REQUESTS {
            return Err(format());
        }
        if file.requests.len() > MAX_ENTRIES {
            return Err(ExchangeError::TooLong);
        }
        let tenant: TenantId = file.tenant.parse().map_err(|_| format())?;
        let read = |entry: RequestEntry| {
            let attendant =
                Attendant { tenant, operator: entry.operator.parse().map_err(|_| format())?, name: entry.name };
            if attendant.name.len() > limits::SHOWN_TEXT_BYTES || attendant.name.chars().any(char::is_control) {
                return Err(format());
            }
            let request = BASE64.decode(&entry.request).map_err(|_| format())?;
            let asked = Asked { attendant, login: entry.login, request };
            let login = asked.login.clone();
            let computed =
                asked.fingerprint().map_err(|source| ExchangeError::Request { login: login.clone(), source })?;
            if entry.fingerprint.parse() != Ok(computed) {
                return Err(ExchangeError::Changed { login, why: "its fingerprint is another" });
            }
            Ok(asked)
        };
        let asked = file.requests.into_iter().map(read).collect::<Result<_, ExchangeError>>()?;
        Ok(Self { tenant, company: file.company, root: file.root_sha256, asked })
    }
}

impl Signatures {
    /// As a file.
    pub fn to_json(&self) -> String {
        let entry = |signed: &Signed| CertificateEntry {
            operator: signed.operator.to_string(),
            certificate: BASE64.encode(&signed.certificate),
        };
        pretty(&CertificatesFile {
            format: CERTIFICATES.to_owned(),
            tenant: self.tenant.to_string(),
            certificates: self.signed.iter().map(entry).collect(),
        })
    }

    /// From a file. What the certificates say is checked by whoever knows the requests.
    ///
    /// # Errors
    /// See [`ExchangeError`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, ExchangeError> {
        const WHAT: &str = "attendants' certificates";
        let file: CertificatesFile = parse(bytes, WHAT)?;
        let format = || ExchangeError::Format { what: WHAT, source: None };
        if file.format != CERTIFICATES {
            return Err(format());
        }
        if file.certificates.len() > MAX_ENTRIES {
            return Err(ExchangeError::TooLong);
        }
        let read = |entry: CertificateEntry| {
            Ok(Signed {
                operator: entry.operator.parse().map_err(|_| format())?,
                certificate: BASE64.decode(&entry.certificate).map_err(|_| format())?,
            })
        };
        Ok(Self {
            tenant: file.tenant.parse().map_err(|_| format())?,
            signed: file.certificates.into_iter().map(read).collect::<Result<_, ExchangeError>>()?,
        })
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8], what: &'static str) -> Result<T, ExchangeError> {
    if bytes.len() > MAX_EXCHANGE_BYTES {
        return Err(ExchangeError::TooLong);
    }
    serde_json::from_slice(bytes).map_err(|source| ExchangeError::Format { what, source: Some(source) })
}

fn pretty<T: Serialize>(file: &T) -> String {
    serde_json::to_string_pretty(file).expect("texts and lists are JSON") + "\n"
}
