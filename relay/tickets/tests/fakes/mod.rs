//! Ticketing systems as their documentation says they behave, each in a file that knows nothing of the adapters, served over HTTP on an address
//! of this machine. What happens to a call ([`Fate`]) is decided here, so that every system can be cut off at every call.

#![allow(clippy::unwrap_used, dead_code, missing_docs)]

pub mod glpi;
pub mod movidesk;
pub mod redmine;
pub mod rt;
pub mod salesforce;
pub mod tls;
pub mod webhook;
pub mod zammad;
pub mod zendesk;

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Bytes, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::Value;
use tickets::{
    Reached, TicketSystem,
    clock::Clock,
    kind::{self, Means, Settings},
    mapping::Mapping,
};
use tokio::net::TcpListener;

/// The fake of a kind.
pub fn of(kind: &str) -> Box<dyn Fake> {
    match kind {
        "glpi" => Box::<glpi::Glpi>::default(),
        "movidesk" => Box::<movidesk::Movidesk>::default(),
        "redmine" => Box::<redmine::Redmine>::default(),
        "rt" => Box::<rt::Rt>::default(),
        "salesforce" => Box::<salesforce::Salesforce>::default(),
        "webhook" => Box::<webhook::Receiver>::default(),
        "zammad" => Box::<zammad::Zammad>::default(),
        "zendesk" => Box::<zendesk::Zendesk>::default(),
        other => panic!("no fake of {other}"),
    }
}

/// A question as it arrives.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// Method and path with the pieces of the path.
    pub fn route(&self) -> (&str, Vec<&str>) {
        (&self.method, self.path.trim_matches('/').split('/').collect())
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

pub fn json(status: u16, body: Value) -> Reply {
    Reply { status, headers: vec![("content-type".into(), "application/json".into())], body: body.to_string() }
}

pub fn empty(status: u16) -> Reply {
    Reply { status, headers: Vec::new(), body: String::new() }
}

/// What there is on a ticket: every text, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnTicket {
    pub number: String,
    pub texts: Vec<String>,
}

/// One ticketing system.
pub trait Fake: Send {
    fn kind(&self) -> &'static str;
    /// What to type into the form, without the address.
    fn settings(&self) -> Vec<(&'static str, &'static str)>;
    fn answer(&mut self, asked: &Asked, now: Timestamp) -> Reply;
    fn tickets(&self) -> Vec<OnTicket>;
    /// Opens a ticket as somebody in the system does. `None`: it is not one that has tickets.
    fn open(&mut self, subject: &str, now: Timestamp) -> Option<String>;
    /// Closes a ticket as somebody in the system does. `false`: this fake has no such person.
    fn close(&mut self, _number: &str) -> bool {
        false
    }
    /// Opens it again. `false`, as above.
    fn reopen(&mut self, _number: &str) -> bool {
        false
    }
    /// Deletes a ticket, which is kept under another number for whoever counts what is on it: that number.
    fn remove(&mut self, _number: &str) -> Option<String> {
        None
    }
    /// Whether a ticket is closed.
    fn is_closed(&self, _number: &str) -> bool {
        false
    }
    /// Somebody puts a ticket into the bin, where it can still be read.
    fn bin(&mut self, _number: &str) {}
    /// Somebody gives our account what it lacks.
    fn mend(&mut self) {}
    /// What it keeps of actions and customers beside texts.
    fn kept(&self) -> Value {
        Value::Null
    }
    /// What stands in the fields of a ticket.
    fn fields(&self, number: &str) -> Value;
    /// Where it is reached, for who tells that in answers.
    fn is_reached_at(&mut self, _base: &str) {}
    /// What a call that is answered with this status does not do, it does not do: but some count it.
    fn refused(&mut self, _status: u16, _now: Timestamp) {}
    /// Times it had to make somebody wait.
    fn blocked(&self) -> u32 {
        0
    }
}

/// What somebody writes into a field that does not take it.
pub const REFUSED: &str = "recusado";

/// The address of an attendant who works in every one of these systems.
pub const ANA_THERE: &str = "ana@varanda.example";

/// Whether something was sent that is refused.
pub fn refuses(body: &Value) -> bool {
    body.to_string().contains(&format!("\"{REFUSED}\""))
}

/// Takes fields in: of lists whose entries have an id each entry by itself, everything else as a whole.
pub fn take(fields: &mut Value, new: &Value, but: &[&str]) {
    for (name, value) in new.as_object().into_iter().flatten().filter(|(name, _)| !but.contains(&name.as_str())) {
        let entries = value.as_array().filter(|all| all.iter().any(|entry| !entry["id"].is_null()));
        match (entries, fields[name].as_array_mut()) {
            (Some(entries), Some(there)) => {
                for entry in entries {
                    there.retain(|known| known["id"] != entry["id"]);
                    there.push(entry.clone());
                }
            }
            _ => fields[name] = value.clone(),
        }
    }
}

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Ok,
    /// Works, and the connection breaks before the answer.
    OkButReset,
    /// Works, and no answer comes.
    OkButSilent,
    /// Does nothing, and no answer comes.
    Silent,
    /// Does nothing; the connection breaks.
    Reset,
    /// Does nothing; answers with this status.
    Status(u16),
    /// Works; the answer comes late but in time.
    Slow,
    /// Works; the answer is not one.
    Garbage,
    /// Does nothing; sends elsewhere.
    Redirect,
}

