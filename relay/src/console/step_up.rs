//! Step-up: a customer's password is shown only to a login that has given its own password lately (and a code, where there is a second
//! factor), or a passkey, from where it asks now.
//!
//! Noted at login, asked for by [`super::attendance`] before it shows a password and by [`super::confirm`] for pages. A cookie that was carried elsewhere is worth no
//! password there. Kept in memory only: after a restart everybody is asked again. Must never keep a cookie's token or a password.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use askama::Template;
use axum::response::Response;
use protocol::{
    id::{DeviceId, OperatorId},
    message::directory::LoginError,
};
use store::TokenHash;
use zeroize::Zeroizing;

use super::{
    App,
    account::words::Words,
    attendance::View,
    error::{AppError, page},
    login, passkeys,
    visitor::Who,
};
use crate::account::Operator;

/// How long after one's own password passwords of customers are shown.
const FRESH: Duration = Duration::from_secs(15 * 60);
/// Logins remembered at once; beyond it those that gave their password longest ago are asked again.
const REMEMBERED: usize = 10_000;

/// Which logins gave their own password lately.
#[derive(Clone, Default)]
pub(super) struct StepUps(Arc<Mutex<Proofs>>);

impl StepUps {
    /// The login of this token has just proved who it is.
    pub(super) fn given(&self, operator: OperatorId, token: &str, source: IpAddr, at: Instant) {
        self.lock().given(TokenHash::of(token.as_bytes()), Proof { operator, source, at });
    }

    /// All logins of this user are asked again.
    pub(super) fn forget(&self, operator: OperatorId) {
        self.lock().forget(operator);
    }

    /// Whether this login proved it lately, from where it asks now.
    pub(super) fn are_fresh(&self, who: &Who) -> bool {
        self.lock().are_fresh(&TokenHash::of(who.token.as_bytes()), who.source, who.at)
    }

    fn lock(&self) -> MutexGuard<'_, Proofs> {
        // Every change under this lock is complete in itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Template)]
#[template(path = "own_password.html")]
struct Question {
    v: View,
    number: u32,
    id: String,
    w: &'static Words,
    ways: Ways,
    /// They may prove it with a passkey, on a page of its own.
    may_use_passkey: bool,
    error: Option<String>,
    at: At,
}

/// What an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// One's own password.
    Password,
    /// The code of the second factor.
    Code,
    /// A passkey.
    Passkey,
}

impl At {
    pub(super) fn is_code(&self) -> bool {
        *self == Self::Code
    }

    pub(super) fn is_password(&self) -> bool {
        *self == Self::Password
    }

    pub(super) fn is_passkey(&self) -> bool {
        *self == Self::Passkey
    }
}

/// What comes of asking.
pub(super) enum Asked {
    /// It was proved lately.
    Lately,
    /// It is proved now: the login's new token.
    Now(String),
    /// This has to be answered first.
    Question(Response),
}

/// By what somebody shows that it is still them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ways {
    /// By their own password.
    pub(super) password: bool,
    /// By a code of their second factor.
    pub(super) code: bool,
}

impl Ways {
    /// This user's: everything they have.
    pub(super) async fn of(app: &App, operator: &Operator) -> Result<Self, LoginError> {
        let accounts = &app.shared.accounts;
        let password = accounts.has_password(operator).await?;
        Ok(Self { password, code: accounts.factor(operator.tenant, operator.id).await?.is_some() })
    }

    /// By logging in again at the company's provider: they have nothing else.
    pub(super) fn by_provider(self) -> bool {
        !self.password && !self.code
    }
}

/// One's own password and, where there is a second factor, a code of it: the login gets a new token by it, the old one ends. Who has no
/// password gives the code alone; who has neither proves it at the provider, and not here.
pub(super) async fn prove(app: &App, who: &Who, own: &str, code: &str) -> Result<String, (At, LoginError)> {
    let (accounts, operator) = (&app.shared.accounts, &who.operator);
    let password = |why| (At::Password, why);
    let ways = Ways::of(app, operator).await.map_err(password)?;
    if ways.by_provider() {
        return Err((At::Password, LoginError::Wrong));
    }
    if ways.password {
        accounts.check(operator.tenant, &operator.login, own, who.source).await.map_err(password)?;
    }
    if ways.code {
        accounts.check_code(operator, code, who.source).await.map_err(|why| (At::Code, why))?;
    }
    renewed(app, who).await.map_err(password)
}

/// A new token for a login that has just proved who it is.
pub(super) async fn renewed(app: &App, who: &Who) -> Result<String, LoginError> {
    let token = app.shared.accounts.renew_console(&who.token).await?;
    app.step_ups.given(who.operator.id, &token, who.source, who.at);
    Ok(token)
}

/// Why it was not proved, in words.
pub(super) fn refusal(who: &Who, at: At, why: LoginError) -> String {
    let wrong = match at {
        At::Password => who.texts.own_password_wrong,
        At::Code => Words::of(who.texts.language).wrong_code,
        At::Passkey => passkeys::words::Words::of(who.texts.language).refused,
    };
    login::refusal(why, who.texts, wrong)
}

