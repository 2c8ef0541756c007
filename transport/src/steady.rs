//! A controller that follows delay and delivered rate, not loss.
//!
//! Controllers that follow loss fill the queue of a slow line before they notice, which makes every picture old, and on radio links they
//! take chance for congestion: at 2 % loss and 200 ms of round trip 60 kB/s are left of any line. This one keeps the product of the rate
//! that arrives and the shortest round trip on its way (Kleinrock's point, as in BBR, draft-ietf-ccwg-bbr) and grows only while the round
//! trip shows no queue. A queue that it did not make itself counts as part of the line after ten seconds, so that it is not pushed aside for ever.

use std::{
    any::Any,
    sync::Arc,
    time::{Duration, Instant},
};

use quinn_proto::{
    RttEstimator,
    congestion::{Controller, ControllerFactory},
};

/// The shortest round trip is looked for in two spans of this length.
const SHORTEST_SPAN: Duration = Duration::from_secs(5);
/// A round trip this much longer than the shortest means a queue, or an eighth of it if that is more.
const QUEUE: Duration = Duration::from_millis(5);
/// Rounds of which the fastest counts as what the line carries.
const ROUNDS: usize = 4;
/// Full rounds without a queue after which the window grows faster: the line has become wider.
const FREE_ROUNDS: u32 = 3;
/// A line that is always full shows its shortest round trip only when its queue is let run empty: for so many rounds after each span.
const DIP_ROUNDS: u32 = 2;
/// More lost in one round than this part, in hundredths, and it was not chance.
const LOSS_PERCENT: u64 = 15;
/// And at least as many packets.
const LOSS_PACKETS: u64 = 6;
/// Packets that may always be on their way.
const PACKETS_MIN: u64 = 8;
/// No line that people have needs more on its way.
pub(crate) const WINDOW_MAX: u64 = 16 << 20;

/// Makes [`Steady`] controllers.
#[derive(Debug, Clone)]
pub struct SteadyConfig {
    initial_window: u64,
}

impl SteadyConfig {
    /// Controllers that begin with so many bytes on their way.
    pub fn new(initial_window: u64) -> Self {
        Self { initial_window }
    }
}

impl ControllerFactory for SteadyConfig {
    fn build(self: Arc<Self>, now: Instant, current_mtu: u16) -> Box<dyn Controller> {
        Box::new(Steady::new(self.initial_window, now, current_mtu))
    }
}

/// One connection's controller.
#[derive(Debug, Clone)]
pub struct Steady {
    initial: u64,
    window: u64,
    packet: u64,
    shortest: Shortest,
    round: Round,
    /// Bytes a second that arrived in the last rounds.
    rates: [f64; ROUNDS],
    /// Doubling: no queue was seen yet.
    starting: bool,
    free_rounds: u32,
    /// Rounds left of a dip, and the window after it.
    dip: Option<(u32, u64)>,
}

/// The shortest round trip of this span and the one before.
#[derive(Debug, Clone)]
struct Shortest {
    since: Instant,
    now: Option<Duration>,
    before: Option<Duration>,
    /// A span has ended since this was asked last.
    ended: bool,
}

/// From a moment until something sent after it is acknowledged.
#[derive(Debug, Clone)]
struct Round {
    began: Instant,
    acknowledged: u64,
    lost: u64,
    shortest: Option<Duration>,
    /// The window held something back.
    full: bool,
    over: bool,
}

impl Round {
    fn new(began: Instant) -> Self {
        Self { began, acknowledged: 0, lost: 0, shortest: None, full: false, over: false }
    }
}

impl Shortest {
    fn take(&mut self, now: Instant, trip: Duration) {
        if now.saturating_duration_since(self.since) >= SHORTEST_SPAN {
            (self.since, self.before, self.now, self.ended) = (now, self.now, None, true);
        }
        self.now = Some(self.now.map_or(trip, |shortest| shortest.min(trip)));
    }

    fn get(&self) -> Option<Duration> {
        self.now.into_iter().chain(self.before).min()
    }
}

impl Steady {
    /// A controller that begins with `initial` bytes.
    pub fn new(initial: u64, now: Instant, mtu: u16) -> Self {
        Self {
            initial,
            window: initial,
            packet: mtu.into(),
            shortest: Shortest { since: now, now: None, before: None, ended: false },
            round: Round::new(now),
            rates: [0.0; ROUNDS],
            starting: true,
            free_rounds: 0,
            dip: None,
        }
    }

