//! What is asked about a session when it is over, and that the ticket says the answer.

use protocol::message::{
    FromRelay, ShownText, WrittenText,
    hello::Refusal,
    pairing::{CloseReason, Happened, Step},
    wrap_up::{NoteAsked, WrapUp, WrapUpForm},
};
use store::{Category, EventKind, Note, OutboxState};

use crate::world::{World, ended, eventually};

/// A company whose app asks for one of two categories.
async fn asking() -> World {
    let world = World::new().await;
    let shared = &world.relay().shared;
    let mut app = shared.store.app(world.app).await.unwrap();
    app.wrap_up = store::WrapUp {
        required: true,
        categories: [("Nota fiscal", true), ("Pendente", false)]
            .map(|(name, solved)| Category { name: name.into(), solved })
            .into(),
        note: Note::Optional,
    };
    shared.store.update_app(&app).await.unwrap();
    shared.apps.changed(world.tenant);
    world
}

fn said(category: &str, note: &str) -> Happened {
    Happened::WrappedUp(WrapUp { category: Some(ShownText::lossy(category)), note: WrittenText::lossy(note) })
}

#[tokio::test]
async fn what_the_attendant_says_is_in_the_end_on_the_ticket_which_waits_for_it() {
    let world = asking().await;
    let mut pair = world.pair(true).await;
    let session = pair.session;
    pair.customer.report(session, ended(CloseReason::EndedByCustomer)).await;
    pair.customer.kept(session, Step::Ended).await;
    let rows = eventually(async || {
        let rows = world.outbox(session).await;
        rows.first().is_some_and(|r| r.state == OutboxState::Done).then_some(rows)
    })
    .await;
    assert_eq!((rows[1].kind, rows[1].state), (EventKind::End, OutboxState::Pending), "the end waits");
    pair.attendant.report(session, said("Nota fiscal", "Certificado renovado.")).await;
    pair.attendant.kept(session, Step::WrappedUp).await;
    let rows = eventually(async || {
        let rows = world.outbox(session).await;
        rows.iter().all(|r| r.state == OutboxState::Done).then_some(rows)
    })
    .await;
    assert_eq!(rows.len(), 2);
    let ticket = rows[0].ticket.clone().unwrap();
    let (_, actions) = world.relay().shared.desk.ticket(world.tenant, &ticket).await.unwrap();
    let text = &actions[1].action.text;
    assert!(
        text.contains("Classificação: Nota fiscal\nResultado: resolvido\nObservação: Certificado renovado."),
        "{text}"
    );
}

#[tokio::test]
async fn an_attendant_is_told_the_form_behind_the_dial_and_a_customer_cannot_answer_it() {
    let world = asking().await;
    let mut customer = world.customer("João Prado").await;
    let mut attendant = world.attendant("ana").await;
    let (dialled, _) = attendant.dial_ok(&mut customer).await;
    let form = attendant.hear_that(|m| if let FromRelay::WrapUpAsked(form) = m { Some(form) } else { None }).await;
    let categories = ["Nota fiscal", "Pendente"].map(ShownText::lossy).to_vec();
    assert_eq!(form, WrapUpForm { session: dialled.session, required: true, categories, note: NoteAsked::Optional });
    customer.report(dialled.session, said("Nota fiscal", "")).await;
    customer.hear_that(|m| (m == FromRelay::Refused(Refusal::Violation)).then_some(())).await;
}

#[tokio::test]
async fn what_is_said_about_a_session_that_never_began_is_taken_and_told_nobody() {
    let world = asking().await;
    let mut pair = world.pair(false).await;
    let session = pair.session;
    pair.attendant.report(session, said("Pendente", "")).await;
    pair.attendant.report(session, ended(CloseReason::Cancelled)).await;
    pair.attendant.kept(session, Step::Ended).await;
    // Before the end there was no answer to it: the program says it again.
    pair.attendant.report(session, said("Pendente", "")).await;
    pair.attendant.kept(session, Step::WrappedUp).await;
    assert!(world.outbox(session).await.is_empty());
}
