//! What the attendant's pages show.

use std::time::Duration;

use serde::Serialize;

use super::*;

/// The attendant's login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoginView {
    /// The server's address as people know it.
    pub server: String,
    /// Filled in when the page opens.
    pub user: String,
    /// The answer is on its way.
    pub busy: bool,
    /// The password was right and a code is asked for beside it.
    pub asks_code: bool,
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
    /// The administrator has to enable this attendant.
    pub enabling: Option<EnablingView>,
    /// Whether they take customers; `None`: the server does not ask.
    pub status: Option<StatusView>,
    /// A customer who is offered.
    pub offer: Option<OfferView>,
    /// The next customer is being asked for.
    pub pulling: bool,
}

/// Whether an attendant takes customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StatusView {
    /// Which.
    pub status: StatusKind,
    /// Since when.
    pub for_: Duration,
}

/// A status, in the order of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum StatusKind {
    /// Takes customers.
    Available,
    /// Eats.
    Meal,
    /// Rests.
    Rest,
    /// Is in a meeting.
    Meeting,
    /// Learns.
    Training,
    /// Works on something else.
    OtherWork,
    /// Is not there.
    Offline,
}

impl StatusKind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Available, Self::Meal, Self::Rest, Self::Meeting, Self::Training, Self::OtherWork, Self::Offline];
}

/// A customer who is offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfferView {
    /// Comes back in the answer.
    pub offer: u32,
    /// Who.
    pub customer: WaitingCustomer,
    /// Until the next is asked.
    pub expires_in: Duration,
    /// What `expires_in` started from.
    pub expires_after: Duration,
}

/// What the administrator has to sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EnablingView {
    /// Eight groups of four, to be compared with the administrator's list.
    pub fingerprint: String,
    /// For how long the present access still works; `None`: there is none.
    pub works_for: Option<Duration>,
}

/// The own ID and password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnCredentials {
    /// `987 654 321`
    pub id: String,
    /// `K7QF-2M9X`
    #[serde(serialize_with = "revealed")]
    pub password: Secret,
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
    /// The ticket that a link has invited them to.
    pub ticket: Option<String>,
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

/// Another attendant's session, to be watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WatchView {
    /// Whose screen.
    pub partner: PartnerView,
    /// Who helps; None: it is being asked for, or there is none.
    pub attendant: Option<String>,
    /// The ticket it is on.
    pub ticket: Option<String>,
    /// It was confirmed, and is on its way.
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
    /// What the app asks about it.
    pub wrap_up: Option<WrapUpView>,
}

/// What is asked about a session that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WrapUpView {
    /// What can be chosen, in order.
    pub categories: Vec<String>,
    /// The one that is, by its place.
    pub chosen: Option<usize>,
    /// One must be.
    pub required: bool,
    /// The note; `None`: there is none.
    pub note: Option<NoteView>,
    /// It was to be finished without a category that must be chosen.
    pub category_missing: bool,
    /// … or without a note that must be written.
    pub note_missing: bool,
}

/// The note about a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum NoteView {
    /// It may stay empty.
    Optional,
    /// It must be written.
    Required,
}

/// Version, licences, toolkit badge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AboutView {
    /// The program's version.
    pub version: String,
}
