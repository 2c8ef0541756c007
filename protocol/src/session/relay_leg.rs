//! The relay's leg of a session as a machine: who has taken a place, who is away, when it is over. No I/O, no clock.
//!
//! Driven by the relay's live sessions, which carry out what comes back. It knows nothing of screens and passwords: what a customer allows is
//! decided in the customer's program.

use std::time::{Duration, Instant};

use crate::{
    limits,
    message::pairing::{CloseReason, Role},
};

/// How long the relay waits for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// From dialling until both programs have joined.
    pub join: Duration,
    /// From both joined until the customer has allowed it.
    pub consent: Duration,
    /// How long a cut session waits for its other half.
    pub resume: Duration,
    /// How long after a start the sessions of the earlier life wait for both halves.
    pub recovery: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            join: limits::HANDSHAKE_WAIT,
            consent: limits::HANDSHAKE_WAIT + limits::CONSENT_WAIT + Duration::from_secs(10),
            resume: limits::RESUME_WITHIN,
            recovery: limits::RESUME_WITHIN + Duration::from_secs(10),
        }
    }
}

/// Where one half is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Has a token and has not used it yet.
    Invited,
    /// Here.
    Joined,
    /// Has lost its connection; may come back.
    Away { since: Instant },
}

/// What follows from an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Both are here: tell both; from now on streams are spliced.
    Paired,
    /// One half is away: its streams are reset, and this half, which is here, is told.
    TellAway(Role),
    /// It is over.
    Over(CloseReason),
}

/// The places of one session.
#[derive(Debug, Clone)]
pub struct Pairing {
    places: [Place; 2],
    /// Both were here at the same time at least once.
    met: bool,
    started: bool,
    /// When a pairing that has not come about, or a question that nobody answers, is given up.
    patience: Instant,
    waits: Waits,
}

impl Pairing {
    /// Both have just been given their tokens.
    pub fn dialled(now: Instant, waits: Waits) -> Self {
        Self { places: [Place::Invited; 2], met: false, started: false, patience: now + waits.join, waits }
    }

    /// Found unfinished in the records after a restart: both are away.
    pub fn recovered(now: Instant, started: bool, waits: Waits) -> Self {
        let waits = Waits { resume: waits.recovery, ..waits };
        Self { places: [Place::Away { since: now }; 2], met: true, started, patience: now + waits.recovery, waits }
    }

    /// A half takes its place with a good token.
    pub fn join(&mut self, role: Role, now: Instant) -> Option<Effect> {
        if self.places[index(role)] == Place::Joined {
            return None;
        }
        self.places[index(role)] = Place::Joined;
        if !self.paired() {
            return None;
        }
        if !self.met {
            self.patience = now + self.waits.consent;
        }
        self.met = true;
        Some(Effect::Paired)
    }

    /// A half's connection is gone; `goodbye` when its program was closed by its user and will not come back.
    pub fn lost(&mut self, role: Role, goodbye: bool, now: Instant) -> Option<Effect> {
        let was = std::mem::replace(&mut self.places[index(role)], Place::Away { since: now });
        if goodbye {
            return Some(Effect::Over(CloseReason::ProgramGone));
        }
        if !self.met {
            return Some(Effect::Over(CloseReason::ConnectionLost));
        }
        if let Place::Away { since } = was {
            // Was away already: the waiting does not begin anew.
            self.places[index(role)] = Place::Away { since };
            return None;
        }
        (self.places[index(role.other())] == Place::Joined).then_some(Effect::TellAway(role.other()))
    }

    /// The customer has allowed it, and that is written down.
    pub fn started(&mut self) {
        self.started = true;
    }

    /// The customer has allowed it.
    pub fn has_started(&self) -> bool {
        self.started
    }

    /// Both are here.
    pub fn paired(&self) -> bool {
        self.places == [Place::Joined; 2]
    }

    /// Both were here once and one or both are away now.
    pub fn interrupted(&self) -> bool {
        self.met && !self.paired()
    }

