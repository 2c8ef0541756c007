//! What other systems have to do with it: a token of the API, a webhook, a ticketing system, a mail server; and the log in which all of
//! it can be found again.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use harness::browser::Browser;
use harness::servers::{Call, KEY, Post, Web, redmine};
use harness::{console, wait};
use ring::hmac;
use serde_json::Value;

use super::desk::connect_redmine;
use super::office::Office;
use super::words::{Words, fill};

pub fn walk(w: &'static Words) -> Result<()> {
    let office = Office::open(w)?;
    token(&office)?;
    webhook(&office)?;
    connection(&office.admin, w)?;
    mail(&office.admin, w)?;
    audit(&office.admin, w)
}

/// A call as another system makes it: status and JSON.
fn call(office: &Office, path: &str, token: &str, more: &[&str]) -> Result<(String, Value)> {
    let mut command = Command::new("curl");
    command.args(["-sk", "--max-time", "20", "-w", "\n%{http_code}", "-H", &format!("Authorization: Bearer {token}")]);
    let output = command.args(more).arg(office.world.relay.url(path)).output().context("running curl")?;
    let text = String::from_utf8(output.stdout)?;
    let (body, status) = text.rsplit_once('\n').context("an answer")?;
    Ok((status.to_owned(), serde_json::from_str(body).unwrap_or(Value::Null)))
}

fn token(office: &Office) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    let ticket = console::new_ticket(admin, &office.world.relay, "Nota fiscal", "Cida Nogueira", "Padaria Aurora")?;
    admin.press_named(w.tokens)?;
    admin.fill_named(w.name, "Painel")?;
    admin.press_named(w.make_token)?;
    admin.wait_text(w.no_scope)?;
    admin.tick(w.tickets_read)?;
    admin.press_named(w.make_token)?;
    let secret = admin.find("#secret").and_then(|_| admin.texts("#secret"))?.pop().context("a token")?;
    admin.press_named(w.tokens)?;
    admin.wait_line("tbody tr", &["Painel", "tickets:read", w.never_used])?;
    ensure!(!admin.text()?.contains(&secret), "a token is shown again");

    let (status, tickets) = call(office, "/api/v1/tickets", &secret, &[])?;
    ensure!(status == "200" && tickets.to_string().contains(&ticket), "{status}: {tickets}");
    for (path, token, more, wanted) in [
        ("/api/v1/users", secret.as_str(), &[][..], "403"),
        ("/api/v1/tickets", &secret, &["-X", "POST", "-H", "Content-Type: application/json", "-d", "{}"], "403"),
        ("/api/v1/tickets", "amp_nenhum", &[], "401"),
    ] {
        let (status, answer) = call(office, path, token, more)?;
        ensure!(status == wanted, "{path} with {token}: {status} {answer}");
    }
    admin.press_named(w.tokens)?;
    admin.wait_line("tbody tr", &["Painel", "127.0.0.1"])?;
    admin.press_named(&format!("{}: Painel", w.revoke))?;
    ensure!(admin.say_yes()? == fill(w.revoke_ask, "Painel"));
    admin.wait_text(w.no_token)?;
    ensure!(call(office, "/api/v1/tickets", &secret, &[])?.0 == "401", "a token that was taken back is still good");
    Ok(())
}

/// Whether a message is signed with this secret, as Standard Webhooks says.
fn is_signed(call: &Call, secret: &str) -> Result<bool> {
    let header = |name: &str| call.headers.get(name).with_context(|| format!("no {name}"));
    let key = STANDARD.decode(secret.strip_prefix("whsec_").context("a secret")?)?;
    let said = format!("{}.{}.{}", header("webhook-id")?, header("webhook-timestamp")?, call.body);
    let signature = STANDARD.decode(header("webhook-signature")?.strip_prefix("v1,").context("a signature")?)?;
    Ok(hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), said.as_bytes(), &signature).is_ok())
}

