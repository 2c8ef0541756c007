//! Apps: the list, a new one, and the tabs in which one is configured.
//!
//! Each tab is a form of its own that remembers what it began with: of two who change the same app, the second is told, and what does not
//! touch is put together. Whether somebody may is asked of [`Who::reach`] for each app; an app out of reach is not here.

pub(super) mod archive;
pub(super) mod download;
mod edit;
pub(super) mod fields;
pub(super) mod get;
mod holidays;
pub(super) mod look;
mod picture;
mod words;

use askama::Template;
use axum::{
    extract::{Form, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use protocol::id::AppId;
use serde::Deserialize;
use store::{App as Record, Opening, Shut, Stamp, StoreError};

use super::{
    App,
    error::{AppError, Page, page},
    history,
    shell::{self, Here, Shell},
    strings::{Texts, fill},
    visitor::{Act, Who},
    when::Clock,
};
use crate::apps::{self, attendants_in_order};
use edit::EditPage;
pub(super) use fields::put_ask;
use fields::{Fields, SAVE_TRIES};
use words::Words;
pub(super) use words::reason;

/// Attendants shown by their initials in the list.
const FACES: usize = 4;
/// Apps of a company.
const APPS: usize = 200;

/// The parts of an app's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Main,
    Parameters,
    Look,
    Administrators,
    Attendants,
    Availability,
    WrapUp,
    Download,
}

impl Tab {
    pub(super) const ALL: [Self; 8] = [
        Self::Main,
        Self::Parameters,
        Self::Look,
        Self::Administrators,
        Self::Attendants,
        Self::Availability,
        Self::WrapUp,
        Self::Download,
    ];

    /// Its name in addresses.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Parameters => "parameters",
            Self::Look => "look",
            Self::Administrators => "administrators",
            Self::Attendants => "attendants",
            Self::Availability => "availability",
            Self::WrapUp => "wrap-up",
            Self::Download => "download",
        }
    }

    fn title(self, t: &'static Texts) -> &'static str {
        match self {
            Self::Main => t.tab_main,
            Self::Parameters => t.tab_parameters,
            Self::Look => t.tab_look,
            Self::Administrators => t.tab_administrators,
            Self::Attendants => t.tab_attendants,
            Self::Availability => t.tab_availability,
            Self::WrapUp => t.tab_wrap_up,
            Self::Download => t.tab_download,
        }
    }

    /// What one of its fields is called outside the pages.
    fn field(self, name: &str) -> String {
        match (self, name) {
            (Self::Administrators, "people") => "administrators".to_owned(),
            (Self::Attendants, "people") => "attendants".to_owned(),
            (Self::Availability, name) if name.starts_with("day") => "availability.hours".to_owned(),
            (Self::Availability, name) => format!("availability.{name}"),
            (Self::WrapUp, name) => format!("wrap_up.{name}"),
            (_, name) => name.to_owned(),
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.word() == word)
    }
}

/// An app that whoever asks sees.
pub(super) async fn seen(app: &App, who: &Who, id: &str) -> Result<Record, AppError> {
    let id: AppId = id.parse().map_err(|_| AppError::NotFound)?;
    if !who.reach.sees(id) && !who.reach.edits(id) {
        return Err(AppError::NotFound);
    }
    let record = app.shared.store.app(id).await?;
    if record.tenant == who.operator.tenant { Ok(record) } else { Err(AppError::NotFound) }
}

/// An app that whoever asks may change.
pub(super) async fn editable(app: &App, who: &Who, id: &str) -> Result<Record, AppError> {
    let record = seen(app, who, id).await?;
    if who.reach.edits(record.id) { Ok(record) } else { Err(AppError::Forbidden) }
}

/// An app is another now: everybody who shows it looks again.
fn tell(app: &App, who: &Who) {
    app.shared.apps.changed(who.operator.tenant);
    app.shared.changes.bump();
}

struct AppRow {
    id: String,
    name: String,
    code: String,
    revision: u32,
    now: (&'static str, &'static str, String),
    waiting: usize,
    faces: Vec<(String, String)>,
    more: usize,
    changed: String,
    edits: bool,
    /// Archived: when and by whom.
    archived: Option<String>,
    /// Archived apps that its customers would flow over to.
    skipped: Option<String>,
}

