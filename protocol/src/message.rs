//! Every message there is, one family per file.
//!
//! The outer hop (`hello`, `directory`, `ticket`, `pairing`) is spoken between a program and the relay. The inner hop (`handshake`,
//! `control`, `input`) is spoken between customer and attendant; the relay carries it and cannot read it. Screen updates are in
//! [`crate::media`].

pub mod control;
pub mod directory;
pub mod grant;
pub mod handshake;
pub mod hello;
pub mod input;
pub mod invitation;
pub mod offer;
pub mod one_time;
pub mod pairing;
pub mod record;
pub mod request;
pub mod stats;
pub mod stream;
pub mod ticket;
pub mod update;
pub mod watch;
pub mod wrap_up;

mod text;

pub use text::{ShownText, WrittenText};

use serde::{Deserialize, Serialize};

use crate::{capped, limits};

/// What a program says to the relay on its control stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToRelay {
    /// Always the first.
    Hello(hello::Hello),
    /// Makes this program reachable, or renews what the relay knows of it.
    Register(directory::Register),
    /// The password was renewed.
    NewPassword(crate::id::Password),
    /// Logs an attendant in.
    Login(directory::Login),
    /// Logs in again after a lost connection.
    LoginAgain(directory::LoginToken),
    /// Logs the attendant out.
    Logout,
    /// Asks for an attendant's certificate (PKCS#10 request in DER).
    Enrol(directory::CertificateRequest),
    /// Looks a ticket up by its number.
    FindTicket(ticket::FindTicket),
    /// Asks for the open tickets of a waiting customer.
    ListTickets(ticket::ListTickets),
    /// Asks to be paired with a partner.
    Dial(pairing::Dial),
    /// Takes one's place in a pairing, with the signed token for it.
    Join(pairing::Token),
    /// Asks for a place in a session that was cut.
    Rejoin(pairing::Rejoin),
    /// Tells what happened in a session, until it is acknowledged.
    Report(pairing::Report),
    /// Takes a one-time grant that was copied in the console.
    TakeGrant(one_time::TakeGrant),
    /// Leaves a request that becomes a ticket. From version 3 on, as what follows.
    LeaveRequest(request::LeaveRequest),
    /// An attendant's status is to be this.
    SetStatus(offer::Status),
    /// Whether the attendant could take a customer at once: they are at home and in no session.
    Ready(bool),
    /// Answer to `Offered`.
    AnswerOffer(offer::AnswerOffer),
    /// Asks for the customer who waits longest.
    PullNext,
    /// Logs in with a second factor, after [`directory::LoginError::CodeNeeded`].
    LoginWithCode(directory::LoginWithCode),
    /// Asks whether there is a newer program. From version 4 on, as what follows.
    AskUpdate(update::AskUpdate),
    /// Asks for a part of it.
    FetchUpdate(update::FetchUpdate),
    /// Asks whether a session can be watched. From version 5 on, as what follows.
    AskWatch(watch::AskWatch),
    /// Asks to be paired as the one who watches; answered as `Dial` is.
    DialWatch(watch::DialWatch),
    /// Asks what an invitation to a ticket is about, before `Register`. From version 5 on.
    OpenInvitation(invitation::OpenInvitation),
}

