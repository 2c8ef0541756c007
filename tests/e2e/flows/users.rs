//! Somebody is invited by a link, chooses a password in a browser of their own, may do what their roles say as these change, and is shut out.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::wait;

use super::office::{Office, log_in, wait_live};
use super::words::{Words, fill};

const DUDA: &str = "Duda Lima";
const DUDA_LOGIN: &str = "duda@varanda.example";
const PASSWORD: &str = "sete bolos de fubá";

pub fn walk(w: &'static Words) -> Result<()> {
    let office = Office::open(w)?;
    let (admin, relay) = (&office.admin, &office.world.relay);
    admin.press_named(w.users)?;
    admin.fill_named(w.name, DUDA)?;
    admin.fill_named(w.login_name, DUDA_LOGIN)?;
    ensure!(admin.ticked(w.role_attend)? && !admin.ticked(w.role_apps)?, "most who come attend");
    admin.tick(w.role_apps)?;
    admin.press_named(w.invite)?;
    admin.wait_text(&fill(w.link_of, DUDA))?;
    admin.wait_text(w.link_lead)?;
    let link = admin.texts("#secret")?.pop().context("a link")?;
    admin.press_named(w.users)?;
    admin.wait_line("tbody tr", &[DUDA, DUDA_LOGIN, w.role_attend, w.active])?;
    ensure!(!admin.text()?.contains(&link), "the link is shown again");

    let duda = office.browser()?;
    duda.goto(&link)?;
    duda.wait_text(w.choose_password)?;
    for (password, again, said) in
        [(DUDA_LOGIN, DUDA_LOGIN, w.weak_password), (PASSWORD, "sete bolos de milho", w.not_the_same)]
    {
        duda.fill_named(w.password, password)?;
        duda.fill_named(w.password_again, again)?;
        duda.press_named(w.save_and_log_in)?;
        duda.wait_text(said)?;
    }
    duda.fill_named(w.password, PASSWORD)?;
    duda.fill_named(w.password_again, PASSWORD)?;
    duda.press_named(w.save_and_log_in)?;
    duda.wait_text(w.in_progress)?;
    // An attendant who makes apps and administers nothing.
    duda.wait_offered(w.apps)?;
    ensure!(!duda.offers(w.users)? && !duda.offers(w.audit)?);
    duda.press_named(w.apps)?;
    duda.wait_offered(w.new_app)?;
    office.goto(&duda, "/users")?;
    duda.wait_text(w.forbidden)?;

    // The link was good once.
    let late = office.browser()?;
    late.goto(&link)?;
    late.wait_text(w.link_over)?;
    drop(late);

    // Roles count as soon as they are changed.
    admin.press_named(&format!("{}: {DUDA}", w.change_user))?;
    admin.tick(w.role_apps)?;
    admin.press_named(w.save)?;
    admin.wait_line("tbody tr", &[DUDA, w.active])?;
    office.goto(&duda, "/apps")?;
    duda.wait_text(w.apps_lead)?;
    ensure!(!duda.offers(w.new_app)?, "the role is gone and its button is not");
    office.goto(&duda, "/apps/new")?;
    duda.wait_text(w.forbidden)?;
    admin.press_named(&format!("{}: {DUDA}", w.change_user))?;
    admin.tick(w.administrator)?;
    admin.press_named(w.save)?;
    admin.wait_line("tbody tr", &[DUDA, w.administrator])?;
    office.goto(&duda, "/users")?;
    duda.wait_line("tbody tr", &[DUDA, w.you])?;

    // Shut out at once, in every window, and let in again.
    admin.press_in(DUDA, w.disable)?;
    ensure!(admin.say_yes()? == fill(w.disable_ask, DUDA));
    admin.wait_line("tbody tr", &[DUDA, w.disabled])?;
    // Their page is left by itself: nothing was typed into it.
    duda.wait_text(w.session_over)?;
    log_in(&duda, w, relay, DUDA_LOGIN, PASSWORD)?;
    duda.wait_text(w.wrong_login)?;
    admin.press_in(DUDA, w.enable)?;
    admin.wait_line("tbody tr", &[DUDA, w.active])?;
    log_in(&duda, w, relay, DUDA_LOGIN, PASSWORD)?;
    // They come out where they were.
    duda.wait_line("tbody tr", &[DUDA, w.you])?;
    office.goto(&duda, "/")?;
    duda.wait_text(w.in_progress)?;
    // Nobody takes away their own last key to the house.
    ensure!(!admin.offers_in(harness::world::ANA, w.disable)?);

    // A page that only listens is left too, at once.
    wait_live(&duda)?;
    admin.press_in(DUDA, w.disable)?;
    admin.say_yes()?;
    wait::until_true("the live page to be left", Duration::from_secs(15), || {
        Ok(duda.text()?.contains(w.session_over) && duda.url()?.contains("/login"))
    })
}
