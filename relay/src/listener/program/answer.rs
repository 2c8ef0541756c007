//! What is done for each thing a program says.

use std::sync::{PoisonError, atomic::Ordering};

use jiff::Timestamp;
use protocol::{
    id::{AppId, ConnectionId, DeviceId, TenantId, TicketNumber},
    message::{
        FromRelay, ShownText, directory,
        directory::{CertificateRequest, LoginError, LoginToken, Register, Registered},
        hello::{Hello, Refusal, Welcome},
        one_time::GrantOpened,
        pairing::{CloseReason, Closed, Dial, DialError, DialRefused, Report},
        ticket::{FindTicket, ListTickets, TicketBrief, TicketChoice, TicketError, TicketFound, TicketList},
    },
    version::SPOKEN,
};
use store::{CustomerDetails, Generation, StoreError};
use tickets::{Reached, Refusal as Refused, ReportError};

use super::{AbortOnDrop, LoggedIn, Program, enrol, grant, waiting, wrap_up};
use crate::{
    account::Operator,
    apps::Reach,
    contact,
    directory::Present,
    external,
    listener::peer::CloseCode,
    relay::Shared,
    session::{
        guess::Try,
        live::{Caller, ReportOutcome, now_ms},
    },
};

/// The version of the words that know of second factors.
const SECOND_FACTORS_SINCE: u16 = 3;
/// Ids are tried until a free one is found; with a million customers here, every thousandth try meets one that is taken.
const ID_TRIES: usize = 64;

impl Program {
    pub(super) async fn hello(&mut self, hello: &Hello) -> Result<(), Refusal> {
        let version = hello.versions.common(SPOKEN).ok_or(Refusal::Version(SPOKEN))?;
        let tenant = match self.shared.store.tenant(hello.tenant).await {
            Ok(tenant) => tenant,
            Err(StoreError::NotFound { .. }) => return Err(Refusal::UnknownTenant),
            Err(error) => return Err(busy("a company cannot be looked up", &error)),
        };
        tracing::debug!(source = %self.source, program = %hello.program, "hello");
        self.tenant = Some(tenant.id);
        self.peer.speaks(version);
        self.peer.send(FromRelay::Welcome(Welcome {
            version,
            company: ShownText::lossy(&tenant.name),
            now_unix_ms: now_ms(),
        }));
        Ok(())
    }

    pub(super) async fn register(&mut self, tenant: TenantId, register: Register) -> Result<(), Refusal> {
        let app = match self.shared.store.app(register.app).await {
            Ok(app) if app.tenant == tenant => app,
            Ok(_) | Err(StoreError::NotFound { .. }) => {
                tracing::warn!(source = %self.source, app = %register.app, "no such app of this company");
                return Err(Refusal::UnknownTenant);
            }
            Err(error) => return Err(busy("an app cannot be looked up", &error)),
        };
        let (id, generation) = match self.device {
            Some(kept) => kept,
            None => self.device_id(tenant, register.previous.as_ref()).await?,
        };
        let busy = self.shared.sessions.has_customer(id);
        let listed = register.listed;
        let class = match contact::class(&*self.shared.store, tenant, &register.fields).await {
            Ok(class) if listed => class,
            Ok(_) => String::new(),
            // Only a word beside them: nobody waits for it.
            Err(error) => {
                tracing::warn!(device = %id, error = &error as &dyn std::error::Error, "a contact cannot be looked up");
                String::new()
            }
        };
        // Waiting goes on through a short break.
        let back = self.shared.queue.back(id).filter(|back| back.app == app.id && listed);
        let present = Present {
            id,
            tenant,
            app: app.id,
            app_title: ShownText::lossy(&app.title),
            fields: register.fields,
            class,
            invited: self.invited(app.id).filter(|_| listed),
            listed,
            busy,
            since: back.as_ref().map_or_else(Timestamp::now, |back| back.since),
            settled: back.is_some_and(|back| back.settled),
            ended: app.archived.is_some(),
        };
        self.device = Some((id, generation));
        self.own.store(id.number(), Ordering::Relaxed);
        let proof = self.shared.keys.prove_device(tenant, id, generation);
        if let Some(replaced) = self.shared.directory.register(present, register.password, self.peer.clone()) {
            tracing::info!(device = %id, "replaced by a newer connection of the same program");
            replaced.close(CloseCode::Normal);
        }
        // A session that ended meanwhile found nobody here to mark as free.
        if busy && !self.shared.sessions.has_customer(id) {
            self.shared.directory.set_busy(id, false);
        }
        tracing::info!(device = %id, source = %self.source, "registered");
        self.peer.send(FromRelay::Registered(Registered { id, proof }));
        if listed {
            // It may have been archived, or brought back, in this very moment.
            if let Ok(every) = self.shared.apps.every(tenant).await
                && let Some(now) = every.iter().find(|known| known.id == app.id)
                && now.archived.is_some() != app.archived.is_some()
            {
                self.shared.directory.set_ended(tenant, app.id, now.archived.is_some());
                self.tell_hours(now).await;
            } else {
                self.tell_hours(&app).await;
            }
        }
        Ok(())
    }

