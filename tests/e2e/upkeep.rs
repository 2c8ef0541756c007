//! The program and the computer it runs on: what it leaves there and takes away, what it says when it crashed, and what a desktop lets it see.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use harness::lens::Lens;
use harness::program::built;
use harness::shots::Shots;
use harness::story::{self, Ticket};
use harness::wait;
use harness::world::{ANA_LOGIN, Computer, MAIN, VIEWER, World};
use serde_json::json;

/// Where pictures go: `AMPARO_SHOTS`, or beside what else a test leaves.
fn shots(world: &World, name: &str) -> Result<Shots> {
    let folder = std::env::var_os("AMPARO_SHOTS").map_or_else(|| world.folder.path().join("shots"), PathBuf::from);
    Shots::into(&folder.join(name))
}

/// A computer with the program as it was downloaded: its profile lies beside it.
fn downloaded(world: &World, name: &str) -> Result<(Computer, PathBuf)> {
    let mut computer = world.computer(name, (1280, 800))?;
    computer.plug_in(&world.relay)?;
    let home = computer.folder().join("Downloads");
    std::fs::create_dir_all(&home)?;
    let program = home.join("suporte");
    std::fs::copy(built("amparo")?, &program)?;
    std::fs::copy(computer.profile(), home.join("amparo.profile"))?;
    Ok((computer, program))
}

/// Every file and folder below this one.
fn below(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        found.push(path.display().to_string());
        if path.is_dir() {
            found.extend(below(&path)?);
        }
    }
    Ok(found)
}

#[test]
fn nothing_stays_on_a_computer_whose_user_has_the_program_removed() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let shots = shots(&world, "removal")?;
    let (mut attendant, program) = downloaded(&world, "attendant")?;
    let beside = |ending: &str| program.with_file_name(format!("suporte{ending}"));
    attendant.start_branded(&program, &[])?;
    attendant.screen().wait_page("fields")?;
    attendant.click(MAIN, "Mais")?;
    shots.screen(&attendant, "menu")?;
    attendant.hands.press("Escape")?;
    story::log_in(&attendant, ANA_LOGIN, &password)?;
    let data = attendant.folder().join("data");
    let entry = data.join("applications/amparo-link.desktop");
    let list = attendant.folder().join("config/mimeapps.list");
    wait::until_true("the links to be the program's", wait::PATIENCE, || {
        Ok(entry.exists() && std::fs::read_to_string(&list).is_ok_and(|text| text.contains("amparo-link.desktop")))
    })?;
    ensure!(data.join("amparo").is_dir(), "the program keeps nothing: this test looks at nothing");
    std::fs::write(beside(".previous"), "the version before")?;

    attendant.click(MAIN, "Mais")?;
    attendant.click(MAIN, "Remover deste computador")?;
    let page = attendant.screen().wait_page("removal")?;
    ensure!(page.view["state"] == "Asking", "{:?}", page.view);
    shots.screen(&attendant, "asks")?;
    attendant.click(MAIN, "Cancelar")?;
    attendant.screen().wait_page("home")?;
    ensure!(entry.exists() && beside(".previous").exists(), "nothing goes before it was said");
    attendant.click(MAIN, "Mais")?;
    attendant.click(MAIN, "Remover deste computador")?;
    attendant.screen().wait_page("removal")?;
    attendant.click(MAIN, "Remover")?;
    attendant.screen().wait_page_where("removal", "when all is gone", |page| {
        page.view["state"]["Removed"]["program"].as_str() == program.to_str()
    })?;
    shots.screen(&attendant, "removed")?;
    attendant.click(MAIN, "Fechar o programa")?;
    let ended = attendant.program()?.wait_end(wait::PATIENCE)?;
    ensure!(ended.success(), "the program ended with {ended}");

    ensure!(!data.join("amparo").exists(), "left: {:?}", below(&data)?);
    ensure!(!entry.exists() && !beside(".previous").exists());
    let list = std::fs::read_to_string(&list).context("the user's own list was taken away")?;
    ensure!(!list.contains("amparo"), "{list}");
    let mut left = below(program.parent().context("in a folder")?)?;
    left.sort();
    let kept = [program.with_file_name("amparo.profile"), program.clone()];
    ensure!(left == kept.map(|path| path.display().to_string()), "{left:?}");

    // And it begins again as a new one.
    attendant.start_branded(&program, &[])?;
    attendant.screen().wait_page("fields")?;
    Ok(())
}

