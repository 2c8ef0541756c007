//! What the windows of a running session show: the customer's bar and the attendant's viewer.

use std::time::Duration;

use serde::Serialize;

use super::*;

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
    /// The key that ends the session from anywhere. None: the system gave us none.
    pub end_key: Option<String>,
    /// Who watches as well.
    pub watched_by: Option<String>,
    /// Mouse and keyboard have an administrator's rights.
    pub administrator: bool,
    /// Whether the customer has warned the company of this session.
    pub alarm: Alarm,
    /// The panel is open.
    pub open: bool,
}

/// Whether a customer has warned the company of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
pub enum Alarm {
    /// Not yet.
    #[default]
    Offered,
    /// It is on its way, or waits for contact.
    Sending,
    /// The company's server has it.
    Sent,
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
    /// Another attendant helps: this is only to watch.
    pub watching: bool,
    /// Who watches.
    pub watched_by: Option<String>,
    /// How the connection is.
    pub link: LinkView,
    /// Since the session began.
    pub elapsed: Duration,
    /// A first picture has been drawn.
    pub has_picture: bool,
    /// Contact is lost.
    pub reconnecting: Option<ReconnectingView>,
    /// The customer's computer shows what only the customer can see and answer.
    pub only_customer: bool,
    /// Why Ctrl+Alt+Del was not pressed, until that is read.
    pub no_ctrl_alt_del: Option<NoCtrlAltDel>,
    /// How it stands with an administrator's rights.
    pub administrator: AdministratorView,
    /// Why there are none, or no more, until that is read.
    pub no_administrator: Option<NoAdministrator>,
}

/// How it stands with an administrator's rights for the attendant's mouse and keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
pub enum AdministratorView {
    /// They have none; they can be asked for.
    #[default]
    Off,
    /// The customer, and then Windows, is being asked.
    Asking,
    /// They have them.
    On,
}

/// Why mouse and keyboard have no administrator's rights at the customer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum NoAdministrator {
    /// Mouse and keyboard are not the attendant's, or not now.
    NotAllowed,
    /// The customer said no, or nothing in time.
    Refused,
    /// The customer said yes here, and no to Windows.
    Declined,
    /// The customer's program has them itself.
    Already,
    /// There is no such thing on that computer, nor a need of it.
    Unavailable,
    /// Windows did not do it.
    Failed,
    /// They had them, and have them no more.
    Ended,
    /// The customer's program does not know of it.
    ProgramOld,
}

impl NoAdministrator {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::NotAllowed,
        Self::Refused,
        Self::Declined,
        Self::Already,
        Self::Unavailable,
        Self::Failed,
        Self::Ended,
        Self::ProgramOld,
    ];
}

/// Why Ctrl+Alt+Del was not pressed at the customer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum NoCtrlAltDel {
    /// Mouse and keyboard are not the attendant's, or not now.
    NotAllowed,
    /// The customer's program is not run as administrator.
    NeedsAdministrator,
    /// The computer's policy lets no program do it.
    PolicyForbids,
    /// Windows was asked, and nothing came of it.
    NothingSeen,
    /// There is no way on that computer.
    Unavailable,
    /// The customer's program does not know of it.
    ProgramOld,
}

impl NoCtrlAltDel {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::NotAllowed,
        Self::NeedsAdministrator,
        Self::PolicyForbids,
        Self::NothingSeen,
        Self::Unavailable,
        Self::ProgramOld,
    ];
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
