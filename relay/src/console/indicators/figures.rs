//! From counted rows to what a page and a file say. Pure.

use std::{collections::HashMap, time::Duration};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use protocol::{id::OperatorId, message::offer::Status};
use serde::Serialize;
use store::{Figures, PresenceChange};
use utoipa::ToSchema;

use super::super::{
    strings::Texts,
    when::{between, spoken},
};
use crate::account::Operator;

/// How long each attendant was available and on break.
#[derive(Debug, Default)]
pub(super) struct Presence(HashMap<OperatorId, (Duration, Duration)>);

impl Presence {
    /// From the changes of a range and what was before it.
    pub(super) fn of(changes: &[PresenceChange], from: Timestamp, to: Timestamp) -> Self {
        let mut at: HashMap<OperatorId, (Timestamp, Status)> = HashMap::new();
        let mut all = Self::default();
        for change in changes {
            let since = change.at.max(from);
            if let Some((began, status)) = at.insert(change.operator, (since, change.status)) {
                all.add(change.operator, status, began, since);
            }
        }
        for (operator, (began, status)) in at {
            all.add(operator, status, began, to);
        }
        all
    }

    fn add(&mut self, operator: OperatorId, status: Status, from: Timestamp, to: Timestamp) {
        let time = self.0.entry(operator).or_default();
        let lasted = if to > from { between(from, to) } else { Duration::ZERO };
        match status {
            Status::Available => time.0 += lasted,
            Status::Break(_) => time.1 += lasted,
            Status::Offline => {}
        }
    }

    fn time(&self, operator: OperatorId) -> (Duration, Duration) {
        self.0.get(&operator).copied().unwrap_or_default()
    }
}

/// A row of a table in a file of JSON and in the API.
#[derive(Serialize, ToSchema)]
#[schema(as = IndicatorsLine)]
pub(in crate::console) struct Entry {
    /// The id of the app or attendant; of a category its name, empty where none was chosen.
    id: String,
    /// Its name.
    name: String,
    /// Sessions that began.
    sessions: u64,
    /// How long those took that are over, on average.
    #[schema(required)]
    mean_duration_s: Option<u64>,
    /// How long their customers had waited, on average.
    #[schema(required)]
    mean_wait_s: Option<u64>,
    /// Dialled, and never allowed by the customer.
    not_allowed: u64,
    /// Requests that nobody took.
    missed: u64,
    /// Put into a category that means help.
    solved: u64,
    /// Put into any category.
    categorised: u64,
    /// How long an attendant was available; only of attendants.
    #[schema(required)]
    available_s: Option<u64>,
    /// How long an attendant was on a break; only of attendants.
    #[schema(required)]
    on_break_s: Option<u64>,
}

/// What all sessions of a range come to.
#[derive(Serialize, ToSchema)]
#[schema(as = IndicatorsTotal)]
pub(in crate::console) struct Total {
    /// Sessions that began.
    sessions: u64,
    /// How long those took that are over, on average.
    #[schema(required)]
    mean_duration_s: Option<u64>,
    /// How long their customers had waited, on average.
    #[schema(required)]
    mean_wait_s: Option<u64>,
    /// Dialled, and never allowed by the customer.
    not_allowed: u64,
    /// Requests that nobody took.
    missed: u64,
    /// Put into a category that means help.
    solved: u64,
    /// Put into any category.
    categorised: u64,
}

impl From<&Figures> for Total {
    fn from(f: &Figures) -> Self {
        Self {
            sessions: f.sessions,
            mean_duration_s: mean(f.lasted_ms, f.over).map(|d| d.as_secs()),
            mean_wait_s: mean(f.waited_ms, f.waited).map(|d| d.as_secs()),
            not_allowed: f.not_started,
            missed: f.missed,
            solved: f.solved,
            categorised: f.categorised,
        }
    }
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::console) struct Line {
    /// As [`store::By`] says.
    pub(in crate::console) key: String,
    pub(in crate::console) name: String,
    pub(in crate::console) figures: Figures,
    /// Available and on break; only of attendants.
    pub(in crate::console) there: Option<(Duration, Duration)>,
}

impl Line {
    pub(in crate::console) fn lasted(&self) -> String {
        mean(self.figures.lasted_ms, self.figures.over).map_or_else(dash, spoken)
    }

    pub(in crate::console) fn waited(&self) -> String {
        mean(self.figures.waited_ms, self.figures.waited).map_or_else(dash, spoken)
    }

