//! Sessions: protocol numbers, start and end exactly once, history.

use protocol::{
    id::{ProtocolNumber, SessionId, TicketNumber},
    message::{
        grant::{Change, Grants, RightsChange},
        pairing::{CloseReason, Role},
    },
};
use store::{
    By, Ended, EventKind, FiguresQuery, HistoryQuery, Kept, NewWatch, Seal, SessionState, Settled, Started, StoreError,
};

use super::{World, at, end, number, on, open_new, start};

async fn told(w: &World, id: SessionId) -> Vec<EventKind> {
    w.store().await.outbox_of_session(id).await.unwrap().iter().map(|e| e.kind).collect()
}

const BOTH: [EventKind; 2] = [EventKind::Start, EventKind::End];

pub async fn protocol_numbers_count_per_tenant_and_its_own_day(w: &World) {
    let open = async |n: u8, company: &super::Company, dialled: &str| {
        let mut new = company.session(n, open_new());
        new.dialled_at = dialled.parse().unwrap();
        w.store().await.open_session(&new).await.unwrap().protocol.to_string()
    };
    // Midnight in São Paulo is three in the morning in UTC.
    assert_eq!(open(1, &w.varanda, "2026-11-22T02:59:59.999Z").await, "2026-11-21-000001");
    assert_eq!(open(2, &w.varanda, "2026-11-21T03:00:00Z").await, "2026-11-21-000002");
    assert_eq!(open(3, &w.varanda, "2026-11-22T03:00:00Z").await, "2026-11-22-000001");
    assert_eq!(open(4, &w.other, "2026-11-21T12:00:00Z").await, "2026-11-21-000001");
    // A session that is there already does not use a number up.
    assert!(matches!(
        w.store().await.open_session(&w.varanda.session(1, open_new())).await,
        Err(StoreError::Conflict { what: "session" })
    ));
    assert_eq!(open(5, &w.varanda, "2026-11-21T12:00:00Z").await, "2026-11-21-000003");
    let by_number =
        w.store().await.session_by_protocol(w.varanda.tenant, &ProtocolNumber::new("2026-11-21-000003").unwrap()).await;
    assert_eq!(by_number.unwrap().id, SessionId::from_bytes([5; 16]));
    // In another place it is another day; a day that comes a second time is counted on.
    let mut moved = w.store().await.tenant(w.varanda.tenant).await.unwrap();
    for (n, zone, number) in [
        (6, "Pacific/Auckland", "2026-11-22-000002"),
        (7, "America/Sao_Paulo", "2026-11-21-000004"),
        (8, "Nowhere/At_All", "2026-11-21-000005"),
    ] {
        moved.time_zone = zone.to_owned();
        moved.revision = w.store().await.update_tenant(&moved).await.unwrap();
        assert_eq!(open(n, &w.varanda, "2026-11-21T12:00:00Z").await, number, "{zone}");
    }
}

pub async fn sessions_dialled_at_once_get_different_numbers(w: &World) {
    let store = w.store().await;
    let all = (1..=20).map(|n| {
        let (store, new) = (store.clone(), w.varanda.session(n, open_new()));
        tokio::spawn(async move { store.open_session(&new).await.unwrap().protocol.to_string() })
    });
    let mut numbers = Vec::new();
    for one in all.collect::<Vec<_>>() {
        numbers.push(one.await.unwrap());
    }
    numbers.sort();
    assert_eq!(numbers, (1..=20).map(|n| format!("2026-11-21-{n:06}")).collect::<Vec<_>>());
}

pub async fn a_session_is_read_back_as_it_went(w: &World) {
    let id = w.dialled(1, on("4821")).await;
    let session = w.store().await.session(id).await.unwrap();
    assert_eq!(
        (session.state, session.granted, session.choice.clone()),
        (SessionState::Dialling, Grants::NONE, on("4821"))
    );
    assert_eq!((session.customer_name.as_str(), session.fields.len()), ("Cida Conceição", 2));
    let started = Started { granted: Grants::VIEW, attendant_name: "Ana B. Ribeiro".into(), at: at(5) };
    w.store().await.start_session(id, &started, at(6)).await.unwrap();
    w.store().await.end_session(id, &end(65), at(66)).await.unwrap();
    let session = w.store().await.session(id).await.unwrap();
    assert_eq!((session.state, session.granted, session.reconnects), (SessionState::Ended, Grants::VIEW, 1));
    assert_eq!((session.started_at, session.ended_at), (Some(at(5)), Some(at(65))));
    assert_eq!(
        (session.close_reason, session.attendant_name.as_str()),
        (Some(CloseReason::EndedByCustomer), "Ana B. Ribeiro")
    );
    assert_eq!((session.ticket.as_ref(), session.ticket_shown()), (None, Some(&number("4821"))));
    let other = w.dialled(2, open_new()).await;
    assert_eq!(w.store().await.session(other).await.unwrap().choice, open_new());
}

