//! The attendant's own streams: input, and what was shown. Each is fed by a queue until that ends; the session decides what goes in.

use std::sync::Arc;

use protocol::{
    limits,
    media::Shown,
    message::{input::Input, stream::StreamKind},
};
use tokio::sync::{Semaphore, mpsc};

use crate::link::sealed::{SealedError, SessionKeys};

/// What a stream carries.
pub(super) enum Queue {
    /// Mouse and keyboard.
    Input(mpsc::Receiver<Input>),
    /// Acknowledgements; each gives back a place.
    Shown(mpsc::UnboundedReceiver<Shown>, Arc<Semaphore>),
}

impl Queue {
    fn kind(&self) -> StreamKind {
        match self {
            Self::Input(_) => StreamKind::Input,
            Self::Shown(..) => StreamKind::Shown,
        }
    }
}

/// Opens the stream and sends until the queue ends.
pub(super) async fn send_all(
    connection: quinn::Connection,
    keys: Arc<SessionKeys>,
    number: u64,
    mut queue: Queue,
) -> Result<(), SealedError> {
    let mut stream = keys.open(&connection, queue.kind(), number).await?;
    loop {
        match &mut queue {
            Queue::Input(inputs) => match inputs.recv().await {
                Some(input) => stream.send(&input, limits::INPUT_MESSAGE_BYTES).await?,
                None => return Ok(()),
            },
            Queue::Shown(shown, places) => match shown.recv().await {
                Some(shown) => {
                    let bytes = stream.send(&shown, limits::INPUT_MESSAGE_BYTES).await?;
                    places.add_permits(1);
                    bytes
                }
                None => return Ok(()),
            },
        };
    }
}
