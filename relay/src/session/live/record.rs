//! The record of a session: reports of the programs, ends that the relay decides, and the ticket's number once there is one.
//!
//! A report is acknowledged when it is on the disk and not before. What the store cannot take now (disk full) is tried again until it
//! can; what is lost with the process is found unfinished at the next start.

use std::collections::VecDeque;

use super::*;
use crate::{key::Keys, session::guess::Alarm};
use protocol::message::{
    ShownText,
    grant::{Change, RightsChange},
    pairing::{Happened, RecordMark, Report, ReportKept, Step},
    ticket::SessionTicket,
    wrap_up::WrapUp,
};
use store::{Category, Ended, Kept, Started, WrappedUp};

/// What becomes of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportOutcome {
    /// Written down, now or before: acknowledge it.
    Kept(ReportKept),
    /// The store cannot take it now: no acknowledgement, the program tells it again.
    NotNow,
    /// No session of this program: it need not ask again.
    NotYours,
    /// Only the customer's program tells a start, what is allowed and with whose rights after it, or raises an alarm.
    Violation,
}

struct Unwritten {
    session: SessionId,
    start: Option<Started>,
    end: Ended,
    round_trip: Option<Duration>,
}

struct Awaiting {
    protocol: ProtocolNumber,
    known: Option<TicketNumber>,
    peers: Vec<Arc<Peer>>,
    until: Instant,
}

/// Ends that are still to be written, and sessions whose ticket is not yet known.
pub(super) struct Record {
    unwritten: Mutex<Vec<Unwritten>>,
    alarms: Mutex<VecDeque<(Alarm, Timestamp)>>,
    pub(super) notes: super::notes::Notes,
    awaiting: Mutex<HashMap<SessionId, Awaiting>>,
    pub(super) wake: Notify,
    outbox: Arc<Notify>,
}

/// How long programs are told of a ticket that is opened late. After that the console knows it.
const TICKET_NEWS_FOR: Duration = Duration::from_secs(600);
/// Alarms that wait for a store that cannot write.
const ALARMS_WAITING: usize = 1_024;
/// How often a full store is tried again.
const STORE_AGAIN: Duration = Duration::from_secs(2);
/// How often a ticket that is being opened is looked for when nobody says that it is there.
const TICKET_AGAIN: Duration = Duration::from_secs(5);

impl Record {
    pub(super) fn new(outbox: Arc<Notify>) -> Self {
        Self {
            unwritten: Mutex::default(),
            alarms: Mutex::default(),
            notes: super::notes::Notes::default(),
            awaiting: Mutex::default(),
            wake: Notify::new(),
            outbox,
        }
    }

    pub(super) fn write_later(
        &self,
        session: SessionId,
        start: Option<Started>,
        end: Ended,
        round_trip: Option<Duration>,
    ) {
        let entry = Unwritten { session, start, end, round_trip };
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        self.wake.notify_one();
    }

    /// Alarms are written when the store can; with very many waiting for that, the first ones tell the story.
    pub(super) fn alarms_later(&self, alarms: Vec<Alarm>, at: Timestamp) {
        let mut waiting = self.alarms.lock().unwrap_or_else(PoisonError::into_inner);
        let room = ALARMS_WAITING.saturating_sub(waiting.len());
        waiting.extend(alarms.into_iter().take(room).map(|alarm| (alarm, at)));
        drop(waiting);
        self.wake.notify_one();
    }
}

