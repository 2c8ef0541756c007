//! Every page of the console and the way to it: one list, for whoever looks at all of them.
//!
//! Called by the pictures (`tests/pages`) and by the tests that walk over every page. A real customer waits, a session is over and another
//! one under way, other people's servers took what they were told or did not, forms were sent wrong, so that pages show what they can
//! show. It judges nothing: whoever looks says what must hold.

mod furnish;

use anyhow::{Context, Result};

use crate::browser::Browser;
use crate::provider::{self, Answer};
use crate::world::{ANA_LOGIN, Computer, World};
use crate::{console, story, wait};
use furnish::Servers;

/// In what form pages are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// `pt-BR`, `en` or `es`.
    pub language: String,
    /// In the dark theme.
    pub dark: bool,
    /// The page's width.
    pub screen: Screen,
}

impl Form {
    /// This form.
    pub fn new(language: &str, dark: bool, screen: Screen) -> Self {
        Self { language: language.to_owned(), dark, screen }
    }

    /// `pt-BR-dark-phone`
    pub fn name(&self) -> String {
        let theme = if self.dark { "dark" } else { "light" };
        format!("{}-{theme}-{}", self.language, self.screen.name())
    }
}

/// How wide a screen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// 1280 pixels.
    Desk,
    /// 390 pixels.
    Phone,
}

impl Screen {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Desk, Self::Phone];

    /// `desk` or `phone`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Phone => "phone",
        }
    }

    /// In pixels of CSS.
    pub fn width(self) -> u32 {
        match self {
            Self::Desk => 1280,
            Self::Phone => 390,
        }
    }
}

/// How high a window is before anything is looked at.
const HEIGHT: u32 = 900;

/// A page that is shown: its name, and the form it is in.
pub struct Shown<'a> {
    /// The window it is in.
    pub browser: &'a Browser,
    /// `ticket-new`; the same page in another state has a name of its own.
    pub name: &'a str,
    /// Language, theme and width.
    pub form: &'a Form,
    /// The address it was opened at, without the server; what a form that was sent leads to is counted where the form is.
    pub path: &'a str,
}

/// What is done with each page.
pub type Look<'a> = dyn FnMut(&Shown) -> Result<()> + 'a;

/// What happens between opening the page and looking at it.
#[derive(Debug, Clone)]
enum Then {
    /// Nothing.
    Look,
    /// A script that changes what is shown, as a click would.
    Open(String),
    /// A script that sends a form; the answer is looked at.
    Send(String),
    /// The answer to a form that is sent to this path is looked at in place of the page, without what leads on from it at once.
    Stay(String),
}

/// One page, or one state of it.
#[derive(Debug, Clone)]
struct Page {
    name: String,
    path: String,
    then: Then,
}

impl Page {
    fn at(name: &str, path: impl Into<String>) -> Self {
        Self { name: name.to_owned(), path: path.into(), then: Then::Look }
    }

    /// With everything unfolded that this selector finds, also when a live part of the page is written anew.
    fn unfolded(name: &str, path: impl Into<String>, css: &str) -> Self {
        let script = format!(
            "const open = () => document.querySelectorAll({css:?}).forEach(d => {{ d.open = true; }});
             open(); document.body.addEventListener('htmx:oobAfterSwap', open)"
        );
        Self { then: Then::Open(script), ..Self::at(name, path) }
    }

    /// After its form was sent, with these fields changed and nothing checked by the browser.
    fn sent(name: &str, path: impl Into<String>, form: &str, fields: &[(&str, &str)]) -> Self {
        let fields = serde_json::Value::from_iter(fields.iter().map(|&(key, value)| (key.to_owned(), value)));
        let script = format!(
            "const form = document.querySelector({form:?});
             for (const [name, value] of Object.entries({fields})) form.querySelector(`[name=\"${{name}}\"]`).value = value;
             form.submit()"
        );
        Self { then: Then::Send(script), ..Self::at(name, path) }
    }

    /// The answer to a form, which would lead elsewhere at once.
    fn staying(name: &str, from: &str, to: &str) -> Self {
        Self { then: Then::Stay(to.to_owned()), ..Self::at(name, from) }
    }

    /// The answer to a form of no page that is open: one that was loaded during an earlier login.
    fn answered(name: &str, from: &str, to: &str, fields: &[(&str, &str)]) -> Self {
        let fields = serde_json::Value::from_iter(fields.iter().map(|&(key, value)| (key.to_owned(), value)));
        let script = format!(
            "const form = document.createElement('form');
             form.method = 'post'; form.action = {to:?};
             for (const [name, value] of Object.entries({fields})) {{
                 const field = document.createElement('textarea');
                 field.name = name; field.value = value; form.append(field);
             }}
             document.body.append(form); form.submit()"
        );
        Self { then: Then::Send(script), ..Self::at(name, from) }
    }
}

