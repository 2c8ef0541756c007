//! Tokens with which other systems use the API in a user's name: what they may, how long, and when they were used. Only hashes are kept.
//!
//! A token is never more than its user: whoever looks one up gets the user as they are now, and a disabled user has none.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};
use serde::{Deserialize, Serialize};

use crate::{error::StoreError, login::TokenHash, operator::Operator};

/// Tokens of one user that are good at the same time.
pub const TOKENS_PER_USER: usize = 50;

/// Which token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ApiTokenId(pub i64);

/// A thing that a token may do, if its user may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// Read sessions.
    #[serde(rename = "sessions:read")]
    SessionsRead,
    /// End sessions that are under way.
    #[serde(rename = "sessions:end")]
    SessionsEnd,
    /// Read who waits. Never a password.
    #[serde(rename = "waiting:read")]
    WaitingRead,
    /// Read indicators of the apps that the user administers: figures, and no customer.
    #[serde(rename = "indicators:read")]
    IndicatorsRead,
    /// Read whether attendants take customers.
    #[serde(rename = "status:read")]
    StatusRead,
    /// Set the user's own status.
    #[serde(rename = "status:write")]
    StatusWrite,
    /// Read tickets and customers of the built-in desk.
    #[serde(rename = "tickets:read")]
    TicketsRead,
    /// Write tickets and customers of the built-in desk.
    #[serde(rename = "tickets:write")]
    TicketsWrite,
    /// Read apps.
    #[serde(rename = "apps:read")]
    AppsRead,
    /// Make and change apps.
    #[serde(rename = "apps:write")]
    AppsWrite,
    /// Read users.
    #[serde(rename = "users:read")]
    UsersRead,
    /// Read connections to ticketing systems, without their secrets, and what is still to be told to them.
    #[serde(rename = "ticketing:read")]
    TicketingRead,
    /// Have held actions sent again.
    #[serde(rename = "ticketing:retry")]
    TicketingRetry,
    /// Read the audit log.
    #[serde(rename = "audit:read")]
    AuditRead,
    /// Read and change webhooks.
    #[serde(rename = "webhooks:manage")]
    WebhooksManage,
}

impl Scope {
    /// Every scope, in the order in which they are shown.
    pub const ALL: [Self; 15] = [
        Self::SessionsRead,
        Self::SessionsEnd,
        Self::WaitingRead,
        Self::IndicatorsRead,
        Self::StatusRead,
        Self::StatusWrite,
        Self::TicketsRead,
        Self::TicketsWrite,
        Self::AppsRead,
        Self::AppsWrite,
        Self::UsersRead,
        Self::TicketingRead,
        Self::TicketingRetry,
        Self::AuditRead,
        Self::WebhooksManage,
    ];

    /// Its word in forms, answers and records.
    pub fn word(self) -> &'static str {
        match self {
            Self::SessionsRead => "sessions:read",
            Self::SessionsEnd => "sessions:end",
            Self::WaitingRead => "waiting:read",
            Self::IndicatorsRead => "indicators:read",
            Self::StatusRead => "status:read",
            Self::StatusWrite => "status:write",
            Self::TicketsRead => "tickets:read",
            Self::TicketsWrite => "tickets:write",
            Self::AppsRead => "apps:read",
            Self::AppsWrite => "apps:write",
            Self::UsersRead => "users:read",
            Self::TicketingRead => "ticketing:read",
            Self::TicketingRetry => "ticketing:retry",
            Self::AuditRead => "audit:read",
            Self::WebhooksManage => "webhooks:manage",
        }
    }

    /// The scope with this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.word() == word)
    }
}

/// A token to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiToken {
    /// Whose company's.
    pub tenant: TenantId,
    /// In whose name it acts.
    pub operator: OperatorId,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Its hash.
    pub hash: TokenHash,
    /// Its last characters.
    pub hint: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A token on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Which.
    pub id: ApiTokenId,
    /// In whose name it acts.
    pub operator: OperatorId,
    /// Their name.
    pub operator_name: String,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Its last characters.
    pub hint: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
    /// When it was used last.
    pub used_at: Option<Timestamp>,
    /// From which address.
    pub used_from: String,
    /// When somebody took it back.
    pub revoked_at: Option<Timestamp>,
}

/// Somebody's token that is good, and its user as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenLogin {
    /// The token.
    pub token: ApiToken,
    /// Its user.
    pub operator: Operator,
}

/// Records of tokens.
#[async_trait]
pub trait ApiTokenRecords: Send + Sync {
    /// Adds a token. [`StoreError::NotFound`] (`operator`) when its user is unknown or disabled, [`StoreError::Conflict`] (`number of
    /// tokens`) when they have [`TOKENS_PER_USER`] already.
    async fn add_api_token(&self, new: &NewApiToken) -> Result<ApiTokenId, StoreError>;
    /// The token with this hash, and that it was used now from there; `None` when unknown, too old, taken back, or its user is disabled.
    async fn api_token(&self, hash: &TokenHash, from: &str, now: Timestamp) -> Result<Option<TokenLogin>, StoreError>;
    /// Tokens of a tenant (of this user only) that are not taken back, newest first; also those that are too old.
    async fn api_tokens(&self, tenant: TenantId, of: Option<OperatorId>) -> Result<Vec<ApiToken>, StoreError>;
    /// Takes a token back (one of this user's only), for good. [`StoreError::NotFound`] (`token`) when there is none.
    async fn revoke_api_token(
        &self,
        tenant: TenantId,
        of: Option<OperatorId>,
        id: ApiTokenId,
        now: Timestamp,
    ) -> Result<(), StoreError>;
}
