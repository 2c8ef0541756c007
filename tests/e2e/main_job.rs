//! The main job through the real windows: a customer's screen in an attendant's window, and the session on a ticket.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::automation::Page;
use harness::lens::Lens;
use harness::picture::Rect;
use harness::program::built;
use harness::story::{self, Ticket};
use harness::wait;
use harness::world::{COMPANY, Computer, MAIN, VIEWER, World};
use store::{Category, Note, WrapUp};

/// A terminal on the customer's display, and the folder its shell works in.
fn terminal(customer: &mut Computer) -> Result<(Rect, std::path::PathBuf)> {
    let work = customer.folder().join("trabalho");
    std::fs::create_dir_all(&work)?;
    let window = customer.display.terminal("Terminal", "70x14+520+380", &work)?;
    Ok((customer.display.place_of(window)?, work))
}

fn wait_written(file: &std::path::Path) -> Result<String> {
    wait::until(&format!("the shell to write {file:?}"), wait::PATIENCE, || {
        Ok(std::fs::read_to_string(file).ok().filter(|text| text.ends_with('\n')))
    })
}

#[test]
fn what_the_attendant_types_in_the_viewer_the_customers_shell_executes() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let mut customer = world.customer()?;
    let (window, work) = terminal(&mut customer)?;
    let attendant = world.attendant()?;
    story::session(&customer, &attendant, &password, Ticket::New)?;

    let lens = Lens::over(&customer, &attendant)?;
    attendant.hands.click(lens.to_attendant(window.centre()))?;
    attendant.hands.type_text("echo $((6 * 7)) \"{ok}\" > resposta\n")?;
    assert_eq!(wait_written(&work.join("resposta"))?, "42 {ok}\n");

    story::end_by_attendant(&customer, &attendant)?;
    assert_eq!(world.check_tickets()?, 1);
    Ok(())
}

#[test]
fn each_window_that_comes_has_the_companys_logo_for_an_icon() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let customer = world.customer()?;
    let attendant = world.attendant()?;
    let of = |computer: &Computer, title: &str| -> Result<Vec<u32>> {
        let window = computer.display.window_titled(title)?;
        wait::until("a window's icon", wait::PATIENCE, || {
            Ok(Some(computer.display.icon_of(window)?).filter(|icon| !icon.is_empty()))
        })
    };
    let first = of(&attendant, COMPANY)?;
    story::session(&customer, &attendant, &password, Ticket::New)?;
    assert!(of(&attendant, "Tela de")? == first, "the viewer has another");
    story::end_by_attendant(&customer, &attendant)?;
    // Made anew: during a session they are not there.
    assert!(of(&attendant, COMPANY)? == first, "the attendant's window has another than before");
    assert!(of(&customer, COMPANY)? == first, "the customer's window has another than before");
    Ok(())
}

#[test]
fn what_the_attendant_says_when_a_session_is_over_is_in_its_end_on_the_ticket() -> Result<()> {
    let (mut world, password) = World::with_attendant()?;
    world.relay.kill()?;
    world.records()?.change_app(|app| {
        let categories = [("Nota fiscal", true), ("Pendente", false)];
        app.wrap_up = WrapUp {
            required: true,
            categories: categories.map(|(name, solved)| Category { name: name.into(), solved }).into(),
            note: Note::Optional,
        };
    })?;
    world.relay.start_again()?;
    let customer = world.customer()?;
    let attendant = world.attendant()?;
    story::session(&customer, &attendant, &password, Ticket::New)?;
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
fn the_picture_seen_is_the_picture_shown() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let mut customer = world.customer()?;
    let (window, work) = terminal(&mut customer)?;
    let attendant = world.attendant()?;
    story::session(&customer, &attendant, &password, Ticket::New)?;
    let lens = Lens::over(&customer, &attendant)?;

    // Something new on the customer's screen, typed there and not through the session.
    customer.hands.click(window.centre())?;
    customer.hands.type_text("seq 1 400; date > feito\n")?;
    wait_written(&work.join("feito"))?;
    // The pointer is drawn on the attendant's side and is no part of the picture: out of the way on both.
    customer.hands.move_to((5, 790))?;
    attendant.hands.move_to((1435, 995))?;
    lens.wait_same(&customer, &attendant, window)?;
    lens.wait_same(&customer, &attendant, Rect { x: 0, y: 120, width: 560, height: 600 })?;

    story::end_by_customer(&customer, &attendant)?;
    assert_eq!(world.check_tickets()?, 1);
    Ok(())
}

