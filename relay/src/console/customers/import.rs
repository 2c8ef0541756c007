//! Bringing a list of contacts: a file is looked at first, what would happen is shown, and what is confirmed is put on record in batches.
//!
//! For administrators. Must never write anything that was not shown as what would happen first.

mod csv;
mod plan;
mod running;
mod words;

use std::sync::atomic::Ordering;

use askama::Template;
use axum::{
    body::Bytes,
    extract::{Form, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect},
};
use protocol::message::ShownText;
use serde::Deserialize;
use store::{Found, Language, Put};

use self::{
    plan::Plan,
    running::{Import, SHOWN, State as Stands},
    words::{Words, refusal, unreadable},
};
use super::super::{
    App, desk_words,
    error::{AppError, Page, page, unprocessable},
    shell::{Here, Shell},
    strings::{fill, number},
    upload,
    visitor::Who,
};
use crate::telling::Ended;

pub(in crate::console) use running::Imports;

/// Where a list is brought.
pub(in crate::console) const PATH: &str = "/customers/import";
/// The largest list.
pub(in crate::console) const FILE_BYTES: usize = 20 * 1024 * 1024;
/// Characters of a file's name that are shown.
const FILE_NAME_CHARS: usize = 80;

/// A line that is shown: its number, who it is about, and what happens with it.
struct Line {
    number: String,
    who: String,
    email: String,
    what: String,
}

/// A number and what it counts.
struct Count {
    what: &'static str,
    number: String,
}

/// What the page shows of a list.
enum View {
    /// None: a file can be chosen.
    None,
    Planned {
        id: u64,
        counts: Vec<Count>,
        lines: Vec<Line>,
        lines_head: String,
        /// How many would be written, in words; empty: none.
        save: String,
    },
    Running {
        id: u64,
        done: usize,
        all: usize,
        so_far: String,
        stopping: bool,
    },
    Over {
        ended: Ended,
        said: String,
        counts: Vec<Count>,
    },
}

#[derive(Template)]
#[template(path = "contacts_import.html")]
struct ImportPage {
    s: Shell,
    w: &'static Words,
    contacts: &'static str,
    columns: String,
    error: Option<String>,
    view: View,
    file: String,
    by: String,
    used: String,
    unused: String,
    refused: Vec<Line>,
    refused_head: String,
}

impl ImportPage {
    async fn load(app: &App, who: &Who, import: Option<Import>) -> Result<Self, AppError> {
        let s = Shell::load(app, who, Here::Customers).await?;
        let w = Words::of(s.t.language);
        let own = app.shared.store.contact_fields(who.operator.tenant).await?;
        let columns = [w.fields.to_owned()].into_iter().chain(own).collect::<Vec<_>>().join(", ");
        let mut page = Self {
            w,
            contacts: desk_words::of(s.t.language).contacts,
            columns: fill(w.columns, &[&columns]),
            error: None,
            view: View::None,
            file: String::new(),
            by: String::new(),
            used: String::new(),
            unused: String::new(),
            refused: Vec::new(),
            refused_head: String::new(),
            s,
        };
        if let Some(import) = import {
            page.show(import);
        }
        Ok(page)
    }

    fn show(&mut self, import: Import) {
        let (w, language) = (self.w, self.s.t.language);
        let count = |what, n: usize| Count { what, number: number(language, n) };
        // Empty where all are shown.
        let first_of = |shown: usize, all: usize| {
            let words = fill(w.first_of, &[&number(language, shown), &number(language, all)]);
            Some(words).filter(|_| shown < all).unwrap_or_default()
        };
        let put = |first, put: Put| {
            let [made, changed, same] = [put.made, put.changed, put.same].map(|n| usize::try_from(n).unwrap_or(0));
            vec![
                count(first, made),
                count(w.changed, changed),
                count(w.same, same),
                count(w.refused, import.refused_all),
            ]
        };
        self.refused_head = first_of(import.refused.len(), import.refused_all);
        self.refused = import
            .refused
            .iter()
            .map(|refused| Line {
                number: refused.line.to_string(),
                who: refused.who.clone(),
                email: String::new(),
                what: refusal(w, &refused.why),
            })
            .collect();
        self.view = match &import.state {
            Stands::Planned(planned) => {
                let to_write = planned.count(Found::New) + planned.count(Found::Changed);
                let lines = planned.list.iter().zip(&planned.lines).zip(&planned.found).take(SHOWN);
                let lines: Vec<Line> = lines
                    .map(|((contact, line), found)| Line {
                        number: line.to_string(),
                        who: contact.details.name.clone(),
                        email: contact.details.email.clone(),
                        what: match found {
                            Found::New => w.is_new,
                            Found::Changed => w.is_changed,
                            Found::Same | Found::Repeats(_) => w.is_same,
                        }
                        .to_owned(),
                    })
                    .collect();
                View::Planned {
                    id: import.id,
                    counts: vec![
                        count(w.new, planned.count(Found::New)),
                        count(w.changed, planned.count(Found::Changed)),
                        count(w.same, planned.count(Found::Same)),
                        count(w.refused, import.refused_all),
                    ],
                    lines_head: first_of(lines.len(), planned.list.len()),
                    lines,
                    save: if to_write == 0 { String::new() } else { fill(w.save, &[&number(language, to_write)]) },
                }
            }
            Stands::Running(running) => {
                let done = running.done.load(Ordering::Relaxed);
                View::Running {
                    id: import.id,
                    done,
                    all: running.all,
                    so_far: fill(w.so_far, &[&number(language, done), &number(language, running.all)]),
                    stopping: running.stop.is_cancelled(),
                }
            }
            Stands::Over(done, ended) => {
                let said = match ended {
                    Ended::Done => w.done,
                    Ended::Cancelled => w.cancelled,
                    Ended::Failed => w.failed,
                };
                View::Over { ended: *ended, said: fill(said, &[&import.file]), counts: put(w.made, *done) }
            }
        };
        self.used = fill(w.used, &[&import.used.join(", ")]);
        self.unused =
            if import.unused.is_empty() { String::new() } else { fill(w.unused, &[&import.unused.join(", ")]) };
        self.by = fill(w.brought_by, &[&import.by]);
        self.file = import.file;
    }

