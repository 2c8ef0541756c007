//! The first words inside the inner TLS: password, or proof of the session that was cut, then the question.
//!
//! All that is parsed before consent. Fixed sizes only; at most [`crate::limits::HANDSHAKE_MESSAGE_BYTES`].

use serde::{Deserialize, Serialize};

use super::grant::Grants;

/// Bytes of a SPAKE2 message over Ed25519, with its side byte.
pub const PAKE_BYTES: usize = 33;
/// Bytes of a key confirmation or resumption proof (HMAC-SHA-256).
pub const PROOF_BYTES: usize = 32;
/// Bytes of what each half adds to the check phrase.
pub const NONCE_BYTES: usize = 32;
/// Bytes of the attendant's commitment to its nonce (SHA-256).
pub const COMMITMENT_BYTES: usize = 32;

/// From the attendant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromAttendant {
    /// Opens a new session.
    Open {
        /// The attendant's PAKE message.
        pake: PakeMessage,
        /// What is asked for.
        want: Grants,
        /// Fixes the attendant's nonce for the check phrase without showing it.
        commitment: [u8; COMMITMENT_BYTES],
    },
    /// The attendant has the same key, so had the right password.
    Confirm {
        /// Key confirmation.
        proof: [u8; PROOF_BYTES],
        /// The nonce behind the commitment, shown only now that the customer's is known.
        reveal: [u8; NONCE_BYTES],
    },
    /// Comes back to a session that was cut.
    Resume([u8; PROOF_BYTES]),
    /// Has given up.
    Cancel,
}

/// From the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromCustomer {
    /// The customer's PAKE message.
    Pake {
        /// The message.
        pake: PakeMessage,
        /// The customer's nonce for the check phrase, chosen after the attendant's commitment.
        nonce: [u8; NONCE_BYTES],
    },
    /// The password was right (key confirmation); the customer is being asked.
    Asking([u8; PROOF_BYTES]),
    /// Allowed: the session begins.
    Granted(Grants),
    /// The session goes on (proof of the earlier one).
    Resumed {
        /// Proof that this is the same customer.
        proof: [u8; PROOF_BYTES],
        /// What is allowed now.
        granted: Grants,
    },
    /// Not allowed.
    No(Refused),
}

/// Why the customer's program says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum Refused {
    /// The password was wrong.
    #[error("the password was wrong")]
    WrongPassword,
    /// The customer does not allow it.
    #[error("the customer did not allow it")]
    ByCustomer,
    /// Nobody answered the question.
    #[error("nobody answered")]
    NoAnswer,
    /// There is no session to come back to.
    #[error("there is no such session any more")]
    NoSession,
}

/// A PAKE message of fixed size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct PakeMessage([u8; PAKE_BYTES]);

impl PakeMessage {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; PAKE_BYTES] {
        &self.0
    }
}

impl TryFrom<Vec<u8>> for PakeMessage {
    type Error = &'static str;
    fn try_from(bytes: Vec<u8>) -> Result<Self, &'static str> {
        bytes.try_into().map(Self).map_err(|_| "a PAKE message of the wrong size")
    }
}

impl From<PakeMessage> for Vec<u8> {
    fn from(message: PakeMessage) -> Vec<u8> {
        message.0.to_vec()
    }
}
