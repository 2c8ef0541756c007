//! What happens in the session with a partner, and around it when the connection comes and goes.

use protocol::{
    id::SessionId,
    message::{
        ToRelay,
        directory::Opaque,
        pairing::{CloseReason, Closed, Happened, Rejoin, Role},
        ticket::SessionTicket,
    },
};

use super::{
    super::{Controller, Effect, Now, attending},
    Attendant, Ended, LoginState, Looked, Session, Stage, TicketStep, Viewing,
};
use crate::{
    gui::view_model::{AdministratorView, ConnectStage, Scale, Trouble},
    link::record::Past,
};

impl Attendant {
    /// Is there a session, or is one about to be?
    pub(in crate::gui::controller) fn busy(&self) -> bool {
        !matches!(self.stage, Stage::Home | Stage::Ended(..))
    }
}

impl Controller {
    /// News of the session with a partner.
    pub fn attending(&mut self, id: SessionId, out: &attending::Out, now: Now) {
        let Some(session) = self.attendant.session_mut(id) else { return };
        match out {
            attending::Out::Asking(phrase) => {
                session.phrase = Some(*phrase);
                session.asked_since = Some(now.instant);
                let whole = protocol::limits::CONSENT_WAIT;
                session.stage = ConnectStage::AwaitingConsent { expires_in: whole, expires_after: whole };
            }
            attending::Out::Started(granted, _, signer) => {
                session.stage = ConnectStage::Opening;
                session.view = Some(Viewing {
                    granted: *granted,
                    ever: *granted,
                    control: granted.control,
                    scale: Scale::Scaled,
                    full_screen: false,
                    toolbar: true,
                    panel: false,
                    began: now.instant,
                    began_unix_ms: now.unix_ms,
                    began_relay_ms: now.unix_ms.saturating_add_signed(self.relay_ahead_ms),
                    signer: signer.clone(),
                    has_picture: false,
                    figures: attending::Figures::default(),
                    jitter: None,
                    away: None,
                    only_customer: false,
                    no_ctrl_alt_del: None,
                    administrator: AdministratorView::Off,
                    no_administrator: None,
                });
                self.viewing(|_| {});
            }
            attending::Out::OnlyCustomer(shown) => {
                let shown = *shown;
                self.viewing(|view| view.only_customer = shown);
            }
            attending::Out::CtrlAltDel(what) => self.ctrl_alt_del_told(*what),
            attending::Out::Administrator(what) => self.administrator_told(*what),
            attending::Out::FirstPicture => self.viewing(|view| view.has_picture = true),
            attending::Out::Changed(granted) => {
                let granted = *granted;
                self.viewing(|view| {
                    view.granted = granted;
                    view.ever.control |= granted.control;
                });
            }
            attending::Out::Figures(figures) => {
                if let Some(view) = &mut session.view {
                    if let (Some(before), Some(after)) = (view.figures.round_trip, figures.round_trip) {
                        // RFC 3550, 6.4.1: a sixteenth of each new difference.
                        let difference = before.abs_diff(after);
                        view.jitter = Some(view.jitter.map_or(difference, |jitter| jitter * 15 / 16 + difference / 16));
                    }
                    view.figures = *figures;
                }
            }
            attending::Out::Paused => {
                // What is so by then is told again when it is back.
                self.viewing(|view| {
                    (view.away, view.only_customer) = (Some((now.instant, now.unix_ms)), false);
                    view.no_ctrl_alt_del = None;
                    (view.administrator, view.no_administrator) = (AdministratorView::Off, None);
                });
                self.attendant_rejoin();
            }
            attending::Out::Resumed(granted) => {
                let granted = *granted;
                self.viewing(|view| {
                    view.away = None;
                    view.granted = granted;
                });
            }
            attending::Out::Over { why, begun: _, reconnects } => self.attending_over(id, *why, *reconnects, now),
        }
    }

