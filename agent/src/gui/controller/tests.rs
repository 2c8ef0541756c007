//! Stories of the controller, without windows, sockets or clock.
#![allow(clippy::unwrap_used)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use protocol::{
    id::{AppId, DeviceId, OperatorId, Password, ProtocolNumber, SessionId, TenantId, TicketNumber},
    limits,
    message::{
        FromRelay, ShownText, ToRelay,
        directory::{FieldKey, LoggedIn, Opaque, Registered},
        grant::Grants,
        hello::Welcome,
        pairing::{
            CloseReason, DialError, DialRefused, Dialled, Happened, Incoming, RecordMark, ReportKept, Role, Step,
        },
        ticket::{SessionTicket, TicketBrief, TicketError, TicketFound, TicketStatus},
    },
    session::{CheckPhrase, customer::Peer},
};
use rcgen::PublicKeyData as _;
use rustls::pki_types::PrivateKeyDer;

mod administrator;
mod changes;
mod crash;
mod ctrl_alt_del;
mod enrolment;
mod invitation;
mod link;
mod offers;
mod only_customer;
mod removal;
mod request;
mod rights;
mod second_factor;
mod versions;
mod watching;
mod wrap_up;

use super::{Controller, Effect, LinkNews, Now, Profile, ToHelped};
use crate::{
    attendant::session as attending,
    config::Settings,
    customer::session as helped,
    gui::{
        command::{Command, Secret},
        strings::Language,
        view_model::{
            Alarm, BrandView, ConnectStage, FieldError, FieldKind, Lookup, MainWindow, Notice, Page, TicketChoice,
            Trouble,
        },
    },
    link::record::{Signer, Witness},
};

const WEEK_MS: u64 = 7 * 24 * 3_600_000;

struct Story {
    controller: Controller,
    now: Now,
}

fn opaque(byte: u8) -> Opaque {
    Opaque::try_from(vec![byte; 8]).unwrap()
}

fn phrase() -> CheckPhrase {
    CheckPhrase::from_hash(418_902_u64.to_be_bytes())
}

fn session() -> SessionId {
    SessionId::from_bytes([7; 16])
}

fn peer() -> Peer {
    Peer { operator: OperatorId::from_bytes([3; 16]), name: ShownText::lossy("Ana Ribeiro") }
}

fn signer() -> Signer {
    let key = rcgen::KeyPair::generate().unwrap();
    let spki = key.subject_public_key_info();
    let customer_key = ::enrolment::key_hash(&spki);
    let witness = Witness { connection: [1; 32], customer_key, attendant_key: [2; 32] };
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    Signer::new(TenantId::from_bytes([9; 16]), Role::Customer, witness, Arc::new(key), spki.into())
}

fn brief(number: &str) -> TicketBrief {
    TicketBrief {
        number: TicketNumber::new(number).unwrap(),
        subject: ShownText::lossy("Erro ao emitir nota fiscal"),
        customer: ShownText::lossy("Cida Nogueira"),
        owner: ShownText::lossy("Bruno Castro"),
        status: TicketStatus::Open,
        opened_unix_ms: 0,
    }
}

impl Story {
    fn begin() -> Self {
        let brand = BrandView {
            title: "Varanda Suporte".into(),
            company: "Varanda Sistemas".into(),
            logo: None,
            accent: None,
            phone: None,
            hours: None,
        };
        let profile = Profile {
            tenant: TenantId::from_bytes([9; 16]),
            app: AppId::from_bytes([1; 16]),
            brand,
            fields: vec![(FieldKey::Name, true), (FieldKey::Email, false)],
            server: "localhost".into(),
            page: "https://localhost/d/app/01".into(),
            language: None,
        };
        let now = Now { instant: Instant::now(), unix_ms: 1_700_000_000_000 };
        let mut count = 0;
        let entropy = Box::new(move || {
            count += 1;
            [count; 5]
        });
        Self { controller: Controller::new(profile, Settings::default(), Language::PtBr, entropy, now), now }
    }

    fn up(mut self) -> Self {
        self.link(LinkNews::Up(Welcome {
            version: 1,
            company: ShownText::default(),
            now_unix_ms: self.now.unix_ms + 5_000,
        }));
        self
    }

