//! Indicators: what sessions and requests come to, now and in a range of days. Figures only: no customer is named.
//!
//! For whoever administers at least one app, and of those apps only, as on the page.

use axum::{Json, extract::State};
use jiff::{Timestamp, civil::Date};
use protocol::id::AppId;
use serde::{Deserialize, Serialize};
use store::Figures;
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        App,
        indicators::{self as pages, Asked, Entry, IndicatorsForm, Total},
        when::between,
    },
    auth::Caller,
    extract::{Params, parameter},
    problem::ApiError,
};

/// What is so at this moment.
#[derive(Serialize, ToSchema)]
pub(super) struct IndicatorsNow {
    /// When this was so.
    at: Timestamp,
    /// Customers who wait.
    waiting: usize,
    /// Since when they wait who wait longest.
    #[schema(required)]
    longest_since: Option<Timestamp>,
    /// How long that is.
    #[schema(required)]
    longest_wait_s: Option<u64>,
    /// Sessions under way.
    sessions: usize,
    /// Attendants who take customers.
    available: usize,
    /// Attendants on a break.
    on_break: usize,
}

/// A day of a range.
#[derive(Serialize, ToSchema)]
pub(super) struct IndicatorsDay {
    /// Which, in the company's time zone.
    #[schema(value_type = String, format = Date)]
    date: Date,
    /// Sessions that began.
    sessions: u64,
    /// Requests that nobody took.
    missed: u64,
}

impl From<(Date, Figures)> for IndicatorsDay {
    fn from((date, figures): (Date, Figures)) -> Self {
        Self { date, sessions: figures.sessions, missed: figures.missed }
    }
}

/// What a range of days comes to.
#[derive(Serialize, ToSchema)]
pub(super) struct Indicators {
    /// The first day.
    #[schema(value_type = String, format = Date)]
    from: Date,
    /// The last day, included.
    #[schema(value_type = String, format = Date)]
    to: Date,
    /// The company's time zone: that of these days.
    time_zone: String,
    /// All of it.
    total: Total,
    /// Each of its days.
    days: Vec<IndicatorsDay>,
    /// By app; those without anything are left out.
    by_app: Vec<Entry>,
    /// By attendant: everybody who attends one of the apps, who has most sessions first.
    by_attendant: Vec<Entry>,
    /// By category, the most used first.
    by_category: Vec<Entry>,
}

/// Days up to today.
#[derive(Deserialize, ToSchema, Clone, Copy)]
pub(super) enum Range {
    #[serde(rename = "today")]
    Today,
    #[serde(rename = "yesterday")]
    Yesterday,
    #[serde(rename = "7")]
    Week,
    #[serde(rename = "30")]
    Month,
}

/// Which days, and of which app.
#[derive(Deserialize, IntoParams, Default)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct IndicatorsQuery {
    /// `today`, `yesterday`, or the last `7` or `30` days with today. Without it and without `from`: today.
    #[param(inline)]
    range: Option<Range>,
    /// The first day, `2026-11-01`, with `to` and without `range`.
    from: Option<String>,
    /// The last day, included; the range is of 366 days at most.
    to: Option<String>,
    /// Of this app only.
    app: Option<String>,
}

/// Of which app.
#[derive(Deserialize, IntoParams, Default)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct IndicatorsNowQuery {
    /// Of this app only.
    app: Option<String>,
}

async fn asked(app: &App, caller: &Caller, form: IndicatorsForm) -> Result<Asked, ApiError> {
    parameter::<AppId>("app", Some(&form.app).filter(|of| !of.is_empty()).map(String::as_str))?;
    let found = pages::asked(app, &caller.who, &form).await?;
    found.ok_or_else(|| ApiError::parameter("from", "with to, two days in order that are 366 days at most"))
}

