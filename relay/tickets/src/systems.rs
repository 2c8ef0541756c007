//! Which ticketing system a session is told to, and how many calls it takes at once. Asked by the worker and by whoever looks tickets up.

use std::sync::Arc;

use async_trait::async_trait;
use protocol::id::{ConnectionId, TenantId};
use store::Store;

use crate::{
    adapter::desk::DeskSystem,
    gate::Gate,
    system::{ReportError, TicketSystem},
};

/// A system and the way into it.
#[derive(Clone)]
pub struct Reached {
    /// The system.
    pub system: Arc<dyn TicketSystem>,
    /// What limits the calls to it; shared by everybody who uses the same credential.
    pub gate: Arc<Gate>,
}

/// Every ticketing system there is.
#[async_trait]
pub trait Systems: Send + Sync {
    /// The system behind this connection of a company; `None`: its built-in desk.
    async fn reach(&self, tenant: TenantId, connection: Option<ConnectionId>) -> Result<Reached, ReportError>;
}

/// Every company's built-in desk, whatever connection is asked for.
pub struct Desks(pub Arc<dyn Store>);

#[async_trait]
impl Systems for Desks {
    async fn reach(&self, tenant: TenantId, _: Option<ConnectionId>) -> Result<Reached, ReportError> {
        let system = Arc::new(DeskSystem::new(self.0.clone(), tenant));
        Ok(Reached { system, gate: Arc::new(Gate::open()) })
    }
}

/// One system for everybody, without limits: for tests and tools.
pub struct Always(pub Arc<dyn TicketSystem>);

#[async_trait]
impl Systems for Always {
    async fn reach(&self, _: TenantId, _: Option<ConnectionId>) -> Result<Reached, ReportError> {
        Ok(Reached { system: self.0.clone(), gate: Arc::new(Gate::open()) })
    }
}