#[test]
fn the_screen_and_what_is_typed_cross_the_network_unreadable() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let mut customer = world.customer()?;
    let (window, work) = terminal(&mut customer)?;
    let attendant = world.attendant()?;
    story::session(&customer, &attendant, &password, Ticket::New)?;
    let lens = Lens::over(&customer, &attendant)?;
    attendant.hands.click(lens.to_attendant(window.centre()))?;
    attendant.hands.type_text("echo segredo-da-padaria > cofre\n")?;
    wait_written(&work.join("cofre"))?;

    for (who, network) in [("customer", customer.network()?), ("attendant", attendant.network()?)] {
        ensure!(network.bytes() > 20_000, "hardly anything went over the {who}'s network: the test looks at nothing");
        for text in ["segredo-da-padaria", "Cida Nogueira", &password, "Ana Ribeiro"] {
            ensure!(!network.carried(text.as_bytes()), "{text:?} is readable on the {who}'s network");
        }
    }
    story::end_by_attendant(&customer, &attendant)?;
    world.check_tickets().map(drop)
}

#[test]
fn a_ticket_chosen_by_number_gets_the_start_and_the_end() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let customer = world.customer()?;
    let attendant = world.attendant()?;
    // The first session opens a ticket; the second is put on it by its number.
    let mut credentials = story::session(&customer, &attendant, &password, Ticket::New)?;
    story::end_by_attendant(&customer, &attendant)?;
    world.check_tickets()?;
    let tickets = world.records()?.tickets()?;
    let number = tickets.first().context("no ticket was opened")?.ticket.number.as_str().to_owned();

    customer.click("main", "Fechar")?;
    let before = credentials;
    credentials = story::waiting(&customer)?;
    assert_ne!(credentials.password, before.password, "the password is renewed after each session");
    attendant.click("main", "Voltar ao início")?;
    story::open(&customer, &attendant, &credentials, Ticket::Number(&number))?;
    story::end_by_customer(&customer, &attendant)?;

    assert_eq!(world.check_tickets()?, 2);
    let tickets = world.records()?.tickets()?;
    assert_eq!(tickets.len(), 1, "both sessions are on one ticket");
    assert_eq!(tickets[0].ticket.requester.details.name, "Cida Nogueira");
    assert_eq!(tickets[0].ticket.owner_name, harness::world::ANA);
    Ok(())
}

#[test]
fn a_link_of_the_console_opens_the_program_on_the_partner_and_the_ticket() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let customer = world.customer()?;
    let mut attendant = world.computer("attendant", (1280, 800))?;
    attendant.plug_in(&world.relay)?;
    // As it was downloaded: with its profile, so that a browser can start it.
    let program = attendant.folder().join("amparo");
    std::fs::copy(built("amparo")?, &program)?;
    std::fs::copy(attendant.profile(), attendant.folder().join("amparo.profile"))?;
    attendant.start_branded(&program, &[])?;
    attendant.screen().wait_page("fields")?;
    let entry = attendant.folder().join("data/applications/amparo-link.desktop");
    ensure!(!entry.exists(), "who is helped has nothing left on the computer");
    story::session(&customer, &attendant, &password, Ticket::New)?;
    story::end_by_attendant(&customer, &attendant)?;
    let number = world.records()?.tickets()?.first().context("no ticket")?.ticket.number.as_str().to_owned();
    wait::until_true("the links to be the attendant's program's", wait::PATIENCE, || Ok(entry.exists()))?;

    customer.click("main", "Fechar")?;
    let credentials = story::waiting(&customer)?;
    let link = format!("amparo:connect?id={}&ticket={number}", credentials.id.replace(' ', ""));
    // The browser's way: no desktop, no browser of its own to ask.
    let open = |computer: &Computer, link: &str| {
        computer.command("xdg-open").arg(link).env_remove("XDG_CURRENT_DESKTOP").status()
    };
    ensure!(open(&attendant, &link)?.success(), "the link is not opened");
    let found = |page: &Page| page.view["lookup"]["Found"]["number"].as_str() == Some(&number);
    attendant.screen().wait_page_where("ticket-step", "with the ticket found", found)?;
    attendant.click("main", "Iniciar sessão")?;
    attendant.screen().wait_page("partner-password")?;
    story::give_password(&attendant, &credentials.password)?;
    story::allow(&customer)?;
    story::picture_seen(&attendant)?;
    // Another one while the session runs changes nothing. It has to be heard while it runs.
    ensure!(open(&attendant, "amparo:connect?id=987654321")?.success(), "the link is not opened");
    attendant.program()?.wait_log("a link is not followed: a session goes on", wait::PATIENCE)?;
    story::end_by_customer(&customer, &attendant)?;
    assert_eq!(world.check_tickets()?, 2);
    assert_eq!(world.records()?.tickets()?.len(), 1, "both sessions are on one ticket");
    Ok(())
}

