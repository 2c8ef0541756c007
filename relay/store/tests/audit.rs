//! The audit log proves itself: whatever somebody with the database file does to a line, going through the log finds it.

#![allow(clippy::unwrap_used)]

extern crate amparo_store as store;

use std::{path::PathBuf, time::Instant};

use jiff::Timestamp;
use protocol::id::{OperatorId, TenantId};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use store::{
    AuditBreak, AuditEntry, AuditHead, AuditMark, AuditRecords, Health, SqliteStore, StoreError, Tenant, TenantRecords,
};

const OURS: TenantId = TenantId::from_bytes([1; 16]);
const OTHERS: TenantId = TenantId::from_bytes([2; 16]);

struct Log {
    folder: tempfile::TempDir,
    store: SqliteStore,
}

impl Log {
    async fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("relay.sqlite")).await.unwrap();
        for id in [OURS, OTHERS] {
            let tenant = Tenant::new(id, "Varanda", Timestamp::UNIX_EPOCH);
            store.add_tenant(&tenant).await.unwrap();
        }
        Self { folder, store }
    }

    /// With lines of two companies in turn.
    async fn of(lines: u32) -> Self {
        let log = Self::empty().await;
        for n in 1..=lines {
            log.store.audit(&line(OURS, n)).await.unwrap();
            log.store.audit(&line(OTHERS, n)).await.unwrap();
        }
        log
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("relay.sqlite")
    }

    /// The file as somebody opens it who does not ask us: one connection, the triggers gone.
    async fn raw(&self) -> SqlitePool {
        let raw = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(SqliteConnectOptions::new().filename(self.path()))
            .await
            .unwrap();
        for trigger in ["audit_is_not_changed", "audit_is_not_deleted"] {
            sqlx::query(sqlx::AssertSqlSafe(format!("DROP TRIGGER IF EXISTS {trigger}"))).execute(&raw).await.unwrap();
        }
        raw
    }

    async fn found(&self, noted: Option<&AuditMark>) -> Option<AuditBreak> {
        self.store.audit_verify(OURS, noted).await.unwrap().broken
    }
}

fn line(tenant: TenantId, n: u32) -> AuditEntry {
    AuditEntry {
        tenant,
        operator: n.is_multiple_of(2).then(|| OperatorId::from_bytes([7; 16])),
        who: format!("ana {n}"),
        what: "password.shown".into(),
        subject: format!("123 456 {n:03}"),
        detail: String::new(),
        from: "127.0.0.1".into(),
        at: Timestamp::from_second(i64::from(n)).unwrap(),
    }
}

