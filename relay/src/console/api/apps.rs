//! Apps: read by whoever sees them, made and changed by whoever may. A change names the revision it is a change of, in If-Match.
//!
//! What may be in an app is decided where the pages decide it: a change is put into the app, and every tab's rules go over it.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, civil::Date};
use protocol::{id::OperatorId, message::directory::FieldKey};
use serde::{Deserialize, Serialize};
use store::{
    App as Record, Ask as AskRecord, Category as CategoryRecord, Holiday as HolidayRecord, Hour, Note as NoteRecord,
};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        App,
        apps::{
            self as pages, NotMade,
            archive::{self, NotDone},
        },
        visitor::Who,
    },
    auth::Caller,
    extract::{Body, Named, Page, Params, condition, tag},
    problem::ApiError,
};

/// Whether a customer is asked for something.
#[derive(Serialize, Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ask {
    Hidden,
    Optional,
    Required,
}

/// What customers are asked for.
#[derive(Serialize, Deserialize, ToSchema, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Questions {
    name: Ask,
    email: Ask,
    company: Ask,
    phone: Ask,
    document: Ask,
    subject: Ask,
}

/// A part of a day in which somebody attends, in minutes after midnight.
#[derive(Serialize, Deserialize, ToSchema, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Hours {
    /// From this minute on.
    #[schema(minimum = 0, maximum = 1439)]
    from_min: u16,
    /// Up to this one.
    #[schema(minimum = 1, maximum = 1440)]
    to_min: u16,
}

/// A day on which nobody attends.
#[derive(Serialize, Deserialize, ToSchema, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Holiday {
    /// When, `2026-12-25`.
    #[schema(value_type = String, format = Date)]
    date: Date,
    /// Its name.
    #[schema(max_length = 60)]
    name: String,
}

/// When an app is attended.
#[derive(Serialize, Deserialize, ToSchema, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Availability {
    /// Only in `hours`; otherwise at any time.
    by_hours: bool,
    /// The parts of each of the seven days, Monday first, in order and apart from each other.
    #[schema(min_items = 7, max_items = 7)]
    hours: Vec<Vec<Hours>>,
    /// Days on which nobody attends.
    #[schema(max_items = 200)]
    holidays: Vec<Holiday>,
    /// Apps whose attendants help when nobody here does, in this order.
    #[schema(max_items = 200)]
    overflow: Vec<String>,
    /// Customers are offered to one attendant after the other.
    distribute: bool,
    /// Seconds to answer an offer.
    #[schema(minimum = 10, maximum = 300)]
    answer_s: u32,
}

/// What a session can be put into when it is over.
#[derive(Serialize, Deserialize, ToSchema, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Category {
    /// Its name.
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    /// The customer was helped.
    solved: bool,
}

/// What is asked of the attendant when a session is over.
#[derive(Serialize, Deserialize, ToSchema, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct WrapUp {
    /// A category must be chosen.
    required: bool,
    /// What can be chosen, in order.
    #[schema(max_items = 50)]
    categories: Vec<Category>,
    /// Whether there is a note.
    note: Ask,
}

/// An app: one branded program as it is configured.
#[derive(Serialize, ToSchema)]
pub(super) struct AppOut {
    /// Which.
    id: String,
    /// What links to it carry.
    code: String,
    /// How often it was written; also the ETag.
    revision: u32,
    /// Its name in the console.
    name: String,
    /// The window's title.
    title: String,
    /// The company's name as customers read it.
    company: String,
    /// Main colour, `#2F4FA0`.
    accent: String,
    /// What the first page says above the questions.
    welcome: String,
    /// A number to call when nothing works.
    phone: String,
    /// What customers are asked for.
    questions: Questions,
    /// Every attendant of the company attends it.
    everyone: bool,
    /// Ids of the users who look after it.
    administrators: Vec<String>,
    /// Ids of the users who attend it, in the order in which customers are offered.
    attendants: Vec<String>,
    /// When it is attended.
    availability: Availability,
    /// What is asked when a session is over.
    wrap_up: WrapUp,
    /// Its programs take new versions without a question, when nobody uses them.
    quiet_updates: bool,
    /// The token's user may change it.
    may_change: bool,
    /// When it was archived; `null`: it is in use.
    #[schema(required)]
    archived_at: Option<Timestamp>,
    /// The last change.
    changed_at: Timestamp,
    /// Since when.
    created_at: Timestamp,
}

