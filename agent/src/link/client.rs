//! Keeps the connection to the relay: dials, says hello, passes messages, and dials again with growing pauses when it is lost.
//!
//! The controller hears of everything as a [`LinkEvent`] and speaks through a [`Link`]. No rule of a session lives here.

use std::{sync::Arc, time::Duration};

use protocol::{
    frame::{self, LENGTH_BYTES},
    id::TenantId,
    limits,
    message::{
        FromRelay, ShownText, ToRelay, hello,
        stream::{HEAD_BYTES, StreamHead},
    },
    version,
};
use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    close_code,
    quic::{self, RelayAddress},
};

/// Whom to reach, and as what.
#[derive(Debug, Clone)]
pub struct Config {
    /// The relays of the profile, tried in turn.
    pub relays: Vec<RelayAddress>,
    /// The company.
    pub tenant: TenantId,
    /// Version and system, for the operator's eyes.
    pub program: ShownText,
}

/// What happens on the way to the relay.
#[derive(Debug)]
pub enum LinkEvent {
    /// A try begins.
    Dialling,
    /// The relay is there and speaks our language.
    Up {
        /// What it said.
        welcome: hello::Welcome,
        /// For the streams of sessions.
        connection: quinn::Connection,
    },
    /// It is not (any more).
    Down {
        /// Why, the whole chain.
        why: String,
        /// Until the next try.
        retry_in: Duration,
    },
    /// It will not serve this program; trying again is for later.
    Refused(hello::Refusal),
    /// It said something.
    Message(FromRelay),
    /// The other half of a session opened a stream.
    Stream(IncomingStream),
}

/// A stream of a session whose head was read.
#[derive(Debug)]
pub struct IncomingStream {
    /// Its head.
    pub head: StreamHead,
    /// The way back, for streams of both directions.
    pub send: Option<quinn::SendStream>,
    /// What comes.
    pub recv: quinn::RecvStream,
    /// The connection it came on, for the streams that answer it.
    pub connection: quinn::Connection,
}

/// Speaks to the relay.
#[derive(Debug, Clone)]
pub struct Link {
    out: mpsc::Sender<ToRelay>,
    now: Arc<Notify>,
}

impl Link {
    /// Starts keeping the connection until `stop` is cancelled. What happens goes to `events`; when nobody reads them, it stops too.
    pub fn start(
        config: Config,
        events: mpsc::Sender<LinkEvent>,
        stop: CancellationToken,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (out, messages) = mpsc::channel(MESSAGES);
        let now = Arc::new(Notify::new());
        let keeper = Keeper { config, events, messages, now: now.clone(), stop };
        (Self { out, now }, tokio::spawn(keeper.run()))
    }

    /// Says something. What is said while there is no connection is dropped: whoever needs it said says it again on `Up`.
    pub fn say(&self, message: ToRelay) {
        if self.out.try_send(message).is_err() {
            tracing::debug!("a message to the relay was dropped: no connection, or the relay does not read");
        }
    }

    /// Does not wait for the next try.
    pub fn retry_now(&self) {
        self.now.notify_one();
    }
}

/// Messages to the relay that may wait to be written.
const MESSAGES: usize = 256;
/// Pauses between tries; the last one stays. Up to a fifth is added at random, so that many programs do not come back at once.
const PAUSES: [Duration; 7] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
    Duration::from_secs(30),
];
/// After this long a connection counts as good, and pauses begin anew.
const STEADY: Duration = Duration::from_secs(10);
/// Time for the relay's welcome, and for the head of a stream.
const ANSWER_WAIT: Duration = Duration::from_secs(5);

struct Keeper {
    config: Config,
    events: mpsc::Sender<LinkEvent>,
    messages: mpsc::Receiver<ToRelay>,
    now: Arc<Notify>,
    stop: CancellationToken,
}

