//! Redmine 5: an issue is a ticket, a note is an action. Issues have no customer of their own: the text says who asks.

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
use tokio::sync::OnceCell;

use super::people::People;
use super::wire::{Memory, SOON, digits, moment, nullable, number};
use crate::{
    event::{Action, Link},
    gate::Limits,
    http::{Call, Http},
    kind::{self, Connected, Field, Input, Kind, Means, Persons, Settings},
    mapping::{self, Filled, Mapping, Targets, Values},
    markup::{Markup, written},
    secret::Secret,
    system::{
        Account, Appended, Breadth, Capabilities, CustomerRef, FoundTicket, NewTicket, Owner, Repeats, ReportError,
        TicketSystem, brief, whose,
    },
};

/// Its row in [`kind::KINDS`].
pub static KIND: Kind = Kind {
    name: "redmine",
    title: "Redmine",
    lead: [
        "Use a chave de API de um usuário que vê, cria e comenta tarefas do projeto, e que vê as próprias notas privadas. A API REST precisa estar ativa na configuração do Redmine.",
        "Use the API key of a user who may see, add and comment on issues of the project and see their own private notes. The REST API must be switched on in Redmine's settings.",
        "Use la clave de API de un usuario que pueda ver, crear y comentar peticiones del proyecto y ver sus notas privadas. La API REST debe estar activa en la configuración de Redmine.",
    ],
    own: &[
        kind::base(
            [
                "Por exemplo https://redmine.empresa.com.br",
                "For example https://redmine.company.com",
                "Por ejemplo https://redmine.empresa.com",
            ],
            "",
        ),
        kind::secret(
            "key",
            ["Chave de API", "API key", "Clave de API"],
            [
                "Entre no Redmine como esse usuário: Minha conta, coluna da direita, Chave de acesso à API, Exibir.",
                "Log in to Redmine as this user: My account, right column, API access key, Show.",
                "Entre en Redmine como ese usuario: Mi cuenta, columna derecha, Clave de acceso de la API, Mostrar.",
            ],
        ),
        kind::text(
            "project",
            ["Projeto", "Project", "Proyecto"],
            [
                "O identificador, como aparece no endereço do projeto: suporte, em /projects/suporte.",
                "Its identifier, as in the project's address: support, in /projects/support.",
                "El identificador, como aparece en la dirección del proyecto: soporte, en /projects/soporte.",
            ],
            true,
            "",
        ),
        Field {
            key: "tracker",
            label: ["Tipo de tarefa", "Tracker", "Tipo de petición"],
            hint: [
                "O número do tipo, no endereço dele em Administração, Tipos de tarefas; vazio: o primeiro do projeto.",
                "The tracker's number, in its address under Administration, Trackers; empty: the project's first.",
                "El número del tipo, en su dirección en Administración, Tipos de peticiones; vacío: el primero del proyecto.",
            ],
            input: Input::Number(1, 1_000_000),
            required: false,
            default: "",
        },
        Field {
            key: "format",
            label: ["Formato dos textos", "Text format", "Formato de los textos"],
            hint: [
                "Como está em Administração, Configurações, Geral, Formatação de texto.",
                "As under Administration, Settings, General, Text formatting.",
                "Como está en Administración, Configuración, General, Formato de texto.",
            ],
            input: Input::Choice(&[
                ("textile", ["Textile", "Textile", "Textile"]),
                ("markdown", ["Markdown", "Markdown", "Markdown"]),
                ("plain", ["Sem formato", "None", "Sin formato"]),
            ]),
            required: true,
            default: "textile",
        },
        kind::VISIBILITY,
    ],
    targets: &TARGETS,
    people: &PERSONS,
    limits: Limits::UNKNOWN,
    connect,
};

static PERSONS: Persons = Persons {
    hint: [
        "O número do usuário, no endereço da página dele; ele recebe as tarefas abertas, se é membro do projeto.",
        "The user's number, in the address of their page; issues that are opened are assigned to them, if they are a member of the project.",
        "El número del usuario, en la dirección de su página; se le asignan las peticiones abiertas, si es miembro del proyecto.",
    ],
    by_email: true,
    looked_for: true,
    is_one: mapping::is_id,
};

