//! The customer's half: password, question, consent, and what is let through to screen, mouse and keyboard.

mod administrator;

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

pub use administrator::Possible;

use super::{CheckPhrase, Proofs, Reveal, Violation};
use crate::{
    id::{OperatorId, SessionId},
    limits,
    message::{
        ShownText,
        control::{Administrator, Attention, Control},
        grant::Grants,
        handshake::{COMMITMENT_BYTES, FromAttendant, FromCustomer, NONCE_BYTES, PROOF_BYTES, PakeMessage, Refused},
        input::Input,
        pairing::CloseReason,
        stats::Stats,
    },
};

/// Who is at the other end, from the certificate that was verified under the tenant's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The attendant.
    pub operator: OperatorId,
    /// The name to show.
    pub name: ShownText,
}

/// What the machine wants done.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// Say this before consent.
    Answer(FromCustomer),
    /// Work out the PAKE's answer to this message with the password of now, and call [`Customer::pake_answered`].
    /// From here on a guess counts, whatever happens next.
    Guess(PakeMessage),
    /// Check the nonce against its commitment, make the phrase and call [`Customer::revealed`].
    Reveal(Reveal),
    /// The password was right: the guess counts no more.
    GuessWasRight,
    /// Show the question.
    Ask {
        /// Who asks.
        peer: Peer,
        /// For what.
        want: Grants,
        /// What both people see.
        phrase: CheckPhrase,
    },
    /// Take the question away.
    CloseQuestion,
    /// Consent was given: screen, pointer and input may be constructed with these grants.
    Start(Consent),
    /// What is allowed has changed.
    Changed(Grants),
    /// Start the picture anew: the viewer lost it.
    Refresh,
    /// Do this with mouse or keyboard.
    Inject(Input),
    /// Press Ctrl+Alt+Del, however this system wants it, and call [`Customer::ctrl_alt_del_done`].
    CtrlAltDel,
    /// Look whether this system can be asked for an administrator's rights, and call [`Customer::administrator_possible`].
    LookAdministrator,
    /// Show the question for them.
    AskAdministrator,
    /// Take that question away.
    CloseAdministrator,
    /// Have mouse and keyboard given an administrator's rights, and call [`Customer::administrator_started`].
    StartAdministrator,
    /// Mouse and keyboard have them from now on, or no more.
    Administrator(bool),
    /// Say this in the session.
    Say(Control),
    /// The connection is gone: stop capture, release what is held down, keep the rest for [`limits::RESUME_WITHIN`].
    Pause,
    /// The same attendant is back: start the picture anew.
    Resume(Grants),
    /// Over: stop everything. `begun` tells whether it was ever a session.
    Over {
        /// Why.
        why: CloseReason,
        /// Consent had been given.
        begun: bool,
    },
}

/// The customer's yes, as a value: what shares a screen or moves a mouse cannot be made without one. Only [`Customer::answer`] makes
/// it, when the button was armed and the question on the screen.
///
/// ```compile_fail,E0451
/// use amparo_protocol::{message::grant::Grants, session::customer::Consent};
/// let forged = Consent { granted: Grants::CONTROL };
/// ```
///
/// ```compile_fail,E0308
/// fn again(consent: &amparo_protocol::session::customer::Consent) {
///     let kept: amparo_protocol::session::customer::Consent = consent.clone();
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Consent {
    granted: Grants,
}

impl Consent {
    /// What was allowed at the beginning; [`Event::Changed`] tells what is allowed since.
    pub fn granted(&self) -> Grants {
        self.granted
    }
}

