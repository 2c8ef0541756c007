//! How Salesforce is logged in to: a token for the app's secret, or for an assertion that is signed with a private key (JWT bearer). The token is
//! kept until it is no longer good.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use ring::{rand::SystemRandom, rsa::KeyPair, signature::RSA_PKCS1_SHA256};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;
use url::Url;

use crate::{
    http::{Answer, Call, Http},
    secret::Secret,
    system::{Refusal, ReportError},
};

/// An assertion is good for so long; Salesforce takes three minutes at most.
const GOOD_FOR: SignedDuration = SignedDuration::from_secs(120);
/// Clocks that differ by less are not worth another call.
const SKEW: i64 = 30;

/// What a token is given for.
pub(super) enum Flow {
    /// The app's secret.
    Secret(Secret),
    /// A signed assertion of whom we log in as.
    Jwt {
        /// The user.
        user: String,
        /// What it is signed with.
        key: Box<KeyPair>,
        /// Who is to believe it.
        audience: String,
    },
}

/// An RSA key from its PEM; `None`: it is another kind of key, is locked with a password, or is too short.
pub(super) fn signing_key(pem: &Secret) -> Option<KeyPair> {
    match PrivateKeyDer::from_pem_slice(pem.expose().as_bytes()).ok()? {
        PrivateKeyDer::Pkcs8(key) => KeyPair::from_pkcs8(key.secret_pkcs8_der()).ok(),
        PrivateKeyDer::Pkcs1(key) => KeyPair::from_der(key.secret_pkcs1_der()).ok(),
        _ => None,
    }
}

#[derive(Clone)]
pub(super) struct Login {
    pub(super) token: Secret,
    pub(super) instance: Http,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
    instance_url: String,
}

/// The token that is good now.
pub(super) struct Logins {
    http: Http,
    client_id: String,
    flow: Flow,
    known: Mutex<Option<Login>>,
}

impl Logins {
    pub(super) fn new(http: Http, client_id: &str, flow: Flow) -> Self {
        Self { http, client_id: client_id.to_owned(), flow, known: Mutex::new(None) }
    }

    pub(super) fn http(&self) -> &Http {
        &self.http
    }

    /// Who we are there, as far as it can be told.
    pub(super) fn account(&self) -> String {
        match &self.flow {
            Flow::Secret(_) => self.client_id.chars().take(8).collect(),
            Flow::Jwt { user, .. } => user.clone(),
        }
    }

    /// The token that is there, unless it is this one, which is no longer good.
    pub(super) async fn get(&self, expired: Option<&Secret>) -> Result<Login, ReportError> {
        let mut known = self.known.lock().await;
        if let Some(login) = known.as_ref().filter(|login| Some(&login.token) != expired) {
            return Ok(login.clone());
        }
        let answer = self.asked().await?;
        if !answer.status.is_success() {
            let why = format!("{}: {}", answer.status.as_u16(), answer.words());
            return Err(ReportError::Rejected { refusal: Refusal::Credential, why });
        }
        let token: Token = answer.json()?;
        let secret = Secret::new(token.access_token);
        self.http.learn(&secret);
        let login = Login { token: secret, instance: self.http.at(self.instance(&token.instance_url)?) };
        *known = Some(login.clone());
        Ok(login)
    }

    async fn asked(&self) -> Result<Answer, ReportError> {
        let (user, key, audience) = match &self.flow {
            Flow::Secret(secret) => {
                return self
                    .ask(&[
                        ("grant_type", "client_credentials"),
                        ("client_id", &self.client_id),
                        ("client_secret", secret.expose()),
                    ])
                    .await;
            }
            Flow::Jwt { user, key, audience } => (user, key, audience),
        };
        let now = self.http.clock().now();
        let answer = self.ask_with(&assertion(&self.client_id, user, audience, key, now)?).await?;
        // Refused, and Salesforce's clock shows another time than ours: once more, by its clock.
        match theirs(&answer).filter(|_| answer.status == 400) {
            Some(theirs) if (theirs.as_second() - now.as_second()).abs() > SKEW => {
                self.ask_with(&assertion(&self.client_id, user, audience, key, theirs)?).await
            }
            _ => Ok(answer),
        }
    }

    async fn ask_with(&self, assertion: &Secret) -> Result<Answer, ReportError> {
        self.http.learn(assertion);
        let kind = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        self.ask(&[("grant_type", kind), ("assertion", assertion.expose())]).await
    }

    async fn ask(&self, form: &[(&str, &str)]) -> Result<Answer, ReportError> {
        self.http.send(Call::post("/services/oauth2/token").form(form)).await
    }

    /// Where Salesforce says to go on: only to itself, or to the host that was configured.
    fn instance(&self, text: &str) -> Result<Url, ReportError> {
        let url = Url::parse(text).map_err(|_| ReportError::garbage("an instance without an address"))?;
        let own = Url::parse(self.http.base()).is_ok_and(|base| base.origin() == url.origin());
        let theirs = url.scheme() == "https" && url.host_str().is_some_and(|h| h.ends_with(".salesforce.com"));
        if own || theirs { Ok(url) } else { Err(ReportError::garbage("an instance on a foreign host")) }
    }
}

/// When an answer was written, by the clock of who wrote it.
fn theirs(answer: &Answer) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(answer.header("date")?).ok().map(|date| date.timestamp())
}

/// What says, signed, that this app may act as this user for the next minutes.
fn assertion(
    client_id: &str,
    user: &str,
    audience: &str,
    key: &KeyPair,
    now: Timestamp,
) -> Result<Secret, ReportError> {
    let expires = now.checked_add(GOOD_FOR).unwrap_or(Timestamp::MAX).as_second();
    let claims = json!({ "iss": client_id, "sub": user, "aud": audience, "exp": expires });
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(json!({ "alg": "RS256" })), part(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
        .map_err(|_| ReportError::refused("the private key of the connection does not sign"))?;
    Ok(Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
}
