//! Salesforce: a ticket is a Case, a session is one Task on it whose subject is the protocol number. The start of a session makes the Task, the end
//! completes it; on a Case that was opened for the session its description is the start.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::TicketNumber,
    limits::OPEN_TICKETS_LISTED,
    message::ticket::{TicketBrief, TicketStatus},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use store::{CustomerDetails, EventKind};
use tokio::sync::Mutex;
use url::Url;

use super::wire::{Id, Memory, PAGES, SOON, digits, moment, names, nullable, number, only_digits};
use crate::{
    event::{Action, Link},
    gate::Limits,
    http::{Answer, Call, Http, segment},
    kind::{self, Connected, Kind, Means, Problem, Settings},
    markup::{Markup, written},
    secret::Secret,
    system::{
        Account, Appended, Breadth, Capabilities, CustomerRef, FoundTicket, NewTicket, Repeats, ReportError,
        TicketSystem, brief, whose,
    },
};

/// Its row in [`kind::KINDS`].
pub static KIND: Kind = Kind {
    name: "salesforce",
    title: "Salesforce",
    lead: [
        "Crie um aplicativo cliente externo com o fluxo de credenciais do cliente e um usuário de execução que vê e cria casos, contatos e tarefas.",
        "Make an external client app with the client credentials flow and a run-as user who sees and makes cases, contacts and tasks.",
        "Cree una aplicación cliente externa con el flujo de credenciales de cliente y un usuario de ejecución que vea y cree casos, contactos y tareas.",
    ],
    own: &[
        kind::base(
            [
                "O seu Meu Domínio: https://empresa.my.salesforce.com",
                "Your My Domain: https://company.my.salesforce.com",
                "Su Mi dominio: https://empresa.my.salesforce.com",
            ],
            "",
        ),
        kind::text(
            "client_id",
            ["Chave do consumidor", "Consumer key", "Clave de consumidor"],
            [
                "Nas configurações de OAuth do aplicativo.",
                "In the app's OAuth settings.",
                "En la configuración de OAuth de la aplicación.",
            ],
            true,
            "",
        ),
        kind::secret(
            "client_secret",
            ["Segredo do consumidor", "Consumer secret", "Secreto de consumidor"],
            ["Ao lado da chave.", "Beside the key.", "Junto a la clave."],
        ),
        kind::text(
            "version",
            ["Versão da API", "API version", "Versión de la API"],
            ["Por exemplo v60.0.", "For example v60.0.", "Por ejemplo v60.0."],
            true,
            "v60.0",
        ),
        kind::text(
            "document",
            ["Campo de CPF ou CNPJ", "Tax number field", "Campo de CPF o CNPJ"],
            [
                "O nome de API do campo no Contato, por exemplo CPF__c; vazio: não procurar por documento.",
                "The API name of the Contact's field, for example CPF__c; empty: customers are not searched by tax number.",
                "El nombre de API del campo en el Contacto, por ejemplo CPF__c; vacío: no buscar por documento.",
            ],
            false,
            "",
        ),
    ],
    limits: Limits::UNKNOWN,
    connect,
};

/// Pages of one query that are gone through: usually of two thousand records, of fewer where those are long.
const MOST_PAGES: usize = PAGES * 10;
/// A session's start is on its Case at the latest when its end is written, and our clocks differ by this much.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(10);
/// The organisation's calls of the day are used up: this long at least until some are free again.
const QUOTA_PAUSE: SignedDuration = SignedDuration::from_mins(15);

fn connect(settings: &Settings, means: &Means) -> Connected {
    let version = settings.text("version");
    if !version.strip_prefix('v').is_some_and(|v| v.bytes().all(|b| b.is_ascii_digit() || b == b'.')) {
        return Err(vec![("version", Problem::NotItsForm)]);
    }
    let document = settings.text("document");
    if !document.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err(vec![("document", Problem::NotItsForm)]);
    }
    Ok(Arc::new(Salesforce {
        http: means.http(&KIND, settings)?,
        client_id: settings.text("client_id").to_owned(),
        client_secret: settings.secret("client_secret"),
        version: version.to_owned(),
        document: settings.text_if_any("document"),
        login: Mutex::new(None),
        ids: Memory::default(),
    }))
}

struct Salesforce {
    http: Http,
    client_id: String,
    client_secret: Secret,
    version: String,
    document: Option<String>,
    login: Mutex<Option<Login>>,
    ids: Memory<TicketNumber, String>,
}

#[derive(Clone)]
struct Login {
    token: Secret,
    instance: Http,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
    instance_url: String,
}

