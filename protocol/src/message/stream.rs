//! The head of every stream of a paired session: the only part of it that the relay reads.

use crate::id::SessionId;

/// Bytes of a head: session, kind, priority, number.
pub const HEAD_BYTES: usize = 16 + 1 + 1 + 8;

/// What a stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StreamKind {
    /// Inner TLS: handshake, then control. Both directions, opened by the attendant, the first of each pairing.
    Secure,
    /// Screen updates, customer to attendant.
    Picture,
    /// Pointer shape and place, customer to attendant.
    Pointer,
    /// Mouse and keyboard, attendant to customer.
    Input,
    /// What was shown, attendant to customer.
    Shown,
}

impl StreamKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Secure, Self::Picture, Self::Pointer, Self::Input, Self::Shown];

    /// The byte that stands for it.
    pub fn code(self) -> u8 {
        match self {
            Self::Secure => 0,
            Self::Picture => 1,
            Self::Pointer => 2,
            Self::Input => 3,
            Self::Shown => 4,
        }
    }

    /// The kind that a byte stands for.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Sent before streams of lower priority: input above pointer above picture.
    pub fn priority(self) -> i8 {
        match self {
            Self::Secure => 40,
            Self::Input => 30,
            Self::Shown => 25,
            Self::Pointer => 20,
            Self::Picture => 10,
        }
    }
}

/// The head of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StreamHead {
    /// The session it belongs to.
    pub session: SessionId,
    /// What it carries.
    pub kind: StreamKind,
    /// How urgent it is; higher goes first.
    pub priority: i8,
    /// Counts the streams that one end opens in a session; never used twice.
    pub number: u64,
}

impl StreamHead {
    /// A head with the priority of its kind.
    pub fn new(session: SessionId, kind: StreamKind, number: u64) -> Self {
        Self { session, kind, priority: kind.priority(), number }
    }

    /// The head as bytes.
    pub fn to_bytes(self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        bytes[..16].copy_from_slice(self.session.as_bytes());
        bytes[16] = self.kind.code();
        bytes[17] = self.priority.to_le_bytes()[0];
        bytes[18..].copy_from_slice(&self.number.to_le_bytes());
        bytes
    }

    /// Reads a head; `None` for a kind that does not exist.
    pub fn from_bytes(bytes: &[u8; HEAD_BYTES]) -> Option<Self> {
        let (session, rest) = bytes.split_first_chunk::<16>()?;
        let (&[kind, priority], number) = rest.split_first_chunk::<2>()?;
        Some(Self {
            session: SessionId::from_bytes(*session),
            kind: StreamKind::from_code(kind)?,
            priority: i8::from_le_bytes([priority]),
            number: u64::from_le_bytes(number.try_into().ok()?),
        })
    }
}