#[derive(Template)]
#[template(path = "apps.html")]
struct ListPage {
    s: Shell,
    w: &'static Words,
    q: String,
    /// Those that are archived are listed.
    archived: bool,
    /// Why something was not done.
    refused: Option<String>,
    makes: bool,
    rows: Vec<AppRow>,
    address: String,
}

/// What is looked for.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ListForm {
    q: String,
    /// `archived`, or those in use.
    show: String,
}

/// `GET /apps`
pub(super) async fn list(State(app): State<App>, who: Who, Query(form): Query<ListForm>) -> Page {
    list_page(&app, &who, form, None).await
}

async fn list_page(app: &App, who: &Who, form: ListForm, refused: Option<String>) -> Page {
    let s = Shell::load(app, who, Here::Apps).await?;
    let w = Words::of(s.t.language);
    let archived = form.show == "archived";
    let q = form.q.trim().to_owned();
    let wanted = q.to_lowercase();
    let (all, every) =
        (app.shared.apps.of(who.operator.tenant).await?, app.shared.apps.every(who.operator.tenant).await?);
    let users: Vec<_> = app
        .shared
        .accounts
        .list(who.operator.tenant)
        .await?
        .into_iter()
        .filter(|user| user.disabled_at.is_none())
        .map(|user| user.operator)
        .collect();
    let rows = every
        .iter()
        .filter(|a| a.archived.is_some() == archived)
        .filter(|a| who.reach.sees(a.id) || who.reach.edits(a.id))
        .filter(|a| a.name.to_lowercase().contains(&wanted) || a.code.contains(&wanted))
        .map(|record| {
            let attend = attendants_in_order(record, &users);
            let names = attend.iter().filter_map(|id| users.iter().find(|u| u.id == *id)).map(|u| u.name.clone());
            AppRow {
                id: record.id.to_string(),
                name: record.name.clone(),
                code: record.code.clone(),
                revision: record.revision,
                now: now(record, &all, s.t, &s.clock),
                waiting: app.shared.directory.waiting_count_of(who.operator.tenant, |app| app == record.id),
                more: attend.len().saturating_sub(FACES),
                faces: names.take(FACES).map(|name| (shell::initials(&name), name)).collect(),
                changed: s.clock.lately(&record.changed.at),
                edits: who.reach.edits(record.id),
                archived: archive::said(record, w, &s.clock),
                skipped: skipped(record, &every).map(|names| fill(w.overflow_ended, &[&names])),
            }
        })
        .collect();
    let address = app.shared.public_url.to_string();
    page(&ListPage { w, q, archived, refused, makes: who.operator.may(Act::MakeApps), rows, address, s })
}

/// An app's name; an archived one's says so.
pub(super) fn known_as(record: &Record, language: store::Language) -> String {
    if record.archived.is_some() {
        fill(Words::of(language).archived_mark, &[&record.name])
    } else {
        record.name.clone()
    }
}

