//! "Confirm that it's you": a passkey, or one's own password and the code where there is a second factor, before something that matters.
//! Who has none of these logs in again at the company's provider.
//!
//! A page for handlers that need more than a cookie; they ask [`first`]. The login gets a new token by it.

use askama::Template;
use axum::{
    extract::{Form, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{
    App,
    account::{with_cookie, words::Words},
    error::{Page, page},
    login,
    oidc::words::Words as ProviderWords,
    passkeys,
    step_up::{self, At, Ways},
    strings::Texts,
    visitor::Who,
};

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    t: &'static Texts,
    w: &'static Words,
    csrf: String,
    name: String,
    to: String,
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
    question(&app, &who, inside(&query.to), None, At::Password).await
}

pub(super) async fn question(app: &App, who: &Who, to: &str, error: Option<String>, at: At) -> Page {
    let ways = Ways::of(app, &who.operator).await?;
    let provider = app.shared.oidc.name(who.operator.tenant).await?;
    let passkey = passkeys::confirm_question(app, who).await?;
    let (w, p) = (Words::of(who.texts.language), ProviderWords::of(who.texts.language));
    let (csrf, name, to) = (who.csrf.clone(), who.operator.name.clone(), to.to_owned());
    page(&ConfirmPage { t: who.texts, w, csrf, name, to, ways, provider, p, passkey, error, at })
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
}

/// `POST /confirm`
pub(super) async fn confirm(State(app): State<App>, who: Who, Form(form): Form<ConfirmForm>) -> Page {
    let (own, code) = (Zeroizing::new(form.own), Zeroizing::new(form.code));
    let to = inside(&form.to);
    match step_up::prove(&app, &who, &own, &code).await {
        Ok(token) => with_cookie(Ok(Redirect::to(to).into_response()), Some(&token)),
        Err((at, why)) => {
            let error = step_up::refusal(&who, at, why);
            Ok(login::refused(question(&app, &who, to, Some(error), at).await?, why))
        }
    }
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
