//! Attendance: who waits, who is in a session, what ended today.
//!
//! The page is written once here and kept up by [`super::live`], from the same [`Board`]. Of those who wait it shows a piece, see
//! [`super::waiting`]. A password is never part of it: it is
//! fetched alone, by whoever may see it and gave their own lately, and each time is written to the audit log first.

use std::{sync::Arc, time::Duration};

use askama::Template;
use axum::{
    extract::{Form, Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect},
};
use jiff::Timestamp;
use protocol::{
    id::{AppId, DeviceId, SessionId},
    message::directory::FieldKey,
};
use serde::Deserialize;
use store::{Figures, HistoryQuery, SessionState};

use super::{
    App,
    account::with_cookie,
    by_app::{self, AppRow},
    confirm, desk_words,
    error::{AppError, Page, page},
    indicators::{self, IndicatorsForm},
    origin::Origin,
    people::{self, PersonRow},
    session_view::{EndedRow, TicketLink},
    shell::{Choice, Here, Shell},
    step_up::{self, Asked},
    strings::{Texts, fill},
    tickets::returns,
    visitor::{Act, Who},
    waiting::{Part, Piece, Window},
    watching,
    when::{Clock, between, stopwatch},
};
use crate::{
    apps::Reach,
    directory::Present,
    session::live::{LiveSession, Standing},
};

/// A wait that deserves attention. The script in the page knows it too.
const LATE: Duration = Duration::from_secs(300);
/// Ended sessions shown.
const ENDED_SHOWN: u32 = 20;
/// What a row knows of a password.
pub(super) const HIDDEN: Option<zeroize::Zeroizing<String>> = None;

/// What rows need to know of who looks at them.
#[derive(Clone)]
pub(super) struct View {
    pub(super) t: &'static Texts,
    pub(super) w: &'static watching::Words,
    pub(super) csrf: String,
    /// Is shown passwords: of customers that they attend.
    pub(super) sees: bool,
    /// Connects to customers of an app or more.
    pub(super) attends: bool,
    /// Sees indicators, and ends sessions of the apps that they are of.
    pub(super) ends: bool,
    /// Watches sessions of an app or more.
    pub(super) watches: bool,
    /// What links to the program end with.
    pub(super) origin: Origin,
}

impl View {
    pub(super) fn of(app: &App, who: &Who) -> Self {
        Self {
            origin: Origin::of(app, who),
            t: who.texts,
            w: watching::Words::of(who.texts.language),
            csrf: who.csrf.clone(),
            sees: who.operator.may(Act::SeePasswords) && who.reach.has_customers(),
            attends: who.reach.has_customers(),
            ends: who.reach.has_indicators(),
            watches: who.reach.has_watches(),
        }
    }
}

/// A waiting customer.
pub(super) struct WaitingRow {
    pub(super) number: u32,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) company: String,
    pub(super) class: String,
    pub(super) subject: String,
    /// The ticket that a link has invited them to.
    pub(super) ticket: Option<TicketLink>,
    /// What else they typed: the field's name and what stands in it.
    pub(super) more: Vec<(&'static str, String)>,
    pub(super) app: String,
    pub(super) since_ms: i64,
    pub(super) wait: String,
    pub(super) late: bool,
    /// Whoever looks at it connects to customers of this app.
    pub(super) attends: bool,
    pub(super) oob: bool,
}

impl WaitingRow {
    /// The words for the ticket that they were invited to.
    pub(super) fn invited_to(&self, t: &'static Texts) -> String {
        let number = self.ticket.as_ref().map_or("", |ticket| &ticket.number);
        fill(desk_words::of(t.language).invited_to, &[number])
    }

