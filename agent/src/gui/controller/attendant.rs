//! The controller's part for the person who helps.

mod administrator;
mod credentials;
mod ctrl_alt_del;
mod enrolment;
mod login;
mod offers;
mod session;
mod ticket_step;
mod watch;
mod wrap_up;

use std::{collections::HashMap, time::Instant};

use protocol::{
    id::{DeviceId, OperatorId, Password, ProtocolNumber, SessionId, TicketNumber},
    message::{
        FromRelay, ShownText, ToRelay,
        directory::{LoginToken, Opaque, WaitingCustomer},
        grant::Grants,
        pairing::{CloseReason, Dial, DialError, Dialled, Happened, Role},
        ticket::{TicketBrief, TicketChoice as Wire, TicketError},
        watch::Watchable,
    },
    session::CheckPhrase,
};

pub(super) use credentials::Grant;
pub(super) use offers::{Offers, kind_of as status_kind};
pub(super) use watch::WatchStep;
pub(super) use wrap_up::Asked;

use super::{Controller, Effect, Now, attending};
use crate::{
    connect_link::ConnectLink,
    gui::{
        command::Command,
        view_model::{AdministratorView, ConnectStage, NoAdministrator, NoCtrlAltDel, Scale, TicketChoice, Trouble},
    },
    link::record::Signer,
};

/// The attendant's side of the program.
#[derive(Debug, Default)]
pub(super) struct Attendant {
    /// The login page is open.
    pub login: Option<LoginState>,
    pub who: Option<Who>,
    pub waiting: Vec<WaitingCustomer>,
    /// Those of them who were invited to a ticket.
    pub waiting_on: HashMap<DeviceId, TicketNumber>,
    pub stage: Stage,
    pub trouble: Option<Trouble>,
    pub partner_typed: String,
    /// A link of the console that waits for somebody to be logged in.
    pub link: Option<ConnectLink>,
    pub offers: Offers,
    /// The relay was asked, with this number, whether a partner who is being helped can be watched.
    asked_watch: Option<(u32, DeviceId)>,
    requests: u32,
}

#[derive(Debug, Default)]
pub(super) struct LoginState {
    pub busy: bool,
    /// The password was right: a code is asked for beside it.
    pub asks_code: bool,
    pub trouble: Option<Trouble>,
}

/// Who is logged in.
#[derive(Debug)]
pub(super) struct Who {
    pub operator: OperatorId,
    pub name: ShownText,
    pub token: LoginToken,
    /// The certificate is there: sessions can be opened.
    pub certified: bool,
    /// When the certificate is worthless, by the relay's clock.
    pub expires_unix_ms: u64,
    /// The fingerprint of the request that the administrator has to sign.
    pub waits: Option<String>,
    /// When the certificate was last asked for.
    pub asked: Option<Instant>,
    /// The relay knows of the login on this connection.
    pub here: bool,
}

#[derive(Debug, Default)]
pub(super) enum Stage {
    #[default]
    Home,
    Ticket(TicketStep),
    Password(TicketStep, bool),
    Watch(WatchStep),
    Session(Box<Session>),
    Ended(Box<Session>, Ended),
}

/// What was chosen on the way to a session.
#[derive(Debug, Clone)]
pub(super) struct TicketStep {
    pub partner: DeviceId,
    pub number: String,
    pub lookup: Looked,
    pub open: Vec<TicketBrief>,
    pub choice: Option<TicketChoice>,
    /// The new ticket's subject, once confirmed.
    pub subject: String,
    pub dialog: bool,
    /// Copied credentials: the password is not asked for.
    pub password: Option<Password>,
    /// A one-time grant: the relay gives the password with the dial.
    pub grant: Option<Grant>,
    find: u32,
    list: u32,
}

#[derive(Debug, Clone)]
pub(super) enum Looked {
    Nothing,
    Searching(TicketNumber),
    Found(TicketBrief),
    NotFound(String),
    Down(TicketNumber),
}

