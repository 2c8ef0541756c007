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
const TAGS: u32 = 12;

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
    let tag = ShownText::lossy(&form.tag).as_str().to_owned();
    if tag.is_empty() || tag.chars().count() > TAG_CHARS {
        return ticket_page(&app, &who, &number, refused).await;
    }
    app.shared.store.desk_ticket(who.operator.tenant, &ticket).await?;
    who.audit(&app, "ticket.tagged", &format!("{ticket} {tag}")).await?;
    match app.shared.store.add_desk_tag(who.operator.tenant, &ticket, &tag, TAGS).await {
        Ok(()) => Ok(to_ticket(&ticket)),
        Err(StoreError::Conflict { .. }) => ticket_page(&app, &who, &number, refused).await,
        Err(error) => Err(error.into()),
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
    app.shared.store.desk_ticket(who.operator.tenant, &ticket).await?;
    who.audit(&app, "ticket.untagged", &format!("{ticket} {}", ShownText::lossy(&form.tag).as_str())).await?;
    app.shared.store.remove_desk_tag(who.operator.tenant, &ticket, &form.tag).await?;
    Ok(to_ticket(&ticket))
}
