//! Beside a ticket's requester: whether they have the program open, what may be done then, and where they get it otherwise.
//!
//! Of customers whose app somebody has nothing to do with, nothing is said here either.

use jiff::Timestamp;
use protocol::{id::TicketNumber, message::invitation::Invitation};
use store::{CustomerDetails, TicketOf};

use super::super::{
    App,
    error::AppError,
    origin::Origin,
    visitor::{Act, Who},
    when::Clock,
};
use crate::{
    invitation::{self, NotOpen, Unread},
    notice::waiting_on,
};

/// Apps that are looked at to find the one for a ticket.
const LOOKED_AT: usize = 20;

/// The requester's program, as the menu shows it.
pub(in crate::console) struct Here {
    /// As it is read out.
    pub(in crate::console) id: String,
    pub(in crate::console) number: u32,
    /// What a link to the program ends with.
    pub(in crate::console) origin: Origin,
    pub(in crate::console) since: String,
    /// Whoever looks connects to customers of this app.
    pub(in crate::console) connects: bool,
    /// … and may copy credentials.
    pub(in crate::console) grants: bool,
}

/// The program of a ticket's requester, or of whoever was invited to it, if it waits and whoever asks has to do with its app.
pub(in crate::console) fn here(
    app: &App,
    who: &Who,
    ticket: &TicketOf,
    requester: &CustomerDetails,
    clock: &Clock,
) -> Option<Here> {
    let waiting = waiting_on(&app.shared.directory, who.operator.tenant, ticket, requester);
    let present = waiting.into_iter().find(|p| who.reach.sees(p.app))?;
    let connects = who.reach.attends(present.app);
    Some(Here {
        id: present.id.to_string(),
        number: present.id.number(),
        origin: Origin::of(app, who),
        since: clock.time(&present.since),
        connects,
        grants: connects && who.operator.may(Act::SeePasswords),
    })
}

/// Where the requester of a ticket gets the program: the app of the ticket's last session, else the first that whoever asks attends
/// and whose sessions are told where the ticket is, else the first at all.
/// Empty when there is none.
pub(in crate::console) async fn link(app: &App, who: &Who, number: &TicketNumber) -> Result<String, AppError> {
    link_of(app, who, &TicketOf::desk(number.clone())).await
}

/// Where whoever asks on this ticket gets the program. Empty when there is no app.
pub(in crate::console) async fn link_of(app: &App, who: &Who, ticket: &TicketOf) -> Result<String, AppError> {
    let tenant = who.operator.tenant;
    let apps = app.shared.apps.of(tenant).await?;
    let query = store::HistoryQuery { ticket: Some(ticket.number.clone()), limit: 1, ..store::HistoryQuery::default() };
    let last = app.shared.store.history(tenant, &query).await?;
    let last = last.iter().find(|session| session.connection == ticket.system).map(|session| session.app);
    let mut chosen = apps.iter().find(|a| Some(a.id) == last);
    if chosen.is_none() {
        // One whose sessions are told to this ticket's system.
        for own in apps.iter().filter(|a| who.reach.attends(a.id)).take(LOOKED_AT) {
            if app.shared.store.app_connection(tenant, own.id).await? == ticket.system {
                chosen = Some(own);
                break;
            }
        }
    }
    let chosen = chosen.or_else(|| apps.iter().find(|a| who.reach.attends(a.id))).or_else(|| apps.first());
    let Some(chosen) = chosen else { return Ok(String::new()) };
    let page = format!("{}/d/{}", app.shared.public_url, chosen.code);
    Ok(match app.shared.invitations().token(tenant, chosen.id, ticket, Timestamp::now()) {
        Some(token) => format!("{page}?ticket={}", token.as_str()),
        None => page,
    })
}

/// What a link's token says, as the page behind the link shows it.
pub(in crate::console) enum Invited {
    /// A ticket.
    To {
        number: String,
        subject: String,
        /// The requester's e-mail, most of it hidden; empty: unknown.
        email: String,
        /// For the program.
        token: Invitation,
    },
    /// Nothing more is to be done on this ticket.
    Over { number: String },
    /// The link's time is over.
    Expired,
    /// Nothing: it was not made here, or not for this app, or lacks a part.
    Nothing,
}

/// What a token on this app's page says.
pub(in crate::console) async fn invited(app: &App, record: &store::App, token: &str) -> Result<Invited, AppError> {
    let Ok(token) = token.parse::<Invitation>() else { return Ok(Invited::Nothing) };
    Ok(match invitation::look(&app.shared, record, &token, Timestamp::now()).await? {
        Ok(open) => Invited::To {
            number: open.ticket.number.as_str().to_owned(),
            subject: open.subject,
            email: masked(&open.requester.email),
            token,
        },
        Err(NotOpen::Over(number)) => Invited::Over { number: number.as_str().to_owned() },
        Err(NotOpen::Unread(Unread::Expired)) => Invited::Expired,
        Err(NotOpen::Unread(Unread::Unknown)) => Invited::Nothing,
    })
}

/// Enough of an address for its owner to know it.
fn masked(email: &str) -> String {
    let Some((local, domain)) = email.rsplit_once('@') else { return String::new() };
    let shown: String = local.chars().take(2).collect();
    format!("{shown}•••@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_two_letters_are_shown() {
        assert_eq!(masked("cida@padaria.example"), "ci•••@padaria.example");
        assert_eq!(masked("é@x"), "é•••@x");
        assert_eq!(masked("nada"), "");
    }
}
