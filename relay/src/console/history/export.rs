//! The history as a file: what the page's filters find, all of it, as CSV or JSON.
//!
//! Read and sent a piece at a time: a million sessions take no more memory than a page of them. Must never hold what the page would not
//! show to the same person.

use axum::{
    body::{Body, Bytes},
    extract::{Query, State},
    http::header,
    response::IntoResponse,
};
use futures::{Stream, stream};
use protocol::{id::TenantId, message::directory::FieldKey};
use serde::Serialize;
use store::{HistoryQuery, Language, Session, StoreError};

use super::{
    super::{
        App,
        error::Page,
        strings::Texts,
        visitor::Who,
        when::{Clock, between, spoken},
    },
    HistoryForm, query, word, zone,
};
use crate::console::session_view::category;

/// Sessions that are read at once.
const PIECE: u32 = 500;

/// A session in a file of JSON. Times are UTC.
#[derive(Serialize)]
struct Entry<'a> {
    protocol: &'a str,
    app: String,
    dialled_at: String,
    started_at: Option<String>,
    ended_at: Option<String>,
    duration_s: Option<u64>,
    customer: &'a str,
    company: &'a str,
    email: &'a str,
    attendant: &'a str,
    ticket: Option<&'a str>,
    result: Option<String>,
    category: Option<&'a str>,
    solved: Option<bool>,
    note: &'a str,
    control: bool,
    reconnects: u32,
    alarm: bool,
}

impl<'a> Entry<'a> {
    fn of(s: &'a Session, apps: &[store::App]) -> Self {
        let said = s.wrap_up.as_ref().and_then(|said| said.category.as_ref());
        Self {
            protocol: s.protocol.as_str(),
            app: app_name(s, apps),
            dialled_at: s.dialled_at.to_string(),
            started_at: s.started_at.map(|at| at.to_string()),
            ended_at: s.ended_at.map(|at| at.to_string()),
            duration_s: s.started_at.zip(s.ended_at).map(|(from, to)| between(from, to).as_secs()),
            customer: &s.customer_name,
            company: s.field(FieldKey::Company),
            email: s.field(FieldKey::Email),
            attendant: &s.attendant_name,
            ticket: s.ticket_shown().map(|t| t.as_str()),
            result: s.close_reason.as_ref().map(word),
            category: said.map(|category| category.name.as_str()),
            solved: said.map(|category| category.solved),
            note: s.wrap_up.as_ref().map_or("", |said| said.note.as_str()),
            control: s.granted.control,
            reconnects: s.reconnects,
            alarm: s.alarm_at.is_some(),
        }
    }
}

fn app_name(s: &Session, apps: &[store::App]) -> String {
    apps.iter().find(|a| a.id == s.app).map(|a| a.name.clone()).unwrap_or_default()
}

/// `GET /history.json`
pub(crate) async fn json(State(app): State<App>, who: Who, Query(form): Query<HistoryForm>) -> Page {
    let apps = app.shared.apps.of(who.operator.tenant).await?;
    let query = begin(&app, &who, &form).await?;
    let mut first = true;
    let line = move |s: &Session| {
        let comma = if std::mem::take(&mut first) { "" } else { ",\n" };
        format!("{comma}{}", serde_json::to_string(&Entry::of(s, &apps)).unwrap_or_else(|_| "null".to_owned()))
    };
    let body = pieces(app, who.operator.tenant, query, "[\n".to_owned(), "\n]\n", line);
    Ok(file("application/json", "json", body))
}

