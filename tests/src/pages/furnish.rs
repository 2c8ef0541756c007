//! What makes the console's pages worth looking at, and the list of them.
//!
//! Called by [`super::Company`]. Everything is done by the console's own forms, and whatever the console is connected with is on this
//! machine: nothing asks for a name that there is not.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{Page, Then};
use crate::browser::Browser;
use crate::provider::{self, Answer, Provider};
use crate::servers::{self, Post, Web};
use crate::world::{Computer, World};
use crate::{console, story, wait};

/// An address at which nobody answers.
const NOBODY: &str = "http://127.0.0.1:9";
/// How the provider calls the one who has no password here.
pub(super) const KEYLESS: &str = "gabriela";

/// What the console is connected with.
pub(super) struct Servers {
    provider: Provider,
    mail: Post,
    /// Lets nobody make a ticket.
    redmine: Web,
}

impl Servers {
    pub(super) fn start(folder: &Path) -> Result<Self> {
        Ok(Self { provider: Provider::start(folder)?, mail: Post::start()?, redmine: servers::redmine()? })
    }
}

/// The pages there are.
pub(super) struct Furnished {
    /// For everybody.
    pub(super) alone: Vec<Page>,
    /// Behind the administrator's login.
    pub(super) inside: Vec<Page>,
    /// Behind the login of somebody who has no password.
    pub(super) keyless: Vec<Page>,
}

/// What is empty after the set-up.
pub(super) fn empty() -> Vec<Page> {
    vec![
        Page::at("attendance-empty", "/"),
        Page::at("tickets-empty", "/tickets"),
        Page::at("history-empty", "/history"),
        Page::at("outbox-empty", "/outbox"),
        Page::at("mail-empty", "/mail"),
        Page::at("provider-empty", "/users/provider"),
        Page::at("connections-empty", "/connections"),
        Page::at("webhooks-empty", "/webhooks"),
        Page::at("tokens-empty", "/tokens"),
    ]
}

/// What is shown once only: in the administrator's window.
pub(super) fn once() -> Vec<Page> {
    let token = format!(
        "const form = document.querySelector('form[action=\"/tokens\"]');
         form.querySelector('[name=name]').value = 'Relatórios';
         form.querySelector('[name=scope]').checked = true;
         form.querySelector('[name=own]')?.setAttribute('value', {:?});
         form.submit()",
        console::PASSWORD
    );
    vec![
        Page { then: Then::Send(token), ..Page::at("token-made", "/tokens") },
        Page::sent(
            "user-made",
            "/users",
            "form[action='/users']",
            &[("name", "Duda Lima"), ("login", "duda@varanda.example")],
        ),
        Page::sent("webhook-tried", "/webhooks/1", "form[action='/webhooks/1/test']", &[]),
        Page::sent("webhook-secret", "/webhooks/1", "form[action='/webhooks/1/secret']", &[]),
    ]
}

