//! Any message there can be, for property tests.

use amparo_protocol::{
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
use proptest::{collection::vec, option, prelude::*};

fn shown() -> impl Strategy<Value = ShownText> {
    any::<String>().prop_map(|text| ShownText::lossy(&text))
}

fn written() -> impl Strategy<Value = WrittenText> {
    any::<String>().prop_map(|text| WrittenText::lossy(&text))
}

fn opaque() -> impl Strategy<Value = Opaque> {
    vec(any::<u8>(), 0..=limits::TOKEN_BYTES).prop_map(|bytes| Opaque::try_from(bytes).unwrap())
}

fn device() -> impl Strategy<Value = DeviceId> {
    any::<u64>().prop_map(DeviceId::from_entropy)
}

fn session() -> impl Strategy<Value = SessionId> {
    any::<[u8; 16]>().prop_map(SessionId::from_bytes)
}

fn number() -> impl Strategy<Value = TicketNumber> {
    "[!-~]([ -~]{0,62}[!-~])?".prop_map(|text| TicketNumber::new(&text).unwrap())
}

fn protocol_number() -> impl Strategy<Value = ProtocolNumber> {
    "[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{6}".prop_map(|text| ProtocolNumber::new(&text).unwrap())
}

fn password() -> impl Strategy<Value = Password> {
    any::<[u8; 5]>().prop_map(Password::from_entropy)
}

fn grants() -> impl Strategy<Value = Grants> {
    any::<(bool, bool)>().prop_map(|(view, control)| Grants { view, control })
}

fn versions() -> impl Strategy<Value = VersionRange> {
    any::<(u16, u16)>().prop_map(|(oldest, newest)| VersionRange { oldest, newest })
}

fn fields() -> impl Strategy<Value = Vec<Field>> {
    let key = prop::sample::select(FieldKey::ALL.to_vec());
    vec((key, shown()).prop_map(|(key, value)| Field { key, value }), 0..=limits::FIELDS)
}

fn der() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..=limits::CERTIFICATE_BYTES)
}

fn choice() -> impl Strategy<Value = TicketChoice> {
    prop_oneof![number().prop_map(TicketChoice::Number), shown().prop_map(|subject| TicketChoice::OpenNew { subject })]
}

fn attention() -> impl Strategy<Value = Attention> {
    prop::sample::select(super::samples::attentions())
}

fn administrator() -> impl Strategy<Value = Administrator> {
    prop::sample::select(super::samples::administrators())
}

fn close_reason() -> impl Strategy<Value = CloseReason> {
    use CloseReason::*;
    prop::sample::select(vec![
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
    ])
}

fn told() -> impl Strategy<Value = Told> {
    let hash = any::<[u8; 32]>;
    let times = (any::<u64>(), any::<u64>(), any::<u32>());
    (grants(), times, close_reason(), hash(), hash(), hash()).prop_map(
        |(granted, (started_unix_ms, ended_unix_ms, reconnects), why, connection, customer_key, attendant_key)| Told {
            granted,
            started_unix_ms,
            ended_unix_ms,
            reconnects,
            why,
            connection,
            customer_key,
            attendant_key,
        },
    )
}

