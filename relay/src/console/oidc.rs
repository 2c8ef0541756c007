//! Getting in by the company's own provider (OpenID Connect), and linking one's identity there to oneself here.
//!
//! The browser goes there and comes back over pages of ours: a form may not be redirected to another server, and what comes back is a GET,
//! which changes nothing. So the page that it comes back to sends what it was given with a form of its own, and only that does something.
//! It carries `state` instead of the token of other forms. An identity opens nothing before [`finish`] has found its user; what an error
//! says tells nobody who has a login here.

pub(super) mod carried;
pub(super) mod provider;
pub(super) mod words;

use askama::Template;
use axum::{
    extract::{Form, Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use protocol::{id::TenantId, message::directory::LoginError};
use serde::Deserialize;
use store::OidcIdentity;

use super::{
    App, companies, confirm,
    error::{AppError, Page, page},
    kept::{self, GONE},
    login, second_step,
    shell::Shell,
    step_up::{self, Ways},
    strings::{Texts, fill},
    users::links,
    visitor::{self, Visitor, Who},
};
use crate::{
    account::{AccountError, Operator},
    oidc::{BACK, Failure, Proved, Purpose, Returned, Session, token::BadToken},
};
use words::Words;

/// Where somebody without a password confirms that it is them.
pub(super) const CONFIRM: &str = "/confirm/oidc";
/// How a login by a provider is written down.
const BY_PROVIDER: &str = "provider";

#[derive(Template)]
#[template(path = "provider_go.html")]
struct GoPage {
    t: &'static Texts,
    lead: String,
    onward: String,
    address: String,
}

#[derive(Template)]
#[template(path = "provider_back.html")]
struct BackPage {
    t: &'static Texts,
    w: &'static Words,
    action: &'static str,
    returned: Returned,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    t: &'static Texts,
    title: &'static str,
    lead: String,
    icon: &'static str,
}

/// Whether a user is linked to the company's provider.
pub(super) struct Linked {
    /// The provider.
    pub(super) name: String,
    /// In words; `None`: they are not.
    pub(super) since: Option<String>,
}

impl Linked {
    /// Whether this user is; `None`: the company has no provider.
    pub(super) async fn of(app: &App, user: &Operator, s: &Shell) -> Result<Option<Self>, AppError> {
        let Some(name) = app.shared.oidc.name(user.tenant).await? else { return Ok(None) };
        let settings = match app.shared.oidc.settings(user.tenant).await {
            Err(Failure::Settings) => None,
            settings => settings?,
        };
        let since = match settings {
            Some(settings) => app.shared.accounts.linked_since(user, &settings.issuer).await?,
            None => None,
        };
        let w = Words::of(s.t.language);
        Ok(Some(Self { name, since: since.map(|since| fill(w.linked_since, &[&s.clock.date(&since)])) }))
    }
}

/// Somebody on their way to the provider or back.
struct Way<'a> {
    app: &'a App,
    visitor: &'a Visitor,
    tenant: TenantId,
    /// A form that waits for their login, sealed.
    kept: String,
}

impl<'a> Way<'a> {
    fn new(app: &'a App, visitor: &'a Visitor, tenant: TenantId) -> Self {
        Self { app, visitor, tenant, kept: String::new() }
    }

    /// The page that takes the browser to the provider.
    async fn go(self, purpose: Purpose) -> Page {
        let Self { app, visitor, tenant, .. } = self;
        match app.shared.oidc.begin(tenant, purpose).await {
            Ok(begun) => {
                if !self.kept.is_empty() {
                    app.carried.hold(&begun.state, self.kept, visitor.at);
                }
                let (t, w) = (visitor.texts, Words::of(visitor.texts.language));
                let (lead, onward) = (fill(w.going, &[&begun.name]), fill(w.go_on, &[&begun.name]));
                let mut answer = page(&GoPage { t, lead, onward, address: begun.address })?;
                answer.headers_mut().append(header::SET_COOKIE, visitor::flow_cookie(&begun.cookie));
                Ok(answer)
            }
            Err(failure) => self.sorry(&failure).await,
        }
    }
}

/// Which company is to be entered, and a form that waits for this login.
#[derive(Deserialize)]
pub(super) struct StartForm {
    company: Option<String>,
    #[serde(default)]
    kept: String,
}

/// `POST /login/oidc`
pub(super) async fn start(State(app): State<App>, visitor: Visitor, Form(form): Form<StartForm>) -> Page {
    let tenant = companies::of_form(&app, &visitor, form.company.as_deref()).await?;
    let mut way = Way::new(&app, &visitor, tenant.id);
    // What anybody may send is not held for them unless it was made here.
    if app.keeper.has_sealed(way.tenant, &form.kept) {
        way.kept = form.kept;
    }
    let purpose = Purpose::LogIn(!way.kept.is_empty());
    way.go(purpose).await
}

/// `POST /welcome/{token}/oidc`: the provider instead of a password.
pub(super) async fn welcome(State(app): State<App>, visitor: Visitor, Path(token): Path<String>) -> Page {
    match app.shared.accounts.of_password_link(&token).await? {
        Some(user) => Way::new(&app, &visitor, user.tenant).go(Purpose::Welcome(token)).await,
        None => links::over(visitor.texts),
    }
}

/// Where one wanted to go, and a form that waits for it.
#[derive(Deserialize)]
pub(super) struct ConfirmForm {
    #[serde(default)]
    to: String,
    #[serde(default)]
    kept: String,
}

/// `POST /confirm/oidc`: for those who have neither a password nor a code.
pub(super) async fn confirm_there(
    State(app): State<App>,
    visitor: Visitor,
    who: Who,
    Form(form): Form<ConfirmForm>,
) -> Page {
    if !Ways::of(&app, &who.operator).await?.by_provider() {
        return Err(AppError::BadRequest);
    }
    let session = Session::of(who.operator.id, &who.csrf);
    let purpose = Purpose::Confirm(session, confirm::inside(&form.to).to_owned());
    let mut way = Way::new(&app, &visitor, who.operator.tenant);
    if app.keeper.has_sealed(way.tenant, &form.kept) {
        way.kept = form.kept;
    }
    way.go(purpose).await
}

/// `POST /account/identity`
pub(super) async fn link(State(app): State<App>, visitor: Visitor, who: Who) -> Page {
    if let Some(question) = confirm::first(&app, &who, "/account") {
        return Ok(question);
    }
    let session = Session::of(who.operator.id, &who.csrf);
    Way::new(&app, &visitor, who.operator.tenant).go(Purpose::Link(session)).await
}

/// `POST /account/identity/remove`: not for those who would be left without a way in.
pub(super) async fn unlink(State(app): State<App>, who: Who) -> Page {
    if let Some(question) = confirm::first(&app, &who, "/account") {
        return Ok(question);
    }
    if !app.shared.accounts.has_password(&who.operator).await? {
        return Ok(Redirect::to("/account?identity=only").into_response());
    }
    who.audit(&app, "identity.unlinked", &who.operator.login).await?;
    app.shared.accounts.unlink_identity(&who.operator).await?;
    Ok(Redirect::to("/account?identity=unlinked").into_response())
}

/// What a provider sends back.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct BackForm {
    state: String,
    code: String,
    iss: String,
    error: String,
}

