//! Who is asking: the language, the login behind the cookie, and what that login may do.
//!
//! [`recognise`] runs on every request, [`guard`] on every route. A handler gets a [`Who`] only through a guard that let it pass;
//! without one it cannot be reached with a login at all.

use std::{net::IpAddr, sync::Arc, time::Instant};

use axum::{
    body::{Body, to_bytes},
    extract::{DefaultBodyLimit, Form, FromRequest, FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use protocol::{id::TenantId, message::directory::LoginError};
use store::{AuditEntry, Language, LoginFamily, StoreError, Tenant};

use super::{
    App, companies,
    customers::import,
    destination,
    error::AppError,
    form_token, kept,
    strings::{self, Texts},
    upload,
};
use crate::{account::Operator, apps::Reach};

/// Carries the login. `__Host-`: never from a subdomain, never over plain HTTP.
const SESSION_COOKIE: &str = "__Host-amparo";
/// Carries the chosen language.
const LANGUAGE_COOKIE: &str = "__Host-amparo-language";
/// Carries a login that is on its way to a provider and back.
const FLOW_COOKIE: &str = "__Host-amparo-provider";
/// No such login is longer.
const FLOW_BYTES: usize = 3_500;
/// What somebody may do whose company wants a second factor and who has none yet.
const WITHOUT_FACTOR: [&str; 10] = [
    "/account",
    "/account/password",
    super::account::FACTOR,
    super::passkeys::NEW,
    super::passkeys::ALL,
    "/confirm",
    super::oidc::CONFIRM,
    crate::oidc::BACK,
    "/help",
    "/logout",
];
/// The largest form: a long text on a ticket, with room for its encoding.
pub(super) const BODY_BYTES: usize = 256 * 1024;
/// The largest form with a picture, with room for its fields.
const PICTURE_BYTES: usize = branding::artwork::MAX_PICTURE_BYTES + BODY_BYTES;

/// The largest form with a list, with room for its fields.
const LIST_BYTES: usize = import::FILE_BYTES + BODY_BYTES;

/// The address a request comes from; put on each request by [`super::serve()`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source(pub IpAddr);

/// When a request came; put on each request by [`super::serve()`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrived(pub Instant);

/// What a route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// No login.
    Anybody,
    /// Any login.
    LoggedIn,
    /// Whoever has anything to do with customers or apps; which ones, the handler looks at (`Who` has its reach).
    Attend,
    /// Its own permission.
    SeePasswords,
    /// Make an app.
    MakeApps,
    /// Administrators.
    Administer,
}

impl Operator {
    /// Whether this operator may.
    pub fn may(&self, act: Act) -> bool {
        match act {
            Act::Anybody | Act::LoggedIn => true,
            Act::Attend => self.roles.attend || self.roles.admin || self.roles.may_create_apps,
            Act::SeePasswords => self.roles.may_see_passwords,
            Act::MakeApps => self.roles.may_create_apps || self.roles.admin,
            Act::Administer => self.roles.admin,
        }
    }
}

/// Whoever asks, logged in or not.
#[derive(Clone)]
pub(super) struct Visitor {
    pub(super) texts: &'static Texts,
    /// They have chosen that language, or their browser asks for it.
    speaks: bool,
    pub(super) source: IpAddr,
    pub(super) at: Instant,
    /// The word of the company whose login their browser was shown last.
    company: Option<String>,
    /// The page that they asked for before they came to the login.
    destination: Option<String>,
    login: Option<Known>,
    whole: bool,
}

/// A login that is good.
#[derive(Clone)]
struct Known {
    token: String,
    operator: Operator,
    reach: Arc<Reach>,
    family: LoginFamily,
    csrf: String,
    /// The company wants a second factor, and they have none yet, nor were they asked for one by its provider.
    lacks_factor: bool,
}

/// Somebody who is logged in and may do what this route does.
#[derive(Clone)]
pub(super) struct Who {
    pub(super) operator: Operator,
    /// The apps they have to do with: what a page shows of customers and sessions is of these.
    pub(super) reach: Arc<Reach>,
    pub(super) texts: &'static Texts,
    pub(super) source: IpAddr,
    /// When the request came.
    pub(super) at: Instant,
    /// Goes into every form.
    pub(super) csrf: String,
    /// The cookie's token.
    pub(super) token: String,
    /// The answer is shown as a page: it is not looked at for a part of it, or for its headers alone.
    pub(super) whole: bool,
    /// The name of the API's token that acts for them; `None`: they are at a page themselves.
    pub(super) via: Option<String>,
    /// What stays the same when the token is renewed.
    pub(super) family: LoginFamily,
}

impl Who {
    /// Writes down that this was done. Called *before* the effect: what cannot be audited is not done.
    pub(super) async fn audit(&self, app: &App, what: &str, subject: &str) -> Result<(), AppError> {
        app.shared.store.audit(&self.entry(what, subject)).await?;
        Ok(())
    }

    /// The line of the audit log that says so.
    pub(super) fn entry(&self, what: &str, subject: &str) -> AuditEntry {
        let via = self.via.as_ref().map(|token| format!("token={token}")).unwrap_or_default();
        self.operator.entry(what, subject, &via, self.source)
    }
}

/// Writes down that somebody did this.
pub(super) async fn audit(
    app: &App,
    operator: &Operator,
    source: IpAddr,
    what: &str,
    subject: &str,
    detail: &str,
) -> Result<(), AppError> {
    let entry = operator.entry(what, subject, detail, source);
    app.shared.store.audit(&entry).await?;
    Ok(())
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = AppError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        parts.extensions.get::<Self>().cloned().ok_or(AppError::Trouble)
    }
}

