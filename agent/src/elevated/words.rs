//! What the two processes say to each other. Each word of the one is answered by one of the other, in order; `Ready` comes unasked, first and once.

use std::io;

use protocol::{
    frame::{self, FrameError, LENGTH_BYTES},
    limits,
    message::{control::Attention, input::Input},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// One word, in bytes.
pub(super) const WORD_BYTES: usize = limits::INPUT_MESSAGE_BYTES;
/// Why an input was refused, in bytes: a line of the log.
pub(super) const WHY_BYTES: usize = 200;

/// To the process with more rights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Do {
    Input(Input),
    CtrlAltDel,
}

/// From it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Done {
    Ready,
    Input(Result<(), String>),
    /// What came of it at once; `None`: the system was asked, and what comes of it is to be looked for.
    CtrlAltDel(Option<Attention>),
}

/// Why the two do not understand each other any more.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Something came, or was to be said, that is no word.
    #[error("no word of ours")]
    Word(#[from] FrameError),
    /// The line broke, or ended inside a word.
    #[error("the line to the other process")]
    Line(#[from] io::Error),
}

/// As much of it as may be said.
pub(super) fn why(error: &desktop::Error) -> String {
    let mut why = error.to_string();
    why.truncate(why.floor_char_boundary(WHY_BYTES));
    why
}

/// Says one word.
pub(super) async fn say<S: AsyncWrite + Unpin>(stream: &mut S, word: &impl Serialize) -> Result<(), ServeError> {
    stream.write_all(&frame::encode(word, WORD_BYTES)?).await?;
    stream.flush().await?;
    Ok(())
}

/// The next word; `None` when the other side has closed the line, and not inside a word.
pub(super) async fn hear<W: DeserializeOwned, S: AsyncRead + Unpin>(stream: &mut S) -> Result<Option<W>, ServeError> {
    let mut length = [0; LENGTH_BYTES];
    let mut had = 0;
    while had < LENGTH_BYTES {
        match stream.read(&mut length[had..]).await {
            Ok(0) if had == 0 => return Ok(None),
            Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            Ok(more) => had += more,
            // So ends a pipe whose other process has gone.
            Err(error) if had == 0 && error.kind() == io::ErrorKind::BrokenPipe => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
    let mut body = vec![0; frame::body_length(length, WORD_BYTES)?];
    stream.read_exact(&mut body).await?;
    Ok(Some(frame::decode_body(&body, WORD_BYTES)?))
}
