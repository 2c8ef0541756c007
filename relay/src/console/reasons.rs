//! Why another system was not told, in the reader's language; what it said itself stays beside it as it was said.

use store::{Language, Reason};

use super::phrases::phrases;

phrases! {
    credential: "A credencial não é aceita ou venceu", "The credential is not accepted or has expired", "La credencial no se acepta o venció";
    rights: "A credencial não tem permissão para isso", "The credential may not do this", "La credencial no tiene permiso para esto";
    no_ticket: "O ticket não existe ou não pode ser visto", "The ticket does not exist or cannot be seen", "El ticket no existe o no se puede ver";
    ticket_closed: "O ticket foi fechado no outro sistema e não aceita mais ações: reabra-o lá e envie de novo, ou descarte", "The ticket was closed in the other system and takes no more actions: reopen it there and send again, or drop this", "El ticket se cerró en el otro sistema y no acepta más acciones: reábralo allí y envíe de nuevo, o descarte";
    refused: "O outro sistema recusou", "The other system refuses", "El otro sistema lo rechazó";
    field: "O outro sistema recusou um campo mapeado; corrija os campos da conexão e tente de novo", "The other system refuses a mapped field; correct the connection's fields and try again", "El otro sistema rechazó un campo asignado; corrija los campos de la conexión e intente de nuevo";
    wait: "O outro sistema pede para esperar", "The other system asks to wait", "El otro sistema pide esperar";
    not_visible_yet: "Uma tentativa anterior ainda pode não estar visível", "An earlier attempt may not be visible yet", "Un intento anterior puede no verse todavía";
    no_connection: "Sem conexão com o outro sistema", "No connection to the other system", "Sin conexión con el otro sistema";
    proxy: "O proxy não deixou passar", "The proxy lets nothing through", "El proxy no dejó pasar";
    not_safe: "Não houve conexão segura (certificado ou TLS)", "No safe connection (certificate or TLS)", "No hubo conexión segura (certificado o TLS)";
    broken: "A conexão caiu no meio", "The connection broke on the way", "La conexión se cortó a la mitad";
    no_answer: "Não houve resposta a tempo", "No answer came in time", "No hubo respuesta a tiempo";
    failed: "O outro sistema falhou", "The other system failed", "El otro sistema falló";
    garbage: "A resposta do outro sistema não foi entendida", "The other system's answer cannot be understood", "No se entendió la respuesta del otro sistema";
    records: "Os registros deste servidor não puderam ser lidos ou gravados", "This server's own records cannot be read or written", "Los registros de este servidor no se pudieron leer o escribir";
    address: "O endereço não pode ser usado", "The address cannot be used", "La dirección no se puede usar";
    secret: "O segredo da assinatura não pôde ser aberto", "The signing secret cannot be opened", "No se pudo abrir el secreto de la firma";
    off: "O webhook está desligado", "The webhook is off", "El webhook está apagado";
}

/// A reason in words.
pub(super) fn word(language: Language, reason: Reason) -> &'static str {
    let w = Words::of(language);
    match reason {
        Reason::Credential => w.credential,
        Reason::Rights => w.rights,
        Reason::NoTicket => w.no_ticket,
        Reason::TicketClosed => w.ticket_closed,
        Reason::Refused => w.refused,
        Reason::Field => w.field,
        Reason::Wait => w.wait,
        Reason::NotVisibleYet => w.not_visible_yet,
        Reason::NoConnection => w.no_connection,
        Reason::Proxy => w.proxy,
        Reason::NotSafe => w.not_safe,
        Reason::Broken => w.broken,
        Reason::NoAnswer => w.no_answer,
        Reason::Failed => w.failed,
        Reason::Garbage => w.garbage,
        Reason::Records => w.records,
        Reason::Address => w.address,
        Reason::Secret => w.secret,
        Reason::Off => w.off,
    }
}

/// A reason in words, and below it what was said; what has no reason of ours is shown as it was said.
pub(super) fn both(language: Language, reason: Option<Reason>, said: Option<String>) -> (String, String) {
    match (reason, said) {
        // Without a connection nobody said anything: what is recorded are words of ours for the same.
        (Some(Reason::NoConnection), _) => (word(language, Reason::NoConnection).to_owned(), String::new()),
        (Some(reason), said) => (word(language, reason).to_owned(), said.unwrap_or_default()),
        (None, said) => (said.unwrap_or_default(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_words_of_its_own_and_keeps_what_was_said() {
        for language in [Language::PtBr, Language::En, Language::Es] {
            let words: std::collections::BTreeSet<&str> = Reason::ALL.map(|reason| word(language, reason)).into();
            assert_eq!(words.len(), Reason::ALL.len());
        }
        let said = || Some("404: gone".to_owned());
        assert_eq!(both(Language::En, Some(Reason::Refused), said()).1, "404: gone");
        assert_eq!(both(Language::En, None, said()), ("404: gone".to_owned(), String::new()));
        for ours in ["no connection", "the ticketing system cannot be reached: no connection"] {
            let (word, said) = both(Language::PtBr, Some(Reason::NoConnection), Some(ours.to_owned()));
            assert_eq!((word.as_str(), said.as_str()), ("Sem conexão com o outro sistema", ""));
        }
    }
}
