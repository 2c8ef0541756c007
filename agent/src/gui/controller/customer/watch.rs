//! Somebody who watches: a session of its own beside the one that goes on, which alone decides what the program shows and when it ends.
//!
//! Must never let a watch begin without a session that the customer has allowed, nor without a question of its own, nor outlive that session.

use protocol::{
    id::SessionId,
    message::{
        ToRelay,
        pairing::{CloseReason, Happened, Incoming, Role},
    },
};

use super::{
    super::{Controller, Effect, Now, ToHelped, helped},
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
            guessing: false,
            placed: true,
        });
        self.effects.push_back(Effect::StartWatched(incoming.session, self.customer.password.clone()));
        self.effects.push_back(Effect::Say(ToRelay::Join(incoming.token)));
    }

    /// News of the watch.
    pub(super) fn watched(&mut self, id: SessionId, out: helped::Out, now: Now) {
        let Some(watch) = self.customer.watch.as_mut().filter(|watch| watch.id == id) else { return };
        match out {
            helped::Out::Guess => {
                self.customer.tries += 1;
                watch.guessing = true;
            }
            helped::Out::GuessWasRight => {
                self.customer.tries = 0;
                watch.guessing = false;
            }
            helped::Out::Ask { peer, want, phrase } => {
                watch.phrase = Some(phrase);
                self.customer.questions += 1;
                let question = self.customer.questions;
                watch.state = SessionState::Asking { peer, want, since: now.instant, question };
                // Who controls this computer is not to answer for the person in front of it.
                self.effects.push_back(Effect::Helped(ToHelped::HoldInput(true)));
            }
            helped::Out::CloseQuestion => {
                if matches!(watch.state, SessionState::Asking { .. }) {
                    watch.state = SessionState::Ringing;
                }
                self.effects.push_back(Effect::Helped(ToHelped::HoldInput(false)));
            }
            helped::Out::Started { peer, granted, signer } => {
                if self.settings.known_attendants.insert(peer.operator.to_string()) {
                    self.effects.push_back(Effect::SaveSettings(self.settings.clone()));
                }
                let attendant = peer.name.clone();
                let at_unix_ms = now.unix_ms.saturating_add_signed(self.relay_ahead_ms);
                watch.state = SessionState::Active {
                    peer,
                    granted,
                    ever: granted,
                    began: now.instant,
                    began_unix_ms: now.unix_ms,
                    sealing: (signer, at_unix_ms),
                    away_since: None,
                };
                self.report(Role::Customer, id, Happened::Started { granted, attendant, at_unix_ms }, now);
            }
            // To see only, from beginning to end.
            helped::Out::Changed(_) => {}
            helped::Out::Paused => {
                if let SessionState::Active { away_since, .. } = &mut watch.state {
                    *away_since = Some(now.instant);
                }
                self.customer_rejoin();
            }
            helped::Out::Resumed => {
                if let SessionState::Active { away_since, .. } = &mut watch.state {
                    *away_since = None;
                }
            }
            helped::Out::Over { why, begun: _, reconnects } => self.watch_over(id, why, reconnects, now),
        }
    }

    fn watch_over(&mut self, id: SessionId, why: CloseReason, reconnects: u32, now: Now) {
        let Some(watch) = self.customer.watch.take() else { return };
        self.effects.push_back(Effect::Helped(ToHelped::HoldInput(false)));
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
