//! Memory of an idle customer: a relay in a process of its own, so many customers registered and waiting in another.
//!
//! `cargo run -p amparo-relay --example relay_idle [CUSTOMERS] [--at-most BYTES]` prints one line of JSON: what the process grew by for each
//! customer as the system counts it (resident) and as the program asked for it (heap), and both for a bare QUIC connection with the same
//! settings, below which no relay on this library can get. Measured after so many packets that what fills up slowly is full.
//! Over `--at-most` it fails. Where it goes: `heaptrack target/debug/examples/relay_idle relay`, with customers of one's own.

use std::{
    alloc::System,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child, ChildStdin, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use amparo_relay::{config::Config, key::Keys, listener::transport, relay::Relay};
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
use quinn::{
    ClientConfig, Connection, Endpoint, RecvStream, SendStream, TransportConfig, crypto::rustls::QuicClientConfig,
};
use rustls_pki_types::CertificateDer;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::task::JoinSet;

/// The system's allocator, counted.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Handshakes at once.
const AT_ONCE: usize = 32;
/// Packets that each customer has sent before its memory is counted: more than one block of the library's channel has places.
const PACKETS: u64 = 50;
/// Between two of them. Programs send fewer; nobody wants to wait for those.
const KEEP_ALIVE: Duration = Duration::from_millis(500);

fn main() -> anyhow::Result<()> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let at_most = match words.iter().position(|word| word == "--at-most") {
        Some(at) => {
            words.remove(at);
            ensure!(at < words.len(), "--at-most BYTES");
            words.remove(at).parse()?
        }
        None => u64::MAX,
    };
    let runtime = tokio::runtime::Runtime::new()?;
    match words.first().map(String::as_str) {
        Some("relay") => runtime.block_on(serve()),
        Some("quinn") => runtime.block_on(serve_bare()),
        customers => runtime.block_on(measure(customers.map_or(Ok(1000), str::parse)?, at_most)),
    }
}

async fn measure(customers: usize, at_most: u64) -> anyhow::Result<()> {
    let bare = cost("quinn", customers).await?;
    let relay = cost("relay", customers).await?;
    println!(
        "{{\"figure\":\"relay_idle\",\"customers\":{customers},\"bytes_per_customer\":{},\"heap_per_customer\":{},\"bare_bytes\":{},\"bare_heap\":{},\"relay_rss_bytes\":{},\"registrations_per_second\":{:.0}}}",
        relay.resident, relay.heap, bare.resident, bare.heap, relay.rss, relay.per_second
    );
    ensure!(relay.resident <= at_most, "a waiting customer costs more than {at_most} bytes");
    Ok(())
}

struct Cost {
    resident: u64,
    heap: i64,
    rss: u64,
    per_second: f64,
}

