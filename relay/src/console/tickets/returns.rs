//! Returns that are agreed on: made and taken back on a ticket's page, and listed on the attendance page of who is to be back.

use axum::{
    extract::{Form, Path, State},
    response::IntoResponse,
};
use jiff::{SignedDuration, Timestamp, civil::DateTime};
use protocol::id::{OperatorId, TicketNumber};
use serde::Deserialize;
use store::{APPOINTMENTS_PER_TICKET, Appointment, NewAppointment, StoreError, Tenant, TicketFilter};

use super::{
    super::{
        App,
        error::{AppError, Page},
        phrases::phrases,
        strings::{Texts, fill},
        visitor::{Act, Who},
        when::Clock,
    },
    Draft, author, ticket_page, to_ticket,
};

phrases! {
    returns: "Retornos", "Returns", "Retornos";
    mine: "Seus próximos retornos", "Your next returns", "Sus próximos retornos";
    schedule: "Combinar um retorno", "Agree on a return", "Acordar un retorno";
    at: "Quando", "When", "Cuándo";
    whose: "Quem volta", "Who is back", "Quién vuelve";
    what_for: "Para quê", "What for", "Para qué";
    hint: "Na hora, quem volta é avisado no console e por e-mail.", "When it is time, who is to be back is told in the console and by e-mail.", "A la hora, quien vuelve recibe un aviso en la consola y por correo.";
    cancel: "Cancelar o retorno", "Cancel the return", "Cancelar el retorno";
    bad_time: "Escolha um dia e uma hora que ainda não passaram, dentro de um ano.", "Choose a day and a time that are not over, within a year.", "Elija un día y una hora que no hayan pasado, dentro de un año.";
    bad_person: "Esta pessoa não pode voltar: escolha outra.", "This person cannot be back: choose another.", "Esta persona no puede volver: elija otra.";
    too_many: "Já há retornos demais neste ticket. Cancele um antes.", "There are too many returns on this ticket. Cancel one first.", "Ya hay demasiados retornos en este ticket. Cancele uno antes.";
    too_long: "Use 200 caracteres no máximo.", "Use 200 characters at most.", "Use 200 caracteres como máximo.";
    over: "O ticket está encerrado: reabra-o antes.", "The ticket is closed: reopen it first.", "El ticket está cerrado: reábralo antes.";
    noted: "Retorno combinado para {}, com {}.", "Return agreed on for {}, with {}.", "Retorno acordado para {}, con {}.";
    noted_cancelled: "Retorno de {} cancelado.", "The return of {} was cancelled.", "Retorno de {} cancelado.";
}

/// What a return is for, at most.
const NOTE_CHARS: usize = 200;
/// How far ahead one may be.
const AHEAD: SignedDuration = SignedDuration::from_hours(366 * 24);
/// Returns that are ahead within this time are on the attendance page.
const SHOWN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A return that is ahead, as pages show it.
pub(in crate::console) struct Ahead {
    pub(in crate::console) id: i64,
    pub(in crate::console) when: String,
    pub(in crate::console) who: String,
    pub(in crate::console) note: String,
    pub(in crate::console) ticket: String,
    pub(in crate::console) subject: String,
    pub(in crate::console) customer: String,
    /// Whoever looks may take it back.
    pub(in crate::console) cancels: bool,
}

impl Ahead {
    pub(super) fn new(of: Appointment, who: &Who, clock: &Clock) -> Self {
        Self {
            id: of.id,
            when: clock.lately(&of.what.at),
            cancels: may_cancel(who, &of),
            who: of.operator_name,
            note: of.what.note,
            ticket: of.what.ticket.as_str().to_owned(),
            subject: of.subject,
            customer: of.customer,
        }
    }
}

/// Those of whoever looks that are ahead.
pub(in crate::console) async fn own(app: &App, who: &Who, clock: &Clock) -> Result<Vec<Ahead>, AppError> {
    let until = clock.now() + SHOWN;
    let ahead = app.shared.store.appointments_of(who.operator.tenant, who.operator.id, until).await?;
    Ok(ahead.into_iter().map(|of| Ahead::new(of, who, clock)).collect())
}

/// One's own, or an administrator anybody's.
fn may_cancel(who: &Who, of: &Appointment) -> bool {
    of.what.operator == who.operator.id || who.operator.may(Act::Administer)
}

/// A new return.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::console) struct ReturnForm {
    /// As the browser's field for it writes it: `2026-11-30T14:00`, by the company's clock.
    at: String,
    who: String,
    note: String,
}