/// The answer to [`Event::Guess`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Our PAKE message.
    pub reply: PakeMessage,
    /// Our nonce for the check phrase: chosen now, when the attendant's is committed to.
    pub nonce: [u8; NONCE_BYTES],
    /// What we prove and what is to be proved to us.
    pub proofs: Proofs,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Waiting for the inner TLS.
    Securing { until: Instant },
    /// TLS is up, the attendant's first message is awaited.
    Opening { until: Instant },
    /// The PAKE's answer is being worked out, or its confirmation awaited.
    Proving { until: Instant, commitment: [u8; COMMITMENT_BYTES], answered: Option<([u8; NONCE_BYTES], Proofs)> },
    /// The password was right; the nonce shown with it is being checked.
    Revealing { until: Instant, own: [u8; PROOF_BYTES] },
    /// The question is on the screen.
    Asking { since: Instant },
    /// Allowed.
    Active,
    /// Allowed, but cut.
    Away { until: Instant },
    /// Cut, TLS is up again, proof is awaited.
    Returning { until: Instant, proofs: Option<Proofs> },
    /// Nothing more happens.
    Over,
}

impl State {
    fn name(&self) -> &'static str {
        match self {
            Self::Securing { .. } => "the connection is being secured",
            Self::Opening { .. } => "the attendant's first message is awaited",
            Self::Proving { .. } => "the password is being checked",
            Self::Revealing { .. } => "the check phrase is being made",
            Self::Asking { .. } => "the customer is being asked",
            Self::Active => "the session is under way",
            Self::Away { .. } => "the session is cut",
            Self::Returning { .. } => "the session is coming back",
            Self::Over => "the session is over",
        }
    }
}

/// The customer's half of one session.
#[derive(Debug)]
pub struct Customer {
    session: SessionId,
    state: State,
    peer: Option<Peer>,
    want: Grants,
    granted: Grants,
    /// Another session is watched: whatever is asked for, it is to see only.
    watch: bool,
    /// Another question is on the screen: what an attendant does is not to answer it.
    held: bool,
    reconnects: u32,
    /// What the attendant was told of things that only the customer can answer.
    only_customer: bool,
    /// Ctrl+Alt+Del is being pressed: what is asked for meanwhile is the same.
    pressing: bool,
    /// An administrator's rights.
    rights: administrator::Rights,
    events: VecDeque<Event>,
}

impl Customer {
    /// Somebody dials.
    pub fn new(session: SessionId, now: Instant) -> Self {
        Self {
            session,
            state: State::Securing { until: now + limits::HANDSHAKE_WAIT },
            peer: None,
            want: Grants::NONE,
            granted: Grants::NONE,
            watch: false,
            held: false,
            reconnects: 0,
            only_customer: false,
            pressing: false,
            rights: administrator::Rights::None,
            events: VecDeque::new(),
        }
    }

    /// Somebody dials to watch a session that is under way: they are asked about as anybody, and can be given nothing but sight.
    pub fn watched(session: SessionId, now: Instant) -> Self {
        Self { watch: true, ..Self::new(session, now) }
    }

    /// The inner TLS is up with this attendant. `proofs`: of the session that was cut, when there was one.
    pub fn secured(&mut self, peer: Peer, proofs: Option<Proofs>) -> Result<(), Violation> {
        match &self.state {
            State::Securing { until } => {
                self.peer = Some(peer);
                self.state = State::Opening { until: *until };
                Ok(())
            }
            State::Away { until } if self.peer.as_ref().is_some_and(|before| before.operator == peer.operator) => {
                self.state = State::Returning { until: *until, proofs };
                Ok(())
            }
            State::Away { .. } => Err(Violation::Identity),
            state => Err(Violation::OutOfTurn { said: "a secured connection", state: state.name() }),
        }
    }

