//! The customer's machine, driven the way its session drives it.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use amparo_protocol::{
    id::{OperatorId, SessionId},
    limits,
    message::{
        ShownText,
        control::{Administrator, Attention, Control},
        grant::Grants,
        handshake::{FromAttendant, FromCustomer, PAKE_BYTES, PakeMessage},
        input::Input,
        pairing::CloseReason,
        stats::Stats,
    },
    session::{
        CheckPhrase, Proofs, Violation,
        customer::{Answered, Customer, Event, Peer, Possible},
    },
};

use crate::{check_table, common::samples, covers, variant};

const RIGHT: [u8; 32] = [2; 32];
const WRONG: [u8; 32] = [3; 32];

/// One thing that reaches the machine, from outside or from the customer.
#[derive(Debug, Clone)]
enum Step {
    Secured { same: bool, proofs: bool },
    Said(FromAttendant),
    PakeAnswered(bool),
    Revealed(bool),
    Control(Control),
    Input(Input),
    Answer { allow: bool, control: bool },
    AllowControl(bool),
    OnlyCustomer(bool),
    CtrlAltDelDone(Attention),
    AdministratorPossible(Possible),
    AnswerAdministrator(bool),
    AdministratorStarted(bool),
    AdministratorGone,
    Stats,
    Lost,
    End(CloseReason),
    After(Duration),
}

impl Step {
    /// Could the other half, or the network, make this happen?
    fn comes_from_outside(&self) -> bool {
        !matches!(
            self,
            Self::Answer { .. }
                | Self::AllowControl(_)
                | Self::OnlyCustomer(_)
                | Self::CtrlAltDelDone(_)
                | Self::AdministratorPossible(_)
                | Self::AnswerAdministrator(_)
                | Self::AdministratorStarted(_)
                | Self::AdministratorGone
                | Self::Stats
                | Self::End(_)
        )
    }

    fn name(&self) -> String {
        match self {
            Self::Said(FromAttendant::Open { want, .. }) => {
                format!("says Open, {}", if want.control { "control" } else { "view" })
            }
            Self::Said(FromAttendant::Confirm { proof, .. }) => format!("says Confirm, {}", fit(proof)),
            Self::Said(FromAttendant::Resume(proof)) => format!("says Resume, {}", fit(proof)),
            Self::Said(message) => format!("says {}", variant(message)),
            Self::Control(word) => format!("word {}", variant(word)),
            Self::Input(input) => format!("input {}", variant(input)),
            Self::After(time) => format!("after {} s", time.as_secs()),
            other => format!("{other:?}"),
        }
    }
}

fn fit(proof: &[u8; 32]) -> &'static str {
    if *proof == RIGHT { "right" } else { "wrong" }
}

fn pake() -> PakeMessage {
    PakeMessage::try_from(vec![9; PAKE_BYTES]).unwrap()
}

fn proofs() -> Proofs {
    Proofs { own: [1; 32], expected: RIGHT }
}

fn open(want: Grants) -> Step {
    Step::Said(FromAttendant::Open { pake: pake(), want, commitment: [5; 32] })
}

fn confirm(proof: [u8; 32]) -> Step {
    Step::Said(FromAttendant::Confirm { proof, reveal: [4; 32] })
}

fn resume(proof: [u8; 32]) -> Step {
    Step::Said(FromAttendant::Resume(proof))
}

/// The machine with what its session keeps beside it, and everything it ever wanted done.
struct Rig {
    machine: Customer,
    now: Instant,
    guess: bool,
    reveal: bool,
    want: Grants,
    seen: Vec<Rc<Event>>,
    granted: Grants,
    said_yes: bool,
    said_yes_to_rights: bool,
}

