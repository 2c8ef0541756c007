//! Logins that are under way: console sessions of browsers and login tokens of programs. Only hashes are kept.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};

use crate::{error::StoreError, operator::Operator};

/// A console session nobody uses for this long is over.
pub const CONSOLE_IDLE: Duration = Duration::from_secs(30 * 60);
/// A console session is over after this, used or not.
pub const CONSOLE_LIFE: Duration = Duration::from_secs(12 * 3600);
/// A program's login token is good for this long: as long as the certificate given with it.
pub const PROGRAM_LIFE: Duration = protocol::limits::ATTENDANT_CERTIFICATE_LIFE;
/// The last use of a login is written down at most this often, so that looking at a page does not write.
pub const SEEN_GRANULARITY: Duration = Duration::from_secs(60);

/// SHA-256 of a random token of at least 128 bits. (Passwords are hashed with argon2 instead, by their owner.)
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of this token.
    pub fn of(token: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, token);
        Self(digest.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// What stays the same when a console session is given a new token: 16 random bytes. Never leaves the server as it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LoginFamily([u8; 16]);

impl LoginFamily {
    /// The family of these random bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for LoginFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginFamily(…)")
    }
}

/// A login that is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Who, as they are now: role changes take effect at once.
    pub operator: Operator,
    /// Since when.
    pub created_at: Timestamp,
    /// Last use that was written down before this one.
    pub seen_at: Timestamp,
    /// What its later tokens share; console sessions only.
    pub family: Option<LoginFamily>,
    /// A second factor was asked for by the company's provider, which takes its word for it.
    pub factor_elsewhere: bool,
}

/// Records of logins.
#[async_trait]
pub trait LoginRecords: Send + Sync {
    /// Begins a console session. [`StoreError::NotFound`] when the operator is unknown or disabled.
    async fn begin_console_session(
        &self,
        token: &TokenHash,
        family: &LoginFamily,
        tenant: TenantId,
        operator: OperatorId,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// The console session of this token, without its being used; as [`Self::console_session`] otherwise.
    async fn console_look(&self, token: &TokenHash, now: Timestamp) -> Result<Option<Login>, StoreError>;
    /// Whether the console session of this token, or of this family, is over for no other reason than that nobody used it.
    async fn console_is_idle(
        &self,
        token: Option<&TokenHash>,
        family: Option<&LoginFamily>,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// The console session of this token and that it was used now; `None` when idle, too old, ended, or the operator is disabled.
    async fn console_session(&self, token: &TokenHash, now: Timestamp) -> Result<Option<Login>, StoreError>;
    /// The console session of this family. Asking is no use of it: a page that is left open does not keep its login.
    async fn console_family(&self, family: &LoginFamily, now: Timestamp) -> Result<Option<Login>, StoreError>;
    /// Puts a new token in the place of a console session's: the old one is worth nothing from now on. [`StoreError::NotFound`] when it
    /// is over.
    async fn renew_console_token(&self, old: &TokenHash, new: &TokenHash) -> Result<(), StoreError>;
    /// Ends one console session; unknown ones are fine.
    async fn end_console_session(&self, token: &TokenHash) -> Result<(), StoreError>;

    /// Writes down a program's login. [`StoreError::NotFound`] when the operator is unknown or disabled.
    async fn begin_program_login(
        &self,
        token: &TokenHash,
        tenant: TenantId,
        operator: OperatorId,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// The program login of this token; `None` when too old, ended, or the operator is disabled.
    async fn program_login(&self, token: &TokenHash, now: Timestamp) -> Result<Option<Login>, StoreError>;
    /// A program login begins anew: a certificate was given with it. One that has ended stays ended.
    async fn renew_program_login(&self, token: &TokenHash, now: Timestamp) -> Result<(), StoreError>;
    /// Ends one program login; unknown ones are fine.
    async fn end_program_login(&self, token: &TokenHash) -> Result<(), StoreError>;

    /// Ends every console session and program login of an operator.
    async fn end_all_logins(&self, tenant: TenantId, operator: OperatorId) -> Result<(), StoreError>;
    /// Forgets logins that are over. Returns how many.
    async fn forget_old_logins(&self, now: Timestamp) -> Result<u64, StoreError>;
}
