//! Request Tracker 5 over REST 2: a comment or a correspondence is an action. A requester is made by RT itself from an e-mail address.
//!
//! A ticket that is opened refers to `urn:<marker>`, which RT searches for; notes are looked through for the marker in their text, so
//! that no custom field has to be set up.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    id::TicketNumber,
    limits::OPEN_TICKETS_LISTED,
    message::ticket::{TicketBrief, TicketStatus},
};
use serde::Deserialize;
use serde_json::{Value, json};
use store::CustomerDetails;

use super::wire::{Id, PAGES, SOON, digits, moment, nullable, number};
use crate::{
    event::{Action, Link},
    gate::Limits,
    http::{Answer, Call, Http, segment},
    kind::{self, Connected, Kind, Means, Settings},
    markup::{Markup, written},
    secret::Secret,
    system::{
        Account, Appended, Breadth, Capabilities, CustomerRef, FoundTicket, NewTicket, Refusal, Repeats, ReportError,
        TicketSystem, brief, whose,
    },
};

/// Its row in [`kind::KINDS`].
pub static KIND: Kind = Kind {
    name: "rt",
    title: "Request Tracker 5",
    lead: [
        "Use o token de um usuário com estes direitos na fila: SeeQueue, ShowTicket, ShowTicketComments, CreateTicket, CommentOnTicket, ReplyToTicket e ModifyTicket.",
        "Use the token of a user with these rights on the queue: SeeQueue, ShowTicket, ShowTicketComments, CreateTicket, CommentOnTicket, ReplyToTicket and ModifyTicket.",
        "Use el token de un usuario con estos derechos en la cola: SeeQueue, ShowTicket, ShowTicketComments, CreateTicket, CommentOnTicket, ReplyToTicket y ModifyTicket.",
    ],
    own: &[
        kind::base(
            [
                "Por exemplo https://rt.empresa.com.br",
                "For example https://rt.company.com",
                "Por ejemplo https://rt.empresa.com",
            ],
            "",
        ),
        kind::secret(
            "token",
            ["Token", "Token", "Token"],
            [
                "Em Conectado como, Configurações, Tokens de autenticação.",
                "In Logged in as, Settings, Auth Tokens.",
                "En Conectado como, Configuración, Tokens de autenticación.",
            ],
        ),
        kind::text(
            "queue",
            ["Fila", "Queue", "Cola"],
            [
                "Onde os tickets novos são abertos.",
                "Where new tickets are opened.",
                "Donde se abren los tickets nuevos.",
            ],
            true,
            "General",
        ),
        kind::VISIBILITY,
    ],
    limits: Limits::UNKNOWN,
    connect,
};

fn connect(settings: &Settings, means: &Means) -> Connected {
    Ok(Arc::new(Rt {
        http: means.http(&KIND, settings)?,
        token: settings.secret("token"),
        queue: settings.text("queue").to_owned(),
        public: settings.is_public(),
    }))
}

struct Rt {
    http: Http,
    token: Secret,
    queue: String,
    public: bool,
}

/// Of RT's lists only this is relied on: `total` and `pages` are null or fractions at times, and then there is no `next_page` either.
#[derive(Deserialize)]
struct List<T> {
    items: Vec<T>,
}

#[derive(Deserialize)]
struct Ticket {
    id: Id,
    #[serde(default, rename = "Subject", deserialize_with = "nullable")]
    subject: String,
    #[serde(default, rename = "Status", deserialize_with = "nullable")]
    status: String,
    #[serde(default, rename = "Created", deserialize_with = "nullable")]
    created: String,
    #[serde(rename = "Owner")]
    owner: Option<Person>,
    #[serde(default, rename = "Requestor")]
    requestors: Vec<Person>,
}

#[derive(Deserialize)]
struct Person {
    #[serde(default)]
    id: Id,
    #[serde(default, rename = "RealName", deserialize_with = "nullable")]
    real_name: String,
    #[serde(default, rename = "EmailAddress", deserialize_with = "nullable")]
    email: String,
}

impl Person {
    fn name(&self) -> &str {
        match (self.id.0.as_str(), self.real_name.as_str(), self.email.as_str()) {
            ("Nobody", ..) => "",
            (id, "", "") => id,
            (_, "", email) => email,
            (_, name, _) => name,
        }
    }
}

