//! The list of tickets: search and filters, in pages that begin behind the last number of the one before.

use askama::Template;
use axum::extract::{Query, State};
use protocol::{
    id::{AppId, OperatorId, TicketNumber},
    message::ticket::TicketStatus,
};
use serde::Deserialize;
use store::TicketFilter;

use super::{
    super::{
        App,
        desk_words::{self, Words},
        error::{AppError, Page, page},
        shell::{self, Choice, Here, Shell},
        strings::fill,
        visitor::Who,
    },
    STATUSES, status_value,
};

/// Tickets on one page.
const ROWS: usize = 50;
/// Owner: whoever looks.
const ME: &str = "me";
/// Owner: nobody.
const NOBODY: &str = "none";
/// Status: any.
const ALL: &str = "all";

/// Which tickets. What cannot be is as if it had not been asked for.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct ListForm {
    q: String,
    /// A status, `all`, or empty: those in which there is something to do.
    status: String,
    /// As `status=all`.
    all: Option<String>,
    /// An operator, `me`, `none`, or empty: anybody.
    owner: String,
    tag: String,
    app: String,
    category: String,
    before: Option<String>,
}

impl ListForm {
    fn is_filtered(&self) -> bool {
        [&self.q, &self.status, &self.owner, &self.tag, &self.app, &self.category].iter().any(|f| !f.is_empty())
    }

    /// The filters as the query of an address.
    fn address(&self) -> String {
        let mut address = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("q", &self.q),
            ("status", &self.status),
            ("owner", &self.owner),
            ("tag", &self.tag),
            ("app", &self.app),
            ("category", &self.category),
        ] {
            if !value.is_empty() {
                address.append_pair(name, value);
            }
        }
        address.finish()
    }
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
    w: &'static Words,
    form: ListForm,
    statuses: Vec<Choice>,
    owners: Vec<Choice>,
    tags: Vec<Choice>,
    apps: Vec<Choice>,
    categories: Vec<Choice>,
    rows: Vec<TicketRow>,
    next: Option<String>,
    is_first: bool,
}

impl ListPage {
    fn nothing(&self) -> String {
        match (self.form.q.as_str(), self.form.is_filtered()) {
            ("", false) => self.s.t.no_tickets.to_owned(),
            ("", true) => self.w.none_with_filters.to_owned(),
            (q, _) => fill(self.s.t.none_found, &[q]),
        }
    }
}

/// `GET /tickets`
pub(crate) async fn list(State(app): State<App>, who: Who, Query(mut form): Query<ListForm>) -> Page {
    let s = Shell::load(&app, &who, Here::Tickets).await?;
    let (tenant, t) = (who.operator.tenant, s.t);
    let w = desk_words::of(t.language);
    form.q = form.q.trim().to_owned();
    if form.all.is_some() {
        ALL.clone_into(&mut form.status);
    }
    let before = form.before.as_deref().map(TicketNumber::new).transpose().map_err(|_| AppError::BadRequest)?;
    let is_first = before.is_none();
    let statuses = match STATUSES.into_iter().find(|status| status_value(*status) == form.status) {
        Some(status) => vec![status],
        None if form.status == ALL => Vec::new(),
        None => TicketFilter::OPEN.to_vec(),
    };
    let owner: Option<OperatorId> = match form.owner.as_str() {
        ME => Some(who.operator.id),
        id => id.parse().ok(),
    };
    let of_app: Option<AppId> = form.app.parse().ok();
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let filter = TicketFilter {
        statuses,
        owner,
        unowned: form.owner == NOBODY,
        tag: text(&form.tag),
        app: of_app,
        category: text(&form.category),
        search: form.q.clone(),
        before,
        limit: u32::try_from(ROWS + 1).expect("a page is small"),
        ..TicketFilter::default()
    };
    let mut found = app.shared.desk.tickets(tenant, &filter).await?;
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
            status: shell::status(t, &ticket.status),
            updated: s.clock.lately(&ticket.updated_at),
        })
        .collect();
    let users = app.shared.accounts.list(tenant).await?;
    let own =
        [("", w.everybody), (ME, w.me), (NOBODY, t.nobody)].map(|(value, word)| Choice::new(value, word, &form.owner));
    let others = users
        .iter()
        .filter(|u| u.operator.id != who.operator.id && u.operator.roles.attend)
        .map(|u| Choice::new(u.operator.id.to_string(), u.operator.name.clone(), &form.owner));
    let all = [Choice::new("", w.to_do, &form.status), Choice::new(ALL, t.all_ones, &form.status)];
    let each = STATUSES
        .map(|status: TicketStatus| Choice::new(status_value(status), shell::status(t, &status).2, &form.status));
    let any = |chosen: &str| Choice::new("", w.any, chosen);
    let known = app.shared.apps.of(tenant).await?;
    let mut categories: Vec<&str> =
        known.iter().flat_map(|a| a.wrap_up.categories.iter().map(|c| c.name.as_str())).collect();
    categories.sort_by_key(|name| name.to_lowercase());
    categories.dedup();
    let tags = app.shared.store.all_desk_tags(tenant).await?;
    page(&ListPage {
        w,
        statuses: all.into_iter().chain(each).collect(),
        owners: own.into_iter().chain(others).collect(),
        tags: std::iter::once(any(&form.tag)).chain(tags.iter().map(|g| Choice::new(g, g, &form.tag))).collect(),
        apps: std::iter::once(Choice::new("", t.all_apps, &form.app))
            .chain(known.iter().map(|a| Choice::new(a.id.to_string(), &a.name, &form.app)))
            .collect(),
        categories: std::iter::once(any(&form.category))
            .chain(categories.iter().map(|c| Choice::new(*c, *c, &form.category)))
            .collect(),
        form,
        rows,
        next,
        is_first,
        s,
    })
}
