//! Answers by mail: what is offered, what is sent, and where each letter stands.

use axum::extract::{Path, State};
use jiff::Timestamp;
use protocol::id::TicketNumber;
use store::{DeskTicket, Language, Mail, MailState, NewMail};
use tickets::desk::Author;

use super::{
    super::{
        App, customers,
        error::{AppError, Page},
        mail::words_of,
        shell::Shell,
        strings::fill,
        visitor::Who,
    },
    ActionForm, to_ticket,
};
use crate::mail::{Values, new_message_id, standing_text};

/// An answer can be sent by mail.
pub(super) struct Offer {
    /// Says to whom.
    pub(super) words: String,
    /// Tag, name, whether it is the company's own.
    pub(super) languages: Vec<(&'static str, &'static str, bool)>,
}

/// What is offered on a ticket: nothing without a server or an address.
pub(super) async fn offer(app: &App, s: &Shell, ticket: &DeskTicket) -> Result<Option<Offer>, AppError> {
    let to = &ticket.requester.details.email;
    if !customers::looks_like_email(to) || !app.shared.post.is_set_up(s.tenant.id).await? {
        return Ok(None);
    }
    let languages = [(Language::PtBr, "Português"), (Language::En, "English"), (Language::Es, "Español")]
        .map(|(language, name)| (language.tag(), name, language == s.tenant.language));
    Ok(Some(Offer { words: fill(words_of(s.t.language).by_mail, &[to]), languages: languages.into() }))
}

/// A letter at its action.
pub(super) struct Sending {
    pub(super) class: &'static str,
    pub(super) icon: &'static str,
    pub(super) words: String,
    /// Why it is not sent; empty: it is, or it was not tried yet.
    pub(super) why: String,
    /// It can be tried now.
    pub(super) retry: Option<i64>,
    pub(super) retry_word: &'static str,
}

impl Sending {
    pub(super) fn new(mail: &Mail, s: &Shell) -> Self {
        let w = words_of(s.t.language);
        let (class, icon, words) = match mail.state {
            MailState::Sent => ("ok", "mail", fill(w.sent, &[&mail.what.to])),
            MailState::Pending => ("warn", "clock", w.waits.to_owned()),
            MailState::Parked => ("bad", "octagon-alert", w.parked.to_owned()),
        };
        let mut why = if mail.why.is_empty() { String::new() } else { w.why(&mail.why) };
        if mail.state == MailState::Pending && !why.is_empty() {
            why = format!("{why}; {}", fill(w.tries_again, &[&s.clock.lately(&mail.due_at)]));
        }
        let waits = mail.state == MailState::Parked || (mail.state == MailState::Pending && mail.attempts > 0);
        Self { class, icon, words, why, retry: waits.then_some(mail.id), retry_word: w.retry }
    }
}

/// Writes an answer on a ticket together with the letter that tells it to the requester.
pub(super) async fn answer(app: &App, who: &Who, author: &Author, number: &TicketNumber, form: ActionForm) -> Page {
    let tenant = app.shared.store.tenant(who.operator.tenant).await?;
    let ticket = app.shared.store.desk_ticket(tenant.id, number).await?;
    let requester = &ticket.requester.details;
    if !customers::looks_like_email(&requester.email) {
        return Err(AppError::BadRequest);
    }
    let language = match form.mail_language.as_deref() {
        None => tenant.language,
        Some(tag) => Language::from_tag(tag).ok_or(AppError::BadRequest)?,
    };
    let says = app.shared.store.mail_text(tenant.id, language).await?.unwrap_or_else(|| standing_text(language));
    let text = form.text.trim().replace("\r\n", "\n");
    let values = Values {
        customer: &requester.name,
        attendant: &who.operator.name,
        ticket: number.as_str(),
        subject: &ticket.subject,
        text: &text,
        company: &tenant.name,
    };
    let mail = NewMail {
        to: requester.email.clone(),
        name: requester.name.clone(),
        subject: values.fill(&says.subject),
        text: values.fill(&says.text),
        message_id: new_message_id(&app.shared.public_url.host),
    };
    who.audit(app, "answer.mailed", &format!("{number} {}", mail.to)).await?;
    app.shared.desk.answer_by_mail(tenant.id, author, number, &text, &mail, Timestamp::now()).await?;
    app.shared.post.wake();
    Ok(to_ticket(number))
}

/// `POST /tickets/{number}/mails/{id}/retry`
pub(crate) async fn retry(State(app): State<App>, who: Who, Path((number, id)): Path<(String, i64)>) -> Page {
    let number = TicketNumber::new(&number).map_err(|_| AppError::NotFound)?;
    let mails = app.shared.store.ticket_mails(who.operator.tenant, &number).await?;
    if !mails.iter().any(|mail| mail.id == id && mail.state != MailState::Sent) {
        return Err(AppError::NotFound);
    }
    who.audit(&app, "mail.retried", number.as_str()).await?;
    app.shared.store.retry_mail(who.operator.tenant, &number, id, Timestamp::now()).await?;
    app.shared.post.wake();
    Ok(to_ticket(&number))
}
