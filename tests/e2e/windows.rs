//! Programs for Windows under Wine: what the file is, and the main job with a person at a computer of each system.
//!
//! Run by the stage `windows` of `tests/run`, which builds the program first and says in `AMPARO_WINDOWS` where it is.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::automation::Page;
use harness::browser::Browser;
use harness::console;
use harness::lens::Lens;
use harness::picture::Rect;
use harness::program::built as built_here;
use harness::release::Maker;
use harness::shots::Shots;
use harness::story::{self, Ticket};
use harness::wait;
use harness::wine;
use harness::world::{COMPANY, Computer, MAIN, VIEWER, World};
use serde_json::json;

/// The program under test is built as quickly as all others here, with the automation socket and the names of all elements: three times
/// what a customer downloads. What this would find is a library that came in whole.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Fetching some twenty megabytes, part by part, on a busy computer.
const FETCH: Duration = Duration::from_secs(120);

/// Libraries that every supported Windows has.
const IMPORTS: &[&str] = &[
    "advapi32.dll",
    "api-ms-win-core-path-l1-1-0.dll",
    "api-ms-win-core-synch-l1-2-0.dll",
    "api-ms-win-core-winrt-error-l1-1-0.dll",
    "bcrypt.dll",
    "bcryptprimitives.dll",
    "combase.dll",
    "comctl32.dll",
    "d3d11.dll",
    "dwmapi.dll",
    "dwrite.dll",
    "dxgi.dll",
    "gdi32.dll",
    "imm32.dll",
    "kernel32.dll",
    "msvcrt.dll",
    "ntdll.dll",
    "ole32.dll",
    "oleaut32.dll",
    "propsys.dll",
    "rpcrt4.dll",
    "secur32.dll",
    "shell32.dll",
    "shlwapi.dll",
    "uiautomationcore.dll",
    "user32.dll",
    "userenv.dll",
    "uxtheme.dll",
    "winmm.dll",
    "ws2_32.dll",
];

/// Where pictures go: `AMPARO_SHOTS`, or beside what else a test leaves.
fn shots(world: &World, name: &str) -> Result<Shots> {
    let folder = std::env::var_os("AMPARO_SHOTS").map_or_else(|| world.folder.path().join("shots"), PathBuf::from);
    Shots::into(&folder.join(name))
}

fn done(command: &mut Command) -> Result<String> {
    let ended = command.output().with_context(|| format!("starting {command:?}"))?;
    let said = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
    ensure!(ended.status.success(), "{command:?} ended with {}: {said}", ended.status);
    Ok(said)
}

/// The company's program for Windows in this computer's folder, ready to be started.
fn branded(world: &World, computer: &Computer) -> Result<PathBuf> {
    branded_from(world, computer, &wine::built("amparo.exe")?)
}

/// The same of another template.
fn branded_from(world: &World, computer: &Computer, template: &Path) -> Result<PathBuf> {
    let program = computer.folder().join("suporte.exe");
    let brand = Command::new(built_here("amparo-brand")?)
        .args(["build", "--template"])
        .arg(template)
        .arg("--profile")
        .arg(computer.profile())
        .arg("--key")
        .arg(world.branding_key()?)
        .arg("--out")
        .arg(&program)
        .output()?;
    ensure!(brand.status.success(), "amparo-brand: {}", String::from_utf8_lossy(&brand.stderr));
    std::fs::copy(wine::built("bcryptprimitives.dll")?, computer.folder().join("bcryptprimitives.dll"))?;
    Ok(program)
}

/// A computer with Windows, on which the company's program runs.
fn windows(world: &World, name: &str, size: (u16, u16)) -> Result<Computer> {
    let mut computer = Computer::with_windows(name, size, world.folder.path())?;
    computer.plug_in(&world.relay)?;
    let program = branded(world, &computer)?;
    // Wine's user has an administrator's rights; a customer's has not.
    computer.start_windows_program_with(&program, &[("AMPARO_ELEVATION", "insisted")])?;
    Ok(computer)
}

/// What a person sees of a page, once it has come: the test's own report when something fails.
fn told(computer: &Computer) -> String {
    let log = std::fs::read_to_string(computer.folder().join("data/amparo.log")).unwrap_or_default();
    format!("the log at {}:\n{log}", computer.name)
}

