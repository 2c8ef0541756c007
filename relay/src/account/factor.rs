//! The second factor of an account: an authenticator app's codes, passkeys, and recovery codes for when they are lost.
//!
//! What passkeys do is in [`super::passkey`]; that somebody has one counts here. The recovery codes are of both.
//!
//! Called after the password was right. A code is good once, and tries are counted apart from those of passwords: a right password does
//! not make guessing codes afresh. Recovery codes cannot be guessed (80 bits), so that somebody who guesses at codes does not keep the
//! owner out. Must never keep a secret unsealed, and never log or audit a code.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::{OperatorId, Password, TenantId},
    message::directory::LoginError,
};
use store::{SecondFactor, StoreError, TokenHash};
use zeroize::Zeroizing;

use super::{
    Accounts, Operator, make_password, random, too_many,
    totp::{self, Secret},
    unavailable,
};

/// Recovery codes of one second factor.
pub const RECOVERY_CODES: usize = 10;
/// How long a secret may be looked at before it is confirmed by a code.
const OFFERED_FOR: SignedDuration = SignedDuration::from_mins(30);

/// How somebody proved that they have their second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    /// By a code of the app.
    App,
    /// By a recovery code.
    Recovery,
}

/// A secret to be put into an authenticator app. Nothing is written before a code of it comes back.
pub struct Offer {
    /// For typing: base 32.
    pub secret: Zeroizing<String>,
    /// For the app, as a picture.
    pub address: Zeroizing<String>,
    /// Comes back with the code; only this server can open it, for this user, for a while.
    pub sealed: String,
}

/// What a user has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Factor {
    /// Since when there is an authenticator app.
    pub app: Option<Timestamp>,
    /// How many passkeys there are.
    pub passkeys: usize,
    /// Recovery codes that were not used yet.
    pub recovery_left: u32,
}

/// Codes that are shown once.
pub type RecoveryCodes = Vec<Zeroizing<String>>;

/// Why a second factor was not changed.
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    /// The code is not one of this secret and this time.
    #[error("this code does not fit the secret")]
    WrongCode,
    /// The secret was offered too long ago, or not to this user.
    #[error("this secret was not offered to this user lately")]
    Over,
    /// There is one already.
    #[error("this user has a second factor already")]
    Exists,
    /// There is none.
    #[error("this user has no second factor")]
    Missing,
    /// The server cannot do it now.
    #[error("the server cannot change second factors now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for FactorError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { what: "second factor" } => Self::Exists,
            StoreError::NotFound { .. } => Self::Missing,
            other => Self::Unavailable(Box::new(other)),
        }
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> FactorError {
    FactorError::Unavailable(Box::new(error))
}