/// What changes of an app; what is left out stays.
#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AppChange {
    /// Its name in the console.
    #[schema(min_length = 1, max_length = 60)]
    name: Option<String>,
    /// The window's title.
    #[schema(min_length = 1, max_length = 60)]
    title: Option<String>,
    /// The company's name as customers read it.
    #[schema(min_length = 1, max_length = 60)]
    company: Option<String>,
    /// Main colour, `#2F4FA0`.
    accent: Option<String>,
    /// What the first page says above the questions.
    #[schema(max_length = 200)]
    welcome: Option<String>,
    /// A number to call when nothing works.
    #[schema(max_length = 40)]
    phone: Option<String>,
    /// What customers are asked for.
    questions: Option<Questions>,
    /// Every attendant of the company attends it.
    everyone: Option<bool>,
    /// Ids of the users who look after it.
    administrators: Option<Vec<String>>,
    /// Ids of the users who attend it, in the order in which customers are offered.
    attendants: Option<Vec<String>>,
    /// When it is attended.
    availability: Option<Availability>,
    /// What is asked when a session is over.
    wrap_up: Option<WrapUp>,
    /// Its programs take new versions without a question, when nobody uses them.
    quiet_updates: Option<bool>,
}

impl From<AskRecord> for Ask {
    fn from(ask: AskRecord) -> Self {
        match ask {
            AskRecord::Hidden => Self::Hidden,
            AskRecord::Optional => Self::Optional,
            AskRecord::Required => Self::Required,
        }
    }
}

impl From<Ask> for AskRecord {
    fn from(ask: Ask) -> Self {
        match ask {
            Ask::Hidden => Self::Hidden,
            Ask::Optional => Self::Optional,
            Ask::Required => Self::Required,
        }
    }
}

impl AppOut {
    fn of(app: &Record, who: &Who) -> Self {
        let ids = |list: &[OperatorId]| list.iter().map(OperatorId::to_string).collect();
        let ask = |key| app.ask(key).into();
        let a = &app.availability;
        let day = |hours: &Vec<Hour>| {
            hours.iter().map(|h| Hours { from_min: h.from_min, to_min: h.to_min }).collect::<Vec<_>>()
        };
        Self {
            id: app.id.to_string(),
            code: app.code.clone(),
            revision: app.revision,
            name: app.name.clone(),
            title: app.title.clone(),
            company: app.company.clone(),
            accent: format!("#{}", app.accent),
            welcome: app.welcome.clone(),
            phone: app.phone.clone(),
            questions: Questions {
                name: ask(FieldKey::Name),
                email: ask(FieldKey::Email),
                company: ask(FieldKey::Company),
                phone: ask(FieldKey::Phone),
                document: ask(FieldKey::Document),
                subject: ask(FieldKey::Subject),
            },
            everyone: app.staff.everyone,
            administrators: ids(&app.staff.administrators),
            attendants: ids(&app.staff.attendants),
            availability: Availability {
                by_hours: a.by_hours,
                hours: a.hours.iter().map(day).collect(),
                holidays: a.holidays.iter().map(|h| Holiday { date: h.date, name: h.name.clone() }).collect(),
                overflow: a.overflow.iter().map(|id| id.to_string()).collect(),
                distribute: a.distribute,
                answer_s: a.answer_s,
            },
            wrap_up: WrapUp {
                required: app.wrap_up.required,
                categories: app
                    .wrap_up
                    .categories
                    .iter()
                    .map(|c| Category { name: c.name.clone(), solved: c.solved })
                    .collect(),
                note: match app.wrap_up.note {
                    NoteRecord::Hidden => Ask::Hidden,
                    NoteRecord::Optional => Ask::Optional,
                    NoteRecord::Required => Ask::Required,
                },
            },
            quiet_updates: app.quiet_updates,
            may_change: who.reach.edits(app.id),
            archived_at: app.archived.as_ref().map(|stamp| stamp.at),
            changed_at: app.changed.at,
            created_at: app.created_at,
        }
    }
}

