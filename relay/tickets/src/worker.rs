//! Works the outbox off: claim by lease, tell the ticketing system outside any transaction, settle.
//!
//! Started by the relay with one worker per database. Killed at any point it leaves a leased row behind, which the next worker
//! takes up as uncertain: it looks for the marker before it writes. It never decides about retries; [`crate::policy`] does.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::{SessionId, TenantId, TicketNumber},
    message::ticket::{TicketChoice, TicketStatus},
};
use store::{Claimed, CustomerDetails, EventKind, KeptFields, OutboxEntry, Settled, Store, StoreError, Tenant, Why};
use tokio::{
    sync::{Notify, broadcast},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use crate::{
    event::{self, Action, Says, Template},
    mapping::Values,
    policy::{self, Decision, Outcome},
    system::{Appended, Cause, NewTicket, Opened, Refusal, ReportError, TicketSystem},
    systems::{Reached, Systems},
};

/// Rows worked on at the same time.
pub const CONCURRENCY: usize = 8;
/// One call of a ticketing system.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(20);
/// All calls for one row.
pub const DELIVERY_TIMEOUT: Duration = Duration::from_secs(90);
/// How long a row is ours: longer than its calls and its settling take.
pub const LEASE: Duration = Duration::from_secs(150);
/// How long to leave a store alone that cannot be read or written.
pub const STORE_PAUSE: Duration = Duration::from_secs(2);
/// Looks at the outbox at least this often, whatever was missed.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// Calls that an action on a known ticket takes at most, as a rule.
const CALLS_TO_APPEND: u32 = 1;
/// Calls that opening a ticket takes: the customer looked for and added, the ticket.
const CALLS_TO_OPEN: u32 = 3;
/// A delivery that was given up: what it wrote is looked for after this, whatever the system.
const LONGEST_VISIBLE: Duration = Duration::from_secs(600);
/// Our clock and a ticketing system's may differ by this much.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(10);

/// How an attempt came out, and what it may have left behind.
struct Delivered {
    outcome: Outcome,
    uncertain: bool,
    visible_after: Duration,
    fields: KeptFields,
}

/// What an attempt has done on its way.
#[derive(Default)]
struct Trace {
    /// A call that writes was begun.
    wrote: bool,
    /// What became of the fields of a ticket that was opened.
    fields: KeptFields,
}

/// What is left of a ticket that has refused an action, or that nobody has looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// It is there: the refusal is about something else.
    Open,
    /// It is closed.
    Closed,
    /// It is not there.
    Gone,
}

/// A row was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// Whose.
    pub tenant: TenantId,
    /// The session it is about.
    pub session: SessionId,
    /// Start or end.
    pub kind: EventKind,
    /// The ticket it is on now; `None`: not yet (it is tried again, or parked for a person).
    pub ticket: Option<TicketNumber>,
}

/// Tells a ticketing system what the outbox holds.
pub struct Worker {
    store: Arc<dyn Store>,
    systems: Arc<dyn Systems>,
    /// The console's address.
    console: Option<String>,
    wake: Arc<Notify>,
    reports: broadcast::Sender<Reported>,
    call_timeout: Duration,
}

impl Worker {
    /// A worker over this store. `wake` it after each start and end of a session.
    pub fn new(store: Arc<dyn Store>, systems: Arc<dyn Systems>, wake: Arc<Notify>) -> Self {
        Self { store, systems, console: None, wake, reports: broadcast::channel(256).0, call_timeout: CALL_TIMEOUT }
    }

    /// Gives up a single call after this instead of [`CALL_TIMEOUT`].
    #[must_use]
    pub fn with_call_timeout(mut self, call_timeout: Duration) -> Self {
        self.call_timeout = call_timeout;
        self
    }

    /// Puts a link to the page about the session onto each action, in the console at this address.
    #[must_use]
    pub fn with_pages(mut self, console: String) -> Self {
        self.console = Some(console);
        self
    }

    /// The page about a session of this company.
    fn page(&self, tenant: &Tenant, protocol: &str) -> Option<String> {
        self.console.as_ref().map(|console| format!("{console}{}", tenant.at(&format!("/sessions/{protocol}"))))
    }

    /// What is settled from now on. A receiver that lags looks into the store.
    pub fn reports(&self) -> broadcast::Receiver<Reported> {
        self.reports.subscribe()
    }

