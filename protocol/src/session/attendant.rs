//! The attendant's half: proving the password, waiting for the answer, and what may be sent and shown.

use std::{collections::VecDeque, time::Instant};

use super::{CheckPhrase, Proofs, Violation};
use crate::{
    id::SessionId,
    limits,
    message::{
        control::{Administrator, Attention, Control},
        grant::Grants,
        handshake::{COMMITMENT_BYTES, FromAttendant, FromCustomer, NONCE_BYTES, PakeMessage, Refused},
        pairing::CloseReason,
        stats::Stats,
    },
};

/// What the machine wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Say this before consent.
    Say(FromAttendant),
    /// Work out the proofs from the customer's PAKE message, the phrase from its nonce, and call [`Attendant::pake_finished`].
    Finish {
        /// The customer's PAKE message.
        pake: PakeMessage,
        /// The customer's nonce for the check phrase.
        nonce: [u8; NONCE_BYTES],
    },
    /// The password was right; the customer is being asked, and sees this phrase too.
    Asking(CheckPhrase),
    /// Allowed: show the viewer.
    Start(Grants),
    /// What is allowed has changed.
    Changed(Grants),
    /// Say this in the session.
    Control(Control),
    /// The customer's figures.
    Stats(Stats),
    /// The customer's computer shows something that only the customer can see and answer, or does no more.
    OnlyCustomer(bool),
    /// What came of Ctrl+Alt+Del, which was asked for.
    CtrlAltDel(Attention),
    /// How it stands with an administrator's rights for mouse and keyboard, which were asked for.
    Administrator(Administrator),
    /// The answer to the ping of this number.
    Pong(u32),
    /// The connection is gone; the picture stays, marked.
    Pause,
    /// The session goes on; a whole new picture follows.
    Resume(Grants),
    /// Over.
    Over {
        /// Why.
        why: CloseReason,
        /// Consent had been given.
        begun: bool,
    },
}

/// The answer to [`Event::Finish`].
#[derive(Clone, PartialEq, Eq)]
pub struct Finished {
    /// What we prove and what is to be proved to us.
    pub proofs: Proofs,
    /// Our nonce, behind the commitment of our first message.
    pub reveal: [u8; NONCE_BYTES],
    /// What both people see.
    pub phrase: CheckPhrase,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Pairing and inner TLS.
    Securing { until: Instant },
    /// Opened; the customer's PAKE message is awaited.
    Opening { until: Instant },
    /// Confirmed; the customer's confirmation is awaited.
    Proving { until: Instant, finished: Option<(Proofs, CheckPhrase)> },
    /// The customer is being asked.
    Asked { until: Instant },
    /// Allowed.
    Active,
    /// Allowed, but cut.
    Away { until: Instant },
    /// Cut, TLS is up again, the customer's proof is awaited.
    Returning { until: Instant, proofs: Proofs },
    /// Nothing more happens.
    Over,
}

impl State {
    fn name(&self) -> &'static str {
        match self {
            Self::Securing { .. } => "the connection is being secured",
            Self::Opening { .. } => "the customer's first message is awaited",
            Self::Proving { .. } => "the password is being checked",
            Self::Asked { .. } => "the customer is being asked",
            Self::Active => "the session is under way",
            Self::Away { .. } => "the session is cut",
            Self::Returning { .. } => "the session is coming back",
            Self::Over => "the session is over",
        }
    }
}

/// The attendant's half of one session.
#[derive(Debug)]
pub struct Attendant {
    session: SessionId,
    state: State,
    want: Grants,
    granted: Grants,
    reconnects: u32,
    /// Ctrl+Alt+Del was asked for, and the answer is awaited.
    pressing: bool,
    /// An administrator's rights were asked for, and the answer is awaited.
    asking: bool,
    events: VecDeque<Event>,
}

impl Attendant {
    /// The pairing is prepared.
    pub fn new(session: SessionId, want: Grants, now: Instant) -> Self {
        Self {
            session,
            state: State::Securing { until: now + limits::HANDSHAKE_WAIT },
            want,
            granted: Grants::NONE,
            reconnects: 0,
            pressing: false,
            asking: false,
            events: VecDeque::new(),
        }
    }

    /// The inner TLS is up, for the first time: our PAKE message goes out, with the commitment to our nonce.
    pub fn secured(&mut self, pake: PakeMessage, commitment: [u8; COMMITMENT_BYTES]) -> Result<(), Violation> {
        let State::Securing { until } = self.state else {
            return Err(Violation::OutOfTurn { said: "a secured connection", state: self.state.name() });
        };
        self.state = State::Opening { until };
        self.events.push_back(Event::Say(FromAttendant::Open { pake, want: self.want, commitment }));
        Ok(())
    }