/// One page of what a query finds, and where the next one is: how many records a page has is for Salesforce to say.
#[derive(Deserialize)]
struct Records<T> {
    records: Vec<T>,
    done: bool,
    #[serde(default, rename = "nextRecordsUrl", deserialize_with = "nullable")]
    next: String,
}

#[derive(Deserialize)]
struct Case {
    #[serde(rename = "Id")]
    id: Id,
    #[serde(default, rename = "CaseNumber")]
    number: Id,
    #[serde(default, rename = "Subject", deserialize_with = "nullable")]
    subject: String,
    #[serde(default, rename = "Status", deserialize_with = "nullable")]
    status: String,
    #[serde(default, rename = "IsClosed")]
    closed: bool,
    #[serde(default, rename = "CreatedDate", deserialize_with = "nullable")]
    created: String,
    #[serde(default, rename = "Description", deserialize_with = "nullable")]
    description: String,
    #[serde(default, rename = "Contact")]
    contact: Option<Named>,
    #[serde(default, rename = "Owner")]
    owner: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default, rename = "Name", deserialize_with = "nullable")]
    name: String,
    #[serde(default, rename = "Email", deserialize_with = "nullable")]
    email: String,
}

#[derive(Deserialize)]
struct Contact {
    #[serde(rename = "Id")]
    id: Id,
}

#[derive(Deserialize)]
struct Task {
    #[serde(rename = "Id")]
    id: Id,
    #[serde(default, rename = "Description", deserialize_with = "nullable")]
    description: String,
}

#[derive(Deserialize)]
struct Made {
    id: Id,
}

#[derive(Deserialize)]
struct Complaint {
    #[serde(default, rename = "errorCode", deserialize_with = "nullable")]
    code: String,
}

fn complaint(answer: &Answer) -> String {
    let all: Vec<Complaint> = serde_json::from_slice(&answer.body).unwrap_or_default();
    all.into_iter().next().map(|c| c.code).unwrap_or_default()
}

const CASE: &str = "Id,CaseNumber,Subject,Status,IsClosed,CreatedDate,Contact.Name,Contact.Email,Owner.Name";

impl Salesforce {
    /// Asks with the token that is there. One that is no longer good is fetched again, once: the call that met it has done nothing.
    async fn ask(&self, call: Call) -> Result<Answer, ReportError> {
        let login = self.login(None).await?;
        let mut answer = self.ask_as(&login, call.clone()).await?;
        if answer.status == 401 {
            let again = self.login(Some(&login.token)).await?;
            answer = self.ask_as(&again, call).await?;
        }
        if answer.status == 403 && complaint(&answer) == "REQUEST_LIMIT_EXCEEDED" {
            let until = self.http.clock().now().checked_add(QUOTA_PAUSE).ok();
            return Err(ReportError::RateLimited { until });
        }
        Ok(answer)
    }

    async fn ask_as(&self, login: &Login, call: Call) -> Result<Answer, ReportError> {
        login.instance.send(call.credential("authorization", "Bearer ", &login.token)).await
    }

    async fn login(&self, expired: Option<&Secret>) -> Result<Login, ReportError> {
        let mut known = self.login.lock().await;
        if let Some(login) = known.as_ref().filter(|login| Some(&login.token) != expired) {
            return Ok(login.clone());
        }
        let call = Call::post("/services/oauth2/token").form(&[
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("client_secret", self.client_secret.expose()),
        ]);
        let answer = self.http.send(call).await?;
        if !answer.status.is_success() {
            let refusal = crate::system::Refusal::Credential;
            return Err(ReportError::Rejected {
                refusal,
                why: format!("{}: {}", answer.status.as_u16(), answer.words()),
            });
        }
        let token: Token = answer.json()?;
        let secret = Secret::new(token.access_token);
        self.http.learn(&secret);
        let login = Login { token: secret, instance: self.http.at(self.instance(&token.instance_url)?) };
        *known = Some(login.clone());
        Ok(login)
    }

    /// Where Salesforce says to go on: only to itself, or to the host that was configured.
    fn instance(&self, text: &str) -> Result<Url, ReportError> {
        let url = Url::parse(text).map_err(|_| ReportError::garbage("an instance without an address"))?;
        let own = Url::parse(self.http.base()).is_ok_and(|base| base.origin() == url.origin());
        let theirs = url.scheme() == "https" && url.host_str().is_some_and(|h| h.ends_with(".salesforce.com"));
        if own || theirs { Ok(url) } else { Err(ReportError::garbage("an instance on a foreign host")) }
    }

