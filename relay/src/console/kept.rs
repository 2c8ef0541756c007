//! What somebody typed when their login was over: kept through the login, shown to them after it, sent when they say so.
//!
//! [`super::visitor`] comes here with a form of a login that is no longer good, [`super::login`] and [`super::second_step`] carry what is
//! kept along in their pages, sealed; the server remembers nothing, but for those who are at the
//! company's provider ([`super::oidc::carried`]). Must never keep a password, a secret, a code or a file, never send
//! anything by itself, and never show it to another user than the one whose form it was.

mod seal;
mod shown;
mod words;

use axum::{
    http::{Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use store::Language;
use tickets::kind::KINDS;

pub(super) use self::seal::{Keeper, Lost};
use super::{
    App, Route, companies, destination,
    error::{AppError, Page},
    login, passkeys,
    visitor::{self, Act, Visitor, Who},
};
use crate::account::Operator;

/// The largest form of the login pages, which carry a kept form beside what is typed: sealed it is a third longer than it was.
pub(super) const BODY_BYTES: usize = seal::SEALED_BYTES + 16 * 1024;
/// The pages that carry one, and so take such a form.
pub(super) const CARRIERS: [&str; 7] =
    ["/login", "/login/code", "/login/oidc", "/language", "/confirm", "/confirm/passkey", super::oidc::CONFIRM];
/// What it is called in their forms.
const FIELD: &str = "kept";
/// Stands for a form that waited and is gone, so that its user is told.
pub(super) const GONE: &str = "gone";
/// Forms with nothing in them but secrets and presses of a button: those are typed and pressed anew.
const NEVER: [&str; 19] = [
    "/logout",
    "/confirm",
    "/confirm/passkey",
    super::oidc::CONFIRM,
    "/status",
    "/account/password",
    "/account/factor",
    "/account/factor/codes",
    "/account/factor/off",
    passkeys::ALL,
    "/waiting/{id}/password",
    "/waiting/{id}/credentials",
    "/users/factor",
    "/users/{id}/disabled",
    "/apps/{id}/logo",
    super::customers::import::PATH,
    "/customers/import/run",
    "/customers/import/cancel",
    "/tokens",
];
/// Names of fields that are never kept, beside the secrets of connections.
const SECRETS: [&str; 7] = ["password", "again", "own", "code", "recovery", "secret", "client_secret"];
/// More fields than any page has.
const FIELDS: usize = 2_000;

/// A form as it was sent, without what must not be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    /// Where it was sent to.
    path: String,
    /// Names and values, in the order of the page.
    fields: Vec<(String, String)>,
    /// Fields that held a secret: to be typed again.
    again: Vec<String>,
}

impl Kept {
    /// What is kept of these fields; `None`: nothing that anybody would miss.
    fn of(path: &str, fields: Vec<(String, String)>) -> Option<Self> {
        if fields.len() > FIELDS {
            return None;
        }
        let (mut kept, mut again) = (Vec::new(), Vec::new());
        for (name, value) in fields {
            if name == "_csrf" || name == FIELD {
                continue;
            }
            if !is_secret(&name) {
                kept.push((name, value));
            } else if !value.is_empty() && !again.contains(&name) {
                again.push(name);
            }
        }
        let typed = kept.iter().any(|(name, value)| !name.starts_with('_') && !value.trim().is_empty());
        typed.then(|| Self { path: path.to_owned(), fields: kept, again })
    }
}

/// Whether a field of this name is for a secret.
fn is_secret(name: &str) -> bool {
    let of_a_connection =
        || KINDS.iter().flat_map(|kind| kind.fields()).any(|field| field.input.is_sealed() && field.key == name);
    SECRETS.contains(&name) || of_a_connection()
}

/// The paths whose forms may be kept, as the routes write them.
pub(super) fn paths(routes: &[Route]) -> Vec<&'static str> {
    let kept = |route: &&Route| route.method == Method::POST && route.act != Act::Anybody;
    routes.iter().filter(kept).map(|route| route.path).collect()
}

/// Whether this path is one of these, `{…}` standing for anything.
fn is_one_of(path: &str, patterns: &[&str]) -> bool {
    let fits = |pattern: &&str| {
        let (mut asked, mut known) = (path.split('/'), pattern.split('/'));
        loop {
            match (asked.next(), known.next()) {
                (None, None) => return true,
                (Some(asked), Some(known)) if known == asked || (known.starts_with('{') && !asked.is_empty()) => {}
                _ => return false,
            }
        }
    };
    patterns.iter().any(fits)
}

fn sent<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

fn now(app: &App) -> Timestamp {
    app.shared.config.clock.now()
}