pub async fn a_customers_alarm_is_written_once_during_a_session_or_after_it(w: &World) {
    let store = w.store().await;
    let alarms = || store.audit_alarms(w.varanda.tenant, at(0));
    for (n, over) in [(1, false), (2, true)] {
        let id = w.dialled(n, on("4821")).await;
        store.start_session(id, &start(5), at(6)).await.unwrap();
        if over {
            store.end_session(id, &end(65), at(66)).await.unwrap();
        }
        let before = alarms().await.unwrap();
        assert_eq!(store.alarm_session(id, at(70), at(71)).await.unwrap(), Kept::New);
        assert_eq!(store.alarm_session(id, at(99), at(99)).await.unwrap(), Kept::Already);
        assert_eq!(store.session(id).await.unwrap().alarm_at, Some(at(70)));
        assert_eq!(alarms().await.unwrap(), before + 1);
    }
    let newest = store.audit_list(w.varanda.tenant, 1).await.unwrap().remove(0);
    assert_eq!((newest.what.as_str(), newest.at), (store::SESSION_ALARM, at(71)));
    assert!(newest.detail.contains("customer=Cida Conceição"), "{}", newest.detail);
    let unknown = store.alarm_session(SessionId::from_bytes([99; 16]), at(1), at(1)).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { what: "session" })));
}

pub async fn what_is_allowed_during_a_session_is_kept_in_order_and_written_down_once(w: &World) {
    let store = w.store().await;
    let change =
        |granted, second: i64| Change { granted, at_unix_ms: u64::try_from(at(second).as_millisecond()).unwrap() };
    let (took, gave) = (change(Grants::VIEW, 20), change(Grants::CONTROL, 30));
    let id = w.dialled(1, on("4821")).await;
    let early = store.change_session(id, &[took], at(10)).await;
    assert!(matches!(early, Err(StoreError::Conflict { what: "state" })), "{early:?}");
    store.start_session(id, &start(5), at(6)).await.unwrap();
    assert_eq!(store.change_session(id, &[], at(20)).await.unwrap(), Kept::Already);
    assert_eq!(store.change_session(id, &[took], at(20)).await.unwrap(), Kept::New);
    assert_eq!(store.change_session(id, &[took, gave], at(30)).await.unwrap(), Kept::New);
    // Said again, or said late what was known before.
    assert_eq!(store.change_session(id, &[took, gave], at(40)).await.unwrap(), Kept::Already);
    assert_eq!(store.change_session(id, &[took], at(41)).await.unwrap(), Kept::Already);
    // With other times it is the same told again: somebody's program that tells it forever fills no log.
    for second in [31, 32, 90] {
        let again = [change(Grants::VIEW, second), change(Grants::CONTROL, second)];
        assert_eq!(store.change_session(id, &again, at(41)).await.unwrap(), Kept::Already);
    }
    assert_eq!(store.session(id).await.unwrap().changes, [took, gave]);
    let lines = store.audit_list(w.varanda.tenant, 9).await.unwrap();
    let told = lines.iter().filter(|line| line.what == store::SESSION_CHANGED).map(|line| line.detail.clone());
    let told: Vec<String> = told.map(|detail| detail.split(' ').nth(1).unwrap().to_owned()).collect();
    assert_eq!(told, ["grants=view,control", "grants=view"]);
    // Times before it began and after it was over are not believed.
    store.end_session(id, &end(65), at(66)).await.unwrap();
    let odd = [took, gave, change(Grants::VIEW, 1), Change { granted: Grants::CONTROL, at_unix_ms: u64::MAX }];
    assert_eq!(store.change_session(id, &odd, at(99)).await.unwrap(), Kept::New);
    let kept = store.session(id).await.unwrap().changes;
    assert_eq!(kept[2..], [change(Grants::VIEW, 5), change(Grants::CONTROL, 65)]);
    let other = w.dialled(2, on("4821")).await;
    store.end_session(other, &end(65), at(66)).await.unwrap();
    assert!(store.change_session(other, &[took], at(99)).await.is_err(), "it never began");
}

