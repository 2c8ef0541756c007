//! Figures that tell the attendant *why* the picture is as it is.

use serde::{Deserialize, Serialize};

/// What the customer's side knows of the picture and the line, since it last told.
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

/// Whether figures, and pings for them, can wait in second `second` (from 1) of a session, in which `bytes` bytes of picture went. On a
/// quiet screen they would be half of what is sent.
pub fn can_wait(second: u32, bytes: u64) -> bool {
    const QUIET_BYTES: u64 = 2_048;
    const WHEN_QUIET_EVERY: u32 = 5;
    bytes < QUIET_BYTES && second % WHEN_QUIET_EVERY != 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_come_each_second_while_a_picture_does_and_now_and_then_on_a_quiet_screen() {
        let told = |bytes| (1..=20).filter(|second| !can_wait(*second, bytes)).count();
        assert_eq!(told(100_000), 20);
        assert_eq!(told(300), 4);
        assert!(!can_wait(1, 0), "the first are not waited for");
    }
}