fn happened() -> impl Strategy<Value = Happened> {
    prop_oneof![
        (grants(), shown(), any::<u64>()).prop_map(|(granted, attendant, at_unix_ms)| Happened::Started {
            granted,
            attendant,
            at_unix_ms
        }),
        (close_reason(), any::<u64>(), any::<u32>()).prop_map(|(why, at_unix_ms, reconnects)| Happened::Ended {
            why,
            at_unix_ms,
            reconnects
        }),
        any::<u64>().prop_map(|at_unix_ms| Happened::Alarm { at_unix_ms }),
        (told(), vec(any::<u8>(), 0..=limits::CERTIFICATE_BYTES), opaque()).prop_map(|(told, key, signature)| {
            Happened::Signed(Box::new(Signed { told, key: key.try_into().unwrap(), signature }))
        }),
        (option::of(shown()), written()).prop_map(|(category, note)| Happened::WrappedUp(WrapUp { category, note })),
        vec((grants(), any::<u64>()), 0..=limits::CHANGES_TOLD).prop_map(|all| {
            let change = |(granted, at_unix_ms)| Change { granted, at_unix_ms };
            Happened::Changed(all.into_iter().map(change).collect())
        }),
        vec(any::<(bool, u64)>(), 0..=limits::CHANGES_TOLD).prop_map(|all| {
            let change = |(administrator, at_unix_ms)| RightsChange { administrator, at_unix_ms };
            Happened::Rights(all.into_iter().map(change).collect())
        }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop::sample::select(vec![
        Step::Started,
        Step::Ended,
        Step::Alarm,
        Step::Signed,
        Step::WrappedUp,
        Step::Changed,
        Step::Rights,
    ])
}

/// Any [`ToRelay`].
pub fn to_relay() -> impl Strategy<Value = ToRelay> {
    let hello = (versions(), any::<[u8; 16]>(), shown()).prop_map(|(versions, tenant, program)| Hello {
        versions,
        tenant: TenantId::from_bytes(tenant),
        program,
    });
    let register = (any::<[u8; 16]>(), fields(), password(), option::of((device(), opaque())), any::<bool>()).prop_map(
        |(app, fields, password, previous, listed)| Register {
            app: AppId::from_bytes(app),
            fields,
            password,
            previous,
            listed,
        },
    );
    let dial = (any::<u32>(), device(), choice(), grants()).prop_map(|(request, partner, ticket, want)| Dial {
        request,
        partner,
        ticket,
        want,
    });
    prop_oneof![
        hello.prop_map(ToRelay::Hello),
        register.prop_map(ToRelay::Register),
        password().prop_map(ToRelay::NewPassword),
        (".{0,60}", ".{0,60}").prop_map(|(user, password)| ToRelay::Login(Login { user, password })),
        (".{0,60}", ".{0,60}", ".{0,16}").prop_map(|(user, password, code)| {
            ToRelay::LoginWithCode(LoginWithCode { login: Login { user, password }, code })
        }),
        opaque().prop_map(ToRelay::LoginAgain),
        Just(ToRelay::Logout),
        der().prop_map(|der| ToRelay::Enrol(CertificateRequest::try_from(der).unwrap())),
        (any::<u32>(), device(), number()).prop_map(|(request, partner, number)| ToRelay::FindTicket(FindTicket {
            request,
            partner,
            number
        })),
        (any::<u32>(), device()).prop_map(|(request, partner)| ToRelay::ListTickets(ListTickets { request, partner })),
        dial.prop_map(ToRelay::Dial),
        opaque().prop_map(ToRelay::Join),
        (session(), opaque()).prop_map(|(session, resume)| ToRelay::Rejoin(Rejoin { session, resume })),
        (session(), happened()).prop_map(|(session, what)| ToRelay::Report(Report { session, what })),
        (any::<u32>(), device(), opaque(), vec(der(), 1..=limits::CERTIFICATES), opaque()).prop_map(
            |(request, partner, grant, ders, proof)| {
                let chain = CertificateChain::try_from(ders).unwrap();
                ToRelay::TakeGrant(TakeGrant { request, partner, grant, chain, proof })
            }
        ),
        written().prop_map(|text| ToRelay::LeaveRequest(LeaveRequest { text })),
        status().prop_map(ToRelay::SetStatus),
        any::<bool>().prop_map(ToRelay::Ready),
        any::<(u32, bool)>().prop_map(|(offer, take)| ToRelay::AnswerOffer(AnswerOffer { offer, take })),
        Just(ToRelay::PullNext),
        (any::<[u8; 16]>(), program_system(), any::<[u16; 3]>()).prop_map(|(app, system, version)| {
            ToRelay::AskUpdate(AskUpdate { app: AppId::from_bytes(app), system, version })
        }),
        (any::<[u8; 16]>(), program_system(), any::<[u8; 32]>(), any::<u64>()).prop_map(
            |(app, system, sha256, from)| {
                ToRelay::FetchUpdate(FetchUpdate { app: AppId::from_bytes(app), system, sha256, from })
            }
        ),
        (any::<u32>(), device(), any::<bool>()).prop_map(|(request, partner, enter)| ToRelay::AskWatch(AskWatch {
            request,
            partner,
            enter
        })),
        (any::<u32>(), device()).prop_map(|(request, partner)| ToRelay::DialWatch(DialWatch { request, partner })),
        (any::<[u8; 16]>(), "[0-9a-hjkmnp-tv-z]{32,160}").prop_map(|(app, invitation)| {
            ToRelay::OpenInvitation(OpenInvitation {
                app: AppId::from_bytes(app),
                invitation: invitation.parse().unwrap(),
            })
        }),
    ]
}

fn program_system() -> impl Strategy<Value = System> {
    prop_oneof![Just(System::Linux), Just(System::Windows)]
}

fn updates() -> impl Strategy<Value = FromRelay> {
    let newer = (vec(any::<u8>(), 0..=300), any::<[u8; 32]>(), any::<u64>(), any::<bool>()).prop_map(
        |(release, sha256, bytes, quietly)| {
            let release = Release::try_from(release).unwrap();
            UpdateIs::Newer(Newer { release, sha256, bytes, quietly })
        },
    );
    let part = (any::<u64>(), vec(any::<u8>(), 0..=300))
        .prop_map(|(from, bytes)| UpdatePart::Bytes { from, bytes: Part::try_from(bytes).unwrap() });
    prop_oneof![
        Just(FromRelay::UpdateIs(UpdateIs::None)),
        newer.prop_map(FromRelay::UpdateIs),
        part.prop_map(FromRelay::UpdatePart),
        Just(FromRelay::UpdatePart(UpdatePart::Gone)),
        any::<u32>().prop_map(|retry_after_s| FromRelay::UpdatePart(UpdatePart::Later { retry_after_s })),
    ]
}

fn invitations() -> impl Strategy<Value = FromRelay> {
    let good = (number(), shown(), fields())
        .prop_map(|(number, subject, fields)| InvitationIs::Good(Invited { number, subject, fields }));
    let refused = prop_oneof![
        Just(InvitationError::Unknown),
        Just(InvitationError::Expired),
        number().prop_map(InvitationError::Over),
        Just(InvitationError::Unavailable),
    ];
    prop_oneof![good, refused.prop_map(InvitationIs::Refused)].prop_map(FromRelay::InvitationIs)
}

fn login_error() -> impl Strategy<Value = LoginError> {
    prop_oneof![
        Just(LoginError::Wrong),
        any::<u32>().prop_map(|retry_after_s| LoginError::TooMany { retry_after_s }),
        Just(LoginError::Expired),
        Just(LoginError::Unavailable),
        Just(LoginError::CodeNeeded),
        Just(LoginError::FactorMissing),
    ]
}

fn dial_error() -> impl Strategy<Value = DialError> {
    prop_oneof![
        Just(DialError::Unreachable),
        Just(DialError::Busy),
        Just(DialError::NotAllowed),
        any::<u32>().prop_map(|retry_after_s| DialError::TooMany { retry_after_s }),
        Just(DialError::NoSuchTicket),
        Just(DialError::CannotRecord),
        Just(DialError::GrantGone),
    ]
}

fn ticket_error() -> impl Strategy<Value = TicketError> {
    prop_oneof![Just(TicketError::NotFound), Just(TicketError::Down)]
}

fn customer() -> impl Strategy<Value = WaitingCustomer> {
    (device(), fields(), shown(), any::<u64>()).prop_map(|(id, fields, app_title, since_unix_ms)| WaitingCustomer {
        id,
        fields,
        app_title,
        since_unix_ms,
    })
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(Status::Available),
        prop::sample::select(BreakReason::ALL.to_vec()).prop_map(Status::Break),
        Just(Status::Offline),
    ]
}

fn offers() -> impl Strategy<Value = FromRelay> {
    let refused = vec![PullError::NobodyWaits, PullError::Offered, PullError::NotAvailable, PullError::Occupied];
    prop_oneof![
        (status(), any::<u64>())
            .prop_map(|(status, since_unix_ms)| FromRelay::StatusIs(StatusIs { status, since_unix_ms })),
        (any::<u32>(), customer(), any::<u32>()).prop_map(|(offer, customer, answer_within_ms)| FromRelay::Offered(
            Offered { offer, customer, answer_within_ms }
        )),
        (any::<u32>(), device()).prop_map(|(offer, partner)| FromRelay::OfferOver(OfferOver { offer, partner })),
        (customer(), option::of(opaque()))
            .prop_map(|(customer, grant)| FromRelay::Assigned(Assigned { customer, grant })),
        prop::sample::select(refused).prop_map(FromRelay::PullRefused),
    ]
}

fn attended() -> impl Strategy<Value = Attended> {
    prop_oneof![
        Just(Attended::Open),
        (shown(), any::<Option<u64>>())
            .prop_map(|(holiday, opens_unix_ms)| Attended::Closed { holiday, opens_unix_ms }),
        Just(Attended::Nobody),
        Just(Attended::Ended),
    ]
}

fn brief() -> impl Strategy<Value = TicketBrief> {
    use TicketStatus::*;
    let status = prop::sample::select(vec![New, Open, Waiting, Resolved, Closed]);
    (number(), shown(), shown(), shown(), status, any::<u64>()).prop_map(
        |(number, subject, customer, owner, status, opened_unix_ms)| TicketBrief {
            number,
            subject,
            customer,
            owner,
            status,
            opened_unix_ms,
        },
    )
}

/// Any [`FromRelay`].
pub fn from_relay() -> impl Strategy<Value = FromRelay> {
    let refusal = prop_oneof![
        versions().prop_map(Refusal::Version),
        Just(Refusal::UnknownTenant),
        Just(Refusal::Busy),
        Just(Refusal::Violation)
    ];
    let waiting = customer();
    let dialled = (any::<u32>(), session(), opaque(), opaque(), protocol_number())
        .prop_map(|(request, session, token, resume, protocol)| Dialled { request, session, token, resume, protocol });
    let incoming = || {
        (session(), opaque(), opaque(), option::of(brief()), protocol_number()).prop_map(
            |(session, token, resume, ticket, protocol)| Incoming { session, token, resume, ticket, protocol },
        )
    };
    let found = prop_oneof![brief().prop_map(Ok), ticket_error().prop_map(Err)];
    let list = prop_oneof![vec(brief(), 0..=limits::OPEN_TICKETS_LISTED).prop_map(Ok), ticket_error().prop_map(Err)];
    let note = prop::sample::select(vec![NoteAsked::Hidden, NoteAsked::Optional, NoteAsked::Required]);
    let wrap_up = (session(), any::<bool>(), vec(shown(), 0..5), note)
        .prop_map(|(session, required, categories, note)| WrapUpForm { session, required, categories, note });
    let left = prop_oneof![
        (session(), protocol_number()).prop_map(|(session, protocol)| Ok(LeftRequest { session, protocol })),
        any::<u32>().prop_map(|retry_after_s| Err(RequestError::TooMany { retry_after_s })),
        Just(Err(RequestError::CannotRecord)),
    ];
    let first =
        prop_oneof![
            (any::<u16>(), shown(), any::<u64>()).prop_map(|(version, company, now_unix_ms)| FromRelay::Welcome(
                Welcome { version, company, now_unix_ms }
            )),
            refusal.prop_map(FromRelay::Refused),
            (device(), opaque()).prop_map(|(id, proof)| FromRelay::Registered(Registered { id, proof })),
            (any::<[u8; 16]>(), shown(), opaque()).prop_map(|(operator, name, token)| {
                FromRelay::LoggedIn(LoggedIn { operator: OperatorId::from_bytes(operator), name, token })
            }),
            login_error().prop_map(FromRelay::LoginFailed),
            vec(der(), 1..=limits::CERTIFICATES)
                .prop_map(|ders| FromRelay::Enrolled(CertificateChain::try_from(ders).unwrap())),
            shown().prop_map(FromRelay::EnrolFailed),
            vec(waiting, 0..5).prop_map(FromRelay::Waiting),
            (any::<u32>(), found).prop_map(|(request, ticket)| FromRelay::TicketFound(TicketFound { request, ticket })),
            (any::<u32>(), list).prop_map(|(request, tickets)| FromRelay::TicketList(TicketList { request, tickets })),
        ];
    let second = prop_oneof![
        dialled.prop_map(FromRelay::Dialled),
        (any::<u32>(), dial_error()).prop_map(|(request, why)| FromRelay::DialRefused(DialRefused { request, why })),
        incoming().prop_map(FromRelay::Incoming),
        incoming().prop_map(FromRelay::IncomingWatch),
        session().prop_map(FromRelay::Paired),
        session().prop_map(FromRelay::PeerAway),
        (session(), close_reason()).prop_map(|(session, why)| FromRelay::Closed(Closed { session, why })),
        (session(), opaque(), opaque()).prop_map(|(session, token, resume)| FromRelay::RejoinReady(RejoinReady {
            session,
            token,
            resume
        })),
        (session(), step(), option::of(any::<(u64, [u8; 8])>())).prop_map(|(session, step, record)| {
            let record = record.map(|(line, hash)| RecordMark { line, hash });
            FromRelay::ReportKept(ReportKept { session, step, record })
        }),
        (session(), protocol_number(), option::of(number())).prop_map(|(session, protocol, ticket)| {
            FromRelay::SessionTicket(SessionTicket { session, protocol, ticket })
        }),
        Just(FromRelay::EnrolPending),
        any::<(u32, bool)>().prop_map(|(request, taken)| FromRelay::GrantTaken(GrantTaken { request, taken })),
        (any::<u32>(), password())
            .prop_map(|(request, password)| FromRelay::GrantOpened(GrantOpened { request, password })),
        wrap_up.prop_map(FromRelay::WrapUpAsked),
        attended().prop_map(FromRelay::Attended),
        left.prop_map(|outcome| FromRelay::RequestLeft(RequestLeft { outcome })),
    ];
    prop_oneof![10 => first, 15 => second, 5 => offers(), 5 => updates(), 3 => watches(), 3 => invitations()]
}

fn watches() -> impl Strategy<Value = FromRelay> {
    use WatchError::*;
    let why = prop_oneof![
        prop::sample::select(vec![Unreachable, NotAllowed, ProgramOld, Taken, NoTicket, Unavailable]),
        any::<u32>().prop_map(|retry_after_s| TooMany { retry_after_s }),
    ];
    let watchable = (shown(), shown(), number(), option::of(opaque()))
        .prop_map(|(attendant, customer, ticket, grant)| Watchable { attendant, customer, ticket, grant });
    let watch = prop_oneof![watchable.prop_map(Ok), why.prop_map(Err)];
    prop_oneof![
        (any::<u32>(), watch).prop_map(|(request, watch)| FromRelay::WatchIs(WatchIs { request, watch })),
        (session(), option::of(shown())).prop_map(|(session, by)| FromRelay::Watched(Watched { session, by })),
        vec((device(), number()).prop_map(|(id, ticket)| WaitingOn { id, ticket }), 0..5)
            .prop_map(FromRelay::WaitingOn),
    ]
}

fn pake() -> impl Strategy<Value = PakeMessage> {
    vec(any::<u8>(), PAKE_BYTES).prop_map(|bytes| PakeMessage::try_from(bytes).unwrap())
}

/// Any [`AttendantSays`].
pub fn attendant_says() -> impl Strategy<Value = AttendantSays> {
    let handshake =
        prop_oneof![
            (pake(), grants(), any::<[u8; COMMITMENT_BYTES]>())
                .prop_map(|(pake, want, commitment)| FromAttendant::Open { pake, want, commitment }),
            any::<([u8; PROOF_BYTES], [u8; NONCE_BYTES])>()
                .prop_map(|(proof, reveal)| FromAttendant::Confirm { proof, reveal }),
            any::<[u8; PROOF_BYTES]>().prop_map(FromAttendant::Resume),
            Just(FromAttendant::Cancel),
        ];
    prop_oneof![handshake.prop_map(AttendantSays::Handshake), control().prop_map(AttendantSays::Control)]
}

/// Any [`CustomerSays`].
pub fn customer_says() -> impl Strategy<Value = CustomerSays> {
    use Refused::*;
    let handshake = prop_oneof![
        (pake(), any::<[u8; NONCE_BYTES]>()).prop_map(|(pake, nonce)| FromCustomer::Pake { pake, nonce }),
        any::<[u8; PROOF_BYTES]>().prop_map(FromCustomer::Asking),
        grants().prop_map(FromCustomer::Granted),
        (any::<[u8; PROOF_BYTES]>(), grants()).prop_map(|(proof, granted)| FromCustomer::Resumed { proof, granted }),
        prop::sample::select(vec![WrongPassword, ByCustomer, NoAnswer, NoSession]).prop_map(FromCustomer::No),
    ];
    prop_oneof![handshake.prop_map(CustomerSays::Handshake), control().prop_map(CustomerSays::Control)]
}

/// Any [`Control`].
pub fn control() -> impl Strategy<Value = Control> {
    let stats = any::<(u32, u64, u32, u64, u64, u32, u16)>().prop_map(
        |(batches, bytes, relay_rtt_us, packets_sent, packets_lost, shown_after_us, video_permille)| Stats {
            batches,
            bytes,
            relay_rtt_us,
            packets_sent,
            packets_lost,
            shown_after_us,
            video_permille,
        },
    );
    prop_oneof![
        grants().prop_map(Control::Grants),
        any::<u32>().prop_map(Control::Ping),
        any::<u32>().prop_map(Control::Pong),
        stats.prop_map(Control::Stats),
        Just(Control::Refresh),
        close_reason().prop_map(Control::End),
        any::<bool>().prop_map(Control::OnlyCustomer),
        Just(Control::CtrlAltDel),
        attention().prop_map(Control::CtrlAltDelDone),
        Just(Control::AskAdministrator),
        administrator().prop_map(Control::Administrator),
    ]
}

/// Any [`Input`].
pub fn input() -> impl Strategy<Value = Input> {
    use Button::*;
    let button = prop::sample::select(vec![Left, Middle, Right, Back, Forward]);
    prop_oneof![
        any::<(u16, u16)>().prop_map(|(x, y)| Input::Move { x, y }),
        (button, any::<bool>()).prop_map(|(button, down)| Input::Button { button, down }),
        any::<(i16, i16)>().prop_map(|(dx, dy)| Input::Wheel { dx, dy }),
        any::<(u16, bool)>().prop_map(|(code, down)| Input::Key { code, down }),
        "\\PC{0,60}".prop_map(|text| Input::Text(InputText::try_from(text).unwrap())),
        Just(Input::ReleaseAll),
    ]
}

fn rect() -> impl Strategy<Value = Rect> {
    any::<(u16, u16, u16, u16)>().prop_map(|(x, y, width, height)| Rect { x, y, width, height })
}

fn bytes(max: usize) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..max).prop_map(Bytes)
}

