//! Everything a person can do in one of Amparo's windows.
//!
//! Pages make these, the controller takes them. A command says what was asked for, never what will happen: whether it is
//! allowed in the present state is the controller's to decide. Nothing here knows the drawing toolkit.

use super::strings::Language;
use super::view_model::{FieldKind, Scale, StatusKind, TicketChoice};
use crate::connect_link::{ConnectLink, Origin};
use protocol::message::invitation::Invitation;

/// One thing a person did.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    // The customer.
    /// The customer's own details, as typed, one pair per field that was shown.
    SubmitFields(Vec<(FieldKind, String)>),
    /// Make another one-time password.
    RenewPassword,
    /// ID and password were put on the clipboard (the window did that itself). For the log only.
    CredentialsCopied,
    /// The answer to the consent question. Never sent before the Allow button is armed with `allow: true`,
    /// and the customer side checks that again.
    Answer {
        /// Whether the connection may go on at all.
        allow: bool,
        /// Whether mouse and keyboard may be used. Without meaning when `allow` is false.
        control: bool,
    },
    /// The customer gives or takes back mouse and keyboard during the session.
    AllowControl(bool),
    /// The answer to the question for an administrator's rights. Never sent with yes before the button is armed, and the customer side checks
    /// that again.
    AnswerAdministrator(bool),
    /// Whoever watches the session is to see no more of it.
    StopWatching,
    /// Open or close the panel under the session bar.
    ToggleBarPanel,
    /// Warn the company's administrators of this session, or of the one that has just ended.
    RaiseAlarm,
    /// Begin to write a request, as nobody attends.
    WriteRequest,
    /// Leave the request that was written.
    LeaveRequest {
        /// As typed.
        text: String,
    },
    /// Write the receipt to a file the customer can find.
    SaveReceipt,
    /// The receipt was read.
    DismissReceipt,
    /// A link of the download page was opened, or the program is called after one.
    OpenInvitation(Invitation, Option<Origin>),
    /// Do not wait for the next automatic try to reach the relay.
    RetryNow,

    // The attendant.
    /// The headset icon.
    OpenLogin,
    /// Back from the login page to the customer's pages.
    CloseLogin,
    /// Log in with a console user.
    Login {
        /// E-mail or user name, trimmed.
        user: String,
        /// As typed. `Command`'s users must not log it; it is wiped by whoever takes it.
        password: Secret,
    },
    /// Log in with a console user who has a second factor.
    LoginWithCode {
        /// E-mail or user name, trimmed.
        user: String,
        /// As typed.
        password: Secret,
        /// A code of the authenticator app or a recovery code, as typed.
        code: Secret,
    },
    /// Forget the attendant on this computer and go back to the customer's pages.
    Logout,
    /// Take customers from now on, or not.
    SetStatus(StatusKind),
    /// Take the customer who is offered, or not.
    AnswerOffer {
        /// As offered.
        offer: u32,
        /// Yes.
        take: bool,
    },
    /// The customer who waits longest.
    PullNext,
    /// Connect to a partner, from the field or from the waiting list.
    Connect {
        /// The ID as typed or as shown in the list: digits, maybe spaces.
        partner: String,
    },
    /// Text from the clipboard that may hold credentials copied in the console.
    PasteCredentials(Secret),
    /// A link of the console was opened.
    OpenLink(ConnectLink),
    /// The magnifier, or Enter in the number field.
    LookUpTicket {
        /// As typed, trimmed.
        number: String,
    },
    /// A ticket, or "no ticket", was picked.
    ChooseTicket(TicketChoice),
    /// Yes, open a new ticket with this subject and go on.
    ConfirmNoTicket {
        /// The new ticket's subject, as typed.
        subject: String,
    },
    /// Watch the session that is shown.
    Watch,
    /// Go on with the chosen ticket.
    StartSession,
    /// The partner's password as typed.
    GivePassword(Secret),
    /// What the session that is over is put into, by its place in the list; again: nothing.
    ChooseCategory(usize),
    /// What was asked about the session is said.
    WrapUp {
        /// As typed.
        note: String,
    },
    /// Mouse and keyboard on, or view only.
    SetControl(bool),
    /// Ctrl+Alt+Del is to be pressed at the customer's.
    CtrlAltDel,
    /// What is said about it was read.
    CtrlAltDelRead,
    /// The customer is to be asked for an administrator's rights.
    AskAdministrator,
    /// What is said about them was read.
    AdministratorRead,
    /// How the picture fills the viewer window.
    SetScale(Scale),
    /// The viewer window fills the monitor, or not.
    ToggleFullScreen,
    /// The viewer's toolbar shows, or not.
    ToggleToolbar,
    /// The panel that explains the connection shows, or not.
    ToggleConnectionPanel,

    // Both.
    /// Give up what is being waited for.
    Cancel,
    /// One step back; closes an open dialog first.
    Back,
    /// End the session.
    End,
    /// The icon of a newer program.
    Update,
    /// Something was typed that no other command tells of: the program is in use.
    Typed,
    /// Show the About page.
    OpenAbout,
    /// Look at the report of a crash.
    ReadReport,
    /// Write it to a file the person can find.
    SaveReport,
    /// Take all reports away.
    DeleteReport,
    /// Show what removing the program's traces would take away.
    OpenRemoval,
    /// Remove them.
    Remove,
    /// Use this language from now on.
    SetLanguage(Language),
    /// The last window was closed.
    Quit,
}

/// A text that must not be printed: passwords and pasted credentials. Wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(zeroize::Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(zeroize::Zeroizing::new(text))
    }

    /// The text itself. Not for logs.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}
