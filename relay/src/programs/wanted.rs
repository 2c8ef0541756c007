//! Which operators want to be told how an app's programs come out. See [`crate::telling`] for the telling.

use std::collections::HashMap;

use protocol::id::{AppId, OperatorId};
use store::App;

use super::{Failure, Programs, System, lock};
use crate::telling::News;

/// What somebody wants and has not got yet.
struct Open {
    revision: u32,
    name: String,
    systems: Vec<System>,
    results: Vec<(System, Option<Failure>)>,
}

#[derive(Default)]
pub(super) struct Wanted(HashMap<(OperatorId, AppId), Open>);

impl Wanted {
    fn add(&mut self, who: OperatorId, app: &App, system: System) {
        let new = || Open { revision: app.revision, name: app.name.clone(), systems: Vec::new(), results: Vec::new() };
        let open = self.0.entry((who, app.id)).or_insert_with(new);
        if open.revision != app.revision {
            *open = new();
        }
        open.results.retain(|(other, _)| *other != system);
        if !open.systems.contains(&system) {
            open.systems.push(system);
        }
    }

    /// Whoever is to be told now, and what.
    fn came_out(&mut self, app: &App, system: System, failed: Option<Failure>) -> Vec<(OperatorId, News)> {
        let mut whole = Vec::new();
        for ((who, of), open) in &mut self.0 {
            if *of == app.id && open.revision == app.revision && open.systems.contains(&system) {
                open.systems.retain(|other| *other != system);
                open.results.push((system, failed));
                if open.systems.is_empty() {
                    whole.push(*who);
                }
            }
        }
        whole.into_iter().filter_map(|who| Some((who, self.close(who, app.id)?))).collect()
    }

    fn remove(&mut self, who: OperatorId, app: AppId, system: System) -> Option<News> {
        let open = self.0.get_mut(&(who, app))?;
        open.systems.retain(|other| *other != system);
        if open.systems.is_empty() { self.close(who, app) } else { None }
    }

    fn close(&mut self, who: OperatorId, app: AppId) -> Option<News> {
        let Open { revision, name, mut results, .. } = self.0.remove(&(who, app))?;
        results.sort_by_key(|(system, _)| *system as u8);
        (!results.is_empty()).then_some(News::Programs { app, revision, name, results })
    }
}

/// Whether this is no news any more when this program is made anew.
fn overtaken(news: &News, by: &App, system: System) -> bool {
    match news {
        News::Programs { app, revision, results, .. } if *app == by.id => {
            *revision != by.revision || results.iter().all(|(other, _)| *other == system)
        }
        _ => false,
    }
}

impl Programs {
    /// This operator is told how this program comes out. What was made of it before is no news any more.
    pub fn wants(&self, who: OperatorId, app: &App, system: System) {
        lock(&self.wanted).add(who, app, system);
        self.telling.forget(who, |news| overtaken(news, app, system));
    }

    /// … and now not any more: they have stopped it themselves.
    pub fn wants_no_more(&self, who: OperatorId, app: AppId, system: System) {
        if let Some(news) = lock(&self.wanted).remove(who, app, system) {
            self.telling.tell(who, news);
        }
    }

    /// How it came out; whether there is somebody to tell.
    pub(super) fn came_out(&self, app: &App, system: System, failed: Option<Failure>) -> bool {
        let to_tell = lock(&self.wanted).came_out(app, system, failed);
        let news = !to_tell.is_empty();
        to_tell.into_iter().for_each(|(who, news)| self.telling.tell(who, news));
        news
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use protocol::id::TenantId;

    use super::*;

    const ANA: OperatorId = OperatorId::from_bytes([1; 16]);
    const BIA: OperatorId = OperatorId::from_bytes([2; 16]);

    fn app(revision: u32) -> App {
        let (id, tenant) = (AppId::from_bytes([3; 16]), TenantId::from_bytes([4; 16]));
        App { revision, ..App::new(id, tenant, "Fiscal", "Varanda", "", Timestamp::UNIX_EPOCH) }
    }

    fn news(results: &[(System, Option<Failure>)]) -> News {
        News::Programs { app: app(1).id, revision: 1, name: "Fiscal".to_owned(), results: results.to_vec() }
    }

    #[test]
    fn who_wanted_it_is_told_when_all_of_it_has_come_out() {
        let mut wanted = Wanted::default();
        for _ in 0..2 {
            wanted.add(ANA, &app(1), System::Windows);
            wanted.add(ANA, &app(1), System::Linux);
        }
        assert_eq!(wanted.came_out(&app(1), System::Linux, Some(Failure::Disk)), [], "Windows is not there yet");
        let all = news(&[(System::Windows, None), (System::Linux, Some(Failure::Disk))]);
        assert_eq!(wanted.came_out(&app(1), System::Windows, None), [(ANA, all)]);
        assert_eq!(wanted.came_out(&app(1), System::Windows, None), [], "nobody waits for it any more");
        assert!(wanted.0.is_empty());
    }

    #[test]
    fn a_program_of_an_earlier_revision_is_no_news() {
        let mut wanted = Wanted::default();
        wanted.add(ANA, &app(1), System::Linux);
        wanted.add(ANA, &app(2), System::Linux);
        assert_eq!(wanted.came_out(&app(1), System::Linux, None), []);
        let told = wanted.came_out(&app(2), System::Linux, None);
        assert!(matches!(&told[..], [(ANA, News::Programs { revision: 2, .. })]), "{told:?}");
    }

    #[test]
    fn what_another_making_of_the_same_overtakes_is_no_news_and_anothers_system_still_is() {
        let linux = news(&[(System::Linux, None)]);
        assert!(overtaken(&linux, &app(1), System::Linux), "it is made again");
        assert!(overtaken(&linux, &app(2), System::Windows), "the app was saved again");
        assert!(!overtaken(&linux, &app(1), System::Windows));
        assert!(!overtaken(&news(&[(System::Windows, None), (System::Linux, None)]), &app(1), System::Linux));
    }

    #[test]
    fn who_stops_it_is_not_told_and_others_are() {
        let mut wanted = Wanted::default();
        for who in [ANA, BIA] {
            wanted.add(who, &app(1), System::Linux);
        }
        for _ in 0..2 {
            assert_eq!(wanted.remove(ANA, app(1).id, System::Linux), None);
        }
        let stopped = Some(Failure::Cancelled);
        let told = wanted.came_out(&app(1), System::Linux, stopped);
        assert_eq!(told, [(BIA, news(&[(System::Linux, stopped)]))]);
    }
}
