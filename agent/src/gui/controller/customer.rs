//! The controller's part for the person who is helped.

mod administrator;
mod invitation;
mod request;
mod rights;
mod watch;

use std::{collections::BTreeMap, time::Instant};

use protocol::{
    id::{DeviceId, Password, ProtocolNumber, SessionId, TicketNumber},
    limits,
    message::{
        ToRelay,
        directory::{FieldKey, Opaque},
        grant::{Change, Grants, RightsChange},
        pairing::{CloseReason, Happened, Incoming, RecordMark, Rejoin, Role},
        ticket::{SessionTicket, TicketBrief},
    },
    session::{CheckPhrase, customer::Peer},
    version::CHANGES_SINCE,
};

pub(super) use administrator::Asked;
pub(super) use invitation::Invite;
pub(super) use request::Request;

use super::{Controller, Effect, LinkState, Now, ToHelped, field_error, field_map, helped};
use crate::{
    customer::receipt::Receipt,
    gui::{
        command::Command,
        view_model::{Alarm, FieldError, FieldKind, Notice, Saving},
    },
    link::record::{Past, Signer},
};

/// The customer's side of the program.
#[derive(Debug)]
pub(super) struct Customer {
    pub fields: BTreeMap<FieldKey, String>,
    pub errors: BTreeMap<FieldKey, FieldError>,
    /// The form is filled (or there is none).
    pub submitted: bool,
    pub id: Option<(DeviceId, Opaque)>,
    /// The relay knows of it on this connection.
    pub registered: bool,
    pub listed_since: Option<Instant>,
    pub password: Password,
    /// Guesses at this password so far.
    pub tries: u8,
    pub session: Option<Session>,
    /// Somebody who watches it, or wants to.
    pub watch: Option<Session>,
    pub receipt: Option<(Receipt, Saving)>,
    /// Of the last watch, until it is known where its end is on record.
    pub watch_receipt: Option<Receipt>,
    pub questions: u64,
    /// The session that is going on or has just ended, and whether an alarm about it was raised and has arrived.
    alarm: Option<(SessionId, Alarm)>,
    /// The key that ends the session from anywhere, while it is ours.
    pub end_key: Option<&'static str>,
    pub request: Request,
    pub invite: Invite,
}

/// One session of this computer.
#[derive(Debug)]
pub(super) struct Session {
    pub id: SessionId,
    pub resume: Opaque,
    pub ticket: Option<TicketBrief>,
    pub number: Option<TicketNumber>,
    pub protocol: ProtocolNumber,
    pub state: SessionState,
    /// What both people see, from the question on.
    pub phrase: Option<CheckPhrase>,
    pub bar_open: bool,
    /// The question for an administrator's rights is on the screen.
    pub administrator: Option<Asked>,
    /// A wrong guess is being looked at.
    guessing: bool,
    /// The relay holds our place on this connection: there is nothing to ask for.
    placed: bool,
}

#[derive(Debug)]
pub(super) enum SessionState {
    Ringing,
    Asking {
        peer: Peer,
        want: Grants,
        since: Instant,
        question: u64,
    },
    Active {
        peer: Peer,
        granted: Grants,
        ever: Grants,
        /// What was allowed from when on after the beginning, by the relay's clock.
        changes: Vec<Change>,
        /// Administrator's rights: in use from when on, or no more, by the relay's clock.
        rights: Vec<RightsChange>,
        began: Instant,
        began_unix_ms: u64,
        /// The same by the relay's clock, and what signs the record with it.
        sealing: Box<(Signer, u64)>,
        away_since: Option<Instant>,
    },
}

impl Customer {
    pub(super) fn alarm(&self) -> Alarm {
        self.alarm.map_or(Alarm::Offered, |(_, alarm)| alarm)
    }

    pub(super) fn new(password: Password, asks: bool) -> Self {
        Self {
            fields: BTreeMap::new(),
            errors: BTreeMap::new(),
            submitted: !asks,
            id: None,
            registered: false,
            listed_since: None,
            password,
            tries: 0,
            session: None,
            watch: None,
            receipt: None,
            watch_receipt: None,
            questions: 0,
            alarm: None,
            end_key: None,
            request: Request::default(),
            invite: Invite::default(),
        }
    }
}

