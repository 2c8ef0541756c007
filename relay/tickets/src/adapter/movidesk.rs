//! Movidesk: an action of a ticket is an action. Its token travels in the query, ten calls a minute are allowed, and after three errors it
//! blocks; what was written may be invisible to reads for minutes.

mod fields;
mod settings;

use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::TicketNumber,
    limits::OPEN_TICKETS_LISTED,
    message::ticket::{TicketBrief, TicketStatus},
};
use serde::Deserialize;
use serde_json::{Value, json};
use store::CustomerDetails;

use super::people::People;
use super::wire::{Id, Memory, digits, identity, moment, nullable, number, only_digits};
use crate::{
    event::{Action, Link},
    http::{Answer, Call, Http},
    mapping::{self, Mapping, Values},
    markup::{Markup, written},
    secret::Secret,
    system::{
        Account, Appended, Breadth, Capabilities, CustomerRef, FoundTicket, NewTicket, Opened, Owner, Repeats,
        ReportError, TicketSystem, brief, whose,
    },
};
use fields::fill_in;
pub use settings::KIND;

/// "The API can take some minutes to replicate": until then a look-up proves nothing.
const VISIBLE_AFTER: Duration = Duration::from_secs(600);
/// A number that was not found is not asked for again for this long: three errors block us.
const MISS_KEPT: SignedDuration = SignedDuration::from_secs(120);

pub(super) struct Movidesk {
    http: Http,
    token: Secret,
    tenant: String,
    agent: Option<String>,
    service: Option<u32>,
    public: bool,
    fields: Mapping,
    people: People,
    missing: Memory<TicketNumber, Timestamp>,
    customers: Memory<String, String>,
}

#[derive(Deserialize)]
struct Ticket {
    id: Id,
    #[serde(default, deserialize_with = "nullable")]
    subject: String,
    #[serde(default, rename = "baseStatus", deserialize_with = "nullable")]
    base_status: String,
    #[serde(default, rename = "createdDate", deserialize_with = "nullable")]
    created: String,
    owner: Option<Person>,
    #[serde(default)]
    clients: Option<Vec<Person>>,
    #[serde(default)]
    actions: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
struct Person {
    #[serde(default)]
    id: Id,
    #[serde(default, rename = "businessName", deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    email: String,
    organization: Option<Box<Person>>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    id: Id,
    #[serde(default, deserialize_with = "nullable")]
    description: String,
}

#[derive(Deserialize)]
struct Made {
    id: Id,
}

/// How Movidesk names a ticket.
enum Named<'a> {
    Id(&'a str),
    Protocol(&'a str),
}

/// Anything else is not asked for: it would count as an error.
fn named(number: &TicketNumber) -> Option<Named<'_>> {
    let text = number.as_str();
    if let Some(id) = digits(number) {
        return (id.len() <= 10).then_some(Named::Id(id));
    }
    let tail = text.strip_prefix("MOVI")?;
    (tail.len() >= 6 && tail.len() <= 20 && tail.bytes().all(|b| b.is_ascii_digit())).then_some(Named::Protocol(text))
}

impl Movidesk {
    async fn ask(&self, call: Call) -> Result<Answer, ReportError> {
        self.http.send(call.query("token", self.token.expose())).await
    }

    async fn ticket(&self, number: &TicketNumber, select: &str, expand: &str) -> Result<Option<Ticket>, ReportError> {
        if self.is_missing(number) {
            return Ok(None);
        }
        let found = self.fetched(number, select, expand).await?;
        if found.is_none() {
            self.miss(number);
        }
        Ok(found)
    }

    async fn fetched(&self, number: &TicketNumber, select: &str, expand: &str) -> Result<Option<Ticket>, ReportError> {
        let Some(named) = named(number) else { return Ok(None) };
        // Past: nobody has touched it for 90 days. As a list: one that is not there is no error in it, and errors block us.
        for path in ["/tickets", "/tickets/past"] {
            let call = Call::get(path).query("$select", select).query("$expand", expand);
            let found: Vec<Ticket> = match named {
                Named::Id(id) => self.ask(call.query("$filter", format!("id eq {id}"))).await?.good()?.json()?,
                Named::Protocol(protocol) => {
                    let answer = self.ask(call.query("protocol", protocol)).await?.found()?;
                    answer.map(|answer| answer.json()).transpose()?.into_iter().collect()
                }
            };
            if let Some(ticket) = found.into_iter().next() {
                return Ok(Some(ticket));
            }
        }
        Ok(None)
    }

