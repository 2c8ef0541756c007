//! A report of a crash: offered on the first pages, and in nobody's way.

use super::*;
use crate::gui::view_model::{CrashView, Saving};

fn offered(story: &Story) -> bool {
    story.controller.view(story.now).crash_offered
}

fn report(story: &Story) -> CrashView {
    match story.page() {
        Page::Crash(view) => view,
        page => panic!("{page:?}"),
    }
}

#[test]
fn a_report_is_offered_looked_at_saved_and_deleted() {
    let mut story = Story::begin().waiting();
    assert!(!offered(&story));
    story.tell(Command::ReadReport);
    assert!(matches!(story.page(), Page::Waiting(_)), "there is none");
    story.controller.crashed("panic in thread link".into());
    assert!(offered(&story));
    story.tell(Command::SaveReport);
    assert_eq!(story.effects(), [], "nobody has looked at it");
    story.tell(Command::ReadReport);
    assert_eq!(report(&story), CrashView { text: "panic in thread link".into(), saving: Saving::Offered });
    assert!(!offered(&story));
    story.tell(Command::SaveReport);
    assert_eq!(story.effects(), [Effect::SaveReport("panic in thread link".into())]);
    story.controller.report_saved(Err("no room".into()), story.now);
    let notice = story.controller.view(story.now).notice;
    assert_eq!(notice, Some(Notice::Trouble(Trouble::ReportNotSaved("no room".into()))));
    story.controller.report_saved(Ok("/home/cida/report.txt".into()), story.now);
    assert_eq!(report(&story).saving, Saving::Saved { place: "/home/cida/report.txt".into() });
    story.tell(Command::Back);
    assert!(matches!(story.page(), Page::Waiting(_)) && offered(&story), "it is still there");
    story.tell(Command::DeleteReport);
    assert_eq!(story.effects(), [Effect::DeleteReports]);
    assert!(!offered(&story));
    story.tell(Command::DeleteReport);
    assert_eq!(story.effects(), []);
}

#[test]
fn a_report_is_in_the_way_of_neither_the_question_nor_a_session() {
    let mut story = Story::begin();
    story.controller.crashed("panic".into());
    assert!(!offered(&story), "the form comes first");
    let mut story = story.waiting();
    assert!(offered(&story));
    story.tell(Command::ReadReport);
    story.ring();
    story.helped(helped::Out::Ask { peer: peer(), want: Grants::CONTROL, phrase: phrase() });
    assert!(matches!(story.page(), Page::Consent(_)) && !offered(&story));
    story.helped(helped::Out::CloseQuestion);
    assert!(matches!(story.page(), Page::Crash(_)), "it comes back behind it");
}
