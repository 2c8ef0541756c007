//! Which attendants are there, and whether they take customers. In memory; each change is also written down by the caller.
//!
//! An attendant is there as long as a program of theirs is connected. What they chose last stays through a short break of the
//! connection: a restarted program does not end a break.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use protocol::{
    id::{OperatorId, TenantId},
    message::offer::{Status, StatusIs},
};
use store::PresenceChange;

use crate::{account::Operator, listener::peer::Peer};

/// An attendant as others see them.
#[derive(Debug, Clone)]
pub struct Attendant {
    /// Who.
    pub operator: Operator,
    /// Whether they take customers.
    pub status: Status,
    /// Since when.
    pub since: Timestamp,
    /// Could take one at once.
    pub ready: bool,
}

struct There {
    operator: Operator,
    /// What they chose; [`Status::Offline`] only by their own word.
    chosen: Status,
    /// What it comes to, and since when.
    status: Status,
    since: Timestamp,
    programs: Vec<Program>,
}

struct Program {
    peer: Arc<Peer>,
    ready: bool,
}

impl There {
    /// Works out the status again; the change if it is another one.
    fn settle(&mut self, now: Timestamp) -> Option<PresenceChange> {
        let status = if self.programs.is_empty() { Status::Offline } else { self.chosen };
        if status == self.status {
            return None;
        }
        (self.status, self.since) = (status, now);
        Some(PresenceChange { tenant: self.operator.tenant, operator: self.operator.id, at: now, status })
    }

    fn ready(&self) -> bool {
        self.programs.iter().any(|program| program.ready)
    }
}

/// Whoever was there since the start.
#[derive(Default)]
pub(super) struct Presence(HashMap<OperatorId, There>);

impl Presence {
    /// An attendant has logged in with this program.
    pub(super) fn join(&mut self, operator: &Operator, peer: Arc<Peer>, now: Timestamp) -> Option<PresenceChange> {
        let there = self.0.entry(operator.id).or_insert_with(|| There {
            operator: operator.clone(),
            chosen: Status::Available,
            status: Status::Offline,
            since: now,
            programs: Vec::new(),
        });
        there.operator = operator.clone();
        // Whoever logs in again after having gone wants to work.
        if there.programs.is_empty() && there.chosen == Status::Offline {
            there.chosen = Status::Available;
        }
        there.programs.retain(|program| program.peer.number() != peer.number());
        there.programs.push(Program { peer, ready: false });
        there.settle(now)
    }

    /// A program is gone, or nobody is logged in there any more.
    pub(super) fn part(&mut self, who: OperatorId, peer: &Peer, now: Timestamp) -> Option<PresenceChange> {
        let there = self.0.get_mut(&who)?;
        there.programs.retain(|program| program.peer.number() != peer.number());
        there.settle(now)
    }

    /// A program could show an offer, or not.
    pub(super) fn ready(&mut self, who: OperatorId, peer: &Peer, ready: bool) {
        if let Some(program) =
            self.0.get_mut(&who).and_then(|t| t.programs.iter_mut().find(|p| p.peer.number() == peer.number()))
        {
            program.ready = ready;
        }
    }

    /// An attendant chooses. Without a program it counts from the next login on; `None` for somebody who was never here.
    pub(super) fn choose(&mut self, who: OperatorId, status: Status, now: Timestamp) -> Option<PresenceChange> {
        let there = self.0.get_mut(&who)?;
        there.chosen = status;
        there.settle(now)
    }

    /// As their programs are told it.
    pub(super) fn told(&self, who: OperatorId) -> Option<StatusIs> {
        let there = self.0.get(&who)?;
        let since_unix_ms = u64::try_from(there.since.as_millisecond()).unwrap_or(0);
        Some(StatusIs { status: there.status, since_unix_ms })
    }

    /// All programs of somebody, and those that could show an offer.
    pub(super) fn programs(&self, who: OperatorId, ready_only: bool) -> Vec<Arc<Peer>> {
        let programs = self.0.get(&who).into_iter().flat_map(|there| &there.programs);
        programs.filter(|program| program.ready || !ready_only).map(|program| program.peer.clone()).collect()
    }

    /// Whether they are there, and could take somebody.
    pub(super) fn state(&self, who: OperatorId) -> Option<(Status, bool)> {
        let there = self.0.get(&who).filter(|there| !there.programs.is_empty())?;
        Some((there.status, there.ready()))
    }

    /// A company's attendants who are there or were since the start, by name.
    pub(super) fn of(&self, tenant: TenantId) -> Vec<Attendant> {
        let there = self.0.values().filter(|there| there.operator.tenant == tenant);
        let mut all: Vec<_> = there
            .map(|there| Attendant {
                operator: there.operator.clone(),
                status: there.status,
                since: there.since,
                ready: there.ready(),
            })
            .collect();
        all.sort_by(|a, b| a.operator.name.cmp(&b.operator.name).then(a.operator.id.cmp(&b.operator.id)));
        all
    }
}
