//! The ticket that the customer was invited to: told to the relay before the registration, and what the form says because of it.
//!
//! The relay alone knows whether an invitation is good. Must never take the place of what somebody has typed.

use protocol::{
    message::{
        ToRelay,
        invitation::{Invitation, InvitationError, InvitationIs, Invited, OpenInvitation},
    },
    version::INVITATIONS_SINCE,
};

use super::{Controller, Effect, Now};
use crate::{
    connect_link::Origin,
    gui::view_model::{InvitationNews, Notice, TicketLine},
};

/// An invitation, if there is one.
#[derive(Debug, Default)]
pub(in super::super) struct Invite {
    token: Option<Invitation>,
    /// What the relay has said of it.
    about: Option<TicketLine>,
    /// The relay had registered this program before it was asked.
    late: bool,
    /// Something was typed into the form.
    pub typed: bool,
}

impl Invite {
    /// The ticket.
    pub fn about(&self) -> Option<&TicketLine> {
        self.about.as_ref()
    }
}

impl Controller {
    /// A link was opened, or the program's file is named after one. A session is not disturbed, nor is an attendant.
    pub(in super::super) fn open_invitation(&mut self, token: Invitation, origin: Option<Origin>, now: Now) {
        if self.customer.session.is_some() || self.attendant.logged_in() {
            tracing::info!("an invitation to a ticket is not for now");
            return;
        }
        // Not asked of a server that cannot know; an invitation that is here already stays.
        if let Some(origin) = self.of_another(origin) {
            let server = origin.server;
            self.notice = Some((Notice::Invitation(InvitationNews::Elsewhere { server }), now.instant));
            return;
        }
        if self.customer.invite.token.as_ref() == Some(&token) && self.customer.invite.about.is_some() {
            return;
        }
        (self.customer.invite.token, self.customer.invite.about) = (Some(token), None);
        if self.is_up() {
            self.ask_invitation(now);
        }
    }

    /// Asks what it is about, on every connection anew: before the registration that is to stand on the ticket.
    pub(in super::super) fn ask_invitation(&mut self, now: Now) {
        let Some(invitation) = self.customer.invite.token.clone() else { return };
        if self.spoken < INVITATIONS_SINCE {
            return self.no_invitation(InvitationNews::ServerOld, now);
        }
        self.customer.invite.late = self.customer.registered;
        let open = OpenInvitation { app: self.profile.app, invitation };
        self.effects.push_back(Effect::Say(ToRelay::OpenInvitation(open)));
    }

    pub(in super::super) fn invitation_is(&mut self, answer: InvitationIs, now: Now) {
        let why = match answer {
            // Nobody has asked.
            _ if self.customer.invite.token.is_none() => return,
            InvitationIs::Good(invited) => return self.invited(invited, now),
            InvitationIs::Refused(why) => why,
        };
        let keep = self.customer.invite.token.clone().filter(|_| why == InvitationError::Unavailable);
        let news = match why {
            InvitationError::Unknown => InvitationNews::Unknown,
            InvitationError::Expired => InvitationNews::Expired,
            InvitationError::Over(number) => InvitationNews::Over { number: number.to_string() },
            InvitationError::Unavailable => InvitationNews::Later,
        };
        self.no_invitation(news, now);
        // Asked again on the next connection.
        self.customer.invite.token = keep;
    }

    fn invited(&mut self, invited: Invited, now: Now) {
        let about = TicketLine { number: invited.number.to_string(), subject: invited.subject.as_str().to_owned() };
        let is_new = self.customer.invite.about.as_ref() != Some(&about);
        self.customer.invite.about = Some(about.clone());
        if !self.customer.submitted && !self.customer.invite.typed {
            for field in invited.fields {
                if self.profile.fields.iter().any(|(key, _)| *key == field.key) {
                    let value = self.customer.fields.entry(field.key).or_default();
                    if value.is_empty() {
                        *value = field.value.as_str().to_owned();
                    }
                }
            }
        }
        if self.customer.submitted {
            // The form would say it.
            if is_new {
                self.notice = Some((Notice::Invitation(InvitationNews::To(about)), now.instant));
            }
            if self.customer.invite.late {
                self.register();
            }
        }
    }

    fn no_invitation(&mut self, news: InvitationNews, now: Now) {
        let typed = self.customer.invite.typed;
        self.customer.invite = Invite { typed, ..Invite::default() };
        self.notice = Some((Notice::Invitation(news), now.instant));
    }
}
