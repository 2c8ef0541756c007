//! What an action on a ticket says about a session. Called by the worker; pure: the same session gives the same words.

mod rights;
pub mod sample;
pub mod template;
pub mod text;
mod values;

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use protocol::{
    id::{SessionId, TicketNumber},
    message::{
        directory::FieldKey,
        grant::{Change, Grants},
        ticket::TicketChoice,
    },
};
use store::{CustomerDetails, EventKind, Language, Session, Tenant};

use crate::system::Owner;

pub use template::Template;
pub use values::values;

/// A page about a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it is, in words.
    pub title: String,
    /// Its address.
    pub url: String,
}

/// What is known of a session beside its words, for systems that keep data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Who asked, as they told it.
    pub customer: CustomerDetails,
    /// What the customer has allowed at the beginning; of a missed request nothing.
    pub allowed: Grants,
    /// What they have allowed or taken back after that; only on its end.
    pub changes: Vec<Change>,
    /// From when to when it had administrator's rights; only on its end.
    pub administrator: Vec<(Timestamp, Timestamp)>,
    /// How often the connection broke and came back; only on its end.
    pub reconnects: Option<u32>,
    /// How long there and back through the server took; only on its end, and only when it was measured.
    pub round_trip_ms: Option<u32>,
    /// Where the audit log stood when it was over, in full; only on its end.
    pub audit: Option<String>,
}

/// One action, ready to be written on a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// What about the session.
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
    /// On which day that was where the company is, for systems that keep a date.
    pub day: Date,
    /// When it was over; only on its end.
    pub ended: Option<Timestamp>,
    /// Why it was over, in words; only on its end.
    pub reason: Option<&'static str>,
    /// What the attendant put it into.
    pub category: Option<String>,
    /// Whether that means that the customer was helped.
    pub solved: Option<bool>,
    /// What the attendant noted.
    pub note: Option<String>,
    /// The attendant; of a missed request nobody.
    pub author: Option<Owner>,
    /// Pages about the session.
    pub links: Vec<Link>,
    /// The same as data.
    pub facts: Facts,
    /// Plain text, lines separated by `\n`; the first one is a title. Holds what customers typed: to be escaped for HTML.
    pub text: String,
}

/// What an action says beside what is known of the session.
#[derive(Debug, Clone, Default)]
pub struct Says<'a> {
    /// The company's own text.
    pub template: Option<&'a Template>,
    /// The ticket that was asked for and cannot be written on: it does not exist.
    pub asked: Option<&'a TicketNumber>,
    /// That ticket does exist, and is closed.
    pub asked_is_closed: bool,
    /// The console's page about the session.
    pub page: Option<String>,
    /// The attendant's e-mail address; empty: not known.
    pub email: String,
}

