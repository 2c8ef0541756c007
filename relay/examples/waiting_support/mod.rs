//! A relay in a process of its own and customers who register with it and wait: what examples measure with.

#![allow(dead_code, missing_docs)]

use std::{
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child, ChildStdin, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use protocol::{
    frame::{self, Reassembler},
    id::{AppId, Password, TenantId},
    limits::OUTER_MESSAGE_BYTES,
    message::{
        FromRelay, ShownText, ToRelay,
        directory::{Field, FieldKey, Register},
        hello::Hello,
    },
    version::{ALPN_OUTER, SPOKEN},
};
use quinn::{
    ClientConfig, Connection, Endpoint, RecvStream, SendStream, TransportConfig, crypto::rustls::QuicClientConfig,
};
use rustls_pki_types::CertificateDer;
use tokio::task::JoinSet;

/// Handshakes at once.
pub const AT_ONCE: usize = 32;

/// A server in another process.
pub struct Server {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<std::process::ChildStdout>,
    pub place: Place,
    pub endpoint: Endpoint,
    /// What else it told when it began.
    pub told: Vec<String>,
}

#[derive(Clone)]
pub struct Place {
    pub address: SocketAddr,
    /// Of a bare server there is none.
    pub register: Option<(TenantId, AppId)>,
}

impl Server {
    pub fn start(words: &[&str], keep_alive: Duration) -> anyhow::Result<Self> {
        let mut child =
            Command::new(std::env::current_exe()?).args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().context("no output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let [address, hex, rest @ ..] = words.as_slice() else { anyhow::bail!("the server did not start") };
        let register = match rest {
            [tenant, app, ..] => Some((tenant.parse()?, app.parse()?)),
            _ => None,
        };
        let certificate: Vec<u8> =
            (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16)).collect::<Result<_, _>>()?;
        let told = rest.iter().skip(2).map(|word| (*word).to_owned()).collect();
        let place = Place { address: address.parse()?, register };
        Ok(Self {
            child,
            input,
            output,
            place,
            endpoint: endpoint(CertificateDer::from(certificate), keep_alive)?,
            told,
        })
    }

    pub fn count(&mut self) -> anyhow::Result<Count> {
        writeln!(self.input.as_mut().context("no input")?, "count")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(Count { rss: rss(self.child.id())?, heap: line.trim().parse()? })
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    pub fn stop(mut self) -> anyhow::Result<()> {
        drop(self.input.take());
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

pub struct Count {
    pub rss: u64,
    pub heap: i64,
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub type Held = (Connection, SendStream, RecvStream);

pub async fn register(endpoint: &Endpoint, place: &Place, customers: usize) -> anyhow::Result<Vec<Held>> {
    let mut held = Vec::with_capacity(customers);
    let mut tasks = JoinSet::new();
    for number in 0..customers {
        if tasks.len() >= AT_ONCE {
            held.push(tasks.join_next().await.context("no task")???);
        }
        let (endpoint, place, name) = (endpoint.clone(), place.clone(), format!("Customer {number}"));
        tasks.spawn(async move { register_one(&endpoint, &place, &name).await });
    }
    while let Some(one) = tasks.join_next().await {
        held.push(one??);
    }
    Ok(held)
}

pub async fn register_one(endpoint: &Endpoint, place: &Place, name: &str) -> anyhow::Result<Held> {
    let connection = endpoint.connect(place.address, "localhost")?.await?;
    let (mut send, mut recv) = connection.open_bi().await?;
    let Some((tenant, app)) = place.register else {
        send.write_all(b"here").await?;
        return Ok((connection, send, recv));
    };
    let field = |key, value: &str| Field { key, value: ShownText::lossy(value) };
    let register = Register {
        app,
        fields: vec![
            field(FieldKey::Name, name),
            field(FieldKey::Email, &format!("{}@example.com", name.to_lowercase().replace(' ', "."))),
            field(FieldKey::Subject, "The printer does not print"),
        ],
        password: Password::from_entropy([1, 2, 3, 4, 5]),
        previous: None,
        listed: true,
    };
    for message in [
        ToRelay::Hello(Hello { versions: SPOKEN, tenant, program: ShownText::lossy("idle") }),
        ToRelay::Register(register),
    ] {
        send.write_all(&frame::encode(&message, OUTER_MESSAGE_BYTES)?).await?;
    }
    let mut frames = Reassembler::new(OUTER_MESSAGE_BYTES);
    loop {
        match frames.next()? {
            Some(FromRelay::Registered(_)) => return Ok((connection, send, recv)),
            Some(FromRelay::Refused(why)) => anyhow::bail!("refused: {why}"),
            Some(_) => {}
            None => frames.feed(&recv.read_chunk(4096, true).await?.context("closed")?.bytes),
        }
    }
}

fn endpoint(certificate: CertificateDer<'static>, keep_alive: Duration) -> anyhow::Result<Endpoint> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate)?;
    let mut tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![ALPN_OUTER.to_vec()];
    let mut endpoint = Endpoint::client("127.0.0.1:0".parse()?)?;
    let mut transport = TransportConfig::default();
    transport.keep_alive_interval(Some(keep_alive));
    let mut config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?));
    config.transport_config(Arc::new(transport));
    endpoint.set_default_client_config(config);
    Ok(endpoint)
}

/// Resident memory of a process, in bytes. Linux.
pub fn rss(process: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: u64 = line.split_whitespace().next().context("no figure")?.parse()?;
    Ok(kilobytes * 1024)
}
