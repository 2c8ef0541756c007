//! Messages as bytes: a four-byte little-endian length, then the message in bincode's fixed layout.
//!
//! The only module that knows the serialisation crate. A length over the cap is refused before a byte of the body is kept, and
//! decoding can never ask for more memory than the cap either.

use serde::{Serialize, de::DeserializeOwned};

/// Why bytes are not the message they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The announced length is over the cap.
    #[error("a message of {announced} bytes, where {cap} are allowed")]
    TooLong {
        /// Bytes announced.
        announced: usize,
        /// Bytes allowed.
        cap: usize,
    },
    /// The body is not a message of this kind.
    #[error("a message that cannot be read: {0}")]
    Malformed(String),
    /// The body goes on behind the message.
    #[error("{0} bytes behind the end of a message")]
    Trailing(usize),
}

/// Bytes of the length in front of each message.
pub const LENGTH_BYTES: usize = 4;

const CONFIG: bincode::config::Configuration = bincode::config::standard();

/// The body of a message, without a length. Fails only when it would be over `cap` bytes.
pub fn encode_body<M: Serialize>(message: &M, cap: usize) -> Result<Vec<u8>, FrameError> {
    let body = bincode::serde::encode_to_vec(message, CONFIG).map_err(|e| FrameError::Malformed(e.to_string()))?;
    if body.len() > cap {
        return Err(FrameError::TooLong { announced: body.len(), cap });
    }
    Ok(body)
}

/// The message of a body, all of which it must take up.
pub fn decode_body<M: DeserializeOwned>(body: &[u8], cap: usize) -> Result<M, FrameError> {
    if body.len() > cap {
        return Err(FrameError::TooLong { announced: body.len(), cap });
    }
    // The decode limit is a type parameter, so the caps are rounded up to the next of these steps; the exact cap was checked above.
    let decoded = match cap {
        0..=4_096 => bincode::serde::decode_from_slice(body, CONFIG.with_limit::<16_384>()),
        4_097..=262_144 => bincode::serde::decode_from_slice(body, CONFIG.with_limit::<1_048_576>()),
        _ => bincode::serde::decode_from_slice(body, CONFIG.with_limit::<67_108_864>()),
    };
    let (message, read) = decoded.map_err(|e| FrameError::Malformed(e.to_string()))?;
    if read != body.len() {
        return Err(FrameError::Trailing(body.len() - read));
    }
    Ok(message)
}

/// What a body begins with, and nothing of what follows it.
pub fn decode_head<M: DeserializeOwned>(body: &[u8]) -> Result<M, FrameError> {
    let decoded = bincode::serde::decode_from_slice(body, CONFIG.with_limit::<1_024>());
    decoded.map(|(head, _)| head).map_err(|e| FrameError::Malformed(e.to_string()))
}

/// A message with its length in front, ready to be sent.
pub fn encode<M: Serialize>(message: &M, cap: usize) -> Result<Vec<u8>, FrameError> {
    let body = encode_body(message, cap)?;
    let length = u32::try_from(body.len()).map_err(|_| FrameError::TooLong { announced: body.len(), cap })?;
    let mut bytes = Vec::with_capacity(LENGTH_BYTES + body.len());
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&body);
    Ok(bytes)
}

/// Reads a length, refusing one over `cap`.
pub fn body_length(length: [u8; LENGTH_BYTES], cap: usize) -> Result<usize, FrameError> {
    let announced = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    if announced > cap { Err(FrameError::TooLong { announced, cap }) } else { Ok(announced) }
}

/// Collects bytes as they arrive and gives out whole messages.
///
/// Holds at most one message and what came with it: whoever feeds it takes the messages out before feeding more.
#[derive(Debug)]
pub struct Reassembler {
    cap: usize,
    bytes: Vec<u8>,
}

impl Reassembler {
    /// For messages of at most `cap` bytes.
    pub fn new(cap: usize) -> Self {
        Self { cap, bytes: Vec::new() }
    }

    /// Adds bytes that have arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Gives back the room that earlier messages took, if nothing is held. For streams on which little is said.
    pub fn rest(&mut self) {
        if self.bytes.is_empty() {
            self.bytes = Vec::new();
        }
    }

    /// Changes the cap, for when a state is reached in which more is allowed.
    pub fn set_cap(&mut self, cap: usize) {
        self.cap = cap;
    }

    /// The next whole message, or `None` until more bytes have come. After an error nothing more can be read.
    #[expect(clippy::should_implement_trait, reason = "each call may ask for another kind of message")]
    pub fn next<M: DeserializeOwned>(&mut self) -> Result<Option<M>, FrameError> {
        let Some((length, rest)) = self.bytes.split_first_chunk::<LENGTH_BYTES>() else { return Ok(None) };
        let length = body_length(*length, self.cap)?;
        let Some(body) = rest.get(..length) else { return Ok(None) };
        let message = decode_body(body, self.cap)?;
        self.bytes.drain(..LENGTH_BYTES + length);
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn messages_come_out_whole_however_their_bytes_arrive() {
        let mut bytes = encode(&"first".to_owned(), 64).unwrap();
        bytes.extend(encode(&"second".to_owned(), 64).unwrap());
        let mut inbox = Reassembler::new(64);
        let mut read = Vec::new();
        for byte in bytes {
            inbox.feed(&[byte]);
            while let Some(text) = inbox.next::<String>().unwrap() {
                read.push(text);
            }
        }
        assert_eq!(read, ["first", "second"]);
    }

    #[test]
    fn a_length_over_the_cap_is_refused_before_the_body_comes() {
        for announced in [65_u32, 1 << 31, (1 << 31) + 1, u32::MAX] {
            let mut inbox = Reassembler::new(64);
            inbox.feed(&announced.to_le_bytes());
            assert!(matches!(inbox.next::<String>(), Err(FrameError::TooLong { cap: 64, .. })));
        }
    }

    #[test]
    fn a_length_inside_a_message_cannot_ask_for_memory() {
        // A string that says it has 2^62 bytes.
        let body = [253, 0, 0, 0, 0, 0, 0, 0, 64];
        assert!(matches!(decode_body::<String>(&body, 64), Err(FrameError::Malformed(_))));
    }

    #[test]
    fn bytes_behind_a_message_are_an_error() {
        let mut body = encode_body(&7_u8, 64).unwrap();
        body.push(0);
        assert_eq!(decode_body::<u8>(&body, 64), Err(FrameError::Trailing(1)));
    }

    #[test]
    fn a_message_over_the_cap_is_not_sent() {
        assert!(matches!(encode(&vec![0_u8; 65], 64), Err(FrameError::TooLong { .. })));
    }
}
