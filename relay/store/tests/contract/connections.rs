//! Connections: whose they are, which app uses which, what a session keeps, and when one may go.

use std::collections::BTreeMap;

use protocol::id::ConnectionId;
use store::{
    ActionTemplate, EventKind, KeptFields, Language, LeftOut, NewConnection, OutboxState, Settled, Stamp, StoreError,
    TemplateChange,
};

use super::{World, at, number, on, open_new};

const ONE: ConnectionId = ConnectionId::from_bytes([41; 16]);

fn new(w: &World, id: ConnectionId, name: &str) -> NewConnection {
    NewConnection {
        id,
        tenant: w.varanda.tenant,
        kind: "redmine".into(),
        name: name.into(),
        settings: BTreeMap::from([("base".to_owned(), "https://redmine.example".to_owned())]),
        sealed: vec![1, 2, 3],
    }
}

pub async fn a_connection_is_kept_changed_and_counted(w: &World) {
    let store = w.store().await;
    store.add_connection(&new(w, ONE, "Redmine"), at(1)).await.unwrap();
    assert!(matches!(store.add_connection(&new(w, ONE, "x"), at(1)).await, Err(StoreError::Conflict { .. })));
    let changed = NewConnection { sealed: vec![9], ..new(w, ONE, "Redmine novo") };
    store.update_connection(&changed).await.unwrap();
    let kept = store.connection(w.varanda.tenant, ONE).await.unwrap();
    assert_eq!((kept.what, kept.revision, kept.created_at, kept.removed_at), (changed, 2, at(1), None));
    assert_eq!(store.connections(w.varanda.tenant).await.unwrap().len(), 1);
}

pub async fn one_companys_connection_is_nothing_to_another(w: &World) {
    let store = w.store().await;
    store.add_connection(&new(w, ONE, "Redmine"), at(1)).await.unwrap();
    let other = w.other.tenant;
    assert_eq!(store.tenant_of_connection(ONE).await.unwrap(), Some(w.varanda.tenant));
    assert_eq!(store.tenant_of_connection(ConnectionId::from_bytes([42; 16])).await.unwrap(), None);
    assert!(store.connections(other).await.unwrap().is_empty());
    assert!(matches!(store.connection(other, ONE).await, Err(StoreError::NotFound { .. })));
    let theirs = NewConnection { tenant: other, ..new(w, ONE, "x") };
    assert!(matches!(store.update_connection(&theirs).await, Err(StoreError::NotFound { .. })));
    assert!(matches!(store.remove_connection(other, ONE, at(2)).await, Err(StoreError::NotFound { .. })));
    assert!(matches!(store.set_app_connection(other, w.other.app, Some(ONE)).await, Err(StoreError::NotFound { .. })));
    assert!(matches!(
        store.set_app_connection(w.varanda.tenant, w.other.app, None).await,
        Err(StoreError::NotFound { .. })
    ));
}

pub async fn a_session_keeps_the_connection_its_app_had_and_tickets_of_two_systems_do_not_wait_for_each_other(
    w: &World,
) {
    let (store, tenant, app) = (w.store().await, w.varanda.tenant, w.varanda.app);
    store.add_connection(&new(w, ONE, "Redmine"), at(1)).await.unwrap();
    let before = w.ended(1, on("12")).await;
    store.set_app_connection(tenant, app, Some(ONE)).await.unwrap();
    assert_eq!(store.app_connection(tenant, app).await.unwrap(), Some(ONE));
    let with = w.ended(2, on("12")).await;
    store.set_app_connection(tenant, app, None).await.unwrap();
    assert_eq!(store.session(before).await.unwrap().connection, None);
    assert_eq!(store.session(with).await.unwrap().connection, Some(ONE));
    let claimed = store.claim(at(100), std::time::Duration::from_secs(60), 9).await.unwrap();
    assert_eq!(claimed.len(), 2, "the same number in two systems is two tickets");
}

