//! Questions to authenticators: who asked what of whom, answered once and soon.
//!
//! A challenge carries its time and is sealed to what it was asked for and by whom, so that asking costs no memory and nobody can push
//! another's question out; only an answered one is remembered, for as long as it could be answered again. After a restart every
//! question is asked anew.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use ring::hmac;

/// How long after the question the answer may come.
const WITHIN: Duration = Duration::from_secs(5 * 60);
/// Answers remembered at once; whoever answers beyond it is refused. Answers are slowed down where they come from.
const REMEMBERED: usize = 50_000;
const NONCE: usize = 16;
const TIME: usize = 8;
const SEAL: usize = 32;

/// What for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(in crate::console) enum Purpose {
    /// A new passkey, of a login.
    Add = 1,
    /// The second step of a login.
    SecondStep,
    /// "Is it still you", of a login.
    Confirm,
    /// A login with nothing else.
    Login,
}

/// The questions of this server.
#[derive(Clone)]
pub(in crate::console) struct Challenges(Arc<Inner>);

struct Inner {
    key: hmac::Key,
    began: Instant,
    answered: Mutex<HashMap<[u8; NONCE], Instant>>,
}

impl Default for Challenges {
    fn default() -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &rand::random::<[u8; 32]>());
        Self(Arc::new(Inner { key, began: Instant::now(), answered: Mutex::default() }))
    }
}

impl Challenges {
    /// A new question; `of` is what only the one who is asked has.
    pub(in crate::console) fn ask(&self, purpose: Purpose, of: &[u8], now: Instant) -> Vec<u8> {
        let nonce: [u8; NONCE] = rand::random();
        let at = u64::try_from(now.saturating_duration_since(self.0.began).as_millis()).unwrap_or(u64::MAX);
        let begin = [nonce.as_slice(), &at.to_be_bytes()].concat();
        let seal = hmac::sign(&self.0.key, &sealed(purpose, of, &begin));
        [begin.as_slice(), seal.as_ref()].concat()
    }

    /// Whether this question was asked for this and of them, lately, and is answered for the first time. It is answered by this.
    pub(in crate::console) fn spend(&self, challenge: &[u8], purpose: Purpose, of: &[u8], now: Instant) -> bool {
        if challenge.len() != NONCE + TIME + SEAL {
            return false;
        }
        let (begin, seal) = challenge.split_at(NONCE + TIME);
        if hmac::verify(&self.0.key, &sealed(purpose, of, begin), seal).is_err() {
            return false;
        }
        let (nonce, at) = begin.split_at(NONCE);
        let (Ok(nonce), Ok(at)) = (nonce.try_into(), at.try_into()) else { return false };
        let Some(asked) = self.0.began.checked_add(Duration::from_millis(u64::from_be_bytes(at))) else { return false };
        let is_fresh = |asked: Instant| now.saturating_duration_since(asked) < WITHIN;
        // Every change under this lock is complete in itself.
        let mut answered = self.0.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.retain(|_, asked| is_fresh(*asked));
        is_fresh(asked) && answered.len() < REMEMBERED && answered.insert(nonce, asked).is_none()
    }
}

fn sealed(purpose: Purpose, of: &[u8], begin: &[u8]) -> Vec<u8> {
    [b"amparo passkey question v1".as_slice(), &[purpose as u8], begin, of].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_answered_once_soon_and_by_whom_it_was_asked_of() {
        let (ours, now) = (Challenges::default(), Instant::now());
        let ask = || ours.ask(Purpose::Login, b"ana", now);
        let asked = ask();
        assert_ne!(asked, ask());
        for (what, good) in [
            ("another purpose", ours.spend(&asked, Purpose::Confirm, b"ana", now)),
            ("another browser", ours.spend(&asked, Purpose::Login, b"bruno", now)),
            ("too late", ours.spend(&asked, Purpose::Login, b"ana", now + WITHIN)),
            ("another server", Challenges::default().spend(&asked, Purpose::Login, b"ana", now)),
            ("nothing", ours.spend(&[], Purpose::Login, b"ana", now)),
            ("cut off", ours.spend(&asked[..asked.len() - 1], Purpose::Login, b"ana", now)),
            ("longer", ours.spend(&[asked.as_slice(), &[0]].concat(), Purpose::Login, b"ana", now)),
        ] {
            assert!(!good, "{what}");
        }
        for at in 0..asked.len() {
            let mut changed = asked.clone();
            changed[at] ^= 1;
            assert!(!ours.spend(&changed, Purpose::Login, b"ana", now), "byte {at}");
        }
        assert!(ours.spend(&asked, Purpose::Login, b"ana", now), "what was refused has used nothing up");
        assert!(!ours.spend(&asked, Purpose::Login, b"ana", now), "once");
    }

    #[test]
    fn only_what_could_be_answered_again_is_remembered() {
        let (ours, now) = (Challenges::default(), Instant::now());
        let first = ours.ask(Purpose::Add, b"", now);
        assert!(ours.spend(&first, Purpose::Add, b"", now));
        let later = now + WITHIN + Duration::from_secs(1);
        let second = ours.ask(Purpose::Add, b"", later);
        assert!(ours.spend(&second, Purpose::Add, b"", later));
        assert_eq!(ours.0.answered.lock().map(|answered| answered.len()).ok(), Some(1));
    }
}
