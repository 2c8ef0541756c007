//! The words of the pages about connections, in each language. The texts of kinds and fields are with their adapters.

use store::Language;
use tickets::{
    Cause, Refusal, ReportError,
    event::template::TemplateError,
    kind::Problem,
    probe::{Result, Step},
};

use super::Tried;
use crate::console::strings::fill;

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
    lead: "Onde as sessões são registradas. Cada aplicativo usa um sistema; sem escolha, os tickets deste servidor.", "Where sessions are recorded. Each app uses one system; without a choice, this server's own tickets.", "Donde se registran las sesiones. Cada aplicación usa un sistema; sin elegir, los tickets de este servidor.";
    desk: "Tickets deste servidor", "This server's tickets", "Tickets de este servidor";
    none_yet: "Nenhum sistema conectado. As sessões ficam nos tickets deste servidor.", "No system is connected. Sessions are kept in this server's tickets.", "Ningún sistema conectado. Las sesiones quedan en los tickets de este servidor.";
    connected: "Sistemas conectados", "Connected systems", "Sistemas conectados";
    connect: "Conectar um sistema", "Connect a system", "Conectar un sistema";
    lacks: "Um ticket foi aberto sem alguns campos", "A ticket was opened without some fields", "Se abrió un ticket sin algunos campos";
    used_by: "Usado por", "Used by", "Usado por";
    nobody: "ninguém ainda", "nobody yet", "nadie todavía";
    per_app: "Sistema de cada aplicativo", "Each app's system", "Sistema de cada aplicación";
    per_app_hint: "Vale para as sessões novas; as que já começaram continuam onde estão.", "Counts for new sessions; those that have begun stay where they are.", "Vale para las sesiones nuevas; las que ya empezaron siguen donde están.";
    use_it: "Usar", "Use", "Usar";
    name: "Nome", "Name", "Nombre";
    name_hint: "Como a sua equipe chama este sistema.", "What your team calls this system.", "Cómo llama su equipo a este sistema.";
    save: "Salvar", "Save", "Guardar";
    saved: "Salvo. Teste a conexão antes de usar.", "Saved. Test the connection before using it.", "Guardado. Pruebe la conexión antes de usarla.";
    in_use: "Ainda em uso: um aplicativo usa este sistema, ou há ações por enviar a ele.", "Still in use: an app uses this system, or actions are still to be sent to it.", "Aún en uso: una aplicación usa este sistema, o hay acciones por enviarle.";
    kept: "Guardado. Deixe vazio para não mudar.", "Kept. Leave it empty to keep it.", "Guardado. Déjelo vacío para no cambiarlo.";
    remove: "Remover", "Remove", "Quitar";
    remove_ask: "Remover a conexão {}? As chaves dela são apagadas.", "Remove the connection {}? Its keys are erased.", "¿Quitar la conexión {}? Sus claves se borran.";
    rare: "Rede e certificados", "Network and certificates", "Red y certificados";
    fields: "Campos dos tickets", "Ticket fields", "Campos de los tickets";
    fields_lead: "O que mais vai para os tickets abertos lá: documento do cliente, fila, prioridade, campos da empresa.", "What else goes into tickets opened there: the customer's tax number, a queue, a priority, the company's own fields.", "Qué más va en los tickets abiertos allí: documento del cliente, cola, prioridad, campos de la empresa.";
    people: "Atendentes", "Attendants", "Agentes";
    people_lead: "Em nome de quem as ações são escritas lá.", "In whose name actions are written there.", "A nombre de quién se escriben las acciones allí.";
    test: "Testar", "Test", "Probar";
    test_lead: "Diz o que funciona com o que está salvo.", "Shows what works with the saved settings.", "Dice qué funciona con lo guardado.";
    test_ticket: "Número de um ticket que existe", "Number of a ticket that exists", "Número de un ticket que existe";
    test_write: "Abrir também um ticket de teste com uma ação", "Also open a test ticket with an action", "Abrir también un ticket de prueba con una acción";
    test_subject: "Teste do Amparo, pode fechar", "Amparo test, can be closed", "Prueba de Amparo, se puede cerrar";
    step_log_in: "Responde e aceita a chave", "Answers and takes the key", "Responde y acepta la clave";
    step_rights: "Direitos da chave", "The key's rights", "Derechos de la clave";
    step_read: "Ler um ticket", "Read a ticket", "Leer un ticket";
    step_create: "Abrir um ticket", "Open a ticket", "Abrir un ticket";
    step_fields: "Campos dos tickets", "Ticket fields", "Campos de los tickets";
    left_out: "O sistema abriu o ticket sem: {}. Confira se esses campos existem lá e se a conta pode preenchê-los.", "The system opened the ticket without: {}. Check that these fields exist there and that the account may fill them.", "El sistema abrió el ticket sin: {}. Revise que esos campos existan allí y que la cuenta pueda rellenarlos.";
    step_append: "Registrar uma ação", "Record an action", "Registrar una acción";
    step_find: "Encontrar a ação de novo", "Find the action again", "Encontrar la acción de nuevo";
    works: "Funciona", "Works", "Funciona";
    fitting: "Só o necessário", "No more than needed", "Solo lo necesario";
    too_wide: "A chave administra o sistema inteiro. Use a de um usuário comum.", "The key administers the whole system. Use that of an ordinary user.", "La clave administra todo el sistema. Use la de un usuario común.";
    not_told: "O sistema não diz. Confira lá se a conta não é de administrador.", "The system does not tell. Check there that the account is no administrator's.", "El sistema no lo dice. Revise allí que la cuenta no sea de administrador.";
    later: "Só se vê depois de alguns minutos, ou quem recebe não responde a perguntas", "Seen after some minutes only, or the receiver cannot be asked", "Solo se ve después de unos minutos, o quien recibe no responde preguntas";
    bad_credential: "A chave não foi aceita", "The key was not accepted", "La clave no fue aceptada";
    bad_rights: "Falta direito para isso", "The right to do this is missing", "Falta el derecho para esto";
    no_ticket: "Não existe, ou a chave não vê", "Does not exist, or the key cannot see it", "No existe, o la clave no lo ve";
    refuses: "Não aceita", "Refuses", "No acepta";
    waits: "Pediu para esperar: muitas chamadas", "Asked to wait: too many calls", "Pidió esperar: demasiadas llamadas";
    no_connection: "Não há conexão com este endereço", "No connection to this address", "No hay conexión con esta dirección";
    no_tls: "Não há conexão segura", "No safe connection", "No hay conexión segura";
    breaks: "A conexão caiu ou não houve resposta a tempo", "The connection broke, or no answer came in time", "La conexión se cortó o no hubo respuesta a tiempo";
    strange: "A resposta não é deste sistema", "The answer is not this system's", "La respuesta no es de este sistema";
    untried_read: "Não testado. Digite abaixo o número de um ticket.", "Not tried. Enter a ticket's number below.", "Sin probar. Escriba abajo el número de un ticket.";
    untried_write: "Não testado. Marque abaixo para abrir um ticket de teste.", "Not tried. Tick the box below to open a test ticket.", "Sin probar. Marque abajo para abrir un ticket de prueba.";
    do_credential: "Copie a chave de novo, no lugar que o formulário indica, e salve; ela pode ter vencido ou sido trocada por outra.", "Copy the key again, from where the form says, and save; it may have expired or been replaced.", "Copie la clave de nuevo, de donde indica el formulario, y guarde; puede haber vencido o haber sido reemplazada.";
    do_rights_in: "Dê à conta o direito de usar a API e de ver os tickets; o texto no topo do formulário diz quais.", "Give the account the right to use the API and to see tickets; the text at the top of the form says which.", "Dé a la cuenta el derecho de usar la API y de ver los tickets; el texto al inicio del formulario dice cuáles.";
    do_rights_create: "Dê à conta o direito de abrir tickets onde o formulário diz (fila, projeto, grupo).", "Give the account the right to open tickets where the form says (queue, project, group).", "Dé a la cuenta el derecho de abrir tickets donde dice el formulario (cola, proyecto, grupo).";
    do_rights_append: "Dê à conta o direito de comentar tickets, também os de outras pessoas.", "Give the account the right to comment on tickets, other people's too.", "Dé a la cuenta el derecho de comentar tickets, también los de otras personas.";
    do_rights_find: "Dê à conta o direito de ver as próprias notas internas; sem isso, uma repetição poderia ser registrada duas vezes.", "Give the account the right to see its own internal notes; without it a repeat could be recorded twice.", "Dé a la cuenta el derecho de ver sus propias notas internas; sin eso, una repetición podría registrarse dos veces.";
    do_ticket: "Confira o número; se o ticket existe, dê à conta o direito de vê-lo.", "Check the number; if the ticket exists, give the account the right to see it.", "Revise el número; si el ticket existe, dé a la cuenta el derecho de verlo.";
    do_address: "Confira o endereço: ele responde, mas não tem a API deste sistema.", "Check the address: it answers, but this system's API is not there.", "Revise la dirección: responde, pero no tiene la API de este sistema.";
    do_create: "Em geral falta lá um campo obrigatório, ou o que o formulário nomeia não existe: preencha em Campos dos tickets ou corrija o formulário.", "Usually a mandatory field is missing there, or what the form names does not exist: fill it under Ticket fields, or correct the form.", "Por lo general falta allí un campo obligatorio, o lo que nombra el formulario no existe: complételo en Campos de los tickets o corrija el formulario.";
    do_connection: "Confira o endereço e a porta, e se este servidor chega até lá (firewall, proxy em Rede e certificados).", "Check the address and the port, and whether this server gets there (firewall, a proxy under Network and certificates).", "Revise la dirección y el puerto, y si este servidor llega hasta allí (firewall, proxy en Red y certificados).";
    do_tls: "Se o certificado é da própria empresa, cole a autoridade dela em Rede e certificados; senão, ele venceu ou é de outro nome.", "If the certificate is your company's own, paste its authority under Network and certificates; otherwise it has expired or is another name's.", "Si el certificado es de la propia empresa, pegue su autoridad en Red y certificados; si no, venció o es de otro nombre.";
    do_wait: "Espere um minuto e teste de novo.", "Wait a minute and test again.", "Espere un minuto y pruebe de nuevo.";
    do_again: "Teste de novo; se repetir, veja se o sistema está no ar.", "Test again; if it happens again, see whether the system is up.", "Pruebe de nuevo; si se repite, vea si el sistema está en línea.";
    do_proxy: "Confira o proxy e o nome e a senha dele em Rede e certificados.", "Check the proxy and its name and password under Network and certificates.", "Revise el proxy y su nombre y contraseña en Red y certificados.";
    missing: "Preencha este campo.", "Fill this in.", "Complete este campo.";
    too_long: "Texto longo demais.", "Too long.", "Texto demasiado largo.";
    not_address: "Escreva um endereço como https://exemplo.com.", "Enter an address like https://example.com.", "Escriba una dirección como https://ejemplo.com.";
    not_encrypted: "Use https, ou aceite abaixo sem criptografia.", "Use https, or accept it without encryption below.", "Use https, o acéptelo abajo sin cifrado.";
    not_in_range: "Um número entre {} e {}.", "A number between {} and {}.", "Un número entre {} y {}.";
    not_choice: "Escolha uma das opções.", "Choose one of the options.", "Elija una de las opciones.";
    not_line: "Só uma linha, sem caracteres de controle.", "One line, without control characters.", "Solo una línea, sin caracteres de control.";
    not_certificates: "Cole certificados em PEM, de BEGIN até END.", "Paste certificates in PEM, from BEGIN to END.", "Pegue certificados en PEM, de BEGIN a END.";
    not_proxy: "Escreva o endereço do proxy como http://proxy.exemplo.com:3128, sem nome e senha.", "Enter the proxy's address like http://proxy.example.com:3128, without a name and password.", "Escriba la dirección del proxy como http://proxy.ejemplo.com:3128, sin nombre ni contraseña.";
    not_login: "Escreva nome e senha com dois-pontos entre eles.", "Enter the name and password with a colon between them.", "Escriba nombre y contraseña con dos puntos entre ellos.";
    no_proxy: "O proxy não deixou passar", "The proxy lets nothing through", "El proxy no dejó pasar";
    not_key: "Cole uma chave privada RSA em PEM, de 2048 bits ou mais e sem senha, de BEGIN até END.", "Paste an RSA private key in PEM, of 2048 bits or more and without a password, from BEGIN to END.", "Pegue una clave privada RSA en PEM, de 2048 bits o más y sin contraseña, de BEGIN a END.";
    not_form: "Não está escrito como este sistema escreve.", "Not written as this system writes it.", "No está escrito como lo escribe este sistema.";
    texts: "O que as ações dizem", "What actions say", "Qué dicen las acciones";
    text_of_start: "No início da sessão", "At the start of a session", "Al inicio de la sesión";
    text_of_end: "No fim da sessão", "At the end of a session", "Al final de la sesión";
    text_of_wrap_up: "Conclusão informada depois do fim", "Wrap-up told after the end", "Cierre informado después del final";
    text_of_missed: "Pedido que ninguém atendeu", "Request that nobody took", "Pedido que nadie atendió";
    places: "Campos:", "Fields:", "Campos:";
    unknown_place: "Não há campo {} aqui.", "There is no field {} here.", "No hay campo {} aquí.";
    open_brace: "Uma chave não fecha na linha {}.", "A brace is not closed in line {}.", "Una llave no se cierra en la línea {}.";
}

