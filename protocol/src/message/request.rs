//! A customer's request: whether somebody attends it now, and leaving it behind when nobody does.

use serde::{Deserialize, Serialize};

use super::{ShownText, WrittenText};
use crate::id::{ProtocolNumber, SessionId};

/// To a customer's program: whether its app is attended. Told when it registers and whenever it changes. From version 3 on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Attended {
    /// It is.
    Open,
    /// Not at this time.
    Closed {
        /// Because of this holiday; empty: out of hours.
        holiday: ShownText,
        /// When it is again, in milliseconds since 1970 UTC; `None`: not in the next weeks.
        opens_unix_ms: Option<u64>,
    },
    /// It is, and just now nobody is available.
    Nobody,
    /// It has ended: nobody will attend it any more, and no request is taken. From version 5 on.
    Ended,
}

/// Leaves a request: it becomes a ticket. Only from a registered customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveRequest {
    /// What the customer wants to say; may be empty.
    pub text: WrittenText,
}

/// Answer to `LeaveRequest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestLeft {
    /// What it is known by. The ticket's number comes with `SessionTicket` once there is one.
    pub outcome: Result<LeftRequest, RequestError>,
}

/// What a request that was left is known by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftRequest {
    /// As in `SessionTicket`.
    pub session: SessionId,
    /// What people know it by.
    pub protocol: ProtocolNumber,
}

/// Why a request is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum RequestError {
    /// Too many of them; the next is taken after this many seconds.
    #[error("too many requests, wait {retry_after_s} s")]
    TooMany {
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// The server cannot write it down now.
    #[error("the server cannot record the request")]
    CannotRecord,
}
