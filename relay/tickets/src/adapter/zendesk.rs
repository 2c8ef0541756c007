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
use serde_json::{Value, json};
use store::{CustomerDetails, KeptFields};

use super::people::People;
use super::wire::{Id, Memory, PAGES, SOON, digits, identity, moment, nullable, number};
use crate::{
    event::{Action, Link},
    gate::{Limits, Quota},
    http::{Answer, Call, Http, segment},
    kind::{self, Connected, Kind, Means, Persons, Settings},
    mapping::{self, Filled, Mapping, Targets, Values},
    markup::{Markup, written},
    secret::Secret,
    system::{
        Account, Appended, Breadth, Capabilities, CustomerRef, FoundTicket, NewTicket, Opened, Owner, Refusal, Repeats,
        ReportError, TicketSystem, brief, whose,
    },
};

/// Its row in [`kind::KINDS`].
pub static KIND: Kind = Kind {
    name: "zendesk",
    title: "Zendesk",
    lead: [
        "Use um token de API e o e-mail de um agente, não de um administrador, que vê todos os tickets e pode fazer comentários públicos e privados.",
        "Use an API token and the e-mail of an agent, not of an administrator, who sees all tickets and may make public and private comments.",
        "Use un token de API y el correo de un agente, no de un administrador, que ve todos los tickets y puede hacer comentarios públicos y privados.",
    ],
    own: &[
        kind::base(
            [
                "O da sua conta, como aparece no navegador: https://empresa.zendesk.com",
                "Your account's, as the browser shows it: https://company.zendesk.com",
                "El de su cuenta, como aparece en el navegador: https://empresa.zendesk.com",
            ],
            "",
        ),
        kind::text(
            "email",
            ["E-mail do agente", "The agent's e-mail", "Correo del agente"],
            [
                "O e-mail com que esse agente entra no Zendesk, por exemplo amparo@empresa.com.br. Está na página dele, em Pessoas.",
                "The e-mail this agent logs in to Zendesk with, for example amparo@company.com. It is on their page, under People.",
                "El correo con que ese agente entra en Zendesk, por ejemplo amparo@empresa.com. Está en su página, en Personas.",
            ],
            true,
            "",
        ),
        kind::secret(
            "token",
            ["Token de API", "API token", "Token de API"],
            [
                "Central de administração, Apps e integrações, APIs, API do Zendesk: ative Acesso por token e use Adicionar token de API. São 40 letras e números, e aparecem uma só vez.",
                "Admin Center, Apps and integrations, APIs, Zendesk API: switch Token access on and use Add API token. It has 40 letters and digits and is shown only once.",
                "Centro de administración, Aplicaciones e integraciones, API, API de Zendesk: active Acceso por token y use Agregar token de API. Son 40 letras y números, y aparecen una sola vez.",
            ],
        ),
        kind::VISIBILITY,
    ],
    targets: &TARGETS,
    people: &PERSONS,
    // A hundred updates of tickets a minute for an account on every plan; reads have more.
    limits: Limits {
        calls: Some(Quota { calls: 100, per: Duration::from_secs(60) }),
        errors: None,
        kept_for_people: 20,
        at_once: 4,
    },
    connect,
};

static PERSONS: Persons = Persons {
    hint: [
        "O número do agente, no fim do endereço da página dele em Pessoas; ou o e-mail dele em Zendesk.",
        "The agent's number, at the end of the address of their page under People; or their e-mail in Zendesk.",
        "El número del agente, al final de la dirección de su página en Personas; o su correo en Zendesk.",
    ],
    by_email: true,
    looked_for: true,
    is_one: mapping::is_id,
};

static TARGETS: Targets = Targets {
    native: &[
        mapping::text(
            "priority",
            [
                "Prioridade (low, normal, high, urgent)",
                "Priority (low, normal, high, urgent)",
                "Prioridad (low, normal, high, urgent)",
            ],
        ),
        mapping::text(
            "type",
            [
                "Tipo (problem, incident, question, task)",
                "Type (problem, incident, question, task)",
                "Tipo (problem, incident, question, task)",
            ],
        ),
        mapping::text("status", ["Status", "Status", "Estado"]),
        mapping::text(
            "tags",
            ["Etiquetas, separadas por espaço", "Tags, with blanks between them", "Etiquetas, separadas por espacio"],
        ),
        mapping::number("group_id", ["Grupo (número)", "Group (number)", "Grupo (número)"]),
        mapping::number("brand_id", ["Marca (número)", "Brand (number)", "Marca (número)"]),
        mapping::number("ticket_form_id", ["Formulário (número)", "Form (number)", "Formulario (número)"]),
        mapping::number("organization_id", ["Organização (número)", "Organisation (number)", "Organización (número)"]),
    ],
    own: mapping::is_id,
    hint: [
        "Campo personalizado: o número dele, por exemplo 360012345678. Está na Central de administração, em Objetos e regras, Tickets, Campos.",
        "Custom field: its number, for example 360012345678. It is in the Admin Center, under Objects and rules, Tickets, Fields.",
        "Campo personalizado: su número, por ejemplo 360012345678. Está en el Centro de administración, en Objetos y reglas, Tickets, Campos.",
    ],
    example: "360012345678",
    ours: &[
        "id",
        "subject",
        "external_id",
        "requester_id",
        "requester",
        "comment",
        "custom_fields",
        "assignee_id",
        "via_followup_source_id",
    ],
    settings: &[],
};

