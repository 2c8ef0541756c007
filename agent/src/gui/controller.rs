//! Turns what people do and what happens into what the windows show and what is to be done.
//!
//! Owns no widget, socket, thread or clock: commands, news and the time come in, a [`ViewModel`] and [`Effect`]s come out. `app` carries the
//! effects out. The rules of a session are not here but in `protocol::session`; this is the program around it.

mod attendant;
mod crash;
mod customer;
mod effect;
mod removal;
mod view;

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use protocol::{
    id::{AppId, DeviceId, Password, SessionId, TenantId},
    limits,
    message::{
        FromRelay, ToRelay,
        directory::{Field, FieldKey, Register},
        hello::{Refusal, Welcome},
        pairing::{CloseReason, Happened, Report, ReportKept, Role, Step},
        request::Attended,
    },
    version,
};

pub use self::effect::{Effect, ToHelped};
use super::{
    command::Command,
    strings::Language,
    view_model::{Apart, BrandView, Notice, RemovalState, Saving, Trouble, UpdateState, UpdateView, ViewModel},
};
use crate::{
    attendant::session as attending,
    config::Settings,
    customer::session as helped,
    link::record::{Past, Signer},
    update::Hurry,
};

/// The time, both kinds: one that only runs, one that people read.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// For everything that lasts.
    pub instant: Instant,
    /// Milliseconds since 1970 UTC, by this computer.
    pub unix_ms: u64,
}

/// What happens on the way to the relay.
#[derive(Debug)]
pub enum LinkNews {
    /// A try begins.
    Dialling,
    /// It is there.
    Up(Welcome),
    /// It is not.
    Down {
        /// The whole chain of reasons.
        why: String,
        /// Until the next try.
        retry_in: Duration,
    },
    /// It will not serve this program.
    Refused(Refusal),
    /// It said something.
    Message(FromRelay),
}

/// What the profile says, as far as the program around sessions needs it.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The company.
    pub tenant: TenantId,
    /// Its app.
    pub app: AppId,
    /// Title, logo, colour.
    pub brand: BrandView,
    /// What the customer is asked for, and whether it is required.
    pub fields: Vec<(FieldKey, bool)>,
    /// The server's address as people know it.
    pub server: String,
    /// Where this program is downloaded.
    pub page: String,
    /// The language it asks for.
    pub language: Option<Language>,
}

/// How long contact may be missing before the window speaks of nothing else.
const PATIENCE: Duration = Duration::from_secs(2);
/// A report that was not acknowledged is sent again after this.
const REPORT_AGAIN: Duration = Duration::from_secs(5);
/// How long a line over the page stays.
const NOTICE_STAYS: Duration = Duration::from_secs(12);

#[derive(Debug)]
enum LinkState {
    Dialling,
    Up,
    Waiting { until: Instant, after: Duration },
}

/// The program around the sessions.
pub struct Controller {
    profile: Profile,
    settings: Settings,
    language: Language,
    entropy: Box<dyn FnMut() -> [u8; 5] + Send>,
    link: LinkState,
    /// Since when there is no contact, and why.
    away: Option<(Instant, String)>,
    /// The version of the words spoken with the relay; 0 before it was there.
    spoken: u16,
    /// Milliseconds the relay's clock is ahead of ours.
    relay_ahead_ms: i64,
    customer: customer::Customer,
    attendant: attendant::Attendant,
    reports: Vec<Pending>,
    notice: Option<(Notice, Instant)>,
    about: bool,
    removal: Option<RemovalState>,
    crash: Option<crash::Offered>,
    wayland: bool,
    update: Option<UpdateView>,
    /// The relay was there, and has no version in common with this program.
    apart: Option<Apart>,
    /// When somebody did something last.
    used: Instant,
    effects: VecDeque<Effect>,
}

#[derive(Debug)]
struct Pending {
    report: Report,
    /// As whom: the relay takes a report only from who it knows on this connection.
    role: Role,
    sent: Option<Instant>,
}

impl Controller {
    /// At start. `entropy` makes passwords.
    pub fn new(
        profile: Profile,
        settings: Settings,
        system: Language,
        mut entropy: Box<dyn FnMut() -> [u8; 5] + Send>,
        now: Now,
    ) -> Self {
        let language = settings.language.or(profile.language).unwrap_or(system);
        let password = Password::from_entropy(entropy());
        let asks = !profile.fields.is_empty();
        Self {
            customer: customer::Customer::new(password, asks),
            attendant: attendant::Attendant::default(),
            profile,
            settings,
            language,
            entropy,
            link: LinkState::Dialling,
            away: Some((now.instant, String::new())),
            relay_ahead_ms: 0,
            spoken: 0,
            reports: Vec::new(),
            notice: None,
            about: false,
            removal: None,
            crash: None,
            wayland: false,
            update: None,
            apart: None,
            used: now.instant,
            effects: VecDeque::new(),
        }
    }

