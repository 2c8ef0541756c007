//! Tickets as the attendant's ticket step sees them.

use serde::{Deserialize, Serialize};

use super::ShownText;
use crate::capped;
use crate::id::{DeviceId, ProtocolNumber, SessionId, TicketNumber};

/// What the person who chooses a ticket needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketBrief {
    /// Its number.
    pub number: TicketNumber,
    /// What it is about.
    pub subject: ShownText,
    /// Whose it is; name and company.
    pub customer: ShownText,
    /// Who is responsible; empty when nobody is.
    pub owner: ShownText,
    /// Where it stands.
    pub status: TicketStatus,
    /// When it was opened, in milliseconds since 1970 UTC.
    pub opened_unix_ms: u64,
}

/// Where a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketStatus {
    /// New, nobody has it.
    New,
    /// Being worked on.
    Open,
    /// Waiting for somebody else.
    Waiting,
    /// Done.
    Resolved,
    /// Done and shut.
    Closed,
}

/// Asks for a ticket by its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindTicket {
    /// Comes back in the answer.
    pub request: u32,
    /// The customer's ID: which ticketing system is asked goes by their app.
    pub partner: DeviceId,
    /// The number.
    pub number: TicketNumber,
}

/// Asks for the open tickets of whoever waits under this ID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListTickets {
    /// Comes back in the answer.
    pub request: u32,
    /// The customer's ID.
    pub partner: DeviceId,
}

/// Why the ticketing system gave no ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum TicketError {
    /// There is no ticket with this number.
    #[error("there is no such ticket")]
    NotFound,
    /// The ticketing system does not answer; the session can go on without it.
    #[error("the ticketing system does not answer")]
    Down,
}

/// A ticket, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketFound {
    /// As asked.
    pub request: u32,
    /// The ticket.
    pub ticket: Result<TicketBrief, TicketError>,
}

/// Open tickets, newest first, at most [`crate::limits::OPEN_TICKETS_LISTED`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketList {
    /// As asked.
    pub request: u32,
    /// Empty also when the ID is unknown: the answer does not tell.
    #[serde(deserialize_with = "capped::list_or_why::<_, _, _, { crate::limits::OPEN_TICKETS_LISTED }>")]
    pub tickets: Result<Vec<TicketBrief>, TicketError>,
}

/// What the attendant chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TicketChoice {
    /// This ticket, looked up or typed while the ticketing system was down.
    Number(TicketNumber),
    /// None: a new one is opened for this session.
    OpenNew {
        /// What it is about; empty: the customer's own words, or a standing text.
        subject: ShownText,
    },
}

/// Under which numbers a session is recorded. Sent again when the ticket is opened later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTicket {
    /// The session.
    pub session: SessionId,
    /// Its protocol number.
    pub protocol: ProtocolNumber,
    /// Its ticket, once there is one.
    pub ticket: Option<TicketNumber>,
}