    /// The inner TLS is up again after a cut.
    pub fn secured_again(&mut self, proofs: Proofs) -> Result<(), Violation> {
        let State::Away { until } = self.state else {
            return Err(Violation::OutOfTurn { said: "a secured connection", state: self.state.name() });
        };
        self.events.push_back(Event::Say(FromAttendant::Resume(proofs.own)));
        self.state = State::Returning { until, proofs };
        Ok(())
    }

    /// A message of the customer before consent.
    pub fn handle_handshake(&mut self, message: FromCustomer, now: Instant) -> Result<(), Violation> {
        match (message, &self.state) {
            (FromCustomer::Pake { pake, nonce }, State::Opening { until }) => {
                self.state = State::Proving { until: *until, finished: None };
                self.events.push_back(Event::Finish { pake, nonce });
                Ok(())
            }
            (FromCustomer::Asking(proof), State::Proving { finished: Some((proofs, phrase)), .. }) => {
                if !proofs.fits(&proof) {
                    return Err(Violation::Proof);
                }
                self.events.push_back(Event::Asking(*phrase));
                // The customer's clock ends the question; this is only against a customer's program that hangs.
                self.state = State::Asked { until: now + limits::CONSENT_WAIT + limits::HANDSHAKE_WAIT };
                Ok(())
            }
            (FromCustomer::Granted(granted), State::Asked { .. }) => {
                self.granted = granted.and(self.want);
                self.state = State::Active;
                self.events.push_back(Event::Start(self.granted));
                Ok(())
            }
            (FromCustomer::Resumed { proof, granted }, State::Returning { proofs, .. }) => {
                if !proofs.fits(&proof) {
                    return Err(Violation::Proof);
                }
                self.granted = granted.and(self.want);
                self.reconnects += 1;
                self.state = State::Active;
                self.events.push_back(Event::Resume(self.granted));
                Ok(())
            }
            (
                FromCustomer::No(refused),
                State::Opening { .. } | State::Proving { .. } | State::Asked { .. } | State::Returning { .. },
            ) => {
                let why = match refused {
                    Refused::WrongPassword => CloseReason::WrongPassword,
                    Refused::ByCustomer => CloseReason::Refused,
                    Refused::NoAnswer => CloseReason::NoAnswer,
                    Refused::NoSession => CloseReason::ConnectionLost,
                };
                self.finish(why);
                Ok(())
            }
            (_, State::Over) => Ok(()),
            (message, state) => {
                let said = match message {
                    FromCustomer::Pake { .. } => "a PAKE message",
                    FromCustomer::Asking(_) => "a confirmation",
                    FromCustomer::Granted(_) => "a grant",
                    FromCustomer::Resumed { .. } => "a resumption",
                    FromCustomer::No(_) => "a refusal",
                };
                Err(Violation::OutOfTurn { said, state: state.name() })
            }
        }
    }

    /// The answer to [`Event::Finish`] is ready: our nonce is shown now, when the customer's is known. `None`: the customer's message
    /// was not one the PAKE can answer.
    pub fn pake_finished(&mut self, finished: Option<Finished>) -> Result<(), Violation> {
        let State::Proving { finished: slot @ None, .. } = &mut self.state else { return Ok(()) };
        let Finished { proofs, reveal, phrase } = finished.ok_or(Violation::Proof)?;
        self.events.push_back(Event::Say(FromAttendant::Confirm { proof: proofs.own, reveal }));
        *slot = Some((proofs, phrase));
        Ok(())
    }

    /// A message of the customer in the session.
    pub fn handle_control(&mut self, message: Control) -> Result<(), Violation> {
        if matches!(self.state, State::Over) {
            return Ok(());
        }
        let State::Active = self.state else {
            return Err(Violation::OutOfTurn { said: "a word of the session", state: self.state.name() });
        };
        match message {
            Control::Grants(granted) => {
                self.granted = granted.and(self.want);
                self.events.push_back(Event::Changed(self.granted));
            }
            Control::Ping(number) => self.events.push_back(Event::Control(Control::Pong(number))),
            Control::Pong(number) => self.events.push_back(Event::Pong(number)),
            Control::Refresh => {
                return Err(Violation::OutOfTurn { said: "a call for a new picture", state: self.state.name() });
            }
            Control::CtrlAltDel => {
                return Err(Violation::OutOfTurn { said: "a call for keys", state: self.state.name() });
            }
            Control::AskAdministrator => {
                return Err(Violation::OutOfTurn { said: "a call for rights", state: self.state.name() });
            }
            Control::OnlyCustomer(shown) => self.events.push_back(Event::OnlyCustomer(shown)),
            // Nobody is told what was not asked for.
            Control::CtrlAltDelDone(what) => {
                if std::mem::take(&mut self.pressing) {
                    self.events.push_back(Event::CtrlAltDel(what));
                }
            }
            Control::Administrator(what) => {
                let asked = std::mem::take(&mut self.asking);
                // They are told anew behind a cut, and may end at any time.
                if asked || matches!(what, Administrator::Granted | Administrator::Ended) {
                    self.events.push_back(Event::Administrator(what));
                }
            }
            Control::Stats(stats) => self.events.push_back(Event::Stats(stats)),
            Control::End(why) => self.finish(match why {
                CloseReason::EndedByAttendant => CloseReason::EndedByCustomer,
                why => why,
            }),
        }
        Ok(())
    }

