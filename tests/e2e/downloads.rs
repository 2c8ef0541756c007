//! From a saved app to a customer who waits: an administrator's browser, a customer's browser, and the very file that it downloaded.
//!
//! The same for Windows is in `windows.rs`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use harness::browser::Browser;
use harness::console;
use harness::program::built;
use harness::release::Maker;
use harness::story;
use harness::world::{COMPANY, Computer, MAIN, World};

const TITLE: &str = "Socorro Varanda Sistemas";

/// A company that has set up its server, on which there are templates; its administrator's browser.
fn company() -> Result<(World, Browser)> {
    let mut world = World::new()?;
    let maker = Maker::new(world.folder.path())?;
    maker.publish(&world.relay, &[maker.template(&built("amparo")?, "0.1.0")?], &[])?;
    let admin = Browser::open(world.folder.path(), 1280, 900)?;
    console::set_up(&admin, &world.relay.setup_link()?)?;
    Ok((world, admin))
}

/// What a person does with a downloaded program before it can be run.
fn allow_to_run(file: &Path) -> Result<()> {
    Ok(std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))?)
}

fn log(computer: &Computer) -> String {
    std::fs::read_to_string(computer.folder().join("amparo.log")).unwrap_or_default()
}

#[test]
fn a_saved_app_is_a_program_in_seconds_which_a_customer_downloads_runs_and_waits_with() -> Result<()> {
    let (world, admin) = company()?;
    let took = console::rename_app(&admin, &world.relay, TITLE, 1)?;
    println!("figure from the click on Save to a program that is ready: {:.1} s", took.as_secs_f64());
    ensure!(took <= console::READY);
    let link = admin.execute("return document.querySelector('#link').value")?;
    let link = link.as_str().context("the page has a link")?.to_owned();

    let mut customer = world.computer("customer", (1280, 800))?;
    let browser = Browser::open(customer.folder(), 1000, 800)?;
    browser.goto(&link)?;
    browser.wait_text(TITLE)?;
    browser.wait_text(COMPANY)?;
    let hash = browser.text()?;
    browser.click("a[href$='/program/linux']")?;
    let program = browser.downloaded("the program", |name| name == "Socorro-Varanda-Sistemas")?;
    // The hash on the page is the file's.
    let sha256 = std::process::Command::new("sha256sum").arg(&program).output()?.stdout;
    let sha256 = String::from_utf8(sha256)?.split_whitespace().next().context("a hash")?.to_owned();
    ensure!(hash.contains(&sha256), "{sha256} is not on the page:\n{hash}");
    drop(browser);

    allow_to_run(&program)?;
    customer.start_branded(&program, &[])?;
    let page = customer.screen().wait_page("fields").with_context(|| log(&customer))?;
    assert_eq!(
        (page.all["brand"]["title"].as_str(), page.all["brand"]["company"].as_str()),
        (Some(TITLE), Some(COMPANY))
    );
    customer.display.window_titled(TITLE)?;
    let credentials = story::register(&customer).with_context(|| log(&customer))?;
    admin.goto(&world.relay.url("/"))?;
    admin.wait_text(&credentials.id)
}

#[test]
fn a_link_from_a_ticket_brings_a_program_that_knows_the_ticket_whatever_the_browser_calls_the_file() -> Result<()> {
    let (world, admin) = company()?;
    console::rename_app(&admin, &world.relay, TITLE, 1)?;
    let number = console::new_ticket(&admin, &world.relay, "Nota fiscal não sai", "Cida Nogueira", "Padaria Aurora")?;
    let link = admin.execute("return document.querySelector('[data-insert*=\"/d/\"]').dataset.insert")?;
    let link = link.as_str().context("the ticket offers a link")?.to_owned();
    ensure!(link.contains("?ticket="), "{link}");

    let mut customer = world.computer("customer", (1280, 800))?;
    let browser = Browser::open(customer.folder(), 1000, 800)?;
    browser.goto(&link)?;
    browser.wait_text(&format!("Este link é do ticket {number}"))?;
    browser.wait_text("Nota fiscal não sai")?;
    // Twice, as people do: the second gets another name.
    browser.click("a[href*='/program/linux']")?;
    browser.downloaded("the program", |name| name.contains("-ticket-"))?;
    browser.click("a[href*='/program/linux']")?;
    let program = browser.downloaded("the program again", |name| name.contains("-ticket-") && name.contains("(1)"))?;
    drop(browser);

    allow_to_run(&program)?;
    customer.start_branded(&program, &[])?;
    let page = customer
        .screen()
        .wait_page_where("fields", "with the ticket", |page| !page.view["ticket"].is_null())
        .with_context(|| log(&customer))?;
    assert_eq!(page.view["ticket"]["number"], number.as_str());
    let value = |kind: &str| {
        let fields = page.view["fields"].as_array();
        fields.and_then(|fields| fields.iter().find(|field| field["kind"] == kind)).map(|field| field["value"].clone())
    };
    assert_eq!(value("name"), Some("Cida Nogueira".into()));
    assert_eq!(value("company"), Some("Padaria Aurora".into()));
    assert_eq!(value("subject"), Some("Nota fiscal não sai".into()));
    if value("email").is_some() {
        customer.fill("E-mail", "cida@padariaaurora.example")?;
    }
    customer.click(MAIN, "Continuar")?;
    let credentials = story::waiting(&customer)?;

    // The attendant sees it in the list and at the ticket.
    let connect = format!("amparo:connect?id={}&ticket={number}", credentials.id.replace(' ', ""));
    for path in ["/".to_owned(), format!("/tickets/{number}")] {
        admin.goto(&world.relay.url(&path))?;
        admin.find(&format!("a[href^='{connect}&at=']"))?;
    }
    Ok(())
}
