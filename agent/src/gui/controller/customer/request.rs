//! Whether somebody attends, and the request that a customer leaves when nobody does.

use std::time::Duration;

use protocol::{
    id::{ProtocolNumber, SessionId, TicketNumber},
    message::{
        ToRelay, WrittenText,
        request::{Attended, LeaveRequest, RequestError, RequestLeft},
        ticket::SessionTicket,
    },
};

use super::super::{Controller, Effect};
use crate::gui::view_model::{AttendedView, RequestView, Trouble};

/// What is known of the customer's request.
#[derive(Debug)]
pub(in crate::gui::controller) struct Request {
    pub attended: Attended,
    stage: Stage,
}

#[derive(Debug, Default)]
enum Stage {
    #[default]
    None,
    Writing {
        sending: bool,
        trouble: Option<Trouble>,
    },
    Left {
        session: SessionId,
        protocol: ProtocolNumber,
        ticket: Option<TicketNumber>,
    },
}

impl Default for Request {
    fn default() -> Self {
        Self { attended: Attended::Open, stage: Stage::None }
    }
}

impl Request {
    pub(in crate::gui::controller) fn attended(&self) -> AttendedView {
        match &self.attended {
            Attended::Open => AttendedView::Open,
            Attended::Nobody => AttendedView::Nobody,
            Attended::Ended => AttendedView::Ended,
            Attended::Closed { holiday, opens_unix_ms } => AttendedView::Closed {
                holiday: Some(holiday.to_string()).filter(|name| !name.is_empty()),
                opens_unix_s: opens_unix_ms.and_then(|ms| i64::try_from(ms / 1000).ok()),
            },
        }
    }

    pub(in crate::gui::controller) fn view(&self) -> RequestView {
        match &self.stage {
            Stage::Left { protocol, ticket, .. } => {
                RequestView::Left { protocol: protocol.to_string(), ticket: ticket.as_ref().map(ToString::to_string) }
            }
            // What is being written stays, also when somebody comes meanwhile.
            Stage::Writing { sending, trouble } => RequestView::Writing { sending: *sending, trouble: trouble.clone() },
            Stage::None if matches!(self.attended, Attended::Open | Attended::Ended) => RequestView::None,
            Stage::None => RequestView::Offered,
        }
    }

    /// The ticket of a request that was left is known.
    pub(super) fn ticket(&mut self, numbers: &SessionTicket) {
        if let Stage::Left { session, ticket, .. } = &mut self.stage
            && *session == numbers.session
        {
            ticket.clone_from(&numbers.ticket);
        }
    }

    /// There is no contact: what was on its way has not been answered.
    pub(super) fn down(&mut self) {
        if let Stage::Writing { sending: sending @ true, trouble } = &mut self.stage {
            *sending = false;
            *trouble = Some(Trouble::ServerAway);
        }
    }
}

impl Controller {
    pub(super) fn write_request(&mut self) {
        if matches!(self.customer.request.view(), RequestView::Offered) {
            self.customer.request.stage = Stage::Writing { sending: false, trouble: None };
        }
    }

    pub(super) fn leave_request(&mut self, text: &str) {
        let there = self.is_up() && self.customer.registered;
        let Stage::Writing { sending: sending @ false, trouble } = &mut self.customer.request.stage else { return };
        if !there {
            *trouble = Some(Trouble::ServerAway);
            return;
        }
        (*sending, *trouble) = (true, None);
        self.effects.push_back(Effect::Say(ToRelay::LeaveRequest(LeaveRequest { text: WrittenText::lossy(text) })));
    }

    /// The form is shut without sending it. `false` when none is open.
    pub(in crate::gui::controller) fn customer_stops_writing(&mut self) -> bool {
        let writing = matches!(self.customer.request.stage, Stage::Writing { sending: false, .. });
        if writing {
            self.customer.request.stage = Stage::None;
        }
        writing
    }

    pub(in crate::gui::controller) fn customer_left(&mut self, left: RequestLeft) {
        if !matches!(self.customer.request.stage, Stage::Writing { sending: true, .. }) {
            return;
        }
        self.customer.request.stage = match left.outcome {
            Ok(left) => Stage::Left { session: left.session, protocol: left.protocol, ticket: None },
            Err(why) => {
                let trouble = match why {
                    RequestError::TooMany { retry_after_s } => {
                        Trouble::TooManyRequests { wait: Duration::from_secs(retry_after_s.into()) }
                    }
                    RequestError::CannotRecord => Trouble::RequestNotTaken,
                };
                Stage::Writing { sending: false, trouble: Some(trouble) }
            }
        };
    }
}
