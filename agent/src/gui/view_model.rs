//! What Amparo's windows show at one moment, as plain data.
//!
//! The controller makes a whole [`ViewModel`] after each change (and once a second while something counts) and gives it to
//! `GuiHandle::show`, which applies what differs. Nothing here knows the drawing toolkit or a language: texts that depend on
//! the language are enums and durations, turned into words by `strings`. Ids, passwords, protocol and ticket numbers are
//! already formatted for reading.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::strings::Language;

/// All windows at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ViewModel {
    /// Title, logo, colour and contact from the profile.
    pub brand: BrandView,
    /// The language of every text.
    pub language: Language,
    /// Light, dark, or as the system says.
    pub theme: Theme,
    /// What the main window shows.
    pub page: Page,
    /// Whether the main window is on the screen. The customer's hides during a session (the bar is there), the
    /// attendant's while the viewer is open.
    pub main_window: MainWindow,
    /// The customer's bar, while a session runs.
    pub session_bar: Option<BarView>,
    /// The attendant's viewer window, while a session runs.
    pub viewer: Option<ViewerView>,
    /// A line over the page that needs no answer, such as "the password was renewed".
    pub notice: Option<Notice>,
}

/// Whether the main window is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
pub enum MainWindow {
    /// On the screen.
    #[default]
    Shown,
    /// Not on the screen.
    Hidden,
}

/// The brand as far as the windows show it. It never reaches the consent's words, warnings, the bar or contrast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BrandView {
    /// Window title and name in the top line, such as "Varanda Suporte".
    pub title: String,
    /// The company behind it, such as "Varanda Sistemas".
    pub company: String,
    /// PNG with alpha, square, corners already rounded. None: Amparo's own mark.
    #[serde(skip)]
    pub logo: Option<Arc<[u8]>>,
    /// The profile's one colour. None: Amparo's own.
    pub accent: Option<[u8; 3]>,
    /// Telephone of the support, ready to read.
    pub phone: Option<String>,
    /// Opening hours, ready to read.
    pub hours: Option<String>,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
pub enum Theme {
    /// What the desktop prefers.
    #[default]
    System,
    /// Light whatever the desktop prefers.
    Light,
    /// Dark whatever the desktop prefers.
    Dark,
}

/// A line over the page that needs no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Notice {
    /// Somebody used a wrong password this many times; it is renewed at `limit`.
    WrongPassword {
        /// Wrong tries so far with this password.
        tries: u8,
        /// At this many the password is renewed.
        limit: u8,
    },
    /// Too many wrong tries: there is a new password.
    PasswordRenewed,
    /// The receipt was written to this place.
    ReceiptSaved(String),
    /// Something went wrong that belongs to no field.
    Trouble(Trouble),
}

/// What the main window shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Page {
    /// The customer's details.
    Fields(FieldsView),
    /// ID and password; waiting for an attendant.
    Waiting(WaitingView),
    /// The consent question.
    Consent(ConsentView),
    /// After the session, for the customer.
    Receipt(ReceiptView),
    /// No contact with the relay.
    Unreachable(UnreachableView),
    /// The profile does not verify; nothing else ever shows.
    ProfileAltered(ProfileAlteredView),
    /// The attendant's login.
    Login(LoginView),
    /// The attendant's home.
    Home(HomeView),
    /// Which ticket?
    TicketStep(TicketStepView),
    /// The partner's password.
    PartnerPassword(PartnerPasswordView),
    /// On the way: reaching the customer, then waiting for consent.
    Connecting(ConnectingView),
    /// After the session, for the attendant.
    Ended(EndedView),
    /// Version, licences, toolkit badge.
    About(AboutView),
}

impl Page {
    /// A short fixed name, for logs and tests.
    pub fn name(&self) -> &'static str {
        match self {
            Page::Fields(_) => "fields",
            Page::Waiting(_) => "waiting",
            Page::Consent(_) => "consent",
            Page::Receipt(_) => "receipt",
            Page::Unreachable(_) => "unreachable",
            Page::ProfileAltered(_) => "profile-altered",
            Page::Login(_) => "login",
            Page::Home(_) => "home",
            Page::TicketStep(_) => "ticket-step",
            Page::PartnerPassword(_) => "partner-password",
            Page::Connecting(_) => "connecting",
            Page::Ended(_) => "ended",
            Page::About(_) => "about",
        }
    }
}