/// Questions that are kept, the latest: the long forms ask a million.
const KEPT: usize = 2_000;

struct Inner {
    fake: Box<dyn Fake>,
    fates: VecDeque<Fate>,
    asked: VecDeque<Asked>,
    calls: usize,
    down: bool,
}

/// A fake that is served.
pub struct Server {
    inner: Arc<Mutex<Inner>>,
    pub base: String,
    pub clock: Clock,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub async fn start(fake: Box<dyn Fake>, clock: Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let inner = Inner { fake, fates: VecDeque::new(), asked: VecDeque::new(), calls: 0, down: false };
        let inner = Arc::new(Mutex::new(inner));
        let task = tokio::spawn(serve(listener, inner.clone(), clock.clone()));
        Self { inner, base, clock, task }
    }

    /// What the connection's form is filled with.
    pub fn typed(&self) -> BTreeMap<String, String> {
        let mut typed = typed_for(self.inner.lock().unwrap().fake.as_ref());
        typed.insert("base".into(), self.base.clone());
        typed
    }

    pub fn reached(&self, means: &Means) -> Reached {
        self.reached_by(means, |settings| settings)
    }

    /// With what goes into which field of tickets.
    pub fn reached_with(&self, means: &Means, fields: &[(&str, &str)]) -> Reached {
        let kind = kind::of(self.inner.lock().unwrap().fake.kind()).unwrap();
        let pairs: Vec<(String, String)> = fields.iter().map(|(f, v)| ((*f).to_owned(), (*v).to_owned())).collect();
        let mapping = Mapping::parse(kind.targets, &pairs).unwrap();
        self.reached_by(means, |settings| settings.with_fields(mapping))
    }

    /// With settings that are changed like this.
    pub fn reached_by(&self, means: &Means, change: impl FnOnce(Settings) -> Settings) -> Reached {
        let kind = kind::of(self.inner.lock().unwrap().fake.kind()).unwrap();
        let settings = change(kind.parse(&self.typed()).unwrap());
        let system = (kind.connect)(&settings, means).unwrap();
        Reached { system, gate: means.gate(kind, &settings) }
    }

    pub fn fields(&self, number: &str) -> Value {
        self.inner.lock().unwrap().fake.fields(number)
    }

    pub fn system(&self, means: &Means) -> Arc<dyn TicketSystem> {
        self.reached(means).system
    }

    /// The fate of the next calls, in order; those after them are fine.
    pub fn fates(&self, fates: impl IntoIterator<Item = Fate>) {
        self.inner.lock().unwrap().fates = fates.into_iter().collect();
    }

    pub fn fates_left(&self) -> usize {
        self.inner.lock().unwrap().fates.len()
    }

    pub fn kept(&self) -> Value {
        self.inner.lock().unwrap().fake.kept()
    }

    pub fn bin(&self, number: &str) {
        self.inner.lock().unwrap().fake.bin(number);
    }

    pub fn mend(&self) {
        self.inner.lock().unwrap().fake.mend();
    }

    pub fn is_reached_at(&self, base: &str) {
        self.inner.lock().unwrap().fake.is_reached_at(base);
    }

    pub fn set_down(&self, down: bool) {
        self.inner.lock().unwrap().down = down;
    }

    /// What was asked, oldest first; of very much the latest.
    pub fn asked(&self) -> Vec<Asked> {
        self.inner.lock().unwrap().asked.iter().cloned().collect()
    }

    /// What was asked since there were so many calls.
    pub fn asked_since(&self, calls: usize) -> Vec<Asked> {
        let inner = self.inner.lock().unwrap();
        let since = inner.calls - calls;
        assert!(since <= inner.asked.len(), "that is not kept any more");
        inner.asked.iter().skip(inner.asked.len() - since).cloned().collect()
    }

    /// How often it was asked so far.
    pub fn calls(&self) -> usize {
        self.inner.lock().unwrap().calls
    }

    /// Waits until everything that was sent so far has been worked on.
    pub async fn quiet(&self) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = tokio::net::TcpStream::connect(self.base.trim_start_matches("http://")).await.unwrap();
        stream.write_all(b"GET /--quiet HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
    }

    pub fn blocked(&self) -> u32 {
        self.inner.lock().unwrap().fake.blocked()
    }

    pub fn tickets(&self) -> Vec<OnTicket> {
        self.inner.lock().unwrap().fake.tickets()
    }

