//! A customer whom nobody attends, as stories.

use protocol::message::request::{Attended, LeftRequest, RequestError, RequestLeft};

use super::*;
use crate::gui::view_model::{AttendedView, RequestView, WaitingView};

fn waiting(story: &Story) -> WaitingView {
    let Page::Waiting(view) = story.page() else { panic!("{:?}", story.page()) };
    view
}

/// Out of hours, with the form open.
fn writing() -> Story {
    let mut story = Story::begin().waiting();
    assert_eq!(waiting(&story).request, RequestView::None, "somebody attends: nothing is offered");
    story.tell(Command::WriteRequest);
    assert_eq!(waiting(&story).request, RequestView::None);
    let opens_unix_ms = Some(1_795_431_600_000);
    story.hear(FromRelay::Attended(Attended::Closed { holiday: ShownText::default(), opens_unix_ms }));
    let closed = waiting(&story);
    let attended = AttendedView::Closed { holiday: None, opens_unix_s: Some(1_795_431_600) };
    assert_eq!((closed.attended, closed.request), (attended, RequestView::Offered));
    story.tell(Command::WriteRequest);
    story
}

fn said(story: &mut Story) -> Vec<String> {
    let said = story.effects().into_iter();
    said.filter_map(|effect| match effect {
        Effect::Say(ToRelay::LeaveRequest(request)) => Some(request.text.as_str().to_owned()),
        _ => None,
    })
    .collect()
}

#[test]
fn a_request_is_left_once_and_its_ticket_comes_later() {
    let mut story = writing();
    story.tell(Command::LeaveRequest { text: " Não imprime.\r\nLiguem amanhã. ".into() });
    story.tell(Command::LeaveRequest { text: "outra vez".into() });
    assert_eq!(said(&mut story), ["Não imprime.\nLiguem amanhã."]);
    let protocol = ProtocolNumber::new("2026-11-21-000042").unwrap();
    let left = LeftRequest { session: session(), protocol: protocol.clone() };
    story.hear(FromRelay::RequestLeft(RequestLeft { outcome: Ok(left) }));
    let known = |story: &Story| match waiting(story).request {
        RequestView::Left { protocol, ticket } => (protocol, ticket),
        other => panic!("{other:?}"),
    };
    assert_eq!(known(&story), ("2026-11-21-000042".to_owned(), None));
    let ticket = Some(TicketNumber::new("4833").unwrap());
    story.hear(FromRelay::SessionTicket(SessionTicket { session: session(), protocol, ticket }));
    assert_eq!(known(&story).1.as_deref(), Some("4833"));
    story.hear(FromRelay::Attended(Attended::Open));
    assert!(matches!(waiting(&story).request, RequestView::Left { .. }), "what was left stays to be read");
}

#[test]
fn an_app_that_has_ended_is_told_and_offers_no_request_until_it_is_back() {
    let mut story = Story::begin().waiting();
    story.hear(FromRelay::Attended(Attended::Ended));
    assert_eq!((waiting(&story).attended, waiting(&story).request), (AttendedView::Ended, RequestView::None));
    story.tell(Command::WriteRequest);
    assert_eq!(waiting(&story).request, RequestView::None);
    story.hear(FromRelay::Attended(Attended::Open));
    assert_eq!(waiting(&story).attended, AttendedView::Open);
}

#[test]
fn what_was_written_is_not_lost_when_it_cannot_be_left_and_the_form_can_be_shut() {
    let mut story = writing();
    story.tell(Command::LeaveRequest { text: "um".into() });
    story.hear(FromRelay::RequestLeft(RequestLeft { outcome: Err(RequestError::TooMany { retry_after_s: 60 }) }));
    let trouble = |story: &Story| match waiting(story).request {
        RequestView::Writing { sending: false, trouble } => trouble,
        other => panic!("{other:?}"),
    };
    assert_eq!(trouble(&story), Some(Trouble::TooManyRequests { wait: Duration::from_secs(60) }));
    story.tell(Command::LeaveRequest { text: "dois".into() });
    assert_eq!(said(&mut story), ["um", "dois"]);
    story.link(LinkNews::Down { why: "gone".into(), retry_in: Duration::from_secs(1) });
    assert_eq!(trouble(&story), Some(Trouble::ServerAway));
    let mut story = story.up();
    story.hear(FromRelay::Registered(Registered { id: DeviceId::new(123_456_789).unwrap(), proof: opaque(1) }));
    assert_eq!(waiting(&story).attended, AttendedView::Open, "until the relay says otherwise again");
    story.tell(Command::Cancel);
    assert_eq!(waiting(&story).request, RequestView::None);
}
