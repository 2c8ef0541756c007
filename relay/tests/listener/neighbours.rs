//! Programs of other versions than the relay's: each is served in the words it knows, from hello to a session that is on a ticket.
//!
//! Nothing newer than what was agreed on is ever said to them: [`Program::hear`] looks at every message.

use protocol::{
    message::{
        FromRelay, ShownText, ToRelay,
        hello::{Hello, Refusal},
        pairing::CloseReason,
        ticket::ListTickets,
    },
    version::{LINKS_NAMED_SINCE, SPOKEN, VersionRange},
};

use super::{
    console_support::{self, ATTENDS, Browser},
    world::{Program, World, ended},
};

/// A program that speaks up to this version.
async fn program(world: &World, newest: u16) -> Program {
    let mut program = world.connect().await;
    program.hello_in(world.tenant, VersionRange { oldest: 1, newest }).await;
    assert_eq!(program.spoken, newest.min(SPOKEN.newest));
    program
}

/// From waiting to the end of a session, between programs of these versions.
async fn session(world: &World, customer: u16, attendant: u16) {
    let (of_customer, of_attendant) = (customer, attendant);
    let mut customer = program(world, customer).await;
    let id = customer.register(world.app, "Cida", None).await.id;
    let mut attendant = program(world, attendant).await;
    attendant.login("ana").await;
    attendant
        .hear_that(|m| match m {
            FromRelay::Waiting(list) => list.iter().any(|row| row.id == id).then_some(()),
            _ => None,
        })
        .await;
    attendant.say(ToRelay::ListTickets(ListTickets { request: 1, partner: id })).await;
    attendant.hear_that(|m| matches!(m, FromRelay::TicketList(_)).then_some(())).await;
    let (dialled, incoming) = attendant.dial_ok(&mut customer).await;
    let session = dialled.session;
    customer.say(ToRelay::Join(incoming.token)).await;
    attendant.say(ToRelay::Join(dialled.token)).await;
    customer.paired(session).await;
    attendant.paired(session).await;
    customer.report_start(session).await;
    customer.report(session, ended(CloseReason::EndedByCustomer)).await;
    let row = world.over(session).await;
    assert!(row.started_at.is_some(), "a customer of {of_customer}, an attendant of {of_attendant}");
    attendant.hear_that(|m| matches!(m, FromRelay::SessionTicket(told) if told.ticket.is_some()).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_of_every_version_come_together_with_those_of_every_other() {
    for version in SPOKEN.oldest..=SPOKEN.newest + 1 {
        // Anew for each: an attendant may not dial as often as there are versions.
        let world = talkative().await;
        session(&world, version, version).await;
        session(&world, version, SPOKEN.newest).await;
        session(&world, SPOKEN.newest, version).await;
    }
}

/// A relay that tells programs all that it can.
async fn talkative() -> World {
    let world = World::new().await;
    // Whatever is told to those alone who know the words: a wrap-up, and that nobody attends now.
    let shared = &world.relay().shared;
    let mut app = shared.store.app(world.app).await.unwrap();
    app.wrap_up.note = store::Note::Optional;
    app.availability.by_hours = true;
    app.availability.hours = Default::default();
    shared.store.update_app(&app).await.unwrap();
    shared.apps.changed(world.tenant);
    world
}

#[tokio::test]
async fn a_program_with_no_version_in_common_is_told_which_ones_are_spoken_here() {
    let world = World::new().await;
    for (oldest, newest) in [
        (0, 0),
        (0, SPOKEN.oldest - 1),
        (SPOKEN.newest + 1, SPOKEN.newest + 3),
        (u16::MAX, u16::MAX),
        // Swapped.
        (SPOKEN.newest, 0),
    ] {
        let mut program = world.connect().await;
        let versions = VersionRange { oldest, newest };
        program.say(ToRelay::Hello(Hello { versions, tenant: world.tenant, program: ShownText::default() })).await;
        assert_eq!(program.hear().await, Some(FromRelay::Refused(Refusal::Version(SPOKEN))), "{versions:?}");
        assert_eq!(program.hear().await, None, "and nothing else");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_name_their_server_unless_the_attendants_program_is_one_that_would_refuse_them() {
    let world = World::new().await;
    let shared = &world.relay().shared;
    console_support::operator(shared, world.tenant, "davi", ATTENDS).await;
    let customer = world.customer("Cida").await;
    let mut pages = Vec::new();
    for login in ["ana", "davi"] {
        let mut browser = Browser::new(shared);
        let password = if login == "ana" { super::world::PASSWORD } else { console_support::PASSWORD };
        browser.log_in(login, password).await;
        pages.push(browser);
    }
    let plain = format!("href=\"amparo:connect?id={}\"", customer.id().number());
    let named = format!("href=\"amparo:connect?id={}&#38;at=", customer.id().number());
    let mut shown = async |n: usize| {
        let page = pages[n].get("/").await.body;
        (page.contains(&plain), page.contains(&named))
    };
    assert_eq!(shown(0).await, (false, true), "no program is here: the next one will be of today");
    let mut older = program(&world, LINKS_NAMED_SINCE - 1).await;
    older.login("ana").await;
    // Said when it is among the attendant's programs.
    older.hear_that(|m| matches!(m, FromRelay::StatusIs(_)).then_some(())).await;
    assert_eq!(shown(0).await, (true, false));
    assert_eq!(shown(1).await, (false, true), "somebody else's program");
    let mut newer = program(&world, LINKS_NAMED_SINCE).await;
    newer.login("ana").await;
    newer.hear_that(|m| matches!(m, FromRelay::StatusIs(_)).then_some(())).await;
    assert_eq!(shown(0).await, (false, true), "one of them reads it");
}
