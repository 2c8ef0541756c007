//! Somebody watches: what the customer is asked and shown, what the watcher goes through, and what a lying relay does not reach.

use protocol::message::{
    one_time::{GrantOpened, GrantTaken},
    watch::{WatchError, WatchIs, Watchable, Watched},
};

use super::*;
use crate::connect_link::ConnectLink;

pub(super) fn watch() -> SessionId {
    SessionId::from_bytes([8; 16])
}

pub(super) fn bia() -> Peer {
    Peer { operator: OperatorId::from_bytes([5; 16]), name: ShownText::lossy("Bia Costa") }
}

fn invited(id: SessionId) -> Incoming {
    Incoming {
        session: id,
        token: opaque(5),
        resume: opaque(6),
        ticket: None,
        protocol: ProtocolNumber::new("2026-11-21-000002").unwrap(),
    }
}

impl Story {
    pub(super) fn watch_says(&mut self, out: helped::Out) {
        self.controller.helped(watch(), out, self.now);
    }

    pub(super) fn watch_asks(&mut self) {
        self.hear(FromRelay::IncomingWatch(invited(watch())));
        self.watch_says(helped::Out::Guess);
        self.watch_says(helped::Out::GuessWasRight);
        self.watch_says(helped::Out::Ask { peer: bia(), want: Grants::VIEW, phrase: phrase() });
    }

    fn watched(&mut self) {
        self.watch_asks();
        self.watch_says(helped::Out::CloseQuestion);
        self.watch_says(helped::Out::Started { peer: bia(), granted: Grants::VIEW, signer: signer() });
    }

    pub(super) fn speaks(mut self, version: u16) -> Self {
        let welcome = Welcome { version, company: ShownText::default(), now_unix_ms: self.now.unix_ms };
        self.link(LinkNews::Up(welcome));
        let again =
            LoggedIn { operator: OperatorId::from_bytes([3; 16]), name: ShownText::lossy("Ana"), token: opaque(2) };
        self.hear(FromRelay::LoggedIn(again));
        self.effects();
        self
    }

    pub(super) fn said(&mut self) -> Vec<ToRelay> {
        let said = |effect| if let Effect::Say(message) = effect { Some(message) } else { None };
        self.effects().into_iter().filter_map(said).collect()
    }
}

#[test]
fn the_relay_cannot_begin_a_watch_without_a_session_nor_a_second_session_beside_one() {
    let mut story = Story::begin().waiting();
    story.hear(FromRelay::IncomingWatch(invited(watch())));
    assert_eq!(story.effects(), [], "nobody is connected");
    story.ring();
    story.effects();
    story.hear(FromRelay::IncomingWatch(invited(watch())));
    assert_eq!(story.effects(), [], "nothing is allowed yet");
    let mut story = Story::begin().waiting();
    story.allow();
    story.effects();
    story.hear(FromRelay::Incoming(invited(watch())));
    assert_eq!(story.effects(), [], "a session that is not called a watch");
    story.watched();
    story.effects();
    story.hear(FromRelay::IncomingWatch(invited(SessionId::from_bytes([9; 16]))));
    assert_eq!(story.effects(), [], "one at a time");
}

