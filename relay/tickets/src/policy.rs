//! The only place that decides whether an attempt is repeated, when, or shown to a person. Pure.

use std::time::Duration;

use jiff::Timestamp;

use crate::system::{Appended, Cause, ReportError};

/// The first pause after a failure; each further one is twice as long.
pub const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// No pause of ours is longer.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
/// Our own records become writable when somebody makes room: worth a look more often than somebody else's server.
pub const LONGEST_RECORDS_PAUSE: Duration = Duration::from_secs(15);
/// A wait that a system asks for is kept up to this; longer ones are taken for mistakes.
pub const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// How an attempt came out.
pub type Outcome = Result<Appended, ReportError>;

/// How it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is on the ticket.
    Done(Appended),
    /// Again, not before then.
    RetryAt(Timestamp),
    /// A person has to look at it.
    Park(String),
}

/// What follows from the outcome of the attempt with this number (the first is 1). `visible_after`: what the attempt may have written is
/// seen by then; looking for it earlier would prove nothing.
pub fn next(attempt: u32, outcome: &Outcome, visible_after: Duration, now: Timestamp) -> Decision {
    match outcome {
        Ok(appended) => Decision::Done(appended.clone()),
        Err(ReportError::Rejected { why, .. }) => Decision::Park(why.clone()),
        Err(ReportError::RateLimited { until }) => {
            let own = later(now, pause(attempt, LONGEST_PAUSE));
            let asked = until.map_or(own, |t| t.min(later(now, LONGEST_ASKED)));
            Decision::RetryAt(asked.max(later(now, FIRST_PAUSE)))
        }
        Err(ReportError::Unreachable(Cause::Records(_))) => {
            Decision::RetryAt(later(now, pause(attempt, LONGEST_RECORDS_PAUSE)))
        }
        // Ours, not the system's: it is kept however long it is.
        Err(ReportError::NotVisibleYet { until }) => Decision::RetryAt((*until).max(later(now, FIRST_PAUSE))),
        Err(error @ ReportError::Unreachable(_)) => {
            let pause = pause(attempt, LONGEST_PAUSE);
            Decision::RetryAt(later(now, if error.is_uncertain() { pause.max(visible_after) } else { pause }))
        }
    }
}

/// The pause after this many failures in a row.
pub fn pause(attempt: u32, longest: Duration) -> Duration {
    FIRST_PAUSE.saturating_mul(1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX)).min(longest)
}

fn later(now: Timestamp, pause: Duration) -> Timestamp {
    now.checked_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use protocol::id::TicketNumber;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn pauses_grow_to_five_minutes_and_stay_there() {
        let down: Outcome = Err(ReportError::Unreachable(Cause::Reset));
        let pauses: Vec<i64> = [1, 2, 3, 4, 9, 10, 33, 34, u32::MAX]
            .map(|attempt| match next(attempt, &down, Duration::ZERO, at(0)) {
                Decision::RetryAt(t) => t.as_second(),
                other => panic!("{other:?}"),
            })
            .into();
        assert_eq!(pauses, [1, 2, 4, 8, 256, 300, 300, 300, 300]);
    }

    #[test]
    fn a_refusal_is_parked_with_its_words() {
        let no: Outcome = Err(ReportError::refused("400: subject too long"));
        assert_eq!(next(1, &no, Duration::ZERO, at(0)), Decision::Park("400: subject too long".into()));
    }

    #[test]
    fn a_system_that_asks_to_wait_is_given_what_it_asks_within_reason() {
        let asked = |until| Err(ReportError::RateLimited { until });
        assert_eq!(next(1, &asked(Some(at(90))), Duration::ZERO, at(0)), Decision::RetryAt(at(90)));
        assert_eq!(next(1, &asked(Some(at(-90))), Duration::ZERO, at(0)), Decision::RetryAt(at(1)));
        assert_eq!(next(1, &asked(Some(Timestamp::MAX)), Duration::ZERO, at(0)), Decision::RetryAt(at(3600)));
        assert_eq!(next(3, &asked(None), Duration::ZERO, at(0)), Decision::RetryAt(at(4)));
    }

    #[test]
    fn what_may_have_been_written_is_not_looked_for_before_it_can_be_seen() {
        let minutes = Duration::from_secs(600);
        for (cause, seconds) in
            [(Cause::Reset, 600), (Cause::Failed(502), 600), (Cause::Refused, 1), (Cause::Tls("expired".into()), 1)]
        {
            let down: Outcome = Err(ReportError::Unreachable(cause));
            assert_eq!(next(1, &down, minutes, at(0)), Decision::RetryAt(at(seconds)));
        }
    }

    #[test]
    fn our_own_full_disk_is_looked_at_again_soon() {
        let full: Outcome = Err(ReportError::Unreachable(Cause::Records("full".into())));
        assert_eq!(next(20, &full, Duration::ZERO, at(0)), Decision::RetryAt(at(15)));
    }

    #[test]
    fn nothing_overflows_at_the_end_of_time() {
        let down: Outcome = Err(ReportError::Unreachable(Cause::Reset));
        assert_eq!(next(1, &down, Duration::ZERO, Timestamp::MAX), Decision::RetryAt(Timestamp::MAX));
    }

    #[test]
    fn what_is_on_the_ticket_is_done() {
        let appended = Appended { ticket: TicketNumber::new("4821").unwrap(), external_id: None };
        assert_eq!(next(7, &Ok(appended.clone()), Duration::ZERO, at(0)), Decision::Done(appended));
    }
}
