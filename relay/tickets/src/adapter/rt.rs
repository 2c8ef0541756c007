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
use store::{CustomerDetails, KeptFields};

use super::people::People;
use super::wire::{Id, Memory, PAGES, SOON, digits, moment, nullable, number};
use crate::{
    event::{Action, Link},
    gate::Limits,
    http::{Answer, Call, Http, segment},
    kind::{self, Connected, Kind, Means, Persons, Settings},
    mapping::{self, Filled, Mapping, Targets, Values},
    markup::{Markup, written},
    secret::Secret,
    system::{
        Account, Appended, Breadth, Capabilities, CustomerRef, FoundTicket, NewTicket, Opened, Refusal, Repeats,
        ReportError, TicketSystem, brief, whose,
    },
};

/// Its row in [`kind::KINDS`].
pub static KIND: Kind = Kind {
    name: "rt",
    title: "Request Tracker 5",
    lead: [
        "Crie um usuário e dê a ele, em Administração, Filas, a fila, Direitos de usuário: SeeQueue, ShowTicket, ShowTicketComments, CreateTicket, CommentOnTicket, ReplyToTicket e ModifyTicket. Para criar o token ele precisa de ManageAuthTokens, em Administração, Global, Direitos de usuário.",
        "Make a user and give them, under Admin, Queues, the queue, User Rights: SeeQueue, ShowTicket, ShowTicketComments, CreateTicket, CommentOnTicket, ReplyToTicket and ModifyTicket. To make the token they need ManageAuthTokens, under Admin, Global, User Rights.",
        "Cree un usuario y dele, en Administración, Colas, la cola, Derechos de usuario: SeeQueue, ShowTicket, ShowTicketComments, CreateTicket, CommentOnTicket, ReplyToTicket y ModifyTicket. Para crear el token necesita ManageAuthTokens, en Administración, Global, Derechos de usuario.",
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
                "Entre no RT como esse usuário: Conectado como, Configurações, Tokens de autenticação, Criar. Parece com 1-14-0011…; aparece uma só vez.",
                "Log in to RT as this user: Logged in as, Settings, Auth Tokens, Create. It looks like 1-14-0011…; it is shown only once.",
                "Entre en RT como ese usuario: Conectado como, Configuración, Tokens de autenticación, Crear. Se parece a 1-14-0011…; aparece una sola vez.",
            ],
        ),
        kind::text(
            "queue",
            ["Fila", "Queue", "Cola"],
            [
                "O nome da fila onde os tickets novos são abertos, como em Administração, Filas; por exemplo General.",
                "The name of the queue where new tickets are opened, as under Admin, Queues; for example General.",
                "El nombre de la cola donde se abren los tickets nuevos, como en Administración, Colas; por ejemplo General.",
            ],
            true,
            "General",
        ),
        kind::VISIBILITY,
    ],
    targets: &TARGETS,
    people: &PERSONS,
    limits: Limits::UNKNOWN,
    connect,
};

static PERSONS: Persons = Persons {
    hint: [
        "O nome de usuário dele em RT; fica como dono dos tickets abertos, se pode ser dono na fila.",
        "Their user name in RT; they own the tickets that are opened, if they may own tickets of the queue.",
        "Su nombre de usuario en RT; queda como propietario de los tickets abiertos, si puede serlo en la cola.",
    ],
    by_email: false,
    looked_for: true,
    is_one: |text| !text.contains(char::is_control),
};

static TARGETS: Targets = Targets {
    native: &[
        mapping::text("Priority", ["Prioridade", "Priority", "Prioridad"]),
        mapping::text("Status", ["Status", "Status", "Estado"]),
        mapping::text("SLA", ["SLA", "SLA", "SLA"]),
        mapping::text("Cc", ["Cc", "Cc", "Cc"]),
        mapping::text("AdminCc", ["Cc administrativo", "Admin Cc", "Cc administrativo"]),
        mapping::text("Due", ["Prazo", "Due", "Vencimiento"]),
        mapping::text("Starts", ["Início previsto", "Starts", "Inicio previsto"]),
        mapping::number(
            "TimeEstimated",
            ["Tempo estimado (minutos)", "Time estimated (minutes)", "Tiempo estimado (minutos)"],
        ),
        mapping::number(
            "TimeWorked",
            ["Tempo trabalhado (minutos)", "Time worked (minutes)", "Tiempo trabajado (minutos)"],
        ),
    ],
    own: |name| custom(name).is_some(),
    hint: [
        "Campo personalizado: CF.{Nome do campo}, como nas buscas do RT. A fila precisa ter o campo, e a conta da conexão precisa vê-lo (SeeCustomField, ModifyCustomField).",
        "Custom field: CF.{Name of the field}, as in RT's searches. The queue must have the field, and the connection's account must see it (SeeCustomField, ModifyCustomField).",
        "Campo personalizado: CF.{Nombre del campo}, como en las búsquedas de RT. La cola debe tener el campo, y la cuenta de la conexión debe verlo (SeeCustomField, ModifyCustomField).",
    ],
    example: "CF.{Filial}",
    ours: &["id", "subject", "content", "contenttype", "requestor", "refersto", "owner", "customfields"],
    settings: &["queue"],
};