    pub(super) fn new(p: &Present, reach: &Reach, t: &'static Texts, now: Timestamp) -> Self {
        let wait = between(p.since, now);
        Self {
            number: p.id.number(),
            id: p.id.to_string(),
            name: p.field(FieldKey::Name).to_owned(),
            company: p.field(FieldKey::Company).to_owned(),
            class: p.class.clone(),
            subject: p.field(FieldKey::Subject).to_owned(),
            ticket: p.invited.as_ref().map(|ticket| TicketLink::new(ticket.system, &ticket.number)),
            more: more(p, t),
            app: p.app_title.to_string(),
            since_ms: p.since.as_millisecond(),
            wait: stopwatch(wait),
            late: wait >= LATE,
            attends: reach.attends(p.app),
            oob: false,
        }
    }
}

/// What a customer typed that has no column.
fn more(p: &Present, t: &'static Texts) -> Vec<(&'static str, String)> {
    let keys = [(FieldKey::Email, t.email), (FieldKey::Phone, t.phone), (FieldKey::Document, t.document)];
    let all = keys.map(|(key, word)| (word, p.field(key).to_owned()));
    let all = all.into_iter().chain([(t.app, p.app_title.to_string())]);
    all.filter(|(_, value)| !value.is_empty()).collect()
}

/// A session in progress.
pub(super) struct SessionRow {
    pub(super) id: SessionId,
    pub(super) customer: String,
    pub(super) company: String,
    pub(super) attendant: String,
    pub(super) ticket: Option<TicketLink>,
    pub(super) protocol: String,
    pub(super) standing: Standing,
    pub(super) since_ms: i64,
    pub(super) runs: String,
    /// Whoever looks at it may end it, and is told the indicators of its app.
    pub(super) ends: bool,
    /// The number by which whoever looks at it may watch it.
    pub(super) watch: Option<u32>,
    /// Who watches it; empty: nobody.
    pub(super) watched_by: String,
    /// The customer is not helped in it: somebody watches another one.
    pub(super) is_watch: bool,
    pub(super) oob: bool,
}

impl SessionRow {
    fn new(s: LiveSession, all: &[LiveSession], who: &Who, now: Timestamp) -> Self {
        let reach = &who.reach;
        let watched = all.iter().find(|other| other.watches == Some(s.id));
        let open = s.standing == Standing::Started && s.operator != who.operator.id && !s.is_watch();
        Self {
            watch: (open && watched.is_none() && reach.watches(s.app)).then(|| s.device.number()),
            watched_by: watched
                .filter(|w| w.standing != Standing::Dialling)
                .map(|w| w.attendant.clone())
                .unwrap_or_default(),
            is_watch: s.is_watch(),
            id: s.id,
            customer: s.customer,
            company: s.company,
            attendant: s.attendant,
            ticket: s.ticket.map(|number| TicketLink::new(s.connection, &number)),
            protocol: s.protocol.to_string(),
            standing: s.standing,
            since_ms: s.since.as_millisecond(),
            runs: stopwatch(between(s.since, now)),
            ends: reach.administers(s.app),
            oob: false,
        }
    }

    /// The question before it is ended.
    pub(super) fn ask(&self, t: &'static Texts) -> String {
        fill(t.end_ask, &[if self.customer.is_empty() { t.no_name } else { &self.customer }])
    }

    /// Colour, dot, word.
    pub(super) fn state(&self, t: &'static Texts) -> (&'static str, &'static str, &'static str) {
        match self.standing {
            Standing::Started if self.is_watch => ("t2", "", watching::Words::of(t.language).watching),
            Standing::Dialling => ("t2", "offl", t.dialling),
            Standing::Started => ("t2", "busy", t.under_way),
            Standing::Away => ("warn", "offl", t.reconnecting),
        }
    }
}

/// How long somebody has waited.
pub(super) struct Wait {
    pub(super) since_ms: i64,
    pub(super) wait: String,
    pub(super) late: bool,
}

