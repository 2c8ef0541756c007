//! The thread that has updates decoded and draws the picture into the viewer window, outside the toolkit's redraw.
//!
//! The bytes of a batch pass through unread: a [`Decoder`], a process without rights, reads them. Losing it costs a picture, not the session:
//! another one is started and the picture is asked for anew, while the last one stays.
//!
//! A batch is acknowledged once the display server has drawn it. Few batches may wait here: the customer's side sends no more
//! than are acknowledged, and a stream that is not read holds the rest back.

use std::{
    sync::{Arc, Mutex, Weak, mpsc as std_mpsc},
    time::{Duration, Instant},
};

use media::{
    Decoder, Picture, Waker,
    decoder::{self, Fault, Outcome, Program},
};
use protocol::media::{Point, Pointer, Rect, Shown, Size};
use tokio::sync::{Semaphore, mpsc};

use super::surface::{Mapping, PointerMode, Surface, View};
use crate::{
    gui::surface::{Area, Surface as Place},
    link::client::chain,
};

/// Batches that may wait to be drawn.
const QUEUED: usize = 4;
/// Pointers that may wait to be drawn: a shape may be large, and the stream holds the rest back.
const POINTERS: usize = 64;
/// The longest time without looking whether the session is still there.
const LOOK_UP: Duration = Duration::from_millis(500);
/// In the picture's pixels: closer to the edge than this, the picture follows the pointer in 1:1.
const PAN_EDGE: f64 = 32.0;
/// How far it follows at a time.
const PAN_STEP: u16 = 48;

/// What the thread tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The first picture is there.
    FirstPicture,
    /// A decoder failed: a new picture is wanted.
    WantsRefresh,
    /// The customer's side sent something that must not be applied.
    Broken,
    /// There is no decoder, or it failed too often.
    NoDecoder,
}

/// What was drawn, for the connection details.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drawn {
    /// Batches since the session began.
    pub batches: u64,
    /// Bytes of them as they came.
    pub bytes: u64,
}

/// Speaks to the thread. Dropping it ends the thread.
#[derive(Debug)]
pub struct Viewer {
    commands: Arc<std_mpsc::Sender<Command>>,
    shared: Arc<Shared>,
    room: Arc<Semaphore>,
    pointers: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Shared {
    waker: Mutex<Option<Waker>>,
    mapping: Mutex<Option<Mapping>>,
    drawn: Mutex<Drawn>,
}

#[derive(Debug)]
enum Command {
    Batch {
        body: Vec<u8>,
        bytes: usize,
        shown: mpsc::UnboundedSender<Shown>,
        _room: tokio::sync::OwnedSemaphorePermit,
    },
    Pointer {
        pointer: Pointer,
        _room: tokio::sync::OwnedSemaphorePermit,
    },
    Place(Option<Place>),
    Look {
        actual: bool,
        control: bool,
        margin: [u8; 3],
    },
    Pan {
        x: f64,
        y: f64,
    },
    Snapshot(tokio::sync::oneshot::Sender<Option<(Size, Vec<u8>)>>),
    /// A decoder's process has ended.
    DecoderEnded,
    /// For tests: which one is the decoder's.
    DecoderProcess(tokio::sync::oneshot::Sender<Option<u32>>),
}

/// Hands things to the thread; may be cloned into tasks.
#[derive(Debug, Clone)]
pub struct Feed {
    commands: Arc<std_mpsc::Sender<Command>>,
    shared: Arc<Shared>,
    room: Arc<Semaphore>,
    pointers: Arc<Semaphore>,
}

impl Viewer {
    /// Starts the thread. Without a place the picture is kept and acknowledged, but nowhere drawn.
    pub fn start(
        display: Option<String>,
        decoder: Program,
        told: impl Fn(Told) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (commands, waiting) = std_mpsc::channel();
        let commands = Arc::new(commands);
        let shared = Arc::new(Shared::default());
        let ended = ended(&commands, &shared);
        let thread = Thread {
            display,
            told: Box::new(told),
            shared: shared.clone(),
            decoder: None,
            surface: None,
            place: None,
            actual: false,
            offset: (0, 0),
            mode: PointerMode::Drawn,
            margin: [0xF1, 0xF4, 0xF4],
            pointer: PointerState::default(),
            has_picture: false,
            wants_refresh: false,
        };
        std::thread::Builder::new().name("viewer".to_owned()).spawn(move || thread.start(decoder, ended, &waiting))?;
        let (room, pointers) = (Arc::new(Semaphore::new(QUEUED)), Arc::new(Semaphore::new(POINTERS)));
        Ok(Self { commands, shared, room, pointers })
    }

