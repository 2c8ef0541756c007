//! Every word that goes onto a ticket, in pt-BR, en and es. A missing language does not compile.

use jiff::{Timestamp, tz::TimeZone};
use protocol::{
    id::DeviceId,
    message::{
        grant::{Change, Grants},
        pairing::CloseReason,
        ticket::TicketStatus,
    },
};
use store::{EventKind, Language, MissedWhy};

/// Every language that tickets are written in.
const LANGUAGES: [Language; 3] = [Language::PtBr, Language::En, Language::Es];
/// Every status that a change can be about.
const STATUSES: [TicketStatus; 5] =
    [TicketStatus::New, TicketStatus::Open, TicketStatus::Waiting, TicketStatus::Resolved, TicketStatus::Closed];

/// The words of one thing in every language: pt-BR, en, es.
fn pick(language: Language, words: [&'static str; 3]) -> &'static str {
    let [pt_br, en, es] = words;
    match language {
        Language::PtBr => pt_br,
        Language::En => en,
        Language::Es => es,
    }
}

/// What stands before a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// Protocol number.
    Protocol,
    /// Who helped.
    Attendant,
    /// Who was helped.
    Customer,
    /// How the customer is reached.
    Contact,
    /// When it began.
    Start,
    /// When it was over.
    End,
    /// How long it took.
    Duration,
    /// How long somebody waited in vain.
    Waited,
    /// Why nobody took a request.
    Missed,
    /// What the customer wanted to say.
    Message,
    /// What the customer allowed.
    Allowed,
    /// From when to when it had administrator's rights.
    Administrator,
    /// Why it was over.
    Reason,
    /// Which way the connection went.
    Path,
    /// Times the connection came back.
    Reconnects,
    /// How long there and back took.
    RoundTrip,
    /// What the attendant put it into.
    Category,
    /// Whether the customer was helped.
    Outcome,
    /// What the attendant noted.
    Note,
    /// Where the audit log stood at the end.
    Audit,
}

/// The word before a fact.
pub fn label(language: Language, label: Label) -> &'static str {
    pick(
        language,
        match label {
            Label::Protocol => ["Protocolo", "Protocol number", "Protocolo"],
            Label::Attendant => ["Atendente", "Attendant", "Agente"],
            Label::Customer => ["Cliente", "Customer", "Cliente"],
            Label::Contact => ["Contato", "Contact", "Contacto"],
            Label::Waited => ["Espera", "Waited", "Espera"],
            Label::Missed => ["Motivo", "Reason", "Motivo"],
            Label::Message => ["Mensagem", "Message", "Mensaje"],
            Label::Start => ["Início", "Start", "Inicio"],
            Label::End => ["Fim", "End", "Fin"],
            Label::Duration => ["Duração", "Duration", "Duración"],
            Label::Allowed => ["Permitido", "Allowed", "Permitido"],
            Label::Administrator => {
                ["Direitos de administrador", "Administrator's rights", "Derechos de administrador"]
            }
            Label::Reason => ["Motivo do fim", "Reason for the end", "Motivo del fin"],
            Label::Path => ["Caminho", "Path", "Camino"],
            Label::RoundTrip => ["Tempo de ida e volta", "Round trip", "Tiempo de ida y vuelta"],
            Label::Reconnects => ["Reconexões", "Reconnections", "Reconexiones"],
            Label::Category => ["Classificação", "Category", "Clasificación"],
            Label::Outcome => ["Resultado", "Outcome", "Resultado"],
            Label::Note => ["Observação", "Note", "Observación"],
            Label::Audit => ["Registro de auditoria", "Audit record", "Registro de auditoría"],
        },
    )
}

/// An action's first line.
pub fn title(language: Language, kind: EventKind) -> &'static str {
    pick(
        language,
        match kind {
            EventKind::Start => ["Acesso remoto iniciado", "Remote access started", "Acceso remoto iniciado"],
            EventKind::End => ["Acesso remoto encerrado", "Remote access ended", "Acceso remoto finalizado"],
            EventKind::Missed => ["Solicitação não atendida", "Missed request", "Solicitud no atendida"],
            EventKind::WrapUp => {
                ["Conclusão do acesso remoto", "Wrap-up of the remote access", "Conclusión del acceso remoto"]
            }
        },
    )
}

/// The first line of an action about a watch.
pub fn watch_title(language: Language, kind: EventKind) -> &'static str {
    pick(
        language,
        match kind {
            EventKind::Start => {
                ["Acompanhamento da tela iniciado", "Screen watched: started", "Observación de la pantalla iniciada"]
            }
            _ => ["Acompanhamento da tela encerrado", "Screen watched: ended", "Observación de la pantalla finalizada"],
        },
    )
}

/// Which session somebody watched.
pub fn watched(language: Language, attendant: &str, protocol: &str) -> String {
    match language {
        Language::PtBr => format!("{attendant} acompanhou a sessão {protocol}, somente vendo a tela."),
        Language::En => format!("{attendant} watched session {protocol}, seeing the screen only."),
        Language::Es => format!("{attendant} observó la sesión {protocol}, solo viendo la pantalla."),
    }
}