/// One session with a partner.
#[derive(Debug)]
pub(super) struct Session {
    pub step: TicketStep,
    password: Option<Password>,
    request: u32,
    pub id: Option<SessionId>,
    resume: Option<Opaque>,
    pub protocol: Option<ProtocolNumber>,
    pub number: Option<TicketNumber>,
    pub stage: ConnectStage,
    pub asked_since: Option<Instant>,
    /// What both people see, from the question on.
    pub phrase: Option<CheckPhrase>,
    pub view: Option<Viewing>,
    /// What the app asks about it when it is over.
    pub wrap_up: Option<Asked>,
    /// Another attendant's, which we only watch.
    pub watch: Option<Watchable>,
    /// Who watches ours.
    pub watched_by: Option<String>,
    /// The attendant gave up before the relay had answered.
    gone: bool,
    /// The relay holds our place on this connection: there is nothing to ask for.
    placed: bool,
}

/// A session whose viewer is open.
#[derive(Debug)]
pub(super) struct Viewing {
    pub granted: Grants,
    pub ever: Grants,
    pub control: bool,
    pub scale: Scale,
    pub full_screen: bool,
    pub toolbar: bool,
    pub panel: bool,
    pub began: Instant,
    pub began_unix_ms: u64,
    /// The same by the relay's clock.
    pub began_relay_ms: u64,
    /// Signs the record when it is over.
    pub signer: Option<Signer>,
    pub has_picture: bool,
    pub figures: attending::Figures,
    pub jitter: Option<std::time::Duration>,
    pub away: Option<(Instant, u64)>,
    /// The customer's computer shows what only the customer can see and answer.
    pub only_customer: bool,
    /// Why Ctrl+Alt+Del was not pressed.
    pub no_ctrl_alt_del: Option<NoCtrlAltDel>,
    /// How it stands with an administrator's rights.
    pub administrator: AdministratorView,
    /// Why there are none, or no more.
    pub no_administrator: Option<NoAdministrator>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub at_unix_ms: u64,
    pub duration: std::time::Duration,
    pub why: CloseReason,
}

impl Attendant {
    pub(super) fn logged_in(&self) -> bool {
        self.who.is_some()
    }

    pub(super) fn in_front(&self) -> bool {
        self.login.is_some() || self.who.is_some()
    }

    pub(super) fn trouble(&mut self, trouble: Trouble) {
        match &mut self.login {
            Some(login) => (login.busy, login.trouble) = (false, Some(trouble)),
            None => self.trouble = Some(trouble),
        }
    }

    pub(super) fn session(&self) -> Option<&Session> {
        match &self.stage {
            Stage::Session(session) => Some(session),
            _ => None,
        }
    }

    fn session_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        match &mut self.stage {
            Stage::Session(session) if session.id == Some(id) => Some(session),
            _ => None,
        }
    }

    fn request(&mut self) -> u32 {
        self.requests = self.requests.wrapping_add(1);
        self.requests
    }
}

