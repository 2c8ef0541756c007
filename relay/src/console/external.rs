//! A ticket of another system: whether its requester has the program open, and what may be done then. `/t/{system}/{ticket}` is where
//! the system's own pages link to; the same small enough to be shown inside them; and where the system says that a ticket has changed.
//!
//! What the address says about the requester is only used to find a program that whoever looks sees anyway. Must never be framed by
//! anybody but the connection's own system.

pub(super) mod words;

use askama::Template;
use axum::{
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use protocol::{
    id::{ConnectionId, TenantId, TicketNumber},
    message::ticket::TicketStatus,
};
use serde::Deserialize;
use store::{Connection, CustomerDetails, HistoryQuery, Notice, TicketOf, TicketSeen};
use tickets::kind::{self, Kind};

use super::{
    App, desk_words,
    destination::Asked,
    error::{AppError, Page, page},
    security::FramedBy,
    session_view::Mention,
    shell::{self, Here, Shell},
    strings::{Texts, fill},
    tickets::{NotAsked, RequesterHere, WAITS, Waiting, cancel_on, here, is_own, link_of},
    visitor::{Act, Visitor, Who},
};
use crate::external;
use words::Words;

/// Sessions shown on the page.
const MENTIONED: u32 = 8;
/// The largest message about a change that is read.
const MESSAGE_BYTES: usize = 64 * 1024;
/// What stands for the built-in desk in addresses.
const DESK: &str = "desk";

/// What a link may say about the requester, for systems that tell little of them.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct LinkQuery {
    name: String,
    email: String,
    company: String,
    document: String,
    phone: String,
}

impl LinkQuery {
    /// The same as the end of an address.
    fn address(&self) -> String {
        let said = [
            ("name", &self.name),
            ("email", &self.email),
            ("company", &self.company),
            ("document", &self.document),
            ("phone", &self.phone),
        ];
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in said.into_iter().filter(|(_, value)| !value.is_empty()) {
            pairs.append_pair(name, value);
        }
        let pairs = pairs.finish();
        if pairs.is_empty() { pairs } else { format!("?{pairs}") }
    }
}

/// What is shown of a ticket.
struct Shown {
    number: String,
    /// The path of its page.
    path: String,
    subject: String,
    system: String,
    /// Its page in the system.
    address: Option<String>,
    requester: CustomerDetails,
    status: Option<(&'static str, &'static str, &'static str)>,
    is_open: bool,
    /// Why nothing is known of it.
    trouble: Option<String>,
    here: Option<RequesterHere>,
    told: Vec<Waiting>,
    link: String,
    mentions: Vec<Mention>,
    asked: String,
}

impl Shown {
    fn initials(&self) -> String {
        shell::initials(&self.requester.name)
    }

    /// What the link said, for the forms of the page: with its leading `?`, or nothing.
    fn query(&self) -> &str {
        &self.asked
    }

    fn is_told(&self) -> bool {
        self.told.iter().any(|waiting| waiting.own)
    }

    fn is_known(&self) -> bool {
        self.requester != CustomerDetails::default()
    }
}

#[derive(Template)]
#[template(path = "external.html")]
struct TicketPage {
    s: Shell,
    w: &'static Words,
    d: &'static desk_words::Words,
    x: Shown,
}

#[derive(Template)]
#[template(path = "external_widget.html")]
struct WidgetPage {
    s: Shell,
    w: &'static Words,
    d: &'static desk_words::Words,
    x: Shown,
}

/// The same where nobody is logged in, or the browser does not say so within another site.
#[derive(Template)]
#[template(path = "external_outside.html")]
struct OutsidePage {
    t: &'static Texts,
    w: &'static Words,
    path: String,
    number: String,
    /// The page loads itself again, as one of ours.
    again: bool,
}

/// `GET /t/{system}/{ticket}`
pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path((system, number)): Path<(String, String)>,
    Query(query): Query<LinkQuery>,
    request: axum::http::Uri,
    headers: HeaderMap,
) -> Page {
    let number = TicketNumber::new(&number).map_err(|_| AppError::NotFound)?;
    if system == DESK {
        return Ok(Redirect::to(&crate::notice::page_of(&TicketOf::desk(number))).into_response());
    }
    let elsewhere = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    let texts = visitor.texts;
    let who = match visitor.who(Act::Attend, "") {
        Ok(who) => who,
        // Browsers keep the login to themselves where another site led here; a page of ours leads here again.
        Err(AppError::LogIn) if elsewhere => {
            let path = request.path_and_query().map_or("/", |path| path.as_str()).to_owned();
            let outside = OutsidePage {
                t: texts,
                w: Words::of(texts.language),
                path,
                number: number.as_str().to_owned(),
                again: true,
            };
            return page(&outside);
        }
        Err(AppError::LogIn) => {
            let there = log_in_there(&app, &system).await?;
            return Ok(match request.path_and_query().and_then(|path| Asked::at(path.as_str())) {
                Some(asked) => asked.keep(there),
                None => there,
            });
        }
        Err(other) => return Err(other),
    };
    let connection = of(&app, who.operator.tenant, &system).await?;
    let (s, x) = shown(&app, &who, &connection, number, query).await?;
    page(&TicketPage { w: Words::of(s.t.language), d: desk_words::of(s.t.language), s, x })
}