    /// For the tasks that read the customer's streams.
    pub fn feed(&self) -> Feed {
        Feed {
            commands: self.commands.clone(),
            shared: self.shared.clone(),
            room: self.room.clone(),
            pointers: self.pointers.clone(),
        }
    }

    /// What was drawn so far.
    pub fn drawn(&self) -> Drawn {
        *self.shared.drawn.lock().expect("no thread panics while it holds the figures")
    }
}

impl Feed {
    /// To no thread, for stories of the controller.
    #[cfg(test)]
    pub(crate) fn to_nobody() -> Self {
        let (commands, _) = std_mpsc::channel();
        let (room, pointers) = (Arc::new(Semaphore::new(QUEUED)), Arc::new(Semaphore::new(POINTERS)));
        Self { commands: Arc::new(commands), shared: Arc::default(), room, pointers }
    }

    /// Draws the batch of this body, when there is room for it; `shown` gets its acknowledgement. `false`: the viewer has ended.
    pub async fn batch(&self, body: Vec<u8>, bytes: usize, shown: mpsc::UnboundedSender<Shown>) -> bool {
        let Ok(room) = self.room.clone().acquire_owned().await else { return false };
        self.command(Command::Batch { body, bytes, shown, _room: room })
    }

    /// The customer's pointer did something; waits for room. `false`: the viewer has ended.
    pub async fn pointer(&self, pointer: Pointer) -> bool {
        let Ok(room) = self.pointers.clone().acquire_owned().await else { return false };
        self.command(Command::Pointer { pointer, _room: room })
    }

    /// Where to draw; `None`: the window is gone.
    pub fn place(&self, place: Option<Place>) -> bool {
        self.command(Command::Place(place))
    }

    /// How to draw: 1:1 or scaled, the customer's pointer as our own (control) or in the picture, the colour around the picture.
    pub fn look(&self, actual: bool, control: bool, margin: [u8; 3]) -> bool {
        self.command(Command::Look { actual, control, margin })
    }

    /// Which pixel of the customer's screen is at this place of the picture area. In 1:1 the picture follows towards the edges.
    pub fn to_remote(&self, x: f64, y: f64) -> Option<Point> {
        let mapping = (*self.shared.mapping.lock().expect("no thread panics while it holds the mapping"))?;
        let (width, height) = mapping.area();
        let near = |at: f64, side: u32| at < PAN_EDGE || at > f64::from(side) - PAN_EDGE;
        if mapping.part() != mapping.screen().rect() && (near(x, width) || near(y, height)) {
            self.command(Command::Pan { x, y });
        }
        mapping.to_remote(x, y)
    }

    /// The picture as it is now: size and `R G B` rows.
    pub async fn snapshot(&self) -> Option<(Size, Vec<u8>)> {
        let (answer, snapshot) = tokio::sync::oneshot::channel();
        self.command(Command::Snapshot(answer));
        snapshot.await.ok().flatten()
    }

    /// The process that decodes, while there is one.
    pub async fn decoder_process(&self) -> Option<u32> {
        let (answer, process) = tokio::sync::oneshot::channel();
        self.command(Command::DecoderProcess(answer));
        process.await.ok().flatten()
    }

    fn command(&self, command: Command) -> bool {
        let there = self.commands.send(command).is_ok();
        self.shared.wake();
        there
    }
}

impl Shared {
    fn wake(&self) {
        if let Some(waker) = &*self.waker.lock().expect("no thread panics while it holds the waker") {
            waker.wake();
        }
    }
}

/// Tells the thread that a decoder has ended, without keeping the thread from ending.
fn ended(commands: &Arc<std_mpsc::Sender<Command>>, shared: &Arc<Shared>) -> Arc<dyn Fn() + Send + Sync> {
    let (commands, shared): (Weak<_>, _) = (Arc::downgrade(commands), shared.clone());
    Arc::new(move || {
        let Some(commands) = commands.upgrade() else { return };
        if commands.send(Command::DecoderEnded).is_ok() {
            shared.wake();
        }
    })
}

#[derive(Default)]
struct PointerState {
    shape: Option<Pointer>,
    at: Option<Pointer>,
}

struct Thread {
    display: Option<String>,
    told: Box<dyn Fn(Told) + Send>,
    shared: Arc<Shared>,
    decoder: Option<Decoder>,
    surface: Option<Surface>,
    place: Option<Place>,
    actual: bool,
    offset: (u16, u16),
    mode: PointerMode,
    margin: [u8; 3],
    pointer: PointerState,
    has_picture: bool,
    /// A decoder failed: nothing can be drawn before the picture starts anew.
    wants_refresh: bool,
}

impl Thread {
    fn start(mut self, program: Program, ended: Arc<dyn Fn() + Send + Sync>, commands: &std_mpsc::Receiver<Command>) {
        match Decoder::start(program, ended) {
            Ok(decoder) => self.decoder = Some(decoder),
            Err(error) => return self.lost_decoder(&error),
        }
        self.run(commands);
    }

