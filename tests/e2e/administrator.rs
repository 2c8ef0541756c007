//! An administrator's rights in a session, by the real windows: asked for by the attendant, allowed or refused by the customer alone, used by a
//! second process of the customer's program, and gone with mouse and keyboard, with that process or with the session.
//!
//! Only the system's own question is missing here, which no Linux asks: the second process is started without more rights. `windows.rs` has it
//! started as Windows does.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use harness::automation::Page;
use harness::lens::Lens;
use harness::picture::Rect;
use harness::program::built;
use harness::shots::Shots;
use harness::story::{self, Ticket};
use harness::wait;
use harness::world::{BAR, Computer, MAIN, VIEWER, World};
use serde_json::Value;

/// Where pictures go: `AMPARO_SHOTS`, or beside what else a test leaves.
fn shots(world: &World, name: &str) -> Result<Shots> {
    let folder = std::env::var_os("AMPARO_SHOTS").map_or_else(|| world.folder.path().join("shots"), PathBuf::from);
    Shots::into(&folder.join(name))
}

/// The processes that have an administrator's rights for this world's customer.
fn elevated() -> Result<Vec<u32>> {
    let program = built("amparo")?;
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // One that ends meanwhile is none.
        let said = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = said.split(|byte| *byte == 0).collect();
        let is_ours = std::fs::read_link(entry.path().join("exe")).is_ok_and(|file| file == program);
        if is_ours && words.get(1) == Some(&&b"elevated"[..]) {
            found.push(process);
        }
    }
    Ok(found)
}

fn wait_elevated(how_many: usize) -> Result<Vec<u32>> {
    wait::until(&format!("{how_many} processes with the rights"), wait::PATIENCE, || {
        Ok(Some(elevated()?).filter(|found| found.len() == how_many))
    })
}

/// The rights as the attendant's viewer shows them.
fn shown(attendant: &Computer, wanted: &str) -> Result<()> {
    wait::until_true(&format!("the viewer to show {wanted}"), wait::PATIENCE, || {
        Ok(attendant.screen().page()?.all["viewer"]["administrator"] == wanted)
    })
}

/// Why there are none, as the attendant reads it; reads it and goes on.
fn told(attendant: &Computer, wanted: &str) -> Result<()> {
    wait::until_true(&format!("the attendant to be told: {wanted}"), wait::PATIENCE, || {
        Ok(attendant.screen().page()?.all["viewer"]["no_administrator"] == wanted)
    })?;
    attendant.click(VIEWER, "OK")
}

fn ask(attendant: &Computer, customer: &Computer) -> Result<Page> {
    attendant.click(VIEWER, "Pedir direitos de administrador")?;
    shown(attendant, "Asking")?;
    customer.screen().wait_page("administrator")
}

/// The button that says yes can be pressed.
fn armed(customer: &Computer) -> Result<Page> {
    let armed = |page: &Page| page.view["arms_in"]["secs"] == 0 && page.view["arms_in"]["nanos"] == 0;
    customer.screen().wait_page_where("administrator", "with its button armed", armed)
}

fn type_line(attendant: &Computer, lens: &Lens, at: (i32, i32), line: &str, file: &Path) -> Result<()> {
    attendant.hands.click(lens.to_attendant(at))?;
    attendant.hands.type_text(&format!("{line}\n"))?;
    wait::until_true(&format!("{file:?} to be written"), wait::PATIENCE, || Ok(file.is_file()))
}