/// The login of the company whose connection this is: whoever has its address was given it there.
async fn log_in_there(app: &App, system: &str) -> Page {
    let Some(tenant) = owner(app, system).await? else { return Err(AppError::LogIn) };
    let tenant = app.shared.store.tenant(tenant).await?;
    Ok(Redirect::to(&tenant.at("/login?over=1")).into_response())
}

/// Of which company the connection is that is named by its id.
async fn owner(app: &App, system: &str) -> Result<Option<TenantId>, AppError> {
    match system.parse() {
        Ok(id) => Ok(app.shared.store.tenant_of_connection(id).await?),
        Err(_) => Ok(None),
    }
}

/// `GET /t/{system}/{ticket}/widget`: for a frame within the system's own pages.
pub(super) async fn widget(
    State(app): State<App>,
    visitor: Visitor,
    Path((system, number)): Path<(String, String)>,
    Query(query): Query<LinkQuery>,
    request: axum::http::Uri,
) -> Page {
    let number = TicketNumber::new(&number).map_err(|_| AppError::NotFound)?;
    let texts = visitor.texts;
    let Ok(who) = visitor.who(Act::Attend, "") else {
        let path = request.path();
        let outside = OutsidePage {
            t: texts,
            w: Words::of(texts.language),
            path: path.strip_suffix("/widget").unwrap_or(path).to_owned(),
            number: number.as_str().to_owned(),
            again: false,
        };
        let mut response = page(&outside)?;
        // It says nothing that its address does not: a link in anybody's page.
        response.extensions_mut().insert(FramedBy("https:".to_owned()));
        return Ok(response);
    };
    let connection = of(&app, who.operator.tenant, &system).await?;
    let (s, x) = shown(&app, &who, &connection, number, query).await?;
    let base = connection.what.settings.get(kind::BASE).map(String::as_str);
    let origins: Vec<String> = [base, x.address.as_deref()].into_iter().flatten().filter_map(origin).collect();
    let mut response = page(&WidgetPage { w: Words::of(s.t.language), d: desk_words::of(s.t.language), s, x })?;
    if !origins.is_empty() {
        response.extensions_mut().insert(FramedBy(origins.join(" ")));
    }
    Ok(response)
}

/// `POST /t/{system}/{ticket}/notices`: whoever asks is told when the requester has the program open.
pub(super) async fn ask_notice(
    State(app): State<App>,
    who: Who,
    Path((system, number)): Path<(String, String)>,
    Query(query): Query<LinkQuery>,
) -> Page {
    let number = TicketNumber::new(&number).map_err(|_| AppError::NotFound)?;
    let of = ticket_of(&app, &who, &system, number).await?;
    match ask_on(&app, &who, &of, query).await {
        Ok(_) => Ok(Redirect::to(&crate::notice::page_of(&of)).into_response()),
        Err(NotAsked::Closed) => Err(AppError::BadRequest),
        Err(NotAsked::Failed(error)) => Err(error),
    }
}

/// A ticket of one of the company's other systems.
pub(super) async fn ticket_of(app: &App, who: &Who, system: &str, number: TicketNumber) -> Result<TicketOf, AppError> {
    Ok(TicketOf { system: Some(of(app, who.operator.tenant, system).await?.what.id), number })
}

