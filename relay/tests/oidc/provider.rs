//! A provider as small as can be, on an address of this machine: really signs tokens, and goes wrong in one of the ways that providers,
//! or those who play one, do.
//!
//! Called by the tests of the console, which say yes at it themselves, and by the example `provider`, at whose page a browser does.

#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex},
};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{Response, StatusCode, header},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as B64},
};
use hyper_util::rt::TokioIo;
use ring::{
    digest, hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use rustls_pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};
use tickets::clock::Clock;
use tokio::{net::TcpListener, task::JoinHandle};

pub const CLIENT: &str = "amparo-console";
pub const SECRET: &str = "segredo+do/cliente";
/// A public key of RSA in its set, of RFC 7515, appendix A.2. It signs with keys of the curve P-256 that are made anew each time; how
/// tokens of RSA are checked, the tests of the server's own module show.
const RSA_KEY: &str = "\
    ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pC\
    gNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg6\
    65xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW\
    yuXpoQ";

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Fine,
    Garbage,
    Huge,
    Redirect,
    Silent,
    Broken,
}

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    Good,
    /// `none`, with nothing behind the last dot.
    None,
    /// With the public key as a shared secret.
    Hs256,
    /// As RSA, with a signature that nobody made.
    Rsa,
    /// By a key that is not in the set.
    Unknown,
    /// By another key under the name of ours.
    Forged,
    /// No token at all.
    Nonsense,
}

struct Granted {
    challenge: String,
    nonce: String,
    redirect: String,
    /// What its token says of whoever said yes at the page.
    person: Value,
}

struct State {
    issuer: String,
    clock: Clock,
    p256: EcdsaKeyPair,
    kid: String,
    codes: HashMap<String, Granted>,
    manners: HashMap<&'static str, Manner>,
    document: Value,
    claims: Value,
    signing: Signing,
    /// How often each place was asked.
    asked: HashMap<&'static str, usize>,
    /// Everything secret that was given out.
    secrets: Vec<String>,
}

/// A provider, for as long as this lives.
pub struct Provider {
    pub issuer: String,
    /// Its certificate, in PEM.
    pub authority: String,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn p256() -> EcdsaKeyPair {
    let (kind, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let made = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), &random).unwrap()
}

impl Provider {
    pub async fn start(clock: Clock) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("https://{}/realm", listener.local_addr().unwrap());
        let document = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/auth?realm=1"),
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
            "code_challenge_methods_supported": ["plain", "S256"],
            "id_token_signing_alg_values_supported": ["HS256", "RS256", "ES256"],
            "authorization_response_iss_parameter_supported": true,
        });
        let state = Arc::new(Mutex::new(State {
            issuer: issuer.clone(),
            clock,
            p256: p256(),
            kid: "e-1".to_owned(),
            codes: HashMap::new(),
            manners: HashMap::new(),
            document,
            claims: json!({}),
            signing: Signing::Good,
            asked: HashMap::new(),
            secrets: vec![SECRET.to_owned()],
        }));
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, shared) = (acceptor.clone(), shared.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                        let shared = shared.clone();
                        async move { Ok::<_, Infallible>(answer(&shared, request.map(Body::new)).await) }
                    });
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self { issuer, authority: made.cert.pem(), state, task }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What becomes of requests to `discovery`, `keys` or `token` from now on.
    pub fn goes(&self, place: &'static str, manner: Manner) {
        self.state().manners.insert(place, manner);
    }

    /// The discovery document says this from now on; `null`: nothing.
    pub fn document(&self, name: &str, value: Value) {
        let mut state = self.state();
        let document = &mut state.document;
        if value.is_null() {
            document.as_object_mut().unwrap().remove(name);
        } else {
            document[name] = value;
        }
    }

    /// What tokens say beside or instead of what is right; `null` takes out.
    pub fn says(&self, claims: Value) {
        self.state().claims = claims;
    }

    pub fn signs(&self, signing: Signing) {
        self.state().signing = signing;
    }

    /// A new key in place of the one before, under a name of its own.
    pub fn rotate(&self) {
        let mut state = self.state();
        state.p256 = p256();
        state.kid = "e-2".to_owned();
    }

    pub fn asked(&self, place: &'static str) -> usize {
        self.state().asked.get(place).copied().unwrap_or(0)
    }

    pub fn secrets(&self) -> Vec<String> {
        self.state().secrets.clone()
    }

    /// Somebody says yes at the address that the browser was sent to: the address it is sent back to, without the server.
    pub fn approve(&self, address: &str) -> String {
        let url = url::Url::parse(address).unwrap();
        assert!(address.starts_with(&format!("{}/auth?realm=1&", self.issuer)), "{address}");
        let sent: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let want =
            [("response_type", "code"), ("client_id", CLIENT), ("scope", "openid"), ("code_challenge_method", "S256")];
        for (name, value) in want {
            assert_eq!(sent[name], value);
        }
        let back = url::Url::parse(&sent["redirect_uri"]).unwrap();
        format!("{}?{}", back.path(), self.state().grant(&sent, json!({})))
    }
}