    /// The ID it had before, if it proves that, or a free one.
    async fn device_id(
        &self,
        tenant: TenantId,
        previous: Option<&(DeviceId, directory::Opaque)>,
    ) -> Result<(DeviceId, Generation), Refusal> {
        let store = &self.shared.store;
        if let Some((id, proof)) = previous
            && let Some(generation) = self.shared.keys.check_device(tenant, *id, proof)
        {
            match store.renew_device_id(tenant, *id, generation).await {
                Ok(true) => return Ok((*id, generation)),
                // Away for so long that another has it now.
                Ok(false) => {}
                Err(error) => return Err(busy("an ID cannot be renewed", &error)),
            }
        }
        for _ in 0..ID_TRIES {
            let id = DeviceId::from_entropy(rand::random());
            if self.shared.directory.present(tenant, id).is_some() {
                continue;
            }
            match store.take_device_id(tenant, id, Timestamp::now()).await {
                Ok(Some(generation)) => return Ok((id, generation)),
                Ok(None) => {}
                Err(error) => return Err(busy("an ID cannot be given", &error)),
            }
        }
        tracing::error!("no free ID found");
        Err(Refusal::Busy)
    }

    /// Looks at a login; a program that does not know of second factors is told the nearest thing it knows.
    pub(super) async fn check(
        &self,
        tenant: TenantId,
        login: &directory::Login,
        code: Option<&str>,
    ) -> Result<Operator, LoginError> {
        let accounts = &self.shared.accounts;
        let checked = accounts.check_attendant(tenant, &login.user, &login.password, code, self.source).await;
        match checked {
            Err(LoginError::CodeNeeded | LoginError::FactorMissing) if !self.peer.knows(SECOND_FACTORS_SINCE) => {
                tracing::warn!(source = %self.source, "a program too old for second factors is not let in");
                Err(LoginError::Wrong)
            }
            checked => checked,
        }
    }

    pub(super) async fn log_in(
        &mut self,
        tenant: TenantId,
        checked: Result<Operator, LoginError>,
        token: Option<LoginToken>,
    ) {
        let attendant =
            checked.and_then(|operator| if operator.roles.attend { Ok(operator) } else { Err(LoginError::Wrong) });
        let logged_in = match (attendant, token) {
            (Ok(operator), Some(token)) => Ok((operator, token)),
            (Ok(operator), None) => self.shared.accounts.login_token(&operator).await.map(|token| (operator, token)),
            (Err(why), _) => Err(why),
        };
        match logged_in {
            Ok((operator, token)) => {
                tracing::info!(operator = %operator.id, source = %self.source, "attendant logged in");
                self.peer.send(FromRelay::LoggedIn(directory::LoggedIn {
                    operator: operator.id,
                    name: ShownText::lossy(&operator.name),
                    token: token.clone(),
                }));
                // An earlier login's list is stopped first; then the whole list is told anew.
                self.part_from_queue().await;
                self.login = None;
                self.peer.show(None);
                let feed = tokio::spawn(waiting::feed(
                    self.shared.clone(),
                    operator.clone(),
                    self.own.clone(),
                    self.peer.clone(),
                ));
                let feed = feed.abort_handle();
                let asked = enrol::AskedSlot::default();
                let watch = tokio::spawn(enrol::watch(
                    self.shared.clone(),
                    tenant,
                    token.clone(),
                    self.peer.clone(),
                    asked.clone(),
                    feed.clone(),
                ));
                let (feed, watch) = (AbortOnDrop(feed), AbortOnDrop(watch.abort_handle()));
                self.shared.queue.join(&self.shared, &operator, &self.peer).await;
                self.login = Some(Box::new(LoggedIn { operator, token, asked, _feed: feed, _watch: watch }));
            }
            Err(why) => self.peer.send(FromRelay::LoginFailed(why)),
        }
    }

