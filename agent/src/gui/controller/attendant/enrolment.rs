//! The attendant's certificate, as the controller sees it: there, waited for, or to be renewed.

use std::time::Duration;

use super::{
    super::{Controller, Effect, LinkState, Now},
    LoginState,
};
use crate::gui::view_model::Trouble;

/// From this long before it expires a certificate is renewed: where the administrator signs, a week's list is signed at once.
const RENEW_BEFORE: Duration = Duration::from_secs(48 * 3600);
/// Asked again after this, until it is there.
const ASK_AGAIN: Duration = Duration::from_secs(3600);

impl Controller {
    /// The certificate came, and when it expires, or it did not.
    pub fn enrolled(&mut self, result: Result<u64, String>) {
        match (&mut self.attendant.who, result) {
            (Some(who), Ok(expires_unix_ms)) => {
                // The same one again while its successor is waited for.
                if who.expires_unix_ms != expires_unix_ms {
                    who.waits = None;
                }
                who.certified = true;
                who.expires_unix_ms = expires_unix_ms;
                self.attendant.login = None;
                self.follow_link();
            }
            (Some(who), Err(why)) if who.certified => tracing::warn!(why, "the certificate is not renewed yet"),
            (who, Err(why)) => {
                tracing::error!(why, "no certificate for this attendant");
                *who = None;
                self.attendant.login =
                    Some(LoginState { asks_code: false, busy: false, trouble: Some(Trouble::Other(why)) });
            }
            (None, Ok(_)) => {}
        }
    }

    /// The administrator has to sign the request with this fingerprint.
    pub fn enrolment_waits(&mut self, fingerprint: String) {
        if let Some(who) = &mut self.attendant.who {
            who.waits = Some(fingerprint);
            self.attendant.login = None;
            self.follow_link();
        }
    }

    /// Asks for the next certificate in time, and stops using one that has expired.
    pub(in crate::gui::controller) fn renew_certificate(&mut self, now: Now) {
        let relay_now = self.relay_now_ms(now);
        let up = matches!(self.link, LinkState::Up);
        let Some(who) = self.attendant.who.as_mut().filter(|who| who.certified) else { return };
        let left = Duration::from_millis(who.expires_unix_ms.saturating_sub(relay_now));
        if left.is_zero() {
            tracing::warn!("the attendant's certificate has expired");
            who.certified = false;
            who.asked = None;
        }
        let due = who.asked.is_none_or(|asked| now.instant >= asked + ASK_AGAIN);
        if left <= RENEW_BEFORE && due && up && who.here {
            who.asked = Some(now.instant);
            self.effects.push_back(Effect::Enrol);
        }
    }

    /// Why no session can be opened now, if it cannot.
    pub(super) fn cannot_dial(&self) -> Option<Trouble> {
        let who = self.attendant.who.as_ref();
        if !self.is_up() {
            return Some(Trouble::ServerAway);
        }
        match who {
            Some(who) if who.certified => None,
            Some(who) if who.waits.is_some() => Some(Trouble::NotEnabled),
            _ => Some(Trouble::ServerAway),
        }
    }
}
