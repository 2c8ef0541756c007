//! One's own account: the password, and the second factor with its recovery codes. Passkeys are in [`super::passkeys`].
//!
//! For everybody who is logged in. What changes how somebody gets in takes their own password, given lately or with the form. A secret and
//! recovery codes are shown once, on the answer to the request that made them.

pub(super) mod words;

use askama::Template;
use axum::{
    extract::{Form, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use qrcodegen::{QrCode, QrCodeEcc};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{
    App, confirm,
    error::{AppError, Page, page},
    login,
    oidc::{self, words::Words as ProviderWords},
    passkeys,
    shell::{Here, Shell},
    strings::fill,
    visitor::{self, Who},
};
use crate::account::{self, AccountError, Factor, FactorError, Offer, RECOVERY_CODES, RecoveryCodes};
use words::Words;

/// Where the second factor is set up.
pub(super) const FACTOR: &str = "/account/factor";
const ACCOUNT: &str = "/account";
/// White modules around a code, as its standard asks.
const QUIET: i32 = 4;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    s: Shell,
    w: &'static Words,
    factor: Option<Factor>,
    /// They have one to log in with.
    password: bool,
    identity: Option<oidc::Linked>,
    p: &'static ProviderWords,
    keys: passkeys::Panel,
    note: Option<&'static str>,
    error: Option<String>,
    /// Which field the error is about.
    at: &'static str,
}

impl AccountPage {
    fn since(&self, since: &jiff::Timestamp) -> String {
        fill(self.w.factor_is_on, &[&self.s.clock.date(since)])
    }

    fn left(&self, factor: &Factor) -> String {
        fill(self.w.recovery_left, &[&factor.recovery_left.to_string(), &RECOVERY_CODES.to_string()])
    }
}

/// What has just happened.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct AccountQuery {
    recovered: Option<String>,
    changed: Option<String>,
    off: Option<String>,
    identity: Option<String>,
    passkey: Option<String>,
}

/// `GET /account`
pub(super) async fn show(State(app): State<App>, who: Who, Query(query): Query<AccountQuery>) -> Page {
    let w = Words::of(who.texts.language);
    let p = ProviderWords::of(who.texts.language);
    if query.identity.as_deref() == Some("only") {
        let error = (p.only_way.to_owned(), "identity", StatusCode::UNPROCESSABLE_ENTITY);
        return account_page(&app, &who, None, Some(error)).await;
    }
    let identity = match query.identity.as_deref() {
        Some("linked") => Some(p.linked),
        Some("unlinked") => Some(p.unlinked),
        _ => None,
    };
    let note = query
        .recovered
        .map(|_| w.recovery_used)
        .or(query.changed.map(|_| w.password_changed))
        .or(query.off.map(|_| w.switched_off))
        .or(identity)
        .or(query.passkey.as_deref().and_then(|done| passkeys::done(done, who.texts.language)));
    account_page(&app, &who, note, None).await
}

