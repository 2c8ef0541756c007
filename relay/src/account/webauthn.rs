//! WebAuthn: whether what a browser hands over is a new passkey, or the proof that somebody has one.
//!
//! Rules without I/O, called by [`super::passkey`]. Written from Web Authentication Level 3 (W3C): registration is section 7.1, the
//! proof 7.2, client data 5.8.1, authenticator data 6.1, attested credential data 6.5.1, attestation 8.2 and 8.7. Of attestation we
//! want none: who made the authenticator is nobody's business; one that attests by the credential itself must be right, every other is
//! refused. A user is always verified (by a PIN, a finger, a face), so that a passkey is two factors in one. Must never take anything
//! whose length is not checked, nor anything that is only nearly right.
//!
//! Own code, because the crate for it (`webauthn-rs`) needs OpenSSL and is under the MPL; CBOR is read by `ciborium`, signatures are checked
//! by `ring`, and the vectors of the specification hold for both.

mod cbor;
mod key;
#[cfg(test)]
mod tests;

use ring::digest;
use serde::Deserialize;

use crate::config::PublicUrl;
use key::PublicKey;

/// The algorithms that are asked for, by their numbers in COSE: Ed25519, P-256, RSA.
pub const ALGORITHMS: [i64; 3] = [-8, -7, -257];
/// Client data is a line of JSON, which may get more fields.
const CLIENT_BYTES: usize = 8 * 1024;
/// An attestation object without an attestation is a few hundred bytes; an RSA key and a long name make it a few thousand.
const OBJECT_BYTES: usize = 16 * 1024;
/// Authenticator data of a proof: a few extensions at most.
const DATA_BYTES: usize = 4 * 1024;
/// The longest RSA signature that is looked at.
const SIGNATURE_BYTES: usize = 1024;
/// The longest name that an authenticator gives a credential (4, *credential ID*).
pub const CREDENTIAL_BYTES: usize = 1023;

/// Bits of the authenticator data (6.1).
mod flag {
    pub(super) const PRESENT: u8 = 1;
    pub(super) const VERIFIED: u8 = 1 << 2;
    pub(super) const MAY_BE_BACKED_UP: u8 = 1 << 3;
    pub(super) const BACKED_UP: u8 = 1 << 4;
    pub(super) const CREDENTIAL: u8 = 1 << 6;
    pub(super) const EXTENSIONS: u8 = 1 << 7;
}

/// Why something is no passkey, or no proof of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Truncated, too long, or not what it should be.
    #[error("unreadable")]
    Unreadable,
    /// Made for something else than it is used for.
    #[error("kind")]
    Kind,
    /// Not the answer to a question of ours, or too late, or the second answer, or another browser's.
    #[error("challenge")]
    Challenge,
    /// Made on another site, or in a frame of one.
    #[error("origin")]
    Origin,
    /// Of another relying party.
    #[error("party")]
    Party,
    /// Nobody touched the authenticator.
    #[error("presence")]
    Presence,
    /// The authenticator did not look who it was.
    #[error("verification")]
    Verification,
    /// The flags contradict each other.
    #[error("flags")]
    Flags,
    /// A kind of key that was not asked for, or one that is none.
    #[error("key")]
    Key,
    /// An attestation that is wrong, or of a kind that was not asked for.
    #[error("attestation")]
    Attestation,
    /// Not signed by this passkey.
    #[error("signature")]
    Signature,
    /// It has signed before what comes now: there may be a copy of it.
    #[error("counter")]
    Counter,
    /// Nobody here has it.
    #[error("unknown")]
    Unknown,
    /// Somebody else has it.
    #[error("other user")]
    OtherUser,
}

/// Whom passkeys are for: this console under its own address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The name that passkeys are bound to: the host, without the port.
    pub id: String,
    /// Where pages are: scheme, host and port.
    pub origin: String,
}

impl Party {
    /// The party at this address; `None` when it is a bare address of the network, to which browsers bind no passkey (5.1.3, step 8).
    pub fn at(url: &PublicUrl) -> Option<Self> {
        let bare = url.host.starts_with('[') || url.host.parse::<std::net::IpAddr>().is_ok();
        (!bare).then(|| Self { id: url.host.clone(), origin: url.to_string() })
    }
}

/// What the browser says about what it was asked (5.8.1).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    top_origin: Option<serde::de::IgnoredAny>,
}

/// What a browser was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// A new passkey.
    Create,
    /// A proof of one.
    Get,
}

/// Client data that answers a question of ours, asked by a page of ours. Its challenge is spent.
pub(super) struct Client {
    hash: [u8; 32],
}

impl Client {
    /// 7.1 steps 5 to 11 and 7.2 steps 9 to 14. `spend` says whether this challenge was ours, and is good no more after it.
    ///
    /// # Errors
    /// `Unreadable`, `Challenge`, `Kind`, `Origin`.
    pub(super) fn read(
        json: &[u8],
        asked: Asked,
        party: &Party,
        spend: impl FnOnce(&[u8]) -> bool,
    ) -> Result<Self, Refused> {
        if json.len() > CLIENT_BYTES {
            return Err(Refused::Unreadable);
        }
        let said: Said = serde_json::from_slice(json).map_err(|_| Refused::Unreadable)?;
        let challenge = data_encoding::BASE64URL_NOPAD.decode(said.challenge.as_bytes());
        // Spent before anything else is judged: whatever is wrong with it, it is not tried twice.
        if !challenge.is_ok_and(|challenge| spend(&challenge)) {
            return Err(Refused::Challenge);
        }
        let kind = match asked {
            Asked::Create => "webauthn.create",
            Asked::Get => "webauthn.get",
        };
        if said.kind != kind {
            return Err(Refused::Kind);
        }
        if said.origin != party.origin || said.cross_origin || said.top_origin.is_some() {
            return Err(Refused::Origin);
        }
        Ok(Self { hash: sha256(json) })
    }
}

