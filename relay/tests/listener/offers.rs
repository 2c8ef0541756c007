//! Customers who are offered to attendants, and requests that were given up.

use std::time::Duration;

use protocol::{
    id::{AppId, DeviceId},
    message::{
        FromRelay, ToRelay,
        offer::{AnswerOffer, Assigned, BreakReason, Offered, PullError, Status},
        pairing::DialError,
        request::Attended,
    },
};
use store::{App, HistoryQuery, MissedWhy, PresenceChange, Roles, SessionState, Staff};

use axum::http::StatusCode;

use crate::{
    console_support::Browser,
    world::{Program, World, eventually, open_new},
};

/// The app distributes, and an answer is waited for this long.
async fn distributing(world: &World, answer_s: u32, overflow: &[AppId]) {
    let shared = &world.relay().shared;
    let mut app = shared.store.app(world.app).await.unwrap();
    app.availability.distribute = true;
    app.availability.answer_s = answer_s;
    app.availability.overflow = overflow.to_vec();
    shared.store.update_app(&app).await.unwrap();
    shared.apps.changed(world.tenant);
}

/// An attendant who is logged in and at home.
pub async fn at_home(world: &World, login: &str) -> Program {
    let mut program = world.attendant(login).await;
    program.hear_that(|m| if let FromRelay::StatusIs(is) = m { Some(is) } else { None }).await;
    program.say(ToRelay::Ready(true)).await;
    program
}

async fn offered(program: &mut Program) -> Offered {
    program.hear_that(|m| if let FromRelay::Offered(offered) = m { Some(offered) } else { None }).await
}

async fn answer(program: &mut Program, offer: u32, take: bool) {
    program.say(ToRelay::AnswerOffer(AnswerOffer { offer, take })).await;
}

async fn assigned(program: &mut Program) -> Assigned {
    program.hear_that(|m| if let FromRelay::Assigned(assigned) = m { Some(assigned) } else { None }).await
}

#[tokio::test]
async fn a_customer_is_offered_to_one_attendant_after_the_other_and_dialled_by_who_took_them() {
    let world = World::new().await;
    distributing(&world, 60, &[]).await;
    let mut attendants = [at_home(&world, "ana").await, at_home(&world, "rui").await];
    let mut customer = world.customer("João Prado").await;
    let offer = offered(&mut attendants[0]).await;
    assert_eq!((offer.customer.id, offer.answer_within_ms), (customer.id(), 60_000));
    answer(&mut attendants[0], offer.offer, false).await;
    let second = offered(&mut attendants[1]).await;
    assert_eq!(second.customer.id, customer.id());
    answer(&mut attendants[1], second.offer, true).await;
    let given = assigned(&mut attendants[1]).await;
    assert_eq!((given.customer.id, given.grant), (customer.id(), None), "no right to passwords, no grant");
    attendants[1].say(ToRelay::Ready(false)).await;
    attendants[1].dial_ok(&mut customer).await;
}

#[tokio::test]
async fn whoever_may_have_passwords_gets_a_grant_with_the_customer() {
    let world = World::new().await;
    distributing(&world, 60, &[]).await;
    let shared = &world.relay().shared;
    let roles = Roles { attend: true, may_see_passwords: true, ..Roles::default() };
    let user = amparo_relay::account::NewUser { login: "eva".into(), name: "Eva".into(), roles };
    shared.accounts.create(world.tenant, user, Some(crate::world::PASSWORD)).await.unwrap();
    let mut eva = at_home(&world, "eva").await;
    let customer = world.customer("João Prado").await;
    let offer = offered(&mut eva).await;
    answer(&mut eva, offer.offer, true).await;
    let given = assigned(&mut eva).await;
    assert!(given.customer.id == customer.id() && given.grant.is_some());
    let line = shared.store.audit_page(world.tenant, None, 1).await.unwrap().remove(0);
    assert_eq!((line.entry.what.as_str(), line.entry.detail.as_str()), ("grant.made", "assigned"));
}

#[tokio::test]
async fn without_an_answer_in_time_the_offer_is_over_and_goes_to_the_next() {
    let world = World::new().await;
    distributing(&world, 1, &[]).await;
    let mut ana = at_home(&world, "ana").await;
    let _customer = world.customer("João Prado").await;
    let offer = offered(&mut ana).await;
    let mut rui = at_home(&world, "rui").await;
    let over = ana.hear_that(|m| if let FromRelay::OfferOver(over) = m { Some(over) } else { None }).await;
    assert_eq!(over.offer, offer.offer);
    let second = offered(&mut rui).await;
    answer(&mut ana, offer.offer, true).await;
    answer(&mut rui, second.offer, true).await;
    assigned(&mut rui).await;
}

