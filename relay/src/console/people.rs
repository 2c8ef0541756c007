//! Attendants and whether they take customers: one's own status to be changed, the next customer to be pulled, and for administrators everybody's
//! status with the time in it.

use axum::{
    extract::{Form, State},
    response::{IntoResponse, Redirect},
};
use jiff::Timestamp;
use protocol::message::offer::{BreakReason, PullError, Status};
use serde::Deserialize;

use super::{
    App,
    error::{AppError, Page},
    phrases::phrases,
    shell,
    strings::Texts,
    visitor::Who,
    when::{between, stopwatch},
};
use crate::{apps, queue::Attendant};

phrases! {
    next: "Atender o próximo", "Take the next", "Atender al siguiente";
    pulled: "O próximo cliente está no seu programa. Continue por lá.", "The next customer is in your program. Go on there.", "El próximo cliente está en su programa. Continúe allí.";
    nobody: "Ninguém espera pelos aplicativos que você atende.", "Nobody waits for the apps that you attend.", "Nadie espera por las aplicaciones que usted atiende.";
    offered: "Quem espera está sendo oferecido a outro atendente agora.", "Whoever waits is being offered to another attendant now.", "Quien espera se está ofreciendo a otro agente ahora.";
    not_available: "Fique disponível para atender o próximo.", "Become available to take the next one.", "Póngase disponible para atender al siguiente.";
    occupied: "Seu programa não pode receber ninguém agora: termine a sessão ou volte à primeira página dele.", "Your program cannot take anybody now: end the session, or go back to its first page.", "Su programa no puede recibir a nadie ahora: termine la sesión o vuelva a su primera página.";
}

/// Every status, in the order of the choice, with the word that forms and files have for it.
const STATUSES: [(Status, &str); 7] = [
    (Status::Available, "available"),
    (Status::Break(BreakReason::Meal), "meal"),
    (Status::Break(BreakReason::Rest), "rest"),
    (Status::Break(BreakReason::Meeting), "meeting"),
    (Status::Break(BreakReason::Training), "training"),
    (Status::Break(BreakReason::OtherWork), "other_work"),
    (Status::Offline, "offline"),
];

