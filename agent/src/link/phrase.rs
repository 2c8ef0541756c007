//! Nonces, commitment and digits of the check phrase; why they are exchanged in that order is in `protocol::session`.
//!
//! The phrase is of one inner connection: its exporter is the key, so two connections with a relay between them have two phrases,
//! whatever nonces the relay passes on. All that is hashed has a fixed size. Called by both sessions; it must never be reached for the
//! phrase before both nonces are known.

use protocol::{
    message::handshake::{COMMITMENT_BYTES, NONCE_BYTES},
    session::{CheckPhrase, Reveal},
};
use ring::{digest, hmac};

use super::pake::Binding;

/// What one half adds to the phrase.
pub type Nonce = [u8; NONCE_BYTES];

/// A nonce from the operating system's generator.
pub fn nonce() -> Nonce {
    rand::random()
}

/// Fixes a nonce without showing it.
pub fn commit(nonce: &Nonce) -> [u8; COMMITMENT_BYTES] {
    let hash = digest::digest(&digest::SHA256, &[b"amparo check phrase commitment v1".as_slice(), nonce].concat());
    hash.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// The customer's phrase. `None`: the attendant has shown another nonce than it committed to.
pub fn revealed(reveal: &Reveal, binding: &Binding<'_>) -> Option<CheckPhrase> {
    (commit(&reveal.attendant) == reveal.commitment).then(|| phrase(binding, &reveal.attendant, &reveal.customer))
}

/// The phrase of a connection and two nonces.
pub fn phrase(binding: &Binding<'_>, attendant: &Nonce, customer: &Nonce) -> CheckPhrase {
    let key = hmac::Key::new(hmac::HMAC_SHA256, binding.exporter);
    let parts: [&[u8]; 5] =
        [b"amparo check phrase v1", binding.session.as_bytes(), binding.attendant.as_bytes(), attendant, customer];
    let tag = hmac::sign(&key, &parts.concat());
    CheckPhrase::from_hash(*tag.as_ref().first_chunk().expect("HMAC-SHA-256 has 32 bytes"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashSet;

    use protocol::id::{OperatorId, SessionId};

    use super::*;

    fn binding(exporter: &[u8; 32]) -> Binding<'_> {
        Binding { session: SessionId::from_bytes([1; 16]), attendant: OperatorId::from_bytes([2; 16]), exporter }
    }

    #[test]
    fn both_halves_of_one_connection_have_the_same_phrase() {
        let (attendant, customer) = (nonce(), nonce());
        let reveal = Reveal { commitment: commit(&attendant), attendant, customer };
        let connection = binding(&[5; 32]);
        assert_eq!(revealed(&reveal, &connection), Some(phrase(&connection, &attendant, &customer)));
    }

    #[test]
    fn a_nonce_other_than_the_one_committed_to_gives_no_phrase() {
        let (attendant, customer) = (nonce(), nonce());
        for bit in 0..attendant.len() * 8 {
            let mut other = attendant;
            other[bit / 8] ^= 1 << (bit % 8);
            let reveal = Reveal { commitment: commit(&attendant), attendant: other, customer };
            assert_eq!(revealed(&reveal, &binding(&[5; 32])), None, "bit {bit}");
        }
    }

    /// A relay between two connections passes every nonce on, and may choose those of its own halves after hearing the honest ones.
    /// It wins when the two phrases are the same: as often as a blind guess, whatever it tries within one run.
    #[test]
    fn a_relay_between_two_connections_gets_the_same_phrase_only_by_luck() {
        const RUNS: u32 = 20_000;
        let mut same = 0;
        for run in 0..RUNS {
            let (attendant, customer) = (nonce(), nonce());
            let mut exporters = [[1; 32], [2; 32]];
            for exporter in &mut exporters {
                exporter[..4].copy_from_slice(&run.to_be_bytes());
            }
            let here = phrase(&binding(&exporters[0]), &attendant, &customer);
            let there = phrase(&binding(&exporters[1]), &attendant, &customer);
            same += u32::from(here == there);
        }
        // One in a million: more than two in this many runs happens once in about a million tests.
        assert!(same <= 2, "{same} of {RUNS}");
    }

    #[test]
    fn everything_a_phrase_is_bound_to_changes_it() {
        let (a, c) = ([3; NONCE_BYTES], [4; NONCE_BYTES]);
        let (one, other) = ([5; 32], [6; 32]);
        let good = binding(&one);
        let phrases: HashSet<String> = [
            phrase(&good, &a, &c),
            phrase(&good, &c, &a),
            phrase(&good, &a, &a),
            phrase(&good, &c, &c),
            phrase(&binding(&other), &a, &c),
            phrase(&Binding { session: SessionId::from_bytes([9; 16]), ..binding(&one) }, &a, &c),
            phrase(&Binding { attendant: OperatorId::from_bytes([9; 16]), ..binding(&one) }, &a, &c),
        ]
        .iter()
        .map(ToString::to_string)
        .collect();
        assert_eq!(phrases.len(), 7);
    }
}
