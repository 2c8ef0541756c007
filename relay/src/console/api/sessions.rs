//! Sessions and waiting customers of the apps that the token's user has to do with. Never a password.

use axum::{
    Json,
    extract::{Query, State},
    http::{StatusCode, Uri},
};
use jiff::Timestamp;
use protocol::{
    id::{AppId, ProtocolNumber, SessionId},
    message::directory::FieldKey,
};
use serde::{Deserialize, Serialize};
use store::{Session as Record, StoreError};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{App, attendance, history, session_page::WATCHES, visitor::Who},
    auth::Caller,
    extract::{Named, Page, Params, cursor, limit, parameter},
    problem::ApiError,
};
use crate::directory::{Place, Present};

pub(super) use history::Entry as Session;

/// Waiting customers among whom a text is looked for at once.
const LOOKED_AT: usize = 500;

/// What the history's page can look for.
#[derive(Deserialize, IntoParams, Default)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
#[allow(dead_code)] // read again as the form of the page
pub(super) struct SessionsQuery {
    /// Part of a customer's, attendant's or company's name, a protocol or ticket number.
    q: Option<String>,
    /// Dialled on this day or later, `2026-11-21`, in the company's time zone.
    from: Option<String>,
    /// Dialled on this day or before.
    to: Option<String>,
    /// Of this app.
    app: Option<String>,
    /// Of this attendant.
    attendant: Option<String>,
    /// Why it is over.
    result: Option<String>,
    /// Put into this category.
    category: Option<String>,
    /// Over, and at least this many minutes long.
    min: Option<String>,
    /// Over, and at most this many minutes long.
    max: Option<String>,
    /// At most this many, 1 to 200.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the piece before.
    cursor: Option<String>,
}

/// Sessions, newest first
#[utoipa::path(get, path = "/api/v1/sessions", tag = "Sessions", params(SessionsQuery),
    responses((status = 200, description = "A piece of the list", body = Page<Session>)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(asked): Params<SessionsQuery>,
    uri: Uri,
) -> Result<Json<Page<Session>>, ApiError> {
    let who = &caller.who;
    let limit = limit(asked.limit)?;
    let Query(form) = Query::try_from_uri(&uri).map_err(|error| ApiError::unreadable(error.body_text()))?;
    let (mut query, wrong) = history::query(&form, who, &history::zone(&app, who).await?);
    if let Some(name) = wrong.first() {
        return Err(ApiError::parameter(name, "not one that can be looked for"));
    }
    query.before = cursor(asked.cursor.as_deref())?;
    query.limit = limit + 1;
    let found = app.shared.store.history(who.operator.tenant, &query).await?;
    let apps = app.shared.apps.every(who.operator.tenant).await?;
    Ok(Json(Page::cut(found, limit, |last| last.row.to_string(), |s| Session::of(&s, &apps))))
}

/// A session of the token's company and of an app that its user sees.
async fn seen(app: &App, caller: &Caller, name: &Named) -> Result<Record, ApiError> {
    let tenant = caller.who.operator.tenant;
    let found = match name.0.parse::<SessionId>() {
        Ok(id) => app.shared.store.session(id).await,
        Err(_) => {
            let protocol = ProtocolNumber::new(&name.0).map_err(|_| ApiError::not_found())?;
            app.shared.store.session_by_protocol(tenant, &protocol).await
        }
    };
    match found {
        Ok(session) if session.tenant == tenant && caller.who.reach.sees(session.app) => Ok(session),
        Ok(_) | Err(StoreError::NotFound { .. }) => Err(ApiError::not_found()),
        Err(error) => Err(error.into()),
    }
}

/// One session, by its id or its protocol number
#[utoipa::path(get, path = "/api/v1/sessions/{id}", tag = "Sessions",
    params(("id" = String, Path, description = "Its id or its protocol number")),
    responses((status = 200, description = "The session", body = Session)))]
pub(super) async fn show(State(app): State<App>, caller: Caller, id: Named) -> Result<Json<Session>, ApiError> {
    let session = seen(&app, &caller, &id).await?;
    let apps = app.shared.apps.every(session.tenant).await?;
    let mut watches = app.shared.store.watches_of(session.tenant, &session.protocol, WATCHES).await?;
    watches.retain(|watch| caller.who.reach.sees(watch.app));
    Ok(Json(Session::of(&session, &apps).watched(&watches)))
}

/// End a session that is under way
#[utoipa::path(post, path = "/api/v1/sessions/{id}/end", tag = "Sessions",
    params(("id" = String, Path, description = "Its id or its protocol number")),
    responses((status = 204, description = "It is over"), (status = 409, description = "It is over already")))]
