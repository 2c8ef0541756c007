//! Mouse and keyboard of a session: there while they are allowed, and the end of it when they cannot be driven.

use protocol::message::{grant::Grants, input::Input, pairing::CloseReason};

use super::Task;
use crate::customer::input_task::{InputTask, Stuck};

impl Task {
    /// Mouse and keyboard come into being when they are allowed, and go when they are not.
    pub(super) fn use_input(&mut self, granted: Grants) {
        match (&self.consent, &self.input) {
            (Some(consent), None) if granted.control => match InputTask::start(consent, self.setup.input.clone()) {
                Ok(input) => self.input = Some(input),
                Err(error) => {
                    tracing::error!(session = %self.setup.session, %error, "mouse and keyboard cannot be used")
                }
            },
            (_, Some(_)) if !granted.control => self.input = None,
            _ => {}
        }
    }

    pub(super) fn inject(&mut self, input: Input) {
        self.drive(|task| task.inject(input));
    }

    /// Whoever drives the desktop, if anybody does.
    pub(super) fn drive(&mut self, give: impl FnOnce(&InputTask) -> Result<(), Stuck>) {
        if let Some(task) = &self.input
            && let Err(error) = give(task)
        {
            tracing::error!(session = %self.setup.session, %error, "the session is ended");
            self.machine.end(CloseReason::Failed);
        }
    }
}
