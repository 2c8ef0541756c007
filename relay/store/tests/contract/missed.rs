//! Requests that nobody took.

use jiff::Timestamp;
use protocol::{
    id::{ConnectionId, DeviceId, SessionId},
    message::ticket::TicketChoice,
};
use store::{EventKind, HistoryQuery, Kept, MissedWhy, NewConnection, NewMissed, SessionState, Settled, TicketOf};

use super::{World, at, end, number, start};

fn missed(w: &World, n: u8) -> NewMissed {
    let like = w.varanda.session(n, super::open_new());
    NewMissed {
        id: like.id,
        tenant: like.tenant,
        app: like.app,
        device: DeviceId::new(123_456_789).unwrap(),
        fields: like.fields,
        why: MissedWhy::OutOfHours,
        text: "Liguem amanhã.".into(),
        ticket: None,
        since: at(0),
        at: at(95),
    }
}

pub async fn a_missed_request_has_a_protocol_number_and_one_action_and_no_attendant(w: &World) {
    let store = w.store().await;
    let new = missed(w, 1);
    let opened = store.miss_request(&new).await.unwrap();
    assert_eq!(opened.protocol.to_string(), "2026-11-21-000001");
    let session = store.session(new.id).await.unwrap();
    assert_eq!((session.state, session.missed), (SessionState::Missed, Some(MissedWhy::OutOfHours)));
    assert_eq!((session.attendant, session.close_reason, session.started_at), (None, None, None));
    assert_eq!((session.dialled_at, session.ended_at), (at(0), Some(at(95))));
    assert_eq!(session.message, "Liguem amanhã.");
    let claimed = store.claim(at(96), std::time::Duration::from_secs(60), 10).await.unwrap();
    assert_eq!(claimed.iter().map(|c| c.entry.kind).collect::<Vec<_>>(), [EventKind::Missed]);
    let done = Settled::Done { ticket: number("1001"), external_id: None, fields: Default::default() };
    store.settle(claimed[0].lease, &done, at(97)).await.unwrap();
    assert_eq!(store.session(new.id).await.unwrap().ticket, Some(number("1001")));
    let line = store.audit_page(w.varanda.tenant, None, 1).await.unwrap().remove(0);
    assert_eq!((line.entry.what.as_str(), line.entry.operator), ("request.missed", None));
    assert!(store.miss_request(&new).await.is_err(), "once");
}

pub async fn nothing_happens_in_a_missed_request_and_a_session_counts_on_behind_it(w: &World) {
    let store = w.store().await;
    let new = missed(w, 1);
    store.miss_request(&new).await.unwrap();
    assert_eq!(store.start_session(new.id, &start(100), at(100)).await.unwrap(), Kept::Already);
    assert_eq!(store.end_session(new.id, &end(110), at(110)).await.unwrap(), Kept::Already);
    assert_eq!(store.outbox_of_session(new.id).await.unwrap().len(), 1);
    assert!(store.unfinished_sessions().await.unwrap().is_empty());
    let id = w.ended(2, super::open_new()).await;
    assert_eq!(store.session(id).await.unwrap().protocol.to_string(), "2026-11-21-000002");
    let found = async |states: Vec<SessionState>| -> Vec<SessionId> {
        let query = HistoryQuery { states, ..HistoryQuery::default() };
        store.history(w.varanda.tenant, &query).await.unwrap().iter().map(|s| s.id).collect()
    };
    assert_eq!(found(vec![SessionState::Missed]).await, [new.id]);
    assert_eq!(found(Vec::new()).await, [id, new.id]);
}

pub async fn a_missed_request_is_on_the_ticket_it_was_invited_to_where_that_is_the_apps_system(w: &World) {
    let store = w.store().await;
    let system = ConnectionId::from_bytes([9; 16]);
    let connection = NewConnection {
        id: system,
        tenant: w.varanda.tenant,
        kind: "zendesk".into(),
        name: "Zendesk".into(),
        settings: Default::default(),
        sealed: Vec::new(),
    };
    store.add_connection(&connection, Timestamp::UNIX_EPOCH).await.unwrap();
    let desks = TicketOf::desk(number("1001"));
    let theirs = TicketOf { system: Some(system), number: number("1001") };
    let mut n = 0;
    for apps in [None, Some(system)] {
        store.set_app_connection(w.varanda.tenant, w.varanda.app, apps).await.unwrap();
        for invited in [None, Some(&desks), Some(&theirs)] {
            n += 1;
            let new = NewMissed { ticket: invited.cloned(), ..missed(w, n) };
            store.miss_request(&new).await.unwrap();
            let session = store.session(new.id).await.unwrap();
            let expected = invited.filter(|ticket| ticket.system == apps).map(|ticket| ticket.number.clone());
            let chosen = match session.choice {
                TicketChoice::Number(number) => Some(number),
                TicketChoice::OpenNew { .. } => None,
            };
            assert_eq!((session.connection, chosen), (apps, expected), "{invited:?}");
        }
    }
}
