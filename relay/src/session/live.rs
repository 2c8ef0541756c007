//! The sessions that are under way, and what becomes of them: dialled, joined, cut, back again, over.
//!
//! Called by the connections (what a program said, or that it is gone), by the console (End) and by the sweeper (time is up). What
//! follows from what is decided by [`protocol::session::relay_leg`]; this module carries it out. No lock is held across a wait.

mod alarm;
mod dial;
mod notes;
mod record;
mod seal;
mod watch;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use protocol::{
    id::{AppId, ConnectionId, DeviceId, OperatorId, ProtocolNumber, SessionId, TenantId, TicketNumber},
    message::{
        FromRelay,
        directory::FieldKey,
        pairing::{CloseReason, Closed, Rejoin, RejoinReady, Role, Token},
        stream::StreamHead,
    },
    session::relay_leg::{Effect, Pairing, index},
};
use store::{Session, SessionState, Store, StoreError};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use super::{
    guess::{Begun, Caps, Guesses, Try},
    rate::Rate,
    splice::{Numbers, Route, SpliceError},
    token::{Bearer, Bearers, Claim, Purpose, TokenError, Tokens},
};
use crate::{
    config::{Limits, Times},
    directory::{Changes, Directory},
    listener::{peer::Peer, transport},
};

use alarm::caps;

pub use dial::Caller;
pub use record::ReportOutcome;
pub(crate) use seal::disagreement;

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Dialled; the customer has not yet allowed it.
    Dialling,
    /// Allowed and under way.
    Started,
    /// Under way, but at least one half has lost its connection and may come back.
    Away,
}

/// A session as the console shows it.
#[derive(Debug, Clone)]
pub struct LiveSession {
    /// The session.
    pub id: SessionId,
    /// Its company.
    pub tenant: TenantId,
    /// Its app.
    pub app: AppId,
    /// Its protocol number.
    pub protocol: ProtocolNumber,
    /// The attendant.
    pub operator: OperatorId,
    /// The attendant's name.
    pub attendant: String,
    /// The customer's ID.
    pub device: DeviceId,
    /// The customer's name as typed; may be empty.
    pub customer: String,
    /// The customer's company as typed; may be empty.
    pub company: String,
    /// The ticket, once there is one.
    pub ticket: Option<TicketNumber>,
    /// Its ticketing system; `None`: the built-in desk.
    pub connection: Option<ConnectionId>,
    /// Where it stands.
    pub standing: Standing,
    /// When it was dialled, or allowed if it was.
    pub since: Timestamp,
    /// The session that is watched in it; `None`: it is no watch.
    pub watches: Option<SessionId>,
}

impl LiveSession {
    /// Somebody watches another session in it: the customer is not helped here.
    pub fn is_watch(&self) -> bool {
        self.watches.is_some()
    }
}

/// One half of a session.
struct Leg {
    bearer: Bearer,
    /// Its connection, while it has one. Given at dialling already, so that its loss is noticed before it joins.
    peer: Option<Arc<Peer>>,
    numbers: Numbers,
}

impl Leg {
    fn is_on(&self, peer: &Peer) -> bool {
        self.peer.as_ref().is_some_and(|p| p.number() == peer.number())
    }
}

struct Live {
    shown: LiveSession,
    pairing: Pairing,
    legs: [Leg; 2],
    /// Cancelled when a half is lost: every stream of this pairing is reset.
    cut: CancellationToken,
    streams: Arc<Semaphore>,
    reconnects: u32,
    /// Between the two programs through this server and back, as it was last known.
    round_trip: Option<Duration>,
    /// A start that the store could not take yet.
    unwritten_start: Option<store::Started>,
}

impl Live {
    fn refresh(&mut self) {
        self.shown.standing = match (self.pairing.interrupted(), self.pairing.has_started()) {
            (true, _) => Standing::Away,
            (false, true) => Standing::Started,
            (false, false) => Standing::Dialling,
        };
    }

    /// Takes what the two connections know about how far away they are, while both are here.
    fn measure(&mut self) {
        if let ([Some(one), Some(other)], true) =
            (self.legs.each_ref().map(|leg| leg.peer.as_ref()), self.pairing.paired())
        {
            self.round_trip = Some(one.connection().rtt() + other.connection().rtt());
        }
    }

    fn tell(&self, message: &FromRelay) {
        for peer in self.legs.iter().filter_map(|leg| leg.peer.as_ref()) {
            peer.send(message.clone());
        }
    }
}

/// Why a program may not join or come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// The token is no good.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The token is for another session than the one named.
    #[error("a token of another session")]
    OtherSession,
}