/// Everything that is shown live.
pub(super) struct Board {
    /// The piece of the waiting list that is shown.
    pub(super) waiting: Vec<WaitingRow>,
    /// How many wait altogether.
    pub(super) waits: usize,
    /// How many of them the filters let through.
    pub(super) found: usize,
    /// The address of the next piece, as the part behind the question mark.
    pub(super) next: Option<String>,
    /// Which piece is shown.
    pub(super) asked: Part,
    /// How many wait, of the apps whose indicators are shown, …
    pub(super) waiting_counted: usize,
    /// … and who of them waits longest.
    pub(super) longest: Option<Wait>,
    pub(super) sessions: Vec<SessionRow>,
    pub(super) ended: Vec<EndedRow>,
    /// What the day came to until now, of the apps whose indicators are shown.
    pub(super) today: Figures,
    /// Attendants of the apps whose indicators are shown.
    pub(super) people: Vec<PersonRow>,
    /// … and those apps.
    pub(super) apps: Vec<AppRow>,
}

impl Board {
    pub(super) async fn load(app: &App, who: &Who, clock: &Clock, asked: Part) -> Result<Self, AppError> {
        let (ended, today) = ended(app, who, clock).await?;
        let apps = app.shared.apps.of(who.operator.tenant).await?;
        let people = people::rows(app, who, &apps, clock.now());
        let by_app = by_app::rows(app, who, &apps, clock);
        let piece = Window::new(who.operator.tenant, asked.clone()).look(&app.shared.directory, &who.reach);
        Ok(Self { ended, today, people, apps: by_app, ..Self::present(app, who, clock, &asked, &piece) })
    }

    /// What is known without asking the store: waiting customers and sessions in progress.
    pub(super) fn present(app: &App, who: &Who, clock: &Clock, asked: &Part, piece: &Piece) -> Self {
        let (tenant, directory) = (who.operator.tenant, &app.shared.directory);
        let counts = |app| who.reach.administers(app);
        let longest = directory.first_waiting_of(tenant, 1, counts).first().map(|p| {
            let wait = between(p.since, clock.now());
            Wait { since_ms: p.since.as_millisecond(), wait: stopwatch(wait), late: wait >= LATE }
        });
        Self {
            waiting: piece.rows.iter().map(|p| WaitingRow::new(p, &who.reach, who.texts, clock.now())).collect(),
            waits: piece.waiting,
            found: piece.found,
            next: piece.next.clone(),
            asked: asked.clone(),
            waiting_counted: directory.waiting_count_of(tenant, counts),
            longest,
            sessions: {
                let all = app.shared.sessions.list(tenant);
                let seen = all.iter().filter(|s| who.reach.sees(s.app)).cloned();
                seen.map(|s| SessionRow::new(s, &all, who, clock.now())).collect()
            },
            ended: Vec::new(),
            today: Figures::default(),
            people: Vec::new(),
            apps: Vec::new(),
        }
    }

    /// How many sessions are in progress, of the apps whose indicators are shown.
    pub(super) fn sessions_counted(&self) -> usize {
        self.sessions.iter().filter(|r| r.ends && !r.is_watch).count()
    }

    /// How long was waited today, on average.
    pub(super) fn mean_wait(&self) -> String {
        mean(self.today.waited_ms, self.today.waited)
    }

    /// How long sessions of today took, on average.
    pub(super) fn mean_duration(&self) -> String {
        mean(self.today.lasted_ms, self.today.over)
    }

    /// What to say where nobody is shown.
    pub(super) fn nobody(&self, t: &'static Texts) -> String {
        match self.asked.q.trim() {
            _ if self.waits == 0 => t.nobody_waiting.to_owned(),
            "" if self.asked.is_filtered() => t.none_filtered.to_owned(),
            "" => t.nobody_further.to_owned(),
            q => fill(t.none_found, &[q]),
        }
    }

    /// Beside the number of all: how many are found, where something is filtered.
    pub(super) fn found_words(&self, t: &'static Texts) -> String {
        if self.asked.is_filtered() {
            fill(t.found_of, &[&self.found.to_string(), &self.waits.to_string()])
        } else {
            String::new()
        }
    }
}

