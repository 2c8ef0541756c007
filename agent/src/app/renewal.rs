//! A newer program, between the relay, the [`update::Updater`] and the windows.

use std::time::Duration;

use protocol::message::FromRelay;

use super::{App, Ended, now};
use crate::update::Do;

/// A new program that has run for this long runs, with a relay or without.
const RUNS_AFTER: Duration = Duration::from_secs(10);

impl App {
    pub(super) fn hear_update(&mut self, message: FromRelay) {
        let now = now();
        match message {
            FromRelay::UpdateIs(answer) => self.updater.hear(answer, now.unix_ms / 1_000),
            FromRelay::UpdatePart(part) => self.updater.part(part, self.controller.hurry(now), now.instant),
            _ => {}
        }
    }

    /// The time has gone on.
    pub(super) fn renew(&mut self) {
        if self.removing.is_some() {
            return;
        }
        let now = now();
        self.updater.tick(self.controller.hurry(now), now.instant);
        if self.began.elapsed() >= RUNS_AFTER {
            self.it_runs();
        }
    }

    /// This program runs.
    pub(super) fn it_runs(&mut self) {
        if let Some(trial) = self.config.renewal.trial.take() {
            trial.passed();
        }
    }

    /// Carries out what the updater wants, and shows how it stands.
    pub(super) fn renewed(&mut self) {
        while let Some(what) = self.updater.poll() {
            match what {
                Do::Say(message) => self.link.say(message),
                Do::Check(check) => {
                    let outcome = self.checked.0.clone();
                    tokio::task::spawn_blocking(move || {
                        if outcome.blocking_send(check.run()).is_err() {
                            tracing::debug!("the program ended while a new one was looked at");
                        }
                    });
                }
                Do::Start(version) => self.over = Some(Ended::Replaced(version)),
            }
        }
        self.controller.show_update(self.updater.view(), now());
    }
}
