//! A session under way through a relay that attacks one record of its words or one message of its picture, input or acknowledgements:
//! both sides end by themselves with a reason, and the relay has seen nothing.

use std::{sync::Arc, time::Duration};

use amparo_agent::{attendant::session as attending, customer::session as helped};
use protocol::message::{input::Input, pairing::CloseReason, stream::StreamKind};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    middle::{Lane, Session, TYPED, Tapes, session},
    wire::{Aim, Attack, Way},
    world,
};

const WORDS_TO_CUSTOMER: Lane = (Way::ToCustomer, StreamKind::Secure);
const WORDS_TO_ATTENDANT: Lane = (Way::ToAttendant, StreamKind::Secure);
const STREAMS: [(Lane, usize); 3] = [
    ((Way::ToAttendant, StreamKind::Picture), 2),
    ((Way::ToCustomer, StreamKind::Input), 3),
    ((Way::ToCustomer, StreamKind::Shown), 2),
];
/// Sessions at a time: each of them captures, packs and draws.
const AT_ONCE: usize = 24;

fn typed() -> Input {
    Input::Text(TYPED.to_owned().try_into().unwrap())
}

/// Types until the session is over.
fn keep_typing(session: &Session) {
    let tell = session.attendant.tell.clone();
    tokio::spawn(async move {
        let mut again = tokio::time::interval(Duration::from_millis(50));
        loop {
            again.tick().await;
            if tell.send(attending::In::Input(typed())).await.is_err() {
                return;
            }
        }
    });
}

/// What an honest session carries, and how many words each side had said when the question stood.
async fn honest() -> (Arc<Tapes>, usize, usize) {
    let mut session = session(None, &Arc::default()).await;
    assert!(session.attendant.until(world::is_asking).await);
    let before = session.tapes();
    keep_typing(&session);
    assert!(session.attendant.until(|out| matches!(out, attending::Out::Figures(f) if f.customer.is_some())).await);
    // Until each stream has carried what is attacked, and the pictures enough to look at.
    world::soon("pictures, input and acknowledgements", async {
        let carried = || session.carried.lock().unwrap().len();
        while session.tapes_below(&STREAMS) || carried() < 10_000 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    session.customer.tell.send(helped::In::End(CloseReason::EndedByCustomer)).await.unwrap();
    assert_eq!(session.customer.over().await, CloseReason::EndedByCustomer);
    assert_eq!(session.attendant.over().await, CloseReason::EndedByCustomer);
    let after = session.tapes();
    assert_eq!(session.leaks(), [""; 0]);
    let typed = world::done(session.customer.session).unwrap();
    assert!(!typed.is_empty(), "what was typed had arrived");
    (Arc::new(after), before[&WORDS_TO_CUSTOMER].len(), before[&WORDS_TO_ATTENDANT].len())
}

/// Whether a session that was attacked like this ended as it must.
async fn attacked(lane: Lane, aim: Aim, granting: Option<usize>, foreign: Arc<Tapes>) -> Result<String, String> {
    let name = format!("{:?} {:?} {} {:?}", lane.0, lane.1, aim.unit, aim.attack);
    let untouched = matches!(aim.attack, Attack::Duplicate | Attack::Replay);
    let before_yes = granting == Some(aim.unit) && !untouched;
    let looks_like_a_cut = lane.1 == StreamKind::Secure && aim.attack == Attack::Cut;
    let mut session = session(Some((lane, aim)), &foreign).await;
    keep_typing(&session);
    if looks_like_a_cut {
        // Both show that they are cut and wait for each other, until time or, as here, a person ends it.
        let paused = session.customer.until(|out| matches!(out, helped::Out::Paused | helped::Out::Over { .. })).await
            && session.attendant.until(|out| matches!(out, attending::Out::Paused | attending::Out::Over { .. })).await;
        assert!(paused, "{name}");
        drop(session.customer.tell.send(helped::In::End(CloseReason::ConnectionLost)).await);
        drop(session.attendant.tell.send(attending::In::End(CloseReason::ConnectionLost)).await);
    }
    let (customer, attendant) = tokio::join!(session.customer.over(), session.attendant.over());
    let line = format!("{name}: {customer:?}, {attendant:?}");
    let ended = |why| {
        use CloseReason::{ConnectionLost, EndedByAttendant, EndedByCustomer, Violation};
        matches!(why, Violation | ConnectionLost | EndedByCustomer | EndedByAttendant)
    };
    let one_saw_it =
        [customer, attendant].iter().any(|why| matches!(why, CloseReason::Violation | CloseReason::ConnectionLost));
    let leaks = session.leaks();
    if !ended(customer)
        || !ended(attendant)
        || !one_saw_it
        || before_yes && session.attendant.started()
        || !leaks.is_empty()
    {
        Err(format!("{line}, started {}, leaks {leaks:?}", session.attendant.started()))
    } else {
        Ok(line)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_under_way_that_a_relay_touches_ends_on_both_sides_with_nothing_shown_to_the_relay() {
    let (foreign, to_customer, to_attendant) = honest().await;
    // The customer's yes and the word after it; the attendant's first word in the session.
    let words =
        [(WORDS_TO_ATTENDANT, to_attendant), (WORDS_TO_ATTENDANT, to_attendant + 1), (WORDS_TO_CUSTOMER, to_customer)];
    let cases: Vec<_> = words
        .into_iter()
        .chain(STREAMS)
        .flat_map(|(lane, unit)| Attack::PLAIN.into_iter().map(move |attack| (lane, Aim { unit, attack })))
        .collect();
    assert!(cases.len() >= 90, "{} cases", cases.len());
    println!("{} attacks on a session under way", cases.len());
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for (lane, aim) in cases {
        let (foreign, places) = (foreign.clone(), places.clone());
        let granting = (lane == WORDS_TO_ATTENDANT).then_some(to_attendant);
        running.spawn(async move {
            let _place = places.acquire().await.unwrap();
            attacked(lane, aim, granting, foreign).await
        });
    }
    let mut wrong = Vec::new();
    while let Some(ended) = running.join_next().await {
        match ended.unwrap() {
            Ok(line) => println!("{line}"),
            Err(line) => wrong.push(line),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
