//! Stories of the customer's machine.
#![allow(clippy::unwrap_used)]
mod administrator;

use super::*;
use crate::message::handshake::PAKE_BYTES;

fn peer() -> Peer {
    Peer { operator: OperatorId::from_bytes([3; 16]), name: ShownText::lossy("Ana") }
}

fn pake() -> PakeMessage {
    PakeMessage::try_from(vec![9; PAKE_BYTES]).unwrap()
}

fn proofs() -> Proofs {
    Proofs { own: [1; 32], expected: [2; 32] }
}

fn answered() -> Answered {
    Answered { reply: pake(), nonce: [6; 32], proofs: proofs() }
}

fn phrase() -> CheckPhrase {
    CheckPhrase::from_hash([7; 8])
}

fn open(want: Grants) -> FromAttendant {
    FromAttendant::Open { pake: pake(), want, commitment: [5; 32] }
}

fn confirm(proof: [u8; 32]) -> FromAttendant {
    FromAttendant::Confirm { proof, reveal: [4; 32] }
}

fn drain(machine: &mut Customer) -> Vec<Event> {
    std::iter::from_fn(|| machine.poll_event()).collect()
}

fn asked(now: Instant) -> Customer {
    let mut machine = Customer::new(SessionId::from_bytes([1; 16]), now);
    machine.secured(peer(), None).unwrap();
    machine.handle_handshake(open(Grants::CONTROL)).unwrap();
    machine.pake_answered(Some(answered()));
    machine.handle_handshake(confirm([2; 32])).unwrap();
    machine.revealed(Some(phrase()), now).unwrap();
    machine
}

fn active(now: Instant) -> Customer {
    let mut machine = asked(now);
    machine.answer(true, true, now + limits::CONSENT_ARMS_AFTER);
    drain(&mut machine);
    machine
}

#[test]
fn a_watch_is_to_see_only_whatever_is_asked_for_or_given() {
    let now = Instant::now();
    let mut machine = Customer::watched(SessionId::from_bytes([2; 16]), now);
    machine.secured(peer(), None).unwrap();
    machine.handle_handshake(open(Grants::CONTROL)).unwrap();
    machine.pake_answered(Some(answered()));
    machine.handle_handshake(confirm([2; 32])).unwrap();
    machine.revealed(Some(phrase()), now).unwrap();
    let asked = drain(&mut machine).into_iter().find_map(|event| match event {
        Event::Ask { want, .. } => Some(want),
        _ => None,
    });
    assert_eq!(asked, Some(Grants::VIEW));
    machine.answer(true, true, now + limits::CONSENT_ARMS_AFTER);
    assert!(drain(&mut machine).contains(&Event::Start(Consent { granted: Grants::VIEW })));
    machine.allow_control(true);
    machine.handle_input(Input::Text("x".to_owned().try_into().unwrap())).unwrap();
    assert_eq!(drain(&mut machine), []);
    machine.end(CloseReason::WatchedOver);
    let said = drain(&mut machine);
    assert!(said.contains(&Event::Say(Control::End(CloseReason::WatchedOver))), "{said:?}");
}

#[test]
fn while_another_question_is_open_an_attendant_who_controls_cannot_answer_it() {
    let now = Instant::now();
    let mut machine = active(now);
    machine.hold_input(true);
    assert_eq!(drain(&mut machine), [Event::Inject(Input::ReleaseAll)], "what is held down is let go");
    machine.handle_input(Input::Move { x: 1, y: 1 }).unwrap();
    machine.hold_input(true);
    assert_eq!(drain(&mut machine), []);
    machine.hold_input(false);
    machine.handle_input(Input::Move { x: 1, y: 1 }).unwrap();
    assert_eq!(drain(&mut machine), [Event::Inject(Input::Move { x: 1, y: 1 })]);
}

#[test]
fn ctrl_alt_del_is_pressed_once_until_it_is_answered_and_by_nobody_who_may_not() {
    let now = Instant::now();
    let mut machine = active(now);
    let done = |what| Event::Say(Control::CtrlAltDelDone(what));
    for _ in 0..1_000 {
        machine.handle_control(Control::CtrlAltDel).unwrap();
    }
    assert_eq!(drain(&mut machine), [Event::CtrlAltDel], "however often it is asked for");
    machine.ctrl_alt_del_done(Attention::PolicyForbids);
    machine.ctrl_alt_del_done(Attention::Typed);
    assert_eq!(drain(&mut machine), [done(Attention::PolicyForbids)]);

    // While another question is on the screen, and without mouse and keyboard.
    machine.hold_input(true);
    drain(&mut machine);
    machine.handle_control(Control::CtrlAltDel).unwrap();
    assert_eq!(drain(&mut machine), [done(Attention::NotAllowed)]);
    machine.hold_input(false);
    machine.allow_control(false);
    drain(&mut machine);
    machine.handle_control(Control::CtrlAltDel).unwrap();
    assert_eq!(drain(&mut machine), [done(Attention::NotAllowed)]);

    // Behind a cut nobody waits for an answer, and it can be asked for anew.
    machine.allow_control(true);
    drain(&mut machine);
    machine.handle_control(Control::CtrlAltDel).unwrap();
    machine.handle_lost(now);
    drain(&mut machine);
    machine.ctrl_alt_del_done(Attention::Typed);
    assert_eq!(drain(&mut machine), []);
    machine.secured(peer(), Some(proofs())).unwrap();
    machine.handle_handshake(FromAttendant::Resume([2; 32])).unwrap();
    drain(&mut machine);
    machine.handle_control(Control::CtrlAltDel).unwrap();
    assert_eq!(drain(&mut machine), [Event::CtrlAltDel]);
    machine.end(CloseReason::EndedByCustomer);
    drain(&mut machine);
    machine.ctrl_alt_del_done(Attention::Typed);
    assert_eq!(drain(&mut machine), []);
}

