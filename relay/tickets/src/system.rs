//! What a ticketing system must be able to do. One adapter per system; an adapter translates and never retries by itself.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    id::{OperatorId, TicketNumber},
    message::{
        ShownText,
        ticket::{TicketBrief, TicketStatus},
    },
};
use store::{CustomerDetails, KeptFields, Reason};

use crate::{
    event::{Action, Link},
    mapping::Values,
};

/// Why a ticketing system did not do what it was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// It understood and refuses (4xx): the same again gets the same answer. Nothing was written.
    #[error("the ticketing system refuses: {why}")]
    Rejected {
        /// What is wrong.
        refusal: Refusal,
        /// Its words, cut, without any secret.
        why: String,
    },
    /// Too many calls (429, or our own limit for this system). Nothing was written.
    #[error("the ticketing system asks to wait")]
    RateLimited {
        /// Not before then; `None` when it does not say.
        until: Option<Timestamp>,
    },
    /// An earlier attempt may have been written and cannot be seen yet. Nothing was sent.
    #[error("an earlier attempt may not be visible yet")]
    NotVisibleYet {
        /// From then on it is visible, if it was written.
        until: Timestamp,
    },
    /// No answer that can be understood. What was to be written may have been written.
    #[error("the ticketing system cannot be reached")]
    Unreachable(#[source] Cause),
}

impl ReportError {
    /// What was to be written may have been written: look for the marker before writing again.
    pub fn is_uncertain(&self) -> bool {
        matches!(self, Self::Unreachable(cause) if !cause.is_harmless())
    }

    /// Which kind of reason it is.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Rejected { refusal: Refusal::Credential, .. } => Reason::Credential,
            Self::Rejected { refusal: Refusal::Rights, .. } => Reason::Rights,
            Self::Rejected { refusal: Refusal::NoTicket, .. } => Reason::NoTicket,
            Self::Rejected { refusal: Refusal::Field, .. } => Reason::Field,
            Self::Rejected { refusal: Refusal::Closed, .. } => Reason::TicketClosed,
            Self::Rejected { refusal: Refusal::Request, .. } => Reason::Refused,
            Self::RateLimited { .. } => Reason::Wait,
            Self::NotVisibleYet { .. } => Reason::NotVisibleYet,
            Self::Unreachable(Cause::Refused) => Reason::NoConnection,
            Self::Unreachable(Cause::Proxy(_)) => Reason::Proxy,
            Self::Unreachable(Cause::Tls(_)) => Reason::NotSafe,
            Self::Unreachable(Cause::Reset) => Reason::Broken,
            Self::Unreachable(Cause::TimedOut(_)) => Reason::NoAnswer,
            Self::Unreachable(Cause::Failed(_)) => Reason::Failed,
            Self::Unreachable(Cause::Garbage(_)) => Reason::Garbage,
            Self::Unreachable(Cause::Records(_)) => Reason::Records,
        }
    }

    /// It refuses for a reason that is in the request itself.
    pub fn refused(why: impl Into<String>) -> Self {
        Self::Rejected { refusal: Refusal::Request, why: why.into() }
    }

    /// There is no such ticket.
    pub fn no_ticket(number: &TicketNumber) -> Self {
        Self::Rejected { refusal: Refusal::NoTicket, why: format!("there is no ticket {number}") }
    }

    /// The answer is not what the system's documentation says. The text never holds the answer itself.
    pub fn garbage(expected: impl fmt::Display) -> Self {
        Self::Unreachable(Cause::Garbage(expected.to_string()))
    }
}

/// What a ticketing system finds wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The credential is unknown or has expired (401).
    Credential,
    /// The credential may not do this (403).
    Rights,
    /// The ticket does not exist, or cannot be seen.
    NoTicket,
    /// A field that the company has mapped; the words begin with its name.
    Field,
    /// The ticket is closed, and takes no more actions. Said by the worker, which looks when an action is refused.
    Closed,
    /// Anything else about the request, or about the connection's settings.
    Request,
}

/// In which way a ticketing system cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// No connection was made: certainly nothing was written.
    #[error("no connection")]
    Refused,
    /// The proxy between us let no connection be made: certainly nothing was written.
    #[error("the proxy: {0}")]
    Proxy(String),
    /// No safe connection was made: certainly nothing was written.
    #[error("no safe connection: {0}")]
    Tls(String),
    /// The connection broke in a call.
    #[error("the connection broke")]
    Reset,
    /// No answer within this time.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// It failed by itself (5xx), or something else was written at the same time (409).
    #[error("it failed with status {0}")]
    Failed(u16),
    /// The answer is not one.
    #[error("an answer that cannot be understood: {0}")]
    Garbage(String),
    /// Our own database cannot be read or written: nothing was sent.
    #[error("the records cannot be written: {0}")]
    Records(String),
}

impl Cause {
    /// Certainly nothing was written.
    fn is_harmless(&self) -> bool {
        matches!(self, Self::Refused | Self::Proxy(_) | Self::Tls(_))
    }
}

/// A customer as the ticketing system names them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CustomerRef(pub String);

/// Who is to be responsible for a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Our operator.
    pub operator: OperatorId,
    /// Their name.
    pub name: String,
    /// Their e-mail address; empty: not known.
    pub email: String,
}

/// A ticket to be opened together with its first action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTicket {
    /// What it is about.
    pub subject: String,
    /// Who asks.
    pub requester: CustomerRef,
    /// Who is responsible.
    pub owner: Option<Owner>,
    /// What is on it from the beginning; its marker is the ticket's too.
    pub first: Action,
    /// What is known for the fields that the company has mapped.
    pub values: Values,
    /// A ticket that is closed and takes no more, and that this one goes on for: joined with it where the system can.
    pub continues: Option<TicketNumber>,
}