#[test]
fn the_customer_is_asked_by_name_while_nobody_else_can_answer_and_sees_who_watches() {
    let mut story = Story::begin().waiting();
    story.allow();
    story.effects();
    story.watch_asks();
    let effects = story.effects();
    assert!(effects.contains(&Effect::StartWatched(watch(), story.controller.customer.password.clone())));
    assert!(effects.contains(&Effect::Helped(ToHelped::HoldInput(true))), "{effects:?}");
    let view = story.controller.view(story.now);
    let Page::Consent(asked) = view.page else { panic!("{:?}", view.page) };
    assert_eq!((asked.attendant.as_str(), asked.watches.as_deref()), ("Bia Costa", Some("Ana Ribeiro")));
    assert!(!asked.control_asked && asked.first_time && asked.check_code.is_some());
    assert_eq!(asked.ticket.unwrap().number, "4821");
    assert!(view.main_window == MainWindow::Shown && view.session_bar.unwrap().watched_by.is_none());

    story.tell(Command::Answer { allow: true, control: true });
    assert_eq!(story.effects(), [Effect::Watched(ToHelped::Answer { allow: true, control: false })]);
    story.watch_says(helped::Out::CloseQuestion);
    assert_eq!(story.effects(), [Effect::Helped(ToHelped::HoldInput(false))]);
    story.watch_says(helped::Out::Started { peer: bia(), granted: Grants::VIEW, signer: signer() });
    assert!(matches!(&story.reports()[..], [Happened::Started { granted: Grants::VIEW, .. }]));
    let bar = story.controller.view(story.now).session_bar.unwrap();
    assert_eq!((bar.attendant.as_str(), bar.watched_by.as_deref()), ("Ana Ribeiro", Some("Bia Costa")));

    story.tell(Command::StopWatching);
    assert_eq!(story.effects(), [Effect::Watched(ToHelped::End(CloseReason::EndedByCustomer))]);
    story.watch_says(helped::Out::Over { why: CloseReason::EndedByCustomer, begun: true, reconnects: 0 });
    let receipt = story.effects().into_iter().find_map(|effect| match effect {
        Effect::KeepReceipt(receipt, ..) => Some(receipt),
        _ => None,
    });
    let receipt = receipt.unwrap();
    assert_eq!(receipt.watches.as_ref().map(ProtocolNumber::as_str), Some("2026-11-21-000001"));
    assert!(receipt.text(Language::En).contains("Only watched session: 2026-11-21-000001"));
    let view = story.controller.view(story.now);
    assert!(view.session_bar.unwrap().watched_by.is_none(), "the session itself goes on");
    assert!(matches!(view.page, Page::Waiting(_)) && story.controller.customer.receipt.is_none());
}

#[test]
fn a_watch_ends_with_its_session_and_both_come_back_after_a_cut() {
    let mut story = Story::begin().waiting();
    story.allow();
    story.watched();
    story.effects();
    story.link(LinkNews::Down { why: "timed out".into(), retry_in: Duration::from_secs(1) });
    let effects = story.effects();
    assert!(effects.contains(&Effect::Helped(ToHelped::Lost)) && effects.contains(&Effect::Watched(ToHelped::Lost)));
    story.helped(helped::Out::Paused);
    story.watch_says(helped::Out::Paused);
    let mut story = story.up();
    story.hear(FromRelay::Registered(Registered { id: DeviceId::new(123_456_789).unwrap(), proof: opaque(1) }));
    let back: Vec<SessionId> = story
        .said()
        .into_iter()
        .filter_map(|said| if let ToRelay::Rejoin(rejoin) = said { Some(rejoin.session) } else { None })
        .collect();
    assert_eq!(back, [session(), watch()]);
    story.helped(helped::Out::Over { why: CloseReason::EndedByAttendant, begun: true, reconnects: 1 });
    assert!(story.effects().contains(&Effect::Watched(ToHelped::End(CloseReason::WatchedOver))));
}

pub(super) fn found(grant: Option<Opaque>) -> Watchable {
    Watchable {
        attendant: ShownText::lossy("Rui Castro"),
        customer: ShownText::lossy("Cida Nogueira"),
        ticket: TicketNumber::new("4821").unwrap(),
        grant,
    }
}

#[test]
fn a_link_shows_what_there_is_to_be_watched_and_only_the_button_dials() {
    let mut story = Story::begin().logged_in().speaks(5);
    story.tell(Command::OpenLink("amparo:connect?id=123456789&watch=1".parse::<ConnectLink>().unwrap()));
    let said = story.said();
    let Some(ToRelay::AskWatch(ask)) = said.iter().find(|said| matches!(said, ToRelay::AskWatch(_))) else {
        panic!("{said:?}")
    };
    assert!(!ask.enter);
    story.tell(Command::Watch);
    assert!(!story.said().iter().any(|said| matches!(said, ToRelay::AskWatch(_))), "nothing is known of it yet");
    story.hear(FromRelay::WatchIs(WatchIs { request: ask.request, watch: Ok(found(None)) }));
    let Page::Watch(page) = story.page() else { panic!("{:?}", story.page()) };
    assert_eq!((page.attendant.as_deref(), page.partner.name.as_deref()), (Some("Rui Castro"), Some("Cida Nogueira")));
    assert_eq!(story.said().len(), 0, "and nothing else has happened");

    story.tell(Command::Watch);
    let said = story.said();
    let Some(ToRelay::AskWatch(ask)) = said.iter().find(|said| matches!(said, ToRelay::AskWatch(_))) else {
        panic!("{said:?}")
    };
    assert!(ask.enter);
    story.hear(FromRelay::WatchIs(WatchIs { request: ask.request, watch: Ok(found(Some(opaque(9)))) }));
    let taken = story.effects().into_iter().find_map(|effect| match effect {
        Effect::TakeGrant { request, .. } => Some(request),
        _ => None,
    });
    story.hear(FromRelay::GrantTaken(GrantTaken { request: taken.unwrap(), taken: true }));
    let said = story.said();
    let Some(ToRelay::DialWatch(dial)) = said.iter().find(|said| matches!(said, ToRelay::DialWatch(_))) else {
        panic!("{said:?}")
    };
    let password = Password::from_entropy([4; 5]);
    story.hear(FromRelay::GrantOpened(GrantOpened { request: dial.request, password: password.clone() }));
    story.hear(FromRelay::Dialled(Dialled {
        request: dial.request,
        session: watch(),
        token: opaque(3),
        resume: opaque(4),
        protocol: ProtocolNumber::new("2026-11-21-000002").unwrap(),
    }));
    assert!(story.effects().contains(&Effect::StartWatching(watch(), password)));
    assert!(matches!(story.page(), Page::Connecting(_)));
    story.controller.attending(
        watch(),
        &attending::Out::Over { why: CloseReason::Refused, begun: false, reconnects: 0 },
        story.now,
    );
    assert!(matches!(story.page(), Page::Watch(page) if page.trouble == Some(Trouble::Refused) && !page.busy));
}

