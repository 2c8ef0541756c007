//! The words of the pages about mail, in each language.

use store::Language;

use crate::console::strings::fill;
use crate::mail::{Failure, Problem};

macro_rules! words {
    ($($name:ident: $pt:literal, $en:literal, $es:literal;)*) => {
        /// The words of one language.
        pub(in crate::console) struct Words {
            $(pub(in crate::console) $name: &'static str,)*
        }
        static PT_BR: Words = Words { $($name: $pt,)* };
        static EN: Words = Words { $($name: $en,)* };
        static ES: Words = Words { $($name: $es,)* };

        #[cfg(test)]
        const TABLE: &[(&str, [&str; 3])] = &[$((stringify!($name), [$pt, $en, $es]),)*];
    };
}

words! {
    title: "E-mail", "E-mail", "Correo";
    lead: "Por onde as respostas dos tickets chegam aos clientes. Sem servidor, as respostas ficam só no ticket.", "How answers on tickets reach customers. Without a server, answers stay on the ticket only.", "Por dónde llegan a los clientes las respuestas de los tickets. Sin servidor, las respuestas quedan solo en el ticket.";
    server: "Servidor de envio (SMTP)", "Sending server (SMTP)", "Servidor de envío (SMTP)";
    host: "Servidor", "Server", "Servidor";
    port: "Porta", "Port", "Puerto";
    encryption: "Proteção", "Protection", "Protección";
    tls: "TLS desde o início (465)", "TLS from the start (465)", "TLS desde el inicio (465)";
    starttls: "STARTTLS (587)", "STARTTLS (587)", "STARTTLS (587)";
    none: "Nenhuma, sem senha", "None, without a password", "Ninguna, sin contraseña";
    user: "Usuário", "User", "Usuario";
    password: "Senha", "Password", "Contraseña";
    kept: "Guardada. Deixe vazio para não mudar.", "Kept. Leave it empty to keep it.", "Guardada. Déjela vacía para no cambiarla.";
    from: "E-mail de quem envia", "Sender's e-mail address", "Correo de quien envía";
    from_name: "Nome de quem envia", "Sender's name", "Nombre de quien envía";
    authority: "Certificados próprios (PEM)", "Own certificates (PEM)", "Certificados propios (PEM)";
    authority_hint: "Só se o servidor usa uma autoridade da própria empresa.", "Only if the server uses an authority of the company's own.", "Solo si el servidor usa una autoridad de la propia empresa.";
    saved: "Salvo. Teste antes de usar.", "Saved. Test it before using it.", "Guardado. Pruébelo antes de usarlo.";
    test: "Testar", "Test", "Probar";
    test_lead: "Envia um e-mail com o que está salvo e diz o que aconteceu.", "Sends an e-mail with what is saved and says what happened.", "Envía un correo con lo guardado y dice qué pasó.";
    test_to: "Enviar para", "Send to", "Enviar a";
    test_subject: "Teste do Amparo", "Amparo test", "Prueba de Amparo";
    test_text: "Este e-mail mostra que o envio funciona.", "This e-mail shows that sending works.", "Este correo muestra que el envío funciona.";
    test_good: "Enviado para {}. Veja se chegou.", "Sent to {}. See whether it arrived.", "Enviado a {}. Vea si llegó.";
    texts: "O que os e-mails dizem", "What e-mails say", "Qué dicen los correos";
    texts_hint: "Campos: {customer}, {attendant}, {ticket}, {subject}, {text} e {company}. Vazio: o texto padrão.", "Fields: {customer}, {attendant}, {ticket}, {subject}, {text} and {company}. Leave empty for the standard text.", "Campos: {customer}, {attendant}, {ticket}, {subject}, {text} y {company}. Vacío: el texto estándar.";
    subject: "Assunto", "Subject", "Asunto";
    text: "Texto", "Text", "Texto";
    without_text: "Inclua {text}: é a resposta.", "Include {text}: it is the answer.", "Incluya {text}: es la respuesta.";
    bad_place: "Não há campo {} aqui.", "There is no field {} here.", "No hay campo {} aquí.";
    missing: "Preencha este campo.", "Fill this in.", "Complete este campo.";
    not_its_form: "Não está escrito certo.", "This is not valid.", "No está bien escrito.";
    not_encrypted: "Com senha, escolha TLS ou STARTTLS: sem proteção ela iria aberta.", "With a password, choose TLS or STARTTLS: unprotected it would travel in the open.", "Con contraseña, elija TLS o STARTTLS: sin protección viajaría abierta.";
    too_long: "Texto longo demais.", "Too long.", "Texto demasiado largo.";
    // At the answer and at the action.
    by_mail: "Enviar por e-mail a {}", "Send by e-mail to {}", "Enviar por correo a {}";
    sent: "Enviada por e-mail a {}", "Sent by e-mail to {}", "Enviada por correo a {}";
    waits: "E-mail por enviar", "E-mail to be sent", "Correo por enviar";
    parked: "E-mail não enviado", "E-mail not sent", "Correo no enviado";
    retry: "Tentar de novo", "Try again", "Intentar de nuevo";
    tries_again: "tenta de novo {}", "tries again {}", "intenta de nuevo {}";
    // Why a letter was not sent.
    no_server: "Não há servidor de e-mail", "There is no mail server", "No hay servidor de correo";
    bad_settings: "A configuração não serve; salve de novo", "The settings cannot be used; save them again", "La configuración no sirve; guárdela de nuevo";
    no_connection: "Não há conexão com o servidor", "No connection to the server", "No hay conexión con el servidor";
    no_tls: "Não há conexão segura com o servidor", "No safe connection to the server", "No hay conexión segura con el servidor";
    timed_out: "O servidor não respondeu a tempo", "The server did not answer in time", "El servidor no respondió a tiempo";
    login: "O servidor não aceitou usuário e senha", "The server did not accept user and password", "El servidor no aceptó usuario y contraseña";
    refused: "O servidor recusou", "The server refused", "El servidor rechazó";
    later: "O servidor não pode receber agora", "The server cannot take it now", "El servidor no puede recibir ahora";
    strange: "A conexão caiu, ou quem responde não é um servidor de e-mail", "The connection broke, or what answers is no mail server", "La conexión se cortó, o quien responde no es un servidor de correo";
    no_letter: "Isto não pode ser um e-mail", "This cannot be an e-mail", "Esto no puede ser un correo";
}

/// The words in this language.
pub(in crate::console) fn of(language: Language) -> &'static Words {
    match language {
        Language::PtBr => &PT_BR,
        Language::En => &EN,
        Language::Es => &ES,
    }
}