    /// The next thing to be done.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Somebody did something.
    pub fn command(&mut self, command: Command, now: Now) {
        self.used = now.instant;
        self.obey(command, now);
        self.tell_ready();
    }

    fn obey(&mut self, command: Command, now: Now) {
        match command {
            Command::SetLanguage(language) => {
                self.language = language;
                self.settings.language = Some(language);
                self.save_settings();
            }
            Command::OpenAbout => self.about = true,
            Command::OpenRemoval => self.open_removal(),
            Command::Remove => self.remove(now),
            Command::Back | Command::Cancel if self.removal.is_some() => self.leave_removal(),
            // It is good for nothing else.
            command if self.removes() && !matches!(command, Command::Quit | Command::SetLanguage(_)) => {}
            Command::Back | Command::Cancel if self.report_open() => self.leave_report(),
            Command::ReadReport => self.read_report(),
            Command::SaveReport => self.save_report(),
            Command::DeleteReport => self.delete_report(),
            Command::Update => self.effects.push_back(Effect::Update),
            Command::Typed => self.customer.invite.typed |= !self.customer.submitted,
            Command::Back | Command::Cancel if self.about => self.about = false,
            Command::Cancel if !self.attendant.in_front() && self.customer_stops_writing() => {}
            Command::RetryNow => self.effects.push_back(Effect::RetryNow),
            Command::Quit => self.quit(),
            Command::SubmitFields(_)
            | Command::RenewPassword
            | Command::CredentialsCopied
            | Command::Answer { .. }
            | Command::AllowControl(_)
            | Command::AnswerAdministrator(_)
            | Command::StopWatching
            | Command::ToggleBarPanel
            | Command::RaiseAlarm
            | Command::OpenInvitation(..)
            | Command::WriteRequest
            | Command::LeaveRequest { .. }
            | Command::SaveReceipt
            | Command::DismissReceipt => self.customer_command(command, now),
            Command::End if self.customer.session.is_some() => self.customer_command(command, now),
            command => self.attendant_command(command, now),
        }
    }

    /// Something happened on the way to the relay.
    pub fn link(&mut self, news: LinkNews, now: Now) {
        self.link_news(news, now);
        self.tell_ready();
    }

    fn link_news(&mut self, news: LinkNews, now: Now) {
        match news {
            LinkNews::Dialling => self.link = LinkState::Dialling,
            LinkNews::Up(welcome) => {
                self.link = LinkState::Up;
                (self.away, self.apart) = (None, None);
                self.spoken = welcome.version;
                self.relay_ahead_ms =
                    i64::try_from(i128::from(welcome.now_unix_ms) - i128::from(now.unix_ms)).unwrap_or(0);
                for pending in &mut self.reports {
                    pending.sent = None;
                }
                self.ask_invitation(now);
                self.register();
                self.attendant_up();
            }
            LinkNews::Down { why, retry_in } => {
                self.link = LinkState::Waiting { until: now.instant + retry_in, after: retry_in };
                if self.away.is_none() {
                    self.customer_down();
                    self.attendant_down();
                }
                let since = self.away.take().map_or(now.instant, |(since, _)| since);
                self.away = Some((since, why));
            }
            LinkNews::Refused(Refusal::Version(spoken)) => {
                let older = spoken.newest < version::SPOKEN.oldest;
                self.apart = Some(if older { Apart::ServerOld } else { Apart::ProgramOld });
                self.attendant.trouble(Trouble::VersionTooOld);
            }
            LinkNews::Refused(_) => {}
            LinkNews::Message(message) => self.message(message, now),
        }
    }

    /// The time has gone on. Call at least once a second.
    pub fn tick(&mut self, now: Now) {
        if self.notice.as_ref().is_some_and(|(_, since)| now.instant >= *since + NOTICE_STAYS) {
            self.notice = None;
        }
        self.send_reports(now);
        self.renew_certificate(now);
        // Also after what sessions have told.
        self.tell_ready();
    }

    /// What all windows show now.
    pub fn view(&self, now: Now) -> ViewModel {
        view::view(self, now)
    }