static TARGETS: Targets = Targets {
    native: &[
        mapping::number("priority_id", ["Prioridade (número)", "Priority (number)", "Prioridad (número)"]),
        mapping::number("category_id", ["Categoria (número)", "Category (number)", "Categoría (número)"]),
        mapping::number("status_id", ["Situação (número)", "Status (number)", "Estado (número)"]),
        mapping::number("fixed_version_id", ["Versão (número)", "Target version (number)", "Versión (número)"]),
        mapping::number("parent_issue_id", ["Tarefa pai (número)", "Parent issue (number)", "Petición padre (número)"]),
        mapping::text("start_date", ["Data de início", "Start date", "Fecha de inicio"]),
        mapping::text("due_date", ["Data prevista", "Due date", "Fecha de fin"]),
        mapping::number("estimated_hours", ["Horas estimadas", "Estimated hours", "Horas estimadas"]),
        mapping::text("is_private", ["Privada (true ou false)", "Private (true or false)", "Privada (true o false)"]),
    ],
    own: mapping::is_id,
    hint: [
        "Campo personalizado: o número dele, por exemplo 12. Aparece no endereço da página do campo, em Administração, Campos personalizados. O que só se sabe no fim pede que a conta possa editar tarefas.",
        "Custom field: its number, for example 12. It is in the address of the field's page, under Administration, Custom fields. What is known only at the end needs an account that may edit issues.",
        "Campo personalizado: su número, por ejemplo 12. Está en la dirección de la página del campo, en Administración, Campos personalizados. Lo que solo se sabe al final pide que la cuenta pueda editar peticiones.",
    ],
    example: "12",
    ours: &["id", "subject", "description", "notes", "private_notes", "custom_fields", "assigned_to_id"],
    settings: &["project_id", "tracker_id"],
};

fn fill_in(issue: &mut Value, fields: &[Filled]) {
    let mut own = Vec::new();
    for filled in fields {
        match filled.name.parse::<u64>() {
            Ok(id) => own.push(json!({ "id": id, "value": filled.text })),
            Err(_) => issue[filled.name.as_str()] = filled.value.clone(),
        }
    }
    if !own.is_empty() {
        issue["custom_fields"] = own.into();
    }
}

fn connect(settings: &Settings, means: &Means) -> Connected {
    Ok(Arc::new(Redmine {
        http: means.http(&KIND, settings)?,
        key: settings.secret("key"),
        project: settings.text("project").to_owned(),
        tracker: settings.text("tracker").parse().ok(),
        markup: match settings.text("format") {
            "markdown" => Markup::Markdown,
            "plain" => Markup::Plain,
            _ => Markup::Textile,
        },
        public: settings.is_public(),
        fields: settings.fields(),
        people: People::new(settings.people()),
        administers: OnceCell::new(),
        logins: Memory::default(),
    }))
}

struct Redmine {
    http: Http,
    key: Secret,
    project: String,
    tracker: Option<u32>,
    markup: Markup,
    public: bool,
    fields: Mapping,
    people: People,
    administers: OnceCell<bool>,
    logins: Memory<String, Option<String>>,
}

#[derive(Deserialize)]
struct OneIssue {
    issue: Issue,
}

#[derive(Deserialize)]
struct Issues {
    issues: Vec<Issue>,
}

#[derive(Deserialize)]
struct Issue {
    id: u64,
    status: Status,
    author: Option<Named>,
    assigned_to: Option<Named>,
    subject: String,
    #[serde(default, deserialize_with = "nullable")]
    description: String,
    #[serde(default, deserialize_with = "nullable")]
    created_on: String,
    #[serde(default)]
    journals: Vec<Journal>,
    #[serde(default)]
    custom_fields: Vec<Kept>,
}

/// A custom field with what stands in it.
#[derive(Deserialize)]
struct Kept {
    id: u64,
    #[serde(default)]
    value: Value,
}

