//! The control channel of a consented session, inside the inner TLS.

use serde::{Deserialize, Serialize};

use super::{
    grant::Grants,
    handshake::{FromAttendant, FromCustomer},
    pairing::CloseReason,
    stats::Stats,
};

/// Everything an attendant says inside the inner TLS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttendantSays {
    /// Before consent, or a cancellation that crossed it.
    Handshake(FromAttendant),
    /// In the session.
    Control(Control),
}

/// Everything a customer says inside the inner TLS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CustomerSays {
    /// Before consent.
    Handshake(FromCustomer),
    /// In the session.
    Control(Control),
}

/// Either half to the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Control {
    /// From the customer: what is allowed from now on.
    Grants(Grants),
    /// From the attendant: may be sent again and again; the answer carries the same number.
    Ping(u32),
    /// Answer to `Ping`.
    Pong(u32),
    /// From the customer: how the picture is made and sent.
    Stats(Stats),
    /// From the attendant: the picture cannot be continued here (a decoder failed), it is to start anew.
    Refresh,
    /// The session is over.
    End(CloseReason),
    /// From the customer: the computer shows something that only who sits at it can see and answer, or does no more. Said only where the inner
    /// connection is [`crate::version::ALPN_INNER_NOTICES`] or later.
    OnlyCustomer(bool),
    /// From the attendant: Ctrl+Alt+Del is to be pressed there, which Windows takes from no keyboard but its own. Said, as the answer, only where the
    /// inner connection is [`crate::version::ALPN_INNER_ATTENTION`] or later.
    CtrlAltDel,
    /// From the customer: what came of it.
    CtrlAltDelDone(Attention),
    /// From the attendant: mouse and keyboard are to have an administrator's rights, which the customer is asked for. Said, as what comes of it, only
    /// where the inner connection is [`crate::version::ALPN_INNER_ADMINISTRATOR`].
    AskAdministrator,
    /// From the customer: what came of it, and each time that it is otherwise.
    Administrator(Administrator),
}

/// How it stands with an administrator's rights for the attendant's mouse and keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Administrator {
    /// They have them from now on.
    Granted,
    /// Mouse and keyboard are not the attendant's, or not now.
    NotAllowed,
    /// The customer said no, or nothing in time.
    Refused,
    /// The customer said yes here, and no to the system's own question.
    Declined,
    /// The customer's program has them itself.
    Already,
    /// There is no such thing on this system.
    Unavailable,
    /// The system did not do it.
    Failed,
    /// They have them no more, and the session goes on.
    Ended,
}

/// What came of Ctrl+Alt+Del.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Attention {
    /// It was typed as any other keys.
    Typed,
    /// The system was asked for it and now has the screen for itself.
    Shown,
    /// Mouse and keyboard are not the attendant's, or not now.
    NotAllowed,
    /// The customer's program has not the rights to ask the system.
    NeedsAdministrator,
    /// The computer's policy lets no program ask.
    PolicyForbids,
    /// The system was asked and did nothing that could be seen.
    NothingSeen,
    /// There is no way on this system.
    Unavailable,
}