    /// Whether this is a session of Wayland, of which an attendant sees a part at most.
    pub fn set_wayland(&mut self, wayland: bool) {
        self.wayland = wayland;
    }

    /// How a newer program stands.
    pub fn show_update(&mut self, update: Option<UpdateView>, now: Now) {
        if let Some(UpdateView { state: UpdateState::Failed(trouble), .. }) = update
            && update != self.update
        {
            self.notice = Some((Notice::NotUpdated(trouble), now.instant));
        }
        self.update = update;
    }

    /// How much the program is used, for whoever wants to put another in its place.
    pub fn hurry(&self, now: Now) -> Hurry {
        if self.customer.session.is_some() || self.attendant.busy() {
            Hurry::Session
        } else if self.customer.submitted || self.customer.receipt.is_some() || self.attendant.in_front() {
            Hurry::InUse
        } else {
            Hurry::Idle(now.instant.saturating_duration_since(self.used))
        }
    }

    /// Where a receipt was saved by the person's wish, or why it was not.
    pub fn receipt_saved(&mut self, place: Result<String, String>, now: Now) {
        match place {
            Ok(place) => {
                if let Some(receipt) = &mut self.customer.receipt {
                    receipt.1 = Saving::Saved { place };
                }
            }
            Err(why) => self.notice = Some((Notice::Trouble(Trouble::ReceiptNotSaved(why)), now.instant)),
        }
    }

    fn message(&mut self, message: FromRelay, now: Now) {
        match message {
            FromRelay::Registered(registered) => {
                self.customer.id = Some((registered.id, registered.proof));
                self.customer.registered = true;
                // Told anew behind this when it is not so.
                self.customer.request.attended = Attended::Open;
                self.customer.listed_since.get_or_insert(now.instant);
                self.customer_rejoin();
                self.send_reports(now);
            }
            FromRelay::Attended(attended) => self.customer.request.attended = attended,
            FromRelay::RequestLeft(left) => self.customer_left(left),
            FromRelay::InvitationIs(answer) => self.invitation_is(answer, now),
            FromRelay::Incoming(incoming) => self.customer_incoming(incoming),
            FromRelay::IncomingWatch(incoming) => self.customer_incoming_watch(incoming),
            FromRelay::ReportKept(ReportKept { session, step, record }) => {
                if let Some(record) = record {
                    self.customer_recorded(session, record);
                }
                self.reports.retain(|pending| pending.report.session != session || pending.report.what.step() != step);
                if step == Step::Alarm {
                    self.customer_alarm_kept(session);
                }
            }
            FromRelay::SessionTicket(numbers) => {
                self.customer_ticket(&numbers);
                self.attendant_ticket(numbers);
            }
            FromRelay::PeerAway(session) => {
                if self.customer.session.as_ref().is_some_and(|s| s.id == session) {
                    self.effects.push_back(Effect::Helped(ToHelped::Lost));
                } else if self.customer.watch.as_ref().is_some_and(|s| s.id == session) {
                    self.effects.push_back(Effect::Watched(ToHelped::Lost));
                } else {
                    self.attendant_peer_away(session);
                }
            }
            FromRelay::RejoinReady(ready) => {
                let ours = [&mut self.customer.session, &mut self.customer.watch];
                if let Some(session) = ours.into_iter().flatten().find(|s| s.id == ready.session) {
                    session.resume = ready.resume;
                    self.effects.push_back(Effect::Say(ToRelay::Join(ready.token)));
                } else if self.attendant_keeps(ready.session, ready.resume) {
                    self.effects.push_back(Effect::Say(ToRelay::Join(ready.token)));
                }
            }
            FromRelay::Closed(closed) => {
                if closed.why == CloseReason::Violation {
                    // The relay knows no such session of ours: telling it again helps nobody.
                    self.reports.retain(|pending| pending.report.session != closed.session);
                }
                if self.customer.session.as_ref().is_some_and(|s| s.id == closed.session) {
                    self.effects.push_back(Effect::Helped(ToHelped::End(closed.why)));
                } else if self.customer.watch.as_ref().is_some_and(|s| s.id == closed.session) {
                    self.end_watch(closed.why);
                } else {
                    self.attendant_closed(closed);
                }
            }
            FromRelay::Welcome(_) | FromRelay::Refused(_) | FromRelay::Paired(_) => {}
            message => self.attendant_message(message, now),
        }
    }

