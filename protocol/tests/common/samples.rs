//! One sample of every message and of every variant inside one, with fixed values: what the byte snapshots are made of.

use std::fmt::Debug;

use amparo_protocol::{
    frame::{FrameError, decode_body, encode_body},
    id::*,
    limits,
    media::*,
    message::{
        control::*,
        directory::*,
        grant::{Change, Grants, RightsChange},
        handshake::*,
        hello::*,
        input::*,
        invitation::*,
        offer::*,
        one_time::*,
        pairing::*,
        record::*,
        request::*,
        stats::Stats,
        ticket::*,
        update::*,
        watch::*,
        wrap_up::*,
        *,
    },
    version::VersionRange,
};
use serde::{Serialize, de::DeserializeOwned};

use super::variants;

/// A message with its bytes.
pub struct Sample {
    /// The type, and the folder of its snapshots.
    pub family: &'static str,
    /// The variant, with what tells it from another sample of the same variant behind a dash.
    pub case: String,
    /// The body of the message.
    pub body: Vec<u8>,
    /// Reads a body of this family and writes it again.
    pub rewrite: fn(&[u8]) -> Result<Vec<u8>, FrameError>,
}

/// The samples of a family, and the variants there are.
pub struct Family {
    /// The type, and the folder of its snapshots.
    pub name: &'static str,
    /// Every variant of the type; empty for a struct.
    pub variants: &'static [&'static str],
    /// The samples.
    pub samples: Vec<Sample>,
}

trait Capped {
    const CAP: usize;
}

