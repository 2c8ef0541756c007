//! What the relay adds between two programs: `cargo bench -p amparo-relay --bench splice [-- --short]`.
//!
//! A whole relay with a paired session, and in the same run, in turns, one bare QUIC connection with the same settings between the same
//! two programs' threads. Told are the delay of a piece of picture over both ways and their difference, and the bits that one core
//! carries. A relay has to receive and to send, so the floor of its work is what the bare sender and the bare receiver need together: the
//! ratio to that is what pairing and copying cost. Processor time is counted by thread. Linux.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "../tests/listener/world.rs"]
mod world;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use amparo_relay::{config::Times, listener::transport};
use bytes::Bytes;
use protocol::{limits, message::stream::StreamKind, version::ALPN_OUTER};
use quinn::{Connection, Endpoint, RecvStream, SendStream, TransportConfig, congestion::CubicConfig};
use tokio::runtime::{Builder, Runtime};

use world::{Program, World};

/// A typed letter, a line of text, a piece of a scrolled page.
const PIECES: [usize; 3] = [200, 3_000, 15_000];
/// Programs and relay fall asleep in between, as they do in a session.
const BETWEEN: Duration = Duration::from_millis(4);

fn main() {
    let short = std::env::args().any(|word| word == "--short" || word == "--test");
    let (samples, megabytes, rounds) = if short { (100, 32, 1) } else { (500, 256, 5) };
    // One thread for each program, named so that its processor time can be told from the relay's.
    let (left, right, main) = (runtime("left", 1), runtime("right", 1), runtime("main", 1));

    let (world, _pair, mut over, mut bare) = main.block_on(async {
        let world = World::new().await;
        let (over, pair) = spliced(&world, &left, &right).await;
        let bare = direct(&world, &left, &right).await;
        (world, pair, over, bare)
    });

    for piece in PIECES {
        let (mut through, mut straight) = (Vec::new(), Vec::new());
        for _ in 0..samples {
            straight.push(main.block_on(delay(&mut bare, piece, &left, &right)));
            through.push(main.block_on(delay(&mut over, piece, &left, &right)));
        }
        let [s50, s95] = [50, 95].map(|percent| percentile(&mut straight, percent));
        let [t50, t95] = [50, 95].map(|percent| percentile(&mut through, percent));
        println!(
            "figure splice delay of {piece} bytes: added {:.3} ms p50, {:.3} ms p95 (through {t50:.3} / {t95:.3}, bare hop {s50:.3} / {s95:.3})",
            t50 - s50,
            t95 - s95
        );
    }

    let mut best = Vec::new();
    for _ in 0..rounds {
        let straight = main.block_on(carry(&mut bare, megabytes, &left, &right));
        let through = main.block_on(carry(&mut over, megabytes, &left, &right));
        best.push((through.relay, straight.left + straight.right, through.took, straight.took));
    }
    let bits = (megabytes * 1024 * 1024 * 8) as f64;
    let gigabits = |seconds: f64| bits / seconds / 1e9;
    let middle = |mut of: Vec<f64>| percentile(&mut of, 50);
    let relay = middle(best.iter().map(|b| b.0).collect());
    let floor = middle(best.iter().map(|b| b.1).collect());
    println!(
        "figure splice throughput: {:.2} Gbit/s a core; a bare receiver and sender {:.2} Gbit/s a core, ratio {:.2}; carried at {:.2} Gbit/s, bare {:.2}",
        gigabits(relay),
        gigabits(floor),
        floor / relay,
        gigabits(middle(best.iter().map(|b| b.2).collect())),
        gigabits(middle(best.iter().map(|b| b.3).collect())),
    );
    main.block_on(world.relay.unwrap().shutdown()).unwrap();
}

fn runtime(name: &str, threads: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(threads).thread_name(name).enable_all().build().unwrap()
}

/// One way to send, from the thread of one program to the thread of the other.
struct Way {
    send: Option<SendStream>,
    recv: Option<RecvStream>,
    _kept: Vec<(Endpoint, Connection)>,
}

/// A stream through a session of the relay.
async fn spliced(world: &World, left: &Runtime, right: &Runtime) -> (Way, (Program, Program)) {
    let relay = (world.relay().quic_addr, world.pin());
    let (tenant, app) = (world.tenant, world.app);
    let (at, pin) = relay.clone();
    let mut customer = left
        .spawn(async move {
            let mut program = Program::connect(at, pin, settings()).await.unwrap();
            program.hello(tenant).await;
            program.register(app, "João Prado", None).await;
            program
        })
        .await
        .unwrap();
    let (at, pin) = relay;
    let mut attendant = right
        .spawn(async move {
            let mut program = Program::connect(at, pin, settings()).await.unwrap();
            program.hello(tenant).await;
            program.login("ana").await;
            program
        })
        .await
        .unwrap();
    let (dialled, incoming) = attendant.dial_ok(&mut customer).await;
    let session = dialled.session;
    customer.say(protocol::message::ToRelay::Join(incoming.token)).await;
    attendant.say(protocol::message::ToRelay::Join(dialled.token)).await;
    customer.paired(session).await;
    attendant.paired(session).await;
    customer.report_start(session).await;
    let send = customer.open(session, StreamKind::Picture).await;
    let (_, recv) = attendant.accept().await;
    (Way { send: Some(send), recv: Some(recv), _kept: Vec::new() }, (customer, attendant))
}