/// The name of a custom field, as RT's searches write it.
fn custom(name: &str) -> Option<&str> {
    name.strip_prefix("CF.{")?.strip_suffix('}').filter(|name| !name.is_empty() && !name.contains(['{', '}']))
}

fn fill_in(body: &mut Value, fields: &[Filled]) {
    for filled in fields {
        match custom(&filled.name) {
            Some(name) => body["CustomFields"][name] = filled.value.clone(),
            // A day without a time RT forgets without a word: it is meant from its beginning.
            None if is_day(filled) => body[filled.name.as_str()] = json!(format!("{} 00:00:00", filled.text)),
            None => body[filled.name.as_str()] = filled.value.clone(),
        }
    }
}

/// Whether a day goes into a field for a time.
fn is_day(filled: &Filled) -> bool {
    let takes_a_time = matches!(filled.name.as_str(), "Due" | "Starts");
    takes_a_time && filled.text.len() == 10 && filled.text.parse::<jiff::civil::Date>().is_ok()
}

fn connect(settings: &Settings, means: &Means) -> Connected {
    Ok(Arc::new(Rt {
        http: means.http(&KIND, settings)?,
        token: settings.secret("token"),
        queue: settings.text("queue").to_owned(),
        public: settings.is_public(),
        fields: settings.fields(),
        people: People::new(settings.people()),
        custom: Memory::default(),
    }))
}

struct Rt {
    http: Http,
    token: Secret,
    queue: String,
    public: bool,
    fields: Mapping,
    people: People,
    /// Custom fields that the queue was seen to have.
    custom: Memory<String, ()>,
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

    /// The name of the user with this address: an address is not what RT names users by.
    async fn agent(&self, address: String) -> Result<Option<String>, ReportError> {
        #[derive(Deserialize)]
        struct User {
            #[serde(default, rename = "Name", deserialize_with = "nullable")]
            name: String,
        }
        let wanted = json!([{ "field": "EmailAddress", "operator": "=", "value": address }]);
        let call = Call::post("/REST/2.0/users").query("fields", "Name").json(&wanted);
        let found: List<User> = self.ask(call).await?.good()?.json()?;
        Ok(found.items.into_iter().next().map(|user| user.name).filter(|name| !name.is_empty()))
    }

    /// RT takes a field that the queue does not have, and forgets it without a word: it is looked for before anything is written.
    async fn known(&self, fields: &[Filled]) -> Result<(), ReportError> {
        #[derive(Deserialize)]
        struct Queue {
            #[serde(default, rename = "TicketCustomFields")]
            fields: Vec<Field>,
        }
        #[derive(Deserialize)]
        struct Field {
            #[serde(default, deserialize_with = "nullable")]
            name: String,
        }
        if self.missing(fields).is_empty() {
            return Ok(());
        }
        let answer = self.ask(Call::get(format!("/REST/2.0/queue/{}", segment(&self.queue)))).await?;
        for field in answer.good()?.json::<Queue>()?.fields {
            self.custom.keep(field.name, ());
        }
        let missing = self.missing(fields);
        if missing.is_empty() {
            return Ok(());
        }
        let why = "the queue has no such field, or our account does not see it";
        Err(mapping::refused(why, missing.into_iter()))
    }

