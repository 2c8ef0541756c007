//! The thread that looks at the screen. It exists only while a consented session runs.
//!
//! It captures when something changed *and* there is room for it on the way to the viewer, so nothing old ever waits. Batches go to a
//! sender task per connection, which seals them; pointer changes go beside them.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc as std_mpsc,
    },
    time::{Duration, Instant},
};

use media::{Choice, Screen, Waker};
use protocol::{
    limits,
    media::{Batch, Pointer, Shown, Update, Window},
    message::stream::StreamKind,
    session::customer::Consent,
};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::link::{
    client::chain,
    sealed::{SealedError, SealedSend, SessionKeys},
};

/// What is known of the picture, for the attendant's connection details.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Batches sent since the session began.
    pub batches: u64,
    /// Bytes of updates sent since the session began.
    pub bytes: u64,
    /// Capture to shown, smoothed.
    pub shown_after: Option<Duration>,
    /// Part of the screen that is video now, in thousandths.
    pub video_permille: u16,
}

/// Speaks to the thread. Dropping it ends the thread.
#[derive(Debug)]
pub struct ScreenTask {
    commands: std_mpsc::Sender<Command>,
    shared: Arc<Shared>,
    /// The tasks that send on the connection of now: they end with it, also when the viewer does not read.
    sending: Mutex<Option<DropGuard>>,
}

/// A viewer that has acknowledged what it was never sent, or the thread's own end.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    /// The screen cannot be read (any more).
    #[error("the screen cannot be read")]
    Capture(#[from] media::capture::Error),
    /// The thread could not be started.
    #[error("starting the screen's thread")]
    Thread(#[from] std::io::Error),
}

#[derive(Debug)]
struct Shared {
    window: Mutex<Window>,
    figures: Mutex<Figures>,
    waker: Waker,
    clock: media::Clock,
    /// The viewer lost its picture. One wish is as good as many: they may come faster than pictures go out.
    refresh: AtomicBool,
}

enum Command {
    /// Send to this connection, starting anew.
    Connect { batches: mpsc::Sender<Batch>, pointers: mpsc::Sender<Pointer> },
    /// The connection is gone.
    Disconnect,
}

/// The longest time without looking whether the session is still there.
const LOOK_UP: Duration = Duration::from_millis(500);

impl ScreenTask {
    /// Opens the screen on a thread of its own. `failed` is told when it cannot be read any more.
    /// There is none without the customer's yes.
    pub async fn start(
        _: &Consent,
        choice: Choice,
        failed: impl FnOnce(ScreenError) + Send + 'static,
    ) -> Result<Self, ScreenError> {
        let (ready, opened) = tokio::sync::oneshot::channel();
        let (commands, waiting) = std_mpsc::channel();
        std::thread::Builder::new().name("screen".to_owned()).spawn(move || {
            let screen = match Screen::open(&choice) {
                Ok(screen) => screen,
                Err(error) => {
                    drop(ready.send(Err(error)));
                    return;
                }
            };
            tracing::info!(backend = screen.backend(), size = ?screen.size(), "the screen is open");
            let shared = Arc::new(Shared {
                window: Mutex::default(),
                figures: Mutex::default(),
                waker: screen.waker(),
                clock: screen.clock(),
                refresh: AtomicBool::new(false),
            });
            if ready.send(Ok(shared.clone())).is_err() {
                return;
            }
            if let Err(error) = watch(screen, &waiting, &shared) {
                tracing::error!(error = chain(&error), "the screen cannot be read any more");
                failed(error.into());
            }
        })?;
        let shared = opened
            .await
            .map_err(|_| ScreenError::Capture(media::capture::Error::Gone("the screen's thread".to_owned())))??;
        Ok(Self { commands, shared, sending: Mutex::default() })
    }

    /// Sends the picture over this connection from now on, starting anew. `lost` is told when that ends by itself.
    pub fn connect(
        &self,
        connection: quinn::Connection,
        keys: Arc<SessionKeys>,
        first_number: u64,
        lost: impl Fn(SealedError) + Clone + Send + 'static,
    ) {
        // One batch may wait here: it was captured when there was room and goes out with the next write.
        let (batches, queue) = mpsc::channel(1);
        // Shapes must not be lost, moves may: see `watch`.
        let (pointers, pointer_queue) = mpsc::channel(16);
        self.shared.window.lock().expect("no thread panics while it holds the window").clear();
        let stop = CancellationToken::new();
        self.send_until(Some(stop.clone().drop_guard()));
        let way = |kind, number, cap| Way { connection: connection.clone(), keys: keys.clone(), kind, number, cap };
        let picture = way(StreamKind::Picture, first_number, limits::PICTURE_MESSAGE_BYTES);
        let pointer = way(StreamKind::Pointer, first_number + 1, limits::POINTER_MESSAGE_BYTES);
        tokio::spawn(picture.send_all(queue, stop.clone(), lost.clone()));
        tokio::spawn(pointer.send_all(pointer_queue, stop, lost));
        self.command(Command::Connect { batches, pointers });
    }

    /// Sends nothing until the next `connect`.
    pub fn disconnect(&self) {
        self.send_until(None);
        self.command(Command::Disconnect);
    }

    /// The viewer lost its picture: start anew.
    pub fn refresh(&self) {
        self.shared.refresh.store(true, Ordering::Relaxed);
        self.shared.waker.wake();
    }

    /// The acknowledging half, for the task that reads the viewer's stream.
    pub fn acknowledge(&self) -> impl Fn(Shown) + Send + 'static {
        let shared = self.shared.clone();
        move |shown| {
            let now = shared.clock.micros(Instant::now());
            shared.window.lock().expect("no thread panics while it holds the window").shown(shown, now);
            shared.waker.wake();
        }
    }

    /// What is known of the picture.
    pub fn figures(&self) -> Figures {
        let mut figures = *self.shared.figures.lock().expect("no thread panics while it holds the figures");
        figures.shown_after =
            self.shared.window.lock().expect("no thread panics while it holds the window").shown_after();
        figures
    }

    fn send_until(&self, guard: Option<DropGuard>) {
        *self.sending.lock().expect("no thread panics while it holds the guard") = guard;
    }

    fn command(&self, command: Command) {
        if self.commands.send(command).is_err() {
            tracing::debug!("the screen's thread has ended before");
        }
        self.shared.waker.wake();
    }
}

