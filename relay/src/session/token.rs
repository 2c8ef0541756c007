//! Signed tokens: a place in a pairing (used once, for a short time) and the right to come back to it after a cut.
//!
//! Used by [`super::live`]. A token names session and half; the program it was given to is part of what is signed, so that nobody
//! else can use it. Time comes in as an argument.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use protocol::{
    id::{DeviceId, OperatorId, SessionId},
    message::{directory::Opaque, pairing::Role},
};
use ring::hmac;

/// Whom a token is for: proved to the relay by the connection itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bearer {
    /// The program registered under this ID.
    Device(DeviceId),
    /// An attendant who is logged in.
    Operator(OperatorId),
}

/// What a connection has proved of its program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bearers {
    /// The ID it is registered under.
    pub device: Option<DeviceId>,
    /// Who is logged in on it.
    pub operator: Option<OperatorId>,
}

impl Bearers {
    /// Who takes this half of a session.
    pub fn of(self, role: Role) -> Option<Bearer> {
        match role {
            Role::Customer => self.device.map(Bearer::Device),
            Role::Attendant => self.operator.map(Bearer::Operator),
        }
    }
}

impl Bearer {
    fn to_bytes(self) -> [u8; 17] {
        let mut bytes = [0; 17];
        match self {
            Self::Device(id) => {
                bytes[0] = 1;
                bytes[1..5].copy_from_slice(&id.number().to_le_bytes());
            }
            Self::Operator(id) => {
                bytes[0] = 2;
                bytes[1..].copy_from_slice(id.as_bytes());
            }
        }
        bytes
    }
}

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To take one's place: once, and only in the life of the relay that gave it.
    Join,
    /// To ask for one's place again after a cut, also of a relay that was restarted meanwhile.
    Resume,
}

/// Why a token is no good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of this relay, or given to somebody else.
    #[error("a token that was not given to this program")]
    Forged,
    /// It came too late: can happen to an honest program on a slow line.
    #[error("a token that has expired")]
    Expired(SessionId),
    /// It was used before.
    #[error("a token that was used before")]
    Used,
}

/// What a good token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The session.
    pub session: SessionId,
    /// The half of it.
    pub role: Role,
}

const BODY_BYTES: usize = 16 + 1 + 8 + 16;
const TAG_BYTES: usize = 32;

/// Gives tokens out and takes them back.
pub struct Tokens {
    key: hmac::Key,
    /// Random, new at each start: a joining token of an earlier life is worth nothing, whose used ones are forgotten.
    life: [u8; 16],
    join_within: Duration,
    used: Mutex<HashMap<[u8; 16], u64>>,
}

impl Tokens {
    /// Signs with this key.
    pub fn new(key: &[u8; 32], join_within: Duration) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            life: rand::random(),
            join_within,
            used: Mutex::new(HashMap::new()),
        }
    }

    /// A new token. `now_ms` is in milliseconds since 1970 UTC.
    pub fn give(&self, purpose: Purpose, claim: Claim, bearer: Bearer, now_ms: u64) -> Opaque {
        let expiry = match purpose {
            Purpose::Join => now_ms.saturating_add(u64::try_from(self.join_within.as_millis()).unwrap_or(u64::MAX)),
            Purpose::Resume => u64::MAX,
        };
        let mut token = Vec::with_capacity(BODY_BYTES + TAG_BYTES);
        token.extend_from_slice(claim.session.as_bytes());
        token.push(role_code(claim.role));
        token.extend_from_slice(&expiry.to_le_bytes());
        token.extend_from_slice(&rand::random::<[u8; 16]>());
        let tag = hmac::sign(&self.key, &self.signed(purpose, &token, bearer));
        token.extend_from_slice(tag.as_ref());
        Opaque::try_from(token).expect("a token is shorter than its cap")
    }

    /// Takes a token back and says what it allows; a joining token cannot be used again.
    pub fn take(&self, purpose: Purpose, token: &Opaque, who: Bearers, now_ms: u64) -> Result<Claim, TokenError> {
        let bytes = token.as_bytes();
        if bytes.len() != BODY_BYTES + TAG_BYTES {
            return Err(TokenError::Forged);
        }
        let (body, tag) = bytes.split_at(BODY_BYTES);
        let (session, rest) = body.split_first_chunk::<16>().ok_or(TokenError::Forged)?;
        let (&[role], rest) = rest.split_first_chunk::<1>().ok_or(TokenError::Forged)?;
        let role = if role == role_code(Role::Customer) { Role::Customer } else { Role::Attendant };
        let bearer = who.of(role).ok_or(TokenError::Forged)?;
        // Compares in constant time.
        hmac::verify(&self.key, &self.signed(purpose, body, bearer), tag).map_err(|_| TokenError::Forged)?;
        let (expiry, nonce) = rest.split_first_chunk::<8>().ok_or(TokenError::Forged)?;
        let nonce: [u8; 16] = nonce.try_into().map_err(|_| TokenError::Forged)?;
        let expiry = u64::from_le_bytes(*expiry);
        if expiry <= now_ms {
            return Err(TokenError::Expired(SessionId::from_bytes(*session)));
        }
        if purpose == Purpose::Join {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            // What has expired need not be remembered: it is refused for that.
            used.retain(|_, expiry| *expiry > now_ms);
            if used.insert(nonce, expiry).is_some() {
                return Err(TokenError::Used);
            }
        }
        Ok(Claim { session: SessionId::from_bytes(*session), role })
    }

    fn signed(&self, purpose: Purpose, body: &[u8], bearer: Bearer) -> Vec<u8> {
        let mut signed = Vec::with_capacity(16 + 16 + 17 + BODY_BYTES);
        match purpose {
            Purpose::Join => {
                signed.extend_from_slice(b"amparo pair v1\0\0");
                signed.extend_from_slice(&self.life);
            }
            Purpose::Resume => signed.extend_from_slice(b"amparo resume v1"),
        }
        signed.extend_from_slice(&bearer.to_bytes());
        signed.extend_from_slice(body);
        signed
    }
}

