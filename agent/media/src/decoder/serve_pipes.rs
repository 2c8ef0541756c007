//! Windows, the child: gives up what it can, then draws one batch after the other until its input ends.

use std::io::{BufWriter, ErrorKind, Read, Write};

use protocol::{
    frame::{self, LENGTH_BYTES},
    limits,
    media::{Batch, Rect, Update},
};

use super::{
    sandbox,
    words::{ANSWER_BYTES, ASK_BYTES, Answer, Ask, Fault},
};
use crate::{
    canvas::{self, Canvas},
    frame::Frame,
};

/// Why the child ends otherwise than with its parent.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// It could not give up its rights.
    #[error("the decoder cannot give up its rights and does not begin")]
    Sandbox(#[from] sandbox::Error),
    /// The parent's words cannot be understood.
    #[error("the viewer said what cannot be read")]
    Frame(#[from] frame::FrameError),
    /// A pipe.
    #[error("the viewer is gone")]
    Gone(#[from] std::io::Error),
}

/// Decodes for whoever holds the other ends, and returns when `input` ends. The process is good for nothing else afterwards.
pub fn serve(mut input: impl Read, output: impl Write) -> Result<(), ServeError> {
    let mut output = BufWriter::with_capacity(1 << 18, output);
    if let Err(error) = sandbox::enter() {
        say(&mut output, &Answer::Unprotected { step: error.step, errno: error.errno() })?;
        output.flush()?;
        return Err(error.into());
    }
    say(&mut output, &Answer::Ready)?;
    output.flush()?;
    let mut canvas = Canvas::new();
    let mut body = Vec::new();
    while let Some(Ask { number, waits }) = ask(&mut input)? {
        let mut length = [0; LENGTH_BYTES];
        input.read_exact(&mut length)?;
        body.resize(frame::body_length(length, limits::PICTURE_MESSAGE_BYTES)?, 0);
        input.read_exact(&mut body)?;
        apply(&mut canvas, &body, number, waits, &mut output)?;
        output.flush()?;
    }
    Ok(())
}

fn apply(
    canvas: &mut Canvas,
    body: &[u8],
    number: u64,
    waits: bool,
    output: &mut impl Write,
) -> Result<(), ServeError> {
    let refused = |fault| Answer::Refused { number, fault };
    let Ok(batch) = frame::decode_body::<Batch>(body, limits::PICTURE_MESSAGE_BYTES) else {
        return say(output, &refused(Fault::Unreadable));
    };
    if waits && !matches!(batch.updates.first(), Some(Update::Resize(_))) {
        return say(output, &Answer::Skipped { number });
    }
    let mut sizes = Vec::new();
    let applied = canvas.apply_in(&batch, &mut |size| {
        sizes.push(size);
        Ok(Frame::black(size))
    });
    for size in sizes {
        say(output, &Answer::Wants(size))?;
    }
    let fault = match applied {
        Ok(applied) => {
            let damaged = applied.damaged;
            say(output, &Answer::Applied { number, damaged: damaged.clone() })?;
            return pixels(canvas, &damaged, output);
        }
        Err(canvas::Error::Memory(error)) => return Err(error.into()),
        Err(canvas::Error::Flaw(_)) => Fault::Flaw,
        Err(canvas::Error::Patch { .. }) => Fault::Patch,
        Err(canvas::Error::TooMuch(_)) => Fault::TooMuch,
        Err(canvas::Error::Video { .. }) => Fault::Video,
    };
    say(output, &refused(fault))
}

fn pixels(canvas: &Canvas, damaged: &[Rect], output: &mut impl Write) -> Result<(), ServeError> {
    let Some(size) = canvas.size() else { return Ok(()) };
    let stride = usize::from(size.width) * 4;
    for rect in damaged {
        for y in usize::from(rect.y)..rect.bottom() as usize {
            let start = y * stride + usize::from(rect.x) * 4;
            output.write_all(&canvas.bgrx()[start..start + usize::from(rect.width) * 4])?;
        }
    }
    Ok(())
}

fn say(output: &mut impl Write, answer: &Answer) -> Result<(), ServeError> {
    Ok(output.write_all(&frame::encode(answer, ANSWER_BYTES)?)?)
}

/// The next question; `None`: the parent has closed its end between two.
fn ask(input: &mut impl Read) -> Result<Option<Ask>, ServeError> {
    let mut length = [0; LENGTH_BYTES];
    match input.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let mut body = vec![0; frame::body_length(length, ASK_BYTES)?];
    input.read_exact(&mut body)?;
    Ok(Some(frame::decode_body(&body, ASK_BYTES)?))
}
