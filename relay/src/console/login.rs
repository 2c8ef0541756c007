//! Getting in and out: the one-time set-up, login, logout, the language.
//!
//! The only routes with an effect that need no login; the origin check in front of them still holds.

use askama::Template;
use axum::{
    extract::{Form, Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use protocol::message::directory::LoginError;
use serde::Deserialize;
use store::{Language, TokenHash};

use super::{
    App,
    error::{AppError, Page, page},
    kept, oidc, second_step,
    strings::{Texts, fill},
    visitor::{self, Visitor, Who},
};
use crate::account::{self, AccountError, Operator};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    t: &'static Texts,
    company: String,
    user: String,
    error: Option<String>,
    /// The error is about the password, and not about another way in.
    at_password: bool,
    note: Option<&'static str>,
    /// A form that waits for this login, sealed.
    kept: String,
    /// Says that one may log in by the company's provider.
    provider: Option<String>,
}

impl LoginPage {
    async fn load(app: &App, t: &'static Texts, kept: String) -> Result<Self, AppError> {
        let tenant = app.shared.first_tenant;
        let company = app.shared.store.tenant(tenant).await?.name;
        let w = oidc::words::Words::of(t.language);
        let provider = app.shared.oidc.name(tenant).await?.map(|name| fill(w.log_in_with, &[&name]));
        Ok(Self { t, company, user: String::new(), error: None, at_password: false, note: None, kept, provider })
    }

    fn or(&self) -> &'static str {
        oidc::words::Words::of(self.t.language).or
    }
}

/// Why somebody comes to the login page.
#[derive(Deserialize)]
pub(super) struct LoginQuery {
    over: Option<String>,
    out: Option<String>,
}

/// `GET /login`
pub(super) async fn form(State(app): State<App>, visitor: Visitor, Query(query): Query<LoginQuery>) -> Page {
    if visitor.token().is_some() && query.out.is_none() {
        return Ok(Redirect::to("/").into_response());
    }
    let t = visitor.texts;
    let note = query.out.map(|_| t.logged_out).or(query.over.map(|_| t.session_over));
    page(&LoginPage { note, ..LoginPage::load(&app, t, String::new()).await? })
}

/// What the login page sends.
#[derive(Deserialize)]
pub(super) struct LoginForm {
    user: String,
    password: String,
    #[serde(default)]
    kept: String,
}

/// `POST /login`
pub(super) async fn login(State(app): State<App>, visitor: Visitor, Form(form): Form<LoginForm>) -> Page {
    let tenant = app.shared.first_tenant;
    let password = zeroize::Zeroizing::new(form.password);
    match app.shared.accounts.check(tenant, &form.user, &password, visitor.source).await {
        Ok(operator) => match app.shared.accounts.factor(tenant, operator.id).await? {
            Some(_) => second_step::ask(&app, &visitor, &operator, "", form.kept).await,
            None => kept::enter(&app, &visitor, &operator, "", "/", &form.kept).await,
        },
        Err(why) => {
            let t = visitor.texts;
            let error = Some(refusal(why, t, t.wrong_login));
            let shown = LoginPage::load(&app, t, form.kept).await?;
            Ok(refused(page(&LoginPage { user: form.user, error, at_password: true, ..shown })?, why))
        }
    }
}

/// The login page for somebody who has to begin anew, and why.
pub(super) async fn anew(app: &App, visitor: &Visitor, why: &str, kept: String) -> Page {
    again(app, visitor.texts, Some(why.to_owned()), None, kept).await
}

/// The login page for somebody whose form waits for it.
pub(super) async fn carrying(app: &App, t: &'static Texts, kept: String) -> Page {
    again(app, t, None, Some(kept::note(t.language)), kept).await
}

async fn again(app: &App, t: &'static Texts, error: Option<String>, note: Option<&'static str>, kept: String) -> Page {
    let shown = LoginPage::load(app, t, kept).await?;
    let mut answer = page(&LoginPage { error, note, ..shown })?;
    *answer.status_mut() = StatusCode::UNAUTHORIZED;
    Ok(answer)
}

/// Why a password was not taken, in words.
pub(super) fn refusal(why: LoginError, t: &'static Texts, wrong: &'static str) -> String {
    match why {
        LoginError::Wrong | LoginError::Expired | LoginError::CodeNeeded | LoginError::FactorMissing => {
            wrong.to_owned()
        }
        LoginError::TooMany { retry_after_s } => fill(t.too_many, &[&retry_after_s.to_string()]),
        LoginError::Unavailable => t.no_check.to_owned(),
    }
}

/// This page as the answer to a password that was not taken.
pub(super) fn refused(mut page: Response, why: LoginError) -> Response {
    *page.status_mut() = refusal_status(why);
    if let LoginError::TooMany { retry_after_s } = why {
        page.headers_mut().insert(header::RETRY_AFTER, retry_after_s.into());
    }
    page
}

