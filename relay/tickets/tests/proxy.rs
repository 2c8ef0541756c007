//! Calls through a company's proxy, which is a little one on this machine.

#![allow(clippy::unwrap_used)]

extern crate amparo_tickets as tickets;

mod common;
mod fakes;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use common::at;
use fakes::Server;
use tickets::{
    Cause, ReportError, TicketSystem,
    clock::Clock,
    kind::{self, Means, Problem},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const LOGIN: &str = "amparo:pr0xy-s3gredo";

/// What the proxy does when it is asked.
#[derive(Clone, Copy, PartialEq)]
enum Does {
    Connect,
    AskForLogin,
    Answer(&'static str),
    Flood,
    HangUp,
}

struct Proxy {
    address: String,
    heads: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Whatever it is asked for, it connects to this server: names are the proxy's to look up.
async fn proxy(server: &Server, does: Does) -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let heads = Arc::new(Mutex::new(Vec::new()));
    let (kept, to) = (heads.clone(), server.base.trim_start_matches("http://").to_owned());
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, does, to.clone(), kept.clone()));
        }
    });
    Proxy { address, heads, task }
}

async fn serve(mut stream: TcpStream, does: Does, to: String, heads: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    heads.lock().unwrap().push(head.clone());
    let basic = format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(LOGIN));
    let lets = does == Does::Connect || (does == Does::AskForLogin && head.contains(&basic));
    if lets {
        stream.write_all(b"HTTP/1.1 200 Connection established\r\nvia: x\r\n\r\n").await.unwrap();
        let mut server = TcpStream::connect(to).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
        return;
    }
    let _ = match does {
        Does::AskForLogin => {
            let refusal = format!("HTTP/1.1 407 {head}\r\n\r\n");
            stream.write_all(refusal.replace("\r\n\r\n\r\n", "\r\n").as_bytes()).await
        }
        Does::Answer(text) => stream.write_all(text.as_bytes()).await,
        Does::Flood => {
            let line = "x-filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(1_000);
            stream.write_all(format!("HTTP/1.1 200 OK\r\n{line}").as_bytes()).await
        }
        Does::HangUp | Does::Connect => Ok(()),
    };
}

fn typed(server: &Server, base: &str, proxy: &str, login: &str) -> BTreeMap<String, String> {
    let mut typed = server.typed();
    typed.insert("base".into(), base.into());
    typed.insert("plain".into(), "yes".into());
    typed.insert("proxy".into(), proxy.into());
    typed.insert("proxy_login".into(), login.into());
    typed
}

fn system(typed: &BTreeMap<String, String>, clock: &Clock) -> Arc<dyn TicketSystem> {
    let kind = kind::of("redmine").unwrap();
    let settings = kind.parse(typed).unwrap();
    (kind.connect)(&settings, &Means::new(clock.clone())).unwrap()
}

async fn served() -> (Server, Clock) {
    let clock = Clock::standing_at(at(0));
    (Server::start(fakes::of("redmine"), clock.clone()).await, clock)
}

#[tokio::test]
async fn every_call_goes_through_the_proxy_and_names_are_its_to_look_up() {
    let (server, clock) = served().await;
    for (does, login) in [(Does::Connect, ""), (Does::Connect, LOGIN), (Does::AskForLogin, LOGIN)] {
        let proxy = proxy(&server, does).await;
        let base = "http://redmine.intranet.invalid:8080";
        let system = system(&typed(&server, base, &proxy.address, login), &clock);
        let before = server.asked().len();
        assert_eq!(system.account().await.unwrap().name, "agente");
        let heads = proxy.heads.lock().unwrap().clone();
        let calls = server.asked().len() - before;
        assert!(calls > 1 && heads.len() == calls, "one connection a call: {calls} calls, {heads:?}");
        for head in heads {
            assert!(head.starts_with(
                "CONNECT redmine.intranet.invalid:8080 HTTP/1.1\r\nHost: redmine.intranet.invalid:8080\r\n"
            ));
            assert_eq!(head.contains("Proxy-Authorization"), !login.is_empty(), "{head}");
            // What is the system's own stays between us and the system.
            assert!(!head.to_lowercase().contains("redmine-api-key"), "{head}");
        }
        let asked = server.asked();
        assert!(asked.iter().all(|asked| asked.header("proxy-authorization").is_empty()));
    }
}

