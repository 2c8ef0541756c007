//! The attendant's side decodes in a process of its own, which may do nothing else.
//!
//! What a customer sends is H.264 for a library in C and DEFLATE streams: the place where viewers get taken over. So the bytes of a batch go,
//! unread, to a child process ([`serve`]) that has given up every right before it reads the first of them ([`sandbox`]), and pixels come
//! back through memory that the child writes and the viewer's thread only reads.
//!
//! ```text
//! viewer's thread: Decoder                        child process: serve
//!   body of a batch   ── socket, length first ──▶   parses it, checks it, draws it on a Canvas
//!   answer (capped)   ◀── where it drew, or why not   … whose pixels lie in the shared memory
//!   memory's descriptor ─▶ when the child says it needs another size
//! ```
//!
//! Everything the child says is hostile. The parent makes the memory, of a size within [`protocol::limits`], seals its length and maps it
//! read-only: there is no descriptor, length or address of the child's to be believed. Answers are a closed set under a cap, each to the
//! question that was asked, within a deadline; rectangles lie inside the picture and add up to no more work than a batch may make. A child
//! that breaks any of this, ends or hangs is killed and another one started, five times in half a minute at most. Until the new one has a
//! picture the last one stays.
//!
//! The child belongs to the thread that started it: when that thread, its program or the socket goes, the child goes. On Windows the two
//! speak through pipes, and the pixels of what was drawn follow each answer (`decoder/pipes.rs`). Systems without this process have no
//! viewer either; there is no way to decode inside the program.

use std::{collections::VecDeque, time::Duration, time::Instant};

use protocol::media::Rect;

#[cfg(target_os = "linux")]
mod link;
#[cfg(any(target_os = "linux", windows))]
pub mod sandbox;
#[cfg(target_os = "linux")]
mod serve;
#[cfg(windows)]
#[path = "decoder/serve_pipes.rs"]
mod serve;
#[cfg_attr(
    not(any(target_os = "linux", windows)),
    allow(dead_code, reason = "nobody speaks where there is no process")
)]
mod words;

#[cfg(target_os = "linux")]
#[path = "decoder/process.rs"]
mod os;
#[cfg(windows)]
#[path = "decoder/pipes.rs"]
mod os;
#[cfg(not(any(target_os = "linux", windows)))]
#[path = "decoder/none.rs"]
mod os;
#[cfg(all(target_os = "linux", feature = "_automation"))]
#[path = "decoder/probe/linux.rs"]
pub mod probe;

pub use os::Decoder;
#[cfg(any(target_os = "linux", windows))]
pub use serve::{ServeError, serve};
pub use words::{Fault, Step};

/// How often a decoder may fail before the session is given up, and within which time.
const FAILURES_MAX: usize = 5;
const FAILURES_WITHIN: Duration = Duration::from_secs(30);

/// How the child is started.
#[derive(Debug, Clone)]
pub struct Program {
    /// The file.
    pub file: std::path::PathBuf,
    /// What makes it a decoder.
    pub arguments: Vec<String>,
}

impl Program {
    /// The word that makes our program a decoder.
    pub const WORD: &'static str = "decoder";

    /// The program that is running, started anew. Named by what runs, not by its path: an update may have put another one there.
    pub fn this() -> Self {
        if cfg!(target_os = "linux") {
            return Self::at("/proc/self/exe");
        }
        Self::at(std::env::current_exe().unwrap_or_default())
    }

    /// One in another place.
    pub fn at(file: impl Into<std::path::PathBuf>) -> Self {
        Self { file: file.into(), arguments: vec![Self::WORD.to_owned()] }
    }
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the picture; these parts are to be drawn anew.
    Applied(Vec<Rect>),
    /// A whole picture was awaited, and this is none.
    Skipped,
    /// It must not be applied.
    Refused(Fault),
}

/// Why a decoder is gone.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// It ended: a crash, or the sandbox killed it.
    #[error("it ended{}", how(.0))]
    Ended(Option<std::process::ExitStatus>),
    /// No answer in time.
    #[error("it did not answer within {0:?}")]
    Silent(Duration),
    /// Bytes that are no answer.
    #[error("it said what cannot be read")]
    Unreadable(#[from] protocol::frame::FrameError),
    /// An answer that cannot be true.
    #[error("it lied: {0}")]
    Lied(&'static str),
    /// It could not protect itself, and did not begin.
    #[error("it could not give up its rights ({step:?}, system error {errno})")]
    Unprotected {
        /// Where it stopped.
        step: Step,
        /// The system's number.
        errno: i32,
    },
    /// The system did not do what was asked.
    #[error("the system failed")]
    System(#[from] std::io::Error),
}

fn how(status: &Option<std::process::ExitStatus>) -> String {
    status.map(|status| format!(" ({status})")).unwrap_or_default()
}

/// Why a batch is in no picture.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The decoder is gone and another one is ready: a new picture is wanted.
    #[error("the picture's decoder was lost and started anew")]
    Restarted(#[source] Lost),
    /// It failed too often. Nothing is decoded any more.
    #[error("the picture's decoder failed {FAILURES_MAX} times within {FAILURES_WITHIN:?}")]
    TooOften(#[source] Lost),
    /// It cannot be started. Nothing is decoded.
    #[error("the picture's decoder cannot be started")]
    Start(#[source] Lost),
    /// This system has none.
    #[error("this system has no protected decoder")]
    Unsupported,
}

/// Counts failures. No clock of its own.
#[cfg_attr(
    not(any(target_os = "linux", windows)),
    allow(dead_code, reason = "nothing fails where there is no process")
)]
#[derive(Debug, Default)]
struct Failures(VecDeque<Instant>);

#[cfg_attr(not(any(target_os = "linux", windows)), allow(dead_code, reason = "as above"))]
impl Failures {
    /// One more. Too many?
    fn note(&mut self, now: Instant) -> bool {
        self.0.retain(|before| now.saturating_duration_since(*before) < FAILURES_WITHIN);
        self.0.push_back(now);
        self.0.len() >= FAILURES_MAX
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
