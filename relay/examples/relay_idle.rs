//! Memory of an idle customer: a relay in a process of its own, so many customers registered and waiting in another.
//!
//! `cargo run -p amparo-relay --example relay_idle [CUSTOMERS] [--at-most BYTES]` prints one line of JSON: what the process grew by for each
//! customer as the system counts it (resident) and as the program asked for it (heap), and both for a bare QUIC connection with the same
//! settings, below which no relay on this library can get. Measured after so many packets that what fills up slowly is full.
//! Over `--at-most` it fails. Where it goes: `heaptrack target/debug/examples/relay_idle relay`, with customers of one's own.

#[path = "waiting_support/mod.rs"]
mod waiting_support;

use std::{
    alloc::System,
    io::Write,
    time::{Duration, Instant},
};

use amparo_relay::{config::Config, key::Keys, listener::transport, relay::Relay};
use anyhow::{Context, ensure};
use quinn::Endpoint;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use waiting_support::{AT_ONCE, Server, hex, register};

/// The system's allocator, counted.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

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
    let mut server = Server::start(&[kind], KEEP_ALIVE)?;
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
