//! Login by OpenID Connect: a company's provider, and which identity of it is which user.
//!
//! Kept for the console's logins. What an identity proves is not known here; that it belongs to one user of one company is.

use std::{collections::BTreeMap, fmt};

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};

use crate::{error::StoreError, login::TokenHash, operator::Operator};

/// A company's provider.
#[derive(Clone, PartialEq, Eq)]
pub struct OidcProvider {
    /// What may be shown.
    pub settings: BTreeMap<String, String>,
    /// The client's secret, sealed by whoever holds the key.
    pub sealed: Vec<u8>,
}

impl fmt::Debug for OidcProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcProvider").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Who somebody is at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OidcIdentity {
    /// The provider's own name for itself.
    pub issuer: String,
    /// Its name for them.
    pub subject: String,
}

/// Records of providers and identities.
#[async_trait]
pub trait OidcRecords: Send + Sync {
    /// A company's provider.
    async fn oidc_provider(&self, tenant: TenantId) -> Result<Option<OidcProvider>, StoreError>;
    /// Sets it; `None`: there is none any more. What it vouched for at logins that go on counts no longer.
    async fn set_oidc_provider(&self, tenant: TenantId, provider: Option<&OidcProvider>) -> Result<(), StoreError>;
    /// Who a user is at a provider, and since when that is known.
    async fn oidc_identity(
        &self,
        tenant: TenantId,
        operator: OperatorId,
    ) -> Result<Option<(OidcIdentity, Timestamp)>, StoreError>;
    /// Whose identity this is in this company; `None` also when they are disabled.
    async fn operator_of_identity(
        &self,
        tenant: TenantId,
        identity: &OidcIdentity,
    ) -> Result<Option<Operator>, StoreError>;
    /// Makes it a user's, in place of the one before. [`StoreError::Conflict`] (`identity`) when it is another's.
    async fn link_identity(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        identity: &OidcIdentity,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Takes a user's identity away. Whether there was one.
    async fn unlink_identity(&self, tenant: TenantId, operator: OperatorId) -> Result<bool, StoreError>;
    /// Uses a link for a password up with an identity instead: it is the user's, they have no password, and all their logins end, in one
    /// transaction. [`StoreError::NotFound`] (`password link`) when the link is not good, [`StoreError::Conflict`] (`identity`) when the
    /// identity is another's; then nothing was written.
    async fn use_password_link_for_identity(
        &self,
        token: &TokenHash,
        identity: &OidcIdentity,
        now: Timestamp,
    ) -> Result<Operator, StoreError>;
    /// A second factor was asked for elsewhere at this console session's login.
    async fn factor_asked_elsewhere(&self, token: &TokenHash) -> Result<(), StoreError>;
}
