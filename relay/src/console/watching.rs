//! The words about sessions that are watched, and a look whether somebody still may.

use protocol::id::OperatorId;

use super::{App, error::AppError, phrases::phrases, strings::Texts};
use crate::{account::Operator, apps::Reach};

phrases! {
    watch: "Acompanhar", "Watch", "Observar";
    watch_hint: "Ver a tela, sem mexer. O cliente é perguntado antes.", "See the screen, touch nothing. The customer is asked first.", "Ver la pantalla, sin tocar. Antes se pregunta al cliente.";
    watching: "Só acompanha", "Watching", "Solo observa";
    watched_by: "{} acompanha", "{} is watching", "{} observa";
    watched: "Acompanhada", "Watched", "Observada";
    role_watch: "Acompanha sessões", "Watches sessions", "Observa sesiones";
    role_watch_hint: "Vê a tela enquanto outro atende, se o cliente permitir.", "Sees the screen while another helps, if the customer allows it.", "Ve la pantalla mientras otro atiende, si el cliente lo permite.";
    watched_over: "A sessão acompanhada terminou", "The watched session is over", "La sesión observada terminó";
    who_watched: "Quem acompanhou", "Who watched", "Quién observó";
    watches_more: "São mais: veja o histórico.", "There are more: see the history.", "Hay más: vea el historial.";
    watched_session: "Sessão acompanhada", "Watched session", "Sesión observada";
}

impl Texts {
    /// The words about watching, in the same language.
    pub(super) fn watching(&self) -> &'static Words {
        Words::of(self.language)
    }
}

/// What somebody watches of apps whose sessions they may not watch any more is over.
pub(super) async fn end_what_may_not_be(app: &App, user: &Operator, by: OperatorId) -> Result<(), AppError> {
    let reach: Reach = app.shared.apps.reach(user).await?;
    for session in app.shared.sessions.list(user.tenant) {
        if session.is_watch() && session.operator == user.id && !reach.watches(session.app) {
            app.shared.sessions.end(user.tenant, session.id, by).await?;
        }
    }
    Ok(())
}
