//! Who may log in: company users, their passwords, and the tokens that stand for a login.
//!
//! Called by the listener (programs log in) and by the console (browsers log in, administrators keep users). Must never tell
//! whether it was the user or the password that was wrong, never keep or log a password, and never hash without a limit on
//! how many hashes run at once: each takes 19 MiB.

pub mod api_token;
mod console;
mod factor;
mod hashing;
mod identity;
mod passkey;
mod throttle;
mod totp;
mod webauthn;

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use jiff::Timestamp;
use protocol::{
    id::{OperatorId, Password, TenantId},
    limits,
    message::{
        ShownText,
        directory::{LoginError, LoginToken, Opaque},
    },
};
use ring::rand::{SecureRandom, SystemRandom};
use store::{AuditEntry, StoreError, TokenHash};
use tickets::{clock::Clock, seal::SealKey};
use zeroize::Zeroizing;

pub use factor::{Factor, FactorError, Offer, RECOVERY_CODES, RecoveryCodes, Used};
pub use passkey::{NewKey, Occasion, PasskeyError, Proof};
pub use store::{Passkey, PasskeyId, Roles};
pub use webauthn::{ALGORITHMS, Party, Refused};

use hashing::{Busy, Hashing};
use throttle::Throttle;

/// A password that a person chooses has at least this many characters.
pub const PASSWORD_CHARS: usize = 10;

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

impl Operator {
    /// That this user did something now, from there, for the audit log.
    pub fn entry(&self, what: &str, subject: &str, detail: &str, source: IpAddr) -> AuditEntry {
        AuditEntry {
            tenant: self.tenant,
            operator: Some(self.id),
            who: self.name.clone(),
            what: what.to_owned(),
            subject: subject.to_owned(),
            detail: detail.to_owned(),
            from: source.to_string(),
            at: Timestamp::now(),
        }
    }
}

impl From<store::Operator> for Operator {
    fn from(o: store::Operator) -> Self {
        Self { id: o.id, tenant: o.tenant, login: o.login, name: o.name, roles: o.roles }
    }
}

/// A user to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The name to log in with; whatever its case it is the same user.
    pub login: String,
    /// The name others see.
    pub name: String,
    /// What they may do.
    pub roles: Roles,
}

/// A user as administrators see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Who, and what they may do.
    pub operator: Operator,
    /// Since when they may not log in.
    pub disabled_at: Option<Timestamp>,
    /// Since when they exist.
    pub created_at: Timestamp,
}

/// Why a change of users had no effect.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The login name is empty, too long, or has blanks or characters that cannot be shown.
    #[error("this login name cannot be used")]
    BadLogin,
    /// The shown name is empty, too long, or has characters that cannot be shown.
    #[error("this name cannot be used")]
    BadName,
    /// Too short, too long, or the login name itself.
    #[error("this password is too weak")]
    WeakPassword,
    /// Another user has this login name.
    #[error("this login name is taken")]
    Taken,
    /// Nobody would be left to administer.
    #[error("this is the last administrator")]
    LastAdministrator,
    /// There is no such user in this company, or the set-up link has been used.
    #[error("there is no such {what}")]
    NotFound {
        /// What, as a word of the domain.
        what: &'static str,
    },
    /// The server cannot do it now.
    #[error("the server cannot change accounts now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { what: "login" } => Self::Taken,
            StoreError::Conflict { what: "last administrator" } => Self::LastAdministrator,
            StoreError::NotFound { what } => Self::NotFound { what },
            other => Self::Unavailable(Box::new(other)),
        }
    }
}

impl From<Busy> for AccountError {
    fn from(busy: Busy) -> Self {
        Self::Unavailable(Box::new(busy))
    }
}

