//! What the console's tests and its example share: a relay on a port of its own, a bare customer's program, a browser without a window.

#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use amparo_relay::{
    account::{NewUser, Operator, Roles},
    config::{Config, FirstStart},
    console::{Arrived, Source, router},
    relay::{Relay, Running, Shared},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
    response::Response,
};
use jiff::{SignedDuration, Timestamp};
use protocol::{
    frame,
    id::{AppId, DeviceId, Password, SessionId, TenantId},
    limits::OUTER_MESSAGE_BYTES,
    message::{
        FromRelay, ShownText, ToRelay,
        directory::{Field, FieldKey, Login, Register, Registered},
        grant::Grants,
        hello::Hello,
        pairing::CloseReason,
        ticket::TicketChoice,
    },
    version::{ALPN_OUTER, SPOKEN},
};
use store::{Category, Ended, NewSession, Started, WrappedUp};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub const PASSWORD: &str = "uma frase comprida";

/// The name of a relay that has one.
pub const NAME: &str = "console.example";

/// A relay that serves, on a port and in a folder of its own, and has no name.
pub async fn relay() -> (Running, tempfile::TempDir) {
    relay_at(None).await
}

/// The same with a name, without which browsers make no passkeys.
pub async fn relay_with_a_name() -> (Running, tempfile::TempDir) {
    relay_at(Some(NAME)).await
}

async fn relay_at(name: Option<&str>) -> (Running, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let relay = relay_told(folder.path(), |config| {
        config.public_url = name.map(|name| format!("https://{name}").parse().unwrap());
    });
    (relay.await, folder)
}

/// A relay on this folder that is told something of its own.
pub async fn relay_told(folder: &std::path::Path, tell: impl FnOnce(&mut Config)) -> Running {
    let mut config = Config::new(folder, "127.0.0.1:0".parse().unwrap());
    config.first = FirstStart { company: "Varanda Sistemas".to_owned(), ..FirstStart::default() };
    tell(&mut config);
    Relay::start(config).await.unwrap()
}

/// An operator with these roles.
pub async fn operator(shared: &Shared, tenant: TenantId, login: &str, roles: Roles) {
    let user = NewUser { login: login.to_owned(), name: login.to_uppercase(), roles };
    shared.accounts.create(tenant, user, Some(PASSWORD)).await.unwrap();
}

pub const EVERYTHING: Roles =
    Roles { attend: true, admin: true, may_see_passwords: true, may_create_apps: true, may_watch: true };
pub const ATTENDS: Roles =
    Roles { attend: true, admin: false, may_see_passwords: false, may_create_apps: false, may_watch: false };

/// A customer's program that is registered; it is gone when this is dropped.
pub struct Customer {
    pub registered: Registered,
    pub password: Password,
    pub connection: quinn::Connection,
    _control: (quinn::SendStream, quinn::RecvStream),
    _endpoint: quinn::Endpoint,
}

impl Customer {
    pub async fn wait(shared: &Shared, fields: &[(FieldKey, &str)]) -> Self {
        let tenant = shared.first_tenant;
        let app = shared.store.apps(tenant).await.unwrap()[0].id;
        Self::register(shared.listen(), tenant, app, fields).await
    }

    pub async fn register(relay: SocketAddr, tenant: TenantId, app: AppId, fields: &[(FieldKey, &str)]) -> Self {
        let (endpoint, connection, (mut send, mut receive)) = greet(relay, tenant).await;
        let fields = fields.iter().map(|(key, value)| Field { key: *key, value: ShownText::lossy(value) }).collect();
        let password = Password::from_entropy([1, 2, 3, 4, 5]);
        say(
            &mut send,
            &ToRelay::Register(Register { app, fields, password: password.clone(), previous: None, listed: true }),
        )
        .await;
        let FromRelay::Registered(registered) = hear(&mut receive).await else { panic!("not registered") };
        Self { registered, password, connection, _control: (send, receive), _endpoint: endpoint }
    }

    /// What the relay says next.
    pub async fn hear(&mut self) -> FromRelay {
        tokio::time::timeout(Duration::from_secs(10), hear(&mut self._control.1))
            .await
            .expect("the relay says something")
    }

