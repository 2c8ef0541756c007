//! The built-in desk: tickets, their actions, their customers.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Form, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use protocol::{
    id::{OperatorId, SessionId, TicketNumber},
    message::{directory::FieldKey, ticket::TicketStatus},
};
use serde::Deserialize;
use store::{ActionKind, CustomerDetails, DeskTicket, HistoryQuery, TicketAction, TicketFilter};
use tickets::desk::{Author, DeskError};

use super::{
    App,
    error::{AppError, Page, page},
    session_view::{Mention, SessionCard},
    shell::{self, Here, Shell},
    strings::fill,
    visitor::Who,
};
use crate::directory::Present;

/// Tickets on one page.
const ROWS: usize = 50;
/// Sessions shown in a ticket's margin.
const MENTIONED: u32 = 8;
/// Statuses in the order of work.
const STATUSES: [TicketStatus; 5] =
    [TicketStatus::New, TicketStatus::Open, TicketStatus::Waiting, TicketStatus::Resolved, TicketStatus::Closed];

/// Which tickets.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ListForm {
    q: String,
    all: Option<String>,
    before: Option<String>,
}

struct TicketRow {
    number: String,
    subject: String,
    customer: String,
    company: String,
    owner: String,
    status: (&'static str, &'static str, &'static str),
    updated: String,
}

#[derive(Template)]
#[template(path = "tickets.html")]
struct ListPage {
    s: Shell,
    q: String,
    all: bool,
    rows: Vec<TicketRow>,
    next: Option<String>,
    is_first: bool,
}

impl ListPage {
    fn nothing(&self) -> String {
        if self.q.is_empty() { self.s.t.no_tickets.to_owned() } else { fill(self.s.t.none_found, &[&self.q]) }
    }
}

/// `GET /tickets`
pub(super) async fn list(State(app): State<App>, who: Who, Query(form): Query<ListForm>) -> Page {
    let s = Shell::load(&app, &who, Here::Tickets).await?;
    let q = form.q.trim().to_owned();
    let all = form.all.is_some();
    let before = form.before.as_deref().map(TicketNumber::new).transpose().map_err(|_| AppError::BadRequest)?;
    let is_first = before.is_none();
    let statuses = if all { Vec::new() } else { TicketFilter::OPEN.to_vec() };
    let limit = u32::try_from(ROWS + 1).expect("a page is small");
    let filter = TicketFilter { statuses, search: q.clone(), before, limit, ..TicketFilter::default() };
    let mut found = app.shared.desk.tickets(who.operator.tenant, &filter).await?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let next = found.last().filter(|_| more).map(|last| last.number.as_str().to_owned());
    let rows = found
        .into_iter()
        .map(|ticket| TicketRow {
            number: ticket.number.into(),
            subject: ticket.subject,
            customer: ticket.requester.details.name,
            company: ticket.requester.details.company,
            owner: ticket.owner_name,
            status: shell::status(s.t, &ticket.status),
            updated: s.clock.lately(&ticket.updated_at),
        })
        .collect();
    page(&ListPage { q, all, rows, next, is_first, s })
}

/// What the form of a new ticket holds.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct NewForm {
    subject: String,
    name: String,
    email: String,
    company: String,
    phone: String,
    document: String,
    text: String,
}

#[derive(Template)]
#[template(path = "ticket_new.html")]
struct NewPage {
    s: Shell,
    form: NewForm,
    error: Option<&'static str>,
    at: &'static str,
}

/// `GET /tickets/new`
pub(super) async fn new_form(State(app): State<App>, who: Who) -> Page {
    let s = Shell::load(&app, &who, Here::Tickets).await?;
    page(&NewPage { s, form: NewForm::default(), error: None, at: "" })
}

/// `POST /tickets`
pub(super) async fn open(State(app): State<App>, who: Who, Form(form): Form<NewForm>) -> Page {
    let t = who.texts;
    let refused = if form.subject.trim().is_empty() {
        Some((t.empty_subject, "subject"))
    } else if form.name.trim().is_empty() && form.email.trim().is_empty() {
        Some((t.empty_customer, "name"))
    } else {
        None
    };
    if let Some((error, at)) = refused {
        let s = Shell::load(&app, &who, Here::Tickets).await?;
        return unprocessable(page(&NewPage { s, form, error: Some(error), at }));
    }
    let (tenant, now) = (who.operator.tenant, Timestamp::now());
    let details = CustomerDetails {
        name: form.name,
        email: form.email,
        company: form.company,
        phone: form.phone,
        document: form.document,
    };
    let customer = app.shared.desk.find_or_create_customer(tenant, &details, now).await?;
    let author = author(&app, &who).await?;
    let ticket = app.shared.desk.open_ticket(tenant, &author, customer.id, &form.subject, &form.text, now).await?;
    Ok(to_ticket(&ticket.number))
}

