//! What works of a connection, tried out: the console's test button. Reads always; writes one ticket with two actions only when asked to.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use protocol::id::{OperatorId, SessionId, TicketNumber};
use store::{CustomerDetails, EventKind};

use crate::{
    event::{Action, Facts},
    mapping::Values,
    system::{Account, Breadth, NewTicket, Opened, Owner, ReportError},
    systems::Reached,
};

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// It answers and knows the credential.
    LogIn,
    /// The credential may do no more than is needed.
    Rights,
    /// A ticket is looked up.
    Read,
    /// A ticket is opened.
    Create,
    /// The mapped fields that say always the same are in it.
    Fields,
    /// An action is put on it.
    Append,
    /// The action is found again.
    Find,
}

/// How it came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Result {
    /// It works; with what was found, which may be empty.
    Works(String),
    /// It works, but more than is needed is possible: the credential of an administrator.
    TooWide,
    /// The system does not tell.
    NotTold,
    /// It cannot be seen yet, in a system whose reads lag.
    Later,
    /// It works but for these fields, which the system has not kept.
    LeftOut(Vec<String>),
    /// It does not work, and why.
    Fails(ReportError),
}

/// Who tries, and in which words.
pub struct Trial<'a> {
    /// Whoever pressed the button.
    pub operator: OperatorId,
    /// Their name.
    pub name: &'a str,
    /// Random.
    pub session: SessionId,
    /// The subject of the ticket that is opened, and the first line of its actions.
    pub words: &'a str,
    /// A ticket to look up; `None`: the one that is opened.
    pub ticket: Option<TicketNumber>,
    /// Whether a ticket may be opened.
    pub write: bool,
    /// Now.
    pub now: Timestamp,
}

/// Tries a connection, step by step; stops at the first thing that keeps the rest from working.
pub async fn probe(reached: &Reached, trial: &Trial<'_>) -> Vec<(Step, Result)> {
    let system = &reached.system;
    let can = system.capabilities();
    let mut found = Vec::new();
    match system.account().await {
        Err(error) => return vec![(Step::LogIn, Result::Fails(error))],
        Ok(Account { name, breadth }) => {
            found.push((Step::LogIn, Result::Works(name)));
            found.push((
                Step::Rights,
                match breadth {
                    Breadth::Fitting => Result::Works(String::new()),
                    Breadth::TooWide => Result::TooWide,
                    Breadth::Unknown => Result::NotTold,
                },
            ));
        }
    }
    if let Some(number) = trial.ticket.as_ref().filter(|_| can.reads) {
        found.push((
            Step::Read,
            match system.look_up(number).await {
                Ok(Some(ticket)) => Result::Works(ticket.brief.subject.as_str().to_owned()),
                Ok(None) => Result::Fails(ReportError::no_ticket(number)),
                Err(error) => Result::Fails(error),
            },
        ));
    }
    if !trial.write {
        return found;
    }
    let Opened { ticket, fields, .. } = match opened(reached, trial).await {
        Ok(opened) => opened,
        Err(error) => {
            found.push((Step::Create, Result::Fails(error)));
            return found;
        }
    };
    found.push((Step::Create, Result::Works(ticket.to_string())));
    if !fields.left_out.is_empty() {
        found.push((Step::Fields, Result::LeftOut(fields.left_out)));
    } else if !fields.kept.is_empty() {
        found.push((Step::Fields, Result::Works(fields.kept.join(", "))));
    }
    let lags = can.visible_after > std::time::Duration::from_secs(60);
    if trial.ticket.is_none() && can.reads && !lags {
        let read = match system.look_up(&ticket).await {
            Ok(Some(found)) => Result::Works(found.brief.subject.as_str().to_owned()),
            Ok(None) => Result::Fails(ReportError::no_ticket(&ticket)),
            Err(error) => Result::Fails(error),
        };
        found.push((Step::Read, read));
    }
    let end = action(EventKind::End, trial);
    match system.append_action(&ticket, &end).await {
        Err(error) => {
            found.push((Step::Append, Result::Fails(error)));
            return found;
        }
        Ok(appended) => found.push((Step::Append, Result::Works(appended.external_id.unwrap_or_default()))),
    }
    let since = trial.now.checked_sub(SignedDuration::from_mins(10)).unwrap_or(Timestamp::MIN);
    let seen = if lags || !can.reads {
        Result::Later
    } else {
        match system.find_marker(Some(&ticket), &end.marker, since).await {
            Ok(Some(_)) => Result::Works(String::new()),
            Ok(None) => {
                Result::Fails(ReportError::refused("the action that was just written is not visible to this account"))
            }
            Err(error) => Result::Fails(error),
        }
    };
    found.push((Step::Find, seen));
    found
}

async fn opened(reached: &Reached, trial: &Trial<'_>) -> std::result::Result<Opened, ReportError> {
    let who = CustomerDetails { name: "Amparo".into(), ..CustomerDetails::default() };
    let requester = reached.system.find_or_create_customer(&who).await?;
    let first = action(EventKind::Start, trial);
    let new = NewTicket {
        subject: trial.words.to_owned(),
        requester,
        owner: None,
        first,
        values: Values::new(),
        continues: None,
    };
    reached.system.open_ticket(&new).await
}

fn action(kind: EventKind, trial: &Trial<'_>) -> Action {
    Action {
        kind,
        marker: kind.marker(trial.session),
        session: trial.session,
        at: trial.now,
        protocol: format!("test-{}", trial.now.strftime("%Y%m%d-%H%M%S")),
        started: trial.now,
        day: trial.now.to_zoned(TimeZone::UTC).date(),
        ended: (kind == EventKind::End).then_some(trial.now),
        reason: None,
        category: None,
        solved: None,
        note: None,
        author: Some(Owner { operator: trial.operator, name: trial.name.to_owned(), email: String::new() }),
        links: Vec::new(),
        facts: Facts::default(),
        text: trial.words.to_owned(),
    }
}
