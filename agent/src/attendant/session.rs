//! One session on the attendant's side: drives the machine of `protocol::session::attendant` with streams, the viewer and time.

mod figures;

use std::{collections::HashMap, sync::Arc, time::Duration};

use protocol::{
    id::{Password, SessionId},
    limits,
    media::Pointer,
    message::{
        control::{Administrator, AttendantSays, Attention, CustomerSays},
        grant::Grants,
        handshake::PakeMessage,
        input::Input,
        pairing::{CloseReason, Role},
        stream::StreamKind,
    },
    session::{
        CheckPhrase, Violation,
        attendant::{Attendant, Event, Finished},
    },
};
use tokio::{
    sync::{Semaphore, mpsc},
    time::Instant,
};
use tokio_util::sync::{CancellationToken, DropGuard};
use zeroize::Zeroizing;

pub use figures::Figures;

use super::{
    streams::{Queue, send_all},
    viewer::{Drawn, Feed, Told, Viewer},
};
use crate::link::{
    client::{IncomingStream, chain},
    pake, phrase,
    record::Signer,
    sealed::{SealedError, SessionKeys},
    secure::{self, Identity, SecureError, Secured, Understands},
};

/// What a session needs.
#[derive(Clone)]
pub struct Setup {
    /// The session dialled.
    pub session: SessionId,
    /// Our certificate.
    pub identity: Identity,
    /// The partner's password.
    pub password: Password,
    /// What to ask for.
    pub want: Grants,
    /// The display of the viewer's window; `None` for our own.
    pub display: Option<String>,
    /// What decodes the partner's picture.
    pub decoder: media::decoder::Program,
}

/// What a session is told.
#[derive(Debug)]
pub enum In {
    /// Both halves are at the relay: go on over this connection.
    Paired(quinn::Connection),
    /// A stream of the other half.
    Stream(IncomingStream),
    /// The way to the other half is gone.
    Lost,
    /// Mouse or keyboard.
    Input(Input),
    /// Ctrl+Alt+Del is to be pressed there.
    CtrlAltDel,
    /// The customer is to be asked for an administrator's rights for mouse and keyboard.
    AskAdministrator,
    /// End it, or give up.
    End(CloseReason),
}

/// What a session tells.
#[derive(Debug, Clone)]
pub enum Out {
    /// The customer is being asked, and sees this phrase too.
    Asking(CheckPhrase),
    /// Allowed; the viewer's thread takes pictures and places through this, and this signs the session's record when it is over.
    Started(Grants, Feed, Option<Signer>),
    /// The first picture is there.
    FirstPicture,
    /// What is allowed has changed.
    Changed(Grants),
    /// How the connection is, once a second.
    Figures(Figures),
    /// The customer's computer shows something that only the customer can see and answer, or does no more.
    OnlyCustomer(bool),
    /// What came of Ctrl+Alt+Del; `None`: the customer's program is too old for it.
    CtrlAltDel(Option<Attention>),
    /// How it stands with an administrator's rights; `None`: the customer's program is too old to be asked for them.
    Administrator(Option<Administrator>),
    /// Cut; it may come back.
    Paused,
    /// It came back.
    Resumed(Grants),
    /// Over.
    Over {
        /// Why.
        why: CloseReason,
        /// It had begun.
        begun: bool,
        /// Times it was cut and came back.
        reconnects: u32,
    },
}

/// Commands that may wait for a session's task: a fast mouse in a second.
const WAITING: usize = 1_024;
/// Messages that may wait to be written: a peer that does not read them is not there.
const UNSENT: usize = 256;
/// The end of a session is said on another stream than the one that ends with it, and may come later by this much.
const LAST_WORD: Duration = Duration::from_secs(10);
/// Batches whose acknowledgement is not yet written. More than a customer's program sends without one; who does not read them gets
/// no further.
const UNSHOWN: usize = 64;