    pub(in crate::console) fn solved(&self) -> String {
        share(self.figures.solved, self.figures.categorised)
    }

    pub(in crate::console) fn available(&self) -> String {
        self.there.map_or_else(String::new, |(available, _)| spoken(available))
    }

    pub(in crate::console) fn on_break(&self) -> String {
        self.there.map_or_else(String::new, |(_, on_break)| spoken(on_break))
    }

    pub(in crate::console) fn entry(&self) -> Entry {
        let Total { sessions, mean_duration_s, mean_wait_s, not_allowed, missed, solved, categorised } =
            (&self.figures).into();
        Entry {
            id: self.key.clone(),
            name: self.name.clone(),
            sessions,
            mean_duration_s,
            mean_wait_s,
            not_allowed,
            missed,
            solved,
            categorised,
            available_s: self.there.map(|(available, _)| available.as_secs()),
            on_break_s: self.there.map(|(_, on_break)| on_break.as_secs()),
        }
    }

    pub(super) fn csv(&self, kind: &str) -> Vec<String> {
        let f = &self.figures;
        vec![
            kind.to_owned(),
            self.name.clone(),
            f.sessions.to_string(),
            self.lasted(),
            self.waited(),
            f.not_started.to_string(),
            f.missed.to_string(),
            self.solved(),
            self.available(),
            self.on_break(),
        ]
    }
}

/// The heads of a file's columns.
pub(super) fn csv_head(t: &'static Texts) -> Vec<String> {
    [
        "",
        t.name,
        t.sessions,
        t.mean_duration,
        t.mean_wait,
        t.refused,
        t.missed,
        t.solved,
        t.status_available,
        t.on_break_now,
    ]
    .map(str::to_owned)
    .into()
}

/// What a range comes to, in words.
pub(super) fn summary(f: &Figures, t: &'static Texts) -> Vec<(&'static str, String)> {
    vec![
        (t.sessions, f.sessions.to_string()),
        (t.mean_duration, mean(f.lasted_ms, f.over).map_or_else(dash, spoken)),
        (t.mean_wait, mean(f.waited_ms, f.waited).map_or_else(dash, spoken)),
        (t.missed_many, f.missed.to_string()),
        (t.not_allowed, f.not_started.to_string()),
        (t.solved, share(f.solved, f.categorised)),
    ]
}

/// The tables by app, attendant and category: every app and attendant is there, also with nothing, and no category that was not used.
pub(super) fn tables(
    rows: [Vec<(String, Figures)>; 3],
    apps: &[store::App],
    attendants: &[Operator],
    presence: &Presence,
    t: &'static Texts,
) -> [Vec<Line>; 3] {
    let [by_app, by_attendant, by_category] = rows;
    let line = |key: String, name: String, figures| Line { key, name, figures, there: None };
    let app = |(key, figures): (String, Figures)| {
        let name = apps.iter().find(|app| app.id.to_string() == key).map_or(key.clone(), |app| app.name.clone());
        line(key, name, figures)
    };
    let known: HashMap<String, Figures> = by_attendant.into_iter().collect();
    let attendant = |who: &Operator| Line {
        key: who.id.to_string(),
        name: who.name.clone(),
        figures: known.get(&who.id.to_string()).copied().unwrap_or_default(),
        there: Some(presence.time(who.id)),
    };
    let mut people: Vec<Line> = attendants.iter().map(attendant).collect();
    people.sort_by(|a, b| b.figures.sessions.cmp(&a.figures.sessions).then_with(|| a.name.cmp(&b.name)));
    let category = |(key, figures): (String, Figures)| {
        let name = if key.is_empty() { t.without_category.to_owned() } else { key.clone() };
        line(key, name, figures)
    };
    let mut categories: Vec<Line> = by_category.into_iter().filter(|(_, f)| f.sessions > 0).map(category).collect();
    categories.sort_by(|a, b| b.figures.sessions.cmp(&a.figures.sessions).then_with(|| a.name.cmp(&b.name)));
    [by_app.into_iter().map(app).collect(), people, categories]
}

