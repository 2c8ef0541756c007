//! How many calls a system takes, per system and credential: its quotas, the waits it asks for, and a pause while it is down. Pure.
//!
//! Every call passes [`Gate::spend`]. The worker also asks [`Gate::turn`] before it begins a row, so that a row is not broken off half
//! way for want of calls; rows that have to wait are given times one after the other, at the speed the system takes them. It never
//! decides whether something is repeated.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::policy;

/// At most this many calls in any stretch of this length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Calls.
    pub calls: u32,
    /// The stretch.
    pub per: Duration,
}

/// What is known of a system's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of all calls.
    pub calls: Option<Quota>,
    /// Of calls that are answered with an error: one more and the system blocks us.
    pub errors: Option<Quota>,
    /// Of these calls the worker leaves this many to people who look tickets up.
    pub kept_for_people: u32,
    /// Rows worked on at once.
    pub at_once: u32,
}

impl Limits {
    /// Where nothing is said: a few rows at once, as fast as it answers.
    pub const UNKNOWN: Self = Self { calls: None, errors: None, kept_for_people: 0, at_once: 4 };
}

/// The way into one system with one credential.
#[derive(Debug)]
pub struct Gate {
    limits: Limits,
    state: Mutex<State>,
    rows: Arc<Semaphore>,
}

#[derive(Debug)]
struct State {
    spent: VecDeque<Timestamp>,
    errors: VecDeque<Timestamp>,
    /// Not before then: the system has asked to wait, or is down.
    blocked: Timestamp,
    /// Rows that had to wait have been given times up to here.
    promised: Timestamp,
    /// Times in a row that it could not be reached.
    failures: u32,
}

/// The right to work on one row; given back when dropped.
#[derive(Debug)]
pub struct Turn(Option<OwnedSemaphorePermit>);

/// No row waits longer than this for its turn before it asks again.
const FARTHEST_PROMISE: Duration = Duration::from_secs(3600);
/// A system that cannot be reached is tried at least this often, so that it is soon noticed when it is back.
const LONGEST_DOWN: Duration = Duration::from_secs(60);
/// How soon a row asks again that found all places taken.
const PLACE_PAUSE: Duration = Duration::from_millis(500);

impl Gate {
    /// With these limits.
    pub fn new(limits: Limits) -> Self {
        let state = State {
            spent: VecDeque::new(),
            errors: VecDeque::new(),
            blocked: Timestamp::MIN,
            promised: Timestamp::MIN,
            failures: 0,
        };
        let rows = usize::try_from(limits.at_once).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self { limits, state: Mutex::new(state), rows: Arc::new(Semaphore::new(rows)) }
    }

    /// Without any.
    pub fn open() -> Self {
        Self::new(Limits { at_once: u32::MAX, ..Limits::UNKNOWN })
    }

    /// Takes one call. Otherwise: not before then.
    ///
    /// # Errors
    /// When a call is possible again.
    pub fn spend(&self, now: Timestamp) -> Result<(), Timestamp> {
        let mut state = self.state();
        let free = state.free_at(&self.limits, now, 1, 0);
        if free > now {
            return Err(free);
        }
        if self.limits.calls.is_some() {
            state.spent.push_back(now);
        }
        Ok(())
    }

    /// A row that takes this many calls may begin. Otherwise: it is promised a time, after those of the rows that asked before.
    ///
    /// # Errors
    /// When it should ask again.
    pub fn turn(&self, now: Timestamp, calls: u32) -> Result<Turn, Timestamp> {
        let mut state = self.state();
        let free = state.free_at(&self.limits, now, calls, self.limits.kept_for_people);
        let place = if free <= now { self.rows.clone().try_acquire_owned().ok() } else { None };
        if let Some(place) = place {
            return Ok(Turn(Some(place)));
        }
        let step = match self.limits.calls {
            Some(quota) => {
                let calls_left = quota.calls.saturating_sub(self.limits.kept_for_people).max(1);
                quota.per.mul_f64(f64::from(calls) / f64::from(calls_left))
            }
            None => PLACE_PAUSE / self.limits.at_once.max(1),
        };
        let free = free.max(later(now, PLACE_PAUSE));
        let next = if state.promised > now { later(state.promised, step) } else { free };
        state.promised = next.max(free).min(later(now, FARTHEST_PROMISE));
        Err(state.promised)
    }

    /// The system asks to wait.
    pub fn wait_until(&self, until: Timestamp, now: Timestamp) {
        let mut state = self.state();
        state.blocked = state.blocked.max(until.min(later(now, policy::LONGEST_ASKED)));
    }

    /// It answered, with an error or without.
    pub fn answered(&self, error: bool, now: Timestamp) {
        let mut state = self.state();
        state.failures = 0;
        if error && self.limits.errors.is_some() {
            state.errors.push_back(now);
        }
    }

