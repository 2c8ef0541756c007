//! A link of the console: what it fills in, and what it waits for.

use super::*;
use crate::{
    connect_link::{ConnectLink, Link},
    gui::view_model::InvitationNews,
};

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

/// The end of a link of this company, and of another one at this server.
fn from(server: &str, company: u8) -> String {
    format!("&at={server}&company={}", TenantId::from_bytes([company; 16]))
}

fn of_another(server: &str) -> Trouble {
    Trouble::LinkOfAnother { server: server.into(), here: ("Varanda Sistemas".into(), "localhost".into()) }
}

#[test]
fn a_link_of_ones_own_company_is_followed_wherever_its_server_says_it_is() {
    for server in ["localhost", "old-name.example%3A7443"] {
        let mut story = Story::begin().logged_in();
        story.effects();
        story.tell(link(&format!("{LINK}{}", from(server, 9))));
        assert_eq!(asked(&mut story), (vec!["4821".to_owned()], 1), "{server}");
    }
}

#[test]
fn a_link_of_another_company_looks_nobody_up_and_is_told_in_words() {
    for (server, shown) in [("help.other.example%3A7443", "help.other.example:7443"), ("localhost", "localhost")] {
        for begin in [LINK, "amparo:connect?id=123456789&watch=1"] {
            let mut story = Story::begin().logged_in();
            story.effects();
            story.tell(link(&format!("{begin}{}", from(server, 8))));
            let Page::Home(home) = story.page() else { panic!("{:?}", story.page()) };
            assert_eq!(home.trouble, Some(of_another(shown)));
            assert!(story.effects().is_empty(), "nothing is asked of this server");
            // The next link of one's own takes its place.
            story.tell(link(LINK));
            assert_eq!(asked(&mut story), (vec!["4821".to_owned()], 1));
            assert!(matches!(story.page(), Page::TicketStep(step) if step.trouble.is_none()));
        }
    }
}

#[test]
fn before_a_login_a_link_of_another_company_is_told_there_and_not_followed_later() {
    let mut story = Story::begin().up();
    story.tell(link(&format!("{LINK}{}", from("help.other.example", 8))));
    let Page::Login(login) = story.page() else { panic!("{:?}", story.page()) };
    assert_eq!(login.trouble, Some(of_another("help.other.example")));
    let mut story = story.logged_in();
    assert_eq!(asked(&mut story), (vec![], 0));
}

#[test]
fn a_link_of_another_company_disturbs_no_session_and_no_link_that_waits() {
    let mut story = Story::begin().waiting();
    story.allow();
    let before = story.page();
    story.tell(link(&format!("{LINK}{}", from("help.other.example", 8))));
    assert_eq!(story.page(), before);

    let mut story = Story::begin().at_password();
    story.tell(Command::GivePassword("K7QF-2M9X".into()));
    let before = story.page();
    story.tell(link(&format!("amparo:connect?id=987654321{}", from("help.other.example", 8))));
    assert_eq!(story.page(), before);
}

#[test]
fn an_invitation_of_another_company_is_told_and_asked_of_nobody() {
    let token = "0123456789abcdefghjkmnpqrstvwxyz01234";
    let open = |company: u8| match format!("amparo:ticket?token={token}{}", from("help.other.example", company)).parse()
    {
        Ok(Link::Ticket(invitation, origin)) => Command::OpenInvitation(invitation, origin),
        other => panic!("{other:?}"),
    };
    let mut story = Story::begin().up();
    story.effects();
    story.tell(open(8));
    assert!(story.effects().is_empty());
    let notice = story.controller.view(story.now).notice;
    let expected = InvitationNews::Elsewhere { server: "help.other.example".into() };
    assert_eq!(notice, Some(Notice::Invitation(expected)));
}
