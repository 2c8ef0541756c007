//! Memory of an idle customer: a relay in a process of its own, so many customers registered and waiting in another.
//!
//! `cargo run -p amparo-relay --example relay_idle [CUSTOMERS]` prints one line of JSON.

use std::{
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use amparo_relay::{config::Config, relay::Relay};
use anyhow::{Context, ensure};
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
use quinn::{ClientConfig, Connection, Endpoint, RecvStream, SendStream, crypto::rustls::QuicClientConfig};
use rustls_pki_types::CertificateDer;
use tokio::task::JoinSet;

/// Handshakes at once.
const AT_ONCE: usize = 32;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("relay") => serve().await,
        customers => measure(customers.map_or(Ok(1000), str::parse)?).await,
    }
}

/// The measured process: says where it is, serves until its standard input ends.
async fn serve() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let relay = Relay::start(Config::new(folder.path(), "127.0.0.1:0".parse()?)).await?;
    let tenant = relay.shared.first_tenant;
    let app = relay.shared.store.apps(tenant).await?.first().context("no app")?.id;
    let certificate: String = relay.shared.keys.certificate.iter().map(|byte| format!("{byte:02x}")).collect();
    println!("{} {tenant} {app} {certificate}", relay.quic_addr);
    std::io::stdout().flush()?;
    tokio::task::spawn_blocking(|| std::io::stdin().lines().count()).await?;
    relay.shutdown().await
}

async fn measure(customers: usize) -> anyhow::Result<()> {
    let mut relay =
        Command::new(std::env::current_exe()?).arg("relay").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(relay.stdout.take().context("no output")?).read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let mut word = || words.next().context("the relay did not start");
    let address: SocketAddr = word()?.parse()?;
    let tenant: TenantId = word()?.parse()?;
    let app: AppId = word()?.parse()?;
    let hex = word()?.to_owned();
    let certificate: Vec<u8> =
        (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16)).collect::<Result<_, _>>()?;
    let endpoint = endpoint(CertificateDer::from(certificate))?;

    // The first ones fill caches and pools that do not grow with the number of customers.
    let warm = register(&endpoint, address, tenant, app, AT_ONCE).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = rss(relay.id())?;
    let began = Instant::now();
    let held = register(&endpoint, address, tenant, app, customers).await?;
    let took = began.elapsed();
    // Until keep-alives and MTU probes have gone round once.
    tokio::time::sleep(Duration::from_secs(8)).await;
    let after = rss(relay.id())?;
    ensure!(held.iter().chain(&warm).all(|p| p.0.close_reason().is_none()), "a customer was lost");
    println!(
        "{{\"figure\":\"relay_idle\",\"customers\":{customers},\"bytes_per_customer\":{},\"relay_rss_bytes\":{after},\"registrations_per_second\":{:.0}}}",
        after.saturating_sub(before) / u64::try_from(customers.max(1))?,
        customers as f64 / took.as_secs_f64(),
    );
    drop(relay.stdin.take());
    relay.wait()?;
    Ok(())
}

type Held = (Connection, SendStream, RecvStream);

async fn register(
    endpoint: &Endpoint,
    relay: SocketAddr,
    tenant: TenantId,
    app: AppId,
    customers: usize,
) -> anyhow::Result<Vec<Held>> {
    let mut held = Vec::with_capacity(customers);
    let mut tasks = JoinSet::new();
    for number in 0..customers {
        if tasks.len() >= AT_ONCE {
            held.push(tasks.join_next().await.context("no task")???);
        }
        tasks.spawn(register_one(endpoint.clone(), relay, tenant, app, number));
    }
    while let Some(one) = tasks.join_next().await {
        held.push(one??);
    }
    Ok(held)
}

async fn register_one(
    endpoint: Endpoint,
    relay: SocketAddr,
    tenant: TenantId,
    app: AppId,
    number: usize,
) -> anyhow::Result<Held> {
    let connection = endpoint.connect(relay, "localhost")?.await?;
    let (mut send, mut recv) = connection.open_bi().await?;
    let field = |key, value: &str| Field { key, value: ShownText::lossy(value) };
    let register = Register {
        app,
        fields: vec![
            field(FieldKey::Name, &format!("Customer {number}")),
            field(FieldKey::Email, &format!("customer.{number}@example.com")),
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

fn endpoint(certificate: CertificateDer<'static>) -> anyhow::Result<Endpoint> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate)?;
    let mut tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![ALPN_OUTER.to_vec()];
    let mut endpoint = Endpoint::client("127.0.0.1:0".parse()?)?;
    endpoint.set_default_client_config(ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?)));
    Ok(endpoint)
}

/// Resident memory of a process, in bytes. Linux.
fn rss(process: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: u64 = line.split_whitespace().next().context("no figure")?.parse()?;
    Ok(kilobytes * 1024)
}
