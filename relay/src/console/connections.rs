//! Connections to ticketing systems: which there are, which app uses which, their forms, trying them out, and what actions say. For administrators.
//!
//! Forms are made from what each kind wants to be told ([`tickets::kind`]). A secret is typed and never shown again.

pub(super) mod fields;
mod form;
pub(super) mod left_out;
pub(super) mod people;
mod texts;
mod words;

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Form, Path, State},
    response::{IntoResponse, Redirect},
};
use jiff::Timestamp;
use protocol::id::{AppId, ConnectionId, SessionId, TicketNumber};
use store::Connection;
use tickets::{
    ConnectionError,
    kind::{self, Field, KINDS, Kind, said},
    probe::{self, Step, Trial},
};

use super::{
    App,
    error::{AppError, Page, page},
    external::{self, words::Words as ExternalWords},
    shell::{Here, Shell},
    visitor::Who,
};
use form::{Shown, shown};
use left_out::Note;
pub(super) use texts::{save as save_texts, show as show_texts};
use words::Words;

/// What people call a connection, at most.
const NAME_CHARS: usize = 80;

/// A form as it arrives: every field a text.
type Typed = BTreeMap<String, String>;

struct Row {
    id: String,
    name: String,
    kind: &'static str,
    address: String,
    apps: String,
    /// It has left out fields of a ticket.
    lacks: bool,
}

struct AppRow {
    id: String,
    title: String,
    choices: Vec<(String, String, bool)>,
}

#[derive(Template)]
#[template(path = "connections.html")]
struct ListPage {
    s: Shell,
    w: &'static Words,
    rows: Vec<Row>,
    apps: Vec<AppRow>,
    kinds: Vec<(&'static str, &'static str)>,
}

struct Tried {
    what: &'static str,
    state: &'static str,
    words: String,
}

#[derive(Template)]
#[template(path = "connection.html")]
struct FormPage {
    s: Shell,
    w: &'static Words,
    kind: &'static str,
    title: &'static str,
    lead: &'static str,
    /// Of one that is there already.
    id: Option<String>,
    name: String,
    name_problem: Option<&'static str>,
    fields: Vec<Shown>,
    /// What few need to touch, and whether it is unfolded.
    rare: Vec<Shown>,
    rare_open: bool,
    saved: bool,
    in_use: bool,
    tried: Vec<Tried>,
    left_out: Option<Note>,
    e: &'static ExternalWords,
    /// Where its system's pages lead to and tell of changes.
    from_there: Option<external::Addresses>,
}

/// `GET /connections`
pub(super) async fn list(State(app): State<App>, who: Who) -> Page {
    let s = Shell::load(&app, &who, Here::Connections).await?;
    let (tenant, store) = (who.operator.tenant, &app.shared.store);
    let connections = store.connections(tenant).await?;
    let w = words::of(s.t.language);
    let mut apps = Vec::new();
    let mut used: BTreeMap<ConnectionId, Vec<String>> = BTreeMap::new();
    for one in store.apps(tenant).await? {
        let chosen = store.app_connection(tenant, one.id).await?;
        if let Some(chosen) = chosen {
            used.entry(chosen).or_default().push(one.title.clone());
        }
        let desk = (String::new(), w.desk.to_owned(), chosen.is_none());
        let others =
            connections.iter().map(|c| (c.what.id.to_string(), c.what.name.clone(), chosen == Some(c.what.id)));
        apps.push(AppRow {
            id: one.id.to_string(),
            title: one.title,
            choices: [desk].into_iter().chain(others).collect(),
        });
    }
    let rows = connections
        .iter()
        .map(|c| Row {
            id: c.what.id.to_string(),
            name: c.what.name.clone(),
            kind: kind::of(&c.what.kind).map_or("", |kind| kind.title),
            address: c.what.settings.get(kind::BASE).cloned().unwrap_or_default(),
            apps: used.get(&c.what.id).map(|titles| titles.join(", ")).unwrap_or_default(),
            lacks: c.left_out.is_some(),
        })
        .collect();
    let kinds = KINDS.iter().map(|kind| (kind.name, kind.title)).collect();
    page(&ListPage { s, w, rows, apps, kinds })
}

