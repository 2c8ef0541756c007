//! Credentials copied in the console: an ID with a one-time grant, or with a password that was read out.

use protocol::{
    id::{DeviceId, Password, SessionId},
    message::{
        directory::Opaque,
        one_time::GrantTaken,
        pairing::{CloseReason, Happened, Role},
    },
};

use super::{
    super::{Controller, Effect, Now},
    Stage,
};
use crate::gui::view_model::Trouble;

/// A one-time grant on its way to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gui::controller) enum Grant {
    /// The relay was asked to take it, with this number.
    Taking(u32),
    /// The next dial to this partner gets the password.
    Taken,
}

/// What stands behind the ID.
#[derive(Debug)]
enum Key {
    Nothing,
    Password(Password),
    Grant(Opaque),
}

/// Hexadecimal digits of a grant.
const GRANT_DIGITS: usize = 32;

impl Controller {
    /// Goes to the ticket step with what was copied; a grant is taken at once, because it lives for a minute.
    pub(super) fn paste(&mut self, text: &str) {
        let Some((partner, key)) = credentials(text) else {
            self.attendant.trouble = Some(Trouble::CredentialsUnreadable);
            return;
        };
        match key {
            Key::Nothing => self.connect(&partner.to_string(), None),
            Key::Password(password) => self.connect(&partner.to_string(), Some(password)),
            Key::Grant(grant) => {
                self.connect(&partner.to_string(), None);
                let request = self.attendant.request();
                if let Stage::Ticket(step) = &mut self.attendant.stage {
                    step.grant = Some(Grant::Taking(request));
                    self.effects.push_back(Effect::TakeGrant { request, partner, grant });
                }
            }
        }
    }

    /// The relay has taken the grant, or not: then the password is asked for.
    pub(super) fn grant_taken(&mut self, answer: GrantTaken) {
        if self.watch_grant_taken(answer.request, answer.taken) {
            return;
        }
        let (Stage::Ticket(step) | Stage::Password(step, _)) = &mut self.attendant.stage else { return };
        if step.grant != Some(Grant::Taking(answer.request)) {
            return;
        }
        step.grant = answer.taken.then_some(Grant::Taken);
        let waits = matches!(self.attendant.stage, Stage::Password(_, true));
        if !answer.taken {
            if let Stage::Password(_, busy) = &mut self.attendant.stage {
                *busy = false;
            }
            self.attendant.trouble = Some(Trouble::CredentialsExpired);
        } else if waits {
            self.dial(None);
        }
    }

    /// The relay has dialled and gives no password: it knows of no grant on this connection any more. The customer is free again.
    pub(super) fn grant_gave_nothing(&mut self, id: SessionId, now: Now) {
        let Stage::Session(session) = std::mem::take(&mut self.attendant.stage) else { return };
        let mut session = session;
        session.step.grant = None;
        self.attendant.stage = session.before();
        self.attendant.trouble = Some(Trouble::CredentialsExpired);
        let at_unix_ms = self.relay_now_ms(now);
        let what = Happened::Ended { why: CloseReason::Cancelled, at_unix_ms, reconnects: 0 };
        self.report(Role::Attendant, id, what, now);
    }
}

/// ID and what follows it: `123 456 789 K7QF-2M9X`, or a grant of 32 hexadecimal digits in place of the password; on one line or two.
fn credentials(pasted: &str) -> Option<(DeviceId, Key)> {
    let text = pasted.trim();
    if text.len() > 200 {
        return None;
    }
    let mut digits = 0;
    let end = text.char_indices().find_map(|(i, c)| {
        digits += usize::from(c.is_ascii_digit());
        (digits == 9).then_some(i + 1)
    })?;
    let (id, rest) = text.split_at(end);
    let id = id.parse().ok()?;
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '/' | '|'));
    if rest.is_empty() {
        return Some((id, Key::Nothing));
    }
    if rest.len() == GRANT_DIGITS && rest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let grant = rest.to_ascii_lowercase().into_bytes();
        return Some((id, Key::Grant(Opaque::try_from(grant).ok()?)));
    }
    Some((id, Key::Password(rest.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn copied_credentials_are_read_and_other_texts_are_not() {
        let customer = DeviceId::new(123_456_789).unwrap();
        assert!(matches!(credentials("123 456 789"), Some((id, Key::Nothing)) if id == customer));
        for text in ["123 456 789 K7QF-2M9X", "123456789\nk7qf2m9x", " 123-456-789 / K7QF-2M9X "] {
            let Some((_, Key::Password(password))) = credentials(text) else { panic!("{text}") };
            assert_eq!(password.reveal(), "K7QF-2M9X", "{text}");
        }
        let grant = "0123456789abcdef0123456789abcdef";
        for text in [format!("123 456 789 {grant}"), format!("123456789\n{}\n", grant.to_uppercase())] {
            let Some((id, Key::Grant(read))) = credentials(&text) else { panic!("{text}") };
            assert!(id == customer && read.as_bytes() == grant.as_bytes(), "{text}");
        }
        let short = format!("123 456 789 {}", &grant[1..]);
        for text in ["", "12345678", "hello", "123 456 789 not a password", &short, &"1".repeat(300)] {
            assert!(credentials(text).is_none(), "{text}");
        }
    }
}
