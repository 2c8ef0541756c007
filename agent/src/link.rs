//! Moves bytes: one QUIC connection to the relay, and inside it the connection between customer and attendant that the relay cannot
//! read.
//!
//! `quic` dials the relay and checks that it is the one of the profile; `client` keeps that connection and its control stream alive;
//! `secure` is the inner TLS with its keys, `pake` the proof of the password, `phrase` the digits that both people compare, `sealed` every
//! other stream, `record` what is signed of a session at its end. Nothing here decides what may be said: that is `protocol::session`'s.

pub mod client;
pub mod identity;
pub mod pake;
pub mod phrase;
mod plain;
pub mod quic;
pub mod record;
pub mod sealed;
pub mod secure;

/// Why a program closes its connection to the relay: application close codes of QUIC, the same numbers on both sides.
pub mod close_code {
    /// Nothing is wrong: replaced by a newer connection, or not needed any more.
    pub const DONE: u32 = 0;
    /// The program exits.
    pub const GOODBYE: u32 = 1;
    /// The other side broke a rule.
    pub const VIOLATION: u32 = 2;
}
