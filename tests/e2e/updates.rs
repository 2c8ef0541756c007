//! Programs that update themselves: from one version to the next by one click, back again where the next does not start, and never by what
//! is not released.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::program::built;
use harness::release::{Maker, brand};
use harness::shots::Shots;
use harness::story;
use harness::wait;
use harness::world::{Computer, MAIN, World};
use serde_json::Value;

/// Fetching some ten megabytes, part by part, on a busy computer.
const FETCH: Duration = Duration::from_secs(90);

struct Desk {
    world: World,
    maker: Maker,
    customer: Computer,
    program: PathBuf,
    shots: Shots,
}

impl Desk {
    /// A customer with the company's program as version 0.1.0.
    fn new(name: &str) -> Result<Self> {
        let world = World::new()?;
        let maker = Maker::new(world.folder.path())?;
        let mut customer = world.computer("customer", (1280, 800))?;
        customer.plug_in(&world.relay)?;
        let template = maker.template(&built("amparo")?, "0.1.0")?;
        let program = customer.folder().join("Suporte-Varanda");
        branded(&world, &customer, &template, &program)?;
        let folder = std::env::var_os("AMPARO_SHOTS").map_or_else(|| world.folder.path().join("shots"), PathBuf::from);
        let shots = Shots::into(&folder.join(name))?;
        Ok(Self { world, maker, customer, program, shots })
    }

    fn start(&mut self) -> Result<()> {
        let key = self.maker.public.clone();
        self.customer.start_branded(&self.program, &[("AMPARO_RELEASE_KEYS", &key)])?;
        self.customer.screen().wait_page("fields").map(drop)
    }

    /// The server gets these templates and is started again, so that all programs come anew and ask.
    fn publish(&mut self, template: &Path, more: &[&str]) -> Result<()> {
        self.maker.publish(&self.world.relay, &[template.to_owned()], more)?;
        self.world.relay.kill()?;
        self.world.relay.start_again()
    }

    fn update(&self) -> Result<Value> {
        Ok(self.customer.screen().page()?.all["update"].clone())
    }

    fn wait_update(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Result<Value> {
        let mut last = Value::Null;
        wait::until(what, FETCH, || {
            // While one program takes the place of another, none answers.
            let Ok(now) = self.update() else { return Ok(None) };
            last = now.clone();
            Ok(holds(&now).then_some(now))
        })
        .with_context(|| format!("the last that was shown: {last}; the log:\n{}", self.log()))
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.customer.folder().join("amparo.log")).unwrap_or_default()
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let name = self.program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.program.with_file_name(name + ending)
    }
}

/// The company's program, made of this template.
fn branded(world: &World, computer: &Computer, template: &Path, out: &Path) -> Result<()> {
    let (profile, key) = (computer.profile(), world.branding_key()?);
    let path = |path: &Path| path.display().to_string();
    brand(&[
        "build",
        "--template",
        &path(template),
        "--profile",
        &path(&profile),
        "--key",
        &path(&key),
        "--out",
        &path(out),
    ])
    .map(drop)
}

#[test]
fn one_click_updates_the_program_which_keeps_its_brand_and_works() -> Result<()> {
    let mut desk = Desk::new("update")?;
    desk.start()?;
    ensure!(desk.update()?.is_null(), "nothing is released yet");
    let old = std::fs::read(&desk.program)?;

    let next = desk.maker.template(&built("amparo")?, "0.2.0")?;
    desk.publish(&next, &[])?;
    let offered = desk.wait_update("the next version to be offered", |update| update["state"] == "Offered")?;
    assert_eq!(offered["version"], "0.2.0");
    desk.shots.screen(&desk.customer, "offered")?;
    ensure!(std::fs::read(&desk.program)? == old, "nothing changes before the click");

    let clicked = Instant::now();
    desk.customer.click(MAIN, "Atualizar para a versão 0.2.0")?;
    desk.wait_update("the next version to be fetched", |update| !update["state"]["Fetching"].is_null())?;
    desk.shots.screen(&desk.customer, "comes")?;
    desk.wait_update("the new program", Value::is_null)?;
    println!("from the click to the new program: {:.1} s", clicked.elapsed().as_secs_f64());
    desk.shots.screen(&desk.customer, "is-new")?;

    let told = brand(&["verify", &desk.program.display().to_string()])?;
    ensure!(told.contains(harness::world::COMPANY), "the brand is the company's: {told}");
    ensure!(std::fs::read(desk.beside(".previous"))? == old, "the one before is kept");
    ensure!(!desk.beside(".new").exists() && !desk.beside(".update").exists(), "nothing else is left");
    ensure!(desk.log().contains("the new version runs"), "the new program says so: {}", desk.log());
    // It does what a program is for.
    let credentials = story::register(&desk.customer)?;
    ensure!(!credentials.id.is_empty());
    Ok(())
}

