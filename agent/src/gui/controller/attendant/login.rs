//! An attendant's login: what is typed goes to the relay, and what it answers is what the page says.

use protocol::message::{
    ToRelay,
    directory::{LoggedIn, Login, LoginError, LoginWithCode},
    pairing::CloseReason,
};

use super::{
    super::{Controller, Effect, LinkState},
    LoginState, Who,
};
use crate::gui::view_model::Trouble;

impl Controller {
    pub(super) fn log_in(&mut self, user: String, password: &str, code: Option<&str>) {
        let login = self.attendant.login.get_or_insert_default();
        if !matches!(self.link, LinkState::Up) {
            (login.busy, login.trouble) = (false, Some(Trouble::ServerAway));
            return;
        }
        (login.busy, login.trouble) = (true, None);
        login.asks_code &= code.is_some();
        self.settings.user.clone_from(&user);
        let login = Login { user, password: password.to_owned() };
        self.effects.push_back(Effect::Say(match code {
            None => ToRelay::Login(login),
            Some(code) => ToRelay::LoginWithCode(LoginWithCode { login, code: code.to_owned() }),
        }));
        self.save_settings();
    }

    pub(super) fn logged_in(&mut self, logged_in: LoggedIn) {
        let before = self.attendant.who.take().filter(|who| who.operator == logged_in.operator && who.certified);
        let certified = before.is_some();
        self.attendant.who = Some(Who {
            operator: logged_in.operator,
            name: logged_in.name,
            token: logged_in.token,
            certified,
            expires_unix_ms: before.as_ref().map_or(0, |who| who.expires_unix_ms),
            waits: before.and_then(|who| who.waits),
            asked: None,
            here: true,
        });
        if !certified {
            self.effects.push_back(Effect::Enrol);
        }
        self.effects.push_back(Effect::AnswerLinks);
        self.register();
        self.attendant_rejoin();
        self.follow_link();
    }

    pub(super) fn login_failed(&mut self, error: LoginError) {
        let asked = self.attendant.login.as_ref().is_some_and(|login| login.asks_code);
        let trouble = match error {
            LoginError::Wrong if asked => Some(Trouble::CodeRejected),
            LoginError::Wrong => Some(Trouble::LoginRejected),
            LoginError::TooMany { retry_after_s } => {
                Some(Trouble::LoginThrottled { wait: std::time::Duration::from_secs(retry_after_s.into()) })
            }
            LoginError::Expired => Some(Trouble::LoginExpired),
            LoginError::Unavailable => Some(Trouble::ServerAway),
            LoginError::CodeNeeded => None,
            LoginError::FactorMissing => Some(Trouble::FactorMissing),
        };
        // Asked for until the page is left or another user tries: a wrong code does not begin everything anew.
        let asks_code = match error {
            LoginError::CodeNeeded => true,
            LoginError::Expired | LoginError::FactorMissing => false,
            _ => asked,
        };
        if error == LoginError::Expired {
            if self.attendant.session().is_some() {
                self.effects.push_back(Effect::EndAttending(CloseReason::ConnectionLost));
            }
            self.attendant.who = None;
        }
        self.attendant.login = Some(LoginState { busy: false, asks_code, trouble });
    }
}
