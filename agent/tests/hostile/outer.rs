//! A relay that lies on the control stream: to the link before and after its welcome, and to the program around the sessions.

use std::time::{Duration, Instant};

use amparo_agent::{
    config::Settings,
    gui::{
        command::{Command, Secret},
        controller::{Controller, Effect, LinkNews, Now, Profile},
        strings::Language,
        view_model::BrandView,
    },
    link::client::LinkEvent,
};
use protocol::{
    frame,
    id::{AppId, DeviceId, OperatorId, ProtocolNumber, SessionId, TenantId},
    limits,
    message::{
        FromRelay, ShownText, ToRelay,
        directory::{LoggedIn, LoginError, Opaque, Registered},
        hello::Refusal,
        pairing::{CloseReason, Closed, DialError, DialRefused, Dialled, Incoming, RejoinReady, ReportKept, Step},
    },
    version::{SPOKEN, VersionRange},
};
use tokio::task::JoinSet;

use crate::world::{self, Plugged, Relay, soon};

fn said(message: &FromRelay) -> Vec<u8> {
    frame::encode(message, limits::OUTER_MESSAGE_BYTES).unwrap()
}

fn welcome(version: u16) -> Vec<u8> {
    said(&FromRelay::Welcome(world::welcome(version)))
}

fn token(byte: u8) -> Opaque {
    Opaque::try_from(vec![byte; 40]).unwrap()
}

fn session() -> SessionId {
    SessionId::from_bytes([3; 16])
}

/// One of every message that could be told to a program, about a session that it may or may not know.
fn everything(id: SessionId) -> Vec<FromRelay> {
    let number = ProtocolNumber::new("2026-11-21-000042").unwrap();
    vec![
        FromRelay::Welcome(world::welcome(SPOKEN.newest)),
        FromRelay::Registered(Registered { id: DeviceId::new(DeviceId::MIN).unwrap(), proof: token(1) }),
        FromRelay::LoggedIn(LoggedIn {
            operator: OperatorId::from_bytes([1; 16]),
            name: ShownText::lossy("Mallory"),
            token: token(2),
        }),
        FromRelay::LoginFailed(LoginError::Wrong),
        FromRelay::LoginFailed(LoginError::CodeNeeded),
        FromRelay::LoginFailed(LoginError::FactorMissing),
        FromRelay::EnrolFailed(ShownText::lossy("no")),
        FromRelay::Waiting(Vec::new()),
        FromRelay::Dialled(Dialled {
            request: 1,
            session: id,
            token: token(3),
            resume: token(4),
            protocol: number.clone(),
        }),
        FromRelay::DialRefused(DialRefused { request: 1, why: DialError::Unreachable }),
        FromRelay::Incoming(Incoming {
            session: id,
            token: token(5),
            resume: token(6),
            ticket: None,
            protocol: number.clone(),
        }),
        FromRelay::Paired(id),
        FromRelay::PeerAway(id),
        FromRelay::Closed(Closed { session: id, why: CloseReason::EndedByCustomer }),
        FromRelay::RejoinReady(RejoinReady { session: id, token: token(7), resume: token(8) }),
        FromRelay::ReportKept(ReportKept { session: id, step: Step::Ended, record: None }),
        FromRelay::SessionTicket(protocol::message::ticket::SessionTicket {
            session: id,
            protocol: number,
            ticket: None,
        }),
    ]
}

/// The link's news until it says that the relay is not there (any more).
async fn down(plugged: &mut Plugged) -> (bool, Vec<FromRelay>, String) {
    let (mut up, mut heard) = (false, Vec::new());
    loop {
        match soon("the link's end", plugged.events.recv()).await.expect("the link runs") {
            LinkEvent::Up { .. } => up = true,
            LinkEvent::Message(message) => heard.push(message),
            LinkEvent::Down { why, .. } => return (up, heard, why),
            LinkEvent::Dialling | LinkEvent::Refused(_) | LinkEvent::Stream(_) => {}
        }
    }
}

