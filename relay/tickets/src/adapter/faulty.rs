//! A ticketing system that fails on demand, around one that works. For tests of this and other crates; no configuration names it.

use std::{
    collections::VecDeque,
    ops::Deref,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    id::{ConnectionId, TenantId, TicketNumber},
    message::ticket::TicketBrief,
};
use store::CustomerDetails;

use crate::{
    event::{Action, Link},
    mapping::Values,
    system::{
        Account, Appended, Capabilities, Cause, CustomerRef, FoundTicket, NewTicket, Opened, ReportError, TicketSystem,
    },
    systems::{Reached, Systems},
};

/// Which call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// `look_up`
    LookUp,
    /// `open_tickets`
    OpenTickets,
    /// `find_or_create_customer`
    Customer,
    /// `open_ticket`
    Open,
    /// `append_action`
    Append,
    /// `find_marker`
    Marker,
    /// `account`
    Account,
    /// `attach_link`
    Link,
}

impl Call {
    /// All that the worker makes.
    pub const ALL: [Self; 6] =
        [Self::LookUp, Self::OpenTickets, Self::Customer, Self::Open, Self::Append, Self::Marker];
}

/// What a call does instead of just working.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Works.
    Ok,
    /// Works, but the caller sees the connection break.
    OkButReset,
    /// Works, but the caller sees no answer in time.
    OkButTimedOut,
    /// Does nothing; the caller sees no answer in time.
    TimedOut,
    /// Never answers: the caller's own time-out has to help.
    Hang,
    /// Does nothing; refuses with this status (4xx).
    Rejected(u16),
    /// Does nothing; asks to wait this long.
    RateLimited(Duration),
    /// Does nothing; fails with this status (5xx).
    Failed(u16),
    /// Works, but the answer cannot be understood.
    Garbage,
}

/// What happens to calls, in order.
#[derive(Default)]
pub struct Script {
    script: Mutex<VecDeque<(Option<Call>, Fault)>>,
    down: AtomicBool,
    calls: Mutex<Vec<Call>>,
}

/// Wraps another system and follows a script.
pub struct Faulty {
    inner: Arc<dyn TicketSystem>,
    script: Arc<Script>,
}

impl Faulty {
    /// A system that works until told otherwise.
    pub fn new(inner: Arc<dyn TicketSystem>) -> Self {
        Self { inner, script: Arc::default() }
    }
}

impl Deref for Faulty {
    type Target = Script;

    fn deref(&self) -> &Script {
        &self.script
    }
}

/// Wraps every system and follows one script.
pub struct FaultySystems {
    inner: Arc<dyn Systems>,
    script: Arc<Script>,
}

impl FaultySystems {
    /// Systems that work until told otherwise.
    pub fn new(inner: Arc<dyn Systems>) -> Self {
        Self { inner, script: Arc::default() }
    }
}

impl Deref for FaultySystems {
    type Target = Script;

    fn deref(&self) -> &Script {
        &self.script
    }
}

#[async_trait]
impl Systems for FaultySystems {
    async fn reach(&self, tenant: TenantId, connection: Option<ConnectionId>) -> Result<Reached, ReportError> {
        let Reached { system, gate } = self.inner.reach(tenant, connection).await?;
        Ok(Reached { system: Arc::new(Faulty { inner: system, script: self.script.clone() }), gate })
    }
}

impl Script {
    /// Adds a step: the next call of this kind (`None`: of any kind) that no earlier step takes.
    pub fn then(&self, call: Option<Call>, fault: Fault) {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).push_back((call, fault));
    }

    /// Refuses every connection until told otherwise.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Works from now on: forgets the steps that no call has taken.
    pub fn heal(&self) {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.set_down(false);
    }

    /// Steps that no call has taken yet.
    pub fn steps_left(&self) -> usize {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    async fn through<T>(
        &self,
        call: Call,
        work: impl Future<Output = Result<T, ReportError>> + Send,
    ) -> Result<T, ReportError> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        if self.down.load(Ordering::SeqCst) {
            return Err(ReportError::Unreachable(Cause::Refused));
        }
        let step = {
            let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
            let at = script.iter().position(|(of, _)| of.is_none_or(|of| of == call));
            at.and_then(|at| script.remove(at)).map_or(Fault::Ok, |(_, fault)| fault)
        };
        let unreachable = |cause| Err(ReportError::Unreachable(cause));
        match step {
            Fault::Ok => work.await,
            Fault::OkButReset => {
                work.await?;
                unreachable(Cause::Reset)
            }
            Fault::OkButTimedOut => {
                work.await?;
                unreachable(Cause::TimedOut(Duration::from_secs(20)))
            }
            Fault::Garbage => {
                work.await?;
                unreachable(Cause::Garbage("<html>".into()))
            }
            Fault::TimedOut => unreachable(Cause::TimedOut(Duration::from_secs(20))),
            Fault::Hang => std::future::pending().await,
            Fault::Rejected(status) => Err(ReportError::refused(status.to_string())),
            Fault::RateLimited(wait) => {
                Err(ReportError::RateLimited { until: Timestamp::now().checked_add(wait).ok() })
            }
            Fault::Failed(status) => unreachable(Cause::Failed(status)),
        }
    }
}

#[async_trait]
impl TicketSystem for Faulty {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn account(&self) -> Result<Account, ReportError> {
        self.through(Call::Account, self.inner.account()).await
    }

    async fn look_up(&self, number: &TicketNumber) -> Result<Option<FoundTicket>, ReportError> {
        self.through(Call::LookUp, self.inner.look_up(number)).await
    }

    async fn open_tickets(&self, customer: &CustomerDetails) -> Result<Vec<TicketBrief>, ReportError> {
        self.through(Call::OpenTickets, self.inner.open_tickets(customer)).await
    }

    async fn find_or_create_customer(&self, customer: &CustomerDetails) -> Result<CustomerRef, ReportError> {
        self.through(Call::Customer, self.inner.find_or_create_customer(customer)).await
    }

    async fn open_ticket(&self, ticket: &NewTicket) -> Result<Opened, ReportError> {
        self.through(Call::Open, self.inner.open_ticket(ticket)).await
    }

    async fn append_action(&self, ticket: &TicketNumber, action: &Action) -> Result<Appended, ReportError> {
        self.through(Call::Append, self.inner.append_action(ticket, action)).await
    }

    async fn find_marker(
        &self,
        ticket: Option<&TicketNumber>,
        marker: &str,
        since: Timestamp,
    ) -> Result<Option<Appended>, ReportError> {
        self.through(Call::Marker, self.inner.find_marker(ticket, marker, since)).await
    }

    async fn fill(&self, ticket: &TicketNumber, values: &Values) -> Result<(), ReportError> {
        self.inner.fill(ticket, values).await
    }

    async fn attach_link(&self, ticket: &TicketNumber, link: &Link) -> Result<(), ReportError> {
        self.through(Call::Link, self.inner.attach_link(ticket, link)).await
    }
}
