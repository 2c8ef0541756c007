//! Three computers: a customer, an attendant who helps, and a second person of the company who watches.

use anyhow::{Result, ensure};
use harness::automation::Page;
use harness::lens::Lens;
use harness::story::{self, Ticket};
use harness::wait;
use harness::world::{BAR, Computer, MAIN, World};

const BIA: &str = "Bia Costa";
const BIA_LOGIN: &str = "bia@varanda.example";

/// From the watcher's home, by the ID of somebody who is being helped, to the question.
fn ask(watcher: &Computer, id: &str, password: &str) -> Result<()> {
    story::connect(watcher, id)?;
    story::choose_ticket(watcher, Ticket::New)?;
    story::give_password(watcher, password)?;
    let page =
        watcher.screen().wait_page_where("watch", "with who helps", |page| page.view["attendant"].is_string())?;
    ensure!(page.text("attendant") == "Ana Ribeiro" && page.trouble().is_none(), "{:?}", page.view);
    watcher.place(MAIN, "Acompanhar")?;
    watcher.screenshot(&watcher.folder().join("watch-page.png"))?;
    watcher.click(MAIN, "Acompanhar")
}

fn watched_by(customer: &Computer) -> Result<Option<String>> {
    let page = customer.screen().page()?;
    Ok(page.all["session_bar"]["watched_by"].as_str().map(str::to_owned))
}

#[test]
fn a_second_person_sees_what_happens_with_the_customers_consent_and_touches_nothing() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let bias = world.relay.add_user(BIA_LOGIN, BIA, "both")?;
    let mut customer = world.customer()?;
    let work = customer.folder().join("trabalho");
    std::fs::create_dir_all(&work)?;
    let terminal = customer.display.terminal("Terminal", "70x14+520+380", &work)?;
    let terminal = customer.display.place_of(terminal)?;
    let attendant = world.attendant()?;
    let mut watcher = world.computer("watcher", (1440, 1000))?;
    watcher.plug_in(&world.relay)?;
    watcher.start_program(&[])?;
    let credentials = story::session(&customer, &attendant, &password, Ticket::New)?;
    wait::until_true("the session's ticket", wait::PATIENCE, || {
        Ok(customer.screen().page()?.all["session_bar"]["ticket"].is_string())
    })?;
    story::log_in(&watcher, BIA_LOGIN, &bias)?;
    ask(&watcher, &credentials.id, &credentials.password)?;

    // The question: who asks, the same six digits, and nobody but the customer answers it.
    story::same_check_code(&customer, &watcher)?;
    let asked = story::consent_armed(&customer)?;
    ensure!(asked.text("attendant") == BIA && asked.text("watches") == "Ana Ribeiro", "{:?}", asked.view);
    ensure!(!asked.all["session_bar"].is_null(), "the bar stays");
    customer.screenshot(&customer.folder().join("watch-question.png"))?;
    let lens = Lens::over(&customer, &attendant)?;
    let yes = customer.place(MAIN, "Permitir")?;
    attendant.hands.click(lens.to_attendant(yes.centre()))?;
    attendant.hands.press("Tab")?;
    attendant.hands.press("Space")?;
    std::thread::sleep(std::time::Duration::from_secs(1));
    ensure!(customer.screen().page()?.name == "consent", "the attendant who controls has answered for the customer");
    customer.click(MAIN, "Permitir")?;
    story::picture_seen(&watcher)?;
    wait::until_true("the bar to say who watches", wait::PATIENCE, || {
        Ok(watched_by(&customer)?.as_deref() == Some(BIA))
    })?;
    wait::until_true("the attendant to be told", wait::PATIENCE, || {
        Ok(attendant.screen().page()?.all["viewer"]["watched_by"] == BIA)
    })?;
    ensure!(watcher.screen().page()?.all["viewer"]["watching"] == true);

    // What the attendant types is seen by the watcher; what the watcher types goes nowhere.
    let theirs = Lens::over(&customer, &watcher)?;
    watcher.hands.click(theirs.to_attendant(terminal.centre()))?;
    watcher.hands.type_text("touch tocado\n")?;
    attendant.hands.click(lens.to_attendant(terminal.centre()))?;
    attendant.hands.type_text("echo visto > resposta\n")?;
    wait::until_true("the shell to write", wait::PATIENCE, || Ok(work.join("resposta").is_file()))?;
    theirs.wait_same(&customer, &watcher, terminal)?;
    ensure!(!work.join("tocado").exists(), "the watcher has typed into the customer's shell");
    for computer in [&customer, &attendant, &watcher] {
        computer.screenshot(&computer.folder().join("watching.png"))?;
    }

    // The customer stops it, and the session goes on.
    customer.click(BAR, "Parar de mostrar")?;
    watcher.screen().wait_page("ended")?;
    wait::until_true("the attendant to be told", wait::PATIENCE, || {
        Ok(attendant.screen().page()?.all["viewer"]["watched_by"].is_null())
    })?;
    ensure!(watched_by(&customer)?.is_none() && !customer.screen().page()?.all["session_bar"].is_null());

    // Once more; End ends both.
    watcher.place(MAIN, "Voltar ao início")?;
    watcher.screenshot(&watcher.folder().join("watch-ended.png"))?;
    watcher.click(MAIN, "Voltar ao início")?;
    ask(&watcher, &credentials.id, &credentials.password)?;
    story::consent_armed(&customer)?;
    customer.click(MAIN, "Permitir")?;
    story::picture_seen(&watcher)?;
    customer.click(BAR, "Encerrar")?;
    story::ended(&customer, &attendant)?;
    let over = |page: &Page| page.view["ending"] == "WatchedOver";
    watcher.screen().wait_page_where("ended", "because the session is over", over)?;
    ensure!(watcher.screen().page()?.all["viewer"].is_null());
    assert_eq!(world.check_tickets()?, 3);
    Ok(())
}
