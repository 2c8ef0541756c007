//! Getting in and out: the one-time set-up, login, logout, the language.
//!
//! The only routes with an effect that need no login; the origin check in front of them still holds.

use askama::Template;
use axum::{
    extract::{Form, Path, Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use protocol::message::directory::LoginError;
use serde::Deserialize;
use store::{Language, Tenant, TokenHash};

use super::{
    App, companies,
    destination::Asked,
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
    /// Its word, for the forms; empty: the first company has none.
    word: String,
    /// What forms carry of somebody who is in elsewhere.
    csrf: String,
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
    async fn load(app: &App, visitor: &Visitor, tenant: &Tenant, kept: String) -> Result<Self, AppError> {
        let t = visitor.texts_for(tenant);
        let w = oidc::words::Words::of(t.language);
        let provider = app.shared.oidc.name(tenant.id).await?.map(|name| fill(w.log_in_with, &[&name]));
        Ok(Self {
            t,
            company: tenant.name.clone(),
            word: tenant.word.as_ref().map(ToString::to_string).unwrap_or_default(),
            csrf: visitor.csrf(),
            user: String::new(),
            error: None,
            at_password: false,
            note: None,
            kept,
            provider,
        })
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

/// `GET /login`: of the company that this browser remembers, or of the first.
pub(super) async fn form(State(app): State<App>, visitor: Visitor, Query(query): Query<LoginQuery>) -> Page {
    if visitor.token().is_some() && query.out.is_none() {
        return Ok(Redirect::to("/").into_response());
    }
    let tenant = companies::remembered(&app, visitor.company()).await?;
    login_page(&app, &visitor, &tenant, query).await
}

/// `GET /c/{word}/login`: of this company. Whoever is in at another one comes in to this one instead by it.
pub(super) async fn form_of(
    State(app): State<App>,
    visitor: Visitor,
    Path(word): Path<String>,
    Query(query): Query<LoginQuery>,
) -> Page {
    let tenant = companies::named(&app, &word).await?;
    if visitor.is_of(tenant.id) && query.out.is_none() {
        return Ok(companies::remember(&visitor, &tenant, Redirect::to("/").into_response()));
    }
    login_page(&app, &visitor, &tenant, query).await
}

async fn login_page(app: &App, visitor: &Visitor, tenant: &Tenant, query: LoginQuery) -> Page {
    let shown = LoginPage::load(app, visitor, tenant, String::new()).await?;
    let over = |why: String| if why == "idle" { shown.t.session_idle } else { shown.t.session_over };
    let note = query.out.map(|_| shown.t.logged_out).or(query.over.map(over));
    Ok(companies::remember(visitor, tenant, page(&LoginPage { note, ..shown })?))
}

/// `GET /c/{word}`: in there, or to the login.
pub(super) async fn entrance(State(app): State<App>, visitor: Visitor, Path(word): Path<String>) -> Page {
    let tenant = companies::named(&app, &word).await?;
    let to = if visitor.is_of(tenant.id) { "/".to_owned() } else { tenant.at("/login") };
    Ok(companies::remember(&visitor, &tenant, Redirect::to(&to).into_response()))
}

/// `GET /c/{word}/{*path}`: on to this page of this company, for whoever is in there; the login for everybody else. For links in letters
/// and on tickets.
pub(super) async fn led_in(
    State(app): State<App>,
    visitor: Visitor,
    Path((word, _)): Path<(String, String)>,
    request: Request,
) -> Page {
    let tenant = companies::named(&app, &word).await?;
    // Whoever is in does not seem so where a letter led here.
    if let Some(again) =
        Asked::of(&request).filter(|_| !visitor.is_of(tenant.id)).and_then(|asked| asked.again(visitor.texts))
    {
        return again;
    }
    // As it was asked for, not as it reads: what is escaped in it stays so, and it stays within this server.
    let asked = request.uri().path_and_query().and_then(|asked| asked.as_str().strip_prefix(&tenant.at("")));
    let inside = |path: &&str| path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    let path = asked.filter(inside).ok_or(AppError::NotFound)?;
    let answer = match Asked::at(path) {
        _ if visitor.is_of(tenant.id) => Redirect::to(path).into_response(),
        Some(asked) => asked.keep(Redirect::to(&tenant.at("/login?over=1")).into_response()),
        None => Redirect::to(&tenant.at("/login?over=1")).into_response(),
    };
    Ok(companies::remember(&visitor, &tenant, answer))
}

/// What the login page sends.
#[derive(Deserialize)]
pub(super) struct LoginForm {
    user: String,
    password: String,
    company: Option<String>,
    #[serde(default)]
    kept: String,
}

/// `POST /login`
pub(super) async fn login(State(app): State<App>, visitor: Visitor, Form(form): Form<LoginForm>) -> Page {
    let password = zeroize::Zeroizing::new(form.password);
    let tenant = companies::of_form(&app, &visitor, form.company.as_deref()).await?;
    match app.shared.accounts.check(tenant.id, &form.user, &password, visitor.source).await {
        Ok(operator) => match app.shared.accounts.factor(tenant.id, operator.id).await? {
            Some(_) => second_step::ask(&app, &visitor, &operator, "", form.kept).await,
            None => kept::enter(&app, &visitor, &operator, "", "/", &form.kept).await,
        },
        Err(why) => {
            let shown = LoginPage::load(&app, &visitor, &tenant, form.kept).await?;
            let error = Some(refusal(why, shown.t, shown.t.wrong_login));
            let answer = page(&LoginPage { user: form.user, error, at_password: true, ..shown })?;
            Ok(refused(companies::remember(&visitor, &tenant, answer), why))
        }
    }
}

/// The login page of a company for somebody who has to begin anew, and why.
pub(super) async fn anew(app: &App, visitor: &Visitor, tenant: &Tenant, why: &str, kept: String) -> Page {
    again(app, visitor, tenant, Some(why.to_owned()), kept).await
}

/// The login page of a company for somebody whose form waits for it.
pub(super) async fn carrying(app: &App, visitor: &Visitor, tenant: &Tenant, kept: String) -> Page {
    again(app, visitor, tenant, None, kept).await
}

async fn again(app: &App, visitor: &Visitor, tenant: &Tenant, error: Option<String>, kept: String) -> Page {
    let shown = LoginPage::load(app, visitor, tenant, kept).await?;
    let note = error.is_none().then(|| kept::note(shown.t.language));
    let mut answer = page(&LoginPage { error, note, ..shown })?;
    *answer.status_mut() = StatusCode::UNAUTHORIZED;
    Ok(companies::remember(visitor, tenant, answer))
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
    let place = app.shared.store.tenant(who.operator.tenant).await?.at("/login?out=1");
    Ok(([(header::SET_COOKIE, visitor::no_session_cookie())], Redirect::to(&place)).into_response())
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
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<LanguageForm>,
) -> Result<Response, AppError> {
    let language = Language::from_tag(&form.language).ok_or(AppError::BadRequest)?;
    if !form.kept.is_empty() {
        // What is kept is in the page alone, and a way back would lose it.
        let tenant = companies::remembered(&app, visitor.company()).await?;
        let mut page = carrying(&app, &visitor.speaking(language), &tenant, form.kept).await?;
        page.headers_mut().append(header::SET_COOKIE, visitor::language_cookie(language));
        return Ok(page);
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
    let t = visitor.texts_at(&app, tenant).await;
    page(&SetupPage { t, form: SetupForm { company, ..SetupForm::default() }, error: None, at: "" })
}

/// `POST /setup/{token}`
pub(super) async fn setup(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
    Form(mut form): Form<SetupForm>,
) -> Page {
    let Some(tenant) = app.shared.store.setup_tenant(&TokenHash::of(token.as_bytes())).await? else {
        return used(visitor.texts);
    };
    let t = visitor.texts_at(&app, tenant).await;
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
        let before = app.shared.store.tenant(tenant).await?.name;
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
