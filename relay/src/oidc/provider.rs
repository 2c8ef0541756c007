//! Talking to a provider: its discovery document, its keys, and a code for a token.
//!
//! Over the tickets' HTTP: private authorities, time-outs, no redirects, answers that are cut. A provider may stand in the company's own
//! network, as its administrator wrote it down; but where its document points to another computer, that must be on the public web, so
//! that a document leads nowhere its administrator did not mean. What is secret goes into the call it belongs into and nowhere else.

use std::sync::Arc;

use serde::Deserialize;
use tickets::{
    clock::Clock,
    gate::Gate,
    http::{Answer, Call, Http, Patience, trust::Trust},
    secret::Secret,
    system::{Cause, ReportError},
};
use url::Url;

use super::{
    Failure,
    settings::Settings,
    token::{Algorithm, Keys},
};

/// No answer of a provider is longer.
const LONGEST_ANSWER: usize = 512 * 1024;
/// Where the discovery document is, behind the issuer.
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Which of a provider's answers something is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The discovery document.
    Discovery,
    /// Its keys.
    Keys,
    /// A token for a code.
    Token,
}

/// The discovery document, as far as it concerns us.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Document {
    pub(super) issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    pub(super) code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(super) id_token_signing_alg_values_supported: Option<Vec<String>>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// A document in which everything holds.
#[derive(Debug, Clone)]
pub(super) struct Provider {
    pub(super) authorization: Url,
    token: Url,
    keys: Url,
    /// The name and the secret go into the form and not into a header.
    secret_in_form: bool,
    /// Its answers always say who gives them.
    pub(super) says_issuer: bool,
}

impl Document {
    /// Whether challenges are hashed (S256); `None`: it does not say.
    pub(super) fn hashes_challenges(&self) -> Option<bool> {
        self.code_challenge_methods_supported.as_ref().map(|all| all.iter().any(|one| one == "S256"))
    }

    /// The algorithms of its tokens that we take. Without a list it is RS256, which every provider must have.
    pub(super) fn algorithms(&self) -> Vec<&str> {
        match &self.id_token_signing_alg_values_supported {
            Some(all) => all.iter().map(String::as_str).filter(|one| Algorithm::of(one).is_some()).collect(),
            None => vec!["RS256"],
        }
    }

    /// The addresses, each of them checked.
    pub(super) fn addresses(&self) -> Result<[Url; 3], Failure> {
        let address = |name: &str, text: &str| {
            let url = Url::parse(text).ok().filter(|url| {
                let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
                url.scheme() == "https" && url.host().is_some() && bare && text.len() <= 2000
            });
            url.ok_or_else(|| Failure::strange(Step::Discovery, format!("{name}: no https:// address")))
        };
        Ok([
            address("authorization_endpoint", &self.authorization_endpoint)?,
            address("token_endpoint", &self.token_endpoint)?,
            address("jwks_uri", &self.jwks_uri)?,
        ])
    }

    /// The provider, if it is the one that was meant and does what a login needs.
    pub(super) fn check(&self, settings: &Settings) -> Result<Provider, Failure> {
        if self.issuer != settings.issuer {
            return Err(Failure::OtherIssuer(shortened(&self.issuer)));
        }
        if self.hashes_challenges() == Some(false) {
            return Err(Failure::NoChallenge);
        }
        if self.algorithms().is_empty() {
            return Err(Failure::NoAlgorithm);
        }
        let [authorization, token, keys] = self.addresses()?;
        // Without a list it is the header.
        let methods = self.token_endpoint_auth_methods_supported.as_deref();
        let takes = |method: &str| methods.is_some_and(|all| all.iter().any(|one| one == method));
        let secret_in_form = takes("client_secret_post") && !takes("client_secret_basic");
        let says_issuer = self.authorization_response_iss_parameter_supported;
        Ok(Provider { authorization, token, keys, secret_in_form, says_issuer })
    }
}

#[derive(Deserialize)]
struct Tokens {
    id_token: Option<String>,
}

/// The way to one company's provider.
pub(super) struct Line {
    http: Http,
    issuer: Url,
}