impl Controller {
    pub(super) fn customer_command(&mut self, command: Command, now: Now) {
        match command {
            Command::SubmitFields(typed) => self.submit(typed),
            Command::RenewPassword => self.renew_password(),
            Command::CredentialsCopied => tracing::info!("the customer copied ID and password"),
            Command::Answer { allow, .. }
                if matches!(self.customer.watch, Some(Session { state: SessionState::Asking { .. }, .. })) =>
            {
                self.effects.push_back(Effect::Watched(ToHelped::Answer { allow, control: false }));
            }
            Command::StopWatching => self.end_watch(CloseReason::EndedByCustomer),
            Command::AnswerAdministrator(allow) => self.answer_administrator(allow, now),
            Command::Answer { allow, control } => {
                if matches!(self.customer.session, Some(Session { state: SessionState::Asking { .. }, .. })) {
                    self.effects.push_back(Effect::Helped(ToHelped::Answer { allow, control }));
                }
            }
            Command::AllowControl(control) => self.effects.push_back(Effect::Helped(ToHelped::AllowControl(control))),
            Command::ToggleBarPanel => {
                if let Some(session) = &mut self.customer.session {
                    session.bar_open = !session.bar_open;
                }
            }
            Command::End => self.effects.push_back(Effect::Helped(ToHelped::End(CloseReason::EndedByCustomer))),
            Command::RaiseAlarm => {
                if let Some((session, alarm @ Alarm::Offered)) = &mut self.customer.alarm {
                    *alarm = Alarm::Sending;
                    let (session, at_unix_ms) = (*session, self.relay_now_ms(now));
                    self.report(Role::Customer, session, Happened::Alarm { at_unix_ms }, now);
                }
            }
            Command::SaveReceipt => {
                if let Some((receipt, _)) = &self.customer.receipt {
                    self.effects.push_back(Effect::KeepReceipt(receipt.clone(), self.language, true));
                }
            }
            Command::DismissReceipt => {
                self.customer.receipt = None;
                // Waits again: a request of its own.
                self.register();
            }
            Command::OpenInvitation(token, origin) => self.open_invitation(token, origin, now),
            Command::WriteRequest => self.write_request(),
            Command::LeaveRequest { text } => self.leave_request(&text),
            command => tracing::error!(?command, %now.unix_ms, "a command came to the wrong half of the controller"),
        }
    }

    fn submit(&mut self, typed: Vec<(FieldKind, String)>) {
        let typed = typed.into_iter().map(|(kind, value)| (key_of(kind), value)).collect();
        self.customer.fields = field_map(typed);
        self.customer.errors = self
            .profile
            .fields
            .iter()
            .filter_map(|(key, required)| {
                let value = self.customer.fields.get(key).map_or("", String::as_str);
                field_error(*key, value, *required).map(|error| (*key, error))
            })
            .collect();
        if self.customer.errors.is_empty() {
            self.customer.submitted = true;
            self.register();
        }
    }

    pub(super) fn customer_incoming(&mut self, incoming: Incoming) {
        if self.customer.session.is_some() || self.attendant.session().is_some() {
            tracing::warn!(session = %incoming.session, "somebody dialled while a session was under way");
            return;
        }
        self.customer.session = Some(Session {
            id: incoming.session,
            resume: incoming.resume,
            number: incoming.ticket.as_ref().map(|ticket| ticket.number.clone()),
            ticket: incoming.ticket,
            protocol: incoming.protocol,
            state: SessionState::Ringing,
            phrase: None,
            bar_open: false,
            administrator: None,
            guessing: false,
            placed: true,
        });
        self.effects.push_back(Effect::StartHelped(incoming.session, self.customer.password.clone()));
        self.effects.push_back(Effect::Say(ToRelay::Join(incoming.token)));
    }

    /// The system has given us this key, or taken it.
    pub fn end_key(&mut self, chord: Option<&'static str>) {
        self.customer.end_key = chord;
    }

