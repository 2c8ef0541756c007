//! The company's provider: its settings, and trying it out. For administrators.
//!
//! What is set here decides who gets in: reading it and changing it take one's own password, given lately. The client's secret is typed and
//! never shown again.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Form, Query, State},
    response::{IntoResponse, Redirect},
};
use serde::Deserialize;

use super::words::{Words, found, look};
use crate::{
    console::{
        App, confirm,
        error::{AppError, Page, page, unprocessable},
        shell::{Here, Shell},
        visitor::Who,
    },
    oidc::{Failure, Problem, Settings},
};

const PROVIDER: &str = "/users/provider";

/// A form as it arrives: every field a text.
type Typed = BTreeMap<String, String>;

/// One line of a test.
struct Tried {
    state: &'static str,
    what: &'static str,
    words: String,
}

#[derive(Template)]
#[template(path = "provider.html")]
struct ProviderPage {
    s: Shell,
    w: &'static Words,
    typed: Typed,
    problems: Vec<(&'static str, Problem)>,
    /// There is one.
    set_up: bool,
    has_secret: bool,
    redirect: String,
    note: Option<&'static str>,
    error: Option<&'static str>,
    tried: Vec<Tried>,
}

impl ProviderPage {
    async fn load(app: &App, who: &Who) -> Result<Self, AppError> {
        let s = Shell::load(app, who, Here::Users).await?;
        let w = Words::of(s.t.language);
        let settings = app.shared.oidc.settings(who.operator.tenant).await;
        // Settings that cannot be used are written anew.
        let error = matches!(settings, Err(Failure::Settings)).then_some(w.unusable);
        let settings = match settings {
            Err(Failure::Settings) => None,
            settings => settings?,
        };
        let set_up = settings.is_some() || error.is_some();
        Ok(Self {
            w,
            has_secret: settings.as_ref().is_some_and(Settings::has_secret),
            typed: settings.map(|settings| settings.open()).unwrap_or_default(),
            problems: Vec::new(),
            set_up,
            redirect: app.shared.oidc.redirect().to_owned(),
            note: None,
            error,
            tried: Vec::new(),
            s,
        })
    }

    fn value(&self, key: &str) -> &str {
        self.typed.get(key).map_or("", String::as_str)
    }

    fn kept(&self) -> &'static str {
        if self.has_secret { self.w.kept } else { "" }
    }

    fn wrong(&self, key: &str) -> Option<&'static str> {
        self.problems.iter().find(|(field, _)| *field == key).map(|(_, problem)| match problem {
            Problem::Missing => self.w.missing,
            Problem::NotItsForm => self.w.not_its_form,
            Problem::NotHttps => self.w.not_https,
        })
    }
}

/// What happened before.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::console) struct ShowQuery {
    saved: Option<String>,
    removed: Option<String>,
}

/// `GET /users/provider`
pub(in crate::console) async fn show(State(app): State<App>, who: Who, Query(query): Query<ShowQuery>) -> Page {
    if let Some(question) = confirm::first(&app, &who, PROVIDER) {
        return Ok(question);
    }
    let shown = ProviderPage::load(&app, &who).await?;
    let w = shown.w;
    let note = query.saved.map(|_| w.saved).or(query.removed.map(|_| w.removed));
    page(&ProviderPage { note, ..shown })
}

/// `POST /users/provider`
pub(in crate::console) async fn save(State(app): State<App>, who: Who, Form(mut typed): Form<Typed>) -> Page {
    let tenant = who.operator.tenant;
    let before = match app.shared.oidc.settings(tenant).await {
        Err(Failure::Settings) => None,
        before => before?,
    };
    match Settings::typed(&typed, before.as_ref()) {
        Ok(settings) => {
            let moves = before.is_some_and(|before| before.issuer != settings.issuer);
            if moves && !app.shared.accounts.has_password(&who.operator).await? {
                return without_password(&app, &who).await;
            }
            who.audit(&app, "provider.changed", &settings.issuer).await?;
            app.shared.oidc.set(tenant, Some(&settings)).await?;
            Ok(Redirect::to("/users/provider?saved").into_response())
        }
        Err(problems) => {
            typed.remove("client_secret");
            let shown = ProviderPage::load(&app, &who).await?;
            unprocessable(page(&ProviderPage { typed, problems, ..shown }))
        }
    }
}

/// Whoever takes the way in away must have another one.
async fn without_password(app: &App, who: &Who) -> Page {
    let shown = ProviderPage::load(app, who).await?;
    let error = Some(shown.w.password_first);
    unprocessable(page(&ProviderPage { error, ..shown }))
}

/// `POST /users/provider/test`
pub(in crate::console) async fn test(State(app): State<App>, who: Who) -> Page {
    let settings = app.shared.oidc.settings(who.operator.tenant).await?.ok_or(AppError::NotFound)?;
    let shown = ProviderPage::load(&app, &who).await?;
    who.audit(&app, "provider.tested", &settings.issuer).await?;
    let report = app.shared.oidc.look(&settings).await;
    let tried = report.looked_at.iter().map(|(at, what)| {
        let (state, words) = found(who.texts.language, what);
        Tried { state, what: look(shown.w, *at), words }
    });
    let tried = tried.collect();
    page(&ProviderPage { tried, ..shown })
}

/// `POST /users/provider/remove`
pub(in crate::console) async fn remove(State(app): State<App>, who: Who) -> Page {
    if !app.shared.accounts.has_password(&who.operator).await? {
        return without_password(&app, &who).await;
    }
    let name = app.shared.oidc.name(who.operator.tenant).await?.ok_or(AppError::NotFound)?;
    who.audit(&app, "provider.removed", &name).await?;
    app.shared.oidc.set(who.operator.tenant, None).await?;
    Ok(Redirect::to("/users/provider?removed").into_response())
}
