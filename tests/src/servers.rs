//! Servers of other people as small as can be, each on an address of this machine: one that takes or answers HTTP calls, one that takes
//! letters. They keep what they were told, and end when they are dropped. For tests of flows and for pages that show what came of it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::wait;
use anyhow::{Context, Result};

/// How long somebody who has called may say nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Something that was told: an HTTP call, a letter.
type Kept<T> = Arc<Mutex<Vec<T>>>;

/// A server that takes one caller after the other.
struct Server {
    address: SocketAddr,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(name: &str, mut serve: impl FnMut(TcpStream) -> Result<()> + Send + 'static) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let over = Arc::new(AtomicBool::new(false));
        let ends = over.clone();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { return };
                // Whoever breaks off is no reason not to hear the next.
                let _ = stream.set_read_timeout(Some(PATIENCE));
                let _ = serve(stream);
            }
        })?;
        Ok(Self { address, over, thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes it.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

/// An HTTP call as it came.
#[derive(Debug, Clone)]
pub struct Call {
    /// `POST /amparo`
    pub what: String,
    /// Names in small letters.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: String,
}

/// A server that is called by HTTP.
pub struct Web {
    server: Server,
    calls: Kept<Call>,
}

impl Web {
    /// Answers each call with a status and JSON.
    pub fn start(answer: impl Fn(&Call) -> (u16, String) + Send + 'static) -> Result<Self> {
        let calls: Kept<Call> = Kept::default();
        let kept = calls.clone();
        let server = Server::start("web", move |stream| {
            let mut reader = BufReader::new(stream);
            let call = read_call(&mut reader)?;
            let (status, body) = answer(&call);
            lock(&kept).push(call);
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} So\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            Ok(reader.get_mut().write_all(format!("{head}{body}").as_bytes())?)
        })?;
        Ok(Self { server, calls })
    }

    /// Takes every call and says nothing.
    pub fn receiver() -> Result<Self> {
        Self::start(|_| (204, String::new()))
    }

    /// Where it is.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    /// Waits for a call that says this, and gives it.
    pub fn wait_call(&self, words: &str) -> Result<Call> {
        wait::until(&format!("a call with {words:?}"), wait::PATIENCE, || {
            Ok(lock(&self.calls).iter().find(|call| call.body.contains(words)).cloned())
        })
        .with_context(|| format!("there were: {:?}", lock(&self.calls)))
    }
}

fn read_call(reader: &mut impl BufRead) -> Result<Call> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let first = lines.first().context("an empty call")?;
    let what = first.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let split = |line: &String| line.split_once(':').map(|(n, v)| (n.to_lowercase(), v.trim().to_owned()));
    let headers: BTreeMap<String, String> = lines[1..].iter().filter_map(split).collect();
    let length: usize = headers.get("content-length").map_or(Ok(0), |length| length.parse())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Call { what, headers, body: String::from_utf8(body)? })
}

/// The key of the Redmine below.
pub const KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f000112233";

/// A Redmine with one issue: number 5003, asked for by Cida Nogueira. It takes no other.
pub fn redmine() -> Result<Web> {
    let issue = r#"{"issue":{"id":5003,"project":{"id":1,"name":"Suporte"},"status":{"id":1,"name":"New","is_closed":false},"author":{"id":1,"name":"Cida Nogueira"},
        "subject":"Certificado vencido","description":"","created_on":"2026-11-20T12:00:00Z"}}"#;
    Web::start(move |call| {
        if call.headers.get("x-redmine-api-key").map(String::as_str) != Some(KEY) {
            return (401, String::new());
        }
        let path = call.what.split('?').next().unwrap_or_default();
        match path {
            "GET /users/current.json" => (200, r#"{"user":{"id":5,"login":"agente"}}"#.to_owned()),
            "GET /projects/suporte.json" => (200, r#"{"project":{"id":1}}"#.to_owned()),
            "GET /issues/5003.json" => (200, issue.to_owned()),
            "GET /issues.json" => (200, r#"{"issues":[],"total_count":0,"offset":0,"limit":25}"#.to_owned()),
            "POST /issues.json" => (422, r#"{"errors":["Tracker is not included in the list"]}"#.to_owned()),
            _ => (404, String::new()),
        }
    })
}

/// To whom a letter is not taken for now: whose address holds this.
pub const BUSY: &str = "ocupada";
/// To whom no letter is ever taken.
pub const FULL: &str = "lotada";

/// A mail server that takes every letter but those to [`BUSY`] and [`FULL`] people.
pub struct Post {
    server: Server,
    letters: Kept<String>,
}

impl Post {
    /// Without encryption or a password.
    pub fn start() -> Result<Self> {
        let letters: Kept<String> = Kept::default();
        let kept = letters.clone();
        let server = Server::start("post", move |stream| {
            let mut reader = BufReader::new(stream);
            if let Some(letter) = read_letter(&mut reader)? {
                lock(&kept).push(letter);
            }
            Ok(())
        })?;
        Ok(Self { server, letters })
    }

    /// Where it is.
    pub fn port(&self) -> u16 {
        self.server.address.port()
    }

    /// Waits for the first letter, and gives it.
    pub fn wait_letter(&self) -> Result<String> {
        wait::until("a letter", wait::PATIENCE, || Ok(lock(&self.letters).first().cloned()))
    }
}

fn read_letter(reader: &mut BufReader<TcpStream>) -> Result<Option<String>> {
    let mut letter = None;
    reader.get_mut().write_all(b"220 ready\r\n")?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(letter);
        }
        let answer: &[u8] = match line.split_whitespace().next().unwrap_or_default().to_uppercase().as_str() {
            "EHLO" => b"250-here\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "QUIT" => {
                reader.get_mut().write_all(b"221 bye\r\n")?;
                return Ok(letter);
            }
            "DATA" => {
                reader.get_mut().write_all(b"354 say it\r\n")?;
                let mut text = String::new();
                while !text.ends_with("\r\n.\r\n") {
                    if reader.read_line(&mut text)? == 0 {
                        return Ok(None);
                    }
                }
                letter = Some(text);
                b"250 kept\r\n"
            }
            "RCPT" if line.contains(BUSY) => b"451 4.2.1 Mailbox is busy, try again later\r\n",
            "RCPT" if line.contains(FULL) => b"550 5.2.2 Mailbox is full\r\n",
            _ => b"250 fine\r\n",
        };
        reader.get_mut().write_all(answer)?;
    }
}

fn lock<T>(kept: &Kept<T>) -> std::sync::MutexGuard<'_, Vec<T>> {
    // Each push is complete in itself.
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
