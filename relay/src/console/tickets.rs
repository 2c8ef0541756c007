//! The built-in desk: a ticket with its actions. [`list`] finds them, [`new`] opens one, [`tags`] and [`remote`] are beside a ticket.

mod letters;
mod list;
mod new;
mod notices;
mod remote;
pub(super) mod returns;
mod tags;

use askama::Template;
use axum::{
    extract::{Form, Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use protocol::{
    id::{OperatorId, SessionId, TicketNumber},
    message::ticket::TicketStatus,
};
use serde::Deserialize;
use store::{ActionKind, DeskTicket, HistoryQuery, SessionState, TicketAction, TicketFilter, TicketOf};
use tickets::{
    desk::{Author, TEXT_BYTES},
    event::text::change_in,
};

use super::{
    App, answers,
    desk_words::{self, Words},
    error::{AppError, Page, page, unprocessable},
    session_view::{Mention, SessionCard},
    shell::{self, Here, Shell},
    visitor::{Act, Who},
};
pub(super) use letters::retry as retry_mail;
pub(super) use list::list;
pub(super) use new::{form as new_form, open};
pub(super) use notices::{
    NotAsked, WAITS, Waiting, ask as ask_notice, ask_on, cancel as cancel_notice, cancel_on, is_own, may_cancel,
};
pub(super) use remote::{Here as RequesterHere, Invited, here, invited, link, link_of};
pub(super) use tags::{NotPut, TAGS, add as add_tag, put_on, remove as remove_tag, shown as shown_tag, take_off};

/// Sessions shown in a ticket's margin.
const MENTIONED: u32 = 8;
/// Statuses in the order of work.
const STATUSES: [TicketStatus; 5] =
    [TicketStatus::New, TicketStatus::Open, TicketStatus::Waiting, TicketStatus::Resolved, TicketStatus::Closed];

/// One entry of a ticket's time line.
struct Entry {
    author: String,
    when: String,
    text: String,
    icon: &'static str,
    kind: ActionKind,
    public: bool,
    card: Option<SessionCard>,
    /// A request that nobody took, in words, and its page.
    missed: Option<(&'static str, Option<SessionId>)>,
    /// It was to be sent by mail.
    mail: Option<letters::Sending>,
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
    /// How the company classifies the requester.
    class: String,
    entries: Vec<Entry>,
    owners: Vec<Owner>,
    statuses: Vec<StatusChoice>,
    mentions: Vec<Mention>,
    /// The requester has the program open.
    here: Option<remote::Here>,
    w: &'static Words,
    tags: Vec<String>,
    known_tags: Vec<String>,
    canned: Vec<Canned>,
    /// Who is told when the requester comes.
    told: Vec<notices::Waiting>,
    /// Answers can be sent by mail.
    by_mail: Option<letters::Offer>,
    /// Returns that are ahead, and who may be back.
    returns: Vec<returns::Ahead>,
    returners: Vec<Owner>,
    /// No more of them fit.
    returns_full: bool,
    r: &'static returns::Words,
    /// Where the requester gets the program; empty: there is no app to get.
    link: String,
    draft: Draft,
}

impl TicketPage {
    /// Whoever looks is told already.
    fn is_told(&self) -> bool {
        self.told.iter().any(|waiting| waiting.own)
    }
}

/// An answer to be put into the form.
pub(super) struct Canned {
    pub(super) id: i64,
    pub(super) title: String,
    /// Filled in for this ticket.
    pub(super) text: String,
}

/// The company's answers, filled in for this ticket and whoever answers.
pub(super) async fn canned(app: &App, who: &Who, ticket: &DeskTicket, link: &str) -> Result<Vec<Canned>, AppError> {
    let values = answers::Values {
        customer: &ticket.requester.details.name,
        attendant: &who.operator.name,
        ticket: ticket.number.as_str(),
        download_link: link,
    };
    let known = app.shared.store.canned_answers(who.operator.tenant).await?;
    let filled = |a: store::CannedAnswer| Canned { id: a.id, text: values.fill(&a.text), title: a.title };
    Ok(known.into_iter().map(filled).collect())
}

/// What was typed and was not taken, and why.
#[derive(Default)]
struct Draft {
    text: String,
    error: Option<&'static str>,
    /// To be read by the customer.
    reply: bool,
    tag: String,
    tag_error: Option<&'static str>,
    /// A return that was not taken.
    return_at: String,
    return_who: String,
    return_note: String,
    return_error: Option<&'static str>,
}

/// What is to be put into the answer before anything is typed: what the buttons do where there is no script.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ShowQuery {
    answer: Option<i64>,
    insert: Option<String>,
}

/// `GET /tickets/{number}`
pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path(number): Path<String>,
    Query(query): Query<ShowQuery>,
) -> Page {
    ticket_page_with(&app, &who, &number, Draft::default(), query).await
}

async fn ticket_page(app: &App, who: &Who, number: &str, draft: Draft) -> Page {
    ticket_page_with(app, who, number, draft, ShowQuery::default()).await
}

async fn ticket_page_with(app: &App, who: &Who, number: &str, mut draft: Draft, query: ShowQuery) -> Page {
    let number = TicketNumber::new(number).map_err(|_| AppError::NotFound)?;
    let tenant = who.operator.tenant;
    let s = Shell::load(app, who, Here::Tickets).await?;
    let (ticket, actions) = app.shared.desk.ticket(tenant, &number).await?;
    let mails = app.shared.store.ticket_mails(tenant, &number).await?;
    let mut entries = Vec::with_capacity(actions.len());
    let ended: Vec<SessionId> =
        actions.iter().filter(|a| a.action.kind == ActionKind::SessionEnd).filter_map(|a| a.action.session).collect();
    for action in actions {
        let id = action.id;
        let mut shown = entry(app, who, &s, action, &ended).await?;
        shown.mail = mails.iter().find(|mail| mail.action == Some(id)).map(|mail| letters::Sending::new(mail, &s));
        entries.push(shown);
    }
    let history = HistoryQuery { ticket: Some(number), limit: MENTIONED, ..HistoryQuery::default() };
    let mentions = app.shared.store.history(tenant, &history).await?;
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
    let of = TicketOf::desk(ticket.number.clone());
    let here = remote::here(app, who, &of, &ticket.requester.details, &s.clock);
    let statuses = STATUSES
        .iter()
        .map(|status| StatusChoice {
            value: status_value(*status),
            word: shell::status(s.t, status).2,
            chosen: *status == ticket.status,
        })
        .collect();
    let link = link(app, who, &ticket.number).await?;
    let canned = canned(app, who, &ticket, &link).await?;
    if let Some(chosen) = canned.iter().find(|c| query.answer == Some(c.id)) {
        draft.text.clone_from(&chosen.text);
        draft.reply = true;
    } else if query.insert.is_some() {
        draft.text.clone_from(&link);
        draft.reply = true;
    }
    let open = app.shared.store.open_notices(Some((tenant, &of)), s.clock.now()).await?;
    let told = open.iter().map(|notice| notices::Waiting::new(notice, who, &s)).collect();
    let failed = draft.error.is_some() || draft.tag_error.is_some() || draft.return_error.is_some();
    let ahead = app.shared.store.appointments_on(tenant, &ticket.number).await?;
    let returns: Vec<_> = ahead.into_iter().map(|of| returns::Ahead::new(of, who, &s.clock)).collect();
    let back = if draft.return_who.is_empty() { who.operator.id.to_string() } else { draft.return_who.clone() };
    let may_be_back = users.iter().filter(|u| u.disabled_at.is_none() && u.operator.may(Act::Attend));
    let returners = may_be_back
        .map(|u| Owner {
            id: u.operator.id.to_string(),
            name: u.operator.name.clone(),
            chosen: u.operator.id.to_string() == back,
        })
        .collect();
    let shown = page(&TicketPage {
        w: desk_words::of(s.t.language),
        tags: app.shared.store.desk_tags(tenant, &ticket.number).await?,
        known_tags: app.shared.store.all_desk_tags(tenant).await?,
        canned,
        told,
        by_mail: letters::offer(app, &s, &ticket).await?,
        returns_full: returns::full(returns.len()),
        returns,
        returners,
        r: returns::Words::of(s.t.language),
        link,
        status: shell::status(s.t, &ticket.status),
        is_open: TicketFilter::OPEN.contains(&ticket.status),
        opened: s.clock.date_time(&ticket.opened_at),
        initials: shell::initials(&ticket.requester.details.name),
        class: app.shared.store.contact(tenant, ticket.requester.id).await?.class,
        entries,
        owners,
        statuses,
        mentions,
        here,
        draft,
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
        // What was said of a session later, or a request that was missed.
        ActionKind::Note => true,
        ActionKind::Change => false,
    };
    let (mut card, mut missed) = (None, None);
    if let Some(session) = action.session.filter(|_| wants_card) {
        match app.shared.store.session(session).await {
            Ok(session) if session.tenant == s.tenant.id => {
                let link = who.reach.sees(session.app).then_some(session.id);
                if action.kind != ActionKind::Note {
                    card = Some(SessionCard { link, ..SessionCard::new(&session, s.t, &s.clock) });
                } else if session.state == SessionState::Missed {
                    missed = Some((shell::missed(s.t, session.missed).2, link));
                }
            }
            Ok(_) | Err(store::StoreError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    // Kept as a sentence in its author's language; whoever reads it may have another.
    let text = match action.kind {
        ActionKind::Change => change_in(s.t.language, &action.text).unwrap_or(action.text),
        ActionKind::Note | ActionKind::SessionStart | ActionKind::SessionEnd => action.text,
    };
    Ok(Entry {
        author: if action.author_name.is_empty() { s.t.the_system.to_owned() } else { action.author_name },
        when: s.clock.lately(&action.at),
        text,
        icon: if missed.is_some() { "bell" } else { icon },
        missed,
        kind: action.kind,
        public: action.public,
        card,
        mail: None,
    })
}

/// A new action.
#[derive(Deserialize)]
pub(super) struct ActionForm {
    text: String,
    kind: String,
    /// To be sent by mail too.
    mail: Option<String>,
    /// … in this language.
    mail_language: Option<String>,
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
    let text = form.text.trim();
    let wrong = if text.is_empty() {
        Some(who.texts.empty_text)
    } else if text.replace("\r\n", "\n").len() > TEXT_BYTES {
        Some(desk_words::of(who.texts.language).too_long)
    } else {
        None
    };
    let public = form.kind == "reply";
    if wrong.is_some() {
        let draft = Draft { reply: public, error: wrong, text: form.text, ..Draft::default() };
        return ticket_page(&app, &who, &number, draft).await;
    }
    if public && form.mail.is_some() {
        return letters::answer(&app, &who, &author, &ticket, form).await;
    }
    app.shared.desk.add_action(who.operator.tenant, &author, &ticket, &form.text, public, Timestamp::now()).await?;
    Ok(to_ticket(&ticket))
}

/// A new status, a new owner, or both.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ChangeForm {
    status: Option<String>,
    /// An operator's id; empty: nobody.
    owner: Option<String>,
    /// What the page showed of both: what was left as it was changes nothing, whatever a colleague did meanwhile.
    status_was: Option<String>,
    owner_was: Option<String>,
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
        .filter(|status| form.status_was.as_ref() != Some(status))
        .map(|s| STATUSES.into_iter().find(|known| status_value(*known) == s).ok_or(AppError::BadRequest))
        .transpose()?;
    let owner = form.owner.filter(|owner| form.owner_was.as_ref() != Some(owner));
    let owner: Option<Option<OperatorId>> = match owner.as_deref() {
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
    // Also where there is nothing to change.
    app.shared.desk.ticket(tenant, number).await?;
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

fn status_value(status: TicketStatus) -> &'static str {
    match status {
        TicketStatus::New => "new",
        TicketStatus::Open => "open",
        TicketStatus::Waiting => "waiting",
        TicketStatus::Resolved => "resolved",
        TicketStatus::Closed => "closed",
    }
}
