//! A ticket's side: the list, an answer, and its requester's program, for a ticket of the built-in desk and for one of another system.

use anyhow::{Context, Result, ensure};
use harness::browser::Browser;
use harness::servers::{KEY, Web, redmine};
use harness::story;
use harness::wait;

use super::office::{Office, wait_live};
use super::words::{Words, fill};

const CIDA: &str = "Cida Nogueira";
const EMAIL: &str = "cida@padariaaurora.example";
const SUBJECT: &str = "Erro ao emitir nota fiscal";

pub fn walk(w: &'static Words) -> Result<()> {
    let office = Office::open(w)?;
    let admin = &office.admin;
    canned_answer(admin, w)?;
    let other = open_ticket(admin, w, "Impressora parada", "Otávio Brandão", "")?;
    let number = open_ticket(admin, w, SUBJECT, CIDA, EMAIL)?;
    answer(admin, w, &number)?;
    list(admin, w, &number, &other)?;
    let mut customer = office.world.computer("customer", (1280, 800))?;
    customer.plug_in(&office.world.relay)?;

    notify_me(&office, &number, &mut customer)?;
    insert_link(&office, &number)?;
    customer.program()?.stop(wait::PATIENCE)?;
    office.goto(admin, "/")?;
    admin.wait_text(w.nobody_waiting)?;
    elsewhere(&office, &mut customer)
}

fn canned_answer(admin: &Browser, w: &Words) -> Result<()> {
    admin.press_named(w.canned_answers)?;
    admin.fill_named(w.title, "Renovar")?;
    admin.fill_named(w.canned_text, "{customer}, o certificado {nada} venceu.")?;
    admin.press_named(w.save)?;
    admin.wait_text(&fill(w.bad_place, "{nada}"))?;
    admin.fill_named(w.canned_text, "{customer}, o certificado venceu. Ticket {ticket}.")?;
    admin.press_named(w.save)?;
    admin.wait_text(w.desk_saved)
}

/// Opens a ticket by the form; on its page after this. Gives its number.
pub fn open_ticket(admin: &Browser, w: &Words, subject: &str, name: &str, email: &str) -> Result<String> {
    admin.press_named(w.tickets)?;
    admin.press_named(w.new_ticket)?;
    admin.fill_named(w.subject, subject)?;
    admin.fill_named(w.name, name)?;
    admin.fill_named(w.email, email)?;
    admin.press_named(w.open_it)?;
    admin.wait_text(w.remote_sessions)?;
    let url = admin.url()?;
    let number = url.rsplit('/').next().and_then(|end| end.split(['?', '#']).next());
    number.map(str::to_owned).context("a number in the address")
}

fn answer(admin: &Browser, w: &Words, number: &str) -> Result<()> {
    let answered = format!("{CIDA}, o certificado venceu. Ticket {number}.");
    admin.click(".compose summary")?;
    admin.press_named("Renovar")?;
    ensure!(admin.value(w.write_here)? == answered, "{}", admin.value(w.write_here)?);
    ensure!(admin.ticked(w.reply)?, "a canned answer is an answer");
    admin.press_named(w.add)?;
    admin.wait_line("ol.tl li", &["Ana Ribeiro", &answered])?;
    admin.fill_named(w.write_here, "Falar antes com a contadora.")?;
    admin.tick(w.internal_note)?;
    admin.press_named(w.add)?;
    admin.wait_line("ol.tl li", &[w.internal_note, "Falar antes com a contadora."])?;
    admin.fill_named(w.new_tag, "certificado")?;
    admin.press_named(w.add_tag)?;
    admin.wait_offered(&fill(w.remove_tag, "certificado"))?;
    Ok(())
}

fn list(admin: &Browser, w: &Words, number: &str, other: &str) -> Result<()> {
    admin.press_named(w.tickets)?;
    admin.press_named("Impressora parada")?;
    admin.press_named(w.resolve)?;
    admin.wait_text(w.status_resolved)?;
    admin.press_named(w.tickets)?;
    admin.wait_line("tbody tr", &[number, SUBJECT, CIDA])?;
    ensure!(!admin.text()?.contains("Impressora parada"), "what is done with is still among what is to do");
    // A choice counts at once.
    admin.choose(w.status, w.status_resolved)?;
    admin.wait_line("tbody tr", &[other, "Impressora parada", w.status_resolved])?;
    admin.wait_gone(SUBJECT)?;
    admin.choose(w.tag_filter, "certificado")?;
    admin.wait_text(w.none_with_filters)?;
    admin.press_named(w.clear_filters)?;
    admin.wait_line("tbody tr", &[SUBJECT])?;
    // Searched by Enter.
    admin.fill_named(w.search_tickets, "contadora\n")?;
    admin.wait_line("tbody tr", &[SUBJECT])?;
    admin.press_named(w.clear_filters)?;
    admin.wait_line("tbody tr", &[SUBJECT])?;
    admin.fill_named(w.search_tickets, "não existe\n")?;
    admin.wait_text(&fill(w.none_found, "não existe"))
}