/// Where an action is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The ticket it is on.
    pub ticket: TicketNumber,
    /// Its id, where the system tells one.
    pub external_id: Option<String>,
}

/// A ticket that was opened, its first action on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Its number.
    pub ticket: TicketNumber,
    /// The first action's id, where the system tells one.
    pub external_id: Option<String>,
    /// What became of the mapped fields that were sent with it: a system that does not know one, or does not let us fill it, may leave it out
    /// without a word. Empty of a system that does not tell.
    pub fields: KeptFields,
}

impl From<Appended> for Opened {
    /// Of a system that does not tell what it has left out.
    fn from(Appended { ticket, external_id }: Appended) -> Self {
        Self { ticket, external_id, fields: KeptFields::default() }
    }
}

/// A ticket that was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTicket {
    /// What an attendant needs to know of it.
    pub brief: TicketBrief,
    /// Where a person opens it in a browser, where that is known.
    pub address: Option<String>,
    /// Whose it is, as far as the answer says; often no more than a name.
    pub requester: CustomerDetails,
}

/// Whether a credential may do more than is needed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Breadth {
    /// As far as can be told, it may not.
    Fitting,
    /// It administers the whole system.
    TooWide,
    /// The system does not tell, or has only one kind.
    Unknown,
}

/// Who we are to a ticketing system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name there.
    pub name: String,
    /// What it may.
    pub breadth: Breadth,
}

/// What keeps a repeated call from having its effect twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Repeats {
    /// The system itself refuses or merges the second one.
    Refused,
    /// The marker is looked for before a call is repeated.
    LookedFor,
    /// Every call names the marker and the receiver must drop the second one: it cannot be asked.
    LeftToReceiver,
}

/// What a ticketing system can do, as far as it makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Tickets can be looked up by number, and a customer's listed.
    pub reads: bool,
    /// A note that the customer does not see.
    pub internal_notes: bool,
    /// A note that the customer sees.
    pub public_notes: bool,
    /// Tells the id of what was written.
    pub returns_id: bool,
    /// Keeps links as data of their own, beside the text.
    pub links: bool,
    /// A ticket has a customer of its own; otherwise the text says who asks.
    pub customers: bool,
    /// Nobody can open a closed ticket again: what is still to be told goes on in another one.
    pub closes_for_good: bool,
    /// What keeps a repeated call from doubling.
    pub repeats: Repeats,
    /// What was written is visible at the latest this long after the call that wrote it.
    pub visible_after: Duration,
}

/// A ticketing system of one company, reached with one credential.
#[async_trait]
pub trait TicketSystem: Send + Sync {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;
    /// Who we are there: the cheapest call that needs a good credential.
    async fn account(&self) -> Result<Account, ReportError>;
    /// The ticket with this number; `None` when there is none.
    async fn look_up(&self, number: &TicketNumber) -> Result<Option<FoundTicket>, ReportError>;
    /// The open tickets of whoever these details belong to, newest first, at most `protocol::limits::OPEN_TICKETS_LISTED`.
    /// Empty when nobody is known by them.
    async fn open_tickets(&self, customer: &CustomerDetails) -> Result<Vec<TicketBrief>, ReportError>;
    /// The customer these details belong to, added when new and when the system wants customers before tickets.
    async fn find_or_create_customer(&self, customer: &CustomerDetails) -> Result<CustomerRef, ReportError>;
    /// Opens a ticket with its first action.
    async fn open_ticket(&self, ticket: &NewTicket) -> Result<Opened, ReportError>;
    /// Adds an action to a ticket. One that does not exist: [`ReportError::Rejected`] with [`Refusal::NoTicket`].
    async fn append_action(&self, ticket: &TicketNumber, action: &Action) -> Result<Appended, ReportError>;
    /// The action with this marker: on this ticket, or on any that was opened at `since` or later. `None` only when all there is was
    /// looked at; a ticket that is said not to exist: [`Refusal::NoTicket`], or `None`.
    async fn find_marker(
        &self,
        ticket: Option<&TicketNumber>,
        marker: &str,
        since: Timestamp,
    ) -> Result<Option<Appended>, ReportError>;
    /// Writes into a ticket's mapped fields what is known only now, once however often it is told. A ticket that is not there, or a system
    /// without such fields: nothing is done.
    async fn fill(&self, ticket: &TicketNumber, values: &Values) -> Result<(), ReportError>;
    /// Puts a link beside the text, once however often it is told. Refused by a system without [`Capabilities::links`].
    async fn attach_link(&self, ticket: &TicketNumber, link: &Link) -> Result<(), ReportError>;
}

/// A requester of whom a system tells a name and, perhaps, an address.
pub fn whose(name: &str, email: &str) -> CustomerDetails {
    CustomerDetails { name: name.to_owned(), email: email.to_owned(), ..CustomerDetails::default() }
}

/// What an attendant needs to know of a ticket, from a system's own words.
pub fn brief(
    number: TicketNumber,
    subject: &str,
    customer: &str,
    owner: &str,
    status: TicketStatus,
    opened: Option<Timestamp>,
) -> TicketBrief {
    TicketBrief {
        number,
        subject: ShownText::lossy(subject),
        customer: ShownText::lossy(customer),
        owner: ShownText::lossy(owner),
        status,
        opened_unix_ms: opened.and_then(|t| u64::try_from(t.as_millisecond()).ok()).unwrap_or(0),
    }
}
