//! Users as their company's provider knows them: whose an identity is, and users who have no password.
//!
//! Called after the provider has vouched for an identity. An identity becomes a user's by the user's own doing while they are logged in,
//! or by an invitation, and in no other way: never because a name or an address is the same.

use std::{
    net::IpAddr,
    sync::{MutexGuard, PoisonError},
    time::Instant,
};

use jiff::Timestamp;
use protocol::{id::TenantId, message::directory::LoginError};
use store::{OidcIdentity, StoreError, TokenHash};

use super::{AccountError, Accounts, Operator, throttle::Throttle, too_many, unavailable};

/// What logins by a provider are counted by: there is no name yet.
const PROVIDER: &str = "";

impl Accounts {
    /// Counts a login by a provider as failed before it is looked at; there is no name yet, so that it counts at its place only.
    ///
    /// # Errors
    /// `TooMany`.
    pub fn charge_provider(&self, tenant: TenantId, source: IpAddr) -> Result<(), LoginError> {
        self.providers().charge(tenant, PROVIDER, source, Instant::now()).map_err(too_many)
    }

    /// It was right, or nothing could be told of it.
    pub fn refund_provider(&self, tenant: TenantId, source: IpAddr) {
        self.providers().refund(tenant, PROVIDER, source);
    }

    /// Whose identity this is; `None`: nobody's who may log in.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn of_identity(&self, tenant: TenantId, identity: &OidcIdentity) -> Result<Option<Operator>, LoginError> {
        let found = self.store.operator_of_identity(tenant, identity).await.map_err(unavailable)?;
        Ok(found.map(Operator::from))
    }

    /// Since when a user has an identity of this issuer; `None`: they have none.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn linked_since(&self, operator: &Operator, issuer: &str) -> Result<Option<Timestamp>, LoginError> {
        let found = self.store.oidc_identity(operator.tenant, operator.id).await.map_err(unavailable)?;
        Ok(found.filter(|(identity, _)| identity.issuer == issuer).map(|(_, since)| since))
    }

    /// Makes an identity a user's, in place of the one before. Whether it is: `false`, it is another's.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub async fn link_identity(&self, operator: &Operator, identity: &OidcIdentity) -> Result<bool, AccountError> {
        let (tenant, id, now) = (operator.tenant, operator.id, self.clock.now());
        match self.store.link_identity(tenant, id, identity, now).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict { what: "identity" }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes a user's identity away. Whether there was one.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn unlink_identity(&self, operator: &Operator) -> Result<bool, AccountError> {
        Ok(self.store.unlink_identity(operator.tenant, operator.id).await?)
    }

    /// Uses an invitation up with an identity instead of a password; all logins of the user end. `None`: the identity is another's.
    ///
    /// # Errors
    /// `NotFound` for an invitation that is not good, `Unavailable`.
    pub async fn accept_with_identity(
        &self,
        token: &str,
        identity: &OidcIdentity,
    ) -> Result<Option<Operator>, AccountError> {
        let token = TokenHash::of(token.as_bytes());
        match self.store.use_password_link_for_identity(&token, identity, Timestamp::now()).await {
            Ok(user) => Ok(Some(user.into())),
            Err(StoreError::Conflict { what: "identity" }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a user has a password; who has none logs in by the provider only.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn has_password(&self, operator: &Operator) -> Result<bool, LoginError> {
        Ok(self.store.operator(operator.tenant, operator.id).await.map_err(unavailable)?.has_password())
    }

    /// The provider asked for a second factor at this login, and its word is taken for it.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn factor_asked_elsewhere(&self, token: &str) -> Result<(), LoginError> {
        self.store.factor_asked_elsewhere(&TokenHash::of(token.as_bytes())).await.map_err(unavailable)
    }

    fn providers(&self) -> MutexGuard<'_, Throttle> {
        // Every change under this lock is complete in itself.
        self.providers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