impl AppChange {
    /// Puts the change into an app. Ids that are none are told; everything else the rules of the tabs look at afterwards.
    fn put(self, app: &mut Record) -> Result<(), ApiError> {
        fn ids<T: std::str::FromStr>(field: &str, list: Vec<String>) -> Result<Vec<T>, ApiError> {
            list.iter().map(|id| id.parse().map_err(|_| ApiError::field(field, "not an id"))).collect()
        }
        let line = |text: Option<String>, into: &mut String| {
            if let Some(text) = text {
                text.trim().clone_into(into);
            }
        };
        app.quiet_updates = self.quiet_updates.unwrap_or(app.quiet_updates);
        line(self.name, &mut app.name);
        line(self.title, &mut app.title);
        line(self.company, &mut app.company);
        line(self.welcome, &mut app.welcome);
        line(self.phone, &mut app.phone);
        if let Some(accent) = self.accent {
            accent.trim().trim_start_matches('#').clone_into(&mut app.accent);
        }
        if let Some(q) = self.questions {
            let all = BTreeMap::from([
                (FieldKey::Name, q.name),
                (FieldKey::Email, q.email),
                (FieldKey::Company, q.company),
                (FieldKey::Phone, q.phone),
                (FieldKey::Document, q.document),
                (FieldKey::Subject, q.subject),
            ]);
            all.into_iter().for_each(|(key, ask)| pages::put_ask(app, key, ask.into()));
        }
        if let Some(everyone) = self.everyone {
            app.staff.everyone = everyone;
        }
        if let Some(list) = self.administrators {
            app.staff.administrators = ids("administrators", list)?;
        }
        if let Some(list) = self.attendants {
            app.staff.attendants = ids("attendants", list)?;
        }
        if let Some(a) = self.availability {
            let into = &mut app.availability;
            into.by_hours = a.by_hours;
            let days: Vec<Vec<Hour>> = a.hours.into_iter().map(day).collect::<Result<_, _>>()?;
            into.hours = days.try_into().map_err(|_| ApiError::field("availability.hours", "seven days"))?;
            if a.holidays.iter().any(|h| h.name.chars().any(char::is_control)) {
                return Err(ApiError::field("availability.holidays", "a name that can be shown"));
            }
            into.holidays = a
                .holidays
                .into_iter()
                .map(|h| HolidayRecord { date: h.date, name: h.name.trim().to_owned() })
                .collect();
            into.overflow = ids("availability.overflow", a.overflow)?;
            into.distribute = a.distribute;
            into.answer_s = a.answer_s;
        }
        if let Some(w) = self.wrap_up {
            app.wrap_up.required = w.required;
            let category = |c: Category| CategoryRecord { name: c.name.trim().to_owned(), solved: c.solved };
            app.wrap_up.categories = w.categories.into_iter().map(category).collect();
            if app.wrap_up.categories.iter().any(|c| c.name.is_empty() || c.name.chars().any(char::is_control)) {
                return Err(ApiError::field("wrap_up.categories", "names that can be shown"));
            }
            app.wrap_up.note = match w.note {
                Ask::Hidden => NoteRecord::Hidden,
                Ask::Optional => NoteRecord::Optional,
                Ask::Required => NoteRecord::Required,
            };
        }
        Ok(())
    }
}

/// The parts of a day; what the pages cannot write is none.
fn day(hours: Vec<Hours>) -> Result<Vec<Hour>, ApiError> {
    let one = |h: Hours| {
        let fits = h.from_min < h.to_min && h.to_min <= 24 * 60;
        fits.then_some(Hour { from_min: h.from_min, to_min: h.to_min })
    };
    let all = hours.into_iter().map(one).collect::<Option<_>>();
    all.ok_or_else(|| ApiError::field("availability.hours", "from before to, within a day"))
}

/// Which apps.
#[derive(Deserialize, IntoParams, Default)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AppsQuery {
    /// Those that are archived, and not those in use.
    archived: Option<bool>,
}

/// Apps that the token's user sees, the default first
#[utoipa::path(get, path = "/api/v1/apps", tag = "Apps", params(AppsQuery),
    responses((status = 200, description = "All of them", body = Page<AppOut>)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(asked): Params<AppsQuery>,
) -> Result<Json<Page<AppOut>>, ApiError> {
    let (who, archived) = (&caller.who, asked.archived.unwrap_or_default());
    let all = app.shared.apps.every(who.operator.tenant).await?;
    let all = all.iter().filter(|a| a.archived.is_some() == archived);
    let seen = all.filter(|a| who.reach.sees(a.id) || who.reach.edits(a.id));
    Ok(Json(Page::whole(seen.map(|a| AppOut::of(a, who)).collect())))
}

fn answer(status: StatusCode, app: &Record, who: &Who) -> Response {
    (status, [(header::ETAG, tag(app.revision))], Json(AppOut::of(app, who))).into_response()
}

/// One app, with its ETag
#[utoipa::path(get, path = "/api/v1/apps/{id}", tag = "Apps",
    params(("id" = String, Path, description = "Which")),
    responses((status = 200, description = "The app", body = AppOut, headers(("etag" = String, description = "Its revision")))))]
pub(super) async fn show(State(app): State<App>, caller: Caller, id: Named) -> Result<Response, ApiError> {
    let record = pages::seen(&app, &caller.who, &id.0).await?;
    Ok(answer(StatusCode::OK, &record, &caller.who))
}

/// An app to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApp {
    /// Its name in the console.
    #[schema(min_length = 1, max_length = 60)]
    name: String,
}

