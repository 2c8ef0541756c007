//! The console's pages in a real Chromium: set-up once, login, the live list, a ticket.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::browser::Browser;
use harness::world::{ANA, ANA_LOGIN, COMPANY, World};
use harness::{console, story, wait};

fn set_up(world: &mut World) -> Result<Browser> {
    let link = world.relay.setup_link()?;
    let browser = Browser::open(world.folder.path(), 1280, 800)?;
    console::set_up(&browser, &link)?;
    Ok(browser)
}

#[test]
fn the_set_up_link_works_once() -> Result<()> {
    let mut world = World::new()?;
    let link = world.relay.setup_link()?;
    let browser = set_up(&mut world)?;
    ensure!(browser.text()?.contains(ANA) || browser.has("nav")?, "logged in after the set-up");
    browser.goto(&link)?;
    ensure!(!browser.has("[name=again]")?, "the set-up page is gone after its use");
    Ok(())
}

#[test]
fn a_wrong_password_is_refused_and_a_right_one_logs_in() -> Result<()> {
    let mut world = World::new()?;
    drop(set_up(&mut world)?);
    // Another browser: no cookie of the first one.
    let browser = Browser::open(world.folder.path(), 1280, 800)?;
    console::log_in(&browser, &world.relay, ANA_LOGIN, "não é esta senha")?;
    browser.find("#error")?;
    console::log_in(&browser, &world.relay, ANA_LOGIN, console::PASSWORD)?;
    browser.find("#waiting-rows")?;
    Ok(())
}

#[test]
fn a_login_with_a_second_factor_takes_a_code_of_the_app_or_a_recovery_code() -> Result<()> {
    let mut world = World::new()?;
    let browser = set_up(&mut world)?;
    let key = console::switch_factor_on(&browser, &world.relay)?;
    let recovery = browser.texts("ul.codes li")?;
    ensure!(recovery.len() == 10, "{recovery:?}");

    let browser = Browser::open(world.folder.path(), 1280, 800)?;
    console::log_in(&browser, &world.relay, ANA_LOGIN, console::PASSWORD)?;
    browser.wait_text("Confirme com o segundo fator")?;
    focus_is_on(&browser, "code")?;
    browser.fill("#code", "12345")?;
    browser.press("Continuar")?;
    browser.find("#error")?;
    let next = console::code(&browser, &key, 1)?;
    browser.fill("#code", &next)?;
    browser.press("Continuar")?;
    browser.find("#waiting-rows")?;

    let browser = Browser::open(world.folder.path(), 390, 800)?;
    console::log_in(&browser, &world.relay, ANA_LOGIN, console::PASSWORD)?;
    browser.press("Está sem o telefone?")?;
    browser.fill("#recovery", &recovery[0].to_lowercase())?;
    browser.click("details button")?;
    browser.wait_text("Restam 9 de 10.")
}

#[test]
fn a_long_answer_that_was_sent_after_the_login_ended_is_on_the_ticket_once() -> Result<()> {
    let mut world = World::new()?;
    let browser = set_up(&mut world)?;
    let number = console::new_ticket(&browser, &world.relay, "Nota fiscal", "Cida Nogueira", "Padaria Aurora")?;
    let lines: Vec<String> = (1..=60).map(|n| format!("Passo {n}: abra <Emissão> & confira \"série {n}\".")).collect();
    let script = format!(
        "const box = document.querySelector('.compose textarea');
         box.value = {}; box.dispatchEvent(new Event('input', {{ bubbles: true }}))",
        serde_json::to_string(&lines.join("\n"))?
    );
    browser.execute(&script)?;
    // Logged out everywhere, by another window.
    let other = Browser::open(world.folder.path(), 1280, 800)?;
    console::log_in(&other, &world.relay, ANA_LOGIN, console::PASSWORD)?;
    other.find("#waiting-rows")?;
    other.click("form[action='/logout'] button")?;
    other.find("#password")?;

    browser.click(".compose .b.p")?;
    browser.wait_text("O que você escreveu está guardado")?;
    ensure!(!browser.text()?.contains("Passo 1:"), "it is to be read before the login");
    browser.fill("#user", ANA_LOGIN)?;
    browser.fill("#password", "não é esta senha")?;
    browser.press("Continuar")?;
    browser.find("#error")?;
    browser.fill("#password", console::PASSWORD)?;
    browser.press("Continuar")?;
    browser.wait_text("O que você escreveu está aqui")?;
    ensure!(browser.execute("return document.querySelector('textarea').value")? == lines.join("\n"));
    browser.press("Enviar agora")?;
    browser.wait_text("Passo 60: abra <Emissão> & confira \"série 60\".")?;
    browser.goto(&world.relay.url(&format!("/tickets/{number}")))?;
    browser.wait_text("Passo 60:")?;
    let shown = browser.text()?;
    for line in &lines {
        ensure!(shown.matches(line.as_str()).count() == 1, "{line} is not there once");
    }
    Ok(())
}