    /// Asks for the round trip to the customer.
    pub fn ping(&mut self, number: u32) {
        if self.may_show() {
            self.events.push_back(Event::Control(Control::Ping(number)));
        }
    }

    /// The picture cannot be continued here: asks for a new one.
    pub fn refresh(&mut self) {
        if self.may_show() {
            self.events.push_back(Event::Control(Control::Refresh));
        }
    }

    /// Asks for Ctrl+Alt+Del there, where mouse and keyboard may be sent; once until it is answered. Only for a customer who speaks
    /// [`crate::version::ALPN_INNER_ATTENTION`].
    pub fn ctrl_alt_del(&mut self) {
        if self.may_control() && !std::mem::replace(&mut self.pressing, true) {
            self.events.push_back(Event::Control(Control::CtrlAltDel));
        }
    }

    /// Asks for an administrator's rights for mouse and keyboard, where these may be sent; once until it is answered. Only for a customer who
    /// speaks [`crate::version::ALPN_INNER_ADMINISTRATOR`].
    pub fn ask_administrator(&mut self) {
        if self.may_control() && !std::mem::replace(&mut self.asking, true) {
            self.events.push_back(Event::Control(Control::AskAdministrator));
        }
    }

    /// May mouse and keyboard be sent?
    pub fn may_control(&self) -> bool {
        matches!(self.state, State::Active) && self.granted.control
    }

    /// May a picture be shown? Anything before is not to be drawn.
    pub fn may_show(&self) -> bool {
        matches!(self.state, State::Active)
    }

    /// The way to the customer is gone (either hop).
    pub fn handle_lost(&mut self, now: Instant) {
        match self.state {
            State::Active => {
                (self.pressing, self.asking) = (false, false);
                self.events.push_back(Event::Pause);
                self.state = State::Away { until: now + limits::RESUME_WITHIN };
            }
            State::Returning { until, .. } => self.state = State::Away { until },
            State::Away { .. } | State::Over => {}
            _ => self.finish(CloseReason::ConnectionLost),
        }
    }

    /// The attendant ends it or gives up, or the program does for this reason.
    pub fn end(&mut self, why: CloseReason) {
        match self.state {
            State::Over => return,
            State::Active => self.events.push_back(Event::Control(Control::End(why))),
            State::Opening { .. } | State::Proving { .. } | State::Asked { .. } => {
                self.events.push_back(Event::Say(FromAttendant::Cancel))
            }
            _ => {}
        }
        let begun = self.begun();
        self.finish(if begun || why != CloseReason::EndedByAttendant { why } else { CloseReason::Cancelled });
    }

