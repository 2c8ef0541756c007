//! Who holds the company's root, and the way of requests and certificates between this server and whoever does.
//!
//! The listener keeps requests here, the console hands them out and takes what was signed. Nothing is taken that customers' programs would
//! not take: the root in their profiles must have signed it, for the key that was asked for.

use enrolment::{Asked, Attendant, EnrolError, ExchangeError, Request, Requests, Root, Signatures, check};
use jiff::Timestamp;
use protocol::id::TenantId;
use store::{AttendantCertificate, EnrolmentRequest, StoreError};

use crate::relay::Shared;

/// Where the key of a company's root is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Custody {
    /// In this server's data folder: whoever controls the server can pose as an attendant.
    Server,
    /// Elsewhere: attendants are enrolled by whoever holds it.
    Elsewhere,
}

/// Why a file of certificates is not taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// It is no such file.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// Of another company.
    #[error("it is of another company")]
    OtherCompany,
    /// The company's keys cannot be read.
    #[error("the company's keys cannot be read")]
    Keys(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The records cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of a file of certificates.
#[derive(Debug, Default)]
pub struct Taken {
    /// Attendants who may work now.
    pub taken: Vec<String>,
    /// Those who may not, and why.
    pub refused: Vec<(String, EnrolError)>,
}

/// Whom this request would name.
fn attendant(request: &EnrolmentRequest) -> Attendant {
    Attendant { tenant: request.tenant, operator: request.operator, name: request.name.clone() }
}

/// A waiting request with its fingerprint; `None` for one that cannot be read any more.
pub fn fingerprint(request: &EnrolmentRequest) -> Option<enrolment::Fingerprint> {
    asked(request.clone()).fingerprint().ok()
}

fn asked(request: EnrolmentRequest) -> Asked {
    Asked { attendant: attendant(&request), login: request.login, request: request.request }
}

/// Whether a request of this attendant with this key waits already.
pub(crate) async fn is_waiting(shared: &Shared, who: &Attendant, key: &[u8]) -> Result<bool, StoreError> {
    let waiting = shared.store.enrolment_requests(who.tenant).await?;
    Ok(waiting.iter().any(|request| {
        attendant(request) == *who && Request::read(&request.request).is_ok_and(|request| request.key() == key)
    }))
}

/// All waiting requests of a company as one file.
///
/// # Errors
/// See [`TakeError`].
pub async fn requests(shared: &Shared, tenant: TenantId) -> Result<String, TakeError> {
    let keys = shared.keys.tenant(tenant).map_err(|error| TakeError::Keys(error.into()))?;
    let company = shared.store.tenant(tenant).await?.name;
    let asked = shared.store.enrolment_requests(tenant).await?.into_iter().map(asked).collect();
    Ok(Requests { tenant, company, root: Root::id_of(&keys.root_certificate), asked }.to_json()?)
}

/// Takes a file of certificates: each is checked against its waiting request and the company's root.
///
/// # Errors
/// See [`TakeError`]; then nothing was taken. Single certificates that are not taken are told in [`Taken`].
pub async fn take(shared: &Shared, tenant: TenantId, file: &[u8], now: Timestamp) -> Result<Taken, TakeError> {
    let file = Signatures::from_json(file)?;
    if file.tenant != tenant {
        return Err(TakeError::OtherCompany);
    }
    let keys = shared.keys.tenant(tenant).map_err(|error| TakeError::Keys(error.into()))?;
    let waiting = shared.store.enrolment_requests(tenant).await?;
    let mut taken = Taken::default();
    for signed in file.signed {
        let Some(request) = waiting.iter().find(|request| request.operator == signed.operator) else {
            taken.refused.push((signed.operator.to_string(), EnrolError::Wrong("nobody waits for it")));
            continue;
        };
        let key = Request::read(&request.request);
        let checked = key.and_then(|asked| {
            check(&keys.root_certificate, &attendant(request), asked.key(), &signed.certificate, now)
        });
        match checked {
            Ok(checked) => {
                let kept = AttendantCertificate {
                    operator: request.operator,
                    tenant,
                    certificate: signed.certificate,
                    expires_at: checked.expires,
                };
                shared.store.keep_certificate(&kept, true).await?;
                taken.taken.push(request.login.clone());
            }
            Err(why) => taken.refused.push((request.login.clone(), why)),
        }
    }
    shared.accounts_changed.bump();
    Ok(taken)
}
