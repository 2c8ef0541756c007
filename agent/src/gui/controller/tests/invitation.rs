//! An invitation to a ticket, as stories: what is filled in, what the relay is told and when, and what is said when it is not good.

use protocol::{
    message::{
        directory::{Field, Register},
        invitation::{Invitation, InvitationError, InvitationIs, Invited},
    },
    version::{INVITATIONS_SINCE, SPOKEN},
};

use super::*;
use crate::gui::view_model::{InvitationNews, TicketLine};

fn token() -> Invitation {
    "0123456789abcdefghjkmnpqrstvwxyz01234".parse().unwrap()
}

fn good() -> FromRelay {
    let field = |key, value: &str| Field { key, value: ShownText::lossy(value) };
    FromRelay::InvitationIs(InvitationIs::Good(Invited {
        number: TicketNumber::new("4821").unwrap(),
        subject: ShownText::lossy("Nota fiscal"),
        fields: vec![
            field(FieldKey::Name, "Cida Nogueira"),
            field(FieldKey::Email, "cida@a.example"),
            // This profile does not ask for it.
            field(FieldKey::Company, "Padaria"),
        ],
    }))
}

fn refused(why: InvitationError) -> FromRelay {
    FromRelay::InvitationIs(InvitationIs::Refused(why))
}

fn line() -> TicketLine {
    TicketLine { number: "4821".into(), subject: "Nota fiscal".into() }
}

impl Story {
    fn up_in(mut self, version: u16) -> Self {
        let (company, now_unix_ms) = (ShownText::default(), self.now.unix_ms);
        self.link(LinkNews::Up(Welcome { version, company, now_unix_ms }));
        self
    }

    fn invited(version: u16) -> Self {
        let mut story = Self::begin();
        story.tell(Command::OpenInvitation(token(), None));
        assert!(story.effects().is_empty(), "there is nobody to ask");
        story.up_in(version)
    }

    /// What the relay is told of invitations and registrations, in order.
    fn told_relay(&mut self) -> Vec<&'static str> {
        let word = |effect: &Effect| match effect {
            Effect::Say(ToRelay::OpenInvitation(open)) => {
                assert_eq!(open.invitation, token());
                Some("open")
            }
            Effect::Say(ToRelay::Register(Register { .. })) => Some("register"),
            _ => None,
        };
        self.effects().iter().filter_map(word).collect()
    }

    fn values(&self) -> Vec<String> {
        let Page::Fields(page) = self.page() else { panic!("{:?}", self.page()) };
        page.fields.iter().map(|field| field.value.clone()).collect()
    }

    fn notice(&self) -> Option<Notice> {
        self.controller.view(self.now).notice
    }
}

#[test]
fn an_invitation_fills_the_form_in_and_is_told_before_each_registration() {
    let mut story = Story::invited(SPOKEN.newest);
    assert_eq!(story.told_relay(), ["open"]);
    assert_eq!(story.values(), ["", ""], "nothing is filled in before the relay says what");
    story.hear(good());
    assert_eq!(story.values(), ["Cida Nogueira", "cida@a.example"]);
    let Page::Fields(page) = story.page() else { panic!() };
    assert_eq!((page.ticket, story.notice()), (Some(line()), None));
    story.tell(Command::SubmitFields(vec![(FieldKind::Name, "Cida N".into()), (FieldKind::Email, String::new())]));
    assert_eq!(story.told_relay(), ["register"]);
    story.link(LinkNews::Down { why: "lost".into(), retry_in: Duration::from_secs(1) });
    let mut story = story.up_in(SPOKEN.newest);
    assert_eq!(story.told_relay(), ["open", "register"]);
    story.hear(good());
    assert_eq!((story.told_relay(), story.notice()), (vec![], None), "it stands already, and nothing is new");
}

#[test]
fn what_somebody_types_is_never_replaced() {
    let mut story = Story::invited(SPOKEN.newest);
    story.tell(Command::Typed);
    story.hear(good());
    assert_eq!(story.values(), ["", ""]);
    let Page::Fields(page) = story.page() else { panic!() };
    assert_eq!(page.ticket, Some(line()));
    // What was sent and not accepted is still theirs.
    let mut story = Story::invited(SPOKEN.newest);
    story.tell(Command::SubmitFields(vec![(FieldKind::Name, "Rosa".into()), (FieldKind::Email, "rosa".into())]));
    story.hear(good());
    assert_eq!(story.values(), ["Rosa", "rosa"]);
}

#[test]
fn a_link_opened_while_waiting_is_told_and_the_program_registers_anew() {
    let mut story = Story::begin().up_in(SPOKEN.newest);
    story.tell(Command::SubmitFields(vec![(FieldKind::Name, "Cida".into())]));
    story.hear(FromRelay::Registered(Registered { id: DeviceId::new(123_456_789).unwrap(), proof: opaque(1) }));
    story.effects();
    story.tell(Command::OpenInvitation(token(), None));
    assert_eq!(story.told_relay(), ["open"]);
    story.hear(good());
    assert_eq!(story.told_relay(), ["register"]);
    assert_eq!(story.notice(), Some(Notice::Invitation(InvitationNews::To(line()))));
    story.tell(Command::OpenInvitation(token(), None));
    assert!(story.told_relay().is_empty(), "the same once more is nothing new");
}

#[test]
fn an_invitation_that_is_not_good_is_said_and_the_program_goes_on_without() {
    let number = TicketNumber::new("4821").unwrap();
    for (why, news, again) in [
        (InvitationError::Unknown, InvitationNews::Unknown, false),
        (InvitationError::Expired, InvitationNews::Expired, false),
        (InvitationError::Over(number), InvitationNews::Over { number: "4821".into() }, false),
        (InvitationError::Unavailable, InvitationNews::Later, true),
    ] {
        let mut story = Story::invited(SPOKEN.newest);
        story.effects();
        story.hear(refused(why));
        assert_eq!(story.notice(), Some(Notice::Invitation(news)));
        assert_eq!(story.values(), ["", ""]);
        story.tell(Command::SubmitFields(vec![(FieldKind::Name, "Cida".into())]));
        assert_eq!(story.told_relay(), ["register"]);
        story.link(LinkNews::Down { why: "lost".into(), retry_in: Duration::from_secs(1) });
        let mut story = story.up_in(SPOKEN.newest);
        let asked = if again { vec!["open", "register"] } else { vec!["register"] };
        assert_eq!(story.told_relay(), asked);
    }
}

#[test]
fn a_server_that_knows_no_invitations_is_not_asked_and_the_customer_is_told() {
    for version in SPOKEN.oldest..INVITATIONS_SINCE {
        let mut story = Story::invited(version);
        assert!(story.told_relay().is_empty());
        assert_eq!(story.notice(), Some(Notice::Invitation(InvitationNews::ServerOld)));
        story.tell(Command::SubmitFields(vec![(FieldKind::Name, "Cida".into())]));
        assert_eq!(story.told_relay(), ["register"]);
    }
}

#[test]
fn neither_a_session_nor_an_attendant_is_disturbed_and_what_nobody_asked_for_is_not_believed() {
    let mut story = Story::begin().waiting();
    story.allow();
    let before = story.page();
    story.effects();
    story.tell(Command::OpenInvitation(token(), None));
    assert_eq!((story.told_relay(), story.page()), (vec![], before));
    let mut story = Story::begin().logged_in();
    story.effects();
    story.tell(Command::OpenInvitation(token(), None));
    assert!(story.told_relay().is_empty());
    let mut story = Story::begin().up_in(SPOKEN.newest);
    story.hear(good());
    assert_eq!(story.values(), ["", ""]);
}