    /// When [`Pairing::handle_timeout`] has something to say, if nothing happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let away = self.places.iter().filter_map(|place| match place {
            Place::Away { since } => Some(*since + self.waits.resume),
            _ => None,
        });
        let patience = (!self.met || !self.started && self.paired()).then_some(self.patience);
        away.chain(patience).min()
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) -> Option<Effect> {
        if self.poll_timeout().is_none_or(|due| now < due) {
            return None;
        }
        let unanswered = self.met && self.paired();
        Some(Effect::Over(if unanswered { CloseReason::NoAnswer } else { CloseReason::ConnectionLost }))
    }
}

/// The place of a half in an array of both.
pub fn index(role: Role) -> usize {
    match role {
        Role::Customer => 0,
        Role::Attendant => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    fn paired(now: Instant) -> Pairing {
        let mut pairing = Pairing::dialled(now, Waits::default());
        assert_eq!(pairing.join(Role::Attendant, now), None);
        assert_eq!(pairing.join(Role::Customer, now), Some(Effect::Paired));
        pairing
    }

    #[test]
    fn both_must_take_their_place_in_time() {
        let now = Instant::now();
        let mut pairing = Pairing::dialled(now, Waits::default());
        assert_eq!(pairing.join(Role::Customer, now), None);
        assert_eq!(pairing.join(Role::Customer, now), None, "joining twice changes nothing");
        assert_eq!(pairing.handle_timeout(now + secs(19)), None);
        assert_eq!(pairing.handle_timeout(now + secs(20)), Some(Effect::Over(CloseReason::ConnectionLost)));
    }

    #[test]
    fn a_question_that_nobody_answers_ends_and_a_started_session_does_not() {
        let now = Instant::now();
        let mut pairing = paired(now);
        assert_eq!(pairing.handle_timeout(now + secs(300)), Some(Effect::Over(CloseReason::NoAnswer)));
        pairing.started();
        assert_eq!(pairing.poll_timeout(), None);
        assert_eq!(pairing.handle_timeout(now + secs(86_400)), None);
    }

    #[test]
    fn a_half_that_is_cut_may_come_back_within_the_time_and_only_then() {
        let now = Instant::now();
        let mut pairing = paired(now);
        pairing.started();
        assert_eq!(pairing.lost(Role::Customer, false, now + secs(100)), Some(Effect::TellAway(Role::Attendant)));
        assert_eq!(pairing.lost(Role::Customer, false, now + secs(110)), None);
        assert_eq!(pairing.poll_timeout(), Some(now + secs(130)));
        assert_eq!(pairing.join(Role::Customer, now + secs(129)), Some(Effect::Paired));
        assert_eq!(pairing.poll_timeout(), None);

        assert_eq!(pairing.lost(Role::Attendant, false, now + secs(200)), Some(Effect::TellAway(Role::Customer)));
        assert_eq!(pairing.lost(Role::Customer, false, now + secs(210)), None, "nobody is left to be told");
        assert_eq!(pairing.join(Role::Customer, now + secs(211)), None);
        assert_eq!(pairing.handle_timeout(now + secs(230)), Some(Effect::Over(CloseReason::ConnectionLost)));
    }

    #[test]
    fn a_program_that_says_goodbye_is_not_waited_for() {
        let now = Instant::now();
        let mut pairing = paired(now);
        assert_eq!(pairing.lost(Role::Attendant, true, now), Some(Effect::Over(CloseReason::ProgramGone)));
        let mut pairing = Pairing::dialled(now, Waits::default());
        assert_eq!(pairing.lost(Role::Attendant, false, now), Some(Effect::Over(CloseReason::ConnectionLost)));
    }

    #[test]
    fn after_a_restart_both_may_come_back() {
        let now = Instant::now();
        let mut pairing = Pairing::recovered(now, true, Waits::default());
        assert_eq!(pairing.poll_timeout(), Some(now + secs(40)));
        assert_eq!(pairing.join(Role::Attendant, now + secs(3)), None);
        assert_eq!(pairing.join(Role::Customer, now + secs(5)), Some(Effect::Paired));
        assert_eq!(pairing.poll_timeout(), None);
    }
}
