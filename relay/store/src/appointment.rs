//! Returns: a time at which an attendant is to be back on a ticket of the built-in desk. Each is told once, while its ticket is open.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId, TicketNumber};

use crate::error::StoreError;

/// Returns that may be ahead on one ticket.
pub const APPOINTMENTS_PER_TICKET: u32 = 10;

/// A return that is agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAppointment {
    /// Whose.
    pub tenant: TenantId,
    /// On which ticket.
    pub ticket: TicketNumber,
    /// Who is to be back.
    pub operator: OperatorId,
    /// When.
    pub at: Timestamp,
    /// What for; may be empty.
    pub note: String,
}

/// A return on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appointment {
    /// Which.
    pub id: i64,
    /// What was agreed on.
    pub what: NewAppointment,
    /// The name of who is to be back.
    pub operator_name: String,
    /// … and what they log in with.
    pub login: String,
    /// What the ticket is about.
    pub subject: String,
    /// The requester's name.
    pub customer: String,
}

/// Records of returns.
#[async_trait]
pub trait AppointmentRecords: Send + Sync {
    /// Writes one down. [`StoreError::NotFound`] when ticket or operator is not the tenant's, or the operator is disabled;
    /// [`StoreError::Conflict`] (`appointments`) when [`APPOINTMENTS_PER_TICKET`] are ahead on the ticket.
    async fn add_appointment(&self, new: &NewAppointment, now: Timestamp) -> Result<(), StoreError>;
    /// Takes one of this ticket back that is ahead.
    async fn cancel_appointment(
        &self,
        tenant: TenantId,
        ticket: &TicketNumber,
        id: i64,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Those of a ticket that are ahead, the next first.
    async fn appointments_on(&self, tenant: TenantId, ticket: &TicketNumber) -> Result<Vec<Appointment>, StoreError>;
    /// Those of an operator on open tickets that are ahead until then, the next first.
    async fn appointments_of(
        &self,
        tenant: TenantId,
        operator: OperatorId,
        until: Timestamp,
    ) -> Result<Vec<Appointment>, StoreError>;
    /// Those of every company whose time has come and that were not told: on open tickets, of operators who are not disabled.
    async fn due_appointments(&self, now: Timestamp) -> Result<Vec<Appointment>, StoreError>;
    /// When the next of them comes after this time.
    async fn next_appointment(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError>;
    /// It is told. `false`: it was already, or was taken back.
    async fn appointment_told(&self, id: i64, now: Timestamp) -> Result<bool, StoreError>;
}