/// `POST /apps/{id}/connection`
pub(super) async fn choose(State(app): State<App>, who: Who, Path(id): Path<String>, Form(typed): Form<Typed>) -> Page {
    let id: AppId = id.parse().map_err(|_| AppError::NotFound)?;
    let chosen = match typed.get("connection").map_or("", String::as_str) {
        "" => None,
        chosen => Some(chosen.parse::<ConnectionId>().map_err(|_| AppError::BadRequest)?),
    };
    let detail = chosen.map_or_else(|| "desk".to_owned(), |c| c.to_string());
    app.shared.store.set_app_connection(who.operator.tenant, id, chosen).await?;
    who.audit(&app, "connection.chosen", &format!("{id} {detail}")).await?;
    Ok(Redirect::to("/connections").into_response())
}

/// `GET /connections/new/{kind}`
pub(super) async fn new(State(app): State<App>, who: Who, Path(kind): Path<String>) -> Page {
    let kind = kind::of(&kind).ok_or(AppError::NotFound)?;
    let typed = kind.fields().map(|f| (f.key.to_owned(), f.default.to_owned())).collect();
    Editing::of_new(kind, kind.title.to_owned(), typed).page(&app, &who).await
}

/// `POST /connections/new/{kind}`
pub(super) async fn add(State(app): State<App>, who: Who, Path(kind): Path<String>, Form(typed): Form<Typed>) -> Page {
    let kind = kind::of(&kind).ok_or(AppError::NotFound)?;
    let name = name(&typed);
    let mut editing = Editing::of_new(kind, name.clone(), typed.clone());
    if name.is_empty() {
        editing.nameless = true;
        return editing.page(&app, &who).await;
    }
    let id = ConnectionId::from_bytes(rand::random());
    let added = app.shared.connections.add(who.operator.tenant, id, kind.name, &name, &typed, Timestamp::now()).await;
    match added {
        Ok(()) => {
            who.audit(&app, "connection.added", &format!("{} {name}", kind.name)).await?;
            Ok(Redirect::to(&format!("/connections/{id}?saved")).into_response())
        }
        Err(error) => {
            editing.refused(error)?;
            editing.page(&app, &who).await
        }
    }
}

/// `GET /connections/{id}`
pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
) -> Page {
    let mut editing = Editing::of(&recorded(&app, &who, &id).await?)?;
    editing.saved = query.as_deref() == Some("saved");
    editing.in_use = query.as_deref() == Some("in-use");
    editing.page(&app, &who).await
}

/// `POST /connections/{id}`
pub(super) async fn save(State(app): State<App>, who: Who, Path(id): Path<String>, Form(typed): Form<Typed>) -> Page {
    let connection = recorded(&app, &who, &id).await?;
    let mut editing = Editing::of(&connection)?;
    editing.name = name(&typed);
    editing.typed.clone_from(&typed);
    if editing.name.is_empty() {
        editing.nameless = true;
        return editing.page(&app, &who).await;
    }
    let id = connection.what.id;
    match app.shared.connections.change(who.operator.tenant, id, &editing.name, &typed).await {
        Ok(()) => {
            who.audit(&app, "connection.changed", &editing.name).await?;
            Ok(Redirect::to(&format!("/connections/{id}?saved")).into_response())
        }
        Err(error) => {
            editing.refused(error)?;
            editing.page(&app, &who).await
        }
    }
}