impl Accounts {
    /// What this user has beside the password.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn factor(&self, tenant: TenantId, operator: OperatorId) -> Result<Option<Factor>, LoginError> {
        let app = self.store.second_factor(tenant, operator).await.map_err(unavailable)?.map(|app| app.since);
        let passkeys = self.store.passkeys(tenant, operator).await.map_err(unavailable)?.len();
        if app.is_none() && passkeys == 0 {
            return Ok(None);
        }
        let recovery_left = self.store.recovery_left(tenant, operator).await.map_err(unavailable)?;
        Ok(Some(Factor { app, passkeys, recovery_left }))
    }

    /// Whether this user must set a second factor up before anything else.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn lacks_factor(&self, operator: &Operator) -> Result<bool, LoginError> {
        self.store.lacks_second_factor(operator.tenant, operator.id).await.map_err(unavailable)
    }

    /// As [`Self::check`], for a program, in one go: an attendant's password, and the code where one is needed. A program cannot use
    /// passkeys: whoever has nothing else is asked for a code too, and has recovery codes.
    ///
    /// # Errors
    /// As [`Self::check`] and [`Self::check_code`]; `CodeNeeded` when the password is right and a code is missing; `FactorMissing` when
    /// the company wants one and this user has none yet. Who may not attend is told `Wrong`.
    pub async fn check_attendant(
        &self,
        tenant: TenantId,
        user: &str,
        password: &str,
        code: Option<&str>,
        source: IpAddr,
    ) -> Result<Operator, LoginError> {
        let operator = self.check(tenant, user, password, source).await?;
        if !operator.roles.attend {
            return Err(LoginError::Wrong);
        }
        match (self.factor(tenant, operator.id).await?, code) {
            (Some(_), Some(code)) => self.check_code(&operator, code, source).await.map(drop)?,
            (Some(_), None) => return Err(LoginError::CodeNeeded),
            (None, _) if self.lacks_factor(&operator).await? => return Err(LoginError::FactorMissing),
            (None, _) => {}
        }
        Ok(operator)
    }

    /// Checks what was typed where a code is asked for: a code of the app or a recovery code. It is used up by this.
    ///
    /// # Errors
    /// `Wrong` also for a code that was used before, or when there is no second factor; `TooMany`; `Unavailable`.
    pub async fn check_code(&self, operator: &Operator, typed: &str, source: IpAddr) -> Result<Used, LoginError> {
        let app = self.store.second_factor(operator.tenant, operator.id).await.map_err(unavailable)?;
        let checked = match (totp::typed(typed), app) {
            (Some(code), Some(app)) => self.check_app(operator, &app, code, source).await,
            (Some(_), None) => Err(LoginError::Wrong),
            (None, _) => self.check_recovery(operator, typed, source).await,
        };
        if checked == Err(LoginError::Wrong) {
            self.refuse(LoginError::Wrong);
            tracing::warn!(%source, operator = %operator.id, "a right password with a wrong code");
            self.note(operator, "factor.refused", &operator.login, "", source).await?;
        }
        checked
    }

    async fn check_app(
        &self,
        operator: &Operator,
        factor: &SecondFactor,
        code: u32,
        source: IpAddr,
    ) -> Result<Used, LoginError> {
        let now = std::time::Instant::now();
        self.codes().charge(operator.tenant, &operator.login, source, now).map_err(too_many)?;
        let checked = async {
            let secret = self.key.open(&owner(operator), &factor.sealed).map_err(unavailable)?;
            let secret = Secret::parse(&secret).ok_or(LoginError::Unavailable)?;
            let Some(step) = secret.step_of(code, self.clock.now().as_second()) else { return Ok(false) };
            self.store.use_step(operator.tenant, operator.id, step).await.map_err(unavailable)
        };
        let checked = checked.await;
        if checked != Ok(false) {
            self.codes().refund(operator.tenant, &operator.login, source);
        }
        if checked? { Ok(Used::App) } else { Err(LoginError::Wrong) }
    }

    async fn check_recovery(&self, operator: &Operator, typed: &str, source: IpAddr) -> Result<Used, LoginError> {
        let hash = recovery_hash(operator, typed).ok_or(LoginError::Wrong)?;
        let (tenant, id) = (operator.tenant, operator.id);
        if !self.store.recovery_code(tenant, id, &hash).await.map_err(unavailable)? {
            return Err(LoginError::Wrong);
        }
        self.note(operator, "factor.recovery.used", &operator.login, "", source).await?;
        let used = self.store.use_recovery_code(tenant, id, &hash, self.clock.now()).await.map_err(unavailable)?;
        if used { Ok(Used::Recovery) } else { Err(LoginError::Wrong) }
    }

    /// A fresh secret for this user's app.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn offer_factor(&self, operator: &Operator, company: &str) -> Result<Offer, FactorError> {
        let secret = Secret::from_bytes(random().map_err(failed)?);
        let until = self.clock.now() + OFFERED_FOR;
        let text = Zeroizing::new(format!("{}:{}", until.as_second(), *secret.to_text()));
        let sealed = self.key.seal(&offered_to(operator), &text).map_err(failed)?;
        Ok(Offer {
            secret: secret.to_text(),
            address: secret.address(company, &operator.login),
            sealed: data_encoding::BASE64URL_NOPAD.encode(&sealed),
        })
    }

    /// The same offer again, after a code that did not fit.
    ///
    /// # Errors
    /// `Over`.
    pub fn offered(&self, operator: &Operator, company: &str, sealed: &str) -> Result<Offer, FactorError> {
        let secret = self.open_offer(operator, sealed)?;
        Ok(Offer {
            secret: secret.to_text(),
            address: secret.address(company, &operator.login),
            sealed: sealed.to_owned(),
        })
    }

    fn open_offer(&self, operator: &Operator, sealed: &str) -> Result<Secret, FactorError> {
        let sealed = data_encoding::BASE64URL_NOPAD.decode(sealed.as_bytes()).map_err(|_| FactorError::Over)?;
        let text = self.key.open(&offered_to(operator), &sealed).map_err(|_| FactorError::Over)?;
        let (until, secret) = text.split_once(':').ok_or(FactorError::Over)?;
        let until: i64 = until.parse().map_err(|_| FactorError::Over)?;
        if self.clock.now().as_second() > until {
            return Err(FactorError::Over);
        }
        Secret::parse(secret).ok_or(FactorError::Over)
    }

    /// Switches an offered second factor on, if this code is one of its app: the code is used up by this. Gives the recovery codes, to be
    /// shown once.
    ///
    /// # Errors
    /// `WrongCode`, `Over`, `Exists`, `Unavailable`.
    pub async fn enable_factor(
        &self,
        operator: &Operator,
        sealed: &str,
        code: &str,
        source: IpAddr,
    ) -> Result<RecoveryCodes, FactorError> {
        let secret = self.open_offer(operator, sealed)?;
        let now = self.clock.now();
        let step = totp::typed(code).and_then(|code| secret.step_of(code, now.as_second()));
        let step = step.ok_or(FactorError::WrongCode)?;
        let (codes, hashes) = recovery_codes(operator)?;
        let kept = self.key.seal(&owner(operator), &secret.to_text()).map_err(failed)?;
        self.note(operator, "factor.enabled", &operator.login, "", source).await.map_err(failed)?;
        self.store.add_second_factor(operator.tenant, operator.id, &kept, step, &hashes, now).await?;
        Ok(codes)
    }

    /// New recovery codes in the place of all earlier ones, to be shown once.
    ///
    /// # Errors
    /// `Missing`, `Unavailable`.
    pub async fn new_recovery_codes(&self, operator: &Operator) -> Result<RecoveryCodes, FactorError> {
        let (codes, hashes) = recovery_codes(operator)?;
        self.store.replace_recovery_codes(operator.tenant, operator.id, &hashes).await?;
        Ok(codes)
    }

    /// Switches a user's authenticator app off; passkeys stay. One that is not there is fine.
    ///
    /// # Errors
    /// `Missing` when there is no such user, `Unavailable`.
    pub async fn remove_authenticator(&self, tenant: TenantId, operator: OperatorId) -> Result<(), FactorError> {
        self.store.remove_authenticator(tenant, operator).await?;
        Ok(())
    }

    /// Takes every second factor of a user away: app, passkeys, recovery codes. One that is not there is fine.
    ///
    /// # Errors
    /// `Missing` when there is no such user, `Unavailable`.
    pub async fn remove_factor(&self, tenant: TenantId, operator: OperatorId) -> Result<(), FactorError> {
        self.store.remove_second_factor(tenant, operator).await?;
        Ok(())
    }
}