impl Controller {
    pub(super) fn attendant_command(&mut self, command: Command, now: Now) {
        match command {
            Command::OpenLogin => {
                if self.attendant.who.is_none() {
                    self.attendant.login = Some(LoginState::default());
                }
            }
            Command::CloseLogin => self.close_login(),
            Command::Login { user, password } => self.log_in(user, password.reveal(), None),
            Command::LoginWithCode { user, password, code } => {
                self.log_in(user, password.reveal(), Some(code.reveal()));
            }
            Command::Logout => {
                self.effects.push_back(Effect::Say(ToRelay::Logout));
                self.attendant = Attendant::default();
                self.register();
            }
            Command::Connect { partner } => self.connect(&partner, None),
            Command::PasteCredentials(pasted) => self.paste(pasted.reveal()),
            Command::OpenLink(link) => self.open_link(link),
            Command::LookUpTicket { number } => self.look_up(&number),
            Command::ChooseTicket(choice) => {
                if let Stage::Ticket(step) = &mut self.attendant.stage {
                    step.choice = Some(choice);
                    self.attendant.trouble = None;
                }
            }
            Command::StartSession => self.start_session(),
            Command::Watch => self.watch(),
            Command::ConfirmNoTicket { subject } => {
                if let Stage::Ticket(step) = &mut self.attendant.stage {
                    step.subject = subject;
                    step.dialog = false;
                    step.choice = Some(TicketChoice::New);
                    self.ask_password();
                }
            }
            Command::GivePassword(typed) => match typed.reveal().parse::<Password>() {
                Ok(password) => self.dial(Some(password)),
                // One text for unknown, offline and wrong: this is wrong.
                Err(_) => self.attendant.trouble = Some(Trouble::CannotEnter),
            },
            Command::SetStatus(status) => self.set_status(status),
            Command::AnswerOffer { offer, take } => self.answer_offer(offer, take),
            Command::PullNext => self.pull_next(),
            Command::ChooseCategory(index) => self.choose_category(index),
            Command::WrapUp { note } => self.wrap_up(&note, now),
            Command::Cancel | Command::Back => self.back(),
            Command::End => self.end_attending(),
            Command::SetControl(control) => self.viewing(|view| view.control = control),
            Command::CtrlAltDel => self.ctrl_alt_del(),
            Command::CtrlAltDelRead => self.viewing(|view| view.no_ctrl_alt_del = None),
            Command::AskAdministrator => self.ask_for_administrator(),
            Command::AdministratorRead => self.viewing(|view| view.no_administrator = None),
            Command::SetScale(scale) => self.viewing(|view| view.scale = scale),
            Command::ToggleFullScreen => self.viewing(|view| view.full_screen = !view.full_screen),
            Command::ToggleToolbar => self.viewing(|view| view.toolbar = !view.toolbar),
            Command::ToggleConnectionPanel => self.viewing(|view| view.panel = !view.panel),
            command => tracing::error!(?command, %now.unix_ms, "a command that nobody takes"),
        }
    }

    fn start_session(&mut self) {
        let Stage::Ticket(step) = &mut self.attendant.stage else { return };
        match &step.choice {
            None => {}
            Some(TicketChoice::New) => step.dialog = true,
            Some(TicketChoice::Existing(_)) => self.ask_password(),
        }
    }

    fn ask_password(&mut self) {
        self.attendant.trouble = None;
        let Stage::Ticket(step) = &self.attendant.stage else { return };
        let mut step = step.clone();
        let (password, grant) = (step.password.take(), step.grant);
        let asks = password.is_none() && grant.is_none();
        self.attendant.stage = Stage::Password(step, !asks);
        // While the grant is being taken the answer is waited for.
        if password.is_some() || matches!(grant, Some(Grant::Taken)) {
            self.dial(password);
        }
    }

    /// Dials; without a password the relay gives it, by the grant that was taken.
    fn dial(&mut self, password: Option<Password>) {
        let request = self.attendant.request();
        let Stage::Password(step, _) = &self.attendant.stage else { return };
        if let Some(trouble) = self.cannot_dial() {
            self.attendant.trouble = Some(trouble);
            return;
        }
        let step = step.clone();
        let (ticket, number) = match &step.choice {
            Some(TicketChoice::Existing(number)) => match TicketNumber::new(number) {
                Ok(number) => (Wire::Number(number.clone()), Some(number)),
                Err(_) => return,
            },
            _ => (Wire::OpenNew { subject: ShownText::lossy(&step.subject) }, None),
        };
        self.attendant.trouble = None;
        self.effects.push_back(Effect::Say(ToRelay::Dial(Dial {
            request,
            partner: step.partner,
            ticket,
            want: Grants::CONTROL,
        })));
        self.attendant.stage = Stage::Session(Box::new(Session {
            step,
            password,
            request,
            id: None,
            resume: None,
            protocol: None,
            number,
            stage: ConnectStage::Reaching,
            asked_since: None,
            phrase: None,
            view: None,
            wrap_up: None,
            watch: None,
            watched_by: None,
            gone: false,
            placed: true,
        }));
    }