#[test]
fn a_linux_attendant_helps_a_windows_customer_and_the_session_is_on_a_ticket() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let shots = shots(&world, "windows-customer")?;
    let customer = windows(&world, "customer", (1280, 800))?;
    let attendant = world.attendant()?;
    let credentials = story::register(&customer).with_context(|| told(&customer))?;
    shots.screen(&customer, "waits")?;
    story::log_in(&attendant, harness::world::ANA_LOGIN, &password)?;
    story::connect(&attendant, &credentials.id)?;
    story::choose_ticket(&attendant, Ticket::New)?;
    story::give_password(&attendant, &credentials.password)?;
    story::same_check_code(&customer, &attendant)?;
    story::consent_armed(&customer)?;
    shots.screen(&customer, "is-asked")?;
    story::allow(&customer)?;
    story::picture_seen(&attendant).with_context(|| told(&customer))?;
    // Typed through the session into a program of the customer's, which keeps it in a file.
    let note = customer.folder().join("nota.txt");
    std::fs::write(&note, "")?;
    let before = customer.display.picture()?;
    customer.start_beside("notepad", &[&wine::windows_path(&note)])?;
    wait::until_true("the editor's window", wait::PATIENCE, || {
        Ok(customer.display.picture()?.differing(&before) > 40_000)
    })?;
    shots.screen(&customer, "has-an-editor")?;
    let lens = Lens::over(&customer, &attendant);
    // Also where the customer's screen is not found in it.
    shots.screen(&attendant, "sees-windows")?;
    let lens = lens.with_context(|| told(&customer))?;
    let typed = type_into_notepad(&customer, &attendant, lens, &note);
    // Also where nothing came of it.
    shots.screen(&customer, "was-helped")?;
    shots.screen(&attendant, "has-typed")?;
    typed.with_context(|| told(&customer))?;
    // Wine's desktop is its user's: nobody was told of a question that only the customer sees.
    ensure!(attendant.screen().page()?.all["viewer"]["only_customer"] == false, "{}", told(&customer));
    ensure!(!told(&customer).contains("which desktop gets input is not told"), "{}", told(&customer));

    asks_for_ctrl_alt_del(&attendant, &shots).with_context(|| told(&customer))?;

    with_administrators_rights(&customer, &attendant, lens, &note, &shots).with_context(|| told(&customer))?;
    asks_for_ctrl_alt_del(&attendant, &shots).with_context(|| told(&customer))?;

    story::end_by_attendant(&customer, &attendant)?;
    shots.screen(&customer, "has-a-receipt")?;
    assert_eq!(world.check_tickets()?, 1);
    wait::until_true("the process with the rights to end with the session", wait::PATIENCE, || {
        Ok(elevated(&customer)?.is_empty())
    })?;

    // It has no answer to give any more.
    let _ = customer.screen().ask(&json!({ "op": "panic" }));
    let report = wait::until("the report of a crash", wait::PATIENCE, || {
        let reports = std::fs::read_dir(customer.folder().join("data/crashes")).into_iter().flatten().flatten();
        Ok(reports.filter_map(|entry| std::fs::read_to_string(entry.path()).ok()).find(|text| !text.is_empty()))
    })?;
    for part in ["windows x86_64", "panic in thread main", "a test wants it"] {
        ensure!(report.contains(part), "{part} is not in {report}");
    }
    ensure!(!report.contains("Cida") && !report.contains(&credentials.id), "{report}");
    Ok(())
}

/// The customer says yes, Windows starts the second process (Wine asks nobody), and what is typed goes through it.
fn with_administrators_rights(
    customer: &Computer,
    attendant: &Computer,
    lens: Lens,
    note: &Path,
    shots: &Shots,
) -> Result<()> {
    ensure!(elevated(customer)?.is_empty(), "before anybody asked");
    attendant.click(VIEWER, "Pedir direitos de administrador")?;
    let armed = |page: &Page| page.view["arms_in"]["secs"] == 0 && page.view["arms_in"]["nanos"] == 0;
    customer.screen().wait_page_where("administrator", "with its button armed", armed)?;
    shots.screen(customer, "is-asked-for-rights")?;
    customer.click(MAIN, "Continuar")?;
    wait::until_true("the rights", wait::PATIENCE, || {
        let viewer = attendant.screen().page()?.all["viewer"].clone();
        ensure!(viewer["no_administrator"].is_null(), "there are none: {}", viewer["no_administrator"]);
        Ok(viewer["administrator"] == "On")
    })?;
    ensure!(elevated(customer)?.len() == 1, "not one process with the rights");
    shots.screen(attendant, "has-the-rights")?;
    let window = blank_part(customer)?;
    attendant.hands.click(lens.to_attendant(window.centre()))?;
    attendant.hands.type_text(" mais {43}")?;
    wait::until_true("what was typed with the rights", wait::PATIENCE, || {
        attendant.hands.press("ctrl+s")?;
        Ok(std::fs::read_to_string(note)?.contains(" mais {43}"))
    })
}

