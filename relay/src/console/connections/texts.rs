//! What a company's actions say: a text with places in braces for each kind of action, in each language, with how it reads.
//!
//! The form remembers what it began with, as that of the company does: of two who change the same text, the second is told.

mod words;

use askama::Template;
use axum::{
    extract::{Form, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use jiff::Timestamp;
use serde::Deserialize;
use store::{ActionTemplate, EventKind, Language, Stamp, StoreError, TemplateChange};
use tickets::event::{
    sample::preview,
    template::{Template as ActionText, TemplateError, places, standing},
};

use self::words::Words as Own;
use super::words::{Words, of as words_of};
use crate::console::{
    App,
    apps::fields::{Clash, Fields, SAVE_TRIES, merge},
    error::{AppError, Page, page, unprocessable},
    shell::{self, Here, Shell},
    strings::fill,
    visitor::Who,
};

const KINDS: [EventKind; 4] = [EventKind::Start, EventKind::End, EventKind::WrapUp, EventKind::Missed];

/// One text of the form.
struct Text {
    key: &'static str,
    label: &'static str,
    value: String,
    places: String,
    problem: Option<String>,
    /// What somebody else has written meanwhile.
    clash: Option<String>,
    /// It is the standing one.
    standing: bool,
    /// How it reads; `None`: it cannot be read.
    reads: Option<String>,
}

#[derive(Template)]
#[template(path = "action_texts.html")]
struct TextsPage {
    s: Shell,
    w: &'static Words,
    o: &'static Own,
    /// Whose texts these are: tag, name, whether it is this one.
    languages: [(&'static str, &'static str, bool); 3],
    language: &'static str,
    used: String,
    base: String,
    other: String,
    last_change: String,
    texts: Vec<Text>,
    saved: Option<&'static str>,
}

impl TextsPage {
    fn wrong(&self) -> bool {
        self.texts.iter().any(|text| text.problem.is_some())
    }

    fn clashes(&self) -> bool {
        self.texts.iter().any(|text| text.clash.is_some())
    }

    fn clash_note(&self) -> String {
        fill(self.o.clash, &[&self.other])
    }

    /// Loads the page with these texts in its form; whoever changes them changes `theirs`.
    async fn load(
        app: &App,
        who: &Who,
        language: Language,
        fields: &Fields,
        theirs: &Kept,
        clashes: &[Clash],
    ) -> Result<Self, AppError> {
        let s = Shell::load(app, who, Here::Connections).await?;
        let (w, o) = (words_of(s.t.language), Own::of(s.t.language));
        let names = shell::languages(s.t);
        let name = |of: Language| names.iter().find(|(tag, ..)| *tag == of.tag()).map_or("", |(_, name, _)| *name);
        let texts = KINDS.map(|kind| {
            let value = fields.get(kind.as_str()).to_owned();
            let own = standing(kind, language);
            let read = parsed(kind, &value, &own);
            Text {
                key: kind.as_str(),
                label: match kind {
                    EventKind::Start => w.text_of_start,
                    EventKind::End => w.text_of_end,
                    EventKind::WrapUp => w.text_of_wrap_up,
                    EventKind::Missed => w.text_of_missed,
                },
                places: places(kind).map(|place| format!("{{{place}}}")).collect::<Vec<_>>().join(" "),
                problem: read.as_ref().err().map(|problem| w.template(problem)),
                clash: clashes.iter().find(|clash| clash.field == kind.as_str()).map(|clash| clash.theirs.clone()),
                standing: value.trim().is_empty() || value == own,
                reads: read.ok().map(|text| preview(kind, &s.tenant, language, &text)),
                value,
            }
        });
        let used = if language == s.tenant.language {
            o.in_use.to_owned()
        } else {
            fill(o.not_in_use, &[name(s.tenant.language)])
        };
        let last = theirs.last.as_ref().filter(|last| !last.by.is_empty());
        Ok(Self {
            languages: names.map(|(tag, name, _)| (tag, name, tag == language.tag())),
            language: language.tag(),
            used,
            base: theirs.fields.to_json(),
            other: last.map_or_else(|| "Amparo".to_owned(), |last| last.by.clone()),
            last_change: last.map_or_else(String::new, |l| fill(o.changed_by, &[&s.clock.lately(&l.at), &l.by])),
            texts: texts.into(),
            saved: None,
            s,
            w,
            o,
        })
    }
}

/// What is on record.
struct Kept {
    templates: Vec<ActionTemplate>,
    /// As a form has it: with the standing text where there is no other.
    fields: Fields,
    /// The latest change of any of them.
    last: Option<Stamp>,
}

impl Kept {
    async fn load(app: &App, who: &Who, language: Language) -> Result<Self, AppError> {
        let templates = app.shared.store.action_templates(who.operator.tenant, language).await?;
        let mut fields = Fields::default();
        for kind in KINDS {
            let own = templates.iter().find(|t| t.kind == kind).and_then(|t| t.text.clone());
            fields.set(kind.as_str(), own.map_or_else(|| standing(kind, language), |own| plain(&own)));
        }
        let last = templates.iter().map(|t| &t.changed).max_by_key(|changed| changed.at).cloned();
        Ok(Self { templates, fields, last })
    }

    /// What of these fields says something else than what is on record.
    fn changes(&self, fields: &Fields, language: Language) -> Vec<TemplateChange> {
        let change = |kind: EventKind| {
            let said = fields.get(kind.as_str());
            let from = self.templates.iter().find(|t| t.kind == kind).and_then(|t| t.text.clone());
            // Empty, or as it stands: it follows later versions.
            let to = (!said.trim().is_empty() && said != standing(kind, language)).then(|| said.to_owned());
            (from.as_deref().map(plain) != to).then_some(TemplateChange { kind, from, to })
        };
        KINDS.into_iter().filter_map(change).collect()
    }
}

/// Browsers end lines with both characters, and people with blanks.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").trim_end().to_owned()
}

fn parsed(kind: EventKind, text: &str, standing: &str) -> Result<ActionText, TemplateError> {
    ActionText::parse(kind, if text.trim().is_empty() { standing } else { text })
}

/// Which language, and what happened before.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::console) struct ShowQuery {
    language: Option<String>,
    saved: Option<String>,
}