impl Issue {
    /// Those of these custom fields that are not there, or empty.
    fn without<'a>(&'a self, fields: &'a [Filled]) -> impl Iterator<Item = &'a str> {
        let says_nothing = |value: &Value| value.is_null() || *value == json!("") || *value == json!([]);
        let has = move |id: u64| self.custom_fields.iter().any(|kept| kept.id == id && !says_nothing(&kept.value));
        let own = fields.iter().map(|filled| filled.name.as_str());
        own.filter(move |name| name.parse().is_ok_and(|id| !has(id)))
    }
}

#[derive(Deserialize)]
struct Status {
    name: String,
    #[serde(default)]
    is_closed: bool,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Journal {
    id: u64,
    #[serde(default, deserialize_with = "nullable")]
    notes: String,
}

impl Redmine {
    async fn ask(&self, call: Call) -> Result<crate::http::Answer, ReportError> {
        self.http.send(call.credential("x-redmine-api-key", "", &self.key)).await
    }

    async fn issue(&self, number: &TicketNumber, with: &str) -> Result<Option<Issue>, ReportError> {
        let Some(id) = digits(number) else { return Ok(None) };
        let call = Call::get(format!("/issues/{id}.json")).query("include", with);
        match self.ask(call).await?.found()? {
            Some(answer) => Ok(Some(answer.json::<OneIssue>()?.issue)),
            None => Ok(None),
        }
    }

    /// The user with this address: only who administers Redmine may look for users.
    async fn agent(&self, address: String) -> Result<Option<String>, ReportError> {
        #[derive(Deserialize)]
        struct Users {
            users: Vec<User>,
        }
        #[derive(Deserialize)]
        struct User {
            id: u64,
            #[serde(default, deserialize_with = "nullable")]
            mail: String,
        }
        let call = Call::get("/users.json").query("name", &*address);
        let found: Users = self.ask(call).await?.good()?.json()?;
        let theirs = found.users.into_iter().find(|user| user.mail.eq_ignore_ascii_case(&address));
        Ok(theirs.map(|user| user.id.to_string()))
    }

    /// Whether our key is an administrator's.
    async fn administers(&self) -> bool {
        let asked = async {
            #[derive(Deserialize)]
            struct Me {
                user: User,
            }
            #[derive(Deserialize)]
            struct User {
                #[serde(default)]
                admin: bool,
            }
            let me: Me = self.ask(Call::get("/users/current.json")).await?.good()?.json()?;
            Ok::<bool, ReportError>(me.user.admin)
        };
        // Down or slow: asked again with the next note.
        self.administers.get_or_try_init(|| asked).await.is_ok_and(|administers| *administers)
    }

    /// Whom to write a note as: only who administers Redmine may act as somebody else. A note that the customer is not
    /// to see is never written so: of somebody who may not write private notes Redmine makes a public one of it, without a word.
    async fn acting_as(&self, author: Option<&Owner>) -> Result<Option<String>, ReportError> {
        if !self.public {
            return Ok(None);
        }
        let now = self.http.clock().now();
        let Some(id) = self.people.find(author, now, |address| self.agent(address)).await? else { return Ok(None) };
        if !self.administers().await {
            return Ok(None);
        }
        if let Some(known) = self.logins.get(&id) {
            return Ok(known);
        }
        #[derive(Deserialize)]
        struct One {
            user: User,
        }
        #[derive(Deserialize)]
        struct User {
            #[serde(default, deserialize_with = "nullable")]
            login: String,
        }
        let Ok(answer) = self.ask(Call::get(format!("/users/{}.json", crate::http::segment(&id)))).await else {
            return Ok(None);
        };
        let told: Option<One> = answer.good().ok().and_then(|answer| answer.json().ok());
        let is_sendable = |login: &String| !login.is_empty() && login.bytes().all(|b| b.is_ascii_graphic());
        let login = told.map(|one| one.user.login).filter(is_sendable);
        self.logins.keep(id, login.clone());
        Ok(login)
    }

