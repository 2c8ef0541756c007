//! Dialling: from the attendant's wish to two invitations, with the session written down before anybody is told of it.

use super::*;
use protocol::message::{
    ShownText,
    pairing::{Dial, DialError, Dialled, Incoming},
    ticket::{TicketBrief, TicketChoice},
};

use crate::{
    apps::Reach,
    directory::{ClaimError, Present},
};

/// The attendant who dials.
pub struct Caller {
    /// Their company.
    pub tenant: TenantId,
    /// Who.
    pub operator: OperatorId,
    /// Their name as others see it.
    pub name: ShownText,
    /// Their program.
    pub peer: Arc<Peer>,
    /// The ID of their own program: nobody dials themselves.
    pub own: Option<DeviceId>,
    /// The apps they attend: customers of others are not reached.
    pub reach: Reach,
}

impl Sessions {
    /// Counts a dial of this attendant. Called before anything is looked up, so that every dial costs the same. What comes of it is
    /// told with [`Sessions::settle_dial`].
    ///
    /// # Errors
    /// [`DialError::TooMany`] over the caps.
    pub fn begin_dial(&self, what: Try) -> Result<Begun, DialError> {
        let too_many = |wait: std::time::Duration| DialError::TooMany {
            retry_after_s: u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1),
        };
        let now = Instant::now();
        // Who has to wait for being wrong has not dialled.
        let begun = self.guesses().begin(what, now).map_err(too_many)?;
        let counted = self.dials.lock().unwrap_or_else(PoisonError::into_inner).count(what.operator, now);
        counted.map_err(|wait| {
            self.guesses().settle(begun, false, now);
            too_many(wait)
        })?;
        Ok(begun)
    }

    /// Whether the dial was a wrong guess. Called after its answer: an alarm may follow.
    pub fn settle_dial(&self, begun: Begun, failed: bool) {
        let mut guesses = self.guesses();
        guesses.settle(begun, failed, Instant::now());
        let alarms = guesses.take_alarms();
        drop(guesses);
        self.raise(alarms);
    }

    /// Prepares a pairing: the partner is claimed, the session is written down, both get their tokens.
    ///
    /// `ticket` is the chosen one as it was looked up; the caller has refused one that does not exist. A `locked` partner is not reached, nor
    /// one of an app that the caller does not attend.
    ///
    /// # Errors
    /// Why there is no pairing; then nothing was changed.
    pub async fn dial(
        &self,
        caller: &Caller,
        dial: &Dial,
        ticket: Option<TicketBrief>,
        locked: bool,
    ) -> Result<Dialled, DialError> {
        let reachable =
            |p: &Present| !locked && caller.own != Some(dial.partner) && caller.reach.reaches(p.app, dial.partner);
        let (customer, present) =
            self.directory.claim(caller.tenant, dial.partner, reachable).map_err(|error| match error {
                ClaimError::Unreachable => DialError::Unreachable,
                ClaimError::Busy => DialError::Busy,
            })?;
        // Gives the claim back on every way out of here, also when this task is dropped while the store writes.
        let claim = Claimed { directory: &self.directory, device: Some(dial.partner) };

        let id = SessionId::from_bytes(rand::random());
        let dialled_at = Timestamp::now();
        let row = store::NewSession {
            id,
            tenant: caller.tenant,
            app: present.app,
            device: dial.partner,
            fields: present.fields.clone(),
            attendant: caller.operator,
            attendant_name: caller.name.as_str().to_owned(),
            ticket: dial.ticket.clone(),
            dialled_at,
        };
        let opened = self.store.open_session(&row).await.map_err(|error| {
            tracing::error!(session = %id, error = &error as &dyn std::error::Error, "a session cannot be recorded: it is refused");
            DialError::CannotRecord
        })?;

        // Only a figure: no session waits for it.
        if present.listed
            && let Err(error) = self.store.note_wait(id, dialled_at.duration_since(present.since).unsigned_abs()).await
        {
            tracing::warn!(session = %id, error = &error as &dyn std::error::Error, "how long a customer waited is not kept");
        }

        let known = match (&dial.ticket, &ticket) {
            (TicketChoice::Number(_), Some(brief)) => Some(brief.number.clone()),
            _ => None,
        };
        customer.takes_part();
        caller.peer.takes_part();
        let leg = |bearer, peer: &Arc<Peer>| Leg { bearer, peer: Some(peer.clone()), numbers: Numbers::default() };
        let bearers = [Bearer::Device(dial.partner), Bearer::Operator(caller.operator)];
        let live = Live {
            shown: LiveSession {
                id,
                tenant: caller.tenant,
                app: present.app,
                protocol: opened.protocol.clone(),
                operator: caller.operator,
                attendant: caller.name.as_str().to_owned(),
                device: dial.partner,
                customer: present.field(FieldKey::Name).to_owned(),
                company: present.field(FieldKey::Company).to_owned(),
                ticket: known,
                connection: opened.connection,
                standing: Standing::Dialling,
                since: dialled_at,
                watches: None,
            },
            pairing: Pairing::dialled(Instant::now(), self.times.waits),
            legs: [leg(bearers[0], &customer), leg(bearers[1], &caller.peer)],
            cut: CancellationToken::new(),
            streams: Arc::new(Semaphore::new(self.streams_per_session)),
            reconnects: 0,
            round_trip: None,
            unwritten_start: None,
        };
        self.live().insert(id, live);
        claim.keep();
        tracing::info!(session = %id, device = %dial.partner, operator = %caller.operator, "dialled");

        let tokens = |role: Role| {
            let claim = Claim { session: id, role };
            let give = |purpose| self.tokens.give(purpose, claim, bearers[index(role)], now_ms());
            (give(Purpose::Join), give(Purpose::Resume))
        };
        let (token, resume) = tokens(Role::Customer);
        customer.send(FromRelay::Incoming(Incoming {
            session: id,
            token,
            resume,
            ticket,
            protocol: opened.protocol.clone(),
        }));
        // A half that was lost while the store wrote did not find its session then.
        for peer in [&customer, &caller.peer] {
            if peer.connection().close_reason().is_some() {
                self.lost(peer, false);
            }
        }
        self.due.notify_one();
        self.changes.bump();
        let (token, resume) = tokens(Role::Attendant);
        Ok(Dialled { request: dial.request, session: id, token, resume, protocol: opened.protocol })
    }
}

struct Claimed<'a> {
    directory: &'a Directory,
    device: Option<DeviceId>,
}

impl Claimed<'_> {
    fn keep(mut self) {
        self.device = None;
    }
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        if let Some(device) = self.device {
            self.directory.set_busy(device, false);
        }
    }
}