/// The reports of crashes at a computer with one company's program.
fn reports(computer: &Computer) -> Result<Vec<PathBuf>> {
    let files = below(&computer.folder().join("data/amparo"))?;
    Ok(files.into_iter().filter(|file| file.contains("/crashes/")).map(PathBuf::from).collect())
}

fn offered(computer: &Computer) -> Result<bool> {
    Ok(computer.screen().page()?.all["crash_offered"] == true)
}

#[test]
fn a_crash_is_reported_to_the_person_in_front_and_tells_nothing_about_them() -> Result<()> {
    let (world, _) = World::with_attendant()?;
    let shots = shots(&world, "crash")?;
    let mut customer = world.customer()?;
    let credentials = story::register(&customer)?;
    ensure!(!offered(&customer)? && reports(&customer)?.is_empty());
    // It has no answer to give any more.
    let _ = customer.screen().ask(&json!({ "op": "panic" }));
    let ended = customer.program()?.wait_end(wait::PATIENCE)?;
    ensure!(!ended.success(), "the program ended with {ended}");

    let written = reports(&customer)?;
    let [report] = written.as_slice() else { anyhow::bail!("{written:?}") };
    let text = std::fs::read_to_string(report)?;
    println!("{text}");
    for told in
        ["Amparo 0.1.0, linux x86_64", "panic in thread main", "automation", "a test wants it", "amparo_agent::"]
    {
        ensure!(text.contains(told), "{told:?} is not in it");
    }
    let home = customer.folder().display().to_string();
    let typed = story::CUSTOMER.iter().flat_map(|(_, text)| text.split([' ', '@', '/']));
    let groups = credentials.id.split(' ').chain(credentials.password.split('-'));
    for hidden in typed.chain(groups).chain([home.as_str()]).filter(|text| text.len() > 3) {
        ensure!(!text.contains(hidden), "{hidden:?} is in it");
    }
    ensure!(!text.contains(credentials.id.as_str()));

    customer.start_program(&[])?;
    story::register(&customer)?;
    wait::until_true("the report to be offered", wait::PATIENCE, || offered(&customer))?;
    shots.screen(&customer, "is-offered-a-report")?;
    customer.click(MAIN, "Ver relatório")?;
    let page = customer.screen().wait_page("crash")?;
    ensure!(page.text("text") == text);
    shots.screen(&customer, "looks-at-it")?;
    customer.click(MAIN, "Salvar relatório")?;
    let saved = |page: &harness::automation::Page| page.view["saving"]["Saved"]["place"].is_string();
    let page = customer.screen().wait_page_where("crash", "with the report saved", saved)?;
    let place = page.view["saving"]["Saved"]["place"].as_str().unwrap_or_default();
    ensure!(std::fs::read_to_string(place)? == text);
    customer.click(MAIN, "Apagar relatório")?;
    story::waiting(&customer)?;
    ensure!(!offered(&customer)?);
    wait::until_true("the report to be gone", wait::PATIENCE, || Ok(reports(&customer)?.is_empty()))?;

    // Asked to end, it does; killed, it cannot, and says so the next time.
    let ended = customer.program()?.stop(wait::PATIENCE)?;
    ensure!(ended.success(), "asked to end, the program ended with {ended}");
    customer.start_program(&[])?;
    story::register(&customer)?;
    ensure!(!offered(&customer)? && reports(&customer)?.is_empty(), "it had ended in order");
    customer.program()?.kill()?;
    customer.start_program(&[])?;
    story::register(&customer)?;
    wait::until_true("the report to be offered", wait::PATIENCE, || offered(&customer))?;
    customer.click(MAIN, "Ver relatório")?;
    let page = customer.screen().wait_page("crash")?;
    ensure!(page.text("text").contains("was over without having ended"), "{}", page.text("text"));
    shots.screen(&customer, "was-killed")?;
    Ok(())
}

#[test]
fn on_wayland_the_customer_reads_before_a_session_what_will_be_seen() -> Result<()> {
    let (world, _) = World::with_attendant()?;
    let shots = shots(&world, "wayland")?;
    let (mut customer, program) = downloaded(&world, "wayland")?;
    customer.start_branded(&program, &[("XDG_SESSION_TYPE", "wayland")])?;
    story::register(&customer)?;
    let page = customer.screen().wait_page("waiting")?;
    ensure!(page.view["wayland"] == true, "{:?}", page.view);
    shots.screen(&customer, "waits")?;

    let other = world.customer()?;
    story::register(&other)?;
    ensure!(other.screen().wait_page("waiting")?.view["wayland"] == false);
    Ok(())
}