#[test]
fn nothing_is_shared_before_the_customer_allows_it() {
    let now = Instant::now();
    let mut machine = asked(now);
    assert!(machine.handle_input(Input::ReleaseAll).is_err());
    assert!(machine.handle_control(Control::Ping(1)).is_err());
    machine.answer(true, true, now + limits::CONSENT_ARMS_AFTER - Duration::from_millis(1));
    assert!(!drain(&mut machine).iter().any(|e| matches!(e, Event::Start(_))), "the button was not armed");
    machine.answer(true, true, now + limits::CONSENT_ARMS_AFTER);
    assert!(drain(&mut machine).contains(&Event::Start(Consent { granted: Grants::CONTROL })));
}

#[test]
fn a_wrong_password_ends_it_with_a_no() {
    let now = Instant::now();
    let mut machine = Customer::new(SessionId::from_bytes([1; 16]), now);
    machine.secured(peer(), None).unwrap();
    machine.handle_handshake(open(Grants::VIEW)).unwrap();
    machine.pake_answered(Some(answered()));
    machine.handle_handshake(confirm([3; 32])).unwrap();
    let events = drain(&mut machine);
    assert!(!events.contains(&Event::GuessWasRight));
    assert_eq!(events.last(), Some(&Event::Over { why: CloseReason::WrongPassword, begun: false }));
}

#[test]
fn a_confirmation_cannot_come_before_the_pake_is_answered() {
    let now = Instant::now();
    let mut machine = Customer::new(SessionId::from_bytes([1; 16]), now);
    machine.secured(peer(), None).unwrap();
    machine.handle_handshake(open(Grants::VIEW)).unwrap();
    assert!(machine.handle_handshake(confirm([0; 32])).is_err());
    assert!(machine.handle_handshake(open(Grants::VIEW)).is_err());
}

#[test]
fn nobody_answers_and_nothing_was_shared() {
    let now = Instant::now();
    let mut machine = asked(now);
    drain(&mut machine);
    assert_eq!(machine.poll_timeout(), Some(now + limits::CONSENT_WAIT));
    machine.handle_timeout(now + limits::CONSENT_WAIT);
    assert_eq!(
        drain(&mut machine),
        [
            Event::Answer(FromCustomer::No(Refused::NoAnswer)),
            Event::CloseQuestion,
            Event::Over { why: CloseReason::NoAnswer, begun: false }
        ]
    );
}

#[test]
fn control_that_was_not_granted_moves_nothing() {
    let now = Instant::now();
    let mut machine = asked(now);
    machine.answer(true, false, now + limits::CONSENT_ARMS_AFTER);
    drain(&mut machine);
    machine.handle_input(Input::Move { x: 1, y: 1 }).unwrap();
    assert_eq!(drain(&mut machine), []);
    machine.allow_control(true);
    drain(&mut machine);
    machine.handle_input(Input::Move { x: 1, y: 1 }).unwrap();
    assert_eq!(drain(&mut machine), [Event::Inject(Input::Move { x: 1, y: 1 })]);
    machine.allow_control(false);
    assert_eq!(drain(&mut machine)[0], Event::Inject(Input::ReleaseAll));
}

#[test]
fn a_cut_session_comes_back_without_a_new_question_only_to_the_same_attendant_with_the_right_proof() {
    let now = Instant::now();
    let mut machine = active(now);
    machine.handle_lost(now);
    assert_eq!(drain(&mut machine), [Event::Pause]);
    let somebody_else = Peer { operator: OperatorId::from_bytes([4; 16]), ..peer() };
    assert_eq!(machine.secured(somebody_else, Some(proofs())), Err(Violation::Identity));
    machine.secured(peer(), Some(proofs())).unwrap();
    assert_eq!(machine.handle_handshake(FromAttendant::Resume([0; 32])), Err(Violation::Proof));
    assert!(machine.handle_handshake(open(Grants::VIEW)).is_err());
    machine.handle_handshake(FromAttendant::Resume([2; 32])).unwrap();
    assert_eq!(drain(&mut machine).last(), Some(&Event::Resume(Grants::CONTROL)));
    assert_eq!(machine.reconnects(), 1);
}

