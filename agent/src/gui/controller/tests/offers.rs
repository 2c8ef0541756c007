//! Customers who are offered to an attendant, as stories.

use protocol::message::{
    directory::{WaitingCustomer, WaitingOn},
    offer::{AnswerOffer, Assigned, BreakReason, OfferOver, Offered, PullError, Status, StatusIs},
};

use super::*;
use crate::gui::view_model::{HomeView, StatusKind};

fn customer() -> WaitingCustomer {
    WaitingCustomer {
        id: DeviceId::new(123_456_789).unwrap(),
        fields: Vec::new(),
        app_title: ShownText::lossy("Suporte"),
        since_unix_ms: 1_700_000_000_000,
    }
}

fn home(story: &Story) -> HomeView {
    let Page::Home(view) = story.page() else { panic!("{:?}", story.page()) };
    view
}

fn said(story: &mut Story) -> Vec<ToRelay> {
    let said = story.effects().into_iter();
    said.filter_map(|effect| if let Effect::Say(message) = effect { Some(message) } else { None }).collect()
}

/// At home, available, and the relay knows that an offer could be taken.
fn available() -> Story {
    let mut story = Story::begin().logged_in();
    story.effects();
    assert!(home(&story).status.is_none());
    story.hear(FromRelay::StatusIs(StatusIs { status: Status::Available, since_unix_ms: story.now.unix_ms }));
    assert_eq!(said(&mut story), [ToRelay::Ready(true)]);
    story
}

fn offered(story: &mut Story) {
    story.hear(FromRelay::Offered(Offered { offer: 7, customer: customer(), answer_within_ms: 30_000 }));
}

#[test]
fn an_offer_counts_down_and_is_taken_to_the_ticket_with_its_grant() {
    let mut story = available();
    offered(&mut story);
    story.pass(Duration::from_secs(10));
    let offer = home(&story).offer.unwrap();
    assert_eq!((offer.offer, offer.expires_in), (7, Duration::from_secs(20)));
    story.tell(Command::AnswerOffer { offer: 6, take: true });
    assert_eq!(said(&mut story), [], "another offer");
    story.tell(Command::AnswerOffer { offer: 7, take: true });
    story.tell(Command::AnswerOffer { offer: 7, take: true });
    assert_eq!(said(&mut story), [ToRelay::AnswerOffer(AnswerOffer { offer: 7, take: true })]);
    story.hear(FromRelay::Assigned(Assigned { customer: customer(), grant: Some(opaque(9)) }));
    assert!(matches!(story.page(), Page::TicketStep(_)));
    let effects = story.effects();
    assert!(effects.iter().any(|e| matches!(e, Effect::TakeGrant { partner, .. } if *partner == customer().id)));
    assert!(effects.contains(&Effect::Say(ToRelay::Ready(false))), "no offer could be taken now: {effects:?}");
    story.tell(Command::Back);
    assert!(said(&mut story).contains(&ToRelay::Ready(true)));
}

#[test]
fn an_offer_that_is_over_or_lost_with_the_connection_is_not_shown_any_more() {
    let mut story = available();
    offered(&mut story);
    story.hear(FromRelay::OfferOver(OfferOver { offer: 6, partner: customer().id }));
    assert!(home(&story).offer.is_some());
    story.hear(FromRelay::OfferOver(OfferOver { offer: 7, partner: customer().id }));
    assert!(home(&story).offer.is_none());
    offered(&mut story);
    story.link(LinkNews::Down { why: "gone".into(), retry_in: Duration::from_secs(1) });
    let mut story = story.up();
    story.hear(FromRelay::LoggedIn(LoggedIn {
        operator: OperatorId::from_bytes([3; 16]),
        name: ShownText::lossy("Ana"),
        token: opaque(2),
    }));
    assert!(home(&story).offer.is_none());
    assert!(said(&mut story).contains(&ToRelay::Ready(true)), "the next relay is told anew");
}

#[test]
fn the_status_is_the_relays_and_the_next_is_pulled_with_the_reason_when_it_cannot() {
    let mut story = available();
    story.tell(Command::SetStatus(StatusKind::Meal));
    assert_eq!(said(&mut story), [ToRelay::SetStatus(Status::Break(BreakReason::Meal))]);
    assert_eq!(home(&story).status.unwrap().status, StatusKind::Available, "until the relay says so");
    let is = StatusIs { status: Status::Break(BreakReason::Meal), since_unix_ms: story.now.unix_ms + 5_000 };
    story.hear(FromRelay::StatusIs(is));
    story.pass(Duration::from_secs(65));
    let shown = home(&story).status.unwrap();
    assert_eq!((shown.status, shown.for_), (StatusKind::Meal, Duration::from_secs(65)));
    for (why, trouble) in [
        (PullError::NobodyWaits, Trouble::NobodyToPull),
        (PullError::Offered, Trouble::OfferedElsewhere),
        (PullError::NotAvailable, Trouble::NotAvailable),
    ] {
        story.tell(Command::PullNext);
        story.tell(Command::PullNext);
        assert_eq!(said(&mut story), [ToRelay::PullNext], "once");
        assert!(home(&story).pulling);
        story.hear(FromRelay::PullRefused(why));
        assert_eq!(home(&story).trouble, Some(trouble));
    }
}

#[test]
fn a_waiting_customer_who_came_by_a_tickets_link_stands_on_it_in_the_list() {
    let mut story = Story::begin().logged_in();
    let tickets = |story: &Story| home(story).waiting.into_iter().map(|row| row.ticket).collect::<Vec<_>>();
    let on = |number: &str| WaitingOn { id: customer().id, ticket: TicketNumber::new(number).unwrap() };
    story.hear(FromRelay::Waiting(vec![customer()]));
    assert_eq!(tickets(&story), [None]);
    for number in ["4821", "4822"] {
        story.hear(FromRelay::WaitingOn(vec![on(number)]));
        story.hear(FromRelay::Waiting(vec![customer()]));
        assert_eq!(tickets(&story), [Some(number.to_owned())]);
    }
    // All of them each time: what is not said any more does not hold any more.
    story.hear(FromRelay::WaitingOn(vec![]));
    assert_eq!(tickets(&story), [None]);
}
