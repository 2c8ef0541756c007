//! Attendants come, go, answer and pull; customers are offered to them. Carries out what [`super::rules`] decides.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use protocol::{
    id::{AppId, DeviceId, OperatorId, TenantId},
    message::{
        FromRelay,
        directory::{Opaque, WaitingCustomer},
        offer::{AnswerOffer, Assigned, OfferOver, Offered, PullError, Status},
    },
};

use super::{
    Queue, SINCE, hours,
    rules::{Asking, Effect, Plan},
    zone,
};
use crate::{
    account::Operator,
    apps::{Reach, attendants_in_order},
    directory::Present,
    listener::peer::Peer,
    relay::Shared,
};

impl Queue {
    /// An attendant has logged in with this program.
    pub(crate) async fn join(&self, shared: &Shared, operator: &Operator, peer: &Arc<Peer>) {
        if !peer.knows(SINCE) {
            return;
        }
        let (change, told) = {
            let mut state = self.state();
            let change = state.presence.join(operator, peer.clone(), Timestamp::now());
            (change, state.presence.told(operator.id))
        };
        // Those that had logged in before are told by the change.
        if let Some(told) = told.filter(|_| change.is_none()) {
            peer.send(FromRelay::StatusIs(told));
        }
        self.written(shared, operator.id, change).await;
    }

    /// A program is gone, or nobody is logged in there any more.
    pub(crate) async fn part(&self, shared: &Shared, who: OperatorId, peer: &Peer) {
        let change = self.state().presence.part(who, peer, Timestamp::now());
        self.written(shared, who, change).await;
    }

    /// A program could show an offer, or not.
    pub(crate) async fn ready(&self, shared: &Shared, who: OperatorId, peer: &Peer, ready: bool) {
        self.state().presence.ready(who, peer, ready);
        self.written(shared, who, None).await;
    }

    /// An attendant says in a program whether they take customers.
    pub(crate) async fn choose_here(&self, shared: &Shared, who: OperatorId, status: Status) {
        if let Err(error) = self.choose(shared, who, status).await {
            tracing::warn!(operator = %who, error = &error as &dyn std::error::Error, "a status is not written down");
        }
    }

    async fn written(&self, shared: &Shared, who: OperatorId, change: Option<store::PresenceChange>) {
        if let Err(error) = self.changed(shared, who, change).await {
            tracing::warn!(operator = %who, error = &error as &dyn std::error::Error, "a status is not written down");
        }
    }

    /// An attendant answers an offer.
    pub(crate) async fn answer(&self, shared: &Shared, operator: &Operator, peer: &Peer, answer: AnswerOffer) {
        let (taken, others) = {
            let mut state = self.state();
            let partner = state.rules.offered(operator.id, answer.offer);
            let taken = state.rules.answer(operator.id, answer.offer, answer.take, Instant::now());
            let over = partner.map(|partner| OfferOver { offer: answer.offer, partner });
            (taken, over.map(|over| (over, state.presence.programs(operator.id, false))))
        };
        // Whoever is logged in twice has answered in both.
        if let Some((over, programs)) = others {
            programs
                .iter()
                .filter(|program| program.number() != peer.number())
                .for_each(|program| program.send(FromRelay::OfferOver(over)));
        }
        if let Some(device) = taken {
            self.assign(shared, operator, peer, device).await;
        }
        self.news.notify_one();
    }

    /// An attendant asks for whoever waits longest.
    pub(crate) async fn pull(&self, shared: &Shared, operator: &Operator, peer: &Peer, reach: &Reach) {
        let waiting = waiting_of(shared, operator.tenant, |app| reach.attends(app));
        let pulled = self.state().rules.pull(operator.id, &waiting, Instant::now());
        match pulled {
            Ok(device) => self.assign(shared, operator, peer, device).await,
            Err(why) => peer.send(FromRelay::PullRefused(why)),
        }
        self.news.notify_one();
    }

    /// The same, asked for in the console: the customer is given to the program of theirs that could take somebody.
    ///
    /// # Errors
    /// Why there is nobody for them.
    pub async fn pull_there(&self, shared: &Shared, operator: &Operator, reach: &Reach) -> Result<(), PullError> {
        let waiting = waiting_of(shared, operator.tenant, |app| reach.attends(app));
        let (device, program) = {
            let mut state = self.state();
            // Nobody is taken from the queue before there is a program to be given to.
            let Some(program) = state.presence.programs(operator.id, true).into_iter().next() else {
                let available = matches!(state.presence.state(operator.id), Some((Status::Available, _)));
                return Err(if available { PullError::Occupied } else { PullError::NotAvailable });
            };
            (state.rules.pull(operator.id, &waiting, Instant::now())?, program)
        };
        self.assign(shared, operator, &program, device).await;
        self.news.notify_one();
        Ok(())
    }