/// The requester is not there, is waited for, and comes.
fn notify_me(office: &Office, number: &str, customer: &mut harness::world::Computer) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    office.goto(admin, &format!("/tickets/{number}"))?;
    admin.press_named(w.remote)?;
    admin.wait_text(w.no_program)?;
    ensure!(!admin.offers(w.connect)?);
    admin.press_named(w.notify_me)?;
    admin.wait_text(w.told)?;
    admin.press_named(w.remote)?;
    ensure!(!admin.offers(w.notify_me)? && admin.text()?.contains(w.notified));

    admin.press_named(w.users)?;
    wait_live(admin)?;
    customer.start_program(&[])?;
    let credentials = story::register(customer)?;
    admin.wait_text(&fill(w.has_come, CIDA))?;
    admin.wait_text(&fill(&fill(w.come_for, number), SUBJECT))?;
    // Another toast says that somebody waits.
    admin.press_in(&fill(w.come_for, number).replace("{}", SUBJECT), w.see)?;
    admin.wait_text(SUBJECT)?;
    admin.press_named(w.remote)?;
    admin.wait_text(w.is_here)?;
    admin.wait_text(&credentials.id)?;
    let address = admin.address_of(w.connect)?;
    let connect = format!("amparo:connect?id={}&ticket={number}&at=", credentials.id.replace(' ', ""));
    ensure!(address.starts_with(&connect), "{address}");
    admin.press_named(w.desk_copy_credentials)?;
    let copied = wait::until("what was copied", wait::PATIENCE, || {
        Ok(Some(admin.copied()?).filter(|copied| copied.starts_with(&credentials.id)))
    })?;
    ensure!(!copied.contains(&credentials.password), "{copied}");
    Ok(())
}

/// The link goes to the customer with the answer, and tells them which ticket it is about.
fn insert_link(office: &Office, number: &str) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    office.goto(admin, &format!("/tickets/{number}"))?;
    admin.press_named(w.remote)?;
    admin.press_named(w.insert_link)?;
    let text = admin.value(w.write_here)?;
    let link = text.split_whitespace().find(|word| word.starts_with("https://")).context("a link")?.to_owned();
    admin.press_named(w.add)?;
    admin.wait_line("ol.tl li", &[&link])?;
    let customer = office.browser()?;
    customer.goto(&link)?;
    customer.wait_text(&fill(w.invited, number))?;
    customer.wait_text("ci•••@padariaaurora.example")?;
    Ok(())
}

/// The same for a ticket of a Redmine.
fn elsewhere(office: &Office, customer: &mut harness::world::Computer) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    let redmine = redmine()?;
    connect_redmine(admin, w, &redmine, KEY)?;
    let url = admin.url()?;
    let connection = url.rsplit('/').next().and_then(|end| end.split('?').next()).context("a connection")?;
    let page = format!("/t/{connection}/5003");
    admin.wait_text(&page.replace("5003", "…"))?;
    office.goto(admin, "/t/redmine/77")?;
    admin.wait_text(&fill(w.no_ticket, "Redmine da Varanda"))?;

    office.goto(admin, &format!("{page}?email={EMAIL}"))?;
    admin.wait_text("Certificado vencido")?;
    admin.wait_text(CIDA)?;
    admin.wait_text(w.no_program)?;
    ensure!(admin.address_of(&fill(w.open_there, "Redmine da Varanda"))? == redmine.url("/issues/5003"));
    ensure!(!admin.offers(w.connect)?);
    admin.press_named(w.notify_me)?;
    admin.wait_text(w.told)?;
    wait_live(admin)?;
    customer.start_program(&[])?;
    let credentials = story::register(customer)?;
    admin.wait_text(&fill(w.has_come, CIDA))?;
    admin.wait_text(&fill(&fill(w.come_for, "5003"), "Certificado vencido"))?;
    office.goto(admin, &format!("{page}?email={EMAIL}"))?;
    admin.wait_text(w.is_here)?;
    let address = admin.address_of(w.connect)?;
    let connect = format!("amparo:connect?id={}&ticket=5003&at=", credentials.id.replace(' ', ""));
    ensure!(address.starts_with(&connect), "{address}");
    admin.wait_offered(w.desk_copy_credentials)?;
    admin.wait_offered(w.copy_id)?;
    Ok(())
}

/// Connects a Redmine by the form; on its page after this.
pub fn connect_redmine(admin: &Browser, w: &Words, redmine: &Web, key: &str) -> Result<()> {
    admin.press_named(w.connections)?;
    admin.press_named("Redmine")?;
    admin.fill_named(w.name, "Redmine da Varanda")?;
    admin.fill_named(w.address, &redmine.url(""))?;
    admin.fill_named(w.api_key, key)?;
    admin.fill_named(w.project, "suporte")?;
    admin.press_named(w.save)?;
    admin.wait_text(w.connection_saved)
}