/// The processes that have an administrator's rights for this customer's program.
fn elevated(customer: &Computer) -> Result<Vec<u32>> {
    let folder = customer.folder().file_name().and_then(|name| name.to_str()).context("a folder with a name")?;
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // One that ends meanwhile is none.
        let said = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let said = String::from_utf8_lossy(&said).into_owned();
        if said.contains("suporte.exe") && said.contains(folder) && said.contains(r"\\.\pipe\amparo-") {
            found.push(process);
        }
    }
    Ok(found)
}

/// The policy forbids it where nobody has set one, and the attendant reads that. Further it does not go here: Wine ends a program that calls `SendSAS`.
fn asks_for_ctrl_alt_del(attendant: &Computer, shots: &Shots) -> Result<()> {
    attendant.click(VIEWER, "Enviar Ctrl+Alt+Del")?;
    wait::until_true("why nothing came of it", wait::PATIENCE, || {
        Ok(attendant.screen().page()?.all["viewer"]["no_ctrl_alt_del"] == "PolicyForbids")
    })?;
    attendant.place(VIEWER, "Ctrl+Alt+Del não foi enviado")?;
    shots.screen(attendant, "reads-why-no-ctrl-alt-del")?;
    attendant.click(VIEWER, "OK")
}

/// Clicks into the editor's window, types, saves by its key.
fn type_into_notepad(customer: &Computer, attendant: &Computer, lens: Lens, note: &Path) -> Result<()> {
    let window = blank_part(customer)?;
    attendant.hands.click(lens.to_attendant(window.centre()))?;
    attendant.hands.type_text("ola 42 {ok}")?;
    wait::until_true("the typed words in the customer's file", wait::PATIENCE, || {
        attendant.hands.press("ctrl+s")?;
        Ok(std::fs::read_to_string(note)?.contains("ola 42 {ok}"))
    })
}

/// A white part of the screen that is large enough for an editor's page.
fn blank_part(customer: &Computer) -> Result<Rect> {
    let picture = customer.display.picture()?;
    let (width, height) = (200, 60);
    for y in (100..picture.height as i32 - height).step_by(20) {
        for x in (0..picture.width as i32 - width).step_by(20) {
            let rect = Rect { x, y, width, height };
            if picture.cut(rect).rgb.iter().all(|byte| *byte == 255) {
                return Ok(rect);
            }
        }
    }
    anyhow::bail!("no editor's page is on the customer's screen")
}

