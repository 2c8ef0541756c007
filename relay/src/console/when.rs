//! Dates, times and durations as people of each language read them.
//!
//! Used by the pages. Times come in as UTC and are shown in the company's time zone.

use std::time::Duration;

use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};
use store::Language;

use super::strings::{Texts, fill};

/// How a company's times are shown to somebody.
#[derive(Clone)]
pub(super) struct Clock {
    zone: TimeZone,
    texts: &'static Texts,
    now: Timestamp,
}

impl Clock {
    /// The time zone by its IANA name; UTC where the system does not know it.
    pub(super) fn new(zone: &str, texts: &'static Texts, now: Timestamp) -> Self {
        Self { zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC), texts, now }
    }

    /// Now.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// `14:20`
    pub(super) fn time(&self, at: &Timestamp) -> String {
        let at = self.local(at);
        format!("{:02}:{:02}", at.hour(), at.minute())
    }

    /// `14:20:05`
    pub(super) fn exact(&self, at: &Timestamp) -> String {
        format!("{}:{:02}", self.time(at), self.local(at).second())
    }

    /// `21/11/2026`, or `21 Nov 2026` in English, where numbers alone would be ambiguous.
    pub(super) fn date(&self, at: &Timestamp) -> String {
        let date = self.local(at).date();
        match self.texts.language {
            Language::En => format!("{} {} {}", date.day(), self.month(date), date.year()),
            Language::PtBr | Language::Es => format!("{:02}/{:02}/{}", date.day(), date.month(), date.year()),
        }
    }

    /// `21/11/2026, 14:20`
    pub(super) fn date_time(&self, at: &Timestamp) -> String {
        format!("{}, {}", self.date(at), self.time(at))
    }

    /// `hoje, 14:20`, or with the date if it was on another day.
    pub(super) fn lately(&self, at: &Timestamp) -> String {
        if self.is_today(at) {
            format!("{}, {}", self.texts.today.to_lowercase(), self.time(at))
        } else {
            self.date_time(at)
        }
    }

    /// `Hoje`, `Ontem`, `19 de nov`, `19 de nov 2025`.
    pub(super) fn day(&self, at: &Timestamp) -> String {
        let (date, today) = (self.local(at).date(), self.local(&self.now).date());
        if date == today {
            return self.texts.today.to_owned();
        }
        if Some(date) == today.yesterday().ok() {
            return self.texts.yesterday.to_owned();
        }
        let day = fill(self.texts.on_day, &[&date.day().to_string(), self.month(date)]);
        if date.year() == today.year() { day } else { format!("{day} {}", date.year()) }
    }

    /// Now, as it is on the company's wall.
    pub(super) fn on_the_wall(&self) -> jiff::civil::DateTime {
        self.local(&self.now).datetime()
    }

    /// `seg.`, and with the day of the month if it is more than six days away.
    pub(super) fn weekday(&self, date: Date) -> String {
        let day = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
        let name = self.texts.weekdays.split(' ').nth(day).unwrap_or_default();
        let away = self.on_the_wall().date().until(date).map_or(0, |span| span.get_days());
        if away < 7 { name.to_owned() } else { format!("{name} {:02}/{:02}", date.day(), date.month()) }
    }

    /// The first moment of today.
    pub(super) fn midnight(&self) -> Timestamp {
        self.local(&self.now).start_of_day().map_or(self.now, |z| z.timestamp())
    }

    fn is_today(&self, at: &Timestamp) -> bool {
        self.local(at).date() == self.local(&self.now).date()
    }

    fn local(&self, at: &Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }

    fn month(&self, date: Date) -> &'static str {
        let month = usize::try_from(date.month() - 1).unwrap_or(0);
        self.texts.months.split(' ').nth(month).unwrap_or_default()
    }
}

/// From one moment to another; nothing when it would be negative.
pub(super) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// `06:12`, `1:06:12`: for what runs.
pub(super) fn stopwatch(duration: Duration) -> String {
    let s = duration.as_secs();
    match s / 3600 {
        0 => format!("{:02}:{:02}", s / 60, s % 60),
        h => format!("{h}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

/// `26 min 08 s`, `8 s`, `1 h 06 min`: for what is over. The same in every language.
pub(super) fn spoken(duration: Duration) -> String {
    let s = duration.as_secs();
    match (s / 3600, s / 60) {
        (0, 0) => format!("{s} s"),
        (0, m) => format!("{m} min {:02} s", s % 60),
        (h, _) => format!("{h} h {:02} min", s / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn clock(language: Language) -> Clock {
        Clock::new("UTC", Texts::of(language), "2026-11-21T15:00:00Z".parse().unwrap())
    }

    #[test]
    fn times_read_as_in_the_language() {
        let at = "2026-11-21T14:20:05Z".parse().unwrap();
        assert_eq!(clock(Language::PtBr).lately(&at), "hoje, 14:20");
        assert_eq!(clock(Language::PtBr).date_time(&at), "21/11/2026, 14:20");
        assert_eq!(clock(Language::En).date(&at), "21 Nov 2026");
        let earlier = "2026-11-03T09:41:00Z".parse().unwrap();
        assert_eq!(clock(Language::Es).day(&earlier), "3 de nov");
        assert_eq!(clock(Language::PtBr).day(&"2025-11-20T00:00:00Z".parse().unwrap()), "20 de nov 2025");
        assert_eq!(clock(Language::PtBr).day(&"2026-11-20T23:59:59Z".parse().unwrap()), "Ontem");
    }

    #[test]
    fn an_unknown_time_zone_is_utc_and_a_known_one_moves_midnight() {
        let texts = Texts::of(Language::PtBr);
        let now: Timestamp = "2026-11-21T01:30:00Z".parse().unwrap();
        assert_eq!(Clock::new("Nowhere/None", texts, now).midnight().to_string(), "2026-11-21T00:00:00Z");
        let zone = TimeZone::fixed(jiff::tz::offset(-3));
        assert_eq!(Clock { zone, texts, now }.midnight().to_string(), "2026-11-20T03:00:00Z");
    }

    #[test]
    fn durations_are_short_and_exact() {
        assert_eq!(stopwatch(Duration::from_secs(372)), "06:12");
        assert_eq!(stopwatch(Duration::from_secs(3972)), "1:06:12");
        assert_eq!(spoken(Duration::from_secs(1568)), "26 min 08 s");
        assert_eq!(spoken(Duration::from_secs(8)), "8 s");
        assert_eq!(spoken(Duration::from_secs(3972)), "1 h 06 min");
        let (a, b) = ("2026-11-21T14:20:05Z".parse().unwrap(), "2026-11-21T14:20:09Z".parse().unwrap());
        assert_eq!((between(a, b).as_secs(), between(b, a).as_secs()), (4, 0));
    }
}