    fn is_running(&self) -> bool {
        matches!(self.view, View::Running { .. })
    }
}

/// What the page is called.
pub(in crate::console) fn title(language: Language) -> &'static str {
    Words::of(language).title
}

/// `GET /customers/import`
pub(in crate::console) async fn show(State(app): State<App>, who: Who) -> Page {
    let import = app.imports.of(who.operator.tenant);
    page(&ImportPage::load(&app, &who, import).await?)
}

/// `POST /customers/import`: a file comes; nothing is written.
pub(in crate::console) async fn bring(State(app): State<App>, who: Who, headers: HeaderMap, body: Bytes) -> Page {
    let w = Words::of(who.texts.language);
    match plan(&app, &who, &headers, body).await? {
        Ok(()) => Ok(Redirect::to(PATH).into_response()),
        Err(why) => {
            // A list that is being saved is shown with it.
            let import = app.imports.of(who.operator.tenant).filter(|_| why == w.busy);
            let shown = ImportPage::load(&app, &who, import).await?;
            unprocessable(page(&ImportPage { error: Some(why), ..shown }))
        }
    }
}

/// Looks at a file; or says why it is not taken.
async fn plan(app: &App, who: &Who, headers: &HeaderMap, body: Bytes) -> Result<Result<(), String>, AppError> {
    let w = Words::of(who.texts.language);
    let tenant = who.operator.tenant;
    let Some((name, file)) = upload::file(headers, body, "file").await.filter(|(_, file)| !file.is_empty()) else {
        return Ok(Err(w.no_file.to_owned()));
    };
    if file.len() > FILE_BYTES {
        return Ok(Err(w.too_large.to_owned()));
    }
    let own = app.shared.store.contact_fields(tenant).await?;
    // A long list takes memory and time: few at once, and away from the threads that serve.
    let _seat = app.listing.acquire().await.map_err(|_| AppError::Trouble)?;
    let read = tokio::task::spawn_blocking(move || Plan::read(&file, &own)).await;
    let plan = match read {
        Ok(Ok(plan)) => plan,
        Ok(Err(why)) => return Ok(Err(unreadable(w, &why))),
        Err(error) => {
            tracing::error!(%error, "reading a list of contacts failed");
            return Err(AppError::Trouble);
        }
    };
    let found = app.shared.store.look_up_contacts(tenant, &plan.list).await?;
    let (plan, found) = plan.without_repeats(&found);
    let name: String = ShownText::lossy(&name).as_str().chars().take(FILE_NAME_CHARS).collect();
    let taken = app.imports.plan(tenant, who.operator.name.clone(), name, plan, found);
    Ok(if taken { Ok(()) } else { Err(w.busy.to_owned()) })
}

/// Which list: one that somebody else has put in its place meanwhile is not meant.
#[derive(Deserialize)]
pub(in crate::console) struct WhichForm {
    #[serde(default)]
    id: u64,
}

/// `POST /customers/import/run`: what was shown is done.
pub(in crate::console) async fn run(State(app): State<App>, who: Who, Form(form): Form<WhichForm>) -> Page {
    let tenant = who.operator.tenant;
    if let Some(import) = app.imports.waits(tenant, form.id) {
        who.audit(&app, "contacts.import", &import.file).await?;
        if running::start(&app, &who, form.id) {
            return Ok(Redirect::to(PATH).into_response());
        }
    }
    let import = app.imports.of(tenant);
    // Pressed twice, it is as pressed once.
    if import.as_ref().is_some_and(|import| import.id == form.id) {
        return Ok(Redirect::to(PATH).into_response());
    }
    let shown = ImportPage::load(&app, &who, import).await?;
    let error = Some(shown.w.lost.to_owned());
    unprocessable(page(&ImportPage { error, ..shown }))
}

/// `POST /customers/import/cancel`: a list that waits is thrown away, one that is being saved is stopped behind its batch.
pub(in crate::console) async fn cancel(State(app): State<App>, who: Who, Form(form): Form<WhichForm>) -> Page {
    app.imports.cancel(who.operator.tenant, form.id);
    Ok(Redirect::to(PATH).into_response())
}
