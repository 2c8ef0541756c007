//! History: every session of the apps that whoever asks has to do with, newest first; filtered, a page at a time, or as a file.

mod export;

use askama::Template;
use axum::extract::{Query, State};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use protocol::{
    id::{AppId, OperatorId},
    message::pairing::CloseReason,
};
use serde::Deserialize;
use store::{HistoryQuery, SessionState};

use super::{
    App,
    attendance::View,
    error::{AppError, Page, page},
    session_view::EndedRow,
    shell::{self, Choice, Here, Shell},
    strings::{Texts, fill, number},
    visitor::Who,
};

pub(super) use export::{Entry, csv, json, row as csv_row};

/// Sessions on one page.
const ROWS: usize = 50;
/// Rows of a file that are counted before it is loaded: counting more would take longer than the page.
const COUNTED: u32 = 10_000;
/// Minutes that can be asked for: longer than any session.
const MINUTES: u32 = 7 * 24 * 60;
/// How addresses name requests that nobody took, beside the ways in which sessions end.
const MISSED: &str = "missed";
/// Every way in which a session ends.
const RESULTS: [CloseReason; 11] = [
    CloseReason::EndedByCustomer,
    CloseReason::EndedByAttendant,
    CloseReason::Refused,
    CloseReason::NoAnswer,
    CloseReason::WrongPassword,
    CloseReason::Cancelled,
    CloseReason::ProgramGone,
    CloseReason::ConnectionLost,
    CloseReason::Violation,
    CloseReason::Failed,
    CloseReason::WatchedOver,
];

/// What is looked for, as typed.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct HistoryForm {
    q: String,
    from: String,
    to: String,
    app: String,
    attendant: String,
    result: String,
    category: String,
    min: String,
    max: String,
    before: Option<i64>,
}

impl HistoryForm {
    /// Its filters as the part of an address behind the question mark.
    fn address(&self) -> String {
        [
            ("q", &self.q),
            ("from", &self.from),
            ("to", &self.to),
            ("app", &self.app),
            ("attendant", &self.attendant),
            ("result", &self.result),
            ("category", &self.category),
            ("min", &self.min),
            ("max", &self.max),
        ]
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect::<Vec<_>>()
        .join("&")
    }

    fn is_filtered(&self) -> bool {
        !self.address().is_empty()
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}

/// What a file of so many rows holds, in words.
fn rows_in_file(t: &'static Texts, rows: u32) -> String {
    let shown = |rows: u32| number(t.language, usize::try_from(rows).unwrap_or(usize::MAX));
    match rows {
        1 => t.one_row_in_file.to_owned(),
        rows if rows > COUNTED => fill(t.more_rows_in_file, &[&shown(COUNTED)]),
        rows => fill(t.rows_in_file, &[&shown(rows)]),
    }
}

/// The query that a form means, and the fields that mean nothing: those are left out of it.
pub(super) fn query(form: &HistoryForm, who: &Who, zone: &TimeZone) -> (HistoryQuery, Vec<&'static str>) {
    let mut wrong = Vec::new();
    let mut query = HistoryQuery {
        apps: Some(who.reach.seen()),
        search: form.q.trim().to_owned(),
        before: form.before,
        ..HistoryQuery::default()
    };
    let midnight = |date: Date| date.to_zoned(zone.clone()).map(|at| at.timestamp()).ok();
    let mut date = |name: &'static str, text: &str, later: i64| -> Option<Timestamp> {
        if text.is_empty() {
            return None;
        }
        let at = text.parse::<Date>().ok().and_then(|d| d.checked_add(later.days()).ok()).and_then(midnight);
        if at.is_none() {
            wrong.push(name);
        }
        at
    };
    query.from = date("from", &form.from, 0);
    // The day that is named counts too.
    query.to = date("to", &form.to, 1);
    if let (Some(from), Some(to)) = (query.from, query.to)
        && from >= to
    {
        wrong.push("to");
    }
    let mut minutes = |name: &'static str, text: &str| -> Option<u32> {
        if text.is_empty() {
            return None;
        }
        let minutes = text.parse::<u32>().ok().filter(|m| *m <= MINUTES).map(|m| m * 60);
        if minutes.is_none() {
            wrong.push(name);
        }
        minutes
    };
    query.min_s = minutes("min", &form.min);
    query.max_s = minutes("max", &form.max);
    if !form.app.is_empty() {
        // An app out of reach is as one that is not there: nothing is found.
        let app = form.app.parse::<AppId>().ok().filter(|app| who.reach.sees(*app));
        query.apps = Some(app.into_iter().collect());
    }
    if !form.attendant.is_empty() {
        match form.attendant.parse::<OperatorId>() {
            Ok(attendant) => query.attendant = Some(attendant),
            Err(_) => wrong.push("attendant"),
        }
    }
    if form.result == MISSED {
        query.states = vec![SessionState::Missed];
    } else if !form.result.is_empty() {
        match RESULTS.into_iter().find(|result| word(result) == form.result) {
            Some(result) => query.results = vec![result],
            None => wrong.push("result"),
        }
    }
    query.category = Some(form.category.trim().to_owned()).filter(|category| !category.is_empty());
    (query, wrong)
}

