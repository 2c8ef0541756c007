//! The console as an administrator uses it, in a real browser.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::browser::Browser;
use crate::wait;
use crate::world::{ANA, ANA_LOGIN, COMPANY, Relay};

/// The first administrator's password in tests and in the demo.
pub const PASSWORD: &str = "nove padarias azuis";

/// Programs are made in seconds; on a busy computer, of programs three times as large as those that are released.
pub const READY: Duration = Duration::from_secs(60);

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

/// Gives the first app this title and this company name, saves it, and waits on its download page until the programs for this many systems are
/// ready. How long that took, from the click on.
pub fn rename_app(browser: &Browser, relay: &Relay, title: &str, systems: usize) -> Result<Duration> {
    browser.goto(&relay.url("/apps"))?;
    browser.click("a.rowlink")?;
    browser.click("nav.tabs a[href$='/look']")?;
    browser.fill("#title", title)?;
    let saved = Instant::now();
    browser.press_named("Salvar")?;
    browser.click("nav.tabs a[href$='/download']")?;
    let mut rows = Vec::new();
    wait::until_true("the programs to be ready", READY, || {
        rows = browser.texts("#files td.says")?;
        // Systems without a template have a row that says so.
        Ok(rows.iter().filter(|row| row.starts_with("Pronto · ")).count() == systems)
    })
    .with_context(|| format!("the page says: {rows:?}"))?;
    Ok(saved.elapsed())
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

/// What an authenticator app shows for this key, some half minutes from now; worked out by the browser's own cryptography.
pub fn code(browser: &Browser, key: &str, steps_ahead: u32) -> Result<String> {
    browser.execute(&format!(
        "window.code = null;
         const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
         const bits = [...{key:?}].filter(c => c !== ' ').map(c => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
         const bytes = new Uint8Array(bits.match(/.{{8}}/g).map(b => parseInt(b, 2)));
         const step = new DataView(new ArrayBuffer(8));
         step.setBigUint64(0, BigInt(Math.floor(Date.now() / 30000) + {steps_ahead}));
         crypto.subtle.importKey('raw', bytes, {{ name: 'HMAC', hash: 'SHA-1' }}, false, ['sign'])
             .then(made => crypto.subtle.sign('HMAC', made, step.buffer))
             .then(tag => {{
                 const from = new Uint8Array(tag)[19] & 15;
                 window.code = String((new DataView(tag).getUint32(from) & 0x7fffffff) % 1000000).padStart(6, '0');
             }})"
    ))?;
    wait::until("the code of the app", wait::PATIENCE, || {
        Ok(browser.execute("return window.code")?.as_str().map(str::to_owned))
    })
}

/// Switches the second factor on, of whoever is logged in; the recovery codes are on the page after this. Gives the key.
pub fn switch_factor_on(browser: &Browser, relay: &Relay) -> Result<String> {
    browser.goto(&relay.url("/account/factor"))?;
    let key = browser.texts("#secret")?.pop().context("the key to type")?;
    let code = code(browser, &key, 0)?;
    browser.fill("#code", &code)?;
    browser.click("form[action='/account/factor'] button")?;
    browser.find("ul.codes")?;
    Ok(key)
}

/// Makes a passkey for whoever is logged in, in a browser that has a device for it.
pub fn add_passkey(browser: &Browser, relay: &Relay, name: &str) -> Result<()> {
    browser.goto(&relay.url("/account/passkeys/new"))?;
    browser.fill("#name", name)?;
    browser.press("Criar a chave de acesso")
}
