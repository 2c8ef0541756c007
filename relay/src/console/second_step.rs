//! The second step of a login: a passkey (see [`super::passkeys`]) or a code, after the password was right.
//!
//! What was proved by the password (or by the company's provider) is kept in memory for a few minutes, for one place, under a token that
//! the page carries; it is no login and opens nothing. After a restart one begins anew. Must never keep a password or a code.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use askama::Template;
use axum::{
    extract::{Form, State},
    response::Response,
};
use protocol::{
    id::{OperatorId, TenantId},
    message::directory::LoginError,
};
use serde::Deserialize;
use store::TokenHash;
use zeroize::Zeroizing;

use super::{
    App,
    account::words::Words,
    companies,
    error::{AppError, Page, page},
    kept, login, passkeys,
    strings::Texts,
    visitor::Visitor,
};
use crate::account::{Operator, Used};

/// How long after the password the code may come.
const WITHIN: Duration = Duration::from_secs(5 * 60);
/// Logins between their steps at once; beyond it the oldest begin anew.
const REMEMBERED: usize = 5_000;

/// Logins whose password was right and whose code is not there yet.
#[derive(Clone, Default)]
pub(super) struct Halves(Arc<Mutex<HashMap<TokenHash, Half>>>);

struct Half {
    tenant: TenantId,
    operator: OperatorId,
    source: IpAddr,
    at: Instant,
    /// What the first half was, for the audit log; empty: the password.
    first: &'static str,
}

impl Halves {
    fn begin(&self, operator: &Operator, first: &'static str, source: IpAddr, at: Instant) -> String {
        let token: String = rand::random::<[u8; 16]>().iter().map(|byte| format!("{byte:02x}")).collect();
        let mut halves = self.lock();
        halves.retain(|_, half| is_fresh(half, at));
        if halves.len() >= REMEMBERED
            && let Some(oldest) = halves.iter().min_by_key(|(_, half)| half.at).map(|(token, _)| *token)
        {
            halves.remove(&oldest);
        }
        let half = Half { tenant: operator.tenant, operator: operator.id, source, at, first };
        halves.insert(TokenHash::of(token.as_bytes()), half);
        token
    }

    fn of(&self, token: &str, source: IpAddr, now: Instant) -> Option<(TenantId, OperatorId)> {
        let halves = self.lock();
        let half = halves.get(&TokenHash::of(token.as_bytes()))?;
        (half.source == source && is_fresh(half, now)).then_some((half.tenant, half.operator))
    }

    /// Ends a half, and says what it was; `None`: it had ended before.
    fn end(&self, token: &str) -> Option<&'static str> {
        self.lock().remove(&TokenHash::of(token.as_bytes())).map(|half| half.first)
    }

    /// This user begins anew everywhere.
    pub(super) fn forget(&self, operator: OperatorId) {
        self.lock().retain(|_, half| half.operator != operator);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TokenHash, Half>> {
        // Every change under this lock is complete in itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_fresh(half: &Half, now: Instant) -> bool {
    now.saturating_duration_since(half.at) < WITHIN
}

#[derive(Template)]
#[template(path = "login_code.html")]
struct CodePage {
    t: &'static Texts,
    w: &'static Words,
    half: String,
    /// What forms carry of somebody who is in elsewhere.
    csrf: String,
    name: String,
    error: Option<String>,
    /// A form that waits for this login, sealed.
    kept: String,
    at: At,
    /// There is an authenticator app.
    has_app: bool,
    /// The question for a passkey, of somebody who has one.
    passkey: Option<String>,
}

/// What an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Code,
    Recovery,
    Passkey,
}

impl CodePage {
    fn is_at(&self, at: &str) -> bool {
        let about = match self.at {
            At::Code => "code",
            At::Recovery => "recovery",
            At::Passkey => "passkey",
        };
        at == about
    }
}

/// The page that asks for the code of somebody whose password was right.
pub(super) async fn ask(app: &App, visitor: &Visitor, operator: &Operator, first: &'static str, kept: String) -> Page {
    let half = app.halves.begin(operator, first, visitor.source, visitor.at);
    code_page(app, visitor, half, operator, None, At::Code, kept).await
}

async fn code_page(
    app: &App,
    visitor: &Visitor,
    half: String,
    who: &Operator,
    error: Option<String>,
    at: At,
    kept: String,
) -> Page {
    let w = Words::of(visitor.texts.language);
    let factor = app.shared.accounts.factor(who.tenant, who.id).await?;
    let has_app = factor.is_none_or(|factor| factor.app.is_some());
    let passkey = passkeys::second_step_question(app, visitor, who, &half).await?;
    let csrf = visitor.csrf();
    page(&CodePage { t: visitor.texts, w, half, csrf, name: who.name.clone(), error, at, has_app, passkey, kept })
}

