//! The parent's end of one child: asks, waits no longer than the deadline, and believes nothing it cannot check.

use std::{
    io::{ErrorKind, IoSlice, Read as _, Write as _},
    mem::MaybeUninit,
    os::{fd::AsFd as _, unix::net::UnixStream},
    sync::Arc,
    time::{Duration, Instant},
};

use protocol::{
    frame::{self, Reassembler},
    limits,
    media::{Rect, Size},
};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

use super::{
    Lost, Outcome,
    words::{ANSWER_BYTES, ASK_BYTES, Answer, Ask, Memory},
};
use crate::{canvas, canvas::Picture, shm::View};

/// Time for starting and giving up rights.
const READY_WITHIN: Duration = Duration::from_secs(5);
/// Time for one batch: the largest allowed picture, drawn as often as is allowed, on a slow machine. Five of these fit into
/// the time in which five failures end the session.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);
/// New sizes in one batch: one is what our own program sends.
const SIZES_PER_BATCH: usize = 4;

/// A child process that is killed and reaped when dropped.
pub(super) struct Child(std::process::Child);

impl Child {
    pub(super) fn new(child: std::process::Child) -> Self {
        Self(child)
    }

    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // One that has ended already is what was wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A picture and its memory.
#[derive(Clone)]
pub(super) struct Held {
    size: Size,
    view: Arc<View>,
}

impl Held {
    pub(super) fn picture(&self) -> Picture<'_> {
        Picture::new(self.size, &self.view.bytes()[..bytes(self.size)])
    }
}

fn bytes(size: Size) -> usize {
    size.area() as usize * 4
}

/// One child.
pub(super) struct Link {
    socket: UnixStream,
    inbox: Reassembler,
    buffer: Box<[u8; 8192]>,
    asked: u64,
    within: Duration,
    held: Option<Held>,
    // Last: the socket closes before the process is waited for.
    child: Option<Child>,
}

impl Link {
    /// Waits for the child's first word.
    pub(super) fn new(socket: UnixStream, child: Option<Child>) -> Result<Self, Lost> {
        Self::with(socket, child, ANSWER_WITHIN)
    }

    /// The same with another deadline for a batch.
    pub(super) fn with(socket: UnixStream, child: Option<Child>, within: Duration) -> Result<Self, Lost> {
        let mut link = Self {
            socket,
            inbox: Reassembler::new(ANSWER_BYTES),
            buffer: Box::new([0; 8192]),
            asked: 0,
            within,
            held: None,
            child,
        };
        match link.answer(Instant::now() + READY_WITHIN) {
            Ok(Answer::Ready) => Ok(link),
            Ok(Answer::Unprotected { step, errno }) => Err(Lost::Unprotected { step, errno }),
            Ok(_) => Err(Lost::Lied("an answer before it was ready")),
            Err(Lost::Silent(_)) => Err(Lost::Silent(READY_WITHIN)),
            Err(lost) => Err(lost),
        }
    }

    /// The picture as the child holds it.
    pub(super) fn held(&self) -> Option<Held> {
        self.held.clone()
    }

