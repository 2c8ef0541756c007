//! Users: who may log in and what they may do. For administrators.

pub(super) mod links;

use askama::Template;
use axum::{
    extract::{Form, Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use protocol::id::OperatorId;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{
    App,
    account::words::Words,
    enrolments::RootBox,
    error::{AppError, Page, page},
    oidc::{self, words::Words as ProviderWords},
    shell::{self, Here, Shell},
    strings::{Texts, fill},
    visitor::Who,
    watching,
};
use crate::account::{AccountError, NewUser, Operator, Roles};

struct UserRow {
    id: String,
    name: String,
    login: String,
    initials: String,
    roles: Roles,
    disabled: bool,
    is_you: bool,
    factor: bool,
}

/// A password or a link that is shown this once.
struct Once {
    title: String,
    lead: String,
    secret: Zeroizing<String>,
}

impl Once {
    /// A password that was made for somebody.
    fn password(t: &'static Texts, user: &Operator, password: Zeroizing<String>) -> Self {
        Self {
            title: fill(t.once_title, &[&user.name]),
            lead: format!("{} · {}", user.login, t.once_lead),
            secret: password,
        }
    }
}

/// What the form of a new user holds.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct UserForm {
    name: String,
    login: String,
    attend: Option<String>,
    admin: Option<String>,
    passwords: Option<String>,
    apps: Option<String>,
    watch: Option<String>,
    /// `link`: they choose their own password.
    how: Option<String>,
}

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage {
    s: Shell,
    rows: Vec<UserRow>,
    form: UserForm,
    once: Option<Once>,
    error: Option<&'static str>,
    at: &'static str,
    root: RootBox,
    told: Option<Told>,
    w: &'static Words,
    l: &'static links::Words,
    /// Everybody must have a second factor.
    required: bool,
    /// The company's provider.
    provider: Option<String>,
    p: &'static ProviderWords,
}

impl UsersPage {
    /// How many have one.
    fn have_it(&self) -> String {
        let active = self.rows.iter().filter(|row| !row.disabled);
        let (have, all) = (active.clone().filter(|row| row.factor).count(), active.count());
        fill(self.w.have_it, &[&have.to_string(), &all.to_string()])
    }
}

/// What became of an upload.
pub(super) struct Told {
    pub(super) good: bool,
    pub(super) text: String,
}

/// `GET /users`
pub(super) async fn list(State(app): State<App>, who: Who) -> Page {
    let form = UserForm { attend: Some(String::new()), ..UserForm::default() };
    users_page(&app, &who, form, None, None).await
}

/// The page with what became of an upload.
pub(super) async fn list_telling(app: &App, who: &Who, told: Told) -> Page {
    let form = UserForm { attend: Some(String::new()), ..UserForm::default() };
    page_with(app, who, form, None, None, Some(told)).await
}

async fn users_page(
    app: &App,
    who: &Who,
    form: UserForm,
    once: Option<Once>,
    error: Option<(&'static str, &'static str)>,
) -> Page {
    page_with(app, who, form, once, error, None).await
}

async fn page_with(
    app: &App,
    who: &Who,
    form: UserForm,
    once: Option<Once>,
    error: Option<(&'static str, &'static str)>,
    told: Option<Told>,
) -> Page {
    let root = RootBox::load(app, who).await?;
    let s = Shell::load(app, who, Here::Users).await?;
    let with_factor = app.shared.store.second_factors(who.operator.tenant).await?;
    let required = app.shared.store.second_factor_required(who.operator.tenant).await?;
    let provider = app.shared.oidc.name(who.operator.tenant).await?;
    let rows = app
        .shared
        .accounts
        .list(who.operator.tenant)
        .await?
        .into_iter()
        .map(|user| UserRow {
            id: user.operator.id.to_string(),
            initials: shell::initials(&user.operator.name),
            is_you: user.operator.id == who.operator.id,
            factor: with_factor.contains(&user.operator.id),
            name: user.operator.name,
            login: user.operator.login,
            roles: user.operator.roles,
            disabled: user.disabled_at.is_some(),
        })
        .collect();
    let refused = error.is_some() || told.as_ref().is_some_and(|told| !told.good);
    let (error, at) = error.map_or((None, ""), |(error, at)| (Some(error), at));
    let w = Words::of(who.texts.language);
    let mut answer = page(&UsersPage {
        s,
        rows,
        form,
        once,
        error,
        at,
        root,
        told,
        w,
        l: links::Words::of(who.texts.language),
        required,
        provider,
        p: ProviderWords::of(who.texts.language),
    })?;
    if refused {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

/// `POST /users`
pub(super) async fn add(State(app): State<App>, who: Who, Form(form): Form<UserForm>) -> Page {
    let t = who.texts;
    let roles = form.roles();
    if !roles.attend && !roles.admin && !roles.may_create_apps {
        return users_page(&app, &who, form, None, Some((t.choose_role, "roles"))).await;
    }
    let error = match make(&app, &who, &form, roles).await? {
        Ok((operator, password)) => {
            let once = if form.how.as_deref() == Some("link") {
                Some(links::make(&app, &who, &operator).await?)
            } else {
                password.map(|password| Once::password(t, &operator, password))
            };
            let fresh = UserForm { attend: Some(String::new()), ..UserForm::default() };
            return users_page(&app, &who, fresh, once, None).await;
        }
        Err(AccountError::BadLogin) => (t.bad_login, "login"),
        Err(AccountError::Taken) => (t.taken, "login"),
        Err(AccountError::BadName) => (t.bad_name, "name"),
        Err(other) => return Err(other.into()),
    };
    users_page(&app, &who, form, None, Some(error)).await
}

/// A user who was made, with the password that was made for them; or why nobody was.
type Made = Result<(Operator, Option<Zeroizing<String>>), AccountError>;

/// Makes a user.
async fn make(app: &App, who: &Who, form: &UserForm, roles: Roles) -> Result<Made, AppError> {
    let (tenant, accounts) = (who.operator.tenant, &app.shared.accounts);
    // What cannot be is refused before it is written down that it was done.
    if let Err(refused) = accounts.check_new(tenant, &form.login, &form.name).await {
        return Ok(Err(refused));
    }
    who.audit(app, "operator.added", form.login.trim()).await?;
    let user = NewUser { login: form.login.clone(), name: form.name.clone(), roles };
    Ok(accounts.create(tenant, user, None).await)
}

impl UserForm {
    fn roles(&self) -> Roles {
        Roles {
            attend: self.attend.is_some(),
            admin: self.admin.is_some(),
            may_see_passwords: self.passwords.is_some(),
            may_create_apps: self.apps.is_some(),
            may_watch: self.watch.is_some(),
        }
    }

    fn of(operator: &Operator) -> Self {
        let set = |is: bool| is.then(String::new);
        let roles = operator.roles;
        Self {
            name: operator.name.clone(),
            login: operator.login.clone(),
            attend: set(roles.attend),
            admin: set(roles.admin),
            passwords: set(roles.may_see_passwords),
            apps: set(roles.may_create_apps),
            watch: set(roles.may_watch),
            how: None,
        }
    }
}

#[derive(Template)]
#[template(path = "user.html")]
struct UserPage {
    s: Shell,
    id: String,
    title: String,
    form: UserForm,
    error: Option<&'static str>,
    at: &'static str,
    w: &'static Words,
    factor: bool,
    identity: Option<oidc::Linked>,
    p: &'static ProviderWords,
}

/// `GET /users/{id}`
pub(super) async fn show(State(app): State<App>, who: Who, Path(id): Path<String>) -> Page {
    let id = operator(&id)?;
    let user = app.shared.accounts.user(who.operator.tenant, id).await?.operator;
    user_page(&app, &who, &user, UserForm::of(&user), None).await
}

async fn user_page(
    app: &App,
    who: &Who,
    user: &Operator,
    form: UserForm,
    error: Option<(&'static str, &'static str)>,
) -> Page {
    let s = Shell::load(app, who, Here::Users).await?;
    let refused = error.is_some();
    let (error, at) = error.map_or((None, ""), |(error, at)| (Some(error), at));
    let factor = app.shared.accounts.factor(user.tenant, user.id).await?.is_some();
    let identity = oidc::Linked::of(app, user, &s).await?;
    let p = ProviderWords::of(who.texts.language);
    let (w, id, title) = (Words::of(who.texts.language), user.id.to_string(), user.name.clone());
    let mut answer = page(&UserPage { s, id, title, form, error, at, w, factor, identity, p })?;
    if refused {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

/// `POST /users/{id}`: name and roles; what is under way in their programs ends where the role for it is gone.
pub(super) async fn change(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Form(form): Form<UserForm>,
) -> Page {
    let (t, id, tenant) = (who.texts, operator(&id)?, who.operator.tenant);
    let before = app.shared.accounts.user(tenant, id).await?.operator;
    let roles = form.roles();
    let form = UserForm { login: before.login.clone(), ..form };
    if !roles.attend && !roles.admin && !roles.may_create_apps {
        return user_page(&app, &who, &before, form, Some((t.choose_role, "roles"))).await;
    }
    let error = match update(&app, &who, &before, &form.name, roles).await? {
        Ok(_) => {
            app.shared.accounts_changed.bump();
            app.shared.changes.bump();
            if before.roles.attend && !roles.attend {
                for session in app.shared.sessions.list(tenant).into_iter().filter(|s| s.operator == id) {
                    app.shared.sessions.end(tenant, session.id, who.operator.id).await?;
                }
            }
            watching::end_what_may_not_be(&app, &Operator { roles, ..before }, who.operator.id).await?;
            return Ok(Redirect::to("/users").into_response());
        }
        Err(AccountError::BadName) => (t.bad_name, "name"),
        Err(AccountError::LastAdministrator) => (t.last_admin, "roles"),
        Err(other) => return Err(other.into()),
    };
    user_page(&app, &who, &before, form, Some(error)).await
}

/// Changes a user's name and roles, or tells why that cannot be.
async fn update(
    app: &App,
    who: &Who,
    before: &Operator,
    name: &str,
    roles: Roles,
) -> Result<Result<Operator, AccountError>, AppError> {
    let accounts = &app.shared.accounts;
    // As above: a change that is refused is no line of the log.
    if let Err(refused) = accounts.check_change(before.tenant, before.id, name, roles).await {
        return Ok(Err(refused));
    }
    who.audit(app, "operator.changed", &before.login).await?;
    Ok(accounts.update(before.tenant, before.id, name, roles).await)
}

/// Which way.
#[derive(Deserialize)]
pub(super) struct DisabledForm {
    disabled: bool,
}

/// `POST /users/{id}/disabled`
pub(super) async fn set_disabled(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Form(form): Form<DisabledForm>,
) -> Page {
    let id = operator(&id)?;
    let user = app.shared.accounts.user(who.operator.tenant, id).await?;
    match switch(&app, &who, &user.operator, form.disabled).await? {
        Ok(()) => {
            if form.disabled {
                app.forget(id);
                // Their programs hear of it now, and what they had under way is over.
                app.shared.accounts_changed.bump();
                for session in app.shared.sessions.list(who.operator.tenant) {
                    if session.operator == id {
                        app.shared.sessions.end(who.operator.tenant, session.id, who.operator.id).await?;
                    }
                }
            }
            Ok(Redirect::to("/users").into_response())
        }
        Err(AccountError::LastAdministrator) => {
            users_page(&app, &who, UserForm::default(), None, Some((who.texts.last_admin, "list"))).await
        }
        Err(other) => Err(other.into()),
    }
}

/// Lets a user in no more, or again, or tells why that cannot be.
async fn switch(app: &App, who: &Who, user: &Operator, disabled: bool) -> Result<Result<(), AccountError>, AppError> {
    let accounts = &app.shared.accounts;
    if disabled && let Err(refused) = accounts.check_absence(user.tenant, user.id).await {
        return Ok(Err(refused));
    }
    who.audit(app, if disabled { "operator.disabled" } else { "operator.enabled" }, &user.login).await?;
    Ok(accounts.set_disabled(user.tenant, user.id, disabled).await)
}

/// `POST /users/{id}/password`
pub(super) async fn reset(State(app): State<App>, who: Who, Path(id): Path<String>) -> Page {
    let id = operator(&id)?;
    let user = app.shared.accounts.user(who.operator.tenant, id).await?;
    if id == who.operator.id {
        // It would end the login that shows it.
        return Err(AppError::BadRequest);
    }
    who.audit(&app, "operator.password.reset", &user.operator.login).await?;
    let password = app.shared.accounts.reset(who.operator.tenant, id).await?;
    app.forget(id);
    let once = Once::password(who.texts, &user.operator, password);
    users_page(&app, &who, UserForm::default(), Some(once), None).await
}

/// `POST /users/{id}/factor`: takes a user's second factor away, for somebody who has lost it.
pub(super) async fn reset_factor(State(app): State<App>, who: Who, Path(id): Path<String>) -> Page {
    let id = operator(&id)?;
    let user = app.shared.accounts.user(who.operator.tenant, id).await?;
    let place = format!("/users/{id}");
    who.audit(&app, "factor.reset", &user.operator.login).await?;
    app.shared.accounts.remove_factor(who.operator.tenant, id).await?;
    Ok(Redirect::to(&place).into_response())
}

/// `POST /users/{id}/identity/remove`: this identity opens nothing any more, and what it opened ends.
pub(super) async fn unlink_identity(State(app): State<App>, who: Who, Path(id): Path<String>) -> Page {
    let id = operator(&id)?;
    let user = app.shared.accounts.user(who.operator.tenant, id).await?.operator;
    let place = format!("/users/{id}");
    // Nobody takes the only way in from themselves.
    if id == who.operator.id && !app.shared.accounts.has_password(&who.operator).await? {
        return Ok(Redirect::to("/account?identity=only").into_response());
    }
    who.audit(&app, "identity.unlinked", &user.login).await?;
    if app.shared.accounts.unlink_identity(&user).await? && id != who.operator.id {
        app.shared.accounts.logout(&user).await?;
        app.forget(id);
        app.shared.accounts_changed.bump();
    }
    Ok(Redirect::to(&place).into_response())
}

/// Whether everybody must have one.
#[derive(Deserialize)]
pub(super) struct RequireForm {
    required: Option<String>,
}

/// `POST /users/factor`
pub(super) async fn require_factor(State(app): State<App>, who: Who, Form(form): Form<RequireForm>) -> Page {
    let required = form.required.is_some();
    let company = app.shared.store.tenant(who.operator.tenant).await?.name;
    who.audit(&app, if required { "factor.required" } else { "factor.optional" }, &company).await?;
    app.shared.store.require_second_factor(who.operator.tenant, required).await?;
    Ok(Redirect::to("/users").into_response())
}

fn operator(id: &str) -> Result<OperatorId, AppError> {
    id.parse().map_err(|_| AppError::NotFound)
}
