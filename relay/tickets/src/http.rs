//! Calls to one ticketing system over HTTP. Used by the adapters, which say what is asked and read what is answered.
//!
//! One connection a call: what was never connected was never written, and no idle connection breaks under a call. Redirects are not
//! followed, answers are cut at [`LONGEST_ANSWER`] or earlier, every call passes the gate. An address with its query is never logged or put into an
//! error: some systems want their token there.

pub mod proxy;
mod reach;
pub mod trust;

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{Method, Request, StatusCode, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::ServerName;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::{
    clock::Clock,
    gate::Gate,
    secret::{Redactor, Secret},
    system::{Cause, Refusal, ReportError},
};

pub use reach::is_public;

/// No answer may be longer: a ticket with a thousand notes fits.
pub const LONGEST_ANSWER: usize = 8 * 1024 * 1024;
/// A system's words are cut to this many characters.
const WORDS: usize = 300;
/// How deep and how many of an error's texts are read.
const WORDS_DEPTH: usize = 6;

/// How long is waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a connection, its encryption included.
    pub connect: Duration,
    /// For a whole call.
    pub answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), answer: Duration::from_secs(15) }
    }
}

/// A ticketing system's address and how it is spoken to.
#[derive(Clone)]
pub struct Http {
    base: Url,
    trust: trust::Trust,
    patience: Patience,
    gate: Arc<Gate>,
    clock: Clock,
    redactor: Arc<Redactor>,
    /// What is between us and the system.
    proxy: Option<proxy::Proxy>,
    /// Only addresses on the public web are spoken to.
    public: bool,
    /// Answers are cut at this many bytes.
    longest: usize,
}

/// One question.
#[derive(Debug, Clone)]
pub struct Call {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(header::HeaderName, Secret)>,
    body: Option<(&'static str, Bytes)>,
    /// Whether words that ask to wait are about what is asked for here, and not about all calls.
    narrow: Option<fn(&str) -> bool>,
}

impl Call {
    /// `GET`
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// `POST`
    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    /// `PUT`
    pub fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path)
    }

    /// `PATCH`
    pub fn patch(path: impl Into<String>) -> Self {
        Self::new(Method::PATCH, path)
    }

    fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), query: Vec::new(), headers: Vec::new(), body: None, narrow: None }
    }

    /// One more parameter of the query; escaped here.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// A system that asks to wait in such words means this object only: its other calls go on.
    #[must_use]
    pub fn limited_by_itself(mut self, says_so: fn(&str) -> bool) -> Self {
        self.narrow = Some(says_so);
        self
    }

    /// A header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((header::HeaderName::from_static(name), Secret::new(value)));
        self
    }

    /// A header that holds a secret.
    #[must_use]
    pub fn credential(self, name: &'static str, before: &str, secret: &Secret) -> Self {
        self.header(name, format!("{before}{}", secret.expose()))
    }

    /// Name and password as HTTP's own log-in.
    #[must_use]
    pub fn basic(self, name: &str, password: &Secret) -> Self {
        let both = Secret::new(format!("{name}:{}", password.expose()));
        self.header("authorization", format!("Basic {}", STANDARD.encode(both.expose())))
    }

    /// A JSON body.
    #[must_use]
    pub fn json(mut self, value: &Value) -> Self {
        self.body = Some(("application/json", Bytes::from(value.to_string())));
        self
    }

    /// A form as a body.
    #[must_use]
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body = Some(("application/x-www-form-urlencoded", Bytes::from(body)));
        self
    }

    /// These bytes, said to be JSON.
    #[must_use]
    pub fn json_bytes(mut self, bytes: impl Into<Bytes>) -> Self {
        self.body = Some(("application/json", bytes.into()));
        self
    }
}

/// One piece of a path, escaped.
pub fn segment(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}

/// What came back, whatever its status.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: header::HeaderMap,
    /// Its body.
    pub body: Bytes,
    redactor: Arc<Redactor>,
}

