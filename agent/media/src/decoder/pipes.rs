//! Windows, the parent's side: a child at the other end of two pipes, and the picture it last completed.
//!
//! Both sides keep the picture; behind an answer come the pixels of the rectangles it names, which were checked before one of them is taken. The
//! child runs in a job that dies with us, and may have no child of its own; it gives up what it can before its first word, see
//! [`super::sandbox`]. Reading and writing are threads' work, so that a child that hangs costs the deadline and nothing more.

use std::{
    io::{Read as _, Write as _},
    process::{ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use protocol::{
    frame::{self, LENGTH_BYTES},
    limits,
    media::Rect,
};

use super::{
    Error, Failures, Lost, Outcome, Program, sandbox,
    words::{ANSWER_BYTES, ASK_BYTES, Answer, Ask},
};
use crate::{
    canvas::{self, Picture},
    frame::Frame,
};

/// Time for starting and giving up rights.
const READY_WITHIN: Duration = Duration::from_secs(10);
/// Time for one batch.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);
/// New sizes in one batch: one is what our own program sends.
const SIZES_PER_BATCH: usize = 4;
/// Pieces of what the child says that may wait to be looked at.
const PIECES: usize = 8;
const PIECE_BYTES: usize = 1 << 18;

/// A decoder in a process of its own. Belongs to whoever started it, and ends with it.
pub struct Decoder {
    program: Program,
    gone: Arc<dyn Fn() + Send + Sync>,
    link: Option<Link>,
    failures: Failures,
    shown: Option<Frame>,
}

impl Decoder {
    /// Starts the child and waits until it has given up its rights. `gone` is called from a thread of its own when a child has ended:
    /// then [`Decoder::look_after`] is due.
    pub fn start(program: Program, gone: Arc<dyn Fn() + Send + Sync>) -> Result<Self, Error> {
        let link = Link::spawn(&program, &gone).map_err(Error::Start)?;
        Ok(Self { program, gone, link: Some(link), failures: Failures::default(), shown: None })
    }

    /// Has the body of a batch applied. With `waits` only one that starts the picture anew is.
    pub fn apply(&mut self, body: &[u8], waits: bool) -> Result<Outcome, Error> {
        let Some(link) = &mut self.link else { return Err(Error::Start(Lost::Ended(None))) };
        link.apply(body, waits, &mut self.shown).map_err(|lost| self.replace(lost))
    }

    /// Starts another child if this one has ended.
    pub fn look_after(&mut self) -> Result<(), Error> {
        match self.link.as_mut().and_then(Link::ended) {
            Some(lost) => Err(self.replace(lost)),
            None => Ok(()),
        }
    }

    /// The picture as the last applied batch left it.
    pub fn picture(&self) -> Picture<'_> {
        self.shown.as_ref().map_or(Picture::default(), |frame| Picture::new(frame.size(), frame.bytes()))
    }

    /// The child's process.
    pub fn process(&self) -> Option<u32> {
        self.link.as_ref().map(|link| link.child.0.id())
    }

    fn replace(&mut self, lost: Lost) -> Error {
        self.link = None;
        if self.failures.note(Instant::now()) {
            return Error::TooOften(lost);
        }
        match Link::spawn(&self.program, &self.gone) {
            Ok(link) => {
                self.link = Some(link);
                Error::Restarted(lost)
            }
            Err(lost) => Error::Start(lost),
        }
    }
}

/// A child process that is killed and reaped when dropped.
struct Child(std::process::Child);

impl Drop for Child {
    fn drop(&mut self) {
        // One that has ended already is what was wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Link {
    write: mpsc::Sender<Vec<u8>>,
    read: mpsc::Receiver<Vec<u8>>,
    /// Came, and was not looked at yet: the bytes and how many of them are used.
    piece: (Vec<u8>, usize),
    asked: u64,
    child: Child,
    _job: sandbox::Job,
}

impl Link {
    fn spawn(program: &Program, gone: &Arc<dyn Fn() + Send + Sync>) -> Result<Self, Lost> {
        let mut command = Command::new(&program.file);
        // The system's own folder is needed to load libraries; nothing else of ours goes along.
        let kept = ["SystemRoot", "SystemDrive", "WINEPREFIX", "WINEDEBUG", "WINELOADERNOEXEC"];
        let kept: Vec<_> = kept.iter().filter_map(|name| Some((name, std::env::var_os(name)?))).collect();
        command
            .args(&program.arguments)
            .env_clear()
            .envs(kept)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What it would print is as hostile as what it answers.
            .stderr(Stdio::null());
        sandbox::without_window(&mut command);
        let mut child = Child(command.spawn()?);
        // Before it is told anything.
        let job = sandbox::Job::around(&child.0)?;
        let (Some(stdin), Some(stdout)) = (child.0.stdin.take(), child.0.stdout.take()) else {
            return Err(Lost::Ended(None));
        };
        let mut link = Self {
            write: writer(stdin)?,
            read: reader(stdout, gone.clone())?,
            piece: (Vec::new(), 0),
            asked: 0,
            child,
            _job: job,
        };
        match link.answer(Instant::now() + READY_WITHIN) {
            Ok(Answer::Ready) => Ok(link),
            Ok(Answer::Unprotected { step, errno }) => Err(Lost::Unprotected { step, errno }),
            Ok(_) => Err(Lost::Lied("an answer before it was ready")),
            Err(lost) => Err(lost),
        }
    }

    fn ended(&mut self) -> Option<Lost> {
        match self.child.0.try_wait() {
            Ok(None) => None,
            Ok(status) => Some(Lost::Ended(status)),
            Err(error) => Some(Lost::System(error)),
        }
    }

    fn apply(&mut self, body: &[u8], waits: bool, shown: &mut Option<Frame>) -> Result<Outcome, Lost> {
        let deadline = Instant::now() + ANSWER_WITHIN;
        self.asked += 1;
        let asked = self.asked;
        let mut bytes = frame::encode(&Ask { number: asked, waits }, ASK_BYTES)?;
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
        frame::body_length(length, limits::PICTURE_MESSAGE_BYTES)?;
        bytes.extend_from_slice(&length);
        bytes.extend_from_slice(body);
        self.say(bytes)?;
        let mut sizes = 0;
        let (number, outcome) = loop {
            match self.answer(deadline)? {
                Answer::Wants(size) => {
                    sizes += 1;
                    if sizes > SIZES_PER_BATCH || !size.allowed() {
                        return Err(Lost::Lied("a size that is not allowed"));
                    }
                    *shown = Some(Frame::black(size));
                }
                Answer::Applied { number, damaged } => {
                    self.take(&damaged, shown, deadline)?;
                    break (number, Outcome::Applied(damaged));
                }
                Answer::Skipped { number } if waits => break (number, Outcome::Skipped),
                Answer::Skipped { .. } => return Err(Lost::Lied("it left out a batch that was not to be left out")),
                Answer::Refused { number, fault } => break (number, Outcome::Refused(fault)),
                Answer::Ready | Answer::Unprotected { .. } => return Err(Lost::Lied("it began a second time")),
            }
        };
        if number != asked {
            return Err(Lost::Lied("an answer to another question"));
        }
        Ok(outcome)
    }

    /// Takes the pixels of these rectangles: inside the picture, and no more of them than a batch may draw.
    fn take(&mut self, damaged: &[Rect], shown: &mut Option<Frame>, deadline: Instant) -> Result<(), Lost> {
        if damaged.is_empty() {
            return Ok(());
        }
        let frame = shown.as_mut().ok_or(Lost::Lied("something drawn without a picture"))?;
        let drawn: u64 = damaged.iter().map(|rect| u64::from(rect.area())).sum();
        if damaged.len() > limits::UPDATES_PER_BATCH
            || drawn > canvas::drawn_max(frame.size().area())
            || !damaged.iter().all(|rect| rect.within(frame.size()))
        {
            return Err(Lost::Lied("more drawn than a batch may, or outside the picture"));
        }
        for rect in damaged {
            for y in rect.y..rect.y + rect.height {
                let row = frame.span_mut(rect.x, y, rect.width);
                self.fill(row, deadline)?;
                row.chunks_exact_mut(4).for_each(|pixel| pixel[3] = 255);
            }
        }
        Ok(())
    }

    fn say(&self, bytes: Vec<u8>) -> Result<(), Lost> {
        self.write.send(bytes).map_err(|_| Lost::Ended(None))
    }

    fn answer(&mut self, deadline: Instant) -> Result<Answer, Lost> {
        let mut length = [0; LENGTH_BYTES];
        self.fill(&mut length, deadline)?;
        let mut body = vec![0; frame::body_length(length, ANSWER_BYTES)?];
        self.fill(&mut body, deadline)?;
        Ok(frame::decode_body(&body, ANSWER_BYTES)?)
    }

    fn fill(&mut self, mut target: &mut [u8], deadline: Instant) -> Result<(), Lost> {
        while !target.is_empty() {
            let (piece, used) = &mut self.piece;
            if *used == piece.len() {
                let left = deadline.saturating_duration_since(Instant::now());
                (*piece, *used) = match self.read.recv_timeout(left) {
                    Ok(piece) => (piece, 0),
                    Err(mpsc::RecvTimeoutError::Timeout) => return Err(Lost::Silent(ANSWER_WITHIN)),
                    Err(mpsc::RecvTimeoutError::Disconnected) => {
                        return Err(Lost::Ended(self.child.0.try_wait().ok().flatten()));
                    }
                };
            }
            let (piece, used) = &mut self.piece;
            let length = target.len().min(piece.len() - *used);
            let (now, later) = target.split_at_mut(length);
            now.copy_from_slice(&piece[*used..*used + length]);
            *used += length;
            target = later;
        }
        Ok(())
    }
}

fn writer(mut stdin: ChildStdin) -> Result<mpsc::Sender<Vec<u8>>, Lost> {
    let (write, written) = mpsc::channel::<Vec<u8>>();
    std::thread::Builder::new().name("decoder-write".to_owned()).spawn(move || {
        for bytes in written {
            if stdin.write_all(&bytes).and_then(|()| stdin.flush()).is_err() {
                // The reader notices that the child has ended.
                return;
            }
        }
    })?;
    Ok(write)
}

fn reader(mut stdout: ChildStdout, gone: Arc<dyn Fn() + Send + Sync>) -> Result<mpsc::Receiver<Vec<u8>>, Lost> {
    let (tell, read) = mpsc::sync_channel(PIECES);
    std::thread::Builder::new().name("decoder-read".to_owned()).spawn(move || {
        let mut buffer = vec![0; PIECE_BYTES];
        while let Ok(length @ 1..) = stdout.read(&mut buffer) {
            if tell.send(buffer[..length].to_vec()).is_err() {
                return;
            }
        }
        drop(tell);
        gone();
    })?;
    Ok(read)
}