pub async fn a_connection_goes_when_nobody_uses_it_and_takes_its_secrets_with_it(w: &World) {
    let (store, tenant, app) = (w.store().await, w.varanda.tenant, w.varanda.app);
    store.add_connection(&new(w, ONE, "Redmine"), at(1)).await.unwrap();
    store.set_app_connection(tenant, app, Some(ONE)).await.unwrap();
    let in_use = |r| matches!(r, Err(StoreError::Conflict { what: "connection in use" }));
    assert!(in_use(store.remove_connection(tenant, ONE, at(2)).await));
    w.started(1, open_new()).await;
    store.set_app_connection(tenant, app, None).await.unwrap();
    assert!(in_use(store.remove_connection(tenant, ONE, at(3)).await), "something is still to be told to it");
    let claimed = store.claim(at(100), std::time::Duration::from_secs(60), 9).await.unwrap().remove(0);
    let done = Settled::Done { ticket: number("12"), external_id: None, fields: Default::default() };
    store.settle(claimed.lease, &done, at(101)).await.unwrap();
    assert!(in_use(store.remove_connection(tenant, ONE, at(102)).await), "the session is under way");
    store.end_session(claimed.session.id, &super::end(110), at(110)).await.unwrap();
    let claimed = store.claim(at(120), std::time::Duration::from_secs(60), 9).await.unwrap().remove(0);
    store.settle(claimed.lease, &done, at(121)).await.unwrap();
    store.remove_connection(tenant, ONE, at(122)).await.unwrap();
    assert!(store.connections(tenant).await.unwrap().is_empty());
    let gone = store.connection(tenant, ONE).await.unwrap();
    assert_eq!((gone.removed_at, gone.what.sealed), (Some(at(122)), Vec::new()));
}

pub async fn what_goes_into_fields_and_who_is_who_is_kept_beside_the_settings(w: &World) {
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    store.add_connection(&new(w, ONE, "Redmine"), at(1)).await.unwrap();
    let fields = vec![("12".to_owned(), "{customer_document}".to_owned()), ("priority_id".to_owned(), "5".to_owned())];
    let (people, nobody) = (BTreeMap::from([("aa".to_owned(), "7".to_owned())]), BTreeMap::new());
    assert!(matches!(
        store.set_connection_fields(w.other.tenant, ONE, &[], &fields).await,
        Err(StoreError::NotFound { .. })
    ));
    assert!(matches!(
        store.set_connection_people(w.other.tenant, ONE, &nobody, &people).await,
        Err(StoreError::NotFound { .. })
    ));
    let kept = store.connection(tenant, ONE).await.unwrap();
    assert_eq!((kept.fields, kept.people, kept.revision), (Vec::new(), BTreeMap::new(), 1));
    store.set_connection_fields(tenant, ONE, &[], &fields).await.unwrap();
    store.set_connection_people(tenant, ONE, &nobody, &people).await.unwrap();
    // Whoever began with something else is told, and nothing is written.
    let late = store.set_connection_fields(tenant, ONE, &[], &fields[..1]).await;
    assert!(matches!(late, Err(StoreError::Conflict { what: "connection" })), "{late:?}");
    let late = store.set_connection_people(tenant, ONE, &nobody, &nobody).await;
    assert!(matches!(late, Err(StoreError::Conflict { what: "connection" })), "{late:?}");
    // Saving the settings leaves them as they are.
    store.update_connection(&new(w, ONE, "Outro nome")).await.unwrap();
    let kept = store.connection(tenant, ONE).await.unwrap();
    assert_eq!((kept.fields, kept.people, kept.revision), (fields.clone(), people, 4));
    store.remove_connection(tenant, ONE, at(2)).await.unwrap();
    assert!(matches!(store.set_connection_fields(tenant, ONE, &fields, &[]).await, Err(StoreError::NotFound { .. })));
}

pub async fn what_a_system_leaves_out_is_noted_until_it_keeps_it_or_what_is_mapped_changes(w: &World) {
    let (store, tenant, app) = (w.store().await, w.varanda.tenant, w.varanda.app);
    store.add_connection(&new(w, ONE, "Redmine"), at(1)).await.unwrap();
    store.set_app_connection(tenant, app, Some(ONE)).await.unwrap();
    let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let opened = async |n: u8, kept: &[&str], left_out: &[&str]| {
        w.started(n, open_new()).await;
        let claimed = store.claim(at(100), std::time::Duration::from_secs(60), 9).await.unwrap().remove(0);
        let fields = KeptFields { kept: names(kept), left_out: names(left_out) };
        let done = Settled::Done { ticket: number(&n.to_string()), external_id: None, fields };
        store.settle(claimed.lease, &done, at(100 + i64::from(n))).await.unwrap();
        store.connection(tenant, ONE).await.unwrap().left_out
    };
    assert_eq!(opened(1, &["12"], &[]).await, None);
    let noted = |fields: &[&str], n: i64| {
        Some(LeftOut { fields: names(fields), ticket: number(&n.to_string()), at: at(100 + n) })
    };
    assert_eq!(opened(2, &["12"], &["77", "it's \"odd\""]).await, noted(&["77", "it's \"odd\""], 2));
    assert_eq!(opened(3, &[], &["78", "77"]).await, noted(&["77", "78", "it's \"odd\""], 3));
    // One that says nothing of them, and one that has two of them.
    assert_eq!(opened(4, &[], &[]).await, noted(&["77", "78", "it's \"odd\""], 3));
    assert_eq!(opened(5, &["77", "it's \"odd\""], &[]).await, noted(&["78"], 3));
    assert_eq!(opened(6, &["78"], &[]).await, None);
    assert!(opened(7, &[], &["78"]).await.is_some());
    store.update_connection(&new(w, ONE, "Redmine")).await.unwrap();
    assert_eq!(store.connection(tenant, ONE).await.unwrap().left_out, None);
}

