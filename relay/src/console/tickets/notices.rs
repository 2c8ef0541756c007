//! Asking to be told when a ticket's requester has the program open, and taking that back.

use axum::extract::{Path, State};
use jiff::{SignedDuration, Timestamp};
use protocol::id::TicketNumber;
use store::{Notice, TicketFilter, TicketOf, TicketSeen};

use super::{
    super::{
        App, desk_words,
        error::{AppError, Page},
        shell::Shell,
        strings::fill,
        visitor::{Act, Who},
    },
    to_ticket,
};

/// How long somebody waits to be told.
pub(in crate::console) const WAITS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Somebody who waits to be told, as the ticket shows it.
pub(in crate::console) struct Waiting {
    pub(in crate::console) id: i64,
    pub(in crate::console) words: String,
    /// Whoever looks may take it back.
    pub(in crate::console) cancels: bool,
    /// It is whoever looks.
    pub(in crate::console) own: bool,
}

impl Waiting {
    pub(in crate::console) fn new(notice: &Notice, who: &Who, s: &Shell) -> Self {
        let until = s.clock.date(&notice.expires_at);
        let words = fill(desk_words::of(s.t.language).told_until, &[&notice.operator_name, &until]);
        Self { id: notice.id, words, cancels: may_cancel(who, notice), own: is_own(who, notice) }
    }
}

/// It is whoever asks.
pub(in crate::console) fn is_own(who: &Who, notice: &Notice) -> bool {
    notice.operator == who.operator.id
}

/// One's own, or an administrator anybody's.
pub(in crate::console) fn may_cancel(who: &Who, notice: &Notice) -> bool {
    is_own(who, notice) || who.operator.may(Act::Administer)
}

/// Why somebody is not told.
pub(in crate::console) enum NotAsked {
    /// The ticket is resolved or closed.
    Closed,
    Failed(AppError),
}

impl<E: Into<AppError>> From<E> for NotAsked {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// `POST /tickets/{number}/notices`
pub(crate) async fn ask(State(app): State<App>, who: Who, Path(number): Path<String>) -> Page {
    let number = TicketNumber::new(&number).map_err(|_| AppError::NotFound)?;
    match ask_on(&app, &who, &number).await {
        Ok(_) => Ok(to_ticket(&number)),
        Err(NotAsked::Closed) => Err(AppError::BadRequest),
        Err(NotAsked::Failed(error)) => Err(error),
    }
}

/// Asks on a ticket of the desk. The notice; `None`: it was told already.
pub(in crate::console) async fn ask_on(
    app: &App,
    who: &Who,
    number: &TicketNumber,
) -> Result<Option<Notice>, NotAsked> {
    let (tenant, now) = (who.operator.tenant, Timestamp::now());
    let ticket = app.shared.store.desk_ticket(tenant, number).await?;
    if !TicketFilter::OPEN.contains(&ticket.status) {
        return Err(NotAsked::Closed);
    }
    who.audit(app, "notice.asked", number.as_str()).await?;
    let of = TicketOf::desk(number.clone());
    app.shared.store.add_notice(tenant, &of, &TicketSeen::default(), who.operator.id, now, now + WAITS).await?;
    let open = app.shared.store.open_notices(Some((tenant, &of)), now).await?;
    // The requester may have come while the page was read.
    app.shared.changes.bump();
    Ok(open.into_iter().find(|notice| is_own(who, notice)))
}

/// `POST /tickets/{number}/notices/{id}/cancel`
pub(crate) async fn cancel(State(app): State<App>, who: Who, Path((number, id)): Path<(String, i64)>) -> Page {
    let number = TicketNumber::new(&number).map_err(|_| AppError::NotFound)?;
    cancel_on(&app, &who, &TicketOf::desk(number.clone()), id).await?;
    Ok(to_ticket(&number))
}

/// Takes a notice on this ticket back: one's own, or an administrator anybody's.
pub(in crate::console) async fn cancel_on(app: &App, who: &Who, ticket: &TicketOf, id: i64) -> Result<(), AppError> {
    let (tenant, now) = (who.operator.tenant, Timestamp::now());
    let open = app.shared.store.open_notices(Some((tenant, ticket)), now).await?;
    let notice = open.into_iter().find(|notice| notice.id == id).ok_or(AppError::NotFound)?;
    if !may_cancel(who, &notice) {
        return Err(AppError::Forbidden);
    }
    who.audit(app, "notice.cancelled", &format!("{} {}", ticket.number, notice.operator_name)).await?;
    app.shared.store.cancel_notice(tenant, id, now).await?;
    Ok(())
}