impl Sessions {
    /// A program tells what happened. `keys` know the roots of companies.
    pub async fn report(&self, who: Bearers, report: &Report, keys: &Keys) -> ReportOutcome {
        let session = report.session;
        let row = match self.store.session(session).await {
            Ok(row) => row,
            Err(StoreError::NotFound { .. }) => return ReportOutcome::NotYours,
            Err(error) => {
                tracing::error!(%session, error = &error as &dyn std::error::Error, "a report cannot be written down now");
                return ReportOutcome::NotNow;
            }
        };
        let customer = who.device == Some(row.device);
        // A request that was missed was no session: nothing happened in it.
        let Some(attendant) = row.attendant else { return ReportOutcome::NotYours };
        if !customer && who.operator != Some(attendant) {
            return ReportOutcome::NotYours;
        }
        match &report.what {
            Happened::Started { .. } | Happened::Alarm { .. } | Happened::Changed(_) | Happened::Rights(_)
                if !customer =>
            {
                ReportOutcome::Violation
            }
            Happened::Started { granted, attendant, at_unix_ms } => {
                let started = Started {
                    granted: *granted,
                    attendant_name: attendant.as_str().to_owned(),
                    at: reported(*at_unix_ms),
                };
                self.report_start(&row, started).await
            }
            Happened::Ended { why, at_unix_ms, reconnects } => {
                // By the customer's word alone: an attendant's program that guesses would tell something else.
                if customer && *why == CloseReason::WrongPassword && row.started_at.is_none() {
                    self.count_wrong_password(&row, attendant);
                }
                let ended = Ended { why: *why, at: reported(*at_unix_ms), reconnects: *reconnects };
                self.report_end(session, ended).await
            }
            Happened::Alarm { at_unix_ms } => self.report_alarm(session, reported(*at_unix_ms)).await,
            Happened::Changed(changes) => self.report_changed(&row, changes).await,
            Happened::Rights(rights) => self.report_rights(&row, rights).await,
            Happened::WrappedUp(_) if customer => ReportOutcome::Violation,
            Happened::WrappedUp(said) => self.report_wrapped_up(&row, said).await,
            Happened::Signed(signed) => {
                let role = if customer { Role::Customer } else { Role::Attendant };
                self.report_signed(&row, role, signed, keys).await
            }
        }
    }

    async fn report_start(&self, row: &Session, started: Started) -> ReportOutcome {
        let session = row.id;
        let written = self.store.start_session(session, &started, Timestamp::now()).await;
        let mut map = self.live();
        let peers = map.get_mut(&session).map_or_else(Vec::new, |live| {
            live.pairing.started();
            live.shown.since = started.at;
            live.refresh();
            live.legs.iter().filter_map(|leg| leg.peer.clone()).collect()
        });
        if let Some(watched) = map.get(&session).and_then(|live| live.shown.watches) {
            super::watch::tell(&map, watched);
        }
        self.due.notify_one();
        self.directory.settle(row.device);
        match written {
            Ok(_) => {
                if let Some(live) = map.get_mut(&session) {
                    live.unwritten_start = None;
                }
                let known = map.get(&session).and_then(|live| live.shown.ticket.clone()).or_else(|| row.ticket.clone());
                drop(map);
                tracing::info!(%session, "session started");
                self.record.outbox.notify_one();
                self.announce(session, &row.protocol, known, peers);
                self.changes.bump();
                ReportOutcome::Kept(ReportKept { session, step: Step::Started, record: None })
            }
            Err(error) => {
                if let Some(live) = map.get_mut(&session) {
                    live.unwritten_start = Some(started);
                }
                drop(map);
                tracing::error!(%session, error = &error as &dyn std::error::Error, "a start cannot be written down now");
                ReportOutcome::NotNow
            }
        }
    }

    async fn report_end(&self, session: SessionId, ended: Ended) -> ReportOutcome {
        let known = self.live().get_mut(&session).map(|live| {
            live.measure();
            (live.unwritten_start.clone(), live.round_trip)
        });
        let (start, round_trip) = known.unwrap_or_default();
        match self.write(session, start.as_ref(), &ended, round_trip).await {
            Ok(()) => {
                self.remove(session, ended.why);
                ReportOutcome::Kept(ReportKept { session, step: Step::Ended, record: self.noted(session).await })
            }
            Err(error) => {
                tracing::error!(%session, error = &error as &dyn std::error::Error, "an end cannot be written down now");
                self.finish(session, ended.why, ended.at);
                ReportOutcome::NotNow
            }
        }
    }

    async fn report_alarm(&self, session: SessionId, at: Timestamp) -> ReportOutcome {
        match self.store.alarm_session(session, at, Timestamp::now()).await {
            Ok(_) => {
                tracing::warn!(%session, "the customer has raised an alarm about this session");
                self.changes.bump();
                ReportOutcome::Kept(ReportKept { session, step: Step::Alarm, record: None })
            }
            Err(error) => {
                tracing::error!(%session, error = &error as &dyn std::error::Error, "an alarm cannot be written down now");
                ReportOutcome::NotNow
            }
        }
    }

    async fn report_changed(&self, row: &Session, changes: &[Change]) -> ReportOutcome {
        let written = self.store.change_session(row.id, changes, Timestamp::now()).await;
        self.changed(row, written, Step::Changed)
    }

