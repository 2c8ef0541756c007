//! The token that every form of the console carries: for which login it was made, and for whom.
//!
//! Checked by [`super::visitor`] on every change. It outlives the login it was made for in one way only: it still proves whose form it
//! was, so that [`super::kept`] gives what was typed back to its writer and to nobody else. It opens nothing.

use data_encoding::BASE64URL_NOPAD;
use protocol::id::{OperatorId, TenantId};
use ring::hmac;
use store::{LoginFamily, TokenHash};

/// Bytes that stand for the login.
const LOGIN_BYTES: usize = 16;
/// Bytes that stand for the user.
const USER_BYTES: usize = 16;
/// Bytes that prove both.
const PROOF_BYTES: usize = 32;

/// Makes tokens, and says for whom one was made.
pub(super) struct FormTokens(hmac::Key);

impl FormTokens {
    /// With this key.
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// What the forms of this login carry: other logins have another.
    pub(super) fn of(&self, family: &LoginFamily, tenant: TenantId, operator: OperatorId) -> String {
        let of_login = hmac::Key::new(hmac::HMAC_SHA256, family.as_bytes());
        let login = hmac::sign(&of_login, b"amparo console form v1");
        let mut token = login.as_ref()[..LOGIN_BYTES].to_vec();
        token.extend_from_slice(operator.as_bytes());
        let proof = hmac::sign(&self.0, &[&token, tenant.as_bytes().as_slice()].concat());
        token.extend_from_slice(proof.as_ref());
        BASE64URL_NOPAD.encode(&token)
    }

    /// Whose form it is that carries this, of whichever of their logins; `None`: of nobody in this company.
    pub(super) fn whose(&self, token: &str, tenant: TenantId) -> Option<OperatorId> {
        // Longer ones are not looked at.
        if token.len() > 2 * (LOGIN_BYTES + USER_BYTES + PROOF_BYTES) {
            return None;
        }
        let token = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (made, proof) = token.split_at_checked(LOGIN_BYTES + USER_BYTES)?;
        hmac::verify(&self.0, &[made, tenant.as_bytes().as_slice()].concat(), proof).ok()?;
        let (_, operator) = made.split_last_chunk::<USER_BYTES>()?;
        Some(OperatorId::from_bytes(*operator))
    }
}

/// Whether two tokens are the same. As hashes: how long it takes to compare them tells nothing.
pub(super) fn same(a: &str, b: &str) -> bool {
    TokenHash::of(a.as_bytes()) == TokenHash::of(b.as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const OURS: TenantId = TenantId::from_bytes([1; 16]);
    const ANA: OperatorId = OperatorId::from_bytes([2; 16]);

    #[test]
    fn a_token_proves_whose_form_it_is_and_nothing_else_does() {
        let tokens = FormTokens::new(&[7; 32]);
        let token = tokens.of(&LoginFamily::from_bytes([3; 16]), OURS, ANA);
        assert_eq!(tokens.whose(&token, OURS), Some(ANA));
        assert_ne!(token, tokens.of(&LoginFamily::from_bytes([4; 16]), OURS, ANA), "another login has another");
        assert_eq!(tokens.whose(&token, TenantId::from_bytes([9; 16])), None, "another company");
        assert_eq!(FormTokens::new(&[8; 32]).whose(&token, OURS), None, "another server");
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
        for n in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[n] ^= 1;
            assert_eq!(tokens.whose(&BASE64URL_NOPAD.encode(&changed), OURS), None, "byte {n}");
            assert_eq!(tokens.whose(&BASE64URL_NOPAD.encode(&bytes[..n]), OURS), None, "cut to {n}");
        }
        for strange in ["", "0", "ã", &"0".repeat(32), &"A".repeat(1_000_000), &format!("{token}A")] {
            assert_eq!(tokens.whose(strange, OURS), None);
        }
    }
}
