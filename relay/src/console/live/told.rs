//! What whoever looks at a live page has asked to be told of: that somebody has come, that long work is done.

use axum::response::sse::Event;
use jiff::Timestamp;
use serde::Serialize;

use super::Viewer;
use crate::console::told;

/// How long somebody who came and was waited for is announced on new pages.
const COME_SHOWN_FOR: jiff::SignedDuration = jiff::SignedDuration::from_mins(30);

impl Viewer {
    /// Puts what there is to tell behind what is sent next. With `all` also what another part has not said to have changed.
    pub(super) async fn look_what_to_tell(&mut self, all: bool) {
        if all || self.notices.has_changed().unwrap_or(false) {
            let came = self.who_came().await;
            self.to_tell.extend(came);
        }
        let done = told::on_stream(&self.app, &self.who, &mut self.done);
        if !done.is_empty() {
            self.to_tell.push_back(Event::default().event("done").json_data(&done).unwrap_or_default());
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
