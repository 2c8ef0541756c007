//! What crosses the relay, cut into the units that a relay can tell apart, and what can be done to one of them.
//!
//! On the inner TLS a unit is a record; on every other stream a sealed message. A record that only says "change cipher spec" means
//! nothing in TLS 1.3, is thrown away by both sides, and is neither counted nor attacked.

use std::sync::{Arc, Mutex};

use quinn::{RecvStream, SendStream};

use crate::world::Carried;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    ToCustomer,
    ToAttendant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    Tls,
    Sealed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attack {
    /// Leaves it out.
    Drop,
    FlipFirst,
    FlipMiddle,
    FlipLast,
    /// The one after it comes first.
    Swap,
    Duplicate,
    /// The one before it comes again behind it.
    Replay,
    /// It goes back to who sent it.
    Reflect,
    /// A byte less, with the length as it was.
    Truncate,
    /// A byte less, and the length says so.
    Shorten,
    /// A byte more, and the length says so.
    Extend,
    /// Half of it, then the end of the stream.
    Cut,
    /// One of the relay's own comes before it.
    Insert,
    /// The one at the same place of another session comes instead.
    Foreign,
    /// The announced length is the largest that can be written.
    Oversize,
    /// These bytes in it become those.
    Replace(&'static [u8], &'static [u8]),
}

impl Attack {
    /// All that need no bytes of their own.
    pub const PLAIN: [Self; 15] = [
        Self::Drop,
        Self::FlipFirst,
        Self::FlipMiddle,
        Self::FlipLast,
        Self::Swap,
        Self::Duplicate,
        Self::Replay,
        Self::Reflect,
        Self::Truncate,
        Self::Shorten,
        Self::Extend,
        Self::Cut,
        Self::Insert,
        Self::Foreign,
        Self::Oversize,
    ];
}

/// Which unit of a stream, and what is done to it.
#[derive(Debug, Clone)]
pub struct Aim {
    pub unit: usize,
    pub attack: Attack,
}

/// The units of one direction of one stream, as they were sent.
pub type Tape = Arc<Mutex<Vec<Vec<u8>>>>;

/// One direction of a stream through the relay.
pub struct Pipe {
    pub layout: Layout,
    pub aim: Option<Aim>,
    /// What the same stream of another session carried.
    pub foreign: Vec<Vec<u8>>,
    pub tape: Tape,
    pub carried: Carried,
}

/// A way that more than one direction writes to.
pub type Shared = Arc<tokio::sync::Mutex<SendStream>>;

pub fn shared(send: SendStream) -> Shared {
    Arc::new(tokio::sync::Mutex::new(send))
}

impl Pipe {
    /// Carries until the end; `back` leads to who sends. Ends of streams are passed on.
    pub async fn carry(self, mut from: RecvStream, to: Shared, back: Option<Shared>) {
        let mut count = 0;
        let mut held: Option<Vec<u8>> = None;
        while let Some(unit) = self.next(&mut from).await {
            self.carried.lock().unwrap().extend_from_slice(&unit);
            let counts = !(self.layout == Layout::Tls && unit[0] == CHANGE_CIPHER_SPEC);
            let mut out = vec![unit.clone()];
            if counts {
                self.tape.lock().unwrap().push(unit.clone());
                match &self.aim {
                    Some(aim) if aim.unit == count && aim.attack == Attack::Swap => {
                        held = Some(unit);
                        out.clear();
                    }
                    Some(aim) if aim.unit == count && aim.attack == Attack::Reflect => {
                        out.clear();
                        if let Some(back) = &back {
                            write(back, &unit).await;
                        }
                    }
                    Some(aim) if aim.unit == count => out = self.attacked(&aim.attack, count, unit),
                    _ => out.extend(held.take()),
                }
                count += 1;
            }
            for unit in out {
                write(&to, &unit).await;
            }
            if self.aim.as_ref().is_some_and(|aim| aim.attack == Attack::Cut && aim.unit + 1 == count) {
                break;
            }
        }
        // Whoever went before is not written to.
        drop(to.lock().await.finish());
        drop(from.stop(0_u8.into()));
    }

    fn attacked(&self, attack: &Attack, count: usize, unit: Vec<u8>) -> Vec<Vec<u8>> {
        let head = self.layout.head();
        let body = unit.len() - head;
        let flipped = |at: usize| {
            let mut unit = unit.clone();
            unit[head + at] ^= 0x40;
            vec![unit]
        };
        let resized = |length: usize| {
            let mut unit = unit.clone();
            unit.resize(head + length, 0);
            self.layout.announce(&mut unit, length);
            vec![unit]
        };
        match attack {
            Attack::Drop => Vec::new(),
            Attack::FlipFirst => flipped(0),
            Attack::FlipMiddle => flipped(body / 2),
            Attack::FlipLast => flipped(body - 1),
            Attack::Duplicate => vec![unit.clone(), unit],
            Attack::Replay => {
                let before = self.tape.lock().unwrap()[count.saturating_sub(1)].clone();
                vec![unit, before]
            }
            Attack::Truncate => vec![unit[..unit.len() - 1].to_vec()],
            Attack::Shorten => resized(body - 1),
            Attack::Extend => resized(body + 1),
            Attack::Cut => vec![unit[..head + body / 2].to_vec()],
            Attack::Insert => vec![self.layout.forged(), unit],
            Attack::Foreign => self.foreign.get(count).cloned().into_iter().collect(),
            Attack::Oversize => {
                let mut unit = unit;
                self.layout.announce(&mut unit, usize::MAX);
                vec![unit]
            }
            Attack::Replace(find, with) => {
                let at = unit.windows(find.len()).position(|part| part == *find).expect("it says what is replaced");
                let mut unit = unit;
                unit[at..at + find.len()].copy_from_slice(with);
                vec![unit]
            }
            Attack::Swap | Attack::Reflect => unreachable!("these need more than the unit"),
        }
    }

    async fn next(&self, from: &mut RecvStream) -> Option<Vec<u8>> {
        let mut unit = vec![0; self.layout.head()];
        from.read_exact(&mut unit).await.ok()?;
        let (head, length) = (unit.len(), self.layout.length(&unit));
        unit.resize(head + length, 0);
        from.read_exact(&mut unit[head..]).await.ok()?;
        Some(unit)
    }
}

const CHANGE_CIPHER_SPEC: u8 = 20;
const APPLICATION_DATA: u8 = 23;

impl Layout {
    fn head(self) -> usize {
        match self {
            Self::Tls => 5,
            Self::Sealed => 4,
        }
    }

    fn length(self, unit: &[u8]) -> usize {
        match self {
            Self::Tls => usize::from(u16::from_be_bytes([unit[3], unit[4]])),
            Self::Sealed => u32::from_le_bytes(unit[..4].try_into().unwrap()) as usize,
        }
    }

    fn announce(self, unit: &mut [u8], length: usize) {
        match self {
            Self::Tls => unit[3..5].copy_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()),
            Self::Sealed => unit[..4].copy_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()),
        }
    }

    fn forged(self) -> Vec<u8> {
        match self {
            Self::Tls => [&[APPLICATION_DATA, 3, 3, 0, 32][..], &[0; 32]].concat(),
            Self::Sealed => [&[32, 0, 0, 0][..], &[0; 32]].concat(),
        }
    }
}

/// A side that does not read any more is no failure of the relay's.
async fn write(to: &Shared, bytes: &[u8]) {
    drop(to.lock().await.write_all(bytes).await);
}