#[test]
fn a_partner_who_is_being_helped_can_be_watched_or_it_says_why_not() {
    for (answer, page, trouble) in [
        (Ok(found(None)), "watch", None),
        (Err(WatchError::NotAllowed), "partner-password", Some(Trouble::PartnerBusy)),
        (Err(WatchError::ProgramOld), "partner-password", Some(Trouble::WatchProgramOld)),
    ] {
        let mut story = Story::begin().at_password().speaks(5);
        story.tell(Command::GivePassword(Secret::new("K7QF-2M9X".into())));
        let said = story.said();
        let Some(ToRelay::Dial(dial)) = said.iter().find(|said| matches!(said, ToRelay::Dial(_))) else {
            panic!("{said:?}")
        };
        story.hear(FromRelay::DialRefused(DialRefused { request: dial.request, why: DialError::Busy }));
        assert!(matches!(story.page(), Page::PartnerPassword(page) if page.trouble == Some(Trouble::PartnerBusy)));
        let said = story.said();
        let Some(ToRelay::AskWatch(ask)) = said.iter().find(|said| matches!(said, ToRelay::AskWatch(_))) else {
            panic!("{said:?}")
        };
        story.hear(FromRelay::WatchIs(WatchIs { request: ask.request, watch: answer }));
        assert_eq!(story.page().name(), page);
        let shown = match story.page() {
            Page::PartnerPassword(page) => page.trouble,
            Page::Watch(page) => page.trouble,
            _ => None,
        };
        assert_eq!(shown, trouble);
    }
    // A relay that does not know of it is asked nothing.
    let mut story = Story::begin().at_password().speaks(4);
    story.tell(Command::GivePassword(Secret::new("K7QF-2M9X".into())));
    let said = story.said();
    let Some(ToRelay::Dial(dial)) = said.iter().find(|said| matches!(said, ToRelay::Dial(_))) else {
        panic!("{said:?}")
    };
    story.hear(FromRelay::DialRefused(DialRefused { request: dial.request, why: DialError::Busy }));
    assert_eq!(story.said(), []);
}

#[test]
fn whoever_helps_is_told_who_watches() {
    let mut story = Story::begin().at_password();
    story.tell(Command::GivePassword(Secret::new("K7QF-2M9X".into())));
    let request = story
        .said()
        .into_iter()
        .find_map(|said| if let ToRelay::Dial(dial) = said { Some(dial.request) } else { None });
    story.hear(FromRelay::Dialled(Dialled {
        request: request.unwrap(),
        session: session(),
        token: opaque(3),
        resume: opaque(4),
        protocol: ProtocolNumber::new("2026-11-21-000001").unwrap(),
    }));
    let by = |name: Option<&str>| Watched { session: session(), by: name.map(ShownText::lossy) };
    story.hear(FromRelay::Watched(by(Some("Bia Costa"))));
    assert_eq!(story.controller.attendant.session().unwrap().watched_by.as_deref(), Some("Bia Costa"));
    story.hear(FromRelay::Watched(by(None)));
    assert_eq!(story.controller.attendant.session().unwrap().watched_by, None);
}
