//! Mail: a company's server, what its letters say, and the letters that are to be sent.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{TenantId, TicketNumber};
use serde::{Deserialize, Serialize};

use crate::{
    desk::{NewAction, TicketAction},
    error::StoreError,
    tenant::Language,
};

/// Where a company's mail is handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// What may be shown.
    pub settings: BTreeMap<String, String>,
    /// The password, sealed by whoever holds the key.
    pub sealed: Vec<u8>,
}

/// What letters say in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailText {
    /// The subject, with placeholders.
    pub subject: String,
    /// The text, with placeholders.
    pub text: String,
}

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMail {
    /// To which address.
    pub to: String,
    /// Whose; may be empty.
    pub name: String,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// What it is known by wherever it goes.
    pub message_id: String,
}

/// Where a letter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// Waits for its time.
    Pending,
    /// The server has taken it.
    Sent,
    /// Waits for a person.
    Parked,
}

/// A letter on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Which.
    pub id: i64,
    /// Whose.
    pub tenant: TenantId,
    /// On which ticket of the desk; `None`: on one of another system.
    pub ticket: Option<TicketNumber>,
    /// With which action; `None`: it tells something about the ticket.
    pub action: Option<i64>,
    /// What is sent.
    pub what: NewMail,
    /// Where it stands.
    pub state: MailState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub due_at: Timestamp,
    /// Why it was not sent the last time; empty: it was not tried yet, or it was sent.
    pub why: String,
    /// When it was sent, or parked.
    pub settled_at: Option<Timestamp>,
}

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailOutcome {
    /// The server has taken it.
    Sent,
    /// Not now; again then.
    Later {
        /// When.
        due_at: Timestamp,
        /// Why.
        why: String,
    },
    /// Not without a person.
    Parked {
        /// Why.
        why: String,
    },
}

/// Records of mail.
#[async_trait]
pub trait MailRecords: Send + Sync {
    /// A company's server.
    async fn mail_server(&self, tenant: TenantId) -> Result<Option<MailServer>, StoreError>;
    /// Sets it; `None`: there is none any more.
    async fn set_mail_server(&self, tenant: TenantId, server: Option<&MailServer>) -> Result<(), StoreError>;
    /// What letters say in this language; `None`: the standing text.
    async fn mail_text(&self, tenant: TenantId, language: Language) -> Result<Option<MailText>, StoreError>;
    /// Sets it; `None`: the standing text again.
    async fn set_mail_text(
        &self,
        tenant: TenantId,
        language: Language,
        text: Option<&MailText>,
    ) -> Result<(), StoreError>;
    /// Adds an action to a ticket and a letter that tells it, both or neither.
    async fn desk_append_with_mail(
        &self,
        tenant: TenantId,
        ticket: &TicketNumber,
        action: &NewAction,
        mail: &NewMail,
    ) -> Result<TicketAction, StoreError>;
    /// Writes a letter about a ticket that tells no action; `None`: about one of another system.
    async fn add_mail(
        &self,
        tenant: TenantId,
        ticket: Option<&TicketNumber>,
        mail: &NewMail,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Letters whose time has come, the oldest first.
    async fn due_mails(&self, now: Timestamp, limit: u32) -> Result<Vec<Mail>, StoreError>;
    /// When the next one is due.
    async fn next_mail_due(&self) -> Result<Option<Timestamp>, StoreError>;
    /// Writes down what an attempt came to. One that is settled already stays as it is.
    async fn settle_mail(&self, id: i64, outcome: &MailOutcome, now: Timestamp) -> Result<(), StoreError>;
    /// The letters that tell a ticket's actions.
    async fn ticket_mails(&self, tenant: TenantId, ticket: &TicketNumber) -> Result<Vec<Mail>, StoreError>;
    /// Has a letter of a ticket that was not sent tried now.
    async fn retry_mail(
        &self,
        tenant: TenantId,
        ticket: &TicketNumber,
        id: i64,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Has every letter of a company that waits for its time tried now.
    async fn hurry_mails(&self, tenant: TenantId, now: Timestamp) -> Result<(), StoreError>;
}