/// A stream of one connection with the relay's settings on the receiving end.
async fn direct(world: &World, left: &Runtime, right: &Runtime) -> Way {
    let server = transport::server_config(&world.relay().shared.keys, &Times::default()).unwrap();
    let listening =
        right.spawn(async move { Endpoint::server(server, "127.0.0.1:0".parse().unwrap()).unwrap() }).await.unwrap();
    let (at, pin) = (listening.local_addr().unwrap(), world.pin());
    let accepted = right.spawn({
        let listening = listening.clone();
        async move {
            let connection = listening.accept().await.unwrap().await.unwrap();
            transport::widen(&connection);
            let mut recv = connection.accept_uni().await.unwrap();
            recv.read_exact(&mut [0]).await.unwrap();
            (connection, recv)
        }
    });
    let (client, there, send) = left
        .spawn(async move {
            let endpoint = world::client_endpoint(pin, settings(), ALPN_OUTER);
            let connection = endpoint.connect(at, "relay").unwrap().await.unwrap();
            let mut send = connection.open_uni().await.unwrap();
            send.write_all(&[0]).await.unwrap();
            (endpoint, connection, send)
        })
        .await
        .unwrap();
    let (here, recv) = accepted.await.unwrap();
    Way { send: Some(send), recv: Some(recv), _kept: vec![(client, there), (listening, here)] }
}

/// As programs set their connections.
fn settings() -> TransportConfig {
    let window = u32::try_from(limits::PICTURE_MESSAGE_BYTES).unwrap();
    let mut congestion = CubicConfig::default();
    congestion.initial_window(64 * 1024);
    let mut transport = TransportConfig::default();
    transport
        .max_idle_timeout(Some(limits::IDLE_TIMEOUT.try_into().unwrap()))
        .keep_alive_interval(Some(limits::IDLE_TIMEOUT / 3))
        .stream_receive_window(window.into())
        .receive_window((window * 2).into())
        .send_window(u64::from(window))
        .congestion_controller_factory(Arc::new(congestion));
    transport
}

/// Milliseconds from writing a piece to having read all of it.
async fn delay(way: &mut Way, bytes: usize, left: &Runtime, right: &Runtime) -> f64 {
    let (mut send, mut recv) = (way.send.take().unwrap(), way.recv.take().unwrap());
    let reading = right.spawn(async move {
        let mut left = bytes;
        while left > 0 {
            left -= recv.read_chunk(left, true).await.unwrap().unwrap().bytes.len();
        }
        (Instant::now(), recv)
    });
    tokio::time::sleep(BETWEEN).await;
    let writing = left.spawn(async move {
        let piece = Bytes::from(vec![7; bytes]);
        let began = Instant::now();
        send.write_chunk(piece).await.unwrap();
        (began, send)
    });
    let ((began, send), (ended, recv)) = (writing.await.unwrap(), reading.await.unwrap());
    (way.send, way.recv) = (Some(send), Some(recv));
    ended.duration_since(began).as_secs_f64() * 1e3
}

/// Seconds of processor and clock.
struct Spent {
    left: f64,
    right: f64,
    relay: f64,
    took: f64,
}

/// So many megabytes as fast as they go.
async fn carry(way: &mut Way, megabytes: usize, left: &Runtime, right: &Runtime) -> Spent {
    const PIECE: usize = 64 * 1024;
    let (mut send, mut recv) = (way.send.take().unwrap(), way.recv.take().unwrap());
    let count = megabytes * 1024 * 1024 / PIECE;
    let before = ["left", "right", "relay"].map(processor_seconds);
    let began = Instant::now();
    let reading = right.spawn(async move {
        let mut left = count * PIECE;
        let mut pieces: [Bytes; 64] = std::array::from_fn(|_| Bytes::new());
        while left > 0 {
            let read = recv.read_chunks(&mut pieces).await.unwrap().unwrap();
            left -= pieces[..read].iter().map(Bytes::len).sum::<usize>();
        }
        recv
    });
    let writing = left.spawn(async move {
        let piece = Bytes::from(vec![7; PIECE]);
        for _ in 0..count {
            send.write_chunk(piece.clone()).await.unwrap();
        }
        send
    });
    let (send, recv) = (writing.await.unwrap(), reading.await.unwrap());
    let took = began.elapsed().as_secs_f64();
    let after = ["left", "right", "relay"].map(processor_seconds);
    (way.send, way.recv) = (Some(send), Some(recv));
    Spent { left: after[0] - before[0], right: after[1] - before[1], relay: after[2] - before[2], took }
}

/// What the threads of this name have used.
fn processor_seconds(name: &str) -> f64 {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir("/proc/self/task").unwrap() {
        let folder = thread.unwrap().path();
        let named = std::fs::read_to_string(folder.join("comm")).is_ok_and(|comm| comm.trim_end() == name);
        if named && let Ok(stat) = std::fs::read_to_string(folder.join("schedstat")) {
            nanoseconds += stat.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
        }
    }
    nanoseconds as f64 / 1e9
}

fn percentile(samples: &mut [f64], percent: usize) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[(samples.len() - 1) * percent / 100]
}
