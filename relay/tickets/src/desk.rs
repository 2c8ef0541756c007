//! The built-in desk as the console uses it: tickets, actions, customers of one tenant.
//!
//! A thin shell over the store that adds the rules of a desk: what is trimmed, what may not be empty, what a change writes on the
//! ticket. Who may call is the console's to check; the tenant comes with every call.

use std::sync::Arc;

use jiff::Timestamp;
use protocol::{
    id::{OperatorId, TenantId, TicketNumber},
    message::ticket::TicketStatus,
};
use store::{
    ActionKind, Customer, CustomerDetails, CustomerId, DeskTicket, Language, NewAction, NewDeskTicket, NewMail, Store,
    StoreError, TicketAction, TicketFilter,
};

use crate::event::text;

/// A subject is cut to this many characters.
pub const SUBJECT_CHARS: usize = 200;
/// An action's text is refused above this many bytes.
pub const TEXT_BYTES: usize = 64 * 1024;

/// Who acts on the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// Which operator.
    pub operator: OperatorId,
    /// Their name.
    pub name: String,
    /// What notes about changes are written in.
    pub language: Language,
}

/// Why the desk did not do it.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// A subject, a text or a customer without any of name, e-mail, company, telephone and document.
    #[error("{what} may not be empty")]
    Empty {
        /// What.
        what: &'static str,
    },
    /// A text above [`TEXT_BYTES`].
    #[error("the text is too long")]
    TooLong,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The built-in desk.
#[derive(Clone)]
pub struct Desk {
    store: Arc<dyn Store>,
}

impl Desk {
    /// The desk over this store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Tickets, newest first.
    pub async fn tickets(&self, tenant: TenantId, filter: &TicketFilter) -> Result<Vec<DeskTicket>, DeskError> {
        Ok(self.store.desk_tickets(tenant, filter).await?)
    }

    /// One ticket with its actions, oldest first.
    pub async fn ticket(
        &self,
        tenant: TenantId,
        number: &TicketNumber,
    ) -> Result<(DeskTicket, Vec<TicketAction>), DeskError> {
        let ticket = self.store.desk_ticket(tenant, number).await?;
        let actions = self.store.desk_actions(tenant, number).await?;
        Ok((ticket, actions))
    }

    /// Customers by name, with this text in one of their details.
    pub async fn customers(&self, tenant: TenantId, search: &str, limit: u32) -> Result<Vec<Customer>, DeskError> {
        Ok(self.store.desk_customers(tenant, search, limit).await?)
    }

    /// One customer.
    pub async fn customer(&self, tenant: TenantId, id: CustomerId) -> Result<Customer, DeskError> {
        Ok(self.store.desk_customer(tenant, id).await?)
    }

    /// The customer these details belong to, added when new.
    pub async fn find_or_create_customer(
        &self,
        tenant: TenantId,
        details: &CustomerDetails,
        now: Timestamp,
    ) -> Result<Customer, DeskError> {
        let details = CustomerDetails {
            name: line(&details.name),
            email: line(&details.email),
            company: line(&details.company),
            phone: line(&details.phone),
            document: line(&details.document),
        };
        if details == CustomerDetails::default() {
            return Err(DeskError::Empty { what: "the customer" });
        }
        Ok(self.store.desk_find_or_create_customer(tenant, &details, now).await?)
    }

    /// Opens a ticket for a customer; a text that is not empty becomes its first action.
    pub async fn open_ticket(
        &self,
        tenant: TenantId,
        author: &Author,
        requester: CustomerId,
        subject: &str,
        first: &str,
        now: Timestamp,
    ) -> Result<DeskTicket, DeskError> {
        let subject: String = line(subject).chars().take(SUBJECT_CHARS).collect();
        if subject.is_empty() {
            return Err(DeskError::Empty { what: "the subject" });
        }
        let first = if first.trim().is_empty() { None } else { Some(note(author, first, false, now)?) };
        let ticket = NewDeskTicket {
            subject,
            requester,
            owner: Some(author.operator),
            status: TicketStatus::Open,
            first,
            at: now,
        };
        Ok(self.store.desk_open_ticket(tenant, &ticket).await?)
    }

    /// Adds a person's action. `public`: the customer may read it.
    pub async fn add_action(
        &self,
        tenant: TenantId,
        author: &Author,
        number: &TicketNumber,
        text: &str,
        public: bool,
        now: Timestamp,
    ) -> Result<TicketAction, DeskError> {
        let action = note(author, text, public, now)?;
        Ok(self.store.desk_append(tenant, number, &action).await?)
    }

    /// Adds a person's answer, which the customer may read, together with the letter that tells it.
    pub async fn answer_by_mail(
        &self,
        tenant: TenantId,
        author: &Author,
        number: &TicketNumber,
        text: &str,
        mail: &NewMail,
        now: Timestamp,
    ) -> Result<TicketAction, DeskError> {
        let action = note(author, text, true, now)?;
        Ok(self.store.desk_append_with_mail(tenant, number, &action, mail).await?)
    }

    /// Sets where a ticket stands, and says so on it. Nothing is written when it stands there already.
    pub async fn set_status(
        &self,
        tenant: TenantId,
        author: &Author,
        number: &TicketNumber,
        status: TicketStatus,
        now: Timestamp,
    ) -> Result<DeskTicket, DeskError> {
        let ticket = self.store.desk_ticket(tenant, number).await?;
        if ticket.status == status {
            return Ok(ticket);
        }
        let change = change(author, text::status_changed(author.language, ticket.status, status), now);
        Ok(self.store.desk_change_ticket(tenant, number, status, ticket.owner, &change).await?)
    }

    /// Sets who is responsible (`None`: nobody), and says so on the ticket. Nothing is written when it is so already.
    pub async fn set_owner(
        &self,
        tenant: TenantId,
        author: &Author,
        number: &TicketNumber,
        owner: Option<OperatorId>,
        now: Timestamp,
    ) -> Result<DeskTicket, DeskError> {
        let ticket = self.store.desk_ticket(tenant, number).await?;
        if ticket.owner == owner {
            return Ok(ticket);
        }
        let name = match owner {
            Some(id) => self.store.operator(tenant, id).await?.name,
            None => String::new(),
        };
        let change = change(author, text::owner_changed(author.language, &name), now);
        Ok(self.store.desk_change_ticket(tenant, number, ticket.status, owner, &change).await?)
    }
}

fn note(author: &Author, text: &str, public: bool, at: Timestamp) -> Result<NewAction, DeskError> {
    let text = text.trim().replace("\r\n", "\n");
    if text.is_empty() {
        return Err(DeskError::Empty { what: "the text" });
    }
    if text.len() > TEXT_BYTES {
        return Err(DeskError::TooLong);
    }
    Ok(NewAction { public, ..action(author, text, ActionKind::Note, at) })
}

fn change(author: &Author, text: String, at: Timestamp) -> NewAction {
    action(author, text, ActionKind::Change, at)
}

fn action(author: &Author, text: String, kind: ActionKind, at: Timestamp) -> NewAction {
    NewAction {
        author: Some(author.operator),
        author_name: author.name.clone(),
        text,
        public: false,
        kind,
        marker: None,
        session: None,
        at,
    }
}

/// One line without outer blanks and without what cannot be shown.
fn line(text: &str) -> String {
    protocol::message::ShownText::lossy(text).as_str().to_owned()
}