/// Starts the session's task. What happens goes to `out`; the task ends with [`Out::Over`].
pub fn start(setup: Setup, out: mpsc::Sender<(SessionId, Out)>) -> mpsc::Sender<In> {
    let (commands, inbox) = mpsc::channel(WAITING);
    let (news, internal) = mpsc::channel(64);
    let machine = Attendant::new(setup.session, setup.want, std::time::Instant::now());
    let task = Task {
        machine,
        setup,
        out,
        news,
        generation: 0,
        connection: None,
        live: None,
        resume_secret: None,
        signer: None,
        opened: None,
        inputs: None,
        early: Vec::new(),
        viewer: None,
        pings: HashMap::new(),
        pinged: 0,
        seconds: 0,
        figures: Figures::default(),
        drawn: Drawn::default(),
        packets: (0, 0),
    };
    tokio::spawn(task.run_all(inbox, internal));
    commands
}

enum News {
    Secured(u64, Result<Secured, SecureError>),
    Said(u64, Result<Option<CustomerSays>, SecureError>),
    /// A stream has ended, or cannot go on for this reason.
    StreamLost(u64, Option<SealedError>),
    Viewer(Told),
}

struct Live {
    keys: Arc<SessionKeys>,
    says: mpsc::Sender<AttendantSays>,
    /// What the customer's program understands.
    understands: Understands,
    /// Until it is dropped, what the other half says is read.
    _reading: DropGuard,
}

/// What our first message began, until the customer's answer.
struct Opened {
    run: pake::Run,
    exporter: [u8; 32],
    nonce: phrase::Nonce,
}

struct Task {
    machine: Attendant,
    setup: Setup,
    out: mpsc::Sender<(SessionId, Out)>,
    news: mpsc::Sender<News>,
    /// Counts inner connections, so that late news of an earlier one are not taken for this one's.
    generation: u64,
    connection: Option<quinn::Connection>,
    live: Option<Live>,
    resume_secret: Option<Zeroizing<[u8; 32]>>,
    /// Of the connection on which the session begins.
    signer: Option<Signer>,
    opened: Option<Opened>,
    inputs: Option<mpsc::Sender<Input>>,
    /// Streams that overtook the customer's yes.
    early: Vec<IncomingStream>,
    viewer: Option<Viewer>,
    pings: HashMap<u32, Instant>,
    pinged: u32,
    seconds: u32,
    figures: Figures,
    drawn: Drawn,
    packets: (u64, u64),
}

