//! Sessions of browsers: begun, looked up, over. Half an hour without somebody using them ends them, whatever a page that is left open asks.

use protocol::message::directory::LoginError;
use store::{LoginFamily, TokenHash};

use super::{Accounts, Operator, hexadecimal, random, unavailable};

impl Accounts {
    /// Begins a console session: the token for the browser's cookie, 128 random bits in hexadecimal.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn begin_console(&self, operator: &Operator) -> Result<String, LoginError> {
        let token: [u8; 16] = random().map_err(unavailable)?;
        let token = hexadecimal(&token);
        let hash = TokenHash::of(token.as_bytes());
        let family = LoginFamily::from_bytes(random().map_err(unavailable)?);
        self.store
            .begin_console_session(&hash, &family, operator.tenant, operator.id, self.clock.now())
            .await
            .map_err(unavailable)?;
        Ok(token)
    }

    /// Whose console session this is, with what its later tokens share and whether a second factor was asked for elsewhere, and that it
    /// was used now, if it was: what a page asks by itself is no use.
    ///
    /// # Errors
    /// `Expired` when it is over or there never was one, `Unavailable`.
    pub async fn console(&self, token: &str, used: bool) -> Result<(Operator, LoginFamily, bool), LoginError> {
        let (hash, now) = (TokenHash::of(token.as_bytes()), self.clock.now());
        let login =
            if used { self.store.console_session(&hash, now).await } else { self.store.console_look(&hash, now).await };
        let login = login.map_err(unavailable)?;
        let found = login.and_then(|l| Some((Operator::from(l.operator), l.family?, l.factor_elsewhere)));
        found.ok_or(LoginError::Expired)
    }

    /// Whose console session this is, whatever its token is by now. Asking is no use of it.
    ///
    /// # Errors
    /// `Expired` when it is over, `Unavailable`.
    pub async fn console_goes_on(&self, family: &LoginFamily) -> Result<Operator, LoginError> {
        let login = self.store.console_family(family, self.clock.now()).await.map_err(unavailable)?;
        login.map(|l| Operator::from(l.operator)).ok_or(LoginError::Expired)
    }

    /// Whether a console session is over for no other reason than that nobody used it: of this token, or of this family.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn console_is_idle(&self, token: Option<&str>, family: Option<&LoginFamily>) -> Result<bool, LoginError> {
        let hash = token.map(|token| TokenHash::of(token.as_bytes()));
        self.store.console_is_idle(hash.as_ref(), family, self.clock.now()).await.map_err(unavailable)
    }
}
