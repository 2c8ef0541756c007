//! The console under load: how long its pages take with many customers waiting and a long history, how soon a change is in a browser, and
//! what a change costs the more browsers look.
//!
//! `cargo run -p amparo-relay --example console_load [--waiting N] [--sessions N] [--desk N] [--audit N] [--viewers N] [--pages N]`, by itself
//! with 10 000 waiting, 1 000 000 past sessions, 20 000 tickets of as many contacts with five entries each, 200 000 lines of the audit log,
//! 40 browsers and 60 loads a page. `--short` takes a fraction of each; with `--at-most MS` no page may take longer, nor a change. A relay in a process of its own, spoken to over TLS as browsers and programs
//! do; prints lines of figures. The history is one real session written down many times over two years, in its tables and nowhere else.

#[path = "../tests/console_support/mod.rs"]
mod console_support;
#[path = "../tests/console_support/copies.rs"]
mod copies;
#[path = "../tests/console_support/long_desk.rs"]
mod long_desk;
#[path = "waiting_support/mod.rs"]
mod waiting_support;

use std::{
    io::Write,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use amparo_relay::{
    config::Config,
    relay::{Relay, Shared},
};
use anyhow::{Context, ensure};
use axum::{body::Bytes, http::Request};
use http_body_util::{BodyExt, Empty};
use hyper::{body::Incoming, client::conn::http1::SendRequest};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::{DeviceId, SessionId},
    message::{
        ShownText,
        directory::{Field, FieldKey},
        grant::Grants,
        pairing::CloseReason,
        ticket::TicketChoice,
    },
};
use rustls_pki_types::ServerName;
use store::{Ended, NewSession, Started};
use tokio::{net::TcpStream, task::JoinHandle};
use waiting_support::{Held, Server, hex, register, register_one, rss};

/// Programs that wait are quiet.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Customers who come one by one while browsers look.
const COMING: usize = 60;
/// What the relay does by itself, with so many programs and browsers connected, is measured for this long and taken off.
const QUIET: Duration = Duration::from_secs(5);
/// The one session whose copies are the history.
const FIRST: SessionId = SessionId::from_bytes([1; 16]);

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str, otherwise: usize| -> anyhow::Result<usize> {
        let at = words.iter().position(|word| word == name);
        at.map_or(Ok(otherwise), |at| words.get(at + 1).context("a number")?.parse().context("a number"))
    };
    let short = words.iter().any(|word| word == "--short");
    let size = |usual: usize, few: usize| if short { few } else { usual };
    let filled = Filled {
        sessions: option("--sessions", size(1_000_000, 20_000))?,
        desk: option("--desk", size(20_000, 4_000))?,
        audit: option("--audit", size(200_000, 20_000))?,
    };
    let runtime = tokio::runtime::Runtime::new()?;
    if words.first().is_some_and(|word| word == "relay") {
        return runtime.block_on(serve(filled));
    }
    let (waiting, viewers) = (option("--waiting", size(10_000, 300))?, option("--viewers", size(40, 4))?);
    let (loads, at_most) = (option("--pages", size(60, 10))?, option("--at-most", 0)?);
    let longest = runtime.block_on(measure(waiting, filled, viewers, loads))?;
    ensure!(
        at_most == 0 || longest.0 <= at_most as f64,
        "{} takes {:.0} ms, more than {at_most}",
        longest.1,
        longest.0
    );
    Ok(())
}

/// What is on record before anything is measured.
#[derive(Clone, Copy)]
struct Filled {
    sessions: usize,
    desk: usize,
    audit: usize,
}

