//! What is said of an invitation to a ticket.

use super::Language;
use super::phrases::pick;
use crate::gui::view_model::InvitationNews;

/// What became of it, and that the program works without.
pub fn told(l: Language, news: &InvitationNews) -> String {
    match news {
        InvitationNews::To(ticket) => {
            let number = &ticket.number;
            let about = pick(
                l,
                format!("Seu pedido está no ticket {number}"),
                format!("Your request is on ticket {number}"),
                format!("Su solicitud está en el ticket {number}"),
            );
            if ticket.subject.is_empty() { format!("{about}.") } else { format!("{about}: {}", ticket.subject) }
        }
        InvitationNews::Unknown => pick(
            l,
            "O link deste programa está incompleto ou não é deste suporte. Você pode continuar sem ele.".into(),
            "This program's link is incomplete, or not of this support. You can go on without it.".into(),
            "El enlace de este programa está incompleto o no es de este soporte. Puede continuar sin él.".into(),
        ),
        InvitationNews::Expired => pick(
            l,
            "O prazo do link terminou. Você pode continuar sem ele, ou pedir um novo.".into(),
            "The link is no longer good. You can go on without it, or ask for a new one.".into(),
            "El plazo del enlace terminó. Puede continuar sin él, o pedir uno nuevo.".into(),
        ),
        InvitationNews::Over { number } => pick(
            l,
            format!("O ticket {number} já foi encerrado. Se continuar, será um novo pedido."),
            format!("Ticket {number} is closed already. If you go on, it will be a new request."),
            format!("El ticket {number} ya está cerrado. Si continúa, será una nueva solicitud."),
        ),
        InvitationNews::ServerOld => pick(
            l,
            "O servidor ainda não entende este link. Diga ao atendente o número do ticket.".into(),
            "The server does not understand this link yet. Tell the attendant the ticket's number.".into(),
            "El servidor aún no entiende este enlace. Diga al agente el número del ticket.".into(),
        ),
        InvitationNews::Later => pick(
            l,
            "O servidor não consegue ler o link agora. Você pode continuar sem ele.".into(),
            "The server cannot read the link now. You can go on without it.".into(),
            "El servidor no puede leer el enlace ahora. Puede continuar sin él.".into(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::view_model::TicketLine;

    #[test]
    fn each_is_said_in_three_languages_and_names_the_ticket_where_one_is_known() {
        let ticket = TicketLine { number: "4821".into(), subject: "Nota fiscal".into() };
        for (news, names) in [
            (InvitationNews::To(ticket.clone()), true),
            (InvitationNews::To(TicketLine { subject: String::new(), ..ticket }), true),
            (InvitationNews::Unknown, false),
            (InvitationNews::Expired, false),
            (InvitationNews::Over { number: "4821".into() }, true),
            (InvitationNews::ServerOld, false),
            (InvitationNews::Later, false),
        ] {
            let said: Vec<String> = Language::ALL.iter().map(|l| told(*l, &news)).collect();
            assert!(said.iter().all(|text| text.contains("4821") == names), "{said:?}");
            assert!(said[0] != said[1] && said[1] != said[2] && said[0] != said[2], "{said:?}");
        }
    }
}
