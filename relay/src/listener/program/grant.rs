//! A program takes a one-time grant that its attendant copied in the console, and its next dial gets the password.
//!
//! Taken only on the connection of a program that is logged in as who copied it and proves, with the key of a certificate under the
//! company's root, that it is an enrolled one: a console session alone opens nothing.

use std::{sync::PoisonError, time::Instant};

use enrolment::{Attendant, Bound, EXPORTER_LABEL, verify_grant};
use jiff::Timestamp;
use protocol::{
    id::{DeviceId, Password, TenantId},
    message::{
        FromRelay, ShownText,
        one_time::{GrantTaken, TakeGrant},
        pairing::DialError,
    },
};
use store::{AuditEntry, StoreError};

use super::Program;
use crate::{account::Operator, relay::Shared, session::grant::Taken};

/// Where a connection keeps the grant it has taken.
pub(super) type TakenSlot = std::sync::Arc<std::sync::Mutex<Option<Taken>>>;

impl Program {
    pub(super) async fn take_grant(&mut self, tenant: TenantId, take: &TakeGrant) {
        let answer = |taken| FromRelay::GrantTaken(GrantTaken { request: take.request, taken });
        let Some(operator) = self.attendant(tenant).await else { return self.peer.send(answer(false)) };
        let taken = match self.prove(tenant, &operator, take) {
            Ok(()) => {
                let who = (tenant, operator.id);
                let taken = self.shared.one_time.take(who, take.partner, take.grant.as_bytes(), Instant::now());
                taken.map_err(|why| why.to_string())
            }
            Err(why) => Err(why),
        };
        match taken {
            Ok(taken) => {
                *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(taken);
                self.peer.send(answer(true));
            }
            Err(why) => {
                tracing::warn!(operator = %operator.id, source = %self.source, why, "a one-time grant is refused");
                let entry = self.entry(tenant, &operator, "grant.refused", format!("{}: {why}", take.partner));
                if let Err(error) = self.shared.store.audit(&entry).await {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "a refused grant is not in the audit log"
                    );
                }
                self.peer.send(answer(false));
            }
        }
    }

    fn prove(&self, tenant: TenantId, operator: &Operator, take: &TakeGrant) -> Result<(), String> {
        let mut exporter = [0; 32];
        let exported = self.peer.connection().export_keying_material(&mut exporter, EXPORTER_LABEL, &[]);
        exported.map_err(|_| "the connection has no exporter".to_owned())?;
        let keys = self.shared.keys.tenant(tenant).map_err(|error| error.to_string())?;
        let name = ShownText::lossy(&operator.name).as_str().to_owned();
        let attendant = Attendant { tenant, operator: operator.id, name };
        let bound = Bound { exporter: &exporter, grant: take.grant.as_bytes() };
        let leaf = take.chain.ders().first().map(Vec::as_slice).unwrap_or_default();
        verify_grant(&keys.root_certificate, &attendant, leaf, bound, take.proof.as_bytes(), Timestamp::now())
            .map_err(|error| error.to_string())
    }

    pub(super) fn entry(&self, tenant: TenantId, operator: &Operator, what: &str, subject: String) -> AuditEntry {
        AuditEntry {
            tenant,
            operator: Some(operator.id),
            who: operator.name.clone(),
            what: what.to_owned(),
            subject,
            detail: String::new(),
            from: self.source.to_string(),
            at: Timestamp::now(),
        }
    }
}

/// The password that a dial to this partner gets without asking, by the grant that was taken for it; written down before it is given.
///
/// # Errors
/// [`DialError::GrantGone`] when the customer's password is another now: dialling with it would count as a wrong guess.
pub(super) async fn open(
    shared: &Shared,
    slot: &TakenSlot,
    partner: DeviceId,
    mut entry: AuditEntry,
) -> Result<Option<Password>, DialError> {
    let taken = slot.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(taken) = taken.filter(|taken| taken.partner == partner) else { return Ok(None) };
    let unrecorded = |error: StoreError| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a used grant cannot be written down: it opens nothing"
        );
        DialError::CannotRecord
    };
    let here = shared.directory.password(entry.tenant, partner);
    // Whoever is not here is told so by the dial itself.
    let Some(password) = here else { return Ok(None) };
    if taken.until <= Instant::now() || password != taken.password {
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = None;
        entry.what = "grant.refused".to_owned();
        entry.subject = format!("{partner}: the password has been renewed, or it waited too long");
        shared.store.audit(&entry).await.map_err(unrecorded)?;
        return Err(DialError::GrantGone);
    }
    shared.store.audit(&entry).await.map_err(unrecorded)?;
    Ok(Some(password))
}