    fn brief(issue: &Issue) -> Result<TicketBrief, ReportError> {
        let name = |named: &Option<Named>| named.as_ref().map_or_else(String::new, |n| n.name.clone());
        let status = match (issue.status.is_closed, issue.assigned_to.is_some()) {
            (true, _) => TicketStatus::Closed,
            (false, _) if issue.status.name.eq_ignore_ascii_case("resolved") => TicketStatus::Resolved,
            (false, true) => TicketStatus::Open,
            (false, false) => TicketStatus::New,
        };
        Ok(brief(
            number(&issue.id.to_string())?,
            &issue.subject,
            &name(&issue.author),
            &name(&issue.assigned_to),
            status,
            moment(&issue.created_on),
        ))
    }
}

#[async_trait]
impl TicketSystem for Redmine {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            reads: true,
            internal_notes: true,
            public_notes: true,
            returns_id: false,
            links: false,
            customers: false,
            repeats: Repeats::LookedFor,
            visible_after: SOON,
        }
    }

    async fn account(&self) -> Result<Account, ReportError> {
        // The answer holds the key itself: only these two are read of it.
        #[derive(Deserialize)]
        struct Me {
            user: User,
        }
        #[derive(Deserialize)]
        struct User {
            #[serde(default)]
            login: String,
            #[serde(default)]
            admin: bool,
        }
        let me: Me = self.ask(Call::get("/users/current.json")).await?.good()?.json()?;
        // A project that cannot be seen is found out here and not with the first session.
        self.ask(Call::get(format!("/projects/{}.json", crate::http::segment(&self.project)))).await?.good()?;
        Ok(Account { name: me.user.login, breadth: if me.user.admin { Breadth::TooWide } else { Breadth::Fitting } })
    }

    async fn look_up(&self, number: &TicketNumber) -> Result<Option<FoundTicket>, ReportError> {
        let Some(issue) = self.issue(number, "").await? else { return Ok(None) };
        let address = format!("{}/issues/{}", self.http.base(), issue.id);
        let requester = whose(issue.author.as_ref().map_or("", |author| &author.name), "");
        Ok(Some(FoundTicket { brief: Self::brief(&issue)?, address: Some(address), requester }))
    }

    async fn open_tickets(&self, customer: &CustomerDetails) -> Result<Vec<TicketBrief>, ReportError> {
        let who = requester(customer);
        if customer.email.is_empty() {
            return Ok(Vec::new());
        }
        let call = Call::get("/issues.json")
            .query("project_id", &*self.project)
            .query("status_id", "open")
            .query("description", format!("~{}", customer.email))
            .query("sort", "id:desc")
            .query("limit", OPEN_TICKETS_LISTED.to_string());
        let found: Issues = self.ask(call).await?.good()?.json()?;
        // "contains" is what is asked; "is whose" is what is meant.
        let theirs = |issue: &&Issue| issue.description.contains(&customer.email) || issue.description.contains(&who);
        found.issues.iter().filter(theirs).map(Self::brief).collect()
    }

    async fn find_or_create_customer(&self, customer: &CustomerDetails) -> Result<CustomerRef, ReportError> {
        Ok(CustomerRef(requester(customer)))
    }

    async fn open_ticket(&self, ticket: &NewTicket) -> Result<Appended, ReportError> {
        let text = written(&ticket.first, self.markup);
        let mut issue = json!({
            "project_id": self.project,
            "subject": ticket.subject.chars().take(255).collect::<String>(),
            "description": if ticket.requester.0.is_empty() { text } else { format!("{}\n\n{text}", ticket.requester.0) },
        });
        if let Some(tracker) = self.tracker {
            issue["tracker_id"] = Value::from(tracker);
        }
        let fields = self.fields.opening(&ticket.values)?;
        fill_in(&mut issue, &fields);
        let (author, now) = (ticket.owner.as_ref(), self.http.clock().now());
        let call = |person: Option<u64>| {
            let mut issue = issue.clone();
            if let Some(person) = person {
                issue["assigned_to_id"] = person.into();
            }
            Call::post("/issues.json").json(&json!({ "issue": issue }))
        };
        let ask = |person| self.ask(call(person));
        let answer = self.people.write_as(author, now, |address| self.agent(address), ask).await?;
        let opened: OneIssue = mapping::told(answer, &fields)?.json()?;
        for field in opened.issue.without(&fields) {
            // It is open: all that is left is to say so.
            tracing::warn!(issue = opened.issue.id, field, "Redmine has not kept a mapped field");
        }
        Ok(Appended { ticket: number(&opened.issue.id.to_string())?, external_id: None })
    }

    async fn append_action(&self, ticket: &TicketNumber, action: &Action) -> Result<Appended, ReportError> {
        let id = digits(ticket).ok_or_else(|| ReportError::no_ticket(ticket))?;
        let note = json!({ "issue": { "notes": written(action, self.markup), "private_notes": !self.public } });
        let call = || Call::put(format!("/issues/{id}.json")).json(&note);
        let mut answer = None;
        if let Some(login) = self.acting_as(action.author.as_ref()).await? {
            let told = self.ask(call().header("x-redmine-switch-user", login)).await?;
            // Whatever it refuses of theirs, it may take from us.
            answer = told.status.is_success().then_some(told);
        }
        let answer = match answer {
            Some(answer) => answer,
            None => self.ask(call()).await?,
        };
        answer.found()?.ok_or_else(|| ReportError::no_ticket(ticket))?;
        Ok(Appended { ticket: ticket.clone(), external_id: None })
    }

    async fn find_marker(
        &self,
        ticket: Option<&TicketNumber>,
        marker: &str,
        _since: Timestamp,
    ) -> Result<Option<Appended>, ReportError> {
        if let Some(ticket) = ticket {
            let issue = self.issue(ticket, "journals").await?.ok_or_else(|| ReportError::no_ticket(ticket))?;
            if issue.description.contains(marker) {
                return Ok(Some(Appended { ticket: ticket.clone(), external_id: None }));
            }
            let journal = issue.journals.iter().find(|j| j.notes.contains(marker));
            return Ok(journal.map(|j| Appended { ticket: ticket.clone(), external_id: Some(j.id.to_string()) }));
        }
        let call = Call::get("/issues.json")
            .query("project_id", &*self.project)
            .query("status_id", "*")
            .query("description", format!("~{marker}"))
            .query("sort", "id:asc");
        let found: Issues = self.ask(call).await?.good()?.json()?;
        match found.issues.iter().find(|issue| issue.description.contains(marker)) {
            Some(issue) => Ok(Some(Appended { ticket: number(&issue.id.to_string())?, external_id: None })),
            None => Ok(None),
        }
    }

    async fn fill(&self, ticket: &TicketNumber, values: &Values) -> Result<(), ReportError> {
        let late = self.fields.late(values)?;
        let (false, Some(id)) = (late.is_empty(), digits(ticket)) else { return Ok(()) };
        let mut issue = json!({});
        fill_in(&mut issue, &late);
        let answer = self.ask(Call::put(format!("/issues/{id}.json")).json(&json!({ "issue": issue }))).await?;
        if answer.status == 404 {
            return Ok(());
        }
        mapping::told(answer, &late)?;
        // What our account may not change, and fields that there are not, Redmine leaves out without a word.
        let Some(issue) = self.issue(ticket, "").await? else { return Ok(()) };
        let lost: Vec<&str> = issue.without(&late).collect();
        if lost.is_empty() {
            return Ok(());
        }
        let why = "it is not kept: these issues have no such field, or our account may not edit issues";
        Err(mapping::refused(why, lost.into_iter()))
    }

    async fn attach_link(&self, _: &TicketNumber, _: &Link) -> Result<(), ReportError> {
        Err(ReportError::refused("Redmine keeps links in texts only"))
    }
}

/// Who asks, in one line of a text.
fn requester(customer: &CustomerDetails) -> String {
    match (customer.name.as_str(), customer.email.as_str()) {
        (name, "") => name.to_owned(),
        ("", email) => email.to_owned(),
        (name, email) => format!("{name}, {email}"),
    }
}