/// What the page at which a person says who they are offers: the names of its buttons, which its addresses say too.
const ANSWERS: [&str; 3] = ["yes", "no", "yes-and-fail"];

async fn answer(state: &Mutex<State>, request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let place = match path.as_str() {
        "/realm/.well-known/openid-configuration" => "discovery",
        "/realm/keys" => "keys",
        "/realm/token" => "token",
        "/realm/auth" => return ask(request.uri().query().unwrap_or_default()),
        "/realm/answer" => return answered(&mut state.lock().unwrap(), request.uri().query().unwrap_or_default()),
        _ => return plain(StatusCode::NOT_FOUND, "nothing here".to_owned()),
    };
    let manner = {
        let mut state = state.lock().unwrap();
        *state.asked.entry(place).or_default() += 1;
        state.manners.get(place).copied().unwrap_or(Manner::Fine)
    };
    match manner {
        Manner::Fine => {}
        Manner::Garbage => return plain(StatusCode::OK, "<html>Bem-vindo</html>".to_owned()),
        Manner::Huge => return plain(StatusCode::OK, format!("{{\"x\":\"{}\"}}", "x".repeat(2 << 20))),
        Manner::Redirect => {
            let to = [(header::LOCATION, "http://127.0.0.1:9/elsewhere")];
            return axum::response::IntoResponse::into_response((StatusCode::FOUND, to));
        }
        // Until the other side has had enough.
        Manner::Silent => std::future::pending().await,
        Manner::Broken => return plain(StatusCode::INTERNAL_SERVER_ERROR, "down".to_owned()),
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 16).await.unwrap();
    let mut state = state.lock().unwrap();
    match place {
        "discovery" => plain(StatusCode::OK, state.document.to_string()),
        "keys" => plain(StatusCode::OK, state.keys().to_string()),
        _ => {
            let login = parts.headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
            state.redeem(login, &body)
        }
    }
}

/// The page at which a person says who they are, and whether they go on.
fn ask(query: &str) -> Response<Body> {
    let mut page = "<!doctype html><html lang=\"en\"><title>Provider</title><main><h1>Provider</h1><form action=\"/realm/answer\">\
        <label>Who are you? <input id=\"who\" name=\"who\" autofocus></label>"
        .to_owned();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let value = value.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
        page += &format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
    }
    for answer in ANSWERS {
        page += &format!("<button id=\"{answer}\" name=\"answer\" value=\"{answer}\">{answer}</button>");
    }
    Response::builder().header(header::CONTENT_TYPE, "text/html; charset=utf-8").body(Body::from(page)).unwrap()
}

/// Sends the browser back with what was answered there.
fn answered(state: &mut State, query: &str) -> Response<Body> {
    let sent: HashMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let back = match sent["answer"].as_str() {
        "no" => url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("error", "access_denied"), ("state", sent["state"].as_str()), ("iss", &state.issuer)])
            .finish(),
        yes => {
            let token = if yes == "yes" { Manner::Fine } else { Manner::Broken };
            state.manners.insert("token", token);
            let person = json!({ "sub": sent["who"], "auth_time": state.clock.now().as_second() });
            state.grant(&sent, person)
        }
    };
    let to = [(header::LOCATION, format!("{}?{back}", sent["redirect_uri"]))];
    axum::response::IntoResponse::into_response((StatusCode::FOUND, to))
}

