//! Login by OpenID Connect: the company's own provider says who somebody is, by authorization code with PKCE.
//!
//! Called by the console. What is checked, in order: that whoever comes back is the browser that went (its sealed cookie and `state`),
//! once and soon; that the answer is the provider's (`iss`, where it says so); the code's token, by its signature, issuer, audience,
//! times and nonce ([`token`]). What comes out is an identity, which is issuer and subject and nothing else. Whose it is, and whether they
//! may in, is for the records and for the console. Must never log or show a code, a token, a verifier or the client's secret.
//!
//! Own code, because the crate for it (`openidconnect`) brings `rsa`, of which a flaw is known that has no remedy (RUSTSEC-2023-0071), and
//! because calls go by the tickets' HTTP, which knows companies' own authorities and takes secrets out of what is logged.

mod flow;
mod provider;
mod settings;
pub mod token;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use protocol::id::TenantId;
use store::{OidcIdentity, OidcProvider, Reason, Store, StoreError, TokenHash};
use tickets::{clock::Clock, http::Patience, seal::SealKey, secret::Secret};
use tokio::sync::Semaphore;

pub use flow::{LASTS_S, Purpose, Session};
pub use provider::Step;
pub use settings::{Problem, Settings};

use flow::{Flow, Spent};
use provider::{Line, Provider, shortened};
use token::{Algorithm, BadToken, Expected, Keys};

/// Calls to providers at once: each may take its time.
const AT_ONCE: usize = 8;
/// How long a provider's document and keys are good.
const KNOWN_FOR: SignedDuration = SignedDuration::from_mins(10);
/// No parameter of an answer is longer.
const PARAMETER_BYTES: usize = 4096;
/// Where a provider sends people back to.
pub const BACK: &str = "/login/oidc/back";

