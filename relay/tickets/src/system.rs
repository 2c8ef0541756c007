//! What a ticketing system must be able to do. One adapter per system; an adapter translates and never retries by itself.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    id::{OperatorId, TenantId, TicketNumber},
    message::ticket::TicketBrief,
};
use store::CustomerDetails;

use crate::event::Action;

/// Why a ticketing system did not do what it was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// It understood and refuses (4xx): the same again gets the same answer. Nothing was written.
    #[error("the ticketing system refuses: {why}")]
    Rejected {
        /// Its words, cut, without any secret.
        why: String,
    },
    /// Too many calls (429). Nothing was written.
    #[error("the ticketing system asks to wait")]
    RateLimited {
        /// Not before then; `None` when it does not say.
        until: Option<Timestamp>,
    },
    /// No answer that can be understood. What was to be written may have been written.
    #[error("the ticketing system cannot be reached")]
    Unreachable(#[source] Cause),
}

impl ReportError {
    /// What was to be written may have been written: look for the marker before writing again.
    pub fn is_uncertain(&self) -> bool {
        matches!(self, Self::Unreachable(cause) if *cause != Cause::Refused)
    }
}

/// In which way a ticketing system cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// No connection was made: certainly nothing was written.
    #[error("no connection")]
    Refused,
    /// The connection broke in a call.
    #[error("the connection broke")]
    Reset,
    /// No answer within this time.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// It failed by itself (5xx).
    #[error("it failed with status {0}")]
    Failed(u16),
    /// The answer is not one.
    #[error("an answer that cannot be understood: {0}")]
    Garbage(String),
    /// The built-in desk's database cannot be written: nothing was.
    #[error("the records cannot be written: {0}")]
    Records(String),
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
}

/// Where an action is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The ticket it is on.
    pub ticket: TicketNumber,
    /// Its id, where the system tells one.
    pub external_id: Option<String>,
}

/// A ticketing system. Every call names the tenant whose system is meant.
#[async_trait]
pub trait TicketSystem: Send + Sync {
    /// The ticket with this number; `None` when there is none.
    async fn look_up(&self, tenant: TenantId, number: &TicketNumber) -> Result<Option<TicketBrief>, ReportError>;
    /// The open tickets of whoever these details belong to, newest first, at most `protocol::limits::OPEN_TICKETS_LISTED`.
    /// Empty when nobody is known by them.
    async fn open_tickets(&self, tenant: TenantId, customer: &CustomerDetails)
    -> Result<Vec<TicketBrief>, ReportError>;
    /// The customer these details belong to, added when new.
    async fn find_or_create_customer(
        &self,
        tenant: TenantId,
        customer: &CustomerDetails,
    ) -> Result<CustomerRef, ReportError>;
    /// Opens a ticket with its first action.
    async fn open_ticket(&self, tenant: TenantId, ticket: &NewTicket) -> Result<Appended, ReportError>;
    /// Adds an action to a ticket. A ticket that does not exist is `Rejected`.
    async fn append_action(
        &self,
        tenant: TenantId,
        ticket: &TicketNumber,
        action: &Action,
    ) -> Result<Appended, ReportError>;
    /// The action with this marker: on this ticket, or on any.
    async fn find_marker(
        &self,
        tenant: TenantId,
        ticket: Option<&TicketNumber>,
        marker: &str,
    ) -> Result<Option<Appended>, ReportError>;
}
