//! The frame of every page behind the login: sidebar, who is logged in, badges.
//!
//! Loaded by each page's handler; templates reach it as `s`.

use askama::Template;
use jiff::{SignedDuration, Timestamp};
use protocol::message::{pairing::CloseReason, ticket::TicketStatus};
use store::{Language, MissedWhy, OutboxState, Tenant};

use super::{
    App, assets,
    error::AppError,
    strings::Texts,
    told::{self, Told},
    visitor::{Act, Who},
    when::Clock,
};
use crate::account::Operator;

/// Unsent actions counted for the badge; more read as this many.
const PARKED_COUNTED: u32 = 99;
/// How long an alarm is shown on every page.
const ALARMS_SHOWN_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Which entry of the sidebar a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Here {
    Attendance,
    Tickets,
    History,
    Indicators,
    Users,
    Outbox,
    Connections,
    Audit,
    Apps,
    Tokens,
    Webhooks,
    Customers,
    Answers,
    Company,
    Mail,
    Help,
    Account,
    Search,
}

/// What the frame shows.
pub(super) struct Shell {
    pub(super) t: &'static Texts,
    pub(super) who: Operator,
    pub(super) csrf: String,
    pub(super) tenant: Tenant,
    pub(super) here: Here,
    pub(super) waiting: usize,
    /// New customers are announced to whoever looks: they attend some.
    pub(super) rings: bool,
    /// Administers an app: there are indicators to be seen.
    pub(super) counts: bool,
    pub(super) parked: usize,
    /// Alarms of guessing in the last 24 hours; for administrators.
    pub(super) alarms: u32,
    /// Webhooks that are off; for administrators.
    pub(super) webhooks_off: usize,
    /// What whoever looks has not been told yet: shown on this page and no other.
    pub(super) told: Vec<Told>,
    pub(super) clock: Clock,
    /// What stands in the search over everything.
    pub(super) searched: String,
}

impl Shell {
    /// Looks up what the frame shows.
    pub(super) async fn load(app: &App, who: &Who, here: Here) -> Result<Self, AppError> {
        let tenant = app.shared.store.tenant(who.operator.tenant).await?;
        let now = Timestamp::now();
        let parked = if who.operator.may(Act::Administer) {
            app.shared.store.outbox_list(tenant.id, &[OutboxState::Parked], PARKED_COUNTED).await?.len()
        } else {
            0
        };
        let webhooks_off = if who.operator.may(Act::Administer) {
            app.shared.store.webhooks(tenant.id).await?.iter().filter(|webhook| webhook.disabled_at.is_some()).count()
        } else {
            0
        };
        let alarms = alarms(app, who).await?;
        Ok(Self {
            t: who.texts,
            who: who.operator.clone(),
            csrf: who.csrf.clone(),
            here,
            waiting: app.shared.directory.waiting_count_of(tenant.id, |app| who.reach.sees(app)),
            rings: who.reach.has_customers(),
            counts: who.reach.has_indicators(),
            parked,
            alarms,
            webhooks_off,
            told: told::on_page(app, who),
            clock: Clock::new(&tenant.time_zone, who.texts, now),
            tenant,
            searched: String::new(),
        })
    }

    /// What stands before a page's own part.
    pub(super) fn top(&self) -> Top<'_> {
        Top { s: self }
    }

    /// What stands after it.
    pub(super) fn bottom(&self) -> Bottom<'_> {
        Bottom { s: self }
    }

    pub(super) fn is(&self, here: Here) -> bool {
        self.here == here
    }

    pub(super) fn admin(&self) -> bool {
        self.who.may(Act::Administer)
    }

    /// The words of the pages about webhooks.
    pub(super) fn webhooks(&self) -> &'static super::webhooks::Words {
        super::webhooks::Words::of(self.t.language)
    }

    /// The words of the page about tokens.
    pub(super) fn tokens(&self) -> &'static super::tokens::Words {
        super::tokens::Words::of(self.t.language)
    }

    /// The words around the guides.
    pub(super) fn help(&self) -> &'static super::help::Words {
        super::help::Words::of(self.t.language)
    }

    pub(super) fn initials(&self) -> String {
        initials(&self.who.name)
    }

    pub(super) fn alarms_shown(&self) -> String {
        counted(self.alarms)
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond()
    }
}

/// The frame up to a page's own part. A template of its own: as part of each page it would be compiled with every one of them.
#[derive(Template)]
#[template(path = "shell_top.html")]
pub(super) struct Top<'a> {
    s: &'a Shell,
}