/// A reason of a break in words.
pub(super) fn reason(t: &'static Texts, reason: BreakReason) -> &'static str {
    word(t, Status::Break(reason))
}

/// A status in words.
pub(super) fn word(t: &'static Texts, status: Status) -> &'static str {
    match status {
        Status::Available => t.status_available,
        Status::Break(BreakReason::Meal) => t.status_meal,
        Status::Break(BreakReason::Rest) => t.status_rest,
        Status::Break(BreakReason::Meeting) => t.status_meeting,
        Status::Break(BreakReason::Training) => t.status_training,
        Status::Break(BreakReason::OtherWork) => t.status_other_work,
        Status::Offline => t.status_offline,
    }
}

/// One status of the choice.
pub(super) struct StatusChoice {
    pub(super) value: &'static str,
    pub(super) word: &'static str,
    pub(super) chosen: bool,
}

/// One's own status; `None`: no program of theirs was here since the start, and nothing can be offered.
pub(super) struct Own {
    pub(super) w: &'static Words,
    pub(super) choices: Vec<StatusChoice>,
    pub(super) since_ms: i64,
    pub(super) runs: String,
}

/// Whoever asks, as others see them; `None`: no program of theirs was here since the start.
pub(super) fn own(app: &App, who: &Who) -> Option<Attendant> {
    app.shared.queue.there(who.operator.tenant).into_iter().find(|attendant| attendant.operator.id == who.operator.id)
}

impl Own {
    pub(super) fn of(app: &App, who: &Who, now: Timestamp) -> Option<Self> {
        let me = own(app, who)?;
        let choice = |(status, value): (Status, &'static str)| StatusChoice {
            value,
            word: word(who.texts, status),
            chosen: status == me.status,
        };
        Some(Self {
            w: Words::of(who.texts.language),
            choices: STATUSES.map(choice).into(),
            since_ms: me.since.as_millisecond(),
            runs: stopwatch(between(me.since, now)),
        })
    }
}

/// An attendant in the list.
pub(super) struct PersonRow {
    pub(super) id: String,
    pub(super) initials: String,
    pub(super) name: String,
    /// Colour, dot, word.
    pub(super) status: (&'static str, &'static str, &'static str),
    pub(super) since_ms: i64,
    pub(super) runs: String,
    pub(super) oob: bool,
}

impl PersonRow {
    fn new(a: &Attendant, t: &'static Texts, busy: bool, now: Timestamp) -> Self {
        let status = match a.status {
            Status::Available if busy => ("inf", "busy", t.under_way),
            Status::Available => ("ok", "", word(t, a.status)),
            Status::Break(_) => ("warn", "offl", word(t, a.status)),
            Status::Offline => ("t3", "offl", word(t, a.status)),
        };
        Self {
            id: a.operator.id.to_string(),
            initials: shell::initials(&a.operator.name),
            name: a.operator.name.clone(),
            status,
            since_ms: a.since.as_millisecond(),
            runs: stopwatch(between(a.since, now)),
            oob: false,
        }
    }
}

/// The attendants of the apps that somebody administers, and whether they are in a session.
pub(super) fn shown(app: &App, who: &Who, all: &[store::App]) -> Vec<(Attendant, bool)> {
    let tenant = who.operator.tenant;
    let sessions = app.shared.sessions.list(tenant);
    let mine: Vec<&store::App> = all.iter().filter(|app| who.reach.administers(app.id)).collect();
    let mut there = app.shared.queue.there(tenant);
    there.retain(|a| mine.iter().any(|app| apps::attends(app, &a.operator)));
    let busy = |a: &Attendant| sessions.iter().any(|s| s.operator == a.operator.id);
    there
        .into_iter()
        .map(|a| {
            let busy = busy(&a);
            (a, busy)
        })
        .collect()
}

/// The same as the page lists them.
pub(super) fn rows(app: &App, who: &Who, all: &[store::App], now: Timestamp) -> Vec<PersonRow> {
    shown(app, who, all).iter().map(|(a, busy)| PersonRow::new(a, who.texts, *busy, now)).collect()
}

/// What the choice sends.
#[derive(Deserialize)]
pub(super) struct StatusForm {
    status: String,
}

/// `POST /status`: one's own.
pub(super) async fn choose(State(app): State<App>, who: Who, Form(form): Form<StatusForm>) -> Page {
    let chosen = STATUSES.iter().find(|(_, value)| *value == form.status).ok_or(AppError::BadRequest)?;
    set(&app, &who, chosen.0).await?;
    Ok(Redirect::to("/").into_response())
}

/// Sets one's own status: [`AppError::NotFound`] for somebody of whom no program was here since the start.
pub(super) async fn set(app: &App, who: &Who, status: Status) -> Result<(), AppError> {
    let known = app.shared.queue.choose(&app.shared, who.operator.id, status).await?;
    if known { Ok(()) } else { Err(AppError::NotFound) }
}

/// What became of the wish for the next customer, in an address.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Pulled {
    next: Option<String>,
}

impl Pulled {
    /// Colour, icon, words.
    pub(super) fn said(&self, t: &'static Texts) -> Option<(&'static str, &'static str, &'static str)> {
        let w = Words::of(t.language);
        let why = match self.next.as_deref()? {
            "pulled" => return Some(("ok", "circle-check", w.pulled)),
            "nobody" => w.nobody,
            "offered" => w.offered,
            "not-available" => w.not_available,
            "occupied" => w.occupied,
            _ => return None,
        };
        Some(("warn", "triangle-alert", why))
    }
}

/// `POST /next`: whoever waits longest is given to one's own program. [`AppError::NotFound`] as for [`set`].
pub(super) async fn pull(State(app): State<App>, who: Who) -> Page {
    own(&app, &who).ok_or(AppError::NotFound)?;
    let said = match app.shared.queue.pull_there(&app.shared, &who.operator, &who.reach).await {
        Ok(()) => "pulled",
        Err(PullError::NobodyWaits) => "nobody",
        Err(PullError::Offered) => "offered",
        Err(PullError::NotAvailable) => "not-available",
        Err(PullError::Occupied) => "occupied",
    };
    Ok(Redirect::to(&format!("/?next={said}")).into_response())
}
