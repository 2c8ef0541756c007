//! The attendant's certificate and copied credentials, as stories.

use protocol::message::one_time::{GrantOpened, GrantTaken};

use super::*;

const DAY: Duration = Duration::from_secs(24 * 3600);
const GRANT: &str = "0123456789abcdef0123456789abcdef";

fn enrols(story: &mut Story) -> usize {
    story.effects().iter().filter(|effect| **effect == Effect::Enrol).count()
}

#[test]
fn a_program_that_stays_logged_in_for_eight_days_renews_its_certificate_by_itself() {
    let mut story = Story::begin().logged_in();
    story.effects();
    let mut asked = 0;
    for hour in 0..8 * 24 {
        story.pass(Duration::from_secs(3600));
        if enrols(&mut story) > 0 {
            asked += 1;
            assert!(hour >= 5 * 24 - 2, "not before the last two days: {hour}");
            // A server that holds the root answers at once.
            story.controller.enrolled(Ok(story.now.unix_ms + WEEK_MS));
        }
    }
    assert_eq!(asked, 1, "the next one lasts");
    story.tell(Command::Connect { partner: "123 456 789".into() });
    assert!(matches!(story.page(), Page::TicketStep(_)), "sessions can be opened on the eighth day");
}

#[test]
fn where_the_administrator_signs_the_old_certificate_works_until_it_expires() {
    let mut story = Story::begin().logged_in();
    let expires = story.now.unix_ms + WEEK_MS;
    story.effects();
    story.pass(5 * DAY + Duration::from_secs(60));
    assert_eq!(enrols(&mut story), 1);
    // The relay gives the old one back and keeps the request: not asked for again at once.
    story.controller.enrolled(Ok(expires));
    story.controller.enrolment_waits("A102 …".into());
    story.pass(Duration::from_secs(60));
    assert_eq!(enrols(&mut story), 0);
    let Page::Home(home) = story.page() else { panic!() };
    let enabling = home.enabling.unwrap();
    assert_eq!(enabling.fingerprint, "A102 …");
    assert!(enabling.works_for.is_some_and(|left| left < 2 * DAY && left > DAY));
    story.tell(Command::Connect { partner: "123 456 789".into() });
    assert!(matches!(story.page(), Page::TicketStep(_)));
    story.tell(Command::Back);
    story.tell(Command::Cancel);

    story.pass(2 * DAY);
    story.tell(Command::Connect { partner: "123 456 789".into() });
    let Page::Home(home) = story.page() else { panic!("an expired certificate opens nothing") };
    assert_eq!(home.trouble, Some(Trouble::NotEnabled));
    story.controller.enrolled(Ok(story.now.unix_ms + WEEK_MS));
    story.tell(Command::Connect { partner: "123 456 789".into() });
    assert!(matches!(story.page(), Page::TicketStep(step) if step.trouble.is_none()));
}

#[test]
fn an_attendant_who_is_not_enabled_yet_sees_the_code_and_connects_to_nobody() {
    let mut story = Story::begin().up();
    story.tell(Command::OpenLogin);
    story.tell(Command::Login { user: "ana".into(), password: Secret::new("correct horse".into()) });
    story.hear(FromRelay::LoggedIn(LoggedIn {
        operator: OperatorId::from_bytes([3; 16]),
        name: ShownText::lossy("Ana"),
        token: opaque(2),
    }));
    story.controller.enrolment_waits("A102 …".into());
    story.effects();
    let Page::Home(home) = story.page() else { panic!("{:?}", story.page()) };
    assert!(home.enabling.is_some_and(|enabling| enabling.works_for.is_none()));
    story.tell(Command::Connect { partner: "123 456 789".into() });
    assert!(matches!(story.page(), Page::Home(home) if home.trouble == Some(Trouble::NotEnabled)));
    story.tell(Command::PasteCredentials(Secret::new(format!("123 456 789 {GRANT}"))));
    assert_eq!(story.effects(), [], "nothing is asked of the relay");
    story.controller.enrolled(Ok(story.now.unix_ms + WEEK_MS));
    assert!(matches!(story.page(), Page::Home(home) if home.enabling.is_none()));
}

