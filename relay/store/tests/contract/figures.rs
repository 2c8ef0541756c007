//! Counting sessions.

use std::time::Duration;

use store::{By, Category, Figures, FiguresQuery, MissedWhy, NewMissed, WrappedUp};

use super::{World, at, end, on, open_new, start};

async fn counted(w: &World, by: By, from: i64, to: i64) -> Vec<(String, Figures)> {
    let query = FiguresQuery { from: at(from), to: at(to), apps: vec![w.varanda.app], by };
    let rows = w.store().await.figures(w.varanda.tenant, &query).await.unwrap();
    rows.into_iter().map(|row| (row.key, row.figures)).collect()
}

pub async fn sessions_are_counted_by_everything_and_only_those_that_are_asked_for(w: &World) {
    let store = w.store().await;
    assert_eq!(counted(w, By::All, 0, 100).await, []);
    let first = w.ended(1, on("4821")).await;
    let second = w.started(2, on("4821")).await;
    store.note_wait(first, Duration::from_secs(30)).await.unwrap();
    store.note_wait(second, Duration::from_secs(10)).await.unwrap();
    let refused = w.dialled(3, open_new()).await;
    store.end_session(refused, &end(20), at(20)).await.unwrap();
    let said = WrappedUp { category: Some(Category { name: "Nota fiscal".into(), solved: true }), note: String::new() };
    store.wrap_up_session(first, &said, at(70)).await.unwrap();
    let like = w.varanda.session(4, open_new());
    let missed = NewMissed {
        id: like.id,
        tenant: like.tenant,
        app: like.app,
        device: like.device,
        fields: like.fields,
        why: MissedWhy::GaveUp,
        text: String::new(),
        ticket: None,
        since: at(4000),
        at: at(4010),
    };
    store.miss_request(&missed).await.unwrap();
    // Another company's, and one of another app.
    let other = w.other.session(5, open_new());
    store.open_session(&other).await.unwrap();
    store.start_session(other.id, &start(5), at(5)).await.unwrap();

    let morning = Figures {
        sessions: 2,
        lasted_ms: 60_000,
        over: 1,
        waited_ms: 40_000,
        waited: 2,
        not_started: 1,
        missed: 0,
        solved: 1,
        categorised: 1,
    };
    assert_eq!(counted(w, By::All, 0, 100).await, [(String::new(), morning)]);
    let all = Figures { missed: 1, ..morning };
    assert_eq!(counted(w, By::App, 0, 5000).await, [(w.varanda.app.to_string(), all)]);
    let nobody = Figures { missed: 1, ..Figures::default() };
    let ana = w.varanda.ana.to_string();
    assert_eq!(counted(w, By::Attendant, 0, 5000).await, [(String::new(), nobody), (ana, morning)]);
    let categories = counted(w, By::Category, 0, 5000).await;
    assert_eq!(
        categories.iter().map(|(key, f)| (key.as_str(), f.sessions)).collect::<Vec<_>>(),
        [("", 1), ("Nota fiscal", 1)]
    );
    let hours = counted(w, By::Hour, 0, 5000).await;
    assert_eq!(hours.iter().map(|(_, f)| (f.sessions, f.missed)).collect::<Vec<_>>(), [(2, 0), (0, 1)]);
    let hour: i64 = hours[0].0.parse().unwrap();
    assert_eq!(hour * 3600, at(0).as_second());
    let nothing = FiguresQuery { from: at(0), to: at(5000), apps: Vec::new(), by: By::All };
    assert!(store.figures(w.varanda.tenant, &nothing).await.unwrap().is_empty());
}
