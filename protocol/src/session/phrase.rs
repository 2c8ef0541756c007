//! The check phrase: six digits that both people see, so that a relay which shows the attendant a fake customer is noticed.
//!
//! Commit, then reveal. The attendant's first message fixes its nonce by a hash; the customer chooses its own only after that, and the
//! attendant shows its nonce only after the customer's. So nobody, and no relay between two such runs, can choose a nonce that
//! suits: at each end one nonce is fixed before the other is known, and trying many offline (grinding) is impossible. What is left is
//! one guess in a million for each question that a person sees.
//!
//! Nothing is hashed here: the machines carry nonces, commitment and phrase as values, and the program's link makes and checks them.

use std::fmt;

use crate::message::handshake::{COMMITMENT_BYTES, NONCE_BYTES};

/// Six digits, shown as `123 456`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CheckPhrase(u32);

impl CheckPhrase {
    /// How many there are.
    const COUNT: u64 = 1_000_000;

    /// From the first bytes of a hash. Sixty-four bits make every phrase as likely as any other, to one part in 10^13.
    pub fn from_hash(first: [u8; 8]) -> Self {
        Self(u32::try_from(u64::from_be_bytes(first) % Self::COUNT).expect("six digits fit"))
    }
}

impl fmt::Display for CheckPhrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03} {:03}", self.0 / 1_000, self.0 % 1_000)
    }
}

impl fmt::Debug for CheckPhrase {
    /// A log is no place for it: who reads along could say it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckPhrase(…)")
    }
}

/// What the customer's end checks, and makes the phrase from, once the attendant has shown its nonce.
#[derive(Clone, PartialEq, Eq)]
pub struct Reveal {
    /// What the attendant committed to at first.
    pub commitment: [u8; COMMITMENT_BYTES],
    /// What it shows now.
    pub attendant: [u8; NONCE_BYTES],
    /// Our own nonce.
    pub customer: [u8; NONCE_BYTES],
}

impl fmt::Debug for Reveal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reveal(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_always_six_digits_in_two_groups() {
        for (first, shown) in
            [(0_u64, "000 000"), (7, "000 007"), (999_999, "999 999"), (1_000_000, "000 000"), (u64::MAX, "551 615")]
        {
            assert_eq!(CheckPhrase::from_hash(first.to_be_bytes()).to_string(), shown);
        }
    }
}
