//! Who may log in: company users, their passwords, and the tokens that stand for a login.
//!
//! Called by the listener (programs log in) and by the console (browsers log in, administrators keep users). Must never tell
//! whether it was the user or the password that was wrong, never keep or log a password, and never hash without a limit on
//! how many hashes run at once: each takes 19 MiB.

mod hashing;
mod throttle;

use std::{net::IpAddr, sync::Arc};

use protocol::{
    id::{OperatorId, TenantId},
    limits,
    message::directory::{LoginError, LoginToken},
};

use hashing::Hashing;
use throttle::Throttle;

/// Somebody who is logged in: what a route or a connection may do follows from this value and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Who.
    pub id: OperatorId,
    /// Of which company. Every query takes its tenant from here.
    pub tenant: TenantId,
    /// The name to log in with.
    pub login: String,
    /// The name others see.
    pub name: String,
    /// What they may do.
    pub roles: Roles,
}

/// What a user may do. Nothing by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Roles {
    /// Answer customers: dial, see the waiting list, write on tickets.
    pub attend: bool,
    /// Keep users, end others' sessions, see the queue of unsent actions.
    pub admin: bool,
    /// See customers' passwords in the console.
    pub see_passwords: bool,
}

/// The accounts of all companies on this server.
pub struct Accounts {
    store: Arc<dyn store::Store>,
    hashing: Hashing,
    throttle: Throttle,
}

impl Accounts {
    /// Accounts kept in this store.
    pub fn new(store: Arc<dyn store::Store>) -> Self;

    /// Checks a password. `source` is the address the try comes from; tries are throttled by account and by source.
    /// An attendant's program must also look at `operator.roles.attend`.
    pub async fn check(&self, tenant: TenantId, user: &str, password: &str, source: IpAddr) -> Result<Operator, LoginError>;

    /// A token that stands for this login in [`Self::verify`], for 12 hours or until the user is disabled or gets a new password.
    pub async fn login_token(&self, operator: &Operator) -> Result<LoginToken, LoginError>;

    /// Who logged in with this token; `LoginError::Expired` when it is no longer good.
    pub async fn verify(&self, tenant: TenantId, token: &LoginToken) -> Result<Operator, LoginError>;

    /// Makes this token worthless (logout of a program).
    pub async fn forget(&self, tenant: TenantId, token: &LoginToken);

    /// Makes a user. With no password given, one is made and handed back, to be shown once.
    pub async fn create(&self, tenant: TenantId, user: NewUser, password: Option<&str>) -> Result<(Operator, Option<String>), AccountError>;

    /// Lets a user in no more (or again); ends all their logins.
    pub async fn set_disabled(&self, tenant: TenantId, user: OperatorId, disabled: bool) -> Result<(), AccountError>;

    /// Gives a user a new password, handed back to be shown once; ends all their logins.
    pub async fn reset(&self, tenant: TenantId, user: OperatorId) -> Result<String, AccountError>;

    /// All users of a company, by name.
    pub async fn list(&self, tenant: TenantId) -> Result<Vec<User>, AccountError>;
}
