//! What the fixed words of the audit log mean, in each language: pt-BR, en, es. A word without a row is shown as it is.

use store::Language;

/// Every word that has a meaning for people.
const WORDS: &[(&str, [&str; 3])] = &[
    ("request.missed", ["Solicitação não atendida", "Request missed", "Solicitud no atendida"]),
    ("indicators.exported", ["Exportou os indicadores", "Exported the indicators", "Exportó los indicadores"]),
    ("login", ["Entrou", "Logged in", "Entró"]),
    ("logout", ["Saiu", "Logged out", "Salió"]),
    ("password.shown", ["Viu a senha", "Saw the password", "Vio la contraseña"]),
    ("credentials.copied", ["Copiou ID e senha", "Copied ID and password", "Copió ID y contraseña"]),
    ("session.dialled", ["Pediu acesso", "Asked for access", "Pidió acceso"]),
    ("session.started", ["Sessão permitida", "Session allowed", "Sesión permitida"]),
    ("session.ended", ["Sessão encerrada", "Session over", "Sesión terminada"]),
    ("session.end.ordered", ["Mandou encerrar a sessão", "Ordered the session's end", "Mandó terminar la sesión"]),
    ("operator.added", ["Criou usuário", "Made a user", "Creó usuario"]),
    ("operator.changed", ["Mudou usuário", "Changed a user", "Cambió usuario"]),
    ("operator.disabled", ["Desativou usuário", "Disabled a user", "Desactivó usuario"]),
    ("operator.enabled", ["Reativou usuário", "Enabled a user", "Reactivó usuario"]),
    (
        "operator.link.made",
        ["Criou link para nova senha", "Made a link for a new password", "Creó enlace para nueva contraseña"],
    ),
    (
        "operator.link.used",
        ["Escolheu a senha pelo link", "Chose their password by the link", "Eligió su contraseña por el enlace"],
    ),
    (
        "operator.password.reset",
        ["Trocou a senha de usuário", "Reset a user's password", "Cambió la contraseña de usuario"],
    ),
    ("outbox.retried", ["Reenviou ação", "Sent an action again", "Reenvió acción"]),
    ("history.exported", ["Exportou o histórico", "Exported the history", "Exportó el historial"]),
    ("app.made", ["Criou aplicativo", "Made an app", "Creó aplicación"]),
    ("app.archived", ["Arquivou aplicativo", "Archived an app", "Archivó aplicación"]),
    ("app.restored", ["Trouxe de volta aplicativo", "Brought an app back", "Recuperó aplicación"]),
    ("app.removed", ["Excluiu aplicativo", "Deleted an app", "Eliminó aplicación"]),
    ("app.changed", ["Mudou aplicativo", "Changed an app", "Cambió aplicación"]),
    (
        "app.code.changed",
        ["Trocou código de aplicativo", "Changed an app's code", "Cambió el código de una aplicación"],
    ),
    ("profile.downloaded", ["Baixou perfil", "Downloaded a profile", "Descargó perfil"]),
    ("program.built", ["Fez o programa", "Made the program", "Hizo el programa"]),
    ("program.asked", ["Mandou fazer o programa", "Had the program made", "Mandó hacer el programa"]),
    (
        "program.cancelled",
        ["Cancelou o programa em andamento", "Cancelled the program being made", "Canceló el programa en curso"],
    ),
    (store::ALARM, ["Tentativas demais", "Too many tries", "Demasiados intentos"]),
    (
        "attendant.enrolled",
        [
            "Recebeu o certificado de atendente",
            "Received the attendant's certificate",
            "Recibió el certificado de agente",
        ],
    ),
    (
        "certificates.uploaded",
        ["Enviou certificados assinados", "Uploaded signed certificates", "Subió certificados firmados"],
    ),
    ("root.replaced", ["Trocou a raiz da empresa", "Replaced the company's root", "Cambió la raíz de la empresa"]),
    (
        "grant.made",
        ["Copiou a credencial de um cliente", "Copied a customer's credentials", "Copió la credencial de un cliente"],
    ),
    ("grant.used", ["Usou uma credencial copiada", "Used copied credentials", "Usó una credencial copiada"]),
    ("grant.refused", ["Credencial copiada recusada", "Copied credentials refused", "Credencial copiada rechazada"]),
    (
        "session.signed",
        ["Sessão assinada por um dos lados", "Session signed by one side", "Sesión firmada por un lado"],
    ),
    (
        "session.disputed",
        [
            "Os lados discordam sobre a sessão",
            "The sides disagree about the session",
            "Los lados discrepan sobre la sesión",
        ],
    ),
    (
        "alarm.session",
        [
            "Alerta do cliente sobre a sessão",
            "Customer's alarm about the session",
            "Alerta del cliente sobre la sesión",
        ],
    ),
    (
        store::SESSION_AWAY,
        ["Conexão de um dos lados caiu", "One side's connection was lost", "Se cayó la conexión de un lado"],
    ),
    (
        store::SESSION_CHANGED,
        ["O cliente mudou o que permite", "The customer changed what is allowed", "El cliente cambió lo que permite"],
    ),
    (
        store::SESSION_RIGHTS,
        [
            "Direitos de administrador na sessão",
            "Administrator's rights in the session",
            "Derechos de administrador en la sesión",
        ],
    ),
    (
        store::SESSION_BACK,
        ["Conexão da sessão voltou", "The session's connection came back", "Volvió la conexión de la sesión"],
    ),
    ("password.changed", ["Trocou a própria senha", "Changed their own password", "Cambió su propia contraseña"]),
    ("factor.enabled", ["Ligou o segundo fator", "Switched their second factor on", "Activó el segundo factor"]),
    (
        "factor.disabled",
        ["Desligou o segundo fator", "Switched their second factor off", "Desactivó el segundo factor"],
    ),
    ("factor.codes.made", ["Criou códigos de recuperação", "Made recovery codes", "Creó códigos de recuperación"]),
    (
        "factor.recovery.used",
        ["Usou um código de recuperação", "Used a recovery code", "Usó un código de recuperación"],
    ),
    (
        "factor.refused",
        [
            "Senha certa com código errado",
            "Right password with a wrong code",
            "Contraseña correcta con código incorrecto",
        ],
    ),
    (
        "factor.reset",
        ["Tirou o segundo fator de usuário", "Took a user's second factor away", "Quitó el segundo factor de usuario"],
    ),
    (
        "factor.required",
        ["Passou a exigir o segundo fator", "Made the second factor required", "Pasó a exigir el segundo factor"],
    ),
    (
        "factor.optional",
        ["Deixou de exigir o segundo fator", "Made the second factor optional", "Dejó de exigir el segundo factor"],
    ),
    (
        "provider.changed",
        ["Mudou o login da empresa", "Changed the company login", "Cambió el inicio de sesión de la empresa"],
    ),
    (
        "provider.tested",
        ["Testou o login da empresa", "Tested the company login", "Probó el inicio de sesión de la empresa"],
    ),
    (
        "provider.removed",
        ["Removeu o login da empresa", "Removed the company login", "Eliminó el inicio de sesión de la empresa"],
    ),
    (
        "identity.linked",
        [
            "Vinculou a conta da empresa a um usuário",
            "Linked a company account to a user",
            "Vinculó la cuenta de la empresa a un usuario",
        ],
    ),
    (
        "identity.unlinked",
        [
            "Desvinculou a conta da empresa de um usuário",
            "Unlinked a company account from a user",
            "Desvinculó la cuenta de la empresa de un usuario",
        ],
    ),
    ("passkey.added", ["Adicionou uma chave de acesso", "Added a passkey", "Agregó una clave de acceso"]),
    ("passkey.removed", ["Removeu uma chave de acesso", "Removed a passkey", "Quitó una clave de acceso"]),
    ("passkey.used", ["Usou uma chave de acesso", "Used a passkey", "Usó una clave de acceso"]),
    ("passkey.refused", ["Chave de acesso recusada", "Passkey refused", "Clave de acceso rechazada"]),
    ("session.wrapped_up", ["Concluiu o atendimento", "Wrapped the session up", "Cerró la atención"]),
    (
        "outbox.all_retried",
        [
            "Mandou enviar de novo todas as ações paradas",
            "Had all held actions sent again",
            "Hizo reenviar todas las acciones detenidas",
        ],
    ),
    ("outbox.dropped", ["Desistiu de enviar uma ação", "Gave up sending an action", "Desistió de enviar una acción"]),
    (
        "connection.added",
        ["Conectou um sistema de tickets", "Connected a ticketing system", "Conectó un sistema de tickets"],
    ),
    (
        "connection.changed",
        ["Mudou um sistema de tickets", "Changed a ticketing system", "Cambió un sistema de tickets"],
    ),
    (
        "connection.fields",
        [
            "Mudou os campos dos tickets de um sistema",
            "Changed the ticket fields of a system",
            "Cambió los campos de los tickets de un sistema",
        ],
    ),
    (
        "connection.people",
        [
            "Mudou quem são os atendentes em um sistema",
            "Changed who attendants are in a system",
            "Cambió quiénes son los agentes en un sistema",
        ],
    ),
    (
        "connection.removed",
        ["Desconectou um sistema de tickets", "Disconnected a ticketing system", "Desconectó un sistema de tickets"],
    ),
    ("connection.tested", ["Testou um sistema de tickets", "Tested a ticketing system", "Probó un sistema de tickets"]),
    (
        "connection.chosen",
        [
            "Escolheu o sistema de tickets de um aplicativo",
            "Chose an app's ticketing system",
            "Eligió el sistema de tickets de una aplicación",
        ],
    ),
    ("ticket.tagged", ["Pôs etiqueta em um ticket", "Tagged a ticket", "Puso etiqueta en un ticket"]),
    ("ticket.untagged", ["Tirou etiqueta de um ticket", "Took a tag off a ticket", "Quitó etiqueta de un ticket"]),
    ("answer.written", ["Escreveu uma resposta pronta", "Wrote a canned answer", "Escribió una respuesta predefinida"]),
    ("answer.removed", ["Apagou uma resposta pronta", "Erased a canned answer", "Borró una respuesta predefinida"]),
    ("return.scheduled", ["Combinou um retorno", "Agreed on a return", "Acordó un retorno"]),
    ("return.cancelled", ["Cancelou um retorno", "Cancelled a return", "Canceló un retorno"]),
    ("notice.asked", ["Pediu aviso de um cliente", "Asked to be told of a customer", "Pidió aviso de un cliente"]),
    (
        "notice.cancelled",
        ["Cancelou o aviso de um cliente", "Took back a notice of a customer", "Canceló el aviso de un cliente"],
    ),
    (
        "company.changed",
        ["Mudou os dados da empresa", "Changed the company's settings", "Cambió los datos de la empresa"],
    ),
    ("mail.changed", ["Mudou o servidor de e-mail", "Changed the mail server", "Cambió el servidor de correo"]),
    ("mail.tested", ["Testou o envio de e-mail", "Tested sending e-mail", "Probó el envío de correo"]),
    ("mail.retried", ["Mandou enviar um e-mail de novo", "Had an e-mail sent again", "Hizo reenviar un correo"]),
    ("answer.mailed", ["Respondeu por e-mail", "Answered by e-mail", "Respondió por correo"]),
    (
        "mail_text.changed",
        ["Mudou o que os e-mails dizem", "Changed what e-mails say", "Cambió lo que dicen los correos"],
    ),
    ("contact.changed", ["Mudou um contato", "Changed a contact", "Cambió un contacto"]),
    ("contacts.import", ["Começou a importar contatos", "Began to import contacts", "Empezó a importar contactos"]),
    (
        "contacts.imported",
        ["Terminou de importar contatos", "Finished importing contacts", "Terminó de importar contactos"],
    ),
    ("contact.merged", ["Juntou dois contatos", "Merged two contacts", "Juntó dos contactos"]),
    (
        "contact_fields.changed",
        ["Mudou os campos dos contatos", "Changed the fields of contacts", "Cambió los campos de los contactos"],
    ),
    (
        "action_texts.changed",
        ["Mudou o que as ações dizem", "Changed what actions say", "Cambió lo que dicen las acciones"],
    ),
    ("ticket.opened", ["Abriu um ticket pela API", "Opened a ticket by the API", "Abrió un ticket por la API"]),
    ("ticket.changed", ["Mudou um ticket pela API", "Changed a ticket by the API", "Cambió un ticket por la API"]),
    (
        "ticket.action.added",
        ["Registrou uma ação pela API", "Recorded an action by the API", "Registró una acción por la API"],
    ),
    (
        "customer.added",
        ["Registrou um cliente pela API", "Recorded a customer by the API", "Registró un cliente por la API"],
    ),
    ("webhook.added", ["Criou webhook", "Made a webhook", "Creó webhook"]),
    ("webhook.changed", ["Mudou webhook", "Changed a webhook", "Cambió webhook"]),
    ("webhook.removed", ["Removeu webhook", "Removed a webhook", "Quitó webhook"]),
    ("webhook.tested", ["Testou webhook", "Tested a webhook", "Probó webhook"]),
    (
        "webhook.secret.changed",
        ["Trocou o segredo de webhook", "Changed a webhook's secret", "Cambió el secreto de un webhook"],
    ),
    (
        "webhook.retried",
        ["Reenviou mensagem de webhook", "Sent a webhook's message again", "Reenvió mensaje de webhook"],
    ),
    ("token.made", ["Criou token de API", "Made an API token", "Creó token de API"]),
    ("token.revoked", ["Revogou token de API", "Revoked an API token", "Revocó token de API"]),
];

fn of(language: Language, meaning: &[&'static str; 3]) -> &'static str {
    let [pt_br, en, es] = meaning;
    match language {
        Language::PtBr => pt_br,
        Language::En => en,
        Language::Es => es,
    }
}

/// What a line's fixed word means.
pub(super) fn meaning(language: Language, word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, meaning)| of(language, meaning))
}

/// The fixed words that are shown as something with this text in it.
pub(super) fn meant(language: Language, text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    WORDS
        .iter()
        .filter(|(_, meaning)| of(language, meaning).to_lowercase().contains(&text))
        .map(|(word, _)| *word)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_has_two_meanings_and_none_is_left_out() {
        for (n, (word, meaning)) in WORDS.iter().enumerate() {
            assert!(WORDS[..n].iter().all(|(other, _)| other != word), "{word}");
            assert!(meaning.iter().all(|text| !text.trim().is_empty()), "{word}");
        }
        assert_eq!(meaning(Language::En, "session.signed"), Some("Session signed by one side"));
        assert_eq!(meant(Language::PtBr, "CREDENCIAL de um"), ["grant.made"]);
    }
}