pub async fn when_a_session_had_administrators_rights_is_kept_in_order_and_written_down_once(w: &World) {
    let store = w.store().await;
    let change = |administrator, second: i64| RightsChange {
        administrator,
        at_unix_ms: u64::try_from(at(second).as_millisecond()).unwrap(),
    };
    let (got, lost) = (change(true, 20), change(false, 30));
    let id = w.dialled(1, on("4821")).await;
    let early = store.change_rights(id, &[got], at(10)).await;
    assert!(matches!(early, Err(StoreError::Conflict { what: "state" })), "{early:?}");
    store.start_session(id, &start(5), at(6)).await.unwrap();
    assert_eq!(store.change_rights(id, &[], at(20)).await.unwrap(), Kept::Already);
    assert_eq!(store.change_rights(id, &[got], at(20)).await.unwrap(), Kept::New);
    assert_eq!(store.change_rights(id, &[got, lost], at(30)).await.unwrap(), Kept::New);
    // Said again, with the same times or with others, or said late what was known before.
    for second in [20, 31, 90] {
        let again = [change(true, second), change(false, second + 1)];
        assert_eq!(store.change_rights(id, &again, at(40)).await.unwrap(), Kept::Already);
        assert_eq!(store.change_rights(id, &again[..1], at(41)).await.unwrap(), Kept::Already);
    }
    let row = store.session(id).await.unwrap();
    assert_eq!(row.rights, [got, lost]);
    assert!(row.changes.is_empty(), "it is nothing that the customer allows");
    let lines = store.audit_list(w.varanda.tenant, 9).await.unwrap();
    let told = lines.iter().filter(|line| line.what == store::SESSION_RIGHTS).map(|line| line.detail.clone());
    let told: Vec<String> = told.map(|detail| detail.split_once(' ').unwrap().1.to_owned()).collect();
    let line = |word: &str, change: &RightsChange| format!("administrator={word} at_ms={}", change.at_unix_ms);
    assert_eq!(told, [line("off", &lost), line("on", &got)]);
    // Times before it began and after it was over are not believed.
    store.end_session(id, &end(65), at(66)).await.unwrap();
    let odd = [got, lost, change(true, 1), RightsChange { administrator: false, at_unix_ms: u64::MAX }];
    assert_eq!(store.change_rights(id, &odd, at(99)).await.unwrap(), Kept::New);
    let kept = store.session(id).await.unwrap().rights;
    assert_eq!(kept[2..], [change(true, 5), change(false, 65)]);
    let other = w.dialled(2, on("4821")).await;
    store.end_session(other, &end(65), at(66)).await.unwrap();
    assert!(store.change_rights(other, &[got], at(99)).await.is_err(), "it never began");
}