    /// News of this computer's session, or of the watch beside it.
    pub fn helped(&mut self, id: SessionId, out: helped::Out, now: Now) {
        let is_watch = self.customer.session.as_ref().is_none_or(|session| session.id != id);
        let slot = if is_watch { &mut self.customer.watch } else { &mut self.customer.session };
        let Some(session) = slot.as_mut().filter(|session| session.id == id) else { return };
        match out {
            helped::Out::Guess => {
                self.customer.tries += 1;
                session.guessing = true;
            }
            helped::Out::GuessWasRight => {
                self.customer.tries = 0;
                session.guessing = false;
            }
            helped::Out::Ask { peer, want, phrase } => {
                session.phrase = Some(phrase);
                self.customer.questions += 1;
                session.state =
                    SessionState::Asking { peer, want, since: now.instant, question: self.customer.questions };
                if is_watch {
                    // Who controls this computer is not to answer for the person in front of it.
                    self.effects.push_back(Effect::Helped(ToHelped::HoldInput(true)));
                }
            }
            helped::Out::CloseQuestion => {
                if matches!(session.state, SessionState::Asking { .. }) {
                    session.state = SessionState::Ringing;
                }
                if is_watch {
                    self.effects.push_back(Effect::Helped(ToHelped::HoldInput(false)));
                    self.administrator_in_front(now);
                }
            }
            helped::Out::Started { peer, granted, signer } => {
                if !is_watch {
                    self.customer.receipt = None;
                    self.customer.alarm = Some((id, Alarm::Offered));
                }
                if self.settings.known_attendants.insert(peer.operator.to_string()) {
                    self.effects.push_back(Effect::SaveSettings(self.settings.clone()));
                }
                let attendant = peer.name.clone();
                let at_unix_ms = now.unix_ms.saturating_add_signed(self.relay_ahead_ms);
                session.state = SessionState::Active {
                    peer,
                    granted,
                    ever: granted,
                    changes: Vec::new(),
                    rights: Vec::new(),
                    began: now.instant,
                    began_unix_ms: now.unix_ms,
                    sealing: Box::new((signer, at_unix_ms)),
                    away_since: None,
                };
                self.report(Role::Customer, id, Happened::Started { granted, attendant, at_unix_ms }, now);
            }
            // A watch is to see only from beginning to end; its machine says nothing of the kind.
            helped::Out::Changed(now_granted) => {
                if let SessionState::Active { granted, ever, changes, .. } = &mut session.state {
                    *granted = now_granted;
                    ever.control |= now_granted.control;
                    // Of more than can be told the first ones stay, and how it is now.
                    changes.truncate(limits::CHANGES_TOLD - 1);
                    changes.push(Change {
                        granted: now_granted,
                        at_unix_ms: now.unix_ms.saturating_add_signed(self.relay_ahead_ms),
                    });
                    let changes = changes.clone();
                    self.customer_changed(id, changes, now);
                }
            }
            // Who only watches asks for nothing of the kind; their machine says so too.
            helped::Out::AskAdministrator | helped::Out::CloseAdministrator | helped::Out::Administrator(_)
                if is_watch => {}
            helped::Out::AskAdministrator => self.ask_administrator(now),
            helped::Out::CloseAdministrator => session.administrator = None,
            helped::Out::Administrator(on) => self.customer_rights(id, on, now),
            helped::Out::Paused => {
                if let SessionState::Active { away_since, .. } = &mut session.state {
                    *away_since = Some(now.instant);
                }
                self.customer_rejoin();
            }
            helped::Out::Resumed => {
                if let SessionState::Active { away_since, .. } = &mut session.state {
                    *away_since = None;
                }
            }
            helped::Out::Over { why, begun: _, reconnects } if is_watch => self.watch_over(id, why, reconnects, now),
            helped::Out::Over { why, begun: _, reconnects } => self.customer_over(id, why, reconnects, now),
        }
    }

    /// Tells what the customer allows now, with all that they allowed before: one report stands for all of them.
    fn customer_changed(&mut self, id: SessionId, changes: Vec<Change>, now: Now) {
        if changes.is_empty() || self.spoken < CHANGES_SINCE {
            return;
        }
        self.retell(id, Happened::Changed(changes), now);
    }

    /// Tells this instead of what was to be told of the same kind: it says all of that, and more.
    fn retell(&mut self, id: SessionId, what: Happened, now: Now) {
        let step = what.step();
        self.reports.retain(|pending| pending.report.session != id || pending.report.what.step() != step);
        self.report(Role::Customer, id, what, now);
    }

    fn customer_over(&mut self, id: SessionId, why: CloseReason, reconnects: u32, now: Now) {
        let Some(session) = self.customer.session.take() else { return };
        self.end_watch(CloseReason::WatchedOver);
        let guessing = session.guessing;
        if let Some(receipt) = self.close(id, session, why, reconnects, now) {
            self.effects.push_back(Effect::KeepReceipt(receipt.clone(), self.language, false));
            self.customer.receipt = Some((receipt, Saving::Offered));
            // A password is for one session.
            self.renew_password();
        } else if guessing {
            self.wrong_guess(now);
        }
    }

    /// Tells that a session is over and, if it had begun, signs its record and writes its receipt.
    fn close(
        &mut self,
        id: SessionId,
        session: Session,
        why: CloseReason,
        reconnects: u32,
        now: Now,
    ) -> Option<Receipt> {
        let at_unix_ms = self.relay_now_ms(now);
        if let SessionState::Active { changes, rights, .. } = &session.state {
            // Once more, before the end: what was told meanwhile may have been lost with a connection.
            self.customer_changed(id, changes.clone(), now);
            self.tell_rights(id, rights.clone(), now);
        }
        self.report(Role::Customer, id, Happened::Ended { why, at_unix_ms, reconnects }, now);
        if let SessionState::Active { peer, ever, rights, began, began_unix_ms, sealing, .. } = session.state {
            let (signer, started_unix_ms) = *sealing;
            let protocol = session.protocol.clone();
            let granted = ever;
            let past =
                Past { session: id, protocol, granted, started_unix_ms, ended_unix_ms: at_unix_ms, reconnects, why };
            self.seal(Role::Customer, &signer, past, now);
            return Some(Receipt {
                session: id,
                company: self.profile.brand.company.clone(),
                attendant: peer.name,
                started_unix_ms: began_unix_ms,
                ended_unix_ms: now.unix_ms,
                duration: now.instant.saturating_duration_since(began),
                allowed: ever,
                administrator: rights.iter().any(|change| change.administrator),
                why,
                protocol: session.protocol,
                ticket: session.number,
                record: None,
                watches: None,
            });
        }
        None
    }