/// Fills the desk, the settings and the apps. Gives the pages.
pub(super) fn furnish(browser: &Browser, world: &World, ticket: &str, servers: &Servers) -> Result<Furnished> {
    post(browser, "/apps", &json!({ "name": "Nota fiscal" }))?;
    browser.goto(&world.relay.url("/apps"))?;
    let app = link(browser, "a.rowlink")?;
    let app = app.strip_suffix("/main").context("an app to edit")?.to_owned();
    // One that has ended.
    post(browser, "/apps", &json!({ "name": "Balcão antigo" }))?;
    browser.goto(&world.relay.url("/apps?q=antigo"))?;
    let ended = link(browser, "a.rowlink")?;
    let ended = ended.strip_suffix("/main").context("an app to archive")?.to_owned();
    post(browser, &format!("{ended}/archive"), &json!({}))?;
    for (login, name, role) in [
        ("bruno@varanda.example", "Bruno Siqueira", "attendant"),
        ("eva@varanda.example", "Eva Prado", "administrator"),
    ] {
        world.relay.add_user(login, name, role)?;
    }
    post(browser, "/webhooks", &json!({ "address": format!("{NOBODY}/amparo"), "event": "ticket.changed" }))?;
    for (name, scopes) in [("Painel da diretoria", "sessions:read"), ("Central de chamados", "tickets:write")] {
        post(browser, "/tokens", &json!({ "name": name, "scope": scopes, "days": "90", "own": console::PASSWORD }))?;
    }
    post(
        browser,
        "/answers",
        &json!({ "title": "Enviar o programa", "text": "Oi, {customer}. Para vermos isso juntos, abra este link e deixe a janela aberta: {download_link}" }),
    )?;
    post(browser, "/customers/fields", &json!({ "names": "Plano\nRevendedor" }))?;
    post(
        browser,
        "/mail",
        &json!({ "host": "127.0.0.1", "port": servers.mail.port().to_string(), "tls": "none", "from": "suporte@varanda.example", "from_name": "Varanda Sistemas" }),
    )?;
    post(
        browser,
        "/users/provider",
        &json!({
            "name": "Varanda ID", "issuer": servers.provider.issuer, "client_id": servers.provider.client,
            "client_secret": servers.provider.secret, "authority": servers.provider.authority,
        }),
    )?;
    let resolved = desk(browser, world, ticket)?;

    browser.goto(&world.relay.url("/users"))?;
    let user = link(browser, "a[href^=\"/users/\"]:not([href*=enrol])")?;
    browser.goto(&world.relay.url("/history"))?;
    let session = link(browser, "a[href^=\"/sessions/\"]")?;
    browser.goto(&world.relay.url("/customers"))?;
    let contact = link(browser, "a.rowlink")?;
    browser.goto(&world.relay.url("/customers?q=cida"))?;
    browser.click("a.rowlink")?;
    browser.fill("[name=class]", "Ouro")?;
    browser.click("form[action^='/customers/'] button.p")?;
    let connection = connect(
        browser,
        world,
        "redmine",
        &json!({ "name": "Redmine da matriz", "base": servers.redmine.url(""), "key": servers::KEY, "project": "suporte" }),
    )?;
    let elsewhere = connection.replace("/connections/", "/t/");
    let invitation = invitation(browser, world, ticket)?;
    let letters = letters(browser, world)?;
    let keyless = welcome(browser, world, "Gabriela Torres", "gabriela@varanda.example")?;
    accept(world, &keyless)?;
    let welcome = welcome(browser, world, "Heitor Salles", "heitor@varanda.example")?;

    browser.goto(&world.relay.url(&format!("{app}/main")))?;
    let tabs =
        browser.execute("return [...document.querySelectorAll('nav.tabs a')].map(a => a.getAttribute('href'))")?;
    let tabs: Vec<String> =
        tabs.as_array().context("tabs")?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    browser.goto(&world.relay.url(&format!("{app}/download")))?;
    let code = browser.execute("return document.getElementById('link').value")?;
    let code = code.as_str().and_then(|link| link.rsplit('/').next()).context("a link with a code")?.to_owned();

    // Forms that were loaded during this login, for windows that have another or none.
    let token = browser.execute("return document.querySelector('[name=_csrf]').value")?;
    let token = token.as_str().context("the token of a form")?;
    let text = "Bom dia, Cida.\n\nO erro 225 vem do certificado, que venceu ontem. Renove-o no site da prefeitura e emita a nota de novo.\n\nAna";
    let late = [("_csrf", token), ("kind", "reply"), ("text", text)];
    let secret = [("_csrf", token), ("name", "RT da matriz"), ("base", "https://rt.varanda.example"), ("token", "x")];

    world.relay.admin(world.relay.port, &["tenant", "word", "--word", "varanda"])?;
    let alone = vec![
        Page::at("login", "/login"),
        Page::at("login-of-company", "/c/varanda/login"),
        Page::staying("login-going", "/login", "/login/oidc"),
        Page::at("login-coming-back", "/login/oidc/back"),
        Page::sent("login-by-provider-refused", "/login/oidc/back", "main form", &[]),
        Page::answered("login-kept", "/login", &format!("/tickets/{ticket}/actions"), &late),
        Page::at("get-code", "/d"),
        Page::at("get-code-wrong", "/d?code=123"),
        Page::at("get", format!("/d/{code}")),
        Page::at("get-invited", invitation),
        Page::at("welcome", welcome.as_str()),
        Page::sent("welcome-wrong", welcome.as_str(), "main form", &[("password", "curta"), ("again", "curta")]),
        Page::at("welcome-over", "/welcome/0"),
        Page::at("nothing-here", "/nothing/here"),
        Page::at("elsewhere-widget-outside", format!("{elsewhere}/5003/widget")),
    ];
    let kinds = ["rt", "redmine", "movidesk", "salesforce", "zendesk", "zammad", "glpi", "webhook"];
    let mut inside = vec![
        Page::at("attendance", "/"),
        Page::unfolded("attendance-more", "/", ".bottom details"),
        Page::sent("password-alone", "/", "#waiting-rows form[action$='/password']", &[]),
        Page::at("tickets", "/tickets"),
        Page::at("tickets-none", "/tickets?q=nada"),
        Page::at("ticket", format!("/tickets/{ticket}")),
        Page::unfolded("ticket-menus", format!("/tickets/{ticket}"), "main details"),
        Page::at("ticket-resolved", format!("/tickets/{resolved}")),
        Page::sent("ticket-tag-wrong", format!("/tickets/{ticket}"), "form[action$='/tags']", &[("tag", "")]),
        Page::at("ticket-letters", format!("/tickets/{letters}")),
        Page::at("ticket-link", format!("/tickets/{ticket}?insert=link")),
        Page::answered("kept", "/tickets/new", &format!("/tickets/{ticket}/actions"), &late),
        Page::answered("kept-secret", "/tickets/new", "/connections/new/rt", &secret),
        Page::answered("kept-lost", "/tickets/new", "/login", &[("user", "ana"), ("password", "x"), ("kept", "x")]),
        Page::at("ticket-new", "/tickets/new"),
        Page::sent("ticket-new-wrong", "/tickets/new", "form[action='/tickets'][method=post]", &[]),
        Page::at("customers", "/customers"),
        Page::at("customers-none", "/customers?q=nada"),
        Page::at("customers-import", "/customers/import"),
        Page::at("customer", format!("{contact}?find=a")),
        Page::sent(
            "customer-wrong",
            contact.as_str(),
            &format!("form[action='{contact}']"),
            &[("email", "sem arroba")],
        ),
        Page::at("answers", "/answers"),
        Page::at("answer", "/answers?change=1"),
        Page::sent("answers-wrong", "/answers", "form[action='/answers']", &[]),
        Page::at("company", "/company"),
        Page::sent("company-wrong", "/company", "form[action='/company']", &[("name", "")]),
        Page::sent(
            "company-clash",
            "/company",
            "form[action='/company']",
            &[
                ("name", "Varanda Ltda"),
                ("_base", r#"{"language":"pt-BR","name":"Varanda","time_zone":"America/Sao_Paulo"}"#),
            ],
        ),
        Page::at("mail", "/mail"),
        Page::unfolded("mail-texts", "/mail", "main details"),
        Page::sent("mail-tried", "/mail", "form[action='/mail/test']", &[("to", "ana@varanda.example")]),
        Page::sent(
            "mail-tried-refused",
            "/mail",
            "form[action='/mail/test']",
            &[("to", "caixa.lotada@varanda.example")],
        ),
        Page::sent("mail-wrong", "/mail", "form[action='/mail']", &[("host", ""), ("port", "0"), ("from", "")]),
        Page::at("history", "/history"),
        Page::unfolded("attendance-details", "/", "#waiting-rows details"),
        Page::at("search", "/search?q=nota"),
        Page::at("search-none", "/search?q=xyz"),
        Page::at("history-none", "/history?q=nada"),
        Page::at("indicators", "/indicators"),
        Page::at("session", session.as_str()),
        Page::at("session-checked", format!("{session}?check=1")),
        Page::at("session-receipt", format!("{session}/receipt")),
        Page::at("apps", "/apps"),
        Page::at("apps-archived", "/apps?show=archived"),
        Page::at("app-archived", format!("{ended}/main")),
        Page::at("app-new", "/apps/new"),
        Page::sent("app-new-wrong", "/apps/new", "form[action='/apps']", &[]),
        Page::at("users", "/users"),
        Page::sent("users-wrong", "/users", "form[action='/users']", &[]),
        Page::at("user", user.as_str()),
        Page::sent("user-wrong", user.as_str(), &format!("form[action='{user}']"), &[("name", "")]),
        Page::at("provider", "/users/provider"),
        Page::sent(
            "provider-wrong",
            "/users/provider",
            "form[action='/users/provider']",
            &[("name", ""), ("issuer", "http://id.varanda.example")],
        ),
        Page::sent("provider-tried", "/users/provider", "form[action$='/test']", &[]),
        Page::at("outbox", "/outbox"),
        Page::at("connections", "/connections"),
        Page::at("connection", connection.as_str()),
        Page::sent("connection-tried", connection.as_str(), "form[action$='/test']", &[]),
        Page::at("elsewhere", format!("{elsewhere}/5003")),
        Page::at("elsewhere-known", format!("{elsewhere}/5003?name=Cida+Nogueira&email=cida%40aurora.example")),
        Page::at("elsewhere-widget", format!("{elsewhere}/5003/widget?name=Cida+Nogueira&email=cida%40aurora.example")),
        Page::at("connection-fields", format!("{connection}/fields")),
        Page::sent(
            "connection-fields-wrong",
            format!("{connection}/fields"),
            "form[action$='/fields']",
            &[("field-0", "Filial"), ("value-0", "{nada}"), ("field-1", "12"), ("value-1", "{customer_document}")],
        ),
        Page::at("connection-people", format!("{connection}/people")),
        Page::at("connection-texts", "/connections/texts"),
        Page::sent(
            "connection-texts-wrong",
            "/connections/texts?language=en",
            "form[action='/connections/texts']",
            &[("start", "Hi {nobody}")],
        ),
        Page::sent("connection-wrong", "/connections/new/rt", "form[action='/connections/new/rt']", &[]),
        Page::at("audit", "/audit"),
        Page::at("audit-none", "/audit?q=nada"),
        Page::at("tokens", "/tokens"),
        Page::sent("tokens-wrong", "/tokens", "form[action='/tokens']", &[]),
        Page::at("webhooks", "/webhooks"),
        Page::sent("webhooks-wrong", "/webhooks", "form[action='/webhooks']", &[("address", "http://localhost")]),
        Page::at("webhook", "/webhooks/1"),
        Page::at("api", "/tokens/api"),
        Page::at("account", "/account"),
        Page::at("account-factor", "/account/factor"),
        Page::at("passkey-new", "/account/passkeys/new"),
        Page::at("confirm", "/confirm?to=/users"),
        Page::at("help", "/help"),
        Page::at("help-administrator", "/help/administrator"),
        Page::at("help-attendant", "/help/attendant"),
        Page::at("help-customer", "/help/customer"),
        Page::at("not-found", "/tickets/999999"),
    ];
    inside.extend(kinds.map(|kind| Page::at(&format!("connection-{kind}"), format!("/connections/new/{kind}"))));
    for tab in tabs {
        let name = format!("app-{}", tab.rsplit('/').next().unwrap_or(&tab));
        inside.push(Page::at(&name, tab));
    }
    let keyless = vec![
        Page::at("account-without-password", "/account"),
        Page::at("confirm-by-provider", "/confirm?to=/account"),
        Page::staying("confirm-going", "/confirm?to=/account", "/confirm/oidc"),
    ];
    Ok(Furnished { alone, inside, keyless })
}

/// One more session from beginning to end, and one that goes on while pages are looked at. The ticketing system of the first has refused
/// what it was told, and the one of the second does not answer.
pub(super) fn sessions(
    browser: &Browser,
    world: &World,
    customer: &Computer,
    attendant: &Computer,
    servers: &Servers,
) -> Result<Vec<Page>> {
    let refuses = json!({ "name": "Redmine da filial", "base": servers.redmine.url(""), "key": servers::KEY, "project": "suporte" });
    let refuses = connect(browser, world, "redmine", &refuses)?;
    use_connection(browser, world, &refuses)?;
    let credentials = story::leave(customer, attendant)?;
    story::open(customer, attendant, &credentials, story::Ticket::New)?;
    story::end_by_attendant(customer, attendant)?;
    // What it is told of it, and what waits behind that.
    wait_unsent(browser, world, "O outro sistema recusou")?;

    let silent = connect(browser, world, "rt", &json!({ "name": "RT da oficina", "base": NOBODY }))?;
    use_connection(browser, world, &silent)?;
    let credentials = story::leave(customer, attendant)?;
    story::open(customer, attendant, &credentials, story::Ticket::New)?;
    wait_unsent(browser, world, "Sem conexão com o outro sistema")?;
    browser.goto(&world.relay.url("/"))?;
    let live = link(browser, "tr[id^=\"s-\"] a[href^=\"/sessions/\"]")?;
    Ok(vec![
        Page::at("session-live", live),
        Page::unfolded("outbox-drop", "/outbox", "main details"),
        Page::sent("connection-tried-in-vain", silent.as_str(), "form[action$='/test']", &[]),
    ])
}

/// Has every app tell its sessions to this ticketing system.
fn use_connection(browser: &Browser, world: &World, connection: &str) -> Result<()> {
    let id = connection.rsplit('/').next().context("a connection")?;
    browser.goto(&world.relay.url("/connections"))?;
    let forms = browser.execute(
        "return [...document.querySelectorAll('form[action$=\"/connection\"]')].map(form => form.getAttribute('action'))",
    )?;
    for form in forms.as_array().context("forms")?.iter().filter_map(Value::as_str) {
        post(browser, form, &json!({ "connection": id }))?;
    }
    Ok(())
}

/// Waits until this is why something is not sent.
fn wait_unsent(browser: &Browser, world: &World, why: &str) -> Result<()> {
    wait::until_true(&format!("{why:?} among what is not sent"), wait::PATIENCE, || {
        browser.goto(&world.relay.url("/outbox"))?;
        Ok(browser.text()?.contains(why))
    })
    .with_context(|| format!("the page shows:\n{}", browser.text().unwrap_or_default()))
}

/// A ticket with a letter that was taken, one that is tried again, and one that nobody takes. Gives the ticket.
fn letters(browser: &Browser, world: &World) -> Result<String> {
    browser.goto(&world.relay.url("/tickets/new"))?;
    browser.fill("[name=subject]", "Boleto não imprime no caixa 2")?;
    browser.fill("[name=name]", "Vera Lacerda")?;
    browser.fill("[name=company]", "Ótica Bem-te-vi")?;
    browser.fill("[name=email]", "vera@bemtevi.example")?;
    browser.click("form[action='/tickets'][method=post] button.p")?;
    browser.find("form[action$='/actions']")?;
    let ticket = path(&browser.url()?)?;
    let contact = link(browser, "main a[href^=\"/customers/\"]")?;
    let letters = [
        ("vera@bemtevi.example".to_owned(), "Vera, troque o cabo da impressora e imprima de novo."),
        (format!("{}@bemtevi.example", servers::BUSY), "Funcionou? Se não, ligamos amanhã cedo."),
        (format!("{}@bemtevi.example", servers::FULL), "Fechamos este ticket na sexta."),
    ];
    for (to, text) in &letters {
        post(browser, &contact, &json!({ "name": "Vera Lacerda", "company": "Ótica Bem-te-vi", "email": to }))?;
        let reply = json!({ "kind": "reply", "text": text, "mail": "1", "mail_language": "pt-BR" });
        post(browser, &format!("{ticket}/actions"), &reply)?;
    }
    wait::until_true("each letter to be where it stays", wait::PATIENCE, || {
        browser.goto(&world.relay.url(&ticket))?;
        let page = browser.text()?;
        Ok(["5.2.2", "4.2.1"].iter().all(|said| page.contains(said)))
    })
    .with_context(|| format!("the page shows:\n{}", browser.text().unwrap_or_default()))?;
    ticket.rsplit('/').next().and_then(|end| end.split('?').next()).map(str::to_owned).context("a number")
}

/// Somebody takes an invitation with their account of the provider instead of a password.
fn accept(world: &World, welcome: &str) -> Result<()> {
    let browser = Browser::open(world.folder.path(), 1280, 900)?;
    browser.goto(&world.relay.url(welcome))?;
    browser.click("form[action$='/oidc'] button")?;
    provider::answer(&browser, KEYLESS, Answer::Yes)?;
    browser.find("#waiting-rows").map(drop)
}

/// Tickets with a conversation, tags and mail; one of them is resolved. Gives that one.
fn desk(browser: &Browser, world: &World, ticket: &str) -> Result<String> {
    let at = |what: &str| format!("/tickets/{ticket}/{what}");
    post(browser, &at("tags"), &json!({ "tag": "nota fiscal" }))?;
    post(browser, &at("tags"), &json!({ "tag": "aguarda certificado" }))?;
    post(
        browser,
        &at("actions"),
        &json!({ "kind": "note", "text": "Certificado vencido desde segunda. Renovar com a contadora antes de tentar de novo." }),
    )?;
    browser.goto(&world.relay.url(&format!("/tickets/{ticket}")))?;
    let mut reply = json!({ "kind": "reply", "text": "Cida, o certificado da padaria venceu. Combinei a renovação com a contadora para amanhã às 10 h." });
    if browser.has("[name=mail]")? {
        reply["mail"] = json!("1");
        reply["mail_language"] = json!("pt-BR");
    }
    post(browser, &at("actions"), &reply)?;
    let resolved = console::new_ticket(
        browser,
        &world.relay,
        "Impressora fiscal não responde depois da atualização do sistema operacional",
        "Otávio Brandão de Albuquerque",
        "Distribuidora de Alimentos Serra da Mantiqueira Ltda.",
    )?;
    post(browser, &format!("/tickets/{resolved}/change"), &json!({ "status": "resolved" }))?;
    post(browser, &format!("/tickets/{ticket}/change"), &json!({ "status": "waiting" }))?;
    Ok(resolved)
}

/// A ticketing system on record, told this and made up for the rest; gives its page.
fn connect(browser: &Browser, world: &World, kind: &str, said: &Value) -> Result<String> {
    browser.goto(&world.relay.url(&format!("/connections/new/{kind}")))?;
    browser.execute(&format!(
        "const form = document.querySelector('main form');
         for (const [name, value] of Object.entries({said})) form.querySelector(`[name=\"${{name}}\"]`).value = value;
         for (const field of form.querySelectorAll('input:not([type=hidden]), textarea')) {{
             if (field.value === '' && field.required) field.value = field.type === 'number' ? field.min : 'varanda';
         }}
         form.submit()"
    ))?;
    wait::until("the new connection's page", wait::PATIENCE, || {
        let path = path(&browser.url()?)?;
        let path = path.split('?').next().unwrap_or_default();
        let made = path.starts_with("/connections/") && !path.starts_with("/connections/new");
        Ok(made.then(|| path.to_owned()))
    })
    .with_context(|| format!("the page shows:\n{}", browser.text().unwrap_or_default()))
}

/// Somebody is invited; gives where their link leads.
fn welcome(browser: &Browser, world: &World, name: &str, login: &str) -> Result<String> {
    browser.goto(&world.relay.url("/users"))?;
    browser.execute(&format!(
        "const form = document.querySelector('form[action=\"/users\"]');
         form.querySelector('[name=name]').value = {name:?};
         form.querySelector('[name=login]').value = {login:?};
         form.querySelector('button[value=link]').click()"
    ))?;
    let link = wait::until("the invitation", wait::PATIENCE, || {
        let link = browser.execute("return document.getElementById('secret')?.textContent")?;
        Ok(link.as_str().map(str::to_owned))
    })?;
    path(&link)
}

/// Where the link that a ticket's answer can hold leads.
fn invitation(browser: &Browser, world: &World, ticket: &str) -> Result<String> {
    browser.goto(&world.relay.url(&format!("/tickets/{ticket}?insert=link")))?;
    let text = browser.execute("return document.getElementById('text').value")?;
    let text = text.as_str().context("an answer")?;
    let link = text.split_whitespace().find(|word| word.starts_with("https://")).context("a link in the answer")?;
    path(link)
}

/// An address without its server.
fn path(url: &str) -> Result<String> {
    let rest = url.split_once("://").context("an address")?.1;
    Ok(rest.find('/').map_or("/", |from| &rest[from..]).to_owned())
}

/// Where the first link that a selector finds leads.
fn link(browser: &Browser, css: &str) -> Result<String> {
    let found = browser.execute(&format!("return document.querySelector({css:?})?.getAttribute('href')"))?;
    Ok(found.as_str().with_context(|| format!("{css} on the page"))?.to_owned())
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
