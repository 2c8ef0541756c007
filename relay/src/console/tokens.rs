//! API tokens: whose there are, a new one, and taking one back. Everybody sees their own, administrators all of the company.
//!
//! A token is shown once, when it is made, and never again. Whoever makes one gives their own password, unless they just did: it is good
//! for longer than the login that makes it. A token can never come here: pages take cookies only.

mod words;

use askama::Template;
use axum::{
    extract::{Form, Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use jiff::Timestamp;
use serde::Deserialize;
use store::{ApiToken, ApiTokenId, Scope};
use zeroize::Zeroizing;

use super::{
    App,
    account::{with_cookie, words::Words as FactorWords},
    error::{AppError, Page, page},
    login, passkeys,
    shell::{Here, Shell},
    step_up::{self, Ways},
    strings::fill,
    visitor::{Act, Who},
};
use crate::account::{
    AccountError, Operator,
    api_token::{LONGEST_DAYS, NAME_CHARS, Wanted},
};
pub(super) use words::Words;

/// How long a token can be good, in days.
const DAYS: [u32; 5] = [7, 30, 90, 180, LONGEST_DAYS];
/// What is proposed.
const USUAL_DAYS: u32 = 90;

/// What a user must be allowed to do for a token of theirs to have this scope.
pub(super) fn takes(scope: Scope) -> Act {
    match scope {
        Scope::SessionsRead | Scope::SessionsEnd | Scope::WaitingRead => Act::Attend,
        Scope::IndicatorsRead | Scope::StatusRead | Scope::StatusWrite => Act::Attend,
        Scope::TicketsRead | Scope::TicketsWrite | Scope::AppsRead => Act::Attend,
        Scope::AppsWrite => Act::MakeApps,
        Scope::UsersRead | Scope::TicketingRead | Scope::TicketingRetry => Act::Administer,
        Scope::AuditRead | Scope::WebhooksManage => Act::Administer,
    }
}

/// What of a token's scopes its user may still do.
pub(super) fn effective(token: &ApiToken, operator: &Operator) -> Vec<Scope> {
    token.scopes.iter().copied().filter(|scope| operator.may(takes(*scope))).collect()
}

struct Row {
    id: i64,
    name: String,
    hint: String,
    whose: String,
    mine: bool,
    scopes: Vec<(&'static str, &'static str)>,
    expires: String,
    over: bool,
    used: Option<String>,
    used_from: String,
}

struct ScopeChoice {
    word: &'static str,
    label: &'static str,
    chosen: bool,
}

/// A token that is shown this once.
struct Once {
    title: String,
    token: Zeroizing<String>,
}

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage {
    s: Shell,
    w: &'static Words,
    f: &'static FactorWords,
    rows: Vec<Row>,
    all: bool,
    name: String,
    scopes: Vec<ScopeChoice>,
    days: Vec<(u32, String, bool)>,
    /// One's own password is asked for.
    asks: bool,
    /// … or a passkey, on a page of its own.
    may_use_passkey: bool,
    /// … and a code of the second factor.
    asks_code: bool,
    /// … or it is asked for at the company's provider.
    asks_elsewhere: bool,
    once: Option<Once>,
    error: Option<String>,
    at: &'static str,
}

/// What the form of a new token holds.
#[derive(Default)]
struct Typed {
    name: String,
    scopes: Vec<String>,
    days: u32,
    own: Zeroizing<String>,
    code: Zeroizing<String>,
}

impl Typed {
    fn of(form: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (name, value) in form {
            match name.as_str() {
                "name" => typed.name = value,
                "scope" => typed.scopes.push(value),
                "days" => typed.days = value.parse().unwrap_or(0),
                "own" => typed.own = Zeroizing::new(value),
                "code" => typed.code = Zeroizing::new(value),
                _ => {}
            }
        }
        typed
    }

    /// The token that is wanted, or what is wrong and where.
    fn wanted(&self, who: &Who, w: &'static Words) -> Result<Wanted, (&'static str, &'static str)> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
            return Err((w.bad_name, "name"));
        }
        let mut scopes: Vec<Scope> = Vec::new();
        for word in &self.scopes {
            let scope =
                Scope::of(word).filter(|scope| who.operator.may(takes(*scope))).ok_or((w.no_scope, "scopes"))?;
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        if scopes.is_empty() {
            return Err((w.no_scope, "scopes"));
        }
        if !(1..=LONGEST_DAYS).contains(&self.days) {
            return Err((w.bad_days, "days"));
        }
        Ok(Wanted { name: name.to_owned(), scopes, days: self.days })
    }
}

/// `GET /tokens`
pub(super) async fn list(State(app): State<App>, who: Who) -> Page {
    tokens_page(&app, &who, Typed { days: USUAL_DAYS, ..Typed::default() }, None, None).await
}

async fn tokens_page(
    app: &App,
    who: &Who,
    typed: Typed,
    once: Option<Once>,
    error: Option<(String, &'static str)>,
) -> Page {
    let s = Shell::load(app, who, Here::Tokens).await?;
    let w = Words::of(s.t.language);
    let all = who.operator.may(Act::Administer);
    let of = (!all).then_some(who.operator.id);
    let tokens = app.shared.store.api_tokens(who.operator.tenant, of).await?;
    let now = s.clock.now();
    let rows = tokens
        .into_iter()
        .map(|token| Row {
            id: token.id.0,
            mine: token.operator == who.operator.id,
            scopes: token.scopes.iter().map(|scope| (scope.word(), words::scope(s.t.language, *scope))).collect(),
            expires: s.clock.date(&token.expires_at),
            over: token.expires_at <= now,
            used: token.used_at.map(|at| s.clock.lately(&at)),
            name: token.name,
            hint: token.hint,
            whose: token.operator_name,
            used_from: token.used_from,
        })
        .collect();
    let scopes = Scope::ALL
        .into_iter()
        .filter(|scope| who.operator.may(takes(*scope)))
        .map(|scope| ScopeChoice {
            word: scope.word(),
            label: words::scope(s.t.language, scope),
            chosen: typed.scopes.iter().any(|word| word == scope.word()),
        })
        .collect();
    let days = DAYS.into_iter().map(|days| (days, fill(w.days, &[&days.to_string()]), days == typed.days)).collect();
    let refused = error.is_some();
    let (error, at) = error.map_or((None, ""), |(error, at)| (Some(error), at));
    let unproved = !app.step_ups.are_fresh(who);
    let ways = Ways::of(app, &who.operator).await?;
    let (asks, asks_code) = (unproved && ways.password, unproved && ways.code);
    let asks_elsewhere = unproved && ways.by_provider();
    let may_use_passkey = unproved && passkeys::has_any(app, who).await?;
    let mut answer = page(&TokensPage {
        f: FactorWords::of(s.t.language),
        s,
        w,
        rows,
        all,
        name: typed.name,
        scopes,
        days,
        asks,
        may_use_passkey,
        asks_code,
        asks_elsewhere,
        once,
        error,
        at,
    })?;
    if refused {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

/// `POST /tokens`
pub(super) async fn make(State(app): State<App>, mut who: Who, Form(form): Form<Vec<(String, String)>>) -> Page {
    let typed = Typed::of(form);
    let w = Words::of(who.texts.language);
    let wanted = match typed.wanted(&who, w) {
        Ok(wanted) => wanted,
        Err((why, at)) => return tokens_page(&app, &who, typed, None, Some((why.to_owned(), at))).await,
    };
    let mut renewed = None;
    if !app.step_ups.are_fresh(&who) {
        match step_up::prove(&app, &who, &typed.own, &typed.code).await {
            Ok(token) => {
                who.token.clone_from(&token);
                renewed = Some(token);
            }
            Err((at, why)) => {
                let error = step_up::refusal(&who, at, why);
                let at = if at.is_code() { "code" } else { "own" };
                let shown = tokens_page(&app, &who, typed, None, Some((error, at))).await?;
                return Ok(login::refused(shown, why));
            }
        }
    }
    with_cookie(made(&app, &who, typed, &wanted).await, renewed.as_deref())
}

async fn made(app: &App, who: &Who, typed: Typed, wanted: &Wanted) -> Page {
    let w = Words::of(who.texts.language);
    who.audit(app, "token.made", &wanted.name).await?;
    match app.shared.accounts.make_api_token(&who.operator, wanted, Timestamp::now()).await {
        Ok(made) => {
            let once = Once { title: fill(w.made, &[&wanted.name]), token: made.token };
            let fresh = Typed { days: USUAL_DAYS, ..Typed::default() };
            tokens_page(app, who, fresh, Some(once), None).await
        }
        Err(AccountError::Taken) => tokens_page(app, who, typed, None, Some((w.too_many.to_owned(), "name"))).await,
        Err(AccountError::BadName) => tokens_page(app, who, typed, None, Some((w.bad_name.to_owned(), "name"))).await,
        Err(other) => Err(other.into()),
    }
}

/// Nothing but the page's token.
#[derive(Deserialize)]
pub(super) struct RevokeForm {}

/// `POST /tokens/{id}/revoke`
pub(super) async fn revoke(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Form(RevokeForm {}): Form<RevokeForm>,
) -> Page {
    let (tenant, id) = (who.operator.tenant, ApiTokenId(id));
    let of = (!who.operator.may(Act::Administer)).then_some(who.operator.id);
    let tokens = app.shared.store.api_tokens(tenant, of).await?;
    let token = tokens.into_iter().find(|token| token.id == id).ok_or(AppError::NotFound)?;
    who.audit(&app, "token.revoked", &format!("{} · {}", token.operator_name, token.name)).await?;
    app.shared.store.revoke_api_token(tenant, of, id, Timestamp::now()).await?;
    Ok(Redirect::to("/tokens").into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Roles;

    #[test]
    fn a_token_never_does_more_than_its_user_may_do_now() {
        let id = protocol::id::OperatorId::from_bytes([1; 16]);
        let operator = |roles| Operator {
            id,
            tenant: protocol::id::TenantId::from_bytes([1; 16]),
            login: String::new(),
            name: String::new(),
            roles,
        };
        let at = Timestamp::UNIX_EPOCH;
        let token = ApiToken {
            id: ApiTokenId(1),
            operator: id,
            operator_name: String::new(),
            name: String::new(),
            scopes: Scope::ALL.to_vec(),
            hint: String::new(),
            created_at: at,
            expires_at: at,
            used_at: None,
            used_from: String::new(),
            revoked_at: None,
        };
        let none = Roles::default();
        assert_eq!(effective(&token, &operator(none)), []);
        let attends = effective(&token, &operator(Roles { attend: true, ..none }));
        assert!(attends.contains(&Scope::TicketsWrite) && !attends.contains(&Scope::AuditRead));
        assert!(!attends.contains(&Scope::AppsWrite), "no maker of apps");
        assert_eq!(effective(&token, &operator(Roles { admin: true, ..none })), Scope::ALL);
    }
}
