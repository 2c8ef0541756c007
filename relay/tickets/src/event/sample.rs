//! What an action would say with a made-up session, for whoever writes its text. Pure: the same words come out as of a real one.

use jiff::Timestamp;
use protocol::{
    id::{AppId, DeviceId, OperatorId, ProtocolNumber, SessionId},
    message::{
        ShownText,
        directory::{Field, FieldKey},
        grant::{Grants, RightsChange},
        pairing::CloseReason,
        ticket::TicketChoice,
    },
};
use store::{AuditHead, Category, EventKind, Language, MissedWhy, Session, SessionState, Tenant, WrappedUp};

use super::{Says, Template, action, text};

/// How an action of this kind reads in this language.
pub fn preview(kind: EventKind, tenant: &Tenant, language: Language, template: &Template) -> String {
    let tenant = Tenant { language, ..tenant.clone() };
    let says = Says { template: Some(template), ..Says::default() };
    action(kind, &session(kind, &tenant), &tenant, says).text
}

/// A session in which everything that can be told happened.
fn session(kind: EventKind, tenant: &Tenant) -> Session {
    let [subject, category, note, message] = text::sample(tenant.language);
    let field = |key, value: &str| Field { key, value: ShownText::lossy(value) };
    let at = |text: &str| text.parse::<Timestamp>().expect("a time as it is written");
    let rights = |administrator, text| RightsChange {
        administrator,
        at_unix_ms: u64::try_from(at(text).as_millisecond()).expect("a time of our days"),
    };
    let missed = kind == EventKind::Missed;
    let category = Category { name: category.to_owned(), solved: true };
    Session {
        id: SessionId::from_bytes([0; 16]),
        row: 0,
        tenant: tenant.id,
        app: AppId::from_bytes([0; 16]),
        protocol: ProtocolNumber::new("2026-11-21-000042").expect("a number as it is given"),
        device: DeviceId::new(123_456_789).expect("nine digits"),
        fields: vec![
            field(FieldKey::Name, "Cida Nogueira"),
            field(FieldKey::Company, "Padaria Aurora"),
            field(FieldKey::Email, "cida@aurora.example"),
            field(FieldKey::Phone, "(11) 5555-0188"),
            field(FieldKey::Subject, subject),
        ],
        customer_name: "Cida Nogueira".to_owned(),
        attendant: (!missed).then(|| OperatorId::from_bytes([0; 16])),
        attendant_name: if missed { String::new() } else { "Ana Ribeiro".to_owned() },
        choice: TicketChoice::OpenNew { subject: ShownText::default() },
        connection: None,
        ticket: None,
        state: if missed { SessionState::Missed } else { SessionState::Ended },
        granted: if missed { Grants::NONE } else { Grants::CONTROL },
        changes: Vec::new(),
        rights: if missed {
            Vec::new()
        } else {
            vec![rights(true, "2026-11-21T17:30:00Z"), rights(false, "2026-11-21T17:41:10Z")]
        },
        dialled_at: at("2026-11-21T17:19:50Z"),
        started_at: (!missed).then(|| at("2026-11-21T17:20:05Z")),
        ended_at: Some(at("2026-11-21T17:46:13Z")),
        close_reason: (!missed).then_some(CloseReason::EndedByCustomer),
        missed: missed.then_some(MissedWhy::OutOfHours),
        message: if missed { message.to_owned() } else { String::new() },
        reconnects: 1,
        round_trip_ms: Some(48),
        audit: Some(AuditHead { seq: 48, hash: [0xab; 32] }),
        alarm_at: None,
        wrap_up: (!missed).then(|| WrappedUp { category: Some(category), note: note.to_owned() }),
        watches: None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use protocol::id::TenantId;

    use super::{
        super::template::{places, standing},
        *,
    };

    #[test]
    fn every_place_of_every_kind_has_something_to_show_in_each_language() {
        let tenant = Tenant::new(TenantId::from_bytes([1; 16]), "Varanda", Timestamp::UNIX_EPOCH);
        for language in [Language::PtBr, Language::En, Language::Es] {
            for kind in [EventKind::Start, EventKind::End, EventKind::WrapUp, EventKind::Missed] {
                for place in places(kind) {
                    let template = Template::parse(kind, &format!("<{{{place}}}>")).unwrap();
                    let shown = preview(kind, &tenant, language, &template);
                    let shows = shown.starts_with('<') && !shown.starts_with("<>");
                    assert!(shows, "{kind:?} in {language:?} shows nothing for {place}: {shown}");
                }
                let text = standing(kind, language);
                let shown = preview(kind, &tenant, language, &Template::parse(kind, &text).unwrap());
                assert_eq!(shown.lines().count(), text.lines().count(), "{shown}");
            }
        }
    }
}
