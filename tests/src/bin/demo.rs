//! The main job for somebody to watch: from the set-up link to the ticket with its two actions.
//!
//! Called by `tests/demo`, which builds everything first. Every step is done through the windows by mouse and keyboard; what the
//! customer's shell wrote and what the ticket says is checked, and a picture of every step is left in a folder.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use harness::browser::Browser;
use harness::display::{Display, installed};
use harness::shots::Shots;
use harness::story::{self, Ticket};
use harness::world::{ANA_LOGIN, COMPANY, Computer, VIEWER, World};
use harness::{console, lens, wait};

/// Runs the main job on virtual displays (or the attendant's side on this desktop) and prints the ticket.
#[derive(Parser)]
struct Options {
    /// Keep everything running at the end, until Ctrl+C.
    #[arg(long)]
    hold: bool,
    /// Where the screenshots go.
    #[arg(long, default_value = "amparo-demo")]
    shots: PathBuf,
    /// Use virtual displays even where there is a desktop.
    #[arg(long = "virtual")]
    virtual_only: bool,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let shots = Shots::into(&options.shots)?;
    let mut world = World::new()?;
    step("relay started, first start: it prints a one-time set-up link");
    let link = world.relay.setup_link()?;

    let browser = Browser::open(world.folder.path(), 1280, 800)?;
    console::open_set_up(&browser, &link)?;
    shots.console(&browser, "setup")?;
    console::send_set_up(&browser)?;
    step("company and first administrator set up in the console");
    let subject = "Erro ao emitir nota fiscal";
    let ticket = console::new_ticket(&browser, &world.relay, subject, "Cida Nogueira", "Padaria Aurora")?;
    shots.console(&browser, "ticket-new")?;
    step(&format!("ticket {ticket} opened in the built-in desk"));

    // The customer's desk as it is on any day; then the downloaded program is started on it.
    let mut customer = world.computer("customer", (1280, 800))?;
    let work = customer.folder().join("documentos");
    std::fs::create_dir_all(&work)?;
    for name in ["notas-2026.txt", "certificado.txt", "clientes.txt"] {
        std::fs::write(work.join(name), "Padaria Aurora\n")?;
    }
    if installed("pcmanfm") {
        let folder = work.to_str().context("the folder's name is text")?.to_owned();
        customer.display.run("pcmanfm", &["--no-desktop", &folder])?;
        customer.display.window_titled("documentos")?;
    }
    let terminal = customer.display.terminal("Terminal", "78x14+520+380", &work)?;
    customer.plug_in(&world.relay)?;
    customer.start_program(&[])?;
    customer.screen().wait_page("fields")?;
    shots.screen(&customer, "fields")?;
    let credentials = story::register(&customer)?;
    shots.screen(&customer, "waiting")?;
    step(&format!("the customer waits as {}", credentials.id));
    browser.goto(&world.relay.url("/"))?;
    browser.wait_text("Cida Nogueira")?;
    shots.console(&browser, "attendance")?;

    let on_desktop = std::env::var_os("DISPLAY").is_some() && !options.virtual_only;
    let attendant = if on_desktop { on_this_desktop(&world)? } else { world.attendant()? };
    story::open_login(&attendant)?;
    shots.screen(&attendant, "login")?;
    story::give_login(&attendant, ANA_LOGIN, console::PASSWORD)?;
    attendant.screen().wait_page("home")?;
    attendant.screen().wait_page_where("home", "with the customer listed", |page| {
        page.view["waiting"].as_array().is_some_and(|list| !list.is_empty())
    })?;
    shots.screen(&attendant, "home")?;
    step("the attendant is logged in through the corner icon");

    story::connect(&attendant, &credentials.id)?;
    story::look_up(&attendant, &ticket)?;
    attendant.screen().wait_page_where("ticket-step", "with the ticket found", |page| {
        page.view["lookup"]["Found"]["number"].as_str() == Some(&ticket)
    })?;
    shots.screen(&attendant, "ticket")?;
    story::choose_ticket(&attendant, Ticket::Number(&ticket))?;
    shots.screen(&attendant, "password")?;
    story::give_password(&attendant, &credentials.password)?;
    customer.screen().wait_page("consent")?;
    shots.screen(&customer, "consent")?;
    attendant.screen().wait_page("connecting")?;
    shots.screen(&attendant, "connecting")?;
    story::consent_armed(&customer)?;
    shots.screen(&customer, "consent-armed")?;
    story::allow_by_keyboard(&customer)?;
    story::picture_seen(&attendant)?;
    step("the customer allowed it, by Tab and Space");

    let glass = lens::Lens::over(&customer, &attendant)?;
    let inside = customer.display.place_of(terminal)?;
    attendant.hands.click(glass.to_attendant(inside.centre()))?;
    attendant
        .hands
        .type_text("echo \"Olha, $(whoami): funciona\" | tee pronto.txt; ls -l\n".replace("Olha", "Ola").as_str())?;
    let written = work.join("pronto.txt");
    let text = wait::until("what the shell wrote", wait::PATIENCE, || {
        Ok(std::fs::read_to_string(&written).ok().filter(|text| text.ends_with('\n')))
    })?;
    ensure!(text.contains("funciona"), "the shell wrote {text:?}");
    glass.wait_same(&customer, &attendant, inside)?;
    shots.screen(&attendant, "viewer")?;
    shots.screen(&customer, "session")?;
    step(&format!("typed through the viewer, the customer's shell wrote: {}", text.trim_end()));
    browser.goto(&world.relay.url("/"))?;
    browser.wait_text("Ana Ribeiro")?;
    shots.console(&browser, "session")?;

    attendant.click(VIEWER, "Encerrar")?;
    story::ended(&customer, &attendant)?;
    // The window comes back when the bar has gone.
    for computer in [&customer, &attendant] {
        computer.display.window_titled(COMPANY)?;
    }
    shots.screen(&customer, "receipt")?;
    shots.screen(&attendant, "ended")?;
    world.check_tickets()?;
    browser.goto(&world.relay.url(&format!("/tickets/{ticket}")))?;
    browser.wait_text(subject)?;
    shots.console(&browser, "ticket")?;
    step("ended: the customer has a receipt, the ticket its two actions");

    println!("\n{}", world.records()?.print(&ticket)?);
    println!("pictures: {}", shots.folder().canonicalize()?.display());
    if options.hold {
        hold(&world, &customer, &attendant)?;
    }
    Ok(())
}

fn step(what: &str) {
    println!("  {what}");
}

fn on_this_desktop(world: &World) -> Result<Computer> {
    let folder = world.folder.path().join("attendant");
    std::fs::create_dir_all(&folder)?;
    let display = Display::of_the_person(&folder)?;
    let mut computer = Computer::at("attendant", display, folder)?;
    computer.plug_in(&world.relay)?;
    computer.start_program(&[])?;
    Ok(computer)
}

fn hold(world: &World, customer: &Computer, attendant: &Computer) -> Result<()> {
    println!("\nEverything keeps running:");
    println!("  console    {}  user {ANA_LOGIN}, password {:?}", world.relay.url("/"), console::PASSWORD);
    println!("  relay      {} (UDP)", world.relay.address());
    println!("  customer   display {}   attendant  display {}", customer.display.name(), attendant.display.name());
    println!("  profile    {}", customer.profile().display());
    println!("Ctrl+C ends it.");
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}