    fn path(&self, rest: &str) -> String {
        format!("/services/data/{}{rest}", self.version)
    }

    /// One page, and the call for the next one.
    async fn page<T: DeserializeOwned>(&self, call: Call) -> Result<(Vec<T>, Option<Call>), ReportError> {
        let page: Records<T> = self.ask(call).await?.good()?.json()?;
        if page.done {
            return Ok((page.records, None));
        }
        // It is an address that we are sent to: only that of the rest of a query.
        let cursor = page.next.rsplit('/').next().filter(|c| page.next == self.path(&format!("/query/{c}")));
        let next = cursor.filter(|c| !c.is_empty() && c.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        let next = next.ok_or_else(|| ReportError::garbage("a query that is not done and does not go on"))?;
        Ok((page.records, Some(Call::get(self.path(&format!("/query/{next}"))))))
    }

    /// Everything that a query finds.
    async fn query<T: DeserializeOwned>(&self, soql: &str) -> Result<Vec<T>, ReportError> {
        let mut all = Vec::new();
        let mut call = Call::get(self.path("/query")).query("q", soql);
        for _ in 0..MOST_PAGES {
            let (records, next) = self.page(call).await?;
            all.extend(records);
            match next {
                Some(next) => call = next,
                None => return Ok(all),
            }
        }
        Err(ReportError::garbage("more records than can be looked through"))
    }

    /// The first one that a query finds and that is wanted; `None` only when all of them were looked at.
    async fn find<T: DeserializeOwned>(
        &self,
        soql: &str,
        wanted: impl Fn(&T) -> bool + Sync + Send,
    ) -> Result<Option<T>, ReportError> {
        let mut call = Call::get(self.path("/query")).query("q", soql);
        for _ in 0..MOST_PAGES {
            let (records, next) = self.page::<T>(call).await?;
            match (records.into_iter().find(&wanted), next) {
                (Some(found), _) => return Ok(Some(found)),
                (None, Some(next)) => call = next,
                (None, None) => return Ok(None),
            }
        }
        Err(ReportError::garbage("more records than can be looked through"))
    }

    async fn case(&self, number: &TicketNumber) -> Result<Option<Case>, ReportError> {
        let Some(digits) = digits(number) else { return Ok(None) };
        // Case numbers have eight digits; people leave the zeros out.
        let soql = format!("SELECT {CASE} FROM Case WHERE CaseNumber='{digits:0>8}'");
        let case = self.find(&soql, |_: &Case| true).await?;
        if let Some(case) = &case {
            self.ids.keep(number.clone(), case.id.0.clone());
        }
        Ok(case)
    }

    async fn number_of(&self, id: &str) -> Result<TicketNumber, ReportError> {
        let call = Call::get(self.path(&format!("/sobjects/Case/{}", segment(id)))).query("fields", "Id,CaseNumber");
        let case: Case = self.ask(call).await?.good()?.json()?;
        number(&case.number.0)
    }

    async fn case_id(&self, number: &TicketNumber) -> Result<Option<String>, ReportError> {
        match self.ids.get(number) {
            Some(id) => Ok(Some(id)),
            None => Ok(self.case(number).await?.map(|case| case.id.0)),
        }
    }

    /// The Task of a Case whose description holds this; a description cannot be searched for.
    async fn task_with(&self, case: &str, text: &str, since: Timestamp) -> Result<Option<Task>, ReportError> {
        let soql = format!(
            "SELECT Id,Description FROM Task WHERE WhatId='{}' AND CreatedDate>={} ORDER BY CreatedDate DESC",
            escaped(case),
            instant(since)
        );
        self.find(&soql, |task: &Task| task.description.contains(text)).await
    }

    async fn contact(&self, customer: &CustomerDetails) -> Result<Option<String>, ReportError> {
        let document = only_digits(&customer.document);
        let mut ways = Vec::new();
        if let Some(field) = self.document.as_ref().filter(|_| !document.is_empty()) {
            ways.push(format!("{field}='{document}'"));
        }
        if !customer.email.is_empty() {
            ways.push(format!("Email='{}'", escaped(&customer.email)));
        }
        if !customer.phone.is_empty() {
            let phone = escaped(&customer.phone);
            ways.push(format!("Phone='{phone}' OR MobilePhone='{phone}'"));
        }
        // One after the other: a document says more than an address, an address more than a telephone of a whole house.
        for way in ways {
            let soql = format!("SELECT Id FROM Contact WHERE {way} LIMIT 1");
            if let Some(contact) = self.find(&soql, |_: &Contact| true).await? {
                return Ok(Some(contact.id.0));
            }
        }
        Ok(None)
    }

    fn task(&self, action: &Action) -> Value {
        let mut task = json!({
            "Subject": action.protocol,
            "Status": if action.kind == EventKind::Start { "In Progress" } else { "Completed" },
            "Priority": "Normal",
            "ActivityDate": action.day.to_string(),
            "TaskSubtype": "Call",
            "CallType": "Outbound",
            "CallObject": action.session.to_string(),
        });
        if let Some(ended) = action.ended {
            task["CallDurationInSeconds"] = (ended.as_second() - action.started.as_second()).max(0).into();
            // What the attendant says it came to; without that, how it ended.
            task["CallDisposition"] = action.category.as_deref().or(action.reason).unwrap_or_default().into();
        }
        task
    }

    /// Writes a Task; an organisation without a call centre does not know the fields of calls, then they are left out.
    async fn write(&self, call: Call, mut task: Value) -> Result<Answer, ReportError> {
        let answer = self.ask(call.clone().json(&task)).await?;
        let code = complaint(&answer);
        if answer.status != 400
            || !matches!(
                code.as_str(),
                "INVALID_FIELD" | "INVALID_FIELD_FOR_INSERT_UPDATE" | "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
            )
        {
            return Ok(answer);
        }
        if let Some(fields) = task.as_object_mut() {
            fields.retain(|name, _| !name.starts_with("Call") && name != "TaskSubtype");
        }
        self.ask(call.json(&task)).await
    }
}

fn brief_of(case: &Case) -> Result<TicketBrief, ReportError> {
    let status = match case.status.as_str() {
        _ if case.closed => TicketStatus::Closed,
        "New" => TicketStatus::New,
        "On Hold" | "Waiting on Customer" => TicketStatus::Waiting,
        _ => TicketStatus::Open,
    };
    let name = |named: &Option<Named>| named.as_ref().map_or_else(String::new, |n| n.name.clone());
    Ok(brief(
        number(&case.number.0)?,
        &case.subject,
        &name(&case.contact),
        &name(&case.owner),
        status,
        moment(&case.created),
    ))
}

/// A time in a SOQL condition.
fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A text in a SOQL string.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}

