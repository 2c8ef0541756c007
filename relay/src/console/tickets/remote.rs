//! Beside a ticket's requester: whether they have the program open, what may be done then, and where they get it otherwise.
//!
//! Of customers whose app somebody has nothing to do with, nothing is said here either.

use protocol::id::{TenantId, TicketNumber};
use store::{CustomerDetails, TicketOf};

use super::super::{
    App,
    error::AppError,
    visitor::{Act, Who},
    when::Clock,
};
use crate::{
    invitation::Invitations,
    notice::{belongs, identities},
};

/// The requester's program, as the menu shows it.
pub(in crate::console) struct Here {
    /// As it is read out.
    pub(in crate::console) id: String,
    pub(in crate::console) number: u32,
    pub(in crate::console) since: String,
    /// Whoever looks connects to customers of this app.
    pub(in crate::console) connects: bool,
    /// … and may copy credentials.
    pub(in crate::console) grants: bool,
}

/// The program of this customer, if it waits and whoever asks has to do with its app.
pub(in crate::console) fn here(app: &App, who: &Who, requester: &CustomerDetails, clock: &Clock) -> Option<Here> {
    let waiting = app.shared.directory.waiting_as(who.operator.tenant, &identities(requester));
    let present = waiting.into_iter().find(|p| who.reach.sees(p.app) && belongs(p, requester))?;
    let connects = who.reach.attends(present.app);
    Some(Here {
        id: present.id.to_string(),
        number: present.id.number(),
        since: clock.time(&present.since),
        connects,
        grants: connects && who.operator.may(Act::SeePasswords),
    })
}

/// Where the requester of a ticket gets the program: the app of the ticket's last session, else the first that whoever asks attends.
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
    let chosen = apps
        .iter()
        .find(|a| Some(a.id) == last)
        .or_else(|| apps.iter().find(|a| who.reach.attends(a.id)))
        .or_else(|| apps.first());
    let Some(chosen) = chosen else { return Ok(String::new()) };
    let token = Invitations::new(&app.shared.keys.invitation_key()).token(tenant, ticket);
    let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    Ok(format!("{}/d/{}?ticket={token}", app.shared.public_url, chosen.code))
}

/// A ticket that somebody was invited to, as the page behind the link shows it.
pub(in crate::console) struct Invited {
    pub(in crate::console) number: String,
    pub(in crate::console) subject: String,
    /// The requester's e-mail, most of it hidden; empty: unknown.
    pub(in crate::console) email: String,
    /// Nothing more is to be done on it.
    pub(in crate::console) over: bool,
}

/// What a token of this company's app says; `None` when it says nothing.
pub(in crate::console) async fn invited(app: &App, tenant: TenantId, token: &str) -> Result<Option<Invited>, AppError> {
    let Some(ticket) = Invitations::new(&app.shared.keys.invitation_key()).read(tenant, token) else { return Ok(None) };
    let number = ticket.number.as_str().to_owned();
    if let Some(system) = ticket.system {
        // Another system is not asked by a page that anybody may open; a connection that is gone invites nobody.
        return match app.shared.store.connection(tenant, system).await {
            Ok(connection) => {
                let over =
                    connection.removed_at.is_some() || app.shared.store.is_closed(system, &ticket.number).await?;
                Ok(Some(Invited { number, subject: String::new(), email: String::new(), over }))
            }
            Err(store::StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        };
    }
    match app.shared.store.desk_ticket(tenant, &ticket.number).await {
        Ok(ticket) => {
            let over = !store::TicketFilter::OPEN.contains(&ticket.status);
            let hidden = if over { String::new() } else { masked(&ticket.requester.details.email) };
            let subject = if over { String::new() } else { ticket.subject };
            Ok(Some(Invited { number, subject, email: hidden, over }))
        }
        Err(store::StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
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
