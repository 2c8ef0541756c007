//! What operators are told of long work that they began and of returns that are due: the toast on an open page, and without one the note on the next page.

use serde::Serialize;
use store::{Language, TicketOf};

use super::{
    App,
    apps::reason,
    customers::import,
    phrases::phrases,
    strings::{Texts, fill, number},
    visitor::{Act, Who},
};
use crate::{
    programs::{Failure, System},
    telling::{Ended, News, Numbered},
};

phrases! {
    programs_ready: "{}: pronto para baixar", "{}: ready to download", "{}: listo para descargar";
    programs_failed: "{}: o programa não ficou pronto", "{}: the program is not ready", "{}: el programa no está listo";
    ready_too: "Pronto: {}.", "Ready: {}.", "Listo: {}.";
    contacts_done: "Importação de contatos terminada", "Import of contacts finished", "Importación de contactos terminada";
    contacts_cancelled: "Importação de contatos cancelada", "Import of contacts cancelled", "Importación de contactos cancelada";
    contacts_failed: "A importação de contatos parou no meio", "The import of contacts stopped half-way", "La importación de contactos se detuvo a la mitad";
    contacts_put: "Criados: {}. Atualizados: {}. Recusados: {}.", "Made: {}. Updated: {}. Refused: {}.", "Creados: {}. Actualizados: {}. Rechazados: {}.";
    return_due: "Hora do retorno: {}", "Time for the return: {}", "Hora del retorno: {}";
    return_of: "Ticket {}, {}", "Ticket {}, {}", "Ticket {}, {}";
    see_ticket: "Ver o ticket", "See the ticket", "Ver el ticket";
    see_contacts: "Ver a importação", "See the import", "Ver la importación";
    see_download: "Ver em Download", "See under Download", "Ver en Descarga";
}

/// A note, as the toast and the page show it.
#[derive(Serialize)]
pub(super) struct Told {
    pub(super) id: u64,
    /// Where more of it is.
    pub(super) href: String,
    pub(super) title: String,
    pub(super) what: String,
    /// The words of the link.
    pub(super) see: &'static str,
    pub(super) failed: bool,
}

impl Told {
    fn of(Numbered { id, news }: Numbered, language: Language) -> Self {
        let w = Words::of(language);
        match news {
            News::Programs { app, name, results, .. } => {
                let (failed, what) = came_out(&results, w, language);
                Self {
                    id,
                    href: format!("/apps/{app}/download"),
                    title: fill(if failed { w.programs_failed } else { w.programs_ready }, &[&name]),
                    what,
                    see: w.see_download,
                    failed,
                }
            }
            News::Return { ticket, subject, customer, note } => {
                let about = fill(w.return_of, &[ticket.as_str(), &subject]);
                let who = if customer.is_empty() { Texts::of(language).no_name } else { &customer };
                Self {
                    id,
                    title: fill(w.return_due, &[who]),
                    what: if note.is_empty() { about } else { format!("{about}: {note}") },
                    href: crate::notice::page_of(&TicketOf::desk(ticket)),
                    see: w.see_ticket,
                    failed: false,
                }
            }
            News::Contacts { put, refused, ended } => {
                let n = |n: u32| number(language, usize::try_from(n).unwrap_or(usize::MAX));
                let title = match ended {
                    Ended::Done => w.contacts_done,
                    Ended::Cancelled => w.contacts_cancelled,
                    Ended::Failed => w.contacts_failed,
                };
                let counts = [n(put.made), n(put.changed), number(language, refused)];
                Self {
                    id,
                    href: import::PATH.to_owned(),
                    title: title.to_owned(),
                    what: fill(w.contacts_put, &counts.each_ref().map(String::as_str)),
                    see: w.see_contacts,
                    failed: ended != Ended::Done,
                }
            }
        }
    }
}

/// Whether one of these programs is not there, and what to say of them.
fn came_out(results: &[(System, Option<Failure>)], w: &'static Words, language: Language) -> (bool, String) {
    let ready: Vec<&str> =
        results.iter().filter(|(_, failed)| failed.is_none()).map(|(system, _)| system.title()).collect();
    let ready = ready.join(", ");
    let failures = results.iter().filter_map(|(system, failed)| Some((system, (*failed)?)));
    let failures: Vec<String> =
        failures.map(|(system, why)| format!("{}: {}", system.title(), reason(language, why))).collect();
    let failures = failures.join(" ");
    match (failures.is_empty(), ready.is_empty()) {
        (true, _) => (false, ready),
        (false, true) => (true, failures),
        (false, false) => (true, format!("{} {failures}", fill(w.ready_too, &[&ready]))),
    }
}

/// What whoever opens a page has not been told.
pub(super) fn on_page(app: &App, who: &Who) -> Vec<Told> {
    // What is not shown whole would take a note away unread.
    if who.whole { said(app.shared.telling.to_tell(who.operator.id), who) } else { Vec::new() }
}

/// The same for a page that is open.
pub(super) fn on_stream(app: &App, who: &Who, after: &mut u64) -> Vec<Told> {
    said(app.shared.telling.to_tell_since(who.operator.id, after), who)
}

/// What has gone out of reach meanwhile is not spoken of.
fn said(news: Vec<Numbered>, who: &Who) -> Vec<Told> {
    let within = news.into_iter().filter(|numbered| match &numbered.news {
        News::Programs { app, .. } => who.reach.edits(*app) || who.reach.sees(*app),
        News::Contacts { .. } => who.operator.may(Act::Administer),
        News::Return { .. } => who.operator.may(Act::Attend),
    });
    within.map(|numbered| Told::of(numbered, who.texts.language)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_which_programs_are_there_and_why_one_is_not() {
        let said = |results: &[(System, Option<Failure>)]| came_out(results, Words::of(Language::En), Language::En);
        let (windows, linux) = ((System::Windows, None), (System::Linux, Some(Failure::Cancelled)));
        assert_eq!(said(&[windows, (System::Linux, None)]), (false, "Windows, Linux".to_owned()));
        let why = reason(Language::En, Failure::Cancelled);
        assert_eq!(said(&[windows, linux]), (true, format!("Ready: Windows. Linux: {why}")));
        assert_eq!(said(&[linux]), (true, format!("Linux: {why}")));
    }
}
