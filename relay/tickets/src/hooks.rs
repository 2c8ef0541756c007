//! Tells a company's webhooks what has happened: claim by lease, send outside any transaction, settle.
//!
//! The relay starts one worker a database; the console tries a webhook out and makes secrets here. What was written down is sent as it is,
//! however often. Must never send to an address within the own network unless it was told that it may, never follow a redirect, and never
//! let a secret into a log or a reason.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use protocol::id::TenantId;
use serde::{Deserialize, Serialize};
use store::{Delivery, Event, NewWebhook, Reason, Sent, Store, StoreError, Webhook, Why};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::{Host, Url};

use crate::{
    clock::Clock,
    gate::Gate,
    http::{Http, Patience, is_public, trust::Trust},
    seal::{NotOurs, SealKey},
    secret::Secret,
    signing::{self, Signer},
    system::ReportError,
};

/// Messages sent at the same time.
const AT_ONCE: usize = 8;
/// How long a message is ours: longer than a call takes.
const LEASE: Duration = Duration::from_secs(60);
/// How often it is looked for something to send.
const LOOK: Duration = Duration::from_secs(1);
/// The pauses after the first failures; then the last one again and again.
const PAUSES: [u64; 7] = [5, 30, 120, 600, 3600, 3 * 3600, 6 * 3600];
/// A message older than this is given up.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);
/// After a change of the secret both sign for this long.
const BOTH_SIGN_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Characters of an address.
const ADDRESS_CHARS: usize = 500;

/// Why a webhook cannot be as it is wanted.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// No address, or not one of https.
    #[error("not an address of https")]
    Address,
    /// An address within the own network.
    #[error("an address within the own network")]
    Private,
    /// Nothing that it is told of.
    #[error("no event")]
    NoEvent,
    /// The company has as many as there may be.
    #[error("as many webhooks as there may be")]
    TooMany,
    /// Its secret cannot be sealed or opened.
    #[error("the secret of a webhook cannot be opened")]
    Sealed(#[from] NotOurs),
    /// The records say no.
    #[error("the webhook cannot be recorded")]
    Store(#[source] StoreError),
}

impl From<StoreError> for HookError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { what: "number of webhooks" } => Self::TooMany,
            other => Self::Store(other),
        }
    }
}

/// A webhook's secret, and the one before while both sign.
#[derive(Serialize, Deserialize)]
struct Secrets {
    now: String,
    before: Option<(String, Timestamp)>,
}

/// Every webhook of this server.
pub struct Hooks {
    store: Arc<dyn Store>,
    key: SealKey,
    trust: Trust,
    patience: Patience,
    clock: Clock,
    /// Addresses within the own network, and without encryption, are sent to as well.
    private: bool,
}

impl Hooks {
    /// Over these records, with this key. `private`: addresses within the own network are allowed, also without encryption.
    pub fn new(store: Arc<dyn Store>, key: SealKey, clock: Clock, private: bool) -> Self {
        let trust = Trust::with("").expect("nothing is no wrong certificate");
        Self { store, key, trust, patience: Patience::default(), clock, private }
    }

    /// An address that messages may go to.
    ///
    /// # Errors
    /// `Address`, `Private`.
    pub fn address(&self, text: &str) -> Result<Url, HookError> {
        let text = text.trim();
        let url = Url::parse(text).map_err(|_| HookError::Address)?;
        let written = url.scheme() == "https" || (self.private && url.scheme() == "http");
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        if !written || !plain || text.chars().count() > ADDRESS_CHARS || url.query().is_some() {
            return Err(HookError::Address);
        }
        let own = match url.host().ok_or(HookError::Address)? {
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost") || !name.contains('.'),
            Host::Ipv4(ip) => !is_public(ip.into()),
            Host::Ipv6(ip) => !is_public(ip.into()),
        };
        // What a name stands for is looked at again with each call.
        if own && !self.private { Err(HookError::Private) } else { Ok(url) }
    }

