//! When an app is attended: hours of the week, holidays, and where its customers go otherwise.
//!
//! Times here are those on the wall of the company's time zone. Reads no clock.

use jiff::civil::{Date, DateTime, Time};
use protocol::id::AppId;
use serde::{Deserialize, Serialize};

/// Days looked at for the next opening: longer than any shop is closed.
const AHEAD_DAYS: usize = 60;
/// Minutes of a day.
const DAY_MIN: u16 = 24 * 60;

/// A part of a day in which somebody attends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hour {
    /// From this minute of the day on.
    pub from_min: u16,
    /// Up to this one.
    pub to_min: u16,
}

/// A day on which nobody attends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Holiday {
    /// When.
    pub date: Date,
    /// Its name.
    pub name: String,
}

/// When an app is attended, and what becomes of its customers when it is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Availability {
    /// Only in [`Self::hours`]; otherwise at any time.
    pub by_hours: bool,
    /// The parts of each day, Monday first; in order and apart from each other.
    pub hours: [Vec<Hour>; 7],
    /// In the order of their dates.
    pub holidays: Vec<Holiday>,
    /// Apps whose attendants help when nobody here does, in this order.
    pub overflow: Vec<AppId>,
    /// Customers are offered to one attendant after the other, and requests that nobody took become tickets.
    pub distribute: bool,
    /// How long an attendant has to answer an offer, in seconds.
    pub answer_s: u32,
}

impl Default for Availability {
    fn default() -> Self {
        let day = || vec![Hour { from_min: 8 * 60, to_min: 12 * 60 }, Hour { from_min: 13 * 60, to_min: 18 * 60 }];
        Self {
            by_hours: false,
            hours: [day(), day(), day(), day(), day(), Vec::new(), Vec::new()],
            holidays: Vec::new(),
            overflow: Vec::new(),
            distribute: false,
            answer_s: 30,
        }
    }
}

/// Why an app is not attended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shut {
    /// Out of hours.
    Hours,
    /// This holiday.
    Holiday(String),
}

/// Whether an app is attended at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// It is.
    Open {
        /// Until then, today; `None`: no end today.
        until: Option<Time>,
    },
    /// It is not.
    Closed {
        /// Why.
        why: Shut,
        /// When it is again; `None`: not in the next weeks.
        opens: Option<DateTime>,
    },
}

impl Availability {
    /// Whether it is attended at this time on the company's wall.
    pub fn opening(&self, at: DateTime) -> Opening {
        if let Some(holiday) = self.holiday(at.date()) {
            return Opening::Closed { why: Shut::Holiday(holiday.name.clone()), opens: self.opens(at) };
        }
        if !self.by_hours {
            return Opening::Open { until: None };
        }
        let now = minute(at.time());
        match self.hours_of(at.date()).iter().find(|h| (h.from_min..h.to_min).contains(&now)) {
            Some(hour) => Opening::Open { until: time(hour.to_min) },
            None => Opening::Closed { why: Shut::Hours, opens: self.opens(at) },
        }
    }

    /// Whether somebody attends at this time.
    pub fn is_open(&self, at: DateTime) -> bool {
        matches!(self.opening(at), Opening::Open { .. })
    }

    /// The next opening after a time at which it is closed.
    fn opens(&self, at: DateTime) -> Option<DateTime> {
        let now = minute(at.time());
        at.date().series(jiff::Span::new().days(1)).take(AHEAD_DAYS).find_map(|date| {
            if self.holiday(date).is_some() {
                return None;
            }
            let today = date == at.date();
            if !self.by_hours {
                return (!today).then(|| date.to_datetime(Time::midnight()));
            }
            let hour = self.hours_of(date).iter().find(|h| !today || h.from_min > now)?;
            Some(date.to_datetime(time(hour.from_min)?))
        })
    }

    fn hours_of(&self, date: Date) -> &[Hour] {
        let day = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
        &self.hours[day]
    }

    fn holiday(&self, date: Date) -> Option<&Holiday> {
        self.holidays.iter().find(|holiday| holiday.date == date)
    }
}

fn minute(time: Time) -> u16 {
    u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or(0)
}

/// `None`: the end of the day, which is no time of it.
fn time(minute: u16) -> Option<Time> {
    let (hour, minute) = ((minute % DAY_MIN) / 60, minute % 60);
    Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(text: &str) -> DateTime {
        text.parse().unwrap()
    }

    fn office() -> Availability {
        let holidays = vec![
            Holiday { date: "2026-11-20".parse().unwrap(), name: "Consciência Negra".into() },
            Holiday { date: "2026-12-25".parse().unwrap(), name: "Natal".into() },
        ];
        Availability { by_hours: true, holidays, ..Availability::default() }
    }

    #[test]
    fn an_office_is_open_in_its_hours_and_says_until_when() {
        // A Thursday.
        let until = |time: &str| Opening::Open { until: Some(time.parse().unwrap()) };
        assert_eq!(office().opening(at("2026-11-19T08:00")), until("12:00"));
        assert_eq!(office().opening(at("2026-11-19T17:59:59")), until("18:00"));
        for closed in ["2026-11-19T07:59:59", "2026-11-19T12:00", "2026-11-19T18:00", "2026-11-21T10:00"] {
            assert!(!office().is_open(at(closed)), "{closed}");
        }
    }

    #[test]
    fn out_of_hours_and_on_holidays_the_next_opening_is_told() {
        let opens = |text: &str| match office().opening(at(text)) {
            Opening::Closed { why, opens } => (why, opens.map(|o| o.to_string())),
            Opening::Open { .. } => panic!("{text} is open"),
        };
        assert_eq!(opens("2026-11-19T12:30"), (Shut::Hours, Some("2026-11-19T13:00:00".into())));
        // Thursday evening; Friday is a holiday, then comes the weekend.
        assert_eq!(opens("2026-11-19T18:00"), (Shut::Hours, Some("2026-11-23T08:00:00".into())));
        let holiday = Shut::Holiday("Consciência Negra".into());
        assert_eq!(opens("2026-11-20T10:00"), (holiday, Some("2026-11-23T08:00:00".into())));
    }

    #[test]
    fn without_hours_only_holidays_close_and_a_week_without_hours_never_opens() {
        let always = Availability { by_hours: false, ..office() };
        assert_eq!(always.opening(at("2026-11-21T03:00")), Opening::Open { until: None });
        let Opening::Closed { opens, .. } = always.opening(at("2026-12-25T03:00")) else { panic!("open at Christmas") };
        assert_eq!(opens, Some(at("2026-12-26T00:00")));
        let never = Availability { by_hours: true, hours: Default::default(), ..Availability::default() };
        assert_eq!(never.opening(at("2026-11-19T10:00")), Opening::Closed { why: Shut::Hours, opens: None });
    }

    #[test]
    fn hours_until_midnight_have_no_end_of_the_day() {
        let mut night = Availability { by_hours: true, ..Availability::default() };
        night.hours[3] = vec![Hour { from_min: 20 * 60, to_min: DAY_MIN }];
        assert_eq!(night.opening(at("2026-11-19T23:59")), Opening::Open { until: Some(Time::midnight()) });
        assert!(!night.is_open(at("2026-11-19T19:59")));
    }
}
