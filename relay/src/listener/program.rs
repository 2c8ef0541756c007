//! One connected program: its control stream, its streams into sessions, and what is left behind when it is gone.
//!
//! A thin shell: what may be said when is in `manners`, what becomes of sessions in [`crate::session`]. Whatever a program says or does
//! not say ends its own connection at most.

mod answer;
mod enrol;
mod frames;
mod grant;
mod invitation;
mod manners;
mod offers;
mod request;
mod update;
mod waiting;
mod watch;
mod wrap_up;

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use protocol::{
    id::{DeviceId, TenantId},
    message::{FromRelay, ToRelay, directory::LoginToken, hello::Refusal},
};
use quinn::{Connection, ConnectionError, RecvStream, SendStream, WriteError};
use store::Generation;
use tokio::{
    sync::Semaphore,
    task::{AbortHandle, JoinHandle},
};

use self::{
    frames::{Inbox, ReadFault},
    manners::{Breach, Pace, Standing},
};
use super::peer::{CloseCode, Peer};
use crate::{
    account::Operator,
    relay::Shared,
    session::{splice, token::Bearers},
};

/// Look-ups and dials that one program may have under way; the next waits, and with it all else the program says.
const UNDER_WAY: usize = 4;
/// How long the last words may take to be read.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Serves a program until its connection is closed. `welcomed` is called once it has said a proper hello; with `busy` it is told that
/// there is no room.
pub async fn run(shared: Arc<Shared>, connection: Connection, source: IpAddr, busy: bool, welcomed: impl FnOnce()) {
    // What begins and what ends is boxed, here and below: every waiting customer pays for the largest step of this task.
    let Some((send, recv)) = Box::pin(control_stream(&shared, &connection, source)).await else { return };
    let peer = Peer::new(connection, shared.config.limits.outgoing);
    let writer = tokio::spawn(frames::write_all(send, peer.clone()));
    let mut inbox = Inbox::new(recv, shared.config.times.message);
    let mut program = Program::new(shared, peer, source);
    let end = if busy { End::Refused(Refusal::Busy) } else { program.talk(&mut inbox, welcomed).await };
    drop(inbox);
    Box::pin(program.part(end, writer)).await;
}

/// The first stream of a program, if it comes in time.
async fn control_stream(shared: &Shared, connection: &Connection, source: IpAddr) -> Option<(SendStream, RecvStream)> {
    match tokio::time::timeout(shared.config.times.message, connection.accept_bi()).await {
        Ok(Ok(streams)) => Some(streams),
        Ok(Err(error)) => {
            tracing::debug!(%source, error = &error as &dyn std::error::Error, "left without a word");
            None
        }
        Err(_) => {
            tracing::warn!(%source, "no control stream in time, closed");
            connection.close(CloseCode::Violation.into(), b"no control stream");
            None
        }
    }
}

/// How a conversation ends.
enum End {
    /// The connection or the control stream is closed.
    Gone,
    /// The program is told this and closed.
    Refused(Refusal),
}

/// Who is logged in.
struct LoggedIn {
    operator: Operator,
    token: LoginToken,
    /// The certificate that was asked for and is not there yet.
    asked: enrol::AskedSlot,
    /// Tells the waiting list until it is dropped.
    _feed: AbortOnDrop,
    /// Tells that the login has ended or the certificate has come.
    _watch: AbortOnDrop,
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Program {
    shared: Arc<Shared>,
    peer: Arc<Peer>,
    source: IpAddr,
    tenant: Option<TenantId>,
    device: Option<(DeviceId, Generation)>,
    /// The same ID for the waiting list, which leaves it out; 0: none.
    own: Arc<AtomicU32>,
    /// Boxed, as most programs have none.
    login: Option<Box<LoggedIn>>,
    under_way: Arc<Semaphore>,
    /// The one-time grant it has taken.
    taken: grant::TakenSlot,
    /// What it was invited to. Boxed, as most programs were not.
    invited: Option<Box<invitation::To>>,
}

impl Program {
    fn new(shared: Arc<Shared>, peer: Arc<Peer>, source: IpAddr) -> Self {
        Self {
            shared,
            peer,
            source,
            tenant: None,
            device: None,
            own: Arc::new(AtomicU32::new(0)),
            login: None,
            under_way: Arc::new(Semaphore::new(UNDER_WAY)),
            taken: grant::TakenSlot::default(),
            invited: None,
        }
    }

