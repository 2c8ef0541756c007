//! Zammad: an article of type note is an action. Tickets have a number that people use and an id that calls use.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::TicketNumber,
    limits::OPEN_TICKETS_LISTED,
    message::ticket::{TicketBrief, TicketStatus},
};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{CustomerDetails, KeptFields};

use super::people::People;
use super::wire::{Id, Memory, SOON, digits, identity, moment, names, nullable, number};
use crate::{
    event::{Action, Link},
    gate::Limits,
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
    name: "zammad",
    title: "Zammad",
    lead: [
        "Crie um usuário com o papel Agent, sem Admin, e dê a ele acesso ao grupo abaixo (ler, criar, alterar): Administração, Gerenciar, Usuários. O acesso por token se ativa em Administração, Sistema, API.",
        "Make a user with the role Agent, without Admin, and give them access to the group below (read, create, change): Admin, Manage, Users. Access by token is switched on under Admin, System, API.",
        "Cree un usuario con el rol Agent, sin Admin, y dele acceso al grupo de abajo (leer, crear, cambiar): Administración, Gestionar, Usuarios. El acceso por token se activa en Administración, Sistema, API.",
    ],
    own: &[
        kind::base(
            [
                "Por exemplo https://suporte.empresa.com.br",
                "For example https://support.company.com",
                "Por ejemplo https://soporte.empresa.com",
            ],
            "",
        ),
        kind::secret(
            "token",
            ["Token de acesso", "Access token", "Token de acceso"],
            [
                "Entre no Zammad como esse usuário: avatar, Perfil, Acesso por token, Criar, com a permissão ticket.agent. Aparece uma só vez.",
                "Log in to Zammad as this user: avatar, Profile, Token Access, Create, with the permission ticket.agent. It is shown only once.",
                "Entre en Zammad como ese usuario: avatar, Perfil, Acceso por token, Crear, con el permiso ticket.agent. Aparece una sola vez.",
            ],
        ),
        kind::text(
            "group",
            ["Grupo", "Group", "Grupo"],
            [
                "Onde os tickets novos são abertos, escrito como em Administração, Gerenciar, Grupos; por exemplo Users ou Suporte::Nível 2.",
                "Where new tickets are opened, written as under Admin, Manage, Groups; for example Users or Support::Level 2.",
                "Donde se abren los tickets nuevos, escrito como en Administración, Gestionar, Grupos; por ejemplo Users o Soporte::Nivel 2.",
            ],
            true,
            "Users",
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
        "O número do agente, no fim do endereço da ficha dele; ou o e-mail dele em Zammad.",
        "The agent's number, at the end of the address of their record; or their e-mail in Zammad.",
        "El número del agente, al final de la dirección de su ficha; o su correo en Zammad.",
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
                "Prioridade (1 low, 2 normal, 3 high)",
                "Priority (1 low, 2 normal, 3 high)",
                "Prioridad (1 low, 2 normal, 3 high)",
            ],
        ),
        mapping::text("state", ["Estado (new, open)", "State (new, open)", "Estado (new, open)"]),
        mapping::text("type", ["Tipo", "Type", "Tipo"]),
        mapping::text(
            "tags",
            ["Etiquetas, separadas por vírgula", "Tags, with commas between them", "Etiquetas, separadas por coma"],
        ),
        mapping::number("organization_id", ["Organização (número)", "Organisation (number)", "Organización (número)"]),
    ],
    own: |name| mapping::is_name(name) && !name.starts_with('_'),
    hint: [
        "Campo da empresa: o nome do atributo do objeto Ticket, em Administração, Sistema, Objetos; por exemplo filial.",
        "A field of the company's own: the name of the attribute of the object Ticket, under Admin, System, Objects; for example branch.",
        "Campo de la empresa: el nombre del atributo del objeto Ticket, en Administración, Sistema, Objetos; por ejemplo sucursal.",
    ],
    example: "filial",
    ours: &["id", "number", "title", "customer", "customer_id", "article", "owner", "owner_id"],
    settings: &["group", "group_id"],
};

fn fill_in(body: &mut Value, fields: &[Filled]) {
    for filled in fields {
        body[filled.name.as_str()] = match filled.text.as_str() {
            // A yes or no of the company's own is no word.
            "true" if !filled.native => json!(true),
            "false" if !filled.native => json!(false),
            _ => filled.value.clone(),
        };
    }
}