impl From<BackForm> for Returned {
    fn from(BackForm { state, code, iss, error }: BackForm) -> Self {
        Self { state, code, iss, error }
    }
}

/// `GET /login/oidc/back`: hands what came on to [`finish`]. Nothing is done with it here.
pub(super) async fn back(visitor: Visitor, Query(query): Query<BackForm>) -> Page {
    let (t, w, returned) = (visitor.texts, Words::of(visitor.texts.language), Returned::from(query));
    if !returned.fits() {
        return Err(AppError::BadRequest);
    }
    page(&BackPage { t, w, action: BACK, returned })
}

/// `POST /login/oidc/back`
pub(super) async fn finish(
    State(app): State<App>,
    headers: HeaderMap,
    visitor: Visitor,
    Form(form): Form<BackForm>,
) -> Page {
    let flow = visitor::flow(&headers);
    if flow.is_none() && visitor.token().is_some() {
        // Back to this page after everything was done.
        return Ok(Redirect::to("/").into_response());
    }
    let answer = finished(&app, &visitor, flow, &Returned::from(form)).await;
    // It is used up, whatever came of it.
    let mut answer: Response = answer.unwrap_or_else(IntoResponse::into_response);
    answer.headers_mut().append(header::SET_COOKIE, visitor::no_flow_cookie());
    Ok(answer)
}