    pub(super) fn process(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Why the child has ended, if it has.
    pub(super) fn ended(&mut self) -> Option<Lost> {
        match self.child.as_mut()?.0.try_wait() {
            Ok(None) => None,
            Ok(status) => Some(Lost::Ended(status)),
            Err(error) => Some(Lost::System(error)),
        }
    }

    /// Has a batch applied.
    pub(super) fn apply(&mut self, body: &[u8], waits: bool) -> Result<Outcome, Lost> {
        let deadline = Instant::now() + self.within;
        self.asked += 1;
        let asked = self.asked;
        let mut head = frame::encode(&Ask { number: asked, waits }, ASK_BYTES)?;
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
        frame::body_length(length, limits::PICTURE_MESSAGE_BYTES)?;
        head.extend_from_slice(&length);
        self.send(&head, body, deadline)?;
        let mut sizes = 0;
        let (number, outcome) = loop {
            match self.answer(deadline)? {
                Answer::Wants(size) => {
                    sizes += 1;
                    if sizes > SIZES_PER_BATCH {
                        return Err(Lost::Lied("more sizes than a batch has"));
                    }
                    self.give(size, deadline)?;
                }
                Answer::Applied { number, damaged } => {
                    self.check(&damaged)?;
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

    /// Rectangles inside the picture, and no more of them than a batch may draw.
    fn check(&self, damaged: &[Rect]) -> Result<(), Lost> {
        if damaged.is_empty() {
            return Ok(());
        }
        let size = self.held.as_ref().ok_or(Lost::Lied("something drawn without a picture"))?.size;
        if damaged.len() > limits::UPDATES_PER_BATCH {
            return Err(Lost::Lied("more rectangles than a batch has updates"));
        }
        if !damaged.iter().all(|rect| rect.within(size)) {
            return Err(Lost::Lied("a rectangle outside the picture"));
        }
        let drawn: u64 = damaged.iter().map(|rect| u64::from(rect.area())).sum();
        if drawn > canvas::drawn_max(size.area()) {
            return Err(Lost::Lied("more drawn than a batch may"));
        }
        Ok(())
    }

    /// Makes memory for a picture of this size and hands it over.
    fn give(&mut self, size: Size, deadline: Instant) -> Result<(), Lost> {
        if !size.allowed() {
            return Err(Lost::Lied("a size that is not allowed"));
        }
        // What is shown lives on in the caller's clone.
        self.held = None;
        let (view, fd) = View::new(bytes(size))?;
        let word = frame::encode(&Memory { size }, ASK_BYTES)?;
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let fds = [fd.as_fd()];
        if !control.push(SendAncillaryMessage::ScmRights(&fds)) {
            return Err(Lost::System(ErrorKind::OutOfMemory.into()));
        }
        self.socket.set_write_timeout(Some(self.left(deadline)?))?;
        let sent = sendmsg(&self.socket, &[IoSlice::new(&word)], &mut control, SendFlags::NOSIGNAL)
            .map_err(|error| self.failed(error.into()))?;
        self.send(&word[sent..], &[], deadline)?;
        self.held = Some(Held { size, view: Arc::new(view) });
        Ok(())
    }

    fn send(&mut self, head: &[u8], body: &[u8], deadline: Instant) -> Result<(), Lost> {
        let mut slices: &mut [IoSlice<'_>] = &mut [IoSlice::new(head), IoSlice::new(body)];
        IoSlice::advance_slices(&mut slices, 0);
        while !slices.is_empty() {
            self.socket.set_write_timeout(Some(self.left(deadline)?))?;
            match self.socket.write_vectored(slices) {
                Ok(0) => return Err(self.failed(ErrorKind::WriteZero.into())),
                Ok(written) => IoSlice::advance_slices(&mut slices, written),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(())
    }

    fn answer(&mut self, deadline: Instant) -> Result<Answer, Lost> {
        loop {
            if let Some(answer) = self.inbox.next::<Answer>()? {
                return Ok(answer);
            }
            self.socket.set_read_timeout(Some(self.left(deadline)?))?;
            match self.socket.read(&mut self.buffer[..]) {
                Ok(0) => return Err(self.failed(ErrorKind::UnexpectedEof.into())),
                Ok(read) => self.inbox.feed(&self.buffer[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    fn left(&self, deadline: Instant) -> Result<Duration, Lost> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(Lost::Silent(self.within)) } else { Ok(left) }
    }

    fn failed(&mut self, error: std::io::Error) -> Lost {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Lost::Silent(self.within),
            ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::WriteZero => {
                // Whatever closed the socket: the status tells a crash from a call that the sandbox forbids.
                Lost::Ended(self.child.as_mut().and_then(|child| {
                    // A child that closed its end and runs on is ended here; one that was ended already keeps its status.
                    let _ = child.0.kill();
                    child.0.wait().ok()
                }))
            }
            _ => Lost::System(error),
        }
    }
}
