//! What an attendant is asked when a session is over: the form of the customer's app, told behind `Dialled`.
//!
//! Must never keep a session from being dialled: without the records nothing is asked.

use protocol::{
    id::{DeviceId, SessionId, TenantId},
    limits,
    message::{
        ShownText,
        wrap_up::{NoteAsked, WrapUpForm},
    },
};
use store::{App, Note};

use crate::{listener::peer::Peer, relay::Shared};

/// The version of the words that this takes.
const SINCE: u16 = 2;

/// The form for this session, once it is on record that its end waits for the answer.
pub(super) async fn asked(
    shared: &Shared,
    tenant: TenantId,
    partner: DeviceId,
    session: SessionId,
    attendant: &Peer,
) -> Option<WrapUpForm> {
    if !attendant.knows(SINCE) {
        return None;
    }
    let of = shared.directory.present(tenant, partner)?.app;
    let apps = shared.apps.every(tenant).await.ok()?;
    let form = form(apps.iter().find(|app| app.id == of)?, session)?;
    match shared.store.ask_wrap_up(session).await {
        Ok(()) => Some(form),
        Err(error) => {
            tracing::warn!(%session, error = &error as &dyn std::error::Error, "no wrap-up is asked for");
            None
        }
    }
}

/// What this app asks; `None`: nothing.
fn form(app: &App, session: SessionId) -> Option<WrapUpForm> {
    app.wrap_up.asks().then(|| WrapUpForm {
        session,
        required: app.wrap_up.required && !app.wrap_up.categories.is_empty(),
        categories: app.wrap_up.categories.iter().take(limits::CATEGORIES).map(|c| ShownText::lossy(&c.name)).collect(),
        note: match app.wrap_up.note {
            Note::Hidden => NoteAsked::Hidden,
            Note::Optional => NoteAsked::Optional,
            Note::Required => NoteAsked::Required,
        },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use protocol::id::AppId;
    use store::{Category, WrapUp};

    use super::*;

    #[test]
    fn an_app_that_asks_nothing_has_no_form_and_one_without_categories_requires_none() {
        let id = AppId::from_bytes([1; 16]);
        let mut app =
            App::new(id, TenantId::from_bytes([2; 16]), "Suporte", "Varanda", "4729", jiff::Timestamp::UNIX_EPOCH);
        let session = SessionId::from_bytes([3; 16]);
        assert_eq!(form(&app, session), None);
        app.wrap_up = WrapUp { required: true, categories: Vec::new(), note: Note::Required };
        let note_only = form(&app, session).unwrap();
        assert_eq!((note_only.required, note_only.note), (false, NoteAsked::Required));
        app.wrap_up.categories = (0..limits::CATEGORIES + 3)
            .map(|n| Category { name: format!("Categoria {n}"), solved: n % 2 == 0 })
            .collect();
        let full = form(&app, session).unwrap();
        assert!(full.required && full.categories.len() == limits::CATEGORIES);
    }
}