/// The sessions that are under way.
pub struct Sessions {
    live: Mutex<HashMap<SessionId, Live>>,
    dials: Mutex<Rate<OperatorId>>,
    guesses: Mutex<Guesses>,
    /// Deadlines have changed.
    due: Notify,
    record: record::Record,
    store: Arc<dyn Store>,
    directory: Arc<Directory>,
    tokens: Tokens,
    changes: Changes,
    times: Times,
    streams_per_session: usize,
}

impl Sessions {
    /// No session is under way; see [`Sessions::recover`]. `outbox` is notified when the ticketing system has something to be told.
    pub fn new(
        store: Arc<dyn Store>,
        directory: Arc<Directory>,
        key: &[u8; 32],
        outbox: Arc<Notify>,
        changes: Changes,
        times: &Times,
        limits: &Limits,
    ) -> Self {
        Self {
            live: Mutex::new(HashMap::new()),
            dials: Mutex::new(Rate::new(limits.dials_per_minute, limits.dials_per_hour)),
            guesses: Mutex::new(Guesses::new(caps(limits))),
            due: Notify::new(),
            record: record::Record::new(outbox),
            store,
            directory,
            tokens: Tokens::new(key, times.token),
            changes,
            times: times.clone(),
            streams_per_session: limits.streams_per_session,
        }
    }

    /// Sessions of one company, newest first.
    pub fn list(&self, tenant: TenantId) -> Vec<LiveSession> {
        let mut list: Vec<_> =
            self.live().values().filter(|l| l.shown.tenant == tenant).map(|l| l.shown.clone()).collect();
        list.sort_by_key(|s| std::cmp::Reverse((s.since, s.id)));
        list
    }

    /// How many sessions are under way, of all companies.
    pub fn count(&self) -> usize {
        self.live().len()
    }

    /// A customer under this ID is in a session.
    pub fn has_customer(&self, device: DeviceId) -> bool {
        self.live().values().any(|l| l.shown.device == device && !l.shown.is_watch())
    }

    /// Ends a session for an operator of the console. `false` when there is no such session (any more). The permission and the audit
    /// log are the caller's. The end is written down as soon as the store can; the programs are told at once.
    ///
    /// # Errors
    /// None today: a store that cannot write does not keep a session alive.
    pub async fn end(&self, tenant: TenantId, session: SessionId, by: OperatorId) -> Result<bool, StoreError> {
        let known = self.live().get(&session).is_some_and(|l| l.shown.tenant == tenant);
        if known {
            tracing::info!(%session, operator = %by, "session ended in the console");
            self.finish(session, CloseReason::EndedByAttendant, Timestamp::now());
        }
        Ok(known)
    }