pub async fn a_watch_is_on_the_ticket_of_the_session_it_watches_and_is_not_counted(w: &World) {
    let store = w.store().await;
    let main = w.started(1, open_new()).await;
    let new = |n: u8, watched: SessionId| NewWatch {
        id: SessionId::from_bytes([n; 16]),
        tenant: w.varanda.tenant,
        watched,
        attendant: w.varanda.ana,
        attendant_name: "Bia Costa".into(),
        dialled_at: at(30),
    };
    let early = store.open_watch(&new(2, main)).await;
    assert!(matches!(early, Err(StoreError::Conflict { what: "ticket" })), "its ticket is not open yet: {early:?}");
    let claimed = store.claim(at(31), std::time::Duration::from_secs(60), 9).await.unwrap().remove(0);
    let done =
        Settled::Done { ticket: TicketNumber::new("4821").unwrap(), external_id: None, fields: Default::default() };
    store.settle(claimed.lease, &done, at(32)).await.unwrap();

    let opened = store.open_watch(&new(2, main)).await.unwrap();
    let (watched, watch) =
        (store.session(main).await.unwrap(), store.session(SessionId::from_bytes([2; 16])).await.unwrap());
    assert_eq!((watch.watches.as_ref(), watch.ticket_shown()), (Some(&watched.protocol), watched.ticket.as_ref()));
    assert!(opened.protocol == watch.protocol && watch.protocol != watched.protocol);
    assert_eq!((watch.app, watch.device, &watch.fields), (watched.app, watched.device, &watched.fields));
    assert_eq!((watch.customer_name.as_str(), watch.attendant_name.as_str()), ("Cida Conceição", "Bia Costa"));
    let started = Started { granted: Grants::VIEW, attendant_name: String::new(), at: at(40) };
    store.start_session(watch.id, &started, at(40)).await.unwrap();
    let nested = store.open_watch(&new(3, watch.id)).await;
    assert!(matches!(nested, Err(StoreError::Conflict { what: "state" })), "a watch is not watched: {nested:?}");
    // One that the customer does not allow is no look at anything.
    let refused = SessionId::from_bytes([6; 16]);
    store.open_watch(&new(6, main)).await.unwrap();
    store.end_session(refused, &Ended { why: CloseReason::Refused, ..end(45) }, at(45)).await.unwrap();
    let watches = async |tenant, of: &ProtocolNumber, limit| {
        let found = store.watches_of(tenant, of, limit).await.unwrap();
        found.iter().map(|session| session.id).collect::<Vec<_>>()
    };
    assert_eq!(watches(w.varanda.tenant, &watched.protocol, 9).await, [watch.id]);
    assert!(watches(w.varanda.tenant, &watched.protocol, 0).await.is_empty());
    assert!(watches(w.varanda.tenant, &watch.protocol, 9).await.is_empty());
    assert!(watches(w.other.tenant, &watched.protocol, 9).await.is_empty(), "the same number of another company");
    store.end_session(watch.id, &end(50), at(50)).await.unwrap();
    assert_eq!(told(w, watch.id).await, [EventKind::Start, EventKind::End]);
    let query = FiguresQuery { from: at(0), to: at(1000), apps: vec![w.varanda.app], by: By::All };
    let figures = store.figures(w.varanda.tenant, &query).await.unwrap().remove(0).figures;
    assert_eq!((figures.sessions, figures.over), (1, 0), "it helped nobody");

    store.end_session(main, &end(60), at(60)).await.unwrap();
    let late = store.open_watch(&new(4, main)).await;
    assert!(matches!(late, Err(StoreError::Conflict { what: "state" })), "{late:?}");
    let foreign = NewWatch { tenant: w.other.tenant, ..new(5, main) };
    assert!(matches!(store.open_watch(&foreign).await, Err(StoreError::NotFound { .. })));
}

pub async fn each_end_of_a_session_seals_it_once_and_different_witnesses_are_a_dispute(w: &World) {
    let store = w.store().await;
    let signed = |witness: u8| Seal::Signed { witness: vec![witness; 96], detail: format!("witness={witness}") };
    let disputed = || Seal::Disputed { why: "because".to_owned() };
    for (n, customer, attendant, lines) in [
        (1, signed(7), signed(7), vec!["session.signed", "session.signed"]),
        (2, signed(7), signed(8), vec!["session.signed", "session.signed", "session.disputed"]),
        (3, disputed(), signed(8), vec!["session.disputed", "session.signed"]),
    ] {
        let id = w.dialled(n, open_new()).await;
        store.start_session(id, &start(5), at(6)).await.unwrap();
        store.end_session(id, &end(65), at(66)).await.unwrap();
        let before = store.audit_head(w.varanda.tenant).await.unwrap().seq;
        for expected in [Kept::New, Kept::Already] {
            assert_eq!(store.seal_session(id, Role::Customer, &customer, at(70)).await.unwrap(), expected);
            assert_eq!(store.seal_session(id, Role::Attendant, &attendant, at(71)).await.unwrap(), expected);
        }
        let mut written = store.audit_list(w.varanda.tenant, 100).await.unwrap();
        let more = store.audit_head(w.varanda.tenant).await.unwrap().seq - before;
        written.truncate(more.try_into().unwrap());
        let whats: Vec<&str> = written.iter().rev().map(|line| line.what.as_str()).collect();
        assert_eq!(whats, lines, "case {n}");
    }
    let unknown = store.seal_session(SessionId::from_bytes([99; 16]), Role::Customer, &disputed(), at(1)).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { what: "session" })));
}