/// What went wrong, as the person in front needs to hear it. Which error caused it is for the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Trouble {
    /// E-mail or password of the login do not match.
    LoginRejected,
    /// The user may not attend with this program.
    LoginNotAllowed,
    /// Too many tries; wait this long.
    LoginThrottled {
        /// How long to wait.
        wait: Duration,
    },
    /// The attendant's week is over, or the login was ended elsewhere.
    LoginExpired,
    /// The relay does not answer.
    ServerAway,
    /// The partner's ID does not have nine digits.
    PartnerIdIncomplete,
    /// The clipboard holds no credentials.
    CredentialsUnreadable,
    /// The copied credentials are used up or older than they may be.
    CredentialsExpired,
    /// Unknown, offline or wrong password: one text for the three.
    CannotEnter,
    /// Another attendant is connected or is asking already.
    PartnerBusy,
    /// The customer said no.
    Refused,
    /// Nobody answered the consent question in this time.
    NoAnswer {
        /// How long it was asked.
        after: Duration,
    },
    /// The customer's program went away before it answered.
    PartnerGone,
    /// A check of the end-to-end protection failed; nothing was shared.
    NotProtected,
    /// The two programs are too far apart in version.
    VersionTooOld,
    /// There is no ticket with this number.
    TicketNotFound {
        /// As typed.
        number: String,
    },
    /// The ticketing system does not answer; the session may go on.
    TicketingDown,
    /// The session could not be kept.
    ConnectionLost,
    /// The server cannot record the session, so there is none.
    CannotRecord,
    /// Too many attempts to connect; wait a little.
    TooManyAttempts,
    /// The receipt could not be written; the reason as the system gives it.
    ReceiptNotSaved(String),
    /// Anything without words of its own. The text is shown as it is.
    Other(String),
}

/// A field that a profile can ask the customer for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// The person's name.
    Name,
    /// E-mail address.
    Email,
    /// Company.
    Company,
    /// Telephone.
    Phone,
    /// CPF or CNPJ.
    Document,
    /// What it is about.
    Subject,
}

impl FieldKind {
    /// In the order of the page.
    pub const ALL: [FieldKind; 6] = [
        FieldKind::Name,
        FieldKind::Email,
        FieldKind::Company,
        FieldKind::Phone,
        FieldKind::Document,
        FieldKind::Subject,
    ];

    /// The word for it in profiles, links and messages.
    pub fn key(self) -> &'static str {
        match self {
            FieldKind::Name => "name",
            FieldKind::Email => "email",
            FieldKind::Company => "company",
            FieldKind::Phone => "phone",
            FieldKind::Document => "document",
            FieldKind::Subject => "subject",
        }
    }
}

/// A ticket in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketLine {
    /// The number people use.
    pub number: String,
    /// Its subject; may be empty.
    pub subject: String,
}

/// The customer's details.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldsView {
    /// The ticket a link came from.
    pub ticket: Option<TicketLine>,
    /// The fields the profile shows, in order.
    pub fields: Vec<FieldView>,
    /// The details are on their way.
    pub busy: bool,
}

/// One field of the customer's details.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldView {
    /// Which.
    pub kind: FieldKind,
    /// What it holds when the page opens, or when the controller corrects it.
    pub value: String,
    /// Whether it must be filled.
    pub required: bool,
    /// Why it was not accepted. The first one with a reason takes the focus.
    pub error: Option<FieldError>,
}

/// Why a field was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum FieldError {
    /// Required and empty.
    Missing,
    /// Does not look like one.
    Malformed,
    /// Longer than the limit.
    TooLong,
}

/// ID and password; waiting for an attendant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitingView {
    /// `123 456 789`. Empty until the relay gave one.
    pub id: String,
    /// `K7QF-2M9X`. Empty until there is one.
    pub password: String,
    /// How long the company has known. None until it does.
    pub waiting: Option<Duration>,
    /// Contact was lost and is being made again; ID and password stay.
    pub returning: bool,
}

