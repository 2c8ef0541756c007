//! Fields that another system has left out of tickets that were opened there: said where people look for what went wrong.

use store::Connection;
use tickets::kind;

use crate::console::{phrases::phrases, shell::Shell, strings::fill};

phrases! {
    not_kept: "{} abriu o ticket {} sem estes campos: {}", "{} opened ticket {} without these fields: {}", "{} abrió el ticket {} sin estos campos: {}";
    what_to_do: "{}. A sessão está registrada. Confira se esses campos existem lá, para esse tipo de ticket, e se a conta da conexão pode preenchê-los; ou tire-os daqui.", "{}. The session is recorded. Check that these fields exist there, for this kind of ticket, and that the connection's account may fill them; or take them out here.", "{}. La sesión está registrada. Revise que esos campos existan allí, para ese tipo de ticket, y que la cuenta de la conexión pueda rellenarlos; o quítelos de aquí.";
}

/// One system's.
pub(in crate::console) struct Note {
    /// The connection.
    pub(in crate::console) id: String,
    /// Which fields of which ticket.
    pub(in crate::console) what: String,
    /// When, and what to do about it.
    pub(in crate::console) lead: String,
}

/// `None`: it has left out nothing.
pub(in crate::console) fn note(connection: &Connection, s: &Shell) -> Option<Note> {
    let left_out = connection.left_out.as_ref()?;
    let w = Words::of(s.t.language);
    let title = kind::of(&connection.what.kind).map_or(connection.what.name.as_str(), |kind| kind.title);
    Some(Note {
        id: connection.what.id.to_string(),
        what: fill(w.not_kept, &[title, left_out.ticket.as_str(), &left_out.fields.join(", ")]),
        lead: fill(w.what_to_do, &[&s.clock.date_time(&left_out.at)]),
    })
}