    fn least(&self) -> u64 {
        PACKETS_MIN * self.packet
    }

    /// A packet of `bytes` that was sent at `sent` arrived; `limited`: not the window but the program kept it from sending more.
    pub(crate) fn acknowledged(&mut self, now: Instant, sent: Instant, bytes: u64, limited: bool) {
        let trip = now.saturating_duration_since(sent);
        self.shortest.take(now, trip);
        let round = &mut self.round;
        round.shortest = Some(round.shortest.map_or(trip, |shortest| shortest.min(trip)));
        round.acknowledged = round.acknowledged.saturating_add(bytes);
        round.full |= !limited;
        round.over |= sent >= round.began;
        if self.starting && !limited {
            self.window = self.window.saturating_add(bytes).min(WINDOW_MAX);
        }
    }

    /// All that one acknowledgement told is taken in.
    pub(crate) fn acknowledged_all(&mut self, now: Instant) {
        if self.round.over {
            let round = std::mem::replace(&mut self.round, Round::new(now));
            self.end(&round, now.saturating_duration_since(round.began));
            self.window = self.window.clamp(self.least(), WINDOW_MAX);
        }
    }

    /// So many bytes were lost.
    pub(crate) fn lost(&mut self, now: Instant, bytes: u64, everything: bool) {
        self.round.lost = self.round.lost.saturating_add(bytes);
        if everything {
            // Nothing arrived for several round trips: whatever was known of the line is of the past.
            *self = Self { initial: self.initial, ..Self::new(self.least(), now, self.packet as u16) };
        }
    }

    fn end(&mut self, round: &Round, took: Duration) {
        let (Some(shortest), Some(trip)) = (self.shortest.get(), round.shortest) else { return };
        let rate = round.acknowledged as f64 / took.as_secs_f64().max(1e-6);
        if round.full || self.rates.iter().all(|known| rate > *known) {
            self.rates.rotate_left(1);
            self.rates[ROUNDS - 1] = rate;
        }
        let queue = trip.saturating_sub(shortest);
        let queued = queue > QUEUE.max(shortest / 8);
        let sent = round.acknowledged.saturating_add(round.lost);
        let lossy = round.lost > sent / 100 * LOSS_PERCENT && round.lost >= LOSS_PACKETS * self.packet;
        let carries = self.rates.iter().fold(0.0_f64, |most, rate| most.max(*rate));
        let product = (carries * shortest.as_secs_f64()) as u64 + 2 * self.packet;
        if let Some((left, after)) = self.dip.take() {
            self.dip = left.checked_sub(1).map(|left| (left, after));
            if self.dip.is_none() {
                self.window = after;
            }
            return;
        }
        if std::mem::take(&mut self.shortest.ended) && round.full && !self.starting {
            self.dip = Some((DIP_ROUNDS - 1, self.window.min(product)));
            self.window = product / 2;
        } else if lossy || queued && round.full {
            // A round that the program left empty tells little of the line: what it measured must not become the window.
            (self.starting, self.free_rounds) = (false, 0);
            // Not by more than half at once: one round may have been a bad one.
            let target = if lossy { product / 10 * 7 } else { product };
            self.window = self.window.min(target.max(self.window / 2));
        } else if round.full {
            self.free_rounds = self.free_rounds.saturating_add(1);
            if !self.starting {
                let part = if self.free_rounds > FREE_ROUNDS { 4 } else { 8 };
                self.window += (self.window / part).max(2 * self.packet);
            }
        }
    }
}

impl Controller for Steady {
    fn on_ack(&mut self, now: Instant, sent: Instant, bytes: u64, app_limited: bool, _: &RttEstimator) {
        self.acknowledged(now, sent, bytes, app_limited);
    }

    fn on_end_acks(&mut self, now: Instant, _in_flight: u64, _app_limited: bool, _largest: Option<u64>) {
        self.acknowledged_all(now);
    }

    fn on_congestion_event(&mut self, now: Instant, _sent: Instant, everything: bool, lost_bytes: u64) {
        self.lost(now, lost_bytes, everything);
    }

    fn on_mtu_update(&mut self, new_mtu: u16) {
        self.packet = new_mtu.into();
        self.window = self.window.max(self.least());
    }

    fn window(&self) -> u64 {
        self.window
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }

    fn initial_window(&self) -> u64 {
        self.initial
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