    /// The form is filled and the relay has given an ID.
    fn waiting(self) -> Self {
        let mut story = self.up();
        story.tell(Command::SubmitFields(vec![(FieldKind::Name, "Cida".into())]));
        story.hear(FromRelay::Registered(Registered { id: DeviceId::new(123_456_789).unwrap(), proof: opaque(1) }));
        story.effects();
        story
    }

    fn logged_in(self) -> Self {
        let mut story = self.up();
        story.tell(Command::OpenLogin);
        story.tell(Command::Login { user: "ana".into(), password: Secret::new("correct horse".into()) });
        story.hear(FromRelay::LoggedIn(LoggedIn {
            operator: OperatorId::from_bytes([3; 16]),
            name: ShownText::lossy("Ana"),
            token: opaque(2),
        }));
        assert!(story.effects().contains(&Effect::Enrol));
        story.controller.enrolled(Ok(story.now.unix_ms + WEEK_MS));
        story
    }

    fn at_password(self) -> Self {
        let mut story = self.logged_in();
        story.tell(Command::Connect { partner: "123 456 789".into() });
        story.tell(Command::ChooseTicket(TicketChoice::Existing("4821".into())));
        story.tell(Command::StartSession);
        assert!(matches!(story.page(), Page::PartnerPassword(_)));
        story.effects();
        story
    }

    fn ring(&mut self) {
        self.hear(FromRelay::Incoming(Incoming {
            session: session(),
            token: opaque(3),
            resume: opaque(4),
            ticket: Some(brief("4821")),
            protocol: ProtocolNumber::new("2026-11-21-000001").unwrap(),
        }));
    }

    fn allow(&mut self) {
        self.ring();
        self.helped(helped::Out::Guess);
        self.helped(helped::Out::GuessWasRight);
        self.helped(helped::Out::Ask { peer: peer(), want: Grants::CONTROL, phrase: phrase() });
        self.helped(helped::Out::CloseQuestion);
        self.helped(helped::Out::Started { peer: peer(), granted: Grants::CONTROL, signer: signer() });
    }

    fn tell(&mut self, command: Command) {
        self.controller.command(command, self.now);
    }

    fn hear(&mut self, message: FromRelay) {
        self.link(LinkNews::Message(message));
    }

    fn link(&mut self, news: LinkNews) {
        self.controller.link(news, self.now);
    }

    fn helped(&mut self, out: helped::Out) {
        self.controller.helped(session(), out, self.now);
    }

    fn pass(&mut self, time: Duration) {
        self.now = Now {
            instant: self.now.instant + time,
            unix_ms: self.now.unix_ms + u64::try_from(time.as_millis()).unwrap(),
        };
        self.controller.tick(self.now);
    }

    fn page(&self) -> Page {
        self.controller.view(self.now).page
    }

    fn effects(&mut self) -> Vec<Effect> {
        std::iter::from_fn(|| self.controller.poll_effect()).collect()
    }

    fn reports(&mut self) -> Vec<Happened> {
        self.effects()
            .into_iter()
            .filter_map(
                |effect| if let Effect::Say(ToRelay::Report(report)) = effect { Some(report.what) } else { None },
            )
            .collect()
    }
}

#[test]
fn the_form_is_checked_before_anything_is_sent() {
    let mut story = Story::begin().up();
    story.tell(Command::SubmitFields(vec![(FieldKind::Name, "  ".into()), (FieldKind::Email, "nobody".into())]));
    let Page::Fields(fields) = story.page() else { panic!("the form stays") };
    assert_eq!(fields.fields[0].error, Some(FieldError::Missing));
    assert_eq!(fields.fields[1].error, Some(FieldError::Malformed));
    assert_eq!(fields.fields[1].value, "nobody", "what was typed stays");
    assert_eq!(story.effects(), []);
    story.tell(Command::SubmitFields(vec![
        (FieldKind::Name, "Cida".into()),
        (FieldKind::Email, "cida@aurora.example".into()),
    ]));
    assert!(
        matches!(&story.effects()[..], [Effect::Say(ToRelay::Register(register))] if register.listed && register.fields.len() == 2)
    );
}

