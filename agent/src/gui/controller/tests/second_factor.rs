//! A login that takes a code beside the password.

use super::*;
use crate::gui::view_model::LoginView;
use protocol::message::directory::{Login, LoginError, LoginWithCode};

fn asked() -> Story {
    let mut story = Story::begin().up();
    story.tell(Command::OpenLogin);
    story.tell(Command::Login { user: "ana".into(), password: Secret::new("correct horse".into()) });
    story.hear(FromRelay::LoginFailed(LoginError::CodeNeeded));
    story.effects();
    story
}

fn give(story: &mut Story, code: &str) {
    let (user, password) = ("ana".into(), Secret::new("correct horse".into()));
    story.tell(Command::LoginWithCode { user, password, code: Secret::new(code.into()) });
}

fn login(story: &Story) -> LoginView {
    match story.page() {
        Page::Login(view) => view,
        page => panic!("{page:?}"),
    }
}

#[test]
fn a_code_is_asked_for_after_a_right_password_and_goes_with_it() {
    let mut story = asked();
    let view = login(&story);
    assert!(view.asks_code && !view.busy && view.trouble.is_none());
    give(&mut story, "081 804");
    assert!(login(&story).busy);
    let said =
        LoginWithCode { login: Login { user: "ana".into(), password: "correct horse".into() }, code: "081 804".into() };
    assert!(story.effects().contains(&Effect::Say(ToRelay::LoginWithCode(said))));
}

#[test]
fn a_wrong_code_is_said_as_one_and_may_be_typed_anew() {
    let mut story = asked();
    give(&mut story, "000000");
    story.hear(FromRelay::LoginFailed(LoginError::Wrong));
    let view = login(&story);
    assert_eq!((view.asks_code, view.trouble), (true, Some(Trouble::CodeRejected)));
    give(&mut story, "000001");
    story.hear(FromRelay::LoginFailed(LoginError::TooMany { retry_after_s: 7 }));
    assert!(matches!(login(&story).trouble, Some(Trouble::LoginThrottled { .. })));
    assert!(login(&story).asks_code);
    story.tell(Command::CloseLogin);
    story.tell(Command::OpenLogin);
    assert!(!login(&story).asks_code, "whoever comes back begins with the password");
}

#[test]
fn a_company_that_wants_a_second_factor_says_where_it_is_set_up() {
    let mut story = asked();
    give(&mut story, "000000");
    story.hear(FromRelay::LoginFailed(LoginError::FactorMissing));
    let view = login(&story);
    assert_eq!((view.asks_code, view.trouble), (false, Some(Trouble::FactorMissing)));
}
