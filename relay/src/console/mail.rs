//! Mail settings: the company's server, trying it out, and what letters say in each language. For administrators.
//!
//! The password is typed and never shown again.

mod words;

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Form, Query, State},
    response::{IntoResponse, Redirect},
};
use serde::Deserialize;
use store::{Language, MailText};

use super::{
    App,
    error::{AppError, Page, page, unprocessable},
    shell::{Here, Shell},
    strings::fill,
    visitor::Who,
};
use crate::{
    mail::{Letter, MailSettings, PLACES, PostError, Problem, standing_text},
    places,
};
pub(super) use words::{Words, of as words_of};

/// Characters of a subject, at most.
const SUBJECT_CHARS: usize = 200;
/// Bytes of a text, at most.
const TEXT_BYTES: usize = 16 * 1024;
/// Languages in the order of the page, with their names.
const LANGUAGES: [(Language, &str); 3] =
    [(Language::PtBr, "Português"), (Language::En, "English"), (Language::Es, "Español")];

/// A form as it arrives: every field a text.
type Typed = BTreeMap<String, String>;

struct Text {
    tag: &'static str,
    name: &'static str,
    subject: String,
    text: String,
    error: Option<String>,
    /// The company says something of its own.
    own: bool,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage {
    s: Shell,
    w: &'static Words,
    typed: Typed,
    problems: Vec<(&'static str, Problem)>,
    set_up: bool,
    saved: bool,
    test_to: String,
    /// Whether a test went well, and what it came to.
    tested: Option<(bool, String)>,
    texts: Vec<Text>,
}

impl MailPage {
    async fn load(app: &App, who: &Who) -> Result<Self, AppError> {
        let s = Shell::load(app, who, Here::Mail).await?;
        let tenant = who.operator.tenant;
        let recorded = app.shared.store.mail_server(tenant).await?;
        let texts = texts(app, who).await?.into_iter().zip(LANGUAGES).map(|((language, says, own), (_, name))| {
            let MailText { subject, text } = says;
            Text { tag: language.tag(), name, subject, text, error: None, own }
        });
        let texts = texts.collect();
        let set_up = recorded.is_some();
        let typed = recorded.map_or_else(
            || [("port", "587"), ("tls", "starttls")].map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
            |server| server.settings,
        );
        Ok(Self {
            w: words_of(s.t.language),
            test_to: if who.operator.login.contains('@') { who.operator.login.clone() } else { String::new() },
            typed,
            problems: Vec::new(),
            set_up,
            saved: false,
            tested: None,
            texts,
            s,
        })
    }

    fn value(&self, key: &str) -> &str {
        self.typed.get(key).map_or("", String::as_str)
    }

    fn wrong(&self, key: &str) -> Option<&'static str> {
        self.problems.iter().find(|(field, _)| *field == key).map(|(_, problem)| self.w.problem(*problem))
    }
}

/// What happened before.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ShowQuery {
    saved: Option<String>,
}

/// `GET /mail`
pub(super) async fn show(State(app): State<App>, who: Who, Query(query): Query<ShowQuery>) -> Page {
    let shown = MailPage::load(&app, &who).await?;
    page(&MailPage { saved: query.saved.is_some(), ..shown })
}

/// `POST /mail`
pub(super) async fn save(State(app): State<App>, who: Who, Form(mut typed): Form<Typed>) -> Page {
    let tenant = who.operator.tenant;
    // A password that cannot be opened any more is as none: it is asked for again.
    let kept = match app.shared.post.settings(tenant).await {
        Ok(settings) => settings.map(|settings| settings.kept()),
        Err(PostError::Store(error)) => return Err(error.into()),
        Err(_) => None,
    };
    match MailSettings::typed(&typed, kept) {
        Ok(settings) => {
            who.audit(&app, "mail.changed", &format!("{}:{}", settings.host, settings.port)).await?;
            app.shared.post.set(tenant, &settings).await.map_err(trouble)?;
            Ok(Redirect::to("/mail?saved").into_response())
        }
        Err(problems) => {
            typed.remove("password");
            let shown = MailPage::load(&app, &who).await?;
            unprocessable(page(&MailPage { typed, problems, ..shown }))
        }
    }
}

fn trouble(error: PostError) -> AppError {
    match error {
        PostError::Store(error) => error.into(),
        other => {
            tracing::error!(error = &other as &dyn std::error::Error, "the mail server cannot be used");
            AppError::Trouble
        }
    }
}

