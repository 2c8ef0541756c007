//! The question for an administrator's rights, in the middle of this computer's session: shown as long as the session's machine has it open, and
//! answered once.
//!
//! Must never take a yes before its button was in front of the customer for as long as the consent's: a click that was on its way would give it.

use std::time::Instant;

use protocol::limits;

use super::{
    super::{Controller, Effect, Now, ToHelped},
    Session, SessionState,
};

/// The question is on the screen.
#[derive(Debug, Clone, Copy)]
pub(in crate::gui::controller) struct Asked {
    /// Since then it counts down.
    pub since: Instant,
    /// Since then nothing else is in front of it.
    pub in_front: Instant,
    pub question: u64,
}

impl Controller {
    pub(super) fn ask_administrator(&mut self, now: Now) {
        let Some(session) = &mut self.customer.session else { return };
        self.customer.questions += 1;
        session.administrator =
            Some(Asked { since: now.instant, in_front: now.instant, question: self.customer.questions });
    }

    /// The question of somebody who wants to watch is gone, which comes first: the button of this one is armed anew.
    pub(super) fn administrator_in_front(&mut self, now: Now) {
        if let Some(Session { administrator: Some(asked), .. }) = &mut self.customer.session {
            asked.in_front = now.instant;
        }
    }

    pub(super) fn answer_administrator(&mut self, allow: bool, now: Now) {
        if matches!(self.customer.watch, Some(Session { state: SessionState::Asking { .. }, .. })) {
            return;
        }
        let Some(session) = &mut self.customer.session else { return };
        let armed = |asked: &mut Asked| now.instant >= asked.in_front + limits::CONSENT_ARMS_AFTER;
        // Gone at once: what comes next is Windows's question, and nothing of ours is over it.
        if session.administrator.take_if(|asked| !allow || armed(asked)).is_some() {
            self.effects.push_back(Effect::Helped(ToHelped::AnswerAdministrator(allow)));
        }
    }
}
