//! Administrator's rights in this computer's session: the relay is told from when to when the attendant's mouse and keyboard had them.
//!
//! Must never leave out that they were in use: of more changes than can be told the first stay, and how it was at last.

use protocol::{
    id::SessionId,
    limits,
    message::{grant::RightsChange, pairing::Happened},
    version::RIGHTS_SINCE,
};

use super::{
    super::{Controller, Now},
    SessionState,
};

impl Controller {
    /// The session has administrator's rights from now on, or has them no more. Somebody who watches has none in any case.
    pub(in crate::gui::controller) fn customer_rights(&mut self, id: SessionId, on: bool, now: Now) {
        let at_unix_ms = self.relay_now_ms(now);
        let Some(session) = self.customer.session.as_mut().filter(|session| session.id == id) else { return };
        let SessionState::Active { rights, .. } = &mut session.state else { return };
        if rights.last().is_some_and(|last| last.administrator) == on {
            return;
        }
        rights.truncate(limits::CHANGES_TOLD - 1);
        rights.push(RightsChange { administrator: on, at_unix_ms });
        let rights = rights.clone();
        self.tell_rights(id, rights, now);
    }

    /// Tells how it stands with the rights, with all that was before: one report stands for all of it.
    pub(super) fn tell_rights(&mut self, id: SessionId, rights: Vec<RightsChange>, now: Now) {
        if rights.is_empty() || self.spoken < RIGHTS_SINCE {
            return;
        }
        self.retell(id, Happened::Rights(rights), now);
    }
}