#[test]
fn a_restarted_relay_gives_the_same_id_back() {
    let mut story = Story::begin().waiting();
    story.link(LinkNews::Down { why: "timed out".into(), retry_in: Duration::from_secs(1) });
    let Page::Waiting(waiting) = story.page() else { panic!("a short cut changes no page") };
    assert!(waiting.returning);
    story.pass(Duration::from_secs(3));
    assert!(matches!(story.page(), Page::Unreachable(_)));
    let mut story = story.up();
    let proof = story.effects().into_iter().find_map(|effect| {
        if let Effect::Say(ToRelay::Register(register)) = effect { register.previous } else { None }
    });
    assert_eq!(proof, Some((DeviceId::new(123_456_789).unwrap(), opaque(1))));
    assert!(matches!(story.page(), Page::Waiting(_)));
}

#[test]
fn five_wrong_passwords_make_a_new_one_and_fewer_are_shown() {
    let mut story = Story::begin().waiting();
    let Page::Waiting(before) = story.page() else { panic!() };
    for tries in 1..=limits::PASSWORD_TRIES {
        story.ring();
        story.helped(helped::Out::Guess);
        story.helped(helped::Out::Over { why: CloseReason::WrongPassword, begun: false, reconnects: 0 });
        let notice = story.controller.view(story.now).notice;
        let Page::Waiting(after) = story.page() else { panic!() };
        if tries < limits::PASSWORD_TRIES {
            assert_eq!(notice, Some(Notice::WrongPassword { tries, limit: limits::PASSWORD_TRIES }));
            assert_eq!(after.password, before.password);
        } else {
            assert_eq!(notice, Some(Notice::PasswordRenewed));
            assert_ne!(after.password, before.password);
        }
    }
    assert!(story.effects().iter().any(|effect| matches!(effect, Effect::Say(ToRelay::NewPassword(_)))));
}

#[test]
fn a_guess_that_was_cut_off_counts_too() {
    let mut story = Story::begin().waiting();
    story.ring();
    story.helped(helped::Out::Guess);
    story.helped(helped::Out::Over { why: CloseReason::ConnectionLost, begun: false, reconnects: 0 });
    assert!(matches!(story.controller.view(story.now).notice, Some(Notice::WrongPassword { tries: 1, .. })));
}

#[test]
fn the_question_counts_down_and_the_answer_reaches_the_session() {
    let mut story = Story::begin().waiting();
    story.ring();
    story.helped(helped::Out::Ask { peer: peer(), want: Grants::CONTROL, phrase: phrase() });
    let Page::Consent(consent) = story.page() else { panic!() };
    assert!(!consent.armed() && consent.first_time && consent.control_asked);
    assert_eq!(consent.ticket.unwrap().number, "4821");
    assert_eq!(consent.check_code.as_deref(), Some("418 902"));
    story.pass(limits::CONSENT_ARMS_AFTER);
    let Page::Consent(consent) = story.page() else { panic!() };
    assert!(consent.armed());
    story.effects();
    story.tell(Command::Answer { allow: true, control: false });
    assert_eq!(story.effects(), [Effect::Helped(ToHelped::Answer { allow: true, control: false })]);
}

#[test]
fn start_and_end_are_reported_until_the_relay_has_them_by_its_own_clock() {
    let mut story = Story::begin().waiting();
    story.allow();
    assert_eq!(story.controller.view(story.now).main_window, MainWindow::Hidden);
    let at = story.now.unix_ms + 5_000;
    assert!(matches!(&story.reports()[..], [Happened::Started { at_unix_ms, .. }] if *at_unix_ms == at));
    story.link(LinkNews::Down { why: "gone".into(), retry_in: Duration::from_secs(1) });
    story.helped(helped::Out::Paused);
    story.helped(helped::Out::Over { why: CloseReason::ConnectionLost, begun: true, reconnects: 0 });
    assert_eq!(story.reports(), [], "nobody hears");
    let mut story = story.up();
    story.pass(Duration::from_secs(6));
    assert_eq!(story.reports(), [], "nobody there yet who knows whose they are");
    story.hear(FromRelay::Registered(Registered { id: DeviceId::new(123_456_789).unwrap(), proof: opaque(1) }));
    let reports = story.reports();
    assert!(
        matches!(
            &reports[..],
            [Happened::Started { .. }, Happened::Ended { why: CloseReason::ConnectionLost, .. }, Happened::Signed(_)]
        ),
        "{reports:?}"
    );
    story.hear(FromRelay::ReportKept(ReportKept { session: session(), step: Step::Started, record: None }));
    story.pass(Duration::from_secs(6));
    assert!(
        matches!(&story.reports()[..], [Happened::Ended { .. }, Happened::Signed(_)]),
        "what was not acknowledged is said again"
    );
    story.hear(FromRelay::ReportKept(ReportKept { session: session(), step: Step::Ended, record: None }));
    story.hear(FromRelay::ReportKept(ReportKept { session: session(), step: Step::Signed, record: None }));
    story.pass(Duration::from_secs(6));
    assert_eq!(story.reports(), []);
}

