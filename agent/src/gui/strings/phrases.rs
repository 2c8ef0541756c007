//! Texts with values in them. Each takes the language first, and all three are beside each other: none can be forgotten.

use std::time::Duration;

use super::moment::{decimal, exact, opening, rough, seconds_left};
use super::words::Terms;
use super::{Language, Language::*};
use super::{invitations, updates};
use crate::gui::view_model::{
    AttendedView, FieldError, FieldKind, Notice, ProfileTrouble, StatusKind, Trouble, WaitingCustomer,
};

pub(super) fn pick(language: Language, pt_br: String, en: String, es: String) -> String {
    match language {
        PtBr => pt_br,
        En => en,
        Es => es,
    }
}

/// The name people call somebody by: the first word of it.
pub fn first_name(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}

/// At most two letters for a person's picture; a question mark for nobody.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|w| w.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let last = words.next_back();
    let letters: String = first.into_iter().chain(last).flat_map(char::to_uppercase).collect();
    if letters.is_empty() { "?".into() } else { letters }
}

/// The label of a field.
pub fn field_label(language: Language, kind: FieldKind) -> &'static str {
    let t = Terms::of(language);
    match kind {
        FieldKind::Name => t.field_name,
        FieldKind::Email => t.field_email,
        FieldKind::Company => t.field_company,
        FieldKind::Phone => t.field_phone,
        FieldKind::Document => t.field_document,
        FieldKind::Subject => t.field_subject,
    }
}

/// Why a field was not accepted.
pub fn field_error(language: Language, error: FieldError) -> &'static str {
    let t = Terms::of(language);
    match error {
        FieldError::Missing => t.field_missing,
        FieldError::Malformed => t.field_malformed,
        FieldError::TooLong => t.field_too_long,
    }
}

/// Why the program does not begin: title, what to do, and how such a thing comes about.
pub fn profile_trouble(language: Language, trouble: ProfileTrouble) -> [&'static str; 3] {
    let t = Terms::of(language);
    match trouble {
        ProfileTrouble::Altered => [t.altered_title, t.altered_lead, t.altered_why],
        ProfileTrouble::Missing => [t.no_profile_title, t.no_profile_lead, t.no_profile_why],
        ProfileTrouble::Expired => [t.expired_title, t.expired_lead, t.expired_why],
        ProfileTrouble::Clock => [t.clock_title, t.clock_lead, t.clock_why],
        ProfileTrouble::Foreign => [t.foreign_profile_title, t.foreign_profile_lead, t.foreign_profile_why],
    }
}

/// Under the waiting title.
pub fn told_since(l: Language, company: &str, since: Duration) -> String {
    let d = exact(since);
    pick(
        l,
        format!("{company} avisada há {d}"),
        format!("{company} was told {d} ago"),
        format!("{company} fue avisada hace {d}"),
    )
}

/// A status of an attendant.
pub fn status(l: Language, status: StatusKind) -> &'static str {
    let t = Terms::of(l);
    match status {
        StatusKind::Available => t.status_available,
        StatusKind::Meal => t.status_meal,
        StatusKind::Rest => t.status_rest,
        StatusKind::Meeting => t.status_meeting,
        StatusKind::Training => t.status_training,
        StatusKind::OtherWork => t.status_other_work,
        StatusKind::Offline => t.status_offline,
    }
}

/// Under the name of a customer who is offered.
pub fn offered(l: Language, customer: &WaitingCustomer) -> String {
    let waited = exact(customer.waiting);
    let waits =
        pick(l, format!("aguarda há {waited}"), format!("waiting for {waited}"), format!("espera hace {waited}"));
    let about = about(l, customer.ticket.as_deref(), customer.subject.as_deref());
    let known = [customer.company.clone().unwrap_or_default(), about];
    known.into_iter().filter(|text| !text.is_empty()).chain([waits]).collect::<Vec<_>>().join(" · ")
}