pub async fn start_and_end_are_written_once_however_often_they_are_reported(w: &World) {
    let id = w.dialled(1, open_new()).await;
    assert_eq!(w.store().await.start_session(id, &start(5), at(5)).await.unwrap(), Kept::New);
    assert_eq!(w.store().await.start_session(id, &start(9), at(9)).await.unwrap(), Kept::Already);
    assert_eq!(w.store().await.end_session(id, &end(65), at(65)).await.unwrap(), Kept::New);
    let lost = Ended { why: CloseReason::ConnectionLost, ..end(70) };
    assert_eq!(w.store().await.end_session(id, &lost, at(70)).await.unwrap(), Kept::Already);
    assert_eq!(w.store().await.start_session(id, &start(80), at(80)).await.unwrap(), Kept::Already);
    assert_eq!(told(w, id).await, BOTH);
    let session = w.store().await.session(id).await.unwrap();
    assert_eq!((session.started_at, session.close_reason), (Some(at(5)), Some(CloseReason::EndedByCustomer)));
    let rows = w.store().await.outbox_of_session(id).await.unwrap();
    assert_eq!(rows[0].marker, format!("amparo:{id}:start"));
    assert_eq!(rows[1].marker, format!("amparo:{id}:end"));
}

pub async fn a_session_that_never_started_tells_nobody(w: &World) {
    let id = w.dialled(1, open_new()).await;
    let refused = Ended { why: CloseReason::Refused, at: at(30), reconnects: 0 };
    assert_eq!(w.store().await.end_session(id, &refused, at(30)).await.unwrap(), Kept::New);
    assert_eq!(w.store().await.end_session(id, &refused, at(31)).await.unwrap(), Kept::Already);
    assert!(told(w, id).await.is_empty());
    let session = w.store().await.session(id).await.unwrap();
    assert_eq!((session.state, session.close_reason), (SessionState::NotStarted, Some(CloseReason::Refused)));
}

pub async fn a_start_that_is_reported_after_the_end_still_gives_one_pair_in_order(w: &World) {
    let id = w.dialled(1, open_new()).await;
    w.store().await.end_session(id, &end(65), at(65)).await.unwrap();
    assert_eq!(w.store().await.start_session(id, &start(5), at(90)).await.unwrap(), Kept::New);
    assert_eq!(w.store().await.start_session(id, &start(5), at(91)).await.unwrap(), Kept::Already);
    assert_eq!(w.store().await.end_session(id, &end(65), at(92)).await.unwrap(), Kept::Already);
    assert_eq!(told(w, id).await, BOTH);
    let session = w.store().await.session(id).await.unwrap();
    assert_eq!((session.state, session.started_at, session.ended_at), (SessionState::Ended, Some(at(5)), Some(at(65))));
}

pub async fn times_that_cannot_be_are_put_in_order(w: &World) {
    let id = w.dialled(1, open_new()).await;
    w.store().await.start_session(id, &start(-50), at(5)).await.unwrap();
    w.store().await.end_session(id, &end(-90), at(5)).await.unwrap();
    let session = w.store().await.session(id).await.unwrap();
    assert_eq!((session.started_at, session.ended_at), (Some(at(0)), Some(at(0))));
    // A late start that claims to be after the end.
    let id = w.dialled(2, open_new()).await;
    w.store().await.end_session(id, &end(65), at(65)).await.unwrap();
    w.store().await.start_session(id, &start(99), at(99)).await.unwrap();
    assert_eq!(w.store().await.session(id).await.unwrap().started_at, Some(at(65)));
}

pub async fn unknown_sessions_are_not_found(w: &World) {
    let id = SessionId::from_bytes([77; 16]);
    let missing = |what: &StoreError| matches!(what, StoreError::NotFound { what: "session" });
    assert!(missing(&w.store().await.session(id).await.unwrap_err()));
    assert!(missing(&w.store().await.start_session(id, &start(1), at(1)).await.unwrap_err()));
    assert!(missing(&w.store().await.end_session(id, &end(1), at(1)).await.unwrap_err()));
    let mut new = w.varanda.session(1, open_new());
    new.app = protocol::id::AppId::from_bytes([77; 16]);
    assert!(matches!(w.store().await.open_session(&new).await, Err(StoreError::NotFound { .. })));
}