impl Http {
    /// Speaks to the system at this address.
    pub fn new(
        base: Url,
        trust: trust::Trust,
        patience: Patience,
        gate: Arc<Gate>,
        clock: Clock,
        secrets: &[&Secret],
    ) -> Self {
        let redactor = Redactor::default();
        for secret in secrets {
            redactor.learn(secret);
        }
        Self {
            base,
            trust,
            patience,
            gate,
            clock,
            redactor: Arc::new(redactor),
            proxy: None,
            public: false,
            longest: LONGEST_ANSWER,
        }
    }

    /// The address without a slash at its end, for people.
    pub fn base(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// The clock that calls are limited by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A secret that was given on the way: taken out of texts from now on.
    pub fn learn(&self, secret: &Secret) {
        self.redactor.learn(secret);
    }

    /// As this one, at another address of the same system.
    #[must_use]
    pub fn at(&self, base: Url) -> Self {
        Self { base, ..self.clone() }
    }

    /// As this one, through this proxy.
    #[must_use]
    pub fn through(self, proxy: Option<proxy::Proxy>) -> Self {
        Self { proxy, ..self }
    }

    /// As this one, but what its name stands for must be on the public web at each call.
    #[must_use]
    pub fn public_only(self) -> Self {
        Self { public: true, ..self }
    }

    /// As this one, but with answers that are cut at fewer bytes.
    #[must_use]
    pub fn at_most(self, bytes: usize) -> Self {
        Self { longest: bytes.min(LONGEST_ANSWER), ..self }
    }

    /// Asks, and gives any answer that is one. A status that asks to wait or tells a failure of the system's own is an error already.
    ///
    /// # Errors
    /// When nothing was sent, when there is no answer, or when it is 408, 409, 429 or 5xx.
    pub async fn send(&self, call: Call) -> Result<Answer, ReportError> {
        self.gate.spend(self.clock.now()).map_err(|until| ReportError::RateLimited { until: Some(until) })?;
        let (method, path, narrow) = (call.method.clone(), call.path.clone(), call.narrow);
        let answer = match tokio::time::timeout(self.patience.answer, self.exchange(call)).await {
            Ok(answer) => answer,
            Err(_) => Err(Cause::TimedOut(self.patience.answer)),
        };
        let now = self.clock.now();
        let answer = answer.map_err(|cause| {
            self.gate.unreachable(now);
            ReportError::Unreachable(cause)
        })?;
        let status = answer.status.as_u16();
        tracing::debug!(%method, path, status, "ticketing system");
        self.gate.answered(answer.status.is_client_error() || answer.status.is_server_error(), now);
        let asked = retry_after(&answer.headers, now);
        let of_all = status >= 500 || (status == 429 && !narrow.is_some_and(|says_so| says_so(&answer.words())));
        if let Some(until) = asked.filter(|_| of_all) {
            self.gate.wait_until(until, now);
        }
        match status {
            429 => Err(ReportError::RateLimited { until: asked }),
            408 | 409 | 500.. => Err(ReportError::Unreachable(Cause::Failed(status))),
            300..400 => Err(ReportError::refused(format!(
                "{status}: it sends us to another address; correct the address in the connection"
            ))),
            _ => Ok(answer),
        }
    }

    async fn exchange(&self, call: Call) -> Result<Answer, Cause> {
        let stream = tokio::time::timeout(self.patience.connect, self.connect());
        let stream = stream.await.map_err(|_| Cause::Refused)??;
        let (mut sender, connection) =
            http1::Builder::new().handshake(TokioIo::new(stream)).await.map_err(|_| Cause::Refused)?;
        // Ends with the call: with its answer, or with the time that is given to it.
        let driver = AbortOnDrop(tokio::spawn(async move {
            // What breaks is seen by the call itself.
            let _ = connection.await;
        }));
        let request = self.request(call).map_err(|what| Cause::Tls(what.to_owned()))?;
        let answer = sender.send_request(request).await.map_err(|_| Cause::Reset)?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, self.longest).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                Cause::Garbage(format!("it has more than {} bytes", self.longest))
            } else {
                Cause::Reset
            }
        })?;
        drop(driver);
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
            redactor: self.redactor.clone(),
        })
    }

    async fn connect(&self) -> Result<Box<dyn Stream>, Cause> {
        let port = self.base.port_or_known_default().ok_or(Cause::Refused)?;
        let (host, name) = match self.base.host().ok_or(Cause::Refused)? {
            Host::Domain(name) => (name.to_owned(), ServerName::try_from(name.to_owned())),
            Host::Ipv4(ip) => (ip.to_string(), Ok(ServerName::from(std::net::IpAddr::V4(ip)))),
            Host::Ipv6(ip) => (ip.to_string(), Ok(ServerName::from(std::net::IpAddr::V6(ip)))),
        };
        let stream = match &self.proxy {
            Some(proxy) => proxy.open(&self.base).await?,
            None => self.direct(&host, port).await?,
        };
        // A delay of a small packet is worth more than its overhead; failing to ask for it harms nothing.
        let _ = stream.set_nodelay(true);
        if self.base.scheme() != "https" {
            return Ok(Box::new(stream));
        }
        let name = name.map_err(|_| Cause::Tls("its name is not one a certificate can have".to_owned()))?;
        let connector = TlsConnector::from(self.trust.config());
        let stream = connector.connect(name, stream).await.map_err(|error| Cause::Tls(error.to_string()))?;
        Ok(Box::new(stream))
    }

    async fn direct(&self, host: &str, port: u16) -> Result<TcpStream, Cause> {
        let stands_for = tokio::net::lookup_host((host, port)).await.map_err(|_| Cause::Refused)?;
        let allowed: Vec<_> = stands_for.filter(|address| !self.public || is_public(address.ip())).collect();
        if allowed.is_empty() {
            return Err(Cause::Tls("its name stands for an address within the own network".to_owned()));
        }
        TcpStream::connect(&allowed[..]).await.map_err(|_| Cause::Refused)
    }

    fn request(&self, call: Call) -> Result<Request<Full<Bytes>>, &'static str> {
        let mut target = format!("{}{}", self.base.path().trim_end_matches('/'), call.path);
        if target.is_empty() {
            target.push('/');
        }
        if !call.query.is_empty() {
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&call.query).finish();
            // In a path's query some systems take a plus for itself.
            target = format!("{target}?{}", query.replace('+', "%20"));
        }
        let host = &self.base[url::Position::BeforeHost..url::Position::AfterPort];
        let mut request = Request::builder()
            .method(call.method)
            .uri(target)
            .header(header::HOST, host)
            .header(header::USER_AGENT, concat!("Amparo/", env!("CARGO_PKG_VERSION")))
            .header(header::ACCEPT, "application/json")
            .header(header::CONNECTION, "close");
        for (name, value) in call.headers {
            let mut value = header::HeaderValue::from_str(value.expose())
                .map_err(|_| "the credential holds characters that cannot be sent")?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        let body = match call.body {
            Some((kind, body)) => {
                request = request.header(header::CONTENT_TYPE, kind);
                body
            }
            None => Bytes::new(),
        };
        request.body(Full::new(body)).map_err(|_| "the address cannot be asked for")
    }
}

