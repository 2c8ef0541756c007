//! A login that is on its way to the provider and back: what it was begun with, sealed into a cookie of the browser that began it.
//!
//! Nothing of it is kept here, so that beginning logins costs this server nothing; that each comes back once, [`Spent`] sees to. Only this
//! server opens it, and it says for whom and what for, so that what comes back can do nothing else.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use data_encoding::BASE64URL_NOPAD;
use protocol::id::{OperatorId, TenantId};
use ring::{digest, rand::SecureRandom};
use serde::{Deserialize, Serialize};
use tickets::seal::SealKey;
use zeroize::Zeroizing;

/// How long somebody may take at the provider.
pub const LASTS_S: i64 = 10 * 60;
/// What a flow is sealed for.
const OWNER: &[u8] = b"amparo oidc login v1";
/// Flows that are known to have come back; beyond it the oldest are forgotten, whose codes the provider has not forgotten.
const REMEMBERED: usize = 20_000;

/// What a login at the provider is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// Somebody wants in. Whether a form that they typed waits for it.
    LogIn(bool),
    /// Somebody who was invited has chosen the provider instead of a password. The invitation's token.
    Welcome(String),
    /// This user links the identity to themselves.
    Link(Session),
    /// This user shows that it is still them, before they go on there.
    Confirm(Session, String),
}

/// One login of one user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who.
    pub operator: String,
    /// What its forms carry.
    pub csrf: String,
}

impl Session {
    /// The login of this user whose forms carry this.
    pub fn of(operator: OperatorId, csrf: &str) -> Self {
        Self { operator: operator.to_string(), csrf: csrf.to_owned() }
    }
}

/// What a login was begun with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Flow {
    tenant: [u8; 16],
    pub(super) purpose: Purpose,
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
    pub(super) begun_s: i64,
}

impl Flow {
    /// A new one, with random numbers of its own; `None`: the system has none.
    pub(super) fn begin(tenant: TenantId, purpose: Purpose, issuer: &str, client_id: &str, now_s: i64) -> Option<Self> {
        Some(Self {
            tenant: *tenant.as_bytes(),
            purpose,
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            state: random()?,
            nonce: random()?,
            verifier: random()?,
            begun_s: now_s,
        })
    }

    pub(super) fn tenant(&self) -> TenantId {
        TenantId::from_bytes(self.tenant)
    }

    /// What the provider is told of the verifier.
    pub(super) fn challenge(&self) -> String {
        BASE64URL_NOPAD.encode(digest::digest(&digest::SHA256, self.verifier.as_bytes()).as_ref())
    }

    /// The provider is told to ask again who it is.
    pub(super) fn asks_again(&self) -> bool {
        matches!(self.purpose, Purpose::Confirm(..))
    }

    pub(super) fn is_fresh(&self, now_s: i64) -> bool {
        (0..LASTS_S).contains(&now_s.saturating_sub(self.begun_s))
    }

    /// As a cookie's value.
    pub(super) fn seal(&self, key: &SealKey) -> Option<String> {
        let text = Zeroizing::new(serde_json::to_string(self).ok()?);
        Some(BASE64URL_NOPAD.encode(&key.seal(OWNER, &text).ok()?))
    }

    /// A cookie's value again; `None`: it is not ours.
    pub(super) fn open(key: &SealKey, cookie: &str) -> Option<Self> {
        let sealed = BASE64URL_NOPAD.decode(cookie.as_bytes()).ok()?;
        serde_json::from_str(&key.open(OWNER, &sealed).ok()?).ok()
    }
}

/// 256 random bits as text that fits an address.
fn random() -> Option<String> {
    let mut bytes = Zeroizing::new([0; 32]);
    ring::rand::SystemRandom::new().fill(&mut *bytes).ok()?;
    Some(BASE64URL_NOPAD.encode(&*bytes))
}

/// Flows that have come back.
#[derive(Default)]
pub(super) struct Spent(Mutex<HashMap<String, i64>>);

impl Spent {
    /// Uses a flow up. Whether it was not used before.
    pub(super) fn spend(&self, flow: &Flow, now_s: i64) -> bool {
        // Every change under this lock is complete in itself.
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spent.retain(|_, begun_s| now_s.saturating_sub(*begun_s) < LASTS_S);
        if spent.len() >= REMEMBERED
            && let Some(oldest) = spent.iter().min_by_key(|(_, begun_s)| **begun_s).map(|(state, _)| state.clone())
        {
            spent.remove(&oldest);
        }
        spent.insert(flow.state.clone(), flow.begun_s).is_none()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn flow(now_s: i64) -> Flow {
        let tenant = TenantId::from_bytes([1; 16]);
        Flow::begin(tenant, Purpose::LogIn(false), "https://id.example", "amparo", now_s).unwrap()
    }

    #[test]
    fn a_flow_comes_back_as_it_went_and_nobody_else_makes_or_reads_one() {
        let (key, begun) = (SealKey::new(&[7; 32]), flow(1000));
        let cookie = begun.seal(&key).unwrap();
        assert!(Flow::open(&key, &cookie).unwrap() == begun);
        assert!(cookie.len() < 3000 && !cookie.contains(&begun.state));
        for foreign in ["", "AAAA", "ção", &cookie[1..], &cookie[..cookie.len() - 4]] {
            assert!(Flow::open(&key, foreign).is_none(), "{foreign}");
        }
        assert!(Flow::open(&SealKey::new(&[8; 32]), &cookie).is_none());
        let other = key.seal(b"amparo second factor v1", &serde_json::to_string(&begun).unwrap()).unwrap();
        assert!(Flow::open(&key, &BASE64URL_NOPAD.encode(&other)).is_none(), "sealed for something else");
    }

    #[test]
    fn each_flow_is_another_one_and_lasts_ten_minutes() {
        let (a, b) = (flow(1000), flow(1000));
        assert!(a.state != b.state && a.nonce != b.nonce && a.verifier != b.verifier && a.state != a.nonce);
        assert_eq!(a.verifier.len(), 43, "as long as a verifier must be");
        assert!(a.is_fresh(1000) && a.is_fresh(1599));
        assert!(!a.is_fresh(1600) && !a.is_fresh(999) && !a.is_fresh(i64::MIN));
    }

    #[test]
    fn a_challenge_is_the_verifiers_hash() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned();
        assert_eq!(Flow { verifier, ..flow(0) }.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_flow_is_spent_once_and_memory_is_bounded() {
        let (spent, one) = (Spent::default(), flow(1000));
        assert!(spent.spend(&one, 1001) && !spent.spend(&one, 1002));
        assert!(spent.spend(&flow(1000), 1002));
        let many = |n: usize| (format!("{n}"), 1000);
        spent.0.lock().unwrap().extend((0..REMEMBERED).map(many));
        spent.spend(&flow(1001), 1003);
        assert!(spent.0.lock().unwrap().len() <= REMEMBERED + 2);
        spent.spend(&flow(1700), 1700);
        assert_eq!(spent.0.lock().unwrap().len(), 1, "what is over is cleared away");
    }
}
