//! A connected program as others see it: something to send control messages to, to open streams on, and to close.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use protocol::message::FromRelay;
use quinn::VarInt;
use tokio::sync::mpsc;

/// Why a connection is closed; the same numbers both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum CloseCode {
    /// Nothing is wrong: replaced by a newer connection of the same program, or the relay stops and will be back.
    Normal = 0,
    /// The program was closed by its user: it will not come back to its session.
    Goodbye = 1,
    /// Something was said that cannot be said.
    Violation = 2,
    /// The relay will not serve this program: see the `Refused` before it.
    Refused = 3,
    /// The program does not read what it is sent.
    TooSlow = 4,
}

impl From<CloseCode> for VarInt {
    fn from(code: CloseCode) -> VarInt {
        VarInt::from_u32(code as u32)
    }
}

/// A connected program.
#[derive(Debug)]
pub struct Peer {
    number: u64,
    connection: quinn::Connection,
    outgoing: mpsc::Sender<FromRelay>,
}

static NUMBER: AtomicU64 = AtomicU64::new(1);

impl Peer {
    /// A program, and where its control messages come out: at most `queue` wait for it.
    pub fn new(connection: quinn::Connection, queue: usize) -> (Arc<Self>, mpsc::Receiver<FromRelay>) {
        let (outgoing, messages) = mpsc::channel(queue);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        (Arc::new(Self { number, connection, outgoing }), messages)
    }

    /// Tells this connection from every other one of this process.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The connection, for spliced streams.
    pub fn connection(&self) -> &quinn::Connection {
        &self.connection
    }

    /// Queues a message. A program that has let the queue run full is closed: a control message is never dropped.
    pub fn send(&self, message: FromRelay) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.outgoing.try_send(message) {
            tracing::warn!(peer = self.number, source = %self.connection.remote_address(), "program does not read its messages, closed");
            self.close(CloseCode::TooSlow);
        }
    }

    /// Closes the connection, if it is not closed. What the program itself said when it closed is kept: a goodbye stays one.
    pub fn close(&self, code: CloseCode) {
        if self.connection.close_reason().is_none() {
            self.connection.close(code.into(), b"");
        }
    }
}
