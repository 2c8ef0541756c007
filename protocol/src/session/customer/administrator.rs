//! An administrator's rights for the attendant's mouse and keyboard: asked for by the attendant, allowed by the customer here and once more to the
//! system, and gone at the latest with mouse and keyboard.
//!
//! From the question to the system's answer no input is let through: the attendant who controls this computer is not to say yes on it.

use std::time::Instant;

use super::{Customer, Event, State};
use crate::{
    limits,
    message::control::{Administrator, Control},
};

/// Whether this system can be asked for an administrator's rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Possible {
    /// It asks the person.
    Yes,
    /// The program has them itself.
    Already,
    /// There is no such thing.
    No,
}

/// How it stands with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Rights {
    /// The attendant has none.
    #[default]
    None,
    /// It is looked whether the system can be asked.
    Looking,
    /// The question is on the screen.
    Asked { since: Instant },
    /// The customer said yes, and the system asks.
    Starting,
    /// Mouse and keyboard have them.
    Had,
}

impl Rights {
    /// Is something on the screen that the customer alone is to answer?
    pub(super) fn holds_input(self) -> bool {
        matches!(self, Self::Asked { .. } | Self::Starting)
    }

    /// Until when the question waits.
    pub(super) fn waits_until(self) -> Option<Instant> {
        match self {
            Self::Asked { since } => Some(since + limits::CONSENT_WAIT),
            _ => None,
        }
    }
}

impl Customer {
    /// The attendant asks. Once until it is answered.
    pub(super) fn administrator_wanted(&mut self) {
        if !self.granted.control || self.held {
            return self.tell_administrator(Administrator::NotAllowed);
        }
        match self.rights {
            Rights::None => {
                self.rights = Rights::Looking;
                self.events.push_back(Event::LookAdministrator);
            }
            Rights::Had => self.tell_administrator(Administrator::Granted),
            Rights::Looking | Rights::Asked { .. } | Rights::Starting => {}
        }
    }

    /// The answer to [`Event::LookAdministrator`].
    pub fn administrator_possible(&mut self, possible: Possible, now: Instant) {
        let (Rights::Looking, State::Active) = (self.rights, &self.state) else { return };
        self.rights = Rights::None;
        match possible {
            Possible::Already => self.tell_administrator(Administrator::Already),
            Possible::No => self.tell_administrator(Administrator::Unavailable),
            Possible::Yes => {
                self.rights = Rights::Asked { since: now };
                // What the attendant holds down is not held down over the question.
                self.release();
                self.events.push_back(Event::AskAdministrator);
            }
        }
    }

    /// The customer's answer. Yes counts only once the button is armed, as at the beginning of the session.
    pub fn answer_administrator(&mut self, allow: bool, now: Instant) {
        let Rights::Asked { since } = self.rights else { return };
        if !allow {
            self.take_administrator(Administrator::Refused);
        } else if now >= since + limits::CONSENT_ARMS_AFTER {
            self.rights = Rights::Starting;
            self.events.push_back(Event::CloseAdministrator);
            self.events.push_back(Event::StartAdministrator);
        }
    }

    /// The answer to [`Event::StartAdministrator`]: mouse and keyboard have them, or what became of it. Whoever took mouse and keyboard back
    /// meanwhile has taken these too, see [`Self::has_administrator`].
    pub fn administrator_started(&mut self, started: Result<(), Administrator>) {
        if self.rights != Rights::Starting {
            return;
        }
        match started {
            Ok(()) => {
                self.rights = Rights::Had;
                self.tell_administrator(Administrator::Granted);
                self.events.push_back(Event::Administrator(true));
            }
            Err(why) => {
                self.rights = Rights::None;
                self.tell_administrator(why);
            }
        }
    }

    /// What had the rights is gone, by itself.
    pub fn administrator_gone(&mut self) {
        if self.rights == Rights::Had {
            self.take_administrator(Administrator::Ended);
        }
    }

    /// Do mouse and keyboard have an administrator's rights?
    pub fn has_administrator(&self) -> bool {
        self.rights == Rights::Had
    }

    /// From here on there are none. `why` is for who waits for an answer.
    pub(super) fn take_administrator(&mut self, why: Administrator) {
        match std::mem::take(&mut self.rights) {
            Rights::None => {}
            Rights::Asked { .. } => {
                self.events.push_back(Event::CloseAdministrator);
                self.tell_administrator(why);
            }
            Rights::Looking | Rights::Starting => self.tell_administrator(why),
            Rights::Had => {
                self.tell_administrator(Administrator::Ended);
                self.events.push_back(Event::Administrator(false));
            }
        }
    }

    /// The way to the attendant is gone: nobody waits for an answer. What they have they keep for when they are back.
    pub(super) fn administrator_unheard(&mut self) {
        match self.rights {
            Rights::Asked { .. } => {
                self.events.push_back(Event::CloseAdministrator);
                self.rights = Rights::None;
            }
            Rights::Looking => self.rights = Rights::None,
            Rights::None | Rights::Starting | Rights::Had => {}
        }
    }

    /// The attendant is back, and has forgotten.
    pub(super) fn administrator_again(&mut self) {
        if self.rights == Rights::Had {
            self.tell_administrator(Administrator::Granted);
        }
    }

    fn tell_administrator(&mut self, what: Administrator) {
        if matches!(self.state, State::Active) {
            self.events.push_back(Event::Say(Control::Administrator(what)));
        }
    }
}
