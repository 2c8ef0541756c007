//! One search over all that somebody may see: who waits, tickets, contacts, sessions, apps and users; each with a way to its own list.
//!
//! Finds what the lists find by calling what they call, a few of each.

mod words;

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;
use store::{ContactFilter, HistoryQuery, TicketFilter, fold};

use super::{
    App,
    error::{AppError, Page, page},
    session_view::EndedRow,
    shell::{self, Here, Shell},
    visitor::Who,
    waiting::{Part, Window},
};

use words::Words;

/// Shown of each kind.
const SHOWN: usize = 6;
/// Characters that are looked for.
const CHARS: usize = 200;

/// One thing that was found.
struct Hit {
    href: String,
    title: String,
    /// What tells it from others of its name.
    beside: String,
    /// When, or how it stands.
    state: String,
}

/// What was found of one kind.
struct Found {
    id: &'static str,
    icon: &'static str,
    title: &'static str,
    hits: Vec<Hit>,
    /// The list of all of them, when there are more.
    all: Option<String>,
}

impl Found {
    /// The first few of these; `all`: where the others are.
    fn new(id: &'static str, icon: &'static str, title: &'static str, mut hits: Vec<Hit>, all: String) -> Self {
        let all = (hits.len() > SHOWN).then_some(all);
        hits.truncate(SHOWN);
        Self { id, icon, title, hits, all }
    }
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    s: Shell,
    w: &'static Words,
    found: Vec<Found>,
    nothing: Option<String>,
}

/// What is looked for.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct SearchForm {
    q: String,
}

/// `GET /search`
pub(super) async fn show(State(app): State<App>, who: Who, Query(form): Query<SearchForm>) -> Page {
    let mut s = Shell::load(&app, &who, Here::Search).await?;
    let w = Words::of(s.t.language);
    s.searched = form.q.trim().chars().take(CHARS).collect();
    let found = if s.searched.is_empty() { Vec::new() } else { found(&app, &who, &s).await? };
    let nothing = match (s.searched.as_str(), found.is_empty()) {
        ("", _) => Some(w.what.to_owned()),
        (q, true) => Some(super::strings::fill(s.t.none_found, &[q])),
        _ => None,
    };
    page(&SearchPage { s, w, found, nothing })
}

async fn found(app: &App, who: &Who, s: &Shell) -> Result<Vec<Found>, AppError> {
    let (tenant, store, t, q) = (who.operator.tenant, &app.shared.store, s.t, s.searched.clone());
    let limit = u32::try_from(SHOWN + 1).expect("a few");
    let encoded: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
    let list = |path: &str| format!("{path}?q={encoded}");
    let said = |parts: [&str; 2]| parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let name = |name: &str| if name.is_empty() { t.no_name.to_owned() } else { name.to_owned() };

    let mut part = Part::default();
    part.q.clone_from(&q);
    let waiting = Window::new(tenant, part).look(&app.shared.directory, &who.reach);
    let waiting = waiting.rows.iter().map(|p| {
        use protocol::message::directory::FieldKey::{Company, Name, Subject};
        let number = p.id.number();
        Hit {
            href: format!("/?q={number}#w-{number}"),
            title: name(p.field(Name)),
            beside: said([p.field(Company), p.field(Subject)]),
            state: p.id.to_string(),
        }
    });
    let waiting = waiting.take(SHOWN + 1).collect();

    let filter = TicketFilter { search: q.clone(), limit, ..TicketFilter::default() };
    let tickets = app.shared.desk.tickets(tenant, &filter).await?;
    let tickets = tickets.into_iter().map(|ticket| Hit {
        href: crate::notice::page_of(&store::TicketOf::desk(ticket.number.clone())),
        title: ticket.subject,
        beside: said([ticket.number.as_str(), &ticket.requester.details.name]),
        state: shell::status(t, &ticket.status).2.to_owned(),
    });

    let filter = ContactFilter { search: q.clone(), after: None, limit };
    let contacts = store.contacts(tenant, &filter).await?;
    let contacts = contacts.into_iter().map(|contact| Hit {
        href: format!("/customers/{}", contact.customer.id.0),
        title: name(&contact.customer.details.name),
        beside: said([&contact.customer.details.company, &contact.customer.details.email]),
        state: contact.class,
    });

    let query = HistoryQuery { search: q.clone(), apps: Some(who.reach.seen()), limit, ..HistoryQuery::default() };
    let sessions = store.history(tenant, &query).await?;
    let sessions = sessions.iter().map(|session| {
        let row = EndedRow::new(session, t, &s.clock);
        Hit {
            href: format!("/sessions/{}", row.id),
            title: name(&row.customer),
            beside: said([&row.protocol, &row.attendant]),
            state: format!("{}, {}", row.day, row.began),
        }
    });

    let sought = fold(&q);
    let has = |text: &str| fold(text).contains(&sought);
    let apps = app.shared.apps.of(tenant).await?;
    let apps = apps.iter().filter(|app| who.reach.sees(app.id) || who.reach.edits(app.id));
    let apps = apps.filter(|app| has(&app.name) || has(&app.title)).map(|app| Hit {
        href: format!("/apps/{}/download", app.id),
        title: app.name.clone(),
        beside: app.title.clone(),
        state: String::new(),
    });

    let users = if s.admin() { app.shared.accounts.list(tenant).await? } else { Vec::new() };
    let users = users.iter().map(|user| &user.operator).filter(|o| has(&o.name) || has(&o.login)).map(|operator| Hit {
        href: format!("/users/{}", operator.id),
        title: operator.name.clone(),
        beside: operator.login.clone(),
        state: String::new(),
    });

    let mut found = vec![
        Found::new("waiting", "headset", t.waiting, waiting, list("/")),
        Found::new("tickets", "ticket", t.tickets, tickets.collect(), list("/tickets")),
        Found::new("contacts", "book-user", t.contacts, contacts.collect(), list("/customers")),
        Found::new("sessions", "history", t.sessions, sessions.collect(), list("/history")),
        Found::new("apps", "layout-grid", t.apps, apps.collect(), "/apps".to_owned()),
        Found::new("users", "users", t.users, users.collect(), "/users".to_owned()),
    ];
    found.retain(|found| !found.hits.is_empty());
    Ok(found)
}
