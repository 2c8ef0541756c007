//! An administrator's rights: with control only, by the customer's own yes only, and never longer than mouse and keyboard.

use super::*;
use crate::message::control::Administrator::{self, *};

fn told(what: Administrator) -> Event {
    Event::Say(Control::Administrator(what))
}

fn ask(machine: &mut Customer) -> Vec<Event> {
    machine.handle_control(Control::AskAdministrator).unwrap();
    drain(machine)
}

/// The question is on the screen.
fn questioned(now: Instant) -> Customer {
    let mut machine = active(now);
    assert_eq!(ask(&mut machine), [Event::LookAdministrator]);
    machine.administrator_possible(Possible::Yes, now);
    assert_eq!(drain(&mut machine), [Event::Inject(Input::ReleaseAll), Event::AskAdministrator]);
    machine
}

/// The customer has said yes, and the system asks.
fn starting(now: Instant) -> Customer {
    let mut machine = questioned(now);
    machine.answer_administrator(true, now + limits::CONSENT_ARMS_AFTER);
    assert_eq!(drain(&mut machine), [Event::CloseAdministrator, Event::StartAdministrator]);
    machine
}

/// Mouse and keyboard have the rights.
fn had(now: Instant) -> Customer {
    let mut machine = starting(now);
    machine.administrator_started(Ok(()));
    assert_eq!(drain(&mut machine), [told(Granted), Event::Administrator(true)]);
    assert!(machine.has_administrator());
    machine
}

#[test]
fn they_are_asked_for_once_and_with_mouse_and_keyboard_only() {
    let now = Instant::now();
    let mut machine = active(now);
    machine.allow_control(false);
    drain(&mut machine);
    assert_eq!(ask(&mut machine), [told(NotAllowed)]);
    machine.allow_control(true);
    machine.hold_input(true);
    drain(&mut machine);
    assert_eq!(ask(&mut machine), [told(NotAllowed)], "another question is on the screen");

    for (possible, what) in [(Possible::Already, Already), (Possible::No, Unavailable)] {
        let mut machine = active(now);
        ask(&mut machine);
        assert_eq!(ask(&mut machine), [], "again, while it is looked");
        machine.administrator_possible(possible, now);
        assert_eq!(drain(&mut machine), [told(what)]);
        assert_eq!(ask(&mut machine), [Event::LookAdministrator], "anew");
    }
    for mut machine in [questioned(now), starting(now)] {
        assert_eq!(ask(&mut machine), [], "again, while it is asked");
    }
    assert_eq!(ask(&mut had(now)), [told(Granted)]);
}

#[test]
fn the_attendant_cannot_answer_and_a_click_under_way_does_not() {
    let now = Instant::now();
    let input = Input::Key { code: 28, down: true };
    let mut machine = questioned(now);
    machine.answer_administrator(true, now + limits::CONSENT_ARMS_AFTER - Duration::from_millis(1));
    machine.handle_input(input.clone()).unwrap();
    machine.handle_control(Control::CtrlAltDel).unwrap();
    assert_eq!(drain(&mut machine), [Event::Say(Control::CtrlAltDelDone(Attention::NotAllowed))]);

    let mut machine = starting(now);
    machine.handle_input(input.clone()).unwrap();
    assert_eq!(drain(&mut machine), [], "the system asks");
    machine.administrator_started(Err(Declined));
    assert_eq!(drain(&mut machine), [told(Declined)]);
    machine.handle_input(input.clone()).unwrap();
    assert_eq!(drain(&mut machine), [Event::Inject(input)]);
    assert!(!machine.has_administrator());
}

#[test]
fn no_is_no_and_so_is_nothing_in_time() {
    let now = Instant::now();
    let mut machine = questioned(now);
    machine.answer_administrator(false, now);
    assert_eq!(drain(&mut machine), [Event::CloseAdministrator, told(Refused)]);
    machine.answer_administrator(true, now + limits::CONSENT_WAIT);
    assert_eq!(drain(&mut machine), [], "a yes to nothing");

    let mut machine = questioned(now);
    assert_eq!(machine.poll_timeout(), Some(now + limits::CONSENT_WAIT));
    machine.handle_timeout(now + limits::CONSENT_WAIT - Duration::from_millis(1));
    assert_eq!(drain(&mut machine), []);
    machine.handle_timeout(now + limits::CONSENT_WAIT);
    assert_eq!(drain(&mut machine), [Event::CloseAdministrator, told(Refused)]);
    assert_eq!(machine.poll_timeout(), None);
}

