//! Help inside the console: guides for administrators, attendants and customers, task by task.
//!
//! The customers' guide is there for anybody, in the visitor's language, because it is read by people who have no login. Nothing here
//! knows anything of a company: every company and every user reads the same.

mod guide;
mod words;

use askama::Template;
use axum::extract::{Path, State};

use self::guide::{Guide, Reader};
use super::{
    App,
    error::{AppError, Page, page},
    shell::{Here, Shell},
    strings::Texts,
    visitor::{Visitor, Who},
};
pub(super) use words::Words;

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage {
    s: Shell,
    w: &'static Words,
    guides: Vec<&'static Guide>,
}

#[derive(Template)]
#[template(path = "help_guide.html")]
struct GuidePage {
    s: Shell,
    w: &'static Words,
    guide: &'static Guide,
}

#[derive(Template)]
#[template(path = "help_customer.html")]
struct CustomerPage {
    t: &'static Texts,
    w: &'static Words,
    guide: &'static Guide,
    /// They came from the console: there is a way back.
    back: bool,
}

/// `GET /help`
pub(super) async fn list(State(app): State<App>, who: Who) -> Page {
    let language = who.texts.language;
    let guides = Reader::ALL.into_iter().filter_map(|reader| guide::guide(reader, language)).collect();
    page(&HelpPage { s: Shell::load(&app, &who, Here::Help).await?, w: Words::of(language), guides })
}

/// `GET /help/{guide}`
pub(super) async fn show(State(app): State<App>, Path(name): Path<String>, who: Who) -> Page {
    let language = who.texts.language;
    let reader = Reader::from_word(&name).ok_or(AppError::NotFound)?;
    let guide = guide::guide(reader, language).ok_or(AppError::NotFound)?;
    page(&GuidePage { s: Shell::load(&app, &who, Here::Help).await?, w: Words::of(language), guide })
}

/// `GET /help/customer`: for anybody.
pub(super) async fn customer(visitor: Visitor) -> Page {
    let (t, back) = (visitor.texts, visitor.token().is_some());
    let guide = guide::guide(Reader::Customer, t.language).ok_or(AppError::NotFound)?;
    page(&CustomerPage { t, w: Words::of(t.language), guide, back })
}
