//! Ctrl+Alt+Del for the partner: asked for while mouse and keyboard are theirs, and said in words when nothing came of it.

use protocol::message::control::Attention;

use super::super::{Controller, Effect};
use crate::gui::view_model::NoCtrlAltDel;

impl Controller {
    pub(super) fn ctrl_alt_del(&mut self) {
        let controls = self.controls();
        self.viewing(|view| {
            view.no_ctrl_alt_del = (!controls && view.away.is_none()).then_some(NoCtrlAltDel::NotAllowed)
        });
        if controls {
            self.effects.push_back(Effect::CtrlAltDel);
        }
    }

    pub(super) fn ctrl_alt_del_told(&mut self, what: Option<Attention>) {
        let why = match what {
            // It is seen in the picture, or told as something that only the customer sees.
            Some(Attention::Typed | Attention::Shown) => None,
            Some(Attention::NotAllowed) => Some(NoCtrlAltDel::NotAllowed),
            Some(Attention::NeedsAdministrator) => Some(NoCtrlAltDel::NeedsAdministrator),
            Some(Attention::PolicyForbids) => Some(NoCtrlAltDel::PolicyForbids),
            Some(Attention::NothingSeen) => Some(NoCtrlAltDel::NothingSeen),
            Some(Attention::Unavailable) => Some(NoCtrlAltDel::Unavailable),
            None => Some(NoCtrlAltDel::ProgramOld),
        };
        self.viewing(|view| view.no_ctrl_alt_del = why);
    }
}
