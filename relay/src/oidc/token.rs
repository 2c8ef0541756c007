//! Whether an ID token is one of our provider's, for us, for this login, and now. Pure: time and keys are given.
//!
//! Two algorithms and no others: RS256 and ES256, each with a key of its own kind, so that a token cannot choose how it is checked. The
//! signature comes first; nothing of a token is looked at before it but the name of its key. Must never put a token or a claim into an
//! error.

use data_encoding::BASE64URL_NOPAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;

/// No token is longer.
const LONGEST: usize = 16 * 1024;
/// Keys that are kept of a provider, at most.
const KEYS: usize = 100;
/// How far the provider's clock may be from ours.
const SKEW_S: f64 = 60.0;
/// No provider's name for somebody is longer (OpenID Connect Core, 8).
const SUBJECT_BYTES: usize = 255;
/// What providers write when they asked for more than a password.
const MULTI_FACTOR: [&str; 3] =
    ["mfa", "http://schemas.openid.net/pape/policies/2007/06/multi-factor", "https://refeds.org/profile/mfa"];

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSA of at least 2048 bits with SHA-256.
    Rs256,
    /// The curve P-256 with SHA-256.
    Es256,
}

impl Algorithm {
    /// The algorithm of this name; `None` for every other one, `none` and those with a shared secret among them.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            _ => None,
        }
    }
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadToken {
    /// Not a token at all, or too long to be one.
    #[error("it is no ID token")]
    NoToken,
    /// Signed in a way that is not taken.
    #[error("its algorithm is not taken")]
    Algorithm,
    /// The provider has no such key.
    #[error("its key is unknown")]
    UnknownKey,
    /// Somebody else has signed it, or it was changed.
    #[error("its signature is wrong")]
    Signature,
    /// Its claims are not what they must be.
    #[error("its claims cannot be read")]
    Claims,
    /// From somebody else.
    #[error("it is of another issuer")]
    Issuer,
    /// For somebody else.
    #[error("it is for another audience")]
    Audience,
    /// Over.
    #[error("it has expired")]
    Expired,
    /// Made later than now, or before this login began.
    #[error("it was not made at this login")]
    Time,
    /// For another login.
    #[error("it is for another login")]
    Nonce,
    /// Nobody.
    #[error("it names nobody")]
    Subject,
    /// The provider did not ask them again.
    #[error("the provider did not ask again who it is")]
    NotAskedAgain,
}

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Who makes it.
    pub issuer: &'a str,
    /// Who it is for.
    pub client_id: &'a str,
    /// Which login it is for.
    pub nonce: &'a str,
    /// When that login began, in seconds since 1970.
    pub begun_s: i64,
    /// The time, likewise.
    pub now_s: i64,
    /// The provider was told to ask anew, and must say that it did.
    pub asked_again: bool,
}

/// What a good token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The provider's name for them.
    pub subject: String,
    /// The provider says that it asked for more than one factor.
    pub multi_factor: bool,
    /// The provider says that it asked who they are since this login began.
    pub just_now: bool,
}

/// A provider's keys.
#[derive(Debug, Clone, Default)]
pub struct Keys(Vec<Key>);

#[derive(Debug, Clone)]
struct Key {
    id: Option<String>,
    public: Public,
}

#[derive(Debug, Clone)]
enum Public {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct JsonKey {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    used_for: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Keys {
    /// The keys of a set that tokens can be checked with; others are passed over. `None`: it is no set of keys.
    pub fn read(json: &[u8]) -> Option<Self> {
        let set: KeySet = serde_json::from_slice(json).ok()?;
        let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value::<JsonKey>(key).ok());
        Some(Self(keys.filter_map(JsonKey::usable).take(KEYS).collect()))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether one of them fits this algorithm.
    pub fn fit(&self, algorithm: Algorithm) -> bool {
        self.0.iter().any(|key| key.public.algorithm() == algorithm)
    }

