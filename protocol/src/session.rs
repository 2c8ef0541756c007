//! The machines of a session: what may be said when, and what follows.
//!
//! One for each half, and one for the relay's leg between them. Messages and time come in as arguments, effects come out of `poll_event`; whoever owns the streams is a thin
//! shell around this. What the machines do not let through reaches no screen, no mouse and no keyboard.

pub mod attendant;
pub mod customer;
mod phrase;
pub mod relay_leg;

pub use crate::message::handshake::PROOF_BYTES;
pub use phrase::{CheckPhrase, Reveal};

/// A rule was broken: the session ends, and the log says which.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// Something was said that cannot be said now.
    #[error("{said} while {state}")]
    OutOfTurn {
        /// What.
        said: &'static str,
        /// When.
        state: &'static str,
    },
    /// Key confirmation or proof of an earlier session failed.
    #[error("a proof that does not fit")]
    Proof,
    /// The nonce shown is not the one that was committed to.
    #[error("a nonce that is not the one committed to")]
    Commitment,
    /// The other half is somebody else than before.
    #[error("another person than before")]
    Identity,
}

/// What each half proves to the other that it knows: a confirmation of the PAKE's key, or a proof of the session that was cut.
#[derive(Clone, PartialEq, Eq)]
pub struct Proofs {
    /// Ours, to be sent.
    pub own: [u8; PROOF_BYTES],
    /// The other half's, to be expected.
    pub expected: [u8; PROOF_BYTES],
}

impl Proofs {
    /// Compares without telling by its time where the difference is.
    fn fits(&self, got: &[u8; PROOF_BYTES]) -> bool {
        self.expected.iter().zip(got).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }
}

impl std::fmt::Debug for Proofs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proofs(…)")
    }
}