/// What one of so many costs a server of this kind.
async fn cost(kind: &str, customers: usize) -> anyhow::Result<Cost> {
    let mut server = Server::start(kind)?;
    // The first ones fill caches and pools that do not grow with the number of customers.
    let warm = register(&server.endpoint, &server.place, AT_ONCE).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = server.count()?;
    let began = Instant::now();
    let held = register(&server.endpoint, &server.place, customers).await?;
    let took = began.elapsed();
    let number = i64::try_from(customers.max(1))?;
    // The state that is waited for: enough packets sent by the last one.
    let last = &held.last().context("nobody")?.0;
    let enough = Duration::from_secs(600);
    tokio::time::timeout(enough, async {
        while last.stats().udp_tx.datagrams < PACKETS {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await
    .context("no keep-alives")?;
    let after = server.count()?;
    ensure!(held.iter().chain(&warm).all(|p| p.0.close_reason().is_none()), "a customer was lost");
    let cost = Cost {
        resident: after.rss.saturating_sub(before.rss) / u64::try_from(number)?,
        heap: (after.heap - before.heap) / number,
        rss: after.rss,
        per_second: customers as f64 / took.as_secs_f64(),
    };
    server.stop()?;
    Ok(cost)
}

/// A server in another process.
struct Server {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<std::process::ChildStdout>,
    place: Place,
    endpoint: Endpoint,
}

#[derive(Clone)]
struct Place {
    address: SocketAddr,
    /// Of a bare server there is none.
    register: Option<(TenantId, AppId)>,
}

impl Server {
    fn start(kind: &str) -> anyhow::Result<Self> {
        let mut child =
            Command::new(std::env::current_exe()?).arg(kind).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().context("no output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let [address, hex, rest @ ..] = words.as_slice() else { anyhow::bail!("the server did not start") };
        let register = match rest {
            [tenant, app] => Some((tenant.parse()?, app.parse()?)),
            _ => None,
        };
        let certificate: Vec<u8> =
            (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16)).collect::<Result<_, _>>()?;
        let place = Place { address: address.parse()?, register };
        Ok(Self { child, input, output, place, endpoint: endpoint(CertificateDer::from(certificate))? })
    }

    fn count(&mut self) -> anyhow::Result<Count> {
        writeln!(self.input.as_mut().context("no input")?, "count")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(Count { rss: rss(self.child.id())?, heap: line.trim().parse()? })
    }

    fn stop(mut self) -> anyhow::Result<()> {
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

struct Count {
    rss: u64,
    heap: i64,
}

/// The measured process: says where it is, answers each line with what it holds, serves until its standard input ends.
async fn serve() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let relay = Relay::start(Config::new(folder.path(), "127.0.0.1:0".parse()?)).await?;
    let tenant = relay.shared.first_tenant;
    let app = relay.shared.store.apps(tenant).await?.first().context("no app")?.id;
    answer(format!("{} {} {tenant} {app}", relay.quic_addr, hex(&relay.shared.keys.certificate))).await?;
    relay.shutdown().await
}

/// The same settings and nothing behind them: a stream is taken and kept.
async fn serve_bare() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let config = Config::new(folder.path(), "127.0.0.1:0".parse()?);
    let keys = Keys::load(folder.path(), "127.0.0.1")?;
    let endpoint = Endpoint::server(transport::server_config(&keys, &config.times)?, config.listen)?;
    tokio::spawn({
        let endpoint = endpoint.clone();
        async move {
            while let Some(incoming) = endpoint.accept().await {
                tokio::spawn(async move {
                    let connection = incoming.await?;
                    let _streams = connection.accept_bi().await?;
                    Err::<(), _>(anyhow::Error::from(connection.closed().await))
                });
            }
        }
    });
    answer(format!("{} {}", endpoint.local_addr()?, hex(&keys.certificate))).await
}

async fn answer(place: String) -> anyhow::Result<()> {
    tokio::task::spawn_blocking(move || {
        println!("{place}");
        std::io::stdout().flush()?;
        for line in std::io::stdin().lines() {
            line?;
            let stats = ALLOCATOR.stats();
            println!("{}", stats.bytes_allocated.wrapping_sub(stats.bytes_deallocated));
            std::io::stdout().flush()?;
        }
        Ok(())
    })
    .await?
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

type Held = (Connection, SendStream, RecvStream);

async fn register(endpoint: &Endpoint, place: &Place, customers: usize) -> anyhow::Result<Vec<Held>> {
    let mut held = Vec::with_capacity(customers);
    let mut tasks = JoinSet::new();
    for number in 0..customers {
        if tasks.len() >= AT_ONCE {
            held.push(tasks.join_next().await.context("no task")???);
        }
        tasks.spawn(register_one(endpoint.clone(), place.clone(), number));
    }
    while let Some(one) = tasks.join_next().await {
        held.push(one??);
    }
    Ok(held)
}

async fn register_one(endpoint: Endpoint, place: Place, number: usize) -> anyhow::Result<Held> {
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
    let mut transport = TransportConfig::default();
    transport.keep_alive_interval(Some(KEEP_ALIVE));
    let mut config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?));
    config.transport_config(Arc::new(transport));
    endpoint.set_default_client_config(config);
    Ok(endpoint)
}

/// Resident memory of a process, in bytes. Linux.
fn rss(process: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: u64 = line.split_whitespace().next().context("no figure")?.parse()?;
    Ok(kilobytes * 1024)
}
