//! Somebody who watches: a session of its own beside the one that goes on, which alone decides what the program shows and when it ends.
//!
//! Must never let a watch begin without a session that the customer has allowed, nor without a question of its own, nor outlive that session.

use protocol::{
    id::SessionId,
    message::{
        ToRelay,
        pairing::{CloseReason, Incoming},
    },
};

use super::{
    super::{Controller, Effect, Now, ToHelped},
    Session, SessionState,
};

impl Controller {
    /// The relay says that somebody wants to watch. Only a session that is under way can be watched, and by one at a time.
    pub(in crate::gui::controller) fn customer_incoming_watch(&mut self, incoming: Incoming) {
        let Some(Session { state: SessionState::Active { .. }, ticket, number, .. }) = &self.customer.session else {
            tracing::warn!(session = %incoming.session, "somebody wants to watch, and no session is under way");
            return;
        };
        if self.customer.watch.is_some() {
            tracing::warn!(session = %incoming.session, "somebody wants to watch beside another");
            return;
        }
        self.customer.watch = Some(Session {
            id: incoming.session,
            resume: incoming.resume,
            ticket: ticket.clone(),
            number: number.clone(),
            protocol: incoming.protocol,
            state: SessionState::Ringing,
            phrase: None,
            bar_open: false,
            administrator: None,
            guessing: false,
            placed: true,
        });
        self.effects.push_back(Effect::StartWatched(incoming.session, self.customer.password.clone()));
        self.effects.push_back(Effect::Say(ToRelay::Join(incoming.token)));
    }

    pub(super) fn watch_over(&mut self, id: SessionId, why: CloseReason, reconnects: u32, now: Now) {
        let Some(watch) = self.customer.watch.take() else { return };
        self.effects.push_back(Effect::Helped(ToHelped::HoldInput(false)));
        if matches!(watch.state, SessionState::Asking { .. }) {
            self.administrator_in_front(now);
        }
        let guessing = watch.guessing;
        let watches = self.customer.session.as_ref().map(|session| session.protocol.clone());
        if let Some(mut receipt) = self.close(id, watch, why, reconnects, now) {
            receipt.watches = watches.or_else(|| self.customer.receipt.as_ref().map(|(of, _)| of.protocol.clone()));
            self.effects.push_back(Effect::KeepReceipt(receipt.clone(), self.language, false));
            self.customer.watch_receipt = Some(receipt);
        } else if guessing {
            self.wrong_guess(now);
        }
    }

    /// Ends the watch for this reason, if there is one.
    pub(in crate::gui::controller) fn end_watch(&mut self, why: CloseReason) {
        if self.customer.watch.is_some() {
            self.effects.push_back(Effect::Watched(ToHelped::End(why)));
        }
    }
}