/// What a waiting customer's row is about: the ticket that a link has invited them to, and the subject.
pub fn about(l: Language, ticket: Option<&str>, subject: Option<&str>) -> String {
    let ticket = ticket.map(|number| format!("{} {number}", Terms::of(l).ticket));
    ticket.into_iter().chain(subject.map(str::to_owned)).collect::<Vec<_>>().join(" · ")
}

/// Under an offer's bar.
pub fn next_is_asked_in(l: Language, left: Duration) -> String {
    let s = seconds_left(left);
    pick(
        l,
        format!("Sem resposta, vai ao próximo atendente em {s} s"),
        format!("Without an answer, the next attendant is asked in {s} s"),
        format!("Sin respuesta, pasa al siguiente agente en {s} s"),
    )
}

/// Why nobody attends; empty when somebody does.
pub fn shut(l: Language, attended: &AttendedView) -> String {
    match attended {
        AttendedView::Open => String::new(),
        AttendedView::Nobody => Terms::of(l).nobody_available.into(),
        AttendedView::Ended => Terms::of(l).service_ended.into(),
        AttendedView::Closed { holiday: None, .. } => Terms::of(l).out_of_hours.into(),
        AttendedView::Closed { holiday: Some(name), .. } => pick(
            l,
            format!("Hoje não atendemos: {name}"),
            format!("Closed today: {name}"),
            format!("Hoy no atendemos: {name}"),
        ),
    }
}

/// What that means for who waits.
pub fn shut_line(l: Language, attended: &AttendedView) -> String {
    match attended {
        AttendedView::Open => String::new(),
        AttendedView::Nobody => Terms::of(l).nobody_available_line.into(),
        AttendedView::Ended => Terms::of(l).service_ended_line.into(),
        AttendedView::Closed { opens_unix_s: None, .. } => Terms::of(l).closed_line.into(),
        AttendedView::Closed { opens_unix_s: Some(at), .. } => {
            let when = opening(l, *at);
            pick(
                l,
                format!("Voltamos a atender {when}. Deixe um pedido e a empresa procura você."),
                format!("We are back {when}. Leave a request and the company will contact you."),
                format!("Volvemos a atender {when}. Deje una solicitud y la empresa le contactará."),
            )
        }
    }
}

/// A request is left: what it is known by.
pub fn request_left(l: Language, protocol: &str, ticket: Option<&str>) -> String {
    let ticket = ticket.map(|number| format!(" · {} {number}", Terms::of(l).ticket)).unwrap_or_default();
    pick(
        l,
        format!("Protocolo {protocol}{ticket}. Você já pode fechar esta janela."),
        format!("Protocol number {protocol}{ticket}. You can close this window now."),
        format!("Protocolo {protocol}{ticket}. Ya puede cerrar esta ventana."),
    )
}

/// The consent's title.
pub fn wants_access(l: Language, attendant: &str) -> String {
    pick(
        l,
        format!("{attendant} quer acessar este computador"),
        format!("{attendant} wants to access this computer"),
        format!("{attendant} quiere acceder a este equipo"),
    )
}

/// The consent's warning for somebody new; two asterisks make words stronger.
pub fn first_time(l: Language, attendant: &str) -> String {
    let name = first_name(attendant);
    pick(
        l,
        format!(
            "**Primeira vez que {name} acessa este computador**\n\nFoi você quem procurou este suporte? Se alguém ligou dizendo ser do banco, da operadora ou da polícia, **não permita**."
        ),
        format!(
            "**First time {name} accesses this computer**\n\nWas it you who asked for this support? If someone called claiming to be from the bank, the phone company or the police, **don't allow it**."
        ),
        format!(
            "**Primera vez que {name} accede a este equipo**\n\n¿Fue usted quien buscó este soporte? Si alguien llamó diciendo ser del banco, de la operadora o de la policía, **no lo permita**."
        ),
    )
}

