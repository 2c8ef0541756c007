//! The live stream of the attendance page: rows that came, changed and went, as server-sent events.
//!
//! One task a browser; it holds what that browser shows and sends only the difference. It sends when the browser takes: a slow one
//! sees the newest state later, and nothing is queued for it. Never carries a password.

mod rows;
mod told;

use std::{
    collections::{HashSet, VecDeque},
    convert::Infallible,
    time::Duration,
};

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{
        IntoResponse,
        sse::{Event, Sse},
    },
};
use futures::{Stream, stream};
use jiff::{SignedDuration, Timestamp};
use protocol::{
    id::DeviceId,
    message::directory::{FieldKey, LoginError},
};
use serde::{Deserialize, Serialize};
use store::Figures;
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::{Instant, Interval, MissedTickBehavior, interval},
};
use tracing::Instrument;

use super::{
    App,
    attendance::{self, Board, View},
    by_app,
    error::{AppError, Page},
    people,
    session_view::EndedRow,
    shell,
    strings::Texts,
    visitor::{Act, Who},
    waiting::{self, Part, Piece, ROWS, Window},
    when::Clock,
};
use crate::{apps::Reach, directory::Present};

use rows::{List, difference, list};

/// The page takes silence of twice this for lost contact.
const BEAT: Duration = Duration::from_secs(5);
/// How often the login behind the stream is looked at again, also when nobody's account has changed: it may have grown too old.
const LOGIN_CHECKED: SignedDuration = SignedDuration::from_secs(30);
/// How often ended sessions are read without anything having changed here: their tickets are settled by another part.
const ENDED_READ: Duration = Duration::from_secs(15);
/// Of those who come together, this many are announced.
const ANNOUNCED: usize = 8;
/// Changes that come together are shown together.
const GATHER: Duration = Duration::from_millis(100);

/// What a page takes that has no lists.
const NEWS: &str = "news";

/// What of the stream a page takes.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct What {
    only: String,
}

/// `GET /live`
pub(super) async fn stream(
    State(app): State<App>,
    who: Who,
    Query(asked): Query<Part>,
    Query(what): Query<What>,
) -> Page {
    let seat = app.streams.clone().try_acquire_owned().map_err(|_| AppError::Trouble)?;
    let zone = app.shared.store.tenant(who.operator.tenant).await?.time_zone;
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let now = Instant::now();
    let viewer = Viewer {
        changes: app.shared.changes(),
        accounts: app.shared.accounts_changed.subscribe(),
        v: View::of(&app, &who),
        window: Window::new(who.operator.tenant, asked.clone()),
        asked,
        only_news: what.only == NEWS,
        shown: None,
        login_checked: app.shared.config.clock.now(),
        ended_read: now,
        over: false,
        news: None,
        to_tell: VecDeque::new(),
        notices: app.shared.notices.subscribe(),
        told: HashSet::new(),
        done: app.shared.telling.last(),
        beat,
        _seat: seat,
        app,
        who,
        zone,
    };
    Ok(Sse::new(events(viewer)).into_response())
}

fn events(viewer: Viewer) -> impl Stream<Item = Result<Event, Infallible>> {
    // The body is written after the handler: its log lines are of the same request.
    let span = tracing::Span::current();
    stream::unfold(viewer, move |mut viewer| {
        let next = async move {
            let event = viewer.next().await?;
            Some((Ok(event), viewer))
        };
        next.instrument(span.clone())
    })
}

#[derive(Default, PartialEq)]
struct Shown {
    waiting: List,
    /// Those who wait, who are found, who are counted, and since when the first of these waits.
    waits: (usize, usize, usize, Option<i64>),
    next: Option<String>,
    sessions: List,
    ended: List,
    people: List,
    apps: List,
    today: Figures,
    alarms: u32,
}

struct Viewer {
    app: App,
    who: Who,
    v: View,
    zone: String,
    changes: watch::Receiver<u64>,
    /// Somebody was disabled or may do something else: perhaps whoever looks.
    accounts: watch::Receiver<u64>,
    beat: Interval,
    shown: Option<(Shown, Vec<EndedRow>)>,
    login_checked: Timestamp,
    ended_read: Instant,
    over: bool,
    /// What is shown of the waiting list.
    window: Window,
    asked: Part,
    /// For a page that shows no list: it announces.
    only_news: bool,
    /// What is to be announced behind the rows that were just sent.
    news: Option<Event>,
    /// … and what whoever looks asked to be told of.
    to_tell: VecDeque<Event>,
    notices: watch::Receiver<u64>,
    /// Those that were told on this stream.
    told: HashSet<i64>,
    /// The last of what was told of long work that whoever looks began.
    done: u64,
    _seat: OwnedSemaphorePermit,
}