    /// Sessions that the records hold as unfinished wait for both halves to come back.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn recover(&self) -> Result<usize, StoreError> {
        let unfinished = self.store.unfinished_sessions().await?;
        let now = Instant::now();
        let mut live = self.live();
        for row in &unfinished {
            let Some(attendant) = row.attendant else { continue };
            tracing::info!(session = %row.id, state = ?row.state, "session of an earlier life: waiting for both halves");
            let watches = row.watches.as_ref().map(|number| {
                unfinished.iter().find(|main| main.tenant == row.tenant && main.protocol == *number).map(|main| main.id)
            });
            let Some(watches) = watches.map_or(Some(None), |main| main.map(Some)) else {
                // What it watched is over.
                let ended =
                    store::Ended { why: CloseReason::WatchedOver, at: Timestamp::now(), reconnects: row.reconnects };
                self.record.write_later(row.id, None, ended, None);
                continue;
            };
            live.insert(row.id, self.recovered(row, attendant, watches, now));
        }
        drop(live);
        self.due.notify_one();
        self.changes.bump();
        Ok(unfinished.len())
    }

    fn recovered(&self, row: &Session, attendant: OperatorId, watches: Option<SessionId>, now: Instant) -> Live {
        let started = row.state == SessionState::Started;
        let leg = |bearer| Leg { bearer, peer: None, numbers: Numbers::default() };
        Live {
            shown: LiveSession {
                id: row.id,
                tenant: row.tenant,
                app: row.app,
                protocol: row.protocol.clone(),
                operator: attendant,
                attendant: row.attendant_name.clone(),
                device: row.device,
                customer: row.customer_name.clone(),
                company: row.field(FieldKey::Company).to_owned(),
                ticket: row.ticket_shown().cloned(),
                connection: row.connection,
                standing: Standing::Away,
                since: row.started_at.unwrap_or(row.dialled_at),
                watches,
            },
            pairing: Pairing::recovered(now, started, self.times.waits),
            legs: [leg(Bearer::Device(row.device)), leg(Bearer::Operator(attendant))],
            cut: CancellationToken::new(),
            streams: Arc::new(Semaphore::new(self.streams_per_session)),
            reconnects: row.reconnects,
            round_trip: None,
            unwritten_start: None,
        }
    }

    /// A program takes its place with a token.
    ///
    /// # Errors
    /// When the token is no good. A late one, or one of a session that is over, is answered with `Closed`.
    pub fn join(&self, peer: &Arc<Peer>, who: Bearers, token: &Token) -> Result<(), JoinError> {
        let Claim { session, role } = match self.tokens.take(Purpose::Join, token, who, now_ms()) {
            Ok(claim) => claim,
            Err(TokenError::Expired(session)) => {
                peer.send(FromRelay::Closed(Closed { session, why: CloseReason::ConnectionLost }));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let mut map = self.live();
        let Some(live) = map.get_mut(&session) else {
            drop(map);
            peer.send(FromRelay::Closed(Closed { session, why: CloseReason::ConnectionLost }));
            return Ok(());
        };
        peer.takes_part();
        live.legs[index(role)].peer = Some(peer.clone());
        let before = live.pairing.interrupted();
        let effect = live.pairing.join(role, Instant::now());
        if effect == Some(Effect::Paired) {
            live.reconnects += u32::from(before);
            if before {
                self.note_back(live);
            }
            live.cut = CancellationToken::new();
            for peer in live.legs.iter().filter_map(|leg| leg.peer.as_ref()) {
                transport::widen(peer.connection());
                peer.send(FromRelay::Paired(session));
            }
            live.refresh();
            tracing::info!(%session, reconnects = live.reconnects, "paired");
            if before && !live.shown.is_watch() {
                watch::tell(&map, session);
            }
        }
        drop(map);
        self.due.notify_one();
        self.changes.bump();
        Ok(())
    }

    /// A program asks for its place in a session that was cut.
    ///
    /// # Errors
    /// When the token is no good. A session that is over is answered with `Closed`.
    pub fn rejoin(&self, peer: &Arc<Peer>, who: Bearers, rejoin: &Rejoin) -> Result<(), JoinError> {
        let claim = self.tokens.take(Purpose::Resume, &rejoin.resume, who, now_ms())?;
        if claim.session != rejoin.session {
            return Err(JoinError::OtherSession);
        }
        let session = claim.session;
        let mut map = self.live();
        let Some(live) = map.get_mut(&session) else {
            drop(map);
            peer.send(FromRelay::Closed(Closed { session, why: CloseReason::ConnectionLost }));
            return Ok(());
        };
        live.measure();
        let leg = &mut live.legs[index(claim.role)];
        let bearer = leg.bearer;
        // The program is back before its old connection has timed out.
        let replaced = leg.peer.take_if(|old| old.number() != peer.number()).is_some();
        let effect = if replaced { live.pairing.lost(claim.role, false, Instant::now()) } else { None };
        if matches!(effect, Some(Effect::TellAway(_))) {
            self.note_away(live, claim.role);
        }
        let over = self.carry_out(live, effect);
        peer.send(FromRelay::RejoinReady(RejoinReady {
            session,
            token: self.tokens.give(Purpose::Join, claim, bearer, now_ms()),
            resume: self.tokens.give(Purpose::Resume, claim, bearer, now_ms()),
        }));
        drop(map);
        if let Some(why) = over {
            self.finish(session, why, Timestamp::now());
        }
        self.due.notify_one();
        Ok(())
    }

    /// A connection is gone; `goodbye` when the program was closed by its user. Its sessions wait for it, or are over.
    pub fn lost(&self, peer: &Peer, goodbye: bool) {
        // A relay's customers go by the thousand, and most have never been in a session.
        if !peer.may_take_part() {
            return;
        }
        let now = Instant::now();
        let mut over = Vec::new();
        let mut map = self.live();
        for (session, live) in map.iter_mut() {
            for role in [Role::Customer, Role::Attendant] {
                if !live.legs[index(role)].is_on(peer) {
                    continue;
                }
                live.measure();
                live.legs[index(role)].peer = None;
                live.cut.cancel();
                let effect = live.pairing.lost(role, goodbye, now);
                tracing::info!(%session, ?role, goodbye, "half of a session lost");
                if matches!(effect, Some(Effect::TellAway(_))) {
                    self.note_away(live, role);
                }
                over.extend(self.carry_out(live, effect).map(|why| (*session, why)));
            }
        }
        drop(map);
        for (session, why) in over {
            self.finish(session, why, Timestamp::now());
        }
        self.due.notify_one();
    }

    fn carry_out(&self, live: &mut Live, effect: Option<Effect>) -> Option<CloseReason> {
        match effect {
            Some(Effect::TellAway(role)) => {
                live.cut.cancel();
                if let Some(peer) = &live.legs[index(role)].peer {
                    peer.send(FromRelay::PeerAway(live.shown.id));
                }
                live.refresh();
                self.changes.bump();
                None
            }
            Some(Effect::Over(why)) => Some(why),
            Some(Effect::Paired) | None => {
                live.refresh();
                None
            }
        }
    }

    /// Where a stream goes that this program has opened.
    ///
    /// # Errors
    /// When it does not belong to a paired session of this program, or breaks its rules.
    pub fn route(&self, peer: &Peer, head: StreamHead) -> Result<Route, SpliceError> {
        let mut map = self.live();
        let live = map.get_mut(&head.session).ok_or(SpliceError::NotPaired)?;
        let role = [Role::Customer, Role::Attendant].into_iter().find(|role| live.legs[index(*role)].is_on(peer));
        let role = role.ok_or(SpliceError::NotPaired)?;
        if !live.pairing.paired() {
            return Err(SpliceError::NotPaired);
        }
        if !live.legs[index(role)].numbers.take(head.number) {
            return Err(SpliceError::NumberReused(head.number));
        }
        let place = live.streams.clone().try_acquire_owned().map_err(|_| SpliceError::Full)?;
        let other = live.legs[index(role.other())].peer.as_ref().ok_or(SpliceError::NotPaired)?;
        Ok(Route { other: other.connection().clone(), cut: live.cut.clone(), place })
    }

    /// Ends what has waited too long, as long as it runs. The relay's one timer for sessions.
    pub async fn sweep(&self) {
        loop {
            let next = self.live().values().filter_map(|l| l.pairing.poll_timeout()).min();
            let slept = async {
                match next {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = slept => self.handle_timeouts(Instant::now()),
                () = self.due.notified() => {}
            }
        }
    }

    fn handle_timeouts(&self, now: Instant) {
        let mut over = Vec::new();
        for (session, live) in self.live().iter_mut() {
            if let Some(Effect::Over(why)) = live.pairing.handle_timeout(now) {
                over.push((*session, why));
            }
        }
        for (session, why) in over {
            tracing::info!(%session, ?why, "time is up");
            self.finish(session, why, Timestamp::now());
        }
    }

    /// The session is over: both programs are told, its streams are reset, and its end is handed to the record.
    fn finish(&self, session: SessionId, why: CloseReason, at: Timestamp) {
        let Some(mut live) = self.remove(session, why) else { return };
        live.measure();
        let end = store::Ended { why, at, reconnects: live.reconnects };
        self.record.write_later(session, live.unwritten_start, end, live.round_trip);
    }

    /// Takes a session out and tells its programs. Whoever calls this has written its end down, or sees to it.
    fn remove(&self, session: SessionId, why: CloseReason) -> Option<Live> {
        let mut map = self.live();
        let live = map.remove(&session)?;
        live.cut.cancel();
        // Before anybody hears that it is over: who dials on hearing it gets through.
        if !live.shown.is_watch() {
            self.directory.set_busy(live.shown.device, false);
        }
        live.tell(&FromRelay::Closed(Closed { session, why }));
        for peer in live.legs.iter().filter_map(|leg| leg.peer.as_ref()) {
            if !map.values().any(|l| l.legs.iter().any(|leg| leg.is_on(peer))) {
                transport::narrow(peer.connection());
            }
        }
        if let Some(watched) = live.shown.watches {
            watch::tell(&map, watched);
        }
        let watches = watch::of(&map, session);
        drop(map);
        for watch in watches {
            self.finish(watch, CloseReason::WatchedOver, Timestamp::now());
        }
        self.changes.bump();
        tracing::info!(%session, ?why, reconnects = live.reconnects, "session over");
        Some(live)
    }

    fn live(&self) -> MutexGuard<'_, HashMap<SessionId, Live>> {
        // Every change under this lock is complete in itself, so a panic elsewhere leaves nothing half-done behind.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The clock as tokens and messages tell it, in milliseconds since 1970 UTC.
pub(crate) fn now_ms() -> u64 {
    u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0)
}
