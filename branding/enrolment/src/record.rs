//! What each end of a session signs of it, how that is checked, and how it is written down so that anybody can check it again.
//!
//! The customer signs with the key of this start of its program, the attendant with the key of the certificate. Both keys are those of
//! the inner connection, which the relay cannot have.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use jiff::Timestamp;
use protocol::{
    id::{OperatorId, ProtocolNumber, SessionId, TenantId},
    limits,
    message::{
        directory::Opaque,
        grant::Grants,
        pairing::Role,
        record::{Signed, SignerKey, Told},
    },
};
use ring::{
    digest,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, UnparsedPublicKey},
};
use serde::{Serialize, de::DeserializeOwned};
use x509_parser::{
    prelude::{FromDer, GeneralName, X509Certificate},
    x509::SubjectPublicKeyInfo,
};

use crate::certificate::{Attendant, EnrolError, check, common_name};

/// What is signed begins with this.
pub const RECORD_LABEL: &[u8] = b"amparo session record v1";

/// The longest detail of a line about a signature, in bytes: the longest certificate and signature in Base64, and the rest.
pub const RECORD_DETAIL_BYTES: usize = (limits::CERTIFICATE_BYTES + limits::TOKEN_BYTES) * 4 / 3 + 1024;

/// A statement about one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The company.
    pub tenant: TenantId,
    /// The session.
    pub session: SessionId,
    /// Its protocol number.
    pub protocol: ProtocolNumber,
    /// Whose statement.
    pub role: Role,
    /// What it says.
    pub told: Told,
}

/// SHA-256 of a public key (SubjectPublicKeyInfo in DER).
pub fn key_hash(spki: &[u8]) -> [u8; 32] {
    *digest::digest(&digest::SHA256, spki).as_ref().first_chunk().expect("SHA-256 has 32 bytes")
}

/// Whom an attendant's certificate names; `None` if it is none. Says nothing about who signed it.
pub fn named(certificate: &[u8]) -> Option<(TenantId, OperatorId)> {
    let (_, leaf) = X509Certificate::from_der(certificate).ok()?;
    let names = leaf.subject_alternative_name().ok().flatten()?;
    let [GeneralName::URI(uri)] = names.value.general_names.as_slice() else { return None };
    let (tenant, operator) = uri.strip_prefix("amparo://")?.split_once("/attendant/")?;
    Some((tenant.parse().ok()?, operator.parse().ok()?))
}

impl Statement {
    /// The bytes that are signed: label and fields in this order, each with its length before it (32 bits, little-endian). Numbers are
    /// 64 bits, little-endian.
    pub fn message(&self) -> Vec<u8> {
        let told = &self.told;
        let (role, why) = (word(self.role), word(told.why));
        let granted = [u8::from(told.granted.view), u8::from(told.granted.control)];
        let [started, ended, reconnects] =
            [told.started_unix_ms, told.ended_unix_ms, told.reconnects.into()].map(u64::to_le_bytes);
        let fields: [&[u8]; 13] = [
            RECORD_LABEL,
            self.tenant.as_bytes(),
            self.session.as_bytes(),
            self.protocol.as_str().as_bytes(),
            role.as_bytes(),
            &granted,
            &started,
            &ended,
            &reconnects,
            why.as_bytes(),
            &told.connection,
            &told.customer_key,
            &told.attendant_key,
        ];
        let mut message = Vec::new();
        for field in fields {
            message.extend(u32::try_from(field.len()).expect("fields are short").to_le_bytes());
            message.extend(field);
        }
        message
    }