#[tokio::test]
async fn a_break_ends_an_offer_counts_its_time_and_tells_customers_that_nobody_is_available() {
    let world = World::new().await;
    distributing(&world, 60, &[]).await;
    let mut ana = at_home(&world, "ana").await;
    let mut customer = world.customer("João Prado").await;
    offered(&mut ana).await;
    let meal = Status::Break(BreakReason::Meal);
    ana.say(ToRelay::SetStatus(meal)).await;
    ana.hear_that(|m| matches!(m, FromRelay::StatusIs(is) if is.status == meal).then_some(())).await;
    ana.hear_that(|m| matches!(m, FromRelay::OfferOver(_)).then_some(())).await;
    customer.hear_that(|m| (m == FromRelay::Attended(Attended::Nobody)).then_some(())).await;
    ana.say(ToRelay::PullNext).await;
    ana.hear_that(|m| (m == FromRelay::PullRefused(PullError::NotAvailable)).then_some(())).await;
    // Chosen in the console it counts as well.
    let shared = &world.relay().shared;
    let who = ana.logged_in.as_ref().unwrap().operator;
    assert!(shared.queue.choose(shared, who, Status::Available).await.unwrap());
    offered(&mut ana).await;
    customer.hear_that(|m| (m == FromRelay::Attended(Attended::Open)).then_some(())).await;
    drop(ana);
    let told = eventually(async || {
        let now = jiff::Timestamp::now();
        let all = shared.store.presence(world.tenant, jiff::Timestamp::UNIX_EPOCH, now).await.unwrap();
        let statuses: Vec<Status> = all.iter().map(|change: &PresenceChange| change.status).collect();
        (statuses.last() == Some(&Status::Offline)).then_some(statuses)
    })
    .await;
    assert_eq!(told, [Status::Available, meal, Status::Available, Status::Offline]);
}

#[tokio::test]
async fn customers_overflow_to_the_next_app_whose_attendants_reach_those_who_were_given_to_them_and_no_other() {
    let world = World::new().await;
    let shared = &world.relay().shared;
    let rui =
        shared.accounts.list(world.tenant).await.unwrap().into_iter().find(|u| u.operator.login == "rui").unwrap();
    let ana =
        shared.accounts.list(world.tenant).await.unwrap().into_iter().find(|u| u.operator.login == "ana").unwrap();
    let second = AppId::from_bytes([60; 16]);
    let staff = |id| Staff { everyone: false, administrators: Vec::new(), attendants: vec![id] };
    let app = App::new(second, world.tenant, "Fiscal", "Varanda", "", jiff::Timestamp::now());
    let app = App { staff: staff(rui.operator.id), ..app };
    amparo_relay::apps::add(&*shared.store, app).await.unwrap();
    let mut first = shared.store.app(world.app).await.unwrap();
    first.staff = staff(ana.operator.id);
    shared.store.update_app(&first).await.unwrap();
    distributing(&world, 60, &[second]).await;

    let mut rui = at_home(&world, "rui").await;
    let mut customer = world.customer("João Prado").await;
    let other = world.customer("Lia Prado").await;
    let offer = offered(&mut rui).await;
    assert_eq!(offer.customer.id, customer.id());
    let unreachable = async |rui: &mut Program, id: DeviceId| match rui.dial(id, open_new()).await {
        FromRelay::DialRefused(refused) => refused.why == DialError::Unreachable,
        _ => false,
    };
    assert!(unreachable(&mut rui, customer.id()).await, "not theirs yet");
    answer(&mut rui, offer.offer, true).await;
    assigned(&mut rui).await;
    assert!(unreachable(&mut rui, other.id()).await, "another customer of that app");
    rui.dial_ok(&mut customer).await;
}

#[tokio::test]
async fn the_next_is_pulled_whether_the_app_distributes_or_not_and_nobody_is_said() {
    let world = World::new().await;
    let mut ana = at_home(&world, "ana").await;
    ana.say(ToRelay::PullNext).await;
    ana.hear_that(|m| (m == FromRelay::PullRefused(PullError::NobodyWaits)).then_some(())).await;
    let first = world.customer("João Prado").await;
    let _second = world.customer("Lia Prado").await;
    ana.say(ToRelay::PullNext).await;
    assert_eq!(assigned(&mut ana).await.customer.id, first.id(), "who waits longest");
}