#[test]
fn a_version_that_does_not_start_gives_way_and_is_not_offered_again() -> Result<()> {
    let mut desk = Desk::new("update-broken")?;
    desk.start()?;
    let old = std::fs::read(&desk.program)?;
    let next = desk.maker.template(&built("amparo")?, "0.2.0")?;
    break_start(&next)?;
    desk.publish(&next, &[])?;
    desk.wait_update("the next version to be offered", |update| update["state"] == "Offered")?;
    desk.customer.click(MAIN, "Atualizar para a versão 0.2.0")?;
    desk.wait_update("the one before to be back and to say why", |update| update["state"]["Failed"] == "DidNotStart")?;
    desk.shots.screen(&desk.customer, "is-back")?;
    ensure!(std::fs::read(&desk.program)? == old, "it is the one before");
    ensure!(!desk.beside(".update").exists());
    // It has asked again by now and was told of the same version: that is not offered.
    story::register(&desk.customer)?;
    assert_eq!(desk.update()?["state"]["Failed"], "DidNotStart");
    ensure!(std::fs::read(&desk.program)? == old);
    Ok(())
}

#[test]
fn what_is_not_released_by_a_key_to_trust_is_refused_in_words() -> Result<()> {
    let mut desk = Desk::new("update-foreign")?;
    desk.start()?;
    let old = std::fs::read(&desk.program)?;
    let next = desk.maker.template(&built("amparo")?, "0.2.0")?;
    // The server is somebody else's, with a key of theirs.
    let theirs = Maker::new(&desk.world.folder.path().join("theirs"))?;
    theirs.publish(&desk.world.relay, &[next], &[])?;
    desk.world.relay.kill()?;
    desk.world.relay.start_again()?;
    desk.wait_update("the refusal", |update| update["state"]["Failed"] == "NotTrusted")?;
    let notice = desk.customer.screen().page()?.all["notice"].clone();
    assert_eq!(notice["NotUpdated"], "NotTrusted");
    desk.shots.screen(&desk.customer, "is-told")?;
    ensure!(std::fs::read(&desk.program)? == old);
    story::register(&desk.customer)?;
    Ok(())
}

#[test]
fn a_company_that_wants_it_has_programs_updated_without_a_question_when_nobody_uses_them() -> Result<()> {
    let mut desk = Desk::new("update-quiet")?;
    desk.world.relay.kill()?;
    desk.world.records()?.change_app(|app| app.quiet_updates = true)?;
    desk.world.relay.start_again()?;
    desk.start()?;
    let next = desk.maker.template(&built("amparo")?, "0.2.0")?;
    desk.publish(&next, &[])?;
    desk.wait_update("the next version to be offered", |update| update["state"] == "Offered")?;
    // A minute in which nobody touches anything.
    wait::until("the new program by itself", Duration::from_secs(150), || {
        Ok(desk.log().contains("the new version runs").then_some(()))
    })?;
    Ok(())
}

/// Makes the first instruction of a program one that ends it at once.
fn break_start(program: &Path) -> Result<()> {
    let mut bytes = std::fs::read(program)?;
    let number = |at: usize| bytes.get(at..at + 8).map(|b| u64::from_le_bytes(b.try_into().unwrap_or_default()));
    let (entry, table) = (number(0x18).context("no entry")?, number(0x20).context("no table")?);
    let count = usize::from(u16::from_le_bytes([bytes[0x38], bytes[0x39]]));
    let at = (0..count)
        .map(|segment| usize::try_from(table).unwrap_or_default() + segment * 56)
        .find_map(|header| {
            let (offset, address, length) = (number(header + 8)?, number(header + 16)?, number(header + 32)?);
            let loaded = bytes.get(header..header + 4)? == 1_u32.to_le_bytes();
            (loaded && (address..address + length).contains(&entry)).then_some(offset + entry - address)
        })
        .context("no segment has the entry")?;
    bytes[usize::try_from(at)?] = 0xcc;
    std::fs::write(program, bytes)?;
    Ok(())
}