pub async fn unfinished_sessions_are_those_a_restart_must_see_to(w: &World) {
    let dialling = w.dialled(1, open_new()).await;
    let started = w.started(2, open_new()).await;
    w.ended(3, open_new()).await;
    let unfinished = w.store().await.unfinished_sessions().await.unwrap();
    assert_eq!(unfinished.iter().map(|s| s.id).collect::<Vec<_>>(), [dialling, started]);
}

pub async fn history_is_newest_first_in_pages_and_only_the_tenants(w: &World) {
    for n in 1..=5 {
        w.ended(n, open_new()).await;
    }
    let foreign = w.other.session(50, open_new());
    w.store().await.open_session(&foreign).await.unwrap();
    let mut seen = Vec::new();
    let mut query = HistoryQuery { limit: 2, ..HistoryQuery::default() };
    loop {
        let page = w.store().await.history(w.varanda.tenant, &query).await.unwrap();
        let Some(last) = page.last() else { break };
        query.before = Some(last.row);
        seen.extend(page.iter().map(|s| s.id.as_bytes()[0]));
        // What is dialled meanwhile does not move the pages.
        w.dialled(u8::try_from(100 + seen.len()).unwrap(), open_new()).await;
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
}

pub async fn history_is_found_by_what_people_remember(w: &World) {
    w.ended(1, on("4821")).await;
    w.dialled(2, open_new()).await;
    let find = async |query: HistoryQuery| {
        let found = w.store().await.history(w.varanda.tenant, &query).await.unwrap();
        found.iter().map(|s| s.id.as_bytes()[0]).collect::<Vec<_>>()
    };
    let text = |search: &str| HistoryQuery { search: search.into(), ..HistoryQuery::default() };
    assert_eq!(find(text("CONCEICAO")).await, [2, 1]);
    assert_eq!(find(text("aurora")).await, [2, 1]);
    assert_eq!(find(text("000002")).await, [2]);
    assert_eq!(find(text("4821")).await, [1]);
    // Parts of words, words of two texts, letters of any script, what a search's own language would be, less than an index has.
    assert_eq!(find(text("ncei")).await, [2, 1]);
    assert_eq!(find(text("conceiçáo")).await, [2, 1]);
    assert_eq!(find(text("02")).await, [2, 1], "the year has it too");
    assert_eq!(find(text("48")).await, [1]);
    for none in [
        "%",
        "auror4",
        "aurora\"",
        "\" OR \"aurora",
        "aurora NOT x",
        "*",
        "日本語",
        "a\0b",
        "conceicao  n",
        &"x".repeat(5_000),
    ] {
        assert_eq!(find(text(none)).await, [0; 0], "{none:?}");
    }
    assert_eq!(find(HistoryQuery { states: vec![SessionState::Ended], ..HistoryQuery::default() }).await, [1]);
    assert_eq!(find(HistoryQuery { ticket: Some(number("4821")), ..HistoryQuery::default() }).await, [1]);
    assert_eq!(find(HistoryQuery { attendant: Some(w.varanda.admin), ..HistoryQuery::default() }).await, [0; 0]);
    assert_eq!(find(HistoryQuery { from: Some(at(0)), to: Some(at(1)), ..HistoryQuery::default() }).await, [2, 1]);
    assert_eq!(find(HistoryQuery { from: Some(at(1)), ..HistoryQuery::default() }).await, [0; 0]);
}

pub async fn history_is_counted_as_it_is_found_and_no_further_than_wanted(w: &World) {
    w.ended(1, on("4821")).await;
    for n in 2..=6 {
        w.dialled(n, open_new()).await;
    }
    w.store().await.open_session(&w.other.session(50, open_new())).await.unwrap();
    for query in [
        HistoryQuery::default(),
        HistoryQuery { search: "aurora".into(), ..HistoryQuery::default() },
        HistoryQuery { search: "48".into(), ..HistoryQuery::default() },
        HistoryQuery { search: "\" OR \"aurora".into(), ..HistoryQuery::default() },
        HistoryQuery { states: vec![SessionState::Ended], ..HistoryQuery::default() },
        HistoryQuery { from: Some(at(0)), to: Some(at(1)), ..HistoryQuery::default() },
        HistoryQuery { attendant: Some(w.varanda.admin), ..HistoryQuery::default() },
        HistoryQuery { apps: Some(Vec::new()), ..HistoryQuery::default() },
    ] {
        let found = w.store().await.history(w.varanda.tenant, &query).await.unwrap().len();
        let one = HistoryQuery { limit: 1, ..query };
        let count = async |at_most| w.store().await.count_history(w.varanda.tenant, &one, at_most).await.unwrap();
        assert_eq!(count(1000).await as usize, found, "{one:?}");
        assert_eq!(count(2).await as usize, found.min(2), "{one:?}");
    }
}

pub async fn every_step_of_a_session_is_a_line_of_the_audit_log_once(w: &World) {
    let id = w.ended(1, open_new()).await;
    let store = w.store().await;
    let session = store.session(id).await.unwrap();
    let lines = store.audit_page(w.varanda.tenant, None, 10).await.unwrap();
    let said: Vec<_> = lines.iter().rev().map(|l| (l.entry.what.as_str(), l.entry.detail.as_str())).collect();
    let of = format!("session={id}");
    assert_eq!(
        said,
        [
            ("session.dialled", &*format!("{of} device=123456789")),
            ("session.started", &*format!("{of} grants=view,control started_ms=1795269605000")),
            (
                "session.ended",
                &*format!("{of} state=ended reason=ended_by_customer seconds=60 reconnects=1 ended_ms=1795269665000")
            ),
        ]
    );
    assert!(lines.iter().all(|l| l.entry.subject == session.protocol.as_str() && l.entry.who == "Ana Ribeiro"));
    assert_eq!(session.audit, Some(lines[0].place), "the session has noted its last line");
    assert_eq!(store.audit_head(w.varanda.tenant).await.unwrap(), lines[0].place);
    // Told again, nothing is written.
    assert_eq!(store.end_session(id, &end(99), at(99)).await.unwrap(), Kept::Already);
    assert_eq!(store.start_session(id, &start(5), at(99)).await.unwrap(), Kept::Already);
    assert_eq!(store.audit_head(w.varanda.tenant).await.unwrap(), lines[0].place);
    assert_eq!(store.audit_verify(w.varanda.tenant, None).await.unwrap().broken, None);
}

pub async fn a_session_that_was_refused_is_in_the_audit_log_and_a_late_start_after_it(w: &World) {
    let id = w.dialled(1, open_new()).await;
    let store = w.store().await;
    let refused = Ended { why: CloseReason::Refused, at: at(3), reconnects: 0 };
    store.end_session(id, &refused, at(3)).await.unwrap();
    let head = store.audit_head(w.varanda.tenant).await.unwrap();
    let last = store.audit_list(w.varanda.tenant, 1).await.unwrap().remove(0);
    assert!(last.detail.contains("state=not_started reason=refused"), "{}", last.detail);
    assert_eq!(store.session(id).await.unwrap().audit, Some(head));
    store.start_session(id, &start(2), at(9)).await.unwrap();
    let after = store.audit_head(w.varanda.tenant).await.unwrap();
    assert_eq!((after.seq, store.session(id).await.unwrap().audit), (head.seq + 1, Some(after)));
}

pub async fn how_long_there_and_back_took_is_kept_until_the_session_is_over(w: &World) {
    let (store, id) = (w.store().await, SessionId::from_bytes([7; 16]));
    store.open_session(&w.varanda.session(7, open_new())).await.unwrap();
    assert_eq!(store.session(id).await.unwrap().round_trip_ms, None);
    store.note_round_trip(id, 30).await.unwrap();
    store.start_session(id, &start(5), at(5)).await.unwrap();
    store.note_round_trip(id, 48).await.unwrap();
    store.end_session(id, &end(60), at(60)).await.unwrap();
    store.note_round_trip(id, 99).await.unwrap();
    assert_eq!(store.session(id).await.unwrap().round_trip_ms, Some(48), "what is told of an end does not change");
    store.note_round_trip(SessionId::from_bytes([8; 16]), 5).await.unwrap();
}
