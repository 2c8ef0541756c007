//! An administrator's rights for mouse and keyboard, once the machine has let a question for them through: a second process of this program, which
//! the system starts with these rights when the customer tells it to. See [`crate::elevated`].

use desktop::elevation::Can;
use protocol::{message::control::Administrator, session::customer::Possible};

use super::{News, Out, Task, tell};
use crate::{
    elevated::{self, StartError},
    link::client::chain,
};

impl Task {
    pub(super) fn look_administrator(&mut self) {
        let possible = match self.setup.elevation.can() {
            Can::Yes => Possible::Yes,
            Can::Already => Possible::Already,
            Can::No => Possible::No,
        };
        self.machine.administrator_possible(possible, std::time::Instant::now());
    }

    /// The system asks the person, who may take their time.
    pub(super) fn start_administrator(&mut self) {
        self.elevations += 1;
        let (which, way, news) = (self.elevations, self.setup.elevation.clone(), self.news.clone());
        let (runtime, gone) = (tokio::runtime::Handle::current(), news.clone());
        let lost = move || {
            runtime.spawn(async move { tell(&gone, News::HandsLost(which)).await });
        };
        tokio::spawn(async move { tell(&news, News::Elevated(which, elevated::start(&way, lost).await)).await });
    }

    /// They are there, or what the system or its user said instead.
    pub(super) fn elevated(&mut self, which: u64, started: Result<elevated::Hands, StartError>) {
        // Of an earlier question: whoever is asked anew answers for themselves.
        if which != self.elevations {
            return;
        }
        match started {
            // Its end may be told before it.
            Ok(hands) if hands.are_lost() => self.machine.administrator_started(Err(Administrator::Failed)),
            Ok(hands) => {
                self.machine.administrator_started(Ok(()));
                // Otherwise they were taken back meanwhile, and end with this.
                self.hands = Some(hands).filter(|_| self.machine.has_administrator());
            }
            Err(error) => {
                tracing::info!(session = %self.setup.session, error = chain(&error), "no administrator's rights");
                self.machine.administrator_started(Err(match error {
                    StartError::Declined => Administrator::Declined,
                    StartError::Failed(_) => Administrator::Failed,
                }));
            }
        }
    }

    pub(super) fn hands_lost(&mut self, which: u64) {
        if which == self.elevations && self.hands.is_some() {
            tracing::warn!(session = %self.setup.session, "the administrator's rights have ended by themselves");
            self.machine.administrator_gone();
        }
    }

    /// Mouse and keyboard go through them from now on, or no more.
    pub(super) async fn use_administrator(&mut self, on: bool) {
        if !on {
            self.hands = None;
        }
        let hands = self.hands.clone();
        self.drive(|task| task.through(hands));
        tracing::info!(session = %self.setup.session, on, "administrator's rights");
        self.tell(Out::Administrator(on)).await;
    }
}