/// Hours since 1970 UTC as days of the company's calendar; every day is there.
pub(super) fn fold_days(hours: &[(String, Figures)], from: Date, to: Date, zone: &TimeZone) -> Vec<(Date, Figures)> {
    let mut days: Vec<(Date, Figures)> = from
        .series(jiff::Span::new().days(1))
        .take_while(|date| *date <= to)
        .map(|date| (date, Figures::default()))
        .collect();
    for (hour, figures) in hours {
        let Some(at) = hour.parse::<i64>().ok().and_then(|h| Timestamp::from_second(h.checked_mul(3600)?).ok()) else {
            continue;
        };
        let date = at.to_zoned(zone.clone()).date();
        if let Some((_, day)) = days.iter_mut().find(|(of, _)| *of == date) {
            day.sessions += figures.sessions;
            day.missed += figures.missed;
        }
    }
    days
}

fn mean(total_ms: u64, of: u64) -> Option<Duration> {
    total_ms.checked_div(of).map(Duration::from_millis)
}

fn share(part: u64, of: u64) -> String {
    (part * 100).checked_div(of).map_or_else(dash, |percent| format!("{percent} %"))
}

fn dash() -> String {
    "–".to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use protocol::{id::TenantId, message::offer::BreakReason};
    use store::{Language, Roles};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn change(n: u8, second: i64, status: Status) -> PresenceChange {
        let (tenant, operator) = (TenantId::from_bytes([1; 16]), OperatorId::from_bytes([n; 16]));
        PresenceChange { tenant, operator, at: at(second), status }
    }

    #[test]
    fn time_in_a_status_is_what_lies_in_the_range() {
        let meal = Status::Break(BreakReason::Meal);
        let changes = [
            change(1, -500, Status::Available),
            change(2, 50, Status::Available),
            change(1, 100, meal),
            change(1, 160, Status::Available),
            change(2, 200, Status::Offline),
        ];
        let presence = Presence::of(&changes, at(0), at(1000));
        let s = Duration::from_secs;
        assert_eq!(presence.time(OperatorId::from_bytes([1; 16])), (s(940), s(60)));
        assert_eq!(presence.time(OperatorId::from_bytes([2; 16])), (s(150), s(0)));
        assert_eq!(presence.time(OperatorId::from_bytes([3; 16])), (s(0), s(0)));
    }

    #[test]
    fn hours_are_days_on_the_companys_calendar_and_no_day_is_left_out() {
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        let figures = |sessions| Figures { sessions, ..Figures::default() };
        let hour = |text: &str| (text.parse::<Timestamp>().unwrap().as_second() / 3600).to_string();
        // Two in the morning in UTC is the evening before in São Paulo.
        let hours = [(hour("2026-11-20T02:00:00Z"), figures(2)), (hour("2026-11-20T12:00:00Z"), figures(3))];
        let days = fold_days(&hours, "2026-11-19".parse().unwrap(), "2026-11-21".parse().unwrap(), &zone);
        assert_eq!(days.iter().map(|(_, f)| f.sessions).collect::<Vec<_>>(), [2, 3, 0]);
    }

    #[test]
    fn means_and_shares_of_nothing_are_a_dash() {
        let t = Texts::of(Language::En);
        let said: Vec<String> = summary(&Figures::default(), t).into_iter().map(|(_, figure)| figure).collect();
        assert_eq!(said, ["0", "–", "–", "0", "0", "–"]);
        let some =
            Figures { sessions: 3, lasted_ms: 120_000, over: 2, solved: 1, categorised: 3, ..Figures::default() };
        assert_eq!((summary(&some, t)[1].1.as_str(), summary(&some, t)[5].1.as_str()), ("1 min 00 s", "33 %"));
    }

    #[test]
    fn every_attendant_is_in_the_table_and_who_has_most_comes_first() {
        let roles = Roles { attend: true, ..Roles::default() };
        let person = |n: u8, name: &str| Operator {
            id: OperatorId::from_bytes([n; 16]),
            tenant: TenantId::from_bytes([1; 16]),
            login: name.into(),
            name: name.into(),
            roles,
        };
        let people = [person(1, "Ana"), person(2, "Bruno"), person(3, "Caio")];
        let of = |who: &Operator, sessions| (who.id.to_string(), Figures { sessions, ..Figures::default() });
        let rows = [
            Vec::new(),
            vec![of(&people[1], 4), (String::new(), Figures { missed: 9, ..Figures::default() })],
            Vec::new(),
        ];
        let [_, lines, _] = tables(rows, &[], &people, &Presence::default(), Texts::of(Language::En));
        assert_eq!(lines.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["Bruno", "Ana", "Caio"]);
        assert_eq!((lines[0].entry().id, lines[0].entry().sessions), (people[1].id.to_string(), 4));
    }
}