/// The action of this kind for a session.
pub fn action(kind: EventKind, session: &Session, tenant: &Tenant, says: Says<'_>) -> Action {
    let zone = tenant.zone();
    let language = tenant.language;
    let started = session.started_at.unwrap_or(session.dialled_at);
    let ended = session.ended_at.unwrap_or(started);
    let end = kind == EventKind::End;
    let at = if kind == EventKind::Start { started } else { ended };
    let mut values = BTreeMap::from([
        (
            "title",
            if session.watches.is_some() { text::watch_title(language, kind) } else { text::title(language, kind) }
                .to_owned(),
        ),
        ("protocol", session.protocol.as_str().to_owned()),
        ("attendant", session.attendant_name.clone()),
        ("customer", customer(language, session)),
        ("contact", contact(session)),
        ("start", text::time(language, started, &zone)),
        ("allowed", text::allowed(language, session.granted).to_owned()),
    ]);
    if end && !session.changes.is_empty() {
        values.insert("allowed", text::allowed_then(language, session.granted, &session.changes, &zone));
    }
    let administrator = if end { rights::used(&session.rights, ended) } else { Vec::new() };
    if !administrator.is_empty() {
        values.insert("administrator", text::from_to(language, &administrator, &zone));
    }
    if end {
        values.insert("end", text::time(language, ended, &zone));
        values.insert("duration", text::duration(ended.as_second() - started.as_second()));
        if let Some(why) = session.close_reason {
            values.insert("reason", text::close_reason(language, why).to_owned());
        }
        values.insert("path", text::path(language).to_owned());
        values.insert("reconnects", session.reconnects.to_string());
        if let Some(took) = session.round_trip_ms {
            values.insert("round_trip", format!("{took} ms"));
        }
        if let Some(head) = &session.audit {
            values.insert("audit", head.short());
        }
    }
    if let Some(why) = session.missed {
        values.insert("reason", text::missed(language, why).to_owned());
        values.insert("duration", text::duration(ended.as_second() - started.as_second()));
        values.insert("note", session.message.clone());
    }
    let said = session.wrap_up.as_ref().filter(|_| kind != EventKind::Start);
    if let Some(category) = said.and_then(|said| said.category.as_ref()) {
        values.insert("category", category.name.clone());
        values.insert("outcome", text::outcome(language, category.solved).to_owned());
    }
    if let Some(said) = said {
        values.insert("note", said.note.clone());
    }
    let standing = || {
        let text = template::standing(kind, language);
        Template::parse(kind, &text).expect("a test reads every standing text")
    };
    let template = says.template.cloned().unwrap_or_else(standing);
    let mut lines = template.filled(&values);
    // Said in any case: a text of the company's own may be older than these rights.
    if let Some(used) = values.get("administrator").filter(|_| !template.has("administrator")) {
        lines.push(format!("{}: {used}", text::label(language, text::Label::Administrator)));
    }
    if let Some(watched) = &session.watches {
        lines.push(text::watched(language, &session.attendant_name, watched.as_str()));
    }
    if let Some(asked) = says.asked {
        let said = if says.asked_is_closed { text::asked_for_closed } else { text::asked_for };
        lines.push(said(language, asked.as_str()));
    }
    Action {
        kind,
        marker: kind.marker(session.id),
        session: session.id,
        at,
        protocol: session.protocol.as_str().to_owned(),
        started,
        day: started.to_zoned(zone).date(),
        ended: end.then_some(at),
        reason: match session.missed {
            Some(why) => Some(text::missed(language, why)),
            None => session.close_reason.filter(|_| end).map(|why| text::close_reason(language, why)),
        },
        category: said.and_then(|said| said.category.as_ref()).map(|category| category.name.clone()),
        solved: said.and_then(|said| said.category.as_ref()).map(|category| category.solved),
        note: said.map(|said| said.note.clone()).filter(|note| !note.is_empty()),
        links: says.page.map(|url| page(language, url)).into_iter().collect(),
        author: owner(session, &says.email),
        facts: Facts {
            customer: CustomerDetails::from_fields(&session.fields),
            allowed: session.granted,
            changes: if end { session.changes.clone() } else { Vec::new() },
            administrator,
            reconnects: end.then_some(session.reconnects),
            round_trip_ms: session.round_trip_ms.filter(|_| end),
            audit: session.audit.as_ref().filter(|_| end).map(ToString::to_string),
        },
        text: lines.join("\n"),
    }
}

/// The console's page about a session, by its address.
pub(crate) fn page(language: Language, url: String) -> Link {
    Link { title: text::session_page(language).to_owned(), url }
}

/// Whose it is; a missed request is nobody's.
fn owner(session: &Session, email: &str) -> Option<Owner> {
    session.attendant.map(|operator| Owner { operator, name: session.attendant_name.clone(), email: email.to_owned() })
}

/// How the customer is reached, as far as it is known.
fn contact(session: &Session) -> String {
    let known = [FieldKey::Email, FieldKey::Phone].map(|key| session.field(key));
    known.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
}

/// The subject of a ticket that is opened for a session: the attendant's words, else the customer's, else a standing text.
pub fn subject(session: &Session, language: Language) -> String {
    let chosen = match &session.choice {
        TicketChoice::OpenNew { subject } => subject.as_str().trim(),
        TicketChoice::Number(_) => "",
    };
    let about = [chosen, session.field(FieldKey::Subject)].into_iter().find(|text| !text.is_empty());
    match (about, session.missed) {
        (Some(about), None) => about.to_owned(),
        (about, Some(_)) => text::missed_subject(language, about.unwrap_or(session.protocol.as_str())),
        (None, None) => text::standing_subject(language, session.protocol.as_str()),
    }
}

/// `Cida Nogueira, Padaria Aurora`, as far as it is known.
fn customer(language: Language, session: &Session) -> String {
    let known: Vec<&str> = [session.customer_name.as_str(), session.field(FieldKey::Company)]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    if known.is_empty() { text::unnamed(language, session.device) } else { known.join(", ") }
}

#[cfg(test)]
mod tests;