    fn back(&mut self) {
        self.attendant.trouble = None;
        match std::mem::take(&mut self.attendant.stage) {
            Stage::Ticket(mut step) if step.dialog => {
                step.dialog = false;
                self.attendant.stage = Stage::Ticket(step);
            }
            Stage::Password(step, _) => self.attendant.stage = Stage::Ticket(step),
            Stage::Session(session) => {
                self.attendant.stage = Stage::Session(session);
                self.end_attending();
            }
            Stage::Home if self.attendant.who.is_none() => self.close_login(),
            // What is asked is answered, or left empty, by the button that says so.
            Stage::Ended(session, ended) if session.wrap_up.is_some() => {
                self.attendant.stage = Stage::Ended(session, ended);
            }
            Stage::Home | Stage::Ticket(_) | Stage::Watch(_) | Stage::Ended(..) => {}
        }
    }

    fn end_attending(&mut self) {
        let Stage::Session(session) = &mut self.attendant.stage else { return };
        if session.id.is_some() {
            self.effects.push_back(Effect::EndAttending(CloseReason::EndedByAttendant));
        } else {
            // The relay has not answered yet; when it does, the place is not taken.
            session.gone = true;
            self.attendant.stage = session.before();
        }
    }

    fn viewing(&mut self, change: impl FnOnce(&mut Viewing)) {
        let Stage::Session(session) = &mut self.attendant.stage else { return };
        let Some(view) = &mut session.view else { return };
        change(view);
        let control = view.control && view.granted.control;
        let actual = view.scale == Scale::OneToOne;
        self.effects.push_back(Effect::Look { actual, control });
    }

    /// Do mouse and keyboard over the picture go to the customer?
    pub fn controls(&self) -> bool {
        self.attendant
            .session()
            .and_then(|session| session.view.as_ref())
            .is_some_and(|view| view.control && view.granted.control && view.away.is_none())
    }

    pub(super) fn attendant_message(&mut self, message: FromRelay, now: Now) {
        match message {
            FromRelay::LoggedIn(logged_in) => self.logged_in(logged_in),
            FromRelay::LoginFailed(error) => self.login_failed(error),
            FromRelay::EnrolFailed(why) => self.enrolled(Err(why.as_str().to_owned())),
            FromRelay::GrantTaken(taken) => self.grant_taken(taken),
            FromRelay::GrantOpened(opened) => {
                if let Stage::Session(session) = &mut self.attendant.stage
                    && session.request == opened.request
                {
                    session.password.get_or_insert(opened.password);
                }
            }
            FromRelay::Waiting(list) => self.attendant.waiting = list,
            FromRelay::WaitingOn(on) => {
                self.attendant.waiting_on = on.into_iter().map(|row| (row.id, row.ticket)).collect();
            }
            FromRelay::TicketFound(found) => {
                if let Stage::Ticket(step) = &mut self.attendant.stage
                    && step.find == found.request
                    && let Looked::Searching(asked) = step.lookup.clone()
                {
                    let existing = |number: &TicketNumber| Some(TicketChoice::Existing(number.as_str().to_owned()));
                    match found.ticket {
                        Ok(brief) => {
                            step.choice = existing(&brief.number);
                            step.lookup = Looked::Found(brief);
                        }
                        Err(TicketError::NotFound) => step.lookup = Looked::NotFound(asked.as_str().to_owned()),
                        Err(TicketError::Down) => {
                            step.choice = existing(&asked);
                            step.lookup = Looked::Down(asked);
                        }
                    }
                }
            }
            FromRelay::TicketList(list) => {
                if let Stage::Ticket(step) = &mut self.attendant.stage
                    && step.list == list.request
                {
                    match list.tickets {
                        Ok(tickets) => step.open = tickets,
                        Err(_) => self.attendant.trouble = Some(Trouble::TicketingDown),
                    }
                }
            }
            FromRelay::Dialled(dialled) => self.dialled(dialled, now),
            FromRelay::WrapUpAsked(form) => {
                if let Some(session) = self.attendant.session_mut(form.session) {
                    session.wrap_up = Some(Asked::new(form));
                }
            }
            FromRelay::DialRefused(refused) => {
                if let Stage::Session(session) = &self.attendant.stage
                    && session.id.is_none()
                    && session.request == refused.request
                {
                    self.dial_refused(refused.why);
                }
            }
            FromRelay::StatusIs(status) => self.attendant.offers.status = Some(status),
            FromRelay::Offered(offered) => self.offered(offered, now),
            FromRelay::OfferOver(over) => self.attendant.offers.over(over.offer),
            FromRelay::Assigned(assigned) => self.assigned(&assigned),
            FromRelay::PullRefused(why) => self.pull_refused(why),
            FromRelay::WatchIs(is) => self.watch_is(is),
            FromRelay::Watched(watched) => self.told_watched(watched),
            message => tracing::debug!(?message, "nothing waits for this"),
        }
    }

