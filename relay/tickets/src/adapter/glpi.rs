//! GLPI 10 over its first API: a follow-up is an action. Calls need a session, which is begun when there is none and again when it has expired.

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
use tokio::sync::Mutex;

use super::people::People;
use super::wire::{Id, Memory, PAGES, SOON, digits, moment, nullable, number};
use crate::{
    event::{Action, Link},
    gate::Limits,
    http::{Answer, Call, Http, segment},
    kind::{self, Connected, Field, Input, Kind, Means, Persons, Settings},
    mapping::{self, Filled, Mapping, Targets, Values},
    markup::{Markup, written},
    secret::Secret,
    system::{
        Account, Appended, Breadth, Capabilities, CustomerRef, FoundTicket, NewTicket, Opened, Owner, Repeats,
        ReportError, TicketSystem, brief, whose,
    },
};

/// Its row in [`kind::KINDS`].
pub static KIND: Kind = Kind {
    name: "glpi",
    title: "GLPI 10",
    lead: [
        "Em Configurar, Geral, API, ative a API REST e o login com token externo, e crie um cliente de API para o endereço deste servidor. Use o token de um usuário com o perfil Technician, que vê, cria e acompanha chamados.",
        "Under Setup, General, API, switch on the REST API and the login with an external token, and make an API client for this server's address. Use the token of a user with the profile Technician, who sees, opens and follows up tickets.",
        "En Configuración, General, API, active la API REST y el inicio de sesión con token externo, y cree un cliente de API para la dirección de este servidor. Use el token de un usuario con el perfil Technician, que ve, crea y da seguimiento a los casos.",
    ],
    own: &[
        kind::base(
            [
                "Sem apirest.php no fim: https://glpi.empresa.com.br",
                "Without apirest.php: https://glpi.company.com",
                "Sin apirest.php al final: https://glpi.empresa.com",
            ],
            "",
        ),
        kind::secret(
            "user_token",
            ["Token do usuário", "User token", "Token del usuario"],
            [
                "Entre no GLPI como esse usuário: Minhas configurações, Chaves de acesso remoto, Token da API, marque Regenerar e salve. São 40 letras e números.",
                "Log in to GLPI as this user: My settings, Remote access keys, API token, tick Regenerate and save. It has 40 letters and digits.",
                "Entre en GLPI como ese usuario: Mi configuración, Claves de acceso remoto, Token de API, marque Regenerar y guarde. Son 40 letras y números.",
            ],
        ),
        Field {
            key: "app_token",
            label: ["Token da aplicação", "App token", "Token de la aplicación"],
            hint: [
                "Em Configurar, Geral, API, abra o cliente de API e copie o token da aplicação (app_token), 40 letras e números; vazio, se ele não exige.",
                "Under Setup, General, API, open the API client and copy the application token (app_token), 40 letters and digits; empty when it wants none.",
                "En Configuración, General, API, abra el cliente de API y copie el token de la aplicación (app_token), 40 letras y números; vacío si no lo exige.",
            ],
            input: Input::Secret,
            required: false,
            default: "",
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
        "O número do técnico, no endereço da ficha dele depois de id=; ou o e-mail dele em GLPI.",
        "The technician's number, in the address of their record after id=; or their e-mail in GLPI.",
        "El número del técnico, en la dirección de su ficha después de id=; o su correo en GLPI.",
    ],
    by_email: true,
    looked_for: true,
    is_one: mapping::is_id,
};

static TARGETS: Targets = Targets {
    native: &[
        mapping::number("itilcategories_id", ["Categoria (número)", "Category (number)", "Categoría (número)"]),
        mapping::number(
            "type",
            ["Tipo (1 incidente, 2 requisição)", "Type (1 incident, 2 request)", "Tipo (1 incidente, 2 solicitud)"],
        ),
        mapping::number("urgency", ["Urgência (1 a 5)", "Urgency (1 to 5)", "Urgencia (1 a 5)"]),
        mapping::number("impact", ["Impacto (1 a 5)", "Impact (1 to 5)", "Impacto (1 a 5)"]),
        mapping::number("priority", ["Prioridade (1 a 6)", "Priority (1 to 6)", "Prioridad (1 a 6)"]),
        mapping::number("entities_id", ["Entidade (número)", "Entity (number)", "Entidad (número)"]),
        mapping::number("locations_id", ["Localização (número)", "Location (number)", "Ubicación (número)"]),
        mapping::number(
            "requesttypes_id",
            ["Origem da requisição (número)", "Request source (number)", "Origen de la solicitud (número)"],
        ),
        mapping::number(
            "_groups_id_assign",
            ["Grupo atribuído (número)", "Assigned group (number)", "Grupo asignado (número)"],
        ),
        mapping::text("externalid", ["ID externo", "External ID", "ID externo"]),
    ],
    own: mapping::is_name,
    hint: [
        "Campo de plugin: o nome dele na API, como filialfield; o GLPI não diz quando não tem um campo, confira no ticket de teste. Números de categorias, entidades e grupos aparecem no endereço da página de cada um, depois de id=.",
        "A plugin's field: its name in the API, like branchfield; GLPI does not tell when it has no such field, look at the test ticket. Numbers of categories, entities and groups are in the address of each one's page, after id=.",
        "Campo de complemento: su nombre en la API, como sucursalfield; GLPI no dice cuándo no tiene un campo, mírelo en el ticket de prueba. Los números de categorías, entidades y grupos están en la dirección de la página de cada uno, después de id=.",
    ],
    example: "filialfield",
    ours: &[
        "id",
        "name",
        "content",
        "_link",
        "_users_id_requester",
        "_users_id_requester_notif",
        "_users_id_assign",
        "users_id_recipient",
    ],
    settings: &[],
};

fn fill_in(input: &mut Value, fields: &[Filled]) {
    for filled in fields {
        input[filled.name.as_str()] = filled.value.clone();
    }
}

fn connect(settings: &Settings, means: &Means) -> Connected {
    Ok(Arc::new(Glpi {
        http: means.http(&KIND, settings)?,
        user_token: settings.secret("user_token"),
        app_token: settings.secret("app_token"),
        public: settings.is_public(),
        fields: settings.fields(),
        people: People::new(settings.people()),
        session: Mutex::new(None),
        names: Memory::default(),
    }))
}

struct Glpi {
    http: Http,
    user_token: Secret,
    app_token: Secret,
    public: bool,
    fields: Mapping,
    people: People,
    session: Mutex<Option<Secret>>,
    names: Memory<String, String>,
}

#[derive(Deserialize)]
struct Begun {
    session_token: String,
}

#[derive(Deserialize)]
struct Ticket {
    id: Id,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    content: String,
    #[serde(default)]
    status: Id,
    #[serde(default, deserialize_with = "nullable")]
    date: String,
    /// 1: in the bin, where nobody looks.
    #[serde(default)]
    is_deleted: Id,
}

impl Ticket {
    fn is_in_the_bin(&self) -> bool {
        matches!(self.is_deleted.0.as_str(), "1" | "true")
    }
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    users_id: Id,
    #[serde(rename = "type")]
    role: Id,
    #[serde(default, deserialize_with = "nullable")]
    alternative_email: String,
}

#[derive(Deserialize)]
struct Person {
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    realname: String,
    #[serde(default, deserialize_with = "nullable")]
    firstname: String,
}

#[derive(Deserialize)]
struct Made {
    id: Id,
}

#[derive(Deserialize)]
struct FollowUp {
    id: Id,
    #[serde(default, deserialize_with = "nullable")]
    content: String,
}

#[derive(Deserialize)]
struct Rows {
    #[serde(default)]
    data: Vec<serde_json::Map<String, Value>>,
}

impl Glpi {
    /// Asks in a session. One that has expired is begun again, once: the call that met it has done nothing.
    async fn ask(&self, call: Call) -> Result<Answer, ReportError> {
        let used = self.session(None).await?;
        let answer = self.ask_in(&used, call.clone()).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        let begun = self.session(Some(&used)).await?;
        self.ask_in(&begun, call).await
    }

    async fn ask_in(&self, session: &Secret, call: Call) -> Result<Answer, ReportError> {
        self.http.send(self.with_app(call).credential("session-token", "", session)).await
    }

    fn with_app(&self, call: Call) -> Call {
        if self.app_token.expose().is_empty() { call } else { call.credential("app-token", "", &self.app_token) }
    }

    /// The session that is under way, unless it is this one, which has expired.
    async fn session(&self, expired: Option<&Secret>) -> Result<Secret, ReportError> {
        let mut session = self.session.lock().await;
        if let Some(known) = session.as_ref().filter(|known| Some(*known) != expired) {
            return Ok(known.clone());
        }
        let call = self.with_app(Call::get("/apirest.php/initSession"));
        let call = call.credential("authorization", "user_token ", &self.user_token);
        let begun: Begun = self.http.send(call).await?.good()?.json()?;
        let token = Secret::new(begun.session_token);
        self.http.learn(&token);
        *session = Some(token.clone());
        Ok(token)
    }

    async fn ticket(&self, number: &TicketNumber) -> Result<Option<Ticket>, ReportError> {
        let Some(id) = digits(number) else { return Ok(None) };
        match self.ask(Call::get(format!("/apirest.php/Ticket/{id}"))).await?.found()? {
            Some(answer) => Ok(Some(answer.json::<Ticket>()?).filter(|ticket| !ticket.is_in_the_bin())),
            None => Ok(None),
        }
    }

    async fn name(&self, part: &Part) -> Result<String, ReportError> {
        if matches!(part.users_id.0.as_str(), "" | "0") {
            return Ok(part.alternative_email.clone());
        }
        if let Some(name) = self.names.get(&part.users_id.0) {
            return Ok(name);
        }
        let call = Call::get(format!("/apirest.php/User/{}", segment(&part.users_id.0)));
        // Who may not see users still sees tickets.
        let answer = self.ask(call).await?;
        let name = if answer.status.is_success() {
            let person: Person = answer.json()?;
            let whole = format!("{} {}", person.firstname, person.realname);
            if whole.trim().is_empty() { person.name } else { whole.trim().to_owned() }
        } else {
            String::new()
        };
        self.names.keep(part.users_id.0.clone(), name.clone());
        Ok(name)
    }

    async fn user(&self, email: &str) -> Result<Option<String>, ReportError> {
        if email.is_empty() {
            return Ok(None);
        }
        let call = Call::get("/apirest.php/search/User")
            .query("criteria[0][field]", "5")
            .query("criteria[0][searchtype]", "contains")
            .query("criteria[0][value]", format!("^{email}$"))
            .query("forcedisplay[0]", "2")
            .query("forcedisplay[1]", "5");
        let found: Rows = self.ask(call).await?.good()?.json()?;
        let theirs = found.data.iter().find(|row| mentions(row.get("5"), email));
        Ok(theirs.and_then(|row| row.get("2")).and_then(id_of))
    }
}

impl Glpi {
    async fn agent(&self, address: String) -> Result<Option<String>, ReportError> {
        self.user(&address).await
    }

    /// Writes as an action's author where GLPI takes that, and as the token's owner otherwise.
    async fn write_as(
        &self,
        author: Option<&Owner>,
        call: impl Fn(Option<u64>) -> Call + Send + Sync,
    ) -> Result<Answer, ReportError> {
        let now = self.http.clock().now();
        self.people.write_as(author, now, |address| self.agent(address), |person| self.ask(call(person))).await
    }
}

/// A cell is a text or several.
fn mentions(cell: Option<&Value>, text: &str) -> bool {
    match cell {
        Some(Value::String(cell)) => cell.eq_ignore_ascii_case(text),
        Some(Value::Array(cells)) => cells.iter().any(|cell| mentions(Some(cell), text)),
        _ => false,
    }
}

fn id_of(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

fn status(word: &str) -> TicketStatus {
    match word {
        "1" => TicketStatus::New,
        "4" => TicketStatus::Waiting,
        "5" => TicketStatus::Resolved,
        "6" => TicketStatus::Closed,
        _ => TicketStatus::Open,
    }
}

#[async_trait]
impl TicketSystem for Glpi {
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
        struct Active {
            active_profile: Profile,
        }
        #[derive(Deserialize)]
        struct Profile {
            #[serde(default, deserialize_with = "nullable")]
            name: String,
        }
        let active: Active = self.ask(Call::get("/apirest.php/getActiveProfile")).await?.good()?.json()?;
        let wide = matches!(active.active_profile.name.as_str(), "Super-Admin" | "Admin");
        let breadth = if wide { Breadth::TooWide } else { Breadth::Fitting };
        Ok(Account { name: active.active_profile.name, breadth })
    }

    async fn look_up(&self, number: &TicketNumber) -> Result<Option<FoundTicket>, ReportError> {
        let Some(ticket) = self.ticket(number).await? else { return Ok(None) };
        let call = Call::get(format!("/apirest.php/Ticket/{}/Ticket_User", segment(&ticket.id.0)));
        let parts: Vec<Part> = self.ask(call).await?.good()?.json()?;
        let (mut customer, mut owner) = (String::new(), String::new());
        for part in &parts {
            match part.role.0.as_str() {
                "1" if customer.is_empty() => customer = self.name(part).await?,
                "2" if owner.is_empty() => owner = self.name(part).await?,
                _ => {}
            }
        }
        let address = format!("{}/front/ticket.form.php?id={}", self.http.base(), ticket.id.0);
        let (at, status) = (moment(&ticket.date), status(&ticket.status.0));
        let brief = brief(number.clone(), &ticket.name, &customer, &owner, status, at);
        let requester = if customer.contains('@') { whose("", &customer) } else { whose(&customer, "") };
        Ok(Some(FoundTicket { brief, address: Some(address), requester }))
    }

    async fn open_tickets(&self, customer: &CustomerDetails) -> Result<Vec<TicketBrief>, ReportError> {
        let Some(user) = self.user(&customer.email).await? else { return Ok(Vec::new()) };
        let call = Call::get("/apirest.php/search/Ticket")
            .query("criteria[0][field]", "4")
            .query("criteria[0][searchtype]", "equals")
            .query("criteria[0][value]", user)
            .query("criteria[1][link]", "AND")
            .query("criteria[1][field]", "12")
            .query("criteria[1][searchtype]", "equals")
            .query("criteria[1][value]", "notold")
            .query("forcedisplay[0]", "2")
            .query("forcedisplay[1]", "1")
            .query("forcedisplay[2]", "12")
            .query("forcedisplay[3]", "15")
            .query("sort", "2")
            .query("order", "DESC")
            .query("range", format!("0-{}", OPEN_TICKETS_LISTED - 1));
        let found: Rows = self.ask(call).await?.good()?.json()?;
        let brief_of = |row: &serde_json::Map<String, Value>| {
            let text = |field: &str| row.get(field).and_then(id_of).unwrap_or_default();
            Ok(brief(number(&text("2"))?, &text("1"), &customer.name, "", status(&text("12")), moment(&text("15"))))
        };
        found.data.iter().map(brief_of).collect()
    }

    async fn find_or_create_customer(&self, customer: &CustomerDetails) -> Result<CustomerRef, ReportError> {
        // Users of GLPI log in there: none is made here. Somebody unknown asks by an address.
        Ok(CustomerRef(match self.user(&customer.email).await? {
            Some(id) => id,
            None => customer.email.clone(),
        }))
    }

    async fn open_ticket(&self, ticket: &NewTicket) -> Result<Opened, ReportError> {
        let mut input = json!({
            "name": ticket.subject.chars().take(250).collect::<String>(),
            "content": written(&ticket.first, Markup::Html),
            "type": 1,
        });
        match ticket.requester.0.parse::<u64>() {
            Ok(user) => input["_users_id_requester"] = user.into(),
            Err(_) if ticket.requester.0.contains('@') => {
                input["_users_id_requester"] = 0.into();
                input["_users_id_requester_notif"] =
                    json!({ "use_notification": [1], "alternative_email": [ticket.requester.0] });
            }
            Err(_) => {}
        }
        if let Some(closed) = ticket.continues.as_ref().and_then(digits).and_then(|id| id.parse::<u64>().ok()) {
            // 1: linked with. A link that cannot be made keeps no ticket from being opened.
            input["_link"] = json!({ "tickets_id_1": 0, "link": 1, "tickets_id_2": closed });
        }
        let fields = self.fields.opening(&ticket.values)?;
        fill_in(&mut input, &fields);
        let call = |person: Option<u64>| {
            let mut input = input.clone();
            if let Some(person) = person {
                input["_users_id_assign"] = person.into();
            }
            Call::post("/apirest.php/Ticket").json(&json!({ "input": input }))
        };
        let answer = self.write_as(ticket.first.author.as_ref(), call).await?;
        let made: Made = mapping::told(answer, &fields)?.json()?;
        // Fields of plugins are not among what it tells of a ticket: what became of them cannot be seen.
        Ok(Appended { ticket: number(&made.id.0)?, external_id: None }.into())
    }

    async fn append_action(&self, ticket: &TicketNumber, action: &Action) -> Result<Appended, ReportError> {
        let id: u64 = digits(ticket).and_then(|d| d.parse().ok()).ok_or_else(|| ReportError::no_ticket(ticket))?;
        let body = json!({ "input": {
            "itemtype": "Ticket",
            "items_id": id,
            "content": written(action, Markup::Html),
            "is_private": u8::from(!self.public),
        }});
        let call = |person: Option<u64>| {
            let mut body = body.clone();
            if let Some(person) = person {
                body["input"]["users_id"] = person.into();
            }
            Call::post("/apirest.php/ITILFollowup").json(&body)
        };
        let answer = self.write_as(action.author.as_ref(), call).await?;
        if answer.status.is_success() {
            let made: Made = answer.json()?;
            return Ok(Appended { ticket: ticket.clone(), external_id: Some(made.id.0) });
        }
        let refusal = answer.refusal();
        // GLPI says the same of a ticket that is not there as of other mistakes.
        if answer.status != 401 && self.ticket(ticket).await?.is_none() {
            return Err(ReportError::no_ticket(ticket));
        }
        Err(refusal)
    }

    async fn find_marker(
        &self,
        ticket: Option<&TicketNumber>,
        marker: &str,
        since: Timestamp,
    ) -> Result<Option<Appended>, ReportError> {
        if let Some(ticket) = ticket {
            let found = self.ticket(ticket).await?.ok_or_else(|| ReportError::no_ticket(ticket))?;
            if found.content.contains(marker) {
                return Ok(Some(Appended { ticket: ticket.clone(), external_id: None }));
            }
            for page in 0..PAGES {
                let call = Call::get(format!("/apirest.php/Ticket/{}/ITILFollowup", segment(&found.id.0)))
                    .query("sort", "id")
                    .query("order", "DESC")
                    .query("range", format!("{}-{}", page * 100, page * 100 + 99));
                let answer = self.ask(call).await?;
                // A range behind the end is a mistake to GLPI.
                if answer.status == 400 && page > 0 {
                    return Ok(None);
                }
                let follow_ups: Vec<FollowUp> = answer.good()?.json()?;
                if let Some(ours) = follow_ups.iter().find(|f| f.content.contains(marker)) {
                    return Ok(Some(Appended { ticket: ticket.clone(), external_id: Some(ours.id.0.clone()) }));
                }
                if follow_ups.len() < 100 {
                    return Ok(None);
                }
            }
            return Err(ReportError::garbage("more follow-ups on one ticket than can be looked through"));
        }
        for page in 0..PAGES {
            let call = Call::get("/apirest.php/Ticket")
                .query("sort", "id")
                .query("order", "DESC")
                .query("range", format!("{}-{}", page * 100, page * 100 + 99));
            let answer = self.ask(call).await?;
            if answer.status == 400 && page > 0 {
                return Ok(None);
            }
            let tickets: Vec<Ticket> = answer.good()?.json()?;
            if let Some(ours) = tickets.iter().find(|t| t.content.contains(marker)) {
                return Ok(Some(Appended { ticket: number(&ours.id.0)?, external_id: None }));
            }
            // GLPI tells times in its own zone: two days of slack.
            let all_older =
                tickets.iter().all(|t| moment(&t.date).is_some_and(|at| at.as_second() + 172_800 < since.as_second()));
            if tickets.len() < 100 || all_older {
                return Ok(None);
            }
        }
        Err(ReportError::garbage("more new tickets than can be looked through"))
    }

    async fn fill(&self, ticket: &TicketNumber, values: &Values) -> Result<(), ReportError> {
        let late = self.fields.late(values)?;
        let (false, Some(id)) = (late.is_empty(), digits(ticket)) else { return Ok(()) };
        let mut input = json!({});
        fill_in(&mut input, &late);
        let call = Call::put(format!("/apirest.php/Ticket/{id}")).json(&json!({ "input": input }));
        let answer = self.ask(call).await?;
        if answer.status == 404 { Ok(()) } else { mapping::told(answer, &late).map(|_| ()) }
    }

    async fn attach_link(&self, _: &TicketNumber, _: &Link) -> Result<(), ReportError> {
        Err(ReportError::refused("GLPI keeps links in texts only"))
    }
}