#[test]
fn they_go_with_mouse_and_keyboard() {
    let now = Instant::now();
    let rest = || [Event::Say(Control::Grants(Grants::VIEW)), Event::Changed(Grants::VIEW)];
    for (mut machine, events) in [
        (questioned(now), vec![Event::CloseAdministrator, told(Refused)]),
        (starting(now), vec![told(Refused)]),
        (had(now), vec![told(Ended), Event::Administrator(false)]),
    ] {
        machine.allow_control(false);
        let all: Vec<Event> = [Event::Inject(Input::ReleaseAll)].into_iter().chain(events).chain(rest()).collect();
        assert_eq!(drain(&mut machine), all);
        // The system's answer comes too late.
        machine.administrator_started(Ok(()));
        assert_eq!(drain(&mut machine), []);
        assert!(!machine.has_administrator());
    }
    let mut machine = had(now);
    machine.administrator_gone();
    machine.administrator_gone();
    assert_eq!(drain(&mut machine), [told(Ended), Event::Administrator(false)], "they ended by themselves, once");
}

#[test]
fn a_cut_closes_the_question_and_keeps_what_was_given() {
    let now = Instant::now();
    let back = |machine: &mut Customer| {
        machine.secured(peer(), Some(proofs())).unwrap();
        machine.handle_handshake(FromAttendant::Resume([2; 32])).unwrap();
        drain(machine)
    };
    let mut machine = questioned(now);
    machine.handle_lost(now);
    assert_eq!(drain(&mut machine), [Event::CloseAdministrator, Event::Pause]);
    machine.answer_administrator(true, now + limits::CONSENT_ARMS_AFTER);
    assert_eq!(drain(&mut machine), []);
    assert_eq!(back(&mut machine).last(), Some(&Event::Resume(Grants::CONTROL)));

    let mut machine = had(now);
    machine.handle_lost(now);
    drain(&mut machine);
    assert!(machine.has_administrator());
    assert_eq!(back(&mut machine).last(), Some(&told(Granted)), "the attendant has forgotten");

    // The system's answer comes meanwhile.
    let mut machine = starting(now);
    machine.handle_lost(now);
    drain(&mut machine);
    machine.administrator_started(Ok(()));
    assert_eq!(drain(&mut machine), [Event::Administrator(true)], "nobody hears it");
    assert_eq!(back(&mut machine).last(), Some(&told(Granted)));
}

#[test]
fn the_end_of_the_session_is_the_end_of_them() {
    let now = Instant::now();
    for (mut machine, question) in [(questioned(now), true), (starting(now), false), (had(now), false)] {
        machine.end(CloseReason::EndedByCustomer);
        let events = drain(&mut machine);
        assert_eq!(events.contains(&Event::CloseAdministrator), question);
        assert_eq!(events.last(), Some(&Event::Over { why: CloseReason::EndedByCustomer, begun: true }));
        assert!(!machine.has_administrator());
        machine.administrator_started(Ok(()));
        machine.answer_administrator(true, now + limits::CONSENT_ARMS_AFTER);
        machine.administrator_gone();
        machine.handle_timeout(now + limits::CONSENT_WAIT);
        assert_eq!(drain(&mut machine), []);
    }
}

#[test]
fn only_the_attendant_asks_and_only_the_customer_answers() {
    let now = Instant::now();
    for what in [Granted, Refused, Ended] {
        assert!(active(now).handle_control(Control::Administrator(what)).is_err());
    }
    let mut machine = Customer::watched(SessionId::from_bytes([2; 16]), now);
    machine.secured(peer(), None).unwrap();
    machine.handle_handshake(open(Grants::CONTROL)).unwrap();
    machine.pake_answered(Some(answered()));
    machine.handle_handshake(confirm([2; 32])).unwrap();
    machine.revealed(Some(phrase()), now).unwrap();
    assert!(machine.handle_control(Control::AskAdministrator).is_err(), "before consent");
    machine.answer(true, true, now + limits::CONSENT_ARMS_AFTER);
    drain(&mut machine);
    assert_eq!(ask(&mut machine), [told(NotAllowed)], "who watches");
}