    /// A message of the attendant before consent.
    pub fn handle_handshake(&mut self, message: FromAttendant) -> Result<(), Violation> {
        match (message, &self.state) {
            (FromAttendant::Open { pake, want, commitment }, State::Opening { until }) => {
                self.want = if self.watch { Grants::VIEW } else { Grants { view: true, ..want } };
                self.state = State::Proving { until: *until, commitment, answered: None };
                self.events.push_back(Event::Guess(pake));
                Ok(())
            }
            (
                FromAttendant::Confirm { proof, reveal },
                State::Proving { until, commitment, answered: Some((nonce, proofs)) },
            ) => {
                if !proofs.fits(&proof) {
                    self.say_no(Refused::WrongPassword, CloseReason::WrongPassword);
                    return Ok(());
                }
                self.events.push_back(Event::Reveal(Reveal {
                    commitment: *commitment,
                    attendant: reveal,
                    customer: *nonce,
                }));
                self.state = State::Revealing { until: *until, own: proofs.own };
                Ok(())
            }
            (FromAttendant::Resume(proof), State::Returning { proofs, .. }) => {
                if !proofs.as_ref().is_some_and(|proofs| proofs.fits(&proof)) {
                    return Err(Violation::Proof);
                }
                let own = proofs.as_ref().map_or([0; super::PROOF_BYTES], |proofs| proofs.own);
                self.events.push_back(Event::Answer(FromCustomer::Resumed { proof: own, granted: self.granted }));
                self.reconnects += 1;
                self.state = State::Active;
                self.events.push_back(Event::Resume(self.granted));
                self.administrator_again();
                Ok(())
            }
            (FromAttendant::Resume(_), State::Opening { .. }) => {
                self.say_no(Refused::NoSession, CloseReason::Violation);
                Ok(())
            }
            (
                FromAttendant::Cancel,
                State::Opening { .. } | State::Proving { .. } | State::Revealing { .. } | State::Asking { .. },
            ) => {
                self.finish(CloseReason::Cancelled);
                Ok(())
            }
            // It crossed the customer's yes on its way.
            (FromAttendant::Cancel, State::Active) => {
                self.finish(CloseReason::EndedByAttendant);
                Ok(())
            }
            (_, State::Over) => Ok(()),
            (message, state) => {
                let said = match message {
                    FromAttendant::Open { .. } => "an opening",
                    FromAttendant::Confirm { .. } => "a confirmation",
                    FromAttendant::Resume(_) => "a resumption",
                    FromAttendant::Cancel => "a cancellation",
                };
                Err(Violation::OutOfTurn { said, state: state.name() })
            }
        }
    }

    /// The answer to [`Event::Guess`] is ready. `None`: the attendant's message was not one the PAKE can answer.
    pub fn pake_answered(&mut self, answer: Option<Answered>) {
        let State::Proving { answered: slot @ None, .. } = &mut self.state else { return };
        match answer {
            Some(Answered { reply, nonce, proofs }) => {
                *slot = Some((nonce, proofs));
                self.events.push_back(Event::Answer(FromCustomer::Pake { pake: reply, nonce }));
            }
            None => self.say_no(Refused::WrongPassword, CloseReason::WrongPassword),
        }
    }

    /// The answer to [`Event::Reveal`] is ready: now the question is shown. `None`: the nonce was not the one committed to. The
    /// guess still counts then, because nobody who keeps to the rules comes here.
    pub fn revealed(&mut self, phrase: Option<CheckPhrase>, now: Instant) -> Result<(), Violation> {
        let State::Revealing { own, .. } = self.state else { return Ok(()) };
        let phrase = phrase.ok_or(Violation::Commitment)?;
        self.events.push_back(Event::GuessWasRight);
        self.events.push_back(Event::Answer(FromCustomer::Asking(own)));
        if let Some(peer) = self.peer.clone() {
            self.events.push_back(Event::Ask { peer, want: self.want, phrase });
        }
        self.state = State::Asking { since: now };
        Ok(())
    }

    /// The customer's answer. Yes counts only once the button is armed; control only where it was asked for.
    pub fn answer(&mut self, allow: bool, control: bool, now: Instant) {
        let State::Asking { since } = self.state else { return };
        if !allow {
            self.say_no(Refused::ByCustomer, CloseReason::Refused);
            return;
        }
        if now < since + limits::CONSENT_ARMS_AFTER {
            return;
        }
        self.granted = Grants { view: true, control: control && self.want.control };
        self.state = State::Active;
        self.events.push_back(Event::CloseQuestion);
        self.events.push_back(Event::Answer(FromCustomer::Granted(self.granted)));
        self.events.push_back(Event::Start(Consent { granted: self.granted }));
    }

