//! The control stream as messages: read within their caps and their time, written in order.

use std::time::Duration;

use bytes::Bytes;
use protocol::{
    frame::{self, FrameError, Reassembler},
    limits::OUTER_MESSAGE_BYTES,
    message::ToRelay,
};
use quinn::{ReadError, RecvStream, SendStream, WriteError};
use tokio::time::Instant;

use crate::listener::peer::Peer;

/// Why nothing more can be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadFault {
    /// Not a message of ours.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A message began and did not end.
    #[error("a message that takes longer than {0:?}")]
    Slow(Duration),
    /// The stream ended within a message.
    #[error("the control stream ended within a message")]
    Half,
    /// The connection or the stream is gone.
    #[error(transparent)]
    Gone(#[from] ReadError),
}

/// Messages of a program.
pub(super) struct Inbox {
    stream: RecvStream,
    frames: Reassembler,
    partial: bool,
    due: Option<Instant>,
    patience: Duration,
}

/// Read at once; the rest waits in the connection's window.
const READ_BYTES: usize = 16 * 1024;

impl Inbox {
    pub(super) fn new(stream: RecvStream, patience: Duration) -> Self {
        Self { stream, frames: Reassembler::new(OUTER_MESSAGE_BYTES), partial: false, due: None, patience }
    }

    /// The next message, or `None` at the end of the stream. Can be dropped and called again: nothing is lost.
    pub(super) async fn next(&mut self) -> Result<Option<ToRelay>, ReadFault> {
        loop {
            if self.partial
                && let Some(message) = self.frames.next()?
            {
                self.due = None;
                return Ok(Some(message));
            }
            self.frames.rest();
            let read = self.stream.read_chunk(READ_BYTES, true);
            let chunk = match self.due {
                // Boxed: nobody who waits is within a message.
                Some(due) => {
                    Box::pin(tokio::time::timeout_at(due, read)).await.map_err(|_| ReadFault::Slow(self.patience))?
                }
                None => read.await,
            };
            match chunk? {
                Some(chunk) => {
                    self.frames.feed(&chunk.bytes);
                    self.partial = true;
                    self.due.get_or_insert_with(|| Instant::now() + self.patience);
                }
                None => return if self.due.is_some() { Err(ReadFault::Half) } else { Ok(None) },
            }
        }
    }
}

/// Sends what the program is to be told, until that ends; then ends the stream.
pub(super) async fn write_all(mut stream: SendStream, peer: std::sync::Arc<Peer>) -> Result<(), WriteError> {
    while let Some(message) = peer.next().await {
        let encoded = frame::encode(&message, OUTER_MESSAGE_BYTES);
        drop(message);
        match encoded {
            Ok(bytes) => {
                if let Err(error) = stream.write_chunk(Bytes::from(bytes)).await {
                    peer.end();
                    return Err(error);
                }
            }
            // Every list is cut to fit; if one does not, the program is better off without it than with half of it.
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "a message is too long to be sent"),
        }
    }
    let _ = stream.finish();
    let _ = stream.stopped().await;
    Ok(())
}
