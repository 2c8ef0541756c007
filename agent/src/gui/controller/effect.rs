//! What the windows want done, and cannot do: `app` carries it out.

use protocol::{
    id::{DeviceId, Password, SessionId},
    message::{ToRelay, directory::Opaque, pairing::CloseReason},
};

use crate::{config::Settings, customer::receipt::Receipt, gui::strings::Language};

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Tell the relay.
    Say(ToRelay),
    /// Do not wait for the next try to reach it.
    RetryNow,
    /// A session of this computer begins to be set up, with this password.
    StartHelped(SessionId, Password),
    /// Tell that session.
    Helped(ToHelped),
    /// Somebody wants to watch this computer's session, with this password.
    StartWatched(SessionId, Password),
    /// Tell that one.
    Watched(ToHelped),
    /// Ask for a certificate.
    Enrol,
    /// An attendant is here: the console's links are for this program from now on.
    AnswerLinks,
    /// Take a one-time grant with the certificate's key.
    TakeGrant {
        /// Comes back in the answer.
        request: u32,
        /// The customer it was copied for.
        partner: DeviceId,
        /// As it was copied.
        grant: Opaque,
    },
    /// A session with a partner begins to be set up.
    StartAttending(SessionId, Password),
    /// The same, to watch another attendant's.
    StartWatching(SessionId, Password),
    /// Tell that session: end.
    EndAttending(CloseReason),
    /// Tell that session: the way to the other half is gone.
    AttendingLost,
    /// Tell that session: Ctrl+Alt+Del.
    CtrlAltDel,
    /// Tell that session: ask the customer for an administrator's rights.
    AskAdministrator,
    /// Tell the viewer's thread how to draw.
    Look {
        /// 1:1.
        actual: bool,
        /// Mouse and keyboard go to the customer.
        control: bool,
    },
    /// Keep a receipt in the program's folder, or in the person's documents.
    KeepReceipt(Receipt, Language, bool),
    /// Keep the settings.
    SaveSettings(Settings),
    /// The newer program is wanted now.
    Update,
    /// Take away what the program keeps on this computer.
    Remove,
    /// Write a report of a crash to the person's documents.
    SaveReport(String),
    /// Take all reports of crashes away.
    DeleteReports,
    /// End the program.
    Quit,
}

/// What a session of this computer can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToHelped {
    /// The customer's answer.
    Answer {
        /// Yes.
        allow: bool,
        /// Mouse and keyboard too.
        control: bool,
    },
    /// Mouse and keyboard are given or taken back.
    AllowControl(bool),
    /// Another question is on the screen, or is no more.
    HoldInput(bool),
    /// The customer's answer to the question for an administrator's rights.
    AnswerAdministrator(bool),
    /// End it.
    End(CloseReason),
    /// The way to the other half is gone.
    Lost,
}