    /// Call when [`Self::poll_timeout`] is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_some_and(|until| now >= until) {
            let why = if matches!(self.state, State::Asked { .. }) {
                CloseReason::NoAnswer
            } else {
                CloseReason::ConnectionLost
            };
            self.finish(why);
        }
    }

    /// When [`Self::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Securing { until }
            | State::Opening { until }
            | State::Proving { until, .. }
            | State::Asked { until }
            | State::Away { until }
            | State::Returning { until, .. } => Some(until),
            State::Active | State::Over => None,
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

    /// Times the session was cut and came back.
    pub fn reconnects(&self) -> u32 {
        self.reconnects
    }

    /// Is there a session that could come back?
    pub fn is_away(&self) -> bool {
        matches!(self.state, State::Away { .. } | State::Returning { .. })
    }

    fn begun(&self) -> bool {
        matches!(self.state, State::Active | State::Away { .. } | State::Returning { .. })
    }

    fn finish(&mut self, why: CloseReason) {
        let begun = self.begun();
        self.granted = Grants::NONE;
        self.state = State::Over;
        self.events.push_back(Event::Over { why, begun });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;
    use crate::message::handshake::PAKE_BYTES;

    fn pake() -> PakeMessage {
        PakeMessage::try_from(vec![9; PAKE_BYTES]).unwrap()
    }

    fn proofs() -> Proofs {
        Proofs { own: [1; 32], expected: [2; 32] }
    }

    fn phrase() -> CheckPhrase {
        CheckPhrase::from_hash([7; 8])
    }

    fn finished() -> Finished {
        Finished { proofs: proofs(), reveal: [4; 32], phrase: phrase() }
    }

    fn drain(machine: &mut Attendant) -> Vec<Event> {
        std::iter::from_fn(|| machine.poll_event()).collect()
    }

    fn asked(now: Instant) -> Attendant {
        let mut machine = Attendant::new(SessionId::from_bytes([1; 16]), Grants::VIEW, now);
        machine.secured(pake(), [5; 32]).unwrap();
        machine.handle_handshake(FromCustomer::Pake { pake: pake(), nonce: [6; 32] }, now).unwrap();
        machine.pake_finished(Some(finished())).unwrap();
        machine.handle_handshake(FromCustomer::Asking([2; 32]), now).unwrap();
        machine
    }

    #[test]
    fn a_customer_who_does_not_know_the_password_gets_no_further() {
        let now = Instant::now();
        let mut machine = Attendant::new(SessionId::from_bytes([1; 16]), Grants::VIEW, now);
        machine.secured(pake(), [5; 32]).unwrap();
        assert!(machine.handle_handshake(FromCustomer::Granted(Grants::CONTROL), now).is_err());
        machine.handle_handshake(FromCustomer::Pake { pake: pake(), nonce: [6; 32] }, now).unwrap();
        assert!(machine.handle_handshake(FromCustomer::Asking([0; 32]), now).is_err(), "before our own proof");
        machine.pake_finished(Some(finished())).unwrap();
        assert_eq!(machine.handle_handshake(FromCustomer::Asking([3; 32]), now), Err(Violation::Proof));
        assert!(!machine.may_show());
    }

    #[test]
    fn the_nonce_is_shown_once_and_only_after_the_customers_and_the_phrase_only_after_the_proof() {
        let now = Instant::now();
        let mut machine = Attendant::new(SessionId::from_bytes([1; 16]), Grants::VIEW, now);
        machine.pake_finished(Some(finished())).unwrap();
        machine.secured(pake(), [5; 32]).unwrap();
        machine.pake_finished(Some(finished())).unwrap();
        let open = Event::Say(FromAttendant::Open { pake: pake(), want: Grants::VIEW, commitment: [5; 32] });
        assert_eq!(drain(&mut machine), [open], "committed to, not shown");
        machine.handle_handshake(FromCustomer::Pake { pake: pake(), nonce: [6; 32] }, now).unwrap();
        assert_eq!(drain(&mut machine), [Event::Finish { pake: pake(), nonce: [6; 32] }]);
        machine.pake_finished(Some(finished())).unwrap();
        machine.pake_finished(Some(finished())).unwrap();
        assert_eq!(drain(&mut machine), [Event::Say(FromAttendant::Confirm { proof: [1; 32], reveal: [4; 32] })]);
        assert!(machine.handle_handshake(FromCustomer::Pake { pake: pake(), nonce: [8; 32] }, now).is_err());
        machine.handle_handshake(FromCustomer::Asking([2; 32]), now).unwrap();
        assert_eq!(drain(&mut machine), [Event::Asking(phrase())]);
    }

    #[test]
    fn no_more_is_taken_than_was_asked_for() {
        let now = Instant::now();
        let mut machine = asked(now);
        machine.handle_handshake(FromCustomer::Granted(Grants::CONTROL), now).unwrap();
        assert_eq!(drain(&mut machine).last(), Some(&Event::Start(Grants::VIEW)));
        assert!(!machine.may_control());
    }

    #[test]
    fn rights_are_asked_for_with_control_only_and_no_answer_comes_unasked() {
        use Administrator::*;
        let now = Instant::now();
        let ask = Event::Control(Control::AskAdministrator);
        let mut machine = asked(now);
        machine.handle_handshake(FromCustomer::Granted(Grants::VIEW), now).unwrap();
        machine.ask_administrator();
        assert!(!drain(&mut machine).contains(&ask), "only to see");

        let mut machine = Attendant { want: Grants::CONTROL, ..asked(now) };
        machine.handle_handshake(FromCustomer::Granted(Grants::CONTROL), now).unwrap();
        drain(&mut machine);
        let tell = |machine: &mut Attendant, what| {
            machine.handle_control(Control::Administrator(what)).unwrap();
            drain(machine)
        };
        assert_eq!(tell(&mut machine, Refused), [], "nobody asked");
        machine.ask_administrator();
        machine.ask_administrator();
        assert_eq!(drain(&mut machine), std::slice::from_ref(&ask));
        assert_eq!(tell(&mut machine, Refused), [Event::Administrator(Refused)]);
        machine.ask_administrator();
        assert_eq!(drain(&mut machine), std::slice::from_ref(&ask));
        assert_eq!(tell(&mut machine, Granted), [Event::Administrator(Granted)]);
        assert_eq!(tell(&mut machine, Ended), [Event::Administrator(Ended)], "at any time");
        assert!(machine.handle_control(Control::AskAdministrator).is_err(), "from the customer");

        // Behind a cut it can be asked for anew, and what is had is told anew.
        machine.ask_administrator();
        machine.handle_lost(now);
        machine.secured_again(proofs()).unwrap();
        machine.handle_handshake(FromCustomer::Resumed { proof: [2; 32], granted: Grants::CONTROL }, now).unwrap();
        drain(&mut machine);
        assert_eq!(tell(&mut machine, Granted), [Event::Administrator(Granted)]);
        machine.ask_administrator();
        assert_eq!(drain(&mut machine), [ask]);
    }

    #[test]
    fn ctrl_alt_del_is_asked_for_with_control_only_and_told_once() {
        let now = Instant::now();
        let mut machine = asked(now);
        machine.ctrl_alt_del();
        machine.handle_handshake(FromCustomer::Granted(Grants::VIEW), now).unwrap();
        machine.ctrl_alt_del();
        assert!(!drain(&mut machine).contains(&Event::Control(Control::CtrlAltDel)), "only to see");

        let mut machine = Attendant { want: Grants::CONTROL, ..asked(now) };
        machine.handle_handshake(FromCustomer::Granted(Grants::CONTROL), now).unwrap();
        drain(&mut machine);
        let done = Control::CtrlAltDelDone(Attention::Typed);
        machine.handle_control(done.clone()).unwrap();
        assert_eq!(drain(&mut machine), [], "nobody had asked");
        machine.ctrl_alt_del();
        machine.ctrl_alt_del();
        assert_eq!(drain(&mut machine), [Event::Control(Control::CtrlAltDel)]);
        machine.handle_control(done.clone()).unwrap();
        machine.handle_control(done).unwrap();
        assert_eq!(drain(&mut machine), [Event::CtrlAltDel(Attention::Typed)]);
        assert!(machine.handle_control(Control::CtrlAltDel).is_err(), "a customer presses nothing here");
    }

    #[test]
    fn giving_up_before_the_answer_is_a_cancellation() {
        let now = Instant::now();
        let mut machine = asked(now);
        drain(&mut machine);
        machine.end(CloseReason::EndedByAttendant);
        assert_eq!(
            drain(&mut machine),
            [Event::Say(FromAttendant::Cancel), Event::Over { why: CloseReason::Cancelled, begun: false }]
        );
    }

    #[test]
    fn each_no_has_its_reason() {
        for (refused, why) in [
            (Refused::WrongPassword, CloseReason::WrongPassword),
            (Refused::ByCustomer, CloseReason::Refused),
            (Refused::NoAnswer, CloseReason::NoAnswer),
        ] {
            let now = Instant::now();
            let mut machine = asked(now);
            machine.handle_handshake(FromCustomer::No(refused), now).unwrap();
            assert_eq!(drain(&mut machine).last(), Some(&Event::Over { why, begun: false }));
        }
    }

    #[test]
    fn a_cut_session_comes_back_to_the_customer_who_has_the_proof() {
        let now = Instant::now();
        let mut machine = asked(now);
        machine.handle_handshake(FromCustomer::Granted(Grants::VIEW), now).unwrap();
        machine.handle_lost(now);
        assert!(!machine.may_show());
        machine.secured_again(proofs()).unwrap();
        assert_eq!(
            machine.handle_handshake(FromCustomer::Resumed { proof: [0; 32], granted: Grants::VIEW }, now),
            Err(Violation::Proof)
        );
        machine.handle_handshake(FromCustomer::Resumed { proof: [2; 32], granted: Grants::CONTROL }, now).unwrap();
        assert!(machine.may_show() && !machine.may_control(), "no more comes back than was asked for");
        machine.handle_lost(now + Duration::from_secs(60));
        machine.handle_timeout(now + Duration::from_secs(90));
        assert_eq!(drain(&mut machine).last(), Some(&Event::Over { why: CloseReason::ConnectionLost, begun: true }));
    }
}