/// The status that goes with it.
pub(super) fn refusal_status(why: LoginError) -> StatusCode {
    match why {
        LoginError::Wrong | LoginError::Expired | LoginError::CodeNeeded | LoginError::FactorMissing => {
            StatusCode::UNAUTHORIZED
        }
        LoginError::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        LoginError::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The token of a new login; one that was there before ends. Whether they have just proved who they are, its caller knows.
pub(super) async fn begin(app: &App, visitor: &Visitor, operator: &Operator, detail: &str) -> Result<String, AppError> {
    if let Some(old) = visitor.token() {
        app.shared.accounts.end_console(old).await?;
    }
    let token = app.shared.accounts.begin_console(operator).await?;
    visitor::audit(app, operator, visitor.source, "login", &operator.login, detail).await?;
    Ok(token)
}

/// On to there, with the cookie of the login that has begun.
pub(super) fn entered(token: &str, to: &str) -> Response {
    ([(header::SET_COOKIE, visitor::session_cookie(token))], Redirect::to(to)).into_response()
}

/// `POST /logout`: here and everywhere else.
pub(super) async fn logout(State(app): State<App>, who: Who) -> Page {
    app.shared.accounts.end_console(&who.token).await?;
    app.shared.accounts.logout(&who.operator).await?;
    app.forget(who.operator.id);
    who.audit(&app, "logout", &who.operator.login).await?;
    Ok(([(header::SET_COOKIE, visitor::no_session_cookie())], Redirect::to("/login?out=1")).into_response())
}

/// Which language, and where to go back to.
#[derive(Deserialize)]
pub(super) struct LanguageForm {
    language: String,
    #[serde(default)]
    kept: String,
}

/// `POST /language`
pub(super) async fn language(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<LanguageForm>,
) -> Result<Response, AppError> {
    let language = Language::from_tag(&form.language).ok_or(AppError::BadRequest)?;
    if !form.kept.is_empty() {
        // What is kept is in the page alone, and a way back would lose it.
        let page = carrying(&app, Texts::of(language), form.kept).await?;
        return Ok(([(header::SET_COOKIE, visitor::language_cookie(language))], page).into_response());
    }
    // Back to the page it was asked from: the path of our own referrer, which the origin check has vouched for.
    let back = headers
        .get(header::REFERER)
        .and_then(|r| r.to_str().ok())
        .and_then(|r| r.strip_prefix("https://"))
        .and_then(|r| r.find('/').map(|i| &r[i..]));
    let back = back.filter(|b| !b.starts_with("//") && !b.contains('\\')).unwrap_or("/");
    Ok(([(header::SET_COOKIE, visitor::language_cookie(language))], Redirect::to(back)).into_response())
}

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    t: &'static Texts,
    form: SetupForm,
    error: Option<&'static str>,
    /// Which field the error is about.
    at: &'static str,
}

#[derive(Template)]
#[template(path = "setup_used.html")]
struct SetupUsed {
    t: &'static Texts,
}

/// What the set-up page sends.
#[derive(Deserialize, Default)]
pub(super) struct SetupForm {
    company: String,
    name: String,
    login: String,
    password: String,
    again: String,
}

fn used(t: &'static Texts) -> Page {
    let mut answer = page(&SetupUsed { t })?;
    *answer.status_mut() = StatusCode::GONE;
    Ok(answer)
}

/// `GET /setup/{token}`
pub(super) async fn setup_form(State(app): State<App>, visitor: Visitor, Path(token): Path<String>) -> Page {
    let Some(tenant) = app.shared.store.setup_tenant(&TokenHash::of(token.as_bytes())).await? else {
        return used(visitor.texts);
    };
    let company = app.shared.store.tenant(tenant).await?.name;
    page(&SetupPage { t: visitor.texts, form: SetupForm { company, ..SetupForm::default() }, error: None, at: "" })
}

/// `POST /setup/{token}`
pub(super) async fn setup(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
    Form(mut form): Form<SetupForm>,
) -> Page {
    let t = visitor.texts;
    let password = zeroize::Zeroizing::new(std::mem::take(&mut form.password));
    let again = zeroize::Zeroizing::new(std::mem::take(&mut form.again));
    let (error, at) = if form.company.trim().is_empty() {
        (t.bad_company, "company")
    } else if form.name.trim().is_empty() {
        (t.bad_name, "name")
    } else if !account::strong(&password, form.login.trim()) {
        (t.weak_password, "password")
    } else if password != again {
        (t.not_the_same, "again")
    } else {
        let before = app.shared.store.tenant(app.shared.first_tenant).await?.name;
        match app.shared.accounts.set_up(&token, &form.company, &form.login, &form.name, &password).await {
            Ok(operator) => {
                rename_apps(&app, &operator, &before, form.company.trim()).await?;
                return kept::enter(&app, &visitor, &operator, "", "/", "").await;
            }
            Err(AccountError::NotFound { .. }) => return used(t),
            Err(AccountError::BadLogin) => (t.bad_login, "login"),
            Err(AccountError::Taken) => (t.taken, "login"),
            Err(AccountError::BadName) => (t.bad_name, "name"),
            Err(AccountError::WeakPassword) => (t.weak_password, "password"),
            Err(other) => return Err(other.into()),
        }
    };
    // Without a good link nothing is told about what was typed.
    if app.shared.store.setup_tenant(&TokenHash::of(token.as_bytes())).await?.is_none() {
        return used(t);
    }
    let mut answer = page(&SetupPage { t, form, error: Some(error), at })?;
    *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(answer)
}

/// Apps that carry the company's provisional name take the one it was given.
async fn rename_apps(app: &App, operator: &Operator, before: &str, company: &str) -> Result<(), AppError> {
    for mut known in app.shared.store.apps(operator.tenant).await? {
        if known.company == before && before != company {
            known.title = known.title.replace(before, company);
            known.name = known.name.replace(before, company);
            known.company = company.to_owned();
            app.shared.store.update_app(&known).await?;
            app.shared.apps.changed(operator.tenant);
        }
    }
    Ok(())
}
