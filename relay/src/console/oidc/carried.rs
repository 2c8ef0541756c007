//! Forms that wait for a login (see [`super::super::kept`]) while their user is at the provider: no cookie has room for them.
//!
//! In memory, for as long as somebody may take there, under what the provider sends back; sealed, so that nobody but their user is shown
//! them after all. Only what was sealed here is held, and never more than fits: the oldest make room.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use store::TokenHash;

use crate::oidc::LASTS_S;

/// All that are held, together.
const BYTES: usize = 16 * 1024 * 1024;

/// Forms by the hash of the `state` of their login.
#[derive(Clone, Default)]
pub(in super::super) struct Carried(Arc<Mutex<HashMap<TokenHash, Form>>>);

struct Form {
    sealed: String,
    at: Instant,
}

impl Carried {
    /// Holds a form until this login comes back.
    pub(super) fn hold(&self, state: &str, sealed: String, at: Instant) {
        // Every change under this lock is complete in itself.
        let mut forms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        forms.retain(|_, form| is_fresh(form, at));
        while forms.values().map(|form| form.sealed.len()).sum::<usize>() + sealed.len() > BYTES
            && let Some(oldest) = forms.iter().min_by_key(|(_, form)| form.at).map(|(state, _)| *state)
        {
            forms.remove(&oldest);
        }
        forms.insert(TokenHash::of(state.as_bytes()), Form { sealed, at });
    }

    /// The form of the login that has come back with this; it is held no longer.
    pub(super) fn take(&self, state: &str, now: Instant) -> Option<String> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&TokenHash::of(state.as_bytes()));
        taken.filter(|form| is_fresh(form, now)).map(|form| form.sealed)
    }
}

fn is_fresh(form: &Form, now: Instant) -> bool {
    now.saturating_duration_since(form.at) < Duration::from_secs(LASTS_S.unsigned_abs())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_form_is_given_back_once_to_its_own_login_and_soon() {
        let (carried, now) = (Carried::default(), Instant::now());
        carried.hold("one", "sealed".to_owned(), now);
        assert_eq!(carried.take("two", now), None);
        assert_eq!(carried.take("one", now).unwrap(), "sealed");
        assert_eq!(carried.take("one", now), None);
        carried.hold("late", "sealed".to_owned(), now);
        assert_eq!(carried.take("late", now + Duration::from_secs(600)), None);
    }

    #[test]
    fn the_oldest_make_room_so_that_memory_is_bounded() {
        let (carried, now) = (Carried::default(), Instant::now());
        let large = "x".repeat(BYTES / 4);
        for number in 0..6 {
            carried.hold(&number.to_string(), large.clone(), now + Duration::from_secs(number));
        }
        let held = |number: u64| carried.take(&number.to_string(), now + Duration::from_secs(6)).is_some();
        assert_eq!([0, 1, 2, 3, 4, 5].map(held), [false, false, true, true, true, true]);
        carried.hold("old", large, now);
        carried.hold("new", String::new(), now + Duration::from_secs(600));
        assert_eq!(carried.0.lock().unwrap().len(), 1, "what is over is cleared away");
    }
}