/// Does these statements to a log of ten lines, in order, and says what going through it finds.
async fn after(statements: &[&'static str], noted: Option<&str>) -> Option<AuditBreak> {
    let log = Log::of(10).await;
    let noted: Option<AuditMark> = match noted {
        Some("head") => Some(log.store.audit_head(OURS).await.unwrap().short().parse().unwrap()),
        other => other.map(|text| text.parse().unwrap()),
    };
    assert_eq!(log.found(noted.as_ref()).await, None, "the log is whole before it is touched");
    let raw = log.raw().await;
    for sql in statements {
        let done = sqlx::query(*sql).execute(&raw).await.unwrap();
        assert!(done.rows_affected() > 0, "{sql} did nothing");
    }
    assert_eq!(
        log.store.audit_verify(OTHERS, None).await.unwrap().broken,
        None,
        "the other company's log is untouched"
    );
    log.found(noted.as_ref()).await
}

macro_rules! ours {
    ($sql:literal) => {
        concat!($sql, " AND tenant = x'01010101010101010101010101010101'")
    };
}

#[tokio::test]
async fn a_log_that_nobody_has_touched_is_whole_and_its_head_is_the_last_line() {
    let log = Log::of(10).await;
    let seen = log.store.audit_verify(OURS, None).await.unwrap();
    let head = log.store.audit_head(OURS).await.unwrap();
    assert_eq!((seen.lines, seen.head, seen.broken), (10, head, None));
    assert_eq!(log.store.audit_page(OURS, None, 1).await.unwrap()[0].place, head);
    assert_ne!(head.hash, log.store.audit_head(OTHERS).await.unwrap().hash, "the same lines of another company");
    // Opened anew, it goes on where it stopped.
    let again = SqliteStore::open(&log.path()).await.unwrap();
    assert_eq!(again.audit(&line(OURS, 11)).await.unwrap().seq, 11);
    assert_eq!(log.found(Some(&head.to_string().parse().unwrap())).await, None, "an earlier head stays true");
}

#[tokio::test]
async fn a_log_without_lines_is_whole_and_has_no_head() {
    let log = Log::empty().await;
    let seen = log.store.audit_verify(OURS, None).await.unwrap();
    assert_eq!((seen.lines, seen.head, seen.broken), (0, AuditHead::NONE, None));
    assert_eq!(log.store.audit_head(OURS).await.unwrap(), AuditHead::NONE);
}

#[tokio::test]
async fn a_log_is_followed_from_where_it_was_seen_to_fit() {
    let log = Log::of(10).await;
    let (seen, at_end) = log.store.audit_verify_on(OURS, AuditHead::NONE, 4).await.unwrap();
    assert_eq!((seen.lines, seen.head.seq, at_end), (4, 4, false));
    let (rest, at_end) = log.store.audit_verify_on(OURS, seen.head, 100).await.unwrap();
    assert_eq!((rest.lines, rest.head, at_end), (6, log.store.audit_head(OURS).await.unwrap(), true));
    let (none, at_end) = log.store.audit_verify_on(OURS, rest.head, 100).await.unwrap();
    assert_eq!((none.lines, none.head, none.broken, at_end), (0, rest.head, None, true));
    // Cut, rewritten or taken out: the place that was seen is not there.
    let raw = log.raw().await;
    sqlx::query(ours!("DELETE FROM audit WHERE seq > 8")).execute(&raw).await.unwrap();
    let found = log.store.audit_verify_on(OURS, rest.head, 100).await.unwrap().0.broken;
    assert_eq!(found, Some(AuditBreak::Cut { expected: 10, last: 8 }));
    sqlx::query(ours!("UPDATE audit SET hash = zeroblob(32) WHERE seq = 4")).execute(&raw).await.unwrap();
    let found = log.store.audit_verify_on(OURS, seen.head, 100).await.unwrap().0.broken;
    assert_eq!(found, Some(AuditBreak::Rewritten { seq: 4 }));
}

#[tokio::test]
async fn a_changed_line_is_found_whatever_was_changed_in_it() {
    for sql in [
        ours!("UPDATE audit SET who = 'rui' WHERE seq = 4"),
        ours!("UPDATE audit SET what = 'login' WHERE seq = 4"),
        ours!("UPDATE audit SET subject = '' WHERE seq = 4"),
        ours!("UPDATE audit SET detail = 'x' WHERE seq = 4"),
        ours!("UPDATE audit SET source = '10.0.0.1' WHERE seq = 4"),
        ours!("UPDATE audit SET at = at + 1 WHERE seq = 4"),
        ours!("UPDATE audit SET operator = NULL WHERE seq = 4"),
        ours!("UPDATE audit SET operator = x'' WHERE seq = 4"),
        ours!("UPDATE audit SET hash = zeroblob(32) WHERE seq = 4"),
    ] {
        assert_eq!(after(&[sql], None).await, Some(AuditBreak::Changed { seq: 4 }), "{sql}");
    }
}

#[tokio::test]
async fn a_line_deleted_in_the_middle_or_at_the_front_is_missing() {
    let middle = ours!("DELETE FROM audit WHERE seq = 4");
    assert_eq!(after(&[middle], None).await, Some(AuditBreak::Missing { seq: 4 }));
    let first = ours!("DELETE FROM audit WHERE seq = 1");
    assert_eq!(after(&[first], None).await, Some(AuditBreak::Missing { seq: 1 }));
    // With its number given to the next one, and so on.
    let closed_up = ours!("UPDATE audit SET seq = seq - 1 WHERE seq > 4");
    assert_eq!(after(&[middle, closed_up], None).await, Some(AuditBreak::Changed { seq: 4 }));
}

#[tokio::test]
async fn a_log_that_is_cut_at_its_end_is_found_by_whoever_has_noted_the_head() {
    let last = ours!("DELETE FROM audit WHERE seq = 10");
    assert_eq!(after(&[last], Some("head")).await, Some(AuditBreak::Cut { expected: 10, last: 9 }));
    let all = ours!("DELETE FROM audit WHERE seq > 0");
    assert_eq!(after(&[all], Some("head")).await, Some(AuditBreak::Cut { expected: 10, last: 0 }));
    // Without one, a shorter log is a log.
    assert_eq!(after(&[last], None).await, None);
}

#[tokio::test]
async fn lines_that_were_swapped_are_found() {
    let apart = ours!("UPDATE audit SET seq = 100 WHERE seq = 4");
    let down = ours!("UPDATE audit SET seq = 4 WHERE seq = 5");
    let back = ours!("UPDATE audit SET seq = 5 WHERE seq = 100");
    assert_eq!(after(&[apart, down, back], None).await, Some(AuditBreak::Changed { seq: 4 }));
}

#[tokio::test]
async fn a_line_that_was_put_in_is_found_wherever_it_is() {
    let copy = |seq: &str| {
        format!(
            "INSERT INTO audit SELECT tenant, {seq}, operator, who, what, subject, detail, source, at, hash
             FROM audit WHERE tenant = x'01010101010101010101010101010101' AND seq = 4"
        )
    };
    for (seq, expected) in [
        ("11", AuditBreak::Changed { seq: 11 }),
        ("0", AuditBreak::Changed { seq: 0 }),
        ("-5", AuditBreak::Changed { seq: -5 }),
        ("20", AuditBreak::Missing { seq: 11 }),
    ] {
        assert_eq!(after(&[copy(seq).leak()], None).await, Some(expected), "{seq}");
    }
    let room = ours!("UPDATE audit SET seq = -seq WHERE seq >= 5");
    let moved = ours!("UPDATE audit SET seq = 1 - seq WHERE seq < 0");
    assert_eq!(after(&[room, moved, copy("5").leak()], None).await, Some(AuditBreak::Changed { seq: 5 }));
}

#[tokio::test]
async fn a_log_that_was_written_anew_with_right_hashes_is_found_by_whoever_has_noted_a_line() {
    let (log, other) = (Log::of(10).await, Log::empty().await);
    let noted: AuditMark = log.store.audit_head(OURS).await.unwrap().short().parse().unwrap();
    for n in 1..=12 {
        let mut entry = line(OURS, n);
        if n == 4 {
            entry.who = "nobody".into();
        }
        other.store.audit(&entry).await.unwrap();
    }
    assert_eq!(other.found(None).await, None);
    assert_eq!(other.found(Some(&noted)).await, Some(AuditBreak::Rewritten { seq: 10 }));
}

#[tokio::test]
async fn lines_written_at_once_by_several_processes_form_one_chain() {
    let log = Log::empty().await;
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let store = SqliteStore::open(&log.path()).await.unwrap();
        writers.spawn(async move {
            for n in 1..=25 {
                store.audit(&line(OURS, n)).await.unwrap();
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    let seen = log.store.audit_verify(OURS, None).await.unwrap();
    assert_eq!((seen.lines, seen.broken), (100, None));
}

#[tokio::test]
async fn lines_of_the_schema_without_a_chain_are_chained_in_their_order_when_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let (path, old) = (folder.path().join("relay.sqlite"), folder.path().join("old"));
    std::fs::create_dir(&old).unwrap();
    let first = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/0001_records.sql");
    std::fs::copy(first, old.join("0001_records.sql")).unwrap();
    let raw =
        SqlitePool::connect_with(SqliteConnectOptions::new().filename(&path).create_if_missing(true)).await.unwrap();
    sqlx::migrate::Migrator::new(old).await.unwrap().run(&raw).await.unwrap();
    for id in [OURS, OTHERS] {
        sqlx::query("INSERT INTO tenants (id, name, language, time_zone, created_at) VALUES (?, '', 'pt_br', '', 0)")
            .bind(id.as_bytes().as_slice())
            .execute(&raw)
            .await
            .unwrap();
    }
    let expected = Log::of(3).await;
    for n in 1..=3 {
        for tenant in [OURS, OTHERS] {
            let line = line(tenant, n);
            let sql =
                "INSERT INTO audit (tenant, operator, who, what, subject, source, at) VALUES (?, ?, ?, ?, ?, ?, ?)";
            sqlx::query(sql)
                .bind(tenant.as_bytes().as_slice())
                .bind(line.operator.map(|id| id.as_bytes().to_vec()))
                .bind(line.who)
                .bind(line.what)
                .bind(line.subject)
                .bind(line.from)
                .bind(line.at.as_millisecond())
                .execute(&raw)
                .await
                .unwrap();
        }
    }
    raw.close().await;
    // Whoever only looks is told that it is not there yet.
    assert!(matches!(SqliteStore::open_to_read(&path).await, Err(StoreError::Conflict { .. })));
    for _ in 0..2 {
        let store = SqliteStore::open(&path).await.unwrap();
        for tenant in [OURS, OTHERS] {
            let seen = store.audit_verify(tenant, None).await.unwrap();
            assert_eq!((seen.lines, seen.broken), (3, None));
            assert_eq!(
                seen.head,
                expected.store.audit_head(tenant).await.unwrap(),
                "as if they had been written today"
            );
            assert_eq!(
                store.audit_list(tenant, 10).await.unwrap(),
                expected.store.audit_list(tenant, 10).await.unwrap()
            );
        }
        store.close().await;
    }
}

#[tokio::test]
async fn a_store_that_is_opened_to_read_reads_and_cannot_write() {
    let log = Log::of(3).await;
    let looking = SqliteStore::open_to_read(&log.path()).await.unwrap();
    assert_eq!(looking.audit_verify(OURS, None).await.unwrap().lines, 3);
    assert!(looking.audit(&line(OURS, 4)).await.is_err());
    assert!(looking.can_write().await.is_err());
    log.store.audit(&line(OURS, 4)).await.unwrap();
    assert_eq!(looking.audit_verify(OURS, None).await.unwrap().lines, 4, "it sees what is written meanwhile");
}

#[tokio::test]
async fn pages_go_back_to_the_first_line_and_alarms_are_counted_from_a_time_on() {
    let log = Log::of(7).await;
    for n in [100, 200] {
        let alarm = AuditEntry { what: store::ALARM.into(), ..line(OURS, n) };
        log.store.audit(&alarm).await.unwrap();
    }
    let mut seen = Vec::new();
    loop {
        let page = log.store.audit_page(OURS, seen.last().copied(), 4).await.unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page.iter().map(|line| line.place.seq));
    }
    assert_eq!(seen, [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    let alarms = |tenant, second| log.store.audit_alarms(tenant, Timestamp::from_second(second).unwrap());
    assert_eq!(alarms(OURS, 0).await.unwrap(), 2);
    assert_eq!(alarms(OURS, 200).await.unwrap(), 1);
    assert_eq!(alarms(OURS, 201).await.unwrap(), 0);
    assert_eq!(alarms(OTHERS, 0).await.unwrap(), 0);
}

#[tokio::test]
async fn a_hundred_thousand_lines_are_gone_through_and_one_changed_bit_among_them_is_found() {
    const LINES: u32 = 100_000;
    let log = Log::of(1).await;
    // One transaction, with the same hashing: writing them one by one is the disk's speed.
    let raw = log.raw().await;
    let mut tx = raw.begin().await.unwrap();
    let mut reference = log.store.audit_head(OURS).await.unwrap().hash;
    for n in 2..=LINES {
        let entry = line(OURS, n);
        reference = plainly(&reference, i64::from(n), &entry);
        sqlx::query("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(OURS.as_bytes().as_slice())
            .bind(n)
            .bind(entry.operator.map(|id| id.as_bytes().to_vec()))
            .bind(entry.who)
            .bind(entry.what)
            .bind(entry.subject)
            .bind(entry.detail)
            .bind(entry.from)
            .bind(entry.at.as_millisecond())
            .bind(reference.as_slice())
            .execute(&mut *tx)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();

    let begun = Instant::now();
    let seen = log.store.audit_verify(OURS, None).await.unwrap();
    let took = begun.elapsed();
    assert_eq!((seen.lines, seen.broken, seen.head.hash), (u64::from(LINES), None, reference));
    println!("{LINES} lines in {took:?}: {:.0} a second", f64::from(LINES) / took.as_secs_f64());

    sqlx::query(ours!("UPDATE audit SET at = at + 1 WHERE seq = 77777")).execute(&raw).await.unwrap();
    assert_eq!(log.found(None).await, Some(AuditBreak::Changed { seq: 77_777 }));
}

/// The hash of a line, put together a second time from its description.
fn plainly(previous: &[u8; 32], seq: i64, entry: &AuditEntry) -> [u8; 32] {
    let (seq, at) = (seq.to_be_bytes(), entry.at.as_millisecond().to_be_bytes());
    let somebody = [u8::from(entry.operator.is_some())];
    let operator = entry.operator.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
    let fields: [&[u8]; 12] = [
        b"amparo audit line 1",
        previous,
        entry.tenant.as_bytes(),
        &seq,
        &somebody,
        &operator,
        entry.who.as_bytes(),
        entry.what.as_bytes(),
        entry.subject.as_bytes(),
        entry.detail.as_bytes(),
        entry.from.as_bytes(),
        &at,
    ];
    let bytes: Vec<u8> = fields
        .iter()
        .flat_map(|field| (field.len() as u64).to_be_bytes().into_iter().chain(field.iter().copied()))
        .collect();
    ring::digest::digest(&ring::digest::SHA256, &bytes).as_ref().try_into().unwrap()
}

#[tokio::test]
async fn what_few_lines_say_is_found_as_if_all_were_read_whoever_wrote_the_index() {
    let mut log = Log::empty().await;
    for n in 1..=2_200 {
        let what = if n % 1_000 == 7 { "root.changed" } else { "session.started" };
        let subject = if n % 700 == 3 { format!("Conceição {n}") } else { format!("20261126-{n:06}") };
        let entry = AuditEntry { what: what.into(), subject, detail: "é \"assim\" 100%".into(), ..line(OURS, n) };
        log.store.audit(&entry).await.unwrap();
        if n % 500 == 0 {
            log.store.audit(&AuditEntry { subject: "Conceição dos outros".into(), ..line(OTHERS, n) }).await.unwrap();
        }
    }
    let all = log.store.audit_page(OURS, None, 5_000).await.unwrap();
    let mut older = log.store.audit_page(OURS, all.last().map(|line| line.place.seq), 5_000).await.unwrap();
    let mut all = all;
    while let Some(last) = older.last().map(|line| line.place.seq) {
        all.append(&mut older);
        older = log.store.audit_page(OURS, Some(last), 5_000).await.unwrap();
    }
    assert_eq!(all.len(), 2_200);
    let asked: [(&str, &[&str]); 9] = [
        ("conceicao", &[]),
        ("CONCEIÇÃO 1403", &[]),
        ("root.changed", &[]),
        ("a raiz", &["root.changed"]),
        ("uma sessão", &["session.started"]),
        ("07", &[]),
        ("\"assim\"", &[]),
        ("dos outros", &[]),
        ("onceicao conc", &[]),
    ];
    // As it was written line by line, as an earlier version left it without an index, and broken off in the middle of making one.
    for lines_known in [None, Some(0), Some(1_234)] {
        if let Some(known) = lines_known {
            let raw = log.raw().await;
            for sql in [
                "DELETE FROM audit_words WHERE rowid IN (SELECT row FROM audit_rows WHERE seq > ?)",
                "DELETE FROM audit_rows WHERE seq > ?",
            ] {
                sqlx::query(sql).bind(known).execute(&raw).await.unwrap();
            }
            raw.close().await;
            log.store = SqliteStore::open(&log.path()).await.unwrap();
        }
        for (search, whats) in asked {
            let plain = search.to_lowercase().replace('ç', "c").replace('ã', "a");
            let fits = |entry: &AuditEntry| {
                let text = [&entry.who, &entry.what, &entry.subject, &entry.detail, &entry.from];
                text.iter().any(|t| t.to_lowercase().replace('ç', "c").replace('ã', "a").contains(&plain))
                    || whats.contains(&entry.what.as_str())
            };
            let expected: Vec<u64> = all.iter().filter(|l| fits(&l.entry)).map(|l| l.place.seq).collect();
            for (before, limit) in [(None, 50), (Some(1_500), 2)] {
                let found = log.store.audit_search(OURS, search, whats, before, limit).await.unwrap();
                let found: Vec<u64> = found.iter().map(|line| line.place.seq).collect();
                let page = expected.iter().copied().filter(|seq| before.is_none_or(|before| *seq < before));
                let page: Vec<u64> = page.take(limit as usize).collect();
                assert_eq!(found, page, "{search} before {before:?}, index of {lines_known:?}");
            }
        }
    }
}