#[derive(Deserialize)]
struct Attachment {
    id: Id,
    #[serde(default, rename = "Content", deserialize_with = "nullable")]
    content: String,
    #[serde(default, rename = "TransactionId")]
    transaction: Id,
}

#[derive(Deserialize)]
struct Created {
    id: Id,
}

impl Rt {
    async fn ask(&self, call: Call) -> Result<Answer, ReportError> {
        self.http.send(call.credential("authorization", "token ", &self.token)).await
    }

    async fn tickets(&self, query: &str, limit: usize) -> Result<Vec<Ticket>, ReportError> {
        let people = "Name,RealName,EmailAddress";
        let call = Call::get("/REST/2.0/tickets")
            .query("query", query)
            .query("orderby", "id")
            .query("order", "DESC")
            .query("per_page", limit.to_string())
            .query("fields", "Subject,Status,Created,Owner,Requestor")
            .query("fields[Owner]", people)
            .query("fields[Requestor]", people);
        Ok(self.ask(call).await?.good()?.json::<List<Ticket>>()?.items)
    }
}

fn brief_of(ticket: &Ticket) -> Result<TicketBrief, ReportError> {
    let status = match ticket.status.as_str() {
        "new" => TicketStatus::New,
        "stalled" => TicketStatus::Waiting,
        "resolved" => TicketStatus::Resolved,
        "rejected" | "deleted" => TicketStatus::Closed,
        _ => TicketStatus::Open,
    };
    let customers: Vec<&str> = ticket.requestors.iter().map(Person::name).filter(|n| !n.is_empty()).collect();
    Ok(brief(
        number(&ticket.id.0)?,
        &ticket.subject,
        &customers.join(", "),
        ticket.owner.as_ref().map_or("", Person::name),
        status,
        moment(&ticket.created),
    ))
}

