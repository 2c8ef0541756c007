//! One session on the customer's side: drives the machine of `protocol::session::customer` with streams, threads and time.

mod administrator;
mod ctrl_alt_del;
mod figures;
mod input;

use std::{path::PathBuf, sync::Arc, time::Duration};

use desktop::desk;
use protocol::{
    id::{Password, SessionId},
    limits,
    media::Shown,
    message::{
        control::{AttendantSays, Attention, CustomerSays},
        grant::Grants,
        handshake::PakeMessage,
        input::Input,
        pairing::{CloseReason, Role},
        stream::StreamKind,
    },
    session::{
        CheckPhrase, Violation,
        customer::{Answered, Consent, Customer, Event, Peer},
    },
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::{CancellationToken, DropGuard};
use zeroize::Zeroizing;

use super::{
    input_task::InputTask,
    screen_task::{Figures, ScreenTask},
};
use crate::{
    elevated,
    link::{
        client::{IncomingStream, chain},
        pake, phrase,
        record::Signer,
        sealed::{SealedError, SessionKeys},
        secure::{CustomerEnd, SecureError, Secured},
    },
};

/// What a session needs.
#[derive(Clone)]
pub struct Setup {
    /// The session dialled.
    pub session: SessionId,
    /// Our side of the inner connection.
    pub end: CustomerEnd,
    /// The password of now: a later one is for later sessions.
    pub password: Password,
    /// Another session goes on, and somebody wants to watch it.
    pub watch: bool,
    /// Which screen.
    pub screen: media::Choice,
    /// Whose mouse and keyboard.
    pub input: desktop::Choice,
    /// For tests: the system has the desktop for itself while there is a file here.
    pub desk: Option<PathBuf>,
    /// How mouse and keyboard get an administrator's rights.
    pub elevation: elevated::Way,
}

/// What a session is told.
#[derive(Debug)]
pub enum In {
    /// A stream of the other half.
    Stream(IncomingStream),
    /// The way to the other half is gone.
    Lost,
    /// The customer's answer.
    Answer {
        /// Yes.
        allow: bool,
        /// Mouse and keyboard too.
        control: bool,
    },
    /// Mouse and keyboard are given or taken back.
    AllowControl(bool),
    /// Another question is on the screen, or is no more: until then no input is let through.
    HoldInput(bool),
    /// The customer's answer to the question for an administrator's rights.
    AnswerAdministrator(bool),
    /// End it.
    End(CloseReason),
}

/// What a session tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Out {
    /// A guess at the password begins, and counts.
    Guess,
    /// It was right, and counts no more.
    GuessWasRight,
    /// The question is to be shown.
    Ask {
        /// Who asks.
        peer: Peer,
        /// For what.
        want: Grants,
        /// What the attendant sees too.
        phrase: CheckPhrase,
    },
    /// The question is to be taken away.
    CloseQuestion,
    /// The customer allowed it.
    Started {
        /// To whom.
        peer: Peer,
        /// What.
        granted: Grants,
        /// What signs its record when it is over.
        signer: Signer,
    },
    /// What is allowed has changed.
    Changed(Grants),
    /// The question for an administrator's rights is to be shown.
    AskAdministrator,
    /// That question is to be taken away.
    CloseAdministrator,
    /// Mouse and keyboard have an administrator's rights from now on, or no more.
    Administrator(bool),
    /// Cut; it may come back.
    Paused,
    /// It came back.
    Resumed,
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

/// Commands that may wait for a session's task.
const WAITING: usize = 64;
/// Messages that may wait to be written: a peer that does not read them is not there.
const UNSENT: usize = 256;
/// The end of a session is said on another stream than the one that ends with it, and may come later by this much.
const LAST_WORD: Duration = Duration::from_secs(10);

/// Starts the session's task. What happens goes to `out`; the task ends with [`Out::Over`].
pub fn start(setup: Setup, out: mpsc::Sender<(SessionId, Out)>) -> mpsc::Sender<In> {
    let (commands, inbox) = mpsc::channel(WAITING);
    let (news, internal) = mpsc::channel(WAITING);
    let begin = if setup.watch { Customer::watched } else { Customer::new };
    let machine = begin(setup.session, std::time::Instant::now());
    let desk = setup.desk.clone().map_or_else(desk::Watch::system, desk::Watch::file);
    let task = Task {
        machine,
        desk,
        setup,
        out,
        news,
        generation: 0,
        connection: None,
        live: None,
        resume_secret: None,
        signer: None,
        consent: None,
        screen: None,
        input: None,
        hands: None,
        elevations: 0,
        told: Figures::default(),
        seconds: 0,
    };
    tokio::spawn(task.run(inbox, internal));
    commands
}

/// What the task's own helpers tell it; the number says for which inner connection.
enum News {
    Secured(u64, Result<(Secured, Peer), SecureError>),
    Said(u64, Result<Option<AttendantSays>, SecureError>),
    Input(u64, Input),
    Pressed(u64, Attention),
    /// The number says of which question: what came of it, and that they are gone.
    Elevated(u64, Result<elevated::Hands, elevated::StartError>),
    HandsLost(u64),
    /// A stream has ended, or cannot go on for this reason.
    StreamLost(u64, Option<SealedError>),
    ScreenFailed,
}

/// An inner connection that is up.
struct Live {
    keys: Arc<SessionKeys>,
    exporter: [u8; 32],
    says: mpsc::Sender<CustomerSays>,
    /// The attendant's program understands notices.
    notices: bool,
    /// Until it is dropped, what the other half says is read.
    _reading: DropGuard,
}

struct Task {
    machine: Customer,
    desk: desk::Watch,
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
    /// The customer's yes, while it holds.
    consent: Option<Consent>,
    screen: Option<ScreenTask>,
    /// Only while mouse and keyboard are allowed.
    input: Option<InputTask>,
    /// Only while mouse and keyboard have an administrator's rights.
    hands: Option<elevated::Hands>,
    /// Counts the questions for them.
    elevations: u64,
    told: Figures,
    seconds: u32,
}

impl Task {
    async fn run(mut self, mut inbox: mpsc::Receiver<In>, mut internal: mpsc::Receiver<News>) {
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
                    self.handle(command)
                }
                news = internal.recv() => match news {
                    Some(news) => self.hear(news),
                    None => Ok(()),
                },
                () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.machine.handle_timeout(std::time::Instant::now());
                    Ok(())
                }
                _ = second.tick(), if self.screen.is_some() => {
                    if self.live.as_ref().is_some_and(|live| live.notices) {
                        self.machine.only_customer(self.desk.look());
                    }
                    self.tell_stats();
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

    fn handle(&mut self, command: In) -> Result<(), Violation> {
        match command {
            In::Stream(stream) if stream.head.kind == StreamKind::Secure => self.secure(stream),
            In::Stream(stream) => return self.take(stream),
            In::Lost => self.lost(),
            In::Answer { allow, control } => self.machine.answer(allow, control, std::time::Instant::now()),
            In::AllowControl(control) => self.machine.allow_control(control),
            In::HoldInput(held) => self.machine.hold_input(held),
            In::AnswerAdministrator(allow) => self.machine.answer_administrator(allow, std::time::Instant::now()),
            In::End(why) => self.machine.end(why),
        }
        Ok(())
    }

    fn lost(&mut self) {
        self.generation += 1;
        self.live = None;
        self.connection = None;
        self.machine.handle_lost(std::time::Instant::now());
    }

    /// The attendant opens the first stream: the inner handshake.
    fn secure(&mut self, stream: IncomingStream) {
        let Some(send) = stream.send else { return };
        if self.live.is_some() {
            tracing::warn!(session = %self.setup.session, "a second protected connection was not taken");
            return;
        }
        self.generation += 1;
        self.connection = Some(stream.connection);
        let (end, session, generation, news) =
            (self.setup.end.clone(), self.setup.session, self.generation, self.news.clone());
        tokio::spawn(async move {
            let secured = end.accept(session, send, stream.recv).await;
            tell(&news, News::Secured(generation, secured)).await;
        });
    }

    /// Another stream of the attendant: only with the keys of a consented session.
    fn take(&mut self, stream: IncomingStream) -> Result<(), Violation> {
        let (Some(live), Some(screen)) = (&self.live, &self.screen) else {
            return Err(Violation::OutOfTurn { said: "a stream", state: "nothing was allowed" });
        };
        let kind = stream.head.kind;
        let mut stream = match live.keys.accept(stream.head, stream.recv) {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "a stream was not taken");
                return Ok(());
            }
        };
        let (generation, news) = (self.generation, self.news.clone());
        if kind == StreamKind::Input {
            tokio::spawn(async move {
                loop {
                    match stream.receive::<Input>(limits::INPUT_MESSAGE_BYTES).await {
                        Ok(Some((input, _))) => tell(&news, News::Input(generation, input)).await,
                        Ok(None) => return stream_lost(&news, generation, None).await,
                        Err(error) => return stream_lost(&news, generation, Some(error)).await,
                    }
                }
            });
        } else {
            let acknowledge = screen.acknowledge();
            tokio::spawn(async move {
                loop {
                    match stream.receive::<Shown>(limits::INPUT_MESSAGE_BYTES).await {
                        Ok(Some((shown, _))) => acknowledge(shown),
                        Ok(None) => return stream_lost(&news, generation, None).await,
                        Err(error) => return stream_lost(&news, generation, Some(error)).await,
                    }
                }
            });
        }
        Ok(())
    }

    fn hear(&mut self, news: News) -> Result<(), Violation> {
        let now = std::time::Instant::now();
        match news {
            News::Secured(generation, secured) if generation == self.generation => match secured {
                Ok((secured, peer)) => {
                    let proofs = self
                        .resume_secret
                        .as_ref()
                        .map(|secret| pake::resumption(secret, &secured.exporter, Role::Customer));
                    self.machine.secured(peer, proofs)?;
                    self.go_live(secured);
                }
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
                Ok(Some(AttendantSays::Handshake(message))) => self.machine.handle_handshake(message)?,
                Ok(Some(AttendantSays::Control(message))) => self.machine.handle_control(message)?,
                Ok(None) => self.lost(),
                Err(SecureError::Frame(error)) => {
                    tracing::warn!(session = %self.setup.session, %error, "the attendant's program said something that cannot be read");
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
            News::Input(generation, input) if generation == self.generation => self.machine.handle_input(input)?,
            News::Pressed(generation, what) if generation == self.generation => self.machine.ctrl_alt_del_done(what),
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
            News::Elevated(which, started) => self.elevated(which, started),
            News::HandsLost(which) => self.hands_lost(which),
            News::ScreenFailed => self.machine.end(CloseReason::Failed),
            News::Secured(..) | News::Said(..) | News::Input(..) | News::Pressed(..) | News::StreamLost(..) => {}
        }
        Ok(())
    }

    fn go_live(&mut self, secured: Secured) {
        let Secured { exporter, resume_secret, witness, keys, understands, mut reader, mut writer } = secured;
        // Kept for a cut; a proof for this connection was made with the secret of the one before.
        self.resume_secret = Some(resume_secret);
        self.signer.get_or_insert_with(|| self.setup.end.signer(witness));
        let (says, mut unsent) = mpsc::channel::<CustomerSays>(UNSENT);
        let reading = CancellationToken::new();
        let notices = understands.notices;
        self.live = Some(Live { keys, exporter, says, notices, _reading: reading.clone().drop_guard() });
        let (generation, news) = (self.generation, self.news.clone());
        let said = async move {
            loop {
                let said = reader.receive::<AttendantSays>().await;
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
    }

    /// Does what the machine wants. `true`: the session is over.
    async fn settle(&mut self) -> bool {
        while let Some(event) = self.machine.poll_event() {
            match event {
                Event::Answer(answer) => self.say(CustomerSays::Handshake(answer)),
                Event::Say(word) => self.say(CustomerSays::Control(word)),
                Event::Guess(message) => {
                    self.tell(Out::Guess).await;
                    self.answer_guess(&message);
                }
                Event::Reveal(reveal) => {
                    let phrase = self.binding().and_then(|binding| phrase::revealed(&reveal, &binding));
                    if let Err(violation) = self.machine.revealed(phrase, std::time::Instant::now()) {
                        tracing::warn!(session = %self.setup.session, %violation, "the check phrase cannot be made");
                        self.machine.end(CloseReason::Violation);
                    }
                }
                Event::GuessWasRight => self.tell(Out::GuessWasRight).await,
                Event::Ask { peer, want, phrase } => self.tell(Out::Ask { peer, want, phrase }).await,
                Event::CloseQuestion => self.tell(Out::CloseQuestion).await,
                Event::Start(consent) => self.begin(consent).await,
                Event::Changed(granted) => {
                    self.use_input(granted);
                    self.tell(Out::Changed(granted)).await;
                }
                Event::Refresh => {
                    if let Some(screen) = &self.screen {
                        screen.refresh();
                    }
                }
                Event::Inject(input) => self.inject(input),
                Event::CtrlAltDel => self.ctrl_alt_del(),
                Event::LookAdministrator => self.look_administrator(),
                Event::AskAdministrator => self.tell(Out::AskAdministrator).await,
                Event::CloseAdministrator => self.tell(Out::CloseAdministrator).await,
                Event::StartAdministrator => self.start_administrator(),
                Event::Administrator(on) => self.use_administrator(on).await,
                Event::Pause => {
                    if let Some(screen) = &self.screen {
                        screen.disconnect();
                    }
                    self.inject(Input::ReleaseAll);
                    self.tell(Out::Paused).await;
                }
                Event::Resume(_) => {
                    self.connect_screen();
                    self.tell(Out::Resumed).await;
                }
                Event::Over { why, begun } => {
                    self.screen = None;
                    (self.input, self.hands) = (None, None);
                    self.consent = None;
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

    fn answer_guess(&mut self, theirs: &PakeMessage) {
        let Some(binding) = self.binding() else { return };
        let (run, reply) = pake::Run::start(Role::Customer, &self.setup.password, &binding);
        let answer = run.finish(theirs).map(|proofs| Answered { reply, nonce: phrase::nonce(), proofs });
        self.machine.pake_answered(answer);
    }

    /// Whom password and check phrase are between, and on which connection.
    fn binding(&self) -> Option<pake::Binding<'_>> {
        let (live, peer) = (self.live.as_ref()?, self.machine.peer()?);
        Some(pake::Binding { session: self.setup.session, attendant: peer.operator, exporter: &live.exporter })
    }

    /// Consent was given: only here does the screen come into being.
    async fn begin(&mut self, consent: Consent) {
        let granted = consent.granted();
        let news = self.news.clone();
        let failed = move |_| {
            if news.blocking_send(News::ScreenFailed).is_err() {
                tracing::debug!("the session had ended when its screen failed");
            }
        };
        match ScreenTask::start(&consent, self.setup.screen.clone(), failed).await {
            Ok(screen) => self.screen = Some(screen),
            Err(error) => {
                tracing::error!(session = %self.setup.session, error = chain(&error), "the screen cannot be shared");
                self.machine.end(CloseReason::Failed);
            }
        }
        self.consent = Some(consent);
        self.use_input(granted);
        self.connect_screen();
        if let Some((peer, signer)) = self.machine.peer().cloned().zip(self.signer.clone()) {
            self.tell(Out::Started { peer, granted, signer }).await;
        }
    }

    fn connect_screen(&mut self) {
        let (Some(screen), Some(live), Some(connection)) = (&self.screen, &self.live, &self.connection) else { return };
        let (generation, news) = (self.generation, self.news.clone());
        let lost = move |error| {
            let news = news.clone();
            tokio::spawn(async move { stream_lost(&news, generation, Some(error)).await });
        };
        // Numbers of our streams never repeat within a session, whatever the connection.
        screen.connect(connection.clone(), live.keys.clone(), self.generation * 16, lost);
    }

    fn say(&mut self, message: CustomerSays) {
        let Some(live) = &self.live else { return };
        if let Err(mpsc::error::TrySendError::Full(_)) = live.says.try_send(message) {
            tracing::warn!(session = %self.setup.session, "the attendant's program does not read what is said");
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