impl Rig {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            machine: Customer::new(SessionId::from_bytes([1; 16]), now),
            now,
            guess: false,
            reveal: false,
            want: Grants::NONE,
            seen: Vec::new(),
            granted: Grants::NONE,
            said_yes: false,
            said_yes_to_rights: false,
        }
    }

    fn after(steps: &[Step]) -> Self {
        let mut rig = Self::new();
        for step in steps {
            rig.step(step).unwrap();
        }
        rig
    }

    /// Does one step as the session does it: a broken rule ends the session. Gives what the machine wanted.
    fn step(&mut self, step: &Step) -> Result<Vec<Rc<Event>>, Violation> {
        let result = self.apply(step.clone());
        if result.is_err() {
            self.machine.end(CloseReason::Violation);
        }
        let events: Vec<Rc<Event>> = std::iter::from_fn(|| self.machine.poll_event()).map(Rc::new).collect();
        for event in &events {
            self.check(step, event);
            self.seen.push(event.clone());
        }
        if result.is_err() {
            assert!(self.is_over(), "{step:?}: a broken rule did not end it");
            assert!(!events.iter().any(|event| matches!(**event, Event::Start(_) | Event::Resume(_))), "{step:?}");
        }
        result.map(|()| events)
    }

    fn apply(&mut self, step: Step) -> Result<(), Violation> {
        let machine = &mut self.machine;
        match step {
            Step::Secured { same, proofs: known } => {
                let operator = OperatorId::from_bytes([if same { 3 } else { 4 }; 16]);
                machine.secured(Peer { operator, name: ShownText::lossy("Ana") }, known.then(proofs))?;
            }
            Step::Said(message) => {
                if let FromAttendant::Open { want, .. } = &message {
                    self.want = *want;
                }
                machine.handle_handshake(message)?;
            }
            Step::PakeAnswered(well) => {
                if std::mem::take(&mut self.guess) {
                    machine.pake_answered(well.then(|| Answered { reply: pake(), nonce: [6; 32], proofs: proofs() }));
                }
            }
            Step::Revealed(well) => {
                if std::mem::take(&mut self.reveal) {
                    machine.revealed(well.then(|| CheckPhrase::from_hash([7; 8])), self.now)?;
                }
            }
            Step::Control(word) => machine.handle_control(word)?,
            Step::Input(input) => machine.handle_input(input)?,
            Step::Answer { allow, control } => {
                self.said_yes |= allow;
                machine.answer(allow, control, self.now);
            }
            Step::AllowControl(control) => machine.allow_control(control),
            Step::OnlyCustomer(shown) => machine.only_customer(shown),
            Step::CtrlAltDelDone(what) => machine.ctrl_alt_del_done(what),
            Step::AdministratorPossible(possible) => machine.administrator_possible(possible, self.now),
            Step::AnswerAdministrator(allow) => {
                self.said_yes_to_rights = allow;
                machine.answer_administrator(allow, self.now);
            }
            Step::AdministratorStarted(well) => {
                machine.administrator_started(if well { Ok(()) } else { Err(Administrator::Declined) });
            }
            Step::AdministratorGone => machine.administrator_gone(),
            Step::Stats => machine.tell_stats(Stats::default()),
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
            Event::Start(consent) => {
                let granted = &consent.granted();
                assert!(!self.started(), "begun twice: {}", told());
                assert!(self.said_yes && !step.comes_from_outside(), "begun without the customer: {}", told());
                assert!(
                    self.count(|event| *event == Event::GuessWasRight) > 0,
                    "begun without the password: {}",
                    told()
                );
                assert_eq!(*granted, granted.and(Grants { view: true, ..self.want }), "more than asked: {}", told());
                self.granted = *granted;
            }
            Event::Changed(granted) => {
                assert!(self.started() && !step.comes_from_outside(), "changed by somebody else: {}", told());
                self.granted = *granted;
            }
            Event::Resume(granted) => {
                assert!(self.started(), "{}", told());
                assert_eq!(*granted, self.granted, "a cut changed what is allowed: {}", told());
            }
            Event::Inject(Input::ReleaseAll) | Event::Refresh | Event::Say(_) | Event::Pause => {
                assert!(self.started(), "before consent: {}", told())
            }
            Event::Inject(_) | Event::CtrlAltDel | Event::LookAdministrator | Event::AskAdministrator => {
                assert!(self.started() && self.granted.control, "not allowed: {}", told())
            }
            Event::StartAdministrator => {
                assert!(!step.comes_from_outside(), "rights without the customer: {}", told());
                assert!(self.said_yes_to_rights && self.granted.control, "rights without a yes: {}", told());
            }
            Event::Administrator(true) => {
                let starts = self.count(|event| matches!(event, Event::StartAdministrator));
                let begun = self.count(|event| matches!(event, Event::Administrator(true)));
                assert!(begun < starts, "rights that nobody started: {}", told());
            }
            Event::Administrator(false) | Event::CloseAdministrator => {
                assert!(self.started(), "before consent: {}", told())
            }
            Event::Guess(_) => {
                assert!(!self.seen.iter().any(|event| matches!(**event, Event::Guess(_))), "two guesses: {}", told());
                self.guess = true;
            }
            Event::Answer(FromCustomer::Pake { .. }) => {
                let answered = self.count(|event| matches!(event, Event::Answer(FromCustomer::Pake { .. })));
                let counted = self.count(|event| matches!(event, Event::Guess(_)));
                assert!(answered < counted, "a guess that was not counted: {}", told());
            }
            Event::GuessWasRight => {
                assert!(
                    self.count(|event| *event == Event::GuessWasRight) == 0,
                    "one guess was right twice: {}",
                    told()
                );
                assert!(matches!(step, Step::Revealed(true)), "{}", told());
            }
            Event::Reveal(_) => {
                assert!(matches!(step, Step::Said(FromAttendant::Confirm { proof: RIGHT, .. })), "{}", told());
                assert!(self.count(|event| matches!(event, Event::Reveal(_))) == 0, "shown twice: {}", told());
                self.reveal = true;
            }
            Event::Ask { .. } => assert!(matches!(step, Step::Revealed(true)), "{}", told()),
            Event::Answer(_) | Event::CloseQuestion | Event::Over { .. } => {}
        }
    }
}