    fn run(mut self, commands: &std_mpsc::Receiver<Command>) {
        loop {
            let command = match &mut self.surface {
                None => match commands.recv_timeout(LOOK_UP) {
                    Ok(command) => command,
                    Err(std_mpsc::RecvTimeoutError::Timeout) => continue,
                    Err(std_mpsc::RecvTimeoutError::Disconnected) => return,
                },
                Some(surface) => match commands.try_recv() {
                    Ok(command) => command,
                    Err(std_mpsc::TryRecvError::Disconnected) => return,
                    Err(std_mpsc::TryRecvError::Empty) => {
                        if let Err(error) = surface.wait(LOOK_UP) {
                            self.lost_surface(&error);
                        }
                        continue;
                    }
                },
            };
            if let Err(error) = self.handle(command) {
                self.lost_surface(&error);
            }
        }
    }

    fn lost_surface(&mut self, error: &super::surface::Error) {
        tracing::warn!(error = chain(error), "the picture cannot be drawn now");
        self.surface = None;
        self.set_waker(None);
    }

    fn handle(&mut self, command: Command) -> Result<(), super::surface::Error> {
        match command {
            Command::Batch { body, bytes, shown, _room } => return self.apply(&body, bytes, &shown),
            Command::DecoderEnded => {
                if let Some(Err(error)) = self.decoder.as_mut().map(Decoder::look_after) {
                    self.lost_decoder(&error);
                }
            }
            Command::DecoderProcess(answer) => {
                if answer.send(self.decoder.as_ref().and_then(Decoder::process)).is_err() {
                    tracing::debug!("nobody waits for the decoder's process any more");
                }
            }
            Command::Pointer { pointer, _room } => {
                match &pointer {
                    Pointer::At(_) => self.pointer.at = Some(pointer.clone()),
                    Pointer::Shape(shape) if !shape.allowed() => {
                        (self.told)(Told::Broken);
                        return Ok(());
                    }
                    _ => self.pointer.shape = Some(pointer.clone()),
                }
                if let Some(surface) = &mut self.surface {
                    surface.pointer(picture(&self.decoder), pointer)?;
                }
            }
            Command::Place(place) => self.put(place)?,
            Command::Look { actual, control, margin } => {
                self.actual = actual;
                self.mode = if control { PointerMode::Local } else { PointerMode::Drawn };
                let repaint = margin != self.margin;
                self.margin = margin;
                if let Some(surface) = &mut self.surface {
                    surface.margin(margin);
                    surface.pointer_mode(picture(&self.decoder), self.mode)?;
                    if repaint && let Some(place) = &self.place {
                        surface.place(place.area, &place.holes)?;
                    }
                }
                self.draw_all()?;
            }
            Command::Pan { x, y } => self.pan(x, y)?,
            Command::Snapshot(answer) => {
                let picture = picture(&self.decoder);
                let picture = picture.size().map(|size| (size, picture.rgb()));
                if answer.send(picture).is_err() {
                    tracing::debug!("nobody waits for the snapshot any more");
                }
            }
        }
        Ok(())
    }

    fn apply(
        &mut self,
        body: &[u8],
        bytes: usize,
        shown: &mpsc::UnboundedSender<Shown>,
    ) -> Result<(), super::surface::Error> {
        let began = Instant::now();
        let Ok(acknowledgement) = Shown::of(body) else {
            self.refused(Fault::Unreadable);
            return Ok(());
        };
        let damaged = match self.decoder.as_mut().map(|decoder| decoder.apply(body, self.wants_refresh)) {
            Some(Ok(Outcome::Applied(damaged))) => Some(damaged),
            Some(Ok(Outcome::Skipped)) | None => None,
            Some(Ok(Outcome::Refused(fault))) => {
                self.refused(fault);
                None
            }
            Some(Err(error)) => {
                self.lost_decoder(&error);
                None
            }
        };
        let Some(damaged) = damaged else {
            // Acknowledged all the same, so that the new picture has room to come.
            if shown.send(acknowledgement).is_err() {
                tracing::debug!("the connection went while a picture was awaited");
            }
            return Ok(());
        };
        self.wants_refresh = false;
        let view = self.view();
        let drawn = match &mut self.surface {
            Some(surface) => {
                let drawn = surface.draw(picture(&self.decoder), &damaged, view);
                *self.shared.mapping.lock().expect("no thread panics while it holds the mapping") = surface.mapping();
                drawn
            }
            None => Ok(()),
        };
        tracing::trace!(number = acknowledgement.number, took = ?began.elapsed(), "drawn");
        {
            let mut figures = self.shared.drawn.lock().expect("no thread panics while it holds the figures");
            figures.batches += 1;
            figures.bytes += bytes as u64;
        }
        // A window that is gone must not stop the session: the picture is kept and comes with the next window.
        if shown.send(acknowledgement).is_err() {
            tracing::debug!("the connection went while a batch was drawn");
        }
        if !self.has_picture {
            self.has_picture = true;
            (self.told)(Told::FirstPicture);
        }
        drawn
    }

