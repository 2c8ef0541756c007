//! An administrator's rights: asked for with mouse and keyboard only and once, answered by the customer on a page of its own, and whatever comes of
//! it is said.

use protocol::message::{
    control::Administrator,
    one_time::{GrantOpened, GrantTaken},
    watch::WatchIs,
};

use super::{
    ctrl_alt_del::{hear, story},
    watching::{bia, found, watch},
    *,
};
use crate::{
    attendant::viewer::Feed,
    connect_link::ConnectLink,
    gui::view_model::{AdministratorQuestion, AdministratorView, NoAdministrator},
};

/// What the viewer shows of it.
fn shown(story: &Story) -> (AdministratorView, Option<NoAdministrator>) {
    let viewer = story.controller.view(story.now).viewer.unwrap();
    (viewer.administrator, viewer.no_administrator)
}

/// Asks, and tells whether that went out.
fn asks(story: &mut Story) -> bool {
    story.tell(Command::AskAdministrator);
    story.effects().contains(&Effect::AskAdministrator)
}

fn told(story: &mut Story, what: impl Into<Option<Administrator>>) {
    hear(story, attending::Out::Administrator(what.into()));
}

fn asked(story: &Story) -> Option<AdministratorQuestion> {
    match story.page() {
        Page::Administrator(question) => Some(question),
        _ => None,
    }
}

/// What went to this computer's session.
fn answers(story: &mut Story) -> Vec<ToHelped> {
    let to_helped = |effect| if let Effect::Helped(what) = effect { Some(what) } else { None };
    story.effects().into_iter().filter_map(to_helped).collect()
}

fn window(story: &Story) -> MainWindow {
    story.controller.view(story.now).main_window
}

#[test]
fn it_is_asked_for_with_mouse_and_keyboard_only_and_once() {
    let mut sees = story(Grants::VIEW);
    assert!(!asks(&mut sees));
    assert_eq!(shown(&sees), (AdministratorView::Off, Some(NoAdministrator::NotAllowed)));
    sees.tell(Command::AdministratorRead);
    assert_eq!(shown(&sees), (AdministratorView::Off, None));

    let mut story = story(Grants::CONTROL);
    story.tell(Command::SetControl(false));
    assert!(!asks(&mut story), "by choice");
    story.tell(Command::SetControl(true));
    assert!(asks(&mut story));
    assert_eq!(shown(&story), (AdministratorView::Asking, None), "what was said before is no more so");
    assert!(!asks(&mut story), "it is asked for already");
    told(&mut story, Administrator::Granted);
    assert_eq!(shown(&story), (AdministratorView::On, None));
    assert!(!asks(&mut story), "nothing is left to ask for");
    // Looking on for a while gives nothing back.
    story.tell(Command::SetControl(false));
    assert_eq!(shown(&story), (AdministratorView::On, None));
}

#[test]
fn what_came_of_it_is_said_until_it_is_read_or_asked_for_again() {
    let mut story = story(Grants::CONTROL);
    for (what, why) in [
        (Some(Administrator::NotAllowed), NoAdministrator::NotAllowed),
        (Some(Administrator::Refused), NoAdministrator::Refused),
        (Some(Administrator::Declined), NoAdministrator::Declined),
        (Some(Administrator::Already), NoAdministrator::Already),
        (Some(Administrator::Unavailable), NoAdministrator::Unavailable),
        (Some(Administrator::Failed), NoAdministrator::Failed),
        (None, NoAdministrator::ProgramOld),
    ] {
        assert!(asks(&mut story));
        assert_eq!(shown(&story), (AdministratorView::Asking, None), "not answered yet");
        told(&mut story, what);
        assert_eq!(shown(&story), (AdministratorView::Off, Some(why)));
    }
    story.tell(Command::AdministratorRead);
    assert_eq!(shown(&story), (AdministratorView::Off, None));
    assert!(asks(&mut story));
    told(&mut story, Administrator::Granted);
    told(&mut story, Administrator::Ended);
    assert_eq!(shown(&story), (AdministratorView::Off, Some(NoAdministrator::Ended)), "at any time");
}