#[test]
fn a_session_ends_with_a_receipt_a_new_password_and_a_ticket_that_may_come_later() {
    let mut story = Story::begin().waiting();
    story.allow();
    story.pass(Duration::from_secs(90));
    story.helped(helped::Out::Over { why: CloseReason::EndedByCustomer, begun: true, reconnects: 1 });
    let Page::Receipt(receipt) = story.page() else { panic!() };
    assert_eq!((receipt.duration, receipt.ticket.as_deref()), (Duration::from_secs(90), Some("4821")));
    let effects = story.effects();
    assert!(effects.iter().any(|effect| matches!(effect, Effect::KeepReceipt(_, _, false))));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Say(ToRelay::NewPassword(_)))));
    let numbers = SessionTicket {
        session: session(),
        protocol: ProtocolNumber::new("2026-11-21-000001").unwrap(),
        ticket: Some(TicketNumber::new("5000").unwrap()),
    };
    story.hear(FromRelay::SessionTicket(numbers));
    assert!(matches!(story.page(), Page::Receipt(receipt) if receipt.ticket.as_deref() == Some("5000")));
    // The end is on record: the receipt that is kept says where.
    story.effects();
    let record = Some(RecordMark { line: 48, hash: [0x9f; 8] });
    let of = |n| protocol::id::SessionId::from_bytes([n; 16]);
    story.hear(FromRelay::ReportKept(ReportKept { session: of(0xee), step: Step::Ended, record }));
    assert!(matches!(story.page(), Page::Receipt(receipt) if receipt.record.is_none()), "of another session");
    story.hear(FromRelay::ReportKept(ReportKept { session: session(), step: Step::Ended, record }));
    assert!(matches!(story.page(), Page::Receipt(receipt) if receipt.record.as_deref() == Some("48:9f9f9f9f9f9f9f9f")));
    let kept: Vec<Effect> = story.effects();
    let Some(Effect::KeepReceipt(receipt, language, false)) = kept.first() else { panic!("{kept:?}") };
    assert!(receipt.text(*language).contains(": 48:9f9f9f9f9f9f9f9f\n"));
    story.tell(Command::DismissReceipt);
    assert!(matches!(story.page(), Page::Waiting(_)));
}

#[test]
fn a_cut_session_asks_for_its_place_when_the_relay_is_back() {
    let mut story = Story::begin().waiting();
    story.allow();
    story.effects();
    story.link(LinkNews::Down { why: "gone".into(), retry_in: Duration::from_secs(1) });
    assert!(story.effects().contains(&Effect::Helped(ToHelped::Lost)));
    story.helped(helped::Out::Paused);
    assert!(story.controller.view(story.now).session_bar.unwrap().reconnecting.is_some());
    let mut story = story.up();
    assert!(
        !story.effects().iter().any(|effect| matches!(effect, Effect::Say(ToRelay::Rejoin(_)))),
        "first it must be known again"
    );
    story.hear(FromRelay::Registered(Registered { id: DeviceId::new(123_456_789).unwrap(), proof: opaque(1) }));
    let rejoins = |effects: Vec<Effect>| {
        effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Say(ToRelay::Rejoin(rejoin)) if rejoin.resume == opaque(4)))
            .count()
    };
    assert_eq!(rejoins(story.effects()), 1);
    story.hear(FromRelay::PeerAway(session()));
    story.helped(helped::Out::Paused);
    assert_eq!(rejoins(story.effects()), 0, "a token is used once, and on this connection the place is kept");
}