/// A result as addresses, files and records have it.
fn word(result: &CloseReason) -> String {
    serde_json::to_value(result).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The company's time zone.
pub(super) async fn zone(app: &App, who: &Who) -> Result<TimeZone, AppError> {
    Ok(app.shared.store.tenant(who.operator.tenant).await?.zone())
}

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    s: Shell,
    v: View,
    form: HistoryForm,
    wrong: Vec<&'static str>,
    apps: Vec<Choice>,
    attendants: Vec<Choice>,
    results: Vec<Choice>,
    categories: Vec<Choice>,
    rows: Vec<EndedRow>,
    /// Where the next page begins.
    next: Option<i64>,
    is_first: bool,
    /// How many rows a file of this has; `None`: there is no file of what cannot be asked for.
    in_file: Option<String>,
}

impl HistoryPage {
    /// Whether the row is the first of its day.
    fn begins_day(&self, index: &usize) -> bool {
        index.checked_sub(1).is_none_or(|before| self.rows[before].day != self.rows[*index].day)
    }

    fn nothing(&self) -> String {
        match self.form.q.trim() {
            _ if !self.form.is_filtered() => self.s.t.no_history.to_owned(),
            "" => self.s.t.none_filtered.to_owned(),
            q => fill(self.s.t.none_found, &[q]),
        }
    }

    fn is_wrong(&self, name: &str) -> bool {
        self.wrong.contains(&name)
    }
}

/// `GET /history`
pub(super) async fn page_handler(State(app): State<App>, who: Who, Query(form): Query<HistoryForm>) -> Page {
    let s = Shell::load(&app, &who, Here::History).await?;
    let (mut query, wrong) = query(&form, &who, &zone(&app, &who).await?);
    query.limit = u32::try_from(ROWS + 1).expect("a page is small");
    let mut sessions = app.shared.store.history(who.operator.tenant, &query).await?;
    let more = sessions.len() > ROWS;
    sessions.truncate(ROWS);
    let next = sessions.last().filter(|_| more).map(|last| last.row);
    let apps = app.shared.apps.every(who.operator.tenant).await?;
    let several = apps.iter().filter(|app| who.reach.sees(app.id)).count() > 1;
    let name = |of| apps.iter().find(|app| several && app.id == of).map_or_else(String::new, |app| app.name.clone());
    let rows = sessions.iter().map(|of| EndedRow { app: name(of.app), ..EndedRow::new(of, s.t, &s.clock) }).collect();
    // Of every app that is seen, also what no app has any more when it is asked for.
    let mut categories: Vec<String> = apps
        .iter()
        .filter(|a| who.reach.sees(a.id))
        .flat_map(|a| a.wrap_up.categories.iter().map(|c| c.name.clone()))
        .chain(Some(form.category.clone()).filter(|c| !c.is_empty()))
        .collect();
    categories.sort_by_key(|name| name.to_lowercase());
    categories.dedup();
    let categories = categories
        .into_iter()
        .map(|name| Choice { chosen: name == form.category, value: name.clone(), word: name })
        .collect();
    let apps = apps
        .iter()
        .filter(|a| who.reach.sees(a.id))
        .map(|a| (a.id.to_string(), super::apps::known_as(a, s.t.language)));
    let apps = apps.map(|(value, word)| Choice { chosen: value == form.app, value, word }).collect();
    let attendants = app.shared.accounts.list(who.operator.tenant).await?.into_iter().map(|u| u.operator);
    let attendants = attendants
        .filter(|o| o.roles.attend)
        .map(|o| Choice { chosen: o.id.to_string() == form.attendant, value: o.id.to_string(), word: o.name })
        .collect();
    let results = RESULTS
        .iter()
        .map(|r| Choice { chosen: word(r) == form.result, value: word(r), word: shell::result(s.t, r).2.to_owned() })
        .chain([Choice { chosen: form.result == MISSED, value: MISSED.to_owned(), word: s.t.missed.to_owned() }])
        .collect();
    let is_first = form.before.is_none();
    let in_file = if !wrong.is_empty() {
        None
    } else if is_first && !more {
        Some(rows_in_file(s.t, u32::try_from(sessions.len()).expect("a page is small")))
    } else {
        // The file begins with the newest, whichever page is shown.
        query.before = None;
        Some(rows_in_file(s.t, app.shared.store.count_history(who.operator.tenant, &query, COUNTED + 1).await?))
    };
    page(&HistoryPage {
        v: View::of(&app, &who),
        form,
        wrong,
        apps,
        attendants,
        results,
        categories,
        rows,
        next,
        is_first,
        in_file,
        s,
    })
}

#[cfg(test)]
mod tests {
    use store::Language;

    use super::*;

    #[test]
    fn a_file_is_announced_with_its_rows() {
        let said = |language, rows| rows_in_file(Texts::of(language), rows);
        assert_eq!(said(Language::PtBr, 0), "0 linhas no arquivo");
        assert_eq!(said(Language::PtBr, 1), "1 linha no arquivo");
        assert_eq!(said(Language::PtBr, 999), "999 linhas no arquivo");
        assert_eq!(said(Language::En, 1_007), "1,007 rows in the file");
        assert_eq!(said(Language::Es, 10_000), "10.000 filas en el archivo");
        assert_eq!(said(Language::PtBr, COUNTED + 1), "mais de 10.000 linhas no arquivo");
    }
}
