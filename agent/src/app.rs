//! The program without its windows: carries out what the controller wants and brings it what happens.
//!
//! The windows (and tests) send [`Told`] and show [`ViewModel`]s; everything between is here and below. One task runs it all, in order;
//! nothing in it waits for a peer.

mod enrol;
mod renewal;
mod upkeep;

use upkeep::Upkept;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use bundle::Version;
use desktop::end_key::{self, EndKey};
use enrolment::Attendant;
use protocol::{
    id::{Password, SessionId},
    message::{FromRelay, ShownText, grant::Grants, pairing::CloseReason},
};
use rand::TryRngCore as _;
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    attendant::{
        key_map::KeyMap,
        session as attending,
        viewer::{Feed, drawable},
    },
    config::Folder,
    connect_link::SCHEME,
    crash,
    customer::{receipt::Receipt, session as helped},
    elevated,
    gui::{
        command::Command,
        controller::{Controller, Effect, LinkNews, Now, ToHelped},
        strings::Language,
        surface::{RawInput, Surface},
        view_model::ViewModel,
    },
    link::{
        client::{self, IncomingStream, Link, LinkEvent},
        secure::{CustomerEnd, EnrolmentKey, Identity},
    },
    profile::Opened,
    update::{self, Checked, Updater},
};

/// Everything a program is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// The verified profile.
    pub profile: Opened,
    /// Where settings and receipts are kept.
    pub folder: Folder,
    /// The system's language.
    pub language: Language,
    /// Which screen is shared.
    pub screen: media::Choice,
    /// Whose mouse and keyboard are driven.
    pub input: desktop::Choice,
    /// The display of the program's own windows; `None` for the usual one.
    pub display: Option<String>,
    /// What decodes a customer's picture: this program itself, where it is one.
    pub decoder: media::decoder::Program,
    /// Whether and how this program takes updates.
    pub renewal: Renewal,
    /// Whether this computer's browsers are told that the console's links are for this program, once an attendant has logged in.
    pub answers_links: bool,
    /// Reports of crashes, one of which may be offered.
    pub reports: crash::Reports,
    /// This is a session of Wayland.
    pub wayland: bool,
    /// For tests: the system has the desktop for itself while there is a file here.
    pub desk: Option<PathBuf>,
    /// How mouse and keyboard of a session get an administrator's rights.
    pub elevation: elevated::Way,
}

/// Whether and how a program takes updates.
#[derive(Debug, Clone, Default)]
pub struct Renewal {
    /// Where the program lies; `None`: it takes none.
    pub place: Option<update::Place>,
    /// A version that was tried and gave way to this one.
    pub failed: Option<Version>,
    /// This is a new program that has not yet shown that it runs.
    pub trial: Option<update::OnTrial>,
}

/// How a program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Somebody ended it.
    Quit,
    /// A new one of this version is in its place, and is to be started.
    Replaced(Version),
    /// Somebody ended it behind the removal of what it kept here.
    Removed,
}

/// What the windows tell.
#[derive(Debug)]
pub enum Told {
    /// A person did something.
    Command(Command),
    /// Mouse or keyboard over the picture.
    Raw(RawInput),
    /// Where the picture goes.
    Place(Option<Surface>),
}

/// Around the picture.
const MARGIN: [u8; 3] = [0x26, 0x30, 0x2F];
/// How often countdowns are looked at.
const TICK: Duration = Duration::from_millis(250);
/// Time for the last words when the program ends.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A session's snapshot and such, for tests and recordings: the running viewer's feed, if there is one.
pub type FeedSlot = Arc<std::sync::Mutex<Option<Feed>>>;

/// Both ends of the channel on which sessions tell what happens.
type News<T> = (mpsc::Sender<(SessionId, T)>, mpsc::Receiver<(SessionId, T)>);

