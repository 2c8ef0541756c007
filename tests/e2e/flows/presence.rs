//! Who is there and who is not: an attendant's own status in the console, customers offered to whoever is available, and a customer who gives
//! up and becomes a ticket.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::automation::Page;
use harness::browser::Browser;
use harness::story::{self, Ticket};
use harness::wait;
use harness::world::{Computer, MAIN};

use super::attendance::only_bruno_attends;
use super::office::{BRUNO, BRUNO_LOGIN, Office, wait_live};
use super::words::Words;

const CIDA: &str = "Cida Nogueira";
const SUBJECT: &str = "Erro ao emitir nota fiscal";
/// Whoever leaves within ten seconds has not waited.
const MEANT: Duration = Duration::from_secs(11);
/// Longer than the three quarters of a minute in which a program may come back.
const COMES_BACK: Duration = Duration::from_secs(75);

pub fn walk(w: &'static Words) -> Result<()> {
    let office = Office::open(w)?;
    let password = office.world.relay.add_user(BRUNO_LOGIN, BRUNO, "attendant")?;
    only_bruno_attends(&office)?;
    one_at_a_time(&office)?;
    let bruno = office.log_in(BRUNO_LOGIN, &password)?;
    bruno.wait_text(w.my_status_hint)?;
    let attendant = office.world.attendant()?;
    story::log_in(&attendant, BRUNO_LOGIN, &password)?;
    office.goto(&office.admin, "/")?;
    wait_live(&office.admin)?;
    office.admin.wait_line("#people-rows tr", &[BRUNO, w.available])?;

    let mut customer = office.world.customer()?;
    nobody_is_asked_during_a_break(&office, &bruno, &attendant, &customer)?;
    the_next_one_is_offered(&office, &bruno, &attendant, &customer)?;
    story::leave(&customer, &attendant)?;
    whoever_gives_up_is_a_ticket(&office, &bruno, &mut customer)
}

fn one_at_a_time(office: &Office) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    admin.press_named(w.tab_availability)?;
    if !admin.ticked(w.distribute)? {
        admin.tick(w.distribute)?;
    }
    admin.fill_named(w.answer_within, "300")?;
    admin.press_named(w.save)?;
    admin.wait_text(w.saved)
}

/// Chooses one's own status on the attendance page; the administrator sees it without loading anything.
fn set_status(office: &Office, bruno: &Browser, status: &str) -> Result<()> {
    office.goto(bruno, "/")?;
    bruno.choose(office.w.my_status, status)?;
    wait::until_true("one's own status to be kept", wait::PATIENCE, || {
        Ok(bruno.chosen(office.w.my_status).is_ok_and(|chosen| chosen == status))
    })?;
    office.admin.wait_line("#people-rows tr", &[BRUNO, status]).map(drop)
}

fn nobody_is_asked_during_a_break(
    office: &Office,
    bruno: &Browser,
    attendant: &Computer,
    customer: &Computer,
) -> Result<()> {
    set_status(office, bruno, office.w.on_break_meal)?;
    story::register(customer)?;
    let nobody = |page: &Page| page.view["attended"] == "Nobody";
    customer.screen().wait_page_where("waiting", "with nobody available", nobody)?;
    office.admin.wait_line("#waiting-rows tr", &[CIDA, SUBJECT])?;
    ensure!(attendant.screen().page()?.view["offer"].is_null(), "somebody on a break is offered a customer");
    Ok(())
}

fn the_next_one_is_offered(office: &Office, bruno: &Browser, attendant: &Computer, customer: &Computer) -> Result<()> {
    let w = office.w;
    set_status(office, bruno, w.available)?;
    let offered = |page: &Page| page.view["offer"]["customer"]["name"] == CIDA;
    attendant.screen().wait_page_where("home", "with the customer offered", offered)?;
    attendant.click(MAIN, "Atender")?;
    attendant.screen().wait_page("ticket-step")?;
    story::pick_ticket(attendant, Ticket::New)?;
    story::allow(customer)?;
    story::picture_seen(attendant)?;
    office.admin.wait_line("#people-rows tr", &[BRUNO, w.under_way])?;
    office.admin.wait_line("#session-rows tr", &[CIDA, BRUNO])?;
    story::end_by_attendant(customer, attendant)
}

fn whoever_gives_up_is_a_ticket(office: &Office, bruno: &Browser, customer: &mut Computer) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    set_status(office, bruno, w.offline)?;
    admin.wait_line("#waiting-rows tr", &[CIDA, SUBJECT])?;
    // Whoever was helped and leaves has missed nothing; another one comes, and waits.
    customer.program()?.stop(wait::PATIENCE)?;
    admin.wait_text(w.nobody_waiting)?;
    let mut other = office.world.computer("other", (1280, 800))?;
    other.plug_in(&office.world.relay)?;
    other.start_program(&[])?;
    story::register(&other)?;
    admin.wait_line("#waiting-rows tr", &[CIDA, SUBJECT])?;
    std::thread::sleep(MEANT);
    other.program()?.stop(wait::PATIENCE)?;
    admin.wait_text(w.nobody_waiting)?;
    // A program that is ended without a word has its time to come back first.
    wait::until_true("the request to be missed", COMES_BACK, || {
        Ok(admin.texts(".stat")?.iter().any(|stat| stat.starts_with("1\n") && stat.ends_with(w.missed_many)))
    })?;

    admin.press_named(w.history)?;
    admin.choose(w.result, w.missed)?;
    admin.press_named(w.search)?;
    admin.wait_line("tbody tr", &[CIDA, w.missed_nobody])?;
    let missed = admin.texts("tbody tr")?.iter().filter(|line| line.contains(w.missed_nobody)).count();
    ensure!(missed == 1, "{missed} requests were missed");
    admin.press_named(w.indicators)?;
    admin.wait_text(w.missed_many)?;
    let (_, json) = admin.fetched(&admin.address_of("JSON")?)?;
    ensure!(json.contains("\"missed\":1"), "{json}");
    admin.press_named(w.tickets)?;
    admin.wait_line("tbody tr", &[&format!("Não atendida: {SUBJECT}"), CIDA]).map(drop)
}
