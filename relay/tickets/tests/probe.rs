//! The test button of every kind of system: with good settings everything works, and nothing that it says is a warning.

#![allow(clippy::unwrap_used)]

extern crate amparo_tickets as tickets;

mod common;
mod fakes;

use common::{ANA, at, session_id};
use fakes::Server;
use protocol::id::TicketNumber;
use tickets::{
    clock::Clock,
    kind::{self, Means},
    probe::{Result, Step, Trial, probe},
};

fn trial(n: u32, ticket: Option<TicketNumber>, write: bool, now: jiff::Timestamp) -> Trial<'static> {
    Trial { operator: ANA, name: "Ana Ribeiro", session: session_id(n), words: "Teste do Amparo", ticket, write, now }
}

#[tokio::test]
async fn with_good_settings_everything_that_is_tried_works_with_every_kind() {
    for kind in kind::KINDS {
        let clock = Clock::standing_at(at(0));
        let server = Server::start(fakes::of(kind.name), clock.clone()).await;
        let there = TicketNumber::new(&server.open("Caixa 2").unwrap()).unwrap();
        let reached = server.reached(&Means::new(clock.clone()));
        let can = reached.system.capabilities();
        let lags = can.visible_after > std::time::Duration::from_secs(60);
        for (n, ticket) in [(1, None), (2, Some(there.clone()))] {
            let found = probe(&reached, &trial(n, ticket.clone(), true, clock.now())).await;
            let steps: Vec<Step> = found.iter().map(|(step, _)| *step).collect();
            let mut expected = vec![Step::LogIn, Step::Rights, Step::Create, Step::Append, Step::Find];
            if can.reads && ticket.is_some() {
                expected.insert(2, Step::Read);
            } else if can.reads && !lags {
                expected.insert(3, Step::Read);
            }
            assert_eq!(steps, expected, "{}", kind.name);
            for (step, result) in &found {
                let fine = match (step, result) {
                    (Step::Rights, Result::NotTold) | (_, Result::Works(_)) => true,
                    // Nobody can look for it, or not yet.
                    (Step::Find, Result::Later) => lags || !can.reads,
                    _ => false,
                };
                assert!(fine, "{}: {step:?} {result:?}", kind.name);
            }
            // As much time passes as people need to press a button again.
            clock.set(clock.now().checked_add(std::time::Duration::from_secs(600)).unwrap());
        }
        let told: Vec<_> = server.tickets().into_iter().filter(|ticket| ticket.texts.len() >= 2).collect();
        assert!(told.len() == 2 || kind.name == "salesforce", "{}: {told:?}", kind.name);

        // Asked only to read, it writes nothing.
        let before = server.tickets();
        let found = probe(&reached, &trial(3, Some(there), false, clock.now())).await;
        assert!(found.iter().all(|(_, result)| !matches!(result, Result::Fails(_))), "{}: {found:?}", kind.name);
        assert_eq!(server.tickets(), before, "{}", kind.name);
    }
}