/// The program.
pub struct App {
    config: Config,
    controller: Controller,
    link: Link,
    keeper: JoinHandle<()>,
    stop: CancellationToken,
    events: mpsc::Receiver<LinkEvent>,
    end: CustomerEnd,
    helped: Option<(SessionId, mpsc::Sender<helped::In>)>,
    /// Somebody who watches that session, or wants to.
    watched: Option<(SessionId, mpsc::Sender<helped::In>)>,
    helped_out: News<helped::Out>,
    /// Ours while the customer's session runs.
    end_key: Option<EndKey>,
    attending: Option<(SessionId, mpsc::Sender<attending::In>)>,
    attending_out: News<attending::Out>,
    connection: Option<quinn::Connection>,
    enrolling: Option<EnrolmentKey>,
    identity: Option<Identity>,
    attendant: Option<Attendant>,
    feed: FeedSlot,
    place: Option<Surface>,
    keys: KeyMap,
    look: (bool, bool),
    updater: Updater,
    checked: (mpsc::Sender<Checked>, mpsc::Receiver<Checked>),
    /// The folder whose content was, or is being, removed.
    removing: Option<Folder>,
    upkeep: (mpsc::Sender<Upkept>, mpsc::Receiver<Upkept>),
    began: Instant,
    over: Option<Ended>,
}

impl App {
    /// Makes everything, in order: keys of this start first (nothing can be secured without), then the settings, then the link, which
    /// begins to dial at once.
    pub fn load(config: Config) -> anyhow::Result<Self> {
        let end =
            CustomerEnd::new(config.profile.tenant, &config.profile.root).context("making the keys of this start")?;
        let settings = config.folder.load();
        let entropy = Box::new(|| {
            let mut bytes = [0; 5];
            rand::rngs::OsRng
                .try_fill_bytes(&mut bytes)
                .expect("the system's random generator works, or nothing is safe here");
            bytes
        });
        let mut controller =
            Controller::new(config.profile.controller.clone(), settings, config.language, entropy, now());
        controller.set_wayland(config.wayland);
        let (sender, events) = mpsc::channel(256);
        let stop = CancellationToken::new();
        let program = ShownText::lossy(&format!("{} {}", update::version(), std::env::consts::OS));
        let link = client::Config { relays: config.profile.relays.clone(), tenant: config.profile.tenant, program };
        let (link, keeper) = Link::start(link, sender, stop.clone());
        let updater = Updater::new(update::Setup {
            carried: config.profile.carried.clone(),
            place: config.renewal.place.clone(),
            app: config.profile.controller.app,
            folder: config.folder.clone(),
            failed: config.renewal.failed,
            draw: rand::random(),
            keys: update::keys(),
            version: update::version(),
        });
        Ok(Self {
            config,
            controller,
            link,
            keeper,
            stop,
            events,
            end,
            helped: None,
            watched: None,
            helped_out: mpsc::channel(64),
            end_key: None,
            attending: None,
            attending_out: mpsc::channel(64),
            connection: None,
            enrolling: None,
            identity: None,
            attendant: None,
            feed: FeedSlot::default(),
            place: None,
            keys: KeyMap::default(),
            look: (false, false),
            updater,
            checked: mpsc::channel(1),
            removing: None,
            upkeep: mpsc::channel(4),
            began: Instant::now(),
            over: None,
        })
    }

    /// Once a run is enough. What the system is asked may take its time.
    fn answer_links(&mut self) {
        if !std::mem::take(&mut self.config.answers_links) {
            return;
        }
        let name = self.config.profile.controller.brand.title.clone();
        tokio::task::spawn_blocking(move || {
            let answered = std::env::current_exe().and_then(|program| desktop::scheme::answer(SCHEME, &name, &program));
            if let Err(error) = answered {
                tracing::warn!(%error, "the console's links do not open this program");
            }
        });
    }

    /// Where the running viewer's feed is found.
    pub fn feed(&self) -> FeedSlot {
        self.feed.clone()
    }