impl Viewer {
    /// The next event to send; `None` when there is nothing more to come.
    async fn next(&mut self) -> Option<Event> {
        if self.over {
            return None;
        }
        if let Some(news) = self.news.take().or_else(|| self.to_tell.pop_front()) {
            return Some(news);
        }
        if self.shown.is_none() {
            self.look_what_to_tell(true).await;
            return Some(self.rows(true).await.unwrap_or_else(|| self.beat()));
        }
        loop {
            let (changed, accounts) = tokio::select! {
                () = self.app.shutdown.cancelled() => return None,
                changed = self.changes.changed() => { changed.ok()?; (true, false) }
                changed = self.accounts.changed() => { changed.ok()?; (true, true) }
                _ = self.beat.tick() => (false, false),
            };
            if changed {
                tokio::time::sleep(GATHER).await;
                self.changes.mark_unchanged();
            }
            if (accounts || !changed) && !self.still_in(accounts).await {
                self.over = true;
                return Some(Event::default().event("over").data(self.why_over().await));
            }
            self.look_what_to_tell(false).await;
            if (changed || self.ended_read.elapsed() >= ENDED_READ)
                && let Some(rows) = self.rows(false).await
            {
                return Some(rows);
            }
            if let Some(told) = self.to_tell.pop_front() {
                return Some(told);
            }
            if !changed {
                return Some(self.beat());
            }
        }
    }

    fn beat(&self) -> Event {
        Event::default().event("beat").data(Timestamp::now().as_millisecond().to_string())
    }

    /// Why the login is over: nobody used it, or anything else.
    async fn why_over(&self) -> &'static str {
        let idle = self.app.shared.accounts.console_is_idle(None, Some(&self.who.family)).await;
        if idle.unwrap_or_default() { "idle" } else { "login" }
    }

    async fn still_in(&mut self, at_once: bool) -> bool {
        let now = self.app.shared.config.clock.now();
        if !at_once && now.duration_since(self.login_checked) < LOGIN_CHECKED {
            return true;
        }
        self.login_checked = now;
        match self.app.shared.accounts.console_goes_on(&self.who.family).await {
            Ok(operator) if operator.may(Act::Attend) => {
                // The company may be in another time zone by now; not readable: as it was.
                if let Ok(tenant) = self.app.shared.store.tenant(operator.tenant).await
                    && self.zone != tenant.time_zone
                {
                    // What ended today is looked for at once.
                    self.ended_read = self.ended_read.checked_sub(ENDED_READ).unwrap_or(self.ended_read);
                    self.zone = tenant.time_zone;
                }
                self.who.operator = operator;
                self.v = View::of(&self.app, &self.who);
                true
            }
            // The records cannot be read just now: that says nothing about the login.
            Err(LoginError::Unavailable) => true,
            _ => false,
        }
    }

    /// What has changed for this browser, or all of it.
    async fn rows(&mut self, all: bool) -> Option<Event> {
        let t = self.v.t;
        let clock = Clock::new(&self.zone, t, Timestamp::now());
        // What was changed in the apps meanwhile counts at once; apps that cannot be read now are as they were.
        if let Ok(reach) = self.app.shared.apps.reach(&self.who.operator).await {
            self.who.reach = std::sync::Arc::new(reach);
            self.v = View::of(&self.app, &self.who);
        }
        let piece = self.window.look(&self.app.shared.directory, &self.who.reach);
        self.news = news(&piece, &self.who.reach, all);
        if self.only_news {
            // What is announced is all of it.
            self.shown.get_or_insert_default();
            return self.news.take();
        }
        let mut board = Board::present(&self.app, &self.who, &clock, &self.asked, &piece);
        let before = self.shown.take();
        let sessions_changed = before.as_ref().is_none_or(|(shown, _)| shown.sessions != list(&board.sessions));
        if sessions_changed || self.ended_read.elapsed() >= ENDED_READ {
            self.ended_read = Instant::now();
            match attendance::ended(&self.app, &self.who, &clock).await {
                Ok((ended, today)) => (board.ended, board.today) = (ended, today),
                Err(_) => {
                    if let Some((shown, ended)) = before.as_ref() {
                        (board.ended, board.today) = (ended.to_vec(), shown.today);
                    }
                }
            }
        } else if let Some((shown, ended)) = before.as_ref() {
            (board.ended, board.today) = (ended.to_vec(), shown.today);
        }
        // Apps that cannot be read now: nobody's status is shown until they can.
        if let Ok(apps) = self.app.shared.apps.of(self.who.operator.tenant).await {
            board.people = people::rows(&self.app, &self.who, &apps, clock.now());
            board.apps = by_app::rows(&self.app, &self.who, &apps, &clock);
        }
        let now = Shown {
            people: list(&board.people),
            apps: list(&board.apps),
            waiting: list(&board.waiting),
            waits: (board.waits, board.found, board.waiting_counted, board.longest.as_ref().map(|wait| wait.since_ms)),
            next: board.next.clone(),
            sessions: list(&board.sessions),
            ended: list(&board.ended),
            today: board.today,
            // Not readable now: as it was.
            alarms: shell::alarms(&self.app, &self.who)
                .await
                .unwrap_or_else(|_| before.as_ref().map_or(0, |(shown, _)| shown.alarms)),
        };
        let (was, _) = before.unwrap_or_default();
        let mut html = String::new();
        let written = (|| {
            difference(&mut html, "waiting-rows", &was.waiting, &mut board.waiting, &self.v, all)?;
            difference(&mut html, "session-rows", &was.sessions, &mut board.sessions, &self.v, all)?;
            if self.v.ends {
                difference(&mut html, "people-rows", &was.people, &mut board.people, &self.v, all)?;
                difference(&mut html, "app-rows", &was.apps, &mut board.apps, &self.v, all)?;
            }
            difference(&mut html, "ended-rows", &was.ended, &mut board.ended, &self.v, all)?;
            if all || was != now {
                let alarms = self.who.operator.may(Act::Administer).then(|| shell::counted(now.alarms));
                html.push_str(&Counts { t, board: &board, ends: self.v.ends, alarms }.render()?);
            }
            Ok::<(), askama::Error>(())
        })();
        if let Err(error) = written {
            tracing::error!(%error, "live rows cannot be written");
        }
        self.shown = Some((now, board.ended));
        (!html.is_empty()).then(|| Event::default().event("rows").data(html))
    }
}

