//! The attendant's machine, driven the way its session drives it.

use std::time::{Duration, Instant};

use amparo_protocol::{
    id::SessionId,
    limits,
    message::{
        control::Control,
        grant::Grants,
        handshake::{FromAttendant, FromCustomer, PAKE_BYTES, PakeMessage, Refused},
        pairing::CloseReason,
    },
    session::{
        CheckPhrase, Proofs, Violation,
        attendant::{Attendant, Event, Finished},
    },
};

use crate::{check_table, common::samples, covers, variant};

const RIGHT: [u8; 32] = [2; 32];
const WRONG: [u8; 32] = [3; 32];

/// One thing that reaches the machine.
#[derive(Debug, Clone)]
enum Step {
    Secured,
    SecuredAgain,
    Said(FromCustomer),
    PakeFinished(bool),
    Control(Control),
    Ping,
    Refresh,
    CtrlAltDel,
    AskAdministrator,
    Lost,
    End(CloseReason),
    After(Duration),
}

impl Step {
    fn name(&self) -> String {
        let grants = |granted: &Grants| if granted.control { "control" } else { "view" };
        let fit = |proof: &[u8; 32]| if *proof == RIGHT { "right" } else { "wrong" };
        match self {
            Self::Said(FromCustomer::Asking(proof)) => format!("says Asking, {}", fit(proof)),
            Self::Said(FromCustomer::Granted(granted)) => format!("says Granted, {}", grants(granted)),
            Self::Said(FromCustomer::Resumed { proof, granted }) => {
                format!("says Resumed, {}, {}", fit(proof), grants(granted))
            }
            Self::Said(FromCustomer::No(refused)) => format!("says No, {refused:?}"),
            Self::Said(message) => format!("says {}", variant(message)),
            Self::Control(word) => format!("word {}", variant(word)),
            Self::After(time) => format!("after {} s", time.as_secs()),
            other => format!("{other:?}"),
        }
    }
}

fn pake() -> PakeMessage {
    PakeMessage::try_from(vec![9; PAKE_BYTES]).unwrap()
}

fn proofs() -> Proofs {
    Proofs { own: [1; 32], expected: RIGHT }
}

fn said_pake() -> Step {
    Step::Said(FromCustomer::Pake { pake: pake(), nonce: [6; 32] })
}

fn asking(proof: [u8; 32]) -> Step {
    Step::Said(FromCustomer::Asking(proof))
}

fn granted(granted: Grants) -> Step {
    Step::Said(FromCustomer::Granted(granted))
}

fn resumed(proof: [u8; 32], granted: Grants) -> Step {
    Step::Said(FromCustomer::Resumed { proof, granted })
}

/// The machine with what its session keeps beside it, and everything it ever wanted done.
struct Rig {
    machine: Attendant,
    want: Grants,
    now: Instant,
    finish: bool,
    seen: Vec<Event>,
}

impl Rig {
    fn after(want: Grants, steps: &[Step]) -> Self {
        let now = Instant::now();
        let machine = Attendant::new(SessionId::from_bytes([1; 16]), want, now);
        let mut rig = Self { machine, want, now, finish: false, seen: Vec::new() };
        for step in steps {
            rig.step(step).unwrap();
        }
        rig
    }

    /// Does one step as the session does it: a broken rule ends the session. Gives what the machine wanted.
    fn step(&mut self, step: &Step) -> Result<Vec<Event>, Violation> {
        let result = self.apply(step.clone());
        if result.is_err() {
            self.machine.end(CloseReason::Violation);
        }
        let events: Vec<Event> = std::iter::from_fn(|| self.machine.poll_event()).collect();
        for event in &events {
            self.check(step, event);
            self.seen.push(event.clone());
        }
        if result.is_err() {
            assert!(self.is_over(), "{step:?}: a broken rule did not end it");
            assert!(!events.iter().any(|event| matches!(event, Event::Start(_) | Event::Resume(_))), "{step:?}");
        }
        assert!(self.started() || !self.machine.may_show(), "a picture may be shown before consent: {step:?}");
        assert!(!self.is_over() || !(self.machine.may_show() || self.machine.may_control()), "{step:?}");
        result.map(|()| events)
    }