    pub(super) async fn log_out(&mut self) {
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.part_from_queue().await;
        if let Some(login) = self.login.take()
            && let Err(error) = self.shared.accounts.forget(&login.token).await
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "a login token is not yet forgotten");
        }
    }

    /// Who is logged in, looked up again: somebody disabled meanwhile is logged out here.
    pub(super) async fn attendant(&mut self, tenant: TenantId) -> Option<Operator> {
        let token = self.login.as_ref()?.token.clone();
        match self.shared.accounts.verify(tenant, &token).await {
            Ok(operator) if operator.roles.attend => Some(operator),
            // The store cannot say: who was let in stays in.
            Err(LoginError::Unavailable) => self.login.as_ref().map(|l| l.operator.clone()),
            Ok(_) | Err(_) => {
                self.part_from_queue().await;
                self.login = None;
                self.peer.send(FromRelay::LoginFailed(LoginError::Expired));
                None
            }
        }
    }

    pub(super) async fn enrol(&mut self, tenant: TenantId, request: &CertificateRequest) {
        let Some(operator) = self.attendant(tenant).await else {
            return self.peer.send(FromRelay::EnrolFailed(ShownText::lossy("not logged in")));
        };
        let name = ShownText::lossy(&operator.name).as_str().to_owned();
        let attendant = enrolment::Attendant { tenant, operator: operator.id, name };
        let now = Timestamp::now();
        let answer = match enrol::answer(&self.shared, attendant, request, now).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(operator = %operator.id, error = &error as &dyn std::error::Error, "no certificate");
                return self.peer.send(FromRelay::EnrolFailed(ShownText::lossy(&error.to_string())));
            }
        };
        let waits = answer.waits.is_some();
        if let Some(login) = &self.login {
            *login.asked.lock().unwrap_or_else(PoisonError::into_inner) = answer.waits;
            // A login lasts as long as the certificate given with it.
            if answer.chain.is_some() && !waits {
                self.shared.accounts.renew(&login.token, now).await;
            }
        }
        match answer.chain {
            Some(chain) => {
                tracing::info!(operator = %operator.id, waits, "attendant enrolled");
                self.peer.send(FromRelay::Enrolled(chain));
            }
            None => {
                tracing::info!(operator = %operator.id, "an attendant waits to be enrolled by the administrator");
                self.peer.send(FromRelay::EnrolPending);
            }
        }
    }

    pub(super) async fn find_ticket(&mut self, tenant: TenantId, find: FindTicket) {
        let Some(operator) = self.login.as_ref().map(|login| login.operator.clone()) else {
            return self
                .peer
                .send(FromRelay::TicketFound(TicketFound { request: find.request, ticket: Err(TicketError::Down) }));
        };
        let (shared, peer) = (self.shared.clone(), self.peer.clone());
        self.in_background(async move {
            let lent = Some(find.partner).filter(|partner| shared.queue.holds(operator.id, *partner));
            let mine = shared.apps.reach(&operator).await.unwrap_or_default().with(lent);
            let ticket = look_up(&shared, tenant, &mine, find.partner, &find.number).await;
            peer.send(FromRelay::TicketFound(TicketFound { request: find.request, ticket }));
        })
        .await;
    }

    pub(super) async fn list_tickets(&mut self, tenant: TenantId, list: ListTickets) {
        let Some(operator) = self.login.as_ref().map(|login| login.operator.clone()) else {
            return self
                .peer
                .send(FromRelay::TicketList(TicketList { request: list.request, tickets: Err(TicketError::Down) }));
        };
        let (shared, peer) = (self.shared.clone(), self.peer.clone());
        self.in_background(async move {
            // Nobody under this ID, or of an app they do not attend: the same question about nobody, so that the answer and its
            // time do not tell.
            let lent = Some(list.partner).filter(|partner| shared.queue.holds(operator.id, *partner));
            let mine = shared.apps.reach(&operator).await.unwrap_or_default().with(lent);
            let present = shared.directory.present(tenant, list.partner).filter(|p| mine.reaches(p.app, p.id));
            let app = present.as_ref().map(|p| p.app);
            let invited = present.as_ref().and_then(|p| p.invited.clone());
            let customer = present.map_or_else(CustomerDetails::default, |p| CustomerDetails::from_fields(&p.fields));
            let asked = async {
                let (reached, connection) = ticketing(&shared, tenant, app).await?;
                let mut tickets = reached.system.open_tickets(&customer).await.map_err(|error| down(&error))?;
                if let Some(invited) = invited.filter(|invited| invited.system == connection) {
                    first(&reached, &invited.number, &mut tickets).await;
                }
                Ok(tickets)
            };
            let tickets = tokio::time::timeout(shared.config.times.tickets, asked).await;
            let tickets = tickets.unwrap_or_else(|_| Err(too_slow())).map(|mut tickets| {
                tickets.truncate(protocol::limits::OPEN_TICKETS_LISTED);
                tickets
            });
            peer.send(FromRelay::TicketList(TicketList { request: list.request, tickets }));
        })
        .await;
    }

    pub(super) async fn dial(&mut self, tenant: TenantId, dial: Dial) {
        let request = dial.request;
        let refused = move |why| FromRelay::DialRefused(DialRefused { request, why });
        let Some(operator) = self.attendant(tenant).await else {
            return self.peer.send(refused(DialError::NotAllowed));
        };
        let reach = match self.shared.apps.reach(&operator).await {
            Ok(reach) => {
                reach.with(Some(dial.partner).filter(|partner| self.shared.queue.holds(operator.id, *partner)))
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the apps cannot be read");
                return self.peer.send(refused(DialError::CannotRecord));
            }
        };
        let what = Try { tenant, operator: operator.id, device: dial.partner };
        let begun = match self.shared.sessions.begin_dial(what) {
            Ok(begun) => begun,
            Err(why) => return self.peer.send(refused(why)),
        };
        let caller = Caller {
            tenant,
            operator: operator.id,
            name: ShownText::lossy(&operator.name),
            peer: self.peer.clone(),
            own: self.device.map(|(id, _)| id),
            reach,
        };
        let (shared, taken) = (self.shared.clone(), self.taken.clone());
        let used = self.entry(tenant, &operator, "grant.used", dial.partner.to_string());
        self.in_background(async move {
            // Before the partner is looked at, so that every partner takes the same time.
            let ticket = match &dial.ticket {
                TicketChoice::OpenNew { .. } => None,
                TicketChoice::Number(number) => {
                    match look_up(&shared, caller.tenant, &caller.reach, dial.partner, number).await {
                        Ok(brief) => Some(brief),
                        Err(TicketError::NotFound) => {
                            shared.sessions.settle_dial(begun, false);
                            return caller.peer.send(refused(DialError::NoSuchTicket));
                        }
                        // The session goes on; its actions come later.
                        Err(TicketError::Down) => None,
                    }
                }
            };
            let password = match grant::open(&shared, &taken, dial.partner, used).await {
                Ok(password) => password,
                Err(why) => {
                    shared.sessions.settle_dial(begun, false);
                    return caller.peer.send(refused(why));
                }
            };
            let answer = shared.sessions.dial(&caller, &dial, ticket, begun.locked).await;
            let failed = matches!(answer, Err(DialError::Unreachable));
            // Whoever acts on the answer finds it counted; an alarm is only queued here.
            shared.sessions.settle_dial(begun, failed);
            match answer {
                Ok(dialled) => {
                    if let Some(password) = password {
                        *taken.lock().unwrap_or_else(PoisonError::into_inner) = None;
                        caller.peer.send(FromRelay::GrantOpened(GrantOpened { request, password }));
                    }
                    let form =
                        wrap_up::asked(&shared, caller.tenant, dial.partner, dialled.session, &caller.peer).await;
                    caller.peer.send(FromRelay::Dialled(dialled));
                    if let Some(form) = form {
                        caller.peer.send(FromRelay::WrapUpAsked(form));
                    }
                }
                Err(why) => caller.peer.send(refused(why)),
            }
        })
        .await;
    }

    pub(super) async fn report(&mut self, report: &Report) -> Result<(), Refusal> {
        match self.shared.sessions.report(self.bearers(), report, &self.shared.keys).await {
            ReportOutcome::Kept(kept) => self.peer.send(FromRelay::ReportKept(kept)),
            ReportOutcome::NotNow => {}
            ReportOutcome::NotYours => {
                tracing::warn!(source = %self.source, session = %report.session, "a report of a session that is not this program's");
                self.peer.send(FromRelay::Closed(Closed { session: report.session, why: CloseReason::Violation }));
            }
            ReportOutcome::Violation => {
                tracing::warn!(source = %self.source, session = %report.session, "a start reported by the attendant");
                return Err(Refusal::Violation);
            }
        }
        Ok(())
    }

    /// Does something that may wait for others, a few at a time. It goes on when the program is gone: a session that is being written
    /// down must not be forgotten.
    pub(super) async fn in_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        let permit = self.under_way.clone().acquire_owned().await;
        tokio::spawn(async move {
            work.await;
            drop(permit);
        });
    }
}

