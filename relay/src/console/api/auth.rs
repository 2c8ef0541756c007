//! Who asks the API: the token in the header, its user as they are now, and how often they may.
//!
//! Nothing but the header counts: a cookie is worth nothing here, and a token nothing at a page. Must never log a token, and never tell
//! whether one was unknown, too old or taken back.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use protocol::message::directory::LoginError;
use store::{ApiToken, ApiTokenId, Language, LoginFamily, Scope};

use super::{
    super::{
        App,
        error::AppError,
        security,
        strings::Texts,
        tokens,
        visitor::{Act, Arrived, Source, Who},
    },
    problem::ApiError,
};

/// Requests of one token at once, after a pause.
const BURST: u32 = 120;
/// A token earns one more each.
const EVERY: Duration = Duration::from_millis(100);
/// Refused tokens of one address at once, after a pause.
const REFUSED_BURST: u32 = 20;
/// An address earns one more each.
const REFUSED_EVERY: Duration = Duration::from_secs(3);
/// Counted at the same time; those who have waited longest are forgotten first.
const COUNTED: usize = 10_000;

/// A token that is good, and whom it acts for.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) who: Who,
    pub(super) token: Arc<ApiToken>,
    /// What of the token's scopes its user may do now.
    pub(super) scopes: Vec<Scope>,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| ApiError::unauthorized("send a token"))
    }
}