async fn account_page(
    app: &App,
    who: &Who,
    note: Option<&'static str>,
    error: Option<(String, &'static str, StatusCode)>,
) -> Page {
    let s = Shell::load(app, who, Here::Account).await?;
    let factor = app.shared.accounts.factor(who.operator.tenant, who.operator.id).await?;
    let password = app.shared.accounts.has_password(&who.operator).await?;
    let identity = oidc::Linked::of(app, &who.operator, &s).await?;
    let keys = passkeys::Panel::load(app, who).await?;
    let (w, p) = (Words::of(who.texts.language), ProviderWords::of(who.texts.language));
    let status = error.as_ref().map(|(.., status)| *status);
    let (error, at) = error.map_or((None, ""), |(error, at, _)| (Some(error), at));
    let mut answer = page(&AccountPage { s, w, factor, password, identity, p, keys, note, error, at })?;
    if let Some(status) = status {
        *answer.status_mut() = status;
    }
    Ok(answer)
}

/// What the form of a new password holds.
#[derive(Deserialize)]
pub(super) struct PasswordForm {
    #[serde(default)]
    own: String,
    password: String,
    again: String,
}

/// `POST /account/password`: who has none yet makes one, having confirmed that it is them. Every login ends but this one, which gets a new token.
pub(super) async fn change_password(State(app): State<App>, who: Who, Form(form): Form<PasswordForm>) -> Page {
    let (t, w) = (who.texts, Words::of(who.texts.language));
    let [own, password, again] = [form.own, form.password, form.again].map(Zeroizing::new);
    let wrong = |error: &str, at| Some((error.to_owned(), at, StatusCode::UNPROCESSABLE_ENTITY));
    if !account::strong(&password, &who.operator.login) {
        return account_page(&app, &who, None, wrong(t.weak_password, "password")).await;
    }
    if password != again {
        return account_page(&app, &who, None, wrong(w.not_the_same, "again")).await;
    }
    let (tenant, accounts) = (who.operator.tenant, &app.shared.accounts);
    if !accounts.has_password(&who.operator).await? {
        if let Some(question) = confirm::first(&app, &who, ACCOUNT) {
            return Ok(question);
        }
    } else if let Err(why) = accounts.check(tenant, &who.operator.login, &own, who.source).await {
        let error = (login::refusal(why, t, w.wrong_password), "own", login::refusal_status(why));
        return account_page(&app, &who, None, Some(error)).await;
    }
    who.audit(&app, "password.changed", &who.operator.login).await?;
    match accounts.set_password(tenant, who.operator.id, &password).await {
        Ok(()) => {}
        Err(AccountError::WeakPassword) => {
            return account_page(&app, &who, None, wrong(t.weak_password, "password")).await;
        }
        Err(other) => return Err(other.into()),
    }
    app.forget(who.operator.id);
    app.shared.accounts_changed.bump();
    let token = accounts.begin_console(&who.operator).await?;
    app.step_ups.given(who.operator.id, &token, who.source, who.at);
    Ok(([(header::SET_COOKIE, visitor::session_cookie(&token))], Redirect::to("/account?changed=1")).into_response())
}

#[derive(Template)]
#[template(path = "factor_new.html")]
struct OfferPage {
    s: Shell,
    w: &'static Words,
    /// The company wants it, and nothing else can be done before.
    must: bool,
    /// A passkey would do as well.
    may_be_passkey: bool,
    /// In groups of four.
    secret: Zeroizing<String>,
    sealed: String,
    /// The code as a picture: its side, and its modules as a path.
    side: i32,
    path: Zeroizing<String>,
    error: Option<&'static str>,
}

/// `GET /account/factor`: a secret for the app. It counts for nothing until a code of it comes back.
pub(super) async fn offer(State(app): State<App>, who: Who) -> Page {
    let factor = app.shared.accounts.factor(who.operator.tenant, who.operator.id).await?;
    if factor.is_some_and(|factor| factor.app.is_some()) {
        return Ok(Redirect::to(ACCOUNT).into_response());
    }
    if let Some(question) = confirm::first(&app, &who, FACTOR) {
        return Ok(question);
    }
    fresh_offer(&app, &who, None).await
}

async fn fresh_offer(app: &App, who: &Who, error: Option<&'static str>) -> Page {
    let s = Shell::load(app, who, Here::Account).await?;
    let offer = app.shared.accounts.offer_factor(&who.operator, &s.tenant.name)?;
    offer_page(app, who, s, offer, error).await
}

async fn offer_page(app: &App, who: &Who, s: Shell, offer: Offer, error: Option<&'static str>) -> Page {
    let must = app.shared.accounts.lacks_factor(&who.operator).await?;
    let code = QrCode::encode_text(&offer.address, QrCodeEcc::Medium).map_err(|_| AppError::Trouble)?;
    let mut path = Zeroizing::new(String::new());
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{},{}h1v1h-1z", x + QUIET, y + QUIET));
        }
    }
    let groups: Vec<&str> = offer.secret.as_bytes().chunks(4).filter_map(|c| std::str::from_utf8(c).ok()).collect();
    let mut answer = page(&OfferPage {
        s,
        w: Words::of(who.texts.language),
        must,
        may_be_passkey: must && passkeys::party(app).is_some(),
        secret: Zeroizing::new(groups.join(" ")),
        sealed: offer.sealed,
        side: code.size() + 2 * QUIET,
        path,
        error,
    })?;
    if error.is_some() {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

/// What comes back with the first code.
#[derive(Deserialize)]
pub(super) struct EnableForm {
    sealed: String,
    code: String,
}

/// `POST /account/factor`: switches it on and shows the recovery codes.
pub(super) async fn enable(State(app): State<App>, who: Who, Form(form): Form<EnableForm>) -> Page {
    if let Some(question) = confirm::first(&app, &who, FACTOR) {
        return Ok(question);
    }
    let w = Words::of(who.texts.language);
    let accounts = &app.shared.accounts;
    match accounts.enable_factor(&who.operator, &form.sealed, &form.code, who.source).await {
        Ok(codes) => codes_page(&app, &who, codes).await,
        Err(FactorError::WrongCode) => {
            let s = Shell::load(&app, &who, Here::Account).await?;
            match accounts.offered(&who.operator, &s.tenant.name, &form.sealed) {
                Ok(offer) => offer_page(&app, &who, s, offer, Some(w.wrong_code)).await,
                Err(_) => fresh_offer(&app, &who, Some(w.offer_over)).await,
            }
        }
        Err(FactorError::Over) => fresh_offer(&app, &who, Some(w.offer_over)).await,
        Err(FactorError::Exists) => Ok(Redirect::to(ACCOUNT).into_response()),
        Err(other) => Err(other.into()),
    }
}

#[derive(Template)]
#[template(path = "factor_codes.html")]
struct CodesPage {
    s: Shell,
    w: &'static Words,
    codes: RecoveryCodes,
}

impl CodesPage {
    fn all(&self) -> Zeroizing<String> {
        Zeroizing::new(self.codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join("\n"))
    }
}

pub(super) async fn codes_page(app: &App, who: &Who, codes: RecoveryCodes) -> Page {
    let s = Shell::load(app, who, Here::Account).await?;
    page(&CodesPage { s, w: Words::of(who.texts.language), codes })
}

/// `POST /account/factor/codes`: new recovery codes; those before stop working.
pub(super) async fn new_codes(State(app): State<App>, who: Who) -> Page {
    if let Some(question) = confirm::first(&app, &who, ACCOUNT) {
        return Ok(question);
    }
    let (tenant, operator) = (who.operator.tenant, who.operator.id);
    app.shared.accounts.factor(tenant, operator).await?.ok_or(AppError::NotFound)?;
    who.audit(&app, "factor.codes.made", &who.operator.login).await?;
    let codes = app.shared.accounts.new_recovery_codes(&who.operator).await?;
    codes_page(&app, &who, codes).await
}

/// One's own password.
#[derive(Deserialize)]
pub(super) struct OwnForm {
    #[serde(default)]
    own: String,
}

/// `POST /account/factor/off`
pub(super) async fn disable(State(app): State<App>, who: Who, Form(form): Form<OwnForm>) -> Page {
    let own = Zeroizing::new(form.own);
    let (operator, accounts) = (&who.operator, &app.shared.accounts);
    if !accounts.has_password(operator).await? {
        if let Some(question) = confirm::first(&app, &who, ACCOUNT) {
            return Ok(question);
        }
    } else if let Err(why) = accounts.check(operator.tenant, &operator.login, &own, who.source).await {
        let w = Words::of(who.texts.language);
        let error = (login::refusal(why, who.texts, w.wrong_password), "off", login::refusal_status(why));
        return account_page(&app, &who, None, Some(error)).await;
    }
    who.audit(&app, "factor.disabled", &operator.login).await?;
    accounts.remove_authenticator(operator.tenant, operator.id).await?;
    Ok(Redirect::to("/account?off=1").into_response())
}

impl From<FactorError> for AppError {
    fn from(error: FactorError) -> Self {
        match error {
            FactorError::Missing => Self::NotFound,
            FactorError::WrongCode | FactorError::Over | FactorError::Exists => Self::BadRequest,
            FactorError::Unavailable(cause) => {
                tracing::error!(%cause, "second factors cannot be changed");
                Self::Trouble
            }
        }
    }
}

/// This answer, with the cookie of the login's new token. Also a refusal carries it: the old token is worth nothing any more.
pub(super) fn with_cookie(answer: Page, token: Option<&str>) -> Page {
    let Some(token) = token else { return answer };
    let mut answer: Response = answer.unwrap_or_else(IntoResponse::into_response);
    answer.headers_mut().append(header::SET_COOKIE, visitor::session_cookie(token));
    Ok(answer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::{Router, body::Body, http::Request, middleware, routing::get};
    use tower::ServiceExt;

    use super::*;
    use crate::console::error::present;

    #[tokio::test]
    async fn a_refusal_carries_the_new_token_of_a_login_too() {
        let gone = || async { with_cookie(Err(AppError::NotFound), Some("0123")) };
        let router = Router::new().route("/", get(gone)).layer(middleware::from_fn(present));
        let answer = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        let cookies: Vec<_> = answer.headers().get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(cookies.len(), 1);
        assert!(cookies[0].to_str().unwrap().starts_with("__Host-amparo=0123;"));
    }
}
