//! The live stream of the attendance page: rows that came, changed and went, as server-sent events.
//!
//! One task a browser; it holds what that browser shows and sends only the difference. It sends when the browser takes: a slow one
//! sees the newest state later, and nothing is queued for it. Never carries a password.

use std::{
    collections::{HashMap, HashSet},
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
use jiff::Timestamp;
use protocol::{
    id::DeviceId,
    message::directory::{FieldKey, LoginError},
};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::{Instant, Interval, MissedTickBehavior, interval},
};
use tracing::Instrument;

use super::{
    App,
    attendance::{self, Board, SessionRow, View, WaitingRow},
    error::{AppError, Page},
    people::{self, PersonRow},
    session_view::EndedRow,
    shell,
    strings::Texts,
    visitor::{Act, Who},
    waiting::{self, Part, Piece, ROWS, Window},
    when::Clock,
};
use crate::{apps::Reach, directory::Present};

/// The page takes silence of twice this for lost contact.
const BEAT: Duration = Duration::from_secs(5);
/// How often the login behind the stream is looked at again, also when nobody's account has changed: it may have grown too old.
const LOGIN_CHECKED: Duration = Duration::from_secs(30);
/// How often ended sessions are read without anything having changed here: their tickets are settled by another part.
const ENDED_READ: Duration = Duration::from_secs(15);
/// How long somebody who came and was waited for is announced on new pages.
const COME_SHOWN_FOR: jiff::SignedDuration = jiff::SignedDuration::from_mins(30);
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
        v: View::of(&who),
        window: Window::new(who.operator.tenant, asked.clone()),
        asked,
        only_news: what.only == NEWS,
        shown: None,
        login_checked: now,
        ended_read: now,
        over: false,
        news: None,
        ready: None,
        notices: app.shared.notices.subscribe(),
        told: HashSet::new(),
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

/// A list as the browser has it: each row's id in the page, and what would make it look different.
type List = Vec<(String, String)>;

#[derive(Default, PartialEq)]
struct Shown {
    waiting: List,
    /// Those who wait, who are found, who are counted, and since when the first of these waits.
    waits: (usize, usize, usize, Option<i64>),
    next: Option<String>,
    sessions: List,
    ended: List,
    people: List,
    today: usize,
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
    login_checked: Instant,
    ended_read: Instant,
    over: bool,
    /// What is shown of the waiting list.
    window: Window,
    asked: Part,
    /// For a page that shows no list: it announces.
    only_news: bool,
    /// What is to be announced behind the rows that were just sent.
    news: Option<Event>,
    /// … and who has come that somebody asked to be told of.
    ready: Option<Event>,
    notices: watch::Receiver<u64>,
    /// Those that were told on this stream.
    told: HashSet<i64>,
    _seat: OwnedSemaphorePermit,
}

