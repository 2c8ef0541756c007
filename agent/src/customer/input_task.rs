//! The thread that moves the mouse and presses keys. It exists only while the customer allows it, and releases everything when it ends.

use std::sync::mpsc;

use desktop::Injector;
use protocol::{message::input::Input, session::customer::Consent};

use crate::elevated;

/// Inputs that may wait: a second of a fast mouse. A desktop that cannot keep up with that is not answering.
const WAITING: usize = 1_024;

/// What the thread is given to do.
#[derive(Debug)]
enum Work {
    Input(Input),
    /// Press keys through these from now on, or through our own again.
    Through(Option<elevated::Hands>),
}

/// Speaks to the thread. Dropping it ends the thread, with nothing held down.
#[derive(Debug)]
pub struct InputTask {
    work: mpsc::SyncSender<Work>,
}

/// The desktop takes no more input.
#[derive(Debug, thiserror::Error)]
#[error("the desktop does not take input any more")]
pub struct Stuck;

impl InputTask {
    /// Starts the thread; there is none without the customer's yes. When the desktop cannot be driven, inputs are dropped and the log says why: watching still helps.
    pub fn start(_: &Consent, choice: desktop::Choice) -> std::io::Result<Self> {
        let (work, waiting) = mpsc::sync_channel::<Work>(WAITING);
        std::thread::Builder::new().name("input".to_owned()).spawn(move || {
            let mut own = match desktop::open(&choice) {
                Ok(own) => own,
                Err(error) => {
                    tracing::error!(
                        error = crate::link::client::chain(&error),
                        "mouse and keyboard cannot be used here"
                    );
                    return;
                }
            };
            let mut hands: Option<elevated::Hands> = None;
            while let Ok(work) = waiting.recv() {
                match work {
                    Work::Input(input) => inject(&mut *own, hands.as_mut(), &input),
                    Work::Through(others) => {
                        // What the ones hold down the others do not know of.
                        inject(&mut *own, hands.as_mut(), &Input::ReleaseAll);
                        hands = others;
                    }
                }
            }
            inject(&mut *own, hands.as_mut(), &Input::ReleaseAll);
        })?;
        Ok(Self { work })
    }

    /// Passes an input on.
    pub fn inject(&self, input: Input) -> Result<(), Stuck> {
        self.give(Work::Input(input))
    }

    /// What comes from now on goes through these hands, or through our own again.
    pub fn through(&self, hands: Option<elevated::Hands>) -> Result<(), Stuck> {
        self.give(Work::Through(hands))
    }

    fn give(&self, work: Work) -> Result<(), Stuck> {
        match self.work.try_send(work) {
            Ok(()) => Ok(()),
            Err(mpsc::TrySendError::Full(_)) => Err(Stuck),
            // The thread has said why it is not there.
            Err(mpsc::TrySendError::Disconnected(_)) => Ok(()),
        }
    }
}

fn inject(own: &mut dyn Injector, hands: Option<&mut elevated::Hands>, input: &Input) {
    let injected = match hands {
        Some(hands) => hands.inject(input),
        None => own.inject(input),
    };
    if let Err(error) = injected {
        tracing::warn!(error = crate::link::client::chain(&error), "an input was not accepted by the desktop");
    }
}
