//! An administrator's rights for mouse and keyboard at the partner's: asked for while these are theirs, once until the customer has answered, and
//! said in words when there are none.

use protocol::message::control::Administrator;

use super::super::{Controller, Effect};
use crate::gui::view_model::{AdministratorView, NoAdministrator};

impl Controller {
    pub(super) fn ask_for_administrator(&mut self) {
        let controls = self.controls();
        let Some(session) = self.attendant.session().filter(|session| session.watch.is_none()) else { return };
        // Asked already, or nothing is left to ask for.
        if session.view.as_ref().is_none_or(|view| view.administrator != AdministratorView::Off) {
            return;
        }
        self.viewing(|view| {
            view.no_administrator = (!controls && view.away.is_none()).then_some(NoAdministrator::NotAllowed);
            if controls {
                view.administrator = AdministratorView::Asking;
            }
        });
        if controls {
            self.effects.push_back(Effect::AskAdministrator);
        }
    }

    pub(super) fn administrator_told(&mut self, what: Option<Administrator>) {
        let why = match what {
            Some(Administrator::Granted) => None,
            Some(Administrator::NotAllowed) => Some(NoAdministrator::NotAllowed),
            Some(Administrator::Refused) => Some(NoAdministrator::Refused),
            Some(Administrator::Declined) => Some(NoAdministrator::Declined),
            Some(Administrator::Already) => Some(NoAdministrator::Already),
            Some(Administrator::Unavailable) => Some(NoAdministrator::Unavailable),
            Some(Administrator::Failed) => Some(NoAdministrator::Failed),
            Some(Administrator::Ended) => Some(NoAdministrator::Ended),
            None => Some(NoAdministrator::ProgramOld),
        };
        self.viewing(|view| {
            view.administrator = if why.is_none() { AdministratorView::On } else { AdministratorView::Off };
            view.no_administrator = why;
        });
    }
}
