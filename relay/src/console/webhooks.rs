//! Webhooks: which other systems are told what happens, what each was told, and trying one out. For administrators.
//!
//! A secret is shown once, when it is made. What a receiver answers is shown cut and without secrets, as [`tickets::hooks`] gives it.

mod words;

use askama::Template;
use axum::{
    extract::{Form, Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use jiff::Timestamp;
use store::{DeliveryState, Event, Webhook, WebhookId};
use tickets::{hooks::HookError, secret::Secret};

use super::{
    App,
    error::{AppError, Page, page},
    reasons,
    shell::{Here, Shell},
    strings::fill,
    visitor::Who,
};
pub(super) use words::Words;

/// Messages shown.
const SHOWN: u32 = 100;

struct Row {
    id: i64,
    address: String,
    events: Vec<(&'static str, &'static str)>,
    state: (&'static str, String),
}

struct EventChoice {
    word: &'static str,
    label: &'static str,
    chosen: bool,
}

struct Message {
    id: i64,
    event: String,
    message: String,
    when: String,
    state: (&'static str, &'static str),
    why: String,
    /// What was said, as it was said.
    said: String,
    tries: u32,
    again: bool,
}

/// What the form holds.
#[derive(Default)]
struct Typed {
    address: String,
    events: Vec<String>,
    off: bool,
}

impl Typed {
    fn of(form: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (name, value) in form {
            match name.as_str() {
                "address" => typed.address = value.trim().to_owned(),
                "event" => typed.events.push(value),
                "off" => typed.off = true,
                _ => {}
            }
        }
        typed
    }

    fn of_webhook(webhook: &Webhook) -> Self {
        let events = webhook.events.iter().map(|event| event.word().to_owned()).collect();
        Self { address: webhook.address.clone(), events, off: webhook.disabled_at.is_some() }
    }

    /// The events that were ticked; what is none was not.
    fn chosen(&self) -> Vec<Event> {
        self.events.iter().filter_map(|word| Event::of(word)).collect()
    }
}

fn choices(s: &Shell, typed: &Typed) -> Vec<EventChoice> {
    let one = |event: Event| EventChoice {
        word: event.word(),
        label: words::event(s.t.language, event),
        chosen: typed.events.iter().any(|word| word == event.word()),
    };
    Event::ALL.into_iter().map(one).collect()
}

/// Colour and words.
fn state(webhook: &Webhook, s: &Shell, w: &'static Words) -> (&'static str, String) {
    match (webhook.disabled_at, webhook.failing_since) {
        (Some(_), _) => ("bad", w.off.to_owned()),
        (None, Some(since)) => ("warn", fill(w.failing, &[&s.clock.lately(&since)])),
        (None, None) => ("ok", w.works.to_owned()),
    }
}

/// What is wrong and where; or an error of the server's own.
fn refused(error: HookError, w: &'static Words) -> Result<(&'static str, &'static str), AppError> {
    match error {
        HookError::Address => Ok((w.bad_address, "address")),
        HookError::Private => Ok((w.private_address, "address")),
        HookError::NoEvent => Ok((w.no_event, "events")),
        HookError::TooMany => Ok((w.too_many, "address")),
        HookError::Store(error) => Err(error.into()),
        HookError::Sealed(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the secret of a webhook cannot be opened");
            Err(AppError::Trouble)
        }
    }
}

#[derive(Template)]
#[template(path = "webhooks.html")]
struct ListPage {
    s: Shell,
    w: &'static Words,
    rows: Vec<Row>,
    address: String,
    events: Vec<EventChoice>,
    error: Option<&'static str>,
    at: &'static str,
}

/// `GET /webhooks`
pub(super) async fn list(State(app): State<App>, who: Who) -> Page {
    list_page(&app, &who, &Typed::default(), None).await
}

async fn list_page(app: &App, who: &Who, typed: &Typed, error: Option<(&'static str, &'static str)>) -> Page {
    let s = Shell::load(app, who, Here::Webhooks).await?;
    let w = Words::of(s.t.language);
    let all = app.shared.store.webhooks(who.operator.tenant).await?;
    let rows = all
        .iter()
        .map(|webhook| Row {
            id: webhook.id.0,
            address: webhook.address.clone(),
            events: webhook.events.iter().map(|e| (e.word(), words::event(s.t.language, *e))).collect(),
            state: state(webhook, &s, w),
        })
        .collect();
    let events = choices(&s, typed);
    let is_refused = error.is_some();
    let (error, at) = error.map_or((None, ""), |(error, at)| (Some(error), at));
    let mut answer = page(&ListPage { s, w, rows, address: typed.address.clone(), events, error, at })?;
    if is_refused {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

/// `POST /webhooks`
pub(super) async fn add(State(app): State<App>, who: Who, Form(form): Form<Vec<(String, String)>>) -> Page {
    let typed = Typed::of(form);
    let w = Words::of(who.texts.language);
    match make(&app, &who, &typed.address, &typed.chosen()).await {
        Ok((webhook, secret)) => One { secret: Some(secret), ..One::default() }.page(&app, &who, &webhook).await,
        Err(NotMade::Hook(error)) => list_page(&app, &who, &typed, Some(refused(error, w)?)).await,
        Err(NotMade::Failed(error)) => Err(error),
    }
}

/// Why a webhook was not made or changed.
pub(super) enum NotMade {
    /// What is wrong with it.
    Hook(HookError),
    /// The server could not.
    Failed(AppError),
}

impl From<AppError> for NotMade {
    fn from(error: AppError) -> Self {
        Self::Failed(error)
    }
}

impl From<HookError> for NotMade {
    fn from(error: HookError) -> Self {
        Self::Hook(error)
    }
}

/// Makes a webhook.
pub(super) async fn make(app: &App, who: &Who, address: &str, events: &[Event]) -> Result<(Webhook, Secret), NotMade> {
    // What cannot be is refused before it is written down that it was done.
    let checked = app.shared.hooks.address(address)?;
    if events.is_empty() {
        return Err(HookError::NoEvent.into());
    }
    who.audit(app, "webhook.added", checked.as_str()).await?;
    Ok(app.shared.hooks.add(who.operator.tenant, address, events, Timestamp::now()).await?)
}

/// Changes a webhook.
pub(super) async fn change(
    app: &App,
    who: &Who,
    webhook: Webhook,
    address: &str,
    events: &[Event],
    off: bool,
) -> Result<Webhook, NotMade> {
    app.shared.hooks.address(address)?;
    if events.is_empty() {
        return Err(HookError::NoEvent.into());
    }
    who.audit(app, "webhook.changed", &webhook.address).await?;
    Ok(app.shared.hooks.change(webhook, address, events, off, Timestamp::now()).await?)
}

/// Gives a webhook another secret.
pub(super) async fn change_secret(app: &App, who: &Who, webhook: &Webhook) -> Result<Secret, NotMade> {
    who.audit(app, "webhook.secret.changed", &webhook.address).await?;
    Ok(app.shared.hooks.rotate(webhook, Timestamp::now()).await?)
}

/// Forgets a webhook.
pub(super) async fn forget(app: &App, who: &Who, webhook: &Webhook) -> Result<(), AppError> {
    who.audit(app, "webhook.removed", &webhook.address).await?;
    Ok(app.shared.store.remove_webhook(webhook.tenant, webhook.id).await?)
}

/// The page of one webhook, and what there is to say on it.
#[derive(Default)]
struct One {
    typed: Option<Typed>,
    secret: Option<Secret>,
    saved: bool,
    tried: Option<(bool, String)>,
    error: Option<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "webhook.html")]
struct OnePage {
    s: Shell,
    w: &'static Words,
    id: i64,
    title: String,
    address: String,
    events: Vec<EventChoice>,
    off: bool,
    state: (&'static str, String),
    is_off: bool,
    secret: Option<Secret>,
    saved: bool,
    tried: Option<(bool, String)>,
    messages: Vec<Message>,
    error: Option<&'static str>,
    at: &'static str,
}

impl One {
    async fn page(self, app: &App, who: &Who, webhook: &Webhook) -> Page {
        let s = Shell::load(app, who, Here::Webhooks).await?;
        let w = Words::of(s.t.language);
        let messages = app.shared.store.deliveries(webhook.tenant, webhook.id, SHOWN).await?;
        let messages = messages
            .into_iter()
            .map(|m| (reasons::both(s.t.language, m.reason, m.why.clone()), m))
            .map(|((why, said), m)| Message {
                id: m.id,
                when: s.clock.lately(&m.created_at),
                state: match m.state {
                    DeliveryState::Pending => ("", w.waits),
                    DeliveryState::Leased => ("", w.sending),
                    DeliveryState::Done => ("ok", w.taken),
                    DeliveryState::Failed => ("bad", w.given_up),
                },
                again: matches!(m.state, DeliveryState::Pending | DeliveryState::Failed),
                event: m.event,
                message: m.message,
                why,
                said,
                tries: m.attempts,
            })
            .collect();
        let typed = self.typed.unwrap_or_else(|| Typed::of_webhook(webhook));
        let events = choices(&s, &typed);
        let is_refused = self.error.is_some();
        let (error, at) = self.error.map_or((None, ""), |(error, at)| (Some(error), at));
        let mut answer = page(&OnePage {
            w,
            id: webhook.id.0,
            title: webhook.address.clone(),
            address: typed.address,
            events,
            off: typed.off,
            state: state(webhook, &s, w),
            is_off: webhook.disabled_at.is_some(),
            secret: self.secret,
            saved: self.saved,
            tried: self.tried,
            messages,
            error,
            at,
            s,
        })?;
        if is_refused {
            *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        }
        Ok(answer)
    }
}

async fn recorded(app: &App, who: &Who, id: i64) -> Result<Webhook, AppError> {
    Ok(app.shared.store.webhook(who.operator.tenant, WebhookId(id)).await?)
}

/// `GET /webhooks/{id}`
pub(super) async fn show(State(app): State<App>, who: Who, Path(id): Path<i64>, RawQuery(query): RawQuery) -> Page {
    let webhook = recorded(&app, &who, id).await?;
    One { saved: query.as_deref() == Some("saved"), ..One::default() }.page(&app, &who, &webhook).await
}

/// `POST /webhooks/{id}`
pub(super) async fn save(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Form(form): Form<Vec<(String, String)>>,
) -> Page {
    let webhook = recorded(&app, &who, id).await?;
    let typed = Typed::of(form);
    match change(&app, &who, webhook.clone(), &typed.address, &typed.chosen(), typed.off).await {
        Ok(_) => Ok(Redirect::to(&format!("/webhooks/{id}?saved")).into_response()),
        Err(NotMade::Hook(error)) => {
            let error = Some(refused(error, Words::of(who.texts.language))?);
            One { typed: Some(typed), error, ..One::default() }.page(&app, &who, &webhook).await
        }
        Err(NotMade::Failed(error)) => Err(error),
    }
}

/// `POST /webhooks/{id}/test`
pub(super) async fn test(State(app): State<App>, who: Who, Path(id): Path<i64>) -> Page {
    let webhook = recorded(&app, &who, id).await?;
    let w = Words::of(who.texts.language);
    who.audit(&app, "webhook.tested", &webhook.address).await?;
    let tried = match app.shared.hooks.try_out(&webhook).await {
        Ok(status) => (true, fill(w.test_ok, &[&status.to_string()])),
        Err(why) => {
            let (word, said) = reasons::both(who.texts.language, why.reason, Some(why.detail));
            (false, fill(w.test_bad, &[&if said.is_empty() { word } else { format!("{word} ({said})") }]))
        }
    };
    One { tried: Some(tried), ..One::default() }.page(&app, &who, &webhook).await
}

/// `POST /webhooks/{id}/secret`
pub(super) async fn rotate(State(app): State<App>, who: Who, Path(id): Path<i64>) -> Page {
    let webhook = recorded(&app, &who, id).await?;
    match change_secret(&app, &who, &webhook).await {
        Ok(secret) => One { secret: Some(secret), ..One::default() }.page(&app, &who, &webhook).await,
        Err(NotMade::Hook(error)) => {
            refused(error, Words::of(who.texts.language))?;
            Err(AppError::Trouble)
        }
        Err(NotMade::Failed(error)) => Err(error),
    }
}

/// `POST /webhooks/{id}/remove`
pub(super) async fn remove(State(app): State<App>, who: Who, Path(id): Path<i64>) -> Page {
    forget(&app, &who, &recorded(&app, &who, id).await?).await?;
    Ok(Redirect::to("/webhooks").into_response())
}

/// `POST /webhooks/{id}/deliveries/{message}/retry`
pub(super) async fn retry(State(app): State<App>, who: Who, Path((id, message)): Path<(i64, i64)>) -> Page {
    let webhook = recorded(&app, &who, id).await?;
    who.audit(&app, "webhook.retried", &format!("{} · {message}", webhook.address)).await?;
    app.shared.store.send_delivery_again(webhook.tenant, message, Timestamp::now()).await?;
    Ok(Redirect::to(&format!("/webhooks/{id}")).into_response())
}