    /// The program is closed by its user.
    pub async fn leave(self) {
        self.connection.close(1_u32.into(), b"");
        self._endpoint.wait_idle().await;
    }
}

/// A session of a minute that was waited for half a minute, and put into a category.
pub async fn past_session(shared: &Shared, n: u8, app: AppId, who: &Operator, category: Option<(&str, bool)>) {
    let (id, at) = (SessionId::from_bytes([n; 16]), Timestamp::now() - SignedDuration::from_mins(5));
    let new = NewSession {
        id,
        tenant: shared.first_tenant,
        app,
        device: DeviceId::from_entropy(u64::from(n) * 77_777_777),
        fields: Vec::new(),
        attendant: who.id,
        attendant_name: who.name.clone(),
        ticket: TicketChoice::OpenNew { subject: ShownText::default() },
        dialled_at: at,
    };
    shared.store.open_session(&new).await.unwrap();
    shared.store.note_wait(id, Duration::from_secs(30)).await.unwrap();
    let started = Started { granted: Grants::CONTROL, attendant_name: String::new(), at };
    shared.store.start_session(id, &started, at).await.unwrap();
    let over = at + SignedDuration::from_mins(1);
    let ended = Ended { why: CloseReason::EndedByCustomer, at: over, reconnects: 0 };
    shared.store.end_session(id, &ended, over).await.unwrap();
    if let Some((name, solved)) = category {
        let said = WrappedUp { category: Some(Category { name: name.into(), solved }), note: String::new() };
        shared.store.wrap_up_session(id, &said, over).await.unwrap();
    }
}

/// An attendant's program that is logged in; it is gone when this is dropped.
pub struct Attendant {
    connection: quinn::Connection,
    _control: (quinn::SendStream, quinn::RecvStream),
    _endpoint: quinn::Endpoint,
}

impl Attendant {
    /// Logs in; they are available from then on.
    pub async fn log_in(shared: &Shared, user: &str) -> Self {
        let (endpoint, connection, (mut send, mut receive)) = greet(shared.listen(), shared.first_tenant).await;
        let login = Login { user: user.to_owned(), password: PASSWORD.to_owned() };
        say(&mut send, &ToRelay::Login(login)).await;
        while !matches!(hear(&mut receive).await, FromRelay::StatusIs(_)) {}
        Self { connection, _control: (send, receive), _endpoint: endpoint }
    }

    /// The program is closed by its user.
    pub async fn leave(self) {
        self.connection.close(1_u32.into(), b"");
        self._endpoint.wait_idle().await;
    }
}

/// A program that has said which company it is of.
async fn greet(
    relay: SocketAddr,
    tenant: TenantId,
) -> (quinn::Endpoint, quinn::Connection, (quinn::SendStream, quinn::RecvStream)) {
    let endpoint = endpoint();
    let connection = endpoint.connect(relay, "relay").unwrap().await.unwrap();
    let (mut send, mut receive) = connection.open_bi().await.unwrap();
    let program = ShownText::lossy("0.1.0 test");
    say(&mut send, &ToRelay::Hello(Hello { versions: SPOKEN, tenant, program })).await;
    assert!(matches!(hear(&mut receive).await, FromRelay::Welcome(_)));
    (endpoint, connection, (send, receive))
}

async fn say(send: &mut quinn::SendStream, message: &ToRelay) {
    send.write_all(&frame::encode(message, OUTER_MESSAGE_BYTES).unwrap()).await.unwrap();
}

async fn hear(receive: &mut quinn::RecvStream) -> FromRelay {
    let mut length = [0; frame::LENGTH_BYTES];
    receive.read_exact(&mut length).await.unwrap();
    let mut body = vec![0; frame::body_length(length, OUTER_MESSAGE_BYTES).unwrap()];
    receive.read_exact(&mut body).await.unwrap();
    frame::decode_body(&body, OUTER_MESSAGE_BYTES).unwrap()
}

fn endpoint() -> quinn::Endpoint {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
        .with_no_client_auth();
    tls.alpn_protocols = vec![ALPN_OUTER.to_vec()];
    let mut endpoint = quinn::Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
    endpoint.set_default_client_config(quinn::ClientConfig::new(Arc::new(
        quinn::crypto::rustls::QuicClientConfig::try_from(tls).unwrap(),
    )));
    endpoint
}

