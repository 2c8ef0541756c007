//! An attendant's program asks for its certificate: signed here where this server holds the company's root; else the request waits for
//! the administrator, and a certificate that was brought is handed out.

use std::sync::{Arc, Mutex, PoisonError};

use enrolment::{Attendant, EnrolError, Request, check, key_of, sign};
use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::TenantId,
    limits,
    message::{
        FromRelay,
        directory::{CertificateChain, CertificateRequest, LoginError, LoginToken},
    },
};
use store::{AttendantCertificate, EnrolmentRequest, StoreError};

use crate::{enrolment as custody, listener::peer::Peer, relay::Shared};

/// A certificate that lives no longer than this is to be renewed: the request goes to the administrator while the old one still works.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(48);

/// Why there is no certificate, and none will come of this request.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The request is none, or the certificate cannot be made.
    #[error(transparent)]
    Enrol(#[from] EnrolError),
    /// The company's keys cannot be read.
    #[error("the company's keys cannot be read")]
    Keys(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The request cannot be kept.
    #[error("the request cannot be kept now")]
    Store(#[from] StoreError),
}

/// What becomes of a request.
#[derive(Debug)]
pub(super) struct Answer {
    /// The certificate, if there is one that works.
    pub(super) chain: Option<CertificateChain>,
    /// The request waits for the administrator: as long as there is no certificate, or one that is to be renewed.
    pub(super) waits: Option<Asked>,
}

/// A request that waits, as this connection knows it.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    attendant: Attendant,
    key: Vec<u8>,
    /// The certificate that was handed out already.
    given: Option<Vec<u8>>,
}

/// Where a connection keeps what its attendant has asked for.
pub(super) type AskedSlot = Arc<Mutex<Option<Asked>>>;

/// Signs, or finds what the administrator has signed, or keeps the request.
pub(super) async fn answer(
    shared: &Shared,
    attendant: Attendant,
    request: &CertificateRequest,
    now: Timestamp,
) -> Result<Answer, Failure> {
    let keys = shared.keys.tenant(attendant.tenant).map_err(|error| Failure::Keys(error.into()))?;
    // Checks the request's signature with the key inside it.
    let parsed = Request::read(request.der())?;
    if let Some(issuer) = keys.issuer() {
        let der = sign(issuer, &attendant, &parsed, now, limits::ATTENDANT_CERTIFICATE_LIFE)?;
        let expires_at = key_of(&der).map_or(now, |(_, expires)| expires);
        let kept = AttendantCertificate {
            operator: attendant.operator,
            tenant: attendant.tenant,
            certificate: der.clone(),
            expires_at,
        };
        // On a full disk attendants still log in; sessions have their own way to say that they cannot be recorded.
        if let Err(error) = shared.store.keep_certificate(&kept, true).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a certificate is not written down");
        }
        return Ok(Answer { chain: Some(chain(der)?), waits: None });
    }

    let kept = shared.store.attendant_certificate(attendant.tenant, attendant.operator).await?;
    let works = kept.filter(|c| check(&keys.root_certificate, &attendant, parsed.key(), &c.certificate, now).is_ok());
    let waits = works.as_ref().is_none_or(|c| c.expires_at.duration_since(now) <= RENEW_BEFORE);
    if waits {
        let waiting = EnrolmentRequest {
            operator: attendant.operator,
            tenant: attendant.tenant,
            login: String::new(),
            name: attendant.name.clone(),
            request: request.der().to_vec(),
            asked_at: now,
        };
        // The same key again is the same request: signed anew each time, it would change under the administrator's hands.
        if !custody::is_waiting(shared, &attendant, parsed.key()).await? {
            shared.store.ask_enrolment(&waiting).await?;
            shared.changes.bump();
        }
    }
    let given = works.map(|c| c.certificate);
    let asked = Asked { attendant, key: parsed.key().to_vec(), given: given.clone() };
    Ok(Answer { chain: given.map(chain).transpose()?, waits: waits.then_some(asked) })
}

fn chain(der: Vec<u8>) -> Result<CertificateChain, EnrolError> {
    CertificateChain::try_from(vec![der]).map_err(EnrolError::Size)
}

/// What a logged-in program is told without having asked: that its login has ended, or that its certificate is there.
pub(super) async fn watch(
    shared: Arc<Shared>,
    tenant: TenantId,
    token: LoginToken,
    peer: Arc<Peer>,
    asked: AskedSlot,
    feed: tokio::task::AbortHandle,
) {
    let mut changes = shared.accounts_changed.subscribe();
    loop {
        if changes.changed().await.is_err() {
            return;
        }
        let login = shared.accounts.verify(tenant, &token).await;
        if matches!(&login, Err(LoginError::Expired)) || login.is_ok_and(|operator| !operator.roles.attend) {
            feed.abort();
            return peer.send(FromRelay::LoginFailed(LoginError::Expired));
        }
        let Some(waiting) = asked.lock().unwrap_or_else(PoisonError::into_inner).clone() else { continue };
        let kept = shared.store.attendant_certificate(tenant, waiting.attendant.operator).await;
        let (Ok(Some(kept)), Ok(keys)) = (kept, shared.keys.tenant(tenant)) else { continue };
        let now = Timestamp::now();
        let fits = check(&keys.root_certificate, &waiting.attendant, &waiting.key, &kept.certificate, now).is_ok();
        if !fits || waiting.given.as_ref() == Some(&kept.certificate) {
            continue;
        }
        if let Ok(chain) = chain(kept.certificate) {
            *asked.lock().unwrap_or_else(PoisonError::into_inner) = None;
            peer.send(FromRelay::Enrolled(chain));
        }
    }
}
