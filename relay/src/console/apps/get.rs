//! Where customers get an app: the page behind a link or a code, for anybody.
//!
//! Shows what the company shows its customers, and nothing else of it. A code that nobody has, or whose time is over, is not here.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect},
};
use jiff::Timestamp;
use protocol::id::AppId;
use serde::Deserialize;
use store::App as Record;

use super::{
    super::{
        App, desk_words,
        error::{AppError, Page, page},
        help,
        strings::{Texts, fill},
        tickets::{Invited, invited},
        visitor::Visitor,
    },
    download, look, unprocessable,
};
use crate::programs::{self, State as Stands, System};

/// Digits of the longest code.
const CODE_DIGITS: usize = 6;

#[derive(Template)]
#[template(path = "get.html")]
struct GetPage {
    t: &'static Texts,
    app: Record,
    file: &'static str,
    /// The ticket that the link is about.
    invited: Option<Invited>,
    /// The visitor's system first; none where this server makes no programs.
    programs: Vec<Offer>,
}

/// A program to be downloaded.
struct Offer {
    system: System,
    file: String,
    /// Empty before it is made.
    sha256: String,
    megabytes: String,
}

impl GetPage {
    fn invited(&self, invited: &Invited) -> String {
        fill(desk_words::of(self.t.language).invited, &[&invited.number])
    }

    fn invited_over(&self, invited: &Invited) -> String {
        fill(desk_words::of(self.t.language).invited_over, &[&invited.number])
    }

    fn invited_email(&self, invited: &Invited) -> String {
        fill(desk_words::of(self.t.language).invited_email, &[&invited.email])
    }

    fn how_it_works(&self) -> &'static str {
        help::Words::of(self.t.language).how_it_works
    }

    fn from(&self) -> String {
        fill(self.t.get_from, &[&self.app.company])
    }
}

#[derive(Template)]
#[template(path = "get_code.html")]
struct CodePage {
    t: &'static Texts,
    code: String,
    error: Option<&'static str>,
}

/// A code that is typed.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct CodeForm {
    code: String,
}

/// `GET /d`: for whoever has been told a code.
pub(crate) async fn ask(State(app): State<App>, visitor: Visitor, Query(form): Query<CodeForm>) -> Page {
    let t = visitor.texts;
    // As it is said: in pairs, with blanks.
    let code: String = form.code.chars().filter(|c| !c.is_whitespace()).collect();
    if code.is_empty() {
        return page(&CodePage { t, code, error: None });
    }
    match of(&app, &code).await {
        Ok(_) => Ok(Redirect::to(&format!("/d/{code}")).into_response()),
        Err(AppError::NotFound) => unprocessable(page(&CodePage { t, code: form.code, error: Some(t.no_such_code) })),
        Err(other) => Err(other),
    }
}

async fn of(app: &App, code: &str) -> Result<Record, AppError> {
    if code.len() > CODE_DIGITS || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AppError::NotFound);
    }
    app.shared.store.app_by_code(code, Timestamp::now()).await?.ok_or(AppError::NotFound)
}

/// `GET /d/app/{id}`: for a program whose version does not fit this server any more. Its profile has the id, and the code may be another by now.
pub(crate) async fn by_id(State(app): State<App>, Path(id): Path<String>) -> Page {
    let id: AppId = id.parse().map_err(|_| AppError::NotFound)?;
    let code = app.shared.store.app(id).await?.code;
    Ok(Redirect::to(&format!("/d/{code}")).into_response())
}

/// A link that was made for a ticket says for which.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct GetQuery {
    ticket: Option<String>,
}

/// `GET /d/{code}`
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(code): Path<String>,
    Query(query): Query<GetQuery>,
    headers: HeaderMap,
) -> Page {
    let record = of(&app, &code).await?;
    let invited = match query.ticket {
        Some(token) => invited(&app, record.tenant, &token).await?,
        None => None,
    };
    let mut systems = download::offered(&app, &record);
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    // Android calls itself Linux too, and runs neither.
    systems.sort_by_key(|system| !agent.contains(system.title()) || agent.contains("Android"));
    let programs = systems
        .into_iter()
        .map(|system| {
            let (sha256, bytes) = match app.shared.programs.state(&record, system) {
                Stands::Ready { sha256, bytes } => (sha256, bytes),
                _ => (String::new(), 0),
            };
            let megabytes = if bytes == 0 { String::new() } else { format!("{:.1} MB", bytes as f64 / 1e6) };
            Offer { system, file: programs::file_name(&record, system), sha256, megabytes }
        })
        .collect();
    let t = visitor.texts_at(&app, record.tenant).await;
    page(&GetPage { t, app: record, file: download::FILE_NAME, invited, programs })
}

/// `GET /d/{code}/program/{system}`
pub(crate) async fn program(
    State(app): State<App>,
    visitor: Visitor,
    Path((code, system)): Path<(String, String)>,
    headers: HeaderMap,
) -> Page {
    let record = of(&app, &code).await?;
    let system = System::of(&system).ok_or(AppError::NotFound)?;
    download::note_public(&app, &record, visitor.source).await?;
    download::hand_out_program(&app, record, system, &headers).await
}

/// `GET /d/{code}/logo`
pub(crate) async fn logo(State(app): State<App>, Path(code): Path<String>) -> Page {
    Ok(look::shown(&of(&app, &code).await?))
}

/// `GET /d/{code}/profile`
pub(crate) async fn profile(State(app): State<App>, visitor: Visitor, Path(code): Path<String>) -> Page {
    let record = of(&app, &code).await?;
    download::note_public(&app, &record, visitor.source).await?;
    download::signed(&app, record).await
}