    /// Tells an attendant that a customer is theirs, with a grant where they may have the password.
    async fn assign(&self, shared: &Shared, operator: &Operator, peer: &Peer, device: DeviceId) {
        let Some(present) = shared.directory.present(operator.tenant, device) else {
            return peer.send(FromRelay::PullRefused(PullError::NobodyWaits));
        };
        let mut grant = None;
        if operator.roles.may_see_passwords
            && let Some(password) = shared.directory.password(operator.tenant, device)
        {
            let entry = store::AuditEntry {
                tenant: operator.tenant,
                operator: Some(operator.id),
                who: operator.name.clone(),
                what: "grant.made".to_owned(),
                subject: device.to_string(),
                detail: "assigned".to_owned(),
                from: peer.connection().remote_address().ip().to_string(),
                at: Timestamp::now(),
            };
            // What cannot be audited is not given: the password is asked for.
            if shared.store.audit(&entry).await.is_ok() {
                let made = shared.one_time.make((operator.tenant, operator.id), device, password, Instant::now());
                grant = Opaque::try_from(made.into_bytes()).ok();
            }
        }
        peer.send(FromRelay::Assigned(Assigned { customer: WaitingCustomer::from(&*present), grant }));
    }

    /// The customer was given to this attendant, whatever app they are of.
    pub(crate) fn holds(&self, who: OperatorId, device: DeviceId) -> bool {
        self.state().rules.holds(who, device, Instant::now())
    }

    /// Offers whoever waits to whoever is free. When something is due, if nothing happens before.
    pub(super) async fn distribute(&self, shared: &Shared, now: Instant) -> Option<Instant> {
        let mut plans = HashMap::new();
        let mut waiting = Vec::new();
        let mut tenants: Vec<TenantId> =
            shared.directory.apps_waited_for().into_iter().map(|(tenant, _)| tenant).collect();
        tenants.extend(self.state().rules.tenants());
        tenants.sort_unstable();
        tenants.dedup();
        for tenant in tenants {
            // Not readable now: nothing is offered and nothing is taken back.
            let Ok(some) = self.plans(shared, tenant).await else { return Some(now + Duration::from_secs(2)) };
            let decides = some.values().any(|plan| plan.distributes) || self.state().rules.tenants().contains(&tenant);
            if !decides {
                continue;
            }
            plans.extend(some);
            waiting.extend(waiting_of(shared, tenant, |_| true));
        }
        let (effects, due) = {
            let mut state = self.state();
            (state.rules.go_on(&waiting, &plans, now), state.rules.due())
        };
        for effect in effects {
            match effect {
                Effect::Offer { offer, to, device, answer } => self.offer(shared, offer, to, device, answer),
                Effect::Over { offer, to, device } => {
                    for peer in self.state().presence.programs(to, false) {
                        peer.send(FromRelay::OfferOver(OfferOver { offer, partner: device }));
                    }
                }
            }
        }
        due
    }

    fn offer(&self, shared: &Shared, offer: u32, to: OperatorId, device: DeviceId, answer: Duration) {
        let Some(tenant) = shared.directory.tenant_of(device) else { return };
        let Some(present) = shared.directory.present(tenant, device) else { return };
        tracing::info!(%device, operator = %to, "customer offered");
        let customer = WaitingCustomer::from(&*present);
        let answer_within_ms = u32::try_from(answer.as_millis()).unwrap_or(u32::MAX);
        for peer in self.state().presence.programs(to, true) {
            peer.send(FromRelay::Offered(Offered { offer, customer: customer.clone(), answer_within_ms }));
        }
    }

    async fn plans(&self, shared: &Shared, tenant: TenantId) -> Result<HashMap<AppId, Plan>, store::StoreError> {
        let apps = shared.apps.of(tenant).await?;
        if !apps.iter().any(|app| app.availability.distribute) {
            let none = |app: &store::App| (app.id, plan(app, Vec::new()));
            return Ok(apps.iter().map(none).collect());
        }
        let (zone, now) = (zone(shared, tenant).await?, Timestamp::now());
        let there: Vec<Operator> = self.there(tenant).into_iter().map(|attendant| attendant.operator).collect();
        let plan = |app: &store::App| {
            let open = hours::is_open(&app.availability, &zone, now);
            (app.id, plan(app, if open { attendants_in_order(app, &there) } else { Vec::new() }))
        };
        Ok(apps.iter().map(plan).collect())
    }
}

fn plan(app: &store::App, order: Vec<OperatorId>) -> Plan {
    Plan {
        distributes: app.availability.distribute,
        answer: Duration::from_secs(app.availability.answer_s.into()),
        order,
        overflow: app.availability.overflow.clone(),
    }
}

/// Who waits for an answer, longest first.
fn waiting_of(shared: &Shared, tenant: TenantId, of: impl Fn(AppId) -> bool) -> Vec<Asking> {
    let waiting = shared.directory.first_waiting_of(tenant, usize::MAX, of);
    let asks = |p: &Arc<Present>| Asking { device: p.id, tenant, app: p.app };
    waiting.iter().filter(|p| !p.settled).map(asks).collect()
}
