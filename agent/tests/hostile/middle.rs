//! A relay between two real programs that passes every stream on and attacks one unit of one of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use protocol::{
    limits,
    media::{Batch, Size, Update},
    message::stream::{HEAD_BYTES, StreamHead, StreamKind},
};

use crate::{
    wire::{Aim, Attack, Layout, Pipe, Tape, Way, shared},
    world::{self, AttendantSide, Authority, Carried, CustomerSide, Program, Relay},
};

/// One direction of a stream of this kind.
pub type Lane = (Way, StreamKind);

/// The units of every lane of a session, as they were sent.
pub type Tapes = HashMap<Lane, Vec<Vec<u8>>>;

/// A session through such a relay.
pub struct Session {
    pub customer: CustomerSide,
    pub attendant: AttendantSide,
    pub carried: Carried,
    tapes: Arc<Mutex<HashMap<Lane, Tape>>>,
    _relay: (Relay, [quinn::Connection; 2]),
}

impl Session {
    pub fn tapes(&self) -> Tapes {
        let tapes = self.tapes.lock().unwrap();
        tapes.iter().map(|(lane, tape)| (*lane, tape.lock().unwrap().clone())).collect()
    }

    /// Whether one of these lanes has not yet carried this unit.
    pub fn tapes_below(&self, units: &[(Lane, usize)]) -> bool {
        let tapes = self.tapes.lock().unwrap();
        units.iter().any(|(lane, unit)| tapes.get(lane).is_none_or(|tape| tape.lock().unwrap().len() <= *unit))
    }

    /// What of the session's secrets the relay has seen; empty is good.
    pub fn leaks(&self) -> Vec<&'static str> {
        leaks(&self.carried.lock().unwrap())
    }
}

/// Begins a session with this attack on it.
pub async fn session(aim: Option<(Lane, Aim)>, foreign: &Arc<Tapes>) -> Session {
    let (authority, relay, id) = (Authority::new(), Relay::open(), world::a_session());
    let (customer, customer_there) = world::waiting(&relay, &authority, id).await;
    let (attendant, attendant_there) = world::dialling(&relay, &authority, id).await;
    let middle = Middle { aim, foreign: foreign.clone(), tapes: Arc::default(), carried: Carried::default() };
    let (carried, tapes) = (middle.carried.clone(), middle.tapes.clone());
    let both = [customer_there.connection.clone(), attendant_there.connection.clone()];
    tokio::spawn(middle.splice(customer_there, attendant_there));
    Session { customer, attendant, carried, tapes, _relay: (relay, both) }
}

#[derive(Clone)]
struct Middle {
    aim: Option<(Lane, Aim)>,
    foreign: Arc<Tapes>,
    tapes: Arc<Mutex<HashMap<Lane, Tape>>>,
    carried: Carried,
}

impl Middle {
    fn pipe(&self, lane: Lane) -> Pipe {
        Pipe {
            layout: if lane.1 == StreamKind::Secure { Layout::Tls } else { Layout::Sealed },
            aim: self.aim.as_ref().filter(|(aimed, _)| *aimed == lane).map(|(_, aim)| aim.clone()),
            foreign: self.foreign.get(&lane).cloned().unwrap_or_default(),
            tape: self.tapes.lock().unwrap().entry(lane).or_default().clone(),
            carried: self.carried.clone(),
        }
    }

    async fn splice(self, customer: Program, attendant: Program) {
        let (to_attendant, mut from_attendant) = attendant.connection.accept_bi().await.unwrap();
        let mut head = [0; HEAD_BYTES];
        from_attendant.read_exact(&mut head).await.unwrap();
        let (mut to_customer, from_customer) = customer.connection.open_bi().await.unwrap();
        to_customer.write_all(&head).await.unwrap();
        let (to_customer, to_attendant) = (shared(to_customer), shared(to_attendant));
        let there = self.pipe((Way::ToCustomer, StreamKind::Secure));
        let back = self.pipe((Way::ToAttendant, StreamKind::Secure));
        tokio::join!(
            there.carry(from_attendant, to_customer.clone(), Some(to_attendant.clone())),
            back.carry(from_customer, to_attendant, Some(to_customer)),
            self.clone().pass(Way::ToAttendant, customer.connection.clone(), attendant.connection.clone()),
            self.pass(Way::ToCustomer, attendant.connection, customer.connection),
        );
    }

