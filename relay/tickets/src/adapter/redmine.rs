//! Redmine 5: an issue is a ticket, a note is an action. Issues have no customer of their own: the text says who asks.

mod rights;
mod settings;

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
use tokio::sync::OnceCell;

use super::people::People;
use super::wire::{Memory, SOON, digits, moment, nullable, number};
use crate::{
    event::{Action, Link},
    http::{Call, Http, segment},
    mapping::{self, Filled, Mapping, Values},
    markup::{Markup, written},
    secret::Secret,
    system::{
        Account, Appended, Breadth, Capabilities, CustomerRef, FoundTicket, NewTicket, Opened, Owner, Repeats,
        ReportError, TicketSystem, brief, whose,
    },
};
use rights::We;
pub use settings::KIND;
use settings::fill_in;

pub(super) struct Redmine {
    http: Http,
    key: Secret,
    project: String,
    tracker: Option<u32>,
    markup: Markup,
    public: bool,
    fields: Mapping,
    people: People,
    we: OnceCell<We>,
    /// What roles allow.
    roles: Memory<u64, Vec<String>>,
    /// The project that an issue is in.
    projects: Memory<TicketNumber, u64>,
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
    project: Numbered,
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
    /// What else it has.
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

/// A custom field with what stands in it.
#[derive(Deserialize)]
struct Kept {
    id: u64,
    #[serde(default)]
    value: Value,
}

impl Issue {
    /// What became of these fields.
    fn kept(&self, fields: &[Filled]) -> KeptFields {
        let of = |name: &str| self.rest.get(name).unwrap_or(&Value::Null);
        mapping::became(fields, |filled| match filled.name.as_str() {
            "status_id" => filled.value == self.status.id,
            // A number goes in, and what is told of it has a name as well.
            name if name.ends_with("_id") => {
                let part = if name == "parent_issue_id" { "parent" } else { name.trim_end_matches("_id") };
                of(part)["id"] == filled.value
            }
            "is_private" => of("is_private").as_bool().unwrap_or(false) == matches!(&*filled.text, "true" | "1"),
            "estimated_hours" => of("estimated_hours").as_f64() == filled.value.as_f64(),
            name if filled.native => of(name) == filled.text.as_str(),
            name => name
                .parse()
                .is_ok_and(|id: u64| self.custom_fields.iter().any(|kept| kept.id == id && mapping::says(&kept.value))),
        })
    }
}

#[derive(Deserialize)]
struct Numbered {
    id: u64,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    id: u64,
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
            Some(answer) => {
                let issue = answer.json::<OneIssue>()?.issue;
                self.projects.keep(number.clone(), issue.project.id);
                Ok(Some(issue))
            }
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

    /// Whom to write a note as: only who administers Redmine may act as somebody else. A note that the customer is not
    /// to see is never written so: of somebody who may not write private notes Redmine makes a public one of it, without a word.
    async fn acting_as(&self, author: Option<&Owner>) -> Result<Option<String>, ReportError> {
        if !self.public {
            return Ok(None);
        }
        let now = self.http.clock().now();
        let Some(id) = self.people.find(author, now, |address| self.agent(address)).await? else { return Ok(None) };
        if !self.we().await.is_ok_and(|we| we.administers) {
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
        let Ok(answer) = self.ask(Call::get(format!("/users/{}.json", segment(&id)))).await else {
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
            closes_for_good: false,
            repeats: Repeats::LookedFor,
            visible_after: SOON,
        }
    }

    async fn account(&self) -> Result<Account, ReportError> {
        let we = self.we().await?;
        // A project that cannot be seen, or where notes are for everybody, is found out here and not with the first session.
        let project = self.project().await?;
        if !self.public {
            self.can_hide_in(project).await?;
        }
        let breadth = if we.administers { Breadth::TooWide } else { Breadth::Fitting };
        Ok(Account { name: we.login.clone(), breadth })
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

    async fn open_ticket(&self, ticket: &NewTicket) -> Result<Opened, ReportError> {
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
        let fields = opened.issue.kept(&fields);
        let number = number(&opened.issue.id.to_string())?;
        self.projects.keep(number.clone(), opened.issue.project.id);
        Ok(Opened { ticket: number, external_id: None, fields })
    }

    async fn append_action(&self, ticket: &TicketNumber, action: &Action) -> Result<Appended, ReportError> {
        let id = digits(ticket).ok_or_else(|| ReportError::no_ticket(ticket))?;
        if !self.public {
            let project = match self.projects.get(ticket) {
                Some(project) => project,
                None => self.issue(ticket, "").await?.ok_or_else(|| ReportError::no_ticket(ticket))?.project.id,
            };
            self.can_hide_in(project).await?;
        }
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
        let why = "it is not kept: these issues have no such field, or our account may not edit issues";
        mapping::all_kept(&issue.kept(&late), why)
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