    fn apply(&mut self, step: Step) -> Result<(), Violation> {
        let machine = &mut self.machine;
        match step {
            Step::Secured => machine.secured(pake(), [5; 32])?,
            Step::SecuredAgain => machine.secured_again(proofs())?,
            Step::Said(message) => machine.handle_handshake(message, self.now)?,
            Step::PakeFinished(well) => {
                if std::mem::take(&mut self.finish) {
                    let phrase = CheckPhrase::from_hash([7; 8]);
                    machine.pake_finished(well.then(|| Finished { proofs: proofs(), reveal: [4; 32], phrase }))?;
                }
            }
            Step::Control(word) => machine.handle_control(word)?,
            Step::Ping => machine.ping(1),
            Step::Refresh => machine.refresh(),
            Step::CtrlAltDel => machine.ctrl_alt_del(),
            Step::AskAdministrator => machine.ask_administrator(),
            Step::Lost => machine.handle_lost(self.now),
            Step::End(why) => machine.end(why),
            Step::After(time) => {
                self.now += time;
                machine.handle_timeout(self.now);
            }
        }
        Ok(())
    }

    fn count(&self, what: fn(&Event) -> bool) -> usize {
        self.seen.iter().filter(|event| what(event)).count()
    }

    fn is_over(&self) -> bool {
        self.count(|event| matches!(event, Event::Over { .. })) > 0
    }

    fn started(&self) -> bool {
        self.count(|event| matches!(event, Event::Start(_))) > 0
    }

    /// What must hold of every event, whatever was said.
    fn check(&mut self, step: &Step, event: &Event) {
        let told = || format!("{event:?} on {step:?}, after {:?}", self.seen);
        assert!(!self.is_over(), "something after the end: {}", told());
        match event {
            Event::Start(granted) => {
                assert!(!self.started(), "begun twice: {}", told());
                assert!(self.count(|event| matches!(event, Event::Asking(_))) == 1, "without the proof: {}", told());
                assert_eq!(*granted, granted.and(self.want), "more than asked: {}", told());
            }
            Event::Changed(_)
            | Event::Control(_)
            | Event::Stats(_)
            | Event::OnlyCustomer(_)
            | Event::CtrlAltDel(_)
            | Event::Administrator(_)
            | Event::Pong(_)
            | Event::Pause => {
                assert!(self.started(), "before consent: {}", told())
            }
            Event::Resume(_) => {
                assert!(self.started(), "{}", told());
                assert!(self.count(|event| matches!(event, Event::Pause)) > 0, "{}", told());
            }
            Event::Finish { .. } => {
                assert!(self.count(|event| matches!(event, Event::Finish { .. })) == 0, "two runs: {}", told());
                self.finish = true;
            }
            Event::Asking(_) => {
                assert!(self.count(|event| matches!(event, Event::Asking(_))) == 0, "asked twice: {}", told());
                assert!(matches!(step, Step::Said(FromCustomer::Asking(RIGHT))), "{}", told());
            }
            Event::Say(FromAttendant::Confirm { .. }) => {
                assert!(matches!(step, Step::PakeFinished(true)), "{}", told());
            }
            Event::Say(_) | Event::Over { .. } => {}
        }
    }
}

/// Every state, by the shortest way there.
fn states() -> Vec<(&'static str, Vec<Step>)> {
    let mut way = Vec::new();
    let mut to = |name, steps: &[Step]| {
        way.extend_from_slice(steps);
        (name, way.clone())
    };
    vec![
        to("securing", &[]),
        to("opening", &[Step::Secured]),
        to("proving, not finished", &[said_pake()]),
        to("proving", &[Step::PakeFinished(true)]),
        to("asked", &[asking(RIGHT)]),
        to("active", &[granted(Grants::CONTROL)]),
        to("away", &[Step::Lost]),
        to("returning", &[Step::SecuredAgain]),
        to("active again", &[resumed(RIGHT, Grants::CONTROL)]),
        to("over", &[Step::End(CloseReason::EndedByAttendant)]),
    ]
}