/// A company whose console has something on every page.
pub struct Company {
    /// Relay and folder.
    pub world: World,
    /// The administrator's window: pt-BR, in the light.
    browser: Browser,
    /// For everybody.
    alone: Vec<Page>,
    /// Behind the administrator's login.
    inside: Vec<Page>,
    /// Behind the login of somebody who has no password here.
    keyless: Vec<Page>,
    // They stay where they are while pages are looked at.
    _computers: [Computer; 3],
    _servers: Servers,
}

impl Company {
    /// A company with sessions that are over and one that is not; the set-up, and what is empty at first, are looked at in each of these
    /// forms on the way.
    pub fn open(forms: &[Form], look: &mut Look) -> Result<Self> {
        // Its webhooks lead to this machine, as everything does that it is connected with.
        let mut world = World::named_told(&["--webhooks-private"])?;
        let link = world.relay.setup_link()?;
        let setup = link.split_once("/setup/").map(|(_, token)| format!("/setup/{token}")).context("a set-up link")?;
        let wrong = [("company", "Varanda"), ("name", "Ana"), ("login", "ana@varanda.example"), ("password", "curta")];
        let pages = [Page::at("setup", setup.as_str()), Page::sent("setup-wrong", setup.as_str(), "main form", &wrong)];
        for dark in [false, true] {
            let mut browser = None;
            for form in forms.iter().filter(|form| form.dark == dark) {
                let browser = match &browser {
                    Some(browser) => browser,
                    None => browser.insert(Browser::open_with(world.folder.path(), form.screen.width(), HEIGHT, dark)?),
                };
                browser.goto(&link)?;
                speak(browser, &form.language)?;
                show_all(browser, &world, form, &pages, look)?;
            }
        }
        let browser = Browser::open(world.folder.path(), Screen::Desk.width(), HEIGHT)?;
        console::set_up(&browser, &link)?;
        each(&world, forms, |browser, forms| as_ana(browser, &world, forms, &furnish::empty(), look))?;

        // A session from beginning to end; then the same customer waits again.
        let ticket = console::new_ticket(
            &browser,
            &world.relay,
            "Erro ao emitir nota fiscal",
            "Cida Nogueira",
            "Padaria Aurora",
        )?;
        let customer = world.customer()?;
        let attendant = world.attendant()?;
        story::session(&customer, &attendant, console::PASSWORD, story::Ticket::Number(&ticket))?;
        story::end_by_attendant(&customer, &attendant)?;
        world.check_tickets()?;
        let servers = Servers::start(world.folder.path())?;
        let furnished = furnish::furnish(&browser, &world, &ticket, &servers)?;
        let mut alone = vec![Page::at("setup-used", setup)];
        alone.extend(furnished.alone);
        let mut inside = furnished.inside;
        inside.extend(furnish::sessions(&browser, &world, &customer, &attendant, &servers)?);

        // Somebody else waits while this customer is helped.
        let mut other = world.computer("other", (1280, 800))?;
        other.plug_in(&world.relay)?;
        other.start_program(&[])?;
        story::register(&other)?;
        let (computers, keyless) = ([customer, attendant, other], furnished.keyless);
        Ok(Self { world, browser, alone, inside, keyless, _computers: computers, _servers: servers })
    }

    /// Looks at every page in each of these forms.
    pub fn walk(&self, forms: &[Form], look: &mut Look) -> Result<()> {
        let (world, login) = (&self.world, self.world.relay.url("/login"));
        each(world, forms, |browser, forms| {
            for form in forms {
                browser.goto(&login)?;
                speak(browser, &form.language)?;
                show_all(browser, world, form, &self.alone, look)?;
            }
            as_ana(browser, world, forms, &self.inside, look)?;
            browser.goto(&login)?;
            browser.forget_cookies()?;
            browser.goto(&login)?;
            browser.click("#provider button")?;
            provider::answer(browser, furnish::KEYLESS, Answer::Yes)?;
            browser.find("#waiting-rows")?;
            as_somebody(browser, world, forms, &self.keyless, look)
        })
    }