/// The consent question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConsentView {
    /// Changes with each question, so that a new one starts unarmed and with its own ticks.
    pub question: u64,
    /// The name from the certificate.
    pub attendant: String,
    /// The company from the certificate.
    pub company: String,
    /// This attendant was never on this computer.
    pub first_time: bool,
    /// The ticket it is for. None: a new one will be opened.
    pub ticket: Option<TicketLine>,
    /// Both sides see the same. None until the programs agree on one.
    pub check_code: Option<String>,
    /// Mouse and keyboard are asked for as well as the screen.
    pub control_asked: bool,
    /// Until the Allow button can be pressed; zero when armed.
    pub arms_in: Duration,
    /// What `arms_in` started from.
    pub arms_after: Duration,
    /// Until the answer is No by itself.
    pub expires_in: Duration,
    /// What `expires_in` started from.
    pub expires_after: Duration,
}

impl ConsentView {
    /// Whether Allow can be pressed.
    pub fn armed(&self) -> bool {
        self.arms_in.is_zero()
    }
}

/// What was, or is, allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
pub struct Allowed {
    /// The screen is seen.
    pub see: bool,
    /// Mouse and keyboard are used.
    pub control: bool,
}

/// How a session came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Ending {
    /// The customer pressed End.
    ByCustomer,
    /// The attendant pressed End.
    ByAttendant,
    /// Contact was lost and did not come back in time.
    Lost,
    /// The support's server ended it.
    ByServer,
    /// Something went wrong on one of the sides.
    Failed,
}

/// After the session, for the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptView {
    /// Who was connected.
    pub attendant: String,
    /// Seconds since 1970, UTC. Shown in the system's time zone.
    pub started_unix_s: i64,
    /// Seconds since 1970, UTC.
    pub ended_unix_s: i64,
    /// How long.
    pub duration: Duration,
    /// What was allowed at any time in it.
    pub allowed: Allowed,
    /// Ticket number. None until the ticketing system gave one.
    pub ticket: Option<String>,
    /// Protocol number.
    pub protocol: Option<String>,
    /// Who or what ended it.
    pub ending: Ending,
    /// Whether and where the receipt can be saved.
    pub saving: Saving,
}

/// Whether and where a receipt can be saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Saving {
    /// There is no button.
    NotOffered,
    /// There is a button.
    Offered,
    /// It is there.
    Saved {
        /// The file.
        place: String,
    },
}

/// No contact with the relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnreachableView {
    /// Until the next try by itself. Zero: a try is running.
    pub retry_in: Duration,
    /// What `retry_in` started from.
    pub retry_after: Duration,
    /// What was found out, in the order of the page. May be empty.
    pub checks: Vec<CheckView>,
    /// For `Copiar detalhes`: what a technician wants to know. Empty: no button.
    pub details: String,
}

/// One thing looked at while there is no contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckView {
    /// What.
    pub what: CheckKind,
    /// What came out.
    pub result: CheckResult,
}

/// What is looked at while there is no contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum CheckKind {
    /// This computer has a network.
    Network,
    /// The server's name leads to an address.
    Address,
    /// The server answers.
    Answer,
}

/// What came out of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum CheckResult {
    /// Works.
    Good,
    /// Does not.
    Bad {
        /// For how long, where known.
        since: Option<Duration>,
    },
    /// Not looked at, because one before it failed or it is running.
    Unknown,
}

/// The profile does not verify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProfileAlteredView {
    /// For a technician; may be empty.
    pub details: String,
}

/// The attendant's login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoginView {
    /// The server's address as people know it.
    pub server: String,
    /// Filled in when the page opens.
    pub user: String,
    /// The answer is on its way.
    pub busy: bool,
    /// Why it did not work.
    pub trouble: Option<Trouble>,
    /// For how long this computer will be registered.
    pub valid_days: u32,
}

/// The attendant's home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HomeView {
    /// Display name of the attendant.
    pub attendant: String,
    /// The partner's ID when the page opens; digits, maybe spaces.
    pub partner: String,
    /// Longest waiting first.
    pub waiting: Vec<WaitingCustomer>,
    /// The last contact with the relay, when it is not now: the list is greyed.
    pub stale_for: Option<Duration>,
    /// The own ID and password, when this computer can be helped as well.
    pub own: Option<OwnCredentials>,
    /// A connection is being started.
    pub busy: bool,
    /// Why the last one did not work.
    pub trouble: Option<Trouble>,
}