    /// What became of fields of a ticket that was just opened; `None`: it cannot be read now. It is open in any case.
    async fn became(&self, id: &str, fields: &[Filled]) -> Option<KeptFields> {
        let answer = self.ask(Call::get(format!("/REST/2.0/ticket/{}", segment(id)))).await.ok()?.good().ok()?;
        let ticket: Value = answer.json().ok()?;
        let own = ticket["CustomFields"].as_array();
        Some(mapping::became(fields, |filled| match custom(&filled.name) {
            Some(name) => {
                own.is_some_and(|all| all.iter().any(|field| field["name"] == name && mapping::says(&field["values"])))
            }
            None => match &ticket[filled.name.as_str()] {
                // A time that it could not read is 1970.
                Value::String(kept) => !(kept.is_empty() || kept.starts_with("1970-")),
                Value::Null => true,
                people => mapping::says(people),
            },
        }))
    }

    /// The custom fields among these that the queue was not seen to have.
    fn missing<'a>(&self, fields: &'a [Filled]) -> Vec<&'a str> {
        let names = fields.iter().map(|filled| filled.name.as_str());
        names.filter(|name| custom(name).is_some_and(|own| self.custom.get(own).is_none())).collect()
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

fn is_over(ticket: &TicketBrief) -> bool {
    matches!(ticket.status, TicketStatus::Resolved | TicketStatus::Closed)
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
            closes_for_good: false,
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

    async fn open_ticket(&self, ticket: &NewTicket) -> Result<Opened, ReportError> {
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
        let fields = self.fields.opening(&ticket.values)?;
        self.known(&fields).await?;
        fill_in(&mut body, &fields);
        let (author, now) = (ticket.owner.as_ref(), self.http.clock().now());
        // A user's name may well be an address: what the company says is the name.
        let owner = match self.people.named(author) {
            Some(name) if !self.people.is_out(author, now) => Some(name.to_owned()),
            Some(_) => None,
            None => self.people.find(author, now, |address| self.agent(address)).await?,
        };
        let call = |owner: Option<String>| {
            let mut body = body.clone();
            if let Some(owner) = owner {
                body["Owner"] = owner.into();
            }
            Call::post("/REST/2.0/ticket").json(&body)
        };
        let answer = self.people.call_as(author, now, owner, |owner| self.ask(call(owner))).await?;
        let created: Created = mapping::told(answer, &fields)?.json()?;
        let became = if fields.is_empty() { None } else { self.became(&created.id.0, &fields).await };
        Ok(Opened { ticket: number(&created.id.0)?, external_id: None, fields: became.unwrap_or_default() })
    }

    async fn append_action(&self, ticket: &TicketNumber, action: &Action) -> Result<Appended, ReportError> {
        let id = digits(ticket).ok_or_else(|| ReportError::no_ticket(ticket))?;
        // What is written to the customer of a ticket that is over would open it again: there it is a note.
        let over = self.public && self.look_up(ticket).await?.is_some_and(|found| is_over(&found.brief));
        let how = if self.public && !over { "correspond" } else { "comment" };
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

    async fn fill(&self, ticket: &TicketNumber, values: &Values) -> Result<(), ReportError> {
        let late = self.fields.late(values)?;
        let (false, Some(id)) = (late.is_empty(), digits(ticket)) else { return Ok(()) };
        self.known(&late).await?;
        let mut body = json!({});
        fill_in(&mut body, &late);
        let answer = self.ask(Call::put(format!("/REST/2.0/ticket/{id}")).json(&body)).await?;
        if answer.status == 404 {
            return Ok(());
        }
        // Of a change that is not made, one of the sentences says so; all is well in any case.
        let said: Vec<String> = mapping::told(answer, &late)?.json()?;
        let not_made = |words: &&String| words.contains("isn't a valid") || words.contains("Permission Denied");
        match said.iter().find(not_made) {
            Some(words) => Err(mapping::refused(words, late.iter().map(|filled| filled.name.as_str()))),
            None => Ok(()),
        }
    }

    async fn attach_link(&self, ticket: &TicketNumber, link: &Link) -> Result<(), ReportError> {
        let id = digits(ticket).ok_or_else(|| ReportError::no_ticket(ticket))?;
        let body = json!({ "AddRefersTo": [link.url] });
        let answer = self.ask(Call::put(format!("/REST/2.0/ticket/{id}")).json(&body)).await?;
        answer.found()?.ok_or_else(|| ReportError::no_ticket(ticket)).map(|_| ())
    }
}