/// What sessions and requests came to in a range of days
///
/// Of the apps that the token's user administers; whoever administers none may not (403).
#[utoipa::path(get, path = "/api/v1/indicators", tag = "Indicators", params(IndicatorsQuery),
    responses((status = 200, description = "The figures", body = Indicators, example = json!({
        "from": "2026-11-21", "to": "2026-11-21", "time_zone": "America/Sao_Paulo",
        "total": { "sessions": 12, "mean_duration_s": 840, "mean_wait_s": 35, "not_allowed": 1, "missed": 2, "solved": 9, "categorised": 11 },
        "days": [{ "date": "2026-11-21", "sessions": 12, "missed": 2 }],
        "by_app": [{ "id": "5f0c6a52b1e94f7fa2a7d1f0b3c4d5e6", "name": "Suporte", "sessions": 12, "mean_duration_s": 840,
            "mean_wait_s": 35, "not_allowed": 1, "missed": 2, "solved": 9, "categorised": 11, "available_s": null, "on_break_s": null }],
        "by_attendant": [{ "id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "name": "Ana Ribeiro", "sessions": 12, "mean_duration_s": 840,
            "mean_wait_s": 35, "not_allowed": 1, "missed": 0, "solved": 9, "categorised": 11, "available_s": 25200, "on_break_s": 3600 }],
        "by_category": [{ "id": "Impressora", "name": "Impressora", "sessions": 7, "mean_duration_s": 600,
            "mean_wait_s": 30, "not_allowed": 0, "missed": 0, "solved": 7, "categorised": 7, "available_s": null, "on_break_s": null }]
    }))))]
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    Params(asked_for): Params<IndicatorsQuery>,
) -> Result<Json<Indicators>, ApiError> {
    let IndicatorsQuery { range, from, to, app: of } = asked_for;
    let own = from.is_some() || to.is_some();
    let range = match range {
        Some(_) if own => return Err(ApiError::parameter("range", "either this or from and to")),
        None if own => "own",
        None | Some(Range::Today) => "today",
        Some(Range::Yesterday) => "yesterday",
        Some(Range::Week) => "7",
        Some(Range::Month) => "30",
    };
    let [from, to, of] = [from, to, of].map(Option::unwrap_or_default);
    let found = asked(&app, &caller, IndicatorsForm { range: range.to_owned(), from, to, app: of }).await?;
    let who = &caller.who;
    let [by_app, by_attendant, by_category] =
        found.tables(&app, who).await?.map(|lines| lines.iter().map(pages::Line::entry).collect());
    Ok(Json(Indicators {
        total: Total::from(&found.total(&app, who).await?),
        days: found.days(&app, who).await?.into_iter().map(IndicatorsDay::from).collect(),
        by_app,
        by_attendant,
        by_category,
        from: found.from,
        to: found.to,
        time_zone: found.zone.iana_name().unwrap_or("UTC").to_owned(),
    }))
}

/// Who waits, how many sessions are under way and who attends, now
///
/// Of the apps that the token's user administers; whoever administers none may not (403).
#[utoipa::path(get, path = "/api/v1/indicators/now", tag = "Indicators", params(IndicatorsNowQuery),
    responses((status = 200, description = "The figures", body = IndicatorsNow, example = json!({
        "at": "2026-11-21T14:05:00Z", "waiting": 3, "longest_since": "2026-11-21T14:01:20Z", "longest_wait_s": 220,
        "sessions": 2, "available": 4, "on_break": 1
    }))))]
pub(super) async fn now(
    State(app): State<App>,
    caller: Caller,
    Params(asked_for): Params<IndicatorsNowQuery>,
) -> Result<Json<IndicatorsNow>, ApiError> {
    let form = IndicatorsForm { app: asked_for.app.unwrap_or_default(), ..IndicatorsForm::default() };
    let (now, at) = (asked(&app, &caller, form).await?.now(&app, &caller.who).await?, Timestamp::now());
    Ok(Json(IndicatorsNow {
        at,
        waiting: now.waiting,
        longest_since: now.longest_since,
        longest_wait_s: now.longest_since.map(|since| between(since, at).as_secs()),
        sessions: now.sessions,
        available: now.available,
        on_break: now.on_break,
    }))
}
