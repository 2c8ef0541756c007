//! Streams of a session beside the inner TLS: each message sealed with a key of its own stream and direction.
//!
//! Keys come from the TLS exporter (the DTLS-SRTP pattern); nonces count up, so a message that is repeated, left out, moved or changed
//! does not open and the stream ends. The relay sees the stream's head and the lengths, nothing else.

use std::sync::Mutex;

use protocol::{
    frame::{self, LENGTH_BYTES},
    id::SessionId,
    message::{
        pairing::Role,
        stream::{HEAD_BYTES, StreamHead, StreamKind},
    },
};
use ring::{
    aead::{self, Aad, LessSafeKey, Nonce, UnboundKey},
    hkdf,
};
use serde::{Serialize, de::DeserializeOwned};

/// Why a sealed stream cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SealedError {
    /// The stream or its connection is gone.
    #[error("the stream is gone")]
    Gone(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A message that does not open: changed, cut off, repeated, left out, or of another stream.
    #[error("a message that does not open")]
    Broken,
    /// A message that opens and is not one.
    #[error("a message that cannot be read")]
    Frame(#[from] frame::FrameError),
    /// A stream that was there before, or that this half may not open.
    #[error("a stream that may not be opened: {0:?}")]
    Stream(StreamHead),
    /// All nonces of the stream's key are used.
    #[error("the stream has carried all it may")]
    UsedUp,
}

/// The keys of one inner connection.
pub struct SessionKeys {
    prk: hkdf::Prk,
    role: Role,
    session: SessionId,
    seen: Mutex<Vec<StreamKind>>,
}

impl std::fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKeys(…)")
    }
}

impl SessionKeys {
    /// Keys from the exporter's secret for streams.
    pub fn new(secret: &[u8; 32], role: Role, session: SessionId) -> Self {
        Self {
            prk: hkdf::Salt::new(hkdf::HKDF_SHA256, b"amparo streams v1").extract(secret),
            role,
            session,
            seen: Mutex::default(),
        }
    }

    /// Opens a stream of ours to the other half.
    pub async fn open(
        &self,
        connection: &quinn::Connection,
        kind: StreamKind,
        number: u64,
    ) -> Result<SealedSend, SealedError> {
        let mut stream = connection.open_uni().await.map_err(gone)?;
        let head = StreamHead::new(self.session, kind, number);
        if let Err(error) = stream.set_priority(i32::from(head.priority)) {
            tracing::debug!(%error, "the stream was closed before it began");
        }
        stream.write_all(&head.to_bytes()).await.map_err(gone)?;
        Ok(SealedSend { stream, key: self.key(self.role, head), counter: 0 })
    }

    /// Takes a stream of the other half whose head was read. One of each kind in the life of an inner connection.
    pub fn accept(&self, head: StreamHead, stream: quinn::RecvStream) -> Result<SealedRecv, SealedError> {
        let expected = matches!(
            (self.role, head.kind),
            (Role::Customer, StreamKind::Input | StreamKind::Shown)
                | (Role::Attendant, StreamKind::Picture | StreamKind::Pointer)
        );
        let mut seen = self.seen.lock().expect("no thread panics while it holds the kinds");
        if !expected || head.session != self.session || seen.contains(&head.kind) {
            return Err(SealedError::Stream(head));
        }
        seen.push(head.kind);
        Ok(SealedRecv { stream, key: self.key(self.role.other(), head), counter: 0, buffer: Vec::new() })
    }

    fn key(&self, sender: Role, head: StreamHead) -> LessSafeKey {
        let sender: &[u8] = match sender {
            Role::Customer => b"customer",
            Role::Attendant => b"attendant",
        };
        let head: [u8; HEAD_BYTES] = head.to_bytes();
        let info = [sender, &head];
        let okm = self.prk.expand(&info, &aead::AES_256_GCM).expect("32 bytes are less than HKDF's limit");
        LessSafeKey::new(UnboundKey::from(okm))
    }
}

fn gone(error: impl std::error::Error + Send + Sync + 'static) -> SealedError {
    SealedError::Gone(Box::new(error))
}

/// A stream that ends in order in the middle of a message was not ended by its sender.
fn cut(error: quinn::ReadExactError) -> SealedError {
    match error {
        quinn::ReadExactError::FinishedEarly(_) => SealedError::Broken,
        error => gone(error),
    }
}

/// The next nonce of a key. A counter at its end gives none: it must not begin anew.
fn nonce(counter: &mut u64) -> Result<Nonce, SealedError> {
    let mut bytes = [0; aead::NONCE_LEN];
    bytes[..8].copy_from_slice(&counter.to_le_bytes());
    *counter = counter.checked_add(1).ok_or(SealedError::UsedUp)?;
    Ok(Nonce::assume_unique_for_key(bytes))
}

/// Our end of a stream that we opened.
pub struct SealedSend {
    stream: quinn::SendStream,
    key: LessSafeKey,
    counter: u64,
}

