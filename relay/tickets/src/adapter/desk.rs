//! The built-in desk as a ticketing system: everything works with nothing else installed.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    id::{TenantId, TicketNumber},
    limits,
    message::{
        ShownText,
        ticket::{TicketBrief, TicketStatus},
    },
};
use store::{
    ActionKind, CustomerDetails, CustomerId, DeskTicket, EventKind, NewAction, NewDeskTicket, Store, StoreError,
    TicketAction, TicketFilter,
};

use crate::{
    event::{Action, Link},
    mapping::Values,
    system::{
        Account, Appended, Breadth, Capabilities, Cause, CustomerRef, FoundTicket, NewTicket, Opened, Repeats,
        ReportError, TicketSystem,
    },
};

/// Reports sessions to the desk in the store. A marker is unique there, so that even a repeated call writes once.
pub struct DeskSystem {
    store: Arc<dyn Store>,
    tenant: TenantId,
}

impl DeskSystem {
    /// This company's desk in this store.
    pub fn new(store: Arc<dyn Store>, tenant: TenantId) -> Self {
        Self { store, tenant }
    }
}

#[async_trait]
impl TicketSystem for DeskSystem {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            reads: true,
            internal_notes: true,
            public_notes: true,
            returns_id: true,
            links: false,
            customers: true,
            closes_for_good: false,
            repeats: Repeats::Refused,
            visible_after: Duration::ZERO,
        }
    }

    async fn account(&self) -> Result<Account, ReportError> {
        let tenant = self.store.tenant(self.tenant).await.map_err(|e| translate(&e))?;
        Ok(Account { name: tenant.name, breadth: Breadth::Fitting })
    }

    async fn look_up(&self, number: &TicketNumber) -> Result<Option<FoundTicket>, ReportError> {
        match self.store.desk_ticket(self.tenant, number).await {
            Ok(ticket) => {
                Ok(Some(FoundTicket { brief: brief(&ticket), address: None, requester: ticket.requester.details }))
            }
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(translate(&error)),
        }
    }

    async fn open_tickets(&self, customer: &CustomerDetails) -> Result<Vec<TicketBrief>, ReportError> {
        let Some(requester) = self.store.desk_match_customer(self.tenant, customer).await.map_err(|e| translate(&e))?
        else {
            return Ok(Vec::new());
        };
        let filter = TicketFilter {
            statuses: TicketFilter::OPEN.to_vec(),
            requester: Some(requester.id),
            limit: u32::try_from(limits::OPEN_TICKETS_LISTED).expect("a short list"),
            ..TicketFilter::default()
        };
        let tickets = self.store.desk_tickets(self.tenant, &filter).await.map_err(|e| translate(&e))?;
        Ok(tickets.iter().map(brief).collect())
    }

    async fn find_or_create_customer(&self, customer: &CustomerDetails) -> Result<CustomerRef, ReportError> {
        let customer = self
            .store
            .desk_find_or_create_customer(self.tenant, customer, Timestamp::now())
            .await
            .map_err(|e| translate(&e))?;
        Ok(CustomerRef(customer.id.0.to_string()))
    }

    async fn open_ticket(&self, ticket: &NewTicket) -> Result<Opened, ReportError> {
        let requester = ticket.requester.0.parse().map(CustomerId);
        let requester = requester.map_err(|_| ReportError::refused(format!("no customer {}", ticket.requester.0)))?;
        let new = NewDeskTicket {
            subject: ticket.subject.clone(),
            requester,
            owner: ticket.owner.as_ref().map(|o| o.operator),
            status: TicketStatus::Open,
            first: Some(entry(&ticket.first)),
            at: ticket.first.at,
        };
        let opened = self.store.desk_open_ticket(self.tenant, &new).await.map_err(|e| translate(&e))?;
        let first = self.store.desk_find_marker(self.tenant, &ticket.first.marker).await.map_err(|e| translate(&e))?;
        Ok(Appended { ticket: opened.number, external_id: first.map(|a| a.id.to_string()) }.into())
    }

    async fn append_action(&self, ticket: &TicketNumber, action: &Action) -> Result<Appended, ReportError> {
        match self.store.desk_append(self.tenant, ticket, &entry(action)).await {
            Err(StoreError::NotFound { .. }) => Err(ReportError::no_ticket(ticket)),
            written => written.map(appended).map_err(|e| translate(&e)),
        }
    }

    async fn find_marker(
        &self,
        ticket: Option<&TicketNumber>,
        marker: &str,
        _since: Timestamp,
    ) -> Result<Option<Appended>, ReportError> {
        let found = self.store.desk_find_marker(self.tenant, marker).await.map_err(|e| translate(&e))?;
        Ok(found.map(appended).filter(|a| ticket.is_none_or(|t| a.ticket == *t)))
    }

    async fn fill(&self, _: &TicketNumber, _: &Values) -> Result<(), ReportError> {
        Ok(())
    }

    async fn attach_link(&self, _: &TicketNumber, _: &Link) -> Result<(), ReportError> {
        Err(ReportError::refused("the built-in desk keeps links in texts only"))
    }
}

fn entry(action: &Action) -> NewAction {
    NewAction {
        author: action.author.as_ref().map(|author| author.operator),
        author_name: action.author.as_ref().map(|author| author.name.clone()).unwrap_or_default(),
        text: action.text.clone(),
        public: false,
        kind: match action.kind {
            EventKind::Start => ActionKind::SessionStart,
            EventKind::End => ActionKind::SessionEnd,
            EventKind::WrapUp | EventKind::Missed => ActionKind::Note,
        },
        marker: Some(action.marker.clone()),
        session: Some(action.session),
        at: action.at,
    }
}

fn appended(action: TicketAction) -> Appended {
    Appended { ticket: action.ticket, external_id: Some(action.id.to_string()) }
}

fn brief(ticket: &DeskTicket) -> TicketBrief {
    let who = &ticket.requester.details;
    let customer: Vec<&str> =
        [who.name.as_str(), who.company.as_str()].into_iter().filter(|text| !text.is_empty()).collect();
    TicketBrief {
        number: ticket.number.clone(),
        subject: ShownText::lossy(&ticket.subject),
        customer: ShownText::lossy(&customer.join(", ")),
        owner: ShownText::lossy(&ticket.owner_name),
        status: ticket.status,
        opened_unix_ms: u64::try_from(ticket.opened_at.as_millisecond()).unwrap_or(0),
    }
}

/// Of the store's errors only those a person can mend are final.
fn translate(error: &StoreError) -> ReportError {
    match error {
        StoreError::NotFound { .. } | StoreError::Conflict { .. } | StoreError::Corrupt { .. } => {
            ReportError::refused(error.to_string())
        }
        StoreError::Full | StoreError::Busy | StoreError::Other(_) => {
            ReportError::Unreachable(Cause::Records(error.to_string()))
        }
    }
}
