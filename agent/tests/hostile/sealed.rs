//! Picture, pointer, input and acknowledgements: what a relay does to a sealed stream ends it, and nothing changed comes out of it.

use std::sync::Arc;

use amparo_agent::link::{
    client::{IncomingStream, LinkEvent},
    sealed::{SealedError, SessionKeys},
};
use protocol::{
    id::SessionId,
    limits,
    media::Shown,
    message::{
        pairing::Role,
        stream::{HEAD_BYTES, StreamHead, StreamKind},
    },
};

use crate::{
    wire::{Aim, Attack, Layout, Pipe, Tape, shared},
    world::{self, Carried, Plugged, Program, Relay, soon},
};

const SESSION: SessionId = SessionId::from_bytes([3; 16]);
/// Messages of each stream, and the one that is attacked.
const SENT: u64 = 6;
const AIMED: usize = 2;

/// Two programs with the keys of one inner connection, and the relay's ends of both.
struct Ends {
    sender: (Plugged, quinn::Connection, Arc<SessionKeys>, Program),
    receiver: (Plugged, Arc<SessionKeys>, Program),
    kind: StreamKind,
    _relay: Relay,
}

fn sender_of(kind: StreamKind) -> Role {
    match kind {
        StreamKind::Input | StreamKind::Shown => Role::Attendant,
        _ => Role::Customer,
    }
}

fn cap(kind: StreamKind) -> usize {
    match kind {
        StreamKind::Picture => limits::PICTURE_MESSAGE_BYTES,
        StreamKind::Pointer => limits::POINTER_MESSAGE_BYTES,
        _ => limits::INPUT_MESSAGE_BYTES,
    }
}

const KINDS: [StreamKind; 4] = [StreamKind::Picture, StreamKind::Pointer, StreamKind::Input, StreamKind::Shown];

impl Ends {
    async fn new(kind: StreamKind, secret: [u8; 32]) -> Self {
        let relay = Relay::open();
        let mut one = world::plug(&relay.address);
        let one_there = soon("the sender", relay.welcome()).await;
        let connection = one.up().await;
        let mut other = world::plug(&relay.address);
        let other_there = soon("the receiver", relay.welcome()).await;
        other.up().await;
        let role = sender_of(kind);
        let keys = |role| Arc::new(SessionKeys::new(&secret, role, SESSION));
        Self {
            sender: (one, connection, keys(role), one_there),
            receiver: (other, keys(role.other()), other_there),
            kind,
            _relay: relay,
        }
    }

    /// Sends what there is to send, on a stream of its own.
    fn send(&self) {
        let ((_, connection, keys, _), kind) = (&self.sender, self.kind);
        let (connection, keys) = (connection.clone(), keys.clone());
        tokio::spawn(async move {
            let mut stream = keys.open(&connection, kind, 17).await.unwrap();
            for number in 0..SENT {
                // The relay may have stopped reading: that is its attack.
                if stream.send(&message(number), cap(kind)).await.is_err() {
                    return;
                }
            }
        });
    }

    /// Takes the sender's stream and opens the receiver's, with the head that `change` makes of it.
    async fn splice(&self, aim: Option<Aim>, foreign: Vec<Vec<u8>>, tape: Tape, change: impl FnOnce(&mut Vec<u8>)) {
        let mut from = self.sender.3.connection.accept_uni().await.unwrap();
        let mut head = vec![0; HEAD_BYTES];
        from.read_exact(&mut head).await.unwrap();
        let mut back = self.sender.3.connection.open_uni().await.unwrap();
        back.write_all(&head).await.unwrap();
        change(&mut head);
        let mut to = self.receiver.2.connection.open_uni().await.unwrap();
        to.write_all(&head).await.unwrap();
        let pipe = Pipe { layout: Layout::Sealed, aim, foreign, tape, carried: Carried::default() };
        tokio::spawn(pipe.carry(from, shared(to), Some(shared(back))));
    }

    /// What comes out at the receiver, and how it ends.
    async fn receive(&mut self) -> (Vec<Shown>, Result<(), SealedError>) {
        let stream = next_stream(&mut self.receiver.0).await;
        let mut out = Vec::new();
        let mut sealed = match self.receiver.1.accept(stream.head, stream.recv) {
            Ok(sealed) => sealed,
            Err(error) => return (out, Err(error)),
        };
        loop {
            match soon("a message or the end", sealed.receive::<Shown>(cap(self.kind))).await {
                Ok(Some((message, _))) => out.push(message),
                Ok(None) => return (out, Ok(())),
                Err(error) => return (out, Err(error)),
            }
        }
    }
}

async fn next_stream(plugged: &mut Plugged) -> IncomingStream {
    loop {
        if let LinkEvent::Stream(stream) = soon("a stream", plugged.events.recv()).await.expect("the link runs") {
            return stream;
        }
    }
}

fn message(number: u64) -> Shown {
    Shown { number, captured_us: 1_000 + number }
}

