//! A ticketing system as most are: it writes whatever it is told, as often as it is told, and knows nothing of markers but that they
//! can be searched for. What is not doubled here is not doubled by the worker's own care.

#![allow(clippy::unwrap_used, missing_docs)]

use std::{sync::Mutex, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    id::TicketNumber,
    limits::OPEN_TICKETS_LISTED,
    message::{
        ShownText,
        ticket::{TicketBrief, TicketStatus},
    },
};
use store::CustomerDetails;
use tickets::{
    Appended, Capabilities, CustomerRef, FoundTicket, NewTicket, Opened, ReportError, TicketSystem,
    event::{Action, Link},
    mapping::Values,
    system::{Account, Breadth, Repeats},
};

#[derive(Default)]
pub struct Plain {
    desk: Mutex<Desk>,
}

#[derive(Default)]
struct Desk {
    customers: Vec<CustomerDetails>,
    tickets: Vec<(TicketBrief, CustomerRef, Vec<Action>)>,
}

impl Desk {
    fn ticket(&mut self, number: &TicketNumber) -> Option<&mut (TicketBrief, CustomerRef, Vec<Action>)> {
        self.tickets.iter_mut().find(|(brief, ..)| brief.number == *number)
    }

    fn open(&mut self, subject: &str, requester: CustomerRef, owner: &str, first: Option<Action>) -> TicketNumber {
        let number = TicketNumber::new(&format!("SUP-{}", self.tickets.len() + 1)).unwrap();
        let who = &self.customers[requester.0.parse::<usize>().unwrap()];
        let customer: Vec<&str> =
            [who.name.as_str(), who.company.as_str()].into_iter().filter(|t| !t.is_empty()).collect();
        let brief = TicketBrief {
            number: number.clone(),
            subject: ShownText::lossy(subject),
            customer: ShownText::lossy(&customer.join(", ")),
            owner: ShownText::lossy(owner),
            status: TicketStatus::Open,
            opened_unix_ms: 1,
        };
        self.tickets.push((brief, requester, first.into_iter().collect()));
        number
    }
}

impl Plain {
    /// A ticket that is there already.
    pub fn ticket(&self) -> TicketNumber {
        let mut desk = self.desk.lock().unwrap();
        desk.customers.push(CustomerDetails { name: "João".into(), ..CustomerDetails::default() });
        let requester = CustomerRef((desk.customers.len() - 1).to_string());
        desk.open("Caixa 2", requester, "", None)
    }

    /// Every action by ticket.
    pub fn actions(&self) -> Vec<Vec<Action>> {
        self.desk.lock().unwrap().tickets.iter().map(|(.., actions)| actions.clone()).collect()
    }
}

/// The answer takes a moment, in which the caller can be killed: before the effect, and after it.
async fn moment() {
    tokio::task::yield_now().await;
}

#[async_trait]
impl TicketSystem for Plain {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            reads: true,
            internal_notes: true,
            public_notes: true,
            returns_id: false,
            links: false,
            customers: true,
            closes_for_good: false,
            repeats: Repeats::LookedFor,
            visible_after: Duration::ZERO,
        }
    }

    async fn account(&self) -> Result<Account, ReportError> {
        Ok(Account { name: "plain".into(), breadth: Breadth::Fitting })
    }

    async fn look_up(&self, number: &TicketNumber) -> Result<Option<FoundTicket>, ReportError> {
        moment().await;
        Ok(self.desk.lock().unwrap().ticket(number).map(|(brief, ..)| FoundTicket {
            brief: brief.clone(),
            address: None,
            requester: tickets::system::whose(brief.customer.as_str(), ""),
        }))
    }

    async fn open_tickets(&self, customer: &CustomerDetails) -> Result<Vec<TicketBrief>, ReportError> {
        let desk = self.desk.lock().unwrap();
        let whose = desk.customers.iter().position(|c| c == customer).map(|n| CustomerRef(n.to_string()));
        let tickets = desk.tickets.iter().rev().filter(|(_, requester, _)| Some(requester) == whose.as_ref());
        Ok(tickets.map(|(brief, ..)| brief.clone()).take(OPEN_TICKETS_LISTED).collect())
    }

    async fn find_or_create_customer(&self, customer: &CustomerDetails) -> Result<CustomerRef, ReportError> {
        moment().await;
        let found = {
            let mut desk = self.desk.lock().unwrap();
            desk.customers.iter().position(|c| c == customer).unwrap_or_else(|| {
                desk.customers.push(customer.clone());
                desk.customers.len() - 1
            })
        };
        moment().await;
        Ok(CustomerRef(found.to_string()))
    }

    async fn open_ticket(&self, ticket: &NewTicket) -> Result<Opened, ReportError> {
        moment().await;
        let owner = ticket.owner.as_ref().map_or("", |o| o.name.as_str());
        let number = self.desk.lock().unwrap().open(
            &ticket.subject,
            ticket.requester.clone(),
            owner,
            Some(ticket.first.clone()),
        );
        moment().await;
        Ok(Appended { ticket: number, external_id: None }.into())
    }

    async fn append_action(&self, ticket: &TicketNumber, action: &Action) -> Result<Appended, ReportError> {
        moment().await;
        match self.desk.lock().unwrap().ticket(ticket) {
            Some((.., actions)) => actions.push(action.clone()),
            None => return Err(ReportError::no_ticket(ticket)),
        }
        moment().await;
        Ok(Appended { ticket: ticket.clone(), external_id: None })
    }

    async fn find_marker(
        &self,
        ticket: Option<&TicketNumber>,
        marker: &str,
        _: Timestamp,
    ) -> Result<Option<Appended>, ReportError> {
        moment().await;
        let desk = self.desk.lock().unwrap();
        let found = desk.tickets.iter().find(|(brief, _, actions)| {
            ticket.is_none_or(|t| brief.number == *t) && actions.iter().any(|a| a.marker == marker)
        });
        Ok(found.map(|(brief, ..)| Appended { ticket: brief.number.clone(), external_id: None }))
    }

    async fn fill(&self, _: &TicketNumber, _: &Values) -> Result<(), ReportError> {
        Ok(())
    }

    async fn attach_link(&self, _: &TicketNumber, _: &Link) -> Result<(), ReportError> {
        Err(ReportError::refused("no links"))
    }
}