#[test]
fn a_cell_that_finds_the_login_over_leads_to_the_login_page() -> Result<()> {
    let mut world = World::new()?;
    let browser = set_up(&mut world)?;
    browser.goto(&world.relay.url("/"))?;
    let customer = world.customer()?;
    story::register(&customer)?;
    browser.wait_text("Cida Nogueira")?;
    // The cookie is gone, as it is for a browser whose login ran out; the page is still there.
    browser.forget_cookies()?;
    browser.click("[id^=eye-]")?;
    browser.find("#user")?;
    ensure!(browser.has("body.alone")? && browser.url()?.contains("/login"), "the whole page, not a cell");
    Ok(())
}

#[test]
fn without_a_login_no_page_tells_anything() -> Result<()> {
    let mut world = World::new()?;
    drop(set_up(&mut world)?);
    let browser = Browser::open(world.folder.path(), 1280, 800)?;
    for path in ["/", "/tickets", "/users", "/history", "/outbox", "/apps", "/tickets/1001"] {
        browser.goto(&world.relay.url(path))?;
        browser.find("#password")?;
        ensure!(!browser.text()?.contains("Cida"), "{path} tells of customers");
    }
    Ok(())
}

#[test]
fn a_waiting_customer_appears_and_goes_without_reloading() -> Result<()> {
    let mut world = World::new()?;
    let browser = set_up(&mut world)?;
    browser.goto(&world.relay.url("/"))?;
    browser.execute("window.sameDocument = true")?;
    let mut customer = world.customer()?;
    let credentials = story::register(&customer)?;
    browser.wait_text("Cida Nogueira")?;
    browser.wait_text(&credentials.id)?;
    ensure!(!browser.text()?.contains(&credentials.password), "the password is shown only when asked for");
    customer.program()?.stop(wait::PATIENCE)?;
    wait::until_true("the customer to be gone from the list", wait::PATIENCE, || {
        Ok(!browser.text()?.contains("Cida Nogueira"))
    })?;
    ensure!(browser.execute("return window.sameDocument === true")? == true, "the page was loaded again");
    Ok(())
}

#[test]
fn a_customer_who_comes_is_announced_on_every_page_until_they_are_gone() -> Result<()> {
    let mut world = World::new()?;
    let browser = set_up(&mut world)?;
    browser.goto(&world.relay.url("/users"))?;
    let live = "return document.body.dataset.live === ''";
    wait::until_true("the page to listen", wait::PATIENCE, || Ok(browser.execute(live)? == true))?;
    let mut customer = world.customer()?;
    story::register(&customer)?;
    browser.wait_text("Cida Nogueira está aguardando")?;
    ensure!(browser.execute("return document.title")?.as_str().is_some_and(|title| title.starts_with("(1) ")));
    ensure!(browser.execute("return document.getElementById('badge-side').textContent")? == "1");
    customer.program()?.stop(wait::PATIENCE)?;
    wait::until_true("the toast to be gone", wait::PATIENCE, || Ok(!browser.has(".toast")?))?;
    wait::until_true("the title to be plain", wait::PATIENCE, || {
        Ok(browser.execute("return document.title")?.as_str().is_some_and(|title| !title.starts_with('(')))
    })
}

#[test]
fn the_preview_of_an_app_follows_what_is_typed_and_is_kept_by_saving() -> Result<()> {
    let mut world = World::new()?;
    let browser = set_up(&mut world)?;
    browser.goto(&world.relay.url("/apps"))?;
    let link = browser.execute("return document.querySelector('a.rowlink').getAttribute('href')")?;
    let place = link.as_str().and_then(|link| link.strip_suffix("/main")).context("an administrator edits")?;
    browser.goto(&world.relay.url(&format!("{place}/look")))?;
    browser.fill("#title", "Ajuda da Varanda")?;
    browser.fill("#accent", "#F2B705")?;
    wait::until_true("the preview to follow", wait::PATIENCE, || {
        let shown = browser.execute(
            "const b = document.querySelector('.pv-top b'), p = document.querySelector('.pv-fields .b.p');
             return b.textContent + ' ' + getComputedStyle(p).backgroundColor",
        )?;
        Ok(shown == "Ajuda da Varanda rgb(242, 183, 5)")
    })?;
    browser.click(".saves .b.p")?;
    browser.wait_text("Alterações salvas")?;
    browser.goto(&world.relay.url("/apps"))?;
    browser.goto(&world.relay.url(&format!("{place}/look")))?;
    ensure!(browser.execute("return document.getElementById('title').value")? == "Ajuda da Varanda");
    Ok(())
}

#[test]
fn a_login_from_before_a_restart_shows_a_password_only_after_its_own() -> Result<()> {
    let mut world = World::new()?;
    let browser = set_up(&mut world)?;
    world.relay.kill()?;
    world.relay.start_again()?;
    browser.goto(&world.relay.url("/"))?;
    // Comes in by the live stream, which puts the whole list anew when it begins.
    let customer = world.customer()?;
    let credentials = story::register(&customer)?;
    browser.wait_text("Cida Nogueira")?;
    browser.click("[id^=eye-]")?;
    browser.wait_text("confirme que é você")?;
    focus_is_on(&browser, "own-")?;
    browser.fill("[name=own]", "não é esta senha")?;
    browser.press("Mostrar")?;
    browser.wait_text("Esta não é a sua senha.")?;
    focus_is_on(&browser, "own-")?;
    browser.press("Cancelar")?;
    wait::until_true("the question to be gone", wait::PATIENCE, || Ok(!browser.has("[name=own]")?))?;
    focus_is_on(&browser, "eye-")?;
    browser.click("[id^=eye-]")?;
    browser.fill("[name=own]", console::PASSWORD)?;
    ensure!(!browser.text()?.contains(&credentials.password), "the password is there before it may be seen");
    browser.press("Mostrar")?;
    browser.wait_text(&credentials.password)?;
    focus_is_on(&browser, "eye-")
}

