//! What the attendant is told of the picture, once a second.

use std::time::Duration;

use protocol::message::stats::{self, Stats};

use super::Task;

impl Task {
    pub(super) fn tell_stats(&mut self) {
        let (Some(screen), Some(connection)) = (&self.screen, &self.connection) else { return };
        let figures = screen.figures();
        self.seconds = self.seconds.wrapping_add(1);
        if stats::can_wait(self.seconds, figures.bytes - self.told.bytes) {
            return;
        }
        let path = connection.stats().path;
        let micros = |time: Duration| u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        self.machine.tell_stats(Stats {
            batches: u32::try_from(figures.batches - self.told.batches).unwrap_or(u32::MAX),
            bytes: figures.bytes - self.told.bytes,
            relay_rtt_us: micros(connection.rtt()),
            packets_sent: path.sent_packets,
            packets_lost: path.lost_packets,
            shown_after_us: figures.shown_after.map_or(0, micros),
            video_permille: figures.video_permille,
        });
        self.told = figures;
    }
}