/// Asks on a ticket of another system, which must be open and say whose it is. The notice; `None`: it was told already.
pub(super) async fn ask_on(
    app: &App,
    who: &Who,
    ticket: &TicketOf,
    query: LinkQuery,
) -> Result<Option<Notice>, NotAsked> {
    let (tenant, now) = (who.operator.tenant, Timestamp::now());
    let system = ticket.system.ok_or(AppError::NotFound)?;
    let connection = app.shared.store.connection(tenant, system).await?;
    let seen = seen(app, &connection, &ticket.number, query).await;
    if !seen.is_open || seen.requester == CustomerDetails::default() {
        return Err(NotAsked::Closed);
    }
    who.audit(app, "notice.asked", &format!("{} · {}", connection.what.name, ticket.number)).await?;
    let kept = TicketSeen { subject: seen.subject, requester: seen.requester };
    app.shared.store.add_notice(tenant, ticket, &kept, who.operator.id, now, now + WAITS).await?;
    let open = app.shared.store.open_notices(Some((tenant, ticket)), now).await?;
    // The requester may have come while the page was read.
    app.shared.changes.bump();
    Ok(open.into_iter().find(|notice| is_own(who, notice)))
}

/// `POST /t/{system}/{ticket}/notices/{id}/cancel`
pub(super) async fn cancel_notice(
    State(app): State<App>,
    who: Who,
    Path((system, number, id)): Path<(String, String, i64)>,
) -> Page {
    let number = TicketNumber::new(&number).map_err(|_| AppError::NotFound)?;
    let of = ticket_of(&app, &who, &system, number).await?;
    cancel_on(&app, &who, &of, id).await?;
    Ok(Redirect::to(&crate::notice::page_of(&of)).into_response())
}

/// `POST /hooks/{system}/{proof}`: a system says that a ticket has changed. What it says is looked up and never believed.
pub(super) async fn told(
    State(app): State<App>,
    Path((system, proof)): Path<(String, String)>,
    message: Bytes,
) -> Response {
    let tenant = match owner(&app, &system).await {
        Ok(tenant) => tenant,
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let (Ok(system), Some(tenant)) = (system.parse::<ConnectionId>(), tenant) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if !external::proves(&app.shared, tenant, system, &proof) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match app.shared.store.connection(tenant, system).await {
        Ok(connection) if connection.removed_at.is_none() => {}
        Ok(_) | Err(store::StoreError::NotFound { .. }) => return StatusCode::NOT_FOUND.into_response(),
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
    if message.len() > MESSAGE_BYTES {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    let Ok(_turn) = app.told.clone().try_acquire_owned() else {
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "5")]).into_response();
    };
    match external::told(&app.shared, tenant, system, &String::from_utf8_lossy(&message)).await {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a system's message about a ticket is lost");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "30")]).into_response()
        }
    }
}

/// Where a connection is reached from the system's side, as its page in the console shows it.
pub(super) struct Addresses {
    pub(super) page: String,
    pub(super) widget: String,
    pub(super) hook: String,
}

/// The addresses of a connection.
pub(super) fn addresses(app: &App, tenant: TenantId, system: ConnectionId) -> Addresses {
    let url = &app.shared.public_url;
    Addresses {
        page: format!("{url}/t/{system}/…"),
        widget: format!("{url}/t/{system}/…/widget"),
        hook: format!("{url}/hooks/{system}/{}", external::proof(&app.shared, tenant, system)),
    }
}

/// The connection that an address names: by its id, or by the name of its kind when it is the only one of it.
async fn of(app: &App, tenant: TenantId, system: &str) -> Result<Connection, AppError> {
    if let Ok(id) = system.parse::<ConnectionId>() {
        let connection = app.shared.store.connection(tenant, id).await?;
        return if connection.removed_at.is_some() { Err(AppError::NotFound) } else { Ok(connection) };
    }
    let all = app.shared.store.connections(tenant).await?;
    let mut fitting = all.into_iter().filter(|connection| connection.what.kind == system);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(AppError::NotFound),
    }
}

/// Whose pages may show the widget: an address of the system, without its path.
fn origin(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok().filter(|url| url.has_host())?;
    Some(url.origin().ascii_serialization())
}

