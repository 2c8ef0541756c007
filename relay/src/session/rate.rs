//! How often somebody may do something: guessing IDs and leaving requests is slow, working is not. No clock.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    time::{Duration, Instant},
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// What was done in the last hour.
#[derive(Debug)]
pub struct Rate<K> {
    per_minute: usize,
    per_hour: usize,
    of: HashMap<K, VecDeque<Instant>>,
}

impl<K: Eq + Hash> Rate<K> {
    /// With these caps for each.
    pub fn new(per_minute: u32, per_hour: u32) -> Self {
        let cap = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        Self { per_minute: cap(per_minute), per_hour: cap(per_hour), of: HashMap::new() }
    }

    /// Counts once more, or says how long to wait for the next.
    pub fn count(&mut self, who: K, now: Instant) -> Result<(), Duration> {
        self.of.retain(|_, times| {
            while times.front().is_some_and(|at| now.duration_since(*at) >= HOUR) {
                times.pop_front();
            }
            !times.is_empty()
        });
        let times = self.of.entry(who).or_default();
        for (cap, span) in [(self.per_minute, MINUTE), (self.per_hour, HOUR)] {
            // The one that must have left the span before another may come.
            if let Some(oldest) = times.len().checked_sub(cap).and_then(|i| times.get(i))
                && let Some(wait) = span.checked_sub(now.duration_since(*oldest))
                && !wait.is_zero()
            {
                return Err(wait);
            }
        }
        times.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use protocol::id::OperatorId;

    use super::*;

    #[test]
    fn a_minute_and_an_hour_have_their_caps_for_each_attendant() {
        let (ana, rui) = (OperatorId::from_bytes([1; 16]), OperatorId::from_bytes([2; 16]));
        let start = Instant::now();
        let mut dials = Rate::new(2, 3);
        assert_eq!(dials.count(ana, start), Ok(()));
        assert_eq!(dials.count(ana, start + Duration::from_secs(10)), Ok(()));
        assert_eq!(dials.count(ana, start + Duration::from_secs(20)), Err(Duration::from_secs(40)));
        assert_eq!(dials.count(rui, start + Duration::from_secs(20)), Ok(()));
        assert_eq!(dials.count(ana, start + Duration::from_secs(60)), Ok(()));
        assert_eq!(dials.count(ana, start + Duration::from_secs(600)), Err(Duration::from_secs(3000)));
        assert_eq!(dials.count(ana, start + HOUR), Ok(()));
    }

    #[test]
    fn an_attendant_who_has_not_dialled_for_an_hour_takes_no_memory() {
        let mut dials = Rate::new(20, 300);
        let start = Instant::now();
        assert_eq!(dials.count(OperatorId::from_bytes([1; 16]), start), Ok(()));
        assert_eq!(dials.count(OperatorId::from_bytes([2; 16]), start + HOUR), Ok(()));
        assert_eq!(dials.of.len(), 1);
    }
}