/// The Allow button while it is not armed.
pub fn allow_in(l: Language, left: Duration) -> String {
    let s = seconds_left(left);
    pick(l, format!("Permitir em {s} s"), format!("Allow in {s} s"), format!("Permitir en {s} s"))
}

/// Under the consent's bar.
pub fn refused_in(l: Language, left: Duration) -> String {
    let s = seconds_left(left);
    pick(
        l,
        format!("Sem resposta, a conexão é recusada em {s} s"),
        format!("Without an answer, the connection is refused in {s} s"),
        format!("Sin respuesta, la conexión se rechaza en {s} s"),
    )
}

/// Under the receipt's title.
pub fn no_longer_has_access(l: Language, attendant: &str) -> String {
    let name = first_name(attendant);
    pick(
        l,
        format!("{name} não tem mais acesso. A senha foi trocada."),
        format!("{name} no longer has access. The password was changed."),
        format!("{name} ya no tiene acceso. La contraseña se cambió."),
    )
}

/// Where a receipt was written.
pub fn saved_at(l: Language, place: &str) -> String {
    pick(l, format!("Salvo em {place}"), format!("Saved at {place}"), format!("Guardado en {place}"))
}

/// Under the title while there is no contact.
pub fn retry_in(l: Language, left: Duration) -> String {
    let d = rough(l, Duration::from_secs(seconds_left(left)));
    pick(
        l,
        format!("Não é nada que você precise consertar. Tentamos de novo em {d}."),
        format!("Nothing you need to fix. Trying again in {d}."),
        format!("No es nada que usted deba arreglar. Probamos de nuevo en {d}."),
    )
}

/// Beside a check that has been failing for a while.
pub fn since(l: Language, what: &str, since: Duration) -> String {
    let d = rough(l, since);
    pick(l, format!("{what} há {d}"), format!("{what} for {d}"), format!("{what} hace {d}"))
}

/// Beside the telephone while there is no contact.
pub fn call_if_urgent(l: Language, phone: &str) -> String {
    pick(
        l,
        format!("Se for urgente, ligue {phone}"),
        format!("If it's urgent, call {phone}"),
        format!("Si es urgente, llame al {phone}"),
    )
}

/// At the foot of the login.
pub fn registered_for(l: Language, days: u32) -> String {
    let d = super::moment::days(l, days.into());
    pick(
        l,
        format!("Este computador será registrado em seu nome por {d}.\nDepois é só entrar de novo."),
        format!("This computer will be registered in your name for {d}.\nAfter that, just log in again."),
        format!("Este equipo quedará registrado a su nombre por {d}.\nDespués solo hay que entrar de nuevo."),
    )
}

/// Beside the waiting list when it is old.
pub fn no_contact_for(l: Language, since: Duration) -> String {
    let d = rough(l, since);
    pick(l, format!("Sem contato há {d}"), format!("No contact for {d}"), format!("Sin contacto hace {d}"))
}