/// The longest p95, in milliseconds, and of what.
async fn measure(waiting: usize, filled: Filled, viewers: usize, loads: usize) -> anyhow::Result<(f64, String)> {
    let Filled { sessions, desk, audit } = filled;
    let began = Instant::now();
    let [s, d, a] = [sessions, desk, audit].map(|n| n.to_string());
    let server = Server::start(&["relay", "--sessions", &s, "--desk", &d, "--audit", &a], KEEP_ALIVE)?;
    println!(
        "{{\"figure\":\"console_filled\",\"sessions\":{s},\"desk\":{d},\"audit\":{a},\"s\":{:.1}}}",
        began.elapsed().as_secs_f64()
    );
    let mut longest = (0.0, String::new());
    let [console, cookie] = server.told.as_slice() else {
        anyhow::bail!("the relay did not tell where its console is")
    };
    let site = Site { address: console.parse()?, cookie: cookie.clone() };
    let bare = rss(server.process())?;

    let few = register(&server.endpoint, &server.place, 100).await?;
    let one = changes(&server, &site, 1).await?;
    let many = changes(&server, &site, viewers).await?;
    let rest = register(&server.endpoint, &server.place, waiting.saturating_sub(100)).await?;
    let crowd_one = changes(&server, &site, 1).await?;
    let crowd = changes(&server, &site, viewers).await?;
    for (who, browsers, figures) in
        [(100, 1, &one), (100, viewers, &many), (waiting, 1, &crowd_one), (waiting, viewers, &crowd)]
    {
        let [p50, p95] = quantiles(&figures.delays);
        if p95 > longest.0 {
            longest = (p95, "a change".to_owned());
        }
        println!(
            "{{\"figure\":\"console_change\",\"waiting\":{who},\"browsers\":{browsers},\"shown_p50_ms\":{p50:.1},\"shown_p95_ms\":{p95:.1},\"cpu_ms_per_change\":{:.2}}}",
            figures.cpu_ms
        );
    }

    let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    for path in [
        "/",
        "/?q=customer%20999",
        "/history",
        "/history?q=cida",
        "/history?q=nobody%20has%20this",
        &format!("/history?from={}&to={today}", today.saturating_sub(jiff::ToSpan::days(30_i64))),
        "/history?category=nothing",
        "/history?result=no_answer",
        "/history?min=60",
        &format!("/history?attendant={}", "0".repeat(32)),
        "/indicators",
        "/indicators?range=30",
        &format!("/sessions/{FIRST}"),
        "/tickets",
        "/tickets?status=all",
        "/tickets?status=all&q=nota",
        &format!("/tickets?status=all&q={}", long_desk::RARE),
        "/tickets?status=all&q=nobody%20has%20this",
        "/tickets?q=nota%20fiscal%20caixa",
        "/tickets?status=all&owner=nobody&tag=rede",
        "/tickets?status=all&category=nothing",
        "/tickets/100007",
        "/customers",
        "/customers?q=contato%20777",
        "/customers?q=empresa",
        "/customers?q=nobody%20has%20this",
        "/customers/77",
        "/search?q=nota",
        &format!("/search?q={}", long_desk::RARE),
        "/search?q=nobody%20has%20this",
        "/audit",
        "/audit?q=100777",
        "/audit?q=nobody%20has%20this",
        "/apps",
        "/outbox",
        "/users",
    ] {
        let mut browser = site.connect().await?;
        let (mut times, mut bytes) = (Vec::new(), 0);
        for _ in 0..loads {
            let began = Instant::now();
            let answer = site.get(&mut browser, path).await?;
            ensure!(answer.status().is_success(), "{path} answers {}", answer.status());
            bytes = answer.into_body().collect().await?.to_bytes().len();
            times.push(began.elapsed());
        }
        let [p50, p95] = quantiles(&times);
        if p95 > longest.0 {
            longest = (p95, path.to_owned());
        }
        println!(
            "{{\"figure\":\"console_page\",\"path\":\"{path}\",\"p50_ms\":{p50:.1},\"p95_ms\":{p95:.1},\"bytes\":{bytes}}}"
        );
    }
    let full = rss(server.process())?;
    println!(
        "{{\"figure\":\"console_load\",\"waiting\":{waiting},\"sessions\":{sessions},\"relay_rss_bytes\":{full},\"bare_rss_bytes\":{bare}}}"
    );
    ensure!(few.iter().chain(&rest).all(|held| held.0.close_reason().is_none()), "a customer was lost");
    server.stop()?;
    Ok(longest)
}

struct Changes {
    delays: Vec<Duration>,
    /// Processor time of the relay for each of them, without what it does when nothing changes.
    cpu_ms: f64,
}

/// Customers who come one by one while so many browsers look: how long until each is in the browser that looks for them.
async fn changes(server: &Server, site: &Site, browsers: usize) -> anyhow::Result<Changes> {
    // They look at the beginning of the list, as people do.
    let mut others: Vec<JoinHandle<()>> = Vec::new();
    for _ in 1..browsers {
        let mut stream = site.stream("/live").await?;
        others.push(tokio::spawn(async move { while let Some(Ok(_)) = stream.body.frame().await {} }));
    }
    let mut looks = site.stream("/live?q=probe").await?;
    looks.until("event: news").await?;
    let mut came: Vec<Held> = Vec::new();
    let mut delays = Vec::new();
    let before = cpu(server.process())?;
    tokio::time::sleep(QUIET).await;
    let began_all = Instant::now();
    let from = cpu(server.process())?;
    let quiet = (from - before) / QUIET.as_secs_f64();
    for number in 0..COMING {
        let name = format!("Probe {browsers} {number}.");
        let began = Instant::now();
        came.push(register_one(&server.endpoint, &server.place, &name).await?);
        looks.until(&name).await?;
        delays.push(began.elapsed());
    }
    let spent = cpu(server.process())? - from - quiet * began_all.elapsed().as_secs_f64();
    let cpu_ms = spent / COMING as f64;
    others.iter().for_each(JoinHandle::abort);
    for (connection, ..) in came {
        connection.close(1_u32.into(), b"");
    }
    Ok(Changes { delays, cpu_ms })
}

/// The console, and a login there.
struct Site {
    address: SocketAddr,
    cookie: String,
}

type Connected = SendRequest<Empty<Bytes>>;