/// Where a test goes.
#[derive(Deserialize)]
pub(super) struct TestForm {
    to: String,
}

/// `POST /mail/test`
pub(super) async fn test(State(app): State<App>, who: Who, Form(form): Form<TestForm>) -> Page {
    let shown = MailPage::load(&app, &who).await?;
    let w = shown.w;
    who.audit(&app, "mail.tested", form.to.trim()).await?;
    let settings = app.shared.post.settings(who.operator.tenant).await;
    let outcome = match settings {
        Ok(Some(settings)) => {
            let message_id = crate::mail::new_message_id(&app.shared.public_url.host);
            let letter =
                Letter { to: &form.to, name: "", subject: w.test_subject, text: w.test_text, message_id: &message_id };
            app.shared.post.send(&settings, &letter).await
        }
        Ok(None) => Err(crate::mail::Failure::NotSetUp),
        Err(PostError::Store(error)) => return Err(error.into()),
        Err(error) => Err(crate::mail::Failure::Settings(error.to_string())),
    };
    let tested = match outcome {
        Ok(()) => (true, fill(w.test_good, &[form.to.trim()])),
        Err(failure) => (false, w.failure(&failure)),
    };
    page(&MailPage { test_to: form.to, tested: Some(tested), ..shown })
}

/// What letters say in one language.
#[derive(Deserialize)]
pub(super) struct TextForm {
    language: String,
    subject: String,
    text: String,
}

/// `POST /mail/texts`
pub(super) async fn save_text(State(app): State<App>, who: Who, Form(form): Form<TextForm>) -> Page {
    let language = Language::from_tag(&form.language).ok_or(AppError::BadRequest)?;
    match put_text(&app, &who, language, &form.subject, &form.text).await {
        Ok(()) => Ok(Redirect::to("/mail?saved").into_response()),
        Err(NotWritten::Wrong(error)) => {
            let mut shown = MailPage::load(&app, &who).await?;
            if let Some(one) = shown.texts.iter_mut().find(|one| one.tag == language.tag()) {
                *one = Text { subject: form.subject, text: form.text, error: Some(error), own: true, ..*one };
            }
            unprocessable(page(&shown))
        }
        Err(NotWritten::Failed(error)) => Err(error),
    }
}

/// Why what letters say is not changed.
pub(super) enum NotWritten {
    /// What is wrong with it.
    Wrong(String),
    Failed(AppError),
}

impl<E: Into<AppError>> From<E> for NotWritten {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What letters say in each language, and whether that is the company's own.
pub(super) async fn texts(app: &App, who: &Who) -> Result<[(Language, MailText, bool); 3], AppError> {
    let mut texts = LANGUAGES.map(|(language, _)| (language, standing_text(language), false));
    for (language, text, is_own) in &mut texts {
        if let Some(own) = app.shared.store.mail_text(who.operator.tenant, *language).await? {
            (*text, *is_own) = (own, true);
        }
    }
    Ok(texts)
}

/// Sets what letters say in one language; both empty: the standing text.
pub(super) async fn put_text(
    app: &App,
    who: &Who,
    language: Language,
    subject: &str,
    text: &str,
) -> Result<(), NotWritten> {
    let (w, tenant) = (words_of(who.texts.language), who.operator.tenant);
    let subject = subject.trim().to_owned();
    let text = text.trim().replace("\r\n", "\n");
    let empty = subject.is_empty() && text.is_empty();
    let unknown = places::unknown(&text, &PLACES).or_else(|| places::unknown(&subject, &PLACES));
    let error = if empty {
        None
    } else if subject.is_empty() || text.is_empty() {
        Some(w.missing.to_owned())
    } else if subject.chars().count() > SUBJECT_CHARS
        || subject.chars().any(char::is_control)
        || text.len() > TEXT_BYTES
    {
        Some(w.too_long.to_owned())
    } else if let Some(place) = unknown {
        Some(w.place(&place))
    } else if !text.contains("{text}") {
        Some(w.without_text.to_owned())
    } else {
        None
    };
    if let Some(error) = error {
        return Err(NotWritten::Wrong(error));
    }
    who.audit(app, "mail_text.changed", language.tag()).await?;
    let own = MailText { subject, text };
    let standing = empty || own == standing_text(language);
    app.shared.store.set_mail_text(tenant, language, (!standing).then_some(&own)).await?;
    Ok(())
}