/// The words in this language.
pub(super) fn of(language: Language) -> &'static Words {
    match language {
        Language::PtBr => &PT_BR,
        Language::En => &EN,
        Language::Es => &ES,
    }
}

impl Words {
    pub(super) fn problem(&self, problem: Problem) -> String {
        match problem {
            Problem::Missing => self.missing.to_owned(),
            Problem::TooLong => self.too_long.to_owned(),
            Problem::NotAnAddress => self.not_address.to_owned(),
            Problem::NotEncrypted => self.not_encrypted.to_owned(),
            Problem::NotInRange(least, most) => fill(self.not_in_range, &[&least.to_string(), &most.to_string()]),
            Problem::NotAChoice => self.not_choice.to_owned(),
            Problem::NotALine => self.not_line.to_owned(),
            Problem::NotCertificates => self.not_certificates.to_owned(),
            Problem::NotAProxy => self.not_proxy.to_owned(),
            Problem::NotALogin => self.not_login.to_owned(),
            Problem::NotAKey => self.not_key.to_owned(),
            Problem::NotItsForm => self.not_form.to_owned(),
        }
    }

    pub(super) fn template(&self, error: &TemplateError) -> String {
        match error {
            TemplateError::Empty => self.missing.to_owned(),
            TemplateError::TooLong => self.too_long.to_owned(),
            TemplateError::Unknown(name) => fill(self.unknown_place, &[&format!("{{{name}}}")]),
            TemplateError::Open(line) => fill(self.open_brace, &[&line.to_string()]),
        }
    }