    fn refused(&mut self, fault: Fault) {
        tracing::warn!(%fault, recoverable = fault.recoverable(), "a batch could not be applied");
        self.wants_refresh = fault.recoverable();
        (self.told)(if self.wants_refresh { Told::WantsRefresh } else { Told::Broken });
    }

    fn lost_decoder(&mut self, error: &decoder::Error) {
        if matches!(error, decoder::Error::Restarted(_)) {
            tracing::warn!(error = chain(error), "the picture starts anew");
            self.wants_refresh = true;
            (self.told)(Told::WantsRefresh);
        } else {
            tracing::error!(error = chain(error), "a session without a picture ends");
            self.decoder = None;
            (self.told)(Told::NoDecoder);
        }
    }

    fn put(&mut self, place: Option<Place>) -> Result<(), super::surface::Error> {
        let Some(place) = place else {
            self.surface = None;
            self.place = None;
            self.set_waker(None);
            *self.shared.mapping.lock().expect("no thread panics while it holds the mapping") = None;
            return Ok(());
        };
        let same_window = self.place.as_ref().is_some_and(|before| before.window == place.window);
        match &mut self.surface {
            Some(surface) if same_window => surface.place(place.area, &place.holes)?,
            _ => {
                let mut surface = Surface::open(self.display.as_deref(), place.window, place.area, self.margin)?;
                surface.place(place.area, &place.holes)?;
                surface.pointer_mode(picture(&self.decoder), self.mode)?;
                for pointer in [&self.pointer.shape, &self.pointer.at].into_iter().flatten() {
                    surface.pointer(picture(&self.decoder), pointer.clone())?;
                }
                surface.show()?;
                self.set_waker(Some(surface.waker()));
                self.surface = Some(surface);
            }
        }
        self.place = Some(place);
        self.draw_all()
    }

    fn pan(&mut self, x: f64, y: f64) -> Result<(), super::surface::Error> {
        let Some(mapping) = self.surface.as_ref().and_then(Surface::mapping) else { return Ok(()) };
        let (part, screen) = (mapping.part(), mapping.screen());
        let (width, height) = mapping.area();
        let follow = |offset: u16, at: f64, room: u32, shown: u16, whole: u16| {
            if at < PAN_EDGE {
                offset.saturating_sub(PAN_STEP)
            } else if at > f64::from(room) - PAN_EDGE {
                offset.saturating_add(PAN_STEP).min(whole.saturating_sub(shown))
            } else {
                offset
            }
        };
        let offset =
            (follow(part.x, x, width, part.width, screen.width), follow(part.y, y, height, part.height, screen.height));
        if offset != (part.x, part.y) {
            self.offset = offset;
            self.draw_all()?;
        }
        Ok(())
    }

    fn draw_all(&mut self) -> Result<(), super::surface::Error> {
        let view = self.view();
        let (Some(surface), Some(size)) = (&mut self.surface, picture(&self.decoder).size()) else { return Ok(()) };
        let whole: [Rect; 1] = [size.rect()];
        surface.draw(picture(&self.decoder), &whole, view)?;
        *self.shared.mapping.lock().expect("no thread panics while it holds the mapping") = surface.mapping();
        Ok(())
    }

    fn view(&self) -> View {
        if self.actual { View::Actual { x: self.offset.0, y: self.offset.1 } } else { View::Scaled }
    }

    fn set_waker(&self, waker: Option<Waker>) {
        *self.shared.waker.lock().expect("no thread panics while it holds the waker") = waker;
    }
}

/// What there is to be drawn.
fn picture(decoder: &Option<Decoder>) -> Picture<'_> {
    decoder.as_ref().map_or(Picture::default(), Decoder::picture)
}

/// An area without size is no area.
pub fn drawable(area: Area) -> bool {
    area.width > 0 && area.height > 0
}