/// The accounts of all companies on this server.
pub struct Accounts {
    store: Arc<dyn store::Store>,
    hashing: Hashing,
    throttle: Mutex<Throttle>,
    /// Tries at second factors, apart from those at passwords.
    codes: Mutex<Throttle>,
    /// Logins by companies' providers.
    providers: Mutex<Throttle>,
    /// Tries at passkeys.
    keys: Mutex<Throttle>,
    /// Seals second factors at rest.
    key: SealKey,
    /// What time it is for codes and what lasts only a while.
    clock: Clock,
    /// Passwords, codes and passkeys that were refused since the start.
    refused: AtomicU64,
}

impl Accounts {
    /// Accounts kept in this store; what is secret in it is sealed with this key.
    pub fn new(store: Arc<dyn store::Store>, key: SealKey, clock: Clock) -> Self {
        let rules = [&throttle::PASSWORDS, &throttle::CODES, &throttle::PROVIDERS, &throttle::PASSKEYS];
        let [throttle, codes, providers, keys] = rules.map(|rules| Mutex::new(Throttle::new(rules)));
        Self {
            store,
            hashing: Hashing::new(),
            throttle,
            codes,
            providers,
            keys,
            key,
            clock,
            refused: AtomicU64::new(0),
        }
    }

    /// Checks a password. `source` is the address the try comes from; tries are throttled by account and by source.
    /// An attendant's program must also look at `operator.roles.attend`.
    ///
    /// # Errors
    /// `Wrong` for unknown, disabled and wrong alike, after the same work; `TooMany`; `Unavailable`.
    pub async fn check(
        &self,
        tenant: TenantId,
        user: &str,
        password: &str,
        source: IpAddr,
    ) -> Result<Operator, LoginError> {
        let charged = self.throttle().charge(tenant, shortened(user), source, Instant::now());
        charged.map_err(|wait| self.refuse(too_many(wait)))?;
        let checked = self.look(tenant, user, password).await;
        match &checked {
            // A try that could not be looked at tells the one who tried nothing, so it does not count either.
            Ok(_) | Err(LoginError::Unavailable) => self.throttle().refund(tenant, shortened(user), source),
            Err(why) => {
                self.refuse(*why);
                tracing::info!(%source, %tenant, %why, "login refused");
            }
        }
        checked
    }

    /// Counts a refusal.
    fn refuse(&self, why: LoginError) -> LoginError {
        self.refused.fetch_add(1, Ordering::Relaxed);
        why
    }