    pub fn close(&self, number: &str) {
        assert!(self.inner.lock().unwrap().fake.close(number), "this fake closes no ticket {number}");
    }

    pub fn reopen(&self, number: &str) {
        assert!(self.inner.lock().unwrap().fake.reopen(number), "this fake opens no ticket {number}");
    }

    pub fn remove(&self, number: &str) -> String {
        self.inner.lock().unwrap().fake.remove(number).expect("a ticket that is there")
    }

    pub fn is_closed(&self, number: &str) -> bool {
        self.inner.lock().unwrap().fake.is_closed(number)
    }

    pub fn open(&self, subject: &str) -> Option<String> {
        let now = self.clock.now();
        self.inner.lock().unwrap().fake.open(subject, now)
    }
}

/// What the form of a fake's kind is filled with, but for its address.
pub fn typed_for(fake: &dyn Fake) -> BTreeMap<String, String> {
    let fields = kind::of(fake.kind()).unwrap().fields();
    let mut typed: BTreeMap<String, String> = fields.map(|f| (f.key.to_owned(), f.default.to_owned())).collect();
    typed.extend(fake.settings().into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())));
    typed.insert("patience".into(), "1".into());
    typed
}

async fn serve(listener: TcpListener, inner: Arc<Mutex<Inner>>, clock: Clock) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (inner, clock) = (inner.clone(), clock.clone());
        connections.spawn(async move {
            let service = service_fn(move |request| answer(request, inner.clone(), clock.clone()));
            // A connection that breaks is the point of many a test.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Ends the connection without an answer.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken off")
    }
}

impl std::error::Error for Broken {}

async fn answer(
    request: Request<Incoming>,
    inner: Arc<Mutex<Inner>>,
    clock: Clock,
) -> Result<Response<Full<Bytes>>, Broken> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes().to_vec();
    let query = head.uri.query().unwrap_or_default();
    let asked = Asked {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: form(query),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect(),
        body,
    };
    if asked.path == "/--quiet" {
        return Ok(Response::builder().status(204).body(Full::new(Bytes::new())).unwrap());
    }
    let (reply, fate) = {
        let mut inner = inner.lock().unwrap();
        inner.calls += 1;
        inner.asked.push_back(asked.clone());
        if inner.asked.len() > KEPT {
            inner.asked.pop_front();
        }
        let fate = if inner.down { Fate::Reset } else { inner.fates.pop_front().unwrap_or(Fate::Ok) };
        let now = clock.now();
        let reply = match fate {
            Fate::Silent | Fate::Reset | Fate::Redirect => empty(302),
            Fate::Status(status) => {
                inner.fake.refused(status, now);
                let mut reply = json(status, serde_json::json!({ "message": repeated(&asked) }));
                if status == 429 {
                    reply.headers.push(("retry-after".into(), "30".into()));
                }
                reply
            }
            _ => inner.fake.answer(&asked, now),
        };
        (reply, fate)
    };
    match fate {
        Fate::OkButReset | Fate::Reset => return Err(Broken),
        Fate::OkButSilent | Fate::Silent => {
            // Until the caller has gone.
            std::future::pending::<Infallible>().await;
        }
        Fate::Slow => tokio::time::sleep(Duration::from_millis(100)).await,
        _ => {}
    }
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let body = match fate {
        // A refusal stays one: what is garbled is what says that all is well.
        Fate::Garbage if reply.status < 400 => "<html>502 but with 200</html>".to_owned(),
        _ => reply.body,
    };
    if fate == Fate::Redirect {
        response = response.header("location", "https://elsewhere.example/");
    }
    Ok(response.body(Full::new(Bytes::from(body))).unwrap())
}

/// What careless systems put into an error: everything they were sent, the secrets among it.
fn repeated(asked: &Asked) -> String {
    let query: Vec<String> = asked.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let headers: Vec<String> = asked.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    format!("{} {} {}", headers.join(" "), asked.path, query.join("&"))
}

/// A query or a form, read.
pub fn form(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (unescape(name), unescape(value))
        })
        .collect()
}

fn unescape(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        match b {
            b'+' => out.push(b' '),
            b'%' => {
                let hex: Vec<u8> = bytes.by_ref().take(2).collect();
                out.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
            }
            b => out.push(b),
        }
    }
    String::from_utf8(out).unwrap()
}

/// The text between single quotes after `before`, doubled or escaped quotes read.
pub fn quoted_after(text: &str, before: &str) -> Option<String> {
    let rest = &text[text.find(before)? + before.len()..];
    let rest = rest.trim_start().strip_prefix('\'')?;
    let mut out = String::new();
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            '\'' if chars.peek() == Some(&'\'') => {
                chars.next();
                out.push('\'');
            }
            '\'' => return Some(out),
            c => out.push(c),
        }
    }
    None
}

/// HTML as text, as systems show it that strip it.
pub fn stripped(html: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                out.push(' ');
            }
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}
