//! The words of the built-in desk's pages beyond the first ones: lists, tags, contacts, canned answers, invitations.

use store::Language;

macro_rules! words {
    ($($name:ident: $pt:literal, $en:literal, $es:literal;)*) => {
        /// The words of one language.
        pub(super) struct Words {
            $(pub(super) $name: &'static str,)*
        }
        static PT_BR: Words = Words { $($name: $pt,)* };
        static EN: Words = Words { $($name: $en,)* };
        static ES: Words = Words { $($name: $es,)* };

        #[cfg(test)]
        const TABLE: &[(&str, [&str; 3])] = &[$((stringify!($name), [$pt, $en, $es]),)*];
    };
}

words! {
    // The list of tickets.
    search_tickets: "Número, assunto, cliente ou texto", "Number, subject, customer or text", "Número, asunto, cliente o texto";
    to_do: "Abertos", "Open", "Abiertos";
    everybody: "Qualquer um", "Anybody", "Cualquiera";
    me: "Eu", "Me", "Yo";
    tag: "Etiqueta", "Tag", "Etiqueta";
    any: "Todas", "All", "Todas";
    clear: "Limpar filtros", "Clear filters", "Quitar filtros";
    none_with_filters: "Nenhum ticket com estes filtros.", "No ticket with these filters.", "Ningún ticket con estos filtros.";

    // Tags.
    tags: "Etiquetas", "Tags", "Etiquetas";
    new_tag: "Nova etiqueta", "New tag", "Nueva etiqueta";
    add_tag: "Incluir", "Add tag", "Agregar";
    remove_tag: "Tirar a etiqueta {}", "Remove the tag {}", "Quitar la etiqueta {}";
    bad_tag: "Uma etiqueta tem de 1 a 40 caracteres, em até 12 por ticket.", "A tag has 1 to 40 characters, up to 12 on a ticket.", "Una etiqueta tiene de 1 a 40 caracteres, hasta 12 por ticket.";

    // Canned answers.
    canned: "Respostas prontas", "Canned answers", "Respuestas predefinidas";
    canned_lead: "Textos que se usam sempre, à mão ao responder um ticket.", "Texts that are used often, at hand when a ticket is answered.", "Textos que se usan a menudo, a mano al responder un ticket.";
    canned_none: "Nenhuma resposta pronta ainda. Escreva aqui ao lado a primeira.", "No canned answer yet. Write the first one beside this.", "Ninguna respuesta predefinida todavía. Escriba la primera aquí al lado.";
    canned_new: "Nova resposta", "New answer", "Nueva respuesta";
    canned_change: "Mudar resposta", "Change answer", "Cambiar respuesta";
    canned_title: "Título", "Title", "Título";
    canned_text: "Texto", "Text", "Texto";
    canned_places: "Campos: {customer}, {attendant}, {ticket} e {download_link}.", "Fields: {customer}, {attendant}, {ticket} and {download_link}.", "Campos: {customer}, {attendant}, {ticket} y {download_link}.";
    canned_remove_ask: "Apagar a resposta pronta {}?", "Erase the canned answer {}?", "¿Borrar la respuesta predefinida {}?";
    canned_taken: "Já existe uma resposta com este título.", "There is an answer with this title already.", "Ya existe una respuesta con este título.";
    bad_place: "Não há campo {} aqui.", "There is no field {} here.", "No hay campo {} aquí.";
    change: "Mudar", "Change", "Cambiar";
    erase: "Apagar", "Erase", "Borrar";
    missing: "Preencha este campo.", "Fill this in.", "Complete este campo.";
    too_long: "Texto longo demais.", "Too long.", "Texto demasiado largo.";
    saved: "Salvo.", "Saved.", "Guardado.";
    class_hint: "Como “Ouro” ou “Contrato”: aparece ao lado do cliente enquanto ele aguarda.", "Such as “Gold” or “Contract”: shown beside the customer while they wait.", "Como «Oro» o «Contrato»: se ve junto al cliente mientras espera.";
    contact_clash: "Outra pessoa mudou este contato enquanto você editava", "Somebody changed this contact while you were editing", "Otra persona cambió este contacto mientras usted editaba";
    emptied: "(vazio)", "(empty)", "(vacío)";
    somebody_else: "Outra pessoa", "Somebody else", "Otra persona";

    // Contacts.
    contacts: "Contatos", "Contacts", "Contactos";
    search_contacts: "Nome, empresa, e-mail, telefone ou documento", "Name, company, e-mail, telephone or document", "Nombre, empresa, correo, teléfono o documento";
    no_contacts: "Nenhum contato ainda. Cada cliente que pede ajuda entra aqui sozinho.", "No contacts yet. Each customer who asks for help comes in here by themselves.", "Ningún contacto todavía. Cada cliente que pide ayuda entra aquí solo.";
    contact_page: "Ver o contato", "See the contact", "Ver el contacto";
    details: "Dados", "Details", "Datos";
    tickets_of: "Tickets", "Tickets", "Tickets";
    sessions_of: "Sessões remotas", "Remote sessions", "Sesiones remotas";
    no_tickets_of: "Nenhum ticket.", "No ticket.", "Ningún ticket.";
    since: "Contato desde {}", "Contact since {}", "Contacto desde {}";
    bad_email: "Este e-mail não está escrito certo.", "This is not a valid e-mail address.", "Este correo no está bien escrito.";
    email_taken: "Outro contato tem este e-mail. Junte os dois.", "Another contact has this e-mail address. Merge the two.", "Otro contacto tiene este correo. Júntelos.";
    nobody_left: "Escreva pelo menos o nome ou o e-mail.", "Enter at least the name or the e-mail address.", "Escriba al menos el nombre o el correo.";
    merge: "Juntar com outro contato", "Merge with another contact", "Juntar con otro contacto";
    merge_lead: "Os tickets do outro passam para este, e os dados que faltam aqui também. O outro deixa de existir.", "The other contact's tickets move here, and any details missing here. The other contact is then deleted.", "Los tickets del otro pasan a este, y también los datos que faltan aquí. El otro deja de existir.";
    merge_find: "Procurar o outro", "Find the other one", "Buscar el otro";
    merge_go: "Juntar", "Merge", "Juntar";
    merge_ask: "Juntar {} com este contato? Isto não pode ser desfeito.", "Merge {} into this contact? This cannot be undone.", "¿Juntar {} con este contacto? Esto no se puede deshacer.";
    merge_none: "Nenhum outro contato encontrado.", "No other contact found.", "Ningún otro contacto encontrado.";
    own_fields: "Campos da empresa", "The company's own fields", "Campos de la empresa";
    own_fields_hint: "O que mais se guarda de cada contato. Um nome por linha, até 12.", "What else is kept of each contact. One name a line, up to 12.", "Qué más se guarda de cada contacto. Un nombre por línea, hasta 12.";
    bad_fields: "Até 12 nomes diferentes, cada um com até 40 caracteres.", "Up to 12 different names of up to 40 characters.", "Hasta 12 nombres diferentes, cada uno de hasta 40 caracteres.";

    // The icon beside the requester.
    remote: "Acesso remoto ao solicitante", "Remote access to the requester", "Acceso remoto al solicitante";
    waits_since: "ID {} · desde {}", "ID {} · since {}", "ID {} · desde {}";
    no_program: "Não está com o programa aberto", "Does not have the program open", "No tiene el programa abierto";
    connect: "Conectar por este ticket", "Connect on this ticket", "Conectar por este ticket";
    copy_credentials: "Copiar credenciais", "Copy credentials", "Copiar credenciales";
    good_for_60_s: "valem 60 s", "good for 60 s", "valen 60 s";

    // Being told.
    notify_me: "Avisar quando estiver disponível", "Notify me when available", "Avisar cuando esté disponible";
    notified: "Aviso pedido", "You will be notified", "Aviso pedido";
    told: "Avisos pedidos", "Notices asked for", "Avisos pedidos";
    told_until: "{}, até {}", "{}, until {}", "{}, hasta {}";
    told_cancel: "Cancelar o aviso", "Cancel the notice", "Cancelar el aviso";

    // Invitations.
    insert_link: "Inserir link de download na resposta", "Insert download link into the answer", "Insertar enlace de descarga en la respuesta";
    invited: "Este link é do ticket {}", "This link is about ticket {}", "Este enlace es del ticket {}";
    invited_over: "O ticket {} já foi encerrado. Se ainda precisar de ajuda, fale com o suporte.", "Ticket {} is closed already. If you still need help, talk to support.", "El ticket {} ya está cerrado. Si aún necesita ayuda, hable con soporte.";
    invited_expired: "O prazo deste link terminou. Peça um novo a quem o enviou.", "This link is no longer good. Ask whoever sent it for a new one.", "El plazo de este enlace terminó. Pida uno nuevo a quien se lo envió.";
    invited_unknown: "Este link está incompleto, ou não foi feito para este programa. Abra-o de novo como o recebeu.", "This link is incomplete, or was not made for this program. Open it again as you received it.", "Este enlace está incompleto, o no se hizo para este programa. Ábralo de nuevo tal como lo recibió.";
    invited_without: "O programa funciona também sem ele.", "The program works without it, too.", "El programa funciona también sin él.";
    invited_knows: "O programa que você baixa aqui já abre neste ticket, com os seus dados preenchidos. Não mude o nome do arquivo.", "The program you download here opens on this ticket, with your details filled in. Keep the file's name as it is.", "El programa que descarga aquí se abre en este ticket, con sus datos ya escritos. No cambie el nombre del archivo.";
    invited_open: "Já tenho o programa: abrir nele", "I have the program already: open it there", "Ya tengo el programa: abrir en él";
    invited_to: "Convidado por link ao ticket {}", "Invited by link to ticket {}", "Invitado por enlace al ticket {}";
    invited_email: "Informe no programa o e-mail {}, para o atendente reconhecer você.", "Enter the e-mail address {} in the program, so that the attendant recognises you.", "Indique en el programa el correo {}, para que el agente le reconozca.";
}

/// The words in this language.
pub(super) fn of(language: Language) -> &'static Words {
    match language {
        Language::PtBr => &PT_BR,
        Language::En => &EN,
        Language::Es => &ES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_there_and_takes_the_same_values_in_each_language() {
        for (name, words) in TABLE {
            let places: Vec<usize> = words.iter().map(|t| t.matches("{}").count()).collect();
            assert!(words.iter().all(|t| !t.trim().is_empty() && !t.contains('!')), "{name}");
            assert!(places.iter().all(|p| *p == places[0]), "{name}: {places:?}");
        }
    }
}
