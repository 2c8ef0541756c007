//! A company in its first hour: a relay, its administrator's browser, and how others come to theirs.

use anyhow::Result;
use harness::browser::Browser;
use harness::world::{ANA, ANA_LOGIN, COMPANY, Relay, World};
use harness::{console, wait};

use super::words::Words;

/// The attendant.
pub const BRUNO: &str = "Bruno Siqueira";
/// Their login.
pub const BRUNO_LOGIN: &str = "bruno@varanda.example";

/// The company. What is open in it ends before it.
pub struct Office {
    /// The administrator's window, on the attendance page at first.
    pub admin: Browser,
    /// Relay and folder.
    pub world: World,
    /// What is read on its pages.
    pub w: &'static Words,
}

impl Office {
    /// Set up in this language by the one-time link.
    pub fn open(w: &'static Words) -> Result<Self> {
        Self::of(World::told(&["--webhooks-private"])?, w)
    }

    /// The same with a console that has a name, and so is another site than whatever has only an address of this machine.
    pub fn named(w: &'static Words) -> Result<Self> {
        Self::of(World::named()?, w)
    }

    fn of(mut world: World, w: &'static Words) -> Result<Self> {
        let link = world.relay.setup_link()?;
        let admin = Browser::open_in(world.folder.path(), 1280, 900, w.tag)?;
        admin.goto(&link)?;
        admin.fill_named(w.company_name, COMPANY)?;
        admin.fill_named(w.login_name, ANA_LOGIN)?;
        admin.fill_named(w.your_name, ANA)?;
        admin.fill_named(w.password, console::PASSWORD)?;
        admin.fill_named(w.password_again, console::PASSWORD)?;
        admin.press_named(w.finish)?;
        admin.wait_text(w.nobody_waiting)?;
        Ok(Self { admin, world, w })
    }

    /// Somebody else's window, in the company's language.
    pub fn browser(&self) -> Result<Browser> {
        Browser::open_in(self.world.folder.path(), 1280, 900, self.w.tag)
    }

    /// Somebody who has logged in, in a window of their own.
    pub fn log_in(&self, login: &str, password: &str) -> Result<Browser> {
        let browser = self.browser()?;
        log_in(&browser, self.w, &self.world.relay, login, password)?;
        browser.wait_text(self.w.in_progress)?;
        Ok(browser)
    }

    /// A path of the console in somebody's window.
    pub fn goto(&self, browser: &Browser, path: &str) -> Result<()> {
        browser.goto(&self.world.relay.url(path))
    }
}

/// Fills the login page and sends it.
pub fn log_in(browser: &Browser, w: &Words, relay: &Relay, login: &str, password: &str) -> Result<()> {
    browser.goto(&relay.url("/login"))?;
    browser.fill_named(w.login_name, login)?;
    browser.fill_named(w.password, password)?;
    browser.press_named(w.go_on)
}

/// The page is this one until it is loaded again.
pub fn mark(browser: &Browser) -> Result<()> {
    browser.execute("window.sameDocument = true").map(drop)
}

/// Whether the page was never loaded again since it was marked.
pub fn is_same(browser: &Browser) -> Result<bool> {
    Ok(browser.execute("return window.sameDocument === true")? == true)
}

/// Waits until a page hears of what happens.
pub fn wait_live(browser: &Browser) -> Result<()> {
    wait::until_true("the page to listen", wait::PATIENCE, || {
        Ok(browser.execute("return document.body.dataset.live === ''")? == true)
    })
}
