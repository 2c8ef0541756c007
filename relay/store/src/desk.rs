//! The built-in desk's customers, tickets and actions.

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    id::{AppId, OperatorId, SessionId, TenantId, TicketNumber},
    message::{directory::Field, ticket::TicketStatus},
};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// A tenant's first ticket has this number.
pub const FIRST_TICKET: i64 = 1001;

/// A customer of the built-in desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CustomerId(pub i64);

/// What is known of a customer. Empty: unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CustomerDetails {
    /// The person's name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Company.
    pub company: String,
    /// Telephone number.
    pub phone: String,
    /// CPF or CNPJ.
    pub document: String,
}

impl CustomerDetails {
    /// What the customer's program was told.
    pub fn from_fields(fields: &[Field]) -> Self {
        use protocol::message::directory::FieldKey;
        let get = |key: FieldKey| {
            fields.iter().find(|f| f.key == key).map_or_else(String::new, |f| f.value.as_str().to_owned())
        };
        Self {
            name: get(FieldKey::Name),
            email: get(FieldKey::Email),
            company: get(FieldKey::Company),
            phone: get(FieldKey::Phone),
            document: get(FieldKey::Document),
        }
    }
}

/// A customer on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// Which.
    pub id: CustomerId,
    /// Whose.
    pub tenant: TenantId,
    /// What is known.
    pub details: CustomerDetails,
    /// Since when.
    pub created_at: Timestamp,
}

/// A ticket of the built-in desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskTicket {
    /// Its number.
    pub number: TicketNumber,
    /// Whose.
    pub tenant: TenantId,
    /// What it is about.
    pub subject: String,
    /// Who asked.
    pub requester: Customer,
    /// Who is responsible.
    pub owner: Option<OperatorId>,
    /// Their name; empty when nobody is.
    pub owner_name: String,
    /// Where it stands.
    pub status: TicketStatus,
    /// Since when.
    pub opened_at: Timestamp,
    /// Last action or change.
    pub updated_at: Timestamp,
}

/// What an action of a ticket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Written by a person.
    Note,
    /// A session began.
    SessionStart,
    /// A session is over.
    SessionEnd,
    /// The ticket's status or owner was changed.
    Change,
}

/// An action to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAction {
    /// Who; `None`: the system.
    pub author: Option<OperatorId>,
    /// Their name at this time.
    pub author_name: String,
    /// What it says; lines separated by `\n`.
    pub text: String,
    /// The customer may read it.
    pub public: bool,
    /// What it is.
    pub kind: ActionKind,
    /// What it is found by; unique in the tenant.
    pub marker: Option<String>,
    /// The session it is about.
    pub session: Option<SessionId>,
    /// When.
    pub at: Timestamp,
}

/// An action on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketAction {
    /// Which; actions of one ticket are in the order of their ids.
    pub id: i64,
    /// On which ticket.
    pub ticket: TicketNumber,
    /// What was added.
    pub action: NewAction,
}

/// A ticket to be opened together with its first action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeskTicket {
    /// What it is about.
    pub subject: String,
    /// Who asks.
    pub requester: CustomerId,
    /// Who is responsible.
    pub owner: Option<OperatorId>,
    /// Where it stands.
    pub status: TicketStatus,
    /// What is on it from the beginning.
    pub first: Option<NewAction>,
    /// When.
    pub at: Timestamp,
}

/// Which tickets to list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketFilter {
    /// In one of these states; empty: any.
    pub statuses: Vec<TicketStatus>,
    /// Of this customer.
    pub requester: Option<CustomerId>,
    /// Of this owner.
    pub owner: Option<OperatorId>,
    /// With nobody responsible.
    pub unowned: bool,
    /// With this tag, whatever its case and accents.
    pub tag: Option<String>,
    /// With a session of this app.
    pub app: Option<AppId>,
    /// With a session that was put into this category.
    pub category: Option<String>,
    /// Part of the number, subject, what was written, or of the requester's details; empty: any.
    pub search: String,
    /// Only tickets with a lower number: the next page.
    pub before: Option<TicketNumber>,
    /// At most this many.
    pub limit: u32,
}

impl Default for TicketFilter {
    fn default() -> Self {
        Self {
            statuses: Vec::new(),
            requester: None,
            owner: None,
            unowned: false,
            tag: None,
            app: None,
            category: None,
            search: String::new(),
            before: None,
            limit: 50,
        }
    }
}

impl TicketFilter {
    /// The states in which there is still something to do.
    pub const OPEN: [TicketStatus; 3] = [TicketStatus::New, TicketStatus::Open, TicketStatus::Waiting];
}

/// Records of the built-in desk. Console and adapters come through `tickets::desk::Desk`.
#[async_trait]
pub trait DeskRecords: Send + Sync {
    /// The customer these details belong to: by e-mail, else document, else telephone, else name and company; `None` when new.
    ///
    /// What a weaker key finds is not believed where a stronger one is known on both sides and differs: colleagues share telephones.
    async fn desk_match_customer(
        &self,
        tenant: TenantId,
        details: &CustomerDetails,
    ) -> Result<Option<Customer>, StoreError>;
    /// As above, and adds them when new, in one transaction. A known customer is left as is: nobody has checked what was typed.
    async fn desk_find_or_create_customer(
        &self,
        tenant: TenantId,
        details: &CustomerDetails,
        now: Timestamp,
    ) -> Result<Customer, StoreError>;
    /// One customer of the tenant.
    async fn desk_customer(&self, tenant: TenantId, id: CustomerId) -> Result<Customer, StoreError>;
    /// Customers by name, with this text in name, company, e-mail, telephone or document.
    async fn desk_customers(&self, tenant: TenantId, search: &str, limit: u32) -> Result<Vec<Customer>, StoreError>;

    /// Opens a ticket. When the first action's marker is on a ticket already, that ticket is returned and nothing is written.
    async fn desk_open_ticket(&self, tenant: TenantId, ticket: &NewDeskTicket) -> Result<DeskTicket, StoreError>;
    /// One ticket of the tenant.
    async fn desk_ticket(&self, tenant: TenantId, number: &TicketNumber) -> Result<DeskTicket, StoreError>;
    /// Tickets, newest first.
    async fn desk_tickets(&self, tenant: TenantId, filter: &TicketFilter) -> Result<Vec<DeskTicket>, StoreError>;
    /// A ticket's actions, oldest first.
    async fn desk_actions(&self, tenant: TenantId, number: &TicketNumber) -> Result<Vec<TicketAction>, StoreError>;
    /// Adds an action. When its marker is there already, that action is returned and nothing is written.
    async fn desk_append(
        &self,
        tenant: TenantId,
        number: &TicketNumber,
        action: &NewAction,
    ) -> Result<TicketAction, StoreError>;
    /// The action with this marker.
    async fn desk_find_marker(&self, tenant: TenantId, marker: &str) -> Result<Option<TicketAction>, StoreError>;
    /// Sets status and owner and writes `change` as an action, in one transaction.
    async fn desk_change_ticket(
        &self,
        tenant: TenantId,
        number: &TicketNumber,
        status: TicketStatus,
        owner: Option<OperatorId>,
        change: &NewAction,
    ) -> Result<DeskTicket, StoreError>;
}