#[test]
fn a_ticket_is_looked_up_and_what_came_of_it_is_shown() {
    let mut story = Story::begin().logged_in();
    story.tell(Command::Connect { partner: "123".into() });
    assert!(matches!(story.page(), Page::Home(home) if home.trouble == Some(Trouble::PartnerIdIncomplete)));
    story.tell(Command::Connect { partner: "123456789".into() });
    story.effects();
    for (answer, shown) in
        [(Ok(brief("4821")), "found"), (Err(TicketError::NotFound), "not found"), (Err(TicketError::Down), "down")]
    {
        story.tell(Command::LookUpTicket { number: "4821".into() });
        let Some(Effect::Say(ToRelay::FindTicket(find))) = story.effects().pop() else { panic!() };
        story.hear(FromRelay::TicketFound(TicketFound {
            request: find.request.wrapping_sub(1),
            ticket: Err(TicketError::NotFound),
        }));
        assert!(
            matches!(story.page(), Page::TicketStep(step) if step.lookup == Lookup::Searching),
            "an answer to another question"
        );
        story.hear(FromRelay::TicketFound(TicketFound { request: find.request, ticket: answer }));
        let Page::TicketStep(step) = story.page() else { panic!() };
        let got = match step.lookup {
            Lookup::Found(_) => "found",
            Lookup::NotFound { .. } => "not found",
            Lookup::Down { .. } => "down",
            _ => "",
        };
        assert_eq!(got, shown);
    }
}

#[test]
fn no_ticket_asks_first_and_then_opens_a_new_one() {
    let mut story = Story::begin().logged_in();
    story.tell(Command::Connect { partner: "123456789".into() });
    story.tell(Command::ChooseTicket(TicketChoice::New));
    story.tell(Command::StartSession);
    assert!(matches!(story.page(), Page::TicketStep(step) if step.dialog.is_some()));
    story.tell(Command::Back);
    assert!(matches!(story.page(), Page::TicketStep(step) if step.dialog.is_none()), "back closes the dialog first");
    story.tell(Command::StartSession);
    story.tell(Command::ConfirmNoTicket { subject: "Impressora".into() });
    assert!(matches!(story.page(), Page::PartnerPassword(_)));
}

#[test]
fn a_refused_dialling_says_why_on_the_page_where_it_can_be_mended() {
    for (why, trouble) in [
        (DialError::Unreachable, Trouble::CannotEnter),
        (DialError::Busy, Trouble::PartnerBusy),
        (DialError::CannotRecord, Trouble::CannotRecord),
    ] {
        let mut story = Story::begin().at_password();
        story.tell(Command::GivePassword(Secret::new("K7QF-2M9X".into())));
        let Some(Effect::Say(ToRelay::Dial(dial))) = story.effects().pop() else { panic!() };
        story.hear(FromRelay::DialRefused(DialRefused { request: dial.request, why }));
        assert!(matches!(story.page(), Page::PartnerPassword(page) if page.trouble == Some(trouble)));
    }
    let mut story = Story::begin().at_password();
    story.tell(Command::GivePassword(Secret::new("no password".into())));
    assert_eq!(story.effects(), [], "what cannot be a password is not tried");
    assert!(matches!(story.page(), Page::PartnerPassword(page) if page.trouble == Some(Trouble::CannotEnter)));
}

#[test]
fn a_session_goes_from_dialling_to_its_end() {
    let mut story = Story::begin().at_password();
    story.tell(Command::GivePassword(Secret::new("K7QF-2M9X".into())));
    let Some(Effect::Say(ToRelay::Dial(dial))) = story.effects().pop() else { panic!() };
    let protocol = ProtocolNumber::new("2026-11-21-000001").unwrap();
    story.hear(FromRelay::Dialled(Dialled {
        request: dial.request,
        session: session(),
        token: opaque(5),
        resume: opaque(6),
        protocol,
    }));
    let password: Password = "K7QF-2M9X".parse().unwrap();
    assert_eq!(story.effects(), [Effect::StartAttending(session(), password), Effect::Say(ToRelay::Join(opaque(5)))]);
    story.controller.attending(session(), &attending::Out::Asking(phrase()), story.now);
    let Page::Connecting(connecting) = story.page() else { panic!() };
    assert!(matches!(connecting.stage, ConnectStage::AwaitingConsent { .. }));
    assert_eq!(connecting.check_code.as_deref(), Some("418 902"));
    story.controller.attending(
        session(),
        &attending::Out::Over { why: CloseReason::Refused, begun: false, reconnects: 0 },
        story.now,
    );
    assert!(matches!(story.page(), Page::PartnerPassword(page) if page.trouble == Some(Trouble::Refused)));
    assert!(matches!(&story.reports()[..], [Happened::Ended { why: CloseReason::Refused, .. }]));
}