impl Viewer {
    /// The next event to send; `None` when there is nothing more to come.
    async fn next(&mut self) -> Option<Event> {
        if self.over {
            return None;
        }
        if let Some(news) = self.news.take().or_else(|| self.ready.take()) {
            return Some(news);
        }
        if self.shown.is_none() {
            self.ready = self.who_came().await;
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
                return Some(Event::default().event("over").data("login"));
            }
            if self.notices.has_changed().unwrap_or(false) {
                self.ready = self.who_came().await;
            }
            if (changed || self.ended_read.elapsed() >= ENDED_READ)
                && let Some(rows) = self.rows(false).await
            {
                return Some(rows);
            }
            if let Some(ready) = self.ready.take() {
                return Some(ready);
            }
            if !changed {
                return Some(self.beat());
            }
        }
    }

    /// Those whom whoever looks asked to be told of, who came lately, still wait, and were not told on this stream.
    async fn who_came(&mut self) -> Option<Event> {
        self.notices.mark_unchanged();
        let (tenant, store) = (self.who.operator.tenant, &self.app.shared.store);
        let since = Timestamp::now() - COME_SHOWN_FOR;
        // Not readable now: told with the next page.
        let came = store.came_notices(tenant, self.who.operator.id, since).await.ok()?;
        let mut ready = Vec::new();
        for notice in came {
            let Some((_, device)) = notice.came else { continue };
            let waits = self.app.shared.directory.present(tenant, device).is_some_and(|p| !p.busy);
            if waits && self.told.insert(notice.id) {
                ready.push(Ready {
                    id: notice.id,
                    href: crate::notice::page_of(&notice.ticket),
                    ticket: notice.ticket.number.as_str().to_owned(),
                    subject: notice.subject,
                    name: notice.requester.name,
                    device: device.to_string(),
                });
            }
        }
        (!ready.is_empty()).then(|| Event::default().event("ready").json_data(&ready).unwrap_or_default())
    }

    fn beat(&self) -> Event {
        Event::default().event("beat").data(Timestamp::now().as_millisecond().to_string())
    }

    async fn still_in(&mut self, at_once: bool) -> bool {
        if !at_once && self.login_checked.elapsed() < LOGIN_CHECKED {
            return true;
        }
        self.login_checked = Instant::now();
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
                self.v = View::of(&self.who);
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
            self.v = View::of(&self.who);
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
        }
        let now = Shown {
            people: list(&board.people),
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

/// Somebody who was waited for has come.
#[derive(Serialize)]
struct Ready {
    id: i64,
    href: String,
    ticket: String,
    subject: String,
    name: String,
    device: String,
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

/// A row of a live list.
trait Row {
    /// Its id in the page.
    fn dom_id(&self) -> String;
    /// Everything it shows except what the page counts by itself.
    fn looks(&self) -> String;
    /// Its HTML, to be put in, or in place of the one with its id.
    fn html(&mut self, v: &View, replace: bool) -> askama::Result<String>;
}

fn list<R: Row>(rows: &[R]) -> List {
    rows.iter().map(|row| (row.dom_id(), row.looks())).collect()
}

/// Writes what turns one list into the other: rows out, rows changed in place, rows in behind their predecessor.
///
/// A row that stands by itself is put into a `template`: a browser that reads one outside a table takes what follows to be more rows of it,
/// and drops the next `tbody` (HTML, 13.2.6.4.13), which would lose the rows of every list behind it.
fn difference<R: Row>(
    html: &mut String,
    body: &str,
    before: &List,
    rows: &mut [R],
    v: &View,
    all: bool,
) -> askama::Result<()> {
    let after = list(rows);
    // Looked up by id: with thousands of rows, comparing each with each takes seconds.
    let had: HashMap<&str, &str> = before.iter().map(|(id, looks)| (id.as_str(), looks.as_str())).collect();
    let has: HashSet<&str> = after.iter().map(|(id, _)| id.as_str()).collect();
    let same_order = before
        .iter()
        .map(|(id, _)| id.as_str())
        .filter(|id| has.contains(id))
        .eq(after.iter().map(|(id, _)| id.as_str()).filter(|id| had.contains_key(id)));
    if all || !same_order {
        html.push_str(&format!("<tbody id=\"{body}\" hx-swap-oob=\"innerHTML\">"));
        for row in rows {
            html.push_str(&row.html(v, false)?);
        }
        html.push_str("</tbody>");
        return Ok(());
    }
    for (id, _) in before.iter().filter(|(id, _)| !has.contains(id.as_str())) {
        html.push_str(&format!("<template><tr id=\"{id}\" hx-swap-oob=\"delete\" data-gone></tr></template>"));
    }
    for (i, row) in rows.iter_mut().enumerate() {
        let (id, looks) = &after[i];
        match had.get(id.as_str()) {
            Some(looked) if looked == looks => {}
            Some(_) => html.push_str(&format!("<template>{}</template>", row.html(v, true)?)),
            None => {
                let place =
                    if i == 0 { format!("afterbegin:#{body}") } else { format!("afterend:#{}", after[i - 1].0) };
                html.push_str(&format!("<tbody hx-swap-oob=\"{place}\">{}</tbody>", row.html(v, false)?));
            }
        }
    }
    Ok(())
}

#[derive(Template)]
#[template(path = "waiting_row.html")]
struct WaitingHtml<'a> {
    r: &'a WaitingRow,
    v: &'a View,
}

impl Row for WaitingRow {
    fn dom_id(&self) -> String {
        format!("w-{}", self.number)
    }
    fn looks(&self) -> String {
        format!("{:?}", (&self.name, &self.company, &self.subject, &self.app, self.since_ms))
    }
    fn html(&mut self, v: &View, replace: bool) -> askama::Result<String> {
        self.oob = replace;
        WaitingHtml { r: self, v }.render()
    }
}

#[derive(Template)]
#[template(path = "session_row.html")]
struct SessionHtml<'a> {
    r: &'a SessionRow,
    v: &'a View,
}