    fn dialled(&mut self, dialled: Dialled, now: Now) {
        let Stage::Session(session) = &mut self.attendant.stage else {
            // Given up in between: tell the relay, so that the customer is free again.
            let at_unix_ms = self.relay_now_ms(now);
            return self.report(
                Role::Attendant,
                dialled.session,
                Happened::Ended { why: CloseReason::Cancelled, at_unix_ms, reconnects: 0 },
                now,
            );
        };
        if session.request != dialled.request || session.id.is_some() || session.gone {
            return;
        }
        let Some(password) = session.password.take() else { return self.grant_gave_nothing(dialled.session, now) };
        session.id = Some(dialled.session);
        session.resume = Some(dialled.resume);
        session.protocol = Some(dialled.protocol);
        let start = if session.watch.is_some() { Effect::StartWatching } else { Effect::StartAttending };
        self.effects.push_back(start(dialled.session, password));
        self.effects.push_back(Effect::Say(ToRelay::Join(dialled.token)));
    }

    fn dial_refused(&mut self, why: DialError) {
        let Stage::Session(session) = std::mem::take(&mut self.attendant.stage) else { return };
        if session.watch.is_some() {
            self.attendant.stage = session.before();
            self.attendant.trouble = Some(match why {
                DialError::Busy => Trouble::WatchTaken,
                DialError::NotAllowed => Trouble::WatchNotAllowed,
                DialError::TooMany { .. } => Trouble::TooManyAttempts,
                DialError::CannotRecord => Trouble::CannotRecord,
                DialError::GrantGone => Trouble::CredentialsExpired,
                DialError::Unreachable | DialError::NoSuchTicket => Trouble::WatchOver,
            });
            return;
        }
        let mut step = session.step;
        let trouble = match why {
            DialError::Unreachable | DialError::NotAllowed => Trouble::CannotEnter,
            DialError::Busy => Trouble::PartnerBusy,
            DialError::TooMany { .. } => Trouble::TooManyAttempts,
            DialError::GrantGone => {
                step.grant = None;
                Trouble::CredentialsExpired
            }
            DialError::CannotRecord => Trouble::CannotRecord,
            DialError::NoSuchTicket => {
                let number = match &step.choice {
                    Some(TicketChoice::Existing(number)) => number.clone(),
                    _ => String::new(),
                };
                step.choice = None;
                step.lookup = Looked::NotFound(number);
                self.attendant.stage = Stage::Ticket(step);
                return;
            }
        };
        self.attendant.trouble = Some(trouble);
        let partner = step.partner;
        self.attendant.stage = Stage::Password(step, false);
        if why == DialError::Busy {
            self.busy_partner(partner);
        }
    }
}
