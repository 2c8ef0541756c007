//! Proof of the password without showing it: SPAKE2 over Ed25519 (RFC 9382's protocol as RustCrypto's `spake2` has it), bound to the
//! inner TLS connection and to both identities, with explicit key confirmation both ways.
//!
//! One run tells an attacker one thing: whether one guess was right. A relay that sits in the middle of two TLS connections has two
//! different exporters, so its run can never end in the same key.

use protocol::{
    id::{OperatorId, Password, SessionId},
    message::{handshake::PakeMessage, pairing::Role},
    session::Proofs,
};
use ring::hmac;
use spake2::{Ed25519Group, Identity, Spake2};

/// One run, started.
pub struct Run {
    role: Role,
    state: Spake2<Ed25519Group>,
    context: [u8; 32],
}

/// Whom a run is between and on which connection.
pub struct Binding<'a> {
    /// The session dialled.
    pub session: SessionId,
    /// The attendant as certified.
    pub attendant: OperatorId,
    /// The inner TLS connection's exporter value: the same on both ends of one connection, and of no other.
    pub exporter: &'a [u8; 32],
}

impl Run {
    /// Starts a run and gives the message for the other half.
    pub fn start(role: Role, password: &Password, binding: &Binding<'_>) -> (Self, PakeMessage) {
        let attendant = Identity::new(&identity(b"attendant", binding.attendant.as_bytes(), binding.exporter));
        let customer = Identity::new(&identity(b"customer", binding.session.as_bytes(), binding.exporter));
        let secret = spake2::Password::new(password.symbols());
        let (state, message) = match role {
            Role::Attendant => Spake2::start_a(&secret, &attendant, &customer),
            Role::Customer => Spake2::start_b(&secret, &attendant, &customer),
        };
        let message = PakeMessage::try_from(message).expect("a SPAKE2 message over Ed25519 has 33 bytes");
        (Self { role, state, context: *binding.exporter }, message)
    }

    /// Ends the run: what we prove, and what the other half must prove. `None` when its message is none.
    pub fn finish(self, theirs: &PakeMessage) -> Option<Proofs> {
        let key = self.state.finish(theirs.as_bytes()).ok()?;
        Some(proofs(&key, b"amparo password v1", &self.context, self.role))
    }
}

/// Proofs that both ends of a new connection know a secret of the session that was cut.
pub fn resumption(secret: &[u8; 32], exporter: &[u8; 32], role: Role) -> Proofs {
    proofs(secret, b"amparo resume v1", exporter, role)
}

fn identity(what: &[u8], id: &[u8; 16], exporter: &[u8; 32]) -> Vec<u8> {
    [b"amparo v1 ", what, b" ", id, exporter].concat()
}

fn proofs(key: &[u8], purpose: &[u8], context: &[u8; 32], role: Role) -> Proofs {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let proof = |of: Role| {
        let of: &[u8] = match of {
            Role::Attendant => b" attendant ",
            Role::Customer => b" customer ",
        };
        let tag = hmac::sign(&key, &[purpose, of, context].concat());
        tag.as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes")
    };
    Proofs { own: proof(role), expected: proof(role.other()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn run(attendant: (&str, [u8; 32]), customer: (&str, [u8; 32])) -> bool {
        let binding = |exporter| Binding {
            session: SessionId::from_bytes([1; 16]),
            attendant: OperatorId::from_bytes([2; 16]),
            exporter,
        };
        let (a, to_customer) = Run::start(Role::Attendant, &attendant.0.parse().unwrap(), &binding(&attendant.1));
        let (c, to_attendant) = Run::start(Role::Customer, &customer.0.parse().unwrap(), &binding(&customer.1));
        let (a, c) = (a.finish(&to_attendant).unwrap(), c.finish(&to_customer).unwrap());
        assert_ne!(a.own, c.own, "one half's proof is not the other's");
        a.own == c.expected && c.own == a.expected
    }

    #[test]
    fn only_the_same_password_on_the_same_connection_gives_the_same_key() {
        assert!(run(("K7QF-2M9X", [5; 32]), ("k7qf 2m9x", [5; 32])));
        assert!(!run(("K7QF-2M9X", [5; 32]), ("K7QF-2M9Y", [5; 32])));
        assert!(!run(("K7QF-2M9X", [5; 32]), ("K7QF-2M9X", [6; 32])), "a relay in the middle");
    }

    #[test]
    fn a_reflected_message_gives_nothing() {
        let binding = Binding {
            session: SessionId::from_bytes([1; 16]),
            attendant: OperatorId::from_bytes([2; 16]),
            exporter: &[5; 32],
        };
        let (run, message) = Run::start(Role::Attendant, &"K7QF-2M9X".parse().unwrap(), &binding);
        assert!(run.finish(&message).is_none());
    }

    #[test]
    fn garbage_is_no_message() {
        let binding = Binding {
            session: SessionId::from_bytes([1; 16]),
            attendant: OperatorId::from_bytes([2; 16]),
            exporter: &[5; 32],
        };
        let (run, _) = Run::start(Role::Customer, &"K7QF-2M9X".parse().unwrap(), &binding);
        assert!(run.finish(&PakeMessage::try_from(vec![0xff; 33]).unwrap()).is_none());
    }
}
