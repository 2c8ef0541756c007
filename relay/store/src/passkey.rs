//! Passkeys: public keys that prove a user.
//!
//! Kept for the accounts. Whether a signature fits is not known here; that a counter never goes back, and whose key it is, is.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};

use crate::{error::StoreError, login::TokenHash};

/// Passkeys that one user may have.
pub const PASSKEYS_PER_OPERATOR: u32 = 20;

/// Which passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PasskeyId(pub i64);

/// A passkey of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Which.
    pub id: PasskeyId,
    /// Whose.
    pub operator: OperatorId,
    /// What its user calls it.
    pub name: String,
    /// What its authenticator calls it.
    pub credential: Vec<u8>,
    /// Its public key, as COSE has it.
    pub public_key: Vec<u8>,
    /// How often it says it has signed; 0: it does not count.
    pub counter: u32,
    /// Since when.
    pub made_at: Timestamp,
    /// When it last proved its user.
    pub used_at: Option<Timestamp>,
}

/// A passkey to be written.
#[derive(Debug, Clone, Copy)]
pub struct NewPasskey<'a> {
    /// What its user calls it.
    pub name: &'a str,
    /// What its authenticator calls it.
    pub credential: &'a [u8],
    /// Its public key, as COSE has it.
    pub public_key: &'a [u8],
    /// How often it says it has signed.
    pub counter: u32,
    /// Now.
    pub made_at: Timestamp,
}

/// Records of passkeys.
#[async_trait]
pub trait PasskeyRecords: Send + Sync {
    /// An operator's passkeys, in the order in which they were made.
    async fn passkeys(&self, tenant: TenantId, operator: OperatorId) -> Result<Vec<Passkey>, StoreError>;
    /// The passkey of this name of its authenticator, if an operator of this tenant has it.
    async fn passkey(&self, tenant: TenantId, credential: &[u8]) -> Result<Option<Passkey>, StoreError>;
    /// Writes a passkey. The recovery codes are taken when it is the operator's first second factor; whether they were.
    /// [`StoreError::Conflict`]: (`passkey`) somebody has it already, (`passkeys`) there are [`PASSKEYS_PER_OPERATOR`];
    /// [`StoreError::NotFound`] when the operator is not of this tenant.
    async fn add_passkey(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        passkey: NewPasskey<'_>,
        recovery: &[TokenHash],
    ) -> Result<bool, StoreError>;
    /// Takes a passkey away, and the recovery codes with the last second factor. [`StoreError::NotFound`] when the operator has no such.
    async fn remove_passkey(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        passkey: PasskeyId,
    ) -> Result<(), StoreError>;
    /// Notes that a passkey has proved its user; `false`, and nothing noted, when its counter has not gone on from the last time. One
    /// that never counts says 0 each time.
    async fn use_passkey(
        &self,
        tenant: TenantId,
        passkey: PasskeyId,
        counter: u32,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}
