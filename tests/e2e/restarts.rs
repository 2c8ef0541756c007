//! The relay killed at every step of a session and started again: exactly one start and one end, on exactly one ticket.

use anyhow::{Result, ensure};
use harness::story::{self, Credentials, Ticket};
use harness::wait;
use harness::world::{ANA_LOGIN, Computer, World};

/// Kills the relay and starts it again on the same folder and port.
fn restart(world: &mut World) -> Result<()> {
    world.relay.kill()?;
    world.relay.start_again()?;
    // Both programs have found out by themselves and are back.
    let log = world.relay.program();
    log.wait_new_log("attendant logged in", wait::PATIENCE)?;
    log.wait_new_log("registered device", wait::PATIENCE).map(drop)
}

fn both(world: &World, password: &str) -> Result<(Computer, Computer, Credentials)> {
    let customer = world.customer()?;
    let attendant = world.attendant()?;
    let credentials = story::register(&customer)?;
    story::log_in(&attendant, ANA_LOGIN, password)?;
    Ok((customer, attendant, credentials))
}

/// Back at home, a session can be had as if nothing had happened.
fn a_session_can_be_had(world: &World, customer: &Computer, attendant: &Computer) -> Result<()> {
    wait::until_true("the attendant's home", wait::PATIENCE, || {
        if attendant.screen().page()?.name == "home" {
            return Ok(true);
        }
        attendant.hands.press("Escape")?;
        Ok(false)
    })?;
    let credentials = story::waiting(customer)?;
    attendant.screen().wait_page_where("home", "with the customer listed again", |page| {
        page.view["waiting"].as_array().is_some_and(|list| list.iter().any(|row| row["id"] == credentials.id.as_str()))
    })?;
    story::open(customer, attendant, &credentials, Ticket::New)?;
    story::end_by_attendant(customer, attendant)?;
    world.check_tickets().map(drop)
}

#[test]
fn killed_while_a_customer_waits_the_id_and_the_place_are_kept() -> Result<()> {
    let (mut world, password) = World::with_attendant()?;
    let (customer, attendant, before) = both(&world, &password)?;
    restart(&mut world)?;
    let after = story::waiting(&customer)?;
    assert_eq!(after, before);
    a_session_can_be_had(&world, &customer, &attendant)
}

#[test]
fn killed_while_the_attendant_chooses_a_ticket() -> Result<()> {
    let (mut world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    story::connect(&attendant, &credentials.id)?;
    restart(&mut world)?;
    a_session_can_be_had(&world, &customer, &attendant)
}

#[test]
fn killed_while_the_password_is_asked_for() -> Result<()> {
    let (mut world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    story::connect(&attendant, &credentials.id)?;
    story::choose_ticket(&attendant, Ticket::New)?;
    restart(&mut world)?;
    a_session_can_be_had(&world, &customer, &attendant)
}

#[test]
fn killed_while_the_customer_is_asked() -> Result<()> {
    let (mut world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    story::connect(&attendant, &credentials.id)?;
    story::choose_ticket(&attendant, Ticket::New)?;
    story::give_password(&attendant, &credentials.password)?;
    customer.screen().wait_page("consent")?;
    restart(&mut world)?;
    // The question may survive the restart or be taken back; nothing is shared without an answer either way.
    wait::until_true("the question to be answered or gone", wait::PATIENCE * 2, || {
        if customer.screen().page()?.name == "consent" {
            customer.hands.press("Escape")?;
            return Ok(false);
        }
        Ok(true)
    })?;
    a_session_can_be_had(&world, &customer, &attendant)?;
    assert_eq!(world.check_tickets()?, 1, "only the session that was allowed is on a ticket");
    Ok(())
}

#[test]
fn killed_in_a_session_it_resumes_and_is_reported_once() -> Result<()> {
    let (mut world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    story::open(&customer, &attendant, &credentials, Ticket::New)?;
    restart(&mut world)?;
    wait::until_true("the session to go on or to be over on both sides", wait::PATIENCE * 2, || {
        let (there, here) = (customer.screen().page()?, attendant.screen().page()?);
        ensure!(there.name != "consent", "the customer was asked again");
        let on = !there.all["session_bar"].is_null()
            && there.all["session_bar"]["reconnecting"].is_null()
            && !here.all["viewer"].is_null()
            && here.all["viewer"]["reconnecting"].is_null();
        let over = there.name == "receipt" && here.name == "ended";
        Ok(on || over)
    })?;
    if !customer.screen().page()?.all["session_bar"].is_null() {
        story::end_by_attendant(&customer, &attendant)?;
    }
    assert_eq!(world.check_tickets()?, 1);
    Ok(())
}

#[test]
fn killed_before_the_end_is_told_the_end_is_reported_later() -> Result<()> {
    let (mut world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    story::open(&customer, &attendant, &credentials, Ticket::New)?;
    world.relay.kill()?;
    customer.click("bar", "Encerrar")?;
    customer.screen().wait_page("receipt")?;
    world.relay.start_again()?;
    wait::until_true("the attendant to see the end", wait::PATIENCE * 2, || {
        Ok(attendant.screen().page()?.name == "ended")
    })?;
    assert_eq!(world.check_tickets()?, 1);
    Ok(())
}

#[test]
fn killed_right_after_the_end_nothing_is_reported_twice() -> Result<()> {
    let (mut world, password) = World::with_attendant()?;
    let (customer, attendant, credentials) = both(&world, &password)?;
    story::open(&customer, &attendant, &credentials, Ticket::New)?;
    story::end_by_attendant(&customer, &attendant)?;
    restart(&mut world)?;
    assert_eq!(world.check_tickets()?, 1);
    restart(&mut world)?;
    assert_eq!(world.check_tickets()?, 1);
    Ok(())
}