/// A text in a query of RT's: between single quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[async_trait]
impl TicketSystem for Rt {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            reads: true,
            internal_notes: true,
            public_notes: true,
            returns_id: true,
            links: true,
            customers: true,
            repeats: Repeats::LookedFor,
            visible_after: SOON,
        }
    }

    async fn account(&self) -> Result<Account, ReportError> {
        self.ask(Call::get("/REST/2.0/rt")).await?.good()?;
        // A queue that cannot be seen is found out here and not with the first session.
        self.ask(Call::get(format!("/REST/2.0/queue/{}", segment(&self.queue)))).await?.good()?;
        // Only who administers everything may see the total of all transactions.
        let call = Call::get("/REST/2.0/transactions").query("query", "id = 1");
        let all: Value = self.ask(call).await?.good()?.json()?;
        let breadth = if all["total"].is_number() { Breadth::TooWide } else { Breadth::Fitting };
        Ok(Account { name: String::new(), breadth })
    }

    async fn look_up(&self, number: &TicketNumber) -> Result<Option<FoundTicket>, ReportError> {
        let Some(id) = digits(number) else { return Ok(None) };
        let found = self.tickets(&format!("id={id}"), 1).await?;
        let Some(ticket) = found.first() else { return Ok(None) };
        let address = format!("{}/Ticket/Display.html?id={id}", self.http.base());
        let requester = ticket.requestors.first().map_or_else(CustomerDetails::default, |who| {
            whose(if who.real_name.is_empty() { "" } else { who.name() }, &who.email)
        });
        Ok(Some(FoundTicket { brief: brief_of(ticket)?, address: Some(address), requester }))
    }

    async fn open_tickets(&self, customer: &CustomerDetails) -> Result<Vec<TicketBrief>, ReportError> {
        if customer.email.is_empty() {
            return Ok(Vec::new());
        }
        let query = format!("Requestor.EmailAddress={} AND Status='__Active__'", quoted(&customer.email));
        self.tickets(&query, OPEN_TICKETS_LISTED).await?.iter().map(brief_of).collect()
    }

    async fn find_or_create_customer(&self, customer: &CustomerDetails) -> Result<CustomerRef, ReportError> {
        // RT makes the account when the ticket is opened. Without an address there is none: the text says who asks.
        let name: String = customer.name.chars().filter(|c| c.is_alphanumeric() || " .-'".contains(*c)).collect();
        Ok(CustomerRef(match (name.trim(), customer.email.trim()) {
            (_, "") => String::new(),
            ("", email) => email.to_owned(),
            (name, email) => format!("\"{name}\" <{email}>"),
        }))
    }

    async fn open_ticket(&self, ticket: &NewTicket) -> Result<Appended, ReportError> {
        let mut body = json!({
            "Queue": self.queue,
            "Subject": ticket.subject.chars().take(200).collect::<String>(),
            "Content": written(&ticket.first, Markup::Html),
            "ContentType": "text/html",
            "RefersTo": [format!("urn:{}", ticket.first.marker)],
        });
        if !ticket.requester.0.is_empty() {
            body["Requestor"] = Value::from(ticket.requester.0.as_str());
        }
        let created: Created = self.ask(Call::post("/REST/2.0/ticket").json(&body)).await?.good()?.json()?;
        Ok(Appended { ticket: number(&created.id.0)?, external_id: None })
    }

    async fn append_action(&self, ticket: &TicketNumber, action: &Action) -> Result<Appended, ReportError> {
        let id = digits(ticket).ok_or_else(|| ReportError::no_ticket(ticket))?;
        let how = if self.public { "correspond" } else { "comment" };
        let body = json!({ "Content": written(action, Markup::Html), "ContentType": "text/html" });
        let answer = self.ask(Call::post(format!("/REST/2.0/ticket/{id}/{how}")).json(&body)).await?;
        if answer.status.is_success() {
            let transaction = answer.header("location").and_then(|l| l.rsplit_once('/')).map(|(_, id)| id.to_owned());
            return Ok(Appended { ticket: ticket.clone(), external_id: transaction });
        }
        // RT says the same of a ticket that is not there and of one that may not be commented.
        let refusal = answer.refusal();
        let about_the_ticket = !matches!(&refusal, ReportError::Rejected { refusal: Refusal::Credential, .. });
        if about_the_ticket && self.look_up(ticket).await?.is_none() {
            return Err(ReportError::no_ticket(ticket));
        }
        Err(refusal)
    }

    async fn find_marker(
        &self,
        ticket: Option<&TicketNumber>,
        marker: &str,
        _since: Timestamp,
    ) -> Result<Option<Appended>, ReportError> {
        let Some(ticket) = ticket else {
            let found = self.tickets(&format!("RefersTo={}", quoted(&format!("urn:{marker}"))), 1).await?;
            return match found.first() {
                Some(ticket) => Ok(Some(Appended { ticket: number(&ticket.id.0)?, external_id: None })),
                None => Ok(None),
            };
        };
        let Some(id) = digits(ticket) else { return Ok(None) };
        let mut oldest = u64::MAX;
        for page in 1..=PAGES * 10 {
            let call = Call::get(format!("/REST/2.0/ticket/{id}/attachments"))
                .query("fields", "Content,TransactionId")
                .query("orderby", "id")
                .query("order", "DESC")
                .query("per_page", "100")
                .query("page", page.to_string());
            let answer = self.ask(call).await?;
            let answer = answer.found()?.ok_or_else(|| ReportError::no_ticket(ticket))?;
            let list: List<Attachment> = answer.json()?;
            if let Some(found) = list.items.iter().find(|a| a.content.contains(marker)) {
                let external_id = Some(found.transaction.0.clone()).filter(|id| !id.is_empty());
                return Ok(Some(Appended { ticket: ticket.clone(), external_id }));
            }
            // What we may not see is left out of a page, and after the last page comes the last page again.
            let last = list.items.iter().filter_map(|a| a.id.0.parse().ok()).min().unwrap_or(u64::MAX);
            if last >= oldest {
                return Ok(None);
            }
            oldest = last;
        }
        Err(ReportError::garbage("more notes on one ticket than can be looked through"))
    }

    async fn attach_link(&self, ticket: &TicketNumber, link: &Link) -> Result<(), ReportError> {
        let id = digits(ticket).ok_or_else(|| ReportError::no_ticket(ticket))?;
        let body = json!({ "AddRefersTo": [link.url] });
        let answer = self.ask(Call::put(format!("/REST/2.0/ticket/{id}")).json(&body)).await?;
        answer.found()?.ok_or_else(|| ReportError::no_ticket(ticket)).map(|_| ())
    }
}