/// A form came and nobody is logged in: the login page that carries what was typed. `None`: there is nothing to keep.
pub(super) async fn log_in_first(
    app: &App,
    visitor: &Visitor,
    parts: &Parts,
    fields: Vec<(String, String)>,
) -> Option<Response> {
    if parts.headers.contains_key("hx-request") || !app.keeper.keeps(parts.uri.path()) {
        return None;
    }
    // Its token says of which company it is. Not readable now: nothing else is either, and says so.
    let (tenant, operator) = companies::whose(app, sent(&fields, "_csrf")).await.ok().flatten()?;
    let kept = Kept::of(parts.uri.path(), fields)?;
    let sealed = app.keeper.seal(tenant.id, operator, &kept, now(app))?;
    Some(match login::carrying(app, visitor, &tenant, sealed).await {
        Ok(page) => page,
        Err(error) => error.into_response(),
    })
}

/// A form came from an earlier login, of whoever is logged in now or of somebody else: nothing is done, and it is shown.
pub(super) async fn stale(app: &App, visitor: &Visitor, parts: &Parts, fields: Vec<(String, String)>) -> Response {
    let Some(who) = visitor.operator() else { return AppError::LogIn.into_response() };
    let (t, path) = (visitor.texts, parts.uri.path());
    // The login page of another window, after one has logged in in this one.
    let carried = sent(&fields, FIELD);
    let shown = if parts.headers.contains_key("hx-request") {
        Err(AppError::StaleForm)
    } else if CARRIERS.contains(&path) && !carried.is_empty() {
        match app.keeper.open(who.tenant, who.id, carried, now(app)) {
            Ok(kept) => shown::kept(t, visitor.csrf(), who, kept, shown::Why::LoginEnded, "/"),
            Err(lost) => shown::lost(t, lost, "/"),
        }
    } else {
        let whose = app.keeper.tokens.whose(sent(&fields, "_csrf"), who.tenant);
        let kept = whose.filter(|_| app.keeper.keeps(path)).and_then(|_| Kept::of(path, fields));
        match (whose, kept) {
            (Some(whose), Some(kept)) if whose == who.id => {
                shown::kept(t, visitor.csrf(), who, kept, shown::Why::EarlierLogin, "/")
            }
            (Some(_), Some(_)) => shown::lost(t, Lost::AnotherUser, "/"),
            _ => Err(AppError::StaleForm),
        }
    };
    match shown {
        Ok(page) => (StatusCode::FORBIDDEN, page).into_response(),
        Err(error) => error.into_response(),
    }
}

/// A form came from a login that has to prove first that it is still them: sealed for the page that asks. `None`: there is nothing to keep.
pub(super) fn until_proved(app: &App, who: &Who, path: &str, fields: Vec<(String, String)>) -> Option<String> {
    if !app.keeper.keeps(path) {
        return None;
    }
    app.keeper.seal(who.operator.tenant, who.operator.id, &Kept::of(path, fields)?, now(app))
}

/// In, having just proved who they are. They are shown what was kept for them; without any they come out at `to`.
pub(super) async fn enter(
    app: &App,
    visitor: &Visitor,
    operator: &Operator,
    detail: &str,
    to: &str,
    carried: &str,
) -> Page {
    let token = login::begin(app, visitor, operator, detail).await?;
    app.step_ups.given(operator.id, &token, visitor.source, visitor.at);
    companies::entered(app, visitor, operator, go_on(app, visitor, &token, to, carried).await?).await
}

/// What was kept for whoever has just logged in with this token; without any they come out at `to`, or at the page that they had asked
/// for when that is the first one.
pub(super) async fn go_on(app: &App, visitor: &Visitor, token: &str, to: &str, carried: &str) -> Page {
    let asked = visitor.destination();
    let to = asked.filter(|_| to == "/").unwrap_or(to);
    let mut answer = match carried {
        "" => login::entered(token, to),
        _ => give_back(app, visitor, token, to, carried, shown::Why::LoginEnded).await?,
    };
    if asked.is_some() {
        answer.headers_mut().append(header::SET_COOKIE, destination::forget());
    }
    Ok(answer)
}

/// What was kept for whoever has just proved that it is still them, at this token.
pub(super) async fn go_on_proved(app: &App, visitor: &Visitor, token: &str, to: &str, carried: &str) -> Page {
    give_back(app, visitor, token, to, carried, shown::Why::Proved).await
}

async fn give_back(app: &App, visitor: &Visitor, token: &str, to: &str, carried: &str, why: shown::Why) -> Page {
    let (who, family, _) = app.shared.accounts.console(token, true).await?;
    let mut page = match app.keeper.open(who.tenant, who.id, carried, now(app)) {
        Ok(kept) => {
            let csrf = app.keeper.tokens.of(&family, who.tenant, who.id);
            shown::kept(visitor.texts, csrf, &who, kept, why, to)?
        }
        Err(lost) => shown::lost(visitor.texts, lost, to)?,
    };
    page.headers_mut().append(header::SET_COOKIE, visitor::session_cookie(token));
    Ok(page)
}

/// The words that tell on the login page that something is kept.
pub(super) fn note(language: Language) -> &'static str {
    words::Words::of(language).log_in_first
}

/// The words that tell on the page that asks "is it still you" that something is kept.
pub(super) fn confirm_note(language: Language) -> &'static str {
    words::Words::of(language).confirm_first
}

#[cfg(test)]
mod tests;