    /// Streams of one direction.
    async fn pass(self, way: Way, from: quinn::Connection, to: quinn::Connection) {
        while let Ok(mut recv) = from.accept_uni().await {
            let (this, from, to) = (self.clone(), from.clone(), to.clone());
            tokio::spawn(async move {
                let mut head = [0; HEAD_BYTES];
                recv.read_exact(&mut head).await.ok()?;
                let lane = (way, StreamHead::from_bytes(&head)?.kind);
                let mut send = to.open_uni().await.ok()?;
                send.write_all(&head).await.ok()?;
                let pipe = this.pipe(lane);
                // What is reflected needs a stream to go back on.
                let back = if pipe.aim.as_ref().is_some_and(|aim| aim.attack == Attack::Reflect) {
                    let mut back = from.open_uni().await.ok()?;
                    back.write_all(&head).await.ok()?;
                    Some(shared(back))
                } else {
                    None
                };
                pipe.carry(recv, shared(send), back).await;
                Some(())
            });
        }
    }
}

/// Typed by the attendant of every session; a relay must never see it.
pub const TYPED: &str = "quatorze-girafas-amarelas";

/// How H.264 begins: start code, type and profile of its first unit. Fewer bytes would be met by chance: a short message's length ends in
/// three zeroes, and what follows is as good as random.
const FILM_BEGINS: &[u8] = b"\x00\x00\x00\x01\x67\x42\xc0";

fn leaks(carried: &[u8]) -> Vec<&'static str> {
    let contains = |part: &[u8]| carried.windows(part.len()).any(|window| window == part);
    // How the first picture of the synthetic screen begins when nothing is sealed, without its number and time.
    let size = Update::Resize(Size { width: 640, height: 480 });
    let first = Batch { number: 0, captured_us: 0, updates: vec![size] };
    let picture = &protocol::frame::encode_body(&first, limits::PICTURE_MESSAGE_BYTES).unwrap()[3..];
    let (shown, symbols) = (world::password().reveal(), *world::password().symbols());
    let mut found = Vec::new();
    for (what, part) in [
        ("the password", &symbols[..]),
        ("the password as shown", shown.as_bytes()),
        ("what was typed", TYPED.as_bytes()),
        ("a part of what was typed", b"girafas"),
        ("the screen's size", picture),
        ("video", FILM_BEGINS),
    ] {
        if contains(part) {
            found.push(what);
        }
    }
    // Pictures have long runs of equal bytes, sealed ones have none.
    if carried.chunk_by(|a, b| a == b).any(|run| run.len() >= 12) {
        found.push("a run of equal bytes");
    }
    found
}

#[test]
fn a_picture_and_words_that_are_not_sealed_would_be_found() {
    let size = Update::Resize(Size { width: 640, height: 480 });
    let batch = Batch { number: 9, captured_us: 77, updates: vec![size] };
    let plain = protocol::frame::encode_body(&batch, limits::PICTURE_MESSAGE_BYTES).unwrap();
    assert_eq!(leaks(&plain), ["the screen's size"]);
    let typed = protocol::message::input::Input::Text(TYPED.to_owned().try_into().unwrap());
    assert!(leaks(&protocol::frame::encode_body(&typed, 512).unwrap()).contains(&"what was typed"));
    assert!(leaks(world::password().symbols()).contains(&"the password"));
}

#[test]
fn a_film_that_is_not_sealed_would_be_found_and_the_length_of_a_sealed_message_is_none() {
    let mut screen = media::Screen::open(&media::Choice::named("synthetic")).unwrap();
    let film = loop {
        screen.wait(true, std::time::Duration::from_secs(1)).unwrap();
        let batch = screen.take_batch(std::time::Instant::now()).unwrap();
        let is_film = |update: &Update| matches!(update, Update::Video { keyframe: true, .. });
        if let Some(batch) = batch.filter(|batch| batch.updates.iter().any(is_film)) {
            break batch;
        }
    };
    let plain = protocol::frame::encode_body(&film, limits::PICTURE_MESSAGE_BYTES).unwrap();
    assert!(leaks(&plain).contains(&"video"));
    assert_eq!(leaks(b"\x1c\x00\x00\x00\x01\x67\x93\x11\x05"), [""; 0]);
}