impl<S: Sync> FromRequestParts<S> for Who {
    type Rejection = AppError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        parts.extensions.get::<Self>().cloned().ok_or(AppError::Forbidden)
    }
}

/// In which language an answer is; on every answer, for whoever writes a page about an error.
#[derive(Clone, Copy)]
pub(super) struct Spoken(pub(super) &'static Texts);

/// On an answer to whoever was logged in until nobody used that login for too long.
#[derive(Clone, Copy)]
pub(super) struct Idle;

/// What a page asks by itself carries this header, with any value; its live stream is known by its path.
const BY_ITSELF: &str = "x-amparo-by-itself";

/// Finds out who asks and in which language, and refuses a change whose form was not made for this login.
pub(super) async fn recognise(State(app): State<App>, request: Request, next: Next) -> Response {
    let (Some(Source(source)), Some(Arrived(at))) =
        (request.extensions().get().copied(), request.extensions().get().copied())
    else {
        return AppError::Trouble.into_response();
    };
    let spoken = spoken(request.headers());
    let company = cookie(request.headers(), companies::COOKIE).map(str::to_owned);
    let destination = destination::kept(request.headers()).map(str::to_owned);
    let is_asset = request.uri().path().starts_with("/assets/");
    let by_itself = request.uri().path() == "/live" || request.headers().contains_key(BY_ITSELF);
    let (mut login, mut idle) = (None, false);
    // Assets are the same for everybody; looking the login up for each would be a query each.
    if let Some(token) = cookie(request.headers(), SESSION_COOKIE).filter(|_| !is_asset) {
        match app.shared.accounts.console(token, !by_itself).await {
            Ok((operator, family, elsewhere)) => {
                let reach = app.shared.apps.reach(&operator).await;
                let (Ok(reach), Ok(lacks_factor)) = (reach, app.shared.accounts.lacks_factor(&operator).await) else {
                    return AppError::Trouble.into_response();
                };
                let lacks_factor = lacks_factor && !elsewhere;
                let (token, reach) = (token.to_owned(), Arc::new(reach));
                let csrf = app.keeper.tokens.of(&family, operator.tenant, operator.id);
                login = Some(Known { token, operator, reach, family, csrf, lacks_factor });
            }
            Err(LoginError::Unavailable) => return AppError::Trouble.into_response(),
            // Only a word more on the login page: nothing hangs on it.
            Err(_) => idle = app.shared.accounts.console_is_idle(Some(token), None).await.unwrap_or_default(),
        }
    }
    let whole = request.method() != Method::HEAD && !request.headers().contains_key("hx-request");
    let texts = match spoken {
        Some(language) => Texts::of(language),
        None if is_asset => Texts::of(Language::default()),
        None => match &login {
            Some(known) => texts_of_company(&app, known.operator.tenant).await,
            None => texts_of(companies::remembered(&app, company.as_deref()).await),
        },
    };
    let visitor = Visitor { texts, speaks: spoken.is_some(), source, at, company, destination, login, whole };
    let mut response = answer(&app, visitor, request, next).await;
    response.extensions_mut().insert(Spoken(texts));
    if idle {
        response.extensions_mut().insert(Idle);
    }
    response
}

/// The answer to this visitor: a change is refused whose form was not made for their login.
async fn answer(app: &App, visitor: Visitor, mut request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        request = match checked(app, &visitor, request).await {
            Ok(request) => request,
            Err(refused) => return refused,
        };
        // It is read and within its limit; a smaller one behind this would answer a photograph in English.
        DefaultBodyLimit::disable().apply(&mut request);
        request.extensions_mut().insert(app.clone());
    }
    request.extensions_mut().insert(visitor);
    next.run(request).await
}