    /// How many logins were refused since the start: passwords, codes and passkeys.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    async fn look(&self, tenant: TenantId, user: &str, password: &str) -> Result<Operator, LoginError> {
        let fits = user.len() <= limits::USER_BYTES && password.len() <= limits::LOGIN_PASSWORD_BYTES;
        let (user, password) = if fits { (user.trim(), password) } else { ("", "") };
        let found =
            self.store.operator_by_login(tenant, user).await.map_err(unavailable)?.filter(store::Operator::is_enabled);
        // Who has no password is looked at as long as who does not exist.
        let hash = found.as_ref().filter(|o| o.has_password()).map(|o| o.password_hash.as_str());
        let right = self.hashing.matches(password, hash).await.map_err(unavailable)?;
        found.filter(|_| right).map(Operator::from).ok_or(LoginError::Wrong)
    }

    /// A token that stands for this login in [`Self::verify`], until it ends with the user's password or the user.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn login_token(&self, operator: &Operator) -> Result<LoginToken, LoginError> {
        let token: [u8; 32] = random().map_err(unavailable)?;
        let now = Timestamp::now();
        self.store
            .begin_program_login(&TokenHash::of(&token), operator.tenant, operator.id, now)
            .await
            .map_err(unavailable)?;
        Ok(Opaque::try_from(token.to_vec()).expect("32 bytes are a token"))
    }

    /// Who logged in with this token, as they are now.
    ///
    /// # Errors
    /// `Expired` when it is no longer good, `Unavailable`.
    pub async fn verify(&self, tenant: TenantId, token: &LoginToken) -> Result<Operator, LoginError> {
        let login =
            self.store.program_login(&TokenHash::of(token.as_bytes()), Timestamp::now()).await.map_err(unavailable)?;
        login.map(|l| Operator::from(l.operator)).filter(|o| o.tenant == tenant).ok_or(LoginError::Expired)
    }

    /// The login that this token stands for begins anew; one that has ended stays ended.
    pub async fn renew(&self, token: &LoginToken, now: Timestamp) {
        if let Err(error) = self.store.renew_program_login(&TokenHash::of(token.as_bytes()), now).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a login is not yet renewed");
        }
    }

    /// Makes this token worthless (logout of a program). One that is not is fine.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn forget(&self, token: &LoginToken) -> Result<(), LoginError> {
        self.store.end_program_login(&TokenHash::of(token.as_bytes())).await.map_err(unavailable)
    }

    /// A new token for a console session; the old one is worth nothing from now on.
    ///
    /// # Errors
    /// `Expired` when it is over, `Unavailable`.
    pub async fn renew_console(&self, token: &str) -> Result<String, LoginError> {
        let new = hexadecimal(&random::<16>().map_err(unavailable)?);
        let (old, hash) = (TokenHash::of(token.as_bytes()), TokenHash::of(new.as_bytes()));
        match self.store.renew_console_token(&old, &hash).await {
            Ok(()) => Ok(new),
            Err(StoreError::NotFound { .. }) => Err(LoginError::Expired),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Logs out everywhere: every console session and program login of this user ends.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn logout(&self, operator: &Operator) -> Result<(), LoginError> {
        self.store.end_all_logins(operator.tenant, operator.id).await.map_err(unavailable)
    }

    /// Ends one console session.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn end_console(&self, token: &str) -> Result<(), LoginError> {
        self.store.end_console_session(&TokenHash::of(token.as_bytes())).await.map_err(unavailable)
    }

    /// Uses a set-up link up: names the company and makes its first administrator, who may do everything.
    ///
    /// # Errors
    /// `NotFound` when the link has been used; then nothing was written. `BadLogin`, `BadName`, `WeakPassword`.
    pub async fn set_up(
        &self,
        token: &str,
        company: &str,
        login: &str,
        name: &str,
        password: &str,
    ) -> Result<Operator, AccountError> {
        let token = TokenHash::of(token.as_bytes());
        // Looked at first: nobody makes this server hash without a link that is good.
        let tenant = self.store.setup_tenant(&token).await?.ok_or(AccountError::NotFound { what: "set-up link" })?;
        let company = shown(company).ok_or(AccountError::BadName)?;
        let roles =
            Roles { attend: true, admin: true, may_see_passwords: true, may_create_apps: true, may_watch: true };
        let user = NewUser { login: login.to_owned(), name: name.to_owned(), roles };
        let row = self.row(tenant, user, password).await?;
        Ok(self.store.complete_setup(&token, &company, &row).await?.into())
    }

    /// Whether a user could be made with these names, before it is written down that one was.
    ///
    /// # Errors
    /// `BadLogin`, `BadName`, `Taken`, `Unavailable`.
    pub async fn check_new(&self, tenant: TenantId, login: &str, name: &str) -> Result<(), AccountError> {
        let login = good_login(login)?;
        good_name(name)?;
        match self.store.operator_by_login(tenant, &login).await? {
            Some(_) => Err(AccountError::Taken),
            None => Ok(()),
        }
    }

    /// Makes a user. With no password given, one is made and handed back, to be shown once.
    ///
    /// # Errors
    /// `BadLogin`, `BadName`, `WeakPassword`, `Taken`, `Unavailable`.
    pub async fn create(
        &self,
        tenant: TenantId,
        user: NewUser,
        password: Option<&str>,
    ) -> Result<(Operator, Option<Zeroizing<String>>), AccountError> {
        let made = password.is_none().then(make_password).transpose()?;
        let password = password.unwrap_or_else(|| made.as_deref().map_or("", String::as_str));
        let row = self.row(tenant, user, password).await?;
        Ok((self.store.add_operator(&row).await?.into(), made))
    }

    /// A link's token, by which this user chooses their password until then; an earlier one ends.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub async fn password_link(
        &self,
        user: &Operator,
        expires_at: Timestamp,
    ) -> Result<Zeroizing<String>, AccountError> {
        let token = Zeroizing::new(hexadecimal(&random::<16>()?));
        self.store.put_password_link(user.tenant, user.id, &TokenHash::of(token.as_bytes()), expires_at).await?;
        Ok(token)
    }

    /// Whose link this is; `None`: it is not good.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn of_password_link(&self, token: &str) -> Result<Option<Operator>, AccountError> {
        let found = self.store.password_link(&TokenHash::of(token.as_bytes()), Timestamp::now()).await?;
        Ok(found.map(Operator::from))
    }

    /// Uses a link up: the user has this password, and all their logins end.
    ///
    /// # Errors
    /// `NotFound` for a link that is not good, `WeakPassword`, `Unavailable`.
    pub async fn use_password_link(&self, token: &str, password: &str) -> Result<Operator, AccountError> {
        // Looked at first: nobody makes this server hash without a link that is good.
        let user = self.of_password_link(token).await?.ok_or(AccountError::NotFound { what: "password link" })?;
        if !strong(password, &user.login) {
            return Err(AccountError::WeakPassword);
        }
        let hash = self.hashing.hash(password).await?;
        let used = self.store.use_password_link(&TokenHash::of(token.as_bytes()), &hash, Timestamp::now()).await?;
        Ok(used.into())
    }

    /// Whether a user could be changed so, before it is written down that they were.
    ///
    /// # Errors
    /// `BadName`, `LastAdministrator`, `Unavailable`.
    pub async fn check_change(
        &self,
        tenant: TenantId,
        user: OperatorId,
        name: &str,
        roles: Roles,
    ) -> Result<(), AccountError> {
        good_name(name)?;
        if roles.admin { Ok(()) } else { self.check_absence(tenant, user).await }
    }

    /// Whether somebody administers also without this user.
    ///
    /// # Errors
    /// `LastAdministrator`, `Unavailable`.
    pub async fn check_absence(&self, tenant: TenantId, user: OperatorId) -> Result<(), AccountError> {
        let all = self.store.operators(tenant).await?;
        let others = all.iter().any(|o| o.id != user && o.roles.admin && o.is_enabled());
        if others { Ok(()) } else { Err(AccountError::LastAdministrator) }
    }

    /// Changes a user's shown name and what they may do, from their next request on.
    ///
    /// # Errors
    /// `BadName`, `NotFound`, `LastAdministrator`, `Unavailable`.
    pub async fn update(
        &self,
        tenant: TenantId,
        user: OperatorId,
        name: &str,
        roles: Roles,
    ) -> Result<Operator, AccountError> {
        let name = good_name(name)?;
        Ok(self.store.update_operator(tenant, user, &name, roles).await?.into())
    }

    /// Lets a user in no more (or again); ends all their logins.
    ///
    /// # Errors
    /// `NotFound`, `LastAdministrator`, `Unavailable`.
    pub async fn set_disabled(&self, tenant: TenantId, user: OperatorId, disabled: bool) -> Result<(), AccountError> {
        Ok(self.store.set_operator_disabled(tenant, user, disabled, Timestamp::now()).await?)
    }

    /// Gives a user the password that they chose; ends all their logins.
    ///
    /// # Errors
    /// `WeakPassword`, `NotFound`, `Unavailable`.
    pub async fn set_password(&self, tenant: TenantId, user: OperatorId, password: &str) -> Result<(), AccountError> {
        if !strong(password, &self.store.operator(tenant, user).await?.login) {
            return Err(AccountError::WeakPassword);
        }
        let hash = self.hashing.hash(password).await?;
        Ok(self.store.set_operator_password(tenant, user, &hash).await?)
    }

    /// Gives a user a new password, handed back to be shown once; ends all their logins.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub async fn reset(&self, tenant: TenantId, user: OperatorId) -> Result<Zeroizing<String>, AccountError> {
        self.store.operator(tenant, user).await?;
        let password = make_password()?;
        let hash = self.hashing.hash(&password).await?;
        self.store.set_operator_password(tenant, user, &hash).await?;
        Ok(password)
    }

    /// One user.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub async fn user(&self, tenant: TenantId, user: OperatorId) -> Result<User, AccountError> {
        Ok(as_user(self.store.operator(tenant, user).await?))
    }

    /// All users of a company by name, disabled ones last.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn list(&self, tenant: TenantId) -> Result<Vec<User>, AccountError> {
        Ok(self.store.operators(tenant).await?.into_iter().map(as_user).collect())
    }

    async fn row(&self, tenant: TenantId, user: NewUser, password: &str) -> Result<store::NewOperator, AccountError> {
        let (login, name) = (good_login(&user.login)?, good_name(&user.name)?);
        if !strong(password, &login) {
            return Err(AccountError::WeakPassword);
        }
        let id = OperatorId::from_bytes(random()?);
        let password_hash = self.hashing.hash(password).await?;
        Ok(store::NewOperator {
            id,
            tenant,
            login,
            name,
            password_hash,
            roles: user.roles,
            created_at: Timestamp::now(),
        })
    }

    fn throttle(&self) -> MutexGuard<'_, Throttle> {
        // Every change under this lock is complete in itself.
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn codes(&self) -> MutexGuard<'_, Throttle> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down that a user did something.
    async fn note(
        &self,
        operator: &Operator,
        what: &str,
        subject: &str,
        detail: &str,
        source: IpAddr,
    ) -> Result<(), LoginError> {
        let entry = operator.entry(what, subject, detail, source);
        self.store.audit(&entry).await.map(drop).map_err(unavailable)
    }

    fn keys(&self) -> MutexGuard<'_, Throttle> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn too_many(wait: std::time::Duration) -> LoginError {
    LoginError::TooMany { retry_after_s: u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1) }
}

