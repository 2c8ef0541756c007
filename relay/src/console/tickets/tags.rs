//! Putting tags on a ticket and taking them off.

use axum::extract::{Form, Path, State};
use protocol::{id::TicketNumber, message::ShownText};
use serde::Deserialize;
use store::StoreError;

use super::{
    super::{
        App, desk_words,
        error::{AppError, Page},
        visitor::Who,
    },
    Draft, ticket_page, to_ticket,
};

/// Characters of a tag, at most.
const TAG_CHARS: usize = 40;
/// Tags on one ticket, at most.
pub(in crate::console) const TAGS: u32 = 12;

/// One tag.
#[derive(Deserialize)]
pub(crate) struct TagForm {
    tag: String,
}

/// `POST /tickets/{number}/tags`
pub(crate) async fn add(
    State(app): State<App>,
    who: Who,
    Path(number): Path<String>,
    Form(form): Form<TagForm>,
) -> Page {
    let ticket = TicketNumber::new(&number).map_err(|_| AppError::NotFound)?;
    let refused = Draft {
        tag: form.tag.clone(),
        tag_error: Some(desk_words::of(who.texts.language).bad_tag),
        ..Draft::default()
    };
    match put_on(&app, &who, &ticket, &form.tag).await {
        Ok(()) => Ok(to_ticket(&ticket)),
        Err(NotPut::Tag | NotPut::TooMany) => ticket_page(&app, &who, &number, refused).await,
        Err(NotPut::Failed(error)) => Err(error),
    }
}

/// Why a tag is not on a ticket.
pub(in crate::console) enum NotPut {
    /// It cannot be one.
    Tag,
    /// The ticket has as many as there may be.
    TooMany,
    Failed(AppError),
}

impl<E: Into<AppError>> From<E> for NotPut {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// A tag as it is shown, of what somebody typed; `None`: it cannot be one.
pub(in crate::console) fn shown(typed: &str) -> Option<String> {
    let tag = ShownText::lossy(typed).as_str().to_owned();
    (!tag.is_empty() && tag.chars().count() <= TAG_CHARS).then_some(tag)
}

/// Puts a tag on a ticket; one that is there already stays.
pub(in crate::console) async fn put_on(app: &App, who: &Who, ticket: &TicketNumber, typed: &str) -> Result<(), NotPut> {
    let tag = shown(typed).ok_or(NotPut::Tag)?;
    app.shared.store.desk_ticket(who.operator.tenant, ticket).await?;
    who.audit(app, "ticket.tagged", &format!("{ticket} {tag}")).await?;
    match app.shared.store.add_desk_tag(who.operator.tenant, ticket, &tag, TAGS).await {
        Err(StoreError::Conflict { .. }) => Err(NotPut::TooMany),
        done => Ok(done?),
    }
}

/// `POST /tickets/{number}/tags/remove`
pub(crate) async fn remove(
    State(app): State<App>,
    who: Who,
    Path(number): Path<String>,
    Form(form): Form<TagForm>,
) -> Page {
    let ticket = TicketNumber::new(&number).map_err(|_| AppError::NotFound)?;
    take_off(&app, &who, &ticket, &form.tag).await?;
    Ok(to_ticket(&ticket))
}

/// Takes a tag off a ticket, if it is there.
pub(in crate::console) async fn take_off(
    app: &App,
    who: &Who,
    ticket: &TicketNumber,
    tag: &str,
) -> Result<(), AppError> {
    app.shared.store.desk_ticket(who.operator.tenant, ticket).await?;
    who.audit(app, "ticket.untagged", &format!("{ticket} {}", ShownText::lossy(tag).as_str())).await?;
    app.shared.store.remove_desk_tag(who.operator.tenant, ticket, tag).await?;
    Ok(())
}