    async fn talk(&mut self, inbox: &mut Inbox, welcomed: impl FnOnce()) -> End {
        let mut pace = Pace::new(Instant::now());
        if let Err(end) = Box::pin(self.greet(inbox, &mut pace)).await {
            return end;
        }
        welcomed();
        loop {
            tokio::select! {
                message = inbox.next() => {
                    let message = match message {
                        Ok(Some(message)) => message,
                        Ok(None) => return End::Gone,
                        Err(fault) => return self.faulty(&fault),
                    };
                    // Boxed: what handling a message takes is not to be kept for every idle customer.
                    if let Err(refusal) = Box::pin(self.take(Box::new(message), &mut pace)).await {
                        return End::Refused(refusal);
                    }
                }
                stream = self.peer.connection().accept_bi() => match stream {
                    Ok((send, recv)) => self.splice_both(send, recv),
                    Err(_) => return End::Gone,
                },
                stream = self.peer.connection().accept_uni() => match stream {
                    Ok(recv) => self.splice_one(recv),
                    Err(_) => return End::Gone,
                },
            }
        }
    }

    /// Until there has been a proper hello. No stream but this one can be opened yet.
    async fn greet(&mut self, inbox: &mut Inbox, pace: &mut Pace) -> Result<(), End> {
        let hello_due = tokio::time::Instant::now() + self.shared.config.times.message;
        while self.tenant.is_none() {
            match tokio::time::timeout_at(hello_due, inbox.next()).await {
                Ok(Ok(Some(message))) => self.take(Box::new(message), pace).await.map_err(End::Refused)?,
                Ok(Ok(None)) => return Err(End::Gone),
                Ok(Err(fault)) => return Err(self.faulty(&fault)),
                Err(_) => {
                    tracing::warn!(source = %self.source, "no hello in time, closed");
                    return Err(End::Refused(Refusal::Violation));
                }
            }
        }
        Ok(())
    }

    async fn take(&mut self, message: Box<ToRelay>, pace: &mut Pace) -> Result<(), Refusal> {
        let pause = pace.count(Instant::now());
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        self.handle(*message).await
    }

    /// Tells the program why, lets its last messages go out, closes and clears up.
    async fn part(self, end: End, mut writer: JoinHandle<Result<(), WriteError>>) {
        let code = match end {
            End::Refused(refusal) => {
                self.peer.send(FromRelay::Refused(refusal));
                if refusal == Refusal::Violation { CloseCode::Violation } else { CloseCode::Refused }
            }
            End::Gone => CloseCode::Normal,
        };
        self.peer.end();
        if tokio::time::timeout(LAST_WORDS, &mut writer).await.is_err() {
            writer.abort();
        }
        self.peer.close(code);
        self.leave().await;
    }

    fn faulty(&self, fault: &ReadFault) -> End {
        match fault {
            ReadFault::Gone(_) => End::Gone,
            fault => {
                tracing::warn!(source = %self.source, fault = fault as &dyn std::error::Error, "what a program sent cannot be read, closed");
                End::Refused(Refusal::Violation)
            }
        }
    }