/// Pastes a grant; the number under which the relay is asked to take it.
fn pasted(story: &mut Story) -> u32 {
    story.effects();
    story.tell(Command::PasteCredentials(Secret::new(format!("123 456 789 {GRANT}"))));
    let asked = story.effects().into_iter().find_map(|effect| match effect {
        Effect::TakeGrant { request, grant, .. } => {
            assert_eq!(grant.as_bytes(), GRANT.as_bytes());
            Some(request)
        }
        _ => None,
    });
    asked.expect("the grant is taken at once")
}

fn choose(story: &mut Story) {
    story.tell(Command::ChooseTicket(TicketChoice::Existing("4821".into())));
    story.tell(Command::StartSession);
}

fn dialled(story: &mut Story) -> Option<u32> {
    story.effects().into_iter().find_map(|effect| match effect {
        Effect::Say(ToRelay::Dial(dial)) => Some(dial.request),
        _ => None,
    })
}

fn answer(request: u32) -> FromRelay {
    FromRelay::Dialled(Dialled {
        request,
        session: session(),
        token: opaque(5),
        resume: opaque(6),
        protocol: ProtocolNumber::new("2026-11-21-000001").unwrap(),
    })
}

#[test]
fn a_grant_stands_for_the_password_whenever_its_answer_comes() {
    for early in [true, false] {
        let mut story = Story::begin().logged_in();
        let request = pasted(&mut story);
        let taken = FromRelay::GrantTaken(GrantTaken { request, taken: true });
        if early {
            story.hear(taken.clone());
        }
        choose(&mut story);
        if !early {
            assert_eq!(dialled(&mut story), None, "the answer is waited for");
            story.hear(taken);
        }
        let request = dialled(&mut story).expect("dialled without asking for a password");
        let password = Password::from_entropy([1, 2, 3, 4, 5]);
        story.hear(FromRelay::GrantOpened(GrantOpened { request, password: password.clone() }));
        story.hear(answer(request));
        assert!(story.effects().contains(&Effect::StartAttending(session(), password)));
    }
}

#[test]
fn a_grant_that_is_not_taken_or_gone_leaves_the_password_to_be_asked_for() {
    let asks = |story: &Story| matches!(story.page(), Page::PartnerPassword(page) if !page.busy);
    let expired = |story: &Story| matches!(story.page(), Page::PartnerPassword(page) if page.trouble == Some(Trouble::CredentialsExpired));
    // Refused while the ticket is chosen, and after.
    let mut story = Story::begin().logged_in();
    let request = pasted(&mut story);
    story.hear(FromRelay::GrantTaken(GrantTaken { request, taken: false }));
    choose(&mut story);
    assert!(asks(&story) && dialled(&mut story).is_none());
    let mut story = Story::begin().logged_in();
    let request = pasted(&mut story);
    choose(&mut story);
    story.hear(FromRelay::GrantTaken(GrantTaken { request: request + 1, taken: true }));
    story.hear(FromRelay::GrantTaken(GrantTaken { request, taken: false }));
    assert!(asks(&story) && expired(&story) && dialled(&mut story).is_none());

    // The customer has renewed the password, or the relay knows of no grant on this connection any more.
    for gone in [true, false] {
        let mut story = Story::begin().logged_in();
        let request = pasted(&mut story);
        story.hear(FromRelay::GrantTaken(GrantTaken { request, taken: true }));
        choose(&mut story);
        let request = dialled(&mut story).unwrap();
        if gone {
            story.hear(FromRelay::DialRefused(DialRefused { request, why: DialError::GrantGone }));
        } else {
            story.hear(answer(request));
            let ended =
                Happened::Ended { why: CloseReason::Cancelled, at_unix_ms: story.now.unix_ms + 5_000, reconnects: 0 };
            assert_eq!(story.reports(), [ended], "the customer is free again");
        }
        assert!(asks(&story) && expired(&story));
        story.tell(Command::GivePassword(Secret::new("K7QF-2M9X".into())));
        assert!(dialled(&mut story).is_some());
    }
}