    /// Runs until the program is to end, and tells how. `show` gets every new state of the windows.
    pub async fn run(mut self, mut told: mpsc::UnboundedReceiver<Told>, mut show: impl FnMut(ViewModel)) -> Ended {
        self.look_for_report();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        show(self.controller.view(now()));
        let ended = loop {
            if let Some(ended) = self.over {
                break ended;
            }
            tokio::select! {
                biased;
                told = told.recv() => match told {
                    Some(Told::Raw(raw)) => {
                        self.raw(&raw);
                        // Nothing that a window shows changes with it.
                        continue;
                    }
                    Some(Told::Place(place)) => {
                        self.put(place);
                        continue;
                    }
                    Some(Told::Command(command)) => self.controller.command(command, now()),
                    None => self.controller.command(Command::Quit, now()),
                },
                Some((id, out)) = self.helped_out.1.recv() => self.hear_helped(id, out),
                Some((id, out)) = self.attending_out.1.recv() => self.hear_attending(id, &out),
                Some(event) = self.events.recv() => self.hear_link(event),
                Some(checked) = self.checked.1.recv() => self.updater.checked(checked),
                Some(upkept) = self.upkeep.1.recv() => self.hear_upkept(upkept),
                _ = tick.tick() => {
                    self.controller.tick(now());
                    self.renew();
                }
            }
            self.carry_out();
            self.renewed();
            show(self.controller.view(now()));
        };
        self.shut_down().await;
        ended
    }

    /// Sessions end and say so, reports and goodbyes go out, then the connection closes.
    async fn shut_down(mut self) {
        let ends = async {
            while self.helped.is_some() || self.watched.is_some() || self.attending.is_some() {
                tokio::select! {
                    Some((id, out)) = self.helped_out.1.recv() => self.hear_helped(id, out),
                    Some((id, out)) = self.attending_out.1.recv() => self.hear_attending(id, &out),
                }
                self.carry_out();
            }
        };
        if tokio::time::timeout(LAST_WORDS, ends).await.is_err() {
            tracing::warn!("a session did not end in time");
        }
        self.stop.cancel();
        if tokio::time::timeout(LAST_WORDS, self.keeper).await.is_err() {
            tracing::warn!("the connection did not close in time");
        }
    }

    fn hear_link(&mut self, event: LinkEvent) {
        let news = match event {
            LinkEvent::Dialling => LinkNews::Dialling,
            LinkEvent::Up { welcome, connection } => {
                self.connection = Some(connection);
                self.updater.up(welcome.version, Instant::now());
                self.it_runs();
                LinkNews::Up(welcome)
            }
            LinkEvent::Down { why, retry_in } => {
                self.connection = None;
                self.updater.down();
                LinkNews::Down { why, retry_in }
            }
            LinkEvent::Refused(refusal) => LinkNews::Refused(refusal),
            LinkEvent::Stream(stream) => return self.route(stream),
            LinkEvent::Message(message) => {
                match &message {
                    FromRelay::Paired(session) => self.paired(*session),
                    FromRelay::Enrolled(chain) => return self.enrolled(chain.ders()),
                    FromRelay::EnrolPending => return self.enrolment_waits(),
                    FromRelay::UpdateIs(_) | FromRelay::UpdatePart(_) => return self.hear_update(message),
                    FromRelay::LoggedIn(logged_in) => {
                        self.attendant = Some(Attendant {
                            tenant: self.config.profile.tenant,
                            operator: logged_in.operator,
                            name: logged_in.name.as_str().to_owned(),
                        });
                    }
                    _ => {}
                }
                LinkNews::Message(message)
            }
        };
        self.controller.link(news, now());
    }

    /// A stream goes to the session it names; to none, and it is dropped.
    fn route(&mut self, stream: IncomingStream) {
        let session = stream.head.session;
        let ours = self.helped.iter().chain(&self.watched);
        if let Some((_, inbox)) = ours.into_iter().find(|(id, _)| *id == session) {
            tell(inbox, helped::In::Stream(stream));
        } else if let Some((_, inbox)) = self.attending.as_ref().filter(|(id, _)| *id == session) {
            tell(inbox, attending::In::Stream(stream));
        } else {
            tracing::warn!(%session, "a stream of a session that is not here was dropped");
        }
    }

    fn paired(&mut self, session: SessionId) {
        if let Some((_, inbox)) = self.attending.as_ref().filter(|(id, _)| *id == session)
            && let Some(connection) = &self.connection
        {
            tell(inbox, attending::In::Paired(connection.clone()));
        }
    }