fn family<M>(name: &'static str, messages: Vec<M>) -> Family
where
    M: Capped + Serialize + DeserializeOwned + Debug + PartialEq,
{
    fn rewrite<M: Capped + Serialize + DeserializeOwned>(body: &[u8]) -> Result<Vec<u8>, FrameError> {
        encode_body(&decode_body::<M>(body, M::CAP)?, M::CAP)
    }
    let mut samples: Vec<Sample> = Vec::new();
    for message in messages {
        let debug = format!("{message:?}");
        let variant = debug.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned();
        let before = samples.iter().filter(|s| s.case == variant || s.case.starts_with(&format!("{variant}-"))).count();
        let case = if before == 0 { variant } else { format!("{variant}-{}", before + 1) };
        let body = encode_body(&message, M::CAP).unwrap();
        assert_eq!(decode_body::<M>(&body, M::CAP).unwrap(), message, "{name} {case}");
        samples.push(Sample { family: name, case, body, rewrite: rewrite::<M> });
    }
    Family { name, variants: variants::of::<M>(), samples }
}

macro_rules! caps {
    ($($cap:expr => $($type:ty),+;)+) => { $($(impl Capped for $type { const CAP: usize = $cap; })+)+ };
}

caps! {
    limits::OUTER_MESSAGE_BYTES => ToRelay, FromRelay, Refusal, LoginError, FieldKey, TicketStatus, TicketError, TicketChoice, DialError,
        CloseReason, Happened, Role, WatchError;
    limits::HANDSHAKE_MESSAGE_BYTES => FromAttendant, FromCustomer, Refused;
    limits::CONTROL_MESSAGE_BYTES => AttendantSays, CustomerSays, Control, Stats, Attention, Administrator;
    limits::INPUT_MESSAGE_BYTES => Input, Button, Shown;
    limits::PICTURE_MESSAGE_BYTES => Batch, Update;
    limits::POINTER_MESSAGE_BYTES => Pointer;
}

fn text(text: &str) -> ShownText {
    ShownText::try_from(text.to_owned()).unwrap()
}

fn written(text: &str) -> WrittenText {
    WrittenText::try_from(text.to_owned()).unwrap()
}

fn token(byte: u8) -> Opaque {
    Opaque::try_from(vec![byte; 8]).unwrap()
}

fn device() -> DeviceId {
    DeviceId::new(123_456_789).unwrap()
}

fn session() -> SessionId {
    SessionId::from_bytes([0x51; 16])
}

fn number() -> TicketNumber {
    TicketNumber::new("48211").unwrap()
}

fn protocol_number() -> ProtocolNumber {
    ProtocolNumber::new("2026-11-21-000042").unwrap()
}

fn brief() -> TicketBrief {
    TicketBrief {
        number: number(),
        subject: text("Erro ao emitir nota fiscal"),
        customer: text("Cida Nogueira, Padaria Aurora"),
        owner: text("Ana Ribeiro"),
        status: TicketStatus::Open,
        opened_unix_ms: 1_795_000_000_000,
    }
}

fn fields() -> Vec<Field> {
    vec![
        Field { key: FieldKey::Name, value: text("Cida") },
        Field { key: FieldKey::Subject, value: text("Não imprime") },
    ]
}

fn password() -> Password {
    Password::from_entropy([1, 2, 3, 4, 5])
}

fn pake() -> PakeMessage {
    PakeMessage::try_from(vec![0x41; PAKE_BYTES]).unwrap()
}

fn login_errors() -> Vec<LoginError> {
    vec![
        LoginError::Wrong,
        LoginError::TooMany { retry_after_s: 300 },
        LoginError::Expired,
        LoginError::Unavailable,
        LoginError::CodeNeeded,
        LoginError::FactorMissing,
    ]
}

fn choices() -> Vec<TicketChoice> {
    vec![TicketChoice::Number(number()), TicketChoice::OpenNew { subject: text("Impressora") }]
}

pub fn attentions() -> Vec<Attention> {
    use Attention::*;
    vec![Typed, Shown, NotAllowed, NeedsAdministrator, PolicyForbids, NothingSeen, Unavailable]
}

pub fn administrators() -> Vec<Administrator> {
    use Administrator::*;
    vec![Granted, NotAllowed, Refused, Declined, Already, Unavailable, Failed, Ended]
}

pub fn close_reasons() -> Vec<CloseReason> {
    use CloseReason::*;
    vec![
        EndedByCustomer,
        EndedByAttendant,
        Refused,
        NoAnswer,
        WrongPassword,
        Cancelled,
        ProgramGone,
        ConnectionLost,
        Violation,
        Failed,
        WatchedOver,
    ]
}

fn happened() -> Vec<Happened> {
    vec![
        Happened::Started { granted: Grants::CONTROL, attendant: text("Ana Ribeiro"), at_unix_ms: 1_795_000_000_000 },
        Happened::Ended { why: CloseReason::EndedByCustomer, at_unix_ms: 1_795_000_060_000, reconnects: 2 },
        Happened::Alarm { at_unix_ms: 1_795_000_090_000 },
        Happened::Signed(Box::new(Signed {
            told: Told {
                granted: Grants::CONTROL,
                started_unix_ms: 1_795_000_000_000,
                ended_unix_ms: 1_795_000_060_000,
                reconnects: 2,
                why: CloseReason::EndedByCustomer,
                connection: [0xc0; 32],
                customer_key: [0xc1; 32],
                attendant_key: [0xa1; 32],
            },
            key: SignerKey::try_from(vec![0x30; 91]).unwrap(),
            signature: token(70),
        })),
        Happened::WrappedUp(WrapUp {
            category: Some(text("Resolvido")),
            note: written("Certificado renovado.\nTestado."),
        }),
        Happened::WrappedUp(WrapUp::default()),
        Happened::Changed(vec![
            Change { granted: Grants::VIEW, at_unix_ms: 1_795_000_010_000 },
            Change { granted: Grants::CONTROL, at_unix_ms: 1_795_000_020_000 },
        ]),
        Happened::Rights(vec![
            RightsChange { administrator: true, at_unix_ms: 1_795_000_030_000 },
            RightsChange { administrator: false, at_unix_ms: 1_795_000_040_000 },
        ]),
    ]
}

fn to_relay() -> Vec<ToRelay> {
    let hello = Hello {
        versions: VersionRange { oldest: 1, newest: 3 },
        tenant: TenantId::from_bytes([0x11; 16]),
        program: text("0.1.0 linux"),
    };
    let register = |previous| Register {
        app: AppId::from_bytes([0x22; 16]),
        fields: fields(),
        password: password(),
        previous,
        listed: true,
    };
    let reports = happened().into_iter().map(|what| ToRelay::Report(Report { session: session(), what }));
    let others = vec![
        ToRelay::Hello(hello),
        ToRelay::Register(register(None)),
        ToRelay::Register(register(Some((device(), token(1))))),
        ToRelay::NewPassword(password()),
        ToRelay::Login(Login { user: "ana".into(), password: "a long passphrase".into() }),
        ToRelay::LoginWithCode(LoginWithCode {
            login: Login { user: "ana".into(), password: "a long passphrase".into() },
            code: "081 804".into(),
        }),
        ToRelay::LoginAgain(token(2)),
        ToRelay::Logout,
        ToRelay::Enrol(CertificateRequest::try_from(vec![0x30, 0x01, 0x00]).unwrap()),
        ToRelay::FindTicket(FindTicket { request: 1, partner: device(), number: number() }),
        ToRelay::ListTickets(ListTickets { request: 2, partner: device() }),
        ToRelay::Dial(Dial { request: 3, partner: device(), ticket: choices().remove(0), want: Grants::CONTROL }),
        ToRelay::Dial(Dial { request: u32::MAX, partner: device(), ticket: choices().remove(1), want: Grants::VIEW }),
        ToRelay::Join(token(3)),
        ToRelay::Rejoin(Rejoin { session: session(), resume: token(4) }),
        ToRelay::TakeGrant(TakeGrant {
            request: 4,
            partner: device(),
            grant: token(13),
            chain: CertificateChain::try_from(vec![vec![0x30, 0x00]]).unwrap(),
            proof: token(14),
        }),
        ToRelay::LeaveRequest(LeaveRequest { text: written("Não imprime.\nLiguem amanhã.") }),
        ToRelay::SetStatus(Status::Available),
        ToRelay::SetStatus(Status::Break(BreakReason::Meal)),
        ToRelay::SetStatus(Status::Offline),
        ToRelay::Ready(true),
        ToRelay::AnswerOffer(AnswerOffer { offer: 7, take: true }),
        ToRelay::PullNext,
        ToRelay::AskUpdate(AskUpdate {
            app: AppId::from_bytes([0x22; 16]),
            system: System::Windows,
            version: [0, 1, 0],
        }),
        ToRelay::FetchUpdate(FetchUpdate {
            app: AppId::from_bytes([0x22; 16]),
            system: System::Linux,
            sha256: [0x51; 32],
            from: 131_072,
        }),
        ToRelay::AskWatch(AskWatch { request: 8, partner: device(), enter: true }),
        ToRelay::DialWatch(DialWatch { request: 9, partner: device() }),
        ToRelay::OpenInvitation(OpenInvitation { app: AppId::from_bytes([0x22; 16]), invitation: invitation() }),
    ];
    others.into_iter().chain(reports).collect()
}

fn customer() -> WaitingCustomer {
    WaitingCustomer {
        id: device(),
        fields: fields(),
        app_title: text("Suporte Varanda"),
        since_unix_ms: 1_795_000_000_000,
    }
}

fn from_relay() -> Vec<FromRelay> {
    let waiting = customer();
    let incoming = |ticket| Incoming {
        session: session(),
        token: token(5),
        resume: token(6),
        ticket,
        protocol: protocol_number(),
    };
    vec![
        FromRelay::Welcome(Welcome { version: 1, company: text("Varanda Sistemas"), now_unix_ms: 1_795_000_000_000 }),
        FromRelay::Refused(Refusal::Version(VersionRange { oldest: 1, newest: 2 })),
        FromRelay::Registered(Registered { id: device(), proof: token(7) }),
        FromRelay::LoggedIn(LoggedIn {
            operator: OperatorId::from_bytes([0x33; 16]),
            name: text("Ana Ribeiro"),
            token: token(8),
        }),
        FromRelay::LoginFailed(LoginError::TooMany { retry_after_s: 30 }),
        FromRelay::Enrolled(CertificateChain::try_from(vec![vec![0x30, 0x00], vec![0x30, 0x01, 0x00]]).unwrap()),
        FromRelay::EnrolFailed(text("não")),
        FromRelay::Waiting(vec![]),
        FromRelay::Waiting(vec![waiting]),
        FromRelay::TicketFound(TicketFound { request: 1, ticket: Ok(brief()) }),
        FromRelay::TicketFound(TicketFound { request: 1, ticket: Err(TicketError::NotFound) }),
        FromRelay::TicketList(TicketList { request: 2, tickets: Ok(vec![brief()]) }),
        FromRelay::TicketList(TicketList { request: 2, tickets: Err(TicketError::Down) }),
        FromRelay::Dialled(Dialled {
            request: 3,
            session: session(),
            token: token(9),
            resume: token(10),
            protocol: protocol_number(),
        }),
        FromRelay::DialRefused(DialRefused { request: 3, why: DialError::Unreachable }),
        FromRelay::Incoming(incoming(Some(brief()))),
        FromRelay::Incoming(incoming(None)),
        FromRelay::Paired(session()),
        FromRelay::PeerAway(session()),
        FromRelay::Closed(Closed { session: session(), why: CloseReason::ConnectionLost }),
        FromRelay::RejoinReady(RejoinReady { session: session(), token: token(11), resume: token(12) }),
        FromRelay::ReportKept(ReportKept {
            session: session(),
            step: Step::Ended,
            record: Some(RecordMark { line: 48, hash: [0x9f; 8] }),
        }),
        FromRelay::SessionTicket(SessionTicket {
            session: session(),
            protocol: protocol_number(),
            ticket: Some(number()),
        }),
        FromRelay::EnrolPending,
        FromRelay::GrantTaken(GrantTaken { request: 4, taken: true }),
        FromRelay::GrantOpened(GrantOpened { request: 3, password: password() }),
        FromRelay::WrapUpAsked(WrapUpForm {
            session: session(),
            required: true,
            categories: vec![text("Resolvido"), text("Pendente")],
            note: NoteAsked::Optional,
        }),
        FromRelay::Attended(Attended::Open),
        FromRelay::Attended(Attended::Closed { holiday: text(""), opens_unix_ms: Some(1_795_000_000_000) }),
        FromRelay::Attended(Attended::Closed { holiday: text("Natal"), opens_unix_ms: None }),
        FromRelay::Attended(Attended::Nobody),
        FromRelay::Attended(Attended::Ended),
        FromRelay::RequestLeft(RequestLeft {
            outcome: Ok(LeftRequest { session: session(), protocol: protocol_number() }),
        }),
        FromRelay::RequestLeft(RequestLeft { outcome: Err(RequestError::TooMany { retry_after_s: 60 }) }),
        FromRelay::RequestLeft(RequestLeft { outcome: Err(RequestError::CannotRecord) }),
        FromRelay::StatusIs(StatusIs {
            status: Status::Break(BreakReason::OtherWork),
            since_unix_ms: 1_795_000_000_000,
        }),
        FromRelay::Offered(Offered { offer: 7, customer: customer(), answer_within_ms: 30_000 }),
        FromRelay::OfferOver(OfferOver { offer: 7, partner: device() }),
        FromRelay::Assigned(Assigned { customer: customer(), grant: Some(token(15)) }),
        FromRelay::Assigned(Assigned { customer: customer(), grant: None }),
        FromRelay::PullRefused(PullError::NobodyWaits),
        FromRelay::PullRefused(PullError::Offered),
        FromRelay::PullRefused(PullError::NotAvailable),
        FromRelay::PullRefused(PullError::Occupied),
        FromRelay::UpdateIs(UpdateIs::None),
        FromRelay::UpdateIs(UpdateIs::Newer(Newer {
            release: Release::try_from(b"signed elsewhere".to_vec()).unwrap(),
            sha256: [0x51; 32],
            bytes: 18_400_000,
            quietly: true,
        })),
        FromRelay::UpdatePart(UpdatePart::Bytes { from: 131_072, bytes: Part::try_from(vec![0x7f, 0x45]).unwrap() }),
        FromRelay::UpdatePart(UpdatePart::Gone),
        FromRelay::UpdatePart(UpdatePart::Later { retry_after_s: 5 }),
        FromRelay::WatchIs(WatchIs { request: 8, watch: Ok(watchable(Some(token(16)))) }),
        FromRelay::WatchIs(WatchIs { request: 8, watch: Ok(watchable(None)) }),
        FromRelay::WatchIs(WatchIs { request: 8, watch: Err(WatchError::ProgramOld) }),
        FromRelay::WatchIs(WatchIs { request: 8, watch: Err(WatchError::TooMany { retry_after_s: 30 }) }),
        FromRelay::IncomingWatch(incoming(None)),
        FromRelay::Watched(Watched { session: session(), by: Some(text("Bia Costa")) }),
        FromRelay::Watched(Watched { session: session(), by: None }),
        FromRelay::InvitationIs(InvitationIs::Good(Invited {
            number: TicketNumber::new("4821").unwrap(),
            subject: text("Erro ao emitir nota fiscal"),
            fields: fields(),
        })),
        FromRelay::InvitationIs(InvitationIs::Refused(InvitationError::Unknown)),
        FromRelay::InvitationIs(InvitationIs::Refused(InvitationError::Expired)),
        FromRelay::InvitationIs(InvitationIs::Refused(InvitationError::Over(TicketNumber::new("4821").unwrap()))),
        FromRelay::InvitationIs(InvitationIs::Refused(InvitationError::Unavailable)),
        FromRelay::WaitingOn(vec![]),
        FromRelay::WaitingOn(vec![WaitingOn { id: device(), ticket: TicketNumber::new("4821").unwrap() }]),
    ]
}

fn watchable(grant: Option<Opaque>) -> Watchable {
    Watchable { attendant: text("Ana Ribeiro"), customer: text("Cida Nogueira"), ticket: number(), grant }
}

fn watch_errors() -> Vec<WatchError> {
    use WatchError::{NoTicket, NotAllowed, ProgramOld, Taken, TooMany, Unavailable, Unreachable};
    vec![Unreachable, NotAllowed, ProgramOld, Taken, NoTicket, TooMany { retry_after_s: 30 }, Unavailable]
}

fn invitation() -> Invitation {
    "0123456789abcdefghjkmnpqrstvwxyz01234".parse().unwrap()
}

fn from_attendant() -> Vec<FromAttendant> {
    vec![
        FromAttendant::Open { pake: pake(), want: Grants::CONTROL, commitment: [0x46; COMMITMENT_BYTES] },
        FromAttendant::Confirm { proof: [0x42; PROOF_BYTES], reveal: [0x47; NONCE_BYTES] },
        FromAttendant::Resume([0x43; PROOF_BYTES]),
        FromAttendant::Cancel,
    ]
}

pub fn refusals() -> Vec<Refused> {
    vec![Refused::WrongPassword, Refused::ByCustomer, Refused::NoAnswer, Refused::NoSession]
}

fn from_customer() -> Vec<FromCustomer> {
    vec![
        FromCustomer::Pake { pake: pake(), nonce: [0x48; NONCE_BYTES] },
        FromCustomer::Asking([0x44; PROOF_BYTES]),
        FromCustomer::Granted(Grants::VIEW),
        FromCustomer::Resumed { proof: [0x45; PROOF_BYTES], granted: Grants::CONTROL },
        FromCustomer::No(Refused::ByCustomer),
    ]
}

fn stats() -> Stats {
    Stats {
        batches: 60,
        bytes: 1 << 33,
        relay_rtt_us: 20_000,
        packets_sent: 70_000,
        packets_lost: 251,
        shown_after_us: 45_000,
        video_permille: 1_000,
    }
}

pub fn control() -> Vec<Control> {
    vec![
        Control::Grants(Grants::VIEW),
        Control::Ping(7),
        Control::Pong(u32::MAX),
        Control::Stats(stats()),
        Control::Refresh,
        Control::End(CloseReason::EndedByAttendant),
        Control::OnlyCustomer(true),
        Control::CtrlAltDel,
        Control::CtrlAltDelDone(Attention::NeedsAdministrator),
        Control::AskAdministrator,
        Control::Administrator(Administrator::Declined),
    ]
}

pub fn input() -> Vec<Input> {
    vec![
        Input::Move { x: 1_919, y: 1_079 },
        Input::Button { button: Button::Right, down: true },
        Input::Wheel { dx: -120, dy: i16::MIN },
        Input::Key { code: 30, down: false },
        Input::Text(InputText::try_from("ação €".to_owned()).unwrap()),
        Input::ReleaseAll,
    ]
}

fn updates() -> Vec<Update> {
    let rect = Rect { x: 10, y: 20, width: 300, height: 200 };
    vec![
        Update::Resize(Size { width: 640, height: 480 }),
        Update::Copy { from: rect, to: Point { x: 0, y: 0 } },
        Update::Patch { rect, data: Bytes(vec![1, 2, 3]) },
        Update::Video { slot: 3, rect, keyframe: true, data: Bytes(vec![0, 0, 0, 1, 0x67]) },
    ]
}

fn pointer() -> Vec<Pointer> {
    vec![
        Pointer::Shape(PointerShape { width: 2, height: 1, hot_x: 1, hot_y: 0, rgba: Bytes(vec![255; 8]) }),
        Pointer::At(Point { x: 300, y: 65_535 }),
        Pointer::Hidden,
    ]
}

/// Every family of the wire.
pub fn families() -> Vec<Family> {
    use DialError::{Busy, CannotRecord, GrantGone, NoSuchTicket, NotAllowed, TooMany, Unreachable};
    let empty = Batch { number: 0, captured_us: 0, updates: vec![] };
    let full = Batch { number: u64::MAX, captured_us: 1 << 40, updates: updates() };
    let says = |says: fn(Control) -> AttendantSays| control().into_iter().map(says);
    vec![
        family("to_relay", to_relay()),
        family("from_relay", from_relay()),
        family("from_attendant", from_attendant()),
        family("from_customer", from_customer()),
        family(
            "attendant_says",
            from_attendant().into_iter().map(AttendantSays::Handshake).chain(says(AttendantSays::Control)).collect(),
        ),
        family(
            "customer_says",
            from_customer()
                .into_iter()
                .map(CustomerSays::Handshake)
                .chain(control().into_iter().map(CustomerSays::Control))
                .collect(),
        ),
        family("control", control()),
        family("stats", vec![stats()]),
        family("attention", attentions()),
        family("administrator", administrators()),
        family("input", input()),
        family("button", vec![Button::Left, Button::Middle, Button::Right, Button::Back, Button::Forward]),
        family("batch", vec![empty, full]),
        family("update", updates()),
        family("shown", vec![Shown { number: 9, captured_us: 1 << 33 }]),
        family("pointer", pointer()),
        family(
            "refusal",
            vec![
                Refusal::Version(VersionRange { oldest: 1, newest: 2 }),
                Refusal::UnknownTenant,
                Refusal::Busy,
                Refusal::Violation,
            ],
        ),
        family("login_error", login_errors()),
        family("field_key", FieldKey::ALL.to_vec()),
        family(
            "ticket_status",
            vec![
                TicketStatus::New,
                TicketStatus::Open,
                TicketStatus::Waiting,
                TicketStatus::Resolved,
                TicketStatus::Closed,
            ],
        ),
        family("ticket_error", vec![TicketError::NotFound, TicketError::Down]),
        family("ticket_choice", choices()),
        family(
            "dial_error",
            vec![
                Unreachable,
                Busy,
                NotAllowed,
                TooMany { retry_after_s: 3_600 },
                NoSuchTicket,
                CannotRecord,
                GrantGone,
            ],
        ),
        family("watch_error", watch_errors()),
        family("close_reason", close_reasons()),
        family("happened", happened()),
        family("role", vec![Role::Customer, Role::Attendant]),
        family("refused", refusals()),
    ]
}
