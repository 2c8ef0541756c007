//! When the screen may be captured again: drop before encoding, never after.

use std::{collections::VecDeque, time::Duration};

use super::Shown;

/// The batches on their way: sent, not yet shown.
///
/// The customer's side captures only when there is room, so that what is captured is always the newest and no queue anywhere holds
/// old pictures. The room follows the round trip: as many batches as keep the line busy at the pace the viewer shows them, no more.
#[derive(Debug)]
pub struct Window {
    sent: VecDeque<(u64, usize)>,
    bytes: usize,
    fastest: Option<Duration>,
    smoothed: Option<Duration>,
    batches_allowed: usize,
    bytes_allowed: usize,
    line: Line,
}

/// What is known of the line's rate: nothing, until it is full.
#[derive(Debug, Default)]
struct Line {
    /// Bits a second.
    rate: Option<f64>,
    /// When something was shown last while more was under way, and what was shown in how many microseconds like that.
    last_us: Option<u64>,
    shown: usize,
    took_us: u64,
    /// When it was full, or taken for wider, last.
    judged_us: u64,
}

/// A rate is taken from this long.
const SAMPLE_US: u64 = 200_000;
/// A line that was not full for this long is taken for half as wide again.
const WIDER_AFTER_US: u64 = 10_000_000;
/// From here on a line carries everything, in bits a second.
const WIDE: f64 = 100e6;

impl Line {
    /// So many bytes were shown at this time, so much later than a batch of nothing would have been; more is under way or not, and the
    /// line is full or not.
    fn take(&mut self, bytes: usize, now_us: u64, late: Duration, more: bool, full: bool) {
        if let Some(last) = self.last_us.take() {
            self.shown += bytes;
            self.took_us += now_us.saturating_sub(last);
        } else if full {
            // A window that has shrunk to one batch sees nothing else under way, and would never learn why.
            self.shown += bytes;
            self.took_us += u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
        }
        self.last_us = more.then_some(now_us);
        if full {
            self.judged_us = now_us;
        }
        if self.took_us >= SAMPLE_US {
            let rate = self.shown as f64 * 8e6 / self.took_us as f64;
            (self.shown, self.took_us) = (0, 0);
            if full || self.rate.is_some_and(|known| rate > known) {
                self.rate = Some(self.rate.map_or(rate, |known| (known + rate) / 2.0));
            }
        }
        if let Some(rate) = self.rate
            && now_us.saturating_sub(self.judged_us) >= WIDER_AFTER_US
        {
            self.judged_us = now_us;
            self.rate = Some(rate * 1.5).filter(|rate| *rate < WIDE);
        }
    }
}

/// Batches allowed on their way at the least: one on the line while the one before is being shown.
const BATCHES_MIN: usize = 2;
/// Batches allowed on their way at the most, on a long and empty line.
const BATCHES_MAX: usize = 16;
/// Bytes allowed on their way at the least, so that one large update always goes out.
const BYTES_MIN: usize = 24 * 1024;
/// Bytes allowed on their way at the most.
const BYTES_MAX: usize = 8 * 1024 * 1024;
/// A round trip half above the fastest and this much more means that a queue has built up somewhere.
const QUEUE_GROWS: Duration = Duration::from_millis(30);

impl Default for Window {
    fn default() -> Self {
        Self {
            sent: VecDeque::new(),
            bytes: 0,
            fastest: None,
            smoothed: None,
            batches_allowed: 4,
            bytes_allowed: 1024 * 1024,
            line: Line::default(),
        }
    }
}

impl Window {
    /// May the screen be captured now?
    pub fn has_room(&self) -> bool {
        self.sent.is_empty() || self.sent.len() < self.batches_allowed && self.bytes < self.bytes_allowed
    }

    /// A batch of this size went out.
    pub fn sent(&mut self, number: u64, bytes: usize) {
        self.sent.push_back((number, bytes));
        self.bytes += bytes;
    }

    /// A batch was shown; `now_us` is the clock that captured it. Numbers never sent and times from the future count for nothing.
    pub fn shown(&mut self, shown: Shown, now_us: u64) {
        let Some(&(newest, _)) = self.sent.back() else { return };
        if shown.number > newest {
            return;
        }
        let mut freed = 0;
        while let Some(&(number, bytes)) = self.sent.front()
            && number <= shown.number
        {
            self.sent.pop_front();
            freed += bytes;
        }
        self.bytes -= freed;
        if freed == 0 {
            return;
        }
        let Some(trip) = now_us.checked_sub(shown.captured_us).map(Duration::from_micros) else { return };
        let fastest = self.fastest.map_or(trip, |fastest| fastest.min(trip));
        let smoothed = self.smoothed.map_or(trip, |smoothed| (smoothed * 7 + trip) / 8);
        self.fastest = Some(fastest);
        self.smoothed = Some(smoothed);
        let queued = smoothed > fastest + fastest / 2 + QUEUE_GROWS;
        self.line.take(freed, now_us, trip - fastest, !self.sent.is_empty(), queued);
        if queued {
            // Drop at once.
            self.batches_allowed = (self.batches_allowed / 2).max(BATCHES_MIN);
            self.bytes_allowed = (self.bytes_allowed / 2).max(BYTES_MIN);
        } else {
            // Climb slowly.
            self.batches_allowed = (self.batches_allowed + 1).min(BATCHES_MAX);
            self.bytes_allowed = (self.bytes_allowed + freed / 4).min(BYTES_MAX);
        }
    }

