//! Who did what, when and from where. Only ever added to; never a password or a token in it.
//!
//! The lines of a tenant are a chain: each carries its number and a SHA-256 over the hash before it and everything it says. Whoever
//! has noted a [`AuditHead`] (it is on every ticket and on every receipt) can tell later whether a line before it was touched.

mod chain;

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};

use crate::error::StoreError;

pub use chain::{AuditHead, AuditMark, AuditMarkError};
pub(crate) use chain::{RawLine, link};

/// What a line about a crossed guessing limit is called.
pub const ALARM: &str = "alarm.guessing";
/// What a line about a customer's alarm is called.
pub const SESSION_ALARM: &str = "alarm.session";
/// What a line about one end's signature of a session is called.
pub const SESSION_SIGNED: &str = "session.signed";
/// What a line about a signature that does not fit, or about two that contradict each other, is called.
pub const SESSION_DISPUTED: &str = "session.disputed";

/// What a line about a half of a session that has lost its connection is called.
pub const SESSION_AWAY: &str = "session.away";
/// The customer has allowed or taken back something during a session.
pub const SESSION_CHANGED: &str = "session.changed";
/// A session has had administrator's rights, or has them no more.
pub const SESSION_RIGHTS: &str = "session.rights";
/// What a line about a session whose halves are together again is called.
pub const SESSION_BACK: &str = "session.back";

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Whose.
    pub tenant: TenantId,
    /// Who; `None`: nobody logged in, or the system.
    pub operator: Option<OperatorId>,
    /// Their name at this time, or the login name that was tried.
    pub who: String,
    /// What, as a fixed word: `login`, `password.shown`, `operator.disabled`.
    pub what: String,
    /// On what: an id, a number, a name.
    pub subject: String,
    /// More of it, as words of the form `name=value`; may be empty.
    pub detail: String,
    /// From which address.
    pub from: String,
    /// When.
    pub at: Timestamp,
}

/// A line and its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// What it says.
    pub entry: AuditEntry,
    /// Its number and hash: the chain's head when it was the last.
    pub place: AuditHead,
}

/// A line about something, and whether it follows the line before it as it did when it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLink {
    /// The line.
    pub line: AuditLine,
    /// Its hash is the one that follows from the hash before it and from what it says.
    pub fits: bool,
}

/// What going through a tenant's whole log has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditVerified {
    /// Lines that fit, from the first.
    pub lines: u64,
    /// The last of them. Without lines: [`AuditHead::NONE`].
    pub head: AuditHead,
    /// The first thing that does not fit. `None`: the log is whole.
    pub broken: Option<AuditBreak>,
}

/// The first thing in a log that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditBreak {
    /// This line is missing: deleted, or given another number.
    Missing {
        /// Its number.
        seq: u64,
    },
    /// This line does not say what it said, or is no line of this chain.
    Changed {
        /// Its number.
        seq: i64,
    },
    /// The log ends before the noted line: lines at its end were cut off.
    Cut {
        /// The noted number.
        expected: u64,
        /// The last line's number.
        last: u64,
    },
    /// The noted line has another hash: the log was rewritten from some line before it.
    Rewritten {
        /// Its number.
        seq: u64,
    },
}

impl fmt::Display for AuditBreak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { seq } => write!(f, "line {seq} is missing"),
            Self::Changed { seq } => write!(f, "line {seq} does not fit: it was changed, moved or put in"),
            Self::Cut { expected, last } => {
                write!(f, "the log ends at line {last}, before line {expected} that was noted")
            }
            Self::Rewritten { seq } => write!(f, "line {seq} is not the one that was noted: the log was written anew"),
        }
    }
}

/// Records of the audit log.
#[async_trait]
pub trait AuditRecords: Send + Sync {
    /// Adds a line at the end of its tenant's chain, and gives the chain's head.
    async fn audit(&self, entry: &AuditEntry) -> Result<AuditHead, StoreError>;
    /// A tenant's lines, newest first.
    async fn audit_list(&self, tenant: TenantId, limit: u32) -> Result<Vec<AuditEntry>, StoreError>;
    /// A tenant's lines with their places, newest first, only those before this number: a page.
    async fn audit_page(&self, tenant: TenantId, before: Option<u64>, limit: u32)
    -> Result<Vec<AuditLine>, StoreError>;
    /// As [`Self::audit_page`], only lines that have this text in who, what, on what, detail or source, whatever its case and accents, or
    /// one of these words as what.
    async fn audit_search(
        &self,
        tenant: TenantId,
        search: &str,
        whats: &[&str],
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditLine>, StoreError>;
    /// A tenant's lines about this subject, oldest first, each checked against the line before it. Whether the whole log is untouched is
    /// [`Self::audit_verify`]'s: whoever rewrites every line from one on leaves lines that fit.
    async fn audit_about(&self, tenant: TenantId, subject: &str, limit: u32) -> Result<Vec<AuditLink>, StoreError>;
    /// Where the chain stands; [`AuditHead::NONE`] without lines.
    async fn audit_head(&self, tenant: TenantId) -> Result<AuditHead, StoreError>;
    /// Goes through the whole log, a few lines in memory at a time, up to the first that does not fit. With `noted`, the log must also
    /// hold that line as it was noted.
    async fn audit_verify(&self, tenant: TenantId, noted: Option<&AuditMark>) -> Result<AuditVerified, StoreError>;
    /// Goes on from a place that was seen to fit, through at most so many lines; `true` when the log's end was reached. Lines are counted from
    /// there. What was done to lines before that place is not found, unless it reached the place itself.
    async fn audit_verify_on(
        &self,
        tenant: TenantId,
        from: AuditHead,
        at_most: u32,
    ) -> Result<(AuditVerified, bool), StoreError>;
    /// How many alarms there have been since then.
    async fn audit_alarms(&self, tenant: TenantId, since: Timestamp) -> Result<u32, StoreError>;
}