/// Under a partner's name: company and how long the partner has been waiting.
pub fn company_and_wait(l: Language, company: Option<&str>, waiting: Option<Duration>) -> String {
    let waits = waiting.map(|w| {
        let d = rough(l, w);
        pick(l, format!("aguardando há {d}"), format!("waiting for {d}"), format!("esperando hace {d}"))
    });
    [company.map(str::to_owned), waits].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Above the other open tickets.
pub fn open_tickets_of(l: Language, name: Option<&str>, others: bool) -> String {
    let Some(name) = name.map(first_name) else {
        return pick(
            l,
            if others { "Outros tickets abertos" } else { "Tickets abertos" }.into(),
            if others { "Other open tickets" } else { "Open tickets" }.into(),
            if others { "Otros tickets abiertos" } else { "Tickets abiertos" }.into(),
        );
    };
    pick(
        l,
        format!("{} de {name}", if others { "Outros tickets abertos" } else { "Tickets abertos" }),
        format!("{name}'s {}", if others { "other open tickets" } else { "open tickets" }),
        format!("{} de {name}", if others { "Otros tickets abiertos" } else { "Tickets abiertos" }),
    )
}

/// The dialog before a new ticket; two asterisks make words stronger.
pub fn new_ticket(l: Language, customer: Option<&str>) -> String {
    match customer {
        Some(name) => pick(
            l,
            format!(
                "Toda conexão fica registrada em um ticket. Um novo será aberto em nome de **{name}**, com você como responsável."
            ),
            format!(
                "Every connection is recorded on a ticket. A new one will be opened in the name of **{name}**, with you as its owner."
            ),
            format!(
                "Toda conexión queda registrada en un ticket. Se abrirá uno nuevo a nombre de **{name}**, con usted como responsable."
            ),
        ),
        None => pick(
            l,
            "Toda conexão fica registrada em um ticket. Um novo será aberto, com você como responsável.".into(),
            "Every connection is recorded on a ticket. A new one will be opened, with you as its owner.".into(),
            "Toda conexión queda registrada en un ticket. Se abrirá uno nuevo, con usted como responsable.".into(),
        ),
    }
}

/// A ticket that cannot be looked up now but can be used.
pub fn ticket_unseen(l: Language, number: &str) -> String {
    pick(l, format!("Ticket {number}"), format!("Ticket {number}"), format!("Ticket {number}"))
}

/// While the customer is being asked.
pub fn waiting_for(l: Language, name: Option<&str>) -> String {
    match name.map(first_name) {
        Some(name) => pick(
            l,
            format!("Aguardando {name} permitir"),
            format!("Waiting for {name} to allow it"),
            format!("Esperando que {name} lo permita"),
        ),
        None => pick(
            l,
            "Aguardando o cliente permitir".into(),
            "Waiting for the customer to allow it".into(),
            "Esperando que el cliente lo permita".into(),
        ),
    }
}

/// What the customer reads in the question.
pub fn question_shows(l: Language, ticket: Option<&str>) -> String {
    match ticket {
        Some(n) => pick(
            l,
            format!("O pedido mostra o seu nome, a empresa e o ticket {n}."),
            format!("The question shows your name, the company and ticket {n}."),
            format!("La pregunta muestra su nombre, la empresa y el ticket {n}."),
        ),
        None => pick(
            l,
            "O pedido mostra o seu nome, a empresa e que um ticket será aberto.".into(),
            "The question shows your name, the company and that a ticket will be opened.".into(),
            "La pregunta muestra su nombre, la empresa y que se abrirá un ticket.".into(),
        ),
    }
}

/// Under a countdown.
pub fn expires_in(l: Language, left: Duration) -> String {
    let s = seconds_left(left);
    pick(l, format!("Expira em {s} s"), format!("Expires in {s} s"), format!("Vence en {s} s"))
}

/// In the bar while contact is lost.
pub fn bar_lost(l: Language, left: Duration) -> String {
    let s = seconds_left(left);
    pick(
        l,
        format!("sem contato, encerra em {s} s"),
        format!("no contact, ends in {s} s"),
        format!("sin contacto, finaliza en {s} s"),
    )
}

/// In the viewer while contact is lost: how old the picture is.
pub fn picture_is_from(l: Language, time: &str) -> String {
    pick(
        l,
        format!("A imagem é de {time}. O que você digitar agora não será enviado."),
        format!("The picture is from {time}. What you type now will not be sent."),
        format!("La imagen es de las {time}. Lo que escriba ahora no se enviará."),
    )
}

/// In the viewer while contact is lost: what comes next.
pub fn ends_unless_back(l: Language, left: Duration) -> String {
    let s = seconds_left(left);
    pick(
        l,
        format!(
            "A outra ponta parou de responder. Se não voltar em {s} s, a sessão termina e o ticket registra o motivo."
        ),
        format!(
            "The other end stopped answering. If it isn't back in {s} s, the session ends and the ticket records why."
        ),
        format!(
            "El otro extremo dejó de responder. Si no vuelve en {s} s, la sesión termina y el ticket registra el motivo."
        ),
    )
}

/// The viewer window's title.
pub fn screen_of(l: Language, name: &str) -> String {
    pick(l, format!("Tela de {name}"), format!("{name}'s screen"), format!("Pantalla de {name}"))
}

/// Where the packets go.
pub fn path(l: Language, relay: &str, transport: &str) -> String {
    pick(
        l,
        format!("Servidor {relay}, {transport}"),
        format!("Server {relay}, {transport}"),
        format!("Servidor {relay}, {transport}"),
    )
}

/// Pictures a second.
pub fn frames(l: Language, per_second: f32) -> String {
    let n = per_second.round();
    pick(l, format!("{n} por segundo"), format!("{n} per second"), format!("{n} por segundo"))
}

/// There and back, and how much it varies.
pub fn round_trip(l: Language, round_trip: Duration, jitter: Option<Duration>) -> String {
    let t = round_trip.as_millis();
    match jitter.map(|j| j.as_millis()) {
        Some(j) => pick(
            l,
            format!("{t} ms, oscila {j} ms"),
            format!("{t} ms, varies {j} ms"),
            format!("{t} ms, oscila {j} ms"),
        ),
        None => format!("{t} ms"),
    }
}

/// What arrives.
pub fn data_rate(l: Language, bits_per_second: u64) -> String {
    if bits_per_second >= 1_000_000 {
        format!("{} Mbit/s", decimal(l, bits_per_second as f64 / 1e6))
    } else {
        format!("{} kbit/s", bits_per_second / 1000)
    }
}

/// The program's version.
pub fn version(l: Language, version: &str) -> String {
    pick(l, format!("Versão {version}"), format!("Version {version}"), format!("Versión {version}"))
}

/// What went wrong, for the person in front.
pub fn trouble(l: Language, trouble: &Trouble) -> String {
    let t = Terms::of(l);
    match trouble {
        Trouble::LoginRejected => t.login_rejected.into(),
        Trouble::CodeRejected => t.code_rejected.into(),
        Trouble::FactorMissing => t.factor_missing.into(),
        Trouble::LoginNotAllowed => t.login_not_allowed.into(),
        Trouble::LoginExpired => t.login_expired.into(),
        Trouble::ServerAway => t.server_away.into(),
        Trouble::PartnerIdIncomplete => t.partner_id_incomplete.into(),
        Trouble::CredentialsUnreadable => t.credentials_unreadable.into(),
        Trouble::NotEnabled => t.not_enabled.into(),
        Trouble::CredentialsExpired => t.credentials_expired.into(),
        Trouble::CannotEnter => t.cannot_enter.into(),
        Trouble::PartnerBusy => t.partner_busy.into(),
        Trouble::Refused => t.refused.into(),
        Trouble::PartnerGone => t.partner_gone.into(),
        Trouble::NotProtected => t.not_protected.into(),
        Trouble::VersionTooOld => t.version_too_old.into(),
        Trouble::TicketingDown => t.ticketing_down.into(),
        Trouble::ConnectionLost => t.connection_lost.into(),
        Trouble::CannotRecord => t.cannot_record.into(),
        Trouble::WatchNotAllowed => t.watch_not_allowed.into(),
        Trouble::WatchProgramOld => t.watch_program_old.into(),
        Trouble::WatchTaken => t.watch_taken.into(),
        Trouble::WatchOver => t.watch_over.into(),
        Trouble::WatchNoTicket => t.watch_no_ticket.into(),
        Trouble::NobodyToPull => t.nobody_to_pull.into(),
        Trouble::OfferedElsewhere => t.offered_elsewhere.into(),
        Trouble::NotAvailable => t.not_available.into(),
        Trouble::NotNow => t.not_now.into(),
        Trouble::TooManyAttempts => t.too_many_attempts.into(),
        Trouble::LoginThrottled { wait } => {
            let d = rough(l, *wait);
            pick(
                l,
                format!("Tentativas demais. Espere {d} e tente de novo."),
                format!("Too many tries. Wait {d} and try again."),
                format!("Demasiados intentos. Espere {d} e intente de nuevo."),
            )
        }
        Trouble::RequestNotTaken => t.request_not_taken.into(),
        Trouble::TooManyRequests { wait } => {
            let d = rough(l, *wait);
            pick(
                l,
                format!("Já há pedidos demais deste endereço. Espere {d} e envie de novo."),
                format!("There are too many requests from this address. Wait {d} and send it again."),
                format!("Ya hay demasiadas solicitudes desde esta dirección. Espere {d} y envíe de nuevo."),
            )
        }
        Trouble::NoAnswer { after } => {
            let s = after.as_secs();
            pick(
                l,
                format!("Ninguém respondeu em {s} segundos. Nada foi compartilhado."),
                format!("Nobody answered in {s} seconds. Nothing was shared."),
                format!("Nadie respondió en {s} segundos. No se compartió nada."),
            )
        }
        Trouble::TicketNotFound { number } => pick(
            l,
            format!("Não há ticket {number}. Confira o número ou abra um novo."),
            format!("There's no ticket {number}. Check the number or open a new one."),
            format!("No hay ticket {number}. Verifique el número o abra uno nuevo."),
        ),
        Trouble::LinkOfAnother { server, here } => invitations::link_of_another(l, server, here),
        Trouble::ReceiptNotSaved(why) => pick(
            l,
            format!("O recibo não pôde ser salvo: {why}"),
            format!("The receipt could not be saved: {why}"),
            format!("El recibo no se pudo guardar: {why}"),
        ),
        Trouble::ReportNotSaved(why) => pick(
            l,
            format!("O relatório não pôde ser salvo: {why}"),
            format!("The report could not be saved: {why}"),
            format!("El informe no se pudo guardar: {why}"),
        ),
        Trouble::Other(text) => text.clone(),
    }
}

/// The administrator has to enable this attendant; the present access still works for so long, or there is none.
pub fn enabling(l: Language, works_for: Option<Duration>) -> String {
    match works_for {
        None => Terms::of(l).enabling.into(),
        Some(left) => {
            let d = rough(l, left);
            pick(
                l,
                format!("Seu acesso vale por mais {d}. Para renová-lo, o administrador confere este código:"),
                format!("Your access is good for {d} more. To renew it, the administrator compares this code:"),
                format!("Su acceso vale por {d} más. Para renovarlo, el administrador compara este código:"),
            )
        }
    }
}

/// A line that needs no answer.
pub fn notice(l: Language, notice: &Notice) -> String {
    match notice {
        Notice::WrongPassword { tries, limit } => pick(
            l,
            format!("Alguém errou a senha ({tries} de {limit}). Com {limit} erros ela é trocada."),
            format!("Someone got the password wrong ({tries} of {limit}). After {limit} it is changed."),
            format!("Alguien erró la contraseña ({tries} de {limit}). Con {limit} errores se cambia."),
        ),
        Notice::PasswordRenewed => Terms::of(l).password_renewed.into(),
        Notice::ReceiptSaved(place) => saved_at(l, place),
        Notice::Updating(coming) => updates::coming(l, coming),
        Notice::NotUpdated(trouble) => updates::refused(l, *trouble).into(),
        Notice::Invitation(news) => invitations::told(l, news),
        Notice::Trouble(t) => trouble(l, t),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_without_letters_still_has_a_picture() {
        assert_eq!(initials("Ana Ribeiro"), "AR");
        assert_eq!(initials("Ana Maria de Souza"), "AS");
        assert_eq!(initials("érica"), "É");
        assert_eq!(initials(" — "), "?");
        assert_eq!(initials(""), "?");
    }
}
