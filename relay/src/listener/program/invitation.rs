//! A program that came by a link says to which ticket it was invited.
//!
//! Answered at once and in order: what it registers with behind this stands on that ticket. Must never tell more than the link's own page
//! and what the app asks its customers for.

use jiff::Timestamp;
use protocol::{
    id::{AppId, TenantId},
    message::{
        FromRelay, ShownText,
        directory::{Field, FieldKey},
        invitation::{InvitationError, InvitationIs, Invited, OpenInvitation},
    },
};
use store::{App, Ask, StoreError, TicketOf};

use super::Program;
use crate::{
    invitation::{self, NotOpen, Open, Unread},
    relay::Shared,
};

/// What a program was invited to.
pub(super) struct To {
    app: AppId,
    ticket: TicketOf,
}

impl Program {
    /// The ticket that a customer of this app was invited to.
    pub(super) fn invited(&self, app: AppId) -> Option<TicketOf> {
        self.invited.as_ref().filter(|to| to.app == app).map(|to| to.ticket.clone())
    }

    pub(super) async fn open_invitation(&mut self, tenant: TenantId, open: OpenInvitation) {
        self.invited = None;
        let answer = match look(&self.shared, tenant, &open).await {
            Ok(Ok((app, open, reached))) => {
                self.invited = reached.then(|| Box::new(To { app: app.id, ticket: open.ticket.clone() }));
                InvitationIs::Good(told(&app, open))
            }
            Ok(Err(why)) => InvitationIs::Refused(why),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "an invitation cannot be looked at");
                InvitationIs::Refused(InvitationError::Unavailable)
            }
        };
        if let InvitationIs::Refused(why) = &answer {
            tracing::info!(source = %self.source, ?why, "an invitation is not good");
        }
        self.peer.send(FromRelay::InvitationIs(answer));
    }
}

/// The app, what it is invited to, and whether its sessions may be on that ticket.
async fn look(
    shared: &Shared,
    tenant: TenantId,
    open: &OpenInvitation,
) -> Result<Result<(App, Open, bool), InvitationError>, StoreError> {
    let app = match shared.store.app(open.app).await {
        Ok(app) if app.tenant == tenant => app,
        // Another company's is as good as none.
        Ok(_) | Err(StoreError::NotFound { .. }) => return Ok(Err(InvitationError::Unknown)),
        Err(error) => return Err(error),
    };
    Ok(match invitation::look(shared, &app, &open.invitation, Timestamp::now()).await? {
        Ok(open) => {
            // The same number is another ticket in another system: sessions of this app are told to its own only.
            let reached = shared.store.app_connection(tenant, app.id).await? == open.ticket.system;
            Ok((app, open, reached))
        }
        Err(NotOpen::Unread(Unread::Unknown)) => Err(InvitationError::Unknown),
        Err(NotOpen::Unread(Unread::Expired)) => Err(InvitationError::Expired),
        Err(NotOpen::Over(number)) => Err(InvitationError::Over(number)),
    })
}

/// What is filled in: what the app asks for. A document's number is typed by whoever it belongs to, whoever else has the link.
fn told(app: &App, open: Open) -> Invited {
    let field = |(key, value): (FieldKey, &String)| Field { key, value: ShownText::lossy(value) };
    let known = [
        (FieldKey::Name, &open.requester.name),
        (FieldKey::Email, &open.requester.email),
        (FieldKey::Company, &open.requester.company),
        (FieldKey::Phone, &open.requester.phone),
        (FieldKey::Subject, &open.subject),
    ];
    let asked = known.into_iter().filter(|(key, value)| !value.is_empty() && app.ask(*key) != Ask::Hidden);
    let fields = asked.map(field).collect();
    Invited { number: open.ticket.number, subject: ShownText::lossy(&open.subject), fields }
}