/// The names of archived apps that an app's customers would flow over to.
fn skipped(record: &Record, every: &[Record]) -> Option<String> {
    let ended = |id: &AppId| every.iter().find(|a| a.id == *id && a.archived.is_some()).map(|a| a.name.as_str());
    let names: Vec<&str> = record.availability.overflow.iter().filter_map(ended).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Whether an app is attended now: colour, mark, words.
fn now(record: &Record, all: &[Record], t: &'static Texts, clock: &Clock) -> (&'static str, &'static str, String) {
    let wall = clock.on_the_wall();
    match record.availability.opening(wall) {
        Opening::Open { until: None } => ("", "dot", t.always_open.to_owned()),
        Opening::Open { until: Some(until) } => {
            ("", "dot", fill(t.open_until, &[&format!("{:02}:{:02}", until.hour(), until.minute())]))
        }
        Opening::Closed { why, opens } => {
            let open = |id: &&AppId| all.iter().find(|a| a.id == **id && a.availability.is_open(wall));
            if let Some(other) = record.availability.overflow.iter().find_map(|id| open(&id)) {
                return ("warn", "bars", fill(t.goes_to, &[&other.name]));
            }
            let opens = opens.map(|at| {
                let day =
                    if at.date() == wall.date() { String::new() } else { format!("{} ", clock.weekday(at.date())) };
                fill(t.opens, &[&format!("{day}{:02}:{:02}", at.hour(), at.minute())])
            });
            let words = match (why, opens) {
                (Shut::Holiday(name), _) if !name.is_empty() => fill(t.on_holiday, &[&name]),
                (_, Some(opens)) => opens,
                (_, None) => t.closed.to_owned(),
            };
            ("t2", "dot offl", words)
        }
    }
}

#[derive(Template)]
#[template(path = "app_new.html")]
struct NewPage {
    s: Shell,
    name: String,
    error: Option<&'static str>,
}

/// `GET /apps/new`
pub(super) async fn new_form(State(app): State<App>, who: Who) -> Page {
    let s = Shell::load(&app, &who, Here::Apps).await?;
    page(&NewPage { s, name: String::new(), error: None })
}

/// The name of a new app.
#[derive(Deserialize)]
pub(super) struct NewForm {
    name: String,
}

/// `POST /apps`
pub(super) async fn create(State(app): State<App>, who: Who, Form(form): Form<NewForm>) -> Page {
    let error = match make(&app, &who, &form.name).await {
        Ok(made) => return Ok(Redirect::to(&format!("/apps/{}/parameters", made.id)).into_response()),
        Err(NotMade::TooMany) => who.texts.too_many_apps,
        Err(NotMade::Name(why)) => why,
        Err(NotMade::Failed(error)) => return Err(error),
    };
    let s = Shell::load(&app, &who, Here::Apps).await?;
    unprocessable(page(&NewPage { s, name: form.name, error: Some(error) }))
}

/// Why an app was not made.
pub(super) enum NotMade {
    /// The company has as many as there may be.
    TooMany,
    /// Its name cannot be.
    Name(&'static str),
    /// The server could not.
    Failed(AppError),
}

impl<E: Into<AppError>> From<E> for NotMade {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Makes an app that looks like the default one; whoever makes it administers it.
pub(super) async fn make(app: &App, who: &Who, name: &str) -> Result<Record, NotMade> {
    let tenant = app.shared.store.tenant(who.operator.tenant).await?;
    let all = app.shared.apps.every(tenant.id).await?;
    if all.len() >= APPS {
        return Err(NotMade::TooMany);
    }
    let id = AppId::from_bytes(rand::random());
    let mut record = Record::new(id, tenant.id, "", &tenant.name, "", Timestamp::now());
    let mut typed = Fields::default();
    typed.set("name", name.trim());
    if let Some((_, why)) = fields::apply(Tab::Main, &typed, &mut record, &all, who.texts).first() {
        return Err(NotMade::Name(why));
    }
    record.title = record.name.clone();
    record.language = tenant.language;
    if let Some(first) = all.iter().find(|first| first.archived.is_none()) {
        (record.accent, record.phone) = (first.accent.clone(), first.phone.clone());
        record.logo_png = first.logo_png.clone();
    }
    record.availability.distribute = true;
    record.staff.administrators = vec![who.operator.id];
    record.changed.by = who.operator.name.clone();
    who.audit(app, "app.made", &record.name).await?;
    let made = apps::add(&*app.shared.store, record).await?;
    tell(app, who);
    download::prepare(app, who, &made);
    Ok(made)
}

/// Writes a changed app down; everybody who shows it looks again. `false`: somebody else has written it in this very moment.
pub(super) async fn write(
    app: &App,
    who: &Who,
    before: &Record,
    mut changed: Record,
    part: &str,
) -> Result<bool, AppError> {
    changed.changed = Stamp { at: Timestamp::now(), by: who.operator.name.clone() };
    who.audit(app, "app.changed", &format!("{} · {part}", before.name)).await?;
    match app.shared.store.update_app(&changed).await {
        Ok(_) => {
            tell(app, who);
            // As it is on record now, with its new revision.
            download::prepare(app, who, &app.shared.store.app(before.id).await?);
            Ok(true)
        }
        Err(StoreError::Conflict { what: "revision" }) => Ok(false),
        // Somebody who is not of this company, or is gone.
        Err(StoreError::NotFound { what: "operator" }) => Err(AppError::BadRequest),
        Err(other) => Err(other.into()),
    }
}

/// What of an app cannot be, by every tab's rules; what can is as the tabs would have written it.
pub(super) fn wrong(app: &mut Record, company: &[Record], t: &'static Texts) -> Vec<(String, &'static str)> {
    let mut wrong = Vec::new();
    for tab in Tab::ALL {
        let held = fields::of_app(tab, app);
        let found = fields::apply(tab, &held, app, company, t);
        wrong.extend(found.into_iter().map(|(name, why)| (tab.field(&name), why)));
    }
    wrong
}

/// What a tab's address may say about the save before.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct SavedForm {
    saved: Option<String>,
}

/// `GET /apps/{id}/{tab}`
pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path((id, tab)): Path<(String, String)>,
    Query(form): Query<SavedForm>,
) -> Page {
    let tab = Tab::of(&tab).ok_or(AppError::NotFound)?;
    let record = editable(&app, &who, &id).await?;
    let fields = fields::of_app(tab, &record);
    let mut edit = EditPage::load(&app, &who, record, tab, fields).await?;
    edit.saved = form.saved.map(|how| match how.as_str() {
        "merged" => edit.s.t.saved_merged,
        "unsent" => edit.words().logo_unsent,
        _ => edit.s.t.saved,
    });
    page(&edit)
}

/// `POST /apps/{id}/{tab}`
pub(super) async fn save(
    State(app): State<App>,
    who: Who,
    Path((id, tab)): Path<(String, String)>,
    Form(form): Form<Vec<(String, String)>>,
) -> Page {
    let tab = Tab::of(&tab).filter(|tab| *tab != Tab::Download).ok_or(AppError::NotFound)?;
    let mut mine = fields::of_form(tab, &form);
    let said = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    for _ in 0..SAVE_TRIES {
        let record = editable(&app, &who, &id).await?;
        let company = app.shared.apps.every(who.operator.tenant).await?;
        let theirs = fields::of_app(tab, &record);
        let base = said("_base").and_then(Fields::from_json).unwrap_or_else(|| theirs.clone());
        if let Some(step) = said("_step") {
            // Something about the form itself; nothing is written.
            let year = Timestamp::now().to_zoned(history::zone(&app, &who).await?).year();
            edit::step(step, tab, &mut mine, &theirs, &company, &record, year);
            let mut edit = EditPage::load(&app, &who, record, tab, mine).await?;
            edit.base = base.to_json();
            edit.simulates = step == "simulate";
            return page(&edit);
        }
        let (merged, clashes) = fields::merge(&base, &mine, &theirs);
        if !clashes.is_empty() {
            let mut edit = EditPage::load(&app, &who, record, tab, merged).await?;
            edit.clashes = clashes;
            return with_status(page(&edit), StatusCode::CONFLICT);
        }
        let mut changed = record.clone();
        let wrong = fields::apply(tab, &merged, &mut changed, &company, who.texts);
        if !wrong.is_empty() {
            let mut edit = EditPage::load(&app, &who, record, tab, merged).await?;
            edit.wrong = wrong;
            return unprocessable(page(&edit));
        }
        // Written by somebody else in this very moment: put together anew.
        if changed != record && !write(&app, &who, &record, changed, tab.word()).await? {
            continue;
        }
        // The name of a file that was chosen and not sent.
        let unsent = tab == Tab::Look && said("logo").is_some_and(|name| !name.is_empty());
        let how = if unsent {
            "unsent"
        } else if base == theirs {
            "1"
        } else {
            "merged"
        };
        return Ok(Redirect::to(&format!("/apps/{id}/{}?saved={how}", tab.word())).into_response());
    }
    Err(AppError::Trouble)
}

fn unprocessable(answer: Page) -> Page {
    with_status(answer, StatusCode::UNPROCESSABLE_ENTITY)
}

fn with_status(answer: Page, status: StatusCode) -> Page {
    answer.map(|mut answer: Response| {
        *answer.status_mut() = status;
        answer
    })
}