pub async fn a_parked_row_that_is_dropped_lets_the_end_go_on(w: &World) {
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    let id = w.ended(1, open_new()).await;
    let claimed = store.claim(at(100), std::time::Duration::from_secs(60), 9).await.unwrap().remove(0);
    let parked = Settled::Parked { why: "422".into(), uncertain: true };
    store.settle(claimed.lease, &parked, at(101)).await.unwrap();
    assert!(store.claim(at(102), std::time::Duration::from_secs(60), 9).await.unwrap().is_empty());
    assert!(store.drop_parked(w.other.tenant, claimed.entry.id, "x", at(103)).await.is_err());
    store.drop_parked(tenant, claimed.entry.id, "de teste", at(103)).await.unwrap();
    let rows = store.outbox_of_session(id).await.unwrap();
    assert_eq!((rows[0].state, rows[0].why.as_deref()), (OutboxState::Dropped, Some("de teste")));
    assert_eq!(rows[0].uncertain_at, Some(at(101)));
    let end = store.claim(at(104), std::time::Duration::from_secs(60), 9).await.unwrap();
    assert_eq!(end.iter().map(|c| c.entry.kind).collect::<Vec<_>>(), [EventKind::End]);
    assert_eq!(store.retry_all_parked(tenant, at(105)).await.unwrap(), 0, "what is dropped stays dropped");
}

pub async fn what_actions_say_is_kept_by_kind_and_language_and_changed_from_what_it_said(w: &World) {
    let (store, tenant) = (w.store().await, w.varanda.tenant);
    let stamp = |second, by: &str| Stamp { at: at(second), by: by.to_owned() };
    let change = |kind, from: Option<&str>, to: Option<&str>| TemplateChange {
        kind,
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
    };
    let (start, end) = (EventKind::Start, EventKind::End);
    let read = |kind, language| store.action_template(tenant, kind, language);
    assert_eq!(read(start, Language::En).await.unwrap(), None);
    assert_eq!(store.action_templates(tenant, Language::En).await.unwrap(), []);
    for (from, to) in [(None, Some("Hi {protocol}")), (Some("Hi {protocol}"), Some("Bye"))] {
        let changes = [change(start, from, to)];
        store.change_action_templates(tenant, Language::En, &changes, &stamp(1, "Ana")).await.unwrap();
        assert_eq!(read(start, Language::En).await.unwrap().as_deref(), to);
    }
    assert_eq!(read(start, Language::Es).await.unwrap(), None, "each language has its own");
    assert_eq!(store.action_template(w.other.tenant, start, Language::En).await.unwrap(), None);
    // All or nothing, when another was quicker.
    for stale in [None, Some("Hi {protocol}")] {
        let changes = [change(end, None, Some("New")), change(start, stale, Some("Mine"))];
        let done = store.change_action_templates(tenant, Language::En, &changes, &stamp(2, "Rui")).await;
        assert!(matches!(done, Err(StoreError::Conflict { what: "action text" })), "{done:?}");
        assert_eq!(read(end, Language::En).await.unwrap(), None);
        assert_eq!(read(start, Language::En).await.unwrap().as_deref(), Some("Bye"));
    }
    // What says something already cannot be what was never changed.
    let changes = [change(EventKind::WrapUp, Some("x"), Some("y"))];
    let done = store.change_action_templates(tenant, Language::En, &changes, &stamp(2, "Rui")).await;
    assert!(matches!(done, Err(StoreError::Conflict { .. })), "{done:?}");
    // Back to the standing text, and who put it back is known.
    let changes = [change(start, Some("Bye"), None)];
    store.change_action_templates(tenant, Language::En, &changes, &stamp(3, "Rui")).await.unwrap();
    assert_eq!(read(start, Language::En).await.unwrap(), None);
    let all = store.action_templates(tenant, Language::En).await.unwrap();
    assert_eq!(all, [ActionTemplate { kind: start, text: None, changed: stamp(3, "Rui") }]);
    let changes = [change(start, None, Some("Again"))];
    store.change_action_templates(tenant, Language::En, &changes, &stamp(4, "Ana")).await.unwrap();
    assert_eq!(read(start, Language::En).await.unwrap().as_deref(), Some("Again"));
}