impl Row for SessionRow {
    fn dom_id(&self) -> String {
        format!("s-{}", self.id)
    }
    fn looks(&self) -> String {
        format!("{:?}", (&self.customer, &self.company, &self.attendant, &self.ticket, self.standing, self.since_ms))
    }
    fn html(&mut self, v: &View, replace: bool) -> askama::Result<String> {
        self.oob = replace;
        SessionHtml { r: self, v }.render()
    }
}

#[derive(Template)]
#[template(path = "person_row.html")]
struct PersonHtml<'a> {
    r: &'a PersonRow,
    v: &'a View,
}

impl Row for PersonRow {
    fn dom_id(&self) -> String {
        format!("p-{}", self.id)
    }
    fn looks(&self) -> String {
        format!("{:?}", (&self.name, self.status, self.since_ms))
    }
    fn html(&mut self, v: &View, replace: bool) -> askama::Result<String> {
        self.oob = replace;
        PersonHtml { r: self, v }.render()
    }
}

#[derive(Template)]
#[template(path = "ended_row.html")]
struct EndedHtml<'a> {
    r: &'a EndedRow,
    v: &'a View,
}

impl Row for EndedRow {
    fn dom_id(&self) -> String {
        format!("e-{}", self.row)
    }
    fn looks(&self) -> String {
        format!("{:?}", (&self.customer, &self.result, &self.category, &self.duration, &self.ticket))
    }
    fn html(&mut self, v: &View, replace: bool) -> askama::Result<String> {
        self.oob = replace;
        EndedHtml { r: self, v }.render()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use store::Language;

    struct Word(&'static str, &'static str);

    impl Row for Word {
        fn dom_id(&self) -> String {
            self.0.to_owned()
        }
        fn looks(&self) -> String {
            self.1.to_owned()
        }
        fn html(&mut self, _: &View, replace: bool) -> askama::Result<String> {
            Ok(format!("[{}{}]", self.0, if replace { "*" } else { "" }))
        }
    }

    fn change(before: &[(&str, &str)], mut after: Vec<Word>) -> String {
        let before = before.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let v = View { t: Texts::of(Language::PtBr), csrf: String::new(), sees: false, ends: false };
        let mut html = String::new();
        difference(&mut html, "rows", &before, &mut after, &v, false).unwrap();
        html
    }

    #[test]
    fn only_what_changed_is_sent() {
        let was = [("a", "1"), ("b", "1"), ("c", "1")];
        assert_eq!(change(&was, vec![Word("a", "1"), Word("b", "1"), Word("c", "1")]), "");
        assert_eq!(change(&was, vec![Word("a", "1"), Word("b", "2"), Word("c", "1")]), "<template>[b*]</template>");
        assert_eq!(
            change(&was, vec![Word("a", "1"), Word("c", "1"), Word("d", "1")]),
            "<template><tr id=\"b\" hx-swap-oob=\"delete\" data-gone></tr></template><tbody hx-swap-oob=\"afterend:#c\">[d]</tbody>"
        );
        assert_eq!(change(&[], vec![Word("a", "1")]), "<tbody hx-swap-oob=\"afterbegin:#rows\">[a]</tbody>");
    }

    #[test]
    fn a_new_order_is_sent_whole() {
        assert_eq!(
            change(&[("a", "1"), ("b", "1")], vec![Word("b", "1"), Word("a", "1")]),
            "<tbody id=\"rows\" hx-swap-oob=\"innerHTML\">[b][a]</tbody>"
        );
    }
}