/// Authenticator data (6.1).
struct Data<'a> {
    flags: u8,
    counter: u32,
    /// What the authenticator calls the credential, and its key; of a new one.
    credential: Option<(&'a [u8], &'a [u8])>,
}

impl<'a> Data<'a> {
    fn read(bytes: &'a [u8], party: &Party) -> Result<Self, Refused> {
        let (hash, rest) = bytes.split_first_chunk::<32>().ok_or(Refused::Unreadable)?;
        let (&[flags], rest) = rest.split_first_chunk::<1>().ok_or(Refused::Unreadable)?;
        let (counter, mut rest) = rest.split_first_chunk::<4>().ok_or(Refused::Unreadable)?;
        if *hash != sha256(party.id.as_bytes()) {
            return Err(Refused::Party);
        }
        let mut credential = None;
        if flags & flag::CREDENTIAL != 0 {
            // 6.5.1: what kind of authenticator it is, then the name with its length, then the key.
            let (_, after) = rest.split_first_chunk::<16>().ok_or(Refused::Unreadable)?;
            let (length, after) = after.split_first_chunk::<2>().ok_or(Refused::Unreadable)?;
            let length = usize::from(u16::from_be_bytes(*length));
            if !(1..=CREDENTIAL_BYTES).contains(&length) {
                return Err(Refused::Unreadable);
            }
            let (name, after) = after.split_at_checked(length).ok_or(Refused::Unreadable)?;
            let (_, left) = cbor::first(after)?;
            credential = Some((name, &after[..after.len() - left.len()]));
            rest = left;
        }
        if flags & flag::EXTENSIONS != 0 {
            let (extensions, left) = cbor::first(rest)?;
            extensions.is_map().then_some(()).ok_or(Refused::Unreadable)?;
            rest = left;
        }
        if !rest.is_empty() {
            return Err(Refused::Unreadable);
        }
        Ok(Self { flags, counter: u32::from_be_bytes(*counter), credential })
    }

    /// 7.1 steps 15 to 17 and 7.2 steps 17 to 19.
    fn is_of_somebody(&self) -> Result<(), Refused> {
        let is = |flag| self.flags & flag != 0;
        if !is(flag::PRESENT) {
            return Err(Refused::Presence);
        }
        if !is(flag::VERIFIED) {
            return Err(Refused::Verification);
        }
        if is(flag::BACKED_UP) && !is(flag::MAY_BE_BACKED_UP) {
            return Err(Refused::Flags);
        }
        Ok(())
    }
}

/// A passkey that was made just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    /// What its authenticator calls it.
    pub(super) credential: Vec<u8>,
    /// Its key, as COSE has it.
    pub(super) public_key: Vec<u8>,
    /// How often it says it has signed.
    pub(super) counter: u32,
}

/// Reads a new passkey (7.1).
///
/// # Errors
/// Why it is none.
pub(super) fn register(party: &Party, client: &Client, object: &[u8]) -> Result<Made, Refused> {
    if object.len() > OBJECT_BYTES {
        return Err(Refused::Unreadable);
    }
    let object = cbor::whole(object)?;
    let field = |name: &str| cbor::field(&object, name).ok_or(Refused::Unreadable);
    if object.as_map().map(Vec::len) != Some(3) {
        return Err(Refused::Unreadable);
    }
    let bytes = field("authData")?.as_bytes().ok_or(Refused::Unreadable)?;
    let data = Data::read(bytes, party)?;
    data.is_of_somebody()?;
    let (credential, cose) = data.credential.ok_or(Refused::Unreadable)?;
    let key = PublicKey::read(cose)?;
    let statement = field("attStmt")?;
    match field("fmt")?.as_text() {
        Some("none") if statement.as_map().is_some_and(Vec::is_empty) => {}
        Some("packed") => {
            // 8.2, self attestation: the same key, and nobody's certificate.
            let signature = cbor::field(statement, "sig").and_then(|s| s.as_bytes()).ok_or(Refused::Attestation)?;
            let algorithm = cbor::field(statement, "alg").and_then(|a| a.as_integer()).map(i128::from);
            let alone = statement.as_map().map(Vec::len) == Some(2);
            let right = alone && algorithm == Some(i128::from(key.algorithm()));
            if !right || !is_signed(&key, bytes, client, signature) {
                return Err(Refused::Attestation);
            }
        }
        _ => return Err(Refused::Attestation),
    }
    Ok(Made { credential: credential.to_vec(), public_key: cose.to_vec(), counter: data.counter })
}

/// Checks a proof of the passkey with this key (7.2); the counter that it shows. Comparing that with the last one is left to who keeps
/// it.
///
/// # Errors
/// Why it proves nothing.
pub(super) fn prove(
    party: &Party,
    public_key: &[u8],
    client: &Client,
    data: &[u8],
    signature: &[u8],
) -> Result<u32, Refused> {
    if data.len() > DATA_BYTES || signature.len() > SIGNATURE_BYTES {
        return Err(Refused::Unreadable);
    }
    let read = Data::read(data, party)?;
    if read.credential.is_some() {
        return Err(Refused::Unreadable);
    }
    read.is_of_somebody()?;
    if !is_signed(&PublicKey::read(public_key)?, data, client, signature) {
        return Err(Refused::Signature);
    }
    Ok(read.counter)
}

fn is_signed(key: &PublicKey, data: &[u8], client: &Client, signature: &[u8]) -> bool {
    key.verifies(&[data, &client.hash].concat(), signature)
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}
