//! What Amparo's windows show at one moment, as plain data.
//!
//! The controller makes a whole [`ViewModel`] after each change (and once a second while something counts) and gives it to
//! `GuiHandle::show`, which applies what differs. Nothing here knows the drawing toolkit or a language: texts that depend on
//! the language are enums and durations, turned into words by `strings`. Ids, passwords, protocol and ticket numbers are
//! already formatted for reading.

mod attendant;
mod customer;
mod session;
mod upkeep;

pub use attendant::*;
pub use customer::*;
pub use session::*;
pub use upkeep::*;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::{command::Secret, strings::Language};

/// A password that a window shows is also in what the tests' control socket tells of it; it is not in what is printed.
fn revealed<S: serde::Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.reveal())
}

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
    /// A newer program, in the corner of the first pages.
    pub update: Option<UpdateView>,
    /// A line below the page offers a report of a crash.
    pub crash_offered: bool,
}

/// A newer program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UpdateView {
    /// Its version. Empty where nothing trustworthy says it.
    pub version: String,
    /// How far it has come.
    pub state: UpdateState,
}

/// How far a newer program has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum UpdateState {
    /// One click fetches it and starts it.
    Offered,
    /// It is fetched.
    Fetching {
        /// Of a hundred.
        percent: u8,
    },
    /// It is looked at, or waits for the end of a session.
    Installing,
    /// There is none, for this reason; one click tries again.
    Failed(UpdateTrouble),
}

/// Why there is no new program, as the person in front needs to hear it. Which error caused it is for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum UpdateTrouble {
    /// What was offered is not from who makes this program.
    NotTrusted,
    /// It may not be installed at the time this computer says it is.
    Clock,
    /// This folder cannot be written to, or the file is in use.
    Folder,
    /// There is no room.
    DiskFull,
    /// The new file was taken away: by what protects this computer from foreign programs, most likely.
    TakenAway,
    /// It was put in place and did not start.
    DidNotStart,
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
    /// A newer program comes.
    Updating(UpdateView),
    /// A newer program was not installed.
    NotUpdated(UpdateTrouble),
    /// What became of an invitation to a ticket.
    Invitation(InvitationNews),
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
    /// The question for an administrator's rights.
    Administrator(AdministratorQuestion),
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
    /// Another attendant's session, to be watched.
    Watch(WatchView),
    /// On the way: reaching the customer, then waiting for consent.
    Connecting(ConnectingView),
    /// After the session, for the attendant.
    Ended(EndedView),
    /// Version, licences, toolkit badge.
    About(AboutView),
    /// Taking away what the program keeps on this computer.
    Removal(RemovalView),
    /// A report of a crash.
    Crash(CrashView),
}

impl Page {
    /// A short fixed name, for logs and tests.
    pub fn name(&self) -> &'static str {
        match self {
            Page::Fields(_) => "fields",
            Page::Waiting(_) => "waiting",
            Page::Consent(_) => "consent",
            Page::Administrator(_) => "administrator",
            Page::Receipt(_) => "receipt",
            Page::Unreachable(_) => "unreachable",
            Page::ProfileAltered(_) => "profile-altered",
            Page::Login(_) => "login",
            Page::Home(_) => "home",
            Page::TicketStep(_) => "ticket-step",
            Page::PartnerPassword(_) => "partner-password",
            Page::Watch(_) => "watch",
            Page::Connecting(_) => "connecting",
            Page::Ended(_) => "ended",
            Page::About(_) => "about",
            Page::Removal(_) => "removal",
            Page::Crash(_) => "crash",
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
    /// The code of the second factor does not fit, or was used before.
    CodeRejected,
    /// The company wants a second factor and this user has none yet.
    FactorMissing,
    /// The attendant's week is over, or the login was ended elsewhere.
    LoginExpired,
    /// The relay does not answer.
    ServerAway,
    /// The partner's ID does not have nine digits.
    PartnerIdIncomplete,
    /// The clipboard holds no credentials.
    CredentialsUnreadable,
    /// The administrator has not enabled this attendant yet.
    NotEnabled,
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
    /// Sessions of this app are not for this attendant to watch.
    WatchNotAllowed,
    /// The customer's program does not know of watching.
    WatchProgramOld,
    /// Somebody else watches already.
    WatchTaken,
    /// The session is over, or never was.
    WatchOver,
    /// Its ticket is not open yet.
    WatchNoTicket,
    /// A link is another company's.
    LinkOfAnother {
        /// Where it says it is from.
        server: String,
        /// Whose program this is, and where it is at home.
        here: (String, String),
    },
    /// There is no next customer, or none for this attendant.
    NobodyToPull,
    /// Whoever waits is being offered to somebody else.
    OfferedElsewhere,
    /// Only who is available gets the next customer.
    NotAvailable,
    /// Too many attempts to connect; wait a little.
    TooManyAttempts,
    /// Too many requests were left; wait this long.
    TooManyRequests {
        /// How long to wait.
        wait: Duration,
    },
    /// The server cannot write a request down now.
    RequestNotTaken,
    /// The receipt could not be written; the reason as the system gives it.
    ReceiptNotSaved(String),
    /// The report of a crash could not be written; the reason as the system gives it.
    ReportNotSaved(String),
    /// A session or an update is under way: not now.
    NotNow,
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
