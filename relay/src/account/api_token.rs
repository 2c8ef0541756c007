//! Tokens of the API: how they are written, made and recognised.
//!
//! `amp_`, thirty random letters and digits (178 bits), six that are a checksum of those: whoever looks for lost secrets finds one and
//! knows it for ours without asking us. Used by the console's page about tokens and by the API. Must never keep or log a token.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use protocol::message::directory::LoginError;
use store::{ApiToken, ApiTokenId, NewApiToken, Scope, TokenHash};
use zeroize::Zeroizing;

use super::{AccountError, Accounts, Operator, random, shown, unavailable};

/// What every token begins with.
pub const PREFIX: &str = "amp_";
/// Random letters and digits.
const RANDOM_CHARS: usize = 30;
/// Those of the checksum.
const CHECK_CHARS: usize = 6;
/// Shown of a token, so that it is found again.
const HINT_CHARS: usize = 4;
/// No token is good for longer.
pub const LONGEST_DAYS: u32 = 365;
/// Characters of a token's name.
pub const NAME_CHARS: usize = 60;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What a token is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// How long it is good, in days.
    pub days: u32,
}

/// A token that was just made; its text is shown this once.
pub struct Made {
    /// Which.
    pub id: ApiTokenId,
    /// The token.
    pub token: Zeroizing<String>,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

impl Accounts {
    /// Makes a token that acts in this user's name.
    ///
    /// # Errors
    /// `BadName` when its name cannot be shown; `Taken` when the user has as many as there may be; `NotFound` when the user is gone;
    /// `Unavailable`.
    pub async fn make_api_token(
        &self,
        operator: &Operator,
        wanted: &Wanted,
        now: Timestamp,
    ) -> Result<Made, AccountError> {
        let name = shown(&wanted.name).filter(|name| name.chars().count() <= NAME_CHARS);
        let name = name.ok_or(AccountError::BadName)?;
        let token = fresh()?;
        let days = i64::from(wanted.days.clamp(1, LONGEST_DAYS));
        let expires_at = now + SignedDuration::from_hours(24 * days);
        let new = NewApiToken {
            tenant: operator.tenant,
            operator: operator.id,
            name,
            scopes: wanted.scopes.clone(),
            hash: TokenHash::of(token.as_bytes()),
            hint: token[token.len() - HINT_CHARS..].to_owned(),
            created_at: now,
            expires_at,
        };
        match self.store.add_api_token(&new).await {
            Ok(id) => Ok(Made { id, token, expires_at }),
            Err(store::StoreError::Conflict { what: "number of tokens" }) => Err(AccountError::Taken),
            Err(error) => Err(error.into()),
        }
    }

    /// Whose token this is, as they are now, and that it was used.
    ///
    /// # Errors
    /// `Wrong` for whatever is no good token; `Unavailable`.
    pub async fn api(&self, token: &str, source: IpAddr) -> Result<(ApiToken, Operator), LoginError> {
        // What is not even written like one costs no look at the records.
        if !is_well_formed(token) {
            return Err(LoginError::Wrong);
        }
        let hash = TokenHash::of(token.as_bytes());
        let found = self.store.api_token(&hash, &source.to_string(), Timestamp::now()).await.map_err(unavailable)?;
        found.map(|found| (found.token, Operator::from(found.operator))).ok_or(LoginError::Wrong)
    }
}

fn fresh() -> Result<Zeroizing<String>, AccountError> {
    let mut token = Zeroizing::new(String::with_capacity(PREFIX.len() + RANDOM_CHARS + CHECK_CHARS));
    token.push_str(PREFIX);
    while token.len() < PREFIX.len() + RANDOM_CHARS {
        let bytes: Zeroizing<[u8; 64]> = Zeroizing::new(random()?);
        // Six bits each; the two values that no character has are left out, so that all are equally likely.
        for byte in bytes.iter().map(|byte| usize::from(byte & 63)) {
            if let Some(c) = ALPHABET.get(byte).filter(|_| token.len() < PREFIX.len() + RANDOM_CHARS) {
                token.push(char::from(*c));
            }
        }
    }
    let check = checksum(&token.as_bytes()[PREFIX.len()..]);
    check.iter().for_each(|c| token.push(char::from(*c)));
    Ok(token)
}

/// Whether this is written as a token is, its checksum included.
pub fn is_well_formed(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(PREFIX).map(str::as_bytes) else { return false };
    rest.len() == RANDOM_CHARS + CHECK_CHARS
        && rest.iter().all(u8::is_ascii_alphanumeric)
        && checksum(&rest[..RANDOM_CHARS]) == rest[RANDOM_CHARS..]
}

/// CRC-32 (as of zip and Ethernet) in the same letters and digits, the highest first.
fn checksum(bytes: &[u8]) -> [u8; CHECK_CHARS] {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    let mut rest = !crc;
    let mut check = [0; CHECK_CHARS];
    for place in check.iter_mut().rev() {
        *place = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    check
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_token_is_known_for_ours_by_how_it_is_written() {
        let token = fresh().unwrap();
        assert!(token.len() == 40 && is_well_formed(&token), "{}", *token);
        assert_ne!(*token, *fresh().unwrap());
        for at in 0..token.len() {
            let mut typo = token.as_bytes().to_vec();
            typo[at] = if typo[at] == b'x' { b'y' } else { b'x' };
            assert!(!is_well_formed(&String::from_utf8(typo).unwrap()), "character {at}");
        }
        for other in ["", "amp_", "amp_ç", &token[..39], &format!("{}0", *token), &token.to_uppercase()] {
            assert!(!is_well_formed(other), "{other}");
        }
    }

    #[test]
    fn the_checksum_is_the_one_that_others_compute() {
        // The check value of CRC-32: 0xCBF43926 for "123456789".
        let value = checksum(b"123456789")
            .iter()
            .fold(0_u64, |sum, c| sum * 62 + ALPHABET.iter().position(|a| a == c).unwrap() as u64);
        assert_eq!(value, 0xCBF4_3926);
    }
}