    /// Of this name, or the only one that fits when the token names none.
    fn of(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&Key> {
        let mut fitting = self.0.iter().filter(|key| key.public.algorithm() == algorithm);
        match id {
            Some(id) => fitting.find(|key| key.id.as_deref() == Some(id)),
            None => fitting.next().filter(|_| fitting.next().is_none()),
        }
    }
}

impl JsonKey {
    fn usable(self) -> Option<Key> {
        let bytes = |text: Option<String>| {
            let text = text.filter(|text| text.len() <= 2048)?;
            BASE64URL_NOPAD.decode(text.as_bytes()).ok()
        };
        if self.used_for.as_deref().is_some_and(|used_for| used_for != "sig") {
            return None;
        }
        let public = match self.kty.as_str() {
            "RSA" => {
                // A number may be written with zeros in front; the check of signatures wants it without.
                let number = |text| {
                    let bytes = bytes(text)?;
                    let from = bytes.iter().position(|byte| *byte != 0)?;
                    Some(bytes[from..].to_vec())
                };
                Public::Rsa { n: number(self.n)?, e: number(self.e)? }
            }
            "EC" if self.crv.as_deref() == Some("P-256") => {
                let (x, y) = (bytes(self.x)?, bytes(self.y)?);
                if (x.len(), y.len()) != (32, 32) {
                    return None;
                }
                Public::P256([&[4], x.as_slice(), &y].concat())
            }
            _ => return None,
        };
        if self.alg.as_deref().is_some_and(|alg| Algorithm::of(alg) != Some(public.algorithm())) {
            return None;
        }
        Some(Key { id: self.kid, public })
    }
}

impl Public {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa { .. } => Algorithm::Rs256,
            Self::P256(_) => Algorithm::Es256,
        }
    }

    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
            Self::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
        }
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// What must be understood; we understand nothing more.
    crit: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: OneOrMany,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    auth_time: Option<f64>,
    acr: Option<String>,
    #[serde(default)]
    amr: Vec<String>,
}

/// What a token says, if everything about it is as it must be.
///
/// # Errors
/// The first thing that is not; [`BadToken::UnknownKey`] is worth a look whether the provider has new keys.
pub fn verify(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Said, BadToken> {
    if token.len() > LONGEST {
        return Err(BadToken::NoToken);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(BadToken::NoToken)?;
    let (header, claims) = signed.split_once('.').ok_or(BadToken::NoToken)?;
    let piece = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| BadToken::NoToken);
    let header: Header = serde_json::from_slice(&piece(header)?).map_err(|_| BadToken::NoToken)?;
    let algorithm = Algorithm::of(&header.alg).filter(|_| header.crit.is_none()).ok_or(BadToken::Algorithm)?;
    let key = keys.of(header.kid.as_deref(), algorithm).ok_or(BadToken::UnknownKey)?;
    if !key.public.has_signed(signed.as_bytes(), &piece(signature)?) {
        return Err(BadToken::Signature);
    }
    let claims: Claims = serde_json::from_slice(&piece(claims)?).map_err(|_| BadToken::Claims)?;
    judge(claims, expected)
}

#[allow(clippy::cast_precision_loss)] // Seconds of our age are exact in this type.
fn judge(claims: Claims, expected: &Expected<'_>) -> Result<Said, BadToken> {
    let (now, begun) = (expected.now_s as f64, expected.begun_s as f64);
    if claims.iss != expected.issuer {
        return Err(BadToken::Issuer);
    }
    // One that is also for others is not for us alone: those could show it here.
    let ours = match &claims.aud {
        OneOrMany::One(one) => one == expected.client_id,
        OneOrMany::Many(all) => !all.is_empty() && all.iter().all(|one| one == expected.client_id),
    };
    if !ours || claims.azp.is_some_and(|azp| azp != expected.client_id) {
        return Err(BadToken::Audience);
    }
    if claims.exp + SKEW_S <= now {
        return Err(BadToken::Expired);
    }
    let in_time = begun - SKEW_S <= claims.iat && claims.iat <= now + SKEW_S;
    if !in_time || claims.nbf.is_some_and(|nbf| nbf > now + SKEW_S) {
        return Err(BadToken::Time);
    }
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err(BadToken::Nonce);
    }
    let just_now = claims.auth_time.is_some_and(|at| begun - SKEW_S <= at && at <= now + SKEW_S);
    if expected.asked_again && !just_now {
        return Err(BadToken::NotAskedAgain);
    }
    let subject = claims.sub;
    if subject.is_empty() || subject.len() > SUBJECT_BYTES || subject.chars().any(char::is_control) {
        return Err(BadToken::Subject);
    }
    let is_multi = |text: &str| MULTI_FACTOR.contains(&text);
    let multi_factor = claims.amr.iter().any(|amr| amr == "mfa") || claims.acr.as_deref().is_some_and(is_multi);
    Ok(Said { subject, multi_factor, just_now })
}

#[cfg(test)]
mod tests;
