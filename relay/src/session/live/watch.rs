//! Watching: a second person of the company sees the screen of a session that another attendant has. It is a session of its own, on the
//! same ticket, which ends with the one that it watches and never frees or takes the customer.
//!
//! Nothing here makes a watch view only, or asks the customer: that is done in the customer's program.

use protocol::{
    message::{
        ShownText,
        pairing::{DialError, Dialled, Incoming},
        watch::{WatchError, Watchable, Watched},
    },
    version::WATCHING_SINCE,
};

use super::*;

type Map = HashMap<SessionId, Live>;

/// The session of this partner, if the caller may watch it now.
fn watchable<'a>(map: &'a Map, caller: &Caller, partner: DeviceId) -> Result<&'a Live, WatchError> {
    let theirs = |l: &&Live| l.shown.tenant == caller.tenant && l.shown.device == partner && !l.shown.is_watch();
    let open = |l: &&Live| {
        l.pairing.has_started()
            && caller.reach.sees(l.shown.app)
            && l.shown.operator != caller.operator
            && caller.own != Some(partner)
    };
    let live = map.values().find(theirs).filter(open).ok_or(WatchError::Unreachable)?;
    if !caller.reach.watches(live.shown.app) {
        return Err(WatchError::NotAllowed);
    }
    let customer = live.legs[index(Role::Customer)].peer.as_ref().ok_or(WatchError::Unreachable)?;
    if !customer.knows(WATCHING_SINCE) {
        return Err(WatchError::ProgramOld);
    }
    if map.values().any(|l| l.shown.watches == Some(live.shown.id)) {
        return Err(WatchError::Taken);
    }
    Ok(live)
}

/// The attendant of this session is told who watches it now.
pub(super) fn tell(map: &Map, watched: SessionId) {
    let helps = map.get(&watched).and_then(|l| l.legs[index(Role::Attendant)].peer.as_ref());
    let Some(peer) = helps.filter(|peer| peer.knows(WATCHING_SINCE)) else { return };
    let by = map.values().find(|l| l.shown.watches == Some(watched) && l.pairing.has_started());
    let by = by.map(|l| ShownText::lossy(&l.shown.attendant));
    peer.send(FromRelay::Watched(Watched { session: watched, by }));
}

/// Those that watch this session.
pub(super) fn of(map: &Map, watched: SessionId) -> Vec<SessionId> {
    map.values().filter(|l| l.shown.watches == Some(watched)).map(|l| l.shown.id).collect()
}