/// These tests are not about the relay's certificate.
#[derive(Debug)]
pub struct Anyone;

impl rustls::client::danger::ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &rustls_pki_types::CertificateDer<'_>,
        _: &[rustls_pki_types::CertificateDer<'_>],
        _: &rustls_pki_types::ServerName<'_>,
        _: &[u8],
        _: rustls_pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &rustls_pki_types::CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &rustls_pki_types::CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// An answer, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |l| l.to_str().unwrap())
    }
}

/// A browser: keeps its cookie, sends what browsers send.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    pub host: String,
    pub cookie: Option<String>,
    /// Of a login that is on its way to a provider and back.
    pub flow: Option<String>,
    /// The company whose login it was shown last.
    pub company: Option<String>,
    /// The page that it asked for before it was led to a login.
    pub destination: Option<String>,
    pub source: Source,
    /// How much later than now it is for this browser.
    pub later: Duration,
    pub language: &'static str,
}

impl Browser {
    pub fn new(shared: &Arc<Shared>) -> Self {
        let router = router(shared.clone(), CancellationToken::new());
        let source = Source([127, 0, 0, 1].into());
        Self {
            router,
            host: shared.listen().to_string(),
            cookie: None,
            flow: None,
            company: None,
            destination: None,
            source,
            later: Duration::ZERO,
            language: "pt-BR",
        }
    }

    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.host)
            .header(header::ACCEPT_LANGUAGE, self.language);
        for cookie in [&self.cookie, &self.flow, &self.company, &self.destination].into_iter().flatten() {
            request = request.header(header::COOKIE, cookie);
        }
        request
    }

    /// The answer as it begins: its body may go on for as long as it likes.
    pub async fn open(&self, mut request: Request<Body>) -> Response {
        request.extensions_mut().insert(self.source);
        request.extensions_mut().insert(Arrived(Instant::now() + self.later));
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn send(&mut self, request: Request<Body>) -> Answer {
        let (parts, body) = self.open(request).await.into_parts();
        for set in parts.headers.get_all(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            if set.starts_with("__Host-amparo=") {
                let pair = set.split(';').next().unwrap();
                self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
            }
            if set.starts_with("__Host-amparo-provider=") {
                let pair = set.split(';').next().unwrap();
                self.flow = (!pair.ends_with('=')).then(|| pair.to_owned());
            }
            if set.starts_with("__Host-amparo-to=") {
                let pair = set.split(';').next().unwrap();
                self.destination = (!pair.ends_with('=')).then(|| pair.to_owned());
            }
            if set.starts_with("__Host-amparo-company=") {
                let pair = set.split(';').next().unwrap();
                self.company = (!pair.ends_with('=')).then(|| pair.to_owned());
            }
        }
        let body = to_bytes(body, 4 << 20).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// A form as one of our own pages sends it.
    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf().await;
        let mut fields = form.to_vec();
        if !csrf.is_empty() {
            fields.push(("_csrf", &csrf));
        }
        self.post_bare(
            path,
            &fields,
            &[("origin", &format!("https://{}", self.host)), ("sec-fetch-site", "same-origin")],
        )
        .await
    }

    /// A form with just these headers.
    pub async fn post_bare(&mut self, path: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let mut request =
            self.request(Method::POST, path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = form.iter().map(|(k, v)| format!("{}={}", encoded(k), encoded(v))).collect::<Vec<_>>().join("&");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// The token that this login's pages carry.
    pub async fn csrf(&mut self) -> String {
        if self.cookie.is_none() {
            return String::new();
        }
        let page = self.get("/account").await.body;
        page.split("name=\"_csrf\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_default()
            .to_owned()
    }

    pub async fn log_in(&mut self, user: &str, password: &str) -> Answer {
        self.post("/login", &[("user", user), ("password", password)]).await
    }

    /// At the login page of the company with this word, as its form sends it.
    pub async fn log_in_at(&mut self, word: &str, user: &str, password: &str) -> Answer {
        let page = self.get(&format!("/c/{word}/login")).await;
        let company = format!("name=\"company\" value=\"{word}\"");
        assert!(page.status == StatusCode::OK && page.body.contains(&company), "{} {}", page.status, page.body);
        self.post("/login", &[("company", word), ("user", user), ("password", password)]).await
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