    /// What is shown once only, what somebody without rights sees, and what is there only with a second factor: in Portuguese, in the
    /// light, on both screens. Last, because every login takes a code from then on.
    pub fn finish(self, look: &mut Look) -> Result<()> {
        let browser = &self.browser;
        browser.goto(&self.world.relay.url("/account"))?;
        speak(browser, "pt-BR")?;
        let mut both = |browser: &Browser, name: &str, path: &str| -> Result<()> {
            for screen in Screen::ALL {
                browser.resize(screen.width(), HEIGHT)?;
                look(&Shown { browser, name, form: &Form::new("pt-BR", false, screen), path })?;
            }
            browser.resize(Screen::Desk.width(), HEIGHT)
        };
        for page in furnish::once() {
            browser.goto(&self.world.relay.url(&page.path))?;
            go_on(browser, &page.then)?;
            both(browser, &page.name, &page.path)?;
        }
        let password = self.world.relay.add_user("caio@varanda.example", "Caio Prates", "attendant")?;
        let other = Browser::open(self.world.folder.path(), Screen::Desk.width(), HEIGHT)?;
        console::log_in(&other, &self.world.relay, "caio@varanda.example", &password)?;
        other.find("#waiting-rows")?;
        for (name, path) in [("attendance-of-nobody", "/"), ("apps-of-nobody", "/apps"), ("forbidden", "/users")] {
            other.goto(&self.world.relay.url(path))?;
            both(&other, name, path)?;
        }

        console::switch_factor_on(browser, &self.world.relay)?;
        both(browser, "account-codes", "/account/factor")?;
        for (name, path) in
            [("account-on", "/account"), ("users-with-factor", "/users"), ("confirm-with-code", "/confirm")]
        {
            browser.goto(&self.world.relay.url(path))?;
            browser.execute("document.querySelectorAll('main details').forEach(d => { d.open = true; })")?;
            both(browser, name, path)?;
        }
        let other = Browser::open(self.world.folder.path(), Screen::Desk.width(), HEIGHT)?;
        console::log_in(&other, &self.world.relay, ANA_LOGIN, console::PASSWORD)?;
        other.find("#code")?;
        other.execute("document.querySelectorAll('details').forEach(d => { d.open = true; })")?;
        both(&other, "login-code", "/login")?;

        browser.add_authenticator()?;
        console::add_passkey(browser, &self.world.relay, "Notebook do balcão")?;
        browser.wait_text("Chave de acesso adicionada.")?;
        for (name, path) in [("account-passkey", "/account"), ("confirm-with-passkey", "/confirm")] {
            browser.goto(&self.world.relay.url(path))?;
            both(browser, name, path)?;
        }
        console::log_in(&other, &self.world.relay, ANA_LOGIN, console::PASSWORD)?;
        other.wait_text("Usar chave de acesso")?;
        both(&other, "login-passkey", "/login")
    }
}

/// A browser for the light and one for the dark, with the forms that are shown in it.
fn each(world: &World, forms: &[Form], mut with: impl FnMut(&Browser, &[&Form]) -> Result<()>) -> Result<()> {
    for dark in [false, true] {
        let forms: Vec<&Form> = forms.iter().filter(|form| form.dark == dark).collect();
        let Some(first) = forms.first() else { continue };
        let browser = Browser::open_with(world.folder.path(), first.screen.width(), HEIGHT, dark)?;
        with(&browser, &forms)?;
    }
    Ok(())
}

/// The administrator logs in and looks at these pages.
fn as_ana(browser: &Browser, world: &World, forms: &[&Form], pages: &[Page], look: &mut Look) -> Result<()> {
    console::log_in(browser, &world.relay, ANA_LOGIN, console::PASSWORD)?;
    browser.find("#waiting-rows")?;
    as_somebody(browser, world, forms, pages, look)
}

/// Whoever is logged in looks at these pages.
fn as_somebody(browser: &Browser, world: &World, forms: &[&Form], pages: &[Page], look: &mut Look) -> Result<()> {
    for form in forms {
        browser.goto(&world.relay.url("/account"))?;
        speak(browser, &form.language)?;
        show_all(browser, world, form, pages, look)?;
    }
    Ok(())
}

fn show_all(browser: &Browser, world: &World, form: &Form, pages: &[Page], look: &mut Look) -> Result<()> {
    for page in pages {
        browser.resize(form.screen.width(), HEIGHT)?;
        browser.goto(&world.relay.url(&page.path))?;
        go_on(browser, &page.then).with_context(|| format!("the page {}", page.name))?;
        look(&Shown { browser, name: &page.name, form, path: &page.path })
            .with_context(|| format!("the page {} ({}) in {}", page.name, page.path, form.name()))?;
    }
    Ok(())
}

fn go_on(browser: &Browser, then: &Then) -> Result<()> {
    match then {
        Then::Look => Ok(()),
        Then::Open(script) => browser.execute(script).map(drop),
        Then::Stay(to) => {
            browser.execute(&format!(
                "fetch({to:?}, {{ method: 'POST', body: new URLSearchParams() }}).then(answer => answer.text()).then(async text => {{
                     const page = new DOMParser().parseFromString(text, 'text/html');
                     page.querySelectorAll('meta[http-equiv]').forEach(leads => leads.remove());
                     document.replaceChild(document.adoptNode(page.documentElement), document.documentElement);
                     await Promise.all([...document.querySelectorAll('link[rel=stylesheet]')].map(sheet => sheet.sheet
                         || new Promise(loaded => {{ sheet.onload = loaded; }})));
                     window.stays = true;
                 }})"
            ))?;
            wait::until_true("the answer to a form", wait::PATIENCE, || {
                Ok(browser.execute("return window.stays")? == true)
            })
        }
        Then::Send(script) => {
            browser.execute(&format!("window.before = true; {script}"))?;
            wait::until_true("the answer to a form", wait::PATIENCE, || {
                Ok(browser.execute("return !window.before && document.readyState === 'complete'")? == true)
            })
        }
    }
}

fn speak(browser: &Browser, language: &str) -> Result<()> {
    browser.execute(&format!("document.querySelector('form.langs button[value={language:?}]').click()"))?;
    wait::until_true("the page in this language", wait::PATIENCE, || {
        Ok(browser.execute("return document.documentElement.lang")?.as_str() == Some(language))
    })
}