/// Puts fields into a ticket's body. `new`: it is opened; otherwise it has tags that are to stay.
fn fill_in(body: &mut Value, fields: &[Filled], new: bool) {
    let mut own = Vec::new();
    for filled in fields {
        match filled.name.as_str() {
            "tags" => {
                let tags: Vec<&str> = filled.text.split_whitespace().collect();
                body[if new { "tags" } else { "additional_tags" }] = json!(tags);
            }
            name if filled.native => body[name] = filled.value.clone(),
            name => {
                // A box is ticked by yes or no, not by a word.
                let value = match filled.text.as_str() {
                    "true" => json!(true),
                    "false" => json!(false),
                    text => json!(text),
                };
                own.push(json!({ "id": name.parse::<u64>().unwrap_or(0), "value": value }));
            }
        }
    }
    if !own.is_empty() {
        body["custom_fields"] = own.into();
    }
}

/// The call that opens a ticket, in somebody's name.
fn call_for(ticket: &NewTicket, body: &Value, person: Option<u64>) -> Call {
    let mut body = body.clone();
    if let Some(person) = person {
        body["comment"]["author_id"] = person.into();
        body["assignee_id"] = person.into();
    }
    let call = Call::post("/api/v2/tickets.json").header("idempotency-key", &*ticket.first.marker);
    call.json(&json!({ "ticket": body }))
}

/// Whether the key of this call has opened a ticket already, with other words.
fn was_used(answer: &Answer) -> bool {
    answer.status == 400 && answer.words().contains("IdempotentRequestError")
}

/// What became of fields, by the ticket that it answers with: one that it does not know, or that is switched off, it leaves out without a
/// word.
fn became(answer: &Answer, sent: &[Filled]) -> Result<KeptFields, ReportError> {
    let told: Value = answer.json()?;
    let there = told["ticket"]["custom_fields"].as_array();
    let has = |name: &str| {
        let id = name.parse::<u64>().unwrap_or(0);
        there.is_none_or(|all| all.iter().any(|field| field["id"] == id && mapping::says(&field["value"])))
    };
    Ok(mapping::became(sent, |filled| filled.native || has(&filled.name)))
}

fn connect(settings: &Settings, means: &Means) -> Connected {
    let (http, login, token) =
        (means.http(&KIND, settings)?, format!("{}/token", settings.text("email")), settings.secret("token"));
    // As it travels.
    http.learn(&Secret::new(format!("{login}:{}", token.expose())));
    Ok(Arc::new(Zendesk {
        http,
        login,
        token,
        public: settings.is_public(),
        fields: settings.fields(),
        people: People::new(settings.people()),
        customers: Memory::default(),
    }))
}

struct Zendesk {
    http: Http,
    login: String,
    token: Secret,
    public: bool,
    fields: Mapping,
    people: People,
    /// Users by the address that a customer told.
    customers: Memory<String, String>,
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

impl Zendesk {
    /// Everybody with this address: what is found beside them is left out.
    async fn users(&self, address: &str) -> Result<Vec<User>, ReportError> {
        let call = Call::get("/api/v2/users/search.json").query("query", format!("email:{address}"));
        let mut found: Users = self.ask(call).await?.good()?.json()?;
        found.users.retain(|user| user.email.eq_ignore_ascii_case(address));
        Ok(found.users)
    }

    async fn agent(&self, address: String) -> Result<Option<String>, ReportError> {
        let works_there = |user: &User| user.role != "end-user";
        Ok(self.users(&address).await?.into_iter().find(works_there).map(|user| user.id.0))
    }

    /// Writes as an action's author where Zendesk takes that, and as the token's owner otherwise.
    async fn write_as(
        &self,
        author: Option<&Owner>,
        call: impl Fn(Option<u64>) -> Call + Send + Sync,
    ) -> Result<Answer, ReportError> {
        let now = self.http.clock().now();
        self.people.write_as(author, now, |address| self.agent(address), |person| self.ask(call(person))).await
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
            closes_for_good: true,
            repeats: Repeats::LookedFor,
            visible_after: SOON,
        }
    }