#[tokio::test]
async fn encryption_goes_through_the_proxy_from_end_to_end() {
    let (server, clock) = served().await;
    let names = vec!["redmine.varanda.invalid".to_owned()];
    let issued = rcgen::generate_simple_self_signed(names).unwrap();
    let front = fakes::tls::front(&server, &issued).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let to = front.base.trim_start_matches("https://").to_owned();
    let port = to.rsplit(':').next().unwrap().to_owned();
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Does::Connect, format!("127.0.0.1:{port}"), Arc::default()));
        }
    });
    let mut typed = typed(&server, "https://redmine.varanda.invalid", &address, "");
    typed.insert("certificates".into(), issued.cert.pem());
    assert_eq!(system(&typed, &clock).account().await.unwrap().name, "agente");
    // Whoever stands between and shows another certificate is not spoken to.
    typed.insert("base".into(), "https://other.varanda.invalid".into());
    let refused = system(&typed, &clock).account().await.unwrap_err();
    assert!(matches!(refused, ReportError::Unreachable(Cause::Tls(_))), "{refused:?}");
    task.abort();
}

#[tokio::test]
async fn a_proxy_that_does_not_let_us_through_is_told_of_and_nothing_was_sent() {
    let (server, clock) = served().await;
    for (does, login, words) in [
        (Does::AskForLogin, "", "407"),
        (Does::AskForLogin, "amparo:wrong-password", "407"),
        (Does::Answer("HTTP/1.1 403 Forbidden by amparo:pr0xy-s3gredo\r\n\r\n"), LOGIN, "403"),
        (Does::Answer("HTTP/1.0 302 Found\r\nlocation: /\r\n\r\n"), "", "302"),
        (Does::Answer("SSH-2.0-OpenSSH\r\n\r\n"), "", "not a proxy's"),
        (Does::Answer("HTTP/1.1 abc\r\n\r\n"), "", "not a proxy's"),
        (Does::Flood, "", "not a proxy's"),
        (Does::HangUp, "", "not a proxy's"),
    ] {
        let proxy = proxy(&server, does).await;
        let system = system(&typed(&server, "http://redmine.intranet.invalid", &proxy.address, login), &clock);
        let refused = system.account().await.unwrap_err();
        let ReportError::Unreachable(Cause::Proxy(why)) = &refused else { panic!("{refused:?}") };
        assert!(why.contains(words), "{why}");
        assert!(!refused.is_uncertain(), "{why}");
        let all = format!("{refused:?} {refused}");
        let basic = STANDARD.encode(LOGIN);
        for secret in [LOGIN, "pr0xy", "wrong-password", basic.as_str()] {
            assert!(!all.contains(secret), "{all}");
        }
        assert_eq!(server.calls(), 0);
    }
    // One that is not there.
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let system = system(&typed(&server, &server.base, &format!("http://{nobody}"), ""), &clock);
    let refused = system.account().await.unwrap_err();
    assert!(matches!(&refused, ReportError::Unreachable(Cause::Proxy(why)) if why.contains("reached")), "{refused:?}");
}

#[tokio::test]
async fn what_is_no_proxys_address_or_login_is_told_beside_its_field() {
    let (server, _) = served().await;
    let kind = kind::of("redmine").unwrap();
    for (address, login, problem) in [
        ("proxy:3128", "", ("proxy", Problem::NotAProxy)),
        ("https://proxy:3128", "", ("proxy", Problem::NotAProxy)),
        ("http://u:p@proxy:3128", "", ("proxy", Problem::NotAProxy)),
        ("http://proxy:3128", "amparo", ("proxy_login", Problem::NotALogin)),
        ("http://proxy:3128", ":", ("proxy_login", Problem::NotALogin)),
    ] {
        let typed = typed(&server, &server.base, address, login);
        let problems = match kind.parse(&typed) {
            Err(problems) => problems,
            Ok(settings) => (kind.connect)(&settings, &Means::default()).err().unwrap(),
        };
        assert_eq!(problems, [problem], "{address} {login}");
    }
}