    /// Makes this program reachable: once the customer has filled the form, or for an attendant without being listed.
    fn register(&mut self) {
        if !(self.customer.submitted || self.attendant.logged_in()) || !matches!(self.link, LinkState::Up) {
            return;
        }
        let fields = self
            .profile
            .fields
            .iter()
            .filter_map(|(key, _)| {
                self.customer
                    .fields
                    .get(key)
                    .map(|value| Field { key: *key, value: protocol::message::ShownText::lossy(value) })
            })
            .filter(|field| !field.value.as_str().is_empty())
            .collect();
        self.effects.push_back(Effect::Say(ToRelay::Register(Register {
            app: self.profile.app,
            fields,
            password: self.customer.password.clone(),
            previous: self.customer.id.clone(),
            listed: self.customer.submitted && !self.attendant.logged_in(),
        })));
    }

    fn report(&mut self, role: Role, session: SessionId, what: Happened, now: Now) {
        self.reports.push(Pending { report: Report { session, what }, role, sent: None });
        self.send_reports(now);
    }

    /// Signs what this end saw of a session that is over. Told like every report, and nobody waits for it.
    fn seal(&mut self, role: Role, signer: &Signer, past: Past, now: Now) {
        let session = past.session;
        if let Some(signed) = signer.sign(past) {
            self.report(role, session, Happened::Signed(Box::new(signed)), now);
        }
    }

    fn send_reports(&mut self, now: Now) {
        if !matches!(self.link, LinkState::Up) {
            return;
        }
        let attending = self.attendant.who.as_ref().is_some_and(|who| who.here);
        for pending in &mut self.reports {
            let known = match pending.role {
                Role::Customer => self.customer.registered,
                Role::Attendant => attending,
            };
            if known && pending.sent.is_none_or(|sent| now.instant >= sent + REPORT_AGAIN) {
                pending.sent = Some(now.instant);
                self.effects.push_back(Effect::Say(ToRelay::Report(pending.report.clone())));
            }
        }
    }

    fn relay_now_ms(&self, now: Now) -> u64 {
        now.unix_ms.saturating_add_signed(self.relay_ahead_ms)
    }

    fn renew_password(&mut self) {
        self.customer.password = Password::from_entropy((self.entropy)());
        self.customer.tries = 0;
        if self.customer.registered {
            self.effects.push_back(Effect::Say(ToRelay::NewPassword(self.customer.password.clone())));
        }
    }

    fn save_settings(&mut self) {
        if self.removes() {
            return;
        }
        self.effects.push_back(Effect::SaveSettings(self.settings.clone()));
    }

    /// Ends what runs, says so, and only then the program.
    fn quit(&mut self) {
        if self.customer.session.is_some() {
            self.effects.push_back(Effect::Helped(ToHelped::End(CloseReason::ProgramGone)));
        }
        self.end_watch(CloseReason::ProgramGone);
        if self.attendant.session().is_some() {
            self.effects.push_back(Effect::EndAttending(CloseReason::ProgramGone));
        }
        self.effects.push_back(Effect::Quit);
    }
}

/// The company's own name for a field in records.
fn field_map(values: Vec<(FieldKey, String)>) -> BTreeMap<FieldKey, String> {
    values.into_iter().map(|(key, value)| (key, value.trim().to_owned())).collect()
}

/// Is this what the person typed as the ID of a partner?
fn partner_id(typed: &str) -> Option<DeviceId> {
    typed.parse().ok()
}

/// A field's text is wrong in this way, if in any.
fn field_error(key: FieldKey, value: &str, required: bool) -> Option<super::view_model::FieldError> {
    use super::view_model::FieldError;
    let value = value.trim();
    if value.is_empty() {
        return required.then_some(FieldError::Missing);
    }
    if value.len() > limits::FIELD_BYTES {
        return Some(FieldError::TooLong);
    }
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let good = match key {
        FieldKey::Email => {
            value.split_once('@').is_some_and(|(user, host)| {
                !user.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
            }) && !value.contains(char::is_whitespace)
        }
        FieldKey::Phone => (7..=16).contains(&digits),
        FieldKey::Document => {
            digits == 11 || digits == 14 || value.chars().filter(|c| c.is_ascii_alphanumeric()).count() == 14
        }
        FieldKey::Name | FieldKey::Company | FieldKey::Subject => true,
    };
    (!good).then_some(FieldError::Malformed)
}

/// Is a page of the attendant in front, so that the customer's pages are not?
fn attendant_in_front(controller: &Controller) -> bool {
    controller.attendant.in_front()
}

#[cfg(test)]
mod tests;
