//! Zendesk: a comment is an action. Opening a ticket is safe to repeat (`Idempotency-Key`), a comment is looked for before it is repeated.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{
    id::TicketNumber,
    limits::OPEN_TICKETS_LISTED,
    message::ticket::{TicketBrief, TicketStatus},
};
use serde::Deserialize;
use serde_json::json;
use store::CustomerDetails;

use super::wire::{Id, PAGES, SOON, digits, identity, moment, nullable, number};
use crate::{
    event::{Action, Link},
    gate::{Limits, Quota},
    http::{Answer, Call, Http, segment},
    kind::{self, Connected, Kind, Means, Settings},
    markup::{Markup, written},
    secret::Secret,
    system::{
        Account, Appended, Breadth, Capabilities, CustomerRef, FoundTicket, NewTicket, Repeats, ReportError,
        TicketSystem, brief, whose,
    },
};

/// Its row in [`kind::KINDS`].
pub static KIND: Kind = Kind {
    name: "zendesk",
    title: "Zendesk",
    lead: [
        "Use um token de API e o e-mail de um agente que vê os tickets. O token é criado na Central de administração, em Apps e integrações, APIs.",
        "Use an API token and the e-mail of an agent who sees the tickets. The token is made in the Admin Center, under Apps and integrations, APIs.",
        "Use un token de API y el correo de un agente que ve los tickets. El token se crea en el Centro de administración, en Aplicaciones e integraciones, API.",
    ],
    own: &[
        kind::base(["https://empresa.zendesk.com", "https://company.zendesk.com", "https://empresa.zendesk.com"], ""),
        kind::text(
            "email",
            ["E-mail do agente", "The agent's e-mail", "Correo del agente"],
            ["O dono do token.", "Whose token it is.", "El dueño del token."],
            true,
            "",
        ),
        kind::secret(
            "token",
            ["Token de API", "API token", "Token de API"],
            [
                "Aparece uma só vez, quando é criado.",
                "It is shown once, when it is made.",
                "Aparece una sola vez, al crearlo.",
            ],
        ),
        kind::VISIBILITY,
    ],
    // A hundred updates of tickets a minute for an account on every plan; reads have more.
    limits: Limits {
        calls: Some(Quota { calls: 100, per: Duration::from_secs(60) }),
        errors: None,
        kept_for_people: 20,
        at_once: 4,
    },
    connect,
};

fn connect(settings: &Settings, means: &Means) -> Connected {
    let (http, login, token) =
        (means.http(&KIND, settings)?, format!("{}/token", settings.text("email")), settings.secret("token"));
    // As it travels.
    http.learn(&Secret::new(format!("{login}:{}", token.expose())));
    Ok(Arc::new(Zendesk { http, login, token, public: settings.is_public() }))
}

struct Zendesk {
    http: Http,
    login: String,
    token: Secret,
    public: bool,
}

#[derive(Deserialize)]
struct OneTicket {
    ticket: Ticket,
    #[serde(default)]
    users: Vec<User>,
    audit: Option<Made>,
}

#[derive(Deserialize)]
struct Tickets {
    tickets: Vec<Ticket>,
}

#[derive(Deserialize)]
struct Ticket {
    id: Id,
    #[serde(default, deserialize_with = "nullable")]
    subject: String,
    #[serde(default, deserialize_with = "nullable")]
    status: String,
    #[serde(default)]
    requester_id: Id,
    #[serde(default)]
    assignee_id: Id,
    #[serde(default, deserialize_with = "nullable")]
    created_at: String,
}

#[derive(Deserialize)]
struct Made {
    id: Id,
}

#[derive(Deserialize)]
struct OneUser {
    user: User,
}

#[derive(Deserialize)]
struct Users {
    users: Vec<User>,
}

#[derive(Deserialize)]
struct User {
    id: Id,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    email: String,
    #[serde(default, deserialize_with = "nullable")]
    role: String,
}

