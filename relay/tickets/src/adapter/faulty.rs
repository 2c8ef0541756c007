//! A ticketing system that fails on demand, around one that works. For tests of this and other crates; no configuration names it.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    id::{TenantId, TicketNumber},
    message::ticket::TicketBrief,
};
use store::CustomerDetails;

use crate::{
    event::Action,
    system::{Appended, Cause, CustomerRef, NewTicket, ReportError, TicketSystem},
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
}

impl Call {
    /// All of them.
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

/// Wraps another system and follows a script.
pub struct Faulty {
    inner: Arc<dyn TicketSystem>,
    script: Mutex<VecDeque<(Option<Call>, Fault)>>,
    down: AtomicBool,
    calls: Mutex<Vec<Call>>,
}

impl Faulty {
    /// A system that works until told otherwise.
    pub fn new(inner: Arc<dyn TicketSystem>) -> Self {
        Self { inner, script: Mutex::default(), down: AtomicBool::new(false), calls: Mutex::default() }
    }

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
            Fault::Rejected(status) => Err(ReportError::Rejected { why: format!("{status}") }),
            Fault::RateLimited(wait) => {
                Err(ReportError::RateLimited { until: Timestamp::now().checked_add(wait).ok() })
            }
            Fault::Failed(status) => unreachable(Cause::Failed(status)),
        }
    }
}

#[async_trait]
impl TicketSystem for Faulty {
    async fn look_up(&self, tenant: TenantId, number: &TicketNumber) -> Result<Option<TicketBrief>, ReportError> {
        self.through(Call::LookUp, self.inner.look_up(tenant, number)).await
    }

    async fn open_tickets(
        &self,
        tenant: TenantId,
        customer: &CustomerDetails,
    ) -> Result<Vec<TicketBrief>, ReportError> {
        self.through(Call::OpenTickets, self.inner.open_tickets(tenant, customer)).await
    }

    async fn find_or_create_customer(
        &self,
        tenant: TenantId,
        customer: &CustomerDetails,
    ) -> Result<CustomerRef, ReportError> {
        self.through(Call::Customer, self.inner.find_or_create_customer(tenant, customer)).await
    }

    async fn open_ticket(&self, tenant: TenantId, ticket: &NewTicket) -> Result<Appended, ReportError> {
        self.through(Call::Open, self.inner.open_ticket(tenant, ticket)).await
    }

    async fn append_action(
        &self,
        tenant: TenantId,
        ticket: &TicketNumber,
        action: &Action,
    ) -> Result<Appended, ReportError> {
        self.through(Call::Append, self.inner.append_action(tenant, ticket, action)).await
    }

    async fn find_marker(
        &self,
        tenant: TenantId,
        ticket: Option<&TicketNumber>,
        marker: &str,
    ) -> Result<Option<Appended>, ReportError> {
        self.through(Call::Marker, self.inner.find_marker(tenant, ticket, marker)).await
    }
}