/// Whether a person may choose this password: long enough, not one character again and again, not the name to log in with.
pub fn strong(password: &str, login: &str) -> bool {
    let first = password.chars().next();
    password.chars().count() >= PASSWORD_CHARS
        && password.len() <= limits::LOGIN_PASSWORD_BYTES
        && password.chars().any(|c| Some(c) != first)
        && !password.eq_ignore_ascii_case(login)
}

fn as_user(row: store::Operator) -> User {
    User { disabled_at: row.disabled_at, created_at: row.created_at, operator: row.into() }
}

/// Text for people's eyes, trimmed; `None` when it is empty or has what cannot be shown.
fn shown(text: &str) -> Option<String> {
    ShownText::try_from(text.trim().to_owned()).ok().map(String::from).filter(|t| !t.is_empty())
}

/// A name to log in with, as it is kept.
fn good_login(login: &str) -> Result<String, AccountError> {
    shown(login).filter(|l| l.len() <= limits::USER_BYTES && !l.contains(' ')).ok_or(AccountError::BadLogin)
}

/// A name that others see, as it is kept.
fn good_name(name: &str) -> Result<String, AccountError> {
    shown(name).ok_or(AccountError::BadName)
}

/// What the throttle counts by: a flood of long names is to cost no memory.
fn shortened(user: &str) -> &str {
    if user.len() <= limits::USER_BYTES { user } else { "" }
}

/// Sixteen Crockford symbols: 80 bits that can be read out and typed.
fn make_password() -> Result<Zeroizing<String>, AccountError> {
    let halves = [Password::from_entropy(random()?), Password::from_entropy(random()?)];
    Ok(Zeroizing::new(format!("{}-{}", halves[0].reveal(), halves[1].reveal())))
}

fn random<const N: usize>() -> Result<[u8; N], Busy> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Busy)?;
    Ok(bytes)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unavailable(error: impl std::error::Error) -> LoginError {
    tracing::warn!(error = %error, cause = error.source().map(tracing::field::display), "a login could not be looked at");
    LoginError::Unavailable
}