    async fn report_rights(&self, row: &Session, rights: &[RightsChange]) -> ReportOutcome {
        let written = self.store.change_rights(row.id, rights, Timestamp::now()).await;
        self.changed(row, written, Step::Rights)
    }

    /// What has become of something that the customer's program told of a session that goes on.
    fn changed(&self, row: &Session, written: Result<Kept, StoreError>, step: Step) -> ReportOutcome {
        let session = row.id;
        match written {
            Ok(_) => {}
            // Of a session that never began, or a request, there is nothing to be said. A start that is not written down yet comes first.
            Err(StoreError::Conflict { .. }) if row.state != SessionState::Dialling => {}
            Err(error) => {
                tracing::error!(%session, ?step, error = &error as &dyn std::error::Error, "a change cannot be written down now");
                return ReportOutcome::NotNow;
            }
        }
        self.changes.bump();
        ReportOutcome::Kept(ReportKept { session, step, record: None })
    }

    async fn report_wrapped_up(&self, row: &Session, said: &WrapUp) -> ReportOutcome {
        let session = row.id;
        let written = async {
            let apps = self.store.apps(row.tenant).await?;
            let known = apps.iter().find(|app| app.id == row.app).map(|app| app.wrap_up.categories.as_slice());
            let category = said.category.as_ref().map(|name| {
                let known = known.unwrap_or_default().iter().find(|c| ShownText::lossy(&c.name) == *name);
                // Renamed since it was asked: what was chosen stays, and nobody says that it means help.
                known.cloned().unwrap_or_else(|| Category { name: name.as_str().to_owned(), solved: false })
            });
            let said = WrappedUp { category, note: said.note.as_str().to_owned() };
            self.store.wrap_up_session(session, &said, Timestamp::now()).await
        };
        match written.await {
            Ok(_) => {
                self.record.outbox.notify_one();
                self.changes.bump();
                ReportOutcome::Kept(ReportKept { session, step: Step::WrappedUp, record: None })
            }
            // Of a session that never began there is nothing to be said. An end that is not written down yet comes first.
            Err(StoreError::Conflict { .. }) if row.state == SessionState::NotStarted => {
                ReportOutcome::Kept(ReportKept { session, step: Step::WrappedUp, record: None })
            }
            Err(error) => {
                tracing::error!(%session, error = &error as &dyn std::error::Error, "a wrap-up cannot be written down now");
                ReportOutcome::NotNow
            }
        }
    }

    /// Where the audit log stood at the session's end. Not readable now: nobody waits for it.
    async fn noted(&self, session: SessionId) -> Option<RecordMark> {
        let head = self.store.session(session).await.ok()?.audit?;
        let mut hash = [0; 8];
        hash.copy_from_slice(&head.hash[..8]);
        Some(RecordMark { line: head.seq, hash })
    }

    async fn write(
        &self,
        session: SessionId,
        start: Option<&Started>,
        end: &Ended,
        round_trip: Option<Duration>,
    ) -> Result<(), StoreError> {
        let now = Timestamp::now();
        if let Some(start) = start {
            self.store.start_session(session, start, now).await?;
        }
        if let Some(took) = round_trip {
            self.store.note_round_trip(session, whole_ms(took)).await?;
        }
        self.store.end_session(session, end, now).await?;
        self.record.outbox.notify_one();
        Ok(())
    }

    /// Writes what the relay itself has decided, and tells programs of tickets that are opened late. Runs as long as the relay.
    pub async fn keep_records(&self) {
        loop {
            let all_written = self.write_all().await;
            let all_known = self.tell_tickets().await;
            let pause = match (all_written, all_known) {
                (false, _) => STORE_AGAIN,
                (true, false) => TICKET_AGAIN,
                (true, true) => Duration::from_secs(3600),
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.record.wake.notified() => {}
            }
        }
    }