async fn finished(app: &App, visitor: &Visitor, flow: Option<&str>, returned: &Returned) -> Page {
    let accounts = &app.shared.accounts;
    // Where it was begun; what is of nobody here is of whom the browser remembers.
    let tenant = match flow.and_then(|flow| app.shared.oidc.tenant_of(flow)) {
        Some(tenant) => tenant,
        None => companies::remembered(app, visitor.company()).await?.id,
    };
    let mut way = Way::new(app, visitor, tenant);
    way.kept = app.carried.take(&returned.state, visitor.at).unwrap_or_default();
    if let Err(why) = accounts.charge_provider(tenant, visitor.source) {
        let text = login::refusal(why, visitor.texts, "");
        return Ok(login::refused(way.apologise(text).await?, why));
    }
    let proved = app.shared.oidc.finish(flow, returned).await;
    if !proved.as_ref().is_err_and(is_theirs) {
        accounts.refund_provider(tenant, visitor.source);
    }
    match proved {
        Ok(proved) => way.enter(proved).await,
        Err(failure) => way.sorry(&failure).await,
    }
}

/// Whether it counts as a failed login: what a provider or a network does is nobody's guess.
fn is_theirs(failure: &Failure) -> bool {
    matches!(failure, Failure::NoFlow(_) | Failure::Refused(_) | Failure::Token(_) | Failure::OtherIssuer(_))
}