/// `POST /connections/{id}/remove`
pub(super) async fn remove(State(app): State<App>, who: Who, Path(id): Path<String>) -> Page {
    let connection = recorded(&app, &who, &id).await?;
    let (tenant, id) = (who.operator.tenant, connection.what.id);
    match app.shared.store.remove_connection(tenant, id, Timestamp::now()).await {
        Ok(()) => {
            who.audit(&app, "connection.removed", &connection.what.name).await?;
            Ok(Redirect::to("/connections").into_response())
        }
        Err(store::StoreError::Conflict { .. }) => {
            Ok(Redirect::to(&format!("/connections/{id}?in-use")).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /connections/{id}/test`
pub(super) async fn test(State(app): State<App>, who: Who, Path(id): Path<String>, Form(typed): Form<Typed>) -> Page {
    let connection = recorded(&app, &who, &id).await?;
    let mut editing = Editing::of(&connection)?;
    let w = words::of(who.texts.language);
    let trial = Trial {
        operator: who.operator.id,
        name: &who.operator.name,
        session: SessionId::from_bytes(rand::random()),
        words: w.test_subject,
        ticket: typed.get("ticket").and_then(|number| TicketNumber::new(number).ok()),
        write: typed.get("write").is_some_and(|w| w == "yes"),
        now: Timestamp::now(),
    };
    who.audit(&app, "connection.tested", &connection.what.name).await?;
    let (found, reads) = match app.shared.tickets.reach(who.operator.tenant, Some(connection.what.id)).await {
        Ok(reached) => {
            reached.gate.reset_pause();
            (probe::probe(&reached, &trial).await, reached.system.capabilities().reads)
        }
        Err(error) => (vec![(Step::LogIn, probe::Result::Fails(error))], false),
    };
    let logged_in = found.len() > 1;
    editing.tried = found.into_iter().map(|(step, result)| w.tried(step, &result)).collect();
    // What was not tried is neither good nor bad, and is not passed over in silence.
    if logged_in && !trial.write {
        let read = (reads && trial.ticket.is_none()).then_some(Step::Read);
        editing.tried.extend(read.into_iter().chain([Step::Create, Step::Append]).map(|step| w.untried(step)));
    }
    editing.page(&app, &who).await
}

async fn recorded(app: &App, who: &Who, id: &str) -> Result<Connection, AppError> {
    let id: ConnectionId = id.parse().map_err(|_| AppError::NotFound)?;
    let connection = app.shared.store.connection(who.operator.tenant, id).await?;
    if connection.removed_at.is_some() { Err(AppError::NotFound) } else { Ok(connection) }
}

fn name(typed: &Typed) -> String {
    let name = typed.get("name").map_or("", |n| n.trim());
    name.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect()
}

/// A connection's form with what is in it.
struct Editing {
    kind: &'static Kind,
    id: Option<ConnectionId>,
    name: String,
    nameless: bool,
    typed: Typed,
    problems: Vec<(&'static str, kind::Problem)>,
    saved: bool,
    in_use: bool,
    tried: Vec<Tried>,
    /// As it is on record.
    recorded: Option<Connection>,
}

impl Editing {
    fn of_new(kind: &'static Kind, name: String, typed: Typed) -> Self {
        Self {
            kind,
            id: None,
            name,
            nameless: false,
            typed,
            problems: Vec::new(),
            saved: false,
            in_use: false,
            tried: Vec::new(),
            recorded: None,
        }
    }

    fn of(connection: &Connection) -> Result<Self, AppError> {
        let kind = kind::of(&connection.what.kind).ok_or(AppError::NotFound)?;
        let new = Self::of_new(kind, connection.what.name.clone(), connection.what.settings.clone());
        Ok(Self { id: Some(connection.what.id), recorded: Some(connection.clone()), ..new })
    }

    fn refused(&mut self, error: ConnectionError) -> Result<(), AppError> {
        match error {
            ConnectionError::Fields(problems) => self.problems = problems,
            ConnectionError::Kind => return Err(AppError::NotFound),
            ConnectionError::Store(error) => return Err(error.into()),
            ConnectionError::Sealed(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the secrets of a connection cannot be sealed"
                );
                return Err(AppError::Trouble);
            }
        }
        Ok(())
    }

    async fn page(self, app: &App, who: &Who) -> Page {
        let s = Shell::load(app, who, Here::Connections).await?;
        let language = s.t.language;
        let w = words::of(language);
        let wrong = self.nameless || !self.problems.is_empty();
        let shown = |field: &'static Field| {
            let typed = self.typed.get(field.key).map_or("", String::as_str);
            let problem = self.problems.iter().find(|(key, _)| *key == field.key).map(|(_, p)| w.problem(*p));
            shown(field, typed, problem, self.id.is_some(), language)
        };
        let fields = self.kind.own.iter().map(shown).collect();
        let rare: Vec<Shown> = kind::common().iter().map(shown).collect();
        let defaults = kind::common().iter().map(|field| field.default);
        let rare_open = rare.iter().zip(defaults).any(|(one, default)| one.problem.is_some() || one.value != default);
        let mut answer = page(&FormPage {
            kind: self.kind.name,
            title: self.kind.title,
            lead: said(self.kind.lead, language),
            id: self.id.map(|id| id.to_string()),
            name: self.name,
            name_problem: self.nameless.then_some(w.missing),
            fields,
            rare,
            rare_open,
            saved: self.saved,
            in_use: self.in_use,
            tried: self.tried,
            left_out: self.recorded.as_ref().and_then(|connection| left_out::note(connection, &s)),
            e: ExternalWords::of(language),
            // The webhook cannot be asked about tickets: there is nothing that could be shown.
            from_there: self
                .id
                .filter(|_| self.kind.name != "webhook")
                .map(|id| external::addresses(app, who.operator.tenant, id)),
            s,
            w,
        })?;
        if wrong {
            *answer.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
        }
        Ok(answer)
    }
}
