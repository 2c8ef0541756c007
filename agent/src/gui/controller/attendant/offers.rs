//! Customers who are offered to the attendant: status, offers with their time, pulling the next. What to do with a customer who is theirs is
//! what is done with every partner.

use std::time::{Duration, Instant};

use protocol::message::{
    ToRelay,
    directory::WaitingCustomer,
    offer::{AnswerOffer, Assigned, BreakReason, Offered, PullError, Status, StatusIs},
};

use super::{
    super::{Controller, Effect, Now},
    Grant, Stage,
};
use crate::gui::view_model::{StatusKind, Trouble};

/// What the relay offers.
#[derive(Debug, Default)]
pub(in crate::gui::controller) struct Offers {
    /// As the relay has it; `None`: it has not said.
    pub status: Option<StatusIs>,
    pub offer: Option<Open>,
    pub pulling: bool,
    /// What the relay was told last on this connection.
    told: Option<bool>,
}

/// An offer that waits for its answer.
#[derive(Debug)]
pub(in crate::gui::controller) struct Open {
    pub offer: u32,
    pub customer: WaitingCustomer,
    pub until: Instant,
    pub whole: Duration,
}

impl Offers {
    pub(super) fn over(&mut self, offer: u32) {
        if self.offer.as_ref().is_some_and(|open| open.offer == offer) {
            self.offer = None;
        }
    }

    /// There is no contact: what was offered is not any more, and the next relay knows nothing.
    pub(super) fn down(&mut self) {
        *self = Self { status: self.status, ..Self::default() };
    }
}

/// The page's word for a status.
pub(in crate::gui::controller) fn kind_of(status: Status) -> StatusKind {
    match status {
        Status::Available => StatusKind::Available,
        Status::Offline => StatusKind::Offline,
        Status::Break(BreakReason::Meal) => StatusKind::Meal,
        Status::Break(BreakReason::Rest) => StatusKind::Rest,
        Status::Break(BreakReason::Meeting) => StatusKind::Meeting,
        Status::Break(BreakReason::Training) => StatusKind::Training,
        Status::Break(BreakReason::OtherWork) => StatusKind::OtherWork,
    }
}

fn status_of(kind: StatusKind) -> Status {
    match kind {
        StatusKind::Available => Status::Available,
        StatusKind::Offline => Status::Offline,
        StatusKind::Meal => Status::Break(BreakReason::Meal),
        StatusKind::Rest => Status::Break(BreakReason::Rest),
        StatusKind::Meeting => Status::Break(BreakReason::Meeting),
        StatusKind::Training => Status::Break(BreakReason::Training),
        StatusKind::OtherWork => Status::Break(BreakReason::OtherWork),
    }
}

impl Controller {
    /// Tells the relay whether an offer could be shown and taken, when that has changed. Nothing to a relay that offers nothing.
    pub(in crate::gui::controller) fn tell_ready(&mut self) {
        let here = self.attendant.who.as_ref().is_some_and(|who| who.here && who.certified);
        let ready = here && matches!(self.attendant.stage, Stage::Home) && self.customer.session.is_none();
        let connected = self.attendant.who.as_ref().is_some_and(|who| who.here);
        if connected && self.attendant.offers.status.is_some() && self.attendant.offers.told != Some(ready) {
            self.attendant.offers.told = Some(ready);
            self.effects.push_back(Effect::Say(ToRelay::Ready(ready)));
        }
    }

    pub(super) fn set_status(&mut self, kind: StatusKind) {
        if self.attendant.offers.status.is_some() {
            self.effects.push_back(Effect::Say(ToRelay::SetStatus(status_of(kind))));
        }
    }

    pub(super) fn offered(&mut self, offered: Offered, now: Now) {
        let whole = Duration::from_millis(offered.answer_within_ms.into());
        self.attendant.offers.offer =
            Some(Open { offer: offered.offer, customer: offered.customer, until: now.instant + whole, whole });
    }

    pub(super) fn answer_offer(&mut self, offer: u32, take: bool) {
        if self.attendant.offers.offer.as_ref().is_some_and(|open| open.offer == offer) {
            self.attendant.offers.offer = None;
            self.effects.push_back(Effect::Say(ToRelay::AnswerOffer(AnswerOffer { offer, take })));
        }
    }

    pub(super) fn pull_next(&mut self) {
        if let Some(trouble) = self.cannot_dial() {
            self.attendant.trouble = Some(trouble);
        } else if self.attendant.offers.status.is_some() && !self.attendant.offers.pulling {
            self.attendant.trouble = None;
            self.attendant.offers.pulling = true;
            self.effects.push_back(Effect::Say(ToRelay::PullNext));
        }
    }

    pub(super) fn pull_refused(&mut self, why: PullError) {
        self.attendant.offers.pulling = false;
        self.attendant.trouble = Some(match why {
            PullError::NobodyWaits => Trouble::NobodyToPull,
            PullError::Offered => Trouble::OfferedElsewhere,
            PullError::NotAvailable | PullError::Occupied => Trouble::NotAvailable,
        });
    }

    /// A customer is theirs: on to the ticket.
    pub(super) fn assigned(&mut self, assigned: &Assigned) {
        self.attendant.offers.pulling = false;
        self.attendant.offers.offer = None;
        if !matches!(self.attendant.stage, Stage::Home) {
            return;
        }
        let partner = assigned.customer.id;
        self.connect(&partner.to_string(), None);
        let Some(grant) = assigned.grant.clone() else { return };
        let request = self.attendant.request();
        if let Stage::Ticket(step) = &mut self.attendant.stage {
            step.grant = Some(Grant::Taking(request));
            self.effects.push_back(Effect::TakeGrant { request, partner, grant });
        }
    }
}