/// What the relay says to a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromRelay {
    /// Answer to `Hello`.
    Welcome(hello::Welcome),
    /// The relay will not go on; the connection is closed after this.
    Refused(hello::Refusal),
    /// Answer to `Register`.
    Registered(directory::Registered),
    /// Answer to `Login` and `LoginAgain`.
    LoggedIn(directory::LoggedIn),
    /// The login was not accepted.
    LoginFailed(directory::LoginError),
    /// Answer to `Enrol`.
    Enrolled(directory::CertificateChain),
    /// No certificate can be given.
    EnrolFailed(ShownText),
    /// Who is waiting, to attendants, whenever it changes. The whole list, newest state wins; at most [`limits::WAITING_LISTED`].
    Waiting(
        #[serde(deserialize_with = "capped::list::<_, _, { limits::WAITING_LISTED }>")] Vec<directory::WaitingCustomer>,
    ),
    /// Answer to `FindTicket`.
    TicketFound(ticket::TicketFound),
    /// Answer to `ListTickets`.
    TicketList(ticket::TicketList),
    /// Answer to `Dial`.
    Dialled(pairing::Dialled),
    /// The dialling was refused.
    DialRefused(pairing::DialRefused),
    /// To a customer: somebody dials.
    Incoming(pairing::Incoming),
    /// Both places are taken: streams may be opened.
    Paired(crate::id::SessionId),
    /// The other half of a session has lost its connection and may come back.
    PeerAway(crate::id::SessionId),
    /// The session is over as far as the relay is concerned.
    Closed(pairing::Closed),
    /// A place in a cut session is ready to be joined.
    RejoinReady(pairing::RejoinReady),
    /// A report was written down and need not be sent again.
    ReportKept(pairing::ReportKept),
    /// The ticket of a session is known (now).
    SessionTicket(ticket::SessionTicket),
    /// Answer to `Enrol` where the company's root is kept elsewhere: `Enrolled` comes once the administrator has signed the request.
    EnrolPending,
    /// Answer to `TakeGrant`.
    GrantTaken(one_time::GrantTaken),
    /// Before `Dialled`, to who has taken a grant for this partner: the password that need not be asked for.
    GrantOpened(one_time::GrantOpened),
    /// Behind `Dialled`, where the app asks for something when the session is over. From version 2 on.
    WrapUpAsked(wrap_up::WrapUpForm),
    /// To a customer: whether their app is attended now. From version 3 on, as what follows.
    Attended(request::Attended),
    /// Answer to `LeaveRequest`.
    RequestLeft(request::RequestLeft),
    /// The attendant's status as the relay has it, at login and when it changes.
    StatusIs(offer::StatusIs),
    /// A customer is offered.
    Offered(offer::Offered),
    /// An offer is over without having been taken.
    OfferOver(offer::OfferOver),
    /// A customer is the attendant's.
    Assigned(offer::Assigned),
    /// No customer can be pulled.
    PullRefused(offer::PullError),
    /// Answer to `AskUpdate`. From version 4 on, as what follows.
    UpdateIs(update::UpdateIs),
    /// Answer to `FetchUpdate`.
    UpdatePart(update::UpdatePart),
    /// Answer to `AskWatch`. From version 5 on, as what follows.
    WatchIs(watch::WatchIs),
    /// To a customer in a session: somebody wants to watch it.
    IncomingWatch(pairing::Incoming),
    /// To who helps: somebody watches, or nobody does any more.
    Watched(watch::Watched),
    /// Answer to `OpenInvitation`. From version 5 on.
    InvitationIs(invitation::InvitationIs),
    /// To attendants, before `Waiting`: which of those customers were invited to a ticket. All of them, newest state wins; at most
    /// [`limits::WAITING_LISTED`]. From version 5 on.
    WaitingOn(
        #[serde(deserialize_with = "capped::list::<_, _, { limits::WAITING_LISTED }>")] Vec<directory::WaitingOn>,
    ),
}

impl ToRelay {
    /// The first version of the words in which this is said.
    pub fn since(&self) -> u16 {
        match self {
            Self::Report(pairing::Report { what: pairing::Happened::WrappedUp(_), .. }) => 2,
            Self::Report(pairing::Report { what: pairing::Happened::Changed(_), .. }) => 5,
            Self::Report(pairing::Report { what: pairing::Happened::Rights(_), .. }) => 6,
            Self::Hello(_)
            | Self::Register(_)
            | Self::NewPassword(_)
            | Self::Login(_)
            | Self::LoginAgain(_)
            | Self::Logout
            | Self::Enrol(_)
            | Self::FindTicket(_)
            | Self::ListTickets(_)
            | Self::Dial(_)
            | Self::Join(_)
            | Self::Rejoin(_)
            | Self::Report(_)
            | Self::TakeGrant(_) => 1,
            Self::LeaveRequest(_)
            | Self::SetStatus(_)
            | Self::Ready(_)
            | Self::AnswerOffer(_)
            | Self::PullNext
            | Self::LoginWithCode(_) => 3,
            Self::AskUpdate(_) | Self::FetchUpdate(_) => 4,
            Self::OpenInvitation(_) | Self::AskWatch(_) | Self::DialWatch(_) => 5,
        }
    }
}

impl FromRelay {
    /// The first version of the words in which this is said.
    pub fn since(&self) -> u16 {
        use directory::LoginError::{CodeNeeded, FactorMissing};
        match self {
            Self::LoginFailed(CodeNeeded | FactorMissing) => 3,
            Self::Welcome(_)
            | Self::Refused(_)
            | Self::Registered(_)
            | Self::LoggedIn(_)
            | Self::LoginFailed(_)
            | Self::Enrolled(_)
            | Self::EnrolFailed(_)
            | Self::Waiting(_)
            | Self::TicketFound(_)
            | Self::TicketList(_)
            | Self::Dialled(_)
            | Self::DialRefused(_)
            | Self::Incoming(_)
            | Self::Paired(_)
            | Self::PeerAway(_)
            | Self::Closed(_)
            | Self::RejoinReady(_)
            | Self::ReportKept(_)
            | Self::SessionTicket(_)
            | Self::EnrolPending
            | Self::GrantTaken(_)
            | Self::GrantOpened(_) => 1,
            Self::WrapUpAsked(_) => 2,
            Self::Attended(_)
            | Self::RequestLeft(_)
            | Self::StatusIs(_)
            | Self::Offered(_)
            | Self::OfferOver(_)
            | Self::Assigned(_)
            | Self::PullRefused(_) => 3,
            Self::UpdateIs(_) | Self::UpdatePart(_) => 4,
            Self::InvitationIs(_)
            | Self::WaitingOn(_)
            | Self::WatchIs(_)
            | Self::IncomingWatch(_)
            | Self::Watched(_) => 5,
        }
    }
}