    fn hear_helped(&mut self, id: SessionId, out: helped::Out) {
        if let Some((_, session)) = self.helped.as_ref().filter(|(here, _)| *here == id) {
            match out {
                helped::Out::Started { .. } => self.end_key = take_end_key(&self.config, session.clone()),
                helped::Out::Over { .. } => (self.helped, self.end_key) = (None, None),
                _ => {}
            }
        }
        if matches!(out, helped::Out::Over { .. }) {
            self.watched.take_if(|(here, _)| *here == id);
        }
        self.controller.end_key(self.end_key.as_ref().map(|_| end_key::CHORD));
        self.controller.helped(id, out, now());
    }

    fn hear_attending(&mut self, id: SessionId, out: &attending::Out) {
        match out {
            attending::Out::Started(_, feed, _) => {
                feed.look(self.look.0, self.look.1, MARGIN);
                if let Some(place) = &self.place {
                    feed.place(Some(place.clone()));
                }
                self.set_feed(Some(feed.clone()));
            }
            attending::Out::Over { .. } if self.attending.as_ref().is_some_and(|(here, _)| *here == id) => {
                self.attending = None;
                self.keys = KeyMap::default();
                self.set_feed(None);
            }
            _ => {}
        }
        self.controller.attending(id, out, now());
    }

    fn set_feed(&self, feed: Option<Feed>) {
        *self.feed.lock().expect("no thread panics while it holds the feed") = feed;
    }

    fn put(&mut self, place: Option<Surface>) {
        self.place = place.filter(|place| drawable(place.area));
        if let Some(feed) = &*self.feed.lock().expect("no thread panics while it holds the feed") {
            feed.place(self.place.clone());
        }
    }

    fn raw(&mut self, raw: &RawInput) {
        let Some(feed) = self.feed.lock().expect("no thread panics while it holds the feed").clone() else { return };
        if !self.controller.controls() && !matches!(raw, RawInput::FocusLost) {
            return;
        }
        for input in self.keys.map(raw, |x, y| feed.to_remote(x, y)) {
            self.send_input(input);
        }
    }

    fn send_input(&self, input: protocol::message::input::Input) {
        if let Some((_, inbox)) = &self.attending {
            tell(inbox, attending::In::Input(input));
        }
    }

    fn carry_out(&mut self) {
        while let Some(effect) = self.controller.poll_effect() {
            match effect {
                Effect::Say(message) => self.link.say(message),
                Effect::RetryNow => self.link.retry_now(),
                Effect::StartHelped(session, password) => self.start_helped(session, password),
                Effect::Helped(what) => {
                    let told = self.helped.as_ref().is_none_or(|(_, inbox)| tell(inbox, in_words(what)));
                    // Whoever could answer for the customer is not to be asked about.
                    if !told && what == ToHelped::HoldInput(true) {
                        self.tell_watched(helped::In::End(CloseReason::Failed));
                    }
                }
                Effect::StartWatched(session, password) => {
                    let setup = self.helped_setup(session, password, true);
                    self.watched = Some((session, helped::start(setup, self.helped_out.0.clone())));
                }
                Effect::Watched(what) => self.tell_watched(in_words(what)),
                Effect::Enrol => self.enrol(),
                Effect::AnswerLinks => self.answer_links(),
                Effect::TakeGrant { request, partner, grant } => self.take_grant(request, partner, grant),
                Effect::StartAttending(session, password) => self.start_attending(session, password, Grants::CONTROL),
                Effect::StartWatching(session, password) => self.start_attending(session, password, Grants::VIEW),
                Effect::EndAttending(why) => self.tell_attending(attending::In::End(why)),
                Effect::AttendingLost => self.tell_attending(attending::In::Lost),
                Effect::CtrlAltDel => self.tell_attending(attending::In::CtrlAltDel),
                Effect::AskAdministrator => self.tell_attending(attending::In::AskAdministrator),
                Effect::Look { actual, control } => {
                    if !control {
                        for input in self.keys.release_all() {
                            self.send_input(input);
                        }
                    }
                    self.look = (actual, control);
                    if let Some(feed) = &*self.feed.lock().expect("no thread panics while it holds the feed") {
                        feed.look(actual, control, MARGIN);
                    }
                }
                Effect::KeepReceipt(receipt, language, wished) => self.keep_receipt(&receipt, language, wished),
                Effect::SaveSettings(settings) => {
                    if let Err(error) = self.config.folder.save(&settings) {
                        tracing::warn!(%error, "the settings could not be kept");
                    }
                }
                Effect::Update => self.updater.wanted(Instant::now()),
                Effect::Remove => self.remove(),
                Effect::SaveReport(text) => self.save_report(text),
                Effect::DeleteReports => self.delete_reports(),
                Effect::Quit => {
                    self.over = Some(if self.removing.is_some() { Ended::Removed } else { Ended::Quit });
                }
            }
        }
    }

