//! An app is archived, or brought back: its customers leave the queue, or are in it again, and are told.
//!
//! Sessions in progress go on to their end. Whoever waited for an app that distributes has asked in vain, and becomes a missed request.

use jiff::Timestamp;
use protocol::{
    message::{FromRelay, ShownText, request::Attended},
    version::ENDED_SINCE,
};
use store::{App, Language, MissedWhy};

use super::{Queue, SINCE, miss};
use crate::{listener::peer::Peer, relay::Shared};

impl Queue {
    /// An app is archived, or is not any more, as it is on record.
    pub(crate) async fn ended_or_back(&self, shared: &Shared, app: &App) {
        let ends = app.archived.is_some();
        let customers = shared.directory.set_ended(app.tenant, app.id, ends);
        if ends {
            self.replace(app.id, &Attended::Open);
        }
        let attended = self.attended(shared, app, Timestamp::now()).await;
        if !ends {
            self.replace(app.id, &attended);
        }
        for (present, peer) in customers {
            if !ends {
                super::tell(&peer, &attended);
                continue;
            }
            tell(&peer, app);
            let waited = Timestamp::now().duration_since(present.since).unsigned_abs();
            if app.availability.distribute
                && present.waits()
                && !present.settled
                && waited >= shared.config.times.waited
            {
                let why = MissedWhy::NobodyAvailable;
                if let Err(error) = miss(shared, &present, why, String::new(), Some(peer)).await {
                    tracing::error!(device = %present.id, error = &error as &dyn std::error::Error, "a request to an app that has ended cannot be recorded");
                }
            }
        }
        self.news.notify_one();
    }
}

/// Tells a customer's program that its app has ended; an older one the nearest thing that it knows.
pub(super) fn tell(peer: &Peer, app: &App) {
    let attended = if peer.knows(ENDED_SINCE) {
        Attended::Ended
    } else {
        Attended::Closed { holiday: ShownText::lossy(words(app.language)), opens_unix_ms: None }
    };
    if peer.knows(SINCE) {
        peer.send(FromRelay::Attended(attended));
    }
}

/// What older programs show behind "closed today:".
fn words(language: Language) -> &'static str {
    match language {
        Language::PtBr => "este serviço foi encerrado",
        Language::En => "this service has ended",
        Language::Es => "este servicio ha terminado",
    }
}
