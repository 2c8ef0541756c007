//! Taking away what the program keeps: asked once, not in a session, and nothing is kept or said behind it.

use super::*;
use crate::{
    gui::view_model::{RemovalState, RemovalView, StayedView, UpdateState, UpdateView},
    removal::Stayed,
};

fn state(story: &Story) -> RemovalState {
    match story.page() {
        Page::Removal(RemovalView { state }) => state,
        page => panic!("{page:?}"),
    }
}

fn removes(effects: &[Effect]) -> bool {
    effects.contains(&Effect::Remove)
}

#[test]
fn it_asks_once_and_can_be_left_as_long_as_nothing_was_done() {
    let mut story = Story::begin().waiting();
    story.tell(Command::Remove);
    assert!(!removes(&story.effects()), "nobody was asked");
    story.tell(Command::OpenRemoval);
    assert_eq!(state(&story), RemovalState::Asking);
    story.tell(Command::Back);
    assert!(matches!(story.page(), Page::Waiting(_)));
    story.tell(Command::OpenRemoval);
    story.tell(Command::Remove);
    assert!(removes(&story.effects()));
    assert_eq!(state(&story), RemovalState::Removing);
    story.tell(Command::Remove);
    story.tell(Command::Back);
    assert!(!removes(&story.effects()), "it is done once");
    story.controller.removed(vec![], "/home/cida/suporte".into());
    assert_eq!(state(&story), RemovalState::Removed { program: "/home/cida/suporte".into() });
    story.tell(Command::Back);
    story.tell(Command::SetLanguage(Language::En));
    story.tell(Command::OpenLogin);
    story.tell(Command::RenewPassword);
    assert!(story.effects().is_empty(), "nothing is kept, asked or said any more");
    assert!(matches!(state(&story), RemovalState::Removed { .. }));
    story.tell(Command::Quit);
    assert_eq!(story.effects(), [Effect::Quit]);
}

#[test]
fn what_stayed_is_shown_and_it_can_be_tried_again() {
    let mut story = Story::begin().waiting();
    story.tell(Command::OpenRemoval);
    story.tell(Command::Remove);
    story.effects();
    let stayed = Stayed { what: "/home/cida/.local/share/amparo/x/settings.json".into(), why: "in use".into() };
    story.controller.removed(vec![stayed.clone()], String::new());
    assert_eq!(state(&story), RemovalState::Partly(vec![StayedView { what: stayed.what, why: stayed.why }]));
    story.tell(Command::Back);
    assert!(matches!(state(&story), RemovalState::Partly(_)), "there is nothing to go back to");
    story.tell(Command::Remove);
    assert!(removes(&story.effects()));
}

#[test]
fn neither_a_session_nor_an_update_is_cut_off_by_it() {
    let mut story = Story::begin().waiting();
    story.tell(Command::OpenRemoval);
    story
        .controller
        .show_update(Some(UpdateView { version: "0.2.0".into(), state: UpdateState::Installing }), story.now);
    story.tell(Command::Remove);
    assert!(!removes(&story.effects()));
    assert_eq!(story.controller.view(story.now).notice, Some(Notice::Trouble(Trouble::NotNow)));
    story.controller.show_update(None, story.now);
    story.allow();
    story.effects();
    story.tell(Command::Remove);
    assert!(!removes(&story.effects()));

    let mut story = Story::begin().at_password();
    story.tell(Command::GivePassword("K7QF-2M9X".into()));
    story.effects();
    story.tell(Command::OpenRemoval);
    story.tell(Command::Remove);
    assert!(!removes(&story.effects()));
}
