//! The waiting list as a browser shows it: one piece, filtered, and kept up from what changes.
//!
//! With ten thousand waiting, a change costs each browser what changed and the rows it shows, never the list: only a filter by text reads
//! the list once, when it is set.

use std::{collections::BTreeSet, ops::Bound, sync::Arc};

use protocol::{
    id::{AppId, DeviceId, TenantId},
    message::directory::FieldKey,
};
use serde::Deserialize;

use crate::{
    apps::Reach,
    directory::{Directory, Place, Present, Since},
};

/// Customers on one page.
pub(super) const ROWS: usize = 50;
/// Characters of a filter that count.
const FILTER_CHARS: usize = 200;

/// Which piece of the list, as an address says it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Part {
    /// Part of what a customer typed, or of the ID.
    pub(super) q: String,
    /// Of this app.
    pub(super) app: String,
    /// Behind this place.
    after: String,
}

impl Part {
    /// As the part of an address behind the question mark, without the place; empty when nothing is filtered.
    pub(super) fn filters(&self) -> String {
        let mut filters = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("q", self.q.trim()), ("app", self.app.trim())] {
            if !value.is_empty() {
                filters.append_pair(name, value);
            }
        }
        filters.finish()
    }

    /// The whole of it.
    pub(super) fn address(&self) -> String {
        let filters = self.filters();
        match self.place() {
            Some(place) => join(&filters, place),
            None => filters,
        }
    }

    pub(super) fn is_filtered(&self) -> bool {
        !self.filters().is_empty()
    }

    pub(super) fn is_first(&self) -> bool {
        self.place().is_none()
    }

    /// What is no place is the beginning.
    fn place(&self) -> Option<Place> {
        self.after.parse().ok()
    }
}

fn join(filters: &str, after: Place) -> String {
    format!("{filters}{}after={after}", if filters.is_empty() { "" } else { "&" })
}

/// What a browser shows of the list.
pub(super) struct Piece {
    pub(super) rows: Vec<Arc<Present>>,
    /// How many wait whom this user sees.
    pub(super) waiting: usize,
    /// How many of them the filters let through.
    pub(super) found: usize,
    /// The address of what comes behind, as the part behind the question mark.
    pub(super) next: Option<String>,
    /// Those of the whole list who came and who went since the last look; `None`: everything is new.
    pub(super) news: Option<News>,
}

/// Who came and who went, whatever the browser shows.
#[derive(Default)]
pub(super) struct News {
    pub(super) came: Vec<Arc<Present>>,
    pub(super) gone: Vec<DeviceId>,
}

/// A browser's look at the list.
pub(super) struct Window {
    tenant: TenantId,
    asked: Part,
    only: Option<AppId>,
    /// In lower case; empty: everybody.
    text: String,
    after: Option<Place>,
    /// What was seen at the last look; `None`: nothing yet.
    seen: Option<Seen>,
}

struct Seen {
    mark: u64,
    apps: Vec<AppId>,
    /// Those whom the text lets through, when there is one.
    found: BTreeSet<Place>,
}

impl Window {
    pub(super) fn new(tenant: TenantId, asked: Part) -> Self {
        // An app that there is not has nobody waiting.
        let only = (!asked.app.is_empty()).then(|| asked.app.parse().unwrap_or(AppId::from_bytes([0; 16])));
        let text: String = asked.q.trim().chars().take(FILTER_CHARS).collect();
        Self { tenant, only, text: text.to_lowercase(), after: asked.place(), asked, seen: None }
    }

    /// What the browser shows now.
    pub(super) fn look(&mut self, directory: &Directory, reach: &Reach) -> Piece {
        let apps = reach.seen();
        let chosen = |app: AppId| reach.sees(app) && self.only.is_none_or(|only| only == app);
        let before = self.seen.take().filter(|seen| seen.apps == apps);
        let known = before.and_then(|seen| match directory.waiting_since(self.tenant, seen.mark) {
            (mark, Since::Moved(moved)) => Some((Seen { mark, ..seen }, moved)),
            (_, Since::TooLong) => None,
        });
        let (seen, news) = match known {
            Some((mut seen, moved)) => {
                let mut news = News::default();
                for moved in moved {
                    let now = moved.now.as_ref().filter(|p| reach.sees(p.app));
                    let before = moved.before.as_ref().filter(|p| reach.sees(p.app));
                    match (before, now) {
                        (None, Some(now)) => news.came.push(now.clone()),
                        (Some(before), None) => news.gone.push(before.id),
                        _ => {}
                    }
                    if !self.text.is_empty() {
                        if let Some(before) = before {
                            seen.found.remove(&Place::of(before));
                        }
                        if let Some(now) = now.filter(|p| chosen(p.app) && says(p, &self.text)) {
                            seen.found.insert(Place::of(now));
                        }
                    }
                }
                news.came.sort_by_key(|p| Place::of(p));
                (seen, Some(news))
            }
            None => {
                // What changes between the mark and the list is looked at twice, which does no harm.
                let mark = directory.waiting_mark();
                let mut found = BTreeSet::new();
                if !self.text.is_empty() {
                    let all = directory.first_waiting_of(self.tenant, usize::MAX, chosen);
                    found.extend(all.iter().filter(|p| says(p, &self.text)).map(|p| Place::of(p)));
                }
                (Seen { mark, apps, found }, None)
            }
        };
        let mut rows = if self.text.is_empty() {
            directory.waiting_behind(self.tenant, self.after, ROWS + 1, chosen)
        } else {
            let from = self.after.map_or(Bound::Unbounded, Bound::Excluded);
            let ids = seen.found.range((from, Bound::Unbounded)).take(ROWS + 1).map(|place| place.id);
            directory.presents(self.tenant, ids)
        };
        let more = rows.len() > ROWS;
        rows.truncate(ROWS);
        let next = rows.last().filter(|_| more).map(|last| join(&self.asked.filters(), Place::of(last)));
        let waiting = directory.waiting_count_of(self.tenant, |app| reach.sees(app));
        let found = match (&self.text, self.only) {
            (text, None) if text.is_empty() => waiting,
            (text, Some(_)) if text.is_empty() => directory.waiting_count_of(self.tenant, chosen),
            _ => seen.found.len(),
        };
        self.seen = Some(seen);
        Piece { rows, waiting, found, next, news }
    }
}

/// Whether anything that is shown of a customer has this text, which is in lower case, or their ID begins with it.
fn says(present: &Present, text: &str) -> bool {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    (is_number && present.id.number().to_string().starts_with(&digits))
        || [FieldKey::Name, FieldKey::Company, FieldKey::Subject, FieldKey::Email, FieldKey::Phone, FieldKey::Document]
            .iter()
            .any(|key| present.field(*key).to_lowercase().contains(text))
        || present.app_title.as_str().to_lowercase().contains(text)
        || present.class.to_lowercase().contains(text)
        || present.invited.as_ref().is_some_and(|ticket| ticket.number.as_str().to_lowercase().contains(text))
}
