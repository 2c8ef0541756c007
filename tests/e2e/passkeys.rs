//! Passkeys in a real Chromium, with a device of its own that holds them.

use anyhow::{Result, ensure};
use harness::browser::Browser;
use harness::world::{ANA_LOGIN, World};
use harness::{console, wait};

fn log_out(browser: &Browser) -> Result<()> {
    browser.execute("document.querySelector(\"form[action='/logout']\").submit()")?;
    browser.find("#user").map(drop)
}

#[test]
fn a_passkey_is_made_takes_the_second_step_confirms_logs_in_alone_and_is_gone_when_it_is_removed() -> Result<()> {
    let mut world = World::named()?;
    let link = world.relay.setup_link()?;
    let browser = Browser::open(world.folder.path(), 1280, 800)?;
    console::set_up(&browser, &link)?;
    browser.add_authenticator()?;
    console::add_passkey(&browser, &world.relay, "Notebook do balcão")?;
    browser.wait_text("Guarde os códigos de recuperação")?;
    browser.goto(&world.relay.url("/account"))?;
    browser.wait_text("Notebook do balcão")?;

    // The second step, after the password.
    log_out(&browser)?;
    console::log_in(&browser, &world.relay, ANA_LOGIN, console::PASSWORD)?;
    browser.wait_text("Confirme com o segundo fator")?;
    browser.wait_text("Usar chave de acesso")?;
    browser.press("Usar chave de acesso")?;
    browser.find("#waiting-rows")?;

    // "Is it still you": the relay has forgotten what was proved, not who is logged in.
    world.relay.kill()?;
    world.relay.start_again()?;
    browser.goto(&world.relay.url("/account/passkeys/new"))?;
    browser.wait_text("Confirmar com chave de acesso")?;
    browser.press("Confirmar com chave de acesso")?;
    browser.wait_text("Criar a chave de acesso")?;
    browser.fill("#name", "Outra")?;
    browser.press("Criar a chave de acesso")?;
    browser.wait_text("Este aparelho já tem uma chave de acesso desta conta.")?;

    // A login with nothing else.
    log_out(&browser)?;
    browser.goto(&world.relay.url("/login"))?;
    browser.press("Entrar com chave de acesso")?;
    browser.find("#waiting-rows")?;
    browser.goto(&world.relay.url("/account"))?;
    browser.wait_text("Último uso")?;

    // Removed here, it opens nothing, although the device still has it.
    browser.execute("document.querySelector(\"form[action$='/remove']\").submit()")?;
    browser.wait_text("Chave de acesso removida.")?;
    log_out(&browser)?;
    browser.goto(&world.relay.url("/login"))?;
    browser.press("Entrar com chave de acesso")?;
    browser.wait_text("Esta chave de acesso não foi aceita.")?;
    wait::until_true("the login page to stay", wait::PATIENCE, || browser.has("#user"))?;
    ensure!(!browser.has("#waiting-rows")?);
    console::log_in(&browser, &world.relay, ANA_LOGIN, console::PASSWORD)?;
    browser.find("#waiting-rows").map(drop)
}
