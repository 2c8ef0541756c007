//! The thread that moves the mouse and presses keys. It exists only while the customer allows it, and releases everything when it ends.

use std::sync::mpsc;

use protocol::{message::input::Input, session::customer::Consent};

/// Inputs that may wait: a second of a fast mouse. A desktop that cannot keep up with that is not answering.
const WAITING: usize = 1_024;

/// Speaks to the thread. Dropping it ends the thread, with nothing held down.
#[derive(Debug)]
pub struct InputTask {
    inputs: mpsc::SyncSender<Input>,
}

/// The desktop takes no more input.
#[derive(Debug, thiserror::Error)]
#[error("the desktop does not take input any more")]
pub struct Stuck;

impl InputTask {
    /// Starts the thread; there is none without the customer's yes. When the desktop cannot be driven, inputs are dropped and the log says why: watching still helps.
    pub fn start(_: &Consent, choice: desktop::Choice) -> std::io::Result<Self> {
        let (inputs, waiting) = mpsc::sync_channel::<Input>(WAITING);
        std::thread::Builder::new().name("input".to_owned()).spawn(move || {
            let mut injector = match desktop::open(&choice) {
                Ok(injector) => injector,
                Err(error) => {
                    tracing::error!(
                        error = crate::link::client::chain(&error),
                        "mouse and keyboard cannot be used here"
                    );
                    return;
                }
            };
            while let Ok(input) = waiting.recv() {
                if let Err(error) = injector.inject(&input) {
                    tracing::warn!(
                        error = crate::link::client::chain(&error),
                        "an input was not accepted by the desktop"
                    );
                }
            }
            if let Err(error) = injector.inject(&Input::ReleaseAll) {
                tracing::warn!(error = crate::link::client::chain(&error), "keys may be held down");
            }
        })?;
        Ok(Self { inputs })
    }

    /// Passes an input on.
    pub fn inject(&self, input: Input) -> Result<(), Stuck> {
        match self.inputs.try_send(input) {
            Ok(()) => Ok(()),
            Err(mpsc::TrySendError::Full(_)) => Err(Stuck),
            // The thread has said why it is not there.
            Err(mpsc::TrySendError::Disconnected(_)) => Ok(()),
        }
    }
}