#[test]
fn giving_up_before_the_relay_answers_frees_the_customer() {
    let mut story = Story::begin().at_password();
    story.tell(Command::GivePassword(Secret::new("K7QF-2M9X".into())));
    let Some(Effect::Say(ToRelay::Dial(dial))) = story.effects().pop() else { panic!() };
    story.tell(Command::Cancel);
    assert!(matches!(story.page(), Page::PartnerPassword(_)));
    let protocol = ProtocolNumber::new("2026-11-21-000001").unwrap();
    story.hear(FromRelay::Dialled(Dialled {
        request: dial.request,
        session: session(),
        token: opaque(5),
        resume: opaque(6),
        protocol,
    }));
    assert!(matches!(&story.reports()[..], [Happened::Ended { why: CloseReason::Cancelled, .. }]));
}

#[test]
fn an_alarm_is_raised_once_even_after_the_end_and_told_again_until_it_is_kept() {
    let mut story = Story::begin().waiting();
    story.allow();
    story.tell(Command::RaiseAlarm);
    story.tell(Command::RaiseAlarm);
    let alarms = |reports: &[Happened]| reports.iter().filter(|what| matches!(what, Happened::Alarm { .. })).count();
    assert_eq!(alarms(&story.reports()), 1);
    story.helped(helped::Out::Over { why: CloseReason::EndedByCustomer, begun: true, reconnects: 0 });
    let alarm = |story: &Story| if let Page::Receipt(receipt) = story.page() { receipt.alarm } else { panic!() };
    assert_eq!(alarm(&story), Alarm::Sending);
    story.pass(Duration::from_secs(6));
    assert_eq!(alarms(&story.reports()), 1, "not acknowledged: told again");
    story.hear(FromRelay::ReportKept(ReportKept { session: session(), step: Step::Alarm, record: None }));
    assert_eq!(alarm(&story), Alarm::Sent);
    story.pass(Duration::from_secs(6));
    assert_eq!(alarms(&story.reports()), 0);
}

#[test]
fn an_alarm_can_be_raised_when_all_is_over_and_not_before_a_session() {
    let mut story = Story::begin().waiting();
    story.tell(Command::RaiseAlarm);
    assert!(story.reports().is_empty());
    story.allow();
    story.helped(helped::Out::Over { why: CloseReason::EndedByAttendant, begun: true, reconnects: 0 });
    story.reports();
    story.tell(Command::RaiseAlarm);
    assert!(matches!(&story.reports()[..], [Happened::Alarm { .. }]));
}

#[test]
fn what_the_customer_has_seen_of_a_session_is_signed_by_the_relays_clock() {
    let mut story = Story::begin().waiting();
    let started_unix_ms = story.now.unix_ms + 5_000;
    story.allow();
    story.pass(Duration::from_secs(60));
    story.reports();
    story.helped(helped::Out::Over { why: CloseReason::EndedByCustomer, begun: true, reconnects: 3 });
    let reports = story.reports();
    let Some(Happened::Signed(signed)) = reports.last() else { panic!("{reports:?}") };
    let told = &signed.told;
    assert_eq!((told.why, told.reconnects, told.granted), (CloseReason::EndedByCustomer, 3, Grants::CONTROL));
    assert_eq!((told.started_unix_ms, told.ended_unix_ms), (started_unix_ms, started_unix_ms + 60_000));
    let statement = ::enrolment::Statement {
        tenant: TenantId::from_bytes([9; 16]),
        session: session(),
        protocol: ProtocolNumber::new("2026-11-21-000001").unwrap(),
        role: Role::Customer,
        told: told.clone(),
    };
    statement.verify(OperatorId::from_bytes([3; 16]), signed.key.der(), signed.signature.as_bytes()).unwrap();
}