/// Why somebody is not in, or a provider cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The company has no provider.
    #[error("there is no provider")]
    NotSetUp,
    /// Its settings cannot be used, or its secret cannot be opened.
    #[error("the provider's settings cannot be used")]
    Settings,
    /// Too many logins at once.
    #[error("too many logins at once")]
    Busy,
    /// The browser that came back is not the one that went, or the login was used before, or it took too long.
    #[error("no login of this browser is on its way: {0}")]
    NoFlow(&'static str),
    /// They, or the provider, said no.
    #[error("the provider gave no login: {0}")]
    Cancelled(String),
    /// The provider does not answer.
    #[error("no connection: {why} ({step:?})")]
    Unreachable {
        /// At what.
        step: Step,
        /// Which kind of reason it is.
        reason: Reason,
        /// Why.
        why: String,
    },
    /// The provider's answer cannot be understood.
    #[error("a strange answer: {why} ({step:?})")]
    Strange {
        /// To what.
        step: Step,
        /// What is strange about it.
        why: String,
    },
    /// It calls itself something else.
    #[error("the issuer is {0}")]
    OtherIssuer(String),
    /// It does not take hashed challenges (S256).
    #[error("the provider does not do PKCE with S256")]
    NoChallenge,
    /// It signs in no way that is taken.
    #[error("the provider signs neither with RS256 nor with ES256")]
    NoAlgorithm,
    /// It does not take the code, or us.
    #[error("the provider refuses: {0}")]
    Refused(String),
    /// Its token is not taken.
    #[error("the ID token is not taken: {0}")]
    Token(#[from] BadToken),
    /// The records say no.
    #[error("the records cannot be used")]
    Store(#[from] StoreError),
}

impl Failure {
    fn strange(step: Step, why: impl Into<String>) -> Self {
        Self::Strange { step, why: why.into() }
    }
}

/// A login that was begun.
pub struct Begun {
    /// Where the browser goes.
    pub address: String,
    /// What it keeps until it comes back.
    pub cookie: String,
    /// The provider's name.
    pub name: String,
    /// What it comes back with.
    pub state: String,
}

/// What a provider sends back, by way of the browser.
#[derive(Debug, Clone, Default)]
pub struct Returned {
    /// The same as went.
    pub state: String,
    /// What a token is given for.
    pub code: String,
    /// Who answers, where it says so.
    pub iss: String,
    /// Why there is no code.
    pub error: String,
}

impl Returned {
    /// Whether this can be an answer at all.
    pub fn fits(&self) -> bool {
        [&self.state, &self.code, &self.iss, &self.error].iter().all(|text| text.len() <= PARAMETER_BYTES)
    }
}

/// Who came back.
#[derive(Debug)]
pub struct Proved {
    /// Of which company's provider.
    pub tenant: TenantId,
    /// What it was for.
    pub purpose: Purpose,
    /// Who they are there.
    pub identity: OidcIdentity,
    /// They were asked for a second factor there, and the company takes the provider's word for it.
    pub factor_elsewhere: bool,
    /// They were asked who they are since this login began, and not some time before.
    pub just_now: bool,
}

/// What a look at a provider has shown.
#[derive(Debug)]
pub struct Report {
    /// Each thing that was looked at, and what came of it; nothing further when one of the first goes wrong.
    pub looked_at: Vec<(Look, Found)>,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Look {
    /// The discovery document can be read.
    Discovery,
    /// The issuer is the one that was written down.
    Issuer,
    /// Its addresses are safe.
    Addresses,
    /// PKCE with S256.
    Challenge,
    /// Algorithms of tokens.
    Algorithms,
    /// Keys that tokens can be checked with.
    Keys,
}

/// What came of it.
#[derive(Debug)]
pub enum Found {
    /// It is as it must be; what was found, in the provider's own words or numbers.
    Good(String),
    /// The document does not say; it is used all the same.
    NotSaid,
    /// It is not.
    Bad(Failure),
}

/// What is known of a provider.
struct Known {
    settings: Settings,
    provider: Provider,
    keys: Mutex<Keys>,
    since: Timestamp,
}

impl Known {
    fn keys(&self) -> Keys {
        // Every change under this lock is complete in itself.
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Login by the providers of every company of this server.
#[derive(Clone)]
pub struct Oidc {
    store: Arc<dyn Store>,
    key: Arc<SealKey>,
    clock: Clock,
    patience: Patience,
    redirect: String,
    known: Arc<Mutex<HashMap<TenantId, Arc<Known>>>>,
    spent: Arc<Spent>,
    calls: Arc<Semaphore>,
}

impl Oidc {
    /// Over these records; providers send people back to this server.
    pub fn new(store: Arc<dyn Store>, key: SealKey, clock: Clock, public_url: &crate::config::PublicUrl) -> Self {
        Self {
            store,
            key: Arc::new(key),
            clock,
            patience: Patience::default(),
            redirect: format!("{public_url}{BACK}"),
            known: Arc::default(),
            spent: Arc::default(),
            calls: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// The same, waiting no longer than this. For tests.
    #[doc(hidden)]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// The address that a provider must be told, to the letter.
    pub fn redirect(&self) -> &str {
        &self.redirect
    }

    /// A company's settings; `None`: it has no provider.
    ///
    /// # Errors
    /// `Settings`, `Store`.
    pub async fn settings(&self, tenant: TenantId) -> Result<Option<Settings>, Failure> {
        let Some(recorded) = self.store.oidc_provider(tenant).await? else { return Ok(None) };
        let secret = self.key.open(&owner(tenant), &recorded.sealed).map_err(|_| Failure::Settings)?;
        Settings::recorded(&recorded.settings, &secret).map(Some).map_err(|_| Failure::Settings)
    }

    /// What a company's button says; `None`: there is none. Settings that cannot be used show one all the same: its page says why.
    ///
    /// # Errors
    /// As any call of the store.
    pub async fn name(&self, tenant: TenantId) -> Result<Option<String>, StoreError> {
        Ok(self.store.oidc_provider(tenant).await?.and_then(|mut recorded| recorded.settings.remove("name")))
    }

    /// Writes a company's provider; `None`: it has none any more.
    ///
    /// # Errors
    /// `Settings`, `Store`.
    pub async fn set(&self, tenant: TenantId, settings: Option<&Settings>) -> Result<(), Failure> {
        let recorded = match settings {
            Some(settings) => {
                let sealed = self.key.seal(&owner(tenant), settings.secret.expose()).map_err(|_| Failure::Settings)?;
                Some(OidcProvider { settings: settings.open(), sealed })
            }
            None => None,
        };
        self.store.set_oidc_provider(tenant, recorded.as_ref()).await?;
        self.known().remove(&tenant);
        Ok(())
    }

    /// Looks at a provider and says exactly what works.
    pub async fn look(&self, settings: &Settings) -> Report {
        let mut looked_at = Vec::new();
        self.look_into(settings, &mut looked_at).await;
        Report { looked_at }
    }

    async fn look_into(&self, settings: &Settings, looked_at: &mut Vec<(Look, Found)>) {
        let line = self
            .calls
            .try_acquire()
            .map_err(|_| Failure::Busy)
            .and_then(|turn| Ok((turn, Line::new(settings, self.patience, &self.clock)?)));
        let (_turn, line) = match line {
            Ok(line) => line,
            Err(failure) => return looked_at.push((Look::Discovery, Found::Bad(failure))),
        };
        let document = match line.document().await {
            Ok(document) => document,
            Err(failure) => return looked_at.push((Look::Discovery, Found::Bad(failure))),
        };
        looked_at.push((Look::Discovery, Found::Good(String::new())));
        let issuer = shortened(&document.issuer);
        let same = document.issuer == settings.issuer;
        let found = if same { Found::Good(issuer) } else { Found::Bad(Failure::OtherIssuer(issuer)) };
        looked_at.push((Look::Issuer, found));
        let found = match document.addresses() {
            Ok(addresses) => {
                let mut hosts: Vec<&str> = addresses.iter().filter_map(url::Url::host_str).collect();
                hosts.dedup();
                Found::Good(hosts.join(", "))
            }
            Err(failure) => Found::Bad(failure),
        };
        looked_at.push((Look::Addresses, found));
        let found = match document.hashes_challenges() {
            Some(true) => Found::Good("S256".to_owned()),
            Some(false) => Found::Bad(Failure::NoChallenge),
            None => Found::NotSaid,
        };
        looked_at.push((Look::Challenge, found));
        let algorithms = document.algorithms();
        let none = algorithms.is_empty();
        let found = if none { Found::Bad(Failure::NoAlgorithm) } else { Found::Good(algorithms.join(", ")) };
        looked_at.push((Look::Algorithms, found));
        // Keys of somebody else say nothing.
        let Ok(provider) = document.check(settings) else { return };
        let found = match line.keys(&provider).await {
            Ok(keys) if algorithms.iter().filter_map(|name| Algorithm::of(name)).any(|one| keys.fit(one)) => {
                Found::Good(keys.count().to_string())
            }
            Ok(_) => Found::Bad(Failure::strange(Step::Keys, "no key for RS256 or ES256")),
            Err(failure) => Found::Bad(failure),
        };
        looked_at.push((Look::Keys, found));
    }

    /// Begins a login: where the browser goes, and what it keeps.
    ///
    /// # Errors
    /// When there is no provider, or it cannot be used now.
    pub async fn begin(&self, tenant: TenantId, purpose: Purpose) -> Result<Begun, Failure> {
        let settings = self.settings(tenant).await?.ok_or(Failure::NotSetUp)?;
        let known = self.known_provider(tenant, &settings).await?;
        let (issuer, client_id) = (&settings.issuer, &settings.client_id);
        let flow = Flow::begin(tenant, purpose, issuer, client_id, self.now_s()).ok_or(Failure::Busy)?;
        let cookie = flow.seal(&self.key).ok_or(Failure::Busy)?;
        let mut address = known.provider.authorization.clone();
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("scope", "openid")
            .append_pair("state", &flow.state)
            .append_pair("nonce", &flow.nonce)
            .append_pair("code_challenge", &flow.challenge())
            .append_pair("code_challenge_method", "S256");
        if flow.asks_again() {
            address.query_pairs_mut().append_pair("prompt", "login").append_pair("max_age", "0");
        }
        Ok(Begun { address: address.into(), cookie, name: settings.name, state: flow.state })
    }

    /// Of which company the login is that is on its way in this cookie; `None`: of none, it is not ours. It may be over.
    pub fn tenant_of(&self, cookie: &str) -> Option<TenantId> {
        Flow::open(&self.key, cookie).map(|flow| flow.tenant())
    }

    /// What came back, checked: who they are, and what it was for.
    ///
    /// # Errors
    /// The first thing that is not as it must be. The flow is used up all the same.
    pub async fn finish(&self, cookie: Option<&str>, returned: &Returned) -> Result<Proved, Failure> {
        let cookie = cookie.ok_or(Failure::NoFlow("no cookie"))?;
        let flow = Flow::open(&self.key, cookie).ok_or(Failure::NoFlow("a cookie of somebody else"))?;
        // As hashes: how long it takes to compare them tells nothing.
        if !returned.fits() || TokenHash::of(returned.state.as_bytes()) != TokenHash::of(flow.state.as_bytes()) {
            return Err(Failure::NoFlow("another state"));
        }
        let now_s = self.now_s();
        if !flow.is_fresh(now_s) {
            return Err(Failure::NoFlow("too late"));
        }
        if !self.spent.spend(&flow, now_s) {
            return Err(Failure::NoFlow("used before"));
        }
        let tenant = flow.tenant();
        let settings = self.settings(tenant).await?.ok_or(Failure::NotSetUp)?;
        if settings.issuer != flow.issuer || settings.client_id != flow.client_id {
            return Err(Failure::NoFlow("the provider was changed"));
        }
        let known = self.known_provider(tenant, &settings).await?;
        let wrong_issuer = !returned.iss.is_empty() && returned.iss != settings.issuer;
        if wrong_issuer || (returned.iss.is_empty() && known.provider.says_issuer) {
            return Err(Failure::OtherIssuer(shortened(&returned.iss)));
        }
        if !returned.error.is_empty() || returned.code.is_empty() {
            return Err(Failure::Cancelled(shortened(&returned.error)));
        }
        let _turn = self.calls.try_acquire().map_err(|_| Failure::Busy)?;
        let line = Line::new(&settings, self.patience, &self.clock)?;
        let (code, verifier) = (Secret::new(returned.code.as_str()), Secret::new(flow.verifier.as_str()));
        let id_token = line.redeem(&known.provider, &settings, &code, &verifier, &self.redirect).await?;
        let expected = Expected {
            issuer: &settings.issuer,
            client_id: &settings.client_id,
            nonce: &flow.nonce,
            begun_s: flow.begun_s,
            now_s: self.now_s(),
            asked_again: flow.asks_again(),
        };
        let said = match token::verify(id_token.expose(), &known.keys(), &expected) {
            // New keys, perhaps: looked for once.
            Err(BadToken::UnknownKey) => {
                let fresh = line.keys(&known.provider).await?;
                *known.keys.lock().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
                token::verify(id_token.expose(), &fresh, &expected)?
            }
            said => said?,
        };
        let identity = OidcIdentity { issuer: settings.issuer, subject: said.subject };
        let factor_elsewhere = settings.trust_factor && said.multi_factor;
        Ok(Proved { tenant, purpose: flow.purpose, identity, factor_elsewhere, just_now: said.just_now })
    }

    async fn known_provider(&self, tenant: TenantId, settings: &Settings) -> Result<Arc<Known>, Failure> {
        let now = self.clock.now();
        let is_good = |known: &&Arc<Known>| {
            known.settings == *settings && now >= known.since && now.duration_since(known.since) < KNOWN_FOR
        };
        if let Some(known) = self.known().get(&tenant).filter(is_good).cloned() {
            return Ok(known);
        }
        let _turn = self.calls.try_acquire().map_err(|_| Failure::Busy)?;
        let line = Line::new(settings, self.patience, &self.clock)?;
        let provider = line.document().await?.check(settings)?;
        let keys = Mutex::new(line.keys(&provider).await?);
        let known = Arc::new(Known { settings: settings.clone(), provider, keys, since: now });
        self.known().insert(tenant, known.clone());
        Ok(known)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<TenantId, Arc<Known>>> {
        // Every change under this lock is complete in itself.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_s(&self) -> i64 {
        self.clock.now().as_second()
    }
}

/// What a client's secret is sealed for.
fn owner(tenant: TenantId) -> Vec<u8> {
    [b"amparo oidc client v1".as_slice(), tenant.as_bytes()].concat()
}
