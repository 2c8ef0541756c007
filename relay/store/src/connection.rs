//! Connections to ticketing systems, which app uses which, and what a company's actions say. Secrets come in sealed and go out sealed.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::{AppId, ConnectionId, TenantId, TicketNumber};

use crate::{app::Stamp, error::StoreError, outbox::EventKind, tenant::Language};

/// A connection as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConnection {
    /// Which.
    pub id: ConnectionId,
    /// Whose.
    pub tenant: TenantId,
    /// What kind of system, as the crate that speaks to it names it.
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// What may be shown.
    pub settings: BTreeMap<String, String>,
    /// What may not, sealed.
    pub sealed: Vec<u8>,
}

/// A connection on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// What was written down last.
    pub what: NewConnection,
    /// Grows with each change.
    pub revision: u32,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was removed: it is kept for the sessions that name it, without its secrets.
    pub removed_at: Option<Timestamp>,
    /// Fields of a ticket that is opened there, each with what goes into it.
    pub fields: Vec<(String, String)>,
    /// Who an operator is there, by the operator's id.
    pub people: BTreeMap<String, String>,
    /// Fields that the system has left out of tickets that were opened there; until it keeps them, or what is mapped changes.
    pub left_out: Option<LeftOut>,
}

/// What became of fields that were sent with a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeptFields {
    /// Names of those that are in it.
    pub kept: Vec<String>,
    /// Names of those that are not.
    pub left_out: Vec<String>,
}

/// Fields that were sent with tickets and are not in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Their names.
    pub fields: Vec<String>,
    /// The last such ticket.
    pub ticket: TicketNumber,
    /// When it was opened.
    pub at: Timestamp,
}

/// What a company's actions of one kind say in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionTemplate {
    /// Of which kind.
    pub kind: EventKind,
    /// What they say; `None`: the standing text.
    pub text: Option<String>,
    /// When and by whom it was changed last; nobody in particular: by an earlier version, which kept no note of it.
    pub changed: Stamp,
}

/// A change of what actions of one kind say; `None`: the standing text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateChange {
    /// Of which kind.
    pub kind: EventKind,
    /// What they said.
    pub from: Option<String>,
    /// What they say from now on.
    pub to: Option<String>,
}

/// Records of connections.
#[async_trait]
pub trait ConnectionRecords: Send + Sync {
    /// Adds a connection. [`StoreError::Conflict`] when the id is taken.
    async fn add_connection(&self, new: &NewConnection, now: Timestamp) -> Result<(), StoreError>;
    /// Writes name, settings and secrets of a connection. Its kind stays.
    async fn update_connection(&self, new: &NewConnection) -> Result<(), StoreError>;
    /// Changes what goes into which field of tickets that are opened there. [`StoreError::Conflict`] (`connection`) when it is not any more
    /// what it is changed from.
    async fn set_connection_fields(
        &self,
        tenant: TenantId,
        id: ConnectionId,
        from: &[(String, String)],
        to: &[(String, String)],
    ) -> Result<(), StoreError>;
    /// Changes who the company's operators are there, likewise.
    async fn set_connection_people(
        &self,
        tenant: TenantId,
        id: ConnectionId,
        from: &BTreeMap<String, String>,
        to: &BTreeMap<String, String>,
    ) -> Result<(), StoreError>;
    /// Removes a connection and wipes its secrets. [`StoreError::Conflict`] (`connection in use`) while an app uses it or something is
    /// still to be told to it; then nothing was written.
    async fn remove_connection(&self, tenant: TenantId, id: ConnectionId, now: Timestamp) -> Result<(), StoreError>;
    /// One connection of the tenant, also one that was removed.
    async fn connection(&self, tenant: TenantId, id: ConnectionId) -> Result<Connection, StoreError>;
    /// A tenant's connections that are not removed, oldest first.
    async fn connections(&self, tenant: TenantId) -> Result<Vec<Connection>, StoreError>;
    /// The connection of an app; `None`: the built-in desk.
    async fn app_connection(&self, tenant: TenantId, app: AppId) -> Result<Option<ConnectionId>, StoreError>;
    /// Chooses an app's connection, for the sessions from now on. [`StoreError::NotFound`] when either is not the tenant's.
    async fn set_app_connection(
        &self,
        tenant: TenantId,
        app: AppId,
        connection: Option<ConnectionId>,
    ) -> Result<(), StoreError>;
    /// Whose this connection is, or was before it was removed.
    async fn tenant_of_connection(&self, id: ConnectionId) -> Result<Option<TenantId>, StoreError>;
    /// What the company's actions of this kind say in this language; `None`: the standing text.
    async fn action_template(
        &self,
        tenant: TenantId,
        kind: EventKind,
        language: Language,
    ) -> Result<Option<String>, StoreError>;
    /// The same of every kind that was ever changed, with who changed it last.
    async fn action_templates(&self, tenant: TenantId, language: Language) -> Result<Vec<ActionTemplate>, StoreError>;
    /// Changes what is said, all of it or nothing. [`StoreError::Conflict`] (`action text`) when one of them does not say any more what it
    /// is changed from.
    async fn change_action_templates(
        &self,
        tenant: TenantId,
        language: Language,
        changes: &[TemplateChange],
        by: &Stamp,
    ) -> Result<(), StoreError>;
}
