//! To whom a customer is offered, and when to the next. No I/O, no clock: the time, who waits and how the apps are come in, effects come out.
//!
//! Fair: within an app each offer goes to the next available attendant in the app's order behind the one who had the last offer. Who does
//! not answer in time is passed over until everybody was asked; then the round begins anew after a rest. The attendants of overflow apps
//! are asked behind the app's own, app by app. A customer is offered to one attendant at a time, and an attendant has one offer at a time.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use protocol::{
    id::{AppId, DeviceId, OperatorId, TenantId},
    message::offer::{PullError, Status},
};

/// Between two rounds in which nobody has taken a customer.
const REST: Duration = Duration::from_secs(20);
/// A customer who was taken is the attendant's for this long; then they are offered again if nobody has dialled them.
const TAKEN_FOR: Duration = Duration::from_secs(180);

/// How an app offers its customers now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// It does at all.
    pub(super) distributes: bool,
    /// How long an attendant has to answer.
    pub(super) answer: Duration,
    /// Its attendants in order; nobody out of hours.
    pub(super) order: Vec<OperatorId>,
    /// Where its customers go when nobody here takes them.
    pub(super) overflow: Vec<AppId>,
}

/// A customer who waits, longest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asking {
    pub(super) device: DeviceId,
    pub(super) tenant: TenantId,
    pub(super) app: AppId,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    /// Offer this customer to this attendant.
    Offer { offer: u32, to: OperatorId, device: DeviceId, answer: Duration },
    /// The offer is over without having been taken.
    Over { offer: u32, to: OperatorId, device: DeviceId },
}

#[derive(Debug, Clone, Copy)]
struct Attendant {
    status: Status,
    /// Could take a customer at once.
    ready: bool,
}

impl Attendant {
    fn free(self) -> bool {
        self.ready && self.status == Status::Available
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    No,
    Offered { offer: u32, to: OperatorId, until: Instant },
    Taken { by: OperatorId, until: Instant },
}

#[derive(Debug)]
struct Request {
    app: AppId,
    tenant: TenantId,
    held: Held,
    /// Whoever had this customer's offer in this round and did not take it.
    asked: HashSet<OperatorId>,
    rests_until: Option<Instant>,
}

/// Who is there, who waits, and who was offered what.
#[derive(Debug, Default)]
pub(super) struct Rules {
    attendants: HashMap<OperatorId, Attendant>,
    requests: HashMap<DeviceId, Request>,
    /// Whom a customer was given to, and until when: also while they are dialled, and when the first dial came to nothing.
    given: HashMap<DeviceId, (OperatorId, Instant)>,
    /// Who had the last offer of each app.
    last: HashMap<AppId, OperatorId>,
    offers: u32,
}

impl Rules {
    /// An attendant is there with this status, or not any more.
    pub(super) fn attendant(&mut self, who: OperatorId, state: Option<(Status, bool)>) {
        match state {
            Some((status, ready)) => {
                let before = self.attendants.insert(who, Attendant { status, ready });
                // Somebody is free who was not: whoever has waited through a round need not rest.
                if !before.is_some_and(Attendant::free) && self.attendants[&who].free() {
                    for request in self.requests.values_mut() {
                        request.rests_until = None;
                        request.asked.remove(&who);
                    }
                }
            }
            None => {
                self.attendants.remove(&who);
            }
        }
    }

    /// Goes on from here: `waiting` is everybody who waits now, longest first.
    pub(super) fn go_on(&mut self, waiting: &[Asking], plans: &HashMap<AppId, Plan>, now: Instant) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.let_go(waiting, plans, now, &mut effects);
        let mut engaged: HashSet<OperatorId> =
            self.requests.values().filter_map(|request| holder(request.held)).collect();
        let mut unengaged =
            self.attendants.iter().filter(|(who, attendant)| attendant.free() && !engaged.contains(who)).count();
        for asking in waiting {
            let Some(plan) = plans.get(&asking.app).filter(|plan| plan.distributes) else { continue };
            let request = self.requests.entry(asking.device).or_insert_with(|| Request::new(asking));
            if request.held != Held::No || request.rests_until.is_some_and(|until| now < until) {
                continue;
            }
            // Nobody can be offered anything: with thousands waiting, not everybody is looked for in every order.
            if unengaged == 0 {
                continue;
            }
            if request.rests_until.take().is_some() {
                request.asked.clear();
            }
            let free = |who: &OperatorId| self.attendants.get(who).is_some_and(|a| a.free()) && !engaged.contains(who);
            let places = std::iter::once(asking.app).chain(plan.overflow.iter().copied());
            let next = places.filter_map(|app| Some((app, plans.get(&app)?))).find_map(|(app, of)| {
                let from = self.last.get(&app).and_then(|last| of.order.iter().position(|who| who == last));
                let order = of.order.iter().cycle().skip(from.map_or(0, |place| place + 1)).take(of.order.len());
                order.copied().find(|who| free(who) && !request.asked.contains(who)).map(|who| (app, who))
            });
            match next {
                Some((app, to)) => {
                    self.offers = self.offers.wrapping_add(1);
                    request.held = Held::Offered { offer: self.offers, to, until: now + plan.answer };
                    self.last.insert(app, to);
                    engaged.insert(to);
                    unengaged -= 1;
                    effects.push(Effect::Offer { offer: self.offers, to, device: asking.device, answer: plan.answer });
                }
                // Everybody who is free was asked.
                None if !request.asked.is_empty() => request.rests_until = Some(now + REST),
                None => {}
            }
        }
        effects
    }