#[test]
fn while_windows_asks_the_customer_alone_the_attendant_reads_that() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let shots = shots(&world, "only-customer")?;
    let (mut customer, program) = downloaded(&world, "customer")?;
    // There is no Windows here: the desktop is the system's while this file is there.
    let desk = customer.folder().join("desk");
    customer.start_branded(&program, &[("AMPARO_DESK", desk.to_str().context("a path that is text")?)])?;
    let attendant = world.attendant()?;
    story::session(&customer, &attendant, &password, Ticket::New)?;
    let told = |attendant: &Computer, wanted: bool| {
        let what = format!("the attendant to be told: {wanted}");
        wait::until_true(&what, wait::PATIENCE, || {
            Ok(attendant.screen().page()?.all["viewer"]["only_customer"] == wanted)
        })
    };
    told(&attendant, false)?;
    std::fs::write(&desk, "")?;
    told(&attendant, true)?;
    attendant.place(VIEWER, "Só o cliente pode responder")?;
    shots.screen(&attendant, "is-told")?;
    // A cut forgets it at both ends, and it is told again.
    let network = customer.network()?;
    network.cut();
    wait::until_true("the viewer to tell of the cut", wait::PATIENCE, || {
        Ok(!attendant.screen().page()?.all["viewer"]["reconnecting"].is_null())
    })?;
    told(&attendant, false)?;
    network.mend();
    told(&attendant, true)?;
    std::fs::remove_file(&desk)?;
    told(&attendant, false)?;
    shots.screen(&attendant, "sees-again")?;
    story::end_by_attendant(&customer, &attendant)?;
    ensure!(world.check_tickets()? == 1);
    Ok(())
}

#[test]
fn ctrl_alt_del_is_typed_on_a_linux_computer_and_refused_in_words_to_who_only_sees() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let shots = shots(&world, "ctrl-alt-del")?;
    let mut customer = world.customer()?;
    let work = customer.folder().join("trabalho");
    std::fs::create_dir_all(&work)?;
    let terminal = customer.display.terminal("Terminal", "70x14+520+380", &work)?;
    let window = customer.display.place_of(terminal)?;
    let attendant = world.attendant()?;
    story::session(&customer, &attendant, &password, Ticket::New)?;
    let lens = Lens::over(&customer, &attendant)?;
    attendant.hands.click(lens.to_attendant(window.centre()))?;
    attendant.hands.type_text("touch pronto; cat -v > teclas\n")?;
    wait::until_true("a program that reads keys", wait::PATIENCE, || Ok(work.join("teclas").exists()))?;
    attendant.click(VIEWER, "Enviar Ctrl+Alt+Del")?;
    attendant.hands.click(lens.to_attendant(window.centre()))?;
    attendant.hands.type_text("\n")?;
    // What a terminal makes of Delete with Ctrl and Alt.
    wait::until_true("the keys in the customer's file", wait::PATIENCE, || {
        Ok(std::fs::read_to_string(work.join("teclas"))?.contains("[3;7~"))
    })
    .with_context(|| format!("{:?}", std::fs::read_to_string(work.join("teclas"))))?;
    // Nothing is held down behind it.
    attendant.hands.press("ctrl+d")?;
    attendant.hands.type_text("echo visto > resposta\n")?;
    wait::until_true("the shell to write", wait::PATIENCE, || Ok(work.join("resposta").is_file()))?;
    ensure!(attendant.screen().page()?.all["viewer"]["no_ctrl_alt_del"].is_null());

    attendant.click(VIEWER, "Controle")?;
    attendant.place(VIEWER, "Só ver")?;
    attendant.hands.press("ctrl+alt+shift+d")?;
    let told = |wanted: serde_json::Value| {
        let what = format!("the attendant to be told: {wanted}");
        wait::until_true(&what, wait::PATIENCE, || {
            Ok(attendant.screen().page()?.all["viewer"]["no_ctrl_alt_del"] == wanted)
        })
    };
    told(json!("NotAllowed"))?;
    attendant.place(VIEWER, "Ctrl+Alt+Del não foi enviado")?;
    shots.screen(&attendant, "is-told-why-not")?;
    attendant.click(VIEWER, "OK")?;
    told(serde_json::Value::Null)?;
    story::end_by_attendant(&customer, &attendant)?;
    ensure!(world.check_tickets()? == 1);
    Ok(())
}