    fn attending_over(&mut self, id: SessionId, why: CloseReason, reconnects: u32, now: Now) {
        let Stage::Session(session) = std::mem::take(&mut self.attendant.stage) else { return };
        let at_unix_ms = self.relay_now_ms(now);
        self.report(Role::Attendant, id, Happened::Ended { why, at_unix_ms, reconnects }, now);
        if let Some(view) = &session.view {
            if let (Some(signer), Some(protocol)) = (&view.signer, session.protocol.clone()) {
                let (granted, started_unix_ms) = (view.ever, view.began_relay_ms);
                let past = Past {
                    session: id,
                    protocol,
                    granted,
                    started_unix_ms,
                    ended_unix_ms: at_unix_ms,
                    reconnects,
                    why,
                };
                self.seal(Role::Attendant, signer, past, now);
            }
            let ended =
                Ended { at_unix_ms: now.unix_ms, duration: now.instant.saturating_duration_since(view.began), why };
            self.attendant.stage = Stage::Ended(session, ended);
            return;
        }
        self.attendant.trouble = match why {
            CloseReason::WrongPassword => Some(Trouble::CannotEnter),
            CloseReason::Refused | CloseReason::EndedByCustomer => Some(Trouble::Refused),
            CloseReason::NoAnswer => Some(Trouble::NoAnswer { after: protocol::limits::CONSENT_WAIT }),
            CloseReason::Cancelled | CloseReason::EndedByAttendant => None,
            CloseReason::ProgramGone => Some(Trouble::PartnerGone),
            CloseReason::ConnectionLost => Some(Trouble::ConnectionLost),
            CloseReason::WatchedOver => Some(Trouble::WatchOver),
            CloseReason::Violation | CloseReason::Failed => Some(Trouble::NotProtected),
        };
        self.attendant.stage = session.before();
    }

    pub(in crate::gui::controller) fn attendant_ticket(&mut self, numbers: SessionTicket) {
        let session = match &mut self.attendant.stage {
            Stage::Session(session) | Stage::Ended(session, _) => session,
            _ => return,
        };
        if session.id == Some(numbers.session) {
            session.protocol = Some(numbers.protocol);
            session.number = numbers.ticket;
        }
    }

    pub(in crate::gui::controller) fn attendant_peer_away(&mut self, id: SessionId) {
        if self.attendant.session_mut(id).is_some() {
            self.effects.push_back(Effect::AttendingLost);
        }
    }

    pub(in crate::gui::controller) fn attendant_closed(&mut self, closed: Closed) {
        if self.attendant.session_mut(closed.session).is_some() {
            self.effects.push_back(Effect::EndAttending(closed.why));
        }
    }

    pub(in crate::gui::controller) fn attendant_keeps(&mut self, id: SessionId, resume: Opaque) -> bool {
        self.attendant.session_mut(id).map(|session| session.resume = Some(resume)).is_some()
    }

    /// Asks for the session's place on a new connection, once the relay knows who asks. On the same one the place was kept.
    pub(in crate::gui::controller) fn attendant_rejoin(&mut self) {
        if let Stage::Session(session) = &mut self.attendant.stage
            && let Session {
                id: Some(id),
                resume: Some(resume),
                placed: placed @ false,
                view: Some(Viewing { away: Some(_), .. }),
                ..
            } = &mut **session
            && self.attendant.who.as_ref().is_some_and(|who| who.here)
        {
            *placed = true;
            self.effects.push_back(Effect::Say(ToRelay::Rejoin(Rejoin { session: *id, resume: resume.clone() })));
        }
    }

    pub(in crate::gui::controller) fn attendant_up(&mut self) {
        if let Some(who) = &self.attendant.who {
            self.effects.push_back(Effect::Say(ToRelay::LoginAgain(who.token.clone())));
        }
    }

    pub(in crate::gui::controller) fn attendant_down(&mut self) {
        if let Some(who) = &mut self.attendant.who {
            who.here = false;
        }
        self.attendant.offers.down();
        if let Stage::Session(session) = &mut self.attendant.stage {
            session.placed = false;
        }
        match &mut self.attendant.stage {
            Stage::Session(session) if session.id.is_some() => self.effects.push_back(Effect::AttendingLost),
            Stage::Session(session) => {
                self.attendant.stage = session.before();
                self.attendant.trouble = Some(Trouble::ServerAway);
            }
            Stage::Watch(step) => step.busy = false,
            Stage::Ticket(TicketStep { lookup: lookup @ Looked::Searching(_), .. }) => *lookup = Looked::Nothing,
            _ => {}
        }
        if let Some(login) = self.attendant.login.as_mut().filter(|login| login.busy) {
            *login = LoginState { asks_code: false, busy: false, trouble: Some(Trouble::ServerAway) };
        }
    }
}