    /// Ends what is over: customers who are gone or dialled, answers that did not come, attendants who are not free any more.
    fn let_go(&mut self, waiting: &[Asking], plans: &HashMap<AppId, Plan>, now: Instant, effects: &mut Vec<Effect>) {
        let here: HashMap<DeviceId, &Asking> = waiting.iter().map(|asking| (asking.device, asking)).collect();
        self.given.retain(|_, (_, until)| now < *until);
        let attendants = &self.attendants;
        self.requests.retain(|device, request| {
            let stays = here.get(device).is_some_and(|asking| asking.app == request.app)
                && (plans.get(&request.app).is_some_and(|plan| plan.distributes)
                    || matches!(request.held, Held::Taken { .. }));
            match request.held {
                Held::Offered { offer, to, until } => {
                    let free = attendants.get(&to).is_some_and(|a| a.free());
                    if !stays || !free || now >= until {
                        effects.push(Effect::Over { offer, to, device: *device });
                        request.held = Held::No;
                        request.asked.insert(to);
                    }
                }
                Held::Taken { until, by } if now >= until || !attendants.contains_key(&by) => request.held = Held::No,
                Held::Taken { .. } | Held::No => {}
            }
            stays
        });
    }

    /// The customer whom an attendant is offered with this number, as long as the offer stands.
    pub(super) fn offered(&self, who: OperatorId, offer: u32) -> Option<DeviceId> {
        let mine =
            |request: &Request| matches!(request.held, Held::Offered { offer: of, to, .. } if of == offer && to == who);
        self.requests.iter().find(|(_, request)| mine(request)).map(|(device, _)| *device)
    }

    /// An attendant answers. The customer when they are theirs now; nothing when the offer is over or they said no.
    pub(super) fn answer(&mut self, who: OperatorId, offer: u32, take: bool, now: Instant) -> Option<DeviceId> {
        let device = self.offered(who, offer)?;
        let request = self.requests.get_mut(&device)?;
        if !take {
            request.held = Held::No;
            request.asked.insert(who);
            return None;
        }
        request.held = Held::Taken { by: who, until: now + TAKEN_FOR };
        self.given.insert(device, (who, now + TAKEN_FOR));
        Some(device)
    }

    /// Gives an attendant whoever waits longest of `waiting`, which are those they may help.
    pub(super) fn pull(&mut self, who: OperatorId, waiting: &[Asking], now: Instant) -> Result<DeviceId, PullError> {
        match self.attendants.get(&who) {
            Some(attendant) if attendant.free() => {}
            Some(attendant) if attendant.status == Status::Available => return Err(PullError::Occupied),
            _ => return Err(PullError::NotAvailable),
        }
        let held = |asking: &Asking| self.requests.get(&asking.device).map_or(Held::No, |request| request.held);
        let mine = |asking: &&Asking| holder(held(asking)).is_none_or(|by| by == who);
        // What is being offered to them comes first: they would have two otherwise.
        let offered = waiting.iter().find(|asking| holder(held(asking)) == Some(who));
        let asking = offered.or_else(|| waiting.iter().find(mine));
        let asking = *asking.ok_or(if waiting.is_empty() { PullError::NobodyWaits } else { PullError::Offered })?;
        let request = self.requests.entry(asking.device).or_insert_with(|| Request::new(&asking));
        request.held = Held::Taken { by: who, until: now + TAKEN_FOR };
        self.given.insert(asking.device, (who, now + TAKEN_FOR));
        Ok(asking.device)
    }

    /// The customer is this attendant's.
    pub(super) fn holds(&self, who: OperatorId, device: DeviceId, now: Instant) -> bool {
        self.given.get(&device).is_some_and(|(by, until)| *by == who && now < *until)
    }

    /// When something is over by itself.
    pub(super) fn due(&self) -> Option<Instant> {
        let of = |request: &Request| match request.held {
            Held::Offered { until, .. } | Held::Taken { until, .. } => Some(until),
            Held::No => request.rests_until,
        };
        self.requests.values().filter_map(of).min()
    }

    /// The companies of customers about whom something is decided.
    pub(super) fn tenants(&self) -> HashSet<TenantId> {
        self.requests.values().map(|request| request.tenant).collect()
    }
}

impl Request {
    fn new(asking: &Asking) -> Self {
        Self { app: asking.app, tenant: asking.tenant, held: Held::No, asked: HashSet::new(), rests_until: None }
    }
}

fn holder(held: Held) -> Option<OperatorId> {
    match held {
        Held::No => None,
        Held::Offered { to, .. } => Some(to),
        Held::Taken { by, .. } => Some(by),
    }
}

#[cfg(test)]
mod tests;
