//! The areas that are video now, each with its encoder.
//!
//! A film is *dirty* when its area changed since its last picture was taken. Its encoder is either here or in the [`Studio`]; while it is
//! there, changes wait and the next picture holds all of them, so that no old picture waits anywhere. What was made for a film that is over
//! is thrown away: its area goes as patches from then on.

use std::time::{Duration, Instant};

use protocol::{
    limits,
    media::{Bytes, Rect, Update},
};

use super::{
    QUIET,
    studio::{Done, Job, Studio},
};
use crate::{frame::Frame, h264, waker::Waker};

/// A film of which less than one part in so many still moves is no film: the rest is to be exact.
const SHRUNK: u32 = 4;
/// The bitrate is changed, which costs a whole picture, when it is wrong by this factor.
const TOO_MUCH: f64 = 1.5;
const TOO_LITTLE: f64 = 2.5;
/// And not more often than this upwards.
const CLIMB: Duration = Duration::from_secs(5);

struct Film {
    /// One number for each film ever opened.
    number: u64,
    rect: Rect,
    /// `None`: in the studio.
    encoder: Option<Box<h264::Encoder>>,
    dirty: bool,
    changed: Instant,
    /// Bits a second that the encoder aims at, since when.
    rate: f64,
    since: Instant,
}

/// The open films.
pub(super) struct Films {
    slots: [Option<Film>; limits::VIDEO_SLOTS as usize],
    studio: Studio,
    opened: u64,
    epoch: Option<Instant>,
    /// What the line carries, in bits a second, when it is known to be little.
    line: Option<f64>,
}

impl Films {
    /// With a waker, pictures are made on a thread of their own.
    pub(super) fn new(waker: Option<Waker>) -> Self {
        Self { slots: Default::default(), studio: Studio::new(waker), opened: 0, epoch: None, line: None }
    }

    pub(super) fn rects(&self) -> impl Iterator<Item = Rect> {
        self.slots.iter().flatten().map(|film| film.rect)
    }

    /// Is all of it video now?
    pub(super) fn covers(&self, rect: Rect) -> bool {
        self.rects().any(|covered| rect.intersect(covered) == Some(rect))
    }

    /// Does any of it touch a film?
    pub(super) fn touches(&self, rect: Rect) -> bool {
        self.rects().any(|film| film.intersect(rect).is_some())
    }

    /// Something changed inside a film.
    pub(super) fn change(&mut self, part: Rect, now: Instant) {
        for film in self.slots.iter_mut().flatten() {
            if film.rect.intersect(part).is_some() {
                film.dirty = true;
                film.changed = now;
            }
        }
    }

    /// What the line carries, in bits a second; `None` when it has not been full lately.
    pub(super) fn line(&mut self, rate: Option<f64>) {
        self.line = rate;
    }

    /// Closes what has been quiet, and what mostly has: `moving` tells how many pixels of an area changed lately. The areas.
    pub(super) fn close_quiet(&mut self, now: Instant, moving: impl Fn(Rect) -> u32) -> Vec<Rect> {
        let over = |film: &mut Film| {
            let quiet = now.saturating_duration_since(film.changed) >= QUIET;
            let made = !film.dirty && film.encoder.is_some();
            made && (quiet || moving(film.rect) < film.rect.area() / SHRUNK)
        };
        self.slots.iter_mut().filter_map(|slot| slot.take_if(over)).map(|film| film.rect).collect()
    }

    /// Makes an area a film, in place of what overlaps it; gives the areas of those. `None` when there is no slot or no encoder.
    pub(super) fn open(&mut self, rect: Rect, now: Instant) -> Option<Vec<Rect>> {
        let overlaps = |film: &Film| film.rect.intersect(rect).is_some();
        self.slots.iter().position(|slot| slot.as_ref().is_none_or(overlaps))?;
        let (rate, encoder) = self.encoder(rect)?;
        let closed = self
            .slots
            .iter_mut()
            .filter_map(|slot| slot.take_if(|film| overlaps(film)))
            .map(|film| film.rect)
            .collect();
        let free = self.slots.iter_mut().find(|slot| slot.is_none())?;
        self.opened += 1;
        let number = self.opened;
        *free = Some(Film { number, rect, encoder: Some(encoder), dirty: true, changed: now, rate, since: now });
        Some(closed)
    }