/// What became of fields, by the ticket that it answers with: an attribute that it does not know it leaves out without a word.
fn became(answer: &Answer, sent: &[Filled]) -> Result<KeptFields, ReportError> {
    let ticket: Value = answer.json()?;
    Ok(mapping::became(sent, |filled| filled.native || mapping::says(&ticket[filled.name.as_str()])))
}

fn connect(settings: &Settings, means: &Means) -> Connected {
    Ok(Arc::new(Zammad {
        http: means.http(&KIND, settings)?,
        token: settings.secret("token"),
        group: settings.text("group").to_owned(),
        public: settings.is_public(),
        fields: settings.fields(),
        people: People::new(settings.people()),
        ids: Memory::default(),
    }))
}

/// New tickets that are looked through for a marker: each takes a call.
const CANDIDATES: usize = 200;

struct Zammad {
    http: Http,
    token: Secret,
    group: String,
    public: bool,
    fields: Mapping,
    people: People,
    ids: Memory<TicketNumber, String>,
}

#[derive(Deserialize)]
struct Ticket {
    id: Id,
    number: Id,
    #[serde(default, deserialize_with = "nullable")]
    title: String,
    #[serde(default, deserialize_with = "nullable")]
    state: String,
    #[serde(default, deserialize_with = "nullable")]
    owner: String,
    #[serde(default, deserialize_with = "nullable")]
    customer: String,
    #[serde(default, deserialize_with = "nullable")]
    created_at: String,
}

impl Ticket {
    fn is_open(&self) -> bool {
        !matches!(self.state.as_str(), "closed" | "merged" | "removed")
    }
}

#[derive(Deserialize)]
struct Made {
    id: Id,
}

#[derive(Deserialize)]
struct Article {
    id: Id,
    #[serde(default, deserialize_with = "nullable")]
    body: String,
}

#[derive(Deserialize)]
struct Person {
    id: Id,
    #[serde(default, deserialize_with = "nullable")]
    email: String,
    #[serde(default, deserialize_with = "nullable")]
    login: String,
}

impl Zammad {
    async fn ask(&self, call: Call) -> Result<Answer, ReportError> {
        self.http.send(call.credential("authorization", "Token token=", &self.token)).await
    }

    async fn search(&self, query: &str, limit: usize) -> Result<Vec<Ticket>, ReportError> {
        let call = Call::get("/api/v1/tickets/search")
            .query("query", query)
            .query("expand", "true")
            .query("sort_by", "created_at")
            .query("order_by", "desc")
            .query("limit", limit.to_string());
        self.ask(call).await?.good()?.json()
    }

    async fn ticket(&self, number: &TicketNumber) -> Result<Option<Ticket>, ReportError> {
        let Some(text) = digits(number) else { return Ok(None) };
        let found = self.search(&format!("number:{text}"), 5).await?;
        let ticket = found.into_iter().find(|t| t.number.0 == text);
        if let Some(ticket) = &ticket {
            self.ids.keep(number.clone(), ticket.id.0.clone());
        }
        Ok(ticket)
    }

    async fn id(&self, number: &TicketNumber) -> Result<Option<String>, ReportError> {
        match self.ids.get(number) {
            Some(id) => Ok(Some(id)),
            None => Ok(self.ticket(number).await?.map(|t| t.id.0)),
        }
    }

    /// The user with this address, or the one that an earlier session has made for the same details.
    async fn user(&self, customer: &CustomerDetails) -> Result<Option<Person>, ReportError> {
        let (key, wanted) =
            if customer.email.is_empty() { ("login", identity(customer)) } else { ("email", customer.email.clone()) };
        let call =
            Call::get("/api/v1/users/search").query("query", format!("{key}:\"{}\"", wanted.replace(['"', '\\'], "")));
        let found: Vec<Person> = self.ask(call).await?.good()?.json()?;
        let same = |p: &Person| p.email.eq_ignore_ascii_case(&wanted) || p.login.eq_ignore_ascii_case(&wanted);
        Ok(found.into_iter().find(same))
    }

    async fn agent(&self, address: String) -> Result<Option<String>, ReportError> {
        let details = CustomerDetails { email: address, ..CustomerDetails::default() };
        Ok(self.user(&details).await?.map(|person| person.id.0))
    }

    /// Writes as an action's author where Zammad takes that, and as the token's owner otherwise.
    async fn write_as(
        &self,
        author: Option<&Owner>,
        call: impl Fn(Option<u64>) -> Call + Send + Sync,
    ) -> Result<Answer, ReportError> {
        let now = self.http.clock().now();
        self.people.write_as(author, now, |address| self.agent(address), |person| self.ask(call(person))).await
    }

