//! The company's own provider is set up, an attendant links their account of it and logs in by it; then it refuses, fails, and is gone.
//!
//! The console is at `localhost` and the provider at `127.0.0.1`: to a browser two sites, as they are in a company. So what this browser
//! does with cookies that are for our own pages only, with the policy for forms and with the way there and back is what anybody's does.

use anyhow::{Result, ensure};
use harness::browser::Browser;
use harness::console;
use harness::provider::{Answer, Provider, answer};
use harness::wait;
use harness::world::ANA_LOGIN;

use super::office::{BRUNO, BRUNO_LOGIN, Office, log_in};
use super::words::{Words, fill};

/// Its name on buttons.
const NAME: &str = "Varanda ID";
/// How the provider calls Bruno.
const BRUNO_THERE: &str = "b-siqueira-17";

pub fn walk(w: &'static Words) -> Result<()> {
    let mut office = Office::named(w)?;
    let provider = Provider::start(office.world.folder.path())?;
    set_up(&office, &provider)?;
    let password = office.world.relay.add_user(BRUNO_LOGIN, BRUNO, "attendant")?;
    let bruno = link(&office, &password)?;
    log_in_by_it(&office, &bruno)?;
    refused(&office, &bruno)?;
    gone(&mut office, provider, &bruno, &password)
}

/// By the administrator, on the console's own page.
fn set_up(office: &Office, provider: &Provider) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    ensure!(!login_page(office, &office.browser()?)?, "a button of nobody's");
    admin.press_named(w.users)?;
    admin.press_named(w.provider_open)?;
    admin.fill_named(w.provider_name, NAME)?;
    admin.fill_named(w.provider_issuer, &provider.issuer)?;
    admin.fill_named(w.provider_client, &provider.client)?;
    admin.fill_named(w.provider_secret, &provider.secret)?;
    admin.fill_named(w.provider_authority, &provider.authority)?;
    admin.press_named(w.save)?;
    admin.wait_text(w.provider_saved)?;
    ensure!(admin.value(w.provider_secret)?.is_empty(), "the secret is shown again");
    admin.wait_text(&office.world.relay.url("/login/oidc/back"))?;
    admin.press_named(w.test)?;
    admin.find("#tried li")?;
    ensure!(!admin.has("#tried [data-state=bad]")?, "{:?}", admin.texts("#tried li")?);
    Ok(())
}

/// Whether the login page offers the provider.
fn login_page(office: &Office, browser: &Browser) -> Result<bool> {
    office.goto(browser, "/login")?;
    browser.wait_offered(office.w.go_on)?;
    browser.offers(&fill(office.w.log_in_with, NAME))
}

/// By Bruno, who has logged in with a password.
fn link(office: &Office, password: &str) -> Result<Browser> {
    let w = office.w;
    let bruno = office.log_in(BRUNO_LOGIN, password)?;
    office.goto(&bruno, "/account")?;
    bruno.wait_text(w.not_linked)?;
    bruno.press_named(w.link_account)?;
    answer(&bruno, BRUNO_THERE, Answer::Yes)?;
    bruno.wait_text(w.account_linked)?;
    log_out(&bruno, w)?;
    Ok(bruno)
}

fn log_out(browser: &Browser, w: &Words) -> Result<()> {
    browser.press_named(w.log_out)?;
    browser.wait_offered(&fill(w.log_in_with, NAME))
}

fn go_there(browser: &Browser, w: &Words) -> Result<()> {
    browser.press_named(&fill(w.log_in_with, NAME))
}

/// The button, the provider's page, and the attendance.
fn log_in_by_it(office: &Office, bruno: &Browser) -> Result<()> {
    let w = office.w;
    go_there(bruno, w)?;
    answer(bruno, BRUNO_THERE, Answer::Yes)?;
    bruno.wait_text(w.nobody_waiting)?;
    ensure!(bruno.url()? == office.world.relay.url("/"), "{}", bruno.url()?);
    ensure!(bruno.offers(w.log_out)? && !bruno.offers(w.users)?, "an attendant, and no more than that");
    log_out(bruno, w)
}

/// Nobody gets in, and each time a page of ours says why and takes a password.
fn refused(office: &Office, bruno: &Browser) -> Result<()> {
    let w = office.w;
    for (who, said, why) in [
        (BRUNO_THERE, Answer::No, w.provider_cancelled),
        ("somebody-else", Answer::Yes, w.provider_nobody),
        (BRUNO_THERE, Answer::YesAndFail, w.provider_unreachable),
    ] {
        go_there(bruno, w)?;
        answer(bruno, who, said)?;
        bruno.wait_text(&fill(why, NAME))?;
        bruno.wait_offered(w.go_on)?;
        ensure!(!bruno.offers(w.log_out)?, "{said:?} lets in");
    }
    Ok(())
}

/// It is gone. The console's own page says so, and passwords are as good as ever.
fn gone(office: &mut Office, provider: Provider, bruno: &Browser, password: &str) -> Result<()> {
    let (w, issuer) = (office.w, provider.issuer.clone());
    provider.goes()?;
    // What was heard of it a moment ago is believed: the browser goes there, and back is the login.
    ensure!(login_page(office, bruno)?);
    go_there(bruno, w)?;
    wait::until_true("the browser's own page", wait::PATIENCE, || Ok(bruno.url()?.starts_with(&issuer)))?;
    bruno.back()?;
    bruno.wait_offered(w.go_on)?;
    // A relay that has heard nothing of it yet says it itself.
    office.world.relay.kill()?;
    office.world.relay.start_again()?;
    ensure!(login_page(office, bruno)?);
    go_there(bruno, w)?;
    bruno.wait_text(&fill(w.provider_unreachable, NAME))?;
    bruno.fill_named(w.login_name, BRUNO_LOGIN)?;
    bruno.fill_named(w.password, password)?;
    bruno.press_named(w.go_on)?;
    bruno.wait_text(w.nobody_waiting)?;

    // And its administrator sees what is wrong.
    let admin = office.browser()?;
    log_in(&admin, w, &office.world.relay, ANA_LOGIN, console::PASSWORD)?;
    admin.press_named(w.users)?;
    admin.press_named(w.provider_open)?;
    admin.press_named(w.test)?;
    admin.wait_line("#tried li", &[w.provider_no_connection]).map(drop)
}
