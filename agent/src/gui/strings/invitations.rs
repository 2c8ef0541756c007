//! What is said of an invitation to a ticket, and of a link that is another company's.

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
        InvitationNews::Elsewhere { server } => pick(
            l,
            format!("O link é de outro suporte, em {server}. Baixe o programa por ele, ou continue aqui sem ele."),
            format!(
                "The link is of another support, at {server}. Download its program there, or go on here without it."
            ),
            format!("El enlace es de otro soporte, en {server}. Descargue allí su programa, o continúe aquí sin él."),
        ),
        InvitationNews::Later => pick(
            l,
            "O servidor não consegue ler o link agora. Você pode continuar sem ele.".into(),
            "The server cannot read the link now. You can go on without it.".into(),
            "El servidor no puede leer el enlace ahora. Puede continuar sin él.".into(),
        ),
    }
}

/// A link of the console that is for another company's program: where it is from, and whose program this is.
pub fn link_of_another(l: Language, server: &str, (company, home): &(String, String)) -> String {
    // The same server has another company.
    let from = if server == home { String::new() } else { format!(" ({server})") };
    pick(
        l,
        format!(
            "O link que você abriu é de outra empresa{from}. Este programa é de {company} ({home}). Abra o programa dela e clique de novo."
        ),
        format!(
            "The link you opened is of another company{from}. This program is of {company} ({home}). Open that company's program and click again."
        ),
        format!(
            "El enlace que abrió es de otra empresa{from}. Este programa es de {company} ({home}). Abra el programa de ella y haga clic de nuevo."
        ),
    )
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
            (InvitationNews::Elsewhere { server: "help.example".into() }, false),
        ] {
            let said: Vec<String> = Language::ALL.iter().map(|l| told(*l, &news)).collect();
            assert!(said.iter().all(|text| text.contains("4821") == names), "{said:?}");
            assert!(said[0] != said[1] && said[1] != said[2] && said[0] != said[2], "{said:?}");
        }
    }

    #[test]
    fn a_link_of_another_company_is_said_with_where_it_is_from_and_whose_program_this_is() {
        for l in Language::ALL {
            let here = ("Varanda".to_owned(), "localhost".to_owned());
            let told = link_of_another(l, "help.example:7443", &here);
            assert!(told.contains("(help.example:7443)") && told.contains("Varanda (localhost)"), "{told}");
            let same = link_of_another(l, "localhost", &here);
            assert_eq!(same.matches("localhost").count(), 1, "{same}");
        }
    }
}
