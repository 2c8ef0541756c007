//! Why something was not told to another system, as a word that every page can say in its reader's language.

use serde::{Deserialize, Serialize};

/// Why an attempt came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The credential is unknown there or has expired.
    Credential,
    /// The credential may not do this.
    Rights,
    /// There is no such ticket.
    NoTicket,
    /// The ticket is closed, and takes no more.
    TicketClosed,
    /// It refuses what was asked.
    Refused,
    /// It refuses a field that the company has mapped.
    Field,
    /// It asks to wait.
    Wait,
    /// What an earlier attempt may have written cannot be seen yet.
    NotVisibleYet,
    /// No connection was made.
    NoConnection,
    /// The proxy between lets nothing through.
    Proxy,
    /// No safe connection was made.
    NotSafe,
    /// The connection broke.
    Broken,
    /// No answer came in time.
    NoAnswer,
    /// It failed by itself.
    Failed,
    /// Its answer cannot be understood.
    Garbage,
    /// Our own records cannot be read or written.
    Records,
    /// The address cannot be used.
    Address,
    /// What it is signed with cannot be opened.
    Secret,
    /// It is switched off.
    Off,
}

impl Reason {
    /// Every one, for whoever has words for them.
    pub const ALL: [Self; 19] = [
        Self::Credential,
        Self::Rights,
        Self::NoTicket,
        Self::TicketClosed,
        Self::Refused,
        Self::Field,
        Self::Wait,
        Self::NotVisibleYet,
        Self::NoConnection,
        Self::Proxy,
        Self::NotSafe,
        Self::Broken,
        Self::NoAnswer,
        Self::Failed,
        Self::Garbage,
        Self::Records,
        Self::Address,
        Self::Secret,
        Self::Off,
    ];
}

/// Why, as a word and in the technical words of whoever found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// Which kind; `None`: only what is said.
    pub reason: Option<Reason>,
    /// What was said, without any secret.
    pub detail: String,
}

impl Why {
    /// For this reason.
    pub fn of(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason: Some(reason), detail: detail.into() }
    }
}

impl From<&str> for Why {
    fn from(said: &str) -> Self {
        Self { reason: None, detail: said.to_owned() }
    }
}

impl From<String> for Why {
    fn from(said: String) -> Self {
        Self { reason: None, detail: said }
    }
}
