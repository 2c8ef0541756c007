//! Customers who are offered to attendants: an attendant's status, offers and their answers, pulling the next. From version 3 on.

use serde::{Deserialize, Serialize};

use super::directory::{Opaque, WaitingCustomer};
use crate::id::DeviceId;

/// Why an attendant has a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakReason {
    /// Breakfast, lunch, dinner.
    Meal,
    /// A short rest.
    Rest,
    /// With colleagues.
    Meeting,
    /// Learning.
    Training,
    /// Work that is no attendance.
    OtherWork,
}

impl BreakReason {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Meal, Self::Rest, Self::Meeting, Self::Training, Self::OtherWork];
}

/// Whether an attendant takes customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Status {
    /// Yes.
    Available,
    /// Not now.
    Break(BreakReason),
    /// Not there: customers are not offered, until they say otherwise.
    Offline,
}

/// The attendant's status as the relay has it: it may have been changed in the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusIs {
    /// Which.
    pub status: Status,
    /// Since when, in milliseconds since 1970 UTC.
    pub since_unix_ms: u64,
}

/// A customer is offered: take them, or say no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// Comes back in the answer.
    pub offer: u32,
    /// Who.
    pub customer: WaitingCustomer,
    /// After so many milliseconds the customer is offered to the next.
    pub answer_within_ms: u32,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerOffer {
    /// As offered.
    pub offer: u32,
    /// Yes.
    pub take: bool,
}

/// The customer is the attendant's now: connect to them. Answer to `AnswerOffer` and `PullNext`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// Who.
    pub customer: WaitingCustomer,
    /// A one-time grant in place of the password, where the attendant may have that.
    pub grant: Option<Opaque>,
}

/// An offer is over without having been taken: no answer in time, the customer has gone, answered in another of the attendant's programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferOver {
    /// As offered.
    pub offer: u32,
    /// Whom it was about.
    pub partner: DeviceId,
}

/// Why no customer can be pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum PullError {
    /// Nobody waits for this attendant.
    #[error("nobody is waiting")]
    NobodyWaits,
    /// Everybody who waits is being offered to somebody else right now.
    #[error("whoever waits is being offered to somebody else")]
    Offered,
    /// The attendant is not available.
    #[error("the attendant is not available")]
    NotAvailable,
    /// The attendant has a session or is on the way to one.
    #[error("the attendant has a session")]
    Occupied,
}
