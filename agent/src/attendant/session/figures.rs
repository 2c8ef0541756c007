//! How the connection is, looked at once a second.

use std::time::Duration;

use protocol::{
    limits,
    message::stats::{self, Stats},
};
use tokio::time::Instant;

use super::{Out, Task};

/// How the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Figures {
    /// There and back, to the customer's program.
    pub round_trip: Option<Duration>,
    /// Packets lost on both hops, per cent, in the last second.
    pub loss_percent: Option<f32>,
    /// What came in the last second.
    pub bytes_per_second: u64,
    /// Batches drawn in the last second.
    pub batches_per_second: u64,
    /// What the customer's side tells of the picture.
    pub customer: Option<Stats>,
}

impl Task {
    fn ping(&mut self) {
        self.pinged = self.pinged.wrapping_add(1);
        // Unanswered ones of a connection that is gone.
        self.pings.retain(|_, sent| sent.elapsed() < limits::RESUME_WITHIN);
        self.pings.insert(self.pinged, Instant::now());
        self.machine.ping(self.pinged);
    }

    pub(super) async fn look_around(&mut self) {
        self.seconds = self.seconds.wrapping_add(1);
        if let Some(viewer) = &self.viewer {
            let drawn = viewer.drawn();
            self.figures.batches_per_second = drawn.batches - self.drawn.batches;
            self.figures.bytes_per_second = drawn.bytes - self.drawn.bytes;
            self.drawn = drawn;
        }
        if !stats::can_wait(self.seconds, self.figures.bytes_per_second) {
            self.ping();
        }
        if let Some(connection) = &self.connection {
            let path = connection.stats().path;
            let customer = self.figures.customer.unwrap_or_default();
            let (sent, lost) = (path.sent_packets + customer.packets_sent, path.lost_packets + customer.packets_lost);
            let (new_sent, new_lost) = (sent.saturating_sub(self.packets.0), lost.saturating_sub(self.packets.1));
            self.packets = (sent, lost);
            self.figures.loss_percent = (new_sent > 0).then(|| new_lost as f32 * 100.0 / new_sent as f32);
        }
        let figures = self.figures;
        self.tell(Out::Figures(figures)).await;
    }
}
