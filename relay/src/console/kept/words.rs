//! The words of the pages about kept forms, and what fields and places are called for people.

use super::super::{company, phrases::phrases, strings::Texts, tokens, webhooks};

phrases! {
    log_in_first: "Sua sessão terminou antes do envio. O que você escreveu está guardado: entre de novo e isso aparece para ser enviado.", "Your login ended before this was sent. What you wrote is kept: log in again to see it and send it.", "Su sesión terminó antes del envío. Lo que escribió está guardado: entre de nuevo y aparece para enviarlo.";
    confirm_first: "Nada foi feito ainda. O que você escreveu está guardado: confirme que é você e isso aparece para ser enviado.", "Nothing has been done yet. What you wrote is kept: confirm that it's you to see it and send it.", "Todavía no se hizo nada. Lo que escribió está guardado: confirme que es usted y aparece para enviarlo.";
    proved: "Tudo certo. Nada foi enviado ainda: confira e envie.", "All right. Nothing has been sent yet: look it over and send it.", "Todo bien. Todavía no se envió nada: revise y envíe.";
    title: "O que você escreveu está aqui", "What you wrote is here", "Lo que escribió está aquí";
    login_ended: "Sua sessão tinha terminado quando você enviou. Nada foi enviado ainda: confira e envie.", "Your session was over when you sent this. Nothing has been sent yet: look it over and send it.", "Su sesión había terminado cuando lo envió. Todavía no se envió nada: revise y envíe.";
    earlier_login: "Esta página era de um login anterior. Nada foi enviado ainda: confira e envie.", "This page belongs to an earlier login. Nothing has been sent yet: check it and send it.", "Esta página era de un inicio de sesión anterior. Todavía no se envió nada: revise y envíe.";
    for_place: "Para", "For", "Para";
    text: "Texto", "Text", "Texto";
    others: "Outros campos enviados junto", "Other fields sent along", "Otros campos que se envían junto";
    again: "Digite de novo", "Type again", "Escriba de nuevo";
    again_hint: "Senhas, códigos e segredos não são guardados. Campo: {}", "Passwords, codes and secrets are not kept. Field: {}", "Las contraseñas, los códigos y los secretos no se guardan. Campo: {}";
    send: "Enviar agora", "Send now", "Enviar ahora";
    discard: "Descartar", "Discard", "Descartar";
    recovery_used: "Você entrou com um código de recuperação, que não vale mais. Veja em Minha conta quantos restam.", "You logged in with a recovery code, which is used up now. See under My account how many are left.", "Entró con un código de recuperación, que ya no sirve. Vea en Mi cuenta cuántos quedan.";
    lost_title: "O que estava guardado não foi recuperado", "What was kept was not restored", "Lo que estaba guardado no se recuperó";
    damaged: "O que estava guardado chegou alterado ou incompleto e foi descartado. Nada foi enviado.", "What was kept came back changed or incomplete and was discarded. Nothing was sent.", "Lo que estaba guardado llegó alterado o incompleto y se descartó. No se envió nada.";
    too_old: "O que estava guardado passou de 1 hora e foi descartado. Nada foi enviado.", "What was kept is older than 1 hour and was discarded. Nothing was sent.", "Lo que estaba guardado tiene más de 1 hora y se descartó. No se envió nada.";
    another_user: "O que estava guardado era de outro usuário e foi descartado. Nada foi enviado.", "What was kept was another user's and was discarded. Nothing was sent.", "Lo que estaba guardado era de otro usuario y se descartó. No se envió nada.";
    go_on: "Continuar", "Continue", "Continuar";
    note: "Observação", "Note", "Nota";
    why: "Motivo", "Reason", "Motivo";
    address: "Endereço", "Address", "Dirección";
    tag: "Etiqueta", "Tag", "Etiqueta";
    title_field: "Título", "Title", "Título";
}

/// What a field is called for people; `None`: it is a choice, or no person knows its name.
pub(super) fn label(t: &'static Texts, w: &'static Words, name: &str) -> Option<&'static str> {
    Some(match name {
        "subject" => t.subject,
        "text" => w.text,
        "name" => t.name,
        "login" => t.login_name,
        "email" => t.email,
        "phone" => t.phone,
        "company" => t.company,
        "document" => t.document,
        "customer" => t.customer,
        "note" => w.note,
        "why" => w.why,
        "address" => w.address,
        "time_zone" => company::Words::of(t.language).time_zone,
        "tag" => w.tag,
        "title" => w.title_field,
        _ => return None,
    })
}

/// The part of the console that a path belongs to, as its menu calls it.
pub(super) fn place(t: &'static Texts, path: &str) -> &'static str {
    match path.split('/').nth(1).unwrap_or_default() {
        "tickets" | "t" => t.tickets,
        "customers" => t.contacts,
        "apps" => t.apps,
        "users" => t.users,
        "outbox" => t.unsent,
        "connections" => t.connections,
        "company" => t.company,
        "mail" => t.mail,
        "answers" => t.canned_answers,
        "webhooks" => webhooks::Words::of(t.language).webhooks,
        "tokens" => tokens::Words::of(t.language).tokens,
        _ => t.attendance,
    }
}
