//! The controller on simulated lines: a queue in front of a rate, a delay, chance that loses packets.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::Steady;

const PACKET: u64 = 1400;

/// What lies between.
#[derive(Clone, Copy)]
struct Line {
    /// Bytes a second.
    rate: f64,
    one_way: Duration,
    /// In a thousand.
    loss: u64,
    /// The queue holds what the rate takes in this time.
    queue: Duration,
}

impl Line {
    fn new(one_way_ms: u64, mbit: f64, loss: u64) -> Self {
        let (one_way, queue) = (Duration::from_millis(one_way_ms), Duration::from_millis(200));
        Self { rate: mbit * 125_000.0, one_way, loss, queue }
    }
}

/// One sender that always has something to send, paced as quinn paces.
struct Run {
    line: Line,
    now: Instant,
    began: Instant,
    steady: Steady,
    in_flight: u64,
    /// When the queue will be empty.
    busy_until: Instant,
    /// Arrivals of acknowledgements: when, when sent, and whether it was lost instead.
    events: VecDeque<(Instant, Instant, bool)>,
    next_send: Instant,
    trip: Duration,
    chance: u64,
    arrived: u64,
    /// Times in the queue, in milliseconds.
    waits: Vec<f64>,
}

impl Run {
    fn new(line: Line) -> Self {
        let now = Instant::now();
        Self {
            line,
            now,
            began: now,
            steady: Steady::new(64 * 1024, now, PACKET as u16),
            in_flight: 0,
            busy_until: now,
            events: VecDeque::new(),
            next_send: now,
            trip: line.one_way * 2 + Duration::from_millis(1),
            chance: 7,
            arrived: 0,
            waits: Vec::new(),
        }
    }

    fn unlucky(&mut self) -> bool {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) % 1000 < self.line.loss
    }

    fn send(&mut self) {
        self.in_flight += PACKET;
        let pace = self.trip.as_secs_f64() / self.steady_window() * PACKET as f64 / 1.25;
        self.next_send = self.now + Duration::from_secs_f64(pace);
        let start = self.busy_until.max(self.now);
        let wait = start - self.now;
        let lost = wait > self.line.queue || self.unlucky();
        if wait <= self.line.queue {
            self.busy_until = start + Duration::from_secs_f64(PACKET as f64 / self.line.rate);
            self.waits.push(wait.as_secs_f64() * 1e3);
        }
        // A loss is noticed by what arrives after it.
        let trip = (self.busy_until - self.now) + self.line.one_way * 2;
        let late = if lost { trip / 8 } else { Duration::ZERO };
        self.events.push_back((self.now + trip + late, self.now, lost));
    }

    fn steady_window(&self) -> f64 {
        quinn_proto::congestion::Controller::window(&self.steady) as f64
    }

    /// Goes on for so long; what arrived meanwhile, in bytes a second, and the median and 95th percentile of the times in the queue.
    fn go(&mut self, time: Duration) -> (f64, f64, f64) {
        let until = self.now + time;
        self.arrived = 0;
        self.waits.clear();
        while self.now < until {
            let may_send = self.in_flight + PACKET <= self.steady_window() as u64;
            let event = self.events.front().map(|(at, ..)| *at);
            match event {
                Some(at) if !may_send || at <= self.next_send => {
                    self.now = self.now.max(at);
                    let Some((_, sent, lost)) = self.events.pop_front() else { break };
                    self.in_flight -= PACKET;
                    if lost {
                        self.steady.lost(self.now, PACKET, false);
                    } else {
                        self.arrived += PACKET;
                        self.trip = (self.trip * 7 + (self.now - sent)) / 8;
                        self.steady.acknowledged(self.now, sent, PACKET, false);
                        self.steady.acknowledged_all(self.now);
                    }
                }
                _ => {
                    self.now = self.now.max(self.next_send);
                    self.send();
                }
            }
        }
        self.waits.sort_by(f64::total_cmp);
        let at = |part: f64| self.waits.get((self.waits.len() as f64 * part) as usize).copied().unwrap_or(0.0);
        (self.arrived as f64 / time.as_secs_f64(), at(0.5), at(0.95))
    }
}