    /// It could not be reached: nobody tries for a while.
    pub fn unreachable(&self, now: Timestamp) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        let pause = policy::pause(state.failures, LONGEST_DOWN);
        state.blocked = state.blocked.max(later(now, pause));
    }

    /// Somebody has changed the settings: tries at once, whatever was before. Quotas stay.
    pub fn reset_pause(&self) {
        let mut state = self.state();
        state.failures = 0;
        state.blocked = Timestamp::MIN;
        state.promised = Timestamp::MIN;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The first time at which this many calls fit, `kept` of the quota left alone.
    fn free_at(&mut self, limits: &Limits, now: Timestamp, calls: u32, kept: u32) -> Timestamp {
        let mut free = self.blocked;
        for (quota, times, wanted, kept) in
            [(limits.calls, &mut self.spent, calls, kept), (limits.errors, &mut self.errors, 1, 0)]
        {
            let Some(quota) = quota else { continue };
            while times.front().is_some_and(|t| later(*t, quota.per) <= now) {
                times.pop_front();
            }
            let room = usize::try_from(quota.calls.saturating_sub(kept).max(1)).unwrap_or(usize::MAX);
            let wanted = usize::try_from(wanted).unwrap_or(usize::MAX).min(room);
            if times.len() + wanted > room {
                // The call whose end of stretch makes room.
                free = free.max(later(times[times.len() + wanted - room - 1], quota.per));
            }
        }
        free
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.0.take());
    }
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn ten_a_minute() -> Gate {
        let minute = Duration::from_secs(60);
        Gate::new(Limits {
            calls: Some(Quota { calls: 10, per: minute }),
            errors: Some(Quota { calls: 2, per: minute }),
            kept_for_people: 2,
            at_once: 1,
        })
    }

    #[test]
    fn in_no_stretch_of_a_minute_there_are_more_than_ten_calls() {
        let gate = ten_a_minute();
        let mut calls = Vec::new();
        // Someone who asks every second for ten minutes.
        for second in 0..600 {
            if gate.spend(at(second)).is_ok() {
                calls.push(second);
            }
        }
        assert_eq!(calls.len(), 100);
        for window in calls.windows(11) {
            assert!(window[10] - window[0] >= 60, "{window:?}");
        }
    }

    #[test]
    fn who_is_refused_is_told_the_first_moment_at_which_there_is_room() {
        let gate = ten_a_minute();
        for second in 0..10 {
            gate.spend(at(second)).unwrap();
        }
        let free = gate.spend(at(10)).unwrap_err();
        assert_eq!(free, at(60));
        gate.spend(free).unwrap();
        assert_eq!(gate.spend(free).unwrap_err(), at(61));
    }

    #[test]
    fn a_row_begins_only_when_all_its_calls_fit_and_leaves_some_to_people() {
        let gate = ten_a_minute();
        for _ in 0..7 {
            gate.spend(at(0)).unwrap();
        }
        drop(gate.turn(at(1), 1).unwrap());
        assert!(gate.turn(at(1), 2).is_err());
        // People still get theirs.
        for _ in 0..3 {
            gate.spend(at(1)).unwrap();
        }
    }

    #[test]
    fn rows_that_wait_are_promised_times_one_after_the_other() {
        let gate = ten_a_minute();
        for _ in 0..8 {
            gate.spend(at(0)).unwrap();
        }
        let promised: Vec<i64> = (0..4).map(|_| gate.turn(at(0), 2).unwrap_err().as_second()).collect();
        assert_eq!(promised, [60, 75, 90, 105]);
    }

    #[test]
    fn errors_stop_one_short_of_what_makes_the_system_block_us() {
        let gate = ten_a_minute();
        gate.answered(true, at(0));
        gate.spend(at(1)).unwrap();
        gate.answered(true, at(1));
        assert_eq!(gate.spend(at(2)).unwrap_err(), at(60));
        gate.spend(at(60)).unwrap();
    }

    #[test]
    fn one_row_at_a_time_where_the_system_wants_it_and_the_place_is_given_back() {
        let gate = ten_a_minute();
        let first = gate.turn(at(0), 1).unwrap();
        assert!(gate.turn(at(0), 1).is_err());
        drop(first);
        gate.turn(at(1), 1).unwrap();
    }

    #[test]
    fn a_system_that_is_down_is_left_alone_longer_each_time_and_at_most_a_minute() {
        let gate = Gate::new(Limits::UNKNOWN);
        let mut now = at(0);
        let mut pauses = Vec::new();
        for _ in 0..9 {
            gate.unreachable(now);
            let free = gate.spend(now).unwrap_err();
            pauses.push(free.as_second() - now.as_second());
            now = free;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        gate.answered(false, now);
        gate.unreachable(now);
        assert_eq!(gate.spend(now).unwrap_err().as_second() - now.as_second(), 1);
        gate.reset_pause();
        gate.spend(now).unwrap();
    }

    #[test]
    fn a_wait_that_is_asked_for_is_kept_and_a_mad_one_is_cut_to_an_hour() {
        let gate = Gate::new(Limits::UNKNOWN);
        gate.wait_until(at(300), at(0));
        assert_eq!(gate.spend(at(299)).unwrap_err(), at(300));
        gate.spend(at(300)).unwrap();
        gate.wait_until(Timestamp::MAX, at(300));
        assert_eq!(gate.spend(at(301)).unwrap_err(), at(3900));
    }
}
