//! What a program may say when, and how fast. No I/O, no clock.

use std::time::{Duration, Instant};

use protocol::{limits, message::ToRelay};

/// What is known of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Standing {
    /// Has said hello.
    pub(super) welcomed: bool,
    /// Has an ID.
    pub(super) registered: bool,
}

/// What an honest program never says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Breach {
    /// `Hello` comes first, and once.
    #[error("{0} where hello is expected")]
    BeforeHello(&'static str),
    /// A second hello.
    #[error("a second hello")]
    HelloAgain,
    /// Needs an ID.
    #[error("{0} without an ID")]
    Unregistered(&'static str),
    /// Over a cap.
    #[error("{0} over its cap")]
    TooMuch(&'static str),
    /// Control without sight.
    #[error("a wish that makes no sense")]
    Senseless,
}

/// Whether this may be said now.
pub(super) fn check(standing: Standing, message: &ToRelay) -> Result<(), Breach> {
    let said = name(message);
    match (standing.welcomed, message) {
        (false, ToRelay::Hello(_)) => return Ok(()),
        (false, _) => return Err(Breach::BeforeHello(said)),
        (true, ToRelay::Hello(_)) => return Err(Breach::HelloAgain),
        (true, _) => {}
    }
    match message {
        ToRelay::Register(register) if register.fields.len() > limits::FIELDS => Err(Breach::TooMuch("fields")),
        ToRelay::Register(register) => {
            let twice =
                register.fields.iter().enumerate().any(|(i, f)| register.fields[..i].iter().any(|g| g.key == f.key));
            if twice { Err(Breach::TooMuch("the same field")) } else { Ok(()) }
        }
        ToRelay::Login(login) if login.user.len() > limits::USER_BYTES => Err(Breach::TooMuch("user name")),
        ToRelay::Login(login) if login.password.len() > limits::LOGIN_PASSWORD_BYTES => {
            Err(Breach::TooMuch("login password"))
        }
        ToRelay::LoginWithCode(login) if login.code.len() > limits::LOGIN_CODE_BYTES => {
            Err(Breach::TooMuch("login code"))
        }
        ToRelay::Dial(dial) if !dial.want.makes_sense() => Err(Breach::Senseless),
        ToRelay::NewPassword(_) | ToRelay::LeaveRequest(_) if !standing.registered => Err(Breach::Unregistered(said)),
        _ => Ok(()),
    }
}

/// The message's name, for the log.
pub(super) fn name(message: &ToRelay) -> &'static str {
    match message {
        ToRelay::Hello(_) => "hello",
        ToRelay::Register(_) => "register",
        ToRelay::NewPassword(_) => "new password",
        ToRelay::Login(_) => "login",
        ToRelay::LoginWithCode(_) => "login with a code",
        ToRelay::LoginAgain(_) => "login again",
        ToRelay::Logout => "logout",
        ToRelay::Enrol(_) => "enrol",
        ToRelay::FindTicket(_) => "find ticket",
        ToRelay::ListTickets(_) => "list tickets",
        ToRelay::Dial(_) => "dial",
        ToRelay::Join(_) => "join",
        ToRelay::Rejoin(_) => "rejoin",
        ToRelay::Report(_) => "report",
        ToRelay::TakeGrant(_) => "take grant",
        ToRelay::LeaveRequest(_) => "leave request",
        ToRelay::SetStatus(_) => "set status",
        ToRelay::Ready(_) => "ready",
        ToRelay::AnswerOffer(_) => "answer offer",
        ToRelay::PullNext => "pull next",
        ToRelay::AskUpdate(_) => "ask update",
        ToRelay::FetchUpdate(_) => "fetch update",
        ToRelay::AskWatch(_) => "ask watch",
        ToRelay::DialWatch(_) => "dial watch",
        ToRelay::OpenInvitation(_) => "open invitation",
    }
}

/// Slows a program down that says more than people cause: so many messages at once, then one every so often.
#[derive(Debug)]
pub(super) struct Pace {
    left: u32,
    at: Instant,
}

const BURST: u32 = 60;
const EVERY: Duration = Duration::from_millis(50);

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { left: BURST, at: now }
    }

    /// Counts a message; how long to wait before the next is read.
    pub(super) fn count(&mut self, now: Instant) -> Duration {
        let earned = now.saturating_duration_since(self.at).as_millis() / EVERY.as_millis();
        let earned = u32::try_from(earned).unwrap_or(BURST);
        if earned > 0 {
            self.left = self.left.saturating_add(earned).min(BURST);
            self.at = now;
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Duration::ZERO
            }
            None => EVERY,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use protocol::{
        id::{AppId, DeviceId, Password, TenantId},
        message::{
            ShownText,
            directory::{Field, FieldKey, Login, Register},
            grant::Grants,
            hello::Hello,
            pairing::Dial,
            ticket::TicketChoice,
        },
        version::SPOKEN,
    };

    use super::*;

    const WELCOMED: Standing = Standing { welcomed: true, registered: false };

    fn hello() -> ToRelay {
        ToRelay::Hello(Hello { versions: SPOKEN, tenant: TenantId::from_bytes([1; 16]), program: ShownText::default() })
    }

    #[test]
    fn hello_comes_first_and_once() {
        assert_eq!(check(Standing::default(), &hello()), Ok(()));
        assert_eq!(check(Standing::default(), &ToRelay::Logout), Err(Breach::BeforeHello("logout")));
        assert_eq!(check(WELCOMED, &hello()), Err(Breach::HelloAgain));
        assert_eq!(check(WELCOMED, &ToRelay::Logout), Ok(()));
    }

    #[test]
    fn a_password_is_renewed_only_under_an_id() {
        let renew = ToRelay::NewPassword(Password::from_entropy([0; 5]));
        assert_eq!(check(WELCOMED, &renew), Err(Breach::Unregistered("new password")));
        assert_eq!(check(Standing { registered: true, ..WELCOMED }, &renew), Ok(()));
    }

    #[test]
    fn what_is_over_a_cap_or_makes_no_sense_is_a_breach() {
        let field = Field { key: FieldKey::Name, value: ShownText::default() };
        let register = |fields| {
            ToRelay::Register(Register {
                app: AppId::from_bytes([1; 16]),
                fields,
                password: Password::from_entropy([0; 5]),
                previous: None,
                listed: true,
            })
        };
        assert_eq!(check(WELCOMED, &register(vec![field.clone()])), Ok(()));
        assert_eq!(
            check(WELCOMED, &register(vec![field.clone(), field.clone()])),
            Err(Breach::TooMuch("the same field"))
        );
        assert_eq!(check(WELCOMED, &register(vec![field; limits::FIELDS + 1])), Err(Breach::TooMuch("fields")));
        let login = |user: usize, password: usize| {
            ToRelay::Login(Login { user: "x".repeat(user), password: "x".repeat(password) })
        };
        assert_eq!(check(WELCOMED, &login(limits::USER_BYTES, limits::LOGIN_PASSWORD_BYTES)), Ok(()));
        assert_eq!(check(WELCOMED, &login(limits::USER_BYTES + 1, 1)), Err(Breach::TooMuch("user name")));
        assert_eq!(
            check(WELCOMED, &login(1, limits::LOGIN_PASSWORD_BYTES + 1)),
            Err(Breach::TooMuch("login password"))
        );
        let want = Grants { view: false, control: true };
        let dial = Dial {
            request: 1,
            partner: DeviceId::new(123_456_789).unwrap(),
            ticket: TicketChoice::OpenNew { subject: ShownText::default() },
            want,
        };
        assert_eq!(check(WELCOMED, &ToRelay::Dial(dial)), Err(Breach::Senseless));
    }

    #[test]
    fn a_flood_is_slowed_down_and_a_pause_is_forgiven() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for _ in 0..BURST {
            assert_eq!(pace.count(start), Duration::ZERO);
        }
        assert_eq!(pace.count(start), EVERY);
        assert_eq!(pace.count(start + EVERY), Duration::ZERO);
        assert_eq!(pace.count(start + EVERY), EVERY);
        assert_eq!(pace.count(start + Duration::from_secs(3600)), Duration::ZERO);
    }
}
