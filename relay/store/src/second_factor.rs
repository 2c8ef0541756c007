//! What is asked for beside a password: an authenticator app's secret (sealed by its owner), and recovery codes (hashed).
//! Passkeys have [a module of their own](crate::passkey); they are second factors too.
//!
//! Kept for the accounts. Which code fits which secret is not known here; that a code is used once is.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};

use crate::{error::StoreError, login::TokenHash};

/// An operator's authenticator app.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// Its secret, sealed with a key that is not in the records.
    pub sealed: Vec<u8>,
    /// The last time step whose code was used.
    pub last_step: u64,
    /// Since when.
    pub since: Timestamp,
}

impl fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondFactor").field("since", &self.since).finish_non_exhaustive()
    }
}

/// Records of second factors.
#[async_trait]
pub trait SecondFactorRecords: Send + Sync {
    /// An operator's authenticator app, if they have one.
    async fn second_factor(&self, tenant: TenantId, operator: OperatorId) -> Result<Option<SecondFactor>, StoreError>;
    /// The operators of a tenant who have a second factor: an app or passkeys.
    async fn second_factors(&self, tenant: TenantId) -> Result<Vec<OperatorId>, StoreError>;
    /// Writes an authenticator app with new recovery codes, in the place of earlier ones. [`StoreError::Conflict`] (`second factor`) when there is one already,
    /// [`StoreError::NotFound`] when the operator is not of this tenant.
    async fn add_second_factor(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        sealed: &[u8],
        used_step: u64,
        recovery: &[TokenHash],
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Takes an operator's authenticator app away, and the recovery codes when it was the last second factor. Whether there was one.
    async fn remove_authenticator(&self, tenant: TenantId, operator: OperatorId) -> Result<bool, StoreError>;
    /// Takes every second factor of an operator away: app, passkeys, recovery codes. Whether there was one.
    async fn remove_second_factor(&self, tenant: TenantId, operator: OperatorId) -> Result<bool, StoreError>;
    /// Uses the code of a time step up; `false` when this or a later one was used before.
    async fn use_step(&self, tenant: TenantId, operator: OperatorId, step: u64) -> Result<bool, StoreError>;
    /// Recovery codes of an operator that were not used yet.
    async fn recovery_left(&self, tenant: TenantId, operator: OperatorId) -> Result<u32, StoreError>;
    /// Whether this recovery code is there and was not used.
    async fn recovery_code(&self, tenant: TenantId, operator: OperatorId, code: &TokenHash)
    -> Result<bool, StoreError>;
    /// Uses a recovery code up; `false` when there is no such code or it was used before.
    async fn use_recovery_code(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        code: &TokenHash,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Puts new recovery codes in the place of all earlier ones. [`StoreError::NotFound`] without a second factor.
    async fn replace_recovery_codes(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        codes: &[TokenHash],
    ) -> Result<(), StoreError>;
    /// Whether every user of the tenant must have one.
    async fn second_factor_required(&self, tenant: TenantId) -> Result<bool, StoreError>;
    /// Says whether every user of the tenant must have one.
    async fn require_second_factor(&self, tenant: TenantId, required: bool) -> Result<(), StoreError>;
    /// Whether this operator must have one and has none.
    async fn lacks_second_factor(&self, tenant: TenantId, operator: OperatorId) -> Result<bool, StoreError>;
}