    fn encoder(&self, rect: Rect) -> Option<(f64, Box<h264::Encoder>)> {
        let rate = self.rate(rect);
        match h264::Encoder::new(rect, rate) {
            Ok(encoder) => Some((rate, Box::new(encoder))),
            Err(error) => {
                tracing::warn!(%error, "video encoder does not start, patches instead");
                None
            }
        }
    }

    /// Bits a second for a film of this size on this line: all films together get half of it, the rest is for what is exact.
    fn rate(&self, rect: Rect) -> f64 {
        let wished = h264::rate(rect);
        let all: f64 = self.rects().filter(|other| *other != rect).map(h264::rate).sum::<f64>() + wished;
        self.line.map_or(wished, |line| wished.min(wished / all * line / 2.0)).max(h264::RATE_MIN)
    }

    /// Takes the pictures of dirty films whose encoders are here.
    pub(super) fn shoot(&mut self, frame: &Frame, now: Instant) -> Vec<Rect> {
        let mut failed = Vec::new();
        let epoch = *self.epoch.get_or_insert(now);
        let millis = u64::try_from(now.saturating_duration_since(epoch).as_millis()).unwrap_or(0);
        for at in 0..self.slots.len() {
            let Some(film) = self.slots[at].as_ref().filter(|film| film.dirty && film.encoder.is_some()) else {
                continue;
            };
            let (rect, rate) = (film.rect, self.rate(film.rect));
            let climbs = rate > film.rate * TOO_LITTLE && now.saturating_duration_since(film.since) >= CLIMB;
            let anew = (film.rate > rate * TOO_MUCH || climbs).then(|| self.encoder(rect)).flatten();
            let Some(film) = &mut self.slots[at] else { continue };
            if let Some((rate, encoder)) = anew {
                (film.rate, film.since, film.encoder) = (rate, now, Some(encoder));
            }
            let Some(mut encoder) = film.encoder.take() else { continue };
            film.dirty = false;
            if let Err(error) = encoder.take_in(frame) {
                tracing::warn!(%error, "a picture cannot be converted, patches instead");
                self.slots[at] = None;
                failed.push(rect);
                continue;
            }
            self.studio.take(Job { film: film.number, encoder, millis });
        }
        failed
    }

    /// Puts what was made into `updates`. Returns the bytes, and the areas of films that are over because nothing could be made.
    pub(super) fn deliver(&mut self, updates: &mut Vec<Update>) -> (usize, Vec<Rect>) {
        let mut bytes = 0;
        let mut failed = self.collect();
        while let Some(Done { film: number, encoder, made }) = self.studio.next() {
            let Some((slot, place)) = self
                .slots
                .iter_mut()
                .enumerate()
                .find(|(_, film)| film.as_ref().is_some_and(|film| film.number == number))
            else {
                continue;
            };
            let Some(film) = place else { continue };
            film.encoder = Some(encoder);
            match made {
                Ok(Some(unit)) => {
                    bytes += unit.data.len();
                    let (slot, rect, keyframe) = (slot as u8, film.rect, unit.keyframe);
                    updates.push(Update::Video { slot, rect, keyframe, data: Bytes(unit.data) });
                }
                // Left out by the library: what it would have shown is still to be shown.
                Ok(None) => film.dirty = true,
                Err(error) => {
                    tracing::warn!(%error, "video encoder failed, patches instead");
                    failed.push(film.rect);
                    *place = None;
                }
            }
        }
        (bytes, failed)
    }

    /// What the thread made so far. If it has ended, the films whose encoders it had are over: their areas.
    fn collect(&mut self) -> Vec<Rect> {
        self.studio.collect();
        if !self.studio.take_lost() {
            return Vec::new();
        }
        tracing::warn!("the thread for films has ended");
        let away = |film: &mut Film| film.encoder.is_none();
        self.slots.iter_mut().filter_map(|slot| slot.take_if(away)).map(|film| film.rect).collect()
    }

    /// When there is something to do for them.
    pub(super) fn due(&mut self, now: Instant) -> Option<Instant> {
        self.studio.collect();
        if self.studio.has_news() {
            return Some(now);
        }
        let here = self.slots.iter().flatten().filter(|film| film.encoder.is_some());
        here.map(|film| if film.dirty { now } else { film.changed + QUIET }).min()
    }
}