/// Make an app that looks like the default one; its maker administers it
#[utoipa::path(post, path = "/api/v1/apps", tag = "Apps", request_body = NewApp,
    responses((status = 201, description = "It is there", body = AppOut),
              (status = 409, description = "The company has as many as there may be")))]
pub(super) async fn make(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewApp>,
) -> Result<Response, ApiError> {
    let made = match pages::make(&app, &caller.who, &new.name).await {
        Ok(made) => made,
        Err(NotMade::TooMany) => return Err(ApiError::conflict("the company has as many apps as there may be")),
        Err(NotMade::Name(why)) => return Err(ApiError::field("name", why)),
        Err(NotMade::Failed(error)) => return Err(error.into()),
    };
    // Its maker administers it, which who asks now does not know yet.
    let reach = std::sync::Arc::new(app.shared.apps.reach(&caller.who.operator).await?);
    let who = Who { reach, ..caller.who };
    let mut response = answer(StatusCode::CREATED, &made, &who);
    if let Ok(place) = format!("/api/v1/apps/{}", made.id).parse() {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// Change an app; what is left out stays
#[utoipa::path(patch, path = "/api/v1/apps/{id}", tag = "Apps", request_body = AppChange,
    params(("id" = String, Path, description = "Which"),
           ("if-match" = String, Header, description = "The ETag of the app as it was read")),
    responses((status = 200, description = "As it is now", body = AppOut, headers(("etag" = String, description = "Its revision"))),
              (status = 412, description = "It was changed meanwhile"),
              (status = 428, description = "The ETag is not named")))]
pub(super) async fn change(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    id: Named,
    Body(change): Body<AppChange>,
) -> Result<Response, ApiError> {
    let who = &caller.who;
    let before = pages::editable(&app, who, &id.0).await?;
    condition(&headers, before.revision)?;
    let mut after = before.clone();
    change.put(&mut after)?;
    let company = app.shared.apps.every(who.operator.tenant).await?;
    let wrong = pages::wrong(&mut after, &company, who.texts);
    if !wrong.is_empty() {
        return Err(ApiError::fields(wrong));
    }
    if after != before && !pages::write(&app, who, &before, after, "API").await? {
        return Err(ApiError::stale());
    }
    let record = app.shared.store.app(before.id).await?;
    Ok(answer(StatusCode::OK, &record, who))
}

/// What was done to an app, or why not, in the company's words.
fn done(who: &Who, record: &Record, done: Result<(), NotDone>) -> Result<(), ApiError> {
    let Err(refused) = done else { return Ok(()) };
    Err(ApiError::conflict(&refused.why(who.texts.language)?.replace("{}", &record.name)))
}

/// Archive an app: its customers are told that it has ended, its past stays. Sessions in progress go on
#[utoipa::path(post, path = "/api/v1/apps/{id}/archive", tag = "Apps",
    params(("id" = String, Path, description = "Which")),
    responses((status = 200, description = "It is archived, also when it was before", body = AppOut),
              (status = 409, description = "It is the company's only app in use")))]
pub(super) async fn archive(State(app): State<App>, caller: Caller, id: Named) -> Result<Response, ApiError> {
    let record = pages::editable(&app, &caller.who, &id.0).await?;
    done(&caller.who, &record, archive::end(&app, &caller.who, &record).await)?;
    Ok(answer(StatusCode::OK, &app.shared.store.app(record.id).await?, &caller.who))
}

/// Bring an archived app back
#[utoipa::path(post, path = "/api/v1/apps/{id}/restore", tag = "Apps",
    params(("id" = String, Path, description = "Which")),
    responses((status = 200, description = "It is in use, also when it was before", body = AppOut)))]
pub(super) async fn restore(State(app): State<App>, caller: Caller, id: Named) -> Result<Response, ApiError> {
    let record = pages::editable(&app, &caller.who, &id.0).await?;
    done(&caller.who, &record, archive::bring_back(&app, &caller.who, &record).await)?;
    Ok(answer(StatusCode::OK, &app.shared.store.app(record.id).await?, &caller.who))
}

/// Delete an archived app for good
#[utoipa::path(delete, path = "/api/v1/apps/{id}", tag = "Apps",
    params(("id" = String, Path, description = "Which")),
    responses((status = 204, description = "It is gone"),
              (status = 409, description = "It is not archived, has sessions, or is in another app's overflow")))]
pub(super) async fn remove(State(app): State<App>, caller: Caller, id: Named) -> Result<StatusCode, ApiError> {
    let record = pages::editable(&app, &caller.who, &id.0).await?;
    done(&caller.who, &record, archive::delete(&app, &caller.who, &record).await)?;
    Ok(StatusCode::NO_CONTENT)
}