impl Task {
    async fn run_all(mut self, mut inbox: mpsc::Receiver<In>, mut internal: mpsc::Receiver<News>) {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        loop {
            let due = self.machine.poll_timeout().map(Instant::from_std);
            let result = tokio::select! {
                biased;
                command = inbox.recv() => {
                    let Some(command) = command else {
                        self.machine.end(CloseReason::ProgramGone);
                        if self.settle().await { return } else { continue }
                    };
                    self.handle(command).await
                }
                news = internal.recv() => match news {
                    Some(news) => self.hear(news).await,
                    None => Ok(()),
                },
                () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.machine.handle_timeout(std::time::Instant::now());
                    Ok(())
                }
                _ = second.tick(), if self.viewer.is_some() => {
                    self.look_around().await;
                    Ok(())
                }
            };
            if let Err(violation) = result {
                tracing::warn!(session = %self.setup.session, %violation, "the session is ended: a rule was broken");
                self.machine.end(CloseReason::Violation);
            }
            if self.settle().await {
                return;
            }
        }
    }

    async fn handle(&mut self, command: In) -> Result<(), Violation> {
        match command {
            In::Paired(connection) => self.secure(connection),
            In::Stream(stream) => return self.take(stream),
            In::Lost => self.lost(),
            In::Input(input) => {
                // A stream that has ended tells by itself, once it is known whether the session has.
                if self.machine.may_control()
                    && let Some(inputs) = &self.inputs
                    && let Err(mpsc::error::TrySendError::Full(_)) = inputs.try_send(input)
                {
                    // Never drop input: a customer's program that does not read it is not there.
                    tracing::warn!(session = %self.setup.session, "the customer's program does not take input");
                    self.lost();
                }
            }
            In::CtrlAltDel => match &self.live {
                Some(live) if live.understands.attention => self.machine.ctrl_alt_del(),
                Some(_) if self.machine.may_control() => self.tell(Out::CtrlAltDel(None)).await,
                _ => {}
            },
            In::AskAdministrator => match &self.live {
                Some(live) if live.understands.administrator => self.machine.ask_administrator(),
                Some(_) if self.machine.may_control() => self.tell(Out::Administrator(None)).await,
                _ => {}
            },
            In::End(why) => self.machine.end(why),
        }
        Ok(())
    }

    fn lost(&mut self) {
        self.generation += 1;
        self.live = None;
        self.connection = None;
        self.inputs = None;
        self.early.clear();
        self.machine.handle_lost(std::time::Instant::now());
    }

    fn secure(&mut self, connection: quinn::Connection) {
        self.generation += 1;
        self.live = None;
        self.connection = Some(connection.clone());
        let (identity, session, generation, news) =
            (self.setup.identity.clone(), self.setup.session, self.generation, self.news.clone());
        tokio::spawn(async move {
            let secured = secure::connect(&connection, session, generation * 16, &identity).await;
            tell(&news, News::Secured(generation, secured)).await;
        });
    }

    /// A stream of the customer: with the keys of a consented session only.
    fn take(&mut self, stream: IncomingStream) -> Result<(), Violation> {
        let (Some(live), Some(viewer), true) = (&self.live, &self.viewer, self.machine.may_show()) else {
            if self.early.len() >= StreamKind::ALL.len() {
                return Err(Violation::OutOfTurn { said: "streams", state: "nothing was allowed" });
            }
            self.early.push(stream);
            return Ok(());
        };
        let kind = stream.head.kind;
        let mut sealed = match live.keys.accept(stream.head, stream.recv) {
            Ok(sealed) => sealed,
            Err(error) => {
                tracing::warn!(%error, "a stream was not taken");
                return Ok(());
            }
        };
        let (generation, news, feed) = (self.generation, self.news.clone(), viewer.feed());
        if kind == StreamKind::Pointer {
            tokio::spawn(async move {
                loop {
                    match sealed.receive::<Pointer>(limits::POINTER_MESSAGE_BYTES).await {
                        Ok(Some((pointer, _))) => {
                            if !feed.pointer(pointer).await {
                                return;
                            }
                        }
                        Ok(None) => return stream_lost(&news, generation, None).await,
                        Err(error) => return stream_lost(&news, generation, Some(error)).await,
                    }
                }
            });
            return Ok(());
        }
        let (shown, acknowledgements) = mpsc::unbounded_channel();
        let unshown = Arc::new(Semaphore::new(UNSHOWN));
        self.send(2, Queue::Shown(acknowledgements, unshown.clone()));
        tokio::spawn(async move {
            loop {
                // Given back when the acknowledgement is written.
                match unshown.acquire().await {
                    Ok(place) => place.forget(),
                    Err(_) => return,
                }
                match sealed.receive_unread(limits::PICTURE_MESSAGE_BYTES).await {
                    Ok(Some((batch, bytes))) => {
                        if !feed.batch(batch, bytes, shown.clone()).await {
                            return;
                        }
                    }
                    Ok(None) => return stream_lost(&news, generation, None).await,
                    Err(error) => return stream_lost(&news, generation, Some(error)).await,
                }
            }
        });
        Ok(())
    }

    async fn hear(&mut self, news: News) -> Result<(), Violation> {
        let now = std::time::Instant::now();
        match news {
            News::Secured(generation, secured) if generation == self.generation => match secured {
                Ok(secured) => self.go_live(secured)?,
                Err(error) => {
                    tracing::warn!(session = %self.setup.session, error = chain(&error), "no protected connection");
                    if self.machine.is_away() {
                        self.machine.handle_lost(now);
                    } else {
                        self.machine.end(CloseReason::Violation);
                    }
                }
            },
            News::Said(generation, said) if generation == self.generation => match said {
                Ok(Some(CustomerSays::Handshake(message))) => self.machine.handle_handshake(message, now)?,
                Ok(Some(CustomerSays::Control(message))) => self.machine.handle_control(message)?,
                Ok(None) => self.lost(),
                Err(SecureError::Frame(error)) => {
                    tracing::warn!(session = %self.setup.session, %error, "the customer's program said something that cannot be read");
                    self.machine.end(CloseReason::Violation);
                }
                Err(error @ SecureError::Tampered(_)) => {
                    tracing::warn!(session = %self.setup.session, error = chain(&error), "the session is ended");
                    self.machine.end(CloseReason::Violation);
                }
                Err(error) => {
                    tracing::info!(session = %self.setup.session, error = chain(&error), "the protected connection is gone");
                    self.lost();
                }
            },
            News::StreamLost(generation, error) if generation == self.generation => match error {
                None | Some(SealedError::Gone(_)) => {
                    let error = error.as_ref().map(|error| chain(error));
                    tracing::info!(session = %self.setup.session, error, "a stream of the session is gone");
                    self.lost();
                }
                Some(error) => {
                    tracing::warn!(session = %self.setup.session, error = chain(&error), "the session is ended: a stream is broken");
                    self.machine.end(CloseReason::Violation);
                }
            },
            News::Viewer(Told::FirstPicture) => self.tell(Out::FirstPicture).await,
            News::Viewer(Told::WantsRefresh) => self.machine.refresh(),
            News::Viewer(Told::Broken) => self.machine.end(CloseReason::Violation),
            News::Viewer(Told::NoDecoder) => self.machine.end(CloseReason::Failed),
            News::Secured(..) | News::Said(..) | News::StreamLost(..) => {}
        }
        Ok(())
    }

    fn go_live(&mut self, secured: Secured) -> Result<(), Violation> {
        let Secured { exporter, resume_secret, witness, keys, mut reader, mut writer, understands } = secured;
        let (says, mut unsent) = mpsc::channel::<AttendantSays>(UNSENT);
        let reading = CancellationToken::new();
        self.live = Some(Live { keys, says, understands, _reading: reading.clone().drop_guard() });
        let (generation, news) = (self.generation, self.news.clone());
        let said = async move {
            loop {
                let said = reader.receive::<CustomerSays>().await;
                let last = !matches!(said, Ok(Some(_)));
                tell(&news, News::Said(generation, said)).await;
                if last {
                    return;
                }
            }
        };
        tokio::spawn(async move { reading.run_until_cancelled(said).await });
        tokio::spawn(async move {
            while let Some(message) = unsent.recv().await {
                if let Err(error) = writer.send(&message).await {
                    tracing::debug!(error = chain(&error), "the protected connection went while something was said");
                    return;
                }
            }
            writer.finish().await;
        });
        if self.signer.is_none() {
            self.signer = self.setup.identity.signer(witness);
        }
        let before = self.resume_secret.replace(resume_secret);
        match before {
            Some(secret) if self.machine.is_away() => {
                self.machine.secured_again(pake::resumption(&secret, &exporter, Role::Attendant))
            }
            _ => {
                let (run, message) = pake::Run::start(Role::Attendant, &self.setup.password, &self.binding(&exporter));
                let nonce = phrase::nonce();
                self.opened = Some(Opened { run, exporter, nonce });
                self.machine.secured(message, phrase::commit(&nonce))
            }
        }
    }

    /// Whom password and check phrase are between, and on which connection.
    fn binding<'a>(&self, exporter: &'a [u8; 32]) -> pake::Binding<'a> {
        pake::Binding { session: self.setup.session, attendant: self.setup.identity.operator, exporter }
    }

    /// The customer's half is there: the proofs, our nonce and the phrase. `None`: its message is none.
    fn finish(&mut self, theirs: &PakeMessage, customer: &phrase::Nonce) -> Option<Finished> {
        let Opened { run, exporter, nonce } = self.opened.take()?;
        let proofs = run.finish(theirs)?;
        let phrase = phrase::phrase(&self.binding(&exporter), &nonce, customer);
        Some(Finished { proofs, reveal: nonce, phrase })
    }

    /// Does what the machine wants. `true`: the session is over.
    async fn settle(&mut self) -> bool {
        while let Some(event) = self.machine.poll_event() {
            match event {
                Event::Say(message) => self.say(AttendantSays::Handshake(message)),
                Event::Control(word) => self.say(AttendantSays::Control(word)),
                Event::Finish { pake, nonce } => {
                    let finished = self.finish(&pake, &nonce);
                    if let Err(violation) = self.machine.pake_finished(finished) {
                        tracing::warn!(session = %self.setup.session, %violation, "the password cannot be proved");
                        self.machine.end(CloseReason::Violation);
                    }
                }
                Event::Asking(phrase) => self.tell(Out::Asking(phrase)).await,
                Event::Start(granted) => self.begin(granted).await,
                Event::Changed(granted) => self.tell(Out::Changed(granted)).await,
                Event::OnlyCustomer(shown) => self.tell(Out::OnlyCustomer(shown)).await,
                Event::CtrlAltDel(what) => self.tell(Out::CtrlAltDel(Some(what))).await,
                Event::Administrator(what) => self.tell(Out::Administrator(Some(what))).await,
                Event::Stats(stats) => self.figures.customer = Some(stats),
                Event::Pong(number) => {
                    if let Some(sent) = self.pings.remove(&number) {
                        self.figures.round_trip = Some(sent.elapsed());
                    }
                }
                Event::Pause => self.tell(Out::Paused).await,
                Event::Resume(granted) => {
                    self.open_streams();
                    self.tell(Out::Resumed(granted)).await;
                }
                Event::Over { why, begun } => {
                    self.viewer = None;
                    self.live = None;
                    let reconnects = self.machine.reconnects();
                    tracing::info!(session = %self.setup.session, ?why, begun, reconnects, "the session is over");
                    self.tell(Out::Over { why, begun, reconnects }).await;
                    return true;
                }
            }
        }
        false
    }

    async fn begin(&mut self, granted: Grants) {
        let news = self.news.clone();
        let told = move |told| {
            if news.blocking_send(News::Viewer(told)).is_err() {
                tracing::debug!("the session had ended before its viewer");
            }
        };
        match Viewer::start(self.setup.display.clone(), self.setup.decoder.clone(), told) {
            Ok(viewer) => {
                let feed = viewer.feed();
                self.viewer = Some(viewer);
                self.open_streams();
                self.tell(Out::Started(granted, feed, self.signer.clone())).await;
            }
            Err(error) => {
                tracing::error!(session = %self.setup.session, %error, "the viewer cannot be started");
                self.machine.end(CloseReason::Failed);
            }
        }
    }

    /// Our stream of input, and the customer's streams that were early.
    fn open_streams(&mut self) {
        if self.live.is_none() {
            return;
        }
        let (inputs, queue) = mpsc::channel(WAITING);
        self.inputs = Some(inputs);
        self.send(1, Queue::Input(queue));
        for stream in std::mem::take(&mut self.early) {
            if let Err(violation) = self.take(stream) {
                tracing::warn!(%violation, "an early stream was not taken");
            }
        }
    }

    /// Sends on a stream of our own, the one of this number on this connection.
    fn send(&self, number: u64, queue: Queue) {
        let (Some(live), Some(connection)) = (&self.live, &self.connection) else { return };
        let (generation, news) = (self.generation, self.news.clone());
        // Numbers of our streams never repeat within a session, whatever the connection.
        let sending = send_all(connection.clone(), live.keys.clone(), generation * 16 + number, queue);
        tokio::spawn(async move {
            if let Err(error) = sending.await {
                stream_lost(&news, generation, Some(error)).await;
            }
        });
    }

    fn say(&mut self, message: AttendantSays) {
        let Some(live) = &self.live else { return };
        if let Err(mpsc::error::TrySendError::Full(_)) = live.says.try_send(message) {
            tracing::warn!(session = %self.setup.session, "the customer's program does not read what is said");
            self.lost();
        }
    }

    async fn tell(&self, out: Out) {
        if self.out.send((self.setup.session, out)).await.is_err() {
            tracing::debug!("the program stops before its session");
        }
    }
}

async fn tell(news: &mpsc::Sender<News>, what: News) {
    if news.send(what).await.is_err() {
        tracing::debug!("the session had ended");
    }
}

/// Tells that a stream is gone: at once when somebody has touched it, and when it only ended, once the session's end would be here.
async fn stream_lost(news: &mpsc::Sender<News>, generation: u64, error: Option<SealedError>) {
    if matches!(error, None | Some(SealedError::Gone(_))) {
        tokio::time::sleep(LAST_WORD).await;
    }
    tell(news, News::StreamLost(generation, error)).await;
}