    /// Forgets what was on its way, for a new connection.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Time from capture to shown, smoothed.
    pub fn shown_after(&self) -> Option<Duration> {
        self.smoothed
    }

    /// What the line carries, in bits a second; `None` while it has not been full. It is taken for wider after some seconds with room.
    pub fn line(&self) -> Option<f64> {
        self.line.rate
    }

    /// Batches on their way.
    pub fn in_flight(&self) -> usize {
        self.sent.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn shown(number: u64, captured_us: u64) -> Shown {
        Shown { number, captured_us }
    }

    /// A film at 30 a second over 20 ms each way, on a line taken for `known`. Its encoder gets half the line, and another rate only when it
    /// is wrong by half. What the window knows of the line in the end, and the pictures shown in the last second.
    fn film(rate: f64, known: Option<f64>) -> (Option<f64>, usize) {
        const TRIP_US: u64 = 40_000;
        const WISHED: f64 = 7.4e6;
        let mut window = Window::default();
        window.line.rate = known;
        let (mut free_us, mut on_the_way, mut shown_at) = (0_u64, VecDeque::new(), Vec::new());
        let mut aims_at = f64::INFINITY;
        for number in 0..900_u64 {
            let now = number * 33_333;
            while on_the_way.front().is_some_and(|(_, _, at)| *at <= now) {
                let (number, captured, at) = on_the_way.pop_front().unwrap();
                window.shown(shown(number, captured), at);
                shown_at.push(at);
            }
            if window.has_room() {
                let wanted = window.line().map_or(WISHED, |line| WISHED.min(line / 2.0));
                if aims_at > wanted * 1.5 {
                    aims_at = wanted;
                }
                let bytes = if number == 0 { 500 } else { (aims_at / 8.0 / 30.0) as usize };
                window.sent(number, bytes);
                free_us = free_us.max(now) + (bytes as f64 * 8e6 / rate) as u64;
                on_the_way.push_back((number, now, free_us + TRIP_US));
            }
        }
        (window.line(), shown_at.iter().filter(|at| **at > 899 * 33_333 - 1_000_000).count())
    }

    #[test]
    fn a_film_too_large_for_the_line_is_made_smaller_and_goes_on_smoothly() {
        for rate in [1.5e6, 3e6, 4e6, 5e6, 6e6, 8e6] {
            for known in [None, Some(7e6), Some(11e6), Some(14e6), Some(30e6)] {
                let (line, shown) = film(rate, known);
                assert!(shown >= 28, "taken for {known:?} at {rate}: {shown} a second, taken for {line:?} at last");
            }
        }
    }

    #[test]
    fn a_viewer_that_shows_nothing_stops_the_capture() {
        let mut window = Window::default();
        let mut sent = 0;
        while window.has_room() {
            sent += 1;
            window.sent(sent, 1_000);
        }
        assert!(sent <= BATCHES_MAX as u64);
        window.shown(shown(sent, 0), 1_000);
        assert!(window.has_room());
    }

    #[test]
    fn one_batch_always_goes_out_however_large() {
        let mut window = Window::default();
        window.sent(1, usize::MAX / 2);
        assert!(!window.has_room());
        window.shown(shown(1, 0), 50_000);
        assert!(window.has_room());
    }

    #[test]
    fn acknowledgements_of_what_was_never_sent_count_for_nothing() {
        let mut window = Window::default();
        window.shown(shown(9, 0), 1);
        window.sent(1, 10);
        window.shown(shown(2, 0), 1);
        assert_eq!(window.in_flight(), 1);
        window.shown(shown(1, 500), 100);
        assert_eq!((window.in_flight(), window.shown_after()), (0, None));
    }

    /// Pictures of 25 kB, three a round trip, on a line that takes 100 ms for each.
    #[test]
    fn what_a_full_line_carries_is_known_and_forgotten_once_it_has_room() {
        let mut window = Window::default();
        window.sent(1, 1_000);
        window.shown(shown(1, 0), 40_000);
        assert_eq!(window.line(), None, "a line that was never full");
        let mut now = 1_000_000;
        window.sent(2, 25_000);
        window.sent(3, 25_000);
        for number in 2..30 {
            window.sent(number + 2, 25_000);
            now += 100_000;
            window.shown(shown(number, now - 300_000), now);
        }
        let rate = window.line().unwrap();
        assert!((1.9e6..2.1e6).contains(&rate), "{rate} instead of 2 Mbit/s");
        let mut number = 31;
        while window.line().is_some() {
            number += 1;
            now += 100_000;
            window.sent(number, 1_000);
            window.shown(shown(number, now - 41_000), now);
            assert!(now < 600_000_000, "after ten minutes with room: {:?}", window.line());
        }
    }

    #[test]
    fn a_growing_queue_shrinks_the_window_and_a_quick_line_widens_it() {
        let mut window = Window::default();
        let mut number = 0;
        let mut run = |window: &mut Window, trip_us: u64, times: u64| {
            for _ in 0..times {
                number += 1;
                window.sent(number, 10_000);
                window.shown(shown(number, 0), trip_us);
            }
            window.batches_allowed
        };
        let wide = run(&mut window, 5_000, 50);
        assert_eq!(wide, BATCHES_MAX);
        assert_eq!(run(&mut window, 500_000, 50), BATCHES_MIN);
        assert_eq!(run(&mut window, 5_000, 100), BATCHES_MAX);
    }
}
