//! A mail server as small as can be, on an address of this machine: takes letters, or fails in one of the ways that servers do.

#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use base64::Engine;
use rustls_pki_types::PrivatePkcs8KeyDer;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What becomes of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Takes,
    /// 451 to the sender: not now.
    NotNow,
    /// 550 to the recipient: never.
    Refuses,
    /// Says nothing.
    Silent,
    /// Is something else.
    Garbage,
    /// Ends in the middle of the letter.
    Breaks,
}

#[derive(Default)]
struct Kept {
    next: VecDeque<Manner>,
    letters: Vec<String>,
    /// What was said before the line was protected.
    in_the_open: Vec<String>,
    connections: usize,
}

/// A server, for as long as this lives.
pub struct Receiver {
    pub port: u16,
    /// Its certificate, in PEM, where it has one.
    pub authority: String,
    kept: Arc<Mutex<Kept>>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    pub async fn plain() -> Self {
        Self::start(false).await
    }

    /// Offers STARTTLS, with a certificate of its own.
    pub async fn with_starttls() -> Self {
        Self::start(true).await
    }

    async fn start(starttls: bool) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let acceptor = starttls.then(|| {
            let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
            let config =
                rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                    .with_safe_default_protocol_versions()
                    .unwrap()
                    .with_no_client_auth()
                    .with_single_cert(vec![made.cert.der().clone()], key.into())
                    .unwrap();
            tokio_rustls::TlsAcceptor::from(Arc::new(config))
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let kept = Arc::new(Mutex::new(Kept::default()));
        let shared = kept.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let manner = {
                    let mut kept = shared.lock().unwrap();
                    kept.connections += 1;
                    kept.next.pop_front().unwrap_or(Manner::Takes)
                };
                let _ = serve(stream, manner, acceptor.clone(), &shared).await;
            }
        });
        Self { port, authority: made.cert.pem(), kept, task }
    }

    /// The next connections go like this; the ones after them are taken.
    pub fn next(&self, manners: &[Manner]) {
        self.kept.lock().unwrap().next = manners.iter().copied().collect();
    }

    pub fn letters(&self) -> Vec<String> {
        self.kept.lock().unwrap().letters.clone()
    }

    pub fn in_the_open(&self) -> String {
        self.kept.lock().unwrap().in_the_open.join("\n")
    }

    pub fn connections(&self) -> usize {
        self.kept.lock().unwrap().connections
    }
}

/// The password that is taken.
pub const PASSWORD: &str = "senha-do-correio";

async fn serve(
    mut stream: TcpStream,
    manner: Manner,
    acceptor: Option<tokio_rustls::TlsAcceptor>,
    kept: &Mutex<Kept>,
) -> std::io::Result<()> {
    match manner {
        Manner::Silent => {
            // Until the other side has had enough.
            let mut line = String::new();
            BufReader::new(&mut stream).read_line(&mut line).await?;
            return Ok(());
        }
        Manner::Garbage => return stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await,
        _ => {}
    }
    let offers = acceptor.is_some();
    stream.write_all(b"220 ready\r\n").await?;
    if talk(&mut stream, manner, offers, kept, true).await?
        && let Some(acceptor) = acceptor
    {
        let mut safe = acceptor.accept(stream).await?;
        talk(&mut safe, manner, false, kept, false).await?;
    }
    Ok(())
}

/// `true`: the line is to be protected now.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    manner: Manner,
    starttls: bool,
    kept: &Mutex<Kept>,
    open: bool,
) -> std::io::Result<bool> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(false);
        }
        if open {
            kept.lock().unwrap().in_the_open.push(line.trim_end().to_owned());
        }
        let word = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match word.as_str() {
            "EHLO" if starttls => b"250-here\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 STARTTLS\r\n",
            "EHLO" => b"250-here\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN\r\n",
            "STARTTLS" => {
                stream.write_all(b"220 go on\r\n").await?;
                return Ok(true);
            }
            "AUTH" => {
                let said = line.split_whitespace().nth(2).unwrap_or_default();
                let said = base64::engine::general_purpose::STANDARD.decode(said).unwrap_or_default();
                if said.ends_with(PASSWORD.as_bytes()) { b"235 welcome\r\n" } else { b"535 bad user or password\r\n" }
            }
            "MAIL" if manner == Manner::NotNow => b"451 greylisted, later\r\n",
            "RCPT" if manner == Manner::Refuses => b"550 no such user here\r\n",
            "DATA" => {
                stream.write_all(b"354 say it\r\n").await?;
                let mut letter = String::new();
                loop {
                    line.clear();
                    if stream.read_line(&mut line).await? == 0 {
                        return Ok(false);
                    }
                    if line == ".\r\n" {
                        break;
                    }
                    letter.push_str(&line);
                    if manner == Manner::Breaks {
                        return Ok(false);
                    }
                }
                kept.lock().unwrap().letters.push(letter);
                b"250 kept\r\n"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(false);
            }
            _ => b"250 fine\r\n",
        };
        stream.write_all(answer).await?;
    }
}
