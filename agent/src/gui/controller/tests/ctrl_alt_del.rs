//! Ctrl+Alt+Del: asked for with mouse and keyboard only, and whatever comes of it is said until it is read.

use protocol::message::control::Attention;

use super::*;
use crate::{attendant::viewer::Feed, gui::view_model::NoCtrlAltDel};

pub(super) fn story(granted: Grants) -> Story {
    let mut story = Story::begin().at_password();
    story.tell(Command::GivePassword("K7QF-2M9X".into()));
    let Some(Effect::Say(ToRelay::Dial(dial))) = story.effects().pop() else { panic!() };
    story.hear(FromRelay::Dialled(Dialled {
        request: dial.request,
        session: session(),
        token: opaque(5),
        resume: opaque(6),
        protocol: ProtocolNumber::new("2026-11-21-000001").unwrap(),
    }));
    hear(&mut story, attending::Out::Started(granted, Feed::to_nobody(), None));
    story.effects();
    story
}

pub(super) fn hear(story: &mut Story, out: attending::Out) {
    story.controller.attending(session(), &out, story.now);
}

fn said(story: &Story) -> Option<NoCtrlAltDel> {
    story.controller.view(story.now).viewer.unwrap().no_ctrl_alt_del
}

/// Asks, and tells whether that went out.
fn asks(story: &mut Story) -> bool {
    story.tell(Command::CtrlAltDel);
    story.effects().contains(&Effect::CtrlAltDel)
}

#[test]
fn what_came_of_it_is_said_until_it_is_read_or_asked_for_again() {
    let mut story = story(Grants::CONTROL);
    for (what, why) in [
        (Some(Attention::Typed), None),
        (Some(Attention::Shown), None),
        (Some(Attention::NotAllowed), Some(NoCtrlAltDel::NotAllowed)),
        (Some(Attention::NeedsAdministrator), Some(NoCtrlAltDel::NeedsAdministrator)),
        (Some(Attention::PolicyForbids), Some(NoCtrlAltDel::PolicyForbids)),
        (Some(Attention::NothingSeen), Some(NoCtrlAltDel::NothingSeen)),
        (Some(Attention::Unavailable), Some(NoCtrlAltDel::Unavailable)),
        (None, Some(NoCtrlAltDel::ProgramOld)),
    ] {
        assert!(asks(&mut story));
        assert_eq!(said(&story), None, "not answered yet");
        hear(&mut story, attending::Out::CtrlAltDel(what));
        assert_eq!(said(&story), why);
    }
    story.tell(Command::CtrlAltDelRead);
    assert_eq!(said(&story), None);
    hear(&mut story, attending::Out::CtrlAltDel(None));
    hear(&mut story, attending::Out::Paused);
    assert_eq!(said(&story), None, "a cut has another thing to say");
    story.effects();
    assert!(!asks(&mut story), "there is nobody to ask");
    assert_eq!(said(&story), None);
}

#[test]
fn who_only_sees_asks_for_nothing_and_reads_why() {
    let mut only_sees = story(Grants::VIEW);
    assert!(!asks(&mut only_sees));
    assert_eq!(said(&only_sees), Some(NoCtrlAltDel::NotAllowed));

    let mut by_choice = story(Grants::CONTROL);
    by_choice.tell(Command::SetControl(false));
    by_choice.effects();
    assert!(!asks(&mut by_choice));
    assert_eq!(said(&by_choice), Some(NoCtrlAltDel::NotAllowed));
    by_choice.tell(Command::SetControl(true));
    by_choice.effects();
    assert!(asks(&mut by_choice));
    assert_eq!(said(&by_choice), None);
}