#[test]
fn only_the_customer_gives_an_administrators_rights_and_they_end_with_what_they_were_given_for() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let shots = shots(&world, "administrator")?;
    let mut customer = world.computer("customer", (1280, 800))?;
    customer.plug_in(&world.relay)?;
    customer.start_program_of(&built("amparo")?, &[], &[("AMPARO_ELEVATION", "pretended")])?;
    let work = customer.folder().join("trabalho");
    std::fs::create_dir_all(&work)?;
    let terminal = customer.display.terminal("Terminal", "70x14+520+380", &work)?;
    let at = customer.display.place_of(terminal)?.centre();
    let attendant = world.attendant()?;
    story::session(&customer, &attendant, &password, Ticket::New)?;
    let lens = Lens::over(&customer, &attendant)?;
    shown(&attendant, "Off")?;

    // The attendant sees the question, and cannot answer it: what they do meanwhile comes to nothing.
    ask(&attendant, &customer)?;
    shots.screen(&customer, "is-asked")?;
    armed(&customer)?;
    shots.screen(&attendant, "waits")?;
    let yes = customer.place(MAIN, "Continuar")?;
    attendant.hands.click(lens.to_attendant(yes.centre()))?;
    attendant.hands.press("Return")?;
    std::thread::sleep(std::time::Duration::from_secs(1));
    ensure!(customer.screen().page()?.name == "administrator", "the attendant has answered");
    ensure!(elevated()?.is_empty());
    customer.click(MAIN, "Recusar")?;
    told(&attendant, "Refused")?;
    shown(&attendant, "Off")?;

    // Said yes to, mouse and keyboard are those of a second process.
    ask(&attendant, &customer)?;
    armed(&customer)?;
    customer.click(MAIN, "Continuar")?;
    shown(&attendant, "On")?;
    let first = wait_elevated(1)?;
    shots.screen(&attendant, "has-the-rights")?;
    wait::until_true("the bar to say so", wait::PATIENCE, || {
        Ok(customer.screen().page()?.all["session_bar"]["administrator"] == true)
    })?;
    type_line(&attendant, &lens, at, "touch um", &work.join("um"))?;
    // Without contact they are kept, and told again.
    customer.network()?.cut();
    wait::until_true("the viewer to tell of the cut", wait::PATIENCE, || {
        Ok(!attendant.screen().page()?.all["viewer"]["reconnecting"].is_null())
    })?;
    customer.network()?.mend();
    shown(&attendant, "On")?;
    story::picture_seen(&attendant)?;
    ensure!(elevated()? == first, "another process than before the cut");
    type_line(&attendant, &lens, at, "touch dois", &work.join("dois"))?;

    // Its process ends: the session goes on without the rights.
    let ended = std::process::Command::new("kill").args(["-9", &first[0].to_string()]).status()?;
    ensure!(ended.success());
    told(&attendant, "Ended")?;
    shown(&attendant, "Off")?;
    type_line(&attendant, &lens, at, "touch tres", &work.join("tres"))?;

    // Taken back with mouse and keyboard.
    ask(&attendant, &customer)?;
    armed(&customer)?;
    customer.click(MAIN, "Continuar")?;
    shown(&attendant, "On")?;
    wait_elevated(1)?;
    open_bar(&customer)?;
    shots.screen(&customer, "reads-what-is-allowed")?;
    customer.click(BAR, "Mouse e teclado")?;
    shown(&attendant, "Off")?;
    wait_elevated(0)?;

    // And with the session.
    customer.click(BAR, "Mouse e teclado")?;
    wait::until_true("control again", wait::PATIENCE, || {
        Ok(customer.screen().page()?.all["session_bar"]["allowed"]["control"] == true)
    })?;
    if !attendant.screen().page()?.all["viewer"]["no_administrator"].is_null() {
        attendant.click(VIEWER, "OK")?;
    }
    ask(&attendant, &customer)?;
    armed(&customer)?;
    customer.click(MAIN, "Continuar")?;
    shown(&attendant, "On")?;
    wait_elevated(1)?;
    story::end_by_attendant(&customer, &attendant)?;
    wait_elevated(0)?;
    shots.screen(&customer, "has-a-receipt")?;
    ensure!(world.check_tickets()? == 1);
    let records = world.records()?;
    let tickets = records.tickets()?;
    let number = tickets.first().context("no ticket")?.ticket.number.as_str().to_owned();
    let ticket = records.print(&number)?;
    ensure!(ticket.matches("Direitos de administrador").count() == 1, "{ticket}");
    Ok(())
}

fn open_bar(customer: &Computer) -> Result<()> {
    let open = |page: &Value| page["session_bar"]["open"] == true;
    if !open(&customer.screen().page()?.all) {
        customer.click(BAR, "Detalhes")?;
    }
    wait::until_true("the bar's panel", wait::PATIENCE, || Ok(open(&customer.screen().page()?.all)))?;
    // All of it, also what was outside of the bar's outline before: below what is written, near the panel's left side.
    let place = customer.place(BAR, "Mouse e teclado")?;
    let strip = Rect { x: place.x, y: place.y + 70, width: 20, height: 30 };
    wait::until_true("the panel to be drawn whole", wait::PATIENCE, || {
        let strip = customer.display.picture()?.cut(strip);
        let dark = |pixel: &[u8]| pixel.iter().all(|part| *part < 0x38);
        Ok(strip.rgb.chunks_exact(3).all(|pixel| dark(pixel) && pixel == &strip.rgb[..3]))
    })
}

#[test]
fn a_linux_computer_has_nothing_to_ask_for_and_says_so() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let shots = shots(&world, "no-administrator")?;
    let customer = world.customer()?;
    let attendant = world.attendant()?;
    story::session(&customer, &attendant, &password, Ticket::New)?;
    attendant.hands.press("ctrl+alt+shift+a")?;
    wait::until_true("the answer", wait::PATIENCE, || {
        Ok(attendant.screen().page()?.all["viewer"]["no_administrator"] == "Unavailable")
    })?;
    shots.screen(&attendant, "reads-why-not")?;
    attendant.click(VIEWER, "OK")?;
    ensure!(customer.screen().page()?.name != "administrator", "the customer is asked in vain");
    story::end_by_customer(&customer, &attendant)?;
    ensure!(world.check_tickets()? == 1);
    Ok(())
}