/// The subject of a ticket for a request that nobody took.
pub fn missed_subject(language: Language, about: &str) -> String {
    format!("{}: {about}", pick(language, ["Não atendida", "Missed", "No atendida"]))
}

/// Why nobody took a request.
pub fn missed(language: Language, why: MissedWhy) -> &'static str {
    pick(
        language,
        match why {
            MissedWhy::OutOfHours => ["fora do horário", "out of hours", "fuera de horario"],
            MissedWhy::Holiday => ["feriado", "holiday", "día festivo"],
            MissedWhy::NobodyAvailable => ["ninguém disponível", "nobody available", "nadie disponible"],
            MissedWhy::GaveUp => {
                ["o cliente desistiu de esperar", "the customer gave up waiting", "el cliente dejó de esperar"]
            }
        },
    )
}

/// The subject of a ticket for a session nobody gave words to.
pub fn standing_subject(language: Language, protocol: &str) -> String {
    format!("{} {protocol}", pick(language, ["Acesso remoto", "Remote access", "Acceso remoto"]))
}

/// A customer who told no name.
pub fn unnamed(language: Language, device: DeviceId) -> String {
    format!("{} (ID {device})", pick(language, ["sem nome", "no name", "sin nombre"]))
}

/// What a customer allowed.
pub fn allowed(language: Language, granted: Grants) -> &'static str {
    pick(
        language,
        match (granted.view, granted.control) {
            (true, true) => ["tela, mouse e teclado", "screen, mouse and keyboard", "pantalla, ratón y teclado"],
            (true, false) => ["somente ver a tela", "view the screen only", "solo ver la pantalla"],
            (false, true) => ["mouse e teclado", "mouse and keyboard", "ratón y teclado"],
            (false, false) => ["nada", "nothing", "nada"],
        },
    )
}

/// Changes that are told one by one; of more the first ones and the last.
const CHANGES_SAID: usize = 6;

/// As many of them as are told.
fn few(mut all: Vec<String>) -> Vec<String> {
    if all.len() > CHANGES_SAID {
        let last = all.pop();
        all.truncate(CHANGES_SAID - 1);
        all.push("…".to_owned());
        all.extend(last);
    }
    all
}

/// The time of a day.
fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// What a customer allowed at the beginning of a session, and what from when on after that.
pub fn allowed_then(language: Language, granted: Grants, changes: &[Change], zone: &TimeZone) -> String {
    let from = pick(language, ["desde", "from", "desde"]);
    let then = |change: &Change| {
        let at = i64::try_from(change.at_unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let at = clock(at.unwrap_or(Timestamp::UNIX_EPOCH), zone);
        format!("{from} {at} {}", allowed(language, change.granted))
    };
    let mut said = vec![allowed(language, granted).to_owned()];
    said.extend(few(changes.iter().map(then).collect()));
    said.join("; ")
}

/// From when to when something was so.
pub fn from_to(language: Language, times: &[(Timestamp, Timestamp)], zone: &TimeZone) -> String {
    let said = |(from, to): &(Timestamp, Timestamp)| {
        let (from, to) = (clock(*from, zone), clock(*to, zone));
        match language {
            Language::PtBr => format!("das {from} às {to}"),
            Language::En => format!("from {from} to {to}"),
            Language::Es => format!("de las {from} a las {to}"),
        }
    };
    few(times.iter().map(said).collect()).join("; ")
}

/// What a made-up session was about: subject, category, the attendant's note, the customer's message.
pub(super) fn sample(language: Language) -> [&'static str; 4] {
    match language {
        Language::PtBr => ["Erro ao emitir nota", "Nota fiscal", "Certificado renovado.", "Liguem amanhã, por favor."],
        Language::En => ["Cannot issue an invoice", "Invoices", "Certificate renewed.", "Please call tomorrow."],
        Language::Es => ["Error al emitir factura", "Facturas", "Certificado renovado.", "Llamen mañana, por favor."],
    }
}

/// Which way everything between the two programs went: there is one.
pub fn path(language: Language) -> &'static str {
    pick(
        language,
        [
            "pelo servidor, cifrado de ponta a ponta",
            "through the server, encrypted end to end",
            "por el servidor, cifrado de extremo a extremo",
        ],
    )
}

/// The console's page about a session.
pub fn session_page(language: Language) -> &'static str {
    pick(language, ["Sessão no console", "Session in the console", "Sesión en la consola"])
}

/// Whether a category means that the customer was helped.
pub fn outcome(language: Language, solved: bool) -> &'static str {
    pick(
        language,
        if solved { ["resolvido", "solved", "resuelto"] } else { ["não resolvido", "not solved", "no resuelto"] },
    )
}