pub(super) async fn end(State(app): State<App>, caller: Caller, id: Named) -> Result<StatusCode, ApiError> {
    let session = seen(&app, &caller, &id).await?;
    if session.ended_at.is_some() {
        return Err(ApiError::conflict("the session is over"));
    }
    attendance::end_session(&app, &caller.who, session.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A customer who waits.
#[derive(Serialize, ToSchema)]
pub(super) struct Waiting {
    /// The ID of their program, nine digits.
    id: u32,
    /// Their app.
    app_id: String,
    /// Its title.
    app: String,
    /// Since when they wait.
    since: Timestamp,
    /// Their name, as typed; empty when not asked.
    name: String,
    /// E-mail address.
    email: String,
    /// Company.
    company: String,
    /// Telephone number.
    phone: String,
    /// CPF or CNPJ.
    document: String,
    /// What the problem is.
    subject: String,
    /// How the company classifies their contact; empty: not.
    classification: String,
    /// The ticket that they were invited to by a link; empty: none.
    ticket: String,
    /// The token's user attends this app: may connect.
    may_connect: bool,
}

impl Waiting {
    fn of(p: &Present, who: &Who) -> Self {
        let typed = |key| p.field(key).to_owned();
        Self {
            id: p.id.number(),
            app_id: p.app.to_string(),
            app: p.app_title.to_string(),
            since: p.since,
            name: typed(FieldKey::Name),
            email: typed(FieldKey::Email),
            company: typed(FieldKey::Company),
            phone: typed(FieldKey::Phone),
            document: typed(FieldKey::Document),
            subject: typed(FieldKey::Subject),
            ticket: p.invited.as_ref().map_or_else(String::new, |ticket| ticket.number.as_str().to_owned()),
            classification: p.class.clone(),
            may_connect: who.reach.attends(p.app),
        }
    }
}

/// Whether a customer typed something with this in it, which is in lower case.
fn typed(p: &Present, text: &str) -> bool {
    use FieldKey::{Company, Document, Email, Name, Phone, Subject};
    [Name, Email, Company, Phone, Document, Subject].iter().any(|key| p.field(*key).to_lowercase().contains(text))
}

/// Which waiting customers.
#[derive(Deserialize, IntoParams, Default)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WaitingQuery {
    /// Part of what the customer typed.
    q: Option<String>,
    /// Of this app.
    app: Option<String>,
    /// At most this many, 1 to 200.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the piece before.
    cursor: Option<String>,
}

/// Customers who wait now, who waits longest first
#[utoipa::path(get, path = "/api/v1/waiting", tag = "Sessions", params(WaitingQuery),
    responses((status = 200, description = "A piece of the list, without passwords", body = Page<Waiting>)))]
pub(super) async fn waiting(
    State(app): State<App>,
    caller: Caller,
    Params(asked): Params<WaitingQuery>,
) -> Result<Json<Page<Waiting>>, ApiError> {
    let who = &caller.who;
    let limit = limit(asked.limit)?;
    let only: Option<AppId> = parameter("app", asked.app.as_deref())?;
    let q = asked.q.unwrap_or_default().trim().to_lowercase();
    let mut after: Option<Place> = cursor(asked.cursor.as_deref())?;
    let sees = |id: AppId| who.reach.sees(id) && only.is_none_or(|only| only == id);
    // A text is looked for from the place on and no further than the answer goes, a piece at a time: nobody else waits for it.
    let (wanted, piece) = (limit as usize + 1, if q.is_empty() { limit as usize + 1 } else { LOOKED_AT });
    let mut found = Vec::new();
    while found.len() < wanted {
        let read = app.shared.directory.waiting_behind(who.operator.tenant, after, piece, sees);
        after = read.last().map(|p| Place::of(p));
        found.extend(read.iter().filter(|p| q.is_empty() || typed(p, &q)).take(wanted - found.len()).cloned());
        if read.len() < piece {
            break;
        }
        tokio::task::yield_now().await;
    }
    Ok(Json(Page::cut(found, limit, |p| Place::of(p).to_string(), |p| Waiting::of(&p, who))))
}

/// One customer who waits now
#[utoipa::path(get, path = "/api/v1/waiting/{id}", tag = "Sessions",
    params(("id" = u32, Path, description = "The ID of their program, nine digits")),
    responses((status = 200, description = "What they typed, without their password", body = Waiting, example = json!({
        "id": 123456789, "app_id": "5f0c6a52b1e94f7fa2a7d1f0b3c4d5e6", "app": "Suporte", "since": "2026-11-21T14:01:20Z",
        "name": "Cida Nogueira", "email": "cida@aurora.example", "company": "Padaria Aurora", "phone": "", "document": "",
        "subject": "Nota fiscal", "classification": "Ouro", "ticket": "1001", "may_connect": true
    }))))]
pub(super) async fn waiting_one(State(app): State<App>, caller: Caller, id: Named) -> Result<Json<Waiting>, ApiError> {
    let present = attendance::seen(&app, &caller.who, id.parse()?)?;
    if present.waits() { Ok(Json(Waiting::of(&present, &caller.who))) } else { Err(ApiError::not_found()) }
}
