//! A picture of every page of the console for somebody to look at: each language, light and dark, at a desk and on a phone.
//!
//! Called by `tests/pages`, which builds everything first. A real customer waits, a session is over, an app has hours and a wrap-up, so
//! that no page is empty that would not be. Checks nothing but that each page is there: what must hold is in the tests.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use harness::browser::Browser;
use harness::story::{self, Ticket};
use harness::world::{ANA_LOGIN, World};
use harness::{console, wait};
use serde_json::{Value, json};

/// Takes a picture of every page of the console.
#[derive(Parser)]
struct Options {
    /// Where the pictures go: `FOLDER/pt-BR-light-desk/app-hours.png`.
    #[arg(default_value = "amparo-pages")]
    folder: PathBuf,
    /// Only pages whose name holds this.
    #[arg(long, default_value = "")]
    only: String,
    /// Only these languages.
    #[arg(long, value_delimiter = ',', default_value = "pt-BR,en,es")]
    languages: Vec<String>,
    /// Only at a desk and in the light.
    #[arg(long)]
    short: bool,
}

/// Name and size of a screen.
const SCREENS: [(&str, u32); 2] = [("desk", 1280), ("phone", 390)];

fn main() -> Result<()> {
    let options = Options::parse();
    let mut world = World::new()?;
    let link = world.relay.setup_link()?;
    let browser = Browser::open(world.folder.path(), 1280, 900)?;
    browser.goto(&link)?;
    std::fs::create_dir_all(&options.folder)?;
    shot_one(&browser, &options, "setup", &options.folder.join("setup.png"))?;
    console::set_up(&browser, &link)?;

    // A session from beginning to end; then the same customer waits again.
    let ticket =
        console::new_ticket(&browser, &world.relay, "Erro ao emitir nota fiscal", "Cida Nogueira", "Padaria Aurora")?;
    let customer = world.customer()?;
    let attendant = world.attendant()?;
    story::session(&customer, &attendant, console::PASSWORD, Ticket::Number(&ticket))?;
    story::end_by_attendant(&customer, &attendant)?;
    world.check_tickets()?;
    let places = furnish(&browser, &world, &ticket)?;

    for dark in [false, true] {
        if dark && options.short {
            break;
        }
        let browser = Browser::open_with(world.folder.path(), 1280, 900, dark)?;
        let alone = [("login", "/login"), ("get-code", "/d")];
        for language in &options.languages {
            browser.goto(&world.relay.url("/login"))?;
            speak(&browser, language)?;
            take(
                &browser,
                &world,
                &options,
                language,
                dark,
                &alone.map(|(name, path)| (name.to_owned(), path.to_owned())),
            )?;
        }
        console::log_in(&browser, &world.relay, ANA_LOGIN, console::PASSWORD)?;
        browser.find("#waiting-rows")?;
        for language in &options.languages {
            speak(&browser, language)?;
            take(&browser, &world, &options, language, dark, &places)?;
        }
    }
    second_factor(&browser, &world, &options)?;
    println!("pictures: {}", options.folder.canonicalize()?.display());
    Ok(())
}

/// What is there only with a second factor, last because every login takes a code from then on.
fn second_factor(browser: &Browser, world: &World, options: &Options) -> Result<()> {
    let folder = options.folder.join("second-factor");
    std::fs::create_dir_all(&folder)?;
    console::switch_factor_on(browser, &world.relay)?;
    let shot = |browser: &Browser, name: &str| -> Result<()> {
        for (screen, width) in SCREENS {
            browser.resize(width, 900)?;
            shot_one(browser, options, name, &folder.join(format!("{name}-{screen}.png")))?;
        }
        Ok(())
    };
    shot(browser, "account-codes")?;
    browser.goto(&world.relay.url("/account"))?;
    shot(browser, "account-on")?;
    browser.goto(&world.relay.url("/users"))?;
    shot(browser, "users-with-factor")?;
    browser.goto(&world.relay.url("/confirm"))?;
    shot(browser, "confirm-with-code")?;
    let other = Browser::open(world.folder.path(), 1280, 900)?;
    console::log_in(&other, &world.relay, ANA_LOGIN, console::PASSWORD)?;
    other.find("#code")?;
    shot(&other, "login-code")
}