    fn is_missing(&self, number: &TicketNumber) -> bool {
        self.missing.get(number).is_some_and(|until| self.http.clock().now() < until)
    }

    /// Whoever asks again for what was not there would only bring the block nearer.
    fn miss(&self, number: &TicketNumber) {
        let until = self.http.clock().now().checked_add(MISS_KEPT).unwrap_or(Timestamp::MAX);
        self.missing.keep(number.clone(), until);
    }

    async fn person(&self, customer: &CustomerDetails) -> Result<Option<String>, ReportError> {
        let known = identity(customer);
        if let Some(id) = self.customers.get(&known) {
            return Ok(Some(id));
        }
        let mut ways = vec![format!("id eq {}", quoted(&known))];
        if !customer.email.is_empty() {
            ways.push(format!("emails/any(e: e/email eq {})", quoted(&customer.email)));
        }
        let document = only_digits(&customer.document);
        if !document.is_empty() {
            ways.push(format!("cpfCnpj eq {}", quoted(&document)));
        }
        let call = Call::get("/persons").query("$select", "id,businessName").query("$filter", ways.join(" or "));
        let found: Vec<Person> = self.ask(call).await?.good()?.json()?;
        let id = found.into_iter().next().map(|p| p.id.0);
        if let Some(id) = &id {
            self.customers.keep(known, id.clone());
        }
        Ok(id)
    }

    async fn agent(&self, address: String) -> Result<Option<String>, ReportError> {
        let filter = format!(
            "emails/any(e: e/email eq {}) and isActive eq true and (profileType eq 1 or profileType eq 3)",
            quoted(&address)
        );
        let call = Call::get("/persons").query("$select", "id,businessName").query("$filter", filter);
        let found: Vec<Person> = self.ask(call).await?.good()?.json()?;
        Ok(found.into_iter().next().map(|person| person.id.0))
    }

    /// Writes an action as its author where Movidesk takes that, and as the key's owner otherwise.
    async fn write_as(
        &self,
        author: Option<&Owner>,
        call: impl Fn(Option<String>) -> Call + Send + Sync,
    ) -> Result<Answer, ReportError> {
        let now = self.http.clock().now();
        self.people.write_as(author, now, |address| self.agent(address), |person| self.ask(call(person))).await
    }

    fn entry(&self, action: &Action, person: Option<&str>) -> Value {
        let mut entry = json!({
            "type": if self.public { 2 } else { 1 },
            "description": written(action, Markup::Html),
            "createdDate": action.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "tags": ["acesso-remoto"],
        });
        if let Some(agent) = person.or(self.agent.as_deref()) {
            entry["createdBy"] = json!({ "id": agent });
        }
        entry
    }
}

/// A text in a filter.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn brief_of(ticket: &Ticket) -> Result<TicketBrief, ReportError> {
    let status = match ticket.base_status.as_str() {
        "New" => TicketStatus::New,
        "Stopped" => TicketStatus::Waiting,
        "Resolved" => TicketStatus::Resolved,
        "Closed" | "Canceled" => TicketStatus::Closed,
        _ => TicketStatus::Open,
    };
    let client = ticket.clients.as_ref().and_then(|all| all.first());
    let customer: Vec<&str> = client
        .into_iter()
        .flat_map(|c| [Some(c.name.as_str()), c.organization.as_ref().map(|o| o.name.as_str())])
        .flatten()
        .filter(|name| !name.is_empty())
        .collect();
    let owner = ticket.owner.as_ref().map_or("", |o| o.name.as_str());
    Ok(brief(number(&ticket.id.0)?, &ticket.subject, &customer.join(", "), owner, status, moment(&ticket.created)))
}

const BRIEF: &str = "id,protocol,subject,status,baseStatus,createdDate";
const PEOPLE: &str = "owner,clients($expand=organization)";