impl Drop for ScreenTask {
    fn drop(&mut self) {
        // First: a task whose queue the thread has closed would send what is left in it, and end its stream in order.
        self.send_until(None);
        // The thread sees the closed channel when it wakes.
        self.commands = std_mpsc::channel().0;
        self.shared.waker.wake();
    }
}

/// A stream that is not yet open.
struct Way {
    connection: quinn::Connection,
    keys: Arc<SessionKeys>,
    kind: StreamKind,
    number: u64,
    cap: usize,
}

impl Way {
    /// Sends until it is stopped, and then nothing more of what was under way.
    async fn send_all<M: serde::Serialize + Send>(
        self,
        mut queue: mpsc::Receiver<M>,
        stop: CancellationToken,
        lost: impl Fn(SealedError) + Send,
    ) {
        let opened = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            opened = self.keys.open(&self.connection, self.kind, self.number) => opened,
        };
        let mut stream: SealedSend = match opened {
            Ok(stream) => stream,
            Err(error) => return lost(error),
        };
        let sending = async {
            while let Some(message) = queue.recv().await {
                stream.send(&message, self.cap).await?;
            }
            Ok(())
        };
        let sent = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            sent = sending => Some(sent),
        };
        match sent {
            None => stream.abandon(),
            Some(Err(error)) => lost(error),
            Some(Ok(())) => {}
        }
    }
}

struct Sinks {
    batches: mpsc::Sender<Batch>,
    pointers: mpsc::Sender<Pointer>,
    /// A move that found no room: the newest one counts.
    moved: Option<Pointer>,
}

fn watch(
    mut screen: Screen,
    commands: &std_mpsc::Receiver<Command>,
    shared: &Shared,
) -> Result<(), media::capture::Error> {
    let mut sinks: Option<Sinks> = None;
    loop {
        loop {
            match commands.try_recv() {
                Ok(Command::Connect { batches, pointers }) => {
                    screen.refresh();
                    sinks = Some(Sinks { batches, pointers, moved: None });
                }
                Ok(Command::Disconnect) => sinks = None,
                Err(std_mpsc::TryRecvError::Empty) => break,
                Err(std_mpsc::TryRecvError::Disconnected) => return Ok(()),
            }
        }
        if shared.refresh.swap(false, Ordering::Relaxed) {
            screen.refresh();
        }
        let (room, line) = {
            let window = shared.window.lock().expect("no thread panics while it holds the window");
            (sinks.is_some() && window.has_room(), window.line())
        };
        screen.line(line);
        screen.wait(
            room,
            if sinks.as_ref().is_some_and(|s| s.moved.is_some()) { Duration::from_millis(5) } else { LOOK_UP },
        )?;
        while let Some(pointer) = screen.take_pointer() {
            if let Some(sinks) = &mut sinks {
                sinks.point(pointer);
            }
        }
        let Some(open) = &mut sinks else { continue };
        open.point_again();
        if !shared.window.lock().expect("no thread panics while it holds the window").has_room() {
            continue;
        }
        let Some(batch) = screen.take_batch(Instant::now())? else { continue };
        let bytes = payload(&batch);
        shared.window.lock().expect("no thread panics while it holds the window").sent(batch.number, bytes);
        {
            let mut figures = shared.figures.lock().expect("no thread panics while it holds the figures");
            figures.batches += 1;
            figures.bytes += bytes as u64;
            figures.video_permille = screen.video_permille();
        }
        if open.batches.blocking_send(batch).is_err() {
            sinks = None;
        }
    }
}

impl Sinks {
    fn point(&mut self, pointer: Pointer) {
        match pointer {
            Pointer::At(_) => {
                self.moved = Some(pointer);
                self.point_again();
            }
            shape => {
                self.point_again();
                if self.pointers.blocking_send(shape).is_err() {
                    tracing::debug!("the connection went while the pointer changed");
                }
            }
        }
    }

    fn point_again(&mut self) {
        if let Some(moved) = self.moved.take()
            && let Err(mpsc::error::TrySendError::Full(moved)) = self.pointers.try_send(moved)
        {
            self.moved = Some(moved);
        }
    }
}

/// Bytes of a batch that make up nearly all of its message.
fn payload(batch: &Batch) -> usize {
    batch
        .updates
        .iter()
        .map(|update| match update {
            Update::Patch { data, .. } | Update::Video { data, .. } => data.0.len() + 16,
            Update::Copy { .. } | Update::Resize(_) => 16,
        })
        .sum::<usize>()
        + 24
}