    /// Works until told to stop, then finishes the calls that are under way.
    pub async fn run(self, shutdown: CancellationToken) {
        let worker = Arc::new(self);
        while let Err(error) = worker.store.expire_leases(Timestamp::now()).await {
            error!(error = &error as &dyn std::error::Error, "the outbox cannot be read");
            if stopped_within(&shutdown, STORE_PAUSE).await {
                return;
            }
        }
        let mut running = JoinSet::new();
        while !shutdown.is_cancelled() {
            let room = CONCURRENCY - running.len();
            let claimed = worker.store.claim(Timestamp::now(), LEASE, u32::try_from(room).expect("a few rows")).await;
            let sleep = match claimed {
                Ok(rows) if !rows.is_empty() => {
                    for row in rows {
                        let worker = Arc::clone(&worker);
                        running.spawn(async move { worker.work(row).await });
                    }
                    // Another row may have become due meanwhile; with no room left there is nothing to look for.
                    if running.len() < CONCURRENCY { Duration::ZERO } else { LONGEST_SLEEP }
                }
                Ok(_) => worker.until_next_due().await,
                Err(error) => {
                    error!(error = &error as &dyn std::error::Error, "the outbox cannot be read");
                    STORE_PAUSE
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = worker.wake.notified() => {}
                // A settled row may have let the next one of its order key come to its turn.
                Some(done) = running.join_next() => log_panic(done),
                () = tokio::time::sleep(sleep) => {}
            }
        }
        while let Some(done) = running.join_next().await {
            log_panic(done);
        }
    }

    /// Works off what is due now, one batch after the other, until nothing is. Returns how many rows were worked on.
    ///
    /// The same work as [`Worker::run`] in the caller's time: for tests and for a relay that reports before it stops.
    pub async fn drain(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut worked = 0;
        loop {
            let rows = self.store.claim(now, LEASE, 1).await?;
            if rows.is_empty() {
                return Ok(worked);
            }
            for row in rows {
                let delivered = self.deliver(&row, now).await;
                let told = self.settle(&row, delivered, now).await?;
                self.link(&row, told, now).await;
                worked += 1;
            }
        }
    }

    async fn work(&self, row: Claimed) {
        let delivered = tokio::time::timeout(DELIVERY_TIMEOUT, self.deliver(&row, Timestamp::now())).await;
        let delivered = delivered.unwrap_or(Delivered {
            outcome: Err(ReportError::Unreachable(Cause::TimedOut(DELIVERY_TIMEOUT))),
            uncertain: true,
            visible_after: LONGEST_VISIBLE,
            fields: KeptFields::default(),
        });
        // A row that cannot be settled stays leased; after its lease it is taken up as uncertain.
        match self.settle(&row, delivered, Timestamp::now()).await {
            Ok(told) => self.link(&row, told, Timestamp::now()).await,
            Err(error) => {
                error!(error = &error as &dyn std::error::Error, session = %row.entry.session, "an outbox row cannot be settled");
            }
        }
    }

    /// Brings one row onto its ticket, whatever an earlier attempt has done already.
    async fn deliver(&self, row: &Claimed, now: Timestamp) -> Delivered {
        let reached = match self.systems.reach(row.entry.tenant, row.session.connection).await {
            Ok(reached) => reached,
            Err(error) => {
                let (visible_after, fields) = (Duration::ZERO, KeptFields::default());
                return Delivered { outcome: Err(error), uncertain: false, visible_after, fields };
            }
        };
        let visible_after = reached.system.capabilities().visible_after;
        let mut trace = Trace::default();
        let outcome = self.place(row, &reached, now, &mut trace).await;
        // A read that failed has written nothing, however it failed.
        let uncertain = trace.wrote && outcome.as_ref().is_err_and(ReportError::is_uncertain);
        Delivered { outcome, uncertain, visible_after, fields: trace.fields }
    }

    async fn place(&self, row: &Claimed, reached: &Reached, now: Timestamp, trace: &mut Trace) -> Outcome {
        let Claimed { entry, session, .. } = row;
        let (tenant, system) = (entry.tenant, &*reached.system);
        let chosen = session.ticket.as_ref().or(match &session.choice {
            TicketChoice::Number(number) => Some(number),
            TicketChoice::OpenNew { .. } => None,
        });
        if let Some(since) = entry.uncertain_at.filter(|_| entry.uncertain) {
            let until = since.checked_add(system.capabilities().visible_after).unwrap_or(Timestamp::MAX);
            if now < until {
                return Err(ReportError::NotVisibleYet { until });
            }
        }
        // Held until the row is done with, so that as many are worked on at once as the system likes.
        let calls = if chosen.is_some() { CALLS_TO_APPEND } else { CALLS_TO_OPEN } + u32::from(entry.uncertain);
        let _turn = reached.gate.turn(now, calls).map_err(|until| ReportError::RateLimited { until: Some(until) })?;
        if entry.uncertain {
            let since = session.dialled_at.checked_sub(CLOCKS_APART).unwrap_or(Timestamp::MIN);
            // On the ticket it belongs to, and on any other when it may have been opened for it.
            let mut found = None;
            if let Some(ticket) = chosen {
                found = self.look_on(system, ticket, &entry.marker, since).await?;
            }
            if found.is_none() && (session.ticket.is_none() || system.capabilities().closes_for_good) {
                found = self.call(system.find_marker(None, &entry.marker, since)).await?;
            }
            if let Some(found) = found {
                return Ok(found);
            }
        }
        let records = |e: StoreError| ReportError::Unreachable(Cause::Records(e.to_string()));
        let settings = self.store.tenant(tenant).await.map_err(records)?;
        let template = self.store.action_template(tenant, entry.kind, settings.language).await.map_err(records)?;
        // One that this version cannot read any more is no reason not to tell.
        let template = template.and_then(|text| Template::parse(entry.kind, &text).ok());
        let page = self.page(&settings, session.protocol.as_str());
        let app = match self.store.app(session.app).await {
            Ok(app) => app.title,
            Err(StoreError::NotFound { .. }) => String::new(),
            Err(error) => return Err(records(error)),
        };
        let values = event::values(entry.kind, session, &settings, &app, page.as_deref());
        let email = self.email(session).await.map_err(records)?;
        let mut says = Says { template: template.as_ref(), page, email, ..Says::default() };
        // Nobody has picked it: the customer came by a link to it, and it may be closed since.
        let unpicked = chosen.filter(|_| entry.kind == EventKind::Missed && session.ticket.is_none());
        let left = match unpicked {
            Some(ticket) => self.what_is_left(row, system, ticket, now).await?,
            None => Left::Open,
        };
        if left != Left::Open {
            (says.asked, says.asked_is_closed) = (unpicked, left == Left::Closed);
        }
        if let Some(ticket) = chosen.filter(|_| left == Left::Open) {
            match self
                .put_on(
                    row,
                    system,
                    ticket,
                    &values,
                    &event::action(entry.kind, session, &settings, says.clone()),
                    trace,
                )
                .await
            {
                // Typed while the system was down, gone since, or closed and taking no more: a new one is opened that says so. Once the
                // session has its ticket, its end has no other place, unless nobody can ever open that one again.
                Err(ReportError::Rejected { refusal: Refusal::NoTicket, .. }) if session.ticket.is_none() => {
                    says.asked = Some(ticket);
                    trace.wrote = false;
                }
                Err(ReportError::Rejected {
                    refusal: refusal @ (Refusal::Field | Refusal::Request | Refusal::Rights),
                    why,
                }) => {
                    trace.wrote = false;
                    let rejected = |refusal| Err(ReportError::Rejected { refusal, why });
                    let has_one = session.ticket.is_some();
                    match self.what_is_left(row, system, ticket, now).await? {
                        Left::Open => return rejected(refusal),
                        Left::Closed if has_one && !system.capabilities().closes_for_good => {
                            return rejected(Refusal::Closed);
                        }
                        Left::Gone if has_one => return rejected(Refusal::NoTicket),
                        left => (says.asked, says.asked_is_closed) = (Some(ticket), left == Left::Closed),
                    }
                }
                appended => return appended,
            }
        }
        let continues = says.asked.filter(|_| says.asked_is_closed).cloned();
        let action = event::action(entry.kind, session, &settings, says);
        let details = CustomerDetails::from_fields(&session.fields);
        let requester = self.call(system.find_or_create_customer(&named(details, row))).await?;
        let ticket = NewTicket {
            subject: event::subject(session, settings.language),
            requester,
            owner: action.author.clone(),
            first: action,
            values,
            continues,
        };
        trace.wrote = true;
        let Opened { ticket, external_id, fields } = self.call(system.open_ticket(&ticket)).await?;
        if !fields.left_out.is_empty() {
            let fields = fields.left_out.join(", ");
            warn!(session = %entry.session, %ticket, fields, "a ticket was opened, and mapped fields are not in it");
        }
        trace.fields = fields;
        Ok(Appended { ticket, external_id })
    }

    /// Puts the action on a ticket. Before it, into one of ours, the fields that are known only now: one that is refused holds the action
    /// back, and nothing is told twice when it is tried again.
    async fn put_on(
        &self,
        row: &Claimed,
        system: &dyn TicketSystem,
        ticket: &TicketNumber,
        values: &Values,
        action: &Action,
        trace: &mut Trace,
    ) -> Outcome {
        if row.entry.kind != EventKind::Start && is_ours(&row.session) {
            self.call(system.fill(ticket, values)).await?;
        }
        trace.wrote = true;
        self.call(system.append_action(ticket, action)).await
    }

    /// The attendant's e-mail address, where that is what they log in with.
    async fn email(&self, session: &store::Session) -> Result<String, StoreError> {
        let Some(attendant) = session.attendant else { return Ok(String::new()) };
        match self.store.operator(session.tenant, attendant).await {
            Ok(operator) => Ok(Some(operator.login).filter(|login| login.contains('@')).unwrap_or_default()),
            Err(StoreError::NotFound { .. }) => Ok(String::new()),
            Err(error) => Err(error),
        }
    }

    /// What has become of a ticket. With one that is closed, what waits for it here ends.
    async fn what_is_left(
        &self,
        row: &Claimed,
        system: &dyn TicketSystem,
        ticket: &TicketNumber,
        now: Timestamp,
    ) -> Result<Left, ReportError> {
        if !system.capabilities().reads {
            return Ok(Left::Open);
        }
        let found = match self.call(system.look_up(ticket)).await {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(Left::Gone),
            // It refuses this as well: what it said first is what a person has to see to.
            Err(ReportError::Rejected { .. }) => return Ok(Left::Open),
            Err(later) => return Err(later),
        };
        if !matches!(found.brief.status, TicketStatus::Resolved | TicketStatus::Closed) {
            return Ok(Left::Open);
        }
        if let Some(connection) = row.session.connection {
            let (tenant, number) = (row.entry.tenant, &found.brief.number);
            // Not noted now: the next look finds out.
            if let Err(error) = self.store.note_ticket(tenant, connection, number, false, now).await {
                warn!(error = &error as &dyn std::error::Error, %ticket, "that a ticket is closed is not noted");
            }
        }
        Ok(Left::Closed)
    }

    /// Looks for a marker on a ticket. That there is no such ticket is believed when it is said twice: what is written next would be
    /// written a second time.
    async fn look_on(
        &self,
        system: &dyn TicketSystem,
        ticket: &TicketNumber,
        marker: &str,
        since: Timestamp,
    ) -> Result<Option<Appended>, ReportError> {
        match self.call(system.find_marker(Some(ticket), marker, since)).await {
            Err(ReportError::Rejected { refusal: Refusal::NoTicket, .. }) => {
                match self.call(system.look_up(ticket)).await? {
                    None => Ok(None),
                    Some(_) => Err(ReportError::garbage("a ticket that is there and is not")),
                }
            }
            found => found,
        }
    }

    async fn call<T>(&self, call: impl Future<Output = Result<T, ReportError>>) -> Result<T, ReportError> {
        let answer = tokio::time::timeout(self.call_timeout, call).await;
        answer.unwrap_or(Err(ReportError::Unreachable(Cause::TimedOut(self.call_timeout))))
    }

    /// Puts the session's page beside its end, where a system keeps links as data. The text has it in any case: one that cannot be put
    /// there changes nothing about what is told.
    async fn link(&self, row: &Claimed, told: Option<TicketNumber>, now: Timestamp) {
        let (Some(ticket), EventKind::End) = (told, row.entry.kind) else { return };
        let attached = async {
            let reached = self.systems.reach(row.entry.tenant, row.session.connection).await?;
            if !reached.system.capabilities().links {
                return Ok(());
            }
            let limited = |until| ReportError::RateLimited { until: Some(until) };
            let _turn = reached.gate.turn(now, CALLS_TO_APPEND).map_err(limited)?;
            let records = |e: StoreError| ReportError::Unreachable(Cause::Records(e.to_string()));
            let tenant = self.store.tenant(row.entry.tenant).await.map_err(records)?;
            let Some(url) = self.page(&tenant, row.session.protocol.as_str()) else { return Ok(()) };
            let link = event::page(tenant.language, url);
            self.call(reached.system.attach_link(&ticket, &link)).await
        };
        if let Err(error) = attached.await {
            warn!(error = &error as &dyn std::error::Error, session = %row.entry.session, %ticket, "no link beside its text");
        }
    }

    /// The ticket it is on now; `None` when it is not told yet, or no longer ours.
    async fn settle(
        &self,
        row: &Claimed,
        delivered: Delivered,
        now: Timestamp,
    ) -> Result<Option<TicketNumber>, StoreError> {
        let Delivered { outcome, uncertain, visible_after, fields } = delivered;
        let visible_after = if uncertain { visible_after } else { Duration::ZERO };
        let why = outcome.as_ref().err().map(chain).unwrap_or_default();
        let reason = outcome.as_ref().err().map(ReportError::reason);
        let entry = &row.entry;
        let (how, ticket) = match policy::next(row.lease.attempt, &outcome, visible_after, now) {
            Decision::Done(Appended { ticket, external_id }) => {
                (Settled::Done { ticket: ticket.clone(), external_id, fields }, Some(ticket))
            }
            Decision::RetryAt(at) => {
                (Settled::RetryAt { at, why: Why { reason, detail: why.clone() }, uncertain }, None)
            }
            Decision::Park(detail) => (Settled::Parked { why: Why { reason, detail }, uncertain }, None),
        };
        match self.store.settle(row.lease, &how, now).await {
            Ok(()) => {}
            Err(StoreError::Conflict { .. }) => {
                // The lease ran out and another claim has the row: what was written will be found by its marker.
                debug!(session = %entry.session, kind = entry.kind.as_str(), "a lease ran out");
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        log_settled(entry, &how, &why);
        // Nobody listening is fine: the store has it.
        let (tenant, session, kind) = (entry.tenant, entry.session, entry.kind);
        let _ = self.reports.send(Reported { tenant, session, kind, ticket: ticket.clone() });
        Ok(ticket)
    }

    async fn until_next_due(&self) -> Duration {
        match self.store.next_due().await {
            Ok(Some(due)) => {
                let wait = due.as_millisecond().saturating_sub(Timestamp::now().as_millisecond());
                // Never zero: what is due but not claimable waits for a row that is under way.
                Duration::from_millis(u64::try_from(wait).unwrap_or(0)).clamp(Duration::from_millis(50), LONGEST_SLEEP)
            }
            Ok(None) => LONGEST_SLEEP,
            Err(_) => STORE_PAUSE,
        }
    }
}

/// A ticket needs a requester: somebody who told nothing is known by their program's ID.
fn named(details: CustomerDetails, row: &Claimed) -> CustomerDetails {
    if details == CustomerDetails::default() {
        CustomerDetails { name: format!("ID {}", row.session.device), ..details }
    } else {
        details
    }
}

/// Whether the ticket was opened for this session: nobody else's ticket is changed beyond the action on it.
fn is_ours(session: &store::Session) -> bool {
    session.ticket.as_ref().is_some_and(|ticket| match &session.choice {
        TicketChoice::OpenNew { .. } => true,
        TicketChoice::Number(chosen) => chosen != ticket,
    })
}

fn log_settled(entry: &OutboxEntry, how: &Settled, why: &str) {
    let (session, kind) = (entry.session, entry.kind.as_str());
    match how {
        Settled::Done { ticket, .. } => info!(%session, kind, %ticket, "reported"),
        Settled::RetryAt { at, .. } => warn!(%session, kind, why, %at, "not reported, tried again"),
        Settled::Parked { why, .. } => error!(%session, kind, why = why.detail, "not reported, parked for a person"),
    }
}

/// The whole chain of an error in one line.
fn chain(error: &ReportError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn log_panic(done: Result<(), tokio::task::JoinError>) {
    if let Err(error) = done {
        error!(error = &error as &dyn std::error::Error, "work on an outbox row broke off");
    }
}

async fn stopped_within(shutdown: &CancellationToken, wait: Duration) -> bool {
    tokio::time::timeout(wait, shutdown.cancelled()).await.is_ok()
}