#[test]
fn behind_a_cut_is_only_what_is_told_anew() {
    let mut story = story(Grants::CONTROL);
    assert!(asks(&mut story));
    hear(&mut story, attending::Out::Paused);
    assert_eq!(shown(&story), (AdministratorView::Off, None));
    assert!(!asks(&mut story), "there is nobody to ask");
    assert_eq!(shown(&story), (AdministratorView::Off, None), "a cut has another thing to say");
    hear(&mut story, attending::Out::Resumed(Grants::CONTROL));
    assert!(asks(&mut story));
    told(&mut story, Administrator::Granted);
    hear(&mut story, attending::Out::Paused);
    assert_eq!(shown(&story), (AdministratorView::Off, None));
    hear(&mut story, attending::Out::Resumed(Grants::CONTROL));
    assert_eq!(shown(&story), (AdministratorView::Off, None));
    told(&mut story, Administrator::Granted);
    assert_eq!(shown(&story), (AdministratorView::On, None));
    told(&mut story, Administrator::Ended);
    hear(&mut story, attending::Out::Paused);
    assert_eq!(shown(&story), (AdministratorView::Off, None));
}

#[test]
fn the_customer_is_asked_by_name_in_the_middle_of_the_session_and_answers_once() {
    let mut story = Story::begin().waiting();
    story.allow();
    story.effects();
    assert_eq!((window(&story), asked(&story)), (MainWindow::Hidden, None));
    story.helped(helped::Out::AskAdministrator);
    let first = asked(&story).unwrap();
    assert_eq!((first.attendant.as_str(), first.company.as_str()), ("Ana Ribeiro", "Varanda Sistemas"));
    assert_eq!(
        (first.armed(), first.arms_in, first.expires_in),
        (false, limits::CONSENT_ARMS_AFTER, limits::CONSENT_WAIT)
    );
    assert_eq!(window(&story), MainWindow::Shown);
    assert!(story.controller.view(story.now).session_bar.is_some(), "the session goes on");

    story.tell(Command::AnswerAdministrator(true));
    assert_eq!(answers(&mut story), [], "a click that was on its way");
    story.pass(limits::CONSENT_ARMS_AFTER);
    let armed = asked(&story).unwrap();
    assert!(armed.armed() && armed.expires_in == limits::CONSENT_WAIT - limits::CONSENT_ARMS_AFTER);
    story.tell(Command::AnswerAdministrator(true));
    story.tell(Command::AnswerAdministrator(false));
    assert_eq!(answers(&mut story), [ToHelped::AnswerAdministrator(true)]);
    assert_eq!((window(&story), asked(&story)), (MainWindow::Hidden, None), "Windows asks now");
    story.helped(helped::Out::CloseAdministrator);
    assert_eq!((window(&story), asked(&story)), (MainWindow::Hidden, None));

    let bar = |story: &Story| story.controller.view(story.now).session_bar.unwrap().administrator;
    assert!(!bar(&story));
    story.helped(helped::Out::Administrator(true));
    assert!(bar(&story));
    story.helped(helped::Out::Administrator(false));
    assert!(!bar(&story));

    // No can be said at once, and the next question is another one.
    story.helped(helped::Out::AskAdministrator);
    assert_ne!(asked(&story).unwrap().question, first.question);
    story.effects();
    story.tell(Command::AnswerAdministrator(false));
    assert_eq!(answers(&mut story), [ToHelped::AnswerAdministrator(false)]);
    assert_eq!(asked(&story), None);
}

#[test]
fn the_question_goes_when_its_time_is_over_and_with_its_session() {
    let mut story = Story::begin().waiting();
    story.allow();
    story.helped(helped::Out::AskAdministrator);
    story.pass(limits::CONSENT_WAIT);
    story.effects();
    story.helped(helped::Out::CloseAdministrator);
    assert_eq!((window(&story), asked(&story)), (MainWindow::Hidden, None));
    story.tell(Command::AnswerAdministrator(true));
    assert_eq!(answers(&mut story), [], "nobody asks");
    story.helped(helped::Out::AskAdministrator);
    story.helped(helped::Out::Over { why: CloseReason::EndedByAttendant, begun: true, reconnects: 0 });
    assert!(matches!(story.page(), Page::Receipt(_)));
}

