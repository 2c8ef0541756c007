//! Mail to customers: a company's server, its letters, and the worker that hands them in until each is sent or a person is needed.
//!
//! What is to be sent is in the records before anything is tried. There is one worker, so that nothing is claimed; a relay that is
//! killed between the server's yes and our note sends a letter again, under the same message id. Never writes a password or a letter's
//! text to the log.

mod letter;
mod server;

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use protocol::id::TenantId;
use store::{Mail, MailOutcome, Store, StoreError};
use tickets::seal::SealKey;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use letter::{BadLetter, Letter, PLACES, Values, standing_text};
pub use server::{Encryption, Failure, MailSettings, Problem};

/// How long a server may take for one letter.
const PATIENCE: Duration = Duration::from_secs(40);
/// Letters that are read at once.
const BATCH: u32 = 50;
/// How long to wait when the records cannot be read.
const AFTER_TROUBLE: Duration = Duration::from_secs(30);
/// The longest sleep: whatever was missed is found then.
const LONGEST_SLEEP: Duration = Duration::from_secs(300);
/// Minutes between attempts; after the last one a person is needed. Three days in all.
const PAUSES_MIN: [i64; 14] = [1, 5, 15, 60, 120, 240, 360, 480, 480, 480, 480, 480, 480, 480];

/// The letters of every company of this server.
#[derive(Clone)]
pub struct Post {
    store: Arc<dyn Store>,
    key: Arc<SealKey>,
    wake: Arc<Notify>,
    patience: Duration,
}

/// Why a company's settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// These fields are wrong.
    #[error("some fields are wrong")]
    Fields(Vec<(&'static str, Problem)>),
    /// The password cannot be sealed or opened.
    #[error("the password of the mail server cannot be opened")]
    Sealed(#[from] tickets::seal::NotOurs),
    /// The records say no.
    #[error("the mail server cannot be recorded")]
    Store(#[from] StoreError),
}

impl Post {
    /// Over these records, with this key.
    pub fn new(store: Arc<dyn Store>, key: SealKey) -> Self {
        Self { store, key: Arc::new(key), wake: Arc::default(), patience: PATIENCE }
    }

    /// The same, for a server that is given this long for a letter. For tests.
    #[doc(hidden)]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// A company's server; `None` when it has none.
    ///
    /// # Errors
    /// When the records or the key say no.
    pub async fn settings(&self, tenant: TenantId) -> Result<Option<MailSettings>, PostError> {
        let Some(recorded) = self.store.mail_server(tenant).await? else { return Ok(None) };
        let password = self.key.open(&owner(tenant), &recorded.sealed)?;
        Ok(Some(MailSettings::recorded(&recorded.settings, password).map_err(PostError::Fields)?))
    }

    /// Whether a company can send letters.
    ///
    /// # Errors
    /// As any call of the store.
    pub async fn is_set_up(&self, tenant: TenantId) -> Result<bool, StoreError> {
        Ok(self.store.mail_server(tenant).await?.is_some())
    }

    /// Writes a company's server, and has what waits tried with it.
    ///
    /// # Errors
    /// When the records or the key say no.
    pub async fn set(&self, tenant: TenantId, settings: &MailSettings) -> Result<(), PostError> {
        let sealed = self.key.seal(&owner(tenant), settings.password())?;
        let recorded = store::MailServer { settings: settings.open(), sealed };
        self.store.set_mail_server(tenant, Some(&recorded)).await?;
        self.store.hurry_mails(tenant, Timestamp::now()).await?;
        self.wake();
        Ok(())
    }

    /// Sends one letter now, and says what became of it.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn send(&self, settings: &MailSettings, letter: &Letter<'_>) -> Result<(), Failure> {
        server::send(settings, letter, self.patience).await
    }

    /// There is something to send.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Sends what is due, and what becomes due, until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let sleep = match self.send_due(Timestamp::now()).await {
                Ok(()) => self.until_next().await,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "mail waits: the records cannot be used");
                    AFTER_TROUBLE
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(sleep) => {}
            }
        }
    }

    async fn until_next(&self) -> Duration {
        match self.store.next_mail_due().await {
            Ok(Some(due)) => Duration::try_from(due.duration_since(Timestamp::now()))
                .unwrap_or(Duration::ZERO)
                .clamp(Duration::from_millis(200), LONGEST_SLEEP),
            Ok(None) => LONGEST_SLEEP,
            Err(_) => AFTER_TROUBLE,
        }
    }

    /// Tries each letter that is due once.
    ///
    /// # Errors
    /// When the records cannot be used; what was not tried stays due.
    pub async fn send_due(&self, now: Timestamp) -> Result<(), StoreError> {
        for mail in self.store.due_mails(now, BATCH).await? {
            let outcome = self.attempt(&mail).await;
            if let MailOutcome::Parked { why } | MailOutcome::Later { why, .. } = &outcome {
                tracing::info!(
                    ticket = mail.ticket.as_ref().map_or("", |ticket| ticket.as_str()),
                    attempts = mail.attempts + 1,
                    why,
                    "a letter is not sent yet"
                );
            }
            self.store.settle_mail(mail.id, &outcome, Timestamp::now()).await?;
        }
        Ok(())
    }

    async fn attempt(&self, mail: &Mail) -> MailOutcome {
        let failure = match self.settings(mail.tenant).await {
            Ok(Some(settings)) => match self.send(&settings, &Letter::of(&mail.what)).await {
                Ok(()) => return MailOutcome::Sent,
                Err(failure) => failure,
            },
            Ok(None) => Failure::NotSetUp,
            Err(error) => Failure::Settings(error.to_string()),
        };
        next(mail.attempts, &failure, Timestamp::now())
    }
}

/// What comes after a failed attempt; `before` attempts have failed already.
fn next(before: u32, failure: &Failure, now: Timestamp) -> MailOutcome {
    let why = failure.word();
    let pause = usize::try_from(before).ok().and_then(|n| PAUSES_MIN.get(n));
    match pause {
        Some(minutes) if !failure.is_final() => {
            MailOutcome::Later { due_at: now + SignedDuration::from_mins(*minutes), why }
        }
        _ => MailOutcome::Parked { why },
    }
}

/// What a new letter is known by: nobody else's, whatever this server is called.
pub fn new_message_id(host: &str) -> String {
    let random: [u8; 16] = rand::random();
    let hex: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}@{}", host.trim_matches(['[', ']']).replace(':', "."))
}

/// What a password is sealed for.
fn owner(tenant: TenantId) -> Vec<u8> {
    [b"amparo mail server v1".as_slice(), tenant.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_tried_for_three_days_and_a_refused_one_not_again() {
        let now = Timestamp::UNIX_EPOCH;
        let busy = Failure::Later("451 busy".to_owned());
        let mut at = now;
        for before in 0..14 {
            let MailOutcome::Later { due_at, .. } = next(before, &busy, at) else { panic!("given up after {before}") };
            assert!(due_at > at);
            at = due_at;
        }
        assert!(at.duration_since(now) > SignedDuration::from_hours(60));
        assert!(matches!(next(14, &busy, at), MailOutcome::Parked { .. }));
        let refused = Failure::Refused("550 no such user".to_owned());
        assert!(matches!(next(0, &refused, now), MailOutcome::Parked { why } if why.contains("550")));
    }
}