impl Answer {
    /// The answer when it says that all is well.
    ///
    /// # Errors
    /// What it says instead.
    pub fn good(self) -> Result<Self, ReportError> {
        if self.status.is_success() { Ok(self) } else { Err(self.refusal()) }
    }

    /// The answer when it says that all is well; `None` when there is no such thing (404, 410).
    ///
    /// # Errors
    /// What it says instead.
    pub fn found(self) -> Result<Option<Self>, ReportError> {
        if self.status == StatusCode::NOT_FOUND || self.status == StatusCode::GONE {
            return Ok(None);
        }
        self.good().map(Some)
    }

    /// What a status of the 4xx means, in the system's own words.
    pub fn refusal(&self) -> ReportError {
        let refusal = match self.status.as_u16() {
            401 => Refusal::Credential,
            403 => Refusal::Rights,
            _ => Refusal::Request,
        };
        let (status, words) = (self.status.as_u16(), self.words());
        let why = if words.is_empty() { status.to_string() } else { format!("{status}: {words}") };
        ReportError::Rejected { refusal, why }
    }

    /// Its JSON.
    ///
    /// # Errors
    /// When it is something else.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ReportError> {
        // The error of the parser may repeat what it has read: only where it stands is told.
        serde_json::from_slice(&self.body).map_err(|e| {
            ReportError::garbage(format_args!("not the JSON that is documented, at {}:{}", e.line(), e.column()))
        })
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// What it says in words: of JSON the texts that explain, of pages nothing, of plain text the text; cut, without secrets.
    pub fn words(&self) -> String {
        let text = match serde_json::from_slice::<Value>(&self.body) {
            Ok(value) => {
                let mut found = Vec::new();
                explanations(&value, false, 0, &mut found);
                found.join("; ")
            }
            Err(_) if self.body.trim_ascii_start().starts_with(b"<") => String::new(),
            Err(_) => String::from_utf8_lossy(&self.body).into_owned(),
        };
        // Cleaned before it is cut: half a secret is no secret that is known.
        let clean = self.redactor.clean(&text);
        let plain: String = clean.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS).collect();
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Collects the texts under names that explain.
fn explanations(value: &Value, explains: bool, depth: usize, found: &mut Vec<String>) {
    if depth > WORDS_DEPTH || found.len() > 8 {
        return;
    }
    match value {
        Value::String(text) if explains && !found.contains(text) => found.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|v| explanations(v, explains || depth == 0, depth + 1, found)),
        Value::Object(all) => {
            for (name, value) in all {
                let name = name.to_ascii_lowercase();
                let is =
                    ["message", "error", "description", "detail", "reason", "title"].iter().any(|w| name.contains(w));
                explanations(value, is || (explains && depth < 3), depth + 1, found);
            }
        }
        _ => {}
    }
}