fn plain(status: StatusCode, body: String) -> Response<Body> {
    Response::builder().status(status).header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap()
}

impl State {
    /// Keeps what a code is good for, and gives what comes back with the browser.
    fn grant(&mut self, sent: &HashMap<String, String>, person: Value) -> String {
        let code = format!("code-{}", B64.encode(rand::random::<[u8; 12]>()));
        let granted = Granted {
            challenge: sent["code_challenge"].clone(),
            nonce: sent["nonce"].clone(),
            redirect: sent["redirect_uri"].clone(),
            person,
        };
        let back = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("code", &code), ("state", &sent["state"]), ("iss", &self.issuer)])
            .finish();
        self.codes.insert(code.clone(), granted);
        self.secrets.push(code);
        back
    }

    fn keys(&self) -> Value {
        let point = self.p256.public_key().as_ref().to_vec();
        json!({ "keys": [
            { "kty": "RSA", "kid": "r-1", "use": "sig", "alg": "RS256", "n": RSA_KEY, "e": "AQAB" },
            { "kty": "EC", "kid": self.kid, "use": "sig", "crv": "P-256",
              "x": B64.encode(&point[1..33]), "y": B64.encode(&point[33..]) },
        ] })
    }

    fn redeem(&mut self, login: Option<String>, body: &[u8]) -> Response<Body> {
        let refused = |why: &str| {
            // A provider that repeats what it was sent.
            let told = String::from_utf8_lossy(body).into_owned();
            plain(StatusCode::BAD_REQUEST, json!({ "error": why, "error_description": told }).to_string())
        };
        let sent: HashMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
        self.secrets.extend(sent.get("code_verifier").cloned());
        let escaped: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
        let right = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{escaped}")));
        if login.as_deref() != Some(&right) {
            return refused("invalid_client");
        }
        // A code is good once, whatever comes of it.
        let Some(granted) = sent.get("code").and_then(|code| self.codes.remove(code)) else {
            return refused("invalid_grant");
        };
        let verifier = sent.get("code_verifier").map_or("", String::as_str);
        let challenge = B64.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        if challenge != granted.challenge || sent.get("redirect_uri") != Some(&granted.redirect) {
            return refused("invalid_grant");
        }
        let token = self.token(&granted);
        self.secrets.push(token.clone());
        let answer = json!({ "access_token": "acesso-secreto", "token_type": "Bearer", "id_token": token });
        plain(StatusCode::OK, answer.to_string())
    }

    fn token(&self, granted: &Granted) -> String {
        let now = self.clock.now().as_second();
        let mut claims = json!({
            "iss": self.issuer, "sub": "ana-no-provedor", "aud": CLIENT, "nonce": granted.nonce, "iat": now, "exp": now + 300,
            "email": "chefe", "email_verified": true, "preferred_username": "chefe",
        });
        let said = granted.person.as_object().unwrap().iter().chain(self.claims.as_object().unwrap());
        for (name, value) in said {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        let (alg, kid) = match self.signing {
            Signing::Good | Signing::Forged => ("ES256", self.kid.as_str()),
            Signing::Rsa => ("RS256", "r-1"),
            Signing::None => ("none", "r-1"),
            Signing::Hs256 => ("HS256", "r-1"),
            Signing::Unknown => ("ES256", "e-9"),
            Signing::Nonsense => return "isto-nao-e-um-token".to_owned(),
        };
        let header = json!({ "alg": alg, "kid": kid, "typ": "JWT" });
        let message = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims.to_string()));
        let random = SystemRandom::new();
        let signature = match self.signing {
            Signing::Good => self.p256.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            Signing::Unknown | Signing::Forged => p256().sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            Signing::Hs256 => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, &B64.decode(RSA_KEY).unwrap());
                hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
            }
            Signing::Rsa => vec![1; 256],
            Signing::None | Signing::Nonsense => Vec::new(),
        };
        format!("{message}.{}", B64.encode(signature))
    }
}
