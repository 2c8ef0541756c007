//! A connected program as others see it: something to send control messages to, to open streams on, and to close.
//!
//! Every waiting customer has one, so nothing is kept in it for the case that something is to be sent: what waits to be sent takes room
//! only while it waits (a channel of tokio's keeps 32 places, 6 kB of these messages, for as long as it lives).

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering},
    },
};

use protocol::message::{
    FromRelay,
    directory::{WaitingCustomer, WaitingOn},
};
use quinn::VarInt;
use tokio::sync::Notify;

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
    /// So many messages may wait.
    room: usize,
    outgoing: Mutex<Outgoing>,
    /// Something is to be sent, or nothing will be any more.
    news: Notify,
    /// The version it speaks, once it is welcome.
    version: AtomicU16,
    /// Has had a place in a session: only then are the sessions asked about it when it is gone.
    dialled: AtomicBool,
}

/// What waits to be sent.
#[derive(Debug, Default)]
struct Outgoing {
    queue: VecDeque<FromRelay>,
    /// The waiting list as it is now; the newest takes the place of one that was not sent yet.
    list: Option<Vec<WaitingCustomer>>,
    /// Which of them were invited to a ticket: goes out before the list.
    on: Option<Vec<WaitingOn>>,
    /// Nothing more is taken.
    ended: bool,
}

static NUMBER: AtomicU64 = AtomicU64::new(1);

impl Peer {
    /// A program for which at most `room` control messages wait. Whoever makes it sends what [`Peer::next`] gives.
    pub fn new(connection: quinn::Connection, room: usize) -> Arc<Self> {
        Arc::new(Self {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            connection,
            room,
            outgoing: Mutex::default(),
            news: Notify::new(),
            version: AtomicU16::new(0),
            dialled: AtomicBool::new(false),
        })
    }

    /// Tells this connection from every other one of this process.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The version that is spoken with it is this.
    pub fn speaks(&self, version: u16) {
        self.version.store(version, Ordering::Relaxed);
    }

    /// Whether it knows the words that came with this version.
    pub fn knows(&self, version: u16) -> bool {
        self.version.load(Ordering::Relaxed) >= version
    }

    /// The connection, for spliced streams.
    pub fn connection(&self) -> &quinn::Connection {
        &self.connection
    }

    /// Queues a message. A program that has let the queue run full is closed: a control message is never dropped.
    pub fn send(&self, message: FromRelay) {
        let mut outgoing = self.outgoing();
        if outgoing.ended {
            return;
        }
        if outgoing.queue.len() >= self.room {
            drop(outgoing);
            tracing::warn!(peer = self.number, source = %self.connection.remote_address(), "program does not read its messages, closed");
            return self.close(CloseCode::TooSlow);
        }
        outgoing.queue.push_back(message);
        drop(outgoing);
        self.news.notify_one();
    }

    /// Tells the waiting list as it is now, or takes back what was not sent yet.
    pub fn show(&self, list: Option<Vec<WaitingCustomer>>) {
        let mut outgoing = self.outgoing();
        if list.is_none() {
            outgoing.on = None;
        }
        outgoing.list = list;
        drop(outgoing);
        self.news.notify_one();
    }

    /// Tells which customers of the list that is shown next were invited to a ticket. For programs that know of it.
    pub fn show_on(&self, on: Vec<WaitingOn>) {
        self.outgoing().on = Some(on);
    }

    /// What is to be sent next, messages before the list; waits for it. `None` once the queue has ended and all of it was given out. For
    /// one task.
    pub async fn next(&self) -> Option<FromRelay> {
        loop {
            {
                let mut outgoing = self.outgoing();
                if let Some(message) = outgoing.queue.pop_front() {
                    if outgoing.queue.is_empty() {
                        outgoing.queue = VecDeque::new();
                    }
                    return Some(message);
                }
                if outgoing.ended {
                    return None;
                }
                if let Some(on) = outgoing.on.take() {
                    return Some(FromRelay::WaitingOn(on));
                }
                if let Some(list) = outgoing.list.take() {
                    return Some(FromRelay::Waiting(list));
                }
            }
            self.news.notified().await;
        }
    }

    /// Nothing more is taken; what is queued already still goes out, the list does not.
    pub fn end(&self) {
        let mut outgoing = self.outgoing();
        outgoing.ended = true;
        (outgoing.list, outgoing.on) = (None, None);
        drop(outgoing);
        self.news.notify_one();
    }

    /// It is given a place in a session.
    pub fn takes_part(&self) {
        self.dialled.store(true, Ordering::Relaxed);
    }

    /// It may have a place in a session.
    pub fn may_take_part(&self) -> bool {
        self.dialled.load(Ordering::Relaxed)
    }

    /// Closes the connection, if it is not closed. What the program itself said when it closed is kept: a goodbye stays one.
    pub fn close(&self, code: CloseCode) {
        if self.connection.close_reason().is_none() {
            self.connection.close(code.into(), b"");
        }
    }

    fn outgoing(&self) -> MutexGuard<'_, Outgoing> {
        // Every change under this lock is complete in itself, so a panic elsewhere leaves nothing half-done behind.
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