/// Why a session is over.
pub fn close_reason(language: Language, why: CloseReason) -> &'static str {
    pick(
        language,
        match why {
            CloseReason::EndedByCustomer => {
                ["encerrado pelo cliente", "ended by the customer", "finalizado por el cliente"]
            }
            CloseReason::EndedByAttendant => {
                ["encerrado pelo atendente", "ended by the attendant", "finalizado por el agente"]
            }
            CloseReason::Refused => ["recusado pelo cliente", "refused by the customer", "rechazado por el cliente"],
            CloseReason::NoAnswer => {
                ["sem resposta do cliente", "no answer from the customer", "sin respuesta del cliente"]
            }
            CloseReason::WrongPassword => ["senha incorreta", "wrong password", "contraseña incorrecta"],
            CloseReason::Cancelled => {
                ["cancelado pelo atendente", "cancelled by the attendant", "cancelado por el agente"]
            }
            CloseReason::WatchedOver => {
                ["a sessão acompanhada terminou", "the watched session is over", "la sesión observada terminó"]
            }
            CloseReason::ProgramGone => ["programa fechado", "program closed", "programa cerrado"],
            CloseReason::ConnectionLost => ["conexão perdida", "connection lost", "conexión perdida"],
            CloseReason::Violation => ["encerrado por segurança", "ended for security", "finalizado por seguridad"],
            CloseReason::Failed => ["falha do programa", "program failure", "fallo del programa"],
        },
    )
}

/// Says that a ticket was asked for that is closed, and takes no more.
pub fn asked_for_closed(language: Language, number: &str) -> String {
    match language {
        Language::PtBr => format!("O ticket {number} está fechado e não aceita mais ações; este o continua."),
        Language::En => format!("Ticket {number} is closed and takes no more actions; this one continues it."),
        Language::Es => format!("El ticket {number} está cerrado y no acepta más acciones; este lo continúa."),
    }
}

/// Says that another ticket was asked for.
pub fn asked_for(language: Language, number: &str) -> String {
    match language {
        Language::PtBr => format!("Foi pedido o ticket {number}, que não existe; este foi aberto no lugar dele."),
        Language::En => format!("Ticket {number} was asked for and does not exist; this one was opened instead."),
        Language::Es => format!("Se pidió el ticket {number}, que no existe; se abrió este en su lugar."),
    }
}

/// Where a ticket stands.
pub fn status(language: Language, status: TicketStatus) -> &'static str {
    pick(
        language,
        match status {
            TicketStatus::New => ["novo", "new", "nuevo"],
            TicketStatus::Open => ["aberto", "open", "abierto"],
            TicketStatus::Waiting => ["em espera", "waiting", "en espera"],
            TicketStatus::Resolved => ["resolvido", "resolved", "resuelto"],
            TicketStatus::Closed => ["fechado", "closed", "cerrado"],
        },
    )
}

/// What stands before the old status and between it and the new one.
fn around_statuses(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::PtBr => ("Situação alterada de ", " para "),
        Language::En => ("Status changed from ", " to "),
        Language::Es => ("Estado cambiado de ", " a "),
    }
}

/// Says that a ticket's status was changed.
pub fn status_changed(language: Language, from: TicketStatus, to: TicketStatus) -> String {
    let (before, between) = around_statuses(language);
    format!("{before}{}{between}{}", status(language, from), status(language, to))
}

/// What stands before the name of who is responsible now.
fn before_owner(language: Language) -> &'static str {
    pick(language, ["Responsável: ", "Owner: ", "Responsable: "])
}

/// Nobody is responsible any more.
fn owner_removed(language: Language) -> &'static str {
    pick(language, ["Sem responsável", "Owner removed", "Sin responsable"])
}

/// Says who is responsible now; an empty name: nobody.
pub fn owner_changed(language: Language, name: &str) -> String {
    if name.is_empty() { owner_removed(language).to_owned() } else { format!("{}{name}", before_owner(language)) }
}

/// The status that this word means in this language.
fn status_of(language: Language, word: &str) -> Option<TicketStatus> {
    // What tickets written by earlier versions say.
    if (language, word) == (Language::PtBr, "aguardando") {
        return Some(TicketStatus::Waiting);
    }
    STATUSES.into_iter().find(|known| status(language, *known) == word)
}

/// A change as it was kept, in its author's language, said in this one; `None`: it tells of no change we know.
pub fn change_in(language: Language, kept: &str) -> Option<String> {
    LANGUAGES.into_iter().find_map(|said| {
        let (before, between) = around_statuses(said);
        if let Some((from, to)) = kept.strip_prefix(before).and_then(|rest| rest.split_once(between)) {
            return Some(status_changed(language, status_of(said, from)?, status_of(said, to)?));
        }
        if kept == owner_removed(said) {
            return Some(owner_changed(language, ""));
        }
        let name = kept.strip_prefix(before_owner(said)).filter(|name| !name.is_empty())?;
        Some(owner_changed(language, name))
    })
}

/// A time as people of the tenant read it, with its offset from UTC: nothing is left to guess.
pub fn time(language: Language, at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    let format = match language {
        Language::PtBr | Language::Es => "%d/%m/%Y %H:%M:%S (UTC%:z)",
        Language::En => "%Y-%m-%d %H:%M:%S (UTC%:z)",
    };
    local.strftime(format).to_string()
}

/// `1 h 02 min 05 s`, `26 min 08 s`, `8 s`: the same in all three languages.
pub fn duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes} min {seconds:02} s"),
        _ => format!("{hours} h {minutes:02} min {seconds:02} s"),
    }
}
