//! Webhooks: which other systems are told what happens, and what each is still to be told.
//!
//! A message is written by the transaction that it is about, with its whole text and under an id that says which event it is: an event is
//! told to a webhook once, and sent again it is the same. Never a password or a secret in it.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::TenantId;
use serde::{Deserialize, Serialize};

use crate::{
    error::StoreError,
    reason::{Reason, Why},
};

/// Webhooks of one company.
pub const WEBHOOKS_PER_TENANT: usize = 20;
/// A webhook that has failed for this long, and nothing else, is told nothing any more.
pub const WEBHOOK_FAILS_FOR: Duration = Duration::from_secs(5 * 24 * 3600);
/// What was told or given up is kept for this long.
pub const DELIVERIES_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Which webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WebhookId(pub i64);

/// What a webhook can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Event {
    /// A customer began to wait.
    #[serde(rename = "customer.waiting")]
    CustomerWaiting,
    /// A customer who waited has gone.
    #[serde(rename = "customer.left")]
    CustomerLeft,
    /// A session was allowed.
    #[serde(rename = "session.started")]
    SessionStarted,
    /// A session is over.
    #[serde(rename = "session.ended")]
    SessionEnded,
    /// The attendant said what a session came to.
    #[serde(rename = "session.wrapped_up")]
    SessionWrappedUp,
    /// A request that nobody took became a ticket.
    #[serde(rename = "request.missed")]
    RequestMissed,
    /// A ticket of the built-in desk was opened.
    #[serde(rename = "ticket.created")]
    TicketCreated,
    /// A ticket has a new action, status or owner.
    #[serde(rename = "ticket.changed")]
    TicketChanged,
    /// An app was made or changed.
    #[serde(rename = "app.changed")]
    AppChanged,
    /// A user was made, changed, disabled or let in again.
    #[serde(rename = "user.changed")]
    UserChanged,
}

impl Event {
    /// Every event, in the order in which they are shown.
    pub const ALL: [Self; 10] = [
        Self::CustomerWaiting,
        Self::CustomerLeft,
        Self::SessionStarted,
        Self::SessionEnded,
        Self::SessionWrappedUp,
        Self::RequestMissed,
        Self::TicketCreated,
        Self::TicketChanged,
        Self::AppChanged,
        Self::UserChanged,
    ];

    /// Its word in messages, forms and records.
    pub fn word(self) -> &'static str {
        match self {
            Self::CustomerWaiting => "customer.waiting",
            Self::CustomerLeft => "customer.left",
            Self::SessionStarted => "session.started",
            Self::SessionEnded => "session.ended",
            Self::SessionWrappedUp => "session.wrapped_up",
            Self::RequestMissed => "request.missed",
            Self::TicketCreated => "ticket.created",
            Self::TicketChanged => "ticket.changed",
            Self::AppChanged => "app.changed",
            Self::UserChanged => "user.changed",
        }
    }

    /// The event with this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.word() == word)
    }
}

/// Something that has happened, to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    /// In which company.
    pub tenant: TenantId,
    /// What.
    pub event: Event,
    /// Which one of its kind: the same in the same company is told once.
    pub which: String,
    /// What there is to say about it.
    pub data: serde_json::Value,
    /// When.
    pub at: Timestamp,
}

/// A webhook to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// Whose.
    pub tenant: TenantId,
    /// Where messages go.
    pub address: String,
    /// Which events.
    pub events: Vec<Event>,
    /// Its secrets, sealed.
    pub sealed: Vec<u8>,
    /// Since when.
    pub created_at: Timestamp,
}

/// A webhook on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Which.
    pub id: WebhookId,
    /// Whose.
    pub tenant: TenantId,
    /// Where messages go.
    pub address: String,
    /// Which events.
    pub events: Vec<Event>,
    /// Its secrets, sealed.
    pub sealed: Vec<u8>,
    /// Since when every try has failed.
    pub failing_since: Option<Timestamp>,
    /// Since when it is told nothing.
    pub disabled_at: Option<Timestamp>,
    /// Since when.
    pub created_at: Timestamp,
}

/// Where a message to a webhook stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waits for its time.
    Pending,
    /// It is being sent.
    Leased,
    /// It was taken.
    Done,
    /// It was given up.
    Failed,
}

/// A message to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Which.
    pub id: i64,
    /// To which webhook.
    pub webhook: WebhookId,
    /// The webhook-id.
    pub message: String,
    /// The event's word.
    pub event: String,
    /// Its whole text.
    pub body: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// Times it was tried.
    pub attempts: u32,
    /// Not before.
    pub due_at: Timestamp,
    /// What came of the last try, in the words of whoever said so.
    pub why: Option<String>,
    /// And which kind of reason that is; `None`: of none that is known.
    pub reason: Option<Reason>,
    /// Since when.
    pub created_at: Timestamp,
}

/// How a message goes on that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// It was taken.
    Done,
    /// Again, not before then.
    RetryAt {
        /// When.
        at: Timestamp,
        /// Why it failed.
        why: Why,
    },
    /// It is given up.
    Failed {
        /// Why.
        why: Why,
        /// The receiver wants nothing any more.
        gone: bool,
    },
}

/// Records of webhooks.
#[async_trait]
pub trait WebhookRecords: Send + Sync {
    /// Adds a webhook. [`StoreError::Conflict`] (`number of webhooks`) when there are [`WEBHOOKS_PER_TENANT`].
    async fn add_webhook(&self, new: &NewWebhook) -> Result<Webhook, StoreError>;
    /// One webhook of the tenant.
    async fn webhook(&self, tenant: TenantId, id: WebhookId) -> Result<Webhook, StoreError>;
    /// A tenant's webhooks, oldest first.
    async fn webhooks(&self, tenant: TenantId) -> Result<Vec<Webhook>, StoreError>;
    /// Writes address, events, secrets and whether it is told anything; told again, it begins without failures.
    async fn update_webhook(&self, webhook: &Webhook) -> Result<(), StoreError>;
    /// Forgets a webhook, its secrets and all that it was or is to be told.
    async fn remove_webhook(&self, tenant: TenantId, id: WebhookId) -> Result<(), StoreError>;
    /// Has every webhook told that asked for this. For what has no transaction of its own.
    async fn happened(&self, what: &Happening) -> Result<(), StoreError>;
    /// Leases up to `limit` messages whose time it is, the oldest first, each with its webhook.
    async fn claim_deliveries(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<(Delivery, Webhook)>, StoreError>;
    /// Settles a message that was claimed as this; nothing is written when another claim has it. Disables its webhook when it has failed for
    /// too long.
    async fn settle_delivery(&self, claimed: &Delivery, how: &Sent, now: Timestamp) -> Result<(), StoreError>;
    /// When there is something to send next.
    async fn next_delivery(&self) -> Result<Option<Timestamp>, StoreError>;
    /// What a webhook was told and is to be told, newest first.
    async fn deliveries(&self, tenant: TenantId, webhook: WebhookId, limit: u32) -> Result<Vec<Delivery>, StoreError>;
    /// Sends a message again, now. [`StoreError::NotFound`] when it is not given up or waiting, or not the tenant's.
    async fn send_delivery_again(&self, tenant: TenantId, id: i64, now: Timestamp) -> Result<(), StoreError>;
    /// Forgets what was settled long ago.
    async fn forget_old_deliveries(&self, now: Timestamp) -> Result<u64, StoreError>;
}