impl Way<'_> {
    async fn enter(mut self, proved: Proved) -> Page {
        let Proved { tenant, purpose, identity, factor_elsewhere, just_now } = proved;
        self.tenant = tenant;
        let Self { app, visitor, .. } = self;
        let accounts = &app.shared.accounts;
        match purpose {
            Purpose::LogIn(carries) => {
                let Some(user) = accounts.of_identity(tenant, &identity).await? else {
                    tracing::info!(source = %visitor.source, %tenant, "an identity that is nobody's");
                    return self.refuse(|w| w.nobody).await;
                };
                if carries && self.kept.is_empty() {
                    GONE.clone_into(&mut self.kept);
                }
                self.let_in(&user, factor_elsewhere, just_now).await
            }
            Purpose::Welcome(token) => match accounts.accept_with_identity(&token, &identity).await {
                Ok(Some(user)) => {
                    app.forget(user.id);
                    app.shared.accounts_changed.bump();
                    visitor::audit(app, &user, visitor.source, "identity.linked", &user.login, "invitation").await?;
                    self.let_in(&user, factor_elsewhere, just_now).await
                }
                Ok(None) => self.refuse(|w| w.taken).await,
                Err(AccountError::NotFound { .. }) => links::over(visitor.texts),
                Err(other) => Err(other.into()),
            },
            Purpose::Link(session) => {
                let Some(who) = self.same_login(&session)? else { return self.other_login().await };
                let theirs = accounts.of_identity(tenant, &identity).await?;
                if theirs.is_some_and(|user| user.id != who.operator.id) {
                    return self.refuse(|w| w.taken).await;
                }
                who.audit(app, "identity.linked", &who.operator.login).await?;
                if !accounts.link_identity(&who.operator, &identity).await? {
                    return self.refuse(|w| w.taken).await;
                }
                Ok(Redirect::to("/account?identity=linked").into_response())
            }
            Purpose::Confirm(session, to) => {
                let Some(who) = self.same_login(&session)? else { return self.other_login().await };
                self.confirmed(&who, &identity, confirm::inside(&to)).await
            }
        }
    }

    /// As after the right password: a passkey or a code where there is a second factor, unless the provider has asked for one and its word
    /// is taken.
    async fn let_in(self, user: &Operator, factor_elsewhere: bool, just_now: bool) -> Page {
        let Self { app, visitor, kept, .. } = self;
        let accounts = &app.shared.accounts;
        if !factor_elsewhere && accounts.factor(user.tenant, user.id).await?.is_some() {
            return second_step::ask(app, visitor, user, BY_PROVIDER, kept).await;
        }
        let detail = if factor_elsewhere { "provider factor=provider" } else { BY_PROVIDER };
        let token = login::begin(app, visitor, user, detail).await?;
        if factor_elsewhere {
            accounts.factor_asked_elsewhere(&token).await?;
        }
        // A provider may let somebody through who logged in there this morning: that shows nothing about who sits there now.
        if just_now {
            app.step_ups.given(user.id, &token, visitor.source, visitor.at);
        }
        companies::entered(app, visitor, user, kept::go_on(app, visitor, &token, "/", &kept).await?).await
    }

    /// Whoever went is whoever comes back: the same user in the same login.
    fn same_login(&self, session: &Session) -> Result<Option<Who>, AppError> {
        let who = self.visitor.clone().who(visitor::Act::LoggedIn, BACK)?;
        let same = who.operator.tenant == self.tenant && Session::of(who.operator.id, &who.csrf) == *session;
        Ok(same.then_some(who))
    }

    async fn other_login(self) -> Page {
        self.sorry(&Failure::NoFlow("another login")).await
    }

    async fn confirmed(self, who: &Who, identity: &OidcIdentity, to: &str) -> Page {
        let (app, accounts) = (self.app, &self.app.shared.accounts);
        let theirs = accounts.of_identity(self.tenant, identity).await?;
        if theirs.is_none_or(|user| user.id != who.operator.id) || !Ways::of(app, &who.operator).await?.by_provider() {
            tracing::warn!(source = %who.source, operator = %who.operator.id, "confirmed with somebody else's identity");
            return self.refuse(|w| w.not_you).await;
        }
        let token = step_up::renewed(app, who).await?;
        confirm::come_out(app, self.visitor, &token, to, &self.kept).await
    }

    /// These words with the provider's name in them.
    async fn refuse(self, text: impl Fn(&Words) -> &'static str) -> Page {
        let name = self.app.shared.oidc.name(self.tenant).await?.unwrap_or_default();
        let text = fill(text(Words::of(self.visitor.texts.language)), &[&name]);
        self.apologise(text).await
    }

    /// Why nobody is in, in words; the whole reason is for whoever reads the log.
    async fn sorry(self, failure: &Failure) -> Page {
        let (source, tenant) = (self.visitor.source, self.tenant);
        let w = Words::of(self.visitor.texts.language);
        let name = self.app.shared.oidc.name(tenant).await?.unwrap_or_default();
        match failure {
            Failure::Store(_) => {
                tracing::error!(
                    error = failure as &dyn std::error::Error,
                    "a login by the provider cannot be looked up"
                );
                return Err(AppError::Trouble);
            }
            Failure::NoFlow(_) | Failure::Cancelled(_) | Failure::Busy => {
                tracing::info!(%source, %tenant, why = %failure, "no login by the provider");
            }
            _ => tracing::warn!(%source, %tenant, why = %failure, "no login by the provider"),
        }
        let text = match failure {
            Failure::NoFlow(_) => fill(w.begin_anew, &[&self.begins_at().await?]),
            Failure::Cancelled(_) => fill(w.cancelled, &[&name]),
            Failure::Busy => w.busy.to_owned(),
            Failure::Unreachable { .. } => fill(w.unreachable, &[&name]),
            Failure::NotSetUp => w.not_set_up.to_owned(),
            Failure::Token(BadToken::NotAskedAgain) => fill(w.not_asked_again, &[&name]),
            _ => fill(w.not_taken, &[&name]),
        };
        self.apologise(text).await
    }

    /// Where the people of the company begin.
    async fn begins_at(&self) -> Result<String, AppError> {
        let tenant = self.app.shared.store.tenant(self.tenant).await?;
        Ok(format!("{}{}", self.app.shared.public_url, tenant.at("")))
    }

    /// At the login for whoever wants in; on a page of its own for whoever is in already.
    async fn apologise(self, text: String) -> Page {
        let Self { app, visitor, tenant, kept } = self;
        if visitor.token().is_none() {
            let tenant = app.shared.store.tenant(tenant).await?;
            return login::anew(app, visitor, &tenant, &text, kept).await;
        }
        let (t, w) = (visitor.texts, Words::of(visitor.texts.language));
        let mut answer = page(&MessagePage { t, title: w.not_done, lead: text, icon: "circle-x" })?;
        *answer.status_mut() = StatusCode::UNAUTHORIZED;
        Ok(answer)
    }
}

impl From<Failure> for AppError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error.into(),
            other => {
                tracing::error!(error = &other as &dyn std::error::Error, "the provider's settings cannot be used");
                Self::from(LoginError::Unavailable)
            }
        }
    }
}