    async fn account(&self) -> Result<Account, ReportError> {
        let me: OneUser = self.ask(Call::get("/api/v2/users/me.json")).await?.good()?.json()?;
        let breadth = match me.user.role.as_str() {
            "admin" => Breadth::TooWide,
            "agent" => Breadth::Fitting,
            // Whoever is not known at all is told to be an anonymous customer, and that all is well.
            "end-user" => {
                let why = "this user is no agent in Zendesk".to_owned();
                return Err(ReportError::Rejected { refusal: Refusal::Credential, why });
            }
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
        let users = self.users(&customer.email).await?;
        let Some(user) = users.first() else { return Ok(Vec::new()) };
        let call = Call::get(format!("/api/v2/users/{}/tickets/requested.json", segment(&user.id.0)))
            .query("sort_by", "created_at")
            .query("sort_order", "desc");
        let tickets: Tickets = self.ask(call).await?.good()?.json()?;
        let open = tickets.tickets.iter().filter(|t| !matches!(t.status.as_str(), "solved" | "closed"));
        open.take(OPEN_TICKETS_LISTED).map(|t| brief_of(t, &users)).collect()
    }

    async fn find_or_create_customer(&self, customer: &CustomerDetails) -> Result<CustomerRef, ReportError> {
        let address = customer.email.to_lowercase();
        if let Some(known) = self.customers.get(&address) {
            return Ok(CustomerRef(known));
        }
        // Looked for first: whoever is there is left as they are, whatever a customer typed, also when it is an agent's address.
        let there = if address.is_empty() { None } else { self.users(&address).await?.into_iter().next() };
        if let Some(user) = there {
            self.customers.keep(address, user.id.0.clone());
            return Ok(CustomerRef(user.id.0));
        }
        let name = [&customer.name, &customer.company, &customer.email].into_iter().find(|t| !t.is_empty());
        // No role: it makes customers of those who are new, and nothing else of those whom a search does not show yet.
        let mut user = json!({ "name": name.map_or("-", |t| t.as_str()) });
        if address.is_empty() {
            user["external_id"] = identity(customer).into();
        } else {
            user["email"] = customer.email.as_str().into();
        }
        let call = Call::post("/api/v2/users/create_or_update.json").json(&json!({ "user": user }));
        let made: OneUser = self.ask(call).await?.good()?.json()?;
        if !address.is_empty() {
            self.customers.keep(address, made.user.id.0.clone());
        }
        Ok(CustomerRef(made.user.id.0))
    }

    async fn open_ticket(&self, ticket: &NewTicket) -> Result<Opened, ReportError> {
        let requester: u64 =
            ticket.requester.0.parse().map_err(|_| ReportError::garbage("a customer whose id is no number"))?;
        let mut body = json!({
            "subject": ticket.subject.chars().take(150).collect::<String>(),
            "external_id": ticket.first.marker,
            "requester_id": requester,
            "comment": { "html_body": written(&ticket.first, Markup::Html), "public": self.public },
        });
        let fields = self.fields.opening(&ticket.values)?;
        fill_in(&mut body, &fields, true);
        let mut joined = body.clone();
        if let Some(closed) = ticket.continues.as_ref().and_then(digits).and_then(|id| id.parse::<u64>().ok()) {
            joined["via_followup_source_id"] = closed.into();
        }
        let call = |person: Option<u64>| call_for(ticket, &joined, person);
        let mut answer = self.write_as(ticket.first.author.as_ref(), call).await?;
        if matches!(answer.status.as_u16(), 400 | 422) && ticket.continues.is_some() && !was_used(&answer) {
            // Perhaps it does not want to join them; the text says what this one goes on for in any case.
            let alone = |person: Option<u64>| call_for(ticket, &body, person);
            answer = self.write_as(ticket.first.author.as_ref(), alone).await?;
        }
        if was_used(&answer) {
            // An earlier attempt was taken, and its words were others: it is to be looked for.
            return Err(ReportError::garbage("the key of an earlier attempt"));
        }
        let answer = mapping::told(answer, &fields)?;
        let made: OneTicket = answer.json()?;
        let fields = became(&answer, &fields)?;
        Ok(Opened { ticket: number(&made.ticket.id.0)?, external_id: None, fields })
    }

    async fn append_action(&self, ticket: &TicketNumber, action: &Action) -> Result<Appended, ReportError> {
        let id = digits(ticket).ok_or_else(|| ReportError::no_ticket(ticket))?;
        let call = |person: Option<u64>| {
            let mut comment = json!({ "html_body": written(action, Markup::Html), "public": self.public });
            if let Some(person) = person {
                comment["author_id"] = person.into();
            }
            let call = Call::put(format!("/api/v2/tickets/{id}.json"));
            call.json(&json!({ "ticket": { "comment": comment } })).limited_by_itself(is_of_one_ticket)
        };
        let answer = self.write_as(action.author.as_ref(), call).await?;
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

    async fn fill(&self, ticket: &TicketNumber, values: &Values) -> Result<(), ReportError> {
        let late = self.fields.late(values)?;
        let (false, Some(id)) = (late.is_empty(), digits(ticket)) else { return Ok(()) };
        let mut body = json!({});
        fill_in(&mut body, &late, false);
        let call = Call::put(format!("/api/v2/tickets/{id}.json")).json(&json!({ "ticket": body }));
        let answer = self.ask(call.limited_by_itself(is_of_one_ticket)).await?;
        if answer.status == 404 {
            return Ok(());
        }
        let fields = became(&mapping::told(answer, &late)?, &late)?;
        mapping::all_kept(&fields, "it is not kept: there is no such field, or it is switched off")
    }

    async fn attach_link(&self, _: &TicketNumber, _: &Link) -> Result<(), ReportError> {
        Err(ReportError::refused("Zendesk keeps links in texts only"))
    }
}