/// Every input: all that can be said, right and wrong, and all else that happens.
fn steps() -> Vec<Step> {
    let mut said = vec![
        said_pake(),
        asking(RIGHT),
        asking(WRONG),
        granted(Grants::NONE),
        granted(Grants::CONTROL),
        resumed(RIGHT, Grants::VIEW),
        resumed(WRONG, Grants::CONTROL),
    ];
    said.extend(samples::refusals().into_iter().map(|refused| Step::Said(FromCustomer::No(refused))));
    covers::<Refused>(samples::refusals().iter().map(variant));
    covers::<FromCustomer>(said.iter().map(|step| match step {
        Step::Said(message) => variant(message),
        _ => unreachable!("only messages are here"),
    }));
    let others = [
        Step::Secured,
        Step::SecuredAgain,
        Step::PakeFinished(true),
        Step::PakeFinished(false),
        Step::Ping,
        Step::Refresh,
        Step::CtrlAltDel,
        Step::AskAdministrator,
        Step::Lost,
        Step::End(CloseReason::EndedByAttendant),
        Step::End(CloseReason::ProgramGone),
        Step::After(Duration::ZERO),
        Step::After(limits::HANDSHAKE_WAIT),
        Step::After(limits::RESUME_WITHIN),
        Step::After(limits::CONSENT_WAIT + limits::HANDSHAKE_WAIT),
    ];
    said.into_iter().chain(samples::control().into_iter().map(Step::Control)).chain(others).collect()
}

fn told(result: &Result<Vec<Event>, Violation>) -> String {
    match result {
        Err(violation) => format!("VIOLATION: {violation}"),
        Ok(events) if events.is_empty() => "-".to_owned(),
        Ok(events) => {
            let name = |event: &Event| match event {
                Event::Say(message) => format!("Say {}", variant(message)),
                Event::Control(word) => format!("Control {}", variant(word)),
                Event::Start(granted) | Event::Changed(granted) | Event::Resume(granted) => {
                    let what = match (granted.view, granted.control) {
                        (_, true) => "control",
                        (true, _) => "view",
                        _ => "nothing",
                    };
                    format!("{} {what}", variant(event))
                }
                Event::Over { why, .. } => format!("Over {why:?}"),
                other => variant(other),
            };
            events.iter().map(name).collect::<Vec<_>>().join(", ")
        }
    }
}

#[test]
fn what_each_input_does_in_each_state_of_the_attendant_is_as_written() {
    let rows: Vec<_> = states()
        .into_iter()
        .map(|(name, way)| {
            let outcome = |step: Step| (step.name(), told(&Rig::after(Grants::CONTROL, &way).step(&step)));
            (name, steps().into_iter().map(outcome).collect())
        })
        .collect();
    check_table("attendant.table", &rows);
}

#[test]
fn no_two_inputs_in_any_state_of_the_attendant_break_what_always_holds() {
    let steps = steps();
    let mut runs = 0;
    for want in [Grants::VIEW, Grants::CONTROL] {
        for (_, way) in states() {
            for first in &steps {
                for second in &steps {
                    let mut rig = Rig::after(want, &way);
                    let broken = rig.step(first).is_err();
                    let before = rig.seen.len();
                    drop(rig.step(second));
                    assert!(!broken || rig.seen.len() == before, "{first:?} then {second:?}: after a broken rule");
                    runs += 1;
                }
            }
        }
    }
    assert!(runs > 10_000, "{runs} runs only");
}

#[test]
fn no_message_of_a_good_run_begins_anything_when_the_attendant_hears_it_again() {
    let run: Vec<Step> =
        [Step::Secured, said_pake(), Step::PakeFinished(true), asking(RIGHT), granted(Grants::CONTROL)]
            .into_iter()
            .chain([Step::Control(Control::Grants(Grants::VIEW)), Step::Control(Control::Pong(1))])
            .chain([Step::Lost, Step::SecuredAgain, resumed(RIGHT, Grants::VIEW)])
            .chain([Step::Control(Control::End(CloseReason::EndedByCustomer))])
            .collect();
    let mut replays = 0;
    for at in 1..=run.len() {
        for recorded in run[..at].iter().filter(|step| matches!(step, Step::Said(_) | Step::Control(_))) {
            // `check` asserts on every event that there is no second start and no second run of the PAKE.
            let mut rig = Rig::after(Grants::CONTROL, &run[..at]);
            let started = rig.started();
            let result = rig.step(recorded);
            assert_eq!(rig.started(), started);
            if matches!(recorded, Step::Said(_)) {
                assert!(
                    result.is_err() || result.unwrap().is_empty(),
                    "{recorded:?} was taken twice, after {at} steps"
                );
            }
            for step in &run[at..] {
                if rig.step(step).is_err() {
                    break;
                }
            }
            replays += 1;
        }
    }
    assert!(replays > 30, "{replays} replays only");
}