const SECURED: Step = Step::Secured { same: true, proofs: false };
const SECURED_AGAIN: Step = Step::Secured { same: true, proofs: true };
const ARMED: Step = Step::After(limits::CONSENT_ARMS_AFTER);

fn yes(control: bool) -> Step {
    Step::Answer { allow: true, control }
}

/// Every state, by the shortest way there.
fn states() -> Vec<(&'static str, Vec<Step>)> {
    let mut way = Vec::new();
    let mut to = |name, steps: &[Step]| {
        way.extend_from_slice(steps);
        (name, way.clone())
    };
    let asked = Grants::CONTROL;
    let mut states = vec![
        to("securing", &[]),
        to("opening", &[SECURED]),
        to("proving, not answered", &[open(asked)]),
        to("proving", &[Step::PakeAnswered(true)]),
        to("revealing", &[confirm(RIGHT)]),
        to("asking, not armed", &[Step::Revealed(true)]),
        to("asking", &[ARMED]),
        to("active, view", &[yes(false)]),
        to("active, control", &[Step::AllowControl(true)]),
        to("away", &[Step::Lost]),
        to("returning", &[SECURED_AGAIN]),
        to("active again", &[resume(RIGHT)]),
        to("over", &[Step::End(CloseReason::EndedByCustomer)]),
    ];
    let only_view =
        [SECURED, open(Grants::VIEW), Step::PakeAnswered(true), confirm(RIGHT), Step::Revealed(true), ARMED];
    states.push(("asking for view only", only_view.to_vec()));
    let forgotten = [&only_view[..], &[yes(true), Step::Lost, SECURED]].concat();
    states.push(("returning, nothing known", forgotten));
    let active =
        [SECURED, open(asked), Step::PakeAnswered(true), confirm(RIGHT), Step::Revealed(true), ARMED, yes(true)];
    let wanted = [&active[..], &[Step::Control(Control::AskAdministrator)]].concat();
    let asked = [&wanted[..], &[Step::AdministratorPossible(Possible::Yes)]].concat();
    let starting = [&asked[..], &[ARMED, Step::AnswerAdministrator(true)]].concat();
    let has = [&starting[..], &[Step::AdministratorStarted(true)]].concat();
    states.push(("rights away", [&has[..], &[Step::Lost]].concat()));
    for (name, steps) in
        [("rights wanted", wanted), ("rights asked", asked), ("rights starting", starting), ("rights", has)]
    {
        states.push((name, steps));
    }
    states.push(("refused", [&only_view[..], &[Step::Answer { allow: false, control: false }]].concat()));
    states
}

