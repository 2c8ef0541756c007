//! What a company's actions say: two templates with places in braces.

use askama::Template;
use axum::{
    extract::{Form, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use store::EventKind;
use tickets::event::template::{Template as ActionTemplate, places, standing};

use super::{
    Typed,
    words::{self, Words},
};
use crate::console::{
    App,
    error::{Page, page},
    shell::{Here, Shell},
    visitor::Who,
};

struct Text {
    key: &'static str,
    label: &'static str,
    value: String,
    places: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "action_texts.html")]
struct TextsPage {
    s: Shell,
    w: &'static Words,
    texts: Vec<Text>,
}

const KINDS: [EventKind; 4] = [EventKind::Start, EventKind::End, EventKind::WrapUp, EventKind::Missed];

/// `GET /connections/texts`
pub(in crate::console) async fn show(State(app): State<App>, who: Who) -> Page {
    texts_page(&app, &who, None).await
}

/// `POST /connections/texts`
pub(in crate::console) async fn save(State(app): State<App>, who: Who, Form(typed): Form<Typed>) -> Page {
    let tenant = app.shared.store.tenant(who.operator.tenant).await?;
    let said = |kind: EventKind| typed.get(kind.as_str()).map_or("", String::as_str).replace("\r\n", "\n");
    if KINDS.iter().any(|kind| problem(*kind, &said(*kind)).is_some()) {
        return texts_page(&app, &who, Some(&typed)).await;
    }
    for kind in KINDS {
        let text = said(kind);
        // Empty, or as it stands: it follows the company's language and later versions.
        let own = !text.trim().is_empty() && text.trim_end() != standing(kind, tenant.language);
        app.shared.store.set_action_template(tenant.id, kind, own.then_some(text.as_str())).await?;
    }
    who.audit(&app, "action_texts.changed", "").await?;
    Ok(Redirect::to("/connections/texts").into_response())
}

fn problem(kind: EventKind, text: &str) -> Option<tickets::event::template::TemplateError> {
    if text.trim().is_empty() { None } else { ActionTemplate::parse(kind, text).err() }
}

async fn texts_page(app: &App, who: &Who, typed: Option<&Typed>) -> Page {
    let s = Shell::load(app, who, Here::Connections).await?;
    let w = words::of(s.t.language);
    let mut texts = Vec::new();
    for kind in KINDS {
        let value = match typed {
            Some(typed) => typed.get(kind.as_str()).cloned().unwrap_or_default(),
            None => {
                let own = app.shared.store.action_template(s.tenant.id, kind).await?;
                own.unwrap_or_else(|| standing(kind, s.tenant.language))
            }
        };
        let places: Vec<String> = places(kind).map(|place| format!("{{{place}}}")).collect();
        texts.push(Text {
            key: kind.as_str(),
            label: match kind {
                EventKind::Start => w.text_of_start,
                EventKind::End => w.text_of_end,
                EventKind::WrapUp => w.text_of_wrap_up,
                EventKind::Missed => w.text_of_missed,
            },
            problem: problem(kind, &value).map(|p| w.template(&p)),
            value,
            places: places.join(" "),
        });
    }
    let wrong = texts.iter().any(|t| t.problem.is_some());
    let mut answer = page(&TextsPage { s, w, texts })?;
    if wrong {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}