#[test]
fn a_windows_attendant_helps_a_linux_customer_and_sees_the_picture_exactly() -> Result<()> {
    let (world, password) = World::with_attendant()?;
    let shots = shots(&world, "windows-attendant")?;
    let mut customer = world.customer()?;
    let work = customer.folder().join("trabalho");
    std::fs::create_dir_all(&work)?;
    let terminal = customer.display.terminal("Terminal", "70x14+520+380", &work)?;
    let window = customer.display.place_of(terminal)?;
    let mut attendant = Computer::with_windows("attendant", (1440, 1000), world.folder.path())?;
    attendant.plug_in(&world.relay)?;
    let program = branded(&world, &attendant)?;
    // As a user starts it: whoever says where settings are has no links opened.
    attendant.start_windows_program_at_home(&program)?;
    let credentials = story::session(&customer, &attendant, &password, Ticket::New)?;
    let lens = Lens::over(&customer, &attendant)?;
    shots.screen(&attendant, "sees-linux")?;
    attendant.hands.click(lens.to_attendant(window.centre()))?;
    // Nothing that this display has on keys of its own, which no Windows keyboard has.
    attendant.hands.type_text("expr 6 '*' 7 + 1 - 1 > resposta\n")?;
    let answer = wait::until("the customer's shell to write", wait::PATIENCE, || {
        Ok(std::fs::read_to_string(work.join("resposta")).ok().filter(|text| text.ends_with('\n')))
    })?;
    assert_eq!(answer, "42\n");
    customer.hands.move_to((5, 790))?;
    attendant.hands.move_to((1435, 995))?;
    lens.wait_same(&customer, &attendant, window)?;
    shots.screen(&attendant, "has-typed")?;
    story::end_by_customer(&customer, &attendant)?;
    assert_eq!(world.check_tickets()?, 1);

    // A link of the console, as Windows is told to hand it over. (Wine's own `start` takes no link with a question mark.)
    let number = world.records()?.tickets()?.first().context("no ticket")?.ticket.number.as_str().to_owned();
    let link = format!("amparo:connect?id={}&ticket={number}", credentials.id.replace(' ', ""));
    let file = wine::windows_path(&program);
    let command = attendant.registered("HKCU\\Software\\Classes\\amparo\\shell\\open\\command")?;
    assert_eq!(command, format!("\"{file}\" -- \"%1\""));
    attendant.start_beside(&file, &["--", &link])?;
    let found = |page: &Page| page.view["lookup"]["Found"]["number"].as_str() == Some(&number);
    attendant.screen().wait_page_where("ticket-step", "with the link's ticket found", found)?;
    shots.screen(&attendant, "followed-a-link")?;

    // And nothing of it stays where its user wants that.
    let kept = || wine_files(&attendant.folder().join("wine/drive_c/users"), "amparo");
    ensure!(!kept()?.is_empty(), "the program keeps nothing: this looks at nothing");
    attendant.click(MAIN, "Voltar")?;
    attendant.screen().wait_page("home")?;
    attendant.click(MAIN, "Mais")?;
    attendant.click(MAIN, "Remover deste computador")?;
    attendant.screen().wait_page("removal")?;
    shots.screen(&attendant, "asks-to-remove")?;
    attendant.click(MAIN, "Remover")?;
    let removed = |page: &Page| page.view["state"]["Removed"].is_object();
    attendant.screen().wait_page_where("removal", "with all of it gone", removed)?;
    shots.screen(&attendant, "has-removed")?;
    ensure!(attendant.registered("HKCU\\Software\\Classes\\amparo").is_err(), "its links are still registered");
    attendant.click(MAIN, "Fechar o programa")?;
    wait::until("nothing of it to be left", wait::PATIENCE, || {
        let left = kept()?;
        Ok(left.is_empty().then_some(()))
    })
    .with_context(|| format!("left: {:?}", kept()))?;
    Ok(())
}

/// The files below this folder on whose way there is a folder of this name.
fn wine_files(folder: &Path, name: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            found.extend(wine_files(&path, name)?);
        } else if path.components().any(|part| part.as_os_str() == name) {
            found.push(path);
        }
    }
    Ok(found)
}

#[test]
fn the_windows_program_is_one_file_that_asks_for_nothing_unusual() -> Result<()> {
    let program = wine::built("amparo.exe")?;
    let bytes = std::fs::metadata(&program)?.len();
    ensure!(bytes <= BYTES_MAX, "{bytes} bytes");
    let said = done(Command::new("x86_64-w64-mingw32-objdump").arg("-p").arg(&program))?;
    let imports: Vec<String> =
        said.lines().filter_map(|line| line.trim().strip_prefix("DLL Name: ")).map(str::to_ascii_lowercase).collect();
    ensure!(imports.len() > 3, "no imports were found: {said}");
    println!("imports: {}", imports.join(" "));
    let unusual: Vec<&String> = imports.iter().filter(|name| !IMPORTS.contains(&name.as_str())).collect();
    ensure!(unusual.is_empty(), "not on every Windows: {unusual:?}");
    ensure!(said.contains("(Windows GUI)"), "a console would open beside the windows");
    let text = String::from_utf8_lossy(&std::fs::read(&program)?).into_owned();
    ensure!(text.contains(">permonitorv2<") && text.contains("level=\"asInvoker\""), "the manifest is not in it");
    Ok(())
}

/// A certificate for code that nobody trusts, and its key.
struct Throwaway {
    certificate: PathBuf,
    pkcs12: PathBuf,
    /// The file with the key's password.
    password: PathBuf,
}

impl Throwaway {
    fn new(folder: &Path) -> Result<Self> {
        let key = folder.join("key.pem");
        let (certificate, pkcs12) = (folder.join("cert.pem"), folder.join("sign.p12"));
        let password = folder.join("password");
        std::fs::write(&password, "throwaway")?;
        done(
            Command::new("openssl")
                .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Varanda Sistemas"])
                .args(["-addext", "extendedKeyUsage=codeSigning", "-keyout"])
                .arg(&key)
                .arg("-out")
                .arg(&certificate),
        )?;
        done(
            Command::new("openssl")
                .args(["pkcs12", "-export"])
                .arg("-passout")
                .arg(format!("file:{}", password.display()))
                .arg("-inkey")
                .arg(&key)
                .arg("-in")
                .arg(&certificate)
                .arg("-out")
                .arg(&pkcs12),
        )?;
        Ok(Self { certificate, pkcs12, password })
    }