    fn start_helped(&mut self, session: SessionId, password: Password) {
        let setup = self.helped_setup(session, password, false);
        self.helped = Some((session, helped::start(setup, self.helped_out.0.clone())));
    }

    fn helped_setup(&self, session: SessionId, password: Password, watch: bool) -> helped::Setup {
        let (screen, input) = (self.config.screen.clone(), self.config.input.clone());
        let (desk, elevation) = (self.config.desk.clone(), self.config.elevation.clone());
        helped::Setup { session, end: self.end.clone(), password, watch, screen, input, desk, elevation }
    }

    fn tell_watched(&self, what: helped::In) {
        if let Some((_, inbox)) = &self.watched {
            tell(inbox, what);
        }
    }

    fn start_attending(&mut self, session: SessionId, password: Password, want: Grants) {
        let Some(identity) = self.identity.clone() else {
            tracing::error!(%session, "no certificate for this session");
            let out = attending::Out::Over { why: CloseReason::Failed, begun: false, reconnects: 0 };
            return self.controller.attending(session, &out, now());
        };
        let setup = attending::Setup {
            session,
            identity,
            password,
            want,
            display: self.config.display.clone(),
            decoder: self.config.decoder.clone(),
        };
        self.attending = Some((session, attending::start(setup, self.attending_out.0.clone())));
    }

    fn tell_attending(&self, what: attending::In) {
        if let Some((_, inbox)) = &self.attending {
            tell(inbox, what);
        }
    }

    fn keep_receipt(&mut self, receipt: &Receipt, language: Language, wished: bool) {
        let text = receipt.text(language);
        if !wished {
            if let Err(error) = self.config.folder.keep_receipt(&receipt.file_name(), &text) {
                tracing::warn!(%error, "the receipt could not be kept");
            }
            return;
        }
        let saved = upkeep::save(&receipt.file_name(), &text);
        self.controller.receipt_saved(saved, now());
    }
}

/// A session takes what it is told at once; one that does not has ended, or is about to.
fn tell<T: std::fmt::Debug>(inbox: &mpsc::Sender<T>, what: T) -> bool {
    let taken = inbox.try_send(what).is_ok();
    if !taken {
        tracing::warn!("a session did not take what it was told");
    }
    taken
}

fn in_words(what: ToHelped) -> helped::In {
    match what {
        ToHelped::Answer { allow, control } => helped::In::Answer { allow, control },
        ToHelped::AllowControl(control) => helped::In::AllowControl(control),
        ToHelped::HoldInput(held) => helped::In::HoldInput(held),
        ToHelped::AnswerAdministrator(allow) => helped::In::AnswerAdministrator(allow),
        ToHelped::End(why) => helped::In::End(why),
        ToHelped::Lost => helped::In::Lost,
    }
}

/// The key ends the session itself, past windows and controller, whatever they are doing.
fn take_end_key(config: &Config, session: mpsc::Sender<helped::In>) -> Option<EndKey> {
    let pressed = move || {
        if session.blocking_send(helped::In::End(CloseReason::EndedByCustomer)).is_err() {
            tracing::debug!("the session had ended when its end key was pressed");
        }
    };
    EndKey::take(config.display.as_deref(), pressed)
        .inspect_err(|error| tracing::warn!(error = client::chain(error), "the session has no end key"))
        .ok()
}

fn now() -> Now {
    let unix = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Now { instant: Instant::now(), unix_ms: u64::try_from(unix.as_millis()).unwrap_or(u64::MAX) }
}
