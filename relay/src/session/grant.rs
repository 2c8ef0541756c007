//! One-time grants: what the console copies in place of a password, for one dial by the attendant who copied it.
//!
//! In memory only, like the passwords they stand for, and only their hashes. A grant opens nothing by itself: see
//! [`crate::listener::program`] for what a program must prove to take one. Time comes in as an argument.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use protocol::id::{DeviceId, OperatorId, Password, TenantId};
use store::TokenHash;

/// A grant that was not taken within this time is worthless.
pub const GRANT_LIFE: Duration = Duration::from_secs(60);
/// A grant that was taken waits this long for its dial: the attendant still chooses a ticket.
pub const TAKEN_LIFE: Duration = Duration::from_secs(10 * 60);
/// Grants of one attendant that may wait to be taken.
const PER_OPERATOR: usize = 8;

/// Why a grant is not taken. Programs are told nothing of it; the audit log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// There is no such grant: made up, used, or too old.
    #[error("unknown, used or expired")]
    Unknown,
    /// Somebody else copied it.
    #[error("copied by another attendant")]
    OtherOperator,
    /// It is for another customer.
    #[error("for another customer")]
    OtherPartner,
}

struct Made {
    tenant: TenantId,
    operator: OperatorId,
    device: DeviceId,
    /// The customer's password at that time: a renewed one is not opened by it.
    password: Password,
    until: Instant,
}

/// The grants that wait to be taken.
#[derive(Default)]
pub struct OneTimeGrants {
    made: Mutex<HashMap<TokenHash, Made>>,
}

/// A grant that was taken: good for one dial on the connection that took it.
#[derive(Clone)]
pub struct Taken {
    /// The customer it is for.
    pub partner: DeviceId,
    /// The customer's password when it was copied.
    pub password: Password,
    /// Until when.
    pub until: Instant,
}

impl OneTimeGrants {
    /// Makes a grant for this attendant and customer: 128 random bits in hexadecimal.
    pub fn make(
        &self,
        (tenant, operator): (TenantId, OperatorId),
        device: DeviceId,
        password: Password,
        now: Instant,
    ) -> String {
        let grant: String = rand::random::<[u8; 16]>().iter().map(|byte| format!("{byte:02x}")).collect();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.retain(|_, grant| grant.until > now);
        while made.values().filter(|grant| grant.operator == operator).count() >= PER_OPERATOR {
            let oldest =
                made.iter().filter(|(_, grant)| grant.operator == operator).min_by_key(|(_, grant)| grant.until);
            let Some(oldest) = oldest.map(|(hash, _)| *hash) else { break };
            made.remove(&oldest);
        }
        let until = now + GRANT_LIFE;
        made.insert(TokenHash::of(grant.as_bytes()), Made { tenant, operator, device, password, until });
        grant
    }

    /// Takes a grant, which is used up by that: also when it is somebody else who tries, because then it is no secret any more.
    ///
    /// # Errors
    /// See [`GrantError`].
    pub fn take(
        &self,
        (tenant, operator): (TenantId, OperatorId),
        device: DeviceId,
        grant: &[u8],
        now: Instant,
    ) -> Result<Taken, GrantError> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner).remove(&TokenHash::of(grant));
        let made = made.filter(|made| made.until > now && made.tenant == tenant).ok_or(GrantError::Unknown)?;
        if made.operator != operator {
            return Err(GrantError::OtherOperator);
        }
        if made.device != device {
            return Err(GrantError::OtherPartner);
        }
        Ok(Taken { partner: device, password: made.password, until: now + TAKEN_LIFE })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const US: TenantId = TenantId::from_bytes([1; 16]);
    const ANA: (TenantId, OperatorId) = (US, OperatorId::from_bytes([2; 16]));

    fn customer() -> DeviceId {
        DeviceId::new(123_456_789).unwrap()
    }

    fn password() -> Password {
        Password::from_entropy([1, 2, 3, 4, 5])
    }

    fn taken(by: (TenantId, OperatorId), device: DeviceId, after: Duration) -> Result<(), GrantError> {
        let (grants, now) = (OneTimeGrants::default(), Instant::now());
        let grant = grants.make(ANA, customer(), password(), now);
        let first = grants.take(by, device, grant.as_bytes(), now + after).map(|taken| {
            assert!(taken.password == password() && taken.partner == device);
        });
        // Whatever became of it: it is used up.
        assert_eq!(grants.take(ANA, customer(), grant.as_bytes(), now).err(), Some(GrantError::Unknown));
        first
    }

    #[test]
    fn a_grant_is_taken_once_by_who_copied_it_for_whom_it_was_copied_within_its_minute() {
        let soon = Duration::from_secs(59);
        assert_eq!(taken(ANA, customer(), soon), Ok(()));
        assert_eq!(taken(ANA, customer(), GRANT_LIFE), Err(GrantError::Unknown));
        assert_eq!(taken((US, OperatorId::from_bytes([3; 16])), customer(), soon), Err(GrantError::OtherOperator));
        assert_eq!(taken((TenantId::from_bytes([9; 16]), ANA.1), customer(), soon), Err(GrantError::Unknown));
        assert_eq!(taken(ANA, DeviceId::new(987_654_321).unwrap(), soon), Err(GrantError::OtherPartner));
        let none = OneTimeGrants::default().take(ANA, customer(), b"made up", Instant::now());
        assert_eq!(none.err(), Some(GrantError::Unknown));
    }

    #[test]
    fn an_attendant_who_copies_again_and_again_fills_no_memory() {
        let (grants, now) = (OneTimeGrants::default(), Instant::now());
        let made: Vec<_> = (0..PER_OPERATOR as u64 + 3)
            .map(|i| grants.make(ANA, customer(), password(), now + Duration::from_millis(i)))
            .collect();
        assert_eq!(grants.made.lock().unwrap().len(), PER_OPERATOR);
        assert!(grants.take(ANA, customer(), made[0].as_bytes(), now).is_err());
        assert!(grants.take(ANA, customer(), made[PER_OPERATOR + 2].as_bytes(), now).is_ok());
    }
}