/// `POST /tickets/{number}/returns`
pub(in crate::console) async fn add(
    State(app): State<App>,
    who: Who,
    Path(number): Path<String>,
    Form(form): Form<ReturnForm>,
) -> Page {
    let ticket = TicketNumber::new(&number).map_err(|_| AppError::NotFound)?;
    match put(&app, &who, &ticket, &form).await? {
        Ok(()) => Ok(to_ticket(&ticket).into_response()),
        Err(why) => {
            let draft = Draft {
                return_at: form.at,
                return_who: form.who,
                return_note: form.note,
                return_error: Some(why),
                ..Draft::default()
            };
            ticket_page(&app, &who, &number, draft).await
        }
    }
}

/// Writes it down, with a note on the ticket; or why not.
async fn put(
    app: &App,
    who: &Who,
    ticket: &TicketNumber,
    form: &ReturnForm,
) -> Result<Result<(), &'static str>, AppError> {
    let (tenant, now, w) = (who.operator.tenant, Timestamp::now(), Words::of(who.texts.language));
    let found = app.shared.store.desk_ticket(tenant, ticket).await?;
    let company = app.shared.store.tenant(tenant).await?;
    if !TicketFilter::OPEN.contains(&found.status) {
        return Ok(Err(w.over));
    }
    let at = form.at.parse::<DateTime>().ok().and_then(|at| at.to_zoned(company.zone()).ok());
    let Some(at) = at.map(|at| at.timestamp()).filter(|at| *at > now && *at < now + AHEAD) else {
        return Ok(Err(w.bad_time));
    };
    let note: String = form.note.split_whitespace().collect::<Vec<_>>().join(" ");
    if note.chars().count() > NOTE_CHARS || note.chars().any(char::is_control) {
        return Ok(Err(w.too_long));
    }
    let operator = if form.who.is_empty() { Ok(who.operator.id) } else { form.who.parse::<OperatorId>() };
    let users = app.shared.accounts.list(tenant).await?;
    let attends = |id: &OperatorId| users.iter().find(|u| u.operator.id == *id && u.disabled_at.is_none());
    let Some(user) = operator.ok().as_ref().and_then(attends).filter(|u| u.operator.may(Act::Attend)) else {
        return Ok(Err(w.bad_person));
    };
    let operator = user.operator.id;
    let new = NewAppointment { tenant, ticket: ticket.clone(), operator, at, note: note.clone() };
    match app.shared.store.add_appointment(&new, now).await {
        Ok(()) => {}
        Err(StoreError::Conflict { .. }) => return Ok(Err(w.too_many)),
        Err(error) => return Err(error.into()),
    }
    app.shared.appointments.notify_one();
    who.audit(app, "return.scheduled", &format!("{ticket} {} {at}", user.operator.name)).await?;
    let name = &user.operator.name;
    write(app, who, &company, ticket, now, |w, clock| {
        let said = fill(w.noted, &[&clock.date_time(&at), name]);
        if note.is_empty() { said } else { format!("{said}\n{note}") }
    })
    .await?;
    Ok(Ok(()))
}

/// A note on the ticket, in the company's language and by its clock, as actions are.
async fn write(
    app: &App,
    who: &Who,
    company: &Tenant,
    ticket: &TicketNumber,
    now: Timestamp,
    said: impl FnOnce(&Words, &Clock) -> String,
) -> Result<(), AppError> {
    let clock = Clock::new(&company.time_zone, Texts::of(company.language), now);
    let (author, said) = (author(app, who).await?, said(Words::of(company.language), &clock));
    app.shared.desk.add_action(company.id, &author, ticket, &said, false, now).await?;
    Ok(())
}

/// `POST /tickets/{number}/returns/{id}/cancel`
pub(in crate::console) async fn cancel(
    State(app): State<App>,
    who: Who,
    Path((number, id)): Path<(String, i64)>,
) -> Page {
    let ticket = TicketNumber::new(&number).map_err(|_| AppError::NotFound)?;
    let (tenant, now) = (who.operator.tenant, Timestamp::now());
    let ahead = app.shared.store.appointments_on(tenant, &ticket).await?;
    let of = ahead.into_iter().find(|of| of.id == id).ok_or(AppError::NotFound)?;
    if !may_cancel(&who, &of) {
        return Err(AppError::Forbidden);
    }
    app.shared.store.cancel_appointment(tenant, &ticket, id, now).await?;
    who.audit(&app, "return.cancelled", &format!("{ticket} {}", of.operator_name)).await?;
    let company = app.shared.store.tenant(tenant).await?;
    let said = |w: &Words, clock: &Clock| fill(w.noted_cancelled, &[&clock.date_time(&of.what.at)]);
    write(&app, &who, &company, &ticket, now, said).await?;
    Ok(to_ticket(&ticket).into_response())
}

/// As many as there may be, for a page that has no more to offer.
pub(super) fn full(ahead: usize) -> bool {
    ahead >= APPOINTMENTS_PER_TICKET as usize
}