/// Finds out whose token it is, and whether they ask too often.
pub(super) async fn recognise(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match caller(&app, &parts).await {
        Ok(caller) => {
            let mut request = Request::from_parts(parts, body);
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

async fn caller(app: &App, request: &Parts) -> Result<Caller, ApiError> {
    let (Some(Source(source)), Some(Arrived(at))) =
        (request.extensions.get().copied(), request.extensions.get().copied())
    else {
        return Err(AppError::Trouble.into());
    };
    if !security::asks_us(&request.uri, &request.headers, app) {
        return Err(AppError::WrongHost.into());
    }
    let token = bearer(&request.headers).ok_or_else(|| ApiError::unauthorized("send Authorization: Bearer amp_…"))?;
    app.rates.refused(source, at, false).map_err(ApiError::too_many)?;
    let (token, operator) = match app.shared.accounts.api(token, source).await {
        Ok(found) => found,
        Err(LoginError::Unavailable) => return Err(AppError::Trouble.into()),
        Err(_) => {
            tracing::info!(%source, "a token was refused");
            app.rates.refused(source, at, true).map_err(ApiError::too_many)?;
            return Err(ApiError::unauthorized("the token is not good"));
        }
    };
    app.rates.used(token.id, at).map_err(ApiError::too_many)?;
    if app.shared.accounts.lacks_factor(&operator).await.map_err(AppError::from)? {
        return Err(AppError::FactorMissing.into());
    }
    let reach = app.shared.apps.reach(&operator).await?;
    let scopes = tokens::effective(&token, &operator);
    let who = Who {
        operator,
        reach: Arc::new(reach),
        texts: Texts::of(Language::En),
        source,
        at,
        csrf: String::new(),
        token: String::new(),
        whole: false,
        // No console session: nothing that is bound to one is ever found for it.
        family: LoginFamily::from_bytes([0; 16]),
        via: Some(token.name.clone()),
    };
    Ok(Caller { who, token: Arc::new(token), scopes })
}

/// The token of the one header that there is.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(one), None) = (all.next(), all.next()) else { return None };
    let (scheme, token) = one.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Lets a token pass that may do what this route does.
pub(super) async fn guard(State((scope, act)): State<(Option<Scope>, Act)>, request: Request, next: Next) -> Response {
    let Some(caller) = request.extensions().get::<Caller>() else {
        return ApiError::unauthorized("send a token").into_response();
    };
    if let Some(scope) = scope.filter(|scope| !caller.scopes.contains(scope)) {
        let why = if caller.token.scopes.contains(&scope) { "its user may not" } else { "it lacks this scope" };
        return ApiError::forbidden(format!("this takes {}: {why}", scope.word())).into_response();
    }
    if !caller.who.operator.may(act) {
        return ApiError::from(AppError::Forbidden).into_response();
    }
    next.run(request).await
}

/// How often tokens are used and refused.
#[derive(Clone, Default)]
pub(in crate::console) struct Rates(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    used: HashMap<ApiTokenId, Bucket>,
    refused: HashMap<IpAddr, Bucket>,
}

/// When it will have earned back all that it has spent.
#[derive(Clone, Copy)]
struct Bucket(Instant);

impl Rates {
    /// This token is used once more; or how long it waits.
    fn used(&self, token: ApiTokenId, now: Instant) -> Result<(), u64> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spend(&mut counts.used, token, now, BURST, EVERY, true)
    }

    /// A token from this address was refused (`spent`), or may come; or how long it waits.
    fn refused(&self, source: IpAddr, now: Instant, spent: bool) -> Result<(), u64> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spend(&mut counts.refused, source, now, REFUSED_BURST, REFUSED_EVERY, spent)
    }
}

fn spend<K: std::hash::Hash + Eq + Copy>(
    buckets: &mut HashMap<K, Bucket>,
    key: K,
    now: Instant,
    burst: u32,
    every: Duration,
    spends: bool,
) -> Result<(), u64> {
    let full_at = buckets.get(&key).map_or(now, |bucket| bucket.0.max(now));
    let after = full_at + every;
    let over = after.saturating_duration_since(now).saturating_sub(every * burst);
    if !over.is_zero() {
        return Err(over.as_secs() + u64::from(over.subsec_nanos() > 0));
    }
    if spends {
        if buckets.len() >= COUNTED && !buckets.contains_key(&key) {
            buckets.retain(|_, bucket| bucket.0 > now);
            if buckets.len() >= COUNTED
                && let Some(first) = buckets.iter().min_by_key(|(_, bucket)| bucket.0).map(|(key, _)| *key)
            {
                buckets.remove(&first);
            }
        }
        buckets.insert(key, Bucket(after));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_token_has_a_burst_and_then_ten_a_second() {
        let (rates, now) = (Rates::default(), Instant::now());
        let one = ApiTokenId(1);
        for n in 0..BURST {
            assert_eq!(rates.used(one, now), Ok(()), "{n}");
        }
        assert_eq!(rates.used(one, now), Err(1));
        assert_eq!(rates.used(ApiTokenId(2), now), Ok(()), "another token");
        assert_eq!(rates.used(one, now + EVERY), Ok(()));
        assert_eq!(rates.used(one, now + EVERY), Err(1));
        assert_eq!(rates.used(one, now + Duration::from_secs(3600)), Ok(()));
    }

    #[test]
    fn an_address_whose_tokens_are_refused_again_and_again_waits_and_others_do_not() {
        let (rates, now) = (Rates::default(), Instant::now());
        let place = |last: u16| IpAddr::from([10, 0, last.to_be_bytes()[0], last.to_be_bytes()[1]]);
        for _ in 0..REFUSED_BURST {
            assert_eq!(rates.refused(place(1), now, false), Ok(()));
            assert_eq!(rates.refused(place(1), now, true), Ok(()));
        }
        assert_eq!(rates.refused(place(1), now, false), Err(3));
        assert_eq!(rates.refused(place(2), now, false), Ok(()));
        for n in 0..20_000 {
            let _ = rates.refused(place(n), now, true);
        }
        assert!(rates.0.lock().unwrap().refused.len() <= COUNTED, "memory has an end");
    }

    #[test]
    fn one_header_with_one_token_counts_and_nothing_else() {
        let read = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            values.iter().for_each(|value| {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            });
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(read(&["Bearer amp_x"]).as_deref(), Some("amp_x"));
        assert_eq!(read(&["bearer amp_x"]).as_deref(), Some("amp_x"));
        for wrong in [&[][..], &["amp_x"], &["Basic amp_x"], &["Bearer amp_x", "Bearer amp_y"]] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