impl SealedSend {
    /// Sends a message of at most `cap` bytes; returns the bytes that went out.
    pub async fn send<M: Serialize>(&mut self, message: &M, cap: usize) -> Result<usize, SealedError> {
        // One buffer from the message to the packets: written once, sealed where it lies, handed over without a copy.
        let mut buffer = frame::encode(message, cap)?;
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce(&mut self.counter)?, Aad::empty(), &mut buffer[LENGTH_BYTES..])
            .map_err(|_| SealedError::Broken)?;
        buffer.extend_from_slice(tag.as_ref());
        let sealed = u32::try_from(buffer.len() - LENGTH_BYTES).map_err(|_| SealedError::Broken)?;
        buffer[..LENGTH_BYTES].copy_from_slice(&sealed.to_le_bytes());
        let bytes = buffer.len();
        self.stream.write_chunk(buffer.into()).await.map_err(gone)?;
        Ok(bytes)
    }

    /// Ends the stream without what was not yet sent.
    pub fn abandon(mut self) {
        if let Err(error) = self.stream.reset(0_u8.into()) {
            tracing::debug!(%error, "the stream had ended before");
        }
    }
}

/// Our end of a stream that the other half opened.
pub struct SealedRecv {
    stream: quinn::RecvStream,
    key: LessSafeKey,
    counter: u64,
    buffer: Vec<u8>,
}

impl SealedRecv {
    /// The next message of at most `cap` bytes and how many bytes it took, or `None` at the end of the stream.
    pub async fn receive<M: DeserializeOwned>(&mut self, cap: usize) -> Result<Option<(M, usize)>, SealedError> {
        let Some(bytes) = self.next(cap).await? else { return Ok(None) };
        Ok(Some((frame::decode_body(&self.buffer, cap)?, bytes)))
    }

    /// The same, left unread for somebody who takes less risk in reading it.
    pub async fn receive_unread(&mut self, cap: usize) -> Result<Option<(Vec<u8>, usize)>, SealedError> {
        let Some(bytes) = self.next(cap).await? else { return Ok(None) };
        Ok(Some((std::mem::take(&mut self.buffer), bytes)))
    }

    /// Opens the next message into the buffer; how many bytes it took.
    async fn next(&mut self, cap: usize) -> Result<Option<usize>, SealedError> {
        let mut length = [0; LENGTH_BYTES];
        match self.stream.read_exact(&mut length).await {
            Ok(()) => {}
            Err(quinn::ReadExactError::FinishedEarly(0)) => return Ok(None),
            Err(error) => return Err(cut(error)),
        }
        let sealed = frame::body_length(length, cap + aead::MAX_TAG_LEN)?;
        self.buffer.resize(sealed, 0);
        self.stream.read_exact(&mut self.buffer).await.map_err(cut)?;
        let body = self
            .key
            .open_in_place(nonce(&mut self.counter)?, Aad::empty(), &mut self.buffer)
            .map_err(|_| SealedError::Broken)?
            .len();
        self.buffer.truncate(body);
        Ok(Some(LENGTH_BYTES + sealed))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashSet;

    use super::*;

    const SESSION: SessionId = SessionId::from_bytes([3; 16]);

    #[test]
    fn no_nonce_repeats_and_a_counter_at_its_end_gives_none() {
        let mut counter = 0;
        let mut seen = HashSet::new();
        for _ in 0..100_000 {
            assert!(seen.insert(*nonce(&mut counter).unwrap().as_ref()));
        }
        let mut last = u64::MAX - 1;
        assert!(nonce(&mut last).is_ok());
        for _ in 0..3 {
            assert!(matches!(nonce(&mut last), Err(SealedError::UsedUp)), "it does not begin anew");
        }
    }

    /// The tag of an empty message under the first nonce: as different as the keys are.
    fn mark(keys: &SessionKeys, sender: Role, head: StreamHead) -> Vec<u8> {
        let key = keys.key(sender, head);
        let tag = key.seal_in_place_separate_tag(nonce(&mut 0).unwrap(), Aad::empty(), &mut []).unwrap();
        tag.as_ref().to_vec()
    }

    #[test]
    fn each_stream_direction_session_and_connection_has_a_key_of_its_own() {
        let mut marks = HashSet::new();
        let mut count = 0;
        for secret in [[1; 32], [2; 32]] {
            for session in [SESSION, SessionId::from_bytes([4; 16])] {
                let keys = |role| SessionKeys::new(&secret, role, session);
                for sender in [Role::Customer, Role::Attendant] {
                    for kind in StreamKind::ALL {
                        for number in [0, 1, 16, 17, 32, u64::MAX] {
                            let head = StreamHead::new(session, kind, number);
                            let mark_here = mark(&keys(sender), sender, head);
                            assert_eq!(mark_here, mark(&keys(sender.other()), sender, head), "both ends have the same");
                            marks.insert(mark_here);
                            count += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(marks.len(), count, "under no two of {count} is a nonce used twice");
    }
}
