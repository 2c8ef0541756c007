//! How each app stands at this moment, for whoever administers it: how many wait, how many sessions are in progress, whether it is open.

use super::{
    App,
    strings::{Texts, fill},
    visitor::Who,
    when::Clock,
};

/// An app's line.
pub(super) struct AppRow {
    pub(super) id: String,
    pub(super) name: String,
    /// Nobody is there by its hours, and nobody waits or is helped all the same.
    pub(super) shut: bool,
    pub(super) words: String,
    pub(super) oob: bool,
}

impl AppRow {
    fn new(of: &store::App, waiting: usize, sessions: usize, open: bool, t: &'static Texts) -> Self {
        let shut = !open && waiting == 0 && sessions == 0;
        let counted = || fill(t.queued_and_helped, &[&waiting.to_string(), &sessions.to_string()]);
        let words = match (open, shut) {
            (true, _) => counted(),
            (false, true) => t.out_of_hours.to_owned(),
            (false, false) => format!("{} · {}", counted(), t.out_of_hours),
        };
        Self { id: of.id.to_string(), name: of.name.clone(), shut, words, oob: false }
    }
}

/// The apps that somebody administers, by name.
pub(super) fn rows(app: &App, who: &Who, all: &[store::App], clock: &Clock) -> Vec<AppRow> {
    let tenant = who.operator.tenant;
    let sessions = app.shared.sessions.list(tenant);
    let local = clock.on_the_wall();
    let mut mine: Vec<&store::App> = all.iter().filter(|of| who.reach.administers(of.id)).collect();
    mine.sort_by_key(|of| of.name.to_lowercase());
    let row = |of: &store::App| {
        let waiting = app.shared.directory.waiting_count_of(tenant, |id| id == of.id);
        let helped = sessions.iter().filter(|live| live.app == of.id && !live.is_watch()).count();
        AppRow::new(of, waiting, helped, of.availability.is_open(local), who.texts)
    };
    mine.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use protocol::id::{AppId, TenantId};
    use store::Language;

    use super::*;

    #[test]
    fn a_shut_app_says_so_and_whoever_waits_there_all_the_same_is_counted() {
        let of = store::App::new(
            AppId::from_bytes([1; 16]),
            TenantId::from_bytes([1; 16]),
            "Fiscal",
            "Varanda",
            "",
            Timestamp::UNIX_EPOCH,
        );
        let says = |waiting, sessions, open| AppRow::new(&of, waiting, sessions, open, Texts::of(Language::PtBr)).words;
        assert_eq!(says(3, 2, true), "3 na fila, 2 em sessão");
        assert_eq!(says(0, 0, true), "0 na fila, 0 em sessão");
        assert_eq!(says(0, 0, false), "fora do horário");
        assert_eq!(says(1, 0, false), "1 na fila, 0 em sessão · fora do horário");
    }
}