    pub(super) fn tried(&self, step: Step, result: &Result) -> Tried {
        let (state, words) = match result {
            Result::Works(_) if step == Step::Rights => ("ok", self.fitting.to_owned()),
            Result::Works(found) if found.is_empty() => ("ok", self.works.to_owned()),
            Result::Works(found) => ("ok", format!("{}: {found}", self.works)),
            Result::TooWide => ("warn", self.too_wide.to_owned()),
            Result::NotTold => ("off", self.not_told.to_owned()),
            Result::Later => ("off", self.later.to_owned()),
            Result::LeftOut(fields) => ("warn", fill(self.left_out, &[&fields.join(", ")])),
            Result::Fails(error) => ("bad", format!("{}. {}", self.error(error), self.what_to_do(step, error))),
        };
        Tried { what: self.step(step), state, words }
    }

    fn step(&self, step: Step) -> &'static str {
        match step {
            Step::LogIn => self.step_log_in,
            Step::Rights => self.step_rights,
            Step::Read => self.step_read,
            Step::Create => self.step_create,
            Step::Fields => self.step_fields,
            Step::Append => self.step_append,
            Step::Find => self.step_find,
        }
    }

    /// What was not tried, and how it is.
    pub(super) fn untried(&self, step: Step) -> Tried {
        let words = if step == Step::Read { self.untried_read } else { self.untried_write };
        Tried { what: self.step(step), state: "off", words: words.to_owned() }
    }

    /// What a person can do about it.
    fn what_to_do(&self, step: Step, error: &ReportError) -> &'static str {
        match error {
            ReportError::Rejected { refusal, why } => match (refusal, step) {
                (Refusal::Credential, _) => self.do_credential,
                (Refusal::NoTicket, _) => self.do_ticket,
                (Refusal::Rights, Step::Create | Step::Fields) => self.do_rights_create,
                (Refusal::Rights, Step::Append) => self.do_rights_append,
                (Refusal::Rights, _) => self.do_rights_in,
                (_, Step::Find) => self.do_rights_find,
                (_, Step::LogIn | Step::Rights | Step::Read) if why.starts_with("404") || why.starts_with('3') => {
                    self.do_address
                }
                (_, Step::LogIn | Step::Rights | Step::Read) => self.do_rights_in,
                _ => self.do_create,
            },
            ReportError::RateLimited { .. } | ReportError::NotVisibleYet { .. } => self.do_wait,
            ReportError::Unreachable(cause) => match cause {
                Cause::Refused => self.do_connection,
                Cause::Proxy(_) => self.do_proxy,
                Cause::Tls(_) => self.do_tls,
                Cause::Garbage(_) => self.do_address,
                Cause::Failed(_) | Cause::Reset | Cause::TimedOut(_) | Cause::Records(_) => self.do_again,
            },
        }
    }

    fn error(&self, error: &ReportError) -> String {
        let (words, detail) = match error {
            ReportError::Rejected { refusal, why } => {
                let words = match refusal {
                    Refusal::Credential => self.bad_credential,
                    Refusal::Rights => self.bad_rights,
                    Refusal::NoTicket => return self.no_ticket.to_owned(),
                    Refusal::Field | Refusal::Request | Refusal::Closed => self.refuses,
                };
                (words, why.clone())
            }
            ReportError::RateLimited { .. } | ReportError::NotVisibleYet { .. } => (self.waits, String::new()),
            ReportError::Unreachable(cause) => match cause {
                Cause::Refused => (self.no_connection, String::new()),
                Cause::Proxy(why) => (self.no_proxy, why.clone()),
                Cause::Tls(why) => (self.no_tls, why.clone()),
                Cause::Garbage(_) => (self.strange, String::new()),
                Cause::Failed(status) => (self.breaks, status.to_string()),
                Cause::Reset | Cause::TimedOut(_) | Cause::Records(_) => (self.breaks, String::new()),
            },
        };
        if detail.is_empty() { words.to_owned() } else { format!("{words} ({detail})") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_there_and_takes_the_same_values_in_each_language() {
        for (name, words) in TABLE {
            let places: Vec<usize> = words.iter().map(|t| t.matches("{}").count()).collect();
            assert!(words.iter().all(|t| !t.trim().is_empty()), "{name}");
            assert!(places.iter().all(|p| *p == places[0]), "{name}: {places:?}");
        }
    }
}
