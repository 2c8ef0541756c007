//! A relay whose company has a provider, and what a browser does on the way there and back.

use amparo_relay::{
    config::Config,
    relay::{Relay, Running},
};
use axum::http::StatusCode;
use protocol::id::{OperatorId, TenantId};
use tickets::clock::Clock;

use super::{CLIENT, Provider, SECRET};
use crate::console_support::*;

pub const BACK: &str = "/login/oidc/back";

/// A relay whose clock stands, a provider, and the administrator who has set it up.
pub struct Scene {
    pub relay: Running,
    pub clock: Clock,
    pub provider: Provider,
    pub chief: Browser,
    pub folder: tempfile::TempDir,
    /// Its name, if it was given one.
    host: Option<&'static str>,
}

pub async fn scene() -> Scene {
    scene_at(None).await
}

/// The same, with a name, without which there are no passkeys.
pub async fn scene_at(host: Option<&'static str>) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path(), "127.0.0.1:0".parse().unwrap());
    config.public_url = host.map(|host| format!("https://{host}").parse().unwrap());
    let clock = Clock::standing_at("2026-11-21T14:00:00Z".parse().unwrap());
    config.clock = clock.clone();
    let relay = Relay::start(config).await.unwrap();
    let provider = Provider::start(clock.clone()).await;
    operator(&relay.shared, relay.shared.first_tenant, "chefe", EVERYTHING).await;
    let mut chief = browser(&relay, host);
    chief.log_in("chefe", PASSWORD).await;
    let saved = chief.post("/users/provider", &form(&provider, &[])).await;
    assert_eq!(saved.location(), "/users/provider?saved", "{}", saved.body);
    Scene { relay, clock, provider, chief, folder, host }
}

fn browser(relay: &Running, host: Option<&str>) -> Browser {
    let mut browser = Browser::new(&relay.shared);
    if let Some(host) = host {
        browser.host = host.to_owned();
    }
    browser
}

/// The provider's settings as typed.
pub fn form<'a>(provider: &'a Provider, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("name", "Entra"),
        ("issuer", provider.issuer.as_str()),
        ("client_id", CLIENT),
        ("client_secret", SECRET),
        ("authority", provider.authority.as_str()),
    ];
    form.retain(|(name, _)| more.iter().all(|(other, _)| name != other));
    form.extend(more);
    form
}

pub fn between<'a>(page: &'a str, before: &str, after: &str) -> &'a str {
    let rest = page.split(before).nth(1).and_then(|rest| rest.split(after).next());
    rest.unwrap_or_else(|| panic!("no {before} in {page}"))
}

fn unescaped(text: &str) -> String {
    text.replace("&#38;", "&").replace("&amp;", "&").replace("&#x26;", "&")
}

/// Where the browser is sent by this form.
pub async fn sent_by(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = browser.post(path, fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{} {}", answer.location(), answer.body);
    let address = unescaped(between(&answer.body, "id=\"onward\" href=\"", "\""));
    assert!(answer.body.contains("http-equiv=\"refresh\" content=\"0;url=https://"));
    let cookie = answer.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap()).collect::<String>();
    for is in ["__Host-amparo-provider=", "; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(cookie.contains(is), "{cookie}");
    }
    address
}

/// The browser comes back to this address: nothing is done there, and its form is sent.
pub async fn comes_back(browser: &mut Browser, to: &str) -> Answer {
    // From another site: cookies that are for our own pages only do not come along.
    let (cookie, flow) = (browser.cookie.take(), browser.flow.take());
    let page = browser.get(to).await;
    assert!(page.status == StatusCode::OK && !page.headers.contains_key("set-cookie"), "{}", page.body);
    (browser.cookie, browser.flow) = (cookie, flow);
    let value = |name: &str| unescaped(between(&page.body, &format!("name=\"{name}\" value=\""), "\""));
    let fields = ["state", "code", "iss", "error"].map(|name| (name, value(name)));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(BACK, &fields).await
}

/// A login by the provider from beginning to end.
pub async fn log_in(browser: &mut Browser, provider: &Provider) -> Answer {
    let address = sent_by(browser, "/login/oidc", &[]).await;
    comes_back(browser, &provider.approve(&address)).await
}

impl Scene {
    pub fn tenant(&self) -> TenantId {
        self.relay.shared.first_tenant
    }

    pub fn browser(&self) -> Browser {
        browser(&self.relay, self.host)
    }

    pub async fn user(&self, login: &str) -> OperatorId {
        let users = self.relay.shared.accounts.list(self.tenant()).await.unwrap();
        users.into_iter().find(|user| user.operator.login == login).unwrap().operator.id
    }

    /// Ana, who has linked her identity as people do.
    pub async fn ana(&self) -> Browser {
        operator(&self.relay.shared, self.tenant(), "ana", ATTENDS).await;
        let mut ana = self.browser();
        ana.log_in("ana", PASSWORD).await;
        let address = sent_by(&mut ana, "/account/identity", &[]).await;
        let linked = comes_back(&mut ana, &self.provider.approve(&address)).await;
        assert_eq!(linked.location(), "/account?identity=linked", "{}", linked.body);
        ana
    }

    pub async fn audited(&self, what: &str) -> Vec<String> {
        let lines = self.relay.shared.store.audit_list(self.tenant(), 100).await.unwrap();
        lines.into_iter().filter(|line| line.what == what).map(|line| line.detail).collect()
    }

    pub async fn save(&mut self, more: &[(&str, &str)]) {
        let form = form(&self.provider, more);
        assert_eq!(self.chief.post("/users/provider", &form).await.location(), "/users/provider?saved");
    }

    pub async fn ends(self) {
        self.relay.shutdown().await.unwrap();
    }
}

pub fn refused(browser: &Browser, answer: &Answer, words: &str) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{} {}", answer.location(), answer.body);
    assert!(answer.body.contains(words), "{words}: {}", answer.body);
    assert!(browser.cookie.is_none() && browser.flow.is_none(), "no login, and the flow is used up");
}
