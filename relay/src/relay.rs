//! A relay from its first step to its last: what is loaded, started and stopped, in which order, and why in that order.
//!
//! Used by `amparo-relay serve`, by tests and by the demo. Nothing here is global: everything is handed on in [`Shared`].

use std::{net::SocketAddr, sync::Arc};

use protocol::id::TenantId;
use tokio::sync::{Notify, watch};

use crate::{
    account::Accounts,
    config::{Config, PublicUrl},
    directory::{Changes, Directory},
    key::Keys,
    session::live::Sessions,
};

/// What the parts of a running relay share.
pub struct Shared {
    /// As told; [`Config::listen`] with the real port.
    pub config: Config,
    /// Where the world reaches this server.
    pub public_url: PublicUrl,
    /// The company made at the first start: the one of the set-up page.
    pub first_tenant: TenantId,
    /// Certificates and keys of the data folder.
    pub keys: Keys,
    /// Records.
    pub store: Arc<dyn store::Store>,
    /// The ticketing system that sessions are reported to.
    pub tickets: Arc<dyn tickets::TicketSystem>,
    /// The built-in desk, for the console's ticket pages.
    pub desk: tickets::desk::Desk,
    /// Logins of operators.
    pub accounts: Accounts,
    /// Who is here.
    pub directory: Directory,
    /// Sessions that are under way.
    pub sessions: Sessions,
    /// Wakes the worker that reports to the ticketing system.
    pub outbox: Arc<Notify>,
    /// Counts every change of what is shown live: waiting customers, passwords, sessions.
    pub(crate) changes: Changes,
}

impl Shared {
    /// Wait on this for changes of anything that is shown live; the number only grows.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Address and port of the relay and the console.
    pub fn listen(&self) -> SocketAddr {
        self.config.listen
    }
}