fn speak(browser: &Browser, language: &str) -> Result<()> {
    browser.execute(&format!("document.querySelector('form.langs button[value={language:?}]').click()"))?;
    wait::until_true("the page in this language", wait::PATIENCE, || {
        Ok(browser.execute("return document.documentElement.lang")?.as_str() == Some(language))
    })
}

/// What makes pages worth looking at. Gives name and path of each page.
fn furnish(browser: &Browser, world: &World, ticket: &str) -> Result<Vec<(String, String)>> {
    post(browser, "/apps", &json!({ "name": "Nota fiscal" }))?;
    browser.goto(&world.relay.url("/apps"))?;
    let apps =
        browser.execute("return [...document.querySelectorAll('a.rowlink')].map(a => a.getAttribute('href'))")?;
    let apps: Vec<String> =
        apps.as_array().context("apps")?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let app = apps.first().and_then(|path| path.strip_suffix("/main")).context("an app to edit")?.to_owned();
    for (login, name, role) in [
        ("bruno@varanda.example", "Bruno Siqueira", "attendant"),
        ("eva@varanda.example", "Eva Prado", "administrator"),
    ] {
        world.relay.add_user(login, name, role)?;
    }
    post(
        browser,
        "/webhooks",
        &json!({ "address": "https://hooks.varanda.example/amparo", "event": "session.ended" }),
    )?;
    for (name, scopes) in [("Painel da diretoria", "sessions:read"), ("Central de chamados", "tickets:write")] {
        post(browser, "/tokens", &json!({ "name": name, "scope": scopes, "days": "90", "own": console::PASSWORD }))?;
    }
    browser.goto(&world.relay.url("/users"))?;
    let user = browser
        .execute("return document.querySelector('a[href^=\"/users/\"]:not([href*=enrol])').getAttribute('href')")?;
    browser.goto(&world.relay.url("/history"))?;
    let session = browser.execute("return document.querySelector('a[href^=\"/sessions/\"]').getAttribute('href')")?;
    let session = session.as_str().context("a session")?.to_owned();
    post(
        browser,
        "/answers",
        &json!({ "title": "Enviar o programa", "text": "Oi, {customer}. Para vermos isso juntos, abra este link e deixe a janela aberta: {download_link}" }),
    )?;
    post(browser, "/customers/fields", &json!({ "names": "Plano\nClassificação" }))?;
    post(browser, &format!("/tickets/{ticket}/tags"), &json!({ "tag": "nota fiscal" }))?;
    post(
        browser,
        "/mail",
        &json!({ "host": "mail.varanda.example", "port": "587", "tls": "starttls", "user": "suporte", "password": "senha do correio", "from": "suporte@varanda.example", "from_name": "Varanda Sistemas" }),
    )?;
    browser.goto(&world.relay.url("/customers"))?;
    let contact = browser.execute("return document.querySelector('a.rowlink').getAttribute('href')")?;
    let contact = contact.as_str().context("a contact")?.to_owned();
    let kinds = ["rt", "redmine", "movidesk", "salesforce", "zendesk", "zammad", "glpi", "webhook"];
    let mut places: Vec<(String, String)> = [
        ("attendance", "/".to_owned()),
        ("tickets", "/tickets".to_owned()),
        ("ticket", format!("/tickets/{ticket}")),
        ("ticket-new", "/tickets/new".to_owned()),
        ("ticket-link", format!("/tickets/{ticket}?insert=link")),
        ("customers", "/customers".to_owned()),
        ("customer", format!("{contact}?find=a")),
        ("answers", "/answers".to_owned()),
        ("mail", "/mail".to_owned()),
        ("history", "/history".to_owned()),
        ("history-none", "/history?q=nada".to_owned()),
        ("session", session.clone()),
        ("session-checked", format!("{session}?check=1")),
        ("session-receipt", format!("{session}/receipt")),
        ("apps", "/apps".to_owned()),
        ("app-new", "/apps/new".to_owned()),
        ("users", "/users".to_owned()),
        ("user", user.as_str().context("a user")?.to_owned()),
        ("outbox", "/outbox".to_owned()),
        ("connections", "/connections".to_owned()),
        ("connection-texts", "/connections/texts".to_owned()),
        ("audit", "/audit".to_owned()),
        ("tokens", "/tokens".to_owned()),
        ("webhooks", "/webhooks".to_owned()),
        ("webhook", "/webhooks/1".to_owned()),
        ("api", "/tokens/api".to_owned()),
        ("account", "/account".to_owned()),
        ("account-factor", "/account/factor".to_owned()),
        ("confirm", "/confirm?to=/users".to_owned()),
        ("not-found", "/tickets/999999".to_owned()),
        ("help", "/help".to_owned()),
        ("help-administrator", "/help/administrator".to_owned()),
        ("help-attendant", "/help/attendant".to_owned()),
        ("help-customer", "/help/customer".to_owned()),
    ]
    .map(|(name, path)| (name.to_owned(), path))
    .into();
    places.extend(kinds.map(|kind| (format!("connection-{kind}"), format!("/connections/new/{kind}"))));
    browser.goto(&world.relay.url(&format!("{app}/main")))?;
    let tabs =
        browser.execute("return [...document.querySelectorAll('nav.tabs a')].map(a => a.getAttribute('href'))")?;
    for tab in tabs.as_array().context("tabs")?.iter().filter_map(Value::as_str) {
        places.push((format!("app-{}", tab.rsplit('/').next().unwrap_or(tab)), tab.to_owned()));
    }
    browser.goto(&world.relay.url(&format!("{app}/download")))?;
    let link = browser.execute("return document.getElementById('link').value")?;
    let code = link.as_str().and_then(|link| link.rsplit('/').next()).context("a link with a code")?;
    places.push(("get".to_owned(), format!("/d/{code}")));
    Ok(places)
}