#[test]
fn a_line_is_used_without_a_standing_queue_whatever_chance_takes_of_it() {
    for (one_way, mbit, loss) in
        [(20, 20.0, 5), (20, 5.0, 0), (100, 2.0, 20), (5, 100.0, 1), (1, 300.0, 0), (50, 10.0, 50)]
    {
        let mut run = Run::new(Line::new(one_way, mbit, loss));
        run.go(Duration::from_secs(5));
        let (rate, median, p95) = run.go(Duration::from_secs(20));
        let used = rate / run.line.rate;
        println!("{one_way} ms {mbit} Mbit/s {loss} per mille: {used:.2} used, queue {median:.1} / {p95:.1} ms");
        assert!(used > 0.8, "{one_way} {mbit} {loss}: {used}");
        let trip = 2.0 * one_way as f64;
        assert!(median < 10.0 + trip / 4.0 && p95 < 10.0 + trip * 0.75, "{one_way} {mbit} {loss}: {median} {p95}");
    }
}

#[test]
fn the_first_seconds_use_the_line_too() {
    let mut run = Run::new(Line::new(100, 2.0, 20));
    let (rate, ..) = run.go(Duration::from_secs(3));
    assert!(rate / run.line.rate > 0.6, "{}", rate / run.line.rate);
}

#[test]
fn a_line_that_becomes_narrow_or_wide_is_followed() {
    let mut run = Run::new(Line::new(20, 20.0, 0));
    run.go(Duration::from_secs(5));
    run.line.rate /= 8.0;
    run.go(Duration::from_secs(3));
    let (rate, median, _) = run.go(Duration::from_secs(5));
    assert!(rate / run.line.rate > 0.8 && median < 40.0, "{} {median}", rate / run.line.rate);
    run.line.rate *= 16.0;
    run.go(Duration::from_secs(3));
    let (rate, ..) = run.go(Duration::from_secs(5));
    assert!(rate / run.line.rate > 0.8, "{}", rate / run.line.rate);
}

#[test]
fn nothing_arriving_for_long_begins_anew_and_it_recovers() {
    let mut run = Run::new(Line::new(20, 20.0, 0));
    run.go(Duration::from_secs(3));
    let now = run.now;
    run.steady.lost(now, 100 * PACKET, true);
    assert!(run.steady_window() <= (8 * PACKET) as f64);
    run.go(Duration::from_secs(2));
    let (rate, ..) = run.go(Duration::from_secs(3));
    assert!(rate / run.line.rate > 0.8, "after {:?}: {}", run.now - run.began, rate / run.line.rate);
}

#[test]
fn a_program_that_has_little_to_send_keeps_its_window_whatever_the_round_trips_do() {
    let mut now = Instant::now();
    let mut steady = Steady::new(64 * 1024, now, PACKET as u16);
    for letter in 0..1000 {
        let trip = Duration::from_millis(if letter % 3 == 0 { 60 } else { 20 });
        let sent = now;
        now += trip;
        steady.acknowledged(now, sent, 100, true);
        steady.acknowledged_all(now);
        now += Duration::from_millis(80);
    }
    assert_eq!(quinn_proto::congestion::Controller::window(&steady), 64 * 1024);
}

#[test]
fn what_is_told_about_nothing_or_too_much_breaks_nothing() {
    let now = Instant::now();
    let mut steady = Steady::new(0, now, 1200);
    steady.acknowledged_all(now);
    steady.acknowledged(now, now + Duration::from_secs(1), u64::MAX / 4, false);
    steady.acknowledged_all(now);
    steady.lost(now, u64::MAX / 200, false);
    steady.acknowledged(now, now, 0, true);
    steady.acknowledged_all(now);
    let window = quinn_proto::congestion::Controller::window(&steady);
    assert!((1..=super::steady::WINDOW_MAX).contains(&window), "{window}");
}