    /// Makes a webhook; its secret is handed back, to be shown once.
    ///
    /// # Errors
    /// See [`HookError`]; nothing was written then.
    pub async fn add(
        &self,
        tenant: TenantId,
        address: &str,
        events: &[Event],
        now: Timestamp,
    ) -> Result<(Webhook, Secret), HookError> {
        let address = self.address(address)?.to_string();
        let events = chosen(events)?;
        let secret = signing::make().ok_or(NotOurs)?;
        let sealed = self.sealed(tenant, &Secrets { now: secret.expose().to_owned(), before: None })?;
        let new = NewWebhook { tenant, address, events, sealed, created_at: now };
        Ok((self.store.add_webhook(&new).await?, secret))
    }

    /// Changes where a webhook is, what it is told of, and whether it is told anything.
    ///
    /// # Errors
    /// See [`HookError`]; nothing was written then.
    pub async fn change(
        &self,
        webhook: Webhook,
        address: &str,
        events: &[Event],
        off: bool,
        now: Timestamp,
    ) -> Result<Webhook, HookError> {
        let address = self.address(address)?.to_string();
        let disabled_at = off.then(|| webhook.disabled_at.unwrap_or(now));
        let changed = Webhook { address, events: chosen(events)?, disabled_at, ..webhook };
        self.store.update_webhook(&changed).await?;
        Ok(changed)
    }

    /// Gives a webhook another secret, handed back to be shown once; for a day both sign.
    ///
    /// # Errors
    /// See [`HookError`]; nothing was written then.
    pub async fn rotate(&self, webhook: &Webhook, now: Timestamp) -> Result<Secret, HookError> {
        let before = self.secrets(webhook)?.now;
        let secret = signing::make().ok_or(NotOurs)?;
        let both = Secrets { now: secret.expose().to_owned(), before: Some((before, now + BOTH_SIGN_FOR)) };
        let changed = Webhook { sealed: self.sealed(webhook.tenant, &both)?, ..webhook.clone() };
        self.store.update_webhook(&changed).await?;
        Ok(secret)
    }

    /// Sends a message that says nothing, and tells what came of it: `Ok` with the status, or why not.
    pub async fn try_out(&self, webhook: &Webhook) -> Result<u16, Why> {
        let now = self.clock.now();
        let body = serde_json::json!({ "type": "ping", "timestamp": now.to_string(), "data": {} }).to_string();
        self.send(webhook, &format!("ping:{}", now.as_nanosecond()), &body).await.map_err(|failure| failure.why)
    }

