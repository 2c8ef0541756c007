//! Customers before anybody dials them, and what is said when a session is over, through the real windows.

use anyhow::{Context, Result, ensure};
use harness::automation::Page;
use harness::story::{self, Ticket};
use harness::world::{ANA_LOGIN, MAIN, World};
use store::{App, Category, Note, SessionState, WrapUp};

/// Changes the app while the relay is down.
fn change_app(world: &mut World, change: impl FnOnce(&mut App)) -> Result<()> {
    world.relay.kill()?;
    world.records()?.change_app(change)?;
    world.relay.start_again()
}

#[test]
fn a_customer_who_is_offered_is_taken_helped_and_wrapped_up_and_the_ticket_says_so() -> Result<()> {
    let (mut world, password) = World::with_attendant()?;
    change_app(&mut world, |app| {
        app.availability.distribute = true;
        app.availability.answer_s = 120;
        let categories = [("Nota fiscal", true), ("Pendente", false)];
        app.wrap_up = WrapUp {
            required: true,
            categories: categories.map(|(name, solved)| Category { name: name.into(), solved }).into(),
            note: Note::Optional,
        };
    })?;
    let customer = world.customer()?;
    let attendant = world.attendant()?;
    story::register(&customer)?;
    // Nobody is there yet, and the customer reads that.
    let nobody = |page: &Page| page.view["attended"] == "Nobody";
    customer.screen().wait_page_where("waiting", "with nobody available", nobody)?;
    story::log_in(&attendant, ANA_LOGIN, &password)?;
    let offered = |page: &Page| page.view["offer"]["customer"]["name"] == "Cida Nogueira";
    attendant.screen().wait_page_where("home", "with the customer offered", offered)?;
    customer.screen().wait_page_where("waiting", "with somebody there", |page| page.view["attended"] == "Open")?;
    attendant.click(MAIN, "Atender")?;
    attendant.screen().wait_page("ticket-step")?;
    // Whoever may have passwords got a grant with the customer: none is asked for.
    story::pick_ticket(&attendant, Ticket::New)?;
    story::allow(&customer)?;
    story::picture_seen(&attendant)?;
    story::end_by_attendant(&customer, &attendant)?;

    // The category must be chosen.
    attendant.click(MAIN, "Concluir")?;
    let missing = |page: &Page| page.view["wrap_up"]["category_missing"] == true;
    attendant.screen().wait_page_where("ended", "asking for the category", missing)?;
    attendant.click(MAIN, "Nota fiscal")?;
    attendant.screen().wait_page_where("ended", "with it chosen", |page| page.view["wrap_up"]["chosen"] == 0)?;
    attendant.fill("Observação", "certificado renovado")?;
    attendant.click(MAIN, "Concluir")?;
    attendant.screen().wait_page("home")?;
    ensure!(world.check_tickets()? == 1);
    let tickets = world.records()?.tickets()?;
    let end = tickets[0].actions.last().context("no action")?;
    for said in ["Classificação: Nota fiscal", "Resultado: resolvido", "Observação: certificado renovado"] {
        ensure!(end.action.text.contains(said), "{said} is not in {}", end.action.text);
    }
    Ok(())
}

#[test]
fn out_of_hours_a_customer_leaves_a_request_that_becomes_a_ticket_marked_as_missed() -> Result<()> {
    let (mut world, _) = World::with_attendant()?;
    change_app(&mut world, |app| {
        app.availability.by_hours = true;
        app.availability.hours = Default::default();
    })?;
    let customer = world.customer()?;
    story::register(&customer)?;
    let closed = |page: &Page| page.view["request"] == "Offered" && !page.view["attended"]["Closed"].is_null();
    customer.screen().wait_page_where("waiting", "out of hours", closed)?;
    customer.click(MAIN, "Deixar um pedido")?;
    customer.fill("O que a empresa precisa saber?", "liguem amanha cedo")?;
    customer.click(MAIN, "Enviar pedido")?;
    let left = |page: &Page| page.view["request"]["Left"]["ticket"].is_string();
    let page = customer.screen().wait_page_where("waiting", "with the request's ticket", left)?;
    let number = page.view["request"]["Left"]["ticket"].as_str().context("a number")?;
    world.check_tickets()?;
    let records = world.records()?;
    let tickets = records.tickets()?;
    let ticket = tickets.iter().find(|t| t.ticket.number.as_str() == number).context("the ticket is not there")?;
    ensure!(ticket.ticket.subject == "Não atendida: Erro ao emitir nota fiscal", "{}", ticket.ticket.subject);
    ensure!(
        ticket.actions[0].action.text.contains("Mensagem: liguem amanha cedo"),
        "{}",
        ticket.actions[0].action.text
    );
    let missed = records.sessions()?.iter().filter(|s| s.state == SessionState::Missed).count();
    ensure!(missed == 1);
    Ok(())
}