#[tokio::test]
async fn whoever_gives_up_an_app_that_distributes_has_missed_it_and_whoever_was_helped_has_not() {
    let world = World::with(|config| {
        config.times.waited = Duration::ZERO;
        config.times.comes_back = Duration::from_millis(300);
    })
    .await;
    distributing(&world, 60, &[]).await;
    let missed = async || {
        let query = HistoryQuery { states: vec![SessionState::Missed], ..HistoryQuery::default() };
        world.relay().shared.store.history(world.tenant, &query).await.unwrap()
    };
    // Closed by its user, with nobody there.
    let customer = world.customer("João Prado").await;
    customer.connection.close(1_u32.into(), b"");
    let rows = eventually(async || Some(missed().await).filter(|rows| rows.len() == 1)).await;
    assert_eq!(rows[0].missed, Some(MissedWhy::NobodyAvailable));
    // Back in time: nobody has given up, and the waiting goes on.
    let mut customer = world.customer("Lia Prado").await;
    let since = world.relay().shared.directory.present(world.tenant, customer.id()).unwrap().since;
    customer.connection.close(0_u32.into(), b"");
    let mut again = world.program().await;
    again.register(world.app, "Lia Prado", customer.previous()).await;
    assert_eq!(world.relay().shared.directory.present(world.tenant, again.id()).unwrap().since, since);
    // Helped, and gone.
    let mut ana = at_home(&world, "ana").await;
    let (dialled, incoming) = ana.dial_ok(&mut again).await;
    again.say(ToRelay::Join(incoming.token)).await;
    ana.say(ToRelay::Join(dialled.token)).await;
    again.paired(dialled.session).await;
    again.report_start(dialled.session).await;
    again.report(dialled.session, crate::world::ended(protocol::message::pairing::CloseReason::EndedByCustomer)).await;
    again.kept(dialled.session, protocol::message::pairing::Step::Ended).await;
    again.connection.close(1_u32.into(), b"");
    // Somebody else gives up with an attendant there: by then whoever was helped would have been written down, too.
    ana.say(ToRelay::Ready(false)).await;
    customer = world.customer("Rita Prado").await;
    customer.connection.close(1_u32.into(), b"");
    let rows = eventually(async || Some(missed().await).filter(|rows| rows.len() > 1)).await;
    let told: Vec<_> = rows.iter().map(|row| (row.customer_name.as_str(), row.missed.unwrap())).collect();
    assert_eq!(told, [("Rita Prado", MissedWhy::GaveUp), ("João Prado", MissedWhy::NobodyAvailable)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_customer_is_pulled_in_the_console_into_the_program_and_without_one_it_says_why() {
    let world = World::new().await;
    let shared = &world.relay().shared;
    let mut page = Browser::new(shared);
    page.log_in("ana", crate::world::PASSWORD).await;
    assert!(!page.get("/").await.body.contains("action=\"/next\""), "there is no program to pull into");
    assert_eq!(page.post("/next", &[]).await.status, StatusCode::NOT_FOUND);

    let mut ana = at_home(&world, "ana").await;
    let who = ana.logged_in.as_ref().unwrap().operator;
    // What the program has said of itself is heard by and by.
    for _ in 0..200 {
        if page.post("/next", &[]).await.location() == "/?next=nobody" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let mut said = async |expected: &str, words: &str| {
        let answer = page.post("/next", &[]).await;
        assert_eq!(answer.location(), format!("/?next={expected}"));
        let shown = page.get(answer.location()).await.body;
        assert!(shown.contains(words) && shown.contains("action=\"/next\""), "{expected}: {shown}");
    };
    said("nobody", "Ninguém espera").await;
    let first = world.customer("João Prado").await;
    let second = world.customer("Rita").await;
    shared.queue.choose(shared, who, Status::Break(BreakReason::Rest)).await.unwrap();
    said("not-available", "Fique disponível").await;
    shared.queue.choose(shared, who, Status::Available).await.unwrap();
    said("pulled", "está no seu programa").await;
    assert_eq!(assigned(&mut ana).await.customer.id, first.id(), "who waits longest");
    ana.say(ToRelay::Ready(false)).await;
    ana.say(ToRelay::PullNext).await;
    ana.hear_that(|m| (m == FromRelay::PullRefused(PullError::Occupied)).then_some(())).await;
    said("occupied", "não pode receber ninguém").await;
    drop((first, second));

    // What stands in the address is looked at, and said in the page's own words only.
    for odd in ["", "x", "%3Cb%3E", "pulled%00"] {
        assert!(!page.get(&format!("/?next={odd}")).await.body.contains("once\" role=\"status\""), "{odd}");
    }
    assert_ne!(page.get("/next").await.status, StatusCode::OK);
}
