//! People who log in: attendants, administrators, or both.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};

use crate::{error::StoreError, login::TokenHash};

/// What an operator may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Roles {
    /// Connect to customers.
    pub attend: bool,
    /// Change users and settings, see indicators, end others' sessions.
    pub admin: bool,
    /// Have a waiting customer's password shown in the console.
    pub may_see_passwords: bool,
    /// Make apps in the console, and change those they administer.
    pub may_create_apps: bool,
    /// Watch sessions of the apps that they attend.
    pub may_watch: bool,
}

/// An operator to be added.
#[derive(Clone)]
pub struct NewOperator {
    /// Which.
    pub id: OperatorId,
    /// Whose.
    pub tenant: TenantId,
    /// Login name, unique in the tenant whatever its case.
    pub login: String,
    /// The name shown to customers and on tickets.
    pub name: String,
    /// Argon2 hash in PHC form. Never the password.
    pub password_hash: String,
    /// What they may do.
    pub roles: Roles,
    /// Since when.
    pub created_at: Timestamp,
}

/// A person who logs in.
#[derive(Clone, PartialEq, Eq)]
pub struct Operator {
    /// Which.
    pub id: OperatorId,
    /// Whose.
    pub tenant: TenantId,
    /// Login name.
    pub login: String,
    /// The name shown to customers and on tickets.
    pub name: String,
    /// Argon2 hash in PHC form, or [`Operator::NO_PASSWORD`].
    pub password_hash: String,
    /// What they may do.
    pub roles: Roles,
    /// Since when they may not log in.
    pub disabled_at: Option<Timestamp>,
    /// Since when.
    pub created_at: Timestamp,
}

impl Operator {
    /// The password hash of somebody who has no password: they log in by their company's provider.
    pub const NO_PASSWORD: &str = "";

    /// Has a password to log in with.
    pub fn has_password(&self) -> bool {
        self.password_hash != Self::NO_PASSWORD
    }

    /// May log in at all.
    pub fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operator")
            .field("id", &self.id)
            .field("login", &self.login)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewOperator")
            .field("id", &self.id)
            .field("login", &self.login)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

/// Records of operators.
#[async_trait]
pub trait OperatorRecords: Send + Sync {
    /// Adds an operator. [`StoreError::Conflict`] (`login`) when the name is taken in the tenant.
    async fn add_operator(&self, operator: &NewOperator) -> Result<Operator, StoreError>;
    /// One operator of the tenant.
    async fn operator(&self, tenant: TenantId, id: OperatorId) -> Result<Operator, StoreError>;
    /// The operator with this login name in any case; also a disabled one.
    async fn operator_by_login(&self, tenant: TenantId, login: &str) -> Result<Option<Operator>, StoreError>;
    /// All operators of a tenant by name, disabled ones last.
    async fn operators(&self, tenant: TenantId) -> Result<Vec<Operator>, StoreError>;
    /// Writes name and roles. [`StoreError::Conflict`] (`last administrator`) when nobody would be left to administer.
    async fn update_operator(
        &self,
        tenant: TenantId,
        id: OperatorId,
        name: &str,
        roles: Roles,
    ) -> Result<Operator, StoreError>;
    /// Writes a new password hash and ends all logins of the operator, in one transaction.
    async fn set_operator_password(
        &self,
        tenant: TenantId,
        id: OperatorId,
        password_hash: &str,
    ) -> Result<(), StoreError>;
    /// Gives an operator a link to choose their password by, in place of any earlier one.
    async fn put_password_link(
        &self,
        tenant: TenantId,
        id: OperatorId,
        token: &TokenHash,
        expires_at: Timestamp,
    ) -> Result<(), StoreError>;
    /// Whose link this is, while it is good; `None` also when its operator is disabled.
    async fn password_link(&self, token: &TokenHash, now: Timestamp) -> Result<Option<Operator>, StoreError>;
    /// Uses a link up: writes the password hash and ends all logins, in one transaction. [`StoreError::NotFound`] (`password link`) when
    /// it is not good any more; then nothing was written.
    async fn use_password_link(
        &self,
        token: &TokenHash,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<Operator, StoreError>;
    /// Disables (and ends all logins of) an operator, or lets them in again. [`StoreError::Conflict`] (`last administrator`) as above.
    async fn set_operator_disabled(
        &self,
        tenant: TenantId,
        id: OperatorId,
        disabled: bool,
        now: Timestamp,
    ) -> Result<(), StoreError>;
}