fn webhook(office: &Office) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    let receiver = Web::receiver()?;
    let address = receiver.url("/amparo");
    admin.press_named(w.webhooks)?;
    admin.fill_named(w.address, "ftp://aqui")?;
    admin.tick(w.ticket_created)?;
    admin.press_named(w.add_webhook)?;
    admin.wait_text(w.bad_address)?;
    admin.fill_named(w.address, &address)?;
    admin.press_named(w.add_webhook)?;
    admin.wait_text(w.secret_title)?;
    let secret = admin.texts("#secret")?.pop().context("a secret")?;
    admin.press_named(w.webhooks)?;
    admin.press_named(&address)?;
    admin.wait_text(w.no_deliveries)?;
    ensure!(!admin.text()?.contains(&secret), "the secret is shown again");
    admin.press_named(w.test)?;
    admin.wait_text(&fill(w.test_ok, "204"))?;
    ensure!(is_signed(&receiver.wait_call("ping")?, &secret)?, "the test is not signed with the secret");

    let number = console::new_ticket(admin, &office.world.relay, "Boleto", "Otávio Brandão", "Serra")?;
    let told = receiver.wait_call("ticket.created")?;
    ensure!(told.what == "POST /amparo" && told.body.contains(&number) && is_signed(&told, &secret)?, "{told:?}");
    wait::until_true("the message among those that were taken", wait::PATIENCE, || {
        admin.press_named(w.webhooks)?;
        admin.press_named(&address)?;
        Ok(admin.texts("tbody tr")?.iter().any(|line| line.contains("ticket.created") && line.contains(w.taken)))
    })
}

fn connection(admin: &Browser, w: &Words) -> Result<()> {
    let redmine = redmine()?;
    connect_redmine(admin, w, &redmine, "nao-e-esta")?;
    admin.press_named(w.test)?;
    admin.wait_line("#tried li", &[w.step_log_in, w.bad_credential])?;
    admin.fill_named(w.api_key, KEY)?;
    admin.press_named(w.save)?;
    admin.wait_text(w.connection_saved)?;
    admin.fill_named(w.test_ticket, "5003")?;
    admin.press_named(w.test)?;
    admin.wait_line("#tried li", &[w.step_log_in, w.works])?;
    admin.wait_line("#tried li", &[w.step_read, w.works])?;
    let page = admin.execute("return document.documentElement.outerHTML")?;
    ensure!(!page.to_string().contains(KEY), "the page holds the key");
    // One that answers no more.
    drop(redmine);
    admin.press_named(w.test)?;
    admin.wait_line("#tried li", &[w.step_log_in, w.no_connection]).map(drop)
}

fn mail(admin: &Browser, w: &Words) -> Result<()> {
    let post = Post::start()?;
    admin.press_named(w.mail)?;
    admin.fill_named(w.mail_host, "127.0.0.1")?;
    admin.fill_named(w.mail_port, &post.port().to_string())?;
    admin.choose(w.mail_encryption, w.mail_none)?;
    admin.fill_named(w.mail_from, "suporte@varanda.example")?;
    admin.press_named(w.save)?;
    admin.wait_text(w.mail_saved)?;
    admin.fill_named(w.mail_to, "ana@varanda.example")?;
    admin.press_named(w.test)?;
    admin.wait_text(&fill(w.mail_sent, "ana@varanda.example"))?;
    let letter = post.wait_letter()?;
    ensure!(letter.contains(w.mail_subject) && letter.contains("ana@varanda.example"), "{letter}");
    // Nobody is there any more.
    drop(post);
    admin.press_named(w.test)?;
    admin.wait_text(w.mail_no_connection)
}

fn audit(admin: &Browser, w: &Words) -> Result<()> {
    admin.press_named(w.audit)?;
    admin.wait_text(w.log_whole.split("{}").next().context("words")?)?;
    for (search, what, subject) in [
        (w.token_made, w.token_made, "Painel"),
        ("Painel", w.token_revoked, "Painel"),
        (w.webhook_added, w.webhook_added, "/amparo"),
        (w.connection_tested, w.connection_tested, "Redmine da Varanda"),
        (w.mail_tested, w.mail_tested, "ana@varanda.example"),
    ] {
        admin.fill_named(w.search_audit, search)?;
        admin.press_named(w.search)?;
        admin.wait_line("tbody tr", &[what, subject, "Ana Ribeiro", "127.0.0.1"])?;
    }
    admin.fill_named(w.search_audit, "nada disso")?;
    admin.press_named(w.search)?;
    admin.wait_text(&fill(w.none_found, "nada disso"))
}