/// Any [`Batch`], whether it may be applied or not.
pub fn batch() -> impl Strategy<Value = Batch> {
    let update = prop_oneof![
        any::<(u16, u16)>().prop_map(|(width, height)| Update::Resize(Size { width, height })),
        (rect(), any::<(u16, u16)>()).prop_map(|(from, (x, y))| Update::Copy { from, to: Point { x, y } }),
        (rect(), bytes(300)).prop_map(|(rect, data)| Update::Patch { rect, data }),
        (any::<u8>(), rect(), any::<bool>(), bytes(300)).prop_map(|(slot, rect, keyframe, data)| Update::Video {
            slot,
            rect,
            keyframe,
            data
        }),
    ];
    (any::<(u64, u64)>(), vec(update, 0..8)).prop_map(|((number, captured_us), updates)| Batch {
        number,
        captured_us,
        updates,
    })
}

/// Any [`Shown`].
pub fn shown_batch() -> impl Strategy<Value = Shown> {
    any::<(u64, u64)>().prop_map(|(number, captured_us)| Shown { number, captured_us })
}

/// Any [`Pointer`], whether it may be drawn or not.
pub fn pointer() -> impl Strategy<Value = Pointer> {
    let shape = (any::<(u16, u16, u16, u16)>(), bytes(2_000)).prop_map(|((width, height, hot_x, hot_y), rgba)| {
        Pointer::Shape(PointerShape { width, height, hot_x, hot_y, rgba })
    });
    prop_oneof![shape, any::<(u16, u16)>().prop_map(|(x, y)| Pointer::At(Point { x, y })), Just(Pointer::Hidden)]
}