impl Sessions {
    /// Counts a question about a partner as a dial that may be wrong. What comes of it is told with [`Sessions::settle_dial`].
    ///
    /// # Errors
    /// [`WatchError::TooMany`] over the caps.
    pub fn begin_watch(&self, what: Try) -> Result<Begun, WatchError> {
        self.guesses().begin(what, Instant::now()).map_err(|wait| WatchError::TooMany {
            retry_after_s: u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1),
        })
    }

    /// The session of this partner that the caller could watch. Without a grant.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn look_at(&self, caller: &Caller, partner: DeviceId) -> Result<Watchable, WatchError> {
        let shown = watchable(&self.live(), caller, partner)?.shown.clone();
        let row = self.store.session(shown.id).await.map_err(|error| {
            tracing::error!(session = %shown.id, error = &error as &dyn std::error::Error, "a session cannot be looked up");
            WatchError::Unavailable
        })?;
        Ok(Watchable {
            attendant: ShownText::lossy(&shown.attendant),
            customer: ShownText::lossy(&shown.customer),
            ticket: row.ticket.ok_or(WatchError::NoTicket)?,
            grant: None,
        })
    }

    /// Prepares a watch: it is written down on the ticket of the session it watches, and both programs get their tokens.
    ///
    /// # Errors
    /// Why there is none; then nothing was changed.
    pub async fn watch(
        &self,
        caller: &Caller,
        request: u32,
        partner: DeviceId,
        locked: bool,
    ) -> Result<Dialled, DialError> {
        let refused = |error| match error {
            WatchError::NotAllowed => DialError::NotAllowed,
            WatchError::Taken => DialError::Busy,
            _ => DialError::Unreachable,
        };
        if locked {
            return Err(DialError::Unreachable);
        }
        let watched = watchable(&self.live(), caller, partner).map_err(refused)?.shown.id;
        let (id, dialled_at) = (SessionId::from_bytes(rand::random()), Timestamp::now());
        let new = store::NewWatch {
            id,
            tenant: caller.tenant,
            watched,
            attendant: caller.operator,
            attendant_name: caller.name.as_str().to_owned(),
            dialled_at,
        };
        let opened = self.store.open_watch(&new).await.map_err(|error| match error {
            StoreError::Conflict { .. } => DialError::Unreachable,
            error => {
                tracing::error!(session = %id, error = &error as &dyn std::error::Error, "a watch cannot be recorded: it is refused");
                DialError::CannotRecord
            }
        })?;
        let bearers = [Bearer::Device(partner), Bearer::Operator(caller.operator)];
        let Some(customer) = self.insert_watch(caller, partner, (id, watched), &opened, dialled_at) else {
            // Over, or watched by another, while this one was written down.
            let ended = store::Ended { why: CloseReason::Cancelled, at: dialled_at, reconnects: 0 };
            self.record.write_later(id, None, ended, None);
            return Err(DialError::Unreachable);
        };
        tracing::info!(session = %id, %watched, operator = %caller.operator, "dialled to watch");
        let tokens = |role: Role| {
            let claim = Claim { session: id, role };
            let give = |purpose| self.tokens.give(purpose, claim, bearers[index(role)], now_ms());
            (give(Purpose::Join), give(Purpose::Resume))
        };
        let (token, resume) = tokens(Role::Customer);
        let protocol = opened.protocol.clone();
        customer.send(FromRelay::IncomingWatch(Incoming { session: id, token, resume, ticket: None, protocol }));
        // A half that was lost while the store wrote did not find its session then.
        for peer in [&customer, &caller.peer] {
            if peer.connection().close_reason().is_some() {
                self.lost(peer, false);
            }
        }
        self.due.notify_one();
        self.changes.bump();
        let (token, resume) = tokens(Role::Attendant);
        Ok(Dialled { request, session: id, token, resume, protocol: opened.protocol })
    }

    /// Puts a watch that is on record among the live sessions, if it can still be watched. Gives the customer's program.
    fn insert_watch(
        &self,
        caller: &Caller,
        partner: DeviceId,
        (id, watched): (SessionId, SessionId),
        opened: &store::OpenedSession,
        since: Timestamp,
    ) -> Option<Arc<Peer>> {
        let mut map = self.live();
        let main = watchable(&map, caller, partner).ok().filter(|main| main.shown.id == watched)?;
        let customer = main.legs[index(Role::Customer)].peer.clone()?;
        customer.takes_part();
        caller.peer.takes_part();
        let leg = |bearer, peer: &Arc<Peer>| Leg { bearer, peer: Some(peer.clone()), numbers: Numbers::default() };
        let live = Live {
            shown: LiveSession {
                id,
                protocol: opened.protocol.clone(),
                operator: caller.operator,
                attendant: caller.name.as_str().to_owned(),
                connection: opened.connection,
                standing: Standing::Dialling,
                since,
                watches: Some(watched),
                ..main.shown.clone()
            },
            pairing: Pairing::dialled(Instant::now(), self.times.waits),
            legs: [leg(Bearer::Device(partner), &customer), leg(Bearer::Operator(caller.operator), &caller.peer)],
            cut: CancellationToken::new(),
            streams: Arc::new(Semaphore::new(self.streams_per_session)),
            reconnects: 0,
            round_trip: None,
            unwritten_start: None,
        };
        map.insert(id, live);
        Some(customer)
    }
}