/// The request again with its form read: refused where it was not made for this login.
async fn checked(app: &App, visitor: &Visitor, request: Request) -> Result<Request, Response> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let picture = visitor.login.is_some() && path.ends_with("/logo");
    let list = visitor.login.is_some() && path == import::PATH;
    let brings = visitor.operator().is_some_and(|operator| operator.may(Act::Administer));
    let (most, larger) = match (picture, kept::CARRIERS.contains(&path)) {
        (true, _) => (PICTURE_BYTES, AppError::TooLarge),
        // Who may bring none is told so once it is read, and sends no more than any form.
        (false, false) if list && brings => (LIST_BYTES, AppError::ListTooLarge),
        (false, true) => (kept::BODY_BYTES, AppError::BadRequest),
        (false, false) => (BODY_BYTES, AppError::BadRequest),
    };
    let Ok(body) = to_bytes(body, most).await else { return Err(larger.into_response()) };
    let mut for_check = Request::new(Body::from(body.clone()));
    *for_check.method_mut() = Method::POST;
    if let Some(kind) = parts.headers.get(header::CONTENT_TYPE) {
        for_check.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
    }
    let fields = Form::<Vec<(String, String)>>::from_request(for_check, &()).await.map(|Form(fields)| fields);
    let Some(known) = &visitor.login else {
        if let Ok(fields) = fields
            && let Some(page) = kept::log_in_first(app, visitor, &parts, fields).await
        {
            return Err(page);
        }
        return Ok(Request::from_parts(parts, Body::from(body)));
    };
    // Pages for anybody carry no token, and let whoever is logged in choose a language too; where it comes from was looked at. Who comes
    // back from a provider carries what is in a cookie of their own instead, which its handler compares.
    let carries_none = ["/language", crate::oidc::BACK].contains(&path);
    let is_ours = |sent: &str| carries_none || form_token::same(sent, &known.csrf);
    if picture || list {
        let sent = upload::text(&parts.headers, body.clone(), "_csrf").await;
        if !is_ours(&sent.unwrap_or_default()) {
            return Err(AppError::StaleForm.into_response());
        }
    } else {
        let fields = fields.map_err(|_| AppError::BadRequest.into_response())?;
        let sent = fields.iter().find(|(name, _)| name == "_csrf").map_or("", |(_, value)| value);
        if !is_ours(sent) {
            return Err(kept::stale(app, visitor, &parts, fields).await);
        }
    }
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// Lets a request pass that may.
pub(super) async fn guard(State(act): State<Act>, mut request: Request, next: Next) -> Response {
    let Some(visitor) = request.extensions().get::<Visitor>().cloned() else {
        return AppError::Forbidden.into_response();
    };
    if act != Act::Anybody {
        match visitor.who(act, request.uri().path()) {
            Ok(who) => _ = request.extensions_mut().insert(who),
            Err(refused) => return refused.into_response(),
        }
    }
    next.run(request).await
}

impl Visitor {
    /// Who is logged in, if they may do this at this path.
    ///
    /// # Errors
    /// `LogIn`, `Forbidden` or `FactorMissing`.
    pub(super) fn who(self, act: Act, path: &str) -> Result<Who, AppError> {
        let Self { texts, source, at, login, whole, .. } = self;
        let Known { token, operator, reach, family, csrf, lacks_factor } = login.ok_or(AppError::LogIn)?;
        if !operator.may(act) {
            return Err(AppError::Forbidden);
        }
        if lacks_factor && !is_without_factor(path) {
            return Err(AppError::FactorMissing);
        }
        Ok(Who { operator, reach, texts, source, at, csrf, token, family, whole, via: None })
    }

