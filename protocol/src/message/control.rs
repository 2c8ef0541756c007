//! The control channel of a consented session, inside the inner TLS.

use serde::{Deserialize, Serialize};

use super::{grant::Grants, pairing::CloseReason, stats::Stats};

/// Either half to the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Control {
    /// From the customer: what is allowed from now on.
    Grants(Grants),
    /// From the attendant: may be sent again and again; the answer carries the same number.
    Ping(u32),
    /// Answer to `Ping`.
    Pong(u32),
    /// From the customer: how the picture is made and sent.
    Stats(Stats),
    /// The session is over.
    End(CloseReason),
}
