//! The child: gives up its rights, then draws one batch after the other until the socket ends.

use std::{
    io::{BufReader, ErrorKind, IoSliceMut, Read as _, Write as _},
    mem::MaybeUninit,
    os::{
        fd::{AsFd as _, BorrowedFd, OwnedFd},
        unix::net::UnixStream,
    },
};

use protocol::{
    frame::{self, LENGTH_BYTES},
    limits,
    media::{Batch, Size, Update},
};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use serde::de::DeserializeOwned;

use super::{
    sandbox,
    words::{ANSWER_BYTES, ASK_BYTES, Answer, Ask, Fault, Memory},
};
use crate::{
    canvas::{self, Canvas},
    frame::Frame,
    shm::Segment,
};

/// Why the child ends otherwise than with its parent.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// It was not started by our program.
    #[error("the decoder is started by the viewer, with a socket as its input")]
    NotASocket,
    /// It could not give up its rights.
    #[error("the decoder cannot give up its rights and does not begin")]
    Sandbox(#[from] sandbox::Error),
    /// The parent's words cannot be understood.
    #[error("the viewer said what cannot be read")]
    Frame(#[from] frame::FrameError),
    /// The socket.
    #[error("the viewer is gone")]
    Gone(#[from] std::io::Error),
}

/// Decodes for whoever holds the other end of `input`, and returns when that is closed. The process is good for nothing else afterwards.
///
/// `probe` is called with every right given up, before the first batch is read; it is for tests of that.
pub fn serve(input: BorrowedFd<'_>, probe: impl FnOnce()) -> Result<(), ServeError> {
    let socket = sandbox::socket(input).map_err(|_| ServeError::NotASocket)?;
    let mut wire = Wire::new(UnixStream::from(socket));
    if let Err(error) = sandbox::enter(wire.socket.get_ref()) {
        wire.say(&Answer::Unprotected { step: error.step, errno: error.errno() })?;
        return Err(error.into());
    }
    probe();
    wire.say(&Answer::Ready)?;
    let mut canvas = Canvas::new();
    let mut body = Vec::new();
    while let Some(Ask { number, waits }) = wire.ask()? {
        wire.frame(&mut body, limits::PICTURE_MESSAGE_BYTES)?;
        let answer = apply(&mut canvas, &body, waits, &mut wire)?;
        wire.say(&match answer {
            Done::Applied(damaged) => Answer::Applied { number, damaged },
            Done::Skipped => Answer::Skipped { number },
            Done::Refused(fault) => Answer::Refused { number, fault },
        })?;
    }
    Ok(())
}

enum Done {
    Applied(Vec<protocol::media::Rect>),
    Skipped,
    Refused(Fault),
}

fn apply(canvas: &mut Canvas, body: &[u8], waits: bool, wire: &mut Wire) -> Result<Done, ServeError> {
    let Ok(batch) = frame::decode_body::<Batch>(body, limits::PICTURE_MESSAGE_BYTES) else {
        return Ok(Done::Refused(Fault::Unreadable));
    };
    if waits && !matches!(batch.updates.first(), Some(Update::Resize(_))) {
        return Ok(Done::Skipped);
    }
    match canvas.apply_in(&batch, &mut |size| wire.memory(size)) {
        Ok(applied) => Ok(Done::Applied(applied.damaged)),
        Err(canvas::Error::Memory(error)) => Err(error.into()),
        Err(canvas::Error::Flaw(_)) => Ok(Done::Refused(Fault::Flaw)),
        Err(canvas::Error::Patch { .. }) => Ok(Done::Refused(Fault::Patch)),
        Err(canvas::Error::TooMuch(_)) => Ok(Done::Refused(Fault::TooMuch)),
        Err(canvas::Error::Video { .. }) => Ok(Done::Refused(Fault::Video)),
    }
}

/// The child's end of the socket.
pub(super) struct Wire {
    pub(super) socket: BufReader<UnixStream>,
}

impl Wire {
    pub(super) fn new(socket: UnixStream) -> Self {
        Self { socket: BufReader::with_capacity(1 << 16, socket) }
    }

    pub(super) fn say(&mut self, answer: &Answer) -> Result<(), ServeError> {
        let bytes = frame::encode(answer, ANSWER_BYTES)?;
        Ok(self.socket.get_mut().write_all(&bytes)?)
    }

    /// The next question; `None`: the parent has closed its end between two.
    pub(super) fn ask(&mut self) -> Result<Option<Ask>, ServeError> {
        let mut length = [0; LENGTH_BYTES];
        match self.socket.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let mut body = vec![0; frame::body_length(length, ASK_BYTES)?];
        self.socket.read_exact(&mut body)?;
        Ok(Some(word(&body)?))
    }

    /// The body of a message.
    pub(super) fn frame(&mut self, body: &mut Vec<u8>, cap: usize) -> Result<(), ServeError> {
        let mut length = [0; LENGTH_BYTES];
        self.socket.read_exact(&mut length)?;
        body.resize(frame::body_length(length, cap)?, 0);
        Ok(self.socket.read_exact(body)?)
    }

    /// Asks for memory and takes it. Nothing else is on its way meanwhile: the parent waits for the answer to its question.
    pub(super) fn memory(&mut self, size: Size) -> std::io::Result<Frame> {
        let wrong = |why: &str| std::io::Error::new(ErrorKind::InvalidData, why);
        self.say(&Answer::Wants(size)).map_err(|_| wrong("no way to ask for memory"))?;
        let expected = frame::encode(&Memory { size }, ASK_BYTES).map_err(|_| wrong("a word that is too long"))?;
        let mut bytes = vec![0; expected.len()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let socket = self.socket.get_ref();
        let read = recvmsg(
            socket.as_fd(),
            &mut [IoSliceMut::new(&mut bytes)],
            &mut control,
            RecvFlags::CMSG_CLOEXEC | RecvFlags::WAITALL,
        )?;
        let mut fds: Vec<OwnedFd> = Vec::new();
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(some) = message {
                fds.extend(some);
            }
        }
        if read.bytes != expected.len() || bytes != expected {
            return Err(wrong("another word where memory was awaited"));
        }
        let fd = fds.pop().ok_or_else(|| wrong("no memory"))?;
        let segment = Segment::attach(fd, size.area() as usize * 4)?;
        Frame::black_in(size, segment).ok_or_else(|| wrong("memory that is too short"))
    }
}

fn word<M: DeserializeOwned>(body: &[u8]) -> Result<M, ServeError> {
    Ok(frame::decode_body(body, ASK_BYTES)?)
}
