//! Indicators: what sessions and requests came to, now and in a range of days, by app, attendant and category; on a page or as a file.
//!
//! For whoever administers at least one app, and of those apps only. Counted by the store, a few rows at a time.

mod figures;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::header,
    response::IntoResponse,
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use protocol::{id::AppId, message::offer::Status};
use serde::Deserialize;
use store::{By, Figures, FiguresQuery, Language};

use super::{
    App,
    error::{AppError, Page, page},
    shell::{Choice, Here, Shell},
    visitor::Who,
};

pub(super) use figures::{Entry, Line, Total};
use figures::{Presence, fold_days, tables};

/// Days of a range, the longest.
const DAYS: i64 = 366;

/// What is looked at, as chosen.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct IndicatorsForm {
    pub(super) range: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) app: String,
}

impl IndicatorsForm {
    fn address(&self) -> String {
        let all = [("range", &self.range), ("from", &self.from), ("to", &self.to), ("app", &self.app)];
        let set = all.iter().filter(|(_, value)| value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        set.filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("&")
    }
}

/// The days that are meant, both included; `None`: they cannot be.
fn days(form: &IndicatorsForm, today: Date) -> Option<(Date, Date)> {
    let back = |days: i64| today.checked_sub(days.days()).ok();
    match form.range.as_str() {
        "" | "today" => Some((today, today)),
        "yesterday" => back(1).map(|day| (day, day)),
        "7" => back(6).map(|day| (day, today)),
        "30" => back(29).map(|day| (day, today)),
        "own" => {
            let (from, to): (Date, Date) = (form.from.parse().ok()?, form.to.parse().ok()?);
            let length = from.until(to).ok()?.get_days();
            (from <= to && i64::from(length) < DAYS).then_some((from, to))
        }
        _ => None,
    }
}

/// What is looked at.
pub(super) struct Asked {
    pub(super) from: Date,
    pub(super) to: Date,
    begin: Timestamp,
    end: Timestamp,
    pub(super) zone: TimeZone,
    /// Those that were chosen of whoever asks; none of them is out of reach.
    apps: Vec<AppId>,
}

/// What is so at this moment.
pub(super) struct Now {
    pub(super) waiting: usize,
    /// Since when they wait who wait longest.
    pub(super) longest_since: Option<Timestamp>,
    pub(super) sessions: usize,
    pub(super) available: usize,
    pub(super) on_break: usize,
}

/// What this form means for whoever asks; `None`: its days cannot be.
pub(super) async fn asked(app: &App, who: &Who, form: &IndicatorsForm) -> Result<Option<Asked>, AppError> {
    if !who.reach.has_indicators() {
        return Err(AppError::Forbidden);
    }
    let zone = app.shared.store.tenant(who.operator.tenant).await?.zone();
    let today = Timestamp::now().to_zoned(zone.clone()).date();
    let Some((from, to)) = days(form, today) else { return Ok(None) };
    let midnight = |date: Date| date.to_zoned(zone.clone()).map(|at| at.timestamp()).ok();
    let (Some(begin), Some(end)) = (midnight(from), to.checked_add(1.days()).ok().and_then(midnight)) else {
        return Ok(None);
    };
    let all = app.shared.apps.every(who.operator.tenant).await?;
    let mine = all.iter().map(|app| app.id).filter(|id| who.reach.administers(*id));
    let apps = match form.app.as_str() {
        "" => mine.collect(),
        // One that is out of reach is as one that is not there.
        one => mine.filter(|id| id.to_string() == one).collect(),
    };
    Ok(Some(Asked { from, to, begin, end, zone, apps }))
}

impl Asked {
    async fn rows(&self, app: &App, who: &Who, by: By) -> Result<Vec<(String, Figures)>, AppError> {
        let query = FiguresQuery { from: self.begin, to: self.end, apps: self.apps.clone(), by };
        let rows = app.shared.store.figures(who.operator.tenant, &query).await?;
        Ok(rows.into_iter().map(|row| (row.key, row.figures)).collect())
    }

    /// What all of this range comes to.
    pub(super) async fn total(&self, app: &App, who: &Who) -> Result<Figures, AppError> {
        Ok(self.rows(app, who, By::All).await?.pop().map(|(_, figures)| figures).unwrap_or_default())
    }

    /// Each day of this range.
    pub(super) async fn days(&self, app: &App, who: &Who) -> Result<Vec<(Date, Figures)>, AppError> {
        let hours = self.rows(app, who, By::Hour).await?;
        Ok(fold_days(&hours, self.from, self.to, &self.zone))
    }

