//! The console as an administrator uses it, in a real browser.

use anyhow::{Context, Result};

use crate::browser::Browser;
use crate::world::{ANA, ANA_LOGIN, COMPANY, Relay};

/// The first administrator's password in tests and in the demo.
pub const PASSWORD: &str = "nove padarias azuis";

/// Goes through the one-time set-up: company and first administrator. Logged in after this.
pub fn set_up(browser: &Browser, link: &str) -> Result<()> {
    open_set_up(browser, link)?;
    send_set_up(browser)
}

/// Sends the filled set-up page.
pub fn send_set_up(browser: &Browser) -> Result<()> {
    browser.click("form .go button")?;
    browser.find("#waiting-rows").context("the attendance page after the set-up").map(drop)
}

/// The set-up page, filled in but not sent.
pub fn open_set_up(browser: &Browser, link: &str) -> Result<()> {
    browser.goto(link)?;
    browser.fill("[name=company]", COMPANY)?;
    browser.fill("[name=login]", ANA_LOGIN)?;
    browser.fill("[name=name]", ANA)?;
    browser.fill("[name=password]", PASSWORD)?;
    browser.fill("[name=again]", PASSWORD)
}

/// Logs in.
pub fn log_in(browser: &Browser, relay: &Relay, login: &str, password: &str) -> Result<()> {
    browser.goto(&relay.url("/login"))?;
    browser.fill("#user", login)?;
    browser.fill("#password", password)?;
    browser.click("form[action='/login'] button")
}

/// Opens a ticket and gives its number.
pub fn new_ticket(browser: &Browser, relay: &Relay, subject: &str, name: &str, company: &str) -> Result<String> {
    browser.goto(&relay.url("/tickets/new"))?;
    browser.fill("[name=subject]", subject)?;
    browser.fill("[name=name]", name)?;
    browser.fill("[name=company]", company)?;
    browser.click("form[action='/tickets'][method=post] button.p")?;
    browser.wait_text(subject)?;
    let url = browser.url()?;
    let number = url.rsplit('/').next().context("no ticket number in the address")?;
    Ok(number.split(['?', '#']).next().unwrap_or(number).to_owned())
}
