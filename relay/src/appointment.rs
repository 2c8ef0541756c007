//! Tells attendants that a return they agreed on is due: on their open pages, and by a letter where there is mail.
//!
//! Looks when the next one comes, and when one was agreed on. Must never tell one twice, or one of a ticket on which nothing is to be done.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use store::{Appointment, Language, NewMail, StoreError, TicketOf};

use crate::{mail::new_message_id, notice::page_of, relay::Shared, telling::News};

/// Looks at least this often: a ticket may have been opened again.
const LONGEST: Duration = Duration::from_secs(60);
/// How long to wait when the records cannot be read.
const AFTER_TROUBLE: Duration = Duration::from_secs(10);

/// Watches until it is aborted.
pub(crate) async fn watch(shared: Arc<Shared>) {
    loop {
        let wait = match look(&shared, Timestamp::now()).await {
            Ok(next) => {
                let ms = next.map(|at| at.as_millisecond().saturating_sub(Timestamp::now().as_millisecond()));
                ms.map_or(LONGEST, |ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)).min(LONGEST))
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "no return is told: the records cannot be used"
                );
                AFTER_TROUBLE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = shared.appointments.notified() => {}
        }
    }
}

/// Tells what is due. When the next one comes.
async fn look(shared: &Shared, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    for due in shared.store.due_appointments(now).await? {
        if !shared.store.appointment_told(due.id, now).await? {
            continue;
        }
        tracing::info!(ticket = due.what.ticket.as_str(), "a return is due");
        if let Err(error) = write_to(shared, &due, now).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "no letter about a return that is due");
        }
        let (operator, customer) = (due.what.operator, due.customer);
        let news = News::Return { ticket: due.what.ticket, subject: due.subject, customer, note: due.what.note };
        shared.telling.tell(operator, news);
        shared.changes.bump();
    }
    shared.store.next_appointment(now).await
}

/// A letter to the attendant, where their login is an address and the company has a mail server.
async fn write_to(shared: &Shared, due: &Appointment, now: Timestamp) -> Result<(), StoreError> {
    let what = &due.what;
    if due.login.parse::<lettre::Address>().is_err() || !shared.post.is_set_up(what.tenant).await? {
        return Ok(());
    }
    let tenant = shared.store.tenant(what.tenant).await?;
    let time = what.at.to_zoned(tenant.zone()).strftime("%H:%M").to_string();
    let (ticket, who) = (what.ticket.as_str(), &due.customer);
    let address = format!("{}{}", shared.public_url, tenant.at(&page_of(&TicketOf::desk(what.ticket.clone()))));
    let (subject, says) = match tenant.language {
        Language::PtBr => (format!("Retorno: {who}"), format!("Você combinou um retorno com {who} para as {time}.")),
        Language::En => (format!("Return: {who}"), format!("You agreed on a return with {who} for {time}.")),
        Language::Es => (format!("Retorno: {who}"), format!("Usted acordó un retorno con {who} para las {time}.")),
    };
    let note = if what.note.is_empty() { String::new() } else { format!("\n{}", what.note) };
    let mail = NewMail {
        to: due.login.clone(),
        name: due.operator_name.clone(),
        subject: format!("[Ticket {ticket}] {subject}"),
        text: format!("{says}{note}\n\nTicket {ticket}: {}\n{address}", due.subject),
        message_id: new_message_id(&shared.public_url.host),
    };
    shared.store.add_mail(what.tenant, Some(&what.ticket), &mail, now).await?;
    shared.post.wake();
    Ok(())
}