/// The ticketing system of an app; without one, of the company's first app, so that the answer does not tell whether somebody is there.
/// One that cannot be asked for tickets counts as down: the number is taken as it is typed.
async fn ticketing(
    shared: &Shared,
    tenant: TenantId,
    app: Option<AppId>,
) -> Result<(Reached, Option<ConnectionId>), TicketError> {
    let records = |error: StoreError| {
        tracing::error!(error = &error as &dyn std::error::Error, "which ticketing system to ask cannot be read");
        TicketError::Down
    };
    let app = match app {
        Some(app) => Some(app),
        None => shared.apps.of(tenant).await.map_err(records)?.first().map(|app| app.id),
    };
    let connection = match app {
        Some(app) => shared.store.app_connection(tenant, app).await.map_err(records)?,
        None => None,
    };
    let reached = shared.tickets.reach(tenant, connection).await.map_err(|error| down(&error))?;
    if reached.system.capabilities().reads { Ok((reached, connection)) } else { Err(TicketError::Down) }
}

/// Puts the ticket that the customer was invited to before the others, as long as it is open.
async fn first(reached: &Reached, invited: &TicketNumber, tickets: &mut Vec<TicketBrief>) {
    if let Some(at) = tickets.iter().position(|ticket| ticket.number == *invited) {
        return tickets[..=at].rotate_right(1);
    }
    match reached.system.look_up(invited).await {
        Ok(Some(found)) if external::is_open(found.brief.status) => tickets.insert(0, found.brief),
        Ok(_) => {}
        // The others are shown all the same.
        Err(error) => _ = down(&error),
    }
}

