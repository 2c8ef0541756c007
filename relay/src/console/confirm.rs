//! "Confirm that it's you": a passkey, or one's own password and the code where there is a second factor, before something that matters.
//! Who has none of these logs in again at the company's provider.
//!
//! Changes that need more than a cookie are routes that [`proved`] stands before: it keeps what was typed (see [`super::kept`]) through
//! the question. Pages and forms that are not like the others ask [`first`]. The login gets a new token by it.

use std::sync::LazyLock;

use askama::Template;
use axum::{
    body::{Body, to_bytes},
    extract::{Extension, Form, FromRequest, MatchedPath, Query, Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{
    App,
    account::{with_cookie, words::Words},
    error::{AppError, Page, page},
    kept, login,
    oidc::words::Words as ProviderWords,
    passkeys,
    step_up::{self, At, Ways},
    strings::Texts,
    visitor::{BODY_BYTES, Visitor, Who},
};

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    t: &'static Texts,
    w: &'static Words,
    csrf: String,
    name: String,
    to: String,
    /// A form that waits for the answer, sealed.
    kept: String,
    note: Option<&'static str>,
    ways: Ways,
    /// The company's provider, for those who have nothing else.
    provider: Option<String>,
    p: &'static ProviderWords,
    /// The question for a passkey, of somebody who has one.
    passkey: Option<String>,
    error: Option<String>,
    at: At,
}

/// Where one wanted to go.
#[derive(Deserialize)]
pub(super) struct ConfirmQuery {
    #[serde(default)]
    to: String,
}

/// What has to be answered before this login may do more; nothing when it was answered lately. `to` is where one comes out after it.
pub(super) fn first(app: &App, who: &Who, to: &str) -> Option<Response> {
    let fresh = app.step_ups.are_fresh(who);
    (!fresh).then(|| Redirect::to(&format!("/confirm?to={to}")).into_response())
}

/// `GET /confirm`
pub(super) async fn form(State(app): State<App>, who: Who, Query(query): Query<ConfirmQuery>) -> Page {
    question(&app, &who, inside(&query.to), String::new(), None, At::Password).await
}

/// Stands before a route whose form counts only from a login that has proved lately that it is still them: otherwise nothing is done, and
/// the form waits in the page that asks.
pub(super) async fn proved(Extension(app): Extension<App>, who: Who, request: Request, next: Next) -> Response {
    if app.step_ups.are_fresh(&who) {
        return next.run(request).await;
    }
    match ask_keeping(&app, &who, request).await {
        Ok(page) => page,
        Err(error) => error.into_response(),
    }
}

async fn ask_keeping(app: &App, who: &Who, request: Request) -> Page {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let to = parts.extensions.get::<MatchedPath>().map_or("/", |route| page_of(route.as_str(), &path)).to_owned();
    let body = to_bytes(body, BODY_BYTES).await.map_err(|_| AppError::BadRequest)?;
    let form = Form::from_request(Request::from_parts(parts, Body::from(body)), &()).await;
    let Form(fields) = form.map_err(|_| AppError::BadRequest)?;
    match kept::until_proved(app, who, &path, fields) {
        Some(sealed) => {
            let mut page = question(app, who, inside(&to), sealed, None, At::Password).await?;
            *page.status_mut() = StatusCode::UNAUTHORIZED;
            Ok(page)
        }
        None => Ok(Redirect::to(&format!("/confirm?to={to}")).into_response()),
    }
}

pub(super) async fn question(app: &App, who: &Who, to: &str, kept: String, error: Option<String>, at: At) -> Page {
    let ways = Ways::of(app, &who.operator).await?;
    let provider = app.shared.oidc.name(who.operator.tenant).await?;
    let passkey = passkeys::confirm_question(app, who).await?;
    let (w, p) = (Words::of(who.texts.language), ProviderWords::of(who.texts.language));
    let (csrf, name, to) = (who.csrf.clone(), who.operator.name.clone(), to.to_owned());
    let note = (!kept.is_empty()).then(|| kept::confirm_note(who.texts.language));
    page(&ConfirmPage { t: who.texts, w, csrf, name, to, kept, note, ways, provider, p, passkey, error, at })
}

/// What the page sends.
#[derive(Deserialize)]
pub(super) struct ConfirmForm {
    #[serde(default)]
    own: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    kept: String,
}

/// `POST /confirm`
pub(super) async fn confirm(State(app): State<App>, visitor: Visitor, who: Who, Form(form): Form<ConfirmForm>) -> Page {
    let (own, code) = (Zeroizing::new(form.own), Zeroizing::new(form.code));
    let to = inside(&form.to);
    match step_up::prove(&app, &who, &own, &code).await {
        Ok(token) => come_out(&app, &visitor, &token, to, &form.kept).await,
        Err((at, why)) => {
            let error = step_up::refusal(&who, at, why);
            Ok(login::refused(question(&app, &who, to, form.kept, Some(error), at).await?, why))
        }
    }
}

/// It is still them: what waited for it is shown, or they come out where they wanted to go.
pub(super) async fn come_out(app: &App, visitor: &Visitor, token: &str, to: &str, kept: &str) -> Page {
    if kept.is_empty() {
        return with_cookie(Ok(Redirect::to(to).into_response()), Some(token));
    }
    kept::go_on_proved(app, visitor, token, to, kept).await
}

/// Where one comes out who sent nothing that is kept to this path of this route: the page that the form stands on, or the one above it.
fn page_of<'a>(route: &str, path: &'a str) -> &'a str {
    static PAGES: LazyLock<Vec<&'static str>> =
        LazyLock::new(|| super::routes().iter().filter(|r| r.method == Method::GET).map(|r| r.path).collect());
    let (mut route, mut path) = (route, path);
    while !PAGES.contains(&route) {
        match (route.rsplit_once('/'), path.rsplit_once('/')) {
            (Some((up, _)), Some((above, _))) if !up.is_empty() => (route, path) = (up, above),
            _ => return "/",
        }
    }
    path
}

/// A place of our own, whatever was asked for.
pub(super) fn inside(to: &str) -> &str {
    let plain = to.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_".contains(&b));
    if plain && to.starts_with('/') && !to.starts_with("//") { to } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comes_out_at_a_place_of_our_own() {
        assert_eq!(inside("/account/factor"), "/account/factor");
        for foreign in
            ["", "//evil.example", "https://evil.example", "/\\evil.example", "/%2f/evil", "/a\r\nb", "account"]
        {
            assert_eq!(inside(foreign), "/", "{foreign}");
        }
    }
}