    fn breach(&self, breach: &(dyn std::error::Error + 'static)) -> Refusal {
        tracing::warn!(source = %self.source, breach, "program closed");
        Refusal::Violation
    }

    fn standing(&self) -> Standing {
        Standing { welcomed: self.tenant.is_some(), registered: self.device.is_some() }
    }

    fn bearers(&self) -> Bearers {
        Bearers { device: self.device.map(|(id, _)| id), operator: self.login.as_ref().map(|l| l.operator.id) }
    }

    async fn handle(&mut self, message: ToRelay) -> Result<(), Refusal> {
        manners::check(self.standing(), &message).map_err(|breach: Breach| self.breach(&breach))?;
        let Some(tenant) = self.tenant else {
            return match message {
                ToRelay::Hello(hello) => self.hello(&hello).await,
                _ => Err(Refusal::Violation),
            };
        };
        match message {
            ToRelay::Hello(_) => Err(Refusal::Violation),
            ToRelay::Register(register) => self.register(tenant, register).await,
            ToRelay::NewPassword(password) => {
                if let Some((id, _)) = self.device {
                    self.shared.directory.renew_password(id, &self.peer, password);
                }
                Ok(())
            }
            ToRelay::Login(login) => {
                let checked = self.check(tenant, &login, None).await;
                self.log_in(tenant, checked, None).await;
                Ok(())
            }
            ToRelay::LoginWithCode(login) => {
                let checked = self.check(tenant, &login.login, Some(&login.code)).await;
                self.log_in(tenant, checked, None).await;
                Ok(())
            }
            ToRelay::LoginAgain(token) => {
                let checked = self.shared.accounts.verify(tenant, &token).await;
                self.log_in(tenant, checked, Some(token)).await;
                Ok(())
            }
            ToRelay::Logout => {
                self.log_out().await;
                Ok(())
            }
            ToRelay::Enrol(request) => {
                self.enrol(tenant, &request).await;
                Ok(())
            }
            ToRelay::FindTicket(find) => {
                self.find_ticket(tenant, find).await;
                Ok(())
            }
            ToRelay::ListTickets(list) => {
                self.list_tickets(tenant, list).await;
                Ok(())
            }
            ToRelay::Dial(dial) => {
                self.dial(tenant, dial).await;
                Ok(())
            }
            ToRelay::AskWatch(ask) => {
                self.ask_watch(tenant, ask).await;
                Ok(())
            }
            ToRelay::DialWatch(dial) => {
                self.dial_watch(tenant, dial).await;
                Ok(())
            }
            // An attendant who was disabled a moment ago does not get into what was dialled before.
            ToRelay::Join(_) | ToRelay::Rejoin(_) if self.login.is_some() && self.attendant(tenant).await.is_none() => {
                Ok(())
            }
            ToRelay::Join(token) => {
                self.shared.sessions.join(&self.peer, self.bearers(), &token).map_err(|error| self.breach(&error))
            }
            ToRelay::Rejoin(rejoin) => {
                self.shared.sessions.rejoin(&self.peer, self.bearers(), &rejoin).map_err(|error| self.breach(&error))
            }
            ToRelay::Report(report) => self.report(&report).await,
            ToRelay::SetStatus(_) | ToRelay::Ready(_) | ToRelay::AnswerOffer(_) | ToRelay::PullNext => {
                self.queue_word(tenant, message).await;
                Ok(())
            }
            ToRelay::LeaveRequest(request) => {
                self.leave_request(tenant, request).await;
                Ok(())
            }
            ToRelay::AskUpdate(ask) => {
                self.ask_update(tenant, ask).await;
                Ok(())
            }
            ToRelay::FetchUpdate(fetch) => {
                self.fetch_update(tenant, fetch).await;
                Ok(())
            }
            ToRelay::OpenInvitation(open) => {
                self.open_invitation(tenant, open).await;
                Ok(())
            }
            ToRelay::TakeGrant(take) => {
                self.take_grant(tenant, &take).await;
                Ok(())
            }
        }
    }

    fn splice_one(&self, recv: RecvStream) {
        let (shared, peer) = (self.shared.clone(), self.peer.clone());
        // Ends with its streams: both are reset when a half of the session is lost.
        tokio::spawn(async move {
            let route = |head| shared.sessions.route(&peer, head);
            let carried = splice::one_way(recv, route, shared.config.tap.as_ref()).await;
            not_carried(&peer, carried);
        });
    }

    fn splice_both(&self, send: SendStream, recv: RecvStream) {
        let (shared, peer) = (self.shared.clone(), self.peer.clone());
        tokio::spawn(async move {
            let route = |head| shared.sessions.route(&peer, head);
            let carried = splice::both_ways(send, recv, route, shared.config.tap.as_ref()).await;
            not_carried(&peer, carried);
        });
    }

    /// The program is gone: it is taken out of the directory, its sessions wait for it or are over.
    async fn leave(mut self) {
        self.part_from_queue().await;
        let Some((id, generation)) = self.depart() else { return };
        if self.shared.stopping.is_cancelled() {
            // All IDs are given back together at the next start.
            return;
        }
        let released = match self.tenant {
            Some(tenant) => self.shared.store.release_device_id(tenant, id, generation, jiff::Timestamp::now()).await,
            None => Ok(()),
        };
        if let Err(error) = released {
            tracing::warn!(device = %id, error = &error as &dyn std::error::Error, "an ID is not yet given back");
        }
    }

    /// What must happen also when this task panics. Gives the ID to be given back.
    fn depart(&mut self) -> Option<(DeviceId, Generation)> {
        self.login = None;
        let device = self.device.take();
        let was = device.and_then(|(id, _)| self.shared.directory.leave(id, &self.peer));
        let left = device.filter(|_| was.is_some());
        if !self.shared.stopping.is_cancelled() {
            let reason = self.peer.connection().close_reason();
            let goodbye = matches!(&reason, Some(ConnectionError::ApplicationClosed(close))
                if close.error_code == quinn::VarInt::from(CloseCode::Goodbye));
            self.shared.sessions.lost(&self.peer, goodbye);
            if let Some(present) = was {
                self.shared.queue.gone(&self.shared.config.times, present, goodbye);
            }
        }
        left
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.peer.end();
        self.peer.close(CloseCode::Normal);
        self.depart();
    }
}

fn not_carried(peer: &Peer, carried: Result<(), splice::SpliceError>) {
    let Err(error) = carried else { return };
    let source = peer.connection().remote_address();
    if error.is_violation() {
        tracing::warn!(%source, error = &error as &dyn std::error::Error, "program closed");
        peer.close(CloseCode::Violation);
    } else {
        tracing::debug!(%source, error = &error as &dyn std::error::Error, "stream not carried");
    }
}

fn own_device(own: &AtomicU32) -> Option<DeviceId> {
    DeviceId::new(own.load(Ordering::Relaxed))
}