/// The frame after a page's own part, likewise.
#[derive(Template)]
#[template(path = "shell_bottom.html")]
pub(super) struct Bottom<'a> {
    s: &'a Shell,
}

/// What every page fetches, with or without the frame, likewise.
#[derive(Template)]
#[template(path = "base_assets.html")]
pub(super) struct Assets {
    version: &'static str,
}

/// What every page fetches.
pub(super) fn assets() -> Assets {
    Assets { version: version() }
}

/// One entry of a list to choose from.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) word: String,
    pub(super) chosen: bool,
}

impl Choice {
    pub(super) fn new(value: impl Into<String>, word: impl Into<String>, chosen: &str) -> Self {
        let value = value.into();
        Self { chosen: value == chosen, value, word: word.into() }
    }
}

/// Alarms of guessing in the last while; none for those who do not administer.
pub(super) async fn alarms(app: &App, who: &Who) -> Result<u32, AppError> {
    if !who.operator.may(Act::Administer) {
        return Ok(0);
    }
    Ok(app.shared.store.audit_alarms(who.operator.tenant, Timestamp::now() - ALARMS_SHOWN_FOR).await?)
}

/// Nothing, `3`, or `99+`: what a badge holds.
pub(super) fn counted(n: u32) -> String {
    match n {
        0 => String::new(),
        1..=99 => n.to_string(),
        _ => "99+".to_owned(),
    }
}

/// Version of the assets, for their addresses.
pub(super) fn version() -> &'static str {
    assets::VERSION
}

/// The languages to switch between: tag, name, whether it is this one.
pub(super) fn languages(t: &'static Texts) -> [(&'static str, &'static str, bool); 3] {
    [(Language::PtBr, "Português"), (Language::En, "English"), (Language::Es, "Español")]
        .map(|(language, name)| (language.tag(), name, language == t.language))
}

/// First letters of the first and the last name; a dot for nobody.
pub(super) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|w| w.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let shown: String = first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect();
    if shown.is_empty() { "·".to_owned() } else { shown }
}

/// A ticket's status: colour, icon, word.
pub(super) fn status(t: &'static Texts, status: &TicketStatus) -> (&'static str, &'static str, &'static str) {
    match status {
        TicketStatus::New => ("ac", "circle", t.status_new),
        TicketStatus::Open => ("inf", "circle-dot", t.status_open),
        TicketStatus::Waiting => ("warn", "clock", t.status_waiting),
        TicketStatus::Resolved => ("ok", "circle-check", t.status_resolved),
        TicketStatus::Closed => ("", "lock", t.status_closed),
    }
}

/// Why a session is over: colour, icon, words.
pub(super) fn result(t: &'static Texts, why: &CloseReason) -> (&'static str, &'static str, &'static str) {
    match why {
        CloseReason::EndedByCustomer => ("ok", "circle-check", t.by_customer),
        CloseReason::EndedByAttendant => ("ok", "circle-check", t.by_attendant),
        CloseReason::Refused => ("warn", "ban", t.refused),
        CloseReason::NoAnswer => ("warn", "clock", t.no_answer),
        CloseReason::WrongPassword => ("warn", "key-round", t.wrong_password),
        CloseReason::Cancelled => ("t3", "circle-dashed", t.cancelled),
        CloseReason::WatchedOver => ("ok", "circle-check", t.watching().watched_over),
        CloseReason::ProgramGone => ("warn", "circle-x", t.program_gone),
        CloseReason::ConnectionLost => ("warn", "unplug", t.connection_lost),
        CloseReason::Violation => ("bad", "octagon-alert", t.violation),
        CloseReason::Failed => ("bad", "octagon-alert", t.failed),
    }
}

/// Why nobody took a request: colour, icon, words.
pub(super) fn missed(t: &'static Texts, why: Option<MissedWhy>) -> (&'static str, &'static str, &'static str) {
    let words = match why {
        Some(MissedWhy::OutOfHours) => t.missed_hours,
        Some(MissedWhy::Holiday) => t.missed_holiday,
        Some(MissedWhy::NobodyAvailable) => t.missed_nobody,
        Some(MissedWhy::GaveUp) => t.missed_gave_up,
        None => t.missed,
    };
    ("warn", "bell", words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_name() {
        assert_eq!(initials("Ana Maria Ribeiro"), "AR");
        assert_eq!(initials("davi"), "D");
        assert_eq!(initials("  "), "·");
        assert_eq!(initials("(Élio) Sá"), "ÉS");
    }
}
