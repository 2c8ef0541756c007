//! Watching another attendant's session: asked about, confirmed by whoever wants to, and then a session as any other, without control.

use protocol::{
    id::DeviceId,
    message::{
        ToRelay,
        watch::{AskWatch, DialWatch, WatchError, WatchIs, Watchable, Watched},
    },
    version::WATCHING_SINCE,
};

use super::{
    super::{Controller, Effect},
    Looked, Session, Stage, TicketStep,
};
use crate::gui::view_model::{ConnectStage, TicketChoice, Trouble};

/// On the way to a watch.
#[derive(Debug, Clone)]
pub(in crate::gui::controller) struct WatchStep {
    pub partner: DeviceId,
    /// What can be watched, once the relay has said it.
    pub found: Option<Watchable>,
    /// It was confirmed, and is on its way.
    pub busy: bool,
    /// What the relay was asked last, with this number.
    request: u32,
}

impl Session {
    /// Where whoever does not get into it is again.
    pub(super) fn before(&self) -> Stage {
        match &self.watch {
            Some(found) => Stage::Watch(WatchStep {
                partner: self.step.partner,
                found: Some(found.clone()),
                busy: false,
                request: 0,
            }),
            None => Stage::Password(self.step.clone(), false),
        }
    }
}

impl Controller {
    /// Asks what there is to be watched, and shows it before anything else happens.
    pub(super) fn look_at(&mut self, partner: DeviceId) {
        self.attendant.trouble = None;
        partner.to_string().clone_into(&mut self.attendant.partner_typed);
        if let Some(trouble) = self.cannot_dial().or(self.cannot_watch()) {
            self.attendant.trouble = Some(trouble);
            return;
        }
        let request = self.attendant.request();
        self.attendant.stage = Stage::Watch(WatchStep { partner, found: None, busy: false, request });
        self.effects.push_back(Effect::Say(ToRelay::AskWatch(AskWatch { request, partner, enter: false })));
    }

    /// The partner is in a session: maybe that can be watched.
    pub(super) fn busy_partner(&mut self, partner: DeviceId) {
        if self.cannot_watch().is_none() {
            let request = self.attendant.request();
            self.attendant.asked_watch = Some((request, partner));
            self.effects.push_back(Effect::Say(ToRelay::AskWatch(AskWatch { request, partner, enter: false })));
        }
    }

    fn cannot_watch(&self) -> Option<Trouble> {
        (self.spoken < WATCHING_SINCE).then_some(Trouble::VersionTooOld)
    }

    /// Yes, this one.
    pub(super) fn watch(&mut self) {
        if let Some(trouble) = self.cannot_dial().or(self.cannot_watch()) {
            self.attendant.trouble = Some(trouble);
            return;
        }
        let request = self.attendant.request();
        let Stage::Watch(step) = &mut self.attendant.stage else { return };
        if step.busy || step.found.is_none() {
            return;
        }
        (step.busy, step.request) = (true, request);
        let partner = step.partner;
        self.attendant.trouble = None;
        self.effects.push_back(Effect::Say(ToRelay::AskWatch(AskWatch { request, partner, enter: true })));
    }

    pub(super) fn watch_is(&mut self, is: WatchIs) {
        let asked = self.attendant.asked_watch.take_if(|(request, _)| *request == is.request);
        if let (Some((_, partner)), Stage::Password(step, false)) = (asked, &self.attendant.stage)
            && step.partner == partner
        {
            match is.watch {
                Ok(found) => {
                    self.attendant.trouble = None;
                    let found = Some(found);
                    self.attendant.stage = Stage::Watch(WatchStep { partner, found, busy: false, request: 0 });
                }
                Err(WatchError::ProgramOld) => self.attendant.trouble = Some(Trouble::WatchProgramOld),
                Err(WatchError::Taken) => self.attendant.trouble = Some(Trouble::WatchTaken),
                Err(_) => {}
            }
            return;
        }
        let next = self.attendant.request();
        let Stage::Watch(step) = &mut self.attendant.stage else { return };
        if step.request != is.request {
            return;
        }
        match is.watch {
            Ok(mut found) => {
                let (grant, partner) = (found.grant.take(), step.partner);
                step.found = Some(found);
                if step.busy {
                    match grant {
                        Some(grant) => {
                            step.request = next;
                            self.effects.push_back(Effect::TakeGrant { request: next, partner, grant });
                        }
                        None => self.not_watched(Trouble::CredentialsExpired),
                    }
                }
            }
            Err(why) => self.not_watched(trouble_of(why)),
        }
    }

    fn not_watched(&mut self, why: Trouble) {
        if let Stage::Watch(step) = &mut self.attendant.stage {
            step.busy = false;
        }
        self.attendant.trouble = Some(why);
    }

    /// The relay has taken the grant that came with the answer, or not. `false`: it was not one of ours.
    pub(super) fn watch_grant_taken(&mut self, request: u32, taken: bool) -> bool {
        let dial = self.attendant.request();
        let Stage::Watch(WatchStep { partner, found: Some(found), busy: true, request: asked }) = &self.attendant.stage
        else {
            return false;
        };
        if *asked != request {
            return false;
        }
        if !taken {
            self.not_watched(Trouble::CredentialsExpired);
            return true;
        }
        let (partner, found) = (*partner, found.clone());
        self.effects.push_back(Effect::Say(ToRelay::DialWatch(DialWatch { request: dial, partner })));
        let number = found.ticket.clone();
        self.attendant.stage = Stage::Session(Box::new(Session {
            step: TicketStep {
                partner,
                number: number.as_str().to_owned(),
                lookup: Looked::Nothing,
                open: Vec::new(),
                choice: Some(TicketChoice::Existing(number.as_str().to_owned())),
                subject: String::new(),
                dialog: false,
                password: None,
                grant: None,
                find: 0,
                list: 0,
            },
            password: None,
            request: dial,
            id: None,
            resume: None,
            protocol: None,
            number: Some(number),
            stage: ConnectStage::Reaching,
            asked_since: None,
            phrase: None,
            view: None,
            wrap_up: None,
            watch: Some(found),
            watched_by: None,
            gone: false,
            placed: true,
        }));
        true
    }

    /// Somebody watches the session in which we help, or nobody does any more.
    pub(super) fn told_watched(&mut self, watched: Watched) {
        if let Some(session) = self.attendant.session_mut(watched.session) {
            session.watched_by = watched.by.map(|name| name.as_str().to_owned());
        }
    }
}

fn trouble_of(why: WatchError) -> Trouble {
    match why {
        WatchError::Unreachable => Trouble::WatchOver,
        WatchError::NotAllowed => Trouble::WatchNotAllowed,
        WatchError::ProgramOld => Trouble::WatchProgramOld,
        WatchError::Taken => Trouble::WatchTaken,
        WatchError::NoTicket => Trouble::WatchNoTicket,
        WatchError::TooMany { .. } => Trouble::TooManyAttempts,
        WatchError::Unavailable => Trouble::ServerAway,
    }
}