    /// A relay that signs with it what it makes for Windows.
    fn relay_signs(&self) -> Result<World> {
        let text = |path: &Path| path.to_str().map(str::to_owned).context("a path that is text");
        let (pkcs12, password) = (text(&self.pkcs12)?, text(&self.password)?);
        World::told(&["--sign-pkcs12", &pkcs12, "--sign-password-file", &password])
    }

    /// Whether this program is signed with it.
    fn has_signed(&self, program: &Path) -> Result<()> {
        let said = done(
            Command::new("osslsigncode").arg("verify").arg("-CAfile").arg(&self.certificate).arg("-in").arg(program),
        )?;
        ensure!(said.contains("Signature verification: ok") || said.contains("Succeeded"), "{said}");
        Ok(())
    }
}

#[test]
fn a_branded_program_is_code_signed_and_both_signatures_hold() -> Result<()> {
    let world = World::new()?;
    let folder = world.folder.path();
    let throwaway = Throwaway::new(folder)?;
    let (profile, signed) = (folder.join("app.profile"), folder.join("suporte.exe"));
    world.relay.profile(world.relay.port, &profile)?;
    let brand = built_here("amparo-brand")?;
    done(
        Command::new(&brand)
            .args(["build", "--template"])
            .arg(wine::built("amparo.exe")?)
            .arg("--profile")
            .arg(&profile)
            .arg("--key")
            .arg(world.branding_key()?)
            .arg("--pkcs12")
            .arg(&throwaway.pkcs12)
            .arg("--pkcs12-password")
            .arg(&throwaway.password)
            .arg("--out")
            .arg(&signed),
    )?;
    let said = done(Command::new(&brand).arg("verify").arg(&signed))?;
    ensure!(said.contains(COMPANY), "{said}");
    throwaway.has_signed(&signed)?;

    // Any change is found by one of the two, and the profile's by both.
    let program = std::fs::read(&signed)?;
    let changed = folder.join("changed.exe");
    let places = [0x40, 0x3d8, 5_000, 64 * 1024, program.len() / 2, program.len() - 20_000, program.len() - 40];
    for place in places {
        let mut bytes = program.clone();
        bytes[place] ^= 4;
        std::fs::write(&changed, bytes)?;
        let refused = Command::new(&brand).arg("verify").arg(&changed).output()?;
        ensure!(!refused.status.success(), "byte {place} can be changed");
        ensure!(!refused.stderr.is_empty(), "byte {place} is refused without a word");
    }
    Ok(())
}

#[test]
fn a_windows_program_that_was_changed_says_so_and_connects_nowhere() -> Result<()> {
    let world = World::new()?;
    let shots = shots(&world, "windows-changed")?;
    let mut computer = Computer::with_windows("customer", (900, 760), world.folder.path())?;
    computer.plug_in(&world.relay)?;
    let program = branded(&world, &computer)?;
    let mut bytes = std::fs::read(&program)?;
    let title = COMPANY.as_bytes();
    // A letter of the company's name in the profile, near the end of the file.
    let place = bytes.windows(title.len()).rposition(|part| part == title).context("no name in the program")?;
    bytes[place] ^= 1;
    std::fs::write(&program, bytes)?;
    computer.start_windows_program(&program, &[])?;
    let page = computer.screen().wait_page("profile-altered").with_context(|| told(&computer))?;
    assert_eq!(page.view["trouble"], "Altered");
    shots.screen(&computer, "is-told")?;
    assert_eq!(computer.network()?.bytes(), 0, "a changed program spoke to somebody");
    Ok(())
}

