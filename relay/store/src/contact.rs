//! Contacts: the built-in desk's customers as a company keeps them, with fields of its own.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::id::TenantId;

use crate::{
    desk::{Customer, CustomerDetails, CustomerId},
    error::StoreError,
    session::Session,
};

/// A customer with what the company keeps of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Who.
    pub customer: Customer,
    /// The company's own fields, by name. Empty: unknown.
    pub extra: BTreeMap<String, String>,
    /// How the company classifies them (a contract, a priority); empty: not.
    pub class: String,
    /// How often they were written.
    pub revision: u32,
}

/// Which contacts to list, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactFilter {
    /// Part of name, company, e-mail, telephone, document, classification or a field of the company's own; empty: any.
    pub search: String,
    /// Only those behind this one: the next page.
    pub after: Option<CustomerId>,
    /// At most this many.
    pub limit: u32,
}

/// A contact of a list that somebody brings. Empty: the list does not say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListedContact {
    /// What the list says of them.
    pub details: CustomerDetails,
    /// … in the company's own fields, by name.
    pub extra: BTreeMap<String, String>,
    /// How the company classifies them; empty: it does not say.
    pub class: String,
}

/// What a line of a list would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Make a contact.
    New,
    /// Change the one that is on record.
    Changed,
    /// Nothing: the one that is on record is the same.
    Same,
    /// It is about the same contact as this line before it; the first is 0.
    Repeats(usize),
}

/// What some lines of a list have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Put {
    /// Contacts that were made.
    pub made: u32,
    /// … changed.
    pub changed: u32,
    /// … that were the same already.
    pub same: u32,
}

/// Records of contacts.
#[async_trait]
pub trait ContactRecords: Send + Sync {
    /// Contacts by name. One that was merged into another is not among them.
    async fn contacts(&self, tenant: TenantId, filter: &ContactFilter) -> Result<Vec<Contact>, StoreError>;
    /// One contact; the one it was merged into, if it was.
    async fn contact(&self, tenant: TenantId, id: CustomerId) -> Result<Contact, StoreError>;
    /// Writes what is known of a contact and, with `class`, how they are classified; both or nothing. [`StoreError::Conflict`] (`e-mail`) when
    /// another one has this address, (`revision`) when they were written since the revision that is named.
    async fn change_contact(
        &self,
        tenant: TenantId,
        id: CustomerId,
        details: &CustomerDetails,
        extra: &BTreeMap<String, String>,
        class: Option<&str>,
        revision: Option<u32>,
    ) -> Result<Contact, StoreError>;
    /// The contact whom these details belong to, as [`desk_find_or_create_customer`](crate::DeskRecords::desk_find_or_create_customer) finds
    /// them; nobody is added.
    async fn known_contact(&self, tenant: TenantId, details: &CustomerDetails) -> Result<Option<Contact>, StoreError>;
    /// Classifies a contact; empty: not any more.
    async fn classify_contact(&self, tenant: TenantId, id: CustomerId, class: &str) -> Result<Contact, StoreError>;
    /// The classifications that contacts have, each once, in order; at most a hundred.
    async fn contact_classes(&self, tenant: TenantId) -> Result<Vec<String>, StoreError>;
    /// Makes one contact of two: `keep` gets the other's tickets and what it lacks itself; what finds the other finds `keep`.
    async fn merge_contacts(
        &self,
        tenant: TenantId,
        keep: CustomerId,
        other: CustomerId,
    ) -> Result<Contact, StoreError>;
    /// What each line of a list would do; nothing is written. A contact on record is known by e-mail address, else by document, else by name and
    /// company where the line says no more.
    async fn look_up_contacts(&self, tenant: TenantId, list: &[ListedContact]) -> Result<Vec<Found>, StoreError>;
    /// Puts lines of a list on record, all in one transaction: what a line does not say stays as it is, and so does an e-mail address.
    async fn put_contacts(&self, tenant: TenantId, list: &[ListedContact], now: Timestamp) -> Result<Put, StoreError>;
    /// The sessions on a contact's tickets, newest first.
    async fn contact_sessions(&self, tenant: TenantId, id: CustomerId, limit: u32) -> Result<Vec<Session>, StoreError>;
    /// The names of the company's own fields, in order.
    async fn contact_fields(&self, tenant: TenantId) -> Result<Vec<String>, StoreError>;
    /// Sets them. What contacts hold in a field that is no more stays on record.
    async fn set_contact_fields(&self, tenant: TenantId, names: &[String]) -> Result<(), StoreError>;
}