#[async_trait]
impl TicketSystem for Movidesk {
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
            visible_after: VISIBLE_AFTER,
        }
    }

    async fn account(&self) -> Result<Account, ReportError> {
        let call = Call::get("/tickets").query("$select", "id").query("$top", "1");
        self.ask(call).await?.good()?.json::<Value>()?;
        Ok(Account { name: self.tenant.clone(), breadth: Breadth::Unknown })
    }

    async fn look_up(&self, number: &TicketNumber) -> Result<Option<FoundTicket>, ReportError> {
        let Some(ticket) = self.ticket(number, BRIEF, PEOPLE).await? else { return Ok(None) };
        let address = (!self.tenant.is_empty())
            .then(|| format!("https://{}.movidesk.com/Ticket/Edit/{}", self.tenant, ticket.id.0));
        let client = ticket.clients.as_ref().and_then(|all| all.first());
        let requester = client.map_or_else(CustomerDetails::default, |client| CustomerDetails {
            company: client.organization.as_ref().map_or_else(String::new, |of| of.name.clone()),
            ..whose(&client.name, &client.email)
        });
        Ok(Some(FoundTicket { brief: brief_of(&ticket)?, address, requester }))
    }

    async fn open_tickets(&self, customer: &CustomerDetails) -> Result<Vec<TicketBrief>, ReportError> {
        let Some(person) = self.person(customer).await? else { return Ok(Vec::new()) };
        let filter = format!(
            "clients/any(c: c/id eq {}) and baseStatus ne 'Closed' and baseStatus ne 'Resolved' and baseStatus ne 'Canceled'",
            quoted(&person)
        );
        let call = Call::get("/tickets")
            .query("$select", BRIEF)
            .query("$expand", PEOPLE)
            .query("$filter", filter)
            .query("$orderby", "createdDate desc")
            .query("$top", OPEN_TICKETS_LISTED.to_string());
        let found: Vec<Ticket> = self.ask(call).await?.good()?.json()?;
        found.iter().map(brief_of).collect()
    }

    async fn find_or_create_customer(&self, customer: &CustomerDetails) -> Result<CustomerRef, ReportError> {
        if let Some(id) = self.person(customer).await? {
            return Ok(CustomerRef(id));
        }
        // Our own id for the person: somebody made twice is refused by Movidesk, also while a read does not show them yet.
        let id = identity(customer);
        let name = [&customer.name, &customer.company, &customer.email].into_iter().find(|t| !t.is_empty());
        let mut person = json!({
            "id": id,
            "isActive": true,
            "personType": 1,
            "profileType": 2,
            "businessName": name.map_or("-", |t| t.as_str()),
        });
        let document = only_digits(&customer.document);
        if !document.is_empty() {
            person["cpfCnpj"] = document.into();
        }
        if !customer.email.is_empty() {
            person["emails"] = json!([{ "emailType": "Profissional", "email": customer.email, "isDefault": true }]);
        }
        if !customer.phone.is_empty() {
            person["contacts"] = json!([{ "contactType": "Celular", "contact": customer.phone, "isDefault": true }]);
        }
        let call = Call::post("/persons").query("returnAllProperties", "false").json(&person);
        let answer = self.ask(call).await?;
        let taken = answer.status == 400 && ["exist", "duplic", "already"].iter().any(|w| answer.words().contains(w));
        let known = if taken { id.clone() } else { answer.good()?.json::<Made>()?.id.0 };
        self.customers.keep(id, known.clone());
        Ok(CustomerRef(known))
    }

    async fn open_ticket(&self, ticket: &NewTicket) -> Result<Opened, ReportError> {
        let mut body = json!({
            "type": if self.public { 2 } else { 1 },
            "subject": ticket.subject.chars().take(350).collect::<String>(),
            "createdBy": { "id": ticket.requester.0 },
            "clients": [{ "id": ticket.requester.0 }],
            "tags": ["acesso-remoto"],
            "actions": [],
        });
        if let Some(service) = self.service {
            body["serviceFirstLevelId"] = service.into();
        }
        let fields = self.fields.opening(&ticket.values)?;
        fill_in(&mut body, &fields, Vec::new());
        let call = |person: Option<String>| {
            let mut body = body.clone();
            body["actions"] = json!([self.entry(&ticket.first, person.as_deref())]);
            Call::post("/tickets").query("returnAllProperties", "false").json(&body)
        };
        let answer = self.write_as(ticket.first.author.as_ref(), call).await?;
        let made: Made = mapping::told(answer, &fields)?.json()?;
        Ok(Appended { ticket: number(&made.id.0)?, external_id: None }.into())
    }

    async fn append_action(&self, ticket: &TicketNumber, action: &Action) -> Result<Appended, ReportError> {
        if self.is_missing(ticket) {
            return Err(ReportError::no_ticket(ticket));
        }
        // Changes go by id only.
        let id = match named(ticket) {
            Some(Named::Id(id)) => id.to_owned(),
            Some(Named::Protocol(_)) => match self.ticket(ticket, "id", "owner").await? {
                Some(found) => found.id.0,
                None => return Err(ReportError::no_ticket(ticket)),
            },
            None => return Err(ReportError::no_ticket(ticket)),
        };
        // Only the new action: Movidesk takes a list as the whole of it where the entries have ids.
        let call = |person: Option<String>| {
            Call::patch("/tickets")
                .query("id", &*id)
                .json(&json!({ "actions": [self.entry(action, person.as_deref())] }))
        };
        if self.write_as(action.author.as_ref(), call).await?.found()?.is_none() {
            self.miss(ticket);
            return Err(ReportError::no_ticket(ticket));
        }
        Ok(Appended { ticket: ticket.clone(), external_id: None })
    }

    async fn find_marker(
        &self,
        ticket: Option<&TicketNumber>,
        marker: &str,
        since: Timestamp,
    ) -> Result<Option<Appended>, ReportError> {
        let holds =
            |t: &Ticket| t.actions.iter().flatten().find(|a| a.description.contains(marker)).map(|a| a.id.0.clone());
        if let Some(number) = ticket {
            // Asked in any case, and without keeping what a single answer says: what is written next depends on it.
            let found = self.fetched(number, "id", "actions").await?.ok_or_else(|| ReportError::no_ticket(number))?;
            return Ok(holds(&found).map(|id| Appended { ticket: number.clone(), external_id: Some(id) }));
        }
        let filter = format!("createdDate ge {}", since.strftime("%Y-%m-%dT%H:%M:%S.000Z"));
        for page in 0..super::wire::PAGES {
            let call = Call::get("/tickets")
                .query("$select", "id")
                .query("$expand", "actions")
                .query("$filter", &*filter)
                .query("$orderby", "id asc")
                .query("$top", "100")
                .query("$skip", (page * 100).to_string());
            let found: Vec<Ticket> = self.ask(call).await?.good()?.json()?;
            if let Some((ticket, action)) = found.iter().find_map(|ticket| Some((ticket, holds(ticket)?))) {
                return Ok(Some(Appended { ticket: number(&ticket.id.0)?, external_id: Some(action) }));
            }
            if found.len() < 100 {
                return Ok(None);
            }
        }
        Err(ReportError::garbage("more new tickets than can be looked through"))
    }

    async fn fill(&self, ticket: &TicketNumber, values: &Values) -> Result<(), ReportError> {
        let late = self.fields.late(values)?;
        let (false, Some(id)) = (late.is_empty(), digits(ticket)) else { return Ok(()) };
        let mut others = Vec::new();
        if late.iter().any(|filled| !filled.native) {
            // Asked as a list: one that cannot be seen yet is no error there, and errors block us.
            let call = Call::get("/tickets")
                .query("$select", "id")
                .query("$expand", "customFieldValues($expand=items)")
                .query("$filter", format!("id eq {id}"));
            let found: Vec<Value> = self.ask(call).await?.good()?.json()?;
            let Some(found) = found.first() else {
                let until = self.http.clock().now().checked_add(MISS_KEPT).unwrap_or(Timestamp::MAX);
                return Err(ReportError::NotVisibleYet { until });
            };
            others = found["customFieldValues"].as_array().cloned().unwrap_or_default();
            // What was written when it was opened may not be among it yet.
            let early = self.fields.opening(values)?.into_iter().filter(|filled| !filled.native);
            let mut all = json!({});
            fill_in(&mut all, &early.collect::<Vec<_>>(), others);
            others = all["customFieldValues"].as_array().cloned().unwrap_or_default();
        }
        let mut body = json!({});
        fill_in(&mut body, &late, others);
        let answer = self.ask(Call::patch("/tickets").query("id", id).json(&body)).await?;
        if answer.status == 404 { Ok(()) } else { mapping::told(answer, &late).map(|_| ()) }
    }

    async fn attach_link(&self, _: &TicketNumber, _: &Link) -> Result<(), ReportError> {
        Err(ReportError::refused("Movidesk keeps links in texts only"))
    }
}
