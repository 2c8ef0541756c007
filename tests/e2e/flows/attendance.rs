//! Two browsers at once, an administrator's and an attendant's, while a customer comes, is helped by a real program, and goes.

use anyhow::{Context, Result, ensure};
use harness::browser::Browser;
use harness::clipboard::Clipboard;
use harness::story::{self, Credentials, Ticket};
use harness::world::{ANA, Computer, MAIN};
use harness::{console, wait};

use super::office::{BRUNO, BRUNO_LOGIN, Office, is_same, mark, wait_live};
use super::record;
use super::words::{Words, fill};

const CIDA: &str = "Cida Nogueira";
const SUBJECT: &str = "Erro ao emitir nota fiscal";

pub fn walk(w: &'static Words) -> Result<()> {
    let mut office = Office::open(w)?;
    let ticket = console::new_ticket(&office.admin, &office.world.relay, SUBJECT, CIDA, "Padaria Aurora")?;
    let password = office.world.relay.add_user(BRUNO_LOGIN, BRUNO, "attendant")?;
    only_bruno_attends(&office)?;
    let bruno = office.log_in(BRUNO_LOGIN, &password)?;
    an_attendant_sees_no_indicators(&office, &bruno)?;
    // A login from before a restart shows a password only after its own.
    office.world.relay.kill()?;
    office.world.relay.start_again()?;
    for browser in [&office.admin, &bruno] {
        office.goto(browser, "/")?;
        wait_live(browser)?;
        mark(browser)?;
    }

    let mut customer = office.world.customer()?;
    let attendant = office.world.attendant()?;
    let credentials = story::register(&customer)?;
    both_see_who_waits(&office, &bruno, &credentials)?;
    an_administrator_gets_no_credentials(&office, &credentials)?;
    let copied = the_attendant_gets_them(&bruno, w, &credentials, &password)?;
    connect(&customer, &attendant, &password, &ticket, || {
        bruno.press_in(CIDA, w.copy_credentials)?;
        wait::until("other credentials: each are good once", wait::PATIENCE, || {
            Ok(Some(bruno.copied()?).filter(|now| *now != copied))
        })
    })?;
    both_see_the_session(&office, &bruno, &ticket)?;
    the_administrator_ends_it(&office, &bruno, &customer, &attendant, &ticket)?;

    customer.click(MAIN, "Fechar")?;
    let renewed = story::waiting(&customer)?;
    ensure!(renewed.password != credentials.password, "the password was not renewed");
    for browser in [&office.admin, &bruno] {
        browser.wait_line("#waiting-rows tr", &[CIDA, &renewed.id])?;
    }
    customer.program()?.stop(wait::PATIENCE)?;
    for browser in [&office.admin, &bruno] {
        browser.wait_text(w.nobody_waiting)?;
        ensure!(browser.texts("#waiting-rows tr")?.is_empty(), "somebody still waits");
        ensure!(is_same(browser)?, "a page was loaded again");
    }
    ensure!(office.world.check_tickets()? == 1);
    record::walk(&office, &ticket)
}

/// On the app's tab for it.
pub fn only_bruno_attends(office: &Office) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    admin.press_named(w.apps)?;
    admin.click("a.rowlink")?;
    admin.press_named(w.attendants)?;
    ensure!(admin.ticked(w.everyone_attends)?, "an app of the first start is attended by everybody");
    admin.tick(w.everyone_attends)?;
    admin.tick(BRUNO)?;
    admin.press_named(w.save)?;
    admin.wait_text(w.saved)?;
    ensure!(!admin.ticked(w.everyone_attends)? && admin.ticked(BRUNO)? && !admin.ticked(ANA)?);
    Ok(())
}

fn an_attendant_sees_no_indicators(office: &Office, bruno: &Browser) -> Result<()> {
    let w = office.w;
    ensure!(office.admin.offers(w.indicators)? && !bruno.offers(w.indicators)?);
    office.goto(&office.admin, "/")?;
    office.admin.wait_text(w.longest_wait)?;
    let text = bruno.text()?;
    ensure!(!text.contains(w.longest_wait) && !text.contains(w.sessions_today), "an attendant reads indicators");
    office.goto(bruno, "/indicators")?;
    bruno.wait_text(w.forbidden)
}