/// Every input: all that can be said, right and wrong, and all else that happens.
fn steps() -> Vec<Step> {
    let said = [
        open(Grants::VIEW),
        open(Grants::CONTROL),
        confirm(RIGHT),
        confirm(WRONG),
        resume(RIGHT),
        resume(WRONG),
        Step::Said(FromAttendant::Cancel),
    ];
    covers::<FromAttendant>(said.iter().map(|step| match step {
        Step::Said(message) => variant(message),
        _ => unreachable!("only messages are here"),
    }));
    let others = [
        SECURED,
        SECURED_AGAIN,
        Step::Secured { same: false, proofs: true },
        Step::PakeAnswered(true),
        Step::PakeAnswered(false),
        Step::Revealed(true),
        Step::Revealed(false),
        yes(false),
        yes(true),
        Step::Answer { allow: false, control: false },
        Step::AllowControl(true),
        Step::AllowControl(false),
        Step::OnlyCustomer(true),
        Step::OnlyCustomer(false),
        Step::CtrlAltDelDone(Attention::Typed),
        Step::AdministratorPossible(Possible::Yes),
        Step::AdministratorPossible(Possible::Already),
        Step::AdministratorPossible(Possible::No),
        Step::AnswerAdministrator(true),
        Step::AnswerAdministrator(false),
        Step::AdministratorStarted(true),
        Step::AdministratorStarted(false),
        Step::AdministratorGone,
        Step::Stats,
        Step::Lost,
        Step::End(CloseReason::EndedByCustomer),
        Step::End(CloseReason::ProgramGone),
        Step::After(Duration::ZERO),
        Step::After(limits::HANDSHAKE_WAIT),
        Step::After(limits::RESUME_WITHIN),
        Step::After(limits::CONSENT_WAIT),
    ];
    let words = samples::control().into_iter().map(Step::Control);
    let inputs = samples::input().into_iter().map(Step::Input);
    said.into_iter().chain(words).chain(inputs).chain(others).collect()
}

fn capability(granted: Grants) -> &'static str {
    if granted.control { "control" } else { "view" }
}

fn told(result: &Result<Vec<Rc<Event>>, Violation>) -> String {
    match result {
        Err(violation) => format!("VIOLATION: {violation}"),
        Ok(events) if events.is_empty() => "-".to_owned(),
        Ok(events) => {
            let name = |event: &Rc<Event>| match &**event {
                Event::Answer(answer) => format!("Answer {}", variant(answer)),
                Event::Say(word) => format!("Say {}", variant(word)),
                Event::Inject(input) => format!("Inject {}", variant(input)),
                Event::Start(consent) => format!("Start {}", capability(consent.granted())),
                Event::Changed(granted) => format!("Changed {}", capability(*granted)),
                Event::Resume(granted) => format!("Resume {}", capability(*granted)),
                Event::Over { why, .. } => format!("Over {why:?}"),
                other => variant(other),
            };
            events.iter().map(name).collect::<Vec<_>>().join(", ")
        }
    }
}

