//! What makes the console's pages worth looking at, and the list of them.
//!
//! Called by [`super::Company`]. Everything is done by the console's own forms.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{Page, Then};
use crate::browser::Browser;
use crate::world::World;
use crate::{console, wait};

/// The pages there are.
pub(super) struct Furnished {
    /// For everybody.
    pub(super) alone: Vec<Page>,
    /// Behind the administrator's login.
    pub(super) inside: Vec<Page>,
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
pub(super) fn furnish(browser: &Browser, world: &World, ticket: &str) -> Result<Furnished> {
    post(browser, "/apps", &json!({ "name": "Nota fiscal" }))?;
    browser.goto(&world.relay.url("/apps"))?;
    let app = link(browser, "a.rowlink")?;
    let app = app.strip_suffix("/main").context("an app to edit")?.to_owned();
    for (login, name, role) in [
        ("bruno@varanda.example", "Bruno Siqueira", "attendant"),
        ("eva@varanda.example", "Eva Prado", "administrator"),
    ] {
        world.relay.add_user(login, name, role)?;
    }
    post(
        browser,
        "/webhooks",
        &json!({ "address": "https://hooks.varanda.example/amparo", "event": "ticket.changed" }),
    )?;
    for (name, scopes) in [("Painel da diretoria", "sessions:read"), ("Central de chamados", "tickets:write")] {
        post(browser, "/tokens", &json!({ "name": name, "scope": scopes, "days": "90", "own": console::PASSWORD }))?;
    }
    post(
        browser,
        "/answers",
        &json!({ "title": "Enviar o programa", "text": "Oi, {customer}. Para vermos isso juntos, abra este link e deixe a janela aberta: {download_link}" }),
    )?;
    post(browser, "/customers/fields", &json!({ "names": "Plano\nClassificação" }))?;
    post(
        browser,
        "/mail",
        &json!({ "host": "mail.varanda.example", "port": "587", "tls": "starttls", "user": "suporte", "password": "senha do correio", "from": "suporte@varanda.example", "from_name": "Varanda Sistemas" }),
    )?;
    post(
        browser,
        "/users/provider",
        &json!({ "name": "Microsoft", "issuer": "https://id.varanda.example/realms/varanda", "client_id": "amparo-console", "client_secret": "segredo do console" }),
    )?;
    let resolved = desk(browser, world, ticket)?;

    browser.goto(&world.relay.url("/users"))?;
    let user = link(browser, "a[href^=\"/users/\"]:not([href*=enrol])")?;
    browser.goto(&world.relay.url("/history"))?;
    let session = link(browser, "a[href^=\"/sessions/\"]")?;
    browser.goto(&world.relay.url("/customers"))?;
    let contact = link(browser, "a.rowlink")?;
    let connection = connect(browser, world)?;
    let elsewhere = connection.replace("/connections/", "/t/");
    let invitation = invitation(browser, world, ticket)?;
    let welcome = welcome(browser, world)?;

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

    let alone = vec![
        Page::at("login", "/login"),
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
    ];
    let kinds = ["rt", "redmine", "movidesk", "salesforce", "zendesk", "zammad", "glpi", "webhook"];
    let mut inside = vec![
        Page::at("attendance", "/"),
        Page::unfolded("attendance-more", "/", ".bottom details"),
        Page::at("tickets", "/tickets"),
        Page::at("tickets-none", "/tickets?q=nada"),
        Page::at("ticket", format!("/tickets/{ticket}")),
        Page::unfolded("ticket-menus", format!("/tickets/{ticket}"), "main details"),
        Page::at("ticket-resolved", format!("/tickets/{resolved}")),
        Page::sent("ticket-tag-wrong", format!("/tickets/{ticket}"), "form[action$='/tags']", &[("tag", "")]),
        Page::at("ticket-link", format!("/tickets/{ticket}?insert=link")),
        Page::answered("kept", "/tickets/new", &format!("/tickets/{ticket}/actions"), &late),
        Page::answered("kept-secret", "/tickets/new", "/connections/new/rt", &secret),
        Page::answered("kept-lost", "/tickets/new", "/login", &[("user", "ana"), ("password", "x"), ("kept", "x")]),
        Page::at("ticket-new", "/tickets/new"),
        Page::sent("ticket-new-wrong", "/tickets/new", "form[action='/tickets'][method=post]", &[]),
        Page::at("customers", "/customers"),
        Page::at("customers-none", "/customers?q=nada"),
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
        Page::at("mail", "/mail"),
        Page::unfolded("mail-texts", "/mail", "main details"),
        Page::sent("mail-wrong", "/mail", "form[action='/mail']", &[("host", ""), ("port", "0"), ("from", "")]),
        Page::at("history", "/history"),
        Page::at("history-none", "/history?q=nada"),
        Page::at("indicators", "/indicators"),
        Page::at("session", session.as_str()),
        Page::at("session-checked", format!("{session}?check=1")),
        Page::at("session-receipt", format!("{session}/receipt")),
        Page::at("apps", "/apps"),
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
        Page::at("connection", connection),
        Page::at("elsewhere", format!("{elsewhere}/5003")),
        Page::at("elsewhere-known", format!("{elsewhere}/5003?name=Cida+Nogueira&email=cida%40aurora.example")),
        Page::at("elsewhere-widget", format!("{elsewhere}/5003/widget?name=Cida+Nogueira&email=cida%40aurora.example")),
        Page::at("connection-texts", "/connections/texts"),
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
    Ok(Furnished { alone, inside })
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

/// A ticketing system on record; gives its page.
fn connect(browser: &Browser, world: &World) -> Result<String> {
    browser.goto(&world.relay.url("/connections/new/redmine"))?;
    browser.execute(
        "const form = document.querySelector('main form');
         for (const field of form.querySelectorAll('input:not([type=hidden]), textarea')) {
             if (field.value !== '') continue;
             if (field.type === 'url') field.value = 'https://chamados.varanda.example';
             else if (field.required) field.value = field.type === 'number' ? field.min : 'varanda';
         }
         form.submit()",
    )?;
    wait::until("the new connection's page", wait::PATIENCE, || {
        let path = path(&browser.url()?)?;
        let path = path.split('?').next().unwrap_or_default();
        let made = path.starts_with("/connections/") && !path.starts_with("/connections/new");
        Ok(made.then(|| path.to_owned()))
    })
    .with_context(|| format!("the page shows:\n{}", browser.text().unwrap_or_default()))
}

/// Somebody is invited; gives where their link leads.
fn welcome(browser: &Browser, world: &World) -> Result<String> {
    browser.goto(&world.relay.url("/users"))?;
    browser.execute(
        "const form = document.querySelector('form[action=\"/users\"]');
         form.querySelector('[name=name]').value = 'Gabriela Torres';
         form.querySelector('[name=login]').value = 'gabriela@varanda.example';
         form.querySelector('button[value=link]').click()",
    )?;
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