/// The own ID and password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnCredentials {
    /// `987 654 321`
    pub id: String,
    /// `K7QF-2M9X`
    pub password: String,
}

/// A customer in the waiting list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitingCustomer {
    /// `123 456 789`; goes back in `Command::Connect`.
    pub id: String,
    /// None: "no name".
    pub name: Option<String>,
    /// Company, where given.
    pub company: Option<String>,
    /// Subject, where given.
    pub subject: Option<String>,
    /// For how long.
    pub waiting: Duration,
    /// Longer than it should be: gets the triangle.
    pub overdue: bool,
}

/// Who is to be connected to, on the steps before the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartnerView {
    /// `123 456 789`
    pub id: String,
    /// Where known.
    pub name: Option<String>,
    /// Where known.
    pub company: Option<String>,
    /// For how long the customer has been waiting, where known.
    pub waiting: Option<Duration>,
}

/// Which ticket?
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketStepView {
    /// Who is to be connected to.
    pub partner: PartnerView,
    /// The number in the field when the page opens, such as the one the customer's link came from.
    pub number: String,
    /// What came of the number.
    pub lookup: Lookup,
    /// Other open tickets of the customer.
    pub open_tickets: Vec<OpenTicket>,
    /// What is chosen.
    pub choice: Option<TicketChoice>,
    /// The dialog that says a new ticket will be opened.
    pub dialog: Option<NewTicketDialog>,
    /// The session is being started.
    pub busy: bool,
    /// Why it could not be.
    pub trouble: Option<Trouble>,
}

/// What came of a ticket number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Lookup {
    /// Nothing looked up yet.
    None,
    /// Being looked up.
    Searching,
    /// There it is.
    Found(TicketCard),
    /// There is none with this number.
    NotFound {
        /// As typed.
        number: String,
    },
    /// The ticketing system does not answer: the number can be used, it is recorded later.
    Down {
        /// As typed.
        number: String,
    },
}

/// A ticket with what an attendant needs to recognise it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketCard {
    /// The number people use.
    pub number: String,
    /// Its subject.
    pub subject: String,
    /// The requester, with the company where known.
    pub customer: String,
    /// The owner's name. None: nobody.
    pub owner: Option<String>,
    /// Its status.
    pub status: TicketStatus,
}

/// A ticket's status, with the words of the built-in desk or of the ticketing system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum TicketStatus {
    /// Being worked on or to be.
    Open,
    /// Waiting for somebody else.
    Waiting,
    /// Solved.
    Solved,
    /// Closed for good.
    Closed,
    /// As the ticketing system calls it.
    Named(String),
}

/// Another open ticket of the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenTicket {
    /// The number people use.
    pub number: String,
    /// Its subject.
    pub subject: String,
    /// How old.
    pub age: Duration,
}

/// The ticket a session will be on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum TicketChoice {
    /// This one.
    Existing(String),
    /// A new one, opened for this connection.
    New,
}

/// The dialog that says a new ticket will be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewTicketDialog {
    /// In whose name. None: the customer is not known by name.
    pub customer: Option<String>,
    /// The subject when the dialog opens.
    pub subject: String,
}

/// The partner's password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartnerPasswordView {
    /// Who is to be connected to.
    pub partner: PartnerView,
    /// The password is being tried.
    pub busy: bool,
    /// Why it did not work.
    pub trouble: Option<Trouble>,
}

/// On the way to the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConnectingView {
    /// Who is to be connected to.
    pub partner: PartnerView,
    /// The attendant's own name, for the picture of the two.
    pub attendant: String,
    /// How far it is.
    pub stage: ConnectStage,
    /// The ticket number. None: a new one.
    pub ticket: Option<String>,
    /// Both sides see the same. None until the programs agree on one.
    pub check_code: Option<String>,
}

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ConnectStage {
    /// Reaching the customer's program and protecting the connection.
    Reaching,
    /// The customer is being asked.
    AwaitingConsent {
        /// Until it is No by itself.
        expires_in: Duration,
        /// What `expires_in` started from.
        expires_after: Duration,
    },
    /// Allowed; the first picture is on its way.
    Opening,
}

