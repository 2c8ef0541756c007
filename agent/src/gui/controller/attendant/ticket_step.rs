//! The way to the ticket step, by an ID or by a link of the console, and the look for a ticket there.

use protocol::{
    id::{Password, TicketNumber},
    message::{
        ToRelay,
        ticket::{FindTicket, ListTickets},
    },
};

use super::{
    super::{Controller, Effect, partner_id},
    LoginState, Looked, Stage, TicketStep,
};
use crate::{
    connect_link::{ConnectLink, Origin},
    gui::view_model::Trouble,
};

impl Controller {
    pub(super) fn connect(&mut self, typed: &str, password: Option<Password>) {
        self.attendant.trouble = None;
        typed.clone_into(&mut self.attendant.partner_typed);
        let Some(partner) = partner_id(typed) else {
            self.attendant.trouble = Some(Trouble::PartnerIdIncomplete);
            return;
        };
        if let Some(trouble) = self.cannot_dial() {
            self.attendant.trouble = Some(trouble);
            return;
        }
        let list = self.attendant.request();
        self.attendant.stage = Stage::Ticket(TicketStep {
            partner,
            number: String::new(),
            lookup: Looked::Nothing,
            open: Vec::new(),
            choice: None,
            subject: String::new(),
            dialog: false,
            password,
            grant: None,
            find: 0,
            list,
        });
        self.effects.push_back(Effect::Say(ToRelay::ListTickets(ListTickets { request: list, partner })));
    }

    pub(super) fn look_up(&mut self, typed: &str) {
        let request = self.attendant.request();
        let Stage::Ticket(step) = &mut self.attendant.stage else { return };
        self.attendant.trouble = None;
        typed.clone_into(&mut step.number);
        match TicketNumber::new(typed) {
            Ok(number) => {
                step.lookup = Looked::Searching(number.clone());
                step.find = request;
                self.effects.push_back(Effect::Say(ToRelay::FindTicket(FindTicket {
                    request,
                    partner: step.partner,
                    number,
                })));
            }
            Err(_) => step.lookup = Looked::NotFound(typed.to_owned()),
        }
    }

    /// A link of the console was opened: it is followed, or it is another company's, which is said.
    pub(super) fn open_link(&mut self, mut link: ConnectLink) {
        let Some(origin) = self.of_another(link.origin.take()) else {
            self.attendant.link = Some(link);
            return self.follow_link();
        };
        let busy =
            self.customer.session.is_some() || matches!(self.attendant.stage, Stage::Session(_) | Stage::Ended(..));
        if busy {
            tracing::info!("a link of another company is not spoken of: a session goes on");
            return;
        }
        if self.attendant.who.is_none() {
            self.attendant.login.get_or_insert_with(LoginState::default);
        }
        let here = (self.profile.brand.company.clone(), self.profile.server.clone());
        self.attendant.trouble(Trouble::LinkOfAnother { server: origin.server, here });
    }

    /// Where a link is from, when that is not this program's company.
    pub(in super::super) fn of_another(&self, origin: Option<Origin>) -> Option<Origin> {
        origin.filter(|origin| origin.company != self.profile.tenant)
    }

    /// Goes where the link that waits leads. Until somebody is logged in and may open sessions it goes on waiting; a session that is
    /// under way, or has its question open, goes on instead.
    pub(super) fn follow_link(&mut self) {
        let Some(link) = self.attendant.link.take() else { return };
        let ready = match &self.attendant.who {
            Some(who) => self.is_up() && (who.certified || who.waits.is_some()),
            None => {
                // Not over what the customer's side of this program is doing.
                if self.customer.session.is_some() {
                    return;
                }
                self.attendant.login.get_or_insert_with(LoginState::default);
                false
            }
        };
        if !ready {
            self.attendant.link = Some(link);
            return;
        }
        let busy = match &self.attendant.stage {
            Stage::Session(_) => true,
            Stage::Ended(session, _) => session.wrap_up.is_some(),
            _ => false,
        };
        if busy {
            tracing::info!("a link is not followed: a session goes on");
            return;
        }
        self.attendant.stage = Stage::Home;
        if link.watch {
            return self.look_at(link.partner);
        }
        self.connect(&link.partner.to_string(), None);
        if let Some(ticket) = link.ticket {
            self.look_up(ticket.as_str());
        }
    }

    /// What a link wanted is forgotten with the page that it opened.
    pub(super) fn close_login(&mut self) {
        self.attendant.login = None;
        self.attendant.link = None;
    }
}
