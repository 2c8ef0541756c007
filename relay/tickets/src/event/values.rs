//! What is known of a session as single values, for the fields of other systems' tickets. Pure.

use jiff::Timestamp;
use protocol::message::directory::FieldKey;
use store::{EventKind, Session, Tenant};

use super::{subject, text};
use crate::mapping::Values;

/// What is known of a session when this is told of it. `app`: the app's title; `page`: where the console shows the session.
pub fn values(kind: EventKind, session: &Session, tenant: &Tenant, app: &str, page: Option<&str>) -> Values {
    let started = session.started_at.unwrap_or(session.dialled_at);
    let field = |key| session.field(key).to_owned();
    let mut values = Values::from([
        ("customer_name", session.customer_name.clone()),
        ("customer_email", field(FieldKey::Email)),
        ("customer_phone", field(FieldKey::Phone)),
        ("customer_document", field(FieldKey::Document)),
        ("customer_company", field(FieldKey::Company)),
        ("subject", subject(session, tenant.language)),
        ("protocol", session.protocol.as_str().to_owned()),
        ("device", session.device.to_string()),
        ("app", app.to_owned()),
        ("attendant", session.attendant_name.clone()),
        ("page", page.unwrap_or_default().to_owned()),
        ("start", moment(started)),
        ("start_date", started.to_zoned(tenant.zone()).date().to_string()),
    ]);
    // What a start says stays the same however often and however late it is said.
    if kind != EventKind::Start {
        if let Some(ended) = session.ended_at {
            let seconds = (ended.as_second() - started.as_second()).max(0);
            values.insert("end", moment(ended));
            values.insert("duration_minutes", seconds.unsigned_abs().div_ceil(60).to_string());
        }
        if let Some(said) = &session.wrap_up {
            values.insert("note", said.note.clone());
            if let Some(category) = &said.category {
                values.insert("category", category.name.clone());
                values.insert("outcome", text::outcome(tenant.language, category.solved).to_owned());
            }
        }
        if session.missed.is_some() {
            values.insert("note", session.message.clone());
        }
    }
    values.retain(|_, value| !value.is_empty());
    values
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