/// `GET /history.csv`: in the language and the time zone of the page, as spreadsheets there open it.
pub(crate) async fn csv(State(app): State<App>, who: Who, Query(form): Query<HistoryForm>) -> Page {
    let apps = app.shared.apps.of(who.operator.tenant).await?;
    let zone_name = app.shared.store.tenant(who.operator.tenant).await?.time_zone;
    let query = begin(&app, &who, &form).await?;
    let (t, clock) = (who.texts, Clock::new(&zone_name, who.texts, jiff::Timestamp::now()));
    let head = [
        t.protocol,
        t.app,
        t.began,
        t.duration,
        t.customer,
        t.company,
        t.email,
        t.attendant,
        t.ticket,
        t.result,
        t.category,
        t.note,
        t.reconnects,
    ];
    // The mark tells spreadsheets that this is UTF-8.
    let head = format!("\u{feff}{}", row(t, &head.map(str::to_owned)));
    let line = move |s: &Session| {
        let began = s.started_at.unwrap_or(s.dialled_at);
        let duration = s.started_at.zip(s.ended_at).map(|(from, to)| spoken(between(from, to)));
        let result = s.close_reason.as_ref().map_or("", |why| super::shell::result(t, why).2);
        row(
            t,
            &[
                s.protocol.to_string(),
                app_name(s, &apps),
                clock.date_time(&began),
                duration.unwrap_or_default(),
                s.customer_name.clone(),
                s.field(FieldKey::Company).to_owned(),
                s.field(FieldKey::Email).to_owned(),
                s.attendant_name.clone(),
                s.ticket_shown().map(|n| n.as_str().to_owned()).unwrap_or_default(),
                result.to_owned(),
                category(s).to_owned(),
                s.wrap_up.as_ref().map(|said| said.note.clone()).unwrap_or_default(),
                s.reconnects.to_string(),
            ],
        )
    };
    let body = pieces(app, who.operator.tenant, query, head, "", line);
    Ok(file("text/csv; charset=utf-8", "csv", body))
}

/// The query behind a form; that it was asked for is written down first.
async fn begin(app: &App, who: &Who, form: &HistoryForm) -> Result<HistoryQuery, super::AppError> {
    let (query, wrong) = query(form, who, &zone(app, who).await?);
    if !wrong.is_empty() {
        // A file does not say that it holds more than was asked for.
        return Err(super::AppError::BadRequest);
    }
    who.audit(app, "history.exported", &form.address()).await?;
    Ok(HistoryQuery { before: None, limit: PIECE, ..query })
}

fn file(kind: &'static str, ending: &'static str, body: Body) -> axum::response::Response {
    let disposition = format!("attachment; filename=\"amparo-history.{ending}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], body).into_response()
}

/// What is sent: the head, every session, the tail; or an end without a tail when the records fail on the way.
fn pieces(
    app: App,
    tenant: TenantId,
    query: HistoryQuery,
    head: String,
    tail: &'static str,
    line: impl FnMut(&Session) -> String + Send + 'static,
) -> Body {
    Body::from_stream(read(app, tenant, query, head, tail, line))
}

fn read(
    app: App,
    tenant: TenantId,
    query: HistoryQuery,
    head: String,
    tail: &'static str,
    line: impl FnMut(&Session) -> String + Send + 'static,
) -> impl Stream<Item = Result<Bytes, StoreError>> {
    stream::unfold(Some((app, query, head, line)), move |state| async move {
        let (app, mut query, mut text, mut line) = state?;
        let sessions = match app.shared.store.history(tenant, &query).await {
            Ok(sessions) => sessions,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "an export is cut short");
                return Some((Err(error), None));
            }
        };
        sessions.iter().for_each(|s| text.push_str(&line(s)));
        let last = sessions.last().filter(|_| sessions.len() >= PIECE as usize);
        let Some(last) = last else {
            text.push_str(tail);
            return Some((Ok(Bytes::from(text)), None));
        };
        query.before = Some(last.row);
        Some((Ok(Bytes::from(text)), Some((app, query, String::new(), line))))
    })
}

/// One line. Spreadsheets of countries with a decimal comma part cells by semicolons.
fn row(t: &'static Texts, cells: &[String]) -> String {
    let between = if t.language == Language::En { "," } else { ";" };
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    format!("{}\r\n", cells.join(between))
}

/// A cell that is text whatever is in it: what a customer typed must not become a formula.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_never_ends_early() {
        let row = |language, cells: &[&str]| {
            row(Texts::of(language), &cells.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(row(Language::PtBr, &["a;b", "c\"d"]), "\"a;b\";\"c\"\"d\"\r\n");
        assert_eq!(
            row(Language::En, &["=1+1", "-2", "@x", "+5", "ok"]),
            "\"'=1+1\",\"'-2\",\"'@x\",\"'+5\",\"ok\"\r\n"
        );
    }
}