/// Who has come and who has gone, for a page that announces it; each only with what the row shows.
#[derive(Serialize)]
struct News<'a> {
    waiting: usize,
    /// What was announced before is not known to be so any more.
    anew: bool,
    came: Vec<Came<'a>>,
    gone: Vec<String>,
}

#[derive(Serialize)]
struct Came<'a> {
    id: String,
    /// Where their row is.
    href: String,
    name: &'a str,
    what: &'a str,
}

impl<'a> Came<'a> {
    fn of(present: &'a Present, waiting: usize) -> Self {
        let number = present.id.number();
        let (company, subject) = (present.field(FieldKey::Company), present.field(FieldKey::Subject));
        Self {
            id: dom_id(present.id),
            href: if waiting > ROWS { format!("/?q={number}") } else { format!("/#{}", dom_id(present.id)) },
            name: present.field(FieldKey::Name),
            what: if subject.is_empty() { company } else { subject },
        }
    }
}

/// Nothing when nobody came or went. Those whom somebody only watches are counted, and not announced.
fn news(piece: &Piece, reach: &Reach, all: bool) -> Option<Event> {
    let nothing = waiting::News::default();
    let changed = piece.news.as_ref().unwrap_or(&nothing);
    // What a page shows of those who come together are the last ones.
    let came = changed.came.iter().filter(|present| !all && reach.attends(present.app)).rev().take(ANNOUNCED);
    let mut came: Vec<Came<'_>> = came.map(|present| Came::of(present, piece.waiting)).collect();
    came.reverse();
    let gone = changed.gone.iter().map(|id| dom_id(*id)).collect();
    let news = News { waiting: piece.waiting, anew: !all && piece.news.is_none(), came, gone };
    let something = all || news.anew || !changed.came.is_empty() || !changed.gone.is_empty();
    something.then(|| Event::default().event("news").json_data(&news).unwrap_or_default())
}

/// A waiting customer's row in the page.
fn dom_id(id: DeviceId) -> String {
    format!("w-{}", id.number())
}

#[derive(Template)]
#[template(path = "counts.html")]
struct Counts<'a> {
    t: &'static Texts,
    board: &'a Board,
    ends: bool,
    /// For administrators; empty: none.
    alarms: Option<String>,
}