/// What is known of a ticket: what its system says, else what the link says.
struct Seen {
    subject: String,
    requester: CustomerDetails,
    address: Option<String>,
    status: Option<TicketStatus>,
    is_open: bool,
    trouble: Option<Trouble>,
}

enum Trouble {
    NoTicket,
    Unreachable,
}

async fn seen(app: &App, connection: &Connection, number: &TicketNumber, query: LinkQuery) -> Seen {
    let LinkQuery { name, email, company, document, phone } = query;
    let said = CustomerDetails { name, email, company, phone, document };
    match external::look_up(&app.shared, connection.what.tenant, connection.what.id, number).await {
        Ok(Some(found)) => Seen {
            subject: found.brief.subject.as_str().to_owned(),
            requester: filled(found.requester, said),
            address: found.address,
            status: Some(found.brief.status),
            is_open: external::is_open(found.brief.status),
            trouble: None,
        },
        Ok(None) => Seen {
            subject: String::new(),
            requester: CustomerDetails::default(),
            address: None,
            status: None,
            is_open: false,
            trouble: Some(Trouble::NoTicket),
        },
        Err(error) => {
            tracing::info!(error = &error as &dyn std::error::Error, "a ticket of another system is shown without it");
            Seen {
                subject: String::new(),
                requester: said,
                address: None,
                status: None,
                is_open: true,
                trouble: Some(Trouble::Unreachable),
            }
        }
    }
}

/// What the system says, and what only the link says.
fn filled(known: CustomerDetails, said: CustomerDetails) -> CustomerDetails {
    let or = |known: String, said: String| if known.trim().is_empty() { said } else { known };
    CustomerDetails {
        name: or(known.name, said.name),
        email: or(known.email, said.email),
        company: or(known.company, said.company),
        phone: or(known.phone, said.phone),
        document: or(known.document, said.document),
    }
}

async fn shown(
    app: &App,
    who: &Who,
    connection: &Connection,
    number: TicketNumber,
    query: LinkQuery,
) -> Result<(Shell, Shown), AppError> {
    let tenant = who.operator.tenant;
    let s = Shell::load(app, who, Here::Tickets).await?;
    let asked = query.address();
    let seen = seen(app, connection, &number, query).await;
    let w = Words::of(s.t.language);
    let title = kind::of(&connection.what.kind).map_or("", |kind: &Kind| kind.title);
    let system = if connection.what.name.is_empty() { title.to_owned() } else { connection.what.name.clone() };
    let of = TicketOf { system: Some(connection.what.id), number };
    let query = HistoryQuery { ticket: Some(of.number.clone()), limit: MENTIONED, ..HistoryQuery::default() };
    let mentions = app.shared.store.history(tenant, &query).await?;
    let mentions = mentions
        .iter()
        .filter(|session| session.connection == of.system)
        .map(|session| Mention::new(session, who.reach.sees(session.app), &s.clock))
        .collect();
    let open = app.shared.store.open_notices(Some((tenant, &of)), s.clock.now()).await?;
    let x = Shown {
        path: crate::notice::page_of(&of),
        address: seen.address.filter(|address| address.starts_with("https://") || address.starts_with("http://")),
        status: seen.status.as_ref().map(|status| shell::status(s.t, status)),
        is_open: seen.is_open,
        trouble: seen.trouble.map(|trouble| match trouble {
            Trouble::NoTicket => fill(w.no_ticket, &[&system]),
            Trouble::Unreachable => fill(w.unreachable, &[&system]),
        }),
        here: here(app, who, &of, &seen.requester, &s.clock),
        told: open.iter().map(|notice| Waiting::new(notice, who, &s)).collect(),
        link: if seen.is_open { link_of(app, who, &of).await? } else { String::new() },
        mentions,
        asked,
        subject: seen.subject,
        requester: seen.requester,
        system,
        number: of.number.as_str().to_owned(),
    };
    Ok((s, x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_knows_is_not_changed_by_a_link() {
        let details = |name: &str, email: &str| CustomerDetails {
            name: name.into(),
            email: email.into(),
            ..CustomerDetails::default()
        };
        assert_eq!(filled(details("Cida", ""), details("Eva", "e@x")), details("Cida", "e@x"));
        assert_eq!(filled(details("Cida", "c@x"), details("", "e@x")), details("Cida", "c@x"));
    }
}
