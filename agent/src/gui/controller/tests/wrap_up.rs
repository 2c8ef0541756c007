//! What is asked when a session is over, as stories.

use protocol::message::{
    WrittenText,
    wrap_up::{NoteAsked, WrapUp, WrapUpForm},
};

use super::*;
use crate::{
    attendant::viewer::Feed,
    gui::view_model::{EndedView, NoteView},
};

/// A session that the app asks this about is over.
fn over(required: bool, note: NoteAsked) -> Story {
    let mut story = Story::begin().at_password();
    story.tell(Command::GivePassword(Secret::new("K7QF-2M9X".into())));
    let Some(Effect::Say(ToRelay::Dial(dial))) = story.effects().pop() else { panic!() };
    story.hear(FromRelay::Dialled(Dialled {
        request: dial.request,
        session: session(),
        token: opaque(5),
        resume: opaque(6),
        protocol: ProtocolNumber::new("2026-11-21-000001").unwrap(),
    }));
    let categories = ["Resolvido", "Pendente"].map(ShownText::lossy).to_vec();
    story.hear(FromRelay::WrapUpAsked(WrapUpForm { session: session(), required, categories, note }));
    let started = attending::Out::Started(Grants::CONTROL, Feed::to_nobody(), None);
    story.controller.attending(session(), &started, story.now);
    let over = attending::Out::Over { why: CloseReason::EndedByCustomer, begun: true, reconnects: 0 };
    story.controller.attending(session(), &over, story.now);
    assert!(matches!(&story.reports()[..], [Happened::Ended { .. }]));
    story
}

fn ended(story: &Story) -> EndedView {
    let Page::Ended(view) = story.page() else { panic!("{:?}", story.page()) };
    view
}

#[test]
fn a_category_that_is_required_must_be_chosen_before_one_goes_on() {
    let mut story = over(true, NoteAsked::Required);
    let asked = ended(&story).wrap_up.unwrap();
    assert_eq!((asked.categories.len(), asked.required, asked.note), (2, true, Some(NoteView::Required)));
    story.tell(Command::Back);
    story.tell(Command::WrapUp { note: " ".into() });
    let asked = ended(&story).wrap_up.unwrap();
    assert!(asked.category_missing && asked.note_missing);
    story.tell(Command::ChooseCategory(9));
    story.tell(Command::ChooseCategory(1));
    story.tell(Command::ChooseCategory(1));
    assert_eq!(ended(&story).wrap_up.unwrap().chosen, Some(1), "it stays chosen");
    assert_eq!(story.reports(), []);
    story.tell(Command::WrapUp { note: "Falta o certificado.\n".into() });
    let category = Some(ShownText::lossy("Pendente"));
    let said = WrapUp { category, note: WrittenText::lossy("Falta o certificado.") };
    assert_eq!(story.reports(), [Happened::WrappedUp(said)]);
    assert!(matches!(story.page(), Page::Home(_)));
}

#[test]
fn what_is_asked_and_not_required_is_left_empty_by_one_click_and_told_until_it_is_kept() {
    let mut story = over(false, NoteAsked::Optional);
    story.tell(Command::ChooseCategory(0));
    story.tell(Command::ChooseCategory(0));
    assert_eq!(ended(&story).wrap_up.unwrap().chosen, None, "chosen again: taken back");
    story.tell(Command::WrapUp { note: String::new() });
    let nothing = [Happened::WrappedUp(WrapUp::default())];
    assert_eq!(story.reports(), nothing);
    story.hear(FromRelay::ReportKept(ReportKept { session: session(), step: Step::Ended, record: None }));
    story.pass(Duration::from_secs(6));
    assert_eq!(story.reports(), nothing, "the relay cannot write now: said again");
    story.hear(FromRelay::ReportKept(ReportKept { session: session(), step: Step::WrappedUp, record: None }));
    story.pass(Duration::from_secs(6));
    assert_eq!(story.reports(), []);
}