    /// The customer gives or takes back mouse and keyboard.
    pub fn allow_control(&mut self, control: bool) {
        if self.watch || !matches!(self.state, State::Active) || control == self.granted.control {
            return;
        }
        self.granted.control = control;
        if !control {
            self.release();
            self.take_administrator(Administrator::Refused);
        }
        self.events.push_back(Event::Say(Control::Grants(self.granted)));
        self.events.push_back(Event::Changed(self.granted));
    }

    /// While another question is on the screen no input is let through: the attendant who controls cannot answer it.
    pub fn hold_input(&mut self, held: bool) {
        if held && !self.held && self.granted.control {
            self.release();
        }
        self.held = held;
    }

    /// Is a question on the screen, here or of the system, that the attendant's mouse and keyboard are not to answer?
    fn is_held(&self) -> bool {
        self.held || self.rights.holds_input()
    }

    fn release(&mut self) {
        self.events.push_back(Event::Inject(Input::ReleaseAll));
    }

    /// A message of the attendant in the session.
    pub fn handle_control(&mut self, message: Control) -> Result<(), Violation> {
        if matches!(self.state, State::Over) {
            return Ok(());
        }
        let State::Active = self.state else {
            return Err(Violation::OutOfTurn { said: "a word of the session", state: self.state.name() });
        };
        match message {
            Control::Ping(number) => self.events.push_back(Event::Say(Control::Pong(number))),
            Control::End(_) => self.finish(CloseReason::EndedByAttendant),
            Control::Pong(_) => {}
            Control::Refresh => self.events.push_back(Event::Refresh),
            Control::Grants(_) => {
                return Err(Violation::OutOfTurn { said: "grants from the attendant", state: self.state.name() });
            }
            Control::Stats(_) => {
                return Err(Violation::OutOfTurn { said: "figures from the attendant", state: self.state.name() });
            }
            Control::CtrlAltDel if !self.granted.control || self.is_held() => {
                self.events.push_back(Event::Say(Control::CtrlAltDelDone(Attention::NotAllowed)));
            }
            Control::CtrlAltDel if self.pressing => {}
            Control::CtrlAltDel => {
                self.pressing = true;
                self.events.push_back(Event::CtrlAltDel);
            }
            Control::AskAdministrator => self.administrator_wanted(),
            Control::OnlyCustomer(_) | Control::CtrlAltDelDone(_) | Control::Administrator(_) => {
                return Err(Violation::OutOfTurn { said: "a customer's notice", state: self.state.name() });
            }
        }
        Ok(())
    }

    /// Mouse or keyboard. Let through only while the session is under way and control is granted; dropped otherwise, because a grant
    /// may have been taken back while it was on its way.
    pub fn handle_input(&mut self, input: Input) -> Result<(), Violation> {
        match self.state {
            State::Active => {
                if self.granted.control && !self.is_held() {
                    self.events.push_back(Event::Inject(input));
                }
                Ok(())
            }
            State::Away { .. } | State::Returning { .. } | State::Over => Ok(()),
            _ => Err(Violation::OutOfTurn { said: "input", state: self.state.name() }),
        }
    }

    /// The computer shows something that only the customer can see and answer, or does no more. Told when it changes. Only for an attendant who
    /// speaks [`crate::version::ALPN_INNER_NOTICES`].
    pub fn only_customer(&mut self, shown: bool) {
        if matches!(self.state, State::Active) && self.only_customer != shown {
            self.only_customer = shown;
            self.events.push_back(Event::Say(Control::OnlyCustomer(shown)));
        }
    }

    /// The answer to [`Event::CtrlAltDel`]. Behind a cut nobody waits for it.
    pub fn ctrl_alt_del_done(&mut self, what: Attention) {
        if std::mem::take(&mut self.pressing) && matches!(self.state, State::Active) {
            self.events.push_back(Event::Say(Control::CtrlAltDelDone(what)));
        }
    }