/// One entry of a ticket's time line.
struct Entry {
    author: String,
    when: String,
    text: String,
    icon: &'static str,
    kind: ActionKind,
    public: bool,
    card: Option<SessionCard>,
}

/// Somebody who can be made responsible.
struct Owner {
    id: String,
    name: String,
    chosen: bool,
}

struct StatusChoice {
    value: &'static str,
    word: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "ticket.html")]
struct TicketPage {
    s: Shell,
    ticket: DeskTicket,
    status: (&'static str, &'static str, &'static str),
    is_open: bool,
    opened: String,
    initials: String,
    entries: Vec<Entry>,
    owners: Vec<Owner>,
    statuses: Vec<StatusChoice>,
    mentions: Vec<Mention>,
    /// The requester has the program open.
    here: Option<Arc<Present>>,
    draft: String,
    error: Option<&'static str>,
}

/// `GET /tickets/{number}`
pub(super) async fn show(State(app): State<App>, who: Who, Path(number): Path<String>) -> Page {
    ticket_page(&app, &who, &number, String::new(), None).await
}

async fn ticket_page(app: &App, who: &Who, number: &str, draft: String, error: Option<&'static str>) -> Page {
    let number = TicketNumber::new(number).map_err(|_| AppError::NotFound)?;
    let tenant = who.operator.tenant;
    let s = Shell::load(app, who, Here::Tickets).await?;
    let (ticket, actions) = app.shared.desk.ticket(tenant, &number).await?;
    let mut entries = Vec::with_capacity(actions.len());
    let ended: Vec<SessionId> =
        actions.iter().filter(|a| a.action.kind == ActionKind::SessionEnd).filter_map(|a| a.action.session).collect();
    for action in actions {
        entries.push(entry(app, who, &s, action, &ended).await?);
    }
    let query = HistoryQuery { ticket: Some(number), limit: MENTIONED, ..HistoryQuery::default() };
    let mentions = app.shared.store.history(tenant, &query).await?;
    let mentions = mentions.iter().map(|of| Mention::new(of, who.reach.sees(of.app), &s.clock)).collect();
    let users = app.shared.accounts.list(tenant).await?;
    let owners = users
        .iter()
        .filter(|u| (u.disabled_at.is_none() && u.operator.roles.attend) || ticket.owner == Some(u.operator.id))
        .map(|u| Owner {
            id: u.operator.id.to_string(),
            name: u.operator.name.clone(),
            chosen: ticket.owner == Some(u.operator.id),
        })
        .collect();
    let here = app
        .shared
        .directory
        .waiting(tenant)
        .into_iter()
        .find(|p| who.reach.sees(p.app) && is_requester(p, &ticket.requester.details));
    let statuses = STATUSES
        .iter()
        .map(|status| StatusChoice {
            value: status_value(*status),
            word: shell::status(s.t, status).2,
            chosen: *status == ticket.status,
        })
        .collect();
    let failed = error.is_some();
    let shown = page(&TicketPage {
        status: shell::status(s.t, &ticket.status),
        is_open: TicketFilter::OPEN.contains(&ticket.status),
        opened: s.clock.date_time(&ticket.opened_at),
        initials: shell::initials(&ticket.requester.details.name),
        entries,
        owners,
        statuses,
        mentions,
        here,
        draft,
        error,
        ticket,
        s,
    });
    if failed { unprocessable(shown) } else { shown }
}

async fn entry(app: &App, who: &Who, s: &Shell, action: TicketAction, ended: &[SessionId]) -> Result<Entry, AppError> {
    let action = action.action;
    let icon = match action.kind {
        ActionKind::Note if action.public => "message-square",
        ActionKind::Note => "lock",
        ActionKind::SessionStart => "play",
        ActionKind::SessionEnd => "headset",
        ActionKind::Change => "rotate-cw",
    };
    // The end's card tells the start too; the start has one of its own only while there is no end.
    let wants_card = match action.kind {
        ActionKind::SessionEnd => true,
        ActionKind::SessionStart => action.session.is_some_and(|session| !ended.contains(&session)),
        ActionKind::Note | ActionKind::Change => false,
    };
    let card = match action.session.filter(|_| wants_card) {
        Some(session) => match app.shared.store.session(session).await {
            Ok(session) if session.tenant == s.tenant.id => {
                let link = who.reach.sees(session.app).then_some(session.id);
                Some(SessionCard { link, ..SessionCard::new(&session, s.t, &s.clock) })
            }
            Ok(_) | Err(store::StoreError::NotFound { .. }) => None,
            Err(error) => return Err(error.into()),
        },
        None => None,
    };
    Ok(Entry {
        author: if action.author_name.is_empty() { s.t.the_system.to_owned() } else { action.author_name },
        when: s.clock.lately(&action.at),
        text: action.text,
        icon,
        kind: action.kind,
        public: action.public,
        card,
    })
}

/// Whether the program that is open belongs to this customer: by e-mail, else by name and company.
fn is_requester(present: &Present, customer: &CustomerDetails) -> bool {
    let email = present.field(FieldKey::Email);
    if !email.is_empty() && !customer.email.is_empty() {
        return email.eq_ignore_ascii_case(&customer.email);
    }
    let (name, company) = (present.field(FieldKey::Name), present.field(FieldKey::Company));
    !name.is_empty()
        && name.to_lowercase() == customer.name.to_lowercase()
        && company.to_lowercase() == customer.company.to_lowercase()
}

/// A new action.
#[derive(Deserialize)]
pub(super) struct ActionForm {
    text: String,
    kind: String,
}

/// `POST /tickets/{number}/actions`
pub(super) async fn add_action(
    State(app): State<App>,
    who: Who,
    Path(number): Path<String>,
    Form(form): Form<ActionForm>,
) -> Page {
    let ticket = TicketNumber::new(&number).map_err(|_| AppError::NotFound)?;
    let author = author(&app, &who).await?;
    let added = app
        .shared
        .desk
        .add_action(who.operator.tenant, &author, &ticket, &form.text, form.kind == "reply", Timestamp::now())
        .await;
    match added {
        Ok(_) => Ok(to_ticket(&ticket)),
        Err(DeskError::Empty { .. }) => {
            ticket_page(&app, &who, &number, String::new(), Some(who.texts.empty_text)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// A new status, a new owner, or both.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ChangeForm {
    status: Option<String>,
    /// An operator's id; empty: nobody.
    owner: Option<String>,
}

/// `POST /tickets/{number}/change`
pub(super) async fn change(
    State(app): State<App>,
    who: Who,
    Path(number): Path<String>,
    Form(form): Form<ChangeForm>,
) -> Page {
    let number = TicketNumber::new(&number).map_err(|_| AppError::NotFound)?;
    let status = form
        .status
        .map(|s| STATUSES.into_iter().find(|known| status_value(*known) == s).ok_or(AppError::BadRequest))
        .transpose()?;
    let owner: Option<Option<OperatorId>> = match form.owner.as_deref() {
        None => None,
        Some("") => Some(None),
        Some(id) => Some(Some(id.parse().map_err(|_| AppError::BadRequest)?)),
    };
    change_ticket(&app, &who, &number, status, owner).await?;
    Ok(to_ticket(&number))
}

/// Sets who is responsible for a ticket, where it stands, or both.
pub(super) async fn change_ticket(
    app: &App,
    who: &Who,
    number: &TicketNumber,
    status: Option<TicketStatus>,
    owner: Option<Option<OperatorId>>,
) -> Result<(), AppError> {
    let (tenant, now) = (who.operator.tenant, Timestamp::now());
    let author = author(app, who).await?;
    if let Some(owner) = owner {
        app.shared.desk.set_owner(tenant, &author, number, owner, now).await?;
    }
    if let Some(status) = status {
        app.shared.desk.set_status(tenant, &author, number, status, now).await?;
    }
    Ok(())
}

/// Actions are written in the company's language, whoever's page they come from.
pub(super) async fn author(app: &App, who: &Who) -> Result<Author, AppError> {
    let language = app.shared.store.tenant(who.operator.tenant).await?.language;
    Ok(Author { operator: who.operator.id, name: who.operator.name.clone(), language })
}

/// The numbers of the built-in desk are digits, but the type allows more: nothing of it may end the path or begin a query.
fn to_ticket(number: &TicketNumber) -> Response {
    let safe: String =
        number.as_str().chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    Redirect::to(&format!("/tickets/{safe}")).into_response()
}

fn unprocessable(shown: Page) -> Page {
    let mut answer = shown?;
    *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(answer)
}

fn status_value(status: TicketStatus) -> &'static str {
    match status {
        TicketStatus::New => "new",
        TicketStatus::Open => "open",
        TicketStatus::Waiting => "waiting",
        TicketStatus::Resolved => "resolved",
        TicketStatus::Closed => "closed",
    }
}