    fn wrong_guess(&mut self, now: Now) {
        let tries = self.customer.tries;
        let notice = if tries >= limits::PASSWORD_TRIES {
            self.renew_password();
            Notice::PasswordRenewed
        } else {
            Notice::WrongPassword { tries, limit: limits::PASSWORD_TRIES }
        };
        self.notice = Some((notice, now.instant));
    }

    /// The relay has written an alarm down.
    pub(super) fn customer_alarm_kept(&mut self, session: SessionId) {
        if let Some((_, alarm)) = self.customer.alarm.as_mut().filter(|(about, _)| *about == session) {
            *alarm = Alarm::Sent;
        }
    }

    /// The ticket's number may come later than the session's end.
    pub(super) fn customer_ticket(&mut self, numbers: &SessionTicket) {
        self.customer.request.ticket(numbers);
        if let Some(session) = self.customer.session.as_mut().filter(|session| session.id == numbers.session) {
            session.number.clone_from(&numbers.ticket);
            session.protocol = numbers.protocol.clone();
        } else if let Some(watch) = self.customer.watch.as_mut().filter(|watch| watch.id == numbers.session) {
            watch.number.clone_from(&numbers.ticket);
        } else if let Some((receipt, _)) =
            self.customer.receipt.as_mut().filter(|(receipt, _)| receipt.protocol == numbers.protocol)
            && receipt.ticket != numbers.ticket
        {
            receipt.ticket.clone_from(&numbers.ticket);
            self.effects.push_back(Effect::KeepReceipt(receipt.clone(), self.language, false));
        }
    }

    /// The relay has the end on record: the receipt says where.
    pub(super) fn customer_recorded(&mut self, session: SessionId, record: RecordMark) {
        if let Some(receipt) = self.customer.watch_receipt.as_mut().filter(|receipt| receipt.session == session)
            && receipt.record != Some(record)
        {
            receipt.record = Some(record);
            self.effects.push_back(Effect::KeepReceipt(receipt.clone(), self.language, false));
        }
        if let Some((receipt, _)) = self.customer.receipt.as_mut().filter(|(receipt, _)| receipt.session == session)
            && receipt.record != Some(record)
        {
            receipt.record = Some(record);
            self.effects.push_back(Effect::KeepReceipt(receipt.clone(), self.language, false));
        }
    }

    /// Asks for the session's place on a new connection, once the relay knows who asks. On the same one the place was kept.
    pub(super) fn customer_rejoin(&mut self) {
        if !self.customer.registered {
            return;
        }
        for session in [&mut self.customer.session, &mut self.customer.watch] {
            if let Some(Session {
                id,
                resume,
                placed: placed @ false,
                state: SessionState::Active { away_since: Some(_), .. },
                ..
            }) = session
            {
                *placed = true;
                let rejoin = Rejoin { session: *id, resume: resume.clone() };
                self.effects.push_back(Effect::Say(ToRelay::Rejoin(rejoin)));
            }
        }
    }

    pub(super) fn customer_down(&mut self) {
        self.customer.registered = false;
        self.customer.request.down();
        if let Some(session) = &mut self.customer.session {
            session.placed = false;
            self.effects.push_back(Effect::Helped(ToHelped::Lost));
        }
        if let Some(watch) = &mut self.customer.watch {
            watch.placed = false;
            self.effects.push_back(Effect::Watched(ToHelped::Lost));
        }
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(self.link, LinkState::Up)
    }
}

fn key_of(kind: FieldKind) -> FieldKey {
    match kind {
        FieldKind::Name => FieldKey::Name,
        FieldKind::Email => FieldKey::Email,
        FieldKind::Company => FieldKey::Company,
        FieldKind::Phone => FieldKey::Phone,
        FieldKind::Document => FieldKey::Document,
        FieldKind::Subject => FieldKey::Subject,
    }
}

/// The page's word for a field.
pub(super) fn kind_of(key: FieldKey) -> FieldKind {
    match key {
        FieldKey::Name => FieldKind::Name,
        FieldKey::Email => FieldKind::Email,
        FieldKey::Company => FieldKind::Company,
        FieldKey::Phone => FieldKind::Phone,
        FieldKey::Document => FieldKind::Document,
        FieldKey::Subject => FieldKind::Subject,
    }
}
