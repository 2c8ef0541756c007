//! A link of the console: what it fills in, and what it waits for.

use super::*;
use crate::connect_link::ConnectLink;

fn link(text: &str) -> Command {
    Command::OpenLink(text.parse::<ConnectLink>().unwrap())
}

const LINK: &str = "amparo:connect?id=123456789&ticket=4821";

/// Tickets that the relay was asked for, and whose list.
fn asked(story: &mut Story) -> (Vec<String>, usize) {
    let effects = story.effects();
    let found = effects.iter().filter_map(|effect| match effect {
        Effect::Say(ToRelay::FindTicket(find)) => Some(find.number.as_str().to_owned()),
        _ => None,
    });
    let lists = effects.iter().filter(|effect| matches!(effect, Effect::Say(ToRelay::ListTickets(_)))).count();
    (found.collect(), lists)
}

#[test]
fn a_link_leads_to_the_ticket_step_and_no_further() {
    let mut story = Story::begin().logged_in();
    story.effects();
    story.tell(link(LINK));
    assert!(matches!(story.page(), Page::TicketStep(_)), "{:?}", story.page());
    assert_eq!(asked(&mut story), (vec!["4821".to_owned()], 1));
    story.tell(link("amparo:connect?id=987654321"));
    assert_eq!(asked(&mut story), (vec![], 1), "another link takes the place of the one before");
}

#[test]
fn a_link_waits_until_somebody_is_logged_in_and_enabled() {
    let mut story = Story::begin().up();
    story.tell(link(LINK));
    assert!(matches!(story.page(), Page::Login(_)));
    story.tell(Command::Login { user: "ana".into(), password: Secret::new("correct horse".into()) });
    story.hear(FromRelay::LoggedIn(LoggedIn {
        operator: OperatorId::from_bytes([3; 16]),
        name: ShownText::lossy("Ana"),
        token: opaque(2),
    }));
    assert_eq!(asked(&mut story), (vec![], 0));
    story.controller.enrolled(Ok(story.now.unix_ms + WEEK_MS));
    assert!(matches!(story.page(), Page::TicketStep(_)));
    assert_eq!(asked(&mut story), (vec!["4821".to_owned()], 1));
    story.controller.enrolled(Ok(story.now.unix_ms + 2 * WEEK_MS));
    assert_eq!(asked(&mut story), (vec![], 0), "a link is followed once");
}

#[test]
fn a_login_page_that_is_left_forgets_the_link() {
    let mut story = Story::begin().up();
    story.tell(link(LINK));
    story.tell(Command::CloseLogin);
    let mut story = story.logged_in();
    assert_eq!(asked(&mut story), (vec![], 0));
}

#[test]
fn a_link_disturbs_neither_a_customers_session_nor_an_attendants() {
    let mut story = Story::begin().waiting();
    story.allow();
    let before = story.page();
    story.tell(link(LINK));
    assert_eq!(story.page(), before);

    let mut story = Story::begin().at_password();
    story.tell(Command::GivePassword("K7QF-2M9X".into()));
    let before = story.page();
    story.effects();
    story.tell(link("amparo:connect?id=987654321"));
    assert_eq!(story.page(), before);
    assert_eq!(asked(&mut story), (vec![], 0));
}
