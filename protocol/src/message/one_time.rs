//! A one-time grant: opens one dial to a waiting customer without asking for the password, for the attendant it was copied by.

use serde::{Deserialize, Serialize};

use super::directory::{CertificateChain, Opaque};
use crate::id::{DeviceId, Password};

/// Takes a grant. Only a program that holds the key of its attendant's certificate can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeGrant {
    /// Comes back in the answer.
    pub request: u32,
    /// The customer it was copied for.
    pub partner: DeviceId,
    /// The grant, as it was copied.
    pub grant: Opaque,
    /// The attendant's certificate.
    pub chain: CertificateChain,
    /// Made with the certificate's key over the grant and this connection.
    pub proof: Opaque,
}

/// Whether a grant was taken: used up now, and good for one dial on this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantTaken {
    /// As asked.
    pub request: u32,
    /// One answer for unknown, used, too old and somebody else's.
    pub taken: bool,
}

/// What a grant opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantOpened {
    /// Of the dial.
    pub request: u32,
    /// The customer's password of this moment.
    pub password: Password,
}