impl Line {
    pub(super) fn new(settings: &Settings, patience: Patience, clock: &Clock) -> Result<Self, Failure> {
        let issuer = Url::parse(&settings.issuer).map_err(|_| Failure::Settings)?;
        let trust = Trust::with(&settings.authority).map_err(|_| Failure::Settings)?;
        // Logins are limited by where they come from; a provider that was away is asked again at once.
        let gate = Arc::new(Gate::open());
        let http = Http::new(issuer.clone(), trust, patience, gate, clock.clone(), &[&settings.secret]);
        Ok(Self { http: http.at_most(LONGEST_ANSWER), issuer })
    }

    pub(super) async fn document(&self) -> Result<Document, Failure> {
        let answer = self.send(Step::Discovery, &self.issuer, |path| Call::get(format!("{path}{DISCOVERY}"))).await?;
        let answer = good(Step::Discovery, answer)?;
        answer.json().map_err(|error| failed(Step::Discovery, error))
    }

    pub(super) async fn keys(&self, provider: &Provider) -> Result<Keys, Failure> {
        let answer = good(Step::Keys, self.send(Step::Keys, &provider.keys, Call::get).await?)?;
        Keys::read(&answer.body).ok_or_else(|| Failure::strange(Step::Keys, "no set of keys"))
    }

    /// The ID token that a code stands for.
    pub(super) async fn redeem(
        &self,
        provider: &Provider,
        settings: &Settings,
        code: &Secret,
        verifier: &Secret,
        redirect: &str,
    ) -> Result<Secret, Failure> {
        self.http.learn(code);
        self.http.learn(verifier);
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", redirect),
            ("code_verifier", verifier.expose()),
        ];
        // Escaped before they are joined (RFC 6749, 2.3.1).
        let escaped = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let mut login = None;
        if !settings.has_secret() {
            form.push(("client_id", &settings.client_id));
        } else if provider.secret_in_form {
            form.extend([("client_id", settings.client_id.as_str()), ("client_secret", settings.secret.expose())]);
        } else {
            login = Some((escaped(&settings.client_id), Secret::new(escaped(settings.secret.expose()))));
        }
        let call = |path: String| {
            let call = Call::post(path).form(&form);
            match &login {
                Some((name, secret)) => call.basic(name, secret),
                None => call,
            }
        };
        let answer = self.send(Step::Token, &provider.token, call).await?;
        let status = answer.status.as_u16();
        if matches!(status, 400 | 401 | 403) {
            return Err(Failure::Refused(format!("{status}: {}", answer.words())));
        }
        let tokens: Tokens = good(Step::Token, answer)?.json().map_err(|error| failed(Step::Token, error))?;
        tokens.id_token.map(Secret::new).ok_or_else(|| Failure::strange(Step::Token, "no id_token"))
    }

    async fn send(&self, step: Step, to: &Url, call: impl FnOnce(String) -> Call) -> Result<Answer, Failure> {
        let mut base = to.clone();
        base.set_path("/");
        base.set_query(None);
        let mut http = self.http.at(base);
        if to.host() != self.issuer.host() {
            http = http.public_only();
        }
        let path = if step == Step::Discovery { to.path().trim_end_matches('/') } else { to.path() };
        let mut call = call(path.to_owned());
        for (name, value) in to.query_pairs() {
            call = call.query(&name, value);
        }
        http.send(call).await.map_err(|error| failed(step, error))
    }
}

fn good(step: Step, answer: Answer) -> Result<Answer, Failure> {
    answer.good().map_err(|error| failed(step, error))
}

fn failed(step: Step, error: ReportError) -> Failure {
    let reason = error.reason();
    match error {
        ReportError::Unreachable(Cause::Garbage(why)) => Failure::strange(step, why),
        ReportError::Unreachable(cause) => Failure::Unreachable { step, reason, why: cause.to_string() },
        ReportError::RateLimited { .. } | ReportError::NotVisibleYet { .. } => {
            Failure::Unreachable { step, reason, why: "429".to_owned() }
        }
        ReportError::Rejected { why, .. } => Failure::strange(step, why),
    }
}

/// Words of others as one short line.
pub(super) fn shortened(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}