fn mean(total_ms: u64, of: u64) -> String {
    total_ms.checked_div(of).map_or_else(|| "–".to_owned(), |ms| stopwatch(Duration::from_millis(ms)))
}

/// Sessions that ended today, newest first, and what the day came to until now.
pub(super) async fn ended(app: &App, who: &Who, clock: &Clock) -> Result<(Vec<EndedRow>, Figures), AppError> {
    let states = vec![SessionState::Ended];
    let apps = Some(who.reach.seen());
    let query =
        HistoryQuery { apps, from: Some(clock.midnight()), states, limit: ENDED_SHOWN, ..HistoryQuery::default() };
    let newest = app.shared.store.history(who.operator.tenant, &query).await?;
    let ended = newest.iter().map(|s| EndedRow::new(s, who.texts, clock)).collect();
    if !who.reach.has_indicators() {
        return Ok((ended, Figures::default()));
    }
    let today = indicators::asked(app, who, &IndicatorsForm::default()).await?.ok_or(AppError::Trouble)?;
    Ok((ended, today.total(app, who).await?))
}

#[derive(Template)]
#[template(path = "attendance.html")]
struct AttendancePage {
    s: Shell,
    v: View,
    board: Board,
    /// The apps whose customers are seen.
    apps: Vec<Choice>,
    /// One's own status.
    own: Option<people::Own>,
    /// Returns of whoever looks that are ahead.
    returns: Vec<returns::Ahead>,
    r: &'static returns::Words,
    /// What became of the wish for the next customer.
    pulled: Option<(&'static str, &'static str, &'static str)>,
}

/// `GET /`
pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Query(asked): Query<Part>,
    Query(pulled): Query<people::Pulled>,
) -> Page {
    let s = Shell::load(&app, &who, Here::Attendance).await?;
    let apps = app.shared.apps.of(who.operator.tenant).await?;
    let seen = apps.iter().filter(|app| who.reach.sees(app.id));
    let apps = seen.map(|app| Choice::new(app.id.to_string(), &app.name, &asked.app)).collect();
    let board = Board::load(&app, &who, &s.clock, asked).await?;
    let own = people::Own::of(&app, &who, s.clock.now());
    let (returns, r) = (returns::own(&app, &who, &s.clock).await?, returns::Words::of(s.t.language));
    page(&AttendancePage { v: View::of(&app, &who), returns, r, board, own, apps, pulled: pulled.said(who.texts), s })
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordCell {
    v: View,
    number: u32,
    id: String,
    attends: bool,
    password: Option<zeroize::Zeroizing<String>>,
}

/// A customer of an app that whoever asks has to do with.
pub(super) fn seen(app: &App, who: &Who, id: u32) -> Result<Arc<Present>, AppError> {
    let id = DeviceId::new(id).ok_or(AppError::NotFound)?;
    let present = app.shared.directory.present(who.operator.tenant, id).filter(|p| who.reach.sees(p.app));
    present.ok_or(AppError::NotFound)
}

/// `GET /waiting/{id}/masked`: the cell with the password hidden again.
pub(super) async fn masked(State(app): State<App>, who: Who, Path(id): Path<u32>) -> Page {
    let p = seen(&app, &who, id)?;
    let (id, attends) = (p.id, who.reach.attends(p.app));
    page(&PasswordCell { v: View::of(&app, &who), number: id.number(), id: id.to_string(), attends, password: None })
}

/// What a click on the eye, or the question before it, sends.
#[derive(Deserialize)]
pub(super) struct ShowForm {
    own: Option<String>,
    #[serde(default)]
    code: String,
}

/// `POST /waiting/{id}/password`: one password, for the eyes of whoever asked; or the question whether it is still them.
pub(super) async fn password(
    State(app): State<App>,
    who: Who,
    headers: HeaderMap,
    Path(id): Path<u32>,
    Form(form): Form<ShowForm>,
) -> Page {
    let p = seen(&app, &who, id)?;
    let (id, of) = (p.id, p.app);
    // Whoever only administers the app cannot connect, and a password is for nothing else.
    if !who.reach.attends(of) {
        return Err(AppError::Forbidden);
    }
    if !headers.contains_key("hx-request") {
        // Without the script there is no cell to put it in: a page of its own, and the question before it is one too.
        return match confirm::first(&app, &who, "/") {
            Some(question) => Ok(question),
            None => shown_alone(&app, &who, &p).await,
        };
    }
    let token = match step_up::ask(&app, &who, id, form.own, form.code).await? {
        Asked::Question(question) => return Ok(question),
        Asked::Lately => None,
        Asked::Now(token) => Some(token),
    };
    with_cookie(shown(&app, &who, id, of).await, token.as_deref())
}

/// A customer's password, after it was written down who looks at it.
async fn revealed(app: &App, who: &Who, id: DeviceId) -> Result<zeroize::Zeroizing<String>, AppError> {
    who.audit(app, "password.shown", &id.to_string()).await?;
    let password = app.shared.directory.password(who.operator.tenant, id).ok_or(AppError::NotFound)?;
    Ok(zeroize::Zeroizing::new(password.reveal()))
}

#[derive(Template)]
#[template(path = "password_alone.html")]
struct PasswordPage {
    t: &'static Texts,
    id: String,
    name: String,
    password: zeroize::Zeroizing<String>,
}

/// The password as a page, for a browser that runs no script.
async fn shown_alone(app: &App, who: &Who, p: &Present) -> Page {
    let password = revealed(app, who, p.id).await?;
    let name = p.field(FieldKey::Name).to_owned();
    page(&PasswordPage { t: who.texts, id: p.id.to_string(), name, password })
}

/// The cell with the password in it.
async fn shown(app: &App, who: &Who, id: DeviceId, of: AppId) -> Page {
    let password = Some(revealed(app, who, id).await?);
    let attends = who.reach.attends(of);
    page(&PasswordCell { v: View::of(app, who), number: id.number(), id: id.to_string(), attends, password })
}

/// `POST /waiting/{id}/credentials`: ID and a one-time grant as one text, for the clipboard. The password stays here: the grant opens one
/// dial of this attendant's own enrolled program.
pub(super) async fn credentials(State(app): State<App>, who: Who, Path(id): Path<u32>) -> Page {
    let p = seen(&app, &who, id)?;
    let (id, of) = (p.id, p.app);
    if !who.reach.attends(of) {
        return Err(AppError::Forbidden);
    }
    who.audit(&app, "grant.made", &id.to_string()).await?;
    let tenant = who.operator.tenant;
    let password = app.shared.directory.password(tenant, id).ok_or(AppError::NotFound)?;
    let grant = app.shared.one_time.make((tenant, who.operator.id), id, password, std::time::Instant::now());
    Ok(format!("{id} {grant}").into_response())
}

/// `POST /sessions/{id}/end`
pub(super) async fn end(State(app): State<App>, who: Who, headers: HeaderMap, Path(id): Path<String>) -> Page {
    end_session(&app, &who, id.parse().map_err(|_| AppError::NotFound)?).await?;
    if headers.contains_key("hx-request") {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(Redirect::to("/").into_response())
}

/// Ends a session that is under way, of an app that whoever asks administers.
pub(super) async fn end_session(app: &App, who: &Who, id: SessionId) -> Result<(), AppError> {
    let session =
        app.shared.sessions.list(who.operator.tenant).into_iter().find(|s| s.id == id && who.reach.sees(s.app));
    let session = session.ok_or(AppError::NotFound)?;
    if !who.reach.administers(session.app) {
        return Err(AppError::Forbidden);
    }
    who.audit(app, "session.end.ordered", session.protocol.as_str()).await?;
    app.shared.sessions.end(who.operator.tenant, id, who.operator.id).await?;
    Ok(())
}
