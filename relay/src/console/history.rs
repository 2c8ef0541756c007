//! History: every session, newest first, a page at a time.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;
use store::HistoryQuery;

use super::{
    App,
    attendance::View,
    error::{Page, page},
    session_view::EndedRow,
    shell::{Here, Shell},
    strings::fill,
    visitor::Who,
};

/// Sessions on one page.
const ROWS: usize = 50;

/// What is looked for.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct HistoryForm {
    q: String,
    before: Option<i64>,
}

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    s: Shell,
    v: View,
    q: String,
    rows: Vec<EndedRow>,
    /// Where the next page begins.
    next: Option<i64>,
    is_first: bool,
}

impl HistoryPage {
    /// Whether the row is the first of its day.
    fn begins_day(&self, index: &usize) -> bool {
        index.checked_sub(1).is_none_or(|before| self.rows[before].day != self.rows[*index].day)
    }

    fn nothing(&self) -> String {
        if self.q.is_empty() { self.s.t.no_history.to_owned() } else { fill(self.s.t.none_found, &[&self.q]) }
    }
}

/// `GET /history`
pub(super) async fn page_handler(State(app): State<App>, who: Who, Query(form): Query<HistoryForm>) -> Page {
    let s = Shell::load(&app, &who, Here::History).await?;
    let limit = u32::try_from(ROWS + 1).expect("a page is small");
    let q = form.q.trim().to_owned();
    let apps = Some(who.reach.seen());
    let query = HistoryQuery { apps, search: q.clone(), before: form.before, limit, ..HistoryQuery::default() };
    let mut sessions = app.shared.store.history(who.operator.tenant, &query).await?;
    let more = sessions.len() > ROWS;
    sessions.truncate(ROWS);
    let next = sessions.last().filter(|_| more).map(|last| last.row);
    let rows = sessions.iter().map(|session| EndedRow::new(session, s.t, &s.clock)).collect();
    page(&HistoryPage { v: View::of(&who), q, rows, next, is_first: form.before.is_none(), s })
}