#[async_trait]
impl TicketSystem for Salesforce {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            reads: true,
            internal_notes: true,
            public_notes: false,
            returns_id: true,
            links: false,
            customers: true,
            repeats: Repeats::LookedFor,
            visible_after: SOON,
        }
    }

    async fn account(&self) -> Result<Account, ReportError> {
        self.query::<Case>("SELECT Id FROM Case LIMIT 1").await?;
        self.query::<Task>("SELECT Id FROM Task LIMIT 1").await?;
        Ok(Account { name: self.client_id.chars().take(8).collect(), breadth: Breadth::Unknown })
    }

    async fn look_up(&self, number: &TicketNumber) -> Result<Option<FoundTicket>, ReportError> {
        let Some(case) = self.case(number).await? else { return Ok(None) };
        let address = format!("{}/lightning/r/Case/{}/view", self.http.base(), case.id.0);
        let who = case.contact.as_ref();
        let requester = who.map_or_else(CustomerDetails::default, |contact| whose(&contact.name, &contact.email));
        Ok(Some(FoundTicket { brief: brief_of(&case)?, address: Some(address), requester }))
    }

    async fn open_tickets(&self, customer: &CustomerDetails) -> Result<Vec<TicketBrief>, ReportError> {
        let Some(contact) = self.contact(customer).await? else { return Ok(Vec::new()) };
        let soql = format!(
            "SELECT {CASE} FROM Case WHERE ContactId='{}' AND IsClosed=false ORDER BY CreatedDate DESC LIMIT {OPEN_TICKETS_LISTED}",
            escaped(&contact)
        );
        self.query::<Case>(&soql).await?.iter().map(brief_of).collect()
    }

    async fn find_or_create_customer(&self, customer: &CustomerDetails) -> Result<CustomerRef, ReportError> {
        if let Some(contact) = self.contact(customer).await? {
            return Ok(CustomerRef(contact));
        }
        let document = only_digits(&customer.document);
        if customer.email.is_empty() && customer.phone.is_empty() && document.is_empty() {
            // Nobody would find them again: the Case names them in words.
            return Ok(CustomerRef(String::new()));
        }
        let (first, last) = names(customer);
        let mut contact = json!({ "FirstName": first, "LastName": last });
        if last == "-" {
            contact = json!({ "LastName": first });
        }
        if !customer.email.is_empty() {
            contact["Email"] = customer.email.as_str().into();
        }
        if !customer.phone.is_empty() {
            contact["Phone"] = customer.phone.as_str().into();
        }
        if let Some(field) = self.document.as_ref().filter(|_| !document.is_empty()) {
            contact[field] = document.into();
        }
        let answer = self.ask(Call::post(self.path("/sobjects/Contact")).json(&contact)).await?;
        if answer.status == 400 && complaint(&answer) == "DUPLICATES_DETECTED" {
            // Somebody much like them is there, and who of them it is, is not for us to say: the Case names them in words.
            return Ok(CustomerRef(customer.email.clone()));
        }
        let made: Made = answer.good()?.json()?;
        Ok(CustomerRef(made.id.0))
    }

    async fn open_ticket(&self, ticket: &NewTicket) -> Result<Appended, ReportError> {
        let mut case = json!({
            "Subject": ticket.subject.chars().take(255).collect::<String>(),
            "Description": written(&ticket.first, Markup::Plain),
            "Status": "New",
            "Origin": "Web",
        });
        if ticket.requester.0.contains('@') {
            case["SuppliedEmail"] = ticket.requester.0.as_str().into();
        } else if !ticket.requester.0.is_empty() {
            case["ContactId"] = ticket.requester.0.as_str().into();
        }
        let made: Made = self.ask(Call::post(self.path("/sobjects/Case")).json(&case)).await?.good()?.json()?;
        let number = self.number_of(&made.id.0).await.map_err(|error| {
            // However the second call failed, the Case is there: it is to be looked for, not opened again.
            ReportError::garbage(format_args!("the case was opened and its number cannot be read: {error}"))
        })?;
        self.ids.keep(number.clone(), made.id.0);
        Ok(Appended { ticket: number, external_id: None })
    }

    async fn append_action(&self, ticket: &TicketNumber, action: &Action) -> Result<Appended, ReportError> {
        let case = self.case_id(ticket).await?.ok_or_else(|| ReportError::no_ticket(ticket))?;
        let text = written(action, Markup::Plain);
        let mut task = self.task(action);
        if action.kind == EventKind::End {
            let start = EventKind::Start.marker(action.session);
            let since = action.started.checked_sub(CLOCKS_APART).unwrap_or(Timestamp::MIN);
            if let Some(begun) = self.task_with(&case, &start, since).await? {
                // Both texts stay on the one Task, and with them both markers.
                task["Description"] = format!("{}\n\n{text}", begun.description).into();
                let call = Call::patch(self.path(&format!("/sobjects/Task/{}", segment(&begun.id.0))));
                self.write(call, task).await?.good()?;
                return Ok(Appended { ticket: ticket.clone(), external_id: Some(begun.id.0) });
            }
        }
        task["WhatId"] = case.into();
        task["Description"] = text.into();
        let made: Made = self.write(Call::post(self.path("/sobjects/Task")), task).await?.good()?.json()?;
        Ok(Appended { ticket: ticket.clone(), external_id: Some(made.id.0) })
    }

    async fn find_marker(
        &self,
        ticket: Option<&TicketNumber>,
        marker: &str,
        since: Timestamp,
    ) -> Result<Option<Appended>, ReportError> {
        let Some(ticket) = ticket else {
            // Oldest first: one that was opened for the session is soon met, however many have been opened since.
            let soql = format!(
                "SELECT Id,CaseNumber,Description FROM Case WHERE CreatedDate>={} ORDER BY CreatedDate",
                instant(since)
            );
            let found = self.find(&soql, |case: &Case| case.description.contains(marker)).await?;
            let Some(case) = found else { return Ok(None) };
            let number = number(&case.number.0)?;
            self.ids.keep(number.clone(), case.id.0);
            return Ok(Some(Appended { ticket: number, external_id: None }));
        };
        let Some(case) = self.case_id(ticket).await? else { return Ok(None) };
        if let Some(task) = self.task_with(&case, marker, since).await? {
            return Ok(Some(Appended { ticket: ticket.clone(), external_id: Some(task.id.0) }));
        }
        let soql = format!("SELECT Id,CaseNumber,Description FROM Case WHERE Id='{}'", escaped(&case));
        let case = self.find(&soql, |case: &Case| case.description.contains(marker)).await?;
        Ok(case.map(|_| Appended { ticket: ticket.clone(), external_id: None }))
    }

    async fn attach_link(&self, _: &TicketNumber, _: &Link) -> Result<(), ReportError> {
        Err(ReportError::refused("Salesforce keeps links in texts only"))
    }
}