#[derive(Deserialize)]
struct Comments {
    comments: Vec<Comment>,
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Comment {
    id: Id,
    #[serde(default, deserialize_with = "nullable")]
    html_body: String,
    #[serde(default, deserialize_with = "nullable")]
    body: String,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    has_more: bool,
    #[serde(default, deserialize_with = "nullable")]
    after_cursor: String,
}

impl Zendesk {
    async fn ask(&self, call: Call) -> Result<Answer, ReportError> {
        self.http.send(call.basic(&self.login, &self.token)).await
    }
}

/// A ticket takes thirty updates of one user's in ten minutes; that it takes no more says nothing of the others.
fn is_of_one_ticket(words: &str) -> bool {
    words.to_ascii_lowercase().contains("before updating this ticket again")
}

fn brief_of(ticket: &Ticket, users: &[User]) -> Result<TicketBrief, ReportError> {
    let name = |id: &Id| users.iter().find(|u| u.id == *id && !id.0.is_empty()).map_or("", |u| u.name.as_str());
    let status = match ticket.status.as_str() {
        "new" => TicketStatus::New,
        "pending" | "hold" => TicketStatus::Waiting,
        "solved" => TicketStatus::Resolved,
        "closed" => TicketStatus::Closed,
        _ => TicketStatus::Open,
    };
    Ok(brief(
        number(&ticket.id.0)?,
        &ticket.subject,
        name(&ticket.requester_id),
        name(&ticket.assignee_id),
        status,
        moment(&ticket.created_at),
    ))
}

#[async_trait]
impl TicketSystem for Zendesk {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            reads: true,
            internal_notes: true,
            public_notes: true,
            returns_id: true,
            links: false,
            customers: true,
            repeats: Repeats::LookedFor,
            visible_after: SOON,
        }
    }

    async fn account(&self) -> Result<Account, ReportError> {
        let me: OneUser = self.ask(Call::get("/api/v2/users/me.json")).await?.good()?.json()?;
        let breadth = match me.user.role.as_str() {
            "admin" => Breadth::TooWide,
            "agent" => Breadth::Fitting,
            _ => Breadth::Unknown,
        };
        Ok(Account { name: me.user.name, breadth })
    }

    async fn look_up(&self, number: &TicketNumber) -> Result<Option<FoundTicket>, ReportError> {
        let Some(id) = digits(number) else { return Ok(None) };
        let call = Call::get(format!("/api/v2/tickets/{id}.json")).query("include", "users");
        let Some(answer) = self.ask(call).await?.found()? else { return Ok(None) };
        let found: OneTicket = answer.json()?;
        let address = format!("{}/agent/tickets/{id}", self.http.base());
        let who = found.users.iter().find(|user| user.id == found.ticket.requester_id && !user.id.0.is_empty());
        let requester = who.map_or_else(CustomerDetails::default, |user| whose(&user.name, &user.email));
        Ok(Some(FoundTicket { brief: brief_of(&found.ticket, &found.users)?, address: Some(address), requester }))
    }

    async fn open_tickets(&self, customer: &CustomerDetails) -> Result<Vec<TicketBrief>, ReportError> {
        if customer.email.is_empty() {
            return Ok(Vec::new());
        }
        let call = Call::get("/api/v2/users/search.json").query("query", format!("email:{}", customer.email));
        let found: Users = self.ask(call).await?.good()?.json()?;
        let Some(user) = found.users.iter().find(|u| u.email.eq_ignore_ascii_case(&customer.email)) else {
            return Ok(Vec::new());
        };
        let call = Call::get(format!("/api/v2/users/{}/tickets/requested.json", segment(&user.id.0)))
            .query("sort_by", "created_at")
            .query("sort_order", "desc");
        let tickets: Tickets = self.ask(call).await?.good()?.json()?;
        let open = tickets.tickets.iter().filter(|t| !matches!(t.status.as_str(), "solved" | "closed"));
        open.take(OPEN_TICKETS_LISTED).map(|t| brief_of(t, &found.users)).collect()
    }

    async fn find_or_create_customer(&self, customer: &CustomerDetails) -> Result<CustomerRef, ReportError> {
        let name = [&customer.name, &customer.company, &customer.email].into_iter().find(|t| !t.is_empty());
        let mut user = json!({ "name": name.map_or("-", |t| t.as_str()), "role": "end-user" });
        if customer.email.is_empty() {
            user["external_id"] = identity(customer).into();
        } else {
            user["email"] = customer.email.as_str().into();
        }
        let call = Call::post("/api/v2/users/create_or_update.json").json(&json!({ "user": user }));
        let made: OneUser = self.ask(call).await?.good()?.json()?;
        Ok(CustomerRef(made.user.id.0))
    }

    async fn open_ticket(&self, ticket: &NewTicket) -> Result<Appended, ReportError> {
        let requester: u64 =
            ticket.requester.0.parse().map_err(|_| ReportError::garbage("a customer whose id is no number"))?;
        let body = json!({ "ticket": {
            "subject": ticket.subject.chars().take(150).collect::<String>(),
            "external_id": ticket.first.marker,
            "requester_id": requester,
            "comment": { "html_body": written(&ticket.first, Markup::Html), "public": self.public },
        }});
        let call = Call::post("/api/v2/tickets.json").header("idempotency-key", &*ticket.first.marker).json(&body);
        let made: OneTicket = self.ask(call).await?.good()?.json()?;
        Ok(Appended { ticket: number(&made.ticket.id.0)?, external_id: None })
    }

    async fn append_action(&self, ticket: &TicketNumber, action: &Action) -> Result<Appended, ReportError> {
        let id = digits(ticket).ok_or_else(|| ReportError::no_ticket(ticket))?;
        let body = json!({ "ticket": {
            "comment": { "html_body": written(action, Markup::Html), "public": self.public },
        }});
        let call = Call::put(format!("/api/v2/tickets/{id}.json")).json(&body).limited_by_itself(is_of_one_ticket);
        let answer = self.ask(call).await?;
        let told: OneTicket = answer.found()?.ok_or_else(|| ReportError::no_ticket(ticket))?.json()?;
        Ok(Appended { ticket: ticket.clone(), external_id: told.audit.map(|a| a.id.0) })
    }

    async fn find_marker(
        &self,
        ticket: Option<&TicketNumber>,
        marker: &str,
        _since: Timestamp,
    ) -> Result<Option<Appended>, ReportError> {
        let Some(ticket) = ticket else {
            let call = Call::get("/api/v2/tickets.json").query("external_id", marker);
            let found: Tickets = self.ask(call).await?.good()?.json()?;
            return match found.tickets.first() {
                Some(ticket) => Ok(Some(Appended { ticket: number(&ticket.id.0)?, external_id: None })),
                None => Ok(None),
            };
        };
        let Some(id) = digits(ticket) else { return Ok(None) };
        let mut after = String::new();
        for _ in 0..PAGES {
            let mut call = Call::get(format!("/api/v2/tickets/{id}/comments.json"))
                .query("page[size]", "100")
                .query("sort", "-created_at");
            if !after.is_empty() {
                call = call.query("page[after]", &*after);
            }
            let answer = self.ask(call).await?.found()?.ok_or_else(|| ReportError::no_ticket(ticket))?;
            let page: Comments = answer.json()?;
            let ours = page.comments.iter().find(|c| c.html_body.contains(marker) || c.body.contains(marker));
            if let Some(comment) = ours {
                return Ok(Some(Appended { ticket: ticket.clone(), external_id: Some(comment.id.0.clone()) }));
            }
            match page.meta {
                Some(meta) if meta.has_more && !meta.after_cursor.is_empty() => after = meta.after_cursor,
                _ => return Ok(None),
            }
        }
        Err(ReportError::garbage("more comments on one ticket than can be looked through"))
    }

    async fn attach_link(&self, _: &TicketNumber, _: &Link) -> Result<(), ReportError> {
        Err(ReportError::refused("Zendesk keeps links in texts only"))
    }
}