#[test]
fn the_question_of_who_wants_to_watch_comes_first_and_the_other_is_armed_anew_behind_it() {
    let mut story = Story::begin().waiting();
    story.allow();
    story.helped(helped::Out::AskAdministrator);
    story.pass(Duration::from_secs(2));
    story.watch_asks();
    assert!(matches!(story.page(), Page::Consent(consent) if consent.attendant == "Bia Costa"));
    story.pass(Duration::from_secs(8));
    story.effects();
    story.tell(Command::AnswerAdministrator(true));
    story.tell(Command::AnswerAdministrator(false));
    assert_eq!(answers(&mut story), [], "it is on no page");
    story.tell(Command::Answer { allow: true, control: false });
    assert_eq!(story.effects(), [Effect::Watched(ToHelped::Answer { allow: true, control: false })]);
    story.watch_says(helped::Out::CloseQuestion);
    let question = asked(&story).unwrap();
    assert_eq!(question.arms_in, limits::CONSENT_ARMS_AFTER, "the click that let somebody watch");
    assert_eq!(question.expires_in, limits::CONSENT_WAIT - Duration::from_secs(10), "and it waits no longer for that");
    story.watch_says(helped::Out::Started { peer: bia(), granted: Grants::VIEW, signer: signer() });
    story.pass(limits::CONSENT_ARMS_AFTER);
    assert!(asked(&story).unwrap().armed());

    // Who watches has no such question, and its end moves nothing.
    story.watch_says(helped::Out::CloseAdministrator);
    story.watch_says(helped::Out::Over { why: CloseReason::EndedByAttendant, begun: true, reconnects: 0 });
    assert!(asked(&story).unwrap().armed());
    story.effects();
    story.tell(Command::AnswerAdministrator(true));
    assert_eq!(answers(&mut story), [ToHelped::AnswerAdministrator(true)]);

    // Who gives up while it is asked whether they may watch has been in front as well.
    story.helped(helped::Out::AskAdministrator);
    story.watch_asks();
    story.pass(Duration::from_secs(8));
    story.watch_says(helped::Out::Over { why: CloseReason::Cancelled, begun: false, reconnects: 0 });
    assert_eq!(asked(&story).unwrap().arms_in, limits::CONSENT_ARMS_AFTER);
}

#[test]
fn a_watch_asks_for_no_rights_and_has_none() {
    let mut story = Story::begin().waiting();
    story.allow();
    story.watch_asks();
    story.watch_says(helped::Out::CloseQuestion);
    story.watch_says(helped::Out::Started { peer: bia(), granted: Grants::VIEW, signer: signer() });
    story.watch_says(helped::Out::AskAdministrator);
    story.watch_says(helped::Out::Administrator(true));
    assert_eq!((window(&story), asked(&story)), (MainWindow::Hidden, None));
    assert!(!story.controller.view(story.now).session_bar.unwrap().administrator);
}

/// Watches another attendant's session.
fn watcher() -> Story {
    let mut story = Story::begin().logged_in().speaks(5);
    story.tell(Command::OpenLink("amparo:connect?id=123456789&watch=1".parse::<ConnectLink>().unwrap()));
    let request = |story: &mut Story| {
        let asked = |said| if let ToRelay::AskWatch(ask) = said { Some(ask.request) } else { None };
        story.said().into_iter().find_map(asked).unwrap()
    };
    let looked = request(&mut story);
    story.hear(FromRelay::WatchIs(WatchIs { request: looked, watch: Ok(found(None)) }));
    story.tell(Command::Watch);
    let entered = request(&mut story);
    story.hear(FromRelay::WatchIs(WatchIs { request: entered, watch: Ok(found(Some(opaque(9)))) }));
    let taken = |effect| if let Effect::TakeGrant { request, .. } = effect { Some(request) } else { None };
    let request = story.effects().into_iter().find_map(taken).unwrap();
    story.hear(FromRelay::GrantTaken(GrantTaken { request, taken: true }));
    let dialled = |said| if let ToRelay::DialWatch(dial) = said { Some(dial.request) } else { None };
    let request = story.said().into_iter().find_map(dialled).unwrap();
    story.hear(FromRelay::GrantOpened(GrantOpened { request, password: Password::from_entropy([4; 5]) }));
    story.hear(FromRelay::Dialled(Dialled {
        request,
        session: watch(),
        token: opaque(3),
        resume: opaque(4),
        protocol: ProtocolNumber::new("2026-11-21-000002").unwrap(),
    }));
    let started = attending::Out::Started(Grants::VIEW, Feed::to_nobody(), None);
    story.controller.attending(watch(), &started, story.now);
    story.effects();
    story
}

#[test]
fn who_watches_another_attendants_session_asks_for_nothing_and_reads_nothing() {
    let mut story = watcher();
    assert!(story.controller.view(story.now).viewer.unwrap().watching);
    assert!(!asks(&mut story));
    assert_eq!(shown(&story), (AdministratorView::Off, None));
}
