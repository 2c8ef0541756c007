//! The side that asked: a task that has the line to the process with more rights, and handles on it for threads.

use std::time::Duration;

use desktop::Injector;
use protocol::message::{control::Attention, input::Input};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite},
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    ServeError, StartError,
    words::{self, Do, Done},
};
use crate::link::client::chain;

/// Words that may wait. Whoever says one waits for its answer, so that there is one for each thread, and another thread waits to say its own.
const WAITING: usize = 4;

/// How long the process may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Within {
    /// From its start to its first word.
    pub(super) ready: Duration,
    /// For each word: a second, as much of a fast mouse as may wait for the input thread. Whoever takes longer costs the rights, not the session.
    pub(super) answer: Duration,
}

impl Within {
    pub(super) const USUAL: Self = Self { ready: Duration::from_secs(5), answer: Duration::from_secs(1) };
}

/// Mouse and keyboard with more rights. The process ends with the last clone, and nothing is held down then.
#[derive(Debug, Clone)]
pub struct Hands {
    asks: mpsc::Sender<Ask>,
}

#[derive(Debug)]
struct Ask {
    what: Do,
    answer: oneshot::Sender<Done>,
}

/// Why the process is of no use any more.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("it has ended")]
    Ended,
    #[error("it did not answer within {0:?}")]
    Silent(Duration),
    #[error("it says what it was not asked")]
    Unasked,
    #[error("what it says cannot be understood")]
    Broken(#[from] ServeError),
}

impl Hands {
    /// Does one thing. Blocks until the process has done it or is lost, so never call it on a thread of the runtime.
    pub fn inject(&self, input: &Input) -> Result<(), desktop::Error> {
        match self.ask(Do::Input(input.clone())) {
            Some(Done::Input(done)) => done.map_err(desktop::Error::Refused),
            _ => Err(desktop::Error::Refused("the process with more rights is gone".to_owned())),
        }
    }

    /// Presses Ctrl+Alt+Del, and tells what came of it at once; `None`: the system was asked, see [`desktop::attention::watch`]. Blocks as
    /// [`Hands::inject`] does.
    pub fn ctrl_alt_del(&self) -> Option<Attention> {
        match self.ask(Do::CtrlAltDel) {
            Some(Done::CtrlAltDel(attention)) => attention,
            // Whoever is left has not the rights.
            _ => Some(Attention::NeedsAdministrator),
        }
    }

    /// Is the process gone, or of no use any more?
    pub fn are_lost(&self) -> bool {
        self.asks.is_closed()
    }

    fn ask(&self, what: Do) -> Option<Done> {
        let (answer, answered) = oneshot::channel();
        self.asks.blocking_send(Ask { what, answer }).ok()?;
        answered.blocking_recv().ok()
    }
}

impl Injector for Hands {
    fn inject(&mut self, input: &Input) -> Result<(), desktop::Error> {
        Self::inject(self, input)
    }
}

/// Over a line to a process, once that one is ready. `kept` is dropped when the line is closed.
pub(super) async fn over<S>(
    mut stream: S,
    within: Within,
    kept: impl Send + 'static,
    lost: impl FnOnce() + Send + 'static,
) -> Result<Hands, StartError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    ready(&mut stream, within).await.map_err(|why| StartError::Failed(chain(&why)))?;
    let (asks, asked) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        let ended = converse(&mut stream, asked, within).await;
        drop((stream, kept));
        if let Err(why) = ended {
            tracing::warn!(why = chain(&why), "the process with more rights is lost");
            lost();
        }
    });
    Ok(Hands { asks })
}

async fn ready<S: AsyncRead + Unpin>(stream: &mut S, within: Within) -> Result<(), Lost> {
    match timeout(within.ready, words::hear(stream)).await {
        Ok(Ok(Some(Done::Ready))) => Ok(()),
        Ok(Ok(Some(_))) => Err(Lost::Unasked),
        Ok(Ok(None)) => Err(Lost::Ended),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(Lost::Silent(within.ready)),
    }
}

/// Until all hands are gone, which is well, or the process is.
async fn converse<S>(stream: &mut S, mut asked: mpsc::Receiver<Ask>, within: Within) -> Result<(), Lost>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut unasked = [0];
    loop {
        tokio::select! {
            biased;
            ask = asked.recv() => {
                let Some(Ask { what, answer }) = ask else { return Ok(()) };
                let done = exchange(stream, &what, within).await?;
                // The thread that asked waits for it, unless it panicked.
                drop(answer.send(done));
            }
            said = stream.read(&mut unasked) => return Err(match said {
                Ok(0) => Lost::Ended,
                Ok(_) => Lost::Unasked,
                Err(error) => ServeError::Line(error).into(),
            }),
        }
    }
}

/// One word and its answer.
async fn exchange<S>(stream: &mut S, what: &Do, within: Within) -> Result<Done, Lost>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let said = timeout(within.answer, say_and_hear(stream, what)).await;
    let done = said.map_err(|_| Lost::Silent(within.answer))??;
    match (what, done) {
        (Do::Input(_), done @ Done::Input(_)) | (Do::CtrlAltDel, done @ Done::CtrlAltDel(_)) => Ok(done),
        _ => Err(Lost::Unasked),
    }
}

async fn say_and_hear<S>(stream: &mut S, what: &Do) -> Result<Done, Lost>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    words::say(stream, what).await?;
    words::hear(stream).await?.ok_or(Lost::Ended)
}
