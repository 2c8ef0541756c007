//! How two programs become the two halves of a session: dialling, signed single-use tokens, coming back after a cut, reports.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    ShownText,
    directory::Opaque,
    grant::{Change, Grants, RightsChange},
    record::Signed,
    ticket::{TicketBrief, TicketChoice},
    wrap_up::WrapUp,
};
use crate::{
    capped,
    id::{DeviceId, ProtocolNumber, SessionId},
    limits,
};

/// A signed token for one place in one pairing; used once, for a short time.
pub type Token = Opaque;

/// Which half of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The one who is helped: screen and consent.
    Customer,
    /// The one who helps.
    Attendant,
}

impl Role {
    /// The other half.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Customer => Self::Attendant,
            Self::Attendant => Self::Customer,
        }
    }
}

/// Asks to be paired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dial {
    /// Comes back in the answer.
    pub request: u32,
    /// Whom to reach.
    pub partner: DeviceId,
    /// The ticket that the session is an action of.
    pub ticket: TicketChoice,
    /// What will be asked of the customer.
    pub want: Grants,
}

/// The pairing is prepared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialled {
    /// As asked.
    pub request: u32,
    /// The session this may become.
    pub session: SessionId,
    /// The attendant's place in it.
    pub token: Token,
    /// For `Rejoin` after a cut.
    pub resume: Token,
    /// The session's protocol number.
    pub protocol: ProtocolNumber,
}

/// Why there is no pairing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialRefused {
    /// As asked.
    pub request: u32,
    /// Why.
    pub why: DialError,
}

/// Why there is no pairing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum DialError {
    /// Unknown, offline, or not for this attendant: one answer.
    #[error("no such partner")]
    Unreachable,
    /// Another session with this customer is under way or being set up.
    #[error("the partner is in another session")]
    Busy,
    /// Only logged-in attendants dial.
    #[error("only attendants may dial")]
    NotAllowed,
    /// Too many tries; wait this many seconds.
    #[error("too many tries, wait {retry_after_s} s")]
    TooMany {
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// There is no such ticket.
    #[error("there is no such ticket")]
    NoSuchTicket,
    /// The server cannot record the session (disk full, store broken), so there is none.
    #[error("the server cannot record the session")]
    CannotRecord,
    /// The grant that was taken for this partner opens nothing any more: the password has been renewed since. It has to be asked for.
    #[error("the grant opens nothing any more")]
    GrantGone,
}

/// To the customer: an attendant dials.
///
/// The name shown in the consent question comes from the attendant's certificate, not from here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incoming {
    /// The session this may become.
    pub session: SessionId,
    /// The customer's place in it.
    pub token: Token,
    /// For `Rejoin` after a cut.
    pub resume: Token,
    /// The ticket, when one was chosen and could be looked up.
    pub ticket: Option<TicketBrief>,
    /// The session's protocol number.
    pub protocol: ProtocolNumber,
}

/// Asks for a place in a session that was cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejoin {
    /// The session.
    pub session: SessionId,
    /// The token given for this.
    pub resume: Token,
}

/// The place is kept: join with this token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejoinReady {
    /// The session.
    pub session: SessionId,
    /// For `Join`.
    pub token: Token,
    /// For the next `Rejoin`.
    pub resume: Token,
}

/// The session is over as far as the relay is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// The session.
    pub session: SessionId,
    /// Why.
    pub why: CloseReason,
}

/// Why a session is over. The same words are kept in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// The customer pressed End.
    EndedByCustomer,
    /// The attendant pressed End.
    EndedByAttendant,
    /// The customer said No.
    Refused,
    /// The customer did not answer in time.
    NoAnswer,
    /// The password was wrong.
    WrongPassword,
    /// The attendant gave up before the customer answered.
    Cancelled,
    /// A program was closed or killed.
    ProgramGone,
    /// The network was cut and the session did not come back in time.
    ConnectionLost,
    /// A check failed or a rule was broken.
    Violation,
    /// A program failed by itself; its log says how.
    Failed,
    /// Of a watch: the session that was watched is over. From version 5 on.
    WatchedOver,
}

/// What happened, told by the customer's program (who decides) and by the attendant's (as far as it knows).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The session.
    pub session: SessionId,
    /// What.
    pub what: Happened,
}

/// Steps of a session that are written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Happened {
    /// The customer allowed it: the session begins. Only from the customer.
    Started {
        /// What was allowed.
        granted: Grants,
        /// The attendant's name as certified.
        attendant: ShownText,
        /// When, by the relay's clock, in milliseconds since 1970 UTC.
        at_unix_ms: u64,
    },
    /// It is over.
    Ended {
        /// Why.
        why: CloseReason,
        /// When, by the relay's clock, in milliseconds since 1970 UTC.
        at_unix_ms: u64,
        /// Times the connection was lost and came back.
        reconnects: u32,
    },
    /// The customer warns the company's administrators of it, during it or after it. Only from the customer.
    Alarm {
        /// When, by the relay's clock, in milliseconds since 1970 UTC.
        at_unix_ms: u64,
    },
    /// What this end signs of a session that began and is over.
    Signed(Box<Signed>),
    /// What the attendant says about it when it is over. Only from the attendant.
    WrappedUp(WrapUp),
    /// The customer has allowed or taken back something during it: every change so far, oldest first. Only from the customer. From version 5
    /// on.
    Changed(#[serde(deserialize_with = "capped::list::<_, _, { limits::CHANGES_TOLD }>")] Vec<Change>),
    /// It has had administrator's rights, or has them no more: every change so far, oldest first; before the first it had none. When the last
    /// one says that it had them, it had them until it was over. Only from the customer. From version 6 on.
    Rights(#[serde(deserialize_with = "capped::list::<_, _, { limits::CHANGES_TOLD }>")] Vec<RightsChange>),
}

/// Which report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// [`Happened::Started`].
    Started,
    /// [`Happened::Ended`].
    Ended,
    /// [`Happened::Alarm`].
    Alarm,
    /// [`Happened::Signed`].
    Signed,
    /// [`Happened::WrappedUp`].
    WrappedUp,
    /// [`Happened::Changed`].
    Changed,
    /// [`Happened::Rights`].
    Rights,
}

impl Happened {
    /// Which one it is.
    pub fn step(&self) -> Step {
        match self {
            Self::Started { .. } => Step::Started,
            Self::Ended { .. } => Step::Ended,
            Self::Alarm { .. } => Step::Alarm,
            Self::Signed(_) => Step::Signed,
            Self::WrappedUp(_) => Step::WrappedUp,
            Self::Changed(_) => Step::Changed,
            Self::Rights(_) => Step::Rights,
        }
    }
}

/// A report was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportKept {
    /// The session.
    pub session: SessionId,
    /// Which report.
    pub step: Step,
    /// Of an end: where the relay's audit log stood when it was written.
    pub record: Option<RecordMark>,
}

/// A place in the relay's audit log, to be noted: whoever has it can tell later whether the log up to there was touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RecordMark {
    /// The line's number.
    pub line: u64,
    /// The first bytes of its hash.
    pub hash: [u8; 8],
}

/// `48:9f86d081884c7d65`, as on the ticket.
impl fmt::Display for RecordMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.line)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
