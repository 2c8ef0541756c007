//! What the customer keeps of a session: who, when, how long, what was allowed, under which numbers.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use protocol::{
    id::{ProtocolNumber, SessionId, TicketNumber},
    message::{
        ShownText,
        grant::Grants,
        pairing::{CloseReason, RecordMark},
    },
};

use crate::gui::strings::Language;

/// The facts of a session that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Which session.
    pub session: SessionId,
    /// The company's name.
    pub company: String,
    /// As certified.
    pub attendant: ShownText,
    /// Milliseconds since 1970 UTC.
    pub started_unix_ms: u64,
    /// Milliseconds since 1970 UTC.
    pub ended_unix_ms: u64,
    /// By a clock that nobody sets.
    pub duration: Duration,
    /// Allowed at any time in it.
    pub allowed: Grants,
    /// The attendant's mouse and keyboard had administrator's rights at any time in it.
    pub administrator: bool,
    /// How it ended.
    pub why: CloseReason,
    /// The session's number.
    pub protocol: ProtocolNumber,
    /// The ticket's, once known.
    pub ticket: Option<TicketNumber>,
    /// Where the relay's audit log stood, once it has the end on record.
    pub record: Option<RecordMark>,
    /// The session that the attendant watched in this one; `None`: they helped.
    pub watches: Option<ProtocolNumber>,
}

impl Receipt {
    /// A file name that no two sessions of one company share.
    pub fn file_name(&self) -> String {
        let safe: String = self.protocol.as_str().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        format!("amparo-{safe}.txt")
    }

    /// The receipt as a text to keep, times in the computer's own zone.
    pub fn text(&self, language: Language) -> String {
        let pick = |pt: &'static str, en: &'static str, es: &'static str| match language {
            Language::PtBr => pt,
            Language::En => en,
            Language::Es => es,
        };
        let time = |unix_ms: u64| {
            let stamp = i64::try_from(unix_ms)
                .ok()
                .and_then(|ms| Timestamp::from_millisecond(ms).ok())
                .unwrap_or(Timestamp::UNIX_EPOCH);
            let pattern = pick("%d/%m/%Y %H:%M:%S %:z", "%Y-%m-%d %H:%M:%S %:z", "%d/%m/%Y %H:%M:%S %:z");
            stamp.to_zoned(TimeZone::system()).strftime(pattern).to_string()
        };
        let seconds = self.duration.as_secs();
        let duration = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
        let allowed = match (self.allowed.view, self.allowed.control) {
            (_, true) => pick(
                "ver a tela, usar mouse e teclado",
                "see the screen, use mouse and keyboard",
                "ver la pantalla, usar ratón y teclado",
            ),
            (true, false) => pick("ver a tela", "see the screen", "ver la pantalla"),
            (false, false) => pick("nada", "nothing", "nada"),
        };
        let ended = match self.why {
            CloseReason::EndedByCustomer | CloseReason::Refused => {
                pick("você encerrou", "you ended it", "usted la terminó")
            }
            CloseReason::WatchedOver => {
                pick("a sessão acompanhada terminou", "the watched session was over", "la sesión observada terminó")
            }
            CloseReason::EndedByAttendant | CloseReason::Cancelled => {
                pick("o atendente encerrou", "the attendant ended it", "el agente la terminó")
            }
            CloseReason::ConnectionLost | CloseReason::ProgramGone | CloseReason::NoAnswer => {
                pick("a conexão se perdeu", "the connection was lost", "se perdió la conexión")
            }
            CloseReason::WrongPassword | CloseReason::Violation | CloseReason::Failed => {
                pick("algo falhou", "something failed", "algo falló")
            }
        };
        let none = pick("ainda sem número", "no number yet", "aún sin número");
        let mut rows = vec![
            (pick("Empresa", "Company", "Empresa"), self.company.clone()),
            (pick("Atendente", "Attendant", "Agente"), self.attendant.as_str().to_owned()),
            (pick("Protocolo", "Protocol", "Protocolo"), self.protocol.to_string()),
            (
                pick("Ticket", "Ticket", "Ticket"),
                self.ticket.as_ref().map_or_else(|| none.to_owned(), ToString::to_string),
            ),
            (pick("Início", "Started", "Inicio"), time(self.started_unix_ms)),
            (pick("Fim", "Ended", "Fin"), time(self.ended_unix_ms)),
            (pick("Duração", "Duration", "Duración"), duration),
            (pick("Permitido", "Allowed", "Permitido"), allowed.to_owned()),
            (pick("Encerramento", "How it ended", "Cierre"), ended.to_owned()),
        ];
        if self.administrator {
            let name = pick("Direitos de administrador", "Administrator's rights", "Derechos de administrador");
            let used = pick("estiveram em uso", "they were in use", "estuvieron en uso");
            rows.push((name, used.to_owned()));
        }
        if let Some(watched) = &self.watches {
            let name = pick("Só acompanhou a sessão", "Only watched session", "Solo observó la sesión");
            rows.push((name, watched.to_string()));
        }
        if let Some(record) = &self.record {
            let name = pick("Registro de auditoria", "Audit record", "Registro de auditoría");
            rows.push((name, record.to_string()));
        }
        let title = pick("Recibo do acesso remoto", "Receipt of the remote session", "Recibo del acceso remoto");
        rows.iter().fold(format!("{title}\n\n"), |text, (name, value)| text + name + ": " + value + "\n")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn receipt() -> Receipt {
        Receipt {
            session: SessionId::from_bytes([1; 16]),
            company: String::new(),
            attendant: ShownText::lossy("Ana"),
            started_unix_ms: 0,
            ended_unix_ms: 0,
            duration: Duration::ZERO,
            allowed: Grants::VIEW,
            administrator: false,
            why: CloseReason::EndedByCustomer,
            protocol: ProtocolNumber::new("../../x/2026").unwrap(),
            ticket: None,
            record: None,
            watches: None,
        }
    }

    #[test]
    fn a_protocol_number_cannot_lead_a_receipt_out_of_its_folder() {
        assert_eq!(receipt().file_name(), "amparo-x2026.txt");
    }

    #[test]
    fn administrators_rights_are_on_the_receipt_where_they_were_in_use_and_nowhere_else() {
        for (language, line) in [
            (Language::PtBr, "Direitos de administrador: estiveram em uso\n"),
            (Language::En, "Administrator's rights: they were in use\n"),
            (Language::Es, "Derechos de administrador: estuvieron en uso\n"),
        ] {
            let used = Receipt { administrator: true, ..receipt() }.text(language);
            assert_eq!(used.matches(line).count(), 1, "{used}");
            assert_eq!(used.replace(line, ""), receipt().text(language));
        }
    }
}
