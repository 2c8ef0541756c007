//! A stretch of network between one program and the relay that can be cut, slowed, made lossy, or given another address.
//!
//! A UDP forwarder on 127.0.0.1. The program's profile names its port instead of the relay's. It never looks into packets.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::UdpSocket;

/// One stretch of network. Dropping it ends it.
pub struct Netcut {
    port: u16,
    line: Arc<Line>,
    runtime: Option<tokio::runtime::Runtime>,
}

/// The state of the line and what went over it.
#[derive(Default)]
struct Line {
    cut: AtomicBool,
    delay_ms: AtomicU64,
    lost_per_mille: AtomicU32,
    packets: AtomicU64,
    bytes: AtomicU64,
    /// Goes up when the line gets another address: flows of an earlier one are dropped.
    address: AtomicU64,
    recorded: Mutex<Vec<u8>>,
}

impl Line {
    /// Whether a packet goes through, and after how long.
    fn admit(&self, packet: &[u8]) -> Option<Duration> {
        let n = self.packets.fetch_add(1, Ordering::Relaxed);
        if self.cut.load(Ordering::Relaxed) {
            return None;
        }
        // Spread evenly and repeatable, not drawn by lot: 271 is prime and no divisor of 1000.
        if ((n * 271) % 1000) < u64::from(self.lost_per_mille.load(Ordering::Relaxed)) {
            return None;
        }
        self.bytes.fetch_add(packet.len() as u64, Ordering::Relaxed);
        if let Ok(mut recorded) = self.recorded.lock() {
            recorded.extend_from_slice(packet);
        }
        Some(Duration::from_millis(self.delay_ms.load(Ordering::Relaxed)))
    }
}

impl Netcut {
    /// Starts a line to the relay at this address.
    pub fn to(relay: SocketAddr) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("netcut")
            .enable_all()
            .build()
            .context("starting the line's runtime")?;
        let line = Arc::new(Line::default());
        let socket = runtime.block_on(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))).context("opening the line's port")?;
        let port = socket.local_addr()?.port();
        runtime.spawn(forward(Arc::new(socket), relay, line.clone()));
        Ok(Self { port, line, runtime: Some(runtime) })
    }

    /// The port on 127.0.0.1 that stands for the relay's.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Nothing goes through any more.
    pub fn cut(&self) {
        self.line.cut.store(true, Ordering::Relaxed);
    }

    /// Everything goes through again.
    pub fn mend(&self) {
        self.line.cut.store(false, Ordering::Relaxed);
    }

    /// Each packet takes this much longer, each way.
    pub fn delay(&self, delay: Duration) {
        self.line.delay_ms.store(delay.as_millis() as u64, Ordering::Relaxed);
    }

    /// This many of a thousand packets are lost.
    pub fn lose(&self, per_mille: u32) {
        self.line.lost_per_mille.store(per_mille, Ordering::Relaxed);
    }

    /// From now on the relay sees the program at another address, as after a change from cable to mobile.
    pub fn change_address(&self) {
        self.line.address.fetch_add(1, Ordering::Relaxed);
    }

    /// Bytes that went through, both ways.
    pub fn bytes(&self) -> u64 {
        self.line.bytes.load(Ordering::Relaxed)
    }

    /// Whether these bytes went over the line in one piece.
    pub fn carried(&self, needle: &[u8]) -> bool {
        let Ok(recorded) = self.line.recorded.lock() else { return false };
        recorded.windows(needle.len()).any(|w| w == needle)
    }
}

impl Drop for Netcut {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn forward(near: Arc<UdpSocket>, relay: SocketAddr, line: Arc<Line>) {
    // Per program address: the socket the relay sees, and the line's address it was made for.
    let mut flows: HashMap<SocketAddr, (Arc<UdpSocket>, u64, tokio::task::JoinHandle<()>)> = HashMap::new();
    let mut packet = vec![0u8; 65536];
    loop {
        let Ok((length, from)) = near.recv_from(&mut packet).await else { continue };
        let address = line.address.load(Ordering::Relaxed);
        if let Some((_, made_for, back)) = flows.get(&from)
            && *made_for != address
        {
            back.abort();
            flows.remove(&from);
        }
        if let std::collections::hash_map::Entry::Vacant(vacant) = flows.entry(from) {
            let Ok(far) = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await else { continue };
            if far.connect(relay).await.is_err() {
                continue;
            }
            let far = Arc::new(far);
            let back = tokio::spawn(carry_back(far.clone(), near.clone(), from, line.clone()));
            vacant.insert((far, address, back));
        }
        let (Some((far, ..)), Some(delay)) = (flows.get(&from), line.admit(&packet[..length])) else { continue };
        send_after(delay, far.clone(), None, &packet[..length]).await;
    }
}

async fn carry_back(far: Arc<UdpSocket>, near: Arc<UdpSocket>, to: SocketAddr, line: Arc<Line>) {
    let mut packet = vec![0u8; 65536];
    loop {
        // An error here is the relay being away (connection refused): the line itself stays.
        let Ok(length) = far.recv(&mut packet).await else { continue };
        if let Some(delay) = line.admit(&packet[..length]) {
            send_after(delay, near.clone(), Some(to), &packet[..length]).await;
        }
    }
}

async fn send_after(delay: Duration, socket: Arc<UdpSocket>, to: Option<SocketAddr>, packet: &[u8]) {
    async fn send(socket: &UdpSocket, to: Option<SocketAddr>, packet: &[u8]) {
        // A packet that cannot be sent is a lost packet.
        let _lost = match to {
            Some(to) => socket.send_to(packet, to).await,
            None => socket.send(packet).await,
        };
    }
    if delay.is_zero() {
        send(&socket, to, packet).await;
    } else {
        let packet = packet.to_vec();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            send(&socket, to, &packet).await;
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::net::UdpSocket as Plain;

    fn pair() -> (Plain, Plain, Netcut) {
        let relay = Plain::bind("127.0.0.1:0").unwrap();
        relay.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let program = Plain::bind("127.0.0.1:0").unwrap();
        program.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let line = Netcut::to(relay.local_addr().unwrap()).unwrap();
        program.connect(("127.0.0.1", line.port())).unwrap();
        (relay, program, line)
    }

    #[test]
    fn a_cut_line_carries_nothing_and_a_mended_one_does_again() {
        let (relay, program, line) = pair();
        let mut b = [0u8; 64];
        program.send(b"one").unwrap();
        let (n, from) = relay.recv_from(&mut b).unwrap();
        assert_eq!(&b[..n], b"one");
        relay.send_to(b"back", from).unwrap();
        assert_eq!(program.recv(&mut b).unwrap(), 4);

        line.cut();
        program.send(b"two").unwrap();
        assert!(relay.recv_from(&mut b).is_err());
        line.mend();
        program.send(b"three").unwrap();
        let (n, again) = relay.recv_from(&mut b).unwrap();
        assert_eq!((&b[..n], again), (&b"three"[..], from));
        assert!(line.carried(b"three") && !line.carried(b"two"));
    }

    #[test]
    fn after_a_change_of_address_the_relay_sees_another_one() {
        let (relay, program, line) = pair();
        let mut b = [0u8; 64];
        program.send(b"one").unwrap();
        let (_, before) = relay.recv_from(&mut b).unwrap();
        line.change_address();
        program.send(b"two").unwrap();
        let (_, after) = relay.recv_from(&mut b).unwrap();
        assert_ne!(before, after);
        relay.send_to(b"back", after).unwrap();
        assert_eq!(program.recv(&mut b).unwrap(), 4);
    }
}