/// `GET /connections/texts`
pub(in crate::console) async fn show(State(app): State<App>, who: Who, Query(query): Query<ShowQuery>) -> Page {
    let language = match query.language {
        Some(tag) => Language::from_tag(&tag).ok_or(AppError::NotFound)?,
        None => app.shared.store.tenant(who.operator.tenant).await?.language,
    };
    let kept = Kept::load(&app, &who, language).await?;
    let shown = TextsPage::load(&app, &who, language, &kept.fields, &kept, &[]).await?;
    let saved = query.saved.map(|how| if how == "merged" { shown.s.t.saved_merged } else { shown.s.t.saved });
    page(&TextsPage { saved, ..shown })
}

/// `POST /connections/texts`
pub(in crate::console) async fn save(
    State(app): State<App>,
    who: Who,
    Form(form): Form<Vec<(String, String)>>,
) -> Page {
    let said = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let language = match said("language") {
        Some(tag) => Language::from_tag(tag).ok_or(AppError::BadRequest)?,
        None => app.shared.store.tenant(who.operator.tenant).await?.language,
    };
    for _ in 0..SAVE_TRIES {
        let theirs = Kept::load(&app, &who, language).await?;
        let mut mine = Fields::default();
        for kind in KINDS.map(EventKind::as_str) {
            // What a form does not have it does not change.
            mine.set(kind, said(kind).map_or_else(|| theirs.fields.get(kind).to_owned(), plain));
        }
        let base = said("_base").and_then(Fields::from_json).unwrap_or_else(|| theirs.fields.clone());
        if let Some(step) = said("_step") {
            return step_of(&app, &who, language, step, mine, base, theirs).await;
        }
        let (merged, clashes) = merge(&base, &mine, &theirs.fields);
        let shown = TextsPage::load(&app, &who, language, &merged, &theirs, &clashes).await?;
        if shown.clashes() {
            let mut answer = page(&shown)?;
            *answer.status_mut() = StatusCode::CONFLICT;
            return Ok(answer);
        }
        if shown.wrong() {
            return unprocessable(page(&shown));
        }
        let changes = theirs.changes(&merged, language);
        if !changes.is_empty() {
            let by = Stamp { at: Timestamp::now(), by: who.operator.name.clone() };
            match app.shared.store.change_action_templates(who.operator.tenant, language, &changes, &by).await {
                Ok(()) => {}
                // Somebody else in this very moment.
                Err(StoreError::Conflict { what: "action text" }) => continue,
                Err(other) => return Err(other.into()),
            }
            let kinds: Vec<&str> = changes.iter().map(|change| change.kind.as_str()).collect();
            who.audit(&app, "action_texts.changed", &format!("{} {}", language.tag(), kinds.join(","))).await?;
        }
        let how = if base == theirs.fields { "1" } else { "merged" };
        return Ok(Redirect::to(&format!("/connections/texts?language={}&saved={how}", language.tag())).into_response());
    }
    Err(AppError::Trouble)
}

/// A step on the way: a look at how it reads, the standing text or somebody else's taken over. Nothing is written.
async fn step_of(
    app: &App,
    who: &Who,
    language: Language,
    step: &str,
    mut mine: Fields,
    mut base: Fields,
    theirs: Kept,
) -> Page {
    let (what, key) = step.split_once(':').unwrap_or((step, ""));
    let kind = KINDS.into_iter().find(|kind| kind.as_str() == key);
    match (what, kind) {
        ("preview", None) => {}
        ("reset", Some(kind)) => mine.set(key, standing(kind, language)),
        ("take", Some(_)) => {
            // What they wrote is known now: it is no surprise any more.
            mine.set(key, theirs.fields.get(key));
            base.set(key, theirs.fields.get(key));
        }
        _ => return Err(AppError::BadRequest),
    }
    let mut shown = TextsPage::load(app, who, language, &mine, &theirs, &[]).await?;
    // What this form began with stays what it began with, and so is whatever others change meanwhile told.
    shown.base = base.to_json();
    page(&shown)
}
