//! Which company somebody wants in to, on a server with several: its word is in the address of its login, in the forms there, and
//! remembered by the browser, which is led back to it. Without any of these it is the first company.
//!
//! Only ever chooses whose login page is shown and against whose users a password is checked; what a login opens follows from its user.
//! Must never tell one company's users, names or words to somebody who does not know its word.

use axum::{
    http::{HeaderValue, header},
    response::Response,
};
use protocol::id::OperatorId;
use store::{StoreError, Tenant};

use super::{
    App,
    error::{AppError, Page},
    visitor::{Visitor, set_cookie},
};
use crate::account::Operator;

/// Carries the word of the company whose login was shown last. No secret: also from links of other sites.
pub(super) const COOKIE: &str = "__Host-amparo-company";
/// How long a browser remembers.
const A_YEAR_S: u32 = 365 * 24 * 3600;

/// The company of this word.
pub(super) async fn named(app: &App, word: &str) -> Result<Tenant, AppError> {
    let word = word.parse().map_err(|_| AppError::NotFound)?;
    app.shared.store.tenant_by_word(&word).await?.ok_or(AppError::NotFound)
}

/// The company that a browser remembers; the first if it remembers none, or one that is not here any more.
pub(super) async fn remembered(app: &App, word: Option<&str>) -> Result<Tenant, StoreError> {
    if let Some(word) = word.and_then(|word| word.parse().ok())
        && let Some(tenant) = app.shared.store.tenant_by_word(&word).await?
    {
        return Ok(tenant);
    }
    app.shared.store.tenant(app.shared.first_tenant).await
}

/// The company of a form of a login page: the one that it was shown for, whatever the browser was shown since; an empty word is the
/// first. A form that does not say it is of the one that is remembered.
pub(super) async fn of_form(app: &App, visitor: &Visitor, word: Option<&str>) -> Result<Tenant, AppError> {
    match word {
        None => Ok(remembered(app, visitor.company()).await?),
        Some("") => Ok(app.shared.store.tenant(app.shared.first_tenant).await?),
        Some(word) => named(app, word).await,
    }
}

/// This answer, after which the browser remembers this company.
pub(super) fn remember(visitor: &Visitor, tenant: &Tenant, mut answer: Response) -> Response {
    let word = tenant.word.as_ref().map(|word| word.as_str());
    if visitor.company() != word {
        answer.headers_mut().append(header::SET_COOKIE, cookie(word));
    }
    answer
}

/// The answer to somebody who is in now: their browser remembers where they belong, whichever way they came.
pub(super) async fn entered(app: &App, visitor: &Visitor, operator: &Operator, answer: Response) -> Page {
    Ok(remember(visitor, &app.shared.store.tenant(operator.tenant).await?, answer))
}

/// Where the people of a company log in, in full.
pub(super) fn address(app: &App, tenant: &Tenant) -> String {
    format!("{}{}", app.shared.public_url, tenant.at("/login"))
}

/// Whose form it is that carries this token, of whichever company; `None`: nobody's.
pub(super) async fn whose(app: &App, token: &str) -> Result<Option<(Tenant, OperatorId)>, StoreError> {
    for tenant in app.shared.store.tenants().await? {
        if let Some(operator) = app.keeper.tokens.whose(token, tenant.id) {
            return Ok(Some((tenant, operator)));
        }
    }
    Ok(None)
}

fn cookie(word: Option<&str>) -> HeaderValue {
    let (word, seconds) = word.map_or(("", 0), |word| (word, A_YEAR_S));
    set_cookie(&format!("{COOKIE}={word}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}"))
}