    /// The texts of a page of this company for anybody: in the visitor's language, else in the company's.
    pub(super) async fn texts_at(&self, app: &App, tenant: TenantId) -> &'static Texts {
        if self.speaks { self.texts } else { texts_of_company(app, tenant).await }
    }

    /// The same, of a company that is at hand.
    pub(super) fn texts_for(&self, tenant: &Tenant) -> &'static Texts {
        if self.speaks { self.texts } else { Texts::of(tenant.language) }
    }

    /// The same visitor, who has just chosen this language.
    pub(super) fn speaking(&self, language: Language) -> Self {
        Self { texts: Texts::of(language), speaks: true, ..self.clone() }
    }

    /// The word of the company whose login this browser was shown last, as it says.
    pub(super) fn company(&self) -> Option<&str> {
        self.company.as_deref()
    }

    /// The page that they asked for before they came to the login.
    pub(super) fn destination(&self) -> Option<&str> {
        self.destination.as_deref()
    }

    /// What a form of a page for anybody carries when somebody is logged in all the same; empty: nobody is.
    pub(super) fn csrf(&self) -> String {
        self.login.as_ref().map(|known| known.csrf.clone()).unwrap_or_default()
    }

    /// Whether they are logged in at this company.
    pub(super) fn is_of(&self, tenant: TenantId) -> bool {
        self.operator().is_some_and(|operator| operator.tenant == tenant)
    }

    /// Who is logged in.
    pub(super) fn operator(&self) -> Option<&Operator> {
        self.login.as_ref().map(|known| &known.operator)
    }

    /// The token of the login that there is already.
    pub(super) fn token(&self) -> Option<&str> {
        self.login.as_ref().map(|known| known.token.as_str())
    }
}

/// Whether this may be done without the second factor that the company wants: to get one, to read how, to leave.
fn is_without_factor(path: &str) -> bool {
    WITHOUT_FACTOR.contains(&path) || path.starts_with("/help/")
}

/// The language of whoever sends these headers: as chosen, else as the browser asks; `None`: it names none of ours.
pub(super) fn spoken(headers: &HeaderMap) -> Option<Language> {
    cookie(headers, LANGUAGE_COOKIE).and_then(Language::from_tag).or_else(|| strings::asked_for(headers))
}

async fn texts_of_company(app: &App, tenant: TenantId) -> &'static Texts {
    texts_of(app.shared.store.tenant(tenant).await)
}

/// The texts of a company's language. It cannot be read now: whatever is wrong is said by what needs it.
fn texts_of(tenant: Result<Tenant, StoreError>) -> &'static Texts {
    Texts::of(tenant.map(|tenant| tenant.language).unwrap_or_default())
}

/// The cookie of a login.
pub(super) fn session_cookie(token: &str) -> HeaderValue {
    set_cookie(&format!("{SESSION_COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict"))
}

/// Takes the cookie of a login away.
pub(super) fn no_session_cookie() -> HeaderValue {
    set_cookie(&format!("{SESSION_COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"))
}

/// The cookie of a login that is on its way to a provider and back: for our own forms only, and not for long.
pub(super) fn flow_cookie(flow: &str) -> HeaderValue {
    let seconds = crate::oidc::LASTS_S;
    set_cookie(&format!("{FLOW_COOKIE}={flow}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={seconds}"))
}

/// Takes it away.
pub(super) fn no_flow_cookie() -> HeaderValue {
    set_cookie(&format!("{FLOW_COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"))
}

/// The login that is on its way, as this browser keeps it.
pub(super) fn flow(headers: &HeaderMap) -> Option<&str> {
    cookie_of(headers, FLOW_COOKIE, FLOW_BYTES)
}

/// The cookie of a language.
pub(super) fn language_cookie(language: Language) -> HeaderValue {
    let tag = language.tag();
    set_cookie(&format!("{LANGUAGE_COOKIE}={tag}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=31536000"))
}

/// A cookie of our own words.
pub(super) fn set_cookie(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("made of our own ASCII words and hexadecimal digits")
}

/// What the browser keeps under this name.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    cookie_of(headers, name, 64)
}

/// The same of a value that may be this long, in bytes.
pub(super) fn cookie_of<'a>(headers: &'a HeaderMap, name: &str, longest: usize) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty() && value.len() <= longest)
        .map(|(_, value)| value)
}