impl Words {
    pub(in crate::console) fn problem(&self, problem: Problem) -> &'static str {
        match problem {
            Problem::Missing => self.missing,
            Problem::NotItsForm => self.not_its_form,
            Problem::NotEncrypted => self.not_encrypted,
        }
    }

    /// What went wrong, and the server's own words.
    pub(in crate::console) fn failure(&self, failure: &Failure) -> String {
        let said = match failure {
            Failure::NotSetUp => self.no_server,
            Failure::Settings(_) => self.bad_settings,
            Failure::NoConnection(_) => self.no_connection,
            Failure::NoTls(_) => self.no_tls,
            Failure::TimedOut => self.timed_out,
            Failure::Login(_) => self.login,
            Failure::Refused(_) => self.refused,
            Failure::Later(_) => self.later,
            Failure::Strange(_) => self.strange,
            Failure::Letter(_) => self.no_letter,
        };
        let words = failure.words();
        if words.is_empty() { said.to_owned() } else { format!("{said} ({words})") }
    }

    /// As recorded at a letter.
    pub(in crate::console) fn why(&self, recorded: &str) -> String {
        Failure::recorded(recorded).map_or_else(|| recorded.to_owned(), |failure| self.failure(&failure))
    }

    pub(in crate::console) fn place(&self, place: &str) -> String {
        fill(self.bad_place, &[place])
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