/// What the relay says first, whether the link comes up on it, and what the link must say when it goes.
fn beginnings() -> Vec<(&'static str, Vec<u8>, bool, &'static str)> {
    let good = welcome(SPOKEN.newest);
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 0x80;
        bytes
    };
    let shortened = [&(u32::try_from(good.len() - 5).unwrap()).to_le_bytes()[..], &good[4..good.len() - 1]].concat();
    let lengthened = [&(u32::try_from(good.len() - 3).unwrap()).to_le_bytes()[..], &good[4..], &[0]].concat();
    let too_long = [&(u32::try_from(limits::OUTER_MESSAGE_BYTES + 1).unwrap()).to_le_bytes()[..], &[0; 1_000]].concat();
    let hello = frame::encode(
        &ToRelay::Hello(protocol::message::hello::Hello {
            versions: SPOKEN,
            tenant: world::TENANT,
            program: ShownText::lossy("0.1.0 test"),
        }),
        limits::OUTER_MESSAGE_BYTES,
    )
    .unwrap();
    let versions = VersionRange { oldest: 0, newest: 0 };
    let mut beginnings = vec![
        ("nothing at all", Vec::new(), false, "did not answer"),
        ("an older version", welcome(0), false, "version 0"),
        ("a newer version", welcome(SPOKEN.newest + 1), false, "version"),
        ("the largest version", welcome(u16::MAX), false, "version 65535"),
        ("a refusal", said(&FromRelay::Refused(Refusal::Version(versions))), false, "refused"),
        ("the program's own hello", hello, false, "cannot be read"),
        ("a kind that does not exist", flipped(4), false, "cannot be read"),
        ("a length that is flipped", flipped(3), false, "cannot be read"),
        ("a welcome without its last byte", shortened, false, "cannot be read"),
        ("a welcome with a byte more", lengthened, false, "cannot be read"),
        ("more than the cap", too_long, false, "cannot be read"),
        ("the largest announced length", u32::MAX.to_le_bytes().to_vec(), false, "cannot be read"),
        ("another protocol", b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), false, "cannot be read"),
        ("half a welcome and then nothing", good[..good.len() / 2].to_vec(), false, "did not answer"),
        (
            "a refusal after the welcome",
            [good.clone(), said(&FromRelay::Refused(Refusal::Busy))].concat(),
            true,
            "refused",
        ),
        ("garbage after the welcome", [good.clone(), vec![0xff; 64]].concat(), true, "cannot be read"),
        ("an empty message after the welcome", [good.clone(), vec![0; 4]].concat(), true, "cannot be read"),
    ];
    for message in everything(session()).into_iter().skip(1) {
        beginnings.push(("something else first", [said(&message), good.clone()].concat(), false, "welcome first"));
    }
    beginnings
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_does_not_begin_as_it_must_is_left_and_the_reason_is_said() {
    let mut running = JoinSet::new();
    let cases = beginnings();
    assert!(cases.len() >= 30, "{} cases", cases.len());
    println!("{} beginnings", cases.len());
    for (name, bytes, comes_up, reason) in cases {
        running.spawn(async move {
            let relay = Relay::open();
            let mut plugged = world::plug(&relay.address);
            let mut there = relay.accept().await;
            assert!(matches!(there.hear().await, Some(ToRelay::Hello(_))), "{name}");
            there.send.write_all(&bytes).await.unwrap();
            let (up, heard, why) = down(&mut plugged).await;
            assert_eq!((up, heard.is_empty()), (comes_up, true), "{name}: {why}");
            assert!(why.contains(reason), "{name}: {why}");
        });
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_with_another_certificate_or_another_protocol_is_never_spoken_to() {
    let (relay, other, spoken) = (Relay::open(), Relay::open(), Relay::speaking(b"amparo/0"));
    let mut pinned = relay.address.clone();
    pinned.port = other.address.port;
    for (relay, address) in [(&other, &pinned), (&spoken, &spoken.address)] {
        let mut plugged = world::plug(address);
        let (refused, (up, heard, why)) = tokio::join!(relay.refused(), down(&mut plugged));
        assert!(refused && !up && heard.is_empty(), "{why}");
        assert!(why.contains("connecting to"), "{why}");
    }
}

/// A program around the sessions, without windows.
pub fn program() -> (Controller, Now) {
    let brand = BrandView {
        title: "Varanda".into(),
        company: "Varanda".into(),
        logo: None,
        accent: None,
        phone: None,
        hours: None,
    };
    let profile = Profile {
        tenant: TenantId::from_bytes([9; 16]),
        app: AppId::from_bytes([1; 16]),
        brand,
        fields: Vec::new(),
        server: "localhost".into(),
        page: "https://localhost/d/app/01".into(),
        language: None,
    };
    let now = Now { instant: Instant::now(), unix_ms: 1_700_000_000_000 };
    let mut controller = Controller::new(profile, Settings::default(), Language::En, Box::new(|| world::ENTROPY), now);
    controller.link(LinkNews::Up(world::welcome(SPOKEN.newest)), now);
    (controller, now)
}

pub fn effects(controller: &mut Controller) -> Vec<Effect> {
    std::iter::from_fn(|| controller.poll_effect()).collect()
}

#[test]
fn no_word_of_a_relay_makes_a_program_attend_or_be_helped_without_somebody_who_dialled() {
    // Each word alone, and each pair of words one after the other, twice: replay and reorder.
    let words = everything(session());
    let mut cases = 0;
    for first in &words {
        for second in &words {
            let (mut controller, now) = program();
            effects(&mut controller);
            let mut done = Vec::new();
            for word in [first, second, first, second] {
                controller.link(LinkNews::Message(word.clone()), now);
                done.extend(effects(&mut controller));
            }
            cases += 1;
            let name = format!("{first:?}, {second:?}");
            let helped = done.iter().filter(|effect| matches!(effect, Effect::StartHelped(..))).count();
            let attending = done.iter().filter(|effect| matches!(effect, Effect::StartAttending(..))).count();
            let dialled = matches!(first, FromRelay::Incoming(_)) || matches!(second, FromRelay::Incoming(_));
            assert_eq!(attending, 0, "{name}");
            assert_eq!(helped, usize::from(dialled), "{name}: once, however often it is said");
            assert!(
                !done.iter().any(|effect| matches!(
                    effect,
                    Effect::Helped(amparo_agent::gui::controller::ToHelped::Answer { .. })
                )),
                "{name}"
            );
        }
    }
    println!("{cases} pairs of words");
}

#[test]
fn an_attendants_dialling_is_answered_by_its_own_answer_only() {
    let (mut controller, now) = program();
    controller.link(
        LinkNews::Message(FromRelay::LoggedIn(LoggedIn {
            operator: OperatorId::from_bytes([1; 16]),
            name: ShownText::lossy("Ana"),
            token: token(2),
        })),
        now,
    );
    let login = Command::Login { user: "ana".into(), password: Secret::new("x".into()) };
    controller.command(login, now);
    effects(&mut controller);
    let number = ProtocolNumber::new("1").unwrap();
    for request in [0, 1, 2, u32::MAX] {
        let dialled =
            Dialled { request, session: session(), token: token(3), resume: token(4), protocol: number.clone() };
        controller.link(LinkNews::Message(FromRelay::Dialled(dialled)), now);
    }
    let later = Now { instant: now.instant + Duration::from_secs(1), ..now };
    controller.tick(later);
    let done = effects(&mut controller);
    assert!(!done.iter().any(|effect| matches!(effect, Effect::StartAttending(..))), "{done:?}");
    assert!(!done.iter().any(|effect| matches!(effect, Effect::Say(ToRelay::Join(_)))), "{done:?}");
}