    /// What is so at this moment.
    pub(super) async fn now(&self, app: &App, who: &Who) -> Result<Now, AppError> {
        let tenant = who.operator.tenant;
        let (directory, chosen) = (&app.shared.directory, |of| self.apps.contains(&of));
        let apps = app.shared.apps.of(tenant).await?;
        let mut there = app.shared.queue.there(tenant);
        there.retain(|a| apps.iter().any(|of| chosen(of.id) && crate::apps::attends(of, &a.operator)));
        let count = |which: fn(Status) -> bool| there.iter().filter(|a| which(a.status)).count();
        Ok(Now {
            waiting: directory.waiting_count_of(tenant, chosen),
            longest_since: directory.first_waiting_of(tenant, 1, chosen).first().map(|p| p.since),
            sessions: app.shared.sessions.list(tenant).iter().filter(|l| chosen(l.app) && !l.is_watch()).count(),
            available: count(|status| status == Status::Available),
            on_break: count(|status| matches!(status, Status::Break(_))),
        })
    }

    /// The tables of this range, by app, attendant and category.
    pub(super) async fn tables(&self, app: &App, who: &Who) -> Result<[Vec<Line>; 3], AppError> {
        let tenant = who.operator.tenant;
        let apps = app.shared.apps.every(tenant).await?;
        let users = app.shared.accounts.list(tenant).await?;
        let changes = app.shared.store.presence(tenant, self.begin, self.end).await?;
        let presence = Presence::of(&changes, self.begin, self.end.min(Timestamp::now()));
        let rows = [
            self.rows(app, who, By::App).await?,
            self.rows(app, who, By::Attendant).await?,
            self.rows(app, who, By::Category).await?,
        ];
        let of_mine: Vec<_> = users
            .into_iter()
            .map(|user| user.operator)
            .filter(|o| {
                apps.iter().any(|a| a.archived.is_none() && self.apps.contains(&a.id) && crate::apps::attends(a, o))
            })
            .collect();
        Ok(tables(rows, &apps, &of_mine, &presence, who.texts))
    }
}

/// A day's bar.
pub(super) struct Bar {
    day: String,
    sessions: u64,
    missed: u64,
    /// Of the highest day, in percent.
    height: u64,
    missed_height: u64,
}

#[derive(Template)]
#[template(path = "indicators.html")]
struct IndicatorsPage {
    s: Shell,
    form: IndicatorsForm,
    wrong: bool,
    ranges: Vec<Choice>,
    apps: Vec<Choice>,
    /// Word and figure of now.
    now: Vec<(&'static str, String)>,
    /// … and of the range.
    summary: Vec<(&'static str, String)>,
    bars: Vec<Bar>,
    /// By app, attendant, category, with their titles.
    tables: Vec<(&'static str, &'static str, Vec<Line>)>,
}

/// `GET /indicators`
pub(super) async fn show(State(app): State<App>, who: Who, Query(form): Query<IndicatorsForm>) -> Page {
    let found = asked(&app, &who, &form).await?;
    let wrong = found.is_none();
    let found = match found {
        Some(found) => found,
        // What cannot be meant is today, and said.
        None => asked(&app, &who, &IndicatorsForm { app: form.app.clone(), ..IndicatorsForm::default() })
            .await?
            .ok_or(AppError::BadRequest)?,
    };
    let s = Shell::load(&app, &who, Here::Indicators).await?;
    let t = s.t;
    let [by_app, by_attendant, by_category] = found.tables(&app, &who).await?;
    let total = found.total(&app, &who).await?;
    let bars = bars(found.days(&app, &who).await?, t.language);
    let now = now(&found.now(&app, &who).await?, &s);
    let tables =
        vec![("app", t.app, by_app), ("attendant", t.attendant, by_attendant), ("category", t.category, by_category)];
    let all = app.shared.apps.of(who.operator.tenant).await?;
    let apps = all.iter().filter(|a| who.reach.administers(a.id));
    let apps = apps.map(|a| (a.id.to_string(), a.name.clone()));
    let apps = apps.map(|(value, word)| Choice { chosen: value == form.app, value, word }).collect();
    let ranges = [
        ("today", t.today),
        ("yesterday", t.yesterday),
        ("7", t.last_7_days),
        ("30", t.last_30_days),
        ("own", t.own_range),
    ];
    let chosen = if form.range.is_empty() { "today" } else { form.range.as_str() };
    let ranges = ranges.map(|(value, word)| Choice { value: value.into(), word: word.into(), chosen: value == chosen });
    page(&IndicatorsPage {
        now,
        summary: figures::summary(&total, t),
        bars,
        tables,
        apps,
        ranges: ranges.into(),
        wrong,
        form,
        s,
    })
}

/// What is so at this moment, in words.
fn now(now: &Now, s: &Shell) -> Vec<(&'static str, String)> {
    let t = s.t;
    let longest = now.longest_since.map(|since| super::when::stopwatch(super::when::between(since, s.clock.now())));
    vec![
        (t.waiting_now, now.waiting.to_string()),
        (t.longest_wait, longest.unwrap_or_else(|| "–".to_owned())),
        (t.in_progress, now.sessions.to_string()),
        (t.available_now, now.available.to_string()),
        (t.on_break_now, now.on_break.to_string()),
    ]
}

fn bars(days: Vec<(Date, Figures)>, language: Language) -> Vec<Bar> {
    let most = days.iter().map(|(_, f)| f.sessions + f.missed).max().unwrap_or(0).max(1);
    let day = |date: Date| match language {
        Language::En => date.strftime("%-d %b").to_string(),
        Language::PtBr | Language::Es => date.strftime("%d/%m").to_string(),
    };
    days.into_iter()
        .map(|(date, f)| Bar {
            day: day(date),
            sessions: f.sessions,
            missed: f.missed,
            height: f.sessions * 100 / most,
            missed_height: f.missed * 100 / most,
        })
        .collect()
}

/// `GET /indicators.json`
pub(super) async fn json(State(app): State<App>, who: Who, Query(form): Query<IndicatorsForm>) -> Page {
    let found = asked(&app, &who, &form).await?.ok_or(AppError::BadRequest)?;
    let tables = found.tables(&app, &who).await?;
    who.audit(&app, "indicators.exported", &form.address()).await?;
    let [by_app, by_attendant, by_category] = tables.map(|lines| lines.iter().map(Line::entry).collect::<Vec<_>>());
    let body = serde_json::json!({
        "from": found.from.to_string(),
        "to": found.to.to_string(),
        "by_app": by_app,
        "by_attendant": by_attendant,
        "by_category": by_category,
    });
    Ok(file("application/json", "json", body.to_string()))
}

/// `GET /indicators.csv`: one row for each app, attendant and category.
pub(super) async fn csv(State(app): State<App>, who: Who, Query(form): Query<IndicatorsForm>) -> Page {
    let found = asked(&app, &who, &form).await?.ok_or(AppError::BadRequest)?;
    let t = who.texts;
    let [by_app, by_attendant, by_category] = found.tables(&app, &who).await?;
    who.audit(&app, "indicators.exported", &form.address()).await?;
    // The mark tells spreadsheets that this is UTF-8.
    let mut text = format!("\u{feff}{}", super::history::csv_row(t, &figures::csv_head(t)));
    for (kind, lines) in [(t.app, by_app), (t.attendant, by_attendant), (t.category, by_category)] {
        for line in &lines {
            text.push_str(&super::history::csv_row(t, &line.csv(kind)));
        }
    }
    Ok(file("text/csv; charset=utf-8", "csv", text))
}

fn file(kind: &'static str, ending: &'static str, body: String) -> axum::response::Response {
    let disposition = format!("attachment; filename=\"amparo-indicators.{ending}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], body).into_response()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_range_is_days_of_the_companys_calendar_and_never_longer_than_a_year() {
        let today: Date = "2026-11-19".parse().unwrap();
        let of = |range: &str, from: &str, to: &str| {
            let form =
                IndicatorsForm { range: range.into(), from: from.into(), to: to.into(), ..IndicatorsForm::default() };
            days(&form, today).map(|(from, to)| format!("{from} {to}"))
        };
        assert_eq!(of("", "", "").as_deref(), Some("2026-11-19 2026-11-19"));
        assert_eq!(of("yesterday", "", "").as_deref(), Some("2026-11-18 2026-11-18"));
        assert_eq!(of("7", "", "").as_deref(), Some("2026-11-13 2026-11-19"));
        assert_eq!(of("own", "2026-10-01", "2026-10-31").as_deref(), Some("2026-10-01 2026-10-31"));
        for (from, to) in [("2026-10-31", "2026-10-01"), ("", ""), ("2024-01-01", "2026-01-01"), ("x", "2026-01-01")] {
            assert_eq!(of("own", from, to), None, "{from} {to}");
        }
        assert_eq!(of("century", "", ""), None);
    }
}