    /// Works until told to stop, then finishes the calls that are under way.
    pub async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let mut running = JoinSet::new();
        while !shutdown.is_cancelled() {
            let room = u32::try_from(AT_ONCE - running.len()).unwrap_or(0);
            match self.store.claim_deliveries(self.clock.now(), LEASE, room).await {
                Ok(claimed) => {
                    for (delivery, webhook) in claimed {
                        let hooks = self.clone();
                        running.spawn(async move { hooks.deliver(&delivery, &webhook).await });
                    }
                }
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "what webhooks are to be told cannot be read"
                    );
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(_) = running.join_next() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Sends what is due now, one after the other, until nothing is. Returns how many were sent. For tests.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn drain(&self) -> Result<usize, StoreError> {
        let mut sent = 0;
        loop {
            let claimed = self.store.claim_deliveries(self.clock.now(), LEASE, 1).await?;
            let Some((delivery, webhook)) = claimed.first() else { return Ok(sent) };
            self.deliver(delivery, webhook).await;
            sent += 1;
        }
    }

    async fn deliver(&self, delivery: &Delivery, webhook: &Webhook) {
        let sent = if webhook.disabled_at.is_some() {
            Err(Failure { why: Why::of(Reason::Off, "the webhook is off"), gone: true, wait: None })
        } else {
            self.send(webhook, &delivery.message, &delivery.body).await
        };
        let now = self.clock.now();
        let how = match sent {
            Ok(_) => Sent::Done,
            Err(Failure { why, gone: true, .. }) => Sent::Failed { why, gone: true },
            Err(Failure { why, .. }) if now.duration_since(delivery.created_at) >= GIVEN_UP_AFTER => {
                Sent::Failed { why, gone: false }
            }
            Err(Failure { why, wait, .. }) => {
                let nth = usize::try_from(delivery.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
                let pause = PAUSES.get(nth).unwrap_or(&PAUSES[PAUSES.len() - 1]);
                let own = now + SignedDuration::from_secs(i64::try_from(*pause).unwrap_or(i64::MAX));
                // What the receiver asks for is kept, within reason.
                let at = wait.map_or(own, |until| until.clamp(own, now + SignedDuration::from_hours(12)));
                Sent::RetryAt { at, why }
            }
        };
        match &how {
            Sent::Done => tracing::debug!(webhook = webhook.id.0, message = delivery.message, "told"),
            Sent::RetryAt { why, at } => {
                tracing::info!(webhook = webhook.id.0, message = delivery.message, why = why.detail, %at, "not told, sent again");
            }
            Sent::Failed { why, .. } => {
                tracing::warn!(
                    webhook = webhook.id.0,
                    message = delivery.message,
                    why = why.detail,
                    "not told, given up"
                );
            }
        }
        // One that cannot be settled stays leased, and is sent again after its lease: the receiver knows its id.
        if let Err(error) = self.store.settle_delivery(delivery, &how, now).await {
            tracing::error!(error = &error as &dyn std::error::Error, "what a webhook was told cannot be written");
        }
    }

    async fn send(&self, webhook: &Webhook, id: &str, body: &str) -> Result<u16, Failure> {
        let fixed = |reason, why: String| Failure { why: Why::of(reason, why), gone: false, wait: None };
        let base = self.address(&webhook.address).map_err(|error| fixed(Reason::Address, error.to_string()))?;
        let secrets = self.secrets(webhook).map_err(|error| fixed(Reason::Secret, error.to_string()))?;
        let now = self.clock.now();
        let mut all = vec![Secret::new(secrets.now)];
        all.extend(secrets.before.filter(|(_, until)| now < *until).map(|(secret, _)| Secret::new(secret)));
        let signers: Vec<Signer> = all.iter().filter_map(Signer::of).collect();
        let known: Vec<&Secret> = all.iter().collect();
        let gate = Arc::new(Gate::open());
        let mut http = Http::new(base, self.trust.clone(), self.patience, gate, self.clock.clone(), &known);
        if !self.private {
            http = http.public_only();
        }
        let call = signing::call(&signers, id, now.as_second(), body);
        let answer = http.send(call).await.map_err(Failure::of)?;
        let (status, gone) = (answer.status.as_u16(), answer.status == hyper::StatusCode::GONE);
        answer.good().map(|_| status).map_err(|error| Failure { gone, ..Failure::of(error) })
    }

    fn sealed(&self, tenant: TenantId, secrets: &Secrets) -> Result<Vec<u8>, NotOurs> {
        let text = zeroize::Zeroizing::new(serde_json::to_string(secrets).map_err(|_| NotOurs)?);
        self.key.seal(&owner(tenant), &text)
    }

    fn secrets(&self, webhook: &Webhook) -> Result<Secrets, NotOurs> {
        let opened = self.key.open(&owner(webhook.tenant), &webhook.sealed)?;
        serde_json::from_str(&opened).map_err(|_| NotOurs)
    }
}

/// Why a message was not taken.
struct Failure {
    why: Why,
    /// The receiver wants nothing any more (410).
    gone: bool,
    wait: Option<Timestamp>,
}

impl Failure {
    fn of(error: ReportError) -> Self {
        let wait = match &error {
            ReportError::RateLimited { until } => *until,
            _ => None,
        };
        let why = match &error {
            ReportError::Rejected { why, .. } => why.clone(),
            ReportError::RateLimited { .. } => "429: it asks to wait".to_owned(),
            ReportError::Unreachable(cause) => cause.to_string(),
            other => other.to_string(),
        };
        Self { why: Why::of(error.reason(), why), gone: false, wait }
    }
}

/// Each event once, at least one.
fn chosen(events: &[Event]) -> Result<Vec<Event>, HookError> {
    let mut all: BTreeMap<Event, ()> = BTreeMap::new();
    all.extend(events.iter().map(|event| (*event, ())));
    if all.is_empty() { Err(HookError::NoEvent) } else { Ok(all.into_keys().collect()) }
}

/// What a webhook's secrets are sealed for.
fn owner(tenant: TenantId) -> Vec<u8> {
    [b"amparo webhook v1".as_slice(), tenant.as_bytes()].concat()
}
