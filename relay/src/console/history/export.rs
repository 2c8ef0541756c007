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
use jiff::Timestamp;
use protocol::{id::TenantId, message::directory::FieldKey};
use serde::Serialize;
use store::{HistoryQuery, Language, Session, StoreError};
use utoipa::ToSchema;

use super::{
    super::{
        App,
        error::Page,
        strings::Texts,
        visitor::Who,
        watching,
        when::{Clock, between, spoken},
    },
    HistoryForm, MISSED, query, word, zone,
};
use crate::console::session_view::category;

/// Sessions that are read at once.
const PIECE: u32 = 500;

/// A session in a file of JSON and in the API. Times are UTC.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(in crate::console) struct Entry {
    /// Which.
    id: String,
    /// The number that both people know it by.
    protocol: String,
    /// Where it stands: `dialling`, `started`, `ended`, `not_started` or `missed`.
    state: String,
    /// Its app.
    app_id: String,
    /// The app's name.
    app: String,
    /// When it was dialled.
    dialled_at: Timestamp,
    /// When the customer allowed it.
    #[schema(required)]
    started_at: Option<Timestamp>,
    /// When it was over.
    #[schema(required)]
    ended_at: Option<Timestamp>,
    /// From the customer's yes to the end, in seconds.
    #[schema(required)]
    duration_s: Option<u64>,
    /// The customer's name, as typed.
    customer: String,
    /// Their company.
    company: String,
    /// Their e-mail address.
    email: String,
    /// The attendant's id; nobody's of a missed request.
    #[schema(required)]
    attendant_id: Option<String>,
    /// The attendant's name at that time.
    attendant: String,
    /// The ticket it is on.
    #[schema(required)]
    ticket: Option<String>,
    /// Why it was over.
    #[schema(required)]
    result: Option<String>,
    /// Why nobody took it, when it was missed: `out_of_hours`, `holiday`, `nobody_available` or `gave_up`.
    #[schema(required)]
    missed: Option<String>,
    /// What it was put into.
    #[schema(required)]
    category: Option<String>,
    /// The customer was helped.
    #[schema(required)]
    solved: Option<bool>,
    /// The attendant's note.
    note: String,
    /// Mouse and keyboard were allowed.
    control: bool,
    /// They had administrator's rights at any time in it.
    administrator: bool,
    /// How often the connection was lost and came back.
    reconnects: u32,
    /// The customer raised an alarm.
    alarm: bool,
    /// The protocol number of the session that was watched in this one, in which nobody was helped.
    #[schema(required)]
    watches: Option<String>,
    /// Who watched it, oldest first, the first fifty; only where one session is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    watched_by: Option<Vec<Watch>>,
}

/// Somebody who watched a session.
#[derive(Serialize, ToSchema)]
struct Watch {
    /// The watch, which is a session of its own.
    id: String,
    /// Its number.
    protocol: String,
    /// Who.
    #[schema(required)]
    attendant_id: Option<String>,
    /// Their name at that time.
    attendant: String,
    /// When the customer allowed it.
    #[schema(required)]
    started_at: Option<Timestamp>,
    /// When it was over.
    #[schema(required)]
    ended_at: Option<Timestamp>,
}

impl Entry {
    /// A session as others read it.
    pub(in crate::console) fn of(s: &Session, apps: &[store::App]) -> Self {
        let said = s.wrap_up.as_ref().and_then(|said| said.category.as_ref());
        Self {
            id: s.id.to_string(),
            protocol: s.protocol.to_string(),
            state: spelled(&s.state),
            app_id: s.app.to_string(),
            app: app_name(s, apps),
            dialled_at: s.dialled_at,
            started_at: s.started_at,
            ended_at: s.ended_at,
            duration_s: s.started_at.zip(s.ended_at).map(|(from, to)| between(from, to).as_secs()),
            customer: s.customer_name.clone(),
            company: s.field(FieldKey::Company).to_owned(),
            email: s.field(FieldKey::Email).to_owned(),
            attendant_id: s.attendant.map(|id| id.to_string()),
            attendant: s.attendant_name.clone(),
            ticket: s.ticket_shown().map(|t| t.as_str().to_owned()),
            result: s.close_reason.as_ref().map(word).or(s.missed.map(|_| MISSED.to_owned())),
            missed: s.missed.as_ref().map(spelled),
            category: said.map(|category| category.name.clone()),
            solved: said.map(|category| category.solved),
            note: said_of(s).to_owned(),
            control: s.granted.control,
            administrator: s.rights.iter().any(|change| change.administrator),
            reconnects: s.reconnects,
            alarm: s.alarm_at.is_some(),
            watches: s.watches.as_ref().map(ToString::to_string),
            watched_by: None,
        }
    }

    /// With who watched it.
    pub(in crate::console) fn watched(mut self, by: &[Session]) -> Self {
        let watch = |s: &Session| Watch {
            id: s.id.to_string(),
            protocol: s.protocol.to_string(),
            attendant_id: s.attendant.map(|id| id.to_string()),
            attendant: s.attendant_name.clone(),
            started_at: s.started_at,
            ended_at: s.ended_at,
        };
        self.watched_by = Some(by.iter().map(watch).collect());
        self
    }
}

/// The word that a value has in files and in the API.
fn spelled(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// What the attendant noted, or the customer wanted to say.
fn said_of(s: &Session) -> &str {
    s.wrap_up.as_ref().map_or(s.message.as_str(), |said| said.note.as_str())
}

fn app_name(s: &Session, apps: &[store::App]) -> String {
    apps.iter().find(|a| a.id == s.app).map(|a| a.name.clone()).unwrap_or_default()
}

/// `GET /history.json`
pub(crate) async fn json(State(app): State<App>, who: Who, Query(form): Query<HistoryForm>) -> Page {
    let apps = app.shared.apps.every(who.operator.tenant).await?;
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
    let apps = app.shared.apps.every(who.operator.tenant).await?;
    let zone_name = app.shared.store.tenant(who.operator.tenant).await?.time_zone;
    let query = begin(&app, &who, &form).await?;
    let w = watching::Words::of(who.texts.language);
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
        w.watched_session,
    ];
    // The mark tells spreadsheets that this is UTF-8.
    let head = format!("\u{feff}{}", row(t, &head.map(str::to_owned)));
    let line = move |s: &Session| {
        let began = s.started_at.unwrap_or(s.dialled_at);
        let duration = s.started_at.zip(s.ended_at).map(|(from, to)| spoken(between(from, to)));
        let missed = s.missed.map_or("", |_| super::shell::missed(t, s.missed).2);
        let result = s.close_reason.as_ref().map_or(missed, |why| super::shell::result(t, why).2);
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
                said_of(s).to_owned(),
                s.reconnects.to_string(),
                s.watches.as_ref().map(ToString::to_string).unwrap_or_default(),
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
pub(crate) fn row(t: &'static Texts, cells: &[String]) -> String {
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
