//! What the customer's pages show.

use std::time::Duration;

use serde::Serialize;

use super::*;

/// A ticket in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketLine {
    /// The number people use.
    pub number: String,
    /// Its subject; may be empty.
    pub subject: String,
}

/// What became of an invitation to a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum InvitationNews {
    /// It is good: the customer waits on this ticket.
    To(TicketLine),
    /// This server did not make it for this program.
    Unknown,
    /// Its time is over.
    Expired,
    /// This ticket is closed.
    Over {
        /// Its number.
        number: String,
    },
    /// The server knows of no invitations.
    ServerOld,
    /// The server cannot look now.
    Later,
    /// It is another company's.
    Elsewhere {
        /// Where it says it is from.
        server: String,
    },
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
    #[serde(serialize_with = "revealed")]
    pub password: Secret,
    /// How long the company has known. None until it does.
    pub waiting: Option<Duration>,
    /// Contact was lost and is being made again; ID and password stay.
    pub returning: bool,
    /// Whether somebody attends now.
    pub attended: AttendedView,
    /// The request that can be left when nobody does.
    pub request: RequestView,
    /// This is a session of Wayland: the attendant will not see all of it.
    pub wayland: bool,
}

/// Whether somebody attends now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum AttendedView {
    /// Yes, as far as is known.
    Open,
    /// Not at this time.
    Closed {
        /// Because of this holiday.
        holiday: Option<String>,
        /// When it is again, in seconds since 1970 UTC.
        opens_unix_s: Option<i64>,
    },
    /// Yes, and just now nobody is available.
    Nobody,
    /// Never again.
    Ended,
}

/// A request that becomes a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum RequestView {
    /// Not offered: somebody attends.
    None,
    /// A button offers it.
    Offered,
    /// It is being written.
    Writing {
        /// It is on its way.
        sending: bool,
        /// Why the last try did not work.
        trouble: Option<Trouble>,
    },
    /// It was left.
    Left {
        /// What it is known by.
        protocol: String,
        /// Its ticket, once there is one.
        ticket: Option<String>,
    },
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
    /// Who helps already, where somebody only wants to watch.
    pub watches: Option<String>,
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

/// The question for an administrator's rights, during a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdministratorQuestion {
    /// Changes with each question, so that a new one starts unarmed and with the focus on No.
    pub question: u64,
    /// The name from the certificate.
    pub attendant: String,
    /// The company from the certificate.
    pub company: String,
    /// Until the button that says yes can be pressed; zero when armed.
    pub arms_in: Duration,
    /// What `arms_in` started from.
    pub arms_after: Duration,
    /// Until the answer is No by itself.
    pub expires_in: Duration,
    /// What `expires_in` started from.
    pub expires_after: Duration,
}

impl AdministratorQuestion {
    /// Whether yes can be pressed.
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
    /// The session that was watched is over.
    WatchedOver,
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
    /// Mouse and keyboard had an administrator's rights at any time in it.
    pub administrator: bool,
    /// Ticket number. None until the ticketing system gave one.
    pub ticket: Option<String>,
    /// Protocol number.
    pub protocol: Option<String>,
    /// Place in the support's audit log. None until the end is on record.
    pub record: Option<String>,
    /// Who or what ended it.
    pub ending: Ending,
    /// Whether the customer has warned the company of this session.
    pub alarm: Alarm,
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
    /// The server answers, and the two have no version in common.
    pub apart: Option<Apart>,
    /// Where the program that fits the server is downloaded.
    pub way_on: String,
}

/// Which of two that have no version in common is the older one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Apart {
    /// This program.
    ProgramOld,
    /// The server.
    ServerOld,
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

/// Why a program does not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ProfileTrouble {
    /// The program or its profile is not what was made.
    Altered,
    /// There is no profile, neither in the program nor beside it.
    Missing,
    /// There is one, and it is not this program's.
    Foreign,
    /// Its time is over.
    Expired,
    /// It is made later than this computer says it is.
    Clock,
}

/// The profile does not verify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProfileAlteredView {
    /// What is wrong with it.
    pub trouble: ProfileTrouble,
    /// For a technician; may be empty.
    pub details: String,
}