    /// Signs it: with a private key (PKCS#8 in DER) and what it is checked with, the customer's SubjectPublicKeyInfo or the attendant's
    /// certificate. `None`: the key is none of ours.
    pub fn sign(&self, pkcs8: &[u8], key: &[u8]) -> Option<Signed> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8, &random).ok()?;
        let signature = pair.sign(&random, &self.message()).ok()?;
        Some(Signed {
            told: self.told.clone(),
            key: SignerKey::try_from(key.to_vec()).ok()?,
            signature: Opaque::try_from(signature.as_ref().to_vec()).ok()?,
        })
    }

    /// Checks that this key made this signature, that it is the key the statement names for this role, and of an attendant, that the
    /// certificate is this person's. Under which root it was signed is [`Statement::check_root`]'s.
    ///
    /// # Errors
    /// [`EnrolError::Wrong`].
    pub fn verify(&self, attendant: OperatorId, key: &[u8], signature: &[u8]) -> Result<(), EnrolError> {
        use EnrolError::Wrong;
        let (spki, point) = match self.role {
            Role::Customer => match SubjectPublicKeyInfo::from_der(key) {
                Ok(([], spki)) => (key.to_vec(), spki.subject_public_key.as_ref().to_vec()),
                _ => return Err(Wrong("the key cannot be read")),
            },
            Role::Attendant => match X509Certificate::from_der(key) {
                Ok(([], leaf)) => {
                    (leaf.public_key().raw.to_vec(), leaf.public_key().subject_public_key.as_ref().to_vec())
                }
                _ => return Err(Wrong("the certificate cannot be read")),
            },
        };
        let named_key = match self.role {
            Role::Customer => self.told.customer_key,
            Role::Attendant => self.told.attendant_key,
        };
        if key_hash(&spki) != named_key {
            return Err(Wrong("it is signed with another key than it names"));
        }
        if self.role == Role::Attendant && named(key) != Some((self.tenant, attendant)) {
            return Err(Wrong("the certificate is somebody else's"));
        }
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
            .verify(&self.message(), signature)
            .map_err(|_| Wrong("the signature does not fit"))
    }

    /// Checks an attendant's certificate as for a grant, at the time at which the session began. A customer has none.
    ///
    /// # Errors
    /// [`EnrolError::Wrong`].
    pub fn check_root(&self, attendant: OperatorId, key: &[u8], root: &[u8]) -> Result<(), EnrolError> {
        if self.role == Role::Customer {
            return Ok(());
        }
        let wrong = EnrolError::Wrong("the certificate cannot be read");
        let Ok((_, leaf)) = X509Certificate::from_der(key) else { return Err(wrong) };
        let began = i64::try_from(self.told.started_unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let (Some(began), Some(name)) = (began, common_name(&leaf)) else { return Err(wrong) };
        let attendant = Attendant { tenant: self.tenant, operator: attendant, name: name.to_owned() };
        check(root, &attendant, leaf.public_key().raw, key, began).map(|_| ())
    }

    /// The detail of its line in the audit log: everything that is needed to check it again, with the line's company and person. At most
    /// [`RECORD_DETAIL_BYTES`].
    pub fn to_detail(&self, key: &[u8], signature: &[u8]) -> String {
        let told = &self.told;
        let granted: Vec<&str> = [("view", told.granted.view), ("control", told.granted.control)]
            .into_iter()
            .filter_map(|(name, is)| is.then_some(name))
            .collect();
        format!(
            "role={} session={} protocol={} granted={} started_ms={} ended_ms={} reconnects={} reason={} connection={} \
             customer_key={} attendant_key={} key={} signature={}",
            word(self.role),
            self.session,
            self.protocol,
            granted.join(","),
            told.started_unix_ms,
            told.ended_unix_ms,
            told.reconnects,
            word(told.why),
            BASE64.encode(told.connection),
            BASE64.encode(told.customer_key),
            BASE64.encode(told.attendant_key),
            BASE64.encode(key),
            BASE64.encode(signature),
        )
    }

    /// Reads a line's detail: the statement, the key and the signature.
    pub fn from_detail(tenant: TenantId, detail: &str) -> Option<(Self, Vec<u8>, Vec<u8>)> {
        if detail.len() > RECORD_DETAIL_BYTES {
            return None;
        }
        let mut parts = detail.split(' ');
        let mut next = |name: &str| parts.next()?.strip_prefix(name)?.strip_prefix('=');
        let bytes = |text: &str| BASE64.decode(text).ok();
        let hash = |text: &str| <[u8; 32]>::try_from(bytes(text)?).ok();
        let role = from_word(next("role")?)?;
        let session = next("session")?.parse().ok()?;
        let protocol = next("protocol")?.parse().ok()?;
        let granted = match next("granted")? {
            "" => Grants { view: false, control: false },
            "view" => Grants { view: true, control: false },
            "control" => Grants { view: false, control: true },
            "view,control" => Grants { view: true, control: true },
            _ => return None,
        };
        let told = Told {
            granted,
            started_unix_ms: next("started_ms")?.parse().ok()?,
            ended_unix_ms: next("ended_ms")?.parse().ok()?,
            reconnects: next("reconnects")?.parse().ok()?,
            why: from_word(next("reason")?)?,
            connection: hash(next("connection")?)?,
            customer_key: hash(next("customer_key")?)?,
            attendant_key: hash(next("attendant_key")?)?,
        };
        let (key, signature) = (bytes(next("key")?)?, bytes(next("signature")?)?);
        parts.next().is_none().then_some((Self { tenant, session, protocol, role, told }, key, signature))
    }
}

/// The word of a value on the wire and in records.
fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => unreachable!("roles and reasons are words"),
    }
}

fn from_word<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}
