//! The main job between programs of this version and of another: a relay, a customer's and an attendant's program that are older or newer than the
//! rest. `tests/neighbours` builds the other version and runs this; alone there is nothing to run it with.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use harness::program::{built, built_in};
use harness::story::{self, Ticket};
use harness::wait;
use harness::world::{Computer, World};

/// The folder with the other version's programs.
fn others() -> Result<PathBuf> {
    let folder = std::env::var_os("AMPARO_OTHERS").context("AMPARO_OTHERS is not set: tests/neighbours sets it")?;
    let others = PathBuf::from(folder);
    // What differs in nothing proves nothing.
    for program in ["amparo", "amparo-relay"] {
        let same = std::fs::read(built(program)?)? == std::fs::read(built_in(&others, program)?)?;
        ensure!(!same, "the other {program} is this version's");
    }
    Ok(others)
}

/// Whose program is whose.
struct Cast<'a> {
    customer: &'a Path,
    attendant: &'a Path,
}

fn computer(world: &World, name: &str, size: (u16, u16), program: &Path) -> Result<Computer> {
    let mut computer = world.computer(name, size)?;
    computer.plug_in(&world.relay)?;
    computer.start_program_of(program, &[], &[])?;
    Ok(computer)
}

/// From the ID to the ticket: the picture is seen, a cut is survived, and the session is on one ticket with one start and one end.
fn main_job(world: &World, password: &str, cast: &Cast) -> Result<()> {
    let customer = computer(world, "customer", (1280, 800), cast.customer)?;
    let attendant = computer(world, "attendant", (1440, 1000), cast.attendant)?;
    story::session(&customer, &attendant, password, Ticket::New)?;
    let lost = |computer: &Computer, wanted: bool| {
        wait::until_true(&format!("the cut to show: {wanted}"), wait::PATIENCE, || {
            Ok(computer.screen().page()?.all["viewer"]["reconnecting"].is_null() != wanted)
        })
    };
    customer.network()?.cut();
    lost(&attendant, true)?;
    customer.network()?.mend();
    lost(&attendant, false)?;
    story::picture_seen(&attendant)?;
    story::end_by_attendant(&customer, &attendant)?;
    ensure!(world.check_tickets()? == 1);
    Ok(())
}

#[test]
#[ignore = "needs the programs of another version: tests/neighbours builds them and runs this"]
fn a_relay_of_the_other_version_serves_the_programs_of_this_one() -> Result<()> {
    let (others, ours) = (others()?, built("amparo")?);
    let (world, password) = World::with_attendant_of(&others)?;
    main_job(&world, &password, &Cast { customer: &ours, attendant: &ours })
}

#[test]
#[ignore = "needs the programs of another version: tests/neighbours builds them and runs this"]
fn the_relay_of_this_version_serves_programs_of_the_other_one() -> Result<()> {
    let theirs = built_in(&others()?, "amparo")?;
    let (world, password) = World::with_attendant()?;
    main_job(&world, &password, &Cast { customer: &theirs, attendant: &theirs })
}

#[test]
#[ignore = "needs the programs of another version: tests/neighbours builds them and runs this"]
fn a_customer_of_the_other_version_is_helped() -> Result<()> {
    let (theirs, ours) = (built_in(&others()?, "amparo")?, built("amparo")?);
    let (world, password) = World::with_attendant()?;
    main_job(&world, &password, &Cast { customer: &theirs, attendant: &ours })
}

#[test]
#[ignore = "needs the programs of another version: tests/neighbours builds them and runs this"]
fn an_attendant_of_the_other_version_helps() -> Result<()> {
    let (theirs, ours) = (built_in(&others()?, "amparo")?, built("amparo")?);
    let (world, password) = World::with_attendant()?;
    main_job(&world, &password, &Cast { customer: &ours, attendant: &theirs })
}

#[test]
#[ignore = "needs the programs of another version: tests/neighbours builds them and runs this"]
fn a_servers_data_of_the_other_version_is_taken_over() -> Result<()> {
    let (others, ours) = (others()?, built("amparo")?);
    let (mut world, password) = World::with_attendant_of(&others)?;
    main_job(&world, &password, &Cast { customer: &ours, attendant: &ours })?;
    world.relay.kill()?;
    world.relay.is_now_of(None);
    world.relay.start_again()?;
    let customer = computer(&world, "customer-later", (1280, 800), &ours)?;
    let attendant = computer(&world, "attendant-later", (1440, 1000), &ours)?;
    story::session(&customer, &attendant, &password, Ticket::New)?;
    story::end_by_customer(&customer, &attendant)?;
    ensure!(world.check_tickets()? == 2, "the first one's records are still there");
    Ok(())
}
