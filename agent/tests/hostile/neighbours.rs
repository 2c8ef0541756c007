//! A relay of another version than the program's, over real QUIC: it is spoken to in the words it knows, and one that knows none of ours is told
//! from one that cannot be reached.

use std::time::Duration;

use amparo_agent::{
    gui::{
        command::{Command, Secret},
        controller::{Controller, Effect, LinkNews, Now},
        view_model::{Apart, Page, StatusKind},
    },
    link::client::LinkEvent,
};
use protocol::{
    id::{DeviceId, OperatorId},
    message::{
        FromRelay, ShownText, ToRelay,
        directory::{LoggedIn, Opaque, Registered},
        hello::Refusal,
    },
    version::{SPOKEN, VersionRange},
};

use crate::{
    outer::{effects, program},
    world::{self, Plugged, Program, Relay, plug, soon},
};

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Up,
    Message,
    Other,
}

/// Takes the link's next event to the controller, and what the controller says to the link.
async fn step(controller: &mut Controller, plugged: &mut Plugged, now: Now) -> Step {
    let news = match soon("the link's news", plugged.events.recv()).await.expect("the link runs") {
        LinkEvent::Dialling => LinkNews::Dialling,
        LinkEvent::Up { welcome, .. } => LinkNews::Up(welcome),
        LinkEvent::Down { why, retry_in } => LinkNews::Down { why, retry_in },
        LinkEvent::Refused(refusal) => LinkNews::Refused(refusal),
        LinkEvent::Message(message) => LinkNews::Message(message),
        LinkEvent::Stream(_) => panic!("a stream of no session"),
    };
    let step = match news {
        LinkNews::Up(_) => Step::Up,
        LinkNews::Message(_) => Step::Message,
        _ => Step::Other,
    };
    controller.link(news, now);
    say(controller, plugged);
    step
}

fn say(controller: &mut Controller, plugged: &Plugged) {
    for effect in effects(controller) {
        if let Effect::Say(message) = effect {
            plugged.link.say(message);
        }
    }
}

/// Everything the program says until it says this, each in words that its relay knows.
async fn hear_until(relay: &mut Program, version: u16, mut is_last: impl FnMut(&ToRelay) -> bool) {
    loop {
        let message = soon("the program's word", relay.hear()).await.expect("the program is there");
        assert!(message.since() <= version, "to a relay of version {version}: {message:?}");
        if is_last(&message) {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_of_every_earlier_version_hears_nothing_that_it_does_not_know() {
    for version in SPOKEN.oldest..=SPOKEN.newest {
        let relay = Relay::open();
        let mut plugged = plug(&relay.address);
        let mut theirs = relay.accept().await;
        let Some(ToRelay::Hello(hello)) = theirs.hear().await else { panic!("no hello") };
        assert_eq!(hello.versions, SPOKEN);
        theirs.say(&FromRelay::Welcome(world::welcome(version))).await;

        let (mut controller, now) = program();
        controller.link(LinkNews::Down { why: String::new(), retry_in: Duration::ZERO }, now);
        effects(&mut controller);
        controller.command(Command::OpenInvitation("0".repeat(37).parse().unwrap(), None), now);
        while step(&mut controller, &mut plugged, now).await != Step::Up {}
        hear_until(&mut theirs, version, |m| matches!(m, ToRelay::Register(_))).await;
        let proof = Opaque::try_from(vec![1; 8]).unwrap();
        theirs.say(&FromRelay::Registered(Registered { id: DeviceId::new(123_456_789).unwrap(), proof })).await;
        while step(&mut controller, &mut plugged, now).await != Step::Message {}
        assert!(matches!(controller.view(now).page, Page::Waiting(_)), "version {version}");

        // Everything that a person may do before a session, whether or not it is offered to them.
        for command in [
            Command::RenewPassword,
            Command::WriteRequest,
            Command::LeaveRequest { text: "Liguem amanhã.".into() },
            Command::OpenLogin,
            Command::Login { user: "ana".into(), password: Secret::new("correct horse".into()) },
        ] {
            controller.command(command, now);
        }
        say(&mut controller, &plugged);
        hear_until(&mut theirs, version, |m| matches!(m, ToRelay::Login(_))).await;
        theirs
            .say(&FromRelay::LoggedIn(LoggedIn {
                operator: OperatorId::from_bytes([3; 16]),
                name: ShownText::lossy("Ana"),
                token: Opaque::try_from(vec![2; 8]).unwrap(),
            }))
            .await;
        while step(&mut controller, &mut plugged, now).await != Step::Message {}
        controller.enrolled(Ok(now.unix_ms + 3_600_000));
        for command in [
            Command::SetStatus(StatusKind::Available),
            Command::PullNext,
            Command::AnswerOffer { offer: 1, take: true },
            Command::WrapUp { note: "x".into() },
            Command::Logout,
        ] {
            controller.command(command, now);
        }
        controller.tick(now);
        say(&mut controller, &plugged);
        hear_until(&mut theirs, version, |m| matches!(m, ToRelay::Logout)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_with_no_version_in_common_is_told_from_one_that_is_not_there_and_the_way_on_is_shown() {
    for (spoken, apart) in [
        (VersionRange { oldest: SPOKEN.newest + 1, newest: SPOKEN.newest + 2 }, Apart::ProgramOld),
        (VersionRange { oldest: 0, newest: SPOKEN.oldest - 1 }, Apart::ServerOld),
    ] {
        let relay = Relay::open();
        let mut plugged = plug(&relay.address);
        let mut theirs = relay.accept().await;
        assert!(matches!(theirs.hear().await, Some(ToRelay::Hello(_))));
        theirs.say(&FromRelay::Refused(Refusal::Version(spoken))).await;
        let (mut controller, mut now) = program();
        let page = loop {
            step(&mut controller, &mut plugged, now).await;
            now.instant += Duration::from_secs(3);
            match controller.view(now).page {
                Page::Unreachable(page) if page.apart.is_some() => break page,
                _ => {}
            }
        };
        assert_eq!(page.apart, Some(apart));
        assert_eq!(page.way_on, "https://localhost/d/app/01");
    }
}