/// When we are asked to come back: seconds, or a date.
fn retry_after(headers: &header::HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return now.checked_add(SignedDuration::from_secs(i64::from(seconds))).ok();
    }
    jiff::fmt::rfc2822::parse(text).ok().map(|date| date.timestamp())
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let redactor = Redactor::default();
        redactor.learn(&Secret::new("tok-12345"));
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: header::HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            redactor: Arc::new(redactor),
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_systems_own_words_and_without_the_token() {
        for (body, words) in [
            (r#"{"errors":["Subject cannot be blank"]}"#, "422: Subject cannot be blank"),
            (r#"{"message":"Unauthorized tok-12345"}"#, "422: Unauthorized •••"),
            (r#"["ERROR_GLPI_ADD","You may not"]"#, "422: ERROR_GLPI_ADD; You may not"),
            (
                r#"[{"message":"Missing: [LastName]","errorCode":"REQUIRED_FIELD_MISSING","fields":["LastName"]}]"#,
                "422: REQUIRED_FIELD_MISSING; LastName; Missing: [LastName]",
            ),
            ("<html><body>Oops</body></html>", "422"),
            ("", "422"),
            ("The query\n is wrong", "422: The query is wrong"),
        ] {
            match answer(422, body).refusal() {
                ReportError::Rejected { refusal: Refusal::Request, why } => {
                    let mut got: Vec<&str> = why.split("; ").collect();
                    let mut want: Vec<&str> = words.split("; ").collect();
                    got.sort_unstable();
                    want.sort_unstable();
                    assert_eq!(got, want, "{body}");
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn an_answer_that_is_no_json_is_told_without_its_content() {
        let error = answer(200, "{\"api_key\": tok-12345").json::<Value>().unwrap_err();
        assert!(!format!("{error:?}").contains("tok"), "{error:?}");
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let now: Timestamp = "2026-11-21T14:00:00Z".parse().unwrap();
        for (text, seconds) in [
            ("30", Some(30)),
            (" 0 ", Some(0)),
            ("Sat, 21 Nov 2026 14:01:00 GMT", Some(60)),
            ("soon", None),
            ("-1", None),
        ] {
            let mut headers = header::HeaderMap::new();
            headers.insert(header::RETRY_AFTER, text.parse().unwrap());
            let got = retry_after(&headers, now).map(|t| t.as_second() - now.as_second());
            assert_eq!(got, seconds, "{text}");
        }
    }

    #[test]
    fn a_piece_of_a_path_cannot_leave_its_place() {
        assert_eq!(segment("../a b?c#d%"), "..%2Fa%20b%3Fc%23d%25");
    }
}