#[test]
fn what_each_input_does_in_each_state_of_the_customer_is_as_written() {
    let rows: Vec<_> = states()
        .into_iter()
        .map(|(name, way)| {
            let outcome = |step: Step| (step.name(), told(&Rig::after(&way).step(&step)));
            (name, steps().into_iter().map(outcome).collect())
        })
        .collect();
    check_table("customer.table", &rows);
}

#[test]
fn no_two_inputs_in_any_state_of_the_customer_break_what_always_holds() {
    let steps = steps();
    let mut runs = 0;
    for (_, way) in states() {
        for first in &steps {
            for second in &steps {
                let mut rig = Rig::after(&way);
                let broken = rig.step(first).is_err();
                let before = rig.seen.len();
                let broken_again = rig.step(second).is_err();
                assert!(
                    !broken || rig.seen.len() == before,
                    "{first:?} then {second:?}: something after a broken rule"
                );
                // Whatever came of it, a yes begins nothing once a rule was broken.
                if broken || broken_again {
                    let (started, before) = (rig.started(), rig.seen.len());
                    rig.step(&ARMED).unwrap();
                    rig.step(&yes(true)).unwrap();
                    assert!(rig.seen.len() == before && rig.started() == started, "{first:?} then {second:?}");
                }
                runs += 1;
            }
        }
    }
    assert!(runs > 10_000, "{runs} runs only");
}

#[test]
fn before_consent_no_word_and_no_input_of_a_session_is_taken() {
    for (name, way) in states() {
        let rig = Rig::after(&way);
        if rig.started() || rig.is_over() {
            continue;
        }
        let words = samples::control().into_iter().map(Step::Control);
        for step in words.chain(samples::input().into_iter().map(Step::Input)) {
            assert!(Rig::after(&way).step(&step).is_err(), "{step:?} was taken while {name}");
        }
    }
}

/// Everything an attendant says and does in a session that goes well, is cut, comes back and ends.
fn good_run() -> Vec<Step> {
    let held = samples::input().into_iter().map(Step::Input);
    [SECURED, open(Grants::CONTROL), Step::PakeAnswered(true), confirm(RIGHT), Step::Revealed(true), ARMED, yes(true)]
        .into_iter()
        .chain([Step::Control(Control::Ping(1)), Step::Control(Control::Refresh)])
        .chain(held)
        .chain([Step::Lost, SECURED_AGAIN, resume(RIGHT), Step::Control(Control::Ping(2))])
        .chain([Step::Control(Control::End(CloseReason::EndedByAttendant))])
        .collect()
}

#[test]
fn no_message_of_a_good_run_begins_anything_when_it_is_replayed_later() {
    let run = good_run();
    let mut replays = 0;
    for at in 1..=run.len() {
        for recorded in
            run[..at].iter().filter(|step| matches!(step, Step::Said(_) | Step::Control(_) | Step::Input(_)))
        {
            // `check` asserts on every event that there is no second start and no guess that was not counted.
            let mut rig = Rig::after(&run[..at]);
            let (started, guesses) = (rig.started(), rig.count(|event| matches!(event, Event::Guess(_))));
            let result = rig.step(recorded);
            assert_eq!(rig.started(), started);
            assert_eq!(rig.count(|event| matches!(event, Event::Guess(_))), guesses, "{recorded:?} guessed again");
            if matches!(recorded, Step::Said(_)) {
                assert!(
                    result.is_err() || result.unwrap().is_empty(),
                    "{recorded:?} was taken twice, after {at} steps"
                );
            }
            // The run goes on as if nothing had been, or not at all.
            for step in &run[at..] {
                if rig.step(step).is_err() {
                    break;
                }
            }
            replays += 1;
        }
    }
    assert!(replays > 100, "{replays} replays only");
}
