//! Two programs become the two halves of a session: signed tokens, pairing, coming back after a cut, the splice, the record.

pub mod grant;
pub mod guess;
pub mod live;
pub(crate) mod rate;
pub mod splice;
pub mod token;
