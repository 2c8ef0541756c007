//! What an action on a ticket says about a session. Called by the worker; pure: the same session gives the same words.

pub mod text;

use jiff::{Timestamp, tz::TimeZone};
use protocol::{
    id::{SessionId, TicketNumber},
    message::{directory::FieldKey, ticket::TicketChoice},
};
use store::{EventKind, Language, Session, Tenant};

use crate::system::Owner;

/// A page about a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it is, in words.
    pub title: String,
    /// Its address.
    pub url: String,
}

/// One action, ready to be written on a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Start or end of a session.
    pub kind: EventKind,
    /// What it is found by. A system without a place for it gets it as the text's last line.
    pub marker: String,
    /// The session it is about.
    pub session: SessionId,
    /// When it happened.
    pub at: Timestamp,
    /// The number both people know the session by.
    pub protocol: String,
    /// When the session began.
    pub started: Timestamp,
    /// When it was over; only on its end.
    pub ended: Option<Timestamp>,
    /// Why it was over, in words; only on its end.
    pub reason: Option<&'static str>,
    /// The attendant.
    pub author: Owner,
    /// Pages about the session.
    pub links: Vec<Link>,
    /// Plain text, lines separated by `\n`; the first one is a title. Holds what customers typed: to be escaped for HTML.
    pub text: String,
}

/// The action of this kind for a session. `asked`: the ticket that was asked for and does not exist. `page`: the console's page about
/// the session.
pub fn action(
    kind: EventKind,
    session: &Session,
    tenant: &Tenant,
    asked: Option<&TicketNumber>,
    page: Option<String>,
) -> Action {
    let zone = TimeZone::get(&tenant.time_zone).unwrap_or(TimeZone::UTC);
    let language = tenant.language;
    let started = session.started_at.unwrap_or(session.dialled_at);
    let mut lines = vec![
        text::title(language, kind).to_owned(),
        labelled(language, text::Label::Protocol, session.protocol.as_str()),
        labelled(language, text::Label::Attendant, &session.attendant_name),
        labelled(language, text::Label::Customer, &customer(language, session)),
        labelled(language, text::Label::Start, &text::time(language, started, &zone)),
    ];
    let at = match kind {
        EventKind::Start => started,
        EventKind::End => {
            let ended = session.ended_at.unwrap_or(started);
            lines.push(labelled(language, text::Label::End, &text::time(language, ended, &zone)));
            lines.push(labelled(
                language,
                text::Label::Duration,
                &text::duration(ended.as_second() - started.as_second()),
            ));
            ended
        }
    };
    lines.push(labelled(language, text::Label::Allowed, text::allowed(language, session.granted)));
    if kind == EventKind::End {
        if let Some(why) = session.close_reason {
            lines.push(labelled(language, text::Label::Reason, text::close_reason(language, why)));
        }
        if session.reconnects > 0 {
            lines.push(labelled(language, text::Label::Reconnects, &session.reconnects.to_string()));
        }
        if let Some(head) = &session.audit {
            lines.push(labelled(language, text::Label::Audit, &head.short()));
        }
    }
    if let Some(asked) = asked {
        lines.push(text::asked_for(language, asked.as_str()));
    }
    Action {
        kind,
        marker: kind.marker(session.id),
        session: session.id,
        at,
        protocol: session.protocol.as_str().to_owned(),
        started,
        ended: (kind == EventKind::End).then_some(at),
        reason: session.close_reason.filter(|_| kind == EventKind::End).map(|why| text::close_reason(language, why)),
        links: page.map(|url| Link { title: text::session_page(language).to_owned(), url }).into_iter().collect(),
        author: Owner { operator: session.attendant, name: session.attendant_name.clone() },
        text: lines.join("\n"),
    }
}

/// The subject of a ticket that is opened for a session: the attendant's words, else the customer's, else a standing text.
pub fn subject(session: &Session, language: Language) -> String {
    let chosen = match &session.choice {
        TicketChoice::OpenNew { subject } => subject.as_str().trim(),
        TicketChoice::Number(_) => "",
    };
    [chosen, session.field(FieldKey::Subject)]
        .into_iter()
        .find(|text| !text.is_empty())
        .map_or_else(|| text::standing_subject(language, session.protocol.as_str()), str::to_owned)
}

/// `Cida Nogueira, Padaria Aurora`, as far as it is known.
fn customer(language: Language, session: &Session) -> String {
    let known: Vec<&str> = [session.customer_name.as_str(), session.field(FieldKey::Company)]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    if known.is_empty() { text::unnamed(language, session.device) } else { known.join(", ") }
}

fn labelled(language: Language, label: text::Label, value: &str) -> String {
    format!("{}: {value}", text::label(language, label))
}

#[cfg(test)]
mod tests;
