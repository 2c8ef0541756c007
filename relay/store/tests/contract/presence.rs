//! Attendants' statuses.

use protocol::message::offer::{BreakReason, Status};
use store::PresenceChange;

use super::{World, at};

fn change(w: &World, second: i64, status: Status) -> PresenceChange {
    PresenceChange { tenant: w.varanda.tenant, operator: w.varanda.ana, at: at(second), status }
}

pub async fn statuses_are_read_back_in_order_with_what_was_before(w: &World) {
    let store = w.store().await;
    let lunch = Status::Break(BreakReason::Meal);
    let all = [(0, Status::Available), (60, lunch), (120, Status::Available), (180, Status::Offline)]
        .map(|(second, status)| change(w, second, status));
    for one in &all {
        store.add_presence(one).await.unwrap();
    }
    let read = async |from, to| store.presence(w.varanda.tenant, at(from), at(to)).await.unwrap();
    assert_eq!(read(0, 1000).await, all);
    assert_eq!(read(90, 130).await, all[1..3], "what it was at the beginning, and what changed");
    assert_eq!(read(500, 600).await, all[3..]);
    assert!(store.presence(w.other.tenant, at(0), at(1000)).await.unwrap().is_empty());
}

pub async fn after_a_start_nobody_is_there(w: &World) {
    let store = w.store().await;
    store.add_presence(&change(w, 0, Status::Available)).await.unwrap();
    for second in [50, 60] {
        store.nobody_is_present(at(second)).await.unwrap();
    }
    let read = store.presence(w.varanda.tenant, at(0), at(100)).await.unwrap();
    assert_eq!(read, [change(w, 0, Status::Available), change(w, 50, Status::Offline)], "said once");
}
