//! Taking away what the program keeps on this computer: asked once, never in a session, and the program is good for nothing else behind it.

use super::{Controller, Effect, Now};
use crate::{
    gui::view_model::{Notice, RemovalState, StayedView, Trouble, UpdateState},
    removal::Stayed,
};

impl Controller {
    /// Shows what would go, and asks.
    pub(super) fn open_removal(&mut self) {
        self.removal.get_or_insert(RemovalState::Asking);
    }

    /// Yes; or again, behind one that was not whole.
    pub(super) fn remove(&mut self, now: Now) {
        let asked = matches!(self.removal, Some(RemovalState::Asking | RemovalState::Partly(_)));
        let updating = self.update.as_ref().is_some_and(|update| update.state == UpdateState::Installing);
        if !asked {
            return;
        }
        if self.customer.session.is_some() || self.attendant.session().is_some() || updating {
            self.notice = Some((Notice::Trouble(Trouble::NotNow), now.instant));
            return;
        }
        self.removal = Some(RemovalState::Removing);
        self.effects.push_back(Effect::Remove);
    }

    /// One step back, where there is one: once something was removed the program only ends.
    pub(super) fn leave_removal(&mut self) {
        if self.removal == Some(RemovalState::Asking) {
            self.removal = None;
        }
    }

    /// What came of it, and where the program lies.
    pub fn removed(&mut self, stayed: Vec<Stayed>, program: String) {
        let stayed: Vec<_> = stayed.into_iter().map(|Stayed { what, why }| StayedView { what, why }).collect();
        self.removal =
            Some(if stayed.is_empty() { RemovalState::Removed { program } } else { RemovalState::Partly(stayed) });
    }

    /// Something was removed, or is being: nothing is kept any more, and nobody is served.
    pub fn removes(&self) -> bool {
        !matches!(self.removal, None | Some(RemovalState::Asking))
    }
}