    async fn article(&self, ticket: &TicketNumber, id: &str, marker: &str) -> Result<Option<Article>, ReportError> {
        let call = Call::get(format!("/api/v1/ticket_articles/by_ticket/{}", segment(id)));
        let answer = self.ask(call).await?.found()?.ok_or_else(|| ReportError::no_ticket(ticket))?;
        let articles: Vec<Article> = answer.json()?;
        Ok(articles.into_iter().find(|a| a.body.contains(marker)))
    }
}

fn brief_of(ticket: &Ticket) -> Result<TicketBrief, ReportError> {
    let status = match ticket.state.as_str() {
        "new" => TicketStatus::New,
        "closed" | "merged" | "removed" => TicketStatus::Closed,
        state if state.starts_with("pending") => TicketStatus::Waiting,
        _ => TicketStatus::Open,
    };
    // An unowned ticket's owner is the system's user, "-".
    let owner = if ticket.owner == "-" { "" } else { &ticket.owner };
    Ok(brief(number(&ticket.number.0)?, &ticket.title, &ticket.customer, owner, status, moment(&ticket.created_at)))
}

#[async_trait]
impl TicketSystem for Zammad {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            reads: true,
            internal_notes: true,
            public_notes: true,
            returns_id: true,
            links: false,
            customers: true,
            closes_for_good: false,
            repeats: Repeats::LookedFor,
            visible_after: SOON,
        }
    }

    async fn account(&self) -> Result<Account, ReportError> {
        #[derive(Deserialize)]
        struct Me {
            #[serde(default, deserialize_with = "nullable")]
            login: String,
            #[serde(default)]
            roles: Vec<String>,
        }
        let me: Me = self.ask(Call::get("/api/v1/users/me").query("expand", "true")).await?.good()?.json()?;
        let breadth = match me.roles.as_slice() {
            [] => Breadth::Unknown,
            roles if roles.iter().any(|r| r == "Admin") => Breadth::TooWide,
            _ => Breadth::Fitting,
        };
        Ok(Account { name: me.login, breadth })
    }

    async fn look_up(&self, number: &TicketNumber) -> Result<Option<FoundTicket>, ReportError> {
        let Some(ticket) = self.ticket(number).await? else { return Ok(None) };
        let address = format!("{}/#ticket/zoom/{}", self.http.base(), ticket.id.0);
        // Expanded, a customer is their login, which is their address where they have one.
        let login = ticket.customer.as_str();
        let requester = if login.contains('@') { whose("", login) } else { whose(login, "") };
        Ok(Some(FoundTicket { brief: brief_of(&ticket)?, address: Some(address), requester }))
    }

    async fn open_tickets(&self, customer: &CustomerDetails) -> Result<Vec<TicketBrief>, ReportError> {
        let Some(user) = self.user(customer).await? else { return Ok(Vec::new()) };
        let found = self.search(&format!("customer_id:{}", user.id.0), OPEN_TICKETS_LISTED * 2).await?;
        found.iter().filter(|t| t.is_open()).take(OPEN_TICKETS_LISTED).map(brief_of).collect()
    }

    async fn find_or_create_customer(&self, customer: &CustomerDetails) -> Result<CustomerRef, ReportError> {
        if let Some(user) = self.user(customer).await? {
            return Ok(CustomerRef(user.id.0));
        }
        let (first, last) = names(customer);
        let mut user = json!({ "firstname": first, "lastname": last, "roles": ["Customer"] });
        if customer.email.is_empty() {
            user["login"] = identity(customer).into();
            user["phone"] = customer.phone.as_str().into();
        } else {
            user["email"] = customer.email.as_str().into();
        }
        let made: Made = self.ask(Call::post("/api/v1/users").json(&user)).await?.good()?.json()?;
        Ok(CustomerRef(made.id.0))
    }

    async fn open_ticket(&self, ticket: &NewTicket) -> Result<Opened, ReportError> {
        let mut body = json!({
            "title": ticket.subject.chars().take(250).collect::<String>(),
            "group": self.group,
            "customer_id": ticket.requester.0.parse::<u64>().map_or_else(|_| json!(ticket.requester.0), |id| json!(id)),
            "article": {
                "subject": ticket.subject,
                "body": written(&ticket.first, Markup::Html),
                "content_type": "text/html",
                "type": "note",
                "internal": !self.public,
            },
        });
        let fields = self.fields.opening(&ticket.values)?;
        fill_in(&mut body, &fields);
        let call = |person: Option<u64>| {
            let mut body = body.clone();
            if let Some(person) = person {
                body["owner_id"] = person.into();
                body["article"]["origin_by_id"] = person.into();
            }
            Call::post("/api/v1/tickets").json(&body)
        };
        let answer = self.write_as(ticket.first.author.as_ref(), call).await?;
        let answer = mapping::told(answer, &fields)?;
        let made: Ticket = answer.json()?;
        let number = number(&made.number.0)?;
        self.ids.keep(number.clone(), made.id.0);
        Ok(Opened { ticket: number, external_id: None, fields: became(&answer, &fields)? })
    }

    async fn append_action(&self, ticket: &TicketNumber, action: &Action) -> Result<Appended, ReportError> {
        let id = self.id(ticket).await?.ok_or_else(|| ReportError::no_ticket(ticket))?;
        let body = json!({
            "ticket_id": id.parse::<u64>().map_err(|_| ReportError::garbage("a ticket whose id is no number"))?,
            "subject": action.text.lines().next().unwrap_or_default(),
            "body": written(action, Markup::Html),
            "content_type": "text/html",
            "type": "note",
            "internal": !self.public,
            "sender": "Agent",
        });
        let call = |person: Option<u64>| {
            let mut body = body.clone();
            if let Some(person) = person {
                body["origin_by_id"] = person.into();
            }
            Call::post("/api/v1/ticket_articles").json(&body)
        };
        let answer = self.write_as(action.author.as_ref(), call).await?;
        let made: Made = answer.found()?.ok_or_else(|| ReportError::no_ticket(ticket))?.json()?;
        Ok(Appended { ticket: ticket.clone(), external_id: Some(made.id.0) })
    }

    async fn find_marker(
        &self,
        ticket: Option<&TicketNumber>,
        marker: &str,
        since: Timestamp,
    ) -> Result<Option<Appended>, ReportError> {
        if let Some(ticket) = ticket {
            let Some(id) = self.id(ticket).await? else { return Ok(None) };
            let found = self.article(ticket, &id, marker).await?;
            return Ok(found.map(|a| Appended { ticket: ticket.clone(), external_id: Some(a.id.0) }));
        }
        // Newest first; opened before the session cannot be ours. A day's slack: the search is by day in some versions.
        let from = since.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
        let query = format!("created_at:>={}", from.strftime("%Y-%m-%d"));
        let candidates = self.search(&query, CANDIDATES).await?;
        // As many as were asked for: unless the oldest of them is from before the session, there are more.
        let older = |ticket: &Ticket| moment(&ticket.created_at).is_some_and(|at| at < since);
        let all = candidates.len() < CANDIDATES || candidates.last().is_some_and(older);
        for candidate in candidates {
            if older(&candidate) {
                continue;
            }
            let number = number(&candidate.number.0)?;
            let found = match self.article(&number, &candidate.id.0, marker).await {
                // Listed, and not there: the next list tells which is true.
                Err(ReportError::Rejected { refusal: Refusal::NoTicket, .. }) => {
                    return Err(ReportError::garbage("a ticket that is listed and is not there"));
                }
                found => found?,
            };
            if found.is_some() {
                self.ids.keep(number.clone(), candidate.id.0);
                return Ok(Some(Appended { ticket: number, external_id: None }));
            }
        }
        if all { Ok(None) } else { Err(ReportError::garbage("more new tickets than can be looked through")) }
    }

    async fn fill(&self, ticket: &TicketNumber, values: &Values) -> Result<(), ReportError> {
        let late = self.fields.late(values)?;
        if late.is_empty() {
            return Ok(());
        }
        let Some(id) = self.id(ticket).await? else { return Ok(()) };
        let mut body = json!({});
        fill_in(&mut body, &late);
        let answer = self.ask(Call::put(format!("/api/v1/tickets/{}", segment(&id))).json(&body)).await?;
        if answer.status == 404 {
            return Ok(());
        }
        let fields = became(&mapping::told(answer, &late)?, &late)?;
        mapping::all_kept(&fields, "it is not kept: the object Ticket has no such attribute")
    }

    async fn attach_link(&self, _: &TicketNumber, _: &Link) -> Result<(), ReportError> {
        Err(ReportError::refused("Zammad keeps links in texts only"))
    }
}
