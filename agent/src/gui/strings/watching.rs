//! Texts about a session that is watched. Each takes the language first, and all three are beside each other.

use super::{Language, phrases::pick};

/// The consent's title where somebody only wants to watch.
pub fn wants_to_watch(l: Language, name: &str) -> String {
    pick(
        l,
        format!("{name} quer acompanhar esta sessão"),
        format!("{name} wants to watch this session"),
        format!("{name} quiere observar esta sesión"),
    )
}

/// Under it.
pub fn watches_beside(l: Language, helps: &str) -> String {
    pick(
        l,
        format!("Verá a sua tela e não mexe em nada. {helps} continua atendendo, e você pode parar quando quiser."),
        format!("They see your screen and touch nothing. {helps} goes on helping, and you can stop it at any time."),
        format!("Verá su pantalla y no toca nada. {helps} sigue atendiendo, y usted puede detenerlo cuando quiera."),
    )
}

/// On the bar and in the window of who helps.
pub fn watched_by(l: Language, name: &str) -> String {
    pick(
        l,
        format!("{name} acompanha, só vendo"),
        format!("{name} is watching, view only"),
        format!("{name} observa, solo ve"),
    )
}

/// Before somebody watches.
pub fn watch_lead(l: Language, helps: &str) -> String {
    pick(
        l,
        format!(
            "{helps} está atendendo. Você verá a tela, sem mexer em nada. O cliente é perguntado antes, e tudo fica no mesmo ticket."
        ),
        format!(
            "{helps} is helping. You will see the screen and touch nothing. The customer is asked first, and all of it is on the same ticket."
        ),
        format!(
            "{helps} está atendiendo. Usted verá la pantalla, sin tocar nada. Antes se pregunta al cliente, y todo queda en el mismo ticket."
        ),
    )
}