/// Sends a form as the page that is open would.
fn post(browser: &Browser, path: &str, fields: &Value) -> Result<()> {
    browser.execute(&format!(
        "window.done = null;
         const body = new URLSearchParams({fields});
         body.set('_csrf', document.querySelector('[name=_csrf]').value);
         fetch({path:?}, {{ method: 'POST', body }}).then(answer => {{ window.done = answer.status; }})"
    ))?;
    let done = wait::until(&format!("{path} to be answered"), wait::PATIENCE, || {
        Ok(browser.execute("return window.done")?.as_u64())
    })?;
    ensure!(done < 400, "{path} was answered with {done}");
    Ok(())
}

fn take(
    browser: &Browser,
    world: &World,
    options: &Options,
    language: &str,
    dark: bool,
    places: &[(String, String)],
) -> Result<()> {
    for (screen, width) in SCREENS {
        if screen == "phone" && options.short {
            continue;
        }
        let folder = options.folder.join(format!("{language}-{}-{screen}", if dark { "dark" } else { "light" }));
        std::fs::create_dir_all(&folder)?;
        for (name, path) in places.iter().filter(|(name, _)| name.contains(&options.only)) {
            browser.resize(width, 900)?;
            browser.goto(&world.relay.url(path))?;
            shot_one(browser, options, name, &folder.join(format!("{name}.png")))?;
        }
    }
    Ok(())
}

/// The whole page, as high as it is.
fn shot_one(browser: &Browser, options: &Options, name: &str, file: &std::path::Path) -> Result<()> {
    if !name.contains(&options.only) {
        return Ok(());
    }
    let size = browser.execute("return [window.innerWidth, Math.max(document.documentElement.scrollHeight, 700)]")?;
    let side = |n: usize| size[n].as_u64().and_then(|v| u32::try_from(v).ok()).context("the page's size");
    browser.resize(side(0)?, side(1)?.min(2_600))?;
    let wider = browser.execute("return document.documentElement.scrollWidth - window.innerWidth")?;
    if wider.as_i64() > Some(0) {
        println!("{}: {wider} px too wide", file.display());
    }
    browser.screenshot(file)
}