/// What has to be answered before this customer's password is shown; nothing when `own` and `code` are the answer, or it was given
/// lately.
pub(super) async fn ask(
    app: &App,
    who: &Who,
    customer: DeviceId,
    own: Option<String>,
    code: String,
) -> Result<Asked, AppError> {
    if app.step_ups.are_fresh(who) {
        return Ok(Asked::Lately);
    }
    let ways = Ways::of(app, &who.operator).await?;
    let may_use_passkey = passkeys::has_any(app, who).await?;
    let w = Words::of(who.texts.language);
    let (number, id) = (customer.number(), customer.to_string());
    let question =
        |error, at| page(&Question { v: View::of(app, who), number, id, w, ways, may_use_passkey, error, at });
    let code = Zeroizing::new(code);
    // Who has no password sends the code alone.
    let own = own.or_else(|| (!ways.password && !code.is_empty()).then(String::new));
    let Some(own) = own.map(Zeroizing::new) else { return Ok(Asked::Question(question(None, At::Password)?)) };
    match prove(app, who, &own, &code).await {
        Ok(token) => Ok(Asked::Now(token)),
        Err((at, why)) => Ok(Asked::Question(login::refused(question(Some(refusal(who, at, why)), at)?, why))),
    }
}

struct Proof {
    operator: OperatorId,
    source: IpAddr,
    at: Instant,
}

#[derive(Default)]
struct Proofs(HashMap<TokenHash, Proof>);

impl Proofs {
    fn given(&mut self, token: TokenHash, proof: Proof) {
        self.0.retain(|_, old| is_fresh(old, proof.at));
        if self.0.len() >= REMEMBERED
            && !self.0.contains_key(&token)
            && let Some(oldest) = self.0.iter().min_by_key(|(_, p)| p.at).map(|(token, _)| *token)
        {
            self.0.remove(&oldest);
        }
        self.0.insert(token, proof);
    }

    fn are_fresh(&self, token: &TokenHash, source: IpAddr, now: Instant) -> bool {
        self.0.get(token).is_some_and(|proof| proof.source == source && is_fresh(proof, now))
    }

    fn forget(&mut self, operator: OperatorId) {
        self.0.retain(|_, proof| proof.operator != operator);
    }
}

fn is_fresh(proof: &Proof, now: Instant) -> bool {
    now.saturating_duration_since(proof.at) < FRESH
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: OperatorId = OperatorId::from_bytes([1; 16]);
    const BRUNO: OperatorId = OperatorId::from_bytes([2; 16]);

    fn place(last: u8) -> IpAddr {
        IpAddr::from([203, 0, 113, last])
    }

    fn token(number: usize) -> TokenHash {
        TokenHash::of(&number.to_be_bytes())
    }

    #[test]
    fn a_password_counts_for_its_login_at_its_place_and_for_a_quarter_of_an_hour() {
        let (mut proofs, now) = (Proofs::default(), Instant::now());
        proofs.given(token(1), Proof { operator: ANA, source: place(1), at: now });
        assert!(proofs.are_fresh(&token(1), place(1), now + FRESH - Duration::from_millis(1)));
        assert!(!proofs.are_fresh(&token(1), place(1), now + FRESH));
        assert!(!proofs.are_fresh(&token(1), place(2), now));
        assert!(!proofs.are_fresh(&token(2), place(1), now));
    }

    #[test]
    fn a_user_is_forgotten_with_every_login_and_nobody_else_is() {
        let (mut proofs, now) = (Proofs::default(), Instant::now());
        for (number, operator) in [(1, ANA), (2, ANA), (3, BRUNO)] {
            proofs.given(token(number), Proof { operator, source: place(1), at: now });
        }
        proofs.forget(ANA);
        let fresh = [1, 2, 3].map(|number| proofs.are_fresh(&token(number), place(1), now));
        assert_eq!(fresh, [false, false, true]);
    }

    #[test]
    fn what_is_too_old_is_cleared_away_and_memory_is_bounded() {
        let (mut proofs, now) = (Proofs::default(), Instant::now());
        proofs.given(token(0), Proof { operator: ANA, source: place(1), at: now });
        proofs.given(token(1), Proof { operator: ANA, source: place(1), at: now + FRESH });
        assert_eq!(proofs.0.len(), 1);
        // As many as fit are there already: filling up one by one would go through all of them each time.
        let old = |_| Proof { operator: ANA, source: place(1), at: now + FRESH + Duration::from_secs(1) };
        proofs.0.extend((2..=REMEMBERED).map(|number| (token(number), old(number))));
        let last = now + FRESH + Duration::from_secs(2);
        proofs.given(token(REMEMBERED + 1), Proof { operator: BRUNO, source: place(1), at: last });
        assert_eq!(proofs.0.len(), REMEMBERED);
        assert!(!proofs.are_fresh(&token(1), place(1), last), "the oldest made room");
        assert!(
            proofs.are_fresh(&token(2), place(1), last) && proofs.are_fresh(&token(REMEMBERED + 1), place(1), last)
        );
    }
}
