//! Figures that tell the attendant *why* the picture is as it is.

use serde::{Deserialize, Serialize};

/// What the customer's side knows of the picture and the line, over the last second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stats {
    /// Batches of updates sent.
    pub batches: u32,
    /// Bytes of updates sent.
    pub bytes: u64,
    /// Round trip to the relay, in microseconds.
    pub relay_rtt_us: u32,
    /// Packets sent to the relay since the connection began.
    pub packets_sent: u64,
    /// Packets lost of them.
    pub packets_lost: u64,
    /// Time from capture to acknowledgement of the last batch shown, in microseconds.
    pub shown_after_us: u32,
    /// Part of the screen that is sent as video now, in thousandths.
    pub video_permille: u16,
}
