//! Where customers get an app: the page behind a link or a code, for anybody.
//!
//! Shows what the company shows its customers, and nothing else of it. A code that nobody has, or whose time is over, is not here.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect},
};
use jiff::Timestamp;
use protocol::{id::AppId, message::invitation::Invitation};
use serde::Deserialize;
use store::App as Record;

use super::{
    super::{
        App, desk_words,
        error::{AppError, Page, page},
        help,
        origin::Origin,
        strings::{Texts, fill},
        tickets::{Invited, invited},
        visitor::Visitor,
    },
    download, look, unprocessable, with_status,
    words::Words,
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
    /// What the link says of a ticket, if it was made for one.
    invited: Option<Invited>,
    /// The visitor's system first; none where this server makes no programs.
    programs: Vec<Offer>,
    /// What a link to the program ends with.
    origin: Origin,
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
    /// What the link says of its ticket: a colour, an icon, and the lines.
    fn invitation(&self) -> Option<(&'static str, &'static str, Vec<String>)> {
        let w = desk_words::of(self.t.language);
        let told = |why: &str| Some(("warn", "clock", vec![why.to_owned(), w.invited_without.to_owned()]));
        match self.invited.as_ref()? {
            Invited::To { number, subject, email, .. } => {
                let knows = if self.programs.is_empty() && !email.is_empty() {
                    fill(w.invited_email, &[email])
                } else if self.programs.is_empty() {
                    String::new()
                } else {
                    w.invited_knows.to_owned()
                };
                let lines = [fill(w.invited, &[number]), subject.clone(), knows];
                Some(("inf", "ticket", lines.into_iter().filter(|line| !line.is_empty()).collect()))
            }
            Invited::Over { number } => Some(("warn", "clock", vec![fill(w.invited_over, &[number])])),
            Invited::Expired => told(w.invited_expired),
            Invited::Nothing => told(w.invited_unknown),
        }
    }

    /// Behind the address of a program: the ticket it is downloaded for.
    fn asked(&self) -> String {
        self.token().map(|token| format!("?ticket={}", token.as_str())).unwrap_or_default()
    }

    fn token(&self) -> Option<&Invitation> {
        match &self.invited {
            Some(Invited::To { token, .. }) => Some(token),
            _ => None,
        }
    }

    /// What opens this ticket in a program that is there, and the words for it.
    fn open_in_program(&self) -> Option<(String, &'static str)> {
        let token = self.token().filter(|_| !self.programs.is_empty())?;
        let link = format!("amparo:ticket?token={}{}", token.as_str(), self.origin);
        Some((link, desk_words::of(self.t.language).invited_open))
    }

    /// What nobody who has Linux finds in the file: browsers take away that it may be run.
    fn linux_runs(&self) -> Option<&'static str> {
        let first = self.programs.first().is_some_and(|program| program.system == System::Linux);
        first.then(|| super::words::Words::of(self.t.language).linux_runs)
    }

    fn how_it_works(&self) -> &'static str {
        help::Words::of(self.t.language).how_it_works
    }

    fn from(&self) -> String {
        fill(self.t.get_from, &[&self.app.company])
    }
}

/// The page of an app that has ended.
#[derive(Template)]
#[template(path = "get_ended.html")]
struct EndedPage {
    t: &'static Texts,
    app: Record,
    title: &'static str,
    lead: String,
}

/// Says that an app has ended, in the company's name.
async fn ended(app: &App, visitor: &Visitor, record: Record) -> Page {
    let t = visitor.texts_at(app, record.tenant).await;
    let w = Words::of(t.language);
    let lead = fill(w.service_ended_lead, &[&record.company]);
    with_status(page(&EndedPage { t, app: record, title: w.service_ended, lead }), StatusCode::GONE)
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
    if record.archived.is_some() {
        return ended(&app, &visitor, record).await;
    }
    let invited = match query.ticket {
        Some(token) => Some(invited(&app, &record, &token).await?),
        None => None,
    };
    let token = match &invited {
        Some(Invited::To { token, .. }) => Some(token),
        _ => None,
    };
    let mut systems = download::offered(&app, &record);
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    // Android calls itself Linux too, and runs neither.
    systems.sort_by_key(|system| !agent.contains(system.title()) || agent.contains("Android"));
    let programs = systems
        .into_iter()
        .map(|system| {
            let (sha256, bytes) = match app.shared.programs.state(&record, system) {
                Stands::Ready { sha256, bytes, .. } => (sha256, bytes),
                _ => (String::new(), 0),
            };
            let megabytes = if bytes == 0 { String::new() } else { format!("{:.1} MB", bytes as f64 / 1e6) };
            Offer { system, file: programs::file_name(&record, system, token), sha256, megabytes }
        })
        .collect();
    let t = visitor.texts_at(&app, record.tenant).await;
    let origin = Origin::of_company(&app.shared.public_url, record.tenant);
    page(&GetPage { t, app: record, file: download::FILE_NAME, invited, programs, origin })
}

/// `GET /d/{code}/program/{system}`
pub(crate) async fn program(
    State(app): State<App>,
    visitor: Visitor,
    Path((code, system)): Path<(String, String)>,
    Query(query): Query<GetQuery>,
    headers: HeaderMap,
) -> Page {
    let record = of(&app, &code).await?;
    if record.archived.is_some() {
        return ended(&app, &visitor, record).await;
    }
    let system = System::of(&system).ok_or(AppError::NotFound)?;
    // Only a name that the program can do something with: whoever made the token up gets the program under its own.
    let token = match query.ticket {
        Some(token) => match invited(&app, &record, &token).await? {
            Invited::To { token, .. } => Some(token),
            Invited::Over { .. } | Invited::Expired | Invited::Nothing => None,
        },
        None => None,
    };
    download::note_public(&app, &record, visitor.source).await?;
    download::hand_out_program(&app, record, system, token.as_ref(), &headers).await
}

/// `GET /d/{code}/logo`
pub(crate) async fn logo(State(app): State<App>, Path(code): Path<String>) -> Page {
    Ok(look::shown(&of(&app, &code).await?))
}

/// `GET /d/{code}/profile`
pub(crate) async fn profile(State(app): State<App>, visitor: Visitor, Path(code): Path<String>) -> Page {
    let record = of(&app, &code).await?;
    if record.archived.is_some() {
        return ended(&app, &visitor, record).await;
    }
    download::note_public(&app, &record, visitor.source).await?;
    download::signed(&app, record).await
}