fn both_see_who_waits(office: &Office, bruno: &Browser, credentials: &Credentials) -> Result<()> {
    let w = office.w;
    for browser in [&office.admin, bruno] {
        browser.wait_line("#waiting-rows tr", &[CIDA, "Padaria Aurora", SUBJECT, &credentials.id])?;
        wait::until_true("the number in the title", wait::PATIENCE, || {
            Ok(browser.execute("return document.title")?.as_str().is_some_and(|title| title.starts_with("(1) ")))
        })?;
        ensure!(!browser.text()?.contains(&credentials.password), "a password is shown to whom it was not yet told");
    }
    bruno.wait_text(&fill(w.is_waiting, CIDA))?;
    ensure!(!office.admin.has(".toast")?, "whoever does not attend the app is called");
    bruno.press_named(w.dismiss)?;
    wait::until_true("the toast to be gone", wait::PATIENCE, || Ok(!bruno.has(".toast")?))
}

/// Not by a button, nor by what a button would send.
fn an_administrator_gets_no_credentials(office: &Office, credentials: &Credentials) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    admin.wait_offered_in(CIDA, w.copy_id).context("the ID is no secret")?;
    for name in [w.show_password, w.copy_credentials] {
        ensure!(!admin.offers_in(CIDA, name)?, "{name:?} is offered to whoever does not attend the app");
    }
    let number = credentials.id.replace(' ', "");
    for what in ["password", "credentials"] {
        let (status, text) = admin.posted(&format!("/waiting/{number}/{what}"))?;
        ensure!(status == 403 && !text.contains(&credentials.password), "{what}: {status}");
    }
    Ok(())
}

fn the_attendant_gets_them(bruno: &Browser, w: &Words, credentials: &Credentials, own: &str) -> Result<String> {
    bruno.press_in(CIDA, w.show_password)?;
    bruno.wait_text(w.own_password_why)?;
    bruno.fill_named(w.own_password, "isto não é")?;
    bruno.press_named(w.show)?;
    bruno.wait_text(w.own_password_wrong)?;
    bruno.fill_named(w.own_password, own)?;
    bruno.press_named(w.show)?;
    bruno.wait_line("#waiting-rows tr", &[CIDA, &credentials.password])?;
    bruno.press_in(CIDA, w.hide_password)?;
    bruno.wait_gone(&credentials.password)?;
    bruno.press_in(CIDA, w.copy_credentials)?;
    wait::until_true("what is said of copying", wait::PATIENCE, || {
        Ok(bruno.execute("return document.getElementById('say').textContent")? == w.copied)
    })?;
    let copied = bruno.copied()?;
    ensure!(copied.starts_with(&credentials.id) && !copied.contains(&credentials.password), "{copied}");
    Ok(copied)
}

/// The attendant's program with what was copied, and a ticket.
fn connect(
    customer: &Computer,
    attendant: &Computer,
    password: &str,
    ticket: &str,
    copy: impl Fn() -> Result<String>,
) -> Result<()> {
    story::log_in(attendant, BRUNO_LOGIN, password)?;
    let _clipboard = Clipboard::holding(&copy()?, &attendant.display)?;
    attendant.click(MAIN, "Colar credenciais")?;
    attendant.screen().wait_page("ticket-step")?;
    story::pick_ticket(attendant, Ticket::Number(ticket))?;
    story::allow(customer)?;
    story::picture_seen(attendant)
}

fn both_see_the_session(office: &Office, bruno: &Browser, ticket: &str) -> Result<()> {
    let w = office.w;
    for browser in [&office.admin, bruno] {
        browser.wait_line("#session-rows tr", &[CIDA, BRUNO, ticket, w.under_way])?;
        browser.wait_text(w.nobody_waiting)?;
    }
    office.admin.wait_line("#people-rows tr", &[BRUNO, w.under_way])?;
    ensure!(!bruno.offers_in(CIDA, w.end)?, "an attendant is offered to end sessions of the app");
    Ok(())
}

fn the_administrator_ends_it(
    office: &Office,
    bruno: &Browser,
    customer: &Computer,
    attendant: &Computer,
    ticket: &str,
) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    admin.press_in(CIDA, w.end)?;
    let asked = admin.say_yes().context("the question before a session is ended")?;
    ensure!(asked == fill(w.end_ask, CIDA), "{asked}");
    story::ended(customer, attendant)?;
    for browser in [admin, bruno] {
        browser.wait_text(w.no_session)?;
        browser.wait_line("#ended-rows tr", &[CIDA, BRUNO, w.by_attendant, ticket])?;
    }
    Ok(())
}
