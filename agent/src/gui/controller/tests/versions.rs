//! Programs and servers of different versions, as stories: what the person is told, and when a newer program may take this one's place.

use protocol::{
    message::hello::Refusal,
    version::{SPOKEN, VersionRange},
};

use super::*;
use crate::{
    gui::view_model::{Apart, UpdateState, UpdateTrouble, UpdateView},
    update::Hurry,
};

fn refused(oldest: u16, newest: u16) -> Option<Apart> {
    let mut story = Story::begin();
    story.link(LinkNews::Refused(Refusal::Version(VersionRange { oldest, newest })));
    story.link(LinkNews::Down { why: "refused".into(), retry_in: Duration::from_secs(30) });
    story.pass(Duration::from_secs(3));
    let Page::Unreachable(page) = story.page() else { panic!("there is no contact") };
    // A server that was brought up to date is a server like any other.
    let story = story.up();
    assert!(!matches!(story.page(), Page::Unreachable(_)));
    page.apart
}

#[test]
fn a_customer_is_told_whether_the_program_or_the_server_is_too_old() {
    assert_eq!(refused(SPOKEN.newest + 1, SPOKEN.newest + 3), Some(Apart::ProgramOld));
    assert_eq!(refused(0, 0), Some(Apart::ServerOld));
}

#[test]
fn a_click_on_the_icon_is_told_and_what_failed_is_said_once() {
    let mut story = Story::begin();
    story.tell(Command::Update);
    assert!(story.effects().contains(&Effect::Update));
    let update = |state| Some(UpdateView { version: "0.2.0".into(), state });
    let offered = update(UpdateState::Offered);
    story.controller.show_update(offered.clone(), story.now);
    let view = story.controller.view(story.now);
    assert_eq!((view.update, view.notice), (offered, None));
    let fetching = update(UpdateState::Fetching { percent: 43 });
    story.controller.show_update(fetching.clone(), story.now);
    assert_eq!(story.controller.view(story.now).notice, fetching.map(Notice::Updating));
    let failed = update(UpdateState::Failed(UpdateTrouble::DiskFull));
    story.controller.show_update(failed.clone(), story.now);
    assert_eq!(story.controller.view(story.now).notice, Some(Notice::NotUpdated(UpdateTrouble::DiskFull)));
    story.pass(Duration::from_secs(60));
    story.controller.show_update(failed.clone(), story.now);
    let view = story.controller.view(story.now);
    assert_eq!((view.notice, view.update), (None, failed), "the icon stays, the words go");
}

#[test]
fn a_program_is_idle_only_while_nobody_waits_types_or_is_connected() {
    let mut story = Story::begin();
    story.pass(Duration::from_secs(90));
    assert!(matches!(story.controller.hurry(story.now), Hurry::Idle(since) if since >= Duration::from_secs(90)));
    story.tell(Command::Typed);
    assert!(matches!(story.controller.hurry(story.now), Hurry::Idle(since) if since.is_zero()));
    let mut story = story.waiting();
    story.pass(Duration::from_secs(90));
    assert_eq!(story.controller.hurry(story.now), Hurry::InUse);
    story.allow();
    assert_eq!(story.controller.hurry(story.now), Hurry::Session);
    story.helped(helped::Out::Over { why: CloseReason::EndedByCustomer, begun: true, reconnects: 0 });
    assert_eq!(story.controller.hurry(story.now), Hurry::InUse, "the receipt is read");
    let story = Story::begin().at_password();
    assert_eq!(story.controller.hurry(story.now), Hurry::Session, "an attendant is about to connect");
}