#[test]
fn in_view_only_nothing_reaches_the_customer() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let mut customer = world.customer()?;
    let (window, work) = terminal(&mut customer)?;
    let attendant = world.attendant()?;
    story::session(&customer, &attendant, &password, Ticket::New)?;
    let lens = Lens::over(&customer, &attendant)?;
    attendant.hands.click(lens.to_attendant(window.centre()))?;

    attendant.click(VIEWER, "Controle")?;
    wait_control(&attendant, "ViewOnly")?;
    attendant.hands.click(lens.to_attendant(window.centre()))?;
    attendant.hands.type_text("echo nunca > proibido\n")?;
    attendant.click(VIEWER, "Só ver")?;
    wait_control(&attendant, "Control")?;
    attendant.hands.click(lens.to_attendant(window.centre()))?;
    attendant.hands.type_text("echo agora > permitido\n")?;
    // Keys keep their order: had the first line been sent, it would be there before the second.
    assert_eq!(wait_written(&work.join("permitido"))?, "agora\n");
    assert!(!work.join("proibido").exists(), "keys typed in view only reached the customer");

    story::end_by_attendant(&customer, &attendant)?;
    world.check_tickets().map(drop)
}

fn wait_control(attendant: &Computer, state: &str) -> Result<()> {
    wait::until_true(&format!("the viewer to be in {state}"), wait::PATIENCE, || {
        Ok(attendant.screen().page()?.all["viewer"]["control"] == state)
    })
}

/// How often a program's first thread, the one with the windows, went to sleep.
fn sleeps(computer: &mut Computer) -> Result<u32> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", computer.program()?.pid()))?;
    let count = status.lines().find_map(|l| l.strip_prefix("voluntary_ctxt_switches:")).context("no count")?;
    Ok(count.trim().parse()?)
}

#[test]
fn while_nothing_happens_in_a_session_the_windows_are_not_drawn() -> Result<()> {
    const WATCHED: Duration = Duration::from_secs(4);
    /// Clocks tick once a second and wake a window a few times for it; a screen is refreshed sixty times.
    const AT_MOST: u32 = 30 * WATCHED.as_secs() as u32;
    let (world, password) = World::with_attendant()?;
    let (mut customer, mut attendant) = (world.customer()?, world.attendant()?);
    story::session(&customer, &attendant, &password, Ticket::New)?;
    let before = [sleeps(&mut customer)?, sleeps(&mut attendant)?];
    std::thread::sleep(WATCHED);
    let after = [sleeps(&mut customer)?, sleeps(&mut attendant)?];
    for (who, before, after) in [("customer", before[0], after[0]), ("attendant", before[1], after[1])] {
        ensure!(after - before <= AT_MOST, "the {who}'s windows woke {} times in {WATCHED:?}", after - before);
    }
    Ok(())
}
