//! The relay's records: tenants, apps, operators, logins, device ids, sessions, the outbox, the built-in desk, the audit log.
//!
//! Callers hold an `Arc<dyn Store>`; [`Store`] is the sum of one small trait per family, so that an engine is one folder with one
//! file per family. The store makes no random numbers and reads no clock: ids, token hashes and times are given. It never sees a
//! session password, a plain token or anything of a screen.

#![forbid(unsafe_code)]

pub mod app;
pub mod audit;
pub mod connection;
pub mod desk;
pub mod device;
pub mod enrolment;
pub mod error;
pub mod login;
pub mod operator;
pub mod outbox;
pub mod session;
pub mod sqlite;
pub mod tenant;

pub use app::{
    App, AppField, AppRecords, Ask, Availability, Category, Holiday, Hour, Note, Opening, Shut, Staff, Stamp, WrapUp,
};
pub use audit::{
    ALARM, AuditBreak, AuditEntry, AuditHead, AuditLine, AuditMark, AuditMarkError, AuditRecords, AuditVerified,
    SESSION_ALARM, SESSION_DISPUTED, SESSION_SIGNED,
};
pub use connection::{Connection, ConnectionRecords, NewConnection};
pub use desk::{
    ActionKind, Customer, CustomerDetails, CustomerId, DeskRecords, DeskTicket, NewAction, NewDeskTicket, TicketAction,
    TicketFilter,
};
pub use device::{DeviceRecords, Generation};
pub use enrolment::{AttendantCertificate, EnrolmentRecords, EnrolmentRequest};
pub use error::StoreError;
pub use login::{Login, LoginRecords, TokenHash};
pub use operator::{NewOperator, Operator, OperatorRecords, Roles};
pub use outbox::{Claimed, EventKind, Lease, OutboxEntry, OutboxRecords, OutboxState, Settled};
pub use session::{
    Ended, HistoryQuery, Kept, NewSession, OpenedSession, Seal, Session, SessionRecords, SessionState, Started,
    WRAP_UP_WITHIN, WrappedUp,
};
pub use sqlite::SqliteStore;
pub use tenant::{Language, Tenant, TenantRecords};

/// Everything the relay writes down, whatever the engine. See the family traits for the functions.
pub trait Store:
    TenantRecords
    + AppRecords
    + OperatorRecords
    + LoginRecords
    + DeviceRecords
    + SessionRecords
    + OutboxRecords
    + ConnectionRecords
    + DeskRecords
    + AuditRecords
    + EnrolmentRecords
    + Health
    + Send
    + Sync
{
}

/// Whether the engine itself is well. For `amparo-relay doctor` and `/healthz`.
#[async_trait::async_trait]
pub trait Health: Send + Sync {
    /// Looks through the whole database for damage.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] says what was found; otherwise as any call.
    async fn check(&self) -> Result<(), StoreError>;

    /// Writes and takes back one row: tells a full disk or a read-only folder before a session needs it.
    ///
    /// # Errors
    /// As any call; [`StoreError::Full`] when there is no room.
    async fn can_write(&self) -> Result<(), StoreError>;

    /// Finishes what is under way and closes the database.
    async fn close(&self);
}