    /// Figures for the attendant.
    pub fn tell_stats(&mut self, stats: Stats) {
        if matches!(self.state, State::Active) {
            self.events.push_back(Event::Say(Control::Stats(stats)));
        }
    }

    /// The way to the attendant is gone (either hop).
    pub fn handle_lost(&mut self, now: Instant) {
        match self.state {
            State::Active => {
                // The attendant forgets both as well.
                (self.only_customer, self.pressing) = (false, false);
                self.administrator_unheard();
                self.events.push_back(Event::Pause);
                self.state = State::Away { until: now + limits::RESUME_WITHIN };
            }
            State::Returning { until, .. } => self.state = State::Away { until },
            State::Away { .. } | State::Over => {}
            _ => self.finish(CloseReason::ConnectionLost),
        }
    }

    /// The customer ends it, or the program does for this reason.
    pub fn end(&mut self, why: CloseReason) {
        match self.state {
            State::Over => {}
            State::Asking { .. } if why == CloseReason::EndedByCustomer => {
                self.say_no(Refused::ByCustomer, CloseReason::Refused)
            }
            _ => {
                if matches!(self.state, State::Active) {
                    self.events.push_back(Event::Say(Control::End(why)));
                }
                self.finish(why);
            }
        }
    }

    /// Call when [`Self::poll_timeout`] is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        match self.state {
            State::Asking { since } if now >= since + limits::CONSENT_WAIT => {
                self.say_no(Refused::NoAnswer, CloseReason::NoAnswer)
            }
            State::Securing { until }
            | State::Opening { until }
            | State::Proving { until, .. }
            | State::Revealing { until, .. }
                if now >= until =>
            {
                self.finish(CloseReason::ConnectionLost);
            }
            State::Active if self.rights.waits_until().is_some_and(|until| now >= until) => {
                self.take_administrator(Administrator::Refused);
            }
            State::Away { until } | State::Returning { until, .. } if now >= until => {
                self.finish(CloseReason::ConnectionLost)
            }
            _ => {}
        }
    }

    /// When [`Self::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Asking { since } => Some(since + limits::CONSENT_WAIT),
            State::Securing { until }
            | State::Opening { until }
            | State::Proving { until, .. }
            | State::Revealing { until, .. }
            | State::Away { until }
            | State::Returning { until, .. } => Some(until),
            State::Active => self.rights.waits_until(),
            State::Over => None,
        }
    }

    /// The next thing to be done.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Which session this is.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// Who is at the other end, once known.
    pub fn peer(&self) -> Option<&Peer> {
        self.peer.as_ref()
    }

    /// Times the session was cut and came back.
    pub fn reconnects(&self) -> u32 {
        self.reconnects
    }

    /// Is there a session that could come back?
    pub fn is_away(&self) -> bool {
        matches!(self.state, State::Away { .. } | State::Returning { .. })
    }

    /// How long the question still waits, and how long until it can be allowed.
    pub fn question(&self, now: Instant) -> Option<(Duration, Duration)> {
        let State::Asking { since } = self.state else { return None };
        let left = |whole: Duration| (since + whole).saturating_duration_since(now);
        Some((left(limits::CONSENT_WAIT), left(limits::CONSENT_ARMS_AFTER)))
    }

    fn say_no(&mut self, refused: Refused, why: CloseReason) {
        self.events.push_back(Event::Answer(FromCustomer::No(refused)));
        self.finish(why);
    }

    fn finish(&mut self, why: CloseReason) {
        let begun = matches!(self.state, State::Active | State::Away { .. } | State::Returning { .. });
        if matches!(self.state, State::Asking { .. }) {
            self.events.push_back(Event::CloseQuestion);
        }
        if begun {
            self.release();
        }
        self.administrator_unheard();
        self.rights = administrator::Rights::None;
        self.granted = Grants::NONE;
        self.state = State::Over;
        self.events.push_back(Event::Over { why, begun });
    }
}

#[cfg(test)]
mod tests;