    /// Writes what is still to be written; `false` when something is left. Also the last step of a shutdown.
    pub async fn write_all(&self) -> bool {
        let todo = std::mem::take(&mut *self.record.unwritten.lock().unwrap_or_else(PoisonError::into_inner));
        let mut left = Vec::new();
        for entry in todo {
            match self.write(entry.session, entry.start.as_ref(), &entry.end, entry.round_trip).await {
                Ok(()) => {}
                Err(error) if error.is_transient() => {
                    tracing::error!(session = %entry.session, error = &error as &dyn std::error::Error, "an end is not yet written down");
                    left.push(entry);
                }
                Err(error) => {
                    tracing::error!(session = %entry.session, error = &error as &dyn std::error::Error, "an end cannot be written down");
                }
            }
        }
        let done = left.is_empty();
        self.record.unwritten.lock().unwrap_or_else(PoisonError::into_inner).extend(left);
        let noted = self.write_notes().await;
        self.write_alarms().await && noted && done
    }

    async fn write_alarms(&self) -> bool {
        let todo = std::mem::take(&mut *self.record.alarms.lock().unwrap_or_else(PoisonError::into_inner));
        let mut left = VecDeque::new();
        for (alarm, at) in todo {
            match self.write_alarm(&alarm, at).await {
                Ok(()) => {}
                Err(error) => {
                    tracing::error!(tenant = %alarm.tenant, error = &error as &dyn std::error::Error, "an alarm is not yet written down");
                    if error.is_transient() {
                        left.push_back((alarm, at));
                    }
                }
            }
        }
        let done = left.is_empty();
        let mut waiting = self.record.alarms.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that came meanwhile are later.
        left.append(&mut waiting);
        *waiting = left;
        done
    }

    /// A ticket was opened: its session's programs are told its number.
    pub fn look_for_tickets(&self) {
        self.record.wake.notify_one();
    }

    /// A request was missed: the customer is told its ticket once there is one.
    pub(crate) fn await_ticket(&self, request: SessionId, protocol: &ProtocolNumber, peer: Option<Arc<Peer>>) {
        if let Some(peer) = peer {
            self.announce(request, protocol, None, vec![peer]);
        }
    }

    fn announce(
        &self,
        session: SessionId,
        protocol: &ProtocolNumber,
        known: Option<TicketNumber>,
        peers: Vec<Arc<Peer>>,
    ) {
        for peer in &peers {
            peer.send(FromRelay::SessionTicket(SessionTicket {
                session,
                protocol: protocol.clone(),
                ticket: known.clone(),
            }));
        }
        let awaiting = Awaiting { protocol: protocol.clone(), known, peers, until: Instant::now() + TICKET_NEWS_FOR };
        self.record.awaiting.lock().unwrap_or_else(PoisonError::into_inner).insert(session, awaiting);
        self.record.wake.notify_one();
    }

    /// Looks for tickets that have been opened meanwhile; `true` when no program waits for one.
    async fn tell_tickets(&self) -> bool {
        let now = Instant::now();
        let waiting: Vec<SessionId> = {
            let mut awaiting = self.record.awaiting.lock().unwrap_or_else(PoisonError::into_inner);
            awaiting.retain(|_, a| a.until > now);
            awaiting.keys().copied().collect()
        };
        for session in waiting {
            // Not readable now: looked for again.
            let Ok(row) = self.store.session(session).await else { continue };
            let Some(ticket) = row.ticket else { continue };
            let Some(told) = self.record.awaiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&session)
            else {
                continue;
            };
            let mut peers = told.peers;
            if let Some(live) = self.live().get_mut(&session) {
                live.shown.ticket = Some(ticket.clone());
                // Whoever has come back on a new connection.
                peers.extend(live.legs.iter().filter_map(|leg| leg.peer.clone()));
                peers.sort_by_key(|peer| peer.number());
                peers.dedup_by_key(|peer| peer.number());
            }
            if told.known.as_ref() != Some(&ticket) {
                for peer in peers {
                    let protocol = told.protocol.clone();
                    peer.send(FromRelay::SessionTicket(SessionTicket {
                        session,
                        protocol,
                        ticket: Some(ticket.clone()),
                    }));
                }
                self.changes.bump();
            }
        }
        self.record.awaiting.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// In milliseconds; what took no time that can be told took one.
fn whole_ms(took: Duration) -> u32 {
    u32::try_from(took.as_millis()).unwrap_or(u32::MAX).max(1)
}

/// A program's time, which follows the relay's clock but may be off: never in the future.
fn reported(at_unix_ms: u64) -> Timestamp {
    let now = Timestamp::now();
    let at = i64::try_from(at_unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    at.map_or(now, |at| at.min(now))
}