/// Who gave their password for this half; or the page on which they begin anew.
pub(super) async fn of_half(
    app: &App,
    visitor: &Visitor,
    half: &str,
    kept: &str,
) -> Result<Result<Operator, Response>, AppError> {
    let w = Words::of(visitor.texts.language);
    if let Some((tenant, id)) = app.halves.of(half, visitor.source, visitor.at) {
        let user = app.shared.accounts.user(tenant, id).await?;
        if user.disabled_at.is_none() {
            return Ok(Ok(user.operator));
        }
    }
    let tenant = companies::remembered(app, visitor.company()).await?;
    login::anew(app, visitor, &tenant, w.too_late, kept.to_owned()).await.map(Err)
}

/// The second step is done: the half is a login now. Whoever ended it meanwhile (a new password, another window) has the last word.
pub(super) async fn done(
    app: &App,
    visitor: &Visitor,
    half: &str,
    operator: &Operator,
    detail: &str,
    to: &str,
    kept: &str,
) -> Page {
    let Some(first) = app.halves.end(half) else {
        let tenant = app.shared.store.tenant(operator.tenant).await?;
        let why = Words::of(visitor.texts.language).too_late;
        return login::anew(app, visitor, &tenant, why, kept.to_owned()).await;
    };
    let detail = format!("{first} {detail}");
    kept::enter(app, visitor, operator, detail.trim_start(), to, kept).await
}

/// The page once more, after a passkey that was not taken.
pub(super) async fn again(
    app: &App,
    visitor: &Visitor,
    half: String,
    operator: &Operator,
    error: String,
    why: LoginError,
    kept: String,
) -> Page {
    Ok(login::refused(code_page(app, visitor, half, operator, Some(error), At::Passkey, kept).await?, why))
}

/// What the page sends: one of the two codes.
#[derive(Deserialize)]
pub(super) struct CodeForm {
    half: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    recovery: String,
    #[serde(default)]
    kept: String,
}

/// `POST /login/code`
pub(super) async fn check(State(app): State<App>, visitor: Visitor, Form(form): Form<CodeForm>) -> Page {
    let (code, recovery) = (Zeroizing::new(form.code), Zeroizing::new(form.recovery));
    let w = Words::of(visitor.texts.language);
    let user = match of_half(&app, &visitor, &form.half, &form.kept).await? {
        Ok(user) => user,
        Err(anew) => return Ok(anew),
    };
    let typed = if recovery.trim().is_empty() { &code } else { &recovery };
    match app.shared.accounts.check_code(&user, typed, visitor.source).await {
        Ok(Used::App) => done(&app, &visitor, &form.half, &user, "factor=app", "/", &form.kept).await,
        Ok(Used::Recovery) => {
            done(&app, &visitor, &form.half, &user, "factor=recovery", "/account?recovered=1", &form.kept).await
        }
        Err(why) => {
            let error = match why {
                LoginError::Wrong => w.wrong_code.to_owned(),
                why => login::refusal(why, visitor.texts, w.wrong_code),
            };
            let at = if recovery.trim().is_empty() { At::Code } else { At::Recovery };
            Ok(login::refused(code_page(&app, &visitor, form.half, &user, Some(error), at, form.kept).await?, why))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::account::Roles;

    fn operator(n: u8) -> Operator {
        let (id, tenant) = (OperatorId::from_bytes([n; 16]), TenantId::from_bytes([1; 16]));
        Operator { id, tenant, login: String::new(), name: String::new(), roles: Roles::default() }
    }

    #[test]
    fn half_a_login_is_good_at_its_place_for_a_while_and_once() {
        let (halves, now) = (Halves::default(), Instant::now());
        let (here, there) = (IpAddr::from([203, 0, 113, 1]), IpAddr::from([203, 0, 113, 2]));
        let token = halves.begin(&operator(1), "provider", here, now);
        assert_eq!(halves.of(&token, here, now).unwrap().1, operator(1).id);
        assert!(halves.of(&token, there, now).is_none());
        assert!(halves.of(&token, here, now + WITHIN).is_none());
        assert!(halves.of("", here, now).is_none());
        assert_eq!((halves.end(&token), halves.end(&token)), (Some("provider"), None));
        let (ana, bruno) = (halves.begin(&operator(1), "", here, now), halves.begin(&operator(2), "", here, now));
        halves.forget(operator(1).id);
        assert!(halves.of(&ana, here, now).is_none() && halves.of(&bruno, here, now).is_some());
        halves.begin(&operator(3), "", here, now + WITHIN);
        assert_eq!(halves.lock().len(), 1, "what is too old is cleared away");
    }
}