async fn recorded(kind: StreamKind) -> Vec<Vec<u8>> {
    let (mut ends, tape) = (Ends::new(kind, [1; 32]).await, Tape::default());
    ends.send();
    ends.splice(None, Vec::new(), tape.clone(), |_| ()).await;
    let (out, end) = ends.receive().await;
    assert!(end.is_ok() && out.len() == SENT as usize, "an honest relay is no trouble: {end:?}");
    let tape = tape.lock().unwrap();
    tape.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_message_that_a_relay_touches_ends_its_stream_and_comes_out_nowhere() {
    let mut cases = 0;
    for kind in KINDS {
        let foreign = recorded(kind).await;
        for attack in Attack::PLAIN {
            let mut ends = Ends::new(kind, [2; 32]).await;
            ends.send();
            let aim = Aim { unit: AIMED, attack: attack.clone() };
            ends.splice(Some(aim), foreign.clone(), Tape::default(), |_| ()).await;
            let (out, end) = ends.receive().await;
            let name = format!("{kind:?} {attack:?}");
            let intact: Vec<_> = (0..out.len() as u64).map(message).collect();
            assert_eq!(out, intact, "{name}: only what was sent, in its order");
            let whole = if matches!(attack, Attack::Duplicate | Attack::Replay) { AIMED + 1 } else { AIMED };
            assert_eq!(out.len(), whole, "{name}: up to what was touched");
            let as_expected = match attack {
                Attack::Oversize => matches!(end, Err(SealedError::Frame(_))),
                _ => matches!(end, Err(SealedError::Broken)),
            };
            assert!(as_expected, "{name}: {end:?}");
            if attack == Attack::Reflect {
                let back = next_stream(&mut ends.sender.0).await;
                let taken = ends.sender.2.accept(back.head, back.recv);
                assert!(matches!(taken, Err(SealedError::Stream(_))), "{name}: its own stream is not taken back");
            }
            cases += 1;
        }
    }
    assert_eq!(cases, KINDS.len() * Attack::PLAIN.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_under_another_head_opens_to_nothing() {
    type Change = fn(&mut Vec<u8>);
    let heads: [(&str, Change); 7] = [
        ("of another session", |head| head[0] ^= 1),
        ("with another number", |head| head[18] ^= 1),
        ("with another priority", |head| head[17] ^= 1),
        ("as the other kind of this sender", |head| {
            let kind = StreamKind::from_code(head[16]).unwrap();
            head[16] = KINDS.into_iter().find(|k| *k != kind && sender_of(*k) == sender_of(kind)).unwrap().code();
        }),
        ("as a kind of the other sender", |head| {
            let kind = StreamKind::from_code(head[16]).unwrap();
            head[16] = KINDS.into_iter().find(|k| sender_of(*k) != sender_of(kind)).unwrap().code();
        }),
        ("as the inner TLS", |head| head[16] = StreamKind::Secure.code()),
        ("with the number of the largest", |head| head[18..].fill(0xff)),
    ];
    for kind in KINDS {
        for (name, change) in heads {
            let mut ends = Ends::new(kind, [2; 32]).await;
            ends.send();
            ends.splice(None, Vec::new(), Tape::default(), change).await;
            let (out, end) = ends.receive().await;
            assert!(out.is_empty(), "{kind:?} {name}: {out:?}");
            assert!(matches!(end, Err(SealedError::Broken | SealedError::Stream(_))), "{kind:?} {name}: {end:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_another_session_or_a_second_one_of_its_kind_is_not_taken() {
    for kind in KINDS {
        // The whole stream of one session under the right head of another.
        let recorded = recorded(kind).await;
        let mut ends = Ends::new(kind, [2; 32]).await;
        let head = StreamHead::new(SESSION, kind, 17).to_bytes();
        let mut forged = ends.receiver.2.connection.open_uni().await.unwrap();
        forged.write_all(&[head.to_vec(), recorded.concat()].concat()).await.unwrap();
        let (out, end) = ends.receive().await;
        assert!(out.is_empty() && matches!(end, Err(SealedError::Broken)), "{kind:?}: {end:?}");
        // And the true one after it: one of each kind, whatever became of it.
        ends.send();
        ends.splice(None, Vec::new(), Tape::default(), |_| ()).await;
        let (out, end) = ends.receive().await;
        assert!(out.is_empty() && matches!(end, Err(SealedError::Stream(_))), "{kind:?}: {end:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_without_a_readable_head_reaches_nobody() {
    let mut ends = Ends::new(StreamKind::Picture, [2; 32]).await;
    let good = StreamHead::new(SESSION, StreamKind::Picture, 17).to_bytes();
    let mut unknown = good;
    unknown[16] = 99;
    for bytes in [&good[..0], &good[..HEAD_BYTES - 1], &unknown] {
        let mut stream = ends.receiver.2.connection.open_uni().await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.finish().unwrap();
    }
    // The next good one is the first that is heard of.
    ends.send();
    ends.splice(None, Vec::new(), Tape::default(), |_| ()).await;
    let (out, end) = ends.receive().await;
    assert_eq!((out.len() as u64, end.is_ok()), (SENT, true));
}