async fn look_up(
    shared: &Shared,
    tenant: TenantId,
    mine: &Reach,
    partner: DeviceId,
    number: &TicketNumber,
) -> Result<TicketBrief, TicketError> {
    let asked = async {
        let app = shared.directory.present(tenant, partner).filter(|p| mine.reaches(p.app, partner)).map(|p| p.app);
        let (reached, connection) = ticketing(shared, tenant, app).await?;
        match reached.system.look_up(number).await {
            Ok(Some(found)) => {
                if let Some(connection) = connection {
                    external::note(shared, tenant, connection, &found.brief).await;
                }
                Ok(found.brief)
            }
            Ok(None) => Err(TicketError::NotFound),
            Err(error) => Err(down(&error)),
        }
    };
    tokio::time::timeout(shared.config.times.tickets, asked).await.unwrap_or_else(|_| Err(too_slow()))
}

fn down(error: &ReportError) -> TicketError {
    tracing::warn!(error = error as &dyn std::error::Error, "the ticketing system does not answer");
    // A number it will not even look at is not one of its numbers; a credential that is no longer good says nothing about the number.
    let about_the_number = matches!(error, ReportError::Rejected { refusal: Refused::Request | Refused::NoTicket, .. });
    if about_the_number { TicketError::NotFound } else { TicketError::Down }
}

fn too_slow() -> TicketError {
    tracing::warn!("the ticketing system takes too long");
    TicketError::Down
}

fn busy(what: &'static str, error: &StoreError) -> Refusal {
    tracing::error!(error = error as &dyn std::error::Error, "{what}");
    Refusal::Busy
}
