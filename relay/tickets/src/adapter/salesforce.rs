//! Salesforce: a ticket is a Case, a session is one Task on it whose subject is the protocol number. The start of a session makes the Task, the end
//! completes it; on a Case that was opened for the session its description is the start.

mod login;
mod settings;

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

use super::people::People;
use super::wire::{Id, Memory, PAGES, SOON, digits, moment, names, nullable, number, only_digits};
use crate::{
    event::{Action, Link},
    http::{Answer, Call, segment},
    mapping::{self, Mapping, Values},
    markup::{Markup, written},
    system::{
        Account, Appended, Breadth, Capabilities, CustomerRef, FoundTicket, NewTicket, Opened, Owner, Repeats,
        ReportError, TicketSystem, brief, whose,
    },
};
use login::{Login, Logins};
pub use settings::KIND;
use settings::fill_in;

/// Pages of one query that are gone through: usually of two thousand records, of fewer where those are long.
const MOST_PAGES: usize = PAGES * 10;
/// A session's start is on its Case at the latest when its end is written, and our clocks differ by this much.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(10);
/// The organisation's calls of the day are used up: this long at least until some are free again.
const QUOTA_PAUSE: SignedDuration = SignedDuration::from_mins(15);

pub(super) struct Salesforce {
    logins: Logins,
    version: String,
    /// The Contact's field for a tax number, and the Account's.
    document: Option<String>,
    account_document: Option<String>,
    fields: Mapping,
    people: People,
    ids: Memory<TicketNumber, String>,
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
        let login = self.logins.get(None).await?;
        let mut answer = self.ask_as(&login, call.clone()).await?;
        if answer.status == 401 {
            let again = self.logins.get(Some(&login.token)).await?;
            answer = self.ask_as(&again, call).await?;
        }
        if answer.status == 403 && complaint(&answer) == "REQUEST_LIMIT_EXCEEDED" {
            let until = self.logins.http().clock().now().checked_add(QUOTA_PAUSE).ok();
            return Err(ReportError::RateLimited { until });
        }
        Ok(answer)
    }

    async fn ask_as(&self, login: &Login, call: Call) -> Result<Answer, ReportError> {
        login.instance.send(call.credential("authorization", "Bearer ", &login.token)).await
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
            ways.push(of_document(field, &customer.document));
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

    /// The company whose tax number this is.
    async fn account_of(&self, customer: &CustomerDetails) -> Result<Option<String>, ReportError> {
        let known = !only_digits(&customer.document).is_empty();
        let Some(field) = self.account_document.as_ref().filter(|_| known) else { return Ok(None) };
        let soql = format!("SELECT Id FROM Account WHERE {} LIMIT 1", of_document(field, &customer.document));
        Ok(self.find(&soql, |_: &Contact| true).await?.map(|account| account.id.0))
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

    /// The one user with this address.
    async fn agent(&self, address: String) -> Result<Option<String>, ReportError> {
        let soql = format!("SELECT Id FROM User WHERE Email='{}' AND IsActive=true LIMIT 2", escaped(&address));
        let found: Vec<Contact> = self.query(&soql).await?;
        Ok(if let [one] = found.as_slice() { Some(one.id.0.clone()) } else { None })
    }

    /// Writes a record as its author's where Salesforce takes that, and as our own user's otherwise.
    async fn write_as(
        &self,
        author: Option<&Owner>,
        call: Call,
        record: Value,
        nice: fn(&str) -> bool,
    ) -> Result<Answer, ReportError> {
        let now = self.logins.http().clock().now();
        // What the company has mapped stays.
        let person = if record["OwnerId"].is_null() {
            self.people.find(author, now, |address| self.agent(address)).await?
        } else {
            None
        };
        let as_somebody = |person: Option<String>| {
            let mut record = record.clone();
            if let Some(person) = person {
                record["OwnerId"] = person.into();
            }
            self.write(call.clone(), record, nice)
        };
        self.people.call_as(author, now, person, as_somebody).await
    }

    /// Writes a record; an organisation may not know, or not let us see, fields that are only nice to have: those are left out then.
    async fn write(&self, call: Call, mut record: Value, nice: fn(&str) -> bool) -> Result<Answer, ReportError> {
        let answer = self.ask(call.clone().json(&record)).await?;
        let code = complaint(&answer);
        let unknown = matches!(
            code.as_str(),
            "INVALID_FIELD" | "INVALID_FIELD_FOR_INSERT_UPDATE" | "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
        );
        let Some(fields) = record.as_object_mut().filter(|fields| fields.keys().any(|name| nice(name))) else {
            return Ok(answer);
        };
        if answer.status != 400 || !unknown {
            return Ok(answer);
        }
        fields.retain(|name, _| !nice(name));
        self.ask(call.json(&record)).await
    }
}

/// A field of Salesforce's own call centre.
fn of_calls(name: &str) -> bool {
    name.starts_with("Call") || name == "TaskSubtype"
}

/// Who asked, as a Case keeps it beside its Contact.
fn supplied(name: &str) -> bool {
    name.starts_with("Supplied")
}

/// A tax number in a SOQL condition: as digits, and as it was written.
fn of_document(field: &str, document: &str) -> String {
    let (digits, written) = (only_digits(document), escaped(document.trim()));
    if digits == written { format!("{field}='{digits}'") } else { format!("{field}='{digits}' OR {field}='{written}'") }
}

/// The company's record, and not a person's: Salesforce tells its records apart by their first characters.
fn is_account(id: &str) -> bool {
    id.starts_with("001")
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
            closes_for_good: false,
            repeats: Repeats::LookedFor,
            visible_after: SOON,
        }
    }

    async fn account(&self) -> Result<Account, ReportError> {
        self.query::<Case>("SELECT Id FROM Case LIMIT 1").await?;
        self.query::<Task>("SELECT Id FROM Task LIMIT 1").await?;
        Ok(Account { name: self.logins.account(), breadth: Breadth::Unknown })
    }

    async fn look_up(&self, number: &TicketNumber) -> Result<Option<FoundTicket>, ReportError> {
        let Some(case) = self.case(number).await? else { return Ok(None) };
        let address = format!("{}/lightning/r/Case/{}/view", self.logins.http().base(), case.id.0);
        let who = case.contact.as_ref();
        let requester = who.map_or_else(CustomerDetails::default, |contact| whose(&contact.name, &contact.email));
        Ok(Some(FoundTicket { brief: brief_of(&case)?, address: Some(address), requester }))
    }

    async fn open_tickets(&self, customer: &CustomerDetails) -> Result<Vec<TicketBrief>, ReportError> {
        let whose = match self.contact(customer).await? {
            Some(contact) => format!("ContactId='{}'", escaped(&contact)),
            None => match self.account_of(customer).await? {
                Some(account) => format!("AccountId='{}'", escaped(&account)),
                None => return Ok(Vec::new()),
            },
        };
        let soql = format!(
            "SELECT {CASE} FROM Case WHERE {whose} AND IsClosed=false ORDER BY CreatedDate DESC LIMIT {OPEN_TICKETS_LISTED}"
        );
        self.query::<Case>(&soql).await?.iter().map(brief_of).collect()
    }

    async fn find_or_create_customer(&self, customer: &CustomerDetails) -> Result<CustomerRef, ReportError> {
        if let Some(contact) = self.contact(customer).await? {
            return Ok(CustomerRef(contact));
        }
        let document = only_digits(&customer.document);
        let account = self.account_of(customer).await?;
        if customer.email.is_empty() && customer.phone.is_empty() && (document.is_empty() || account.is_some()) {
            if let Some(account) = account {
                // A company that is known, and nothing by which a person of it would be found again.
                return Ok(CustomerRef(account));
            }
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
        // A company's number is not its people's.
        let of_a_person = !document.is_empty() && account.is_none();
        if let Some(field) = self.document.as_ref().filter(|_| of_a_person) {
            contact[field] = document.into();
        }
        if let Some(account) = account {
            contact["AccountId"] = account.into();
        }
        let answer = self.ask(Call::post(self.path("/sobjects/Contact")).json(&contact)).await?;
        if answer.status == 400 && complaint(&answer) == "DUPLICATES_DETECTED" {
            // Somebody much like them is there, and who of them it is, is not for us to say: the Case names them in words.
            return Ok(CustomerRef(customer.email.clone()));
        }
        let made: Made = answer.good()?.json()?;
        Ok(CustomerRef(made.id.0))
    }

    async fn open_ticket(&self, ticket: &NewTicket) -> Result<Opened, ReportError> {
        let mut case = json!({
            "Subject": ticket.subject.chars().take(255).collect::<String>(),
            "Description": written(&ticket.first, Markup::Plain),
            "Status": "New",
            "Origin": "Web",
        });
        // As they told it, whoever they were found to be.
        let who = &ticket.first.facts.customer;
        for (name, text, most) in [
            ("SuppliedName", &who.name, 80),
            ("SuppliedEmail", &who.email, 80),
            ("SuppliedPhone", &who.phone, 40),
            ("SuppliedCompany", &who.company, 80),
        ] {
            if !text.is_empty() {
                case[name] = text.chars().take(most).collect::<String>().into();
            }
        }
        match ticket.requester.0.as_str() {
            "" => {}
            email if email.contains('@') => case["SuppliedEmail"] = email.into(),
            account if is_account(account) => case["AccountId"] = account.into(),
            contact => case["ContactId"] = contact.into(),
        }
        let fields = self.fields.opening(&ticket.values)?;
        fill_in(&mut case, &fields);
        let answer =
            self.write_as(ticket.owner.as_ref(), Call::post(self.path("/sobjects/Case")), case, supplied).await?;
        let made: Made = mapping::told(answer, &fields)?.json()?;
        let number = self.number_of(&made.id.0).await.map_err(|error| {
            // However the second call failed, the Case is there: it is to be looked for, not opened again.
            ReportError::garbage(format_args!("the case was opened and its number cannot be read: {error}"))
        })?;
        self.ids.keep(number.clone(), made.id.0);
        Ok(Appended { ticket: number, external_id: None }.into())
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
                self.write_as(action.author.as_ref(), call, task, of_calls).await?.good()?;
                return Ok(Appended { ticket: ticket.clone(), external_id: Some(begun.id.0) });
            }
        }
        task["WhatId"] = case.into();
        task["Description"] = text.into();
        let made: Made = self
            .write_as(action.author.as_ref(), Call::post(self.path("/sobjects/Task")), task, of_calls)
            .await?
            .good()?
            .json()?;
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

    async fn fill(&self, ticket: &TicketNumber, values: &Values) -> Result<(), ReportError> {
        let late = self.fields.late(values)?;
        if late.is_empty() {
            return Ok(());
        }
        let Some(id) = self.case_id(ticket).await? else { return Ok(()) };
        let mut case = json!({});
        fill_in(&mut case, &late);
        let call = Call::patch(self.path(&format!("/sobjects/Case/{}", segment(&id)))).json(&case);
        let answer = self.ask(call).await?;
        if answer.status == 404 { Ok(()) } else { mapping::told(answer, &late).map(|_| ()) }
    }

    async fn attach_link(&self, _: &TicketNumber, _: &Link) -> Result<(), ReportError> {
        Err(ReportError::refused("Salesforce keeps links in texts only"))
    }
}
