//! A contact: classified, with another ticket from their page, one with somebody else, found from anywhere, and known when they come.

use anyhow::{Result, ensure};
use harness::story;
use harness::wait;

use super::desk::open_ticket;
use super::office::{Office, wait_live};
use super::words::{Words, fill};

const CIDA: &str = "Cida Nogueira";

pub fn walk(w: &'static Words) -> Result<()> {
    let office = Office::open(w)?;
    let admin = &office.admin;
    let first = open_ticket(admin, w, "Caixa lento", CIDA, "cida@padariaaurora.example")?;
    open_ticket(admin, w, "Impressora parada", "Aparecida N.", "outra@padariaaurora.example")?;

    admin.press_named(w.contacts)?;
    admin.press_named(CIDA)?;
    admin.fill_named(w.email, "cida em casa")?;
    admin.fill_named(w.classification, "Ouro")?;
    admin.press_named(w.save)?;
    admin.wait_text(w.bad_email)?;
    ensure!(admin.value(w.classification)? == "Ouro", "what was typed is lost");
    admin.fill_named(w.email, "cida@padariaaurora.example")?;
    admin.fill_named(w.company, "Padaria Aurora")?;
    admin.press_named(w.save)?;
    admin.wait_text(w.desk_saved)?;

    // Another ticket of theirs, with nothing to be typed twice.
    admin.press_named(w.new_ticket)?;
    admin.fill_named(w.subject, "   ")?;
    admin.press_named(w.open_it)?;
    admin.wait_text(w.empty_subject)?;
    admin.fill_named(w.subject, "Trocar o certificado")?;
    admin.press_named(w.open_it)?;
    admin.wait_text(w.remote_sessions)?;
    let page = admin.text()?;
    ensure!(page.contains(CIDA) && page.contains("Ouro") && page.contains("Padaria Aurora"), "{page}");

    // From any page: by what the company calls them.
    admin.fill_named(w.search_everything, "ouro\n")?;
    admin.wait_line("main li", &[CIDA, "Ouro"])?;
    admin.fill_named(w.search_everything, &format!("{first}\n"))?;
    admin.wait_line("main li", &["Caixa lento", &first])?;
    admin.press_named("Caixa lento")?;
    admin.wait_text(w.remote_sessions)?;
    admin.fill_named(w.search_everything, "não existe\n")?;
    admin.wait_text(&fill(w.none_found, "não existe"))?;

    // Two that are one person.
    admin.press_named(w.contacts)?;
    admin.press_named(CIDA)?;
    admin.fill_named(w.merge_find, "outra@")?;
    admin.press_named(w.merge_find)?;
    admin.press_in("Aparecida N.", w.merge_go)?;
    admin.say_yes()?;
    admin.wait_line("main li", &["Impressora parada"])?;
    admin.press_named(w.contacts)?;
    admin.wait_gone("Aparecida N.")?;

    a_list(&office)?;

    // They come: who they are stands beside them, the program is one click away, and the app says that somebody waits.
    office.goto(admin, "/")?;
    wait_live(admin)?;
    let mut customer = office.world.computer("customer", (1280, 800))?;
    customer.plug_in(&office.world.relay)?;
    customer.start_program(&[])?;
    story::register(&customer)?;
    admin.wait_line("#waiting-rows tr", &[CIDA, "Ouro"])?;
    let link = admin.address_of(w.connect_now)?;
    ensure!(link.starts_with("amparo:connect?id="), "{link}");
    admin.wait_line("#app-rows tr", &[&fill(&fill(w.queued_and_helped, "1"), "0")])?;
    customer.program()?.stop(wait::PATIENCE)?;
    admin.wait_line("#app-rows tr", &[&fill(&fill(w.queued_and_helped, "0"), "0")])?;
    Ok(())
}

/// A list is looked at first, then saved; whoever brought it is told on whatever page they are.
fn a_list(office: &Office) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    admin.press_named(w.contacts)?;
    admin.press_named(w.import_contacts)?;
    let list = office.world.folder.path().join("clientes.csv");
    std::fs::write(&list, "Nome;E-mail;Classificação\nRosa Lima;rosa@a.example;Prata\nsem endereço;isto não é\n")?;
    admin.attach("input[type=file]", &list)?;
    admin.press_named(w.check_the_list)?;
    admin.wait_line("tbody tr", &["Rosa Lima", "rosa@a.example"])?;
    admin.wait_line("tbody tr", &["3", "sem endereço"])?;
    admin.press_named(&fill(w.save_contacts, "1"))?;
    admin.wait_text(w.contacts_done)?;
    admin.press_named(w.contacts)?;
    admin.wait_line("tbody tr", &["Rosa Lima", "Prata"])?;
    Ok(())
}