impl Site {
    async fn connect(&self) -> anyhow::Result<Connected> {
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(console_support::Anyone))
            .with_no_client_auth();
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let stream =
            tokio_rustls::TlsConnector::from(Arc::new(tls)).connect(ServerName::try_from("localhost")?, stream).await?;
        let (send, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(send)
    }

    async fn get(&self, browser: &mut Connected, path: &str) -> anyhow::Result<axum::http::Response<Incoming>> {
        browser.ready().await?;
        let request = Request::get(path)
            .header("host", self.address.to_string())
            .header("cookie", &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .header("accept-language", "pt-BR");
        Ok(browser.send_request(request.body(Empty::new())?).await?)
    }

    async fn stream(&self, path: &str) -> anyhow::Result<Stream> {
        let mut browser = self.connect().await?;
        let answer = self.get(&mut browser, path).await?;
        ensure!(answer.status().is_success(), "{path} answers {}", answer.status());
        Ok(Stream { body: answer.into_body(), heard: String::new(), _browser: browser })
    }
}

/// A live stream.
struct Stream {
    body: Incoming,
    heard: String,
    _browser: Connected,
}

impl Stream {
    /// Reads on until this was heard.
    async fn until(&mut self, what: &str) -> anyhow::Result<()> {
        let within = Duration::from_secs(30);
        loop {
            if let Some(at) = self.heard.find(what) {
                self.heard.drain(..at + what.len());
                return Ok(());
            }
            let frame = tokio::time::timeout(within, self.body.frame()).await.with_context(|| format!("no {what}"))?;
            let frame = frame.context("the stream has ended")??;
            self.heard.push_str(&String::from_utf8_lossy(frame.data_ref().context("no data")?));
        }
    }
}

/// p50 and p95, in milliseconds.
fn quantiles(times: &[Duration]) -> [f64; 2] {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    [50, 95]
        .map(|percent| sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))))
        .map(|time| time.map_or(0.0, |time| time.as_secs_f64() * 1000.0))
}

/// Processor time of a process so far, in milliseconds. Linux, where a tick is 10 ms (`getconf CLK_TCK` is 100).
fn cpu(process: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let after_name = stat.rsplit_once(')').context("no name")?.1;
    let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? * 10.0)
}

/// The measured process: says where it is, and serves until its standard input ends.
async fn serve(filled: Filled) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut config = Config::new(folder.path(), "127.0.0.1:0".parse()?);
    config.limits.connections_per_source = 40_000;
    config.limits.connections = 40_000;
    let first = Relay::start(config.clone()).await?;
    let tenant = first.shared.first_tenant;
    console_support::operator(&first.shared, tenant, "bruno", console_support::EVERYTHING).await;
    one_session(&first.shared).await?;
    first.shutdown().await?;
    copies::copy(folder.path(), filled.sessions, filled.desk).await?;
    long_desk::fill(&folder.path().join(amparo_relay::relay::DATABASE), filled.desk, filled.audit).await?;

    let relay = Relay::start(config).await?;
    let mut browser = console_support::Browser::new(&relay.shared);
    browser.log_in("bruno", console_support::PASSWORD).await;
    let app = relay.shared.store.apps(tenant).await?.first().context("no app")?.id;
    let (quic, hex) = (relay.quic_addr, hex(&relay.shared.keys.certificate));
    let line = format!("{quic} {hex} {tenant} {app} {} {}", relay.console_addr, browser.cookie.context("no login")?);
    tokio::task::spawn_blocking(move || {
        println!("{line}");
        std::io::stdout().flush()?;
        std::io::stdin().lines().try_for_each(|line| line.map(drop))
    })
    .await??;
    relay.shutdown().await
}

async fn one_session(shared: &Shared) -> anyhow::Result<()> {
    let (tenant, store, now) = (shared.first_tenant, &shared.store, Timestamp::now());
    let app = store.apps(tenant).await?.first().context("no app")?.id;
    let attendant = shared.accounts.list(tenant).await?.pop().context("nobody")?.operator;
    let field = |key, text: &str| Field { key, value: ShownText::lossy(text) };
    let began = now - SignedDuration::from_mins(20);
    let new = NewSession {
        id: FIRST,
        tenant,
        app,
        device: DeviceId::from_entropy(77_777_777),
        fields: vec![
            field(FieldKey::Name, "Cida Nogueira"),
            field(FieldKey::Company, "Padaria Aurora"),
            field(FieldKey::Email, "cida@padaria-aurora.example"),
            field(FieldKey::Subject, "Erro ao emitir nota fiscal"),
        ],
        attendant: attendant.id,
        attendant_name: attendant.name,
        ticket: TicketChoice::OpenNew { subject: ShownText::default() },
        dialled_at: began,
    };
    store.open_session(&new).await?;
    let started = Started { granted: Grants::CONTROL, attendant_name: String::new(), at: began };
    store.start_session(FIRST, &started, began).await?;
    let ended = Ended { why: CloseReason::EndedByAttendant, at: now, reconnects: 0 };
    store.end_session(FIRST, &ended, now).await?;
    Ok(())
}
