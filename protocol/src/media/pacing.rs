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
}

/// Batches allowed on their way at the least: one on the line while the one before is being shown.
const BATCHES_MIN: usize = 2;
/// Batches allowed on their way at the most, on a long and empty line.
const BATCHES_MAX: usize = 16;
/// Bytes allowed on their way at the least, so that one large update always goes out.
const BYTES_MIN: usize = 64 * 1024;
/// Bytes allowed on their way at the most.
const BYTES_MAX: usize = 8 * 1024 * 1024;
/// A round trip this much above the fastest means that a queue has built up somewhere.
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
        if smoothed > fastest * 2 + QUEUE_GROWS {
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

    /// Batches on their way.
    pub fn in_flight(&self) -> usize {
        self.sent.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(number: u64, captured_us: u64) -> Shown {
        Shown { number, captured_us }
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