/// Why one connection ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error(transparent)]
    Dial(#[from] quic::DialError),
    #[error("the connection to the relay is lost")]
    Connection(#[from] quinn::ConnectionError),
    #[error("the relay said something that cannot be read")]
    Frame(#[from] frame::FrameError),
    #[error("the control stream is gone")]
    Read(#[from] quinn::ReadExactError),
    #[error("the control stream is gone")]
    Write(#[from] quinn::WriteError),
    #[error("the relay did not answer in time")]
    Silent,
    #[error("the relay did not say welcome first")]
    NotWelcome,
    #[error("the relay goes on in version {0}, which was not offered")]
    Version(u16),
    #[error("the relay refused: {0}")]
    Refused(hello::Refusal),
    #[error("the profile names no relay")]
    NoRelay,
    #[error("the program stops")]
    Stopped,
}

impl Keeper {
    async fn run(mut self) {
        let mut tries = 0_usize;
        loop {
            if self.events.send(LinkEvent::Dialling).await.is_err() {
                return;
            }
            let began = Instant::now();
            let ended = self.one_connection(tries).await;
            if matches!(ended, Ended::Stopped) || self.stop.is_cancelled() {
                return;
            }
            if began.elapsed() >= STEADY {
                tries = 0;
            }
            let pause = PAUSES[tries.min(PAUSES.len() - 1)];
            let retry_in = pause + pause.mul_f64(0.2 * rand::random::<f64>());
            tries += 1;
            let why = chain(&ended);
            tracing::warn!(why, ?retry_in, "no contact with the relay");
            if let Ended::Refused(refusal) = ended {
                tries = PAUSES.len();
                if self.events.send(LinkEvent::Refused(refusal)).await.is_err() {
                    return;
                }
            }
            if self.events.send(LinkEvent::Down { why, retry_in }).await.is_err() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(retry_in) => {}
                () = self.now.notified() => {}
                () = self.stop.cancelled() => return,
            }
        }
    }

    async fn one_connection(&mut self, tries: usize) -> Ended {
        let Some(relay) = self.config.relays.get(tries % self.config.relays.len().max(1)).cloned() else {
            return Ended::NoRelay;
        };
        let stop = self.stop.clone();
        let (endpoint, connection) = tokio::select! {
            dialled = quic::dial(&relay) => match dialled {
                Ok(dialled) => dialled,
                Err(error) => return error.into(),
            },
            () = stop.cancelled() => return Ended::Stopped,
        };
        let ended = self.converse(&connection).await.err().unwrap_or(Ended::Stopped);
        let code = match ended {
            Ended::Stopped => close_code::GOODBYE,
            Ended::Frame(_) | Ended::NotWelcome | Ended::Version(_) => close_code::VIOLATION,
            _ => close_code::DONE,
        };
        connection.close(code.into(), b"");
        // The close must be on the wire before the process may end.
        if tokio::time::timeout(Duration::from_millis(500), endpoint.wait_idle()).await.is_err() {
            tracing::debug!("the relay did not hear the goodbye");
        }
        ended
    }

    async fn converse(&mut self, connection: &quinn::Connection) -> Result<(), Ended> {
        let (mut send, mut recv) = connection.open_bi().await?;
        if let Err(error) = send.set_priority(i32::from(i8::MAX)) {
            tracing::debug!(%error, "the control stream was closed before it began");
        }
        let hello = hello::Hello {
            versions: version::SPOKEN,
            tenant: self.config.tenant,
            program: self.config.program.clone(),
        };
        send.write_all(&frame::encode(&ToRelay::Hello(hello), limits::OUTER_MESSAGE_BYTES)?).await?;
        let welcome = match tokio::time::timeout(ANSWER_WAIT, receive(&mut recv)).await.map_err(|_| Ended::Silent)?? {
            FromRelay::Welcome(welcome)
                if (version::SPOKEN.oldest..=version::SPOKEN.newest).contains(&welcome.version) =>
            {
                welcome
            }
            FromRelay::Welcome(welcome) => return Err(Ended::Version(welcome.version)),
            FromRelay::Refused(refusal) => return Err(Ended::Refused(refusal)),
            _ => return Err(Ended::NotWelcome),
        };
        // What was said before this connection was there is not for it: whoever needs it said says it again on `Up`.
        while self.messages.try_recv().is_ok() {}
        self.tell(LinkEvent::Up { welcome, connection: connection.clone() }).await?;

        let events = self.events.clone();
        let reading = async {
            loop {
                let message = receive(&mut recv).await?;
                if let FromRelay::Refused(refusal) = message {
                    return Err(Ended::Refused(refusal));
                }
                if events.send(LinkEvent::Message(message)).await.is_err() {
                    return Err::<(), Ended>(Ended::Stopped);
                }
            }
        };
        let messages = &mut self.messages;
        let stop = &self.stop;
        let writing = async {
            loop {
                tokio::select! {
                    message = messages.recv() => {
                        let Some(message) = message else { return Err::<(), Ended>(Ended::Stopped) };
                        match frame::encode(&message, limits::OUTER_MESSAGE_BYTES) {
                            Ok(bytes) => send.write_all(&bytes).await?,
                            Err(error) => tracing::error!(%error, "a message too large for the relay was not sent"),
                        }
                    }
                    () = stop.cancelled() => {
                        while let Ok(message) = messages.try_recv() {
                            if let Ok(bytes) = frame::encode(&message, limits::OUTER_MESSAGE_BYTES) {
                                send.write_all(&bytes).await?;
                            }
                        }
                        // Gives the last words the time to arrive before the connection is closed over them.
                        if send.finish().is_ok() {
                            drop(tokio::time::timeout(Duration::from_millis(500), send.stopped()).await);
                        }
                        return Err(Ended::Stopped);
                    }
                }
            }
        };
        tokio::select! {
            ended = reading => ended,
            ended = writing => ended,
            ended = accept_streams(connection, &self.events) => ended,
        }
    }

    async fn tell(&self, event: LinkEvent) -> Result<(), Ended> {
        self.events.send(event).await.map_err(|_| Ended::Stopped)
    }
}

async fn receive(recv: &mut quinn::RecvStream) -> Result<FromRelay, Ended> {
    let mut length = [0; LENGTH_BYTES];
    recv.read_exact(&mut length).await?;
    let mut body = vec![0; frame::body_length(length, limits::OUTER_MESSAGE_BYTES)?];
    recv.read_exact(&mut body).await?;
    Ok(frame::decode_body(&body, limits::OUTER_MESSAGE_BYTES)?)
}

/// Takes the streams that the relay opens for sessions and reads their heads, each in a task of its own: a slow one holds up no other.
async fn accept_streams(connection: &quinn::Connection, events: &mpsc::Sender<LinkEvent>) -> Result<(), Ended> {
    loop {
        let (send, mut recv) = tokio::select! {
            uni = connection.accept_uni() => (None, uni?),
            bi = connection.accept_bi() => bi.map(|(send, recv)| (Some(send), recv))?,
        };
        let (events, connection) = (events.clone(), connection.clone());
        tokio::spawn(async move {
            let mut head = [0; HEAD_BYTES];
            let read = tokio::time::timeout(ANSWER_WAIT, recv.read_exact(&mut head)).await;
            let Some(head) = matches!(read, Ok(Ok(()))).then(|| StreamHead::from_bytes(&head)).flatten() else {
                tracing::warn!("a stream without a head was dropped");
                return;
            };
            if events.send(LinkEvent::Stream(IncomingStream { head, send, recv, connection })).await.is_err() {
                tracing::debug!("a stream came after the program had stopped");
            }
        });
    }
}

/// An error with everything below it, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        source = error.source();
    }
    text
}
