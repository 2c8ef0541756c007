//! What only the customer can answer: the attendant reads it as long as it is so, and not behind a cut.

use super::*;
use crate::attendant::viewer::Feed;

#[test]
fn the_viewer_says_it_as_long_as_it_is_so() {
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
    let tell = |story: &mut Story, out| story.controller.attending(session(), &out, story.now);
    tell(&mut story, attending::Out::Started(Grants::CONTROL, Feed::to_nobody(), None));
    let said = |story: &Story| story.controller.view(story.now).viewer.unwrap().only_customer;
    assert!(!said(&story));
    tell(&mut story, attending::Out::OnlyCustomer(true));
    assert!(said(&story));
    tell(&mut story, attending::Out::Paused);
    assert!(!said(&story), "who is away cannot tell");
    tell(&mut story, attending::Out::Resumed(Grants::CONTROL));
    assert!(!said(&story));
    tell(&mut story, attending::Out::OnlyCustomer(true));
    tell(&mut story, attending::Out::OnlyCustomer(false));
    assert!(!said(&story));
}
