//! Who is there: registration of a customer's program, login of an attendant, the waiting list.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ShownText;
use crate::{
    capped,
    id::{AppId, DeviceId, OperatorId, Password, TicketNumber},
    limits,
};

/// Bytes that only their maker can read: signed by the relay, at most [`limits::TOKEN_BYTES`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct Opaque(Vec<u8>);

impl Opaque {
    /// The bytes as they are.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<Vec<u8>> for Opaque {
    type Error = &'static str;
    fn try_from(bytes: Vec<u8>) -> Result<Self, &'static str> {
        if bytes.len() <= limits::TOKEN_BYTES { Ok(Self(bytes)) } else { Err("a token that is too long") }
    }
}

impl From<Opaque> for Vec<u8> {
    fn from(token: Opaque) -> Vec<u8> {
        token.0
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opaque({} bytes)", self.0.len())
    }
}

/// One field of the form: the profile's key for it and what the customer typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// `name`, `email`, `company`, `phone`, `document` or `subject`.
    pub key: FieldKey,
    /// As typed, trimmed.
    pub value: ShownText,
}

/// What an app can ask a customer for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKey {
    /// The person's name.
    Name,
    /// E-mail address.
    Email,
    /// Company or organisation.
    Company,
    /// Telephone number.
    Phone,
    /// CPF or CNPJ.
    Document,
    /// What the problem is.
    Subject,
}

impl FieldKey {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 6] = [Self::Name, Self::Email, Self::Company, Self::Phone, Self::Document, Self::Subject];

    /// The key as written in profiles and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Company => "company",
            Self::Phone => "phone",
            Self::Document => "document",
            Self::Subject => "subject",
        }
    }
}

/// Makes a program reachable under an ID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    /// The app of its profile.
    pub app: AppId,
    /// What the customer typed; at most [`limits::FIELDS`].
    #[serde(deserialize_with = "capped::list::<_, _, { limits::FIELDS }>")]
    pub fields: Vec<Field>,
    /// The password to be shown in the console.
    pub password: Password,
    /// The id it had before, with the relay's proof of it, so that it keeps it.
    pub previous: Option<(DeviceId, Opaque)>,
    /// The person wants to be in the waiting list. An attendant's own program is reachable without being listed.
    pub listed: bool,
}

/// The program is reachable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// Its ID.
    pub id: DeviceId,
    /// Proof that this ID is its own, for [`Register::previous`].
    pub proof: Opaque,
}

/// A company user's name and password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The login name, at most [`limits::USER_BYTES`].
    #[serde(deserialize_with = "capped::text::<_, { limits::USER_BYTES }>")]
    pub user: String,
    /// The password, at most [`limits::LOGIN_PASSWORD_BYTES`].
    #[serde(deserialize_with = "capped::text::<_, { limits::LOGIN_PASSWORD_BYTES }>")]
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.password);
    }
}

/// A login with what is asked for beside the password. From version 3 on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginWithCode {
    /// Name and password.
    pub login: Login,
    /// A code of the authenticator app or a recovery code, as typed; at most [`limits::LOGIN_CODE_BYTES`].
    #[serde(deserialize_with = "capped::text::<_, { limits::LOGIN_CODE_BYTES }>")]
    pub code: String,
}

impl fmt::Debug for LoginWithCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginWithCode").field("login", &self.login).finish_non_exhaustive()
    }
}

impl Drop for LoginWithCode {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.code);
    }
}

/// Stands for a login on this connection's successors.
pub type LoginToken = Opaque;

/// The attendant is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedIn {
    /// Who it is.
    pub operator: OperatorId,
    /// The name shown to customers.
    pub name: ShownText,
    /// For `LoginAgain`.
    pub token: LoginToken,
}

/// Why a login is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum LoginError {
    /// User or password is wrong, or the user may not attend: one answer for all.
    #[error("user or password is wrong")]
    Wrong,
    /// Too many tries; the next one is looked at after this many seconds.
    #[error("too many tries, wait {retry_after_s} s")]
    TooMany {
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// The token of an earlier login is no longer good: log in again.
    #[error("the login has ended")]
    Expired,
    /// The server cannot look at it now.
    #[error("the server cannot check the login now")]
    Unavailable,
    /// The password is right and a code is needed beside it. From version 3 on.
    #[error("a second factor is needed")]
    CodeNeeded,
    /// The company wants a second factor and this user has none yet: it is set up in the console. From version 3 on.
    #[error("a second factor must be set up first")]
    FactorMissing,
}

/// A PKCS#10 certificate request in DER, at most [`limits::CERTIFICATE_BYTES`]. The relay takes nothing from it but the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct CertificateRequest(Vec<u8>);

impl CertificateRequest {
    /// The DER bytes.
    pub fn der(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<Vec<u8>> for CertificateRequest {
    type Error = &'static str;
    fn try_from(der: Vec<u8>) -> Result<Self, &'static str> {
        if der.len() <= limits::CERTIFICATE_BYTES {
            Ok(Self(der))
        } else {
            Err("a certificate request that is too long")
        }
    }
}

impl From<CertificateRequest> for Vec<u8> {
    fn from(request: CertificateRequest) -> Vec<u8> {
        request.0
    }
}

/// X.509 certificates in DER, the attendant's own first; at most [`limits::CERTIFICATES`] of [`limits::CERTIFICATE_BYTES`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Vec<u8>>", into = "Vec<Vec<u8>>")]
pub struct CertificateChain(Vec<Vec<u8>>);

impl CertificateChain {
    /// The certificates, the attendant's own first.
    pub fn ders(&self) -> &[Vec<u8>] {
        &self.0
    }
}

impl TryFrom<Vec<Vec<u8>>> for CertificateChain {
    type Error = &'static str;
    fn try_from(chain: Vec<Vec<u8>>) -> Result<Self, &'static str> {
        let fits = !chain.is_empty()
            && chain.len() <= limits::CERTIFICATES
            && chain.iter().all(|c| c.len() <= limits::CERTIFICATE_BYTES);
        if fits { Ok(Self(chain)) } else { Err("a certificate chain that is empty or too long") }
    }
}

impl From<CertificateChain> for Vec<Vec<u8>> {
    fn from(chain: CertificateChain) -> Vec<Vec<u8>> {
        chain.0
    }
}

/// A customer of the waiting list who came by the link of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingOn {
    /// The ID of the row.
    pub id: DeviceId,
    /// The ticket.
    pub ticket: TicketNumber,
}

/// One row of the waiting list. Without the password: that is the console's to show, to whom may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingCustomer {
    /// The ID to connect to.
    pub id: DeviceId,
    /// What the customer typed; at most [`limits::FIELDS`].
    #[serde(deserialize_with = "capped::list::<_, _, { limits::FIELDS }>")]
    pub fields: Vec<Field>,
    /// The app's title.
    pub app_title: ShownText,
    /// Since when, in milliseconds since 1970 UTC.
    pub since_unix_ms: u64,
}