/// The keyboard is where one goes on: on the thing whose id begins so.
fn focus_is_on(browser: &Browser, id: &str) -> Result<()> {
    wait::until_true(&format!("the focus on {id}…"), wait::PATIENCE, || {
        Ok(browser.execute("return document.activeElement.id")?.as_str().is_some_and(|on| on.starts_with(id)))
    })
}

#[test]
fn a_ticket_opened_by_hand_is_listed_with_its_requester() -> Result<()> {
    let mut world = World::new()?;
    let browser = set_up(&mut world)?;
    let subject = "<script>document.title = 'roubado'</script> & nota";
    let number = console::new_ticket(&browser, &world.relay, subject, "Cida Nogueira", "Padaria Aurora")?;
    browser.goto(&world.relay.url("/tickets"))?;
    browser.wait_text(&number)?;
    browser.wait_text("document.title = 'roubado'")?;
    ensure!(browser.execute("return document.title")? != "roubado", "a subject was run as a script");
    Ok(())
}

#[test]
fn going_from_page_to_page_and_having_many_open_keeps_nobody_waiting() -> Result<()> {
    let mut world = World::new()?;
    let browser = set_up(&mut world)?;
    let slow = std::time::Duration::from_secs(20);
    // Each page listens for customers who come; a browser has few connections to one server.
    for round in 0..3 {
        for path in ["/tickets", "/users", "/history", "/outbox", "/apps", "/"] {
            let from = std::time::Instant::now();
            browser.goto(&world.relay.url(path))?;
            let took = from.elapsed();
            ensure!(took < slow, "{path} took {took:?} in round {round}");
        }
    }
    browser.execute(
        "window.open_pages = [...Array(9).keys()].map((i) => new EventSource('/live?' + i));
         window.answered = 0; fetch('/users').then(() => { window.answered = 1; })",
    )?;
    wait::until_true("a page beside nine live streams", slow, || Ok(browser.execute("return window.answered")? == 1))
}

#[test]
fn every_page_fits_a_phone_and_a_desk() -> Result<()> {
    let mut world = World::new()?;
    let browser = set_up(&mut world)?;
    console::new_ticket(&browser, &world.relay, "Erro ao emitir nota fiscal", "Cida Nogueira", "Padaria Aurora")?;
    for width in [390, 1280] {
        browser.resize(width, 844)?;
        for path in [
            "/",
            "/tickets",
            "/tickets/1001",
            "/tickets/new",
            "/users",
            "/history",
            "/outbox",
            "/apps",
            "/apps/new",
            "/account",
            "/account/factor",
            "/confirm",
        ] {
            browser.goto(&world.relay.url(path))?;
            let wider = browser.execute("return document.documentElement.scrollWidth - window.innerWidth")?;
            ensure!(wider.as_i64() <= Some(0), "{path} is {wider} px too wide at {width}");
            ensure!(browser.has("main, #main")?, "{path} has no main part");
        }
    }
    ensure!(browser.text()?.contains(COMPANY) || browser.has("h1")?);
    Ok(())
}

#[test]
fn a_program_that_is_made_turns_up_on_the_page_that_waits_for_it() -> Result<()> {
    let mut world = World::new()?;
    let browser = set_up(&mut world)?;
    // A template that gives nothing until somebody writes it.
    let templates = world.relay.data.join("templates");
    std::fs::create_dir_all(&templates)?;
    let template = std::fs::read("/bin/true")?;
    let place = templates.join("amparo");
    std::fs::write(&place, &template)?;
    let sums = Command::new("sha256sum").arg("amparo").current_dir(&templates).output()?;
    std::fs::write(templates.join("SHA256SUMS"), sums.stdout)?;
    std::fs::remove_file(&place)?;
    ensure!(Command::new("mkfifo").arg(&place).status()?.success());

    browser.goto(&world.relay.url("/apps"))?;
    browser.click("a.rowlink")?;
    browser.fill("[name=name]", "Ajuda fiscal")?;
    browser.click("form .b.p")?;
    browser.wait_text("Alterações salvas.")?;
    browser.press("Download")?;
    browser.wait_text("Sendo feito…")?;
    browser.execute("window.sameDocument = true")?;
    std::fs::write(&place, &template)?;
    browser.wait_text("Pronto · ")?;
    ensure!(browser.execute("return window.sameDocument === true")? == true, "the page was loaded again");
    ensure!(!browser.has("[hx-trigger^=every]")?, "it goes on asking");
    Ok(())
}
