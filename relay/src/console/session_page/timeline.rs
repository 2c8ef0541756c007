//! What happened in a session, in the order of its times, made of the log's lines about it. No I/O.
//!
//! Says only what is on record: the relay sees neither the screen nor what was typed.

use jiff::Timestamp;
use protocol::message::pairing::CloseReason;
use store::{
    AuditEntry, AuditLink, SESSION_ALARM, SESSION_AWAY, SESSION_BACK, SESSION_CHANGED, SESSION_DISPUTED,
    SESSION_RIGHTS, SESSION_SIGNED, Session,
};

use super::{
    super::{
        shell::{self, Shell},
        strings::fill,
    },
    check::{grants, value, why},
    texts::Words,
};

/// Somebody ended the session in the console.
const END_ORDERED: &str = "session.end.ordered";

/// One thing that happened.
pub(super) struct Event {
    pub(super) at: String,
    pub(super) icon: &'static str,
    pub(super) colour: &'static str,
    pub(super) text: String,
}

/// Everything that happened, oldest first.
pub(super) fn of(session: &Session, about: &[AuditLink], s: &Shell, w: &'static Words) -> Vec<Event> {
    let entries = || about.iter().map(|link| &link.line.entry);
    let ordered = entries().any(|entry| entry.what == END_ORDERED);
    let mut events: Vec<(Timestamp, (&'static str, &'static str, String))> =
        entries().filter_map(|entry| Some((time(entry), event(session, entry, ordered, s, w)?))).collect();
    // Told late, but of an earlier time: the customer's word of the start may come behind the end.
    events.sort_by_key(|(at, _)| *at);
    events.into_iter().map(|(at, (icon, colour, text))| Event { at: s.clock.exact(&at), icon, colour, text }).collect()
}

/// When it happened: as the line tells it, else when it was written.
fn time(entry: &AuditEntry) -> Timestamp {
    let told = match entry.what.as_str() {
        "session.started" => value(&entry.detail, "started_ms"),
        "session.ended" => value(&entry.detail, "ended_ms"),
        SESSION_ALARM => value(&entry.detail, "alarm_ms"),
        SESSION_AWAY | SESSION_BACK | SESSION_CHANGED | SESSION_RIGHTS => value(&entry.detail, "at_ms"),
        _ => None,
    };
    let told = told.and_then(|ms| ms.parse().ok()).and_then(|ms| Timestamp::from_millisecond(ms).ok());
    told.unwrap_or(entry.at)
}

fn event(
    session: &Session,
    entry: &AuditEntry,
    ordered: bool,
    s: &Shell,
    w: &'static Words,
) -> Option<(&'static str, &'static str, String)> {
    let customer = if session.customer_name.is_empty() { s.t.no_name } else { &session.customer_name };
    let role = value(&entry.detail, "role");
    Some(match entry.what.as_str() {
        "session.dialled" => ("headset", "", fill(w.dialled, &[&entry.who, customer])),
        "session.started" => {
            let control = value(&entry.detail, "grants").is_some_and(|words| grants(words).control);
            let what = if control { s.t.allowed_control } else { s.t.allowed_view };
            ("circle-check", "ok", fill(w.consent, &[customer, what]))
        }
        SESSION_CHANGED => {
            let control = value(&entry.detail, "grants").is_some_and(|words| grants(words).control);
            let what = if control { s.t.allowed_control } else { s.t.allowed_view };
            ("mouse-pointer-2", if control { "ok" } else { "warn" }, fill(w.changed, &[customer, what]))
        }
        SESSION_RIGHTS if value(&entry.detail, "administrator") == Some("on") => {
            ("key-round", "warn", fill(w.rights_on, &[&session.attendant_name]))
        }
        SESSION_RIGHTS => ("key-round", "", fill(w.rights_off, &[&session.attendant_name])),
        SESSION_AWAY => {
            ("unplug", "warn", if role == Some("customer") { w.customer_away } else { w.attendant_away }.to_owned())
        }
        SESSION_BACK => ("rotate-cw", "", w.back.to_owned()),
        END_ORDERED => ("circle-x", "", fill(w.end_ordered, &[&entry.who])),
        SESSION_ALARM => ("octagon-alert", "bad", fill(w.alarm, &[customer])),
        "request.missed" => ("bell", "warn", fill(w.missed, &[customer, shell::missed(s.t, session.missed).2])),
        "session.ended" => ended(session, customer, ordered, s, w),
        "session.wrapped_up" => match super::super::session_view::category(session) {
            "" => ("check", "", fill(w.wrapped_up_plain, &[&entry.who])),
            category => ("check", "", fill(w.wrapped_up, &[&entry.who, category])),
        },
        SESSION_SIGNED if role == Some("customer") => ("shield-check", "", w.signed_customer.to_owned()),
        SESSION_SIGNED => ("shield-check", "", w.signed_attendant.to_owned()),
        SESSION_DISPUTED => ("octagon-alert", "bad", fill(w.disputed, &[reason(w, why(&entry.detail))])),
        // Somebody else's line about something of this name.
        _ => return None,
    })
}

fn ended(
    session: &Session,
    customer: &str,
    ordered: bool,
    s: &Shell,
    w: &Words,
) -> (&'static str, &'static str, String) {
    let Some(why) = session.close_reason else { return ("square", "", s.t.end.to_owned()) };
    let (colour, icon, word) = shell::result(s.t, &why);
    match why {
        CloseReason::EndedByCustomer if session.started_at.is_some() => {
            ("square", "", fill(w.ended_by_customer, &[customer]))
        }
        // Who ordered it in the console is told by that; the attendant did not.
        CloseReason::EndedByAttendant if session.started_at.is_some() && ordered => {
            ("square", "", w.ended_by_order.to_owned())
        }
        CloseReason::EndedByAttendant if session.started_at.is_some() => {
            ("square", "", fill(w.ended_by_attendant, &[&session.attendant_name]))
        }
        CloseReason::Refused => (icon, colour, fill(w.refused, &[customer])),
        CloseReason::NoAnswer => (icon, colour, w.no_answer.to_owned()),
        CloseReason::WrongPassword => (icon, colour, w.wrong_password.to_owned()),
        _ => (icon, colour, word.to_owned()),
    }
}

/// Why a signature is disputed, in words; the record has it in English.
fn reason(w: &Words, why: &str) -> &'static str {
    let known = [
        ("told of no start", w.why_no_start),
        ("another reason", w.why_reason),
        ("names less", w.why_granted),
        ("another start", w.why_start),
        ("another end", w.why_end),
        ("different connections", w.why_connections),
        ("certificate is somebody", w.why_certificate),
        ("certificate cannot", w.why_certificate),
    ];
    known.into_iter().find(|(part, _)| why.contains(part)).map_or(w.why_signature, |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Language;

    #[test]
    fn a_reason_that_is_not_known_reads_as_a_signature_that_does_not_fit() {
        let w = Words::of(Language::En);
        assert_eq!(reason(w, "it names another start"), w.why_start);
        assert_eq!(reason(w, "the two ends have signed different connections"), w.why_connections);
        assert_eq!(reason(w, "something new"), w.why_signature);
    }
}
