//! Tickets that are closed before all about a session is told: what is written on them leaves them closed, and where a closed one stays as it
//! is for ever, another goes on.

#![allow(clippy::unwrap_used)]

extern crate amparo_tickets as tickets;

mod common;
mod fakes;
#[path = "common/far.rs"]
mod far;

use std::sync::Arc;

use common::{TENANT, open_new};
use fakes::Fate;
use far::Far;
use protocol::message::ticket::TicketChoice;
use store::{EventKind, OutboxState, WrappedUp};
use tickets::kind::Means;

#[tokio::test]
async fn what_is_written_to_the_customer_of_a_ticket_that_is_over_does_not_open_it_again() {
    let mut f = Far::new("rt").await;
    let mut typed = f.server.typed();
    typed.insert("visibility".into(), "public".into());
    let (kind, means) = (tickets::kind::of("rt").unwrap(), Means::new(f.clock.clone()));
    let settings = kind.parse(&typed).unwrap();
    let system = (kind.connect)(&settings, &means).unwrap();
    f.systems = Arc::new(far::Fixed(tickets::Reached { system, gate: means.gate(kind, &settings) }));
    for over in [false, true] {
        let ticket = f.ticket();
        if over {
            f.server.close(ticket.as_str());
        }
        let from = f.server.calls();
        let session = f.ended(TicketChoice::Number(ticket.clone())).await;
        f.work_off().await;
        f.assert_told_once(session, &format!("over: {over}")).await;
        assert_eq!(f.server.is_closed(ticket.as_str()), over);
        let how = if over { "/comment" } else { "/correspond" };
        let asked = f.server.asked_since(from);
        assert_eq!(asked.iter().filter(|asked| asked.path.ends_with(how)).count(), 2, "{over}: {asked:?}");
    }
}

/// What can become of each call of a session's end whose ticket Zendesk keeps as it is by then.
#[tokio::test]
async fn the_end_of_a_session_whose_zendesk_ticket_was_closed_goes_on_once_in_a_follow_up() {
    let mut f = Far::new("zendesk").await;
    let fates = [
        Fate::Ok,
        Fate::OkButReset,
        Fate::OkButSilent,
        Fate::Reset,
        Fate::Garbage,
        Fate::Status(401),
        Fate::Status(404),
        Fate::Status(429),
        Fate::Status(500),
    ];
    for chosen in [false, true] {
        for fate in fates {
            for nth in 0.. {
                let what = format!("chosen {chosen}, call {nth}, {fate:?}");
                assert!(nth < 30, "{what}: it never ends");
                f.restart().await;
                // A field that is known only at the end is refused by the session's own ticket before the action is.
                let fields = [("360012", "{duration_minutes}")];
                f.systems = Arc::new(far::Fixed(f.server.reached_with(&Means::new(f.clock.clone()), &fields)));
                let choice = if chosen { TicketChoice::Number(f.ticket()) } else { open_new() };
                let session = f.world.dialled(choice).await;
                let store = f.world.store.clone();
                store.start_session(session, &common::started(), f.world.now).await.unwrap();
                f.work_off().await;
                let was = store.session(session).await.unwrap().ticket.unwrap();
                f.server.close(was.as_str());
                f.server.fates(std::iter::repeat_n(Fate::Ok, nth).chain([fate]));
                store.end_session(session, &common::ended(), f.world.now).await.unwrap();
                f.work_off().await;
                let all = f.server.fates_left() == 0;
                f.server.fates([]);
                // What is said of it later goes where the end went.
                let said = WrappedUp { category: None, note: "Impressora trocada".into() };
                store.wrap_up_session(session, &said, f.world.now).await.unwrap();
                f.work_off().await;
                let on = store.session(session).await.unwrap().ticket.unwrap();
                assert_ne!(on, was, "{what}");
                let (old, new) = (was.to_string(), on.to_string());
                let told = [(old, EventKind::Start), (new.clone(), EventKind::End), (new, EventKind::WrapUp)];
                assert_eq!(f.told(session), told, "{what}");
                let joined = [on.as_str(), was.as_str()].map(|number| number.parse::<u64>().unwrap());
                let all_joined = f.server.kept()["joined"].as_array().cloned().unwrap_or_default();
                assert!(all_joined.contains(&serde_json::json!(joined)), "{what}: {all_joined:?}");
                assert!(f.server.is_closed(was.as_str()), "{what}");
                let minutes = &f.server.fields(on.as_str())["custom_fields"][0]["value"];
                assert!(!minutes.is_null(), "{what}: {}", f.server.fields(on.as_str()));
                if !all || fate == Fate::Ok {
                    break;
                }
            }
        }
    }
    assert!(f.world.store.outbox_list(TENANT, &[OutboxState::Parked], 9).await.unwrap().is_empty());
}