#[test]
fn a_windows_program_updates_itself_by_one_click_to_a_signed_one_and_keeps_its_brand() -> Result<()> {
    let vault = tempfile::tempdir()?;
    let throwaway = Throwaway::new(vault.path())?;
    let mut world = throwaway.relay_signs()?;
    let shots = shots(&world, "windows-update")?;
    let maker = Maker::new(world.folder.path())?;
    let mut customer = Computer::with_windows("customer", (1280, 800), world.folder.path())?;
    customer.plug_in(&world.relay)?;
    let built = wine::built("amparo.exe")?;
    let program = branded_from(&world, &customer, &maker.template(&built, "0.1.0")?)?;
    customer.start_windows_program_with(&program, &[("AMPARO_RELEASE_KEYS", &maker.public)])?;
    customer.screen().wait_page("fields").with_context(|| told(&customer))?;
    let old = std::fs::read(&program)?;

    maker.publish(&world.relay, &[maker.template(&built, "0.2.0")?], &[])?;
    world.relay.kill()?;
    world.relay.start_again()?;
    let update = |patience, what: &str, holds: &dyn Fn(&serde_json::Value) -> bool| {
        wait::until(what, patience, || {
            // While one program takes the place of another, none answers.
            Ok(customer.screen().page().ok().map(|page| page.all["update"].clone()).filter(|update| holds(update)))
        })
        .with_context(|| told(&customer))
    };
    update(wait::PATIENCE, "the next version to be offered", &|update| update["state"] == "Offered")?;
    shots.screen(&customer, "offered")?;
    customer.click(MAIN, "Atualizar para a versão 0.2.0")?;
    update(FETCH, "the new program", &serde_json::Value::is_null)?;
    wait::until_true("the new program to say that it runs", wait::PATIENCE, || {
        Ok(told(&customer).contains("the new version runs"))
    })?;
    shots.screen(&customer, "is-new")?;
    let said = done(Command::new(built_here("amparo-brand")?).arg("verify").arg(&program))?;
    ensure!(said.contains(COMPANY), "{said}");
    throwaway.has_signed(&program)?;
    ensure!(std::fs::read(program.with_file_name("suporte.exe.previous"))? == old, "the one before is kept");
    story::register(&customer).with_context(|| told(&customer))?;
    Ok(())
}

#[test]
fn a_saved_app_is_a_signed_program_for_windows_that_a_customer_downloads_from_a_ticket_and_waits_with() -> Result<()> {
    let vault = tempfile::tempdir()?;
    let throwaway = Throwaway::new(vault.path())?;
    let mut world = throwaway.relay_signs()?;
    let maker = Maker::new(world.folder.path())?;
    let templates = [wine::built("amparo.exe")?, built_here("amparo")?];
    let templates = templates.iter().map(|program| maker.template(program, "0.1.0")).collect::<Result<Vec<_>>>()?;
    maker.publish(&world.relay, &templates, &[])?;
    let admin = Browser::open(world.folder.path(), 1280, 900)?;
    console::set_up(&admin, &world.relay.setup_link()?)?;
    let title = format!("Socorro {COMPANY}");
    let took = console::rename_app(&admin, &world.relay, &title, 2)?;
    println!("figure from the click on Save to programs for both systems: {:.1} s", took.as_secs_f64());
    let mut customer = Computer::with_windows("customer", (1280, 800), world.folder.path())?;
    let shots = shots(&world, "windows-download")?;
    admin.wait_text("Assinado por Varanda Sistemas")?;
    shots.console(&admin, "says-who-signs")?;
    let number = console::new_ticket(&admin, &world.relay, "Nota fiscal", "Cida Nogueira", "Padaria Aurora")?;
    let link = admin.execute("return document.querySelector('[data-insert*=\"/d/\"]').dataset.insert")?;

    let browser = Browser::open(customer.folder(), 1000, 800)?;
    browser.goto(link.as_str().context("the ticket offers a link")?)?;
    browser.click("a[href*='/program/windows']")?;
    let program = browser.downloaded("the program", |name| name.contains("-ticket-") && name.ends_with(".exe"))?;
    drop(browser);
    throwaway.has_signed(&program)?;
    let beside = program.with_file_name("bcryptprimitives.dll");
    std::fs::copy(wine::built("bcryptprimitives.dll")?, beside)?;
    customer.start_windows_program(&program, &[])?;
    let knows = |page: &Page| page.view["ticket"]["number"].as_str() == Some(&number);
    let page =
        customer.screen().wait_page_where("fields", "with the ticket", knows).with_context(|| told(&customer))?;
    assert_eq!(page.all["brand"]["company"], COMPANY);
    assert_eq!(page.all["brand"]["title"], title.as_str());
    shots.screen(&customer, "knows-the-ticket")?;
    let credentials = story::register(&customer).with_context(|| told(&customer))?;
    admin.goto(&world.relay.url("/"))?;
    admin.find(&format!("a[href^='amparo:connect?id={}&ticket={number}&at=']", credentials.id.replace(' ', "")))?;
    Ok(())
}
