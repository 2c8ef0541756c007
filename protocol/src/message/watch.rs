//! Watching: a second person of the company sees the customer's screen while another one helps. From version 5 on.
//!
//! A watch is a session of its own, of the same customer and on the same ticket, and view only. What the relay says here starts nothing: the
//! customer's program takes a watch only beside a session that it has allowed, asks anew, and lets no input through.

use serde::{Deserialize, Serialize};

use super::{ShownText, directory::Opaque};
use crate::id::{DeviceId, SessionId, TicketNumber};

/// Asks whether a partner's session can be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskWatch {
    /// Comes back in the answer.
    pub request: u32,
    /// Whose screen.
    pub partner: DeviceId,
    /// It is wanted now: the answer brings a one-time grant in place of the password.
    pub enter: bool,
}

/// Asks to be paired as the one who watches. Answered as [`super::pairing::Dial`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialWatch {
    /// Comes back in the answer.
    pub request: u32,
    /// Whose screen.
    pub partner: DeviceId,
}

/// Answer to [`AskWatch`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchIs {
    /// As asked.
    pub request: u32,
    /// The session that can be watched, or why it cannot.
    pub watch: Result<Watchable, WatchError>,
}

/// A session that can be watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watchable {
    /// Who helps.
    pub attendant: ShownText,
    /// Who is helped; may be empty.
    pub customer: ShownText,
    /// The ticket that both are on.
    pub ticket: TicketNumber,
    /// What stands for the password, where it was wanted.
    pub grant: Option<Opaque>,
}

/// Why a session cannot be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum WatchError {
    /// Unknown, not in a session of another attendant, or not for this one: one answer.
    #[error("there is no such session")]
    Unreachable,
    /// They may not watch.
    #[error("no right to watch")]
    NotAllowed,
    /// The customer's program does not know of watching.
    #[error("the customer's program is too old to be watched")]
    ProgramOld,
    /// Somebody watches it already, or has asked to.
    #[error("somebody watches already")]
    Taken,
    /// The session is on no ticket yet.
    #[error("the session's ticket is not open yet")]
    NoTicket,
    /// Too many tries; wait this many seconds.
    #[error("too many tries, wait {retry_after_s} s")]
    TooMany {
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// The server cannot say now.
    #[error("the server cannot look at it now")]
    Unavailable,
}

/// To the attendant who helps: somebody watches their session, or nobody does any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// The session that is watched.
    pub session: SessionId,
    /// Who watches it.
    pub by: Option<ShownText>,
}