/// After the session, for the attendant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EndedView {
    /// Who was helped.
    pub partner: PartnerView,
    /// Seconds since 1970, UTC.
    pub started_unix_s: i64,
    /// Seconds since 1970, UTC.
    pub ended_unix_s: i64,
    /// How long.
    pub duration: Duration,
    /// What was allowed.
    pub allowed: Allowed,
    /// Ticket number. None until the ticketing system gave one.
    pub ticket: Option<String>,
    /// Protocol number.
    pub protocol: Option<String>,
    /// Who or what ended it.
    pub ending: Ending,
    /// The ticketing system does not answer; the action is written when it does.
    pub recorded_later: bool,
}

/// Version, licences, toolkit badge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AboutView {
    /// The program's version.
    pub version: String,
}

/// The customer's bar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BarView {
    /// Who is connected.
    pub attendant: String,
    /// From the certificate.
    pub company: String,
    /// What is allowed now.
    pub allowed: Allowed,
    /// Since the session began.
    pub elapsed: Duration,
    /// Ticket number.
    pub ticket: Option<String>,
    /// Protocol number.
    pub protocol: Option<String>,
    /// Both sides see the same.
    pub check_code: Option<String>,
    /// Contact is lost; the session ends by itself in this time.
    pub reconnecting: Option<Duration>,
    /// The panel is open.
    pub open: bool,
}

/// How the picture fills the viewer window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
pub enum Scale {
    /// The whole screen fits the window.
    #[default]
    Scaled,
    /// One pixel is one pixel.
    OneToOne,
}

/// The attendant's viewer window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ViewerView {
    /// Whose screen.
    pub partner: PartnerView,
    /// How the picture fills the window.
    pub scale: Scale,
    /// The window fills the monitor.
    pub full_screen: bool,
    /// The toolbar shows.
    pub toolbar: bool,
    /// The panel that explains the connection shows.
    pub connection_panel: bool,
    /// What mouse and keyboard do.
    pub control: ControlState,
    /// How the connection is.
    pub link: LinkView,
    /// Since the session began.
    pub elapsed: Duration,
    /// A first picture has been drawn.
    pub has_picture: bool,
    /// Contact is lost.
    pub reconnecting: Option<ReconnectingView>,
}

/// What mouse and keyboard do in the viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ControlState {
    /// They go to the customer.
    Control,
    /// They stay here, by choice.
    ViewOnly,
    /// They stay here: the customer did not allow control.
    NotAllowed,
}

/// How good the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Quality {
    /// Not measured yet.
    Unknown,
    /// Nothing to notice.
    Good,
    /// Noticeable.
    Fair,
    /// In the way.
    Poor,
    /// No contact.
    Lost,
}

/// How the connection is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinkView {
    /// In one word.
    pub quality: Quality,
    /// Host name of the relay in between. Empty while unknown.
    pub relay: String,
    /// The protocol below, such as "UDP".
    pub transport: String,
    /// There and back.
    pub round_trip: Option<Duration>,
    /// How much the round trip varies.
    pub jitter: Option<Duration>,
    /// Lost packets, per cent.
    pub loss_percent: Option<f32>,
    /// What arrives.
    pub bits_per_second: Option<u64>,
    /// Pictures or updates drawn in the last second.
    pub frames_per_second: Option<f32>,
    /// How the picture travels.
    pub picture: PictureKind,
    /// Both sides see the same; shown behind "end to end".
    pub check_code: Option<String>,
}

/// How the picture travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum PictureKind {
    /// Nothing has come yet.
    Unknown,
    /// Exact patches only.
    Exact,
    /// Exact patches and video.
    ExactAndVideo,
    /// Video only.
    Video,
}

/// Contact is lost in the viewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReconnectingView {
    /// When the picture on the screen was drawn. Seconds since 1970, UTC.
    pub picture_unix_s: i64,
    /// Until the session ends by itself.
    pub ends_in: Duration,
    /// What `ends_in` started from.
    pub ends_after: Duration,
}