/// What a kept secret is sealed for.
fn owner(operator: &Operator) -> Vec<u8> {
    [b"amparo second factor v1".as_slice(), operator.tenant.as_bytes(), operator.id.as_bytes()].concat()
}

/// What an offered secret is sealed for: it is none that counts.
fn offered_to(operator: &Operator) -> Vec<u8> {
    [b"amparo second factor offer v1".as_slice(), operator.tenant.as_bytes(), operator.id.as_bytes()].concat()
}

pub(super) fn recovery_codes(operator: &Operator) -> Result<(RecoveryCodes, Vec<TokenHash>), FactorError> {
    let codes: RecoveryCodes =
        (0..RECOVERY_CODES).map(|_| make_password()).collect::<Result<_, _>>().map_err(failed)?;
    let hashes = codes.iter().map(|code| recovery_hash(operator, code).expect("what is made here is a code")).collect();
    Ok((codes, hashes))
}

/// The hash of a recovery code however it is typed; `None` when it is none.
fn recovery_hash(operator: &Operator, typed: &str) -> Option<TokenHash> {
    let symbols: Vec<char> = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(17).collect();
    let (first, second) = (symbols.len() == 16).then(|| symbols.split_at(8))?;
    let half = |symbols: &[char]| symbols.iter().collect::<String>().parse::<Password>().ok();
    let (first, second) = (half(first)?, half(second)?);
    let bound = [b"amparo recovery code v1".as_slice(), operator.id.as_bytes(), first.symbols(), second.symbols()];
    Some(TokenHash::of(&Zeroizing::new(bound.concat())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::account::Roles;

    fn ana(n: u8) -> Operator {
        let (id, tenant) = (OperatorId::from_bytes([n; 16]), TenantId::from_bytes([1; 16]));
        Operator { id, tenant, login: "ana".into(), name: "Ana".into(), roles: Roles::default() }
    }

    #[test]
    fn a_recovery_code_is_read_however_it_is_typed_and_is_of_one_user() {
        let hash = recovery_hash(&ana(1), "K7QF-2M9X-0110-ABCD").unwrap();
        for same in ["k7qf2m9xoIIoabcd", " k7qf 2m9x 0110 abcd ", "K7QF2M9X-OLIO-ABCD"] {
            assert_eq!(recovery_hash(&ana(1), same), Some(hash), "{same}");
        }
        assert_ne!(recovery_hash(&ana(2), "K7QF-2M9X-0110-ABCD"), Some(hash));
        for none in ["", "123456", "K7QF-2M9X-0110-ABC", "K7QF-2M9X-0110-ABCDE", "K7QF-2M9X-0110-ABCU"] {
            assert_eq!(recovery_hash(&ana(1), none), None, "{none}");
        }
        let (codes, hashes) = recovery_codes(&ana(1)).unwrap();
        assert_eq!((codes.len(), hashes.len()), (RECOVERY_CODES, RECOVERY_CODES));
        assert!(codes.iter().all(|code| code.len() == 19));
    }
}
