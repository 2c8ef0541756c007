//! Whether what is told of a session is still what was written of it, and what its two ends have signed. Rules only, no I/O.
//!
//! Every signature is checked again here; a line of the log that says "signed" is not believed. Must never call a session verified
//! that lacks a signature, or whose lines do not fit the ones before them.

use enrolment::Statement;
use protocol::message::{grant::Grants, pairing::Role};
use store::{AuditLink, SESSION_DISPUTED, SESSION_SIGNED, Session, SessionState};

use crate::session::live::disagreement;

/// What the check comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Both ends have signed it, and everything fits.
    Verified,
    /// One end has signed it, and everything fits.
    OneEnd,
    /// Nobody has signed it.
    Unsigned,
    /// An end has signed something else than what is recorded.
    Disputed,
    /// Somebody has changed what was written.
    Altered,
    /// Not over yet.
    Running,
    /// Never allowed: nobody signs it.
    NotAllowed,
    /// A request that nobody took: there was no session to sign.
    Missed,
}

/// One end's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    Fits,
    Missing,
    Disputed,
}

/// The log's lines about the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// So many, each fits the one before it.
    Fit(usize),
    /// This one is not the one that was written.
    Altered(u64),
    /// The one that the session's end has noted is not there.
    Gone(u64),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) lines: Lines,
    /// What the session's row says is what the lines say.
    pub(super) facts: bool,
    pub(super) customer: Signature,
    pub(super) attendant: Signature,
    /// Both have signed the same connection; `None`: not both have signed.
    pub(super) same: Option<bool>,
    pub(super) verdict: Verdict,
}

impl Check {
    /// Looks at a session and the lines about it, oldest first.
    pub(super) fn of(session: &Session, about: &[AuditLink]) -> Self {
        let lines = lines(session, about);
        let facts = facts_fit(session, about);
        let mut found = [Found::default(), Found::default()];
        let mut quarrel = false;
        for link in about {
            let entry = &link.line.entry;
            match entry.what.as_str() {
                SESSION_SIGNED => match signed(session, &entry.detail) {
                    Some((role, told)) => found[place(role)].told = Some(told),
                    // A line that says so, and is none: of whom it is cannot be said.
                    None => quarrel = true,
                },
                SESSION_DISPUTED => match value(&entry.detail, "role") {
                    Some("customer") => found[0].disputed = true,
                    Some("attendant") => found[1].disputed = true,
                    _ => quarrel = true,
                },
                _ => {}
            }
        }
        let same = match (&found[0].told, &found[1].told) {
            (Some(a), Some(b)) => Some(a == b),
            _ => None,
        };
        let [customer, attendant] = found.map(|found| match found {
            Found { disputed: true, .. } => Signature::Disputed,
            Found { told: Some(_), .. } => Signature::Fits,
            Found { told: None, .. } => Signature::Missing,
        });
        let disputed = quarrel || same == Some(false) || [customer, attendant].contains(&Signature::Disputed);
        let ends = usize::from(customer == Signature::Fits) + usize::from(attendant == Signature::Fits);
        let verdict = match (session.state, lines) {
            (_, Lines::Altered(_) | Lines::Gone(_)) => Verdict::Altered,
            _ if !facts => Verdict::Altered,
            (SessionState::Dialling | SessionState::Started, _) => Verdict::Running,
            _ if disputed => Verdict::Disputed,
            (SessionState::NotStarted, _) => Verdict::NotAllowed,
            (SessionState::Missed, _) => Verdict::Missed,
            _ => [Verdict::Unsigned, Verdict::OneEnd, Verdict::Verified][ends],
        };
        Self { lines, facts, customer, attendant, same, verdict }
    }
}

/// What an end has told: the connection and both keys.
#[derive(Default)]
struct Found {
    told: Option<[[u8; 32]; 3]>,
    disputed: bool,
}

fn place(role: Role) -> usize {
    match role {
        Role::Customer => 0,
        Role::Attendant => 1,
    }
}

/// The value of a `name=value` in a line's detail.
pub(super) fn value<'a>(detail: &'a str, name: &str) -> Option<&'a str> {
    detail.split(' ').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}

/// Why something is disputed: the last value, blanks and all.
pub(super) fn why(detail: &str) -> &str {
    detail.split_once("why=").map_or("", |(_, why)| why)
}

fn lines(session: &Session, about: &[AuditLink]) -> Lines {
    if let Some(link) = about.iter().find(|link| !link.fits) {
        return Lines::Altered(link.line.place.seq);
    }
    if let Some(noted) = session.audit {
        match about.iter().find(|link| link.line.place.seq == noted.seq) {
            Some(link) if link.line.place == noted => {}
            Some(_) => return Lines::Altered(noted.seq),
            None => return Lines::Gone(noted.seq),
        }
    }
    Lines::Fit(about.len())
}

/// Whether start, end, reason and grants are those of the lines.
fn facts_fit(session: &Session, about: &[AuditLink]) -> bool {
    let of = session.id.to_string();
    about.iter().map(|link| &link.line.entry).filter(|e| value(&e.detail, "session") == Some(&of)).all(|entry| {
        let says = |name: &str| value(&entry.detail, name);
        let ms = |at: Option<jiff::Timestamp>| at.map(|at| at.as_millisecond().to_string());
        match entry.what.as_str() {
            "session.started" => {
                says("started_ms") == ms(session.started_at).as_deref()
                    && says("grants").map(grants) == Some(session.granted)
            }
            "session.ended" => {
                let reason = session.close_reason.and_then(|why| serde_json::to_value(why).ok());
                says("ended_ms") == ms(session.ended_at).as_deref()
                    && says("reason") == reason.as_ref().and_then(|word| word.as_str())
            }
            _ => true,
        }
    })
}

pub(super) fn grants(words: &str) -> Grants {
    let has = |word: &str| words.split(',').any(|w| w == word);
    Grants { view: has("view"), control: has("control") }
}

/// Checks a line about a signature: whose it is, and what it tells of the connection. `None`: it does not hold.
fn signed(session: &Session, detail: &str) -> Option<(Role, [[u8; 32]; 3])> {
    let (statement, key, signature) = Statement::from_detail(session.tenant, detail)?;
    let of_this = statement.session == session.id && statement.protocol == session.protocol;
    statement.verify(session.attendant?, &key, &signature).ok().filter(|()| of_this)?;
    let told = &statement.told;
    disagreement(session, told).is_none().then_some(())?;
    Some((statement.role, [told.connection, told.customer_key, told.attendant_key]))
}