fn role_code(role: Role) -> u8 {
    match role {
        Role::Customer => 0,
        Role::Attendant => 1,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ANA: Bearer = Bearer::Operator(OperatorId::from_bytes([3; 16]));
    const WITH_ANA: Bearers = Bearers { device: None, operator: Some(OperatorId::from_bytes([3; 16])) };
    const CLAIM: Claim = Claim { session: SessionId::from_bytes([9; 16]), role: Role::Attendant };

    fn tokens() -> Tokens {
        Tokens::new(&[7; 32], Duration::from_secs(30))
    }

    #[test]
    fn a_token_gives_its_bearer_the_place_once() {
        let tokens = tokens();
        let token = tokens.give(Purpose::Join, CLAIM, ANA, 1_000);
        assert_eq!(tokens.take(Purpose::Join, &token, WITH_ANA, 2_000), Ok(CLAIM));
        assert_eq!(tokens.take(Purpose::Join, &token, WITH_ANA, 2_001), Err(TokenError::Used));
    }

    #[test]
    fn a_token_is_worth_nothing_in_another_hand_or_for_another_purpose() {
        let tokens = tokens();
        let token = tokens.give(Purpose::Join, CLAIM, ANA, 0);
        let other = Bearers { operator: Some(OperatorId::from_bytes([4; 16])), ..WITH_ANA };
        let device = Bearers { device: DeviceId::new(123_456_789), operator: None };
        assert_eq!(tokens.take(Purpose::Join, &token, other, 1), Err(TokenError::Forged));
        assert_eq!(tokens.take(Purpose::Join, &token, device, 1), Err(TokenError::Forged));
        assert_eq!(tokens.take(Purpose::Resume, &token, WITH_ANA, 1), Err(TokenError::Forged));
        assert_eq!(tokens.take(Purpose::Join, &token, WITH_ANA, 1), Ok(CLAIM));
    }

    #[test]
    fn a_token_that_is_late_or_changed_in_any_byte_is_refused() {
        let tokens = tokens();
        let token = tokens.give(Purpose::Join, CLAIM, ANA, 0);
        assert_eq!(tokens.take(Purpose::Join, &token, WITH_ANA, 30_000), Err(TokenError::Expired(CLAIM.session)));
        let bytes = token.as_bytes();
        for i in 0..bytes.len() {
            let mut changed = bytes.to_vec();
            changed[i] ^= 1;
            assert_eq!(
                tokens.take(Purpose::Join, &changed.try_into().unwrap(), WITH_ANA, 1),
                Err(TokenError::Forged),
                "byte {i}"
            );
        }
        for length in 0..bytes.len() {
            let cut = Opaque::try_from(bytes[..length].to_vec()).unwrap();
            assert_eq!(tokens.take(Purpose::Join, &cut, WITH_ANA, 1), Err(TokenError::Forged), "{length} bytes");
        }
    }

    #[test]
    fn after_a_restart_one_can_come_back_but_not_join_with_an_old_token() {
        let before = tokens();
        let join = before.give(Purpose::Join, CLAIM, ANA, 0);
        let resume = before.give(Purpose::Resume, CLAIM, ANA, 0);
        let after = tokens();
        assert_eq!(after.take(Purpose::Join, &join, WITH_ANA, 1), Err(TokenError::Forged));
        assert_eq!(after.take(Purpose::Resume, &resume, WITH_ANA, 1), Ok(CLAIM));
    }
}