#[test]
fn a_cut_session_that_does_not_come_back_ends() {
    let now = Instant::now();
    let mut machine = active(now);
    machine.handle_lost(now);
    machine.secured(peer(), None).unwrap();
    machine.handle_lost(now + Duration::from_secs(5));
    drain(&mut machine);
    assert_eq!(
        machine.poll_timeout(),
        Some(now + limits::RESUME_WITHIN),
        "coming back and being cut again gives no more time"
    );
    machine.handle_timeout(now + limits::RESUME_WITHIN);
    assert_eq!(drain(&mut machine).last(), Some(&Event::Over { why: CloseReason::ConnectionLost, begun: true }));
}

#[test]
fn end_says_so_and_stops_everything_once() {
    let now = Instant::now();
    let mut machine = active(now);
    machine.end(CloseReason::EndedByCustomer);
    let events = drain(&mut machine);
    assert_eq!(events[0], Event::Say(Control::End(CloseReason::EndedByCustomer)));
    assert_eq!(events[1], Event::Inject(Input::ReleaseAll));
    assert_eq!(events[2], Event::Over { why: CloseReason::EndedByCustomer, begun: true });
    machine.end(CloseReason::EndedByCustomer);
    machine.handle_lost(now);
    machine.handle_control(Control::End(CloseReason::EndedByAttendant)).unwrap();
    assert_eq!(drain(&mut machine), []);
}

/// The password is right, and the nonce shown with it is to be checked.
fn revealing(now: Instant) -> Customer {
    let mut machine = Customer::new(SessionId::from_bytes([1; 16]), now);
    machine.secured(peer(), None).unwrap();
    machine.handle_handshake(open(Grants::CONTROL)).unwrap();
    machine.pake_answered(Some(answered()));
    machine.handle_handshake(confirm([2; 32])).unwrap();
    machine
}

#[test]
fn the_nonce_that_is_shown_is_checked_against_the_commitment_before_anybody_is_asked() {
    let now = Instant::now();
    let mut machine = revealing(now);
    let events = drain(&mut machine);
    let reveal = Reveal { commitment: [5; 32], attendant: [4; 32], customer: [6; 32] };
    assert_eq!(events.last(), Some(&Event::Reveal(reveal)));
    assert!(!events.iter().any(|event| matches!(event, Event::Ask { .. } | Event::GuessWasRight)));
    machine.answer(true, true, now + limits::CONSENT_ARMS_AFTER);
    assert_eq!(drain(&mut machine), [], "there is no question yet");
    machine.revealed(Some(phrase()), now).unwrap();
    let ask = Event::Ask { peer: peer(), want: Grants::CONTROL, phrase: phrase() };
    assert_eq!(
        drain(&mut machine),
        [Event::GuessWasRight, Event::Answer(FromCustomer::Asking([1; 32])), ask],
        "the phrase comes with the question"
    );
}

#[test]
fn a_nonce_that_was_not_committed_to_ends_it_without_a_question() {
    let now = Instant::now();
    let mut machine = revealing(now);
    drain(&mut machine);
    assert_eq!(machine.revealed(None, now), Err(Violation::Commitment));
    machine.end(CloseReason::Violation);
    assert_eq!(drain(&mut machine), [Event::Over { why: CloseReason::Violation, begun: false }], "the guess counts");
    machine.revealed(Some(phrase()), now).unwrap();
    assert_eq!(drain(&mut machine), []);
}

#[test]
fn a_commitment_is_opened_once_in_its_turn_and_never_late() {
    let now = Instant::now();
    let mut machine = revealing(now);
    assert!(machine.handle_handshake(confirm([2; 32])).is_err(), "again, while it is looked at");
    machine.revealed(Some(phrase()), now).unwrap();
    assert!(machine.handle_handshake(confirm([2; 32])).is_err(), "again, while the customer is asked");
    machine.answer(true, true, now + limits::CONSENT_ARMS_AFTER);
    drain(&mut machine);
    assert!(machine.handle_handshake(confirm([2; 32])).is_err(), "again, in the session");
    machine.revealed(Some(CheckPhrase::from_hash([8; 8])), now).unwrap();
    assert_eq!(drain(&mut machine), [], "no second phrase");

    let mut machine = revealing(now);
    drain(&mut machine);
    machine.handle_timeout(now + limits::HANDSHAKE_WAIT);
    assert_eq!(drain(&mut machine), [Event::Over { why: CloseReason::ConnectionLost, begun: false }]);
    machine.revealed(Some(phrase()), now).unwrap();
    assert_eq!(drain(&mut machine), [], "after its time");
}

#[test]
fn the_customers_nonce_goes_out_once_and_only_after_the_commitment_is_in() {
    let now = Instant::now();
    let mut machine = Customer::new(SessionId::from_bytes([1; 16]), now);
    machine.secured(peer(), None).unwrap();
    machine.pake_answered(Some(answered()));
    assert_eq!(drain(&mut machine), [], "nothing is committed to yet");
    machine.handle_handshake(open(Grants::VIEW)).unwrap();
    machine.pake_answered(Some(answered()));
    machine.pake_answered(Some(Answered { nonce: [9; 32], ..answered() }));
    let pake = Event::Answer(FromCustomer::Pake { pake: pake(), nonce: [6; 32] });
    assert_eq!(drain(&mut machine)[1..], [pake], "one nonce, whatever follows");
}
