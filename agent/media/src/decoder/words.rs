//! What the two processes say to each other: a closed set, each message in the protocol's own frame and under a cap.
//!
//! The parent says [`Ask`] and then, as a frame of its own, the body of a batch as it came; a [`Memory`] carries the descriptor. Only the
//! child's words ([`Answer`]) are hostile.

use protocol::media::{Rect, Size};
use serde::{Deserialize, Serialize};

/// One word of the parent, in bytes.
pub(super) const ASK_BYTES: usize = 64;
/// One answer, in bytes: as many rectangles as a batch has updates, of at most twelve bytes each, and a head.
pub(super) const ANSWER_BYTES: usize = protocol::limits::UPDATES_PER_BATCH * 12 + 64;

/// The body of a batch follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ask {
    /// Comes back in the answer.
    pub(super) number: u64,
    /// Only a batch that starts the picture anew is to be applied.
    pub(super) waits: bool,
}

/// The descriptor of memory for a picture comes with this.
#[cfg_attr(windows, expect(dead_code, reason = "pixels come through the pipe there"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Memory {
    /// Its size.
    pub(super) size: Size,
}

/// What the child says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Answer {
    /// Once, before anything else: every right is given up.
    Ready,
    /// Instead of it: that failed, and nothing will be decoded.
    Unprotected { step: Step, errno: i32 },
    /// Before the answer to a batch: the picture gets this size, and needs memory.
    Wants(Size),
    /// The batch is in the picture.
    Applied { number: u64, damaged: Vec<Rect> },
    /// A whole picture was awaited, and this batch is none.
    Skipped { number: u64 },
    /// The batch is not, or not wholly, in the picture.
    Refused { number: u64, fault: Fault },
}

/// Why a batch was not applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Fault {
    /// It is no batch.
    #[error("a batch that cannot be read")]
    Unreadable,
    /// It breaks the rules of the protocol.
    #[error("a batch that must not be applied")]
    Flaw,
    /// A patch that is not exactly the rows of its rectangle.
    #[error("a patch that is not its rectangle")]
    Patch,
    /// More pixels than a batch may draw.
    #[error("a batch that draws too much")]
    TooMuch,
    /// A video picture that is not what we make, or a decoder that lost its way.
    #[error("video that cannot be decoded")]
    Video,
}

impl Fault {
    /// A lost decoder, not a broken rule: a refresh of the picture mends it.
    pub fn recoverable(self) -> bool {
        self == Self::Video
    }
}

/// A step of giving up rights, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Every descriptor but the socket is closed.
    Descriptors,
    /// It ends with its parent, leaves no core and cannot be looked into.
    Parent,
    /// Memory, files and processes are capped.
    Limits,
    /// No new privileges.
    Privileges,
    /// No files and no network, where the kernel has landlock.
    Landlock,
    /// Only the calls that decoding needs.
    Calls,
}
